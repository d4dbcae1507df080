"""hufu doctor: an installation looked over, and any server judged from outside by RFC 9700; each row of probe/checks.def can be missed."""
import http.server, json, os, pathlib, re, threading, time

import pytest

from server import free_ports
from talker import World

ROWS = re.findall(r"^CHECK\((\w+), \"([^\"]+)\", (\w+),", (pathlib.Path(__file__).parents[2] / "src/probe/checks.def").read_text(), re.M)
PARTS = re.findall(r'^LOOK\(\w+, +"([^"]+)", +"([^"]+)"\)', (pathlib.Path(__file__).parents[2] / "src/hufu/doctor.def").read_text(), re.M)
GOOD_HEADERS = {"Content-Security-Policy": "frame-ancestors 'none'", "Referrer-Policy": "no-referrer"}


def remarks(w, *args):
    status, out, err = w.hufu("doctor", *args, "--json")
    assert out, err
    return status, json.loads(out)["remarks"]


class Server:
    """An authorization server that is as it should be, but for what the test says."""

    def __init__(self, **wrong):
        here = self
        self.wrong = wrong

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                here.answer(self)

            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                here.answer(self)

            def date_time_string(self, timestamp=None):
                return super().date_time_string(time.time() + here.wrong.get("late", 0))

            def log_message(self, *a):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d" % self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def metadata(self):
        m = {"issuer": self.url, "authorization_endpoint": self.url + "/authorize", "token_endpoint": self.url + "/token", "jwks_uri": self.url + "/jwks",
             "introspection_endpoint": self.url + "/introspect", "response_types_supported": ["code"], "grant_types_supported": ["authorization_code"],
             "code_challenge_methods_supported": ["S256"], "authorization_response_iss_parameter_supported": True, "dpop_signing_alg_values_supported": ["ES256"],
             "token_endpoint_auth_methods_supported": ["private_key_jwt"], "id_token_signing_alg_values_supported": ["RS256"]}
        m.update(self.wrong.get("metadata", {}))
        return {k: v for k, v in m.items() if v is not None}

    def answer(self, h):
        path = h.path.split("?")[0]
        status, headers, body = 404, {}, ""
        if path == "/.well-known/openid-configuration":
            status, body = 200, json.dumps(self.metadata())
        elif path == "/jwks":
            status, body = 200, json.dumps(self.wrong.get("jwks", {"keys": []}))
        elif path == "/authorize":
            status, headers = 400, GOOD_HEADERS
        elif path == "/token":
            status, headers, body = (401, {"Cache-Control": "no-store"}, '{"error":"invalid_client"}') if h.command == "POST" else (405, {}, "")
        elif path == "/introspect":
            status = 401
        status, headers, body = self.wrong.get(h.command + " " + path, (status, headers, body))
        h.send_response(status)
        for name, value in headers.items():
            h.send_header(name, value)
        h.send_header("Content-Length", str(len(body)))
        h.end_headers()
        h.wfile.write(body.encode())

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def w():
    with World("modern", "spring") as world:
        yield world


def verdicts(w, **wrong):
    s = Server(**wrong)
    try:
        _, found = remarks(w, s.url)
    finally:
        s.close()
    assert len(found) == len(ROWS)
    return {row[0]: f["verdict"] for row, f in zip(ROWS, found)}


def test_a_good_server(w):
    assert {k: v for k, v in verdicts(w).items() if v != "good"} == {"tls": "unseen"}             # this machine's own: nobody else hears it


