"""The lines of the audit file go to syslog, journald and standard output too; what one of them does not take is in the file, counted and told of (A4)."""
import json, pathlib, re, shutil, socket, struct, tempfile, threading

import pytest

from audit_file_test import ask, lines, until, verify
from talker import World


class Ear:
    """A socket as a syslog daemon or journald has it: got is what came."""

    def __init__(self, path, reads=True):
        self.got, self.stops = [], False
        self.s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.s.bind(str(path))
        self.thread = threading.Thread(target=self.run, daemon=True)
        if reads:
            self.thread.start()

    def run(self):
        self.s.settimeout(0.1)
        while not self.stops:
            try:
                self.got.append(self.s.recv(1 << 20))
            except TimeoutError:
                pass

    def close(self):
        self.stops = True
        if self.thread.is_alive():
            self.thread.join()
        self.s.close()


@pytest.fixture
def place():
    p = pathlib.Path(tempfile.mkdtemp(prefix="hufu-", dir="/tmp"))     # a socket's path is short
    made = []
    yield p, lambda name, **more: made.append(Ear(p / name, **more)) or made[-1]
    for e in made:
        e.close()
    shutil.rmtree(p)


def world(p, **more):
    return World("modern", top="\naudit: %s\n" % json.dumps({"file": str(p / "a/trail.jsonl"), "sign_every": "1h", **more}))


def lost(w):
    return {t: int(n) for t, n in re.findall(r'^hufu_audit_lost_total\{target="(\w+)"\} (\d+)', w.metrics(), re.M)}


def fields(message):
    """The journal's native protocol."""
    found = {}
    while message:
        name, _, message = message.partition(b"\n")
        if b"=" in name:
            name, _, value = name.partition(b"=")
        else:
            n = struct.unpack("<Q", message[:8])[0]
            value, message = message[8:8 + n], message[8 + n + 1:]
        found[name.decode()] = value.decode()
    return found


def test_the_same_chain_comes_to_each(place):
    p, ear = place
    log, journal = ear("log"), ear("journal")
    with world(p, syslog=str(p / "log"), journald=str(p / "journal"), stdout=True) as w:
        path = p / "a/trail.jsonl"
        ask(w)
        assert w.hufu("user", "disable", "bob", "--realm", "main")[0] == 0
        w.stop()
        w.start()                                               # the chain goes on
        ask(w)
        until(lambda: sum('"endpoint":"token"' in line for line in lines(path)) == 6)
        assert lost(w) == {"file": 0, "syslog": 0, "journald": 0, "stdout": 0}
        w.stop()
        was = lines(path)
        until(lambda: len(log.got) == len(journal.got) == len(was))
        sent = [re.fullmatch(r"<86>1 (\S+) (\S+) hufud (\d+) (audit|record|head) - (.*)", m.decode()) for m in log.got]
        assert [m[5] for m in sent] == was and all(m[1] == json.loads(m[5])["ts"] and m[4] == json.loads(m[5])["level"] for m in sent)
        came = [fields(m) for m in journal.got]
        assert [f["MESSAGE"] for f in came] == was and [int(f["HUFU_SEQ"]) for f in came] == list(range(1, len(was) + 1))
        assert any(f.get("HUFU_EVENT") == "user.disable" and f["PRIORITY"] == "6" and f["SYSLOG_IDENTIFIER"] == "hufud" for f in came)
        assert [line for line in w.log().splitlines() if '"seq":' in line and '"prev":' in line] == was
        copy = p / "copy.jsonl"
        copy.write_text("".join(m[5] + "\n" for m in sent))     # what a collector has is the chain, and can be verified
        assert verify(w, copy)[1] == []


def test_one_that_is_full_keeps_nobody_waiting_and_is_told_of(place):
    p, ear = place
    deaf = ear("log", reads=False)
    with world(p, syslog=str(p / "log")) as w:
        path = p / "a/trail.jsonl"
        while lost(w)["syslog"] == 0:                           # as long as the kernel's queue takes some
            ask(w, 20)
        until(lambda: "audit: syslog does not take lines" in w.log())
        deaf.thread.start()                                     # now somebody listens
        until(lambda: ask(w, 1) or "audit: syslog takes lines again" in w.log())
        n = lost(w)
        w.stop()
        assert verify(w, path)[1] == [] and n["syslog"] > 0 and n["file"] == n["journald"] == n["stdout"] == 0
        until(lambda: len(deaf.got) >= len(lines(path)) - n["syslog"])
        assert {m.decode().split(" - ", 1)[1] for m in deaf.got} <= set(lines(path))


@pytest.mark.parametrize("target", ["syslog", "journald"])
def test_one_that_is_not_there_yet_or_goes(place, target):
    p, ear = place
    with world(p, **{target: str(p / "s")}) as w:
        path = p / "a/trail.jsonl"
        ask(w)
        until(lambda: "audit: %s does not take lines" % target in w.log() and sum('"endpoint":"token"' in line for line in lines(path)) == 3)
        assert lost(w)[target] >= 3
        first = ear("s")
        until(lambda: ask(w, 1) or first.got)
        assert "takes lines again; lines 1 to " in w.log()
        first.close()
        (p / "s").unlink()
        second = ear("s")                                       # restarted: the old connection leads nowhere
        until(lambda: ask(w, 1) or second.got)
        w.stop()
        assert verify(w, path)[1] == []


def test_a_reload_begins_and_ends_it(place):
    p, ear = place
    e = ear("s")
    with world(p) as w:
        ask(w)
        w.conf.write_text(w.conf.read_text().replace('"sign_every"', '"syslog": "%s", "sign_every"' % (p / "s")))
        assert w.hufu("reload")[0] == 0
        until(lambda: ask(w, 1) or e.got)
        w.conf.write_text(w.conf.read_text().replace('"syslog": "%s", ' % (p / "s"), ""))
        assert w.hufu("reload")[0] == 0
        ask(w)
        n = len(lines(p / "a/trail.jsonl"))
        w.stop()
        assert len(e.got) < n


def test_without_a_file_there_is_no_chain(place):
    p, _ = place
    with world(p) as w:
        good = w.conf.read_text()
        for name, value in (("syslog", '"/dev/log"'), ("journald", '"/run/s"'), ("stdout", "true")):
            w.conf.write_text(good.replace('"file": "%s"' % (p / "a/trail.jsonl"), '"%s": %s' % (name, value)))
            status, out, err = w.hufu("config", "check")
            assert status == 1 and "audit.%s: it gets the lines of the audit file" % name in out + err
