"""Client-Initiated Backchannel Authentication (CIBA Core 1.0, FAPI-CIBA): an application asks, its user decides at the issuer, it comes back."""
import concurrent.futures, html, http.server, json, re, signal, threading, time, uuid

import pytest

import talker_jwt
from talker import APP_SECRET, PASSWORD, World, audit_of, basic, client, get, post, realm, refresh, user, wait

GRANT = "urn:openid:params:grant-type:ciba"
GRANTS = [GRANT, "refresh_token", "authorization_code"]
KEY, OTHER_KEY = talker_jwt.Signer("k1"), talker_jwt.Signer("k2")
SIGNED = {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [KEY.jwk]}, "backchannel_token_delivery_mode": "poll",
          "backchannel_authentication_request_signing_alg": "RS256"}
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Ear:
    """Hears of decisions: (path, Authorization, JSON) of each."""

    def __init__(self, *moods):
        self.got, self.moods = [], list(moods) or [204]
        here = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
                here.got.append((self.path, self.headers["Authorization"], body))
                self.send_response(here.moods.pop(0) if len(here.moods) > 1 else here.moods[0])
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *a):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d/told" % self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def ear():
    e = Ear()
    yield e
    e.server.shutdown()
    e.server.server_close()


def people(ear):
    r = realm()
    common = dict(grants=GRANTS, scopes=["openid", "profile", "read"], redirect_uris=["https://app.example/cb"])
    r["clients"] += [client("bank", APP_SECRET, name="The Bank", **common), client("signs", None, metadata=SIGNED, **common),
                     client("ping", APP_SECRET, metadata={"backchannel_token_delivery_mode": "ping", "backchannel_client_notification_endpoint": ear.url}, **common),
                     client("pub", None, **common)]
    r["users"] += [user("carol", PASSWORD, phone="13800138000")]
    return r


def world(ear, **settings):
    return World("modern", realms=[people(ear)], settings={"modern": {"logout_notices_private": True, "logout_notices_http": True, **settings}})


@pytest.fixture(scope="module")
def w(ear):
    with world(ear) as one:
        yield one


def ask(w, who="bank", **more):
    fields = {"scope": "openid", "login_hint": "carol", **more}
    return post(w.at("modern", "/bc-authorize"), {k: v for k, v in fields.items() if v is not None}, basic(who, APP_SECRET))


def begun(w, who="bank", **more):
    r = ask(w, who, **more)
    assert r.status == 200 and r.get("Cache-Control") == "no-store", r
    return r.json()


def poll(w, d, who="bank"):
    return post(w.at("modern", "/token"), {"grant_type": GRANT, "auth_req_id": d["auth_req_id"]}, basic(who, APP_SECRET))


def error(r, status=400):
    assert r.status == status, r
    return r.json()["error"]


def signed_in(w, name="carol", **more):
    b = w.browser("modern", **more)
    b.follow(b.login(b.get("/login"), name, PASSWORD))
    return b


def page_of(b, message):
    """The page of the decision on the request with that message."""
    links = re.findall(r'<a href="([^"]*decoupled_request=[^"]*)">([^<]*)</a>', b.get("/approvals").text)
    return b.get(html.unescape(next(href for href, text in links if message in text)))


def decide(b, message, button="approve-allow", **values):
    return b.submit(page_of(b, message).form("approve-form"), button, **values)


def fresh():
    return "M-" + uuid.uuid4().hex[:8]


def test_a_user_is_asked_and_allows(w):
    m = fresh()
    d = begun(w, scope="openid read", binding_message=m, acr_values="1")
    assert set(d) == {"auth_req_id", "expires_in", "interval"} and (d["expires_in"], d["interval"]) == (600, 5)
    assert error(poll(w, d)) == "authorization_pending" and error(poll(w, d)) == "slow_down"
    b = signed_in(w)
    page = page_of(b, m)
    for shown in (m, "The Bank", "carol", "127.0.0.1"):
        assert shown in page.text
    assert 'id="decided"' in b.submit(page.form("approve-form"), "approve-allow").text and m not in b.get("/approvals").text
    r = poll(w, d)
    assert r.status == 200, r
    t = r.json()
    i = talker_jwt.verify(t["id_token"], get(w.at("modern", "/jwks")).json())
    assert i["aud"] == "bank" and i["acr"] == "1" and i["amr"] == ["pwd"] and "auth_time" in i
    assert talker_jwt.claims(t["access_token"])["scope"] == "openid read"
    assert error(poll(w, d)) == "invalid_grant" and refresh(w, t["refresh_token"], client="bank").status == 200


