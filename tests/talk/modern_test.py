"""The modern issuer: RFC 6749, 7009, 7519, 7636, 7662, 8252, 8414, 9068, 9207 over a socket."""
import re, time

import pytest

import talker_jwt
from talker import (PASSWORD, APP_SECRET, OTHER_SECRET, SERVICE_SECRET, VERIFIER, Browser, World, authorize_url, audit_of,
                    basic, challenge, client, get, get_code, introspect, post, realm, redeem, refresh, send, tokens)

SERVICE = "service", SERVICE_SECRET
ALGS = {"modern-es": "ES256", "modern-ps": "PS256", "modern-ed": "EdDSA", "modern-rs5": "RS512", "modern-es3": "ES384", "modern-es5": "ES512"}


@pytest.fixture(scope="module")
def w():
    settings = {name: {"signing_alg": alg} for name, alg in ALGS.items()}
    settings["modern-opaque"] = {"access_shape": "row_id"}
    with World("modern", *settings, settings=settings) as world:
        yield world


# --- code flow ---------------------------------------------------------------------------------------------------------------------

def test_whole_flow_step_by_step(w):
    b = w.browser("modern")
    r = b.get(authorize_url(w, state="a b&c=%41"))
    assert r.status == 303 and r.location == w.at("modern", "/login")
    page = b.get(r.location)
    assert page.status == 200 and page.get("Content-Type") == "text/html;charset=UTF-8" and page.get("Cache-Control") == "no-store"
    csp = page.get("Content-Security-Policy")
    assert "frame-ancestors 'none'" in csp and "form-action" in csp and "unsafe-inline" not in csp and "<script" not in page.text
    f = page.form("username")
    assert {"username", "password", "_csrf"} <= {n for n, _, _, _ in f["fields"]} and "login-submit" in f["buttons"]
    r = b.login(page, "alice", "correct horse battery staple")
    assert r.status == 303 and r.location == authorize_url(w, state="a b&c=%41")
    page = b.get(r.location)
    f = page.form("consent-form")
    boxes = {n: (v, checked) for n, v, kind, checked in f["fields"] if kind == "checkbox"}
    assert set(boxes) == {"scope.read", "scope.write"} and {"consent-allow", "consent-deny"} <= set(f["buttons"])
    assert page.get("Content-Security-Policy").endswith("form-action 'self'")           # wherever it may lead
    r = b.decide(page, allow=("read",))
    assert r.status == 303 and r.location.startswith("https://app.example/cb?code=")
    q = r.query()
    assert q["state"] == "a b&c=%41" and q["iss"] == w.url["modern"] and len(q["code"]) == 43
    r = redeem(w, q["code"])
    assert r.status == 200 and r.get("Cache-Control") == "no-store" and r.get("Content-Type") == "application/json"
    t = r.json()
    assert r.order() == ["access_token", "token_type", "expires_in", "refresh_token", "scope"]
    assert t["token_type"] == "Bearer" and t["expires_in"] == 3600 and t["scope"] == "read"


def test_consent_is_remembered_and_prompt_consent_asks_again(w):
    b = w.browser("modern")
    assert "code" in b.authorize(authorize_url(w)).query()
    assert b.get(authorize_url(w)).query()["state"] == "s1"
    assert b.get(authorize_url(w, prompt="consent")).form("consent-form")


def test_denied(w):
    r = w.browser("modern").authorize(authorize_url(w, client="other", redirect_uri="https://other.example/cb"), allow=())
    q = r.query()
    assert r.location.startswith("https://other.example/cb?error=access_denied") and q["state"] == "s1" and q["iss"] == w.url["modern"]


def test_nothing_ticked_is_a_denial(w):
    b = w.browser("modern")
    page = b.follow(b.get(authorize_url(w, client="other", redirect_uri="https://other.example/cb", prompt="consent")))
    page = b.follow(b.login(page, "bob", "correct horse battery staple"))
    q = b.submit(page.form("consent-form"), "consent-allow", **{"scope.read": None, "scope.write": None}).query()
    assert q["error"] == "access_denied"


