"""Clients that register themselves: RFC 7591, RFC 7592, OpenID Connect Dynamic Client Registration 1.0."""
import base64, html, http.server, json, re, signal, threading, time, urllib.parse

import pytest

import talker_jwt
from server import ROOT, remember
from talker import PASSWORD, World, audit_of, authorize_url, basic, bearer, get, post, realm, redeem, send, tokens, user, wait

CB = "https://app.example/cb"
JAG, EXCHANGE, BEARER = "urn:ietf:params:oauth:grant-profile:id-jag", "urn:ietf:params:oauth:grant-type:token-exchange", "urn:ietf:params:oauth:grant-type:jwt-bearer"
SECRET_MEMBERS = ("client_secret", "registration_access_token")


def world(rule="open", realms=None, **more):
    return World("modern", realms=realms, settings={"modern": {"registration": rule, "registration_per_hour": 100000, **more}})


@pytest.fixture(scope="module")
def w():
    with world() as one:
        yield one


def register(w, said, headers=None, method="POST", at=None, raw=None):
    body = raw if raw is not None else json.dumps(said)
    r = send(method, at or w.at("modern", "/register"), body, {"Content-Type": "application/json", **(headers or {})})
    if r.status < 300 and r.body:
        for name in SECRET_MEMBERS:
            remember(r.json().get(name) or "")
    return r


def made(w, **said):
    r = register(w, {"redirect_uris": [CB], **said})
    assert r.status == 201, r
    return r.json()


def refused(r, error, *words, status=400):
    assert r.status == status and r.json()["error"] == error, r
    for word in words:
        assert word in r.json()["error_description"], r
    return r


def code_of(w, c, browser=None, **more):
    b = browser or w.browser("modern")
    r = b.authorize(authorize_url(w, client=c["client_id"], **{"redirect_uri": c["redirect_uris"][0], "scope": "openid", "nonce": "n-1", **more}), "alice")
    return r.query()["code"]


def redeemed(w, c, code, **more):
    id = {} if "client_secret" in c else {"client_id": c["client_id"]}
    return redeem(w, code, client=c["client_id"], secret=c.get("client_secret"), redirect_uri=c["redirect_uris"][0], **id, **more)


# --- a registration ----------------------------------------------------------------------------------------------------------------

def test_what_is_registered_is_told_and_works_in_the_very_next_request(w):
    r = register(w, {"redirect_uris": [CB], "client_name": "Shop", "client_name#zh-CN": "商店", "contacts": ["ops@app.example"], "client_uri": "https://app.example/",
                     "policy_uri": "https://app.example/p", "tos_uri": "https://app.example/t", "logo_uri": "https://app.example/l.png", "software_id": "s-1", "software_version": "1",
                     "default_max_age": 3600, "require_auth_time": True, "initiate_login_uri": "https://app.example/begin", "unknown_member": {"a": [1]}, "jwks": {"keys": []}})
    assert r.status == 201 and r.get("Content-Type") == "application/json" and r.get("Cache-Control") == "no-store" and r.get("Pragma") == "no-cache", r
    c = r.json()
    assert {k: c[k] for k in ("client_name", "grant_types", "response_types", "token_endpoint_auth_method", "application_type", "scope", "redirect_uris", "contacts", "default_max_age",
                              "require_auth_time", "software_id", "jwks", "initiate_login_uri", "client_secret_expires_at")} == {
        "client_name": "Shop", "grant_types": ["authorization_code"], "response_types": ["code"], "token_endpoint_auth_method": "client_secret_basic", "application_type": "web",
        "scope": "openid profile email address phone offline_access", "redirect_uris": [CB], "contacts": ["ops@app.example"], "default_max_age": 3600, "require_auth_time": True,
        "software_id": "s-1", "jwks": {"keys": []}, "initiate_login_uri": "https://app.example/begin", "client_secret_expires_at": 0}
    assert "unknown_member" not in c and c["client_name#zh-CN"] == "商店" and "client_names" not in c and c["client_id_issued_at"] > 1600000000
    assert c["registration_client_uri"] == w.at("modern", "/register/" + c["client_id"]) and len(c["registration_access_token"]) == 43 and len(c["client_secret"]) == 43
    got = redeemed(w, c, code_of(w, c))
    assert got.status == 200 and got.json()["id_token"] and "refresh_token" not in got.json(), got
    assert w.hufu("client", "list", "--realm", "main", "--registered")[1].count(c["client_id"]) == 1
    shown = json.loads(w.hufu("client", "show", c["client_id"], "--realm", "main", "--json")[1])
    assert shown["registration"]["by"] == "open" and shown["registration"]["issuer"] == "modern" and shown["client"]["registered"] is True
    assert shown["registration"]["expires_s"] > shown["registration"]["created_s"]
    for lang, label in (("en", "registered with"), ("zh", "注册方式")):
        assert label in w.hufu("--lang", lang, "client", "show", c["client_id"], "--realm", "main")[1]


def test_a_public_client_has_no_secret(w):
    c = made(w, token_endpoint_auth_method="none", grant_types=["authorization_code", "refresh_token"], redirect_uris=["http://127.0.0.1:7000/cb"], application_type="native")
    assert "client_secret" not in c and "client_secret_expires_at" not in c
    got = redeemed(w, c, code_of(w, c))
    assert got.status == 200 and got.json()["refresh_token"], got


def test_what_is_not_offered_is_left_out_and_the_answer_says_so(w):
    c = made(w, grant_types=["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code", "password"], response_types=["code"], scope="email secret openid")
    assert c["grant_types"] == ["authorization_code", "refresh_token"] and c["response_types"] == ["code"] and c["scope"] == "email openid"


def test_it_authenticates_as_it_said(w):
    c = made(w, token_endpoint_auth_method="client_secret_post")
    code = code_of(w, c)
    r = post(w.at("modern", "/token"), {"grant_type": "authorization_code", "code": code, "redirect_uri": CB}, basic(c["client_id"], c["client_secret"]))
    assert r.status == 401 and r.json()["error"] == "invalid_client", r


