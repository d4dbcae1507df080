"""Logout at an OpenID Provider: an application asks for it, and all that took part hear of it. OpenID Connect RP-Initiated, Front-Channel and
Back-Channel Logout 1.0, Session Management 1.0."""
import base64, hashlib, json, re, urllib.parse

import pytest

import talker_jwt
from talker import APP_SECRET, PASSWORD, World, audit_of, authorize_url, client, get, realm, redeem, refresh, user

CB, BYE = "https://app.example/cb", "https://app.example/bye?from=hufu"
STOCK = dict(code_challenge=None, code_challenge_method=None, scope="openid", nonce="n-0S6_WzA2Mj")
WRONG = ("https://app.example/bye", BYE + "&x=1", BYE + "#x", "https://app.example/bye?from=Hufu", CB, "https://evil.example/", "//evil.example", "javascript:alert(1)", "x" * 5000)


def app(id, **metadata):
    return client(id, APP_SECRET, scopes=["openid", "offline_access", "read"], redirect_uris=[CB], grants=["authorization_code", "refresh_token"], auto_approve=True,
                  name=id.capitalize(), metadata=metadata)


def people():
    r = realm()
    r["clients"] += [app("shop", post_logout_redirect_uris=[BYE, "https://app.example/out", "com.example.app:/bye"]),
                     app("till", post_logout_redirect_uris=["https://till.example/bye"]), app("bare"),
                     app("news", post_logout_redirect_uris=["https://news.example/bye"], frontchannel_logout_uri="https://news.example/front?a=b",
                         frontchannel_logout_session_required=True),
                     app("mail", frontchannel_logout_uri="https://mail.example:8443/front")]
    r["users"] += [user("carol", PASSWORD), user("dave", PASSWORD)]
    return r


@pytest.fixture(scope="module")
def w():
    with World("modern", "connect", realms=[people()]) as world:
        yield world


def signed_in(w, *apps, who="carol", b=None):
    """A browser, and what each application got in its session."""
    b = b or w.browser("modern")
    return b, [tokens(w, b, name, who) for name in apps or ("shop",)]


def tokens(w, b, name, who="carol", **more):
    r = b.authorize(authorize_url(w, **{"client": name, **STOCK, **more}), who)
    t = redeem(w, r.query()["code"], client=name, code_verifier=None)
    assert t.status == 200, t
    return t.json()


def url(w, issuer="modern", **params):
    return w.at(issuer, "/logout") + "?" + urllib.parse.urlencode({k: v for k, v in params.items() if v is not None})


def lives(w, b):
    return "code" in b.get(authorize_url(w, client="shop", prompt="none", **STOCK)).query()


def question(r):
    return next((f for f in r.forms() if "logout-confirm" in f["buttons"]), None)


def asks(r):
    return r.status == 200 and question(r)


def confirm(b, page):
    return b.submit(question(page), "logout-confirm")


def forged(token, **header):
    head, body, mark = token.split(".")
    head = {**json.loads(base64.urlsafe_b64decode(head + "==")), **header}
    return ".".join([base64.urlsafe_b64encode(json.dumps(head).encode()).decode().rstrip("="), body, "" if header.get("alg") == "none" else mark])


# --- RP-Initiated Logout -----------------------------------------------------------------------------------------------------------

def test_the_metadata_tell_of_it(w):
    for issuer in ("modern", "connect"):
        m = get(w.at(issuer, "/.well-known/openid-configuration")).json()
        assert m["end_session_endpoint"] == w.at(issuer, "/logout")
        assert all(("%schannel_logout%s" % (a, b) in m) == (issuer == "modern") for a in ("front", "back") for b in ("_supported", "_session_supported"))
    assert "sid" in get(w.at("modern", "/.well-known/openid-configuration")).json()["claims_supported"]


