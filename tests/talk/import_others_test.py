"""hufu import of other authorization servers: after the switch their clients, users and refresh tokens go on with what they had."""
import base64, contextlib, json, pathlib, re

import pytest

import databases, old_servers
from server import Server, free_ports, remember
from talker import Browser, basic, form, get, post

for _text in (old_servers.REFRESH, old_servers.IS4_REFRESH, old_servers.DUENDE_REFRESH):
    remember(_text)


DOCS = pathlib.Path(__file__).resolve().parent.parent.parent / "docs"


def settings_of(page):
    """The settings that a page prints for the switch: of its issuer and, as text, its dialects. Both languages print the same."""
    printed = [re.search(r"```yaml\n(.*?)```", (DOCS / (page + end)).read_text(encoding="utf-8"), re.S)[1] for end in (".md", ".zh-CN.md")]
    assert printed[0] == printed[1]
    issuer, _, dialects = printed[0].partition("dialects:\n")
    members = re.findall(r"^    (\w+): (.*)$", issuer.partition("issuers:\n")[2], re.M)
    return {k: {"true": True, "false": False}.get(v, v) for k, v in members}, "dialects:\n" + dialects if dialects else ""


@contextlib.contextmanager
def new_server(page, path=""):
    """With the page's settings, at an address of its own; path: what stands behind the host in the issuer's URL."""
    port = free_ports(1)[0]
    issuer, top = settings_of(page)
    at = "http://127.0.0.1:%d" % port + path
    with Server({"main": {**issuer, "url": at, "listener": "a"}}, [], listeners={"a": {"bind": ["127.0.0.1:%d" % port]}}, top=top) as s:
        s.at = at
        yield s


def run(s, product, where, *more, status=0):
    got, out, err = s.hufu("import", product, "--from", str(where), "--realm", "main", "--json", *more)
    assert got == status, out + err
    return json.loads(out)


def said(report, code):
    return {f["of"]: f["text"] for f in report["findings"] if f["code"] == code}


def clients(s):
    return {c["id"]: c for c in s.control({"do": "client.list", "realm": "main"})["clients"]}


def claims(token):
    return json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))


def login(s, path, client, secret, user="alice", password="password", scope="read", consent=False, **more):
    """By the browser, from the old paths to tokens. consent: whether the page that asks is expected."""
    back = "https://%s.example/cb" % client
    b = Browser(s.at)
    page = b.follow(b.get(s.at + path[0] + "?" + form({"response_type": "code", "client_id": client, "redirect_uri": back, "scope": scope, "state": "s1", **more})))
    r = b.follow(b.login(page, user, password))
    assert (r.status == 200) == consent, r
    r = b.decide(r) if consent else r
    assert r.location.startswith(back) and "code" in r.query(), r
    r = post(s.at + path[1], {"grant_type": "authorization_code", "code": r.query()["code"], "redirect_uri": back}, basic(client, secret))
    assert r.status == 200, r.text
    return r.json()


# --- Spring Authorization Server ----------------------------------------------------------------------------------------------

