"""Throttling: accounts, addresses, short codes; the dialect's 429 with Retry-After; restarts; what is said of disabled accounts."""
import json, re, socket, time

import pytest

from talker import ALL_GRANTS, LEGACY, PASSWORD, World, basic, client, form, get, post, realm, receive, wait

GRANT = {
    "spring": ("/oauth/token", {"client_id": "messaging-client", "client_secret": "secret"}), "zlt": ("/oauth/token", {"client_id": "zlt", "client_secret": "zlt"}),
    "taroco": ("/oauth/token", {"client_id": "5d22eb6e8b0c7ba066014398", "client_secret": "webApp"}),
    "rageframe": ("/oauth2/password", {"client_id": "rageframe", "client_secret": "rageframe-secret"}),
    "connect": ("/connect/token", {"client_id": "client1", "client_secret": "secret"}),
}
RULES = "login:\n  rehash: false\n  address_per_minute: 100000\n  code_per_minute: 3"


@pytest.fixture(scope="module")
def w():
    with World(top=RULES) as world:
        yield world


def ask(w, d, name, word, head=None):
    path, who = GRANT[d]
    return post(w.at(d, path), {"grant_type": "password", "username": name, "password": word, **who}, head)


def status_of(d, r):
    return r.json()["code"] if d == "rageframe" else r.status


def check_wait(d, r, least, most):
    assert least <= int(r.get("Retry-After", -1)) <= most, r
    o = r.json()
    if d == "rageframe":
        assert r.status == 200 and list(o) == ["code", "message", "data", "timestamp"] and o["code"] == 429
    else:
        assert r.status == 429, r
        assert {"spring": ["error", "error_description"], "connect": ["error"], "taroco": ["errorCode", "errorMessage", "status"],
                "zlt": ["error", "error_description", "resp_code", "resp_msg"]}[d] == list(o), r


@pytest.mark.parametrize("d", list(GRANT))
def test_the_sixth_wrong_password_makes_the_account_wait(w, d):
    name = "u%02d" % list(GRANT).index(d)
    for _ in range(6):
        assert status_of(d, ask(w, d, name, "wrong-word-2")) in (400, 422)
    check_wait(d, ask(w, d, name, "password"), 1, 1)                   # even the right one
    check_wait(d, ask(w, d, name.upper(), "password"), 1, 1)           # one counter for both cases
    assert status_of(d, ask(w, d, "u50", "password")) == 200           # others do not wait
    w.turn_clock(1.1)
    assert status_of(d, ask(w, d, name, "wrong-word-2")) in (400, 422)
    check_wait(d, ask(w, d, name, "password"), 1, 2)
    w.turn_clock(2.1)
    assert status_of(d, ask(w, d, name, "password")) == 200
    assert status_of(d, ask(w, d, name, "wrong-word-2")) in (400, 422)  # the counter began anew
    assert status_of(d, ask(w, d, name, "password")) == 200


def test_the_wait_doubles_up_to_a_quarter_of_an_hour_and_never_locks(w):
    for _ in range(5):
        ask(w, "spring", "u10", "wrong-word-3")
    for wait in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900):
        assert ask(w, "spring", "u10", "wrong-word-3").status == 400
        check_wait("spring", ask(w, "spring", "u10", "password"), max(1, wait - 1), wait)
        w.turn_clock(wait + 0.1)
    assert ask(w, "spring", "u10", "password").status == 200


def test_an_unknown_user_is_treated_alike(w):
    known, unknown = ask(w, "spring", "u11", "wrong-word-4"), ask(w, "spring", "nobody-at-all", "wrong-word-4")
    assert known.body == unknown.body and known.status == unknown.status == 400
    for _ in range(5):
        ask(w, "spring", "nobody-at-all", "wrong-word-4")
    check_wait("spring", ask(w, "spring", "nobody-at-all", "wrong-word-4"), 1, 1)


def metric(w, name):
    return float(re.search(r"(?m)^%s (\S+)$" % re.escape(name), w.metrics()).group(1))


def test_both_take_the_same_time():
    """Judged by what was computed, not by a clock: the same work for a user and for nobody, each time."""
    with World("spring", top=RULES.replace("login:", "login:\n  account_free: 1000")) as w:
        ask(w, "spring", "u12", "wrong-word-5")
        for _ in range(5):
            spent = []
            for name in ("u12", "nobody-12"):
                before = metric(w, "hufu_hash_work_seconds_total")
                assert ask(w, "spring", name, "wrong-word-5").status == 400
                spent.append(round(metric(w, "hufu_hash_work_seconds_total") - before, 6))
            assert spent[0] == spent[1] > 0.01, spent


