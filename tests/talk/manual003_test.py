"""Manual 003, word for word: every request as printed, answers byte for byte but for what is random."""
import itertools, re, urllib.parse

import pytest

from talker import World, get, post, raw, send

AUTHORIZE = "http://localhost:8090/oauth/authorize?response_type=code&client_id=messaging-client&redirect_uri=http://localhost"
LOGIN = "http://localhost:8090/login"
TOKEN_IN_QUERY = "http://localhost:8090/oauth/token?grant_type=authorization_code&code=W636oE&client_id=messaging-client&client_secret=secret&redirect_uri=http://localhost"
TOKEN_URLENCODED = "grant_type=authorization_code&code=W636oE&client_id=messaging-client&client_secret=secret&redirect_uri=http%3A%2F%2Flocalhost"
TOKEN_MISSPELT = "grant_type=authorization_code&code=W636oE&client_id=messging-client&client_secret=secret&redirect_uri=http://localhost"
REFRESH_IN_QUERY = "http://localhost:8090/oauth/token?grant_type=refresh_token&refresh_token=uIOk2gzINbjYc5SWBvvId_xXWK0&client_id=messaging-client&client_secret=secret"
REFRESH_URLENCODED = "grant_type=refresh_token&refresh_token=uIOk2gzINbjYc5SWBvvId_xXWK0&client_id=messaging-client&client_secret=secret"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
TOKENS = b'{"access_token":"?","token_type":"bearer","refresh_token":"?","expires_in":43199,"scope":"read write"}'
BAD_CLIENT = b'{"error":"invalid_client","error_description":"Bad client credentials"}'


@pytest.fixture(scope="module")
def w():
    with World("spring") as world:
        yield world


def here(w, printed, code="", token=""):
    """The printed text with this server's port, and the code or token that is at hand."""
    return printed.replace("http://localhost:8090", w.url["spring"]).replace("W636oE", code).replace("uIOk2gzINbjYc5SWBvvId_xXWK0", token)


def masked(body):
    return re.sub(rb'"(access_token|refresh_token)":"[A-Za-z0-9_-]{27}"', rb'"\1":"?"', body)


USERS = itertools.count()


def code_of(w, browser=None):
    """A code of somebody who has no token yet, so that the answer is a new one."""
    r = (browser or w.browser("spring")).authorize(here(w, AUTHORIZE), "u%02d" % next(USERS), "password")
    m = re.fullmatch(r"http://localhost\?code=([0-9A-Za-z_-]{6})", r.location)
    assert r.status == 303 and m, r
    return m.group(1)


def check_tokens(r):
    assert r.status == 200 and masked(r.body) == TOKENS, r
    assert r.get("Content-Type") == "application/json;charset=UTF-8" and r.get("Cache-Control") == "no-store" and r.get("Pragma") == "no-cache"
    assert r.get("Expires") is None and r.get("X-Content-Type-Options") == "nosniff" and r.get("X-Frame-Options") == "DENY"
    assert r.get("X-XSS-Protection") == "1; mode=block" and r.get("Set-Cookie") is None
    return r.json()


def test_steps_1_to_6_in_a_browser(w):
    b = w.browser("spring")
    r = b.get(here(w, AUTHORIZE))                                       # 1
    assert r.status == 302 and r.location == here(w, LOGIN)             # 2
    page = b.get(r.location)
    f = page.form("username")
    assert page.status == 200 and urllib.parse.urljoin(here(w, LOGIN), f["action"]) == here(w, LOGIN) and f["method"] == "POST"
    r = b.login(page, "user", "password")                               # 3
    assert r.status == 302 and r.location == here(w, AUTHORIZE)         # 4
    page = b.get(r.location)
    assert page.status == 200
    f = page.form("user_oauth_approval")                                # 5
    assert f["method"] == "POST" and f["action"] == "/oauth/authorize"
    radios = [(n, v, checked) for n, v, kind, checked in f["fields"] if kind == "radio"]
    assert sorted(radios) == [("scope.read", "false", True), ("scope.read", "true", False), ("scope.write", "false", True), ("scope.write", "true", False)]
    r = b.decide(page)                                                  # 6
    assert re.fullmatch(r"http://localhost\?code=[0-9A-Za-z_-]{6}", r.location) and r.status == 303


def test_an_auto_approved_client_goes_from_login_to_step_6(w):
    """如果 autoapprove 为 false ，就打开 approve 授权界面；否则，就直接转到步骤 6."""
    url = here(w, AUTHORIZE).replace("messaging-client", "auto").replace("redirect_uri=http://localhost", "redirect_uri=https://app.example/cb")
    b = w.browser("spring")
    r = b.login(b.get(b.get(url).location), "user", "password")
    assert r.location == url
    for _ in range(2):                                                  # and without login once more: 如果未认证 ... 否则，就直接转到步骤 6
        r = b.get(url)
        assert r.status == 303 and re.fullmatch(r"https://app\.example/cb\?code=[0-9A-Za-z_-]{6}", r.location), r


def test_an_old_script_posts_without_csrf_token(w):
    b = w.browser("spring")
    b.get(here(w, AUTHORIZE))
    r = b.post(here(w, LOGIN), {"username": "user", "password": "password"})
    assert r.location == here(w, AUTHORIZE)
    b.get(r.location)
    r = b.post(w.at("spring", "/oauth/authorize"), "user_oauth_approval=true&scope.read=true&scope.write=true&authorize=Authorize", FORM)
    assert r.status == 303 and r.location.startswith("http://localhost?code=")
    b.get(here(w, AUTHORIZE))
    r = b.post(w.at("spring", "/oauth/authorize"), "user_oauth_approval=true&scope.read=true&scope.write=true", {**FORM, "Origin": "https://evil.example"})
    assert r.status == 403 and not r.location


