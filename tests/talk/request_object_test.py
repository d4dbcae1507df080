"""An authorization request whose parameters are the claims of a JWT. OpenID Connect Core 6, RFC 9101."""
import base64, contextlib, http.server, json, threading, time

import pytest

from talker import APP_SECRET, PASSWORD, World, audit_of, authorize_url, basic, client, form, get, post, realm, redeem
import talker_jwt

CALLBACK, OTHER = "https://app.example/cb", "https://app.example/other"
NONCE = "n-0S6_WzA2Mj"


@pytest.fixture(scope="module")
def w():
    r = realm()
    r["clients"] += [client("shop", APP_SECRET, scopes=["openid", "profile", "read"], redirect_uris=[CALLBACK, OTHER], auto_approve=True)]
    with World("modern", realms=[r], settings={"modern": {"pkce": "when_sent", "request_objects": "any", "client_documents_private": True}}) as world:
        yield world


def b64(text):
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def unsigned(claims, header=None, signature=""):
    return ".".join((b64(json.dumps(header or {"alg": "none"})), b64(claims if isinstance(claims, str) else json.dumps(claims)), signature))


def url(w, claims, **more):
    beside = {"client": "shop", "scope": "openid", "code_challenge": None, "code_challenge_method": None, "state": "beside", **more}
    return authorize_url(w, request=claims if isinstance(claims, str) else unsigned(claims), **beside)


def test_what_the_object_says_takes_the_place_of_what_stands_beside_it(w):
    b = w.browser("modern")
    claims = {"iss": "shop", "aud": w.url["modern"], "exp": int(time.time()) + 300, "nbf": int(time.time()) - 5, "client_id": "shop", "response_type": "code",
              "redirect_uri": OTHER, "state": "inside", "nonce": NONCE, "scope": "openid profile", "max_age": 100, "unheard_of": [1]}
    r = b.authorize(url(w, claims, redirect_uri="https://evil.example/"))
    assert r.location.startswith(OTHER + "?") and r.query()["state"] == "inside", r
    t = redeem(w, r.query()["code"], client="shop", redirect_uri=OTHER, code_verifier=None).json()
    i = talker_jwt.claims(t["id_token"])
    assert i["nonce"] == NONCE and i["auth_time"] and t["scope"] == "openid profile"
    r = b.get(url(w, {"prompt": "none", "aud": ["https://other.example", w.url["modern"]]}))
    assert r.query()["state"] == "beside" and "code" in r.query(), r


def test_an_object_grants_nothing_that_parameters_would_not(w):
    b = w.browser("modern")
    assert b.get(url(w, {"redirect_uri": "https://evil.example/"})).status == 400
    for claims, error in (({"scope": "openid write"}, "invalid_scope"), ({"prompt": "none"}, "login_required"), ({"prompt": "none login"}, "invalid_request"),
                          ({"response_mode": "bogus"}, "invalid_request")):
        assert b.get(url(w, claims)).query()["error"] == error, claims
    # what only our own forms send, and a secret, stay outside
    assert b.get(url(w, {"interaction": "x", "_csrf": "y", "client_secret": "z", "prompt": "none"})).query()["error"] == "login_required"


def test_a_login_on_the_way_leads_back_to_the_object(w):
    r = w.browser("modern").authorize(url(w, {"redirect_uri": OTHER, "state": "inside", "prompt": "login"}))
    assert r.location.startswith(OTHER + "?") and r.query()["state"] == "inside" and "code" in r.query()


def test_one_that_was_posted_is_kept_with_the_request(w):
    b = w.browser("modern")
    fields = {"response_type": "code", "client_id": "shop", "scope": "openid", "request": unsigned({"redirect_uri": OTHER, "state": "posted"})}
    r = b.follow(b.post(w.at("modern", "/authorize"), fields))
    r = b.follow(b.login(r, "alice", PASSWORD))
    assert r.location.startswith(OTHER + "?") and r.query()["state"] == "posted", r


