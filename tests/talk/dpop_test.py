"""Tokens bound to a key by proofs of possession (DPoP): RFC 9449, with everything that must not pass."""
import hashlib, hmac, json, time, urllib.parse

import pytest

import talker_jwt
from race_test import at_once
from talker import APP_SECRET, audit_of, SERVICE_SECRET, VERIFIER, World, authorize_url, basic, client, get, get_code, introspect, post, realm, refresh, send
from talker_jwt import Holder

CC = {"grant_type": "client_credentials"}
JWT = {"modern": {"signing_alg": "ES256"}}
TOPS = "http:\n  trusted_proxies: [127.0.0.1]"


def people():
    r = realm()
    r["clients"] += [client("native", None, redirect_uris=["https://native.example/cb"], scopes=["openid", "read", "write"]),
                     client("bound", APP_SECRET, grants=["client_credentials", "authorization_code", "implicit"], redirect_uris=["https://bound.example/cb"],
                            scopes=["openid", "read", "write"], metadata={"dpop_bound_access_tokens": True})]
    return r


@pytest.fixture(scope="module")
def w():
    with World("modern", realms=[people()], settings=JWT) as world:
        yield world


@pytest.fixture(scope="module")
def key():
    return Holder()


def token(w, key=None, fields=CC, head=None, proof=None, **claims):
    url = w.at("modern", "/token")
    head = dict(basic("service", SERVICE_SECRET) if head is None else head)
    if key or proof:
        head["DPoP"] = proof or key.proof("POST", url, time.time(), **claims)
    return post(url, fields, head)


def redeem(w, code, key, client="app", secret=APP_SECRET, uri="https://app.example/cb", **claims):
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": uri, "code_verifier": VERIFIER}
    if secret is None:
        fields["client_id"] = client
    return token(w, key, fields, basic(client, secret) if secret else {}, **claims)


def native_code(w, **more):
    return get_code(w, client="native", redirect_uri="https://native.example/cb", scope="openid read", **more)


def userinfo(w, access, key=None, scheme="DPoP", method="GET", now=None, path="/userinfo", head=None, **claims):
    url = w.at("modern", path)
    h = {"Authorization": scheme + " " + access, **(head or {})}
    if key:
        h["DPoP"] = key.proof(method, url, now or time.time(), access, **claims)
    return send(method, url, None, h)


def user_tokens(w, key):
    r = redeem(w, get_code(w, scope="openid read"), key)
    assert r.status == 200, r
    return r.json()


def test_tokens_are_bound_to_the_key_of_the_proof(w, key):
    assert "ES256" in get(w.at("modern", "/.well-known/openid-configuration")).json()["dpop_signing_alg_values_supported"]
    assert "ES256" in get(w.at("modern", "/.well-known/oauth-protected-resource/userinfo")).json()["dpop_signing_alg_values_supported"]
    t = user_tokens(w, key)
    assert t["token_type"] == "DPoP"
    assert talker_jwt.claims(t["access_token"])["cnf"] == {"jkt": key.jkt}
    facts = introspect(w, t["access_token"])
    assert facts["cnf"] == {"jkt": key.jkt} and facts["token_type"] == "DPoP"
    for method in ("GET", "POST"):
        assert userinfo(w, t["access_token"], key, method=method).json()["sub"]
    plain = token(w).json()
    assert plain["token_type"] == "Bearer" and "cnf" not in introspect(w, plain["access_token"], client="service", secret=SERVICE_SECRET)


def test_opaque_tokens_keep_it_in_their_row(key):
    with World("modern", realms=[people()], settings={"modern": {"access_shape": "row_id"}}) as w:
        t = user_tokens(w, key)
        assert "." not in t["access_token"] and t["token_type"] == "DPoP"
        assert introspect(w, t["access_token"])["cnf"] == {"jkt": key.jkt}
        assert userinfo(w, t["access_token"], key).status == 200
        assert userinfo(w, t["access_token"], Holder()).status == 401
        assert userinfo(w, t["access_token"], scheme="Bearer").status == 401


def unsigned(claims, header):
    return talker_jwt.text(json.dumps(header).encode()) + "." + talker_jwt.text(json.dumps(claims).encode()) + "."


def by_secret(claims, header):
    data = unsigned(claims, header)[:-1]
    return data + "." + talker_jwt.text(hmac.new(b"secret", data.encode(), hashlib.sha256).digest())


