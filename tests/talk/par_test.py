"""Pushed authorization requests: what a client says of a login before a browser comes, and what becomes of the name. RFC 9126."""
import concurrent.futures, json, signal, time, urllib.parse

import pytest

from talker import APP_SECRET, OTHER_SECRET, PASSWORD, Browser, World, audit_of, basic, challenge, client, form, get, post, realm, redeem, send
import talker_jwt

CALLBACK = "https://app.example/cb"
URN = "urn:ietf:params:oauth:request_uri:"
KEY = talker_jwt.Signer("k1")
COMMON = dict(scopes=["openid", "profile", "read", "write"], redirect_uris=[CALLBACK])


@pytest.fixture(scope="module")
def w():
    r = realm()
    r["clients"] += [client("shop", APP_SECRET, auto_approve=True, metadata={"jwks": {"keys": [KEY.jwk]}}, **COMMON),
                     client("asks", APP_SECRET, **COMMON), client("mine", OTHER_SECRET, auto_approve=True, **COMMON),
                     client("signer", APP_SECRET, auto_approve=True,
                            metadata={"jwks": {"keys": [KEY.jwk]}, "token_endpoint_auth_method": "private_key_jwt"}, **COMMON),
                     client("must", APP_SECRET, auto_approve=True, metadata={"require_pushed_authorization_requests": True}, **COMMON)]
    with World("modern", realms=[r]) as world:
        yield world


class Tab(Browser):
    """Remembers where the page stands that it shows: a reload is a GET of that."""

    def go(self, method, target, body=None, headers=None):
        self.last = target if method == "GET" else None
        return super().go(method, target, body, headers)


def turn(w, seconds):
    w.turn_clock(seconds)
    w.ahead = getattr(w, "ahead", 0) + seconds


def now(w):
    return int(time.time()) + getattr(w, "ahead", 0)


def fields(client="shop", **more):
    f = {"response_type": "code", "client_id": client, "redirect_uri": CALLBACK, "scope": "read", "state": "pushed",
         "code_challenge": challenge(), "code_challenge_method": "S256", **more}
    return {k: v for k, v in f.items() if v is not None}


def push(w, client="shop", secret=APP_SECRET, **more):
    return post(w.at("modern", "/par"), fields(client, **more), basic(client, secret) if secret else None)


def name(w, *args, **more):
    r = push(w, *args, **more)
    assert r.status == 201, r
    return r.json()["request_uri"]


def test_what_is_pushed_has_pkce():
    r = realm()
    r["clients"] += [client("shop", APP_SECRET, auto_approve=True, **COMMON)]
    bare = dict(scope="openid", nonce="n-1", code_challenge=None, code_challenge_method=None)
    with World("modern", realms=[r], settings={"modern": {"par_pkce_required": True}}) as v:
        refused = push(v, **bare)
        assert refused.status == 400 and refused.json()["error"] == "invalid_request" and "code_challenge" in refused.json()["error_description"], refused
        assert push(v, scope="openid", nonce="n-1").status == 201
        assert "code" in v.browser("modern").authorize(v.at("modern", "/authorize?" + urllib.parse.urlencode({k: f for k, f in fields(**bare).items()}))).query()


def where(w, uri, client="shop", **more):
    return w.at("modern", "/authorize") + "?" + form({k: v for k, v in {"client_id": client, "request_uri": uri, **more}.items() if v is not None})


def reason(w, r):
    return audit_of(w, error_id=r.get("X-Hufu-Error-Id"))["reason"]


def refused(w, r, why="pushed_unknown"):
    """A page, for nothing says where the answer would go."""
    assert r.status == 400 and not r.location and "invalid_request_uri" in r.text and reason(w, r) == why, r


def test_a_pushed_request_gives_a_name_that_gives_a_code(w):
    r = push(w)
    assert r.status == 201 and r.json()["expires_in"] == 90 and r.order() == ["request_uri", "expires_in"], r
    assert "no-store" in r.get("Cache-Control") and r.get("Content-Type") == "application/json"
    uri = r.json()["request_uri"]
    assert uri.startswith(URN) and len(uri) > len(URN) + 40
    b = w.browser("modern")
    r = b.authorize(where(w, uri))
    assert r.location.startswith(CALLBACK + "?") and r.query()["state"] == "pushed", r
    assert r.query()["iss"] == w.url["modern"]
    assert redeem(w, r.query()["code"], client="shop").json()["scope"] == "read"
    refused(w, b.get(where(w, uri)))


