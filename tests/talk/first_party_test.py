"""The authorization challenge endpoint (draft-ietf-oauth-first-party-apps-03, -04): an application of the issuer's own asks its user itself and gets a code."""
import concurrent.futures, json, threading, time

import pytest

import databases, talker_jwt
from factors_test import enrol, next_totp, sign_in, totp
from gateway import Gateway
from ldap_test import SERVICE, yaml as directories
from slapd import Slapd
from talker import APP_SECRET, PASSWORD, VERIFIER, World, audit_of, basic, challenge, client, form, get, introspect, post, realm, send, user
from talker_jwt import Holder
from usertable_test import TABLE, people as table_people, yaml as tables
from usertable_test import SCHEMA
from wechat_test import SECRET, WeChat

CB = "com.example.app:/cb"
ON = {"first_party_draft": "03"}
TYPES = {"payment": {"schema": '{"properties": {"amount": {"type": "string"}}}', "clients": "app1"}}


def people():
    r = realm()
    ours = dict(redirect_uris=[CB], scopes=["openid", "profile", "read"], grants=["authorization_code", "refresh_token"])
    r["clients"] += [client("app1", None, metadata={"first_party": True}, name="Our App", **ours), client("web", APP_SECRET, metadata={"first_party": True}, **ours),
                     client("theirs", None, **ours), client("codeless", None, metadata={"first_party": True}, **{**ours, "grants": ["refresh_token"]}), client("signs", None, metadata={"first_party": True, "require_signed_request_object": True}, **ours),
                     client("far", None, metadata={"first_party": True}, **{**ours, "redirect_uris": [CB, "com.example.app:/other"]})]
    r["users"] += [user("carol", PASSWORD, phone="18888888888"), user("dora", PASSWORD), user("weixin", PASSWORD, number=77, open_id="oWEIXIN"), user("boss", PASSWORD, authorities=["ROLE_BOSS"])]
    return r


@pytest.fixture(scope="module")
def gateway():
    g = Gateway()
    yield g
    g.close() if hasattr(g, "close") else None


@pytest.fixture(scope="module")
def wechat():
    s = WeChat()
    yield s
    s.close()


def settings(wechat, **more):
    return {**ON, "sms_gateway": "g", "authorization_details": TYPES, "sms_pause_s": 0, "wechat_app_id": "wx4711", "wechat_secret": SECRET,
            "wechat_url": wechat.url + "/sns/jscode2session", "wechat_allow_private": True, "wechat_allow_http": True, **more}


def world(gateway, wechat, **more):
    s = settings(wechat, **more)
    return World("modern", realms=[people()], settings={"modern": {k: v for k, v in s.items() if k != "wechat_allow_http"}}, top=gateway.settings("g"))


@pytest.fixture(scope="module")
def w(gateway, wechat):
    with world(gateway, wechat) as one:
        one.gateway, one.wechat = gateway, wechat
        yield one


FIRST = dict(client_id="app1", response_type="code", scope="openid read", code_challenge=challenge(), code_challenge_method="S256")


def ask(w, head=None, first=True, **more):
    fields = {**(FIRST if first else {"client_id": "app1"}), **more}
    return post(w.at("modern", "/authorize-challenge"), {k: v for k, v in fields.items() if v is not None}, head)


def is_refused(r, error, status=400):
    assert (r.status, r.json()["error"]) == (status, error) and r.get("Cache-Control") == "no-store", r
    return r.json()


def more(r, sent=False):
    """What goes on after insufficient_authorization."""
    said = is_refused(r, "insufficient_authorization")
    assert said["methods"] == ["password", "sms", "wechat"] and said.get("code_required", False) == sent and "authorization_code" not in said
    return said["auth_session"]


def code_of(r):
    assert r.status == 200 and r.order() == ["authorization_code"] and r.get("Cache-Control") == "no-store", r
    return r.json()["authorization_code"]


def redeem(w, code, head=None, **more):
    fields = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER, "client_id": "app1", **more}
    return post(w.at("modern", "/token"), {k: v for k, v in fields.items() if v is not None}, head)


