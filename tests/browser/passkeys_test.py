"""Passkeys in Chromium, by its virtual authenticator (Web Authentication's WebDriver extension): made on the account page, used from the list in the
field of the user name, by the button, and beside a password; a relay from another origin."""
import pytest

import authenticator
from talker import Browser as Plain, form

from .web import PASSWORD, Site, contrasts, fits, quiet, shot, sign_in, somebody


@pytest.fixture(scope="module")
def site(callback):
    with Site(callback, "modern", "spring", settings={"modern": {"passkeys": "login"}, "spring": {"passkeys": "login"}}) as s:
        yield s


@pytest.fixture
def device(b):
    """An authenticator of this test alone."""
    id = b.authenticator()
    yield id
    b.driver.call("DELETE", b.base + "/webauthn/authenticator/" + id)


def presence(b, device, there):
    """Does somebody confirm what the browser asks for?"""
    b.cdp("WebAuthn.setAutomaticPresenceSimulation", authenticatorId=device, enabled=there)


def login_page(site, b, path="/login", dialect="modern"):
    b.goto(site.at(dialect, path))
    b.wait(lambda b: b.has("#passkey-submit") and b.one("#passkey-submit").displayed())


def enrolled(site, b, name, label="", dialect="modern"):
    """By password, then the account page's button."""
    login_page(site, b, dialect=dialect)
    sign_in(b, name)
    b.wait(lambda b: not b.has("#password"))
    b.goto(site.at(dialect, "/account/factors"))
    b.click("#factors-add-passkey")
    b.wait(lambda b: b.has("#passkey-submit") and b.one("#passkey-submit").displayed())
    b.type("#passkey-name", label)
    fits(b)
    if label:
        shot(b, "modern-passkey-create")
    assert not contrasts(b)
    b.click("#passkey-submit")
    b.wait(lambda b: b.has("code") and not b.has("#passkey-form"))
    quiet(b)


def leave(b):
    """The browser forgets who it was; the authenticator stays."""
    b.cdp("Network.clearBrowserCookies")


def is_in(site, b, name, dialect="modern"):
    b.goto(site.at(dialect, "/account/factors"))
    return "/account/factors" in b.url() and name in b.text()


@pytest.fixture
def b(browsers):
    """One of its own: where other windows have been opened before, Chromium finds no virtual authenticator."""
    return browsers("passkeys")


def test_made_and_then_offered_in_the_field_of_the_user_name(site, b, device):
    """Conditional mediation: nothing is pressed, the virtual authenticator picks from the list at once."""
    name = somebody()
    enrolled(site, b, name, "my laptop")
    assert b.credentials(device)[0]["isResidentCredential"] and b.credentials(device)[0]["rpId"] == "localhost"
    assert is_in(site, b, name)
    shot(b, "modern-passkey-listed")
    leave(b)
    b.goto(site.at("modern", "/login"))
    b.wait(lambda b: "/login" not in b.url())
    assert is_in(site, b, name)
    quiet(b)


def test_by_the_button_on_a_phone_in_an_old_dialect_too(site, b, device):
    name = somebody()
    enrolled(site, b, name, dialect="spring")
    leave(b)
    presence(b, device, False)
    b.phone()
    login_page(site, b, dialect="spring")
    assert b.one("#username").attr("autocomplete") == "username webauthn"
    shot(b, "spring-login-passkey-phone")
    fits(b)
    assert not contrasts(b)
    presence(b, device, True)
    b.click("#passkey-submit")
    b.wait(lambda b: "/login" not in b.url())
    assert is_in(site, b, name, "spring")


def test_beside_a_password_the_page_asks_for_it(site, b, device):
    name = somebody()
    enrolled(site, b, name)
    leave(b)
    presence(b, device, False)
    b.dark()
    login_page(site, b)
    sign_in(b, name)
    b.wait(lambda b: b.has("#factor-use-recovery") and b.one("#passkey-submit").displayed())
    b.wait(lambda b: not contrasts(b))
    fits(b)
    shot(b, "modern-passkey-factor-dark")
    presence(b, device, True)
    b.click("#passkey-submit")
    b.wait(lambda b: not b.has("#passkey-form"))
    assert is_in(site, b, name)


def test_a_page_that_waited_through_a_restart(site, b, device):
    name = somebody()
    enrolled(site, b, name)
    leave(b)
    presence(b, device, False)
    login_page(site, b)
    site.restart()
    presence(b, device, True)
    b.click("#passkey-submit")
    b.wait(lambda b: "/login" not in b.url())
    assert is_in(site, b, name)


def test_an_answer_that_another_origin_got_is_refused(site, b, device, callback):
    """The page of somebody in between, on another port of the same host, relays the challenge: the browser says where it was."""
    name = somebody()
    enrolled(site, b, name)
    attacker = Plain(site.base["modern"])
    said = authenticator.asked(attacker.get(site.at("modern", "/login")).text)
    b.goto(callback.put("/trap", "<p>trap</p>"))
    answer = b.post("/execute/async", {"args": [said["challenge"]], "script": """
        const done = arguments[arguments.length - 1], bytes = t => Uint8Array.from(atob(t.replace(/-/g, '+').replace(/_/g, '/')), c => c.charCodeAt(0)),
            text = b => btoa(String.fromCharCode(...new Uint8Array(b))).replace(/\\+/g, '-').replace(/\\//g, '_').replace(/=+$/, '');
        navigator.credentials.get({publicKey: {challenge: bytes(arguments[0]), rpId: 'localhost', userVerification: 'required'}}).then(c => done(JSON.stringify({
            id: text(c.rawId), clientDataJSON: text(c.response.clientDataJSON), authenticatorData: text(c.response.authenticatorData),
            signature: text(c.response.signature), userHandle: text(c.response.userHandle)})), e => done('' + e));"""})
    assert answer.startswith("{"), answer
    r = attacker.go("POST", said["action"], form({**said["fields"], "passkey": answer}), {"Content-Type": "application/x-www-form-urlencoded"})
    assert r.location.endswith("/login?error=passkey_refused"), r
    assert attacker.get(site.at("modern", "/account/factors")).status == 303


def test_without_a_script_the_rest_of_the_page_works(site, browsers):
    b = browsers("no script", script=False)
    b.goto(site.at("modern", "/login"))
    assert not b.one("#passkey-submit").displayed()
    sign_in(b, somebody(), PASSWORD)
    b.wait(lambda b: not b.has("#password"))


def test_who_declines_is_told_and_may_go_on(site, b):
    """No authenticator has one: the browser refuses, the page stays."""
    id = b.authenticator(isUserVerified=False)
    try:
        login_page(site, b)
        b.click("#passkey-submit")
        b.wait(lambda b: b.one("#passkey-failed").displayed())
        sign_in(b, somebody())
        b.wait(lambda b: not b.has("#password"))
    finally:
        b.driver.call("DELETE", b.base + "/webauthn/authenticator/" + id)
