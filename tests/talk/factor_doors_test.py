"""No door leads around a second factor (F1): a login of others, a forgotten password, a link by password, a session from before, devices, CIBA, a refresh.
The doors of the grants without a page are in factors_test.py, those of applications that ask themselves in first_party_test.py."""
from contextlib import closing
import re

import pytest

import talker_jwt, upstreams
from ciba_test import GRANT as CIBA
from factors_test import codes_of, enrol, enrolled, next_totp, secret_of, session_of, show, sign_in, totp, turn
from gateway import Gateway
from mailbox import Mailbox
from talker import APP_SECRET, PASSWORD, World, audit_of, authorize_url, basic, client, post, realm, redeem, refresh, user
from upstream_test import CB, ann, begin, claims, come_back, link_page, log_in

NEW = "another-battery-staple-77"
PEOPLE = ["fay", "flo", "fred", "finn", "fritz", "fox", "dev", "cib", "refr", "lin", "must", "plain", "full", "fuller"]
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


def people():
    r = realm()
    r["users"] += [user(name, PASSWORD, email=name + "@people.test", phone="+49151000000%02d" % i) for i, name in enumerate(PEOPLE)]
    r["clients"] += [client("shop", APP_SECRET, scopes=["openid", "profile", "email"], redirect_uris=[CB], auto_approve=True),
                     client("tv", None, scopes=["openid", "read"], grants=[DEVICE]),
                     client("bank", APP_SECRET, scopes=["openid"], grants=[CIBA, "refresh_token"]),
                     client("vault", APP_SECRET, scopes=["openid"], grants=[CIBA], metadata={"require_second_factor": True})]
    return r


@pytest.fixture(scope="module")
def place():
    box, gateway = Mailbox().start(), Gateway("webhook")
    rules = {"identity_providers": ["openid"], "signing_alg": "ES256"}
    with closing(box), closing(gateway), upstreams.providers() as (base, stand):
        rows = {"openid": upstreams.settings(base, "openid", stand.keys)}
        top = upstreams.top(rows) + box.settings() + gateway.settings("g") + "passwords:\n  min: 10\n"
        with World("modern", "modern-all", "modern-full", realms=[people()], top=top,
                   settings={"modern": {**rules, "password_reset": "both", "sms_gateway": "g", "factor_remembered_s": 864000,
                                        "email_change": True, "phone_change": True},
                             "modern-all": {**rules, "second_factor": "required"},
                             "modern-full": {**rules, "sessions_max": 1, "session_conflict": "newest_refused"}}) as w:
            w.now, w.box, w.stand, w.gateway = 0, box, stand, gateway
            yield w


def nobody_is_in(w, b, issuer="modern"):
    assert next((v for k, v in b.cookies.items() if k.endswith("hufu-" + issuer)), None) is None
    r = b.get(w.at(issuer, "/account"))
    assert r.status == 303 and "/login" in r.location


def asks_for_it(w, page, b, issuer="modern"):
    """The page of the factor, and no session behind it."""
    assert page.status == 200 and page.form("factor-form"), page
    nobody_is_in(w, b, issuer)
    return page


def kinds_of(w, name):
    return {f["kind"] for f in w.control({"do": "user.factors", "realm": "main", "name": name})["factors"]}


# --- logins of others -----------------------------------------------------------------------------------------------------------------

def test_a_login_at_a_provider_asks_whoever_has_a_factor(place):
    w = place
    b, r = log_in(w, w.stand, "openid", ann("factor-1"))
    assert claims(w, r)["amr"] == ["fed"]
    secret, _ = enrol(w, b)
    b, page = log_in(w, w.stand, "openid", ann("factor-1"))
    asks_for_it(w, page, b)
    wrong = show(w, b, page, "000000" if totp(w, secret) != "000000" else "000001")
    assert wrong.status == 400
    nobody_is_in(w, b)
    done = show(w, b, wrong, next_totp(w, secret))
    said = claims(w, b.follow(done))
    assert said["amr"] == ["fed", "otp", "mfa"] and said["acr"] == "2"


