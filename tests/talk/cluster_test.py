"""Three nodes, a primary and its synchronous standby, and what can go wrong between them. S3, S9, S10, S11, S12, L12."""
import contextlib, http.client, os, socket, struct, time

import pytest

from faulty import Pair, Small
from gateway import Gateway
from nodes import Cluster
from talker import APP_SECRET, PASSWORD, SERVICE_SECRET, World, authorize_url, basic, client, get, introspect, post, realm, refresh, tokens, user, wait

BLIND_S = 9
PHONES = ["188000000%02d" % i for i in range(8)]


@pytest.fixture(scope="module")
def w():
    gateway, r = Gateway("webhook", "slow"), realm()
    r["clients"].append(client("texts", APP_SECRET, grants=["sms"], scopes=["read"]))
    r["users"] += [user("phone-%s" % p, PASSWORD, phone=p) for p in PHONES]
    with contextlib.closing(gateway), Cluster(3, "modern", "connect", "spring", database=Pair(), realms=[r], store="  blind_after: %ds" % BLIND_S, top=gateway.settings("g", "60s"),
                                              settings={"connect": {"sms_gateway": "g", "sms_address_per_hour": 1000}, "spring": {"access_shape": "jwt"}}) as cluster:
        cluster.gateway = gateway
        yield cluster


def at(w, i, path, fields=None, who=None, dialect="modern"):
    """(status, Retry-After, seconds, reply) of one node."""
    begun = time.time()
    url, head = w.at_node(i, dialect, path), {**(who or {}), "Host": "127.0.0.1:%d" % w.port[dialect]}
    r = post(url, fields, head) if fields is not None else get(url, head)
    return r.status, r.get("Retry-After"), time.time() - begun, r


def ready(node):
    c = http.client.HTTPConnection("127.0.0.1", node.admin_port, timeout=20)
    c.request("GET", "/readyz")
    return c.getresponse().status == 200


def all_ready(w, seconds=30):
    return wait(lambda: all(ready(n) for n in w.nodes), seconds)


def told(w, i, t):
    return at(w, i, "/introspect", {"token": t["access_token"]}, basic("app", APP_SECRET))


def refreshed(w, i, t):
    return at(w, i, "/token", {"grant_type": "refresh_token", "refresh_token": t["refresh_token"]}, basic("app", APP_SECRET))


def test_messages_of_a_killed_node_are_sent_once_by_the_others(w):
    """L12, S10: what it had begun is given up, what waited is handed over by one node each."""
    for phone in PHONES:
        assert at(w, 0, "/connect/sms", {"phone": phone}, basic("texts", APP_SECRET), "connect")[0] == 200
    assert wait(lambda: w.gateway.asked == 2)                   # one gateway holds half of a node's senders at most
    w.kill(0)
    w.gateway.mood = "ok"
    for node in w.nodes[1:]:
        node.turn_clock(61)
    got = [w.gateway.message() for _ in PHONES]
    assert sorted(m[0] for m in got if m) == sorted(PHONES), got
    for node in w.nodes[1:]:
        node.turn_clock(61)
    assert w.gateway.message(6) is None and w.gateway.asked == len(PHONES)
    assert wait(lambda: w.database.sql("SELECT count(*) FROM outgoing") == "0\n")
    for node in w.nodes[1:]:
        node.turn_clock(-node.turned)
    w.nodes[0].start(wait=60)


def checked(w, i, token):
    """The older way to ask."""
    return at(w, i, "/oauth/check_token", {"token": token}, basic("messaging-client", "secret"), "spring")


def test_while_the_network_is_cut(w):
    """S11, S12: what needs no database goes on until it is too old, a signed token is what it was a moment ago, the rest is told so at once."""
    t, other = tokens(w), tokens(w)
    old, unknown = (post(w.at("spring", "/oauth/token"), {"grant_type": "client_credentials"}, basic(*who)).json()["access_token"]
                    for who in (("messaging-client", "secret"), ("service", SERVICE_SECRET)))
    assert [told(w, i, t)[0] for i in range(3)] == [200, 200, 200]
    said = [checked(w, i, old)[3].text for i in range(3)]
    w.database.cut()
    begun = time.time()
    try:
        assert wait(lambda: not any(ready(n) for n in w.nodes), 8)          # /readyz says so
        for i in range(3):
            seen = {"refresh": refreshed(w, i, t), "unknown": told(w, i, other), "keys": at(w, i, "/jwks"), "discovery": at(w, i, "/.well-known/openid-configuration"), "told": told(w, i, t),
                    "checked": checked(w, i, old), "unchecked": checked(w, i, unknown)}
            if time.time() - begun > BLIND_S - 1:
                break                                           # a machine so slow that nothing is said any more
            assert seen["refresh"][:2] == (503, "1") and seen["unknown"][:2] == (503, "1"), seen
            assert seen["keys"][0] == seen["discovery"][0] == 200
            assert seen["told"][0] == 200 and seen["told"][3].json()["active"] and "user" not in seen["unknown"][3].text
            assert seen["checked"][0] == 200 and seen["checked"][3].text == said[i] and "messaging-client" in said[i], seen
            assert seen["unchecked"][:2] == (503, "1"), seen
            assert all(s[2] < 1 for s in seen.values()), seen
            wrong = at(w, i, "/introspect", {"token": t["access_token"]}, basic("app", "a wrong secret"))
            assert wrong[0] in (401, 503) and "active" not in wrong[3].text
        assert wait(lambda: at(w, 1, "/jwks")[0] == 503 and told(w, 1, t)[:2] == (503, "1"), BLIND_S + 5)
    finally:
        w.database.heal()
    assert all_ready(w)
    assert introspect(w, t["access_token"])["active"] and refresh(w, t["refresh_token"]).status == 200