OFFENCES = {
    "tls": {"metadata": {"token_endpoint": "http://as.example/token"}},
    "metadata": {"metadata": {"issuer": "https://as.example"}},
    "pkce": {"metadata": {"code_challenge_methods_supported": None}},
    "pkce_plain": {"metadata": {"code_challenge_methods_supported": ["S256", "plain"]}},
    "implicit": {"metadata": {"response_types_supported": ["code", "id_token token"]}},
    "password": {"metadata": {"grant_types_supported": ["password"]}},
    "mix_up": {"metadata": {"authorization_response_iss_parameter_supported": False}},
    "bound_tokens": {"metadata": {"dpop_signing_alg_values_supported": None}},
    "client_keys": {"metadata": {"token_endpoint_auth_methods_supported": ["client_secret_basic"]}},
    "unsigned_tokens": {"metadata": {"request_object_signing_alg_values_supported": ["RS256", "none"]}},
    "keys": {"jwks": {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}},
    "open_redirect": {"GET /authorize": (302, {"Location": "https://stranger.invalid/callback?error=unauthorized_client"}, "")},
    "framing": {"GET /authorize": (400, {"Referrer-Policy": "no-referrer"}, "")},
    "cors": {"GET /authorize": (400, {**GOOD_HEADERS, "Access-Control-Allow-Origin": "*"}, "")},
    "referrer": {"GET /authorize": (400, {"X-Frame-Options": "DENY"}, "")},
    "no_store": {"POST /token": (401, {}, '{"error":"invalid_client"}')},
    "token_get": {"GET /token": (401, {}, '{"error":"invalid_client"}')},
    "client_refused": {"POST /token": (500, {"Cache-Control": "no-store"}, "")},
    "introspection": {"POST /introspect": (200, {}, '{"active":false}')},
    "clock": {"late": 300},
}


@pytest.mark.parametrize("row", [r[0] for r in ROWS])
def test_each_check_notices_its_offence(w, row):
    weight = {r[0]: r[2].lower() for r in ROWS}[row]
    assert verdicts(w, **OFFENCES[row])[row] == weight


def test_another_name_is_another_server(w):
    s = Server(metadata={"issuer": "https://as.example"})
    try:
        status, out, _ = w.hufu("doctor", s.url)
        assert status == 1 and 'they name "https://as.example"' in out, out
        status, out, _ = w.hufu("--lang", "zh", "doctor", s.url)
        assert status == 1 and "其中写的是“https://as.example”" in out, out
    finally:
        s.close()


def test_this_installation(w):
    status, found = remarks(w)
    said = "\n".join(f["said"] for f in found)
    assert status == 0, said
    for words in ["the settings are in order", "hufud 0", "is ready", "the store answers", "no signing key is old", "a service got a token", "spring speaks an old dialect"]:
        assert words in said
    assert "guest-" not in w.hufu("client", "list")[1]
    status, out, _ = w.hufu("doctor")
    assert "To do:" in out and "  1. " in out                     # the implicit response types of this test's issuer
    assert len(PARTS) == 8 and all("\n%s\n" % en in "\n" + out for en, _ in PARTS)
    status, out, _ = w.hufu("--lang", "zh", "doctor")
    assert "待办" in out and "配置正确" in out and all("\n%s\n" % zh in "\n" + out for _, zh in PARTS)


def test_a_file_that_others_read(w):
    os.chmod(w.dir / "data" / "kek", 0o644)
    try:
        status, found = remarks(w)
        assert status == 1 and any(f["verdict"] == "bad" and "kek" in f["said"] for f in found)
    finally:
        os.chmod(w.dir / "data" / "kek", 0o600)


def test_without_a_daemon():
    with World("modern") as w:
        w.stop()
        status, found = remarks(w)
        assert any("hufud does not run" in f["said"] for f in found) and any("no issuer can be tried" in f["said"] for f in found)


def test_backups(w, tmp_path):
    def seen():
        return next(f for f in remarks(w, "--backups", str(tmp_path))[1] if "backup" in f["said"])
    assert seen()["verdict"] == "bad" and "no backup" in seen()["said"]
    assert w.hufu("backup", str(tmp_path / "one"))[0] == 0
    assert seen()["verdict"] == "good"
    os.utime(tmp_path / "one", (time.time() - 9 * 86400,) * 2)
    assert seen()["verdict"] == "weak" and "9 days" in seen()["said"]
