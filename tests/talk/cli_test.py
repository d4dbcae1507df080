"""The command line, with the daemon up and down: every verb, --json, exit codes 0, 1 and 2, Chinese output."""
import json, re, subprocess

import pytest

from server import clean_env, remember
from talker import PASSWORD, SERVICE_SECRET, World, authorize_url, basic, get_code, introspect, post, redeem, tokens

NEW_PASSWORD = remember("a-new-password-for-carol")
DOWN_ANSWER = "the daemon does not run"


@pytest.fixture(scope="module", params=["up", "down"])
def w(request):
    with World("modern", "spring") as world:
        world.up = request.param == "up"
        if not world.up:
            world.stop()
        yield world


def run(w, *args, **more):
    status, out, err = w.hufu(*args, **more)
    assert "Sanitizer" not in err and "runtime error" not in err, err
    return status, out, err


def ok(w, *args, **more):
    status, out, err = run(w, "--json", *args, **more)
    assert status == 0, (args, out, err)
    o = json.loads(out)
    remember(o.get("secret"))
    return o


def fails(w, *args, **more):
    status, out, err = run(w, *args, **more)
    assert status == 1 and not out and err.strip(), (args, status, out, err)
    return err


def misused(w, *args, **more):
    status, out, err = run(w, *args, **more)
    assert status == 2 and not out and err.strip(), (args, status, out, err)
    return err


def test_client(w):
    o = ok(w, "client", "create", "cli-app", "--redirect-uri", "https://cli.example/cb", "--redirect-uri", "https://cli.example/b", "--scope", "read write", "--name", "命令行")
    c, secret = o["client"], o["secret"]
    assert c["id"] == "cli-app" and c["name"] == "命令行" and c["redirect_uris"] == ["https://cli.example/cb", "https://cli.example/b"] and c["scopes"] == ["read", "write"] and len(secret) == 43
    assert "cli-app" in [x["id"] for x in ok(w, "client", "list")["clients"]]
    assert ok(w, "client", "show", "cli-app")["client"]["public"] is False and "secret" not in ok(w, "client", "show", "cli-app")
    o = ok(w, "client", "set", "cli-app", "--grant", "client_credentials authorization_code", "--access-ttl", "15m", "--auto-approve", "*")["client"]
    assert o["grants"] == ["client_credentials", "authorization_code"] and o["access_ttl_s"] == 900 and o["redirect_uris"] == c["redirect_uris"]
    assert ok(w, "client", "set", "cli-app", "--info", '{"LOGOUT_NOTIFY_URL_LIST":"https://cli.example/out","n":[1]}')["client"]["info"] == {
        "LOGOUT_NOTIFY_URL_LIST": "https://cli.example/out", "n": [1]}
    if w.up:
        r = post(w.at("modern", "/token"), {"grant_type": "client_credentials"}, basic("cli-app", secret))
        assert r.status == 200 and r.json()["expires_in"] == 900
    new = ok(w, "client", "rotate-secret", "cli-app")["secret"]
    assert new != secret
    if w.up:
        assert post(w.at("modern", "/token"), {"grant_type": "client_credentials"}, basic("cli-app", secret)).status == 401
        assert post(w.at("modern", "/token"), {"grant_type": "client_credentials"}, basic("cli-app", new)).status == 200
        ok(w, "client", "set", "cli-app", "--disable")
        assert post(w.at("modern", "/token"), {"grant_type": "client_credentials"}, basic("cli-app", new)).status == 401
    assert "already" in fails(w, "client", "create", "cli-app", "--redirect-uri", "https://x.example/")
    ok(w, "client", "delete", "cli-app")
    err = fails(w, "client", "show", "cli-app")
    assert "cli-app" in err and "hufu client list" in err
    fails(w, "client", "delete", "cli-app")
    fails(w, "client", "create", "bad", "--redirect-uri", "javascript:alert(1)")
    fails(w, "client", "create", "bad", "--redirect-uri", "https://x.example/#f")
    fails(w, "client", "create", "bad", "--grant", "telepathy", "--redirect-uri", "https://x.example/")
    o = ok(w, "client", "create", "--id", "cli-spa", "--public", "--redirect-uri", "https://spa.example/cb", "--scope", "read")
    assert o["client"]["public"] is True and "secret" not in o
    o = ok(w, "client", "create", "cli-own", "--secret-stdin", "--grant", "client_credentials", input=NEW_PASSWORD + "\n")
    assert "secret" not in o and o["client"]["secret_encoding"]


