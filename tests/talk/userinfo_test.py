"""Who am I: /connect/userinfo of manual 004 with a Bearer token, /user of 000 with a session."""
import pytest

from server import Server, free_ports
from talker import basic, bearer, get, post

BASIC = basic("app", "app-secret-userinfo")


@pytest.fixture(scope="module")
def at():
    ports = dict(zip(("connect", "taroco"), free_ports(2)))
    issuers = {d: {"url": "http://127.0.0.1:%d" % p, "dialect": d, "listener": d, "realm": "r"} for d, p in ports.items()}
    realm = {"realm": "r", "clients": [{"realm": "r", "id": "app", "secret_encoded": "{noop}app-secret-userinfo", "grants": "password refresh_token client_credentials",
                                        "scopes": "openid profile email phone", "enabled": True, "legacy": "password"}],
             "users": [{"name": "ann", "display_name": "Ann 安", "password": "{noop}pass-of-ann", "encoded": True, "number": 7, "phone": "13812345678", "email": "ann@example.com",
                        "authorities": "ROLE_USER OP_USER", "enabled": True}]}
    with Server(issuers, [realm], listeners={d: {"bind": ["127.0.0.1:%d" % p]} for d, p in ports.items()}) as server:
        yield lambda d, path: issuers[d]["url"] + path


def tokens(at, scope=None, **more):
    fields = {"grant_type": "password", "username": "ann", "password": "pass-of-ann", **more}
    if scope:
        fields["scope"] = scope
    return post(at("connect", "/connect/token"), fields, BASIC).json()


def test_userinfo_tells_what_the_scopes_open(at):
    t = tokens(at)
    o = get(at("connect", "/connect/userinfo"), bearer(t["access_token"])).json()
    assert o.pop("updated_at") > 0 and len(o.pop("sub")) == 36
    assert o == {"name": "Ann 安", "preferred_username": "ann", "email": "ann@example.com", "phone_number": "13812345678"}
    t = tokens(at, "openid")
    r = post(at("connect", "/connect/userinfo"), {}, bearer(t["access_token"]))
    assert list(r.json()) == ["sub"] and "no-store" in r.get("Cache-Control")


def test_userinfo_wants_a_good_token_of_a_user(at):
    t = tokens(at)
    for head in ({}, bearer("x"), bearer(t["refresh_token"]), bearer(t["id_token"]), BASIC):
        r = get(at("connect", "/connect/userinfo"), head)
        assert r.status == 401 and r.get("WWW-Authenticate").startswith("Bearer error=\"invalid_token\"") and r.json() == {"error": "invalid_token"}, r
    t = post(at("connect", "/connect/token"), {"grant_type": "client_credentials"}, BASIC).json()
    r = get(at("connect", "/connect/userinfo"), bearer(t["access_token"]))
    assert r.status == 403 and r.json() == {"error": "insufficient_scope"}


def test_discovery_names_it(at):
    assert get(at("connect", "/.well-known/openid-configuration")).json()["userinfo_endpoint"] == at("connect", "/connect/userinfo")


def test_the_user_who_is_logged_in(at):
    r = get(at("taroco", "/user"))
    assert r.status == 302 and r.location == at("taroco", "/")
    r = post(at("taroco", "/login"), {"username": "ann", "password": "pass-of-ann"})
    cookie = next(v.split(";")[0] for v in r.all("Set-Cookie") if v.startswith("hufu-taroco="))
    r = get(at("taroco", "/user"), {"Cookie": cookie})
    assert r.status == 200 and r.order() == ["errorCode", "errorMessage", "extMessage", "result", "status"], r
    o = r.json()["result"]
    assert (o["userId"], o["username"], o["phone"]) == (7, "ann", "13812345678")
    assert o["authorities"] == [{"authority": "ROLE_USER"}, {"authority": "OP_USER"}]
    assert "pass" not in r.text.replace("passwordExpired", "")
    r = get(at("taroco", "/oauth/exit"), {"Cookie": cookie, "Referer": "http://evil.example/"})
    assert r.status == 302 and r.location.startswith(at("taroco", "/"))
    assert get(at("taroco", "/user"), {"Cookie": cookie}).status == 302
