"""Another program takes the daemon's place while everybody goes on: nothing fails, nothing is reset, and what cannot take it leaves the old one as it was."""
import concurrent.futures, http.client, json, os, re, signal, socket, threading, time

import pytest

import device_test, dpop_test, factors_test, logout_test, systemd_test
from listener import Listener
from upgrade_load import METADATA, Load

from server import BUILD, Heir, free_ports
from talker import APP_SECRET, PASSWORD, SERVICE_SECRET, World, authorize_url, basic, form, get, introspect, redeem, refresh, tokens, wait
from talker_jwt import Holder

NEXT, BREAKING = str(BUILD / "hufud-next"), str(BUILD / "hufud-breaking")


def pid(w):
    return w.control({"do": "status"})["process"]


def version(w):
    return w.control({"do": "status"})["version"]


@pytest.fixture
def w():
    with World("modern") as world:
        yield world


def test_upgrades_under_load_lose_nothing(w):
    """N1, H9."""
    load, pids = Load(w), {pid(w)}
    for _ in range(3):
        load.more()
        assert w.upgrade()[0] == 0, w.log()[-4000:]
        pids.add(pid(w))
    load.more()
    assert load.end() == [] and load.done > 150 and len(pids) == 4
    assert w.stop() == 0 and not os.path.exists(w.sock)          # the socket's path is the last one's, which takes it away
    w.start()


# --- what cannot take its place ---------------------------------------------------------------------------------------------------

def script(tmp_path, text):
    path = tmp_path / "program"
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return str(path)


def goes_on(w, before, *say, options=()):
    """The upgrade fails and says this; the process is the same, and serves, writes and obeys."""
    code, said = w.upgrade(*options)
    assert code == 1 and all(word in said for word in say), said
    assert pid(w) == before and tokens(w)["access_token"] and w.hufu("reload")[0] == 0
    assert w.hufu("client", "set", "other", "--realm", "main", "--name", "Other %d" % before)[0] == 0


def test_a_program_that_cannot_take_its_place(w, tmp_path):
    """N3."""
    load, before = Load(w, 3), pid(w)
    goes_on(w, before, "ended with status 1", options=("--binary", "/bin/false"))
    goes_on(w, before, "ended by the signal SEGV", options=("--binary", script(tmp_path, "kill -SEGV $$")))
    goes_on(w, before, "ready within 1 seconds", options=("--binary", script(tmp_path, "exec sleep 60"), "--within", "1"))
    goes_on(w, before, "cannot be started", options=("--binary", str(w.conf)))
    code, said = w.upgrade("--binary", str(tmp_path / "nothing"))
    assert code == 1 and "nothing" in said
    assert load.end() == []
    failed = [json.loads(line) for line in w.log().splitlines() if '"daemon.upgrade"' in line]
    assert len(failed) == 4 and all(r["result"] == "failed" and r["why"] for r in failed)


def test_settings_that_the_new_program_refuses(w):
    before = pid(w)
    right = w.conf.read_text()
    w.conf.write_text(right.replace("dialect: \"modern\"", "dialect: \"mordern\""))
    code, said = w.upgrade()
    assert code == 1 and "hufu.yaml:" in said and "mordern" in said, said
    w.conf.write_text(right)
    other = socket.socket()
    other.bind(("127.0.0.1", free_ports(1)[0]))
    other.listen()
    w.conf.write_text(right.replace('bind: ["127.0.0.1:%d"]' % w.port["modern"], 'bind: ["127.0.0.1:%d", "127.0.0.1:%d"]' % (w.port["modern"], other.getsockname()[1])))
    code, said = w.upgrade()
    assert code == 1 and "another program listens there" in said, said
    w.conf.write_text(right)
    other.close()
    goes_on(w, before, "ended with status 1", options=("--binary", "/bin/false"))
    assert w.upgrade()[0] == 0 and get(w.at("modern", "/jwks")).status == 200


def test_other_listeners_are_opened_and_left_with_an_upgrade(w):
    port = free_ports(1)[0]
    w.listeners["modern"] = {"bind": ["127.0.0.1:%d" % port]}
    w.write_config()
    assert w.upgrade()[0] == 0
    assert get("http://127.0.0.1:%d/jwks" % port).status == 200
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", w.port["modern"]), timeout=1)
    w.upgrade()                                                 # from there on, the socket is one like any other
    assert get("http://127.0.0.1:%d/jwks" % port).status == 200


# --- versions ---------------------------------------------------------------------------------------------------------------------