def bad_proofs(key, url):
    """What is wrong: the proof."""
    now, p = time.time(), lambda **k: key.proof("POST", url, time.time(), **k)  # noqa: E731
    good = {"jti": "j", "htm": "POST", "htu": url, "iat": int(now)}
    head = {"typ": "dpop+jwt", "jwk": key.jwk}
    private = talker_jwt.text(b"\1" * 32)
    out = {
        "htu of another path": key.proof("POST", url + "s", now), "htu of another host": key.proof("POST", url.replace("127.0.0.1", "id.example"), now),
        "htu of another scheme": key.proof("POST", url.replace("http:", "https:"), now), "htu of another port": key.proof("POST", "http://127.0.0.1:1/token", now),
        "htu that is no address": p(htu="/token"), "htu is a number": p(htu=7), "no htu": p(htu=None),
        "htm of another method": key.proof("GET", url, now), "htm in small letters": key.proof("post", url, now), "no htm": p(htm=None),
        "iat two minutes ago": p(iat=int(now) - 120), "iat in two minutes": p(iat=int(now) + 120), "no iat": p(iat=None), "iat is a text": p(iat=str(int(now))),
        "exp is over": p(exp=int(now)), "exp is a text": p(exp="never"), "nbf is to come": p(nbf=int(now) + 120), "nbf is a text": p(nbf=""),
        "no jti": p(jti=None), "empty jti": p(jti=""), "jti is a number": p(jti=1), "huge jti": p(jti="x" * 300), "huge proof": p(jti="x" * 9000),
        "typ of another JWT": p(header={"typ": "JWT"}), "no typ": p(header={"typ": None}), "crit": p(header={"crit": ["exp"], "exp": 1}),
        "private key in the header": p(header={"jwk": {**key.jwk, "d": private}}), "no key": p(header={"jwk": None}),
        "key by kid": p(header={"jwk": None, "kid": key.jkt}), "symmetric key": p(header={"jwk": {"kty": "oct", "k": private}}),
        "another's key": p(header={"jwk": Holder().jwk}), "alg of another kind": p(header={"alg": "RS256"}), "key is a text": p(header={"jwk": "x"}),
        "point that is on no curve": p(header={"jwk": {**key.jwk, "y": key.jwk["x"]}}), "key for another alg": p(header={"jwk": {**key.jwk, "alg": "ES512"}}),
        "alg none": unsigned(good, {**head, "alg": "none"}), "alg none with a signature": unsigned(good, {**head, "alg": "none"}) + "AAAA",
        "symmetric alg": by_secret(good, {**head, "alg": "HS256"}), "no JWT": "x", "two dots": "..", "empty": "",
        "claims are no object": talker_jwt.text(b'{"typ":"dpop+jwt"}') + "." + talker_jwt.text(b"[]") + ".AAAA",
        "signature cut": p()[:-4], "a member twice": key.sign({}, {}).split(".")[0] + ".e30.AAAA",
    }
    return out


def test_what_is_no_proof_gives_nothing(w, key):
    url = w.at("modern", "/token")
    for what, proof in bad_proofs(key, url).items():
        head = {**basic("service", SERVICE_SECRET), "DPoP": proof}
        r = post(url, CC, head)
        assert r.status == 400 and r.json()["error"] == "invalid_dpop_proof", (what, r)
    first, second = key.proof("POST", url, time.time()), key.proof("POST", url, time.time())
    r = twice(w, first, second)
    assert b"400" in r.split(b"\r\n")[0] and b"invalid_dpop_proof" in r, r


def twice(w, first, second):
    from talker import raw
    body = b"grant_type=client_credentials"
    auth = basic("service", SERVICE_SECRET)["Authorization"]
    text = "POST /token HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nAuthorization: %s\r\nDPoP: %s\r\nDPoP: %s\r\nContent-Length: %d\r\n\r\n"
    return raw(w.port["modern"], (text % (auth, first, second, len(body))).encode() + body)


