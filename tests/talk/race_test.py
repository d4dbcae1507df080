"""Requests that arrive at the same moment: one winner where one is right, the same answer where the same is right."""
import concurrent.futures

import pytest

from talker import APP_SECRET, OTHER_SECRET, PASSWORD, World, authorize_url, basic, form, get_code, introspect, post, redeem, refresh, tokens

MANY = 32


@pytest.fixture(scope="module")
def w():
    with World("modern", "spring", "zlt", "taroco", "rageframe") as world:
        yield world


def at_once(what, n=MANY):
    with concurrent.futures.ThreadPoolExecutor(n) as pool:
        return list(pool.map(lambda i: what(), range(n)))


def test_a_consent_form_posted_many_times_gives_one_code(w):
    for client, uri in (("other", "https://other.example/cb"),):
        b = w.browser("modern")
        page = b.follow(b.get(authorize_url(w, client=client, redirect_uri=uri)))
        page = b.follow(b.login(page, "bob", PASSWORD))
        answers = at_once(lambda: b.decide(page))
        assert {r.status for r in answers} == {303} and len({r.location for r in answers}) == 1
        code = answers[0].query()["code"]
        given = at_once(lambda: redeem(w, code, client=client, secret=OTHER_SECRET, redirect_uri=uri))
        assert sum(r.status == 200 for r in given) == 1, [r.status for r in given]


def test_an_old_consent_form_too(w):
    b = w.browser("spring")
    url = authorize_url(w, "spring", "messaging-client", "http://localhost", "/oauth/authorize")
    page = b.follow(b.get(url))
    page = b.follow(b.login(page, "u01", "password"))
    answers = at_once(lambda: b.decide(page))
    assert len({r.location for r in answers}) == 1 and "code=" in answers[0].location, [r.status for r in answers]


def test_the_living_token_is_one(w):
    fields = {"grant_type": "client_credentials", "client_id": "messaging-client", "client_secret": "secret"}
    answers = at_once(lambda: post(w.at("spring", "/oauth/token"), fields), 64)
    assert {r.status for r in answers} == {200} and len({r.json()["access_token"] for r in answers}) == 1
    fields = {"grant_type": "password", "username": "u02", "password": "password", "client_id": "messaging-client", "client_secret": "secret"}
    answers = at_once(lambda: post(w.at("spring", "/oauth/token"), fields), 64)
    assert {r.status for r in answers} == {200}
    assert len({r.json()["access_token"] for r in answers}) == 1 and len({r.json()["refresh_token"] for r in answers}) == 1
    token = answers[0].json()["access_token"]
    assert post(w.at("spring", "/oauth/check_token"), {"token": token}).status == 200


def test_kept_refresh_tokens_refreshed_at_once(w):
    who = {"client_id": "messaging-client", "client_secret": "secret"}
    t = post(w.at("spring", "/oauth/token"), {"grant_type": "password", "username": "u03", "password": "password", **who}).json()
    answers = at_once(lambda: post(w.at("spring", "/oauth/token"), {"grant_type": "refresh_token", "refresh_token": t["refresh_token"], **who}))
    assert {r.status for r in answers} == {200}, [r for r in answers if r.status != 200][:1]
    given = {r.json()["access_token"] for r in answers}
    alive = [a for a in given if post(w.at("spring", "/oauth/check_token"), {"token": a}).status == 200]
    assert len(alive) == 1, (len(given), len(alive))


def test_one_login_at_a_time_leaves_one_token(w):
    url = w.at("zlt", "/oauth/token?") + form({"grant_type": "password", "username": "u04", "password": "password"})
    answers = at_once(lambda: post(url, None, basic("zlt", "zlt")))
    assert {r.status for r in answers} == {200}
    given = {r.json()["datas"]["access_token"] for r in answers}
    alive = [a for a in given if post(w.at("zlt", "/oauth/check_token"), {"token": a}).status == 200]
    assert len(alive) == 1, (len(given), len(alive))


def test_revoked_while_it_is_refreshed(w):
    for _ in range(10):
        t = tokens(w)
        with concurrent.futures.ThreadPoolExecutor(9) as pool:
            asked = [pool.submit(refresh, w, t["refresh_token"]) for _ in range(8)]
            gone = pool.submit(post, w.at("modern", "/revoke"), {"token": t["refresh_token"]}, basic("app", APP_SECRET))
            answers = [f.result() for f in asked]
            assert gone.result().status == 200
        assert {r.status for r in answers} <= {200, 400}
        successors = {r.json()["refresh_token"] for r in answers if r.status == 200}
        assert len(successors) <= 1
        if post(w.at("modern", "/revoke"), {"token": t["refresh_token"]}, basic("app", APP_SECRET)).status == 200 and not successors:
            assert refresh(w, t["refresh_token"]).status == 400


def test_a_wrong_secret_does_not_spend_a_code_that_is_redeemed_meanwhile(w):
    for _ in range(5):
        code = get_code(w)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            bad = [pool.submit(redeem, w, code, secret="wrong-secret") for _ in range(7)]
            good = pool.submit(redeem, w, code)
            assert {f.result().status for f in bad} == {401} and good.result().status == 200
        assert introspect(w, good.result().json()["access_token"])["active"]


def test_failures_that_arrive_together_are_all_counted():
    with World("spring", top="login:\n  rehash: false\n  address_per_minute: 100000") as w:
        fields = {"grant_type": "password", "username": "u05", "client_id": "messaging-client", "client_secret": "secret"}
        first = at_once(lambda: post(w.at("spring", "/oauth/token"), {**fields, "password": "wrong-race"}), 16)
        assert {r.status for r in first} <= {400, 429}
        r = post(w.at("spring", "/oauth/token"), {**fields, "password": "password"})
        assert r.status == 429 and int(r.get("Retry-After")) >= 1


def test_a_client_that_is_changed_again_and_again_while_it_refreshes(w):
    """O7: whoever looks again does so by the row as it is; and who was told that the client is disabled sees nothing given afterwards."""
    stop, told = [], []

    def lives():
        held, seen = tokens(w), []
        while not stop:
            before = bool(told)
            r = refresh(w, held["refresh_token"])
            seen.append((before, r.status))
            if r.status == 200:
                held = r.json()
        return seen

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        running = [pool.submit(lives) for _ in range(4)]
        try:
            for i in range(12):
                assert w.control({"do": "client.set", "realm": "main", "id": "app", "name": "name %d" % i})["ok"]
            assert w.control({"do": "client.set", "realm": "main", "id": "app", "enabled": False})["ok"]
            told.append(True)
            assert [refresh(w, "none").status for _ in range(4)] == [401] * 4
        finally:
            stop.append(True)
        seen = [s for f in running for s in f.result()]
    assert w.control({"do": "client.set", "realm": "main", "id": "app", "enabled": True})["ok"]
    assert {status for _, status in seen} <= {200, 401} and {status for before, status in seen if before} <= {401}


def test_many_people_are_loaded_at_once_and_the_answer_says_so(w):
    people = [{"name": "crowd%04d" % i} for i in range(1500)]
    r = w.control({"do": "realm.load", "realm": "main", "users": people})
    assert r["ok"] and r["users"] == 1500 and len(r["warnings"]) + r.get("warnings_left_out", 0) == 1500
