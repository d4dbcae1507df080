"""The pages on which people look after their account: who may see them, what a form changes, and what an operator does in between."""
from contextlib import closing
import concurrent.futures, json, re

import pytest

from gateway import Gateway
from mailbox import Mailbox
from talker import APP_SECRET, PASSWORD, World, audit_of, authorize_url, basic, client, introspect, post, realm, redeem, refresh, user

NEW = "four quite ordinary words"
PAGES = ["", "/profile", "/password", "/sessions", "/applications", "/data", "/delete"]
CHROME = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36"
TOP = """
passwords:
  min: 8
  own_words: true
  common: true
login:
  rehash: false
  account_free: 3
  address_per_minute: 100000
  code_per_minute: 100000"""


@pytest.fixture(scope="module")
def w():
    more = {"modern": {"account_deletion": "allowed"}, "modern-kept": {"account_profile": "", "session_accounts": 1}, "modern-off": {"account_pages": False},
            "spring": {"dialect": "own"}}
    top = TOP + "\ndialects:\n  own:\n    based_on: spring\n    paths:\n      account: [/me]\n      account_password: [/me/password]\n"
    with World("modern", "modern-kept", "modern-off", "spring", settings=more, realms=[realm()], top=top) as world:
        yield world


def ok(w, *args, **more):
    status, out, err = w.hufu("--json", *args, **more)
    assert status == 0, (args, out, err)
    return json.loads(out)


def person(w, name, **more):
    args = [x for k, v in more.items() for x in ("--" + k.replace("_", "-"), v)]
    ok(w, "user", "create", name, "--password-stdin", *args, input=PASSWORD + "\n")
    return name


def enter(w, name, password=PASSWORD, issuer="modern", agent=None, b=None, login="/login"):
    b = b or w.browser(issuer)
    if agent:
        plain = b.go
        b.go = lambda method, target, body=None, headers=None: plain(method, target, body, {"User-Agent": agent, **(headers or {})})
    r = b.login(b.get(w.at(issuer, login)), name, password)
    assert r.status in (302, 303) and "error" not in r.location, r
    return b


def at(w, page, issuer="modern"):
    return w.at(issuer, "/account" + page)


def said(b, r, word):
    """The page after a form that was taken says so."""
    assert r.status == 303 and r.query().get("account_done") == word, r
    page = b.follow(r)
    assert page.status == 200 and 'id="account-notice"' in page.text, page
    return page


def wrong(r, status, words):
    assert r.status == status and 'id="account-error"' in r.text and words in r.text, r
    return r


def is_here(w, b, issuer="modern"):
    return b.get(at(w, "", issuer)).status == 200


def access(w, b, client="app"):
    return redeem(w, b.authorize(authorize_url(w, client=client)).query()["code"]).json()


# --- who is here ----------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("page", PAGES)
def test_nobody_sees_a_page_without_a_login_and_comes_back_after_one(w, page):
    b = w.browser("modern")
    r = b.get(at(w, page))
    assert r.status == 303 and "/login" in r.location
    r = b.login(b.follow(r), "alice", PASSWORD)
    assert r.location == at(w, page)
    shown = b.follow(r)
    assert shown.status == 200 and "alice" in shown.text and 'id="account-who"' in shown.text
    assert shown.get("Cache-Control") == "no-store" and "frame-ancestors 'none'" in shown.get("Content-Security-Policy")


@pytest.mark.parametrize("page", PAGES[1:])
def test_a_form_without_cookies_or_of_elsewhere_decides_nothing(w, page):
    b = enter(w, person(w, "form" + page[1:]))
    access(w, b)
    f = next(f for f in b.get(at(w, page)).forms())
    bare = w.browser("modern").submit(f)
    assert bare.status == 303 and "/login" in bare.location, "nobody is here"
    r = b.post(f["action"], [(n, v) for n, v, *_ in f["fields"]], {"Origin": "https://evil.example"})
    assert r.status == 403 and 'id="error-page"' in r.text
    stale = [(n, "x" * 24 if n == "_csrf" else v) for n, v, *_ in f["fields"]]
    wrong(b.post(f["action"], stale), 403, "expired")
    wrong(b.post(f["action"], [p for p in stale if p[0] != "_csrf"]), 403, "expired")
    other = enter(w, "bob")
    wrong(other.post(f["action"], [(n, v) for n, v, *_ in f["fields"]]), 403, "expired")
    assert is_here(w, b)


