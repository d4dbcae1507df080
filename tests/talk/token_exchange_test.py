"""A token for another: RFC 8693. Narrower, for somebody else, by delegation or impersonation; it ends with what it was made of."""
import concurrent.futures, time, urllib.parse

import pytest

import talker_jwt
from talker import APP_SECRET, SERVICE_SECRET, VERIFIER, World, audit_of, authorize_url, basic, client, get, post, realm, redeem, refresh, send
from trusted_issuer_test import KEY, OTHER_KEY, SET, trusted

GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS, REFRESH, ID, JWT = ("urn:ietf:params:oauth:token-type:" + t for t in ("access_token", "refresh_token", "id_token", "jwt"))
ISS = "https://partner.example"
API, DEEP, ELSE = "https://api.example", "https://deep.example", "https://else.example"


def people():
    r = realm()
    ex = lambda id, grants=(), **m: client(id, APP_SECRET, grants=[GRANT, "client_credentials", *grants], scopes=["read", "write", "openid", "admin"], **m)
    r["clients"] += [
        client("web", APP_SECRET, grants=["authorization_code", "refresh_token", GRANT, "client_credentials"], scopes=["read", "write", "openid"], redirect_uris=["https://app.example/cb"], auto_approve=True, resource_ids=[API],
               metadata={"token_exchange_types": ["access_token", "refresh_token", "id_token", "jwt"], "post_logout_redirect_uris": ["https://app.example/bye"]}),
        ex("api", metadata={"token_exchange_subjects": [API, "partner"], "token_exchange_modes": ["delegation", "impersonation"], "token_exchange_audiences": [DEEP, ELSE]}),
        ex("careful", metadata={"token_exchange_subjects": [API]}), ex("stranger"),
        ex("deep", ["refresh_token"], metadata={"token_exchange_subjects": ["all"], "token_exchange_modes": ["delegation", "impersonation"], "token_exchange_types": ["access_token", "refresh_token", "id_token", "jwt"]}),
        client("nogrant", APP_SECRET, grants=["client_credentials"], scopes=["read"]),
        client("page", None, grants=[GRANT], scopes=["read"]),
    ]
    r["resource_servers"] = [{"id": API}, {"id": DEEP}, {"id": ELSE, "shape": "opaque"}]
    return r


TOP = trusted({"partner": {"url": ISS, "for": ["token_exchange"], "jwks": SET, "scopes": ["read"], "audiences": ["urn:ours"]},
               "other": {"url": "https://other.example", "for": ["jwt_bearer"], "jwks": SET}})


@pytest.fixture(scope="module")
def w():
    with World("modern", realms=[people()], top=TOP, settings={"modern": {"trusts": ["partner", "other"]}}) as world:
        yield world


def login(w, **more):
    b = w.browser("modern")
    r = b.authorize(authorize_url(w, client="web", **{"scope": "read write openid", **more}), "alice")
    return redeem(w, r.query()["code"], client="web").json()


def shown(w, key):
    return {"DPoP": key.proof("POST", w.at("modern", "/token"), time.time())}


def login_bound(w, key):
    r = w.browser("modern").authorize(authorize_url(w, client="web", scope="read write openid"), "alice")
    fields = {"grant_type": "authorization_code", "code": r.query()["code"], "redirect_uri": "https://app.example/cb", "code_verifier": VERIFIER}
    return post(w.at("modern", "/token"), fields, {**basic("web", APP_SECRET), **shown(w, key)}).json()


def own(w, id="api", key=None, **more):
    return post(w.at("modern", "/token"), {"grant_type": "client_credentials", **more}, {**basic(id, APP_SECRET), **(shown(w, key) if key else {})}).json()["access_token"]


def ask(w, subject, client="api", type=ACCESS, proof=None, **more):
    fields = [("grant_type", GRANT), ("subject_token", subject), ("subject_token_type", type)]
    for k, v in more.items():
        fields += [(k, one) for one in (v if isinstance(v, list) else [v])]
    headers = {"Content-Type": "application/x-www-form-urlencoded", **basic(client, APP_SECRET), **(shown(w, proof) if proof else {})}
    return send("POST", w.at("modern", "/token"), urllib.parse.urlencode([(k, v) for k, v in fields if v is not None]), headers)


