"""tests/pooler.py - Debian's pgbouncer in front of a StoreDatabase, lending a session for one transaction each."""
import os, shutil

from databases import Program, quiet, wait_for


class Pooler(Program):
    """`url`: with what a store needs to know of it. `sessions`: so many of the database are shared by all."""

    def __init__(self, database, sessions=4):
        self.database, self.sessions = database, sessions

    def start(self):
        (self.dir / "pgbouncer.ini").write_text("\n".join([
            "[databases]", "postgres = host=%s port=%d dbname=postgres user=hufu" % (self.database.dir, self.database.port),
            "[pgbouncer]", "listen_addr = 127.0.0.1", "listen_port = %d" % self.port, "unix_socket_dir =", "auth_type = any", "pool_mode = transaction",
            "default_pool_size = %d" % self.sessions, "max_client_conn = 500", "server_login_retry = 0.2"]) + "\n")
        if os.geteuid() == 0:
            os.chmod(self.dir, 0o755)
        self.again()
        self.url = "postgresql://hufu@127.0.0.1:%d/postgres?prepare=off" % self.port

    def again(self):
        self.run(shutil.which("pgbouncer") or "/usr/sbin/pgbouncer", str(self.dir / "pgbouncer.ini"), user="postgres")
        wait_for(lambda: quiet("psql", "-qAt", "-c", "SELECT 1", "postgresql://hufu@127.0.0.1:%d/postgres" % self.port), "pgbouncer")
