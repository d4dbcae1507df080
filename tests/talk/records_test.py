"""What was done, by whom and to whom: one JSON line each with a name that stays, with the daemon up and down, and never a secret."""
import getpass, json, os, re, signal, subprocess

import pytest

from demo import Demo
from server import ELSEWHERE, ROOT, remember
from talker import APP_SECRET, World, basic, get_code, post, redeem, tokens, wait

NAMES = set(re.findall(r'^EVENT\(\w+, "([^"]+)"', (ROOT / "src/base/events.def").read_text(encoding="utf-8"), re.M))
NEW_PASSWORD = remember("a-password-of-the-records-test")


@pytest.fixture(scope="module")
def w():
    with World("modern", "spring", first=True) as world:
        yield world


def records(w, event=None, since=0):
    found = [json.loads(line) for line in w.log()[since:].split("\n") if '"level":"record"' in line]
    assert not {r["event"] for r in found} - NAMES
    return [r for r in found if event is None or r["event"] == event]


def told(w, since, event, **members):
    """The one line of that name since then, once it is there."""
    wait(lambda: records(w, event, since))
    found = records(w, event, since)
    assert len(found) == 1, found
    for name, value in members.items():
        assert found[0].get(name) == value, (name, found[0])
    return found[0]


def act(w, event, *args, status=0, input=None, **members):
    since = len(w.log())
    assert w.hufu(*args, input=input)[0] == status
    return told(w, since, event, uid=os.getuid(), result="done" if status == 0 else "refused", **members)


def test_every_act_of_the_command_line(w):
    line = act(w, "client.create", "client", "create", "r-app", "--redirect-uri", "https://r.example/cb", "--scope", "read", client="r-app", realm="main")
    assert line["operator"] == getpass.getuser() and "redirect_uris" in line["fields"] and list(line)[:3] == ["ts", "level", "event"]
    assert "https://r.example/cb" not in json.dumps(line)
    act(w, "client.set", "client", "set", "r-app", "--name", "R", client="r-app", fields=["name"])
    act(w, "client.rotate-secret", "client", "rotate-secret", "r-app", client="r-app")
    act(w, "client.create", "client", "create", "r-app", "--redirect-uri", "https://r.example/cb", status=1, code="exists")
    act(w, "client.delete", "client", "delete", "r-app", client="r-app")
    act(w, "client.delete", "client", "delete", "r-app", status=1, code="not_found")
    act(w, "registration.token-create", "registration", "token-create", "r-token", name="r-token", realm="main")
    act(w, "registration.token-revoke", "registration", "token-revoke", "r-token", name="r-token", realm="main")
    act(w, "user.create", "user", "create", "r-user", "--password-stdin", input=NEW_PASSWORD + "\n", user="r-user")
    act(w, "user.set-password", "user", "set-password", "r-user", "--password-stdin", input=NEW_PASSWORD + "x\n", user="r-user")
    act(w, "user.disable", "user", "disable", "r-user", user="r-user")
    act(w, "user.enable", "user", "enable", "r-user", user="r-user")
    act(w, "session.end", "session", "end", "--user", "r-user", user="r-user")
    act(w, "session.end", "session", "end", APP_SECRET, status=1)
    act(w, "user.delete", "user", "delete", "r-user", user="r-user")
    kid = act(w, "key.rotate", "key", "rotate", "--issuer", "modern", "--now", issuer="modern")["kid"]
    assert act(w, "key.revoke", "key", "revoke", kid, "--issuer", "modern")["kid"] == kid
    assert {(r["kid"], r["state"]) for r in records(w, "key.state")} >= {(kid, "active"), (kid, "revoked")}
    given = tokens(w)
    act(w, "token.revoke", "token", "revoke", "--issuer", "modern", "-", input=given["access_token"], user="alice", client="app")
    act(w, "reload", "reload")
    log = w.log()
    assert not [s for s in (NEW_PASSWORD, APP_SECRET, given["access_token"], given["refresh_token"]) if s in log]


def test_what_only_reads_leaves_no_line(w):
    since = len(w.log())
    for order in ("client.list", "user.list", "key.list", "status", "version"):
        assert w.control({"do": order, "realm": "main"})["ok"]
    assert not records(w, since=since)


def test_what_is_no_order_is_written_down_too(w):
    for ask in ({"do": "user.promote", "realm": "main"}, {"do": "nonsense"}, {"do": ["x"]}, {"do": "daemon.ready"}):
        since = len(w.log())
        assert not w.control(ask).get("ok")
        told(w, since, "order.other", result="refused", uid=os.getuid())


