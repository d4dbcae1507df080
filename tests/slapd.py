"""tests/slapd.py - the demo's own directory (demo/directory.sh): a real slapd on loopback."""
import contextlib, os, pathlib, shutil, socket, ssl, struct, subprocess, tempfile, time

from server import ROOT, free_ports


ROOTPW = "root-of-the-test"


def ber(tag, *parts):
    body = b"".join(parts)
    size = bytes([len(body)]) if len(body) < 128 else bytes([0x82]) + struct.pack(">H", len(body))
    return bytes([tag]) + size + body


def attribute(name, values):
    return ber(0x30, ber(4, name.encode()), ber(0x31, *(ber(4, v.encode()) for v in values)))


class Slapd:
    """The demo's own directory in a folder of its own."""

    def __init__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="hufu-slapd-"))
        self.port, self.tls_port = free_ports(2)
        self.ca = str(self.dir / "ca.pem")
        self.url, self.tls_url = "ldap://127.0.0.1:%d" % self.port, "ldaps://127.0.0.1:%d" % self.tls_port
        self.proc = None

    def start(self):
        return self.run(str(ROOT / "demo" / "directory.sh"), str(self.dir), str(self.port), str(self.tls_port))

    def again(self):
        """After a stop, with everything that was in it."""
        return self.run(str(self.dir / "slapd"), "-f", str(self.dir / "slapd.conf"), "-h", "ldap://127.0.0.1:%d ldaps://127.0.0.1:%d" % (self.port, self.tls_port), "-d", "0")

    def run(self, *command):
        self.proc = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "DIRECTORY_ROOTPW": ROOTPW})
        until = time.time() + 30
        while time.time() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.tls_port), timeout=1):
                return self
            assert self.proc.poll() is None, "slapd ended"
            time.sleep(0.05)
        raise AssertionError("slapd does not listen")

    def write(self, operation):
        """One change as the directory's administrator, over LDAPS: RFC 4511 4.6 and its neighbours."""
        context = ssl.create_default_context(cafile=self.ca)
        with socket.create_connection(("127.0.0.1", self.tls_port)) as raw, context.wrap_socket(raw, server_hostname="127.0.0.1") as s:
            bind = ber(0x60, ber(2, b"\3"), ber(4, b"cn=root,dc=corp,dc=example"), ber(0x80, ROOTPW.encode()))
            for number, op in ((1, bind), (2, operation)):
                s.sendall(ber(0x30, ber(2, bytes([number])), op))
                said = s.recv(65536)
                assert b"\n\1\0" in said, said                            # resultCode success

    def add(self, dn, **attributes):
        self.write(ber(0x68, ber(4, dn.encode()), ber(0x30, *(attribute(k, v if isinstance(v, list) else [v]) for k, v in attributes.items()))))

    def delete(self, dn):
        self.write(ber(0x4a, dn.encode()))

    def set(self, dn, name, *values, how=2):
        """The values of one attribute; none: it is taken away. how: 0 adds them."""
        self.write(ber(0x66, ber(4, dn.encode()), ber(0x30, ber(0x30, ber(10, bytes([how])), attribute(name, values)))))

    def stop(self):
        if self.proc is not None:
            self.proc.terminate()
            self.proc.wait(timeout=20)
            self.proc = None

    def close(self):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)
