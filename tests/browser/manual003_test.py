"""Manual 003 in Chromium: from the authorize URL over the pages to the code in the address bar, and its tokens."""
import re

import pytest

from .driver import Browser
from .web import CHINESE_PASSWORD, LETTERS, PASSWORD, arrived, form, quiet, sending_form, shot, sign_in, somebody, tick, token


def authorize(site, client="messaging-client", redirect_uri="http://localhost", **more):
    """The manual's own line; what else is asked for comes after it."""
    url = site.base["spring"] + "/oauth/authorize?response_type=code&client_id=%s&redirect_uri=%s" % (client, redirect_uri)
    return url + ("&" + form(more) if more else "")


def login_url(site):
    return site.base["spring"] + "/login"


def consent(b, *scopes):
    b.wait(lambda b: b.has("#consent-allow"))
    for scope in scopes:
        tick(b, scope)
    b.click("#consent-allow")


def code_in_address_bar(b):
    """Nobody listens at http://localhost: the browser shows its own error page, the address bar the code."""
    got = arrived(b, "http://localhost/?")
    assert re.fullmatch(r"[0-9A-Za-z_-]{6}", got.get("code", "")), got
    return got["code"]


def exchange(site, code):
    r = token(site, "spring", "/oauth/token?grant_type=authorization_code&code=%s&client_id=messaging-client&client_secret=secret&redirect_uri=http://localhost" % code, {})
    assert r.status == 200 and r.order() == ["access_token", "token_type", "refresh_token", "expires_in", "scope"], r
    return r.json()


def test_the_manual_from_step_1_to_8(site, b):
    b.goto(authorize(site))                                                             # 1
    assert b.url() == login_url(site)                                                   # 2
    shot(b, "003-login")
    sign_in(b, somebody())                                                              # 3
    b.wait_url(authorize(site))                                                         # 4
    assert not any(r.checked() for r in b.all("input[type=radio][value=true]"))
    shot(b, "003-consent")
    quiet(b)
    consent(b, "read", "write")                                                         # 5
    code = code_in_address_bar(b)                                                       # 6
    b.screenshot("build/screens/003-address-bar.png")
    got = exchange(site, code)                                                          # 7
    assert re.fullmatch(r"[0-9A-Za-z_-]{27}", got["access_token"]) and re.fullmatch(r"[0-9A-Za-z_-]{27}", got["refresh_token"])
    assert (got["token_type"], got["expires_in"], got["scope"]) == ("bearer", 43199, "read write")
    fields = {"grant_type": "refresh_token", "refresh_token": got["refresh_token"], "client_id": "messaging-client", "client_secret": "secret"}
    again = token(site, "spring", "/oauth/token", fields).json()                        # 8
    assert again["refresh_token"] == got["refresh_token"] and again["access_token"] != got["access_token"]


def test_signed_in_already(site, b):
    b.goto(authorize(site))
    sign_in(b, somebody())
    b.wait_url(authorize(site))
    b.goto(authorize(site, state="second"))
    assert b.url() == authorize(site, state="second") and b.has("#consent-allow")     # the approval page, no login
    consent(b, "read", "write")
    exchange(site, code_in_address_bar(b))
    b.goto(authorize(site))                                                             # approved while its tokens live
    code_in_address_bar(b)


def test_only_one_scope(site, b):
    b.goto(authorize(site))
    sign_in(b, somebody())
    consent(b, "read")
    assert exchange(site, code_in_address_bar(b))["scope"] == "read"


@pytest.mark.parametrize("button", ["consent-deny", "consent-allow"])
def test_denied(site, b, button):
    """The button that denies, and the other one with every scope left at deny."""
    b.goto(authorize(site, state="s1"))
    sign_in(b, somebody())
    b.wait(lambda b: b.has("#consent-deny"))
    b.id(button).click()
    assert arrived(b, "http://localhost/?error=") == {"error": "access_denied", "error_description": "User denied access", "state": "s1"}
    quiet(b)


def test_state_comes_back(site, b, callback):
    b.goto(authorize(site, "app", callback.url, state=LETTERS))
    sign_in(b, somebody())
    consent(b, "openid", "read")
    assert arrived(b, callback.url)["state"] == LETTERS
    quiet(b)


def test_wrong_password(site, b):
    who = somebody()
    b.goto(authorize(site))
    sign_in(b, who, "not " + PASSWORD)
    b.wait_url(login_url(site) + "?error")
    shot(b, "003-wrong-password")
    quiet(b)
    sign_in(b, who)
    b.wait_url(authorize(site))                                                         # the request was not forgotten
    consent(b, "read", "write")
    code_in_address_bar(b)


def test_auto_approved_client_comes_straight_back(site, b):
    b.goto(authorize(site, "messaging-auto"))
    sign_in(b, somebody())
    code_in_address_bar(b)
    quiet(b)
    b.goto(authorize(site, "messaging-auto", state="s2"))
    assert arrived(b, "http://localhost/?code=")["state"] == "s2"


@pytest.mark.parametrize("where", ["url", "numeric"])
@pytest.mark.parametrize("client", ["app", "auto"])
def test_the_redirect_leaves_for_the_clients_origin(site, b, callback, client, where):
    """Chromium applies form-action to the whole chain of redirects after a POST: of the consent form, and of the login form."""
    uri = getattr(callback, where)
    b.goto(authorize(site, client, uri))
    sign_in(b, somebody(), "a wrong one")
    b.wait_url(login_url(site) + "?error")
    sign_in(b, somebody())
    if client == "app":
        consent(b, "read")
    assert "code" in arrived(b, uri)
    quiet(b)


