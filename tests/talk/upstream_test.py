"""Logins of others: each identity provider against a stand-in that answers as documented, its errors, and the attacks on such logins (O9, O10)."""
import concurrent.futures, json, re, subprocess, time, urllib.parse

import pytest

import talker_jwt, upstreams
from server import BUILD, clean_env
from talker import APP_SECRET, PASSWORD, World, audit_of, authorize_url, client, realm, redeem, user, wait

CB = "https://app.example/cb"
PEOPLE = {
    "openid": {"sub": "s-1", "name": "Ann Open", "email": "ann@corp.example", "email_verified": True},
    "google": {"sub": "1077", "name": "Gil", "email": "gil@gmail.example", "email_verified": True},
    "microsoft": {"sub": "ms-1", "name": "Mia", "email": "mia@tenant.example", "preferred_username": "mia@tenant.example"},
    "apple": {"sub": "000123.abc", "first": "Ada", "last": "Apple", "email": "ada@privaterelay.example", "email_verified": "true"},
    "github": {"id": 583231, "login": "octo", "name": "Octo Cat", "email": "octo@cat.example"},
    "wechat": {"openid": "oWx-1", "unionid": "u-1", "nickname": "小明"},
    "wecom": {"userid": "zhangsan"},
    "dingtalk": {"nick": "钉钉", "unionId": "z21HjQli", "openId": "o-1"},
    "feishu": {"name": "王二", "open_id": "ou-caecc734", "email": "er@feishu.example"},
    "qq": {"openid": "A4B5C6", "nickname": "QQ人"},
    "alipay": {"open_id": "074a1CcTG1LelxKe", "nick_name": "支付"},
    "oauth2": {"id": 7, "called": "Seventh", "mail": "seven@seventh.example"},
}
SUBJECTS = {"openid": "s-1", "google": "1077", "microsoft": upstreams.TENANT + ":ms-1", "apple": "000123.abc", "github": "583231", "wechat": "oWx-1", "wecom": "zhangsan",
            "dingtalk": "z21HjQli", "feishu": "ou-caecc734", "qq": "A4B5C6", "alipay": "074a1CcTG1LelxKe", "oauth2": "7"}
NAMES = {"openid": "Ann Open", "google": "Gil", "microsoft": "Mia", "apple": "Ada Apple", "github": "Octo Cat", "wechat": "小明", "wecom": "成员 zhangsan", "dingtalk": "钉钉",
         "feishu": "王二", "qq": "QQ人", "alipay": "支付", "oauth2": "Seventh"}
# how each says that it does not know a code, and that something else is wrong
WRONG = {"openid": ("token", (400, {"error": "unsupported_grant_type"})), "google": ("token", (401, {"error": "invalid_client"})), "microsoft": ("token", (400, {"error": "unauthorized_client"})),
         "apple": ("token", (400, {"error": "invalid_client"})), "github": ("access_token", (200, {"error": "incorrect_client_credentials"})),
         "wechat": ("access_token", (200, {"errcode": 40125, "errmsg": "x"})), "wecom": ("getuserinfo", (200, {"errcode": 60020, "errmsg": "x"})),
         "dingtalk": ("me", (403, {"code": "Forbidden.AccessDenied.AccessTokenPermissionDenied", "message": "x"})), "feishu": ("user_info", (200, {"code": 20005, "msg": "x"})),
         "qq": ("get_user_info", (200, {"ret": 1002, "msg": "x"})), "alipay": ("gateway.do", (200, {"error_response": {"code": "40002", "sub_code": "isv.invalid-app-id"}})),
         "oauth2": ("people", (200, {"status": "E9"}))}


def people():
    r = realm()
    r["clients"] += [client("shop", APP_SECRET, scopes=["openid", "profile", "email"], redirect_uris=[CB], auto_approve=True)]
    r["users"] += [user("carol", PASSWORD, email="carol@corp.example", claims={"email_verified": True}), user("dora", PASSWORD, email="Dora@Corp.example"),
                   user("erin", PASSWORD, email="erin@corp.example", claims={"email_verified": True})]
    return r


@pytest.fixture(scope="module")
def place():
    with upstreams.providers() as (base, stand):
        rows = {p: upstreams.settings(base, p, stand.keys) for p in upstreams.HOSTS}
        more = lambda **m: upstreams.settings(base, "openid", stand.keys, **m)
        rows.update(
            trusted=more(link_by="verified_email", trust_amr=True, claims=["locale=userinfo.locale", "groups[]=id.groups"], groups="id.groups", group_authorities=["ops=ROLE_OPS"]),
            known=more(create_users=False), shut=more(create_users=False, link_by_password=False, label="Staff", label_zh="员工"),
            corp=more(allowed_domains=["corp.example"], groups="id.groups", allowed_groups=["staff"]),
            keyed=more(client_auth="private_key_jwt", private_key_file=stand.keys.rsa, client_secret=None, user_name="{id.preferred_username}"),
            hmac=more(client_auth="client_secret_jwt"), posted=more(client_auth="client_secret_post", userinfo=False),
            certified=upstreams.settings(base, "alipay", stand.keys, **stand.certificates_of().settings()),
            union=upstreams.settings(base, "wechat", stand.keys, subject="{token.unionid}"))
        with World("modern", "modern-b", "spring", realms=[people()], top=upstreams.top(rows),
                   settings={"modern": {"identity_providers": list(rows)}, "modern-b": {"identity_providers": ["openid"]}, "spring": {"identity_providers": ["github"]}}) as w:
            yield w, stand


