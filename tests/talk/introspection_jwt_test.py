"""Introspection answered by a signed JWT: RFC 9701."""
import json, time

import pytest

import talker_jwt
from talker import APP_SECRET, World, audit_of, basic, client, get, post, realm, tokens

JWT = "application/token-introspection+jwt"


def people():
    r = realm()
    r["clients"] += [client("api", APP_SECRET, scopes=["read"], grants=["client_credentials"], introspects="all"),
                     client("es", APP_SECRET, scopes=["read"], grants=["client_credentials"], introspects="all", metadata={"introspection_signed_response_alg": "ES256"}),
                     client("bad", APP_SECRET, scopes=["read"], grants=["client_credentials"], introspects="all", metadata={"introspection_signed_response_alg": "PS512"}),
                     client("stranger", APP_SECRET, scopes=["read"], grants=["client_credentials"])]
    return r


@pytest.fixture(scope="module")
def w():
    with World("modern", "connect", realms=[people()], settings={"modern": {"id_token_algs": ["RS256", "ES256"]}}) as world:
        yield world


@pytest.fixture(scope="module")
def t(w):
    return tokens(w)


def ask(w, token, who="api", secret=APP_SECRET, accept=JWT, issuer="modern", path="/introspect", **more):
    return post(w.at(issuer, path), {"token": token, **more}, {**(basic(who, secret) if who else {}), **({"Accept": accept} if accept else {})})


def keys(w):
    return get(w.at("modern", "/jwks")).json()


def told(w, r, who="api", alg="RS256"):
    assert r.status == 200 and r.get("Content-Type") == JWT and r.get("Cache-Control") == "no-store", r
    head, said = talker_jwt.header(r.text), talker_jwt.verify(r.text, keys(w))
    assert head["typ"] == "token-introspection+jwt" and head["alg"] == alg
    assert set(said) == {"iss", "aud", "iat", "token_introspection"}             # no sub, no exp: it is no token
    assert said["iss"] == w.url["modern"] and said["aud"] == who and abs(said["iat"] - time.time()) < 60
    return said["token_introspection"]


def test_the_answer_is_what_json_says(w, t):
    plain = ask(w, t["access_token"], accept="application/json").json()
    assert plain["active"] and told(w, ask(w, t["access_token"])) == plain
    assert told(w, ask(w, t["access_token"], "es"), "es", "ES256") == plain


def test_an_inactive_token_and_one_that_is_not_for_who_asks(w, t):
    assert told(w, ask(w, "nothing")) == {"active": False}
    assert told(w, ask(w, t["access_token"], "stranger"), "stranger") == {"active": False}


ACCEPT = [(JWT, True), ("application/Token-Introspection+JWT", True), ("application/json;q=0.5, %s" % JWT, True), ("%s, application/json" % JWT, True), (None, False), ("*/*", False),
          ("application/*", False), ("application/json", False), ("application/jwt", False), (JWT + ";q=0", False), ("application/json, %s;q=0.5" % JWT, False), ("x" + JWT, False)]


@pytest.mark.parametrize("accept, jwt", ACCEPT)
def test_it_is_asked_for_by_name(w, t, accept, jwt):
    r = ask(w, t["access_token"], accept=accept)
    assert r.status == 200 and (r.get("Content-Type") == JWT) == jwt, r
    assert jwt or r.json()["active"]


@pytest.mark.parametrize("who, secret, status, error", [(None, None, 401, "invalid_client"), ("api", "wrong", 401, "invalid_client"), ("nobody", "x", 401, "invalid_client")])
def test_nobody_is_given_one_without_authentication(w, t, who, secret, status, error):
    r = ask(w, t["access_token"], who, secret)
    assert r.status == status and r.json()["error"] == error and r.get("Content-Type").startswith("application/json"), r


def test_a_fault_is_json(w):
    r = post(w.at("modern", "/introspect"), {}, {**basic("api", APP_SECRET), "Accept": JWT})
    assert r.status == 400 and r.json()["error"] == "invalid_request"


def test_an_algorithm_that_the_issuer_has_no_key_for(w, t):
    r = ask(w, t["access_token"], "bad")
    assert r.status == 500 and r.body == b"", r
    assert "introspection answers are signed by an algorithm" in audit_of(w, reason="internal", client="bad")["detail"]


def test_it_is_no_access_token(w, t):
    text = ask(w, t["access_token"]).text
    assert get(w.at("modern", "/userinfo"), {"Authorization": "Bearer " + text}).status == 401
    assert told(w, ask(w, text)) == {"active": False}


def test_it_is_encrypted_for_who_has_registered_for_that(w, t):
    choose = lambda *args: w.hufu("client", "set", "api", "--realm", "main", *args)
    reader = talker_jwt.Reader()
    assert choose("--jwks", json.dumps({"keys": [reader.jwk]}), "--introspection-encryption", "RSA-OAEP-256", "--introspection-content-encryption", "A128CBC-HS256")[0] == 0
    r = ask(w, t["access_token"])
    assert r.get("Content-Type") == JWT and talker_jwt.header(r.text)["cty"] == "JWT"
    inner = reader.open(r.text)
    assert talker_jwt.header(inner)["typ"] == "token-introspection+jwt" and talker_jwt.verify(inner, keys(w))["token_introspection"]["active"]
    assert ask(w, t["access_token"], accept="application/json").json()["active"]
    assert choose("--introspection-encryption", "ECDH-ES")[0] == 0          # for which the set has no key
    assert ask(w, t["access_token"]).status == 500
    assert choose("--introspection-encryption", "")[0] == 0 and told(w, ask(w, t["access_token"]))["active"]


def test_metadata(w):
    m = get(w.at("modern", "/.well-known/openid-configuration")).json()
    assert m["introspection_signing_alg_values_supported"] == m["userinfo_signing_alg_values_supported"]
    assert m["introspection_encryption_alg_values_supported"] == m["id_token_encryption_alg_values_supported"]
    assert m["introspection_encryption_enc_values_supported"] == m["id_token_encryption_enc_values_supported"]
    assert "introspection_signing_alg_values_supported" not in get(w.at("connect", "/.well-known/openid-configuration")).json()


def test_where_the_setting_says_no_it_is_json():
    with World("modern", realms=[people()], settings={"modern": {"introspection_jwt": False}}) as v:
        r = ask(v, tokens(v)["access_token"])
        assert r.json()["active"] and "introspection_signing_alg_values_supported" not in get(v.at("modern", "/.well-known/openid-configuration")).json()
