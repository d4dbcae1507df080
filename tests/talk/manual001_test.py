"""Manual 001, word for word: every path and parameter it lists, with the demo's data; the answers are those of CONTRACT section 5.

The manual leaves its answers empty; the one printed answer is that of the user info, from the second page of the same manual."""
import json, re, time

import pytest

import talker_jwt
from demo import Demo, compact, masked
from talker import bearer, get, post, send

# The tables of the manual: path, and parameters in their order with the values of the demo.
AUTHORIZE = "GET /open/authorize/index", ["response_type=code", "client_id=rageframe", "redirect_uri=http://localhost:8082/demo", "state=s1"]
IMPLICIT = "GET /open/implicit", ["response_type=token", "client_id=rageframe", "redirect_uri=http://localhost:8082/demo", "scope=basic_info", "state=s1"]
CODE = "POST /oauth2/authorize", ["grant_type=authorization_code", "client_id=rageframe", "client_secret=rageframe-secret", "redirect_uri=http://localhost:8082/demo", "code=CODE"]
PASSWORD = "POST /oauth2/password", ["grant_type=password", "client_id=rageframe", "client_secret=rageframe-secret", "username=user", "password=password", "scope=basic_info"]
CLIENT = "POST /oauth2/client-credentials", ["grant_type=client_credentials", "client_id=rageframe", "client_secret=rageframe-secret", "scope=basic_info"]
REFRESH = "POST /oauth2/refresh-token", ["grant_type=refresh_token", "refresh_token=REFRESH", "client_id=rageframe", "client_secret=rageframe-secret", "scope=basic_info"]
OPTIONAL = {"redirect_uri", "scope", "state"}                           # 必填 否, of a GET; of a POST only scope
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

TOKENS = '{"code":200,"message":"OK","data":{"token_type":"Bearer","expires_in":172800,"access_token":?,"refresh_token":?},"timestamp":?}'
CLIENT_TOKENS = '{"code":200,"message":"OK","data":{"token_type":"Bearer","expires_in":172800,"access_token":?},"timestamp":?}'
DENIED = '{"code":401,"message":"The resource owner or authorization server denied the request.","data":[],"timestamp":?}'
NO_RIGHT = '{"code":400,"message":"您的权限不足，如需要请联系管理员","data":[],"timestamp":?}'
JWT, OPAQUE, NOW = r'"eyJ[\w-]+\.[\w-]+\.[\w-]+"', r'"[\w-]{40,1024}"', r"1[6-9]\d{8}|2\d{9}"
GRANT_PATHS = [CODE[0], PASSWORD[0], CLIENT[0], REFRESH[0]]

# Second page: /oauth2/v1/default, header authorization: Bearer + blank + access_token.
PRINTED_DEFAULT = """
{
    "code": 200,
    "message": "OK",
    "data": {
        "id": 2,
        "access_token": "5aad206263fa4be72cb3241b28be3",
        "merchant_id": 1,
        "client_id": "1111111111",
        "member_id": "",
        "expires": "2019-06-06 12:07:21",
        "scope": [],
        "grant_type": "client_credentials",
        "status": 1,
        "created_at": 1559779635,
        "updated_at": 1559790441
    }
}"""


@pytest.fixture(scope="module")
def d():
    with Demo() as demo:
        yield demo


def pick(row, **values):
    """A row's path and parameters with what is at hand in place of CODE and REFRESH."""
    method, path = row[0].split()
    return method, path, "&".join(re.sub("=(CODE|REFRESH)$", lambda m: "=" + values.get(m.group(1), m.group(1)), p) for p in row[1])


def ask(d, row, **values):
    method, path, body = pick(row, **values)
    return send(method, d.url("001") + path, d.here(body), FORM)


def answered(r, expected, **masks):
    assert r.status == 200 and r.get("Content-Type") == "application/json; charset=UTF-8", r
    assert masked(r.body, timestamp=NOW, **masks) == expected, r
    assert abs(r.json()["timestamp"] - time.time()) < 100000
    return r.json()["data"]


def tokens(d, row, **values):
    r = ask(d, row, **values)
    assert r.get("Cache-Control") == "no-store" and r.get("Pragma") == "no-cache"
    return answered(r, TOKENS, access_token=JWT, refresh_token=OPAQUE)


def page(d, row, leave_out=()):
    method, path, query = pick(row)
    assert method == "GET"
    return d.url("001") + path + "?" + d.here("&".join(p for p in query.split("&") if p.split("=")[0] not in leave_out))