def test_where_the_pages_are_off_there_is_nothing(w):
    b = enter(w, "alice", issuer="modern-off")
    assert {b.get(at(w, p, "modern-off")).status for p in PAGES} == {404}
    assert "/account" not in b.get(w.at("modern-off", "/")).text.replace("/accounts", "")
    b = enter(w, "alice")
    assert 'href="/account"' in b.get(w.at("modern", "/")).text


def links(w, b, issuer="modern"):
    """Where one can go from the account, by the ends of the paths."""
    page = b.get(at(w, "", issuer))
    assert page.status == 200, page
    return re.findall(r'class="account-link" href="[^"]*/account/([a-z]+)"', page.text)


def test_the_account_leads_to_what_is_on_and_back(w):
    assert "factors" in links(w, b := enter(w, person(w, "leads")))
    assert not {"email", "phone"} & set(links(w, b))
    page = b.get(at(w, "/factors"))
    assert 'id="account-back" href="/account"' in page.text
    with closing(Mailbox().start()) as box, closing(Gateway("webhook")) as gateway:
        rules = {"modern": {"email_change": True, "phone_change": True, "sms_gateway": "g", "second_factor": "off"}, "modern-b": {"account_pages": False, "email_change": True}}
        with World("modern", "modern-b", realms=[realm()], settings=rules, top=box.settings() + gateway.settings("g")) as on:
            b = enter(on, "alice")
            assert links(on, b)[:4] == ["profile", "password", "email", "phone"] and "factors" not in links(on, b)
            assert b.get(at(on, "/factors")).status == 404
            for page in ("/email", "/phone"):
                assert 'aria-label="Your account"' in b.get(at(on, "/password")).text
                assert 'id="account-back" href="/account"' in b.get(at(on, page)).text
            b = enter(on, "alice", issuer="modern-b")
            assert "account-back" not in b.get(at(on, "/email", "modern-b")).text


def test_a_dialect_of_an_older_system_has_them_at_paths_of_its_own(w):
    person(w, "older")
    b = w.browser("spring")
    assert b.get(w.at("spring", "/account")).status in (302, 303, 404)
    enter(w, "older", b=b, issuer="spring")
    page = b.get(w.at("spring", "/me"))
    assert page.status == 200 and 'href="/me/password"' in page.text and "profile" not in page.text.lower().split("<nav")[1].split("</nav>")[0] and "sessions" not in page.text.lower()
    f = b.get(w.at("spring", "/me/password")).form("account-password")
    wrong(b.post(f["action"], {"current_password": PASSWORD, "new_password": NEW, "new_password_again": NEW}), 403, "expired")
    r = b.submit(f, current_password=PASSWORD, new_password=NEW, new_password_again=NEW)
    assert r.query().get("account_done") == "password", r
    enter(w, "older", NEW)


def test_the_pages_speak_chinese(w):
    b = enter(w, "alice")
    for page, words in zip(PAGES, ["我的账号", "个人资料", "更换密码", "登录会话与设备", "已授权的应用", "下载", "删除账号"]):
        text = b.get(at(w, page) + "?ui_lang=zh-CN").text
        assert words in text and 'lang="zh-CN"' in text


def test_of_several_accounts_the_active_one_is_shown_and_another_may_be_chosen(w):
    a, b = person(w, "first"), w.browser("modern")
    enter(w, a, b=b)
    enter(w, "bob", b=b)
    page = b.get(at(w, "/profile"))
    assert ">bob<" in page.text
    chooser = b.get(re.search(r'id="account-switch" href="([^"]+)"', page.text).group(1).replace("&amp;", "&"))
    f = chooser.form("accounts-form")
    ids = dict((n, i) for i, n in re.findall(r'id="account-\d+" name="chosen_account" value="([0-9a-f]+)"[^>]*>([^<]*)<', chooser.text))
    r = b.submit(f, next(k for k, v in f["buttons"].items() if v[1] == ids[a]))
    assert r.location == at(w, "/profile") and ">first<" in b.follow(r).text
    single = enter(w, "bob", issuer="modern-kept")
    assert "account-switch" not in single.get(at(w, "", "modern-kept")).text


