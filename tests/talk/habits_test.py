"""Weak habits of old clients: refused to a client without the mark, in each dialect's own shape; open to one that has it; nowhere at the modern issuer."""
import json, signal, time

import pytest

import talker_jwt
from talker import ALL_GRANTS, APP_SECRET, PASSWORD, VERIFIER, World, audit_of, authorize_url, basic, bearer, challenge, client, form, get, post, realm, remember, user

SECRET = remember("secret-of-habits-41d7")
EVERY = ["password", "implicit", "query_secret", "refresh_reuse", "loose_redirect", "bare_openid"]
CALLBACK = "https://new.example/cb"
def path_of(table, d):
    return table["spring" if d == "spring-two" else d]


TOKEN = {"spring": "/oauth/token", "zlt": "/oauth/token", "taroco": "/oauth/token", "rageframe": "/oauth2/password", "connect": "/connect/token"}
AUTHORIZE = {"spring": "/oauth/authorize", "zlt": "/oauth/authorize", "taroco": "/oauth/authorize", "rageframe": "/open/authorize/index", "connect": "/connect/authorize"}
REFRESH = {**TOKEN, "rageframe": "/oauth2/refresh-token"}
SPRING_FAMILY = ("spring", "zlt", "taroco")
REUSING = SPRING_FAMILY
OLD = {"client_id": "old", "client_secret": SECRET}
NEW = {"client_id": "new", "client_secret": SECRET}


def people():
    r = realm()
    more = {"grants": ALL_GRANTS + ["open_id", "mobile_password", "directory", "wechat", "sms"], "redirect_uris": [CALLBACK], "auto_approve": True, "scopes": ["read", "write"]}
    r["clients"] += [client("new", SECRET, **more), client("old", SECRET, legacy=EVERY, **more)]
    r["users"].append(user("mobile", PASSWORD, number=70, phone="13800000001", open_id="o-of-mobile"))
    return r


def world(*dialects, **more):
    return World(*(dialects or ("modern", "spring", "zlt", "taroco", "rageframe", "connect")), realms=[people()], **more)


@pytest.fixture(scope="module")
def w():
    with world() as one:
        yield one


def by_post(w, d, who, **fields):
    return post(w.at(d, path_of(TOKEN, d)), {**who, **fields})


def grants_of(d):
    """Requests by which a weak grant of the dialect is used: (habit, fields)."""
    out = [("password", {"grant_type": "password", "username": "alice", "password": PASSWORD})]
    if d == "zlt":
        out += [("password", {"grant_type": "mobile_password", "mobile": "13800000001", "password": PASSWORD}), ("bare_openid", {"grant_type": "openId", "openId": "o-of-mobile"})]
    if d == "connect":
        out.append(("bare_openid", {"grant_type": "wechat", "openId": "o-of-mobile"}))
    return out


# How each dialect says that a client may not use a grant.
FORBIDDEN = {
    "spring": (401, '{"error":"invalid_client","error_description":"Unauthorized grant type"}'),
    "zlt": (401, '{"error":"invalid_client","error_description":"Unauthorized grant type: %s","resp_code":"401","resp_msg":"Unauthorized grant type: %s"}'),
    "taroco": (401, '{"errorCode":"invalid_client","errorMessage":"Unauthorized grant type: %s","status":"FAILED"}'),
    "rageframe": (200, None),
    "connect": (400, '{"error":"unauthorized_client"}'),
}


def is_forbidden(d, r, grant):
    status, body = FORBIDDEN[d]
    assert r.status == status, r
    if body is None:
        assert r.json()["code"] == 422 and r.json()["message"] == "client may not use this grant" and r.json()["data"] == [], r
    else:
        assert r.body.decode() == body.replace("%s", grant), r


def told(w, d, word, client="new", marks=""):
    """The operator's line says what to do."""
    a = audit_of(w, issuer=d, client=client, detail='client "%s" is not marked for "%s": hufu client set %s --realm main --legacy "%s%s"' % (client, word, client, marks, word))
    assert "habits" not in a, a
    return a


