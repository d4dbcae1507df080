"""The plain requests of manuals 000, 001, 002 and 004 as printed: shapes, member order, envelopes, prefix, errors."""
import json, re

import pytest

import talker_jwt
from talker import PASSWORD, World, basic, bearer, form, get, post, realm, send, user

UUID = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
TAROCO = {"client_id": "5d22eb6e8b0c7ba066014398", "client_secret": "webApp"}
RAGE = {"client_id": "rageframe", "client_secret": "rageframe-secret"}
CONNECT = {"client_id": "client1", "client_secret": "secret"}


@pytest.fixture(scope="module")
def w():
    with World("taroco", "rageframe", "zlt", "connect") as world:
        yield world


def in_query(w, issuer, path, **fields):
    return post(w.at(issuer, path) + "?" + form(fields))


def order_of(obj_text, *path):
    """Member names of the object at that path, in order."""
    o = json.loads(obj_text, object_pairs_hook=lambda pairs: pairs)
    for name in path:
        o = dict(o)[name]
    return [k for k, _ in o]


# --- manual 000 --------------------------------------------------------------------------------------------------------------------

BODY_000 = ["access_token", "token_type", "refresh_token", "expires_in", "scope", "jti", "license", "x-user-name", "x-user-id"]
CLAIMS_000 = ["license", "user_name", "scope", "x-user-id", "exp", "x-user-name", "authorities", "jti", "client_id"]


def check_000(r):
    assert r.status == 200 and r.order() == BODY_000, r
    assert r.get("Content-Type") == "application/json;charset=UTF-8" and r.get("Cache-Control") == "no-store"
    t = r.json()
    assert t["token_type"] == "bearer" and t["expires_in"] == 86399 and t["scope"] == "All" and t["license"] == "made by taroco"
    assert t["x-user-name"] == "admin" and t["x-user-id"] == 909620761 and re.fullmatch(UUID, t["jti"])
    a, f = talker_jwt.claims(t["access_token"]), talker_jwt.claims(t["refresh_token"])
    assert talker_jwt.b64(t["access_token"].split(".")[0]) == b'{"alg":"RS256","typ":"JWT"}'
    assert list(a) == CLAIMS_000 and list(f) == CLAIMS_000[:3] + ["ati"] + CLAIMS_000[3:]
    assert a["jti"] == t["jti"] == f["ati"] and f["jti"] != a["jti"] and a["scope"] == ["All"] and a["authorities"] == ["ROLE_USER", "OP_USER"]
    assert a["x-user-id"] == 909620761 and a["client_id"] == "5d22eb6e8b0c7ba066014398"
    return t


def key_000(w):
    r = get(w.at("taroco", "/oauth/token_key"), basic("5d22eb6e8b0c7ba066014398", "webApp"))
    assert r.status == 200 and r.order() == ["alg", "value"] and r.json()["alg"] == "SHA256withRSA"
    lines = r.json()["value"].split("\n")
    assert len(lines) == 3 and lines[0] == "-----BEGIN PUBLIC KEY-----"
    return lines[0] + "\n" + "\n".join(lines[1][i:i + 64] for i in range(0, len(lines[1]), 64)) + "\n" + lines[2] + "\n"


def test_000_password(w):
    t = check_000(in_query(w, "taroco", "/oauth/token", grant_type="password", username="admin", password="admin", **TAROCO))
    assert talker_jwt.verify_pem(t["access_token"], key_000(w), "RS256")
    assert get(w.at("taroco", "/oauth/token_key")).status == 401


def test_000_client_credentials_acts_for_its_user(w):
    check_000(in_query(w, "taroco", "/oauth/token", grant_type="client_credentials", **TAROCO))


def test_000_client_credentials_as_the_old_stack():
    with World("taroco", settings={"taroco": {"client_credentials_refresh": False}}) as w:
        r = in_query(w, "taroco", "/oauth/token", grant_type="client_credentials", **TAROCO)
        assert r.order() == ["access_token", "token_type", "expires_in", "scope", "jti"]
        assert list(talker_jwt.claims(r.json()["access_token"])) == ["scope", "exp", "jti", "client_id"]


