"""Every page there is, as axe-core judges it (WCAG 2.2 A and AA, and its best practices): no findings, light and dark."""
import json, shutil, subprocess

import pytest

from server import ROOT

from .account_test import PAGES, with_something
from .modern_test import at_consent, authorize
from .web import arrived, post, sign_in, somebody

PACKAGE = {"private": True, "dependencies": {"axe-core": "4.14.1"}}


@pytest.fixture(scope="module")
def axe():
    """The text of axe-core, installed below build once for each version."""
    at = ROOT / "build" / "axe"
    wanted = json.dumps(PACKAGE)
    if not (at / "package.json").exists() or (at / "package.json").read_text() != wanted or not (at / "node_modules/axe-core/axe.min.js").exists():
        if shutil.which("npm") is None:
            pytest.skip("npm is needed for axe-core")
        at.mkdir(parents=True, exist_ok=True)
        (at / "package.json").write_text(wanted)
        r = subprocess.run(["npm", "install", "--no-package-lock", "--no-audit", "--no-fund"], cwd=at, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if r.returncode:
            pytest.skip("axe-core cannot be installed: %s" % r.stdout[-500:])
    return (at / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


def judged(b, axe, what):
    for dark in (False, True):
        b.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}, {"name": "prefers-reduced-motion", "value": "reduce"}])
        b.script(axe)
        found = b.post("/execute/async", {"script": "const done = arguments[0]; axe.run({resultTypes: ['violations']}).then(r => done(r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html).join(' | '))))", "args": []})
        assert found == [], "%s, %s: %s" % (what, "dark" if dark else "light", "\n".join(found))


def test_pages_of_a_login_and_its_end(site, b, callback, axe):
    b.goto(authorize(site, callback.url))
    judged(b, axe, "login")
    sign_in(b, somebody(), "wrong")
    b.wait(lambda b: b.has("#login-error"))
    judged(b, axe, "login, wrong password")
    b.goto(site.at("modern", "/"))
    judged(b, axe, "home")
    name = somebody()
    at_consent(site, b, callback, name)
    judged(b, axe, "consent")
    b.goto(site.at("modern", "/accounts"))
    judged(b, axe, "accounts")
    b.goto(site.at("modern", "/"))
    judged(b, axe, "home, signed in")
    b.goto(site.at("modern", "/logout"))
    judged(b, axe, "logout")
    b.click("#logout-confirm")
    b.wait(lambda b: not b.has("#logout-confirm"))
    judged(b, axe, "signed out")


def test_pages_of_errors(site, b, callback, axe):
    b.goto(authorize(site, callback.url, client="nobody"))
    judged(b, axe, "unknown client")
    b.goto(authorize(site, "https://elsewhere.example/cb"))
    judged(b, axe, "unregistered redirect")
    b.goto(site.at("modern", "/nothing"))
    judged(b, axe, "nothing there")


def test_pages_of_other_devices(site, b, axe):
    b.goto(site.at("modern", "/device"))
    judged(b, axe, "device")
    code = post(site.at("modern", "/device_authorization"), {"client_id": "tv", "scope": "openid read"}).json()["user_code"]
    b.goto(site.at("modern", "/device", user_code=code))
    judged(b, axe, "device, with its code")
    b.click("#device-submit")
    b.wait(lambda b: b.has("#login-submit"))
    sign_in(b, somebody())
    b.wait(lambda b: b.has("#approve-allow"))
    judged(b, axe, "approve")
    b.click("#approve-deny")
    b.wait(lambda b: b.has("#decided"))
    judged(b, axe, "decided")
    b.goto(site.at("modern", "/approvals"))
    judged(b, axe, "approvals")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_pages_of_an_account(site, browsers, callback, axe, language):
    b = browsers(language) if language == "en" else browsers("zh", language="zh-CN,zh")
    with_something(site, b, callback)
    for path in PAGES:
        b.goto(site.at("modern", "/account" + path))
        judged(b, axe, "account" + path)
    b.goto(site.at("modern", "/account/profile"))
    b.type("[id='claim-birthdate']", "tomorrow")
    b.click("#account-save")
    b.wait(lambda b: b.has("#account-error"))
    judged(b, axe, "profile, a wrong value")


@pytest.mark.parametrize("dialect", ["spring", "taroco", "zlt", "rageframe", "connect"])
def test_login_pages_of_older_dialects(site, b, axe, dialect):
    paths = {"spring": "/login", "taroco": "/login", "zlt": "/login.html", "rageframe": "/login", "connect": "/login"}
    b.goto(site.at(dialect, paths[dialect]))
    judged(b, axe, dialect)