def test_a_client_says_which_grant_profiles_it_follows(w):
    """draft-ietf-oauth-identity-assertion-authz-grant-04 section 8: kept and told, though this issuer offers one of the two grants alone."""
    c = made(w, authorization_grant_profiles_supported=[JAG, "urn:example:other"], grant_types=["authorization_code", EXCHANGE, BEARER])
    assert c["authorization_grant_profiles_supported"] == [JAG, "urn:example:other"]
    assert "urn:example:other" in w.hufu("client", "show", "--realm", "main", c["client_id"])[1]
    assert made(w, authorization_grant_profiles_supported=["urn:example:other"])["authorization_grant_profiles_supported"] == ["urn:example:other"]


# --- the table of errors -----------------------------------------------------------------------------------------------------------

REFUSED = [
    # said, error, words of the description
    ({}, "invalid_redirect_uri", "redirect_uris"),
    ({"redirect_uris": []}, "invalid_redirect_uri", "redirect_uris"),
    ({"redirect_uris": CB}, "invalid_redirect_uri", "redirect_uris must be an array"),
    ({"redirect_uris": [7]}, "invalid_redirect_uri", "redirect_uris"),
    ({"redirect_uris": [CB + "#f"]}, "invalid_redirect_uri", "fragment"),
    ({"redirect_uris": ["/cb"]}, "invalid_redirect_uri", "absolute"),
    ({"redirect_uris": ["https://user@app.example/cb"]}, "invalid_redirect_uri", "absolute"),
    ({"redirect_uris": ["http://app.example/cb"]}, "invalid_redirect_uri", "https://"),
    ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri", "redirect_uris"),
    ({"redirect_uris": ["data:text/html,x"], "application_type": "native"}, "invalid_redirect_uri", "scheme"),
    ({"redirect_uris": ["myapp:/cb"]}, "invalid_redirect_uri", "dot"),
    ({"redirect_uris": ["com.example.app:/cb"], "application_type": "web"}, "invalid_redirect_uri", "application_type"),
    ({"redirect_uris": ["http://10.0.0.1/cb"], "application_type": "native"}, "invalid_redirect_uri", "loopback"),
    ({"redirect_uris": [CB + "?code=1"]}, "invalid_redirect_uri", "response"),
    ({"redirect_uris": ["https://app.example/" + "a" * 2000]}, "invalid_redirect_uri", "2000"),
    ({"redirect_uris": [CB, CB + "#x"]}, "invalid_redirect_uri", "fragment"),
    ({"client_name": 5}, "invalid_client_metadata", "client_name must be text"),
    ({"client_name": "a\u0007b"}, "invalid_client_metadata", "client_name"),
    ({"client_name": "x" * 300}, "invalid_client_metadata", "client_name"),
    ({"grant_types": "authorization_code"}, "invalid_client_metadata", "grant_types must be an array"),
    ({"grant_types": ["password"]}, "invalid_client_metadata", "grant_types holds none"),
    ({"grant_types": [1]}, "invalid_client_metadata", "grant_types"),
    ({"grant_types": ["a"] * 65}, "invalid_client_metadata", "grant_types must be an array of at most 64"),
    ({"response_types": ["id_token"]}, "invalid_client_metadata", "response_types"),
    ({"response_types": ["nonsense"]}, "invalid_client_metadata", "response_types"),
    ({"grant_types": ["refresh_token"], "response_types": ["code"]}, "invalid_client_metadata", "response_types holds code, which needs the grant type authorization_code"),
    ({"token_endpoint_auth_method": "magic"}, "invalid_client_metadata", "token_endpoint_auth_method"),
    ({"token_endpoint_auth_method": ["none"]}, "invalid_client_metadata", "token_endpoint_auth_method must be text"),
    ({"application_type": "desktop"}, "invalid_client_metadata", "application_type must be web or native"),
    ({"scope": ["openid"]}, "invalid_client_metadata", "scope must be text"),
    ({"scope": "everything"}, "invalid_client_metadata", "scope holds none"),
    ({"jwks": {"keys": []}, "jwks_uri": "https://app.example/jwks"}, "invalid_client_metadata", "jwks_uri must not stand beside jwks"),
    ({"jwks": "x"}, "invalid_client_metadata", "jwks must be a JSON object"),
    ({"jwks": {"keys": [{"kty": "EC", "d": "x"}]}}, "invalid_client_metadata", "public keys only"),
    ({"jwks_uri": "file:///etc/passwd"}, "invalid_client_metadata", "jwks_uri must be an address"),
    ({"logo_uri": "javascript:x"}, "invalid_client_metadata", "logo_uri must be an address"),
    ({"policy_uri": "//x"}, "invalid_client_metadata", "policy_uri must be an address"),
    ({"tos_uri": 1}, "invalid_client_metadata", "tos_uri must be text"),
    ({"client_uri": "ftp://x/"}, "invalid_client_metadata", "client_uri must be an address"),
    ({"contacts": "ops"}, "invalid_client_metadata", "contacts must be a list of texts"),
    ({"default_max_age": -1}, "invalid_client_metadata", "default_max_age must be a whole number"),
    ({"require_auth_time": "yes"}, "invalid_client_metadata", "require_auth_time must be true or false"),
    ({"initiate_login_uri": "http://app.example/x"}, "invalid_client_metadata", "initiate_login_uri must begin with https://"),
    ({"id_token_signed_response_alg": "none"}, "invalid_client_metadata", "id_token_signed_response_alg"),
    ({"id_token_signed_response_alg": "HS256"}, "invalid_client_metadata", "id_token_signed_response_alg"),
    ({"subject_type": "private"}, "invalid_client_metadata", "subject_type must be public or pairwise"),
    ({"post_logout_redirect_uris": ["javascript:x"]}, "invalid_client_metadata", "post_logout_redirect_uris"),
    ({"authorization_grant_profiles_supported": JAG}, "invalid_client_metadata", "authorization_grant_profiles_supported must be a list of texts"),
    ({"authorization_grant_profiles_supported": [JAG]}, "invalid_client_metadata", "authorization_grant_profiles_supported holds the profile id-jag, which needs the grant types"),
    ({"authorization_grant_profiles_supported": [JAG], "grant_types": ["authorization_code", BEARER]}, "invalid_client_metadata", "authorization_grant_profiles_supported"),
    ({"authorization_grant_profiles_supported": ["a b"]}, "invalid_client_metadata", "authorization_grant_profiles_supported must be words"),
]


