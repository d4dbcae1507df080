"""A client that proves itself by a JWT it has signed: private_key_jwt. RFC 7523, OpenID Connect Core 9."""
import concurrent.futures, json, time, uuid

import pytest

import talker_jwt
from request_object_test import documents
from talker import APP_SECRET, World, audit_of, authorize_url, basic, client, get, post, realm, wait

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KEY, OTHER_KEY = talker_jwt.Signer("k1"), talker_jwt.Signer("k1")
JWT = {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [KEY.jwk]}}


@pytest.fixture(scope="module")
def w():
    with documents() as (base, have, asked):
        common = dict(grants=["authorization_code", "refresh_token", "client_credentials"], scopes=["read"], redirect_uris=["https://app.example/cb"], auto_approve=True)
        r = realm()
        r["clients"] += [client("signs", None, metadata=JWT, **common), client("far", None, metadata={**JWT, "jwks": None, "jwks_uri": base + "/jwks"}, **common),
                         client("ps", None, metadata={**JWT, "token_endpoint_auth_signing_alg": "PS256"}, **common),
                         client("both", APP_SECRET, metadata=JWT, **common), client("off", None, enabled=False, metadata=JWT, **common)]
        with World("modern", "connect", realms=[r], settings={"modern": {"client_documents_private": True}}) as world:
            world.have, world.asked = have, asked
            yield world


def claims(w, id="signs", **more):
    now = int(time.time())
    said = {"iss": id, "sub": id, "aud": w.url["modern"], "jti": uuid.uuid4().hex, "iat": now, "exp": now + 60, **more}
    return {k: v for k, v in said.items() if v is not None}


def ask(w, assertion, headers=None, path="/token", **more):
    fields = {"grant_type": "client_credentials", "client_assertion_type": TYPE, "client_assertion": assertion, **more}
    return post(w.at("modern", path), {k: v for k, v in fields.items() if v is not None}, headers)


def test_a_signature_is_the_client(w):
    assert "access_token" in ask(w, KEY.sign(claims(w))).json()
    assert ask(w, KEY.sign(claims(w, aud=w.at("modern", "/token"))), client_id="signs").status == 200
    assert ask(w, KEY.sign(claims(w, aud=["https://x.example", w.url["modern"]]))).status == 200
    assert ask(w, KEY.sign(claims(w, exp=time.time() + 60.5, iat=time.time()))).status == 200          # times may have a fraction
    t = ask(w, KEY.sign(claims(w, "both"))).json()["access_token"]
    r = ask(w, KEY.sign(claims(w, "both")), path="/introspect", token=t)
    assert r.json()["active"], r
    m = get(w.at("modern", "/.well-known/openid-configuration")).json()
    for member in ("token_endpoint", "introspection_endpoint", "revocation_endpoint"):
        assert "private_key_jwt" in m[member + "_auth_methods_supported"] and "RS256" in m[member + "_auth_signing_alg_values_supported"]


def test_an_assertion_that_was_used_is_so_after_a_kill():
    r = realm()
    r["clients"] += [client("signs", None, metadata=JWT, grants=["client_credentials"], scopes=["read"])]
    with World("modern", realms=[r]) as w:
        given, asked, refused = (KEY.sign({**claims(w), "exp": int(time.time()) + 3000}) for _ in range(3))
        token = ask(w, given).json()["access_token"]
        assert ask(w, asked, path="/introspect", token=token).json()["active"]
        assert ask(w, refused, grant_type="nonsense").json()["error"] == "unsupported_grant_type"
        w.stop(9)
        w.start()
        for one in (given, asked, refused):
            r = ask(w, one)
            assert r.status == 401 and audit_of(w, error_id=r.get("X-Hufu-Error-Id"))["detail"] == "it has been used before", r
        assert ask(w, asked, path="/introspect", token=token).status == 401
        assert ask(w, KEY.sign(claims(w))).status == 200
        w.turn_clock(3600)
        assert wait(lambda: ask(w, given).status == 401)        # it has expired; its row is swept


def test_of_64_threads_with_one_assertion_one_is_the_client(w):
    one = KEY.sign(claims(w))
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        got = [f.result().status for f in [pool.submit(ask, w, one) for _ in range(64)]]
    assert sorted(got) == [200] + [401] * 63


