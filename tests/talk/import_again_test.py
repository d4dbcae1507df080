"""The second import of a two-step switch: what changed on the old server in between, what changed here, and what is gone there."""
import contextlib, copy, hashlib, json, os, uuid

import pytest

import databases
from import_test import HASHED, RECORDED, old_server
from server import remember
from talker import Browser, basic, post

NEW = "{bcrypt}$2a$10$n4YJ4.LSW74EpLDU9QRSfO/7Od9kLK74AvGHgrcld4/EH400BFPWj"
NAMES = ("alice", "bob", "carol", "dave", "erin", "frank")


def client(name, **more):
    return {"client_id": name, "client_secret": HASHED, "scope": "read,write", "authorized_grant_types": "password,authorization_code,refresh_token",
            "web_server_redirect_uri": "http://localhost/cb", "authorities": None, "access_token_validity": None, "refresh_token_validity": None,
            "additional_information": None, "autoapprove": None, "resource_ids": None, **more}


def old_tables():
    later = "2036-01-01 00:00:00"
    return {"oauth_client_details": [client(n) for n in ("web", "app", "batch", "portal")],
            "users": [{"username": n, "password": HASHED, "enabled": True} for n in NAMES],
            "authorities": [{"username": n, "authority": "ROLE_USER"} for n in NAMES],
            "oauth_approvals": [{"userId": u, "clientId": "web", "scope": s, "status": "APPROVED", "expiresAt": later, "lastModifiedAt": later}
                                for u in ("alice", "bob") for s in ("read", "write")]}


class Switch:
    """The old server's tables, and the server that takes over."""
    def __init__(self, s, tmp_path):
        self.s, self.path, self.tables = s, tmp_path / "old.json", old_tables()

    def user(self, name):
        return next(u for u in self.tables["users"] if u["username"] == name)

    def client(self, name):
        return next(c for c in self.tables["oauth_client_details"] if c["client_id"] == name)

    def run(self, *more, rc=0):
        where = databases.write_json(self.path, self.tables)
        status, out, err = self.s.hufu("import", "spring", "--from", where, "--realm", "main", "--json", *more)
        assert status == rc, out + err
        return json.loads(out)

    def both(self, *more, rc=0):
        """A dry run counts and lists exactly what the real run does."""
        dry, real = self.run("--dry-run", *more, rc=rc), self.run(*more, rc=rc)
        for part in ("users", "clients", "approvals", "tokens", "differs"):
            assert dry[part] == real[part], (part, dry[part], real[part])
        return real

    def here(self, name):
        return self.s.control({"do": "user.show", "realm": "main", "name": name})["user"]

    def login(self, name, password="password", app="app", secret="password"):
        return post(self.s.at + "/oauth/token", {"grant_type": "password", "username": name, "password": password}, basic(app, secret)).status


@contextlib.contextmanager
def switch(tmp_path):
    with old_server() as s:
        w = Switch(s, tmp_path)
        w.both()
        yield w


def some(counts):
    return {k: n for k, n in counts.items() if n}


def decisions(report):
    return {(d["of"], d["field"]): d["decision"] for d in report["differs"]}


def test_what_changed_there_is_taken(tmp_path):
    with switch(tmp_path) as w:
        assert w.login("alice") == w.login("bob") == w.login("carol") == 200
        w.user("bob")["enabled"] = False
        w.user("carol")["password"] = NEW
        w.client("app")["client_secret"] = "{noop}rotated-secret-77"
        remember("rotated-secret-77")
        w.client("web")["web_server_redirect_uri"] += ",http://localhost/other"
        w.tables["authorities"] = w.tables["authorities"][1:] + [{"username": "dave", "authority": "ROLE_ADMIN"}]
        report = w.both()
        assert some(report["users"]) == {"same": 2, "updated": 4} and some(report["clients"]) == {"same": 2, "updated": 2}
        assert decisions(report) == {("user bob", "enabled"): "taken", ("user carol", "password"): "taken", ("user alice", "authorities"): "taken",
                                     ("user dave", "authorities"): "taken", ("client app", "secret"): "taken", ("client web", "redirect_uris"): "taken"}
        one = next(d for d in report["differs"] if d["of"] == "user bob")
        assert (one["there"], one["here"]) == ("false", "true") and one["here_s"] > 0
        assert "rotated-secret-77" not in json.dumps(report) and HASHED not in json.dumps(report) and NEW not in json.dumps(report)
        assert w.login("alice", secret="rotated-secret-77") == 200 and w.login("alice") == 401
        assert w.login("bob", secret="rotated-secret-77") == w.login("carol", secret="rotated-secret-77") == 400
        assert sorted(w.here("dave")["authorities"]) == ["ROLE_ADMIN", "ROLE_USER"] and w.here("alice")["authorities"] == []
        again = w.both()
        assert not again["changed"] and not again["differs"] and some(again["users"]) == {"same": 6}