def test_spring_authorization_server(tmp_path):
    where = old_servers.sqlite_file(tmp_path / "as.db", "authserver", old_servers.authserver())
    with new_server("import-authserver") as s:
        dry = run(s, "authserver", where, "--tokens", "--dry-run")
        assert clients(s) == {}
        report = run(s, "authserver", where, "--tokens")
        assert {k: report[k]["added"] for k in ("clients", "users", "approvals", "tokens")} == {"clients": 6, "users": 2, "approvals": 2, "tokens": 1}, report
        assert report["tokens"]["expired"] == 1 and dry["clients"] == report["clients"]
        authserver_findings(report)
        authserver_clients(s)
        r = post(s.at + "/oauth2/token", {"grant_type": "client_credentials", "scope": "read"}, basic("svc", "svc-secret-77"))
        assert r.status == 200 and r.json()["expires_in"] == 420, r.text
        r = post(s.at + "/oauth2/token", {"grant_type": "refresh_token", "refresh_token": old_servers.REFRESH}, basic("web", "password"))
        assert r.status == 200, r.text
        again = r.json()["refresh_token"]
        assert again != old_servers.REFRESH                     # it rotates into a text of this issuer
        assert post(s.at + "/oauth2/token", {"grant_type": "refresh_token", "refresh_token": again}, basic("web", "password")).status == 200
        t = login(s, ("/oauth2/authorize", "/oauth2/token"), "web", "password", scope="openid read")   # alice had said yes on the old server
        assert list(t) == ["access_token", "refresh_token", "scope", "id_token", "token_type", "expires_in"] and claims(t["access_token"])["user_name"] == "alice"
        s.turn_clock(60)
        r = post(s.at + "/oauth2/token", {"grant_type": "refresh_token", "refresh_token": old_servers.REFRESH}, basic("web", "password"))
        assert r.status == 400 and r.json()["error"] == "invalid_grant"         # replayed: the family ends
        assert post(s.at + "/oauth2/token", {"grant_type": "refresh_token", "refresh_token": again}, basic("web", "password")).status == 400
        authserver_refuses(s)
        assert not run(s, "authserver", where)["changed"]


def test_opaque_tokens_live_on_where_they_are_looked_for(tmp_path):
    """At an issuer of opaque tokens the old access token is good, and the refresh token stays as it is."""
    tables = old_servers.authserver()
    tables["oauth2_authorization"] = [old_servers.authorization("a1", "web", "alice", access_token_value=b"opaque-access-of-alice", refresh_token_value=b"opaque-refresh-of-alice")]
    where = old_servers.sqlite_file(tmp_path / "as.db", "authserver", tables)
    port = free_ports(1)[0]
    with Server({"old": {"url": "http://127.0.0.1:%d" % port, "dialect": "spring", "realm": "main", "listener": "a"}}, [], listeners={"a": {"bind": ["127.0.0.1:%d" % port]}}) as s:
        s.at = "http://127.0.0.1:%d" % port
        report = run(s, "authserver", where, "--tokens")
        assert report["tokens"]["added"] == 1 and not said(report, "live_opaque")
        r = post(s.at + "/oauth/check_token", {"token": "opaque-access-of-alice"}, basic("web", "password"))
        assert r.status == 200 and r.json()["user_name"] == "alice" and sorted(r.json()["scope"]) == ["openid", "read"], r.text
        for _ in range(2):
            r = post(s.at + "/oauth/token", {"grant_type": "refresh_token", "refresh_token": "opaque-refresh-of-alice"}, basic("web", "password"))
            assert r.status == 200 and r.json()["refresh_token"] == "opaque-refresh-of-alice", r.text


def authserver_findings(report):
    assert "reuse" not in json.dumps(said(report, "setting"))
    assert said(report, "method") == {"client signed": said(report, "method")["client signed"]} and "private_key_jwt" in said(report, "method")["client signed"]
    assert set(said(report, "secret_expired")) == {"client late"} and set(said(report, "secret_expires")) == {"client soon"}
    assert set(said(report, "pkce")) == {"client spa"} and "client spa" in said(report, "wildcard_approve")
    names = sorted(f["text"].split()[0].rstrip(":") for f in report["findings"] if f["code"] == "setting" and f["of"] == "client signed")
    assert names == ["post_logout_redirect_uris", "settings.client.jwk-set-url"], names
    table = "table oauth2_authorization"
    for code, n in (("live_signed", 1), ("live_ended", 2), ("live_code", 1), ("live_opaque", 1), ("live_orphan", 1)):
        assert said(report, code).get(table, "").startswith("%d " % n), (code, report["findings"])
    assert said(report, "authority") == {"approval of alice for web": "ROLE_USER is no scope"}
    assert not any(t in json.dumps(report) for t in (old_servers.REFRESH, "svc-secret-77", "a-code"))


def authserver_clients(s):
    c = clients(s)
    assert c["web"]["access_ttl_s"] == 420 and c["web"]["refresh_ttl_s"] == 7200 and c["web"]["auto_approve"] == ["openid"]
    assert c["web"]["grants"] == ["refresh_token", "authorization_code"] and c["web"]["legacy"] == ["refresh_reuse"]
    assert c["spa"]["public"] and c["spa"]["auto_approve"] == ["*"]
    assert not c["signed"]["public"] and not c["late"]["public"]


