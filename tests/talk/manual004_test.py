"""Manual 004, word for word: its request as printed, each of its grants and parameters, its answer and its error byte for byte but for what is random."""
import re

import pytest

import talker_jwt
from demo import Demo, compact, masked
from server import ROOT
from slapd import Slapd
from talker import basic, bearer, get, post, send

# As printed, line by line; blanks and line ends are the manual's layout.
PRINTED_REQUEST = """
POST /connect/token
CONTENT-TYPE application/x-www-form-urlencoded

 client_id=client1&
 client_secret=secret&
 grant_type=authorization_code&
 code=hdh922&
 redirect_uri=https://myapp.com/callback
"""
PRINTED_ANSWER = """
HTTP/1.1 200 OK
  Content-Type: application/json
  Cache-Control: no-store
  Pragma: no-cache

  {
   "access_token": "(a JWT signed RS256 with kid)",
   "token_type": "Bearer",
   "refresh_token": "8xLOxBtZp8",
   "expires_in": 3600,
   "id_token": "(a JWT signed RS256 with kid)"
  }
"""
PRINTED_ERROR = """
HTTP/1.1 400 Bad Request
  Content-Type: application/json
  Cache-Control: no-store
  Pragma: no-cache

  {
   "error": "invalid_request"
  }
"""
PRINTED_ID_CLAIMS = ["iss", "sub", "aud", "nonce", "exp", "iat"]         # inside both printed JWTs; their header is {"alg":"RS256","kid":"1e9gdk7"}
JWT, TEXT = r'"(?:eyJ[\w.-]+|\(a JWT signed RS256 with kid\))"', r'"[\w-]+"'
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
CLIENT = "client_id=client1&client_secret=secret"
AUTHORIZE = "http://localhost:8083/connect/authorize?response_type=code&client_id=client1&redirect_uri=https://myapp.com/callback&scope=openid%20profile&nonce=n-0S6_WzA2Mj"


@pytest.fixture(scope="module")
def d():
    with Demo() as demo:
        yield demo


def request_line(printed):
    """Method and path, headers, and the body on one line."""
    head, body = printed.strip().split("\n\n")
    first, field = head.split("\n")
    return first.split(), dict([field.split()]), "".join(line.strip() for line in body.split("\n"))


def printed_reply(printed):
    head, body = printed.strip().split("\n\n")
    status, *fields = head.split("\n")
    return int(status.split()[1]), dict(f.strip().split(": ") for f in fields), compact(body)


def ask(d, body, headers=None):
    return post(d.url("004") + "/connect/token", body, {**FORM, **(headers or {})})


def as_printed(r, printed):
    status, fields, body = printed_reply(printed)
    assert r.status == status and {name: r.get(name) for name in fields} == fields, r
    masks = dict(access_token=JWT, refresh_token=TEXT, id_token=JWT) if status == 200 else {}
    assert masked(r.body, **masks) == masked(body, **masks), r
    return r.json()


def tokens(d, r, nonce=None):
    """The printed answer; both JWTs verified by the published keys, with the claims that were decided."""
    t, jwks = as_printed(r, PRINTED_ANSWER), get(d.url("004") + "/.well-known/openid-configuration/jwks").json()
    a, i = talker_jwt.verify(t["access_token"], jwks), talker_jwt.verify(t["id_token"], jwks)
    assert sorted(talker_jwt.header(t["access_token"])) == ["alg", "kid", "typ"] and talker_jwt.header(t["access_token"])["alg"] == talker_jwt.header(t["id_token"])["alg"] == "RS256"
    assert talker_jwt.header(t["access_token"])["typ"] == "at+jwt" and talker_jwt.header(t["id_token"])["kid"]
    assert list(a) == ["iss", "sub", "aud", "client_id", "scope", "jti", "iat", "exp"] and a["exp"] - a["iat"] == 3600
    assert set(i) == set(PRINTED_ID_CLAIMS) - (set() if nonce else {"nonce"}) and i.get("nonce") == nonce
    assert i["iss"] == a["iss"] == d.url("004") and i["aud"] == a["client_id"] == "client1" and i["sub"] == a["sub"] and len(a["sub"]) == 36
    return t


def code_of(d, allow=None):
    b = d.browser("004")
    r = b.get(d.here(AUTHORIZE))
    assert r.status == 302 and r.location == d.url("004") + "/login", r
    page = b.get(r.location)
    assert page.form("username")["action"] == "/login"
    r = b.login(page, "user", "password")
    assert r.status in (302, 303) and r.location == d.here(AUTHORIZE), r
    page = b.get(r.location)
    if page.status == 200:
        page = b.decide(page, allow)
    return page


# --- the printed request -----------------------------------------------------------------------------------------------------------------