def code_000(w, **more):
    b = w.browser("taroco")
    target = w.at("taroco", "/oauth/authorize?") + form({"response_type": "code", "client_id": TAROCO["client_id"], "redirect_uri": "http://localhost:8081/demo", **more})
    r = b.get(target, {"Accept": "*/*"})
    assert r.status == 302 and r.location == w.at("taroco", "/")
    r = b.post(w.at("taroco", "/login"), json.dumps({"username": "admin", "password": "admin"}), {"Accept": "application/json", "Content-Type": "application/json"})
    assert r.status == 200 and r.order() == ["errorCode", "errorMessage", "extMessage", "result", "status"]
    assert r.json() == {"errorCode": None, "errorMessage": None, "extMessage": None, "result": target, "status": "SUCCEED"}
    r = b.get(target, {"Accept": "*/*"})
    assert r.status == 302 and r.location.startswith(w.at("taroco", "/confirm_access?clientId=5d22eb6e8b0c7ba066014398&scope=All&redirectUri="))
    return b


def test_000_code_by_a_front_end(w):
    b = code_000(w, state="s 1")
    r = b.post(w.at("taroco", "/oauth/custom_authorize"), {"user_oauth_approval": "true", "scope.All": "true"}, {"Accept": "application/json"})
    assert r.status == 200 and r.json()["status"] == "SUCCEED"
    m = re.fullmatch(r"http://localhost:8081/demo\?code=([0-9A-Za-z]{6})&state=s%201", r.json()["result"])
    assert m, r
    t = check_000(in_query(w, "taroco", "/oauth/token", grant_type="authorization_code", code=m.group(1), redirect_uri="http://localhost:8081/demo", **TAROCO))
    r = in_query(w, "taroco", "/oauth/token", grant_type="refresh_token", refresh_token=t["refresh_token"], **TAROCO)
    s = check_000(r)
    old, new = talker_jwt.claims(t["refresh_token"]), talker_jwt.claims(s["refresh_token"])
    assert new["jti"] == old["jti"] and new["exp"] == old["exp"] and new["ati"] != old["ati"] and s["jti"] != t["jti"]
    assert in_query(w, "taroco", "/oauth/token", grant_type="refresh_token", refresh_token=t["refresh_token"], **TAROCO).status == 200


def test_000_code_by_the_standard_post_and_denial(w):
    b = code_000(w)
    r = b.post(w.at("taroco", "/oauth/authorize"), {"user_oauth_approval": "true"}, {"Accept": "*/*"})
    assert r.status == 302 and r.location.startswith("http://localhost:8081/demo?code=")
    b = code_000(w)
    r = b.post(w.at("taroco", "/oauth/custom_authorize"), {"user_oauth_approval": "false"}, {"Accept": "application/json"})
    assert "error=access_denied" in r.json()["result"]


def test_000_implicit(w):
    b = w.browser("taroco")
    target = w.at("taroco", "/oauth/authorize?") + form({"response_type": "token", "client_id": TAROCO["client_id"], "redirect_uri": "http://localhost:8081/demo", "state": "s1"})
    b.get(target)
    b.post(w.at("taroco", "/login"), {"username": "admin", "password": "admin"})
    b.get(target)
    r = b.post(w.at("taroco", "/oauth/authorize"), {"user_oauth_approval": "true"})
    names = re.findall(r"[#&]([a-z_-]+)=", r.location)
    assert names == ["access_token", "token_type", "state", "expires_in", "scope", "jti", "license", "x-user-name", "x-user-id"], r
    assert "license=made%20by%20taroco" in r.location and r.location.startswith("http://localhost:8081/demo#")


