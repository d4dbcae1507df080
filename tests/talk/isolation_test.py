"""Issuers in one server and one realm do not leak into each other: routes, codes, tokens, sessions (O4)."""
import pathlib, re

import pytest

from talker import APP_SECRET, PASSWORD, World, authorize_url, basic, bearer, form, get, introspect, post, redeem, refresh, send, tokens, wait

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
NAMES = ["modern", "spring", "zlt", "taroco", "rageframe", "connect"]


def routes(dialect):
    text = (ROOT / "src" / "wire" / "dialect" / (dialect + ".c")).read_text()
    table = text.split("static const struct route routes[] = {")[1].split("};")[0]
    return sorted(set(re.findall(r'"(/[^"]*)"', re.sub(r"\.(allow|options) = \"[^\"]*\"", "", table))))


@pytest.fixture(scope="module")
def w():
    settings = {"modern-two": {}, "taroco-two": {}, "modern-opaque": {"access_shape": "row_id"}, "modern-opaque-two": {"access_shape": "row_id"}, "spring-two": {}}
    with World(*NAMES, *settings, settings=settings) as world:
        yield world


def is_nothing(w, other, r):
    """404 in whatever shape, or the login page to which the old framework sends strangers whatever they ask for."""
    if r.status in (302, 303):
        return other in ("spring", "zlt", "taroco") and r.location.startswith(w.url[other])
    return r.status == 404 or (other == "rageframe" and r.status == 200 and r.json()["code"] == 404)


@pytest.mark.parametrize("own", NAMES)
def test_every_route_of_one_dialect_is_nothing_at_the_others(w, own):
    assert len(routes(own)) >= 8
    for other in NAMES:
        for path in set(routes(own)) - set(routes(other)):
            for method in ("GET", "POST", "PUT", "DELETE"):
                r = send(method, w.at(other, path.replace("*", "13812345678")), b"" if method in ("POST", "PUT") else None)
                assert is_nothing(w, other, r) and "access_token" not in r.text, (own, other, method, path, r)


# What works at home, as its own manual writes it: path, query, body, client in Basic.
HOME = {
    "modern": ("/token", {}, {"grant_type": "client_credentials"}, ("app", APP_SECRET)),
    "spring": ("/oauth/token", {"grant_type": "password", "username": "u02", "password": "password", "client_id": "messaging-client", "client_secret": "secret"}, {}, None),
    "zlt": ("/oauth/token", {"grant_type": "password", "username": "u03", "password": "password", "account_type": "admin"}, {}, ("zlt", "zlt")),
    "taroco": ("/oauth/token", {"grant_type": "password", "username": "admin", "password": "admin", "client_id": "5d22eb6e8b0c7ba066014398", "client_secret": "webApp"}, {}, None),
    "rageframe": ("/oauth2/password", {}, {"grant_type": "password", "username": "user", "password": "password", "client_id": "rageframe", "client_secret": "rageframe-secret"}, None),
    "connect": ("/connect/token", {}, {"grant_type": "password", "username": "user", "password": "password", "client_id": "client1", "client_secret": "secret"}, None),
}


def as_at_home(w, own, issuer):
    path, query, body, client = HOME[own]
    return post(w.at(issuer, path) + ("?" + form(query) if query else ""), body, basic(*client) if client else None)


@pytest.mark.parametrize("own", NAMES)
def test_what_works_at_home_is_nothing_where_the_path_is_not_spoken(w, own):
    assert "access_token" in as_at_home(w, own, own).text
    for other in NAMES:
        if HOME[own][0] not in routes(other):
            r = as_at_home(w, own, other)
            assert is_nothing(w, other, r) and "access_token" not in r.text, (own, other, r)


def test_every_route_is_answered_at_home(w):
    for own in NAMES:
        for path in routes(own):
            r = get(w.at(own, path))
            none = (path == "/oauth/token_key" and own in ("spring", "zlt")) or path.startswith("/open/") or "smsCode" in path or path in ("/logo", "/register/*", "/device/qr.svg", "/forgot", "/signup", "/account/email", "/account/phone", "/account/identities", "/statuslists", "/statuslists/*")   # no JWT, no key; a 404 page for no client; no gateway; no client, nobody may register; no code; not offered
            assert (r.status != 404 or none) and r.status < 500, (own, path, r)


