"""Resource indicators (RFC 8707), registered resource servers, their documents (RFC 9728), the question of a proxy, and what an application in a
browser or on its user's machine needs at the modern issuer."""
import json, shutil, subprocess, urllib.parse

import pytest

import talker_jwt
from talker import APP_SECRET, PASSWORD, VERIFIER, World, audit_of, authorize_url, basic, bearer, client, form, get, introspect, post, realm, send, user, wait
from server import ELSEWHERE, free_ports

API, STOCK, SPRING, SECRET, CLOSED = "https://api.example", "https://stock.example/v1", "https://spring.example", "https://opaque.example", "https://closed.example"
APP = "https://app.example/cb"
RPC = {"grant_type": "client_credentials"}


def people():
    r = realm()
    grants = ["authorization_code", "refresh_token", "client_credentials"]
    r["clients"] += [
        client("shop", APP_SECRET, scopes=["openid", "profile", "read", "write"], grants=grants, redirect_uris=[APP], auto_approve=True),
        client("listed", APP_SECRET, scopes=["read", "write"], grants=grants, redirect_uris=[APP], resource_ids=[API, "https://plain.example"]),
        client("boot", APP_SECRET, scopes=["read"], grants=grants, redirect_uris=[APP], resource_ids=[SPRING]),
        client("opaque-api", APP_SECRET, grants=["client_credentials"], introspects=[SECRET]),
        client("asks", APP_SECRET, scopes=["openid", "offline_access"], grants=grants, redirect_uris=[APP]),
        client("cli", None, scopes=["openid", "read"], redirect_uris=["http://localhost/cb", "http://127.0.0.1/cb"], auto_approve=True),
        client("web", APP_SECRET, scopes=["read"], redirect_uris=["http://localhost/cb"], auto_approve=True),
        client("desk", APP_SECRET, scopes=["read"], redirect_uris=["http://localhost/cb"], auto_approve=True, metadata={"application_type": "native"}),
        client("page", None, scopes=["openid", "read"], redirect_uris=["https://page.example/cb"], origins=["https://page.example"], auto_approve=True),
    ]
    r["users"] += [user("李 雷", PASSWORD)]
    r["resource_servers"] = [
        {"id": API, "name": "Orders", "scopes": ["read"], "access_ttl_s": 120},
        {"id": STOCK},
        {"id": SPRING, "typ": "JWT", "signing_alg": "ES256"},
        {"id": SECRET, "shape": "opaque", "access_ttl_s": 600},
        {"id": CLOSED, "enabled": False},
    ]
    return r


@pytest.fixture(scope="module")
def w():
    with World("modern", "connect", realms=[people()]) as world:
        yield world


def named(fields, *resources):
    return list(fields.items()) + [("resource", r) for r in resources]


def token(w, *resources, id="shop", **more):
    return post(w.at("modern", "/token"), named({**RPC, **more}, *resources), basic(id, APP_SECRET))


def keys(w):
    return get(w.at("modern", "/jwks")).json()


def aud(w, r):
    assert r.status == 200, r
    return talker_jwt.verify(r.json()["access_token"], keys(w))["aud"]


def ask(w, *resources, **more):
    return authorize_url(w, **{"client": "shop", **more}) + "".join("&resource=" + urllib.parse.quote(r, safe="") for r in resources)


def code_for(w, *resources, browser=None, **more):
    r = (browser or w.browser("modern")).authorize(ask(w, *resources, **more))
    assert "code" in r.query(), r
    return r.query()["code"]


def exchange(w, code, *resources, id="shop", **more):
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": APP, "code_verifier": VERIFIER, **more}
    return post(w.at("modern", "/token"), named(fields, *resources), basic(id, APP_SECRET))


def again(w, text, *resources, id="shop", **more):
    return post(w.at("modern", "/token"), named({"grant_type": "refresh_token", "refresh_token": text, **more}, *resources), basic(id, APP_SECRET))


# --- RFC 8707 -----------------------------------------------------------------------------------------------------------------------------

def test_the_audience_is_what_was_asked(w):
    assert aud(w, token(w)) == w.url["modern"]
    assert aud(w, token(w, API)) == API and aud(w, token(w, API + "/")) == API
    assert aud(w, token(w, STOCK, API)) == [STOCK, API]
    assert aud(w, token(w, id="listed")) == [API, "https://plain.example"]
    assert aud(w, token(w, "https://plain.example", id="listed")) == "https://plain.example"
    assert aud(w, token(w, w.url["modern"])) == w.url["modern"] and aud(w, token(w, w.at("modern", "/userinfo"))) == w.at("modern", "/userinfo")