def test_a_network_that_is_slow(w):
    w.database.delay(0.1)                                       # there and back: 200 ms
    try:
        t = tokens(w)
        assert introspect(w, t["access_token"])["active"] and refresh(w, t["refresh_token"]).status == 200
        assert all(ready(n) for n in w.nodes)
    finally:
        w.database.delay(0)


def test_connections_that_break(w):
    for _ in range(3):
        t = tokens(w)
        w.database.sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'hufu'")
        assert refresh(w, t["refresh_token"]).status == 200


class Crowd:
    """Takes every connection that the database has left."""

    def __init__(self, port):
        self.port, self.all = port, []

    def fill(self):
        words = b"user\0hufu\0database\0postgres\0application_name\0crowd\0\0"
        while True:
            s = socket.create_connection(("127.0.0.1", self.port), timeout=20)
            s.sendall(struct.pack(">ii", 8 + len(words), 196608) + words)
            if s.recv(1) != b"R":                               # not AuthenticationOk: there are no more
                return s.close()
            self.all.append(s)

    def close(self):
        for s in self.all:
            s.close()


def test_no_connection_is_left(w):
    """Nothing hangs, and all goes on when there are some again."""
    t = tokens(w)
    with contextlib.closing(Crowd(w.database.primary.port)) as crowd:
        w.database.sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'hufu'")
        crowd.fill()
        seen = [at(w, i, "/token", {"grant_type": "client_credentials"}, basic("service", SERVICE_SECRET)) for i in range(3)] + [told(w, i, t) for i in range(3)]
        assert all(s[0] == 200 or s[:2] == (503, "1") for s in seen) and all(s[2] < 5 for s in seen), seen
    assert all_ready(w)
    assert all(told(w, i, t)[3].json()["active"] for i in range(3)) and refresh(w, t["refresh_token"]).status == 200


def test_the_primary_is_killed_and_the_standby_takes_its_place(w):
    """Nothing that was acknowledged is lost, a revoked token stays so; and back again."""
    for _ in range(2):
        t, gone = tokens(w), tokens(w)
        t = refresh(w, t["refresh_token"]).json()
        assert post(w.at("modern", "/revoke"), {"token": gone["refresh_token"]}, basic("app", APP_SECRET)).status == 200
        w.database.fail_over()
        assert all_ready(w)
        assert introspect(w, t["access_token"])["active"] and not introspect(w, gone["access_token"])["active"]
        assert refresh(w, t["refresh_token"]).status == 200 and refresh(w, gone["refresh_token"]).status == 400
        w.database.join()
    assert all(at(w, i, authorize_url(w)[len(w.url["modern"]):])[0] == 303 for i in range(3))


@pytest.mark.skipif(os.geteuid() != 0, reason="a disk of its own is mounted")
def test_the_disk_of_the_database_is_full():
    """What cannot be written is told so at once and not acknowledged; what was, is there when there is room again."""
    with Small() as database, World("modern", top="store:\n  url: %s" % database.url) as one:
        kept = [tokens(one) for _ in range(3)]
        database.fill()
        begun, refused = time.time(), None
        while refused is None and time.time() - begun < 40:
            asked = time.time()
            r = post(one.at("modern", "/token"), {"grant_type": "client_credentials", "scope": "read"}, basic("app", APP_SECRET))
            r = r if r.status != 200 else refresh(one, kept[0]["refresh_token"])
            assert time.time() - asked < 10
            if r.status == 200:
                kept[0] = r.json()
                with contextlib.suppress(Exception):
                    database.sql("SELECT pg_switch_wal()")      # the log goes on in a file that has no room
            else:
                refused = r
        assert refused is not None and (refused.status, refused.get("Retry-After")) == (503, "1"), refused
        assert wait(lambda: not ready(one))
        database.empty()
        assert wait(lambda: ready(one), 30)
        assert all(introspect(one, t["access_token"])["active"] for t in kept)
        assert all(refresh(one, t["refresh_token"]).status == 200 for t in kept[1:])
