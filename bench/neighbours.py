"""bench/neighbours.py - a hufud whose neighbours hang: an LDAP directory that accepts and never answers, one stopped amid its work
(slapd, SIGSTOP, where it is installed), an SMS gateway and a WeChat endpoint that never answer. Limits are a minute, so that they hang
for as long as a round of the bench takes."""
import contextlib, http.client, os, pathlib, re, shutil, signal, socket, subprocess, tempfile, time

from mute import Mute

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOGINS = 72             # of each kind: all threads of the lane hang, and its queue is full
MESSAGES = 16


class Frozen:
    """The demo's slapd, stopped: the kernel still accepts for it. None of it where slapd is not installed."""

    def __init__(self, port):
        self.dir = tempfile.mkdtemp(prefix="hufu-bench-slapd-")
        self.proc = subprocess.Popen([str(ROOT / "demo" / "directory.sh"), self.dir, "0", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.time() + 20
        while time.time() < until and self.proc.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.05)
        self.there = self.proc.poll() is None
        if self.there:
            os.kill(self.proc.pid, signal.SIGSTOP)

    def close(self):
        if self.there:
            os.kill(self.proc.pid, signal.SIGKILL)
        self.proc.wait()
        shutil.rmtree(self.dir, ignore_errors=True)


class Neighbours:
    """Their settings, and the requests that wait for them."""

    def __init__(self, frozen_port):
        self.ldap, self.gateway, self.wechat, self.frozen = Mute(), Mute(), Mute(), Frozen(frozen_port)
        self.frozen_port = frozen_port
        self.waiting = []

    def top(self):
        lines = ["directories:"]
        for name, port in (("mute", self.ldap.port), ("frozen", self.frozen_port)):
            lines += ["  %s:" % name, '    urls: ["ldaps://127.0.0.1:%d"]' % port, "    domain: corp.example", "    connect_timeout: 60", "    operation_timeout: 60"]
        lines += ["sms_gateways:", "  mute:", "    kind: webhook", "    url: http://127.0.0.1:%d/" % self.gateway.port, "    secret: bench-sms-secret", "    timeout: 60"]
        return "\n".join(lines) + "\n"

    def issuers(self):
        wechat = {"wechat_app_id": "wx1", "wechat_secret": "bench-wechat-secret", "wechat_url": "http://127.0.0.1:%d/sns/jscode2session" % self.wechat.port, "wechat_timeout": 60}
        return {"mute": {"dialect": "connect", "directory": "mute", "sms_gateway": "mute", **wechat}, "frozen": {"dialect": "connect", "directory": "frozen"}}

    def ask(self, base, path, body):
        s = socket.create_connection(("127.0.0.1", int(base.rsplit(":", 1)[1])))
        body = "client_id=bench&client_secret=bench-secret&" + body
        s.sendall(("POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s" % (path, len(body), body)).encode())
        self.waiting.append(s)

    def hang(self, server, base):
        """Everybody waits again. Called before each round: those of the round before may have been told that time is up."""
        for s in self.waiting:
            s.close()
        self.waiting = []
        for i in range(LOGINS):
            issuer = "frozen" if self.frozen.there and i % 2 else "mute"
            self.ask(base, "/%s/connect/token" % issuer, "grant_type=password_ad&username=u%d&password=word-of-bench" % i)
            self.ask(base, "/mute/connect/token", "grant_type=wechat&code=code-%d" % i)
        for i in range(MESSAGES):
            self.ask(base, "/mute/connect/sms", "phone=1888888%04d" % i)
        until = time.time() + 10
        while not self.hangs(server) and time.time() < until:
            time.sleep(0.02)
        assert self.hangs(server), "the neighbours do not hang"

    def hangs(self, server):
        text = server.metrics()
        busy = lambda lane: int(re.search(r'hufu_lane_running\{lane="%s"\} (\d+)' % lane, text).group(1))
        return busy("directory") == 8 and busy("wechat") == 4 and len(self.gateway.kept) > 0

    def close(self):
        for s in self.waiting:
            s.close()
        for n in (self.ldap, self.gateway, self.wechat, self.frozen):
            n.close()