def test_the_metadata_say_where(w):
    for path in ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"):
        m = get(w.at("modern", path)).json()
        assert m["pushed_authorization_request_endpoint"] == w.at("modern", "/par") and m["require_pushed_authorization_requests"] is False
    with World("modern", settings={"modern": {"par_ttl_s": 0}}) as v:
        m = get(v.at("modern", "/.well-known/openid-configuration")).json()
        assert not [k for k in m if "pushed" in k]
        assert post(v.at("modern", "/par"), fields("app"), basic("app", APP_SECRET)).status == 404


def test_nothing_beside_the_name_counts(w):
    """RFC 9101 section 6.3: only what was pushed."""
    b = w.browser("modern")
    r = b.authorize(where(w, name(w), redirect_uri="https://evil.example/", scope="openid write", state="beside", response_type="token",
                          prompt="none", code_challenge="x" * 43, response_mode="fragment", nonce="n", request="x.y.z"))
    assert r.location.startswith(CALLBACK + "?") and r.query()["state"] == "pushed" and "#" not in r.location, r
    assert redeem(w, r.query()["code"], client="shop").json()["scope"] == "read"


def test_a_name_is_of_its_client(w):
    b = w.browser("modern")
    uri = name(w)
    for other in ("mine", "ghost", None, ""):
        refused(w, b.get(where(w, uri, other)))
    assert "code" in b.authorize(where(w, uri)).query()


def test_a_name_is_not_guessed(w):
    b, uri = w.browser("modern"), name(w)
    other = uri[:-2] + ("A" if uri[-2] != "A" else "B") + uri[-1]
    for guess in (URN, URN + "x", URN + "A" * 59, other, uri + "A", uri[:-4], uri.replace(URN, URN + "x"),
                  URN + "../../etc", URN + "%00", URN + "x" * 5000):
        refused(w, b.get(where(w, guess)))
    for foreign in ("urn:ietf:params:oauth:request_uri", uri.upper(), " " + uri):
        r = b.get(where(w, foreign))
        assert r.status == 400 and reason(w, r) == "request_uri_bad", r
    assert "code" in b.authorize(where(w, uri)).query()


def test_a_name_ends_and_who_has_come_in_time_goes_on(w):
    early, late = Tab(w.url["modern"]), w.browser("modern")
    uri = name(w, "asks", prompt="consent")
    page = early.follow(early.get(where(w, uri, "asks")))
    turn(w, 95)
    refused(w, late.get(where(w, uri, "asks")))
    turn(w, 1700)
    page = early.follow(early.login(page, "alice", PASSWORD))
    again = early.get(early.last)
    assert page.status == 200 and again.status == 200
    r = early.decide(page)
    assert "code" in r.query() and r.query()["state"] == "pushed", r
    refused(w, w.browser("modern").get(where(w, uri, "asks")))


def test_a_reload_and_a_second_tab_before_the_decision(w):
    """RFC 9126 section 7.3: loading the page does not use the name up; the decision does."""
    b = Tab(w.url["modern"])
    uri = name(w, "asks", prompt="consent")
    for i in range(3):
        login = b.follow(b.get(where(w, uri, "asks")))
        assert any(kind == "password" for f in login.forms() for _, _, kind, _ in f["fields"])
    page = b.follow(b.login(login, "alice", PASSWORD))
    second = b.follow(b.get(where(w, uri, "asks")))
    turn(w, 100)
    reloaded = b.get(b.last)
    assert reloaded.form("consent-form") and second.form("consent-form")
    r = b.decide(reloaded)
    assert "code" in r.query(), r
    # a double click is one click; the other tab's decision comes too late
    assert b.decide(reloaded).query()["code"] == r.query()["code"]
    refused(w, b.decide(page))
    refused(w, b.decide(second, ()))
    assert redeem(w, r.query()["code"], client="asks").status == 200


def test_a_denial_uses_it_up_too(w):
    b = w.browser("modern")
    uri = name(w, "asks", prompt="consent")
    r = b.authorize(where(w, uri, "asks"), allow=())
    assert r.query()["error"] == "access_denied" and r.query()["state"] == "pushed"
    refused(w, b.get(where(w, uri, "asks")))


def test_one_name_presented_by_many_gives_one_code(w):
    b = w.browser("modern")
    assert "code" in b.authorize(where(w, name(w))).query()
    uri = name(w)
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(lambda i: b.go("GET", where(w, uri)), range(64)))
    codes = [r for r in answers if r.location and "code" in r.query()]
    assert len(codes) == 1, [r.status for r in answers]
    for r in answers:
        if r is not codes[0]:
            assert r.status == 400 and reason(w, r) == "pushed_unknown", r


