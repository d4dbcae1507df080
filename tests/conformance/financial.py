"""tests/conformance/financial.py - what the plans of FAPI and CIBA need: which profile each asks of the issuer, clients with keys and certificates, a document
with their keys, and somebody who approves what CIBA asks."""
import base64, http.server, json, pathlib, subprocess, threading, urllib.parse

# plan: the profile of the issuer that it is run against
PROFILES = {"fapi2-security-profile-final-test-plan": "fapi-2.0-security", "fapi2-message-signing-final-test-plan": "fapi-2.0-message-signing",
            "fapi1-advanced-final-test-plan": "fapi-1.0-advanced", "fapi-ciba-id1-test-plan": "ciba"}
SCOPE = "openid profile"
CIBA = "urn:openid:params:grant-type:ciba"
PAYMENT = "payment_initiation"
DETAILS = {PAYMENT: {"title": "A payment", "schema": json.dumps({"type": "object", "properties": {"actions": {
    "type": "array", "items": {"type": "string", "enum": ["initiate", "status"]}, "minItems": 1, "maxItems": 2}}})}}


def openssl(directory, *args):
    subprocess.run(["openssl", *args], cwd=directory, check=True, capture_output=True)


def integers(der):
    """Of a DER sequence that holds nothing else."""
    def length(at):
        n = der[at]
        return (n, at + 1) if n < 128 else (int.from_bytes(der[at + 1:at + 1 + n - 128], "big"), at + 1 + n - 128)
    _, at = length(1)
    while at < len(der):
        assert der[at] == 2
        n, start = length(at + 1)
        yield der[start:start + n].lstrip(b"\0")
        at = start + n


def signing_key(kid):
    """An RSA key for PS256 as a JWK with its private part. The DER is that of RFC 8017 A.1.2. Some modules try RS256 with it."""
    der = subprocess.run("openssl genrsa -traditional 2048 | openssl rsa -traditional -outform DER", shell=True, check=True, capture_output=True).stdout
    _, *values = integers(der)
    return {"kty": "RSA", "alg": "PS256", "use": "sig", "kid": kid,
            **{name: base64.urlsafe_b64encode(v).decode().rstrip("=") for name, v in zip(("n", "e", "d", "p", "q", "dp", "dq", "qi"), values)}}


def public(key):
    return {name: key[name] for name in ("kty", "alg", "use", "kid", "n", "e")}


class Authority:
    """Vouches for certificates: files ca.crt, NAME.crt, NAME.key in the directory."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        openssl(directory, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=conformance",
                "-addext", "basicConstraints=critical,CA:TRUE", "-keyout", "ca.key", "-out", "ca.crt")

    def certify(self, name):
        """{"cert", "key", "ca"} in PEM, as the suite wants them."""
        openssl(self.directory, "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=" + name, "-keyout", name + ".key", "-out", name + ".csr")
        (self.directory / "client.ext").write_text("basicConstraints=CA:FALSE\nextendedKeyUsage=clientAuth\n")
        openssl(self.directory, "x509", "-req", "-in", name + ".csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30", "-out", name + ".crt",
                "-extfile", "client.ext")
        read = lambda file: (self.directory / file).read_text()
        return {"cert": read(name + ".crt"), "key": read(name + ".key"), "ca": read("ca.crt")}


class Desk(threading.Thread):
    """A small server beside the provider: /jwks/CLIENT, and /approve, where the suite says what the user of a CIBA request does."""

    def __init__(self, decide):
        super().__init__(daemon=True)
        self.documents, desk = {}, self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self, status, said):
                body = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                found = desk.documents.get(self.path)
                self.answer(200 if found else 404, found or {})

            def do_POST(self):
                asked = {k: v[0] for k, v in urllib.parse.parse_qs(urllib.parse.urlparse(self.path).query).items()}
                decide(asked.get("auth_req_id", ""), asked.get("action") == "allow")
                self.answer(200, {})

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d" % self.server.server_address[1]
        self.start()

    def run(self):
        self.server.serve_forever()

    def close(self):
        self.server.shutdown()


def is_own(variant):
    """Are the tokens the client's own, without a user?"""
    return variant.get("fapi_profile") == "fapi_client_credentials_grant"


def registered(name, variant, key, base, opens, jwks_uri=None):
    """A client as hufu has to know it. opens: an API that its own tokens are for, as hufu knows that, or None."""
    by_certificate, ciba = variant.get("client_auth_type") == "mtls", variant.get("ciba_mode")
    hybrid = variant.get("fapi_response_mode") == "plain_response" and "fapi_auth_request_method" in variant
    grants = ["client_credentials"] if opens else ["authorization_code", "refresh_token"] + (["implicit"] if hybrid else []) + ([CIBA] if ciba else [])
    metadata = {"token_endpoint_auth_method": "tls_client_auth" if by_certificate else "private_key_jwt", "id_token_signed_response_alg": "PS256",
                **({"jwks_uri": jwks_uri} if jwks_uri else {"jwks": {"keys": [public(key)]}}),
                "request_object_signing_alg": "PS256", **({} if opens else {"response_types": ["code id_token"] if hybrid else ["code"]})}
    if by_certificate:
        metadata["tls_client_auth_subject_dn"] = "CN=" + name
    if variant.get("sender_constrain") != "dpop":
        metadata["tls_client_certificate_bound_access_tokens"] = True
    if variant.get("fapi_response_mode") == "jarm":
        metadata["authorization_signed_response_alg"] = "PS256"
    if ciba:
        metadata.update(backchannel_token_delivery_mode=ciba, backchannel_authentication_request_signing_alg="PS256")
    if ciba == "ping":
        metadata["backchannel_client_notification_endpoint"] = base + "ciba-notification-endpoint"
    if variant.get("authorization_request_type") == "rar":
        metadata["authorization_details_types"] = [PAYMENT]
    return {"id": name, "grants": grants, "scopes": opens["scopes"] if opens else SCOPE.split() + ["email", "address", "phone"], "metadata": metadata,
            "resource_ids": [opens["id"]] if opens else [],
            "redirect_uris": [] if opens else [base + "callback", base + "callback?dummy1=lorem&dummy2=ipsum"]}


def known(name, key, user, opens):
    """The same client as the suite has to know it."""
    return {"client_id": name, "scope": " ".join(opens["scopes"]) if opens else SCOPE, "jwks": {"keys": [key]}, "hint_type": "login_hint", "hint_value": user,
            "acr_value": "1", "dpop_signing_alg": "ES256"}


def resource(url, variant):
    """What the clients' tokens are for."""
    rich = variant.get("authorization_request_type") == "rar"
    return {"resourceUrl": url, **({"richAuthorizationRequest": [{"type": PAYMENT, "actions": ["initiate"]}]} if rich else {})}
