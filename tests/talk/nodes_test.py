"""Three nodes over one PostgreSQL, every request sent to one of them at random. S1, S2, S9, S11, S12."""
import concurrent.futures, http.client, json, re, time

import pytest

from databases import StoreDatabase
from nodes import Cluster
from server import BUILD, Server, free_ports
from talker import SERVICE_SECRET, World, authorize_url, basic, get, get_code, introspect, post, redeem, refresh, tokens, wait

MANY = 24


@pytest.fixture(scope="module")
def w():
    with Cluster(3, "modern", "spring", store="  blind_after: 3s") as cluster:
        yield cluster


def at_once(what, n=MANY):
    with concurrent.futures.ThreadPoolExecutor(n) as pool:
        return list(pool.map(lambda i: what(), range(n)))


def service(w, node=None):
    url = w.at("modern", "/token") if node is None else w.at_node(node, "modern", "/token")
    host = {"Host": "127.0.0.1:%d" % w.port["modern"]}
    return post(url, {"grant_type": "client_credentials"}, {**basic("service", SERVICE_SECRET), **host})


def ready(node):
    c = http.client.HTTPConnection("127.0.0.1", node.admin_port, timeout=20)
    c.request("GET", "/readyz")
    return c.getresponse().status == 200


def test_a_whole_flow_goes_anywhere(w):
    for _ in range(8):
        t = tokens(w)
        assert introspect(w, t["access_token"])["active"]
        assert refresh(w, t["refresh_token"]).status == 200


def test_a_code_is_spent_once(w):
    for _ in range(4):
        code = get_code(w)
        given = at_once(lambda: redeem(w, code))
        assert sum(r.status == 200 for r in given) == 1, [r.status for r in given]
        assert {r.status for r in given} <= {200, 400}


def test_a_refresh_token_is_rotated_once(w):
    t = tokens(w)
    given = at_once(lambda: refresh(w, t["refresh_token"]))
    assert {r.status for r in given} <= {200, 400}
    assert len({r.json()["refresh_token"] for r in given if r.status == 200}) == 1       # the same successor, whoever made it


def test_the_living_token_is_one(w):
    fields = {"grant_type": "client_credentials", "client_id": "messaging-client", "client_secret": "secret"}
    answers = at_once(lambda: post(w.at("spring", "/oauth/token"), fields))
    assert {r.status for r in answers} == {200} and len({r.json()["access_token"] for r in answers}) == 1


def test_a_client_disabled_on_one_node_is_refused_by_all_within_a_second(w):
    assert all(service(w, i).status == 200 for i in range(3))
    assert w.nodes[0].hufu("client", "set", "service", "--disable")[0] == 0
    time.sleep(1)
    assert [service(w, i).status for i in range(3)] == [401, 401, 401]
    assert w.nodes[1].hufu("client", "set", "service", "--enable")[0] == 0
    time.sleep(1)
    assert [service(w, i).status for i in range(3)] == [200, 200, 200]


def kids(w, i):
    r = get(w.at_node(i, "modern", "/jwks"), {"Host": "127.0.0.1:%d" % w.port["modern"]})
    return r.status, sorted(k["kid"] for k in r.json()["keys"]) if r.status == 200 else None


def test_a_new_key_is_published_by_all(w):
    before = kids(w, 0)
    status, out, err = w.nodes[0].hufu("key", "rotate", "--issuer", "modern")
    assert status == 0, (out, err)
    time.sleep(1.2)
    seen = [kids(w, i) for i in range(3)]
    assert seen[0] == seen[1] == seen[2] and seen[0] != before


def test_wrong_passwords_count_wherever_they_arrive(w):
    b, answers = w.browser("modern"), []
    page = b.follow(b.get(authorize_url(w)))
    for _ in range(12):
        page = b.follow(b.login(page, "bob", "wrong"))
        answers.append(page.status)
    assert 429 in answers, answers


