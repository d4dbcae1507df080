"""Who may end a session: the form of the page that asked, and at old issuers a link; never a form of another site, another session's token, or none."""
import pytest

from talker import World

LOGIN = {"modern": "/login", "spring": "/login", "zlt": "/login.html", "taroco": "/", "rageframe": "/login", "connect": "/login"}
HOME = "/"
ASKS = ("modern", "connect", "rageframe")                                               # GET shows a page
TOKEN_NEEDED = ("modern", "connect")
ELSEWHERE = [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
             {"Referer": "https://evil.example/page"}]


@pytest.fixture(scope="module")
def w():
    with World() as world:
        yield world


def signed_in(w, d, user="alice"):
    b = w.browser(d)
    r = b.login(b.get(w.at(d, LOGIN[d])), user, "correct horse battery staple" if user == "alice" else user)
    assert r.status in (302, 303), r
    assert lives(w, d, b)
    return b


def lives(w, d, b):
    r = b.get(w.at(d, HOME))
    return r.status == 200 and "login-submit" not in r.text and 'class="who-name"' in r.text


def token_of(w, d, b):
    page = b.get(w.at(d, "/logout"))
    return dict((n, v) for n, v, _, _ in next(f for f in page.forms() if "logout-confirm" in f["buttons"])["fields"])["_csrf"]


@pytest.mark.parametrize("d", list(LOGIN))
def test_a_form_of_another_site_ends_nothing(w, d):
    b = signed_in(w, d)
    for head in ELSEWHERE:
        for fields in ({}, {"_csrf": token_of(w, d, b)} if d in ASKS else {"_csrf": ""}):
            r = b.post(w.at(d, "/logout"), fields, head)
            assert r.status == 403 and not any("hufu-%s=" % d in c for c in r.all("Set-Cookie")), (head, r)
            assert lives(w, d, b), head


@pytest.mark.parametrize("d", list(LOGIN))
def test_a_wrong_token_ends_nothing(w, d):
    b, other = signed_in(w, d), signed_in(w, d, "admin")
    wrong = ["x", "x" * 24] + ([token_of(w, d, other)] if d in ASKS else [])
    for token in wrong:
        assert b.post(w.at(d, "/logout"), {"_csrf": token}).status == 403 and lives(w, d, b), token


@pytest.mark.parametrize("d", TOKEN_NEEDED)
def test_no_token_ends_nothing_where_one_is_needed(w, d):
    b = signed_in(w, d)
    for fields in ({}, {"_csrf": ""}):
        assert b.post(w.at(d, "/logout"), fields, {"Origin": w.url[d]}).status == 403 and lives(w, d, b)


@pytest.mark.parametrize("d", list(LOGIN))
def test_the_right_form_ends_it(w, d):
    b, home = signed_in(w, d), {"Sec-Fetch-Site": "same-origin"}
    r = b.post(w.at(d, "/logout"), {"_csrf": token_of(w, d, b)} if d in ASKS else {}, home)
    assert r.status in (200, 302, 303) and not lives(w, d, b), r


@pytest.mark.parametrize("d", list(LOGIN))
def test_a_link_asks_or_ends_as_its_manual_says(w, d):
    b = signed_in(w, d)
    r = b.get(w.at(d, "/logout"), {"Sec-Fetch-Site": "cross-site"})
    if d in ASKS:
        assert r.status == 200 and 'id="logout-confirm"' in r.text and lives(w, d, b)
    else:
        assert r.status in (302, 303) and not lives(w, d, b)
