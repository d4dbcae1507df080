"""hufu as the identity provider of another hufu: two servers, discovery, PKCE, private_key_jwt by the issuer's own key, and what goes through both."""
import re, time, urllib.parse

import pytest

import talker_jwt
from talker import APP_SECRET, PASSWORD, World, authorize_url, client, get, realm, redeem, user
from server import free_ports

CB = "https://app.example/cb"


@pytest.fixture(scope="module")
def chain():
    """(the one that knows its users, the one that asks it)"""
    above, below = realm(), realm()
    above["users"] += [user("grete", PASSWORD, display_name="Grete Above", email="grete@corp.example", claims={"email_verified": True, "locale": "de"})]
    below["clients"] += [client("shop", APP_SECRET, scopes=["openid", "profile", "email"], redirect_uris=[CB], auto_approve=True)]
    port = free_ports(1)[0]
    home = "http://127.0.0.1:%d" % port
    back = lambda name: ["%s/login/back/%s" % (home, name)]
    above["clients"] += [client("by-secret", APP_SECRET, scopes=["openid", "profile", "email"], redirect_uris=back("top"), auto_approve=True),
                         client("by-key", None, scopes=["openid", "profile", "email"], redirect_uris=back("keyed"), auto_approve=True,
                                metadata={"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": home + "/jwks"})]
    with World("modern", realms=[above], settings={"modern": {"client_documents_private": True}}) as up:
        item = lambda **m: {"kind": "openid", "issuer": up.url["modern"], "create_users": "true", "label": "Above", **m}
        rows = {"top": item(client_id="by-secret", client_secret=APP_SECRET, claims="[locale=locale]"), "keyed": item(client_id="by-key", client_auth="private_key_jwt")}
        top = "identity_providers:\n" + "".join("  %s:\n%s" % (n, "".join("    %s: %s\n" % kv for kv in r.items())) for n, r in rows.items())

        class Here(World):
            def __init__(self):
                super().__init__("modern", realms=[below], top=top, settings={"modern": {"identity_providers": list(rows), "url": home}}, listener={"bind": ["127.0.0.1:%d" % port]})
                self.url["modern"], self.port["modern"] = home, port

        with Here() as down:
            yield up, down


def through(up, down, provider, b, above, who="grete", **more):
    r = b.follow(b.get(authorize_url(down, client="shop", scope="openid profile email", **more)))
    href = re.search(r'href="([^"]*/login/with/%s[^"]*)"' % provider, r.text)[1].replace("&amp;", "&")
    there = b.get(href).location
    assert there.startswith(up.url["modern"] + "/authorize?"), there
    r = above.follow(above.get(there))
    if r.status == 200:
        r = above.follow(above.login(r, who, PASSWORD))
    assert r.status == 303 and r.location.startswith(down.url["modern"] + "/login/back/"), r
    return b.follow(b.get(r.location))


@pytest.mark.parametrize("provider", ["top", "keyed"])
def test_a_user_of_one_signs_in_at_the_other(chain, provider):
    up, down = chain
    b, above = down.browser("modern"), up.browser("modern")
    who = "grete" if provider == "top" else "bob"                                   # who has an address here by now would have to connect it
    r = through(up, down, provider, b, above, who, login_hint=who)
    t = redeem(down, r.query()["code"], client="shop").json()
    said = talker_jwt.verify(t["id_token"], get(down.at("modern", "/jwks")).json())
    assert said["amr"] == ["fed"] and said["iss"] == down.url["modern"]
    info = get(down.at("modern", "/userinfo"), {"Authorization": "Bearer " + t["access_token"]}).json()
    if provider == "top":
        assert (info["name"], info["email"], info["email_verified"]) == ("Grete Above", "grete@corp.example", True), info
        assert info["locale"] == "de"
    again = through(up, down, provider, down.browser("modern"), above)              # its session above still lives
    assert talker_jwt.claims(redeem(down, again.query()["code"], client="shop").json()["id_token"])["sub"] == said["sub"]


def test_a_new_login_is_asked_for_in_both(chain):
    up, down = chain
    b, above = down.browser("modern"), up.browser("modern")
    through(up, down, "top", b, above)
    before = int(time.time())
    up.turn_clock(200), down.turn_clock(200)
    try:
        r = through(up, down, "top", b, above, prompt="login")
        assert talker_jwt.claims(redeem(down, r.query()["code"], client="shop").json()["id_token"])["auth_time"] >= before + 190
    finally:
        up.turn_clock(-200), down.turn_clock(-200)
