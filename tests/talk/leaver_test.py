"""A leaver leaves: users of a real slapd asked again at refresh, for sessions and for tokens that are asked about (L15); logins at every issuer."""
import contextlib, threading, time

import pytest

from ldap_test import CLIENT, SERVICE, Stand, ask, entry, is_down, is_refused, result, slapd, yaml  # noqa: F401 (slapd is a fixture)
from mute import Mute
from slapd import Slapd
from talker import APP_SECRET, World, audit_of, authorize_url, basic, introspect, post, realm, redeem, refresh

GROUP = "cn=%s,ou=groups,dc=corp,dc=example"
PEOPLE = "cn=%s,ou=people,dc=corp,dc=example"


def person(s, name):
    s.add(PEOPLE % name, objectClass=["inetOrgPerson", "demoAccount"], cn=name, sn=name, sAMAccountName=name, mail=name + "@corp.example",
          userPassword="right-word", memberOf=GROUP % "staff")


def group(s, name, ou="groups", member="cn=hufu,dc=corp,dc=example"):
    s.add("cn=%s,ou=%s,dc=corp,dc=example" % (name, ou), objectClass=["groupOfNames", "demoAccount"], cn=name, member=member)


def there(s, **more):
    return {"urls": [s.url], "starttls": True, "ca_file": s.ca, "connect_timeout": 2, "operation_timeout": 2, **SERVICE, **more}


def world(directory, top="", dialects=("connect", "modern", "spring"), **more):
    r = realm()
    c = next(c for c in r["clients"] if c["id"] == "client1")
    c["grants"], c["legacy"] = c["grants"] + ["directory"], ["password"]
    return World(*dialects, settings={"connect": {"directory": "corp"}}, realms=[r], top=yaml({"corp": directory}) + "\n" + top, **more)


@pytest.fixture(scope="module")
def w(slapd):
    with world(there(slapd), top="login:\n  account_free: 3\n  address_per_minute: 100000") as v:
        yield v


@pytest.fixture
def lee(slapd, request):
    """Somebody new, who may leave."""
    name = "lee%d" % abs(hash(request.node.name) % 10**8)
    person(slapd, name)
    return name


def renew(w, t):
    return post(w.at("connect", "/connect/token"), {**CLIENT, "grant_type": "refresh_token", "refresh_token": t["refresh_token"]})


def code_of(r):
    return r.query().get("code")


def modern_tokens(w, name):
    b = w.browser("modern")
    r = b.authorize(authorize_url(w), name, "right-word")
    assert code_of(r), r
    return b, redeem(w, code_of(r)).json()


def is_active(w, token):
    return introspect(w, token)["active"]


GONE = {
    "deleted": lambda s, n: s.delete(PEOPLE % n),
    "disabled": lambda s, n: s.set(PEOPLE % n, "userAccountControl", "514"),
    "expired": lambda s, n: s.set(PEOPLE % n, "accountExpires", "132223104000000000"),
    "locked by an administrator": lambda s, n: s.set(PEOPLE % n, "nsAccountLock", "true"),
}


@pytest.mark.parametrize("how", list(GONE))
def test_who_has_left_refreshes_no_more_and_has_nothing_left(w, slapd, lee, how):
    t = ask(w, lee, "right-word").json()
    b, m = modern_tokens(w, lee)
    t = renew(w, t).json()
    GONE[how](slapd, lee)
    assert is_refused(renew(w, t))
    assert audit_of(w, grant="refresh_token", reason="user_disabled")
    assert not is_active(w, m["access_token"])                           # of another issuer of the realm, at once
    assert not code_of(b.get(authorize_url(w)))                          # nor is there a session
    assert refresh(w, m["refresh_token"]).status == 400
    assert is_refused(ask(w, lee, "right-word"))
    if how != "deleted":                                                 # what has ended stays so when the account is opened again
        slapd.set(PEOPLE % lee, "userAccountControl", "512")
        slapd.set(PEOPLE % lee, "accountExpires")
        slapd.set(PEOPLE % lee, "nsAccountLock")
        assert is_refused(renew(w, t)) and not is_active(w, m["access_token"])
        assert ask(w, lee, "right-word").status == 200