def authserver_refuses(s):
    """Who proved itself by a key is no public client now, an expired secret stays expired, a disabled user stays out."""
    for client, auth in (("signed", {}), ("late", basic("late", "password"))):
        r = post(s.at + "/oauth2/token", {"grant_type": "refresh_token", "refresh_token": "x", "client_id": client}, auth)
        assert r.json()["error"] == "invalid_client", (client, r.text)
    r = post(s.at + "/oauth2/token", {"grant_type": "refresh_token", "refresh_token": "ended-refresh-token"}, basic("web", "password"))
    assert r.json()["error"] == "invalid_grant"
    users = {u["name"]: u for u in s.control({"do": "user.list", "realm": "main"})["users"]}
    assert users["alice"]["enabled"] and not users["bob"]["enabled"] and users["alice"]["authorities"] == ["ROLE_USER"]


# --- Keycloak -----------------------------------------------------------------------------------------------------------------

def test_keycloak(tmp_path):
    where = tmp_path / "demo.json"
    where.write_text(json.dumps(old_servers.keycloak()))
    token = "/protocol/openid-connect/token"
    with new_server("import-keycloak", "/realms/demo") as s:
        dry = run(s, "keycloak", where, "--dry-run", "--issuer", "main")
        report = run(s, "keycloak", where, "--issuer", "main")
        assert {k: report[k]["added"] for k in ("clients", "users", "approvals")} == {"clients": 6, "users": 5, "approvals": 2}, report
        assert dry["clients"] == report["clients"] and not report["refused"]
        assert not run(s, "keycloak", where, "--issuer", "main")["changed"]
        keycloak_findings(report)
        keycloak_clients(s)
        keycloak_users(s)
        r = post(s.at + token, {"grant_type": "client_credentials", "scope": "profile"}, basic("svc", "svc-secret-4711"))
        assert r.status == 200 and r.json()["expires_in"] == 300, r.text
        t = login(s, ("/protocol/openid-connect/auth", token), "web", "web-secret-4711", scope="openid profile email")
        c = claims(t["access_token"])
        assert c["sub"] == "aaaaaaaa-0000-4000-8000-000000000001" and c["preferred_username"] == "alice" and c["azp"] == "web" and t["expires_in"] == 120
        for user, status in (("alice", 200), ("bob", 400), ("carol", 200), ("dave", 400), ("frank", 400)):
            r = post(s.at + token, {"grant_type": "password", "username": user, "password": "password", "scope": "profile"}, basic("web", "web-secret-4711"))
            assert r.status == status, (user, r.text)
        for user in ("bob", "dave"):                            # the hash itself is right
            assert s.hufu("user", "enable", user)[0] == 0
            r = post(s.at + token, {"grant_type": "password", "username": user, "password": "password"}, basic("web", "web-secret-4711"))
            assert r.status == 200, (user, r.text)
        for client in ("signed", "masked", "api"):
            assert post(s.at + token, {"grant_type": "client_credentials", "client_id": client}).json()["error"] == "invalid_client"
    keycloak_files(tmp_path)


def keycloak_findings(report):
    assert set(said(report, "wildcard_redirect")) == {"client web", "client spa"} and set(said(report, "relative_redirect")) == {"client spa"}
    assert set(said(report, "any_origin")) == {"client spa"} and set(said(report, "own_client")) == {"client account", "client admin-cli"}
    assert said(report, "protocol") == {"client old-saml": "it speaks saml"} and "ldap-1" in said(report, "federated")["user erin"]
    assert set(said(report, "method")) == {"client signed"} and set(said(report, "masked")) == {"client masked"} and set(said(report, "pkce")) == {"client web"}
    assert "otp" in said(report, "second_factor")["user carol"] and "homemade" in said(report, "password_unknown")["user frank"]
    assert "UPDATE_PASSWORD" in said(report, "required_action")["user dave"] and "realm demo" in said(report, "own_roles")
    roles = sorted(f["text"] for f in report["findings"] if f["code"] == "role")
    assert roles == ["no authority can be called two words", "no authority can be called web:read"], roles
    assert "4711" not in json.dumps(report)


