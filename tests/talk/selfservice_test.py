"""People who help themselves: forgotten passwords, accounts of their own, other addresses and numbers; and those who try it with others.
U1 (prefetch), U2 (enumeration), U3 (other browser, replay, guessing), U4 (changed meanwhile), U5 (host header) of oauth/selfservice/selfservice.h;
L20 and L22 of outbound/mail.h."""
import base64, concurrent.futures, json, re, signal, time, urllib.parse

import pytest

from gateway import Gateway
from mailbox import Mailbox
from outbox_test import until, waiting
from server import remember
from talker import PASSWORD, World, authorize_url, audit_of, introspect, realm, redeem, refresh, send, tokens, user

NEW = remember("another-battery-staple-77")
ROOMY = {"mail_recipient_per_hour": 1000, "mail_recipient_per_day": 1000, "mail_address_per_hour": 100000, "mail_budget_per_day": 100000,
         "sms_number_per_hour": 1000, "sms_number_per_day": 1000, "sms_address_per_hour": 100000, "sms_budget_per_day": 100000}
ON = {"password_reset": "both", "self_registration": "email", "registration_fields": "name given_name family_name nickname birthdate", "registration_terms": "https://example.org/terms",
      "registration_authorities": "ROLE_USER", "email_change": True, "phone_change": True, "sms_gateway": "g", "brand": "Acme", **ROOMY}


def people():
    r = realm()
    r["users"] += [user("m%02d" % i, PASSWORD, email="m%02d@people.test" % i, phone="+4915100000%02d" % i) for i in range(60)]
    r["users"] += [user("zh", PASSWORD, email="zh@people.test", claims={"locale": "zh-CN"}, display_name="小明"),
                   user("doubted", PASSWORD, email="doubted@people.test", claims={"email_verified": False}),
                   user("twin1", PASSWORD, email="twins@people.test"), user("twin2", PASSWORD, email="twins@people.test"),
                   user("off", PASSWORD, email="off@people.test", enabled=False), user("shut", PASSWORD, email="shut@people.test", locked=True),
                   {"name": "federated", "email": "federated@people.test", "authorities": ["ROLE_USER"]},
                   user("injector", PASSWORD, email="odd@people.test", display_name="<b>Bcc: evil@evil.test</b>")]
    return r


class Place(World):
    def __init__(self, box, gateway, settings=None, **more):
        self.box, self.gateway = box, gateway
        super().__init__("modern", realms=[people()], settings={"modern": {**ON, **(settings or {})}}, top=box.settings() + gateway.settings("g") + "passwords:\n  min: 10\n", **more)


@pytest.fixture(scope="module")
def w():
    box, gateway = Mailbox().start(), Gateway("webhook")
    try:
        with Place(box, gateway) as one:
            yield one
    finally:
        box.close(), gateway.close()


names = iter("m%02d" % i for i in range(60))


@pytest.fixture
def name(w):
    while not w.box.mails.empty():
        w.box.mails.get()
    while not w.gateway.messages.empty():
        w.gateway.messages.get()
    return next(names)


def ask(w, identifier, by="mail", b=None, path="/forgot", **more):
    b = b or w.browser("modern")
    f = b.get(path).form("identifier")
    r = b.submit(f, **{"identifier": identifier, **({"proof_by": by} if path == "/forgot" else {}), **more})
    return b, r


def page_of(b, r):
    assert r.status == 303, r
    return b.follow(r)


def set_password(b, page, code, password=NEW, again=None):
    return b.submit(page.form("proof_code"), proof_code=code, new_password=password, new_password_again=password if again is None else again)


def logs_in(w, who, password):
    b = w.browser("modern")
    r = b.login(b.get("/login"), who, password)
    return r.status == 303 and "error" not in r.location


def sent(w):
    m = w.box.mail()
    assert m, "no mail"
    return m


# --- a forgotten password ----------------------------------------------------------------------------------------------------------

