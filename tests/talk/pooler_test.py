"""A store behind pgbouncer with pool_mode=transaction: no session is a node's own. docs/postgresql.md."""
import concurrent.futures, subprocess, time

import pytest

from databases import StoreDatabase
from pooler import Pooler
from talker import World, get_code, introspect, redeem, refresh, tokens

MANY = 16


@pytest.fixture(scope="module")
def pooler():
    with StoreDatabase() as database, Pooler(database) as pooler:
        yield pooler


@pytest.fixture(scope="module")
def w(pooler):
    with World("modern", top="store:\n  url: %s\n  blind_after: 60s" % pooler.url) as world:
        yield world


def at_once(what):
    with concurrent.futures.ThreadPoolExecutor(MANY) as pool:
        return list(pool.map(lambda i: what(), range(MANY)))


def test_a_flow_and_its_races(w, pooler):
    t = tokens(w)
    assert introspect(w, t["access_token"])["active"]
    given = at_once(lambda: refresh(w, t["refresh_token"]))
    assert {r.status for r in given} <= {200, 400}
    assert len({r.json()["refresh_token"] for r in given if r.status == 200}) == 1
    code = get_code(w)
    given = at_once(lambda: redeem(w, code))
    assert sum(r.status == 200 for r in given) == 1 and {r.status for r in given} <= {200, 400}
    sessions = int(pooler.database.sql("SELECT count(*) FROM pg_stat_activity WHERE datname = 'postgres' AND backend_type = 'client backend' AND pid <> pg_backend_pid()"))
    assert 0 < sessions <= pooler.sessions                          # ten connections of the node, four of the database


def test_nothing_is_left_in_a_session(w, pooler):
    """What a node sets goes with its transaction: who gets the session next has the server's own."""
    tokens(w)
    said = subprocess.run(["psql", "-qAt", "-c", "SHOW lock_timeout; SHOW search_path; SELECT count(*) FROM pg_prepared_statements", pooler.url.split("?")[0]],
                          capture_output=True, text=True, check=True).stdout.split("\n")
    assert said[0] == "0" and said[2] == "0", said


def test_a_lock_does_not_hold_a_transaction_for_ever(w, pooler):
    """The limit of two seconds holds without settings of the session: somebody else's lock costs this one, and no longer than it is held."""
    t = tokens(w)
    holder = subprocess.Popen(["psql", "-q", pooler.database.url], stdin=subprocess.PIPE, text=True, stdout=subprocess.DEVNULL)
    holder.stdin.write("BEGIN; LOCK TABLE families IN SHARE MODE; SELECT pg_sleep(3); COMMIT;\n")
    holder.stdin.close()
    time.sleep(0.5)
    assert refresh(w, t["refresh_token"]).status == 200
    holder.wait(20)
    said = pooler.database.log() if hasattr(pooler.database, "log") else (pooler.database.dir / "log").read_text(errors="replace")
    assert "canceling statement due to lock timeout" in said


def test_the_pooler_restarts(w, pooler):
    t = tokens(w)
    pooler.stop()
    assert refresh(w, t["refresh_token"]).status == 503
    pooler.again()
    deadline = time.monotonic() + 60
    while (r := refresh(w, t["refresh_token"])).status == 503 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert r.status == 200
    assert introspect(w, r.json()["access_token"])["active"] and tokens(w)["access_token"]