@pytest.mark.parametrize("how", ["GET", "POST"])
def test_who_shows_an_id_token_of_the_session_is_logged_out_and_led_on(w, how):
    b, [t] = signed_in(w)
    params = dict(id_token_hint=t["id_token"], post_logout_redirect_uri=BYE, state="a b&c", client_id="shop")
    r = b.get(url(w, **params)) if how == "GET" else b.post(w.at("modern", "/logout"), params, {"Origin": "https://app.example"})
    assert r.status == 303 and r.location == BYE + "&state=a%20b%26c", r
    assert any("hufu-modern=;" in c for c in r.all("Set-Cookie")) and not lives(w, b)
    again = b.get(url(w, **params))                                                     # nobody is logged in any more
    assert again.status == 303 and again.location == r.location


def test_without_an_address_the_page_says_so(w):
    b, [t] = signed_in(w)
    r = b.follow(b.get(url(w, id_token_hint=t["id_token"], state="lost")))
    assert r.status == 200 and 'id="logged-out"' in r.text and "lost" not in r.text and not lives(w, b)


def test_an_application_of_its_own_scheme_and_one_without_state(w):
    b, [t] = signed_in(w)
    r = b.get(url(w, id_token_hint=t["id_token"], post_logout_redirect_uri="com.example.app:/bye"))
    assert r.location == "com.example.app:/bye"


def test_without_a_hint_it_is_asked_and_then_led_on(w):
    for params in (dict(client_id="shop", post_logout_redirect_uri=BYE, state="s1"), dict(client_id="shop"), dict(), dict(state="x", logout_hint="carol")):
        b, _ = signed_in(w)
        page = b.get(url(w, **params))
        assert asks(page) and lives(w, b), page
        assert ("Shop asks to sign you out" in page.text) == ("client_id" in params)
        assert 'id="logout-stay"' in page.text
        r = confirm(b, page)
        assert not lives(w, b)
        assert r.location == (BYE + "&state=s1" if "post_logout_redirect_uri" in params else w.at("modern", "/login?logout")), r


def test_the_page_speaks_the_language_that_is_asked_for(w):
    b, _ = signed_in(w)
    assert "Shop 请求将您从此处退出登录" in b.get(url(w, client_id="shop", ui_locales="zh-CN")).text


def test_a_hint_about_somebody_else_or_another_session_asks(w):
    old, [t] = signed_in(w)
    other, _ = signed_in(w, who="dave")
    page = other.get(url(w, id_token_hint=t["id_token"], post_logout_redirect_uri=BYE))
    assert asks(page) and "dave" in page.text and lives(w, other)
    assert confirm(other, page).location == BYE and not lives(w, other) and lives(w, old)
    second, _ = signed_in(w)
    assert asks(second.get(url(w, id_token_hint=t["id_token"]))) and lives(w, second)


def test_a_login_of_the_same_user_keeps_the_names_of_the_session(w):
    b, [t] = signed_in(w)
    page = b.follow(b.get(authorize_url(w, client="till", prompt="login", **STOCK)))
    r = b.follow(b.login(page, "carol", PASSWORD))
    now = redeem(w, r.query()["code"], client="till", code_verifier=None).json()
    sids = [talker_jwt.claims(x["id_token"])["sid"] for x in (t, now)]
    assert sids[0] != sids[1] and all(re.fullmatch("[0-9a-f]{32}", s) for s in sids)
    assert b.get(url(w, id_token_hint=t["id_token"], post_logout_redirect_uri=BYE)).location == BYE and not lives(w, b)


def test_the_name_of_the_session_goes_on_with_a_refresh_and_says_nothing_of_the_cookie(w):
    b, [t, u] = signed_in(w, "shop", "till")
    sid = talker_jwt.claims(t["id_token"])["sid"]
    again = refresh(w, t["refresh_token"], client="shop").json()
    assert sid == talker_jwt.claims(again["id_token"])["sid"] == talker_jwt.claims(u["id_token"])["sid"]
    assert sid not in str(b.cookies)
    assert sid != talker_jwt.claims(signed_in(w)[1][0]["id_token"])["sid"]