def test_the_second_post_of_a_consent_form_decides_nothing(w):
    b, url = w.browser("modern"), authorize_url(w, client="other", redirect_uri="https://other.example/cb", prompt="consent")
    page = b.follow(b.login(b.follow(b.get(url)), "bob", "correct horse battery staple"))
    q = b.decide(page).query()
    assert "code" in q and b.decide(page).query() == q                                  # a double click
    assert b.decide(page, ()).query() == q
    assert redeem(w, q["code"], client="other", secret=OTHER_SECRET, redirect_uri="https://other.example/cb").status == 200
    again = b.decide(page)
    assert again.status == 303 and again.location == url                                # the question once more
    again = b.submit(page.form("consent-form"), "consent-allow", saved_request=None)
    assert again.status == 400 and not again.location and 'id="error-page"' in again.text


def test_csrf(w):
    b = w.browser("modern")
    page = b.follow(b.get(authorize_url(w)))
    f = page.form("username")
    for bad in ({"_csrf": None}, {"_csrf": "x" * 24}):
        r = b.submit(f, username="alice", password="correct horse battery staple", **bad)
        assert r.status == 403 and not any("hufu-modern=" in c for c in r.all("Set-Cookie")), r
    fields = dict((n, v) for n, v, _, _ in f["fields"])
    r = b.post(f["action"], {**fields, "username": "alice", "password": "correct horse battery staple"}, {"Origin": "https://evil.example"})
    assert r.status == 403
    r = b.post(f["action"], {**fields, "username": "alice", "password": "correct horse battery staple"}, {"Sec-Fetch-Site": "cross-site"})
    assert r.status == 403


def test_a_login_gives_a_new_session_and_its_cookie_is_httponly_and_lax(w):
    b = w.browser("modern")
    page = b.follow(b.get(authorize_url(w)))
    r = b.login(page, "alice", "correct horse battery staple")
    cookie = next(c for c in r.all("Set-Cookie") if c.startswith("hufu-modern="))
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie
    first = b.cookies["hufu-modern"]
    page = b.get(w.at("modern", "/login"))
    b.login(page, "alice", "correct horse battery staple")
    assert b.cookies["hufu-modern"] != first
    old = Browser(w.url["modern"])
    old.cookies["hufu-modern"] = first
    assert old.get(authorize_url(w)).location == w.at("modern", "/login")


def test_wrong_password_says_so_and_keeps_the_request(w):
    b = w.browser("modern")
    page = b.follow(b.get(authorize_url(w)))
    page = b.follow(b.login(page, "alice", "wrong-password-1"))
    assert page.status == 200 and 'id="login-error"' in page.text
    r = b.login(page, "alice", "correct horse battery staple")
    assert r.location == authorize_url(w)


def test_logout_asks_first_and_ends_the_session(w):
    b = w.browser("modern")
    b.authorize(authorize_url(w))
    page = b.get(w.at("modern", "/logout"))
    f = next(f for f in page.forms() if "logout-confirm" in f["buttons"])
    assert b.get(authorize_url(w, prompt="none")).query().get("code")
    r = b.submit(f, "logout-confirm")
    assert r.status in (200, 303)
    assert b.get(authorize_url(w, prompt="none")).query()["error"] == "login_required"


def test_prompt(w):
    b = w.browser("modern")
    q = b.get(authorize_url(w, prompt="none")).query()
    assert q["error"] == "login_required" and q["state"] == "s1" and q["iss"] == w.url["modern"]
    page = b.follow(b.get(authorize_url(w, client="other", redirect_uri="https://other.example/cb")))
    b.login(page, "admin", "admin")
    assert b.get(authorize_url(w, client="other", redirect_uri="https://other.example/cb", prompt="none")).query()["error"] == "consent_required"