def test_what_changed_here_is_kept_and_conflicts_are_decided(tmp_path):
    with switch(tmp_path) as w:
        assert w.s.hufu("user", "disable", "alice")[0] == 0
        assert w.s.control({"do": "user.set-password", "realm": "main", "name": "bob", "password": "chosen-here-31"})["ok"]
        assert w.s.hufu("client", "set", "web", "--name", "Web")[0] == 0
        remember("chosen-here-31")
        w.user("dave")["password"] = NEW
        report = w.both()
        assert decisions(report)[("user alice", "enabled")] == "kept" and decisions(report)[("user bob", "password")] == "kept"
        assert decisions(report)[("client web", "name")] == "kept" and decisions(report)[("user dave", "password")] == "taken"
        assert w.login("bob", "chosen-here-31") == 200 and not w.here("alice")["enabled"]
        w.user("bob").update(password=NEW, enabled=False)       # the password on both sides, the state there only
        stopped = w.both(rc=1)
        assert "error" in stopped and decisions(stopped)[("user bob", "password")] == "conflict"
        assert w.here("bob")["enabled"]                         # nothing of a row in conflict is written
        kept = w.both("--keep")
        assert decisions(kept)[("user bob", "password")] == "kept" and not w.here("bob")["enabled"]
        assert some(w.run()["users"])["kept"] >= 2              # decided once
        assert decisions(w.both("--replace"))[("user alice", "enabled")] == "replaced" and w.here("alice")["enabled"]


def test_what_was_deleted_here_stays_deleted(tmp_path):
    with switch(tmp_path) as w:
        assert w.s.control({"do": "user.delete", "realm": "main", "name": "alice"})["ok"]
        assert w.s.control({"do": "client.delete", "realm": "main", "id": "batch"})["ok"]
        report = w.both()
        assert decisions(report)[("user alice", "row")] == decisions(report)[("client batch", "row")] == "kept"
        assert some(report["approvals"]) == {"same": 2, "orphaned": 2}
        assert "error" in w.s.control({"do": "user.show", "realm": "main", "name": "alice"})
        assert some(w.both("--replace")["users"])["added"] == 1 and w.here("alice")["enabled"]


def test_what_is_gone_there_ends_here(tmp_path):
    with switch(tmp_path) as w:
        w.tables["users"] = [u for u in w.tables["users"] if u["username"] not in ("bob", "carol")]
        w.tables["oauth_client_details"] = [c for c in w.tables["oauth_client_details"] if c["client_id"] != "batch"]
        w.tables["oauth_approvals"][0]["status"] = "DENIED"
        left = w.both("--keep-gone")
        assert not left["changed"] and w.here("bob")["enabled"]
        report = w.both()
        assert report["users"]["ended"] == 2 and report["clients"]["ended"] == 1 and report["approvals"]["ended"] == 1
        assert not w.here("bob")["enabled"] and w.login("bob") == 400 and w.login("alice") == 200
        assert not w.s.control({"do": "client.show", "realm": "main", "id": "batch"})["client"]["enabled"]
        assert not w.both()["changed"]
        w.tables["users"].append({"username": "bob", "password": HASHED, "enabled": True})
        assert w.both()["users"]["updated"] == 1 and w.here("bob")["enabled"]