def test_an_expired_hint_is_good_enough():
    with World("modern", realms=[people()], settings={"modern": {"id_token_ttl_s": 60}}) as w:
        b, [t] = signed_in(w)
        w.turn_clock(600)
        assert talker_jwt.claims(t["id_token"])["exp"] < talker_jwt.claims(tokens(w, b, "till")["id_token"])["iat"]
        assert b.get(url(w, id_token_hint=t["id_token"], post_logout_redirect_uri=BYE)).location == BYE and not lives(w, b)


def refused(w, b, reason, **params):
    for r in (b.get(url(w, **params)), b.post(w.at("modern", "/logout"), params)):
        assert r.status == 400 and "Location" not in dict(r.headers) and not r.get("Refresh") and 'id="error-page"' in r.text, (params, r)
        assert not any("hufu-modern=;" in c for c in r.all("Set-Cookie"))
        assert audit_of(w, reason=reason)["endpoint"] == "logout"
    assert lives(w, b)


def test_what_is_wrong_is_told_here_and_never_followed(w):
    b, [t, u] = signed_in(w, "shop", "till")
    hint = dict(id_token_hint=t["id_token"])
    for uri in WRONG:
        refused(w, b, "logout_uri", post_logout_redirect_uri=uri, **hint)
        refused(w, b, "logout_uri", post_logout_redirect_uri=uri, client_id="shop")
    refused(w, b, "logout_uri", id_token_hint=u["id_token"], post_logout_redirect_uri=BYE)          # of another client
    refused(w, b, "logout_uri", client_id="bare", post_logout_redirect_uri=BYE)
    refused(w, b, "logout_no_client", post_logout_redirect_uri=BYE)
    refused(w, b, "logout_other_client", client_id="till", post_logout_redirect_uri=BYE, **hint)
    refused(w, b, "authz_client", client_id="nobody", post_logout_redirect_uri=BYE)


def test_a_hint_that_is_none_is_refused(w):
    b, [t] = signed_in(w)
    with World("modern", realms=[people()]) as there:
        elsewhere = signed_in(there)[1][0]["id_token"]
    kid = talker_jwt.header(t["id_token"])["kid"]
    middle = t["id_token"].split(".")
    changed = ".".join([middle[0], base64.urlsafe_b64encode(json.dumps({**talker_jwt.claims(t["id_token"]), "sub": "x"}).encode()).decode().rstrip("="), middle[2]])
    for hint in ("x", "a.b.c", t["access_token"], t["refresh_token"], elsewhere, changed, forged(t["id_token"], alg="none"), forged(t["id_token"], alg="HS256"),
                 forged(t["id_token"], kid="x" + kid), forged(t["id_token"], crit=["exp"]), t["id_token"][:-6] + "AAAAAA", t["id_token"] + ".x", "x" * 8000):
        refused(w, b, "id_token_hint", id_token_hint=hint, post_logout_redirect_uri=BYE)


def test_nobody_is_logged_in_and_still_no_stranger_is_followed(w):
    b = w.browser("modern")
    assert b.get(url(w, client_id="shop", post_logout_redirect_uri=BYE, state="s")).location == BYE + "&state=s"
    for uri in WRONG:
        r = b.get(url(w, client_id="shop", post_logout_redirect_uri=uri))
        assert r.status == 400 and not r.location, uri


def test_a_form_is_judged_again_when_it_comes_back(w):
    b, _ = signed_in(w)
    page = b.get(url(w, client_id="till", post_logout_redirect_uri="https://till.example/bye"))
    w.control({"do": "client.set", "realm": "main", "id": "till", "metadata": {"post_logout_redirect_uris": None}})
    try:
        assert confirm(b, page).location == w.at("modern", "/login?logout")
    finally:
        w.control({"do": "client.set", "realm": "main", "id": "till", "metadata": {"post_logout_redirect_uris": ["https://till.example/bye"]}})
    b, _ = signed_in(w)
    f = question(b.get(url(w, client_id="shop", post_logout_redirect_uri=BYE)))
    r = b.submit(f, "logout-confirm", saved_request="forged")
    assert r.location == w.at("modern", "/login?logout") and not lives(w, b)


