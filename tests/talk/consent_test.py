"""Consent from the question to its withdrawal: what is remembered, for whom and how long, and what a withdrawal ends of a flow that is under way."""
import concurrent.futures, json

import pytest

from details_test import TYPES, files, text
from talker import APP_SECRET, PASSWORD, World, authorize_url, client, introspect, realm, redeem, refresh, user

CB = "https://app.example/cb"
NAMES = ["c%d" % i for i in range(20)]


def people():
    r = realm()
    r["clients"] += [client(id, APP_SECRET, scopes=["openid", "read", "write"], redirect_uris=[CB], grants=["authorization_code", "refresh_token"])
                     for id in ("shop", "second", "opaque")]
    r["clients"] += [client("api", APP_SECRET, scopes=["read"], grants=["client_credentials"], introspects="all")]
    r["users"] += [user(name, PASSWORD) for name in NAMES]
    return r


@pytest.fixture(scope="module")
def w():
    settings = {"modern": {"authorization_details": TYPES}, "modern-live": {"consent_memory": "live_tokens", "access_shape": "b64url27"}}
    with World(*settings, realms=[people()], settings=settings) as world:
        yield world


@pytest.fixture
def name():
    return NAMES.pop()


def url(w, issuer="modern", **more):
    return authorize_url(w, issuer, **{"client": "shop", "scope": "openid read", "nonce": "n-1", "code_challenge": None, "code_challenge_method": None, **more})


def page(w, b, name, **more):
    """The page that asks."""
    r = b.follow(b.get(url(w, **more)))
    if 'id="login-submit"' in r.text:
        r = b.follow(b.login(r, name, PASSWORD))
    assert r.form("consent-form"), r
    return r


def silent(w, b, **more):
    return b.get(url(w, prompt="none", **more)).query()


def tokens(w, code, client="shop"):
    return redeem(w, code, client=client, code_verifier=None)


def listed(w, *what):
    return json.loads(w.hufu("--json", "consent", "list", "--realm", "main", *what)[1])["approvals"]


def withdraw(w, *what):
    code, said, wrong = w.hufu("consent", "withdraw", "--realm", "main", *what)
    assert code == 0, wrong


def test_wider_scopes_are_asked_and_what_was_refused_of_them_is_asked_again(w, name):
    b = w.browser("modern")
    b.decide(page(w, b, name))
    assert "code" in silent(w, b)
    wide = page(w, b, name, scope="openid read write")
    assert tokens(w, b.decide(wide, ("openid", "read")).query()["code"]).json()["scope"] == "openid read"
    assert silent(w, b, scope="openid read write")["error"] == "consent_required"
    assert "code" in silent(w, b)
    assert sorted(listed(w, "--user", name)[0]["scopes"]) == ["openid", "read"]
    b.decide(page(w, b, name, scope="openid read write"))
    assert "code" in silent(w, b, scope="openid read write")


def test_a_withdrawal_ends_the_question_that_waits_the_code_and_the_tokens(w, name):
    b = w.browser("modern")
    given = tokens(w, b.decide(page(w, b, name)).query()["code"]).json()
    other = tokens(w, b.decide(page(w, b, name, client="second")).query()["code"], "second").json()
    code = silent(w, b)["code"]
    waits = page(w, b, name, scope="openid read write")
    withdraw(w, "--user", name, "--client", "shop")
    assert [a["client"] for a in listed(w, "--user", name)] == ["second"]
    assert tokens(w, code).json()["error"] == "invalid_grant"
    assert refresh(w, given["refresh_token"], client="shop").json()["error"] == "invalid_grant"
    assert not introspect(w, given["access_token"], client="api")["active"]
    assert introspect(w, other["access_token"], client="api")["active"], "another client's consent is another"
    r = b.decide(waits)
    assert not r.query().get("code") and r.status == 303, r                             # it begins anew
    assert b.follow(r).form("consent-form")
    assert silent(w, b)["error"] == "consent_required" and [a["client"] for a in listed(w, "--user", name)] == ["second"]