def test_another_server_is_not_taken_for_the_same(tmp_path):
    with switch(tmp_path) as w:
        w.tables = {"users": [{"username": "zoe", "password": HASHED, "enabled": True}]}
        report = w.both()
        assert report["users"]["added"] == 1 and report["users"]["ended"] == 0 and w.here("bob")["enabled"]
        assert [f["text"][:6] for f in report["findings"] if f["code"] == "gone_left"] == ["6 of 6"]
        assert not w.both("--source", "other")["changed"] and w.here("bob")["enabled"]
        assert w.s.hufu("import", "forget", "--realm", "main", "--source", "spring")[0] == 0
        assert not w.run()["changed"]


def test_a_better_hash_by_a_login_is_no_change(tmp_path):
    with old_server() as s:
        w = Switch(s, tmp_path)
        for u in w.tables["users"]:
            u["password"] = "{MD5}5f4dcc3b5aa765d61d8327deb882cf99"
        w.run()
        assert w.login("alice") == 200 and w.here("alice")["password_encoding"] == "argon2"
        assert not w.both()["differs"]
        w.s.hufu("user", "set", "alice", "--email", "a@example.org")
        assert decisions(w.both()) == {("user alice", "email"): "kept"}
        w.user("alice")["password"] = HASHED
        assert decisions(w.both())[("user alice", "password")] == "taken"


def test_rows_that_no_import_knows(tmp_path):
    with old_server() as s:
        s.control({"do": "user.create", "realm": "main", "name": "alice", "password": "chosen-here-31"})
        s.control({"do": "user.create", "realm": "main", "name": "bob", "password": "password"})
        w = Switch(s, tmp_path)
        w.user("bob")["password"] = "{noop}password"
        assert w.both(rc=1)["differs"][0]["decision"] == "conflict"
        assert "error" in s.control({"do": "user.show", "realm": "main", "name": "carol"})
        report = w.both("--keep")
        assert some(report["users"])["added"] == 4 and w.login("alice", "chosen-here-31") == 200 and w.login("bob") == 200


def test_nothing_at_all_is_an_error(tmp_path):
    with old_server() as s:
        for tables in ({"people": [{"a": 1}]}, {"users": [], "oauth_client_details": []}):
            where = databases.write_json(tmp_path / "n.json", tables)
            for more in ((), ("--dry-run",)):
                status, out, err = s.hufu("import", "spring", "--from", where, "--realm", "main", *more)
                assert status == 1 and "nothing to import" in err, (status, out, err)


@pytest.mark.parametrize("head, commands", [
    ("-- MySQL dump 10.13\n", ("mysql hufu_old < ", "--from mysql://USER@localhost/hufu_old")),
    ("--\n-- PostgreSQL database dump\n", ("createdb hufu_old && psql -q -d hufu_old -f ", "--from postgresql://USER@localhost/hufu_old")),
    ("PGDMP\x01", ("pg_restore --no-owner -d hufu_old ",)), ("PRAGMA foreign_keys=OFF;\n", ("sqlite3 hufu_old.db < ", "--from hufu_old.db"))])
def test_a_dump_in_sql_is_answered_with_the_commands_that_load_it(tmp_path, head, commands):
    dump = tmp_path / "dump.sql"
    dump.write_text(head)
    with old_server() as s:
        for lang in ("en", "zh"):
            status, out, err = s.hufu("--lang", lang, "import", "spring", "--from", str(dump), "--realm", "main")
            assert status == 1 and all(c in err for c in commands) and "hufu import spring" in err and str(dump) in err, err
            assert ("转储" in err) == (lang == "zh")


