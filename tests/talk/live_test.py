"""What a reload puts in force while requests go on: listeners, certificates, trusted proxies, limits; and what it refuses whole."""
import concurrent.futures, json, signal, socket, ssl, subprocess, threading, time

import pytest

from server import free_ports
from talker import SERVICE_SECRET, World, basic, get, post, wait


@pytest.fixture()
def w():
    with World("modern", "spring") as world:
        yield world


def reload(w):
    """What took effect, what waits."""
    w.write_config()
    status, out, err = w.hufu("--json", "reload")
    assert status == 0, (out, err)
    answer = json.loads(out)
    return answer["changed"], answer["restart"]


def refused(w):
    w.write_config()
    status, out, err = w.hufu("reload")
    assert status == 1 and not out, (out, err)
    return err


def top(w, text):
    w.top = text + "\nlogin:\n  rehash: false\n  address_per_minute: 100000\n  code_per_minute: 100000"


def ask(port, path="/jwks", host="127.0.0.1"):
    return get("http://%s:%d%s" % (host, port, path)).status


def is_open(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
        return True
    except OSError:
        return False


class Slow:
    """A token request whose header has arrived and whose body has not."""

    def __init__(self, port):
        self.body = b"grant_type=client_credentials"
        self.s = socket.create_connection(("127.0.0.1", port), timeout=20)
        head = "POST /token HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n"
        self.s.sendall((head % (basic("service", SERVICE_SECRET)["Authorization"], len(self.body))).encode() + self.body[:5])
        time.sleep(0.1)

    def end(self):
        """The whole answer, to the end of the connection."""
        self.s.sendall(self.body[5:])
        got = b""
        while piece := self.s.recv(65536):
            got += piece
        self.s.close()
        return got


def certificate(directory, name):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=" + name,
                    "-addext", "subjectAltName=DNS:localhost", "-keyout", directory / (name + ".key"), "-out", directory / (name + ".pem")], check=True, capture_output=True)
    return {"cert_file": str(directory / (name + ".pem")), "key_file": str(directory / (name + ".key"))}


