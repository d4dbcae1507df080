"""Users read from an old database: MariaDB, PostgreSQL and an SQLite file hold the same table, and the same is said to each."""
import contextlib, hashlib, json, re, subprocess, threading, time

import pytest

import databases
from gateway import Gateway
from mute import Mute
from server import ROOT, remember
from talker import World, audit_of, authorize_url, basic, bearer, get, post, realm, redeem, refresh

remember(databases.PASSWORD)
BCRYPT = "$2a$10$n4YJ4.LSW74EpLDU9QRSfO/7Od9kLK74AvGHgrcld4/EH400BFPWi"
HASHES = {                                                      # each of "password"; the old servers' own encoders made them
    "braced": "{bcrypt}" + BCRYPT, "raw": BCRYPT, "php": "$2y$10$VLMVAJfttzTTsRM3XVr3eOdTHRXn0dUDpIl1lBxanPevwTIQVRtHy",
    "md5": hashlib.md5(b"password").hexdigest(), "upper": hashlib.md5(b"password").hexdigest().upper(),
    "salted": "{MD5}{m02yRmdypy0L64O5zYU6tdjUFoqTJO2UohVAj0tCle0=}c3ef22b414948c54dba6961535effffe",
    "pbkdf2": "{pbkdf2}2e794ab288a8250f485f604c5d44da25c3fbd51066969157d49f1b7269131b1e88370a24b6e81dab",
    "argon2": "$argon2id$v=19$m=4096,t=3,p=1$CFeJmqXYPIt7vMyFYW132Q$QhL35gAoAyh4+6FKoj4WJ8kfVwBUGh45YgBEtC+W8ss",
}
SCHEMA = """
CREATE TABLE sys_user (id BIGINT PRIMARY KEY, username VARCHAR(300), password TEXT, nickname VARCHAR(100), mobile VARCHAR(20), email VARCHAR(100), open_id VARCHAR(64),
    enabled SMALLINT, locked SMALLINT, type VARCHAR(16));
CREATE TABLE sys_role (id INTEGER PRIMARY KEY, code VARCHAR(32));
CREATE TABLE sys_role_user (user_id BIGINT, role_id INTEGER);
CREATE TABLE sys_menu (role_id INTEGER, path VARCHAR(32));
INSERT INTO sys_role VALUES (1, 'admin'), (2, 'ROLE_USER');
INSERT INTO sys_menu VALUES (1, 'user_add'), (2, 'user_view');
"""
SELECT = "SELECT id, username, password, nickname, mobile, email, open_id, enabled, locked, type FROM sys_user WHERE %s = ?"
TABLE = {
    "realm": "main", "by_name": SELECT % "username", "by_phone": SELECT % "mobile", "by_open_id": SELECT % "open_id", "by_id": SELECT % "id",
    "roles": "SELECT r.code FROM sys_role r JOIN sys_role_user ru ON r.id = ru.role_id WHERE ru.user_id = ? ORDER BY r.id",
    "operations": "SELECT m.path FROM sys_menu m JOIN sys_role_user ru ON m.role_id = ru.role_id WHERE ru.user_id = ? ORDER BY m.path",
    "columns": ["display_name=nickname", "phone=mobile", "number=id", "account_type=type"], "encoding": "MD5",
}
DIALECTS = ("spring", "zlt", "taroco", "rageframe", "connect", "modern")


def rows_of(*users):
    """INSERTs of rows; a user is {column: value}."""
    out = []
    for u in users:
        out.append("INSERT INTO sys_user (%s) VALUES (%s);" % (", ".join(u), ", ".join("NULL" if v is None else str(v) if isinstance(v, int) else "'%s'" % v for v in u.values())))
    return "\n".join(out)


def row(id, username, **more):
    return {"id": id, "username": username, "password": HASHES["raw"], "mobile": "139%08d" % id, "enabled": 1, "locked": 0, **more}


def people():
    some = [row(42, "li", nickname="李雷", email="li@old.example", open_id="o-li", type="app"), row(43, "shut", enabled=0), row(44, "stuck", locked=1), row(45, "blank", password=None),
            row(46, "twice"), row(47, "twice"), row(48, "big", nickname="x"), row(49, "alice", open_id="o-alice-there"), row(50, "张三")]
    some += [row(100 + i, "h-" + kind, password=stored) for i, (kind, stored) in enumerate(HASHES.items())]
    return rows_of(*some) + "INSERT INTO sys_role_user VALUES (42, 1), (42, 2), (50, 2);"


def yaml(tables):
    lines = ["user_tables:"]
    for name, t in tables.items():
        lines.append("  %s:" % name)
        lines += ["    %s: %s" % (k, json.dumps(v, ensure_ascii=False)) for k, v in t.items()]
    return "\n".join(lines)


def everybody():
    r = realm()
    more = {"zlt": ["open_id", "mobile_password", "sms"], "client1": ["sms"], "5d22eb6e8b0c7ba066014398": ["sms"]}
    for c in r["clients"]:
        c["grants"] = c["grants"] + more.get(c["id"], [])
        c["legacy"] = c.get("legacy", []) + (["bare_openid"] if c["id"] == "zlt" else [])
    r["clients"].append({**next(c for c in r["clients"] if c["id"] == "5d22eb6e8b0c7ba066014398"), "id": "acts-for-li", "acts_for": "li"})
    return r


