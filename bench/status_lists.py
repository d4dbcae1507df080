#!/usr/bin/env python3
"""bench/status_lists.py [TOKENS [LISTS]] - what token status lists cost with so many living tokens (default 1,000,000), each of a family of its own.

Fills the store of a release build as so many logins would have (places far from those before, rows in the order of time), then asks for lists as resource servers
do: how large the rows are, how long a list is in the making (processor time of the daemon beside the clock's), how large it is when so many of its tokens
have ended, plain and by gzip, and how much memory the daemon has before the first list and after the last. First, where there is wrk, what a place costs a
token of client_credentials, in turns with an issuer that has no lists. LISTS: no more lists than that are asked for. TMPDIR says where the store is: about 3.6 GB for ten million, which take over an hour to fill on a busy machine.
"""
import os, pathlib, shutil, sqlite3, statistics, subprocess, sys, time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))
os.environ.setdefault("HUFU_BUILD", str(HERE.parent / "build/release"))
import talker_jwt  # noqa: E402
from talker import SERVICE_SECRET, World, basic, client, get, post, realm  # noqa: E402

PLACES, FULL, USERS, TYPE = 1 << 17, (1 << 17) // 8 * 7, 100000, {"Accept": "application/statuslist+jwt"}
ENDED = [0, 0.001, 0.01, 0.1]           # of the lists 1, 2, 3, 4


SERIES = "WITH RECURSIVE series(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM series WHERE i + 1 < :n) "
FAMILY = "CAST(printf('%016d', :first + i) AS BLOB)"
USER = "CAST(printf('bench-user%06d', {}) AS BLOB)"
# An odd factor: each place of 2^17 once, neighbours in time far from each other.
FILL = (SERIES + "INSERT INTO families (id, issuer, client, user_id, scope, auth_s, refreshable, generation, rotated_ms, issued_s, expires_s, state) SELECT " + FAMILY + ", 'modern-listed', 'app', "
        + USER.format("abs(random() %% %d)" % USERS) + ", 'read', 0, 1, 0, 0, 0, :expires, abs(random() % 100000) < :share * 100000 FROM series",
        SERIES + "INSERT INTO status_entries (issuer, list, idx, jti, family, generation, client, signed_s, expires_s) SELECT 'modern-listed', :list, (i * 48271 + :list * 7919) % 131072, randomblob(32), "
        + FAMILY + ", -1, 'app', :now, :expires FROM series")


def fill(path, tokens):
    """Lists, and bytes that a token takes for its place: its row and its part of the index."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA synchronous=OFF")
    db.execute("PRAGMA cache_size=-400000")
    now, lists = int(time.time()), (tokens + FULL - 1) // FULL
    values = {"now": now, "expires": now + 86400, "n": USERS}
    db.execute(SERIES + "INSERT INTO users (realm, id, name, enabled, locked, number, created_s, updated_s, version, not_before_s, password) SELECT 'main', " + USER.format("i")
               + ", 'bench-' || i, 1, 0, 0, 0, 0, 1, 0, '' FROM series", {"n": USERS})
    for l in range(lists):
        values.update(list=l + 1, first=l * FULL, n=min(FULL, tokens - l * FULL), share=ENDED[l] if l < len(ENDED) else 0.01)
        db.execute("BEGIN")
        for sql in FILL:
            db.execute(sql, values)
        db.execute("INSERT INTO status_lists VALUES ('modern-listed', :list, %d, :expires)" % FULL, values)
        db.execute("COMMIT")
    size = db.execute("SELECT sum(pgsize) FROM dbstat WHERE name IN ('status_entries', 'status_entries_expires')").fetchone()[0] if has_dbstat(db) else 0
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return lists, size / tokens


def medians(rows):
    return statistics.median(t for t, _, _ in rows), statistics.median(c for _, c, _ in rows)


def has_dbstat(db):
    try:
        return bool(db.execute("SELECT 1 FROM dbstat LIMIT 1").fetchone())
    except sqlite3.OperationalError:
        return False


def made(w, n, **more):
    """Seconds by the clock, seconds of the daemon's processor time, bytes of the answer."""
    start, cpu = time.time(), used(w)
    r = get(w.at("modern-listed", "/statuslists/%d" % n), {**TYPE, **more}, timeout=300)
    assert r.status == 200, r
    return time.time() - start, used(w) - cpu, len(r.body)


def used(w):
    fields = pathlib.Path("/proc/%d/stat" % w.proc.pid).read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(w):
    """MB of its own; pages of the store's file that it has mapped are the kernel's."""
    lines = dict(line.split(":") for line in pathlib.Path("/proc/%d/status" % w.proc.pid).read_text().splitlines() if ":" in line)
    return int(lines["RssAnon"].split()[0]) / 1024


def rate(url):
    lua = pathlib.Path("/tmp/hufu-status-lists.lua")
    lua.write_text('wrk.method = "POST"\nwrk.body = "grant_type=client_credentials"\nwrk.headers["Content-Type"] = "application/x-www-form-urlencoded"\nwrk.headers["Authorization"] = "%s"\n'
                   % basic("svc", SERVICE_SECRET)["Authorization"])
    out = subprocess.run(["wrk", "-t2", "-c64", "-d4s", "-s", str(lua), url], capture_output=True, text=True).stdout
    return float(next(x for x in out.splitlines() if "Requests/sec" in x).split()[1])


def main(tokens, most):
    r = realm()
    r["clients"] += [client("svc", SERVICE_SECRET, grants=["client_credentials"], scopes=["read"])]
    es = {"signing_alg": "ES256"}
    with World("modern", "modern-listed", realms=[r], settings={"modern": es, "modern-listed": {"status_list": True, "status_list_ttl_s": 60, **es}}) as w:
        rates = {d: [] for d in ("modern", "modern-listed")}
        for _ in range(3 if shutil.which("wrk") else 0):
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
        before = resident(w)
        start, cpu = time.time(), used(w)
        first = [made(w, n + 1) for n in range(min(lists, most))]
        took, cpu = time.time() - start, used(w) - cpu
        print("%d lists, each asked for once: %.0f s, %.1f s of processor time, %.2f MB; the daemon had %.0f MB before and has %.0f after"
              % (len(first), took, cpu, sum(n for _, _, n in first) / 1e6, before, resident(w)))
        w.turn_clock(31)
        again = [made(w, n + 1) for n in range(min(len(first), 12))]
        kept = [made(w, 1)[0] for _ in range(20)]
        print("a list is made in %.2f s, %.2f s of processor time (medians of %d), made again in %.2f s and %.2f s, given again in %.2f ms"
              % (*medians(first), len(first), *medians(again), min(kept) * 1e3))
        for l, share in enumerate(ENDED[:len(first)]):
            print("%5.1f %% ended: %d bytes, %d by gzip" % (share * 100, made(w, l + 1)[2], made(w, l + 1, **{"Accept-Encoding": "gzip"})[2]))
    if not rates["modern"]:
        return
    a, b = statistics.median(rates["modern"]), statistics.median(rates["modern-listed"])
    print("client_credentials, ES256: %.0f a second without lists, %.0f with a place each" % (a, b))


if __name__ == "__main__":
    numbers = [int(a.replace(",", "")) for a in sys.argv[1:]]
    main(*(numbers + [1000000, 1000000][len(numbers):]))