def test_a_lost_key_makes_the_next_import_ask(tmp_path):
    with switch(tmp_path) as w:
        w.s.control({"do": "user.delete", "realm": "main", "name": "carol"})
        w.user("alice")["enabled"] = False
        w.s.stop()
        os.remove(w.s.dir / "data" / "kek")
        assert w.s.hufu("key", "new", "--lost-kek")[0] == 0
        w.s.start()
        for more in ((), ("--dry-run",)):
            status, out, err = w.s.hufu("import", "spring", "--from", databases.write_json(w.path, w.tables), "--realm", "main", *more)
            assert status == 1 and "is lost" in err and "--keep" in err and "--replace" in err, err
        status, out, err = w.s.hufu("import", "spring", "--from", str(w.path), "--realm", "main", "--keep")
        assert status == 0 and "is lost" in err and w.here("alice")["enabled"], err
        assert w.s.hufu("import", "spring", "--from", str(w.path), "--realm", "main")[0] == 0      # the memory has begun anew


def test_a_dry_run_knows_owners(tmp_path):
    with old_server() as s:
        w = Switch(s, tmp_path)
        row = dict(w.tables["oauth_approvals"][0])
        w.tables["oauth_approvals"] += [dict(row, userId="nobody"), dict(row, clientId="nothing")]
        w.client("web")["client_secret"] = "{rot13}x"           # refused: what hangs from it has no owner
        report = w.both("--skip-refused")
        assert some(report["approvals"]) == {"orphaned": 6} and report["clients"]["refused"] == 1
        assert w.run("--dry-run", rc=1)["ok"] is False


def test_tokens_follow(tmp_path):
    with old_server() as s:
        w = Switch(s, tmp_path)
        w.tables = copy.deepcopy(RECORDED["tables"])
        w.tables["users"] = [{"username": u, "password": HASHED, "enabled": True} for u in ("alice", "张三")]
        first = w.both("--tokens")
        assert first["tokens"]["added"] == 4
        assert not w.both("--tokens")["differs"]
        gone = w.tables["oauth_access_token"].pop(0)            # revoked there, with its refresh token
        w.tables["oauth_refresh_token"] = [r for r in w.tables["oauth_refresh_token"] if r["token_id"] != gone["refresh_token"]]
        report = w.both("--tokens")
        assert report["tokens"]["ended"] == 1, report["tokens"]
        token = RECORDED["issued"][0]["response"]["access_token"]
        assert post(s.at + "/oauth/check_token", {"token": token}).status == 400
        assert not w.both("--tokens")["changed"]
        other = RECORDED["issued"][1]["response"]["access_token"]
        assert post(s.at + "/oauth/check_token", {"token": other}).status == 200


def refreshed_there(row, old, new):
    """The old server's row after a refresh: another access token, its MD5, the same refresh token."""
    blob = bytes.fromhex(row["token_hex"])
    assert old.encode() in blob and len(old) == len(new)
    return dict(row, token_id=hashlib.md5(new.encode()).hexdigest(), token_hex=blob.replace(old.encode(), new.encode()).hex())


def test_a_token_refreshed_on_either_side(tmp_path):
    with old_server() as s:
        w = Switch(s, tmp_path)
        w.tables = copy.deepcopy(RECORDED["tables"])
        w.tables["users"] = [{"username": u, "password": HASHED, "enabled": True} for u in ("alice", "张三")]
        w.both("--tokens")
        rows, news = w.tables["oauth_access_token"], [str(uuid.uuid4()), str(uuid.uuid4())]
        for i, new in enumerate(news):
            old = RECORDED["issued"][i]["response"]["access_token"]
            at = next(k for k, r in enumerate(rows) if r["token_id"] == hashlib.md5(old.encode()).hexdigest())
            rows[at] = refreshed_there(rows[at], old, new)
            remember(new)
        here = post(s.at + "/oauth/token", {"grant_type": "refresh_token", "refresh_token": RECORDED["issued"][1]["response"]["refresh_token"]},
                    basic("messaging-client", "secret"))
        assert here.status == 200
        report = w.both("--tokens")
        assert report["tokens"]["updated"] == report["tokens"]["kept"] == 1, report
        alive = [post(s.at + "/oauth/check_token", {"token": t}).status == 200
                 for t in (news[0], RECORDED["issued"][0]["response"]["access_token"], news[1], here.json()["access_token"])]
        assert alive == [True, False, False, True]
        assert not w.both("--tokens")["changed"]


