"""State, secret, user name and password with 中文 + % & : in Basic, body and query, in modern and legacy issuers."""
import base64, json, urllib.parse

import pytest

from server import remember
from talker import LEGACY, ALL_GRANTS, VERIFIER, World, authorize_url, basic, client, form, get, post, raw, realm, redeem, user

SECRET = remember("秘密+%&:= ~\"\\钥匙🐯")
NAME, WORD = "张三+%&:=é 🐯", remember("密码 +%&:=pässword🐯")
STATE = "状态+%&:= #?/\\\"<>'🐯%41"
COLON = remember(":colon:first+100%&")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def w():
    people = realm()
    people["clients"] += [
        client("hard", SECRET, grants=ALL_GRANTS, legacy=LEGACY, redirect_uris=["https://app.example/cb"], auto_approve=True),
        client("a+b%26&c=d", COLON, grants=ALL_GRANTS, legacy=LEGACY, redirect_uris=["https://app.example/cb"], auto_approve=True),
        client("only-scope", SECRET, grants=ALL_GRANTS, legacy=LEGACY, redirect_uris=["http://localhost:8082/demo"], scopes=["basic_info"]),
    ]
    people["users"] += [user(NAME, WORD, number=77, authorities=["ROLE_USER"])]
    with World(realms=[people]) as world:
        yield world


def raw_basic(id, secret):
    return {"Authorization": "Basic " + base64.b64encode((id + ":" + secret).encode()).decode()}


PAIRS = [("hard", SECRET), ("a+b%26&c=d", COLON)]


@pytest.mark.parametrize("id,secret", PAIRS)
def test_modern_client_credentials(w, id, secret):
    url, grant = w.at("modern", "/token"), {"grant_type": "client_credentials"}
    assert post(url, grant, basic(id, secret, quote=True)).status == 200
    assert post(url, {**grant, "client_id": id, "client_secret": secret}).status == 200
    percent = {k: urllib.parse.quote(v, safe="") for k, v in {**grant, "client_id": id, "client_secret": secret}.items()}
    assert post(url, "&".join("%s=%s" % kv for kv in percent.items()), FORM).status == 200
    assert post(url, grant, raw_basic(id, secret)).status == 200        # as many clients send it
    assert post(url, grant, raw_basic(id, secret + "!")).status == 401


@pytest.mark.parametrize("id,secret", PAIRS)
@pytest.mark.parametrize("d,path", [("spring", "/oauth/token"), ("zlt", "/oauth/token"), ("taroco", "/oauth/token")])
def test_legacy_client_credentials(w, d, path, id, secret):
    url, grant = w.at(d, path), {"grant_type": "client_credentials"}
    assert post(url, grant, raw_basic(id, secret)).status == 200        # as the old servers read it
    assert post(url, {**grant, "client_id": id, "client_secret": secret}).status == 200
    assert post(url + "?" + form({**grant, "client_id": id, "client_secret": secret})).status == 200
    assert post(url, grant, basic(id, secret, quote=True)).status == 200        # RFC 6749 section 2.3.1
    assert post(url, grant, basic(id, secret + "!", quote=True)).status == 401


def test_connect_and_rageframe(w):
    grant = {"grant_type": "client_credentials"}
    assert post(w.at("connect", "/connect/token"), grant, raw_basic("hard", SECRET)).status == 200
    assert post(w.at("connect", "/connect/token"), {**grant, "client_id": "hard", "client_secret": SECRET}).status == 200
    fields = {"grant_type": "password", "client_id": "only-scope", "client_secret": SECRET, "username": NAME, "password": WORD}
    for body, head in ((fields, None), (json.dumps(fields), {"Content-Type": "application/json"}), (json.dumps(fields, ensure_ascii=False), {"Content-Type": "application/json"})):
        assert post(w.at("rageframe", "/oauth2/password"), body, head).json()["code"] == 200


