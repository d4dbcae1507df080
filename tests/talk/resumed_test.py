"""A request that waits for a decision goes on over what an operator has changed meanwhile: the rows of checks.def that say RESUME."""
import pytest

from talker import APP_SECRET, VERIFIER, World, authorize_url, basic, client, post, realm

CB = "https://app.example/cb"
GRANTS = ["authorization_code", "refresh_token", "implicit"]


def people():
    r = realm()
    r["clients"] = [c for c in r["clients"] if c["id"] != "app"]
    r["clients"] += [client("waits-%d" % i, APP_SECRET, scopes=["openid", "read", "write"], grants=GRANTS, redirect_uris=[CB], legacy=["implicit"],
                            metadata={"response_types": ["code", "token", "id_token token", "code id_token"]}) for i in range(12)]
    return r


@pytest.fixture(scope="module")
def w():
    with World("modern", realms=[people()]) as world:
        yield world


numbers = iter(range(12))


def waiting(w, **more):
    """(browser, page of consent, client)"""
    id = "waits-%d" % next(numbers)
    b = w.browser("modern")
    page = b.follow(b.get(authorize_url(w, **{"client": id, "redirect_uri": CB, "scope": "openid read", **more})))
    page = b.follow(b.login(page, "alice", "correct horse battery staple"))
    assert "consent-allow" in page.text, page
    return b, page, id


def changed(w, id, **change):
    assert w.control({"do": "client.set", "realm": "main", "id": id, **change}).get("client"), change


CHANGES = {
    "disabled": ({}, {"enabled": False}, None),
    "another address": ({}, {"redirect_uris": ["https://other.example/cb"]}, None),
    "a scope less": ({}, {"scopes": ["openid", "write"]}, "invalid_scope"),
    "no code any more": ({}, {"grants": ["refresh_token"]}, None),
    "no token any more": ({"response_type": "token", "nonce": "n"}, {"grants": ["authorization_code"]}, "unauthorized_client"),
    "tokens bound to a key": ({"response_type": "token"}, {"metadata": {"dpop_bound_access_tokens": True, "response_types": ["code", "token"]}}, "unauthorized_client"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_was_changed_meanwhile_counts(w, what):
    asked, change, error = CHANGES[what]
    b, page, id = waiting(w, **asked)
    changed(w, id, **change)
    r = b.decide(page)
    if error is None:
        assert r.status in (400, 401, 403) and not r.location, r
    else:
        assert r.location.startswith(CB) and "error=" + error in r.location and "code=" not in r.location and "access_token" not in r.location, r


def test_the_key_that_was_named_stays_with_the_code(w):
    b, page, id = waiting(w, dpop_jkt="x" * 43)
    code = b.decide(page).query()["code"]
    r = post(w.at("modern", "/token"), {"grant_type": "authorization_code", "code": code, "redirect_uri": CB, "code_verifier": VERIFIER}, basic(id, APP_SECRET))
    assert r.status == 400 and r.json()["error"] in ("invalid_dpop_proof", "invalid_grant"), r