def test_000_errors(w):
    r = in_query(w, "taroco", "/oauth/token", grant_type="password", username="admin", password="wrong-000", **TAROCO)
    assert r.status == 400 and r.body == b'{"errorCode":"invalid_grant","errorMessage":"Bad credentials","status":"FAILED"}'
    r = in_query(w, "taroco", "/oauth/token", grant_type="authorization_code", code="zzzzzz", **TAROCO)
    assert r.body == b'{"errorCode":"invalid_grant","errorMessage":"Invalid authorization code: zzzzzz","status":"FAILED"}'
    r = in_query(w, "taroco", "/oauth/token", grant_type="password", username="admin", password="admin", client_id=TAROCO["client_id"], client_secret="wrong-secret")
    assert r.status == 401 and r.body == b'{"error":"invalid_client","error_description":"Bad client credentials"}'
    r = in_query(w, "taroco", "/oauth/token", grant_type="refresh_token", refresh_token="garbage", **TAROCO)
    assert r.status == 401 and r.json()["errorCode"] == "invalid_token"
    r = post(w.at("taroco", "/oauth/token?grant_type=client_credentials"), None, {"Authorization": basic("a", "b")["Authorization"][6:]})
    assert r.status == 401 and "Basic " in r.text
    r = post(w.at("taroco", "/login"), {"username": "admin", "password": "wrong-000"}, {"Accept": "application/json"})
    assert r.status == 401 and r.json()["status"] == "FAILED" and r.order()[0] == "errorCode"
    r = get(w.at("taroco", "/logout"), {"Accept": "application/json"})
    assert r.status == 200 and r.json()["result"] == "登出成功"
    r = post(w.at("taroco", "/oauth/check_token"), {"token": "garbage"})
    assert r.status == 400 and r.body == b'{"errorCode":"invalid_token","errorMessage":"Cannot convert access token to JSON","status":"FAILED"}'


def test_000_a_refused_token_is_refused_in_the_resource_servers_words_too(w):
    old = b'{"errorCode":"invalid_token","errorMessage":"Cannot convert access token to JSON","status":"FAILED"'
    r = post(w.at("taroco", "/oauth/check_token"), {"token": "garbage"})
    assert r.status == 400 and r.body == old + b"}"
    r = post(w.at("taroco", "/oauth/check_token"), {"token": "garbage"}, basic("5d22eb6e8b0c7ba066014398", "webApp"))
    assert r.status == 400 and r.body == old + b',"error":"invalid_token"}'
    assert post(w.at("taroco", "/oauth/check_token"), {"token": "garbage"}, basic("5d22eb6e8b0c7ba066014398", "wrong-000")).status == 401


# --- manual 001 --------------------------------------------------------------------------------------------------------------------

def data_001(r, refresh=True):
    assert r.status == 200 and order_of(r.body) == ["code", "message", "data", "timestamp"], r
    assert r.get("Content-Type") == "application/json; charset=UTF-8" and r.get("Cache-Control") == "no-store"
    o = r.json()
    assert o["code"] == 200 and o["message"] == "OK"
    assert order_of(r.body, "data") == ["token_type", "expires_in", "access_token"] + (["refresh_token"] if refresh else [])
    assert o["data"]["token_type"] == "Bearer" and o["data"]["expires_in"] == 172800
    return o["data"]


def error_001(r, message, code=422):
    assert r.status == 200 and r.json()["code"] == code and r.json()["message"] == message and r.json()["data"] == [] and "timestamp" in r.json(), r


PASSWORD_001 = {"grant_type": "password", "username": "user", "password": "password", **RAGE}


def test_001_password(w):
    d = data_001(post(w.at("rageframe", "/oauth2/password"), PASSWORD_001))
    h, c = talker_jwt.header(d["access_token"]), talker_jwt.claims(d["access_token"])
    assert h["alg"] == "RS256" and h["typ"] == "JWT" and h["jti"] == c["jti"] and re.fullmatch("[0-9a-f]{80}", c["jti"])
    assert list(c) == ["aud", "jti", "iat", "nbf", "exp", "sub", "scopes"] and c["aud"] == "rageframe" and c["sub"] == "2" and c["scopes"] == ["basic_info"]


def test_001_json_body(w):
    data_001(post(w.at("rageframe", "/oauth2/password"), json.dumps(PASSWORD_001), {"Content-Type": "application/json"}))