pytestmark = pytest.mark.usefixtures("calm")


@pytest.fixture
def calm(place):
    yield
    stand = place[1]
    broken = [a for a in stand.asked if a[1] == "broken"]
    stand.asked.clear()
    stand.faults.clear()
    stand.twist = stand.sign = stand.userinfo_sub = None
    stand.iss_told, stand.vouch, stand.certificates, stand.signs_by = False, None, None, None
    assert not broken, broken


def begin(w, provider, issuer="modern", browser=None, **more):
    """(browser, address there): the button of the login page, in the middle of an application's request."""
    b = browser or w.browser(issuer)
    page = b.follow(b.get(authorize_url(w, issuer, **{"client": "shop", "scope": "openid", **more})))
    href = re.search(r'href="([^"]*/login/with/%s[^"]*)"' % provider, page.text)
    assert href, page.text
    r = b.get(href[1].replace("&amp;", "&"))
    assert r.status in (302, 303), r
    return b, r.location


def come_back(b, back, **headers):
    if isinstance(back, tuple):                                     # by POST of another site: without cookies that are Lax
        kept, b.cookies = b.cookies, {}
        r = b.post(back[0], list(back[1].items()), {"Origin": "https://appleid.apple.com", "Sec-Fetch-Site": "cross-site", **headers})
        b.cookies = {**kept, **b.cookies}
        return b.follow(r)
    return b.follow(b.get(back, headers))


def log_in(w, stand, provider, person=None, issuer="modern", kind=None, browser=None, **more):
    b, there = begin(w, provider, issuer, browser, **more)
    return b, come_back(b, stand.go(kind or provider, there, person or PEOPLE[kind or provider]))


def claims(w, r, issuer="modern"):
    assert r.status in (302, 303) and "code" in r.query(), (r.status, re.findall(r'login-error"[^>]*>([^<]*)', r.text), r.text[:300])
    t = redeem(w, r.query()["code"], issuer, client="shop")
    assert t.status == 200, t
    return talker_jwt.claims(t.json()["id_token"])


def shown(w, name):
    return w.control({"do": "user.show", "realm": "main", "name": name})


def error_of(r):
    assert r.status == 200, r
    found = re.search(r'id="login-error"[^>]*>([^<]*)<', r.text)
    return found[1] if found else None


# --- each of them ---------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("provider", list(PEOPLE))
def test_a_user_is_made_at_the_first_login_and_found_at_the_next(place, provider):
    w, stand = place
    first = claims(w, log_in(w, stand, provider)[1])
    assert first["amr"] == ["fed"], first
    again = claims(w, log_in(w, stand, provider)[1])
    assert again["sub"] == first["sub"]
    rows = w.control({"do": "user.list", "realm": "main", "search": provider + "-"})["users"]
    mine = [u for u in rows if re.fullmatch(provider + "-[0-9a-f]{16}", u["name"])]
    assert len(mine) == 1 and mine[0]["display_name"] == NAMES[provider], rows
    listed = w.control({"do": "identity.list", "realm": "main", "user": mine[0]["name"]})["identities"]
    assert [(i["provider"], i["subject"]) for i in listed] == [(provider, SUBJECTS[provider])] and listed[0]["last_s"] > 0, listed
    verified = provider in ("openid", "google", "apple", "github", "oauth2")
    assert mine[0].get("email", "") == (PEOPLE[provider].get("email") or PEOPLE[provider].get("mail") if verified else ""), mine


@pytest.mark.parametrize("provider", list(PEOPLE))
def test_a_code_that_the_provider_does_not_know_leads_back_with_words(place, provider):
    w, stand = place
    b, there = begin(w, provider)
    back = stand.go(provider, there, PEOPLE[provider])
    for c in stand.codes.values():
        c["used"] = True
    assert "is over or was used before" in error_of(come_back(b, back))
    assert audit_of(w, reason="upstream_code")


@pytest.mark.parametrize("provider", list(PEOPLE))
def test_another_error_of_the_provider_is_told_as_one(place, provider):
    w, stand = place
    step, fault = WRONG[provider]
    stand.faults[(provider, step)] = fault
    b, r = log_in(w, stand, provider)
    assert "does not answer as it should" in error_of(r)
    stand.faults.clear()
    assert audit_of(w, reason="upstream", endpoint="login_back")
    assert upstreams.SECRET not in w.log() and "access_token" not in "".join(re.findall(r"identity provider.*", w.log()))


