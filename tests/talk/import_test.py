"""hufu import spring: a recorded database in six forms; its users, clients and live tokens go on here as their old server answered."""
import base64, contextlib, hashlib, json, pathlib, struct, subprocess, time

import pytest

import databases
from server import Server, free_ports, remember
from talker import basic, get, post

DUMP = pathlib.Path(__file__).resolve().parent.parent / "unit/import/data/dump-2.3.8.json"
RECORDED = json.loads(DUMP.read_text(encoding="utf-8"))
HASHED = "{bcrypt}$2a$10$n4YJ4.LSW74EpLDU9QRSfO/7Od9kLK74AvGHgrcld4/EH400BFPWi"       # "password"
USERS = [{"username": "alice", "password": HASHED, "enabled": True}, {"username": "张三", "password": "{noop}password", "enabled": True}]
AUTHORITIES = [{"username": u, "authority": a} for u, a in (("alice", "ROLE_USER"), ("张三", "ROLE_USER"), ("张三", "ROLE_ADMIN"))]
TABLES = {**RECORDED["tables"], "users": USERS, "authorities": AUTHORITIES}
ISSUED_S = 1795254700                                           # two minutes after the rows were recorded
for one in RECORDED["issued"]:
    for token in (one["response"]["access_token"], one["response"].get("refresh_token")):
        remember(token)
remember(databases.PASSWORD)


@contextlib.contextmanager
def old_server(dialect="spring", path=""):
    port = free_ports(1)[0]
    with Server({"old": {"url": "http://127.0.0.1:%d%s" % (port, path), "dialect": dialect, "realm": "main", "listener": "a"}}, [], listeners={"a": {"bind": ["127.0.0.1:%d" % port]}}) as s:
        s.turn_clock(ISSUED_S - time.time())
        s.at = "http://127.0.0.1:%d%s" % (port, path)
        yield s


@contextlib.contextmanager
def source(kind, tmp_path):
    """(what --from takes, more arguments)"""
    if kind in ("json", "csv", "sqlite"):
        yield getattr(databases, "write_" + kind)(tmp_path / ("old." + kind), TABLES), []
        return
    secret = tmp_path / "secret"
    secret.write_text(databases.PASSWORD + "\n")
    with (databases.MariaDB() if kind == "mysql" else databases.PostgreSQL()) as db:
        db.fill(TABLES)
        yield db.url, ["--password-file", str(secret)]


def run(s, where, *more, rc=0):
    status, out, err = s.hufu("import", "spring", "--from", where, "--realm", "main", "--json", *more)
    assert status == rc, out + err
    assert databases.PASSWORD not in out + err and not any(i["response"]["access_token"] in out for i in RECORDED["issued"])
    return json.loads(out)


def added(report):
    return {k: report[k].get("added", 0) for k in ("users", "clients", "approvals", "tokens")}


def check_token(s, token):
    r = post(s.at + "/oauth/check_token", ({"token": token}))
    return r.status, r.json()


def alike(a, b):
    """Sets had no order on the old server either."""
    return {k: sorted(v) if isinstance(v, list) else v for k, v in a.items()} == {k: sorted(v) if isinstance(v, list) else v for k, v in b.items()}


def refresh(s, client, secret, token):
    return post(s.at + "/oauth/token", ({"grant_type": "refresh_token", "refresh_token": token}), basic(client, secret))


def live_on(s):
    for one in RECORDED["issued"]:
        status, answer = check_token(s, one["response"]["access_token"])
        assert status == 200 and alike(answer, one["check_token"]), (answer, one["check_token"])
    for one, client, secret in ((RECORDED["issued"][0], "messaging-client", "secret"), (RECORDED["issued"][1], "messaging-client", "secret")):
        old = one["response"]
        r = refresh(s, client, secret, old["refresh_token"])
        assert r.status == 200, r.text
        t = r.json()
        assert t["refresh_token"] == old["refresh_token"] and t["access_token"] != old["access_token"] and t["scope"] == old["scope"]
        assert check_token(s, old["access_token"])[0] == 400
        assert check_token(s, t["access_token"])[1]["user_name"] == one["check_token"]["user_name"]
        assert refresh(s, client, secret, old["refresh_token"]).json()["refresh_token"] == old["refresh_token"]


