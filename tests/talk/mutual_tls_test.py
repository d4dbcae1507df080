"""Mutual TLS (RFC 8705): what a listener asks for, what a proxy passes on, who a client is by its certificate."""
import base64, hashlib, http.client, json, re, shutil, ssl, subprocess, urllib.parse

import pytest

from certificates import Authority, renewed, self_signed as alone
from request_object_test import documents
from server import Server, free_ports
from talker import APP_SECRET, VERIFIER, Browser, audit_of, authorize_url, basic, bearer, challenge, client, get, post, realm, wait


def openssl(*args, input=""):
    return subprocess.run(["openssl", *map(str, args)], input=input, capture_output=True, text=True, timeout=30)


def self_signed(directory, name, key="ec", *more):
    """name.pem and name.key in the directory."""
    curve = ["-pkeyopt", "ec_paramgen_curve:P-256"] if key == "ec" else []
    r = openssl("req", "-x509", "-newkey", key, *curve, "-nodes", "-days", "2", "-subj", "/CN=" + name, "-keyout", directory / (name + ".key"),
                "-out", directory / (name + ".pem"), *more)
    assert r.returncode == 0, r.stderr


EXCHANGE, ACCESS = "urn:ietf:params:oauth:grant-type:token-exchange", "urn:ietf:params:oauth:token-type:access_token"
BEARER, ID, JAG = "urn:ietf:params:oauth:grant-type:jwt-bearer", "urn:ietf:params:oauth:token-type:id_token", "urn:ietf:params:oauth:token-type:id-jag"

# --- the listener ------------------------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def listeners(tmp_path_factory):
    d = tmp_path_factory.mktemp("tls")
    self_signed(d, "localhost", "rsa:2048", "-addext", "subjectAltName=DNS:localhost")
    self_signed(d, "client")
    pair = {"cert_file": str(d / "localhost.pem"), "key_file": str(d / "localhost.key")}
    ports = dict(zip(("modern", "fapi", "asks"), free_ports(3)))
    all = {"modern": {**pair}, "fapi": {**pair, "tls": "fapi"}, "asks": {**pair, "tls": "fapi", "client_certificates": True}}
    for name, l in all.items():
        l["bind"] = ["127.0.0.1:%d" % ports[name]]
    with Server({"main": {"url": "https://localhost:%d" % ports["asks"], "realm": "main"}}, [realm()], listeners=all) as w:
        w.port, w.d = ports, d
        yield w


def hello(w, listener, *args):
    return openssl("s_client", "-connect", "127.0.0.1:%d" % w.port[listener], "-CAfile", w.d / "localhost.pem", *args).stdout


def cipher(w, listener, *args):
    m = re.search(r"Cipher is (\S+)", hello(w, listener, *args))
    return m[1] if m and m[1] != "(NONE)" else None


def test_the_profile_of_fapi_is_by_listener(listeners):
    """FAPI 2.0 Security Profile section 5.2.2.1: TLS 1.3, or 1.2 with ECDHE and AES-GCM."""
    w = listeners
    for name in ("fapi", "asks"):
        assert cipher(w, name, "-tls1_3") == "TLS_AES_256_GCM_SHA384"
        assert cipher(w, name, "-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256") == "TLS_AES_128_GCM_SHA256"
        assert cipher(w, name, "-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256") is None
        for right in ("ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384"):
            assert cipher(w, name, "-tls1_2", "-cipher", right) == right
        for wrong in ("ECDHE-RSA-CHACHA20-POLY1305", "AES128-GCM-SHA256", "DHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA256",
                      "ALL:!AESGCM:@SECLEVEL=0", "ALL:!ECDHE:@SECLEVEL=0"):
            assert cipher(w, name, "-tls1_2", "-cipher", wrong) is None, wrong
        for version in ("-tls1", "-tls1_1"):
            assert cipher(w, name, version, "-cipher", "ALL:@SECLEVEL=0") is None
    assert cipher(w, "modern", "-tls1_2", "-cipher", "ECDHE-RSA-CHACHA20-POLY1305") == "ECDHE-RSA-CHACHA20-POLY1305"
    assert cipher(w, "modern", "-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256") == "TLS_CHACHA20_POLY1305_SHA256"


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_certificates_are_asked_for_without_authorities(listeners, version):
    w = listeners
    asked = hello(w, "asks", version)
    assert "No client certificate CA names sent" in asked and "Requested Signature Algorithms" in asked
    assert "Acceptable client certificate CA names" not in asked
    assert "Requested Signature Algorithms" not in hello(w, "fapi", version)


@pytest.mark.parametrize("setting, said", [
    ({"client_certificates": True}, "only a listener with TLS"), ({"tls": "old"}, "modern"),
])
def test_settings_of_a_listener(tmp_path, setting, said):
    w = Server({"main": {"url": "http://localhost", "realm": "main"}}, [], listeners={"a": {"bind": ["127.0.0.1:%d" % free_ports(1)[0]], **setting}}, keep=tmp_path / "x")
    w.write_config()
    status, out, err = w.hufu("config", "check")
    assert status != 0 and said in out + err, out + err


@pytest.mark.parametrize("top, said", [
    ("http:\n  client_cert_header: Client-Cert", "trusted_proxies"),
    ("http:\n  trusted_proxies: 10.0.0.1\n  client_cert_header: Host", "is no name"),
    ("http:\n  trusted_proxies: 10.0.0.1\n  client_cert_header: \"a b\"", "is no name"),
    ("http:\n  trusted_proxies: 10.0.0.1\n  client_cert_header: Client-Cert\n  client_cert_format: der", "rfc9440"),
])
def test_settings_of_the_field(tmp_path, top, said):
    w = Server({"main": {"url": "http://localhost", "realm": "main"}}, [], top=top, listeners={"a": {"bind": ["127.0.0.1:%d" % free_ports(1)[0]]}}, keep=tmp_path / "x")
    w.write_config()
    status, out, err = w.hufu("config", "check")
    assert status != 0 and said in out + err, out + err


