"""tests/talker_jwt.py - verify a JWT by a JWK set with the openssl command: nothing of the product's own."""
import base64, hashlib, hmac, json, os, pathlib, secrets, subprocess, tempfile


def b64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def text(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def part(token, i):
    return json.loads(b64(token.split(".")[i]), object_pairs_hook=dict)


def header(token):
    return part(token, 0)


def claims(token):
    return part(token, 1)


def claim_order(token):
    return list(claims(token))


def der(tag, content):
    n = len(content)
    length = bytes([n]) if n < 128 else (lambda b: bytes([0x80 | len(b)]) + b)(n.to_bytes((n.bit_length() + 7) // 8, "big"))
    return bytes([tag]) + length + content


def der_int(data):
    data = data.lstrip(b"\0") or b"\0"
    return der(2, b"\0" + data if data[0] & 0x80 else data)


# the object identifier of a curve, with its tag, and the bytes of a coordinate
CURVES = {"P-256": ("06082a8648ce3d030107", 32), "P-384": ("06052b81040022", 48), "P-521": ("06052b81040023", 66)}


def public_key(jwk):
    """SubjectPublicKeyInfo in PEM."""
    if jwk["kty"] == "RSA":
        key = der(0x30, der_int(b64(jwk["n"])) + der_int(b64(jwk["e"])))
        info = der(0x30, der(0x30, bytes.fromhex("06092a864886f70d0101010500")) + der(3, b"\0" + key))
    elif jwk["kty"] == "EC":
        name, size = CURVES[jwk["crv"]]
        assert len(b64(jwk["x"])) == len(b64(jwk["y"])) == size
        info = der(0x30, der(0x30, bytes.fromhex("06072a8648ce3d0201" + name)) + der(3, b"\0\4" + b64(jwk["x"]) + b64(jwk["y"])))
    else:
        info = bytes.fromhex("302a300506032b6570032100") + b64(jwk["x"])
    return "-----BEGIN PUBLIC KEY-----\n%s-----END PUBLIC KEY-----\n" % base64.encodebytes(info).decode()


def verify_pem(token, pem, alg):
    """Is the signature right, by OpenSSL?"""
    head, body, signature = token.split(".")
    signature = b64(signature)
    with tempfile.TemporaryDirectory() as d:
        d = pathlib.Path(d)
        if alg.startswith("ES"):
            half = {"ES256": 32, "ES384": 48, "ES512": 66}[alg]
            assert len(signature) == 2 * half
            signature = der(0x30, der_int(signature[:half]) + der_int(signature[half:]))
        (d / "pem").write_text(pem)
        (d / "sig").write_bytes(signature)
        (d / "data").write_bytes((head + "." + body).encode())
        if alg == "EdDSA":
            command = ["pkeyutl", "-verify", "-pubin", "-inkey", "pem", "-rawin", "-in", "data", "-sigfile", "sig"]
        else:
            command = ["dgst", "-sha" + alg[2:], "-verify", "pem", "-signature", "sig"]
            if alg.startswith("PS"):
                command += ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:%d" % (int(alg[2:]) // 8)]
            command += ["data"]
        return subprocess.run(["openssl", *command], cwd=d, capture_output=True).returncode == 0


def verify(token, jwks):
    """Claims of a token whose signature one of the keys made; the key is chosen by kid where there is one."""
    head = header(token)
    for key in jwks["keys"]:
        if head.get("kid") in (None, key.get("kid")) and verify_pem(token, public_key(key), head["alg"]):
            return claims(token)
    raise AssertionError("no key of the set made the signature of %s" % head)


class Signer:
    """An RSA key of a client: signs by RS256 with the openssl command."""

    def __init__(self, kid):
        self.kid = kid
        self.pem = subprocess.run(["openssl", "genrsa", "2048"], capture_output=True, check=True).stdout
        said = subprocess.run(["openssl", "rsa", "-noout", "-modulus"], input=self.pem, capture_output=True, check=True).stdout.decode()
        self.jwk = {"kty": "RSA", "kid": kid, "use": "sig", "n": text(bytes.fromhex(said.strip().split("=")[1])), "e": "AQAB"}

    def sign(self, claims, **header):
        head = {"alg": "RS256", "kid": self.kid, **header}
        data = text(json.dumps(head).encode()) + "." + text(json.dumps(claims).encode())
        with tempfile.NamedTemporaryFile() as f:
            f.write(self.pem)
            f.flush()
            signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", f.name], input=data.encode(), capture_output=True, check=True).stdout
        return data + "." + text(signature)


class Reader:
    """An RSA key of a client, to which tokens are encrypted by RSA-OAEP-256 and A128CBC-HS256; opens them with the openssl command."""

    def __init__(self):
        self.key = Signer("enc")
        self.jwk = {**self.key.jwk, "use": "enc"}

    def open(self, token):
        """What is inside: another token, or claims as text."""
        head, cek, iv, sealed, tag = token.split(".")
        assert (header(token)["alg"], header(token)["enc"]) == ("RSA-OAEP-256", "A128CBC-HS256"), head
        with tempfile.NamedTemporaryFile() as f:
            f.write(self.key.pem)
            f.flush()
            both = subprocess.run(["openssl", "pkeyutl", "-decrypt", "-inkey", f.name, "-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256",
                                   "-pkeyopt", "rsa_mgf1_md:sha256"], input=b64(cek), capture_output=True, check=True).stdout
        mac = hmac.new(both[:16], head.encode() + b64(iv) + b64(sealed) + (8 * len(head)).to_bytes(8, "big"), hashlib.sha256).digest()[:16]
        assert mac == b64(tag)
        return subprocess.run(["openssl", "enc", "-d", "-aes-128-cbc", "-K", both[16:].hex(), "-iv", b64(iv).hex()], input=b64(sealed), capture_output=True, check=True).stdout.decode()


class Holder:
    """An EC key (ES256) of a client that proves its possession: DPoP proofs, by the openssl command."""

    def __init__(self):
        self.pem = subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout"], capture_output=True, check=True).stdout
        point = subprocess.run(["openssl", "ec", "-pubout", "-outform", "DER"], input=self.pem, capture_output=True, check=True).stdout[-64:]
        self.jwk = {"kty": "EC", "crv": "P-256", "x": text(point[:32]), "y": text(point[32:])}
        self.jkt = text(hashlib.sha256(json.dumps(self.jwk, sort_keys=True, separators=(",", ":")).encode()).digest())

    def sign(self, claims, header):
        data = text(json.dumps(header).encode()) + "." + text(json.dumps(claims).encode())
        with tempfile.NamedTemporaryFile() as f:
            f.write(self.pem)
            f.flush()
            sig = subprocess.run(["openssl", "dgst", "-sha256", "-sign", f.name], input=data.encode(), capture_output=True, check=True).stdout
        r_n = sig[3]
        r, s = sig[4:4 + r_n], sig[6 + r_n:]
        return data + "." + text(b"".join(part.lstrip(b"\0").rjust(32, b"\0") for part in (r, s)))

    def proof(self, method, url, now, token=None, header=None, **claims):
        """A claim of None is left out; header: other members of it."""
        said = {"jti": secrets.token_urlsafe(12), "htm": method, "htu": url, "iat": int(now), **claims}
        if token and "ath" not in claims:
            said["ath"] = text(hashlib.sha256(token.encode()).digest())
        head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk, **(header or {})}
        return self.sign({k: v for k, v in said.items() if v is not None}, {k: v for k, v in head.items() if v is not None})


def encrypt(jwk, plain, alg="RSA-OAEP-256", enc="A128CBC-HS256", **header):
    """A compact JWE to an RSA key, by the openssl command."""
    head = {"alg": alg, "enc": enc, "kid": jwk["kid"], "cty": "JWT", **header}
    first = text(json.dumps({k: v for k, v in head.items() if v is not None}).encode())
    cek, iv, digest = os.urandom(32), os.urandom(16), "sha256" if alg == "RSA-OAEP-256" else "sha1"
    with tempfile.NamedTemporaryFile() as f:
        f.write(public_key(jwk).encode())
        f.flush()
        sealed = subprocess.run(["openssl", "pkeyutl", "-encrypt", "-pubin", "-inkey", f.name, "-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:" + digest,
                                 "-pkeyopt", "rsa_mgf1_md:" + digest], input=cek, capture_output=True, check=True).stdout
    body = subprocess.run(["openssl", "enc", "-aes-128-cbc", "-K", cek[16:].hex(), "-iv", iv.hex()], input=plain.encode(), capture_output=True, check=True).stdout
    tag = hmac.new(cek[:16], first.encode() + iv + body + (8 * len(first)).to_bytes(8, "big"), hashlib.sha256).digest()[:16]
    return ".".join((first, text(sealed), text(iv), text(body), text(tag)))
