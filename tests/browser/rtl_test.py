"""A language that is written from right to left, of the operator's own file, in Chromium: the layout is turned round on a phone and a desk, codes and numbers are not, and axe-core
finds nothing."""
import re, subprocess

import pytest

from server import BUILD
from talker import post
from .axe_test import axe, judged                                                    # noqa: F401: a fixture
from .web import Site, contrasts, fits, quiet, shot, sign_in, somebody

ARABIC = {"language_name": "العربية", "direction": "rtl", "sign_in": "تسجيل الدخول", "login_heading": "تسجيل الدخول إلى {{issuer_name}}", "username": "اسم المستخدم", "password": "كلمة المرور",
          "login_lead": "للمتابعة إلى {{client_name}}", "bad_credentials": "اسم المستخدم أو كلمة المرور غير صحيحة.", "consent_user": "الحساب الحالي:"}


def arabic(english):
    """Words of the file above, and for every other text as many Arabic ones as it has, with its values."""
    lines = []
    for key, text in re.findall(r'^(\w+): "(.*)"$', english, re.M):
        said = ARABIC.get(key) or " ".join(w if "{{" in w else "كلمة" for w in text.split()) or "كلمة"
        lines.append('%s: "%s"' % (key, said))
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def rtl(callback, tmp_path_factory):
    english = subprocess.run([str(BUILD / "hufu"), "language", "export", "en"], capture_output=True, text=True, check=True).stdout
    path = tmp_path_factory.mktemp("rtl") / "ar.yaml"
    path.write_text(arabic(english), encoding="utf-8")
    checked = subprocess.run([str(BUILD / "hufu"), "language", "check", str(path)], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    with Site(callback, "modern", top="languages:\n  ar: %s" % path, settings={"modern": {"brand": "Haus 24"}}) as site:
        yield site


@pytest.fixture
def ar(browsers):
    return browsers("ar", language="ar,en")


def places(b, selector):
    """Left and right edge of an element, and of what is around it."""
    return b.script("const e = document.querySelector(%r), r = e.getBoundingClientRect(), o = e.parentElement.getBoundingClientRect(); return [r.left, r.right, o.left, o.right]" % selector)


def style(b, selector, name):
    return b.script("return getComputedStyle(document.querySelector(%r)).%s" % (selector, name))


def begin(site):
    r = post(site.at("modern", "/device_authorization"), {"client_id": "tv", "scope": "openid read"})
    assert r.status == 200, r
    return r.json()


@pytest.mark.parametrize("look", ["desk", "phone"])
def test_pages_are_turned_round_and_codes_are_not(rtl, ar, axe, look):
    b = ar
    if look == "phone":
        b.phone()
    d = begin(rtl)
    b.goto(d["verification_uri"])
    assert b.script("return document.documentElement.dir + ' ' + document.documentElement.lang") == "rtl ar"
    assert style(b, "#user-code", "direction") == "ltr"
    b.type("#user-code", d["user_code"])
    fits(b)
    judged(b, axe, "rtl device")
    b.click("#device-submit")
    b.wait(lambda b: b.has("#login-submit"))
    sign_in(b, "nobody-here", "wrong")
    b.wait(lambda b: b.has("#login-error"))
    assert style(b, "#login-error", "borderRightWidth") == "4px" and style(b, "#login-error", "borderLeftWidth") == "0px"
    left, right, outer_left, outer_right = places(b, "label[for=username]")
    assert outer_right - right < 2 and style(b, "body", "direction") == "rtl"        # words begin at the right
    fits(b)
    assert contrasts(b) == []
    judged(b, axe, "rtl login")
    shot(b, "rtl-login-" + look)
    sign_in(b, somebody())
    b.wait(lambda b: b.has("#approve-allow"))
    assert style(b, "#approve-code", "direction") == "ltr" and d["user_code"] in b.one("#approve-code").text()
    fits(b)
    judged(b, axe, "rtl approve")
    shot(b, "rtl-approve-" + look)
    b.goto(rtl.at("modern", "/account/sessions"))
    b.wait(lambda b: b.has("#account-who"))
    assert style(b, "code", "direction") == "ltr"
    fits(b)
    assert contrasts(b) == []
    judged(b, axe, "rtl account")
    shot(b, "rtl-sessions-" + look)
    quiet(b)


def test_a_latin_name_stands_apart_in_a_sentence(rtl, ar):
    r = post(rtl.at("modern", "/device_authorization"), {"client_id": "tv", "scope": "openid read"})
    ar.goto(r.json()["verification_uri_complete"])
    ar.click("#device-submit")
    ar.wait(lambda b: b.has("#login-submit"))
    assert "\u2068Haus 24\u2069" in ar.script("return document.querySelector('h1').textContent")
    ar.goto(rtl.at("modern", "/login?ui_lang=en"))
    assert ar.script("return document.documentElement.dir") == "ltr" and "\u2068" not in ar.script("return document.body.textContent")
