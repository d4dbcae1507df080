"""tests/server.py - start a throw-away hufud for a test, talk to its control socket, stop it. Standard library only."""
import contextlib, ctypes, fcntl, http.client, json, os, pathlib, random, re, shutil, signal, socket, sqlite3, subprocess, sys, tempfile, threading, time

import first_starts

ROOT = pathlib.Path(__file__).resolve().parent.parent


def find_build():
    """The build under test: $HUFU_BUILD, else the one with sanitizers, else the release; made when there is none."""
    if os.environ.get("HUFU_BUILD"):
        return pathlib.Path(os.environ["HUFU_BUILD"])
    for mode in ("asan", "release"):
        if (ROOT / "build" / mode / "hufud").exists():
            return ROOT / "build" / mode
    subprocess.run(["make", "-s", "-j2", "MODE=release"], cwd=ROOT, check=True)
    return ROOT / "build" / "release"


BUILD = find_build()


_remembered, _lock = set(), threading.Lock()


def remember(secret):
    """Note a secret that a test used or got, so that tests/secrets can look for it in every log. Returns it."""
    directory = os.environ.get("HUFU_LOG_DIR")
    if directory and isinstance(secret, str) and len(secret) >= 8 and "\n" not in secret:
        with _lock:
            if secret not in _remembered and len(_remembered) < 10000:
                _remembered.add(secret)
                pathlib.Path(directory).mkdir(parents=True, exist_ok=True)
                with open(pathlib.Path(directory) / "secrets.txt", "a", encoding="utf-8") as f:
                    f.write(secret + "\n")
    return secret


def clean_env(**more):
    """The environment without this suite's own HUFU_ variables, which the product would take for settings; in English whatever the machine speaks."""
    return {**{k: v for k, v in os.environ.items() if not k.startswith("HUFU_")}, "LC_ALL": "C.UTF-8", **more}


# Below what systems give to outgoing connections. A port is this process's own until it ends: its byte of one file is locked, so that
# suites run side by side.
PORTS = range(20000, 32000)
_taken, _locks = set(), []


def _take(port):
    if not _locks:
        _locks.append(open(pathlib.Path(tempfile.gettempdir()) / ("hufu-ports-%d" % os.getuid()), "w"))
    try:
        fcntl.lockf(_locks[0], fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(("127.0.0.1", port))
    except OSError:
        return False
    _taken.add(port)
    return True


def free_ports(n):
    """n different ports free on loopback, not given before."""
    ports = []
    for port in random.sample(PORTS, len(PORTS)):
        if port not in _taken and _take(port):
            ports.append(port)
        if len(ports) == n:
            return ports
    raise OSError("no free port between %d and %d" % (PORTS.start, PORTS.stop - 1))


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(self.path)


# The tables of every server lie in a database: tests/with-postgres.
ELSEWHERE = bool(os.environ.get("HUFU_STORE_URL"))


def store_schema(directory):
    return "t" + re.sub(r"[^a-z0-9_]", "_", pathlib.Path(directory).name.lower())


def store_settings(directory, top):
    """The settings at the top, with a store in the database of $HUFU_STORE_URL when there is one: a schema of its own for each directory."""
    url = os.environ.get("HUFU_STORE_URL")
    if not url or re.search(r"^ +url: postgresql:", top, re.M):
        return top
    line = "  url: %s%sschema=%s" % (url, "&" if "?" in url else "?", store_schema(directory))
    if re.search(r"^store:$", top, re.M):
        return re.sub(r"^store:$", "store:\n" + line, top, flags=re.M)
    return "store:\n%s\n%s" % (line, top)


class Heir:
    """The process that took another one's place, as subprocess.Popen shows one: ours once the one before has gone (prctl(2), PR_SET_CHILD_SUBREAPER)."""

    def __init__(self, pid):
        self.pid, self.returncode = pid, None

    def send_signal(self, sig):
        os.kill(self.pid, sig)

    def kill(self):
        self.send_signal(signal.SIGKILL)

    def poll(self):
        if self.returncode is None:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:           # not ours yet
                os.kill(self.pid, 0)
                return None
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout=None):
        until = time.time() + (timeout or 60)
        while self.poll() is None:
            if time.time() > until:
                raise subprocess.TimeoutExpired("hufud", timeout)
            time.sleep(0.005)
        return self.returncode