BAD = [
    ("a signature where there is none", lambda c: unsigned(c, signature="c2ln")),
    ("none in other letters", lambda c: unsigned(c, {"alg": "None"})),
    ("no alg", lambda c: unsigned(c, {"typ": "JWT"})),
    ("an algorithm without a key", lambda c: unsigned(c, {"alg": "HS256"}, "c2ln")),
    ("something critical", lambda c: unsigned(c, {"alg": "none", "crit": ["exp"], "exp": 1})),
    ("two parts", lambda c: unsigned(c)[:-1]),
    ("four parts", lambda c: unsigned(c) + "."),
    ("no JSON", lambda c: unsigned("{")),
    ("an array", lambda c: unsigned("[]")),
    ("a member twice", lambda c: unsigned('{"state": "a", "state": "b"}')),
    ("nested too deeply", lambda c: unsigned('{"claims": %s}' % ("[" * 100 + "]" * 100))),
    ("another client", lambda c: unsigned({**c, "client_id": "app"})),
    ("another response type", lambda c: unsigned({**c, "response_type": "token"})),
    ("issued by another", lambda c: unsigned({**c, "iss": "app"})),
    ("for another issuer", lambda c: unsigned({**c, "aud": "https://other.example"})),
    ("for nobody", lambda c: unsigned({**c, "aud": []})),
    ("expired", lambda c: unsigned({**c, "exp": int(time.time()) - 10})),
    ("for ever by a text", lambda c: unsigned({**c, "exp": "never"})),
    ("of tomorrow", lambda c: unsigned({**c, "nbf": int(time.time()) + 86400})),
    ("an object inside", lambda c: unsigned({**c, "request": unsigned({})})),
    ("a reference inside", lambda c: unsigned({**c, "request_uri": "https://app.example/r"})),
    ("a scope that is an array", lambda c: unsigned({**c, "scope": ["openid"]})),
    ("a number with a point", lambda c: unsigned({**c, "max_age": 1.5})),
    ("a resource that is a number", lambda c: unsigned({**c, "resource": 1})),
    ("resources of which one is none", lambda c: unsigned({**c, "resource": ["https://api.example", {}]})),
    ("larger than a JWT may be", lambda c: unsigned({**c, "padding": "x" * 9000})),
]


@pytest.mark.parametrize("what,make", BAD, ids=[what for what, _ in BAD])
def test_an_object_that_does_not_hold_is_refused(w, what, make):
    text = make({"state": "inside"})
    r = get(url(w, text)) if len(text) < 10000 else w.browser("modern").post(w.at("modern", "/authorize"), {
        "response_type": "code", "client_id": "shop", "redirect_uri": CALLBACK, "scope": "openid", "state": "beside", "request": text * 4})
    q = r.query()
    assert (q.get("error"), q.get("state")) == ("invalid_request_object", "beside"), r
    assert audit_of(w, error_id=r.get("X-Hufu-Error-Id"))["reason"] == "request_object_bad" if r.get("X-Hufu-Error-Id") else True


def test_the_metadata_say_what_is_taken(w):
    m = get(w.at("modern", "/.well-known/openid-configuration")).json()
    assert m["request_parameter_supported"] and m["request_uri_parameter_supported"] and m["require_request_uri_registration"]
    assert {"none", "RS256", "PS256", "ES256", "EdDSA"} <= set(m["request_object_signing_alg_values_supported"])
    with World("modern", settings={"modern": {"request_objects": "refused"}}) as v:
        m = get(v.at("modern", "/.well-known/openid-configuration")).json()
        assert not m["request_parameter_supported"] and not m["request_uri_parameter_supported"] and "request_object_signing_alg_values_supported" not in m
        assert get(authorize_url(v, request=unsigned({}))).query()["error"] == "request_not_supported"


# --- signed, and by reference ------------------------------------------------------------------------------------------------------

KEY, OTHER_KEY = talker_jwt.Signer("k1"), talker_jwt.Signer("k1")


@contextlib.contextmanager
def documents():
    """A server of documents: {path: body, or a status}; `asked` is how often each was."""
    have, asked = {}, {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked[self.path] = asked.get(self.path, 0) + 1
            asked["traceparent"] = self.headers.get("traceparent")
            body = have.get(self.path, 404)
            self.send_response(body if isinstance(body, int) else 200)
            if body == 302:
                self.send_header("Location", "/object")
            self.end_headers()
            self.wfile.write(b"" if isinstance(body, int) else body.encode())

        def log_message(self, *a):
            pass

    s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=s.serve_forever, daemon=True).start()
    try:
        yield "http://127.0.0.1:%d" % s.server_port, have, asked
    finally:
        s.shutdown()
        s.server_close()


