"""The pages of an account in Chromium: on a phone and a desk, light and dark, in both languages, with and without script."""
import pytest

from .web import PASSWORD, arrived, contrasts, fits, quiet, shot, sign_in, somebody
from .modern_test import at_consent

PAGES = {"": "home", "/profile": "profile", "/password": "password", "/sessions": "sessions", "/applications": "applications", "/data": "data", "/delete": "delete"}


def with_something(site, b, callback):
    """Somebody with an application and two sessions."""
    name = somebody()
    at_consent(site, b, callback, name)
    b.click("#consent-allow")
    arrived(b, callback.url)
    b.forget()
    b.goto(site.at("modern", "/account"))
    sign_in(b, name)
    b.wait(lambda b: b.has("#account-who"))
    return name


@pytest.mark.parametrize("look", ["desk", "phone-dark"])
def test_each_page_looks_right(site, b, zh, callback, look):
    for browser, end in ((b, ""), (zh, "-zh")):
        with_something(site, browser, callback)
        if look == "phone-dark":
            browser.phone()
            browser.dark()
        for path, word in PAGES.items():
            browser.goto(site.at("modern", "/account" + path))
            browser.wait(lambda b: b.has("#account-who"))
            shot(browser, "account-%s-%s%s" % (word, look, end))
            fits(browser)
            assert contrasts(browser) == []
            quiet(browser)


def test_it_leads_to_the_factors_and_back(site, plain):
    b = plain
    b.phone()
    b.goto(site.at("modern", "/account"))
    sign_in(b, somebody())
    b.wait(lambda b: b.has("#account-who"))
    b.click(".account-link[href$='/factors']")
    b.wait(lambda b: b.has("#factors-add"))
    fits(b)
    assert contrasts(b) == []
    shot(b, "account-factors-phone")
    b.click("#account-back")
    b.wait(lambda b: b.has(".account-link"))


def test_everything_is_done_without_script(site, plain, callback):
    b = plain
    name = somebody()
    b.goto(site.at("modern", "/account/profile"))
    sign_in(b, name)
    b.wait(lambda b: b.has("#account-save"))
    b.type("[id='claim-nickname']", "Nick 上海")
    b.click("#account-save")
    b.wait(lambda b: b.has("#account-notice"))
    assert b.one("[id='claim-nickname']").attr("value") == "Nick 上海"
    b.type("[id='claim-website']", "nonsense")
    b.one("[id='claim-website']").clear()
    b.click(".account-nav a[href$='/password']")
    b.type("#current-password", PASSWORD)
    b.type("#new-password", "short-one")
    b.type("#new-password-again", "shorter-one")
    b.click("#account-password-save")
    b.wait(lambda b: b.has("#account-error"))
    for field, text in (("#current-password", PASSWORD), ("#new-password", "a better one 上海"), ("#new-password-again", "a better one 上海")):
        b.type(field, text)
    b.click("#account-password-save")
    b.wait(lambda b: b.has("#account-notice"))
    b.click(".account-nav a[href$='/delete']")
    b.type("#account-name-again", name)
    b.type("#current-password", "a better one 上海")
    b.click("#account-delete")
    b.wait(lambda b: b.has("#account-deleted"))
    shot(b, "account-deleted")
    b.goto(site.at("modern", "/account"))
    assert b.has("#login-submit")


def test_a_fresh_login_is_asked_for_and_leads_back(site, b):
    name = somebody()
    b.goto(site.at("modern", "/account"))
    sign_in(b, name)
    b.wait(lambda b: b.has("#account-who"))
    site.turn_clock(400)
    b.click(".account-list a[href$='/data']")
    b.wait(lambda b: b.has("#login-submit"))
    sign_in(b, name)
    b.wait(lambda b: b.has("#account-download"))
    assert b.url() == site.at("modern", "/account/data")
    quiet(b)


def test_an_application_is_withdrawn_and_a_session_ended(site, b, callback):
    with_something(site, b, callback)
    b.goto(site.at("modern", "/account/applications"))
    assert "Photo Album" in b.text()
    b.click("#withdraw-1")
    b.wait(lambda b: b.has("#account-notice"))
    assert "Photo Album" not in b.text()
    b.goto(site.at("modern", "/account/sessions"))
    b.click("#session-end-others")
    b.wait(lambda b: b.has("#account-notice"))
    assert not b.has("#session-end-others") and "Chrome · Linux" in b.text()
    quiet(b)
