"""What the operator sees and ends: lists in pages, a person's access, approvals, what is stored of somebody, deletion without a trace."""
import glob, json, sqlite3, subprocess

import pytest

from server import clean_env
from talker import PASSWORD, World, authorize_url, basic, get_code, introspect, post, redeem, refresh

LOGIN = {"modern": "/login", "spring": "/login"}
AGENT = "Mozilla/5.0 (X11; Linux x86_64) Desk/1.0"


@pytest.fixture(scope="module")
def w():
    with World("modern", "spring", "zlt") as world:
        yield world


def ok(w, *args, **more):
    status, out, err = w.hufu("--json", *args, **more)
    assert status == 0, (args, out, err)
    return json.loads(out)


def fails(w, *args, **more):
    status, out, err = w.hufu(*args, **more)
    assert status == 1 and not out and err.strip(), (args, status, out, err)
    return err


def person(w, name, **more):
    args = [x for k, v in more.items() for x in ("--" + k.replace("_", "-"), v)]
    ok(w, "user", "create", name, "--password-stdin", *args, input=PASSWORD + "\n")
    return name


def logged_in(w, name, issuer="modern", agent=AGENT):
    b = w.browser(issuer)
    plain = b.go
    b.go = lambda method, target, body=None, headers=None: plain(method, target, body, {"User-Agent": agent, **(headers or {})})
    b.login(b.get(w.at(issuer, LOGIN[issuer])), name, PASSWORD)
    return b


def names(rows, member):
    return [r[member] for r in rows]


def test_a_session_shows_where_it_is_and_for_what(w):
    person(w, "seen")
    b = logged_in(w, "seen", agent="Evil\x85\u202e".encode().decode("latin-1") + "x" * 400)
    (s,) = ok(w, "session", "list", "--user", "seen")["sessions"]
    assert s["address"] == "127.0.0.1" and s["issuer"] == "modern" and s["client"] == "" and s["seen_s"] == s["auth_s"]
    assert s["agent"].startswith("Evil?") and len(s["agent"].encode()) <= 256 and s["agent"].endswith("…") and "\u202e" not in s["agent"]
    w.turn_clock(90)
    assert "code" in b.authorize(authorize_url(w)).query()
    (t,) = ok(w, "session", "list", "--user", "seen")["sessions"]
    assert t["client"] == "app" and t["seen_s"] >= s["seen_s"] + 90
    status, out, err = w.hufu("session", "list", "--user", "seen")
    assert status == 0 and "device" in out.splitlines()[0] and "127.0.0.1" in out and "Evil?" in out
    assert "设备" in w.hufu("--lang", "zh", "session", "list", "--user", "seen")[1]
    assert names(ok(w, "session", "list", "--client", "app", "--search", "EVIL")["sessions"], "user") == ["seen"]
    assert not ok(w, "session", "list", "--user", "seen", "--issuer", "spring")["sessions"]
    assert not ok(w, "session", "list", "--user", "seen", "--address", "10.0.0.1")["sessions"]


def access_of(w, name):
    """A session, a code that waits, and the tokens of another code; a token at the old issuer."""
    b = logged_in(w, name)
    t = redeem(w, b.authorize(authorize_url(w)).query()["code"]).json()
    waiting = b.authorize(authorize_url(w)).query()["code"]
    old = post(w.at("spring", "/oauth/token"), {"grant_type": "password", "username": name, "password": PASSWORD, "scope": "read"}, basic("messaging-client", "secret")).json()
    return b, t, waiting, old


def lives(w, b, t, code, old):
    return (b.get(authorize_url(w, prompt="none")).query().get("error") != "login_required", introspect(w, t["access_token"])["active"],
            refresh(w, t["refresh_token"]).status == 200, redeem(w, code).status == 200,
            post(w.at("spring", "/oauth/check_token"), {"token": old["access_token"]}, basic("messaging-client", "secret")).status == 200)


def test_session_end_ends_the_person(w):
    person(w, "gone")
    had = access_of(w, "gone")
    has = ok(w, "user", "show", "gone")["has"]
    assert has["sessions"] == 1 and has["codes"] == 1 and has["families"] >= 1 and has["tokens"] >= 1 and has["approvals"] == 1 and has["seen_s"] > 0
    kinds = names(ok(w, "token", "list", "--user", "gone")["tokens"], "kind")
    assert "access_token" in kinds and "refresh_token" in kinds
    status, out, err = w.hufu("token", "list", "--user", "gone")
    assert status == 0 and "refresh token" in out and "messaging-client" in out
    assert {t["client"] for t in ok(w, "token", "list", "--user", "gone", "--client", "app")["tokens"]} == {"app"}
    assert {t["issuer"] for t in ok(w, "token", "list", "--client", "messaging-client", "--kind", "access_token")["tokens"]} == {"spring"}
    ok(w, "session", "end", "--user", "gone")
    assert lives(w, *had) == (False,) * 5
    assert not ok(w, "session", "list", "--user", "gone")["sessions"] and not ok(w, "token", "list", "--user", "gone")["tokens"]
    assert lives(w, *access_of(w, "gone")) == (True,) * 5                # nobody is locked out


