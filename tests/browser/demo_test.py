"""The demonstration: every link of /demo leads to a code, and the line it finishes gets tokens."""
import json, re, shlex, signal, subprocess, urllib.parse

import pytest

from server import ROOT, Server, free_ports

from .web import arrived, fits, quiet, shot, sign_in, tick

PORTS = ["8080", "8081", "8082", "8083", "8090", "9900", "9091"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """hufud --demo with its own files, moved to free ports."""
    folder = tmp_path_factory.mktemp("demo")
    moved = dict(zip(PORTS, map(str, free_ports(len(PORTS)))))
    for name in ("hufu.yaml", "realm.json", "lines.txt"):
        text = (ROOT / "demo" / name).read_text(encoding="utf-8")
        (folder / name).write_text(re.sub(r"(?<=[]1t]:)(%s)\b" % "|".join(PORTS), lambda m: moved[m.group(1)], text), encoding="utf-8")
    server = Server({}, [], args=["--demo", str(folder / "data")])
    server.write_config = lambda: None
    server.conf, server.admin_port = folder / "hufu.yaml", int(moved["9091"])
    with server:
        server.ports = moved
        yield server
        assert server.stop(signal.SIGINT) == 0
        printed = (folder / "lines.txt").read_text(encoding="utf-8")                     # known secrets, for the terminal; the rest of the log must not hold one
        assert printed in server.log()
        server.log_path.write_text(server.log().replace(printed, ""), encoding="utf-8")


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
