"""The demonstration: every link of /demo leads to a code, and the line it finishes gets tokens."""
import json, re, shlex, subprocess, urllib.parse

import pytest

from demo import Demo

from .web import arrived, fits, quiet, shot, sign_in, tick


@pytest.fixture(scope="module")
def demo():
    with Demo() as server:
        yield server


def page(demo):
    return "http://localhost:%s/demo" % demo.ports["8080"]


def cards(b):
    return {card.text().split("\n")[0]: i for i, card in enumerate(b.all("section.issuer"))}


def test_demo_page(demo, b):
    b.goto(page(demo))
    shot(b, "demo")
    assert len(cards(b)) == 6
    quiet(b)
    b.phone()
    b.goto(page(demo))
    fits(b)
    shot(b, "demo-phone")


def test_demo_page_in_chinese(demo, zh):
    zh.goto(page(demo))
    shot(zh, "demo-zh")


ISSUERS = ["modern", "manual-000", "manual-001", "manual-002", "manual-003", "manual-004"]


@pytest.mark.parametrize("issuer", ISSUERS)
def test_flow(demo, b, issuer):
    b.goto(page(demo))
    names = cards(b)
    assert set(names) == set(ISSUERS)
    b.one("section.issuer:nth-of-type(%d) a.button-main" % (names[issuer] + 1)).click()
    b.wait(lambda b: b.has("#login-submit"))
    sign_in(b, "user", "password")
    b.wait(lambda b: not b.has("#login-submit"))
    b.wait(lambda b: b.has("#consent-allow") or b.has("#demo-code") or b.url().startswith("http://localhost/?"))
    if b.has("#consent-allow"):
        for radio in b.all("input[type=radio][value=true]"):
            radio.click()
        b.click("#consent-allow")
    quiet(b)
    if issuer == "manual-003":                                                          # nobody listens there: the code stands in the address bar
        code = arrived(b, "http://localhost/?")["code"]
        assert re.fullmatch(r"[0-9A-Za-z_-]{6}", code)
        b.goto(page(demo))
        line = next(e.text() for e in b.all("section.issuer pre") if "=CODE" in e.text())
        assert run(line.replace("CODE", code))["expires_in"] == 43199
        return
    b.wait(lambda b: b.has("#demo-code"))
    if issuer in ("modern", "manual-002"):
        shot(b, "demo-code-" + issuer)
    quiet(b)
    code, line = b.id("demo-code").text(), b.id("demo-curl").text()
    assert urllib.parse.quote(code, safe="") in line
    answer = run(line)
    assert "access_token" in answer.get("data", answer), (line, answer)


def run(line):
    """Paste a line into a shell that has nothing but curl to offer."""
    assert shlex.split(line)[0] == "curl" and "\n" not in line
    out = subprocess.run(["sh", "-c", line + " -s --noproxy '*'"], capture_output=True, text=True, timeout=30).stdout
    return json.loads(out)


def test_every_line_of_the_page(demo, b):
    """The lines that need nothing from an earlier answer."""
    b.goto(page(demo))
    lines = [e.text() for e in b.all("section.issuer pre")]
    ready = [l for l in lines if "REFRESH" not in l and "=CODE" not in l]
    assert len(ready) >= 10 and len(lines) > len(ready)
    for line in ready:
        answer = run(line)
        answer = answer.get("datas") or answer.get("data") or answer
        assert "access_token" in answer, (line, answer)


def test_denied_is_shown(demo, b):
    b.goto(page(demo))
    b.one("section.issuer:nth-of-type(%d) a.button-main" % (cards(b)["modern"] + 1)).click()
    b.wait(lambda b: b.has("#login-submit"))
    sign_in(b, "zhangsan", "密码")
    b.wait(lambda b: b.has("#consent-deny"))
    b.click("#consent-deny")
    b.wait(lambda b: b.has("#demo-error"))
    shot(b, "demo-denied")
    quiet(b)
