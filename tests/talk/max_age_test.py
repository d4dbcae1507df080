"""Passwords of the realm's own users that are too old (passwords.max_age) or must be changed by an operator's word: the page in the middle of the login, the
grants that have none, the second factor before it, and operators who were quicker."""
import concurrent.futures

import pytest

from factors_test import enrol, next_totp, show, totp  # noqa: F401
from talker import ALL_GRANTS, APP_SECRET, LEGACY, PASSWORD, World, audit_of, authorize_url, basic, client, post, realm, redeem, refresh, user

DAY = 86400
NEW = "three boats on a pier"
NAMES = ["old", "told", "fay", "fac", "opp", "off", "ren", "many", "sms", "gran", "own", "set"]
PHONE = "18888880456"


def people():
    r = realm()
    r["users"] += [user(n, PASSWORD, **({"phone": PHONE} if n == "sms" else {})) for n in NAMES]
    r["clients"] += [client("legacy", APP_SECRET, scopes=["read"], grants=ALL_GRANTS, legacy=LEGACY)]
    return r


def world(top="passwords:\n  max_age: 90d\n  history: 2\n", dialects=("modern",), **settings):
    w = World(*dialects, realms=[people()], settings={"modern": {"signing_alg": "ES256"}, **settings}, top=top)
    return w


@pytest.fixture(scope="module")
def w():
    with world() as v:
        v.now = 0
        yield v


def turn(w, seconds):
    w.turn_clock(seconds)
    w.now = getattr(w, "now", 0) + seconds


def sign_in(w, b, name, password=PASSWORD):
    return b.login(b.follow(b.get(authorize_url(w))), name, password)


def is_page(r, error=None):
    assert r.status in (200, 400) and 'id="new-password-form"' in r.text, r
    assert ('id="new-password-error"' in r.text) == (error is not None) and (error or "") in r.text, r.text
    return r.form("new-password-form")


def change(b, page, new=NEW, again=None):
    return b.submit(page.form("new-password-form"), "new-password-submit", new_password=new, new_password_again=new if again is None else again)


def code_of(b, r):
    r = b.follow(r)
    r = b.decide(r) if r.status == 200 and "consent-form" in r.text else r
    return r.query().get("code") if r.status in (302, 303) else None


def told(w, name, *more):
    code, out = w.hufu("user", "set", "--realm", "main", name, "--must-change", *more)[:2]
    assert code == 0, out


def test_an_operators_word_leads_to_the_page_and_the_login_goes_on(w):
    told(w, "told")
    assert "password must be changed   yes" in w.hufu("user", "show", "--realm", "main", "told")[1]
    b = w.browser("modern")
    assert "error" in sign_in(w, b, "told", "no-word").location
    page = sign_in(w, b, "told")
    is_page(page)
    assert not any(k.endswith("hufu-modern") for k in b.cookies) and "current-password" not in page.text and audit_of(w, user="told", reason="password_expired")
    for new, again, error in ((NEW, NEW + "x", "not the same"), ("short", None, "at least 8 characters"), (PASSWORD, None, "used this password before"),
                              ("told2026!", None, "Do not use your name"), ("password1", None, "tried first")):
        page = change(b, page, new, again)
        is_page(page, error)
    assert 'minlength="8"' in page.text and "At least 8 characters" in page.text
    assert redeem(w, code_of(b, change(b, page))).status == 200
    shown = w.hufu("user", "show", "--realm", "main", "told")[1]
    assert "must be changed" not in shown and "(0 days)" in shown, shown
    b = w.browser("modern")
    assert code_of(b, sign_in(w, b, "told", NEW)) and "error" in sign_in(w, w.browser("modern"), "told").location


def test_nothing_is_old_before_its_time_and_the_form_is_sealed():
    with world() as v:
        b = v.browser("modern")
        turn(v, 90 * DAY - 60)
        assert code_of(b, sign_in(v, b, "old"))
        turn(v, 120)
        b = v.browser("modern")
        page = sign_in(v, b, "old")
        f = is_page(page)
        # in another browser it opens nothing, as a second factor neither, and nothing after ten minutes
        other = v.browser("modern")
        sign_in(v, other, "fay")
        r = other.submit(f, "new-password-submit", new_password=NEW, new_password_again=NEW)
        assert code_of(other, r) is None
        half = next(value for name, value, *_ in f["fields"] if name == "half_login")
        r = b.post(v.at("modern", "/login/factor"), {"half_login": half, "_csrf": next(x[1] for x in f["fields"] if x[0] == "_csrf")})
        assert not any(k.endswith("hufu-modern") for k in b.cookies) and "login" in r.location
        turn(v, 601)
        assert change(b, page).location.endswith("/login")
        # a restart ends nothing
        page = sign_in(v, b, "old")
        v.stop(), v.start()
        turn(v, 90 * DAY + 700)                                           # the test's own clock began anew
        assert code_of(b, change(b, page))


