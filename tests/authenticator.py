"""tests/authenticator.py - a passkey's authenticator and the script of a page, in software: keys and signatures by the openssl command, CBOR
written here for these few shapes. What a test wants wrong it says by name."""
import hashlib, html, json, re, secrets, subprocess, tempfile

from talker_jwt import b64, text

UP, UV, BE, BS, AT = 1, 4, 8, 16, 64


def cbor(value):
    """RFC 8949, definite lengths: integers, bytes, text, maps."""
    def head(major, n):
        size = next(s for s in (0, 1, 2, 4, 8) if n < (24 if s == 0 else 1 << 8 * s))
        return bytes([major << 5 | (n if size == 0 else {1: 24, 2: 25, 4: 26, 8: 27}[size])]) + (n.to_bytes(size, "big") if size else b"")
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    return head(5, len(value)) + b"".join(cbor(k) + cbor(v) for k, v in value.items())


def asked(page):
    """What a page's form says to its script, and the fields it sends; None: the page asks for no passkey."""
    form = re.search(r'<form[^>]*id="passkey-form"[^>]*>.*?</form>', page, re.S)
    if form is None:
        return None
    said = {k: html.unescape(v) for k, v in re.findall(r'data-([a-z-]+)="([^"]*)"', form[0])}
    said["action"] = html.unescape(re.search(r'action="([^"]*)"', form[0])[1])
    said["fields"] = {n: html.unescape(v) for n, v in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[0])}
    return said


class Passkey:
    def __init__(self):
        self.pem = subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout"], capture_output=True, check=True).stdout
        self.point = subprocess.run(["openssl", "ec", "-pubout", "-outform", "DER"], input=self.pem, capture_output=True, check=True).stdout[-64:]
        self.id, self.count, self.handle = secrets.token_bytes(16), 0, b""

    def _sign(self, data):
        with tempfile.NamedTemporaryFile() as f:
            f.write(self.pem)
            f.flush()
            return subprocess.run(["openssl", "dgst", "-sha256", "-sign", f.name], input=data, capture_output=True, check=True).stdout

    def _client_data(self, type, said, origin, more):
        data = {"type": type, "challenge": said["challenge"], "origin": origin, "crossOrigin": False, **more}
        return json.dumps(data, separators=(",", ":")).encode()

    def _auth_data(self, flags, rp, count, rest=b""):
        return hashlib.sha256(rp.encode()).digest() + bytes([flags]) + count.to_bytes(4, "big") + rest

    def create(self, said, origin, flags=UP | UV, rp=None, type="webauthn.create", **more):
        """The form's fields for a page that makes a passkey."""
        self.handle = b64(said["user"])
        key = {1: 2, 3: -7, -1: 1, -2: self.point[:32], -3: self.point[32:]}
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor(key)
        object = cbor({"fmt": "none", "attStmt": {}, "authData": self._auth_data(flags | AT, rp or said["rp"], self.count, attested)})
        answer = {"id": text(self.id), "clientDataJSON": text(self._client_data(type, said, origin, more)), "attestationObject": text(object)}
        return {**said["fields"], "passkey": json.dumps(answer)}

    def get(self, said, origin, flags=UP | UV, rp=None, type="webauthn.get", count=None, handle=None, id=None, **more):
        """The form's fields for a page that asks for one. count None: one more than before, 0 of an authenticator that does not count."""
        if count is None:
            count = self.count = self.count + 1 if self.count else 0
        data = self._client_data(type, said, origin, more)
        auth = self._auth_data(flags, rp or said["rp"], count)
        answer = {"id": text(id or self.id), "clientDataJSON": text(data), "authenticatorData": text(auth),
                  "signature": text(self._sign(auth + hashlib.sha256(data).digest())), "userHandle": text(self.handle if handle is None else handle)}
        return {**said["fields"], "passkey": json.dumps(answer)}