def world(database, dialects=DIALECTS, top="", settings=None, **table):
    t = {"database": database, **TABLE, **table}
    if "://" in database:
        t["password"] = databases.PASSWORD
    return World(*dialects, realms=[everybody()], settings=settings, top=yaml({"old": {k: v for k, v in t.items() if v is not None}}) + "\n" + top)


@contextlib.contextmanager
def database(kind):
    with {"mariadb": databases.MariaDB, "postgres": databases.PostgreSQL, "sqlite": databases.SQLiteFile}[kind]() as db:
        db.sql((SCHEMA.replace("TEXT", "LONGTEXT") if kind == "mariadb" else SCHEMA) + people())
        db.kind, db.reader = kind, db.viewer() if kind == "postgres" else db.url
        yield db


@pytest.fixture(scope="module", params=["mariadb", "postgres", "sqlite"])
def db(request):
    with database(request.param) as d:
        yield d


@pytest.fixture(scope="module")
def w(db):
    gateway = Gateway()
    with world(db.reader, top=gateway.settings("g"), settings={d: {"sms_gateway": "g"} for d in ("zlt", "taroco", "connect")}) as v:
        v.gateway, v.db = gateway, db
        yield v
    gateway.close()


BASIC = {"spring": ("messaging-client", "secret"), "zlt": ("zlt", "zlt"), "taroco": ("5d22eb6e8b0c7ba066014398", "webApp"), "rageframe": ("rageframe", "rageframe-secret"), "connect": ("client1", "secret")}
PATH = {"spring": "/oauth/token", "zlt": "/oauth/token", "taroco": "/oauth/token", "rageframe": "/oauth2/password", "connect": "/connect/token"}


def ask(w, d, name, password="password", **more):
    return post(w.at(d, PATH[d]), {"grant_type": "password", "username": name, "password": password, **more}, basic(*BASIC[d]))


def tokens_of(r):
    o = r.json()
    assert r.status == 200, r
    return o.get("datas") or o.get("data") or o


def is_wrong(d, r):
    """The dialect's own words for a wrong password."""
    if d == "rageframe":
        return r.status == 200 and r.json()["code"] == 422 and r.json()["message"] == "账号或密码错误"
    if d == "taroco":
        return r.status in (400, 401) and "access_token" not in r.text
    return r.status == 400 and r.json()["error"] == "invalid_grant"


def is_down(d, r):
    if d == "rageframe":
        return r.status == 200 and r.json()["code"] == 503
    return r.status == 503 and "access_token" not in r.text and int(r.get("Retry-After")) >= 1


def check(w, token):
    return post(w.at("spring", "/oauth/check_token"), {"token": token}, basic(*BASIC["spring"]))


def renew(w, d, token):
    path = "/oauth2/refresh-token" if d == "rageframe" else PATH[d]
    return post(w.at(d, path), {"grant_type": "refresh_token", "refresh_token": token}, basic(*BASIC[d]))


def shown(w, name):
    return w.control({"do": "user.show", "realm": "main", "name": name}).get("user")


def claims(token):
    import base64
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


# --- who is let in -----------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("d", list(BASIC))
def test_a_password_of_the_old_table(w, d):
    assert tokens_of(ask(w, d, "li"))["access_token"]
    assert tokens_of(ask(w, d, "张三"))["access_token"]
    for name, password in (("li", "wrong-word"), ("nobody", "password"), ("li", ""), ("", "password"), ("blank", ""), ("blank", "password")):
        assert is_wrong(d, ask(w, d, name, password)), (name, password)
        w.turn_clock(86401)


def test_a_user_of_the_table_has_a_shadow_with_everything_the_row_says(w):
    t = tokens_of(ask(w, "spring", "li"))
    u = shown(w, "li")
    assert u["origin"] == "old:42" and u["display_name"] == "李雷" and u["phone"] == "13900000042" and u["email"] == "li@old.example" and u["open_id"] == "o-li", u
    assert u["number"] == 42 and u["account_type"] == "app" and u["authorities"] == ["ROLE_ADMIN", "ROLE_USER", "OP_USER_ADD", "OP_USER_VIEW"] and "password_encoding" not in u, u
    facts = check(w, t["access_token"]).json()
    assert facts["user_name"] == "li" and sorted(facts["authorities"]) == sorted(u["authorities"]), facts
    c = claims(tokens_of(ask(w, "taroco", "li"))["access_token"])
    assert c["x-user-id"] == 42 and c["user_name"] == "li" and c["x-user-name"] == "li" and sorted(c["authorities"]) == sorted(u["authorities"]), c
    o = get(w.at("connect", "/connect/userinfo"), bearer(tokens_of(ask(w, "connect", "li", scope="openid profile"))["access_token"]))
    assert o.status == 200 and o.json()["sub"] == u["id"], o
    assert not [k for k in u if "password" in k] and "password" not in json.dumps([*u.values()]), u


@pytest.mark.parametrize("kind", list(HASHES))
def test_hashes_by_their_form_and_by_the_setting(w, kind):
    assert tokens_of(ask(w, "spring", "h-" + kind))["access_token"]
    assert is_wrong("spring", ask(w, "spring", "h-" + kind, "Password"))


@pytest.mark.parametrize("name", ["' OR '1'='1", "li' -- ", "li'; DROP TABLE sys_user; -- ", "li\\' OR 1=1 -- ", "%", "_i", "li\x00", "' UNION SELECT * FROM sys_user -- ", "x" * 300, "l?", "$1", "\u0000"])
def test_a_name_is_a_value_and_nothing_else(w, name):
    """L7"""
    r = ask(w, "spring", name)
    assert r.status == 400 and "access_token" not in r.text, r
    assert tokens_of(ask(w, "spring", "li"))["access_token"]


