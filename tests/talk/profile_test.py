"""Security profiles of an issuer: what they set, what they refuse of settings and of clients. FAPI 2.0 Security Profile, FAPI 1.0 Advanced."""
import json, pathlib, re, subprocess, tempfile, time, urllib.parse, uuid

import pytest

import talker_jwt
from server import BUILD, clean_env
from talker import World, audit_of, authorize_url, basic, client, get, post, realm

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Signer(talker_jwt.Signer):
    """The same key, by PS256 as FAPI has it."""

    def sign_pss(self, claims):
        data = ".".join(talker_jwt.text(json.dumps(part).encode()) for part in ({"alg": "PS256", "kid": self.kid}, claims))
        with tempfile.NamedTemporaryFile() as f:
            f.write(self.pem)
            f.flush()
            signature = subprocess.run(["openssl", "dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest", "-sign", f.name],
                                       input=data.encode(), capture_output=True, check=True).stdout
        return data + "." + talker_jwt.text(signature)


KEY = Signer("k1")
JWT = {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [KEY.jwk]}}
SECRET = "a secret of a client, long enough to be one"
CB = "https://app.example/cb"
PROFILES = ["fapi-2.0-security", "fapi-2.0-message-signing", "fapi-1.0-advanced", "ciba"]


@pytest.fixture(scope="module")
def w():
    common = dict(grants=["authorization_code", "client_credentials"], scopes=["openid", "read"], redirect_uris=[CB], auto_approve=True)
    r = realm()
    r["clients"] = [client("signs", None, metadata=JWT, **common), client("secret", SECRET, **common),
                    client("bare", None, metadata={**JWT, "pkce": "when_sent"}, **common), client("app", None, **{**common, "grants": ["authorization_code"]}),
                    client("clear", None, metadata=JWT, **{**common, "redirect_uris": ["http://app.example/cb", "http://127.0.0.1/cb", CB]})]
    with World("modern", realms=[r], settings={"modern": {"profile": "fapi-2.0-security", "registration": "open"}}) as world:
        yield world


def assertion(w, id="signs", by="PS256", **more):
    now = int(time.time())
    said = {"iss": id, "sub": id, "aud": w.url["modern"], "jti": uuid.uuid4().hex, "iat": now, "exp": now + 60, **more}
    return {"client_assertion_type": TYPE, "client_assertion": (KEY.sign_pss if by == "PS256" else KEY.sign)(said)}


def pushed(w, client, **more):
    """The address to which a browser goes with a request that the client has pushed."""
    fields = dict(urllib.parse.parse_qsl(urllib.parse.urlparse(authorize_url(w, client=client, scope="read", **more)).query))
    r = post(w.at("modern", "/par"), {**fields, **assertion(w, client)})
    assert r.status == 201, r
    return w.at("modern", "/authorize?" + urllib.parse.urlencode({"client_id": client, "request_uri": r.json()["request_uri"]}))


def token(w, fields, headers=None):
    return post(w.at("modern", "/token"), {"grant_type": "client_credentials", "scope": "read", **fields}, headers)


def test_a_client_proves_itself_by_a_key_alone(w):
    # it is known, and asked for what binds its token
    assert token(w, assertion(w)).json()["error"] == "invalid_request"
    for fields, headers in (({}, basic("secret", SECRET)), ({"client_id": "secret", "client_secret": SECRET}, None)):
        r = token(w, fields, headers)
        assert (r.status, r.json()["error"]) == (401, "invalid_client"), r
        assert audit_of(w, error_id=r.get("X-Hufu-Error-Id"))["reason"] == "client_method"
    r = token(w, {"grant_type": "authorization_code", "client_id": "app", "code": "x", "redirect_uri": CB, "code_verifier": "x" * 43})
    assert (r.status, r.json()["error"]) == (401, "invalid_client"), r


@pytest.mark.parametrize("aud", ["/token", [""], ["", "/token"], ["", "https://x.example"]], ids=str)
def test_an_assertion_is_for_the_issuer_alone(w, aud):
    full = [w.at("modern", one) if one.startswith("/") else one or w.url["modern"] for one in aud] if isinstance(aud, list) else w.at("modern", aud)
    assert token(w, assertion(w, aud=full)).json()["error"] == "invalid_client"


def test_an_algorithm_of_the_profile(w):
    assert token(w, assertion(w, by="RS256")).json()["error"] == "invalid_client"
    m = get(w.at("modern", "/.well-known/openid-configuration")).json()
    assert "private_key_jwt" in m["token_endpoint_auth_methods_supported"] and not any("secret" in x or x == "none" for x in m["token_endpoint_auth_methods_supported"])
    assert m["token_endpoint_auth_signing_alg_values_supported"] == ["PS256", "ES256", "EdDSA"]
    assert m["request_object_signing_alg_values_supported"] == ["PS256", "ES256", "EdDSA"]
    assert set(m["id_token_signing_alg_values_supported"]) == {"PS256", "ES256"}
    assert m["response_types_supported"] == ["code"] and m["code_challenge_methods_supported"] == ["S256"]


def test_pkce_whatever_the_client_is_marked_for(w):
    fields = {"response_type": "code", "redirect_uri": CB, "scope": "read", **assertion(w, "bare")}
    r = post(w.at("modern", "/par"), fields)
    assert r.status == 400 and r.json()["error"] == "invalid_request" and "code_challenge" in r.json()["error_description"], r


def test_a_request_is_pushed(w):
    assert w.browser("modern").get(authorize_url(w, client="signs", scope="read")).query()["error"] == "invalid_request"
    assert w.browser("modern").authorize(pushed(w, "signs")).query()["code"]