def test_where_nobody_is_active_one_of_the_browsers_accounts_is_chosen(w):
    b = w.browser("modern")
    for name in (person(w, "one"), "bob"):
        enter(w, name, b=b)
    del b.cookies["hufu-modern"]
    r = b.get(at(w, "/sessions"))
    assert r.status == 303 and "/accounts" in r.location, r
    f = b.follow(r).form("accounts-form")
    assert len(f["buttons"]) == 2
    r = b.submit(f, "account-1")
    assert r.location == at(w, "/sessions") and 'id="account-sessions"' in b.follow(r).text


# --- profile --------------------------------------------------------------------------------------------------------------------------

def test_the_profile_is_shown_and_what_the_realm_allows_is_changed(w):
    person(w, "pat", display_name="Pat", email="pat@people.example")
    b = enter(w, "pat")
    page = b.get(at(w, "/profile"))
    f = page.form("account-profile")
    names = [n for n, *_ in f["fields"]]
    assert "claim.nickname" in names and "claim.address.locality" in names and "claim.email" not in names and "claim.phone_number" not in names
    assert "pat@people.example" in page.text and "not verified" in page.text
    said(b, b.submit(f, **{"claim.name": "Patricia <b>", "claim.zoneinfo": "Asia/Shanghai", "claim.address.locality": "上海", "claim.birthdate": "1990-12-31"}), "profile")
    u = ok(w, "user", "show", "pat")["user"]
    assert u["display_name"] == "Patricia <b>" and u["claims"] == {"address": {"locality": "上海"}, "birthdate": "1990-12-31", "zoneinfo": "Asia/Shanghai"}
    assert u["email"] == "pat@people.example" and audit_of(w, endpoint="account_profile", user="pat", method="POST", detail="the person has changed the profile")
    page = b.get(at(w, "/profile"))
    assert "Patricia &lt;b&gt;" in page.text
    said(b, b.submit(page.form("account-profile"), **{"claim.address.locality": "", "claim.name": ""}), "profile")
    u = ok(w, "user", "show", "pat")["user"]
    assert u["display_name"] == "" and "address" not in u["claims"]


def test_an_address_of_several_lines_stays_as_it_is(w):
    person(w, "lines")
    w.control({"do": "user.set", "realm": "main", "name": "lines", "claims": {"address": {"street_address": "Flat 1\nHigh Street 2"}}})
    b = enter(w, "lines")
    page = b.get(at(w, "/profile"))
    assert 'value="Flat 1, High Street 2"' in page.text
    said(b, b.submit(page.form("account-profile"), **{"claim.nickname": "L"}), "profile")
    assert ok(w, "user", "show", "lines")["user"]["claims"] == {"address": {"street_address": "Flat 1\nHigh Street 2"}, "nickname": "L"}


def test_what_may_not_change_does_not_whatever_a_form_sends(w):
    person(w, "sly", display_name="Sly", email="sly@people.example")
    b = enter(w, "sly")
    f = b.get(at(w, "/profile")).form("account-profile")
    before = ok(w, "user", "show", "sly")["user"]
    extra = [("claim.email", "boss@people.example"), ("claim.email_verified", "true"), ("claim.sub", "x"), ("claim.phone_number", "13800000000"), ("claim.picture", "https://x.example"),
             ("claim.authorities", "ROLE_ADMIN"), ("claim.preferred_username", "admin"), ("claim.updated_at", "1")]
    from talker import filled
    assert b.post(f["action"], filled(f) + extra).status == 303
    after = ok(w, "user", "show", "sly")["user"]
    assert {k: v for k, v in after.items() if k != "updated_s"} == {k: v for k, v in before.items() if k != "updated_s"}
    kept = enter(w, "sly", issuer="modern-kept")
    page = kept.get(at(w, "/profile", "modern-kept"))
    assert 'id="account-fixed"' in page.text and not page.forms()
    token = re.search(r'name="_csrf" value="([^"]+)"', kept.get(at(w, "/password", "modern-kept")).text).group(1)
    wrong(kept.post(at(w, "/profile", "modern-kept"), {"_csrf": token, "claim.name": "x"}), 403, "administrator")