def test_disabled_and_locked_are_told_after_the_right_password(w):
    for name, reason in (("shut", "user_disabled"), ("stuck", "user_locked")):
        assert is_wrong("spring", ask(w, "spring", name, "wrong-word"))
        assert audit_of(w, user=name, reason="user_credentials")
        assert ask(w, "spring", name).status == 400
        assert audit_of(w, user=name, reason=reason)
        assert shown(w, name) is None                                   # nobody who was never let in has a shadow


def test_the_realms_own_users_come_first(w):
    own = "correct horse battery staple"
    assert tokens_of(ask(w, "spring", "alice", own))["access_token"]
    assert is_wrong("spring", ask(w, "spring", "alice"))
    r = post(w.at("zlt", "/oauth/token"), {"grant_type": "openId", "openId": "o-alice-there"}, basic("zlt", "zlt"))
    assert r.status == 400 and "has a user of its own by that name" in w.log(), r
    assert "origin" not in shown(w, "alice")


def test_wrong_passwords_count_for_the_user_however_the_name_is_written(db):
    """MariaDB takes LI and li for the same; here each other spelling is a name of nobody, whatever the password."""
    with world(db.reader, dialects=("spring",), top="login:\n  account_free: 3\n  account_first: 60\n  rehash: false\n  address_per_minute: 100000") as v:
        for name in ("Lí", "ĺi", "ｌi"):
            assert is_wrong("spring", ask(v, "spring", name)), name
        for name in ("li", "LI", "lI", "li"):
            assert is_wrong("spring", ask(v, "spring", name, "wrong-word")), name
        r = ask(v, "spring", "li")
        assert r.status == 429 or "access_token" not in r.text, r
        v.turn_clock(61)
        assert tokens_of(ask(v, "spring", "li"))["access_token"]
        for _ in range(3):
            assert is_wrong("spring", ask(v, "spring", "nobody", "wrong-word"))
        assert is_wrong("spring", ask(v, "spring", "nobody", "wrong-word"))
        assert audit_of(v, user="nobody")
        assert "access_token" not in ask(v, "spring", "nobody").text and audit_of(v, user="nobody", reason="wait")


# --- the other ways in -------------------------------------------------------------------------------------------------------------

def test_phone_and_password(w):
    r = post(w.at("zlt", "/oauth/token"), {"grant_type": "mobile_password", "mobile": "13900000042", "password": "password"}, basic("zlt", "zlt"))
    assert tokens_of(r)["access_token"]
    for phone, password in (("13900000042", "wrong-word"), ("13900009999", "password")):
        assert post(w.at("zlt", "/oauth/token"), {"grant_type": "mobile_password", "mobile": phone, "password": password}, basic("zlt", "zlt")).status == 400


def test_open_id(w):
    assert tokens_of(post(w.at("zlt", "/oauth/token"), {"grant_type": "openId", "openId": "o-li"}, basic("zlt", "zlt")))["access_token"]
    for open_id in ("o-nobody", "", "' OR ''='", "O-LI", "o-lí", "o-li "):
        assert post(w.at("zlt", "/oauth/token"), {"grant_type": "openId", "openId": open_id}, basic("zlt", "zlt")).status == 400


SMS = {
    "taroco": (lambda w, p: get(w.at("taroco", "/smsCode/" + p)), lambda w, p, c: post(w.at("taroco", "/oauth/mobile"), {"mobile": p, "code": c}, basic(*BASIC["taroco"]))),
    "zlt": (lambda w, p: get(w.at("zlt", "/validata/smsCode/" + p)), lambda w, p, c: post(w.at("zlt", "/oauth/token"), {"grant_type": "mobile", "mobile": p, "code": c}, basic("zlt", "zlt"))),
    "connect": (lambda w, p: post(w.at("connect", "/connect/sms"), {"phone": p}, basic("client1", "secret")),
                lambda w, p, c: post(w.at("connect", "/connect/token"), {"grant_type": "sms", "phone": p, "sms": c}, basic("client1", "secret"))),
}


@pytest.mark.parametrize("d", list(SMS))
def test_a_code_by_text_message(w, d):
    send, spend = SMS[d]
    w.turn_clock(3601)
    nobody = send(w, "13900009999")
    r = send(w, "13900000050")
    assert r.status == nobody.status == 200 and r.text == nobody.text, (r, nobody)
    phone, code = w.gateway.message()
    assert phone == "13900000050" and w.gateway.message(0.2) is None
    assert "access_token" not in spend(w, phone, "%06d" % ((int(code) + 1) % 1000000)).text
    assert tokens_of(spend(w, phone, code))["access_token"]
    assert "access_token" not in spend(w, phone, code).text
    assert shown(w, "张三")["origin"] == "old:50"


def test_a_client_acts_for_a_user_of_the_table(w):
    r = post(w.at("taroco", "/oauth/token"), {"grant_type": "client_credentials"}, basic("acts-for-li", "webApp"))
    assert r.status == 200 and claims(r.json()["access_token"])["x-user-id"] == 42, r