def test_every_endpoint_is_served_somewhere(w):
    """Rows of src/wire/endpoints.def, as the audit lines name them: asked for at some path of some dialect, each answers."""
    rows = set(re.findall(r'^ENDPOINT\(\w+,\s*"([^"]+)"', (ROOT / "src" / "wire" / "endpoints.def").read_text(), re.M))
    before = len(w.audit())
    for own in NAMES:
        for path in [*routes(own), "/demo", "/assets/custom.css", "/login/with/idp", "/login/back/idp", "/login/link"]:
            for method in ("GET", "POST"):
                assert send(method, w.at(own, path.replace("*", "13812345678")), b"" if method == "POST" else None).status < 500
        page = w.browser(own).follow(w.browser(own).get(w.at(own, "/")))
        for style in re.findall(r'<link rel="stylesheet" href="([^"]+)"', page.text):
            assert get(w.browser(own).full(style)).status == 200
    assert wait(lambda: {a.get("endpoint") for a in w.audit()[before:]} >= rows), rows - {a.get("endpoint") for a in w.audit()[before:]}
    assert {"tokeninfo", "sms_login", "error_page"} < rows


def code_at(w, issuer, **more):
    return w.browser(issuer).authorize(authorize_url(w, issuer, **more), "alice", PASSWORD).query()["code"]


def test_a_code_works_at_its_own_issuer_only(w):
    code = code_at(w, "modern")
    for other in ("modern-two", "modern-opaque"):
        r = redeem(w, code, other)
        assert r.status == 400 and r.json()["error"] == "invalid_grant"
    assert redeem(w, code).status == 200                # and was not spent by strangers
    code = code_at(w, "spring", client="messaging-client", redirect_uri="http://localhost", path="/oauth/authorize")
    who = {"client_id": "messaging-client", "client_secret": "secret", "redirect_uri": "http://localhost"}
    for other in ("zlt", "taroco", "spring-two"):
        assert post(w.at(other, "/oauth/token"), {"grant_type": "authorization_code", "code": code, **who}).status == 400
    assert post(w.at("spring", "/oauth/token"), {"grant_type": "authorization_code", "code": code, **who}).status == 200


def test_refresh_tokens(w):
    t = tokens(w)
    for other in ("modern-two", "modern-opaque"):
        assert refresh(w, t["refresh_token"], other).status == 400
    assert post(w.at("connect", "/connect/token"), {"grant_type": "refresh_token", "refresh_token": t["refresh_token"], "client_id": "app", "client_secret": APP_SECRET}).status == 400
    assert refresh(w, t["refresh_token"]).status == 200
    who = {"client_id": "messaging-client", "client_secret": "secret"}
    s = post(w.at("spring", "/oauth/token"), {"grant_type": "password", "username": "u01", "password": "password", **who}).json()
    for other in ("zlt", "taroco", "spring-two"):
        assert post(w.at(other, "/oauth/token"), {"grant_type": "refresh_token", "refresh_token": s["refresh_token"], **who}).status in (400, 401)
    assert post(w.at("spring", "/oauth/token"), {"grant_type": "refresh_token", "refresh_token": s["refresh_token"], **who}).status == 200


def test_access_tokens(w):
    opaque, jwt = tokens(w, "modern-opaque"), tokens(w)
    for other in ("modern", "modern-two", "modern-opaque-two"):
        assert introspect(w, opaque["access_token"], other) == {"active": False}
    for other in ("modern-two", "modern-opaque", "modern-opaque-two"):
        assert introspect(w, jwt["access_token"], other) == {"active": False}
    for other in ("spring", "zlt", "taroco"):
        for t in (opaque, jwt):
            assert post(w.at(other, "/oauth/check_token"), {"token": t["access_token"]}).status == 400
    for other in ("modern-two", "modern-opaque-two"):
        for t in (opaque, jwt):
            assert post(w.at(other, "/revoke"), {"token": t["access_token"]}, basic("app", APP_SECRET)).status == 200
            assert post(w.at(other, "/revoke"), {"token": t["refresh_token"]}, basic("app", APP_SECRET)).status == 200
    get(w.at("zlt", "/oauth/remove/token?token=") + opaque["access_token"])
    assert introspect(w, opaque["access_token"], "modern-opaque")["active"] and introspect(w, jwt["access_token"])["active"]
    assert refresh(w, jwt["refresh_token"]).status == 200