def test_loads_name_what_they_touch(w):
    since = len(w.log())
    load = {"do": "realm.load", "realm": "main", "clients": [{"id": "l-app", "secret": APP_SECRET, "redirect_uris": ["https://l.example/"]}],
            "users": [{"name": "l-user-%d" % i} for i in range(3)]}
    assert w.control(load)["ok"]
    line = told(w, since, "realm.load", result="done", clients=1, users=3, client_names=["l-app"])
    assert line["user_names"] == ["l-user-0", "l-user-1", "l-user-2"] and APP_SECRET not in w.log()
    since = len(w.log())
    w.control({"do": "realm.import", "realm": "main", "check": True, "users": [{"name": "i-user"}]})
    assert not records(w, since=since)                  # it only judged
    w.control({"do": "realm.import", "realm": "main", "users": [{"name": "i-user"}]})
    told(w, since, "realm.import", user_names=["i-user"])


def test_what_the_daemon_does_by_itself(w):
    assert records(w, "daemon.ready") and records(w, "store.begun")[0]["data"].startswith("postgresql://" if ELSEWHERE else "%s/data" % w.dir)
    assert {r["state"] for r in records(w, "key.state")} >= {"active"}
    since = len(w.log())
    for _ in range(6):
        post(w.at("spring", "/oauth/token"), {"grant_type": "password", "client_id": "messaging-client", "client_secret": "secret", "username": "u03", "password": remember("wrong-records")})
    line = told(w, since, "account.throttled", user="u03", failures=6)
    assert line["wait_ms"] > 0
    since = len(w.log())
    for _ in range(11):
        post(w.at("modern", "/token"), {"grant_type": "client_credentials"}, basic("other", "wrong-records"))
    assert told(w, since, "client.throttled", client="other", address="127.0.0.1")["wait_ms"] > 0
    code = get_code(w)
    since = len(w.log())
    w.turn_clock(86400)
    assert redeem(w, code).status == 400
    wait(lambda: [r for r in records(w, "store.swept", since) if r.get("codes", 0) >= 1], 40)
    assert [r for r in records(w, "store.swept", since) if r.get("codes", 0) >= 1]
    since = len(w.log())
    w.proc.send_signal(signal.SIGHUP)
    told(w, since, "reload", uid=os.getuid(), signal="HUP", result="done")


def test_a_key_that_is_brought_in(w, tmp_path):
    pem = tmp_path / "key.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", str(pem)], check=True, capture_output=True)
    kid = act(w, "key.import", "key", "import", "--issuer", "spring", "--file", str(pem), issuer="spring")["kid"]
    assert kid in w.hufu("--json", "key", "list", "--issuer", "spring")[1]


def test_a_demonstration_fills_its_store_once():
    with Demo() as s:
        told(s, 0, "demo.filled")
        s.stop()
        since = len(s.log())
        s.start()
        told(s, since, "daemon.ready")
        assert not records(s, "demo.filled", since)


def test_a_failed_start_says_why_in_a_record(w):
    w.stop()
    said = records(w, "daemon.stopping")[-1]
    assert said["uid"] == os.getuid() and said["signal"] == "TERM" and records(w, "daemon.stopped")
    good = w.issuers["modern"]
    w.issuers["modern"] = {**good, "url": "ftp://x"}
    with pytest.raises(RuntimeError):
        w.start()
    w.proc = None
    assert "ftp://x" in records(w, "daemon.start-failed")[-1]["why"]
    w.issuers["modern"] = good
    w.start()


def test_acts_without_a_daemon_come_into_the_log_of_the_next_one(w):
    w.stop()
    assert w.hufu("user", "create", "d-user", "--password-stdin", input=NEW_PASSWORD + "\n")[0] == 0
    assert w.hufu("user", "disable", "nobody-here")[0] == 1
    assert w.hufu("key", "rotate", "--issuer", "modern")[0] == 0
    assert w.hufu("user", "list")[0] == 0
    assert w.hufu("key", "forget")[0] == 1
    since = len(w.log())
    w.start()
    lines = [r for r in records(w, since=since) if r.get("offline")]
    got = [(r["event"], r.get("result"), r.get("user")) for r in lines if r["event"] != "key.state"]
    assert got == [("user.create", "done", "d-user"), ("user.disable", "refused", "nobody-here"), ("key.rotate", "done", None), ("key.forget", "refused", None)]
    assert all(r["uid"] == os.getuid() for r in lines if r["event"] != "key.state") and NEW_PASSWORD not in w.log()
    assert [r["state"] for r in lines if r["event"] == "key.state"] == ["coming"]
    since = len(w.log())
    w.stop()
    w.start()
    assert not [r for r in records(w, since=since) if r.get("offline")]           # each once