def test_no_code_travels_in_the_clear(w):
    fields = dict(urllib.parse.parse_qsl(urllib.parse.urlparse(authorize_url(w, client="clear", scope="read", redirect_uri="http://app.example/cb")).query))
    r = post(w.at("modern", "/par"), {**fields, **assertion(w, "clear")})
    assert r.status == 400 and "request_uri" not in r.json(), r
    assert w.browser("modern").authorize(pushed(w, "clear", redirect_uri="http://127.0.0.1:4242/cb")).query()["code"]


def test_no_token_that_anybody_could_use(w):
    r = token(w, assertion(w))
    assert (r.status, r.json()["error"]) == (400, "invalid_request"), r
    assert audit_of(w, error_id=r.get("X-Hufu-Error-Id"))["reason"] == "token_unbound"


def test_who_registers_keeps_it(w):
    def register(**said):
        return post(w.at("modern", "/register"), json.dumps({"redirect_uris": [CB], "scope": "openid", **said}), {"Content-Type": "application/json"})
    r = register()
    assert r.status == 400 and r.json()["error_description"].startswith("token_endpoint_auth_method does not fit here"), r
    assert register(**JWT).status == 201
    r = register(**{**JWT, "id_token_signed_response_alg": "RS256"})
    assert r.status == 400 and "id_token_signed_response_alg" in r.json()["error_description"], r


def test_both_sides_know_an_exchange_by_its_number():
    with World("modern", settings={"modern": {"profile": "fapi-1.0-advanced"}}) as world:
        sent = str(uuid.uuid4())
        r = get(world.at("modern", "/userinfo"), {"x-fapi-interaction-id": sent, "Authorization": "Bearer x"})
        assert r.status == 401 and r.get("x-fapi-interaction-id") == sent, r
        for wrong in ({}, {"x-fapi-interaction-id": "no number"}):
            made = get(world.at("modern", "/userinfo"), wrong).get("x-fapi-interaction-id")
            assert str(uuid.UUID(made)) == made
        assert get(world.at("modern", "/jwks")).get("x-fapi-interaction-id") is None


def test_what_a_client_must_change(w):
    status, out, _ = w.hufu("client", "check", "secret", "--profile", "fapi-2.0-security")
    assert status == 1 and "token_endpoint_auth_method" in out and "private_key_jwt" in out and "FAPI 2.0 Security Profile 5.3.2.1" in out
    status, out, _ = w.hufu("--json", "client", "check", "clear", "--profile", "fapi-2.0-security")
    assert status == 1 and [c["member"] for c in json.loads(out)["changes"]] == ["redirect_uris"]
    status, out, _ = w.hufu("client", "check", "signs", "--profile", "fapi-2.0-security")
    assert status == 0 and "signs keeps the profile fapi-2.0-security" in out
    assert w.hufu("--lang", "zh-CN", "client", "check", "signs", "--profile", "fapi-2.0-security")[1].strip() == "signs 符合安全配置 fapi-2.0-security"
    for args in (("signs",), ("signs", "--profile", "fapi"), ("nobody", "--profile", "ciba")):
        status, _, err = w.hufu("client", "check", *args)
        assert status == 1 and err


def test_clients_that_a_profile_forbids_are_named(w):
    status, _, err = w.hufu("config", "check")
    line = next(n for n, text in enumerate(w.conf.read_text().splitlines(), 1) if "profile:" in text)
    said = [x for x in err.splitlines() if ":%d: " % line in x]
    assert status == 0 and {re.search(r"client (\S+) does not keep the profile fapi-2.0-security", x)[1] for x in said} == {"secret", "bare", "app", "clear"}, err


# --- settings --------------------------------------------------------------------------------------------------------------------------


def check(text):
    with tempfile.TemporaryDirectory() as d:
        path = pathlib.Path(d) / "hufu.yaml"
        path.write_text("data: %s/data\n" % d + text)
        r = subprocess.run([str(BUILD / "hufu"), "--config", str(path), "config", "check"], capture_output=True, text=True, env=clean_env())
        return r.returncode, r.stderr


SETTINGS = "listeners:\n  main:\n    bind: 127.0.0.1:0\nissuers:\n  one:\n    url: http://localhost:8080\n    profile: %s\n    %s\n"
FORBIDDEN = ["client_auth_methods: client_secret_basic", "client_algs: RS256", "public_clients_at_token: true", "redirect_https_only: false",
             "iss_in_response: false", "code_ttl_s: 61", "response_types: all", "request_objects: any", "signing_alg: RS256", "id_token_algs: [RS256]", "bound_tokens_only: false", "request_objects_strict: false"]


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("setting", FORBIDDEN)
def test_a_setting_that_a_profile_forbids(profile, setting):
    status, err = check(SETTINGS % (profile, setting))
    name = setting.split(":")[0]
    assert status == 1 and re.search(r"hufu\.yaml:9: issuer one: %s: the profile %s allows " % (name, profile), err), err


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("setting", ["code_ttl_s: 30", "signing_alg: EdDSA", "client_algs: [ES256]"])
def test_a_setting_that_a_profile_allows(profile, setting):
    assert check(SETTINGS % (profile, setting))[0] == 0


def test_an_old_dialect_keeps_no_profile():
    status, err = check(SETTINGS % ("fapi-2.0-security", "dialect: spring"))
    assert status == 1 and "hufu.yaml:8: profile: the dialect spring of an older system cannot keep it" in err, err
    assert check(SETTINGS % ("oauth-2.1", "dialect: spring"))[0] == 0
    assert check(SETTINGS % ("oauth-2.1", "pkce: when_sent"))[0] == 0