@pytest.mark.parametrize("d", list(TOKEN))
def test_weak_grants_need_the_mark(w, d):
    for word, fields in grants_of(d):
        is_forbidden(d, by_post(w, d, NEW, **fields), fields["grant_type"])
        assert told(w, d, word)["reason"] == "grant_forbidden"
        r = by_post(w, d, OLD, **fields)
        assert r.status == 200 and "access_token" in r.text, r
        assert audit_of(w, issuer=d, client="old", status=200, habits=[word])


def test_a_directory_password_needs_the_mark():
    directory = "directories:\n  corp:\n    urls: [ldaps://127.0.0.1:1]\n    domain: corp.example"
    with world("connect", settings={"connect": {"directory": "corp"}}, top=directory) as v:
        fields = {"grant_type": "password_ad", "username": "alice", "password": PASSWORD}
        is_forbidden("connect", by_post(v, "connect", NEW, **fields), "password_ad")
        told(v, "connect", "password")
        assert by_post(v, "connect", OLD, **fields).status == 503          # allowed, but nobody is there


@pytest.mark.parametrize("d", SPRING_FAMILY)
def test_a_secret_in_the_query_needs_the_mark(w, d):
    r = post(w.at(d, path_of(TOKEN, d)) + "?" + form({"grant_type": "client_credentials", **NEW}))
    assert r.status == 401 and r.body == b'{"error":"invalid_client","error_description":"Bad client credentials"}', r
    assert r.get("WWW-Authenticate").startswith('Form realm="oauth2/client", error="invalid_client"')
    assert audit_of(w, issuer=d, reason="client_method", detail='client "new" is not marked for "query_secret": hufu client set new --realm main --legacy "query_secret"')
    assert post(w.at(d, path_of(TOKEN, d)), {"grant_type": "client_credentials", **NEW}).status == 200
    assert post(w.at(d, path_of(TOKEN, d)) + "?grant_type=client_credentials", None, basic("new", SECRET)).status == 200
    r = post(w.at(d, path_of(TOKEN, d)) + "?" + form({"grant_type": "client_credentials", **OLD}))
    assert r.status == 200 and audit_of(w, issuer=d, client="old", grant="client_credentials")["habits"] == ["query_secret"]
    r = get(w.at(d, "/oauth/token_key?") + form(NEW)) if d == "taroco" else None
    assert r is None or r.status == 401


def implicit(w, d, who, **more):
    path = "/open/implicit" if d == "rageframe" else AUTHORIZE[d]
    fields = {"response_type": "token", "client_id": who, "redirect_uri": CALLBACK, "state": "s1", **more}
    b = w.browser(d)
    target = w.at(d, path) + "?" + form(fields)
    if d == "taroco":
        b.get(target)
        b.post(w.at(d, "/login"), {"username": "alice", "password": PASSWORD})
        return b.get(target)
    return b.authorize(target)


@pytest.mark.parametrize("d", ["spring", "zlt", "taroco", "rageframe"])
def test_implicit_needs_the_mark(w, d):
    r = implicit(w, d, "new")
    error = "invalid_client" if d in SPRING_FAMILY else "unauthorized_client"
    assert r.location.startswith(CALLBACK + "#error=%s" % error) and r.query()["state"] == "s1" and "access_token" not in r.location, r
    if d in SPRING_FAMILY:
        assert r.query()["error_description"].startswith("Unauthorized grant type")
    told(w, d, "implicit")
    r = implicit(w, d, "old")
    assert r.location.startswith(CALLBACK + "#") and "access_token" in r.query(), r
    used = [a for a in w.audit() if a.get("issuer") == d and a.get("client") == "old" and "implicit" in a.get("habits", ())]
    assert len(used) == 1 or audit_of(w, issuer=d, client="old", habits=["implicit"]), used       # counted where the token is given, not at every step


