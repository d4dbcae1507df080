"""Passwords that have expired or must be changed, of users whom a real slapd with its password policy knows, or a stand-in for Active Directory: told after
the right password only, changed on a page of the login, refused where there is no page; and what else follows the directory at each login."""
import concurrent.futures, contextlib, re

import pytest

import upstreams
from ldap_test import CLIENT, SERVICE, Stand, ask, ber_read, entry, result, yaml
from gateway import Gateway
from slapd import Policed
from talker import World, audit_of, authorize_url, basic, post, realm, redeem

PEOPLE = "cn=%s,ou=people,dc=corp,dc=example"
PHONE = "18888880123"
NEW = "quite another word"
NAMES = dict(reset="usual", old="old", gray="grace", kept="closed", fay="old", ren="old", guy="old", tom="old", sue="old", pat="old", leo="usual", uma="usual", meg="usual", zed="old", nan="old", lin="old", lou="old", lea="old")


@pytest.fixture(scope="module")
def slapd():
    s = Policed()
    try:
        s.start()
        yield s.people(**NAMES)
    finally:
        s.close()


def world(directory, dialects=("modern", "connect"), top="", settings=None, **more):
    r = realm()
    for c in r["clients"]:
        if c["id"] == "client1":
            c["grants"], c["legacy"] = c["grants"] + ["directory"], ["password"]
    return World(*dialects, settings={"connect": {"directory": "corp"}, **(settings or {})}, realms=[r], top=yaml({"corp": directory}) + "\n" + top, **more)


def there(s, **more):
    return {"urls": [s.url], "starttls": True, "ca_file": s.ca, **SERVICE, "realm": "main", "password_change": "modify", **more}


@pytest.fixture(scope="module")
def w(slapd):
    with world(there(slapd), top="login:\n  account_free: 3\n  address_per_minute: 100000") as v:
        yield v


def sign_in(b, name, password="right-word"):
    page = b.follow(b.get(authorize_url(b.world))) if b.issuer == "modern" else b.get(b.world.at(b.issuer, "/login"))
    return b.login(page, name, password)


def browser(w, issuer="modern", **more):
    b = w.browser(issuer, **more)
    b.world, b.issuer = w, issuer
    return b


def is_page(r, error=None):
    """The page on which a password is changed, with its form."""
    assert r.status in (200, 400, 429) and 'id="new-password-form"' in r.text, r
    assert ('id="new-password-error"' in r.text) == (error is not None) and (error or "") in r.text, r.text
    return r.form("new-password-form")


def change(b, page, current="right-word", new=NEW, again=None):
    return b.submit(page.form("new-password-form"), "new-password-submit", current_password=current, new_password=new, new_password_again=new if again is None else again)


def code_of(b, r):
    """Where the login goes on, up to the code."""
    r = b.follow(r)
    if r.status == 200 and "consent-form" in r.text:
        r = b.decide(r)
    return r.query().get("code") if r.status in (302, 303) else None


# --- at the login page --------------------------------------------------------------------------------------------------------------

def test_a_password_that_must_be_changed_is_and_the_login_goes_on(w, slapd):
    slapd.set(PEOPLE % "reset", "pwdReset", "TRUE")
    b = browser(w)
    assert "error" in sign_in(b, "reset", "wrong-word").location
    page = sign_in(b, "reset")
    is_page(page)
    assert audit_of(w, endpoint="login", user="reset", reason="password_expired")
    for words, error in (({"again": "something else"}, "not the same"), ({"new": "right-word"}, "is the old one"), ({"new": "short"}, "too short"), ({"current": "no-word"}, "current password is wrong")):
        page = change(b, page, **words)
        is_page(page, error)
    r = change(b, page)
    assert code_of(b, r), r
    b = browser(w)
    assert redeem(w, code_of(b, sign_in(b, "reset", NEW))).status == 200
    assert "error" in sign_in(browser(w), "reset").location              # the old one is over


