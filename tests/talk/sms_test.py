"""One-time codes by text message, in the words of manuals 000, 002, 004; gateways of every kind, also those that misbehave."""
import json, threading, time

import pytest

from gateway import Gateway
from server import Server, free_ports, remember
from talker import basic, get, post

PHONE, NOBODY = "18888888888", "18888880000"
BASIC = basic("app", "app-secret-sms")


class Phones:
    """One hufud with an issuer of each dialect that sends codes."""

    def __init__(self, gateway, top="", **settings):
        self.gateway = gateway
        ports = dict(zip(("taroco", "zlt", "connect", "modern"), free_ports(4)))
        self.base = {d: "http://127.0.0.1:%d" % p for d, p in ports.items()}
        issuers = {d: {"url": self.base[d], "dialect": d, "listener": d, "realm": "r", "sms_gateway": "g", **settings} for d in ports}
        user = {"password": "{noop}" + remember("pass-word-of-phones"), "encoded": True, "number": 1, "authorities": "ROLE_USER", "enabled": True}
        realm = {"realm": "r", "clients": [{"realm": "r", "id": "app", "secret_encoded": "{noop}app-secret-sms", "grants": "sms refresh_token client_credentials",
                                            "scopes": "all", "enabled": True},
                                           {"realm": "r", "id": "other", "secret_encoded": "{noop}other-secret-sms", "grants": "client_credentials", "scopes": "all", "enabled": True}],
                 "users": [{"name": "u%d" % i, "phone": str(18888888888 - i), **user} for i in range(10)]}
        self.server = Server(issuers, [realm], listeners={d: {"bind": ["127.0.0.1:%d" % p]} for d, p in ports.items()}, top=top + gateway.settings("g"))

    def __enter__(self):
        self.server.__enter__()
        return self

    def __exit__(self, *exc):
        self.server.__exit__(*exc)
        self.gateway.close()

    def ask(self, d, phone=PHONE, head=None):
        if d == "taroco":
            return get(self.base[d] + "/smsCode/" + phone)
        if d == "zlt":
            return get(self.base[d] + "/validata/smsCode/" + phone)
        return post(self.base[d] + "/connect/sms", {"phone": phone}, head or BASIC)

    def redeem(self, d, code, phone=PHONE, head=None):
        head = BASIC if head is None else head
        if d == "taroco":
            return post(self.base[d] + "/oauth/mobile", {"mobile": phone, "code": code}, head)
        if d == "zlt":
            return post(self.base[d] + "/oauth/token", {"grant_type": "mobile", "mobile": phone, "code": code}, head)
        return post(self.base[d] + "/connect/token", {"grant_type": "sms", "phone": phone, "sms": code}, head)


DIALECTS = ["taroco", "zlt", "connect"]
ALIVE = {"taroco": 60, "zlt": 60, "connect": 300}
OK = {
    "taroco": '{"errorCode":null,"errorMessage":null,"extMessage":null,"result":null,"status":"SUCCEED"}',
    "zlt": '{"datas":null,"resp_code":0,"resp_msg":"true"}',
    "connect": '{"expires_in":300}',
}


def check_refused(d, r):
    """The code was wrong, in the dialect's words."""
    if d == "taroco":
        assert r.status == 401 and r.text == '{"errorCode":null,"errorMessage":"Bad verifyCode","extMessage":null,"result":null,"status":"FAILED"}', r
    elif d == "zlt":
        assert r.status == 400 and r.json() == {"error": "invalid_grant", "error_description": "验证码不正确", "resp_code": "400", "resp_msg": "验证码不正确"}, r
    else:
        assert r.status == 400 and r.text == '{"error":"invalid_grant"}', r


def log_says(w, text, wait=5):
    """Messages are sent behind the answer: their outcome is told a little later."""
    until = time.time() + wait
    while text not in w.server.log() and time.time() < until:
        time.sleep(0.02)
    return text in w.server.log()


@pytest.fixture(scope="module")
def w():
    with Phones(Gateway()) as world:
        yield world


@pytest.mark.parametrize("d", DIALECTS)
def test_a_code_is_sent_and_redeemed_once(w, d):
    w.server.turn_clock(3601)
    r = w.ask(d)
    assert r.status == 200 and r.text == OK[d], r
    phone, code = w.gateway.message()
    assert phone == PHONE and len(code) == 6 and code.isdigit()
    r = w.redeem(d, code)
    assert r.status == 200, r
    o = r.json()
    members = {"taroco": ["access_token", "token_type", "refresh_token", "expires_in", "scope", "jti", "license", "x-user-name", "x-user-id"],
               "zlt": ["resp_code", "resp_msg", "datas"], "connect": ["access_token", "token_type", "refresh_token", "expires_in", "id_token"]}[d]
    assert list(o) == members
    check_refused(d, w.redeem(d, code))
    assert code not in w.server.log() and PHONE not in w.server.log()      # L10