@pytest.mark.parametrize("d", SPRING_FAMILY)
def test_a_query_may_grow_for_marked_clients_only(w, d):
    b = w.browser(d)
    b.get(w.at(d, AUTHORIZE[d]) + "?" + form({"response_type": "code", "client_id": "new", "redirect_uri": CALLBACK}))
    login = {"spring": "/login", "zlt": "/user/login", "taroco": "/login"}[d]
    b.post(w.at(d, login), {"username": "alice", "password": PASSWORD})
    fields = {"response_type": "code", "redirect_uri": CALLBACK + "?more=1", "state": "s1"}
    r = b.get(w.at(d, AUTHORIZE[d]) + "?" + form({"client_id": "new", **fields}))
    assert r.status == 400 and not r.location and "does not match one of the registered values" in r.text, r
    assert told(w, d, "loose_redirect")["reason"] == "redirect_unregistered"
    r = b.get(w.at(d, AUTHORIZE[d]) + "?" + form({"client_id": "old", **fields}))
    assert r.location.startswith(CALLBACK + "?more=1&code="), r
    assert audit_of(w, issuer=d, client="old", endpoint="authorize", habits=["loose_redirect"])
    r = b.get(w.at(d, AUTHORIZE[d]) + "?" + form({"client_id": "old", **fields, "redirect_uri": CALLBACK + "/more"}))
    assert r.status == 400 and not r.location


def test_the_hint_keeps_the_marks_there_are(w):
    assert w.control({"do": "client.set", "realm": "main", "id": "other", "grants": ALL_GRANTS, "legacy": ["query_secret", "implicit"]})["ok"]
    post(w.at("spring", "/oauth/token"), {"grant_type": "password", "username": "alice", "password": PASSWORD}, basic("other", "other-secret-77b0d2"))
    line = told(w, "spring", "password", "other", "query_secret implicit ")["detail"]
    args = line.split(": hufu ")[1].split()
    status, out, _ = w.hufu(*args[:5], "--legacy", line.split('--legacy "')[1].rstrip('"'))
    assert status == 0 and "query_secret implicit password" in out
    r = post(w.at("spring", "/oauth/token"), {"grant_type": "password", "username": "alice", "password": PASSWORD}, basic("other", "other-secret-77b0d2"))
    assert r.status == 200


def test_client_create_marks_nothing(w):
    status, out, err = w.hufu("--json", "client", "create", "fresh", "--realm", "main", "--redirect-uri", CALLBACK, "--grant", "password", "--scope", "read")
    assert status == 0, err
    made = json.loads(out)
    assert made["client"]["legacy"] == []
    r = post(w.at("zlt", "/oauth/token"), {"grant_type": "password", "username": "alice", "password": PASSWORD}, basic("fresh", made["secret"]))
    assert r.status == 401 and r.json()["error"] == "invalid_client"
    closed = "The grant password is a weak habit: issuers of old dialects keep it closed until this client is marked for it (--legacy password)."
    assert closed in w.hufu("client", "show", "fresh", "--realm", "main")[1].splitlines() and "--legacy password" in w.hufu("--lang", "zh", "client", "show", "fresh", "--realm", "main")[1]
    assert "weak habit:" not in w.hufu("client", "show", "old", "--realm", "main")[1]
    assert closed not in w.hufu("client", "set", "fresh", "--realm", "main", "--legacy", "password")[1]


def test_nothing_weak_at_the_modern_issuer_even_for_a_marked_client(w):
    for fields in ({"grant_type": "password", "username": "alice", "password": PASSWORD}, {"grant_type": "openId", "openId": "o-of-mobile"}, {"grant_type": "open_id", "openId": "o-of-mobile"},
                   {"grant_type": "wechat", "openId": "o-of-mobile"}, {"grant_type": "mobile_password", "mobile": "13800000001", "password": PASSWORD}, {"grant_type": "implicit"}):
        r = post(w.at("modern", "/token"), {**OLD, **fields})
        assert r.status == 400 and r.json()["error"] == "unsupported_grant_type", r
    assert post(w.at("modern", "/token?") + form(OLD), {"grant_type": "client_credentials"}).status in (400, 401)
    assert get(authorize_url(w, client="old", redirect_uri=CALLBACK, response_type="token", response_mode="query")).query()["error"] == "invalid_request"
    r = get(authorize_url(w, client="old", redirect_uri=CALLBACK + "?more=1"))
    assert r.status == 400 and not r.location
    t = by_code(w, "modern", "old").json()
    first, second = refreshed(w, "modern", "old", t), refreshed(w, "modern", "old", t)
    assert first["refresh_token"] != t["refresh_token"] and second["refresh_token"] == first["refresh_token"]
    assert not [a for a in w.audit() if a.get("issuer") == "modern" and "habits" in a]


