"""Many clear passwords at once: hashed by the command line on all cores, told as it goes, and an interrupt leaves nothing half done."""
import json, os, pty, re, select, signal, subprocess, time

import pytest

from databases import write_json
from server import Server, clean_env, free_ports, remember
from talker import basic, post, wait

MANY = 300                              # of about 15 ms each, on some cores: more than the second from which on something is told


@pytest.fixture
def s():
    port = free_ports(1)[0]
    with Server({"old": {"url": "http://127.0.0.1:%d" % port, "dialect": "spring", "listener": "a"}}, [], listeners={"a": {"bind": ["127.0.0.1:%d" % port]}}) as server:
        server.at = "http://127.0.0.1:%d" % port
        yield server


@pytest.fixture
def alone(tmp_path):
    """A command line without a daemon."""
    server = Server({"old": {"url": "http://127.0.0.1:1", "dialect": "spring"}}, [], listeners={"a": {"bind": ["127.0.0.1:1"]}})
    server.write_config()
    return server


def word(i):
    return remember("clear-password-of-bulk-%04d" % i)


def realm_file(s, n, clear=True):
    users = [{"name": "user%04d" % i, **({"password": word(i)} if clear else {})} for i in range(n)]
    clients = [{"id": "app", "secret": remember("app-secret-of-bulk"), "grants": ["password"], "scopes": ["read"], "legacy": ["password"], "redirect_uris": []}]
    return write_json(s.dir / "realm.json", {"clients": clients, "users": users})


def names(s):
    return [u["name"] for u in json.loads(s.hufu("--json", "user", "list", "--realm", "main")[1])["users"]]


def login(s, i):
    r = post(s.at + "/oauth/token", {"grant_type": "password", "username": "user%04d" % i, "password": word(i)}, basic("app", "app-secret-of-bulk"))
    return r.status


TOLD = r"%d passwords and secrets were hashed in \d+\.\d s on %d cores"


def test_a_realm_with_many_clear_passwords(s):
    file = realm_file(s, MANY)
    status, out, err = s.hufu("realm", "load", file, "--realm", "main")
    assert status == 0 and re.search(TOLD % (MANY + 1, len(os.sched_getaffinity(0))), err), err
    assert len(names(s)) == MANY and login(s, 0) == login(s, MANY - 1) == 200
    assert "clear-password" not in out + err
    shown = s.control({"do": "user.show", "realm": "main", "name": "user0001"})["user"]
    assert shown["password_encoding"] == "argon2"
    first = s.control({"do": "realm.export", "realm": "main", "what": "users", "secrets": True})["users"]
    assert s.hufu("realm", "load", file, "--realm", "main")[0] == 0             # again: nobody's password changes, and nobody's hash
    assert s.control({"do": "realm.export", "realm": "main", "what": "users", "secrets": True})["users"] == first


def test_the_same_without_a_daemon(alone):
    status, out, err = alone.hufu("realm", "load", realm_file(alone, MANY), "--realm", "main")
    assert status == 0 and re.search(TOLD % (MANY + 1, len(os.sched_getaffinity(0))), err), err
    assert len(names(alone)) == MANY


@pytest.mark.parametrize("up", [True, False])
def test_an_import_of_clear_passwords(s, alone, up):
    s = s if up else alone
    old = write_json(s.dir / "old.json", {
        "users": [{"username": "user%04d" % i, "password": "{noop}" + word(i), "enabled": True} for i in range(MANY)],
        "oauth_client_details": [{"client_id": "app", "client_secret": "{noop}app-secret-of-bulk", "scope": "read", "authorized_grant_types": "password"}]})
    status, out, err = s.hufu("import", "spring", "--from", old, "--realm", "main")
    assert status == 0 and re.search(TOLD % (MANY + 1, len(os.sched_getaffinity(0))), err), err
    assert not up or login(s, 7) == 200
    status, out, err = s.hufu("import", "spring", "--from", old, "--realm", "main")
    assert status == 0 and "nothing changed" in out and "hashed" not in err


