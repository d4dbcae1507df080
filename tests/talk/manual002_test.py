"""Manual 002, word for word: every request as printed, with the demo's data for what stands in braces; answers byte for byte but for what is random.

Behind the manual's own flows come the requests of CONTRACT 3.3 and 3.4 that its users know."""
import re

import pytest

from demo import Demo, compact, masked
from talker import basic, bearer, get, post

# As printed.
PASSWORD = "http://localhost:9900/api-uaa/oauth/token?grant_type=password&username={username}&password={password}&account_type={account_type}"
AUTHORIZE = "http://localhost:9900/api-uaa/oauth/authorize?client_id={client_id}&redirect_uri={redirect_uri}&response_type=code&scope={scope}&state={state}"
CODE = "http://localhost:9900/api-uaa/oauth/token?code={code}&grant_type=authorization_code&redirect_uri={redirect_uri}&scope={scope}"
IMPLICIT = "http://localhost:9900/api-uaa/oauth/authorize?client_id={client_id}&redirect_uri={redirect_uri}&response_type=token&scope={scope}"
CLIENT = "http://localhost:9900/api-uaa/oauth/token?grant_type=client_credentials"
AUTHORIZATION = "Basic {clientId}:{clientSecret}"                       # {clientId}:{clientSecret} 的值必需使用base64加密

PRINTED_PASSWORD = """
{
    "resp_code": 200,
    "resp_msg": "ok",
    "datas": {
        "access_token": "d1186597-aeb4-4214-b176-08ec09b1f1ed",
        "token_type": "bearer",
        "refresh_token": "37fd65d8-f017-4b5a-9975-22b3067fb30b",
        "expires_in": 3599,
        "scope": "all",
        "account_type": "admin"
    }
}"""
PRINTED_CODE = """
{
    "access_token": "956d590b-5ac0-48d2-89d7-3eca118411b9",
    "token_type": "bearer",
    "refresh_token": "710501ad-6342-4df5-853f-84c240712a85",
    "expires_in": 3599,
    "scope": "all"
}"""
PRINTED_CLIENT = """
{
    "resp_code": 200,
    "resp_msg": "ok",
    "datas": {
        "access_token": "d1186597-aeb4-4214-b176-08ec09b1f1ed",
        "token_type": "bearer",
        "refresh_token": "37fd65d8-f017-4b5a-9975-22b3067fb30b",
        "expires_in": 3599,
        "scope": "all"
    }
}"""

DEMO = {"username": "admin", "password": "admin", "account_type": "admin", "client_id": "zlt", "redirect_uri": "http://localhost:9900/api-uaa/demo", "scope": "all", "state": "s1"}
UUID = r'"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"'
BASIC = basic("zlt", "zlt")
MEMBERS = dict(access_token=UUID, refresh_token=UUID)


@pytest.fixture(scope="module")
def d():
    with Demo() as demo:
        yield demo


def filled(d, printed, leave_out=(), **values):
    for name in leave_out:
        printed = re.sub("&%s={%s}" % (name, name), "", printed)
    return d.here(re.sub("{(\\w+)}", lambda m: {**DEMO, **values}[m.group(1)], printed))


def ask(d, printed, headers=BASIC, **more):
    return post(filled(d, printed, **more), None, headers)


def as_printed(r, printed):
    assert r.status == 200 and masked(r.body, **MEMBERS) == masked(compact(printed), **MEMBERS), r
    assert r.get("Content-Type").replace(" ", "") in ("application/json", "application/json;charset=UTF-8") and "no-store" in r.get("Cache-Control") and r.get("Pragma")
    o = r.json()
    return o.get("datas") or o


# --- the manual --------------------------------------------------------------------------------------------------------------------------

def test_the_header_is_base64_of_client_and_secret():
    assert BASIC["Authorization"] == AUTHORIZATION.replace("{clientId}:{clientSecret}", "emx0OnpsdA==")


def test_password(d):
    as_printed(ask(d, PASSWORD), PRINTED_PASSWORD)


def test_password_without_account_type(d):
    """用户类型 is not required; the answer says which one it was."""
    as_printed(ask(d, PASSWORD, leave_out=["account_type"]), PRINTED_PASSWORD)


