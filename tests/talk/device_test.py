"""The device authorization grant (RFC 8628): a code on one screen, typed on another, and what the device is told meanwhile."""
import concurrent.futures, re, signal

import pytest

import talker_jwt
from talker import APP_SECRET, PASSWORD, World, audit_of, basic, client, get, post, realm, user

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
GRANTS = [GRANT, "refresh_token"]


def people():
    r = realm()
    r["clients"] += [client("tv", None, name="Living Room", grants=GRANTS, scopes=["openid", "profile", "read", "write"], metadata={"client_uri": "https://tv.example", "logo_uri": "https://tv.example/logo.png"}),
                     client("box", APP_SECRET, grants=GRANTS, scopes=["openid", "read"]), client("radio", None, grants=[GRANT])]
    r["users"] += [user("carol", PASSWORD)]
    return r


def world(**more):
    return World("modern", realms=[people()], **more)


@pytest.fixture(scope="module")
def w():
    with world() as one:
        yield one


def begin(w, who="tv", **more):
    r = post(w.at("modern", "/device_authorization"), {"client_id": who, **more})
    assert r.status == 200, r
    return r.json()


def poll(w, code, who="tv", headers=None, **more):
    return post(w.at("modern", "/token"), {"grant_type": GRANT, "device_code": code, **({"client_id": who} if who else {}), **more}, headers)


def error(r, status=400):
    assert r.status == status, r
    return r.json()["error"]


def signed_in(w, name="alice", **more):
    b = w.browser("modern", **more)
    r = b.follow(b.login(b.get("/login"), name, PASSWORD))
    assert r.status == 200, r
    return b


def enter(b, code):
    return b.follow(b.submit(next(f for f in b.get("/device").forms() if "device-submit" in f["buttons"]), user_code=code))


def approve(b, page, button="approve-allow", **values):
    return b.submit(page.form("approve-form"), button, **values)


def allowed(w, d, b=None, **values):
    b = b or signed_in(w)
    r = approve(b, enter(b, d["user_code"]), **values)
    assert r.status == 200 and 'id="decided"' in r.text, r
    return r


def test_a_device_is_connected(w):
    d = post(w.at("modern", "/device_authorization"), {"client_id": "tv", "scope": "openid read"}, {"User-Agent": "TV/1.0"}).json()
    assert set(d) == {"device_code", "user_code", "verification_uri", "verification_uri_complete", "verification_qr_uri", "expires_in", "interval"}
    assert re.fullmatch("[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}", d["user_code"]) and (d["expires_in"], d["interval"]) == (600, 5)
    assert d["verification_uri"] == w.at("modern", "/device") and d["verification_uri_complete"] == d["verification_uri"] + "?user_code=" + d["user_code"]
    assert error(poll(w, d["device_code"])) == "authorization_pending"
    b = signed_in(w)
    page = enter(b, d["user_code"].lower().replace("-", " "))
    for shown in (d["user_code"], "Living Room", "alice", "127.0.0.1", "tv.example", "/logo?client_id=tv", "TV/1.0"):
        assert shown in page.text, shown
    assert 'id="decided"' in approve(b, page).text
    w.turn_clock(5)
    r = poll(w, d["device_code"])
    assert r.status == 200, r
    t = r.json()
    assert t["token_type"] == "Bearer" and t["expires_in"] == 3600
    i = talker_jwt.verify(t["id_token"], get(w.at("modern", "/jwks")).json())
    assert i["aud"] == "tv" and i["amr"] == ["pwd"] and "sid" not in i
    assert talker_jwt.claims(t["access_token"])["scope"] == "openid read"
    assert error(poll(w, d["device_code"])) == "invalid_grant"
    r = post(w.at("modern", "/token"), {"grant_type": "refresh_token", "refresh_token": t["refresh_token"], "client_id": "tv"})
    assert r.status == 200 and talker_jwt.claims(r.json()["access_token"])["scope"] == "openid read"


def test_the_login_on_the_way_leads_back(w):
    d = begin(w, scope="read")
    b = w.browser("modern")
    page = b.follow(b.get("/device?user_code=" + d["user_code"]))
    f = next(f for f in page.forms() if "device-submit" in f["buttons"])
    assert ("user_code", d["user_code"]) in [(n, v) for n, v, *_ in f["fields"]]
    page = b.follow(b.submit(f))
    assert "login-submit" in page.text
    page = b.follow(b.login(page, "carol", PASSWORD))
    assert d["user_code"] in page.text and "carol" in page.text
    assert 'id="decided"' in approve(b, page).text
    t = poll(w, d["device_code"]).json()
    assert t["access_token"]


