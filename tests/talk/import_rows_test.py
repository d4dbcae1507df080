"""hufu import spring on tables that look different: names in other cases, CHAR padding, other columns, other character sets."""
import json

import pytest

import databases
from import_test import DUMP, HASHED, added, old_server, run
from talker import World, authorize_url, basic, get, post

CLIENT = {"client_id": "app", "client_secret": "{noop}app-secret-77", "scope": "read", "authorized_grant_types": "password,refresh_token"}
USER = {"username": "li", "password": HASHED, "enabled": "1"}


def password_grant(s, secret="app-secret-77"):
    return post(s.at + "/oauth/token", {"grant_type": "password", "username": "li", "password": "password"}, basic("app", secret))


def shouted(q, blank):
    """Tables as other products make them: upper-case names, CHAR(n), and no two alike."""
    name = lambda n: q + n + q
    rows = {"OAUTH_CLIENT_DETAILS": ("CLIENT_ID char(20), CLIENT_SECRET char(80), SCOPES text, AUTHORIZATION_GRANT_TYPES text", ("app", "{noop}app-secret-77", '["read"]', '["password"]')),
            "Users": ("USERNAME char(20), PASSWORD char(90), ENABLED char(4)", ("li", HASHED, "1"))}
    out = []
    for table, (columns, values) in rows.items():
        names = ", ".join("%s %s" % (name(c.split()[0]), c.split()[1]) for c in columns.split(", "))
        out.append("CREATE TABLE %s (%s);" % (name(table), names))
        out.append("INSERT INTO %s VALUES (%s);" % (name(table), ", ".join("'%s'" % (v + blank * 3) for v in values)))
    return "\n".join(out)


@pytest.mark.parametrize("kind", ["mysql", "postgres", "sqlite"])
def test_names_in_capitals_and_padded_values(kind, tmp_path):
    (tmp_path / "secret").write_text(databases.PASSWORD + "\n")
    with old_server() as s, {"mysql": databases.MariaDB, "postgres": databases.PostgreSQL, "sqlite": databases.SQLiteFile}[kind]() as db:
        db.sql(shouted("`" if kind == "mysql" else '"', " " if kind == "sqlite" else ""))
        more = [] if kind == "sqlite" else ["--password-file", str(tmp_path / "secret")]
        report = run(s, db.url, *more)
        assert added(report) == {"users": 1, "clients": 1, "approvals": 0, "tokens": 0}, report
        assert password_grant(s).status == 200
        if kind != "sqlite":
            db.sql("CREATE TABLE %s (USERNAME text)" % ("`USERS`" if kind == "mysql" else '"USERS"'))
            status, out, err = s.hufu("import", "spring", "--from", db.url, "--realm", "main", *more)
            assert status == 1 and "could be the table users" in err, out + err


def test_columns_are_found_mapped_or_missed(tmp_path):
    other = {"key": "app", "pw": "{noop}app-secret-77", "kinds": ["password", "refresh_token"], "rights": "read write", "lives": "60"}
    with old_server() as s:
        where = databases.write_json(tmp_path / "d.json", {"oauth_client_details": [other], "users": [USER]})
        status, out, err = s.hufu("import", "spring", "--from", where, "--realm", "main")
        assert status == 1 and "no column is known to be id; it has key, pw, kinds, rights, lives" in err and "--client-columns id=COLUMN" in err, out + err
        assert s.control({"do": "client.list", "realm": "main"})["clients"] == [] and s.control({"do": "user.list", "realm": "main"})["users"] == []
        mapping = "id=key,secret=pw,grants=kinds,scopes=rights,access_ttl_s=lives"
        assert added(run(s, where, "--client-columns", mapping))["clients"] == 1
        client = s.control({"do": "client.show", "realm": "main", "id": "app"})["client"]
        assert client["grants"] == ["password", "refresh_token"] and client["scopes"] == ["read", "write"] and client["access_ttl_s"] == 60
        assert password_grant(s).status == 200
        status, out, err = s.hufu("import", "spring", "--from", where, "--realm", "main", "--client-columns", mapping + ",name=title")
        assert status == 1 and "has no column title" in err
        states = [dict(CLIENT, client_id=n, level=v) for n, v in (("good", "7"), ("bad", "8"))]
        where = databases.write_json(tmp_path / "d.json", {"oauth_client_details": states})
        run(s, where, "--client-columns", "enabled=level", "--client-enabled-values", "7")
        assert [c["id"] for c in s.control({"do": "client.list", "realm": "main"})["clients"] if not c["enabled"]] == ["bad"]