def test_the_login_page_says_how_long(w):
    b = w.browser("modern")
    page = b.get(w.at("modern", "/login"))
    for _ in range(6):
        page = b.follow(b.login(page, "u13", "wrong-word-6"))
        assert page.status == 200 and 'id="login-error"' in page.text
    r = b.login(page, "u13", "password")
    assert r.status == 429 and int(r.get("Retry-After")) == 1 and 'id="login-error"' in r.text and "hufu-modern" not in b.cookies
    assert re.search(r'id="login-error"[^>]*>[^<]*\b1\b', r.text), r.text
    w.turn_clock(1.1)
    r = b.login(r, "u13", "password")
    assert r.status == 303 and "hufu-modern" in b.cookies


def test_it_survives_a_restart_and_kill():
    with World("spring", top=RULES) as w:
        for _ in range(12):
            ask(w, "spring", "u14", "wrong-word-7")
            w.turn_clock(0)
        for _ in range(5):
            w.turn_clock(40)
            ask(w, "spring", "u14", "wrong-word-7")
        before = int(ask(w, "spring", "u14", "password").get("Retry-After"))
        assert before >= 8
        w.stop(9)
        w.start()
        after = ask(w, "spring", "u14", "password")
        assert after.status == 429 and int(after.get("Retry-After")) >= before - 5


def test_an_address_is_limited_for_a_minute():
    with World("spring", top="http:\n  trusted_proxies: 127.0.0.1\nlogin:\n  rehash: false\n  address_per_minute: 5") as w:
        def wrong(i, address):
            return ask(w, "spring", "u%02d" % (20 + i), "wrong-word-8", {"X-Forwarded-For": address})
        assert [wrong(i, "203.0.113.7").status for i in range(5)] == [400] * 5
        check_wait("spring", wrong(6, "203.0.113.7"), 1, 60)
        stopped = [json.loads(line) for line in w.log().split("\n") if '"event":"address.throttled"' in line]
        assert [(r["of"], r["address"]) for r in stopped] == [("passwords", "203.0.113.7")] and stopped[0]["wait_ms"] > 0
        check_wait("spring", ask(w, "spring", "u40", "password", {"X-Forwarded-For": "203.0.113.7"}), 1, 60)
        assert wrong(7, "203.0.113.8").status == 400
        assert [wrong(i, "2001:db8::%d" % i).status for i in range(8, 13)] == [400] * 5
        check_wait("spring", wrong(13, "2001:db8::ffff"), 1, 60)        # one /64 is one address
        assert wrong(14, "2001:db8:0:1::1").status == 400
        w.turn_clock(61)
        assert wrong(15, "203.0.113.7").status == 400


@pytest.mark.parametrize("d", ["spring", "zlt", "taroco"])
def test_wrong_short_codes_of_one_client(w, d):
    path, who = GRANT[d]

    def wrong(client):
        return post(w.at(d, path), {"grant_type": "authorization_code", "code": "zzzzzz", "redirect_uri": "http://localhost", **client})
    w.turn_clock(61)
    assert [wrong(who).status for _ in range(3)] == [400] * 3
    check_wait(d, wrong(who), 1, 60)
    other = {"client_id": "auto", "client_secret": "app-secret-3f9a1c"}
    assert wrong(other).status == 400
    w.turn_clock(61)
    assert wrong(who).status == 400


def test_wrong_codes_are_remembered_over_a_kill():
    with World("spring", top=RULES) as w:
        path, who = GRANT["spring"]
        wrong = {"grant_type": "authorization_code", "code": "zzzzzz", "redirect_uri": "http://localhost", **who}
        assert [post(w.at("spring", path), wrong).status for _ in range(3)] == [400] * 3
        w.stop(9)
        w.start()
        check_wait("spring", post(w.at("spring", path), wrong), 1, 60)


def test_long_codes_are_not_counted(w):
    for _ in range(6):
        r = post(w.at("modern", "/token"), {"grant_type": "authorization_code", "code": "x" * 43, "redirect_uri": "https://app.example/cb"}, basic("app", "app-secret-3f9a1c"))
        assert r.status == 400 and r.json()["error"] == "invalid_grant"