@pytest.mark.parametrize("leave_out", [(), ("scope",), ("state",), ("scope", "state")])
def test_authorization_code(d, leave_out):
    url, b = filled(d, AUTHORIZE, leave_out), d.browser("002")
    r = b.get(url)
    assert r.status == 302 and r.location == d.here("http://localhost:9900/api-uaa/login.html"), r
    page = b.get(r.location)
    f = page.form("username")
    assert page.status == 200 and f["action"] == "/api-uaa/user/login" and f["method"] == "POST"
    r = b.login(page, "admin", "admin")
    assert r.status == 302 and r.location == url, r
    r = b.get(r.location)                                               # 成功后跳转回调地址redirect_uri并带上code参数; state 原封不动地返回
    state = "" if "state" in leave_out else "&state=s1"
    m = re.fullmatch(re.escape(d.here(DEMO["redirect_uri"])) + r"\?code=([0-9A-Za-z]{6})" + state, r.location)
    assert r.status == 303 and m, r
    as_printed(ask(d, CODE, code=m.group(1), leave_out=leave_out), PRINTED_CODE)
    r = ask(d, CODE, code=m.group(1))
    text = "Invalid authorization code: " + m.group(1)
    assert r.status == 400 and r.text == '{"error":"invalid_grant","error_description":"%s","resp_code":"400","resp_msg":"%s"}' % (text, text), r


@pytest.mark.parametrize("state", ["a b", "中文", "%+&=/:?#", "s1"])
def test_state_comes_back_untouched(d, state):
    import urllib.parse
    b = d.browser("002")
    r = b.login(b.follow(b.get(filled(d, AUTHORIZE, state=urllib.parse.quote(state, safe="")))), "admin", "admin")
    assert b.get(r.location).query()["state"] == state


@pytest.mark.parametrize("leave_out", [(), ("scope",)])
def test_implicit(d, leave_out):
    b = d.browser("002")
    url = filled(d, IMPLICIT, leave_out)
    r = b.login(b.follow(b.get(url)), "admin", "admin")
    assert r.status == 302 and r.location == url, r
    r = b.get(url)
    scope = "&scope=all" if leave_out else ""
    want = re.escape(d.here(DEMO["redirect_uri"])) + r"#access_token=%s&token_type=bearer&expires_in=35\d\d%s" % (UUID.strip('"'), scope)
    assert r.status == 303 and re.fullmatch(want, r.location), r


def test_client_credentials(d):
    as_printed(ask(d, CLIENT), PRINTED_CLIENT)


# --- CONTRACT 3.3, 3.4 ---------------------------------------------------------------------------------------------------------------------

def test_refresh(d):
    first = as_printed(ask(d, PASSWORD), PRINTED_PASSWORD)
    second = as_printed(ask(d, "http://localhost:9900/api-uaa/oauth/token?grant_type=refresh_token&refresh_token=" + first["refresh_token"]), PRINTED_PASSWORD)
    assert second["refresh_token"] == first["refresh_token"] and second["access_token"] != first["access_token"]


def test_open_id_and_mobile_password(d):
    as_printed(ask(d, "http://localhost:9900/api-uaa/oauth/token?grant_type=openId&openId=o123"), PRINTED_PASSWORD)
    as_printed(ask(d, "http://localhost:9900/api-uaa/oauth/token?grant_type=mobile_password&mobile=18888888888&password=admin"), PRINTED_PASSWORD)
    r = ask(d, "http://localhost:9900/api-uaa/oauth/token?grant_type=mobile_password&mobile=18888888888&password=wrong-002")
    assert r.status == 400 and r.text == '{"error":"invalid_grant","error_description":"用户名或密码错误","resp_code":"400","resp_msg":"用户名或密码错误"}', r
    r = ask(d, "http://localhost:9900/api-uaa/oauth/token?grant_type=openId&openId=nobody")
    assert r.status == 400 and r.text == '{"error":"invalid_grant","error_description":"openId错误","resp_code":"400","resp_msg":"openId错误"}', r


def test_text_messages(d):
    url = d.here("http://localhost:9900/api-uaa/validata/smsCode/18888888888")
    r = get(url)
    assert r.status == 200 and r.text == '{"datas":null,"resp_code":0,"resp_msg":"true"}', r
    assert get(url).text == '{"datas":null,"resp_code":1,"resp_msg":"验证码未失效，请失效后再次申请"}'
    as_printed(ask(d, "http://localhost:9900/api-uaa/oauth/token?grant_type=mobile&mobile=18888888888&code=" + d.sms_code()), PRINTED_PASSWORD)