def test_an_issuer_may_ask_for_no_marks_but_not_a_strict_one():
    with world("spring", settings={"spring": {"habits_need_mark": False}}) as v:
        assert by_post(v, "spring", NEW, **grants_of("spring")[0][1]).status == 200
    with pytest.raises(RuntimeError, match="habits_need_mark: must stay true"):
        world("modern", settings={"modern": {"habits_need_mark": False}}).__enter__()


# --- refresh tokens ------------------------------------------------------------------------------------------------------------------

def by_code(w, d, who, browser=None):
    """The answer to a fresh code of alice's."""
    path = path_of({**AUTHORIZE, "modern": "/authorize"}, d)
    more = {"code_challenge": challenge(), "code_challenge_method": "S256"} if d == "modern" else {}
    target = w.at(d, path) + "?" + form({"response_type": "code", "client_id": who, "redirect_uri": CALLBACK, "scope": "read write", **more})
    b = browser or w.browser(d)
    if d == "taroco":
        b.get(target)
        b.post(w.at(d, "/login"), {"username": "alice", "password": PASSWORD})
        r = b.get(target)
    else:
        r = b.authorize(target)
    fields = {"grant_type": "authorization_code", "code": r.query()["code"], "redirect_uri": CALLBACK, **({"code_verifier": VERIFIER} if more else {})}
    r = post(w.at(d, path_of({**TOKEN, "modern": "/token"}, d)), fields, basic(who, SECRET))
    assert r.status == 200, r
    remember(r.json()["refresh_token"])
    return r


def refresh(w, d, who, token):
    text = token if isinstance(token, str) else token["refresh_token"]
    return post(w.at(d, path_of({**REFRESH, "modern": "/token"}, d)), {"grant_type": "refresh_token", "refresh_token": text}, basic(who, SECRET))


def bare(r):
    o = r.json()
    return o.get("datas", o)


def refreshed(w, d, who, token):
    r = refresh(w, d, who, token)
    assert r.status == 200, r
    return bare(r)


def check(w, d, token):
    return post(w.at(d, "/oauth/check_token"), {"token": token["access_token"]}).status == 200


@pytest.mark.parametrize("d", REUSING)
def test_refresh_tokens_of_an_unmarked_client_rotate(d):
    with world(d) as v:
        t = by_code(v, d, "new").json()
        a = refreshed(v, d, "new", t)
        assert a["refresh_token"] != t["refresh_token"] and a["access_token"] != t["access_token"]
        assert check(v, d, a) and check(v, d, t) == (d == "taroco")        # its old server let a JWT live to its end
        again = refreshed(v, d, "new", t)                                  # the answer was lost: the same successor, and nobody is logged out
        assert again["refresh_token"] == a["refresh_token"] and check(v, d, a) and check(v, d, again)
        v.turn_clock(60)
        b = refreshed(v, d, "new", a)
        assert b["refresh_token"] not in (a["refresh_token"], t["refresh_token"])
        v.turn_clock(60)
        r = refresh(v, d, "new", a)                                        # a thief, or the robbed: the family ends
        assert r.status == 400 and audit_of(v, reason="refresh_replayed"), r
        assert refresh(v, d, "new", b).status == 400 and (d == "taroco" or not check(v, d, b))
        assert audit_of(v, reason="refresh_revoked")
        assert not [x for x in v.audit() if "habits" in x]


@pytest.mark.parametrize("d", REUSING)
def test_an_old_generation_ends_the_family_at_once(d):
    with world(d) as v:
        t = by_code(v, d, "new").json()
        b = refreshed(v, d, "new", refreshed(v, d, "new", t))
        assert refresh(v, d, "new", t).status == 400 and audit_of(v, reason="refresh_replayed")
        assert refresh(v, d, "new", b).status == 400


@pytest.mark.parametrize("d", REUSING)
def test_refresh_tokens_of_a_marked_client_are_used_again(d):
    with world(d) as v:
        t = by_code(v, d, "old").json()
        for _ in range(3):
            a = refreshed(v, d, "old", t)
            assert (a["refresh_token"] == t["refresh_token"]) == (d != "taroco")
            v.turn_clock(60)
        assert audit_of(v, grant="refresh_token")["habits"] == ["refresh_reuse"]


