"""What resource servers, scripts of other origins and old clients get to see, at every issuer: whole lists, CORS, spellings of a secret."""
import json

import pytest

import talker_jwt

from talker import APP_SECRET, PASSWORD, World, authorize_url, basic, bearer, client, get, post, realm, send, user

ODD = "p+q%41/r s:ü=&"
AUTHORITIES = ["OP_%04d" % i for i in range(600)]
CHECK = {"spring": "/oauth/check_token", "zlt": "/oauth/check_token", "taroco": "/oauth/check_token"}
TOKEN = {"modern": "/token", "spring": "/oauth/token", "zlt": "/oauth/token", "taroco": "/oauth/token", "rageframe": "/oauth2/client-credentials", "connect": "/connect/token"}


def everybody():
    r = realm()
    r["clients"] += [client("wide", APP_SECRET, grants=["password", "client_credentials", "refresh_token"], legacy="password", authorities=AUTHORITIES,
                            resource_ids=["users", "billing", "orders"]),
                     client("odd/id", ODD, grants=["client_credentials"], origins=["https://odd.example"], scopes=["read"])]
    r["users"] += [user("many", PASSWORD, number=77, authorities=AUTHORITIES)]
    return r


@pytest.fixture(scope="module")
def w():
    with World(realms=[everybody()]) as world:
        yield world


def verifies(token, jwk):
    return talker_jwt.verify_pem(token, talker_jwt.public_key(jwk), jwk["alg"])


def of(answer):
    return answer.json().get("datas") or answer.json()


@pytest.mark.parametrize("dialect", CHECK)
@pytest.mark.parametrize("fields", [{"grant_type": "password", "username": "many", "password": PASSWORD}, {"grant_type": "client_credentials"}])
def test_check_token_says_every_authority(w, dialect, fields):
    r = post(w.at(dialect, TOKEN[dialect]), fields, basic("wide", APP_SECRET))
    assert r.status == 200, r
    token = of(r)["access_token"]
    if dialect == "taroco":
        assert talker_jwt.claims(token)["aud"] == ["orders", "users", "billing"]
    r = post(w.at(dialect, CHECK[dialect]), {"token": token})
    if dialect == "taroco" and fields["grant_type"] == "client_credentials":
        assert sorted(r.json().get("authorities", AUTHORITIES)) == AUTHORITIES, r
    else:
        assert sorted(r.json()["authorities"]) == AUTHORITIES, r
    assert r.json()["aud"] == ["orders", "users", "billing"]


def test_authorities_that_no_token_can_say_are_refused_when_they_are_given(w):
    words = " ".join("OP_%04d" % i for i in range(2000))
    for order in (("user", "create", "toomany", "--password-stdin"), ("user", "set", "many"), ("client", "set", "wide")):
        code, out, err = w.hufu(*order, "--realm", "main", "--authority", words, input="a long enough password\n")
        assert code == 1 and "2000 words" in err and "room for 10240 bytes" in err, (order, out, err)


@pytest.mark.parametrize("dialect", TOKEN)
def test_a_secret_in_basic_is_taken_encoded_and_raw(w, dialect):
    """openid-client and oauth4webapi encode it (RFC 6749 2.3.1), curl and most others do not."""
    for quote in (False, True):
        r = post(w.at(dialect, TOKEN[dialect]), {"grant_type": "client_credentials"}, basic("odd/id", ODD, quote))
        assert r.status == 200 and "access_token" in r.text, (quote, r)
    for wrong in (ODD.replace("+", " "), ODD + "x"):
        r = post(w.at(dialect, TOKEN[dialect]), {"grant_type": "client_credentials"}, basic("odd/id", wrong))
        assert "access_token" not in r.text, r


@pytest.mark.parametrize("dialect", TOKEN)
def test_scripts_of_registered_origins_may_read(w, dialect):
    ask = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type,x-requested-with,dpop,traceparent,tracestate"}
    url, fields, auth = w.at(dialect, TOKEN[dialect]), {"grant_type": "client_credentials"}, basic("odd/id", ODD)
    r = send("OPTIONS", url, None, {"Origin": "https://odd.example", **ask})
    assert r.status == 204 and r.get("Access-Control-Allow-Origin") == "https://odd.example" and r.get("Access-Control-Allow-Credentials") is None, r
    assert {h.strip().lower() for h in r.get("Access-Control-Allow-Headers").split(",")} == set(ask["Access-Control-Request-Headers"].split(","))
    assert post(url, fields, {"Origin": "https://odd.example", **auth}).get("Access-Control-Allow-Origin") == "https://odd.example"
    assert post(url, fields, {"Origin": "https://spa.example", **auth}).get("Access-Control-Allow-Origin") is None       # another client's
    r = send("OPTIONS", url, None, {"Origin": "https://evil.example", **ask})
    assert r.get("Access-Control-Allow-Origin") is None
    if dialect in CHECK:
        t = of(post(url, fields, auth))["access_token"]
        assert post(w.at(dialect, CHECK[dialect]), {"token": t}, {"Origin": "https://odd.example"}).get("Access-Control-Allow-Origin") == "https://odd.example"
        assert post(w.at(dialect, CHECK[dialect]), {"token": t}, {"Origin": "https://spa.example"}).get("Access-Control-Allow-Origin") is None