class Server:
    """A hufud of its own: `issuers` {name: {setting: value}}, `realms` a list of realm.load objects. Its store may be the copy of one that was begun
    before with the same issuers (first_starts.py); with `first` it begins an empty one, whatever that costs."""

    turned = 0          # seconds that its clock is ahead

    def __init__(self, issuers, realms, top="", listeners=None, args=(), build=None, env=None, keep=None, first=False):
        self.dir = pathlib.Path(keep or tempfile.mkdtemp(prefix="hufu-test-"))
        self.dir.mkdir(exist_ok=True)
        self.build = pathlib.Path(build or BUILD)
        self.issuers, self.realms, self.args, self.env = issuers, realms, list(args), dict(env or {})
        self.admin_port = free_ports(1)[0]
        self.sock = str(self.dir / "hufud.sock")
        self.log_path = self.dir / "hufud.log"
        self.conf = self.dir / "hufu.yaml"
        self.listeners = listeners or {}
        self.top = top
        self.first = first
        self.proc = None

    def write_config(self):
        lines = ["data: %s/data" % self.dir, "admin:", "  socket: %s" % self.sock, "  listen: 127.0.0.1:%d" % self.admin_port]
        top = store_settings(self.dir, self.top)
        lines += top.strip("\n").split("\n") if top.strip() else []
        if not re.search(r"^passwords:", self.top, re.M):        # the old servers' own users have words such as "admin" and "user"
            lines += ["passwords:", "  min: 1", "  own_words: false", "  common: false"]
        lines.append("listeners:")
        for name, listener in self.listeners.items():
            lines.append("  %s:" % name)
            lines += ["    %s: %s" % (k, json.dumps(v, ensure_ascii=False)) for k, v in listener.items()]
        lines.append("issuers:")
        for name, issuer in self.issuers.items():
            lines.append("  %s:" % name)
            lines += ["    %s: %s" % (k, json.dumps(v, ensure_ascii=False)) for k, v in issuer.items()]
        self.conf.write_text("\n".join(lines) + "\n")

    def start(self, wait=60):
        self.turned = 0
        self.write_config()
        first_starts.take(self)
        log = open(self.log_path, "ab")
        self.proc = self.launch([str(self.build / "hufud"), "--config", str(self.conf), "--test-clock", *self.args], stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=clean_env(**self.env))
        self.wait_ready(wait)
        first_starts.begun(self)
        for realm in self.realms:
            answer = self.control({"do": "realm.load", **realm})
            if not answer.get("ok"):
                raise RuntimeError("realm.load: %s" % answer)
        self.realms = []
        return self

    def launch(self, command, **more):
        return subprocess.Popen(command, **more)

    def wait_ready(self, wait=60):
        until = time.time() + wait
        while time.time() < until:
            if self.proc.poll() is not None:
                raise RuntimeError("hufud ended with %s:\n%s" % (self.proc.returncode, self.log()))
            try:
                c = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=5)
                c.request("GET", "/readyz")
                if c.getresponse().status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.002)           # bench/run measures by it how soon a start is ready
        raise RuntimeError("hufud is not ready:\n%s" % self.log())

    def control(self, obj):
        c = UnixConnection(self.sock)
        c.request("POST", "/control", json.dumps(obj), {"Content-Type": "application/json"})
        return json.loads(c.getresponse().read())

    def turn_clock(self, seconds):
        answer = self.control({"do": "clock.turn", "ms": int(seconds * 1000)})
        assert answer.get("ok"), answer
        self.turned += seconds

    def hufu(self, *args, input=None):
        """Run the command line; returns (status, stdout, stderr)."""
        r = subprocess.run([str(self.build / "hufu"), "--config", str(self.conf), *args], capture_output=True, text=True, input=input, timeout=60, env=clean_env())
        return r.returncode, r.stdout, r.stderr

    def rows(self, sql):
        """What lies in the store, wherever that is: a list of tuples."""
        url = os.environ.get("HUFU_STORE_URL")
        if not url:
            with contextlib.closing(sqlite3.connect("file:%s?mode=ro" % (self.dir / "data" / "hufu.db"), uri=True)) as db:
                return db.execute(sql).fetchall()
        said = self.psql(url, "SELECT to_json(r) FROM (%s) r" % sql)
        return [tuple(bytes.fromhex(v[2:]) if isinstance(v, str) and v.startswith("\\x") else v for v in json.loads(line).values()) for line in said.splitlines()]

    def change(self, sql):
        """Another hand at the tables."""
        url = os.environ.get("HUFU_STORE_URL")
        if url:
            self.psql(url, sql)
            return
        with contextlib.closing(sqlite3.connect(self.dir / "data" / "hufu.db")) as db:
            db.executescript(sql)

    def psql(self, url, sql):
        return subprocess.run(["psql", "-qAt", "-v", "ON_ERROR_STOP=1", url], input="SET search_path TO %s;\n%s;\n" % (store_schema(self.dir), sql),
                              text=True, check=True, capture_output=True).stdout

    def metrics(self):
        c = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=5)
        c.request("GET", "/metrics")
        return c.getresponse().read().decode()

    def log(self):
        return self.log_path.read_text(errors="replace")

    def audit(self):
        """Audit lines so far, as objects."""
        out = []
        for line in self.log().split("\n"):
            try:
                o = json.loads(line)
            except ValueError:
                continue
            if o.get("level") == "audit":
                out.append(o)
        return out

    def stop(self, sig=signal.SIGTERM):
        """Stop and return the exit status. A server that has ended by itself before fails the test with what it said last."""
        if self.proc is None:
            return None
        if self.proc.poll() is not None:
            said, self.proc = self.log(), None
            raise RuntimeError("hufud had ended by itself:\n%s" % said[max(0, said.find("ERROR: ") - 200):][:6000])
        self.proc.send_signal(sig)
        status = self.proc.wait(timeout=60)
        self.proc = None
        return status

    def hold_ends(self):
        """In a database of several nodes what a killed one was sending is another's after a while; in a file it is so at once."""
        if ELSEWHERE:
            self.turn_clock(300)

    def upgrade(self, *options, wait=True):
        """Have another program take its place; the answer of the command. With wait the process before has gone, without a complaint."""
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
        code, out, err = self.hufu("--json", "upgrade", *options)
        if code != 0:
            return code, json.loads(out)["error"] + " " + err
        before, self.proc = self.proc, Heir(json.loads(out)["process"])
        if wait and before.wait(60) != 0:
            raise RuntimeError("the hufud before ended with %s:\n%s" % (before.returncode, self.log()[-6000:]))
        self.before = before
        return code, out

    def close(self):
        try:
            self.stop()
        finally:
            self._put_away()

    def _put_away(self):
        first_starts.ended(self)
        keep = os.environ.get("HUFU_LOG_DIR")
        if keep and self.log_path.exists():
            pathlib.Path(keep).mkdir(parents=True, exist_ok=True)
            shutil.copy(self.log_path, pathlib.Path(keep) / (self.dir.name + ".log"))
        shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            if self.proc is not None and self.proc.poll() is None:
                self.proc.kill()
            self.proc = None
            self._put_away()
            raise

    def __exit__(self, *exc):
        if exc[0] is not None and os.environ.get("HUFU_TEST_VERBOSE"):
            sys.stderr.write(self.log()[-8000:])
        self.close()