# --- who the client is -------------------------------------------------------------------------------------------------------------

SUBJECT = "/C=CN/O=Example GmbH/OU=APIs/CN=billing"
DN = "CN=billing,OU=APIs,O=Example GmbH,C=CN"
SAN = "subjectAltName=DNS:billing.example,URI:spiffe://example/billing,IP:192.0.2.7,IP:2001:db8::7,email:Billing@example.com"


class Certificates:
    """Of everybody: files of one directory."""

    def __init__(self, d):
        self.d = d
        self.ca, self.other_ca = Authority(d, "ca"), Authority(d / "other", "other-ca")
        self.middle = Authority(d, "middle", by=self.ca)
        self.server = alone(d, "localhost", None, "-addext", "subjectAltName=DNS:localhost", key="rsa:2048")
        self.good = self.ca.issue("good", SUBJECT)
        self.sans = self.ca.issue("sans", "/CN=somebody", SAN)
        self.deep = self.middle.issue("deep", SUBJECT)
        self.chain = d / "chain.pem"
        self.chain.write_text(self.deep.cert.read_text() + self.middle.cert.read_text())
        self.mine = alone(d, "mine")
        self.others = alone(d, "others")
        self.again = renewed(self.mine, "again")


def methods(base, c):
    """Clients by id: metadata."""
    tls = {"token_endpoint_auth_method": "tls_client_auth"}
    own = {"token_endpoint_auth_method": "self_signed_tls_client_auth"}
    return {"dn": {**tls, "tls_client_auth_subject_dn": DN}, "dn-case": {**tls, "tls_client_auth_subject_dn": "cn=BILLING, ou=apis , o=Example  gmbh,c=cn"},
            "dn-order": {**tls, "tls_client_auth_subject_dn": "C=CN,O=Example GmbH,OU=APIs,CN=billing"}, "dn-part": {**tls, "tls_client_auth_subject_dn": "CN=billing"},
            "dn-more": {**tls, "tls_client_auth_subject_dn": DN + ",DC=x"}, "dn-set": {**tls, "tls_client_auth_subject_dn": "CN=billing+OU=APIs,O=Example GmbH,C=CN"},
            "dns": {**tls, "tls_client_auth_san_dns": "BILLING.example"}, "uri": {**tls, "tls_client_auth_san_uri": "spiffe://example/billing"},
            "ip": {**tls, "tls_client_auth_san_ip": "192.0.2.7"}, "ip6": {**tls, "tls_client_auth_san_ip": "2001:DB8:0::7"},
            "email": {**tls, "tls_client_auth_san_email": "Billing@EXAMPLE.com"},
            "dns-as-uri": {**tls, "tls_client_auth_san_uri": "billing.example"}, "uri-as-dns": {**tls, "tls_client_auth_san_dns": "spiffe://example/billing"},
            "email-case": {**tls, "tls_client_auth_san_email": "billing@example.com"}, "uri-case": {**tls, "tls_client_auth_san_uri": "SPIFFE://example/billing"},
            "ip-other": {**tls, "tls_client_auth_san_ip": "192.0.2.70"}, "cn-as-dns": {**tls, "tls_client_auth_san_dns": "somebody"},
            "own": {**own, "jwks": {"keys": [c.mine.jwk(kid="a")]}}, "own-x5c": {**own, "jwks": {"keys": [c.mine.jwk(x5c=True)]}},
            "own-far": {**own, "jwks_uri": base + "/jwks"}, "secret": {"token_endpoint_auth_method": "client_secret_post"}, "any": {}}


@pytest.fixture(scope="module")
def w(tmp_path_factory):
    d = tmp_path_factory.mktemp("certs")
    c = Certificates(d)
    plain, asks, trusted = free_ports(3)
    with documents() as (base, have, asked):
        have["/jwks"] = json.dumps({"keys": [c.others.jwk(kid="b"), c.mine.jwk(kid="a")]})
        r = realm()
        for id, metadata in methods(base, c).items():
            r["clients"].append(client(id, APP_SECRET if id in ("secret", "any") else None, metadata=metadata, grants=["client_credentials", "authorization_code", "refresh_token"],
                                       scopes=["read"], redirect_uris=["https://app.example/cb"], introspects="all"))
        bound = {"tls_client_certificate_bound_access_tokens": True}
        common = dict(grants=["client_credentials", "authorization_code", "refresh_token", "implicit"], scopes=["openid", "read"], redirect_uris=["https://app.example/cb"], auto_approve=True)
        r["clients"] += [client("bound", None, metadata={**methods(base, c)["own"], **bound, "jwks": {"keys": [c.mine.jwk(), c.others.jwk()]}}, introspects="all", **common),
                         client("bound-secret", APP_SECRET, metadata=bound, **common), client("bound-spa", None, metadata=bound, **{**common, "grants": ["authorization_code", "refresh_token"]})]
        r["clients"].append(client("swap", APP_SECRET, metadata={"token_exchange_subjects": ["all"], "token_exchange_modes": ["delegation", "impersonation"]}, introspects="all",
                                   grants=["client_credentials", EXCHANGE], scopes=["openid", "read"]))
        at = "http://127.0.0.1:%d" % plain
        r["clients"].append(client("wiki", APP_SECRET, metadata={**bound, "id_jag_audiences": [at + "/opaque"]}, **{**common, "grants": ["authorization_code", EXCHANGE, BEARER]}))
        r["clients"].append(client("off", None, enabled=False, metadata=methods(base, c)["dn"], grants=["client_credentials"], scopes=["read"]))
        issuers = {"main": {"id_jag": True, "url": at, "realm": "main", "listener": ["plain", "asks"], "mtls_url": "https://localhost:%d" % asks, "client_ca_file": str(c.ca.cert),
                            "client_documents_private": True, "registration": "open", "registration_scopes": "read"},
                   "opaque": {"url": at + "/opaque", "realm": "main", "listener": ["plain", "asks"], "access_shape": "row_id", "response_types": "all", "mtls_url": "https://localhost:%d/opaque" % asks, "trusts": ["first"]},
                   "old": {"url": "http://127.0.0.1:%d" % trusted, "dialect": "spring", "realm": "main", "listener": ["old"]}}
        listeners = {"plain": {"bind": ["127.0.0.1:%d" % plain]}, "old": {"bind": ["127.0.0.1:%d" % trusted]},
                     "asks": {"bind": ["127.0.0.1:%d" % asks], "cert_file": str(c.server.cert), "key_file": str(c.server.key), "client_certificates": True, "tls": "fapi"}}
        top = "trusted_issuers:\n  first:\n    url: %s\n    for: [id_jag]\n    subject_by: id\n    allow_private: true\n" % at
        with Server(issuers, [r], listeners=listeners, top=top) as world:
            world.c, world.url, world.mtls, world.old = c, at, "https://localhost:%d" % asks, "http://127.0.0.1:%d" % trusted
            world.at = lambda issuer, path: at + ("/opaque" if issuer == "opaque" else "") + path
            yield world


