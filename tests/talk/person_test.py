"""What is known of a person: set by command, given by scope at userinfo and, by the issuer's own rows, in tokens. OpenID Connect Core 5.1, 5.4."""
import json

import pytest

import talker_jwt
from talker import APP_SECRET, PASSWORD, World, authorize_url, bearer, client, get, introspect, post, realm, redeem, refresh, user

SCOPES = "openid profile email address phone"
STANDARD = {"given_name": "Ada", "family_name": "Лавлейс", "middle_name": "K.", "nickname": "ada", "profile": "https://people.example/ada",
            "picture": "https://people.example/ada.png", "website": "https://ada.example/", "gender": "female", "birthdate": "1815-12-10",
            "zoneinfo": "Europe/London", "locale": "en-GB"}
ADDRESS = {"formatted": "1 St James's Square\nLondon", "street_address": "1 St James's Square", "locality": "London", "region": "England",
           "postal_code": "SW1Y", "country": "UK"}
OWN = {"department": "mills", "level": 3, "https://x.example/staff": True, "groups": ["a", "b c"]}
ROWS = {"department": {"scope": "profile", "in": ["id_token", "userinfo", "access_token"]},
        "team": {"attribute": "groups", "in": "userinfo access_token"},
        "https://x.example/staff": {"scope": "email"},
        "email": {"scope": "email", "in": ["id_token"]},
        "address": {"scope": "address", "in": ["id_token"]},
        "rank": {"attribute": "level", "scope": "phone", "in": ["id_token"]},
        "api_only": {"attribute": "level", "in": ["access_token"]}}


def people():
    r = realm()
    r["clients"] += [client("shop", APP_SECRET, scopes=SCOPES.split() + ["read"], redirect_uris=["https://app.example/cb"]),
                     client("asks", APP_SECRET, scopes=SCOPES.split(), redirect_uris=["https://app.example/cb"]),
                     client("few", APP_SECRET, scopes=["openid", "profile"], redirect_uris=["https://app.example/cb"], auto_approve=True)]
    r["users"] += [user("ada", PASSWORD, display_name="Ada L.", email="ada@x.example", phone="+441", claims={
        **STANDARD, "address": ADDRESS, "email_verified": True, "phone_number_verified": False, **OWN}), user("bare", PASSWORD)]
    return r


@pytest.fixture(scope="module")
def w():
    with World("modern", "connect", realms=[people()], settings={"modern": {"claims": ROWS}}) as world:
        yield world


def tokens_of(w, name="ada", issuer="modern", path="/authorize", token="/token", client="shop", **more):
    fields = dict(client=client, scope=SCOPES, nonce="n-1", code_challenge=None, code_challenge_method=None)
    r = w.browser(issuer).authorize(authorize_url(w, issuer, path=path, **{**fields, **more}), name)
    t = redeem(w, r.query()["code"], issuer, client=client, code_verifier=None, path=token)
    assert t.status == 200, t
    return t.json()


def about(w, t, issuer="modern", path="/userinfo"):
    r = get(w.at(issuer, path), bearer(t["access_token"]))
    assert r.status == 200, r
    o = r.json()
    assert o.pop("sub")
    o.pop("updated_at", None)
    return o


NAMES = {"name": "Ada L.", "preferred_username": "ada", **STANDARD}
EMAIL = {"email": "ada@x.example", "email_verified": True}
PHONE = {"phone_number": "+441", "phone_number_verified": False}


def test_each_scope_gives_its_claims(w):
    assert about(w, tokens_of(w)) == {**NAMES, **EMAIL, **PHONE, "address": ADDRESS, "department": "mills", "team": ["a", "b c"], "https://x.example/staff": True}
    assert about(w, tokens_of(w, scope="openid profile")) == {**NAMES, "department": "mills", "team": ["a", "b c"]}
    assert about(w, tokens_of(w, scope="openid email")) == {**EMAIL, "team": ["a", "b c"], "https://x.example/staff": True}
    assert about(w, tokens_of(w, scope="openid address")) == {"address": ADDRESS, "team": ["a", "b c"]}
    assert about(w, tokens_of(w, scope="openid phone")) == {**PHONE, "team": ["a", "b c"]}
    assert about(w, tokens_of(w, scope="openid")) == {"team": ["a", "b c"]}


