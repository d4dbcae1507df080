"""Requests that a browser cannot carry: by POST, or larger than a cookie. They arrive whole, or a page says that they are too large."""
import html, json, re, urllib.parse

import pytest

from tabs_test import BROWSER, CUSTOM, OTHER, enter, people
from talker import World, form, raw, send

POSTS = [d for d in OTHER if d != "rageframe"]                              # that one takes GET alone


@pytest.fixture(scope="module")
def w():
    with World(*OTHER, realms=[people()], top="dialects: %s" % json.dumps(CUSTOM)) as world:
        yield world


def fields(d, state, name="one"):
    words = {"response_type": "code", "client_id": name, "redirect_uri": "https://%s.example/cb" % name, "scope": OTHER[d][2][6:], "state": state}
    if d == "modern":
        words.update(code_challenge="E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method="S256")
    if d == "custom":
        words = {{"client_id": "app_id", "state": "tag"}.get(k, k): v for k, v in words.items()}
    return words


def start(w, d, b, method, words):
    """As a browser would: a document is loaded."""
    url = w.at(d, OTHER[d][0])
    head = {**BROWSER, "Sec-Fetch-Site": "cross-site"}
    return b.post(url, words, head) if method == "POST" else b.go("GET", url + "?" + form(words), None, head)


def arrives(r):
    """Where the answer leads the browser: by a redirect, or by a page that goes on by itself."""
    if r.location:
        return r.location
    assert r.status == 200 and 'id="onward"' in r.text, r
    link = html.unescape(re.search(r'id="onward" href="([^"]*)"', r.text).group(1))
    own = re.search(r'<meta http-equiv="refresh" content="0;url=([^"]*)"', r.text)
    assert (html.unescape(own.group(1)) if own else r.get("Refresh")[6:]) == link
    return link


def comes_back(r, d, state):
    url = arrives(r)
    assert url.startswith("https://one.example/cb"), r
    got = dict(urllib.parse.parse_qsl(url.partition("?")[2], keep_blank_values=True))
    assert got.get("code") and got["tag" if d == "custom" else "state"] == state


def all_the_way(w, d, method, state, user):
    b = w.browser(d)
    r = b.follow(start(w, d, b, method, fields(d, state)))
    assert "login-submit" in r.text and (d != "modern" or "one" in r.text), r
    r = enter(b, enter(b, r, user, "wrong-at-large"), user, "password")
    if r.status == 200 and 'id="consent-form"' in r.text:
        f = r.form("consent-form")
        sent = [(n, v) for n, v, kind, _ in f["fields"] if kind not in ("checkbox", "radio") or v == "true"]
        name, value = f["buttons"]["consent-allow"]
        r = b.post(f["action"], sent + ([(name, value)] if name else []), BROWSER)
    comes_back(r, d, state)
    comes_back(b.go("GET", w.at(d, OTHER[d][0]) + "?" + form(fields(d, "short")), None, BROWSER), d, "short") if d in ("modern", "rageframe") else None
    return b


@pytest.mark.parametrize("d", POSTS)
def test_a_request_by_post_keeps_its_parameters(w, d):
    all_the_way(w, d, "POST", "a b&c=%41 \u5f20", "u20")


@pytest.mark.parametrize("d", list(OTHER))
@pytest.mark.parametrize("size", [2000, 3500, 9000, 14500])
def test_a_long_address_arrives_whole(w, d, size):
    all_the_way(w, d, "GET", "s" * size, "u21")


@pytest.mark.parametrize("d", POSTS)
def test_a_large_form_arrives_whole(w, d):
    state = "".join("%04x" % i for i in range(16000))
    b = all_the_way(w, d, "POST", state, "u22")
    if d == "modern":
        comes_back(start(w, d, b, "POST", fields(d, state)), d, state)      # at once: nothing is asked any more


@pytest.mark.parametrize("d", POSTS)
def test_one_that_is_too_large_is_told_so(w, d):
    for size in (66000, 300000):
        r = start(w, d, w.browser(d), "POST", fields(d, "s" * size))
        assert r.status == 413 and 'id="error-page"' in r.text, r
    port = w.port[d]
    got = raw(port, b"GET %s?state=%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: text/html\r\n\r\n"
              % (OTHER[d][0].encode(), b"s" * 17000, port))
    status = int(got.split(b" ", 2)[1])
    assert status in (414, 431) and b"too l" in got.partition(b"\r\n\r\n")[2].lower(), got[:300]


def test_where_a_row_is_gone_a_page_says_so(w):
    b = w.browser("modern")
    r = b.follow(start(w, "modern", b, "POST", fields("modern", "x")))
    at = next(u for u in [r.text] if "saved_request" in u)
    assert at
    for text in ("x" * 80, ""):
        r = send("GET", w.at("modern", "/authorize") + "?interaction=" + text, None, {"Accept": "text/html"})
        assert r.status == 400 and not r.location and 'id="error-page"' in r.text, r


def test_many_of_one_network_lose_their_own_oldest(w):
    """Bounded: the first of many is gone, the last is there."""
    browsers = [w.browser("modern") for _ in range(2)]
    first = browsers[0].follow(start(w, "modern", browsers[0], "POST", fields("modern", "first")))
    for i in range(260):
        last = start(w, "modern", browsers[1], "POST", fields("modern", "n%d" % i))
    r = enter(browsers[0], first, "u23", "password")
    assert r.status == 400 and 'id="error-page"' in r.text, r
    r = enter(browsers[1], browsers[1].follow(last), "u24", "password")
    assert r.form("consent-form"), r