def secure(w, pair=None, cert=None):
    """A connection to the listener that asks, with a certificate or without."""
    context = ssl.create_default_context(cafile=w.c.server.cert)
    if pair is not None:
        context.load_cert_chain(cert or pair.cert, pair.key)
    return http.client.HTTPSConnection("localhost", urllib.parse.urlsplit(w.mtls).port, timeout=30, context=context)


def ask(w, id, pair=None, cert=None, headers=None, path="/token", **more):
    fields = {"grant_type": "client_credentials", "client_id": id, **more}
    return post(w.mtls + path, {k: v for k, v in fields.items() if v is not None}, headers, conn=secure(w, pair, cert))


GOOD = [("dn", "good"), ("dn-case", "good"), ("dns", "sans"), ("uri", "sans"), ("ip", "sans"), ("ip6", "sans"), ("email", "sans"), ("own", "mine"), ("own-x5c", "mine"),
        ("own", "again"), ("own-far", "mine"), ("own-far", "others")]


@pytest.mark.parametrize("id, pair", GOOD)
def test_a_certificate_is_the_client(w, id, pair):
    r = ask(w, id, getattr(w.c, pair))
    assert r.status == 200 and "access_token" in r.json(), r
    assert ask(w, id, getattr(w.c, pair), path="/introspect", token=r.json()["access_token"]).json()["active"]


def test_a_chain_by_what_the_client_sends(w):
    assert ask(w, "dn", w.c.deep, w.c.chain).status == 200
    r = ask(w, "dn", w.c.deep)
    assert (r.status, r.json()["error"]) == (401, "invalid_client")
    a = audit_of(w, error_id=r.get("X-Hufu-Error-Id"))
    assert a["reason"] == "client_certificate" and "unable to get local issuer" in a["detail"], a


BAD = [(id, "good") for id in ("dn-order", "dn-part", "dn-more", "dn-set", "dns", "uri", "own", "off")] + [
    (id, "sans") for id in ("dn", "dns-as-uri", "uri-as-dns", "email-case", "uri-case", "ip-other", "cn-as-dns")] + [
    ("dn", "mine"), ("own", "others"), ("own-x5c", "again"), ("own", None), ("dn", None), ("nobody", "good")]


@pytest.mark.parametrize("id, pair", BAD)
def test_a_certificate_of_somebody_else(w, id, pair):
    r = ask(w, id, pair and getattr(w.c, pair))
    assert (r.status, r.json()["error"]) == (401, "invalid_client"), r
    assert audit_of(w, error_id=r.get("X-Hufu-Error-Id"))["reason"] in ("client_certificate", "client_unknown", "client_disabled")


def test_certificates_that_do_not_hold(w):
    c = w.c
    bad = {"expired": c.ca.issue("expired", SUBJECT, begins=-86400 * 9, ends=-86400), "early": c.ca.issue("early", SUBJECT, begins=86400, ends=86400 * 9),
           "of another authority": c.other_ca.issue("foreign", SUBJECT), "for servers": c.ca.issue("servers", SUBJECT, "extendedKeyUsage=serverAuth"),
           "of itself": alone(c.d, "imitation", SUBJECT)}
    # an authority of the same name, and a certificate that signs another without being an authority
    fake = Authority(c.d / "fake", "ca")
    bad["of an authority of the same name"] = fake.issue("faked", SUBJECT)
    leaf = Authority.__new__(Authority)
    leaf.__dict__.update(c.good.__dict__)
    broken = leaf.issue("broken", SUBJECT)
    chain = c.d / "broken-chain.pem"
    chain.write_text(broken.cert.read_text() + c.good.cert.read_text())
    for what, pair in bad.items():
        r = ask(w, "dn", pair)
        assert (r.status, r.json()["error"]) == (401, "invalid_client"), (what, r)
        assert audit_of(w, error_id=r.get("X-Hufu-Error-Id"))["reason"] == "client_certificate", what
    assert ask(w, "dn", broken, chain).status == 401
    assert ask(w, "dn", c.ca.issue("clients", SUBJECT, "extendedKeyUsage=clientAuth")).status == 200
    old = c.ca.issue("old-own", "/CN=x", begins=-86400 * 9, ends=-86400)
    r = ask(w, "own", old)
    assert r.status == 401 and "dates" in audit_of(w, error_id=r.get("X-Hufu-Error-Id"))["detail"]