def refused(w, r, error, reason):
    assert (r.status, r.json()["error"]) == (400, error), r
    assert audit_of(w, error_id=r.get("X-Hufu-Error-Id"))["reason"] == reason


def seen(w, token):
    return post(w.at("modern", "/introspect"), {"token": token}, basic("service", SERVICE_SECRET)).json()


def test_impersonation_narrows_and_names_the_new_client(w):
    t = login(w)
    r = ask(w, t["access_token"], audience=DEEP, scope="read")
    j = r.json()
    assert r.status == 200 and j["issued_token_type"] == ACCESS and j["token_type"] == "Bearer" and j["scope"] == "read" and "refresh_token" not in j and "id_token" not in j, r
    said, before = talker_jwt.verify(j["access_token"], get(w.at("modern", "/jwks")).json()), talker_jwt.claims(t["access_token"])
    assert (said["client_id"], said["aud"], said["sub"], said["auth_time"]) == ("api", DEEP, before["sub"], before["auth_time"]) and "act" not in said
    assert said["exp"] <= before["exp"]
    facts = seen(w, j["access_token"])
    assert facts["active"] and facts["username"] == "alice" and facts["client_id"] == "api" and "act" not in facts
    assert GRANT in get(w.at("modern", "/.well-known/openid-configuration")).json()["grant_types_supported"]
    # nothing asked: what the subject token has of what the client may have, for the whole list
    assert set(ask(w, t["access_token"], resource=DEEP).json()["scope"].split()) == {"read", "write", "openid"}


def test_delegation_names_the_actor_and_chains(w):
    t = login(w)
    first = ask(w, t["access_token"], "careful", actor_token=own(w, "careful"), actor_token_type=ACCESS)
    assert first.status == 200, first
    assert talker_jwt.claims(first.json()["access_token"])["act"] == {"sub": "careful"}
    assert seen(w, first.json()["access_token"])["act"] == {"sub": "careful"}
    second = ask(w, first.json()["access_token"], "deep", actor_token=own(w, "deep"), actor_token_type=JWT, audience=DEEP)
    said = talker_jwt.claims(second.json()["access_token"])
    assert said["act"] == {"sub": "deep", "act": {"sub": "careful"}} and said["aud"] == DEEP
    # impersonation does not hide who acted before
    third = ask(w, second.json()["access_token"], "deep")
    assert talker_jwt.claims(third.json()["access_token"])["act"] == said["act"]
    # who has no word for impersonation has to say who acts
    refused(w, ask(w, t["access_token"], "careful"), "invalid_request", "exchange_mode")


def test_opaque_tokens_both_ways(w):
    t = login(w)
    r = ask(w, t["access_token"], audience=ELSE, actor_token=own(w), actor_token_type=ACCESS)
    opaque = r.json()["access_token"]
    assert "." not in opaque and seen(w, opaque)["act"] == {"sub": "api"} and seen(w, opaque)["aud"] == ELSE
    again = ask(w, opaque, "deep", actor_token=own(w, "deep"), actor_token_type=ACCESS)
    assert talker_jwt.claims(again.json()["access_token"])["act"] == {"sub": "deep", "act": {"sub": "api"}}
    refused(w, ask(w, opaque, "deep", type=JWT), "invalid_request", "exchange_subject")
    refused(w, ask(w, t["access_token"], audience=ELSE, requested_token_type=JWT), "invalid_request", "exchange_type")


def test_a_client_narrows_its_own_and_gets_other_kinds(w):
    t = login(w)
    r = ask(w, t["access_token"], "web", scope="read", requested_token_type=JWT)
    assert r.status == 200 and r.json()["scope"] == "read" and r.json()["issued_token_type"] == JWT
    r = ask(w, t["access_token"], "web", requested_token_type=ID)
    said = talker_jwt.verify(r.json()["access_token"], get(w.at("modern", "/jwks")).json())
    assert r.json()["token_type"] == "N_A" and r.json()["issued_token_type"] == ID and said["aud"] == "web" and "id_token" not in r.json()
    r = ask(w, t["refresh_token"], "web", type=REFRESH, requested_token_type=REFRESH, scope="read openid")
    j = r.json()
    assert r.status == 200 and j["token_type"] == "N_A" and j["issued_token_type"] == REFRESH and "refresh_token" not in j, r
    n = refresh(w, j["access_token"], client="web").json()
    assert n["scope"] == "read openid" and "write" not in n["scope"]
    # the one that was exchanged is not spent
    assert "access_token" in refresh(w, t["refresh_token"], client="web").json()
    # own ID tokens
    r = ask(w, t["id_token"], "web", type=ID, scope="read")
    assert r.status == 200 and talker_jwt.claims(r.json()["access_token"])["sub"] == talker_jwt.claims(t["id_token"])["sub"], r
    # the default list gives neither
    for kind in (REFRESH, ID):
        refused(w, ask(w, t["access_token"], requested_token_type=kind), "invalid_request", "exchange_type")