@pytest.mark.parametrize("d", REUSING)
def test_a_mark_taken_away_logs_nobody_out(d):
    """Its tokens go on once more, and rotate from then on; a mark given again lets the newest be used again."""
    with world(d) as v:
        mark = lambda *words: v.control({"do": "client.set", "realm": "main", "id": "old", "legacy": list(words)})["ok"]
        t = by_code(v, d, "old").json()
        s = refreshed(v, d, "old", t)
        assert mark()
        a = refreshed(v, d, "old", s)
        assert a["refresh_token"] != s["refresh_token"]
        b = refreshed(v, d, "old", a)
        assert mark("refresh_reuse")
        for _ in range(2):
            assert refresh(v, d, "old", b).status == 200
        assert mark()
        v.turn_clock(60)
        assert refresh(v, d, "old", s).status == 400 and audit_of(v, reason="refresh_replayed")
        assert refresh(v, d, "old", b).status == 400


def test_a_live_token_is_not_shared_by_holders_of_a_rotating_one():
    """003 gives the live token again, its refresh token with it. Where that rotates, two devices would each look like a thief to the other."""
    with world("spring") as v:
        b = v.browser("spring")
        old = [by_code(v, "spring", "old", b).json() for _ in range(2)]
        assert old[0]["access_token"] == old[1]["access_token"] and old[0]["refresh_token"] == old[1]["refresh_token"]
        one, two = by_code(v, "spring", "new", b).json(), by_code(v, "spring", "new", b).json()
        assert one["access_token"] != two["access_token"] and one["refresh_token"] != two["refresh_token"]
        for _ in range(3):
            v.turn_clock(600)
            one, two = refreshed(v, "spring", "new", one), refreshed(v, "spring", "new", two)
            assert check(v, "spring", one) and check(v, "spring", two)
        three = by_code(v, "spring", "new", b).json()
        assert three["refresh_token"] not in (one["refresh_token"], two["refresh_token"])
        pairs = [post(v.at("spring", "/oauth/token"), {"grant_type": "client_credentials"}, basic("new", SECRET)).json()["access_token"] for _ in range(2)]
        assert pairs[0] == pairs[1]                                        # without a refresh token there is nothing to contradict


def test_a_live_token_of_a_mark_that_is_gone():
    with world("spring") as v:
        b = v.browser("spring")
        t = by_code(v, "spring", "old", b).json()
        assert v.control({"do": "client.set", "realm": "main", "id": "old", "legacy": []})["ok"]
        a = by_code(v, "spring", "old", b).json()
        assert a["access_token"] != t["access_token"] and a["refresh_token"] != t["refresh_token"]
        v.turn_clock(600)
        t, a = refreshed(v, "spring", "old", t), refreshed(v, "spring", "old", a)
        assert v.control({"do": "client.set", "realm": "main", "id": "old", "legacy": EVERY})["ok"]
        c = by_code(v, "spring", "old", b).json()
        assert by_code(v, "spring", "old", b).json()["refresh_token"] == c["refresh_token"]
        assert refresh(v, "spring", "old", t).status == 200 and refresh(v, "spring", "old", a).status == 200


@pytest.mark.parametrize("source", REUSING)
@pytest.mark.parametrize("target", ["modern", "zlt-two"])
def test_a_family_moves_with_and_without_the_mark(source, target):
    path = "/token" if target == "modern" else "/oauth/token"
    moved = lambda v, who, t: post(v.at(target, path), {"grant_type": "refresh_token", "refresh_token": t["refresh_token"]}, basic(who, SECRET))
    with World(source, target, realms=[people()], settings={target: {"accepts_from": source}}) as v:
        t = by_code(v, source, "new").json()
        t = refreshed(v, source, "new", t)
        r = moved(v, "new", t)
        assert r.status == 200, r
        assert moved(v, "new", t).status == 400 and refresh(v, source, "new", t).status == 400            # it has moved
        n = bare(r)
        m = bare(moved(v, "new", n))
        assert m["refresh_token"] != n["refresh_token"]
        v.turn_clock(60)
        assert moved(v, "new", n).status == 400                            # rotates there too
        t = by_code(v, source, "old").json()
        r = moved(v, "old", t)
        assert r.status == 200 and bare(r)["refresh_token"] != t["refresh_token"]
        assert moved(v, "old", bare(r)).status == 200
        assert refresh(v, source, "old", t).status == (400 if source == "taroco" else 200)                # a kept one works there as before


