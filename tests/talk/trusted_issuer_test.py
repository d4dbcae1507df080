"""JWTs of trusted issuers (O8) as a grant. RFC 7523 section 2.1, RFC 7521 section 4.1."""
import concurrent.futures, json, time, uuid

import pytest

import talker_jwt
from request_object_test import documents
from talker import APP_SECRET, World, audit_of, basic, client, get, introspect, post, realm

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ISS = "https://idp.example"
KEY, OTHER_KEY, NEW_KEY = talker_jwt.Signer("k1"), talker_jwt.Signer("k1"), talker_jwt.Signer("k2")
SET = json.dumps({"keys": [KEY.jwk]})


def people(*more):
    r = realm()
    r["clients"] += [client("bearer", APP_SECRET, grants=[GRANT, "refresh_token"], scopes=["read", "write", "openid"]), client("plain", APP_SECRET, grants=["client_credentials"], scopes=["read"]), *more]
    return r


def trusted(rows):
    return "trusted_issuers:\n" + "".join("  %s:\n%s" % (name, "".join("    %s: %s\n" % (k, json.dumps(v) if not isinstance(v, str) or k == "jwks" else v) for k, v in row.items())) for name, row in rows.items())


ROWS = {
    "idp": {"url": ISS, "for": ["jwt_bearer"], "jwks": SET, "scopes": ["read", "openid"]},
    "phones": {"url": "https://phones.example", "for": ["jwt_bearer"], "jwks": SET, "subject_claim": "employee", "subject_by": "name", "audiences": ["urn:hufu", "urn:other"], "once": []},
    "clients": {"url": "https://clients.example", "for": ["jwt_bearer"], "jwks": SET, "subject_is": "client"},
    "statements": {"url": "https://statements.example", "for": ["software_statement"], "jwks": SET},
    "unnamed": {"url": "https://unnamed.example", "for": ["jwt_bearer"], "jwks": SET},
}


@pytest.fixture(scope="module")
def w():
    with World("modern", realms=[people()], top=trusted(ROWS), settings={"modern": {"trusts": ["idp", "phones", "clients", "statements"]}}) as world:
        yield world


def claims(w, **more):
    now = int(time.time())
    said = {"iss": ISS, "sub": "alice", "aud": w.url["modern"], "jti": uuid.uuid4().hex, "iat": now, "exp": now + 60, **more}
    return {k: v for k, v in said.items() if v is not None}


def ask(w, assertion, client="bearer", **more):
    fields = {"grant_type": GRANT, "assertion": assertion, **more}
    return post(w.at("modern", "/token"), {k: v for k, v in fields.items() if v is not None}, basic(client, APP_SECRET))


def test_an_assertion_gives_a_token_for_its_user(w):
    r = ask(w, KEY.sign(claims(w)))
    t = r.json()
    assert r.status == 200 and "refresh_token" not in t and t["scope"] == "read openid", r
    said = talker_jwt.verify(t["access_token"], get(w.at("modern", "/jwks")).json())
    assert said["client_id"] == "bearer" and "auth_time" not in said and len(said["sub"]) == 36
    facts = introspect(w, t["access_token"], client="bearer")
    assert facts["active"] and facts["username"] == "alice", facts
    assert ask(w, KEY.sign(claims(w, iat=time.time(), exp=time.time() + 60.5))).status == 200         # times may have a fraction
    assert ask(w, KEY.sign(claims(w, aud=w.at("modern", "/token"))), scope="read").json()["scope"] == "read"
    assert GRANT in get(w.at("modern", "/.well-known/openid-configuration")).json()["grant_types_supported"]


def test_the_scope_is_bounded_by_client_and_issuer(w):
    for scope in ("write", "read write", "admin"):
        r = ask(w, KEY.sign(claims(w)), scope=scope)
        assert r.status == 400 and r.json()["error"] == "invalid_scope", r
    r = ask(w, KEY.sign(claims(w, iss="https://phones.example", sub=None, employee="bob", aud=["urn:hufu", "urn:other"])))
    assert r.status == 200 and set(r.json()["scope"].split()) == {"read", "write", "openid"}, r


def test_a_row_says_which_claim_which_audience_and_whether_once(w):
    other = lambda **more: KEY.sign(claims(w, iss="https://phones.example", **{"sub": None, "employee": "bob", "aud": "urn:hufu", "jti": None, **more}))
    a = other()
    assert ask(w, a).status == 200 and ask(w, a).status == 200
    for bad in (other(employee=None, sub="bob"), other(employee=7), other(aud=w.url["modern"]), other(aud=["urn:hufu", "urn:elsewhere"])):
        assert ask(w, bad).json()["error"] == "invalid_grant"
    r = ask(w, KEY.sign(claims(w, iss="https://clients.example", sub="bearer")), scope="read")
    assert r.status == 200 and talker_jwt.claims(r.json()["access_token"])["sub"] == "bearer", r
    assert ask(w, KEY.sign(claims(w, iss="https://clients.example", sub="plain"))).json()["error"] == "invalid_grant"


