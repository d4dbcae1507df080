"""Several accounts in one browser: the chooser, hints, prompt, and which of them a logout ends. OpenID Connect Core 3.1.2.1, 3.1.2.6; RP-Initiated
Logout 1.0; Session Management 1.0."""
import concurrent.futures, re, time, urllib.parse

import pytest

import talker_jwt
from talker import APP_SECRET, PASSWORD, World, authorize_url, client, realm, redeem, refresh, send, user

CB, BYE = "https://app.example/cb", "https://app.example/bye"
STOCK = dict(code_challenge=None, code_challenge_method=None, scope="openid", nonce="n-0S6_WzA2Mj")
PEOPLE = ["carol", "dave", "erin"] + ["p%d" % i for i in range(12)]


def app(id, **more):
    return client(id, APP_SECRET, scopes=["openid", "offline_access", "read"], redirect_uris=[CB], grants=["authorization_code", "refresh_token"], auto_approve=True,
                  metadata={"post_logout_redirect_uris": [BYE]}, **more)


def people():
    r = realm()
    r["clients"] += [app("shop"), app("till"), app("pair")]
    r["clients"][-1]["metadata"].update(subject_type="pairwise")
    r["clients"] += [client("asks", APP_SECRET, scopes=["read", "write"], redirect_uris=[CB])]
    r["users"] += [user(name, PASSWORD, email=name + "@people.example") for name in PEOPLE]
    return r


@pytest.fixture(scope="module")
def w():
    with World("modern", "connect", realms=[people()]) as world:
        yield world


def ask(w, name="shop", **more):
    return authorize_url(w, **{"client": name, **STOCK, **more})


def enter(w, b, who):
    """One more account of this browser, which is then the active one."""
    r = b.login(b.get(w.at("modern", "/login")), who, PASSWORD)
    assert r.status == 303, r


def browser(w, *who):
    b = w.browser("modern")
    for one in who:
        enter(w, b, one)
    return b


def claims(w, r, name="shop"):
    assert "code" in r.query(), r
    t = redeem(w, r.query()["code"], client=name, code_verifier=None)
    assert t.status == 200, t
    return {**talker_jwt.claims(t.json()["id_token"]), "raw": t.json()["id_token"], "refresh": t.json().get("refresh_token")}


def who(w, r, name="shop"):
    """The subject that a code is of."""
    return claims(w, r, name)["sub"]


def goes_on(w, b, name="shop", **more):
    """Whose code comes without a page."""
    return who(w, b.get(ask(w, name, **more)), name)


@pytest.fixture(scope="module")
def sub(w):
    """Subjects by name, as the public clients hear them."""
    return {name: goes_on(w, browser(w, name)) for name in PEOPLE}


def chooser(page):
    assert page.status == 200 and "accounts-form" in page.text, page
    return re.findall(r'id="account-\d+" name="chosen_account" value="([0-9a-f]+)"[^>]*>([^<]*)</button>', page.text)


def names(page):
    return [name for _, name in chooser(page)]


def choose(b, page, name):
    f = page.form("accounts-form")
    button = next(id for id in f["buttons"] if f["buttons"][id][1] == {n: i for i, n in chooser(page)}[name])
    return b.submit(f, button)


# --- who is here ----------------------------------------------------------------------------------------------------------------------

def test_each_login_is_added_and_the_last_one_is_active(w, sub):
    b = browser(w, "carol", "dave", "erin")
    assert goes_on(w, b) == sub["erin"]
    assert names(b.get(w.at("modern", "/accounts"))) == ["erin", "dave", "carol"] or set(names(b.get(w.at("modern", "/accounts")))) == {"carol", "dave", "erin"}
    assert names(b.get(w.at("modern", "/accounts")))[0] == "erin"
    assert 'id="account-1"' in b.get(w.at("modern", "/accounts")).text and "aria-current" in b.get(w.at("modern", "/accounts")).text


def test_the_chooser_leads_on_with_the_one_that_is_chosen(w, sub):
    b = browser(w, "carol", "dave")
    url = ask(w, prompt="select_account")
    page = b.follow(b.get(url))
    assert sorted(names(page)) == ["carol", "dave"] and "to continue to shop" in page.text
    r = choose(b, page, "carol")
    assert r.location == url
    assert who(w, b.get(url)) == sub["carol"]
    assert goes_on(w, b, "till") == sub["carol"], "a choice makes it the active one"
    assert sorted(names(b.follow(b.get(url)))) == ["carol", "dave"], "an answer gives one code"


