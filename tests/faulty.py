"""tests/faulty.py - a network between nodes and a database that can be slow, cut and healed; and a database with a standby. Standard library only."""
import asyncio, os, pathlib, shutil, signal, subprocess, tempfile, threading, time

from databases import StoreDatabase, quiet, wait_for
from server import free_ports


class Link:
    """A port that leads to another one. delay: seconds that each byte is under way. cut(): nothing arrives any more, and nobody is told; heal(): what
    was cut off is gone, new connections pass."""

    def __init__(self, target):
        self.target, self.port, self.delay, self.is_cut, self.open = target, free_ports(1)[0], 0, False, set()
        self.loop = asyncio.new_event_loop()
        ready = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(ready,), daemon=True)
        self.thread.start()
        assert ready.wait(20)

    def run(self, ready):
        asyncio.set_event_loop(self.loop)
        self.server = self.loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", self.port, backlog=256))
        ready.set()
        self.loop.run_forever()

    def down(self):
        """The machine behind it is gone: connections are refused, and those that are open break."""
        self.loop.call_soon_threadsafe(self.reset)
        asyncio.run_coroutine_threadsafe(self.listen(False), self.loop).result(20)

    def up(self):
        asyncio.run_coroutine_threadsafe(self.listen(True), self.loop).result(20)

    async def listen(self, yes):
        if yes and not self.server.is_serving():
            self.server = await asyncio.start_server(self.serve, "127.0.0.1", self.port, backlog=256)
        elif not yes:
            self.server.close()

    async def serve(self, reader, writer):
        """A connection that comes during a cut stays unanswered until it is healed."""
        self.open.add(writer)
        try:
            if self.is_cut:
                await reader.read()
                return
            there, back = await asyncio.open_connection("127.0.0.1", self.target)
            self.open.add(back)
            await asyncio.gather(self.copy(reader, back), self.copy(there, writer))
        except OSError:
            pass
        finally:
            writer.close()

    async def copy(self, source, sink):
        queue = asyncio.Queue()
        later = asyncio.ensure_future(self.deliver(queue, sink))
        try:
            while data := await source.read(65536):
                queue.put_nowait((time.monotonic() + self.delay, data))
        except OSError:
            pass
        queue.put_nowait((0, None))
        await later

    async def deliver(self, queue, sink):
        while True:
            due, data = await queue.get()
            await asyncio.sleep(max(0, due - time.monotonic()))
            if data is None:
                return sink.close()
            if not self.is_cut:                                 # else lost on the way; the connection is broken by heal()
                sink.write(data)

    def cut(self):
        self.is_cut = True

    def heal(self):
        self.is_cut = False
        self.loop.call_soon_threadsafe(self.reset)

    def reset(self):
        for writer in self.open:
            writer.transport.abort()
        self.open.clear()

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(20)