def test_sessions(w):
    b = w.browser("modern")
    b.authorize(authorize_url(w))
    value = b.cookies["hufu-modern"]
    for other in ("modern-two", "modern-opaque"):
        for name in ("hufu-modern", "hufu-" + other):
            r = get(authorize_url(w, other, prompt="none"), {"Cookie": "%s=%s" % (name, value)})
            assert r.query()["error"] == "login_required", (other, name)
    for other, path, client, uri in (("spring", "/oauth/authorize", "messaging-client", "http://localhost"), ("connect", "/connect/authorize", "client1", "https://myapp.com/callback")):
        r = get(authorize_url(w, other, client, uri, path, scope=None), {"Cookie": "hufu-modern=%s; hufu-%s=%s" % (value, other, value)})
        assert r.status in (302, 303) and r.location == w.at(other, "/login")
    saved = w.browser("modern")
    saved.get(authorize_url(w))
    cookie = saved.cookies["hufu-modern-saved"]
    stranger = w.browser("modern-two")
    stranger.cookies["hufu-modern-two-saved"] = cookie
    page = stranger.get(w.at("modern-two", "/login"))
    r = stranger.login(page, "alice", PASSWORD)
    assert not r.location.startswith(w.url["modern"] + "/authorize")


def refresh_token_of(w, own):
    if own == "modern":
        return tokens(w)["refresh_token"]
    o = as_at_home(w, own, own).json()
    return (o.get("datas") or o.get("data") or o)["refresh_token"]


def refreshes(w, own, token):
    path, fields, client = {"modern": ("/token", {}, ("app", APP_SECRET)), "rageframe": ("/oauth2/refresh-token", HOME["rageframe"][2], None)}.get(own, (HOME[own][0], {**HOME[own][1], **HOME[own][2]}, HOME[own][3]))
    who = {k: v for k, v in fields.items() if k.startswith("client_")}
    return "access_token" in post(w.at(own, path), {"grant_type": "refresh_token", "refresh_token": token, **who}, basic(*client) if client else None).text


@pytest.mark.parametrize("own", NAMES)
def test_a_refresh_token_is_no_access_token_at_any_endpoint(w, own):
    """Every path of every dialect at every issuer: shown as a Bearer token or as a parameter, it is worth what garbage is worth."""
    token = refresh_token_of(w, own)
    garbage = token[:-6] + ("AAAAAA" if not token.endswith("AAAAAA") else "BBBBBB")
    asked = 0
    for issuer in NAMES + ["taroco-two"]:
        for path in sorted({p.replace("*", "13812345678") for d in NAMES for p in routes(d)}):
            for method, where in (("GET", "header"), ("POST", "header"), ("GET", "query"), ("POST", "form")):
                def show(text):
                    head = {"Accept": "application/json", **(bearer(text) if where == "header" else {})}
                    fields = {"token": text, "access_token": text}
                    return send(method, w.at(issuer, path) + ("?" + form(fields) if where == "query" else ""), fields if where == "form" else b"" if method == "POST" else None, head)
                r, nothing = show(token), show(garbage)
                asked += 1
                if 429 in (r.status, nothing.status):   # a login without a name, too often
                    continue
                assert r.status == nothing.status and r.location == nothing.location, (own, issuer, method, where, path, r, nothing)
                assert not re.search(r'"(user_name|username|sub|member_id|userId|mobile)":|"active": ?true', r.text), (own, issuer, method, where, path, r)
                if issuer == "rageframe" and r.text.startswith("{") and "keys" not in r.json():
                    assert r.json()["code"] == nothing.json()["code"] >= 400, (path, r)
    assert asked > 1000
    if own != "rageframe":                              # whose paths are also asked for tokens here: a login would have ended it
        assert refreshes(w, own, token)                 # and nothing of that has ended it