def test_a_secret_is_shown_once_to_people_too(w):
    status, out, err = run(w, "client", "create", "cli-shown", "--grant", "client_credentials")
    assert status == 0 and "This secret is shown only now" in out
    secret = remember(out.strip().splitlines()[-1])
    assert len(secret) == 43 and secret not in run(w, "client", "show", "cli-shown")[1]
    ok(w, "client", "delete", "cli-shown")


def login(w, name, password):
    b = w.browser("modern")
    return b.login(b.get(w.at("modern", "/login")), name, password).status == 303 and "hufu-modern" in b.cookies


def test_user(w):
    o = ok(w, "user", "create", "卡罗尔", "--display-name", "Carol 卡", "--email", "c@example.com", "--authority", "ROLE_A ROLE_B", "--number", "12", "--password-stdin", input=PASSWORD + "\n")["user"]
    assert o["name"] == "卡罗尔" and o["authorities"] == ["ROLE_A", "ROLE_B"] and o["number"] == 12 and o["password_encoding"] == "argon2"
    assert "卡罗尔" in [u["name"] for u in ok(w, "user", "list")["users"]]
    assert "password" not in ok(w, "user", "show", "卡罗尔")["user"]
    if w.up:
        assert login(w, "卡罗尔", PASSWORD)
    ok(w, "user", "set-password", "卡罗尔", "--password-stdin", input=NEW_PASSWORD + "\n")
    if w.up:
        assert login(w, "卡罗尔", NEW_PASSWORD) and not login(w, "卡罗尔", PASSWORD)
    ok(w, "user", "disable", "卡罗尔")
    assert ok(w, "user", "show", "卡罗尔")["user"]["enabled"] is False
    if w.up:
        assert not login(w, "卡罗尔", NEW_PASSWORD)
    ok(w, "user", "enable", "卡罗尔")
    ok(w, "user", "set", "卡罗尔", "--phone", "13800000000")
    assert "already" in fails(w, "user", "create", "卡罗尔", "--no-password")
    assert "--password-stdin" in misused(w, "user", "create", "dave")        # no terminal to ask
    path = w.dir / "password.txt"
    path.write_text(PASSWORD)
    ok(w, "user", "create", "dave", "--password-file", str(path))
    ok(w, "user", "delete", "卡罗尔")
    ok(w, "user", "delete", "dave")
    assert "卡罗尔" in fails(w, "user", "show", "卡罗尔")


def test_key(w):
    keys = ok(w, "key", "list")["keys"]
    assert {k["issuer"] for k in keys} == {"modern", "spring"} and all(k["kid"] and k["alg"] and k["state"] for k in keys)
    kid = ok(w, "key", "rotate", "--issuer", "spring")["kid"]
    assert kid in [k["kid"] for k in ok(w, "key", "list", "--issuer", "spring")["keys"]]
    assert "several issuers" in run(w, "key", "rotate")[2] and run(w, "key", "rotate")[0] in (1, 2)
    assert "nowhere" in fails(w, "key", "rotate", "--issuer", "nowhere")


def test_token(w):
    if not w.up:
        w.start()
    t, service = tokens(w), post(w.at("modern", "/token"), {"grant_type": "client_credentials"}, basic("service", SERVICE_SECRET)).json()["access_token"]
    if not w.up:
        w.stop()
    o = ok(w, "token", "introspect", t["access_token"], "--issuer", "modern")["token"]
    assert o["active"] is True and o["username"] == "alice" and o["kind"] == "access_token"
    assert ok(w, "token", "introspect", "--issuer", "modern", input=t["refresh_token"] + "\n")["token"]["kind"] == "refresh_token"
    assert ok(w, "token", "introspect", "-", "--issuer", "spring", input=t["access_token"])["token"]["active"] is False
    ok(w, "token", "revoke", t["access_token"], "--issuer", "modern")
    assert ok(w, "token", "introspect", t["access_token"], "--issuer", "modern")["token"]["active"] is False
    assert ok(w, "token", "introspect", t["refresh_token"], "--issuer", "modern")["token"]["active"] is False     # with what came with it
    assert "unknown" in fails(w, "token", "revoke", "unknown-token", "--issuer", "modern")
    o = ok(w, "token", "decode", service)
    assert o["header"]["alg"] == "RS256" and o["claims"]["sub"] == "service" and o["verified"] is False
    assert "not checked" in run(w, "token", "decode", service)[2]
    assert "no JWT" in fails(w, "token", "decode", "abc")