def test_001_client_credentials_has_no_refresh_token(w):
    data_001(post(w.at("rageframe", "/oauth2/client-credentials"), {"grant_type": "client_credentials", **RAGE}), refresh=False)


def login_001(w, path, **fields):
    b = w.browser("rageframe")
    page = b.follow(b.get(w.at("rageframe", path) + "?" + form(fields)))
    return b.follow(b.login(page, "user", "password"))


def test_001_code_and_refresh(w):
    r = login_001(w, "/open/authorize/index", response_type="code", client_id="rageframe", redirect_uri="http://localhost:8082/demo", state="令牌 1")
    assert r.location.startswith("http://localhost:8082/demo?code=") and r.query()["state"] == "令牌 1"
    fields = {"grant_type": "authorization_code", "code": r.query()["code"], "redirect_uri": "http://localhost:8082/demo", **RAGE}
    d = data_001(post(w.at("rageframe", "/oauth2/authorize"), fields))
    e = data_001(post(w.at("rageframe", "/oauth2/refresh-token"), {"grant_type": "refresh_token", "refresh_token": d["refresh_token"], **RAGE}))
    assert e["refresh_token"] != d["refresh_token"]
    r = post(w.at("rageframe", "/oauth2/authorize"), fields)
    assert r.status == 200 and r.json()["code"] == 422 and r.json()["data"] == []


def test_001_redirect_uri_and_state_may_be_left_out(w):
    r = login_001(w, "/open/authorize/index", response_type="code", client_id="rageframe")
    assert r.location.startswith("http://localhost:8082/demo?code=") and "state" not in r.query()
    fields = {"grant_type": "authorization_code", "code": r.query()["code"], **RAGE}
    assert post(w.at("rageframe", "/oauth2/authorize"), fields).json()["code"] == 422
    r = login_001(w, "/open/authorize/index", response_type="code", client_id="rageframe")
    data_001(post(w.at("rageframe", "/oauth2/authorize"), {**fields, "code": r.query()["code"], "redirect_uri": "http://localhost:8082/demo"}))


def test_001_implicit_asks_for_a_login(w):
    r = login_001(w, "/open/implicit", response_type="token", client_id="rageframe", state="s1")
    assert r.location.startswith("http://localhost:8082/demo#")
    assert re.findall(r"[#&]([a-z_]+)=", r.location) == ["access_token", "token_type", "expires_in", "state"]


def test_001_errors(w):
    url = w.at("rageframe", "/oauth2/password")
    error_001(post(url, {**PASSWORD_001, "client_id": "nobody"}), "找不到 Client Id")
    error_001(post(url, {**PASSWORD_001, "client_secret": "wrong-secret"}), "Client Secret 错误")
    error_001(post(url, {**PASSWORD_001, "password": "wrong-001"}), "账号或密码错误")
    error_001(post(url, {**PASSWORD_001, "username": "nobody"}), "账号或密码错误")
    error_001(post(url, {**PASSWORD_001, "grant_type": "client_credentials"}), "The authorization grant type is not supported by the authorization server.")
    error_001(post(url, {**PASSWORD_001, "scope": "nope"}), "The requested scope is invalid, unknown, or malformed")
    fields = {"grant_type": "refresh_token", "refresh_token": "x" * 48, **RAGE}
    error_001(post(w.at("rageframe", "/oauth2/refresh-token"), fields), "The refresh token is invalid.")
    no_user = {k: v for k, v in PASSWORD_001.items() if k != "username"}
    assert post(url, no_user).json()["message"].startswith("The request is missing a required parameter")
    assert get(url).json()["code"] == 401
    r = get(w.at("rageframe", "/open/authorize/index?response_type=code&client_id=nobody"), {"Accept": "text/html"})
    assert r.status == 404 and "找不到 Client Id" in r.text and not r.location


def test_001_a_new_login_ends_the_older_token():
    with World("rageframe", settings={"rageframe": {"access_shape": "row_id"}}) as w:
        first = post(w.at("rageframe", "/oauth2/password"), PASSWORD_001).json()["data"]
        post(w.at("rageframe", "/oauth2/password"), PASSWORD_001)
        r = post(w.at("rageframe", "/oauth2/refresh-token"), {"grant_type": "refresh_token", "refresh_token": first["refresh_token"], **RAGE})
        error_001(r, "The refresh token is invalid.")


