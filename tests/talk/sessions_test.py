"""Who may be where: one session a user or one a kind of device, who goes, what ends with a session, and what everybody is told of it."""
import concurrent.futures, json

import pytest

import talker_jwt
from listener import ears             # noqa: F401, a fixture
from talker import APP_SECRET, PASSWORD, World, audit_of, authorize_url, client, introspect, realm, redeem, refresh, user

CB = "https://app.example/cb"
PHONE = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148"}
DESK = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/120.0"}
PEOPLE = ["carol", "dave", "erin", "frank", "grace", "heidi"]
RULES = {
    "modern": {"sessions_per_user": "one", "refresh_ends_with_session": True},
    "modern-kind": {"sessions_per_user": "one_per_device_kind"},
    "modern-full": {"sessions_max": 1, "session_conflict": "newest_refused"},
    "modern-wide": {"sessions_max": 1, "sessions_counted": "realm"},
}


def people(**urls):
    r = realm()
    r["clients"] += [client(name, APP_SECRET, scopes=["openid", "offline_access", "read"], redirect_uris=[CB], auto_approve=True,
                            metadata={"backchannel_logout_uri": at} if at else {}) for name, at in {"shop": None, **urls}.items()]
    r["users"] += [user(name, PASSWORD) for name in PEOPLE]
    return r


def world(**urls):
    return World(*RULES, realms=[people(**urls)], settings=RULES)


@pytest.fixture(scope="module")
def w():
    with world() as w:
        yield w


def enter(w, who, issuer="modern", agent=DESK):
    """A browser in which the user has just tried to log in, and the answer."""
    b = w.browser(issuer)
    plain = b.go
    b.go = lambda method, target, body=None, headers=None: plain(method, target, body, {**agent, **(headers or {})})
    return b, b.login(b.get(w.at(issuer, "/login")), who, PASSWORD)


def is_here(w, b, issuer="modern"):
    """No page asks who it is."""
    return "code" in b.get(authorize_url(w, issuer, client="shop", scope="openid")).query()


def sessions(w, *args):
    status, out, err = w.hufu("session", *args, "--realm", "main", "--json")
    assert status == 0, (out, err)
    return json.loads(out)["sessions"]


def given(w, b, client="shop", scope="openid offline_access read"):
    r = b.get(authorize_url(w, client=client, scope=scope, prompt="consent" if "offline" in scope else None))
    r = b.decide(r) if r.status == 200 else r
    t = redeem(w, r.query()["code"], client=client)
    assert t.status == 200, t
    return t.json()


def test_the_oldest_goes_and_hears_why(w):
    phone, r = enter(w, "carol", agent=PHONE)
    assert r.status == 303 and is_here(w, phone)
    t = given(w, phone)
    assert introspect(w, t["access_token"], client="shop")["active"]
    desk, r = enter(w, "carol")
    assert r.status == 303 and is_here(w, desk)
    page = phone.follow(phone.get(authorize_url(w, client="shop", scope="openid")))
    assert page.status == 200 and 'id="login-ended"' in page.text and "you signed in elsewhere" in page.text
    assert not introspect(w, t["access_token"], client="shop")["active"]
    gone = refresh(w, t["refresh_token"], client="shop")
    assert gone.status == 400 and gone.json()["error"] == "invalid_grant"
    phone.language = "zh-CN"
    assert "您已在别处登录" in phone.get(w.at("modern", "/login")).text
    assert [(s["why"], s["device"]) for s in sessions(w, "ended", "--user", "carol")] == [("signed_in_elsewhere", "phone")]
    status, out, err = w.hufu("user", "sessions", "carol", "--realm", "main")
    assert status == 0 and "computer" in out and "phone" not in out, (out, err)
    assert phone.login(phone.get(w.at("modern", "/login")), "carol", PASSWORD).status == 303
    assert is_here(w, phone) and not is_here(w, desk)


def test_an_operator_ends_one_and_it_is_said(w):
    b, _ = enter(w, "dave")
    assert w.hufu("session", "end", "--user", "dave", "--realm", "main")[0] == 0
    assert "ended by an administrator" in b.get(w.at("modern", "/login")).text
    assert [s["why"] for s in sessions(w, "ended", "--user", "dave")] == ["ended_by_operator"]
    status, out, _ = w.hufu("session", "ended", "--user", "dave", "--realm", "main", "--lang", "zh-CN")
    assert status == 0 and "被运维人员结束" in out