def test_who_comes_by_a_provider_for_the_first_time_sets_one_up_where_all_must_have_one(place):
    w = place
    for _ in range(2):                                                  # leaving the page and coming again is no way in
        b, page = log_in(w, w.stand, "openid", ann("factor-2"), issuer="modern-all")
        assert page.status == 200 and page.form("enrol-form"), page
        nobody_is_in(w, b, "modern-all")
    page = b.submit(page.form("enrol-form"), "enrol-submit", factor_code=totp(w, secret_of(page)))
    assert len(codes_of(page)) == 10
    on = b.follow(b.get(re.search(r'id="recovery-on" href="([^"]+)"', page.text).group(1).replace("&amp;", "&")))
    assert claims(w, on, "modern-all")["amr"] == ["fed", "otp", "mfa"] if on.status != 200 else on.status == 200


def test_a_link_by_password_asks_for_the_factor(place):
    w = place
    secret, _ = enrolled(w, "lin")
    b, page = log_in(w, w.stand, "openid", ann("factor-3", email="lin@people.test", email_verified=True))
    page = b.submit(link_page(page), username="lin", password=PASSWORD)
    asks_for_it(w, page, b)
    assert w.control({"do": "identity.list", "realm": "main", "user": "lin"})["identities"] == [], "linked by the password alone"
    assert claims(w, b.follow(show(w, b, page, next_totp(w, secret))))["amr"] == ["fed", "pwd", "otp", "mfa"]
    assert len(w.control({"do": "identity.list", "realm": "main", "user": "lin"})["identities"]) == 1
    b, page = log_in(w, w.stand, "openid", ann("factor-3"))
    asks_for_it(w, page, b)


def identities(w, name):
    return w.control({"do": "identity.list", "realm": "main", "user": name})["identities"]


def must_change(w, name):
    assert w.hufu("user", "set", "--realm", "main", name, "--must-change")[0] == 0


def chosen(b, page, new=NEW):
    return b.submit(page.form("new-password-form"), "new-password-submit", new_password=new, new_password_again=new)


@pytest.mark.parametrize("name", ["must", "plain"])
def test_a_link_by_password_outlives_the_change_of_that_password_and_the_factor_before_it(place, name):
    """must: has a factor too; plain: has none. O10: the row is made with the session, and not before."""
    w, there = place, ann("stale-" + name)
    secret = enrolled(w, name)[0] if name == "must" else None
    must_change(w, name)
    b, page = log_in(w, w.stand, "openid", {**there, "email": name + "@people.test", "email_verified": True})
    page = b.submit(link_page(page), username=name, password=PASSWORD)
    if secret:
        asks_for_it(w, page, b)
        page = show(w, b, page, next_totp(w, secret))
    assert page.form("new-password-form") and identities(w, name) == [], page
    nobody_is_in(w, b)
    assert claims(w, b.follow(chosen(b, page)))["amr"] == ["fed", "pwd"] + (["otp", "mfa"] if secret else [])
    assert [i["subject"] for i in identities(w, name)] == [there["sub"]]
    b, page = log_in(w, w.stand, "openid", there)
    if secret:
        asks_for_it(w, page, b)
    else:
        assert claims(w, page)["amr"] == ["fed"]


def test_whose_password_must_be_changed_comes_in_by_a_provider_not_at_all(place):
    w = place
    b, page = log_in(w, w.stand, "openid", ann("stale-plain"))
    assert page.query().get("code"), page
    must_change(w, "plain")
    b, page = log_in(w, w.stand, "openid", ann("stale-plain"))
    assert "has expired or must be changed" in page.text, page
    nobody_is_in(w, b)


# --- as many sessions as there may be -------------------------------------------------------------------------------------------------

def is_full(w, b, r):
    page = b.follow(r) if r.status in (302, 303) else r
    assert page.status == 200 and 'id="login-submit"' in page.text and "signed in on another device" in page.text, page
    nobody_is_in(w, b, "modern-full")


def test_where_nobody_more_may_come_in_every_door_says_so(place):
    w = place
    first = w.browser("modern-full")
    assert sign_in(w, first, "full", "modern-full").status == 303
    secret, codes = enrol(w, first, "modern-full")
    b = w.browser("modern-full")
    page = asks_for_it(w, sign_in(w, b, "full", "modern-full"), b, "modern-full")
    is_full(w, b, show(w, b, page, next_totp(w, secret)))
    must_change(w, "fuller")
    one, two = w.browser("modern-full"), w.browser("modern-full")
    pages = [sign_in(w, x, "fuller", "modern-full") for x in (one, two)]
    assert chosen(one, pages[0]).status == 303
    assert two.follow(chosen(two, pages[1])).status == 200              # the password is another one: a login anew
    is_full(w, two, two.login(two.get(w.at("modern-full", "/login")), "fuller", NEW))
    assert log_in(w, w.stand, "openid", ann("full"), issuer="modern-full")[1].query()["code"]
    b, page = log_in(w, w.stand, "openid", ann("full"), issuer="modern-full")
    is_full(w, b, page)