def login(w, r, name):
    """The tokens of that code, which are of that user; what the ID token says of the login."""
    r = redeem(w, code_of(r))
    assert r.status == 200, r
    t = r.json()
    i = talker_jwt.verify(t["id_token"], get(w.at("modern", "/jwks")).json())
    assert get(w.at("modern", "/userinfo"), {"Authorization": "Bearer " + t["access_token"]}).json()["sub"] == i["sub"]
    shown = json.loads(w.hufu("--json", "user", "show", "--realm", "main", name)[1])
    assert i["sub"] == shown.get("user", shown)["id"] and abs(i["auth_time"] - i["iat"]) < 60 and "sid" not in i
    return t, i


# --- its methods -------------------------------------------------------------------------------------------------------------------------

def test_a_password_that_must_be_changed_needs_a_browser(w):
    w.hufu("user", "set", "--realm", "main", "dora", "--must-change")
    assert "request_uri" in is_refused(ask(w, username="dora", password=PASSWORD), "redirect_to_web")
    is_refused(ask(w, username="dora", password="no-word-of-hers"), "invalid_grant")
    w.hufu("user", "set", "--realm", "main", "dora", "--need-not-change")
    assert code_of(ask(w, username="dora", password=PASSWORD))


def test_a_password_at_once(w):
    t, i = login(w, ask(w, username="carol", password=PASSWORD), "carol")
    assert i["amr"] == ["pwd"] and i["acr"] == "1" and i["aud"] == "app1" and t["scope"] == "openid read" and "refresh_token" in t
    assert audit_of(w, endpoint="challenge", status=200)["user"] == "carol"
    again = post(w.at("modern", "/token"), {"grant_type": "refresh_token", "refresh_token": t["refresh_token"], "client_id": "app1"})
    assert again.status == 200, again
    assert "carol" not in w.hufu("session", "list", "--realm", "main")[1]            # no browser, no session


def test_a_password_later(w):
    s = more(ask(w))
    assert audit_of(w, endpoint="challenge", reason="challenge_more")["client"] == "app1"
    is_refused(ask(w, first=False, auth_session=s, username="carol", password="wrong"), "invalid_grant")
    login(w, ask(w, first=False, auth_session=s, username="carol", password=PASSWORD), "carol")
    is_refused(ask(w, first=False, auth_session=s, username="carol", password=PASSWORD), "invalid_session")          # it gave its code


def test_a_code_by_text_message(w):
    s = more(ask(w, phone="18888888888"), sent=True)
    phone, code = w.gateway.message()
    assert phone == "18888888888"
    is_refused(ask(w, first=False, auth_session=s, code="000000" if code != "000000" else "111111"), "invalid_grant")
    r = ask(w, first=False, auth_session=s, code=code)
    t, i = login(w, r, "carol")
    assert i["amr"] == ["otp", "sms"]
    other = more(ask(w, phone="18888888888"), sent=True)
    w.gateway.message()
    is_refused(ask(w, first=False, auth_session=other, code=code), "invalid_grant")                                  # the first one is spent


def test_a_number_of_nobody_is_answered_alike(w):
    s = more(ask(w, phone="18888880000"), sent=True)
    assert w.gateway.message(0.3) is None
    is_refused(ask(w, first=False, auth_session=s, code="123456"), "invalid_grant")


def test_a_number_may_follow_and_another_replace_it(w):
    s = more(ask(w))
    s = more(ask(w, first=False, auth_session=s, phone="18888880000"), sent=True)
    s = more(ask(w, first=False, auth_session=s, phone="18888888888"), sent=True)
    login(w, ask(w, first=False, auth_session=s, code=w.gateway.message()[1]), "carol")


def test_a_code_of_wechat(w):
    w.wechat.codes.update(one="oWEIXIN", two="oWEIXIN", three="oNOBODY")
    t, i = login(w, ask(w, wechat_code="one"), "weixin")
    assert "amr" not in i and "acr" not in i                             # nobody says how WeChat knows its user
    login(w, ask(w, first=False, auth_session=more(ask(w)), wechat_code="two"), "weixin")
    is_refused(ask(w, wechat_code="one"), "invalid_grant")
    is_refused(ask(w, wechat_code="three"), "invalid_grant")