@pytest.mark.parametrize("d", REUSING)
def test_a_replaced_refresh_token_is_no_longer_known_to_operators(d):
    with world(d) as v:
        t = by_code(v, d, "new").json()
        a = refreshed(v, d, "new", t)
        ask = lambda token: v.control({"do": "token.introspect", "issuer": d, "token": token})["token"]
        assert ask(t["refresh_token"])["active"] is False
        assert ask(a["refresh_token"])["active"] and ask(a["refresh_token"])["kind"] == "refresh_token"
        assert v.control({"do": "token.revoke", "issuer": d, "token": a["refresh_token"]})["ok"]
        assert refresh(v, d, "new", a).status == 400


def test_claims_of_a_rotating_refresh_jwt():
    with world("taroco") as v:
        t = by_code(v, "taroco", "new").json()
        a = refreshed(v, "taroco", "new", t)
        old, new = talker_jwt.claims(t["refresh_token"]), talker_jwt.claims(a["refresh_token"])
        assert list(old) == list(new) and old["jti"] == new["jti"] and old["exp"] == new["exp"] and new["ati"] == a["jti"] != old["ati"] == t["jti"]
        assert post(v.at("taroco", "/oauth/check_token"), None, bearer("x")).status == 400
        assert post(v.at("taroco", "/oauth/check_token"), {"token": a["refresh_token"]}).status == 400


# --- what is remembered of it --------------------------------------------------------------------------------------------------------

def report(w, *args):
    status, out, err = w.hufu("--json", "legacy", "report", *args)
    assert status == 0, (out, err)
    return json.loads(out)


def rows(w, *args):
    return {(u["client"], u["issuer"], u["endpoint"], u["habit"]): u for u in report(w, *args)["uses"]}


def use_password(w, d, who=OLD, times=1):
    for _ in range(times):
        r = by_post(w, d, who, grant_type="password", username="alice", password=PASSWORD)
    return r


def test_the_report_says_who_what_where_and_when():
    with world("spring", "connect", "modern") as v:
        now = v.control({"do": "status"})["now"]
        use_password(v, "spring", times=3)
        use_password(v, "connect")
        assert use_password(v, "spring", NEW).status == 401                # refused: nobody's habit
        assert by_post(v, "spring", {**OLD, "client_secret": "wrong-secret"}, grant_type="password", username="alice", password=PASSWORD).status == 401
        assert implicit(v, "spring", "old").location.startswith(CALLBACK + "#access_token=")
        found = rows(v)
        assert set(found) == {("old", "spring", "token", "password"), ("old", "connect", "token", "password"), ("old", "spring", "authorize", "implicit")}
        u = found[("old", "spring", "token", "password")]
        assert u["count"] == 3 and now <= u["first_s"] <= u["last_s"] <= now + 30 and u["instead"] == "authorization_code with PKCE" and u["realm"] == "main"
        assert u["last_seen"] == time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(u["last_s"])) and "at" not in u
        v.turn_clock(86400)
        by_post(v, "spring", OLD, grant_type="password", username="alice", password="wrong-word")      # it is still its habit
        later = rows(v)[("old", "spring", "token", "password")]
        assert later["count"] == 4 and later["first_s"] == u["first_s"] and later["last_s"] >= u["last_s"] + 86000
        unused = {(m["client"], m["habit"]) for m in report(v)["unused"]}
        assert ("old", "password") not in unused and ("old", "implicit") not in unused and ("old", "query_secret") in unused and ("messaging-client", "password") in unused
        assert not any(client == "new" for client, _ in unused)
        assert set(rows(v, "--issuer", "connect")) == {("old", "connect", "token", "password")}
        assert ("old", "implicit") in {(m["client"], m["habit"]) for m in report(v, "--issuer", "connect")["unused"]}
        assert report(v, "--realm", "nowhere")["uses"] == report(v, "--realm", "nowhere")["unused"] == []
        status, out, err = v.hufu("legacy", "report", "--issuer", "nobody")
        assert status == 2 and "nobody" in err


