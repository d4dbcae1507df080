"""What the operator sees and ends: lists in pages, a person's access, approvals, what is stored of somebody, deletion without a trace."""
import json

import pytest

from talker import PASSWORD, World, authorize_url

LOGIN = {"modern": "/login", "spring": "/login"}
AGENT = "Mozilla/5.0 (X11; Linux x86_64) Desk/1.0"


@pytest.fixture(scope="module")
def w():
    with World("modern", "spring", "zlt") as world:
        yield world


def ok(w, *args, **more):
    status, out, err = w.hufu("--json", *args, **more)
    assert status == 0, (args, out, err)
    return json.loads(out)


def fails(w, *args, **more):
    status, out, err = w.hufu(*args, **more)
    assert status == 1 and not out and err.strip(), (args, status, out, err)
    return err


def person(w, name, **more):
    args = [x for k, v in more.items() for x in ("--" + k.replace("_", "-"), v)]
    ok(w, "user", "create", name, "--password-stdin", *args, input=PASSWORD + "\n")
    return name


def logged_in(w, name, issuer="modern", agent=AGENT):
    b = w.browser(issuer)
    plain = b.go
    b.go = lambda method, target, body=None, headers=None: plain(method, target, body, {"User-Agent": agent, **(headers or {})})
    b.login(b.get(w.at(issuer, LOGIN[issuer])), name, PASSWORD)
    return b


def names(rows, member):
    return [r[member] for r in rows]


def test_a_session_shows_where_it_is_and_for_what(w):
    person(w, "seen")
    b = logged_in(w, "seen", agent="Evil\x85\u202e".encode().decode("latin-1") + "x" * 400)
    (s,) = ok(w, "session", "list", "--user", "seen")["sessions"]
    assert s["address"] == "127.0.0.1" and s["issuer"] == "modern" and s["client"] == "" and s["seen_s"] == s["auth_s"]
    assert s["agent"].startswith("Evil?") and len(s["agent"].encode()) <= 256 and s["agent"].endswith("…") and "\u202e" not in s["agent"]
    w.turn_clock(90)
    assert "code" in b.authorize(authorize_url(w)).query()
    (t,) = ok(w, "session", "list", "--user", "seen")["sessions"]
    assert t["client"] == "app" and t["seen_s"] >= s["seen_s"] + 90
    status, out, err = w.hufu("session", "list", "--user", "seen")
    assert status == 0 and "device" in out.splitlines()[0] and "127.0.0.1" in out and "Evil?" in out
    assert "设备" in w.hufu("--lang", "zh", "session", "list", "--user", "seen")[1]
    assert names(ok(w, "session", "list", "--client", "app", "--search", "EVIL")["sessions"], "user") == ["seen"]
    assert not ok(w, "session", "list", "--user", "seen", "--issuer", "spring")["sessions"]
    assert not ok(w, "session", "list", "--user", "seen", "--address", "10.0.0.1")["sessions"]