@pytest.fixture(scope="module")
def signed():
    with documents() as (base, have, asked):
        r = realm()
        paths = ["/object", "/gone", "/moved", "/large", "/empty"]
        common = dict(scopes=["openid", "profile"], redirect_uris=[CALLBACK, OTHER], auto_approve=True)
        r["clients"] += [client("shop", APP_SECRET, metadata={"jwks": {"keys": [KEY.jwk]}, "request_uris": [base + p for p in paths]}, **common),
                         client("ps", APP_SECRET, metadata={"jwks": {"keys": [KEY.jwk]}, "request_object_signing_alg": "PS256"}, **common),
                         client("plain", APP_SECRET, metadata={"request_object_signing_alg": "none", "request_uris": [base + "/object"]}, **common),
                         client("far", APP_SECRET, metadata={"jwks_uri": base + "/jwks"}, **common), client("bare", APP_SECRET, **common)]
        with World("modern", realms=[r], settings={"modern": {"pkce": "when_sent", "client_documents_private": True}}) as world:
            world.base, world.have, world.asked = base, have, asked
            yield world


def error_of(w, why, text, **more):
    r = get(url(w, text, **more))
    assert audit_of(w, error_id=r.get("X-Hufu-Error-Id"))["reason"] == why, r
    return r.query()["error"]


def test_a_signature_by_a_registered_key(signed):
    w = signed
    r = w.browser("modern").authorize(url(w, KEY.sign({"iss": "shop", "aud": w.url["modern"], "redirect_uri": OTHER, "state": "inside"})))
    assert r.location.startswith(OTHER + "?") and r.query()["state"] == "inside", r
    # a media type, in either case, whole or without its first word: RFC 7515 section 4.1.9
    for typ in ("oauth-authz-req+jwt", "OAuth-Authz-Req+JWT", "application/oauth-authz-req+jwt", "jwt"):
        assert "code" in w.browser("modern").authorize(url(w, KEY.sign({"state": "x"}, typ=typ))).query()
    good = KEY.sign({"state": "inside"})
    head, body, signature = good.split(".")
    for what, text, more in (
            ("another's key", OTHER_KEY.sign({"state": "inside"}), {}),
            ("not its algorithm", good, {"client": "ps"}),
            ("no key", good, {"client": "bare"}),
            ("none though a signature is wanted", unsigned({"state": "inside"}), {}),
            ("none where nothing is registered", unsigned({"state": "inside"}), {"client": "bare"}),
            ("signed where none is registered", good, {"client": "plain"}),
            ("other claims", head + "." + b64('{"state": "other"}') + "." + signature, {}),
            ("said to be critical", KEY.sign({"state": "inside"}, crit=["exp"]), {}),
            ("an assertion of who the client is", KEY.sign({"iss": "shop", "sub": "shop", "aud": w.url["modern"]}), {}),
            ("an access token's type", KEY.sign({"state": "inside"}, typ="at+jwt"), {})):
        assert error_of(w, "request_object_bad", text, **more) == "invalid_request_object", what
    assert "code" in w.browser("modern").authorize(url(w, unsigned({}), client="plain")).query()


def test_keys_that_stand_elsewhere_are_fetched_and_may_turn(signed):
    """L15: what is remembered is not asked for again while it is young."""
    w = signed
    good, theirs, stranger = KEY.sign({"state": "inside"}), OTHER_KEY.sign({}), talker_jwt.Signer("k2").sign({})
    w.have["/jwks"] = 503
    assert error_of(w, "request_object_bad", good, client="far") == "invalid_request_object"
    w.have["/jwks"] = json.dumps({"keys": [KEY.jwk]})
    b = w.browser("modern")
    assert b.authorize(url(w, good, client="far")).query()["state"] == "inside"
    n = w.asked["/jwks"]
    assert "code" in b.get(url(w, good, client="far")).query() and w.asked["/jwks"] == n
    w.have["/jwks"] = json.dumps({"keys": [OTHER_KEY.jwk]})
    w.turn_clock(10)
    assert "code" in b.get(url(w, theirs, client="far")).query() and w.asked["/jwks"] == n + 1
    # a stranger's signature has the set asked for once more, but not again and again
    for i in range(5):
        assert error_of(w, "request_object_bad", stranger, client="far") == "invalid_request_object"
    assert w.asked["/jwks"] == n + 1