def test_a_new_password_by_the_link_of_a_mail(w, name):
    t = tokens(w, user=name)
    other = w.browser("modern")
    other.login(other.get("/login"), name, PASSWORD)
    for _ in range(8):
        logs_in(w, name, "wrong-one")                                  # the account waits now
    b, r = ask(w, name)
    page = page_of(b, r)
    m = sent(w)
    assert m.to == name + "@people.test" and m.subject == "Set a new password for Acme" and "15 minutes" in m.text
    assert m.link.startswith(w.at("modern", "/forgot?proof=")) and re.fullmatch(r"\d{8}", m.code) and m.code not in page.text
    opened = b.get(m.link)
    assert opened.status == 200 and 'value="%s"' % m.code in opened.text
    r = set_password(b, opened, m.code)
    assert r.status == 200 and 'id="self-login"' in r.text
    told = sent(w)
    assert told.to == m.to and told.subject == "Your password was changed" and told.code is None and told.link is None
    assert logs_in(w, name, NEW) and not logs_in(w, name, PASSWORD)
    assert refresh(w, t["refresh_token"]).status == 400 and not introspect(w, t["access_token"])["active"]
    assert 'id="login-submit"' in other.follow(other.get("/approvals")).text
    assert m.code not in w.log() and m.link not in w.log() and m.to not in w.log()


def test_by_a_text_message(w, name):
    b, r = ask(w, name, by="sms")
    page = page_of(b, r)
    number, code = w.gateway.message()
    assert number.endswith(name[1:]) and re.fullmatch(r"\d{6}", code)
    assert set_password(b, page, code).status == 200 and logs_in(w, name, NEW)


@pytest.mark.parametrize("how", ["mail", "MAIL", "phone"])
def test_by_address_or_number(w, name, how):
    b, r = ask(w, {"mail": name + "@people.test", "MAIL": " " + name.upper() + "@People.Test ", "phone": "+4915100000" + name[1:]}[how])
    page = page_of(b, r)
    assert set_password(b, page, sent(w).code).status == 200 and logs_in(w, name, NEW)


def test_in_the_language_of_the_person(w, name):
    ask(w, "zh")
    m = sent(w)
    assert m.subject == "重设 Acme 的密码" and "小明，您好" in m.text and "小明，您好" in m.html
    ask(w, name, b=w.browser("modern", language="zh-CN"))
    assert sent(w).subject == "重设 Acme 的密码"


def test_the_request_that_waits_goes_on(w, name):
    b = w.browser("modern")
    login = b.follow(b.get(authorize_url(w)))
    link = re.search(r'id="forgot"|href="([^"]*/forgot[^"]*)"', login.text).group(1) or re.search(r'href="([^"]*/forgot[^"]*)"', login.text).group(1)
    f = b.get(link.replace("&amp;", "&")).form("identifier")
    page = page_of(b, b.submit(f, identifier=name))
    done = set_password(b, page, sent(w).code)
    assert done.status == 200
    href = re.search(r'id="self-login" href="([^"]+)"', done.text).group(1).replace("&amp;", "&")
    r = b.decide(b.follow(b.login(b.get(href), name, NEW)))
    assert "code" in r.query(), r