@pytest.mark.parametrize("name", ["old", "gray"])
def test_one_that_is_over_is_changed_by_the_service_account_or_in_its_last_logins(w, name):
    b = browser(w)
    page = sign_in(b, name)
    is_page(page)
    is_page(change(b, page, new="right-word2"[:9]), "too short")
    assert code_of(b, change(b, page))
    b = browser(w)
    assert code_of(b, sign_in(b, name, NEW))


def test_the_page_says_it_in_chinese_and_at_other_dialects(slapd):
    with world(there(slapd), dialects=("spring",)) as v:
        b = browser(v, "spring", language="zh-CN")
        page = sign_in(b, "fay")
        assert "设置新密码" in page.text and "您的密码已过期" in page.text, page
        r = change(b, page, new="short")
        assert r.status == 400 and "新密码太短" in r.text
        r = change(b, r)
        assert r.status in (302, 303) and "error" not in r.location, r


def test_where_the_directory_lets_nobody_change_it_the_page_says_so(w, slapd):
    b = browser(w)
    is_page(change(b, sign_in(b, "kept")), "does not let you change")
    for issuer in ("modern", "spring"):
        with world(there(slapd, password_change="none"), dialects=(issuer,)) as v:
            b = browser(v, issuer)
            page = b.get(sign_in(b, "nan").location)
            assert "has expired or must be changed" in page.text and 'id="login-submit"' in page.text, page


def test_a_restart_in_the_middle(slapd):
    with world(there(slapd), dialects=("modern",)) as v:
        b = browser(v)
        page = sign_in(b, "ren")
        v.stop(), v.start()
        assert code_of(b, change(b, page))


def test_of_many_at_once_one_changes_it_and_nobody_fails_badly(slapd):
    with world(there(slapd), dialects=("modern",), top="login:\n  account_free: 100\n  account_total: 1000\n  address_per_minute: 100000") as v:
        tabs = [browser(v) for _ in range(8)]
        pages = [sign_in(b, "tom") for b in tabs]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            got = list(pool.map(lambda x: change(x[1], x[2], new="%s %d" % (NEW, x[0])), [(i, b, p) for i, (b, p) in enumerate(zip(tabs, pages))]))
        assert sum(r.status in (302, 303) for r in got) == 1, [r.status for r in got]
        assert all(r.status in (302, 303, 400) for r in got)


def test_guesses_on_the_page_count_as_at_the_login(w):
    b = browser(w)
    page = sign_in(b, "guy")
    w.turn_clock(90)
    said = [change(b, page, current="no-word-%d" % i) for i in range(5)]
    assert said[-1].status == 429 and int(said[-1].get("Retry-After")) >= 1 and "Too many" in said[-1].text, said[-1].text
    is_page(said[0], "current password is wrong")


def test_a_form_of_another_browser_decides_nothing(w):
    b, other = browser(w), browser(w)
    f = is_page(sign_in(b, "pat"))
    sign_in(other, "pat")
    r = other.submit(f, "new-password-submit", current_password="right-word", new_password=NEW, new_password_again=NEW)
    assert r.status in (302, 303, 403) and not code_of(other, r)
    assert b.get(w.at("modern", "/login/password")).status in (302, 303)         # the page is of a login only
    is_page(sign_in(browser(w), "pat"))


# --- an account at an identity provider is to be connected by that password ----------------------------------------------------------

@pytest.fixture(scope="module")
def linked(slapd):
    with upstreams.providers() as (base, stand):
        rows = {"corp": upstreams.settings(base, "openid", stand.keys, create_users=False)}
        with world(there(slapd), dialects=("modern", "spring"), top=upstreams.top(rows) + "login:\n  account_free: 3\n  address_per_minute: 100000",
                   settings={d: {"identity_providers": ["corp"]} for d in ("modern", "spring")}) as v:
            yield v, stand