def test_it_outlives_a_restart(w):
    r = realm()
    r["clients"] += [client("shop", APP_SECRET, auto_approve=True, **COMMON)]
    with World("modern", realms=[r]) as v:
        b, uri = v.browser("modern"), name(v)
        page = b.follow(b.get(where(v, uri)))
        v.stop(signal.SIGKILL)
        v.start()
        r = b.follow(b.login(page, "alice", PASSWORD))
        assert "code" in r.query(), r
        refused(v, b.get(where(v, uri)))


BAD = [
    ("a name inside", dict(request_uri=URN + "x"), "invalid_request", "pushed_uri"),
    ("a reference inside", dict(request_uri="https://app.example/r"), "invalid_request", "pushed_uri"),
    ("no redirect URI", dict(redirect_uri=None), "invalid_request", "redirect_missing"),
    ("a strange one", dict(redirect_uri="https://evil.example/"), "invalid_request", "redirect_unregistered"),
    ("no response type", dict(response_type=None), "unsupported_response_type", "response_type"),
    ("a strange one", dict(response_type="bogus"), "unsupported_response_type", "response_type"),
    ("one it may not use", dict(response_type="code token", nonce="n", scope="openid"), "unauthorized_client", "response_forbidden"),
    ("a strange mode", dict(response_mode="pigeon"), "invalid_request", "response_mode"),
    ("a strange scope", dict(scope="nope"), "invalid_scope", "scope_unknown"),
    ("no PKCE", dict(code_challenge=None, code_challenge_method=None), "invalid_request", "pkce_required"),
    ("plain PKCE", dict(code_challenge_method="plain"), "invalid_request", "pkce_method"),
    ("prompts that cannot stand together", dict(prompt="none login"), "invalid_request", "prompt_none"),
    ("an age that is none", dict(max_age="soon"), "invalid_request", "max_age"),
    ("claims that are none", dict(claims="[]"), "invalid_request", "claims"),
    ("claims that are deep", dict(claims='{"id_token":' + "[" * 200 + "]" * 200 + "}"), "invalid_request", "claims"),
    ("a hint that is none", dict(id_token_hint="x.y.z"), "invalid_request", "id_token_hint"),
    ("a resource nobody knows", dict(resource="https://evil.example"), "invalid_target", "resource_unknown"),
    ("an object that is none", dict(request="x.y.z"), "invalid_request_object", "request_object_bad"),
    ("a state that is too long", dict(state="s" * 40000), "invalid_request", "pushed_large"),
]


@pytest.mark.parametrize("what,more,error,why", BAD, ids=["%s-%d" % (b[0], i) for i, b in enumerate(BAD)])
def test_what_cannot_be_asked_is_told_at_once(w, what, more, error, why):
    r = push(w, **more)
    assert (r.status, r.json()["error"], reason(w, r)) == (413 if why == "pushed_large" else 400, error, why), r


def test_who_pushes_proves_who_he_is(w):
    assert push(w, "spa", None, redirect_uri="https://spa.example/cb").status == 201
    for who, secret in (("shop", "wrong"), ("shop", None), ("ghost", "x")):
        r = push(w, who, secret)
        assert r.status == 401 and r.json()["error"] == "invalid_client", r
    r = post(w.at("modern", "/par"), fields("mine"), basic("shop", APP_SECRET))
    assert r.status == 401 and reason(w, r) == "client_other"
    r = post(w.at("modern", "/par"), {**fields(None), "client_secret": APP_SECRET})
    assert r.status == 401
    assert post(w.at("modern", "/par"), {**fields("shop"), "client_secret": APP_SECRET}).status == 201
    assert post(w.at("modern", "/par"), {k: v for k, v in fields().items() if k != "client_id"}, basic("shop", APP_SECRET)).status == 201
    for i, (aud, status) in enumerate(((w.url["modern"], 201), (w.at("modern", "/par"), 201), (w.at("modern", "/token"), 201), (w.at("modern", "/authorize"), 401))):
        assertion = KEY.sign({"iss": "signer", "sub": "signer", "aud": aud, "exp": now(w) + 60, "jti": "par-%d" % i})
        r = post(w.at("modern", "/par"), {**fields("signer"), "client_assertion": assertion,
                                          "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"})
        assert r.status == status, (aud, r)