ATTACKS = ["replay", "prefetch", "other browser", "wrong code", "guessing", "changed by an operator", "locked meanwhile", "disabled meanwhile",
           "expired", "host header", "no token", "cross site", "differs", "short", "own words", "common", "foreign proof"]


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_on_a_link(w, name, attack):
    b, r = ask(w, name)
    page = page_of(b, r)
    m = sent(w)
    good = lambda: set_password(b, page, m.code).status == 200 and logs_in(w, name, NEW)
    if attack == "replay":
        assert good()
        r = set_password(b, page, m.code, "third-battery-staple-99")
        assert r.status == 400 and not logs_in(w, name, "third-battery-staple-99")
    elif attack == "prefetch":
        for _ in range(3):
            assert w.browser("modern").get(m.link).status == 400 and b.get(m.link).status == 200
            assert send("HEAD", m.link).status in (200, 400)
        assert good()
    elif attack == "other browser":
        other = w.browser("modern")
        r = other.get(m.link)
        assert r.status == 400 and "counts only in the browser" in r.text and "new_password" not in r.text
        fresh = other.get("/forgot").form("identifier")
        csrf = next(v for n, v, _, _ in fresh["fields"] if n == "_csrf")
        q = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(m.link).query))
        r = other.post("/forgot", {"_csrf": csrf, "new_password": NEW, "new_password_again": NEW, **q})
        assert r.status == 400 and not logs_in(w, name, NEW) and good()
    elif attack == "wrong code":
        assert set_password(b, page, "%08d" % ((int(m.code) + 1) % 10**8)).status == 400 and good()
    elif attack == "guessing":
        for i in range(5):
            assert set_password(b, page, "%08d" % ((int(m.code) + 1 + i) % 10**8)).status == 400
        assert set_password(b, page, m.code).status == 400 and not logs_in(w, name, NEW)
    elif attack == "changed by an operator":
        assert w.control({"do": "user.set-password", "realm": "main", "name": name, "password": "operators-own-choice-5"})["ok"]
        assert set_password(b, page, m.code).status == 400 and logs_in(w, name, "operators-own-choice-5")
    elif attack in ("locked meanwhile", "disabled meanwhile"):
        change = {"locked": True} if attack == "locked meanwhile" else {"enabled": False}
        assert w.control({"do": "user.set", "realm": "main", "name": name, **change})["ok"]
        assert set_password(b, page, m.code).status == 400
        assert w.control({"do": "user.enable", "realm": "main", "name": name})["ok"] and not logs_in(w, name, NEW) and logs_in(w, name, PASSWORD)
        assert set_password(b, page, m.code).status == 400            # the row of then counts no more
    elif attack == "expired":
        w.turn_clock(901)
        r = set_password(b, page, m.code)
        w.turn_clock(-901)
        assert r.status == 400
    elif attack == "host header":
        f = b.get("/forgot").form("identifier")
        r = b.go("POST", "/forgot", {**dict((n, v) for n, v, _, _ in f["fields"]), "identifier": name, "proof_by": "mail"},
                 {"Host": "evil.test", "X-Forwarded-Host": "evil.test", "Forwarded": "host=evil.test"})
        again = w.box.mail(2)
        assert again is None or again.link.startswith(w.at("modern", "/forgot?proof="))
        assert "evil" not in r.location and (again is None or "evil" not in again.raw)
    elif attack == "no token":
        f = page.form("proof_code")
        assert b.post(f["action"], {"proof": dict((n, v) for n, v, _, _ in f["fields"])["proof"], "proof_code": m.code, "new_password": NEW, "new_password_again": NEW}).status == 400
        assert good()
    elif attack == "cross site":
        f = page.form("proof_code")
        fields = {**dict((n, v) for n, v, _, _ in f["fields"]), "proof_code": m.code, "new_password": NEW, "new_password_again": NEW}
        assert b.post(f["action"], fields, {"Sec-Fetch-Site": "cross-site"}).status == 403 and good()
    elif attack == "differs":
        r = set_password(b, page, m.code, again="x")
        assert r.status == 400 and "not the same" in r.text and good()
    elif attack in ("short", "own words", "common"):
        r = set_password(b, page, m.code, {"short": "abc", "own words": name + "@people.test", "common": "1234567890"}[attack])
        assert r.status == 400 and {"short": "at least 10", "own words": "Do not use your name", "common": "tried first"}[attack] in r.text and good()
    elif attack == "foreign proof":
        other, r = ask(w, next(names))
        theirs = page_of(other, r)
        sent(w)
        f = theirs.form("proof_code")
        assert other.submit(f, proof_code=m.code, new_password=NEW, new_password_again=NEW).status == 400 and good()


def hash_work(w):
    return float(re.search(r"^hufu_hash_work_seconds_total (\S+)", w.metrics(), re.M).group(1))


def shape(text):
    """A page without what differs at each turn."""
    text = re.sub(r'value="[A-Za-z0-9_-]{20,}"', "", text)
    return re.sub(r'(proof|saved_request)=[A-Za-z0-9_-]+', "", text)


def test_nothing_tells_who_has_an_account(w, name):
    seen = set()
    for who in (name, name + "@people.test", "nobody", "nobody@people.test", "off", "shut", "federated", "doubted", "twins@people.test", "alice", "x" * 200):
        for by in ("mail", "sms"):
            before = hash_work(w)
            b, r = ask(w, who, by)
            page = page_of(b, r)
            wrong = set_password(b, page, "00000000")
            seen.add((by, r.status, len(r.location), shape(page.text), wrong.status, shape(wrong.text), hash_work(w) - before))
    assert len(seen) == 2, seen
    got = []
    while (m := w.box.mail(1)) is not None:
        got.append(m.to)
    assert got == [name + "@people.test"] * 2
    assert w.gateway.message(1) and w.gateway.message(1) and w.gateway.message(0.3) is None


def test_what_a_person_types_makes_no_header(w, name):
    for typed in ("a@b\r\nBcc: evil@evil.test", "injector\r\nBcc: evil@evil.test", "a@b,evil@evil.test", "a@b>\r\n.\r\nMAIL FROM:<x@y>"):
        b, r = ask(w, typed)
        assert r.status in (303, 400)
    ask(w, "injector")
    m = sent(w)
    assert m.to == "odd@people.test" and m.message["Bcc"] is None and m.envelope["to"] == ["odd@people.test"]
    assert "&lt;b&gt;Bcc: evil@evil.test" in m.html and w.box.mail(0.5) is None


