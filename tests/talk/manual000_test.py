"""Manual 000, word for word: every request it names, with the demo's data; every answer and both JWTs as it prints them.

The manual shows its requests as pictures: the parameters stand in the query string, as in the request collection of its project."""
import base64, json, re

import pytest

import talker_jwt
from demo import Demo, compact, masked
from talker import basic, bearer, get, post, raw

ID = "client_id=5d22eb6e8b0c7ba066014398&client_secret=webApp"
AUTHORIZE = "http://localhost:8081/oauth/authorize?response_type=code&client_id=5d22eb6e8b0c7ba066014398&redirect_uri=http://localhost:8081/demo&scope=All"
IMPLICIT = "http://localhost:8081/oauth/authorize?response_type=token&client_id=5d22eb6e8b0c7ba066014398&redirect_uri=http://localhost:8081/demo&scope=All"
CODE = "http://localhost:8081/oauth/token?grant_type=authorization_code&code=CODE&" + ID + "&redirect_uri=http://localhost:8081/demo&scope=All"
PASSWORD = "http://localhost:8081/oauth/token?grant_type=password&username=admin&password=admin&" + ID + "&scope=All"
CLIENT = "http://localhost:8081/oauth/token?grant_type=client_credentials&" + ID + "&scope=All"
REFRESH = "http://localhost:8081/oauth/token?grant_type=refresh_token&refresh_token=REFRESH&" + ID
MOBILE = "http://localhost:8081/oauth/mobile?mobile=18888888888&code=SMS"
SMS = "http://localhost:8081/smsCode/18888888888"
AUTHORIZATION = "NWQyMmViNmU4YjBjN2JhMDY2MDE0Mzk4OndlYkFwcA=="              # the Base64 of clientId:client_secret

# The answer that the manual prints under each of its flows, and the claims inside its two tokens.
PRINTED = """
{
    "access_token": "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.(see CLAIMS)",
    "token_type": "bearer",
    "refresh_token": "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.(see REFRESH_CLAIMS)",
    "expires_in": 86399,
    "scope": "All",
    "jti": "e2783163-72fd-4dd8-94cf-4d147cb8c747",
    "license": "made by taroco",
    "x-user-name": "admin",
    "x-user-id": 909620761
}"""
HEADER = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9"
CLAIMS = ("eyJsaWNlbnNlIjoibWFkZSBieSB0YXJvY28iLCJ1c2VyX25hbWUiOiJhZG1pbiIsInNjb3BlIjpbIkFsbCJdLCJ4LXVzZXItaWQiOjkwOTYyMDc2MSwiZXhwIjoxNTY0NjQ2NzM4LCJ4LXVzZXItbmFtZSI6"
          "ImFkbWluIiwiYXV0aG9yaXRpZXMiOlsiUk9MRV9VU0VSIiwiT1BfVVNFUiJdLCJqdGkiOiJlMjc4MzE2My03MmZkLTRkZDgtOTRjZi00ZDE0N2NiOGM3NDciLCJjbGllbnRfaWQiOiI1ZDIyZWI2ZThiMGM3YmEw"
          "NjYwMTQzOTgifQ")
REFRESH_CLAIMS = ("eyJsaWNlbnNlIjoibWFkZSBieSB0YXJvY28iLCJ1c2VyX25hbWUiOiJhZG1pbiIsInNjb3BlIjpbIkFsbCJdLCJhdGkiOiJlMjc4MzE2My03MmZkLTRkZDgtOTRjZi00ZDE0N2NiOGM3NDciLCJ4LXVzZXIt"
                  "aWQiOjkwOTYyMDc2MSwiZXhwIjoxNTY0NjQ2NzM4LCJ4LXVzZXItbmFtZSI6ImFkbWluIiwiYXV0aG9yaXRpZXMiOlsiUk9MRV9VU0VSIiwiT1BfVVNFUiJdLCJqdGkiOiJkNWYyMWQ2Ny02YmJkLTRkMjUtODA4"
                  "NS1mYjVjNjI3MGZjOTIiLCJjbGllbnRfaWQiOiI1ZDIyZWI2ZThiMGM3YmEwNjYwMTQzOTgifQ")