def test_a_user_is_asked_and_refuses(w):
    m = fresh()
    d = begun(w, binding_message=m)
    zh = signed_in(w, language="zh-CN")
    assert "等待您确认的请求" in zh.get("/approvals").text
    r = decide(zh, m, "approve-deny")
    assert "已拒绝" in r.text and error(poll(w, d)) == "access_denied"


def test_nobody_decides_for_another(w):
    m = fresh()
    d = begun(w, binding_message=m)
    carol, bob = signed_in(w), signed_in(w, "bob")
    page = page_of(carol, m)
    assert m not in bob.get("/approvals").text
    f = page.form("approve-form")
    assert bob.submit(f, "approve-allow").status == 400 and bob.get("/approvals?decoupled_request=" + dict((n, v) for n, v, *_ in f["fields"])["decoupled_request"]).status == 400
    assert "login-submit" in w.browser("modern").follow(w.browser("modern").get("/approvals")).text
    assert error(poll(w, d)) == "authorization_pending"


def test_the_login_on_the_way_leads_back(w):
    m = fresh()
    begun(w, binding_message=m)
    b = w.browser("modern")
    page = b.follow(b.login(b.follow(b.get("/approvals")), "carol", PASSWORD))
    assert m in page.text


def test_hints(w):
    b = signed_in(w)
    d = begun(w, login_hint="13800138000", binding_message="by phone")
    assert "by phone" in b.get("/approvals").text
    decide(b, "by phone")
    t = poll(w, d).json()
    m = fresh()
    begun(w, login_hint=None, id_token_hint=t["id_token"], binding_message=m)
    assert m in b.get("/approvals").text
    for fields, code in (({"login_hint": "nobody"}, "unknown_user_id"), ({"login_hint": "disabled"}, "unknown_user_id"), ({"login_hint": None}, "invalid_request"),
                         ({"id_token_hint": t["id_token"]}, "invalid_request"), ({"login_hint": None, "id_token_hint": "x.y.z"}, "invalid_request"),
                         ({"login_hint": None, "id_token_hint": t["access_token"]}, "invalid_request"), ({"login_hint": None, "login_hint_token": "x"}, "invalid_request")):
        assert error(ask(w, **fields)) == code, fields


def test_what_the_endpoint_refuses(w):
    for fields, code in (({"scope": None}, "invalid_scope"), ({"scope": "read"}, "invalid_scope"), ({"scope": "openid admin"}, "invalid_scope"), 
                         ({"binding_message": "x" * 121}, "invalid_binding_message"), ({"binding_message": "a\u202eb"}, "invalid_binding_message"),
                         ({"user_code": "1234"}, "invalid_user_code"), ({"requested_expiry": "0"}, "invalid_request"), ({"requested_expiry": "soon"}, "invalid_request"),
                         ({"requested_expiry": "-1"}, "invalid_request"), ({"request": "x.y.z", "scope": None, "login_hint": None}, "invalid_request"), ({"resource": "no uri"}, "invalid_target")):
        assert error(ask(w, **fields)) == code, fields
    ask(w, login_hint="nobody")
    for why in ("ciba_request", "ciba_scope", "ciba_user", "ciba_user_code", "ciba_message"):
        assert audit_of(w, endpoint="bc_authorize", reason=why), why
    at = w.at("modern", "/bc-authorize")
    assert error(post(at, {"scope": "openid", "login_hint": "carol", "client_id": "pub"}), 401) == "invalid_client"
    assert error(post(at, {"scope": "openid", "login_hint": "carol"}, basic("bank", "wrong")), 401) == "invalid_client"
    assert error(post(at, {"scope": "openid", "login_hint": "carol"}, basic("app", APP_SECRET))) == "unauthorized_client"
    assert error(post(w.at("modern", "/token"), {"grant_type": GRANT}, basic("bank", APP_SECRET))) == "invalid_request"
    assert audit_of(w, endpoint="token", reason="auth_req_id_missing")
    d = begun(w)
    assert error(poll(w, d, "ping")) == "invalid_grant" and error(poll(w, {"auth_req_id": "x"})) == "invalid_grant" and get(at).status == 405
    assert begun(w, requested_expiry="30")["expires_in"] == 30 and begun(w, requested_expiry="99999")["expires_in"] == 600
    assert begun(w, binding_message="x" * 120) and begun(w, binding_message="转账 100 元")