def test_tokens_that_are_asked_about_and_sessions_hold_for_minutes_only(w, slapd, lee):
    b, m = modern_tokens(w, lee)
    other = w.browser("modern")
    assert code_of(other.authorize(authorize_url(w), lee, "right-word"))
    slapd.set(PEOPLE % lee, "userAccountControl", "514")
    assert is_active(w, m["access_token"]) and code_of(b.get(authorize_url(w)))     # the word is fresh
    w.turn_clock(301)
    assert not code_of(other.get(authorize_url(w)))
    assert not is_active(w, m["access_token"])
    assert "is let in no more (disabled)" in w.log(), w.log()[-3000:]


def test_introspection_alone_finds_out(w, slapd, lee):
    _, m = modern_tokens(w, lee)
    w.turn_clock(301)
    assert is_active(w, m["access_token"])
    slapd.set(PEOPLE % lee, "userAccountControl", "514")
    w.turn_clock(301)
    assert not is_active(w, m["access_token"])


def test_somebody_locked_out_for_a_while_keeps_what_they_have_until_then(w, slapd, lee):
    t = ask(w, lee, "right-word").json()
    slapd.set(PEOPLE % lee, "lockoutTime", "132223104000000000")
    assert is_refused(renew(w, t)) and audit_of(w, grant="refresh_token", reason="user_locked")
    slapd.set(PEOPLE % lee, "lockoutTime", "0")
    assert renew(w, t).status == 200


def test_roles_follow_into_the_next_tokens(w, slapd, lee):
    t = ask(w, lee, "right-word").json()
    slapd.set(PEOPLE % lee, "memberOf", GROUP % "Domain Admins")
    assert renew(w, t).status == 200
    assert "ROLE_USER ROLE_DOMAIN_ADMINS\n" in w.hufu("user", "show", "--realm", "main", lee)[1]
    slapd.set(PEOPLE % lee, "memberOf")
    w.turn_clock(301)
    _, m = modern_tokens(w, lee)
    assert is_active(w, m["access_token"]) and "ROLE_DOMAIN_ADMINS" not in w.hufu("user", "show", "--realm", "main", lee)[1]


def test_who_the_filter_lets_in_no_more_has_left(slapd, lee):
    with world(there(slapd, filter="(&(sAMAccountName={user})(memberOf=%s))" % (GROUP % "staff"))) as v:
        t = ask(v, lee, "right-word").json()
        assert renew(v, t).status == 200
        slapd.set(PEOPLE % lee, "memberOf", GROUP % "others")
        assert is_refused(renew(v, t))


def test_another_entry_of_the_same_name_inherits_nothing(w, slapd, lee):
    t = ask(w, lee, "right-word").json()
    GONE["deleted"](slapd, lee)
    person(slapd, lee)
    assert ask(w, lee, "right-word").status == 200 and "is another entry than before" in w.log()
    assert is_refused(renew(w, t))


# --- every issuer of the realm ------------------------------------------------------------------------------------------------

def test_the_login_page_of_every_issuer_of_the_realm(w, lee):
    for issuer in ("modern", "spring"):
        b = w.browser(issuer)
        r = b.login(b.get(w.at(issuer, "/login")), lee, "right-word")
        assert audit_of(w, issuer=issuer, endpoint="login", user=lee)["status"] in (302, 303), r
        b = w.browser(issuer)
        b.login(b.get(w.at(issuer, "/login")), lee, "wrong-word")
        assert audit_of(w, issuer=issuer, endpoint="login", user=lee, reason="user_credentials")
        w.turn_clock(90)
    assert code_of(w.browser("modern").authorize(authorize_url(w)))   # the realm's own, by their own passwords


def test_a_realm_setting_is_enough(slapd, lee):
    with World("modern", top=yaml({"corp": there(slapd, realm="main")})) as v:
        assert code_of(v.browser("modern").authorize(authorize_url(v), lee, "right-word"))


