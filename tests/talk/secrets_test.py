"""Secrets and keys of clients: client_secret_jwt (OpenID Connect Core 9), two secrets during a rotation, when each was used last."""
import hashlib, hmac, json, pathlib, time, uuid

import pytest

import talker_jwt
from assertion_test import TYPE
from server import remember
from talker import APP_SECRET, World, basic, client, get, post, realm, send

SECRET = remember("a-secret-that-signs-with-itself-0123456789-0123456789-0123456789")
BY = {"token_endpoint_auth_method": "client_secret_jwt"}
KEY = talker_jwt.Signer("k1")
GRANT = {"grant_type": "client_credentials"}


@pytest.fixture(scope="module")
def w():
    grants = dict(grants=["client_credentials"], scopes=["read"])
    r = realm()
    r["clients"] += [client("plain", APP_SECRET, **grants),
                     client("key", None, metadata={"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [KEY.jwk]}}, **grants)]
    with World("modern", realms=[r], settings={"modern": {"registration": "open"}}) as world:
        for id, more in (("hmac", {}), ("hs384", {"token_endpoint_auth_signing_alg": "HS384"})):
            a = world.control({"do": "client.create", "realm": "main", "id": id, "secret": SECRET, "metadata": {**BY, **more}, **grants})
            assert a["ok"] and a["client"]["secret_encoding"] == "sealed", a
        yield world


def signed(w, secret, id="hmac", alg="HS256", **more):
    now = int(time.time())
    said = {"iss": id, "sub": id, "aud": w.url["modern"], "jti": uuid.uuid4().hex, "iat": now, "exp": now + 60, **more}
    text = ".".join(talker_jwt.text(json.dumps(x).encode()) for x in ({"alg": alg}, said))
    mac = hmac.new(secret.encode() if isinstance(secret, str) else secret, text.encode(), "sha" + alg[2:]).digest()
    return text + "." + talker_jwt.text(mac)


def ask(w, assertion, headers=None, **more):
    return post(w.at("modern", "/token"), {**GRANT, "client_assertion_type": TYPE, "client_assertion": assertion, **more}, headers)


def credentials(w, id):
    return {x["credential"]: x["last_s"] for x in w.control({"do": "client.show", "realm": "main", "id": id})["credentials"]}


def test_the_secret_signs(w):
    for alg in ("HS256", "HS384", "HS512"):
        assert ask(w, signed(w, SECRET, alg=alg)).status == 200
    assert ask(w, signed(w, SECRET, "hs384", "HS384")).status == 200
    m = get(w.at("modern", "/.well-known/openid-configuration")).json()
    assert "client_secret_jwt" in m["token_endpoint_auth_methods_supported"]
    assert {"HS256", "HS384", "HS512"} <= set(m["token_endpoint_auth_signing_alg_values_supported"])


def test_whatever_is_not_signed_by_it_is_refused(w):
    again = signed(w, SECRET)
    assert ask(w, again).status == 200
    public = talker_jwt.public_key(KEY.jwk)
    for bad in (again, signed(w, SECRET[:-1]), signed(w, ""), signed(w, SECRET, "hs384", "HS256"), signed(w, APP_SECRET, "plain"), signed(w, "", "plain"),
                signed(w, public, "key"), signed(w, json.dumps(KEY.jwk), "key"), signed(w, SECRET, aud="https://elsewhere.example"),
                signed(w, SECRET, exp=int(time.time()) - 1), signed(w, SECRET, jti=None), signed(w, SECRET)[:-2], KEY.sign({"iss": "hmac", "sub": "hmac"})):
        r = ask(w, bad)
        assert (r.status, r.json()["error"]) == (401, "invalid_client"), r
    # the one way that it registered: RFC 7591 section 2
    assert post(w.at("modern", "/token"), GRANT, basic("hmac", SECRET)).status == 401
    assert post(w.at("modern", "/token"), {**GRANT, "client_id": "hmac", "client_secret": SECRET}).status == 401
    assert ask(w, signed(w, SECRET), basic("hmac", SECRET)).status == 400


def test_the_secret_stands_nowhere_in_clear(w):
    files = [p for p in pathlib.Path(w.dir).rglob("*") if p.is_file() and "hufu.yaml" not in p.name]
    assert files and not [p for p in files if SECRET.encode() in p.read_bytes()]
    w.stop(), w.start()
    assert ask(w, signed(w, SECRET)).status == 200


def test_it_needs_the_text_and_enough_of_it(w):
    def refused(ask):
        a = w.control({"realm": "main", **({"grants": ["client_credentials"]} if ask["do"] == "client.create" else {}), **ask})
        assert not a.get("ok"), a
        return a["error"]
    assert "only its hash is kept" in refused({"do": "client.set", "id": "plain", "metadata": BY})
    assert "at least 32 bytes" in refused({"do": "client.create", "id": "short", "secret": "x" * 31, "metadata": BY})
    assert "only its hash is kept" in refused({"do": "client.create", "id": "ready", "secret_encoded": "{noop}" + SECRET, "metadata": BY})
    # a form that was sealed for another client opens nothing here
    sealed = w.control({"do": "realm.export", "realm": "main"})
    assert SECRET not in json.dumps(sealed)
    made = w.control({"do": "client.rotate-secret", "realm": "main", "id": "hmac"})["secret"]
    assert ask(w, signed(w, remember(made))).status == 200 and ask(w, signed(w, SECRET)).status == 401
    assert w.control({"do": "client.set", "realm": "main", "id": "hmac", "secret": SECRET})["ok"]
    assert ask(w, signed(w, SECRET)).status == 200


def test_a_client_that_registers_itself_may_sign_with_its_secret(w):
    said = {"redirect_uris": ["https://app.example/cb"], "grant_types": ["authorization_code"], **BY}
    r = send("POST", w.at("modern", "/register"), json.dumps(said).encode(), {"Content-Type": "application/json"})
    assert r.status == 201, r
    c = r.json()
    remember(c["client_secret"]), remember(c["registration_access_token"])
    got = ask(w, signed(w, c["client_secret"], c["client_id"]), grant_type="authorization_code", code="none", redirect_uri="https://app.example/cb", code_verifier="v" * 43)
    assert got.json()["error"] == "invalid_grant", got
    assert ask(w, signed(w, c["client_secret"] + "x", c["client_id"])).json()["error"] == "invalid_client"


def test_two_secrets_live_side_by_side_as_long_as_was_said(w):
    def works(secret):
        return post(w.at("modern", "/token"), GRANT, basic("plain", secret)).status == 200
    status, out, err = w.hufu("--json", "client", "rotate-secret", "plain", "--overlap", "1h")
    assert status == 0, err
    a = json.loads(out)
    new = remember(a["secret"])
    assert works(new) and works(APP_SECRET) and not works("x" + new)
    assert 3500 < a["client"]["former_secret_until_s"] - time.time() < 3700
    used = credentials(w, "plain")
    assert set(used) == {"secret", "former secret"} and all(abs(time.time() - x) < 60 for x in used.values())
    status, out, err = w.hufu("client", "show", "plain")
    assert status == 0 and "former secret" in out and "secret, " in out, out
    w.turn_clock(3700)
    assert works(new) and not works(APP_SECRET)
    # without an overlap the old one ends at once, as ever, and so does one that was still let
    third = remember(w.control({"do": "client.rotate-secret", "realm": "main", "id": "plain", "overlap_s": 3600})["secret"])
    fourth = remember(w.control({"do": "client.rotate-secret", "realm": "main", "id": "plain"})["secret"])
    assert works(fourth) and not works(third) and not works(new)
    fifth = remember(w.control({"do": "client.rotate-secret", "realm": "main", "id": "plain", "overlap_s": 3600})["secret"])
    assert works(fifth) and works(fourth)
    assert w.control({"do": "client.set", "realm": "main", "id": "plain", "secret": APP_SECRET})["ok"]
    assert works(APP_SECRET) and not works(fifth) and not works(fourth)
    for bad in (-1, "x", 10 ** 12):
        assert "overlap_s" in w.control({"do": "client.rotate-secret", "realm": "main", "id": "plain", "overlap_s": bad})["error"]


def test_keys_are_told_by_their_names(w):
    second = talker_jwt.Signer("k2")
    assert w.control({"do": "client.set", "realm": "main", "id": "key", "metadata": {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [KEY.jwk, second.jwk]}}})["ok"]
    now = int(time.time()) + 3700                               # the clock was turned
    for k in (KEY, second):
        said = {"iss": "key", "sub": "key", "aud": w.url["modern"], "jti": uuid.uuid4().hex, "iat": now, "exp": now + 60}
        assert ask(w, k.sign(said)).status == 200
    assert set(credentials(w, "key")) == {"key k1", "key k2"}
    w.stop(), w.start()
    assert set(credentials(w, "key")) == {"key k1", "key k2"}
    assert w.control({"do": "client.delete", "realm": "main", "id": "key"})["ok"]
    assert w.control({"do": "client.create", "realm": "main", "id": "key", "secret": APP_SECRET, "grants": ["client_credentials"]})["credentials"] == []