def test_the_address_is_compared_as_one(w, key):
    host = "127.0.0.1:%d" % w.port["modern"]
    for htu in ("http://%s/token?x=1#y" % host, "HTTP://%s/token" % host, "http://%s/%%74oken" % host, "http://%s/x/../token" % host, "http://%s/./token" % host):
        assert token(w, key, htu=htu).status == 200, htu
    for htu in ("http://%s/token/" % host, "http://%s//token" % host, "http://%s/Token" % host, "http://%s/token%%2f" % host, "http://x@%s/token" % host):
        assert token(w, key, htu=htu).status == 400, htu


def test_iat_may_be_a_little_off(w, key):
    r = token(w, key, iat=int(time.time()) - 50)
    assert r.json()["error"] == "use_dpop_nonce", r             # it may have been used before this process began
    assert token(w, key, iat=int(time.time()) - 50, nonce=r.get("DPoP-Nonce")).status == 200
    assert token(w, key, iat=int(time.time()) + 10).status == 200
    assert token(w, key, exp=int(time.time()) + 60, nbf=int(time.time()) - 5).status == 200
    assert token(w, key, iat=time.time()).status == 200         # with a fraction: RFC 7519 section 2


def test_a_proof_counts_once(w, key):
    url = w.at("modern", "/token")
    proof = key.proof("POST", url, time.time())
    assert token(w, proof=proof).status == 200
    r = token(w, proof=proof)
    assert r.status == 400 and r.json()["error"] == "invalid_dpop_proof", r
    jti = "the-same-jti"
    assert token(w, key, jti=jti).status == 200 and token(w, key, jti=jti).status == 400
    assert token(w, Holder(), jti=jti).status == 200            # of another key it is another one


def test_of_64_threads_with_one_proof_one_is_given_a_token(w, key):
    proof = key.proof("POST", w.at("modern", "/token"), time.time())
    assert sorted(r.status for r in at_once(lambda: token(w, proof=proof), 64)) == [200] + [400] * 63


@pytest.mark.parametrize("shape", ["jwt", "row_id"])
def test_of_64_threads_with_one_proof_one_is_let_in(shape, key):
    """At userinfo, which runs on many threads and writes nothing, and at what a proxy asks."""
    with World("modern", realms=[people()], settings={"modern": {**JWT["modern"], "access_shape": shape}}, top=TOPS) as w:
        access = user_tokens(w, key)["access_token"]
        for path in ("/userinfo", "/auth/verify"):
            for _ in range(3):
                proof = {"DPoP": key.proof("GET", w.at("modern", path), time.time(), access)}
                got = at_once(lambda: userinfo(w, access, path=path, head=proof), 64)
                assert sorted(r.status for r in got) == [200] + [401] * 63, path
                assert all('error="invalid_dpop_proof"' in challenges(r)[0] for r in got if r.status == 401), path
            assert userinfo(w, access, key, path=path).status == 200


def challenges(r):
    return [v for v in r.all("WWW-Authenticate")]


def test_a_bound_token_opens_nothing_without_its_key(w, key):
    access = user_tokens(w, key)["access_token"]
    r = userinfo(w, access, scheme="Bearer")
    assert r.status == 401 and challenges(r)[0].startswith('Bearer error="invalid_token"') and challenges(r)[1].startswith('DPoP algs="'), r
    assert userinfo(w, access, key, scheme="Bearer").status == 401
    r = send("POST", w.at("modern", "/userinfo"), {"access_token": access})
    assert r.status == 401
    table = {
        "no proof": userinfo(w, access), "another key": userinfo(w, access, Holder()), "ath of another token": userinfo(w, access, key, ath=talker_jwt.text(b"x" * 32)),
        "no ath": userinfo(w, access, key, ath=None), "htm": userinfo(w, access, key, htm="POST"), "htu": userinfo(w, access, key, htu=w.at("modern", "/token")),
        "iat": userinfo(w, access, key, iat=1), "the proof of the token endpoint": userinfo(w, access, head={"DPoP": key.proof("POST", w.at("modern", "/token"), time.time())}),
    }
    for what, r in table.items():
        assert r.status == 401 and challenges(r)[0].startswith("DPoP error="), (what, r)
        error = "invalid_token" if what == "another key" else "invalid_dpop_proof"
        assert 'error="%s"' % error in challenges(r)[0] and 'algs="' in challenges(r)[0], (what, r)
    proof = {"DPoP": key.proof("GET", w.at("modern", "/userinfo"), time.time(), access)}
    assert userinfo(w, access, head=proof).status == 200 and userinfo(w, access, head=proof).status == 401
    assert userinfo(w, access, key).status == 200