def test_certificates_of_the_handshake(w):
    """Any kind of key gets through it; what is too much counts as none."""
    c = w.c
    r = ask(w, "own", alone(c.d, "of-rsa", key="rsa:2048"))
    assert r.status == 401 and "neither it nor its key" in audit_of(w, error_id=r.get("X-Hufu-Error-Id"))["detail"]
    long = c.d / "long.pem"
    long.write_text(c.mine.cert.read_text() + c.ca.cert.read_text() * 7)
    assert ask(w, "own", c.mine, long).status == 200
    long.write_text(c.mine.cert.read_text() + c.ca.cert.read_text() * 8)
    r = ask(w, "own", c.mine, long)
    assert r.status == 401 and "none was shown" in audit_of(w, error_id=r.get("X-Hufu-Error-Id"))["detail"] and "too many or too large" in w.log()
    large = alone(c.d, "large", None, "-addext", "subjectAltName=" + ",".join("URI:https://%s.example/%d" % ("x" * 200, i) for i in range(90)))
    r = ask(w, "own", large)
    assert r.status == 401 and "none was shown" in audit_of(w, error_id=r.get("X-Hufu-Error-Id"))["detail"]


def test_an_issuer_that_a_host_name_selects(w):
    plain, asks = free_ports(2)
    r = realm()
    r["clients"].append(client("own", None, metadata=methods("", w.c)["own"], grants=["client_credentials"], scopes=["read"]))
    listeners = {**w.listeners, "plain": {**w.listeners["plain"], "bind": ["127.0.0.1:%d" % plain]}, "asks": {**w.listeners["asks"], "bind": ["127.0.0.1:%d" % asks]}}
    listeners.pop("old")
    issuers = {"one": {"url": "http://id.example", "host": "id.example", "realm": "main", "mtls_url": "https://localhost:%d" % asks},
               "two": {"url": "http://two.example", "host": "two.example", "realm": "main"}}
    with Server(issuers, [r], listeners=listeners) as s:
        s.c, s.mtls = w.c, "https://localhost:%d" % asks
        m = get("http://127.0.0.1:%d/.well-known/oauth-authorization-server" % plain, {"Host": "id.example"}).json()
        assert m["issuer"] == "http://id.example" and m["mtls_endpoint_aliases"]["token_endpoint"] == s.mtls + "/token"
        assert ask(s, "own", w.c.mine).status == 200
        m = get("http://127.0.0.1:%d/.well-known/oauth-authorization-server" % plain, {"Host": "two.example"}).json()
        assert m["issuer"] == "http://two.example" and "mtls_endpoint_aliases" not in m


