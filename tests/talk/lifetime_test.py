"""How long things live, and what ends with a session, a user, a client, a scope."""
import json, time

import pytest

import talker_jwt
from talker import APP_SECRET, PASSWORD, SERVICE_SECRET, World, authorize_url, basic, client, get_code, introspect, post, realm, redeem, refresh, tokens


def fresh(**more):
    return World("modern", "spring", **more)


def logged_in(w, b, **more):
    return "login_required" != b.get(authorize_url(w, prompt="none", **more)).query().get("error")


def test_an_idle_session_ends_after_an_hour_and_any_after_twelve():
    with fresh() as w:
        b = w.browser("modern")
        b.authorize(authorize_url(w))
        for _ in range(14):
            w.turn_clock(50 * 60)
            assert logged_in(w, b)
        w.turn_clock(50 * 60)                   # 12 hours and a half after the login
        assert not logged_in(w, b)
        b = w.browser("modern")
        b.authorize(authorize_url(w))
        w.turn_clock(61 * 60)
        assert not logged_in(w, b)


def test_prompt_login_wants_a_login_of_its_own():
    with fresh() as w:
        b = w.browser("modern")
        url = authorize_url(w, prompt="login")
        for _ in range(2):                      # a login a moment ago is none of this request
            b.authorize(authorize_url(w))
            assert b.get(url).location == w.at("modern", "/login")
            page = b.get(w.at("modern", "/login"))
            r = b.login(page, "alice", PASSWORD)
            assert r.location == url and b.follow(r).query().get("code"), r
        assert b.get(url).location == w.at("modern", "/login")
        assert not b.get(url.replace("s1", "s2")).query()


def test_max_age_wants_a_young_login():
    with fresh() as w:
        b = w.browser("modern")
        b.authorize(authorize_url(w))
        w.turn_clock(100)
        assert "code" in b.get(authorize_url(w, max_age="200")).query()
        assert b.get(authorize_url(w, max_age="60", prompt="none")).query()["error"] == "login_required"
        for url in (authorize_url(w, max_age="60"), authorize_url(w, max_age="0")):
            assert b.get(url).location == w.at("modern", "/login")
            page = b.get(w.at("modern", "/login"))
            w.turn_clock(90)                    # the page waited; the login is young
            r = b.login(page, "alice", PASSWORD)
            w.turn_clock(5)                     # ... the way back took longer than it may be old
            assert r.location == url and b.follow(r).query().get("code"), r
            w.turn_clock(61)
            assert b.get(url).location == w.at("modern", "/login")
        for wrong in ("-1", "1.5", "soon", "99999999999999999999"):
            assert b.get(authorize_url(w, max_age=wrong)).query()["error"] == "invalid_request", wrong


def test_an_approval_is_remembered_for_thirty_days():
    with fresh(settings={"modern": {"session_ttl_s": "90d", "session_idle_s": "90d"}}) as w:
        b = w.browser("modern")
        b.authorize(authorize_url(w))
        w.turn_clock(29 * 86400)
        assert "code" in b.get(authorize_url(w)).query()
        w.turn_clock(2 * 86400)
        assert b.get(authorize_url(w)).form("consent-form")


def test_an_approval_is_for_its_scopes_client_and_user():
    with fresh() as w:
        b = w.browser("modern")
        b.authorize(authorize_url(w, scope="read"), allow=("read",))
        assert "code" in b.get(authorize_url(w, scope="read")).query()
        assert b.get(authorize_url(w, scope="read write")).form("consent-form")
        assert b.get(authorize_url(w, client="other", redirect_uri="https://other.example/cb", scope="read")).form("consent-form")
        c = w.browser("modern")
        page = c.follow(c.get(authorize_url(w, scope="read")))
        assert c.follow(c.login(page, "bob", PASSWORD)).form("consent-form")


def test_a_login_form_waits_an_hour_and_its_request_does_not_end():
    with fresh() as w:
        b = w.browser("modern")
        page = b.follow(b.get(authorize_url(w)))
        w.turn_clock(3700)
        r = b.login(page, "alice", PASSWORD)
        assert r.status == 303 and r.location == authorize_url(w) and "hufu-modern" not in b.cookies       # begun anew, nobody is in
        assert b.login(b.follow(r), "alice", PASSWORD).location == authorize_url(w) and "hufu-modern" in b.cookies