@pytest.mark.parametrize("up", [True, False])
def test_the_report_for_people(up):
    with world("zlt") as v:
        status, out, _ = v.hufu("legacy", "report")
        assert status == 0 and out.startswith("No request has used a weak habit since 20") and "Marks that no request has used" in out
        use_password(v, "zlt", times=2)
        if not up:
            v.stop()
        status, out, err = v.hufu("legacy", "report")
        assert status == 0, err
        lines = out.splitlines()
        assert [x.strip() for x in lines[0].split("  ") if x] == ["client", "issuer", "endpoint", "weak habit", "count", "last seen", "modern replacement"]
        assert [x.strip() for x in lines[1].split("  ") if x.strip()][:5] == ["old", "zlt", "token", "password", "2"] and lines[1].endswith("Z  authorization_code with PKCE"), lines
        assert [x for x in lines if x.startswith("old ") and "loose_redirect" in x]
        status, out, err = v.hufu("--lang", "zh", "legacy", "report")
        assert "现代替代做法" in out and "授权码加 PKCE" in out and "从未用到的标记" in out
        if not up:
            v.start()


def test_a_report_of_nothing():
    with World("modern", realms=[{"realm": "main", "clients": [client("app", APP_SECRET)], "users": []}]) as v:
        status, out, _ = v.hufu("legacy", "report")
        assert status == 0 and out.startswith("No request has used a weak habit since") and out.endswith("No client is marked for one.\n") and len(out.splitlines()) == 2
        status, out, _ = v.hufu("--lang", "zh", "legacy", "report")
        assert "没有请求使用过弱用法" in out and "没有客户端带有弱用法标记" in out
        assert v.hufu("legacy", "report", "--help")[0] == 0 and "legacy report" in v.hufu("help")[1]


def on_disk(v):
    return v.rows("SELECT client, issuer, habit, uses FROM habit_uses")


def test_uses_are_written_once_a_minute_and_survive_a_kill():
    with world("spring") as v:
        before = v.metrics()
        use_password(v, "spring", times=5)
        assert on_disk(v) == [], before
        v.turn_clock(61)
        until = time.time() + 60
        while on_disk(v) == [] and time.time() < until:
            time.sleep(0.05)
        assert on_disk(v) == [("old", "spring", "password", 5)]
        use_password(v, "spring", times=2)
        v.stop(signal.SIGKILL)
        v.start()
        assert rows(v)[("old", "spring", "token", "password")]["count"] == 5       # the last minute's are lost, as the manual says
        use_password(v, "spring", times=2)
        assert v.stop() == 0
        assert on_disk(v) == [("old", "spring", "password", 7)]                    # a stop in order loses nothing
        v.start()
        assert rows(v)[("old", "spring", "token", "password")]["count"] == 7


def test_a_deleted_client_is_forgotten_in_its_realm_alone():
    other = {**people(), "realm": "other"}
    with World("spring", "spring-two", realms=[people(), other], settings={"spring-two": {"realm": "other"}}) as v:
        use_password(v, "spring")
        use_password(v, "spring-two")
        here, there = by_code(v, "spring", "old").json(), by_code(v, "spring-two", "old").json()
        status, out, err = v.hufu("client", "delete", "old", "--realm", "main")
        assert status == 0, err
        assert ("old", "spring-two", "token", "password") in rows(v) and ("old", "spring", "token", "password") not in rows(v)
        assert post(v.at("spring", "/oauth/check_token"), {"token": here["access_token"]}).status == 400
        assert post(v.at("spring-two", "/oauth/check_token"), {"token": there["access_token"]}).status == 200
        assert refresh(v, "spring-two", "old", there).status == 200
        assert v.control({"do": "realm.load", **people()})["ok"]
        assert ("old", "spring", "token", "password") not in rows(v)       # its namesake begins anew
        assert refresh(v, "spring", "old", here).status == 400
        v.stop()
        status, out, err = v.hufu("client", "delete", "old", "--realm", "main")
        assert status == 0, err
        v.start()
        assert refresh(v, "spring-two", "old", there).status == 200


def test_metrics_name_issuer_client_and_habit():
    with world("spring", "zlt") as v:
        use_password(v, "spring", times=2)
        use_password(v, "zlt")
        use_password(v, "zlt", NEW)
        text = v.metrics()
        assert 'hufu_weak_habits_total{issuer="spring",client="old",habit="password"} 2\n' in text and 'hufu_weak_habits_total{issuer="zlt",client="old",habit="password"} 1\n' in text
        assert 'client="new",habit' not in text