@pytest.mark.parametrize("kind", ["json", "csv", "sqlite", "postgres", "mysql"])
def test_everything_comes_in_once_and_lives_on(kind, tmp_path):
    with old_server() as s, source(kind, tmp_path) as (where, more):
        everything = {"users": 2, "clients": 3, "approvals": 1, "tokens": 4}
        dry = run(s, where, "--tokens", "--dry-run", *more)
        assert added(dry) == everything and not dry["changed"] and not dry["refused"]
        assert s.control({"do": "client.list", "realm": "main"})["clients"] == []
        assert added(run(s, where, "--tokens", *more)) == everything
        again = run(s, where, "--tokens", *more)
        assert added(again) == dict.fromkeys(everything, 0) and not again["changed"]
        live_on(s)
        after = run(s, where, "--tokens", *more)                # what was refreshed here is not undone
        assert not after["changed"] and check_token(s, RECORDED["issued"][0]["response"]["access_token"])[0] == 400


def test_clients_and_users_work_as_before(tmp_path):
    with old_server() as s:
        run(s, databases.write_json(tmp_path / "d.json", TABLES))
        r = post(s.at + "/oauth/token", ({"grant_type": "password", "username": "张三", "password": "password"}), basic("messaging-client", "secret"))
        assert r.status == 200 and r.json()["scope"] == "read write", r.text
        client = {c["id"]: c for c in s.control({"do": "client.list", "realm": "main"})["clients"]}
        assert client["svc"]["access_ttl_s"] == 0 and client["svc"]["resource_ids"] == ["other", "api"]
        assert client["messaging-client"]["auto_approve"] == ["read"] and client["messaging-client"]["access_ttl_s"] == -1
        assert client["spa"]["refresh_ttl_s"] == 0 and "implicit" in client["spa"]["legacy"] and "refresh_reuse" in client["spa"]["legacy"]
        assert "password" not in client["svc"]["legacy"]


def test_dry_run_names_what_is_risky_and_unknown(tmp_path):
    row = dict(RECORDED["tables"]["oauth_client_details"][1], client_id="web", client_secret="{noop}clear-secret-91", client_secret_str="clear-secret-91", scope="", autoapprove="true",
               authorized_grant_types="authorization_code,telepathy,implicit", web_server_redirect_uri="http://app.example.com/cb", colour="blue")
    odd = dict(row, client_id="odd", client_secret="{rot13}frperg", client_secret_str=None, access_token_validity="0")
    with old_server() as s:
        report = run(s, databases.write_json(tmp_path / "d.json", {"oauth_client_details": [row, odd]}), "--dry-run", rc=1)
        codes = {(f["code"], f["of"]) for f in report["findings"]}
        for code in ("clear_secret", "clear_column", "no_scopes", "wildcard_approve", "weak_grant", "http_redirect", "grant"):
            assert (code, "client web") in codes, (code, codes)
        assert ("encoding", "client odd") in codes and ("never_expires", "client odd") in codes and ("column", "table oauth_client_details") in codes
        marked = {f["of"]: f["text"] for f in report["findings"] if f["kind"] == "marked"}
        assert marked["client web"] == "implicit query_secret loose_redirect"
        assert "clear-secret-91" not in json.dumps(report) and len(report["refused"]) == 1
        status, out, err = s.hufu("import", "spring", "--from", str(tmp_path / "d.json"), "--realm", "main", "--dry-run")
        assert status == 1 and "weak habits that the old server allowed them:\n  client web: implicit query_secret loose_redirect\n" in out, out
        status, out, err = s.hufu("import", "spring", "--from", str(tmp_path / "d.json"), "--realm", "main")
        assert status == 1 and "clients: odd" in out and "nothing was written" in err
        assert s.control({"do": "client.list", "realm": "main"})["clients"] == []
        assert added(run(s, str(tmp_path / "d.json"), "--skip-refused"))["clients"] == 1
        shown = s.control({"do": "client.show", "realm": "main", "id": "web"})["client"]
        assert shown["secret_encoding"] != "noop" and shown["grants"] == ["authorization_code", "implicit"]
        assert get(s.at + "/oauth/check_token?token=x", basic("web", "clear-secret-91")).status != 401


def test_changes_made_here_are_kept(tmp_path):
    with old_server() as s:
        where = databases.write_json(tmp_path / "d.json", TABLES)
        run(s, where)
        assert s.hufu("client", "set", "svc", "--name", "Service")[0] == 0
        assert {k: n for k, n in run(s, where)["clients"].items() if n} == {"same": 2, "kept": 1}
        assert run(s, where, "--replace")["clients"]["replaced"] == 1