def test_the_next_version_and_back(w):
    """Migrations only add: this version goes on beside the next, after it, and is taken back to."""
    t, now = tokens(w), version(w)
    load = Load(w, 3)
    assert w.upgrade("--binary", NEXT)[0] == 0 and version(w) == now + "-next"
    t = refresh(w, t["refresh_token"]).json()
    assert w.upgrade("--binary", str(BUILD / "hufud"))[0] == 0 and version(w) == now       # the tables are the next version's
    t = refresh(w, t["refresh_token"]).json()
    assert introspect(w, t["access_token"])["active"] and load.end() == []
    assert w.stop() == 0
    w.start()
    assert refresh(w, t["refresh_token"]).status == 200


def test_tables_that_one_of_them_cannot_go_on_with(w):
    before = pid(w)
    goes_on(w, before, "the hufud that runs cannot go on with schema", options=("--binary", BREAKING))
    assert w.stop() == 0
    build = w.build
    w.build = build.parent / (build.name + "-breaking")
    w.build.mkdir(exist_ok=True)
    for name, path in (("hufud", BREAKING), ("hufu", build / "hufu")):
        (w.build / name).unlink(missing_ok=True)
        (w.build / name).symlink_to(path)
    w.start()                                                   # stopped and started, it may
    before = pid(w)
    goes_on(w, before, "newer version", options=("--binary", str(BUILD / "hufud")))


# --- killed in the middle ---------------------------------------------------------------------------------------------------------

def slow(tmp_path, seconds, then=BUILD / "hufud"):
    return script(tmp_path, "sleep %s\nexec %s \"$@\"\n" % (seconds, then))


def child_of(p):
    def children():
        return open("/proc/%d/task/%d/children" % (p, p)).read().split()
    wait(children)
    return int(children()[0])


def test_the_new_one_is_killed_before_it_is_ready(w, tmp_path):
    load, before = Load(w, 3), pid(w)
    threading.Thread(target=lambda: os.kill(child_of(before), signal.SIGKILL)).start()
    code, said = w.upgrade("--binary", slow(tmp_path, 5))
    assert code == 1 and "KILL" in said, said
    assert pid(w) == before and load.end() == []


def test_the_new_one_is_killed_while_the_old_one_still_finishes(w):
    """It serves again, housekeeping and control socket included."""
    before = pid(w)
    kept = socket.create_connection(("127.0.0.1", w.port["modern"]))
    kept.sendall(b"POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345")       # half a request holds it
    old = w.proc
    assert w.upgrade(wait=False)[0] == 0
    new = pid(w)
    assert new != before
    os.kill(new, signal.SIGKILL)
    wait(lambda: "daemon.taken-back" in w.log())
    w.proc = old
    assert pid(w) == before and tokens(w)["access_token"]
    kept.sendall(b"67890")
    assert kept.recv(100).startswith(b"HTTP/1.1 4")
    kept.close()
    assert w.upgrade()[0] == 0 and pid(w) not in (before, new) and tokens(w)["access_token"]


def has_the_lock(p):
    def target(fd):
        try:
            return os.readlink("/proc/%d/fd/%s" % (p, fd))
        except OSError:
            return ""
    return any(target(fd).endswith("/hufu.lock") for fd in os.listdir("/proc/%d/fd" % p))


def test_the_old_one_is_killed_before_the_new_one_is_ready(w):
    """Nobody else is there to serve: it does, with the sockets and the lock that it was handed. N4."""
    before, old = pid(w), w.proc
    came = []
    asking = threading.Thread(target=lambda: came.append(w.hufu("upgrade")))
    asking.start()
    new = child_of(before)
    assert wait(lambda: has_the_lock(new))
    os.kill(new, signal.SIGSTOP)
    old.kill()
    assert old.wait(10) == -9
    os.kill(new, signal.SIGCONT)
    asked = socket.create_connection(("127.0.0.1", w.port["modern"]), timeout=40)       # in the queue of the socket until then
    asked.sendall(b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % METADATA)
    assert asked.recv(100).startswith(b"HTTP/1.1 200")
    w.proc = Heir(new)
    assert pid(w) == new and tokens(w)["access_token"]
    asking.join(20)
    assert came[0][0] == 1
    assert w.upgrade()[0] == 0


def test_the_old_one_is_killed_while_it_finishes(w):
    kept = socket.create_connection(("127.0.0.1", w.port["modern"]))
    kept.sendall(b"POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345")
    old, t = w.proc, tokens(w)
    assert w.upgrade(wait=False)[0] == 0
    t = refresh(w, t["refresh_token"]).json()
    old.kill()
    assert old.wait(10) == -9
    wait(lambda: "is gone" in w.log())
    assert refresh(w, t["refresh_token"]).status == 200 and w.upgrade()[0] == 0