def by_reference(w, uri, **more):
    fields = {"client": "shop", "scope": "openid", "code_challenge": None, "code_challenge_method": None, "state": "beside", **more}
    return authorize_url(w, request_uri=uri, **fields)


def test_an_object_at_a_registered_address(signed):
    w = signed
    w.have["/object"] = KEY.sign({"state": "inside", "redirect_uri": OTHER, "exp": int(time.time()) + 60}) + "\n"
    b = w.browser("modern")
    page = b.follow(b.get(by_reference(w, w.base + "/object")))
    n = w.asked["/object"]
    # what was fetched is the request from then on, whatever stands there later, and however long the login takes
    w.have["/object"] = KEY.sign({"state": "another"})
    w.turn_clock(120)
    r = b.follow(b.login(page, "alice", PASSWORD))
    assert r.location.startswith(OTHER + "?") and r.query()["state"] == "inside" and w.asked["/object"] == n, r
    assert b.get(by_reference(w, w.base + "/object")).query()["state"] == "another" and w.asked["/object"] == n + 1
    # a fragment names a version, which need not be fetched twice
    for i in range(2):
        assert b.get(by_reference(w, w.base + "/object#v1")).query()["state"] == "another"
    assert w.asked["/object"] == n + 2
    w.have["/object"] = unsigned({"state": "unsigned"})
    assert w.browser("modern").authorize(by_reference(w, w.base + "/object", client="plain")).query()["state"] == "unsigned"


def test_an_address_that_does_not_do(signed):
    w = signed
    w.have.update({"/moved": 302, "/large": "x" * 70000, "/empty": "", "/secret": unsigned({}), "/object": unsigned({})})
    for path, why, error in (("/gone", "request_uri_bad", "invalid_request_uri"), ("/moved", "request_uri_bad", "invalid_request_uri"),
                             ("/large", "request_uri_bad", "invalid_request_uri"), ("/secret", "request_uri_bad", "invalid_request_uri"),
                             ("/empty", "request_object_bad", "invalid_request_object"), ("/object", "request_object_bad", "invalid_request_object")):
        r = get(by_reference(w, w.base + path))
        assert (r.query().get("error"), audit_of(w, error_id=r.get("X-Hufu-Error-Id"))["reason"]) == (error, why), (path, r)
    assert "/secret" not in w.asked
    r = get(by_reference(w, w.base + "/object", request=unsigned({})))
    assert r.query()["error"] == "invalid_request_object"
    for foreign in ("http://169.254.169.254/", "file:///etc/passwd", "urn:x:1"):
        assert get(by_reference(w, foreign)).query()["error"] == "invalid_request_uri"


def test_private_addresses_are_asked_only_where_that_is_set(signed):
    metadata = {"jwks_uri": "https://private.example/", "request_uris": ["http://10.1.2.3/object", "https://localhost.example/object"]}
    r = realm()
    r["clients"] += [client("inside", APP_SECRET, scopes=["openid"], redirect_uris=[CALLBACK], metadata=metadata)]
    with World("modern", realms=[r], settings={"modern": {"pkce": "when_sent"}}) as w:
        for uri in metadata["request_uris"]:
            assert get(by_reference(w, uri, client="inside")).query()["error"] == "invalid_request_uri"


# --- RFC 9101 to the letter ----------------------------------------------------------------------------------------------------------

STRICT = {"request_objects_strict": True, "signed_requests_required": True, "request_object_max_age_s": 3600}