def keycloak_clients(s):
    c = clients(s)
    assert c["web"]["redirect_uris"] == ["https://web.example/cb", "https://web.example/cb2"] and c["web"]["origins"] == ["https://web.example"]
    assert c["web"]["grants"] == ["authorization_code", "password", "refresh_token"] and c["web"]["legacy"] == ["password"]
    assert c["web"]["auto_approve"] == ["openid"] and c["web"]["access_ttl_s"] == 120 and c["web"]["refresh_ttl_s"] == 36000
    assert c["spa"]["public"] and c["spa"]["redirect_uris"] == [] and c["spa"]["origins"] == [] and c["spa"]["auto_approve"] == ["*"]
    assert c["svc"]["grants"] == ["client_credentials"] and c["svc"]["authorities"] == ["web:edit"]
    assert c["api"]["grants"] == [] and not any(c[i]["public"] for i in ("api", "signed", "masked")) and not c["masked"]["enabled"]


def keycloak_users(s):
    users = {u["name"]: u for u in s.control({"do": "user.list", "realm": "main"})["users"]}
    assert users["alice"]["authorities"] == ["admin", "employee", "web:edit", "user"], users["alice"]
    assert users["alice"]["phone"] == "+8613800000000" and users["alice"]["id"] == "aaaaaaaa-0000-4000-8000-000000000001"
    assert not users["bob"]["enabled"] and users["dave"]["locked"] and sorted(users) == ["alice", "bob", "carol", "dave", "frank"]


def keycloak_files(tmp_path):
    """Users in files of their own, several realms, and what is no export at all."""
    realm = old_servers.keycloak()
    users = realm.pop("users")
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "demo-realm.json").write_text(json.dumps(realm))
    (folder / "demo-users-0.json").write_text(json.dumps({"realm": "demo", "users": users[:3]}))
    (folder / "demo-users-1.json").write_text(json.dumps({"realm": "demo", "users": users[3:]}))
    (folder / "master-realm.json").write_text(json.dumps({"realm": "master", "clients": []}))
    (tmp_path / "no.json").write_text("[]")
    with new_server("import-keycloak", "/realms/demo") as s:
        got, out, err = s.hufu("import", "keycloak", "--from", str(folder), "--realm", "main")
        assert got == 1 and "--old-realm" in err and "demo, master" in err, err
        assert run(s, "keycloak", folder, "--old-realm", "demo", "--dry-run")["users"]["added"] == 5
        assert s.hufu("import", "keycloak", "--from", str(tmp_path / "no.json"), "--realm", "main")[0] == 1


# --- IdentityServer4, Duende --------------------------------------------------------------------------------------------------

def test_identityserver(tmp_path):
    tables = old_servers.identityserver()
    where = old_servers.sqlite_file(tmp_path / "ids.db", "identityserver", tables)
    with new_server("import-identityserver") as s:
        report = run(s, "identityserver", where, "--tokens")
        assert {k: report[k]["added"] for k in ("clients", "users", "approvals", "tokens")} == {"clients": 6, "users": 5, "approvals": 2, "tokens": 2}, report
        assert report["tokens"]["expired"] == 1 and not report["refused"]
        identityserver_findings(report)
        identityserver_clients(s)
        assert not run(s, "identityserver", where, "--tokens")["changed"]
        r = post(s.at + "/connect/token", {"grant_type": "client_credentials", "scope": "api"}, basic("svc", "svc-secret-88"))
        assert r.status == 200, r.text
        for old in (old_servers.IS4_REFRESH, old_servers.DUENDE_REFRESH):
            r = post(s.at + "/connect/token", {"grant_type": "refresh_token", "refresh_token": old}, basic("web", "newer-secret-1"))
            assert r.status == 200 and "api" in r.json()["scope"] and r.json()["expires_in"] == 1200, r.text
            assert claims(r.json()["access_token"])["sub"] == "bbbbbbbb-0000-4000-8000-000000000001" and r.json()["refresh_token"] != old
        identityserver_refuses(s, tables)
        t = login(s, ("/connect/authorize", "/connect/token"), "web", "newer-secret-1", scope="openid api")
        assert claims(t["access_token"])["role"] == ["Admin"]
        for user, status in (("bob", 200), ("carol", 400), ("dave", 200), ("erin", 200)):
            r = post(s.at + "/connect/token", {"grant_type": "password", "username": user, "password": "password", "scope": "api"}, basic("web", "newer-secret-1"))
            assert r.status == status, (user, r.text)
        assert not run(s, "identityserver", where)["approvals"]["added"]