def test_wrong_values_are_named_and_stay_in_the_form(w):
    person(w, "typo")
    b = enter(w, "typo")
    f = b.get(at(w, "/profile")).form("account-profile")
    r = wrong(b.submit(f, **{"claim.website": "javascript:alert(1)", "claim.birthdate": "tomorrow", "claim.zoneinfo": "no zone!", "claim.locale": "??", "claim.nickname": "Ty", "claim.name": "x" * 1025}), 400, "correct")
    for words in ("web address", "A date", "A time zone", "A language", "Too long"):
        assert words in r.text
    assert r.text.count('aria-invalid="true"') == 5 and 'value="Ty"' in r.text and 'value="tomorrow"' in r.text
    assert "claims" not in ok(w, "user", "show", "typo")["user"]
    big = {"claim." + n: "x" * 1000 for n in ("given_name", "family_name", "middle_name", "nickname", "gender")}
    big.update({"claim.address." + n: "y" * 1000 for n in ("street_address", "locality", "region", "country")})
    wrong(b.submit(r.form("account-profile"), **{"claim.website": "", "claim.birthdate": "", "claim.zoneinfo": "", "claim.locale": "", "claim.name": "", **big}), 400, "too much")


def test_an_operators_change_meanwhile_is_not_overwritten(w):
    person(w, "meanwhile", display_name="Old")
    b = enter(w, "meanwhile")
    f = b.get(at(w, "/profile")).form("account-profile")
    ok(w, "user", "set", "meanwhile", "--display-name", "By operator")
    r = wrong(b.submit(f, **{"claim.nickname": "me"}), 409, "Somebody else")
    assert 'value="By operator"' in r.text and "claims" not in ok(w, "user", "show", "meanwhile")["user"]
    said(b, b.submit(r.form("account-profile"), **{"claim.nickname": "me"}), "profile")
    assert ok(w, "user", "show", "meanwhile")["user"]["display_name"] == "By operator"


@pytest.mark.parametrize("order", [("user", "disable"), ("user", "delete"), ("session", "end", "--user")])
def test_who_is_let_in_no_longer_changes_nothing(w, order):
    name = person(w, "late" + order[1])
    b = enter(w, name)
    access(w, b)
    forms = {p: b.get(at(w, p)).forms()[0] for p in PAGES[1:]}
    ok(w, *order, name)
    for page, f in forms.items():
        r = b.submit(f, **({"current_password": PASSWORD, "new_password": NEW, "new_password_again": NEW} if page == "/password" else {}))
        assert r.status == 303 and "/login" in r.location, (page, r)
        assert b.get(at(w, page)).status == 303


# --- password -------------------------------------------------------------------------------------------------------------------------

def change(w, b, issuer="modern", **more):
    f = b.get(at(w, "/password", issuer)).form("account-password")
    return b.submit(f, **{"current_password": PASSWORD, "new_password": NEW, "new_password_again": NEW, **more})


def test_a_new_password_ends_other_sessions_and_keeps_this_one_under_a_new_cookie(w):
    person(w, "change")
    b, other, old = enter(w, "change"), enter(w, "change"), enter(w, "change", issuer="modern-kept")
    had = dict(b.cookies)
    t = access(w, b)
    said(b, change(w, b), "password")
    copy = w.browser("modern")
    copy.cookies = had
    assert not is_here(w, copy), "the cookie of before is worth nothing"
    assert is_here(w, b) and not is_here(w, other) and not is_here(w, old, "modern-kept")
    assert b.cookies["hufu-modern"] != had["hufu-modern"] and len([n for n in b.cookies if "-account-" in n]) == 1
    assert refresh(w, t["refresh_token"]).status == 200, "applications go on"
    assert "code" in b.get(authorize_url(w, prompt="none")).query()
    fresh = w.browser("modern")
    assert "error" in fresh.login(fresh.get(w.at("modern", "/login")), "change", PASSWORD).location
    enter(w, "change", NEW)
    assert audit_of(w, endpoint="account_password", user="change", method="POST", detail="the person has changed the password; other sessions ended")


