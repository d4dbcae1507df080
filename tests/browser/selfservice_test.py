"""A forgotten password and an account of one's own in Chromium: on a phone and at a desk, in Chinese, without a script; the mail as a page."""
import re

import pytest

from gateway import Gateway
from mailbox import Mailbox
from talker import PASSWORD, World, realm, user

from .web import contrasts, fits, quiet, shot

NEW = "another-battery-staple-77"
ON = {"password_reset": "both", "self_registration": "email", "registration_fields": "name birthdate", "registration_terms": "https://example.org/terms", "email_change": True,
      "sms_gateway": "g", "brand": "Example ID", "mail_recipient_per_hour": 1000, "mail_recipient_per_day": 1000, "mail_address_per_hour": 1000}


@pytest.fixture(scope="module")
def place():
    box, gateway = Mailbox().start(), Gateway("webhook")
    people = realm()
    people["users"] += [user("p%d" % i, PASSWORD, email="p%d@people.test" % i, display_name="张三") for i in range(6)]
    try:
        with World("modern", realms=[people], settings={"modern": ON}, top=box.settings() + gateway.settings("g") + "passwords:\n  min: 10\n") as w:
            w.box = box
            yield w
    finally:
        box.close(), gateway.close()


def looks_right(b, name, status=None):
    fits(b)
    assert not contrasts(b)
    quiet(b, status)
    shot(b, name)


def asks(place, b, who, how):
    while place.box.mail(0.2):
        pass
    b.goto(place.at("modern", "/login"))
    b.click("#forgot")
    b.wait(lambda b: b.has("#identifier"))
    looks_right(b, "self-forgot" + how)
    b.type("#identifier", who)
    b.click("#self-submit")
    b.wait(lambda b: b.has("#proof-code"))
    return place.box.mail()


def sets(b, code=None, password=NEW):
    if code:
        b.type("#proof-code", code)
    b.type("#new-password", password)
    b.type("#new-password-again", password)
    b.click("#self-submit")


def comes_in(b, who):
    b.click("#self-login")
    b.wait(lambda b: b.has("#login-submit"))
    b.type("#username", who)
    b.type("#password", NEW)
    b.click("#login-submit")
    b.wait(lambda b: not b.has("#login-submit"))
    assert who in b.text()


def test_on_a_phone_by_the_link(place, b):
    b.phone()
    m = asks(place, b, "p0", "-phone")
    looks_right(b, "self-code-phone")
    b.goto(m.link)
    assert b.one("#proof-code").attr("value") == m.code
    sets(b, password="1234567890")
    b.wait(lambda b: b.has("#self-error"))
    assert "tried first" in b.text()
    looks_right(b, "self-code-error-phone", 400)
    assert b.one("#proof-code").attr("value") == m.code
    b.one("#proof-code").clear()
    sets(b, m.code)
    b.wait(lambda b: b.has("#self-login"))
    looks_right(b, "self-done-phone")
    comes_in(b, "p0")


def test_in_chinese_and_elsewhere(place, zh, plain):
    m = asks(place, zh, "p1", "-zh")
    assert m.subject == "重设 Example ID 的密码" and "张三，您好" in m.text
    plain.goto(m.link)
    plain.wait(lambda b: b.has("#self-again"))
    assert not plain.has("#new-password")
    shot(plain, "self-elsewhere")
    sets(zh, m.code)
    zh.wait(lambda b: b.has("#self-login"))
    shot(zh, "self-done-zh")
    comes_in(zh, "p1")


def test_an_account_without_a_script(place, plain):
    plain.goto(place.at("modern", "/login"))
    plain.click("#signup")
    plain.wait(lambda b: b.has("#identifier"))
    shot(plain, "self-signup")
    plain.type("#identifier", "newcomer@people.test")
    while place.box.mail(0.2):
        pass
    plain.click("#self-submit")
    plain.wait(lambda b: b.has("#proof-code"))
    plain.goto(place.box.mail().link)
    plain.type("#claim-name", "New Comer")
    plain.type("#claim-birthdate", "2001-12-31")
    plain.click("input[name=terms]")
    shot(plain, "self-signup-code")
    sets(plain)
    plain.wait(lambda b: b.has("#self-login"))
    comes_in(plain, "newcomer@people.test")