def identityserver_findings(report):
    assert "1 more" in said(report, "other_secrets")["client web"] and set(said(report, "secret_expired")) == {"client web", "client late"}
    assert set(said(report, "secret_expires")) == {"client svc"} and "X509Thumbprint" in said(report, "method")["client cert"]
    assert said(report, "protocol") == {"client wsfed": "it speaks wsfed"} and "hybrid" in said(report, "grant")["client late"] and set(said(report, "pkce")) == {"client spa"}
    left = sorted((f["of"], f["text"].split()[0]) for f in report["findings"] if f["code"] == "setting")
    assert left == [("client late", "accesstokentype"), ("client late", "backchannellogouturi"), ("client spa", "SlidingRefreshTokenLifetime"),
                    ("client web", "ClientPostLogoutRedirectUris")], left
    table = "table PersistedGrants"
    for code, n in (("live_sealed", 1), ("live_ended", 1), ("live_orphan", 1), ("live_opaque", 1), ("live_code", 1)):
        assert said(report, code)[table].startswith("%d " % n), (code, said(report, code))
    assert set(said(report, "locked_until")) == {"user carol"} and set(said(report, "second_factor")) == {"user carol"}
    assert said(report, "unconfirmed")["table AspNetUsers"].startswith("1 ") and said(report, "role") == {"user bob": "no authority can be called Two Words"}
    assert not said(report, "column") and not said(report, "state_unknown")


def identityserver_clients(s):
    c = clients(s)
    assert c["web"]["grants"] == ["authorization_code", "password", "refresh_token"] and c["web"]["scopes"] == ["openid", "api", "offline_access"]
    assert c["web"]["legacy"] == ["password", "refresh_reuse"] and c["web"]["auto_approve"] == [] and c["web"]["refresh_ttl_s"] == 2592000
    assert c["spa"]["public"] and c["spa"]["origins"] == ["https://spa.example"] and c["spa"]["auto_approve"] == ["*"]
    assert not c["cert"]["public"] and not c["late"]["public"] and not c["stopped"]["enabled"]


def identityserver_refuses(s, tables):
    """Older and expired secrets, keys of the table in the place of tokens, used up tokens."""
    token = {"grant_type": "refresh_token", "refresh_token": old_servers.IS4_REFRESH}
    for secret in ("older-secret-1", "gone-secret-1", tables["ClientSecrets"][1]["Value"]):
        assert post(s.at + "/connect/token", token, basic("web", secret)).json()["error"] == "invalid_client"
    for text in [g["Key"] for g in tables["PersistedGrants"]] + ["used", "sealed-1", "late", old_servers.IS4_REFRESH + ":refresh_token"]:
        r = post(s.at + "/connect/token", {"grant_type": "refresh_token", "refresh_token": text}, basic("web", "newer-secret-1"))
        assert r.json()["error"] == "invalid_grant", (text, r.text)
    for client, secret in (("cert", "2BC0A1"), ("late", "late-secret"), ("stopped", "stopped-secret")):
        r = post(s.at + "/connect/token", {"grant_type": "client_credentials", "scope": "api"}, basic(client, secret))
        assert r.json()["error"] == "invalid_client", (client, r.text)


# --- RageFrame 2 --------------------------------------------------------------------------------------------------------------