def test_prompt_values(w):
    for prompt in ("none login", "login none", "create", "bogus", "LOGIN"):
        b = w.browser("modern")
        for _ in range(2):                      # of a visitor and of who is logged in alike
            q = b.get(authorize_url(w, prompt=prompt)).query()
            assert q["error"] == "invalid_request" and q["state"] == "s1" and "code" not in q, (prompt, q)
            b.authorize(authorize_url(w))
    assert get(w.at("modern", "/.well-known/oauth-authorization-server")).json()["prompt_values_supported"] == [
        "none", "login", "select_account", "consent"]


def test_prompt_select_account(w):
    b = w.browser("modern")
    b.authorize(authorize_url(w))
    url = authorize_url(w, prompt="select_account")
    page = b.follow(b.get(url))
    f = page.form("accounts-form")
    assert '>alice</button>' in page.text and list(f["buttons"]) == ["account-1"]
    r = b.submit(f, "account-1")
    assert r.location == url and b.get(url).query().get("code"), r
    page = b.follow(b.get(url))
    page = b.get(re.search('id="account-other" href="([^"]*)"', page.text)[1])
    assert b.follow(b.login(page, "bob", PASSWORD)).status == 200, "bob is asked for his consent"
    page = b.follow(b.get(authorize_url(w, prompt="login consent")))
    assert "login-continue" not in page.text
    page = b.follow(b.login(page, "alice", PASSWORD))
    assert b.decide(page).query().get("code")


# --- PKCE, redirect URIs, state ----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("change,error", [
    ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"), ({"code_challenge_method": "plain"}, "invalid_request"),
    ({"code_challenge_method": None}, "invalid_request"), ({"code_challenge": "short"}, "invalid_request"),
    ({"code_challenge": challenge()[:-1] + "!"}, "invalid_request"), ({"response_type": "token"}, "unauthorized_client"),
    ({"response_type": None}, "unsupported_response_type"), ({"response_type": "code token"}, "unauthorized_client"),
    ({"scope": "read nope"}, "invalid_scope"), ({"response_mode": "web_message"}, "invalid_request"), ({"request": "eyJ"}, "invalid_request_object"),
])
def test_authorize_errors_travel_to_the_client(w, change, error):
    r = get(authorize_url(w, **change))
    q = r.query()
    mark = "#" if "token" in (change.get("response_type") or "") else "?"
    assert r.location.startswith("https://app.example/cb" + mark) and q["error"] == error and q["state"] == "s1" and q["iss"] == w.url["modern"]


@pytest.mark.parametrize("verifier", [None, "x" * 43, "short", VERIFIER + "a"])
def test_wrong_verifier_spends_the_code(w, verifier):
    code = get_code(w)
    r = redeem(w, code, code_verifier=verifier)
    assert r.status == 400 and r.json()["error"] == "invalid_grant"
    assert redeem(w, code).status == 400


def test_state_comes_back_byte_for_byte_or_not_at_all(w):
    b = w.browser("modern")
    b.authorize(authorize_url(w))
    for state in ("中文+ %&:=/?#'\"<>", "", "x" * 2000):
        assert b.get(authorize_url(w, state=state)).query()["state"] == state
    assert "state" not in b.get(authorize_url(w, state=None)).query()


def test_loopback_port_is_free_and_only_the_port(w):
    b = w.browser("modern")
    b.authorize(authorize_url(w))
    for uri in ("http://127.0.0.1:51004/cb", "http://127.0.0.1/cb"):
        assert b.get(authorize_url(w, redirect_uri=uri)).location.startswith(uri + "?code=")
    for uri in ("http://127.0.0.1:51004/other", "http://127.0.0.1.evil.example/cb", "http://127.0.0.1:80@evil.example/cb", "http://localhost:51004/cb",
                "https://127.0.0.1:51004/cb", "http://127.0.0.1:51004/cb?x=1", "http://127.0.0.1:/../cb"):
        r = b.get(authorize_url(w, redirect_uri=uri))
        assert r.status == 400 and not r.location, (uri, r)