# --- ways in --------------------------------------------------------------------------------------------------------------------------

def test_a_telephone_is_no_way_in_where_its_codes_are_for_other_ends(place):
    w = place
    b, page = log_in(w, w.stand, "openid", ann("phoned"))
    assert page.query()["code"]
    name = re.search(r'class="who-name">([^<]+)<', b.get(w.at("modern", "/account")).text)[1]
    assert w.hufu("user", "set", "--realm", "main", name, "--phone", "+4915155500001")[0] == 0
    f = next(f for f in b.get(w.at("modern", "/account/identities")).forms() if "disconnect-1" in f["buttons"])
    r = b.submit(f, "disconnect-1")
    assert r.status == 409 and "only way in which you can sign in" in r.text and len(identities(w, name)) == 1, r


@pytest.mark.parametrize("path", ["/account/email", "/account/phone"])
def test_who_has_no_password_logs_in_anew_to_change_an_address(place, path):
    """By a new address somebody could come in who has found a session that was left open: by its codes, or by a provider that is trusted for it."""
    w = place
    b, page = log_in(w, w.stand, "openid", ann("left-open"))
    assert page.query()["code"] and b.get(w.at("modern", path)).form("identifier")
    f = b.get(w.at("modern", path)).form("identifier")
    turn(w, 301)
    for r in (b.get(w.at("modern", path)), b.submit(f, identifier={"/account/email": "new@people.test", "/account/phone": "+49151777"}[path])):
        assert r.status == 303 and "/login" in r.location, r
    page = b.follow(r)
    r = b.get(re.search(r'href="([^"]*/login/with/openid[^"]*)"', page.text)[1].replace("&amp;", "&"))
    assert come_back(b, w.stand.go("openid", r.location, ann("left-open"))).form("identifier")


# --- a forgotten password -------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name,by", [("fay", "mail"), ("flo", "sms")])
def test_a_forgotten_password_neither_logs_in_nor_takes_the_factor_away(place, name, by):
    w = place
    secret, codes = enrolled(w, name)
    remembered = w.browser("modern")
    assert show(w, remembered, sign_in(w, remembered, name), next_totp(w, secret), remember_device="1").status == 303
    b = w.browser("modern")
    page = b.follow(b.submit(b.get("/forgot").form("identifier"), identifier=name, proof_by=by))
    code = w.box.mail().code if by == "mail" else w.gateway.message()[1]
    done = b.submit(page.form("proof_code"), proof_code=code, new_password=NEW, new_password_again=NEW)
    assert done.status == 200 and "self-login" in done.text, done
    nobody_is_in(w, b)
    assert kinds_of(w, name) == {"totp"}
    # neither here nor in the browser that stood for it
    remembered.cookies = {k: v for k, v in remembered.cookies.items() if k.endswith("-device")}
    for browser in (b, remembered, w.browser("modern")):
        page = browser.login(browser.get(w.at("modern", "/login")), name, NEW)
        asks_for_it(w, page, browser)
    page = b.login(b.get(w.at("modern", "/login")), name, NEW)
    page = b.submit(next(f for f in page.forms() if "factor-use-recovery" in f["buttons"]), "factor-use-recovery")
    assert show(w, b, page, codes[1]).status == 303 and session_of(w, b)


def test_a_forgotten_password_that_must_be_changed_is_not_set_again(place):
    w = place
    must_change(w, "fritz")
    b = w.browser("modern")
    page = b.follow(b.submit(b.get("/forgot").form("identifier"), identifier="fritz", proof_by="sms"))
    code = w.gateway.message()[1]
    page = b.submit(page.form("proof_code"), proof_code=code, new_password=PASSWORD, new_password_again=PASSWORD)
    assert "used this password before" in page.text, page
    done = b.submit(page.form("proof_code"), proof_code=code, new_password=NEW, new_password_again=NEW)
    assert done.status == 200 and "self-login" in done.text, done


# --- a session from before ------------------------------------------------------------------------------------------------------------