def test_a_session_that_a_pooler_lends():
    """prepare=off: no prepared statements, no settings of the session, tables where the role finds them."""
    with StoreDatabase() as database, World("modern", top="store:\n  url: %s&prepare=off" % database.url) as world:
        t = tokens(world)
        assert introspect(world, t["access_token"])["active"] and refresh(world, t["refresh_token"]).status == 200
        status, out, _ = world.hufu("store", "status", "--json")
        assert status == 0 and json.loads(out)["engine"] == "postgresql" and json.loads(out)["nodes"] == 1
        assert world.hufu("store", "migrate")[0] == 0
        assert world.hufu("backup", str(world.dir / "b"))[0] == 0 and (world.dir / "b").exists()
        assert "hufu" not in database.sql("SELECT nspname FROM pg_namespace") and database.sql("SELECT count(*) FROM clients") != "0\n"


def test_settings_that_cannot_be(w):
    node = w.nodes[0]
    for url, said in (("mysql://u@h/d", "postgresql://"), ("postgresql://u:secret@h/d", "password"), ("postgresql://h/d?schema=A", "schema"),
                      ("postgresql:///d?prepare=off&schema=a", "prepare=off"), ("postgresql:///d?nonsense=1", "nonsense"),
                      ("postgresql:///d?host=/nowhere", "cannot be reached")):
        sound = node.conf.read_text()
        try:
            node.conf.write_text(re.sub(r"url: postgresql.*schema=nodes", "url: " + url, sound))
            status, out, err = node.hufu("config", "check")
        finally:
            node.conf.write_text(sound)
        assert status != 0 and said in out + err and "secret" not in (out + err).replace("client_secret", ""), (url, out, err)


def test_keys_are_not_dropped_under_nodes_that_sign_with_them(w):
    node, sound = w.nodes[0], w.nodes[0].conf.read_text()
    before = kids(w, 1)
    for command in (("key", "forget"), ("key", "new", "--lost-kek")):
        try:
            node.conf.write_text(sound.replace(w.kek, "cd" * 32))           # whoever asks has another key-encryption key
            status, out, err = node.hufu(*command)
        finally:
            node.conf.write_text(sound)
        assert status == 1 and "other processes have written to this store" in err and "stop every hufud" in err, err
    assert [kids(w, i) for i in range(3)] == [before] * 3 and service(w).status == 200


def test_a_version_that_no_earlier_one_can_go_on_beside_waits_until_they_have_stopped(w, tmp_path):
    """A migration may say so: hufud-breaking has one."""
    (tmp_path / "hufud").symlink_to(BUILD / "hufud-breaking")
    listeners = {d: {**w.listeners[d], "bind": ["127.0.0.1:%d" % free_ports(1)[0]]} for d in w.port}
    node = Server(w.issuers, [], top=w.top_of(), listeners=listeners, build=tmp_path)
    try:
        with pytest.raises(RuntimeError, match="cannot go on with schema"):
            node.start()
    finally:
        node.proc = None
        node._put_away()
    assert introspect(w, tokens(w)["access_token"])["active"]


def test_a_node_killed_takes_nothing_along(w):
    t = tokens(w)
    w.nodes[2].proc.kill()
    w.nodes[2].proc.wait()
    for _ in range(6):
        r = refresh(w, t["refresh_token"])
        assert r.status == 200, r
        t = r.json()
    w.nodes[2].start(wait=60)


def test_a_database_that_restarts(w):
    t = tokens(w)
    w.database.stop()
    begun = time.time()
    assert service(w).status in (200, 503) and time.time() - begun < 5
    assert refresh(w, t["refresh_token"]).status >= 500
    assert wait(lambda: not any(ready(n) for n in w.nodes))
    assert wait(lambda: kids(w, 1)[0] == 503)                   # store.blind_after: no key that may have been removed
    w.database.again()
    assert wait(lambda: all(ready(n) for n in w.nodes), 20)
    assert refresh(w, t["refresh_token"]).status == 200         # by itself, and the generation is where it was
    assert kids(w, 1)[0] == 200