def test_a_refresh_jwt_is_no_access_token_anywhere(w):
    who = {"client_id": "5d22eb6e8b0c7ba066014398", "client_secret": "webApp"}
    t = post(w.at("taroco", "/oauth/token?") + form({"grant_type": "password", "username": "admin", "password": "admin", **who})).json()
    assert post(w.at("taroco", "/oauth/check_token"), {"token": t["access_token"]}).json()["user_name"] == "admin"
    for issuer in ("taroco", "taroco-two", "spring", "zlt"):
        for form_of_it in ({"token": t["refresh_token"]}, {"token": t["refresh_token"], "token_type_hint": "access_token"}):
            r = post(w.at(issuer, "/oauth/check_token"), form_of_it)
            assert r.status == 400 and "user_name" not in r.text, (issuer, r)
    assert post(w.at("taroco-two", "/oauth/check_token"), {"token": t["access_token"]}).status == 400
    for issuer in ("modern", "modern-two"):
        assert introspect(w, t["refresh_token"], issuer) == {"active": False}
    r = post(w.at("taroco-two", "/oauth/token?") + form({"grant_type": "refresh_token", "refresh_token": t["refresh_token"], **who}))
    assert r.status == 401 and r.json()["errorCode"] == "invalid_token"
    r = post(w.at("taroco", "/oauth/token?") + form({"grant_type": "refresh_token", "refresh_token": t["access_token"], **who}))
    assert r.status in (400, 401)
    get(w.at("zlt", "/oauth/remove/token"), bearer(t["access_token"]))
    assert post(w.at("taroco", "/oauth/check_token"), {"token": t["access_token"]}).status == 200


def test_weak_clients_find_no_weak_rule_at_the_modern_issuer(w):
    for fields in ({"grant_type": "password", "username": "user", "password": "password"}, {"grant_type": "implicit"}):
        r = post(w.at("modern", "/token"), {**fields, "client_id": "messaging-client", "client_secret": "secret"})
        assert r.json()["error"] == "unsupported_grant_type"
    r = get(authorize_url(w, client="messaging-client", redirect_uri="http://localhost", response_type="token"))
    assert "error=unauthorized_client" in r.location and "access_token" not in r.location
    r = get(authorize_url(w, client="messaging-client", redirect_uri="http://localhost", code_challenge=None, code_challenge_method=None))
    assert r.query()["error"] == "invalid_request"
    r = post(w.at("modern", "/token?client_id=messaging-client&client_secret=secret"), {"grant_type": "client_credentials"})
    assert r.status in (400, 401)


GRANTS_OF_OLD = {"password": {"username": "user", "password": "password"}, "implicit": {}, "mobile": {"mobile": "13812345678", "code": "123456"}, "sms": {"phone": "13812345678", "sms": "123456"},
                 "mobile_password": {"mobile": "13812345678", "password": "password"}, "openId": {"openId": "o"}, "open_id": {"openId": "o"}, "wechat": {"openId": "o"}, "directory": {"username": "user", "password": "password"},
                 "password_ad": {"username": "user", "password": "password"}}


def test_no_grant_of_an_old_dialect_is_known_at_the_modern_issuer(w):
    """The names come from the tables of the dialects: each one that is not modern's is here."""
    named = {n for d in NAMES for n in re.findall(r'\{ "(\w+)", &grant_', (ROOT / "src" / "wire" / "dialect" / (d + ".c")).read_text())}
    assert named - {"authorization_code", "refresh_token", "client_credentials"} <= set(GRANTS_OF_OLD)
    for grant, fields in GRANTS_OF_OLD.items():
        for client, secret in (("messaging-client", "secret"), ("zlt", "zlt"), ("client1", "secret"), ("auto", APP_SECRET)):
            r = post(w.at("modern", "/token"), {"grant_type": grant, **fields}, basic(client, secret))
            assert r.status == 400 and r.json()["error"] == "unsupported_grant_type", (grant, r)


def test_a_migration_accepts_what_it_is_told_to():
    settings = {"modern-two": {"accepts_from": "modern"}}
    with World("modern", "modern-two", settings=settings) as w:
        t = tokens(w)
        assert refresh(w, t["refresh_token"]).status == 200
        assert refresh(w, tokens(w, "modern-two")["refresh_token"], "modern").status == 400