@pytest.mark.parametrize("typed", ["{}", " {} ", "lower", "none", "wide", "dashes"])
def test_how_a_code_may_be_typed(w, typed):
    d = begin(w)
    c = d["user_code"]
    wide = "".join(chr(ord(x) + 0xfee0) for x in c.replace("-", "")).lower()
    typed = {"lower": c.lower(), "none": c.replace("-", ""), "wide": wide[:4] + "\u3000" + wide[4:], "dashes": "–".join(c.replace("-", ""))}.get(typed, typed.format(c))
    assert "approve-form" in enter(signed_in(w), typed).text


def test_what_is_no_code(w):
    b = signed_in(w)
    for typed in ("", "WDJB", "WDJB-MJHTX", "AEIO-UAEI", "WDJB-MJH1", "x" * 500, "<b>", "\u00e4DJB-MJHT"):
        r = enter(b, typed)
        assert r.status == 400 and "device-error" in r.text and "approve-form" not in r.text, typed
    r = enter(b, "BCDF-GHJK")
    assert r.status == 400 and "wrong or has expired" in r.text
    zh = signed_in(w, language="zh-CN")
    assert "代码有误或已过期" in enter(zh, "BCDF-GHJK").text and "请输入设备上显示的代码" in zh.get("/device").text


def test_refused(w):
    d = begin(w)
    b = signed_in(w)
    r = approve(b, enter(b, d["user_code"]), "approve-deny")
    assert r.status == 200 and "refused" in r.text
    assert error(poll(w, d["device_code"])) == "access_denied" and error(poll(w, d["device_code"])) == "access_denied"
    d = begin(w)                                        # nothing ticked is a refusal
    page = enter(b, d["user_code"])
    names = {n for n, _, kind, _ in page.form("approve-form")["fields"] if kind == "checkbox"}
    assert "refused" in approve(b, page, **{n: None for n in names}).text
    assert error(poll(w, d["device_code"])) == "access_denied"


def test_less_than_was_asked_for(w):
    d = begin(w, scope="read write")
    b = signed_in(w)
    approve(b, enter(b, d["user_code"]), **{"scope.write": None})
    t = poll(w, d["device_code"]).json()
    assert talker_jwt.claims(t["access_token"])["scope"] == "read" and t["scope"] == "read"


def test_slow_down(w):
    d = begin(w)
    assert error(poll(w, d["device_code"])) == "authorization_pending"
    assert error(poll(w, d["device_code"])) == "slow_down"      # 10 s from now on
    w.turn_clock(6)
    assert error(poll(w, d["device_code"])) == "slow_down"      # 15 s
    w.turn_clock(12)
    assert error(poll(w, d["device_code"])) == "slow_down"      # 20 s
    w.turn_clock(20)
    assert error(poll(w, d["device_code"])) == "authorization_pending"
    allowed(w, d)
    assert poll(w, d["device_code"]).status == 200              # who is allowed is not held up


def test_slow_down_whatever_the_clock_does(w):
    d = begin(w)
    assert error(poll(w, d["device_code"])) == "authorization_pending"
    try:
        w.turn_clock(-2)                                        # as if the later of two were read first
        assert error(poll(w, d["device_code"])) == "slow_down"
        w.turn_clock(-60)                                       # who came in a future that is none has not come too soon
        assert error(poll(w, d["device_code"])) == "authorization_pending"
    finally:
        w.turn_clock(62)


def test_expired(w):
    d = begin(w)
    b = signed_in(w)
    page = enter(b, d["user_code"])
    w.turn_clock(601)
    assert error(poll(w, d["device_code"])) == "expired_token"
    r = approve(b, page)
    assert r.status == 400 and "begin again on the device" in r.text
    assert "wrong or has expired" in enter(b, d["user_code"]).text
    assert error(poll(w, d["device_code"])) == "expired_token"


