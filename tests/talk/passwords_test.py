"""The rules of a password that somebody chooses: whoever sets it in clear is bound by them, with the daemon up and down; what comes encoded is not."""
import hashlib, json

import pytest

from databases import write_json
from server import Server, free_ports, remember

GOOD = remember("grüne-Kähne-am-Steg")
LISTED = "the-house-at-the-lake"


@pytest.fixture(scope="module")
def s(tmp_path_factory):
    listed = tmp_path_factory.mktemp("rules") / "listed.txt"
    listed.write_text("first-of-the-file\n" + LISTED + "\n")
    port = free_ports(1)[0]
    with Server({"main": {"url": "http://127.0.0.1:%d" % port, "listener": "a"}}, [], listeners={"a": {"bind": ["127.0.0.1:%d" % port]}},
                top="passwords:\n  common_file: %s" % listed) as server:
        server.listed = listed
        yield server


BAD = [("short-1", "passwords.min"), ("Password1", "passwords.common"), ("ALICE2026", "passwords.own_words"), ("13800000009", "passwords.own_words"),
       ("The-House-at-the-Lake", "passwords.common_file")]


def every_way(ask):
    """Each bad one by each order; nothing is written, and the answer never says the password."""
    for word, rule in BAD:
        person = {"name": "alice", "phone": "13800000009", "email": "alice@example.org"}
        load = {"do": "realm.load", "realm": "main", "users": [{"name": "zoe", "password": GOOD}, {**person, "password": word}]}
        for order in ({"do": "user.create", "realm": "main", **person, "password": word}, load):
            r = ask(order)
            assert not r.get("ok") and rule in r["error"] and word not in json.dumps(r), (word, r)
            assert ("users[1]: " in r["error"]) == (order is load), r
    assert not ask({"do": "user.list", "realm": "main"})["users"]


def test_whoever_sets_a_password_in_clear_is_bound(s):
    every_way(s.control)
    assert s.control({"do": "user.create", "realm": "main", "name": "alice", "phone": "13800000009", "password": GOOD})["ok"]
    status, out, err = s.hufu("user", "set-password", "alice", "--password-stdin", input="alice.2026\n")
    assert status == 1 and "passwords.own_words" in err and "alice.2026" not in err
    assert s.hufu("user", "set-password", "alice", "--password-stdin", input=GOOD + "!\n")[0] == 0
    assert s.hufu("user", "create", "bob", "--password-stdin", input="qwerty123\n")[0] == 1


def test_what_comes_encoded_or_is_there_already_is_not_asked(s):
    weak = "{SHA-256}" + hashlib.sha256(b"carol").hexdigest()
    assert s.control({"do": "user.create", "realm": "main", "name": "carol", "password_encoded": weak})["ok"]
    assert s.control({"do": "realm.load", "realm": "main", "users": [{"name": "carol", "password": "carol"}]})["ok"]      # hers, and stays
    assert not s.control({"do": "user.set-password", "realm": "main", "name": "carol", "password": "carol"}).get("ok")
    old = write_json(s.dir / "old.json", {"users": [{"username": "dora", "password": "{noop}dora", "enabled": True}]})
    status, out, err = s.hufu("import", "spring", "--from", old, "--realm", "main")
    assert status == 0, err
    assert s.control({"do": "user.show", "realm": "main", "name": "dora"})["ok"]


def test_the_settings_decide_and_a_reload_changes_them(s):
    top = s.top
    s.top = "passwords:\n  min: 3\n  own_words: false\n  common: false"
    s.write_config()
    assert s.hufu("reload")[0] == 0
    assert s.control({"do": "user.create", "realm": "main", "name": "erik", "password": "erik"})["ok"]
    assert "at least 3" in s.control({"do": "user.create", "realm": "main", "name": "fay", "password": "fa"})["error"]
    s.top = "passwords:\n  common_file: /nonexistent/list"
    s.write_config()
    for command in (("reload",), ("config", "check")):
        status, out, err = s.hufu(*command)
        assert status == 1 and "passwords.common_file: /nonexistent/list: No such file" in out + err, out + err
    s.top = top
    s.write_config()
    assert s.hufu("reload")[0] == 0


def test_the_command_line_alone_asks_the_same(tmp_path):
    listed = tmp_path / "listed.txt"
    listed.write_text(LISTED + "\n")
    s = Server({"main": {"url": "http://127.0.0.1:1"}}, [], listeners={"a": {"bind": ["127.0.0.1:1"]}}, top="passwords:\n  common_file: %s" % listed)
    s.write_config()

    def ask(word):
        return s.hufu("user", "create", "alice", "--phone", "13800000009", "--password-stdin", input=word + "\n")
    for word, rule in BAD:
        status, out, err = ask(word)
        assert status == 1 and rule in err and word not in err, err
    file = s.dir / "realm.json"
    file.write_text(json.dumps({"users": [{"name": "zoe", "password": "zoe12345"}]}))
    status, out, err = s.hufu("realm", "load", str(file), "--realm", "main")
    assert status == 1 and "users[0]: " in err and "passwords.own_words" in err
    listed.unlink()
    status, out, err = ask(GOOD)
    assert status == 1 and "passwords.common_file" in err
    listed.write_text("")
    assert ask(GOOD)[0] == 0