def test_an_own_users_password_is_not_sent_to_the_directory(slapd):
    s = Stand(slapd, lambda name, password: result(0x61, 0 if name.startswith("cn=hufu") else 49), lambda: [result(0x65, 0)])
    passwords, told = [], s.bind
    s.bind = lambda name, password: passwords.append(password) or told(name, password)
    try:
        with world({"urls": [s.url], "ca_file": slapd.ca, **SERVICE}) as v:
            for name, word in (("alice", "wrong-word-of-alice"), ("nobody", "word-of-nobody")):
                b = v.browser("modern")
                b.login(b.get(v.at("modern", "/login")), name, word)
            assert "word-of-nobody" in passwords and "wrong-word-of-alice" not in passwords
    finally:
        s.close()


# --- every spelling ------------------------------------------------------------------------------------------------------------

def test_wrong_passwords_count_for_the_entry_however_its_name_is_written(w, slapd, lee):
    wide = "".join(chr(ord(c) + 0xfee0) for c in lee)
    for name in (lee, lee.upper(), wide):
        is_refused(ask(w, name, "wrong-word"))
    is_refused(ask(w, " " + wide.upper() + " ", "wrong-word"))
    for name in (lee, wide, lee.title()):
        assert ask(w, name, "right-word").status == 429, name
    w.turn_clock(90)
    assert ask(w, lee, "right-word").status == 200


def test_and_for_its_other_names(slapd, lee):
    with world(there(slapd, filter="(|(sAMAccountName={user})(mail={user}))"), top="login:\n  account_free: 2") as v:
        for name in (lee, lee + "@corp.example", lee.upper() + "@CORP.example"):
            is_refused(ask(v, name, "wrong-word"))
        assert ask(v, lee, "right-word").status == 429 and ask(v, lee + "@corp.example", "right-word").status == 429


# --- groups --------------------------------------------------------------------------------------------------------------------

def test_two_groups_never_give_one_role(w, slapd, lee):
    slapd.add("ou=teams,dc=corp,dc=example", objectClass="organizationalUnit", ou="teams")
    group(slapd, "night-watch", "teams"), group(slapd, "Night Watch")
    slapd.set(PEOPLE % lee, "memberOf", "cn=night-watch,ou=teams,dc=corp,dc=example", GROUP % "staff")
    assert ask(w, lee, "right-word").status == 200
    shown = w.hufu("user", "show", "--realm", "main", lee)[1]
    assert "ROLE_USER ROLE_STAFF\n" in shown and "NIGHT" not in shown
    assert "have one name here" in w.log()
    with world(there(slapd, groups=["cn=night-watch,ou=teams,dc=corp,dc=example=ROLE_TEAM", "Night_Watch=ROLE_WATCH"])) as v:
        assert ask(v, lee, "right-word").status == 200
        assert "ROLE_USER ROLE_TEAM\n" in v.hufu("user", "show", "--realm", "main", lee)[1]


@pytest.mark.parametrize("how", ["none", "member_of", "member"])
def test_groups_within_groups(slapd, lee, how):
    a, b, c = (lee + "-" + x for x in "abc")
    me = PEOPLE % lee
    group(slapd, a, member=me), group(slapd, b, member=GROUP % a), group(slapd, c, member=GROUP % b)
    for inner, outer in ((a, b), (b, c), (c, a)):                        # and a circle
        slapd.set(GROUP % inner, "memberOf", GROUP % outer, how=0)
    slapd.set(PEOPLE % lee, "memberOf", GROUP % a)
    with world(there(slapd, nested_groups=how), dialects=("connect",)) as v:
        assert ask(v, lee, "right-word").status == 200
        got = {x for x in "ABC" if "ROLE_%s_%s" % (lee.upper(), x) in v.hufu("user", "show", "--realm", "main", lee)[1]}
        assert got == (set("A") if how == "none" else set("ABC"))