UUID = r'"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"'
ANY_UUID = r'"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"'
RESPONSE = '{"errorCode":null,"errorMessage":null,"extMessage":null,"result":%s,"status":"SUCCEED"}'
SCRIPT = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def d():
    with Demo() as demo:
        yield demo


def as_printed(r, no_store=True):
    """The whole answer of the manual: body, both tokens, headers."""
    jwt = r'"eyJ[^"]*"'
    assert r.status == 200 and masked(r.body, access_token=jwt, refresh_token=jwt, jti=UUID) == masked(compact(PRINTED), access_token=jwt, refresh_token=jwt, jti=UUID), r
    assert r.get("Content-Type") == "application/json;charset=UTF-8"
    assert r.get("Cache-Control").startswith("no-store" if no_store else "no-cache, no-store") and r.get("Pragma") == "no-cache"
    t = r.json()
    for token, claims, more in ((t["access_token"], CLAIMS, {}), (t["refresh_token"], REFRESH_CLAIMS, {"ati": UUID})):
        head, body, _ = token.split(".")
        masks = dict(exp=r"\d{10}", jti=ANY_UUID, **more)
        assert head == HEADER and masked(talker_jwt.b64(body), **masks) == masked(talker_jwt.b64(claims), **masks)
    a, f = talker_jwt.claims(t["access_token"]), talker_jwt.claims(t["refresh_token"])
    assert a["jti"] == t["jti"] == f["ati"] and f["jti"] != a["jti"]
    return t


def ask(d, printed, headers=None, **values):
    for name, value in values.items():
        printed = printed.replace("=" + name, "=" + value)
    return post(d.here(printed), None, headers)


def optional_scope(printed):
    return printed.replace("&scope=All", "")


# --- authorization_code ----------------------------------------------------------------------------------------------------------------

def front_end(d, url):
    """The old front end: the login page at /, then a script that posts JSON and goes where `result` says."""
    b = d.browser("000")
    r = b.get(d.here(url), SCRIPT)
    assert r.status == 302 and r.location == d.url("000") + "/", r
    r = b.post(d.url("000") + "/login", json.dumps({"username": "admin", "password": "admin"}), {**SCRIPT, "Content-Type": "application/json"})
    assert r.status == 200 and r.text == RESPONSE % json.dumps(d.here(url)), r
    r = b.get(r.json()["result"], SCRIPT)
    assert r.status == 302 and r.location == d.url("000") + "/confirm_access?clientId=5d22eb6e8b0c7ba066014398&scope=All&redirectUri=" + d.here("http://localhost:8081/demo") + "&appName=Manual%20000", r
    return b


def code_of(d, url=AUTHORIZE):
    b = front_end(d, url)
    r = b.post(d.url("000") + "/oauth/custom_authorize", {"user_oauth_approval": "true", "scope.All": "true"}, SCRIPT)
    m = re.fullmatch(re.escape(d.here("http://localhost:8081/demo")) + "[?]code=([0-9A-Za-z]{6})", r.json()["result"])
    assert r.status == 200 and m and r.text == RESPONSE % json.dumps(r.json()["result"]), r
    return m.group(1)


@pytest.mark.parametrize("url", [AUTHORIZE, optional_scope(AUTHORIZE)])
@pytest.mark.parametrize("token", [CODE, optional_scope(CODE)])
def test_authorization_code(d, url, token):
    as_printed(ask(d, token, CODE=code_of(d, url)))


def test_in_a_browser(d):
    """如果没有会跳转到用户授权界面，用户同意授权后跳转到 redirect_uri 地址."""
    b = d.browser("000")
    page = b.follow(b.get(d.here(AUTHORIZE)))
    assert page.status == 200 and page.form("username")["action"] == "/login"
    r = b.login(page, "admin", "admin")
    assert r.status == 303 and r.location == d.here(AUTHORIZE), r
    page = b.follow(b.get(r.location))
    assert page.status == 200 and "Manual 000" in page.text
    r = b.decide(page)
    assert r.status in (302, 303) and re.fullmatch(re.escape(d.here("http://localhost:8081/demo")) + "[?]code=[0-9A-Za-z]{6}", r.location), r
    page = b.follow(b.get(d.here(AUTHORIZE)))
    assert "error=access_denied" in b.decide(page, allow=()).location


