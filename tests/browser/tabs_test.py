"""Two windows of one Chromium: each goes on with the request it was opened for, for every dialect."""
import pytest

from .onward_test import WAYS, ask
from .web import PASSWORD, arrived, quiet, sign_in, somebody


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


ASK = [d for d in WAYS if WAYS[d][1]]                                                   # which have a client that asks for consent


@pytest.mark.parametrize("order", ["the older first", "the newer first"])
@pytest.mark.parametrize("dialect", ASK)
def test_two_windows_with_consent_pages(site, b, callback, dialect, order):
    """One click in each decides its own request."""
    begin(site, b, callback, dialect, "first")
    sign_in(b, somebody())
    b.wait(lambda b: b.has("#consent-allow"))
    older = b.get("/window")
    with b.tab("window"):
        newer = b.get("/window")
        b.goto(ask(site, dialect, callback, WAYS[dialect][1], state="second"))
        b.wait(lambda b: b.has("#consent-allow"))
        for window, state in sorted([(older, "first"), (newer, "second")], key=lambda pair: pair[1], reverse=order == "the newer first"):
            b.post("/window", {"handle": window})
            finish(b, callback, state)
        b.post("/window", {"handle": newer})
    assert [query["state"] for _, path, query, _ in callback.seen if path == "/callback"] == (["first", "second"] if order == "the older first" else ["second", "first"])


def codes(callback):
    return [query["code"] for _, path, query, _ in callback.seen if path == "/callback"]


@pytest.mark.parametrize("dialect", WAYS)
def test_a_double_click_on_login_and_allow(site, b, callback, dialect):
    """Whatever of both clicks reaches the server: one login and one code."""
    begin(site, b, callback, dialect, "first")
    b.type("#username", somebody())
    b.type("#password", PASSWORD)
    b.double_click("#login-submit")
    b.wait(lambda b: b.has("#consent-allow") or b.url().startswith(callback.url))
    if b.has("#consent-allow"):
        for radio in b.all("input[type=radio][value=true]"):
            radio.click()
        b.double_click("#consent-allow")
    got = arrived(b, callback.url)
    assert got["code"] and got["state"] == "first", got
    assert len(set(codes(callback))) == 1, callback.seen
    quiet(b)


@pytest.mark.parametrize("language, words", [("en", "allow cookies for this site"), ("zh", "请允许本站点使用 Cookie")])
@pytest.mark.parametrize("dialect", WAYS)
def test_who_keeps_no_cookies_is_told(site, browsers, callback, dialect, language, words):
    b = browsers("bare-" + language, cookies=False, language={"en": "en-US,en", "zh": "zh-CN,zh"}[language])
    begin(site, b, callback, dialect, "first")
    for _ in range(2):
        b.script("document.body.dataset.before = '1'")         # the answer is another page
        sign_in(b, somebody())
        b.wait(lambda b: b.has("body:not([data-before]) #login-error"))
        assert words in b.one("#login-error").text()
    assert not codes(callback)
