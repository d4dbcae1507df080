"""/account/identities in Chromium: an account at a provider is connected and disconnected without any script, the page is looked at on a phone and a desk, light and dark, in
both languages, and judged by axe-core."""
import pytest

import upstreams
from .axe_test import axe, judged                                                    # noqa: F401: a fixture
from .web import Site, contrasts, fits, quiet, shot, sign_in, somebody

PAGE = "/account/identities"


@pytest.fixture(scope="module")
def place(callback):
    with upstreams.providers() as (base, stand):
        stand.walks({"openid": {"sub": "of-a-page", "name": "Bea Browser"}, "github": {"id": 4712, "login": "bea", "email": "bea@git.example"}})
        rows = {"corp": upstreams.settings(base, "openid", stand.keys, label="Staff Login", label_zh="员工账号"), "github": upstreams.settings(base, "github", stand.keys)}
        with Site(callback, "modern", top=upstreams.top(rows), settings={"modern": {"identity_providers": list(rows)}}) as site:
            yield site, stand


def at_page(site, b, name):
    b.goto(site.at("modern", PAGE))
    sign_in(b, name)
    b.wait(lambda b: b.has("#account-connect"))


def connect(b, provider, n):
    b.click("#connect-" + provider)
    b.wait(lambda b: b.has("#go-back"))                                              # on the page of the stand-in
    b.click("#go-back")
    b.wait(lambda b: b.has("#connect-yes"))
    b.click("#connect-yes")
    b.wait(lambda b: b.has("#disconnect-%d" % n))


def apart(stand, n):
    """Each test is another person there."""
    stand.walks({"openid": {"sub": "of-a-page-%d" % n, "name": "Bea Browser", "preferred_username": "bea@corp.example"}})


@pytest.mark.parametrize("look", ["desk", "phone-dark"])
def test_the_page_looks_right(place, b, zh, axe, look):
    site, stand = place
    for browser, end in ((b, ""), (zh, "-zh")):
        apart(stand, len(look) * 10 + len(end))
        at_page(site, browser, somebody())
        if look == "phone-dark":
            browser.phone()
            browser.dark()
        assert browser.has("#account-no-identities")
        connect(browser, "corp", 1)
        shot(browser, "account-identities-%s%s" % (look, end))
        fits(browser)
        assert contrasts(browser) == []
        quiet(browser)
        judged(browser, axe, "account/identities")


def test_it_is_done_without_script(place, plain):
    site, stand = place
    apart(stand, 1)
    b = plain
    at_page(site, b, somebody())
    connect(b, "corp", 1)
    assert b.has("#account-notice") and "bea@corp.example" in b.text()
    b.click("#disconnect-1")
    b.wait(lambda b: b.has("#account-no-identities"))
    assert b.has("#account-notice")