def test_other_sessions_stay_when_that_is_wanted_and_applications_end_when_that_is(w):
    person(w, "keeps")
    b, other = enter(w, "keeps"), enter(w, "keeps")
    t = access(w, b)
    said(b, change(w, b, end_sessions=None), "password")
    assert is_here(w, other) and refresh(w, t["refresh_token"]).status == 200
    t = access(w, b)
    said(b, change(w, b, current_password=NEW, new_password=PASSWORD, new_password_again=PASSWORD, end_access="1"), "password")
    assert is_here(w, b) and not is_here(w, other)
    assert refresh(w, t["refresh_token"]).status == 400 and introspect(w, t["access_token"])["active"] is False
    assert "code" in b.authorize(authorize_url(w)).query(), "and new access can be given at once"


def test_the_rules_judge_the_new_password_and_the_page_names_them(w):
    person(w, "ruled", display_name="Rule Britannia")
    b = enter(w, "ruled")
    page = b.get(at(w, "/password")).text
    assert "At least 8 characters" in page and "everybody takes" in page and 'autocomplete="new-password"' in page
    for new, words in (("short", "at least 8 characters"), ("ruled123", "Do not use your name"), ("password1", "tried first"), (PASSWORD, "the old one"), ("x" * 1025, "at most 1024 characters"), ("", "all three")):
        wrong(change(w, b, new_password=new, new_password_again=new), 400, words)
    wrong(change(w, b, new_password_again=NEW + "x"), 400, "not the same")
    assert "x" * 30 not in change(w, b, new_password="x" * 1025, new_password_again="x" * 1025).text
    enter(w, "ruled")


def test_guesses_at_the_old_password_are_throttled_as_logins_are(w):
    person(w, "guessed")
    b = enter(w, "guessed")
    for _ in range(3):
        wrong(change(w, b, current_password="wrong"), 400, "current password is wrong")
    change(w, b, current_password="wrong")
    r = wrong(change(w, b), 429, "Too many")
    assert int(r.get("Retry-After")) >= 1
    fresh = w.browser("modern")
    assert fresh.login(fresh.get(w.at("modern", "/login")), "guessed", PASSWORD).status == 429, "the counters are a login's"
    w.turn_clock(10)
    said(b, change(w, b), "password")


def test_of_many_changes_at_once_one_is_taken(w):
    person(w, "crowd")
    b = enter(w, "crowd")
    f = b.get(at(w, "/password")).form("account-password")
    fields = [(n, v) for n, v, kind, _ in f["fields"] if kind not in ("checkbox", "password")]

    def one(i):
        own = w.browser("modern")
        own.cookies = dict(b.cookies)
        new = "four ordinary words %d" % i
        return own.post(f["action"], [*fields, ("current_password", PASSWORD), ("new_password", new), ("new_password_again", new), ("end_sessions", "1")]), own, new
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        all_of = list(pool.map(one, range(16)))
    (r, own, new), = [x for x in all_of if x[0].query().get("account_done") == "password"]
    assert is_here(w, own) and {x[0].status for x in all_of if x[1] is not own} <= {303, 400, 429}
    assert len(ok(w, "session", "list", "--user", "crowd")["sessions"]) == 1
    w.turn_clock(1000)
    enter(w, "crowd", new)


def test_an_operators_new_password_meanwhile_wins(w):
    person(w, "reset")
    b = enter(w, "reset")
    f = b.get(at(w, "/password")).form("account-password")
    ok(w, "user", "set-password", "reset", "--password-stdin", input="set by the operator\n")
    r = b.submit(f, current_password=PASSWORD, new_password=NEW, new_password_again=NEW)
    assert r.status == 303 and "/login" in r.location
    enter(w, "reset", "set by the operator")


# --- sessions -------------------------------------------------------------------------------------------------------------------------

def rows(page):
    return page.form("account-sessions")["buttons"]


