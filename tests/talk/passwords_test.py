"""The rules of a password that somebody chooses: whoever sets it in clear is bound by them, with the daemon up and down; what comes encoded is not."""
import hashlib, json, pathlib, subprocess

import pytest

from databases import write_json
from server import BUILD, Server, free_ports, remember

GOOD = remember("grüne-Kähne-am-Steg")
LISTED = "the-house-at-the-lake"
BREACHED = "kettle-drum-seven"


def leaked(path):
    """The filter of one breached password, from a list as they are published."""
    path.write_text("%s:31\n" % hashlib.sha1(BREACHED.encode()).hexdigest().upper())
    made = hufu("password-filter", "build", str(path), "--out", str(path.with_suffix(".filter")))
    assert made.returncode == 0 and made.stdout.startswith("1 passwords"), made
    return path.with_suffix(".filter")


@pytest.fixture(scope="module")
def s(tmp_path_factory):
    listed = tmp_path_factory.mktemp("rules") / "listed.txt"
    listed.write_text("first-of-the-file\n" + LISTED + "\n")
    leaks = leaked(listed.with_name("leaked.txt"))
    port = free_ports(1)[0]
    with Server({"main": {"url": "http://127.0.0.1:%d" % port, "listener": "a"}}, [], listeners={"a": {"bind": ["127.0.0.1:%d" % port]}},
                top="passwords:\n  common_file: %s\n  breached_file: %s\n  max: 64\n  history: 2" % (listed, leaks)) as server:
        server.listed = listed
        yield server


BAD = [("short-1", "passwords.min"), ("Password1", "passwords.common"), ("ALICE2026", "passwords.own_words"), ("13800000009", "passwords.own_words"),
       ("The-House-at-the-Lake", "passwords.common_file"), (BREACHED, "passwords.breached_file"), ("x-y" * 30, "passwords.max")]


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
    s = Server({"main": {"url": "http://127.0.0.1:1"}}, [], listeners={"a": {"bind": ["127.0.0.1:1"]}},
               top="passwords:\n  common_file: %s\n  breached_file: %s\n  max: 64" % (listed, leaked(tmp_path / "leaked.txt")))
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


def test_a_former_password_is_not_taken_again(s):
    words = ["%s-%d" % (GOOD, i) for i in range(4)]
    assert s.control({"do": "user.create", "realm": "main", "name": "yan", "password": remember(words[0])})["ok"]

    def put(word):
        return s.control({"do": "user.set-password", "realm": "main", "name": "yan", "password": remember(word)})
    assert "passwords.history" in put(words[0])["error"]                  # the present one
    assert put(words[1])["ok"] and put(words[2])["ok"]
    for word in words[:3]:
        r = put(word)
        assert not r.get("ok") and "passwords.history" in r["error"] and word not in json.dumps(r), r
    assert put(words[3])["ok"] and put(words[0])["ok"]                    # two former ones are remembered, no more


def hufu(*args):
    return subprocess.run([str(pathlib.Path(BUILD) / "hufu"), *args], capture_output=True, text=True, timeout=60)


def test_a_filter_is_built_of_passwords_or_hashes_and_shown(tmp_path):
    words, out = tmp_path / "words", tmp_path / "out"
    words.write_text("one\r\n\ntwo\nthree\n")
    made = hufu("password-filter", "build", str(words), "--out", str(out), "--json")
    assert made.returncode == 0 and json.loads(made.stdout)["entries"] == 3, made
    shown = hufu("password-filter", "show", str(out), "--lang", "zh-CN")
    assert shown.returncode == 0 and "共 3 个密码" in shown.stdout
    kept = out.read_bytes()
    words.write_text("%s\nnot a hash\n" % hashlib.sha1(b"one").hexdigest())
    made = hufu("password-filter", "build", str(words), "--out", str(out))
    assert made.returncode == 1 and "line 2 is no SHA-1" in made.stderr and out.read_bytes() == kept
    assert hufu("password-filter", "build", str(words), "--out", str(out), "--kind", "passwords").returncode == 0
    out.write_bytes(kept[:-1])
    shown = hufu("password-filter", "show", str(out))
    assert shown.returncode == 1 and "shorter or longer than its head says" in shown.stderr
    for args, said in ((["--bits", "3", "--out", "x"], "--bits"), (["--kind", "other", "--out", "x"], "--kind"), ([], "--out FILE")):
        r = hufu("password-filter", "build", str(words), *args)
        assert r.returncode == 2 and said in r.stderr, r


def test_a_damaged_filter_is_named_with_its_line(s):
    conf = s.conf.read_text()
    bad = s.listed.with_name("bad.filter")
    bad.write_text("no filter")
    try:
        s.conf.write_text(conf.replace("leaked.filter", "bad.filter"))
        status, out, err = s.hufu("config", "check")
        assert status == 1 and "passwords.breached_file" in err and "no password filter" in err and "hufu.yaml:" in err, err
        s.conf.write_text(conf.replace("max: 64", "max: 8\n  min: 9"))
        assert "passwords.max" in s.hufu("config", "check")[2]
    finally:
        s.conf.write_text(conf)


def test_a_filter_that_is_written_into_takes_no_daemon_along(s):
    whole = s.listed.with_name("leaked.filter").read_bytes()
    spare = s.listed.with_name("spare.filter")
    file = s.listed.with_name("leaked.filter")
    try:
        file.write_bytes(whole[:64])                                      # as cp does it: cut off first
        refused = [s.control({"do": "user.create", "realm": "main", "name": "spoilt%d" % i, "password": "Quiet7-harbour-%d" % i}) for i in range(3)]
        assert not any(r.get("ok") for r in refused), refused
        assert "was written into" in s.log() and s.proc.poll() is None
        assert s.hufu("reload")[0] != 0                                   # half of one is none
        spare.write_bytes(whole)
        spare.rename(file)
        assert s.hufu("reload")[0] == 0
        r = s.control({"do": "user.create", "realm": "main", "name": "spoilt", "password": "Quiet7-harbour-9"})
        assert r.get("ok"), r
    finally:
        spare.write_bytes(whole)
        spare.rename(file)
        s.hufu("reload")
