"""What a client has registered (RFC 7591): kept by the command line, a load and an export, and kept to by the issuer."""
import json

import pytest

import talker_jwt
from talker import APP_SECRET, PASSWORD, World, authorize_url, basic, client, get, post, realm, redeem, user

NONCE = "n-0S6_WzA2Mj"
CB = "https://app.example/cb"
BEGAN = {"default_max_age": 3600, "contacts": ["ops@app.example"]}


def people():
    r = realm()
    r["clients"] += [client("shop", APP_SECRET, scopes=["openid"], redirect_uris=[CB], metadata=BEGAN),
                     client("till", APP_SECRET, scopes=["openid"], redirect_uris=[CB]), client("page", None, scopes=["openid"], redirect_uris=[CB])]
    r["users"] += [user("carol", PASSWORD)]
    return r


@pytest.fixture(scope="module")
def w():
    with World("modern", realms=[people()]) as world:
        yield world


def run(w, id, *args):
    return w.hufu("client", "set", id, "--realm", "main", *args, "--json")


def registered(w, id, *args):
    status, out, err = run(w, id, *args)
    assert status == 0, (out, err)
    return json.loads(out)["client"]["metadata"]


def url(w, **more):
    return authorize_url(w, **{"client": "till", "scope": "openid", "nonce": NONCE, "code_challenge": None, "code_challenge_method": None, **more})


def id_token(w, b, **more):
    r = b.authorize(url(w, **more), "carol")
    return talker_jwt.claims(redeem(w, r.query()["code"], client="till", code_verifier=None).json()["id_token"])


def test_the_command_line_keeps_what_is_registered(w):
    assert registered(w, "shop") == BEGAN
    m = registered(w, "shop", "--post-logout-redirect-uri", "https://app.example/bye", "--post-logout-redirect-uri", "https://app.example/out", "--contact", "",
                   "--policy-uri", "https://app.example/policy", "--backchannel-logout-session", "true")
    assert m == {"policy_uri": "https://app.example/policy", "default_max_age": 3600, "backchannel_logout_session_required": True,
                 "post_logout_redirect_uris": ["https://app.example/bye", "https://app.example/out"]}
    for lang, label in (("en", "privacy policy"), ("zh", "隐私政策")):
        assert label in w.hufu("--lang", lang, "client", "show", "shop", "--realm", "main")[1]
    for option, value, words in (("--policy-uri", "javascript:x", "metadata.policy_uri must be an address"), ("--subject-type", "x", "must be public or pairwise"),
                                 ("--backchannel-logout-session", "maybe", "must be true or false"), ("--jwks", "[]", "object"), ("--default-max-age", "soon", "whole number")):
        status, out, err = run(w, "shop", option, value)
        assert status and words in out + err, (option, out, err)
    assert "metadata.colour is not known" in str(w.control({"do": "client.set", "realm": "main", "id": "shop", "metadata": {"colour": 1}}))
    assert registered(w, "shop") == m
    rows = w.control({"do": "realm.export", "realm": "main", "what": "clients", "secrets": True})["clients"]
    assert next(c for c in rows if c["id"] == "shop")["metadata"] == m
    assert registered(w, "shop", "--policy-uri", "", "--post-logout-redirect-uri", "", "--backchannel-logout-session", "", "--default-max-age", "") == {}
    w.control({"do": "realm.load", "realm": "main", "clients": rows})
    assert registered(w, "shop") == m


def test_a_client_authenticates_as_it_has_registered(w):
    cc = {"grant_type": "client_credentials"}
    form = {**cc, "client_id": "till", "client_secret": APP_SECRET}
    at = w.at("modern", "/token")
    try:
        registered(w, "till", "--grant", "client_credentials", "--grant", "authorization_code", "--auth-method", "client_secret_post")
        assert post(at, form).status == 200
        r = post(at, cc, basic("till", APP_SECRET))
        assert r.status == 401 and r.json()["error"] == "invalid_client", r
        registered(w, "till", "--auth-method", "client_secret_basic")
        assert post(at, cc, basic("till", APP_SECRET)).status == 200 and post(at, form).json()["error"] == "invalid_client"
    finally:
        registered(w, "till", "--auth-method", "")
    assert post(at, form).status == 200 and post(at, cc, basic("till", APP_SECRET)).status == 200


def test_its_own_rule_for_pkce_is_never_weaker_for_a_public_client(w):
    b = w.browser("modern")
    try:
        assert "code_challenge" in b.get(url(w, nonce=None)).query()["error_description"]
        registered(w, "till", "--pkce", "when_sent")
        assert "code" in b.authorize(url(w, nonce=None), "carol").query()
        registered(w, "till", "--pkce", "required")
        assert "code_challenge" in b.get(url(w)).query()["error_description"]
        registered(w, "page", "--pkce", "when_sent")
        assert "code_challenge" in b.get(url(w, client="page")).query()["error_description"]
    finally:
        registered(w, "till", "--pkce", "")


