"""Codes by text message and by mail as second factors: set up, asked for, sent by a form alone, good once, bounded, and gone with the address.
F1 and F2 of oauth/session/factor.h for FACTOR_SMS and FACTOR_MAIL."""
from contextlib import closing
import concurrent.futures, json, re

import pytest

import talker_jwt
from factors_test import codes_of, record_of, session_of, show, sign_in, turn
from gateway import Gateway
from mailbox import Mailbox
from server import remember
from talker import ALL_GRANTS, APP_SECRET, LEGACY, PASSWORD, World, authorize_url, basic, challenge, client, post, realm, redeem, user

ROOMY = {"mail_recipient_per_hour": 1000, "mail_recipient_per_day": 1000, "mail_address_per_hour": 100000, "sms_number_per_hour": 1000, "sms_number_per_day": 1000,
         "sms_address_per_hour": 100000}
ON = {"second_factor_kinds": "totp sms mail", "sms_gateway": "g", "signing_alg": "ES256", "factor_remembered_s": 864000, "email_change": True, "phone_change": True, **ROOMY}
KINDS = ["sms", "mail"]
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
NEW = remember("another-battery-staple-77")
names = iter("m%02d" % i for i in range(80))


def people():
    r = realm()
    r["users"] += [user("m%02d" % i, PASSWORD, email="m%02d@people.test" % i, phone="+4915100000%02d" % i) for i in range(80)]
    r["users"] += [user("bare", PASSWORD), user("denied", PASSWORD, email="denied@people.test", claims={"email_verified": False})]
    ours = dict(metadata={"first_party": True}, redirect_uris=["com.example.app:/cb"], scopes=["openid"], grants=["authorization_code"])
    r["clients"] += [client("tv", None, scopes=["openid"], grants=[DEVICE]), client("own", None, **ours)]
    r["clients"] += [client("shop", APP_SECRET, scopes=["openid", "read"], redirect_uris=["https://app.example/cb"], auto_approve=True, grants=ALL_GRANTS, legacy=LEGACY)]
    return r


class Place(World):
    def __init__(self, box, gateway, *issuers, **settings):
        self.box, self.gateway, self.now = box, gateway, 0
        issuers = issuers or ("modern",)
        super().__init__(*issuers, realms=[people()], settings={i: {**ON, **settings.get(i, {})} for i in issuers}, top=box.settings() + gateway.settings("g"))

    def code(self, kind, wait_s=8):
        """The next code that comes that way; None when none does."""
        if kind == "sms":
            return (self.gateway.message(wait_s) or (None, None))[1]
        m = self.box.mail(wait_s)
        return m and m.code


@pytest.fixture(scope="module")
def both():
    box, gateway = Mailbox().start(), Gateway("webhook")
    with closing(box), closing(gateway):
        yield box, gateway


@pytest.fixture(scope="module")
def w(both):
    with Place(*both, "modern", "modern-none", modern={"first_party_draft": "03"}, **{"modern-none": {"second_factor_kinds": ""}}) as one:
        yield one


@pytest.fixture
def name():
    return next(names)


def press(b, page, button):
    return b.submit(next(f for f in page.forms() if button in f["buttons"]), button)


def wrong_for(code):
    return "%06d" % ((int(code) + 1) % 1000000)


def enrol(w, b, kind, **more):
    """At the page of who is logged in: (recovery codes)."""
    page = press(b, b.get(w.at("modern", "/account/factors")), "factors-add-" + kind)
    assert page.status == 200 and "enrol-send" in page.text and 'name="factor_code"' not in page.text, page
    page = press(b, page, "enrol-send")
    code = w.code(kind)
    page = b.submit(page.form("enrol-form"), "enrol-submit", factor_code=code)
    return codes_of(page)


def enrolled(w, name, kind):
    b = w.browser("modern")
    assert sign_in(w, b, name).status == 303
    codes = enrol(w, b, kind)
    assert len(codes) == 10
    return codes


def asked(w, name, b=None):
    """The page after the right password, and its browser."""
    b = b or w.browser("modern")
    page = sign_in(w, b, name)
    assert page.status == 200 and page.form("factor-send-form") and session_of(w, b) is None, page
    return b, page