@pytest.mark.parametrize("said,error,words", REFUSED, ids=[json.dumps(s)[:60] for s, _, _ in REFUSED])
def test_what_cannot_be_registered_is_refused_by_its_name(w, said, error, words):
    r = refused(register(w, said if "redirect_uris" in said or not said else {"redirect_uris": [CB], **said}), error, words)
    assert r.get("Cache-Control") == "no-store"
    assert all(0x20 <= ord(ch) < 0x7f and ch not in '"\\' for ch in r.json()["error_description"])


BODIES = [b"", b"{", b"[]", b"null", b'"x"', b'{"redirect_uris":["https://a.example/"],"redirect_uris":["https://b.example/"]}', b'{"client_name":"\xff"}',
          b'{"a":' * 40 + b"1" + b"}" * 40, b'{"client_name":"a\\u0000b"}']


@pytest.mark.parametrize("body", BODIES)
def test_a_body_that_is_no_sound_json_object_is_refused(w, body):
    refused(register(w, None, raw=body), "invalid_client_metadata", "JSON object")


def test_bodies_of_another_type_or_size_are_refused(w):
    at = w.at("modern", "/register")
    refused(post(at, {"redirect_uris": CB}), "invalid_request", "application/json", status=415)
    assert register(w, {"redirect_uris": [CB], "client_name": "x" * 70000}).status == 413
    r = get(at)
    assert r.status == 405 and r.get("Allow") == "POST", r


def test_what_an_issuer_has_to_say_is_no_word_of_the_client(w):
    c = made(w, pkce="when_sent", client_id="chosen", client_secret="mine", secret="mine", enabled=False, realm="other", introspects=["all"], legacy=["password"], authorities=["ROLE_ADMIN"])
    assert "pkce" not in c and c["client_id"] != "chosen" and c["client_secret"] != "mine"
    k = json.loads(w.hufu("client", "show", c["client_id"], "--realm", "main", "--json")[1])["client"]
    assert k["metadata"].get("pkce") is None and k["introspects"] == [] and k["legacy"] == [] and k["authorities"] == [] and k["auto_approve"] == [] and k["enabled"]


def test_kinds_of_applications_have_their_own_redirect_uris(w):
    for uri in ("http://localhost:8080/cb", "http://127.0.0.1:9/cb", "http://[::1]/cb", CB):
        assert made(w, redirect_uris=[uri])["application_type"] == "web"
        assert made(w, redirect_uris=[uri], application_type="native")["application_type"] == "native"
    assert made(w, redirect_uris=["com.example.app:/cb"])["application_type"] == "native"


# --- managed by the client ---------------------------------------------------------------------------------------------------------

def test_a_registration_is_read_replaced_and_ended(w):
    c = made(w, client_name="Old", grant_types=["authorization_code", "refresh_token"])
    at, own = c["registration_client_uri"], bearer(c["registration_access_token"])
    r = get(at, own)
    assert r.status == 200 and r.get("Cache-Control") == "no-store", r
    assert {k: v for k, v in c.items() if k not in ("client_secret", "client_secret_expires_at")} == r.json()
    r = register(w, {"client_id": c["client_id"], "client_secret": c["client_secret"], "redirect_uris": ["https://app.example/other"], "client_name": "New"}, own, "PUT", at)
    assert r.status == 200, r
    now = r.json()
    assert now["client_name"] == "New" and now["redirect_uris"] == ["https://app.example/other"] and now["grant_types"] == ["authorization_code"]
    assert now["registration_access_token"] == c["registration_access_token"] and now["client_id_issued_at"] == c["client_id_issued_at"]
    b = w.browser("modern")
    page = b.get(authorize_url(w, client=c["client_id"], redirect_uri=CB, scope="openid"))
    assert page.status == 400, page
    now["client_secret"] = c["client_secret"]
    assert redeemed(w, now, code_of(w, now, b)).status == 200
    code = code_of(w, now, b)
    r = send("DELETE", at, None, own)
    assert r.status == 204 and not r.body, r
    assert redeemed(w, now, code).json()["error"] == "invalid_client"
    assert wait(lambda: '"event":"client.unregistered"' in w.log())
    for method in ("GET", "DELETE"):
        r = refused(send(method, at, None, own), "invalid_token", status=401)
        assert r.get("WWW-Authenticate").startswith("Bearer "), r
    assert w.hufu("client", "show", c["client_id"], "--realm", "main")[0]


def test_a_replacement_is_judged_like_a_registration(w):
    c, other = made(w), made(w)
    at, own = c["registration_client_uri"], bearer(c["registration_access_token"])
    good = {"client_id": c["client_id"], "redirect_uris": [CB]}
    for said, words in (({**good, "client_id": other["client_id"]}, "client_id must be that"), ({"redirect_uris": [CB]}, "client_id must be that"),
                        ({**good, "client_secret": "wrong"}, "client_secret must be"), ({**good, "registration_access_token": "x"}, "registration_access_token must not be sent"),
                        ({**good, "registration_client_uri": at}, "registration_client_uri must not be sent"), ({**good, "client_secret_expires_at": 0}, "must not be sent"),
                        ({**good, "client_id_issued_at": 0}, "must not be sent"), ({**good, "scope": 1}, "scope must be text")):
        refused(register(w, said, own, "PUT", at), "invalid_client_metadata", words)
    refused(register(w, {**good, "redirect_uris": ["http://x.example/"]}, own, "PUT", at), "invalid_redirect_uri", "https")
    assert get(at, own).json()["redirect_uris"] == [CB]
    public = register(w, {**good, "token_endpoint_auth_method": "none"}, own, "PUT", at).json()
    assert "client_secret" not in public and public["token_endpoint_auth_method"] == "none"
    again = register(w, {**good, "token_endpoint_auth_method": "client_secret_basic"}, own, "PUT", at).json()
    assert again["client_secret"] and again["client_secret"] != c["client_secret"]