def test_the_login_page(w):
    b = w.browser("modern")
    r = b.follow(b.login(b.follow(b.get(authorize_url(w))), "li", "wrong-word"))
    assert r.status == 200 and any(kind == "password" for f in r.forms() for _, _, kind, _ in f["fields"])
    w.turn_clock(86401)
    r = w.browser("modern").authorize(authorize_url(w), "li", "password")
    t = redeem(w, r.query()["code"]).json()
    again = refresh(w, t["refresh_token"])
    assert again.status == 200, again


def test_the_account_pages_say_that_the_table_knows_the_person(w):
    b = w.browser("modern")
    page = b.follow(b.login(b.follow(b.get(w.at("modern", "/account/profile"))), "li", "password"))
    assert page.status == 200 and 'id="account-managed"' in page.text and "李雷" in page.text and not page.forms() and "/account/password" not in page.text, page
    token = dict((n, t) for n, t, *_ in b.get(w.at("modern", "/account/sessions")).forms()[0]["fields"])["_csrf"]
    r = b.post(w.at("modern", "/account/password"), {"_csrf": token, "current_password": "password", "new_password": "another word", "new_password_again": "another word"})
    assert r.status == 403 and 'id="account-error"' in r.text, r


# --- what changes there counts here ------------------------------------------------------------------------------------------------

@pytest.fixture()
def lu(w):
    """A user to be changed."""
    w.db.sql(rows_of(row(60, "lu", nickname="Lu", open_id="o-lu")) + "INSERT INTO sys_role_user VALUES (60, 2);")
    yield
    w.db.sql("DELETE FROM sys_user WHERE id = 60; DELETE FROM sys_role_user WHERE user_id = 60;")
    w.control({"do": "user.delete", "realm": "main", "name": "lu"})


@pytest.mark.parametrize("change,reason", [("enabled = 0", "user_disabled"), ("locked = 1", "user_locked"), ("enabled = NULL", "user_disabled")])
def test_who_is_shut_out_there_neither_refreshes_nor_logs_in(w, lu, change, reason):
    t = {d: tokens_of(ask(w, d, "lu")) for d in BASIC}
    sub = shown(w, "lu")["id"]
    for d in t:
        again = tokens_of(renew(w, d, t[d]["refresh_token"]))
        t[d]["refresh_token"] = again.get("refresh_token", t[d]["refresh_token"])
    w.db.sql("UPDATE sys_user SET %s WHERE id = 60" % change)
    for n, d in enumerate(t):                                           # who is disabled has nothing left, at no issuer; a lock is waited for
        r = renew(w, d, t[d]["refresh_token"])
        assert "access_token" not in r.text, (d, r)
        assert audit_of(w, grant="refresh_token", issuer=d, reason="refresh_revoked" if n > 0 and reason == "user_disabled" else reason)
    assert check(w, t["spring"]["access_token"]).status == 400          # and what it has ends
    assert ask(w, "spring", "lu").status == 400 and audit_of(w, user="lu", issuer="spring", grant="password", reason=reason)
    w.db.sql("UPDATE sys_user SET enabled = 1, locked = 0 WHERE id = 60")
    assert tokens_of(ask(w, "spring", "lu"))["access_token"] and shown(w, "lu")["id"] == sub


def test_a_deleted_row_is_a_user_no_more(w, lu):
    t = tokens_of(ask(w, "spring", "lu"))
    w.db.sql("DELETE FROM sys_user WHERE id = 60")
    assert "access_token" not in renew(w, "spring", t["refresh_token"]).text
    assert is_wrong("spring", ask(w, "spring", "lu"))


def test_new_roles_count_at_the_next_refresh(w, lu):
    t = tokens_of(ask(w, "spring", "lu"))
    w.db.sql("UPDATE sys_user SET nickname = 'Lulu' WHERE id = 60; DELETE FROM sys_role_user WHERE user_id = 60; INSERT INTO sys_role_user VALUES (60, 1);")
    again = tokens_of(renew(w, "spring", t["refresh_token"]))           # the refresh has brought the row up to date
    assert sorted(check(w, again["access_token"]).json()["authorities"]) == ["OP_USER_ADD", "ROLE_ADMIN"] and shown(w, "lu")["display_name"] == "Lulu"


@pytest.mark.parametrize("found_by", ["refresh", "login", "introspection"])
def test_a_new_password_ends_what_was_given_before(w, lu, found_by):
    t, other = tokens_of(ask(w, "spring", "lu")), tokens_of(ask(w, "zlt", "lu"))
    again = tokens_of(renew(w, "spring", t["refresh_token"]))           # the same password ends nothing
    t["refresh_token"], t["access_token"] = again.get("refresh_token", t["refresh_token"]), again["access_token"]
    w.db.sql("UPDATE sys_user SET password = '%s' WHERE id = 60" % hashlib.md5(b"another-word").hexdigest())
    assert is_wrong("spring", ask(w, "spring", "lu"))
    if found_by == "login":
        assert tokens_of(ask(w, "spring", "lu", "another-word"))["access_token"]
    if found_by == "introspection":
        assert check(w, t["access_token"]).status == 200                # asked again within minutes
        w.turn_clock(301)
        assert check(w, t["access_token"]).status == 400
    assert "access_token" not in renew(w, "spring", t["refresh_token"]).text
    assert "access_token" not in renew(w, "zlt", other["refresh_token"]).text
    assert check(w, t["access_token"]).status == 400
    assert tokens_of(ask(w, "spring", "lu", "another-word"))["access_token"]


