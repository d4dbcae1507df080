"""Second factors in Chromium: set up and used on a phone, in Chinese, without a script. The authenticator app is oathtool."""
import subprocess, time

from .web import contrasts, fits, quiet, shot, sign_in, somebody


def code_of(site, secret, steps=0):
    """By the server's clock, which other tests have turned."""
    at = time.time() + site.turned + 30 * steps
    out = subprocess.run(["oathtool", "--totp", "-b", "-N", "@%d" % at, secret], capture_output=True, text=True, check=True)
    return out.stdout.strip()


def set_up(site, b, name, shots=None):
    """At the page of who is logged in; the secret."""
    b.goto(site.at("modern", "/account/factors"))
    sign_in(b, name)
    b.wait(lambda b: b.has("#factors-add"))
    fits(b)
    if shots:
        shot(b, "modern-factors-none" + shots)
    b.click("#factors-add")
    b.wait(lambda b: b.has("#enrol-qr"))
    fits(b)
    if shots:
        shot(b, "modern-factor-enrol" + shots)
    secret = b.one("#enrol-secret").text().replace(" ", "")
    b.type("#factor-code", code_of(site, secret))
    b.type("#factor-name", "Phone")
    b.click("#enrol-submit")
    b.wait(lambda b: b.has("#recovery-codes"))
    fits(b)
    if shots:
        shot(b, "modern-factor-recovery" + shots)
    codes = [c.text() for c in b.all("#recovery-codes code")]
    assert len(set(codes)) == 10
    b.click("#recovery-on")
    b.wait(lambda b: b.has("#recovery-left"))
    return secret, codes


def test_a_phone_sets_one_up_and_is_asked_for_it(site, b):
    b.phone()
    name = somebody()
    secret, codes = set_up(site, b, name, "-phone")
    fits(b)
    assert contrasts(b) == []
    shot(b, "modern-factors-phone")
    b.forget()
    b.goto(site.at("modern", "/login"))
    sign_in(b, name)
    b.wait(lambda b: b.has("#factor-code"))
    fits(b)
    shot(b, "modern-factor-phone")
    b.type("#factor-code", "123")
    b.click("#factor-submit")
    b.wait(lambda b: b.has("#factor-error"))
    b.type("#factor-code", code_of(site, secret, 1))
    b.click("#factor-submit")
    b.wait(lambda b: not b.has("#factor-code"))
    assert name in b.text()
    quiet(b, 400)


def test_a_recovery_code_without_a_script(site, plain):
    name = somebody()
    secret, codes = set_up(site, plain, name)
    plain.forget()
    plain.goto(site.at("modern", "/login"))
    sign_in(plain, name)
    plain.wait(lambda b: b.has("#factor-use-recovery"))
    plain.click("#factor-use-recovery")
    plain.wait(lambda b: b.has("#factor-use-totp"))
    plain.type("#factor-code", codes[3])
    plain.click("#factor-submit")
    plain.wait(lambda b: not b.has("#factor-code"))
    plain.goto(site.at("modern", "/account/factors"))
    assert "9" in plain.one("#recovery-left").text()


def test_in_chinese_and_in_the_dark(site, zh):
    zh.dark()
    name = somebody()
    set_up(site, zh, name, "-zh")
    assert "第二因素" in zh.text() and contrasts(zh) == []
    shot(zh, "modern-factors-zh")
    zh.dark(False)
