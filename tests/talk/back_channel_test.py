"""The end of a session is told to every client that took part in it: OpenID Connect Back-Channel Logout 1.0."""
import json, signal, time, urllib.parse

import pytest

import talker_jwt
from listener import Listener, ears             # noqa: F401, a fixture
from openid_logout_test import BYE, app, confirm, lives, tokens, url
from server import free_ports
from talker import PASSWORD, World, authorize_url, get, realm, redeem, refresh, send, user, wait

EVENT = "http://schemas.openid.net/event/backchannel-logout"


def world(settings=None, **urls):
    """An application for each name, with that backchannel_logout_uri; None: it has none."""
    r = realm()
    r["clients"] += [app(name, post_logout_redirect_uris=[BYE], **({"backchannel_logout_uri": at, "backchannel_logout_session_required": True} if at else {}))
                     for name, at in urls.items()]
    r["users"] += [user("carol", PASSWORD), user("dave", PASSWORD)]
    return World("modern", realms=[r], settings={"modern": settings or {}})


def token_of(heard):
    path, kind, form = heard
    assert kind == "application/x-www-form-urlencoded" and list(form) == ["logout_token"]
    return form["logout_token"][0]


def verified(w, text):
    assert talker_jwt.header(text)["typ"] == "logout+jwt" and talker_jwt.header(text)["alg"] == "RS256"
    return talker_jwt.verify(text, get(w.at("modern", "/jwks")).json())


def deliveries(w, *args):
    status, out, err = w.hufu("session", "deliveries", *args, "--json")
    assert status == 0, (out, err)
    return json.loads(out)["deliveries"]


def states(w):
    return sorted((d["client"], d["state"], d["status"]) for d in deliveries(w))


def test_each_client_of_the_session_gets_a_token_that_says_which(ears):
    one, two, three = ears(), ears(204), ears()
    with world(shop=one.url + "/bc?x=1", till=two.url + "/bc", club=three.url + "/bc", bare=None) as w:
        b = w.browser("modern")
        t, u, _ = (tokens(w, b, name) for name in ("shop", "till", "bare"))
        stranger = w.browser("modern")
        tokens(w, stranger, "club", "dave")
        assert b.get(url(w, id_token_hint=t["id_token"], post_logout_redirect_uri=BYE)).location == BYE
        for ear, name, mine in ((one, "shop", t), (two, "till", u)):
            got = ear.heard(1)
            assert len(got) == 1
            i, c = talker_jwt.claims(mine["id_token"]), verified(w, token_of(got[0]))
            assert set(c) == {"iss", "sub", "aud", "iat", "exp", "jti", "events", "sid"}
            assert (c["iss"], c["aud"], c["sub"], c["sid"], c["events"]) == (i["iss"], name, i["sub"], i["sid"], {EVENT: {}})
            assert c["iat"] <= time.time() + 1 and 0 < c["exp"] - c["iat"] <= 120
        assert one.got[0][0] == "/bc?x=1"
        wait(lambda: states(w) == [("shop", "delivered", 200), ("till", "delivered", 204)])
        assert states(w) == [("shop", "delivered", 200), ("till", "delivered", 204)] and lives(w, stranger) and not three.got
        assert '"event":"logout.told"' in w.log() and token_of(one.got[0]) not in w.log() and "x=1" not in w.log()


def test_it_is_signed_as_the_clients_id_tokens_are(ears):
    ear = ears()
    with world({"id_token_algs": "RS256 ES256"}, shop=ear.url) as w:
        assert w.hufu("client", "set", "shop", "--realm", "main", "--id-token-alg", "ES256")[0] == 0
        b = w.browser("modern")
        t = tokens(w, b, "shop")
        b.get(url(w, id_token_hint=t["id_token"]))
        told = token_of(ear.heard(1)[0])
        assert talker_jwt.header(told)["alg"] == talker_jwt.header(t["id_token"])["alg"] == "ES256"
        talker_jwt.verify(told, get(w.at("modern", "/jwks")).json())