@pytest.fixture(scope="module")
def strict():
    r = realm()
    common = dict(scopes=["openid", "profile", "read"], redirect_uris=[CALLBACK, OTHER], auto_approve=True)
    r["clients"] += [client("shop", APP_SECRET, metadata={"jwks": {"keys": [KEY.jwk]}}, **common),
                     client("plain", APP_SECRET, metadata={"jwks": {"keys": [KEY.jwk]}, "request_object_signing_alg": "none"}, **common)]
    with World("modern", realms=[r], settings={"modern": {"pkce": "when_sent", **STRICT}}) as world:
        yield world


def whole(w, **more):
    now = int(time.time())
    claims = {"iss": "shop", "aud": w.url["modern"], "client_id": "shop", "response_type": "code", "redirect_uri": OTHER, "scope": "openid", "state": "inside",
              "nonce": NONCE, "nbf": now, "exp": now + 300, **more}
    return {k: v for k, v in claims.items() if v is not None}


def test_the_object_is_the_whole_request(strict):
    w = strict
    r = w.browser("modern").authorize(url(w, KEY.sign(whole(w), typ="oauth-authz-req+jwt"), scope="read", prompt="none", redirect_uri=CALLBACK, response_mode="fragment"))
    assert r.location.startswith(OTHER + "?") and r.query()["state"] == "inside", r
    assert redeem(w, r.query()["code"], client="shop", redirect_uri=OTHER, code_verifier=None).json()["scope"] == "openid"
    # client_id alone beside it
    at = w.at("modern", "/authorize?client_id=shop&request=")
    assert "code" in w.browser("modern").authorize(at + KEY.sign(whole(w))).query()
    assert get(at + KEY.sign(whole(w, scope=None, state=None))).query().get("state") is None


@pytest.mark.parametrize("what,change", [
    ("no client_id", {"client_id": None}), ("another client_id", {"client_id": "app"}), ("no iss", {"iss": None}), ("no aud", {"aud": None}),
    ("another aud", {"aud": "https://other.example"}), ("no exp", {"exp": None}), ("no nbf", {"nbf": None}), ("over", {"exp": -1}),
    ("old", {"nbf": -3700}), ("for long", {"exp": 4000}), ("of the future", {"nbf": 120}),
    ("made in the future", {"iat": 120}), ("times that are texts", {"nbf": "0"})], ids=lambda v: v if isinstance(v, str) else "")
def test_what_an_object_must_say(strict, what, change):
    """Numbers are seconds from now."""
    change = {k: int(time.time()) + v if isinstance(v, int) else v for k, v in change.items()}
    assert error_of(strict, "request_object_bad", KEY.sign(whole(strict, **change))) == "invalid_request_object"


def test_a_clock_that_is_a_little_ahead(strict):
    now = int(time.time())
    assert "code" in strict.browser("modern").authorize(url(strict, KEY.sign(whole(strict, nbf=now + 8, iat=now + 8)))).query()
    odd = KEY.sign(whole(strict, nbf=now + 0.25, iat=now + 0.25, exp=now + 60.5))        # times may have a fraction
    assert "code" in strict.browser("modern").authorize(url(strict, odd)).query()


def test_a_login_may_take_longer_than_the_object_lives(strict):
    w = strict
    b = w.browser("modern")
    page = b.follow(b.get(url(w, KEY.sign(whole(w, exp=int(time.time()) + 5)))))
    time.sleep(6)
    r = b.follow(b.login(page, "alice", PASSWORD))
    assert r.location.startswith(OTHER) and "code" in r.query(), r


def test_without_a_signed_object_nothing_is_asked(strict):
    w = strict
    m = get(w.at("modern", "/.well-known/openid-configuration")).json()
    assert m["require_signed_request_object"] is True
    r = get(authorize_url(w, client="shop", scope="openid", state="beside"))
    assert r.query()["error"] == "invalid_request" and audit_of(w, error_id=r.get("X-Hufu-Error-Id"))["reason"] == "request_object_required"
    assert error_of(w, "request_object_bad", unsigned(whole(w, client_id="plain", iss="plain")), client="plain") == "invalid_request_object"