def test_max_age_and_auth_time_may_be_registered():
    with World("modern", realms=[people()], settings={"modern": {"session_idle_s": 7200}}) as w:
        b = w.browser("modern")
        registered(w, "till", "--require-auth-time", "true", "--default-max-age", "600")
        first = id_token(w, b)["auth_time"]
        w.turn_clock(300)
        assert id_token(w, b)["auth_time"] == first
        w.turn_clock(600)
        assert get(url(w, prompt="none")).query()["error"] == "login_required"
        page = b.follow(b.get(url(w)))
        assert page.form("password")
        assert "code" in b.get(url(w, max_age="7200")).query()


def test_response_types_and_the_algorithm_of_its_id_tokens_may_be_registered():
    settings = {"modern": {"signing_alg": "ES256", "id_token_algs": "ES256 RS256 PS384 EdDSA"}}
    with World("modern", realms=[people()], settings=settings) as w:
        keys = get(w.at("modern", "/jwks")).json()
        b = w.browser("modern")
        for alg in ("RS256", "PS384", "EdDSA", ""):
            registered(w, "till", "--id-token-alg", alg)
            t = redeem(w, b.authorize(url(w), "carol").query()["code"], client="till", code_verifier=None).json()
            assert talker_jwt.header(t["id_token"])["alg"] == (alg or "ES256") and talker_jwt.header(t["access_token"])["alg"] == "ES256"
            assert talker_jwt.verify(t["id_token"], keys)["at_hash"]
        w.hufu("client", "set", "till", "--realm", "main", "--grant", "authorization_code", "--grant", "implicit", "--response-type", "code id_token")
        assert b.get(url(w)).query()["error"] == "unauthorized_client"
        assert "code=" in b.authorize(url(w, response_type="id_token code"), "carol").location


def test_userinfo_is_signed_for_who_registered_that(w):
    registered(w, "till", "--userinfo-alg", "RS256")
    b = w.browser("modern")
    token = redeem(w, b.authorize(url(w), "carol").query()["code"], client="till", code_verifier=None).json()
    r = get(w.at("modern", "/userinfo"), {"Authorization": "Bearer " + token["access_token"]})
    assert r.status == 200 and r.get("Content-Type") == "application/jwt", r
    said = talker_jwt.verify(r.text, get(w.at("modern", "/jwks")).json())
    assert (said["iss"], said["aud"], said["sub"]) == (w.url["modern"], "till", talker_jwt.claims(token["id_token"])["sub"])
    assert talker_jwt.header(r.text)["alg"] == "RS256"
    # an algorithm that the issuer has no key for
    registered(w, "till", "--userinfo-alg", "ES512")
    assert get(w.at("modern", "/userinfo"), {"Authorization": "Bearer " + token["access_token"]}).status == 500
    registered(w, "till", "--userinfo-alg", "")
    r = get(w.at("modern", "/userinfo"), {"Authorization": "Bearer " + token["access_token"]})
    assert r.get("Content-Type") == "application/json" and r.json()["sub"] == said["sub"] and "iss" not in r.json()
    assert "RS256" in get(w.at("modern", "/.well-known/openid-configuration")).json()["userinfo_signing_alg_values_supported"]


def test_userinfo_and_id_tokens_are_encrypted_for_who_registered_that(w):
    reader, keys = talker_jwt.Reader(), get(w.at("modern", "/jwks")).json()
    registered(w, "till", "--jwks", json.dumps({"keys": [reader.jwk]}), "--userinfo-encryption", "RSA-OAEP-256", "--id-token-encryption", "RSA-OAEP-256")
    try:
        b = w.browser("modern")
        token = redeem(w, b.authorize(url(w), "carol").query()["code"], client="till", code_verifier=None).json()
        sub = talker_jwt.verify(reader.open(token["id_token"]), keys)["sub"]
        ask = lambda: get(w.at("modern", "/userinfo"), {"Authorization": "Bearer " + token["access_token"]})
        r = ask()
        assert r.get("Content-Type") == "application/jwt" and "cty" not in talker_jwt.header(r.text)
        assert json.loads(reader.open(r.text))["sub"] == sub
        registered(w, "till", "--userinfo-alg", "RS256")
        r = ask()
        assert talker_jwt.header(r.text)["cty"] == "JWT" and talker_jwt.verify(reader.open(r.text), keys)["sub"] == sub
        registered(w, "till", "--jwks", "")
        assert ask().status == 500
    finally:
        registered(w, "till", "--jwks", "", "--userinfo-encryption", "", "--id-token-encryption", "", "--userinfo-alg", "")