def test_a_disabled_user_loses_everything():
    with fresh() as w:
        b = w.browser("modern")
        code, t = b.authorize(authorize_url(w)).query()["code"], tokens(w)
        opaque = post(w.at("spring", "/oauth/token"), {"grant_type": "password", "username": "alice", "password": PASSWORD, "client_id": "messaging-client", "client_secret": "secret"}).json()
        assert w.control({"do": "user.disable", "realm": "main", "name": "alice"})["ok"]
        assert not logged_in(w, b)
        assert redeem(w, code).json()["error"] == "invalid_grant" and refresh(w, t["refresh_token"]).json()["error"] == "invalid_grant"
        assert introspect(w, t["access_token"]) == {"active": False}
        assert post(w.at("spring", "/oauth/check_token"), {"token": opaque["access_token"]}).status == 400
        fields = {"grant_type": "refresh_token", "refresh_token": opaque["refresh_token"], "client_id": "messaging-client", "client_secret": "secret"}
        assert post(w.at("spring", "/oauth/token"), fields).status == 400
        assert w.control({"do": "user.enable", "realm": "main", "name": "alice"})["ok"]
        assert refresh(w, t["refresh_token"]).json()["error"] == "invalid_grant" and post(w.at("spring", "/oauth/token"), fields).status == 400     # for good
        assert introspect(w, t["access_token"]) == {"active": False} and redeem(w, code).json()["error"] == "invalid_grant"
        assert "code" in w.browser("modern").authorize(authorize_url(w)).query()


@pytest.mark.parametrize("order", [{"do": "user.set-password", "password": "another password"}, {"do": "user.set", "locked": True}, {"do": "user.set", "enabled": False}])
def test_who_must_come_in_anew(order):
    with fresh() as w:
        b = w.browser("modern")
        code, t, other = b.authorize(authorize_url(w)).query()["code"], tokens(w), tokens(w, user="bob")
        fields = {"grant_type": "password", "username": "alice", "password": PASSWORD, "client_id": "messaging-client", "client_secret": "secret"}
        opaque = post(w.at("spring", "/oauth/token"), fields).json()
        assert w.control({**order, "realm": "main", "name": "alice"})["ok"]
        assert w.control({"do": "user.set", "enabled": True, "locked": False, "realm": "main", "name": "alice"})["ok"]
        assert not logged_in(w, b)
        assert redeem(w, code).json()["error"] == "invalid_grant" and refresh(w, t["refresh_token"]).json()["error"] == "invalid_grant"
        assert introspect(w, t["access_token"]) == {"active": False} and post(w.at("spring", "/oauth/check_token"), {"token": opaque["access_token"]}).status == 400
        fields = {"grant_type": "refresh_token", "refresh_token": opaque["refresh_token"], "client_id": "messaging-client", "client_secret": "secret"}
        assert post(w.at("spring", "/oauth/token"), fields).status == 400
        assert refresh(w, other["refresh_token"]).status == 200
        r = w.browser("modern").authorize(authorize_url(w), password=order.get("password", PASSWORD))
        assert "code" in r.query(), r


TAROCO = {"client_id": "5d22eb6e8b0c7ba066014398", "client_secret": "webApp"}


def at_000(w, **fields):
    return post(w.at("taroco", "/oauth/token"), {**TAROCO, **fields})


def alive_000(w, t):
    return post(w.at("taroco", "/oauth/check_token"), {"token": t["access_token"]}).status == 200


PASSWORD_GRANT = {"grant_type": "password", "username": "admin", "password": "admin"}
BACK = {"do": "user.set", "enabled": True, "locked": False, "realm": "main", "name": "admin"}


@pytest.mark.parametrize("orders", [
    [{"do": "user.set-password", "realm": "main", "name": "admin", "password": "admin"}], [{"do": "user.disable", "realm": "main", "name": "admin"}, BACK],
    [{"do": "user.set", "realm": "main", "name": "admin", "locked": True}, BACK],
    [{"do": "user.delete", "realm": "main", "name": "admin"}, {"do": "user.create", "realm": "main", "name": "admin", "password": "admin"}],
    [{"do": "client.delete", "realm": "main", "id": TAROCO["client_id"]}, {"do": "client.create", "realm": "main", "id": TAROCO["client_id"], "secret": TAROCO["client_secret"],
      "grants": "password refresh_token", "scopes": "All", "legacy": "password refresh_reuse"}],
])
def test_a_jwt_of_000_does_not_come_back(orders):
    with World("taroco") as w:
        t = at_000(w, **PASSWORD_GRANT).json()
        assert alive_000(w, t)
        for order in orders:
            assert w.control(order)["ok"]
            assert not alive_000(w, t)
        r = at_000(w, **PASSWORD_GRANT)         # at once, in the same second
        assert r.status == 200 and alive_000(w, r.json()), r


def test_a_jwt_without_any_time_works_after_its_client_was_shut_out():
    """000's JWTs say no iat; those of a client whose tokens never expire say no exp either."""
    with World("taroco") as w:
        client = TAROCO["client_id"]
        assert w.control({"do": "client.set", "realm": "main", "id": client, "access_ttl_s": 0}).get("ok")
        ask = lambda: at_000(w, grant_type="client_credentials").json()
        t = ask()
        assert not {"exp", "iat"} & set(talker_jwt.claims(t["access_token"])) and alive_000(w, t)
        assert w.control({"do": "client.set", "realm": "main", "id": client, "enabled": False})["ok"] and not alive_000(w, t)
        assert w.control({"do": "client.set", "realm": "main", "id": client, "enabled": True})["ok"]
        assert alive_000(w, ask())
        assert w.control({"do": "client.delete", "realm": "main", "id": client})["ok"] and not alive_000(w, t)