def test_a_client_may_ask_for_it_alone(w):
    r = realm()
    r["clients"] += [client("must", APP_SECRET, scopes=["openid"], redirect_uris=[CALLBACK], auto_approve=True,
                            metadata={"jwks": {"keys": [KEY.jwk]}, "require_signed_request_object": True})]
    with World("modern", realms=[r], settings={"modern": {"pkce": "when_sent"}}) as v:
        assert get(authorize_url(v, client="must", scope="openid")).query()["error"] == "invalid_request"
        assert "code" in v.browser("modern").authorize(url(v, KEY.sign({"client_id": "must"}), client="must")).query()


def test_several_resources_in_an_object(w):
    api, other = "https://api.example", "https://other.example"
    r = realm()
    r["clients"] += [client("shop", APP_SECRET, scopes=["read"], redirect_uris=[CALLBACK], auto_approve=True, resource_ids=[api, other], metadata={"jwks": {"keys": [KEY.jwk]}})]
    with World("modern", realms=[r], settings={"modern": {"pkce": "when_sent"}}) as v:
        for asked in (api, [api, other]):
            q = v.browser("modern").authorize(url(v, KEY.sign({"client_id": "shop", "resource": asked}), scope="read", resource="https://evil.example")).query()
            assert "code" in q, q
            t = redeem(v, q["code"], client="shop", code_verifier=None).json()
            assert talker_jwt.claims(t["access_token"])["aud"] == asked


# --- encrypted to the issuer ---------------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def sealed():
    r = realm()
    common = dict(scopes=["openid", "profile", "read"], redirect_uris=[CALLBACK, OTHER], auto_approve=True)
    r["clients"] += [client("shop", APP_SECRET, metadata={"jwks": {"keys": [KEY.jwk]}}, **common),
                     client("one", APP_SECRET, metadata={"jwks": {"keys": [KEY.jwk]}, "request_object_encryption_alg": "RSA-OAEP",
                                                         "request_object_encryption_enc": "A128CBC-HS256"}, **common)]
    with World("modern", realms=[r], settings={"modern": {"pkce": "when_sent", "encrypted_requests": True}}) as world:
        yield world


def enc_keys(w):
    return [k for k in get(w.at("modern", "/jwks")).json()["keys"] if k["use"] == "enc"]


def rsa_key(w):
    return next(k for k in enc_keys(w) if k["kty"] == "RSA")


def test_the_issuer_has_keys_to_encrypt_to(sealed):
    w = sealed
    keys = enc_keys(w)
    assert sorted(k["kty"] for k in keys) == ["EC", "RSA"] and all(k["kid"] and "d" not in k and "alg" not in k for k in keys)
    m = get(w.at("modern", "/.well-known/openid-configuration")).json()
    assert {"RSA-OAEP", "RSA-OAEP-256", "ECDH-ES"} <= set(m["request_object_encryption_alg_values_supported"]) and "RSA1_5" not in str(m)
    assert "A256GCM" in m["request_object_encryption_enc_values_supported"]
    status, out, err = w.hufu("key", "list", "--issuer", "modern", "--json")
    assert status == 0 and "RSA-OAEP" in out and "ECDH-ES" in out, (out, err)


def test_an_object_that_is_signed_and_encrypted(sealed):
    w = sealed
    for alg, who in (("RSA-OAEP", "shop"), ("RSA-OAEP-256", "shop"), ("RSA-OAEP", "one")):
        text = talker_jwt.encrypt(rsa_key(w), KEY.sign({"client_id": who, "redirect_uri": OTHER, "state": "inside"}), alg)
        r = w.browser("modern").authorize(url(w, text, client=who))
        assert r.location.startswith(OTHER + "?") and r.query()["state"] == "inside" and "code" in r.query(), r
    f = {"client_id": "shop", "request": talker_jwt.encrypt(rsa_key(w), KEY.sign(whole(w, state="pushed")))}
    r = post(w.at("modern", "/par"), f, basic("shop", APP_SECRET))
    assert r.status == 201, r
    r = w.browser("modern").authorize(w.at("modern", "/authorize?") + form({"client_id": "shop", "request_uri": r.json()["request_uri"]}))
    assert r.query()["state"] == "pushed", r