def unsigned(head, said):
    return ".".join((talker_jwt.text(json.dumps(head).encode()), talker_jwt.text(json.dumps(said).encode()), ""))


BAD = [
    ("another's key", lambda w: OTHER_KEY.sign(claims(w))),
    ("of nobody who is trusted", lambda w: KEY.sign(claims(w, iss="https://evil.example"))),
    ("of one that this issuer does not name", lambda w: KEY.sign(claims(w, iss="https://unnamed.example"))),
    ("of one that is trusted for something else", lambda w: KEY.sign(claims(w, iss="https://statements.example"))),
    ("of one whose name begins alike", lambda w: KEY.sign(claims(w, iss=ISS + "/"))),
    ("without iss", lambda w: KEY.sign(claims(w, iss=None))),
    ("iss is a list", lambda w: KEY.sign(claims(w, iss=[ISS]))),
    ("for another", lambda w: KEY.sign(claims(w, aud="https://x.example"))),
    ("for another too", lambda w: KEY.sign(claims(w, aud=[w.url["modern"], "https://x.example"]))),
    ("for nobody", lambda w: KEY.sign(claims(w, aud=None))),
    ("for an empty list", lambda w: KEY.sign(claims(w, aud=[]))),
    ("for a number", lambda w: KEY.sign(claims(w, aud=[7]))),
    ("without exp", lambda w: KEY.sign(claims(w, exp=None))),
    ("exp is text", lambda w: KEY.sign(claims(w, exp="2099"))),
    ("exp is beyond all reckoning", lambda w: KEY.sign(claims(w, exp=2 ** 63 - 1))),
    ("nbf is before all reckoning", lambda w: KEY.sign(claims(w, nbf=-2 ** 63))),
    ("exp is negative", lambda w: KEY.sign(claims(w, exp=-1))),
    ("over", lambda w: KEY.sign(claims(w, iat=None, exp=int(time.time()) - 31))),
    ("for a day", lambda w: KEY.sign(claims(w, exp=int(time.time()) + 86400))),
    ("for a day, most of which is over", lambda w: KEY.sign(claims(w, iat=int(time.time()) - 80000))),
    ("of tomorrow", lambda w: KEY.sign(claims(w, nbf=int(time.time()) + 86400))),
    ("made tomorrow", lambda w: KEY.sign(claims(w, iat=int(time.time()) + 3000))),
    ("without jti", lambda w: KEY.sign(claims(w, jti=None))),
    ("a jti without end", lambda w: KEY.sign(claims(w, jti="x" * 300))),
    ("about nobody", lambda w: KEY.sign(claims(w, sub=None))),
    ("about somebody unknown", lambda w: KEY.sign(claims(w, sub="nobody"))),
    ("about nothing", lambda w: KEY.sign(claims(w, sub=""))),
    ("an access token", lambda w: KEY.sign(claims(w), typ="at+jwt")),
    ("a logout token", lambda w: KEY.sign(claims(w), typ="application/logout+jwt")),
    ("no JWT", lambda w: "x"),
    ("empty", lambda w: "..",),
    ("alg none", lambda w: unsigned({"alg": "none"}, claims(w))),
    ("alg HS256 by the public key", lambda w: KEY.sign(claims(w), alg="HS256")),
    ("an algorithm that the issuer does not use", lambda w: KEY.sign(claims(w), alg="RS512")),
    ("something critical", lambda w: KEY.sign(claims(w), crit=["exp"])),
    ("a key of its own", lambda w: OTHER_KEY.sign(claims(w), jwk=OTHER_KEY.jwk)),
    ("deeply nested", lambda w: KEY.sign(claims(w, x=json.loads("[" * 40 + "]" * 40)))),
]


@pytest.mark.parametrize("what,make", BAD, ids=[what for what, _ in BAD])
def test_an_assertion_that_does_not_hold(w, what, make):
    r = ask(w, make(w), scope="read")
    assert (r.status, r.json()["error"]) == (400, "invalid_grant"), r
    assert audit_of(w, error_id=r.get("X-Hufu-Error-Id"))["reason"] in ("assertion", "assertion_subject")


def test_who_may_not_use_the_grant(w):
    assert ask(w, KEY.sign(claims(w)), client="plain").json()["error"] == "unauthorized_client"
    assert ask(w, None).json()["error"] == "invalid_request"
    for who in ("disabled", "locked"):
        assert ask(w, KEY.sign(claims(w, sub=who))).json()["error"] == "invalid_grant"
    with World("modern", realms=[people()], top=trusted(ROWS)) as nobody:
        assert ask(nobody, KEY.sign(claims(nobody))).json()["error"] == "unsupported_grant_type"
        assert GRANT not in get(nobody.at("modern", "/.well-known/openid-configuration")).json()["grant_types_supported"]


def test_it_counts_once_for_its_life_whoever_asks(w):
    a = KEY.sign(claims(w))
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        said = [r.status for r in pool.map(lambda _: ask(w, a), range(64))]
    assert sorted(said) == [200] + [400] * 63
    jti = uuid.uuid4().hex
    assert ask(w, KEY.sign(claims(w, jti=jti))).status == 200 and ask(w, KEY.sign(claims(w, jti=jti, exp=int(time.time()) + 90))).status == 400