def link_page(v, stand, sub, issuer="modern"):
    b = browser(v, issuer)
    page = b.follow(b.get(authorize_url(v))) if issuer == "modern" else b.get(v.at(issuer, "/login"))
    r = b.get(re.search(r'href="([^"]*/login/with/corp[^"]*)"', page.text)[1].replace("&amp;", "&"))
    page = b.follow(b.get(stand.go("openid", r.location, {"sub": sub, "name": "There", "preferred_username": sub})))
    assert 'id="link-submit"' in page.text, page
    return b, page


def link(b, page, name, password="right-word"):
    return b.submit(next(f for f in page.forms() if "link-submit" in f["buttons"]), "link-submit", username=name, password=password)


def links(v, name):
    return [i["subject"] for i in v.control({"do": "identity.list", "realm": "main", "user": name}).get("identities", [])]


@pytest.mark.parametrize("name,issuer", [("lin", "modern"), ("lou", "spring")])
def test_a_link_goes_through_the_change_of_the_password_and_a_restart(linked, slapd, name, issuer):
    v, stand = linked
    b, page = link_page(v, stand, "of-" + name, issuer)
    page = link(b, page, name)
    is_page(page)
    assert audit_of(v, endpoint="login_link", user=name, reason="password_expired")
    for words, error in (({"again": "something else"}, "not the same"), ({"current": "no-word"}, "current password is wrong")):
        page = change(b, page, **words)
        is_page(page, error)
    f = page.form("new-password-form")
    v.stop(), v.start()
    other = browser(v, issuer)                                                       # another browser connects nothing
    other.get(v.at(issuer, "/login"))
    r = other.submit(f, "new-password-submit", current_password="right-word", new_password=NEW, new_password_again=NEW)
    assert r.status in (302, 303, 403) and not slapd.binds(PEOPLE % name, NEW)
    r = change(b, page)
    assert code_of(b, r) if issuer == "modern" else r.status in (302, 303), r
    assert links(v, name) == ["of-" + name] and slapd.binds(PEOPLE % name, NEW)
    again = b.submit(f, "new-password-submit", current_password=NEW, new_password=NEW + "!", new_password_again=NEW + "!")
    assert again.status in (302, 303) and links(v, name) == ["of-" + name]           # the answer of the provider counted once
    b = browser(v, issuer)
    page = b.follow(b.get(authorize_url(v))) if issuer == "modern" else b.get(v.at(issuer, "/login"))
    r = b.get(re.search(r'href="([^"]*/login/with/corp[^"]*)"', page.text)[1].replace("&amp;", "&"))
    r = b.get(stand.go("openid", r.location, {"sub": "of-" + name, "name": "There"}))
    assert code_of(b, r) if issuer == "modern" else "error" not in r.location, r


def test_a_link_whose_time_is_over_changes_no_password(linked, slapd):
    v, stand = linked
    b, page = link_page(v, stand, "too-late")
    page = link(b, page, "lea")
    is_page(page)
    v.turn_clock(601)
    try:
        assert "error=with_state" in change(b, page).location and not slapd.binds(PEOPLE % "lea", NEW)
    finally:
        v.turn_clock(-601)
    assert links(v, "lea") == []


# --- where there is no page ---------------------------------------------------------------------------------------------------------

def test_the_grant_is_refused_in_the_dialects_own_shape(w):
    r = ask(w, "sue", "right-word")
    assert (r.status, r.json()["error"]) == (400, "invalid_grant") and audit_of(w, grant="directory", user="sue")["reason"] == "password_expired"
    wrong = ask(w, "sue", "wrong-word")
    assert wrong.status == 400 and audit_of(w, grant="directory", reason="user_credentials")


def test_before_the_right_password_all_are_one_answer(w, slapd):
    slapd.set(PEOPLE % "uma", "pwdReset", "TRUE")
    slapd.set(PEOPLE % "meg", "nsAccountLock", "true")
    answers = {name: sign_in(browser(w), name, "wrong-word") for name in ("uma", "meg", "zed", "leo", "nobody-at-all")}
    assert len({(r.status, r.location) for r in answers.values()}) == 1, answers
    assert "disabled" in sign_in(browser(w), "meg").location
    is_page(sign_in(browser(w), "uma"))