def test_files_that_are_not_utf8(tmp_path):
    users = "username,password,nickname\nli,%s,李\n" % HASHED
    (tmp_path / "old").mkdir()
    (tmp_path / "old/OAUTH_CLIENT_DETAILS.CSV").write_bytes((";".join(CLIENT) + "\n" + ";".join('"%s"' % v for v in CLIENT.values()) + "\n").encode("utf-16"))
    (tmp_path / "old/users.csv").write_bytes(users.encode("gbk"))
    with old_server() as s:
        status, out, err = s.hufu("import", "spring", "--from", str(tmp_path / "old"), "--realm", "main")
        assert status == 1 and "users.csv:2: bytes that are not UTF-8" in err and "--charset" in err, out + err
        assert added(run(s, str(tmp_path / "old"), "--charset", "GB18030")) == {"users": 1, "clients": 1, "approvals": 0, "tokens": 0}
        assert s.control({"do": "user.show", "realm": "main", "name": "li"})["user"]["display_name"] == "李"
        assert password_grant(s).status == 200


def test_lists_that_tools_export(tmp_path):
    phpmyadmin = [{"type": "header", "version": "5.2.1", "comment": "Export to JSON plugin for PHPMyAdmin"}, {"type": "database", "name": "old"}]
    phpmyadmin += [{"type": "table", "name": n, "database": "old", "data": [r]} for n, r in (("oauth_client_details", CLIENT), ("users", USER))]
    with old_server() as s:
        (tmp_path / "pma.json").write_text(json.dumps(phpmyadmin))
        assert added(run(s, str(tmp_path / "pma.json")))["users"] == 1
        assert password_grant(s).status == 200
        (tmp_path / "data-1732831.json").write_text(json.dumps([dict(USER, username="wang"), {"username": "zhao", "password": HASHED}]))
        report = run(s, str(tmp_path / "data-1732831.json"))
        assert report["users"]["added"] == 2 and [f["text"] for f in report["findings"] if f["code"] == "lone"] == ["it has no table's name; by its columns it was read as users"]
        (tmp_path / "odd.json").write_text('[{"colour": "red"}]')
        status, out, err = s.hufu("import", "spring", "--from", str(tmp_path / "odd.json"), "--realm", "main")
        assert status == 1 and "name the file after it" in err


def test_a_client_is_judged_by_the_row_and_keeps_its_schemes(tmp_path):
    kept = ["https://a.example/cb", "myapp://cb", "mymobileapp:/oauthredirect", "urn:ietf:wg:oauth:2.0:oob"]
    row = dict(CLIENT, client_id="shop", authorized_grant_types="authorization_code,telepathy", access_token_validity="soon", additional_information="{broken", authorities="ROLE A",
               autoapprove="true", web_server_redirect_uri=",".join(kept + [" ", "www.example.com/cb", "https://a.example/#x", "https://a.example/回", "javascript:alert(1)"]))
    with World("modern", "spring", "zlt") as w:
        report = run(w, databases.write_json(tmp_path / "d.json", {"oauth_client_details": [row, dict(row, client_id="none", web_server_redirect_uri="#")]}))
        assert added(report)["clients"] == 2 and not report["refused"]
        told = [(f["code"], f["of"], f["text"]) for f in report["findings"]]
        for code, part in (("redirect", "www.example.com/cb"), ("redirect", "#x"), ("redirect", "回"), ("redirect", "javascript"), ("own_scheme", "myapp://cb"), ("own_scheme", "oob"),
                           ("grant", "telepathy"), ("number", "soon"), ("additional_information", ""), ("value", "ROLE A")):
            assert any(c == code and of == "client shop" and part in text for c, of, text in told), (code, part, told)
        assert any(c == "no_redirect" and of == "client none" for c, of, _ in told)
        assert w.control({"do": "client.show", "realm": "main", "id": "shop"})["client"]["redirect_uris"] == kept
        for issuer in ("spring", "zlt"):
            b = w.browser(issuer)
            b.authorize(authorize_url(w, issuer, "shop", redirect_uri=kept[0], scope="read", path="/oauth/authorize"))
            for uri in kept:
                r = b.get(authorize_url(w, issuer, "shop", redirect_uri=uri, scope="read", path="/oauth/authorize"))
                assert r.status in (302, 303) and r.location.startswith(uri + "?code="), (issuer, uri, r)
        navigates = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "same-origin"}          # behind a form: a page that goes on by itself
        r = b.get(authorize_url(w, issuer, "shop", redirect_uri="myapp://cb", scope="read", path="/oauth/authorize"), navigates)
        assert r.status == 200 and r.get("Refresh").startswith("0;url=myapp://cb?code=") and 'href="myapp://cb?code=' in r.text, r.text
        for uri, good in (("https://a.example/cb", True), ("myapp://cb", False), ("urn:ietf:wg:oauth:2.0:oob", False)):
            r = get(authorize_url(w, "modern", "shop", redirect_uri=uri, scope="read"))
            assert (r.status == 400) is not good and (good or not r.location), r