def test_auto_approved(d):
    """如果客户端开启了自动认证，会自动跳转到 redirect_uri 地址."""
    assert d.hufu("client", "set", "5d22eb6e8b0c7ba066014398", "--realm", "demo", "--auto-approve", "*")[0] == 0
    try:
        b = d.browser("000")
        r = b.login(b.follow(b.get(d.here(AUTHORIZE))), "admin", "admin")
        assert "code=" in b.get(r.location).location
    finally:
        assert d.hufu("client", "set", "5d22eb6e8b0c7ba066014398", "--realm", "demo", "--auto-approve", "")[0] == 0


# --- password, client_credentials, implicit, refresh -----------------------------------------------------------------------------------

@pytest.mark.parametrize("printed", [PASSWORD, optional_scope(PASSWORD)])
def test_password(d, printed):
    as_printed(ask(d, printed))


@pytest.mark.parametrize("printed", [CLIENT, optional_scope(CLIENT)])
def test_client_credentials(d, printed):
    as_printed(ask(d, printed))


def test_everything_may_stand_in_the_body_too(d):
    url, query = d.here(PASSWORD).split("?")
    as_printed(post(url, query, {"Content-Type": "application/x-www-form-urlencoded"}))
    as_printed(post(url, query.replace(ID + "&", ""), {"Content-Type": "application/x-www-form-urlencoded", **basic("5d22eb6e8b0c7ba066014398", "webApp")}))


@pytest.mark.parametrize("printed", [IMPLICIT, optional_scope(IMPLICIT)])
def test_implicit(d, printed):
    """implicit 模式为 get 请求，需要用户登录；accessToken 直接返回给 redirect_uri."""
    b = front_end(d, printed)
    r = b.post(d.url("000") + "/oauth/custom_authorize", {"user_oauth_approval": "true", "scope.All": "true"}, SCRIPT)
    scope = "" if "scope=" in printed else "&scope=All"
    want = r"%s#access_token=eyJ[\w.-]+&token_type=bearer&expires_in=86399%s&jti=[0-9a-f-]{36}&license=made%%20by%%20taroco&x-user-name=admin&x-user-id=909620761"
    assert re.fullmatch(want % (re.escape(d.here("http://localhost:8081/demo")), scope), r.json()["result"]), r


def test_refresh(d):
    first = as_printed(ask(d, PASSWORD))
    second = as_printed(ask(d, REFRESH, REFRESH=first["refresh_token"]))
    old, new = talker_jwt.claims(first["refresh_token"]), talker_jwt.claims(second["refresh_token"])
    assert (new["jti"], new["exp"]) == (old["jti"], old["exp"]) and new["ati"] == second["jti"] != first["jti"]


# --- mobile ------------------------------------------------------------------------------------------------------------------------------

def sms(d):
    d.turn_clock(61)                                                    # one code a minute for a number
    r = get(d.here(SMS))
    assert r.status == 200 and r.text == RESPONSE % "null", r
    return d.sms_code()


def test_mobile(d):
    code = sms(d)
    t = as_printed(ask(d, MOBILE, {"Authorization": "Basic " + AUTHORIZATION}, SMS=code), no_store=False)
    assert base64.b64decode(AUTHORIZATION).decode() == "5d22eb6e8b0c7ba066014398:webApp" and code not in json.dumps(t)
    r = ask(d, MOBILE, {"Authorization": "Basic " + AUTHORIZATION}, SMS=code)
    assert r.status == 401 and r.text == '{"errorCode":null,"errorMessage":"Bad verifyCode","extMessage":null,"result":null,"status":"FAILED"}', r


