"""The pages of the other manuals' issuers in Chromium, each ending at the client's own origin with what its manual says."""
import pytest

from talker import basic

from .web import APP_SECRET, LETTERS, arrived, quiet, shot, sign_in, somebody, token


def allow(b):
    b.wait(lambda b: b.has("#consent-allow"))
    b.click("#consent-allow")


def test_taroco(site, b, callback):
    """Manual 000: the login is the front page; consent is a page of its own with yes and no."""
    b.goto(site.at("taroco", "/oauth/authorize", response_type="code", client_id="taroco", redirect_uri=callback.url, state=LETTERS))
    assert b.url() == site.base["taroco"] + "/"
    shot(b, "taroco-login")
    sign_in(b, somebody())
    b.wait_url(site.base["taroco"] + "/confirm_access?")
    shot(b, "taroco-consent")
    quiet(b)
    allow(b)
    got = arrived(b, callback.url)
    assert got["state"] == LETTERS
    quiet(b)
    r = token(site, "taroco", "/oauth/token", {"grant_type": "authorization_code", "code": got["code"], "redirect_uri": callback.url, "client_id": "taroco", "client_secret": APP_SECRET})
    assert r.status == 200 and r.json()["license"] == "made by taroco", r


def test_taroco_asks_about_the_request_that_waits(site, b, callback):
    """The address of the consent page names a client; what is shown, and allowed, is the request itself."""
    b.goto(site.at("taroco", "/oauth/authorize", response_type="code", client_id="taroco", redirect_uri=callback.url))
    sign_in(b, somebody())
    b.wait_url(site.base["taroco"] + "/confirm_access?")
    b.goto(site.at("taroco", "/confirm_access", clientId="app", scope="openid", appName="Bank", redirectUri="https://bank.example/"))
    assert "Taroco 应用 wants" in b.text() and "Photo Album" not in b.text() and "Bank" not in b.text()


def test_taroco_wrong_password_and_deny(site, b, callback):
    b.goto(site.at("taroco", "/oauth/authorize", response_type="code", client_id="taroco", redirect_uri=callback.url, state="s1"))
    sign_in(b, somebody(), "wrong")
    b.wait_url(site.base["taroco"] + "/?error")
    shot(b, "taroco-wrong-password")
    sign_in(b, somebody())
    b.wait(lambda b: b.has("#consent-deny"))
    b.click("#consent-deny")
    got = arrived(b, callback.url)
    assert got["error"] == "access_denied" and got["state"] == "s1"
    quiet(b)


@pytest.mark.parametrize("client", ["zlt", "zlt-asks"])
def test_zlt(site, b, callback, client):
    """Manual 002: /api-uaa/login.html, POST /user/login; its clients are auto-approved as a rule."""
    b.goto(site.at("zlt", "/oauth/authorize", client_id=client, redirect_uri=callback.url, response_type="code", scope="all", state="s1"))
    assert b.url() == site.base["zlt"] + "/login.html"
    if client == "zlt":
        sign_in(b, somebody(), "wrong")
        b.wait_url(site.base["zlt"] + "/login.html?error")
        shot(b, "zlt-wrong-password")
    else:
        shot(b, "zlt-login")
    sign_in(b, somebody())
    if client == "zlt-asks":
        b.wait(lambda b: b.has("#consent-allow"))
        shot(b, "zlt-consent")
        b.click("input[type=radio][value=true]")
        allow(b)
    got = arrived(b, callback.url)
    assert got["state"] == "s1"
    quiet(b)
    assert {c["path"] for c in b.cookies()} == {"/api-uaa"}
    r = token(site, "zlt", "/oauth/token", {"grant_type": "authorization_code", "code": got["code"], "redirect_uri": callback.url}, basic(client, APP_SECRET))
    assert r.status == 200 and r.json()["scope"] == "all", r


def test_zlt_implicit(site, b, callback):
    b.goto(site.at("zlt", "/oauth/authorize", client_id="zlt", redirect_uri=callback.url, response_type="token", scope="all"))
    sign_in(b, somebody())
    assert arrived(b, callback.url + "#access_token=")["token_type"] == "bearer"
    quiet(b)


