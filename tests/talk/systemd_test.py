"""hufud under a service manager: readiness, reload, stop and signs of life; sockets that the manager holds."""
import os, pathlib, re, signal, socket, subprocess, threading

import pytest

from server import free_ports
from service_manager import Notices, calls_allowed, confine, with_sockets
from talker import World, get, introspect, refresh, tokens

METADATA = "/.well-known/openid-configuration"


class Service(World):
    """A hufud whose notices are heard, and which gets sockets passed."""

    def __init__(self, *dialects, sockets=(), watchdog_s=0, **more):
        super().__init__(*dialects, **more)
        self.notices, self.sockets = Notices(), list(sockets)
        self.env["NOTIFY_SOCKET"] = self.notices.path
        if watchdog_s:
            self.env["WATCHDOG_USEC"] = str(int(watchdog_s * 1000000))

    def launch(self, command, env, **more):
        if self.sockets or self.notices.stored:
            return with_sockets(command, self.sockets, env, self.notices.stored, **more)
        return subprocess.Popen(command, env=env, **more)

    def close(self):
        super().close()
        self.notices.close()
        for s in self.sockets:
            s.close()


def listening(address, family=socket.AF_INET):
    s = socket.socket(family)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1) if family != socket.AF_UNIX else None
    s.bind(address)
    s.listen(100)
    return s


def ask(port, path=METADATA):
    """A request that is sent now; whoever holds the answer reads it when there is one."""
    s = socket.create_connection(("127.0.0.1", port), timeout=20)
    s.sendall(b"GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n" % (path.encode(), port))
    return s


def answer(s):
    data = b""
    while piece := s.recv(65536):
        data += piece
    s.close()
    return int(data.split()[1])


def test_the_manager_hears_of_start_reload_and_stop():
    with Service("modern") as w:
        assert w.notices.heard("READY=1")
        w.proc.send_signal(signal.SIGHUP)
        told = w.notices.heard("RELOADING=1")
        assert told and told[-1].split("\n")[1].startswith("MONOTONIC_USEC=")
        assert w.notices.heard("READY=1")
        assert w.stop() == 0 and w.notices.heard("STOPPING=1")
        w.start()


def test_signs_of_life_come_in_half_the_time_that_is_allowed():
    with Service("modern", watchdog_s=1) as w:
        assert w.notices.heard("READY=1")
        for _ in range(3):
            assert w.notices.heard("WATCHDOG=1", wait=1) == ["WATCHDOG=1"]
        w.proc.send_signal(signal.SIGHUP)
        assert w.notices.heard("READY=1") and w.notices.heard("WATCHDOG=1", wait=1)
        assert w.stop() == 0 and w.notices.heard("STOPPING=1")
        w.start()


def test_nobody_asked_for_signs_of_life():
    with Service("modern") as w:
        assert w.notices.heard("READY=1") == ["READY=1"]
        assert w.notices.heard("WATCHDOG=1", wait=2) is None


def test_a_watchdog_of_another_process_is_none_of_ours():
    with Service("modern", watchdog_s=1) as w:
        w.stop()
        w.env["WATCHDOG_PID"] = "1"
        assert w.notices.heard("STOPPING=1")
        w.start()
        assert w.notices.heard("READY=1") and w.notices.heard("WATCHDOG=1", wait=2) is None


def held(w):
    """The socket of the issuer's address, held by the manager."""
    w.sockets.append(listening(("127.0.0.1", w.port["modern"])))
    return w


def test_a_socket_of_the_manager_is_served_and_outlives_a_restart():
    w = held(Service("modern"))
    before = ask(w.port["modern"])                          # whoever came before hufud did waits, and is served
    with w:
        assert answer(before) == 200
        w.stop()
        between = ask(w.port["modern"])                     # nobody is refused while it is down
        w.start()
        assert answer(between) == 200