def test_active_directorys_rule_for_them(slapd):
    def found(s=[]):
        s.append(1)
        return {1: [entry("CN=Carol,DC=corp", sAMAccountName=["carol"], objectGUID=["0123456789abcdef"]), result(0x65, 0)],
                2: [entry("CN=Inner,DC=corp"), entry("CN=Outer,DC=corp"), result(0x65, 0)]}.get(len(s), [result(0x65, 0)])
    s = Stand(slapd, lambda name, password: result(0x61, 0), found)
    try:
        with world({"urls": [s.url], "ca_file": slapd.ca, "domain": "corp.example", "base": "dc=corp", "nested_groups": "in_chain"}, dialects=("connect",)) as v:
            assert ask(v, "carol", "right-word").status == 200
            assert any(b"1.2.840.113556.1.4.1941" in f for f in s.filters)
            assert "ROLE_USER ROLE_INNER ROLE_OUTER" in v.hufu("user", "show", "--realm", "main", "carol")[1]
    finally:
        s.close()


# --- a directory that does not answer ---------------------------------------------------------------------------------------------

def test_down_holds_for_the_grace_and_no_longer():
    s = Slapd().start()
    try:
        person(s, "lee")
        with world(there(s, grace="200s", recheck="1m")) as v:
            t, (b, m) = ask(v, "lee", "right-word").json(), modern_tokens(v, "lee")
            s.stop()
            v.turn_clock(110)
            assert is_active(v, m["access_token"]) and code_of(b.get(authorize_url(v)))
            r = renew(v, t)
            assert r.status == 200
            v.turn_clock(110)
            assert is_down(renew(v, r.json()))
            r2 = post(v.at("modern", "/introspect"), {"token": m["access_token"]}, basic("app", APP_SECRET))
            assert r2.status == 503, r2
            assert b.get(authorize_url(v)).status == 503
            s.again()
            v.turn_clock(6)
            assert is_active(v, m["access_token"]) and renew(v, r.json()).status == 200
    finally:
        s.close()


def test_without_a_service_account_the_grace_is_all_there_is(slapd):
    answers = lambda: [entry("CN=Carol,DC=corp", sAMAccountName=["carol"]), result(0x65, 0)]
    s = Stand(slapd, lambda name, password: result(0x61, 0), answers)
    try:
        with world({"urls": [s.url], "ca_file": slapd.ca, "domain": "corp.example", "base": "dc=corp", "grace": "30m"}, dialects=("connect",)) as v:
            assert "cannot be asked about its users again" in v.log()
            t = ask(v, "carol", "right-word").json()
            r = renew(v, t)
            assert r.status == 200
            v.turn_clock(1801)
            assert is_refused(renew(v, r.json()))
            assert ask(v, "carol", "right-word").status == 200
    finally:
        s.close()


def test_a_mute_directory_delays_its_own_users_only():
    s = Slapd().start()
    mute = None
    try:
        person(s, "lee")
        with world(there(s), top="lanes:\n  directory_threads: 2\n  queue_max: 4") as v:
            t, (_, m) = ask(v, "lee", "right-word").json(), modern_tokens(v, "lee")
            own = redeem(v, code_of(v.browser("modern").authorize(authorize_url(v)))).json()
            s.stop()
            mute = Mute(s.port)
            v.turn_clock(301)
            answers = []
            threads = [threading.Thread(target=lambda: answers.append(renew(v, t))) for _ in range(2)]
            threads += [threading.Thread(target=lambda: answers.append(is_active(v, m["access_token"]))) for _ in range(10)]
            begun = time.time()
            for x in threads:
                x.start()
            time.sleep(0.2)
            served = 0
            while time.time() < begun + 1.2:
                one = time.time()
                assert post(v.at("connect", "/connect/token"), {**CLIENT, "grant_type": "client_credentials"}).status == 200
                own = refresh(v, own["refresh_token"]).json()
                assert is_active(v, own["access_token"])
                assert time.time() - one < 1
                served += 1
            for x in threads:
                x.join()
            assert served >= 10 and answers.count(True) == 10, answers  # by the word of before: a full lane does not take that away
            one = time.time()
            assert is_active(v, m["access_token"]) and time.time() - one < 1     # it rests
    finally:
        s.close()
        if mute is not None:
            mute.close()
