"""/account/identities: accounts at identity providers are connected by who is here and nobody else, and the last way in stays. O9 and O10 of
oauth/upstream/upstream_int.h."""
import concurrent.futures, json, re, threading

import pytest

import upstreams
from account_test import at, enter, ok, person, said, wrong
from mailbox import Mailbox
from talker import PASSWORD, World, audit_of, realm
from upstream_test import PEOPLE, SUBJECTS, come_back

TOP = "login:\n  rehash: false\n  account_free: 1000\n  address_per_minute: 100000\n"
ROOMY = {"mail_recipient_per_hour": 1000, "mail_recipient_per_day": 1000, "mail_address_per_hour": 100000, "mail_budget_per_day": 100000}
PAGE = "/identities"


@pytest.fixture(scope="module")
def place():
    box = Mailbox().start()
    try:
        with upstreams.providers() as (base, stand):
            rows = {p: upstreams.settings(base, p, stand.keys) for p in ("openid", "github", "apple", "wechat")}
            rows["corp"] = upstreams.settings(base, "openid", stand.keys, label="Corp", label_zh="公司", allowed_domains=["corp.example"])
            settings = {"modern": {"identity_providers": list(rows), **ROOMY}, "modern-b": {"identity_providers": ["openid"], **ROOMY}, "modern-none": {}}
            with World(*settings, settings=settings, realms=[realm()], top=TOP + upstreams.top(rows) + box.settings()) as w:
                w.box = box
                yield w, stand
    finally:
        box.close()


pytestmark = pytest.mark.usefixtures("calm")


@pytest.fixture
def calm(place):
    yield
    stand = place[1]
    broken = [a for a in stand.asked if a[1] == "broken"]
    stand.asked.clear(), stand.faults.clear()
    assert not broken, broken


numbers = iter(range(1, 1000))


def somebody(w, **more):
    n = next(numbers)
    return person(w, "link%d" % n, email="link%d@people.test" % n, **more)


def account_there(n=None):
    return {"sub": "joined-%d" % (n or next(numbers)), "name": "There"}


def identities(w, name):
    return w.control({"do": "identity.list", "realm": "main", "user": name})["identities"]


def connect(w, b, provider="openid", issuer="modern"):
    """The button; the address there."""
    r = b.submit(b.get(at(w, PAGE, issuer)).form("account-connect"), "connect-" + provider)
    assert r.status == 303 and "/account/" not in r.location, r
    return r.location


def question(r):
    assert r.status == 200, r
    return r.form("account-connect")


def agree(b, r, button="connect-yes"):
    """The answer to the question, where it is asked."""
    if r.status == 200 and 'id="connect-question"' in r.text:
        r = b.follow(b.submit(question(r), button))
    return r


def connected(w, stand, b, provider="openid", who=None, kind=None):
    return agree(b, come_back(b, stand.go(kind or provider, connect(w, b, provider), who or account_there())))


def told(r, word):
    assert r.status == 200 and 'id="account-notice"' in r.text and word in r.text, r
    return r


def nothing(w, r, name, words):
    wrong(r, 200, words)
    assert identities(w, name) == []


def disconnect(w, b, n=1):
    f = next(f for f in b.get(at(w, PAGE)).forms() if "disconnect-%d" % n in f["buttons"])
    return f, "disconnect-%d" % n


# --- what it is for -------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("provider", ["openid", "github", "apple", "wechat"])
def test_an_account_is_connected_lets_in_and_is_disconnected(place, provider):
    w, stand = place
    name = somebody(w)
    b = enter(w, name)
    assert 'id="account-no-identities"' in b.get(at(w, PAGE)).text
    told(connected(w, stand, b, provider, PEOPLE[provider]), "is connected")
    assert [(i["provider"], i["subject"], i.get("last_s", 0)) for i in identities(w, name)] == [(provider, SUBJECTS[provider], 0)]
    assert "subject" not in b.get(at(w, PAGE)).text and "not yet" in b.get(at(w, PAGE)).text
    assert SUBJECTS[provider] in w.hufu("user", "identities", name)[1]
    assert json.loads(w.hufu("user", "export", name)[1])["identities"] == identities(w, name)
    there = w.browser("modern")
    page = there.get(w.at("modern", "/login"))
    r = there.get(re.search(r'href="([^"]*/login/with/%s)"' % provider, page.text)[1])
    assert come_back(there, stand.go(provider, r.location, PEOPLE[provider])).status in (200, 303)
    assert ">%s<" % name in there.get(at(w, "")).text
    assert identities(w, name)[0]["last_s"] > 0
    said(b, b.submit(*disconnect(w, b)), "disconnected")
    assert identities(w, name) == []
    assert audit_of(w, endpoint="account_identities", detail="the person has disconnected an account of identity provider " + provider)
    assert audit_of(w, endpoint="account_identities", detail="the person has connected an account of identity provider " + provider)