def test_redirect_uri_is_compared_exactly_and_again_at_the_token_endpoint(w):
    for uri in ("https://app.example/cb/", "https://app.example/cb?x=1", "https://app.example/CB", "https://app.example:443/cb", "https://app.example/%63b",
                "https://app.example/a/../cb", "https://app.example/cb#f", "https://app.example@evil.example/cb", "//app.example/cb", None):
        r = get(authorize_url(w, redirect_uri=uri))
        assert r.status == 400 and not r.location and 'id="error-page"' in r.text, (uri, r)
    r = redeem(w, get_code(w), redirect_uri="https://app.example/other")
    assert r.status == 400 and r.json()["error"] == "invalid_grant"
    assert redeem(w, get_code(w), redirect_uri=None).status == 400


# --- client_credentials, signatures, metadata --------------------------------------------------------------------------------------

def service_token(w, issuer="modern", **more):
    return post(w.at(issuer, "/token"), {"grant_type": "client_credentials", **more}, basic("service", SERVICE_SECRET))


@pytest.mark.parametrize("issuer,alg", [("modern", "RS256"), *ALGS.items()])
def test_jwt_is_verified_by_the_published_keys(w, issuer, alg):
    r = service_token(w, issuer)
    assert r.status == 200 and r.order() == ["access_token", "token_type", "expires_in", "scope"], r
    token = r.json()["access_token"]
    jwks = get(w.at(issuer, "/jwks"))
    assert jwks.get("Content-Type") == "application/jwk-set+json" and "max-age" in jwks.get("Cache-Control")
    assert not any(set(k) & {"d", "p", "q", "dp", "dq", "qi", "k"} for k in jwks.json()["keys"])
    head = talker_jwt.header(token)
    assert head["alg"] == alg and head["typ"] == "at+jwt" and head["kid"] in {k["kid"] for k in jwks.json()["keys"]}
    c = talker_jwt.verify(token, jwks.json())
    assert c["iss"] == w.url[issuer] and c["sub"] == c["client_id"] == "service" and c["scope"] == "read write"
    assert c["exp"] - c["iat"] == 3600 and abs(c["iat"] - time.time()) < 100 and c["aud"]
    bad = token[:-8] + ("AAAAAAAA" if not token.endswith("AAAAAAAA") else "BBBBBBBB")
    assert introspect(w, bad, issuer, *SERVICE) == {"active": False}
    assert introspect(w, token, issuer, *SERVICE)["active"] is True


def test_the_keys_of_one_issuer_do_not_verify_anothers(w):
    token = service_token(w, "modern").json()["access_token"]
    with pytest.raises(AssertionError):
        talker_jwt.verify(token, get(w.at("modern-ps", "/jwks")).json())


def test_opaque_tokens(w):
    t = service_token(w, "modern-opaque").json()
    assert len(t["access_token"]) == 43 and "." not in t["access_token"]
    i = introspect(w, t["access_token"], "modern-opaque", *SERVICE)
    assert i["active"] and i["client_id"] == "service" and i["scope"] == "read write"
    assert service_token(w, "modern-opaque").json()["access_token"] != t["access_token"]
    r = post(w.at("modern-opaque", "/revoke"), {"token": t["access_token"]}, basic("service", SERVICE_SECRET))
    assert r.status == 200
    assert introspect(w, t["access_token"], "modern-opaque", *SERVICE) == {"active": False}


def test_scope_of_client_credentials(w):
    assert service_token(w, scope="write").json()["scope"] == "write"
    r = service_token(w, scope="write admin")
    assert r.status == 400 and r.json()["error"] == "invalid_scope"


def test_metadata(w):
    m = get(w.at("modern", "/.well-known/oauth-authorization-server")).json()
    base = w.url["modern"]
    assert m["issuer"] == base and m["token_endpoint"] == base + "/token" and m["authorization_endpoint"] == base + "/authorize"
    assert m["jwks_uri"] == base + "/jwks" and m["introspection_endpoint"] == base + "/introspect" and m["revocation_endpoint"] == base + "/revoke"
    assert "code" in m["response_types_supported"] and m["code_challenge_methods_supported"] == ["S256"]
    assert set(m["grant_types_supported"]) == {"authorization_code", "refresh_token", "client_credentials", "implicit", "urn:openid:params:grant-type:ciba",
                                               "urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:token-exchange"}
    assert set(m["token_endpoint_auth_methods_supported"]) == {"client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"}
    assert m["authorization_response_iss_parameter_supported"] is True and "en" in m["ui_locales_supported"]