def test_the_browser_is_known_as_long_as_the_code_lives(w, name):
    b = w.browser("modern")
    b.get("/forgot")
    w.turn_clock(3500)                                                  # its cookie has a minute and a half left
    b, r = ask(w, name, b=b)
    page = page_of(b, r)
    w.turn_clock(800)
    assert set_password(b, page, sent(w).code).status == 200 and logs_in(w, name, NEW)


def test_64_at_once_use_one_link_once(w, name):
    b, r = ask(w, name)
    page = page_of(b, r)
    f, m = page.form("proof_code"), sent(w)
    cookies = dict(b.cookies)

    def one(i):
        own = w.browser("modern")
        own.cookies = dict(cookies)
        return own.submit(f, proof_code=m.code, new_password="battery-staple-%d" % i, new_password_again="battery-staple-%d" % i).status

    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        got = list(pool.map(one, range(64)))
    assert got.count(200) == 1 and logs_in(w, name, "battery-staple-%d" % got.index(200))


def test_off_is_not_there():
    box, gateway = Mailbox().start(), Gateway("webhook")
    off = {"password_reset": "off", "self_registration": "off", "email_change": False, "phone_change": False}
    try:
        with Place(box, gateway, off) as w:
            b = w.browser("modern")
            assert [b.get(p).status for p in ("/forgot", "/signup", "/account/email", "/account/phone")] == [404] * 4
            login = b.get("/login").text
            assert "/forgot" not in login and "/signup" not in login
    finally:
        box.close(), gateway.close()


# --- the queue ---------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["term", "kill"])
def test_mail_outlives_a_stop_while_the_server_is_down(how):
    box, gateway = Mailbox(refuse={"m01@people.test": "550 5.1.1 gone"}), Gateway("webhook")
    try:
        with Place(box, gateway, {"mail_recipient_per_hour": 2, "mail_address_per_hour": 9}) as w:
            b, r = ask(w, "m00")
            page = page_of(b, r)
            assert until(lambda: "mail server, mail of kind reset: no connection" in w.log()) and waiting(w, "mail") == 1
            w.stop(how)
            rows = w.rows("SELECT kind, sealed FROM outgoing")
            assert [k for k, _ in rows] == [ord("m")] and b"people.test" not in rows[0][1]
            box.start()
            w.start()
            w.hold_ends()
            m = box.mail()
            assert re.fullmatch(r"<[0-9a-f]{32}@hufu\.test>", m.message["Message-ID"])
            assert m and m.to == "m00@people.test" and until(lambda: waiting(w, "mail") == 0)
            assert set_password(b, page, m.code).status == 200 and logs_in(w, "m00", NEW)
            assert box.mail().subject == "Your password was changed"
            # refused for good: gone, and said without the address
            ask(w, "m01")
            assert until(lambda: "mail server, mail of kind reset: the mail server refuses the message (status 550)" in w.log()) and waiting(w, "mail") == 0
            # what a receiver may have is bounded, and nobody is told; what a network asks for is, and it is told
            asked = [ask(w, "m02")[1] for _ in range(4)]
            assert [r.status for r in asked] == [303] * 4 and box.mail() and box.mail() and box.mail(0.5) is None
            over = [ask(w, "m%02d" % i)[1].status for i in range(3, 8)]
            assert over[:3] == [303] * 3 and over[3:] == [429] * 2
            assert ask(w, "nobody-at-all")[1].status == 429
            assert "people.test" not in w.log()
    finally:
        box.close(), gateway.close()


def test_the_demonstration_prints_mail_on_the_terminal():
    """L20: where nobody but the person at the terminal reads it; not as a line of the log."""
    w = World("modern", realms=[people()], settings={"modern": {"password_reset": "mail", "brand": "Acme"}}, top="demo: true\n")
    with w:
        b, r = ask(w, "m00")
        page = page_of(b, r)
        assert until(lambda: "Mail to m00@people.test: Set a new password for Acme" in w.log())
        code = until(lambda: (m := re.search(r"^    (\d{8})$", w.log(), re.M)) and m.group(1))
        assert set_password(b, page, code).status == 200 and logs_in(w, "m00", NEW)
        assert not any(code in line for line in w.log().split("\n") if line.startswith("{"))


