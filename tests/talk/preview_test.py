"""hufu preview: what a client would get in each dialect is what it then gets, and nothing is written or given."""
import base64, hashlib, json, re, sqlite3

import pytest

from talker import DIALECTS, PASSWORD, VERIFIER, World, authorize_url, basic, bearer, challenge, client, get, post, realm, user

DRAWN = {"jti", "ati", "sid", "at_hash", "c_hash"}
TIMES = {"iat", "exp", "auth_time", "nbf", "expires_in", "updated_at", "expiration", "expiresAt", "expiresIn", "timestamp", "created_at"}
SECRET = "auto-secret-of-the-preview"


def people():
    r = realm()
    everything = ["authorization_code", "refresh_token", "client_credentials", "password", "urn:ietf:params:oauth:grant-type:token-exchange",
                  "urn:ietf:params:oauth:grant-type:device_code"]
    weak = ["password", "implicit", "query_secret", "refresh_reuse"]
    r["clients"] += [client("seen", SECRET, grants=everything, legacy=weak, scopes=["openid", "profile", "read"], auto_approve=True,
                            redirect_uris=["https://app.example/cb"], resource_ids=["https://api.example"]),
                     client("ended", SECRET, grants=everything, legacy=weak, scopes=["read"], enabled=False, redirect_uris=["https://app.example/cb"])]
    r["users"] += [user("changes", PASSWORD, must_change=True)]
    return r


@pytest.fixture(scope="module")
def w():
    """Every dialect."""
    with World(realms=[people()]) as world:
        yield world


@pytest.fixture(scope="module")
def m():
    """Two of them: each issuer costs each command a key."""
    with World("modern", "connect", realms=[people()]) as world:
        yield world


