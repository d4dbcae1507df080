"""tests/talk/cli_test.py - the command line: with a daemon, without one, exit codes, JSON, Chinese, passwords on a terminal."""
import base64, http.client, json, os, pty, re, select, subprocess, urllib.parse

import pytest

from server import BUILD, Server, free_ports, remember


def clean_env(**more):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("HUFU_", "LC_", "LANG"))}
    env.update(more)
    return env


class Desk:
    """A data directory with its settings, and hufu on it."""

    def __init__(self, tmp_path):
        self.port, admin = free_ports(2)
        self.conf = tmp_path / "hufu.yaml"
        self.conf.write_text("data: store\nadmin:\n  listen: 127.0.0.1:%d\nlisteners:\n  a:\n    bind: 127.0.0.1:%d\nissuers:\n  one:\n    url: http://localhost:%d\n"
                             "    realm: r\n    signing_alg: ES256\n" % (admin, self.port, self.port))

    def run(self, *args, input=None, **env):
        r = subprocess.run([str(BUILD / "hufu"), "--config", str(self.conf), *args], capture_output=True, input=input, timeout=120, env=clean_env(**env), start_new_session=True)
        return r.returncode, r.stdout.decode(), r.stderr.decode()

    def json(self, *args, input=None, code=0):
        status, out, err = self.run("--json", *args, input=input)
        assert status == code, (args, status, out, err)
        return json.loads(out)


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


@pytest.fixture
def served(tmp_path):
    port = free_ports(1)[0]
    s = Server({"one": {"url": "http://localhost:%d" % port, "realm": "r", "signing_alg": "ES256"}}, [], listeners={"a": {"bind": "127.0.0.1:%d" % port}}).start()
    d = Desk(tmp_path)
    d.conf, d.port, d.server = s.conf, port, s
    yield d
    s.close()


def token(port, client, secret):
    c = http.client.HTTPConnection("localhost", port, timeout=20)
    basic = base64.b64encode(("%s:%s" % (urllib.parse.quote(client), urllib.parse.quote(secret))).encode()).decode()
    c.request("POST", "/token", "grant_type=client_credentials", {"Authorization": "Basic " + basic, "Content-Type": "application/x-www-form-urlencoded"})
    r = c.getresponse()
    return r.status, json.loads(r.read())


def clients_by_hand(d):
    made = d.json("client", "create", "m2m", "--grant", "client_credentials", "--scope", "read write", "--access-ttl", "15m")
    remember(made["secret"])
    assert made["client"]["access_ttl_s"] == 900 and made["client"]["grants"] == ["client_credentials"] and len(made["secret"]) == 43
    assert made["secret"] not in json.dumps(d.json("client", "show", "m2m"))
    assert d.json("client", "create", "m2m", "--grant", "client_credentials", code=1)["error"].startswith("there is already")
    d.json("client", "create", "--id", "web", "--redirect-uri", "https://a.example/cb", "--redirect-uri", "https://a.example/b?x=1", "--public", "--name", "网页")
    assert d.json("client", "show", "web")["client"]["redirect_uris"] == ["https://a.example/cb", "https://a.example/b?x=1"]
    assert d.json("client", "set", "web", "--disable", "--scope", "")["client"]["enabled"] is False
    assert [c["id"] for c in d.json("client", "list")["clients"]] == ["m2m", "web"]
    assert d.json("client", "delete", "web")["ok"] and d.json("client", "show", "web", code=1)["error"].startswith("there is no client")
    return made["secret"]


def test_without_a_daemon(desk):
    clients_by_hand(desk)
    desk.json("user", "create", "bob", "--password-stdin", "--authority", "ROLE_USER", input="pass word 密码\n".encode())
    assert desk.json("user", "show", "bob")["user"]["password_encoding"] == "argon2"
    kid = desk.json("key", "rotate", "--now")["kid"]
    assert kid in [k["kid"] for k in desk.json("key", "list")["keys"]]
    assert desk.json("session", "list")["sessions"] == []
    assert desk.json("token", "introspect", "nothing")["token"]["active"] is False
    status, _, err = desk.run("reload")
    assert status == 1 and "does not run" in err


def test_with_a_daemon(served):
    secret = clients_by_hand(served)
    status, body = token(served.port, "m2m", secret)
    assert status == 200, body
    access = remember(body["access_token"])
    assert served.json("token", "introspect", input=access.encode())["token"]["client_id"] == "m2m"
    assert served.json("token", "decode", "-", input=access.encode())["claims"]["client_id"] == "m2m"
    assert served.json("token", "revoke", input=access.encode())["ok"]
    assert served.json("token", "introspect", input=access.encode())["token"]["active"] is False
    fresh = remember(served.json("client", "rotate-secret", "m2m")["secret"])
    assert token(served.port, "m2m", secret)[0] == 401 and token(served.port, "m2m", fresh)[0] == 200
    assert served.json("status")["ready"] is True and served.json("reload")["ok"]
    before = served.json("status")["now"]
    assert served.json("debug", "turn-clock", "3600000")["now"] >= before + 3600