def test_a_store_at_rest_and_other_columns(tmp_path):
    tables = {"ClientDetails": [{"appId": "app", "resourceIds": "", "appSecret": HASHED[8:], "scope": "read,write", "grantTypes": "password,refresh_token", "redirectUrl": "", "authorities": "ROLE_APP",
                                 "access_token_validity": 60, "refresh_token_validity": None, "additionalInformation": "{}", "autoApproveScopes": "read"}],
              "people": [{"login": "li", "pwd": HASHED[8:], "handy": "13800000000", "roles": "ROLE_A,ROLE_B"}]}
    with old_server() as s:
        s.stop()
        run(s, databases.write_json(tmp_path / "d.json", tables), "--users-table", "people", "--user-columns", "name=login,password=pwd,phone=handy")
        s.start()
        user = s.control({"do": "user.show", "realm": "main", "name": "li"})["user"]
        assert user["phone"] == "13800000000" and user["authorities"] == ["ROLE_A", "ROLE_B"]
        r = post(s.at + "/oauth/token", ({"grant_type": "password", "username": "li", "password": "password"}), basic("app", "password"))
        assert r.status == 200 and r.json()["expires_in"] in (59, 60), r.text


@pytest.mark.parametrize("where, says", [("/nowhere/dump.json", "no such file"), ("mysql://reader@127.0.0.1:1/old", "cannot be reached"),
                                         ("postgresql://reader@127.0.0.1:1/old", "cannot be reached"), ("mysql://nonsense", "is written mysql://")])
def test_sources_that_cannot_be_read(where, says):
    with old_server() as s:
        status, out, err = s.hufu("import", "spring", "--from", where, "--realm", "main")
        assert status == 1 and says in err, out + err


def test_an_issuer_that_cannot_honour_old_tokens_says_so(tmp_path):
    where = databases.write_json(tmp_path / "d.json", TABLES)
    with old_server("modern") as s:
        status, out, err = s.hufu("import", "spring", "--from", where, "--realm", "main", "--tokens")
        assert status == 1 and "--tokens" in err
    with old_server("taroco") as s:
        report = run(s, where, "--tokens")
        assert added(report)["tokens"] == 0 and "shape" in {f["code"] for f in report["findings"]}


def rs256(key, claims):
    """A JWT as an old server signed it: no kid."""
    head, body = (base64.urlsafe_b64encode(json.dumps(o).encode()).rstrip(b"=") for o in ({"alg": "RS256", "typ": "JWT"}, claims))
    mark = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], input=head + b"." + body, capture_output=True, check=True).stdout
    return (head + b"." + body + b"." + base64.urlsafe_b64encode(mark).rstrip(b"=")).decode()


def java_text(text):
    return struct.pack(">H", len(text)) + text.encode()


def test_live_jwts_of_redis_go_on_under_the_imported_key(tmp_path):
    key = str(DUMP.parent / "key.pem")
    base = {"user_name": "alice", "scope": ["read"], "exp": ISSUED_S + 3600, "authorities": ["ROLE_USER"], "client_id": "messaging-client", "license": "made by taroco"}
    access = rs256(key, {**base, "jti": "0b6c7d0e-58a5-4a3c-9d0f-0a8f5d3a1111"})
    refresh_jwt = rs256(key, {**base, "ati": "0b6c7d0e-58a5-4a3c-9d0f-0a8f5d3a1111", "exp": ISSUED_S + 86400, "jti": "7f1f8f5e-2f0b-4d1a-8c55-3d1f5a2b2222"})
    row, was = RECORDED["tables"]["oauth_access_token"][0], RECORDED["issued"][0]["response"]
    blob = bytes.fromhex(row["token_hex"])
    for old, new in ((was["access_token"], access), (was["refresh_token"], refresh_jwt)):
        assert java_text(old) in blob
        blob = blob.replace(java_text(old), java_text(new))
    (tmp_path / "secret").write_text(databases.PASSWORD)
    with old_server("taroco") as s, databases.Redis() as r:
        run(s, databases.write_json(tmp_path / "d.json", TABLES))
        assert s.hufu("key", "import", "--issuer", "old", "--file", key)[0] == 0
        r.set("access:" + access, blob)
        r.set("auth:" + access, bytes.fromhex(row["authentication_hex"]))
        assert added(run(s, r.url, "--password-file", str(tmp_path / "secret")))["tokens"] == 1
        assert not run(s, r.url, "--password-file", str(tmp_path / "secret"))["changed"]
        checked = post(s.at + "/oauth/check_token", ({"token": access}), basic("messaging-client", "secret"))
        assert checked.status == 200 and checked.json()["user_name"] == "alice", checked.text
        t = refresh(s, "messaging-client", "secret", refresh_jwt)
        assert t.status == 200, t.text
        assert refresh(s, "messaging-client", "secret", t.json()["refresh_token"]).status == 200


