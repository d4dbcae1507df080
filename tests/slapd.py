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
        until = time.time() + 60
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

    def binds(self, dn, password):
        """Is that the password?"""
        context = ssl.create_default_context(cafile=self.ca)
        with socket.create_connection(("127.0.0.1", self.tls_port)) as raw, context.wrap_socket(raw, server_hostname="127.0.0.1") as s:
            s.sendall(ber(0x30, ber(2, b"\1"), ber(0x60, ber(2, b"\3"), ber(4, dn.encode()), ber(0x80, password.encode()))))
            return b"\n\1\0" in s.recv(65536)

    def stop(self):
        if self.proc is not None:
            self.proc.terminate()
            self.proc.wait(timeout=20)
            self.proc = None

    def close(self):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)


POLICY = "cn=%s,ou=policies,dc=corp,dc=example"
POLICIES = {"usual": {}, "old": {"pwdMaxAge": "3600"}, "grace": {"pwdMaxAge": "3600", "pwdGraceAuthnLimit": "4"}, "closed": {"pwdMaxAge": "3600", "pwdGraceAuthnLimit": "4", "pwdAllowUserChange": "FALSE"}}
USUAL = {"pwdAttribute": "userPassword", "pwdMinLength": "10", "pwdCheckQuality": "2", "pwdInHistory": "3", "pwdLockout": "TRUE", "pwdMaxFailure": "3",
         "pwdMustChange": "TRUE", "pwdSafeModify": "TRUE", "pwdAllowUserChange": "TRUE"}


class Policed(Slapd):
    """The same with the overlays ppolicy, memberof and refint: passwords that are over, groups that name their members."""

    def start(self):
        super().start()
        self.stop()
        conf = self.dir / "slapd.conf"
        lines = [line for line in conf.read_text().split("\n") if "NAME 'memberOf'" not in line]
        module = next(line for line in lines if line.startswith("modulepath"))
        lines.remove(module)
        text = "\n".join([module] + ["moduleload " + x for x in ("ppolicy", "memberof", "refint")] + lines)
        text = text.replace("access to attrs=userPassword by anonymous auth by * none", 'access to attrs=userPassword by self write by dn.exact="cn=hufu,dc=corp,dc=example" write by anonymous auth by * none')
        text = text.replace(" $ memberOf", "")
        conf.write_text(text + "\noverlay ppolicy\nppolicy_default \"%s\"\nppolicy_use_lockout\noverlay memberof\noverlay refint\nrefint_attributes member memberOf\n" % (POLICY % "usual"))
        self.load("dn: ou=policies,dc=corp,dc=example\nobjectClass: organizationalUnit\nou: policies\n\n" + "\n".join(
            "dn: %s\nobjectClass: device\nobjectClass: pwdPolicy\ncn: %s\n%s" % (POLICY % name, name, "".join("%s: %s\n" % x for x in {**USUAL, **more}.items())) for name, more in POLICIES.items()))
        return self.again()

    def load(self, ldif):
        """While it is stopped: what no client may write too."""
        subprocess.run([str(self.dir / "slapd"), "-T", "add", "-f", str(self.dir / "slapd.conf")], input=ldif.encode(), check=True, capture_output=True)

    def people(self, **names):
        """Each with a policy and a password of the year 2020."""
        self.stop()
        self.load("\n".join("dn: cn=%s,ou=people,dc=corp,dc=example\nobjectClass: inetOrgPerson\nobjectClass: demoAccount\ncn: %s\nsn: %s\nsAMAccountName: %s\nmail: %s@corp.example\n"
                             "mobile: 1390000%04d\nuserPassword: right-word\npwdPolicySubentry: %s\npwdChangedTime: 20200101000000Z\n" % (n, n, n, n, n, i, POLICY % policy)
                             for i, (n, policy) in enumerate(names.items())))
        return self.again()