def test_sessions_are_shown_and_one_of_them_ends(w):
    person(w, "many")
    b, phone, elsewhere = enter(w, "many"), enter(w, "many", agent=CHROME), enter(w, "many", issuer="modern-kept")
    t = access(w, phone)
    page = b.get(at(w, "/sessions"))
    assert "Chrome · Android" in page.text and "127.0.0.1" in page.text and "this device" in page.text and "modern-kept" in page.text and "UTC" in page.text
    assert len(rows(page)) == 2 and page.text.count('class="account-row"') == 3
    one = re.search(r'Chrome · Android.*?id="(session-end-\d+)"', page.text, re.S).group(1)
    page = said(b, b.submit(page.form("account-sessions"), one), "session")
    assert not is_here(w, phone) and is_here(w, b) and is_here(w, elsewhere, "modern-kept") and len(rows(page)) == 1
    assert refresh(w, t["refresh_token"]).status == 200 and "Chrome" not in page.text      # no ID token was given in it
    f = page.forms()[-1]
    said(b, b.submit(f, "session-end-others"), "others")
    assert not is_here(w, elsewhere, "modern-kept") and is_here(w, b)
    assert "session-end-others" not in b.get(at(w, "/sessions")).text
    assert audit_of(w, endpoint="account_sessions", user="many", method="POST", detail="the person has ended all other sessions")


def test_nobody_ends_a_session_of_another_person(w):
    person(w, "victim"), person(w, "thief")
    mine, theirs, thief, again = enter(w, "victim"), enter(w, "victim"), enter(w, "thief"), enter(w, "thief")
    ids = [v for _, v in rows(mine.get(at(w, "/sessions"))).values()]
    page = thief.get(at(w, "/sessions"))
    f = page.form("account-sessions")
    token = dict((n, v) for n, v, *_ in f["fields"])["_csrf"]
    digests = [s["session"] for s in ok(w, "session", "list", "--user", "victim")["sessions"]]
    for bad in [*ids, *digests, "", "x" * 5000, "0" * 32]:
        wrong(thief.post(f["action"], {"_csrf": token, "ended_session": bad}), 400, "ended already")
    assert is_here(w, mine) and is_here(w, theirs) and is_here(w, again)
    for p in mine.cookies.values():
        assert p not in page.text


def test_the_end_of_a_session_reaches_what_it_gave(w):
    person(w, "linked")
    b, phone = enter(w, "linked"), enter(w, "linked", agent=CHROME)
    t = redeem(w, phone.authorize(authorize_url(w, scope="openid read")).query()["code"]).json()
    page = b.get(at(w, "/sessions"))
    assert ">app<" in page.text.replace("\n", "")
    one = re.search(r'Chrome · Android.*?id="(session-end-\d+)"', page.text, re.S).group(1)
    said(b, b.submit(page.form("account-sessions"), one), "session")
    assert refresh(w, t["refresh_token"]).status == 400 and introspect(w, t["access_token"])["active"] is False


# --- applications ---------------------------------------------------------------------------------------------------------------------

def test_applications_are_shown_and_withdrawn_with_their_tokens(w):
    person(w, "apps"), person(w, "apps2")
    b = enter(w, "apps")
    assert 'id="account-no-clients"' in b.get(at(w, "/applications")).text
    t, two = access(w, b), access(w, enter(w, "apps2"))
    old = post(w.at("spring", "/oauth/token"), {"grant_type": "password", "username": "apps", "password": PASSWORD, "scope": "read"}, basic("messaging-client", "secret")).json()
    page = b.get(at(w, "/applications"))
    assert ">app<" in page.text and "messaging-client" in page.text and "<code class=\"scope-name\">write</code>" in page.text and page.text.count("withdraw-") == 2
    button = re.search(r'title">app<.*?id="(withdraw-\d+)"', page.text, re.S).group(1)
    page = said(b, b.submit(page.form("account-applications"), button), "withdrawn")
    assert ">app<" not in page.text and "messaging-client" in page.text
    assert audit_of(w, endpoint="account_applications", user="apps", method="POST")["detail"] == 'the person has withdrawn what client "app" was allowed'
    assert refresh(w, t["refresh_token"]).status == 400 and introspect(w, t["access_token"])["active"] is False
    assert not ok(w, "approval", "list", "--user", "apps")["approvals"]
    assert refresh(w, two["refresh_token"]).status == 200, "another person's stay"
    assert post(w.at("spring", "/oauth/check_token"), {"token": old["access_token"]}, basic("messaging-client", "secret")).status == 200
    assert "consent-form" in b.follow(b.get(authorize_url(w))).text, "it asks anew"
    f = enter(w, "apps2").get(at(w, "/applications")).form("account-applications")
    for bad in ("", "x", "A" * 4000):
        token = dict((n, v) for n, v, *_ in page.form("account-applications")["fields"])["_csrf"]
        wrong(b.post(f["action"], {"_csrf": token, "withdrawn_client": bad}), 400, "no access any more")