def test_a_token_that_is_asked_about_holds_for_minutes_only(w, lu):
    t = tokens_of(ask(w, "spring", "lu"))
    w.db.sql("UPDATE sys_user SET enabled = 0 WHERE id = 60")
    assert check(w, t["access_token"]).status == 200
    w.turn_clock(301)
    assert check(w, t["access_token"]).status == 400


def test_another_name_is_the_same_user_and_a_name_may_pass_on(w, lu):
    t = tokens_of(ask(w, "spring", "lu"))
    sub = shown(w, "lu")["id"]
    w.db.sql("UPDATE sys_user SET username = 'lu-2' WHERE id = 60;" + rows_of(row(61, "lu")))
    assert tokens_of(ask(w, "spring", "lu"))["access_token"] and shown(w, "lu")["origin"] == "old:61"
    assert "access_token" not in renew(w, "spring", t["refresh_token"]).text     # it spoke of a name that is another's now
    assert tokens_of(ask(w, "spring", "lu-2"))["access_token"] and shown(w, "lu-2")["id"] == sub
    w.db.sql("DELETE FROM sys_user WHERE id = 61")


def test_a_session_of_somebody_shut_out_ends(w, lu):
    b = w.browser("modern")
    assert "code" in b.authorize(authorize_url(w), "lu", "password").query()
    assert "code" in b.authorize(authorize_url(w)).query()              # without a password, by the session
    w.db.sql("UPDATE sys_user SET enabled = 0 WHERE id = 60")
    r = b.follow(b.get(authorize_url(w)))
    assert r.status == 200 and any(kind == "password" for f in r.forms() for _, _, kind, _ in f["fields"]), r


# --- operators ---------------------------------------------------------------------------------------------------------------------

def test_what_operators_see_and_may_do(w, lu):
    t = tokens_of(ask(w, "spring", "lu"))
    assert "old:60" in w.hufu("user", "list")[1] and "old:60" in w.hufu("user", "show", "lu")[1] and "来源表" in w.hufu("--lang", "zh", "user", "show", "lu")[1]
    for command in (("set-password", "lu", "--password-stdin"), ("set", "lu", "--phone", "1")):
        code, out, err = w.hufu("user", *command, input="some-new-word\n")
        assert code == 1 and 'comes from the user table old (key 60)' in err, err
    assert w.hufu("user", "disable", "lu")[0] == 0
    assert ask(w, "spring", "lu").status == 400 and audit_of(w, user="lu", grant="password", reason="user_disabled")
    assert "access_token" not in renew(w, "spring", t["refresh_token"]).text
    assert w.hufu("user", "enable", "lu")[0] == 0
    sub = shown(w, "lu")["id"]
    assert w.hufu("user", "delete", "lu")[0] == 0
    assert tokens_of(ask(w, "spring", "lu"))["access_token"] and shown(w, "lu")["id"] == sub


def test_an_import_makes_a_shadow_a_user_of_the_realm(w, lu, tmp_path):
    t = tokens_of(ask(w, "spring", "lu"))
    where = databases.write_json(tmp_path / "d.json", {"users": [{"username": "lu", "password": "{noop}" + remember("word-of-its-own"), "enabled": True, "authorities": "ROLE_USER"}]})
    assert w.hufu("import", "spring", "--from", where, "--realm", "main")[0] == 0
    assert "origin" not in shown(w, "lu") and renew(w, "spring", t["refresh_token"]).status == 200
    assert tokens_of(ask(w, "spring", "lu", "word-of-its-own"))["access_token"] and is_wrong("spring", ask(w, "spring", "lu"))


def test_the_probe(w):
    code, out, err = w.hufu("user", "test", "li", "--password-stdin", input="password\n")
    assert code == 0 and "old:42" in out and "bcrypt" in out and "ROLE_ADMIN ROLE_USER OP_USER_ADD OP_USER_VIEW" in out and "right" in out, (out, err)
    assert BCRYPT not in out and BCRYPT[10:] not in out
    code, out, err = w.hufu("--json", "user", "test", "13900000042", "--table", "old", "--by", "phone", "--password-stdin", input="wrong-word\n")
    u = json.loads(out)["user"]
    assert code == 0 and u["key"] == "42" and u["password_encoding"] == "bcrypt" and u["password_right"] is False and u["enabled"], u
    assert "MD5" in w.hufu("user", "test", "h-md5")[1] and "不能用密码登录" in w.hufu("--lang", "zh", "user", "test", "blank")[1]
    for name, own in (("alice", True), ("li", False)):                  # the realm has an alice of its own
        assert ("lets nobody in" in w.hufu("user", "test", name)[1]) == own
        assert json.loads(w.hufu("--json", "user", "test", name)[1])["user"]["shadowed"] == own
    for args, says in ((("nobody",), "no such row"), (("twice",), "more than one row"), (("li", "--table", "new"), "there are: old"), (("li", "--by", "colour"), "--by takes")):
        code, out, err = w.hufu("user", "test", *args)
        assert code != 0 and says in err, (args, err)


# --- a database that is not what it should be --------------------------------------------------------------------------------------