def test_a_token_that_is_not_bound_is_no_dpop_token(w, key):
    access = redeem(w, get_code(w, scope="openid read"), None).json()["access_token"]
    assert userinfo(w, access, scheme="Bearer").status == 200
    r = userinfo(w, access, key)
    assert r.status == 401 and 'error="invalid_token"' in challenges(r)[0], r
    assert userinfo(w, "nonsense", key).status == 401


def test_refresh_tokens_of_public_clients_keep_their_key(w, key):
    t = redeem(w, native_code(w), key, "native", None, "https://native.example/cb").json()
    fields = {"grant_type": "refresh_token", "refresh_token": t["refresh_token"], "client_id": "native"}
    for other in (Holder(), None):
        r = token(w, other, fields, {})
        assert r.status == 400 and r.json()["error"] == "invalid_grant", r
    r = token(w, key, fields, {})
    assert r.status == 200 and r.json()["token_type"] == "DPoP", r


def test_confidential_clients_turn_their_keys(w, key):
    t, other = user_tokens(w, key), Holder()
    fields = {"grant_type": "refresh_token", "refresh_token": t["refresh_token"]}
    r = token(w, other, fields, basic("app", APP_SECRET))
    assert r.status == 200 and talker_jwt.claims(r.json()["access_token"])["cnf"] == {"jkt": other.jkt}
    r = refresh(w, r.json()["refresh_token"])
    assert r.json()["token_type"] == "Bearer"


def test_codes_are_bound_by_dpop_jkt(w, key):
    for k, status in ((Holder(), 400), (None, 400), (key, 200)):
        code = get_code(w, scope="openid read", dpop_jkt=key.jkt)
        r = redeem(w, code, k)
        assert r.status == status, r
        assert status == 200 or r.json()["error"] == "invalid_grant"
    for jkt in ("x", key.jkt + "A", key.jkt[:-1] + "+"):
        r = get(authorize_url(w, dpop_jkt=jkt))
        assert r.query()["error"] == "invalid_request", r


def test_who_is_registered_for_bound_tokens_gets_no_others(w, key):
    url, auth = w.at("modern", "/token"), basic("bound", APP_SECRET)
    r = post(url, CC, auth)
    assert r.status == 400 and r.json()["error"] == "invalid_dpop_proof"
    assert token(w, key, CC, auth).json()["token_type"] == "DPoP"
    front = authorize_url(w, client="bound", redirect_uri="https://bound.example/cb", response_type="code token", scope="openid read", nonce="n")
    assert "unauthorized_client" in get(front).location


def test_an_issuer_may_need_proofs_of_everybody(key):
    with World("modern", realms=[people()], settings={"modern": {"dpop": "required"}}) as w:
        assert token(w).json()["error"] == "invalid_dpop_proof"
        assert token(w, key).json()["token_type"] == "DPoP"
        assert get(w.at("modern", "/.well-known/oauth-protected-resource")).json()["dpop_bound_access_tokens_required"] is True


def test_an_issuer_may_take_none(key):
    with World("modern", "spring", realms=[people()], settings={"modern": {"dpop": "off"}}) as w:
        assert "dpop_signing_alg_values_supported" not in get(w.at("modern", "/.well-known/openid-configuration")).json()
        assert token(w, key).json()["token_type"] == "Bearer" and token(w, proof="x").status == 200
        r = userinfo(w, "x", key)
        assert len(challenges(r)) == 1


def test_nonces_are_asked_for_and_told(key):
    with World("modern", realms=[people()], settings={"modern": {"dpop_nonce": "required"}}) as w:
        r = token(w, key)
        assert r.status == 400 and r.json()["error"] == "use_dpop_nonce", r
        nonce = r.get("DPoP-Nonce")
        assert nonce
        r = token(w, key, nonce=nonce)
        assert r.status == 200 and r.get("DPoP-Nonce"), r
        assert token(w, key, nonce=nonce).status == 200         # until its time is over
        for wrong in ("", "x", nonce[:-1] + ("A" if nonce[-1] != "A" else "B"), nonce[1:], "A" * 32):
            assert token(w, key, nonce=wrong).json()["error"] == "use_dpop_nonce", wrong
        r = redeem(w, get_code(w, scope="openid read"), key, nonce=nonce)
        access = r.json()["access_token"]
        r = userinfo(w, access, key, head={"Origin": "https://spa.example"})
        assert r.status == 401 and 'error="use_dpop_nonce"' in challenges(r)[0] and r.get("DPoP-Nonce"), r
        assert userinfo(w, access, key, nonce=r.get("DPoP-Nonce")).status == 200
        w.turn_clock(400)
        r = token(w, key, nonce=nonce, iat=int(time.time()) + 400)
        assert r.json()["error"] == "use_dpop_nonce", r
        assert token(w, key, nonce=r.get("DPoP-Nonce"), iat=int(time.time()) + 400).status == 200


