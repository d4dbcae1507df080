"""Unified logout of manual 002: the end of a token is told to the addresses that clients named for it, behind the answer, and to nobody else."""
import time, urllib.parse

import pytest

from listener import ears                       # noqa: F401, a fixture
from server import free_ports
from talker import LEGACY, World, basic, client, get, post, user

DONE = '{"resp_code":0,"resp_msg":"登出成功"}'


def world(lists, realms=None, **settings):
    """An issuer of manual 002 with a client for each name, whose LOGOUT_NOTIFY_URL_LIST is the value; None: it has none."""
    clients = [client(name, name + "-secret-002", grants=["password", "refresh_token", "client_credentials"], legacy=LEGACY, scopes=["all"],
                      info={"LOGOUT_NOTIFY_URL_LIST": urls, "note": "n"} if urls is not None else {"note": "n"}) for name, urls in lists.items()]
    people = [user("u%d" % i, "pass-word-002", number=i) for i in range(1, 4)]
    return World("zlt", settings={"zlt": settings}, realms=[{"realm": "main", "clients": clients, "users": people}, *(realms or [])])


def login(w, name, who="u1"):
    r = post(w.at("zlt", "/oauth/token"), {"grant_type": "password", "username": who, "password": "pass-word-002"}, basic(name, name + "-secret-002"))
    assert r.status == 200, r
    return r.json()["datas"]


def lives(w, t):
    return post(w.at("zlt", "/oauth/check_token"), {"token": t["access_token"]}).status == 200


def refreshes(w, name, t):
    return post(w.at("zlt", "/oauth/token"), {"grant_type": "refresh_token", "refresh_token": t["refresh_token"]}, basic(name, name + "-secret-002")).status == 200


def logout(w, token):
    begun = time.time()
    r = get(w.at("zlt", "/oauth/remove/token?token=") + token)
    assert r.status == 200 and r.text == DONE and time.time() - begun < 2, r
    return r


def counts(w):
    found = {}
    for line in get("http://127.0.0.1:%d/metrics" % w.admin_port).text.split("\n"):
        if line.startswith("hufu_logout_notices_total{"):
            found[line.split('"')[1]] = int(line.split()[-1])
    return found


def count_of(w, outcome, n, wait=10):
    until = time.time() + wait
    while counts(w)[outcome] < n and time.time() < until:
        time.sleep(0.02)
    return counts(w)[outcome]


def log_says(w, text, wait=10):
    until = time.time() + wait
    while text not in w.log() and time.time() < until:
        time.sleep(0.02)
    return text in w.log()


def test_every_address_hears_which_tokens_ended_and_the_others_live_on(ears):
    web, app = ears(), ears()
    with world({"web": "%s/logoutNotify, %s/second?tenant=%%E4%%B8%%80&x=1#top" % (web.url, web.url), "app": app.url + "/out?", "quiet": None, "empty": ""}) as w:
        mine = {name: login(w, name) for name in ("web", "app", "quiet", "empty")}
        other = login(w, "web", "u2")
        logout(w, mine["web"]["access_token"])
        text = mine["web"]["access_token"]
        assert web.paths(2) == ["/logoutNotify?tokens=" + text, "/second?tenant=%E4%B8%80&x=1&tokens=" + text]
        assert app.paths(1) == ["/out?tokens=" + mine["app"]["access_token"]]
        assert not lives(w, mine["web"]) and not refreshes(w, "web", mine["web"])
        assert not lives(w, mine["app"]) and not refreshes(w, "app", mine["app"])
        assert lives(w, mine["quiet"]) and refreshes(w, "quiet", mine["quiet"]) and lives(w, mine["empty"])
        assert lives(w, other) and refreshes(w, "web", other)
        assert count_of(w, "sent", 3) == 3 and counts(w)["failed"] == counts(w)["refused"] == 0
        assert text not in w.log() and mine["app"]["access_token"] not in w.log()


def test_a_client_without_addresses_logs_the_user_out_of_those_that_have_some(ears):
    app = ears()
    with world({"quiet": None, "app": app.url + "/out"}) as w:
        mine = login(w, "app")
        logout(w, login(w, "quiet")["access_token"])
        assert app.paths(1) == ["/out?tokens=" + mine["access_token"]] and not lives(w, mine)


def test_all_tokens_of_the_user_at_a_client_are_named(ears):
    web = ears()
    with world({"web": web.url + "/out"}, single_login=False) as w:
        first, second, other = login(w, "web"), login(w, "web"), login(w, "web", "u2")
        assert first["access_token"] != second["access_token"]
        logout(w, second["access_token"])
        (path,) = web.paths(1)
        told = path.removeprefix("/out?tokens=").split(",")
        assert told[0] == second["access_token"] and sorted(told) == sorted([first["access_token"], second["access_token"]])
        assert not lives(w, first) and not lives(w, second) and lives(w, other)


def test_unknown_and_ended_tokens_tell_nobody(ears):
    web = ears()
    with world({"web": web.url + "/out"}) as w:
        t = login(w, "web")
        logout(w, "unknown")
        logout(w, "")
        logout(w, t["refresh_token"])
        assert lives(w, t)
        logout(w, t["access_token"])
        logout(w, t["access_token"])
        assert count_of(w, "sent", 1) == 1
        last = login(w, "web")
        logout(w, last["access_token"])
        assert web.paths(2) == sorted("/out?tokens=" + x["access_token"] for x in (t, last))