def test_it_ends_with_what_it_was_made_of(w):
    t = login(w)
    one = ask(w, t["access_token"], audience=DEEP).json()["access_token"]
    two = ask(w, one, "deep", actor_token=own(w, "deep"), actor_token_type=ACCESS).json()["access_token"]
    opaque = ask(w, one, "deep", resource=ELSE).json()["access_token"]
    kept = ask(w, t["refresh_token"], "web", type=REFRESH, requested_token_type=REFRESH).json()["access_token"]
    all = [one, two, opaque, kept]
    assert [seen(w, x)["active"] for x in all[:3]] == [True] * 3
    # the end of what was exchanged is not the end of what it came of
    assert post(w.at("modern", "/revoke"), {"token": two}, basic("deep", APP_SECRET)).status == 200
    assert not seen(w, two)["active"] and seen(w, one)["active"] and seen(w, t["access_token"])["active"]
    assert post(w.at("modern", "/revoke"), {"token": t["refresh_token"]}, basic("web", APP_SECRET)).status == 200
    assert not any(seen(w, x)["active"] for x in all + [t["access_token"]])
    assert refresh(w, kept, client="web").json()["error"] == "invalid_grant"
    for x in (t["access_token"], one, opaque):
        refused(w, ask(w, x, "deep"), "invalid_request", "exchange_subject")
    # of a client's own token, which has no family: by its jti
    mine = own(w)
    r = ask(w, mine, scope="read", audience=DEEP)
    said = talker_jwt.claims(r.json()["access_token"])
    assert said["sub"] == "api" and seen(w, r.json()["access_token"])["active"], said
    other = ask(w, mine, "deep", resource=ELSE).json()["access_token"]
    assert seen(w, other)["sub"] == "api" and seen(w, other)["client_id"] == "deep"
    post(w.at("modern", "/revoke"), {"token": mine}, basic("api", APP_SECRET))
    assert not seen(w, r.json()["access_token"])["active"] and not seen(w, other)["active"]


def test_an_id_token_is_its_clients_alone_and_ends_with_its_session(w):
    b = w.browser("modern")
    t = redeem(w, b.authorize(authorize_url(w, client="web", scope="read openid"), "alice").query()["code"], client="web").json()
    refused(w, ask(w, t["id_token"], "deep", type=ID), "invalid_request", "exchange_subject")
    made = ask(w, t["id_token"], "web", type=ID, scope="read").json()["access_token"]
    below = ask(w, made, "deep", scope="read").json()["access_token"]
    assert seen(w, made)["active"] and seen(w, below)["active"]
    bye = "https://app.example/bye"
    assert b.get(w.at("modern", "/logout?" + urllib.parse.urlencode({"id_token_hint": t["id_token"], "post_logout_redirect_uri": bye}))).location == bye
    assert not seen(w, made)["active"] and not seen(w, below)["active"]
    refused(w, ask(w, t["id_token"], "web", type=ID, scope="read"), "invalid_request", "exchange_subject")


def theirs(w, **more):
    now = int(time.time())
    said = {"iss": ISS, "sub": "bob", "aud": ["urn:ours", "urn:theirs"], "iat": now, "exp": now + 60, **more}
    return {k: v for k, v in said.items() if v is not None}