@pytest.fixture(scope="module")
def slapd():
    s = Slapd()
    try:
        yield s.start()
    finally:
        s.close()


def test_users_of_a_directory(slapd):
    top = directories({"corp": {"urls": [slapd.url], "starttls": True, "ca_file": slapd.ca, **SERVICE}})
    with World("modern", realms=[people()], settings={"modern": {**ON, "directory": "corp"}}, top=top) as w:
        said = is_refused(ask(w), "insufficient_authorization")
        assert said["methods"] == ["password"]
        for proof in ({"phone": "18888888888"}, {"wechat_code": "x"}):
            is_refused(ask(w, **proof), "invalid_request")
            assert audit_of(w, reason="challenge_method")
        is_refused(ask(w, username="zhangsan", password="wrong"), "invalid_grant")
        r = redeem(w, code_of(ask(w, username="alice", password=PASSWORD)))
        assert r.status == 200, r                                        # the realm's own come first
        r = redeem(w, code_of(ask(w, first=False, auth_session=said["auth_session"], username="zhangsan", password="密码")))
        assert r.status == 200 and audit_of(w, endpoint="challenge", status=200, user="zhangsan"), r


def test_users_of_a_table():
    with databases.SQLiteFile() as db:
        db.sql(SCHEMA + table_people())
        with World("modern", realms=[people()], settings={"modern": ON}, top=tables({"old": {"database": db.url, **TABLE}})) as w:
            is_refused(ask(w, username="shut", password="password"), "invalid_grant")
            r = redeem(w, code_of(ask(w, username="li", password="password")))
            assert r.status == 200 and talker_jwt.claims(r.json()["id_token"])["amr"] == ["pwd"], r


# --- who may ------------------------------------------------------------------------------------------------------------------------------

def test_a_confidential_client_proves_itself_here_too(w):
    fields = dict(client_id=None, username="carol", password=PASSWORD)
    is_refused(ask(w, client_id="web", username="carol", password=PASSWORD), "invalid_client", 401)
    is_refused(ask(w, basic("web", "wrong"), **fields), "invalid_client", 401)
    is_refused(ask(w, basic("web", APP_SECRET), client_id="app1"), "invalid_client", 401)
    code = code_of(ask(w, basic("web", APP_SECRET), **fields))
    assert redeem(w, code, client_id="app1").json()["error"] == "invalid_grant"                                      # another client's
    assert redeem(w, code_of(ask(w, basic("web", APP_SECRET), **fields)), basic("web", APP_SECRET), client_id=None).status == 200


def test_only_clients_that_are_marked(w):
    is_refused(ask(w, client_id="theirs", username="carol", password=PASSWORD), "unauthorized_client")
    assert audit_of(w, reason="first_party", client="theirs")
    assert w.hufu("client", "set", "theirs", "--first-party", "true", "--realm", "main")[0] == 0
    code_of(ask(w, client_id="theirs", username="carol", password=PASSWORD))
    s = more(ask(w, client_id="theirs"))
    assert w.hufu("client", "set", "theirs", "--first-party", "false", "--realm", "main")[0] == 0
    is_refused(ask(w, client_id="theirs", username="carol", password=PASSWORD), "unauthorized_client")
    is_refused(ask(w, first=False, client_id="theirs", auth_session=s, username="carol", password=PASSWORD), "unauthorized_client")


def test_no_client_calls_itself_first_party(gateway, wechat):
    with world(gateway, wechat, registration="open") as w:
        r = send("POST", w.at("modern", "/register"), json.dumps({"redirect_uris": ["https://x.example/cb"], "first_party": True, "token_endpoint_auth_method": "none"}).encode(),
                 {"Content-Type": "application/json"})
        assert r.status == 201 and "first_party" not in r.json(), r
        is_refused(ask(w, client_id=r.json()["client_id"], scope=None, username="carol", password=PASSWORD), "unauthorized_client")