def test_the_person_hears_of_both_by_mail(place):
    w, stand = place
    b = enter(w, somebody(w))
    while not w.box.mails.empty():
        w.box.mails.get()
    told(connected(w, stand, b), "is connected")
    one = w.box.mails.get(timeout=20)
    said(b, b.submit(*disconnect(w, b)), "disconnected")
    other = w.box.mails.get(timeout=20)
    assert "Another way to sign in was added" in one.subject and "A way to sign in was removed" in other.subject
    assert w.box.mails.empty()


def test_it_is_offered_where_there_are_providers_and_speaks_both_languages(place):
    w, stand = place
    name = somebody(w)
    b = enter(w, name)
    assert 'href="/account/identities"' in b.get(at(w, "")).text
    page = enter(w, name).get(at(w, PAGE) + "?ui_lang=zh-CN").text
    assert "关联账号" in page and "关联公司" in page and "关联微信" in page and 'lang="zh-CN"' in page
    none = enter(w, name, issuer="modern-none")
    assert "identities" not in none.get(at(w, "", "modern-none")).text and none.get(at(w, PAGE, "modern-none")).status == 404
    told(connected(w, stand, b, "github", {**PEOPLE["github"], "id": 4711}), "is connected")
    other = enter(w, name, issuer="modern-b")                                        # github has no button there
    assert "can no longer be used here" in other.get(at(w, PAGE, "modern-b")).text
    r = other.post(at(w, PAGE, "modern-b"), [(n, v) for n, v, *_ in other.get(at(w, PAGE, "modern-b")).form("account-connect")["fields"]] + [("identity_provider", "github")])
    wrong(r, 400, "not offered here")


def test_a_fresh_login_is_asked_for(place):
    w, stand = place
    name = somebody(w)
    b = enter(w, name)
    told(connected(w, stand, b), "is connected")
    w.turn_clock(400)
    try:
        for f, button in (disconnect(w, b), (b.get(at(w, PAGE)).form("account-connect"), "connect-github")):
            r = b.submit(f, button)
            assert r.status == 303 and "/login" in r.location and "/login/with" not in r.location, r
        r = b.login(b.follow(r), name, PASSWORD)
        assert r.location == at(w, PAGE)
        assert len(identities(w, name)) == 1
    finally:
        w.turn_clock(-400)


def test_the_provider_is_asked_which_account(place):
    w, stand = place
    there = connect(w, enter(w, somebody(w)))
    assert "prompt=select_account" in there and "/login/back/openid" in there.replace("%2F", "/")


# --- attacks --------------------------------------------------------------------------------------------------------------------------

def test_a_form_of_elsewhere_or_without_its_token_begins_nothing(place):
    w, stand = place
    b = enter(w, somebody(w))
    f = b.get(at(w, PAGE)).form("account-connect")
    fields = [(n, v) for n, v, *_ in f["fields"]] + [("identity_provider", "openid")]
    r = b.post(f["action"], fields, {"Origin": "https://evil.example"})
    assert r.status == 403 and not [c for c in b.cookies if "-way-" in c]
    wrong(b.post(f["action"], [(n, "x" * 24 if n == "_csrf" else v) for n, v in fields]), 403, "expired")
    wrong(b.post(f["action"], [p for p in fields if p[0] != "_csrf"]), 403, "expired")
    wrong(enter(w, somebody(w)).post(f["action"], fields), 403, "expired")
    assert w.browser("modern").post(f["action"], fields).status == 303
    assert not [c for c in b.cookies if "-way-" in c]


def test_an_answer_in_another_browser_connects_nothing(place):
    """Login CSRF at the callback: the account of an attacker is to be connected with a victim's, or a victim's with an attacker's."""
    w, stand = place
    attacker, victim = somebody(w), somebody(w)
    a, v = enter(w, attacker), enter(w, victim)
    back = stand.go("openid", connect(w, a), account_there())
    r = v.follow(v.get(back))
    assert r.status == 200 and "did not begin in this browser" in r.text
    assert identities(w, victim) == [] and identities(w, attacker) == []
    way = {k: c for k, c in a.cookies.items() if "-way-" in k}                        # ... and with the cookie of the way planted
    v.cookies.update(way)
    nothing(w, v.follow(v.get(back)), victim, "did not begin in this browser and session")
    assert identities(w, attacker) == [] and audit_of(w, endpoint="login_back", reason="upstream_state")
    nobody = w.browser("modern")
    nobody.cookies.update(way)
    r = nobody.follow(nobody.get(back))
    assert 'id="login-submit"' in r.text and identities(w, attacker) == []


