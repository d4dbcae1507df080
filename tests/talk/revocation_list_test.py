"""Certificate revocation lists of the authorities that vouch for clients (RFC 5280 section 5): client_crl_path."""
import base64, json

import pytest

from certificates import Authority, self_signed as alone
from mutual_tls_test import DN, SUBJECT, ask
from server import Server, free_ports
from talker import audit_of, client, post, realm


class Lists:
    """A root with an authority under it, certificates of both, and a folder of lists in which nothing is revoked."""

    def __init__(self, d):
        self.d, self.folder = d, d / "lists"
        self.folder.mkdir()
        self.ca = Authority(d / "ca", "ca")
        self.middle = Authority(d / "middle", "middle")
        self.middle.cert.write_text(self.ca.issue("middle", "/CN=middle", "basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign").cert.read_text())
        self.middle.key.write_text((d / "ca" / "middle.key").read_text())
        self.server = alone(d, "localhost", None, "-addext", "subjectAltName=DNS:localhost", key="rsa:2048")
        self.good, self.bad, self.deep = self.ca.issue("good", SUBJECT), self.ca.issue("bad", SUBJECT), self.middle.issue("deep", SUBJECT)
        self.chain = d / "chain.pem"
        self.chain.write_text(self.deep.cert.read_text() + self.middle.cert.read_text())

    def write(self, **more):
        self.ca.revocations(self.folder / "ca.crl", **more)
        self.middle.revocations(self.folder / "middle.crl", **more)


def world(c, top="", **settings):
    plain, asks = free_ports(2)
    r = realm()
    r["clients"].append(client("dn", None, metadata={"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_subject_dn": DN}, grants=["client_credentials"], scopes=["read"]))
    issuers = {"main": {"url": "http://127.0.0.1:%d" % plain, "realm": "main", "mtls_url": "https://localhost:%d" % asks, "client_ca_file": str(c.ca.cert), "client_crl_path": str(c.folder), **settings}}
    listeners = {"plain": {"bind": ["127.0.0.1:%d" % plain]},
                 "asks": {"bind": ["127.0.0.1:%d" % asks], "cert_file": str(c.server.cert), "key_file": str(c.server.key), "client_certificates": True}}
    w = Server(issuers, [r], listeners=listeners, top=top)
    w.c, w.mtls, w.plain = c, "https://localhost:%d" % asks, "http://127.0.0.1:%d" % plain
    return w


@pytest.fixture
def w(tmp_path):
    c = Lists(tmp_path)
    c.write()
    with world(c) as w:
        yield w


def refused(w, r, why):
    assert (r.status, r.json()["error"]) == (401, "invalid_client"), r
    a = audit_of(w, error_id=r.get("X-Hufu-Error-Id"))
    assert a["reason"] == "client_certificate" and why in a["detail"], a


def reload(w):
    status, out, err = w.hufu("reload")
    assert status == 0, (out, err)
    return out + err


def check(w):
    status, out, err = w.hufu("config", "check")
    return status, out + err


def test_what_an_authority_revokes_is_refused_from_the_next_reload_on(w):
    c = w.c
    assert ask(w, "dn", c.bad).status == 200 and ask(w, "dn", c.good).status == 200
    c.ca.revoke(c.bad)
    c.write()
    assert ask(w, "dn", c.bad).status == 200                     # nobody has read it yet
    reload(w)
    refused(w, ask(w, "dn", c.bad), "certificate revoked")
    assert ask(w, "dn", c.good).status == 200
    w.stop()
    w.start()
    refused(w, ask(w, "dn", c.bad), "certificate revoked")


def test_what_a_proxy_passes_on(tmp_path):
    c = Lists(tmp_path)
    c.ca.revoke(c.bad)
    c.write()
    with world(c, "http:\n  trusted_proxies: 127.0.0.1\n  client_cert_header: Client-Cert") as w:
        def passed_on(pair):
            return post(w.plain + "/token", {"grant_type": "client_credentials", "client_id": "dn"}, {"Client-Cert": ":%s:" % base64.b64encode(pair.der).decode()})
        assert passed_on(c.good).status == 200
        refused(w, passed_on(c.bad), "certificate revoked")


def test_every_link_of_a_chain_is_looked_for(w):
    c = w.c
    assert ask(w, "dn", c.deep, c.chain).status == 200
    c.ca.revoke(c.middle)
    c.write()
    reload(w)
    refused(w, ask(w, "dn", c.deep, c.chain), "certificate revoked")
    assert ask(w, "dn", c.good).status == 200


def test_a_list_that_has_expired_refuses_everybody_of_it(w):
    c = w.c
    c.write(begins=-7200, ends=-60)
    status, said = check(w)
    assert status == 0, said
    assert "the revocation list of CN=ca has expired" in said and "the revocation list of CN=middle has expired" in said, said
    assert "hufu.yaml:" in said
    reload(w)
    refused(w, ask(w, "dn", c.good), "CRL has expired")
    c.write(ends=3600)
    assert "has expired" not in check(w)[1]
    reload(w)
    assert ask(w, "dn", c.good).status == 200
    w.turn_clock(3700)                                           # a list ends while it is in use
    refused(w, ask(w, "dn", c.good), "CRL has expired")