@pytest.mark.parametrize("provider", list(PEOPLE))
def test_who_stops_there_comes_back_to_the_login_page(place, provider):
    w, stand = place
    b, there = begin(w, provider)
    r = come_back(b, stand.go(provider, there, PEOPLE[provider], deny=True))
    assert "You have stopped" in error_of(r)
    assert audit_of(w, reason="upstream_denied")
    assert claims(w, b.follow(b.login(r, "alice", PASSWORD)))["amr"] == ["pwd"]        # the request still waits


# --- whose it is: linking -------------------------------------------------------------------------------------------------------------

def ann(n, **more):
    return {"sub": "sub-%s" % n, "name": n, **more}


def link_page(r):
    assert r.status == 200 and 'id="link-submit"' in r.text, (r, r.text[:1500])
    return next(f for f in r.forms() if "link-submit" in f["buttons"])


def subject(w, name):
    return shown(w, name)["user"]["id"]


def test_a_verified_address_finds_its_user_where_the_operator_trusts_the_provider(place):
    w, stand = place
    said = claims(w, log_in(w, stand, "trusted", ann("c", email="CAROL@corp.example", email_verified=True, amr=["pwd", "mfa"], groups=["ops", "all"]), kind="openid")[1])
    assert said["sub"] == subject(w, "carol") and said["amr"] == ["fed", "pwd", "mfa"]
    row = shown(w, "carol")["user"]
    assert row["claims"]["groups"] == ["ops", "all"] and row["claims"]["locale"] == "de" and "ROLE_OPS" in row["authorities"]
    claims(w, log_in(w, stand, "trusted", ann("c", groups=["all"]), kind="openid")[1])                 # the address is not asked for again
    row = shown(w, "carol")["user"]
    assert row["claims"]["groups"] == ["all"] and row["authorities"] == ["ROLE_USER"]


@pytest.mark.parametrize("provider,person", [
    ("trusted", dict(email="erin@corp.example", email_verified=False)),             # not verified there
    ("trusted", dict(email="erin@corp.example", email_verified="no")),
    ("trusted", dict(email="dora@corp.example", email_verified=True)),              # not verified here: whoever wrote it there first is not its owner
    ("openid", dict(email="erin@corp.example", email_verified=True)),               # the provider is not trusted for it
    ("known", dict(preferred_username="erin", name="erin")),                        # never by name
])
def test_nobody_gets_an_account_by_an_address_or_a_name(place, provider, person):
    w, stand = place
    b, r = log_in(w, stand, provider, ann("evil-%s" % (person.get("email", "name") + provider), **person), kind="openid")
    if r.status == 200:
        link_page(r)
    else:                                                                          # an address that nobody vouches for is none: a new user
        name = w.control({"do": "user.list", "realm": "main", "search": provider + "-"})["users"]
        assert claims(w, r)["sub"] not in (subject(w, "erin"), subject(w, "dora"))
        assert not [u for u in name if u.get("email") == "erin@corp.example"]


def test_the_password_of_the_account_here_connects_it(place):
    w, stand = place
    b, r = log_in(w, stand, "known", ann("bob-there"), kind="openid")
    f = link_page(r)
    assert "bob-there" in r.text and "OpenID" in r.text
    r = b.follow(b.submit(f, "link-submit", username="bob", password="wrong"))
    assert "Wrong user name or password" in error_of(r)
    said = claims(w, b.follow(b.submit(link_page(r), "link-submit", username="bob", password=PASSWORD)))
    assert said["sub"] == subject(w, "bob") and said["amr"] == ["fed", "pwd"]
    assert claims(w, log_in(w, stand, "known", ann("bob-there"), kind="openid")[1])["sub"] == said["sub"]
    assert "sub-bob-there" in w.hufu("user", "identities", "bob", "--realm", "main")[1]
    unlink = lambda: w.hufu("user", "unlink", "bob", "--realm", "main", "--provider", "known", "--subject", "sub-bob-there")
    r = unlink()
    assert r[0] == 0 and wait(lambda: "identity.unlink" in w.log()), r
    link_page(log_in(w, stand, "known", ann("bob-there"), kind="openid")[1])
    r = unlink()
    assert r[0] != 0 and "nothing was unlinked" in str(r), r


def test_who_does_not_want_to_connect_says_no(place):
    w, stand = place
    b, r = log_in(w, stand, "known", ann("not-mine"), kind="openid")
    f = link_page(r)
    r = b.follow(b.submit(f, "link-no"))
    assert error_of(r) is None and 'id="login-submit"' in r.text
    assert audit_of(w, endpoint="login_link", detail="the person does not connect an account of identity provider known")
    said = b.follow(b.submit(f, "link-submit", username="bob", password=PASSWORD))   # the answer was given
    assert "its time is over" in error_of(said)
    assert "sub-not-mine" not in w.hufu("user", "identities", "bob", "--realm", "main")[1]
    assert "code" in b.follow(b.login(r, "bob", PASSWORD)).query()                             # ... and the request goes on