def test_as_another_user_of_the_same_browser_nothing_is_connected(place):
    w, stand = place
    one, other = somebody(w), somebody(w)
    b = enter(w, one)
    back = stand.go("openid", connect(w, b), account_there())
    enter(w, other, b=b)                                                             # several accounts in one browser: the other is active now
    nothing(w, b.follow(b.get(back)), other, "did not begin in this browser and session")
    assert identities(w, one) == []
    b = enter(w, one)
    back = stand.go("openid", connect(w, b), account_there())
    enter(w, one, b=b)                                                               # the same user in another session
    nothing(w, b.follow(b.get(back)), one, "did not begin in this browser and session")


def test_a_session_that_has_ended_or_a_user_who_is_disabled_connects_nothing(place):
    w, stand = place
    for act, undo in ((lambda n: ok(w, "session", "end", "--user", n), None), (lambda n: ok(w, "user", "disable", n), lambda n: ok(w, "user", "enable", n)),
                      (lambda n: ok(w, "user", "delete", n), None)):
        name = somebody(w)
        b = enter(w, name)
        back = stand.go("openid", connect(w, b), account_there())
        act(name)
        r = b.get(back)
        assert r.status == 303 and r.query().get("account_done") == "with_state", r
        assert 'id="login-submit"' in b.follow(r).text
        if undo:
            undo(name)
            assert identities(w, name) == []
    assert not [i for i in w.control({"do": "user.list", "realm": "main", "search": "openid-"})["users"]]


def test_an_account_of_another_user_here_stays_theirs(place):
    w, stand = place
    owner, thief, who = somebody(w), somebody(w), account_there()
    told(connected(w, stand, enter(w, owner), who=who), "is connected")
    nothing(w, connected(w, stand, enter(w, thief), who=who), thief, "connected with another user")
    assert audit_of(w, reason="upstream_taken")
    told(connected(w, stand, enter(w, owner), who=who), "is connected")              # it is theirs already
    assert len(identities(w, owner)) == 1


def test_who_is_not_let_in_is_not_connected_and_errors_are_told_on_the_page(place):
    w, stand = place
    name = somebody(w)
    b = enter(w, name)
    nothing(w, connected(w, stand, b, "corp", {"sub": "x", "email": "x@evil.example", "email_verified": True}, kind="openid"), name, "is not let in here")
    there = connect(w, b, "github")
    nothing(w, come_back(b, stand.go("github", there, PEOPLE["github"], deny=True)), name, "You have stopped")
    stand.faults[("github", "access_token")] = (200, {"error": "incorrect_client_credentials"})
    nothing(w, connected(w, stand, b, "github", PEOPLE["github"]), name, "does not answer as it should")
    there = connect(w, b, "openid")
    w.turn_clock(1000)
    try:
        r = b.follow(b.get(stand.go("openid", there, account_there())))
        assert "its time is over" in r.text
    finally:
        w.turn_clock(-1000)
    assert identities(w, name) == []


def asked(w, stand, b, who=None, provider="openid"):
    """The page with the question, at its address."""
    r = b.get(stand.go(provider, connect(w, b, provider), who or account_there()))
    page = b.get(r.location)
    assert 'id="connect-question"' in page.text, page
    page.at = r.location
    return page


