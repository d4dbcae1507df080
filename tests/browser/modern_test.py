"""The modern issuer in Chromium: code flow with PKCE, consent by checkboxes, languages, dark, phone, own style, and what must be refused."""
import contextlib, json, urllib.parse

import pytest

from talker import basic

from .driver import Browser
from .web import APP_SECRET, LETTERS, PASSWORD, VERIFIER, Callback, Site, arrived, challenge, contrasts, fits, quiet, sending_form, shot, sign_in, somebody, tick, token

ENTER = "\ue007"


def authorize(site, uri, client="app", scope="openid read write", **more):
    return site.at("modern", "/authorize", response_type="code", client_id=client, redirect_uri=uri, scope=scope, state=LETTERS,
                   code_challenge=challenge(), code_challenge_method="S256", **more)


def at_consent(site, b, callback, name=None, **more):
    b.goto(authorize(site, callback.url, **more))
    sign_in(b, name or somebody())
    b.wait(lambda b: b.has("#consent-allow"))


def redeem(site, uri, code):
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": uri, "code_verifier": VERIFIER}
    return token(site, "modern", "/token", fields, basic("app", APP_SECRET))


def test_allow(site, b, callback):
    b.goto(authorize(site, callback.url))
    assert b.url().split("?")[0] == site.at("modern", "/login")
    shot(b, "modern-login")
    sign_in(b, somebody())
    b.wait(lambda b: b.has("#consent-allow"))
    assert all(box.checked() for box in b.all("input[type=checkbox]"))
    shot(b, "modern-consent")
    b.click("#consent-allow")
    got = arrived(b, callback.url)
    assert got["state"] == LETTERS and got["iss"] == site.base["modern"]
    quiet(b)
    r = redeem(site, callback.url, got["code"])
    assert r.status == 200 and r.json()["scope"].split() == ["openid", "read", "write"] and r.json()["token_type"] == "Bearer", r


def test_one_scope_unticked(site, b, callback):
    at_consent(site, b, callback)
    tick(b, "write", False)
    b.click("#consent-allow")
    r = redeem(site, callback.url, arrived(b, callback.url)["code"])
    assert r.json()["scope"].split() == ["openid", "read"], r


@pytest.mark.parametrize("how", ["button", "nothing ticked"])
def test_deny(site, b, callback, how):
    at_consent(site, b, callback)
    if how == "button":
        b.click("#consent-deny")
    else:
        for scope in ("openid", "read", "write"):
            tick(b, scope, False)
        b.click("#consent-allow")
    got = arrived(b, callback.url)
    assert got["error"] == "access_denied" and got["state"] == LETTERS and "code" not in got
    quiet(b)


def test_consent_is_remembered(site, b, callback):
    who = somebody()
    at_consent(site, b, callback, who, scope="openid read")
    b.click("#consent-allow")
    arrived(b, callback.url)
    b.goto(authorize(site, callback.url, scope="read"))
    assert "code" in arrived(b, callback.url)                                           # no question: it was answered
    b.goto(authorize(site, callback.url, scope="openid read", prompt="consent"))
    assert b.has("#consent-allow")
    b.goto(authorize(site, callback.url, scope="read write"))
    assert b.has("#consent-allow")                                                      # more than was allowed
    b.forget()
    b.goto(authorize(site, callback.url, scope="openid read"))
    sign_in(b, who)
    assert "code" in arrived(b, callback.url)                                           # also straight after login


def test_keyboard_alone(site, b, callback):
    b.goto(authorize(site, callback.url))
    assert b.script("return document.activeElement.id") == "username"
    b.type("#username", somebody())
    b.type("#password", PASSWORD + ENTER)
    b.wait(lambda b: b.has("#consent-allow"))
    b.one("input[type=checkbox]").type(ENTER)
    assert "code" in arrived(b, callback.url)


def test_sign_out_asks_first(site, b, callback):
    at_consent(site, b, callback)
    b.goto(site.at("modern", "/logout"))
    shot(b, "modern-logout-confirm")
    assert "hufu-modern" in {c["name"] for c in b.cookies()}
    b.click("#logout-confirm")
    b.wait(lambda b: not b.has("#logout-confirm"))
    shot(b, "modern-signed-out")
    assert "hufu-modern" not in {c["name"] for c in b.cookies()}
    quiet(b)
    b.goto(authorize(site, callback.url))
    assert b.has("#login-submit")