def test_expired(w):
    m = fresh()
    d = begun(w, requested_expiry="20", binding_message=m)
    b = signed_in(w)
    page = page_of(b, m)
    w.turn_clock(21)
    assert error(poll(w, d)) == "expired_token" and m not in b.get("/approvals").text
    assert b.submit(page.form("approve-form"), "approve-allow").status == 400 and error(poll(w, d)) == "expired_token"


def said(w, **more):
    now = int(time.time())
    c = {"iss": "signs", "aud": w.url["modern"], "iat": now, "nbf": now, "exp": now + 300, "jti": uuid.uuid4().hex, "scope": "openid", "login_hint": "carol", **more}
    return {k: v for k, v in c.items() if v is not None}


def signed(w, claims, key=KEY, **beside):
    now = int(time.time())
    proof = KEY.sign({"iss": "signs", "sub": "signs", "aud": w.at("modern", "/bc-authorize"), "iat": now, "exp": now + 300, "jti": uuid.uuid4().hex})
    fields = {"client_assertion_type": TYPE, "client_assertion": proof, **beside}
    return post(w.at("modern", "/bc-authorize"), {**fields, "request": key.sign(claims)} if claims else fields)


def test_signed_requests(ear):
    with world(ear) as w:
        m = fresh()
        r = signed(w, said(w, binding_message=m, requested_expiry=60))
        assert r.status == 200 and r.json()["expires_in"] == 60, r
        assert m in signed_in(w).get("/approvals").text
        now = int(time.time())
        for what in ({"iss": "bank"}, {"iss": None}, {"aud": "https://x.example"}, {"aud": None}, {"exp": None}, {"nbf": None}, {"iat": None}, {"jti": None}, {"exp": now - 1},
                     {"nbf": now + 300}, {"nbf": now - 3700}, {"exp": now + 3700}, {"iat": now + 300}, {"scope": 5}, {"login_hint": {}}):
            assert error(signed(w, said(w, **what))) == "invalid_request", what
        assert error(signed(w, said(w), OTHER_KEY)) == "invalid_request" and error(signed(w, said(w), scope="openid")) == "invalid_request"
        assert error(signed(w, said(w, scope="read"))) == "invalid_scope" and error(signed(w, said(w, login_hint="nobody"))) == "unknown_user_id"
        assert signed(w, said(w, iat=time.time(), nbf=time.time(), exp=time.time() + 60.5)).status == 200          # times may have a fraction
        once = said(w)
        assert signed(w, once).status == 200 and error(signed(w, once)) == "invalid_request"
        assert error(signed(w, None, scope="openid", login_hint="carol")) == "invalid_request"         # it registered signed ones


def test_an_issuer_takes_signed_requests_alone(ear):
    with world(ear, signed_requests_required=True, client_algs=["RS256", "PS256"]) as w:
        assert error(ask(w)) == "invalid_request" and signed(w, said(w)).status == 200
        m = get(w.at("modern", "/.well-known/openid-configuration")).json()
        assert m["backchannel_authentication_request_signing_alg_values_supported"] == ["RS256", "PS256"]


