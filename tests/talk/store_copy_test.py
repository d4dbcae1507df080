"""hufu store copy: every table there is, to PostgreSQL and back; broken off and gone on with; while a daemon writes; wrong ends. K1, K2."""
import json, os, pathlib, pty, random, signal, sqlite3, subprocess, time

import pytest

from databases import StoreDatabase
from server import BUILD, clean_env
from talker import World, introspect, refresh, tokens

OWN = {"schema_migration", "probes", "commit_marks", "epochs", "sqlite_sequence"}          # of the engines: src/store/table_list.c
ROWS = 2500                                                                                 # more than two of the pages that are read at once


@pytest.fixture(scope="module")
def database():
    with StoreDatabase() as d:
        yield d


@pytest.fixture
def place(database, request):
    """The URL of a schema that is not there yet, and its name."""
    name = "c%s" % random.Random(request.node.name).randbytes(6).hex()
    return "%s&schema=%s" % (database.url, name), name


def hufu(*args, **more):
    r = subprocess.run([str(BUILD / "hufu"), *map(str, args)], capture_output=True, text=True, env=clean_env(LC_ALL="C"), timeout=120, **more)
    assert "Sanitizer" not in r.stderr and "runtime error" not in r.stderr, r.stderr
    return r


def copy(*args):
    r = hufu("--json", "store", "copy", *args)
    assert r.returncode == 0, (r.stdout, r.stderr)
    return json.loads(r.stdout)


def fails(*args):
    r = hufu("store", "copy", *args)
    assert r.returncode == 1 and not r.stdout, (r.stdout, r.stderr)
    return r.stderr


def new_store(directory):
    conf = directory.with_suffix(".yaml")
    conf.write_text("data: %s\nadmin:\n  socket: %s.sock\nlisteners:\n  a: {bind: ['127.0.0.1:0']}\nissuers:\n  a: {url: 'http://127.0.0.1:1'}\n" % (directory, directory))
    r = hufu("--config", conf, "store", "migrate")
    assert r.returncode == 0, r.stderr
    return conf


