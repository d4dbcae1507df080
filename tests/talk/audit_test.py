"""One audit line per request, no secret in it, error ids that lead to it; probes and metrics."""
import json, re, time

import pytest

from server import remember
from talker import APP_SECRET, PASSWORD, SERVICE_SECRET, VERIFIER, World, audit_of, authorize_url, basic, bearer, get, get_code, post, raw, redeem, refresh, send, tokens


@pytest.fixture(scope="module")
def w():
    with World() as world:
        yield world


def lines(w, n, before):
    """The audit lines after `before`, once there are n."""
    until = time.time() + 60                # of a machine with nothing else to do: at once
    while len(w.audit()) - before < n and time.time() < until:
        time.sleep(0.02)
    time.sleep(0.05)
    return w.audit()[before:]


def test_one_line_per_request_with_its_members(w):
    before = len(lines(w, 0, 0))
    post(w.at("modern", "/token"), {"grant_type": "client_credentials"}, basic("service", SERVICE_SECRET))
    get(w.at("modern", "/jwks"))
    get(w.at("spring", "/nothing-here"))
    post(w.at("zlt", "/oauth/token?grant_type=password&username=admin&password=admin"), None, basic("zlt", "zlt"))
    got = lines(w, 4, before)
    assert len(got) == 4                    # in any order: a line is written when its answer has left
    by = {(line["issuer"], line["endpoint"]): line for line in got}
    token, jwks, password = by["modern", "token"], by["modern", "jwks"], by["zlt", "token"]
    nothing = [line for line in got if line["issuer"] == "spring"][0]
    assert list(token)[:2] == ["ts", "level"] and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", token["ts"])
    assert token["issuer"] == "modern" and token["endpoint"] == "token" and token["method"] == "POST" and token["grant"] == "client_credentials"
    assert token["client"] == "service" and token["status"] == 200 and token["dur_us"] > 0 and token["peer"] == "127.0.0.1" and "reason" not in token and "error_id" not in token
    assert jwks["endpoint"] == "jwks" and "client" not in jwks
    assert nothing["issuer"] == "spring" and nothing["status"] in (302, 404)
    assert password["user"] == "admin" and password["grant"] == "password" and password["habits"] == ["password"]


def test_reasons(w):
    def why(r, **more):
        return audit_of(w, error_id=r.get("X-Hufu-Error-Id"), **more)
    r = post(w.at("modern", "/token"), {"grant_type": "client_credentials"}, basic("service", "wrong-secret"))
    line = why(r)
    assert line["reason"] == "client_secret" and line["status"] == 401
    r = post(w.at("modern", "/token"), {"grant_type": "client_credentials"}, basic("nobody", "wrong-secret"))
    assert why(r)["reason"] == "client_unknown"
    code = get_code(w)
    assert redeem(w, code).status == 200
    line = why(redeem(w, code))
    assert line["reason"] == "code_replayed" and line["client"] == "app" and line["grant"] == "authorization_code"
    r = post(w.at("spring", "/oauth/token"), {"grant_type": "password", "client_id": "messaging-client", "client_secret": "secret", "username": "u01", "password": "wrong-audit-1"})
    line = why(r)
    assert line["reason"] == "user_credentials" and line["user"] == "u01"
    r = get(w.at("modern", "/authorize?response_type=code&client_id=nobody"), {"Accept": "text/html"})
    line = why(r)
    assert line["reason"] == "authz_client" and r.get("X-Hufu-Error-Id") in r.text
    r = get(authorize_url(w, redirect_uri="https://evil.example/"), {"Accept": "text/html"})
    assert why(r)["reason"] == "redirect_unregistered" and 'id="error-id">%s<' % r.get("X-Hufu-Error-Id") in r.text
    r = get(authorize_url(w, scope="nope"))
    assert why(r)["reason"] == "scope_unknown"


def test_error_ids_differ_and_are_short(w):
    ids = {post(w.at("modern", "/token"), {}).get("X-Hufu-Error-Id") for _ in range(20)}
    assert len(ids) == 20 and all(re.fullmatch(r"[2-9a-z]{8}", i) for i in ids)


def test_no_secret_is_in_the_log(w):
    secrets = [APP_SECRET, PASSWORD, SERVICE_SECRET, VERIFIER]
    b = w.browser("modern")
    page = b.follow(b.get(authorize_url(w)))
    wrong = remember("wrong-password-in-audit")
    page = b.follow(b.login(page, "alice", wrong))
    r = b.follow(b.login(page, "alice", PASSWORD))
    r = b.decide(r) if r.status == 200 else r
    code = r.query()["code"]
    t = redeem(w, code).json()
    u = refresh(w, t["refresh_token"]).json()
    secrets += [wrong, code, *b.cookies.values(), t["access_token"], t["refresh_token"], u["access_token"], u["refresh_token"]]
    junk = remember("junk-" + "x" * 30)
    post(w.at("modern", "/token"), {"grant_type": "refresh_token", "refresh_token": junk}, basic("app", APP_SECRET))
    post(w.at("modern", "/token?client_secret=" + junk), {"grant_type": "client_credentials", "client_id": "app", "client_secret": APP_SECRET})
    post(w.at("modern", "/introspect"), {"token": junk}, basic("app", junk))
    post(w.at("modern", "/token"), {"grant_type": "authorization_code", "code": junk, "code_verifier": junk}, basic("app", APP_SECRET))
    get(w.at("zlt", "/oauth/remove/token"), bearer(junk))
    post(w.at("spring", "/oauth/token?grant_type=password&client_id=messaging-client&client_secret=%s&username=u02&password=%s" % (junk, junk)))
    post(w.at("spring", "/oauth/token?grant_type=authorization_code&client_id=messaging-client&client_secret=secret&code=" + junk))
    post(w.at("taroco", "/login"), json.dumps({"username": "admin", "password": junk}), {"Content-Type": "application/json", "Accept": "application/json"})
    post(w.at("rageframe", "/oauth2/password"), {"grant_type": "password", "client_id": "rageframe", "client_secret": "rageframe-secret", "username": "user", "password": junk})
    raw(w.port["modern"], b"GET /jwks?" + junk.encode() + b" HTTP/1.1\r\nHost: x\r\nAuthorization: Basic " + junk.encode() + b"\r\nX: a\1b\r\n\r\n", 2)
    audit_of(w, issuer="rageframe", reason="user_credentials")
    time.sleep(0.1)
    log = w.log()
    assert not [s for s in secrets + [junk] if s in log]