def test_what_the_endpoints_refuse(w):
    at = w.at("modern", "/device_authorization")
    for fields, headers, status, code in (
            ({}, None, 401, "invalid_client"), ({"client_id": "nobody"}, None, 401, "invalid_client"), ({"client_id": "box"}, None, 401, "invalid_client"),
            ({}, basic("box", "wrong"), 401, "invalid_client"), ({"client_id": "spa"}, None, 400, "unauthorized_client"),
            ({"client_id": "tv", "scope": "admin"}, None, 400, "invalid_scope"), ({"client_id": "tv"}, basic("box", APP_SECRET), 401, "invalid_client"),
            ({"client_id": "tv", "resource": "no uri"}, None, 400, "invalid_target")):
        r = post(at, fields, headers)
        assert (r.status, r.json()["error"]) == (status, code), (fields, r)
    assert get(at).status == 405 and get(at + "?client_id=tv").status == 405
    r = post(at, {}, basic("box", APP_SECRET))
    assert r.status == 200 and r.get("Cache-Control") == "no-store"
    d = r.json()
    for fields, who, headers, code in (({}, "tv", None, "invalid_grant"), ({}, "radio", None, "invalid_grant"), ({}, "spa", None, "unauthorized_client")):
        assert error(poll(w, d["device_code"], who, headers, **fields)) == code, who
    assert error(poll(w, d["device_code"], None, None), 401) == "invalid_client"
    assert error(poll(w, d["device_code"], "box", None), 401) == "invalid_client"
    assert error(poll(w, "nonsense", None, basic("box", APP_SECRET))) == "invalid_grant"
    assert error(post(w.at("modern", "/token"), {"grant_type": GRANT, "client_id": "tv"})) == "invalid_request"
    assert error(poll(w, d["device_code"], None, basic("box", APP_SECRET))) == "authorization_pending"
    allowed(w, d)
    t = poll(w, d["device_code"], None, basic("box", APP_SECRET)).json()
    assert t["access_token"] and "verification_uri" not in t
    assert "refresh_token" not in begin(w, "radio")


def test_metadata(w):
    m = get(w.at("modern", "/.well-known/openid-configuration")).json()
    assert m["device_authorization_endpoint"] == w.at("modern", "/device_authorization") and GRANT in m["grant_types_supported"]
    with World("modern", realms=[people()], settings={"modern": {"grants": ["authorization_code"]}}) as off:
        m = get(off.at("modern", "/.well-known/openid-configuration")).json()
        assert "device_authorization_endpoint" not in m
        assert post(off.at("modern", "/device_authorization"), {"client_id": "tv"}).status == 404
        assert off.browser("modern").get("/device").status == 404 and get(off.at("modern", "/device/qr.svg?user_code=WDJB-MJHT")).status == 404


def test_the_picture_of_the_address(w):
    d = begin(w)
    r = get(d["verification_qr_uri"])
    assert r.status == 200 and r.get("Content-Type") == "image/svg+xml" and r.get("Cache-Control") == "no-store" and r.text.startswith("<svg ")
    assert get(w.at("modern", "/device/qr.svg?user_code=nonsense")).status == 404 and get(w.at("modern", "/device/qr.svg")).status == 404


def test_a_form_of_another_site_or_session_decides_nothing(w):
    d = begin(w)
    b = signed_in(w)
    page = enter(b, d["user_code"])
    f = page.form("approve-form")
    fields = [(n, v) for n, v, *_ in f["fields"] if n != "_csrf"]
    assert b.post("/device", fields + [("decision", "allow")]).status == 403
    assert b.post("/device", fields + [("_csrf", "wrong"), ("decision", "allow")]).status == 403
    assert b.post("/device", [(n, v) for n, v, *_ in f["fields"]] + [("decision", "allow")], {"Origin": "https://evil.example"}).status == 403
    other = signed_in(w, "bob")
    assert other.submit(f, "approve-allow").status == 403       # alice's form
    assert b.post("/device", {"user_code": d["user_code"]}, {"Origin": "https://evil.example"}).status == 403
    assert error(poll(w, d["device_code"])) == "authorization_pending"
    anonymous = w.browser("modern")
    r = anonymous.submit(f, "approve-allow")
    assert r.status == 303 and "/login" in r.location
    back = anonymous.follow(anonymous.login(anonymous.follow(r), "bob", PASSWORD))
    assert "approve-form" in back.text and "bob" in back.text
    assert anonymous.get("/device?decoupled_request=nonsense").status == 400


def test_decided_once(w):
    d = begin(w)
    b, other = signed_in(w), signed_in(w, "bob")
    page, theirs = enter(b, d["user_code"]), enter(other, d["user_code"])
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        r = list(pool.map(lambda i: approve(b, page) if i % 2 else approve(other, theirs), range(32)))
    assert {x.status for x in r} == {200, 400}
    winners = {i % 2 for i, x in enumerate(r) if x.status == 200}
    assert len(winners) == 1
    t = poll(w, d["device_code"]).json()
    assert t["access_token"]
    assert approve(b if winners == {1} else other, page if winners == {1} else theirs, "approve-deny").status == 200   # told how it was decided
    assert "wrong or has expired" in enter(b, d["user_code"]).text