def test_who_is_here_is_asked_whose_account_it_is_and_may_say_no(place):
    w, stand = place
    name = somebody(w)
    b = enter(w, name)
    page = asked(w, stand, b, {"sub": "somebody-else", "name": "Else", "preferred_username": "else@corp.example"})
    assert "else@corp.example" in page.text and name in page.text and identities(w, name) == []
    f = question(page)
    said(b, b.submit(f, "connect-no"), "unconnected")
    assert audit_of(w, endpoint="account_identities", detail="the person does not connect an account of identity provider openid")
    nothing(w, b.follow(b.submit(f, "connect-yes")), name, "its time is over")       # the answer was given
    zh = asked(w, stand, b)
    assert "要将" in b.get(zh.at + "&ui_lang=zh-CN").text and "Connect this account?" in b.get(zh.at + "&ui_lang=en").text
    told(b.follow(b.submit(question(zh), "connect-yes")), "is connected")
    told(b.follow(b.submit(question(zh), "connect-yes")), "is connected")            # a double click
    assert len(identities(w, name)) == 1
    quiet = "the person does not connect an account of identity provider openid"
    before = len(audit_of(w, endpoint="account_identities", detail=quiet))
    told(b.follow(b.submit(question(zh), "connect-no")), "is connected")             # it was answered, and a page tells no untruth
    assert len(identities(w, name)) == 1 and len(audit_of(w, endpoint="account_identities", detail=quiet)) == before
    said(b, b.submit(*disconnect(w, b)), "disconnected")
    said(b, b.submit(question(zh), "connect-no"), "unconnected")


def test_the_question_is_of_one_session_its_token_and_ten_minutes(place):
    """Whoever has somebody's answer, or address of the question, connects nothing with anybody."""
    w, stand = place
    attacker, victim = somebody(w), somebody(w)
    a, v = enter(w, attacker), enter(w, victim)
    page = asked(w, stand, a)
    f = question(page)
    fields = [(n, x) for n, x, *_ in f["fields"]] + [("connects", "yes")]
    nothing(w, v.follow(v.get(page.at)), victim, "did not begin in this browser and session")
    token = [x for n, x, *_ in question(asked(w, stand, v))["fields"] if n == "_csrf"]
    nothing(w, v.follow(v.post(f["action"], [(n, token[0] if n == "_csrf" else x) for n, x in fields])), victim, "did not begin in this browser and session")
    assert a.post(f["action"], fields, {"Origin": "https://evil.example"}).status == 403
    wrong(a.post(f["action"], [(n, "x" * 24 if n == "_csrf" else x) for n, x in fields]), 403, "expired")
    wrong(a.post(f["action"], [(n, x) for n, x in fields if n != "_csrf"]), 403, "expired")
    nothing(w, a.follow(a.post(f["action"], [(n, x + "x" if n == "identity" else x) for n, x in fields])), attacker, "did not begin in this browser and session")
    nobody = w.browser("modern")
    assert 'id="login-submit"' in nobody.follow(nobody.get(page.at)).text
    enter(w, victim, b=a)                                                            # another user of the same browser
    nothing(w, a.follow(a.post(f["action"], fields)), victim, "did not begin in this browser and session")
    page = asked(w, stand, v)
    w.turn_clock(601)
    try:
        nothing(w, v.follow(v.submit(question(page), "connect-yes")), victim, "its time is over")
    finally:
        w.turn_clock(-601)
    page = asked(w, stand, v)
    ok(w, "session", "end", "--user", victim)
    assert 'id="login-submit"' in v.follow(v.submit(question(page), "connect-yes")).text
    assert identities(w, victim) == [] and identities(w, attacker) == []


def test_a_restart_between_question_and_answer(place):
    w, stand = place
    name = somebody(w)
    b = enter(w, name)
    page = asked(w, stand, b)
    w.stop(), w.start()
    told(b.follow(b.submit(question(page), "connect-yes")), "is connected")
    assert len(identities(w, name)) == 1


def test_an_answer_counts_once_whatever_comes_of_it(place):
    w, stand = place
    name = somebody(w)
    b = enter(w, name)
    back = stand.go("openid", connect(w, b), account_there())
    kept = dict(b.cookies)
    told(agree(b, b.follow(b.get(back))), "is connected")
    said(b, b.submit(*disconnect(w, b)), "disconnected")
    for c in stand.codes.values():
        c["used"] = False                                                            # a provider that takes a code twice
    b.cookies.update(kept)
    nothing(w, agree(b, b.follow(b.get(back))), name, "its time is over")