def test_wrong_passwords_of_the_page_that_connects_are_counted(place):
    w, stand = place
    b, r = log_in(w, stand, "known", ann("guesser"), kind="openid")
    for _ in range(8):
        f = link_page(r)
        r = b.submit(f, "link-submit", username="u01", password="guess")
        if r.status == 429:
            break
        r = b.follow(r)
    assert r.status == 429 and "Too many attempts" in r.text
    assert audit_of(w, endpoint="login_link", status=429)


def test_a_page_that_connects_is_of_the_browser_where_the_login_ended(place):
    """Else an attacker has a victim connect the attacker's account there with the victim's own here."""
    w, stand = place
    b, there = begin(w, "known")
    r = b.get(stand.go("openid", there, ann("attacker")))
    victim = w.browser("modern")
    victim.get(w.at("modern", "/login"))
    assert "did not begin in this browser" in error_of(victim.follow(victim.get(r.location)))
    page = b.follow(r)
    f = link_page(page)
    r = victim.follow(victim.submit(f, "link-submit", username="alice", password=PASSWORD))
    assert "did not begin" in error_of(r)
    assert not w.control({"do": "identity.list", "realm": "main", "user": "alice"})["identities"]
    w.turn_clock(700)
    try:
        assert "its time is over" in error_of(b.follow(b.submit(f, "link-submit", username="alice", password=PASSWORD)))
    finally:
        w.turn_clock(-700)


def test_who_is_not_let_in_hears_so(place):
    w, stand = place
    for person in (ann("x1"), ann("x2", email="x@corp.example", email_verified=False, groups=["staff"]), ann("x3", email="x@evil-corp.example", email_verified=True, groups=["staff"]),
                   ann("x4", email="x4@corp.example", email_verified=True, groups=["guests"])):
        assert "is not let in here" in error_of(log_in(w, stand, "corp", person, kind="openid")[1])
    claims(w, log_in(w, stand, "corp", ann("x5", email="x5@Corp.example", email_verified=True, groups=["staff"]), kind="openid")[1])
    assert "is not let in here" in error_of(log_in(w, stand, "corp", ann("x5", email="x5@corp.example", email_verified=True), kind="openid")[1])
    assert audit_of(w, reason="upstream_outside")
    assert "Nobody here has this account" in error_of(log_in(w, stand, "shut", ann("x6"), kind="openid")[1])
    assert audit_of(w, reason="upstream_unknown")
    b, r = log_in(w, stand, "wecom", {"openid": "stranger"})                                            # no member: WeCom names nobody
    assert "is not let in here" in error_of(r)


def test_a_disabled_user_stays_out_and_a_deleted_one_is_new(place):
    w, stand = place
    one = claims(w, log_in(w, stand, "openid", ann("leaver"))[1])
    name = next(u["name"] for u in w.control({"do": "user.list", "realm": "main", "search": "openid-"})["users"] if u["id"] == one["sub"])
    w.control({"do": "user.disable", "realm": "main", "name": name})
    assert "has been disabled" in error_of(log_in(w, stand, "openid", ann("leaver"))[1])
    w.control({"do": "user.enable", "realm": "main", "name": name})
    assert claims(w, log_in(w, stand, "openid", ann("leaver"))[1])["sub"] == one["sub"]
    w.control({"do": "user.delete", "realm": "main", "name": name})
    assert claims(w, log_in(w, stand, "openid", ann("leaver"))[1])["sub"] != one["sub"]


def test_many_first_logins_at_once_make_one_user(place):
    w, stand = place
    ways = [begin(w, "openid") for _ in range(64)]
    backs = [(b, stand.go("openid", there, ann("racer", email="racer@r.example", email_verified=True))) for b, there in ways]
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        ends = list(pool.map(lambda x: x[0].get(x[1]), backs))
    assert all(r.status == 303 and "/authorize" in r.location for r in ends), ends
    assert len([u for u in w.control({"do": "user.list", "realm": "main", "search": "racer@r.example"})["users"]]) == 1


def test_names_that_a_provider_gives_are_taken_only_where_they_are_free(place):
    w, stand = place
    said = claims(w, log_in(w, stand, "keyed", ann("n1", preferred_username="newname"), kind="openid")[1])
    assert subject(w, "newname") == said["sub"]
    taken = claims(w, log_in(w, stand, "keyed", ann("n2", preferred_username="alice"), kind="openid")[1])
    assert taken["sub"] != subject(w, "alice")
    for provider in ("hmac", "posted"):                                             # other ways to prove the client
        claims(w, log_in(w, stand, provider, ann("m"), kind="openid")[1])
    assert claims(w, log_in(w, stand, "union", kind="wechat")[1])
    assert w.control({"do": "user.list", "realm": "main", "search": "union-"})["users"]