def test_tokens_of_a_trusted_issuer(w):
    r = ask(w, KEY.sign(theirs(w, act={"sub": "gateway"})), type=JWT, audience=DEEP)
    j = r.json()
    assert r.status == 200 and j["scope"] == "read" and j["expires_in"] <= 61, r
    assert talker_jwt.claims(j["access_token"])["act"] == {"sub": "gateway", "iss": ISS} and seen(w, j["access_token"])["username"] == "bob"
    assert ask(w, KEY.sign(theirs(w), typ="at+jwt"), type=ACCESS, audience=DEEP).status == 200
    # as the actor
    r = ask(w, login(w)["access_token"], actor_token=KEY.sign(theirs(w)), actor_token_type=JWT, audience=DEEP)
    act = talker_jwt.claims(r.json()["access_token"])["act"]
    assert act["iss"] == ISS and len(act["sub"]) == 36
    # who does not name the issuer may not
    refused(w, ask(w, KEY.sign(theirs(w)), "deep", type=JWT), "invalid_request", "exchange_subject")


def test_may_act_is_honoured(w):
    mine, told = own(w), dict(type=JWT, audience=DEEP)
    allowed = [{"sub": "api"}, {"sub": "api", "iss": w.url["modern"]}, {"client_id": "api"}]
    for m in allowed:
        assert ask(w, KEY.sign(theirs(w, may_act=m)), actor_token=mine, actor_token_type=ACCESS, **told).status == 200, m
        assert ask(w, KEY.sign(theirs(w, may_act=m)), **told).status == 200, m
    for m in ({"sub": "deep"}, {"sub": "api", "iss": ISS}, {"client_id": "deep"}, {"client_id": "deep", "sub": "api"}, {}, "api", ["api"], {"sub": 7}):
        refused(w, ask(w, KEY.sign(theirs(w, may_act=m)), actor_token=mine, actor_token_type=ACCESS, **told), "invalid_request", "exchange_actor")
        refused(w, ask(w, KEY.sign(theirs(w, may_act=m)), **told), "invalid_request", "exchange_actor")


