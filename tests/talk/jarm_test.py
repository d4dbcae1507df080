"""Authorization responses as one JWT: JWT Secured Authorization Response Mode for OAuth 2.0 (JARM)."""
import time

import pytest

import talker_jwt
from talker import APP_SECRET, PASSWORD, World, audit_of, authorize_url, basic, client, form, get, post, realm, redeem

CB = "https://app.example/cb"
HYBRID = ["authorization_code", "refresh_token", "implicit"]
ALGS = ["RS256", "PS256", "ES256", "EdDSA"]


def people():
    r = realm()
    common = dict(scopes=["openid", "read"], redirect_uris=[CB], grants=HYBRID)
    r["clients"] += [client("shop", APP_SECRET, auto_approve=True, **common), client("asks", APP_SECRET, **common),
                     client("none", APP_SECRET, auto_approve=True, metadata={"authorization_signed_response_alg": "ES512"}, **common)]
    r["clients"] += [client("by" + a, APP_SECRET, auto_approve=True, metadata={"authorization_signed_response_alg": a}, **common) for a in ALGS]
    return r


@pytest.fixture(scope="module")
def w():
    with World("modern", "connect", realms=[people()], settings={"modern": {"id_token_algs": ALGS}}) as world:
        yield world


@pytest.fixture(scope="module")
def b(w):
    b = w.browser("modern")
    assert "code" in b.authorize(url(w)).query()
    return b


def url(w, **more):
    return authorize_url(w, **{"client": "shop", "scope": "openid read", "nonce": "n1", **more})


def claims(w, token, aud="shop", alg="RS256"):
    """What the answer says, once it is right."""
    assert talker_jwt.verify(token, get(w.at("modern", "/jwks")).json())
    head, c = talker_jwt.header(token), talker_jwt.claims(token)
    assert head["alg"] == alg and head["typ"] == "JWT" and head["kid"]
    assert c.pop("iss") == w.url["modern"] and c.pop("aud") == aud and 0 < c.pop("exp") - time.time() <= 600
    return c


def answer(w, r, mark, **more):
    assert r.location.startswith(CB + mark) and list(r.query()) == ["response"], r
    return claims(w, r.query()["response"], **more)


@pytest.mark.parametrize("mode,mark", [("jwt", "?"), ("query.jwt", "?"), ("fragment.jwt", "#")])
def test_a_code_comes_in_a_jwt(w, b, mode, mark):
    c = answer(w, b.get(url(w, response_mode=mode, state='s "1"')), mark)
    assert set(c) == {"code", "state", "session_state"} and c["state"] == 's "1"'
    assert redeem(w, c["code"], client="shop").status == 200


def test_by_a_form(w, b):
    f = b.get(url(w, response_mode="form_post.jwt")).form("form-post")
    (name, token, _, _), = [field for field in f["fields"] if field[0]]
    assert f["action"] == CB and name == "response" and claims(w, token)["code"]


@pytest.mark.parametrize("kind", ["id_token", "token", "id_token token", "code id_token", "code token", "code id_token token"])
def test_tokens_never_stand_in_a_query(w, b, kind):
    c = answer(w, b.get(url(w, response_type=kind, response_mode="jwt")), "#")
    assert {"code": "code", "id_token": "id_token", "token": "access_token"}.keys() >= set(kind.split())
    assert all({"code": "code", "id_token": "id_token", "token": "access_token"}[word] in c for word in kind.split())
    if "access_token" in c:
        assert c["token_type"] == "Bearer" and c["expires_in"] == "3600"
    r = b.get(url(w, response_type=kind, response_mode="query.jwt"))
    assert r.location.startswith(CB + "#") and r.query()["error"] == "invalid_request", r


@pytest.mark.parametrize("alg", ALGS)
def test_by_the_algorithm_that_the_client_registered(w, alg):
    r = w.browser("modern").authorize(url(w, client="by" + alg, response_mode="jwt"))
    assert answer(w, r, "?", aud="by" + alg, alg=alg)["code"]


def test_errors_travel_in_it_too(w, b):
    for more, error in ((dict(scope="nope"), "invalid_scope"), (dict(prompt="none login"), "invalid_request"), (dict(code_challenge="x"), "invalid_request")):
        c = answer(w, b.get(url(w, response_mode="jwt", **more)), "?")
        assert c["error"] == error and c["state"] == "s1" and c["error_description"]
    c = answer(w, w.browser("modern").get(url(w, response_mode="fragment.jwt", prompt="none")), "#")
    assert c["error"] == "login_required"
    r = w.browser("modern").authorize(url(w, client="asks", response_mode="jwt"), allow=())
    assert answer(w, r, "?", aud="asks")["error"] == "access_denied"
    # a redirect URI that is not registered gets nothing, signed or not
    r = b.get(url(w, response_mode="jwt", redirect_uri="https://evil.example/"))
    assert r.status == 400 and not r.location