def test_a_client_is_told(w, ear):
    ear.got.clear()
    assert error(ask(w, "ping")) == "invalid_request" and error(ask(w, "ping", client_notification_token="a b")) == "invalid_request"
    assert error(ask(w, "ping", client_notification_token="x" * 1025)) == "invalid_request"
    for button, end in (("approve-allow", None), ("approve-deny", "access_denied")):
        m = fresh()
        d = begun(w, "ping", client_notification_token="tok-" + m, binding_message=m)
        decide(signed_in(w), m, button)
        wait(lambda: len(ear.got) == 1)
        assert ear.got.pop() == ("/told", "Bearer tok-" + m, {"auth_req_id": d["auth_req_id"]})
        r = poll(w, d, "ping")
        assert r.status == 200 if end is None else error(r) == end
        assert "tok-" + m not in w.log() and d["auth_req_id"] not in w.log()
    wait(lambda: w.log().count('"event":"ciba.told"') == 2)
    assert w.log().count('"event":"ciba.told"') == 2 and "hufu_ciba_notices_total" in w.metrics()


def test_a_notice_outlives_a_crash():
    ear = Ear(503, 503, 204)
    with world(ear) as w:
        m = fresh()
        d = begun(w, "ping", client_notification_token="tok", binding_message=m)
        w.stop(signal.SIGKILL)
        w.start()
        b = signed_in(w)
        page = page_of(b, m)
        b.submit(page.form("approve-form"), "approve-allow")
        w.stop(signal.SIGKILL)
        w.start()
        wait(lambda: len(ear.got) >= 3, 30)
        assert ear.got[-1][2] == {"auth_req_id": d["auth_req_id"]}
        assert poll(w, d, "ping").status == 200
    ear.server.shutdown()


def test_redeemed_once_of_64(w):
    m = fresh()
    d = begun(w, binding_message=m)
    decide(signed_in(w), m)
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        r = list(pool.map(lambda i: poll(w, d), range(64)))
    assert sorted(x.status for x in r) == [200] + [400] * 63 and {x.json()["error"] for x in r if x.status == 400} == {"invalid_grant"}


def test_a_user_is_not_asked_without_end(ear):
    with world(ear, ciba_user_per_hour=2) as w:
        begun(w), begun(w)
        r = ask(w)
        assert (r.status, r.json()["error"]) == (429, "slow_down") and int(r.get("Retry-After")) > 0
        assert ask(w, login_hint="alice").status == 200


def test_metadata(w):
    m = get(w.at("modern", "/.well-known/openid-configuration")).json()
    assert m["backchannel_authentication_endpoint"] == w.at("modern", "/bc-authorize") and GRANT in m["grant_types_supported"]
    assert m["backchannel_token_delivery_modes_supported"] == ["poll", "ping"] and m["backchannel_user_code_parameter_supported"] is False
    assert "ES256" in m["backchannel_authentication_request_signing_alg_values_supported"]


def test_an_operator_decides(w):
    m = fresh()
    d = begun(w, binding_message=m, acr_values="1")
    status, out, err = w.hufu("ciba", "list", "--realm", "main", "--json")
    assert status == 0, err
    row = next(x for x in json.loads(out)["requests"] if x["message"] == m)
    assert row["user"] == "carol" and row["client"] == "bank" and d["auth_req_id"] not in out
    assert w.hufu("ciba", "approve", row["id"], "--realm", "main")[0] == 0 and w.hufu("ciba", "approve", row["id"], "--realm", "main")[0] == 1
    t = poll(w, d).json()
    assert talker_jwt.claims(t["id_token"])["acr"] == "1"
    d = begun(w)
    assert w.hufu("ciba", "deny", d["auth_req_id"], "--realm", "main")[0] == 0 and '"event":"ciba.deny"' in w.log() and error(poll(w, d)) == "access_denied"
    status, out, err = w.hufu("ciba", "deny", "nonsense", "--realm", "main")
    assert status == 1 and "hufu ciba list" in err
    assert m not in w.hufu("--lang", "zh", "ciba", "list", "--realm", "main")[1] and '"event":"ciba.approve"' in w.log()


def test_an_issuer_may_need_acr_values(ear):
    with world(ear, acr_values_required=True) as w:
        assert error(ask(w, acr_values="3 4")) == "unmet_authentication_requirements"
        assert ask(w, acr_values="2 3").status == 200           # its user is asked for a second factor
        assert ask(w, acr_values="2 1").status == 200 and ask(w).status == 200