# --- an account of one's own -------------------------------------------------------------------------------------------------------

def signed_up(b, page, code, password=NEW, **more):
    values = {"claim.name": "New Person", "claim.given_name": "New", "claim.family_name": "Person", "claim.nickname": "np", "claim.birthdate": "2001-12-31",
              "terms": "1", **more}
    return b.submit(page.form("proof_code"), proof_code=code, new_password=password, new_password_again=password, **values)


def test_an_account_of_ones_own(w, name):
    b = w.browser("modern")
    b.follow(b.get(authorize_url(w, scope="openid profile")))
    b, r = ask(w, "new@people.test", b=b, path="/signup")
    page = page_of(b, r)
    m = sent(w)
    assert m.to == "new@people.test" and "Confirm your address for Acme" == m.subject and m.link.startswith(w.at("modern", "/signup?proof="))
    assert not logs_in(w, "new@people.test", NEW)
    opened = b.get(m.link)
    for wrong, said in (({"terms": None}, "accept the terms"), ({"claim.name": ""}, "every field"), ({"claim.birthdate": "31.12.2001"}, "every field"), ({"claim.nickname": "a\u202eb"}, "every field"), ({"password": "new@people.test"}, "Do not use your name"),
                        ({"password": "x"}, "at least 10 characters"), ({"password": "1234567890"}, "tried first"), ({"password": "x" * 1025}, "at most 1024 characters")):
        r = signed_up(b, opened, m.code, **wrong)
        assert r.status == 400 and said in r.text and ('value="Person"' in r.text) and 'value="%s"' % m.code in r.text
    r = signed_up(b, opened, m.code)
    assert r.status == 200 and "Your account is ready" in r.text
    href = re.search(r'id="self-login" href="([^"]+)"', r.text).group(1)
    r = b.decide(b.follow(b.login(b.get(href), "new@people.test", NEW)))
    t = redeem(w, r.query()["code"])
    assert t.status == 200
    u = w.control({"do": "user.show", "realm": "main", "name": "new@people.test"})
    shown = json.dumps(u)
    assert u["ok"] and "New Person" in shown and '"birthdate": "2001-12-31"' in shown and '"email_verified": true' in shown and "ROLE_USER" in shown
    assert signed_up(b, opened, m.code).status == 400                   # once


def test_duplicates_are_told_to_the_owner_alone(w, name):
    seen = set()
    for address in ("never@seen.test", name + "@people.test", "twins@people.test", "off@people.test"):
        b, r = ask(w, address, path="/signup")
        page = page_of(b, r)
        wrong = signed_up(b, page, "00000000")
        seen.add((r.status, len(r.location), shape(page.text), wrong.status, shape(wrong.text)))
        m = sent(w)
        assert m.to == address
        if address == "never@seen.test":
            assert m.code
        else:
            assert m.code is None and m.link is None and "already" in m.subject
    assert len(seen) == 1


def test_64_accounts_of_one_address_are_one(w, name):
    forms = []
    for _ in range(8):
        b, r = ask(w, "many@people.test", path="/signup")
        page = page_of(b, r)
        forms.append((b, page, sent(w).code))

    def one(i):
        b, page, code = forms[i % 8]
        own = w.browser("modern")
        own.cookies = dict(b.cookies)
        return signed_up(own, page, code, "battery-staple-%d" % i).status

    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        got = list(pool.map(one, range(64)))
    assert got.count(200) == 1 and logs_in(w, "many@people.test", "battery-staple-%d" % got.index(200))


def test_an_account_by_phone():
    box, gateway = Mailbox().start(), Gateway("webhook")
    try:
        with Place(box, gateway, {"self_registration": "phone", "registration_fields": "", "registration_terms": ""}) as w:
            b, r = ask(w, "+8613800000000", path="/signup")
            page = page_of(b, r)
            number, code = gateway.message()
            w.stop()
            w.start()                                                   # in the middle of it
            assert number == "+8613800000000" and set_password(b, page, code).status == 200 and logs_in(w, number, NEW)
            u = json.dumps(w.control({"do": "user.show", "realm": "main", "name": number}))
            assert '"phone_number_verified": true' in u
            again = page_of(*ask(w, "+491510000001", path="/signup"))  # of m01: nothing is sent, and the page is the same
            assert gateway.message(0.5) is None and shape(again.text) == shape(page.text)
            assert ask(w, "someone@people.test", path="/signup")[1].status == 400
    finally:
        box.close(), gateway.close()