def test_token_in_the_query(w):
    check_tokens(post(here(w, TOKEN_IN_QUERY, code_of(w))))


def test_token_with_data_urlencode(w):
    check_tokens(post(w.at("spring", "/oauth/token"), here(w, TOKEN_URLENCODED, code_of(w)), FORM))


def test_token_with_d(w):
    check_tokens(post(w.at("spring", "/oauth/token"), here(w, TOKEN_MISSPELT, code_of(w)).replace("messging", "messaging"), FORM))


def test_the_misspelt_line_answers_401(w):
    r = post(w.at("spring", "/oauth/token"), here(w, TOKEN_MISSPELT, "abcdef"), FORM)
    assert r.status == 401 and r.body == BAD_CLIENT and r.get("Content-Type") == "application/json"
    assert r.get("WWW-Authenticate") == 'Form realm="oauth2/client", error="invalid_client", error_description="Bad client credentials"'
    assert r.get("Cache-Control") == "no-store" and r.get("Pragma") == "no-cache"


def test_refresh_keeps_the_refresh_token(w):
    first = check_tokens(post(here(w, TOKEN_IN_QUERY, code_of(w))))
    second = check_tokens(post(here(w, REFRESH_IN_QUERY, token=first["refresh_token"])))
    third = check_tokens(post(w.at("spring", "/oauth/token"), here(w, REFRESH_URLENCODED, token=first["refresh_token"]), FORM))
    assert len({first["access_token"], second["access_token"], third["access_token"]}) == 3
    assert first["refresh_token"] == second["refresh_token"] == third["refresh_token"]
    r = post(w.at("spring", "/oauth/check_token"), {"token": second["access_token"]})
    assert r.status == 400 and r.body == b'{"error":"invalid_token","error_description":"Token was not recognised"}'
    assert post(w.at("spring", "/oauth/check_token"), {"token": third["access_token"]}).json()["user_name"].startswith("u")


def test_the_same_token_is_returned_while_it_lives(w):
    b = w.browser("spring")
    first = post(here(w, TOKEN_IN_QUERY, code_of(w, b))).json()
    second = post(here(w, TOKEN_IN_QUERY, code_of(w, b))).json()
    assert first["access_token"] == second["access_token"] and first["refresh_token"] == second["refresh_token"]


def test_a_code_works_once(w):
    code = code_of(w)
    check_tokens(post(here(w, TOKEN_IN_QUERY, code)))
    r = post(here(w, TOKEN_IN_QUERY, code))
    assert r.status == 400 and r.body == b'{"error":"invalid_grant","error_description":"Invalid authorization code"}'


def test_values_in_errors_when_the_issuer_says_so():
    with World("spring", settings={"spring": {"echo_values_in_errors": True, "redirect_status": 302}}) as w:
        r = post(here(w, TOKEN_IN_QUERY, "zzzzzz"))
        assert r.body == b'{"error":"invalid_grant","error_description":"Invalid authorization code: zzzzzz"}'
        b = w.browser("spring")
        assert b.authorize(here(w, AUTHORIZE), "user", "password").status == 302


def test_a_code_lives_ten_minutes_and_a_token_twelve_hours():
    with World("spring") as w:
        old, b = code_of(w), w.browser("spring")
        first = post(here(w, TOKEN_IN_QUERY, code_of(w, b))).json()
        w.turn_clock(601)
        r = post(here(w, TOKEN_IN_QUERY, old))
        assert r.status == 400 and r.json()["error"] == "invalid_grant"
        again = post(here(w, TOKEN_IN_QUERY, code_of(w, b))).json()
        assert again["access_token"] == first["access_token"] and again["expires_in"] < 43199 - 600
        w.turn_clock(43200)
        r = post(w.at("spring", "/oauth/check_token"), {"token": first["access_token"]})
        assert r.status == 400 and r.json()["error_description"] in ("Token has expired", "Token was not recognised")
        check_tokens(post(here(w, REFRESH_IN_QUERY, token=first["refresh_token"])))


def test_consent_is_remembered_as_long_as_tokens_live(w):
    b = w.browser("spring")
    post(here(w, TOKEN_IN_QUERY, code_of(w, b)))
    r = b.get(here(w, AUTHORIZE))
    assert r.status == 303 and r.location.startswith("http://localhost?code=")


def test_denied(w):
    b = w.browser("spring")
    page = b.follow(b.get(here(w, AUTHORIZE) + "&state=s%201"))
    page = b.follow(b.login(page, "bob", "correct horse battery staple"))
    r = b.decide(page, allow=())
    assert r.status == 303 and r.location == "http://localhost?error=access_denied&error_description=User%20denied%20access&state=s%201"


def test_head_options_and_other_methods(w):
    url = w.at("spring", "/oauth/token?client_id=messaging-client&client_secret=secret")
    r = get(url)
    assert r.status == 405 and r.body == b'{"error":"method_not_allowed","error_description":"Request method \'GET\' not supported"}'
    assert send("PUT", url).get("Allow") == "POST, GET" or send("PUT", url).get("Allow") == "GET, POST"
    assert send("OPTIONS", url).status == 200
    assert get(w.at("spring", "/oauth/token")).status == 401


def test_an_empty_post_without_content_type(w):
    target = here(w, TOKEN_IN_QUERY, code_of(w)).split(str(w.port["spring"]), 1)[1]
    answer = raw(w.port["spring"], ("POST %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" % target).encode())
    assert answer.startswith(b"HTTP/1.1 200 ")