def test_who_signs_out_is_not_told_of_elsewhere(w):
    b, _ = enter(w, "dave")
    page = b.get(w.at("modern", "/logout"))
    b.submit(page.form("_csrf"))
    assert 'id="login-ended"' not in b.get(w.at("modern", "/login")).text
    assert "signed_out" in [s["why"] for s in sessions(w, "ended", "--user", "dave")]


def test_an_export_says_of_sessions_that_ended_what_the_list_says(w):
    listed = sessions(w, "ended", "--user", "dave")
    exported = lambda: json.loads(w.hufu("user", "export", "dave", "--realm", "main")[1])["ended_sessions"]
    assert listed and {"issuer", "user", "address", "agent", "device", "why", "auth_s", "ended_s"} <= set(exported()[0])
    assert exported() == [{k: v for k, v in s.items() if k != "session"} for s in listed]
    w.turn_clock(400 * 86400)                                                       # what is over is told by neither
    try:
        assert sessions(w, "ended", "--user", "dave") == [] == exported()
    finally:
        w.turn_clock(-400 * 86400)


def test_one_on_each_kind_of_device(w):
    phone, _ = enter(w, "erin", "modern-kind", PHONE)
    desk, _ = enter(w, "erin", "modern-kind")
    assert is_here(w, phone, "modern-kind") and is_here(w, desk, "modern-kind")
    other, _ = enter(w, "erin", "modern-kind", PHONE)
    assert not is_here(w, phone, "modern-kind") and is_here(w, desk, "modern-kind") and is_here(w, other, "modern-kind")
    assert sorted(s["device"] for s in sessions(w, "list", "--user", "erin")) == ["computer", "phone"]


def test_the_newest_is_refused_after_the_right_password_alone(w):
    first, r = enter(w, "frank", "modern-full")
    assert r.status == 303 and is_here(w, first, "modern-full")
    second, r = enter(w, "frank", "modern-full", PHONE)
    page = second.follow(r)
    assert audit_of(w, reason="sessions_full")["user"] == "frank"
    assert "already" not in page.text and "signed in on another device" in page.text and is_here(w, first, "modern-full")
    assert not is_here(w, second, "modern-full")
    wrong = second.follow(second.login(second.get(w.at("modern-full", "/login")), "frank", "nothing of it"))
    assert "another device" not in wrong.text and "Wrong user name or password" in wrong.text
    again = first.login(first.get(w.at("modern-full", "/login")), "frank", PASSWORD)       # its own browser comes in anew
    assert again.status == 303 and is_here(w, first, "modern-full")


def test_counted_over_the_realm_where_the_issuer_says_so(w):
    here, _ = enter(w, "grace", "modern-kind")
    wide, _ = enter(w, "grace", "modern-wide")
    assert is_here(w, wide, "modern-wide") and not is_here(w, here, "modern-kind")
    back, _ = enter(w, "grace", "modern-kind")          # this one counts its own alone
    assert is_here(w, back, "modern-kind") and is_here(w, wide, "modern-wide")


def test_of_64_logins_at_once_one_is_left(w):
    def one(i):
        return enter(w, "heidi", agent=PHONE if i % 2 else DESK)
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        found = list(pool.map(one, range(64)))
    assert all(r.status == 303 for _, r in found)
    assert sum(is_here(w, b) for b, _ in found) == 1 == len(sessions(w, "list", "--user", "heidi"))


def test_a_refresh_token_does_not_outlive_the_time_of_its_session(w):
    b, _ = enter(w, "dave")
    r = refresh(w, given(w, b)["refresh_token"], client="shop")
    assert r.status == 200, r
    w.turn_clock(3700)                                    # nobody used it for longer than session_idle_s
    r = refresh(w, r.json()["refresh_token"], client="shop")
    assert (r.status, r.json()["error"]) == (400, "invalid_grant")


def test_a_client_is_told_of_the_one_that_went(ears):
    ear = ears()
    with world(told=ear.url + "/bc") as w:
        b, _ = enter(w, "carol")
        t = given(w, b, "told", "openid")
        enter(w, "carol", agent=PHONE)
        token = ear.heard(1)[0][2]["logout_token"][0]
        assert talker_jwt.claims(token)["sid"] == talker_jwt.claims(t["id_token"])["sid"]