def test_a_list_of_tomorrow(w):
    w.c.write(begins=3600)
    assert "not valid yet" in check(w)[1]
    reload(w)
    refused(w, ask(w, "dn", w.c.good), "CRL is not yet valid")


def test_an_authority_without_a_list(w):
    c = w.c
    (c.folder / "ca.crl").unlink()
    status, said = check(w)
    assert status == 0 and "there is no revocation list of CN=ca" in said, said
    reload(w)
    refused(w, ask(w, "dn", c.good), "unable to get certificate CRL")
    c.ca.revocations(c.folder / "ca.crl")
    (c.folder / "middle.crl").unlink()
    reload(w)
    assert ask(w, "dn", c.good).status == 200
    refused(w, ask(w, "dn", c.deep, c.chain), "unable to get certificate CRL")


def test_a_list_that_another_signed_in_its_name(w):
    c = w.c
    Authority(c.d / "fake", "ca").revocations(c.folder / "ca.crl")
    reload(w)
    refused(w, ask(w, "dn", c.good), "CRL signature failure")


def test_an_authority_in_the_middle_may_be_the_anchor(tmp_path):
    """Then nobody is asked about it, unless there is a list."""
    c = Lists(tmp_path)
    c.middle.revocations(c.folder / "middle.crl")
    with world(c, client_ca_file=str(c.middle.cert)) as w:
        assert ask(w, "dn", c.deep, c.chain).status == 200
        c.middle.revoke(c.deep)
        c.middle.revocations(c.folder / "middle.crl")
        reload(w)
        refused(w, ask(w, "dn", c.deep, c.chain), "certificate revoked")


def test_one_file_of_many_lists_or_one_in_der(tmp_path):
    c = Lists(tmp_path)
    c.ca.revoke(c.bad)
    c.write()
    one = tmp_path / "all.crl"
    one.write_text((c.folder / "middle.crl").read_text() + "and\n" + (c.folder / "ca.crl").read_text())
    with world(c, client_crl_path=str(one)) as w:
        assert ask(w, "dn", c.good).status == 200 and ask(w, "dn", c.deep, c.chain).status == 200
        refused(w, ask(w, "dn", c.bad), "certificate revoked")
        c.ca.revocations(one, der=True)
        reload(w)
        assert ask(w, "dn", c.good).status == 200
        refused(w, ask(w, "dn", c.bad), "certificate revoked")


def test_what_is_no_list_is_said_and_the_old_ones_stay(w):
    c, bad = w.c, w.c.folder / "bad.crl"
    c.ca.revoke(c.bad)
    c.write()
    reload(w)
    der = c.ca.revocations(c.d / "x.der", der=True).read_bytes()
    pem = (c.folder / "ca.crl").read_text()
    for content, said in ((b"", "holds no certificate revocation list"), (b"nothing", "holds no certificate revocation list"), (c.ca.cert.read_bytes(), "holds no certificate revocation list"),
                          ((pem + pem[:200]).encode(), "cannot be read"), (der[:-3], "cannot be read"), (der + b"x", "cannot be read"),
                          (c.ca.revocations(c.d / "delta", ext="2.5.29.27=critical,DER:020101").read_bytes(), "delta")):
        bad.write_bytes(content)
        status, out = check(w)
        assert status != 0 and said in out and "client_crl_path: " in out and "bad.crl" in out, (content[:40], out)
        assert w.hufu("reload")[0] != 0
        refused(w, ask(w, "dn", c.bad), "certificate revoked")
        assert ask(w, "dn", c.good).status == 200
    bad.rename(c.folder / ".bad.crl")
    (c.folder / "inside").mkdir()
    assert check(w)[0] == 0


@pytest.mark.parametrize("settings, said", [({"client_crl_path": "/nonexistent/x.crl"}, "/nonexistent/x.crl: "), ({"client_ca_file": ""}, "client_ca_file; set it too"), ({"client_crl_path": "EMPTY"}, "no file in this folder")])
def test_settings(tmp_path, settings, said):
    c = Lists(tmp_path)
    (tmp_path / "none").mkdir()
    w = world(c, **{k: v.replace("EMPTY", str(tmp_path / "none")) for k, v in settings.items()})
    w.write_config()
    status, out = check(w)
    assert status != 0 and said in out and "client_crl_path" in out, out


def test_whoever_signs_for_himself_is_on_no_list(w):
    own = alone(w.c.d, "own")
    status, out, err = w.hufu("client", "create", "own", "--realm", "main", "--grant", "client_credentials", "--scope", "read", "--public", "--auth-method", "self_signed_tls_client_auth",
                              "--jwks", '{"keys": [%s]}' % json.dumps(own.jwk()))
    assert status == 0, err
    assert ask(w, "own", own).status == 200
