"""Claims that a request asks for by name, acr and amr, parameters that are refused or ignored. OpenID Connect Core 2, 3.1.2.1, 5.5, 6, 7.2.1; RFC 8176."""
import json

import pytest

import talker_jwt
from talker import APP_SECRET, PASSWORD, World, audit_of, authorize_url, bearer, client, get, realm, redeem, refresh, user

CB = "https://app.example/cb"
NONCE = "n-0S6_WzA2Mj"


def people():
    r = realm()
    hybrid = ["authorization_code", "refresh_token", "implicit"]
    r["clients"] += [client("shop", APP_SECRET, scopes=["openid", "profile", "email", "read"], redirect_uris=[CB], grants=hybrid, auto_approve=True),
                     client("asks", APP_SECRET, scopes=["openid", "profile", "email", "read"], redirect_uris=[CB], grants=hybrid)]
    r["clients"] += [client("once", APP_SECRET, scopes=["openid"], redirect_uris=[CB], grants=["authorization_code"], auto_approve=True)]
    r["users"] += [user("carol", PASSWORD, display_name="Carol", email="carol@x.example", phone="13800138000"), user("dan", PASSWORD)]
    return r


@pytest.fixture(scope="module")
def w():
    with World("modern", "modern-kept", settings={"modern-kept": {"offline_asks": False}}, realms=[people()]) as world:
        yield world


def url(w, claims=None, **more):
    claims = json.dumps(claims) if isinstance(claims, dict) else claims
    return authorize_url(w, **{"client": "shop", "scope": "openid", "nonce": NONCE, "code_challenge": None, "code_challenge_method": None, "claims": claims, **more})


@pytest.fixture(scope="module")
def b(w):
    b = w.browser("modern")
    assert b.authorize(url(w), "carol").query().get("code")
    return b


def token_of(w, r, who="shop"):
    assert "code" in r.query(), r
    return redeem(w, r.query()["code"], client=who, code_verifier=None).json()


def told(w, r, who="shop"):
    """What the ID token and userinfo say of a person."""
    t = token_of(w, r, who)
    i, u = talker_jwt.claims(t["id_token"]), get(w.at("modern", "/userinfo"), bearer(t["access_token"])).json()
    return {k: i[k] for k in ("name", "email", "phone_number", "preferred_username") if k in i}, {k: v for k, v in u.items() if k != "sub"}


ASKED = [  # claims, scope, in the ID token, at userinfo
    ({"userinfo": {"name": {"essential": True}}}, "openid", {}, {"name": "Carol"}),
    ({"id_token": {"email": None, "name": {"essential": False}}}, "openid", {"email": "carol@x.example", "name": "Carol"}, {}),
    ({"id_token": {"email": None}, "userinfo": {"email": None}}, "openid email", {"email": "carol@x.example"}, {"email": "carol@x.example", "email_verified": False}),
    ({"id_token": {"phone_number": {"essential": True}}, "userinfo": {"phone_number": None}}, "openid", {}, {}),      # whose scope the client has not
    ({"id_token": {"middle_name": {"essential": True}, "http://x.example/y": None, "name#de": None}}, "openid", {}, {}),
    ({"id_token": None, "userinfo": {"name": {"values": ["a", "b"], "value": 7, "more": 1}}, "more": [1]}, "openid", {}, {"name": "Carol"}),
    ({}, "openid", {}, {}),
]


@pytest.mark.parametrize("claims, scope, in_id_token, at_userinfo", ASKED)
def test_claims_are_told_where_they_were_asked_for(w, b, claims, scope, in_id_token, at_userinfo):
    assert told(w, b.get(url(w, claims, scope=scope))) == (in_id_token, at_userinfo)


def test_they_stay_with_a_refresh(w, b):
    t = token_of(w, b.get(url(w, {"id_token": {"email": None}, "userinfo": {"name": None}})))
    t = refresh(w, t["refresh_token"], client="shop").json()
    assert talker_jwt.claims(t["id_token"])["email"] == "carol@x.example"
    assert get(w.at("modern", "/userinfo"), bearer(t["access_token"])).json()["name"] == "Carol"


@pytest.mark.parametrize("kind, there", [("id_token", True), ("id_token token", False), ("code id_token", False)])
def test_without_an_access_token_the_scopes_speak_in_the_id_token(w, b, kind, there):
    i = talker_jwt.claims(b.get(url(w, scope="openid profile email", response_type=kind)).query()["id_token"])
    assert (i.get("name"), i.get("email")) == (("Carol", "carol@x.example") if there else (None, None))
    i = talker_jwt.claims(b.get(url(w, {"id_token": {"name": None}}, scope="openid profile", response_type=kind)).query()["id_token"])
    assert i["name"] == "Carol"


