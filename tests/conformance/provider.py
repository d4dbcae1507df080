"""tests/conformance/provider.py - hufud as the provider under test: TLS on a name of its own, one modern issuer, static clients."""
import base64, json, pathlib, subprocess, sys, tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import financial  # noqa: E402
from protected_api import TRUSTED, ProtectedApi  # noqa: E402
from server import Server, free_ports  # noqa: E402

USER, PASSWORD = "conformance", "correct horse battery staple"
SCOPES = ["openid", "profile", "email", "address", "phone"]
SECRET = "conformance-secret-%s-0123456789abcdef0123456789abcdef"

# One module of plain OpenID Connect sends neither PKCE nor a nonce; some send unsigned request objects; the suite's documents are
# fetched from wherever it is.
SETTINGS = {"pkce": "when_sent", "request_objects": "any", "client_documents_private": True,
            "logout_notices_private": True, "registration": "open", "registration_per_hour": 1000000}

# Of the issuers with a profile: the profile says the rest.
# One module denies what others have allowed. A claim of logouts in an ID token is one that a module does not know.
FINANCIAL = {"client_documents_private": True, "logout_notices_private": True, "consent_memory": "none", "logout_tells_clients": False,
             "authorization_details": financial.DETAILS}


def setting(text):
    """A value as the command line says it: JSON, else a text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def issuer_name(profile):
    return profile.replace(".", "-")


def certificate(directory, host):
    """A certificate of its own for the host, as files: the suite believes every provider under test."""
    cert, key = directory / "provider.crt", directory / "provider.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=" + host,
                    "-addext", "subjectAltName=DNS:" + host, "-keyout", str(key), "-out", str(cert)],
                   check=True, capture_output=True)
    return str(cert), str(key)


def person():
    claims = {"given_name": "Conformance", "family_name": "Tester", "middle_name": "The", "nickname": "tester", "profile": "https://example.com/tester",
              "picture": "https://example.com/tester.png", "website": "https://example.com", "gender": "other", "birthdate": "2000-02-29",
              "zoneinfo": "Europe/Berlin", "locale": "en-GB", "email_verified": True, "phone_number_verified": True,
              "address": {"street_address": "1 Example Street", "locality": "Exampleton", "postal_code": "12345", "country": "GB",
                          "formatted": "1 Example Street\nExampleton\n12345\nGB"}}
    return {"name": USER, "password": PASSWORD, "display_name": "Conformance Tester", "email": "conformance@example.com",
            "phone": "+15550100", "claims": claims}


def signing_key(kid):
    """A P-256 key as a JWK with its private part. The DER is that of RFC 5915."""
    der = subprocess.run("openssl ecparam -name prime256v1 -genkey -noout | openssl ec -outform DER", shell=True, check=True, capture_output=True).stdout
    assert der[2:7] == b"\2\1\1\4\x20"
    text = lambda data: base64.urlsafe_b64encode(data).decode().rstrip("=")
    return {"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": kid, "x": text(der[-64:-32]), "y": text(der[-32:]), "d": text(der[7:39])}


def told_of_logouts(plan, base):
    """Who is registered for one kind of notice gets it, whether a module waits for it or not."""
    if "backchannel" in plan:
        return {"backchannel_logout_uri": base + "backchannel_logout", "backchannel_logout_session_required": True}
    if "frontchannel" in plan:
        return {"frontchannel_logout_uri": base + "frontchannel_logout", "frontchannel_logout_session_required": True}
    return {}


class Client:
    """One static client: what hufu has to know of it, and what the suite has to."""

    def __init__(self, name, plan, method, base):
        self.name, self.method, self.key = name, method, signing_key(name) if method == "private_key_jwt" else None
        self.row = {"id": name, "grants": ["authorization_code", "implicit", "refresh_token"], "scopes": SCOPES, "redirect_uris": [base + "callback"],
                    "metadata": {"token_endpoint_auth_method": method, "post_logout_redirect_uris": [base + "post_logout_redirect"],
                                 **told_of_logouts(plan, base)}}
        self.known = {"client_id": name}
        if method == "mtls":
            self.row["metadata"].update(token_endpoint_auth_method="tls_client_auth", tls_client_auth_subject_dn="CN=" + name)
        elif self.key:
            self.row["metadata"]["jwks"] = {"keys": [{k: v for k, v in self.key.items() if k != "d"}]}
            self.known["jwks"] = {"keys": [self.key]}
        elif method == "none":
            self.row["public"] = True
        else:
            self.row["secret"] = self.known["client_secret"] = SECRET % name


class Provider:
    """A hufud that runs until close(): an issuer for plans of OpenID Connect, and one for each profile. Clients are made for one plan after another."""

    def __init__(self, host, port=None, settings=None):
        self.files = tempfile.TemporaryDirectory(prefix="hufu-conformance-")
        directory = pathlib.Path(self.files.name)
        self.authority = financial.Authority(directory)
        self.host, self.pair, self.apis = host, certificate(directory, host), []
        cert, key = self.pair
        profiles = {issuer_name(profile): profile for profile in financial.PROFILES.values()}
        names = ["main", *profiles]
        self.port = port or free_ports(1)[0]
        ports = dict(zip(names, [self.port, *free_ports(len(names) - 1)]))
        self.issuers = {name: "https://%s:%d" % (host, p) for name, p in ports.items()}
        tls = {"cert_file": cert, "key_file": key, "client_certificates": True}
        listeners = {name: {"bind": ["127.0.0.1:%d" % p], **tls, **({} if name == "main" else {"tls": "fapi"})} for name, p in ports.items()}
        said = {key: setting(value) for key, value in (settings or {}).items()}
        issuers = {name: {"url": url, "dialect": "modern", "listener": name, "realm": "main", "brand": "hufu", "client_ca_file": str(directory / "ca.crt"),
                          **(SETTINGS if name == "main" else {"profile": profiles[name], **FINANCIAL}), **said} for name, url in self.issuers.items()}
        self.server = Server(issuers, [{"realm": "main", "clients": [], "users": [person()]}], listeners=listeners,
                             top=TRUSTED).start(wait=120)
        self.desk = financial.Desk(self.decide)
        self.made = 0

    def issuer_of(self, plan):
        return self.issuers[issuer_name(financial.PROFILES.get(plan, "main"))]

    def decide(self, auth_req_id, allow):
        """As the user of a CIBA request."""
        self.server.hufu("ciba", "approve" if allow else "deny", auth_req_id, "--realm", "main")

    def new_api(self, issuer):
        """What a client's own tokens are for, which userinfo, being about a user, is not."""
        self.apis.append(ProtectedApi(pathlib.Path(self.files.name), self.host, issuer, self.pair, free_ports(2)))
        return self.apis[-1].row()

    def load(self, rows, apis=()):
        answer = self.server.control({"do": "realm.load", "realm": "main", "clients": rows, "resource_servers": list(apis)})
        if not answer.get("ok"):
            raise RuntimeError("the clients could not be made: %s" % answer)

    def place(self, suite_url):
        """(alias, base): where the suite hears of what a plan's modules begin."""
        self.made += 1
        alias = "hufu-%d-%d" % (self.port, self.made)
        return alias, "%s/test/a/%s/" % (suite_url, alias)

    def clients(self, suite_url, plan, method):
        """(alias, the configuration's members): three clients of one plan, whose modules share their addresses at the suite."""
        alias, base = self.place(suite_url)
        members = (("client", "a", method), ("client2", "b", method), ("client_secret_post", "c", "client_secret_post"))
        clients = {member: Client("%s-%s" % (alias, letter), plan, by, base) for member, letter, by in members}
        self.load([c.row for c in clients.values()])
        said = {member: c.known for member, c in clients.items()}
        if method == "mtls":
            said.update({member: self.authority.certify(clients[whose].name) for member, whose in (("mtls", "client"), ("mtls2", "client2"))})
        return alias, said

    def bank_clients(self, suite_url, plan, variant, jwks_uri=False):
        """The same for a plan of FAPI or CIBA: two clients with keys and certificates, and the resource that their tokens are for."""
        alias, base = self.place(suite_url)
        issuer = self.issuer_of(plan)
        opens = self.new_api(issuer) if financial.is_own(variant) else None
        said, rows = {"resource": financial.resource(opens["id"] if opens else issuer + "/userinfo", variant), "automated_ciba_approval_url":
                      self.desk.url + "/approve?auth_req_id={auth_req_id}&action={action}"}, []
        for n, member in ((1, "client"), (2, "client2")):
            name = "%s-%d" % (alias, n)
            key = financial.signing_key(name)
            self.desk.documents["/jwks/" + name] = {"keys": [financial.public(key)]}
            rows.append(financial.registered(name, variant, key, base, opens, self.desk.url + "/jwks/" + name if jwks_uri else None))
            said[member] = financial.known(name, key, USER, opens)
            said["mtls" if n == 1 else "mtls2"] = self.authority.certify(name)
        self.load(rows, [opens] if opens else [])
        return alias, said

    def rotate_keys(self):
        """A new signing key, now."""
        status, said, trouble = self.server.hufu("key", "rotate", "--issuer", "main")
        if status:
            raise RuntimeError("hufu key rotate: %s" % (said + trouble))

    def close(self):
        for api in self.apis:
            api.close()
        self.desk.close()
        self.server.close()
        self.files.cleanup()