@pytest.mark.parametrize("name, change", [("unknown-client", {"client_id": "nobody"}), ("unregistered-redirect", {"redirect_uri": "/evil"}), ("no-client", {"client_id": ""})])
def test_error_pages_do_not_redirect(site, b, callback, name, change):
    url = urllib.parse.urlsplit(authorize(site, callback.url))
    query = dict(urllib.parse.parse_qsl(url.query))
    query.update({k: callback.origin + v if v.startswith("/") else v for k, v in change.items()})
    b.goto(site.at("modern", "/authorize", **query))
    assert b.url().startswith(site.base["modern"]) and not callback.seen
    shot(b, "modern-" + name)


def test_errors_that_do(site, b, callback):
    b.goto(authorize(site, callback.url).replace("S256", "S257"))
    got = arrived(b, callback.url)
    assert got["error"] == "invalid_request" and got["state"] == LETTERS and got["iss"] == site.base["modern"]
    b.goto(authorize(site, callback.url, scope="nonsense"))
    assert arrived(b, callback.url + "?error")["error"] == "invalid_scope"


def test_wrong_password_and_home(site, b):
    b.goto(site.base["modern"] + "/")
    shot(b, "modern-home")
    b.goto(site.at("modern", "/login"))
    sign_in(b, somebody(), "wrong")
    b.wait_url(site.at("modern", "/login") + "?error")
    shot(b, "modern-wrong-password")
    sign_in(b, "disabled")
    b.wait_url(site.at("modern", "/login") + "?error")
    assert b.id("login-error").text() == "Wrong user name or password."                # what is wrong with an account is said after the right one
    who = somebody()
    sign_in(b, who)
    b.wait(lambda b: b.url() == site.base["modern"] + "/")
    shot(b, "modern-home-signed-in")
    quiet(b)


def test_language_switch(site, b, callback):
    b.goto(authorize(site, callback.url))
    b.click("a[hreflang='zh-CN']")
    b.wait(lambda b: b.one("html").attr("lang") == "zh-CN")
    shot(b, "modern-login-switched")
    sign_in(b, somebody(), "wrong")
    b.wait(lambda b: b.has("#login-error"))
    assert b.id("login-error").text() == "用户名或密码错误。"                              # the choice is kept
    sign_in(b, somebody())
    b.wait(lambda b: b.has("#consent-allow"))
    shot(b, "modern-consent-switched")
    b.click("a[hreflang='en']")
    b.wait(lambda b: b.one("html").attr("lang") == "en")
    b.click("#consent-allow")
    assert arrived(b, callback.url)["state"] == LETTERS
    quiet(b)


def test_language_asked_for(site, b, zh, callback):
    b.goto(authorize(site, callback.url, ui_locales="zh-CN en"))
    b.wait(lambda b: b.one("html").attr("lang") == "zh-CN")
    zh.goto(authorize(site, callback.url))
    assert zh.one("html").attr("lang") == "zh-CN"
    zh.goto(authorize(site, callback.url, ui_locales="en"))
    assert zh.one("html").attr("lang") == "en"


def test_traditional_chinese(site, tw, callback):
    tw.goto(authorize(site, callback.url))
    shot(tw, "modern-login-tw")
    fits(tw)
    sign_in(tw, somebody())
    tw.wait(lambda b: b.has("#consent-allow"))
    shot(tw, "modern-consent-tw")
    tw.click("#consent-allow")
    assert arrived(tw, callback.url)["state"] == LETTERS
    tw.goto(site.at("modern", "/account"))
    shot(tw, "account-home-tw")
    fits(tw)
    quiet(tw)


def each_page(site, b, callback, visit):
    b.goto(site.at("modern", "/login") + "?error")
    visit("login")
    sign_in(b, somebody())
    b.wait(lambda b: b.url() == site.base["modern"] + "/")
    visit("home")
    b.goto(authorize(site, callback.url, scope="openid profile read write"))
    visit("consent")
    b.goto(authorize(site, callback.url, client="nobody"))
    visit("error")
    b.goto(site.at("modern", "/logout"))
    visit("logout")
    quiet(b, 400)


def test_dark(site, b, callback):
    b.dark()

    def visit(name):
        light = [int(v) for v in b.one("main").style("background-color")[5:-1].replace(" ", "").split(",")[:3]]
        assert max(light) < 80, light
        assert not contrasts(b)
        if name in ("login", "consent", "error"):
            shot(b, "modern-%s-dark" % name)

    each_page(site, b, callback, visit)


def test_light_is_readable(site, b, callback):
    each_page(site, b, callback, lambda name: contrasts(b) and pytest.fail(str(contrasts(b))))


@pytest.mark.parametrize("width", [390, 320])
def test_phone(site, b, callback, width):
    b.phone(width)

    def visit(name):
        fits(b)
        if width == 390 and name in ("login", "consent", "error"):
            shot(b, "modern-%s-phone" % name)

    each_page(site, b, callback, visit)


