"""form_post in Chromium and Firefox, with script and without: the page's form posts itself once, to wherever the callback then leads."""
import time

import pytest

from .web import arrived, challenge, contrasts, fits, shot, sign_in, somebody

HYBRID = ["code", "id_token", "code id_token", "code id_token token", "none"]
FIELDS = {"code": {"code"}, "id_token": {"id_token"}, "code id_token": {"code", "id_token"}, "code id_token token": {"code", "id_token", "access_token", "token_type", "expires_in"},
          "none": set()}


def ask(site, callback, client="app", **more):
    return site.at("modern", "/authorize", **{"response_type": "code", "client_id": client, "redirect_uri": callback.url, "scope": "openid read", "state": "s 1&<\"中",
                                              "nonce": "n-1", "response_mode": "form_post", "code_challenge": challenge(), "code_challenge_method": "S256", **more})


@pytest.fixture
def hops(callback, third):
    """The callback leads to another origin, and that one to a third: localhost, 127.0.0.1, localhost at another port."""
    callback.goes["/callback"] = callback.numeric.replace("/callback", "/hop")
    callback.goes["/hop"] = third.origin + "/end"
    return third.origin + "/end"


def came(callback):
    """What the callback was posted, once, by the page of the issuer."""
    asked = [(method, fields, headers) for method, path, fields, headers in callback.seen if path == "/callback"]
    assert len(asked) == 1 and asked[0][0] == "POST", callback.seen
    callback.seen.clear()
    return asked[0][1], asked[0][2]


@pytest.mark.parametrize("kind", HYBRID)
def test_the_form_posts_itself_after_each_step(site, each, callback, hops, kind):
    b = each
    b.goto(ask(site, callback, response_type=kind))
    sign_in(b, somebody())
    b.wait(lambda b: b.has("#consent-allow"))
    b.click("#consent-allow")
    press(b)
    b.wait_url(hops)
    fields, headers = came(callback)
    assert set(fields) - {"scope"} == FIELDS[kind] | {"state", "iss", "session_state"}, fields
    assert fields["state"] == "s 1&<\"中" and fields["iss"] == site.base["modern"]
    assert headers.get("Origin") == site.base["modern"] and headers.get("Referer", "") in ("", site.base["modern"] + "/")
    b.goto(ask(site, callback, response_type=kind))                                     # and straight through with a session
    press(b)
    b.wait_url(hops)
    assert FIELDS[kind] <= set(came(callback)[0])


def test_an_error_is_posted_too(site, each, callback, hops):
    b = each
    b.goto(ask(site, callback, response_type="code id_token", prompt="none"))
    press(b)
    b.wait_url(hops)
    assert came(callback)[0]["error"] == "login_required"
    b.goto(ask(site, callback, response_type="code id_token"))
    sign_in(b, somebody())
    b.wait(lambda b: b.has("#consent-deny"))
    b.click("#consent-deny")
    press(b)
    b.wait_url(hops)
    assert came(callback)[0]["error"] == "access_denied"


def press(b):
    """Where no script runs the button is there, and works."""
    if not b.runs_scripts:
        b.wait(lambda b: b.has("#form-post-submit"))
        b.click("#form-post-submit")


def test_a_double_click_and_the_way_back_give_no_code_twice(site, b, plain, callback):
    """With a script there is nothing to press twice; what a button without one sends twice is the same code, which is worth one redemption."""
    who = somebody()
    b.goto(ask(site, callback, state="s1"))
    login = b.url()
    sign_in(b, who)
    b.wait(lambda b: b.has("#consent-allow"))
    b.double_click("#consent-allow")
    b.wait_url(callback.url)
    time.sleep(0.5)
    codes = [fields["code"] for method, path, fields, _ in callback.seen if path == "/callback"]
    assert len(set(codes)) == 1, callback.seen
    callback.seen.clear()
    b.post("/back")
    time.sleep(0.7)                                                                     # wherever that is, no spent code is sent again
    assert not [fields for _, path, fields, _ in callback.seen if path == "/callback" and fields.get("code") in codes]
    assert login


def test_no_error_of_the_policy_is_on_the_console(site, b, callback, hops):
    b.goto(ask(site, callback, "auto", scope="read", response_type="code"))
    sign_in(b, somebody())
    b.wait_url(hops)
    assert came(callback)[0]["code"]
    assert not [line for line in b.console() if "Content Security Policy" in str(line)]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_the_page_looks_like_without_script(site, plain, callback, language):
    b = plain
    b.goto(ask(site, callback, "auto", scope="read", ui_locales={"en": "en", "zh": "zh-CN"}[language]))
    sign_in(b, somebody())
    b.wait(lambda b: b.has("#form-post-submit") and b.id("form-post-submit").displayed())
    time.sleep(0.3)
    assert not callback.seen
    fits(b)
    shot(b, "modern-form-post" + ("-zh" if language == "zh" else ""))
    b.click("#form-post-submit")
    b.wait_url(callback.url)
    assert came(callback)[0]["code"]