def test_who_has_to_come_again_with_a_nonce_keeps_the_assertion(key):
    """RFC 9449 section 8: a client that sends the same body once more. Nothing is spent by a request that is refused so."""
    signer = talker_jwt.Signer("k")
    r = people()
    r["clients"] += [client("signing", None, grants=["client_credentials", "authorization_code"], scopes=["openid", "read"], redirect_uris=["https://app.example/cb"],
                            metadata={"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [signer.jwk]}})]
    for c in r["clients"]:
        if c["id"] == "signing":
            c.pop("public")
    with World("modern", realms=[r], settings={"modern": {"dpop_nonce": "required"}}) as w:
        def assertion(**more):
            now = int(time.time())
            return {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                    "client_assertion": signer.sign({"iss": "signing", "sub": "signing", "aud": w.url["modern"], "iat": now, "exp": now + 60, "jti": str(time.monotonic_ns()), **more})}

        def sent(fields, path="/token", **claims):
            url = w.at("modern", path)
            return post(url, fields, {"DPoP": key.proof("POST", url, time.time(), **claims)})
        for path, fields in (("/token", CC), ("/par", {"response_type": "code", "redirect_uri": "https://app.example/cb", "code_challenge": "x" * 43, "code_challenge_method": "S256", "client_id": "signing"})):
            body = {**fields, **assertion()}
            for _ in range(2):
                r = sent(body, path)
                assert r.status == 400 and r.json()["error"] == "use_dpop_nonce" and r.get("DPoP-Nonce"), (path, r)
            nonce = r.get("DPoP-Nonce")
            got = at_once(lambda: sent(body, path, nonce=nonce), 12)                       # now it counts, and once
            assert sorted(r.status for r in got) == [200 if path == "/token" else 201] + [401] * 11, (path, [r.status for r in got])
            assert all(r.json()["error"] == "invalid_client" for r in got if r.status == 401)
            r = sent(body, path)                                                             # spent, and asked for a nonce all the same
            assert r.json()["error"] == "use_dpop_nonce"
            assert sent({**fields, **assertion()}, path, nonce=nonce).status in (200, 201)
        wrong = {**CC, **assertion(aud="https://elsewhere.example")}
        assert sent(wrong).json()["error"] == "use_dpop_nonce" and sent(wrong, nonce=nonce).json()["error"] == "invalid_client"
        stray = {"token": "x", **assertion()}                                                # where no proof is read none is judged
        url = w.at("modern", "/introspect")
        assert post(url, stray, {"DPoP": key.proof("POST", url, time.time())}).json() == {"active": False}
        assert audit_of(w, reason="dpop_nonce", status=400)


def test_the_log_says_what_was_wrong(key):
    def said(r):
        a = audit_of(w, error_id=r.get("X-Hufu-Error-Id"))
        return a["reason"], a.get("detail")
    with World("modern", realms=[people()], settings={"modern": {"dpop_nonce": "required"}}) as w:
        assert said(token(w, key, htm="GET")) == ("dpop_proof", "htm is not the method of this request")
        r = token(w, key)
        assert said(r) == ("dpop_nonce", "it has no nonce")
        access = redeem(w, get_code(w, scope="openid read"), key, nonce=r.get("DPoP-Nonce")).json()["access_token"]
        assert said(userinfo(w, access))[0] == "bearer_proof" and said(userinfo(w, access, key))[0] == "bearer_nonce"
        assert said(userinfo(w, access, scheme="Bearer"))[0] == "bearer_unproven"
        assert said(get(authorize_url(w, dpop_jkt="short")))[0] == "dpop_jkt"


def test_scripts_may_send_and_read_what_they_need(w):
    origin = {"Origin": "https://spa.example"}
    r = send("OPTIONS", w.at("modern", "/token"), None, {**origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "DPoP"})
    assert "DPoP" in r.get("Access-Control-Allow-Headers")
    r = post(w.at("modern", "/token"), CC, origin)
    assert "DPoP-Nonce" in r.get("Access-Control-Expose-Headers") and "WWW-Authenticate" in r.get("Access-Control-Expose-Headers")


def verify(w, access, proof, scheme="DPoP", **head):
    audience = "?audience=" + w.url["modern"].replace(":", "%3A").replace("/", "%2F")
    return get(w.at("modern", "/auth/verify" + audience), {"Authorization": scheme + " " + access, "DPoP": proof, **head})


def test_a_proxy_asks_about_its_own_request(key):
    with World("modern", realms=[people()], settings=JWT, top=TOPS) as w:
        access = token(w, key).json()["access_token"]
        api = "https://api.example/orders?x=1"

        def proof(method="PATCH", url="https://api.example/orders", k=key):
            return k.proof(method, url, time.time(), access)
        ways = ({"X-Original-URL": api, "X-Original-Method": "PATCH"},
                {"X-Forwarded-Method": "PATCH", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "api.example", "X-Forwarded-Uri": "/orders?x=1"})
        for way in ways:
            assert verify(w, access, proof(), **way).status == 200, way
            for wrong in (proof("GET"), proof(url="https://api.example/other"), proof(k=Holder())):
                assert verify(w, access, wrong, **way).status == 401, way
        assert verify(w, access, proof(), "Bearer", **ways[0]).status == 401
        assert verify(w, access, proof()).status == 401
        bearer_token = token(w).json()["access_token"]
        assert verify(w, bearer_token, proof(), "Bearer", **ways[0]).status == 200


def test_what_no_proxy_forwards_is_not_believed(w, key):
    access = token(w, key).json()["access_token"]
    proof = key.proof("GET", "https://api.example/orders", time.time(), access)
    assert verify(w, access, proof, **{"X-Original-URL": "https://api.example/orders"}).status == 401
    own = key.proof("GET", w.at("modern", "/auth/verify"), time.time(), access)
    assert verify(w, access, own).status == 200


def test_a_restart_lets_no_old_proof_count_again(key):
    with World("modern", realms=[people()], settings=JWT) as w:
        old = key.proof("POST", w.at("modern", "/token"), time.time(), iat=int(time.time()) - 5)
        r = token(w, proof=old)
        if r.json().get("error") == "use_dpop_nonce":           # older than the server itself
            old = key.proof("POST", w.at("modern", "/token"), time.time(), iat=int(time.time()) - 1, nonce=r.get("DPoP-Nonce"))
            r = token(w, proof=old)
        assert r.status == 200, r
        time.sleep(1.1)
        w.stop(9)
        w.start()
        assert token(w, proof=old).json()["error"] == "use_dpop_nonce"


def test_a_proof_that_comes_with_a_pushed_request_binds_its_code(w):
    """RFC 9449 section 10.1."""
    url, mine, theirs = w.at("modern", "/par"), Holder(), Holder()
    fields = dict(urllib.parse.parse_qsl(urllib.parse.urlparse(authorize_url(w, scope="read")).query))

    def push(proof, **more):
        return post(url, {**fields, **more}, {**basic("app", APP_SECRET), "DPoP": proof})

    def code():
        r = push(mine.proof("POST", url, time.time()))
        assert r.status == 201, r
        asked = w.at("modern", "/authorize?" + urllib.parse.urlencode({"client_id": "app", "request_uri": r.json()["request_uri"]}))
        return w.browser("modern").authorize(asked).query()["code"]

    assert redeem(w, code(), mine).status == 200
    assert redeem(w, code(), theirs).json()["error"] == "invalid_grant"
    assert redeem(w, code(), None).json()["error"] == "invalid_grant"
    assert push(mine.proof("POST", w.at("modern", "/token"), time.time())).json()["error"] == "invalid_dpop_proof"
    assert push("x").json()["error"] == "invalid_dpop_proof"
    assert push(mine.proof("POST", url, time.time()), dpop_jkt=theirs.jkt).json()["error"] == "invalid_request"