BAD = [
    ("no token", lambda w: dict(subject="x"), "invalid_request", "exchange_subject"),
    ("an empty type", lambda w: dict(subject=login(w)["access_token"], type=" "), "invalid_request", "exchange_type"),
    ("an unknown type", lambda w: dict(subject=login(w)["access_token"], type="urn:ietf:params:oauth:token-type:saml2"), "invalid_request", "exchange_type"),
    ("a type that begins alike", lambda w: dict(subject=login(w)["access_token"], type=ACCESS + "x"), "invalid_request", "exchange_type"),
    ("a refresh token as an access token", lambda w: dict(subject=login(w)["refresh_token"], client="web"), "invalid_request", "exchange_subject"),
    ("an access token as a refresh token", lambda w: dict(subject=login(w)["access_token"], type=REFRESH, client="web"), "invalid_request", "exchange_subject"),
    ("an ID token as an access token", lambda w: dict(subject=login(w)["id_token"], client="web"), "invalid_request", "exchange_subject"),
    ("an access token as an ID token", lambda w: dict(subject=login(w)["access_token"], type=ID, client="web"), "invalid_request", "exchange_subject"),
    ("somebody else's refresh token", lambda w: dict(subject=login(w)["refresh_token"], type=REFRESH, client="deep"), "invalid_request", "exchange_subject"),
    ("somebody else's token", lambda w: dict(subject=login(w)["access_token"], client="stranger"), "invalid_request", "exchange_subject"),
    ("somebody else's actor", lambda w: dict(subject=login(w)["access_token"], actor_token=own(w, "deep"), actor_token_type=ACCESS), "invalid_request", "exchange_actor"),
    ("an actor that does not hold", lambda w: dict(subject=login(w)["access_token"], actor_token="x", actor_token_type=ACCESS), "invalid_request", "exchange_actor"),
    ("an actor without type", lambda w: dict(subject=login(w)["access_token"], actor_token=own(w)), "invalid_request", "exchange_type"),
    ("a type without actor", lambda w: dict(subject=login(w)["access_token"], actor_token_type=ACCESS), "invalid_request", "exchange_type"),
    ("wanted: an unknown type", lambda w: dict(subject=login(w)["access_token"], requested_token_type="access_token"), "invalid_request", "exchange_type"),
    ("a wider scope", lambda w: dict(subject=login(w, scope="read")["access_token"], scope="read write"), "invalid_scope", "scope_wider"),
    ("a scope that nobody has", lambda w: dict(subject=login(w)["access_token"], scope="root"), "invalid_scope", "scope_unknown"),
    ("a scope of the client alone", lambda w: dict(subject=login(w)["access_token"], scope="admin"), "invalid_scope", "scope_wider"),
    ("an audience beside the list", lambda w: dict(subject=login(w)["access_token"], audience=API), "invalid_target", "resource_unknown"),
    ("one of two beside the list", lambda w: dict(subject=login(w)["access_token"], audience=[DEEP, "urn:nobody"]), "invalid_target", "resource_unknown"),
    ("this issuer, beside the list", lambda w: dict(subject=login(w)["access_token"], audience=w.url["modern"]), "invalid_target", "resource_unknown"),
    ("a resource that is no address", lambda w: dict(subject=login(w)["access_token"], resource="deep"), "invalid_target", "resource_malformed"),
    ("of another issuer", lambda w: dict(subject=KEY.sign(theirs(w, iss="https://evil.example")), type=JWT), "invalid_request", "exchange_subject"),
    ("of one that is trusted for something else", lambda w: dict(subject=KEY.sign(theirs(w, iss="https://other.example")), type=JWT), "invalid_request", "exchange_subject"),
    ("in our name by another key", lambda w: dict(subject=KEY.sign(theirs(w, iss=w.url["modern"])), type=JWT), "invalid_request", "exchange_subject"),
    ("theirs as a refresh token", lambda w: dict(subject=KEY.sign(theirs(w)), type=REFRESH), "invalid_request", "exchange_subject"),
    ("theirs for another", lambda w: dict(subject=KEY.sign(theirs(w, aud="urn:theirs")), type=JWT), "invalid_request", "exchange_subject"),
    ("theirs by another key", lambda w: dict(subject=OTHER_KEY.sign(theirs(w)), type=JWT), "invalid_request", "exchange_subject"),
    ("theirs, over", lambda w: dict(subject=KEY.sign(theirs(w, exp=int(time.time()) - 60)), type=JWT), "invalid_request", "exchange_subject"),
    ("theirs without exp", lambda w: dict(subject=KEY.sign(theirs(w, exp=None)), type=JWT), "invalid_request", "exchange_subject"),
    ("theirs, of tomorrow", lambda w: dict(subject=KEY.sign(theirs(w, nbf=int(time.time()) + 86400)), type=JWT), "invalid_request", "exchange_subject"),
    ("theirs, alg confused", lambda w: dict(subject=KEY.sign(theirs(w), alg="HS256"), type=JWT), "invalid_request", "exchange_subject"),
    ("theirs, critical", lambda w: dict(subject=KEY.sign(theirs(w), crit=["x"]), type=JWT), "invalid_request", "exchange_subject"),
    ("theirs about nobody", lambda w: dict(subject=KEY.sign(theirs(w, sub="nobody")), type=JWT), "invalid_request", "exchange_subject"),
    ("theirs, a logout token", lambda w: dict(subject=KEY.sign(theirs(w), typ="logout+jwt"), type=JWT), "invalid_request", "exchange_subject"),
    ("actors without end", lambda w: dict(subject=KEY.sign(theirs(w, act={"sub": "1", "act": {"sub": "2", "act": {"sub": "3", "act": {"sub": "4", "act": {"sub": "5", "act": {"sub": "6", "act": {"sub": "7", "act": {"sub": "8"}}}}}}}})), type=JWT), "invalid_request", "exchange_actor"),
]


@pytest.mark.parametrize("what,make,error,reason", BAD, ids=[b[0] for b in BAD])
def test_what_is_no_exchange(w, what, make, error, reason):
    refused(w, ask(w, **make(w)), error, reason)


def test_who_may_not_use_the_grant(w):
    t = login(w)["access_token"]
    assert ask(w, t, "nogrant").json()["error"] == "unauthorized_client"
    assert ask(w, None).json()["error"] == "invalid_request" and ask(w, t, type=None).json()["error"] == "invalid_request"
    r = post(w.at("modern", "/token"), {"grant_type": GRANT, "client_id": "page", "subject_token": t, "subject_token_type": ACCESS})
    assert r.json()["error"] == "unauthorized_client"