def test_the_chooser_speaks_chinese(w):
    b = browser(w, "carol", "dave")
    page = b.follow(b.get(ask(w, prompt="select_account", ui_locales="zh-CN"))).text
    assert "选择账号" in page and "使用其他账号" in page and 'lang="zh-CN"' in page


def test_another_account_logs_in_and_goes_on(w, sub):
    b = browser(w, "carol", "dave")
    url = ask(w, prompt="select_account")
    page = b.follow(b.get(url))
    page = b.get(re.search('id="account-other" href="([^"]*)"', page.text)[1])
    assert b.login(page, "erin", PASSWORD).location == url
    assert who(w, b.get(url)) == sub["erin"]
    assert set(names(b.get(w.at("modern", "/accounts")))) == {"carol", "dave", "erin"}


def test_the_same_user_is_there_once(w):
    b = browser(w, "carol", "dave", "carol")
    assert sorted(names(b.get(w.at("modern", "/accounts")))) == ["carol", "dave"]
    assert len([n for n in b.cookies if "-account-" in n]) == 2


def test_nobody_is_here_and_the_login_page_comes(w):
    b = w.browser("modern")
    page = b.follow(b.get(ask(w, prompt="select_account")))
    assert "login-submit" in page.text and "accounts-form" not in page.text
    assert b.follow(b.get(w.at("modern", "/accounts"))).form("username")


def test_two_tabs_keep_their_own_requests(w, sub):
    b = browser(w, "carol", "dave")
    one, two = ask(w, prompt="select_account", state="one"), ask(w, "till", prompt="select_account", state="two")
    head = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "none"}
    def open_tab(url):
        r = b.get(url, head)
        while r.status == 303:
            r = b.get(r.location, head)
        return r
    first, second = open_tab(one), open_tab(two)
    assert choose(b, first, "carol").location == one and who(w, b.get(one)) == sub["carol"]
    assert choose(b, second, "dave").location == two and who(w, b.get(two), "till") == sub["dave"]


def test_the_bound_ends_the_one_that_was_used_longest_ago(w):
    with World("modern", realms=[people()], settings={"modern": {"session_accounts": 3}}) as x:
        b = x.browser("modern")
        for i, name in enumerate(("carol", "dave", "erin", "p0")):
            enter(x, b, name)
            x.turn_clock(5 + 5 * i)
        assert set(names(b.get(x.at("modern", "/accounts")))) == {"dave", "erin", "p0"}
        assert len([n for n in b.cookies if "-account-" in n]) == 3
        assert "carol" not in x.hufu("session", "list", "--realm", "main")[1]


def test_where_one_is_enough_a_login_ends_the_one_before():
    with World("modern", realms=[people()], settings={"modern": {"session_accounts": 1}}) as x:
        b = browser(x, "carol", "dave")
        assert not [n for n in b.cookies if "-account-" in n]
        assert b.get(x.at("modern", "/accounts")).status == 404
        page = b.follow(b.get(ask(x, prompt="select_account")))
        assert "Continue as dave" in page.text
        out = x.hufu("session", "list", "--realm", "main")[1]
        assert "dave" in out and "carol" not in out


# --- hints, prompt=none ---------------------------------------------------------------------------------------------------------------

def test_an_id_token_hint_takes_its_own_user_and_moves_nothing(w, sub):
    b = browser(w, "carol", "dave")
    hint = claims(w, b.get(ask(w, login_hint="carol")))["raw"]
    before = dict(b.cookies)
    assert goes_on(w, b, prompt="none", id_token_hint=hint) == sub["carol"]
    assert goes_on(w, b, "till") == sub["dave"] and b.cookies["hufu-modern"] == before["hufu-modern"]


def test_a_pairwise_subject_is_a_hint_too(w):
    b = browser(w, "carol", "dave")
    told = claims(w, b.get(ask(w, "pair", login_hint="carol")), "pair")
    assert who(w, b.get(ask(w, "pair", id_token_hint=told["raw"], prompt="none")), "pair") == told["sub"]


@pytest.mark.parametrize("hint", ["carol", "CAROL", "carol@people.example"])
def test_a_login_hint_takes_whom_it_names(w, sub, hint):
    b = browser(w, "carol", "dave")
    assert goes_on(w, b, login_hint=hint) == sub["carol"]
    assert goes_on(w, b, login_hint=hint, prompt="none") == sub["carol"]