@pytest.mark.parametrize("address", ["", "nobody", "a@b\r\nBcc: c@d", "a b@c", "张三@people.test"])
def test_no_address_no_account(w, address):
    b, r = ask(w, address, path="/signup")
    assert r.status == 400 and ("no e-mail address" in r.text or "\n" in address)


# --- another address, another number -----------------------------------------------------------------------------------------------

def signed_in(w, who, password=PASSWORD):
    b = w.browser("modern")
    b.follow(b.login(b.get("/login"), who, password))
    return b


def test_another_address(w, name):
    assert 'id="login-submit"' in w.browser("modern").follow(w.browser("modern").get("/account/email")).text
    b = signed_in(w, name)
    r = ask(w, "fresh-%s@people.test" % name, b=b, path="/account/email", password="wrong-one")[1]
    assert r.status == 400 and "password is wrong" in r.text and w.box.mail(0.3) is None
    b, r = ask(w, "fresh-%s@people.test" % name, b=b, path="/account/email", password=PASSWORD)
    page = page_of(b, r)
    m = sent(w)
    assert m.to == "fresh-%s@people.test" % name
    assert w.browser("modern").follow(w.browser("modern").get(m.link)).text.find('id="login-submit"') > 0
    assert b.submit(page.form("proof_code"), proof_code="00000000").status == 400
    assert b.submit(b.get(m.link).form("proof_code"), proof_code=m.code).status == 200
    u = json.dumps(w.control({"do": "user.show", "realm": "main", "name": name}))
    assert m.to in u and '"email_verified": true' in u
    told = sent(w)
    assert told.to == name + "@people.test" and told.subject == "Your e-mail address was changed" and told.link and told.code is None
    # the old mailbox takes it back, from any browser, once; a GET does not
    w.turn_clock(6 * 86400)
    owner = w.browser("modern")
    undo = owner.get(told.link)
    assert undo.status == 200 and m.to in json.dumps(w.control({"do": "user.show", "realm": "main", "name": name}))
    r = owner.submit(undo.form("proof"))
    assert r.status == 200 and "taken back" in r.text
    assert name + '@people.test' in json.dumps(w.control({"do": "user.show", "realm": "main", "name": name}))
    assert 'id="login-submit"' in b.follow(b.get("/approvals")).text
    assert owner.submit(undo.form("proof")).status == 400


def test_an_address_of_somebody_else_is_nobodys_to_have(w, name):
    b = signed_in(w, name)
    b, r = ask(w, "zh@people.test", b=b, path="/account/email", password=PASSWORD)
    page = page_of(b, r)
    m = sent(w)
    assert m.to == "zh@people.test" and m.code is None and m.link is None
    assert b.submit(page.form("proof_code"), proof_code="00000000").status == 400


def test_another_number(w, name):
    b = signed_in(w, name)
    b, r = ask(w, "+86138000000" + name[1:], b=b, path="/account/phone", password=PASSWORD)
    page = page_of(b, r)
    number, code = w.gateway.message()
    assert number == "+86138000000" + name[1:] and b.submit(page.form("proof_code"), proof_code=code).status == 200
    u = json.dumps(w.control({"do": "user.show", "realm": "main", "name": name}))
    assert number in u and '"phone_number_verified": true' in u
    assert sent(w).subject == "Your phone number was changed"


# --- settings ----------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("settings, said", [
    ({"password_reset": "mail"}, "password_reset: a mail server is needed"),
    ({"password_reset": "sms"}, "password_reset: a gateway for text messages is needed"),
    ({"self_registration": "phone"}, "self_registration: a gateway"),
    ({"self_registration": "email", "dialect": "zlt"}, "self_registration: its dialect has no such page"),
    ({"second_factor_kinds": "totp fax"}, "second_factor_kinds: \"fax\" is none of totp, sms and mail"),
    ({"second_factor_kinds": "sms"}, "second_factor_kinds: a gateway for text messages is needed"),
    ({"second_factor_kinds": "totp mail"}, "second_factor_kinds: a mail server is needed"),
    ({"email_change": True}, "email_change: a mail server is needed"),
    ({"phone_change": True}, "phone_change: a gateway")])
def test_what_the_pages_need_is_said(settings, said):
    w = World("modern", settings={"modern": settings})
    w.write_config()
    code, _, err = w.hufu("config", "check")
    assert code == 1 and said in err, err
