"""tests/certificates.py - certificates of every kind, made with the openssl command."""
import base64, subprocess, time

CNF = """
[ca]
default_ca = d
[d]
dir = .
database = index.txt
new_certs_dir = .
serial = serial
default_md = sha256
policy = p
unique_subject = no
[p]
[req]
distinguished_name = dn
string_mask = utf8only
utf8 = yes
[dn]
"""


def openssl(d, *args):
    r = subprocess.run(["openssl", *map(str, args)], cwd=d, capture_output=True, text=True, timeout=60)
    assert r.returncode == 0, r.stderr
    return r.stdout


def stamp(seconds):
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + seconds))


class Pair:
    """NAME.pem and NAME.key in a directory."""

    def __init__(self, d, name):
        self.d, self.name, self.cert, self.key = d, name, d / (name + ".pem"), d / (name + ".key")

    @property
    def der(self):
        return subprocess.run(["openssl", "x509", "-in", self.cert, "-outform", "DER"], capture_output=True, check=True).stdout

    def jwk(self, x5c=False, **more):
        """Its public key, of P-256; x5c: with the certificate."""
        info = subprocess.run(["openssl", "pkey", "-in", self.key, "-pubout", "-outform", "DER"], capture_output=True, check=True).stdout
        b64 = lambda data: base64.urlsafe_b64encode(data).decode().rstrip("=")
        if x5c:
            more["x5c"] = [base64.b64encode(self.der).decode()]
        return {"kty": "EC", "crv": "P-256", "x": b64(info[-64:-32]), "y": b64(info[-32:]), **more}


class Authority(Pair):
    def __init__(self, d, name, by=None):
        super().__init__(d, name)
        d.mkdir(exist_ok=True)
        (d / "cnf").write_text(CNF)
        (d / "index.txt").touch()
        if not (d / "serial").exists():
            (d / "serial").write_text("1000\n")
        ext = "basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign"
        if by:
            by.issue(name, "/CN=" + name, ext)
        else:
            self_signed(d, name, "/CN=" + name, *sum((["-addext", e] for e in ext.split("\n")), []), extensions=False)

    def issue(self, name, subject, ext="", begins=-86400, ends=864000):
        """A certificate by this authority; ext: lines of an extension file."""
        openssl(self.d, "req", "-new", "-utf8", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config", "cnf", "-subj", subject, "-keyout", name + ".key", "-out", name + ".csr")
        (self.d / (name + ".ext")).write_text(ext + "\n")
        openssl(self.d, "ca", "-batch", "-notext", "-preserveDN", "-config", "cnf", "-cert", self.cert, "-keyfile", self.key, "-in", name + ".csr", "-out", name + ".pem",
                "-startdate", stamp(begins), "-enddate", stamp(ends), "-extfile", name + ".ext")
        return Pair(self.d, name)

    def revoke(self, pair):
        openssl(self.d, "ca", "-config", "cnf", "-cert", self.cert, "-keyfile", self.key, "-revoke", pair.cert)

    def revocations(self, at, begins=-3600, ends=864000, der=False, ext=""):
        """Its list of revoked certificates, at a path; ext: lines of extensions."""
        (self.d / "cnf").write_text(CNF + "[crl]\n" + ext + "\n")
        (self.d / "crlnumber").write_text("01\n")
        openssl(self.d, "ca", "-gencrl", "-config", "cnf", "-cert", self.cert, "-keyfile", self.key, "-crl_lastupdate", stamp(begins), "-crl_nextupdate", stamp(ends), "-out", at,
                *(["-crlexts", "crl"] if ext else []))
        if der:
            openssl(self.d, "crl", "-in", at, "-outform", "DER", "-out", at)
        return at


def self_signed(d, name, subject=None, *more, key="ec", extensions=True):
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"] if key == "ec" else ["-newkey", key]
    openssl(d, "req", "-x509", *kind, "-nodes", "-days", "10", "-subj", subject or "/CN=" + name, "-keyout", name + ".key", "-out", name + ".pem", *more)
    return Pair(d, name)


def renewed(pair, name):
    """Another certificate for the same key."""
    openssl(pair.d, "req", "-x509", "-new", "-key", pair.key, "-days", "20", "-subj", "/CN=" + name, "-out", name + ".pem")
    again = Pair(pair.d, name)
    again.key = pair.key
    return again