def test_only_its_own_token_opens_a_registration(w):
    c, other = made(w), made(w)
    at = c["registration_client_uri"]
    for method, head in ((m, h) for m in ("GET", "PUT", "DELETE") for h in ({}, bearer(""), basic(c["client_id"], c["client_secret"]))):
        r = register(w, {"client_id": c["client_id"], "redirect_uris": [CB]}, head, method, at)
        assert r.status == 401 and r.get("WWW-Authenticate").startswith("Bearer ") and "error=" not in r.get("WWW-Authenticate"), r        # RFC 6750 section 3.1
    for head in (bearer(other["registration_access_token"]), bearer("x" * 43), bearer(c["client_secret"])):
        for method in ("GET", "PUT", "DELETE"):
            r = refused(register(w, {"client_id": c["client_id"], "redirect_uris": [CB]}, head, method, at), "invalid_token", status=401)
            assert r.get("WWW-Authenticate").startswith("Bearer "), r
    refused(get(w.at("modern", "/register/nobody"), bearer(c["registration_access_token"])), "invalid_token", status=401)
    assert get(at, bearer(c["registration_access_token"])).status == 200
    assert send("PATCH", at, None, bearer(c["registration_access_token"])).status == 405


# --- who may ------------------------------------------------------------------------------------------------------------------------

def test_nobody_registers_unless_the_issuer_says_so():
    with World("modern") as w:
        for method, path in (("POST", "/register"), ("GET", "/register/app"), ("PUT", "/register/app"), ("DELETE", "/register/app")):
            assert register(w, {"redirect_uris": [CB]}, None, method, w.at("modern", path)).status == 404
        assert "registration_endpoint" not in get(w.at("modern", "/.well-known/openid-configuration")).json()


def test_an_initial_access_token_lets_as_many_register_as_it_says():
    with world("by_token") as w:
        assert get(w.at("modern", "/.well-known/openid-configuration")).json()["registration_endpoint"] == w.at("modern", "/register")
        r = register(w, {"redirect_uris": [CB]})
        assert r.status == 401 and r.body == b"" and r.get("WWW-Authenticate").startswith('Bearer realm="') and "error" not in r.get("WWW-Authenticate"), r
        r = refused(register(w, {"redirect_uris": [CB]}, bearer("x")), "invalid_token", status=401)
        assert 'error="invalid_token"' in r.get("WWW-Authenticate"), r
        one = json.loads(w.hufu("registration", "token-create", "ci", "--realm", "main", "--uses", "2", "--expires", "7d", "--json")[1])
        assert one["token"]["uses_left"] == 2 and one["token"]["expires_s"] - one["token"]["created_s"] == 7 * 86400
        status, out, err = w.hufu("registration", "token-create", "ci", "--realm", "main")
        assert status and "already a token" in out + err
        refused(register(w, {"redirect_uris": [CB]}, bearer(("B" if one["secret"][0] == "A" else "A") + one["secret"][1:])), "invalid_token", status=401)
        for name in ("open", "document", "a b", ""):
            assert w.hufu("registration", "token-create", name, "--realm", "main")[0], name
        for option, value in (("--uses", "0"), ("--uses", "-1"), ("--uses", "x"), ("--expires", "soon")):
            assert w.hufu("registration", "token-create", "odd", option, value, "--realm", "main")[0], (option, value)
        refused(register(w, {"redirect_uris": []}, bearer(one["secret"])), "invalid_redirect_uri")
        codes = [register(w, {"redirect_uris": [CB]}, bearer(one["secret"])).status for _ in range(3)]
        assert codes == [201, 201, 401]
        assert '"uses_left":0' in w.hufu("registration", "token-list", "--realm", "main", "--json")[1].replace(" ", "")
        many = json.loads(w.hufu("registration", "token-create", "many", "--realm", "main", "--json")[1])
        assert many["token"]["uses_left"] is None
        c = register(w, {"redirect_uris": [CB]}, bearer(many["secret"])).json()
        assert json.loads(w.hufu("client", "show", c["client_id"], "--realm", "main", "--json")[1])["registration"]["by"] == "many"
        assert "many" in w.hufu("registration", "token-list", "--realm", "main")[1]
        assert w.hufu("registration", "token-revoke", "many", "--realm", "main")[0] == 0
        refused(register(w, {"redirect_uris": [CB]}, bearer(many["secret"])), "invalid_token", status=401)
        assert get(c["registration_client_uri"], bearer(c["registration_access_token"])).status == 200
        assert w.hufu("registration", "token-revoke", "many", "--realm", "main")[0]
        short = json.loads(w.hufu("registration", "token-create", "short", "--realm", "main", "--expires", "60", "--json")[1])
        w.turn_clock(61)
        refused(register(w, {"redirect_uris": [CB]}, bearer(short["secret"])), "invalid_token", status=401)