# what is asked: (error, description)
REFUSED = {
    "resource_malformed": (["orders"], {}, "invalid_target", "resource must be an absolute URI without a fragment"),
    "resource_malformed fragment": (["https://api.example#x"], {}, "invalid_target", "resource must be an absolute URI without a fragment"),
    "resource_unknown": (["https://evil.example"], {}, "invalid_target", "resource is unknown, or not for this client"),
    "resource_unknown disabled": ([CLOSED], {}, "invalid_target", "resource is unknown, or not for this client"),
    "resource_unknown not listed": ([STOCK], {"id": "listed"}, "invalid_target", "resource is unknown, or not for this client"),
    "resource_unknown path": (["https://stock.example"], {}, "invalid_target", "resource is unknown, or not for this client"),
    "resource_rules": ([API, SPRING], {}, "invalid_target", "these resources want different tokens; ask for one of them with resource"),
    "resource_rules shape": ([STOCK, SECRET], {}, "invalid_target", "these resources want different tokens; ask for one of them with resource"),
    "resource_scope": ([API], {"scope": "write"}, "invalid_scope", "none of the scopes is one of the resource"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_resource_is_refused(w, name):
    resources, more, error, text = REFUSED[name]
    r = token(w, *resources, **more)
    assert (r.status, r.json()["error"], r.json()["error_description"]) == (400, error, text)
    line = audit_of(w, error_id=r.get("X-Hufu-Error-Id"))
    assert line["reason"] == name.split()[0]


@pytest.mark.parametrize("name", [n for n in REFUSED if "rules" not in n])
def test_a_refusal_at_authorize_goes_to_the_application(w, name):
    resources, more, error, text = REFUSED[name]
    b = w.browser("modern")
    b.authorize(ask(w, scope="read"))
    r = b.get(ask(w, *resources, client=more.get("id", "shop"), scope=more.get("scope", "read")))
    assert r.status == 303 and r.location.startswith(APP), r
    assert (r.query()["error"], r.query()["error_description"], r.query()["state"]) == (error, text, "s1")


def test_a_resource_that_is_too_many(w):
    many = ["https://a%d.example" % i for i in range(17)]
    hufu(w, "client", "set", "listed", "--resource", " ".join([API, "https://plain.example", *many]))
    try:
        r = token(w, *many, id="listed")
        assert (r.status, r.json()["error"]) == (400, "invalid_target")
        assert audit_of(w, error_id=r.get("X-Hufu-Error-Id"))["reason"] == "resource_many"
    finally:
        hufu(w, "client", "set", "listed", "--resource", API + " https://plain.example")


def test_a_grant_is_narrowed_at_each_request_and_never_widened(w):
    code = code_for(w, API, STOCK)
    r = exchange(w, code, API)
    assert aud(w, r) == API and r.json()["scope"] == "read"
    r = again(w, r.json()["refresh_token"], STOCK)
    assert aud(w, r) == STOCK and r.json()["scope"] == "read write"
    r = again(w, r.json()["refresh_token"])
    assert aud(w, r) == [API, STOCK]
    wider = again(w, r.json()["refresh_token"], w.url["modern"])
    assert (wider.status, wider.json()["error"]) == (400, "invalid_target")
    assert audit_of(w, error_id=wider.get("X-Hufu-Error-Id"))["reason"] == "resource_wider"
    assert aud(w, again(w, r.json()["refresh_token"], API)) == API       # the refusal spent nothing


def test_a_code_says_nothing_and_the_token_request_does(w):
    assert aud(w, exchange(w, code_for(w), STOCK)) == STOCK
    assert exchange(w, code_for(w), CLOSED).json()["error"] == "invalid_target"


def test_resources_survive_a_login_and_a_consent(w):
    b = w.browser("modern")
    r = b.authorize(authorize_url(w, client="listed") + "&" + form({"resource": API}))
    assert aud(w, exchange(w, r.query()["code"], id="listed")) == API


def test_the_id_token_and_userinfo_go_by_what_was_granted(w):
    t = exchange(w, code_for(w, API, scope="openid read")).json()
    assert t["scope"] == "read" and talker_jwt.verify(t["id_token"], keys(w))["aud"] == "shop"
    assert get(w.at("modern", "/userinfo"), bearer(t["access_token"])).status == 403          # it is for the API, without openid
    t = exchange(w, code_for(w, scope="openid read")).json()
    assert get(w.at("modern", "/userinfo"), bearer(t["access_token"])).status == 200


def test_old_dialects_pass_the_parameter_over(w):
    r = post(w.at("connect", "/connect/token"), named({**RPC, "scope": "read"}, "https://evil.example#x"), basic("shop", APP_SECRET))
    assert r.status == 200, r


# --- the rules of resource servers -----------------------------------------------------------------------------------------------------------

def test_a_token_is_made_by_the_rules_of_its_resource_server(w):
    t = token(w, API).json()
    assert talker_jwt.header(t["access_token"])["typ"] == "at+jwt" and t["expires_in"] == 120
    for r in (token(w, SPRING), token(w, id="boot")):                   # named, or the only one of the client
        t = r.json()["access_token"]
        assert (talker_jwt.header(t)["typ"], talker_jwt.header(t)["alg"]) == ("JWT", "ES256")
        assert talker_jwt.verify(t, keys(w))["aud"] == SPRING
    assert introspect(w, t, client="boot")["active"]


def test_an_opaque_token_says_its_audience_to_whom_it_is_for(w):
    t = token(w, SECRET).json()
    assert "." not in t["access_token"] and t["expires_in"] == 600
    told = introspect(w, t["access_token"], client="opaque-api")
    assert told["active"] and told["aud"] == SECRET and told["scope"] == t["scope"] and told["client_id"] == "shop"
    assert not introspect(w, t["access_token"], client="boot")["active"]
    assert introspect(w, t["access_token"], client="shop")["aud"] == SECRET
    assert not introspect(w, token(w, API).json()["access_token"], client="opaque-api")["active"]
    r = post(w.at("modern", "/revoke"), {"token": t["access_token"]}, basic("shop", APP_SECRET))
    assert r.status == 200 and not introspect(w, t["access_token"], client="shop")["active"]


def test_an_opaque_token_of_a_user_ends_with_its_family(w):
    t = exchange(w, code_for(w, SECRET)).json()
    assert introspect(w, t["access_token"], client="shop")["username"] == "alice"
    post(w.at("modern", "/revoke"), {"token": t["refresh_token"]}, basic("shop", APP_SECRET))
    assert not introspect(w, t["access_token"], client="shop")["active"]


# RFC 9068 section 4, and what Spring Security and IdentityServer's handlers look at
STRICT = {
    "typ": lambda h, c, w: h["typ"] == "at+jwt", "iss": lambda h, c, w: c["iss"] == w.url["modern"], "aud": lambda h, c, w: c["aud"] == API,
    "client_id": lambda h, c, w: c["client_id"] == "shop", "sub": lambda h, c, w: c["sub"] == "shop", "scope": lambda h, c, w: c["scope"] == "read",
    "exp": lambda h, c, w: c["exp"] - c["iat"] == 120, "jti": lambda h, c, w: len(c["jti"]) > 15, "alg": lambda h, c, w: h["alg"] != "none",
    "kid": lambda h, c, w: h["kid"] in [k["kid"] for k in keys(w)["keys"]], "no nonce": lambda h, c, w: "nonce" not in c,
}


@pytest.mark.parametrize("what", STRICT)
def test_a_strict_validator_finds(w, what):
    t = token(w, API).json()["access_token"]
    assert STRICT[what](talker_jwt.header(t), talker_jwt.verify(t, keys(w)), w)


def test_an_id_token_is_no_access_token_whatever_the_type(w):
    t = exchange(w, code_for(w, scope="openid read")).json()
    assert not introspect(w, t["id_token"], client="shop")["active"]
    assert get(w.at("modern", "/userinfo"), bearer(t["id_token"])).status == 401
    assert get(w.at("modern", "/auth/verify") + "?audience=shop", bearer(t["id_token"])).status == 401
    t = token(w, SPRING).json()["access_token"]                          # typ JWT as an ID token's, and no hint
    r = w.browser("modern").get(ask(w) + "&" + form({"id_token_hint": t}))
    assert r.query()["error"] == "invalid_request"


# --- commands -----------------------------------------------------------------------------------------------------------------------------

def test_the_command_line(w):
    made = json.loads(hufu(w, "--json", "resource", "create", "https://cli.example", "--name", "Tools", "--scope", "a b", "--typ", "JWT", "--access-ttl", "15m"))["resource"]
    assert (made["scopes"], made["typ"], made["access_ttl_s"], made["shape"], made["enabled"]) == (["a", "b"], "JWT", 900, "", True)
    assert aud(w, token(w, STOCK)) == STOCK and token(w, "https://cli.example").json()["error"] == "invalid_scope"
    hufu(w, "resource", "set", "https://cli.example", "--scope", "")
    assert aud(w, token(w, "https://cli.example")) == "https://cli.example"         # in force when the command returns
    assert "Tools" in hufu(w, "resource", "list") and "JWT" in hufu(w, "resource", "show", "https://cli.example")
    hufu(w, "resource", "set", "https://cli.example", "--disable")
    assert token(w, "https://cli.example").json()["error"] == "invalid_target"
    exported = json.loads(hufu(w, "realm", "export"))
    assert {r["id"]: r["enabled"] for r in exported["resource_servers"]}["https://cli.example"] is False
    hufu(w, "resource", "delete", "https://cli.example")
    assert [r["id"] for r in json.loads(hufu(w, "--json", "resource", "list"))["resources"]] == sorted([API, STOCK, SPRING, SECRET, CLOSED])
    done = [r["event"] for r in records(w) if r.get("resource") == "https://cli.example"]
    assert done == ["resource.create", "resource.set", "resource.set", "resource.delete"]


def records(w):
    return [json.loads(line) for line in w.log().splitlines() if '"level":"record"' in line]


def hufu(w, *args):
    status, out, err = w.hufu(*args)
    assert status == 0, err
    return out


@pytest.mark.parametrize("fields, said", [
    ({"id": "https://x.example#y"}, "fragment"), ({"id": "a b"}, "visible ASCII"), ({}, "is needed"),
    ({"id": "https://x.example", "typ": "bogus"}, "at+jwt or JWT"), ({"id": "https://x.example", "signing_alg": "none"}, "signing algorithm"),
    ({"id": "https://x.example", "shape": "paper"}, "jwt or opaque"), ({"id": "https://x.example", "access_ttl_s": 0}, "must expire"),
    ({"id": "https://x.example", "shape": "opaque", "typ": "JWT"}, "neither typ nor algorithm"), ({"id": API}, "already"),
    ({"id": "https://x.example", "color": "red"}, "no field"),
])
def test_a_resource_server_that_cannot_be(w, fields, said):
    r = w.control({"do": "resource.create", "realm": "main", **fields})
    assert said in r["error"], r


def test_a_resource_id_that_no_request_can_name(w):
    r = w.control({"do": "resource.create", "realm": "main", "id": "orders"})
    assert [x["code"] for x in r["warnings"]] == ["resource_no_uri"]
    assert w.control({"do": "resource.delete", "realm": "main", "id": "orders"})["ok"]
    assert "no resource server" in w.control({"do": "resource.show", "realm": "main", "id": "orders"})["error"]


# --- RFC 9728 -----------------------------------------------------------------------------------------------------------------------------

WELL_KNOWN = "/.well-known/oauth-protected-resource"


def test_the_documents_of_protected_resources(w):
    d = get(w.at("modern", WELL_KNOWN)).json()
    assert d["resource"] == w.url["modern"] and d["authorization_servers"] == [w.url["modern"]] and "openid" in d["scopes_supported"]
    d = get(w.at("modern", WELL_KNOWN + "/userinfo")).json()
    assert d["resource"] == w.at("modern", "/userinfo") and d["bearer_methods_supported"] == ["header", "body"]
    r = get(w.at("modern", WELL_KNOWN) + "?" + form({"resource": API}), {"Origin": "https://x.example"})
    d = r.json()
    assert d.pop("dpop_signing_alg_values_supported") == get(w.at("modern", "/.well-known/openid-configuration")).json()["dpop_signing_alg_values_supported"]
    assert d == {"resource": API, "authorization_servers": [w.url["modern"]], "scopes_supported": ["read"], "bearer_methods_supported": ["header"],
                        "resource_name": "Orders"}
    assert r.get("Access-Control-Allow-Origin") == "*" and audit_of(w, endpoint="protected_resource")["status"] == 200
    for unknown in (CLOSED, "https://evil.example", "x"):
        assert get(w.at("modern", WELL_KNOWN) + "?" + form({"resource": unknown})).status == 404


def test_the_metadata_name_the_resource_servers(w):
    m = lambda: get(w.at("modern", "/.well-known/openid-configuration")).json()
    listed = m()["protected_resources"]
    assert listed == sorted(listed) and all(r.startswith("https://") for r in listed)
    assert w.hufu("resource", "create", "https://listed.example/x")[0] == 0 and "https://listed.example/x" in m()["protected_resources"]
    assert w.hufu("resource", "set", "https://listed.example/x", "--disable")[0] == 0 and m()["protected_resources"] == listed
    assert w.hufu("resource", "delete", "https://listed.example/x")[0] == 0
    with World("modern", "connect", settings={"modern": {"resources_are_listed": False}}) as v:
        assert v.hufu("resource", "create", "https://listed.example/x")[0] == 0
        for d, path in (("modern", ""), ("connect", "")):
            assert "protected_resources" not in get(v.at(d, "/.well-known/openid-configuration")).json()


def test_a_refused_token_is_told_where_to_get_one(w):
    for r in (get(w.at("modern", "/userinfo")), get(w.at("modern", "/userinfo"), bearer("nonsense"))):
        assert r.status == 401 and 'resource_metadata="%s"' % w.at("modern", WELL_KNOWN + "/userinfo") in r.get("WWW-Authenticate")
    assert "resource_metadata" not in get(w.at("connect", "/connect/userinfo")).get("WWW-Authenticate", "")


# --- /auth/verify -------------------------------------------------------------------------------------------------------------------------

def verify(w, text=None, method="GET", **query):
    return send(method, w.at("modern", "/auth/verify") + "?" + form(query), None, bearer(text) if text else None)


def test_a_proxy_asks_about_a_token(w):
    t = exchange(w, code_for(w, STOCK)).json()["access_token"]
    for method in ("GET", "HEAD"):
        r = verify(w, t, method, audience=STOCK, scope="read write")
        assert r.status == 200 and r.body == b"", r
        assert (r.get("X-Auth-Request-User"), r.get("X-Forwarded-User"), r.get("X-Auth-Scope"), r.get("X-Auth-Client")) == ("alice", "alice", "read write", "shop")
        assert r.get("X-Auth-Subject") == talker_jwt.claims(t)["sub"] and r.get("Cache-Control") == "no-store"
    r = verify(w, token(w, STOCK).json()["access_token"], audience=STOCK)            # of nobody: no user, though a client might be called like one
    assert (r.status, r.get("X-Auth-Request-User"), r.get("X-Forwarded-User"), r.get("X-Auth-Client")) == (200, None, None, "shop")


def test_a_name_goes_into_a_field_as_ascii(w):
    b = w.browser("modern")
    t = exchange(w, b.authorize(ask(w, STOCK), "李 雷").query()["code"]).json()["access_token"]
    r = verify(w, t, audience=STOCK)
    assert r.get("X-Auth-Request-User") == urllib.parse.quote("李 雷")


BEARER = {
    "no token": (lambda w: None, {}, 401, None),
    "nonsense": (lambda w: "nonsense", {}, 401, "invalid_token"),
    "bearer_audience": (lambda w: token(w, STOCK).json()["access_token"], {"audience": API}, 401, "invalid_token"),
    "bearer_audience of the issuer": (lambda w: token(w, STOCK).json()["access_token"], {}, 401, "invalid_token"),
    "bearer_scope": (lambda w: token(w, API).json()["access_token"], {"audience": API, "scope": "read write"}, 403, "insufficient_scope"),
    "a refresh token": (lambda w: exchange(w, code_for(w, STOCK)).json()["refresh_token"], {"audience": STOCK}, 401, "invalid_token"),
}


def test_who_shows_nothing_is_told_of_no_error(w):
    """RFC 6750 section 3.1; a token that is none, empty or of another scheme is another matter only where there is a token."""
    for path in ("/userinfo", "/auth/verify"):
        for head in ({}, {"Authorization": "Bearer"}, {"Authorization": "Bearer "}, {"Authorization": "Negotiate x"}, {"Authorization": "DPoP "}):
            r = get(w.at("modern", path), head)
            said = r.all("WWW-Authenticate")
            assert r.status == 401 and r.body == b"" and said[0].startswith('Bearer realm="') and not any("error" in v for v in said), (path, head, r)
            assert audit_of(w, error_id=r.get("X-Hufu-Error-Id"))["reason"] == "bearer"
        r = get(w.at("modern", path), {"Authorization": "Bearer x"})
        assert r.status == 401 and 'error="invalid_token"' in r.get("WWW-Authenticate"), r


@pytest.mark.parametrize("name", BEARER)
def test_a_proxy_is_told_no(w, name):
    of, query, status, error = BEARER[name]
    r = verify(w, of(w), **query)
    assert r.status == status and r.body == b"" and ('error="%s"' % error if error else 'Bearer realm="') in r.get("WWW-Authenticate"), r
    assert error or "error" not in r.get("WWW-Authenticate")
    assert r.get("X-Auth-Request-User") is None and r.get("X-Auth-Subject") is None
    if name.startswith("bearer_"):
        assert audit_of(w, error_id=r.get("X-Hufu-Error-Id"))["reason"] == name.split()[0]
    if status == 403:
        assert 'scope="read write"' in r.get("WWW-Authenticate")
    if query.get("audience") == API and status == 401:
        assert 'resource_metadata="https://api.example/.well-known/oauth-protected-resource"' in r.get("WWW-Authenticate")
    if query.get("audience") == STOCK:
        assert 'resource_metadata="https://stock.example/.well-known/oauth-protected-resource/v1"' in r.get("WWW-Authenticate")


def test_the_question_of_a_proxy_is_a_get_with_the_token_in_its_field(w):
    t = token(w).json()["access_token"]
    assert verify(w, t).status == 200
    assert send("POST", w.at("modern", "/auth/verify"), {"access_token": t}).status == 405
    assert get(w.at("modern", "/auth/verify") + "?access_token=" + t).status == 401


NGINX = """daemon off; master_process off; worker_processes 1; pid %(dir)s/pid; error_log %(dir)s/error.log;
events { worker_connections 64; }
http {
  access_log off; client_body_temp_path %(dir)s/body; proxy_temp_path %(dir)s/proxy; fastcgi_temp_path %(dir)s/fcgi; uwsgi_temp_path %(dir)s/uwsgi; scgi_temp_path %(dir)s/scgi;
  server {
    listen 127.0.0.1:%(front)d;
    location /api/ {
      auth_request /_verify;
      auth_request_set $user $upstream_http_x_auth_request_user;
      auth_request_set $scope $upstream_http_x_auth_scope;
      proxy_set_header X-Forwarded-User $user;
      proxy_set_header X-Auth-Scope $scope;
      proxy_pass http://127.0.0.1:%(back)d/;
    }
    location = /_verify {
      internal;
      proxy_pass %(issuer)s/auth/verify?audience=https%%3A%%2F%%2Fapi.example&scope=read;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
    }
    location = /.well-known/oauth-protected-resource {
      proxy_pass %(issuer)s/.well-known/oauth-protected-resource?resource=https%%3A%%2F%%2Fapi.example;
    }
  }
  server {
    listen 127.0.0.1:%(back)d;
    location / { return 200 "user=$http_x_forwarded_user scope=$http_x_auth_scope\\n"; }
  }
}
"""


@pytest.mark.skipif(shutil.which("nginx", path="/usr/sbin:/usr/bin") is None, reason="no nginx here: tools/install test")
def test_nginx_asks_before_it_lets_a_request_through(w, tmp_path):
    front, back = free_ports(2)
    conf = tmp_path / "nginx.conf"
    conf.write_text(NGINX % {"dir": tmp_path, "front": front, "back": back, "issuer": w.url["modern"]})
    p = subprocess.Popen([shutil.which("nginx", path="/usr/sbin:/usr/bin"), "-p", str(tmp_path), "-e", str(tmp_path / "error.log"), "-c", str(conf)],
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    at = "http://127.0.0.1:%d" % front
    try:
        def up():
            try:
                return get(at + "/.well-known/oauth-protected-resource").json()
            except OSError:
                return None
        wait(up)
        assert up()["resource"] == API
        t = exchange(w, code_for(w, API)).json()["access_token"]
        r = get(at + "/api/orders", {**bearer(t), "X-Forwarded-User": "root"})
        assert (r.status, r.text) == (200, "user=alice scope=read\n"), r
        assert post(at + "/api/orders", {"a": "b"}, bearer(t)).text == "user=alice scope=read\n"
        r = get(at + "/api/orders", {**bearer(token(w, API).json()["access_token"]), "X-Forwarded-User": "root"})
        assert r.text == "user= scope=read\n"                            # what the request itself claimed is gone
        r = get(at + "/api/orders")
        assert r.status == 401 and "resource_metadata" in r.get("WWW-Authenticate")
        assert get(at + "/api/orders", bearer(token(w, STOCK).json()["access_token"])).status == 401
        assert get(at + "/_verify").status == 404
    finally:
        p.terminate()
        p.wait()


# --- native applications, and those in a browser ---------------------------------------------------------------------------------------------

@pytest.mark.parametrize("id, uri, good", [
    ("cli", "http://localhost:53123/cb", True), ("cli", "http://127.0.0.1:53123/cb", True), ("cli", "http://localhost/cb", True),
    ("desk", "http://localhost:53123/cb", True), ("web", "http://localhost/cb", True), ("web", "http://localhost:53123/cb", False),
    ("cli", "http://localhost:53123/other", False), ("cli", "http://localhost:53123/cb?x=1", False), ("cli", "https://localhost:53123/cb", False),
    ("cli", "http://localhost.evil.example:53123/cb", False), ("cli", "http://localhost:53123@evil.example/cb", False), ("cli", "http://localhost:53123evil.example/cb", False),
    ("cli", "http://[::1]:53123/cb", False), ("cli", "http://127.0.0.2:53123/cb", False), ("cli", "http://localhost:/cb", False), ("desk", "http://127.0.0.1:53123/cb", False),
])
def test_a_native_application_listens_on_any_port(w, id, uri, good):
    b = w.browser("modern")
    r = b.authorize(ask(w, scope="read"))
    r = b.get(ask(w, client=id, redirect_uri=uri, scope="read"))
    assert (r.status == 303 and r.location.startswith(uri + "?code=")) if good else r.status == 400, r


def test_localhost_on_any_port_is_of_the_modern_issuer(w):
    r = w.browser("connect").get(w.at("connect", "/connect/authorize") + "?" + form({"response_type": "code", "client_id": "cli", "redirect_uri": "http://localhost:53123/cb", "scope": "read"}))
    assert r.status != 303 or not r.location.startswith("http://localhost:53123/cb"), r


ORIGIN = "https://page.example"


def test_an_application_in_a_browser_reaches_what_it_needs(w):
    head = {"Origin": ORIGIN}
    for path, method in (("/token", "POST"), ("/userinfo", "GET"), ("/revoke", "POST")):
        asked = {**head, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": "authorization,content-type"}
        r = send("OPTIONS", w.at("modern", path), None, asked)
        assert r.status == 204 and r.get("Access-Control-Allow-Origin") == ORIGIN and method in r.get("Access-Control-Allow-Methods"), path
        assert send("OPTIONS", w.at("modern", path), None, {**asked, "Origin": "https://evil.example"}).get("Access-Control-Allow-Origin") is None
    code = w.browser("modern").authorize(ask(w, client="page", redirect_uri=ORIGIN + "/cb", scope="openid read")).query()["code"]
    r = post(w.at("modern", "/token"), {"grant_type": "authorization_code", "client_id": "page", "code": code, "redirect_uri": ORIGIN + "/cb", "code_verifier": VERIFIER}, head)
    assert r.status == 200 and r.get("Access-Control-Allow-Origin") == ORIGIN and not r.all("Set-Cookie")
    t = r.json()
    assert get(w.at("modern", "/userinfo"), {**head, **bearer(t["access_token"])}).get("Access-Control-Allow-Origin") == ORIGIN
    r = get(w.at("modern", "/userinfo"), {**head, **bearer("nonsense")})
    assert r.get("Access-Control-Allow-Origin") == ORIGIN and r.get("Access-Control-Expose-Headers") == "WWW-Authenticate, DPoP-Nonce"
    for path in ("/jwks", "/.well-known/openid-configuration", WELL_KNOWN, WELL_KNOWN + "/userinfo"):
        assert get(w.at("modern", path), head).get("Access-Control-Allow-Origin") == "*"
    r = post(w.at("modern", "/token"), {"grant_type": "refresh_token", "client_id": "page", "refresh_token": t["refresh_token"]}, head)
    assert r.status == 200 and r.get("Access-Control-Allow-Origin") == ORIGIN
    gone = post(w.at("modern", "/revoke"), {"client_id": "page", "token": r.json()["refresh_token"]}, head)
    assert gone.status == 200 and gone.get("Access-Control-Allow-Origin") == ORIGIN
    assert get(w.at("modern", "/auth/verify"), head).get("Access-Control-Allow-Origin") is None


def test_rotation_does_not_lengthen_the_life_of_a_family():
    with World("modern", settings={"modern": {"refresh_ttl_s": 3600, "access_ttl_s": 60}}, realms=[people()]) as w:
        code = w.browser("modern").authorize(ask(w, client="page", redirect_uri=ORIGIN + "/cb", scope="read")).query()["code"]
        t = post(w.at("modern", "/token"), {"grant_type": "authorization_code", "client_id": "page", "code": code, "redirect_uri": ORIGIN + "/cb", "code_verifier": VERIFIER}).json()
        for _ in range(4):
            w.turn_clock(15 * 60 - 10)
            r = post(w.at("modern", "/token"), {"grant_type": "refresh_token", "client_id": "page", "refresh_token": t["refresh_token"]})
            assert r.status == 200, r
            assert r.json()["refresh_token"] != t["refresh_token"]
            t = r.json()
        w.turn_clock(60)                                                 # an hour and ten seconds after it began, 70 after the last rotation
        r = post(w.at("modern", "/token"), {"grant_type": "refresh_token", "client_id": "page", "refresh_token": t["refresh_token"]})
        assert (r.status, r.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize("resources, more, said", [
    (["https://evil.example"], {}, "hufu resource list"), ([API, SPRING], {}, "hufu resource set URI"), ([API], {"scope": "write"}, "hufu resource set URI --scope"),
])
def test_a_refusal_is_explained(w, resources, more, said):
    r = token(w, *resources, **more)
    assert said in hufu(w, "explain", r.get("X-Hufu-Error-Id"), "--log", str(w.log_path))


# --- the page on which the user allows it ---

def consent_page(w, *resources, client="listed", scope="read", **more):
    b = w.browser("modern")
    r = b.follow(b.login(b.follow(b.get(ask(w, *resources, client=client, scope=scope, prompt="consent", **more))), "alice", PASSWORD))
    assert r.form("consent-form"), r
    return r.text


def test_the_consent_page_names_the_resource_servers(w):
    page = consent_page(w, API, "https://plain.example")
    assert '<bdi class="resource-name">Orders</bdi> <code>https://api.example</code>' in page
    assert '<li class="resource"><code>https://plain.example</code></li>' in page
    assert 'class="resource"' not in consent_page(w)


def test_the_consent_page_says_for_how_long_and_whether_offline(w):
    page = consent_page(w)
    assert "remembered for 30 days" in page and 'class="offline"' not in page
    page = consent_page(w, client="asks", scope="openid offline_access")
    assert 'class="offline"' in page and "after you have signed out" in page and "asked again next time" in page
    page = consent_page(w, client="asks", scope="openid offline_access", ui_locales="zh-CN")
    assert "下次仍会询问您" in page and "在您退出登录后" in page
    assert "30 天" in consent_page(w, ui_locales="zh-CN")


@pytest.mark.parametrize("ttl, words", [(0, "until it is withdrawn"), ("90s", "for 90 seconds"), ("2h", "for 2 hours"), ("47h", "for 47 hours"), ("48h", "for 2 days")])
def test_the_time_on_the_consent_page_is_the_settings(ttl, words):
    with World("modern", realms=[people()], settings={"modern": {"approval_ttl_s": ttl}}) as world:
        assert words in consent_page(world)


# --- what is remembered of it ---

def allowed(w, b, *resources, **more):
    """Asked and allowed, or not asked at all: True, False."""
    r = b.follow(b.get(ask(w, *resources, client="listed", scope="read", **more)))
    if "login-submit" in r.text:
        r = b.follow(b.login(r, "bob", PASSWORD))
    if "code" in r.query():
        return False
    assert "code" in b.decide(r).query()
    return True


def consents(w, user="bob"):
    return json.loads(w.hufu("--json", "consent", "list", "--user", user, "--realm", "main")[1])["approvals"]


def test_a_consent_is_for_the_resources_that_it_named():
    with World("modern", realms=[people()]) as w:
        b = w.browser("modern")
        assert allowed(w, b, API) and not allowed(w, b, API)
        assert allowed(w, b, API, "https://plain.example") and not allowed(w, b, "https://plain.example")
        assert [(a["client"], a["scopes"], sorted(a["resources"])) for a in consents(w)] == [("listed", ["read"], [API, "https://plain.example"])]
        assert allowed(w, b) and not allowed(w, b), "one that names nothing is for everything"
        assert "*" in consents(w)[0]["resources"]
        out = w.hufu("consent", "list", "--client", "listed", "--realm", "main")[1]
        assert "bob" in out and API in out and "\\" not in out


def test_what_was_allowed_before_resources_were_remembered_holds_for_all():
    with World("modern", realms=[people()]) as w:
        b = w.browser("modern")
        assert allowed(w, b)
        w.stop()
        w.change("DELETE FROM approvals WHERE substr(scope, 1, 1) = chr(92)" if ELSEWHERE else "DELETE FROM approvals WHERE substr(scope, 1, 1) = char(92)")
        w.start()
        assert not allowed(w, b, API) and not allowed(w, b)


@pytest.mark.parametrize("daemon", [True, False])
def test_a_withdrawn_consent_ends_what_rests_on_it_and_is_asked_again(daemon):
    with World("modern", realms=[people()]) as w:
        b = w.browser("modern")
        r = b.follow(b.login(b.follow(b.get(ask(w, client="listed", scope="read"))), "bob", PASSWORD))
        t = exchange(w, b.decide(r).query()["code"], id="listed").json()
        waiting = b.follow(b.get(ask(w, client="listed", scope="read", prompt="consent")))
        assert waiting.form("consent-form")
        if not daemon:
            w.stop()
        status, out, err = w.hufu("consent", "withdraw", "--user", "bob", "--client", "listed", "--realm", "main")
        assert status == 0, (out, err)
        if not daemon:
            w.start()
        assert again(w, t["refresh_token"], id="listed").json()["error"] == "invalid_grant"
        assert introspect(w, t["access_token"], client="listed")["active"] is False
        r = b.follow(b.decide(waiting))
        assert "code" not in r.query() and r.form("consent-form"), "a page that was open before does not undo it"
        assert allowed(w, b), "the next request asks"
        assert "no such approval" in w.hufu("consent", "withdraw", "--user", "alice", "--realm", "main")[2]
