"""An authorization request whose parameters are the claims of an unsigned JWT. OpenID Connect Core 6.1, RFC 9101."""
import base64, json, time

import pytest

from talker import APP_SECRET, PASSWORD, World, audit_of, authorize_url, client, get, realm, redeem
import talker_jwt

CALLBACK, OTHER = "https://app.example/cb", "https://app.example/other"
NONCE = "n-0S6_WzA2Mj"


@pytest.fixture(scope="module")
def w():
    r = realm()
    r["clients"] += [client("shop", APP_SECRET, scopes=["openid", "profile", "read"], redirect_uris=[CALLBACK, OTHER], auto_approve=True)]
    with World("modern", "connect", realms=[r], settings={"modern": {"pkce": "when_sent"}}) as world:
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
    ("resource, which may repeat", lambda c: unsigned({**c, "resource": "https://api.example"})),
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
    assert m["request_parameter_supported"] and m["request_object_signing_alg_values_supported"] == ["none"] and not m["request_uri_parameter_supported"]
    with World("modern", settings={"modern": {"request_objects": False}}) as v:
        m = get(v.at("modern", "/.well-known/openid-configuration")).json()
        assert not m["request_parameter_supported"] and "request_object_signing_alg_values_supported" not in m
        assert get(authorize_url(v, request=unsigned({}))).query()["error"] == "request_not_supported"