def test_a_whole_code_flow_without_a_secret(w):
    b = w.browser("modern")
    # it is confidential: the metadata of PKCE for public clients do not concern it, and its code wants its signature
    r = b.authorize(authorize_url(w, client="signs", scope="read"))
    fields = dict(grant_type="authorization_code", code=r.query()["code"], redirect_uri="https://app.example/cb", code_verifier="dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert post(w.at("modern", "/token"), {k: v for k, v in {**fields, "client_id": "signs"}.items()}).json()["error"] == "invalid_client"
    t = ask(w, KEY.sign(claims(w)), **fields)
    assert t.status == 200, t
    assert ask(w, KEY.sign(claims(w)), grant_type="refresh_token", refresh_token=t.json()["refresh_token"]).status == 200


BAD = [
    ("another's key", lambda w: OTHER_KEY.sign(claims(w))),
    ("another algorithm than registered", lambda w: KEY.sign(claims(w, "ps"))),
    ("for another", lambda w: KEY.sign(claims(w, aud="https://x.example"))),
    ("for an address that begins alike", lambda w: KEY.sign(claims(w, aud=w.url["modern"] + ".evil.example"))),
    ("for nobody", lambda w: KEY.sign(claims(w, aud=None))),
    ("without a time", lambda w: KEY.sign(claims(w, exp=None))),
    ("over", lambda w: KEY.sign(claims(w, exp=int(time.time()) - 1))),
    ("for a day", lambda w: KEY.sign(claims(w, exp=int(time.time()) + 86400))),
    ("of tomorrow", lambda w: KEY.sign(claims(w, nbf=int(time.time()) + 86400))),
    ("from before all reckoning", lambda w: KEY.sign(claims(w, nbf=-2 ** 63))),
    ("until beyond all reckoning", lambda w: KEY.sign(claims(w, exp=2 ** 63 - 1))),
    ("made tomorrow", lambda w: KEY.sign(claims(w, iat=int(time.time()) + 86400))),
    ("without jti", lambda w: KEY.sign(claims(w, jti=None))),
    ("a jti without end", lambda w: KEY.sign(claims(w, jti="x" * 300))),
    ("issued by another", lambda w: KEY.sign(claims(w, iss="both"))),
    ("about nobody", lambda w: KEY.sign(claims(w, sub=None))),
    ("no JWT", lambda w: "x"),
    ("alg none", lambda w: ".".join((talker_jwt.text(b'{"alg":"none"}'), talker_jwt.text(json.dumps(claims(w)).encode()), ""))),
    ("alg HS256 by the public key", lambda w: KEY.sign(claims(w), alg="HS256")),
    ("something critical", lambda w: KEY.sign(claims(w), crit=["x"])),
]


@pytest.mark.parametrize("what,make", BAD, ids=[what for what, _ in BAD])
def test_an_assertion_that_does_not_hold(w, what, make):
    r = ask(w, make(w))
    assert (r.status, r.json()["error"]) == (401, "invalid_client"), r
    assert audit_of(w, error_id=r.get("X-Hufu-Error-Id"))["reason"] == "client_assertion"


def test_it_counts_once(w):
    a = KEY.sign(claims(w))
    assert ask(w, a).status == 200 and ask(w, a).status == 401
    # also at another endpoint, and with another signature of the same jti
    jti = uuid.uuid4().hex
    assert ask(w, KEY.sign(claims(w, jti=jti))).status == 200 and ask(w, KEY.sign(claims(w, jti=jti, exp=int(time.time()) + 90))).status == 401
    # the jti of one client says nothing of another's
    assert ask(w, KEY.sign(claims(w, "both", jti=jti))).status == 200


def test_one_method_and_the_registered_one(w):
    both = basic("both", APP_SECRET)
    assert ask(w, None, both, client_assertion_type=None).json()["error"] == "invalid_client"      # its secret is not how it authenticates
    assert ask(w, KEY.sign(claims(w, "both")), both).json()["error"] == "invalid_request"
    assert ask(w, KEY.sign(claims(w)), client_id="both").status == 401
    assert ask(w, KEY.sign(claims(w)), client_assertion_type="urn:ietf:params:oauth:client-assertion-type:saml2-bearer").status == 401
    assert ask(w, None).status == 401 and ask(w, KEY.sign(claims(w)), client_assertion_type=None).status == 401
    assert ask(w, KEY.sign(claims(w, "nobody"))).status == 401 and ask(w, KEY.sign(claims(w, "off"))).status == 401
    for empty in ({"client_id": "signs"}, {"client_id": "signs", "client_secret": "x"}):           # no secret is not a secret
        assert post(w.at("modern", "/token"), {"grant_type": "client_credentials", **empty}).json()["error"] == "invalid_client"
    assert post(w.at("modern", "/token"), {"grant_type": "client_credentials"}, basic("signs", "")).status == 401


def test_keys_that_stand_elsewhere(w):
    assert ask(w, KEY.sign(claims(w, "far"))).status == 401
    w.have["/jwks"] = json.dumps({"keys": [KEY.jwk]})
    w.turn_clock(6)
    assert ask(w, KEY.sign(claims(w, "far"))).status == 200
    n = w.asked["/jwks"]
    assert ask(w, KEY.sign(claims(w, "far"))).status == 200 and w.asked["/jwks"] == n
    w.have["/jwks"] = json.dumps({"keys": [OTHER_KEY.jwk]})
    w.turn_clock(6)
    assert ask(w, OTHER_KEY.sign(claims(w, "far"))).status == 200 and ask(w, KEY.sign(claims(w, "far"))).status == 401


def test_who_knows_no_assertions_does_not_see_them(w):
    """The old dialects answer as they did: a parameter that nobody understands."""
    fields = {"grant_type": "client_credentials", "client_assertion_type": TYPE, "client_assertion": KEY.sign(claims(w))}
    assert post(w.at("connect", "/connect/token"), fields).json()["error"] == post(w.at("connect", "/connect/token"), {"grant_type": "client_credentials"}).json()["error"]
    assert post(w.at("connect", "/connect/token"), fields, basic("client1", "secret")).status == 200


def test_who_signs_is_shown_no_secret(w):
    """One beside the registered method would open nothing."""
    made = lambda id, *more: w.hufu("client", "create", id, "--realm", "main", "--grant", "client_credentials", "--scope", "read", *more)
    for id, more in (("by-key", ("private_key_jwt", "--jwks", json.dumps({"keys": [KEY.jwk]}))), ("by-certificate", ("tls_client_auth", "--tls-san-dns", "by.example"))):
        status, out, err = made(id, "--auth-method", *more)
        assert status == 0 and "secret" not in out, (out, err)
    for id, more in (("by-secret", ()), ("by-mac", ("--auth-method", "client_secret_jwt"))):
        assert "This secret is shown only now" in made(id, *more)[1]
    assert ask(w, KEY.sign(claims(w, "by-key"))).status == 200
    status, out, err = made("by-nothing", "--auth-method", "none")
    assert status == 1 and "public" in err, (out, err)


def test_who_signs_is_not_called_public(w):
    """Also in the lists, and where its record goes to another place and comes back."""
    shown = lambda id: w.control({"do": "client.show", "realm": "main", "id": id})["client"]["public"]
    assert not shown("by-key") and not shown("by-certificate") and not shown("by-secret")
    status, out, _ = w.hufu("client", "list", "--realm", "main", "--public", "--json")
    assert status == 0 and "by-key" not in out and "by-certificate" not in out
    status, out, _ = w.hufu("realm", "export", "--realm", "main")
    rows = {c["id"]: c for c in json.loads(out)["clients"] if c["id"].startswith("by-")}
    assert not rows["by-key"]["public"] and "secret_encoded" not in rows["by-key"]
    answer = w.control({"do": "realm.load", "realm": "copy", "clients": [rows["by-key"], rows["by-certificate"]], "users": []})
    assert answer["ok"] and [x["code"] for x in answer["warnings"]] == ["realm_unknown"], answer
    assert not w.control({"do": "client.show", "realm": "copy", "id": "by-key"})["client"]["public"]
    assert w.control({"do": "client.set", "realm": "main", "id": "by-key", "public": False})["ok"]