def test_rageframe(site, b, callback):
    """Manual 001: fields LoginForm[username] and LoginForm[password], no consent page."""
    b.goto(site.at("rageframe", "/open/authorize/index", response_type="code", client_id="rage", redirect_uri=callback.url, state=LETTERS))
    assert b.id("username").attr("name") == "LoginForm[username]" and b.id("password").attr("name") == "LoginForm[password]"
    shot(b, "rageframe-login")
    sign_in(b, somebody(), "wrong")
    b.wait(lambda b: b.has("#login-error"))
    sign_in(b, somebody())
    got = arrived(b, callback.url)
    assert got["state"] == LETTERS
    quiet(b)
    fields = {"grant_type": "authorization_code", "client_id": "rage", "client_secret": APP_SECRET, "redirect_uri": callback.url, "code": got["code"]}
    r = token(site, "rageframe", "/oauth2/authorize", fields)
    assert r.json()["code"] == 200 and r.json()["data"]["token_type"] == "Bearer", r


def test_rageframe_implicit(site, b, callback):
    b.goto(site.at("rageframe", "/open/implicit", response_type="token", client_id="rage", redirect_uri=callback.url, state="s1"))
    sign_in(b, somebody())                                                              # never without a user
    got = arrived(b, callback.url + "#access_token=")
    assert got["token_type"] == "Bearer" and got["state"] == "s1"
    quiet(b)


def test_connect(site, b, callback):
    b.goto(site.at("connect", "/connect/authorize", response_type="code", client_id="connect", redirect_uri=callback.url, scope="openid profile", state=LETTERS, nonce="n1"))
    shot(b, "connect-login")
    sign_in(b, somebody())
    b.wait(lambda b: b.has("#consent-allow"))
    shot(b, "connect-consent")
    allow(b)
    got = arrived(b, callback.url)
    assert got["state"] == LETTERS
    quiet(b)
    fields = {"grant_type": "authorization_code", "client_id": "connect", "client_secret": APP_SECRET, "redirect_uri": callback.url, "code": got["code"]}
    r = token(site, "connect", "/connect/token", fields)
    assert r.status == 200 and r.json()["token_type"] == "Bearer" and r.json()["id_token"], r


PATHS = {"spring": "/oauth/authorize", "taroco": "/oauth/authorize", "zlt": "/oauth/authorize", "rageframe": "/open/authorize/index", "connect": "/connect/authorize"}


@pytest.mark.parametrize("dialect", PATHS)
def test_without_javascript_and_in_chinese(site, plain, zh, callback, dialect):
    client = {"spring": "auto", "taroco": "taroco", "zlt": "zlt", "rageframe": "rage", "connect": "connect"}[dialect]
    for b in (plain, zh):
        b.goto(site.at(dialect, PATHS[dialect], response_type="code", client_id=client, redirect_uri=callback.url, state="s1"))
        assert b.one("html").attr("lang") == ("zh-CN" if b is zh else "en")
        sign_in(b, somebody())
        b.wait(lambda b: b.has("#consent-allow") or b.url().startswith(callback.url))
        if b.has("#consent-allow"):
            allow(b)
        assert arrived(b, callback.url)["state"] == "s1"


@pytest.mark.parametrize("dialect", PATHS)
def test_errors_are_pages(site, b, callback, dialect):
    """An unknown client never makes a redirect; what is shown is a page, or the JSON of a dialect whose front end shows errors."""
    b.goto(site.at(dialect, PATHS[dialect], response_type="code", client_id="nobody", redirect_uri=callback.url, state="s1"))
    if b.has("#login-submit"):
        sign_in(b, somebody())
        b.wait(lambda b: not b.has("#login-submit"))
    assert b.url().startswith(site.base[dialect]) and not callback.seen
    if dialect != "taroco":
        shot(b, dialect + "-unknown-client")


def test_issuers_do_not_share_sessions(site, b, callback):
    """All issuers stand at localhost, and cookies ignore ports: the issuer's name in the cookie keeps them apart."""
    for dialect, path in PATHS.items():
        client = {"spring": "app", "taroco": "taroco", "zlt": "zlt", "rageframe": "rage", "connect": "connect"}[dialect]
        b.goto(site.at(dialect, path, response_type="code", client_id=client, redirect_uri=callback.url))
        assert b.has("#login-submit"), dialect
        sign_in(b, somebody())
        b.wait(lambda b: not b.has("#login-submit"))
    assert {"hufu-" + d for d in PATHS} <= {c["name"] for c in b.cookies()}