def test_a_code_of_000_that_is_replayed_ends_its_jwt():
    with World("taroco") as w:
        b = w.browser("taroco")
        target = authorize_url(w, "taroco", TAROCO["client_id"], "http://localhost:8081/demo", "/oauth/authorize", scope="All")
        b.get(target, {"Accept": "*/*"})
        b.post(w.at("taroco", "/login"), json.dumps({"username": "admin", "password": "admin"}), {"Accept": "application/json", "Content-Type": "application/json"})
        b.get(target, {"Accept": "*/*"})
        code = b.post(w.at("taroco", "/oauth/authorize"), {"user_oauth_approval": "true"}, {"Accept": "*/*"}).query()["code"]
        grant = {"grant_type": "authorization_code", "code": code, "redirect_uri": "http://localhost:8081/demo"}
        t = at_000(w, **grant).json()
        assert alive_000(w, t)
        assert at_000(w, **grant).status == 400 and not alive_000(w, t)


def test_a_new_address_puts_nobody_out():
    with fresh() as w:
        b = w.browser("modern")
        b.authorize(authorize_url(w))
        t = tokens(w)
        assert w.control({"do": "user.set", "realm": "main", "name": "alice", "email": "alice@example.com"})["ok"]
        assert logged_in(w, b) and refresh(w, t["refresh_token"]).status == 200


def test_a_deleted_or_disabled_client():
    with fresh() as w:
        t, code = tokens(w), get_code(w)
        assert w.control({"do": "client.set", "realm": "main", "id": "app", "enabled": False})["ok"]
        assert refresh(w, t["refresh_token"]).status == 401 and redeem(w, code).status == 401
        r = w.browser("modern").get(authorize_url(w))
        assert r.status == 400 and not r.location
        who = {"client": "service", "secret": SERVICE_SECRET}
        assert introspect(w, t["access_token"], **who) == {"active": False}
        assert w.control({"do": "client.set", "realm": "main", "id": "app", "enabled": True})["ok"]
        assert introspect(w, t["access_token"], **who)["active"] and refresh(w, t["refresh_token"]).status == 200
        assert w.control({"do": "client.delete", "realm": "main", "id": "app"})["ok"]
        assert introspect(w, t["access_token"], **who) == {"active": False} and refresh(w, t["refresh_token"]).status == 401
        assert w.control({"do": "realm.load", **realm()})["ok"]


def test_a_new_secret_replaces_the_remembered_one():
    with fresh() as w:
        grant = {"grant_type": "client_credentials"}
        assert post(w.at("modern", "/token"), grant, basic("service", SERVICE_SECRET)).status == 200
        new = w.control({"do": "client.rotate-secret", "realm": "main", "id": "service"})["secret"]
        assert post(w.at("modern", "/token"), grant, basic("service", SERVICE_SECRET)).status == 401
        assert post(w.at("modern", "/token"), grant, basic("service", new)).status == 200


def test_lifetimes_of_a_client_stand_above_the_issuers():
    people = realm()
    people["clients"] += [client("short", APP_SECRET, access_ttl_s=60, refresh_ttl_s=300, redirect_uris=["https://app.example/cb"], auto_approve=True, grants=["authorization_code", "refresh_token", "client_credentials"]),
                          client("endless", APP_SECRET, access_ttl_s=0, grants=["client_credentials"])]
    with fresh(realms=[people]) as w:
        r = redeem(w, w.browser("modern").authorize(authorize_url(w, client="short")).query()["code"], client="short").json()
        c = talker_jwt.claims(r["access_token"])
        assert r["expires_in"] == 60 and c["exp"] - c["iat"] == 60
        w.turn_clock(200)
        assert introspect(w, r["access_token"]) == {"active": False}
        r = refresh(w, r["refresh_token"], client="short")
        assert r.status == 200
        w.turn_clock(400)
        assert refresh(w, r.json()["refresh_token"], client="short").status == 400
        r = post(w.at("spring", "/oauth/token"), {"grant_type": "client_credentials", "client_id": "endless", "client_secret": APP_SECRET})
        assert r.order() == ["access_token", "token_type", "scope"], r
        w.turn_clock(400 * 86400)
        assert post(w.at("spring", "/oauth/check_token"), {"token": r.json()["access_token"]}).json().get("exp") is None


def test_expired_rows_are_swept_away():
    with fresh(top="store:\n  sweep_interval: 1s\nlogin:\n  rehash: false") as w:
        b = w.browser("modern")
        for _ in range(30):
            b.authorize(authorize_url(w))
        tokens(w)
        w.turn_clock(400 * 86400)
        time.sleep(2.5)
        w.stop()
        left = {t: w.rows("SELECT count(*) FROM %s" % t)[0][0] for t in ("sessions", "pendings", "codes", "families", "tokens", "approvals", "revoked_jtis")}
        w.start()
        assert not any(left.values()), left
