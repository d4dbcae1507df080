"""Second factors: one-time passwords and recovery codes at the login, step-up (RFC 9470), remembered devices, and that no door leads around them. The
other implementation is oathtool."""
import concurrent.futures, json, re, subprocess, time

import pytest

import talker_jwt
from talker import ALL_GRANTS, APP_SECRET, LEGACY, PASSWORD, World, audit_of, authorize_url, basic, client, form, introspect, post, realm, redeem, refresh, user, wait

PEOPLE = ["tina", "rob", "steve", "mia", "dan", "gus", "pia", "kim", "max", "lea", "ron", "zoe", "ivy", "ann", "eve"]
SIGNED = {"signing_alg": "ES256"}


def people():
    r = realm()
    r["users"] += [user(name, PASSWORD) for name in PEOPLE] + [user("boss", PASSWORD, authorities=["ROLE_BOSS"])]
    r["clients"] += [client("vault", APP_SECRET, scopes=["openid", "read"], redirect_uris=["https://app.example/cb"], auto_approve=True, metadata={"require_second_factor": True}),
                     client("shop", APP_SECRET, scopes=["openid", "read", "pay"], redirect_uris=["https://app.example/cb"], auto_approve=True,
                            grants=ALL_GRANTS, legacy=LEGACY),
                     client("tv", None, scopes=["openid", "pay"], grants=["urn:ietf:params:oauth:grant-type:device_code"])]
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


def enrol(w, b, issuer="modern"):
    """On the account page, by who is logged in: secret and recovery codes."""
    page = b.follow(b.get(w.at(issuer, "/account/factors")))
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
    assert audit_of(w, user="tina", endpoint="factor", reason="factor_code") and audit_of(w, user="tina", endpoint="account_factors")
    assert record_of(w, event="factor.enrolled", user="tina") and record_of(w, event="factor.failed", user="tina") and record_of(w, event="factor.used", user="tina", kind="totp")
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


def demanded(w, b, **more):
    """The page that a request leads to."""
    return b.follow(b.get(authorize_url(w, **more)))


DEMANDS = {"acr_values": dict(acr_values="2"), "an essential acr": dict(claims='{"id_token":{"acr":{"essential":true,"value":"2"}}}'),
           "a scope": dict(client="shop", scope="openid read pay"), "the client": dict(client="vault")}


@pytest.fixture(scope="module")
def rob(w):
    return enrolled(w, "rob")[0]


@pytest.mark.parametrize("name", DEMANDS)
def test_a_session_rises_where_a_request_asks_for_it(w, name):
    who = ["steve", "mia", "dan", "gus"][list(DEMANDS).index(name)]
    asked = {"scope": "openid read", **DEMANDS[name]}
    b = w.browser("modern")
    assert sign_in(w, b, who).status == 303
    before = session_of(w, b)
    assert b.get(authorize_url(w, **{**asked, "prompt": "none"})).query()["error"] == "login_required"
    # who has none sets one up in the middle
    page = demanded(w, b, **asked)
    secret = secret_of(page)
    page = b.submit(page.form("enrol-form"), "enrol-submit", factor_code="1")
    assert page.status == 400 and secret_of(page) == secret and session_of(w, b) == before
    page = b.submit(page.form("enrol-form"), "enrol-submit", factor_code=totp(w, secret))
    assert len(codes_of(page)) == 10 and session_of(w, b) != before
    old = w.browser("modern")                                                            # F4
    old.cookies = {k: before for k in b.cookies if k.endswith("hufu-modern")}
    assert old.get(w.at("modern", "/account/factors")).location.endswith("/login")      # the cookie from before is nobody's
    r = b.follow(b.get(re.search(r'id="recovery-on" href="([^"]+)"', page.text).group(1).replace("&amp;", "&")))
    if r.status == 200:
        r = b.decide(r)
    t = redeem(w, r.query()["code"], client=asked.get("client", "app")).json()
    own = talker_jwt.claims(t["id_token"])
    assert own["acr"] == "2" and "mfa" in own["amr"] and "pwd" in own["amr"]
    assert refresh(w, t["refresh_token"], client=asked.get("client", "app")).status == 200 if "refresh_token" in t else True
    assert "code" in b.get(authorize_url(w, **{**asked, "prompt": "none"})).query()


def test_an_old_session_sets_nothing_up_without_a_login(w):
    b = w.browser("modern")
    assert sign_in(w, b, "eve").status == 303
    turn(w, 700)
    page = demanded(w, b, scope="openid read", acr_values="2")
    assert any(kind == "password" for f in page.forms() for _, _, kind, _ in f["fields"]) and "enrol-form" not in page.text
    page = b.follow(b.login(page, "eve", PASSWORD))
    assert page.form("enrol-form")