def tables_of(path):
    """{table: [(column, type, not null)]} of what is to be copied, from the schema itself."""
    db = sqlite3.connect(path)
    names = [n for n, in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name") if n not in OWN]
    out = {n: [(c[1], c[2], c[3] or c[5]) for c in db.execute("PRAGMA table_info(%s)" % n)] for n in names}
    db.close()
    return out


def value(rng, kind, needed, n):
    """Something of the column's type that is hard to carry: empty, NULL, every byte, the ends of the numbers. n makes it unique."""
    if not needed and rng.random() < 0.2:
        return None
    if kind == "INTEGER":
        return rng.choice([0, 1, -1, 2**63 - 1, -2**63, rng.randrange(2**40)])
    if kind == "TEXT":
        return "%d %s" % (n, rng.choice(["", "a", "ÄÖ ß", "名前", "\t\n'\"\\", "\x7f\u2028", "Z" * 3000, "🜁"]))
    assert kind == "BLOB", kind
    return n.to_bytes(8, "big") + rng.choice([b"", bytes(range(256)), b"\0", rng.randbytes(24)])


def fill(path, rows=40, most={}):
    """Rows in every table of the schema, made from its columns; keys of numbers are told apart by n."""
    rng = random.Random(5)
    db = sqlite3.connect(path)
    for name, columns in tables_of(path).items():
        keys = {c[1] for c in db.execute("PRAGMA table_info(%s)" % name) if c[5]}
        for n in range(most.get(name, rows)):
            row = [n if c in keys and kind == "INTEGER" else value(rng, kind, needed, n) for c, kind, needed in columns]
            db.execute("INSERT INTO %s VALUES (%s)" % (name, ",".join("?" * len(row))), row)
    db.commit()
    db.close()


def content(path):
    """Every row of every table, but for what says that there was a copy."""
    db = sqlite3.connect(path)
    out = {}
    for name, columns in tables_of(path).items():
        rows = list(db.execute("SELECT %s FROM %s" % (", ".join('"%s"' % c[0] for c in columns), name)))
        out[name] = sorted((r for r in rows if not (name == "records" and "store.copy" in str(r))), key=repr)
    db.close()
    return out


def test_every_table_there_and_back_byte_for_byte(tmp_path, place, database):
    url, schema = place
    a, b = tmp_path / "a", tmp_path / "b"
    new_store(a)
    fill(a / "hufu.db", most={"tokens": ROWS, "used_once": ROWS})
    before = content(a / "hufu.db")
    assert len(before) > 30 and all(before.values())
    there = copy(a, url)
    assert {n: t["rows"] for n, t in there["tables"].items()} == {n: len(r) for n, r in before.items()}
    assert not there["source_in_use"] and all(t["added"] == t["rows"] for t in there["tables"].values())
    theirs = database.sql("SELECT table_name FROM information_schema.tables WHERE table_schema = '%s'" % schema).split()
    assert set(theirs) - OWN == set(before), "a table that one engine has and the other has not"
    assert database.sql("SELECT count(*) FROM %s.users WHERE folded = ''" % schema).strip() == "0"      # reckoned from the name
    back = copy(url, b)
    assert content(b / "hufu.db") == before
    assert {n: t["rows"] for n, t in back["tables"].items() if n != "records"} == {n: t["rows"] for n, t in there["tables"].items() if n != "records"}
    assert oct((b / "hufu.db").stat().st_mode & 0o777) == "0o600"
    again = copy(b, tmp_path / "c")                                 # between two of one engine too
    assert all(again["tables"][n]["digest"] == t["digest"] for n, t in back["tables"].items() if n not in ("records",))


def test_how_far_it_is(tmp_path):
    new_store(tmp_path / "a")
    fill(tmp_path / "a" / "hufu.db", rows=2)
    terminal, side = pty.openpty()
    r = subprocess.run([str(BUILD / "hufu"), "store", "copy", str(tmp_path / "a"), str(tmp_path / "b")], stdout=subprocess.PIPE, stderr=side, text=True, env=clean_env(LC_ALL="C"))
    os.close(side)
    assert r.returncode == 0 and "the same by number and digest" in r.stdout and "key-encryption key" in r.stdout
    assert "2 rows copied" in os.read(terminal, 65536).decode()
    os.close(terminal)


def test_killed_in_the_middle_and_gone_on_with(tmp_path, place):
    url, _ = place
    a = tmp_path / "a"
    new_store(a)
    fill(a / "hufu.db", rows=5, most={"tokens": 5000, "used_once": 5000})
    before, rng = content(a / "hufu.db"), random.Random(3)
    for to in (url, tmp_path / "b"):
        started, killed = time.monotonic(), 0
        for _ in range(4):
            p = subprocess.Popen([str(BUILD / "hufu"), "store", "copy", str(a), str(to)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=clean_env())
            try:
                p.wait(0.4 + rng.random())
            except subprocess.TimeoutExpired:
                p.send_signal(signal.SIGKILL)
                killed += 1
            p.wait()
            if p.returncode == 0:
                break
            if to != url and (to / "hufu.db").exists():
                unfinished_is_refused(to, tmp_path)
        if p.returncode != 0:
            copy(a, to)
        assert killed > 0 or time.monotonic() - started < 3
    assert content(tmp_path / "b" / "hufu.db") == before
    copy(url, tmp_path / "c")
    assert content(tmp_path / "c" / "hufu.db") == before


def unfinished_is_refused(to, tmp_path):
    if not sqlite3.connect(to / "hufu.db").execute("SELECT count(*) FROM sqlite_master WHERE name = 'store_copy'").fetchone()[0]:
        return
    conf = tmp_path / "unfinished.yaml"
    conf.write_text("data: %s\n" % to)
    r = hufu("--config", conf, "store", "status")
    assert r.returncode == 1 and "not finished" in r.stderr, r.stderr


def test_what_a_half_copy_holds_is_made_the_same(tmp_path, place, database):
    """Rows that differ, are too many, or stand in the way of a unique index, in a target with the mark."""
    url, schema = place
    a = tmp_path / "a"
    new_store(a)
    fill(a / "hufu.db")
    copy(a, url)
    database.sql("CREATE TABLE %s.store_copy (source text PRIMARY KEY, begun_s bigint NOT NULL); INSERT INTO %s.store_copy VALUES ('%s/hufu.db', 1)" % (schema, schema, a))
    database.sql("UPDATE %s.users SET name = 'x' || name WHERE number < 1; DELETE FROM %s.clients WHERE id LIKE '1%%'; INSERT INTO %s.used_once VALUES ('\\x00', 1)" % (schema, schema, schema))
    database.sql("UPDATE {0}.users a SET name = b.name || ' ' FROM {0}.users b WHERE a.id < b.id".format(schema))
    done = copy(a, url)["tables"]
    assert done["used_once"]["removed"] == 1 and done["clients"]["added"] > 0 and done["tokens"]["added"] == 0
    copy(url, tmp_path / "b")
    assert content(tmp_path / "b" / "hufu.db") == content(a / "hufu.db")


def test_wrong_ends(tmp_path, place, database):
    url, schema = place
    a, b = tmp_path / "a", tmp_path / "b"
    new_store(a)
    fill(a / "hufu.db", rows=3)
    assert "no store" in fails(tmp_path / "nowhere", b) and not b.exists()
    copy(a, b)
    assert "is a store already" in fails(a, b)                       # finished: it is somebody's
    assert "itself" in fails(a, a) or "in use" in fails(a, a)
    copy(a, url)
    assert "is a store already" in fails(a, url) and "itself" in fails(url, url)
    database.sql("CREATE TABLE %s.store_copy (source text PRIMARY KEY, begun_s bigint NOT NULL); INSERT INTO %s.store_copy VALUES ('elsewhere', 1)" % (schema, schema))
    assert "copy of elsewhere that is not finished" in fails(a, url)
    database.sql("DROP TABLE %s.store_copy; UPDATE %s.schema_migration SET version = version + 1000, needs = 1000" % (schema, schema))
    assert "newer version" in fails(a, url) and "newer version" in fails(url, tmp_path / "c") and not (tmp_path / "c").exists()
    db = sqlite3.connect(b / "hufu.db")
    db.execute("DELETE FROM schema_migration WHERE version = (SELECT max(version) FROM schema_migration)")
    db.commit()
    assert "needs" in fails(b, tmp_path / "c") and "needs" in fails(a, b)
    assert "cannot be reached" in fails(a, "postgresql://hufu@127.0.0.1:1/none")
    r = hufu("store", "copy", a, "postgresql://hufu:secret@127.0.0.1:1/none")
    assert r.returncode == 2 and "--to-password-file" in r.stderr
    assert hufu("store", "copy", a).returncode == 2
    db = sqlite3.connect(a / "hufu.db")
    db.execute("INSERT INTO realm_rules (realm, folds) VALUES (CAST(x'61ff' AS TEXT), 0)")
    db.commit()
    assert "realm_rules" in fails(a, url.replace(schema, schema + "_utf8"))


def test_while_a_daemon_writes(tmp_path, place):
    """The first run beside it, the second when it is down: nothing is lost, and nobody starts on the copy before. Then the nodes go on."""
    url, _ = place
    with World("modern") as w:
        data = w.dir / "data"
        first = tokens(w)
        said = fails(data, url)
        assert "is in use" in said and "run the same command again" in said
        later = tokens(w)
        aside = tmp_path / "moment"
        assert copy(data, aside, "--snapshot")["source_in_use"]
        assert "is in use" in fails(aside, data) or "is a store already" in fails(aside, data)
        w.stop()
        done = copy(data, url)
        assert not done["source_in_use"] and 0 < sum(t["added"] for t in done["tables"].values()) < sum(t["rows"] for t in done["tables"].values())
        w.top += "\nstore:\n  url: %s" % url
        w.start(wait=90)
        for t in (first, later):
            assert introspect(w, t["access_token"])["active"]       # opened by the kek, which lies where it was
            assert refresh(w, t["refresh_token"]).status == 200
        assert '"event":"store.copy"' in w.log()
        said = fails(url, tmp_path / "back")                        # a node is at work on it
        assert "is in use" in said
        assert "in use" in fails(aside, url)
        w.stop()
        copy(url, tmp_path / "back")


def test_the_password_comes_from_a_file(tmp_path, database, place):
    _, schema = place
    database.sql("CREATE ROLE %s LOGIN PASSWORD 'by file'; GRANT ALL ON DATABASE postgres TO %s" % (schema, schema))
    hba = pathlib.Path(database.dir) / "data/pg_hba.conf"
    hba.write_text("host all %s 127.0.0.1/32 scram-sha-256\n" % schema + hba.read_text())
    database.sql("SELECT pg_reload_conf()")
    (tmp_path / "word").write_text("by file\n")
    url = database.tcp.replace("hufu@", schema + "@") + "?schema=" + schema
    new_store(tmp_path / "a")
    deadline = time.monotonic() + 60
    while "password" not in fails(tmp_path / "a", url) and time.monotonic() < deadline:
        pass
    copy(tmp_path / "a", url, "--to-password-file", tmp_path / "word")
    copy(url, tmp_path / "b", "--from-password-file", tmp_path / "word")