def test_who_has_none_gives_none(w):
    assert about(w, tokens_of(w, "bare")) == {"name": "bare", "preferred_username": "bare"}


def test_metadata_names_scopes_and_claims(w):
    m = get(w.at("modern", "/.well-known/openid-configuration")).json()
    assert m["scopes_supported"] == SCOPES.split() + ["offline_access"]
    assert set(NAMES) | set(EMAIL) | set(PHONE) | {"address", "updated_at", "sub"} | {"department", "team", "https://x.example/staff"} <= set(m["claims_supported"])
    assert len(set(m["claims_supported"])) == len(m["claims_supported"])
    assert "team" not in get(w.at("connect", "/.well-known/openid-configuration")).json()["claims_supported"]


def test_own_claims_stand_where_their_rows_say(w):
    t = tokens_of(w)
    i, a = talker_jwt.claims(t["id_token"]), talker_jwt.claims(t["access_token"])
    assert (i["department"], i["email"], i["address"]) == ("mills", "ada@x.example", ADDRESS) and "team" not in i and "given_name" not in i
    assert (a["department"], a["team"]) == ("mills", ["a", "b c"]) and "email" not in a
    assert introspect(w, t["access_token"], client="shop")["active"]
    again = refresh(w, t["refresh_token"], client="shop").json()
    assert talker_jwt.claims(again["access_token"])["team"] == ["a", "b c"] and talker_jwt.claims(again["id_token"])["department"] == "mills"
    t = tokens_of(w, scope="openid")
    i, a = talker_jwt.claims(t["id_token"]), talker_jwt.claims(t["access_token"])
    assert not {"department", "email", "address", "team"} & set(i) and a["team"] == ["a", "b c"] and "department" not in a
    t = tokens_of(w, "bare")
    assert not {"department", "email", "address", "team"} & (set(talker_jwt.claims(t["id_token"])) | set(talker_jwt.claims(t["access_token"])))


ASKED = [  # claims, more of the scope, what of the own ones the ID token says, and userinfo
    ({"id_token": {"department": None}}, "", {"department": "mills"}, {"team"}),
    ({"userinfo": {"department": {"essential": True}}}, "", {}, {"department", "team"}),
    ({"userinfo": {"rank": None}, "id_token": {"team": None}}, "", {"team": ["a", "b c"]}, {"rank", "team"}),
    ({"id_token": {"rank": {"value": 9}}}, "", {"rank": 3}, {"team"}),
    ({"id_token": {"rank": None, "department": None, "team": None}, "userinfo": {"rank": None, "department": None, "team": None}}, " profile phone",
     {"rank": 3, "department": "mills", "team": ["a", "b c"]}, {"rank", "department", "team"}),
    ({"id_token": {"api_only": {"essential": True}, "level": None, "groups": None}, "userinfo": {"api_only": None, "level": None}}, "", {}, {"team"}),
]


@pytest.mark.parametrize("claims, more, in_id_token, at_userinfo", ASKED)
def test_own_claims_can_be_asked_for_by_name(w, claims, more, in_id_token, at_userinfo):
    t = tokens_of(w, scope="openid" + more, claims=json.dumps(claims))
    names = {"department", "team", "rank", "api_only", "level", "groups"}
    i, a = talker_jwt.claims(t["id_token"]), talker_jwt.claims(t["access_token"])
    assert {k: v for k, v in i.items() if k in names} == in_id_token
    assert names & set(about(w, t)) == at_userinfo
    assert "rank" not in a and a["api_only"] == 3