def test_two_texts_where_the_issuer_says_so():
    """An unknown user and a wrong password, told apart as the old servers did; nowhere by default."""
    with World("rageframe", "taroco", settings={d: {"distinct_login_errors": True} for d in ("rageframe", "taroco")}) as w:
        url = w.at("rageframe", "/oauth2/password")
        error_001(post(url, {**PASSWORD_001, "username": "nobody"}), "找不到用户信息")
        error_001(post(url, {**PASSWORD_001, "password": "wrong-001"}), "密码错误")
        r = in_query(w, "taroco", "/oauth/token", grant_type="password", username="nobody", password="x", **TAROCO)
        assert r.status == 401 and r.text == '{"errorCode":"unauthorized","errorMessage":"用户不存在","status":"FAILED"}', r
        r = in_query(w, "taroco", "/oauth/token", grant_type="password", username="admin", password="x", **TAROCO)
        assert r.status == 400 and r.json()["errorCode"] == "invalid_grant", r
        r = post(w.at("taroco", "/login"), {"username": "nobody", "password": "x"}, {"Accept": "application/json"})
        assert r.status == 401 and r.json()["errorMessage"] == "用户不存在", r


# --- manual 002 --------------------------------------------------------------------------------------------------------------------

def datas_002(r, members):
    assert r.status == 200 and order_of(r.body) == ["resp_code", "resp_msg", "datas"], r
    assert r.json()["resp_code"] == 200 and r.json()["resp_msg"] == "ok" and order_of(r.body, "datas") == members
    d = r.json()["datas"]
    assert re.fullmatch(UUID, d["access_token"]) and re.fullmatch(UUID, d["refresh_token"]) and d["token_type"] == "bearer" and d["expires_in"] == 3599 and d["scope"] == "all"
    return d


FIVE_002 = ["access_token", "token_type", "refresh_token", "expires_in", "scope"]


def test_002_password(w):
    r = post(w.at("zlt", "/oauth/token?grant_type=password&username=admin&password=admin&account_type=admin"), None, basic("zlt", "zlt"))
    d = datas_002(r, FIVE_002 + ["account_type"])
    assert d["account_type"] == "admin" and "/api-uaa/" in w.at("zlt", "/")
    r = post(w.at("zlt", "/oauth/token?grant_type=refresh_token&refresh_token=" + d["refresh_token"]), None, basic("zlt", "zlt"))
    e = datas_002(r, FIVE_002 + ["account_type"])
    assert e["refresh_token"] == d["refresh_token"] and e["access_token"] != d["access_token"]


def test_002_client_credentials(w):
    datas_002(post(w.at("zlt", "/oauth/token?grant_type=client_credentials"), None, basic("zlt", "zlt")), FIVE_002)


def test_002_as_the_source_has_it():
    settings = {"zlt": {"client_credentials_refresh": False, "envelope_ok_code": 0, "envelope_ok_msg": ""}}
    with World("zlt", settings=settings) as w:
        r = post(w.at("zlt", "/oauth/token?grant_type=client_credentials"), None, basic("zlt", "zlt"))
        assert order_of(r.body) == ["datas", "resp_code", "resp_msg"] and r.json()["resp_code"] == 0 and r.json()["resp_msg"] == ""
        assert order_of(r.body, "datas") == ["access_token", "token_type", "expires_in", "scope"]


def authorize_002(w, response_type):
    return w.at("zlt", "/oauth/authorize?") + form({"client_id": "zlt", "redirect_uri": "http://127.0.0.1:8080/singleLogin", "response_type": response_type, "scope": "all", "state": "s1"})