def test_max_age_counts_the_factor_that_was_asked_for(w, rob):
    b = w.browser("modern")
    page = show(w, b, sign_in(w, b, "rob"), next_totp(w, rob))
    turn(w, 300)
    asked = dict(scope="openid read", acr_values="2", max_age="60")
    assert b.get(authorize_url(w, scope="openid read", acr_values="2", max_age="600")).status in (200, 303)
    page = demanded(w, b, **asked)
    assert page.form("factor-form") and "password" not in page.text
    r = b.follow(show(w, b, page, next_totp(w, rob)))
    r = b.decide(r) if r.status == 200 else r
    own = talker_jwt.claims(redeem(w, r.query()["code"]).json()["id_token"])
    assert own["acr"] == "2" and own["auth_time"] >= int(time.time()) + w.now - 60
    # a request that asks for no factor hears of the login
    turn(w, 100)
    assert b.get(authorize_url(w, scope="openid read", max_age="60")).location.endswith("/login")


def test_a_device_stands_for_the_factor_of_a_login_and_of_nothing_else(w, rob):
    b = w.browser("modern")
    assert show(w, b, sign_in(w, b, "rob"), next_totp(w, rob), remember_device="1").status == 303
    assert record_of(w, event="device.remembered", user="rob")
    device = next(v for k, v in b.cookies.items() if k.endswith("-device"))
    b.cookies = {k: v for k, v in b.cookies.items() if k.endswith("-device")}
    assert sign_in(w, b, "rob").status == 303 and session_of(w, b)
    r = b.authorize(authorize_url(w, scope="openid read"))
    own = talker_jwt.claims(redeem(w, r.query()["code"]).json()["id_token"])
    assert own["acr"] == "1" and own["amr"] == ["pwd"]
    assert demanded(w, b, scope="openid read", acr_values="2").form("factor-form")
    # another user of this browser, another issuer, another browser: it stands for nobody there
    other = w.browser("modern")
    other.cookies = {k: device for k in b.cookies if k.endswith("-device")}
    secret, _ = enrolled(w, "pia")
    assert sign_in(w, other, "pia").form("factor-form")
    assert sign_in(w, w.browser("modern"), "rob").form("factor-form")
    # listed, and forgotten
    page = b.get(w.at("modern", "/account/factors"))
    assert "this device" in page.text
    f = next(f for f in page.forms() if any(n == "trusted_device" for n, *_ in f["fields"]))
    assert b.submit(f, "factor_action").status == 303
    assert "this device" not in b.get(w.at("modern", "/account/factors")).text
    b.cookies = {k: v for k, v in b.cookies.items() if k.endswith("-device")}
    assert sign_in(w, b, "rob").form("factor-form")


def test_waits_and_half_logins_outlive_a_restart():
    with World("modern", realms=[people()], settings={"modern": SIGNED}) as w:
        w.now = 0
        secret, codes = enrolled(w, "kim")
        b = w.browser("modern")
        page = sign_in(w, b, "kim")
        for i in range(10):                     # the last one has to wait sixteen seconds
            turn(w, 2 ** (i - 6) if i > 5 else 0)
            page = show(w, b, page, "%06d" % ((int(totp(w, secret)) + 7 + i) % 1000000))
            assert page.status == 400, i
        w.stop()
        w.start()
        waits = show(w, b, page, totp(w, secret))
        assert waits.status == 429 and int(waits.get("Retry-After")) >= 1 and session_of(w, b) is None
        # another kind has its own counter; the half login is from before the restart
        recover = b.submit(next(f for f in page.forms() if "factor-use-recovery" in f["buttons"]), "factor-use-recovery")
        assert show(w, b, recover, codes[0]).status == 303
        assert wait(lambda: '"recovery_left":9' in w.log(), 5)


def test_a_device_is_allowed_with_a_factor_where_its_scope_asks_for_one(w):
    d = post(w.at("modern", "/device_authorization"), {"client_id": "tv", "scope": "openid pay"}).json()
    b = w.browser("modern")
    sign_in(w, b, "ivy")
    page = b.get(d["verification_uri_complete"])
    page = b.follow(b.submit(page.forms()[0], "device-submit"))
    assert page.form("enrol-form"), page                        # asked before anything is shown
    page = b.submit(page.form("enrol-form"), "enrol-submit", factor_code=totp(w, secret_of(page)))
    page = b.get(re.search(r'id="recovery-on" href="([^"]+)"', page.text).group(1).replace("&amp;", "&"))
    f = next(f for f in page.forms() if "approve-allow" in f["buttons"])
    assert b.submit(f, "approve-allow", **{"scope.openid": "true", "scope.pay": "true"}).status == 200
    r = post(w.at("modern", "/token"), {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "client_id": "tv", "device_code": d["device_code"]})
    assert r.status == 200 and talker_jwt.claims(r.json()["access_token"])["acr"] == "2", r


