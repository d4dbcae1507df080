"""tests/conformance/provider.py - hufud as the provider under test: TLS on a name of its own, one modern issuer, static clients."""
import json, pathlib, subprocess, sys, tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from server import Server, free_ports  # noqa: E402

USER, PASSWORD = "conformance", "correct horse battery staple"
SCOPES = ["openid", "profile", "email", "phone"]
SECRET = "conformance-secret-%s-0123456789abcdef0123456789abcdef"

# One module of plain OpenID Connect sends neither PKCE nor a nonce; some send unsigned request objects; the suite's documents are
# fetched from wherever it is.
SETTINGS = {"pkce": "when_sent", "request_objects": "any", "client_documents_private": True}


def setting(text):
    """A value as the command line says it: JSON, else a text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def certificate(directory, host):
    """A certificate of its own for the host, as files: the suite believes every provider under test."""
    cert, key = directory / "provider.crt", directory / "provider.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=" + host,
                    "-addext", "subjectAltName=DNS:" + host, "-keyout", str(key), "-out", str(cert)],
                   check=True, capture_output=True)
    return str(cert), str(key)


def person():
    return {"name": USER, "password": PASSWORD, "display_name": "Conformance Tester", "email": "conformance@example.com",
            "phone": "+15550100"}


def client_row(name, base):
    return {"id": name, "secret": SECRET % name, "grants": ["authorization_code", "implicit", "refresh_token"], "scopes": SCOPES,
            "redirect_uris": [base + "callback"],
            "metadata": {"post_logout_redirect_uris": [base + "post_logout_redirect"],
                         "backchannel_logout_uri": base + "backchannel_logout", "backchannel_logout_session_required": True,
                         "frontchannel_logout_uri": base + "frontchannel_logout", "frontchannel_logout_session_required": True}}


class Provider:
    """A hufud that runs until close(). issuer: its address. Clients are made for one plan after another."""

    def __init__(self, host, port=None, settings=None):
        self.files = tempfile.TemporaryDirectory(prefix="hufu-conformance-")
        cert, key = certificate(pathlib.Path(self.files.name), host)
        self.port = port or free_ports(1)[0]
        self.issuer = "https://%s:%d" % (host, self.port)
        listeners = {"main": {"bind": ["127.0.0.1:%d" % self.port], "cert_file": cert, "key_file": key}}
        issuer = {"url": self.issuer, "dialect": "modern", "listener": "main", "realm": "main", "brand": "hufu", **SETTINGS}
        issuer.update({key: setting(value) for key, value in (settings or {}).items()})
        issuers = {"main": issuer}
        self.server = Server(issuers, [{"realm": "main", "clients": [], "users": [person()]}], listeners=listeners).start()
        self.made = 0

    def clients(self, suite_url):
        """(alias, the configuration's members): three clients of one plan, whose modules share their addresses at the suite."""
        self.made += 1
        alias = "hufu-%d-%d" % (self.port, self.made)
        names = {"client": alias + "-a", "client2": alias + "-b", "client_secret_post": alias + "-c"}
        rows = [client_row(name, "%s/test/a/%s/" % (suite_url, alias)) for name in names.values()]
        answer = self.server.control({"do": "realm.load", "realm": "main", "clients": rows})
        if not answer.get("ok"):
            raise RuntimeError("the clients could not be made: %s" % answer)
        return alias, {member: {"client_id": name, "client_secret": SECRET % name} for member, name in names.items()}

    def rotate_keys(self):
        """A new signing key, now."""
        status, said, trouble = self.server.hufu("key", "rotate", "--issuer", "main")
        if status:
            raise RuntimeError("hufu key rotate: %s" % (said + trouble))

    def close(self):
        self.server.close()
        self.files.cleanup()