def test_without_javascript(site, plain, callback):
    plain.goto(authorize(site, callback.url))
    sign_in(plain, somebody())
    plain.wait(lambda b: b.has("#consent-allow"))
    tick(plain, "write", False)
    plain.click("#consent-allow")
    assert redeem(site, callback.url, arrived(plain, callback.url)["code"]).json()["scope"] == "openid read"


def test_native_application_on_a_port_of_its_own(site, b):
    with contextlib.closing(Callback()) as other:
        for client in ("auto", "app"):
            b.forget()
            b.goto(authorize(site, other.numeric, client, scope="read"))
            sign_in(b, somebody())
            if client == "app":
                b.wait(lambda b: b.has("#consent-allow"))
                b.click("#consent-allow")
            assert "code" in arrived(b, other.numeric)
            quiet(b)


FETCH = """const r = await fetch(%s, {method: 'POST', body: new URLSearchParams(%s)}); return [r.status, await r.text()]"""


def test_page_of_the_client_fetches_its_token(site, b, callback):
    """A single-page application: its own script calls the token endpoint; CORS lets only its origin read the answer."""
    b.goto(authorize(site, callback.url, "spa", scope="read"))
    sign_in(b, somebody())
    code = arrived(b, callback.url)["code"]
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": callback.url, "code_verifier": VERIFIER, "client_id": "spa"}
    status, text = b.script(FETCH % (json.dumps(site.at("modern", "/token")), json.dumps(fields)))
    assert status == 200 and json.loads(text)["scope"] == "read"
    keys = b.script("return (await fetch(%s)).json()" % json.dumps(site.at("modern", "/jwks")))
    assert keys["keys"]
    b.goto(callback.numeric)                                                            # the same page at another origin
    with pytest.raises(Exception, match="Failed to fetch"):
        b.script(FETCH % (json.dumps(site.at("modern", "/token")), json.dumps(fields)))
    with pytest.raises(Exception, match="Failed to fetch"):
        b.script("return (await fetch(%s)).text()" % json.dumps(authorize(site, callback.url)))


def test_not_in_a_frame(site, b, callback):
    b.goto(callback.put("/frame", "<iframe id=i src='%s'></iframe>" % site.at("modern", "/login")))
    b.wait(lambda b: any("frame" in line for line in b.console()))
    frame = b.post("/element", {"using": "css selector", "value": "#i"})
    b.post("/frame", {"id": frame})
    assert not b.has("#username")
    b.post("/frame", {"id": None})


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
@pytest.mark.parametrize("path", ["/login", "/consent", "/logout"])
def test_forms_of_other_origins_are_refused(site, b, callback, path, host):
    at_consent(site, b, callback)
    request = b.one("input[name=pending_request]").attr("value")
    page = callback.put("/attack", sending_form(site.at("modern", path), [("username", somebody()), ("password", PASSWORD), ("pending_request", request),
                                                                           ("user_oauth_approval", "true"), ("scope.read", "true"), ("decision", "allow")]))
    before = {c["name"]: c["value"] for c in b.cookies()}["hufu-modern"]
    callback.seen.clear()
    with b.tab():
        b.goto(page.replace("localhost", host))
        b.click("#go")
        b.wait_url(site.base["modern"])
        assert not [s for s in callback.seen if "code" in s[2]]
        assert {c["name"]: c["value"] for c in b.cookies()}["hufu-modern"] == before
    b.click("#consent-allow")                                                           # nothing was changed
    assert "code" in arrived(b, callback.url)


@pytest.fixture
def styled(callback, tmp_path):
    """An issuer with a style sheet of its own and a folder with one template."""
    (tmp_path / "house.css").write_text(":root { --hufu-accent: #7a1fa2; --hufu-radius: 0px }\n")
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "logged_out.html").write_text("<h1 id=\"logged-out\">bye</h1>\n")
    (folder / "home.html").write_text("<h1 id=\"own-home\">House of {{issuer_name}}</h1>\n")
    top = "pages:\n  templates: %s" % folder
    with Site(callback, "modern", settings={"modern": {"brand": "小店 & <Söhne>", "css_file": str(tmp_path / "house.css")}}, top=top) as s:
        yield s


def test_own_style_and_templates(styled, b, callback):
    b.goto(authorize(styled, callback.url))
    assert b.id("login-submit").style("background-color") == "rgba(122, 31, 162, 1)" and b.id("login-submit").style("border-radius") == "0px"
    shot(b, "modern-own-style")
    b.goto(styled.base["modern"] + "/")
    shot(b, "modern-own-template")
    quiet(b)