def test_nonsense_is_no_user(w):
    assert is_down("spring", ask(w, "spring", "twice")) and "more than one row" in w.log()
    for d in BASIC:
        assert is_down(d, ask(w, d, "twice")), d
    w.db.sql("UPDATE sys_user SET nickname = '%s' WHERE id = 48" % ("x" * 90))
    assert tokens_of(ask(w, "spring", "big"))["access_token"]
    w.db.sql("UPDATE sys_user SET password = '%s' WHERE id = 48" % ("x" * (10 << 20)))
    assert is_down("spring", ask(w, "spring", "big"))
    assert tokens_of(ask(w, "spring", "li"))["access_token"]            # one strange row is not everybody's trouble
    w.db.sql("UPDATE sys_user SET password = '%s' WHERE id = 48" % HASHES["raw"])
    assert tokens_of(ask(w, "spring", "big"))["access_token"]
    assert audit_of(w, user="twice", status=503, reason="user_table")


@pytest.mark.parametrize("change,says", [
    ({"columns": ["phone=mobil"]}, "no column mobil"), ({"columns": None, "by_name": "SELECT id, nickname FROM sys_user WHERE username = ?"}, "no column of the answer is known to hold user names"),
    ({"columns": None, "by_name": "SELECT NULL AS username, 1 AS id FROM sys_user WHERE username = ?"}, "no user name that is text"), ({"columns": None, "by_name": "SELECT username FROM sys_user WHERE nothing = ?"}, "nothing"),
    ({"roles": "SELECT code FROM nowhere WHERE id = ?"}, "nowhere"), ({"by_name": "SELECT * FROM nowhere WHERE username = ?"}, "nowhere"),
])
def test_settings_that_do_not_fit_the_table_are_told(db, change, says):
    with world(db.reader, dialects=("spring",), **change) as v:
        code, out, err = v.hufu("user", "test", "li")
        assert code == 1 and says in err, err
        assert is_down("spring", ask(v, "spring", "li")) and says in v.log()


def test_the_reader_cannot_write(db):
    before = db.dump()
    writes = {"mariadb": "SELECT GET_LOCK(?, 0) AS username FROM sys_user", "postgres": "SELECT setval(?, 1) AS username", "sqlite": "SELECT 1 AS username WHERE writefile(?, 'x')"}[db.kind]
    if db.kind == "postgres":
        db.sql("CREATE SEQUENCE counter; GRANT ALL ON counter TO viewer")
        before = db.dump()
    with world(db.reader, dialects=("spring",), by_name=writes) as v:
        assert is_down("spring", ask(v, "spring", "counter"))
        if db.kind == "postgres":
            assert "read-only transaction" in v.log()
    assert db.dump() == before
    if db.kind == "postgres":
        db.sql("DROP SEQUENCE counter")


@pytest.mark.parametrize("when_down", ["refuse", "allow"])
def test_stopped_in_the_middle_and_started_again(db, when_down):
    with world(db.reader, dialects=("spring", "modern"), when_down=when_down) as v:
        t = tokens_of(ask(v, "spring", "li"))
        b = v.browser("modern")
        assert "code" in b.authorize(authorize_url(v), "li", "password").query()
        db.stop()
        try:
            begun = time.time()
            assert is_down("spring", ask(v, "spring", "li")) and is_down("spring", ask(v, "spring", "nobody"))
            assert tokens_of(ask(v, "spring", "alice", "correct horse battery staple"))["access_token"]
            r, page = renew(v, "spring", t["refresh_token"]), b.get(authorize_url(v))
            assert (is_down("spring", r) and page.status == 503) if when_down == "refuse" else (r.status == 200 and "code" in page.query()), (r, page)
            login = v.browser("modern").authorize(authorize_url(v), "li", "password")
            assert login.status == 503, login
            assert time.time() - begun < 12
            v.turn_clock(3601)                                           # and nothing goes on for ever
            assert is_down("spring", renew(v, "spring", t["refresh_token"]))
        finally:
            db.again()
        v.turn_clock(6)
        assert tokens_of(ask(v, "spring", "li"))["access_token"]
        assert renew(v, "spring", t["refresh_token"]).status == 200
        db.stop()                                                        # connections that are kept are replaced
        db.again()
        assert tokens_of(ask(v, "spring", "li"))["access_token"]


def test_a_slow_answer_is_none(db):
    """Thirty seconds for every row: who asks waits for the limit, whoever comes then for nothing."""
    slow = {"mariadb": "SELECT SLEEP(30) AS pause, id, username, password FROM sys_user WHERE username = ?",
            "postgres": "SELECT CAST(pg_sleep(30) AS text) AS pause, id, username, password FROM sys_user WHERE username = ?",
            "sqlite": "SELECT count(*) AS username FROM sys_user a, sys_user b, sys_user c, sys_user d, sys_user e, sys_user f, sys_user g, sys_user h WHERE a.username <> ?"}[db.kind]
    with world(db.reader, dialects=("spring",), by_name=slow, columns=None, answer_timeout=1) as v:
        for limit in (5, 0.5, 0.5):
            begun = time.time()
            assert is_down("spring", ask(v, "spring", "li")) and time.time() - begun < limit
        assert "took too long" in v.log() or "statement timeout" in v.log(), v.log()[-1000:]
        v.turn_clock(6)
        begun = time.time()
        assert is_down("spring", ask(v, "spring", "li")) and 0.5 < time.time() - begun < 5