def test_a_reload_keeps_the_socket_of_the_manager():
    with held(Service("modern")) as w:
        kept = dict(w.listeners)
        port = free_ports(1)[0]
        w.listeners["modern"] = {"bind": ["127.0.0.1:%d" % port]}
        w.issuers["modern"]["url"] = "http://127.0.0.1:%d" % port
        w.write_config()
        assert w.hufu("reload")[0] == 0
        assert answer(ask(port)) == 200
        w.listeners.update(kept)                            # the address that was given up is had again
        w.listeners["modern"] = {"bind": ["127.0.0.1:%d" % port, "127.0.0.1:%d" % w.port["modern"]]}
        w.write_config()
        code, out, err = w.hufu("reload")
        assert code == 0, err
        assert answer(ask(w.port["modern"])) == 200 and get(w.at("modern", METADATA)).status == 200


def test_a_socket_for_every_interface():
    """"*:PORT" is one socket that takes both families, as the manager makes it of ListenStream=PORT."""
    w = Service("modern")
    s = socket.socket(socket.AF_INET6)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    s.bind(("::", w.port["modern"]))
    s.listen(100)
    w.sockets.append(s)
    w.listeners["modern"] = {"bind": ["*:%d" % w.port["modern"]]}
    before = ask(w.port["modern"])
    with w:
        assert answer(before) == 200


def refused(w, *say):
    """The start fails and says this; nothing is left running."""
    with pytest.raises(RuntimeError) as e:
        w.start()
    assert all(word in str(e.value) for word in say), e.value
    w.proc = None
    w.close()


def test_a_socket_that_no_listener_names_keeps_it_from_starting():
    w = held(Service("modern"))
    port = free_ports(1)[0]
    w.sockets.append(listening(("127.0.0.1", port)))
    refused(w, "the socket unit listens on 127.0.0.1:%d" % port, "bind")


def test_what_is_no_listening_socket_keeps_it_from_starting():
    w = Service("modern")
    w.sockets.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    refused(w, "descriptor 3", "Accept=no")


def test_sockets_of_another_process_are_none_of_ours():
    with Service("modern") as w:
        w.stop()
        w.env.update(LISTEN_PID="1", LISTEN_FDS="1")
        w.start()
        assert get(w.at("modern", METADATA)).status == 200