def log_in(d, url):
    """The way from the address to the redirect back to the application; no consent page stands on it."""
    b = d.browser("001")
    r = b.get(url)
    assert r.status == 302 and r.location == d.url("001") + "/login", r
    form = b.get(r.location)
    names = [name for name, _, kind, _ in form.form("LoginForm[username]")["fields"] if kind in ("text", "password")]
    assert names == ["LoginForm[username]", "LoginForm[password]"], names
    r = b.login(form, "user", "password")
    assert r.status == 302 and r.location == url, r
    return b, b.get(r.location)


def code_of(d, leave_out=()):
    _, r = log_in(d, page(d, AUTHORIZE, leave_out))
    want = r"%s\?code=([\w-]{43})%s" % (re.escape(d.here("http://localhost:8082/demo")), "" if "state" in leave_out else "&state=s1")
    m = re.fullmatch(want, r.location)
    assert r.status == 302 and m, r
    return m.group(1)


# --- the five flows ------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("leave_out", [(), ("redirect_uri",), ("state",), ("redirect_uri", "state")])
def test_authorization_code(d, leave_out):
    t = tokens(d, CODE, CODE=code_of(d, leave_out))
    h, c = talker_jwt.header(t["access_token"]), talker_jwt.claims(t["access_token"])
    assert (h["alg"], h["typ"], h["jti"]) == ("RS256", "JWT", c["jti"]) and re.fullmatch("[0-9a-f]{80}", c["jti"])
    assert list(c) == ["aud", "jti", "iat", "nbf", "exp", "sub", "scopes"]
    assert (c["aud"], c["sub"], c["scopes"], c["exp"] - c["iat"], c["nbf"] - c["iat"]) == ("rageframe", "2", ["basic_info"], 172800, 0)


def test_a_logged_in_user_gets_the_code_at_once(d):
    b, _ = log_in(d, page(d, AUTHORIZE))
    assert b.get(page(d, AUTHORIZE)).query().keys() == {"code", "state"}


@pytest.mark.parametrize("leave_out", [(), ("redirect_uri",), ("scope", "state"), ("redirect_uri", "scope", "state")])
def test_implicit(d, leave_out):
    _, r = log_in(d, page(d, IMPLICIT, leave_out))
    want = r"%s#access_token=eyJ[\w.-]+&token_type=Bearer&expires_in=172800%s" % (re.escape(d.here("http://localhost:8082/demo")), "" if "state" in leave_out else "&state=s1")
    assert r.status == 302 and re.fullmatch(want, r.location), r
    assert default(d, r.query()["access_token"])["grant_type"] == "implicit"


def without_scope(row):
    return row[0], [p for p in row[1] if not p.startswith("scope=")]


@pytest.mark.parametrize("row", [PASSWORD, without_scope(PASSWORD)])
def test_password(d, row):
    assert talker_jwt.claims(tokens(d, row)["access_token"])["scopes"] == ["basic_info"]


@pytest.mark.parametrize("row", [CLIENT, without_scope(CLIENT)])
def test_client_credentials(d, row):
    t = answered(ask(d, row), CLIENT_TOKENS, access_token=JWT)
    assert list(talker_jwt.claims(t["access_token"])) == ["aud", "jti", "iat", "nbf", "exp", "scopes"]


@pytest.mark.parametrize("row", [REFRESH, without_scope(REFRESH)])
def test_refresh_token(d, row):
    first = tokens(d, PASSWORD)
    second = tokens(d, row, REFRESH=first["refresh_token"])
    assert second["refresh_token"] != first["refresh_token"]
    refused(d, first["access_token"])                                   # old access and refresh token are revoked
    default(d, second["access_token"])
    d.turn_clock(11)                                                    # after the moment in which a lost answer may be asked for again
    answered(ask(d, row, REFRESH=first["refresh_token"]), '{"code":422,"message":"The refresh token is invalid.","data":[],"timestamp":?}')


@pytest.mark.parametrize("row", [PASSWORD, CLIENT])
def test_json_bodies(d, row):
    fields = dict(p.split("=", 1) for p in row[1])
    r = post(d.url("001") + row[0].split()[1], json.dumps(fields), {"Content-Type": "application/json"})
    assert r.json()["code"] == 200 and r.json()["data"]["access_token"]