@pytest.mark.parametrize("name,text", [("disabled", "User is disabled"), ("locked", "User account is locked")])
def test_disabled_is_said_after_the_right_password_only(w, name, text):
    assert ask(w, "spring", name, "wrong-word-9").json() == {"error": "invalid_grant", "error_description": "Bad credentials"}
    assert ask(w, "spring", name, PASSWORD).json() == {"error": "invalid_grant", "error_description": text}
    b = w.browser("modern")
    r = b.login(b.get(w.at("modern", "/login")), name, "wrong-word-9")
    assert name not in r.location
    r = b.login(b.get(w.at("modern", "/login")), name, PASSWORD)
    assert r.location.endswith("error=" + name) and "hufu-modern" not in b.cookies


def test_a_storm_of_logins_does_not_slow_tokens(w):
    import concurrent.futures
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        storm = [pool.submit(ask, w, "spring", "u%02d" % (20 + i), "wrong-word-0") for i in range(32)]
        times = []
        for _ in range(20):
            begun = time.time()
            assert post(w.at("spring", "/oauth/token?") + form({"grant_type": "client_credentials", "client_id": "messaging-client", "client_secret": "secret"})).status == 200
            times.append(time.time() - begun)
        assert sorted(times)[10] < 0.5, times
        assert {f.result().status for f in storm} <= {400, 429, 503}
    assert realm()["users"]


# --- client secrets -----------------------------------------------------------------------------------------------------------------

SLOW = "{bcrypt}$2a$10$N9qo8uLOickgx2ZMRZoMyercmMNDxXRSboD2LS.5O5hqumLh47XhS"                     # of "slow-secret"


def people():
    """The usual realm, and a client whose secret has a slow hash."""
    r = realm()
    r["clients"].append({**client("slow", "", grants=ALL_GRANTS, legacy=LEGACY, redirect_uris=["http://localhost"]), "secret_encoded": SLOW})
    return r


def secret_of(name):
    return next(c for c in realm()["clients"] if c["id"] == name)["secret_encoded"][len("{noop}"):]


def by(address):
    return {"X-Forwarded-For": address}


@pytest.fixture(scope="module")
def proxied():
    with World(realms=[people()], top="http:\n  trusted_proxies: 127.0.0.1\nlogin:\n  rehash: false") as world:
        yield world


def service(w, d, secret, address):
    path, who = GRANT[d]
    if d == "rageframe":
        path = "/oauth2/client-credentials"
    return post(w.at(d, path), {"grant_type": "client_credentials", **who, "client_secret": secret}, by(address))


@pytest.mark.parametrize("d", list(GRANT))
def test_two_hundred_wrong_secrets(proxied, d):
    """RFC 6749 2.3.1: ten are free, then the address waits; the client itself goes on from everywhere else."""
    w, secret = proxied, GRANT[d][1]["client_secret"]
    w.turn_clock(61)
    told = [service(w, d, "wrong-%d" % i, "203.0.113.66") for i in range(200)]
    refused = [r for r in told if status_of(d, r) == 429]
    assert 11 <= len(told) - len(refused) <= 16, [status_of(d, r) for r in told]        # some seconds may have passed
    for r in refused[:3]:
        check_wait(d, r, 1, 64)
    assert status_of(d, service(w, d, secret, "203.0.113.66")) == 429                   # even the right one: no oracle
    assert [status_of(d, service(w, d, secret, "198.51.100.%d" % i)) for i in (1, 2)] == [200, 200]
    assert status_of(d, service(w, d, secret, "203.0.113.66")) == 429                   # remembered now, and still none
    w.turn_clock(65)
    assert status_of(d, service(w, d, secret, "203.0.113.66")) == 200
    assert 429 not in [status_of(d, service(w, d, "wrong", "203.0.113.66")) for _ in range(3)]
    assert status_of(d, service(w, d, secret, "203.0.113.66")) == 200                   # a few wrong ones stop nobody


def test_everywhere_a_client_is_asked_for(proxied):
    """The guesses of one endpoint count at the others."""
    w, paths, fields = proxied, ("/token", "/introspect", "/revoke"), {"token": "x", "grant_type": "client_credentials"}
    wrong = {**basic("app", "wrong"), **by("203.0.113.77")}
    for i in range(11):
        assert post(w.at("modern", paths[i % 3]), fields, wrong).status == 401
    for path in paths:
        r = post(w.at("modern", path), fields, wrong)
        assert r.status == 429 and r.json()["error"] == "slow_down" and int(r.get("Retry-After")) >= 1, r
    assert 'reason="client_wait"' in w.metrics()