# --- attacks --------------------------------------------------------------------------------------------------------------------------

def test_a_code_of_another_browser_logs_nobody_in(place):
    """Login CSRF: a victim is led to an attacker's answer."""
    w, stand = place
    b, there = begin(w, "openid")
    back = stand.go("openid", there, ann("attacker2"))
    victim, _ = begin(w, "openid")
    fresh = w.browser("modern")
    for v in (victim, fresh):
        r = v.follow(v.get(back))
        assert "did not begin in this browser" in error_of(r), r
        assert not [c for c in v.cookies if c == "hufu-modern"]
    assert audit_of(w, reason="upstream_state")
    claims(w, b.follow(b.get(back)))


def test_an_answer_counts_once(place):
    w, stand = place
    b, there = begin(w, "github")
    back = stand.go("github", there, PEOPLE["github"])
    kept = dict(b.cookies)
    claims(w, b.follow(b.get(back)))
    thief = w.browser("modern")
    thief.cookies = kept                                                            # with the cookie of its way and all
    for c in stand.codes.values():
        c["used"] = False                                                           # a provider that takes a code twice
    assert "did not begin" in error_of(thief.follow(thief.get(back)))


def test_an_answer_of_another_provider_is_none(place):
    """Mix-up: the code of one provider at the address of another, and RFC 9207."""
    w, stand = place
    b, there = begin(w, "openid")
    back = stand.go("openid", there, ann("mixed"))
    assert "did not begin" in error_of(b.follow(b.get(back.replace("/login/back/openid", "/login/back/google"))))
    assert not [a for a in stand.asked if a[0] == "google" and "token" in a[1]]
    stand.iss_told = True
    for iss in ("https://evil.example", ""):
        b, there = begin(w, "openid")
        back = stand.go("openid", there, ann("mixed"))
        parts = urllib.parse.urlsplit(back)
        q = [(k, v) for k, v in urllib.parse.parse_qsl(parts.query) if k != "iss"] + ([("iss", iss)] if iss else [])
        r = b.follow(b.get(parts._replace(query=urllib.parse.urlencode(q)).geturl()))
        if iss:                                                                     # the document is kept from before: it may not say yet that iss must come
            assert "did not begin" in error_of(r)


def none_alg(c):
    return talker_jwt.text(b'{"alg":"none"}') + "." + talker_jwt.text(json.dumps(c).encode()) + "."


def hs256(c):
    import hashlib, hmac
    data = talker_jwt.text(b'{"alg":"HS256","kid":"up1"}') + "." + talker_jwt.text(json.dumps(c).encode())
    return data + "." + talker_jwt.text(hmac.new(upstreams.SECRET.encode(), data.encode(), hashlib.sha256).digest())


TWISTS = {
    "aud": lambda c: {**c, "aud": "somebody-else"}, "aud-list": lambda c: {**c, "aud": ["a", "b"]}, "azp": lambda c: {**c, "azp": "somebody-else"},
    "aud-many-without-azp": lambda c: {**c, "aud": [upstreams.CLIENT, "other"]}, "iss": lambda c: {**c, "iss": "https://idp.example/"}, "exp": lambda c: {**c, "exp": c["iat"] - 100},
    "no-exp": lambda c: {**c, "exp": None}, "future": lambda c: {**c, "iat": c["iat"] + 1000}, "nonce": lambda c: {**c, "nonce": "of-another"}, "no-nonce": lambda c: {**c, "nonce": None},
    "at_hash": lambda c: {**c, "at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, "no-sub": lambda c: {**c, "sub": None}, "sub-number": lambda c: {**c, "sub": 7},
}


@pytest.mark.parametrize("what", [*TWISTS, "none", "hs256", "other-key"])
def test_an_id_token_that_is_wrong_is_not_believed(place, what):
    w, stand = place
    stand.twist = TWISTS.get(what)
    stand.sign = {"none": none_alg, "hs256": hs256, "other-key": stand.other.sign}.get(what)
    assert "could not be verified" in error_of(log_in(w, stand, "openid", ann("forged"))[1])
    assert audit_of(w, reason="upstream_token")


def test_userinfo_of_somebody_else_is_not_believed(place):
    w, stand = place
    stand.userinfo_sub = "another"
    assert "could not be verified" in error_of(log_in(w, stand, "openid", ann("forged"))[1])


def test_the_name_that_a_browser_brings_is_a_name_and_no_address(place):
    """Apple tells the name beside its answer, by the browser: an address there is nobody's word."""
    w, stand = place
    b, r = log_in(w, stand, "apple", {**PEOPLE["apple"], "sub": "000999", "email": None, "email_verified": "true"})
    sub = claims(w, r)["sub"]
    row = next(u for u in w.control({"do": "user.list", "realm": "main", "search": "apple-"})["users"] if u["id"] == sub)
    assert row.get("email", "") == "" and row["display_name"] == "Ada Apple", row


def test_what_is_wrong_with_an_answer_does_no_harm(place):
    w, stand = place
    b, there = begin(w, "openid")
    state = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(there).query))["state"]
    at = w.at("modern", "/login/back/openid")
    for q in ("", "?state=", "?state=" + "g" * 32, "?state=%s" % ("0" * 32), "?state=%s&code=x" % ("a" * 4000), "?code=x", "?state=%s&answer=xx" % state):
        r = b.follow(b.get(at + q))
        assert r.status == 200 and error_of(r), (q, r)
    assert b.get(w.at("modern", "/login/with/nobody")).status == 404
    assert audit_of(w, endpoint="login_with", status=404) and b.get(w.at("modern", "/login/link?identity=x&identity_provider=y")).status == 303
    assert audit_of(w, endpoint="login_link_page")
    assert b.get(w.at("modern", "/login/back/nobody?state=x")).status == 404
    for body in ("<html></html>", "", "[]", '{"access_token":', "callback(", "a=b", '{"a":1}' + " " * 70000):
        stand.faults[("github", "access_token")] = (200, body)
        assert error_of(log_in(w, stand, "github")[1])