@pytest.mark.parametrize("dialect, path", [("spring", ""), ("zlt", "/api-uaa")])
def test_imported_consents_are_honoured(dialect, path, tmp_path):
    with old_server(dialect, path) as s:
        w = Switch(s, tmp_path)
        w.tables["oauth_approvals"] = [a for a in w.tables["oauth_approvals"] if (a["userId"], a["scope"]) != ("bob", "write")]
        assert "asks_always" not in {f["code"] for f in w.both()["findings"]}
        url = s.at + "/oauth/authorize?response_type=code&client_id=web&redirect_uri=http%3A%2F%2Flocalhost%2Fcb&scope=read%20write&state=s"
        bob, alice = Browser(s.at), Browser(s.at)
        asked = bob.follow(bob.login(bob.follow(bob.get(url)), "bob", "password"))
        assert asked.form("consent-form")                       # one of the two scopes was not approved
        told = alice.follow(alice.login(alice.follow(alice.get(url)), "alice", "password"))
        assert "code=" in (told.location or told.text), told.text
        w.tables["oauth_approvals"] = []
        assert w.both()["approvals"]["ended"] == 3
        assert alice.follow(alice.get(url)).form("consent-form")


def test_where_nobody_would_look_for_consents(tmp_path):
    with old_server("taroco") as s:
        found = {f["code"]: f["text"] for f in Switch(s, tmp_path).both()["findings"]}
        assert "consent_memory" in found["asks_always"] and "old" in found["asks_always"]


BETWEEN = """UPDATE users SET enabled = '0', update_time = '2036-02-03 04:05:06' WHERE username = 'bob';
UPDATE users SET password = '{noop}another-word-58' WHERE username = 'carol';
UPDATE oauth_client_details SET client_secret = '{noop}rotated-secret-77', update_time = '2036-02-03 04:05:07' WHERE client_id = 'app';
UPDATE oauth_approvals SET status = 'DENIED' WHERE userId = 'alice' AND scope = 'read';
DELETE FROM oauth_approvals WHERE userId = 'bob';
DELETE FROM users WHERE username = 'dave';
DELETE FROM oauth_client_details WHERE client_id = 'batch';
INSERT INTO oauth_client_details (client_id, client_secret, scope, authorized_grant_types) VALUES ('newer', NULL, 'read', 'authorization_code');"""


@pytest.mark.parametrize("kind", ["SQLiteFile", "MariaDB"])
def test_the_switch_with_a_real_database(kind, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text(databases.PASSWORD + "\n")
    remember("rotated-secret-77")
    remember("another-word-58")
    tables = old_tables()
    for row in tables["users"] + tables["oauth_client_details"]:
        row["update_time"] = "2025-01-02 03:04:05"
    with old_server() as s, getattr(databases, kind)() as db:
        w = Switch(s, tmp_path)
        db.fill(tables)

        def run(*more):
            status, out, err = s.hufu("import", "spring", "--from", db.url, "--realm", "main", "--json", "--password-file", str(secret), *more)
            assert status == 0, out + err
            return json.loads(out)

        assert some(run()["users"]) == {"added": 6}
        db.sql(BETWEEN)
        dry, real = run("--dry-run"), run()
        assert all(dry[part] == real[part] for part in ("users", "clients", "approvals", "differs"))
        assert some(real["users"]) == {"same": 3, "updated": 2, "ended": 1} and some(real["approvals"]) == {"same": 1, "ended": 3}
        assert some(real["clients"]) == {"same": 2, "updated": 1, "ended": 1, "added": 1}
        times = {(d["of"], d["field"]): d.get("there_s") for d in real["differs"]}
        assert times[("user bob", "enabled")] == 2085624306 and times[("client app", "secret")] == 2085624307
        assert w.login("carol", "another-word-58", secret="rotated-secret-77") == 200
        assert w.login("bob", secret="rotated-secret-77") == w.login("dave", secret="rotated-secret-77") == 400
        assert not run()["changed"]
