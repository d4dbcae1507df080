"""Identity assertions that are grants at another authorization server (ID-JAG, draft-ietf-oauth-identity-assertion-authz-grant-04): two issuers, each a server of its own."""
import concurrent.futures, json, time, urllib.parse, uuid

import pytest

import talker_jwt
from talker import APP_SECRET, PASSWORD, VERIFIER, World, audit_of, authorize_url, basic, client, get, introspect, post, realm, redeem, send, user
from trusted_issuer_test import KEY, OTHER_KEY, SET, trusted

EXCHANGE, BEARER = "urn:ietf:params:oauth:grant-type:token-exchange", "urn:ietf:params:oauth:grant-type:jwt-bearer"
ACCESS, REFRESH, ID, JAG = ("urn:ietf:params:oauth:token-type:" + t for t in ("access_token", "refresh_token", "id_token", "id-jag"))
CHAT = "https://api.chat.example/"
OTHER = "https://login.other.example"
TYPES = {"room": {"schema": '{"properties": {"name": {"type": "string", "maxLength": 8}}}'}}


def there():
    r = realm()
    both = dict(grants=[BEARER, "refresh_token"], scopes=["chat.read", "chat.write", "openid"], resource_ids=[CHAT, "https://more.example/"])
    r["clients"] += [client("wiki-at-chat", APP_SECRET, **both), client("stranger", APP_SECRET, **both), client("open", None, **both)]
    r["users"] += [user("carol@corp.example", PASSWORD), user("shut@corp.example", PASSWORD, enabled=False)]
    return r


@pytest.fixture(scope="module")
def idp():
    r = realm()
    wiki = dict(grants=["authorization_code", "refresh_token", EXCHANGE], redirect_uris=["https://app.example/cb"], scopes=["openid", "read"], auto_approve=True)
    r["clients"] += [client("wiki", APP_SECRET, **wiki), client("plain", APP_SECRET, **wiki), client("page", None, **wiki)]
    r["users"] += [user("carol", PASSWORD, email="carol@corp.example"), user("dave", PASSWORD, email="nobody@corp.example"), user("shut", PASSWORD, email="shut@corp.example")]
    with World("modern", realms=[r], settings={"modern": {"id_jag": True, "authorization_details": TYPES}}) as w:
        yield w


@pytest.fixture(scope="module")
def ras(idp):
    rows = {"corp": {"url": idp.url["modern"], "for": ["id_jag"], "scopes": ["chat.read", "chat.write"], "subject_claim": "email", "allow_private": True},
            "forger": {"url": OTHER, "for": ["id_jag"], "jwks": SET, "subject_claim": "email"},
            "bearer": {"url": "https://bearer.example", "for": ["jwt_bearer"], "jwks": SET}}
    with World("modern", realms=[there()], top=trusted(rows), settings={"modern": {"trusts": ["corp", "forger", "bearer"], "authorization_details": TYPES}}) as w:
        status, out, err = idp.hufu("client", "set", "wiki", "--realm", "main", "--id-jag-audience", w.url["modern"] + " wiki-at-chat chat.read chat.write",
                                    "--id-jag-audience", OTHER)
        assert status == 0, out + err
        yield w


def login(idp, name="carol", client="wiki", **more):
    r = idp.browser("modern").authorize(authorize_url(idp, client=client, **{"scope": "openid", **more}), name)
    return redeem(idp, r.query()["code"], client=client).json()


def exchange(idp, ras, subject, type=ID, client="wiki", head=None, **more):
    fields = [("grant_type", EXCHANGE), ("requested_token_type", JAG), ("subject_token", subject), ("subject_token_type", type)]
    for k, v in {"audience": ras.url["modern"], **more}.items():
        fields += [(k, one) for one in (v if isinstance(v, list) else [v]) if one is not None]
    return send("POST", idp.at("modern", "/token"), urllib.parse.urlencode(fields), {"Content-Type": "application/x-www-form-urlencoded", **basic(client, APP_SECRET), **(head or {})})


def assertion(idp, ras, name="carol", **more):
    r = exchange(idp, ras, login(idp, name)["id_token"], **more)
    assert r.status == 200, r
    return r.json()["access_token"]


def take(ras, jag, client="wiki-at-chat", head=None, **more):
    return post(ras.at("modern", "/token"), {"grant_type": BEARER, "assertion": jag, **more}, {**basic(client, APP_SECRET), **(head or {})})


def refused(w, r, error, reason, status=400):
    assert (r.status, r.json()["error"]) == (status, error), r
    assert audit_of(w, error_id=r.get("X-Hufu-Error-Id"))["reason"] == reason


# --- given -----------------------------------------------------------------------------------------------------------------------------

