"""Response types and modes of the modern issuer: implicit, hybrid, none; query, fragment, form_post. OpenID Connect Core 3.2, 3.3; OAuth 2.0 Multiple
Response Types and Form Post Response Mode."""
import base64, hashlib

import pytest

import talker_jwt
from talker import APP_SECRET, PASSWORD, World, audit_of, authorize_url, bearer, client, get, introspect, realm, redeem, user

NONCE = "n-0S6_WzA2Mj"
HYBRID = ["authorization_code", "refresh_token", "implicit"]
CB = "https://app.example/cb"
TYPES = {  # what comes with each, and how when nobody says
    "code": ({"code"}, "?"), "none": (set(), "?"), "token": ({"access_token"}, "#"), "id_token": ({"id_token"}, "#"),
    "id_token token": ({"id_token", "access_token"}, "#"), "code id_token": ({"code", "id_token"}, "#"), "code token": ({"code", "access_token"}, "#"),
    "code id_token token": ({"code", "id_token", "access_token"}, "#"),
}


def people():
    r = realm()
    r["clients"] += [client("shop", APP_SECRET, scopes=["openid", "profile", "email", "read"], redirect_uris=[CB], grants=HYBRID, auto_approve=True),
                     client("plain", APP_SECRET, scopes=["openid", "read"], redirect_uris=[CB]),
                     client("asks", APP_SECRET, scopes=["openid", "read"], redirect_uris=[CB], grants=HYBRID),
                     client("page", None, scopes=["openid", "read"], redirect_uris=[CB], grants=HYBRID, auto_approve=True)]
    r["users"] += [user("carol", PASSWORD, display_name="Carol", email="carol@x.example")]
    return r


@pytest.fixture(scope="module")
def w():
    with World("modern", realms=[people()]) as world:
        yield world


def url(w, **more):
    return authorize_url(w, **{"client": "shop", "scope": "openid read", "nonce": NONCE, "code_challenge": None, "code_challenge_method": None, **more})


@pytest.fixture(scope="module")
def b(w):
    b = w.browser("modern")
    assert b.authorize(url(w), "carol").query().get("code")
    return b


def half(text):
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()[:16]).decode().rstrip("=")


def posted(r):
    """What a page posts to the application by itself, and where."""
    assert r.status == 200, r
    f = r.form("form-post")
    return f["action"], {n: v for n, v, _, _ in f["fields"] if n}


@pytest.mark.parametrize("kind", TYPES)
def test_a_type_gives_what_its_words_say(w, b, kind):
    r = b.authorize(url(w, response_type=kind), "carol")
    gives, mark = TYPES[kind]
    q = r.query()
    assert r.location.startswith(CB + mark), r
    assert {"code", "id_token", "access_token", "refresh_token"} & set(q) == gives
    assert q["state"] == "s1" and q["iss"] == w.url["modern"]
    assert ("token_type" in q, "expires_in" in q) == ("access_token" in gives,) * 2
    keys = get(w.at("modern", "/jwks")).json()
    if "access_token" in q:
        assert q["token_type"] == "Bearer" and get(w.at("modern", "/userinfo"), bearer(q["access_token"])).json()["sub"]
    if "id_token" in q:
        i = talker_jwt.verify(q["id_token"], keys)
        assert (i["nonce"], i["iss"], i["aud"]) == (NONCE, w.url["modern"], "shop")
        for name, of in (("c_hash", "code"), ("at_hash", "access_token"), ("s_hash", "state")):
            assert i.get(name) == (half(q[of]) if of in q else None), (name, i)
    if "code" in q:
        t = redeem(w, q["code"], client="shop", code_verifier=None).json()
        j = talker_jwt.verify(t["id_token"], keys)
        assert t["refresh_token"] and not {"c_hash", "s_hash"} & set(j)
        if "id_token" in q:
            assert (i["iss"], i["sub"], i["auth_time"]) == (j["iss"], j["sub"], j["auth_time"])


REFUSED = [  # what is wrong, what is said, how it travels
    (dict(response_type="code id_token", nonce=None), "invalid_request", "#"),
    (dict(response_type="id_token", nonce=""), "invalid_request", "#"),
    (dict(response_type="id_token", scope="read"), "invalid_request", "#"),
    (dict(response_type="token", response_mode="query"), "invalid_request", "#"),
    (dict(response_type="code token", response_mode="query"), "invalid_request", "#"),
    (dict(response_type="code", response_mode="web_message"), "invalid_request", "?"),
    (dict(response_type="id_token", client="plain"), "unauthorized_client", "#"),
    (dict(response_type="code token", client="plain"), "unauthorized_client", "#"),
    (dict(response_type="code token", client="plain", response_mode="fragment"), "unauthorized_client", "#"),
    (dict(response_type="code code"), "unsupported_response_type", "?"),
    (dict(response_type="code none"), "unsupported_response_type", "?"),
    (dict(response_type="id_token saml"), "unsupported_response_type", "#"),
    (dict(response_type="magic"), "unsupported_response_type", "?"),
    (dict(response_type=None), "unsupported_response_type", "?"),
    (dict(response_type="code id_token", prompt="none login"), "invalid_request", "#"),
    (dict(response_type="none", scope="nope"), "invalid_scope", "?"),
    (dict(response_type="code id_token", client="page"), "invalid_request", "#"),       # a public client's code needs PKCE
]