def test_a_token_for_one_is_spent_once_by_many_at_once():
    with world("by_token") as w:
        one = json.loads(w.hufu("registration", "token-create", "one", "--realm", "main", "--uses", "1", "--json")[1])
        got = []
        threads = [threading.Thread(target=lambda: got.append(register(w, {"redirect_uris": [CB]}, bearer(one["secret"])).status)) for _ in range(12)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert sorted(got) == [201] + [401] * 11


def test_registrations_are_bounded_by_network_and_in_all():
    with world(registration_per_hour=3) as w:
        assert [register(w, {"redirect_uris": [CB]}).status for _ in range(3)] == [201] * 3
        r = refused(register(w, {"redirect_uris": [CB]}), "slow_down", status=429)
        assert audit_of(w, error_id=r.get("X-Hufu-Error-Id"))["reason"] == "registration_limit"
        assert 0 < int(r.get("Retry-After")) <= 3600
        w.turn_clock(3600)
        assert register(w, {"redirect_uris": [CB]}).status == 201
    with world(registration_max=2) as w:
        assert [register(w, {"redirect_uris": [CB]}).status for _ in range(2)] == [201] * 2
        r = refused(register(w, {"redirect_uris": [CB]}), "temporarily_unavailable", status=503)
        assert audit_of(w, error_id=r.get("X-Hufu-Error-Id"))["reason"] == "registration_full"


def test_the_policy_bounds_hosts_scopes_and_grants():
    with world(registration_hosts="app.example *.corp.example", registration_scopes="openid", registration_grants=["authorization_code"]) as w:
        for uri, fits in ((CB, True), ("https://APP.example/cb", True), ("https://a.corp.example/cb", True), ("https://a.b.corp.example/", True), ("https://corp.example/", False),
                          ("https://evilcorp.example/", False), ("https://app.example.evil/", False), ("com.example.app:/cb", False), ("http://localhost/cb", False)):
            r = register(w, {"redirect_uris": [uri], "grant_types": ["authorization_code", "refresh_token"]})
            assert (r.status == 201) == fits, (uri, r)
            if fits:
                assert r.json()["scope"] == "openid" and r.json()["grant_types"] == ["authorization_code"]
            else:
                refused(r, "invalid_redirect_uri", "host")


def test_a_client_that_is_not_used_ends_and_one_that_is_stays():
    with world(registration_lease_s=1000) as w:
        used, left = made(w, grant_types=["authorization_code", "refresh_token"]), made(w)
        w.turn_clock(600)
        assert redeemed(w, used, code_of(w, used)).status == 200
        w.turn_clock(700)
        def gone(c):
            return get(c["registration_client_uri"], bearer(c["registration_access_token"])).status == 401
        wait(lambda: gone(left), 20)
        assert not gone(used) and w.hufu("client", "show", left["client_id"], "--realm", "main")[0]
        assert wait(lambda: '"event":"client.lapsed"' in w.log()) and '"event":"client.registered"' in w.log()


# --- at once, everywhere, and after a restart ----------------------------------------------------------------------------------------

def test_many_register_at_once_and_each_works_at_once(w):
    wrong = []

    def one(n):
        c = made(w, client_name="n%d" % n, token_endpoint_auth_method="client_secret_post")
        r = post(w.at("modern", "/token"), {"grant_type": "authorization_code", "code": "none", "redirect_uri": CB, "client_id": c["client_id"], "client_secret": c["client_secret"]})
        if r.json().get("error") != "invalid_grant":
            wrong.append(r)

    threads = [threading.Thread(target=lambda n=n: [one(n * 10 + i) for i in range(5)]) for n in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong, wrong[:3]


def test_a_registration_outlives_a_restart():
    with world() as w:
        c = made(w)
        w.stop(signal.SIGKILL)
        w.start()
        assert get(c["registration_client_uri"], bearer(c["registration_access_token"])).json()["redirect_uris"] == [CB]
        assert redeemed(w, c, code_of(w, c)).status == 200


# --- what is fetched from other servers ----------------------------------------------------------------------------------------------

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100


class Site:
    """A web server of this machine: path -> (status, type, body, more header fields), or a function of the handler."""
    def __init__(self):
        self.pages, self.asked = {}, []
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                site.asked.append(self.path)
                page = site.pages.get(self.path, (404, "text/plain", b"", {}))
                if callable(page):
                    return page(self)
                status, type, body, more = page
                self.send_response(status)
                for name, value in {"Content-Type": type, "Content-Length": str(len(body)), **more}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path, host="127.0.0.1"):
        return "http://%s:%d%s" % (host, self.server.server_port, path)

    def put(self, path, body, type="application/json", status=200, **more):
        self.pages[path] = (status, type, body if isinstance(body, bytes) else json.dumps(body).encode(), {k.replace("_", "-"): v for k, v in more.items()})
        return self.url(path)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def site():
    s = Site()
    yield s
    s.close()


@pytest.fixture(scope="module")
def near():
    """Where clients' documents may lie on this machine."""
    with world(client_documents_private=True, client_id_documents=True) as one:
        yield one


def test_the_list_of_a_sector_holds_every_redirect_uri(near, site):
    # the address must be https: only how it is refused can be seen here
    r = register(near, {"redirect_uris": [CB], "sector_identifier_uri": site.put("/sector", [CB])})
    refused(r, "invalid_client_metadata", "sector_identifier_uri must begin with https://")
    r = register(near, {"redirect_uris": [CB], "sector_identifier_uri": "https://127.0.0.1:1/sector"})
    refused(r, "invalid_client_metadata", "sector_identifier_uri cannot be fetched")


def consent_page(w, c, uri=None, **more):
    b = w.browser("modern")
    page = b.follow(b.get(authorize_url(w, **{"client": c["client_id"], "redirect_uri": uri or c["redirect_uris"][0], "scope": "openid", "nonce": "n", **more})))
    return b, b.follow(b.login(page, "alice", PASSWORD))


def test_the_consent_page_says_who_asks_and_loads_nothing_from_elsewhere(near, site):
    logo = site.put("/logo.png", PNG, "image/svg+xml")
    c = made(near, client_name="Shop <b>", logo_uri=logo, policy_uri="https://shop.example/privacy", tos_uri="https://shop.example/terms", client_uri="https://shop.example/home",
             redirect_uris=["http://localhost:4711/cb"])
    b, page = consent_page(near, c, "http://localhost:9999/cb")
    assert "Shop &lt;b&gt;" in page.text and "<b>" not in page.text
    assert 'href="https://shop.example/privacy"' in page.text and 'href="https://shop.example/terms"' in page.text and "shop.example" in page.text
    assert "registered itself" in page.text and "localhost is this device" in page.text.replace("localhost:9999", "localhost")
    assert logo not in page.text and ("/logo?client_id=" + c["client_id"]) in page.text
    before = site.asked.count("/logo.png")
    for _ in range(3):
        r = b.get(near.at("modern", "/logo?client_id=" + c["client_id"]))
        assert r.status == 200 and r.body == PNG and r.get("Content-Type") == "image/png" and r.get("X-Content-Type-Options") == "nosniff", r
        assert "sandbox" in r.get("Content-Security-Policy") and r.get("Cross-Origin-Resource-Policy") == "same-origin"
    assert site.asked.count("/logo.png") == before + 1
    zh = near.browser("modern", language="zh-CN")
    page = zh.follow(zh.get(authorize_url(near, client=c["client_id"], redirect_uri="http://localhost:1/cb", scope="openid", nonce="n")))
    page = zh.follow(zh.login(page, "alice", PASSWORD))
    assert "自行注册" in page.text and "隐私政策" in page.text


@pytest.mark.parametrize("name,body,status", [("svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", 200), ("html", b"<html>", 200), ("gone", PNG, 404),
                                              ("moved", PNG, 302), ("large", PNG + b"0" * 70000, 200), ("empty", b"", 200)])
def test_what_is_no_image_is_not_shown(near, site, name, body, status):
    c = made(near, logo_uri=site.put("/bad-" + name, body, "image/png", status, **({"Location": site.url("/logo.png")} if status == 302 else {})))
    assert get(near.at("modern", "/logo?client_id=" + c["client_id"])).status == 404


def test_images_are_known_by_their_bytes(near, site):
    for kind, body in (("png", PNG), ("jpeg", b"\xff\xd8\xff\xe0" + b"0" * 20), ("gif", b"GIF89a" + b"0" * 20), ("gif", b"GIF87a" + b"0" * 20), ("webp", b"RIFF\0\0\0\0WEBPVP8 ")):
        c = made(near, logo_uri=site.put("/i-%s-%d" % (kind, len(body)), body, "text/html"))
        r = get(near.at("modern", "/logo?client_id=" + c["client_id"]))
        assert r.status == 200 and r.get("Content-Type") == "image/" + kind, r
    assert get(near.at("modern", "/logo?client_id=app")).status == 404 and get(near.at("modern", "/logo")).status == 404


# --- SSRF ----------------------------------------------------------------------------------------------------------------------------

# What names this machine or a private network, in the spellings that readers differ about.
PRIVATE = ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "0.0.0.0", "[::]", "10.0.0.1", "192.168.0.1",
           "172.16.0.1", "169.254.169.254", "[fe80::1]", "[fc00::1]", "[::ffff:10.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "100.64.0.1", "localhost.", "127.0.0.1.", "foo.localhost"]


@pytest.mark.parametrize("host", PRIVATE)
def test_no_stranger_leads_this_server_to_a_private_address(w, site, host):
    site.put("/ssrf.png", PNG, "image/png")
    r = register(w, {"redirect_uris": [CB], "logo_uri": site.url("/ssrf.png", host)})
    if r.status == 201:
        assert get(w.at("modern", "/logo?client_id=" + r.json()["client_id"])).status == 404
    else:
        refused(r, "invalid_client_metadata", "logo_uri")
    assert "/ssrf.png" not in site.asked


# --- client ID metadata documents ----------------------------------------------------------------------------------------------------

def document(site, path="/app", **more):
    url = site.url(path)
    site.put(path, {"client_id": url, "client_name": "Agent", "redirect_uris": ["http://127.0.0.1:33418/cb"], "grant_types": ["authorization_code", "refresh_token"], **more})
    return url


def begin(w, url, **more):
    b = w.browser("modern")
    return b, b.get(authorize_url(w, **{"client": url, "redirect_uri": "http://127.0.0.1:33418/cb", "scope": "openid", "nonce": "n", **more}))


def test_a_client_id_may_be_the_address_of_its_metadata(near, site):
    assert get(near.at("modern", "/.well-known/openid-configuration")).json()["client_id_metadata_document_supported"] is True
    url = document(site)
    b, page = begin(near, url, redirect_uri="http://127.0.0.1:5/cb")
    page = b.follow(b.login(b.follow(page), "alice", PASSWORD))
    assert "Agent" in page.text and "127.0.0.1:%d" % site.server.server_port in page.text and "this device" in page.text, page
    r = b.decide(page)
    assert r.location.startswith("http://127.0.0.1:5/cb?"), r
    got = redeem(near, r.query()["code"], client=url, secret=None, client_id=url, redirect_uri="http://127.0.0.1:5/cb")
    assert got.status == 200 and got.json()["refresh_token"] and got.json()["id_token"], got
    again = post(near.at("modern", "/token"), {"grant_type": "refresh_token", "refresh_token": got.json()["refresh_token"], "client_id": url})
    assert again.status == 200, again
    assert site.asked.count("/app") == 1
    shown = json.loads(near.hufu("client", "show", url, "--realm", "main", "--json")[1])
    assert shown["registration"]["by"] == "document" and shown["client"]["public"] is True


def test_a_document_is_read_again_when_its_time_is_over():
    s = Site()
    with world(client_documents_private=True, client_id_documents=True) as w:
        url = s.url("/kept")
        body = {"client_id": url, "client_name": "One", "redirect_uris": ["http://127.0.0.1/cb"]}
        s.put("/kept", body, Cache_Control="max-age=600")
        assert begin(w, url, redirect_uri="http://127.0.0.1/cb")[1].status == 303
        w.turn_clock(500)
        assert begin(w, url, redirect_uri="http://127.0.0.1/cb")[1].status == 303 and s.asked.count("/kept") == 1
        s.put("/kept", {**body, "redirect_uris": ["http://127.0.0.1/new"]})
        w.turn_clock(200)
        assert begin(w, url, redirect_uri="http://127.0.0.1/cb")[1].status == 400
        assert begin(w, url, redirect_uri="http://127.0.0.1/new")[1].status == 303 and s.asked.count("/kept") == 2
        s.pages.clear()
        w.turn_clock(4000)
        assert begin(w, url, redirect_uri="http://127.0.0.1/new")[1].status == 303 and s.asked.count("/kept") > 2
        w.turn_clock(100000)
        assert begin(w, url, redirect_uri="http://127.0.0.1/new")[1].status == 400
    s.close()


def slow(handler):
    time.sleep(8)


def endless(handler):
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b" " * 65536)
    except OSError:
        pass