@pytest.mark.parametrize("row", [CODE, PASSWORD, CLIENT, REFRESH])
def test_every_parameter_that_must_be_there(d, row):
    for p in row[1]:
        name = p.split("=")[0]
        if name != "scope":
            r = ask(d, (row[0], [q for q in row[1] if q != p]), CODE="x" * 43, REFRESH="x" * 48)
            assert r.status == 200 and r.json()["code"] == 422 and r.json()["data"] == [] and r.json()["message"], (name, r)


@pytest.mark.parametrize("row", [CODE, PASSWORD, CLIENT, REFRESH])
def test_a_path_serves_its_own_grant_only(d, row):
    for grant in ("authorization_code", "password", "client_credentials", "refresh_token", "implicit"):
        if "grant_type=" + grant not in row[1]:
            r = ask(d, (row[0], ["grant_type=" + grant] + row[1][1:]))
            answered(r, '{"code":422,"message":"The authorization grant type is not supported by the authorization server.","data":[],"timestamp":?}')


# --- user info -----------------------------------------------------------------------------------------------------------------------

def default(d, token, **more):
    r = get(d.url("001") + "/oauth2/v1/default", {**bearer(token), **more})
    assert r.json()["code"] == 200, r
    return r.json()["data"]


def refused(d, token):
    for path in ("/oauth2/v1/default", "/oauth2/member"):
        for head in (bearer(token) if token else {}, {"Authorization": token or "Bearer"}):
            answered(get(d.url("001") + path, head), DENIED)


CHANGING = dict(id=r"\d+", expires=r'"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"', access_token=r'"[0-9a-f]+"', created_at=r"\d{10}", updated_at=r"\d{10}")


def test_user_info_as_printed(d):
    """Client, scope and member stand for what the demo has; everything else is the printed text."""
    token = answered(ask(d, CLIENT), CLIENT_TOKENS, access_token=JWT)["access_token"]
    r = get(d.url("001") + "/oauth2/v1/default", {"authorization": "Bearer " + token})
    want = masked(compact(PRINTED_DEFAULT), **CHANGING).replace("1111111111", "rageframe").replace('"scope":[]', '"scope":["basic_info"]')
    assert masked(r.body, **CHANGING, timestamp=NOW) == want[:-1] + ',"timestamp":?}', r
    assert r.status == 200 and r.get("Content-Type") == "application/json; charset=UTF-8" and "no-store" in r.get("Cache-Control")


def test_user_info_of_a_member(d):
    t = tokens(d, PASSWORD)
    c, o = talker_jwt.claims(t["access_token"]), default(d, t["access_token"])
    assert (o["access_token"], o["client_id"], o["member_id"], o["scope"], o["grant_type"], o["status"]) == (c["jti"], "rageframe", "2", ["basic_info"], "password", 1)
    assert o["created_at"] == o["updated_at"] == c["iat"]
    assert o["expires"] == time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(c["exp"] + 8 * 3600))         # Shanghai's clock
    again = default(d, tokens(d, PASSWORD)["access_token"])
    assert again["id"] == o["id"] and again["access_token"] != o["access_token"]                       # the same row
    assert default(d, answered(ask(d, CLIENT), CLIENT_TOKENS, access_token=JWT)["access_token"])["id"] != o["id"]


def test_member(d):
    t = tokens(d, PASSWORD)
    r = get(d.url("001") + "/oauth2/member", bearer(t["access_token"]))
    assert r.status == 200 and r.json()["code"] == 200 and list(r.json()) == ["code", "message", "data", "timestamp"], r
    m = r.json()["data"]
    assert (m["id"], m["username"], m["nickname"], m["email"], m["mobile"], m["status"]) == (2, "user", "User", "user@example.com", "18888888887", 1)
    assert not [name for name in m if re.search("password|auth_key|hash|secret", name)] and "argon2" not in r.text
    token = answered(ask(d, CLIENT), CLIENT_TOKENS, access_token=JWT)["access_token"]
    answered(get(d.url("001") + "/oauth2/member", bearer(token)), '{"code":403,"message":"用户不存在","data":[],"timestamp":?}')


def test_bad_tokens(d):
    t = tokens(d, PASSWORD)
    head, body, signature = t["access_token"].split(".")
    other = answered(ask(d, CLIENT), CLIENT_TOKENS, access_token=JWT)["access_token"].split(".")
    for bad in ("", "x", "a.b.c", t["refresh_token"], ".".join((head, other[1], signature)), head + "." + body + ".", head + "." + body + "." + other[2]):
        refused(d, bad)
    refused(d, talker_jwt.header(t["access_token"])["jti"])