def test_session(w):
    if not w.up:
        w.start()
    b = w.browser("modern")
    b.authorize(authorize_url(w))
    c = w.browser("modern")
    c.login(c.get(w.at("modern", "/login")), "bob", PASSWORD)
    if not w.up:
        w.stop()
    rows = ok(w, "session", "list", "--issuer", "modern")["sessions"]
    assert {"alice", "bob"} <= {s["user"] for s in rows} and not {s["session"] for s in rows} & set(b.cookies.values())
    mine = ok(w, "session", "list", "--issuer", "modern", "--user", "bob")["sessions"]
    assert mine and {s["user"] for s in mine} == {"bob"}
    ok(w, "session", "end", mine[0]["session"])
    assert not ok(w, "session", "list", "--issuer", "modern", "--user", "bob")["sessions"]
    ok(w, "session", "end", "--user", "alice")
    assert not [s for s in ok(w, "session", "list", "--issuer", "modern")["sessions"] if s["user"] == "alice"]
    if w.up:
        assert b.get(authorize_url(w, prompt="none")).query()["error"] == "login_required"
    fails(w, "session", "end", "00" * 32)
    fails(w, "session", "end", "nonsense")


def test_realm_load(w, tmp_path):
    path = tmp_path / "realm.json"
    path.write_text(json.dumps({"clients": [{"id": "loaded", "public": True, "redirect_uris": ["https://l.example/"]}], "users": [{"name": "loaded-user", "password": PASSWORD}]}))
    o = ok(w, "realm", "load", str(path))
    assert o["clients"] == 1 and o["users"] == 1 and ok(w, "client", "show", "loaded")
    path.write_text('{"clients": [{"id": "x", "colour": 1}]}')
    err = fails(w, "realm", "load", str(path))
    assert "clients[0]" in err and "colour" in err
    path.write_text('{\n"clients": [}')
    assert "realm.json:2" in fails(w, "realm", "load", str(path))
    assert "none.json" in fails(w, "realm", "load", str(tmp_path / "none.json"))


def test_config(w):
    status, out, err = run(w, "config", "check")
    assert status == 0 and out.strip()
    status, out, err = run(w, "config", "show")
    assert status == 0 and "issuers:" in out and w.url["modern"] in out
    assert ok(w, "config", "show")["issuers"]["modern"]["url"] == w.url["modern"]
    status, out, err = run(w, "config", "manual")
    assert status == 0 and out.startswith("#") and "http.body_max" in out and "HUFU_HTTP__BODY_MAX" in out
    w.conf.write_text(w.conf.read_text() + "nonsense: 1\n")
    err = fails(w, "config", "check")
    assert str(w.conf) + ":" in err and "nonsense" in err
    status, out, _ = run(w, "--json", "config", "check")
    assert status == 1 and json.loads(out)["ok"] is False and "nonsense" in json.loads(out)["complaints"][0]
    w.write_config()


def test_settings_from_the_environment(w):
    def show(**env):
        r = subprocess.run([str(w.build / "hufu"), "--config", str(w.conf), "--json", "config", "show"], capture_output=True, text=True, env=clean_env(**env))
        return r.returncode, r.stdout, r.stderr
    _, out, _ = show(HUFU_HTTP__BODY_MAX="99k")
    assert "101376" in out
    _, out, _ = show(HUFU_ISSUERS__MODERN__ACCESS_TTL_S="7m")
    assert json.loads(out)["issuers"]["modern"]["access_ttl_s"] == 420
    secret = w.dir / "kek.txt"
    secret.write_text("ab" * 32 + "\n")
    status, out, _ = show(HUFU_KEYS__KEK_FILE=str(secret))
    assert status == 0 and "ab" * 32 not in out
    status, out, err = show(HUFU_HTTP__BODY_MAX="much")
    assert status == 1 and "HUFU_HTTP__BODY_MAX" in out + err


def test_the_daemon(w):
    assert run(w, "version")[1].startswith("hufu 0.") and ok(w, "version")["version"] == ok(w, "--version")["version"]
    if w.up:
        o = ok(w, "status")
        assert o["ready"] is True and set(o["issuers"]) == {"modern", "spring"}
        ok(w, "reload")
        ok(w, "debug", "turn-clock", "1000")
        assert "done" in run(w, "reload")[1]
    else:
        for command in (("status",), ("reload",), ("debug", "turn-clock", "1")):
            assert DOWN_ANSWER in fails(w, *command)
    misused(w, "debug", "turn-clock", "soon")


def test_help_and_wrong_usage(w):
    for args in ((), ("help",), ("--help",), ("client", "--help"), ("client", "create", "--help"), ("help", "user")):
        status, out, err = run(w, *args)
        assert status == 0 and "hufu" in out and not err, args
    for args in (("fly",), ("client", "fly"), ("client", "show"), ("client", "list", "more"), ("client", "list", "--colour"), ("client", "create", "x", "--name"),
                 ("--lang", "fr", "version"), ("user", "create"), ("client", "set", "x", "--access-ttl", "soon"),
                 ("client", "set", "x", "--info", "[1]"), ("client", "set", "x", "--info", "{")):
        assert "--help" in misused(w, *args) or "hufu help" in run(w, *args)[2] or run(w, *args)[2]
    status, out, err = run(w, "--json", "client", "show", "no-such-client")
    assert status == 1 and "no-such-client" in out + err