def test_one_method_and_the_registered_one(w):
    c = w.c
    assert ask(w, "dn", c.good, headers=basic("dn", "x")).json()["error"] == "invalid_request"
    assert ask(w, "dn", c.good, client_secret="x").json()["error"] == "invalid_request"
    assert ask(w, "dn", c.good, client_assertion="x", client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer").json()["error"] == "invalid_request"
    assert ask(w, "dn", client_secret="").json()["error"] == "invalid_client"
    assert ask(w, None, c.good).json()["error"] == "invalid_client"                    # RFC 8705 section 2: client_id is needed
    # a certificate says nothing of a client that authenticates otherwise, and takes nothing away
    assert ask(w, "secret", c.good).json()["error"] == "invalid_client" and ask(w, "any", c.good).json()["error"] == "invalid_client"
    assert ask(w, "secret", c.good, client_secret=APP_SECRET).status == 200
    assert ask(w, None, c.good, headers=basic("any", APP_SECRET)).status == 200
    assert ask(w, None, c.good, headers=basic("dn", "")).status == 401
    # at the listener that asks nobody there is none
    assert post(w.url + "/token", {"grant_type": "client_credentials", "client_id": "dn"}).json()["error"] == "invalid_client"


def test_a_field_of_nobody_that_is_trusted(w):
    for name in ("Client-Cert", "X-Client-Cert", "X-SSL-Client-Cert", "X-Forwarded-Client-Cert"):
        for value in (":%s:" % base64.b64encode(w.c.good.der).decode(), urllib.parse.quote(w.c.good.cert.read_text())):
            fields = {"grant_type": "client_credentials", "client_id": "dn"}
            assert post(w.url + "/token", fields, {name: value}).status == 401 and ask(w, "dn", headers={name: value}).status == 401
            assert ask(w, "own", w.c.others, headers={name: value}).status == 401


def test_it_is_told_where_it_can_be_done(w):
    for document in ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"):
        m = get(w.url + document).json()
        assert m == get(w.mtls + document, conn=secure(w)).json() and m["issuer"] == w.url
        for member in ("token_endpoint", "introspection_endpoint", "revocation_endpoint"):
            assert {"tls_client_auth", "self_signed_tls_client_auth"} <= set(m[member + "_auth_methods_supported"])
            assert m["mtls_endpoint_aliases"][member] == m[member].replace(w.url, w.mtls)
        assert m["mtls_endpoint_aliases"]["userinfo_endpoint"] == w.mtls + "/userinfo" and "authorization_endpoint" not in m["mtls_endpoint_aliases"]
        assert m["tls_client_certificate_bound_access_tokens"] is True
    assert "mtls" not in get(w.old + "/.well-known/oauth-authorization-server").text and "tls_client" not in get(w.old + "/.well-known/openid-configuration").text


def test_registration(w):
    def register(**more):
        return post(w.url + "/register", json.dumps({"redirect_uris": ["https://app.example/cb"], "scope": "read", "grant_types": ["client_credentials", "authorization_code"], **more}),
                    {"Content-Type": "application/json"})
    r = register(token_endpoint_auth_method="tls_client_auth", tls_client_auth_subject_dn=DN)
    assert r.status == 201 and r.json()["tls_client_auth_subject_dn"] == DN, r
    # it is known, and may not use this grant: it came by itself
    assert ask(w, r.json()["client_id"], w.c.good).json()["error"] == "unauthorized_client" and ask(w, r.json()["client_id"], w.c.sans).status == 401
    r = register(token_endpoint_auth_method="self_signed_tls_client_auth", jwks={"keys": [w.c.mine.jwk(x5c=True)]}, tls_client_certificate_bound_access_tokens=True)
    assert r.status == 201 and r.json()["tls_client_certificate_bound_access_tokens"] is True
    assert ask(w, r.json()["client_id"], w.c.mine).json()["error"] == "unauthorized_client" and ask(w, r.json()["client_id"], w.c.others).status == 401
    for wrong in ({}, {"tls_client_auth_subject_dn": "CN"}, {"tls_client_auth_subject_dn": ""}, {"tls_client_auth_subject_dn": DN, "tls_client_auth_san_dns": "x.example"},
                  {"tls_client_auth_san_ip": "1.2.3"}, {"tls_client_auth_san_email": "x"}, {"tls_client_auth_san_dns": "a b"}, {"tls_client_auth_subject_dn": "UNKNOWN=x"},
                  {"tls_client_auth_subject_dn": "CN=a,,O=b"}, {"tls_client_auth_subject_dn": 7}):
        r = register(token_endpoint_auth_method="tls_client_auth", **wrong)
        assert (r.status, r.json()["error"]) == (400, "invalid_client_metadata"), (wrong, r)
    assert register(token_endpoint_auth_method="self_signed_tls_client_auth").status == 400


def test_the_command_line(w):
    status, out, err = w.hufu("client", "create", "cli", "--realm", "main", "--grant", "client_credentials", "--scope", "read", "--auth-method", "tls_client_auth", "--tls-san-dns", "billing.example")
    assert status == 0, err
    assert ask(w, "cli", w.c.sans).status == 200
    assert "billing.example" in w.hufu("client", "show", "cli", "--realm", "main")[1]
    assert w.hufu("client", "set", "cli", "--realm", "main", "--tls-san-uri", "spiffe://example/billing")[0] != 0
    assert w.hufu("client", "set", "cli", "--realm", "main", "--tls-san-dns", "", "--tls-san-uri", "spiffe://example/other")[0] == 0
    assert ask(w, "cli", w.c.sans).status == 401


def test_the_settings_of_an_issuer(w, tmp_path):
    (tmp_path / "empty.pem").write_text("nothing\n")
    (tmp_path / "half.pem").write_text(w.c.ca.cert.read_text() + w.c.ca.cert.read_text()[:200])
    for setting, said in (({"client_ca_file": "/nonexistent/ca.pem"}, "client_ca_file"), ({"client_ca_file": str(tmp_path / "empty.pem")}, "holds no certificate"),
                          ({"client_ca_file": str(tmp_path / "half.pem")}, "cannot be read"), ({"mtls_url": "http://localhost"}, "mtls_url"), ({"mtls_url": "https://localhost/x"}, "mtls_url"),
                          ({"mtls_url": "https://localhost", "listener": ["plain"]}, "no listener")):
        other = Server({"main": {**w.issuers["main"], **setting}}, [], listeners=w.listeners, keep=tmp_path / "x")
        other.write_config()
        status, out, err = other.hufu("config", "check")
        assert status != 0 and said in out + err, (setting, out, err)


# --- tokens that are bound to a certificate ----------------------------------------------------------------------------------------

def thumbprint(pair):
    return base64.urlsafe_b64encode(hashlib.sha256(pair.der).digest()).decode().rstrip("=")


def use(w, token, pair=None, path="/userinfo", prefix=""):
    return get(w.mtls + prefix + path, bearer(token), conn=secure(w, pair))


def code_flow(w, id, pair, prefix="", **more):
    b = Browser(w.url + prefix)
    code = b.authorize(authorize_url(w, "opaque" if prefix else "main", client=id, scope="openid", code_challenge=challenge(), code_challenge_method="S256")).query()["code"]
    return ask(w, id, pair, grant_type="authorization_code", code=code, redirect_uri="https://app.example/cb", code_verifier=VERIFIER, path=prefix + "/token", **more)


@pytest.mark.parametrize("prefix", ["", "/opaque"])
@pytest.mark.parametrize("id, more", [("bound", {}), ("bound-secret", {"client_secret": APP_SECRET}), ("bound-spa", {})])
def test_a_bound_token_works_with_its_certificate_alone(w, id, more, prefix):
    """RFC 8705 section 3, signed and opaque, of clients that authenticate by a certificate, otherwise, and not at all."""
    c = w.c
    r = code_flow(w, id, c.mine, prefix, **more)
    assert r.status == 200, r
    token = r.json()["access_token"]
    assert use(w, token, c.mine, prefix=prefix).status == 200 and use(w, token, c.mine, "/auth/verify", prefix).status == 200
    for wrong in (None, c.others, c.again, c.good):
        r = use(w, token, wrong, prefix=prefix)
        assert r.status == 401 and 'error="invalid_token"' in r.get("WWW-Authenticate"), r
        assert use(w, token, wrong, "/auth/verify", prefix).status == 401
    assert get(w.url + prefix + "/userinfo", bearer(token)).status == 401
    # the field is a stranger's word
    assert get(w.url + prefix + "/userinfo", {**bearer(token), "Client-Cert": ":%s:" % base64.b64encode(c.mine.der).decode()}).status == 401
    assert post(w.mtls + prefix + "/userinfo", {"access_token": token}, conn=secure(w, c.mine)).status == 200
    assert post(w.mtls + prefix + "/userinfo", {"access_token": token}, conn=secure(w, c.others)).status == 401
    facts = ask(w, "own", c.mine, path=prefix + "/introspect", token=token, grant_type=None).json()
    assert facts["active"] and facts["cnf"] == {"x5t#S256": thumbprint(c.mine)} and facts["token_type"] == "Bearer"
    if prefix == "":
        claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
        assert claims["cnf"] == {"x5t#S256": thumbprint(c.mine)}


@pytest.mark.parametrize("id, more", [("bound", {}), ("bound-secret", {"client_secret": APP_SECRET}), ("bound-spa", {})])
def test_refresh_tokens(w, id, more):
    """RFC 8705 sections 4 and 6.3: bound where nothing else says whose they are; a confidential client may turn its certificate."""
    c = w.c
    t = code_flow(w, id, c.mine, **more).json()["refresh_token"]
    fields = dict(grant_type="refresh_token", **more)
    other = ask(w, id, c.others, refresh_token=t, **fields)
    if id == "bound-spa":
        assert other.json()["error"] == "invalid_grant" and ask(w, id, None, refresh_token=t, **fields).status == 400
        assert ask(w, id, c.mine, refresh_token=t, **fields).status == 200
    else:
        assert other.status == 200 and use(w, other.json()["access_token"], c.others).status == 200 and use(w, other.json()["access_token"], c.mine).status == 401
        assert ask(w, id, None, refresh_token=other.json()["refresh_token"], **fields).status in (400, 401)


def test_no_token_without_a_certificate(w):
    r = ask(w, "bound-secret", None, client_secret=APP_SECRET)
    assert (r.status, r.json()["error"]) == (400, "invalid_request") and audit_of(w, error_id=r.get("X-Hufu-Error-Id"))["reason"] == "certificate_missing"
    assert post(w.url + "/token", {"grant_type": "client_credentials"}, basic("bound-secret", APP_SECRET)).json()["error"] == "invalid_request"
    r = ask(w, "bound-secret", w.c.good, client_secret=APP_SECRET)
    assert json.loads(base64.urlsafe_b64decode(r.json()["access_token"].split(".")[1] + "=="))["cnf"] == {"x5t#S256": thumbprint(w.c.good)}
    # who has not asked for it gets what everybody can use
    r = ask(w, "secret", w.c.good, client_secret=APP_SECRET)
    assert "cnf" not in json.loads(base64.urlsafe_b64decode(r.json()["access_token"].split(".")[1] + "=="))


def test_no_bound_token_through_the_browser(w):
    b = Browser(w.url + "/opaque")
    b.authorize(authorize_url(w, "opaque", client="bound", scope="openid", code_challenge=challenge(), code_challenge_method="S256"))
    for type, fine in (("code", True), ("code id_token", True), ("token", False), ("id_token token", False), ("code token", False)):
        r = b.get(authorize_url(w, "opaque", client="bound", scope="openid", response_type=type, nonce="n", code_challenge=challenge(), code_challenge_method="S256"))
        assert r.query().get("error") == (None if fine else "unauthorized_client") and ("code" in r.query()) == fine, (type, r)


def test_assertions_are_for_either_token_endpoint(w):
    import time, uuid

    import talker_jwt
    key = talker_jwt.Signer("k1")
    assert w.hufu("client", "create", "signs", "--realm", "main", "--public", "--auth-method", "private_key_jwt", "--jwks", json.dumps({"keys": [key.jwk]}), "--grant", "client_credentials",
                  "--scope", "read", "--tls-bound-tokens", "true")[0] == 0
    for aud, status in ((w.url, 200), (w.url + "/token", 200), (w.mtls + "/token", 200), (w.mtls, 401), (w.mtls + "/opaque/token", 401)):
        now = int(time.time())
        a = key.sign({"iss": "signs", "sub": "signs", "aud": aud, "jti": uuid.uuid4().hex, "iat": now, "exp": now + 60})
        r = ask(w, None, w.c.good, client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer", client_assertion=a)
        assert r.status == status, (aud, r)
        if status == 200:
            claims = json.loads(base64.urlsafe_b64decode(r.json()["access_token"].split(".")[1] + "=="))
            assert claims["iss"] == w.url and claims["cnf"] == {"x5t#S256": thumbprint(w.c.good)}
    # an endpoint of its own address, where that is not the token endpoint's
    for aud, status in ((w.url + "/revoke", 200), (w.mtls + "/revoke", 200), (w.mtls + "/introspect", 401)):
        now = int(time.time())
        a = key.sign({"iss": "signs", "sub": "signs", "aud": aud, "jti": uuid.uuid4().hex, "iat": now, "exp": now + 60})
        r = ask(w, None, w.c.good, path="/revoke", token="x", client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer", client_assertion=a)
        assert r.status == status, (aud, r)


def test_a_proof_may_be_for_either_address(w):
    """RFC 9449 section 4.3 at an alias of RFC 8705 section 5: two keys, and the token asks for both."""
    import time

    from talker_jwt import Holder
    key = Holder()
    fields = {"grant_type": "client_credentials", "client_id": "bound", "scope": "openid"}
    for at, fine in ((w.url, True), (w.mtls, True), (w.mtls + "/opaque", False)):
        r = post(w.mtls + "/token", fields, {"DPoP": key.proof("POST", at + "/token", time.time())}, conn=secure(w, w.c.mine))
        assert (r.status == 200) == fine, (at, r)
        if fine:
            claims = json.loads(base64.urlsafe_b64decode(r.json()["access_token"].split(".")[1] + "=="))
            assert set(claims["cnf"]) == {"jkt", "x5t#S256"} and claims["cnf"]["x5t#S256"] == thumbprint(w.c.mine)


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here")
def test_curl_with_a_client_certificate(w):
    def curl(path, *args):
        r = subprocess.run(["curl", "-sS", "--cacert", w.c.server.cert, *map(str, args), w.mtls + path], capture_output=True, text=True, timeout=30)
        assert r.returncode == 0, r.stderr
        return r.stdout
    mine = ("--cert", w.c.mine.cert, "--key", w.c.mine.key)
    t = json.loads(curl("/token", *mine, "-d", "grant_type=client_credentials", "-d", "client_id=bound"))["access_token"]
    assert json.loads(curl("/introspect", *mine, "-d", "client_id=bound", "-d", "token=" + t))["cnf"] == {"x5t#S256": thumbprint(w.c.mine)}
    assert "invalid_client" in curl("/token", "-d", "grant_type=client_credentials", "-d", "client_id=bound")
    of_user = ("-H", "Authorization: Bearer " + code_flow(w, "bound", w.c.mine).json()["access_token"])
    assert json.loads(curl("/userinfo", *mine, *of_user))["sub"]
    for other in ((), ("--cert", w.c.others.cert, "--key", w.c.others.key)):
        said = curl("/userinfo", *other, *of_user, "-i")
        assert said.startswith("HTTP/1.1 401") and 'error="invalid_token"' in said, said


# --- behind a proxy ----------------------------------------------------------------------------------------------------------------

NGINX = """
daemon off;
pid %(dir)s/nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  client_body_temp_path %(dir)s/body; proxy_temp_path %(dir)s/proxy; fastcgi_temp_path %(dir)s/f; uwsgi_temp_path %(dir)s/u; scgi_temp_path %(dir)s/s;
  server {
    listen 127.0.0.1:%(front)d ssl;
    ssl_certificate %(cert)s;
    ssl_certificate_key %(key)s;
    ssl_verify_client optional_no_ca;
    ssl_verify_depth 4;
    location / {
      proxy_pass %(issuer)s;
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto https;
      proxy_set_header Client-Cert $ssl_client_escaped_cert;
    }
    location = /_verify {
      internal;
      proxy_pass %(issuer)s/auth/verify;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
      proxy_set_header Client-Cert $ssl_client_escaped_cert;
    }
    location /api/ {
      auth_request /_verify;
      proxy_pass http://127.0.0.1:%(api)d;
    }
  }
  server {
    listen 127.0.0.1:%(api)d;
    return 200 "reached";
  }
}
"""


@pytest.mark.skipif(shutil.which("nginx", path="/usr/sbin:/usr/bin") is None, reason="no nginx here: tools/install test")
def test_nginx_passes_the_certificate_on(w, tmp_path):
    back, front, api = free_ports(3)
    c = w.c
    r = realm()
    bound = {**methods("", c)["own"], "tls_client_certificate_bound_access_tokens": True}
    common = dict(grants=["client_credentials", "authorization_code"], scopes=["openid", "read"], redirect_uris=["https://app.example/cb"], auto_approve=True)
    r["clients"] += [client("own", None, metadata=bound, introspects="all", **common), client("dn", None, metadata=methods("", c)["dn"], **common)]
    at = "https://localhost:%d" % front
    issuers = {"main": {"url": at, "realm": "main", "client_ca_file": str(c.ca.cert)}}
    with Server(issuers, [r], top="http:\n  trusted_proxies: 127.0.0.1\n  client_cert_header: Client-Cert\n  client_cert_format: pem",
                listeners={"a": {"bind": ["127.0.0.1:%d" % back]}}) as s:
        conf = tmp_path / "nginx.conf"
        conf.write_text(NGINX % {"dir": tmp_path, "front": front, "api": api, "cert": c.server.cert, "key": c.server.key, "issuer": "http://127.0.0.1:%d" % back})
        nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin")
        p = subprocess.Popen([nginx, "-p", str(tmp_path), "-e", str(tmp_path / "error.log"), "-c", str(conf)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        s.c, s.mtls, s.url = c, at, at

        def up():
            try:
                return get(at + "/.well-known/oauth-authorization-server", conn=secure(s)).status == 200
            except OSError:
                return None
        try:
            wait(up)
            m = get(at + "/.well-known/oauth-authorization-server", conn=secure(s)).json()
            assert "tls_client_auth" in m["token_endpoint_auth_methods_supported"] and "mtls_endpoint_aliases" not in m
            r = ask(s, "own", c.mine)
            assert r.status == 200, (r, s.log()[-2000:])
            token = r.json()["access_token"]
            assert ask(s, "own", c.mine, path="/introspect", token=token).json()["cnf"] == {"x5t#S256": thumbprint(c.mine)}
            assert ask(s, "dn", c.good).status == 200 and ask(s, "dn", c.sans).status == 401 and ask(s, "dn", c.mine).status == 401
            for other in (None, c.others, c.good):
                assert ask(s, "own", other).status == 401
            # what the client writes itself never gets through
            claim = {"Client-Cert": urllib.parse.quote(c.mine.cert.read_text())}
            assert ask(s, "own", c.others, headers=claim).status == 401 and ask(s, "own", headers=claim).status == 401
            assert get(at + "/api/x", bearer(token), conn=secure(s, c.mine)).text == "reached"
            assert get(at + "/api/x", bearer(token), conn=secure(s, c.others)).status == 401 and get(at + "/api/x", {**bearer(token), **claim}, conn=secure(s)).status == 401
        finally:
            p.terminate()
            p.wait()


def test_what_a_proxy_sends_that_cannot_be_read(w):
    back = free_ports(1)[0]
    c = w.c
    r = realm()
    r["clients"].append(client("own", None, metadata=methods("", c)["own"], grants=["client_credentials"], scopes=["read"]))
    at = "http://127.0.0.1:%d" % back
    fields = {"grant_type": "client_credentials", "client_id": "own"}
    good = ":%s:" % base64.b64encode(c.mine.der).decode()
    with Server({"main": {"url": at, "realm": "main"}}, [r], top="http:\n  trusted_proxies: 127.0.0.1\n  client_cert_header: Client-Cert\n  header_max: 128k",
                listeners={"a": {"bind": ["127.0.0.1:%d" % back]}}) as s:
        assert post(at + "/token", fields, {"Client-Cert": good}).status == 200
        assert post(at + "/token", fields, {"client-cert": " " + good, "Client-Cert-Chain": good}).status == 200
        for bad in (":", "::", good[:-1], good[1:], good + "," + good, good[:20] + ":", ":AAAA:", ":" + "A" * 60000 + ":", "(null)", "?", good + ";a"):
            r = post(at + "/token", fields, {"Client-Cert": bad})
            assert (r.status, r.json()["error"]) == (401, "invalid_client"), (bad[:40], r)
        assert post(at + "/token", fields, {"Client-Cert": good, "Client-Cert-Chain": "x"}).status == 401
        two = http.client.HTTPConnection("127.0.0.1", back, timeout=10)
        two.putrequest("POST", "/token")
        body = urllib.parse.urlencode(fields).encode()
        for name, value in (("Client-Cert", good), ("Client-Cert", good), ("Content-Type", "application/x-www-form-urlencoded"), ("Content-Length", str(len(body)))):
            two.putheader(name, value)
        two.endheaders(body)
        assert two.getresponse().status == 401
        assert "cannot be read" in s.log() and post(at + "/token", fields, {"Client-Cert": good}).status == 200


def test_an_assertion_for_another_server_is_bound_to_the_certificate(w):
    """ID-JAG: cnf with x5t#S256, given and taken, as a key of DPoP is (docs/id-jag.md)."""
    import talker_jwt
    id_token = code_flow(w, "wiki", w.c.good, client_secret=APP_SECRET).json()["id_token"]
    give = lambda pair: ask(w, "wiki", pair, client_secret=APP_SECRET, grant_type=EXCHANGE, requested_token_type=JAG, audience=w.url + "/opaque", subject_token=id_token,
                            subject_token_type=ID)
    take = lambda jag, pair: ask(w, "wiki", pair, path="/opaque/token", client_secret=APP_SECRET, grant_type=BEARER, assertion=jag)
    assert give(None).json()["error"] == "invalid_request"
    for pair in (None, w.c.others):
        jag = give(w.c.good).json()["access_token"]
        assert talker_jwt.claims(jag)["cnf"] == {"x5t#S256": thumbprint(w.c.good)}
        r = take(jag, pair)
        assert r.status == 400, r
        reason = audit_of(w, error_id=r.get("X-Hufu-Error-Id"))["reason"]
        assert reason == ("certificate_missing" if pair is None else "evidence_unproven"), r
    r = take(give(w.c.good).json()["access_token"], w.c.good)
    assert r.status == 200 and ask(w, "own", w.c.mine, path="/opaque/introspect", token=r.json()["access_token"]).json()["cnf"] == {"x5t#S256": thumbprint(w.c.good)}, r


def test_a_bound_token_is_exchanged_with_its_certificate_alone(w):
    swap = dict(client_secret=APP_SECRET, grant_type=EXCHANGE, subject_token_type=ACCESS)
    subject = ask(w, "bound-secret", w.c.good, client_secret=APP_SECRET).json()["access_token"]
    for pair in (None, w.c.others):
        r = ask(w, "swap", pair, subject_token=subject, **swap)
        assert (r.status, r.json()["error"]) == (400, "invalid_request") and audit_of(w, error_id=r.get("X-Hufu-Error-Id"))["reason"] == "exchange_subject", r
    # bound as before, though this client registered nothing of it
    given = ask(w, "swap", w.c.good, subject_token=subject, **swap).json()["access_token"]
    assert ask(w, "swap", w.c.good, path="/introspect", client_secret=APP_SECRET, token=given).json()["cnf"] == {"x5t#S256": thumbprint(w.c.good)}
    own = ask(w, "swap", client_secret=APP_SECRET).json()["access_token"]
    r = ask(w, "swap", None, subject_token=own, actor_token=subject, actor_token_type=ACCESS, **swap)
    assert r.status == 400 and audit_of(w, error_id=r.get("X-Hufu-Error-Id"))["reason"] == "exchange_actor", r
    given = ask(w, "swap", w.c.good, subject_token=own, actor_token=subject, actor_token_type=ACCESS, **swap).json()["access_token"]
    assert ask(w, "swap", w.c.good, path="/introspect", client_secret=APP_SECRET, token=given).json()["cnf"] == {"x5t#S256": thumbprint(w.c.good)}
    # one that is bound to nothing stays so, whatever certificate is there
    given = ask(w, "swap", w.c.good, subject_token=own, **swap).json()["access_token"]
    assert "cnf" not in ask(w, "swap", w.c.good, path="/introspect", client_secret=APP_SECRET, token=given).json()
