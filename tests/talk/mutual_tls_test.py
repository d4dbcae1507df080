"""Mutual TLS (RFC 8705): what a listener asks for, what a proxy passes on, who a client is by its certificate."""
import re, subprocess

import pytest

from server import Server, free_ports
from talker import realm


def openssl(*args, input=""):
    return subprocess.run(["openssl", *map(str, args)], input=input, capture_output=True, text=True, timeout=30)


def self_signed(directory, name, key="ec", *more):
    """name.pem and name.key in the directory."""
    curve = ["-pkeyopt", "ec_paramgen_curve:P-256"] if key == "ec" else []
    r = openssl("req", "-x509", "-newkey", key, *curve, "-nodes", "-days", "2", "-subj", "/CN=" + name, "-keyout", directory / (name + ".key"),
                "-out", directory / (name + ".pem"), *more)
    assert r.returncode == 0, r.stderr


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