def test_off_unless_it_is_switched_on(w):
    m = get(w.at("modern", "/.well-known/oauth-authorization-server")).json()
    assert m["authorization_challenge_endpoint"] == w.at("modern", "/authorize-challenge")
    assert get(w.at("modern", "/authorize-challenge")).status == 405
    with World("modern", realms=[people()]) as off:
        assert ask(off, username="carol", password=PASSWORD).status == 404
        assert "authorization_challenge_endpoint" not in get(off.at("modern", "/.well-known/openid-configuration")).json()


# --- the code, its keys and its challenge --------------------------------------------------------------------------------------------------

def test_the_code_wants_its_verifier_and_no_redirect_uri(w):
    code = lambda: code_of(ask(w, username="carol", password=PASSWORD))
    assert redeem(w, code(), code_verifier=None).json()["error"] == "invalid_grant"
    assert redeem(w, code(), code_verifier="x" * 43).json()["error"] == "invalid_grant"
    assert redeem(w, code(), redirect_uri=CB).json()["error"] == "invalid_grant"                                     # none was in the request
    sent = code_of(ask(w, username="carol", password=PASSWORD, redirect_uri=CB))
    assert redeem(w, sent, redirect_uri=CB).status == 200
    one = code()
    assert redeem(w, one).status == 200 and redeem(w, one).json()["error"] == "invalid_grant"


def proof(w, key, path="/authorize-challenge", **claims):
    return {"DPoP": key.proof("POST", w.at("modern", path), time.time(), **claims)}


def test_a_key_that_was_shown_is_needed_to_the_end(w):
    key, other = Holder(), Holder()
    s = more(ask(w, proof(w, key)))
    proven = dict(first=False, username="carol", password=PASSWORD)
    is_refused(ask(w, auth_session=s, **proven), "invalid_session")
    is_refused(ask(w, proof(w, other), auth_session=s, **proven), "invalid_session")
    code = code_of(ask(w, proof(w, key), auth_session=s, **proven))
    assert redeem(w, code).json()["error"] == "invalid_grant"
    code = code_of(ask(w, proof(w, key), username="carol", password=PASSWORD))
    r = redeem(w, code, proof(w, key, "/token"))
    assert r.status == 200 and r.json()["token_type"] == "DPoP" and talker_jwt.claims(r.json()["access_token"])["cnf"] == {"jkt": key.jkt}, r
    late = more(ask(w))                                                 # a key from the second request on binds the code
    code = code_of(ask(w, proof(w, key), auth_session=late, **proven))
    assert redeem(w, code, proof(w, other, "/token")).json()["error"] == "invalid_grant"
    is_refused(ask(w, proof(w, key, htm="GET"), username="carol", password=PASSWORD), "invalid_dpop_proof")


# --- what goes on in a browser --------------------------------------------------------------------------------------------------------------

def test_what_has_to_be_shown_is_shown_by_a_browser(w):
    details = json.dumps([{"type": "payment", "amount": "7"}])
    said = is_refused(ask(w, username="carol", password=PASSWORD, authorization_details=details), "redirect_to_web")
    assert said["request_uri"].startswith("urn:ietf:params:oauth:request_uri:") and said["expires_in"] == 90
    b = w.browser("modern")
    r = b.follow(b.get("/authorize?" + form({"client_id": "app1", "request_uri": said["request_uri"]})))
    r = b.follow(b.login(r, "carol", PASSWORD))
    assert "payment" in r.text
    r = b.decide(r)
    t = redeem(w, r.query()["code"], redirect_uri=CB).json()
    assert json.dumps(t["authorization_details"]) == details
    code_of(ask(w, username="carol", password=PASSWORD, authorization_details=details))                              # allowed before
    said = is_refused(ask(w, username="carol", password=PASSWORD, prompt="consent"), "redirect_to_web")
    assert "request_uri" in said and audit_of(w, reason="challenge_web")["user"] == "carol"
    is_refused(ask(w, username="carol", password="wrong", prompt="consent"), "invalid_grant")                        # nobody learns it before