@pytest.mark.parametrize("d", DIALECTS)
def test_a_number_of_nobody_gets_the_same_answers_and_no_message(w, d):
    w.server.turn_clock(3601)
    r = w.ask(d, NOBODY)
    assert (r.status, r.text) == (200, OK[d])
    known = w.ask(d, "18888888887")
    assert [(k, v) for k, v in known.headers if k not in ("Date",)] == [(k, v) for k, v in r.headers if k not in ("Date",)]
    assert w.gateway.message()[0] == "18888888887" and w.gateway.message(0.3) is None
    again, known_again = w.ask(d, NOBODY), w.ask(d, "18888888887")
    strip = lambda x: (x.status, x.text.replace(NOBODY, "N").replace("18888888887", "N"))
    assert strip(again) == strip(known_again) and again.text != OK[d]
    check_refused(d, w.redeem(d, "123456", NOBODY))


@pytest.mark.parametrize("d", DIALECTS)
def test_a_code_expires_and_dies_of_five_wrong_tries(w, d):
    w.server.turn_clock(3601)
    w.ask(d)
    code = w.gateway.code()
    w.server.turn_clock(ALIVE[d] + 1)
    check_refused(d, w.redeem(d, code))
    w.ask(d)
    code = w.gateway.code()
    for _ in range(5):
        check_refused(d, w.redeem(d, "%06d" % ((int(code) + 1) % 1000000)))
    check_refused(d, w.redeem(d, code))
    w.server.turn_clock(61)


def test_malformed_numbers_and_frequent_ones(w):
    w.server.turn_clock(3601)
    wrong = '"errorMessage":"请输入正确的手机号"'
    for number in ("123", "1888888888x", "28888888888", "188888888888", "%2B8618888888888"):
        assert wrong in w.ask("taroco", number).text
    assert w.ask("taroco", "18888888888/x").status in (302, 404)
    assert w.ask("zlt", "123").json() == {"datas": None, "resp_code": 1, "resp_msg": "请输入正确的手机号"}
    r = w.ask("connect", "123")
    assert (r.status, r.text) == (400, '{"error":"invalid_request"}')
    w.ask("taroco")
    assert w.gateway.code()
    assert "验证码未失效，请失效后再次申请" in w.ask("taroco").text
    w.ask("connect")
    r = w.ask("connect")
    assert r.status == 429 and r.text == '{"error":"slow_down"}' and int(r.get("Retry-After")) <= 60
    assert w.gateway.code()


def test_who_may_ask_and_redeem(w):
    w.server.turn_clock(3601)
    assert w.ask("connect", head=basic("app", "wrong")).status == 401
    assert post(w.base["connect"] + "/connect/sms", {"phone": PHONE}).status == 400
    assert w.ask("connect", head=basic("other", "other-secret-sms")).json() == {"error": "unauthorized_client"}
    for d in DIALECTS:
        w.ask(d)
        code = w.gateway.code()
        assert w.redeem(d, code, head=basic("app", "wrong")).status in (400, 401)
        assert w.redeem(d, code, head={}).status in (400, 401)
        assert w.redeem(d, code, head=basic("other", "other-secret-sms")).status in (400, 401)
        assert w.redeem(d, code).status == 200                 # none of those spent it
    assert "Basic" in w.redeem("taroco", "123456", head={"Authorization": "YXBwOmFwcC1zZWNyZXQtc21z"}).text


def test_a_login_by_code_gives_a_session(w):
    w.server.turn_clock(3601)
    w.ask("taroco")
    code = w.gateway.code()
    r = post(w.base["taroco"] + "/login/mobile", {"mobile": PHONE, "code": "%06d" % ((int(code) + 1) % 1000000)})
    assert r.status == 401 and "Bad verifyCode" in r.text and "hufu-taroco=" not in str(r.headers)
    r = post(w.base["taroco"] + "/login/mobile?mobile=%s&code=%s" % (PHONE, code))
    assert r.status == 200 and r.text == OK["taroco"]
    cookie = next(v.split(";")[0] for v in r.all("Set-Cookie") if v.startswith("hufu-taroco="))
    r = post(w.base["taroco"] + "/login/mobile", {"mobile": PHONE, "code": code})
    assert r.status == 401
    r = get(w.base["taroco"] + "/logout", {"Cookie": cookie})
    assert "登出成功" in r.text