@pytest.mark.parametrize("scheme", ["mysql", "postgresql"])
def test_a_mute_database_costs_its_time_limit_and_nobody_else(scheme):
    mute = Mute()
    with world("%s://reader@127.0.0.1:%d/old" % (scheme, mute.port), dialects=("spring", "connect"), connect_timeout=2, answer_timeout=2,
               top="lanes:\n  table_threads: 2\n  queue_max: 4") as v:
        answers, begun = [], time.time()
        threads = [threading.Thread(target=lambda: answers.append(ask(v, "spring", "li"))) for _ in range(12)]
        for t in threads:
            t.start()
        time.sleep(0.3)
        served = 0
        while time.time() < begun + 1.5:
            one = time.time()
            r = post(v.at("connect", "/connect/token"), {"grant_type": "client_credentials"}, basic(*BASIC["connect"]))
            assert r.status == 200 and time.time() - one < 1, r
            served += 1
        for t in threads:
            t.join()
        assert served >= 20 and len(answers) == 12 and all(r.status == 503 for r in answers)
        assert {a["reason"] for a in v.audit() if a.get("grant") == "password"} == {"user_table", "too_busy"}
        assert time.time() - begun < 10
        one = time.time()                                                # it rests: nobody waits for it now
        assert is_down("spring", ask(v, "spring", "li")) and time.time() - one < 1
        assert tokens_of(ask(v, "spring", "alice", "correct horse battery staple"))["access_token"]
    mute.close()


# --- TLS to the database -------------------------------------------------------------------------------------------------------------

def certificate(d, name, ca=None):
    """d/name.pem and d/name.key: an authority, or by one a certificate for 127.0.0.1."""
    openssl = lambda *args: subprocess.run(["openssl", *args], check=True, capture_output=True, cwd=d)
    if ca is None:
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=" + name, "-keyout", name + ".key", "-out", name + ".pem")
    else:
        (d / "ext").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-keyout", name + ".key", "-out", name + ".csr")
        openssl("x509", "-req", "-in", name + ".csr", "-CA", ca + ".pem", "-CAkey", ca + ".key", "-CAcreateserial", "-days", "30", "-extfile", "ext", "-out", name + ".pem")


def test_mysql_over_tls_with_a_certificate_that_is_verified(tmp_path):
    certificate(tmp_path, "ca")
    certificate(tmp_path, "other")
    certificate(tmp_path, "server", "ca")
    for f in tmp_path.iterdir():
        f.chmod(0o644)
    tmp_path.chmod(0o755)
    class Tls(databases.MariaDB):
        options = ("--ssl-ca=%s/ca.pem" % tmp_path, "--ssl-cert=%s/server.pem" % tmp_path, "--ssl-key=%s/server.key" % tmp_path)
    with Tls() as db:
        db.sql(SCHEMA.replace("TEXT", "LONGTEXT") + people())
        db.sql("ALTER USER 'reader'@'%' REQUIRE SSL", None)
        for ca, works in (("ca", True), ("other", False)):
            with world(db.url + "?ca=%s/%s.pem" % (tmp_path, ca), dialects=("spring",)) as v:
                r = ask(v, "spring", "li")
                assert r.status == 200 if works else is_down("spring", r), (r, v.log()[-2000:])
    with databases.MariaDB() as plain:                                   # no TLS there: nothing is sent in the clear instead
        plain.sql(SCHEMA.replace("TEXT", "LONGTEXT") + people())
        with world(plain.url + "?ca=%s/ca.pem" % tmp_path, dialects=("spring",)) as v:
            assert is_down("spring", ask(v, "spring", "li"))


# --- the examples of the documentation -----------------------------------------------------------------------------------------------

EXAMPLES = {                                                            # database, its tables, who, and what becomes of them
    "zlt": ("user-center", "CREATE TABLE sys_user (id BIGINT PRIMARY KEY, username VARCHAR(50), password VARCHAR(60), nickname VARCHAR(255), mobile VARCHAR(11), open_id VARCHAR(32), enabled TINYINT(1),"
            " type VARCHAR(16), is_del TINYINT(1)); CREATE TABLE sys_role (id INT, code VARCHAR(32)); CREATE TABLE sys_role_user (user_id INT, role_id INT);"
            "INSERT INTO sys_user VALUES (1, 'admin', '%s', 'Admin', '18888888888', 'abc', 1, 'APP', 0), (2, 'gone', '%s', '', '', '', 1, 'APP', 1);"
            "INSERT INTO sys_role VALUES (1, 'ADMIN'); INSERT INTO sys_role_user VALUES (1, 1);", "admin", ["ADMIN"], "APP"),
    "taroco": ("taroco", "CREATE TABLE sys_user (user_id INT PRIMARY KEY, username VARCHAR(64), password VARCHAR(255), nickname VARCHAR(64), phone VARCHAR(20), enabled BIT(1), del_flag CHAR(1));"
               "CREATE TABLE sys_role (role_id INT, role_code VARCHAR(64)); CREATE TABLE sys_user_role (user_id INT, role_id INT); CREATE TABLE sys_permission (permission_id INT, permission VARCHAR(64));"
               "CREATE TABLE sys_role_permission (role_id INT, permission_id INT);"
               "INSERT INTO sys_user VALUES (1, 'admin', '%s', 'Admin', '18888888888', 1, '0'), (2, 'gone', '%s', '', '', 1, '1');"
               "INSERT INTO sys_role VALUES (1, 'role_admin'); INSERT INTO sys_user_role VALUES (1, 1); INSERT INTO sys_permission VALUES (1, 'user_add'); INSERT INTO sys_role_permission VALUES (1, 1);",
               "admin", ["ROLE_ADMIN", "OP_USER_ADD"], ""),
    "members": ("rageframe", "CREATE TABLE rf_member (id INT PRIMARY KEY, username VARCHAR(20), password_hash VARCHAR(150), nickname VARCHAR(60), mobile VARCHAR(20), email VARCHAR(60), status TINYINT);"
                "INSERT INTO rf_member VALUES (1, 'admin', '%s', 'Admin', '18888888888', 'a@b', 1), (2, 'gone', '%s', '', '', '', -1);", "admin", ["ROLE_USER"], ""),
}


