"""A resource server is told that what its tokens stood on has ended: RFC 8417, RFC 8935, CAEP session-revoked."""
import json, time

import pytest

import talker_jwt
from listener import Listener, ears             # noqa: F401, a fixture
from server import free_ports
from talker import APP_SECRET, PASSWORD, World, authorize_url, basic, client, get, post, realm, redeem, refresh, user, wait

EVENT = "https://schemas.openid.net/secevent/caep/event-type/session-revoked"
API, DEAF = "https://api.example", "https://deaf.example"
OPEN = {"logout_notices_private": True, "logout_notices_http": True}


def people(at, **more):
    r = realm()
    r["clients"] += [client(id, APP_SECRET, grants=["authorization_code", "refresh_token", "client_credentials"], scopes=["read", "openid", "offline_access"], redirect_uris=["https://app.example/cb"],
                            auto_approve=True, resource_ids=[API, DEAF]) for id in ("web", "till")]
    r["users"] += [user("carol", PASSWORD), user("dave", PASSWORD)]
    r["resource_servers"] = [{"id": API, "sign_out_uri": at, **more}, {"id": DEAF}]
    return r


def login(w, who="carol", app="web", scope="read openid", b=None, resource=API):
    b = b or w.browser("modern")
    r = b.authorize(authorize_url(w, client=app, scope=scope, resource=resource), who)
    t = redeem(w, r.query()["code"], client=app, resource=resource).json()
    assert talker_jwt.claims(t["access_token"])["aud"] == resource
    return b, t


def event(w, ear, n=1):
    """The n-th that came, judged as its receiver does."""
    path, kind, _ = ear.heard(n)[n - 1]
    assert kind == "application/secevent+jwt"
    text = ear.bodies[n - 1]
    assert talker_jwt.header(text)["typ"] == "secevent+jwt"
    said = talker_jwt.verify(text, get(w.at("modern", "/jwks")).json())
    assert set(said) == {"iss", "aud", "iat", "jti", "sub_id", "events"} and said["iss"] == w.url["modern"] and list(said["events"]) == [EVENT]
    assert abs(said["events"][EVENT]["event_timestamp"] - time.time()) < 120
    return said


def deliveries(w):
    status, out, err = w.hufu("session", "deliveries", "--json")
    assert status == 0, (out, err)
    return [d for d in json.loads(out)["deliveries"] if "resource" in d]


@pytest.fixture(scope="module")
def w():
    with World("modern", realms=[people("http://127.0.0.1:%d/out" % free_ports(1)[0])], settings={"modern": OPEN}) as world:
        yield world


def hear(w, ear, *more):
    status, out, err = w.hufu("resource", "set", API, "--realm", "main", "--sign-out-uri", ear.url + "/out?x=1", *more)
    assert status == 0, (out, err)


ENDS = {
    "logout": lambda w, b, t: b.get(w.at("modern", "/logout") + "?id_token_hint=" + t["id_token"]),
    "refresh token revoked": lambda w, b, t: post(w.at("modern", "/revoke"), {"token": t["refresh_token"]}, basic("web", APP_SECRET)),
    "user's sessions ended": lambda w, b, t: w.hufu("session", "end", "--user", "carol", "--realm", "main"),
    "one client": lambda w, b, t: w.hufu("session", "end", "--user", "carol", "--realm", "main", "--client", "web"),
    "token revoked by an operator": lambda w, b, t: w.hufu("token", "revoke", "--issuer", "modern", t["access_token"]),
    "disabled": lambda w, b, t: w.hufu("user", "disable", "carol", "--realm", "main"),
}