def test_a_key_store_gives_the_signing_key(tmp_path):
    data = DUMP.parent
    (tmp_path / "pw").write_text("keypass1\n")
    public = subprocess.run(["openssl", "pkey", "-in", str(data / "key.pem"), "-pubout"], capture_output=True, text=True, check=True).stdout.replace("\n", "")
    with old_server("taroco") as s:
        run(s, databases.write_json(tmp_path / "d.json", TABLES))
        for name, more in (("key.jks", ["--alias", "taroco"]), ("key.p12", []), ("key-encrypted.pem", [])):
            status, out, err = s.hufu("key", "import", "--issuer", "old", "--file", str(data / name), "--password-file", str(tmp_path / "pw"), "--json", *more)
            assert status == 0, out + err
            states = [k["state"] for k in s.control({"do": "key.list", "issuer": "old"})["keys"] if k["alg"] == "RS256"]
            assert sorted(states) == ["active", "retired"], states          # the same key again changes nothing
        r = get(s.at + "/oauth/token_key", basic("messaging-client", "secret"))
        assert r.status == 200 and r.json()["value"].replace("\n", "") == public, (r.text, public)
        status, out, err = s.hufu("key", "import", "--issuer", "old", "--file", str(data / "key.jks"), "--password-file", str(tmp_path / "pw"))
        assert status == 1 and "--alias" in err
        s.stop()
        assert s.hufu("key", "import", "--issuer", "old", "--file", str(data / "key.pem"))[0] == 0
        s.start()


def test_live_tokens_of_redis(tmp_path):
    by_value = {one["response"]["access_token"]: one["response"] for one in RECORDED["issued"]}
    (tmp_path / "secret").write_text(databases.PASSWORD)
    with old_server() as s, databases.Redis() as r:
        run(s, databases.write_json(tmp_path / "d.json", TABLES))
        for row in RECORDED["tables"]["oauth_access_token"]:
            value = next(v for v in by_value if hashlib.md5(v.encode()).hexdigest() == row["token_id"])
            r.set("taroco:token:access:" + value, bytes.fromhex(row["token_hex"]))
            r.set("taroco:token:auth:" + value, bytes.fromhex(row["authentication_hex"]))
        lone = RECORDED["tables"]["oauth_refresh_token"][2]
        r.set("taroco:token:refresh:" + RECORDED["issued"][3]["response"]["refresh_token"], bytes.fromhex(lone["token_hex"]))
        r.set("taroco:token:refresh_auth:" + RECORDED["issued"][3]["response"]["refresh_token"], bytes.fromhex(lone["authentication_hex"]))
        r.set("taroco:token:access:broken", b"\xac\xed\0\5sr")
        r.set("taroco:token:auth:broken", b"no")
        where, more = r.url + "?prefix=taroco:token:", ["--password-file", str(tmp_path / "secret")]
        report = run(s, where, *more)
        assert added(report)["tokens"] == 4 and ("blob", "a key access:") in {(f["code"], f["of"]) for f in report["findings"]}
        assert not run(s, where, *more)["changed"]
        live_on(s)
        status, out, err = s.hufu("import", "spring", "--from", where, "--realm", "main")
        assert status == 1 and "Redis refuses" in err


def table_file(tmp_path, tables):
    return databases.write_json(tmp_path / "states.json", tables)


def test_states_stop_the_run_until_somebody_says_what_they_mean(tmp_path):
    rows = [{"username": n, "password": HASHED, "status": v} for n, v in (("kept", "0"), ("stopped", "1"))]
    with old_server() as s:
        where = table_file(tmp_path, {"users": rows, "oauth_client_details": RECORDED["tables"]["oauth_client_details"]})
        for more in ((), ("--dry-run",)):
            status, out, err = s.hufu("import", "spring", "--from", where, "--realm", "main", *more)
            assert status == 1 and "status: 0 (1), 1 (1)" in out and "nothing was written" in err, (status, out, err)
        status, out, _ = s.hufu("import", "spring", "--from", where, "--realm", "main", "--json")
        assert status == 1 and [f["code"] for f in json.loads(out)["findings"] if f["kind"] == "stop"] == ["state_unknown"]
        assert s.control({"do": "user.list", "realm": "main"})["users"] == [] and s.control({"do": "client.list", "realm": "main"})["clients"] == []
        report = run(s, where, "--enabled-values", "0")
        assert report["users"]["added"] == 2
        ask = lambda name: post(s.at + "/oauth/token", {"grant_type": "password", "username": name, "password": "password"}, basic("messaging-client", "secret")).status
        assert ask("kept") == 200 and ask("stopped") == 400