def test_a_line_cannot_be_forged(w):
    name = 'x"}\n{"level":"audit","status":200,"user":"root\u2028'
    post(w.at("spring", "/oauth/token"), {"grant_type": "password", "client_id": "messaging-client", "client_secret": "secret", "username": name.replace("\n", ""), "password": "x"})
    post(w.at("modern", "/token"), {"grant_type": "client_credentials"}, basic(name.replace("\n", "")[:50], "x"))
    assert not [a for a in w.audit() if str(a.get("user", "")).startswith("root")]
    for line in w.log().split("\n"):
        if '"level":"audit"' in line:
            json.loads(line)


def test_a_long_value_is_cut(w):
    r = post(w.at("spring", "/oauth/token"), {"grant_type": "password", "client_id": "messaging-client", "client_secret": "secret", "username": "y" * 5000, "password": "x"})
    assert len(audit_of(w, error_id=r.get("X-Hufu-Error-Id")).get("user", "")) <= 256


def admin(w, path, method="GET"):
    return send(method, "http://127.0.0.1:%d%s" % (w.admin_port, path))


def test_probes(w):
    assert admin(w, "/livez").status == 200 and admin(w, "/readyz").status == 200
    assert admin(w, "/nothing").status == 404
    r = admin(w, "/metrics", "POST")
    assert r.status == 405 and r.get("Allow") == "GET, HEAD"
    r = send("POST", "http://127.0.0.1:%d/control" % w.admin_port, '{"do":"version"}', {"Content-Type": "application/json"})
    assert r.status == 404                                              # commands come over the UNIX socket only
    for path in ("/livez", "/readyz", "/metrics", "/control"):
        assert get(w.at("modern", path)).status == 404


def metric(text, name, **labels):
    total = 0.0
    for line in text.splitlines():
        m = re.fullmatch(r'(\w+)(?:\{(.*)\})? (\S+)', line)
        if m and m.group(1) == name and all('%s="%s"' % kv in (m.group(2) or "") for kv in labels.items()):
            total += float(m.group(3))
    return total


def test_metrics(w):
    r = admin(w, "/metrics")
    assert r.status == 200 and r.get("Content-Type").startswith("text/plain; version=0.0.4")
    before = r.text
    for _ in range(3):
        post(w.at("modern", "/token"), {"grant_type": "client_credentials"}, basic("service", SERVICE_SECRET))
    post(w.at("modern", "/token"), {"grant_type": "client_credentials"}, basic("service", "wrong-secret"))
    tokens(w)
    post(w.at("spring", "/oauth/token?grant_type=client_credentials&client_id=messaging-client&client_secret=secret"))
    raw(w.port["modern"], b"GET /jwks HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 2)
    audit_of(w, issuer="spring", grant="client_credentials")
    time.sleep(0.1)
    after = admin(w, "/metrics").text

    def grew(name, **labels):
        return metric(after, name, **labels) - metric(before, name, **labels)
    assert grew("hufu_requests_total", issuer="modern", endpoint="token", grant="client_credentials", status="200") == 3
    assert grew("hufu_requests_total", issuer="modern", endpoint="token", reason="client_secret") == 1
    assert grew("hufu_requests_total", issuer="modern", grant="authorization_code", status="200") == 1
    assert grew("hufu_weak_habits_total", issuer="spring", client="messaging-client", habit="query_secret") == 1
    assert grew("hufu_http_refused_total", status="400") == 1
    assert grew("hufu_lane_jobs_total", lane="sign") >= 3     # a wrong secret signs nothing
    assert grew("hufu_store_batches_total") >= 1 and grew("hufu_request_duration_seconds_count") >= 6
    assert metric(after, "hufu_build_info") == 1
    for line in after.splitlines():
        assert re.fullmatch(r'# (HELP|TYPE) \w+ .+|\w+(\{(\w+="([^"\\\n]|\\.)*",?)*\})? [-+0-9.eE]+(Inf|NaN)?', line), line
    names = re.findall(r"^# TYPE (\w+)", after, re.M)
    assert len(names) == len(set(names)) and len(names) >= 25


def test_metrics_are_bounded_however_many_names_are_tried(w):
    for i in range(300):
        get(w.at("modern", "/x%d" % i))
        post(w.at("modern", "/token"), {"grant_type": "g%d" % i}, basic("c%d" % i, "x"))
    assert len(admin(w, "/metrics").text) < 200000