class One(StoreDatabase):
    """A server of a pair: it can be killed, follow another, and take its place. What it says is done is on its disk."""
    settings = {**StoreDatabase.settings, "synchronous_commit": "on", "full_page_writes": "on", "wal_level": "replica", "max_wal_senders": "8", "hot_standby": "on",
                "wal_sender_timeout": "5s", "wal_receiver_timeout": "5s", "wal_retrieve_retry_interval": "100ms", "max_connections": "60"}

    def kill(self):
        """Its whole machine, as far as clients can tell."""
        main = int((self.dir / "data/postmaster.pid").read_text().split()[0])
        children = [int(p) for p in (pathlib.Path("/proc/%d/task/%d/children" % (main, main)).read_text().split())]
        for p in [main, *children]:
            try:
                os.kill(p, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.proc.wait(40)
        (self.dir / "data/postmaster.pid").unlink(missing_ok=True)

    def follow(self, other):
        """Become the standby of another, from nothing."""
        if self.proc is not None and self.proc.poll() is None:
            self.kill()
        shutil.rmtree(self.dir / "data", ignore_errors=True)
        subprocess.run(self.as_user("postgres", [other.bin + "/pg_basebackup", "-D", "%s/data" % self.dir, "-h", str(other.dir), "-p", str(other.port), "-U", "hufu",
                                                 "-R", "-X", "stream", "-c", "fast", "--no-sync"]), check=True, cwd=self.dir, stdout=subprocess.DEVNULL)
        self.again()

    def promote(self):
        subprocess.run(self.as_user("postgres", [self.bin + "/pg_ctl", "-D", "%s/data" % self.dir, "promote", "-w", "-s"]), check=True, cwd=self.dir)

    def is_primary(self):
        return self.sql("SELECT pg_is_in_recovery()").strip() == "f"


class Small(One):
    """A database on a disk of its own that can be filled; only who may mount can have one."""

    def start(self):
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160m", "tmpfs", str(self.dir)], check=True)
        super().start()

    def fill(self):
        """To the last byte; what the server has in store for its log, too."""
        with open(self.dir / "ballast", "wb", buffering=0) as f:
            try:
                while f.write(b"x" * 65536):
                    pass
            except OSError:
                pass

    def empty(self):
        (self.dir / "ballast").unlink()
        wait_for(self.answers, "the database")

    def answers(self):
        """Without room for its log it gives up, sooner or later."""
        if self.proc.poll() is not None:
            self.again()
        return quiet(self.bin + "/pg_isready", "-h", str(self.dir), "-p", str(self.port))

    def __exit__(self, *exc):
        self.proc and self.proc.poll() is None and self.kill()
        subprocess.run(["umount", "-l", str(self.dir)], check=False)
        shutil.rmtree(self.dir, ignore_errors=True)


class Pair:
    """A primary and its streaming standby, each behind a Link; commits wait for the standby where synchronous. `url` names both."""

    def __init__(self, synchronous=True):
        self.synchronous = synchronous
        self.primary, self.standby = One(), One()

    def __enter__(self):
        self.links = []
        self.primary.__enter__()
        self.standby.dir = pathlib.Path(tempfile.mkdtemp(prefix="hufu-db-"))
        if os.geteuid() == 0:
            shutil.chown(self.standby.dir, "postgres")
            os.chmod(self.standby.dir, 0o755)
        self.standby.port, self.standby.proc, self.standby.bin = free_ports(1)[0], None, self.primary.bin
        for one in (self.primary, self.standby):
            one.url = "postgresql://hufu@/postgres?host=%s&port=%d" % (one.dir, one.port)
            one.link = Link(one.port)
            self.links.append(one.link)
        self.url = "postgresql://hufu@127.0.0.1,127.0.0.1/postgres?port=%d,%d" % (self.primary.link.port, self.standby.link.port)
        self.join()
        return self

    def join(self):
        """The standby follows, from nothing; from here on nothing is done that it does not have."""
        self.standby.follow(self.primary)
        self.standby.link.up()
        self.primary.sql("ALTER SYSTEM SET synchronous_standby_names = '%s'" % ("*" if self.synchronous else ""))
        self.primary.sql("SELECT pg_reload_conf()")
        if self.synchronous:
            wait_for(lambda: "sync" in self.primary.sql("SELECT sync_state FROM pg_stat_replication"), "the standby")

    def fail_over(self):
        """The primary is killed -9, and the standby takes its place, alone."""
        self.primary.kill()
        self.primary.link.down()
        self.standby.sql("ALTER SYSTEM SET synchronous_standby_names = ''")
        self.standby.promote()
        self.standby.sql("SELECT pg_reload_conf()")
        self.primary, self.standby = self.standby, self.primary

    def sql(self, text):
        return self.primary.sql("SET search_path = nodes, public; " + text)

    def stop(self):
        self.primary.stop()

    def again(self):
        self.primary.again()

    def cut(self):
        for link in self.links:
            link.cut()

    def heal(self):
        for link in self.links:
            link.heal()

    def delay(self, seconds):
        for link in self.links:
            link.delay = seconds

    def __exit__(self, *exc):
        for link in self.links:
            link.close()
        self.standby.__exit__()
        self.primary.__exit__()
