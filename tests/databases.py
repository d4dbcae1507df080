"""tests/databases.py - throw-away MariaDB, PostgreSQL and Redis servers on loopback, and rows put into them. Debian's own programs."""
import glob, json, os, pathlib, shutil, signal, sqlite3, subprocess, tempfile, time

from server import free_ports

PASSWORD = "import-pa55: %@/word"
BLOBS = ("token", "authentication")


def wait_for(probe, what, seconds=40):
    until = time.time() + seconds
    while time.time() < until:
        if probe():
            return
        time.sleep(0.1)
    raise RuntimeError("%s does not start" % what)


def postgres_bin():
    """The programs of the newest PostgreSQL that is installed, or of $POSTGRES_BIN: tests/with-postgres --release."""
    return os.environ.get("POSTGRES_BIN") or sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda p: int(p.split("/")[4]))[-1]


def quiet(*args, **kw):
    return subprocess.run(args, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **kw).returncode == 0


class Program:
    """A server in a folder of its own, ended with its with-block."""
    options = ()

    def stop(self):
        self.proc.terminate()
        self.proc.wait(40)

    def __enter__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="hufu-db-"))
        self.port = free_ports(1)[0]
        self.proc = None
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def run(self, *args, user=None):
        with open(self.dir / "log", "ab") as log:
            self.proc = subprocess.Popen(self.as_user(user, args), stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.dir)

    @staticmethod
    def as_user(user, args):
        return ["runuser", "-u", user, "--", *args] if user and os.geteuid() == 0 else list(args)

    def __exit__(self, *exc):
        if self.proc is not None:
            self.proc.terminate()
            try:
                self.proc.wait(20)
            except subprocess.TimeoutExpired:
                self.proc.kill()
        shutil.rmtree(self.dir, ignore_errors=True)


class MariaDB(Program):
    """`url`, with PASSWORD, may only read."""

    def start(self):
        self.who = ["--user=root"] if os.geteuid() == 0 else []
        subprocess.run(["mariadb-install-db", "--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db", "--datadir=%s/data" % self.dir, *self.who],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.again()
        self.sql("CREATE DATABASE old CHARACTER SET utf8mb4; CREATE USER 'reader'@'%%' IDENTIFIED BY '%s'; GRANT SELECT ON old.* TO 'reader'@'%%'" % PASSWORD, None)
        self.url = "mysql://reader@127.0.0.1:%d/old" % self.port

    def again(self):
        self.run("mariadbd" if shutil.which("mariadbd") else "/usr/sbin/mariadbd", "--no-defaults", *self.who, "--datadir=%s/data" % self.dir, "--socket=%s/s" % self.dir,
                 "--port=%d" % self.port, "--bind-address=127.0.0.1", "--innodb-flush-log-at-trx-commit=0", *self.options)
        wait_for(lambda: quiet("mariadb-admin", "--no-defaults", "-uroot", "--socket=%s/s" % self.dir, "ping"), "mariadbd")

    def sql(self, text, database="old"):
        subprocess.run(["mariadb", "--no-defaults", "-uroot", "--socket=%s/s" % self.dir, "--default-character-set=utf8mb4", *([database] if database else [])], input=text, text=True, check=True)

    def dump(self):
        return subprocess.run(["mariadb-dump", "--no-defaults", "-uroot", "--socket=%s/s" % self.dir, "--skip-comments", "old"], capture_output=True, check=True).stdout

    def fill(self, tables):
        self.sql(statements(tables, "`", "longblob", lambda h: "X'%s'" % h))


class PostgreSQL(Program):
    def start(self):
        bin = postgres_bin()
        (self.dir / "pw").write_text(PASSWORD)
        if os.geteuid() == 0:
            shutil.chown(self.dir, "postgres")
            shutil.chown(self.dir / "pw", "postgres")
        subprocess.run(self.as_user("postgres", [bin + "/initdb", "-D", "%s/data" % self.dir, "-U", "reader", "--pwfile=%s/pw" % self.dir, "--auth=scram-sha-256", "-E", "UTF8", "--locale=C", "-N"]),
                       check=True, stdout=subprocess.DEVNULL, cwd=self.dir)
        self.bin = bin
        self.again()
        self.url = "postgresql://reader@127.0.0.1:%d/postgres" % self.port

    def again(self):
        self.run(self.bin + "/postgres", "-D", "%s/data" % self.dir, "-p", str(self.port), "-h", "127.0.0.1", "-k", str(self.dir), "-F", user="postgres")
        wait_for(lambda: quiet(self.bin + "/pg_isready", "-h", "127.0.0.1", "-p", str(self.port)), "postgres")

    def stop(self):
        """The fast way, which does not wait for clients."""
        os.kill(int((self.dir / "data/postmaster.pid").read_text().split()[0]), signal.SIGINT)
        self.proc.wait(40)

    def sql(self, text):
        subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", self.url], input=text, text=True, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "PGPASSWORD": PASSWORD})

    def fill(self, tables):
        self.sql(statements(tables, '"', "bytea", lambda h: "'\\x%s'" % h))

    def viewer(self):
        """The URL of an account, with PASSWORD, that may only read what is there now."""
        self.sql("CREATE ROLE viewer LOGIN PASSWORD '%s'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO viewer" % PASSWORD)
        return self.url.replace("reader@", "viewer@")

    def dump(self):
        """Without the random words that newer releases put around a dump."""
        out = subprocess.run(["pg_dump", self.url], capture_output=True, check=True, env={**os.environ, "PGPASSWORD": PASSWORD}).stdout
        return b"\n".join(line for line in out.split(b"\n") if not line.startswith((b"\\restrict", b"\\unrestrict")))


class StoreDatabase(Program):
    """A PostgreSQL for stores: by a socket in a folder of its own and by loopback, without a password; nothing of it outlives a crash."""
    settings = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "max_connections": "600", "shared_buffers": "64MB",
                "deadlock_timeout": "200ms", "autovacuum": "off", "wal_level": "minimal", "max_wal_senders": "0"}

    def start(self):
        self.bin = postgres_bin()
        if os.geteuid() == 0:
            shutil.chown(self.dir, "postgres")
            os.chmod(self.dir, 0o755)
        subprocess.run(self.as_user("postgres", [self.bin + "/initdb", "-D", "%s/data" % self.dir, "-U", "hufu", "--auth=trust", "-E", "UTF8", "--locale=C", "-N"]),
                       check=True, stdout=subprocess.DEVNULL, cwd=self.dir)
        self.again()
        self.url = "postgresql://hufu@/postgres?host=%s&port=%d" % (self.dir, self.port)
        self.tcp = "postgresql://hufu@127.0.0.1:%d/postgres" % self.port

    def again(self):
        args = [word for name, value in self.settings.items() for word in ("-c", "%s=%s" % (name, value))]
        self.run(self.bin + "/postgres", "-D", "%s/data" % self.dir, "-p", str(self.port), "-h", "127.0.0.1", "-k", str(self.dir), *args, user="postgres")
        wait_for(lambda: quiet(self.bin + "/pg_isready", "-h", str(self.dir), "-p", str(self.port)), "postgres")

    stop = PostgreSQL.stop

    def sql(self, text):
        return subprocess.run(["psql", "-qAt", "-v", "ON_ERROR_STOP=1", self.url], input=text, text=True, check=True, capture_output=True).stdout