@pytest.mark.parametrize("hint", ["erin", "", "nobody@people.example", "\u202ecarol", "x" * 2000])
def test_a_login_hint_that_names_nobody_here_changes_nothing(w, sub, hint):
    b = browser(w, "carol", "dave")
    assert goes_on(w, b, login_hint=hint) == sub["dave"]


def test_a_hint_of_somebody_else_asks_for_a_login(w, sub):
    hint = claims(w, browser(w, "erin").get(ask(w)))["raw"]
    b = browser(w, "carol", "dave")
    assert b.get(ask(w, id_token_hint=hint, prompt="none")).query()["error"] == "login_required"
    url = ask(w, id_token_hint=hint)
    page = b.follow(b.get(url))
    assert "login-submit" in page.text
    assert b.login(page, "erin", PASSWORD).location == url and who(w, b.get(url)) == sub["erin"]
    hint = claims(w, browser(w, "p1").get(ask(w)))["raw"]
    url = ask(w, id_token_hint=hint)
    b.login(b.follow(b.get(url)), "carol", PASSWORD)
    assert b.get(url).query()["error"] == "login_required", "who logs in as another is told so"


def test_no_prompt_exchanges_the_user_of_an_application(w, sub):
    b = browser(w, "carol")
    assert goes_on(w, b) == sub["carol"]
    enter(w, b, "dave")
    assert b.get(ask(w, prompt="none")).query()["error"] == "account_selection_required"
    assert goes_on(w, b, "till", prompt="none") == sub["dave"], "an application that knows neither goes on with the active one"
    url = ask(w)
    page = b.follow(b.get(url))
    assert sorted(names(page)) == ["carol", "dave"]
    choose(b, page, "dave")
    assert who(w, b.get(url)) == sub["dave"] and goes_on(w, b, prompt="none") == sub["dave"]


def test_no_account_is_active_and_one_must_be_chosen(w, sub):
    b = browser(w, "carol", "dave")
    b.submit(b.get(w.at("modern", "/logout")).form("_csrf"), "logout-confirm")
    assert b.get(ask(w, prompt="none")).query()["error"] == "account_selection_required"
    url = ask(w)
    page = b.follow(b.get(url))
    assert names(page) == ["carol"]
    choose(b, page, "carol")
    assert who(w, b.get(url)) == sub["carol"]


def test_prompt_login_and_max_age_are_of_the_account(w, sub):
    with World("modern", realms=[people()]) as x:
        b = browser(x, "carol")
        x.turn_clock(600)
        enter(x, b, "dave")
        assert "code" in b.get(ask(x, max_age=300)).query()
        assert b.get(ask(x, max_age=300, login_hint="carol", prompt="none")).query()["error"] == "login_required"
        url = ask(x, prompt="login", login_hint="carol")
        page = b.follow(b.get(url))
        assert 'value="carol"' in page.text
        assert b.login(page, "dave", PASSWORD).location == url
        first = claims(x, b.get(url))
        assert "login-submit" in b.follow(b.get(url)).text, "an answer gives one code"
        assert first["sub"] != claims(x, b.get(ask(x, login_hint="carol", nonce="m")))["sub"], "who logged in on this request's page decides"


def test_max_age_behind_a_choice(w):
    with World("modern", realms=[people()]) as x:
        b = browser(x, "carol")
        x.turn_clock(600)
        enter(x, b, "dave")
        url = ask(x, prompt="select_account", max_age=300)
        page = b.follow(choose(b, b.follow(b.get(url)), "carol"))
        assert "login-submit" in page.text
        b.login(page, "carol", PASSWORD)
        got = claims(x, b.get(url))
        assert got["auth_time"] > time.time() + 500


def test_consent_is_of_the_account_that_the_request_goes_on_with(w):
    b = browser(w, "carol", "dave")
    page = b.follow(b.get(authorize_url(w, client="asks", scope="read", login_hint="carol")))
    assert '<bdi class="who-name">carol</bdi>' in page.text
    code = b.decide(page).query()["code"]
    assert redeem(w, code, client="asks").status == 200
    page = b.follow(b.get(authorize_url(w, client="asks", scope="read")))
    assert "account-1" in page.text or '<bdi class="who-name">dave</bdi>' in page.text, "what carol allowed is not dave's"


# --- what ends ------------------------------------------------------------------------------------------------------------------------