def test_the_user_allows_them_like_scopes(w):
    b = w.browser("modern")
    wanted = url(w, {"id_token": {"email": None}, "userinfo": {"name": None, "email": None}}, client="asks", scope="openid read")
    page = b.follow(b.login(b.follow(b.get(wanted)), "carol", PASSWORD))
    boxes = {n for n, _, kind, _ in page.form("consent-form")["fields"] if kind == "checkbox"}
    assert boxes == {"scope.openid", "scope.read", "scope.email", "scope.profile"}
    r = b.decide(page, ("openid", "profile"))
    t = token_of(w, r, "asks")
    assert t["scope"] == "openid"
    assert "email" not in talker_jwt.claims(t["id_token"])
    assert set(get(w.at("modern", "/userinfo"), bearer(t["access_token"])).json()) == {"sub", "name"}
    page = b.follow(b.get(wanted))                                                      # email and read have not been allowed yet
    assert told(w, b.decide(page), "asks") == ({"email": "carol@x.example"}, {"name": "Carol", "email": "carol@x.example"})
    assert told(w, b.get(wanted), "asks")[1] == {"name": "Carol", "email": "carol@x.example"}
    assert b.follow(b.login(b.follow(w.browser("modern").get(wanted)), "carol", PASSWORD)).status in (200, 303, 403)


MALFORMED = ["[]", "{", "7", '"x"', "null", "{}{}", '{"id_token":[]}', '{"userinfo":7}', '{"userinfo":"name"}', '{"id_token":{"name":7}}', '{"id_token":{"name":[]}}',
             '{"id_token":{"name":true}}', '{"id_token":{"name":{"essential":"yes"}}}', '{"id_token":{"acr":{"values":"1"}}}', '{"id_token":{},"id_token":{}}',
             "{" * 300, '{"a":' * 200 + "1" + "}" * 200]


@pytest.mark.parametrize("claims", MALFORMED)
def test_what_asks_for_nothing_is_refused(w, b, claims):
    r = b.get(url(w, claims))
    assert r.query()["error"] == "invalid_request" and "claims" in r.query()["error_description"], r
    assert audit_of(w, reason="claims")


def test_too_much_is_refused(w, b):
    full = {"id_token": {"name": {"values": ["x" * 100] * 70}}}
    r = b.get(url(w, full))
    assert r.query()["error"] == "invalid_request" and "6 KiB" in r.query()["error_description"], r
    assert audit_of(w, reason="claims_large")
    full["id_token"]["name"]["values"] = ["x" * 100] * 50
    assert token_of(w, b.get(url(w, full)))["id_token"]


def test_a_sub_that_is_asked_for_is_the_user(w, b):
    sub = talker_jwt.claims(token_of(w, b.get(url(w)))["id_token"])["sub"]
    other = "00000000-0000-0000-0000-000000000000"
    for place in ("id_token", "userinfo"):
        for mine in ({"value": sub}, {"values": [other, sub]}, {"value": sub, "essential": True}, {"essential": True}, None):
            assert "code" in b.get(url(w, {place: {"sub": mine}}, prompt="none")).query(), mine
        for foreign in ({"value": other}, {"values": [other]}, {"value": 7}, {"values": []}, {"value": sub[:-1]}):
            assert b.get(url(w, {place: {"sub": foreign}}, prompt="none")).query()["error"] == "login_required", foreign
        assert b.follow(b.get(url(w, {place: {"sub": {"value": other}}}))).form("password")
    assert b.get(url(w, {"id_token": {"sub": {"value": sub}}, "userinfo": {"sub": {"value": other}}}, prompt="none")).query()["error"] == "login_required"


# --- offline_access, Core 11 -------------------------------------------------------------------------------------------------------------

def test_offline_access_is_a_word_for_whoever_may_refresh(w, b):
    t = token_of(w, b.get(url(w, scope="openid offline_access")))
    assert t["scope"] == "openid offline_access" and t["refresh_token"]
    assert refresh(w, t["refresh_token"], client="shop").json()["refresh_token"]
    assert token_of(w, b.get(url(w, scope="openid")))["refresh_token"]                  # the grant alone is enough, as ever
    q = b.get(url(w, scope="openid offline_access", response_type="id_token token")).query()
    assert q["access_token"] and q.get("scope", "openid") == "openid"                   # no code, no meaning
    t = token_of(w, b.get(url(w, scope="openid offline_access", client="once")), "once")
    assert t["scope"] == "openid" and "refresh_token" not in t
    assert b.get(url(w, scope="openid offline_access nope")).query()["error"] == "invalid_scope"


def test_who_takes_offline_access_away_gives_no_refresh_token(w):
    b = w.browser("modern")
    wanted = url(w, client="asks", scope="openid read offline_access")
    page = b.follow(b.login(b.follow(b.get(wanted)), "carol", PASSWORD))
    assert "Keep access while you are away" in page.text
    t = token_of(w, b.decide(page, ("openid", "read")), "asks")
    assert t["scope"] == "openid read" and "refresh_token" not in t
    t = token_of(w, b.decide(b.follow(b.get(wanted))), "asks")
    assert t["scope"] == "openid read offline_access" and t["refresh_token"]
    assert b.get(url(w, client="asks", scope="openid read", prompt="none")).query().get("code")


