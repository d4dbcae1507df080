"""Each reason of src/oauth/reasons.def that a stranger can bring about: one request, the status and error of the answer, the reason in the audit line."""
import json

import pytest

from talker import APP_SECRET, World, audit_of, authorize_url, basic, bearer, client, get, post, realm, refresh, send, tokens

REDIRECTS = ["https://app.example/cb"]


@pytest.fixture(scope="module")
def w():
    everybody = realm()
    everybody["clients"] += [
        client("machine", APP_SECRET, grants=["client_credentials"], redirect_uris=REDIRECTS),
        client("nowhere", APP_SECRET, redirect_uris=[]),
    ]
    settings = {"taroco": {"distinct_login_errors": True, "access_ttl_s": 60}, "modern": {"refresh_ttl_s": 60}}
    with World(settings=settings, realms=[everybody]) as world:
        yield world


def at_token(w, fields, headers=None, query=""):
    return post(w.at("modern", "/token" + query), fields, headers or basic("app", APP_SECRET))


def old_token(w, fields, dialect="spring"):
    return post(w.at(dialect, "/oauth/token"), fields, basic("messaging-client", "secret"))


def ask(w, *issuer, **more):
    return get(authorize_url(w, *issuer, **more), {"Accept": "text/html"})


def check(w, token, dialect="spring"):
    return post(w.at(dialect, "/oauth/check_token"), {"token": token})


def jwt_pair(w):
    r = post(w.at("taroco", "/oauth/token"), {"grant_type": "password", "username": "u04", "password": "password"}, basic("5d22eb6e8b0c7ba066014398", "webApp"))
    return r.json()


def jwt_expired(w):
    pair = jwt_pair(w)
    w.turn_clock(60 + 1)
    return pair


def wrong_method(w):
    r = post(w.at("rageframe", "/oauth2/password"), {"username": "u05", "password": "password", "client_id": "rageframe", "client_secret": "rageframe-secret", "grant_type": "password"})
    return post(w.at("rageframe", "/oauth2/member"), {}, bearer(r.json()["data"]["access_token"]))


def machine_token(w, dialect):
    r = post(w.at(dialect, "/connect/token"), {"grant_type": "client_credentials"}, basic("client1", "secret"))
    return r.json()["access_token"]


def too_many():
    return [("x%d" % i, "1") for i in range(300)] + [("grant_type", "client_credentials")]


TOKEN = {"grant_type": "authorization_code"}
# reason: (status, error of the body, of the redirect or None where a page or another shape says it, the request)
REASONS = {
    "bad_request": (400, "invalid_request", lambda w: at_token(w, {"scope": "read"}, query="?grant_type=client_credentials")),
    "param_too_many": (400, "invalid_request", lambda w: at_token(w, too_many())),
    "media_type": (415, "invalid_request", lambda w: send("POST", w.at("modern", "/token"), json.dumps({"grant_type": "client_credentials"}),
                                                          {"Content-Type": "application/json", **basic("app", APP_SECRET)})),
    "body_too_large": (413, "invalid_request", lambda w: at_token(w, {"grant_type": "x" * 70000})),
    "client_malformed": (401, "invalid_client", lambda w: at_token(w, TOKEN, {"Authorization": "Basic !!!"})),
    "grant_missing": (400, "invalid_request", lambda w: at_token(w, {"scope": "read"})),
    "grant_implicit": (400, None, lambda w: old_token(w, {"grant_type": "implicit"})),
    "code_missing": (400, "invalid_request", lambda w: at_token(w, TOKEN)),
    "refresh_missing": (400, "invalid_request", lambda w: at_token(w, {"grant_type": "refresh_token"})),
    "scope_wider": (400, "invalid_scope", lambda w: refresh(w, tokens(w, scope="read")["refresh_token"], scope="read write")),
    "refresh_expired": (400, "invalid_grant", lambda w: refresh(w, expired(w)["refresh_token"])),
    "user_unknown": (401, None, lambda w: old_token(w, {"grant_type": "password", "username": "nobody", "password": "x"}, "taroco")),
    "authz_no_redirect_grant": (400, None, lambda w: ask(w, client="machine")),
    "redirect_none": (400, None, lambda w: ask(w, client="nowhere")),
    "redirect_missing": (400, None, lambda w: ask(w, redirect_uri=None)),
    "pkce_required": (303, "invalid_request", lambda w: ask(w, code_challenge=None, code_challenge_method=None)),
    "pkce_method": (303, "invalid_request", lambda w: ask(w, code_challenge_method="plain")),
    "pkce_challenge": (303, "invalid_request", lambda w: ask(w, code_challenge="too-short")),
    "request_object": (302, "request_not_supported", lambda w: ask(w, "connect", client="client1", path="/connect/authorize", scope="openid",
                                                                                    redirect_uri="https://myapp.com/callback", request="eyJhbGciOiJub25lIn0.e30.")),
    "request_object_bad": (303, "invalid_request_object", lambda w: ask(w, request="eyJhbGciOiJub25lIn0.e30.c2ln")),
    "request_uri_bad": (303, "invalid_request_uri", lambda w: ask(w, request_uri="https://app.example/request")),
    "request_uri": (302, "request_uri_not_supported", lambda w: ask(w, "connect", client="client1", path="/connect/authorize", scope="openid",
                                                                    redirect_uri="https://myapp.com/callback", request_uri="https://app.example/request")),
    "token_missing": (400, "invalid_request", lambda w: post(w.at("modern", "/introspect"), {}, basic("app", APP_SECRET))),
    "refresh_malformed": (401, None, lambda w: old_token(w, {"grant_type": "refresh_token", "refresh_token": "no.jwt.here"}, "taroco")),
    "refresh_is_access": (401, None, lambda w: old_token(w, {"grant_type": "refresh_token", "refresh_token": jwt_pair(w)["access_token"]}, "taroco")),
    "token_malformed": (400, None, lambda w: check(w, "no.jwt.here", "taroco")),
    "token_is_refresh": (400, None, lambda w: check(w, jwt_pair(w)["refresh_token"], "taroco")),
    "token_expired": (400, None, lambda w: check(w, jwt_expired(w)["access_token"], "taroco")),
    "no_error": (400, None, lambda w: get(w.at("taroco", "/oauth/error"))),
    "no_right": (200, None, wrong_method),
    "bearer_no_user": (403, "insufficient_scope", lambda w: get(w.at("connect", "/connect/userinfo"), bearer(machine_token(w, "connect")))),
}


def expired(w):
    pair = tokens(w)
    w.turn_clock(61)
    return pair


def error_of(r):
    return r.query().get("error") if r.status in (302, 303) else r.json().get("error")


@pytest.mark.parametrize("why", REASONS)
def test_the_reason_is_told(w, why):
    status, error, request = REASONS[why]
    r = request(w)
    assert r.status == status, r
    assert error is None or error_of(r) == error, r
    line = audit_of(w, error_id=r.get("X-Hufu-Error-Id")) if r.get("X-Hufu-Error-Id") else audit_of(w, reason=why)
    assert line["reason"] == why and line["status"] == status