def test_redeemed_once_of_64(w):
    d = begin(w)
    allowed(w, d)
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        r = list(pool.map(lambda i: poll(w, d["device_code"]), range(64)))
    assert sorted(x.status for x in r) == [200] + [400] * 63
    assert {x.json()["error"] for x in r if x.status == 400} == {"invalid_grant"}


def test_asked_64_times_at_once(w):
    d = begin(w)
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        r = list(pool.map(lambda i: error(poll(w, d["device_code"])), range(64)))
    assert r.count("authorization_pending") == 1 and r.count("slow_down") == 63


def test_guesses_are_slowed_down():
    with world(top="login:\n  address_per_minute: 5\n") as one:
        b = signed_in(one)
        d = begin(one)
        for _ in range(6):
            r = enter(b, "BCDF-GHJK")
        assert r.status == 429 and int(r.get("Retry-After")) > 0 and "Too many attempts" in r.text
        assert enter(b, d["user_code"]).status == 429          # also the right one
        one.turn_clock(61)
        assert "approve-form" in enter(b, d["user_code"]).text
    with World("modern", realms=[people()], settings={"modern": {"device_tries_per_hour": 3, "device_per_hour": 2}}) as one:
        b = signed_in(one)
        d, _ = begin(one), begin(one)
        r = post(one.at("modern", "/device_authorization"), {"client_id": "tv"})
        assert (r.status, r.json()["error"]) == (429, "slow_down") and int(r.get("Retry-After")) > 0
        assert audit_of(one, endpoint="device_authorization", reason="decoupled_limit")
        assert post(one.at("modern", "/device_authorization"), {}, basic("box", APP_SECRET)).status == 200
        assert [enter(b, "BCDF-GHJK").status for _ in range(4)] == [400, 400, 400, 429]
        one.turn_clock(3600)


def test_ends_with_whom_it_names(w):
    d = begin(w)
    b = w.browser("modern")
    b.follow(b.login(b.get("/login"), "u07", "password"))
    allowed(w, d, b)
    status, out, err = w.hufu("user", "disable", "u07", "--realm", "main")
    assert status == 0, err
    assert error(poll(w, d["device_code"])) == "invalid_grant"
    d = begin(w, "radio")
    b = signed_in(w)
    page = enter(b, d["user_code"])
    assert w.hufu("client", "delete", "radio", "--realm", "main")[0] == 0
    assert approve(b, page).status == 400 and error(poll(w, d["device_code"], "radio"), 401) == "invalid_client"


def test_a_restart_and_a_crash_in_between():
    with world() as one:
        d = begin(one)
        assert error(poll(one, d["device_code"])) == "authorization_pending"
        one.stop(signal.SIGKILL)
        one.start()
        assert error(poll(one, d["device_code"])) == "slow_down"
        b = signed_in(one)
        page = enter(b, d["user_code"])
        one.stop(signal.SIGKILL)
        one.start()
        assert 'id="decided"' in approve(b, page).text
        one.stop(signal.SIGKILL)
        one.start()
        assert poll(one, d["device_code"]).status == 200
        one.stop()
        one.start()
        assert error(poll(one, d["device_code"])) == "invalid_grant"


def test_the_log_says_why(w):
    """Each failure by its name, where the answer has only its OAuth error."""
    d = begin(w)
    b = signed_in(w)
    page = enter(b, d["user_code"])
    poll(w, d["device_code"]), poll(w, d["device_code"])
    w.turn_clock(601)
    poll(w, d["device_code"]), poll(w, "nonsense"), approve(b, page)
    post(w.at("modern", "/token"), {"grant_type": GRANT, "client_id": "tv"})
    for why in ("authorization_pending", "slow_down", "decoupled_expired", "decoupled_unknown", "device_code_missing"):
        assert audit_of(w, endpoint="token", reason=why), why
    assert audit_of(w, endpoint="device", reason="decoupled_gone")
    get(w.at("modern", "/device/qr.svg?user_code=none"))
    assert audit_of(w, endpoint="device_qr", reason="not_found")


def test_no_code_stands_in_the_log(w):
    d = begin(w)
    allowed(w, d)
    get(d["verification_qr_uri"])
    signed_in(w).get("/device?user_code=" + d["user_code"])
    poll(w, d["device_code"])
    assert d["user_code"] not in w.log() and d["device_code"] not in w.log()
