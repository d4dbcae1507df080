"""Pairwise subjects: two applications cannot tell that they have the same user. OpenID Connect Core 8.1."""
import json

import pytest

import talker_jwt
from talker import APP_SECRET, PASSWORD, World, authorize_url, basic, bearer, client, get, introspect, post, realm, redeem, refresh, user

NONCE = "n-0S6_WzA2Mj"
CIBA, EXCHANGE = "urn:openid:params:grant-type:ciba", "urn:ietf:params:oauth:grant-type:token-exchange"
AT = {"one": "https://one.example/cb", "two": "https://two.example/cb", "sister": "https://one.example/sister", "open": "https://one.example/open"}


@pytest.fixture(scope="module")
def w():
    r = realm()
    r["clients"] += [client(id, APP_SECRET, scopes=["openid", "profile", "read"], redirect_uris=[uri], auto_approve=True,
                            metadata={} if id == "open" else {"subject_type": "pairwise"}) for id, uri in AT.items()]
    for c in r["clients"]:
        if c["id"] in AT:
            c["grants"] = ["authorization_code", "refresh_token", CIBA, EXCHANGE]
    r["users"] += [user("carol", PASSWORD), user("eve", PASSWORD)]
    with World("modern", realms=[r]) as world:
        yield world


@pytest.fixture(scope="module")
def b(w):
    return w.browser("modern")


def url(w, id, **more):
    return authorize_url(w, client=id, redirect_uri=AT[id], scope="openid profile", nonce=NONCE, code_challenge=None, code_challenge_method=None, **more)


def tokens(w, b, id, **more):
    return redeem(w, b.authorize(url(w, id, **more), "carol").query()["code"], client=id, redirect_uri=AT[id], code_verifier=None).json()


def subject(w, b, id):
    """The one that ID token, access token, userinfo, introspection and a refresh agree on."""
    t = tokens(w, b, id)
    again = refresh(w, t["refresh_token"], client=id).json()
    said = {talker_jwt.claims(t["id_token"])["sub"], talker_jwt.claims(t["access_token"])["sub"], talker_jwt.claims(again["id_token"])["sub"],
            get(w.at("modern", "/userinfo"), bearer(t["access_token"])).json()["sub"], introspect(w, t["access_token"], client=id)["sub"]}
    assert len(said) == 1, said
    return said.pop()


def test_every_sector_is_told_another_name_and_each_always_the_same(w, b):
    assert {"public", "pairwise"} == set(get(w.at("modern", "/.well-known/openid-configuration")).json()["subject_types_supported"])
    subs = {id: subject(w, b, id) for id in AT}
    id = next(u["id"] for u in w.control({"do": "user.list", "realm": "main", "search": "carol"})["users"])
    assert subs["open"] == id and subs["one"] == subs["sister"] and len({subs["one"], subs["two"], id}) == 3
    assert all(id not in subs[k] and len(subs[k]) == 43 for k in ("one", "two", "sister"))
    w.stop()
    w.start()
    fresh = w.browser("modern")
    assert {id: subject(w, fresh, id) for id in AT} == subs


def test_hints_are_read_as_they_were_given(w):
    b = w.browser("modern")
    hint = tokens(w, b, "one")["id_token"]
    assert "code" in b.get(url(w, "one", id_token_hint=hint, prompt="none")).query()
    alice = redeem(w, w.browser("modern").authorize(url(w, "one"), "alice").query()["code"], client="one", redirect_uri=AT["one"], code_verifier=None).json()["id_token"]
    assert b.get(url(w, "one", id_token_hint=alice, prompt="none")).query()["error"] == "login_required"
    r = b.get(w.at("modern", "/logout?id_token_hint=" + hint))
    assert r.status in (302, 303) and b.get(url(w, "one", prompt="none")).query()["error"] == "login_required"


def test_several_hosts_need_a_list(w):
    status, out, err = w.hufu("client", "set", "one", "--realm", "main", "--redirect-uri", AT["one"], "--redirect-uri", "https://elsewhere.example/cb")
    assert status == 1 and "one host" in out + err
    assert w.hufu("client", "set", "one", "--realm", "main", "--redirect-uri", AT["one"], "--redirect-uri", "https://elsewhere.example/cb",
                  "--sector-identifier-uri", "https://one.example/list")[0] == 0
    with World("modern", settings={"modern": {"registration": "open"}}) as v:
        at = v.at("modern", "/register")
        for uris, status in ((["https://a.example/cb", "https://b.example/cb"], 400), (["https://a.example/cb", "https://a.example/x"], 201)):
            r = post(at, json.dumps({"redirect_uris": uris, "subject_type": "pairwise"}), {"Content-Type": "application/json"})
            assert r.status == status, r
            assert status == 201 or "sector_identifier_uri" in r.json()["error_description"]


def asked(w, id, hint):
    """The answer to an application that asks through the issuer for the user of that ID token."""
    return post(w.at("modern", "/bc-authorize"), {"scope": "openid", "id_token_hint": hint}, basic(id, APP_SECRET))


def test_a_hint_leads_to_its_user_for_who_knows_it_by_that_name(w, b):
    one, two, open_ = (tokens(w, b, id)["id_token"] for id in ("one", "two", "open"))
    assert asked(w, "one", one).status == 200 and asked(w, "sister", one).status == 200 and asked(w, "open", open_).status == 200
    w.turn_clock(4000)                                                  # it may have expired
    assert asked(w, "one", one).status == 200
    for id, hint in (("one", two), ("two", one), ("one", open_), ("open", one)):        # two applications could compare what they are told
        r = asked(w, id, hint)
        assert (r.status, r.json()["error"]) == (400, "unknown_user_id"), (id, r)


def test_an_exchange_knows_the_user_too(w, b):
    t = tokens(w, b, "one")
    r = post(w.at("modern", "/token"), {"grant_type": EXCHANGE, "subject_token": t["id_token"], "subject_token_type": "urn:ietf:params:oauth:token-type:id_token"},
             basic("one", APP_SECRET))
    assert r.status == 200 and talker_jwt.claims(r.json()["access_token"])["sub"] == talker_jwt.claims(t["id_token"])["sub"], r


def test_the_name_goes_with_its_user(w):
    r = w.browser("modern").authorize(url(w, "one"), "eve")
    hint = redeem(w, r.query()["code"], client="one", redirect_uri=AT["one"], code_verifier=None).json()["id_token"]
    assert asked(w, "one", hint).status == 200
    assert w.hufu("user", "delete", "eve", "--realm", "main")[0] == 0
    assert asked(w, "one", hint).json()["error"] == "unknown_user_id"