def test_a_clients_own_token_is_told_to_that_client_only(ears):
    web, app = ears(), ears()
    with world({"web": web.url + "/out", "app": app.url + "/out"}) as w:
        mine = login(w, "app")
        r = post(w.at("zlt", "/oauth/token"), {"grant_type": "client_credentials"}, basic("web", "web-secret-002"))
        logout(w, r.json()["datas"]["access_token"])
        assert web.paths(1) == ["/out?tokens=" + r.json()["datas"]["access_token"]]
        assert lives(w, mine) and not app.asked


def test_of_jwts_the_one_that_was_removed_is_told(ears):
    web, app = ears(), ears()
    with world({"web": web.url + "/out", "app": app.url + "/out"}, access_shape="jwt", refresh_shape="jwt") as w:
        t = login(w, "web")
        login(w, "app")
        logout(w, t["access_token"])
        assert web.paths(1) == ["/out?tokens=" + t["access_token"]] and not app.asked and not lives(w, t)
        assert t["access_token"] not in w.log()


def test_clients_of_another_realm_hear_nothing(ears):
    web, far = ears(), ears()
    there = {"realm": "far", "clients": [client("web", "web-secret-002", info={"LOGOUT_NOTIFY_URL_LIST": far.url + "/out"})], "users": []}
    with world({"web": web.url + "/out"}, [there]) as w:
        logout(w, login(w, "web")["access_token"])
        assert web.paths(1) and count_of(w, "sent", 1) == 1 and not far.asked


def test_an_issuer_without_notices_sends_none(ears):
    web, app = ears(), ears()
    with world({"web": web.url + "/out", "app": app.url + "/out"}, logout_notices=False) as w:
        t, other = login(w, "web"), login(w, "app")
        logout(w, t["access_token"])
        assert not lives(w, t) and lives(w, other) and counts(w) == {"sent": 0, "failed": 0, "refused": 0}
        assert not web.asked and not app.asked


def test_a_neighbour_that_hangs_or_is_dead_keeps_no_logout_waiting(ears):
    web, stuck = ears(), ears("hang")
    dead = "http://127.0.0.1:%d" % free_ports(1)[0]
    with world({"web": web.url + "/out", "stuck": stuck.url + "/out", "dead": dead + "/out?x=secret-of-the-address"}) as w:
        for who in ("u1", "u2", "u3"):
            mine = [login(w, name, who) for name in ("stuck", "dead", "web")]
            logout(w, mine[2]["access_token"])
            assert not any(lives(w, t) for t in mine)
        assert len(web.paths(3)) == 3 and len(stuck.paths(3)) == 3
        assert count_of(w, "failed", 6, 20) == 6 and counts(w)["sent"] == 3
        assert len(stuck.asked) == 3                            # who hangs is not asked again
        assert log_says(w, "notice of a logout to ") and "secret-of-the-address" not in w.log() and "tokens=" not in w.log()
        assert w.log().count("notice of a logout to ") <= 2     # one line in ten seconds
        assert not any(t["access_token"] in w.log() for t in mine)


def test_an_error_is_asked_once_more_and_no_redirect_is_followed(ears):
    once, always, moved, gone = ears(503, 200), ears(500), ears(302), ears(404)
    lists = {"once": once, "always": always, "moved": moved, "gone": gone}
    with world({name: n.url + "/out" for name, n in lists.items()}) as w:
        mine = {name: login(w, name) for name in lists}
        logout(w, mine["gone"]["access_token"])
        assert count_of(w, "sent", 1) == 1 and count_of(w, "failed", 3) == 3
        assert {name: n.asked for name, n in lists.items()} == {
            name: ["/out?tokens=" + mine[name]["access_token"]] * (2 if name in ("once", "always") else 1) for name in lists}


@pytest.mark.parametrize("url, settings, says", [
    ("http://10.255.255.1/out", {"logout_notices_http": True}, "the address is private"),
    ("https://192.168.255.1/out", {}, "the address is private"),
    ("http://logout.example/out", {}, "the URL must begin with https://"),
    ("ftp://logout.example/out", {"logout_notices_http": True}, "the URL must begin with https://"),
    ("https://user@logout.example/out", {}, "the URL needs a host, and no user name"),
    ("not an address", {}, "the URL must begin with https://"),
])
def test_addresses_that_are_not_allowed_are_not_asked(url, settings, says):
    with world({"web": url}, **settings) as w:
        t = login(w, "web")
        logout(w, t["access_token"])
        assert log_says(w, says) and count_of(w, "failed", 1) == 1 and not lives(w, t)
        assert t["access_token"] not in w.log()


def test_a_certificate_that_nobody_vouches_for_is_refused(ears):
    web = ears(tls=True)
    with world({"web": web.url + "/out"}) as w:
        logout(w, login(w, "web")["access_token"])
        assert log_says(w, "the certificate is not trusted") and not web.asked


def test_after_a_reload_notices_go_on_and_follow_the_clients(ears):
    web, new = ears(), ears()
    with world({"web": web.url + "/out"}) as w:
        logout(w, login(w, "web")["access_token"])
        assert len(web.paths(1)) == 1
        answer = w.control({"do": "client.set", "realm": "main", "id": "web", "info": {"LOGOUT_NOTIFY_URL_LIST": new.url + "/new"}})
        assert answer.get("ok"), answer
        t = login(w, "web")
        logout(w, t["access_token"])
        assert new.paths(1) == ["/new?tokens=" + t["access_token"]] and len(web.asked) == 1