def test_many_answers_at_once_connect_once(place):
    w, stand = place
    name = somebody(w)
    b = enter(w, name)
    who = account_there()
    forms = [question(asked(w, stand, b, who)) for _ in range(6)]
    kept = dict(b.cookies)

    def come(f):
        one = w.browser("modern")
        one.cookies = dict(kept)
        return one.submit(f, "connect-yes")
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        ends = list(pool.map(come, [forms[i % 6] for i in range(64)]))
    assert all(r.status == 303 for r in ends), ends
    assert len(identities(w, name)) == 1
    assert {r.query().get("account_done") for r in ends} == {"connected"}, "each of them says what stands"
    who = account_there()                                                            # yes and no at once: whichever is first
    name = somebody(w)
    b = enter(w, name)
    f, kept = question(asked(w, stand, b, who)), dict(b.cookies)

    def either(button):
        one = w.browser("modern")
        one.cookies = dict(kept)
        return one.submit(f, button).query().get("account_done")
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        ends = set(pool.map(either, ["connect-no", "connect-yes"] * 8))
    assert ends == ({"connected"} if identities(w, name) else {"unconnected", "with_state"}), ends
    users = [somebody(w) for _ in range(8)]                                          # ... and of eight users one
    who = account_there()
    browsers = [enter(w, n) for n in users]
    pages = [question(asked(w, stand, x, who)) for x in browsers]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        ends = list(pool.map(lambda x: x[0].submit(x[1], "connect-yes"), zip(browsers, pages)))
    assert sorted(r.query()["account_done"] for r in ends) == ["connected"] + ["with_taken"] * 7
    assert sum(len(identities(w, n)) for n in users) == 1


# --- the last way in ------------------------------------------------------------------------------------------------------------------

def made(w, stand, who=None):
    """Somebody whom a first login at a provider made: without a password. (browser, name)"""
    b, who = w.browser("modern"), who or account_there()
    r = b.get(w.at("modern", "/login/with/openid"))
    b.follow(b.get(stand.go("openid", r.location, who)))
    name = re.search(r'class="who-name">([^<]+)<', b.get(at(w, "")).text)[1]
    assert name.startswith("openid-")
    return b, name


def test_the_last_way_in_stays(place):
    w, stand = place
    b, name = made(w, stand)
    wrong(b.submit(*disconnect(w, b)), 409, "only way in which you can sign in")
    assert len(identities(w, name)) == 1
    told(connected(w, stand, b, "github", {**PEOPLE["github"], "id": next(numbers)}), "is connected")
    said(b, b.submit(*disconnect(w, b, 2)), "disconnected")
    wrong(b.submit(*disconnect(w, b)), 409, "only way in which you can sign in")
    ok(w, "user", "set-password", name, "--password-stdin", input=PASSWORD + "\n")
    b = enter(w, name)
    said(b, b.submit(*disconnect(w, b)), "disconnected")
    assert identities(w, name) == []


def test_an_account_at_a_provider_that_is_offered_no_more_is_no_way_in(place):
    w, stand = place
    b, name = made(w, stand)
    told(connected(w, stand, b, "github", {**PEOPLE["github"], "id": next(numbers)}), "is connected")
    other = w.browser("modern-b")                                                    # it has openid alone
    r = other.get(w.at("modern-b", "/login/with/openid"))
    subject = next(i["subject"] for i in identities(w, name) if i["provider"] == "openid")
    other.follow(other.get(stand.go("openid", r.location, {"sub": subject})))
    f = next(f for f in other.get(at(w, PAGE, "modern-b")).forms() if "disconnect-2" in f["buttons"])
    wrong(other.submit(f, "disconnect-2"), 409, "only way in which you can sign in")


def test_of_two_that_go_at_once_one_stays(place):
    w, stand = place
    for _ in range(8):
        b, name = made(w, stand)
        told(connected(w, stand, b, "github", {**PEOPLE["github"], "id": next(numbers)}), "is connected")
        f = next(f for f in b.get(at(w, PAGE)).forms() if "disconnect-1" in f["buttons"])
        start, cookies = threading.Barrier(2), dict(b.cookies)

        def go(button):
            one = w.browser("modern")
            one.cookies = dict(cookies)
            start.wait()
            return one.submit(f, button)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            ends = sorted(r.status for r in pool.map(go, ["disconnect-1", "disconnect-2"]))
        assert ends == [303, 409] and len(identities(w, name)) == 1, ends


def test_only_ones_own_is_disconnected(place):
    w, stand = place
    owner, thief = somebody(w), somebody(w)
    o, t = enter(w, owner), enter(w, thief)
    told(connected(w, stand, o), "is connected")
    told(connected(w, stand, t), "is connected")
    handle = next(v[1] for k, v in disconnect(w, o)[0]["buttons"].items())
    f = disconnect(w, t)[0]
    fields = [(n, v) for n, v, *_ in f["fields"] if n != "disconnected_identity"]
    for bad in (handle, "x" * 40, ""):
        wrong(t.post(f["action"], fields + [("disconnected_identity", bad)]), 400, "not connected any more")
    assert len(identities(w, owner)) == 1 and len(identities(w, thief)) == 1