def test_one_that_an_operator_ended_is_gone_from_the_chooser(w, sub):
    b = browser(w, "p2", "p3")
    page = b.follow(b.get(ask(w, prompt="select_account")))
    w.hufu("session", "end", "--user", "p2", "--realm", "main")
    again = choose(b, page, "p2")
    assert names(again) == ["p3"], "one that has ended is not chosen"
    assert len([n for n in b.cookies if "-account-" in n]) == 1
    w.hufu("user", "disable", "p3", "--realm", "main")
    assert "login-submit" in b.follow(b.get(ask(w, prompt="select_account"))).text


def test_a_form_without_its_token_or_of_another_site_chooses_nobody(w, sub):
    b = browser(w, "carol", "dave")
    page = b.follow(b.get(ask(w, prompt="select_account")))
    at = {n: i for i, n in chooser(page)}
    f = page.form("accounts-form")
    fields = dict((n, v) for n, v, _, _ in f["fields"])
    for change, head in (({"_csrf": "x"}, {}), ({"_csrf": ""}, {}), ({}, {"Sec-Fetch-Site": "cross-site"}), ({}, {"Origin": "https://evil.example"})):
        r = b.post(f["action"], {**fields, "chosen_account": at["carol"], **change}, head)
        assert "Set-Cookie" not in [n for n, v in r.headers if "hufu-modern=" in v], r
    assert goes_on(w, b, "till") == sub["dave"]


@pytest.mark.parametrize("account", ["", "all", "0" * 32, "x" * 3000, "%00"])
def test_an_account_that_is_none_shows_the_page_again(w, account):
    b = browser(w, "carol", "dave")
    f = b.follow(b.get(ask(w, prompt="select_account"))).form("accounts-form")
    r = b.post(f["action"], {**dict((n, v) for n, v, _, _ in f["fields"]), "chosen_account": account})
    assert sorted(names(r)) == ["carol", "dave"]


def test_cookies_that_are_none_are_passed_over(w, sub):
    b = browser(w, "carol", "dave")
    own = next(n for n in b.cookies if "-account-" in n)
    other = browser(w, "erin").cookies["hufu-modern"]
    b.cookies.update({"hufu-modern-account-000000000000": other, own: other, "hufu-modern-account-": "x", "hufu-modern-account-zz": "",
                      **{"hufu-modern-account-%012d" % i: "y" * 43 for i in range(40)}})
    page = b.get(w.at("modern", "/accounts"))
    assert "erin" not in names(page)
    assert goes_on(w, b, "till") == sub["dave"]


def logout(w, b, **params):
    return b.get(w.at("modern", "/logout") + "?" + urllib.parse.urlencode(params))


def test_a_logout_ends_the_active_one_and_the_others_stay(w, sub):
    b = browser(w, "carol", "dave")
    page = logout(w, b)
    assert "dave" in page.text and "logout-2" in page.text and "logout-all" in page.text
    b.submit(page.form("_csrf"), "logout-confirm")
    assert names(b.get(w.at("modern", "/accounts"))) == ["carol"] and "hufu-modern" not in b.cookies


def test_a_logout_of_another_one_and_of_all(w, sub):
    b = browser(w, "carol", "dave", "erin")
    page = logout(w, b)
    other = next(i for i in (2, 3) if ">Sign out carol<" in page.text.split('id="logout-%d"' % i)[1].split("</button>")[0] + "<")
    b.submit(page.form("_csrf"), "logout-%d" % other)
    assert set(names(b.get(w.at("modern", "/accounts")))) == {"dave", "erin"} and goes_on(w, b, "till") == sub["erin"]
    b.submit(logout(w, b).form("_csrf"), "logout-all")
    assert "login-submit" in b.follow(b.get(w.at("modern", "/accounts"))).text
    assert not [n for n in b.cookies if n.startswith("hufu-modern") and n != "hufu-modern-saved"]


def test_a_form_of_a_session_that_has_ended_ends_no_other(w, sub):
    b = browser(w, "carol", "dave")
    page = logout(w, b)
    w.hufu("session", "end", "--user", "dave", "--realm", "main")
    b.submit(page.form("_csrf"), "logout-confirm")
    assert names(b.get(w.at("modern", "/accounts"))) == ["carol"]