def test_no_request_uri_without_pkce_or_where_it_is_not_known_where_to(w):
    said = is_refused(ask(w, client_id="far", username="carol", password=PASSWORD, prompt="consent"), "redirect_to_web")
    assert "request_uri" not in said
    assert "request_uri" in is_refused(ask(w, client_id="far", username="carol", password=PASSWORD, prompt="consent", redirect_uri=CB), "redirect_to_web")
    said = is_refused(ask(w, basic("web", APP_SECRET), client_id=None, code_challenge=None, code_challenge_method=None, nonce="n", username="carol", password=PASSWORD,
                          prompt="consent"), "redirect_to_web")
    assert "request_uri" not in said


def test_the_worth_of_a_login_is_not_made_up(w):
    w.wechat.codes.update(w1="oWEIXIN", w2="oWEIXIN")
    claims = json.dumps({"id_token": {"acr": {"essential": True, "value": "1"}}})
    is_refused(ask(w, wechat_code="w1", claims=claims), "redirect_to_web")
    assert login(w, ask(w, username="carol", password=PASSWORD, claims=claims), "carol")[1]["acr"] == "1"
    is_refused(ask(w, username="carol", password=PASSWORD, claims=claims.replace('"1"', '"9"')), "unmet_authentication_requirements")


def test_a_second_factor_that_is_demanded_is_shown_by_a_browser(w, gateway, wechat):
    claims = json.dumps({"id_token": {"acr": {"essential": True, "value": "2"}}})
    said = is_refused(ask(w, username="carol", password=PASSWORD, claims=claims), "redirect_to_web")
    assert "request_uri" in said
    is_refused(ask(w, username="carol", password=PASSWORD, acr_values="2"), "redirect_to_web")
    is_refused(ask(w, username="carol", password="wrong", acr_values="2"), "invalid_grant")
    for rule in ({"second_factor": "required"}, {"second_factor_scopes": "read"}):
        with world(gateway, wechat, **rule) as strict:
            strict.gateway = gateway
            is_refused(ask(strict, username="carol", password=PASSWORD), "redirect_to_web")
            wechat.codes.update(f1="oWEIXIN")
            is_refused(ask(strict, wechat_code="f1"), "redirect_to_web")


def with_totp(w, name):
    """Their secret: set up on the account page."""
    b = w.browser("modern")
    assert sign_in(w, b, name).status == 303
    return enrol(w, b)[0]


def test_who_has_a_second_factor_shows_it(gateway, wechat):
    with world(gateway, wechat, second_factor_groups="ROLE_BOSS") as w:
        w.gateway, w.wechat, w.now = gateway, wechat, 0
        secret = with_totp(w, "carol")
        said = is_refused(ask(w, username="carol", password=PASSWORD), "redirect_to_web")
        assert said["otp_required"] is True and "request_uri" in said
        assert "otp_required" not in is_refused(ask(w, username="carol", password=PASSWORD, prompt="consent"), "redirect_to_web")       # it would not do
        code = next_totp(w, secret)
        is_refused(ask(w, username="carol", password="wrong", otp=code), "invalid_grant")
        is_refused(ask(w, username="carol", password=PASSWORD, otp="000000" if code != "000000" else "111111"), "invalid_grant")
        assert audit_of(w, endpoint="challenge", reason="factor_code")["client"] == "app1"
        is_refused(ask(w, otp=code), "invalid_request")
        is_refused(ask(w, phone="18888888888", otp=code), "invalid_request")
        t, i = login(w, ask(w, username="carol", password=PASSWORD, otp=code), "carol")
        assert i["amr"] == ["pwd", "otp", "mfa"] and i["acr"] == "2"
        is_refused(ask(w, username="carol", password=PASSWORD, otp=code), "invalid_grant")                                              # F2: each counts once
        s = more(ask(w, acr_values="2"))
        assert login(w, ask(w, first=False, auth_session=s, username="carol", password=PASSWORD, otp=next_totp(w, secret)), "carol")[1]["acr"] == "2"
        is_refused(ask(w, username="alice", password=PASSWORD, otp=code), "invalid_grant")                                              # who has none
        # a message, and the factor beside its code
        s = more(ask(w, phone="18888888888"), sent=True)
        sms = gateway.message()[1]
        said = is_refused(ask(w, first=False, auth_session=s, code=sms), "redirect_to_web")
        assert said["otp_required"] is True
        assert login(w, ask(w, first=False, auth_session=s, code=sms, otp=next_totp(w, secret)), "carol")[1]["amr"] == ["otp", "sms", "mfa"]


