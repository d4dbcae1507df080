"""Codes by text message and by mail as second factors in Chromium: on a phone, in Chinese in the dark, without a script."""
import pytest

from gateway import Gateway
from mailbox import Mailbox
from talker import PASSWORD, World, realm, user

from .web import contrasts, fits, quiet, shot

ON = {"second_factor_kinds": "totp sms mail", "sms_gateway": "g", "brand": "Example ID", "mail_recipient_per_hour": 1000, "mail_recipient_per_day": 1000}


@pytest.fixture(scope="module")
def place():
    box, gateway = Mailbox().start(), Gateway("webhook")
    people = realm()
    people["users"] += [user("p%d" % i, PASSWORD, email="p%d@people.test" % i, phone="+491510000%03d" % i) for i in range(4)]
    try:
        with World("modern", realms=[people], settings={"modern": ON}, top=box.settings() + gateway.settings("g")) as w:
            w.code = {"sms": gateway.code, "mail": lambda: box.mail().code}
            yield w
    finally:
        box.close(), gateway.close()


def looks_right(b, name, status=None):
    fits(b)
    assert contrasts(b) == []
    quiet(b, status)
    shot(b, name)


def comes_in(place, b, who, path="/login"):
    b.goto(place.at("modern", path))
    b.wait(lambda b: b.has("#login-submit"))
    b.type("#username", who)
    b.type("#password", PASSWORD)
    b.click("#login-submit")
    b.wait(lambda b: not b.has("#login-submit"))


def sets_up(place, b, who, kind, how):
    comes_in(place, b, who, "/account/factors")
    b.wait(lambda b: b.has("#factors-add-" + kind))
    looks_right(b, "message-factors-none" + how)
    b.click("#factors-add-" + kind)
    b.wait(lambda b: b.has("#enrol-send"))
    assert not b.has("#factor-code")
    looks_right(b, "message-enrol" + how)
    b.click("#enrol-send")
    b.wait(lambda b: b.has("#factor-code"))
    looks_right(b, "message-enrol-code" + how)
    b.type("#factor-code", place.code[kind]())
    b.click("#enrol-submit")
    b.wait(lambda b: b.has("#recovery-on"))
    b.click("#recovery-on")
    b.wait(lambda b: b.has("#recovery-left"))
    looks_right(b, "message-factors" + how)


def shows(place, b, who, kind, how):
    b.forget()
    comes_in(place, b, who)
    b.wait(lambda b: b.has("#factor-send"))
    looks_right(b, "message-factor" + how)
    b.click("#factor-send")
    b.wait(lambda b: b.has("#factor-code"))
    looks_right(b, "message-factor-code" + how)
    b.click("#factor-send")
    b.wait(lambda b: b.has("#factor-error"))
    looks_right(b, "message-factor-soon" + how, 429)
    b.type("#factor-code", place.code[kind]())
    b.click("#factor-submit")
    b.wait(lambda b: not b.has("#factor-code"))
    assert who in b.text()


def test_by_text_message_on_a_phone(place, b):
    b.phone()
    sets_up(place, b, "p0", "sms", "-phone")
    shows(place, b, "p0", "sms", "-phone")


def test_by_mail_in_chinese_in_the_dark(place, zh):
    zh.dark()
    sets_up(place, zh, "p1", "mail", "-zh")
    shows(place, zh, "p1", "mail", "-zh")
    zh.dark(False)


def test_without_a_script(place, plain):
    sets_up(place, plain, "p2", "mail", "-desk")
    shows(place, plain, "p2", "mail", "-desk")