def test_mobile_in_the_body(d):
    fields = d.here(MOBILE).split("?")[1].replace("SMS", sms(d))
    as_printed(post(d.url("000") + "/oauth/mobile", fields, {"Authorization": "Basic " + AUTHORIZATION, "Content-Type": "application/x-www-form-urlencoded"}), no_store=False)


def test_the_bare_value_is_told_what_is_missing(d):
    """The manual says only that the header is the Base64 of clientId:client_secret."""
    r = ask(d, MOBILE, {"Authorization": AUTHORIZATION}, SMS="000000")
    assert r.status == 401 and "Basic " in r.json()["message"] and "clientId:client_secret" in r.json()["message"], r
    assert r.get("WWW-Authenticate") == 'Basic realm="oauth2/client"'


def test_mobile_login_of_the_front_end(d):
    b, code = d.browser("000"), sms(d)
    b.get(d.here(AUTHORIZE), SCRIPT)
    r = b.post(d.url("000") + "/login/mobile?mobile=18888888888&code=" + code, None, SCRIPT)
    assert r.status == 200 and r.text == RESPONSE % json.dumps(d.here(AUTHORIZE)), r


# --- beside the tokens -------------------------------------------------------------------------------------------------------------------

def test_check_token_and_token_key(d):
    t = as_printed(ask(d, PASSWORD))
    r = post(d.url("000") + "/oauth/check_token", {"token": t["access_token"]})
    o = r.json()
    assert r.status == 200 and (o["active"], o["user_name"], o["authorities"], o["scope"], o["client_id"], o["x-user-id"]) == \
        (True, "admin", ["ROLE_USER", "OP_USER"], ["All"], "5d22eb6e8b0c7ba066014398", 909620761), r
    r = get(d.url("000") + "/oauth/token_key?" + ID)
    assert r.status == 200 and re.fullmatch(r'\{"alg":"SHA256withRSA","value":"-----BEGIN PUBLIC KEY-----\\n[A-Za-z0-9+/=]+\\n-----END PUBLIC KEY-----"\}', r.text), r


def test_user_and_logout(d):
    b = front_end(d, AUTHORIZE)
    r = b.get(d.url("000") + "/user", SCRIPT)
    o = r.json()["result"]
    assert r.status == 200 and list(o) == ["userId", "phone", "username", "deptId", "deptName", "expired", "locked", "enabled", "passwordExpired", "createTime", "updateTime",
                                           "roles", "authorities", "accountNonExpired", "accountNonLocked", "credentialsNonExpired"], r
    assert (o["userId"], o["phone"], o["username"], o["enabled"]) == (909620761, "18888888888", "admin", True)
    assert o["roles"] == [{"role": "USER", "operations": [{"op": "USER", "authority": "OP_USER"}], "authority": "ROLE_USER"}]
    assert o["authorities"] == [{"authority": "ROLE_USER"}, {"authority": "OP_USER"}] and not re.search("password\"|argon2", r.text)
    r = b.get(d.url("000") + "/logout", SCRIPT)
    assert r.status == 200 and r.text == RESPONSE % '"登出成功"', r
    assert b.get(d.url("000") + "/user", SCRIPT).status == 302


def test_a_refresh_token_is_no_access_token(d):
    t = as_printed(ask(d, PASSWORD))
    r = post(d.url("000") + "/oauth/check_token", {"token": t["refresh_token"]})
    assert r.status == 400 and r.text == '{"errorCode":"invalid_token","errorMessage":"Encoded token is a refresh token","status":"FAILED"}', r
    for path in ("/user", "/oauth/custom_authorize", "/confirm_access"):
        assert get(d.url("000") + path, {**SCRIPT, **bearer(t["refresh_token"])}).status in (302, 303)


def test_an_empty_post_without_content_type(d):
    target = d.here(PASSWORD).split(d.ports["8081"], 1)[1]
    answer = raw(int(d.ports["8081"]), ("POST %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" % target).encode())
    assert answer.startswith(b"HTTP/1.1 200 ")