def moved(handler):
    handler.send_response(302)
    handler.send_header("Location", "/app")
    handler.end_headers()


BAD_DOCUMENTS = {
    "other-id": lambda s, u: s.put("/b", {"client_id": u + "x", "redirect_uris": [CB]}),
    "no-id": lambda s, u: s.put("/b", {"redirect_uris": [CB]}),
    "secret": lambda s, u: s.put("/b", {"client_id": u, "redirect_uris": [CB], "client_secret": "x"}),
    "secret-expiry": lambda s, u: s.put("/b", {"client_id": u, "redirect_uris": [CB], "client_secret_expires_at": 0}),
    "symmetric": lambda s, u: s.put("/b", {"client_id": u, "redirect_uris": [CB], "token_endpoint_auth_method": "client_secret_basic"}),
    "no-uris": lambda s, u: s.put("/b", {"client_id": u}),
    "html": lambda s, u: s.put("/b", {"client_id": u, "redirect_uris": [CB]}, type="text/html"),
    "no-json": lambda s, u: s.put("/b", b"{", type="application/json"),
    "twice": lambda s, u: s.put("/b", b'{"client_id":"a","client_id":"b"}'),
    "gone": lambda s, u: s.put("/b", {}, status=404),
    "large": lambda s, u: s.put("/b", {"client_id": u, "redirect_uris": [CB], "x": "y" * 70000}),
    "moved": lambda s, u: s.pages.__setitem__("/b", moved),
    "endless": lambda s, u: s.pages.__setitem__("/b", endless),
    "slow": lambda s, u: s.pages.__setitem__("/b", slow),
}