def test_nothing_of_it_is_at_the_modern_issuer(w):
    for path in ("/smsCode/" + PHONE, "/validata/smsCode/" + PHONE, "/connect/sms", "/oauth/mobile", "/login/mobile"):
        assert get(w.base["modern"] + path).status == 404
    assert post(w.base["modern"] + "/token", {"grant_type": "sms", "phone": PHONE, "code": "123456"}, BASIC).json()["error"] == "unsupported_grant_type"


@pytest.mark.parametrize("kind", ["webhook", "http", "aliyun", "tencent"])
def test_every_kind_of_gateway_gets_a_request_it_accepts(kind):
    with Phones(Gateway(kind)) as w:
        w.ask("connect")
        got = w.gateway.message()
        assert not w.gateway.wrong and got and got[0] == PHONE
        assert w.redeem("connect", got[1]).status == 200
        assert "SMS gateway" not in w.server.log()


@pytest.mark.parametrize("mood", ["down", "huge", "redirect", "lying"])
def test_a_gateway_that_misbehaves_is_a_line_in_the_log(mood):
    with Phones(Gateway("aliyun", mood)) as w:
        r = w.ask("connect")
        assert (r.status, r.text) == (200, OK["connect"])
        code = w.gateway.message()[1]
        assert log_says(w, "SMS gateway g:") and code not in w.server.log()
        assert w.gateway.asked == 1                            # a redirect is not followed
        assert 'hufu_sms_messages_total{outcome="failed"} 1\n' in w.server.metrics()


def test_a_gateway_with_a_wrong_certificate_is_told_nothing():
    with Phones(Gateway("webhook", "certificate")) as w:
        r = w.ask("connect")
        assert (r.status, r.text) == (200, OK["connect"])
        assert log_says(w, "certificate is not trusted")
        assert w.gateway.asked == 0


def test_a_slow_gateway_slows_nobody():
    with Phones(Gateway("webhook", "slow"), sms_address_per_hour=1000) as w:
        begun = time.time()
        for i in range(10):
            assert w.ask("zlt", str(18888888888 - i)).status == 200
        for _ in range(20):
            assert post(w.base["connect"] + "/connect/token", {"grant_type": "client_credentials"}, BASIC).status == 200
        assert time.time() - begun < 5
        threading.Thread(target=w.gateway.close, daemon=True).start()


def test_budget_of_the_issuer():
    with Phones(Gateway(), sms_budget_per_day=3, sms_address_per_hour=1000) as w:
        for i in range(10):
            r = w.ask("zlt", str(18888888888 - i))
            assert (r.status, r.text) == (200, OK["zlt"])      # the answers do not tell
        got = [w.gateway.message(2) for _ in range(3)]
        assert all(got) and w.gateway.message(0.5) is None
        assert 'hufu_sms_messages_total{outcome="sent"} 3\n' in w.server.metrics()
        assert "budget" in w.server.log()
        spent = [json.loads(line) for line in w.server.log().split("\n") if '"event":"budget.spent"' in line]
        assert [(r["issuer"], r["budget"]) for r in spent] == [("zlt", 3)]     # once a minute, however many ask


def test_settings_that_cannot_work_are_refused():
    port = free_ports(1)[0]
    issuer = {"i": {"url": "http://127.0.0.1:%d" % port, "dialect": "zlt", "listener": "l", "sms_gateway": "g"}}
    for top, said in (("sms_gateways:\n  g:\n    kind: log", "demo mode only"), ("sms_gateways:\n  g:\n    kind: webhook\n    url: http://sms.example/x", "https"),
                      ("sms_gateways:\n  g:\n    kind: aliyun", "access_key"), ("sms_gateways:\n  h:\n    kind: webhook\n    url: https://sms.example/", "sms_gateway"),
                      ("sms_gateways:\n  g:\n    kind: aliyun\n    access_key: k\n    secret: s\n    sign_name: n\n    template: t\n    url: https://sms.example/x", "path"),
                      ("sms_gateways:\n  g:\n    kind: webhook\n    url: https://a@sms.example/", "no user name"),
                      ("sms_gateways:\n  g:\n    kind: webhook\n    url: https://10.0.0.1/", "private")):
        s = Server(issuer, [], listeners={"l": {"bind": ["127.0.0.1:%d" % port]}}, top=top)
        s.write_config()
        status, out, err = s.hufu("config", "check")
        assert status != 0 and said in out + err, (top, out, err)
        s._put_away()