def shown(port):
    """Who the certificate says that listens there."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), timeout=5) as s, context.wrap_socket(s, server_hostname="localhost") as t:
        der = t.getpeercert(binary_form=True)
    text = subprocess.run(["openssl", "x509", "-inform", "der", "-noout", "-subject"], input=der, capture_output=True, check=True).stdout.decode()
    return text.strip().split("CN = ")[-1].split("CN=")[-1]


# --- listeners -----------------------------------------------------------------------------------------------------------------------


def test_a_listener_is_added_and_its_issuer_answers_there(w):
    port = free_ports(1)[0]
    w.listeners["late"] = {"bind": ["127.0.0.1:%d" % port]}
    w.issuers["late"] = {"url": "http://127.0.0.1:%d" % port, "dialect": "modern", "listener": "late", "realm": "main"}
    assert not is_open(port)
    changed, waits = reload(w)
    assert {"listeners.late", "issuers.late"} <= set(changed) and waits == [], (changed, waits)
    assert ask(port) == 200 and ask(w.port["modern"]) == 200
    changed, waits = reload(w)
    assert changed == [] and waits == []


def test_a_removed_listener_answers_the_request_under_way_and_ends(w):
    slow, idle = Slow(w.port["modern"]), socket.create_connection(("127.0.0.1", w.port["modern"]))
    del w.listeners["modern"], w.issuers["modern"]
    assert set(reload(w)[0]) == {"listeners.modern", "issuers.modern"}
    assert not is_open(w.port["modern"])
    got = slow.end()
    assert got.startswith(b"HTTP/1.1 200 ") and b"access_token" in got and b"Connection: close" in got, got
    idle.settimeout(10)
    assert idle.recv(1) == b""
    assert ask(w.port["spring"], "/login") == 200


def test_a_listener_moves_to_another_port_and_back(w):
    old, new = w.port["modern"], free_ports(1)[0]
    for to, gone in ((new, old), (old, new), (new, old)):
        w.listeners["modern"]["bind"] = ["127.0.0.1:%d" % to]
        assert reload(w)[0] == ["listeners.modern.bind"]
        assert ask(to) == 200 and not is_open(gone)


def test_an_address_widens_where_it_stands(w):
    port = w.port["modern"]
    slow = Slow(port)
    w.listeners["modern"]["bind"] = ["0.0.0.0:%d" % port]
    reload(w)
    assert ask(port) == 200 and ask(port, host="127.0.0.2") == 200
    assert slow.end().startswith(b"HTTP/1.1 200 ")
    with socket.socket() as s:                                              # nobody else comes in beside us
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with pytest.raises(OSError):
            s.bind(("127.0.0.1", port))
            s.listen()


def test_a_name_of_a_listener_changes_and_its_socket_stays(w):
    w.listeners["other"] = w.listeners.pop("modern")
    w.issuers["modern"]["listener"] = "other"
    s = socket.create_connection(("127.0.0.1", w.port["modern"]))
    assert {"listeners.other", "listeners.modern"} <= set(reload(w)[0])
    s.sendall(b"GET /jwks HTTP/1.1\r\nHost: x\r\n\r\n")
    assert s.recv(64).startswith(b"HTTP/1.1 200 ")
    assert ask(w.port["modern"]) == 200


def test_a_port_of_another_program_leaves_all_as_it_was(w):
    taken, more = free_ports(2)
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("127.0.0.1", taken))
        s.listen()
        w.listeners["modern"]["bind"] = ["127.0.0.1:%d" % more]
        w.listeners["late"] = {"bind": ["127.0.0.1:%d" % taken]}
        w.issuers["modern"]["access_ttl_s"] = 77
        err = refused(w)
        line = 1 + w.conf.read_text().split("\n").index('    bind: ["127.0.0.1:%d"]' % taken)
        assert "%s:%d: 127.0.0.1:%d: " % (w.conf, line, taken) in err and "another program listens there" in err, err
    assert ask(w.port["modern"]) == 200 and not is_open(more)
    assert post(w.at("modern", "/token"), {"grant_type": "client_credentials"}, basic("service", SERVICE_SECRET)).json()["expires_in"] == 3600
    reload(w)
    assert ask(more) == 200 and not is_open(w.port["modern"])


# --- certificates --------------------------------------------------------------------------------------------------------------------


def test_tls_comes_to_a_listener_changes_and_goes(w, tmp_path):
    port = w.port["modern"]
    plain = dict(w.listeners["modern"])
    w.issuers["modern"]["url"] = "https://localhost:%d" % port
    w.listeners["modern"] = {**plain, **certificate(tmp_path, "first")}
    assert "listeners.modern.cert_file" in reload(w)[0]
    assert shown(port) == "first"
    w.listeners["modern"] = {**plain, **certificate(tmp_path, "second")}
    reload(w)
    assert shown(port) == "second"
    w.listeners["modern"] = {**plain, "cert_file": str(tmp_path / "first.pem"), "key_file": str(tmp_path / "second.key")}
    w.issuers["modern"]["access_ttl_s"] = 77
    err = refused(w)
    assert "second.key: is not the key of" in err and "%s:" % w.conf in err, err
    assert shown(port) == "second"
    del w.issuers["modern"]["access_ttl_s"]
    w.listeners["modern"] = plain
    w.issuers["modern"]["url"] = "http://127.0.0.1:%d" % port
    reload(w)
    assert ask(port) == 200


def test_an_expired_certificate_is_refused_and_the_one_in_use_stays(w, tmp_path):
    port = w.port["modern"]
    w.issuers["modern"]["url"] = "https://localhost:%d" % port
    w.listeners["modern"] = {**w.listeners["modern"], **certificate(tmp_path, "first")}
    reload(w)
    w.turn_clock(31 * 86400)
    assert "has expired" in refused(w)
    assert shown(port) == "first"


# --- proxies and limits --------------------------------------------------------------------------------------------------------------


def test_trusted_proxies_from_the_next_request_on(w):
    s = socket.create_connection(("127.0.0.1", w.port["modern"]))

    def peer():
        before = len(w.audit())
        s.sendall(b"POST /token HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.9\r\nContent-Length: 0\r\n\r\n")
        assert s.recv(65536).startswith(b"HTTP/1.1 4")
        assert wait(lambda: len(w.audit()) > before)
        return w.audit()[-1]["peer"]
    assert peer() == "127.0.0.1"
    top(w, "http:\n  trusted_proxies: [127.0.0.0/8]")
    assert reload(w)[0] == ["http.trusted_proxies"]
    assert peer() == "203.0.113.9"                                          # on the same connection
    top(w, "http:\n  trusted_proxies: [127.0.0.0/99]")
    assert "no CIDR block" in refused(w) and peer() == "203.0.113.9"
    top(w, "")
    reload(w)
    assert peer() == "127.0.0.1"


def test_limits_from_the_next_request_on(w):
    def size(n):
        return post(w.at("modern", "/token"), {"grant_type": "client_credentials", "x": "y" * n}, basic("service", SERVICE_SECRET)).status
    assert size(3000) == 200
    slow = Slow(w.port["modern"])
    top(w, "http:\n  body_max: 1k\n  connections_per_address: 3\n  connections_max: 50\n  header_deadline: 1s\n  body_deadline: 2s\n  idle_timeout: 2s\n  drain: 1s")
    changed, waits = reload(w)
    assert set(changed) == {"http." + k for k in ("body_max", "connections_per_address", "connections_max", "header_deadline", "body_deadline", "idle_timeout", "drain")} and waits == []
    assert size(3000) == 413 and size(100) == 200
    some = [socket.create_connection(("127.0.0.1", w.port["modern"])) for _ in range(6)]
    answers = b""
    for s in some:
        s.settimeout(0.5)
        try:
            answers += s.recv(100)
        except OSError:
            pass
    assert b"503" in answers                                                # more than three of one address
    for s in some:
        s.close()
    slow.s.settimeout(10)
    assert slow.s.recv(100).startswith(b"HTTP/1.1 408 ") or slow.s.recv(1) == b""    # a body has two seconds now
    top(w, "")
    reload(w)
    assert size(3000) == 200


def test_what_waits_for_a_restart_is_named(w):
    top(w, "http:\n  header_max: 32k\n  io_threads: 3\n  body_max: 128k")
    changed, waits = reload(w)
    assert changed == ["http.body_max"] and set(waits) == {"http.header_max", "http.io_threads"}
    status, out, err = w.hufu("reload")
    assert status == 0 and "http.header_max" in out, (out, err)
    w.stop()
    w.start()
    assert json.loads(w.hufu("--json", "reload")[1])["restart"] == []


# --- under load ------------------------------------------------------------------------------------------------------------------------


def test_reloads_of_listeners_lose_no_request(w):
    ports, stop, bad = free_ports(2), threading.Event(), []

    def ask_on():
        while not stop.is_set():
            r = post(w.at("modern", "/token"), {"grant_type": "client_credentials"}, basic("service", SERVICE_SECRET))
            if r.status != 200:
                bad.append(r)
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(ask_on) for _ in range(3)]
        try:
            for i in range(10):
                w.listeners["late"] = {"bind": ["127.0.0.1:%d" % ports[i % 2]]}
                top(w, "http:\n  body_max: %dk" % (70 + i))
                w.listeners["modern"]["bind"] = ["%s:%d" % ("0.0.0.0" if i % 3 == 1 else "127.0.0.1", w.port["modern"])]
                assert "http.body_max" in reload(w)[0]
                assert ask(ports[i % 2], "/nothing") == 404
        finally:
            stop.set()
        for f in asked:
            f.result()
    assert not bad, bad[:3]


def test_a_stop_beside_reloads(w):
    w.write_config()
    for _ in range(20):
        w.proc.send_signal(signal.SIGHUP)
        time.sleep(0.01)
    assert w.stop() == 0
    w.start()