def test_who_has_a_factor_shows_it_before_the_password_is_changed(w):
    b = w.browser("modern")
    assert b.login(b.get(w.at("modern", "/login")), "fac", PASSWORD).status == 303
    secret, codes = enrol(w, b)
    told(w, "fac")
    b = w.browser("modern")
    page = sign_in(w, b, "fac")
    assert "factor-form" in page.text and "new-password-form" not in page.text
    page = show(w, b, page, next_totp(w, secret))
    is_page(page)
    assert not any(k.endswith("hufu-modern") for k in b.cookies)
    code = code_of(b, change(b, page))
    assert code and redeem(w, code).status == 200
    b = w.browser("modern")
    assert "factor-form" in sign_in(w, b, "fac", NEW).text               # and nothing of it is gone


def test_an_operator_who_is_quicker_holds(w):
    told(w, "opp")
    b = w.browser("modern")
    page = sign_in(w, b, "opp")
    is_page(page)
    assert w.hufu("user", "set-password", "--realm", "main", "opp", "--password-stdin", input="a word of the operator's\n")[0] == 0
    assert change(b, page).location.endswith("/login")
    assert "error" in sign_in(w, w.browser("modern"), "opp", NEW).location
    b = w.browser("modern")
    assert code_of(b, sign_in(w, b, "opp", "a word of the operator's"))
    told(w, "off")
    b = w.browser("modern")
    page = sign_in(w, b, "off")
    w.hufu("user", "disable", "--realm", "main", "off")
    assert change(b, page).location.endswith("/login")


def test_of_many_at_once_one_is_chosen(w):
    told(w, "many")
    tabs = [(b, sign_in(w, b, "many")) for b in (w.browser("modern") for _ in range(8))]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda x: change(x[1][0], x[1][1], new="%s %d" % (NEW, x[0])), enumerate(tabs)))
    assert sum(not r.location.endswith("/login") for r in got) == 1, [r.location for r in got]


def test_a_password_set_to_be_used_once_and_whose_cannot_be(w):
    assert w.hufu("user", "set-password", "--realm", "main", "set", "--password-stdin", "--must-change", input="a first word for you\n")[0] == 0
    is_page(sign_in(w, w.browser("modern"), "set", "a first word for you"))
    assert w.hufu("user", "set", "--realm", "main", "set", "--need-not-change")[0] == 0
    b = w.browser("modern")
    assert code_of(b, sign_in(w, b, "set", "a first word for you"))
    assert w.hufu("user", "create", "--realm", "main", "nopass", "--no-password")[0] == 0
    said = w.hufu("user", "set", "--realm", "main", "nopass", "--must-change")
    assert said[0] != 0 and "no password here" in str(said)


def test_grants_that_have_no_page():
    with world(dialects=("spring", "connect"), top="passwords:\n  max_age: 90d\n") as v:
        ask = lambda: post(v.at("spring", "/oauth/token"), {"grant_type": "password", "username": "gran", "password": PASSWORD}, basic("legacy", APP_SECRET))
        r = ask()
        assert r.status == 200, r
        renewed = lambda: refresh(v, r.json()["refresh_token"], issuer="spring", client="legacy", path="/oauth/token").status
        told(v, "gran")
        said = ask()
        assert said.status == 400 and said.json() == {"error": "invalid_grant", "error_description": "User credentials have expired"}, said
        assert audit_of(v, grant="password", user="gran", reason="password_expired")
        wrong = post(v.at("spring", "/oauth/token"), {"grant_type": "password", "username": "gran", "password": "no-word"}, basic("legacy", APP_SECRET))
        assert wrong.json()["error_description"] == "Bad credentials"
        assert renewed() == 200
        ask_old = lambda: post(v.at("spring", "/oauth/token"), {"grant_type": "password", "username": "own", "password": PASSWORD}, basic("legacy", APP_SECRET))
        turn(v, 90 * DAY - 60)
        assert ask_old().status == 200
        turn(v, 120)
        assert ask_old().json()["error_description"] == "User credentials have expired"
    with world(dialects=("spring",), spring={"expired_password_at_grants": "skipped"}) as v:
        told(v, "gran")
        assert post(v.at("spring", "/oauth/token"), {"grant_type": "password", "username": "gran", "password": PASSWORD}, basic("legacy", APP_SECRET)).status == 200
