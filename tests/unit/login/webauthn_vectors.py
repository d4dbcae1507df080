#!/usr/bin/env python3
"""tests/unit/login/webauthn_vectors.py > webauthn_vectors.h - a software authenticator: what create() and get() give, right and wrong.
CBOR by cbor2 and keys by cryptography (pip install cbor2 cryptography), so that nothing here was made by the code under test; keys are
drawn anew at each run. With fido2 installed, the good ones are also shown to its server, an independent reader."""
import hashlib, json
from base64 import urlsafe_b64encode
import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

CHALLENGE, ORIGIN, RP = bytes(range(32)), "https://id.example.com", "id.example.com"
UP, UV, BE, BS, AT, ED = 1, 4, 8, 16, 64, 128
ID, HANDLE, AAGUID = bytes(range(100, 116)), b"handle-of-alice!", bytes(range(16, 32))


def big(n, size=None):
    return n.to_bytes(size or (n.bit_length() + 7) // 8, "big")


class Key:
    def __init__(self, alg):
        self.alg = alg
        self.private = {-7: lambda: ec.generate_private_key(ec.SECP256R1()), -35: lambda: ec.generate_private_key(ec.SECP384R1()),
                        -8: ed25519.Ed25519PrivateKey.generate, -257: lambda: rsa.generate_private_key(65537, 2048),
                        -1257: lambda: rsa.generate_private_key(65537, 1024)}[alg]()

    def cose(self):
        if self.alg == -8:
            key = {1: 1, 3: -8, -1: 6, -2: self.private.public_key().public_bytes_raw()}
        elif self.alg in (-7, -35):
            n, size = self.private.public_key().public_numbers(), self.private.key_size // 8
            key = {1: 2, 3: self.alg, -1: 1 if size == 32 else 2, -2: big(n.x, size), -3: big(n.y, size)}
        else:
            n = self.private.public_key().public_numbers()
            key = {1: 3, 3: -257, -1: big(n.n), -2: big(n.e)}
        return key

    def sign(self, data):
        if self.alg == -8:
            return self.private.sign(data)
        if self.alg in (-7, -35):
            return self.private.sign(data, ec.ECDSA(hashes.SHA256()))
        return self.private.sign(data, padding.PKCS1v15(), hashes.SHA256())


def client_data(type="webauthn.create", challenge=CHALLENGE, origin=ORIGIN, **more):
    said = {"type": type, "challenge": urlsafe_b64encode(challenge).decode().rstrip("="), "origin": origin, "crossOrigin": False}
    said.update(more)
    return json.dumps({k: v for k, v in said.items() if v is not None}, separators=(",", ":")).encode()


def auth_data(flags, count=0, rp=RP, attested=b"", more=b""):
    return hashlib.sha256(rp.encode()).digest() + bytes([flags]) + count.to_bytes(4, "big") + attested + more


def attested(key, id=ID, cose=None, length=None):
    cose = key.cose() if cose is None else cose
    n = len(id) if length is None else length
    return AAGUID + n.to_bytes(2, "big") + id + (cose if isinstance(cose, bytes) else cbor2.dumps(cose))


ES, ED_KEY, RS, WEAK, ES384 = Key(-7), Key(-8), Key(-257), Key(-1257), Key(-35)
MOST = UP | UV | AT
made, asserted = [], []


def register(name, fault="OK", key=ES, flags=MOST, count=0, said=None, rp=RP, auth=None, fmt="none", stmt=None, raw=None, **about):
    said = client_data() if said is None else said
    auth = auth_data(flags, count, rp, attested(key, **about)) if auth is None else auth
    stmt = stmt(auth + hashlib.sha256(said).digest()) if callable(stmt) else stmt or {}
    made.append((name, fault, said, raw(auth) if raw else cbor2.dumps({"fmt": fmt, "attStmt": stmt, "authData": auth})))


def get(name, fault="OK", key="ES", flags=UP | UV, count=0, known=0, said=None, rp=RP, more=b"", id=ID, handle=HANDLE, named=True,
        signer=None, auth=None, cut=0):
    said = client_data("webauthn.get") if said is None else said
    auth = auth_data(flags, count, rp, more=more) if auth is None else auth
    keys = {"ES": ES, "ED": ED_KEY, "RS": RS}
    sig = (signer or keys[key]).sign(auth + hashlib.sha256(said).digest())
    asserted.append((name, fault, key, known, named, id, said, auth, sig[:len(sig) - cut], handle))


def packed(key, **other):
    return lambda data: {"alg": other.get("alg", -257 if key is RS else key.alg), "sig": key.sign(other.get("data", data)), **other.get("more", {})}


register("ES256, none")
register("EdDSA, none", key=ED_KEY)
register("RS256, none", key=RS)
register("ES256, packed by itself", fmt="packed", stmt=packed(ES), count=7)
register("EdDSA, packed by itself", key=ED_KEY, fmt="packed", stmt=packed(ED_KEY))
register("RS256, packed by itself", key=RS, fmt="packed", stmt=packed(RS))
register("one that may be backed up", flags=MOST | BE | BS)
register("with extensions", auth=auth_data(MOST | ED, attested=attested(ES), more=cbor2.dumps({"credProtect": 2})))
register("crossOrigin is not said", said=client_data(crossOrigin=None))
register("made by get", "TYPE", said=client_data("webauthn.get"))
register("another challenge", "CHALLENGE", said=client_data(challenge=bytes(32)))
register("a short challenge", "CHALLENGE", said=client_data(challenge=CHALLENGE[:31]))
register("another host", "ORIGIN", said=client_data(origin="https://id.example.com.evil.example"))
register("another scheme", "ORIGIN", said=client_data(origin="http://id.example.com"))
register("another port", "ORIGIN", said=client_data(origin="https://id.example.com:8443"))
register("an origin with a path", "ORIGIN", said=client_data(origin="https://id.example.com/"))
register("an origin that is no text", "ORIGIN", said=client_data(origin=[ORIGIN]))
register("in a frame", "CROSS_ORIGIN", said=client_data(crossOrigin=True))
register("crossOrigin is no boolean", "CROSS_ORIGIN", said=client_data(crossOrigin="false"))
register("below another site", "CROSS_ORIGIN", said=client_data(topOrigin="https://evil.example"))
register("client data that are no object", "CLIENT_DATA", said=b"[]")
register("client data with a type twice", "CLIENT_DATA", said=client_data()[:-1] + b',"type":"webauthn.create"}')
register("client data cut off", "CLIENT_DATA", said=client_data()[:-1])
register("client data that are empty", "SIZE", said=b"")
register("another RP id", "RP_ID", rp="example.com")
register("nobody was there", "PRESENCE", flags=MOST & ~UP)
register("nobody was verified", "VERIFICATION", flags=MOST & ~UV)
register("backed up, and may not be", "BACKUP", flags=MOST | BS)
register("no credential", "AUTH_DATA", auth=auth_data(UP | UV))
register("a credential, and no flag of it", "AUTH_DATA", flags=UP | UV)
register("extensions, and no flag of them", "AUTH_DATA", auth=auth_data(MOST, attested=attested(ES), more=cbor2.dumps({"x": 1})))
register("a flag of extensions, and none", "AUTH_DATA", auth=auth_data(MOST | ED, attested=attested(ES)))
register("extensions that are no map", "AUTH_DATA", auth=auth_data(MOST | ED, attested=attested(ES), more=cbor2.dumps([1])))
register("an id of nothing", "AUTH_DATA", id=b"")
register("an id longer than the specification", "AUTH_DATA", id=bytes(1024))
register("an id longer than the data", "AUTH_DATA", length=0xffff)
register("data shorter than their head", "AUTH_DATA", auth=auth_data(MOST)[:36])
register("a key of ES384", "KEY", key=ES384)
register("an RSA key of 1024 bits", "KEY", key=WEAK)
register("a key without an algorithm", "KEY", cose={k: v for k, v in ES.cose().items() if k != 3})
register("an EC key that says EdDSA", "KEY", cose=ES.cose() | {3: -8})
register("a point beside the curve", "KEY", cose=ES.cose() | {-3: bytes(32)})
register("half a point", "KEY", cose={k: v for k, v in ES.cose().items() if k != -3})
register("a short coordinate", "KEY", cose=ES.cose() | {-2: bytes(31)})
register("another curve", "KEY", cose=ES.cose() | {-1: 8})
register("an even RSA exponent", "KEY", key=RS, cose=RS.cose() | {-2: b"\x02"})
register("an RSA exponent of one", "KEY", key=RS, cose=RS.cose() | {-2: b"\x01"})
register("an RSA key of too many bits", "KEY", key=RS, cose=RS.cose() | {-1: b"\x01" * 513})
register("a key that is a list", "KEY", cose=[1, 2, 3])
register("a label twice", "KEY", cose=b"\xa6" + cbor2.dumps(ES.cose())[1:] + b"\x03\x26")
register("a key of an indefinite length", "AUTH_DATA", cose=b"\xbf" + cbor2.dumps(ES.cose())[1:] + b"\xff")
register("a statement of FIDO U2F", "FORMAT", fmt="fido-u2f", stmt={"x5c": [b"x"], "sig": b"x"})
register("a packed statement of somebody else", "FORMAT", fmt="packed", stmt=packed(ES, more={"x5c": [b"x"]}))
register("a format that is no text", "FORMAT", fmt=7)
register("none, and a statement", "STATEMENT", stmt={"sig": b"x"})
register("packed by another key", "STATEMENT", fmt="packed", stmt=packed(Key(-7)))
register("packed over other data", "STATEMENT", fmt="packed", stmt=packed(ES, data=b"other"))
register("packed by another algorithm", "STATEMENT", fmt="packed", stmt=packed(ES, alg=-257))
register("packed without a signature", "FORMAT", fmt="packed", stmt={"alg": -7})
register("packed with a signature that is text", "STATEMENT", fmt="packed", stmt={"alg": -7, "sig": "x"})
register("no statement", "ATTESTATION", raw=lambda a: cbor2.dumps({"fmt": "none", "authData": a}))
register("no data", "ATTESTATION", raw=lambda a: cbor2.dumps({"fmt": "none", "attStmt": {}}))
register("data twice", "ATTESTATION", raw=lambda a: b"\xa4" + cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": a})[1:]
         + cbor2.dumps("authData") + cbor2.dumps(a))
register("data that are text", "ATTESTATION", raw=lambda a: cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": "x" * 200}))
register("something behind the object", "ATTESTATION", raw=lambda a: cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": a}) + b"\0")
register("an object of an indefinite length", "ATTESTATION",
         raw=lambda a: b"\xbf" + cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": a})[1:] + b"\xff")
register("an object with a tag", "ATTESTATION", raw=lambda a: b"\xd9\xd9\xf7" + cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": a}))
register("a list of 2^32 items", "ATTESTATION", raw=lambda a: b"\x9b\0\0\0\1\0\0\0\0")
register("a map of 2^60 pairs", "ATTESTATION", raw=lambda a: b"\xbb\x10\0\0\0\0\0\0\0")
register("bytes of 2^63", "ATTESTATION", raw=lambda a: b"\x5b\x80\0\0\0\0\0\0\0")
register("lists within lists", "ATTESTATION", raw=lambda a: b"\x81" * 5000)
register("more parts than any has", "ATTESTATION", raw=lambda a: cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": a, "x": [0] * 1000}))
register("an object that is empty", "SIZE", raw=lambda a: b"")

get("ES256")
get("EdDSA", key="ED")
get("RS256", key="RS")
get("the counter goes up", count=8, known=7)
get("the counter begins", count=1)
get("with extensions", flags=UP | UV | ED, more=cbor2.dumps({"x": 1}))
get("of a named user, without a handle", handle=b"")
get("of nobody", "USER_HANDLE", handle=b"", named=False)
get("of nobody, with a handle", named=False)
get("of another user", "USER_HANDLE", handle=b"handle-of-bob!!!")
get("of another user, named", "USER_HANDLE", handle=b"handle-of-bob!!!", named=False)
get("of another credential", "CREDENTIAL", id=ID[:-1])
get("made by create", "TYPE", said=client_data("webauthn.create"))
get("another challenge", "CHALLENGE", said=client_data("webauthn.get", challenge=bytes(32)))
get("another origin", "ORIGIN", said=client_data("webauthn.get", origin="https://evil.example"))
get("in a frame", "CROSS_ORIGIN", said=client_data("webauthn.get", crossOrigin=True))
get("another RP id", "RP_ID", rp="evil.example")
get("nobody was there", "PRESENCE", flags=UV)
get("nobody was verified", "VERIFICATION", flags=UP)
get("backed up, and may not be", "BACKUP", flags=UP | UV | BS)
get("may be backed up all at once", "BACKUP", flags=UP | UV | BE)
get("with a credential", "AUTH_DATA", auth=auth_data(MOST, attested=attested(ES)))
get("something behind the data", "AUTH_DATA", more=b"\0")
get("data cut off", "AUTH_DATA", auth=auth_data(UP | UV)[:36])
get("signed by another key", "SIGNATURE", signer=Key(-7))
get("a signature cut off", "SIGNATURE", cut=1)
get("EdDSA signed by another key", "SIGNATURE", key="ED", signer=Key(-8))
get("RS256 signed by another key", "SIGNATURE", key="RS", signer=Key(-257))
get("no signature", "SIZE", cut=1000)
get("the counter stands", "COUNTER", count=7, known=7)
get("the counter goes back", "COUNTER", count=6, known=7)
get("the counter is gone", "COUNTER", count=0, known=7)
get("a handle that is too long", "SIZE", handle=bytes(65))
get("an id that is too long", "SIZE", id=bytes(1024))


def check():
    """The good ones, by the server of python-fido2."""
    try:
        from fido2.webauthn import AttestationObject, AuthenticatorData, CollectedClientData
    except ImportError:
        return
    for name, fault, said, object in made:
        if fault == "OK":
            CollectedClientData(said), AttestationObject(object)
    for name, fault, key, known, named, id, said, auth, sig, handle in asserted:
        if fault == "OK":
            from fido2.cose import CoseKey
            cose = {"ES": ES, "ED": ED_KEY, "RS": RS}[key].cose()
            CoseKey.parse(cose).verify(AuthenticatorData(auth) + CollectedClientData(said).hash, sig)


def c(data):
    return '"%s"' % data.hex()


if __name__ == "__main__":
    check()
    print("/* Made by webauthn_vectors.py: not to be edited. Bytes in hex. */\n/* clang-format off */")
    print("static const struct made made[] = {")
    for name, fault, said, object in made:
        print('\t{ "%s", WEBAUTHN_%s,\n\t\t%s,\n\t\t%s },' % (name, fault, c(said), c(object)))
    print("};\nstatic const struct asserted asserted[] = {")
    for name, fault, key, known, named, id, said, auth, sig, handle in asserted:
        print('\t{ "%s", WEBAUTHN_%s, KEY_%s, %d, %s,\n\t\t%s,\n\t\t%s,\n\t\t%s,\n\t\t%s,\n\t\t%s },' % (
            name, fault, key, known, str(named).lower(), c(id), c(said), c(auth), c(sig), c(handle)))
    print("};")