# --- what follows at each login -----------------------------------------------------------------------------------------------------

def test_attributes_that_are_gone_are_gone_here(slapd):
    me = PEOPLE % "leo"
    slapd.set(me, "displayName", "Leo L"), slapd.set(me, "employeeNumber", "90817263"), slapd.set(me, "givenName", "Leo")
    slapd.add("cn=inner,ou=groups,dc=corp,dc=example", objectClass="groupOfNames", cn="inner", member=[me, "cn=hufu,dc=corp,dc=example"])
    slapd.add("cn=outer,ou=groups,dc=corp,dc=example", objectClass="groupOfNames", cn="outer", member="cn=inner,ou=groups,dc=corp,dc=example")
    with world(there(slapd, nested_groups="member_of", claims=["given_name=givenName"]), dialects=("modern", "connect")) as v:
        assert ask(v, "leo", "right-word").status == 200
        shown = v.hufu("user", "show", "--realm", "main", "leo")[1]
        assert all(x in shown for x in ("Leo L", "leo@corp.example", "13900000010", "90817263", "ROLE_INNER", "ROLE_OUTER", "given_name")), shown
        for attribute in ("displayName", "employeeNumber", "mail", "mobile", "givenName"):
            slapd.set(me, attribute)
        slapd.delete("cn=inner,ou=groups,dc=corp,dc=example")                # refint and memberof take it from all that named it
        assert ask(v, "leo", "right-word").status == 200
        shown = v.hufu("user", "show", "--realm", "main", "leo")[1]
        assert not any(x in shown for x in ("Leo L", "corp.example", "13900000010", "90817263", "ROLE_INNER", "ROLE_OUTER", "given_name")), shown


# --- without a page -----------------------------------------------------------------------------------------------------------------

def test_who_comes_by_text_message_is_told_to_change_it_first(slapd):
    gateway = Gateway()
    r = realm()
    c = next(c for c in r["clients"] if c["id"] == "client1")
    c["grants"], c["legacy"] = c["grants"] + ["directory", "sms"], ["password"]
    names = ("modern", "connect", "zlt")
    try:
        with World(*names, settings={n: {"sms_gateway": "g"} for n in names} | {"connect": {"directory": "corp", "sms_gateway": "g"}}, realms=[r],
                   top=yaml({"corp": there(slapd)}) + "\n" + gateway.settings("g")) as v:
            assert ask(v, "leo", "right-word").status == 200
            slapd.set(PEOPLE % "leo", "mobile", PHONE), slapd.set(PEOPLE % "leo", "pwdReset", "TRUE")
            is_page(sign_in(browser(v), "leo"))
            slapd.set(PEOPLE % "leo", "pwdReset")
            assert ask(v, "leo", "right-word").status == 200
            slapd.set(PEOPLE % "leo", "pwdReset", "TRUE")
            assert post(v.at("connect", "/connect/sms"), {"phone": PHONE}, basic("client1", "secret")).status == 200
            said = post(v.at("connect", "/connect/token"), {**CLIENT, "grant_type": "sms", "phone": PHONE, "sms": gateway.code()})
            assert said.status == 400 and said.json()["error"] == "invalid_grant" and audit_of(v, grant="sms")["reason"] == "password_expired", said
    finally:
        gateway.close()


# --- Active Directory ---------------------------------------------------------------------------------------------------------------