def test_002_code_is_bare(w):
    b = w.browser("zlt")
    r = b.get(authorize_002(w, "code"))
    assert r.status == 302 and r.location == w.at("zlt", "/login.html")
    r = b.login(b.get(r.location), "admin", "admin")
    assert r.status == 302 and r.location == authorize_002(w, "code")
    r = b.get(r.location)
    m = re.fullmatch(r"http://127\.0\.0\.1:8080/singleLogin\?code=([0-9A-Za-z]{6})&state=s1", r.location)
    assert r.status == 303 and m, r
    r = post(w.at("zlt", "/oauth/token?code=%s&grant_type=authorization_code&redirect_uri=http://127.0.0.1:8080/singleLogin&scope=all" % m.group(1)), None, basic("zlt", "zlt"))
    assert r.status == 200 and r.order() == FIVE_002 and r.json()["expires_in"] == 3599
    r = b.get(authorize_002(w, "token"))
    assert r.location.startswith("http://127.0.0.1:8080/singleLogin#access_token=") and "resp_code" not in r.location


def test_002_cookie_is_bound_to_the_prefix(w):
    b = w.browser("zlt")
    r = b.login(b.follow(b.get(authorize_002(w, "code"))), "admin", "admin")
    cookie = next(c for c in r.all("Set-Cookie") if c.startswith("hufu-zlt="))
    assert "Path=/api-uaa" in cookie
    assert get("http://127.0.0.1:%d/oauth/token" % w.port["zlt"]).status == 404


def test_002_errors(w):
    r = post(w.at("zlt", "/oauth/token?grant_type=password&username=admin&password=wrong-002"), None, basic("zlt", "zlt"))
    assert r.status == 400
    assert r.body.decode() == '{"error":"invalid_grant","error_description":"用户名或密码错误","resp_code":"400","resp_msg":"用户名或密码错误"}'
    r = post(w.at("zlt", "/oauth/token?grant_type=client_credentials&scope=nope"), None, basic("zlt", "zlt"))
    assert r.order() == ["error", "error_description", "resp_code", "resp_msg", "scope"] and r.json()["scope"] == "all"
    r = post(w.at("zlt", "/oauth/token?grant_type=client_credentials"), None, basic("zlt", "wrong-secret"))
    assert r.status == 401 and "resp_code" not in r.text and r.get("WWW-Authenticate").startswith("Basic realm=")


def test_002_account_type_names_where_the_user_comes_from():
    everybody = realm()
    everybody["users"].append(user("member", "pass-of-member", account_type="app", phone="18866660001", open_id="oMEMBER"))
    zlt = next(c for c in everybody["clients"] if c["id"] == "zlt")
    zlt["grants"], zlt["legacy"] = zlt["grants"] + ["mobile_password", "open_id"], zlt["legacy"] + ["bare_openid"]
    asks = {"password": {"username": "member", "password": "pass-of-member"}, "mobile_password": {"mobile": "18866660001", "password": "pass-of-member"},
            "openId": {"openId": "oMEMBER"}}

    def ask(w, grant, who, account_type):
        fields = {"grant_type": grant, **who, **({"account_type": account_type} if account_type else {})}
        return post(w.at("zlt", "/oauth/token"), fields, basic("zlt", "zlt"))

    with World("zlt", settings={"zlt": {"account_type_selects_users": True}}, realms=[everybody]) as w:
        for grant, who in asks.items():
            r = ask(w, grant, who, "app")
            assert r.status == 200 and r.json()["datas"]["account_type"] == "app", r
            nobody = ask(w, grant, {**who, "openId": "oNOBODY"} if grant == "openId" else {**who, "username": "nobody", "mobile": "18866660002"}, "app")
            for other in ("admin", "x", None):
                r = ask(w, grant, who, other)
                assert r.status == 400 and r.body == nobody.body, (grant, other, r)
        admin = {"username": "admin", "password": "admin"}           # of no type: of the default one
        assert ask(w, "password", admin, "admin").status == ask(w, "password", admin, None).status == 200
        assert ask(w, "password", admin, "app").status == 400
        login = {"username": "member", "password": "pass-of-member"}
        assert post(w.at("zlt", "/user/login"), login).location.endswith("/login.html?error")
        assert post(w.at("zlt", "/user/login"), {**login, "account_type": "app"}).location == w.at("zlt", "/")
    with World("zlt", realms=[everybody]) as w:                      # else only an echo
        assert ask(w, "password", asks["password"], "admin").json()["datas"]["account_type"] == "admin"


