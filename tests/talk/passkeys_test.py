"""Passkeys: a login without a password, a second factor, enrolment in the middle of a login; what must not count. The authenticator is
tests/authenticator.py; a real browser is asked in tests/browser/passkeys_test.py."""
import concurrent.futures, re

import pytest

import authenticator
import talker_jwt
from server import Server, free_ports
from talker import APP_SECRET, Browser, PASSWORD, audit_of, basic, challenge, client, form, post, realm, user, VERIFIER, wait
from authenticator import BE, BS, UP, UV, Passkey, asked

CB = "https://app.example/cb"
PEOPLE = ["ada", "bert", "cleo", "dora", "emil", "finn", "gwen", "hugo", "ines", "jack", "kurt", "lena", "moss", "nina", "otto", "paul", "vera", "wanda"]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Place(Server):
    """Issuers of one realm at localhost: browsers make no passkeys for an address."""

    def __init__(self, **settings):
        ports = dict(zip(settings, free_ports(len(settings))))
        self.url = {i: "http://localhost:%d" % p for i, p in ports.items()}
        r = realm()
        r["users"] += [user(name, PASSWORD) for name in PEOPLE]
        r["clients"] += [client("shop", APP_SECRET, scopes=["openid"], redirect_uris=[CB], auto_approve=True)]
        issuers = {i: {"url": self.url[i], "dialect": "modern", "listener": i, "realm": "main", "signing_alg": "ES256", **more} for i, more in settings.items()}
        super().__init__(issuers, [r], listeners={i: {"bind": ["127.0.0.1:%d" % p]} for i, p in ports.items()},
                         top="login:\n  rehash: false\n  address_per_minute: 100000\n  account_free: 1000")


@pytest.fixture(scope="module")
def w():
    two = {"acr_second_factor": "2"}
    with Place(main={"passkeys": "login", **two}, second={"passkeys": "second_factor", "second_factor": "required", **two}, off={},
               only={"passkeys": "login", "second_factor": "off"},
               full={"passkeys": "login", "sessions_max": 1, "session_conflict": "newest_refused"}) as place:
        yield place


def at(w, b, path="/login", issuer="main"):
    return b.get(w.url[issuer] + path)


def send(b, said, fields):
    return b.go("POST", said["action"], form(fields), FORM)


def enter(w, name, issuer="main", b=None):
    """By password, as far as that leads."""
    b = b or Browser(w.url[issuer])
    return b, b.login(at(w, b, issuer=issuer), name, PASSWORD)


def account(w, b, issuer="main", **fields):
    """A button of the account page."""
    page = at(w, b, "/account/factors", issuer)
    f = next(f for f in page.forms() if any(n == "_csrf" for n, _, _, _ in f["fields"]))
    csrf = next(v for n, v, _, _ in f["fields"] if n == "_csrf")
    return b.go("POST", "/account/factors", form({"_csrf": csrf, **fields}), FORM)


def enrolled(w, name, issuer="main", passkey=None, label="", flags=UP | UV):
    """Whoever has none: a login by password, the account page, a passkey."""
    b, r = enter(w, name, issuer)
    assert r.status == 303, r
    k = passkey or Passkey()
    page = account(w, b, issuer, factor_action="enrol", chosen_factor="passkey")
    said = asked(page.text)
    r = send(b, said, {**k.create(said, w.url[issuer], flags=flags), "factor_name": label})
    assert r.status == 200 and 'id="recovery' in r.text, r
    return b, k, re.findall(r"<code>([0-9a-z-]{19})</code>", r.text)


def passkey_login(w, k, issuer="main", b=None, target="/login", **wrong):
    b = b or Browser(w.url[issuer])
    said = asked(b.follow(b.get(w.url[issuer] + target)).text)
    wrong.setdefault("origin", w.url[issuer])
    return b, send(b, said, k.get(said, wrong.pop("origin"), **wrong))


def refused(w, r, detail):
    """The visitor hears that it was not accepted, the audit line says why."""
    assert r.status == 303 and r.location.endswith("/login?error=passkey_refused"), r
    assert wait(lambda: detail in ([a for a in w.audit() if a.get("reason") == "passkey"] or [{}])[-1].get("detail", ""), 5), detail


def target():
    return "/authorize?" + form({"response_type": "code", "client_id": "shop", "redirect_uri": CB, "scope": "openid", "state": "s",
                                 "code_challenge": challenge(), "code_challenge_method": "S256"})