def test_an_address_tries_thirty_secrets_a_minute_whatever_the_clients(proxied):
    w, names = proxied, ["app", "other", "service", "auto"]
    w.turn_clock(61)

    def wrong(i, address):
        return post(w.at("modern", "/token"), {"grant_type": "client_credentials"}, {**basic(names[i % 4], "wrong"), **by(address)}).status
    told = [wrong(i, "2001:db8:7::%d" % i) for i in range(60)]
    assert told == [401] * 30 + [429] * 30
    assert wrong(1, "2001:db8:8::1") == 401


def test_a_public_client_id_does_not_open_check_token():
    with World("spring", settings={"spring": {"introspect_open": False}}) as w:
        at = w.at("spring", "/oauth/check_token")
        for who in ({"client_id": "spa"}, {"client_id": "spa", "client_secret": ""}):
            assert post(at, {"token": "x", **who}).status == 401
        assert post(at, {"token": "x"}, basic("spa", "")).status == 401
        assert post(at, {"token": "x"}).status == 401
        assert post(at, {"token": "x"}, basic("messaging-client", "secret")).status == 400


def test_codes_guessed_with_a_public_id_stop_the_guesser_only(proxied):
    w = proxied

    def wrong(address):
        return post(w.at("spring", "/oauth/token"), {"grant_type": "authorization_code", "code": "zzzzzz", "redirect_uri": "https://spa.example/cb",
                                                     "client_id": "spa"}, by(address)).status
    w.turn_clock(61)
    told = [wrong("203.0.113.88") for _ in range(40)]
    assert told == [400] * 30 + [429] * 10
    assert wrong("198.51.100.9") == 400


def test_an_empty_value_is_omitted(proxied):
    """RFC 6749 3.1."""
    w, at = proxied, by("198.51.100.3")

    def sent(head=None, **fields):
        return post(w.at("modern", "/token"), fields, {**(head or {}), **at})
    r = sent(basic("service", secret_of("service")), grant_type="client_credentials", client_id="", client_secret="", scope="")
    assert r.status == 200, r
    r = sent(grant_type="authorization_code", client_id="spa", client_secret="", code="")
    assert r.status == 400 and r.json()["error"] == "invalid_request", r
    r = sent(grant_type="client_credentials", client_id="service", client_secret="")
    assert r.status == 401, r


def test_pages_hash_no_client_secret(proxied):
    w = proxied

    def jobs():
        return [metric(w, 'hufu_lane_jobs_total{lane="%s"}' % lane) for lane in ("client", "password")]
    before = jobs()
    ask_for = form({"response_type": "code", "client_id": "slow", "client_secret": "x", "redirect_uri": "http://localhost"})
    for d, path in (("spring", "/oauth/authorize"), ("modern", "/authorize"), ("zlt", "/oauth/authorize"), ("modern", "/logout")):
        for _ in range(5):
            get(w.at(d, path + "?" + ask_for))
    assert jobs() == before


# --- lanes: a flood waits for itself ------------------------------------------------------------------------------------------------

LENIENT = ("http:\n  trusted_proxies: 127.0.0.1\nlogin:\n  rehash: false\n  account_free: 1000\n  client_free: 1000\n"
           "  address_per_minute: 100000\n  client_per_minute: 100000")


def flood(w, n, fields, head, issuer="spring"):
    """n requests on connections of their own, none of them read yet."""
    out, body = [], form(fields)
    lines = ["POST /oauth/token HTTP/1.1", "Host: h", "Connection: close", "Content-Type: application/x-www-form-urlencoded", "Content-Length: %d" % len(body)]
    for _ in range(n):
        s = socket.create_connection(("127.0.0.1", w.port[issuer]))
        s.sendall(("\r\n".join(lines + ["%s: %s" % h for h in head.items()]) + "\r\n\r\n" + body).encode())
        out.append(s)
    return out


def statuses(socks):
    out = []
    for s in socks:
        out.append(int(receive(s, 60).split(b" ", 2)[1]))
        s.close()
    return out


