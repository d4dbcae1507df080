"""The transport: smuggling shapes, deadlines, idle connections, pipelining, drain, proxies, TLS, selection of issuers."""
import concurrent.futures, http.client, pathlib, re, resource, signal, socket, ssl, subprocess, threading, time, warnings

import pytest

from server import Server, free_ports
from talker import (PASSWORD, SERVICE_SECRET, World, audit_of, authorize_url, basic, form, get, post, raw, realm, receive)

DEADLINES = "http:\n  header_deadline: 1s\n  body_deadline: 2s\n  idle_timeout: 4s\n  connections_per_address: 4000\n  connections_max: 4000"
BODY = form({"grant_type": "client_credentials", "client_id": "service", "client_secret": SERVICE_SECRET}).encode()
HEAD = b"POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
WHOLE = HEAD + b"Content-Length: %d\r\n" % len(BODY)


@pytest.fixture(scope="module")
def w():
    with World("modern", top=DEADLINES) as world:
        yield world


def answers(data):
    return data.count(b"HTTP/1.1 ")


# --- what is refused ---------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("extra", [
    b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n" % len(BODY), b"Transfer-Encoding: chunked\r\nContent-Length: %d\r\n" % len(BODY),
    b"Content-Length: %d\r\nContent-Length: %d\r\n" % (len(BODY), len(BODY)), b"Content-Length: %d\r\nContent-Length: 0\r\n" % len(BODY),
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", b"Transfer-Encoding: chunked, chunked\r\n", b"Transfer-Encoding: gzip\r\n", b"Transfer-Encoding: xchunked\r\n",
    b"Content-Length: %d\r\nHost: y\r\n" % len(BODY),
    b"Content-Length: %d\r\nAuthorization: Basic YTpi\r\nAuthorization: Basic YTpj\r\n" % len(BODY),
    b"Content-Length: %d\r\nX-A: a\0b\r\n" % len(BODY), b"Content-Length: %d\r\nX-A: a\x01b\r\n" % len(BODY), b"Content-Length: %d\r\nX-A: a\x7f\r\n" % len(BODY),
    b"Content-Length: %d\r\nX-A: a\r\n folded: b\r\n" % len(BODY), b"Content-Length : %d\r\n" % len(BODY), b"Content-Length: %d\r\nX A: b\r\n" % len(BODY),
    b"Content-Length: %d\nX-A: bare line feed\r\n" % len(BODY), b"Content-Length: %d\r\nno colon\r\n" % len(BODY), b" Content-Length: %d\r\n" % len(BODY),
])
def test_smuggling_shapes_close_the_connection(w, extra):
    second = b"GET /jwks HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    got = raw(w.port["modern"], HEAD + extra + b"\r\n" + BODY + second, 3)
    assert got == b"" or got[:12] in (b"HTTP/1.1 400", b"HTTP/1.0 400"), got[:300]
    assert set(re.findall(rb"HTTP/1\.[01] (\d+)", got)) <= {b"400"} and b"access_token" not in got and b'"keys"' not in got
    assert answers(got) <= 1


@pytest.mark.parametrize("value", [b"+83", b"-1", b"0x10", b"1, 1", b"", b"83 83", b"99999999999999999999999"])
def test_malformed_content_length(w, value):
    got = raw(w.port["modern"], HEAD + b"Content-Length: " + value + b"\r\n\r\n" + BODY + b"GET /jwks HTTP/1.1\r\nHost: x\r\n\r\n", 3)
    assert set(re.findall(rb"HTTP/1\.[01] (\d+)", got)) <= {b"400", b"413"} and b"access_token" not in got and b'"keys"' not in got
    assert answers(got) <= 2 and (not got or b"Connection: close" in got)      # libmicrohttpd 0.9.75 writes the header of its own 400 a second time as its body