@pytest.mark.parametrize("how", list(ENDS))
def test_whatever_ends_it_the_resource_server_hears_of_it(w, ears, how):
    ear = ears(202)
    hear(w, ear)
    b, t = login(w)
    ENDS[how](w, b, t)
    said = event(w, ear)
    claims, sid = talker_jwt.claims(t["access_token"]), talker_jwt.claims(t["id_token"]).get("sid")
    subject = {"format": "iss_sub", "iss": w.url["modern"], "sub": claims["sub"]}
    assert said["aud"] == API and said["events"][EVENT]["client_id"] == "web"
    assert said["sub_id"] == ({"format": "complex", "user": subject, "session": {"format": "opaque", "id": sid}} if sid else subject)
    wait(lambda: [d for d in deliveries(w) if d["state"] == "pending"] == [])
    d = [d for d in deliveries(w) if d["state"] == "delivered"][-1]
    assert (d["client"], d["resource"], d["status"], d["tries"]) == ("web", API, 202, 1)
    assert ear.got[0][0] == "/out?x=1" and '"event":"resource.told"' in w.log() and ear.bodies[0] not in w.log() and "x=1" not in w.log()
    assert get(w.at("modern", "/userinfo"), {"Authorization": "Bearer " + ear.bodies[0]}).status == 401     # it is no access token
    w.hufu("user", "enable", "carol", "--realm", "main")


def test_who_is_told_nothing(w, ears):
    """What goes on, what is another resource server's, and what a client has for itself."""
    ear = ears(202)
    hear(w, ear)
    b, t = login(w, "dave")
    t2 = refresh(w, t["refresh_token"], client="web").json()
    _, other = login(w, "dave", resource=DEAF)
    own = post(w.at("modern", "/token"), {"grant_type": "client_credentials", "resource": API}, basic("web", APP_SECRET)).json()["access_token"]
    for token in (own, other["refresh_token"]):
        assert post(w.at("modern", "/revoke"), {"token": token}, basic("web", APP_SECRET)).status == 200
    time.sleep(2.2)
    assert not ear.got
    assert post(w.at("modern", "/revoke"), {"token": t2["refresh_token"]}, basic("web", APP_SECRET)).status == 200
    assert event(w, ear)["sub_id"]
    time.sleep(1.2)
    assert len(ear.got) == 1                                     # once, however often its tokens were renewed


def test_one_that_fails_is_told_again_and_one_that_refuses_is_not(w, ears):
    ear, no = ears(500, 202), ears(400)
    hear(w, ear)
    _, t = login(w, "dave")
    post(w.at("modern", "/revoke"), {"token": t["refresh_token"]}, basic("web", APP_SECRET))
    first, second = event(w, ear), event(w, ear, 2)
    assert first["jti"] == second["jti"]                         # RFC 8935 section 2: the same event
    hear(w, no)
    _, t = login(w, "dave")
    post(w.at("modern", "/revoke"), {"token": t["refresh_token"]}, basic("web", APP_SECRET))
    event(w, no)
    wait(lambda: [d["state"] for d in deliveries(w)][-1] == "failed")
    assert [(d["state"], d["status"]) for d in deliveries(w)][-1] == ("failed", 400) and len(no.got) == 1


def test_one_that_wants_to_hear_no_more(w, ears):
    ear = ears(202)
    hear(w, ear)
    _, t = login(w, "dave")
    assert w.hufu("resource", "set", API, "--realm", "main", "--sign-out-uri", "")[0] == 0
    post(w.at("modern", "/revoke"), {"token": t["refresh_token"]}, basic("web", APP_SECRET))
    time.sleep(2.2)
    assert not ear.got


@pytest.mark.parametrize("uri", ["ftp://api.example/x", "https://api.example/x#y", "/x", "https://u:p@api.example/"])
def test_an_address_that_is_none(w, uri):
    status, out, err = w.hufu("resource", "set", API, "--realm", "main", "--sign-out-uri", uri)
    assert status != 0 and "must" in err, (out, err)


def test_a_stop_in_between_loses_none():
    port = free_ports(1)[0]
    with World("modern", realms=[people("http://127.0.0.1:%d/out" % port, signing_alg="ES256")], settings={"modern": OPEN}) as w:
        _, t = login(w)
        assert post(w.at("modern", "/revoke"), {"token": t["refresh_token"]}, basic("web", APP_SECRET)).status == 200
        wait(lambda: [d["tries"] for d in deliveries(w)] and deliveries(w)[0]["tries"] >= 1)
        w.stop()
        ear = Listener(202, port=port)
        try:
            w.start()
            said = event(w, ear)
            assert talker_jwt.header(ear.bodies[0])["alg"] == "ES256" and said["aud"] == API
            wait(lambda: deliveries(w)[0]["state"] == "delivered")
            assert deliveries(w)[0]["state"] == "delivered"
        finally:
            ear.close()