def test_what_does_not_open(sealed):
    w = sealed
    key, good = rsa_key(w), KEY.sign({"client_id": "shop", "state": "inside"})
    text = talker_jwt.encrypt(key, good)
    head, cek, iv, body, tag = text.split(".")
    stranger = talker_jwt.Reader().jwk
    for what, text, more in (
            ("a stranger's key", talker_jwt.encrypt({**stranger, "kid": key["kid"]}, good), {}),
            ("a kid nobody has", talker_jwt.encrypt(key, good, kid="nobody"), {}),
            ("another alg", talker_jwt.encrypt(key, good, alg="RSA-OAEP-256").replace(head, talker_jwt.text(json.dumps({"alg": "RSA1_5", "enc": "A128CBC-HS256"}).encode())), {}),
            ("dir", ".".join((talker_jwt.text(b'{"alg":"dir","enc":"A128CBC-HS256"}'), "", iv, body, tag)), {}),
            ("an enc that is none", talker_jwt.encrypt(key, good, enc="A192GCM"), {}),
            ("another enc than it is", talker_jwt.encrypt(key, good, enc="A128GCM"), {}),
            ("something critical", talker_jwt.encrypt(key, good, crit=["exp"]), {}),
            ("packed", talker_jwt.encrypt(key, good, zip="DEF"), {}),
            ("no JWT by its own word", talker_jwt.encrypt(key, good, cty="text"), {}),
            ("another tag", ".".join((head, cek, iv, body, talker_jwt.text(b"\0" * 16))), {}),
            ("another key inside", ".".join((head, talker_jwt.text(b"\1" * 256), iv, body, tag)), {}),
            ("cut", ".".join((head, cek, iv, body[:-8], tag)), {}),
            ("a part too many", ".".join((head, cek, iv, body, tag, "x")), {}),
            ("nothing inside", talker_jwt.encrypt(key, ""), {}),
            ("encrypted twice", talker_jwt.encrypt(key, talker_jwt.encrypt(key, good)), {}),
            ("unsigned inside", talker_jwt.encrypt(key, unsigned({"state": "inside"})), {}),
            ("another's signature inside", talker_jwt.encrypt(key, OTHER_KEY.sign({"state": "inside"})), {}),
            ("claims alone inside", talker_jwt.encrypt(key, '{"state":"inside"}'), {}),
            ("not as it registered", talker_jwt.encrypt(key, KEY.sign({"client_id": "one"}), "RSA-OAEP-256"), {"client": "one"})):
        assert error_of(w, "request_object_bad", text, **more) == "invalid_request_object", what


def test_after_a_rotation_the_former_key_opens_for_a_while(sealed):
    w = sealed
    was, text = rsa_key(w), None
    text = talker_jwt.encrypt(was, KEY.sign({"client_id": "shop", "state": "inside"}))
    status, out, err = w.hufu("key", "rotate", "--issuer", "modern", "--alg", "RSA-OAEP", "--now")
    assert status == 0, err
    assert [k["kid"] for k in enc_keys(w) if k["kty"] == "RSA"] != [was["kid"]] and len(enc_keys(w)) == 2
    assert "code" in w.browser("modern").authorize(url(w, text)).query()
    assert "code" in w.browser("modern").authorize(url(w, talker_jwt.encrypt(rsa_key(w), KEY.sign({"client_id": "shop"})))).query()
    status, out, err = w.hufu("key", "revoke", "--issuer", "modern", was["kid"])
    assert status == 0, err
    assert error_of(w, "request_object_bad", text) == "invalid_request_object"
    w.stop()
    w.start()
    assert error_of(w, "request_object_bad", text) == "invalid_request_object"
    assert "code" in w.browser("modern").authorize(url(w, talker_jwt.encrypt(rsa_key(w), KEY.sign({"client_id": "shop"})))).query()


def test_an_issuer_to_which_nothing_is_encrypted(sealed, signed):
    text = talker_jwt.encrypt(rsa_key(sealed), KEY.sign({"client_id": "shop"}))
    assert error_of(signed, "request_object_bad", text) == "invalid_request_object"
    assert not enc_keys(signed) and not [k for k in get(signed.at("modern", "/.well-known/openid-configuration")).json() if k.startswith("request_object_encryption")]