@pytest.mark.parametrize("line", [
    b"GET ftp://evil.example/jwks HTTP/1.1", b"GET http://u:p@x/jwks HTTP/1.1", b"GET http:///jwks HTTP/1.1", b"GET http:/jwks HTTP/1.1",
    b"GET http://x:99999/jwks HTTP/1.1", b"GET //jwks", b"GET jwks HTTP/1.1", b"GET /jwks HTTP/2.0", b"GET /jwks", b"GET  /jwks HTTP/1.1", b"GET /jw ks HTTP/1.1", b"GET /jwks\0 HTTP/1.1",
    b"G@T /jwks HTTP/1.1", b"CONNECT evil.example:443 HTTP/1.1", b"GET /jwks\x7f HTTP/1.1", b"GET \xff HTTP/1.1", b"\x16\x03\x01\x02\x00\x01\x00", b"",
])
def test_malformed_request_lines(w, line):
    got = raw(w.port["modern"], line + b"\r\nHost: x\r\n\r\n", 3)
    assert got == b"" or got[9:12] in (b"400", b"501", b"505", b"408"), got[:200]
    assert b'"keys"' not in got


def test_absolute_form_is_served_like_its_path(w):
    """RFC 9112 section 3.2.2: the host of the target counts, and is not believed either."""
    for target in (b"http://x/jwks", b"HTTP://evil.example:8080/jwks", b"https://x/jwks", b"http://[::1]/jwks"):
        got = raw(w.port["modern"], b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 5)
        assert got.startswith(b"HTTP/1.1 200 ") and b'"keys"' in got, (target, got[:200])
    got = raw(w.port["modern"], b"GET http://evil.example/authorize?response_type=code HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", 5)
    assert b"evil.example" not in got
    assert raw(w.port["modern"], HEAD.replace(b"/token", b"http://x/token") + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY, 5).startswith(b"HTTP/1.1 200 ")


# --- what the parser gives up ---------------------------------------------------------------------------------------------------------

def refused_total(w):
    return sum(int(n) for n in re.findall(r"^hufu_http_refused_total\{[^}]*\} (\d+)", w.metrics(), re.M))


def refused_rises_to(w, n):
    """Told when the connection has ended, a moment after the client has its answer."""
    until = time.time() + 60
    while refused_total(w) < n and time.time() < until:
        time.sleep(0.02)
    return refused_total(w) == n


GET = b"GET /jwks%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n"
BIG = b"Cookie: a=b" + b"; c=1234" * 500 + b"\r\n"


@pytest.mark.parametrize("request_bytes,status", [
    (GET % (b"", BIG), 200), (GET % (b"", b"Cookie: a" + b";b" * 5000 + b"\r\n"), 200), (GET % (b"?a" + b"&b=1" * 470, b""), 400), (GET % (b"?a" + b"&b" * 470, b""), 400),
    (b"POST /token?a" + b"&b=1" * 470 + HEAD[11:] + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY, 400),
    (b"GET /jwks HTTP/1.1\r\nHost: x\r\n\r\n" + GET % (b"?a" + b"&b=1" * 470, BIG), 400),
    (GET % (b"", b"Cookie: a" + b";b" * 50000 + b"\r\n"), 431), (GET % (b"?a" + b"&b" * 50000, b""), 414), (GET % (b"", b"a: b\r\n" * 101), 431), (GET % (b"", b"a:\r\n" * 9000), 431),
])
def test_many_parameters_and_cookies_are_answered_at_once(w, request_bytes, status):
    before = refused_total(w)
    with socket.create_connection(("127.0.0.1", w.port["modern"])) as s:
        s.sendall(request_bytes)
        got = receive(s, 5)                     # its own deadline is 1 s, and would be a 408
    assert re.findall(rb"HTTP/1\.1 (\d+) ", got)[-1] == b"%d" % status, got[:300]
    if status in (414, 431):
        assert refused_rises_to(w, before + 1)