def id_token(w, r, issuer="main"):
    assert "code" in r.query(), r
    t = post(w.url[issuer] + "/token", {"grant_type": "authorization_code", "code": r.query()["code"], "redirect_uri": CB, "code_verifier": VERIFIER},
             basic("shop", APP_SECRET))
    return talker_jwt.claims(t.json()["id_token"])


def test_a_login_by_a_passkey_is_worth_two_factors(w):
    _, k, codes = enrolled(w, "ada", label="my phone")
    assert len(codes) == 10
    b, r = passkey_login(w, k, target=target())
    said = id_token(w, b.follow(r))
    assert said["amr"] == ["pop", "user", "mfa"] and said["acr"] == "2"
    assert "my phone" in at(w, b, "/account/factors").text


def test_a_password_beside_a_passkey_is_not_enough(w):
    """Who has one is asked for it, whatever the login began with; F1."""
    _, k, codes = enrolled(w, "bert")
    b, page = enter(w, "bert")
    said = asked(page.text)
    assert page.status == 200 and said["credentials"] == talker_jwt.text(k.id) and not any("__Host" in c for c in b.cookies)
    assert at(w, b, "/account/factors").status == 303
    assert send(b, said, k.get(said, w.url["main"], flags=UP)).status == 303
    assert at(w, b, "/account/factors").status == 200
    # a recovery code stands in for it
    b, page = enter(w, "bert")
    fields = dict(asked(page.text)["fields"], chosen_factor="recovery", factor_code=codes[0])
    assert b.go("POST", asked(page.text)["action"], form({n: v for n, v in fields.items() if "passkey" not in n}), FORM).status == 303


def test_one_is_made_in_the_middle_of_a_login(w):
    b, page = enter(w, "cleo", "second", b=None)
    assert 'id="enrol-secret"' in page.text
    said, k = asked(page.text), Passkey()
    assert said["passkey"] == "create" and said["resident"] == "preferred"
    r = send(b, said, k.create(said, w.url["second"]))
    assert r.status == 200 and at(w, b, "/account/factors", "second").status == 200
    b, page = enter(w, "cleo", "second")
    said = asked(page.text)
    assert said["passkey"] == "get" and send(b, said, k.get(said, w.url["second"], handle=b"")).status == 303
    # an issuer with them as second factor alone offers no login by one
    assert asked(at(w, Browser(w.url["second"]), issuer="second").text) is None


def test_where_they_are_off_nobody_gets_around_one(w):
    enrolled(w, "dora")
    assert asked(at(w, Browser(w.url["off"]), issuer="off").text) is None
    b, page = enter(w, "dora", "off")
    assert "passkey" not in page.text and 'name="chosen_factor" value="recovery"' in page.text
    assert at(w, b, "/account/factors", "off").status == 303


def test_where_second_factors_are_off_one_is_a_login_all_the_same(w):
    """In place of the password, and not beside it."""
    b, k, _ = enrolled(w, "paul", "only")
    assert "authenticator app" not in at(w, b, "/account/factors", "only").text
    assert passkey_login(w, k, "only")[1].location == w.url["only"] + "/"
    assert enter(w, "paul", "only")[1].location == w.url["only"] + "/"


WRONG = [("it was made at another origin", dict(origin="http://localhost:1")),
         ("it was made at another origin", dict(origin="https://evil.example")),
         ("it was made in a frame of another site", dict(crossOrigin=True)),
         ("it was made for another RP id", dict(rp="evil.example")),
         ("nobody touched the authenticator", dict(flags=UV)),
         ("the authenticator did not verify who it was", dict(flags=UP)),
         ("what it says of its backup contradicts itself", dict(flags=UP | UV | BE | BS)),
         ("it was made for another purpose", dict(type="webauthn.create")),
         ("nobody here has this passkey", dict(id=b"another id 12345")),
         ("nobody here has this passkey", dict(handle=b"0123456789abcdef")),
         ("nobody here has this passkey", dict(handle=b""))]


def test_what_must_not_count_at_a_login(w):
    _, k, _ = enrolled(w, "emil")
    for detail, wrong in WRONG:
        b, r = passkey_login(w, k, **wrong)
        refused(w, r, detail)
        assert at(w, b, "/account/factors").status == 303, detail
        assert "was not accepted" in b.get(r.location).text
    assert passkey_login(w, k)[1].location == w.url["main"] + "/"