def digest(w):
    """Of every row of every table."""
    db = sqlite3.connect("file:%s/data/hufu.db?mode=ro" % w.dir, uri=True)
    tables = sorted(name for name, in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'"))
    rows = {t: sorted(map(repr, db.execute("SELECT * FROM " + t))) for t in tables}
    db.close()
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def previewed(w, *args, status=0):
    got, out, err = w.hufu("preview", *args, "--json")
    assert got == status, err
    return json.loads(out)


def one(w, grant, *args, issuer="modern", user="alice", client="seen"):
    named = ["--user", user] if user else []
    all = previewed(w, "--client", client, *named, "--issuer", issuer, "--grant", grant, *args)
    (found,) = all["issuers"]
    (found,) = found["grants"]
    return found


def decoded(token):
    parts = token.split(".")
    if len(parts) != 3:
        return None
    return [json.loads(base64.urlsafe_b64decode(p + "==")) for p in parts[:2]]


def masked(value, tokens=()):
    """Without what is drawn or is a time; a token is a token."""
    if isinstance(value, dict):
        return {k: "drawn" if k in DRAWN else "time" if k in TIMES else masked(v, tokens) for k, v in value.items()}
    if isinstance(value, list):
        return [masked(v, tokens) for v in value]
    return "token" if isinstance(value, str) and (value in tokens or value.startswith("<")) else value


def inner(body):
    """The tokens of an answer, in an envelope or not."""
    for at in (body, *(v for v in body.values() if isinstance(v, dict))):
        if "access_token" in at:
            return at
    raise AssertionError(body)


# Where an application asks, by dialect: token (of a grant), authorization, user information, introspection.
PLACES = {"modern": ("/token", "/authorize", "/userinfo", "/introspect"), "connect": ("/connect/token", "/connect/authorize", "/connect/userinfo", None),
          "rageframe": (None, "/open/authorize/index", "/oauth2/member", None),
          **{d: ("/oauth/token", "/oauth/authorize", None, "/oauth/check_token") for d in ("spring", "zlt", "taroco")}}
RAGEFRAME = {"authorization_code": "/oauth2/authorize", "password": "/oauth2/password", "client_credentials": "/oauth2/client-credentials",
             "refresh_token": "/oauth2/refresh-token"}
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
GRANTS = ["client_credentials", "password", "authorization_code", "refresh_token", EXCHANGE]


def ask_token(w, dialect, grant, **fields):
    path = PLACES[dialect][0] or RAGEFRAME.get(grant, "/oauth2/password")
    own = {"client_id": "seen", "client_secret": SECRET} if dialect == "rageframe" else {}
    return post(w.at(dialect, path), {"grant_type": grant, **own, **fields}, None if own else basic("seen", SECRET))


def code(w, dialect):
    return w.browser(dialect).authorize(authorize_url(w, dialect, "seen", path=PLACES[dialect][1], scope="openid profile", code_challenge=challenge(),
                                                      code_challenge_method="S256"), "alice", PASSWORD).query()["code"]


def by_code(w, dialect):
    return ask_token(w, dialect, "authorization_code", code=code(w, dialect), redirect_uri="https://app.example/cb", code_verifier=VERIFIER)


def really(w, dialect, grant):
    if grant == "client_credentials":
        return ask_token(w, dialect, grant, scope="openid profile")
    if grant == "password":
        return ask_token(w, dialect, grant, username="alice", password=PASSWORD, scope="openid profile")
    first = by_code(w, dialect)
    if grant == "authorization_code":
        return first
    if grant == "refresh_token":
        return ask_token(w, dialect, grant, refresh_token=inner(first.json())["refresh_token"])
    return ask_token(w, dialect, grant, subject_token=inner(first.json())["access_token"], subject_token_type="urn:ietf:params:oauth:token-type:access_token", scope="openid profile")


@pytest.fixture(scope="module")
def all(w):
    """What one command says of every dialect and grant, beside a daemon that serves."""
    out = {}
    for i in previewed(w, "--client", "seen", "--user", "alice", "--scope", "openid profile")["issuers"]:
        out.update({(i["dialect"], g["grant"]): g for g in i["grants"]})
    return out


@pytest.mark.parametrize("dialect", list(DIALECTS))
@pytest.mark.parametrize("grant", GRANTS)
def test_it_is_what_a_request_then_gets(w, all, dialect, grant):
    if (dialect, grant) not in all:
        fields = {"username": "alice", "password": PASSWORD} if grant == "password" else {"subject_token": "x", "subject_token_type": "y"}
        assert grant in (EXCHANGE, "password") and '"access_token"' not in ask_token(w, dialect, grant, **fields).text      # not of this dialect
        return
    said = all[dialect, grant]
    real = really(w, dialect, grant)
    assert said["answer"]["status"] == real.status
    body = real.json()
    if not said["given"]:
        assert said["answer"]["reason"] and masked(said["answer"]["body"]) == masked(body)
        return
    at = inner(body)
    texts = [at[k] for k in ("access_token", "refresh_token", "id_token") if k in at]
    assert masked(said["answer"]["body"]) == masked(body, texts)
    for name in ("access_token", "id_token", "refresh_token"):
        if name not in at:
            assert name not in said
            continue
        parts = decoded(at[name])
        if parts is None:
            assert said[name] == {"form": "opaque", "length": len(at[name])}
        else:
            assert masked([said[name]["header"], said[name]["claims"]]) == masked(parts, texts)
    told(w, dialect, said, at)


def told(w, dialect, said, at):
    """The same of what the token tells."""
    _, _, userinfo, introspection = PLACES[dialect]
    texts = [at["access_token"]]
    if userinfo and "userinfo" in said:
        r = get(w.at(dialect, userinfo), bearer(at["access_token"]))
        assert said["userinfo"]["status"] == r.status and masked(said["userinfo"]["body"]) == masked(r.json(), texts)
    if introspection:
        r = post(w.at(dialect, introspection), {"token": at["access_token"]}, basic("seen", SECRET))
        assert said["introspection"]["status"] == r.status and masked(said["introspection"]["body"]) == masked(r.json(), texts)


def test_a_device(m):
    said = one(m, "urn:ietf:params:oauth:grant-type:device_code", "--scope", "openid profile")
    assert said["given"] and said["asked"][0]["what"] == "consent"
    assert said["access_token"]["claims"]["scope"] == said["answer"]["body"]["scope"] == "openid profile"
    assert one(m, "device_code")["grant"] == said["grant"]                       # the last word of a URN will do


def test_nothing_is_written_and_nothing_can_be_used(m, tmp_path, monkeypatch):
    m.stop()
    monkeypatch.setenv("TMPDIR", str(tmp_path))                                   # where its own store lies
    before = digest(m)
    out = m.hufu("preview", "--client", "seen", "--user", "alice", "--json")[1]
    assert json.loads(out)["issuers"] and digest(m) == before
    m.start()
    audit = len(m.audit())
    shown = m.hufu("preview", "--client", "seen", "--user", "alice")[1]
    for text in (out, shown):
        assert not re.search(r"eyJ[A-Za-z0-9_-]+\.eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]", text)
        assert SECRET not in text and PASSWORD not in text
    assert "== modern (modern), authorization_code" in shown and "<access_token>" in shown
    assert not [a for a in m.audit()[audit:] if a.get("client") == "seen"]
    assert not list(tmp_path.iterdir())


def test_what_would_be_refused_says_why(m):
    said = one(m, "client_credentials", user=None, client="ended")["answer"]
    assert said["reason"] == "client_disabled" and said["status"] == 401 and "advice" in said
    assert one(m, "authorization_code", user="disabled")["answer"]["reason"] == "user_disabled"
    assert one(m, "authorization_code", user="locked")["answer"]["reason"] == "user_locked"
    said = one(m, "client_credentials", "--scope", "everything", user=None)["answer"]
    assert said["reason"] == "scope_unknown" and said["body"]["error"] == "invalid_scope"
    said = one(m, "password", client="app")["answer"]
    assert said["reason"].startswith("grant_") and said["said"]
    zh = m.hufu("--lang", "zh", "preview", "--client", "ended", "--issuer", "modern")[1]
    assert "会被拒绝：client_disabled：" in zh


def test_what_a_page_would_ask_first(m):
    assert [a["what"] for a in one(m, "authorization_code", client="app")["asked"]] == ["consent"]
    assert [a["what"] for a in one(m, "authorization_code", user="changes")["asked"]] == ["new_password"]
    assert one(m, "authorization_code")["asked"] == []
    m.stop()
    settings = m.conf.read_text(encoding="utf-8")
    m.conf.write_text(settings.replace('    dialect: "modern"\n', '    dialect: "modern"\n    second_factor: required\n'), encoding="utf-8")
    said = one(m, "authorization_code")
    m.conf.write_text(settings, encoding="utf-8")
    m.start()
    assert [a["what"] for a in said["asked"]] == ["second_factor"] and said["given"]


def test_only_what_is_asked_for(m):
    said = one(m, "authorization_code", "--userinfo", "--scope", "openid profile")
    assert "userinfo" in said and "introspection" not in said
    assert "introspection" in one(m, "authorization_code", "--introspection")
    all = previewed(m, "--client", "seen", "--dialect", "connect", "--user", "alice")
    assert [i["dialect"] for i in all["issuers"]] == ["connect"]
    assert {g["grant"] for i in previewed(m, "--client", "seen")["issuers"] for g in i["grants"]} == {"client_credentials"}


@pytest.mark.parametrize("args,status,says", [
    ([], 2, "--client"), (["--client", "nobody"], 1, "nobody"), (["--client", "app", "--user", "nobody"], 1, "nobody"),
    (["--client", "app", "--grant", "password"], 2, "--user"), (["--client", "app", "--grant", "ciba"], 2, "ciba"),
    (["--client", "app", "--issuer", "nowhere"], 1, "nowhere")])
def test_what_cannot_be_previewed(m, args, status, says):
    got, out, err = m.hufu("preview", *args)
    assert got == status and says in err and not out