# --- introspection, revocation, CORS -----------------------------------------------------------------------------------------------

def test_introspection(w):
    t = tokens(w)
    a, f = introspect(w, t["access_token"]), introspect(w, t["refresh_token"])
    assert a["active"] and a["username"] == "alice" and a["client_id"] == "app" and a["scope"] == "read write" and a["iss"] == w.url["modern"] and a["exp"] > a["iat"]
    assert f["active"] and f["client_id"] == "app"
    for junk in ("x", "a.b.c", "A" * 48, "eyJhbGciOiJub25lIn0.e30."):
        assert introspect(w, junk) == {"active": False}
    assert post(w.at("modern", "/introspect"), {"token": t["access_token"]}).status == 401
    assert post(w.at("modern", "/introspect"), {}, basic("app", APP_SECRET)).json()["error"] == "invalid_request"


def test_who_may_introspect():
    people = realm()
    people["clients"] += [client("shop", APP_SECRET, grants=["client_credentials"], resource_ids=["orders", "stock"]), client("orders", APP_SECRET, grants=["client_credentials"]),
                          client("gateway", APP_SECRET, grants=["client_credentials"], introspects="stock")]
    with World("modern", "spring", "modern-opaque", settings={"spring": {"introspect_open": False, "introspect_any_client": False}}, realms=[people]) as w:
        for issuer in ("modern", "modern-opaque"):
            mine = post(w.at(issuer, "/token"), {"grant_type": "client_credentials"}, basic("shop", APP_SECRET)).json()["access_token"]
            for who, secret in (("shop", APP_SECRET), ("orders", APP_SECRET), ("gateway", APP_SECRET), ("service", SERVICE_SECRET)):
                seen = introspect(w, mine, issuer, who, secret)
                assert seen["active"] and seen["aud"] == ["orders", "stock"] and seen["iss"] == w.url[issuer] and seen["token_type"] == "Bearer", (who, seen)
            assert introspect(w, mine, issuer, "other", OTHER_SECRET) == {"active": False}
            assert audit_of(w, endpoint="introspect", client="other")["detail"] == "neither issued to the asking client nor meant for it"
            t = tokens(w, issuer)
            assert introspect(w, t["access_token"], issuer)["aud"] == w.url[issuer]
            assert introspect(w, t["access_token"], issuer, "service", SERVICE_SECRET)["active"]
            own = introspect(w, t["refresh_token"], issuer)
            assert own["active"] and "token_type" not in own
            assert introspect(w, t["refresh_token"], issuer, "service", SERVICE_SECRET) == {"active": False}
            for nosy in ("orders", "gateway", "auto"):
                assert introspect(w, t["access_token"], issuer, nosy) == {"active": False}
        token = post(w.at("spring", "/oauth/token"), {"grant_type": "client_credentials"}, basic("shop", APP_SECRET)).json()["access_token"]
        check = lambda who, secret: post(w.at("spring", "/oauth/check_token"), {"token": token}, basic(who, secret))
        assert check("gateway", APP_SECRET).json()["aud"] == ["orders", "stock"] and check("shop", APP_SECRET).status == 200
        r = check("other", OTHER_SECRET)
        assert r.status == 400 and r.json() == {"error": "invalid_token", "error_description": "Token was not recognised"}
        status, out, err = w.hufu("client", "set", "other", "--introspects", "orders")
        assert status == 0 and re.search(r"introspects +orders", out), out + err
        assert check("other", OTHER_SECRET).status == 200
        status, out, err = w.hufu("client", "set", "spa", "--introspects", "all")
        assert status != 0 and "public client" in err, out + err