class Domain(Stand):
    """Answers as a domain controller: whose password is over may not bind; the service account changes unicodePwd, old one and new one."""

    def __init__(self, slapd, data):
        self.data, self.word, self.changes = data, "right-word", []
        super().__init__(slapd, self.at_bind, lambda: [entry("CN=Ada,DC=corp,DC=example", sAMAccountName=["ada"], userPrincipalName=["ada@corp.example"], objectGUID=["0123456789abcdef"]), result(0x65, 0)])

    def at_bind(self, name, password):
        if name.startswith("CN=hufu"):
            return result(0x61, 0 if password == "service-word" else 49)
        code = "52e" if password != self.word else self.data
        return result(0x61, 49, "80090308: LdapErr: DSID-0C090439, comment: AcceptSecurityContext error, data %s, v4563" % code) if code else result(0x61, 0)

    def answers(self, tag, body):
        if tag != 0x66:
            return super().answers(tag, body)
        _, dn, rest = ber_read(body)
        _, list_, _ = ber_read(rest)
        said = []
        while list_:
            _, one, list_ = ber_read(list_)
            _, how, rest = ber_read(one)
            _, attribute, _ = ber_read(rest)
            _, name, values = ber_read(attribute)
            said.append((how[0], name.decode(), ber_read(ber_read(values)[1])[1].decode("utf-16-le")))
        self.changes.append((dn.decode(), said))
        (gone, _, old), (added, _, new) = said
        assert (gone, added) == (1, 0) and old[0] == old[-1] == new[0] == new[-1] == '"'
        if old[1:-1] != self.word:
            return [result(0x67, 19, "00000056: AtrErr: DSID-03190FD6, #1: 0: 00000056: DSID-03190FD6, problem 1005 (CONSTRAINT_ATT_TYPE)")]
        if len(new) < 12:
            return [result(0x67, 19, "0000052D: Constraint violation - check_password_restrictions: the password does not meet the complexity criteria!")]
        self.word, self.data = new[1:-1], None
        return [result(0x67, 0)]


@contextlib.contextmanager
def domain(slapd, data, more=(), **settings):
    s = Domain(slapd, data)
    d = {"urls": [s.url, *more], "ca_file": slapd.ca, "domain": "corp.example", "base": "dc=corp,dc=example", "bind_dn": "CN=hufu,DC=corp,DC=example", "bind_password": "service-word",
         "password_change": "unicode_pwd", "connect_timeout": 2, "operation_timeout": 2, "realm": "main", **settings}
    try:
        with world(d, dialects=("modern", "connect")) as v:
            yield s, v
    finally:
        s.close()


@pytest.mark.parametrize("data", ["532", "773"])
def test_active_directory_takes_another_password(slapd, data):
    word = "gänz 新 𝄞 ander"
    with domain(slapd, data) as (s, v):
        assert ask(v, "ada", "right-word").json()["error"] == "invalid_grant" and audit_of(v, grant="directory")["reason"] == "password_expired"
        b = browser(v)
        page = sign_in(b, "ada")
        is_page(page)
        page = change(b, page, new="short")
        is_page(page, "The rules of your organization")
        assert code_of(b, change(b, page, new=word))
        assert s.changes[-1] == ("CN=Ada,DC=corp,DC=example", [(1, "unicodePwd", '"right-word"'), (0, "unicodePwd", '"%s"' % word)])
        b = browser(v)
        assert code_of(b, sign_in(b, "ada", word))


@pytest.mark.parametrize("data,word", [("533", "disabled"), ("701", "disabled"), ("530", "disabled"), ("775", None)])
def test_what_else_active_directory_says_is_told_after_the_right_password(slapd, data, word):
    with domain(slapd, data) as (s, v):
        wrong = sign_in(browser(v), "ada", "wrong-word")
        right = sign_in(browser(v), "ada")
        assert wrong.location == v.at("modern", "/login?error")
        assert right.location == wrong.location + ("=" + word if word else "")
        assert s.changes == []


def test_a_controller_that_dies_over_the_change_is_not_followed_by_another(slapd):
    """What it may have done is not tried again elsewhere with the old password, where it would count as a wrong one."""
    second = Domain(slapd, "532")
    try:
        with domain(slapd, "532", more=[second.url]) as (s, v):
            answers = s.answers

            def dies(tag, body):
                if tag == 0x66:
                    raise ConnectionError
                return answers(tag, body)
            s.answers = dies
            b = browser(v)
            page = sign_in(b, "ada")
            assert change(b, page).status == 503 and second.bound == []
    finally:
        second.close()