def test_an_id_token_ends_its_own_session(w, sub):
    b = browser(w, "carol", "dave")
    got = claims(w, b.get(ask(w, login_hint="carol", scope="openid")))
    kept = claims(w, b.get(ask(w, "till", login_hint="dave")), "till")
    r = logout(w, b, id_token_hint=got["raw"], post_logout_redirect_uri=BYE, state="7")
    assert r.location == BYE + "?state=7", r
    assert names(b.get(w.at("modern", "/accounts"))) == ["dave"] and goes_on(w, b, "till") == sub["dave"]
    assert refresh(w, got["refresh"], client="shop").status == 400 and refresh(w, kept["refresh"], client="till").status == 200


@pytest.mark.parametrize("hint", ["carol", "carol@people.example", "sid"])
def test_a_logout_hint_says_whom_the_page_asks_about(w, hint):
    b = browser(w, "carol", "dave")
    got = claims(w, b.get(ask(w, login_hint="carol")))
    page = logout(w, b, client_id="shop", logout_hint=got["sid"] if hint == "sid" else hint, post_logout_redirect_uri=BYE)
    assert '<bdi class="who-name">carol</bdi>' in page.text, "a hint is no proof: it is asked"
    r = b.submit(page.form("_csrf"), "logout-confirm")
    assert r.location == BYE, r
    assert names(b.get(w.at("modern", "/accounts"))) == ["dave"]


def test_a_logout_hint_of_nobody_and_beside_an_id_token(w):
    b = browser(w, "carol", "dave")
    assert '<bdi class="who-name">dave</bdi>' in logout(w, b, logout_hint="erin").text
    got = claims(w, b.get(ask(w, login_hint="carol")))
    r = logout(w, b, id_token_hint=got["raw"], logout_hint="dave", post_logout_redirect_uri=BYE)
    assert r.location == BYE and names(b.get(w.at("modern", "/accounts"))) == ["dave"], "the ID token is the proof, the hint a word"


def test_an_application_that_posts_only_a_logout_hint_is_asked_back(w):
    b = browser(w, "carol", "dave")
    r = b.post(w.at("modern", "/logout"), {"logout_hint": "carol"}, {"Sec-Fetch-Site": "cross-site"})
    assert r.status == 200 and '<bdi class="who-name">carol</bdi>' in r.text, r


# --- session management ---------------------------------------------------------------------------------------------------------------

def test_the_browsers_state_changes_with_each_account_and_holds_for_all(w):
    b = browser(w, "carol")
    seen = [b.cookies["hufu-modern-state"]]
    enter(w, b, "dave")
    seen.append(b.cookies["hufu-modern-state"])
    r = b.get(ask(w, login_hint="carol", prompt="none"))
    assert b.cookies["hufu-modern-state"] == seen[-1], "who goes on by a hint changes nothing"
    import hashlib
    told = r.query()["session_state"]
    assert told.split(".")[0] == hashlib.sha256(("shop https://app.example %s %s" % (seen[-1], told.split(".")[1])).encode()).hexdigest()
    page = b.get(w.at("modern", "/accounts"))
    choose(b, page, "carol")
    seen.append(b.cookies["hufu-modern-state"])
    b.submit(logout(w, b).form("_csrf"), "logout-2")
    seen.append(b.cookies["hufu-modern-state"])
    assert len(set(seen)) == 3 and seen[3] not in seen[1:3], seen
    b.submit(logout(w, b).form("_csrf"), "logout-confirm")
    assert "hufu-modern-state" not in b.cookies


# --- races ----------------------------------------------------------------------------------------------------------------------------

def test_logins_in_many_tabs_lose_nobody(w):
    b = w.browser("modern")
    f = b.get(w.at("modern", "/login")).form("username")
    fields = dict((n, v) for n, v, _, _ in f["fields"])
    head = {"Cookie": "; ".join("%s=%s" % kv for kv in b.cookies.items()), "Accept": "text/html"}
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda name: send("POST", b.full(f["action"]), {**fields, "username": name, "password": PASSWORD}, head), PEOPLE[9:15]))
    for r in answers:
        for line in r.all("Set-Cookie"):
            name, _, value = line.split(";")[0].partition("=")
            b.cookies[name] = value
    assert set(names(b.get(w.at("modern", "/accounts")))) == set(PEOPLE[9:15])


def test_one_choice_gives_one_code_to_64_threads(w):
    b = browser(w, "carol", "dave")
    url = ask(w, prompt="select_account")
    choose(b, b.follow(b.get(url)), "carol")
    head = {"Cookie": "; ".join("%s=%s" % kv for kv in b.cookies.items()), "Accept": "text/html"}
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(lambda _: send("GET", url, None, head), range(64)))
    assert sum("code" in r.query() for r in answers) == 1