def forged_by_another(stand):
    """Somebody in between has the answer say another person, and signs it by a key of their own."""
    def vouch(name, text, sign):
        other = text.replace("074a1CcTG1LelxKe", "074aSomebodyElse")
        return '{"%s":%s,"sign":"%s"}' % (name, other, stand.keys.signed(other, stand.keys.rsa))
    return vouch


VOUCHED = {
    "missing": lambda n, t, s: '{"%s":%s}' % (n, t), "empty": lambda n, t, s: '{"%s":%s,"sign":""}' % (n, t), "of-another-text": lambda n, t, s: '{"%s":%s,"sign":"%s"}' % (n, t.replace("074a", "074b"), s),
    "blank-added": lambda n, t, s: '{"%s":{ %s,"sign":"%s"}' % (n, t[1:], s), "no-base64": lambda n, t, s: '{"%s":%s,"sign":"***"}' % (n, t), "cut": lambda n, t, s: '{"%s":%s,"sign":"%s"}' % (n, t, s[:-8]),
    "other-name": lambda n, t, s: '{"\\u0061%s":%s,"sign":"%s"}' % (n[1:], t, s), "inside": lambda n, t, s: '{"x":{"%s":%s},"%s":{"open_id":"evil"},"sign":"%s"}' % (n, t, n, s),
}


@pytest.mark.parametrize("how", [*VOUCHED, "by-another-key"])
def test_an_answer_that_the_provider_has_not_signed_is_not_believed(place, how):
    """Alipay signs what it answers (U4)."""
    w, stand = place
    stand.vouch = VOUCHED.get(how) or forged_by_another(stand)
    assert "does not answer as it should" in error_of(log_in(w, stand, "alipay")[1])
    assert not w.control({"do": "user.list", "realm": "main", "search": "Somebody"})["users"]
    assert "answer_key_file" in w.log()


@pytest.fixture
def certified(place):
    stand = place[1]
    stand.certificates = stand.certificates_of()
    return place


def by_certificate(place, who="c-1"):
    w, stand = place
    return log_in(w, stand, "certified", {"open_id": who, "nick_name": "支付"}, kind="alipay")[1]


def test_alipay_by_certificates_is_asked_and_believed_by_their_numbers(certified):
    w, stand = certified
    said = claims(w, by_certificate(certified))
    stand.signs_by = stand.certificates.next                                         # the one that comes after it, chosen by its number
    assert claims(w, by_certificate(certified))["sub"] == said["sub"]


NUMBERED = {
    "of-the-other": lambda own, n, t, s, x: (n, t, s, own.sn(own.next)), "of-nobody": lambda own, n, t, s, x: (n, t, s, "0" * 32), "of-the-authority": lambda own, n, t, s, x: (n, t, s, own.sn(own.between)),
    "empty": lambda own, n, t, s, x: (n, t, s, ""), "another-text": lambda own, n, t, s, x: (n, t.replace("c-evil", "c-good"), s, x), "cut": lambda own, n, t, s, x: (n, t, s[:-8], x),
    "by-our-own-key": lambda own, n, t, s, x: (n, t, own.keys.signed(t, own.keys.rsa), x), "by-our-own": lambda own, n, t, s, x: (n, t, own.keys.signed(t, own.keys.rsa), own.sn(own.own)),
}


