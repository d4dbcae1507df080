"""W3 in Chromium and in Firefox, with script and without: whatever a callback does next, a login and a decision end there, and no form leads elsewhere."""
import re, time

import pytest

from .web import Site, arrived, challenge, contrasts, fits, shot, sign_in, somebody

# Of each dialect: where it is asked, a client that asks for consent, one that does not, the scope of both.
WAYS = {
    "modern": ("/authorize", "app", "auto", "read"),
    "spring": ("/oauth/authorize", "app", "auto", "read"),
    "taroco": ("/oauth/authorize", "taroco", None, "All"),
    "zlt": ("/oauth/authorize", "zlt-asks", "zlt", "all"),
    "rageframe": ("/open/authorize/index", None, "rage", "basic_info"),
    "connect": ("/connect/authorize", "connect", None, "openid"),
}
FAR = "id.example.test"
IMPLICIT = {"spring": "/oauth/authorize", "taroco": "/oauth/authorize", "zlt": "/oauth/authorize", "rageframe": "/open/implicit"}


def ask(site, dialect, callback, client, path=None, **more):
    pkce = {"code_challenge": challenge(), "code_challenge_method": "S256"} if dialect == "modern" else {}
    return site.at(dialect, path or WAYS[dialect][0], **{"response_type": "code", "client_id": client, "redirect_uri": callback.url, "scope": WAYS[dialect][3],
                                                          "state": "s1", **pkce, **more})


@pytest.fixture
def hops(callback, third):
    """The callback leads to another origin, and that one to a third: localhost, 127.0.0.1, localhost at another port."""
    callback.goes["/callback"] = callback.numeric.replace("/callback", "/hop")
    callback.goes["/hop"] = third.origin + "/end"
    return third.origin + "/end"


def came(callback):
    """What the callback was asked with, and nothing twice."""
    asked = [query for _, path, query, _ in callback.seen if path == "/callback"]
    assert len(asked) == 1, callback.seen
    assert not any("Referer" in headers for _, _, _, headers in callback.seen)
    callback.seen.clear()
    return asked[0]


@pytest.mark.parametrize("dialect", WAYS)
def test_every_way_ends_where_the_callback_leads(site, each, callback, hops, dialect):
    b, (_, asks, auto, _) = each, WAYS[dialect]
    who = somebody()
    if asks:
        b.goto(ask(site, dialect, callback, asks))
        sign_in(b, who, "wrong")
        b.wait(lambda b: b.has("#login-error"))
        sign_in(b, who)
        b.wait(lambda b: b.has("#consent-deny"))
        b.click("#consent-deny")
        b.wait_url(hops)
        assert came(callback)["error"] == "access_denied"
        b.goto(ask(site, dialect, callback, asks))
        b.wait(lambda b: b.has("#consent-allow"))
        for radio in b.all("input[type=radio][value=true]"):
            radio.click()
        b.click("#consent-allow")
        b.wait_url(hops)
        got = came(callback)
        assert got["code"] and got["state"] == "s1"
        b.forget()
    if auto:
        b.goto(ask(site, dialect, callback, auto))
        sign_in(b, somebody())
        b.wait_url(hops)
        assert came(callback)["code"]
        b.goto(ask(site, dialect, callback, auto))                                      # and straight through with a session
        b.wait_url(hops)
        assert came(callback)["code"]


@pytest.mark.parametrize("dialect", IMPLICIT)
def test_tokens_in_a_fragment(site, each, callback, hops, dialect):
    b, (_, asks, auto, _) = each, WAYS[dialect]
    b.goto(ask(site, dialect, callback, auto or asks, IMPLICIT[dialect], response_type="token"))
    sign_in(b, somebody())
    b.wait(lambda b: b.url().startswith(hops) or b.has("#consent-allow"))
    if b.has("#consent-allow"):
        b.click("#consent-allow")
    assert arrived(b, hops + "#")["access_token"]                                       # a redirect without a fragment keeps it
    assert came(callback) == {}


def test_the_page_between_is_no_place_to_come_back_to(site, each, callback):
    b = each
    b.goto(ask(site, "spring", callback, "auto"))
    login = b.url()
    sign_in(b, somebody())
    b.wait_url(callback.url)
    came(callback)
    b.post("/back")
    b.wait_url(login)
    time.sleep(0.3)                                                                     # nothing goes on by itself
    assert b.url().startswith(login) and not callback.seen


@pytest.fixture(scope="module")
def far(callback):
    """Issuers that a browser takes for another machine, without TLS: it sends no Fetch metadata there."""
    with Site(callback, "spring", "zlt", "connect", host=FAR) as s:
        yield s


@pytest.mark.parametrize("browser", ["chromium", "firefox"])
@pytest.mark.parametrize("dialect", ["spring", "zlt", "connect"])
def test_over_plain_http_to_another_machine(far, browsers, foxes, callback, hops, dialect, browser):
    if browser == "firefox":
        b = foxes()
        b.chrome("Services.prefs.setStringPref('network.dns.localDomains', arguments[0])", FAR)
    else:
        b = browsers("far", flags=["--host-resolver-rules=MAP %s 127.0.0.1" % FAR])
    for client in WAYS[dialect][1:3]:
        if client is None:
            continue
        b.forget()
        b.goto(ask(far, dialect, callback, client))
        sign_in(b, somebody())
        b.wait(lambda b: b.url().startswith(hops) or b.has("#consent-deny"))
        if b.has("#consent-deny"):
            b.click("#consent-deny")
        b.wait_url(hops)
        assert ("error" if client == WAYS[dialect][1] else "code") in came(callback)