def test_it_is_encrypted_where_id_tokens_are(ears):
    ear, reader = ears(), talker_jwt.Reader()
    with world(shop=ear.url) as w:
        choose = lambda *args: w.hufu("client", "set", "shop", "--realm", "main", *args)
        assert choose("--jwks", json.dumps({"keys": [reader.jwk]}), "--id-token-encryption", "RSA-OAEP-256")[0] == 0
        b = w.browser("modern")
        tokens(w, b, "shop")
        confirm(b, b.get(w.at("modern", "/logout")))
        told = token_of(ear.heard(1)[0])
        head = talker_jwt.header(told)
        assert len(told.split(".")) == 5 and head["typ"] == "logout+jwt" and head["cty"] == "JWT" and head["iss"] == w.url["modern"]
        assert verified(w, reader.open(told))["aud"] == "shop"


def test_a_client_whose_key_is_gone_is_told_later(ears):
    ear, reader = ears(), talker_jwt.Reader()
    with world(shop=ear.url) as w:
        b = w.browser("modern")
        tokens(w, b, "shop")
        assert w.hufu("client", "set", "shop", "--realm", "main", "--jwks", json.dumps({"keys": [reader.jwk]}), "--id-token-encryption", "ECDH-ES")[0] == 0
        confirm(b, b.get(w.at("modern", "/logout")))
        time.sleep(2.5)
        assert not ear.got                                              # never in the clear
        assert "no key to encrypt to" in json.dumps(json.loads(w.hufu("session", "deliveries", "--json")[1])) + w.log()


def test_a_logout_token_is_no_other_token(ears):
    ear = ears()
    with world(shop=ear.url) as w:
        b = w.browser("modern")
        t = tokens(w, b, "shop")
        b.get(url(w, id_token_hint=t["id_token"]))
        told = token_of(ear.heard(1)[0])
        assert get(w.at("modern", "/userinfo"), {"Authorization": "Bearer " + told}).status == 401
        r = b.get(url(w, id_token_hint=told, post_logout_redirect_uri=BYE))
        assert r.status == 400


def others_end(w, b):
    """The person ends all other sessions, on the account page of another browser."""
    own = w.browser("modern")
    page = own.follow(own.login(own.follow(own.get(w.at("modern", "/account/sessions"))), "carol", PASSWORD))
    own.submit(page.forms()[-1], "session-end-others")


def withdrawn(w, b):
    b.submit(b.get(w.at("modern", "/account/applications")).form("account-applications"), "withdraw-1")


ENDS = {
    "others, on the account page": others_end,
    "withdrawn, on the account page": withdrawn,
    "page": lambda w, b: confirm(b, b.get(w.at("modern", "/logout"))),
    "session": lambda w, b: w.hufu("session", "end", json.loads(w.hufu("session", "list", "--json")[1])["sessions"][0]["session"]),
    "user": lambda w, b: w.hufu("session", "end", "--user", "carol", "--realm", "main"),
    "sessions only": lambda w, b: w.hufu("session", "end", "--user", "carol", "--realm", "main", "--sessions-only"),
    "one client": lambda w, b: w.hufu("session", "end", "--user", "carol", "--realm", "main", "--client", "shop"),
    "password": lambda w, b: w.control({"do": "user.set-password", "realm": "main", "name": "carol", "password": "another long password"}),
    "disabled": lambda w, b: w.hufu("user", "disable", "carol", "--realm", "main"),
    "deleted": lambda w, b: w.control({"do": "user.delete", "realm": "main", "name": "carol"}),
    "another user": lambda w, b: b.login(b.get(w.at("modern", "/login")), "dave", PASSWORD),
}


@pytest.mark.parametrize("how", list(ENDS))
def test_whatever_ends_it_the_client_hears_of_it(ears, how):
    ear = ears()
    with world({"session_accounts": 1} if how == "another user" else None, shop=ear.url) as w:
        b = w.browser("modern")
        t = tokens(w, b, "shop")
        ENDS[how](w, b)
        got = ear.heard(1)
        assert len(got) == 1 and verified(w, token_of(got[0]))["sid"] == talker_jwt.claims(t["id_token"])["sid"]


def test_the_same_user_who_logs_in_again_is_not_logged_out(ears):
    ear = ears()
    with world(shop=ear.url) as w:
        b = w.browser("modern")
        t = tokens(w, b, "shop")
        b.login(b.get(w.at("modern", "/login")), "carol", PASSWORD)
        time.sleep(2.5)
        assert not ear.got
        confirm(b, b.get(w.at("modern", "/logout")))
        assert verified(w, token_of(ear.heard(1)[0]))["sid"] == talker_jwt.claims(t["id_token"])["sid"]