def test_guessing_a_slow_secret_starves_no_login():
    """160 connections hash one client's secret: every user still logs in, from elsewhere and from the flood's own address."""
    with World("spring", realms=[people()], top=LENIENT) as w:
        socks = flood(w, 160, {"grant_type": "client_credentials", "client_id": "slow", "client_secret": "wrong"}, by("203.0.113.5"))
        told = [ask(w, "spring", "u%02d" % i, "password", by(a)).status for i in range(6) for a in ("198.51.100.1", "203.0.113.5")]
        owner = post(w.at("spring", "/oauth/token"), {"grant_type": "client_credentials", "client_id": "slow", "client_secret": "slow-secret"},
                     by("198.51.100.2")).status
        seen = statuses(socks)
        assert told == [200] * 12
        assert owner == 200                                             # the flood's address gives way to another
        assert set(seen) == {401, 503} and seen.count(401) >= 60, (seen, [a for a in w.audit() if a.get('status') == 429][:3])


def test_a_flood_of_logins_from_one_address_leaves_room_for_others():
    with World("spring", realms=[people()], top=LENIENT) as w:
        socks = flood(w, 240, {"grant_type": "password", "username": "nobody", "password": "wrong", **GRANT["spring"][1]}, by("203.0.113.5"))
        told = [ask(w, "spring", "u%02d" % i, "password", by("198.51.100.%d" % i)).status for i in range(6)]
        seen = statuses(socks)
        assert told == [200] * 6
        assert set(seen) == {400, 503}, seen


def test_a_storm_on_one_realm_is_waited_for_by_that_realm():
    """From 90 networks, more than may wait: the other realm gives way nowhere and takes every other turn."""
    top = LENIENT + "\nlanes:\n  password_threads: 1\n  queue_max: 64"
    with World("spring", "spring-two", settings={"spring-two": {"realm": "second"}}, realms=[people(), realm("second")], top=top) as w:
        wrong = {"grant_type": "password", "password": "wrong", **GRANT["spring"][1]}
        right = {**wrong, "username": "u01", "password": "password"}
        storm = [s for i in range(90) for s in flood(w, 1, {**wrong, "username": "nobody-%d" % i}, by("203.0.%d.5" % i))]
        assert wait(lambda: metric(w, 'hufu_lane_refused_total{lane="password"}') > 0, 60)
        quiet = [s for i in range(6) for s in flood(w, 1, right, by("198.51.100.5"), "spring-two")]
        assert statuses(quiet) == [200] * 6
        told = statuses(storm)
        assert set(told) == {400, 503} and told.count(400) >= 50, told
        order = [a["issuer"] for a in w.audit() if a.get("status") in (200, 400) and a["issuer"] in ("spring", "spring-two")]
        last = len(order) - order[::-1].index("spring-two")
        assert order.count("spring-two") == 6 and order[last:].count("spring") >= 25, order


def test_behind_a_trusted_proxy_those_count_for_whom_it_speaks():
    """One that names them: each apart. One that does not: accounts are counted, the proxy is not."""
    with World("spring", top="login:\n  rehash: false\nhttp:\n  trusted_proxies: [127.0.0.1]") as w:
        by = lambda n: {"X-Forwarded-For": "198.51.100.%d" % n}
        for i in range(31):
            ask(w, "spring", "stranger-%d" % i, "wrong-word-8", by(66))
        check_wait("spring", ask(w, "spring", "u20", "password", by(66)), 1, 60)
        assert ask(w, "spring", "u20", "password", by(1)).status == 200
        for i in range(40):
            assert ask(w, "spring", "somebody-%d" % i, "wrong-word-8").status == 400
        assert ask(w, "spring", "u21", "password").status == 200
        for _ in range(6):                                              # a stranger makes himself wait
            assert ask(w, "spring", "u22", "wrong-word-8", by(7)).status == 400
        check_wait("spring", ask(w, "spring", "u22", "password", by(7)), 1, 1)
        assert ask(w, "spring", "u22", "password", by(8)).status == 200
        for n in range(60):                                             # from everywhere: the account's own bound
            ask(w, "spring", "u23", "wrong-word-8", by(100 + n))
        check_wait("spring", ask(w, "spring", "u23", "password", by(9)), 1, 900)
        assert w.hufu("user", "set-password", "u23", "--realm", "main", "--password-stdin", input="another long password\n")[0] == 0
        assert ask(w, "spring", "u23", "another long password", by(9)).status == 200


def test_an_address_that_mostly_succeeds_is_not_stopped():
    """A gateway of one back-end address: 31 wrong passwords in a minute among more right ones."""
    with World("spring", top="login:\n  rehash: false") as w:
        for i in range(45):
            assert ask(w, "spring", "u%02d" % i, "password").status == 200
        for i in range(40):
            assert ask(w, "spring", "u%02d" % i, "wrong-word-9").status == 400
        assert ask(w, "spring", "u50", "password").status == 200