@pytest.mark.parametrize("how", [*NUMBERED, "without-number", "of-a-stranger"])
def test_an_answer_by_another_certificate_is_not_believed(certified, how):
    """The number says which; only one of the file, which a root vouches for, counts (U4)."""
    w, stand = certified
    own = stand.certificates
    if how == "of-a-stranger":
        stand.signs_by = own.stranger
    elif how == "without-number":
        stand.vouch = lambda n, t, s, x: '{"%s":%s,"sign":"%s"}' % (n, t, s)
    else:
        stand.vouch = lambda *a: '{"%s":%s,"sign":"%s","alipay_cert_sn":"%s"}' % NUMBERED[how](own, *a)
    assert "does not answer as it should" in error_of(by_certificate(certified, "c-evil"))
    assert wait(lambda: "is not signed by a certificate of answer_certificate_file" in w.log())


def test_a_certificate_that_is_over_vouches_for_nothing(certified):
    w, stand = certified
    assert claims(w, by_certificate(certified))
    w.turn_clock(11 * 86400)
    stand.turned = 11 * 86400
    try:
        assert "does not answer as it should" in error_of(by_certificate(certified))
        assert wait(lambda: "certificate has expired" in w.log())
    finally:
        stand.turned = 0
        w.turn_clock(-11 * 86400)


def test_a_request_that_names_a_wrong_certificate_is_told_so(certified):
    w, stand = certified
    kept, stand.certificates.own = stand.certificates.own, stand.certificates.answers
    try:
        assert "does not answer as it should" in error_of(by_certificate(certified))
        assert wait(lambda: "isv.invalid-app-cert-sn" in w.log())
    finally:
        stand.certificates.own = kept


def test_certificates_that_do_not_fit_are_found_in_the_settings(place):
    w, stand = place
    own = stand.certificates_of()
    for change, said in (({"certificate_file": own.answers}, "it is not the certificate of private_key_file"), ({"answer_certificate_file": own.stranger, "root_certificate_file": own.root}, "no chain leads from it to root_certificate_file"),
                         ({"answer_certificate_file": own.between}, "holds no certificate of a signer"), ({"answer_certificate_file": stand.keys.answers_public}, "holds no certificate of a signer"),
                         ({"root_certificate_file": own.other_root}, "holds no certificate in PEM that can be used"), ({"root_certificate_file": None}, "root_certificate_file: is needed beside"),
                         ({"certificate_file": "/none.crt"}, "certificate_file: "), ({"answer_key_file": stand.keys.answers_public}, "set one of both"), ({"kind": "github"}, "github knows no certificates")):
        row = {**upstreams.settings("https://x.example", "alipay", stand.keys, **own.settings()), **change}
        text = w.conf.read_text().replace("identity_providers:\n  ", "identity_providers:\n  wrong:\n%s  " % "".join("    %s: %s\n" % (k, json.dumps(v)) for k, v in row.items() if v is not None), 1)
        assert "  wrong:" in text
        path = w.dir / "wrong.yaml"
        path.write_text(text)
        r = subprocess.run([str(BUILD / "hufu"), "--config", str(path), "config", "check"], capture_output=True, text=True, env=clean_env())
        assert r.returncode != 0 and said in r.stderr, (change, r.stderr)


# --- what an application asks for itself ----------------------------------------------------------------------------------------------

def fetched(stand):
    return len([a for a in stand.asked if a == ("wecom", "/cgi-bin/gettoken")])


def test_the_token_of_an_application_is_kept_until_shortly_before_its_end(place):
    """WeCom bounds how often it may be asked for (U4)."""
    w, stand = place
    w.turn_clock(7300)                                                              # whatever was kept by other tests is over
    try:
        for i in range(3):
            claims(w, log_in(w, stand, "wecom", {"userid": "kept%d" % i})[1])
        assert fetched(stand) == 1
        w.turn_clock(6950)                                                          # five minutes before it would be
        claims(w, log_in(w, stand, "wecom", {"userid": "kept9"})[1])
        assert fetched(stand) == 2
        w.turn_clock(-6950)
    finally:
        w.turn_clock(-7300)


def test_a_kept_token_that_is_refused_is_fetched_anew_and_once(place):
    w, stand = place
    claims(w, log_in(w, stand, "wecom", {"userid": "renewed"})[1])
    before = fetched(stand)
    stand.corp_token = "corp-token-%d" % len(stand.codes)
    claims(w, log_in(w, stand, "wecom", {"userid": "renewed"})[1])
    claims(w, log_in(w, stand, "wecom", {"userid": "renewed"})[1])
    assert fetched(stand) == before + 1
    stand.faults[("wecom", "getuserinfo")] = (200, {"errcode": 40014, "errmsg": "invalid access_token"})
    n = fetched(stand)
    assert "does not answer as it should" in error_of(log_in(w, stand, "wecom", {"userid": "renewed"})[1])
    assert fetched(stand) == n + 1, "it is refused once more: no circles"


