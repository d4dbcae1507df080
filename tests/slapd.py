"""tests/slapd.py - the demo's own directory (demo/directory.sh): a real slapd on loopback."""
import contextlib, pathlib, shutil, socket, subprocess, tempfile, time

from server import ROOT, free_ports


class Slapd:
    """The demo's own directory in a folder of its own."""

    def __init__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="hufu-slapd-"))
        self.port, self.tls_port = free_ports(2)
        self.ca = str(self.dir / "ca.pem")
        self.url, self.tls_url = "ldap://127.0.0.1:%d" % self.port, "ldaps://127.0.0.1:%d" % self.tls_port
        self.proc = None

    def start(self):
        self.proc = subprocess.Popen([str(ROOT / "demo" / "directory.sh"), str(self.dir), str(self.port), str(self.tls_port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.time() + 30
        while time.time() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.tls_port), timeout=1):
                return self
            assert self.proc.poll() is None, "slapd ended"
            time.sleep(0.05)
        raise AssertionError("slapd does not listen")

    def stop(self):
        if self.proc is not None:
            self.proc.terminate()
            self.proc.wait(timeout=20)
            self.proc = None

    def close(self):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)