def test_the_printed_request(d):
    (method, path), headers, body = request_line(PRINTED_REQUEST)
    assert headers == {"CONTENT-TYPE": "application/x-www-form-urlencoded"}
    r = code_of(d)
    assert r.status == 302 and re.fullmatch(r"https://myapp\.com/callback\?code=[\w-]{43}", r.location), r
    body = body.replace("hdh922", r.query()["code"])
    tokens(d, send(method, d.url("004") + path, body, headers), nonce="n-0S6_WzA2Mj")
    again = send(method, d.url("004") + path, body, headers)
    assert again.status == 400 and again.text == '{"error":"invalid_grant"}'


def test_with_max_age_the_id_token_says_when_the_login_was(d):
    b = d.browser("004")
    r = b.get(d.here(AUTHORIZE) + "&max_age=3600")
    page = b.get(r.location)
    r = b.follow(b.login(page, "user", "password"))
    page = b.decide(r, None) if r.status == 200 else r
    (method, path), headers, body = request_line(PRINTED_REQUEST)
    t = as_printed(send(method, d.url("004") + path, body.replace("hdh922", page.query()["code"]), headers), PRINTED_ANSWER)
    i = talker_jwt.verify(t["id_token"], get(d.url("004") + "/.well-known/openid-configuration/jwks").json())
    assert set(i) == {*PRINTED_ID_CLAIMS, "auth_time"} and 0 <= i["iat"] - i["auth_time"] < 60


def test_the_printed_error(d):
    (method, path), headers, body = request_line(PRINTED_REQUEST)
    for name in ("grant_type", "code", "redirect_uri"):                 # 必须指定
        as_printed(send(method, d.url("004") + path, re.sub("(^|&)%s=[^&]*" % name, "", body), headers), PRINTED_ERROR)


def test_the_client_in_basic(d):
    """可以再post主体中，也可以作为basic authentication在请求头中."""
    fields = "grant_type=authorization_code&code=%s&redirect_uri=https://myapp.com/callback"
    tokens(d, ask(d, fields % code_of(d).query()["code"], basic("client1", "secret")), nonce="n-0S6_WzA2Mj")
    tokens(d, ask(d, "client_id=client1&" + fields % code_of(d).query()["code"], basic("client1", "secret")), nonce="n-0S6_WzA2Mj")


# --- each grant --------------------------------------------------------------------------------------------------------------------------

def test_password(d):
    t = tokens(d, ask(d, CLIENT + "&grant_type=password&username=user&password=password"))
    assert talker_jwt.claims(t["access_token"])["scope"] == "openid profile api1"        # 如果未指定，将发出所有显式允许的作用域的令牌
    t = tokens(d, ask(d, CLIENT + "&grant_type=password&username=user&password=password&scope=api1"))
    assert talker_jwt.claims(t["access_token"])["scope"] == "api1"


def test_client_credentials(d):
    r = ask(d, CLIENT + "&grant_type=client_credentials")
    assert r.status == 200 and masked(r.body, access_token=JWT) == '{"access_token":?,"token_type":"Bearer","expires_in":3600}', r


def test_refresh_token(d):
    first = tokens(d, ask(d, CLIENT + "&grant_type=password&username=user&password=password"))
    second = tokens(d, ask(d, CLIENT + "&grant_type=refresh_token&refresh_token=" + first["refresh_token"]))
    assert second["refresh_token"] != first["refresh_token"]
    d.turn_clock(11)
    assert ask(d, CLIENT + "&grant_type=refresh_token&refresh_token=" + first["refresh_token"]).text == '{"error":"invalid_grant"}'


def test_sms(d):
    d.turn_clock(61)
    r = post(d.url("004") + "/connect/sms", CLIENT + "&phone=18888888887", FORM)
    assert r.status == 200 and r.text == '{"expires_in":300}', r
    code = d.sms_code()
    as_printed(ask(d, CLIENT + "&grant_type=sms&phone=18888888887"), PRINTED_ERROR)
    as_printed(ask(d, CLIENT + "&grant_type=sms&sms=" + code), PRINTED_ERROR)
    tokens(d, ask(d, CLIENT + "&grant_type=sms&phone=18888888887&sms=" + code))
    assert ask(d, CLIENT + "&grant_type=sms&phone=18888888887&sms=" + code).text == '{"error":"invalid_grant"}'


def test_wechat(d):
    t = tokens(d, ask(d, CLIENT + "&grant_type=wechat&openId=o123"))
    assert talker_jwt.claims(t["access_token"])["sub"]
    as_printed(ask(d, CLIENT + "&grant_type=wechat"), PRINTED_ERROR)
    for wrong in ("openid=o123", "OpenId=o123"):                        # openId, in this very spelling
        as_printed(ask(d, CLIENT + "&grant_type=wechat&" + wrong), PRINTED_ERROR)


