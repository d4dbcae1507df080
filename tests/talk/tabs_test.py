"""Several pages of one browser, and pages that have waited: each goes on with its own request, and no form is a dead end."""
import concurrent.futures, json, re

import pytest

from talker import PASSWORD, World, authorize_url, client, realm

OTHER = {  # authorize request, login page, two clients that ask and their redirect URIs
    "modern": ("/authorize", "/login", "scope=read"),
    "spring": ("/oauth/authorize", "/login", "scope=read"),
    "zlt": ("/oauth/authorize", "/login.html", "scope=read"),
    "taroco": ("/oauth/authorize", "/", "scope=read"),
    "rageframe": ("/open/authorize/index", "/login", "scope=read"),
    "connect": ("/connect/authorize", "/login", "scope=openid"),
    "custom": ("/sso/ask", "/sso/enter", "scope=read"),
}
CUSTOM = {"custom": {"based_on": "spring", "paths": {"authorize": "/sso/ask", "login_page": "/sso/enter", "login": "/sso/enter"},
                     "parameters": {"client_id": "app_id", "state": "tag"}, "redirect": {"state": "tag"}}}
ASKS = [d for d in OTHER if d != "rageframe"]                               # have a consent page
BROWSER = {"Accept": "text/html,application/xhtml+xml", "Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"}


def people():
    everybody = realm()
    for name in ("one", "two"):
        everybody["clients"].append(client(name, "secret-of-" + name, scopes=["read", "openid"], grants=["authorization_code", "implicit"],
                                           redirect_uris=["https://%s.example/cb" % name]))
    return everybody


@pytest.fixture(scope="module")
def w():
    with World(*OTHER, realms=[people()], top="dialects: %s" % json.dumps(CUSTOM)) as world:
        yield world


def ask(w, d, name, state=None):
    """An authorize request of that client; its state names it too."""
    words = {"client_id": name, "state": state or "state-of-" + name, "scope": OTHER[d][2][6:], "redirect_uri": "https://%s.example/cb" % name}
    if d == "custom":
        words = {{"client_id": "app_id", "state": "tag"}.get(k, k): v for k, v in words.items()}
        words = {"client_id": None, "state": None, **words}
    return authorize_url(w, d, path=OTHER[d][0], **words)


def login_page(w, d, b, name):
    page = b.follow(b.get(ask(w, d, name)))
    assert page.status == 200 and "login-submit" in page.text, page
    return page


def enter(b, page, user="alice", password=PASSWORD):
    """A browser's way: what follows the form until a page or the application."""
    return b.follow(b.login(page, user, password))


def allow(w, d, b, page):
    """The answer to the application; a consent page on the way, where the dialect has one."""
    if page.status == 200:
        page = b.decide(page)
    return page


def ends_at(r, name):
    """At the application of that name, with a code and its own state."""
    assert r.location.startswith("https://%s.example/cb" % name), (name, r)
    q = r.query()
    assert "code" in q and q.get("state", q.get("tag")) == "state-of-" + name, (name, r)


@pytest.mark.parametrize("d", list(OTHER))
def test_the_first_page_keeps_its_plain_address(w, d):
    """As the manuals print it; the second tab's says what it is about, and going back to either stays with its own request."""
    b, plain = w.browser(d), w.at(d, OTHER[d][1])
    one, two = (b.get(ask(w, d, name), BROWSER).location for name in ("one", "two"))
    assert one == plain, one
    assert re.fullmatch(re.escape(plain) + r"[?]saved_request=[\w-]+", two), two
    assert b.get(ask(w, d, "one"), BROWSER).location == plain
    first, second = b.get(one, BROWSER), b.get(two, BROWSER)
    ends_at(allow(w, d, b, enter(b, second)), "two")
    ends_at(allow(w, d, b, enter(b, first)), "one")
    b.cookies = {n: v for n, v in b.cookies.items() if n.endswith("-saved")}            # logged out: nothing waits any more
    assert b.get(ask(w, d, "two"), BROWSER).location == plain


@pytest.mark.parametrize("d", list(OTHER))
def test_two_login_pages_each_go_on_with_their_own_request(w, d):
    b = w.browser(d)
    one = login_page(w, d, b, "one")
    two = login_page(w, d, b, "two")
    ends_at(allow(w, d, b, enter(b, one, "u01", "password")), "one")
    ends_at(allow(w, d, b, enter(b, two, "u01", "password")), "two")        # a second login, where one was done


@pytest.mark.parametrize("d", list(OTHER))
def test_the_newer_first_and_the_older_after_it(w, d):
    b = w.browser(d)
    one = login_page(w, d, b, "one")
    two = login_page(w, d, b, "two")
    ends_at(allow(w, d, b, enter(b, two, "u02", "password")), "two")
    ends_at(allow(w, d, b, enter(b, one, "u02", "password")), "one")