def test_session_end_narrowed(w):
    person(w, "narrow")
    had = access_of(w, "narrow")
    ok(w, "session", "end", "--user", "narrow", "--issuer", "spring")
    assert lives(w, *had) == (True, True, True, True, False)
    had = access_of(w, "narrow")
    ok(w, "session", "end", "--user", "narrow", "--client", "app")
    assert lives(w, *had) == (True, False, False, False, True)
    had = access_of(w, "narrow")
    ok(w, "session", "end", "--user", "narrow", "--sessions-only")
    assert lives(w, *had) == (False, True, True, True, True)
    assert "nowhere" in fails(w, "session", "end", "--user", "narrow", "--issuer", "nowhere")
    assert "contradict" in fails(w, "session", "end", "--user", "narrow", "--sessions-only", "--client", "app")


def test_approvals_are_withdrawn_with_what_they_gave(w):
    person(w, "yes")
    person(w, "too")
    had = access_of(w, "yes")
    get_code(w, user="too")
    (a,) = ok(w, "approval", "list", "--user", "yes")["approvals"]
    assert a["client"] == "app" and set(a["scopes"]) == {"read", "write"} and a["user"] == "yes" and a["issuer"] == "modern"
    assert {"yes", "too"} <= set(names(ok(w, "approval", "list", "--client", "app")["approvals"], "user"))
    assert "read" in w.hufu("approval", "list", "--user", "yes")[1]
    assert ok(w, "approval", "withdraw", "--user", "yes", "--client", "app")["withdrawn"] == 1
    assert lives(w, *had) == (True, False, False, False, True)
    assert not ok(w, "approval", "list", "--user", "yes")["approvals"] and ok(w, "approval", "list", "--user", "too")["approvals"]
    assert "no such approval" in fails(w, "approval", "withdraw", "--user", "yes")
    assert "whose" in fails(w, "approval", "withdraw")


def test_what_is_stored_of_a_person_is_printed_without_secrets(w):
    person(w, "printed", email="p@example.com", phone="13800001111")
    access_of(w, "printed")
    ok(w, "client", "create", "robot", "--grant", "client_credentials", "--scope", "read", "--acts-for", "printed")
    status, out, err = w.hufu("user", "export", "printed")
    o = json.loads(out)
    assert status == 0 and o["user"]["email"] == "p@example.com" and o["acted_for_by"] == ["robot"] and o["failed_logins"] == 0
    assert len(o["sessions"]) == 1 and len(o["codes"]) == 2 and o["approvals"][0]["client"] == "app" and {t["kind"] for t in o["tokens"]} >= {"refresh_token", "access_token"}
    assert "argon2id" not in out and "$" not in out and "session\"" not in out
    assert "no user" in fails(w, "user", "export", "nobody")
    status, out, err = w.hufu("user", "delete", "printed")
    assert status == 0 and "robot" in err
    ok(w, "client", "delete", "robot")