def test_the_examples_of_the_documentation(tmp_path):
    pages = [(ROOT / "docs" / p).read_text(encoding="utf-8") for p in ("user-tables.md", "user-tables.zh-CN.md")]
    blocks = {re.search(r"^  (\w+):$", b, re.M).group(1): b for b in re.findall(r"```yaml\n(user_tables:\n.*?)```", pages[0], re.S)}
    statements = lambda page: re.findall(r"^    (?:by_\w+|roles|operations|columns|encoding|enabled_values): .*$", page, re.M)
    assert set(EXAMPLES) | {"old"} == set(blocks) and statements(pages[0]) == statements(pages[1])
    secret = tmp_path / "password"
    secret.write_text(databases.PASSWORD + "\n")
    with databases.MariaDB() as db:
        for name, (base, tables, user_, authorities, kind) in EXAMPLES.items():
            hash_ = HASHES["php"] if name == "members" else HASHES["raw"]
            db.sql("CREATE DATABASE `%s` CHARACTER SET utf8mb4; GRANT SELECT ON `%s`.* TO 'reader'@'%%'; USE `%s`; %s" % (base, base, base, tables % (hash_, hash_)), None)
            top = re.sub(r"realm: \w+", "realm: main", blocks[name]).replace("db.example:3306", "127.0.0.1:%d" % db.port)
            with World("spring", top=re.sub(r"password_file: \S+", "password_file: %s" % secret, top)) as v:
                code, out, err = v.hufu("--json", "user", "test", user_, "--password-stdin", input="password\n")
                u = json.loads(out)["user"]
                assert code == 0 and u["enabled"] and u["password_right"] and u["authorities"] == authorities and u["account_type"] == kind and u["number"] == 1 and u["key"] == "1", u
                assert "no such row" in v.hufu("user", "test", "gone")[2] or not json.loads(v.hufu("--json", "user", "test", "gone")[1])["user"]["enabled"]
                if name == "zlt":                                        # the realm of the test server has an admin of its own
                    assert json.loads(v.hufu("--json", "user", "test", "abc", "--by", "open_id")[1])["user"]["name"] == "admin"


# --- settings ----------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("change,says", [
    ({"by_name": "UPDATE sys_user SET enabled = 1 WHERE username = ?"}, "must begin with SELECT"), ({"by_name": "SELECT 1 WHERE 'a' = ?; DELETE FROM sys_user"}, "one statement"),
    ({"by_phone": "SELECT * FROM sys_user"}, "exactly one parameter"), ({"roles": "SELECT code INTO OUTFILE '/x' FROM r WHERE id = ?"}, "must only read"), ({"columns": ["colour=x"]}, "MEMBER=COLUMN"),
    ({"encoding": "rot13"}, "rot13"), ({"realm": "other"}, "no issuer uses this realm"), ({"database": "mysql://u:secret@127.0.0.1/db"}, "must not hold the password"),
    ({"database": "old.db"}, "no path that begins with a slash"), ({"by_name": None, "by_phone": None, "by_open_id": None}, "at least one"), ({"password_file": "/nowhere/pw"}, "password_file"),
])
def test_settings_that_cannot_work(change, says):
    with pytest.raises(RuntimeError, match=says):
        with world(change.get("database", "/tmp/none.db"), dialects=("spring",), **{k: v for k, v in change.items() if k != "database"}):
            pass


def test_a_reload_takes_another_table(tmp_path):
    with database("sqlite") as db, world(db.reader, dialects=("spring",)) as v:
        t = tokens_of(ask(v, "spring", "li"))
        v.top = v.top.replace("WHERE username = ?", "WHERE nickname = ?")
        v.write_config()
        assert v.hufu("reload")[0] == 0
        assert is_wrong("spring", ask(v, "spring", "li")) and tokens_of(ask(v, "spring", "李雷"))["access_token"]
        v.top = ""
        v.write_config()
        assert v.hufu("reload")[0] == 0
        assert is_wrong("spring", ask(v, "spring", "李雷"))               # and without one its users are nobody
        assert "access_token" not in renew(v, "spring", t["refresh_token"]).text


def test_the_password_is_not_shown(w):
    shown_ = w.hufu("config", "show")[1]
    assert "user_tables:" in shown_ and databases.PASSWORD not in shown_
    assert w.hufu("config", "check")[0] == 0


def test_nothing_was_written_and_no_password_kept(w):
    """The last of all: whatever was said above, the reader's account has only read."""
    before = w.db.dump()
    for d in BASIC:
        t = tokens_of(ask(w, d, "li"))
        renew(w, d, t["refresh_token"])
    ask(w, "spring", "h-md5"), ask(w, "spring", "li", "wrong-word")
    assert w.db.dump() == before
    kept = b"".join(p.read_bytes() for p in (w.dir / "data").rglob("*") if p.is_file())
    assert BCRYPT[10:].encode() not in kept and HASHES["md5"].encode() not in kept