class SQLiteFile:
    """The same words for a file."""

    def __enter__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="hufu-db-"))
        self.url = str(self.dir / "old.db")
        self.sql("")
        return self

    def sql(self, text):
        db = sqlite3.connect(self.url)
        db.executescript(text)
        db.close()

    def fill(self, tables):
        write_sqlite(self.url, tables)

    def stop(self):
        os.rename(self.url, self.url + ".away")

    def again(self):
        os.rename(self.url + ".away", self.url)

    def dump(self):
        return pathlib.Path(self.url).read_bytes()

    def __exit__(self, *exc):
        shutil.rmtree(self.dir, ignore_errors=True)


class Redis(Program):
    def start(self):
        self.run("redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--requirepass", PASSWORD, "--dir", str(self.dir))
        wait_for(lambda: b"PONG" in self.cli("ping"), "redis-server")
        self.url = "redis://127.0.0.1:%d/0" % self.port

    def cli(self, *args, input=None):
        return subprocess.run(["redis-cli", "-p", str(self.port), "--no-auth-warning", *args], input=input, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              env={**os.environ, "REDISCLI_AUTH": PASSWORD}).stdout

    def set(self, key, value):
        """A binary value."""
        self.cli("-x", "set", key, input=value)


# --- the recorded database in every form -------------------------------------------------------------------------------------------

def plain(row):
    """Columns as the database had them: token_hex is the BLOB column token."""
    return {k[:-4] if k.endswith("_hex") else k: v for k, v in row.items()}


def quoted(value):
    if value is None:
        return "NULL"
    return str(int(value)) if isinstance(value, (bool, int)) else "'%s'" % value.replace("\\", "\\\\").replace("'", "''")


def statements(tables, q, blob, hexed):
    out = ["SET standard_conforming_strings = on;" if q == '"' else "SET NAMES utf8mb4;"]
    for name, rows in tables.items():
        rows = [plain(r) for r in rows]
        columns = list(rows[0])
        out.append("CREATE TABLE %s (%s);" % (q + name + q, ", ".join("%s%s%s %s" % (q, c, q, blob if c in BLOBS else "text") for c in columns)))
        for r in rows:
            values = [hexed(r[c]) if c in BLOBS else quoted(str(int(r[c])) if isinstance(r[c], (bool, int)) else r[c]) for c in columns]
            if q == '"':
                values = [v.replace("\\\\", "\\") for v in values]
            out.append("INSERT INTO %s VALUES (%s);" % (q + name + q, ", ".join(values)))
    return "\n".join(out)


def write_json(path, tables):
    path.write_text(json.dumps(tables, ensure_ascii=False), encoding="utf-8")
    return str(path)


def write_csv(path, tables):
    import csv
    path.mkdir()
    for name, rows in tables.items():
        with open(path / (name + ".csv"), "w", newline="", encoding="utf-8") as f:
            w = csv.writer(f)
            w.writerow(plain(rows[0]))
            w.writerows([["\\N" if v is None else v for v in plain(r).values()] for r in rows])
    return str(path)


def write_sqlite(path, tables):
    db = sqlite3.connect(path)
    for name, rows in tables.items():
        rows = [plain(r) for r in rows]
        db.execute("CREATE TABLE %s (%s)" % (name, ", ".join(rows[0])))
        for r in rows:
            db.execute("INSERT INTO %s VALUES (%s)" % (name, ",".join("?" * len(r))), [bytes.fromhex(v) if k in BLOBS else v for k, v in r.items()])
    db.commit()
    db.close()
    return str(path)