def test_the_page_of_a_device_asks_a_session_from_before(place):
    w = place
    b = w.browser("modern")
    assert sign_in(w, b, "dev").status == 303
    secret, _ = enrolled(w, "dev")                                      # elsewhere
    d = post(w.at("modern", "/device_authorization"), {"client_id": "tv", "scope": "openid read"}).json()
    page = b.get(d["verification_uri_complete"])
    page = b.follow(b.submit(page.forms()[0], "device-submit"))
    assert page.form("factor-form") and "approve-allow" not in page.text, page
    page = b.follow(show(w, b, page, next_totp(w, secret)))
    f = next(f for f in page.forms() if "approve-allow" in f["buttons"])
    assert b.submit(f, "approve-allow", **{"scope.openid": "true", "scope.read": "true"}).status == 200
    r = post(w.at("modern", "/token"), {"grant_type": DEVICE, "client_id": "tv", "device_code": d["device_code"]})
    assert r.status == 200 and talker_jwt.claims(r.json()["access_token"])["acr"] == "2", r


@pytest.mark.parametrize("who", ["bank", "vault"])
def test_the_page_of_an_approval_asks(place, who):
    """bank: its user has one, set up after the session began; vault: a client that asks for one."""
    w, name = place, "cib" if who == "bank" else "fox"
    b = w.browser("modern")
    assert sign_in(w, b, name).status == 303
    secret, _ = enrolled(w, name)
    d = post(w.at("modern", "/bc-authorize"), {"scope": "openid", "login_hint": name, "binding_message": "M-" + who}, basic(who, APP_SECRET)).json()
    page = b.get("/approvals")
    link = re.search(r'<a href="([^"]*decoupled_request=[^"]*)">', page.text)
    page = b.get(link.group(1).replace("&amp;", "&")) if link else b.follow(page)
    page = page if page.status == 200 else b.follow(page)
    assert page.form("factor-form") and "approve-allow" not in page.text, page
    poll = {"grant_type": CIBA, "auth_req_id": d["auth_req_id"]}
    assert post(w.at("modern", "/token"), poll, basic(who, APP_SECRET)).json()["error"] == "authorization_pending"
    page = b.follow(show(w, b, page, next_totp(w, secret)))
    if "approve-allow" not in page.text:
        page = b.get(re.search(r'<a href="([^"]*decoupled_request=[^"]*)">', page.text).group(1).replace("&amp;", "&"))
    assert b.submit(page.form("approve-form"), "approve-allow", **{"scope.openid": "true"}).status == 200
    w.turn_clock(6)
    w.now += 6
    r = post(w.at("modern", "/token"), poll, basic(who, APP_SECRET))
    assert r.status == 200 and talker_jwt.claims(r.json()["id_token"])["acr"] == "2", r


def test_a_refresh_is_of_its_login_and_ends_where_a_factor_has_come_to_be_needed(place):
    w = place
    b = w.browser("modern")
    assert sign_in(w, b, "refr").status == 303
    t = redeem(w, b.authorize(authorize_url(w, scope="openid read")).query()["code"]).json()
    enrolled(w, "refr")
    t = refresh(w, t["refresh_token"]).json()                           # the login that it is of goes on, and says so
    assert talker_jwt.claims(t["access_token"])["acr"] == "1"
    assert w.hufu("client", "set", "app", "--realm", "main", "--second-factor-required", "true")[0] == 0
    try:
        r = refresh(w, t["refresh_token"])
        assert r.status == 400 and r.json()["error"] == "invalid_grant" and "second factor" in r.json()["error_description"], r
    finally:
        w.hufu("client", "set", "app", "--realm", "main", "--second-factor-required", "false")


def test_an_issuer_that_asks_everybody_asks_who_came_by_another_tab(place):
    """A session of this issuer from before, at the authorization endpoint."""
    w = place
    b = w.browser("modern")
    assert sign_in(w, b, "finn").status == 303
    secret, _ = enrolled(w, "finn")
    r = b.get(authorize_url(w, scope="openid"))
    assert r.status == 303 and r.location.endswith("/login/factor"), r
    r = b.follow(show(w, b, b.follow(r), next_totp(w, secret)))
    r = b.decide(r) if r.status == 200 else r
    assert talker_jwt.claims(redeem(w, r.query()["code"]).json()["id_token"])["acr"] == "2"
    assert audit_of(w, user="finn", endpoint="factor")
