"""The modern issuer as an OpenID Provider: discovery, ID tokens, userinfo, hints, PKCE or nonce. OpenID Connect Core and Discovery 1.0."""
import base64, hashlib, json

import pytest

import talker_jwt
from talker import APP_SECRET, PASSWORD, World, audit_of, authorize_url, bearer, client, get, introspect, post, realm, redeem, refresh, user

NONCE = "n-0S6_WzA2Mj"
STOCK = dict(code_challenge=None, code_challenge_method=None, scope="openid profile email phone", nonce=NONCE)  # what libraries send


def people():
    r = realm()
    r["clients"] += [client("shop", APP_SECRET, scopes=["openid", "profile", "email", "phone", "read"], redirect_uris=["https://app.example/cb"]),
                     client("page", None, scopes=["openid", "profile"], redirect_uris=["https://app.example/cb"])]
    r["users"] += [user("carol", PASSWORD, display_name="Carol", email="carol@x.example", phone="13800138000")]
    return r


@pytest.fixture(scope="module")
def w():
    with World("modern", realms=[people()]) as world:
        yield world


def url(w, **more):
    return authorize_url(w, **{"client": "shop", **STOCK, **more})


def signed_in(w, name="carol"):
    b = w.browser("modern")
    assert b.authorize(url(w), name).query().get("code")
    return b


def token_of(w, b=None, **more):
    r = (b or signed_in(w)).authorize(url(w, **more))
    t = redeem(w, r.query()["code"], client="shop", code_verifier=None)
    assert t.status == 200, t
    return t.json()


def keys(w):
    return get(w.at("modern", "/jwks")).json()


def half(text):
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()[:16]).decode().rstrip("=")