@pytest.mark.parametrize("d,path,id,secret", [("spring", "/oauth/token", "hard", SECRET), ("zlt", "/oauth/token", "hard", SECRET), ("taroco", "/oauth/token", "hard", SECRET)])
def test_password_grant(w, d, path, id, secret):
    fields = {"grant_type": "password", "client_id": id, "client_secret": secret, "username": NAME, "password": WORD}
    r = post(w.at(d, path), fields)
    assert r.status == 200, r
    if d == "taroco":
        assert r.json()["x-user-name"] == NAME
    assert post(w.at(d, path) + "?" + form(fields)).status == 200
    assert post(w.at(d, path), {**fields, "password": WORD + " "}).status == 400
    assert post(w.at(d, path), {**fields, "password": WORD.replace("ä", "a\u0308")}).status == 400
    if d == "spring":
        token = r.json()["access_token"]
        assert post(w.at(d, "/oauth/check_token"), {"token": token}).json()["user_name"] == NAME


def test_raw_utf8_in_a_body(w):
    body = ("grant_type=password&client_id=hard&client_secret=%s&username=%s&password=%s" % (urllib.parse.quote(SECRET), urllib.parse.quote("张三+%&:=é 🐯", safe="张三é🐯"),
            urllib.parse.quote(WORD, safe="密码ä🐯"))).encode()
    assert post(w.at("spring", "/oauth/token"), body, FORM).status == 200
    target = b"/oauth/token?" + body.replace("张三".encode(), urllib.parse.quote("张三").encode())
    got = raw(w.port["spring"], b"POST " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", 3)
    assert got.startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 400 "))         # raw bytes above 127 in a target are not HTTP


AUTHORIZE = {"modern": "/authorize", "spring": "/oauth/authorize", "zlt": "/oauth/authorize", "connect": "/connect/authorize"}


@pytest.mark.parametrize("d", list(AUTHORIZE))
def test_state_through_login_and_back(w, d):
    url = authorize_url(w, d, "hard", path=AUTHORIZE[d], state=STATE)
    b = w.browser(d)
    r = b.follow(b.get(url))
    r = b.follow(b.login(r, NAME, WORD))
    if r.status == 200:
        r = b.decide(r)
    assert r.query()["state"] == STATE, r
    assert r.location.startswith("https://app.example/cb?code=")
    r.location.encode("ascii")
    r = b.get(authorize_url(w, d, "hard", path=AUTHORIZE[d], state=STATE, scope="nope"))
    assert r.query()["state"] == STATE and r.query()["error"] == "invalid_scope"


def test_state_in_a_fragment(w):
    b = w.browser("spring")
    r = b.follow(b.get(authorize_url(w, "spring", "hard", path="/oauth/authorize", state=STATE, response_type="token")))
    r = b.follow(b.login(r, NAME, WORD))
    assert "#access_token=" in r.location and r.query()["state"] == STATE


def test_the_name_on_a_page_is_text(w):
    b = w.browser("modern")
    r = b.follow(b.get(authorize_url(w, "modern")))
    r = b.follow(b.login(r, NAME, WORD))
    assert "张三+%&amp;:=é 🐯" in r.text
    assert "lang=\"zh-CN\"" in w.browser("modern", language="zh-CN").get(w.at("modern", "/login")).text


def test_error_text_with_chinese_for_those_who_prefer_it(w):
    fields = {"grant_type": "password", "client_id": "hard", "client_secret": SECRET, "username": NAME, "password": "wrong-word-1"}
    assert post(w.at("spring", "/oauth/token"), fields, {"Accept-Language": "zh-CN"}).json()["error_description"] == "用户名或密码错误"
    assert post(w.at("spring", "/oauth/token"), fields).json()["error_description"] == "Bad credentials"


def test_modern_code_flow(w):
    code = w.browser("modern").authorize(authorize_url(w, "modern", "hard", state=STATE), NAME, WORD).query()["code"]
    r = post(w.at("modern", "/token"), {"grant_type": "authorization_code", "code": code, "redirect_uri": "https://app.example/cb", "code_verifier": VERIFIER}, basic("hard", SECRET, quote=True))
    assert r.status == 200 and redeem(w, code, client="hard", secret="x").status == 401
    assert get(w.at("modern", "/jwks")).status == 200