def sent(w, b, page, kind):
    page = press(b, page, "factor-send")
    assert page.status == 200 and page.form("factor-form"), page
    code = w.code(kind)
    assert code and re.fullmatch(r"\d{6}", code)
    return page, code


@pytest.mark.parametrize("kind", KINDS)
def test_a_login_sends_a_code_when_it_is_asked_to_and_takes_it_once(w, name, kind):
    enrolled(w, name, kind)
    b, page = asked(w, name)
    # shown, fetched ahead, shown again: nothing is sent
    for _ in range(3):
        assert b.get(w.at("modern", "/login/factor")).status in (200, 303)
        asked(w, name, b)
    assert w.code(kind, 0.5) is None
    masked = {"sms": "+49••••" + name[1:], "mail": "m••••@people.test"}[kind]
    assert masked in page.text and name + "@people.test" not in page.text and "+49151" not in page.text
    page, code = sent(w, b, page, kind)
    assert masked in page.text
    wrong = show(w, b, page, wrong_for(code))
    assert wrong.status == 400 and session_of(w, b) is None
    other = w.browser("modern")
    theirs = sign_in(w, other, name)
    done = show(w, b, wrong, code)
    assert done.status == 303 and session_of(w, b), done
    assert show(w, other, theirs, code).status == 400 and session_of(w, other) is None      # it was good once
    assert record_of(w, event="factor.used", user=name, kind=kind) and record_of(w, event="factor.failed", user=name, kind=kind)
    r = b.authorize(authorize_url(w, scope="openid read"))
    own = talker_jwt.claims(redeem(w, r.query()["code"]).json()["id_token"])
    assert own["acr"] == "2" and own["amr"] == ["pwd", {"sms": "sms", "mail": "otp"}[kind], "mfa"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_session_rises_by_one_and_a_grant_without_a_page_is_refused(w, name, kind):
    b = w.browser("modern")
    assert sign_in(w, b, name).status == 303
    enrolled(w, name, kind)
    page = b.follow(b.get(authorize_url(w, scope="openid read", acr_values="2")))
    page, code = sent(w, b, page, kind)
    r = b.follow(show(w, b, page, code))
    r = b.decide(r) if r.status == 200 else r
    assert talker_jwt.claims(redeem(w, r.query()["code"]).json()["id_token"])["acr"] == "2"


def test_it_is_set_up_in_the_middle_where_all_must_have_one(both, name):
    with Place(*both, modern={"second_factor": "required", "second_factor_kinds": "sms mail"}) as w:
        b = w.browser("modern")
        page = sign_in(w, b, name)
        assert page.status == 200 and page.form("enrol-send-form") and session_of(w, b) is None and "enrol-secret" not in page.text
        assert w.code("sms", 0.5) is None
        page = press(b, page, "enrol-use-mail")
        page = press(b, page, "enrol-send")
        code = w.code("mail")
        page = b.submit(page.form("enrol-form"), "enrol-submit", factor_code=wrong_for(code))
        assert page.status == 400 and session_of(w, b) is None
        page = b.submit(page.form("enrol-form"), "enrol-submit", factor_code=code)
        assert len(codes_of(page)) == 10 and session_of(w, b)
        # who has no address cannot, and is told where to turn
        b = w.browser("modern")
        assert sign_in(w, b, "bare").status == 400 and session_of(w, b) is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_code_ends_and_is_of_one_user(w, name, kind):
    enrolled(w, name, kind)
    b, page = asked(w, name)
    page, code = sent(w, b, page, kind)
    turn(w, 301)
    late = show(w, b, page, code)
    assert late.status == 400 and late.form("factor-send-form") and "factor_code" not in late.text, "it has ended, and another one is to be asked for"
    # of another user, kind: nothing
    page, code = sent(w, b, late, kind)
    other = next(names)
    enrolled(w, other, kind)
    b2, page2 = asked(w, other)
    page2, _ = sent(w, b2, page2, kind)
    assert show(w, b2, page2, code).status == 400


@pytest.mark.parametrize("kind", KINDS)
def test_codes_are_sent_with_a_pause_between(w, name, kind):
    enrolled(w, name, kind)
    b, page = asked(w, name)
    page, code = sent(w, b, page, kind)
    soon = press(b, page, "factor-send")
    assert soon.status == 429 and 1 <= int(soon.get("Retry-After")) <= 60 and w.code(kind, 0.5) is None
    turn(w, 61)
    page, newer = sent(w, b, soon, kind)
    if newer != code:
        page = show(w, b, page, code)
        assert page.status == 400, "the one before counts no more"
    assert show(w, b, page, newer).status == 303


def test_guesses_wait_across_a_restart_and_a_code_outlives_one(both, name):
    with Place(*both) as w:
        enrolled(w, name, "sms")
        b, page = asked(w, name)
        page, code = sent(w, b, page, "sms")
        w.stop()
        w.start()
        assert show(w, b, page, code).status == 303                         # sent before, counts after
        b, page = asked(w, name)
        turn(w, 61)
        for i in range(10):
            page, code = sent(w, b, page, "sms") if i % 4 == 0 else (page, code)
            turn(w, 70 if i > 5 else 0)
            page = show(w, b, page, wrong_for(code))
            if page.status == 429:
                break
            turn(w, 61 if i % 4 == 3 else 0)
        w.stop()
        w.start()
        turn(w, 61)
        page = press(b, page, "factor-send")
        code = w.code("sms")
        for _ in range(3):
            last = show(w, b, page, wrong_for(code))
        assert last.status == 429 and int(last.get("Retry-After")) >= 1 and session_of(w, b) is None, last


@pytest.mark.parametrize("kind", KINDS)
def test_one_of_64_gets_a_session(w, name, kind):
    enrolled(w, name, kind)
    tabs = [(b, sign_in(w, b, name)) for b in (w.browser("modern") for _ in range(64))]
    b, page = tabs[0]
    page, code = sent(w, b, page, kind)
    form = {n: v for n, v, *_ in page.form("factor-form")["fields"]}

    def give(tab):
        b, page = tab
        own = {n: v for n, v, *_ in page.form("factor-send-form")["fields"] if n in ("half_login", "saved_request", "_csrf")}
        return b.post("/login/factor", {**form, **own, "factor_code": code}).status
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        got = list(pool.map(give, tabs))
    assert got.count(303) == 1, got


@pytest.mark.parametrize("kind", KINDS)
def test_another_address_gets_no_codes_and_the_factor_is_asked_for_all_the_same(w, name, kind):
    codes = enrolled(w, name, kind)
    change = {"sms": ("--phone", "+491529999" + name[1:]), "mail": ("--email", "new-%s@people.test" % name)}[kind]
    assert w.hufu("user", "set", name, "--realm", "main", *change)[0] == 0
    b = w.browser("modern")
    page = sign_in(w, b, name)
    assert page.status == 200 and session_of(w, b) is None and "factor-send" not in page.text and "factor-use-" + kind not in page.text, page
    forged = {n: v for n, v, *_ in page.form("factor-form")["fields"]}
    b.post("/login/factor", {**forged, "chosen_factor": kind, "factor_action": "send"})
    assert w.code(kind, 0.5) is None
    assert show(w, b, page, codes[0]).status == 303
    page = b.get(w.at("modern", "/account/factors"))
    assert "any more" in page.text
    # set up for the new one, in place of the old
    turn(w, 61)
    assert enrol(w, b, kind) == []
    rows = w.control({"do": "user.factors", "realm": "main", "name": name})["factors"]
    assert [f["kind"] for f in rows] == [kind] and change[1] not in json.dumps(rows)
    b, page = asked(w, name)
    page, code = sent(w, b, page, kind)
    assert show(w, b, page, code).status == 303


def test_operators_list_and_reset_them(w, name):
    enrolled(w, name, "sms")
    status, out, _ = w.hufu("user", "factors", name, "--realm", "main")
    assert status == 0 and "sms" in out and "+49151" not in out
    assert w.hufu("user", "factors-reset", name, "--realm", "main", "--kind", "sms")[0] == 0
    assert sign_in(w, w.browser("modern"), name).status == 303


def test_what_an_issuer_does_not_offer_is_neither_set_up_nor_shown(w, name):
    b = w.browser("modern-none")
    assert b.login(b.get(w.at("modern-none", "/login")), name, PASSWORD).status == 303
    page = b.get(w.at("modern-none", "/account/factors"))
    assert page.status == 200 and "factors-add" not in page.text
    b = w.browser("modern")
    assert sign_in(w, b, "denied").status == 303
    page = b.get(w.at("modern", "/account/factors"))
    assert "factors-add-mail" not in page.text and "factors-add-sms" not in page.text and "factors-add" in page.text
    codes = enrolled(w, name, "mail")
    b = w.browser("modern-none")
    page = b.login(b.get(w.at("modern-none", "/login")), name, PASSWORD)
    assert page.status == 200 and page.form("factor-form") and "factor-send" not in page.text
    assert b.submit(page.form("factor-form"), "factor-submit", factor_code=codes[0]).status == 303


def test_a_form_of_elsewhere_sends_nothing(w, name):
    enrolled(w, name, "sms")
    b, page = asked(w, name)
    fields = {n: v for n, v, *_ in page.form("factor-send-form")["fields"]}
    fields["factor_action"] = "send"
    assert w.browser("modern").post("/login/factor", fields).status in (303, 403)
    assert b.post("/login/factor", {**fields, "_csrf": "x" * 24}).status == 403
    assert b.post("/login/factor", fields, {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}).status == 403
    assert b.get("/login/factor?" + "&".join("%s=%s" % kv for kv in fields.items())).status in (200, 303, 400, 403)
    assert w.code("sms", 0.5) is None


@pytest.mark.parametrize("kind", KINDS)
def test_no_door_leads_around_it(both, name, kind):
    bare = {"email_change": False, "phone_change": False}
    with Place(*both, "modern", "spring", modern={"password_reset": {"sms": "mail", "mail": "sms"}[kind]}, spring={**bare, "sms_number_per_day": 10, "sms_budget_per_day": 10}) as w:
        enrolled(w, name, kind)
        r = post(w.at("spring", "/oauth/token"), {"grant_type": "password", "username": name, "password": PASSWORD, "scope": "read"}, basic("shop", APP_SECRET))
        assert r.status == 400 and r.json()["error"] == "invalid_grant" and "second factor" in r.json()["error_description"], r
        b = w.browser("modern")
        page = b.follow(b.submit(b.get("/forgot").form("identifier"), identifier=name))
        code = w.code({"sms": "mail", "mail": "sms"}[kind])
        done = b.submit(page.form("proof_code"), proof_code=code, new_password=NEW, new_password_again=NEW)
        assert done.status == 200 and "self-login" in done.text and session_of(w, b) is None, done
        assert w.box.mail(8).subject == "Your password was changed"
        page = b.login(b.get("/login"), name, NEW)
        assert page.status == 200 and page.form("factor-send-form") and session_of(w, b) is None
        page, code = sent(w, b, page, kind)
        assert show(w, b, page, code).status == 303 and session_of(w, b)


def test_the_telephone_that_the_login_is_by_is_no_second_factor(both, name):
    with Place(*both, "modern", "taroco", taroco={"sms_prefixes": "", "sms_digits": 0, "email_change": False, "phone_change": False}) as w:
        codes, phone = enrolled(w, name, "sms"), "+4915100000" + name[1:]
        b = w.browser("taroco")
        assert b.get("/smsCode/" + phone).status == 200
        page = b.post("/login/mobile", {"mobile": phone, "code": w.code("sms")}, {"Accept": "text/html"})
        assert page.status == 200 and page.form("factor-form") and "factor-send" not in page.text and "factor-use-sms" not in page.text, page
        fields = {n: v for n, v, *_ in page.form("factor-form")["fields"]}
        b.post("/login/factor", {**fields, "chosen_factor": "sms", "factor_action": "send"})
        assert w.code("sms", 0.5) is None
        assert b.post("/login/factor", {**fields, "factor_code": codes[0]}).status in (302, 303)


@pytest.mark.parametrize("kind", KINDS)
def test_who_changes_the_address_shows_a_factor_and_takes_it_along(w, name, kind):
    enrolled(w, name, kind)
    b, page = asked(w, name)
    page, code = sent(w, b, page, kind)
    assert show(w, b, page, code).status == 303
    turn(w, 700)
    path, to = {"sms": ("/account/phone", "+491538888" + name[1:]), "mail": ("/account/email", "other-%s@people.test" % name)}[kind]
    r = b.get(path)
    assert r.status == 303 and r.location.endswith("/login/factor"), r
    page, code = sent(w, b, b.follow(r), kind)
    r = show(w, b, page, code)
    assert r.location.endswith(path), r
    page = b.follow(r)
    page = b.follow(b.submit(page.form("identifier"), identifier=to, password=PASSWORD))
    code = w.code(kind)
    assert b.submit(page.form("proof_code"), proof_code=code).status == 200
    while w.box.mail(0.5):                                                  # the old address is told
        pass
    rows = w.control({"do": "user.factors", "realm": "main", "name": name})["factors"]
    assert rows[0]["name"] == {"sms": "+49••••" + name[1:], "mail": "o••••@people.test"}[kind], rows
    b, page = asked(w, name)
    turn(w, 61)
    page, code = sent(w, b, page, kind)
    assert show(w, b, page, code).status == 303


@pytest.mark.parametrize("mine", [True, False])
def test_who_takes_the_change_of_an_address_back_has_the_factor_again(w, name, mine):
    """mine: it was set up before the change. One that came after it was never of the old mailbox, and does not come to it."""
    b = w.browser("modern")
    if mine:
        enrolled(w, name, "mail")
        turn(w, 61)
        b, page = asked(w, name)
        page, code = sent(w, b, page, "mail")
        assert show(w, b, page, code).status == 303
        turn(w, 2)
    else:
        assert sign_in(w, b, name).status == 303
    page = b.get("/account/email")
    page = b.follow(b.submit(page.form("identifier"), identifier="thief-%s@people.test" % name, password=PASSWORD))
    assert b.submit(page.form("proof_code"), proof_code=w.code("mail")).status == 200
    undo = w.box.mail()
    while undo.subject != "Your e-mail address was changed":
        undo = w.box.mail()
    if not mine:
        turn(w, 61)
        enrol(w, b, "mail")
    owner = w.browser("modern")
    assert owner.submit(owner.get(undo.link).form("proof")).status == 200
    assert session_of(w, b) is None or "login" in b.get("/account").location
    while w.box.mail(0.3):
        pass
    turn(w, 61)
    b = w.browser("modern")
    page = sign_in(w, b, name)
    assert page.form("factor-form" if not mine else "factor-send-form") and mine == ("factor-send" in page.text)
    if mine:
        page, code = sent(w, b, page, "mail")
        assert show(w, b, page, code).status == 303
    rows = w.control({"do": "user.factors", "realm": "main", "name": name})["factors"]
    assert mine == (rows[0]["name"] == message_name(name)), rows


@pytest.mark.parametrize("kind", KINDS)
def test_a_device_waits_for_it_and_an_application_that_asks_itself_sends_its_user_on(w, name, kind):
    """No code is promised to the application, for it could not send one."""
    b = w.browser("modern")
    assert sign_in(w, b, name).status == 303
    enrolled(w, name, kind)                                                 # elsewhere
    turn(w, 61)
    d = post(w.at("modern", "/device_authorization"), {"client_id": "tv", "scope": "openid"}).json()
    page = b.get(d["verification_uri_complete"])
    page = b.follow(b.submit(page.forms()[0], "device-submit"))
    assert "approve-allow" not in page.text
    page, code = sent(w, b, page, kind)
    page = b.follow(show(w, b, page, code))
    assert press(b, page, "approve-allow").status == 200
    r = post(w.at("modern", "/token"), {"grant_type": DEVICE, "client_id": "tv", "device_code": d["device_code"]})
    assert r.status == 200 and talker_jwt.claims(r.json()["access_token"])["acr"] == "2", r
    said = post(w.at("modern", "/authorize-challenge"), {"client_id": "own", "response_type": "code", "scope": "openid", "code_challenge": challenge(),
                                                         "code_challenge_method": "S256", "username": name, "password": PASSWORD}).json()
    assert said["error"] == "redirect_to_web" and "otp_required" not in said and "request_uri" in said, said


def message_name(name):
    return "%s••••@people.test" % name[0]
