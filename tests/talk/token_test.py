"""The token endpoint of the modern issuer: RFC 6749 sections 2.3, 3.2, 5, 6 and 4.1.2, RFC 9700 4.14."""
import concurrent.futures

import pytest

from talker import (SERVICE_SECRET, World, authorize_url, basic, get_code, introspect, post, redeem, refresh, tokens)


@pytest.fixture(scope="module")
def w():
    with World("modern") as world:
        yield world


# --- codes and refresh tokens ------------------------------------------------------------------------------------------------------

def test_a_replayed_code_revokes_what_it_gave(w):
    code = get_code(w)
    t = redeem(w, code).json()
    assert introspect(w, t["access_token"])["active"]
    r = redeem(w, code)
    assert r.status == 400 and r.json()["error"] == "invalid_grant"
    assert introspect(w, t["access_token"]) == {"active": False}
    assert refresh(w, t["refresh_token"]).status == 400


def test_64_threads_with_one_code_give_one_success(w):
    code = get_code(w)
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(lambda _: redeem(w, code), range(64)))
    assert sum(r.status == 200 for r in answers) == 1
    assert all(r.status in (200, 400) for r in answers)


def test_rotation_and_reuse_detection(w):
    t = tokens(w)
    second = refresh(w, t["refresh_token"]).json()
    assert second["refresh_token"] != t["refresh_token"] and second["access_token"] != t["access_token"]
    again = refresh(w, t["refresh_token"])              # within the window: the same successor
    assert again.status == 200 and again.json()["refresh_token"] == second["refresh_token"]
    third = refresh(w, second["refresh_token"]).json()
    r = refresh(w, t["refresh_token"])                  # two generations old: theft
    assert r.status == 400 and r.json()["error"] == "invalid_grant"
    assert refresh(w, third["refresh_token"]).status == 400
    assert introspect(w, third["access_token"]) == {"active": False}


def test_64_threads_refreshing_at_once_get_the_one_successor(w):
    t = tokens(w)
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(lambda _: refresh(w, t["refresh_token"]), range(64)))
    assert {r.status for r in answers} == {200}, {r.status: r.body for r in answers}
    successors = {r.json()["refresh_token"] for r in answers}
    assert len(successors) == 1 and successors != {t["refresh_token"]}
    assert refresh(w, successors.pop()).status == 200


def test_scope_narrows_for_one_access_token_only(w):
    t = tokens(w)
    narrow = refresh(w, t["refresh_token"], scope="read").json()
    assert narrow["scope"] == "read"
    assert refresh(w, narrow["refresh_token"]).json()["scope"] == "read write"
    r = refresh(w, tokens(w)["refresh_token"], scope="read openid")
    assert r.status == 400 and r.json()["error"] == "invalid_scope"


def test_a_refresh_outside_the_window_kills_the_family_and_tokens_expire():
    with World("modern") as w:
        code, t, kept = get_code(w), tokens(w), tokens(w)
        second = refresh(w, t["refresh_token"]).json()
        w.turn_clock(11)
        assert refresh(w, t["refresh_token"]).status == 400
        assert refresh(w, second["refresh_token"]).status == 400
        w.turn_clock(60)
        assert redeem(w, code).json()["error"] == "invalid_grant"
        assert introspect(w, kept["access_token"])["active"]
        w.turn_clock(3600)
        assert introspect(w, kept["access_token"]) == {"active": False}
        kept = refresh(w, kept["refresh_token"])
        assert kept.status == 200
        w.turn_clock(31 * 86400)
        assert refresh(w, kept.json()["refresh_token"]).json()["error"] == "invalid_grant"


# --- client authentication ---------------------------------------------------------------------------------------------------------

def test_client_authentication(w):
    grant = {"grant_type": "client_credentials"}
    ok = post(w.at("modern", "/token"), {**grant, "client_id": "service", "client_secret": SERVICE_SECRET})
    assert ok.status == 200
    bad = [post(w.at("modern", "/token"), {**grant, "client_id": "service", "client_secret": "wrong-secret"}),
           post(w.at("modern", "/token"), grant, basic("service", "wrong-secret")), post(w.at("modern", "/token"), grant, basic("nobody", "wrong-secret")),
           post(w.at("modern", "/token"), grant), post(w.at("modern", "/token"), {**grant, "client_id": "service"}),
           post(w.at("modern", "/token"), grant, {"Authorization": "Basic !!!"})]
    for r in bad:
        assert r.status == 401 and r.json()["error"] == "invalid_client" and r.get("WWW-Authenticate", "").startswith("Basic "), r
    assert bad[1].json() == bad[2].json()               # unknown and wrong are not told apart
    r = post(w.at("modern", "/token"), {**grant, "client_id": "service", "client_secret": SERVICE_SECRET}, basic("service", SERVICE_SECRET))
    assert r.status == 400 and r.json()["error"] == "invalid_request"
    assert post(w.at("modern", "/token"), {**grant, "client_id": "other"}, basic("service", SERVICE_SECRET)).status == 401


def test_public_client(w):
    url = authorize_url(w, client="spa", redirect_uri="https://spa.example/cb")
    code = w.browser("modern").authorize(url).query()["code"]
    r = redeem(w, code, secret=None, redirect_uri="https://spa.example/cb", client_id="spa")
    assert r.status == 200 and r.json()["refresh_token"]
    r = post(w.at("modern", "/token"), {"grant_type": "refresh_token", "refresh_token": r.json()["refresh_token"], "client_id": "spa"})
    assert r.status == 200
    assert post(w.at("modern", "/token"), {"grant_type": "client_credentials", "client_id": "spa"}).status in (400, 401)
    assert post(w.at("modern", "/introspect"), {"token": r.json()["access_token"], "client_id": "spa"}).status == 401


def test_grants_that_a_client_may_not_use(w):
    r = post(w.at("modern", "/token"), {"grant_type": "authorization_code", "code": "x"}, basic("service", SERVICE_SECRET))
    assert r.status == 400 and r.json()["error"] == "unauthorized_client"
    for grant in ("password", "implicit", "urn:x", "Client_Credentials"):
        r = post(w.at("modern", "/token"), {"grant_type": grant, "username": "alice", "password": "x"}, basic("messaging-client", "secret"))
        assert r.status == 400 and r.json()["error"] == "unsupported_grant_type", (grant, r)
