"""Issuers in one server and one realm do not leak into each other: routes, codes, tokens, sessions."""
import pathlib, re

import pytest

from talker import APP_SECRET, PASSWORD, World, authorize_url, basic, bearer, form, get, introspect, post, redeem, refresh, send, tokens

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


@pytest.mark.parametrize("own", NAMES)
def test_every_route_of_one_dialect_is_nothing_at_the_others(w, own):
    assert len(routes(own)) >= 8
    for other in NAMES:
        for path in set(routes(own)) - set(routes(other)):
            for method in ("GET", "POST"):
                r = send(method, w.at(other, path), b"" if method == "POST" else None)
                if other == "rageframe":
                    assert (r.status == 200 and r.json()["code"] == 404) or r.status == 404, (own, other, method, path, r)
                elif r.status == 302:                   # the old framework sends strangers to login whatever they ask for
                    assert other in ("spring", "zlt", "taroco") and r.location.startswith(w.url[other]), (own, other, method, path, r)
                else:
                    assert r.status == 404, (own, other, method, path, r)
                assert "access_token" not in r.text


def test_every_route_is_answered_at_home(w):
    for own in NAMES:
        for path in routes(own):
            r = get(w.at(own, path))
            none = (path == "/oauth/token_key" and own in ("spring", "zlt")) or path.startswith("/open/") or "smsCode" in path   # no JWT, no key; a 404 page for no client; no gateway
            assert (r.status != 404 or none) and r.status < 500, (own, path, r)


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


def test_a_refresh_jwt_is_no_access_token_anywhere(w):
    who = {"client_id": "5d22eb6e8b0c7ba066014398", "client_secret": "webApp"}
    t = post(w.at("taroco", "/oauth/token?") + form({"grant_type": "password", "username": "admin", "password": "admin", **who})).json()
    assert post(w.at("taroco", "/oauth/check_token"), {"token": t["access_token"]}).json()["user_name"] == "admin"
    for issuer in ("taroco", "taroco-two", "spring", "zlt"):
        r = post(w.at(issuer, "/oauth/check_token"), {"token": t["refresh_token"]})
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
    assert r.query()["error"] == "unsupported_response_type"
    r = get(authorize_url(w, client="messaging-client", redirect_uri="http://localhost", code_challenge=None, code_challenge_method=None))
    assert r.query()["error"] == "invalid_request"
    r = post(w.at("modern", "/token?client_id=messaging-client&client_secret=secret"), {"grant_type": "client_credentials"})
    assert r.status in (400, 401)


def test_a_migration_accepts_what_it_is_told_to():
    settings = {"modern-two": {"accepts_from": "modern"}}
    with World("modern", "modern-two", settings=settings) as w:
        t = tokens(w)
        assert refresh(w, t["refresh_token"]).status == 200
        assert refresh(w, tokens(w, "modern-two")["refresh_token"], "modern").status == 400