def test_a_withdrawal_of_a_client_is_of_every_user(w):
    one, two = NAMES.pop(), NAMES.pop()
    b, c = w.browser("modern"), w.browser("modern")
    b.decide(page(w, b, one, client="opaque")), c.decide(page(w, c, two, client="opaque"))
    withdraw(w, "--client", "opaque")
    assert listed(w, "--client", "opaque") == []
    assert w.hufu("consent", "withdraw", "--realm", "main", "--client", "opaque")[0] != 0, "there is none any more"
    for x in (b, c):
        assert silent(w, x, client="opaque")["error"] == "consent_required"


def test_a_session_that_ends_while_the_question_stands_allows_nothing(w, name):
    b = w.browser("modern")
    waits = page(w, b, name)
    assert w.hufu("session", "end", "--user", name, "--realm", "main")[0] == 0
    r = b.decide(waits)
    assert "code" not in r.query() and listed(w, "--user", name) == []
    assert 'id="login-submit"' in b.follow(b.follow(r)).text


def test_details_are_withdrawn_with_the_rest(w, name):
    b, asked = w.browser("modern"), text([files("list")])
    b.decide(page(w, b, name, authorization_details=asked))
    assert "code" in silent(w, b, authorization_details=asked)
    wider = page(w, b, name, authorization_details=text([files("list", "write")]))
    withdraw(w, "--user", name)
    assert "code" not in b.decide(wider).query()
    assert silent(w, b, authorization_details=asked)["error"] == "consent_required"
    b.decide(page(w, b, name))                                      # the scopes alone
    assert "code" in silent(w, b) and silent(w, b, authorization_details=asked)["error"] == "consent_required"


def test_of_several_accounts_each_has_its_own(w):
    one, two = NAMES.pop(), NAMES.pop()
    b = w.browser("modern")
    b.decide(page(w, b, one))
    assert b.login(b.get(w.at("modern", "/login")), two, PASSWORD).status == 303        # now the active one
    waits = page(w, b, two, login_hint=two)
    assert "code" in silent(w, b, login_hint=one) and silent(w, b, login_hint=two)["error"] == "consent_required"
    first = page(w, b, one, login_hint=one, scope="openid read write")
    withdraw(w, "--user", two) if listed(w, "--user", two) else None
    assert tokens(w, b.decide(waits).query()["code"]).status == 200
    assert [a["user"] for a in listed(w, "--user", two)] == [two]
    withdraw(w, "--user", two)
    assert "code" in silent(w, b, login_hint=one), "what the other one has allowed stays"
    assert tokens(w, b.decide(first).query()["code"]).json()["scope"] == "openid read write"
    assert listed(w, "--user", two) == [] and len(listed(w, "--user", one)[0]["scopes"]) == 3


def test_where_living_tokens_count_an_end_of_them_is_the_withdrawal(w, name):
    b, live = w.browser("modern-live"), {"issuer": "modern-live"}
    page(w, b, name, **live)
    code = b.decide(page(w, b, name, **live)).query()["code"]
    assert redeem(w, code, "modern-live", client="shop", code_verifier=None).status == 200 and "code" in silent(w, b, **live)
    assert listed(w, "--user", name) == []
    status, _, why = w.hufu("consent", "withdraw", "--user", name, "--client", "shop", "--realm", "main")
    assert status != 0 and "nothing was withdrawn" in why and "hufu session end --user" in why
    assert w.hufu("session", "end", "--user", name, "--client", "shop", "--realm", "main")[0] == 0
    assert silent(w, b, **live)["error"] == "consent_required"


def test_of_a_withdrawal_beside_many_decisions_nothing_is_left(w, name):
    b = w.browser("modern")
    b.decide(page(w, b, name))
    pages = [page(w, b, name, scope="openid read write") for _ in range(16)]

    def decide(p):
        x = w.browser("modern")
        x.cookies.update(b.cookies)
        return x.decide(p).query().get("code")

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        codes = [pool.submit(decide, p) for p in pages]
        withdraw(w, "--user", name)
        codes = [c for c in (f.result() for f in codes) if c]
    assert listed(w, "--user", name) == []
    assert [tokens(w, c).json().get("error") for c in codes] == ["invalid_grant"] * len(codes)