def test_an_own_claim_is_allowed_with_its_scope(w):
    b = w.browser("modern")
    wanted = authorize_url(w, client="asks", scope="openid", nonce="n-1", code_challenge=None, code_challenge_method=None,
                           claims=json.dumps({"id_token": {"rank": None, "department": None}, "userinfo": {"team": None}}))
    page = b.follow(b.login(b.follow(b.get(wanted)), "ada", PASSWORD))
    assert {n for n, _, kind, _ in page.form("consent-form")["fields"] if kind == "checkbox"} == {"scope.openid", "scope.profile", "scope.phone"}
    t = redeem(w, b.decide(page, ("openid", "profile")).query()["code"], client="asks", code_verifier=None).json()
    i = talker_jwt.claims(t["id_token"])
    assert t["scope"] == "openid" and i["department"] == "mills" and "rank" not in i
    w.hufu("user", "revoke", "ada")


def test_what_the_client_could_not_have_by_scope_it_cannot_have_by_name(w):
    t = tokens_of(w, client="few", scope="openid", claims=json.dumps({"id_token": {"rank": {"essential": True}, "team": None}}))
    assert talker_jwt.claims(t["id_token"])["team"] == ["a", "b c"] and "rank" not in talker_jwt.claims(t["id_token"])


def test_an_issuer_without_rows_says_what_it_said(w):
    t = tokens_of(w, issuer="connect", path="/connect/authorize", token="/connect/token", nonce=None)
    assert list(talker_jwt.claims(t["access_token"])) == ["iss", "sub", "aud", "client_id", "scope", "jti", "iat", "exp"]
    assert about(w, t, "connect", "/connect/userinfo") == {**NAMES, **EMAIL, **PHONE, "address": ADDRESS}
    assert w.hufu("user", "set", "bare", "--email", "bare@x.example")[0] == 0
    t = tokens_of(w, "bare", issuer="connect", path="/connect/authorize", token="/connect/token", nonce=None)
    assert about(w, t, "connect", "/connect/userinfo") == {"name": "bare", "preferred_username": "bare", "email": "bare@x.example"}
    assert about(w, tokens_of(w, "bare"))["email_verified"] is False
    assert w.hufu("user", "set", "bare", "--email", "")[0] == 0


def test_what_is_set_is_told_at_once(w):
    t = tokens_of(w, "bare")
    for args, wanted in ((["--claim", "given_name=Bo", "--claim", "address.country=DE"], {"given_name": "Bo", "address": {"country": "DE"}}),
                         (["--email", "b@x.example", "--claim", "email_verified=true"],
                          {"given_name": "Bo", "address": {"country": "DE"}, "email": "b@x.example", "email_verified": True}),
                         (["--email", "c@x.example", "--claim", "given_name="], {"address": {"country": "DE"}, "email": "c@x.example", "email_verified": False}),
                         (["--email", "", "--claim", "address="], {})):
        status, out, err = w.hufu("user", "set", "bare", *args)
        assert status == 0, err
        assert about(w, t) == {"name": "bare", "preferred_username": "bare", **wanted}


# --- the command line --------------------------------------------------------------------------------------------------------------------------


def told(w, *args):
    status, out, err = w.hufu("--json", *args)
    assert status == 0, err
    return json.loads(out)["user"].get("claims", {})


def test_commands(w):
    assert told(w, "user", "create", "eve", "--no-password", "--claim", "locale=de-CH", "--claim", "cost_center=0042", "--claim", "level=7",
                "--claim", "staff=true", "--claim", "share=0.1", "--claim", 'groups=["a","b"]', "--claim", 'code="17"', "--claim", "address.locality=Ulm", "--claim",
                "nickname=42", "--claim", "motto=a=b") == {"locale": "de-CH", "cost_center": "0042", "level": 7, "share": 0.1, "staff": True, "groups": ["a", "b"], "code": "17",
                                                           "address": {"locality": "Ulm"}, "nickname": "42", "motto": "a=b"}
    assert told(w, "user", "set", "eve", "--claim", "address.country=DE", "--claim", "staff=", "--claim", "code=", "--claim", "motto=", "--claim",
                "nickname=", "--claim", "level=", "--claim", "share=0.25")["address"] == {"locality": "Ulm", "country": "DE"}
    assert told(w, "user", "set", "eve", "--claim", "address.locality=", "--claim", "address.country=") == {"locale": "de-CH", "cost_center": "0042", "groups": ["a", "b"], "share": 0.25}
    out = w.hufu("user", "show", "eve")[1]
    assert "locale=de-CH" in out and "share=0.25\n" in out and 'groups=["a","b"]' in out and "cost_center=0042" in out
    assert w.hufu("user", "export", "eve")[1].count('"cost_center": "0042"') == 1
    listed = {u["name"]: u.get("claims") for u in json.loads(w.hufu("--json", "user", "list")[1])["users"]}
    assert listed["eve"] == told(w, "user", "show", "eve") and listed["alice"] is None
    assert w.hufu("user", "delete", "eve")[0] == 0


