"""What README, docs/manuals.md and the demonstration print to be pasted is pasted: every line, in order, into a shell, against the demo."""
import json, os, re, shlex, subprocess

import pytest

from demo import ISSUERS, Demo
from server import ROOT
from talker import Browser

PAGES = ["docs/manuals.md", "docs/manuals.zh-CN.md"]
MANUALS = ["000", "001", "002", "003", "004"]
USER = {"003": ("user", "password")}                                    # the others: admin / admin


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(page):
    """Shell blocks of a page by the manual in the heading above; the first ones, above all headings of manuals, under ''."""
    out, manual = {}, ""
    for piece in re.split(r"(?m)^(##+ .*)$", text(page)):
        if piece.startswith("##"):
            m = re.search(r"\b(00\d)\b", piece) if piece.startswith("## ") else None
            manual = m.group(1) if m else ""
        else:
            out.setdefault(manual, []).extend(re.findall(r"(?ms)^```sh\n(.*?)^```$", piece))
    return {manual: [line for block in found for line in block.split("\n") if line.strip()] for manual, found in out.items()}


@pytest.fixture(scope="module")
def d():
    with Demo() as demo:
        yield demo


class Person(Browser):
    """Stops where the code or the token has arrived."""

    def follow(self, r):
        while r.status in (302, 303) and not {"code", "access_token", "error"} & set(r.query()):
            r = self.get(r.location)
        return r


class Paster:
    """A person at a shell and a browser: codes and tokens of the last answers are in the shell's variables."""

    def __init__(self, d):
        self.d, self.env, self.pasted, self.url = d, {}, 0, None

    def open(self, url, user=("admin", "admin")):
        self.url, self.user = url, user
        manual = max((m for m in ISSUERS if url.startswith(ISSUERS[m])), key=lambda m: len(ISSUERS[m]))
        r = Person(self.d.url(manual)).authorize(self.d.here(url), *user)
        found = r.query()
        assert "code" in found or "access_token" in found, (url, r)
        self.env["CODE"] = found.get("code", "")

    def paste(self, line):
        needs = re.findall(r"\$\{?(\w+)", line)
        if "CODE" in needs and not self.env.get("CODE"):
            self.open(self.url, self.user)
        if re.search(r"smsCode|connect/sms", line):
            self.d.turn_clock(61)
        assert all(self.env.get(n) for n in needs), (needs, line)
        assert shlex.split(line)[0] == "curl", line
        r = subprocess.run(["bash", "-c", self.d.here(line)], capture_output=True, text=True, timeout=30, env={"PATH": os.environ["PATH"], "NO_PROXY": "*", **self.env})
        self.pasted += 1
        return self.understood(line, json.loads(r.stdout))

    def understood(self, line, o):
        inner = o.get("datas") or o.get("data") or o
        if re.search(r"smsCode|connect/sms", line):
            self.env["SMS"] = self.d.sms_code()
            return
        if "$CODE" in line:
            self.env["CODE"] = ""
        if "access_token" in inner and not line.endswith("default"):
            self.env.update(TOKEN=inner["access_token"], REFRESH=inner.get("refresh_token", ""))
        good = "access_token" in inner or {"username", "user_name", "sub", "issuer"} & set(inner) or o == {"resp_code": 0, "resp_msg": "登出成功"}
        assert good and "error" not in o, (line, o)


def run(d, lines, user=("admin", "admin")):
    p = Paster(d)
    for line in lines:
        url = re.match(r"(?:#| )\s+(http://\S+)$", line)
        if url:
            p.open(url.group(1), user)
        elif not line.startswith("#"):
            p.paste(line)
    return p.pasted


@pytest.mark.parametrize("manual", MANUALS)
def test_the_lines_of_the_manuals(d, manual):
    assert run(d, blocks(PAGES[0])[manual], USER.get(manual, ("admin", "admin"))) >= 5


def test_the_first_five_minutes(d):
    lines = [line for line in blocks("README.md")[""] if "curl" in line]
    assert lines and run(d, lines) == len(lines)


def test_both_languages_print_the_same_lines():
    def lines(page):
        return {m: [l for l in found if not l.startswith("# ") or "http://" in l] for m, found in blocks(page).items() if m}
    assert lines(PAGES[0]) == lines(PAGES[1]) and sorted(lines(PAGES[0])) == MANUALS
    curls = [[l for l in blocks(page)[""] if "curl" in l] for page in ("README.md", "README.zh-CN.md")]
    assert curls[0] == curls[1]


def test_every_path_of_the_manuals_is_there():
    """Where the manuals send a request: each path in its own block."""
    paths = {"000": ["/oauth/authorize", "/oauth/token", "/oauth/mobile"], "001": ["/open/authorize/index", "/oauth2/authorize", "/open/implicit", "/oauth2/password", "/oauth2/client-credentials", "/oauth2/refresh-token"],
             "002": ["/api-uaa/oauth/token", "/api-uaa/oauth/authorize"], "003": ["/oauth/authorize", "/oauth/token"], "004": ["/connect/token"]}
    for manual, wanted in paths.items():
        printed = "\n".join(blocks(PAGES[0])[manual])
        assert [p for p in wanted if p + "?" not in printed and p + "\n" not in printed + "\n"] == [], manual


def printed_lines():
    """demo/lines.txt by its headings: "# manual 000: ..."."""
    parts = re.split(r"(?m)^# ", text("demo/lines.txt"))[1:]
    return {part.split(":")[0]: [re.sub(r"\s+# .*$", "", l) for l in part.split("\n")[1:] if re.match(r"curl |\s+http://", l)] for part in parts}


@pytest.mark.parametrize("head", list(printed_lines()))
def test_the_lines_of_the_demo(d, head):
    lines = printed_lines()[head]
    assert run(d, lines) == len([l for l in lines if l.startswith("curl")]) >= 4