# --- data, deletion -------------------------------------------------------------------------------------------------------------------

def test_the_download_is_what_an_operator_exports(w):
    person(w, "data", email="data@people.example")
    b = enter(w, "data")
    access(w, b)
    b.authorize(authorize_url(w))
    post(w.at("spring", "/oauth/token"), {"grant_type": "password", "username": "data", "password": PASSWORD, "scope": "read"}, basic("messaging-client", "secret"))
    r = b.submit(b.get(at(w, "/data")).form("account-data"), "account-download")
    assert r.status == 200 and r.get("Content-Type") == "application/json" and "attachment" in r.get("Content-Disposition") and r.get("Cache-Control") == "no-store"
    mine, exported = r.json(), ok(w, "user", "export", "data")
    for o in (mine, exported):
        for s in o["sessions"]:
            del s["seen_s"]
    assert mine == exported and mine["tokens"] and mine["codes"] and mine["approvals"] and list(mine) == list(exported)
    assert "password" not in mine["user"] and PASSWORD not in r.text
    assert audit_of(w, endpoint="account_data", user="data", method="POST")["detail"].startswith("the person was given all")


def test_what_is_dangerous_wants_a_fresh_login(w):
    person(w, "fresh")
    b = enter(w, "fresh")
    f = b.get(at(w, "/data")).form("account-data")
    w.turn_clock(301)
    assert is_here(w, b)
    for r in (b.submit(f, "account-download"), b.get(at(w, "/data"))):
        assert r.status == 303 and "/login" in r.location
    r = b.login(b.follow(r), "fresh", PASSWORD)
    assert r.location == at(w, "/data")
    assert b.submit(b.follow(r).form("account-data"), "account-download").json()["user"]["name"] == "fresh"


def test_an_account_is_deleted_with_all_that_is_of_it(w):
    person(w, "leaver", phone="13912345678")
    b, other = enter(w, "leaver"), enter(w, "leaver")
    t = access(w, b)
    page = b.get(at(w, "/delete"))
    f = page.form("account-deletion")
    wrong(b.submit(f, account_name_again="somebody", current_password=PASSWORD), 400, "not your user name")
    wrong(b.submit(f, account_name_again="leaver", current_password="wrong"), 400, "password is wrong")
    wrong(b.submit(f, account_name_again="leaver"), 400, "password is wrong")
    assert ok(w, "user", "show", "leaver")["user"]["enabled"]
    r = b.submit(f, account_name_again="Leaver", current_password=PASSWORD)
    assert r.status == 200 and 'id="account-deleted"' in r.text
    assert w.hufu("user", "show", "leaver")[0] == 1 and not is_here(w, b) and not is_here(w, other)
    assert refresh(w, t["refresh_token"]).status == 400 and introspect(w, t["access_token"])["active"] is False
    assert not [n for n in b.cookies if n in ("hufu-modern",) or "-account-" in n]
    assert audit_of(w, endpoint="account_deletion", user="leaver", status=200, method="POST", detail="the person has deleted the account")


def test_deletion_is_off_unless_the_realm_allows_it(w):
    person(w, "stays")
    b = enter(w, "stays", issuer="modern-kept")
    assert b.get(at(w, "/delete", "modern-kept")).status == 404 and "/account/delete" not in b.get(at(w, "", "modern-kept")).text
    token = re.search(r'name="_csrf" value="([^"]+)"', b.get(at(w, "/password", "modern-kept")).text).group(1)
    assert b.post(at(w, "/delete", "modern-kept"), {"_csrf": token, "account_name_again": "stays", "current_password": PASSWORD}).status == 404
    assert ok(w, "user", "show", "stays")


def test_a_setting_that_would_let_people_change_what_is_verified_is_refused(w):
    for words in ("email", "name phone_number", "sub", "email_verified", "shoe_size"):
        with pytest.raises(RuntimeError) as e:
            World("modern", settings={"modern": {"account_profile": words}}).start()
        assert "account_profile" in str(e.value) and words.split()[-1] in str(e.value)