def test_a_passkey_of_another_user_is_nothing(w):
    """Neither for the name that it claims, nor as the second factor of somebody else."""
    _, finns, _ = enrolled(w, "finn")
    _, gwens, _ = enrolled(w, "gwen")
    _, r = passkey_login(w, finns, handle=gwens.handle)
    refused(w, r, "nobody here has this passkey")
    _, r = passkey_login(w, finns, handle=gwens.handle, id=gwens.id)
    refused(w, r, "the signature does not hold")
    b, page = enter(w, "gwen")
    said = asked(page.text)
    r = send(b, said, finns.get(said, w.url["main"]))
    assert r.status == 400 and "was not accepted" in r.text and asked(r.text)["challenge"] != said["challenge"]
    assert at(w, b, "/account/factors").status == 303


def test_a_challenge_counts_once_for_one_browser_and_one_use(w):
    _, k, _ = enrolled(w, "hugo")
    b = Browser(w.url["main"])
    said = asked(at(w, b).text)
    answer = k.get(said, w.url["main"])
    assert send(b, said, answer).location == w.url["main"] + "/"
    refused(w, send(b, said, answer), "spend")
    # the same challenge, signed anew
    refused(w, send(b, said, k.get(said, w.url["main"])), "spend")
    # another browser's ticket under one's own form
    mine, other = Browser(w.url["main"]), Browser(w.url["main"])
    ours, theirs = asked(at(w, mine).text), asked(at(w, other).text)
    refused(w, send(mine, ours, dict(k.get(theirs, w.url["main"]), _csrf=ours["fields"]["_csrf"])), "to another browser")
    # a challenge of a second factor is none of a login, and the reverse
    b, page = enter(w, "hugo")
    factor, login = asked(page.text), asked(at(w, b).text)
    refused(w, send(b, login, dict(k.get(factor, w.url["main"]), _csrf=login["fields"]["_csrf"])), "for something else")
    r = send(b, factor, dict(factor["fields"], passkey=k.get(login, w.url["main"])["passkey"], passkey_ticket=login["fields"]["passkey_ticket"]))
    assert r.status == 400
    # an hour later it has ended
    b = Browser(w.url["main"])
    said = asked(at(w, b).text)
    w.turn_clock(3500)
    at(w, b)                                            # the browser's own nonce lives on by that
    w.turn_clock(101)
    r = send(b, said, k.get(said, w.url["main"]))
    assert r.status in (303, 403) and at(w, b, "/account/factors").status == 303


def test_a_counter_that_goes_back_is_refused_and_told(w):
    k = Passkey()
    k.count = 10
    enrolled(w, "ines", passkey=k)
    assert passkey_login(w, k)[1].location == w.url["main"] + "/"
    for count in (11, 10, 0):
        refused(w, passkey_login(w, k, count=count)[1], "its signature counter went back")
    assert w.log().count('"passkey.copied"') == 3
    assert passkey_login(w, k)[1].location == w.url["main"] + "/"


def test_malformed_answers(w):
    _, k, _ = enrolled(w, "jack")
    for text in ("x", "[]", "{}", '{"id":7}', '{"id":"%"}', "{" * 100, '{"id":"%s"}' % ("A" * 50000)):
        b = Browser(w.url["main"])
        said = asked(at(w, b).text)
        r = send(b, said, dict(said["fields"], passkey=text))
        assert r.status in (303, 400, 403, 413) and r.location != w.url["main"] + "/", (text[:20], r)
    b = Browser(w.url["main"])
    said = asked(at(w, b).text)
    refused(w, send(b, said, dict(k.get(said, w.url["main"]), passkey_ticket="AAAA")), "none of this server")


def test_64_at_once_give_one_session(w):
    _, k, _ = enrolled(w, "kurt")
    b = Browser(w.url["main"])
    said = asked(at(w, b).text)
    answer = k.get(said, w.url["main"])

    def one(_):
        mine = Browser(w.url["main"])
        mine.cookies = dict(b.cookies)
        return mine, send(mine, said, answer)
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        got = list(pool.map(one, range(64)))
    right = [mine for mine, r in got if r.location == w.url["main"] + "/"]
    assert len(right) == 1 and sum(at(w, mine, "/account/factors").status == 200 for mine, _ in got) == 1
    # who lost the race is given nothing that was drawn for the login
    new = set(right[0].cookies) - set(b.cookies)
    assert new and all(not new & set(mine.cookies) for mine, _ in got if mine is not right[0])