def test_002_remove_token(w):
    def one():
        return post(w.at("zlt", "/oauth/token?grant_type=password&username=admin&password=admin"), None, basic("zlt", "zlt")).json()["datas"]["access_token"]
    for way in (lambda t: get(w.at("zlt", "/oauth/remove/token?token=" + t)), lambda t: post(w.at("zlt", "/oauth/remove/token"), None, bearer(t)),
                lambda t: get(w.at("zlt", "/oauth/remove/token?access_token=" + t))):
        t = one()
        r = way(t)
        assert r.status == 200 and r.body.decode() == '{"resp_code":0,"resp_msg":"登出成功"}'
        assert post(w.at("zlt", "/oauth/check_token"), {"token": t}).status == 400
    assert get(w.at("zlt", "/oauth/remove/token?token=unknown")).status == 200


# --- manual 004 --------------------------------------------------------------------------------------------------------------------

def check_004(w, r, user=True, **id_claims):
    members = ["access_token", "token_type", "refresh_token", "expires_in", "id_token"] if user else ["access_token", "token_type", "expires_in"]
    assert r.status == 200 and r.order() == members and r.get("Content-Type") == "application/json", r
    assert r.get("Cache-Control") == "no-store" and r.get("Pragma") == "no-cache"
    t, jwks = r.json(), get(w.at("connect", "/.well-known/openid-configuration/jwks")).json()
    a = talker_jwt.verify(t["access_token"], jwks)
    assert t["token_type"] == "Bearer" and t["expires_in"] == 3600 and talker_jwt.header(t["access_token"])["typ"] == "at+jwt" and a["iss"] == w.url["connect"]
    if user:
        i = talker_jwt.verify(t["id_token"], jwks)
        assert i["aud"] == "client1" and i["iss"] == w.url["connect"] and i["sub"] == a["sub"] and {k: i.get(k) for k in id_claims} == id_claims
    return t


def test_004_password_and_refresh(w):
    t = check_004(w, post(w.at("connect", "/connect/token"), {"grant_type": "password", "username": "user", "password": "password", **CONNECT}))
    assert talker_jwt.claims(t["access_token"])["scope"] == "openid profile api1"
    r = post(w.at("connect", "/connect/token"), {"grant_type": "refresh_token", "refresh_token": t["refresh_token"]}, basic("client1", "secret"))
    assert check_004(w, r)["refresh_token"] != t["refresh_token"]


def test_004_client_credentials(w):
    check_004(w, post(w.at("connect", "/connect/token"), {"grant_type": "client_credentials", **CONNECT}), user=False)


def test_004_code(w):
    b = w.browser("connect")
    target = w.at("connect", "/connect/authorize?") + form({"response_type": "code", "client_id": "client1", "redirect_uri": "https://myapp.com/callback", "scope": "openid profile", "nonce": "n-0S6_WzA2Mj"})
    r = b.authorize(target, "user", "password")
    assert r.location.startswith("https://myapp.com/callback?code=")
    printed = "client_id=client1&client_secret=secret&grant_type=authorization_code&code=%s&redirect_uri=https://myapp.com/callback" % r.query()["code"]
    head = {"Content-Type": "application/x-www-form-urlencoded"}
    check_004(w, post(w.at("connect", "/connect/token"), printed, head), nonce="n-0S6_WzA2Mj")
    r = post(w.at("connect", "/connect/token"), printed, head)
    assert r.status == 400 and r.body == b'{"error":"invalid_grant"}'