def test_a_realm_of_many_and_long_lists(served, tmp_path):
    users = [{"name": "user%04d" % i, "password_encoded": "{noop}p", "display_name": "x" * 200} for i in range(450)]
    path = tmp_path / "realm.json"
    path.write_text(json.dumps({"clients": [{"id": "c", "secret_encoded": "{noop}s", "grants": ["client_credentials"], "scopes": ["a"]}], "users": users}))
    assert served.json("realm", "load", str(path)) == {"ok": True, "clients": 1, "users": 450}
    assert [u["name"] for u in served.json("user", "list")["users"]] == [u["name"] for u in users]
    assert token(served.port, "c", "s")[0] == 200
    path.write_text('{"users": [\n{"name": }]}')
    assert "realm.json:2" in served.json("realm", "load", str(path), code=1)["error"]
    path.write_text('{"users": [{"name": "a\\nb"}]}')
    assert "users[0]" in served.json("realm", "load", str(path), code=1)["error"]


def test_exit_codes_of_wrong_usage(desk):
    for args in (["nonsense"], ["client"], ["client", "paint"], ["client", "show"], ["client", "show", "a", "b"], ["client", "list", "--bogus"], ["client", "list", "--realm"],
                 ["client", "create", "x", "--access-ttl", "soon"], ["client", "create", "x", "--public=yes"], ["user", "create", "x", "--number", "many"], ["--lang", "fr", "version"]):
        status, out, err = desk.run(*args)
        assert status == 2 and err.startswith("hufu: ") and out == "", args
    for args in (["help"], [], ["client", "--help"], ["client", "create", "--help"], ["debug", "--help"], ["version"], ["--version"], ["config", "manual"]):
        status, out, err = desk.run(*args)
        assert status == 0 and out and not err, args


def test_config_check_names_file_and_line(desk):
    assert desk.run("config", "check") == (0, "ok\n", "")
    assert "listen" in desk.run("config", "show")[1]
    desk.conf.write_text(desk.conf.read_text() + "    acces_shape: jwt\n    pkce: perhaps\n")
    status, _, err = desk.run("config", "check")
    assert status == 1 and re.search(r"hufu\.yaml:12: unknown key `acces_shape` in issuers; did you mean `access_shape`\?", err) and "hufu.yaml:13: `issuers.one.pkce` must be one of" in err
    assert len(desk.json("config", "check", code=1)["complaints"]) == 2
    assert desk.run("config", "check", HUFU_NONSENSE="1")[0] == 1


def test_chinese(desk):
    assert "没有命令" in desk.run("nonsense", LANG="zh_CN.UTF-8")[2]
    assert "没有命令" in desk.run("--lang", "zh", "nonsense")[2]
    assert "no command" in desk.run("--lang", "en", "nonsense", LC_ALL="zh_CN.UTF-8")[2]
    assert "登记客户端" in desk.run("help", LC_ALL="zh_CN.UTF-8")[1]


def test_columns_are_aligned_beside_chinese(desk):
    desk.json("user", "create", "张三", "--no-password", "--display-name", "x")
    desk.json("user", "create", "li", "--no-password", "--display-name", "y")
    rows = desk.run("user", "list")[1].splitlines()
    wide = lambda s: sum(2 if ord(c) > 0x2e80 else 1 for c in s)
    assert {wide(r[:r.index("yes")]) for r in rows[1:]} == {rows[0].index("enabled")}


def type_on_terminal(desk, args, lines):
    pid, fd = pty.fork()
    if pid == 0:
        os.execve(str(BUILD / "hufu"), ["hufu", "--config", str(desk.conf), *args], clean_env())
    seen = b""

    def more():
        if not select.select([fd], [], [], 30)[0]:
            os.kill(pid, 9)
        return os.read(fd, 1000)

    try:
        for line in lines:
            while not seen.rstrip().endswith(b":"):
                seen += more()
            os.write(fd, line + b"\n")
            seen += b"|"
        while True:
            seen += more()
    except OSError:
        pass
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), seen


def test_a_password_typed_on_a_terminal_is_not_shown(desk):
    status, seen = type_on_terminal(desk, ["user", "create", "ann"], [b"sesame-open", b"sesame-open"])
    assert status == 0 and b"Password: " in seen and b"sesame" not in seen, seen
    status, seen = type_on_terminal(desk, ["user", "set-password", "ann"], [b"one", b"two"])
    assert status == 1 and b"differ" in seen, seen
    status, out, err = desk.run("user", "create", "eve")
    assert status == 2 and "--password-stdin" in err    # no terminal to ask on