def at_the_app(b, site, callback):
    """Signed in for an application on this machine that is not there: the page between stays, with its link."""
    b.goto(ask(site, "modern", callback, "phone", redirect_uri="com.example.phone:/cb"))
    sign_in(b, somebody())
    b.wait(lambda b: b.has("#onward"))
    assert re.match(r"com\.example\.phone:/cb\?code=[\w-]+&state=s1&iss=", b.id("onward").attr("href"))
    b.wait(lambda b: b.id("onward").displayed())
    time.sleep(0.3)                                                                     # it fades in


def test_an_application_of_this_machine(site, each, callback):
    at_the_app(each, site, callback)
    assert "You are being sent on to com.example.phone:/cb." in each.text() and "code" not in each.text()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_the_page_between_looks_like(site, b, zh, callback, language):
    b = zh if language == "zh" else b
    at_the_app(b, site, callback)
    fits(b)
    assert not contrasts(b)
    shot(b, "modern-onward" + ("-zh" if language == "zh" else ""))


def test_whoever_lets_nothing_go_on_by_itself_has_a_link(site, foxes, callback, hops):
    b = foxes(script=False)
    b.chrome("Services.prefs.setBoolPref('accessibility.blockautorefresh', true)")
    try:
        b.goto(ask(site, "spring", callback, "auto"))
        sign_in(b, somebody())
        b.wait(lambda b: b.has("#onward") and b.id("onward").displayed())
        time.sleep(0.7)
        assert not callback.seen
        b.click("#onward")
        b.wait_url(hops)
        assert came(callback)["code"]
    finally:
        b.chrome("Services.prefs.clearUserPref('accessibility.blockautorefresh')")


def test_a_token_is_removed_and_the_browser_sent_on(site, each, callback, hops):
    """Manual 002: the end of a token leads back to the application."""
    b = each
    b.goto(ask(site, "zlt", callback, "zlt", response_type="token"))
    sign_in(b, somebody())
    token = arrived(b, hops + "#")["access_token"]
    came(callback)
    b.goto(site.at("zlt", "/oauth/remove/token", token=token, redirect_uri=callback.url))
    b.wait_url(hops)
    assert came(callback) == {}


def test_a_logout_ends_at_home(site, each):
    b = each
    for dialect in ("modern", "connect", "rageframe"):
        b.goto(site.at(dialect, "/login"))
        sign_in(b, somebody())
        b.wait(lambda b: b.url() == site.base[dialect] + "/")
        b.goto(site.at(dialect, "/logout"))
        b.click("#logout-confirm")
        b.wait_url(site.at(dialect, "/login"))
        assert "signed out" in b.text().lower()


# --- a foreign target ----------------------------------------------------------------------------------------------------------------

def stays(b, callback, page):
    """Press what would send the form away: the browser refuses, and nobody hears of it."""
    b.console()
    b.click("#stolen")
    time.sleep(0.3)
    assert b.url() == page and not callback.seen
    assert any("form-action" in line for line in b.console())


SMUGGLED = {
    "action": "<form method='post' action='{0}'><input name='password' value='x'><button id='stolen'>ok</button></form>",
    "get": "<form action='{0}'><input name='password' value='x'><button id='stolen'>ok</button></form>",
    "formaction": "<form method='post' action='/login'><button id='stolen' formaction='{0}'>ok</button></form>",
    "tab": "<form method='post' action='{0}' target='_blank'><button id='stolen'>ok</button></form>",
}


@pytest.mark.parametrize("browser", ["chromium", "firefox"])
def test_a_form_that_was_smuggled_in_leads_nowhere(site, browsers, foxes, callback, browser):
    """On every page with a form, in every way a form has to say where it leads."""
    b = browsers("en") if browser == "chromium" else foxes()
    b.goto(ask(site, "modern", callback, "app"))
    for place in ("login", "consent", "logout"):
        if place == "consent":
            sign_in(b, somebody())
            b.wait(lambda b: b.has("#consent-allow"))
        if place == "logout":
            b.goto(site.at("modern", "/logout"))
        page = b.url()
        for markup in SMUGGLED.values():
            b.script("document.querySelector('main').innerHTML = arguments[0]", markup.format(callback.origin + "/stolen"))
            stays(b, callback, page)
        b.goto(page)
        b.script("const f = document.querySelector('form'); f.action = arguments[0]; f.noValidate = true; f.querySelector('button').id = 'stolen'", callback.origin + "/stolen")
        stays(b, callback, page)
        b.goto(page)


@pytest.fixture(scope="module")
def spoilt(callback, tmp_path_factory):
    """An issuer whose pages hold such a form by a template: markup that nothing of ours has made."""
    folder = tmp_path_factory.mktemp("templates")
    for name, way in (("home", "action"), ("error", "get"), ("login", "formaction")):
        (folder / (name + ".html")).write_text(SMUGGLED[way].format(callback.origin + "/stolen"))
    with Site(callback, "spring", top="pages:\n  templates: %s" % folder) as s:
        yield s


@pytest.mark.parametrize("path", ["/login", "/oauth/authorize?client_id=nobody"])
def test_nor_one_that_came_with_the_page(spoilt, each, callback, path):
    b = each
    b.goto(spoilt.base["spring"] + path)
    stays(b, callback, b.url())