def test_chinese(w):
    status, out, err = run(w, "--lang", "zh", "help")
    assert status == 0 and "用法" in out and "登记客户端" in out
    assert "没有命令" in misused(w, "--lang", "zh", "fly")
    status, out, err = run(w, "--lang", "zh", "client", "show", "service")
    assert status == 0 and "授权方式" in out
    r = subprocess.run([str(w.build / "hufu"), "help"], capture_output=True, text=True, env=clean_env(LC_ALL="zh_CN.UTF-8"))
    assert "用法" in r.stdout
    if not w.up:
        assert "守护进程没有运行" in fails(w, "--lang", "zh", "status")


def test_a_wide_table_is_aligned(w):
    ok(w, "user", "create", "王小明", "--display-name", "王", "--no-password")
    lines = run(w, "user", "list")[1].splitlines()

    def columns(line):
        return sum(2 if ord(c) > 0x2e80 else 1 for c in line[:line.rindex("  ")])
    assert len(lines) > 5 and all(line == line.rstrip() for line in lines)
    row, head = next(line for line in lines if "王小明" in line), lines[0]
    assert columns(row) == columns(head), (row, head)


def cells(line):
    return re.split(r"  +", line.rstrip())


def rows(w, *args):
    """A printed list as dicts by its heads; what stands under each, which may be nothing, begins where its head does."""
    status, out, err = run(w, *args)
    assert status == 0 and not err, (args, out, err)
    head, *lines = out.splitlines()
    starts = [0] + [m.end() for m in re.finditer(r"  +", head)]
    ends = starts[1:] + [None]
    wide = lambda line: "".join(c + "\0" if ord(c) > 0x2e80 else c for c in line)       # two columns
    assert lines and all(wide(line)[at - 2:at].strip() == "" for line in lines for at in starts[1:]), out
    return [dict(zip(cells(head), (wide(line)[a:b].replace("\0", "").strip() for a, b in zip(starts, ends)))) for line in lines]


TIME = re.compile(r"^20\d\d-\d\d-\d\d[ T]\d\d:\d\d")


def test_lists_for_people(w):
    client = next(c for c in rows(w, "client", "list") if c["id"] == "service")
    assert client["public"] == "no" and client["enabled"] == "yes" and "client_credentials" in client["grants"]
    keys = rows(w, "key", "list", "--issuer", "modern")
    assert {k["issuer"] for k in keys} == {"modern"} and {k["state"] for k in keys} >= {"active"}
    assert all(TIME.match(k["created"]) for k in keys) and TIME.match(next(k for k in keys if k["state"] == "active")["signs since"])
    if not w.up:
        w.start()
    get_code(w)
    if not w.up:
        w.stop()
    sessions = rows(w, "session", "list", "--issuer", "modern")
    assert sessions[0]["user"] == "alice" and TIME.match(sessions[0]["logged in"]) and sessions[0]["logged in"] < sessions[0]["expires"]


def test_status_for_people(w):
    if w.up:
        status, out, err = run(w, "status")
        said = dict(cells(line) for line in out.splitlines())
        assert status == 0 and said["ready"] == "yes" and said["issuers"].split() == ["modern", "spring"] and said["version"], out


def test_dialects_for_people(w):
    status, out, err = run(w, "dialect", "list")
    assert status == 0 and "modern" in out.split("\n") and "taroco" in out.split("\n")
    status, out, err = run(w, "dialect", "show", "taroco")
    assert status == 0 and "based_on: taroco" in out and "token: /oauth/token" in out
    assert "klingon" in fails(w, "dialect", "show", "klingon")


def test_a_long_list_comes_whole(w, tmp_path):
    path = tmp_path / "many.json"
    path.write_text(json.dumps({"users": [{"name": "many-%04d" % i, "password_encoded": "{noop}x"} for i in range(700)]}))
    ok(w, "realm", "load", str(path))
    names = [u["name"] for u in ok(w, "user", "list")["users"]]
    assert len(names) == len(set(names)) and sum(n.startswith("many-") for n in names) == 700


def test_the_daemon_was_not_harmed(w):
    if not w.up:
        w.start()
    assert introspect(w, tokens(w)["access_token"])["active"] and redeem(w, get_code(w)).status == 200
    if not w.up:
        w.stop()
