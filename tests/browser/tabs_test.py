"""Two windows of one Chromium: each goes on with the request it was opened for, for every dialect."""
import pytest

from .onward_test import WAYS, ask
from .web import arrived, quiet, sign_in, somebody


def begin(site, b, callback, dialect, state):
    """A login page of that request."""
    _, asks, auto, _ = WAYS[dialect]
    b.goto(ask(site, dialect, callback, asks or auto, state=state))
    assert b.has("#login-submit")


def finish(b, callback, state):
    """Consent where it is asked, then the application with this window's own state."""
    b.wait(lambda b: b.has("#consent-allow") or b.url().startswith(callback.url))
    if b.has("#consent-allow"):
        for radio in b.all("input[type=radio][value=true]"):
            radio.click()
        b.click("#consent-allow")
    got = arrived(b, callback.url)
    assert got["code"] and got["state"] == state, got


@pytest.mark.parametrize("dialect", WAYS)
def test_two_windows_with_login_pages(site, b, callback, dialect):
    who = somebody()
    begin(site, b, callback, dialect, "first")
    with b.tab("window"):
        begin(site, b, callback, dialect, "second")
        sign_in(b, who, "wrong")
        b.wait(lambda b: b.has("#login-error"))
        sign_in(b, who)
        finish(b, callback, "second")
    sign_in(b, who)                                                                     # the older one, where somebody is logged in now
    finish(b, callback, "first")
    quiet(b)


@pytest.mark.parametrize("dialect", WAYS)
def test_back_to_the_login_page_of_the_older_window(site, b, callback, dialect):
    """The page is asked for anew, and is about what it was about; one that stood beside another also when all is done."""
    who = somebody()
    begin(site, b, callback, dialect, "first")
    page = b.url()
    assert "saved_request" not in page                                                  # as the manuals print it
    b.goto("about:blank")
    with b.tab("window"):
        begin(site, b, callback, dialect, "second")
        beside = b.url()
        assert beside.startswith(page) and "saved_request=" in beside
        b.post("/refresh")
        sign_in(b, who)
        finish(b, callback, "second")
    b.post("/back")
    assert b.url() == page or dialect == "taroco"
    if b.has("#login-submit"):                                                          # one has no page to log in for who has
        sign_in(b, who)
    finish(b, callback, "first")
    b.goto(beside)
    if b.has("#login-submit"):
        sign_in(b, who)
    finish(b, callback, "second")


@pytest.mark.parametrize("dialect", WAYS)
def test_a_window_whose_cookies_are_gone(site, b, callback, dialect):
    """As one that waited until they ended: the page leads on, about its own request."""
    who = somebody()
    begin(site, b, callback, dialect, "first")
    b.cdp("Network.clearBrowserCookies")
    with b.tab("window"):
        begin(site, b, callback, dialect, "second")
        sign_in(b, who)
        finish(b, callback, "second")
    sign_in(b, who)
    finish(b, callback, "first")