def test_a_user_is_judged_value_by_value(tmp_path):
    row = dict(USER, username="li", password="{noop}right", phone="138\x0100", email="li@id.example", authorities="ROLE_USER,角色")
    with World("spring") as w:
        report = run(w, databases.write_json(tmp_path / "d.json", {"users": [row]}))
        assert added(report)["users"] == 1 and not report["refused"]
        told = [f["text"] for f in report["findings"] if f["code"] == "value" and f["of"] == "user li"]
        assert len(told) == 2 and any("phone" in t for t in told) and any("角色" in t for t in told), report["findings"]
        user = w.control({"do": "user.show", "realm": "main", "name": "li"})["user"]
        assert (user["phone"], user["email"], user["authorities"]) == ("", "li@id.example", ["ROLE_USER"]), user


def test_a_live_token_of_redis_keeps_its_user(tmp_path):
    """Principals of a product's own classes, as the old library serialized them: the store's own keys prove the name, or the token stays out."""
    rows = {(r["what"], r["n"]): r for r in json.loads((DUMP.parent / "principals.json").read_text())}
    (tmp_path / "secret").write_text(databases.PASSWORD)
    users = [dict(USER, username=n) for n in ("li", "wang", "13800000001", "13800000002", "7")]
    client = dict(CLIENT, client_id="shop", scope="read,write", authorized_grant_types="authorization_code,refresh_token", web_server_redirect_uri="https://a.example/cb")
    with old_server() as s, databases.Redis() as r:
        run(s, databases.write_json(tmp_path / "d.json", {"oauth_client_details": [client], "users": users}))
        for what, n, proof in (("login", 2, True), ("phone", 1, True), ("phone", 2, False), ("number", 1, True), ("caller", 1, False), ("nested", 1, False), ("client", 1, True)):
            one = rows[what, n]
            token, auth = (bytes.fromhex(one[k]) for k in ("token_hex", "authentication_hex"))
            r.set("access:" + one["access"], token)
            r.set("auth:" + one["access"], auth)
            if proof:
                r.set("auth_to_access:" + one["authentication_id"], token)
        lone = rows["login", 1]
        r.set("refresh:" + lone["refresh"], bytes.fromhex(lone["refresh_hex"]))
        r.set("refresh_auth:" + lone["refresh"], bytes.fromhex(lone["authentication_hex"]))
        report = run(s, r.url, "--password-file", str(tmp_path / "secret"))
        assert added(report)["tokens"] == 7 and [f["of"] for f in report["findings"] if f["code"] == "owner"] == ["token of client shop"], report
        name = lambda what, n: post(s.at + "/oauth/check_token", {"token": rows[what, n]["access"]}).json().get("user_name")
        assert [name(*k) for k in (("login", 2), ("phone", 1), ("phone", 2), ("number", 1), ("nested", 1), ("client", 1))] == ["wang", "13800000001", "13800000002", "7", "li", None]
        assert post(s.at + "/oauth/check_token", {"token": rows["caller", 1]["access"]}).status == 400
        t = post(s.at + "/oauth/token", {"grant_type": "refresh_token", "refresh_token": lone["refresh"]}, basic("shop", "app-secret-77"))
        assert t.status == 200 and post(s.at + "/oauth/check_token", {"token": t.json()["access_token"]}).json()["user_name"] == "li", t.text