def test_password_ad_without_a_directory(d):
    r = ask(d, CLIENT + "&grant_type=password_ad&username=user&password=password")
    assert r.status == 400 and r.text == '{"error":"unsupported_grant_type"}', r


@pytest.fixture(scope="module")
def ad():
    """The demo as ./quickstart --ad starts it: with slapd, and the settings that stand in that script."""
    slapd = Slapd()
    try:
        slapd.start()
        script = (ROOT / "quickstart").read_text(encoding="utf-8").replace("$PWD/demo-data/directory", str(slapd.dir)).replace("$port", str(slapd.port))
        env = {name: value.strip('"') for name, value in re.findall(r"\b(HUFU_[A-Z0-9_]+)=(\S+)", script)}
        assert len(env) >= 8
        with Demo(env=env) as demo:
            yield demo
    finally:
        slapd.close()


def test_password_ad(ad):
    for user, password in (("user", "password"), ("admin", "admin"), ("carol", "carol-password")):
        tokens(ad, ask(ad, CLIENT + "&grant_type=password_ad&username=%s&password=%s" % (user, password)))
    assert ask(ad, CLIENT + "&grant_type=password_ad&username=user&password=wrong-004").text == '{"error":"invalid_grant"}'
    needed = ["username=user", "password=password"]
    for left_out in needed:
        as_printed(ask(ad, "&".join([CLIENT, "grant_type=password_ad"] + [n for n in needed if n != left_out])), PRINTED_ERROR)


@pytest.mark.parametrize("grant,needed", [("password", ["username=user", "password=password"]), ("refresh_token", ["refresh_token=x"]), ("sms", ["phone=18888888887", "sms=123456"]), ("authorization_code", ["code=x", "redirect_uri=https://myapp.com/callback"]), ("wechat", ["openId=o123"])])
def test_every_parameter_that_must_be_there(d, grant, needed):
    for left_out in needed:
        as_printed(ask(d, "&".join([CLIENT, "grant_type=" + grant] + [n for n in needed if n != left_out])), PRINTED_ERROR)


def test_the_client(d):
    r = ask(d, "client_id=client1&client_secret=wrong-secret&grant_type=client_credentials")
    assert r.status == 400 and r.text == '{"error":"invalid_client"}' and r.get("WWW-Authenticate") is None
    r = ask(d, "grant_type=client_credentials", basic("client1", "wrong-secret"))
    assert r.status == 401 and r.text == '{"error":"invalid_client"}' and r.get("WWW-Authenticate").startswith("Basic ")
    r = ask(d, "grant_type=client_credentials&client_id=zlt", basic("client1", "secret"))
    assert r.status == 401 and r.text == '{"error":"invalid_client"}'
    assert ask(d, CLIENT + "&grant_type=urn:x").text == '{"error":"unsupported_grant_type"}'
    assert ask(d, CLIENT + "&grant_type=client_credentials&scope=nope").text == '{"error":"invalid_scope"}'


# --- beside the token endpoint ---------------------------------------------------------------------------------------------------------------

def test_metadata_keys_and_userinfo(d):
    m = get(d.url("004") + "/.well-known/openid-configuration").json()
    assert m["issuer"] == d.url("004")
    for name, path in (("token_endpoint", "/connect/token"), ("authorization_endpoint", "/connect/authorize"), ("userinfo_endpoint", "/connect/userinfo"), ("jwks_uri", "/.well-known/openid-configuration/jwks")):
        assert m[name] == d.url("004") + path
    t = tokens(d, ask(d, CLIENT + "&grant_type=password&username=user&password=password"))
    o = get(m["userinfo_endpoint"], bearer(t["access_token"])).json()
    assert o["sub"] == talker_jwt.claims(t["id_token"])["sub"] and (o["name"], o["preferred_username"]) == ("User", "user")
    for bad in (t["refresh_token"], t["id_token"], "x"):
        r = get(m["userinfo_endpoint"], bearer(bad))
        assert r.status == 401 and r.text == '{"error":"invalid_token"}' and r.get("WWW-Authenticate").startswith("Bearer "), r



def test_denied(d):
    """By somebody who has allowed nothing yet: consent is remembered."""
    b = d.browser("004")
    page = b.follow(b.login(b.follow(b.get(d.here(AUTHORIZE) + "&state=s%201")), "zhangsan", "密码"))
    r = b.decide(page, allow=())
    assert r.status == 302 and r.location.startswith("https://myapp.com/callback?error=access_denied") and r.query()["state"] == "s 1", r