def test_many_logins_at_once_fetch_one(place):
    w, stand = place
    ways = [begin(w, "wecom") for _ in range(16)]
    backs = [(b, stand.go("wecom", there, {"userid": "many%d" % i})) for i, (b, there) in enumerate(ways)]
    stand.corp_token = "corp-token-many"
    stand.asked.clear()
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        ends = list(pool.map(lambda x: x[0].get(x[1]), backs))
    assert all(r.status == 303 and "/authorize" in r.location for r in ends), ends
    assert fetched(stand) == 1


def test_what_a_login_page_does_not_take_is_not_asked(place):
    """Google refuses prompt=login and lets choose an account; Apple documents no prompt."""
    w, stand = place
    assert asked(begin(w, "google", prompt="login")[1])["prompt"] == "select_account"
    assert asked(begin(w, "microsoft", prompt="login")[1])["prompt"] == "login"
    assert "prompt" not in asked(begin(w, "apple", prompt="login")[1])


# --- what goes on ---------------------------------------------------------------------------------------------------------------------

def asked(there):
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(there).query))


def test_what_the_application_asks_goes_on(place):
    w, stand = place
    b, there = begin(w, "openid", login_hint="ann@corp.example", acr_values="urn:mfa", max_age="300", ui_locales="zh-CN")
    q = asked(there)
    assert (q["login_hint"], q["acr_values"], q["max_age"], q["ui_locales"], q["code_challenge_method"]) == ("ann@corp.example", "urn:mfa", "300", "zh-CN", "S256")
    assert len(q["state"]) == 32 and q["nonce"] and q["redirect_uri"] == w.at("modern", "/login/back/openid") and "prompt" not in q
    b, _ = log_in(w, stand, "openid", ann("again"))
    b, there = begin(w, "openid", browser=b, prompt="login")
    assert asked(there)["prompt"] == "login"
    old = {**ann("again"), "auth_time": int(time.time()) - 4000}
    assert "has not asked you" in error_of(come_back(b, stand.go("openid", there, old)))
    assert audit_of(w, reason="upstream_stale")
    b, there = begin(w, "openid", browser=b, prompt="login")
    told = int(time.time()) - 30
    said = claims(w, come_back(b, stand.go("openid", there, {**ann("again"), "auth_time": told})))
    assert said["auth_time"] == told
    b, r = log_in(w, stand, "openid", {**ann("again"), "auth_time": told}, browser=w.browser("modern"), max_age="10000")
    assert claims(w, r)["auth_time"] == told
    assert "login" in asked(begin(w, "github", login_hint="octo")[1])


def test_tabs_go_on_with_their_own_requests(place):
    w, stand = place
    b = w.browser("modern")
    ways = [begin(w, "openid", browser=b, state="tab%d" % i)[1] for i in range(4)]
    for i in (2, 0, 3):
        r = come_back(b, stand.go("openid", ways[i], ann("tabs")))
        assert r.query()["state"] == "tab%d" % i and "code" in r.query()
    many = w.browser("modern")
    for i in range(9):
        begin(w, "openid", browser=many, state="m%d" % i)
    assert len([c for c in many.cookies if "-way-" in c]) == 6


def test_a_login_that_waited_too_long_is_over(place):
    w, stand = place
    b, there = begin(w, "openid")
    back = stand.go("openid", there, ann("late"))
    w.turn_clock(1000)
    try:
        assert "its time is over" in error_of(b.follow(b.get(back)))
    finally:
        w.turn_clock(-1000)


def test_buttons_stand_where_they_are_offered_and_in_ones_language(place):
    w, stand = place
    b = w.browser("modern")
    page = b.get(w.at("modern", "/login")).text
    assert page.index("with-openid") < page.index("with-qq") and "Sign in with GitHub" in page and "Sign in with Staff" in page
    zh = w.browser("modern", language="zh-CN").get(w.at("modern", "/login")).text
    assert "使用员工登录" in zh and "使用GitHub登录" in zh and "使用微信登录" in zh and "使用支付宝登录" in zh
    other = w.browser("modern-b").get(w.at("modern-b", "/login")).text
    assert "with-openid" in other and "with-github" not in other
    assert w.browser("modern-b").get(w.at("modern-b", "/login/with/github")).status == 404


def test_an_old_dialect_offers_them_too(place):
    w, stand = place
    b = w.browser("spring")
    page = b.get(w.at("spring", "/login"))
    assert "/login/with/github" in page.text
    r = b.get("/login/with/github")
    r = b.follow(b.get(stand.go("github", r.location, {**PEOPLE["github"], "id": 99})))
    assert r.status == 200 and any(c.startswith("hufu-spring") for c in b.cookies)


def test_a_provider_that_does_not_answer_is_left_alone_for_a_moment(place):
    w, stand = place
    stand.faults[("feishu", "token")] = (502, "<html>")
    assert "does not answer" in error_of(log_in(w, stand, "feishu")[1])
    n = len(stand.asked)
    assert "does not answer" in error_of(log_in(w, stand, "feishu")[1])
    assert len(stand.asked) == n