def test_an_error_after_login_goes_to_the_client(site, b, callback):
    b.goto(authorize(site, "auto", callback.url, scope="nonsense"))
    sign_in(b, somebody())
    assert arrived(b, callback.url)["error"] == "invalid_scope"
    quiet(b)


def test_implicit(site, b, callback):
    b.goto(authorize(site, "auto", callback.url).replace("response_type=code", "response_type=token"))
    sign_in(b, somebody())
    got = arrived(b, callback.url + "#access_token=")
    assert got["token_type"] == "bearer" and got["expires_in"] == "43199"
    assert callback.seen[-1][2] == {}                                                   # the client's server never saw it


def test_without_javascript(site, plain, callback):
    """All of it once more where no script runs."""
    plain.goto(callback.put("/script", "<p id=p>off</p><script>document.getElementById('p').textContent = 'on'</script>"))
    assert plain.id("p").text() == "off"
    plain.goto(authorize(site))
    shot(plain, "003-login-noscript")
    who = somebody()
    sign_in(plain, who, "wrong")
    plain.wait_url(login_url(site) + "?error")
    sign_in(plain, who)
    plain.wait_url(authorize(site))
    shot(plain, "003-consent-noscript")
    consent(plain, "read", "write")
    exchange(site, code_in_address_bar(plain))


def test_in_chinese(site, zh):
    zh.goto(authorize(site))
    shot(zh, "003-login-zh")
    sign_in(zh, "张三", "wrong")
    zh.wait_url(login_url(site) + "?error")
    shot(zh, "003-wrong-password-zh")
    sign_in(zh, "张三", CHINESE_PASSWORD)
    zh.wait_url(authorize(site))
    shot(zh, "003-consent-zh")
    consent(zh, "read", "write")
    quiet(zh)
    code_in_address_bar(zh)
    zh.goto(authorize(site, "nobody"))
    shot(zh, "003-unknown-client-zh")


def test_unknown_client_and_redirect_are_pages(site, b, callback):
    b.goto(authorize(site, "nobody"))
    sign_in(b, somebody())
    b.wait(lambda b: b.has("#error-page"))
    shot(b, "003-unknown-client")
    b.goto(authorize(site, "messaging-client", callback.origin + "/evil"))
    assert b.url().startswith(site.base["spring"])
    shot(b, "003-redirect-mismatch")
    assert not callback.seen


def test_session_cookie(site, b):
    b.goto(authorize(site))
    before = {c["name"]: c for c in b.cookies()}
    assert set(before) == {"hufu-spring-saved"}                                         # nothing is stored of a visitor
    sign_in(b, somebody())
    b.wait_url(authorize(site))
    now = {c["name"]: c for c in b.cookies()}
    c = now["hufu-spring"]
    assert c["httpOnly"] and c["sameSite"] == "Lax" and c["session"] and c["path"] == "/" and c["domain"] == "localhost", c
    assert set(now) == {"hufu-spring", "hufu-spring-saved"}                             # the nonce stays for the forms of other tabs
    assert b.script("return document.cookie") == ""
    b.goto(login_url(site))
    sign_in(b, somebody())
    b.wait(lambda b: b.url() == site.base["spring"] + "/")
    assert {c["name"]: c["value"] for c in b.cookies()}["hufu-spring"] != c["value"]    # a new id at every login


def test_sign_out(site, b):
    b.goto(authorize(site))
    sign_in(b, somebody())
    b.wait_url(authorize(site))
    b.goto(site.at("spring", "/logout"))
    assert b.url() == login_url(site) + "?logout"
    shot(b, "003-signed-out")
    b.goto(authorize(site))
    assert b.url() == login_url(site)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_login_from_another_origin_is_refused(site, b, callback, host):
    """From another port of the same host, where the browser sends SameSite cookies, and from another host."""
    page = callback.put("/attack", sending_form(login_url(site), [("username", somebody()), ("password", PASSWORD)]))
    b.goto(page.replace("localhost", host))
    b.click("#go")
    b.wait_url(site.base["spring"])
    shot(b, "003-cross-site")
    assert "hufu-spring" not in {c["name"] for c in b.cookies()}


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_consent_from_another_origin_is_refused(site, b, callback, host):
    page = callback.put("/attack", sending_form(site.at("spring", "/oauth/authorize"), [("user_oauth_approval", "true"), ("scope.read", "true"), ("authorize", "Authorize")]))
    b.goto(authorize(site))
    sign_in(b, somebody())
    b.wait_url(authorize(site))
    with b.tab():
        b.goto(page.replace("localhost", host))
        b.click("#go")
        b.wait_url(site.base["spring"])
        assert b.has("#error-page") or b.has("#login-submit")                          # refused, or without the cookie a visitor
        if host == "localhost":
            assert b.has("#error-page")
    consent(b, "read", "write")                                                         # and the request still waits
    code_in_address_bar(b)


@pytest.mark.parametrize("address", ["[::1]", "127.0.0.1"])
def test_localhost_is_either_address(site, driver, callback, address):
    b = Browser(driver, flags=["--host-resolver-rules=MAP localhost " + address])
    try:
        b.goto(authorize(site, "app", callback.url))
        sign_in(b, somebody())
        consent(b, "read")
        assert "code" in arrived(b, callback.url)
        quiet(b)
    finally:
        b.close()


def test_restarts_in_the_middle(site, b):
    b.goto(authorize(site))
    site.restart()
    sign_in(b, somebody())
    b.wait_url(authorize(site))
    site.restart()
    consent(b, "read", "write")
    code = code_in_address_bar(b)
    site.restart()
    exchange(site, code)