@pytest.mark.parametrize("claim,why", [("birthdate=1.2.1990", "birthdate must be a date"), ("email=x@x.example", "email stands elsewhere"), ("email_verified=yes", "true or false"),
                                       ("address.city=Ulm", "address.city is no member"), ("a b=1", "no name for an attribute"), ('own={"a":{"b":1}}', "must be text, a number"),
                                       ("picture=javascript:alert(1)", "web address"), ("nickname=\u0007", "control characters"), ("nickname=" + "x" * 1025, "1024 bytes")])
def test_claims_that_cannot_be_are_refused(w, claim, why):
    status, out, err = w.hufu("user", "set", "bare", "--claim", claim)
    assert status == 1 and why in err, (status, out, err)


def test_a_claim_without_a_name_is_misuse(w):
    for bad in ("given_name", "=x", ""):
        status, out, err = w.hufu("user", "set", "bare", "--claim", bad)
        assert status == 2 and "NAME=VALUE" in err, (bad, status, err)
    assert "--claim NAME=VALUE" in w.hufu("user", "set", "--help")[1]


def test_export_load_backup_and_restore_keep_them(w, tmp_path):
    before = told(w, "user", "show", "ada")
    assert before["email_verified"] is True and before["address"] == ADDRESS and before["groups"] == OWN["groups"]
    status, out, err = w.hufu("realm", "export", "--realm", "main")
    assert status == 0, err
    assert next(u for u in json.loads(out)["users"] if u["name"] == "ada")["claims"] == before
    (tmp_path / "realm.json").write_text(out)
    assert w.hufu("user", "set", "ada", "--claim", "nickname=other", "--claim", "level=")[0] == 0
    status, out, err = w.hufu("realm", "load", str(tmp_path / "realm.json"))
    assert status == 0 and told(w, "user", "show", "ada") == before, err
    assert w.hufu("backup", str(tmp_path / "copy"))[0] == 0
    status, out, err = w.hufu("restore", str(tmp_path / "copy"), "--data", str(tmp_path / "new"))
    assert status == 0, err
    status, out, err = w.hufu("--data", str(tmp_path / "new"), "--json", "user", "show", "ada")
    assert status == 0 and json.loads(out)["user"]["claims"] == before, err


def test_rows_take_effect_at_a_reload():
    with World("modern", realms=[people()]) as v:
        t = tokens_of(v)
        assert "department" not in about(v, t)
        v.issuers["modern"]["claims"] = {"department": None}
        v.write_config()
        status, out, err = v.hufu("--json", "reload")
        assert status == 0 and "issuers.modern.claims" in json.loads(out)["changed"], (out, err)
        assert about(v, t)["department"] == "mills" and "department:" in v.hufu("config", "show")[1].replace('"', "")
        v.issuers["modern"]["claims"] = {"sub": None}
        v.write_config()
        status, out, err = v.hufu("reload")
        assert status == 1 and "the protocol gives this name its meaning" in err, (out, err)
        assert about(v, t)["department"] == "mills"
        v.issuers["modern"].update(claims={}, unverified_is_said=False)
        v.write_config()
        assert v.hufu("user", "set", "bare", "--email", "b@x.example")[0] == 0 and v.hufu("reload")[0] == 0
        assert "department" not in about(v, t) and "email_verified" not in about(v, tokens_of(v, "bare"))
