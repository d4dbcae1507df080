"""Another program takes the daemon's place while everybody goes on: nothing fails, nothing is reset, and what cannot take it leaves the old one as it was."""
import json, os, re, signal, socket, stat, subprocess, threading, time

import pytest

from server import BUILD, Heir, free_ports
from talker import APP_SECRET, PASSWORD, VERIFIER, World, authorize_url, basic, get, introspect, post, redeem, refresh, tokens, wait

METADATA = b"/.well-known/openid-configuration"
NEXT, BREAKING = str(BUILD / "hufud-next"), str(BUILD / "hufud-breaking")


def pid(w):
    return w.control({"do": "status"})["process"]


def version(w):
    return w.control({"do": "status"})["version"]


# --- load: each request that was sent is answered, and no connection that was let in is reset ----------------------------------------

class Load:
    """Clients on connections of their own, on kept ones, and on kept ones that think in between; writes among them."""

    def __init__(self, w, n=6):
        self.port, self.done, self.failed, self.stopped, self.lock = w.port["modern"], 0, [], False, threading.Lock()
        secret = basic("service", "service-secret-51e8aa")["Authorization"]
        body = b"grant_type=client_credentials"
        self.write = b"POST /token HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s" % (secret.encode(), len(body), body)
        self.read = b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % METADATA
        self.threads = [threading.Thread(target=self.run, args=(i,), daemon=True) for i in range(n)]
        for t in self.threads:
            t.start()

    def ask(self, s, bytes):
        s.sendall(bytes)
        got = b""
        while b"\r\n\r\n" not in got or len(got) - got.index(b"\r\n\r\n") - 4 < int(re.search(rb"Content-Length: (\d+)", got)[1]):
            piece = s.recv(65536)
            if not piece:
                raise OSError("closed after %r" % got[:100])
            got += piece
        if not got.startswith(b"HTTP/1.1 200 "):
            raise OSError(got[:300])
        return b"Connection: close" in got

    def run(self, i):
        keep, s = i % 3, None
        while not self.stopped:
            try:
                if s is None:
                    s = socket.create_connection(("127.0.0.1", self.port), timeout=40)
                last = self.ask(s, self.write if i % 2 else self.read)
            except OSError as e:
                self.failed.append((i, repr(e)))
                last = True
            with self.lock:
                self.done += 1
            if last or keep == 0:
                s.close() if s else None
                s = None
            if keep == 2:
                time.sleep(0.05)

    def more(self, n=40):
        until, seen = time.time() + 60, self.done
        while self.done < seen + n and not self.failed and time.time() < until:
            time.sleep(0.01)

    def end(self):
        self.stopped = True
        for t in self.threads:
            t.join(60)
        return self.failed


@pytest.fixture
def w():
    with World("modern") as world:
        yield world


def test_upgrades_under_load_lose_nothing(w):
    load, pids = Load(w), {pid(w)}
    for _ in range(3):
        load.more()
        assert w.upgrade()[0] == 0, w.log()[-4000:]
        pids.add(pid(w))
    load.more()
    assert load.end() == [] and load.done > 150 and len(pids) == 4
    assert w.stop() == 0 and not os.path.exists(w.sock)          # the socket's path is the last one's, which takes it away
    w.start()