def test_discovery(w):
    m = get(w.at("modern", "/.well-known/openid-configuration")).json()
    assert m == get(w.at("modern", "/.well-known/oauth-authorization-server")).json()
    assert m["issuer"] == w.url["modern"] and m["userinfo_endpoint"] == w.at("modern", "/userinfo")
    assert m["subject_types_supported"] == ["public", "pairwise"] and m["id_token_signing_alg_values_supported"] == ["RS256"]
    assert m["scopes_supported"] == ["openid", "profile", "email", "address", "phone", "offline_access"]
    assert {"sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "name", "email", "phone_number", "updated_at"} <= set(m["claims_supported"])
    assert m["request_parameter_supported"] and m["request_uri_parameter_supported"] and m["claims_parameter_supported"]
    assert m["acr_values_supported"] == ["1", "2"]


def test_an_id_token_comes_with_the_scope_openid(w):
    t = token_of(w)
    i, a = talker_jwt.verify(t["id_token"], keys(w)), talker_jwt.verify(t["access_token"], keys(w))
    assert list(i) == ["iss", "sub", "aud", "exp", "iat", "auth_time", "sid", "acr", "amr", "nonce", "at_hash"]
    assert (i["acr"], i["amr"]) == ("1", ["pwd"])
    assert (i["iss"], i["aud"], i["nonce"], i["sub"]) == (w.url["modern"], "shop", NONCE, a["sub"])
    assert i["at_hash"] == half(t["access_token"]) and i["auth_time"] <= i["iat"] < i["exp"]
    again = refresh(w, t["refresh_token"], client="shop").json()
    j = talker_jwt.verify(again["id_token"], keys(w))
    assert (j["sub"], j["auth_time"]) == (i["sub"], i["auth_time"]) and j["at_hash"] == half(again["access_token"])
    assert "id_token" not in redeem(w, w.browser("modern").authorize(authorize_url(w, scope="read")).query()["code"]).json()


@pytest.mark.parametrize("alg, bits, size", [("RS384", 384, 256), ("PS512", 512, 256), ("ES384", 384, 96), ("ES512", 512, 132), ("EdDSA", 512, 64)])
def test_at_hash_goes_with_the_algorithm(alg, bits, size):
    with World("modern", realms=[people()], settings={"modern": {"signing_alg": alg, "id_token_algs": []}}) as v:
        t = token_of(v)
        i = talker_jwt.verify(t["id_token"], keys(v))
        digest = hashlib.new("sha%d" % bits, t["access_token"].encode()).digest()
        assert talker_jwt.b64(i["at_hash"]) == digest[: len(digest) // 2]
        assert len(talker_jwt.b64(t["id_token"].split(".")[2])) == size
        assert talker_jwt.header(t["access_token"])["alg"] == talker_jwt.header(t["id_token"])["alg"] == alg
        assert [k["alg"] for k in keys(v)["keys"]] == [alg]


def test_the_keys_of_more_algorithms():
    """A key of its own for each, published and listed; RS256 without being asked for (OpenID Connect Core 15.1)."""
    discovered = lambda v: get(v.at("modern", "/.well-known/openid-configuration")).json()["id_token_signing_alg_values_supported"]
    with World("modern", realms=[people()], settings={"modern": {"signing_alg": "ES256"}}) as v:
        assert discovered(v) == ["RS256", "ES256"] and sorted(k["alg"] for k in keys(v)["keys"]) == ["ES256", "RS256"]
        assert talker_jwt.header(token_of(v)["id_token"])["alg"] == "ES256"
    algs = ["RS256", "PS384", "ES384", "ES512", "EdDSA"]
    with World("modern", realms=[people()], settings={"modern": {"signing_alg": "EdDSA", "id_token_algs": algs[:-1]}}) as v:
        assert discovered(v) == algs
        published = keys(v)["keys"]
        assert sorted(k["alg"] for k in published) == sorted(algs) and len({k["kid"] for k in published}) == 5
        assert all(k["use"] == "sig" and "d" not in k for k in published)
        listed = {(k["kid"], k["alg"]) for k in v.control({"do": "key.list", "issuer": "modern"})["keys"]}
        assert {(k["kid"], k["alg"]) for k in published} <= listed
        status, out, err = v.hufu("key", "rotate", "--issuer", "modern", "--alg", "ES512", "--now")
        assert status == 0, err
        states = [(k["alg"], k["state"]) for k in v.control({"do": "key.list", "issuer": "modern"})["keys"]]
        assert sorted(s for s in states if s[0] == "ES512") == [("ES512", "active"), ("ES512", "retired")] and ("ES384", "retired") not in states
        status, out, err = v.hufu("key", "show", "--alg", "ES512", "--pem")
        assert status == 0 and out.count("BEGIN PUBLIC KEY") == 1, err
        status, out, err = v.hufu("key", "rotate", "--issuer", "modern", "--alg", "RS512")
        assert status == 1 and "has no keys for RS512" in err
        assert talker_jwt.header(token_of(v)["id_token"])["alg"] == "EdDSA"


def test_a_client_chooses_the_algorithm_of_its_id_tokens():
    """id_token_signed_response_alg: OpenID Connect Dynamic Client Registration 1.0 section 2. The access token stays the issuer's; at_hash goes with the ID token."""
    chosen = lambda v, alg: v.hufu("client", "set", "shop", "--realm", "main", "--id-token-alg", alg)
    with World("modern", realms=[people()], settings={"modern": {"signing_alg": "ES256", "id_token_algs": "RS256 PS384 ES512"}}) as v:
        for alg, name in (("PS384", "sha384"), ("RS256", "sha256"), ("ES512", "sha512"), ("", "sha256")):
            assert chosen(v, alg)[0] == 0
            t = token_of(v)
            i = talker_jwt.verify(t["id_token"], keys(v))
            assert talker_jwt.header(t["id_token"])["alg"] == (alg or "ES256") and talker_jwt.header(t["access_token"])["alg"] == "ES256"
            digest = hashlib.new(name, t["access_token"].encode()).digest()
            assert talker_jwt.b64(i["at_hash"]) == digest[: len(digest) // 2]
            assert talker_jwt.header(refresh(v, t["refresh_token"], client="shop").json()["id_token"])["alg"] == (alg or "ES256")
            assert "code" in signed_in(v).authorize(url(v, id_token_hint=t["id_token"], prompt="none")).query()
        assert chosen(v, "EdDSA")[0] == 0                       # an algorithm, but none of this issuer's
        r = signed_in(v).authorize(url(v))
        r = redeem(v, r.query()["code"], client="shop", code_verifier=None)
        assert r.status == 500 and r.json()["error"] == "server_error"
        assert "id_token_algs" in audit_of(v, reason="internal")["detail"]


def test_userinfo_says_what_the_scopes_open(w):
    at = w.at("modern", "/userinfo")
    t = token_of(w)
    sub = talker_jwt.claims(t["id_token"])["sub"]
    u = get(at, bearer(t["access_token"])).json()
    assert u.pop("updated_at") > 0
    assert u == {"sub": sub, "name": "Carol", "preferred_username": "carol", "email": "carol@x.example", "email_verified": False, "phone_number": "13800138000",
                 "phone_number_verified": False}
    assert post(at, {"access_token": t["access_token"]}).json()["sub"] == sub and post(at, {}, bearer(t["access_token"])).json()["sub"] == sub
    assert get(at, bearer(token_of(w, scope="openid")["access_token"])).json() == {"sub": sub}
    r = get(at, bearer(redeem(w, signed_in(w).authorize(authorize_url(w, client="shop", scope="read")).query()["code"], client="shop").json()["access_token"]))
    assert r.status == 403 and "insufficient_scope" in r.get("WWW-Authenticate"), r
    assert audit_of(w, reason="bearer_no_openid")["endpoint"] == "userinfo"
    for bad in (t["refresh_token"], t["id_token"], "x"):
        assert get(at, bearer(bad)).status == 401


def test_a_public_client_needs_pkce_and_a_confidential_one_a_nonce_at_least(w):
    b = signed_in(w)
    assert b.authorize(url(w)).query().get("code")
    for refused in (dict(nonce=None), dict(nonce=""), dict(scope="read"), dict(client="page", scope="openid")):
        q = b.get(url(w, **refused)).query()
        assert q["error"] == "invalid_request" and "code_challenge" in q["error_description"], (refused, q)
    for rule, nonce, public in (("required", False, False), ("when_sent", True, False)):
        with World("modern", realms=[people()], settings={"modern": {"pkce": rule}}) as v:
            c = v.browser("modern")
            assert ("code" in c.authorize(url(v, nonce=None), "carol").query()) == nonce
            assert ("code" in c.authorize(url(v), "carol").query()) == nonce
            assert ("code" in c.get(url(v, client="page", scope="openid")).query()) == public
            assert "code" in c.authorize(authorize_url(v, client="page", scope="openid"), "carol").query()


def test_a_hint_fills_in_the_name(w):
    b = w.browser("modern")
    page = b.follow(b.get(url(w, login_hint='ca"rol')))
    assert next(v for n, v, k, _ in page.form("password")["fields"] if k == "text") == 'ca"rol'
    page = b.follow(b.login(page, "dave", "wrong"))
    assert next(v for n, v, k, _ in page.form("password")["fields"] if k == "text") == "dave"
    posted = w.browser("modern")
    page = posted.follow(posted.post(w.at("modern", "/authorize"), dict(x.split("=", 1) for x in ["login_hint=carol"]) | {
        "response_type": "code", "client_id": "shop", "redirect_uri": "https://app.example/cb", "scope": "openid", "nonce": NONCE}))
    assert next(v for n, v, k, _ in page.form("password")["fields"] if k == "text") == "carol"


def test_an_id_token_as_a_hint_says_who_is_meant(w):
    carol, alice = token_of(w)["id_token"], token_of(w, signed_in(w, "alice"))["id_token"]
    b = signed_in(w)
    assert "code" in b.authorize(url(w, id_token_hint=carol, prompt="none")).query()
    assert b.get(url(w, id_token_hint=alice, prompt="none")).query()["error"] == "login_required"
    wanted = url(w, id_token_hint=alice)
    page = b.follow(b.get(wanted))
    assert page.form("password")
    assert "code" in b.follow(b.login(page, "alice", PASSWORD)).query()
    b = signed_in(w)
    r = b.follow(b.login(b.follow(b.get(wanted)), "carol", PASSWORD))
    assert r.query().get("error") == "login_required", r
    for bad in ("x", carol[:-3] + "abc", token_of(w)["access_token"]):
        assert b.get(url(w, id_token_hint=bad)).query()["error"] == "invalid_request"


def test_an_id_token_and_an_access_token_are_never_taken_for_each_other():
    """Nor where both have the same type, and the ID token no nonce."""
    with World("modern", realms=[people()], settings={"modern": {"access_typ": "JWT"}}) as v:
        r = v.browser("modern").authorize(authorize_url(v, client="shop", scope="openid profile"), "carol")
        t = redeem(v, r.query()["code"], client="shop").json()
        assert get(v.at("modern", "/userinfo"), bearer(t["access_token"])).status == 200
        assert get(v.at("modern", "/userinfo"), bearer(t["id_token"])).status == 401
        assert not introspect(v, t["id_token"], client="shop")["active"]
        assert signed_in(v).get(url(v, id_token_hint=t["access_token"])).query()["error"] == "invalid_request"


def test_an_expired_id_token_is_a_hint_too():
    with World("modern", realms=[people()]) as v:
        old = token_of(v)["id_token"]
        v.turn_clock(3 * 86400)
        assert "code" in signed_in(v).authorize(url(v, id_token_hint=old, prompt="none")).query()


# a public key only: nobody can open what is encrypted to it
FOR_NOBODY = {"kty": "EC", "crv": "P-256", "kid": "enc-1", "use": "enc", "x": "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ", "y": "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck"}


def test_an_id_token_is_encrypted_to_a_client_that_has_registered_for_it():
    """Core 10.2: signed, then encrypted; the unit tests open what is encrypted."""
    with World("modern", realms=[people()]) as v:
        m = get(v.at("modern", "/.well-known/openid-configuration")).json()
        assert m["id_token_encryption_alg_values_supported"] == ["RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"]
        assert m["id_token_encryption_enc_values_supported"] == ["A128CBC-HS256", "A256CBC-HS512", "A128GCM", "A256GCM"]
        choose = lambda *args: v.hufu("client", "set", "shop", "--realm", "main", *args)
        assert choose("--jwks", json.dumps({"keys": [FOR_NOBODY]}), "--id-token-encryption", "ECDH-ES+A256KW", "--id-token-content-encryption", "A256GCM")[0] == 0
        t = token_of(v)
        parts = t["id_token"].split(".")
        head = talker_jwt.header(t["id_token"])
        assert len(parts) == 5 and all(parts) and head.pop("epk")["crv"] == "P-256"
        assert head == {"alg": "ECDH-ES+A256KW", "enc": "A256GCM", "kid": "enc-1", "typ": "JWT", "cty": "JWT"}
        assert len(t["access_token"].split(".")) == 3           # the issuer's own resource servers read it
        assert choose("--id-token-encryption", "RSA-OAEP")[0] == 0              # for which the set has no key
        r = redeem(v, signed_in(v).authorize(url(v)).query()["code"], client="shop", code_verifier=None)
        assert r.status == 500 and "no key to encrypt to" in audit_of(v, reason="internal")["detail"]
        assert choose("--id-token-encryption", "RSA1_5")[0] != 0 and choose("--jwks", json.dumps({"keys": [dict(FOR_NOBODY, d="AA")]}))[0] != 0
        assert choose("--id-token-encryption", "")[0] == 0
        assert talker_jwt.verify(token_of(v)["id_token"], keys(v))["aud"] == "shop"