def started(s, *args, **more):
    env = clean_env(LC_ALL="C.UTF-8", ASAN_OPTIONS="detect_leaks=0")            # one that a signal ends looks for no leaks
    return subprocess.Popen([str(s.build / "hufu"), "--config", str(s.conf), *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env,
                            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), **more)     # a suite in the background ignores it, and its children would


@pytest.mark.parametrize("up", [True, False])
def test_an_interrupt_while_hashing_writes_nothing(s, alone, up):
    s = s if up else alone
    p = started(s, "realm", "load", realm_file(s, 3000), "--realm", "main")
    wait(lambda: len(os.listdir("/proc/%d/task" % p.pid)) > 1, 60)              # the hashing threads
    p.send_signal(signal.SIGINT)
    out, err = p.communicate(timeout=60)
    assert p.returncode == -signal.SIGINT and "interrupted; nothing was written" in err, err
    assert names(s) == []


def test_an_interrupt_while_writing_says_what_is_written(s):
    n = 4000
    file = realm_file(s, n, clear=False)
    p = started(s, "realm", "load", file, "--realm", "main")
    wait(lambda: s.control({"do": "user.list", "realm": "main", "max": 1})["users"], 60)
    p.send_signal(signal.SIGINT)
    out, err = p.communicate(timeout=60)
    assert p.returncode == -signal.SIGINT, err
    written = int(re.search(r"interrupted: (\d+) users and 0 clients of the file are written", err).group(1))
    assert 0 < written < n and len(names(s)) == written
    assert s.hufu("realm", "load", file, "--realm", "main")[0] == 0 and len(names(s)) == n


def test_a_terminal_sees_it_go_on(alone):
    file = realm_file(alone, 3 * MANY)
    pid, fd = pty.fork()
    if pid == 0:
        os.execve(str(alone.build / "hufu"), ["hufu", "--config", str(alone.conf), "realm", "load", file, "--realm", "main"], clean_env(LC_ALL="zh_CN.UTF-8", LANGUAGE="zh"))
    said = b""
    while select.select([fd], [], [], 60)[0]:
        try:
            got = os.read(fd, 4096)
        except OSError:
            break
        said += got
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    os.close(fd)
    counts = [int(n) for n in re.findall(r"\r[^\r]*：(\d+) / %d" % (3 * MANY + 1), said.decode())]
    assert counts and counts == sorted(counts) and "已计算 %d 个密码和密钥的散列" % (3 * MANY + 1) in said.decode(), said


def test_the_whole_file_is_judged_before_anything_is_written(s):
    users = [{"name": "u%03d" % i} for i in range(130)]
    for row, complaint in (({"name": "u007"}, 'users[130]: "u007" is in the list twice'), ({"name": "U007"}, 'users[130]: "U007" is in the list twice'),
                           ({"name": "zoe", "hat": 1}, 'users[130]: there is no field "hat"')):
        status, out, err = s.hufu("realm", "load", write_json(s.dir / "f.json", {"users": users + [row]}), "--realm", "main")
        assert status == 1 and complaint in err and names(s) == [], err
    one = "00000000-0000-4000-8000-00000000000a"
    status, out, err = s.hufu("realm", "load", write_json(s.dir / "f.json", {"users": [{"name": "a", "id": one}] + users + [{"name": "b", "id": one.upper()}]}), "--realm", "main")
    assert status == 1 and "users[131]: " in err and names(s) == [], err
    clients = [{"id": "c%03d" % i, "public": True, "redirect_uris": ["https://c.example/"]} for i in range(60)]
    for row, complaint in (({"id": "c001"}, 'clients[60]: "c001" is in the list twice'), ({"id": "c d"}, "clients[60]: the client id")):
        status, out, err = s.hufu("realm", "load", write_json(s.dir / "f.json", {"users": users, "clients": clients + [row]}), "--realm", "main")
        assert status == 1 and complaint in err and names(s) == [], err
    assert s.control({"do": "realm.set", "realm": "main", "names": "exact"})["ok"]
    status, out, err = s.hufu("realm", "load", write_json(s.dir / "f.json", {"users": users + [{"name": "U007"}]}), "--realm", "main")
    assert status == 0 and len(names(s)) == 131, err