def test_a_stop_while_it_waits_for_the_new_one(w, tmp_path):
    before, old = pid(w), w.proc
    asking = threading.Thread(target=lambda: w.hufu("upgrade", "--binary", slow(tmp_path, 20)))
    asking.start()
    child = child_of(before)
    assert w.stop() == 0
    asking.join(20)
    with pytest.raises(OSError):
        os.kill(child, 0)
    w.start()


def test_the_next_upgrade_at_once(w):
    """Several at the same moment: each is carried out or refused with a reason, and one process is left."""
    came = []
    threads = [threading.Thread(target=lambda: came.append(w.hufu("upgrade"))) for _ in range(3)]
    load = Load(w, 3)
    w.upgrade(wait=False)
    for t in threads:
        t.start()
    for t in threads:
        t.join(90)
    assert all(code == 0 or "hufu: " in err or err for code, _, err in came) and any(code == 0 for code, _, _ in came), came
    assert load.end() == []
    w.proc = Heir(pid(w))


# --- by a signal, and with a service manager ----------------------------------------------------------------------------------------

def test_a_signal_does_it_too(w):
    import ctypes
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
    before, old = pid(w), w.proc
    old.send_signal(signal.SIGUSR2)
    assert old.wait(40) == 0
    w.proc = Heir(pid(w))
    assert w.proc.pid != before and tokens(w)["access_token"]


# --- flows that are under way ------------------------------------------------------------------------------------------------------

