"""The code of another device (RFC 8628), and what an application asks through the issuer (CIBA), in Chromium: on a phone, in Chinese, without a script."""
import pytest

from talker import basic, post

from .web import APP_SECRET, fits, quiet, shot, sign_in, somebody, tick

GRANT = "urn:ietf:params:oauth:grant-type:device_code"


def begin(site):
    r = post(site.at("modern", "/device_authorization"), {"client_id": "tv", "scope": "openid read"})
    assert r.status == 200, r
    return r.json()


def tokens(site, d):
    return post(site.at("modern", "/token"), {"grant_type": GRANT, "client_id": "tv", "device_code": d["device_code"]})


def at_decision(site, b, d, typed=None):
    b.goto(d["verification_uri"])
    b.type("#user-code", typed or d["user_code"])
    b.click("#device-submit")
    b.wait(lambda b: b.has("#login-submit"))
    sign_in(b, somebody())
    b.wait(lambda b: b.has("#approve-allow"))
    assert d["user_code"] in b.text() and "Living Room" in b.text()


def test_allow_on_a_phone(site, b):
    b.phone()
    d = begin(site)
    b.goto(d["verification_uri"])
    fits(b)
    shot(b, "modern-device-phone")
    at_decision(site, b, d, d["user_code"].lower().replace("-", " "))
    fits(b)
    shot(b, "modern-device-approve-phone")
    tick(b, "read", False)
    b.click("#approve-allow")
    b.wait(lambda b: b.has("#decided"))
    fits(b)
    quiet(b)
    r = tokens(site, d)
    assert r.status == 200 and r.json()["scope"] == "openid" and r.json()["id_token"], r


def test_the_address_with_the_code_and_a_refusal_in_chinese(site, zh):
    d = begin(site)
    zh.goto(d["verification_uri_complete"])
    assert zh.one("#user-code").attr("value") == d["user_code"]
    shot(zh, "modern-device-zh")
    zh.click("#device-submit")
    zh.wait(lambda b: b.has("#login-submit"))
    sign_in(zh, somebody())
    zh.wait(lambda b: b.has("#approve-deny"))
    shot(zh, "modern-device-approve-zh")
    zh.click("#approve-deny")
    zh.wait(lambda b: b.has("#decided"))
    assert "已拒绝" in zh.text() and tokens(site, d).json()["error"] == "access_denied"
    quiet(zh)


def test_without_javascript(site, plain):
    d = begin(site)
    at_decision(site, plain, d)
    plain.click("#approve-allow")
    plain.wait(lambda b: b.has("#decided"))
    assert tokens(site, d).status == 200


def test_a_wrong_code(site, b):
    b.goto(site.at("modern", "/device"))
    b.type("#user-code", "BCDFGHJK")
    b.click("#device-submit")
    b.wait(lambda b: b.has("#device-error"))
    assert "wrong or has expired" in b.text()
    quiet(b, 400)


def test_the_picture_of_the_address(site, b):
    d = begin(site)
    b.goto(d["verification_qr_uri"])
    assert b.one("svg").displayed()


@pytest.mark.parametrize("width", [320, 390])
def test_what_an_application_asks(site, b, width):
    b.phone(width)
    who = somebody()
    r = post(site.at("modern", "/bc-authorize"), {"scope": "openid", "login_hint": who, "binding_message": "Pay 100 to Li"}, basic("bank", APP_SECRET))
    assert r.status == 200, r
    b.goto(site.at("modern", "/approvals"))
    sign_in(b, who)
    b.wait(lambda b: b.has("#approvals"))
    fits(b)
    b.click("#approvals a")
    b.wait(lambda b: b.has("#approve-allow"))
    assert b.one("#approve-message").text() == "Pay 100 to Li"
    fits(b)
    if width == 390:
        shot(b, "modern-ciba-approve-phone")
    b.click("#approve-allow")
    b.wait(lambda b: b.has("#decided"))
    r = post(site.at("modern", "/token"), {"grant_type": "urn:openid:params:grant-type:ciba", "auth_req_id": r.json()["auth_req_id"]}, basic("bank", APP_SECRET))
    assert r.status == 200, r
    b.goto(site.at("modern", "/approvals"))
    assert b.has("#approvals-none")
    quiet(b)