@pytest.mark.embedded("it looks through the bytes of the file")
def test_a_deleted_user_leaves_no_name(w):
    name = person(w, "quixotequijano", display_name="Alonso-Quijano", email="aq@mancha.example")
    access_of(w, name)
    fails(w, "user", "show", "nobody")
    ok(w, "user", "delete", name)
    w.stop()
    (path,) = glob.glob(str(w.dir / "**" / "*.db"), recursive=True)
    db = sqlite3.connect(path)
    tables = [r[0] for r in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    rows = "".join(str(r) for t in tables for r in db.execute('SELECT * FROM "%s"' % t))
    db.execute("VACUUM")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    stored = b"".join(open(f, "rb").read() for f in glob.glob(path + "*"))
    w.start()
    for word in (name, "Alonso-Quijano", "aq@mancha.example"):
        assert word not in rows and word.encode() not in stored, word


def test_lists_come_in_pages(w):
    for i in range(7):
        ok(w, "user", "create", "page-%d" % i, "--no-password", "--authority", "ROLE_PAGE")
    one = ok(w, "user", "list", "--search", "PAGE-", "--limit", "3")
    assert names(one["users"], "name") == ["page-0", "page-1", "page-2"] and one["more"] is True
    two = ok(w, "user", "list", "--search", "page-", "--limit", "4", "--after", one["after"])
    assert names(two["users"], "name") == ["page-%d" % i for i in range(3, 7)] and two["more"] is False and "after" not in two
    status, out, err = w.hufu("user", "list", "--authority", "ROLE_PAGE", "--limit", "2")
    assert status == 0 and "page-1" in out and "page-2" not in out and "--after 'page-1'" in err
    assert "还有更多" in w.hufu("--lang", "zh", "user", "list", "--limit", "1")[2]
    assert names(ok(w, "user", "list", "--disabled")["users"], "name") == ["disabled"] and names(ok(w, "user", "list", "--locked")["users"], "name") == ["locked"]
    assert names(ok(w, "client", "list", "--public")["clients"], "id") == ["spa"]
    assert names(ok(w, "client", "list", "--search", "localhost:8082")["clients"], "id") == ["rageframe"]
    for noun, list in (("client", "clients"), ("session", "sessions"), ("token", "tokens"), ("key", "keys"), ("approval", "approvals")):
        whole, seen, after = ok(w, noun, "list")[list], [], ()
        for _ in range(200):
            page = ok(w, noun, "list", "--limit", "2", *after)
            assert len(page[list]) <= 2
            seen += page[list]
            if not page["more"]:
                break
            after = ("--after", page["after"])
        assert seen == whole, noun
    assert w.hufu("user", "list", "--limit", "none")[0] == 2
    assert "no place" in fails(w, "session", "list", "--after", "zz")


def test_what_deserves_a_second_look_is_said_at_once(w):
    o = ok(w, "client", "create", "odd", "--redirect-uri", "https://odd.example/*", "--redirect-uri", "http://plain.example/cb")
    assert {x["code"] for x in o["warnings"]} == {"redirect_wildcard", "redirect_plain_http", "scope_missing"}
    status, out, err = w.hufu("client", "set", "odd", "--name", "Odd")
    assert "plain.example" in err and "https" in err
    assert "明文" in w.hufu("--lang", "zh", "client", "set", "odd", "--name", "Odd")[2]
    assert "host" in fails(w, "client", "set", "odd", "--redirect-uri", "https://*.example/cb")
    assert "warnings" not in ok(w, "client", "set", "odd", "--redirect-uri", "https://odd.example/cb", "--scope", "read")
    assert [x["code"] for x in ok(w, "user", "create", "lost", "--realm", "mian", "--no-password")["warnings"]] == ["realm_unknown"]
    assert {x["code"] for x in ok(w, "client", "create", "lost", "--realm", "mian", "--grant", "client_credentials", "--scope", "a")["warnings"]} == {"realm_unknown"}
    ok(w, "client", "delete", "odd")


def test_a_realm_goes_out_and_comes_in_the_same(w, tmp_path):
    def exported(*more):
        status, out, err = w.hufu("realm", "export", *more)
        assert status == 0
        return out, err
    out, err = exported("--secrets", "--realm", "main")
    assert "{noop}" in out and not err and json.loads(out)["clients"]
    path = tmp_path / "realm.json"
    path.write_text(out)
    o = ok(w, "realm", "load", str(path), "--realm", "copy")
    other, there = json.loads(exported("--secrets", "--realm", "copy")[0]), json.loads(out)
    taken = {u["id"] for u in there["users"]}
    assert not taken & {u["id"] for u in other["users"]}                # an id means one person in the whole store
    assert [x["what"] for x in o["warnings"] if x["code"] == "id_new"] == [u["name"] for u in there["users"]]
    for u, v in zip(other["users"], there["users"]):
        assert {**u, "id": v["id"]} == v
    assert other["clients"] == there["clients"]
    alone = {"HUFU_ADMIN__SOCKET": str(tmp_path / "no.sock")}           # another store: the same text, ids too
    for args in (("store", "new"), ("realm", "load", str(path), "--realm", "copy")):
        assert subprocess.run([str(w.build / "hufu"), "--config", str(w.conf), "--data", str(tmp_path / "data"), *args], env=clean_env(**alone)).returncode == 0
    r = subprocess.run([str(w.build / "hufu"), "--config", str(w.conf), "--data", str(tmp_path / "data"), "realm", "export", "--secrets", "--realm", "copy"],
                       env=clean_env(**alone), capture_output=True, text=True)
    assert r.stdout == out
    bare, err = exported("--realm", "main")
    assert "secret_encoded" not in bare and "{noop}" not in bare and "--secrets" in err
    path.write_text(bare)
    o = ok(w, "realm", "load", str(path), "--realm", "bare")
    assert [{**u, "id": None} for u in json.loads(exported("--realm", "bare")[0])["users"]] == [{**u, "id": None} for u in json.loads(bare)["users"]]
    assert {"secret_unknown", "password_unknown", "realm_unknown"} <= {x["code"] for x in o["warnings"]}
    before = exported("--secrets", "--realm", "main")[0]
    ok(w, "realm", "load", str(path), "--realm", "main")                # silent about secrets: they stay
    assert exported("--secrets", "--realm", "main")[0] == before