# Each command of hufu either only reads, or is written down: by the order it sends, or under a name of its own.
READS = {("store", "status"), ("store", "migrate"), ("approval", "list"), ("consent", "list"), ("ciba", "list"), ("client", "check"), ("registration", "token-list"), ("client", "list"), ("client", "show"), ("resource", "list"), ("resource", "show"), ("config", "check"), ("config", "show"), ("config", "manual"), ("status", None), ("version", None),
         ("help", None), ("manual", None), ("completion", None), ("dialect", "list"), ("dialect", "show"), ("language", "list"), ("language", "export"), ("language", "check"), ("key", "show"), ("key", "list"), ("legacy", "report"), ("realm", "show"), ("session", "list"), ("session", "deliveries"),
         ("token", "list"), ("token", "introspect"), ("token", "decode"), ("token", "verify"), ("hash", None), ("user", "list"), ("user", "show"), ("user", "test"), ("explain", None), ("preview", None), ("shadow", None), *((("audit", verb)) for verb in ("verify", "tail", "search", "export", "key")), ("mail", "test"), ("session", "ended"), ("user", "sessions"), ("user", "factors"), ("user", "identities")}
# doctor and perform register a client for one run and delete it: two orders of the daemon
OWN = {("doctor", None): "client.create", ("perform", "code"): "client.create", ("perform", "device"): "client.create", ("perform", "client-credentials"): "client.create",
       ("backup", None): "backup", ("restore", None): "restore", ("key", "new"): "key.new", ("key", "forget"): "key.forget", ("store", "new"): "store.new", ("store", "copy"): "store.copy",
       ("realm", "load"): "realm.load", ("realm", "export"): "realm.export", ("user", "export"): "user.export",
       **{("import", old): "realm.import" for old in ("spring", "authserver", "identityserver", "rageframe", "keycloak")}}


def commands():
    """(noun, verb): order, of the tables of commands in the sources."""
    found = {}
    for path in sorted((ROOT / "src/hufu").glob("*.c")):
        for noun, verb, order in re.findall(r'^\t\{ "([a-z]+)", (NULL|"[a-z-]+"), (NULL|"[a-z.-]+"), T_d_', path.read_text(encoding="utf-8"), re.M):
            found[noun, None if verb == "NULL" else verb.strip('"')] = None if order == "NULL" else order.strip('"')
    return found


def test_every_command_that_does_more_than_read_has_an_event(w):
    table = commands()
    assert len(table) > 50 and not set(OWN) - set(table)
    out = w.hufu("help")[1]
    assert all(noun in out for noun, _ in table)
    for command, order in table.items():
        if command not in READS:
            assert (OWN[command] if order is None else order) in NAMES, command
        elif order is not None:
            since = len(w.log())
            w.control({"do": order, "realm": "main"})
            assert not records(w, since=since), command


def test_a_backup_is_written_down(w, tmp_path):
    line = act(w, "backup", "backup", str(tmp_path / "b"), "--with-kek", file=str(tmp_path / "b"), store=True, kek=True)
    assert "sealed" not in line and list(line)[:3] == ["ts", "level", "event"]
    since = len(w.log())
    assert w.hufu("backup", str(tmp_path / "no" / "b"))[0] == 1
    assert [r["result"] for r in records(w, "backup", since)] == ["done", "failed"]
    w.stop()
    assert w.hufu("backup", str(tmp_path / "c"), "--kek-only")[0] == 0
    since = len(w.log())
    w.start()
    assert told(w, since, "backup", file=str(tmp_path / "c"), kek=True, offline=True, uid=os.getuid(), result="done").get("store") is None


def test_a_restore_and_a_new_key_encryption_key_are_written_down(w, tmp_path):
    w.stop()
    assert w.hufu("backup", str(tmp_path / "b"))[0] == 0
    assert w.hufu("restore", "--verify", str(tmp_path / "b"))[0] == 0
    assert w.hufu("restore", str(tmp_path / "b"), "--replace")[0] == 0
    assert w.hufu("key", "new", "--lost-kek")[0] == 1                           # it opens the keys
    os.remove(w.dir / "data" / "kek")
    assert w.hufu("key", "new", "--lost-kek")[0] == 0
    since = len(w.log())
    w.start()
    found = [(r["event"], r["result"], r.get("file")) for r in records(w, since=since) if r.get("offline") and r["event"] != "key.state"]
    assert found == [("restore", "done", str(tmp_path / "b")), ("key.new", "refused", None), ("key.new", "done", None)], found