@pytest.mark.parametrize("more, error, mark", REFUSED)
def test_refusals_travel_as_the_answer_would_have(w, b, more, error, mark):
    r = b.get(url(w, **more))
    assert r.location.startswith(CB + mark) and r.query()["error"] == error and r.query()["state"] == "s1", r
    if "response_mode" not in more:
        action, q = posted(b.get(url(w, response_mode="form_post", **more)))
        assert action == CB and (q["error"], q["state"], q["iss"]) == (error, "s1", w.url["modern"])


def test_without_a_session_a_silent_request_fails_in_its_mode(w):
    r = w.browser("modern").get(url(w, response_type="code id_token", prompt="none"))
    assert r.location.startswith(CB + "#") and r.query()["error"] == "login_required"


def test_an_unregistered_address_gets_nothing_in_any_mode(w, b):
    for mode in ("query", "fragment", "form_post"):
        r = b.get(url(w, redirect_uri="https://evil.example/cb", response_mode=mode))
        assert r.status == 400 and not r.location and "evil.example/cb\"" not in r.text.replace("value=", ""), r


@pytest.mark.parametrize("kind", TYPES)
def test_a_form_that_posts_itself(w, b, kind):
    r = b.get(url(w, response_type=kind, response_mode="form_post", state='s"<&\'中'))
    action, q = posted(r)
    assert action == CB and set(q) & {"code", "id_token", "access_token"} == TYPES[kind][0]
    assert q["state"] == 's"<&\'中' and q["iss"] == w.url["modern"]
    assert "no-store" in r.get("Cache-Control")
    script = r.text.split("<script>")[1].split("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    csp = r.get("Content-Security-Policy")
    assert "script-src 'sha256-%s'" % digest in csp and "default-src 'none'" in csp and "unsafe" not in csp and "form-action" not in csp
    assert r.text.count("<script") == 1


def test_a_form_speaks_the_language_that_was_asked_for(w, b):
    assert "继续" in b.get(url(w, response_mode="form_post", ui_locales="fr zh-CN")).text
    assert "Continue" in b.get(url(w, response_mode="form_post", ui_locales="en")).text


def test_a_decision_and_a_double_click(w):
    b = w.browser("modern")
    page = b.follow(b.login(b.follow(b.get(url(w, client="asks", response_mode="form_post"))), "carol", PASSWORD))
    f = page.form("consent-form")
    first, second = posted(b.decide(page))[1], posted(b.decide(page))[1]
    assert first["code"] == second["code"]                                              # a code alone: the same, while it is fresh
    page = b.follow(b.get(url(w, client="asks", response_mode="form_post", response_type="code id_token", prompt="consent")))
    first = posted(b.decide(page))[1]
    again = b.follow(b.decide(page))                                                    # tokens are not told twice: the request begins anew
    assert first["id_token"] and again.form("consent-form"), again
    page = b.follow(b.get(url(w, client="asks", response_mode="form_post", response_type="code id_token", prompt="consent")))
    assert posted(b.decide(page, ()))[1]["error"] == "access_denied"
    assert f["action"]


def test_a_client_that_takes_openid_away_has_denied(w):
    b = w.browser("modern")
    page = b.follow(b.login(b.follow(b.get(url(w, client="asks", response_type="id_token", prompt="login consent"))), "carol", PASSWORD))
    r = b.decide(page, ("read",))
    assert r.location.startswith(CB + "#") and r.query()["error"] == "access_denied", r


def test_what_passes_the_browser_is_counted(w, b):
    b.get(url(w, response_type="id_token token"))
    assert "implicit" in audit_of(w, endpoint="authorize", client="shop", habits=["implicit"])["habits"]


def test_an_access_token_of_the_front_ends_with_its_user(w, b):
    q = b.get(url(w, response_type="token")).query()
    assert introspect(w, q["access_token"], client="shop")["active"]


def test_metadata_follow_the_rows():
    rules = {"plain": (["code"], ["query"], False), "id_token": (["code", "id_token", "code id_token", "none"], ["query", "fragment", "form_post"], True),
             "all": (["code", "token", "id_token", "id_token token", "code id_token", "code token", "code id_token token", "none"], ["query", "fragment", "form_post"], True)}
    for rule, (types, modes, implicit) in rules.items():
        with World("modern", realms=[people()], settings={"modern": {"response_types": rule}}) as v:
            m = get(v.at("modern", "/.well-known/openid-configuration")).json()
            assert m["response_types_supported"] == types
            assert m["response_modes_supported"] == modes + ["query.jwt", "fragment.jwt", "form_post.jwt", "jwt"]
            assert ("implicit" in m["grant_types_supported"]) == implicit
            c = v.browser("modern")
            assert c.authorize(url(v), "carol").query()["code"]
            for kind in TYPES:
                error = c.get(url(v, response_type=kind)).query().get("error")
                assert error == (None if kind in types else "unsupported_response_type"), (rule, kind)