def test_a_group_that_has_to_show_one(gateway, wechat):
    with world(gateway, wechat, second_factor_groups="ROLE_BOSS") as w:
        w.gateway, w.wechat, w.now = gateway, wechat, 0
        said = is_refused(ask(w, username="boss", password=PASSWORD), "redirect_to_web")
        assert "otp_required" not in said and "request_uri" in said                          # it has none yet: a page sets one up
        is_refused(ask(w, username="boss", password="wrong"), "invalid_grant")
        code_of(ask(w, username="carol", password=PASSWORD))


def test_one_of_many_that_show_the_same_one_time_password(gateway, wechat):
    with world(gateway, wechat) as w:
        w.gateway, w.wechat, w.now = gateway, wechat, 0
        code = next_totp(w, with_totp(w, "carol"))
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            all = list(pool.map(lambda _: ask(w, username="carol", password=PASSWORD, otp=code), range(8)))
        assert sum(r.status == 200 for r in all) == 1, all


def test_guesses_of_a_one_time_password_are_throttled(gateway, wechat):
    with world(gateway, wechat) as w:
        w.gateway, w.wechat, w.now = gateway, wechat, 0
        secret = with_totp(w, "carol")
        answers = [ask(w, username="carol", password=PASSWORD, otp="%06d" % n) for n in range(12)]
        assert answers[-1].status == 429 and answers[-1].json()["error"] == "slow_down" and int(answers[-1].get("Retry-After")) > 0, answers
        assert ask(w, username="carol", password=PASSWORD, otp=totp(w, secret)).status == 429


def test_a_hint_is_kept_to(w):
    t, i = login(w, ask(w, username="carol", password=PASSWORD), "carol")
    code_of(ask(w, username="carol", password=PASSWORD, id_token_hint=t["id_token"]))
    is_refused(ask(w, username="alice", password=PASSWORD, id_token_hint=t["id_token"]), "login_required")


def test_what_goes_on_is_403_by_revision_04(gateway, wechat):
    """Section 5.2.2.1 of -04: insufficient_authorization and redirect_to_web, and they alone."""
    with world(gateway, wechat, first_party_draft="04") as w:
        said = is_refused(ask(w), "insufficient_authorization", 403)
        assert said["methods"] == ["password", "sms", "wechat"] and audit_of(w, endpoint="challenge", status=403)["reason"] == "challenge_more"
        assert is_refused(ask(w, prompt="consent", **PROVEN), "redirect_to_web", 403)["expires_in"] == 90
        is_refused(ask(w, first=False, auth_session=said["auth_session"], username="carol", password="wrong"), "invalid_grant")
        is_refused(ask(w, first=False, auth_session="x", **PROVEN), "invalid_session")
        is_refused(ask(w, client_id="theirs", **PROVEN), "unauthorized_client")
        login(w, ask(w, first=False, auth_session=said["auth_session"], **PROVEN), "carol")
        m = get(w.at("modern", "/.well-known/oauth-authorization-server")).json()
        assert m["authorization_challenge_endpoint"] == w.at("modern", "/authorize-challenge")


# --- what is refused ------------------------------------------------------------------------------------------------------------------------

