"""Logins of others in Chromium and Firefox, with script and without: a provider that answers by GET, one that posts its answer from another site, and the page that
connects an account."""
import pytest

import upstreams
from .web import PASSWORD, Site, arrived, challenge, fits, shot, somebody

PERSON = {"sub": "of-a-browser", "name": "Bea Browser", "email": "bea@corp.example", "email_verified": True, "first": "Bea", "last": "Apple"}


@pytest.fixture(scope="module")
def place(callback):
    with upstreams.providers() as (base, stand):
        stand.walks({"openid": PERSON, "apple": {**PERSON, "email": "bea@apple.example"}})
        rows = {p: upstreams.settings(base, p, stand.keys) for p in ("openid", "apple", "wechat")}
        rows["known"] = upstreams.settings(base, "openid", stand.keys, create_users=False, label="Staff Login", label_zh="员工账号")
        with Site(callback, "modern", top=upstreams.top(rows), settings={"modern": {"identity_providers": list(rows)}}) as site:
            yield site, stand


def ask(site, callback):
    return site.at("modern", "/authorize", response_type="code", client_id="auto", redirect_uri=callback.url, scope="read", state="s1", code_challenge=challenge(), code_challenge_method="S256")


@pytest.mark.parametrize("provider", ["openid", "apple"])
def test_a_button_leads_there_and_back(place, each, callback, provider):
    site, stand = place
    each.goto(ask(site, callback))
    each.click("#with-" + provider)
    each.wait(lambda x: x.has("#go-back"))                                           # on the page of the stand-in
    each.click("#go-back")
    assert "code" in arrived(each, callback.url), each.source


def test_the_page_that_connects(place, b, zh, callback):
    site, stand = place
    for browser, name in ((b, "en"), (zh, "zh")):
        browser.goto(ask(site, callback))
        assert browser.has("#with-known") and browser.one("#with-known").text() == ("Sign in with Staff Login" if name == "en" else "使用员工账号登录")
        shot(browser, "login-with-" + name)
        browser.click("#with-known")
        browser.wait(lambda x: x.has("#go-back"))
        browser.click("#go-back")
        browser.wait(lambda x: x.has("#link-submit"))
        shot(browser, "link-" + name)
        fits(browser)
    b.type("#username", somebody())
    b.type("#password", PASSWORD)
    b.click("#link-submit")
    assert "code" in arrived(b, callback.url)


def test_who_stops_there_reads_so(place, b, callback):
    site, stand = place
    b.goto(ask(site, callback))
    b.click("#with-openid")
    b.wait(lambda x: x.has("#go-back"))
    there = b.one("#go-back").attr("href")
    b.goto(there.replace("code=", "error=access_denied&was="))
    b.wait(lambda x: x.has("#login-error"))
    shot(b, "login-with-failed")