def test_exchanges_do_not_go_on_without_end(w):
    t = login(w)["access_token"]
    for n in range(20):
        r = ask(w, t, "deep")
        if r.status != 200:
            break
        t = r.json()["access_token"]
    assert n == 8, n
    refused(w, r, "invalid_request", "exchange_subject")
    assert seen(w, t)["active"]


def test_64_at_once_and_none_outlives_the_end(w):
    t = login(w)
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        made = [pool.submit(ask, w, t["access_token"], "deep", audience=[ELSE] if i % 2 else [DEEP]) for i in range(63)]
        end = pool.submit(post, w.at("modern", "/revoke"), {"token": t["refresh_token"]}, basic("web", APP_SECRET))
        replies = [m.result() for m in made]
    assert end.result().status == 200 and {r.status for r in replies} <= {200, 400}
    assert not any(seen(w, r.json()["access_token"])["active"] for r in replies if r.status == 200)


def test_a_bound_token_is_exchanged_by_who_has_its_key(w):
    key, other = talker_jwt.Holder(), talker_jwt.Holder()
    t = login_bound(w, key)
    assert t["token_type"] == "DPoP"
    for wrong in (None, other):
        refused(w, ask(w, t["access_token"], proof=wrong), "invalid_request", "exchange_subject")
    for more in (dict(audience=DEEP), dict(audience=ELSE)):                     # signed and opaque
        r = ask(w, t["access_token"], proof=key, **more)
        assert r.status == 200 and r.json()["token_type"] == "DPoP", r
        bound = r.json()["access_token"]
        assert seen(w, bound)["cnf"] == {"jkt": key.jkt}
        refused(w, ask(w, bound, "deep"), "invalid_request", "exchange_subject")
        assert ask(w, bound, "deep", proof=key).status == 200
    # the actor's too, and both by the one key of the request
    plain = login(w)["access_token"]
    actor = dict(actor_token=own(w, key=key), actor_token_type=ACCESS)
    for wrong in (None, other):
        refused(w, ask(w, plain, proof=wrong, **actor), "invalid_request", "exchange_actor")
    assert seen(w, ask(w, plain, proof=key, audience=DEEP, **actor).json()["access_token"])["cnf"] == {"jkt": key.jkt}
    assert ask(w, t["access_token"], proof=key, audience=DEEP, **actor).status == 200
    theirs_now = dict(actor_token=own(w, key=other), actor_token_type=ACCESS)
    refused(w, ask(w, t["access_token"], proof=key, **theirs_now), "invalid_request", "exchange_actor")
    # bound to nothing before, and to what this request shows from now on
    assert seen(w, ask(w, plain, proof=other, audience=DEEP).json()["access_token"])["cnf"] == {"jkt": other.jkt}


def test_what_a_bound_token_gave_is_not_loosened_by_a_refresh(w):
    key = talker_jwt.Holder()
    t = login_bound(w, key)
    r = ask(w, t["access_token"], "deep", proof=key, requested_token_type=REFRESH)
    assert r.status == 200, r
    fields = {"grant_type": "refresh_token", "refresh_token": r.json()["access_token"]}
    for head in ({}, shown(w, talker_jwt.Holder())):
        no = post(w.at("modern", "/token"), fields, {**basic("deep", APP_SECRET), **head})
        assert no.status == 400 and no.json()["error"] == "invalid_grant", no
    again = post(w.at("modern", "/token"), fields, {**basic("deep", APP_SECRET), **shown(w, key)})
    assert again.status == 200 and seen(w, again.json()["access_token"])["cnf"] == {"jkt": key.jkt}, again


@pytest.mark.parametrize("cnf", [{"jkt": "x"}, {"jwk": {"kty": "EC"}}, {"kid": "1"}, {}, [], 7, "jkt", {"x5t#S256": "x"}])
def test_a_token_of_a_trusted_issuer_may_be_bound_too(w, cnf):
    refused(w, ask(w, KEY.sign(theirs(w, cnf=cnf)), type=JWT), "invalid_request", "exchange_subject")
    key = talker_jwt.Holder()
    r = ask(w, KEY.sign(theirs(w, cnf={"jkt": key.jkt})), type=JWT, proof=key, audience=DEEP)
    assert r.status == 200 and seen(w, r.json()["access_token"])["cnf"] == {"jkt": key.jkt}, r