def test_offline_access_is_asked_for_at_each_request_but_where_the_operator_has_answered(w):
    b = w.browser("modern")
    wanted = url(w, client="asks", scope="openid profile offline_access")
    b.login(b.follow(b.get(wanted)), "dan", PASSWORD)
    for _ in range(3):
        page = b.follow(b.get(wanted))
        assert "Keep access while you are away" in page.text and "asked again next time" in page.text
        assert token_of(w, b.decide(page), "asks")["refresh_token"]
    assert b.get(url(w, client="asks", scope="openid profile offline_access", prompt="none")).query()["error"] == "consent_required"
    assert "code" in b.get(url(w, client="asks", scope="openid profile")).query()       # the rest is remembered
    assert "code" in b.get(url(w, client="shop", scope="openid offline_access", prompt="none")).query(), "auto_approve has it"
    b = w.browser("modern-kept")                                                        # offline_asks: false
    wanted = url(w, issuer="modern-kept", client="asks", scope="openid offline_access")
    b.decide(b.follow(b.login(b.follow(b.get(wanted)), "dan", PASSWORD)))
    assert "code" in b.get(wanted).query()


def test_what_was_allowed_is_remembered_and_has_an_end(w):
    b = w.browser("modern")
    wanted = url(w, client="asks", scope="openid email")
    b.decide(b.follow(b.login(b.follow(b.get(wanted)), "dan", PASSWORD)))
    assert "code" in b.get(wanted).query()
    w.turn_clock(30 * 86400 + 1)
    try:
        b = w.browser("modern")
        page = b.follow(b.login(b.follow(b.get(wanted)), "dan", PASSWORD))
        assert page.form("consent-form")
    finally:
        w.turn_clock(-30 * 86400 - 1)


# --- acr, amr ----------------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("acr, fine", [({"essential": True, "values": ["2", "1"]}, True), ({"essential": True, "value": "1"}, True), ({"essential": True}, True), (None, True),
                                       ({"value": "9"}, True), ({"values": ["9"]}, True), ({"essential": True, "value": "9"}, False),
                                       ({"essential": True, "values": ["urn:x:gold"]}, False), ({"essential": True, "values": []}, False)])
def test_an_essential_acr_is_reached_or_the_request_fails(w, b, acr, fine):
    q = b.get(url(w, {"id_token": {"acr": acr}})).query()
    if fine:
        assert "code" in q
    else:
        assert q["error"] == "unmet_authentication_requirements" and audit_of(w, reason="acr")


def test_acr_values_are_a_wish(w, b):
    for values in ("1 2", "9", ""):
        i = talker_jwt.claims(token_of(w, b.get(url(w, acr_values=values)))["id_token"])
        assert (i["acr"], i["amr"]) == ("1", ["pwd"])


def test_the_issuer_says_what_its_logins_are_worth():
    for acr in ("urn:example:silver", ""):
        with World("modern", realms=[people()], settings={"modern": {"acr": acr}}) as v:
            m = get(v.at("modern", "/.well-known/openid-configuration")).json()
            assert m.get("acr_values_supported") == ([acr, "2"] if acr else ["2"])     # what a second factor is worth
            t = token_of(v, v.browser("modern").authorize(url(v), "carol"))
            assert talker_jwt.claims(t["id_token"]).get("acr") == (acr or None)
            assert talker_jwt.claims(t["id_token"])["amr"] == ["pwd"]


def test_what_began_the_session_stays_with_it(w, b):
    t = token_of(w, b.get(url(w)))
    assert "azp" not in talker_jwt.claims(t["id_token"])                                # one audience: the client itself
    again = refresh(w, t["refresh_token"], client="shop").json()
    assert talker_jwt.claims(again["id_token"])["amr"] == ["pwd"]


# --- other parameters --------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("more, error", [(dict(registration="{}"), "registration_not_supported"), (dict(request_uri="https://x.example/r"), "invalid_request_uri"),
                                         (dict(prompt="create"), "invalid_request"), (dict(prompt="create login"), "invalid_request")])
def test_refused(w, b, more, error):
    q = b.get(url(w, **more)).query()
    assert q["error"] == error and q["state"] == "s1", q
    if error == "registration_not_supported":
        assert audit_of(w, reason="registration")


def test_accepted_and_ignored(w, b):
    for more in (dict(display="popup"), dict(display="wap touch"), dict(claims_locales="fr en"), dict(ui_locales="xx"), dict(foo="bar"), dict(acr_values="x"), dict(login_hint="nobody")):
        assert "code" in b.get(url(w, **more)).query(), more


def test_ui_locales_choose_the_language_of_the_pages(w):
    for locales, word in (("zh-CN", "登录"), ("fr zh", "登录"), ("fr zh-HK zh", "登入"), ("en zh-CN", "Sign in")):
        b = w.browser("modern")
        assert word in b.follow(b.get(url(w, ui_locales=locales))).text