@pytest.mark.parametrize("n", [1000, 12000, 13500, 14500, 15500])
def test_a_long_request_before_login_is_answered(w, n):
    """It goes to the login and waits meanwhile, in a cookie or, where that has no room, in the store."""
    target = authorize_url(w, state="s" * n).split(str(w.port["modern"]))[1].encode()
    got = raw(w.port["modern"], b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\nConnection: close\r\n\r\n", 5)
    assert got[9:12] == b"303", got[:100]
    assert audit_of(w, endpoint="authorize", status=303)


def test_what_is_given_up_is_seen(w):
    """Counted and logged, whatever the shape, and nothing is kept of it: see tests/unit/http/giveup_test.c for that."""
    port, before = w.port["modern"], refused_total(w)
    shapes = [b"GET\r\n\r\n", b"GET /jwks HTTP/9.9\r\n\r\n", b"nonsense\r\n\r\n", b"GET /jwks HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", GET % (b"", b"Content-Length: x\r\n"),
              HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", b"G" * 100000]
    for shape in shapes:
        raw(port, shape, 3)
    assert refused_rises_to(w, before + len(shapes))
    assert w.log().count("request refused: ") >= len(shapes)


def test_http11_without_host(w):
    assert raw(w.port["modern"], b"GET /jwks HTTP/1.1\r\n\r\n", 3).startswith(b"HTTP/1.1 400 ")
    assert b'"keys"' in raw(w.port["modern"], b"GET /jwks HTTP/1.0\r\n\r\n", 3)


# --- deadlines ---------------------------------------------------------------------------------------------------------------------

def seconds_until_closed(port, first, drip=None):
    """How long the server lets a connection that sends `drip` again and again live, and what it said."""
    begun = time.time()
    with socket.create_connection(("127.0.0.1", port)) as s:
        s.settimeout(0.1)
        s.sendall(first)
        got = b""
        while time.time() - begun < 12:
            try:
                piece = s.recv(4096)
                if not piece:
                    break
                got += piece
            except socket.timeout:
                if drip:
                    try:
                        s.sendall(drip)
                    except OSError:
                        break
            except OSError:
                break
    return time.time() - begun, got


@pytest.mark.parametrize("first,drip,least,most", [
    (b"GET /jwks HTTP/1.1\r\nHost: x\r\n", b"X-A: b\r\n", 0.5, 3), (b"GET /jwks HTTP/1.1\r\nHost: x\r\nX-A: ", b"a", 0.5, 3), (b"G", None, 0.5, 3),
    (HEAD + b"Content-Length: 1000\r\n\r\n", b"a", 1.5, 4.5), (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n", 1.5, 4.5),
    (b"", None, 0.5, 6),
])
def test_deadlines_are_for_the_whole_header_and_the_whole_body(w, first, drip, least, most):
    took, got = seconds_until_closed(w.port["modern"], first, drip)
    assert least <= took <= most, (took, got)
    assert got == b"" or got.startswith(b"HTTP/1.1 408 "), got


def test_a_kept_connection_is_closed_when_idle(w):
    took, got = seconds_until_closed(w.port["modern"], b"GET /jwks HTTP/1.1\r\nHost: x\r\n\r\n")
    assert 3 <= took <= 7 and got.startswith(b"HTTP/1.1 200 ")


def test_idle_connections_do_not_slow_the_others():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    n = max(50, min(2000, (hard - 200) // 2))
    idle = []
    with World("modern", top="http:\n  header_deadline: 60s\n  idle_timeout: 60s\n  connections_per_address: 4000\n  connections_max: 4000") as w:
        try:
            threads = len(list((pathlib.Path("/proc") / str(w.proc.pid) / "task").iterdir()))
            for i in range(n):
                s = socket.create_connection(("127.0.0.1", w.port["modern"]))
                s.sendall(b"GET /jwks HTTP/1.1\r\n" if i % 2 else b"")
                idle.append(s)
            times = []
            for _ in range(50):
                begun = time.time()
                assert post(w.at("modern", "/token"), BODY, {"Content-Type": "application/x-www-form-urlencoded"}).status == 200
                times.append(time.time() - begun)
            assert sorted(times)[25] < 0.5
            now = len(list((pathlib.Path("/proc") / str(w.proc.pid) / "task").iterdir()))
            assert now <= threads + 1
        finally:
            for s in idle:
                s.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_connections_per_address_are_limited():
    with World("modern", top="http:\n  connections_per_address: 10") as w:
        open_ones = [socket.create_connection(("127.0.0.1", w.port["modern"])) for _ in range(10)]
        time.sleep(0.3)
        got = raw(w.port["modern"], b"GET /jwks HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 3)
        assert b'"keys"' not in got and (got == b"" or got.startswith(b"HTTP/1.1 503 ") or got.startswith(b"HTTP/1.1 429 "))
        for s in open_ones:
            s.close()
        time.sleep(0.5)
        assert get(w.at("modern", "/jwks")).status == 200


# --- what is served ----------------------------------------------------------------------------------------------------------------

def test_pipelining(w):
    one = WHOLE + b"\r\n" + BODY
    many = b"GET /jwks HTTP/1.1\r\nHost: x\r\n\r\n" + one + b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n" + one * 20
    got = raw(w.port["modern"], many + b"GET /jwks HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 10)
    assert answers(got) == 24 and got.count(b'"access_token"') == 21 and got.count(b'"keys"') == 2
    assert re.findall(rb"HTTP/1\.1 (\d+) ", got) == [b"200", b"200", b"404"] + [b"200"] * 21


def test_keep_alive_and_bytes_one_by_one(w):
    c = http.client.HTTPConnection("127.0.0.1", w.port["modern"])
    for _ in range(50):
        assert get(w.at("modern", "/jwks"), conn=c).status == 200
    c.close()
    with socket.create_connection(("127.0.0.1", w.port["modern"])) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in WHOLE + b"Connection: close\r\n\r\n" + BODY:
            s.sendall(bytes([byte]))
        assert b'"access_token"' in receive(s, 5)


def test_chunked_body_and_expect_continue(w):
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(BODY[i:i + 7]), BODY[i:i + 7]) for i in range(0, len(BODY), 7)) + b"0\r\n\r\n"
    assert b'"access_token"' in raw(w.port["modern"], HEAD + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + chunks, 5)
    with socket.create_connection(("127.0.0.1", w.port["modern"])) as s:
        s.sendall(WHOLE + b"Expect: 100-continue\r\nConnection: close\r\n\r\n")
        s.settimeout(5)
        assert s.recv(100).startswith(b"HTTP/1.1 100 ")
        s.sendall(BODY)
        assert b'"access_token"' in receive(s, 5)


def test_a_client_that_leaves_early_harms_nobody(w):
    for _ in range(100):
        with socket.create_connection(("127.0.0.1", w.port["modern"])) as s:
            s.sendall(WHOLE + b"\r\n" + BODY)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert get(w.at("modern", "/jwks")).status == 200


def test_the_host_header_is_never_believed(w):
    for head in (b"Host: evil.example\r\n", b"Host: x\r\nX-Forwarded-Host: evil.example\r\nForwarded: host=evil.example\r\nX-Forwarded-Proto: https\r\n"):
        for target in (b"/.well-known/oauth-authorization-server", b"/authorize?response_type=code", b"/login", b"/", authorize_url(w).split(str(w.port["modern"]))[1].encode()):
            got = raw(w.port["modern"], b"GET " + target + b" HTTP/1.1\r\n" + head + b"Accept: text/html\r\nConnection: close\r\n\r\n", 5)
            assert got.startswith(b"HTTP/1.1 ") and b"evil.example" not in got, got[:500]


# --- stop --------------------------------------------------------------------------------------------------------------------------

def test_sigterm_finishes_what_is_in_flight():
    with World("zlt") as w:
        url = w.at("zlt", "/oauth/token?") + form({"grant_type": "password", "password": "wrong-password-9"})
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            asked = [pool.submit(post, url + "&username=u%02d" % i, None, basic("zlt", "zlt")) for i in range(8)]
            slow = socket.create_connection(("127.0.0.1", w.port["zlt"]))
            slow.sendall(b"POST /api-uaa/oauth/token HTTP/1.1\r\nHost: x\r\nAuthorization: Basic emx0OnpsdA==\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 29\r\n\r\ngrant_type=client")
            time.sleep(0.05)
            threading.Timer(0.15, slow.sendall, [b"_credentials"]).start()
            begun = time.time()
            status = w.stop(signal.SIGTERM)
            replies = [f.result() for f in asked]
        assert status == 0 and time.time() - begun < 14
        assert [r.status for r in replies] == [400] * 8, replies
        assert receive(slow, 2).startswith(b"HTTP/1.1 200 ")
        assert '"stopped"' in w.log() or "stopped" in w.log()
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", w.port["zlt"]), timeout=1)


def test_an_idle_connection_does_not_delay_the_stop():
    with World("modern") as w:
        idle = [socket.create_connection(("127.0.0.1", w.port["modern"])) for _ in range(5)]
        time.sleep(0.2)
        begun = time.time()
        assert w.stop(signal.SIGINT) == 0 and time.time() - begun < 5
        for s in idle:
            s.close()


class Load:
    """Clients that ask until nobody lets them in: some on a connection of their own each time, some on one that they keep."""

    def __init__(self, port, n=6):
        self.port, self.asked, self.lost, self.lock = port, 0, [], threading.Lock()
        self.threads = [threading.Thread(target=self.run, args=(i % 2 == 1,), daemon=True) for i in range(n)]
        for t in self.threads:
            t.start()

    def connect(self):
        try:
            return socket.create_connection(("127.0.0.1", self.port), timeout=0.5)
        except OSError:                         # not let in any more: nothing was promised
            return None

    def ask(self, s):
        s.settimeout(30)
        s.sendall(WHOLE + b"\r\n" + BODY)
        got = b""
        while b"\r\n\r\n" not in got or len(got) - got.index(b"\r\n\r\n") - 4 < int(re.search(rb"Content-Length: (\d+)", got)[1]):
            piece = s.recv(65536)
            if not piece:
                raise OSError("closed after %r" % got[:100])
            got += piece
        if not got.startswith(b"HTTP/1.1 200 "):
            raise OSError(got[:200])
        return b"Connection: close" in got

    def run(self, keep):
        s = None
        while s := s or self.connect():
            with self.lock:
                self.asked += 1
            try:
                last = self.ask(s)
            except OSError as e:
                with self.lock:
                    self.lost.append((keep, e))
                last = True
            if last or not keep:
                s.close()
                s = None

    def end(self):
        for t in self.threads:
            t.join(60)
        return self.asked, self.lost


def test_a_stop_under_load_loses_no_request():
    with World("modern") as w:
        for _ in range(4):
            load = Load(w.port["modern"])
            while load.asked < 60 and not load.lost:
                time.sleep(0.02)
            assert w.stop() == 0
            asked, lost = load.end()
            assert asked >= 60 and lost == [], (asked, lost)
            w.start()


def test_bodies_that_end_at_the_end_of_the_drain():
    """A commit that begins then is not waited for: it is refused. The process ends in peace."""
    with World("modern", top="http:\n  drain: 1s") as w:
        for _ in range(3):
            waiting = [socket.create_connection(("127.0.0.1", w.port["modern"])) for _ in range(30)]
            for s in waiting:
                s.sendall(WHOLE + b"\r\n" + BODY[:-1])
            get(w.at("modern", "/jwks"))        # so they have been read
            w.proc.send_signal(signal.SIGTERM)
            time.sleep(0.7)
            for s in waiting:
                time.sleep(0.02)
                try:
                    s.sendall(BODY[-1:])
                except OSError:
                    pass
            statuses = {receive(s, 5)[9:12] for s in waiting}
            assert w.proc.wait(timeout=40) == 0, w.log()[-3000:]
            w.proc = None
            assert statuses <= {b"200", b"503", b"500", b""}
            w.start()


# --- the service manager ------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("abstract", [False, True])
def test_the_service_manager_is_told(tmp_path, abstract):
    """sd_notify(3): one datagram a state."""
    name = "\0hufu-test-%d" % free_ports(1)[0] if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(name)
        manager.settimeout(30)
        with World("modern", env={"NOTIFY_SOCKET": name.replace("\0", "@")}) as w:
            assert manager.recv(100) == b"READY=1"
            w.proc.send_signal(signal.SIGHUP)
            word, since = manager.recv(100).split(b"\n")
            assert word == b"RELOADING=1" and re.fullmatch(b"MONOTONIC_USEC=[0-9]+", since)         # both in one, of Type=notify-reload
            assert manager.recv(100) == b"READY=1"
            assert w.stop() == 0
            assert manager.recv(100) == b"STOPPING=1"
            w.start()


@pytest.mark.parametrize("name", ["", "/", "relative", "/nobody/listens/here", "@" + "x" * 200])
def test_a_service_manager_that_is_not_there(name):
    with World("modern", env={"NOTIFY_SOCKET": name}) as w:
        assert get(w.at("modern", "/jwks")).status == 200
        assert ("service manager could not be told" in w.log()) == (name == "/nobody/listens/here")


# --- a full house -----------------------------------------------------------------------------------------------------------------------

def test_idle_connections_give_way():
    """Of the network that holds most, the oldest first; the newcomer stays, and so does a request under way."""
    def come(host):
        return socket.create_connection(("127.0.0.1", w.port["modern"]), source_address=(host, 0), timeout=10)

    def ask(s):
        s.sendall(b"GET /jwks HTTP/1.1\r\nHost: x\r\n\r\n")
        return s.recv(65536)

    with World("modern", top="http:\n  connections_max: 60\n  connections_per_address: 20") as w:
        slow = come("127.7.7.7")
        slow.sendall(WHOLE + b"\r\n" + BODY[:-1])
        crowd = [come("127.1.%d.1" % (i % 4)) for i in range(59)]
        newcomers = [come("127.2.%d.1" % i) for i in range(10)]
        assert all(ask(s).startswith(b"HTTP/1.1 200 ") for s in newcomers)
        crowd += [come("127.1.%d.2" % (i % 4)) for i in range(60)]
        assert ask(crowd[-1]).startswith(b"HTTP/1.1 200 ")
        assert all(ask(s).startswith(b"HTTP/1.1 200 ") for s in newcomers)
        slow.sendall(BODY[-1:])
        assert slow.recv(65536).startswith(b"HTTP/1.1 200 ")
        metrics = w.metrics()
        assert int(re.search(r"^hufu_connections_gave_way_total (\d+)", metrics, re.M)[1]) == 70
        assert 'hufu_connections_refused_total{limit="total"} 0' in metrics
        for s in crowd + newcomers + [slow]:
            s.close()


def test_a_proxy_has_no_limit_of_its_own():
    with World("modern", top="http:\n  connections_per_address: 3\n  trusted_proxies: [127.1.0.0/16]") as w:
        def served(host):
            conns = [socket.create_connection(("127.0.0.1", w.port["modern"]), source_address=(host, 0), timeout=10) for _ in range(6)]
            for s in conns:
                s.sendall(b"GET /jwks HTTP/1.1\r\nHost: x\r\n\r\n")
            n = sum(receive(s, 2).startswith(b"HTTP/1.1 200 ") for s in conns)
            for s in conns:
                s.close()
            return n
        assert served("127.1.2.3") == 6 and served("127.2.2.3") == 3


def test_restart(w):
    keys = get(w.at("modern", "/jwks")).body
    token = post(w.at("modern", "/token"), BODY, {"Content-Type": "application/x-www-form-urlencoded"}).json()["access_token"]
    assert w.stop() == 0
    w.start()
    assert get(w.at("modern", "/jwks")).body == keys
    assert post(w.at("modern", "/introspect"), {"token": token}, basic("service", SERVICE_SECRET)).json()["active"]


# --- proxies -----------------------------------------------------------------------------------------------------------------------

def test_forwarded_addresses_are_believed_from_trusted_proxies_only():
    def peer(w, value):
        r = post(w.at("modern", "/token"), {"grant_type": "client_credentials"}, {**basic("nobody", "wrong-secret"), "X-Forwarded-For": value, "X-Forwarded-Proto": "https"})
        return audit_of(w, error_id=r.get("X-Hufu-Error-Id"))["peer"]
    with World("modern") as w:
        assert peer(w, "203.0.113.9") == "127.0.0.1"
    with World("modern", top="http:\n  trusted_proxies: [127.0.0.1, 10.0.0.0/8]") as w:
        assert peer(w, "203.0.113.9") == "203.0.113.9"
        assert peer(w, "198.51.100.1, 203.0.113.9, 10.1.2.3") == "203.0.113.9"
        assert peer(w, "2001:db8::1") == "2001:db8::1"
        assert peer(w, "nonsense") == "127.0.0.1" and peer(w, "") == "127.0.0.1"


# --- TLS ---------------------------------------------------------------------------------------------------------------------------

def certificate(directory, name, key="ec"):
    curve = ["-pkeyopt", "ec_paramgen_curve:P-256"] if key == "ec" else []
    subprocess.run(["openssl", "req", "-x509", "-newkey", key, *curve, "-nodes", "-days", "2", "-subj", "/CN=" + name,
                    "-addext", "subjectAltName=DNS:localhost", "-keyout", directory / "key.pem", "-out", directory / "cert.pem"], check=True, capture_output=True)


def tls_get(port, path, cafile, name="localhost"):
    context = ssl.create_default_context(cafile=cafile)
    with socket.create_connection(("127.0.0.1", port), timeout=5) as s, context.wrap_socket(s, server_hostname=name) as t:
        t.sendall(b"GET %s HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\nConnection: close\r\n\r\n" % path.encode())
        subject = dict(x[0] for x in t.getpeercert()["subject"])["commonName"]
        return subject, receive(t, 5)


def test_tls_and_certificate_reload(tmp_path):
    certificate(tmp_path, "first")
    port = free_ports(1)[0]
    listener = {"bind": ["127.0.0.1:%d" % port], "cert_file": str(tmp_path / "cert.pem"), "key_file": str(tmp_path / "key.pem")}
    issuers = {"main": {"url": "https://localhost:%d" % port, "dialect": "modern", "listener": "tls", "realm": "main"}}
    with Server(issuers, [realm()], listeners={"tls": listener}) as w:
        who, got = tls_get(port, "/login", tmp_path / "cert.pem")
        assert who == "first" and got.startswith(b"HTTP/1.1 200 ")
        assert b"Set-Cookie: __Host-hufu-main-saved=" in got and b"; Secure" in got
        old = (tmp_path / "cert.pem").read_bytes()
        (tmp_path / "cert.pem").write_text("this is no certificate")
        status, out, err = w.hufu("reload")
        assert status == 1 and "cert" in (out + err)
        (tmp_path / "old.pem").write_bytes(old)
        assert tls_get(port, "/jwks", tmp_path / "old.pem")[0] == "first"
        certificate(tmp_path, "second")
        w.proc.send_signal(signal.SIGHUP)
        until = time.time() + 60
        while time.time() < until:
            try:
                if tls_get(port, "/jwks", tmp_path / "cert.pem")[0] == "second":
                    break
            except ssl.SSLError:
                time.sleep(0.05)
        assert tls_get(port, "/jwks", tmp_path / "cert.pem")[0] == "second"
        context = ssl.create_default_context(cafile=tmp_path / "cert.pem")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises((ssl.SSLError, OSError)):
            with socket.create_connection(("127.0.0.1", port), timeout=5) as s:
                context.wrap_socket(s, server_hostname="localhost")
        assert raw(port, b"GET /jwks HTTP/1.1\r\nHost: x\r\n\r\n", 3)[:13] != b"HTTP/1.1 200 "


def test_tls12_has_forward_secrecy_and_authenticated_ciphers_only(tmp_path):
    """RFC 9325 sections 4.1 and 4.2; with a certificate whose key could do the old RSA key exchange."""
    certificate(tmp_path, "rsa", "rsa:2048")
    port = free_ports(1)[0]
    listener = {"bind": ["127.0.0.1:%d" % port], "cert_file": str(tmp_path / "cert.pem"), "key_file": str(tmp_path / "key.pem")}
    issuers = {"main": {"url": "https://localhost:%d" % port, "dialect": "modern", "listener": "tls", "realm": "main"}}

    def offer(*args):
        r = subprocess.run(["openssl", "s_client", "-connect", "127.0.0.1:%d" % port, "-CAfile", tmp_path / "cert.pem", *args],
                           input="", capture_output=True, text=True, timeout=30)
        m = re.search(r"Cipher is (\S+)", r.stdout)
        return m[1] if m and m[1] != "(NONE)" else None

    with Server(issuers, [realm()], listeners={"tls": listener}):
        assert offer("-tls1_3") == "TLS_AES_256_GCM_SHA384"
        for name in ("ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305"):
            assert offer("-tls1_2", "-cipher", name) == name
        for name in ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "AES128-SHA", "AES256-SHA256", "AES128-CCM", "DHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA",
                     "ECDHE-RSA-AES256-SHA384", "CAMELLIA128-SHA", "ALL:!ECDHE:@SECLEVEL=0", "ALL:!AESGCM:!CHACHA20:@SECLEVEL=0"):
            assert offer("-tls1_2", "-cipher", name) is None, name
        for version in ("-tls1", "-tls1_1"):
            assert offer(version, "-cipher", "ALL:@SECLEVEL=0") is None
        assert offer("-tls1_2", "-sigalgs", "RSA+SHA1", "-cipher", "ALL:@SECLEVEL=0") is None


# --- which issuer ------------------------------------------------------------------------------------------------------------------

def test_prefix_host_and_listener_select_the_issuer():
    a, b = free_ports(2)
    issuers = {
        "root": {"url": "http://root.example", "listener": "a", "realm": "main"},
        "deep": {"url": "http://root.example/deep", "listener": "a", "realm": "main"},
        "deeper": {"url": "http://root.example/deep/er", "listener": "a", "realm": "main"},
        "named": {"url": "http://named.example", "listener": "a", "host": "named.example", "realm": "main"},
        "elsewhere": {"url": "http://elsewhere.example", "listener": "b", "realm": "main"},
    }
    with Server(issuers, [realm()], listeners={"a": {"bind": ["127.0.0.1:%d" % a]}, "b": {"bind": ["127.0.0.1:%d" % b]}}) as w:
        def who(port, path, host="x"):
            got = raw(port, ("GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n" % (path, host)).encode(), 5)
            return got.split(b'"issuer":"')[1].split(b'"')[0].decode() if b'"issuer"' in got else int(got[9:12])
        meta = "/.well-known/oauth-authorization-server"
        assert who(a, meta) == "http://root.example" and who(a, "/deep" + meta) == "http://root.example/deep" and who(a, "/deep/er" + meta) == "http://root.example/deep/er"
        assert who(a, meta + "/deep") == "http://root.example/deep"             # RFC 8414 section 3.1
        assert who(a, "http://named.example" + meta) == "http://named.example"     # RFC 9112 section 3.2.2: not the field's host
        assert who(a, "http://x" + meta, "named.example") == "http://root.example" and who(a, "HTTP://NAMED.example:80" + meta, "x") == "http://named.example"
        assert who(a, meta, "named.example") == "http://named.example" and who(a, meta, "NAMED.example:80") == "http://named.example"
        assert who(a, "/deeper" + meta) == 404 and who(a, "/deep/../er" + meta) in (400, 404) and who(a, "/DEEP" + meta) == 404 and who(a, "/%64eep" + meta) == 404
        assert who(b, meta) == "http://elsewhere.example" and who(b, "/deep" + meta) == 404
        audit_of(w, issuer="named", endpoint="metadata")