PROVEN = dict(username="carol", password=PASSWORD)
BAD = {
    "no response_type": (dict(response_type=None, **PROVEN), "unsupported_response_type"), "a token": (dict(response_type="token", **PROVEN), "unsupported_response_type"),
    "hybrid": (dict(response_type="code id_token", nonce="n", **PROVEN), "unsupported_response_type"), "none": (dict(response_type="none", **PROVEN), "unsupported_response_type"),
    "no PKCE": (dict(code_challenge=None, code_challenge_method=None, **PROVEN), "invalid_request"), "plain": (dict(code_challenge_method="plain", **PROVEN), "invalid_request"),
    "a challenge that is none": (dict(code_challenge="short", **PROVEN), "invalid_request"), "unknown scope": (dict(scope="openid admin", **PROVEN), "invalid_scope"),
    "another redirect URI": (dict(redirect_uri="https://evil.example/", **PROVEN), "invalid_request"), "max_age": (dict(max_age="soon", **PROVEN), "invalid_request"),
    "prompt": (dict(prompt="create", **PROVEN), "invalid_request"), "request_uri": (dict(request_uri="https://x.example/", **PROVEN), "invalid_request_uri"),
    "details": (dict(authorization_details="[{}]", **PROVEN), "invalid_authorization_details"), "claims": (dict(claims="[", **PROVEN), "invalid_request"),
    "resource": (dict(resource="#x", **PROVEN), "invalid_target"), "hint": (dict(id_token_hint="x.y.z", **PROVEN), "invalid_request"),
    "a wrong password": (dict(username="carol", password="wrong"), "invalid_grant"), "nobody": (dict(username="nobody", password=PASSWORD), "invalid_grant"),
    "disabled": (dict(username="disabled", password=PASSWORD), "invalid_grant"), "locked": (dict(username="locked", password=PASSWORD), "invalid_grant"),
    "no password": (dict(username="carol"), "invalid_request"), "no name": (dict(password=PASSWORD), "invalid_request"), "an empty name": (dict(username="", password=PASSWORD), "invalid_request"),
    "two proofs": (dict(phone="18888888888", **PROVEN), "invalid_request"), "two others": (dict(wechat_code="x", phone="18888888888"), "invalid_request"),
    "a code alone": (dict(code="123456"), "invalid_request"), "no number": (dict(phone="12ab"), "invalid_request"), "a code of WeChat": (dict(wechat_code="never"), "invalid_grant"),
    "a long code of WeChat": (dict(wechat_code="x" * 300), "invalid_grant"), "no session": (dict(auth_session="x", **PROVEN), "invalid_session"),
    "an empty session is none": (dict(auth_session="", username="carol", password="wrong"), "invalid_grant"), "a long session": (dict(auth_session="A" * 5000, **PROVEN), "invalid_session"),
    "an unsigned request object": (dict(request="e30.e30.", **PROVEN), "invalid_request_object"), "dpop_jkt": (dict(dpop_jkt="x", **PROVEN), "invalid_request"),
    "a mode of an answer that is none": (dict(response_mode="telepathy", **PROVEN), "invalid_request"), "a registration": (dict(registration="{}", **PROVEN), "registration_not_supported"),
    "a client without the grant": (dict(client_id="codeless", **PROVEN), "unauthorized_client"), "no request object where it must be one": (dict(client_id="signs", **PROVEN), "invalid_request"),
}


@pytest.mark.parametrize("what", list(BAD))
def test_bad_requests(w, what):
    fields, error = BAD[what]
    r = ask(w, **fields)
    assert r.status in (400, 401) and r.json()["error"] == error and "authorization_code" not in r.json(), r


def test_two_proofs_are_none(w):
    is_refused(ask(w, code="123456", auth_session=more(ask(w)), **PROVEN), "invalid_request")
    assert audit_of(w, reason="challenge_mixed")


