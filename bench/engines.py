"""bench/engines.py - rows of bench/run: the same work at hufud on SQLite and on a PostgreSQL on the same machine with one, two and three nodes, each beside
what the engine itself can do in the same run: rows committed one by one by as many connections as the nodes have requests under way, and rows read by
their key in pipelines of libpq (pgbench, bench/pg_reads.c). The database syncs each commit. The load generator is on the same machine too."""
import os, pathlib, re, subprocess, tempfile

import work
from databases import StoreDatabase
from server import Server, free_ports

ISSUERS = {"opaque": {"access_shape": "row_id"}, "rs256": {"signing_alg": "RS256", "access_shape": "jwt"}, "es256": {"signing_alg": "ES256", "access_shape": "jwt"}}
PLAN = (("rs256", "client_credentials"), ("es256", "client_credentials"), ("opaque", "client_credentials"), ("opaque", "refresh"), ("opaque", "code_flow"), ("rs256", "code_flow"),
        ("old", "password"), ("opaque", "introspection"), ("rs256", "jwks"))
CLIENT = {"id": "bench", "name": "bench", "secret_encoded": "{noop}bench-secret", "scopes": "read write", "redirect_uris": [work.flows.CALLBACK], "auto_approve": "read write",
          "enabled": True, "grants": "authorization_code client_credentials password refresh_token", "legacy": "password"}
HEAD = "| engine | work | per second | p50, ms | p99, ms | resident, MB | limit | ratio |\n|---|---|---|---|---|---|---|---|"


class Durable(StoreDatabase):
    """As it is installed, but for room."""
    settings = {"max_connections": "200", "shared_buffers": "256MB", "max_wal_size": "4GB"}


class Nodes:
    """hufud n times, over one database or over a file of its own."""

    def __init__(self, out, n, encoded, database=None):
        self.nodes, self.bases, kek = [], [], os.urandom(32).hex()
        for i in range(n):
            port = free_ports(1)[0]
            base = "http://127.0.0.1:%d" % port
            issuers = {name: {"url": "%s/%s" % (base, name), "dialect": "modern", "listener": "main", "realm": "bench", **more} for name, more in ISSUERS.items()}
            issuers["old"] = {"url": base + "/old", "dialect": "spring", "listener": "main", "realm": "bench"}
            store = "store:\n  url: %s&schema=bench\nkeys:\n  kek: %s\n" % (database.url, kek) if database else ""
            users = [{"name": "user", "password_encoded": "{noop}password", "number": 7}, {"name": "hashed", "password_encoded": "{argon2}" + encoded, "number": 8}]
            s = Server(issuers, [{"realm": "bench", "clients": [CLIENT], "users": users}] if i == 0 else [], listeners={"main": {"bind": ["127.0.0.1:%d" % port]}},
                       top="http:\n  connections_per_address: 4096\nlogin:\n  address_per_minute: 1000000\n  rehash: false\n" + store, build=out)
            s.start(wait=60)
            self.nodes.append(s)
            self.bases.append(base)

    def seats(self, issuer, name):
        for base in self.bases:
            if issuer == "old":         # has no metadata: its path is the manual's
                yield OldSeat(base + "/old")
                continue
            seat = work.Seat("%s/%s" % (base, issuer), "bench", "bench-secret", "read")
            if name in ("refresh", "code_flow"):
                seat.cookie = work.flows.Person(base, issuer, "bench", "bench-secret", "user", "password", "read").cookie
            yield seat

    def pids(self):
        return [s.proc.pid for s in self.nodes]

    def close(self):
        for s in self.nodes:
            s.close()


class OldSeat(work.Seat):
    def __init__(self, issuer):
        place = work.urllib.parse.urlsplit(issuer)
        self.base, self.token = "%s://%s" % (place.scheme, place.netloc), place.path + "/oauth/token"
        self.basic, self.user, self.password, self.scope = work.flows.basic("bench", "bench-secret"), "hashed", "password", "read"


def pgbench(database, script, seconds, clients):
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as f:
        f.write(script)
        f.flush()
        out = subprocess.run([pathlib.Path(database.bin) / "pgbench", "-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(max(1, round(seconds))), "-f", f.name,
                              "-h", str(database.dir), "-p", str(database.port), "-U", "hufu", "postgres"], capture_output=True, text=True, check=True).stdout
    return float(re.search(r"tps = ([\d.]+)", out).group(1))


class Limits:
    """What the database can do by itself."""

    def __init__(self, out, database, seconds):
        database.sql("CREATE TABLE bare (id bytea PRIMARY KEY, client text, scope text, issued_s bigint, expires_s bigint);"
                     "INSERT INTO bare SELECT decode(lpad(to_hex(i), 32, '0'), 'hex'), 'bench', 'read', i, i FROM generate_series(1, 100000) i; ANALYZE bare")
        write = "INSERT INTO bare VALUES (decode(md5(random()::text || :client_id), 'hex'), 'bench', 'read', 1, 2);\n"
        self.commits = pgbench(database, write, seconds, 64)
        self.reads = float(subprocess.run([out / "bench_pg_reads", database.url, str(seconds), "4", "100000"], capture_output=True, text=True, check=True).stdout)


def hashes(out, *args):
    return subprocess.run([out / "bench_hashes", *map(str, args)], capture_output=True, text=True, check=True).stdout.strip()


def rows(out, seconds, rounds):
    """Each row as it is measured."""
    signed = {"rs256": work.signatures("RS256"), "es256": work.signatures("ES256")}
    encoded = hashes(out, "make", "password")
    hashed = float(hashes(out, "verify", seconds, "password", encoded))
    with Durable() as database:
        limits = Limits(out, database, seconds)
        yield "| PostgreSQL itself | a row committed by each of 64 connections | %.0f | | | | | |" % limits.commits
        yield "| PostgreSQL itself | rows read by their key, 4 connections, pipelines of 16 | %.0f | | | | | |" % limits.reads
        for engine, n, where in (("SQLite", 1, None), ("PostgreSQL, 1 node", 1, database), ("PostgreSQL, 2 nodes", 2, database), ("PostgreSQL, 3 nodes", 3, database)):
            if where:
                where.sql("DROP SCHEMA IF EXISTS bench CASCADE")
            nodes = Nodes(out, n, encoded, where)
            try:
                for issuer, name in PLAN:
                    seats = list(nodes.seats(issuer, name))
                    said = sorted(work.at_all(seats, name, 64, seconds) for _ in range(rounds))[rounds // 2]
                    limit, what = limit_of(issuer, name, signed, hashed, limits if where else None)
                    yield "| %s | %s | %.0f | %.1f | %.1f | %.0f | %s | %s |" % (engine, words(issuer, name), said.rate, said.p50, said.p99, work.resident_mb(nodes.pids()),
                           "%.0f %s" % (limit, what) if limit else "", "**%.2f**" % (said.rate / limit) if limit else "")
            finally:
                nodes.close()


def limit_of(issuer, name, signed, hashed, limits):
    if name == "password":
        return hashed, "bare hashes"
    if name == "introspection" and limits:
        return limits.reads, "pipelined reads"
    if issuer in signed and name != "jwks":
        return signed[issuer], "signatures"
    if name in ("client_credentials", "refresh") and limits:
        return limits.commits, "single commits"
    return None, ""


def words(issuer, name):
    return work.WORDS[name] + ({"opaque": ", opaque", "rs256": ", RS256", "es256": ", ES256", "old": ", Argon2id"}[issuer] if name != "jwks" else "")
