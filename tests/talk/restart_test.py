"""The server is restarted in the middle of every flow, gently or by kill -9, and nobody notices."""
import signal

import pytest

from talker import APP_SECRET, PASSWORD, VERIFIER, World, authorize_url, basic, get, introspect, post, redeem, refresh, tokens

HOW = pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["term", "kill"])


@pytest.fixture(scope="module")
def w():
    with World("modern", "spring", "zlt", "taroco", "connect") as world:
        yield world


def bounce(w, how):
    status = w.stop(how)
    assert status == (0 if how == signal.SIGTERM else -9)
    w.start()


AUTHORIZE = {"modern": ("/authorize", "app", "https://app.example/cb"), "spring": ("/oauth/authorize", "messaging-client", "http://localhost"),
             "connect": ("/connect/authorize", "client1", "https://myapp.com/callback")}
TOKEN = {"modern": ("/token", APP_SECRET), "spring": ("/oauth/token", "secret"), "connect": ("/connect/token", "secret")}


@HOW
@pytest.mark.parametrize("d", list(AUTHORIZE))
def test_a_restart_after_every_step(w, d, how):
    name = "u%02d" % (list(AUTHORIZE).index(d) * 2 + (how == signal.SIGKILL))   # nobody has consented or has a token yet
    path, client, uri = AUTHORIZE[d]
    scope = {"connect": "openid profile"}.get(d, "read write")
    b = w.browser(d)
    url = authorize_url(w, d, client, uri, path, state="s 中", scope=scope, prompt="consent" if d != "spring" else None)
    page = b.follow(b.get(url))
    bounce(w, how)                                                      # before the login is posted
    r = b.login(page, name, "password")
    assert r.location == url, r
    bounce(w, how)                                                      # after the login
    page = b.get(r.location)
    assert page.form("consent-form")
    bounce(w, how)                                                      # while the consent page is open
    r = b.decide(page)
    assert r.query().get("state") == "s 中", r
    code = r.query()["code"]
    bounce(w, how)                                                      # with a code in hand
    path, secret = TOKEN[d]
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": uri, "client_id": client, "client_secret": secret}
    if d == "modern":
        fields["code_verifier"] = VERIFIER
    r = post(w.at(d, path), fields)
    assert r.status == 200, r
    bounce(w, how)                                                      # with tokens in hand
    if d == "spring":
        first = r.json()
        second = post(w.at(d, path), {"grant_type": "refresh_token", "refresh_token": first["refresh_token"], "client_id": client, "client_secret": secret})
        assert second.status == 200 and second.json()["refresh_token"] == first["refresh_token"]
        bounce(w, how)                                                  # after a refresh
        assert post(w.at(d, "/oauth/check_token"), {"token": first["access_token"]}).status == 400
        assert post(w.at(d, "/oauth/check_token"), {"token": second.json()["access_token"]}).json()["user_name"] == name
    assert post(w.at(d, path), fields).status == 400                    # the code stays spent


@HOW
def test_refresh_families(w, how):
    t = tokens(w)
    second = refresh(w, t["refresh_token"]).json()
    bounce(w, how)
    assert introspect(w, second["access_token"])["active"]
    again = refresh(w, t["refresh_token"])                              # an answer that was lost on the way
    assert again.status == 200 and again.json()["refresh_token"] == second["refresh_token"]
    third = refresh(w, second["refresh_token"]).json()
    bounce(w, how)
    assert refresh(w, t["refresh_token"]).status == 400                 # reuse is still detected, and the family ends
    bounce(w, how)
    assert refresh(w, third["refresh_token"]).status == 400
    assert introspect(w, third["access_token"]) == {"active": False}


@HOW
def test_revocation_session_and_keys(w, how):
    t, keys = tokens(w), get(w.at("modern", "/jwks")).body
    b = w.browser("modern")
    b.authorize(authorize_url(w))
    assert post(w.at("modern", "/revoke"), {"token": t["access_token"]}, basic("app", APP_SECRET)).status == 200
    bounce(w, how)
    assert introspect(w, t["access_token"]) == {"active": False} and get(w.at("modern", "/jwks")).body == keys
    assert "code" in b.get(authorize_url(w, prompt="none")).query()     # still logged in
    page = b.get(w.at("modern", "/logout"))
    bounce(w, how)
    b.submit(next(f for f in page.forms() if "logout-confirm" in f["buttons"]), "logout-confirm")
    bounce(w, how)
    assert b.get(authorize_url(w, prompt="none")).query()["error"] == "login_required"


def test_a_changed_password_holds_after_a_restart(w):
    assert w.control({"do": "user.set-password", "realm": "main", "name": "bob", "password": "a new password"})["ok"]
    bounce(w, signal.SIGKILL)
    b = w.browser("modern")
    r = b.login(b.get(w.at("modern", "/login")), "bob", "a new password")
    assert r.status == 303 and "hufu-modern" in b.cookies
    assert redeem(w, "x").status == 400