def test_004_errors(w):
    url = w.at("connect", "/connect/token")
    for fields in ({"grant_type": "authorization_code", **CONNECT}, CONNECT, {"grant_type": "password", "username": "user", **CONNECT}):
        r = post(url, fields)
        assert r.status == 400 and r.body == b'{"error":"invalid_request"}' and r.get("Content-Type") == "application/json", r
        assert r.get("Cache-Control") == "no-store" and r.get("Pragma") == "no-cache"
    r = post(url, {"grant_type": "client_credentials", "client_id": "client1", "client_secret": "wrong-secret"})
    assert r.status == 400 and r.body == b'{"error":"invalid_client"}'
    r = post(url, {"grant_type": "client_credentials"}, basic("client1", "wrong-secret"))
    assert r.status == 401 and r.body == b'{"error":"invalid_client"}' and r.get("WWW-Authenticate").startswith("Basic ")
    assert post(url, {"grant_type": "client_credentials", "client_id": "other"}, basic("client1", "secret")).status == 401
    assert post(url, {"grant_type": "urn:x", **CONNECT}).body == b'{"error":"unsupported_grant_type"}'
    assert post(url, {"grant_type": "password", "username": "user", "password": "wrong-004", **CONNECT}).body == b'{"error":"invalid_grant"}'


def test_004_metadata(w):
    m = get(w.at("connect", "/.well-known/openid-configuration")).json()
    assert m["issuer"] == w.url["connect"] and m["token_endpoint"] == w.at("connect", "/connect/token") and m["jwks_uri"] == w.at("connect", "/.well-known/openid-configuration/jwks")


def test_users_of_one_realm_are_the_same_everywhere(w):
    r = post(w.at("zlt", "/oauth/token?") + form({"grant_type": "password", "username": "alice", "password": PASSWORD}), None, basic("zlt", "zlt"))
    assert r.status == 200
    assert send("HEAD", w.at("zlt", "/login.html")).body == b""


# --- the old framework set up with JWTs ----------------------------------------------------------------------------------------------

JWT = {"access_shape": "jwt", "refresh_shape": "jwt", "refresh_rule": "resigned", "consent": "yes_no", "consent_memory": "none"}


def test_002_and_003_with_jwts():
    with World("spring", "zlt", settings={"spring": JWT, "zlt": JWT}) as w:
        for issuer, who, before, after in (("spring", ("messaging-client", "secret"), ["user_name", "scope"], ["exp", "authorities", "jti", "client_id"]),
                                           ("zlt", ("zlt", "zlt"), ["account_type", "user_name", "scope"], ["id", "exp", "authorities", "jti", "client_id"])):
            bare = lambda r: r.json().get("datas", r.json())
            t = bare(post(w.at(issuer, "/oauth/token"), {"grant_type": "password", "username": "admin", "password": "admin"}, basic(*who)))
            a, f = talker_jwt.claims(t["access_token"]), talker_jwt.claims(t["refresh_token"])
            assert list(a) == before + after and list(f) == before + ["ati"] + after
            assert re.fullmatch(UUID, t["jti"]) and a["jti"] == t["jti"] == f["ati"] and list(t)[-1] == "jti"
            assert a["authorities"] == ["ROLE_USER", "OP_USER"] and a.get("id") == (909620761 if issuer == "zlt" else None)
            key = get(w.at(issuer, "/oauth/token_key"), basic(*who)).json()["value"].split("\n")
            pem = "\n".join([key[0], *(key[1][i:i + 64] for i in range(0, len(key[1]), 64)), key[2], ""])
            assert talker_jwt.verify_pem(t["access_token"], pem, "RS256") and talker_jwt.verify_pem(t["refresh_token"], pem, "RS256")
            assert post(w.at(issuer, "/oauth/check_token"), {"token": t["access_token"]}).json()["jti"] == t["jti"]
            assert post(w.at(issuer, "/oauth/check_token"), {"token": t["refresh_token"]}).status == 400
            s = bare(post(w.at(issuer, "/oauth/token"), {"grant_type": "refresh_token", "refresh_token": t["refresh_token"]}, basic(*who)))
            assert s["jti"] != t["jti"] and talker_jwt.claims(s["refresh_token"])["jti"] == f["jti"] and talker_jwt.claims(s["refresh_token"])["exp"] == f["exp"]
            r = post(w.at(issuer, "/oauth/token"), {"grant_type": "refresh_token", "refresh_token": s["access_token"]}, basic(*who))
            assert r.status in (400, 401) and "access_token" not in r.text
