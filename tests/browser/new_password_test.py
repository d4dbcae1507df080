"""A password that has expired, changed in the middle of a login in Chromium: on a phone and at a desk, in Chinese, without a script; a user of a directory too."""
import pytest

from slapd import Policed
from talker import PASSWORD, World, realm, user

from .axe_test import axe, judged  # noqa: F401 (axe is a fixture)
from .selfservice_test import looks_right

NEW = "another-battery-staple-77"
DIRECTORY = """directories:
  corp:
    urls: [%s]
    starttls: true
    ca_file: %s
    realm: main
    bind: search
    bind_dn: cn=hufu,dc=corp,dc=example
    bind_password: hufu-service
    base: dc=corp,dc=example
    password_change: modify
"""


@pytest.fixture(scope="module")
def place():
    people, slapd = realm(), Policed()
    people["users"] += [user("p%d" % i, PASSWORD, display_name="张三") for i in range(5)]
    try:
        slapd.start()
        slapd.people(dora="old", dina="old")
        there = DIRECTORY % (slapd.url, slapd.ca)
        with World("modern", realms=[people], settings={"modern": {"brand": "Example ID", "signing_alg": "ES256"}},
                   top=there + "passwords:\n  min: 10\n  history: 3\n") as w:
            for i in range(5):
                assert w.hufu("user", "set", "--realm", "main", "p%d" % i, "--must-change")[0] == 0
            yield w
    finally:
        slapd.close()


def comes_to_the_page(place, b, who, password=PASSWORD):
    b.goto(place.at("modern", "/login"))
    b.type("#username", who)
    b.type("#password", password)
    b.click("#login-submit")
    b.wait(lambda b: b.has("#new-password-form"))


def sets(b, password=NEW, again=None):
    b.type("#new-password", password)
    b.type("#new-password-again", again or password)
    b.click("#new-password-submit")


def goes_on(b, who):
    b.wait(lambda b: not b.has("#new-password-form"))
    assert who in b.text()


def test_on_a_phone(place, b):
    b.phone()
    comes_to_the_page(place, b, "p0")
    looks_right(b, "new-password-phone")
    sets(b, "1234567890")
    b.wait(lambda b: b.has("#new-password-error"))
    assert "tried first" in b.text()
    looks_right(b, "new-password-error-phone", 400)
    sets(b)
    goes_on(b, "p0")


def test_at_a_desk_in_chinese_and_dark(place, zh, b, axe):
    comes_to_the_page(place, zh, "p1")
    looks_right(zh, "new-password-zh")
    sets(zh, NEW, NEW + "x")
    zh.wait(lambda b: b.has("#new-password-error"))
    looks_right(zh, "new-password-error-zh", 400)
    sets(zh)
    goes_on(zh, "p1")
    comes_to_the_page(place, b, "p2")
    judged(b, axe, "new password")
    looks_right(b, "new-password-dark")


def test_a_directorys_user_without_a_script(place, plain):
    comes_to_the_page(place, plain, "dora", "right-word")
    looks_right(plain, "new-password-directory")
    plain.type("#current-password", "right-word")
    sets(plain, "short")
    plain.wait(lambda b: b.has("#new-password-error"))
    assert "too short" in plain.text()
    plain.type("#current-password", "right-word")
    sets(plain)
    goes_on(plain, "dora")