def test_from_the_login_at_one_to_a_token_of_the_other(idp, ras):
    t = login(idp)
    r = exchange(idp, ras, t["id_token"], scope="chat.read", resource=CHAT)
    j = r.json()
    assert r.status == 200 and (j["issued_token_type"], j["token_type"], j["scope"], j["expires_in"]) == (JAG, "N_A", "chat.read", 300) and "refresh_token" not in j, r
    said = talker_jwt.verify(j["access_token"], get(idp.at("modern", "/jwks")).json())
    i = talker_jwt.claims(t["id_token"])
    assert talker_jwt.header(j["access_token"])["typ"] == "oauth-id-jag+jwt"
    assert (said["iss"], said["aud"], said["client_id"], said["sub"]) == (idp.url["modern"], ras.url["modern"], "wiki-at-chat", i["sub"])
    assert (said["scope"], said["resource"], said["email"], said["auth_time"], said["amr"], said["acr"]) == ("chat.read", CHAT, "carol@corp.example", i["auth_time"], ["pwd"], "1")
    assert said["exp"] - said["iat"] == 300 and "cnf" not in said and "act" not in said
    r = take(ras, j["access_token"])
    got = r.json()
    assert r.status == 200 and got["scope"] == "chat.read" and "refresh_token" not in got, r
    facts = introspect(ras, got["access_token"], client="wiki-at-chat")
    assert facts["active"] and facts["username"] == "carol@corp.example" and facts["aud"] == CHAT and facts["client_id"] == "wiki-at-chat", facts
    assert introspect(idp, j["access_token"], client="wiki")["active"] is False                        # no token of the issuer that gave it
    assert get(idp.at("modern", "/userinfo"), {"Authorization": "Bearer " + j["access_token"]}).status == 401


def test_from_a_refresh_token_which_lives_on(idp, ras):
    t = login(idp, scope="openid")
    r = exchange(idp, ras, t["refresh_token"], REFRESH)
    assert r.status == 200 and r.json()["scope"] == "chat.read chat.write", r                            # nothing asked: all that is permitted
    assert exchange(idp, ras, t["refresh_token"], REFRESH, scope="chat.read chat.admin").json()["scope"] == "chat.read"
    assert post(idp.at("modern", "/token"), {"grant_type": "refresh_token", "refresh_token": t["refresh_token"]}, basic("wiki", APP_SECRET)).status == 200
    assert idp.hufu("user", "set", "carol", "--realm", "main", "--email", "carol@corp.example")[0] == 0
    assert take(ras, exchange(idp, ras, login(idp)["refresh_token"], REFRESH).json()["access_token"]).json()["scope"] == "chat.read chat.write"


def test_whom_it_is_for_is_what_the_operator_says(idp, ras):
    i = login(idp)["id_token"]
    r = exchange(idp, ras, i, audience=OTHER, scope="anything at-all")
    said = talker_jwt.claims(r.json()["access_token"])
    assert (said["aud"], said["client_id"], said["scope"]) == (OTHER, "wiki", "anything at-all")         # no scopes in that line: the other judges
    for audience in ("https://x.example", None, "", idp.url["modern"], [OTHER, ras.url["modern"]], ras.url["modern"] + "/"):
        refused(idp, exchange(idp, ras, i, audience=audience), "invalid_target", "resource_unknown")
    refused(idp, exchange(idp, ras, login(idp, client="plain")["id_token"], client="plain"), "invalid_target", "resource_unknown")
    refused(idp, exchange(idp, ras, i, scope="chat.admin"), "invalid_scope", "scope_wider")
    refused(idp, exchange(idp, ras, i, resource="#x"), "invalid_target", "resource_malformed")


def test_only_a_login_of_the_client_itself_counts(idp, ras):
    t = login(idp)
    refused(idp, exchange(idp, ras, t["access_token"], ACCESS), "invalid_request", "exchange_type")
    refused(idp, exchange(idp, ras, t["access_token"]), "invalid_request", "exchange_subject")
    refused(idp, exchange(idp, ras, login(idp, client="plain")["id_token"]), "invalid_request", "exchange_subject")
    refused(idp, exchange(idp, ras, t["id_token"], actor_token=t["id_token"], actor_token_type=ID), "invalid_request", "exchange_mode")
    jag = exchange(idp, ras, t["id_token"]).json()["access_token"]
    for type in (JAG, ID, ACCESS):
        assert exchange(idp, ras, jag, type).status == 400
    r = post(idp.at("modern", "/token"), {"grant_type": EXCHANGE, "requested_token_type": JAG, "subject_token": t["id_token"], "subject_token_type": ID, "audience": OTHER,
                                          "client_id": "page"})
    assert r.json()["error"] == "unauthorized_client", r


