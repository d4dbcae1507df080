"""Second factors: one-time passwords and recovery codes at the login, step-up (RFC 9470), remembered devices, and that no door leads around them. The
other implementation is oathtool."""
import concurrent.futures, re, subprocess, time

import pytest

import talker_jwt
from talker import ALL_GRANTS, APP_SECRET, LEGACY, PASSWORD, World, audit_of, authorize_url, basic, client, form, introspect, post, realm, redeem, refresh, user, wait

PEOPLE = ["tina", "rob", "steve", "mia", "dan", "gus", "pia", "kim", "max", "lea", "ron", "zoe"]
SIGNED = {"signing_alg": "ES256"}


def people():
    r = realm()
    r["users"] += [user(name, PASSWORD) for name in PEOPLE] + [user("boss", PASSWORD, authorities=["ROLE_BOSS"])]
    r["clients"] += [client("vault", APP_SECRET, redirect_uris=["https://app.example/cb"], auto_approve=True, metadata={"require_second_factor": True}),
                     client("shop", APP_SECRET, scopes=["openid", "read", "pay"], redirect_uris=["https://app.example/cb"], auto_approve=True,
                            grants=ALL_GRANTS, legacy=LEGACY)]
    return r


@pytest.fixture(scope="module")
def w():
    with World("modern", "spring", realms=[people()], settings={
            "modern": {**SIGNED, "second_factor_groups": "ROLE_BOSS", "second_factor_scopes": "pay", "factor_remembered_s": 864000}}) as world:
        world.now = 0
        yield world


def turn(w, seconds):
    w.turn_clock(seconds)
    w.now += seconds


def totp(w, secret, steps=0):
    """What an authenticator app shows."""
    at = int(time.time()) + w.now + 30 * steps
    out = subprocess.run(["oathtool", "--totp", "-b", "-N", "@%d" % at, secret], capture_output=True, text=True, check=True)
    return out.stdout.strip()


def next_totp(w, secret):
    """One that has not been used: time goes on."""
    turn(w, 30)
    return totp(w, secret)


def secret_of(page):
    return re.search(r'id="enrol-secret">([A-Z2-7 ]+)<', page.text).group(1).replace(" ", "")


def codes_of(page):
    return re.findall(r"<code>([0-9a-z-]{19})</code>", page.text)


def sign_in(w, b, name, issuer="modern"):
    return b.login(b.get(w.at(issuer, "/login")), name, PASSWORD)


def enrol(w, b):
    """On the account page, by who is logged in: secret and recovery codes."""
    page = b.follow(b.get(w.at("modern", "/account/factors")))
    page = b.submit(next(f for f in page.forms() if "factors-add" in f["buttons"]), "factors-add")
    secret = secret_of(page)
    page = b.submit(page.form("enrol-form"), "enrol-submit", factor_code=totp(w, secret), factor_name="phone")
    assert page.status == 200 and len(codes_of(page)) == 10, page
    return secret, codes_of(page)


def enrolled(w, name):
    b = w.browser("modern")
    assert sign_in(w, b, name).status == 303
    return enrol(w, b)


def session_of(w, b):
    return next((v for k, v in b.cookies.items() if k.endswith("hufu-modern")), None)


def show(w, b, page, code, **more):
    return b.submit(page.form("factor-form"), "factor-submit", factor_code=code, **more)


def record_of(w, **match):
    """A line of the log about what was done (base/record.h)."""
    return wait(lambda: any(all('"%s":"%s"' % kv in line for kv in match.items()) for line in w.log().splitlines()), 5)


def test_a_login_asks_for_what_was_set_up_and_no_session_exists_before(w):
    secret, codes = enrolled(w, "tina")
    b = w.browser("modern")
    page = sign_in(w, b, "tina")
    assert page.status == 200 and page.form("factor-form") and session_of(w, b) is None
    assert b.get(w.at("modern", "/account/factors")).location.endswith("/login")
    wrong = show(w, b, page, "000000" if totp(w, secret) != "000000" else "000001")
    assert wrong.status == 400 and "factor-error" in wrong.text and session_of(w, b) is None
    code = next_totp(w, secret)
    done = show(w, b, wrong, code)
    assert done.status == 303 and session_of(w, b)
    # its step has been used: no other login by it
    other = w.browser("modern")
    assert show(w, other, sign_in(w, other, "tina"), code).status == 400
    assert record_of(w, event="factor.failed", user="tina") and record_of(w, event="factor.used", user="tina", kind="totp")
    # what tokens say
    r = b.authorize(authorize_url(w, scope="openid read"))
    t = redeem(w, r.query()["code"]).json()
    own = talker_jwt.claims(t["id_token"])
    assert own["acr"] == "2" and own["amr"] == ["pwd", "otp", "mfa"]
    assert introspect(w, t["access_token"])["acr"] == "2" and talker_jwt.claims(t["access_token"])["acr"] == "2"
    assert introspect(w, refresh(w, t["refresh_token"]).json()["access_token"])["acr"] == "2"
    # a recovery code does once
    for status in (303, 400):
        b = w.browser("modern")
        page = sign_in(w, b, "tina")
        page = b.submit(next(f for f in page.forms() if "factor-use-recovery" in f["buttons"]), "factor-use-recovery")
        assert show(w, b, page, codes[0].upper().replace("-", " ")).status == status