def test_after_pages_and_twice(w):
    b = w.browser("modern")
    page = b.follow(b.get(url(w, client="asks", response_mode="jwt")))
    page = b.follow(b.login(page, "alice", PASSWORD))
    first, again = b.decide(page), b.decide(page)
    assert answer(w, first, "?", aud="asks")["code"] == answer(w, again, "?", aud="asks")["code"]


def test_pushed_and_from_an_object(w, b):
    """What the lane cannot see is signed all the same."""
    for kind in ("code", "code id_token"):
        f = {"response_type": kind, "client_id": "shop", "redirect_uri": CB, "scope": "openid read", "state": "s2", "nonce": "n", "response_mode": "jwt",
             "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256"}
        uri = post(w.at("modern", "/par"), f, basic("shop", APP_SECRET)).json()["request_uri"]
        c = answer(w, b.get(w.at("modern", "/authorize?") + form({"client_id": "shop", "request_uri": uri})), "?" if kind == "code" else "#")
        assert c["state"] == "s2" and ("id_token" in c) == (kind != "code")


def test_an_algorithm_that_the_issuer_has_not(w):
    r = w.browser("modern").authorize(url(w, client="none", response_mode="jwt"))
    assert r.status == 500 and not r.location, r


def test_the_metadata(w):
    m = get(w.at("modern", "/.well-known/openid-configuration")).json()
    assert {"jwt", "query.jwt", "fragment.jwt", "form_post.jwt"} <= set(m["response_modes_supported"])
    assert sorted(m["authorization_signing_alg_values_supported"]) == sorted(ALGS)
    assert "RSA-OAEP-256" in m["authorization_encryption_alg_values_supported"] and "A256GCM" in m["authorization_encryption_enc_values_supported"]
    m = get(w.at("connect", "/.well-known/openid-configuration")).json()
    assert not [v for v in m["response_modes_supported"] if "jwt" in v] and "authorization_signing_alg_values_supported" not in m


def test_refused_or_required():
    with World("modern", realms=[people()], settings={"modern": {"jarm": "refused"}}) as v:
        r = v.browser("modern").get(url(v, response_mode="jwt"))
        assert r.query()["error"] == "invalid_request" and "response" not in r.query()
        m = get(v.at("modern", "/.well-known/openid-configuration")).json()
        assert not [x for x in m["response_modes_supported"] if "jwt" in x]
    with World("modern", realms=[people()], settings={"modern": {"jarm": "required"}}) as v:
        b = v.browser("modern")
        assert "code" in claims(v, b.authorize(url(v, response_mode="jwt")).query()["response"])
        for mode in (None, "query", "fragment", "form_post"):
            r = b.get(url(v, response_mode=mode))
            assert audit_of(v, error_id=r.get("X-Hufu-Error-Id"))["reason"] == "response_unsigned" if mode != "form_post" else "error" in r.text, r
            # in the way that was asked for, also to a client that registered an algorithm for the signed ones
            r = b.get(url(v, client="byPS256", response_mode=mode))
            assert mode == "form_post" or r.query()["error"] == "invalid_request", r
        assert "code" in b.get(url(v, response_type="code id_token")).query()


def test_where_a_code_is_all_that_is_offered():
    with World("modern", realms=[people()], settings={"modern": {"response_types": "plain"}}) as v:
        b = v.browser("modern")
        for mode, mark in (("jwt", "?"), ("query.jwt", "?"), ("fragment.jwt", "#")):
            assert "code" in answer(v, b.authorize(url(v, response_mode=mode)), mark)
        for mode in ("fragment", "form_post"):
            assert b.get(url(v, response_mode=mode)).query()["error"] == "invalid_request"


def test_encrypted_to_a_key_of_the_client():
    reader, r = talker_jwt.Reader(), people()
    r["clients"].append(client("sealed", APP_SECRET, scopes=["openid", "read"], redirect_uris=[CB], auto_approve=True, metadata={
        "jwks": {"keys": [reader.jwk]}, "authorization_encrypted_response_alg": "RSA-OAEP-256"}))
    with World("modern", realms=[r]) as v:
        b = v.browser("modern")
        for more in ({}, {"scope": "nope"}):
            token = b.authorize(url(v, client="sealed", response_mode="jwt", **more)).query()["response"]
            assert talker_jwt.header(token)["cty"] == "JWT"
            c = claims(v, reader.open(token), aud="sealed")
            assert "error" in c if more else "code" in c