def test_of_an_address_that_comes_twice_the_first_counts(w):
    b, [t] = signed_in(w)
    r = b.get(url(w, client_id="shop", post_logout_redirect_uri="https://evil.example/") + "&post_logout_redirect_uri=" + BYE)
    assert r.status == 400 and lives(w, b)
    r = b.get(url(w, id_token_hint=t["id_token"], post_logout_redirect_uri=BYE) + "&post_logout_redirect_uri=https://evil.example/")
    assert r.location == BYE


def test_what_was_given_in_the_session_ends_with_it_but_for_offline_access(w):
    b, [t] = signed_in(w)
    kept = tokens(w, b, "shop", scope="openid offline_access")
    elsewhere = tokens(w, w.browser("modern"), "shop")
    assert b.get(url(w, id_token_hint=t["id_token"], post_logout_redirect_uri=BYE)).location == BYE
    assert refresh(w, t["refresh_token"], client="shop").json()["error"] == "invalid_grant"
    assert refresh(w, kept["refresh_token"], client="shop").status == 200 and refresh(w, elsewhere["refresh_token"], client="shop").status == 200


def test_manual_004s_issuer_has_it_too(w):
    b = w.browser("connect")
    b.login(b.get(w.at("connect", "/login")), "carol", PASSWORD)
    page = b.get(url(w, "connect", client_id="shop", post_logout_redirect_uri=BYE, state="s"))
    assert asks(page) and confirm(b, page).location == BYE + "&state=s"
    r = b.get(url(w, "connect", client_id="shop", post_logout_redirect_uri="https://evil.example/"))
    assert r.status == 400 and not r.location


# --- Front-Channel Logout ----------------------------------------------------------------------------------------------------------

def frames(r):
    return [u.replace("&amp;", "&") for u in re.findall(r'<iframe[^>]* src="([^"]*)"', r.text)]


def source(r):
    return next(p.split()[1:] for p in r.get("Content-Security-Policy").split("; ") if p.startswith("frame-src"))


def test_the_page_loads_a_frame_of_each_application_and_goes_on(w):
    b, [t, n, _, _] = signed_in(w, "shop", "news", "mail", "bare")
    sid = talker_jwt.claims(n["id_token"])["sid"]
    r = b.get(url(w, id_token_hint=t["id_token"], post_logout_redirect_uri=BYE, state="s"))
    assert r.status == 200 and not lives(w, b)
    assert sorted(frames(r)) == ["https://mail.example:8443/front",
                                 "https://news.example/front?a=b&iss=%s&sid=%s" % (urllib.parse.quote(w.url["modern"], safe=""), sid)]
    assert sorted(source(r)) == ["https://mail.example:8443", "https://news.example:443"]
    assert "default-src 'none'" in r.get("Content-Security-Policy") and "script" not in r.get("Content-Security-Policy")
    assert r.get("Refresh") == "3;url=%s&state=s" % BYE and 'id="onward" href="%s&amp;state=s"' % BYE in r.text


def test_a_quote_at_the_end_of_the_state_comes_back(w):
    """Readers of a Refresh take a quote at the end of an address for one around it."""
    b, [t, _] = signed_in(w, "shop", "mail")
    r = b.get(url(w, id_token_hint=t["id_token"], post_logout_redirect_uri=BYE, state="it's'"))
    assert frames(r) and r.get("Refresh") == "3;url=%s&state=it%%27s%%27" % BYE, r
    b, [t] = signed_in(w, "shop")
    r = b.get(url(w, id_token_hint=t["id_token"], post_logout_redirect_uri=BYE, state="it's'"))
    assert r.location == BYE + "&state=it's'", r


def test_the_user_who_logs_out_here_tells_them_too(w):
    b, _ = signed_in(w, "mail")
    r = confirm(b, b.get(w.at("modern", "/logout")))
    assert r.status == 200 and frames(r) == ["https://mail.example:8443/front"] and not r.get("Refresh") and "/login" in r.text
    assert "frame-src" not in b.get(w.at("modern", "/login?logout")).get("Content-Security-Policy")