def test_revocation(w):
    t = tokens(w)
    r = post(w.at("modern", "/revoke"), {"token": t["access_token"], "token_type_hint": "access_token"}, basic("app", APP_SECRET))
    assert r.status == 200 and introspect(w, t["access_token"]) == {"active": False}
    assert refresh(w, t["refresh_token"]).status == 200
    t = tokens(w)
    r = post(w.at("modern", "/revoke"), {"token": t["refresh_token"]}, basic("other", "other-secret-77b0d2"))
    assert r.status == 400 and introspect(w, t["refresh_token"])["active"]
    assert post(w.at("modern", "/revoke"), {"token": t["refresh_token"], "token_type_hint": "nonsense"}, basic("app", APP_SECRET)).status == 200
    assert refresh(w, t["refresh_token"]).status == 400 and introspect(w, t["access_token"]) == {"active": False}
    assert post(w.at("modern", "/revoke"), {"token": "unknown"}, basic("app", APP_SECRET)).status == 200
    assert post(w.at("modern", "/revoke"), {"token": "unknown"}).status == 401


def test_cors(w):
    asks = {"Origin": "https://spa.example", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    r = send("OPTIONS", w.at("modern", "/token"), None, asks)
    assert r.status == 204 and r.get("Access-Control-Allow-Origin") == "https://spa.example" and "POST" in r.get("Access-Control-Allow-Methods")
    assert r.get("Access-Control-Allow-Credentials") is None and "Origin" in r.get("Vary")
    code = w.browser("modern").authorize(authorize_url(w, client="spa", redirect_uri="https://spa.example/cb")).query()["code"]
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": "https://spa.example/cb", "code_verifier": VERIFIER, "client_id": "spa"}
    r = post(w.at("modern", "/token"), fields, {"Origin": "https://spa.example"})
    assert r.status == 200 and r.get("Access-Control-Allow-Origin") == "https://spa.example"
    r = post(w.at("modern", "/token"), {"grant_type": "client_credentials"}, {"Origin": "https://evil.example", **basic("service", SERVICE_SECRET)})
    assert r.status == 200 and r.get("Access-Control-Allow-Origin") is None
    for path in ("/jwks", "/.well-known/oauth-authorization-server"):
        assert get(w.at("modern", path), {"Origin": "https://x.example"}).get("Access-Control-Allow-Origin") == "*"
    for r in (get(authorize_url(w), {"Origin": "https://spa.example"}), send("OPTIONS", w.at("modern", "/authorize"), None, {**asks, "Access-Control-Request-Method": "GET"})):
        assert r.get("Access-Control-Allow-Origin") is None


# --- pages -------------------------------------------------------------------------------------------------------------------------

def test_languages(w):
    def lang(headers=None, url=None):
        r = get(url or w.at("modern", "/login"), {"Accept": "text/html", **(headers or {})})
        return r.get("Content-Language"), r
    assert lang()[0] == "en" and lang({"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.1"})[0] == "zh-CN"
    r = get(authorize_url(w, ui_locales="fr zh-CN en"))
    assert any(c.startswith("hufu-lang=zh-CN") for c in r.all("Set-Cookie"))
    assert lang({"Cookie": "hufu-lang=zh-CN"})[0] == "zh-CN"
    assert 'lang="zh-CN"' in lang({"Cookie": "hufu-lang=zh-CN"})[1].text


def test_style_sheet_and_home(w):
    page = get(w.at("modern", "/login"), {"Accept": "text/html"})
    href = page.text.split('rel="stylesheet" href="')[1].split('"')[0]
    css = get(w.at("modern", href))
    assert css.status == 200 and css.get("Content-Type").startswith("text/css") and "immutable" in css.get("Cache-Control")
    assert get(w.at("modern", "/")).status == 200
    assert get(w.at("modern", "/demo")).status == 404


def test_unknown_addresses_and_methods(w):
    assert get(w.at("modern", "/nothing")).status == 404
    r = get(w.at("modern", "/token"))
    assert r.status == 405 and r.get("Allow") == "POST" and r.json()["error"] == "invalid_request"
    r = send("DELETE", w.at("modern", "/authorize"))
    assert r.status == 405 and r.get("Allow") == "GET, HEAD, POST"