def test_a_new_login_ends_the_older_token_of_the_same_grant(d):
    first, other = tokens(d, PASSWORD), tokens(d, CODE, CODE=code_of(d))
    client = answered(ask(d, CLIENT), CLIENT_TOKENS, access_token=JWT)
    second = tokens(d, PASSWORD)
    refused(d, first["access_token"])
    answered(ask(d, REFRESH, REFRESH=first["refresh_token"]), '{"code":422,"message":"The refresh token is invalid.","data":[],"timestamp":?}')
    for t in (second, other, client):
        default(d, t["access_token"])


def test_a_revoked_token_is_refused(d):
    t = tokens(d, PASSWORD)
    asked = d.hufu("token", "introspect", "--issuer", "manual-001", t["access_token"])
    assert asked[0] == 0 and "user" in asked[1], asked
    assert d.hufu("token", "revoke", "--issuer", "manual-001", t["access_token"])[0] == 0
    refused(d, t["access_token"])
    t = tokens(d, PASSWORD)
    assert d.hufu("token", "revoke", "--issuer", "manual-001", t["refresh_token"])[0] == 0
    refused(d, t["access_token"])


def test_a_replayed_code_ends_what_it_gave(d):
    code = code_of(d)
    t = tokens(d, CODE, CODE=code)
    default(d, t["access_token"])
    assert ask(d, CODE, CODE=code).json()["code"] == 422
    refused(d, t["access_token"])


def test_other_methods(d):
    t = tokens(d, PASSWORD)["access_token"]
    for path, methods in [(p.split()[1], ("GET", "PUT", "PATCH", "DELETE")) for p in GRANT_PATHS] + [("/oauth2/v1/default", ("POST", "PUT", "DELETE")), ("/oauth2/member", ("POST", "PUT", "DELETE"))]:
        for method in methods:
            answered(send(method, d.url("001") + path, None), DENIED)
            answered(send(method, d.url("001") + path, None, bearer("x")), DENIED)
            answered(send(method, d.url("001") + path, None, bearer(t)), NO_RIGHT)


def test_cors_is_for_registered_origins(d):
    assert d.hufu("client", "set", "rageframe", "--realm", "demo", "--origin", "https://front.example")[0] == 0
    t = tokens(d, PASSWORD)["access_token"]
    for path in ("/oauth2/v1/default", "/oauth2/member"):
        r = send("OPTIONS", d.url("001") + path, None, {"Origin": "https://front.example", "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"})
        assert r.status == 204 and r.get("Access-Control-Allow-Origin") == "https://front.example" and "Authorization" in r.get("Access-Control-Allow-Headers")
        assert get(d.url("001") + path, {**bearer(t), "Origin": "https://front.example"}).get("Access-Control-Allow-Origin") == "https://front.example"
        assert get(d.url("001") + path, {**bearer(t), "Origin": "https://evil.example"}).get("Access-Control-Allow-Origin") is None
    r = post(d.url("001") + "/oauth2/password", d.here("&".join(PASSWORD[1])), {**FORM, "Origin": "https://front.example"})
    assert r.get("Access-Control-Allow-Origin") == "https://front.example"


# --- mistakes ------------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("change,message", [
    ("client_id=nobody", "找不到 Client Id"), ("client_secret=wrong-secret", "Client Secret 错误"), ("password=wrong-001", "账号或密码错误"), ("username=nobody", "账号或密码错误"),
    ("scope=nope", "The requested scope is invalid, unknown, or malformed"),
])
def test_mistakes(d, change, message):
    row = PASSWORD[0], [change if p.split("=")[0] == change.split("=")[0] else p for p in PASSWORD[1]]
    answered(ask(d, row), '{"code":422,"message":"%s","data":[],"timestamp":?}' % message)


@pytest.mark.parametrize("row,change,text", [
    (AUTHORIZE, "client_id=nobody", "找不到 Client Id"), (AUTHORIZE, "redirect_uri=https://evil.example/", "Client authentication failed"),
    (AUTHORIZE, "response_type=token", "grant type is not supported"), (IMPLICIT, "client_id=nobody", "找不到 Client Id"), (IMPLICIT, "response_type=code", "grant type is not supported"),
])
def test_an_invalid_request_is_a_404_page(d, row, change, text):
    url = page(d, (row[0], [change if p.split("=")[0] == change.split("=")[0] else p for p in row[1]]))
    b, _ = log_in(d, page(d, AUTHORIZE))
    for r in (b.get(url), get(url, {"Accept": "text/html"})):
        r = b.follow(r)
        assert r.status == 404 and text in r.text and not r.location, r