@pytest.mark.parametrize("many", ["65", "-1", "x"])
def test_a_number_of_sockets_that_makes_no_sense(many):
    w = Service("modern")
    w.launch = lambda command, **more: subprocess.Popen(["/bin/sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=%s exec "$0" "$@"' % many, *command], **more)
    refused(w, "LISTEN_FDS")


@pytest.mark.parametrize("mode, fine", [(0o600, True), (0o666, False)])
def test_the_control_socket_may_be_the_managers_when_it_is_private(mode, fine):
    w = Service("modern")
    w.sockets.append(listening(w.sock, socket.AF_UNIX))
    os.chmod(w.sock, mode)
    if not fine:
        refused(w, "SocketMode=0600", w.sock)
        return
    with w:
        assert w.control({"do": "status"})["ok"]
        w.stop()
        assert os.path.exists(w.sock)                       # who made it takes it away
        w.start()


# --- sockets of hufud's own that the manager keeps: FDSTORE=1 -----------------------------------------------------------------------

def keeper(*dialects):
    w = Service(*dialects)
    w.env["FDSTORE"] = "64"
    return w


def names(w, *ports):
    return ["hufu.127.0.0.1_%d" % port for port in (w.admin_port, *ports)]


def moved(w):
    """The issuer's listener is to be at another port, which is told."""
    port = free_ports(1)[0]
    w.listeners["modern"] = {"bind": ["127.0.0.1:%d" % port]}
    w.issuers["modern"]["url"] = "http://127.0.0.1:%d" % port
    w.write_config()
    return port


def is_refused(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=20).close()
    except ConnectionRefusedError:
        return True
    return False


def test_a_restart_refuses_nobody():
    """Whoever comes at whatever moment of three restarts is served."""
    with keeper("modern") as w:
        port, told, over = w.port["modern"], [], threading.Event()
        assert w.notices.keeps(names(w, port))

        def come():
            while not over.is_set():
                try:
                    told.append(answer(ask(port)))
                except OSError as e:
                    told.append(e)
        who = [threading.Thread(target=come) for _ in range(3)]
        for t in who:
            t.start()
        for _ in range(3):
            assert w.stop() == 0
            between = [ask(port) for _ in range(20)]
            w.start()
            assert [answer(s) for s in between] == [200] * 20
            assert w.notices.heard("STOPPING=1") and w.notices.heard("READY=1")
        over.set()
        for t in who:
            t.join()
        assert len(told) > 3 and set(told) == {200}, told
        assert w.notices.keeps(names(w, port))


def answer_across_a_restart(w, port):
    """Of who connects while no hufud runs."""
    w.stop()
    between = ask(port)
    w.start()
    return answer(between)


def test_a_socket_that_a_reload_gives_up_is_not_kept():
    with keeper("modern") as w:
        old = w.port["modern"]
        assert w.notices.keeps(names(w, old))
        port = moved(w)
        assert w.hufu("reload")[0] == 0 and w.notices.keeps(names(w, port))
        assert is_refused(old) and answer(ask(port)) == 200
        assert answer_across_a_restart(w, port) == 200


def test_a_kept_socket_that_the_settings_do_not_name_any_more_is_closed():
    with keeper("modern") as w:
        old = w.port["modern"]
        assert w.notices.keeps(names(w, old))
        w.stop()
        port = moved(w)
        w.start()
        assert "127.0.0.1:%d is closed: no listener of the settings names it any more" % old in w.log()
        assert w.notices.keeps(names(w, port)) and is_refused(old) and answer(ask(port)) == 200


def test_what_an_upgrade_opens_is_kept():
    with keeper("modern") as w:
        old = w.port["modern"]
        assert w.notices.keeps(names(w, old))
        port = moved(w)
        assert w.upgrade()[0] == 0 and w.notices.keeps(names(w, port))
        assert is_refused(old)
        assert answer_across_a_restart(w, port) == 200


def test_a_manager_that_keeps_nothing_gets_nothing():
    with Service("modern") as w:
        assert w.notices.heard("READY=1")
        w.stop()
        assert w.notices.heard("STOPPING=1") == ["STOPPING=1"] and is_refused(w.port["modern"])
        w.start()


UNIT = pathlib.Path(__file__).resolve().parents[2] / "packaging/systemd/hufud.service.in"


def confined(command, **more):
    names = calls_allowed(UNIT)
    assert 100 < len(names) and "openat" in names and not names & {"ptrace", "mount", "chown", "setuid", "bpf"}
    env = {**more.pop("env"), "ASAN_OPTIONS": "detect_leaks=0"}         # which asks for ptrace at the end
    return subprocess.Popen(command, preexec_fn=lambda: confine(names), env=env, **more)


def test_the_system_calls_that_the_unit_allows_are_enough(tmp_path):
    w = World("modern", "spring")
    w.launch = confined
    with w:
        t = tokens(w)
        assert refresh(w, t["refresh_token"]).status == 200 and introspect(w, t["access_token"])["active"]
        assert w.hufu("reload")[0] == 0 and w.hufu("backup", str(tmp_path / "b"), "--with-kek")[0] == 0
        assert w.hufu("key", "rotate", "--issuer", "modern", "--now")[0] == 0
        assert w.hufu("user", "create", "zoe", "--realm", "main", "--password-stdin", input="a long password")[0] == 0
        assert "Operation not permitted" not in w.log()
        assert re.search(r"^Seccomp:\s+2$", open("/proc/%d/status" % w.proc.pid).read(), re.M)
        assert w.stop() == 0
        w.start()