class Half:
    """A request without its last byte: whoever has it cannot leave yet, and answers it in the end."""

    def __init__(self, w, fields, head):
        body = form(fields)
        self.c = http.client.HTTPConnection("127.0.0.1", w.port["modern"], timeout=40)
        self.c.putrequest("POST", "/token")
        for name, value in {**head, "Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(body))}.items():
            self.c.putheader(name, value)
        self.c.endheaders(body[:-1].encode())
        self.last = body[-1:].encode()

    def end(self):
        self.c.send(self.last)
        r = self.c.getresponse()
        assert r.getheader("Connection") == "close"
        return r.status, r.read()


def test_flows_go_on_in_the_next_process(tmp_path):
    """A login, a device, a family of refresh tokens; what counts once; the audit file; who was disabled meanwhile. S9, N2."""
    audit = tmp_path / "audit.log"
    with World("modern", settings=dpop_test.JWT, top="audit:\n  file: %s" % audit) as w:
        r = dpop_test.people()
        r["clients"] += [c for c in device_test.people()["clients"] if c["id"] in ("tv", "box", "radio")]
        assert w.control({"do": "realm.load", **r})["ok"]
        key, now = Holder(), time.time()
        b = w.browser("modern")
        page = b.follow(b.get(authorize_url(w, prompt="consent")))
        device = device_test.begin(w)
        t = tokens(w)
        proofs = [key.proof("POST", w.at("modern", "/token"), now) for _ in range(3)]
        assert dpop_test.token(w, proof=proofs[0]).status == 200
        service, cc = basic("service", SERVICE_SECRET), {"grant_type": "client_credentials"}
        old = [Half(w, cc, {**service, "DPoP": proofs[1]}),
               Half(w, {"grant_type": "refresh_token", "refresh_token": t["refresh_token"]}, basic("app", APP_SECRET)), Half(w, cc, service)]
        assert w.upgrade(wait=False)[0] == 0                                # both are there now
        assert dpop_test.token(w, proof=proofs[0]).status == 400            # it was used before there were two
        assert old[0].end()[0] == 200
        assert dpop_test.token(w, proof=proofs[1]).status == 400            # and this one at the other
        both = refresh(w, t["refresh_token"]).json()
        status, body = old[1].end()                                         # the same rotation, from either
        assert status == 200 and json.loads(body)["refresh_token"] == both["refresh_token"]
        assert w.hufu("client", "set", "service", "--realm", "main", "--disable")[0] == 0
        time.sleep(1)
        assert old[2].end()[0] == 401                                       # what one has ended the other does not give
        assert w.hufu("client", "set", "service", "--realm", "main", "--enable")[0] == 0
        r = b.login(page, "alice", PASSWORD)
        code = b.decide(b.follow(r)).query()["code"]
        assert w.upgrade()[0] == 0
        assert dpop_test.token(w, proof=proofs[2]).status == 200 and dpop_test.token(w, proof=proofs[2]).status == 400
        assert redeem(w, code).status == 200
        on_phone = device_test.signed_in(w)
        device_test.approve(on_phone, device_test.enter(on_phone, device["user_code"]))
        assert w.upgrade()[0] == 0
        assert device_test.poll(w, device["device_code"]).status == 200
        assert refresh(w, both["refresh_token"]).status == 200 and refresh(w, t["refresh_token"]).status == 400
        assert w.stop() == 0
        assert w.hufu("audit", "verify")[0] == 0, w.hufu("audit", "verify")
        said = audit.read_text()
        assert said.count('"daemon.handed-over"') == 3 and said.count('"daemon.stopped"') == 1
        w.start()


def test_a_half_login_ends_once_whichever_process_it_comes_to():
    """What was proven goes along in the form; the code, and the guesses that were made, count at both. F1, G."""
    with World("modern", realms=[factors_test.people()], settings={"modern": {"second_factor": "offered"}}) as w:
        w.now = 0
        secret, _ = factors_test.enrolled(w, "tina")
        b = w.browser("modern")
        page = factors_test.sign_in(w, b, "tina")
        code = factors_test.next_totp(w, secret)
        wrong = str((int(code) + 1) % 1000000).zfill(6)

        def show(code):
            one = w.browser("modern")
            one.cookies = dict(b.cookies)
            return factors_test.show(w, one, page, code)
        guesses = [show(wrong).status for _ in range(2)]
        assert guesses == [400, 400]
        with concurrent.futures.ThreadPoolExecutor(9) as pool:
            up = pool.submit(w.upgrade)
            ends = [r.status for r in pool.map(show, [code] * 32)]
            assert up.result()[0] == 0
        assert ends.count(303) == 1 and set(ends) <= {303, 400, 409, 429, 503}, ends
        other = w.browser("modern")
        page, b = factors_test.sign_in(w, other, "tina"), other                 # begun at the one, ended at the other
        assert w.upgrade()[0] == 0
        factors_test.turn(w, 601)
        late = show(factors_test.totp(w, secret))
        assert late.location == w.at("modern", "/login") and "hufu-modern=" not in str(late), "ten minutes are over"
        page = factors_test.sign_in(w, other, "tina")
        assert w.upgrade()[0] == 0
        done = show(factors_test.next_totp(w, secret))
        assert done.status == 303 and "hufu-modern=" in str(done)


def test_a_refresh_race_across_the_change(w):
    """Many take the same token at once while the process changes: all get the same successor, and the family lives."""
    for _ in range(2):
        t, answers = tokens(w), []
        threads = [threading.Thread(target=lambda: answers.append(refresh(w, t["refresh_token"]))) for _ in range(8)]
        up = threading.Thread(target=lambda: answers.append(w.upgrade()))
        up.start()
        for x in threads:
            time.sleep(0.1)
            x.start()
        for x in threads + [up]:
            x.join(90)
        got = [a for a in answers if not isinstance(a, tuple)]
        assert [a.status for a in got] == [200] * 8 and len({a.json()["refresh_token"] for a in got}) == 1
        assert refresh(w, got[0].json()["refresh_token"]).status == 200


def test_messages_are_handed_over_once():
    """What waits in the old process goes on in the next one, and nothing is sent by both. N2."""
    port = free_ports(1)[0]
    with logout_test.world({"web": "http://127.0.0.1:%d/out" % port}) as w:
        waits = logout_test.login(w, "web", "u1")["access_token"]
        logout_test.logout(w, waits)                                        # nobody listens: it waits
        half = socket.create_connection(("127.0.0.1", list(w.port.values())[0]), timeout=40)
        half.sendall(b"POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345")
        assert w.upgrade(wait=False)[0] == 0
        neighbour = Listener(port=port)
        try:
            mine = logout_test.login(w, "web", "u2")["access_token"]
            logout_test.logout(w, mine)                                     # the new one sends its own at once
            assert neighbour.paths(1, 20) == ["/out?tokens=%s" % mine]
            half.close()
            assert neighbour.paths(2, 40) == sorted("/out?tokens=%s" % x for x in (mine, waits))
            assert w.upgrade()[0] == 0
            time.sleep(0.5)
            assert len(neighbour.paths(3, 1)) == 2
        finally:
            neighbour.close()


def test_the_manager_is_told_whose_process_it_is():
    with systemd_test.Service("modern", watchdog_s=1) as w:
        assert w.notices.heard("READY=1")
        assert w.upgrade()[0] == 0
        assert w.notices.heard("MAINPID=%d" % pid(w)) and w.notices.heard("WATCHDOG=1", wait=3)
        assert w.stop() == 0 and w.notices.heard("STOPPING=1")
        w.start()


def test_sockets_of_the_manager_stay_the_managers():
    w = systemd_test.held(systemd_test.Service("modern"))
    with w:
        load = Load(w, 3)
        assert w.upgrade()[0] == 0 and w.upgrade()[0] == 0
        assert load.end() == []
        assert w.stop() == 0
        between = systemd_test.ask(w.port["modern"])
        w.start()
        assert systemd_test.answer(between) == 200