@pytest.mark.parametrize("kind", BAD_DOCUMENTS)
def test_a_document_that_is_not_sound_is_no_client(near, kind):
    s = Site()
    BAD_DOCUMENTS[kind](s, s.url("/b"))
    _, r = begin(near, s.url("/b"), redirect_uri=CB)
    assert r.status == 400 and not r.location, r
    assert audit_of(near, error_id=r.get("X-Hufu-Error-Id"))["reason"] == "client_document"
    assert near.hufu("client", "show", s.url("/b"), "--realm", "main")[0]
    for _ in range(5):
        if kind != "slow":
            begin(near, s.url("/b"), redirect_uri=CB)
    assert s.asked.count("/b") <= 4
    s.close()


@pytest.mark.parametrize("id", ["http://app.example/x", "https://app.example", "https://app.example/", "https://app.example/a/../b", "https://app.example/./b", "https://app.example/a#f",
                                "https://u@app.example/a", "https://app.example/" + "a" * 300, "ftp://app.example/a"])
def test_what_is_no_such_address_is_an_unknown_client(near, id):
    _, r = begin(near, id)
    assert r.status == 400 and audit_of(near, error_id=r.get("X-Hufu-Error-Id"))["reason"] == "authz_client", r


def test_documents_are_off_by_default_and_may_be_bounded_by_host(w, site):
    url = document(site, "/off")
    assert begin(w, url)[1].status == 400 and "/off" not in site.asked
    assert "client_id_metadata_document_supported" not in get(w.at("modern", "/.well-known/openid-configuration")).json()
    with world("off", client_documents_private=True, client_id_documents=True, client_id_hosts="app.example") as one:
        assert begin(one, url)[1].status == 400 and "/off" not in site.asked
    with world("off", client_id_documents=True) as one:
        assert begin(one, "https://127.0.0.1:%d/off" % site.server.server_port)[1].status == 400 and "/off" not in site.asked
    with world("off", client_documents_private=True, client_id_documents=True, client_id_hosts="127.0.0.1") as one:
        assert begin(one, url)[1].status == 303


def statement(claims):
    part = lambda o: base64.urlsafe_b64encode(json.dumps(o).encode()).rstrip(b"=").decode()
    return ".".join((part({"alg": "RS256"}), part(claims), base64.urlsafe_b64encode(b"s" * 32).rstrip(b"=").decode()))


def test_a_software_statement_of_nobody_who_is_trusted_is_not_approved(w):
    refused(register(w, {"redirect_uris": [CB], "software_statement": statement({"iss": "https://x.example"})}), "unapproved_software_statement")
    for bad in ("x", 7, "a.b.c", ""):
        r = refused(register(w, {"redirect_uris": [CB], "software_statement": bad}), "invalid_software_statement", "software_statement")
    assert audit_of(w, error_id=r.get("X-Hufu-Error-Id"))["reason"] == "software_statement"
    r = register(w, {"redirect_uris": [CB], "software_statement": statement({})})
    assert audit_of(w, error_id=r.get("X-Hufu-Error-Id"))["reason"] == "software_unapproved"


# --- a login that begins at the issuer -------------------------------------------------------------------------------------------------

def test_the_home_page_leads_to_applications_that_begin_a_login(w):
    mine = "https://app.example/begin?a=1"
    c = made(w, client_name="Stranger", initiate_login_uri="https://stranger.example/begin")
    assert w.hufu("client", "set", "app", "--realm", "main", "--initiate-login-uri", mine)[0] == 0
    token = json.loads(w.hufu("registration", "token-create", "portal", "--realm", "main", "--json")[1])["secret"]
    known = register(w, {"redirect_uris": [CB], "client_name": "Known", "initiate_login_uri": "https://known.example/begin"}, bearer(token)).json()
    b = w.browser("modern")
    assert "app.example/begin" not in b.get(w.at("modern", "/")).text
    b.authorize(authorize_url(w, client=known["client_id"], scope="openid", nonce="n"), "alice")
    iss = urllib.parse.quote(w.at("modern", ""), safe="")
    assert wait(lambda: "https://known.example/begin?iss=" + iss in b.get(w.at("modern", "/")).text, 15)
    home = b.get(w.at("modern", "/")).text
    assert html.escape(mine + "&iss=" + iss) in home and "Known" in home and "stranger.example" not in home and c["client_id"] not in home
    assert "您的应用" in b.get(w.at("modern", "/") + "?ui_lang=zh-CN").text