@pytest.mark.parametrize("d", list(OTHER))
def test_after_a_wrong_password_the_page_is_still_about_its_own_request(w, d):
    b = w.browser(d)
    one = login_page(w, d, b, "one")
    login_page(w, d, b, "two")
    again = enter(b, one, "u03", "wrong-in-a-tab")
    assert 'id="login-error"' in again.text and "login-submit" in again.text, again
    ends_at(allow(w, d, b, enter(b, again, "u03", "password")), "one")


@pytest.mark.parametrize("d", list(OTHER))
def test_another_language_is_the_same_page(w, d):
    b = w.browser(d)
    one = login_page(w, d, b, "one")
    login_page(w, d, b, "two")
    link = next(h for h in re.findall(r'href="([^"]*)"[^>]*lang="zh-CN"', one.text)).replace("&amp;", "&")
    again = b.get(link)
    assert again.get("Content-Language") == "zh-CN", again
    link = next(h for h in re.findall(r'href="([^"]*)"[^>]*lang="en"', again.text)).replace("&amp;", "&")
    assert link.count("saved_request=") == 1 and link.count("ui_lang=") == 1, link
    ends_at(allow(w, d, b, enter(b, b.get(link), "u04", "password")), "one")


@pytest.mark.parametrize("d", list(OTHER))
def test_the_form_of_a_browser_that_has_logged_in_leads_on(w, d):
    """Its nonce is gone, and somebody is logged in: no password is needed to go on to a page."""
    b = w.browser(d)
    one = login_page(w, d, b, "one")
    b.cookies.clear()
    ends_at(allow(w, d, b, enter(b, login_page(w, d, b, "two"), "u05", "password")), "two")
    session = b.cookies["hufu-" + d]
    r = b.login(one, "u05", "wrong-and-not-looked-at")
    assert r.location == ask(w, d, "one") and b.cookies["hufu-" + d] == session, r
    ends_at(allow(w, d, b, b.follow(r)), "one")


@pytest.mark.parametrize("d", list(OTHER))
def test_a_wrong_token_is_refused_and_the_page_is_asked_again(w, d):
    b = w.browser(d)
    one = login_page(w, d, b, "one")
    form = next(f for f in one.forms() if "login-submit" in f["buttons"])
    fields = {**{n: v for n, v, _, _ in form["fields"]}, "_csrf": "x" * 24}
    fields.update({n: v for (n, _, kind, _) in form["fields"] for k, v in (("text", "u06"), ("password", "password")) if kind == k})
    r = b.post(form["action"], fields, BROWSER)
    assert r.status == 403 and "hufu-" + d not in b.cookies and 'id="login-error"' in r.text, r
    ends_at(allow(w, d, b, enter(b, r, "u06", "password")), "one")
    stranger = w.browser(d)                                                 # a form of another browser, in one without a cookie
    r = stranger.post(form["action"], {**fields, "_csrf": {n: v for n, v, _, _ in form["fields"]}["_csrf"]}, BROWSER)
    assert r.status == 403 and "hufu-" + d not in stranger.cookies, r


@pytest.mark.parametrize("head", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}])
@pytest.mark.parametrize("d", list(OTHER))
def test_no_form_of_another_site_leads_anywhere(w, d, head):
    """Neither for a stranger nor for somebody who is logged in; also not with a request that was sealed for another browser."""
    evil = w.browser(d)
    there = login_page(w, d, evil, "one")
    form = next(f for f in there.forms() if "login-submit" in f["buttons"])
    fields = {**{n: v for n, v, _, _ in form["fields"]}, "username": "u07", "password": "password"}
    b = w.browser(d)
    for victim in (w.browser(d), b):
        if victim is b:
            enter(b, login_page(w, d, b, "two"), "u08", "password")
        r = victim.post(form["action"], fields, {**BROWSER, "Sec-Fetch-Site": "", **head})
        assert r.status == 403 and not r.location and not any("hufu-%s=" % d in c for c in r.all("Set-Cookie")), r


def asks(w, d, b, name, user):
    """The consent page of that client's request, as that user."""
    page = enter(b, login_page(w, d, b, name), user, "password")
    assert page.form("consent-form"), page
    return page


@pytest.mark.parametrize("d", ASKS)
def test_a_consent_page_of_a_session_that_has_ended_leads_on(w, d):
    b = w.browser(d)
    page = asks(w, d, b, "one", "u09")
    for name in [n for n in b.cookies if n == "hufu-" + d or n.startswith("hufu-%s-account-" % d)]:
        b.cookies.pop(name)
    r = b.decide(page)
    assert r.location == ask(w, d, "one"), r
    again = b.follow(r)
    assert "login-submit" in again.text, again
    ends_at(allow(w, d, b, enter(b, again, "u09", "password")), "one")