def test_only_by_post_and_once_each(w):
    for method in ("GET", "PUT", "DELETE"):
        r = send(method, w.at("modern", "/par"), None, basic("shop", APP_SECRET))
        assert r.status == 405, r
    r = post(w.at("modern", "/par"), form(fields()) + "&state=again", {**basic("shop", APP_SECRET), "Content-Type": "application/x-www-form-urlencoded"})
    assert r.status == 400 and r.json()["error"] == "invalid_request"
    r = post(w.at("modern", "/par") + "?scope=write", fields(), basic("shop", APP_SECRET))
    assert r.status == 400 and r.json()["error"] == "invalid_request"


def whole(w, **more):
    """Everything that a request says, as the claims of an object."""
    c = {**fields(), "iss": "shop", "aud": w.url["modern"], "nbf": now(w), "exp": now(w) + 20, "state": "inside", **more}
    return {k: v for k, v in c.items() if v is not None}


def test_a_signed_object_may_be_pushed_and_is_judged_then(w):
    """RFC 9126 section 3: all that it asks is in the object, and nothing beside it counts."""
    uri = name(w, request=KEY.sign(whole(w, scope="read write")), scope="openid", redirect_uri="https://evil.example/", nonce="beside")
    turn(w, 40)
    r = w.browser("modern").authorize(where(w, uri))
    assert r.query()["state"] == "inside", r
    assert redeem(w, r.query()["code"], client="shop").json()["scope"] == "read write"
    good = whole(w)
    for bad in ({"request_uri": URN + "x"}, {"request": "x"}, {"client_id": "mine"}, {"client_id": None}, {"iss": "mine"}, {"aud": "https://other.example"},
                {"exp": now(w) - 1}, {"nbf": now(w) + 60}, {"iat": now(w) + 3600}, {"scope": ["read"]}, {"resource": {}}):
        r = push(w, request=KEY.sign({k: v for k, v in {**good, **bad}.items() if v is not None}))
        assert r.status == 400 and r.json()["error"] == "invalid_request_object", (bad, r)
    for gone, error in (("redirect_uri", "invalid_request"), ("response_type", "unsupported_response_type"), ("code_challenge", "invalid_request")):
        r = push(w, request=KEY.sign({k: v for k, v in good.items() if k != gone}))
        assert r.status == 400 and r.json()["error"] == error, (gone, r)


def test_what_is_asked_travels_unharmed(w):
    asked = {"id_token": {"auth_time": {"essential": True}}}
    r = w.browser("modern").authorize(where(w, name(w, scope="openid", nonce="n-1", claims=json.dumps(asked), state="s p+ä&=", max_age="3000")))
    assert r.query()["state"] == "s p+ä&="
    t = talker_jwt.claims(redeem(w, r.query()["code"], client="shop").json()["id_token"])
    assert t["nonce"] == "n-1" and t["auth_time"]


def test_who_must_push_and_does_not(w):
    r = get(w.at("modern", "/authorize") + "?" + form(fields("must")))
    assert r.query()["error"] == "invalid_request" and r.query()["state"] == "pushed" and reason(w, r) == "pushed_required", r
    assert "code" in w.browser("modern").authorize(where(w, name(w, "must"), "must")).query()
    r = realm()
    r["clients"] += [client("shop", APP_SECRET, auto_approve=True, **COMMON)]
    with World("modern", realms=[r], settings={"modern": {"par_required": True, "par_ttl_s": 60}}) as v:
        assert get(v.at("modern", "/.well-known/openid-configuration")).json()["require_pushed_authorization_requests"] is True
        assert get(v.at("modern", "/authorize") + "?" + form(fields())).query()["error"] == "invalid_request"
        r = push(v)
        assert r.json()["expires_in"] == 60
        assert "code" in v.browser("modern").authorize(where(v, r.json()["request_uri"])).query()


def test_a_login_without_pages_is_answered_so(w):
    b, uri = w.browser("modern"), name(w, prompt="none")
    assert b.get(where(w, uri)).query()["error"] == "login_required"


def test_who_is_a_stranger_pushes_so_many(w):
    """The oldest of a public client's network go; those of others stay."""
    kept = name(w)
    first = name(w, "spa", None, redirect_uri="https://spa.example/cb")
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda i: push(w, "spa", None, redirect_uri="https://spa.example/cb"), range(260)))
    refused(w, w.browser("modern").get(where(w, first, "spa")))
    assert "code" in w.browser("modern").authorize(where(w, kept)).query()