def test_rageframe(tmp_path):
    where = old_servers.sqlite_file(tmp_path / "rf.db", "rageframe", old_servers.rageframe())
    with new_server("import-rageframe") as s:
        report = run(s, "rageframe", where, "--tokens", "--issuer", "main")
        assert {k: report[k]["added"] for k in ("clients", "users", "tokens")} == {"clients": 3, "users": 2, "tokens": 0}, report
        for table, code in (("access", "live_signed"), ("refresh", "live_sealed"), ("access", "live_ended")):
            assert said(report, code)["table rf_oauth2_%s_token" % table].startswith("1 "), (code, report["findings"])
        assert said(report, "live_code")["table rf_oauth2_authorization_code"].startswith("1 ")
        assert set(said(report, "all_grants")) == {"client shop-client", "client stopped-client", "client bare-client"}
        assert set(said(report, "deleted")) == {"client deleted-client", "user deleted"} and "RageFrame" in said(report, "family")["table rf_member"]
        assert not said(report, "column"), said(report, "column")
        assert not run(s, "rageframe", where, "--tokens", "--issuer", "main")["changed"]
        c = clients(s)["shop-client"]
        assert c["scopes"] == ["basic_info", "order", "read"] and c["legacy"] == ["password", "implicit"] and not clients(s)["stopped-client"]["enabled"]
        r = post(s.at + "/oauth2/client-credentials", {"grant_type": "client_credentials", "client_id": "shop-client", "client_secret": "0123456789abcdef0123456789abcd01"})
        assert r.json()["code"] == 200, r.text
        person = {"grant_type": "password", "client_id": "shop-client", "client_secret": "0123456789abcdef0123456789abcd01", "password": "password", "scope": "order"}
        r = post(s.at + "/oauth2/password", {**person, "username": "zhang"}).json()
        assert r["code"] == 200 and claims(r["data"]["access_token"])["sub"] == "7", r
        assert post(s.at + "/oauth2/password", {**person, "username": "stopped"}).json()["code"] == 422
        b = Browser(s.at)
        page = b.follow(b.get(s.at + "/open/authorize/index?response_type=code&client_id=shop-client&state=s1"))
        r = b.follow(b.login(page, "zhang", "password"))
        assert r.location.startswith("https://shop-client.example/cb?") and "code" in r.query(), r
        got, out, err = s.hufu("import", "rageframe", "--from", where, "--realm", "main", "--table-prefix", "x_")
        assert got == 1 and "x_oauth2_client" in err and "--table-prefix" in err


# --- whatever holds the tables ------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("kind", ["csv", "mysql", "postgres"])
def test_every_source_says_the_same(kind, tmp_path):
    """As a file of SQLite, in the products' own schema."""
    (tmp_path / "secret").write_text(databases.PASSWORD)
    with new_server("import-identityserver") as s, contextlib.ExitStack() as opened:
        db = {"mysql": databases.MariaDB, "postgres": databases.PostgreSQL}.get(kind)
        db = opened.enter_context(db()) if db else None
        for product in old_servers.PRODUCTS:
            file = old_servers.sqlite_file(tmp_path / (product + ".db"), product, old_servers.PRODUCTS[product]())
            if db:
                db.sql(old_servers.script(product, kind == "postgres"))
            where = db.url if db else old_servers.csv_folder(tmp_path / product, file)
            more = ["--tokens", "--dry-run"] + (["--password-file", str(tmp_path / "secret")] if db else [])
            wanted = run(s, product, file, "--tokens", "--dry-run")
            got = run(s, product, where, *more)
            for part in ("clients", "users", "approvals", "tokens", "refused"):
                assert got[part] == wanted[part], (product, part, got[part], wanted[part])
            # How a database compares names is its own word.
            names = lambda report: sorted((f["code"], f["of"]) for f in report["findings"] if not f["code"].startswith("names_"))
            assert names(got) == names(wanted), product


def test_help_names_what_each_reads(tmp_path):
    with new_server("import-identityserver") as s:
        out = s.hufu("import", "--help")[1]
        for word in ("oauth_client_details", "oauth2_registered_client", "PersistedGrants", "AspNetUsers", "rf_oauth2_client", "kc.sh export"):
            assert word in out, out