def test_keys_that_stand_elsewhere_turn():
    with documents() as (base, have, asked):
        rows = {"far": {"url": ISS, "for": ["jwt_bearer"], "jwks_uri": base + "/jwks"}, "found": {"url": base, "for": ["jwt_bearer"]}}
        with World("modern", realms=[people()], top=trusted(rows), settings={"modern": {"trusts": ["far", "found"]}}) as w:
            # nothing there: it is asked once, and left alone for a while
            for _ in range(5):
                assert ask(w, KEY.sign(claims(w)), scope="read").status == 400
            assert asked["/jwks"] == 1
            have["/jwks"] = SET
            w.turn_clock(11)
            now = int(time.time()) + 11
            fresh = lambda key, **more: key.sign(claims(w, **{"iat": now, "exp": now + 200, **more}))
            for _ in range(5):
                assert ask(w, fresh(KEY), scope="read").status == 200
            n = asked["/jwks"]
            # an unknown key asks again, not more often than every ten seconds; a known one with a wrong signature does not
            have["/jwks"] = json.dumps({"keys": [KEY.jwk, NEW_KEY.jwk]})
            assert ask(w, fresh(NEW_KEY)).status == 400 and ask(w, fresh(OTHER_KEY)).status == 400 and asked["/jwks"] == n
            w.turn_clock(11)
            assert ask(w, fresh(OTHER_KEY)).status == 400 and asked["/jwks"] == n
            assert ask(w, fresh(NEW_KEY)).status == 200 and asked["/jwks"] == n + 1
            for _ in range(5):
                assert ask(w, fresh(talker_jwt.Signer("k9"))).status == 400
            assert asked["/jwks"] == n + 1
            # it is gone: the old set counts for its grace, and no longer
            del have["/jwks"]
            w.turn_clock(1800)
            now += 1811
            assert ask(w, fresh(KEY)).status == 200
            w.turn_clock(4000)
            now += 4000
            assert ask(w, fresh(KEY)).status == 400
            # by discovery: the document must be the issuer's own
            have["/.well-known/openid-configuration"] = json.dumps({"issuer": ISS, "jwks_uri": base + "/keys"})
            have["/keys"] = SET
            assert ask(w, fresh(KEY, iss=base)).status == 400 and "/keys" not in asked
            have["/.well-known/openid-configuration"] = json.dumps({"issuer": base, "jwks_uri": base + "/keys"})
            w.turn_clock(11)
            now += 11
            assert ask(w, fresh(KEY, iss=base)).status == 200


HEAD = "listeners:\n  main:\n    bind: [127.0.0.1:0]\nissuers:\n  one:\n    url: http://127.0.0.1:1\n    trusts: [%s]\ntrusted_issuers:\n  t:\n    url: https://idp.example\n    for: [jwt_bearer]\n"
WRONG = [
    (HEAD % "u", 7, "which is not in `trusted_issuers`"),
    (HEAD % "t" + "    jwks: '{\"keys\":1}'\n", 12, "array keys"),
    (HEAD % "t" + "    jwks_file: /none/at/all\n", 12, "No such file"),
    (HEAD % "t" + "    jwks_uri: http://keys.example/x\n", 12, "https://"),
    (HEAD % "t" + "    jwks_uri: https://10.0.0.1/x\n", 12, "private"),
    (HEAD % "t" + "    jwks: '%s'\n    jwks_uri: https://keys.example/x\n" % SET, 13, "stands beside"),
    (HEAD % "t" + "    algs: [none]\n", 12, "no algorithm"),
    (HEAD % "t" + "    algs: [HS256]\n", 12, "no algorithm"),
    (HEAD % "t" + "    once: [client_assertion]\n", 12, "not in `for`"),
    ((HEAD % "t").replace("for: [jwt_bearer]", "for: [everything]"), 11, "nothing that an issuer can be trusted for"),
    ((HEAD % "t").replace("https://idp.example", "spiffe://example.org"), 10, "name its keys"),
    ((HEAD % "t").replace("https://idp.example", "http://idp.example"), 10, "https://"),
    (HEAD % "t, v" + "  v:\n    url: https://idp.example\n    for: [jwt_bearer]\n", 7, "the same url"),
]


@pytest.mark.parametrize("text,line,words", WRONG, ids=[words for _, _, words in WRONG])
def test_config_check_names_the_fault_and_its_line(tmp_path, w, text, line, words):
    import subprocess
    from server import clean_env
    f = tmp_path / "hufu.yaml"
    f.write_text("data: %s\n" % (tmp_path / "data") + text)
    r = subprocess.run([str(w.build / "hufu"), "--config", str(f), "config", "check"], capture_output=True, text=True, env=clean_env())
    assert r.returncode and "%s:%d: " % (f, line + 1) in r.stdout + r.stderr and words in r.stdout + r.stderr, r