def test_who_took_no_part_hears_nothing(w):
    b, [t] = signed_in(w, "shop")
    signed_in(w, "mail")
    assert b.get(url(w, id_token_hint=t["id_token"], post_logout_redirect_uri=BYE)).location == BYE


def test_it_can_be_switched_off():
    with World("modern", realms=[people()], settings={"modern": {"logout_by_client": False, "logout_tells_clients": False}}) as w:
        m = get(w.at("modern", "/.well-known/openid-configuration")).json()
        assert not any("logout" in k or "end_session" in k for k in m)
        b, [t, _] = signed_in(w, "shop", "mail")
        assert "sid" not in talker_jwt.claims(t["id_token"])
        assert asks(b.get(url(w, id_token_hint=t["id_token"], post_logout_redirect_uri="https://evil.example/"))) and lives(w, b)


# --- Session Management ------------------------------------------------------------------------------------------------------------

def told(w, b, name="shop", **more):
    r = b.authorize(authorize_url(w, **{"client": name, **STOCK, **more}), "carol")
    return r, r.query().get("session_state")


def state_of(client, origin, opbs, salt):
    return hashlib.sha256(" ".join([client, origin, opbs, salt]).encode()).hexdigest() + "." + salt


def test_an_authorization_response_says_what_changes_with_the_session(w):
    b = w.browser("modern")
    r, state = told(w, b)
    opbs = b.cookies["hufu-modern-state"]
    salt = state.split(".")[1]
    assert state == state_of("shop", "https://app.example", opbs, salt) and " " not in state
    assert b.cookies["hufu-modern"] not in opbs and told(w, b)[1].split(".")[1] != salt
    assert told(w, b, scope="read")[1] is None
    other = w.browser("modern")
    told(w, other)
    assert other.cookies["hufu-modern-state"] != opbs


def test_the_cookie_is_for_scripts_and_goes_with_the_session(w):
    b = w.browser("modern")
    page = b.follow(b.get(authorize_url(w, client="shop", **STOCK)))
    line = next(c for c in b.login(page, "carol", PASSWORD).all("Set-Cookie") if c.startswith("hufu-modern-state="))
    assert "HttpOnly" not in line and line.endswith("; Path=/; SameSite=Lax")
    b.cookies.pop("hufu-modern-state")
    assert told(w, b)[1] and b.cookies["hufu-modern-state"]                             # lost, and set once more
    before = b.cookies["hufu-modern-state"]
    again = b.follow(b.get(authorize_url(w, client="shop", prompt="login", **STOCK)))
    b.login(again, "carol", PASSWORD)
    assert b.cookies["hufu-modern-state"] != before
    confirm(b, b.get(w.at("modern", "/logout")))
    assert "hufu-modern-state" not in b.cookies


def test_anybody_may_frame_the_page_that_compares(w):
    at = get(w.at("modern", "/.well-known/openid-configuration")).json()["check_session_iframe"]
    r = get(at, {"Accept": "text/html"})
    assert at == w.at("modern", "/check_session") and r.status == 200 and not r.get("X-Frame-Options") and not r.all("Set-Cookie")
    csp = r.get("Content-Security-Policy")
    script = re.search("<script>(.*)</script>", r.text, re.S)[1]
    assert "frame-ancestors" not in csp and "script-src 'sha256-%s';" % base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() in csp
    assert 'data-cookie="hufu-modern-state"' in r.text and "</" not in script


def test_session_management_can_be_switched_off():
    with World("modern", realms=[people()], settings={"modern": {"session_management": False}}) as w:
        assert "check_session_iframe" not in get(w.at("modern", "/.well-known/openid-configuration")).json()
        b = w.browser("modern")
        assert told(w, b)[1] is None and "hufu-modern-state" not in b.cookies and get(w.at("modern", "/check_session")).status == 404