def test_a_restart_in_the_middle_loses_nothing(w):
    """Neither a page that waits, nor that an answer was used."""
    _, k, _ = enrolled(w, "lena")
    b, used = Browser(w.url["main"]), Browser(w.url["main"])
    said, before = asked(at(w, b).text), asked(at(w, used).text)
    answer = k.get(before, w.url["main"])
    assert send(used, before, answer).location == w.url["main"] + "/"
    w.stop()
    w.start()
    refused(w, send(used, before, answer), "spend")
    assert send(b, said, k.get(said, w.url["main"])).location == w.url["main"] + "/"


def test_the_account_page_lists_renames_and_removes(w):
    b, k, _ = enrolled(w, "moss", label="key <one>")
    page = at(w, b, "/account/factors")
    assert "key &lt;one&gt;" in page.text
    id = re.search(r'name="chosen_factor" value="([0-9a-f-]{36})"', page.text)[1]
    assert account(w, b, factor_action="rename", chosen_factor=id, factor_name="钥匙").status == 303
    assert "钥匙" in at(w, b, "/account/factors").text
    assert "too long" in account(w, b, factor_action="rename", chosen_factor=id, factor_name="x" * 200).text
    # the same authenticator once more: the browser is told which there are, and whoever passes that over is refused
    said = asked(account(w, b, factor_action="enrol", chosen_factor="passkey").text)
    assert said["credentials"] == talker_jwt.text(k.id)
    assert "registered already" in send(b, said, k.create(said, w.url["main"])).text and audit_of(w, reason="passkey_known")
    # where a login by one is offered, one that verifies nobody is not taken
    other = Passkey()
    said = asked(account(w, b, factor_action="enrol", chosen_factor="passkey").text)
    assert "was not accepted" in send(b, said, other.create(said, w.url["main"], flags=UP)).text
    said = asked(account(w, b, factor_action="enrol", chosen_factor="passkey").text)
    assert send(b, said, dict(other.create(said, w.url["main"]), factor_name="second")).status == 303
    assert account(w, b, factor_action="remove", chosen_factor=id).status == 303
    refused(w, passkey_login(w, k)[1], "nobody here has this passkey")
    assert passkey_login(w, other)[1].location == w.url["main"] + "/"


def test_one_user_has_at_most_twenty(w):
    b, _, _ = enrolled(w, "otto")
    for n in range(20):
        said = asked(account(w, b, factor_action="enrol", chosen_factor="passkey").text)
        r = send(b, said, Passkey().create(said, w.url["main"]))
        assert r.status == (303 if n < 19 else 400), n
    assert "as many passkeys as one may have" in r.text and audit_of(w, reason="passkeys_many")


def test_a_login_of_a_user_who_may_not_enter(w):
    _, k, _ = enrolled(w, "nina")
    assert w.control({"do": "user.disable", "realm": "main", "name": "nina"}).get("ok"), "disabled"
    r = passkey_login(w, k)[1]
    assert r.location.endswith("/login?error=disabled"), r


def test_whose_password_must_be_changed_hears_that_it_has_to_be_used(w):
    _, k, _ = enrolled(w, "vera")
    assert w.hufu("user", "set", "--realm", "main", "vera", "--must-change")[0] == 0
    b, r = passkey_login(w, k)
    assert r.location.endswith("/login?error=password_expired") and "must be changed" in b.follow(r).text, r
    b, page = enter(w, "vera", b=b)
    k2 = k.get(asked(page.text), w.url["main"])                             # the factor before the change of the password
    page = send(b, asked(page.text), k2)
    r = b.submit(page.form("new-password-form"), "new-password-submit", new_password="three boats on a pier", new_password_again="three boats on a pier")
    assert r.status == 303 and passkey_login(w, k)[1].location.rstrip("/") == w.url["main"], r


def test_where_nobody_more_may_come_in_a_passkey_is_told_so(w):
    _, k, _ = enrolled(w, "wanda", "full")
    b, r = passkey_login(w, k, "full")
    assert r.location.endswith("/login?error=sessions") and "signed in on another device" in b.follow(r).text, r
