"""tests/old_servers.py - databases of other authorization servers, in their own schema, with rows made for the tests."""
import json, pathlib, sqlite3, time

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