def test_check_token_and_remove_token(d):
    for way in (lambda t: get(d.here("http://localhost:9900/api-uaa/oauth/remove/token?token=") + t), lambda t: get(d.here("http://localhost:9900/api-uaa/oauth/remove/token"), bearer(t)),
                lambda t: post(d.here("http://localhost:9900/api-uaa/oauth/remove/token?access_token=") + t)):
        t = as_printed(ask(d, PASSWORD), PRINTED_PASSWORD)
        r = post(d.here("http://localhost:9900/api-uaa/oauth/check_token?token=") + t["access_token"])
        o = r.json()
        assert r.status == 200 and (o["active"], o["user_name"], o["client_id"], o["scope"], o["account_type"]) == (True, "admin", "zlt", ["all"], "admin"), r
        r = way(t["access_token"])
        assert r.status == 200 and r.text == '{"resp_code":0,"resp_msg":"登出成功"}', r
        r = post(d.here("http://localhost:9900/api-uaa/oauth/check_token?token=") + t["access_token"])
        assert r.status == 400 and r.json()["error"] == "invalid_token" and r.json()["resp_code"] == "400", r
        assert ask(d, "http://localhost:9900/api-uaa/oauth/token?grant_type=refresh_token&refresh_token=" + t["refresh_token"]).status == 400


def test_remove_token_leads_back_to_a_registered_address_only(d):
    t = as_printed(ask(d, PASSWORD), PRINTED_PASSWORD)["access_token"]
    url = d.here("http://localhost:9900/api-uaa/oauth/remove/token?token=") + t
    r = get(url + "&redirect_uri=" + d.here(DEMO["redirect_uri"]))
    assert r.status == 302 and r.location == d.here(DEMO["redirect_uri"]), r
    t = as_printed(ask(d, PASSWORD), PRINTED_PASSWORD)["access_token"]
    for uri in ("https://evil.example/", "//evil.example", d.here(DEMO["redirect_uri"]) + ".evil.example"):
        r = get(d.here("http://localhost:9900/api-uaa/oauth/remove/token?token=") + t + "&redirect_uri=" + uri)
        assert r.status == 200 and not r.location and r.json()["resp_code"] == 0, r


def test_a_new_login_ends_the_pair_before(d):
    first = as_printed(ask(d, PASSWORD), PRINTED_PASSWORD)
    as_printed(ask(d, PASSWORD), PRINTED_PASSWORD)
    assert post(d.here("http://localhost:9900/api-uaa/oauth/check_token?token=") + first["access_token"]).status == 400
    assert ask(d, "http://localhost:9900/api-uaa/oauth/token?grant_type=refresh_token&refresh_token=" + first["refresh_token"]).status == 400


def test_account_type_of_the_login_form(d):
    """account_type of a code comes from the login form; absent when it sent none."""
    for account_type in (None, "app"):
        b = d.browser("002")
        b.get(filled(d, AUTHORIZE))
        r = b.post(d.here("http://localhost:9900/api-uaa/user/login"), {"username": "admin", "password": "admin", **({"account_type": account_type} if account_type else {})})
        code = b.get(r.location).query()["code"]
        t = ask(d, CODE, code=code).json()
        assert t.get("account_type") == account_type, t


def test_wrong_password_at_the_login_page(d):
    b = d.browser("002")
    r = b.login(b.follow(b.get(filled(d, AUTHORIZE))), "admin", "wrong-002")
    assert r.status == 302 and r.location == d.here("http://localhost:9900/api-uaa/login.html?error"), r
    r = b.get(d.here("http://localhost:9900/api-uaa/logout"))
    assert r.status == 302 and r.location.startswith(d.here("http://localhost:9900/api-uaa/login.html")), r


def test_the_gateway_without_the_prefix(d):
    """CONTRACT 3: the old gateway passed these without /api-uaa too. Every address in an answer has it all the same."""
    bare = d.here("http://localhost:9900")
    as_printed(post(filled(d, PASSWORD).replace("/api-uaa", ""), None, BASIC), PRINTED_PASSWORD)
    t = as_printed(post(filled(d, CLIENT).replace("/api-uaa", ""), None, BASIC), PRINTED_CLIENT)
    assert post(bare + "/oauth/check_token?token=" + t["access_token"]).json()["client_id"] == "zlt"
    page = get(bare + "/login.html")
    assert page.status == 200 and page.form("username")["action"] == "/api-uaa/user/login"
    b = d.browser("002")
    r = b.get(filled(d, AUTHORIZE).replace("9900/api-uaa", "9900").replace(bare + "/api-uaa/oauth", bare + "/oauth"), {"Accept": "text/html"})
    assert r.status == 302 and r.location == bare + "/api-uaa/login.html", r
    r = b.post(bare + "/user/login", {"username": "admin", "password": "admin"})
    assert r.status == 302 and r.location.startswith(bare + "/api-uaa/oauth/authorize?client_id=zlt"), r
    r = b.get(r.location.replace("/api-uaa/oauth/authorize", "/oauth/authorize", 1))
    assert r.status == 303 and "code" in r.query(), r