@pytest.mark.parametrize("d", ASKS)
def test_a_consent_page_after_a_second_login_leads_on(w, d):
    b = w.browser(d)
    page = asks(w, d, b, "one", "u10")
    enter(b, b.get(w.at(d, OTHER[d][1])) if d != "taroco" else login_page_again(w, d, b), "u10", "password")
    r = b.decide(page)
    if r.location == ask(w, d, "one"):
        r = b.decide(b.follow(r))
    ends_at(r, "one")


def ways(page):
    """Allow and deny, as the page has them: the form's fields and the button."""
    f = page.form("consent-form")
    sent = [(n, v) for n, v, kind, _ in f["fields"] if kind not in ("checkbox", "radio") or v == "true"]
    name, value = f["buttons"]["consent-allow"]
    return f["action"], sent + ([(name, value)] if name else [])


@pytest.mark.parametrize("d", ASKS)
def test_a_double_click_on_allow_is_one_click(w, d):
    b = w.browser(d)
    page = asks(w, d, b, "one", "u12")
    with concurrent.futures.ThreadPoolExecutor(4) as many:
        answers = list(many.map(lambda _: b.post(*ways(page), BROWSER), range(4)))
    places = {r.location or re.search(r'id="onward" href="([^"]*)"', r.text).group(1) for r in answers}
    assert len(places) == 1 and "code=" in places.pop(), answers


@pytest.mark.parametrize("d", ASKS)
def test_a_double_click_on_deny_is_one_click(w, d):
    b = w.browser(d)
    page = asks(w, d, b, "one", "u13")
    assert b.decide(page, ()).location == b.decide(page, ()).location != ""


@pytest.mark.parametrize("d", ASKS)
def test_what_was_allowed_is_not_told_another_session(w, d):
    b, c = w.browser(d), w.browser(d)
    page = asks(w, d, b, "one", "u14")
    code = b.decide(page).query()["code"]
    asks(w, d, c, "two", "u15")
    assert code not in repr(c.decide(page).location) + c.decide(page).text


def login_page_again(w, d, b):
    session = b.cookies.pop("hufu-" + d)
    page = login_page(w, d, b, "two")
    b.cookies["hufu-" + d] = session
    return page


@pytest.mark.parametrize("d", list(OTHER))
def test_pages_that_have_waited(d):
    """Longer than an hour: the login begins anew, about the same request; a day: every page leads back to the application."""
    top = "dialects: %s" % json.dumps({k: v for k, v in CUSTOM.items() if k == d}) if d in CUSTOM else ""
    with World(d, realms=[people()], top=top) as w:
        b, c = w.browser(d), w.browser(d)
        page, consent = login_page(w, d, b, "one"), asks(w, d, c, "two", "u11") if d in ASKS else None
        w.turn_clock(25 * 3600)
        r = b.login(page, "u11", "password")
        if r.location == ask(w, d, "one") and "hufu-" + d not in b.cookies:
            r = b.login(b.follow(r), "u11", "password")
        ends_at(allow(w, d, b, b.follow(r)), "one")
        if consent is not None:
            again = c.follow(c.decide(consent))
            assert "login-submit" in again.text, again
            ends_at(allow(w, d, c, enter(c, again, "u11", "password")), "two")


def test_the_question_of_a_sign_out_has_a_way_back_and_does_not_expire(w):
    for d in ("modern", "connect", "rageframe"):
        b = w.browser(d)
        enter(b, b.get(w.at(d, "/login")), "u16", "password")
        page = b.get(w.at(d, "/logout"), BROWSER)
        home = b.get(re.search(r'id="logout-stay" href="([^"]*)"', page.text).group(1), BROWSER)
        assert home.status == 200 and "u16" in home.text and "hufu-" + d in b.cookies
        f = page.form("_csrf")
        again = b.post(f["action"], {"_csrf": "x" * 24}, BROWSER)
        assert again.status == 403 and "logout-confirm" in again.text and "hufu-" + d in b.cookies, again
        out = b.submit(again.form("_csrf"), "logout-confirm")
        assert "hufu-" + d not in b.cookies and out.status in (302, 303)
        page = b.get(out.location, BROWSER)
        assert page.status == 200 and 'role="status"' in page.text
        if d == "modern":
            assert 'id="logged-out"' in page.text and "login-submit" not in page.text
            assert "login-submit" in b.get(re.search(r'<p class="actions"><a class="button button-main" href="([^"]*)"', page.text).group(1)).text