def test_the_log_tells_one_reason_from_another(w):
    at = w.at("modern", "/register")
    for reason, r in (("registration_redirect", register(w, {})), ("registration_metadata", register(w, {"redirect_uris": [CB], "scope": 1})),
                      ("registration_media", post(at, {"a": "b"})), ("registration_token", get(w.at("modern", "/register/x"), bearer("y")))):
        assert audit_of(w, error_id=r.get("X-Hufu-Error-Id"))["reason"] == reason, r


def test_the_pages_name_every_member_with_its_option():
    rows = re.findall(r'^METADATA\(\w+, (\w+), \w+, "([^"]+)"', (ROOT / "src/oauth/metadata.def").read_text(encoding="utf-8"), re.M)
    assert len(rows) > 20
    for page in ("docs/registration.md", "docs/registration.zh-CN.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        missing = [member for member, option in rows if "| `%s` | `%s` |" % (member, option) not in text]
        assert not missing, (page, missing)


SIGNER, FORGER = talker_jwt.Signer("s1"), talker_jwt.Signer("s1")


@pytest.fixture(scope="module")
def approving():
    rows = 'trusted_issuers:\n  publisher:\n    url: https://publisher.example\n    for: [software_statement]\n    jwks: %s\n' % json.dumps(json.dumps({"keys": [SIGNER.jwk]}))
    with World("modern", realms=[realm()], settings={"modern": {"registration": "open", "trusts": ["publisher"], "registration_per_hour": 1000}}, top=rows) as world:
        yield world


def approved(key=SIGNER, head=None, **more):
    said = {"iss": "https://publisher.example", "software_id": "sw-1", "software_version": "2.1", "client_name": "The Shop", "redirect_uris": [CB], **more}
    return key.sign({k: v for k, v in said.items() if v is not None}, **(head or {}))


def test_a_software_statement_stands_above_what_the_client_says(approving):
    s = approved(client_uri="https://publisher.example/shop", token_exchange_subjects=["all"], pkce="when_sent", client_id="admin", client_secret="x" * 40, unknown=1)
    r = register(approving, {"redirect_uris": ["https://evil.example/cb"], "client_name": "The Bank", "logo_uri": "https://app.example/logo", "software_statement": s})
    c = r.json()
    assert r.status == 201 and c["redirect_uris"] == [CB] and c["client_name"] == "The Shop" and c["software_id"] == "sw-1" and c["client_uri"] == "https://publisher.example/shop", r
    assert c["software_statement"] == s and c["logo_uri"] == "https://app.example/logo" and c["client_id"] != "admin" and c["client_secret"] != "x" * 40
    assert "token_exchange_subjects" not in c and "pkce" not in c and "unknown" not in c
    at, auth = c["registration_client_uri"], {"Authorization": "Bearer " + c["registration_access_token"]}
    n = register(approving, {"client_id": c["client_id"], "redirect_uris": ["https://evil.example/cb"], "software_statement": approved(client_name="The Shop 3")}, auth, "PUT", at).json()
    assert n["redirect_uris"] == [CB] and n["client_name"] == "The Shop 3" and n["software_statement"]
    # what an operator has written stays
    assert approving.hufu("client", "set", c["client_id"], "--realm", "main", "--exchange-audience", "https://api.example", "--pkce", "required")[0] == 0
    n = register(approving, {"client_id": c["client_id"], "redirect_uris": [CB]}, auth, "PUT", at).json()
    assert n["token_exchange_audiences"] == ["https://api.example"] and n["pkce"] == "required"


NOT_APPROVED = [
    ("by another key", lambda: approved(FORGER), "invalid_software_statement"),
    ("over", lambda: approved(exp=int(time.time()) - 60), "invalid_software_statement"),
    ("exp is no time", lambda: approved(exp="never"), "invalid_software_statement"),
    ("of tomorrow", lambda: approved(nbf=int(time.time()) + 86400), "invalid_software_statement"),
    ("for another server", lambda: approved(aud="https://else.example"), "invalid_software_statement"),
    ("alg none", lambda: ".".join((talker_jwt.text(b'{"alg":"none"}'), approved().split(".")[1], "")), "invalid_software_statement"),
    ("alg confused", lambda: approved(head={"alg": "HS256"}), "invalid_software_statement"),
    ("critical", lambda: approved(head={"crit": ["x"]}), "invalid_software_statement"),
    ("an access token", lambda: approved(head={"typ": "at+jwt"}), "invalid_software_statement"),
    ("of nobody who is trusted", lambda: approved(iss="https://evil.example"), "unapproved_software_statement"),
    ("without iss", lambda: approved(iss=None), "unapproved_software_statement"),
]


@pytest.mark.parametrize("what,make,error", NOT_APPROVED, ids=[n[0] for n in NOT_APPROVED])
def test_a_statement_that_does_not_hold(approving, what, make, error):
    refused(register(approving, {"redirect_uris": [CB], "software_statement": make()}), error)


def test_what_a_statement_says_is_judged_as_everything_else(approving):
    refused(register(approving, {"redirect_uris": [CB], "software_statement": approved(redirect_uris=["http://evil.example/cb"])}), "invalid_redirect_uri")
    refused(register(approving, {"redirect_uris": [CB], "software_statement": approved(client_name=7)}), "invalid_client_metadata")
    assert register(approving, {"redirect_uris": [CB], "software_statement": approved(exp=int(time.time()) + 10 ** 8, aud=approving.url["modern"])}).status == 201