def test_bad_sessions(w, gateway, wechat):
    s = more(ask(w))
    proven = dict(first=False, **PROVEN)
    is_refused(ask(w, client_id="far", auth_session=s, **proven), "invalid_session")                                 # another client's
    is_refused(ask(w, auth_session=s[:-2] + ("AA" if s[-2:] != "AA" else "BB"), **proven), "invalid_session")
    assert audit_of(w, reason="challenge_session", client="app1")
    is_refused(ask(w, auth_session=s, scope="openid profile", **proven), "invalid_request")                          # another request
    assert audit_of(w, reason="challenge_other")
    is_refused(ask(w, auth_session=s, resource="https://api.example/", **proven), "invalid_request")
    is_refused(ask(w, auth_session=s, code="123456", first=False), "invalid_request")                                # no code was sent
    assert post(w.at("modern", "/authorize-challenge"), {**FIRST, "auth_session": s, **PROVEN}).status == 200         # all of it again is the same request
    twice = form({**FIRST, **PROVEN}) + "&scope=openid"
    assert send("POST", w.at("modern", "/authorize-challenge"), twice.encode(), {"Content-Type": "application/x-www-form-urlencoded"}).status == 400
    uri = is_refused(ask(w, prompt="consent", **PROVEN), "redirect_to_web")["request_uri"]
    is_refused(ask(w, auth_session=uri.rsplit(":", 1)[1], **proven), "invalid_session")                              # a name of another kind
    b = w.browser("modern")
    r = b.get("/authorize?" + form({"client_id": "app1", "request_uri": "urn:ietf:params:oauth:request_uri:" + more(ask(w))}))
    assert "login-submit" not in r.text and r.status == 400


def test_a_session_ends(gateway, wechat):
    with world(gateway, wechat, auth_session_ttl_s=60) as w:
        s = more(ask(w))
        w.turn_clock(61)
        is_refused(ask(w, first=False, auth_session=s, **PROVEN), "invalid_session")


def test_a_session_outlives_a_restart(gateway, wechat):
    with world(gateway, wechat) as w:
        s = more(ask(w, phone="18888888888"), sent=True)
        code = gateway.message()[1]
        w.stop()
        w.start()
        code_of(ask(w, first=False, auth_session=s, code=code))


def test_wrong_passwords_are_throttled_as_at_the_login_page():
    with World("modern", realms=[people()], settings={"modern": ON}, top="login:\n  rehash: false\n  account_free: 2") as w:
        for _ in range(3):
            is_refused(ask(w, username="carol", password="wrong"), "invalid_grant")
        r = ask(w, **PROVEN)
        assert is_refused(r, "slow_down", 429) and int(r.get("Retry-After")) >= 1
        b = w.browser("modern")
        r = b.login(b.get("/login"), "carol", PASSWORD)
        assert r.status == 429, r                                              # one counter for both doors


def test_of_64_at_once_one_gets_a_code(w):
    s = more(ask(w, phone="18888888888"), sent=True)
    code = w.gateway.message()[1]
    got = []
    go = [threading.Thread(target=lambda: got.append(ask(w, first=False, auth_session=s, code=code))) for _ in range(64)]
    [t.start() for t in go], [t.join() for t in go]
    assert [r.status for r in got].count(200) == 1, sorted(r.status for r in got)


def test_nothing_of_it_is_in_the_log(w):
    s = more(ask(w, phone="18888888888"), sent=True)
    code = w.gateway.message()[1]
    given = code_of(ask(w, first=False, auth_session=s, code=code))
    for secret in (PASSWORD, s, given):
        assert secret not in w.log()


def test_a_one_time_password_makes_no_old_password_a_fresh_one(gateway, wechat):
    s = settings(wechat)
    with World("modern", realms=[people()], settings={"modern": {k: v for k, v in s.items() if k != "wechat_allow_http"}},
               top=gateway.settings("g") + "passwords:\n  max_age: 1d\n") as w:
        w.now = 0
        secret = with_totp(w, "carol")
        login(w, ask(w, username="carol", password=PASSWORD, otp=next_totp(w, secret)), "carol")
        w.turn_clock(86400 + 60)
        w.now += 86400 + 60
        said = is_refused(ask(w, username="carol", password=PASSWORD), "redirect_to_web")
        assert "otp_required" not in said, said
        is_refused(ask(w, username="carol", password=PASSWORD, otp=next_totp(w, secret)), "redirect_to_web")