def test_a_resource_server_can_verify_the_tokens_of_001(w):
    """Its old server held the key in a file; here it is served, and the command line prints it."""
    t = post(w.at("rageframe", TOKEN["rageframe"]), {"grant_type": "client_credentials", "client_id": "rageframe", "client_secret": "rageframe-secret"}).json()["data"]["access_token"]
    for path in ("/oauth2/jwks", "/.well-known/jwks.json"):
        r = get(w.at("rageframe", path), {"Origin": "https://any.example"})
        assert r.status == 200 and r.get("Content-Type") == "application/jwk-set+json" and r.get("Access-Control-Allow-Origin") == "*", r
        assert any(verifies(t, k) for k in r.json()["keys"]), r
    code, out, _ = w.hufu("key", "list", "--issuer", "rageframe", "--json")
    listed = [k for k in json.loads(out)["keys"] if k["state"] == "active" and k["alg"] != "HMAC"]
    assert code == 0 and verifies(t, listed[0]["jwk"]) and "sealed" not in out and '"d"' not in out
    code, out, _ = w.hufu("key", "show", "--issuer", "rageframe", "--pem")
    assert code == 0 and out == listed[0]["pem"] and out.startswith("-----BEGIN PUBLIC KEY-----\n") and out.endswith("-----END PUBLIC KEY-----\n")
    assert out in w.hufu("key", "show", listed[0]["kid"])[1]
    assert w.hufu("key", "show", "nope")[0] == 1


def test_what_the_recorded_servers_say_and_how(w):
    r = get(w.at("taroco", "/oauth/error"), {"Accept": "text/html"})
    assert r.status == 400 and r.json() == {"errorCode": None, "errorMessage": "Unknown error", "extMessage": None, "result": None, "status": "FAILED"}, r
    r = post(w.at("taroco", "/login"), {"username": "admin", "password": "admin"})
    cookie = {"Cookie": next(v.split(";")[0] for v in r.all("Set-Cookie") if v.startswith("hufu-taroco="))}
    r = get(w.at("taroco", "/oauth/authorize?response_type=code&client_id=auto&redirect_uri=https://app.example/cb&scope=nope&state=s"), cookie)
    assert r.query()["error"] == "invalid_scope" and "scope" not in r.query(), r
    wrong = {"grant_type": "password", "username": "admin", "password": "x"}
    for language, text in (("zh-CN", "坏的凭证"), ("en", "Bad credentials"), (None, "Bad credentials")):
        head = {**basic("auto", APP_SECRET), **({"Accept-Language": language} if language else {})}
        assert post(w.at("taroco", TOKEN["taroco"]), wrong, head).json()["errorMessage"] == text
    r = post(w.at("spring", TOKEN["spring"]), {"grant_type": "密码"}, {**basic("other", "nope")})
    assert all(ord(c) < 128 for v in r.all("WWW-Authenticate") for c in v), r
    assert post(w.at("zlt", "/oauth/remove/token"), {"token": "x"}).get("Content-Type") == "application/json;charset=UTF-8"


def test_the_challenge_of_a_refusal_holds_ascii_only():
    with World("taroco", settings={"taroco": {"distinct_login_errors": True}}) as v:
        r = post(v.at("taroco", "/oauth/token"), {"grant_type": "password", "username": "nobody", "password": "x"}, basic("auto", APP_SECRET))
        assert r.status == 401 and r.json()["errorMessage"] == "用户不存在", r
        assert r.get("WWW-Authenticate") == 'Bearer error="unauthorized", error_description="?????"', r


def test_user_info_takes_the_token_in_the_form(w):
    t = post(w.at("connect", TOKEN["connect"]), {"grant_type": "password", "username": "alice", "password": PASSWORD, "client_id": "client1", "client_secret": "secret"}).json()["access_token"]
    assert post(w.at("connect", "/connect/userinfo"), {"access_token": t}).status == 200
    assert get(w.at("connect", "/connect/userinfo") + "?access_token=" + t).status == 401
    assert post(w.at("connect", "/connect/userinfo") + "?access_token=" + t, {"x": "y"}).status == 401
    assert post(w.at("connect", "/connect/userinfo"), {"access_token": t}, bearer("x")).status == 401


def test_request_objects_at_an_unregistered_address_are_refused(w):
    b = w.browser("modern")
    r = b.authorize(authorize_url(w, request_uri="https://app.example/r"))
    assert r.query()["error"] == "invalid_request_uri", r
