"""Backup and restore: online, sealed, verified, killed in the middle; and the worst day, when the key-encryption key is lost."""
import json, os, random, shutil, signal, sqlite3, subprocess, threading, time

import pytest

from databases import StoreDatabase
from server import clean_env, remember
from talker import PASSWORD, World, introspect, tokens

PHRASE = remember("ten grey horses")


@pytest.fixture(scope="module")
def w():
    with World("modern") as world:
        yield world


def hufu(w, *args, data=None, input=None, env=None):
    r = subprocess.run([str(w.build / "hufu"), "--config", str(w.conf), *(["--data", str(data)] if data else []), *map(str, args)], input=input,
                       capture_output=True, text=True, env=clean_env(LC_ALL="C", **(env or {})), timeout=120)
    assert "Sanitizer" not in r.stderr and "runtime error" not in r.stderr, r.stderr
    return r


def ok(w, *args, **more):
    r = hufu(w, "--json", *args, **more)
    assert r.returncode == 0, (args, r.stdout, r.stderr)
    return json.loads(r.stdout)


def fails(w, *args, **more):
    r = hufu(w, *args, **more)
    assert r.returncode == 1 and not r.stdout, (args, r.stdout, r.stderr)
    return r.stderr


def test_a_backup_of_a_running_daemon_while_it_writes(w, tmp_path):
    stop = threading.Event()

    def write():
        n = 0
        while not stop.is_set():
            n += 1
            a = w.control({"do": "client.create", "realm": "main", "id": "pair-%d-a" % n, "grants": ["client_credentials"]})
            b = w.control({"do": "client.create", "realm": "main", "id": "pair-%d-b" % n, "grants": ["client_credentials"]})
            assert a["ok"] and b["ok"]

    t = threading.Thread(target=write)
    t.start()
    try:
        for n in range(2):
            o = ok(w, "backup", tmp_path / ("b%d" % n))
            assert o["store"] and not o["kek"] and not o["sealed"] and o["keys"] >= 2
            assert ok(w, "restore", "--verify", tmp_path / ("b%d" % n))["keys_open"] == o["keys"]
    finally:
        stop.set()
        t.join()
    assert (tmp_path / "b0").stat().st_mode & 0o777 == 0o600
    ok(w, "restore", tmp_path / "b1", data=tmp_path / "new")
    ids = [c["id"] for c in ok(w, "client", "list", "--realm", "main", data=tmp_path / "new", env={"HUFU_ADMIN__SOCKET": str(tmp_path / "no.sock")})["clients"]]
    pairs = [i for i in ids if i.startswith("pair-")]
    whole = {i[:-2] for i in pairs}
    assert pairs and len(pairs) >= 2 * len(whole) - 1          # of one moment: at most the newest pair is half made
    assert sorted(os.listdir(tmp_path)) == ["b0", "b1", "new"]


def test_what_is_there_stays(w, tmp_path):
    ok(w, "backup", tmp_path / "a")
    first = (tmp_path / "a").read_bytes()
    assert "already" in fails(w, "backup", tmp_path / "a") and (tmp_path / "a").read_bytes() == first
    ok(w, "backup", tmp_path / "a", "--force")
    assert (tmp_path / "a").read_bytes() != first
    (tmp_path / "letter").write_text("dear reader")
    assert "no backup" in fails(w, "backup", tmp_path / "letter", "--force")
    assert "no backup" in fails(w, "backup", w.dir / "data" / "hufu.db", "--force")
    assert "cannot be written" in fails(w, "backup", tmp_path / "nowhere" / "a")
    assert "no backup" in fails(w, "restore", "--verify", tmp_path / "letter")
    assert "cannot be read" in fails(w, "restore", "--verify", tmp_path / "missing")
    assert hufu(w, "backup").returncode == 2


def test_a_live_daemon_is_not_restored_over(w, tmp_path):
    ok(w, "backup", tmp_path / "a")
    assert "in use" in fails(w, "restore", tmp_path / "a", "--replace")
    assert "in use" in fails(w, "restore", tmp_path / "a")