def test_it_ends_with_its_session_and_its_user(idp, ras):
    b = idp.browser("modern")
    t = redeem(idp, b.authorize(authorize_url(idp, client="wiki", scope="openid"), "shut").query()["code"], client="wiki").json()
    assert exchange(idp, ras, t["id_token"]).status == 200
    assert idp.hufu("user", "disable", "shut", "--realm", "main")[0] == 0
    refused(idp, exchange(idp, ras, t["id_token"]), "invalid_request", "exchange_subject")
    refused(idp, exchange(idp, ras, t["refresh_token"], REFRESH), "invalid_request", "exchange_subject")


def test_a_user_with_many_sessions(idp, ras):
    first = login(idp, "bob")["id_token"]
    for _ in range(40):
        login(idp, "bob")
    assert exchange(idp, ras, first).status == 200 == exchange(idp, ras, login(idp, "bob")["id_token"]).status


def test_off_unless_it_is_switched_on(ras):
    r = realm()
    r["clients"] += [client("wiki", APP_SECRET, grants=["authorization_code", EXCHANGE], redirect_uris=["https://app.example/cb"], scopes=["openid"], auto_approve=True,
                            metadata={"id_jag_audiences": [ras.url["modern"]]})]
    r["users"] += [user("carol", PASSWORD)]
    with World("modern", realms=[r]) as w:
        refused(w, exchange(w, ras, login(w)["id_token"]), "invalid_request", "exchange_type")
        assert "identity_chaining_requested_token_types_supported" not in get(w.at("modern", "/.well-known/openid-configuration")).json()


def test_metadata(idp, ras):
    m = get(idp.at("modern", "/.well-known/oauth-authorization-server")).json()
    assert m["identity_chaining_requested_token_types_supported"] == [JAG] and "authorization_grant_profiles_supported" not in m
    m = get(ras.at("modern", "/.well-known/oauth-authorization-server")).json()
    assert m["authorization_grant_profiles_supported"] == ["urn:ietf:params:oauth:grant-profile:id-jag"] and BEARER in m["grant_types_supported"]


def test_details_go_along(idp, ras):
    details = [{"type": "room", "name": "a"}]
    r = exchange(idp, ras, login(idp)["id_token"], authorization_details=json.dumps(details))
    assert r.json()["authorization_details"] == details == talker_jwt.claims(r.json()["access_token"])["authorization_details"]
    got = take(ras, r.json()["access_token"]).json()
    assert got["authorization_details"] == details
    refused(idp, exchange(idp, ras, login(idp)["id_token"], authorization_details='[{"type":"x"}]'), "invalid_authorization_details", "details_type")


def proof(w, key):
    return {"DPoP": key.proof("POST", w.at("modern", "/token"), time.time())}


def test_a_key_binds_it_all_the_way(idp, ras):
    key, other = talker_jwt.Holder(), talker_jwt.Holder()
    jag = exchange(idp, ras, login(idp)["id_token"], head=proof(idp, key)).json()["access_token"]
    assert talker_jwt.claims(jag)["cnf"] == {"jkt": key.jkt}
    refused(ras, take(ras, jag), "invalid_grant", "evidence_unproven")
    jag = exchange(idp, ras, login(idp)["id_token"], head=proof(idp, key)).json()["access_token"]
    refused(ras, take(ras, jag, head=proof(ras, other)), "invalid_grant", "evidence_unproven")
    jag = exchange(idp, ras, login(idp)["id_token"], head=proof(idp, key)).json()["access_token"]
    r = take(ras, jag, head=proof(ras, key))
    assert r.status == 200 and r.json()["token_type"] == "DPoP" and talker_jwt.claims(r.json()["access_token"])["cnf"] == {"jkt": key.jkt}, r


# --- taken ------------------------------------------------------------------------------------------------------------------------------

def test_it_counts_once_of_64(idp, ras):
    jag = assertion(idp, ras)
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        got = list(pool.map(lambda i: take(ras, jag), range(64)))
    assert sorted(r.status for r in got) == [200] + [400] * 63 and {r.json()["error"] for r in got if r.status == 400} == {"invalid_grant"}


def test_it_narrows_and_is_narrowed(idp, ras):
    refused(ras, take(ras, assertion(idp, ras, scope="chat.read"), scope="chat.write"), "invalid_scope", "scope_wider")
    assert take(ras, assertion(idp, ras), scope="chat.write").json()["scope"] == "chat.write"
    r = take(ras, assertion(idp, ras, resource=[CHAT, "https://more.example/"]), resource=CHAT)
    assert introspect(ras, r.json()["access_token"], client="wiki-at-chat")["aud"] == CHAT
    refused(ras, take(ras, assertion(idp, ras, resource=CHAT), resource="https://more.example/"), "invalid_target", "resource_wider")
    refused(ras, take(ras, assertion(idp, ras, resource="https://unknown.example/")), "invalid_target", "resource_unknown")