def test_a_session_that_ended_while_no_daemon_ran_is_told_by_the_next(ears):
    ear = ears()
    with world(shop=ear.url) as w:
        tokens(w, w.browser("modern"), "shop")
        w.stop()
        assert w.hufu("session", "end", "--user", "carol", "--realm", "main")[0] == 0
        assert states(w) == [("shop", "pending", 0)] and not ear.got
        w.start()
        assert len(ear.heard(1)) == 1


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["term", "kill"])
def test_tokens_outlive_a_stop_while_their_receiver_is_down(how):
    port = free_ports(1)[0]
    with world(shop="http://127.0.0.1:%d/bc" % port) as w:
        b = w.browser("modern")
        t = tokens(w, b, "shop")
        b.get(url(w, id_token_hint=t["id_token"]))
        wait(lambda: [d for d in deliveries(w) if d["tries"] > 0])
        assert states(w) == [("shop", "pending", 0)]
        w.stop(how)
        ear = Listener(port=port)
        try:
            w.start()
            assert len(ear.heard(1, 20)) == 1
            wait(lambda: states(w) == [("shop", "delivered", 200)])
            assert states(w) == [("shop", "delivered", 200)]
        finally:
            ear.close()


def test_who_is_overloaded_is_asked_again_and_who_refuses_is_not(ears):
    busy, cross, moved, strange = ears(503, 200), ears(400), ears(302), ears(tls=True)
    with world(shop=busy.url, till=cross.url, club=moved.url, bare=strange.url) as w:
        b = w.browser("modern")
        for name in ("shop", "till", "club", "bare"):
            t = tokens(w, b, name)
        b.get(url(w, id_token_hint=t["id_token"]))
        assert len(busy.heard(2)) == 2
        wait(lambda: len([d for d in deliveries(w) if d["state"] != "pending"]) == 3)
        assert states(w) == [("bare", "pending", 0), ("club", "failed", 302), ("shop", "delivered", 200), ("till", "failed", 400)]
        assert [d["tries"] for d in deliveries(w, "--client", "shop")] == [2] and [d["client"] for d in deliveries(w, "--state", "delivered")] == ["shop"]
        for lang, word in (("en", "failed"), ("zh", "失败")):
            assert word in w.hufu("--lang", lang, "session", "deliveries")[1]
        assert w.hufu("session", "deliveries", "--state", "lost")[0]


@pytest.mark.parametrize("address", ["http://10.1.2.3/bc", "http://shop.example/bc", "https://192.168.3.4/bc"])
def test_nothing_is_sent_where_it_may_not_go(address):
    with world(shop=address) as w:
        b = w.browser("modern")
        t = tokens(w, b, "shop")
        b.get(url(w, id_token_hint=t["id_token"]))
        wait(lambda: states(w) == [("shop", "failed", 0)])
        assert states(w) == [("shop", "failed", 0)]


def test_an_expired_session_tells_nobody(ears):
    ear = ears()
    with world({"session_ttl_s": 120, "session_idle_s": 60}, shop=ear.url) as w:
        tokens(w, w.browser("modern"), "shop")
        w.turn_clock(3600)
        w.turn_clock(3600)
        time.sleep(1.5)
        assert not ear.got and states(w) == []


def test_a_client_that_has_just_registered_is_told(ears):
    """It is in no snapshot yet: a change of clients makes a new one some time later."""
    ear = ears()
    with world({"registration": "open"}, shop=None) as w:
        b = w.browser("modern")
        tokens(w, b, "shop")
        for i in range(6):
            said = {"redirect_uris": ["https://new.example/cb"], "backchannel_logout_uri": ear.url + "/%d" % i, "post_logout_redirect_uris": [BYE]}
            c = send("POST", w.at("modern", "/register"), json.dumps(said), {"Content-Type": "application/json"}).json()
            r = b.authorize(authorize_url(w, client=c["client_id"], redirect_uri="https://new.example/cb", scope="openid"), "carol")
            t = redeem(w, r.query()["code"], client=c["client_id"], secret=c["client_secret"], redirect_uri="https://new.example/cb").json()
            assert b.get(url(w, id_token_hint=t["id_token"], post_logout_redirect_uri=BYE)).location == BYE
            assert ear.heard(i + 1)[i][0] == "/%d" % i
