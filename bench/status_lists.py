#!/usr/bin/env python3
"""bench/status_lists.py [TOKENS] - what token status lists cost with so many living tokens (default 1,000,000), each of a family of its own.

Fills the store of a release build as so many logins would have (places drawn at random, rows in the order of time), then asks for lists as resource servers
do: how large the rows are, how long a list is in the making, and how large it is when so many of its tokens have ended. Then what a place costs a token
of client_credentials, in turns with an issuer that has no lists. Needs wrk.
"""
import os, pathlib, random, secrets, sqlite3, statistics, subprocess, sys, time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))
os.environ.setdefault("HUFU_BUILD", str(HERE.parent / "build/release"))
import talker_jwt  # noqa: E402
from talker import SERVICE_SECRET, World, basic, client, get, post, realm  # noqa: E402

PLACES, FULL, USERS, TYPE = 1 << 17, (1 << 17) // 8 * 7, 100000, {"Accept": "application/statuslist+jwt"}
ENDED = [0, 0.001, 0.01, 0.1]           # of the lists 1, 2, 3, 4


def fill(path, tokens):
    """Bytes that a token takes for its place: its row and its part of the index."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA synchronous=OFF")
    now, expires = int(time.time()), int(time.time()) + 86400
    users = [secrets.token_bytes(16) for _ in range(USERS)]
    db.execute("BEGIN")
    db.executemany("INSERT INTO users (realm, id, name, enabled, locked, number, created_s, updated_s, version, not_before_s, password) VALUES ('main',?,?,1,0,0,0,0,1,0,'')",
                   ((u, "bench-%d" % n) for n, u in enumerate(users)))
    db.execute("COMMIT")
    families, entries = [], []
    for n in range(tokens):
        l, i = divmod(n, FULL)
        if i == 0:
            order = random.sample(range(PLACES), FULL)
            share = ENDED[l] if l < len(ENDED) else 0.01
        f = n.to_bytes(8, "big") + secrets.token_bytes(8)
        families.append((f, random.choice(users), expires, int(random.random() < share)))
        entries.append((l + 1, order[i], secrets.token_bytes(32), f, now, expires))
        if len(entries) == 20000 or n == tokens - 1:
            db.execute("BEGIN")
            db.executemany("INSERT INTO families (id, issuer, client, user_id, scope, auth_s, refreshable, generation, rotated_ms, issued_s, expires_s, state) VALUES (?,'modern-listed','app',?,'read',0,1,0,0,0,?,?)", families)
            db.executemany("INSERT INTO status_entries (issuer, list, idx, jti, family, generation, client, signed_s, expires_s) VALUES ('modern-listed',?,?,?,?,-1,'app',?,?)", entries)
            db.execute("COMMIT")
            families, entries = [], []
    lists = (tokens + FULL - 1) // FULL
    db.executemany("INSERT INTO status_lists VALUES ('modern-listed',?,?,?)", [(l + 1, FULL, expires) for l in range(lists)])
    size = db.execute("SELECT sum(pgsize) FROM dbstat WHERE name IN ('status_entries', 'status_entries_expires')").fetchone()[0] if has_dbstat(db) else 0
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return lists, size / tokens


def has_dbstat(db):
    try:
        return bool(db.execute("SELECT 1 FROM dbstat LIMIT 1").fetchone())
    except sqlite3.OperationalError:
        return False


def made(w, n):
    start = time.time()
    r = get(w.at("modern-listed", "/statuslists/%d" % n), TYPE, timeout=300)
    assert r.status == 200, r
    return time.time() - start, len(r.body)


def rate(url):
    lua = pathlib.Path("/tmp/hufu-status-lists.lua")
    lua.write_text('wrk.method = "POST"\nwrk.body = "grant_type=client_credentials"\nwrk.headers["Content-Type"] = "application/x-www-form-urlencoded"\nwrk.headers["Authorization"] = "%s"\n'
                   % basic("svc", SERVICE_SECRET)["Authorization"])
    out = subprocess.run(["wrk", "-t2", "-c64", "-d4s", "-s", str(lua), url], capture_output=True, text=True).stdout
    return float(next(x for x in out.splitlines() if "Requests/sec" in x).split()[1])


def main(tokens):
    r = realm()
    r["clients"] += [client("svc", SERVICE_SECRET, grants=["client_credentials"], scopes=["read"])]
    es = {"signing_alg": "ES256"}
    with World("modern", "modern-listed", realms=[r], settings={"modern": es, "modern-listed": {"status_list": True, "status_list_ttl_s": 60, **es}}) as w:
        rates = {d: [] for d in ("modern", "modern-listed")}
        for _ in range(3):
            for d in rates:
                rates[d].append(rate(w.at(d, "/token")))
        w.stop()
        store = next((w.dir / "data").glob("**/hufu.db"))
        db = sqlite3.connect(store)
        db.execute("DELETE FROM status_entries")
        db.execute("DELETE FROM status_lists")
        db.commit()
        db.execute("VACUUM")
        db.close()
        before = store.stat().st_size
        start = time.time()
        lists, each = fill(store, tokens)
        took = time.time() - start
        print("%d tokens in %d lists, filled in %.0f s; %.0f bytes a token for its place, %.0f with its family" % (tokens, lists, took, each, (store.stat().st_size - before) / tokens))
        w.start()
        first = [made(w, n + 1) for n in range(min(lists, 12))]
        w.turn_clock(31)
        again = [made(w, n + 1) for n in range(min(lists, 12))]
        kept = [made(w, 1)[0] for _ in range(20)]
        print("a list is made in %.0f ms the first time, %.0f ms again (medians of %d), and given again in %.2f ms" % (statistics.median(t for t, _ in first) * 1e3, statistics.median(t for t, _ in again) * 1e3, len(first), min(kept) * 1e3))
        for share, (_, n) in zip(ENDED, again):
            print("%5.1f %% ended: %d bytes" % (share * 100, n))
    a, b = statistics.median(rates["modern"]), statistics.median(rates["modern-listed"])
    print("client_credentials, ES256: %.0f a second without lists, %.0f with a place each" % (a, b))


if __name__ == "__main__":
    main(int(sys.argv[1].replace(",", "")) if len(sys.argv) > 1 else 1000000)