def test_another_client_and_nobody(idp, ras):
    refused(ras, take(ras, assertion(idp, ras), "stranger"), "invalid_grant", "assertion")
    refused(ras, take(ras, assertion(idp, ras, "dave")), "invalid_grant", "assertion_subject")
    r = post(ras.at("modern", "/token"), {"grant_type": BEARER, "assertion": assertion(idp, ras), "client_id": "open"})
    refused(ras, r, "unauthorized_client", "grant_forbidden")


def forged(ras, key=KEY, header=None, **more):
    now = int(time.time())
    said = {"iss": OTHER, "sub": "x", "email": "carol@corp.example", "aud": ras.url["modern"], "client_id": "wiki-at-chat", "jti": uuid.uuid4().hex, "iat": now, "exp": now + 60, **more}
    return key.sign({k: v for k, v in said.items() if v is not None}, **{"typ": "oauth-id-jag+jwt", **(header or {})})


def test_one_by_hand_is_right(ras):
    r = take(ras, forged(ras, scope="chat.read openid", aud=[ras.url["modern"]], act={"sub": "agent"}))
    assert r.status == 200 and r.json()["scope"] == "chat.read openid", r
    assert introspect(ras, r.json()["access_token"], client="wiki-at-chat")["act"] == {"sub": "agent", "iss": OTHER}
    r = take(ras, forged(ras, authorization_details=[{"type": "room", "name": "a"}, {"type": "room", "name": "much too long"}, {"type": "unknown"}]))
    assert r.json()["authorization_details"] == [{"type": "room", "name": "a"}]                          # what is not known here is left out


BAD = {
    "no typ": (dict(header={"typ": "JWT"}), "assertion"), "an access token": (dict(header={"typ": "at+jwt"}), "assertion"), "another key": (dict(key=OTHER_KEY), "assertion"),
    "alg none": (dict(header={"alg": "none"}), "assertion"), "another audience": (dict(aud="https://x.example"), "assertion"), "no audience": (dict(aud=None), "assertion"),
    "a number": (dict(aud=7), "assertion"), "another client": (dict(client_id="stranger"), "assertion"), "no client": (dict(client_id=None), "assertion"),
    "a client of another kind": (dict(client_id=["wiki-at-chat"]), "assertion"), "no jti": (dict(jti=None), "assertion"), "an empty jti": (dict(jti=""), "assertion"),
    "a long jti": (dict(jti="x" * 300), "assertion"), "no iat": (dict(iat=None), "assertion"), "no exp": (dict(exp=None), "assertion"), "over": (dict(exp=1), "assertion"),
    "to come": (dict(nbf=4102444800), "assertion"), "too long": (dict(exp=4102444800), "assertion"), "not trusted": (dict(iss="https://x.example"), "assertion"),
    "trusted for something else": (dict(iss="https://bearer.example"), "assertion"), "no subject": (dict(email=None), "assertion"), "nobody": (dict(email="x@y"), "assertion_subject"),
    "disabled": (dict(email="shut@corp.example"), "user_disabled"), "a scope of another kind": (dict(scope=["chat.read"]), "assertion"),
    "no scope of ours": (dict(scope="x"), "scope_wider"), "an empty scope": (dict(scope=""), "scope_wider"), "a resource of another kind": (dict(resource=7), "assertion"),
    "no resource": (dict(resource=[]), "assertion"), "a resource with a blank": (dict(resource="https://a b"), "assertion"), "too many": (dict(resource=["https://%d.example" % i for i in range(20)]), "assertion"),
    "details of another kind": (dict(authorization_details={"type": "room"}), "details"), "a key": (dict(cnf={"jkt": "x" * 43}), "evidence_unproven"),
    "a key of another kind": (dict(cnf=7), "assertion"), "a key that is none": (dict(cnf={}), "evidence_unproven"), "much too much": (dict(act={"sub": "x" * 9000}), "assertion"),
}


@pytest.mark.parametrize("what", list(BAD))
def test_bad_assertions(ras, what):
    said, reason = BAD[what]
    r = take(ras, forged(ras, **said))
    assert r.status == 400 and "access_token" not in r.json(), r
    assert audit_of(ras, error_id=r.get("X-Hufu-Error-Id"))["reason"] == reason


def test_a_list_of_two_audiences_is_for_somebody_else_too(ras):
    refused(ras, take(ras, forged(ras, aud=[ras.url["modern"], "https://x.example"])), "invalid_grant", "assertion")
    refused(ras, take(ras, forged(ras, aud=ras.at("modern", "/token"))), "invalid_grant", "assertion")


@pytest.mark.parametrize("line", ["x", "https://a.example  two", "https://a.example \x01"])
def test_what_an_operator_may_write(idp, line):
    status, out, err = idp.hufu("client", "set", "plain", "--realm", "main", "--id-jag-audience", line)
    assert status != 0 and "must" in out + err