def test_a_grant_without_a_page_is_refused_in_its_own_shape(w):
    def ask(name):
        return post(w.at("spring", "/oauth/token"), {"grant_type": "password", "username": name, "password": PASSWORD, "scope": "read"}, basic("shop", APP_SECRET))
    assert ask("bob").status == 200
    enrolled(w, "ann")
    r = ask("ann")
    assert r.status == 400 and r.json()["error"] == "invalid_grant" and "second factor" in r.json()["error_description"]
    wrong = post(w.at("spring", "/oauth/token"), {"grant_type": "password", "username": "ann", "password": "wrong", "scope": "read"}, basic("shop", APP_SECRET))
    assert "second factor" not in wrong.text


def test_one_of_many_at_once_gets_a_session(w):
    secret, _ = enrolled(w, "max")
    turn(w, 30)
    tabs = []
    for _ in range(8):
        b = w.browser("modern")
        tabs.append((b, sign_in(w, b, "max")))
    code = totp(w, secret)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda tab: show(w, *tab, code).status, tabs))
    assert got.count(303) == 1, got


def test_who_has_to_have_one_sets_it_up_before_there_is_a_session(w):
    b = w.browser("modern")
    page = sign_in(w, b, "boss")
    assert page.form("enrol-form") and session_of(w, b) is None
    page = b.submit(page.form("enrol-form"), "enrol-submit", factor_code=totp(w, secret_of(page)))
    assert len(codes_of(page)) == 10 and session_of(w, b)
    assert 'href="/"' in page.text


def test_what_is_changed_stands_on_a_fresh_proof(w):
    secret, codes = enrolled(w, "lea")
    b = w.browser("modern")
    show(w, b, sign_in(w, b, "lea"), next_totp(w, secret))
    turn(w, 700)

    def press(button):
        page = b.get(w.at("modern", "/account/factors"))
        return b.submit(next(f for f in page.forms() if button in f["buttons"]), button)
    r = press("recovery-new")
    assert r.status == 303 and r.location.endswith("/login/factor")
    r = show(w, b, b.follow(r), next_totp(w, secret))
    assert r.location.endswith("/account/factors")
    newer = codes_of(press("recovery-new"))
    assert len(newer) == 10 and not set(newer) & set(codes)
    assert press("factor_action").status == 303
    assert record_of(w, event="factor.removed", user="lea")
    assert "factors-none" in b.get(w.at("modern", "/account/factors")).text
    assert sign_in(w, w.browser("modern"), "lea").status == 303
    # an enrolment of somebody else confirms nothing
    sign_in(w, b, "lea")
    theirs = w.browser("modern")
    sign_in(w, theirs, "bob")
    page = theirs.get(w.at("modern", "/account/factors"))
    page = theirs.submit(next(f for f in page.forms() if "factors-add" in f["buttons"]), "factors-add")
    mine = b.get(w.at("modern", "/account/factors")).forms()[0]
    fields = dict((n, v) for n, v, *_ in mine["fields"])
    fields.update(factor_action="confirm", factor_code=totp(w, secret_of(page)), factor_enrolment=dict((n, v) for n, v, *_ in page.form("enrol-form")["fields"])["factor_enrolment"])
    assert b.post(mine["action"], fields).status == 403
    # a link of another site changes nothing
    f = b.get(w.at("modern", "/account/factors")).forms()[0]
    assert b.post(f["action"], {"factor_action": "enrol"}).status in (400, 403)


def test_an_operator_resets_what_was_lost(w):
    secret, _ = enrolled(w, "ron")
    status, out, _ = w.hufu("user", "factors", "ron", "--realm", "main")
    assert status == 0 and "totp" in out and secret not in out, out
    all_of_it = w.hufu("user", "export", "ron", "--realm", "main")[1]
    kinds = [f["kind"] for f in json.loads(all_of_it)["factors"]]
    assert "totp" in kinds and "recovery" in kinds and secret not in all_of_it and "argon2" not in all_of_it, all_of_it
    page = sign_in(w, w.browser("modern"), "ron")
    assert page.form("factor-form")
    assert w.hufu("user", "factors-reset", "ron", "--realm", "main", "--kind", "fax")[0] != 0
    assert w.hufu("user", "factors-reset", "ron", "--realm", "main")[0] == 0
    assert record_of(w, event="user.factors-reset", user="ron")
    assert sign_in(w, w.browser("modern"), "ron").status == 303


def test_a_half_login_is_of_one_browser_and_ends(w):
    secret, _ = enrolled(w, "zoe")
    b, other = w.browser("modern"), w.browser("modern")
    page = sign_in(w, b, "zoe")
    sign_in(w, other, "nobody")
    stolen = page.form("factor-form")
    r = other.submit(stolen, "factor-submit", factor_code=next_totp(w, secret))
    assert r.status in (302, 303, 403) and session_of(w, other) is None
    turn(w, 700)
    r = show(w, b, page, totp(w, secret))
    assert r.status == 303 and r.location.endswith("/login") and session_of(w, b) is None
