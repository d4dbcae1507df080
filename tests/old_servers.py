"""tests/old_servers.py - databases of other authorization servers, in their own schema, with rows made for the tests."""
import base64, hashlib, json, pathlib, re, sqlite3, time

SCHEMA = pathlib.Path(__file__).resolve().parent / "unit/import/data/schema"
HASHED = "{bcrypt}$2a$10$n4YJ4.LSW74EpLDU9QRSfO/7Od9kLK74AvGHgrcld4/EH400BFPWi"       # "password"


def at(seconds):
    """A database's time, so many seconds from now, in UTC."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + seconds)) + ".500"


def sqlite_file(path, schema, tables):
    """The schema and rows as a file of SQLite; bytes go into binary columns."""
    db = sqlite3.connect(path)
    db.executescript((SCHEMA / (schema + ".sql")).read_text())
    for table, rows in tables.items():
        for row in rows:
            db.execute('INSERT INTO "%s" (%s) VALUES (%s)' % (table, ",".join('"%s"' % c for c in row), ",".join("?" * len(row))), list(row.values()))
    db.commit()
    db.close()
    return str(path)


# --- Spring Authorization Server 1.x ------------------------------------------------------------------------------------------

def settings(**more):
    kind = {"@class": "java.util.Collections$UnmodifiableMap"}
    return json.dumps({**kind, **{"settings." + k.replace("__", ".").replace("_", "-"): v for k, v in more.items()}})


def token_settings(**more):
    rs256 = ["org.springframework.security.oauth2.jose.jws.SignatureAlgorithm", "RS256"]
    form = {"@class": "org.springframework.security.oauth2.server.authorization.settings.OAuth2TokenFormat", "value": "self-contained"}
    life = "java.time.Duration"
    return settings(**{"token__reuse_refresh_tokens": True, "token__x509_certificate_bound_access_tokens": False, "token__id_token_signature_algorithm": rs256,
                       "token__access_token_time_to_live": [life, 420.5], "token__access_token_format": form, "token__refresh_token_time_to_live": [life, 7200.0],
                       "token__authorization_code_time_to_live": [life, 300.0], "token__device_code_time_to_live": [life, 300.0], **more})


def registered(id, secret, **more):
    return {"id": "row-" + id, "client_id": id, "client_id_issued_at": at(-86400), "client_secret": secret, "client_secret_expires_at": None, "client_name": id.title(),
            "client_authentication_methods": "client_secret_basic", "authorization_grant_types": "refresh_token,authorization_code",
            "redirect_uris": "https://%s.example/cb" % id, "post_logout_redirect_uris": "", "scopes": "openid,read",
            "client_settings": settings(client__require_proof_key=False, client__require_authorization_consent=True), "token_settings": token_settings(), **more}


def authorization(id, client, user, **more):
    live = json.dumps({"@class": "java.util.Collections$UnmodifiableMap", "metadata.token.invalidated": False}).encode()
    return {"id": id, "registered_client_id": "row-" + client, "principal_name": user, "authorization_grant_type": "authorization_code",
            "authorized_scopes": "read,openid", "access_token_scopes": "read,openid", "refresh_token_expires_at": at(3600),
            "refresh_token_metadata": live, "access_token_metadata": live, "access_token_expires_at": at(300), **more}


ENDED = json.dumps({"@class": "java.util.Collections$UnmodifiableMap", "metadata.token.invalidated": True}).encode()
JWT = b"eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSIsImp0aSI6IjEifQ.c2lnbmF0dXJl"
REFRESH = "iP4Ev1mcLVBKzd-9sLZ0NzxkGPzbiAi7d_pHXYnIGKuxUVeBwmD1mRyrZQXmKEW1eT7PZnMnkOoaUoMB0yFIzhQqhQNn1mSYP7Yy1Zoqg0Tt0l_2Rs3kCVJPqGY3W7l"


def authserver():
    return {
        "oauth2_registered_client": [
            registered("web", HASHED), registered("svc", "{noop}svc-secret-77", authorization_grant_types="client_credentials", redirect_uris=None, scopes="read"),
            registered("spa", None, client_authentication_methods="none", client_settings=settings(client__require_proof_key=True, client__require_authorization_consent=False)),
            registered("signed", None, client_authentication_methods="private_key_jwt", post_logout_redirect_uris="https://signed.example/bye",
                       client_settings=settings(client__require_authorization_consent=True, client__jwk_set_url="https://signed.example/jwks")),
            registered("late", HASHED, client_secret_expires_at=at(-60)), registered("soon", HASHED, client_secret_expires_at=at(864000)),
        ],
        "oauth2_authorization_consent": [
            {"registered_client_id": "row-web", "principal_name": "alice", "authorities": "SCOPE_read,SCOPE_openid,ROLE_USER"},
            {"registered_client_id": "row-gone", "principal_name": "alice", "authorities": "SCOPE_read"},
        ],
        "oauth2_authorization": [
            authorization("a1", "web", "alice", refresh_token_value=REFRESH.encode(), access_token_value=JWT),
            authorization("a2", "web", "bob", refresh_token_value=b"ended-refresh-token", refresh_token_metadata=ENDED, access_token_value=b"ended", access_token_metadata=ENDED),
            authorization("a3", "web", "alice", authorization_code_value=b"a-code", authorization_code_expires_at=at(200), authorization_code_metadata=None),
            authorization("a4", "svc", "svc", authorization_grant_type="client_credentials", access_token_value=b"opaque-of-svc"),
            authorization("a5", "web", "alice", refresh_token_value=b"expired-refresh-token", refresh_token_expires_at=at(-5)),
            authorization("a6", "gone", "alice", refresh_token_value=b"nobodys-refresh-token"),
        ],
        "users": [{"username": "alice", "password": HASHED, "enabled": True}, {"username": "bob", "password": HASHED, "enabled": False}],
        "authorities": [{"username": "alice", "authority": "ROLE_USER"}],
    }


# --- Keycloak -----------------------------------------------------------------------------------------------------------------

# argon2id, version 1.3, of "password" and the salt "saltsaltsaltsalt": 7168 KiB, 5 passes, 1 lane (the reference library)
ARGON2_SALT, ARGON2_VALUE = "c2FsdHNhbHRzYWx0c2FsdA==", "7PCw6lTrVcqZB4uvMkl7NOUjxGtvALJ5SyYrIQAEWsc="


def b64(data):
    return base64.b64encode(data).decode()


def pbkdf2(digest, rounds, size, password="password", salt=b"0123456789abcdef", name=None):
    """A credential as Keycloak 8 and later export it."""
    value = hashlib.pbkdf2_hmac(digest, password.encode(), salt, rounds, size)
    return {"id": "c-1", "type": "password", "createdDate": 1700000000000,
            "secretData": json.dumps({"value": b64(value), "salt": b64(salt), "additionalParameters": {}}),
            "credentialData": json.dumps({"hashIterations": rounds, "algorithm": name or "pbkdf2-" + digest, "additionalParameters": {}})}


def argon2():
    more = {"hashLength": ["32"], "memory": ["7168"], "type": ["id"], "version": ["1.3"], "parallelism": ["1"]}
    return {"id": "c-2", "type": "password", "createdDate": 1700000000000,
            "secretData": json.dumps({"value": ARGON2_VALUE, "salt": ARGON2_SALT, "additionalParameters": {}}),
            "credentialData": json.dumps({"hashIterations": 5, "algorithm": "argon2", "additionalParameters": more})}


def keycloak_client(id, **more):
    return {"id": "11111111-2222-3333-4444-555555555555", "clientId": id, "name": "", "rootUrl": "", "surrogateAuthRequired": False, "enabled": True,
            "clientAuthenticatorType": "client-secret", "redirectUris": [], "webOrigins": [], "notBefore": 0, "bearerOnly": False, "consentRequired": False,
            "standardFlowEnabled": True, "implicitFlowEnabled": False, "directAccessGrantsEnabled": False, "serviceAccountsEnabled": False,
            "publicClient": False, "frontchannelLogout": True, "protocol": "openid-connect", "attributes": {}, "fullScopeAllowed": True,
            "defaultClientScopes": ["web-origins", "profile", "roles", "email"], "optionalClientScopes": ["offline_access", "phone"], **more}


def keycloak_user(name, n, **more):
    return {"id": "aaaaaaaa-0000-4000-8000-%012d" % n, "createdTimestamp": 1700000000000, "username": name, "enabled": True, "totp": False, "emailVerified": True,
            "firstName": name.title(), "lastName": "", "email": name + "@example.com", "credentials": [pbkdf2("sha256", 27500, 64)],
            "disableableCredentialTypes": [], "requiredActions": [], "realmRoles": ["default-roles-demo"], "notBefore": 0, "groups": [], **more}


def keycloak():
    role = lambda name, **more: {"name": name, "composite": bool(more), "clientRole": False, "containerId": "demo", "attributes": {}, **more}
    return {
        "id": "demo", "realm": "demo", "enabled": True, "accessTokenLifespan": 300, "ssoSessionIdleTimeout": 1800, "ssoSessionMaxLifespan": 36000,
        "bruteForceProtected": False, "passwordPolicy": "length(8)",
        "roles": {"realm": [role("default-roles-demo", composites={"realm": ["offline_access", "uma_authorization"], "client": {"account": ["manage-account"]}}),
                            role("admin", composites={"realm": ["user"], "client": {"web": ["edit"]}}), role("user", composites={"realm": ["admin"]}),
                            role("two words"), role("web:read")],
                  "client": {"web": [role("edit"), role("read")], "account": [role("manage-account")]}},
        "groups": [{"name": "staff", "path": "/staff", "realmRoles": ["employee"], "clientRoles": {},
                    "subGroups": [{"name": "it", "path": "/staff/it", "realmRoles": [], "clientRoles": {"web": ["read", "edit"]}, "subGroups": []}]}],
        "clients": [
            keycloak_client("web", secret="web-secret-4711", rootUrl="https://web.example", consentRequired=True, redirectUris=["/cb", "https://web.example/app/*", "https://web.example/cb2"],
                            webOrigins=["+"], directAccessGrantsEnabled=True, attributes={"access.token.lifespan": "120", "pkce.code.challenge.method": "S256"}),
            keycloak_client("spa", publicClient=True, redirectUris=["*", "/relative"], webOrigins=["*"], implicitFlowEnabled=True),
            keycloak_client("svc", secret="svc-secret-4711", standardFlowEnabled=False, serviceAccountsEnabled=True),
            keycloak_client("signed", clientAuthenticatorType="client-jwt", redirectUris=["https://signed.example/cb"]),
            keycloak_client("masked", secret="**********", redirectUris=["https://masked.example/cb"], enabled=False),
            keycloak_client("api", bearerOnly=True), keycloak_client("old-saml", protocol="saml"), keycloak_client("account"), keycloak_client("admin-cli"),
        ],
        "users": [
            keycloak_user("alice", 1, realmRoles=["default-roles-demo", "admin", "two words"], groups=["/staff/it"], attributes={"phoneNumber": ["+8613800000000"]},
                          clientConsents=[{"clientId": "web", "grantedClientScopes": ["profile", "email"], "createdDate": 1, "lastUpdatedDate": 1}]),
            keycloak_user("bob", 2, credentials=[pbkdf2("sha512", 210000, 64)], enabled=False),
            keycloak_user("carol", 3, credentials=[argon2(), {"id": "o", "type": "otp", "secretData": "{}", "credentialData": "{}"}]),
            keycloak_user("dave", 4, credentials=[pbkdf2("sha1", 20000, 64, name="pbkdf2")], requiredActions=["UPDATE_PASSWORD"]),
            keycloak_user("erin", 5, federationLink="ldap-1", credentials=[]),
            keycloak_user("frank", 6, credentials=[{**pbkdf2("sha256", 5, 32), "credentialData": json.dumps({"hashIterations": 5, "algorithm": "homemade"})}]),
            {"id": "x", "username": "service-account-svc", "enabled": True, "serviceAccountClientId": "svc", "realmRoles": ["default-roles-demo"], "clientRoles": {"web": ["edit"]}},
        ],
    }


# --- IdentityServer4, Duende --------------------------------------------------------------------------------------------------

DUENDE_REFRESH, IS4_REFRESH = "7D0B2A5F3C1E4960A8B7C6D5E4F30211-1", "kq7Xo2Yd8c1J0FhRzK5m3T6pWvQbNaLs"


def aspnet(version, password="password", salt=b"0123456789abcdef"):
    """PasswordHasher of ASP.NET Core Identity: version 2, or 3 with HMAC-SHA256."""
    if version == 2:
        return b64(b"\0" + salt + hashlib.pbkdf2_hmac("sha1", password.encode(), salt, 1000, 32))
    return b64(b"\1" + b"".join(n.to_bytes(4, "big") for n in (1, 10000, 16)) + salt + hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 10000, 32))


def is_client(n, id, **more):
    return {"Id": n, "Enabled": True, "ClientId": id, "ProtocolType": "oidc", "RequireClientSecret": True, "ClientName": id.title(), "RequireConsent": False,
            "AllowRememberConsent": True, "AlwaysIncludeUserClaimsInIdToken": False, "RequirePkce": False, "AllowPlainTextPkce": False, "RequireRequestObject": False,
            "AllowAccessTokensViaBrowser": False, "FrontChannelLogoutSessionRequired": True, "BackChannelLogoutSessionRequired": True, "AllowOfflineAccess": False,
            "IdentityTokenLifetime": 300, "AccessTokenLifetime": 3600, "AuthorizationCodeLifetime": 300, "AbsoluteRefreshTokenLifetime": 2592000,
            "SlidingRefreshTokenLifetime": 1296000, "RefreshTokenUsage": 1, "UpdateAccessTokenClaimsOnRefresh": False, "RefreshTokenExpiration": 1,
            "AccessTokenType": 0, "EnableLocalLogin": True, "IncludeJwtId": True, "AlwaysSendClientClaims": False, "ClientClaimsPrefix": "client_",
            "Created": at(-90000), "DeviceCodeLifetime": 300, "NonEditable": False, **more}


def is_secret(n, client, secret, **more):
    return {"Id": n, "ClientId": client, "Value": b64(hashlib.sha256(secret.encode()).digest()), "Type": "SharedSecret", "Created": at(-1000 + n), **more}


def is_key(handle, kind):
    digest = hashlib.sha256((handle + ":" + kind).encode()).digest()
    return digest.hex().upper() if handle.endswith("-1") else b64(digest)


def is_grant(handle, kind, client, subject, data, **more):
    return {"Key": is_key(handle, kind), "Type": kind, "SubjectId": subject, "ClientId": client, "CreationTime": at(-60), "Expiration": at(3600), "Data": json.dumps(data), **more}


def is_user(n, name, **more):
    return {"Id": "bbbbbbbb-0000-4000-8000-%012d" % n, "UserName": name, "NormalizedUserName": name.upper(), "Email": name + "@example.com", "EmailConfirmed": True,
            "PasswordHash": aspnet(3), "PhoneNumberConfirmed": False, "TwoFactorEnabled": False, "LockoutEnabled": True, "AccessFailedCount": 0, **more}


def identityserver():
    token = {"CreationTime": "2026-01-01T00:00:00Z", "Lifetime": 2592000, "AccessToken": {"ClientId": "web", "Claims": [
        {"Type": "client_id", "Value": "web"}, {"Type": "scope", "Value": "openid"}, {"Type": "scope", "Value": "api"}, {"Type": "scope", "Value": "offline_access"}]}, "Version": 4}
    duende = {"PersistentGrantDataContainerVersion": 1, "DataProtected": False, "Payload": json.dumps({
        "CreationTime": "2026-01-01T00:00:00Z", "AccessTokens": {"": {"Claims": []}}, "AuthorizedScopes": ["openid", "api"], "ClientId": "web", "Version": 5})}
    alice, bob = (is_user(n, name)["Id"] for n, name in ((1, "alice"), (2, "bob")))
    child = lambda column, *pairs: [{"Id": i + 1, "ClientId": client, column: value} for i, (client, value) in enumerate(pairs)]
    return {
        "Clients": [is_client(1, "web", AllowOfflineAccess=True, RequireConsent=True, AccessTokenLifetime=1200, RefreshTokenUsage=0),
                    is_client(2, "svc"), is_client(3, "spa", RequireClientSecret=False, RequirePkce=True, AllowOfflineAccess=True, RefreshTokenExpiration=0),
                    is_client(4, "cert"), is_client(5, "stopped", Enabled=False), is_client(6, "wsfed", ProtocolType="wsfed"),
                    is_client(7, "late", AccessTokenType=1, BackChannelLogoutUri="https://late.example/out")],
        "ClientSecrets": [is_secret(1, 1, "older-secret-1"), is_secret(2, 1, "newer-secret-1", Value=b64(hashlib.sha512(b"newer-secret-1").digest())),
                          is_secret(3, 1, "gone-secret-1", Expiration=at(-60)), is_secret(4, 2, "svc-secret-88", Expiration=at(864000)),
                          is_secret(5, 4, "", Type="X509Thumbprint", Value="2BC0A1"), is_secret(6, 5, "stopped-secret"), is_secret(7, 7, "late-secret", Expiration=at(-1))],
        "ClientGrantTypes": child("GrantType", (1, "authorization_code"), (1, "password"), (2, "client_credentials"), (3, "authorization_code"), (4, "client_credentials"),
                                  (5, "client_credentials"), (7, "hybrid")),
        "ClientRedirectUris": child("RedirectUri", (1, "https://web.example/cb"), (3, "https://spa.example/cb")),
        "ClientPostLogoutRedirectUris": child("PostLogoutRedirectUri", (1, "https://web.example/bye")),
        "ClientScopes": child("Scope", (1, "openid"), (1, "api"), (2, "api"), (3, "openid"), (4, "api"), (5, "api"), (7, "openid")),
        "ClientCorsOrigins": child("Origin", (3, "https://spa.example")),
        "PersistedGrants": [
            is_grant(IS4_REFRESH, "refresh_token", "web", alice, token), is_grant(DUENDE_REFRESH, "refresh_token", "web", alice, duende),
            is_grant("sealed-1", "refresh_token", "web", alice, {"PersistentGrantDataContainerVersion": 1, "DataProtected": True, "Payload": "CfDJ8"}),
            is_grant("used", "refresh_token", "web", alice, token, ConsumedTime=at(-5)), is_grant("late", "refresh_token", "web", alice, token, Expiration=at(-5)),
            is_grant("nobody", "refresh_token", "web", "no-such-user", token), is_grant("ref", "reference_token", "svc", None, {}),
            is_grant("code", "authorization_code", "web", alice, {}),
            is_grant("web|" + alice, "user_consent", "web", alice, {"SubjectId": alice, "ClientId": "web", "Scopes": ["openid", "api"], "CreationTime": "2026-01-01T00:00:00Z"}, Expiration=None),
        ],
        "AspNetUsers": [is_user(1, "alice", PhoneNumber="+8613900000000"), is_user(2, "bob", PasswordHash=aspnet(2), EmailConfirmed=False),
                        is_user(3, "carol", LockoutEnd="9999-12-31 23:59:59.9999999 +00:00", TwoFactorEnabled=True),
                        is_user(4, "dave", LockoutEnd="9999-12-31 23:59:59.9999999 +00:00", LockoutEnabled=False), is_user(5, "erin", LockoutEnd="2020-01-01 00:00:00+08:00")],
        "AspNetRoles": [{"Id": "r1", "Name": "Admin"}, {"Id": "r2", "Name": "Two Words"}],
        "AspNetUserRoles": [{"UserId": alice, "RoleId": "r1"}, {"UserId": bob, "RoleId": "r2"}, {"UserId": "gone", "RoleId": "r1"}],
    }


# --- RageFrame 2 --------------------------------------------------------------------------------------------------------------

PHP_HASH = "$2y$10$n4YJ4.LSW74EpLDU9QRSfO/7Od9kLK74AvGHgrcld4/EH400BFPWi"               # "password"


def rageframe():
    client = lambda n, id, **more: {"id": n, "merchant_id": 1, "title": id.title(), "client_id": id, "client_secret": "0123456789abcdef0123456789abcd%02d" % n,
                                    "redirect_uri": "https://%s.example/cb" % id, "group": "default", "status": 1, "created_at": 1700000000, "updated_at": 1700000000, **more}
    token = lambda column, n, client, **more: {column: ("%02d" % n) * 40, "merchant_id": 1, "client_id": client, "member_id": "7", "expires": at(3600)[:19],
                                               "scope": '["basic_info","order"]', "status": 1, **more}
    member = lambda n, name, **more: {"id": n, "merchant_id": 1, "username": name, "password_hash": PHP_HASH, "auth_key": "k" * 32, "nickname": name.title(), "realname": "",
                                      "mobile": "1380000000%d" % n, "role": 10, "visit_count": 1, "status": 1, **more}
    return {
        "rf_oauth2_client": [client(1, "shop-client"), client(2, "stopped-client", status=0), client(3, "deleted-client", status=-1), client(4, "bare-client", redirect_uri="")],
        "rf_oauth2_access_token": [token("access_token", 1, "shop-client"), token("access_token", 2, "shop-client", status=0), token("access_token", 3, "shop-client", expires=at(-5)[:19], scope=None)],
        "rf_oauth2_refresh_token": [token("refresh_token", 1, "shop-client", scope='["read"]')],
        "rf_oauth2_authorization_code": [{**token("authorization_code", 1, "shop-client"), "redirect_uri": ""}],
        "rf_member": [member(7, "zhang"), member(8, "stopped", status=0), member(9, "deleted", status=-1)],
    }


# --- all that have tables, in a database or as files --------------------------------------------------------------------------

PRODUCTS = {"authserver": authserver, "identityserver": identityserver, "rageframe": rageframe}


def value(v, hexed):
    if v is None:
        return "NULL"
    if isinstance(v, bytes):
        return hexed % v.hex()
    return str(v) if isinstance(v, (bool, int)) else "'%s'" % v.replace("'", "''")


def script(product, postgres):
    """Schema and rows for PostgreSQL or MariaDB."""
    text = (SCHEMA / (product + ".sql")).read_text()
    out = [text.replace(" blob ", " bytea ") if postgres else "SET sql_mode='ANSI_QUOTES,NO_BACKSLASH_ESCAPES';\n" + text]
    for table, rows in PRODUCTS[product]().items():
        for row in rows:
            cells = ", ".join(value(v, "'\\x%s'" if postgres else "X'%s'") for v in row.values())
            out.append('INSERT INTO "%s" (%s) VALUES (%s);' % (table, ", ".join('"%s"' % c for c in row), cells))
    return "\n".join(out)


def csv_folder(path, file):
    """What the file of SQLite holds, as an export writes it: all columns, True and False, NULL empty, bytes as text."""
    import csv
    path.mkdir()
    db = sqlite3.connect(file)
    for table, ddl in db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall():
        truths = set(re.findall(r'"(\w+)" boolean', ddl))
        rows = db.execute('SELECT * FROM "%s"' % table)
        columns = [d[0] for d in rows.description]
        with open(path / (table + ".csv"), "w", newline="", encoding="utf-8") as f:
            w = csv.writer(f)
            w.writerow(columns)
            w.writerows([["" if v is None else v.decode() if isinstance(v, bytes) else bool(v) if c in truths else v for c, v in zip(columns, r)] for r in rows])
    db.close()
    return str(path)