def test_sealed_and_with_the_key(w, tmp_path):
    (tmp_path / "phrase").write_text(PHRASE + "\n")
    sealed = ["--passphrase-file", tmp_path / "phrase"]
    assert ok(w, "backup", tmp_path / "s", "--with-kek", *sealed)["sealed"]
    kek = (w.dir / "data" / "kek").read_text().strip()
    for clear in (b"SQLite", b"alice", kek.encode(), b"kek"):
        assert clear not in (tmp_path / "s").read_bytes()
    assert "8 characters" in fails(w, "backup", tmp_path / "t", "--passphrase-stdin", input="short")
    assert "passphrase" in fails(w, "restore", "--verify", tmp_path / "s", "--passphrase-stdin", input=PHRASE + "x")
    r = hufu(w, "restore", "--verify", tmp_path / "s")
    assert r.returncode == 2 and "--passphrase-file" in r.stderr            # no terminal to ask
    o = ok(w, "restore", "--verify", tmp_path / "s", *sealed)
    assert o["kek"] and o["keys_open"] == o["keys"] and not (tmp_path / "new").exists()
    ok(w, "restore", tmp_path / "s", *sealed, data=tmp_path / "new")
    assert (tmp_path / "new" / "kek").read_text().strip() == kek and (tmp_path / "new" / "kek").stat().st_mode & 0o777 == 0o600
    r = hufu(w, "backup", tmp_path / "open", "--with-kek")
    assert r.returncode == 0 and "in the clear" in r.stderr


def test_store_and_key_apart(w, tmp_path):
    ok(w, "backup", tmp_path / "store")
    assert ok(w, "backup", tmp_path / "key", "--kek-only")["store"] is False
    r = hufu(w, "--json", "restore", tmp_path / "store", data=tmp_path / "new")
    assert r.returncode == 0 and "not tried" in r.stderr and "keys_open" not in json.loads(r.stdout)
    ok(w, "restore", tmp_path / "key", data=tmp_path / "new")
    o = ok(w, "restore", "--verify", tmp_path / "store", data=tmp_path / "new")
    assert o["keys_open"] == o["keys"] > 0
    ok(w, "restore", tmp_path / "key", data=tmp_path / "nowhere")               # what is not there is made
    assert (tmp_path / "nowhere" / "kek").read_bytes() == (tmp_path / "new" / "kek").read_bytes() and (tmp_path / "nowhere").stat().st_mode & 0o777 == 0o700
    (tmp_path / "other").write_text("ab" * 32)
    os.chmod(tmp_path / "other", 0o600)
    assert "do not open" in fails(w, "restore", "--verify", tmp_path / "store", "--kek-file", tmp_path / "other")
    shutil.copy(tmp_path / "other", tmp_path / "new" / "kek")
    assert "another key-encryption key" in fails(w, "restore", tmp_path / "key", data=tmp_path / "new")
    assert (tmp_path / "new" / "kek").read_text() == "ab" * 32


def test_a_damaged_backup_changes_nothing(w, tmp_path):
    ok(w, "backup", tmp_path / "a")
    whole = (tmp_path / "a").read_bytes()
    for n, bad in enumerate((whole[:-1], whole[:70000], whole + b"x", whole[:100] + bytes([whole[100] ^ 1]) + whole[101:], b"", whole[:40])):
        (tmp_path / "bad").write_bytes(bad)
        assert str(tmp_path / "bad") in fails(w, "restore", tmp_path / "bad", data=tmp_path / "new"), n
        assert not (tmp_path / "new").exists()


def test_the_store_is_put_back_and_what_it_knew_counts_again():
    with World("modern") as w:
        t = tokens(w)
        ok(w, "backup", w.dir / "a")
        w.stop()
        assert introspect_down(w, t["access_token"])["active"]
        ok(w, "token", "revoke", t["access_token"], "--issuer", "modern")
        assert not introspect_down(w, t["access_token"])["active"]
        assert "already" in fails(w, "restore", w.dir / "a")
        o = ok(w, "restore", w.dir / "a", "--replace")
        assert os.path.exists(o["aside"]) and introspect_down(w, t["access_token"])["active"]
        w.start()
        assert introspect(w, t["access_token"])["active"]


def introspect_down(w, token):
    return ok(w, "token", "introspect", token, "--issuer", "modern")["token"]


def test_killed_in_the_middle():
    """At any point a kill leaves the old store or the new one, no part of a backup, and the next attempt goes through."""
    rng = random.Random(9)
    with World("modern") as w:
        w.stop()
        ok(w, "client", "create", "--realm", "main", "--id", "old", "--grant", "client_credentials")
        ok(w, "backup", w.dir / "old")
        ok(w, "client", "create", "--realm", "main", "--id", "new", "--grant", "client_credentials")
        ok(w, "backup", w.dir / "new")
        began = time.monotonic()
        ok(w, "restore", w.dir / "old", "--replace")
        took = time.monotonic() - began
        for n in range(5):
            out = w.dir / ("killed-%d" % n)
            for args in (["backup", out], ["restore", w.dir / rng.choice(["old", "new"]), "--replace"]):
                p = subprocess.Popen([str(w.build / "hufu"), "--config", str(w.conf), *map(str, args)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=clean_env())
                time.sleep(took * rng.random())
                p.send_signal(signal.SIGKILL)
                p.wait()
            if out.exists():
                ok(w, "restore", "--verify", out)
            assert not list(w.dir.glob("*.part")) or not out.exists()
            ids = [c["id"] for c in ok(w, "client", "list", "--realm", "main")["clients"]]
            assert "old" in ids and "service" in ids
            assert not (w.dir / "data" / "hufu.db.restored").exists()
        ok(w, "restore", w.dir / "new", "--replace")
        assert "new" in [c["id"] for c in ok(w, "client", "list", "--realm", "main")["clients"]]
        w.start()


def test_the_worst_day():
    with World("modern") as w:
        t = tokens(w)
        kek = w.dir / "data" / "kek"
        assert "in use" in fails(w, "key", "new", "--lost-kek")             # not under a live daemon
        w.stop()
        assert "nothing is lost" in fails(w, "key", "new", "--lost-kek")
        assert hufu(w, "key", "new").returncode == 2
        old = kek.read_text()
        kek.write_text("ab" * 32 + "\n")                                    # another one: the right one is gone
        r = hufu(w, "client", "list", "--realm", "main")
        assert r.returncode == 0
        r = hufu(w, "key", "new", "--lost-kek")
        assert r.returncode == 0 and "kept as" in r.stderr
        assert kek.read_text() not in (old, "ab" * 32 + "\n") and kek.stat().st_mode & 0o777 == 0o600
        w.start()
        assert not introspect(w, t["access_token"])["active"] and introspect(w, tokens(w)["access_token"])["active"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root leaves files to others")
def test_what_root_makes_belongs_to_the_owner_of_the_directory(w, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir(mode=0o700)
    os.chown(mine, 4711, 4712)
    env = {"HUFU_ADMIN__SOCKET": str(tmp_path / "no.sock")}
    ok(w, "store", "new", data=mine / "data")
    ok(w, "client", "create", "--realm", "main", "--id", "a", "--grant", "client_credentials", data=mine / "data", env=env)
    ok(w, "key", "rotate", data=mine / "data", env=env)
    ok(w, "backup", mine / "b", data=mine / "data")
    made = [mine / "b", mine / "data", *(mine / "data").iterdir()]
    assert {p.name for p in made} >= {"b", "data", "hufu.db", "hufu.lock", "kek"}
    assert [(p.name, p.stat().st_uid, p.stat().st_gid) for p in made if (p.stat().st_uid, p.stat().st_gid) != (4711, 4712)] == []


def test_chinese(w, tmp_path):
    r = hufu(w, "backup", tmp_path / "a", "--lang", "zh")
    assert "备份已写入" in r.stdout and "密钥加密密钥" in r.stdout
    assert "完好" in hufu(w, "restore", "--verify", tmp_path / "a", "--lang", "zh").stdout
    assert "已存在" in hufu(w, "backup", tmp_path / "a", "--lang", "zh").stderr


def test_a_store_in_a_database_goes_into_a_file_and_from_it_into_either():
    with StoreDatabase() as d, World("modern", top="store:\n  url: %s&schema=first" % d.url) as w:
        t = tokens(w)
        o = ok(w, "backup", w.dir / "all", "--with-kek", "--seal", "--passphrase-stdin", input=PHRASE)
        assert o["store"] and o["kek"] and o["users"] > 0 and o["keys"] >= 2
        ok(w, "backup", w.dir / "b")
        assert ok(w, "restore", "--verify", w.dir / "b")["keys_open"] == o["keys"]
        assert "is a store already" in fails(w, "restore", w.dir / "b") or "in use" in fails(w, "restore", w.dir / "b")
        assert "not replaced" in fails(w, "restore", w.dir / "b", "--replace")
        w.stop()
        embedded = {"HUFU_STORE__URL": "", "HUFU_ADMIN__SOCKET": str(w.dir / "no.sock")}
        ok(w, "restore", w.dir / "b", data=w.dir / "file", env=embedded)
        shutil.copy(w.dir / "data" / "kek", w.dir / "file" / "kek")
        clients = [c["id"] for c in ok(w, "client", "list", "--realm", "main", data=w.dir / "file", env=embedded)["clients"]]
        assert "service" in clients
        w.top = w.top.replace("schema=first", "schema=second")
        w.write_config()
        ok(w, "restore", w.dir / "b")
        assert "is a store already" in fails(w, "restore", w.dir / "b")
        w.start(wait=90)
        assert introspect(w, t["access_token"])["active"]
        w.stop()
        w.top = w.top.replace("schema=second", "schema=third")
        w.write_config()
        ok(w, "restore", w.dir / "all", "--passphrase-stdin", input=PHRASE, data=w.dir / "nowhere")             # a new machine has no directory yet
        assert (w.dir / "nowhere" / "kek").read_bytes() == (w.dir / "data" / "kek").read_bytes()
        ok(w, "backup", w.dir / "down")                                         # and with no daemon at work
        assert not list((w.dir / "data").glob("hufu.copy*"))


@pytest.mark.embedded("it goes from a file of an earlier version to a database")
def test_a_backup_of_an_earlier_version_goes_into_a_database():
    with StoreDatabase() as d, World("modern") as w:
        w.stop()
        db = sqlite3.connect(w.dir / "data" / "hufu.db")
        db.executescript("DROP INDEX outgoing_held; ALTER TABLE outgoing DROP COLUMN holder; ALTER TABLE outgoing DROP COLUMN held_until_s;"
                         "DELETE FROM schema_migration WHERE version = (SELECT max(version) FROM schema_migration)")
        db.close()
        ok(w, "backup", w.dir / "old")
        w.top = "store:\n  url: %s" % d.url
        w.write_config()
        ok(w, "restore", w.dir / "old")
        w.start(wait=90)
        assert introspect(w, tokens(w)["access_token"])["active"]


def test_the_settings_are_checked_before_there_are_tables():
    with StoreDatabase() as d, World("modern") as w:
        w.stop()
        (w.dir / "data" / "kek").rename(w.dir / "kek")
        w.top = "store:\n  url: %s" % d.url
        w.write_config()
        r = hufu(w, "config", "check")
        assert r.returncode == 0 and "no store has been made there yet" in r.stdout + r.stderr, (r.stdout, r.stderr)
        assert "no store has been made there yet" in fails(w, "store", "status")
        ok(w, "store", "migrate")
        r = hufu(w, "config", "check")
        assert r.returncode == 0 and "no store has been made" not in r.stdout + r.stderr, (r.stdout, r.stderr)
        d.sql("DROP TABLE schema_migration")
        (w.dir / "kek").rename(w.dir / "data" / "kek")                         # a store was here, says the key file: the start would refuse
        r = hufu(w, "config", "check")
        assert r.returncode == 1 and "belongs to a store that was here" in r.stdout + r.stderr
