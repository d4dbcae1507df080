"""Bad input through every dialect: a clear error in the dialect's shape, nothing stored, nothing crashes."""
import gzip, json, re, urllib.parse

import pytest

from server import ROOT
from talker import APP_SECRET, PASSWORD, World, audit_of, authorize_url, basic, form, get, get_code, post, raw, redeem, refresh, send, tokens

TOKEN = {"modern": "/token", "spring": "/oauth/token", "zlt": "/oauth/token", "taroco": "/oauth/token", "rageframe": "/oauth2/client-credentials", "connect": "/connect/token"}
AUTHORIZE = {"modern": "/authorize", "spring": "/oauth/authorize", "zlt": "/oauth/authorize", "taroco": "/oauth/authorize", "rageframe": "/open/authorize/index", "connect": "/connect/authorize"}
CLIENT = {"modern": ("app", APP_SECRET), "spring": ("messaging-client", "secret"), "zlt": ("zlt", "zlt"), "taroco": ("5d22eb6e8b0c7ba066014398", "webApp"),
          "rageframe": ("rageframe", "rageframe-secret"), "connect": ("client1", "secret")}
REDIRECT = {"modern": "https://app.example/cb", "spring": "http://localhost", "zlt": "http://127.0.0.1:8080/singleLogin", "taroco": "http://localhost:8081/demo",
            "rageframe": "http://localhost:8082/demo", "connect": "https://myapp.com/callback"}
ANY = {"GET", "POST", "PUT", "PATCH", "DELETE"}
LEGACY = [d for d in TOKEN if d != "modern"]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
every_dialect = pytest.mark.parametrize("d", list(TOKEN))


def routes(dialect):
    """(methods, path, flags) of the dialect's own table."""
    text = (ROOT / "src" / "wire" / "dialect" / (dialect + ".c")).read_text(encoding="utf-8")
    macros = {"API": ({"POST"}, "RF_BEARER_FIRST")}
    for line in text.split("struct route routes[] = {")[1].split("\n};")[0].split("\n"):
        m = re.search(r'"(/[^"]*)"', line)
        if m:
            macro = macros.get(line.strip().split("(")[0])
            yield (macro or (ANY if "ANY_METHOD" in line else set(re.findall(r"BIT\(M_(\w+)\)", line)), line))[0], m.group(1), macro[1] if macro else line


@pytest.fixture(scope="module")
def w():
    with World() as world:
        yield world


def credentials(d):
    return {"client_id": CLIENT[d][0], "client_secret": CLIENT[d][1]}


def ask(w, d, body, head=None, **more):
    """The token endpoint, client credentials in the body as every dialect takes them."""
    return post(w.at(d, TOKEN[d]), body, {**FORM, **(head or {})}, **more)


CONTAINER = [["timestamp", "status", "error", "path"], ["timestamp", "status", "error", "message", "path"]]          # of the old framework, around its endpoints
PLAIN = [["error", "error_description"], ["error", "error_description", "scope"]]
SHAPES = {
    "modern": [["error", "error_description"]],
    "spring": PLAIN + CONTAINER,
    "zlt": [["error", "error_description", "resp_code", "resp_msg"], ["error", "error_description", "resp_code", "resp_msg", "scope"], ["error", "error_description"]] + CONTAINER,
    "taroco": [["errorCode", "errorMessage", "status"], ["errorCode", "errorMessage", "extMessage", "result", "status"], ["error", "error_description"]] + CONTAINER,
    "rageframe": [["code", "message", "data", "timestamp"]],
    "connect": [["error"]],
}


def check_error(w, d, r, status=(400,), code=None):
    """The shape in which this dialect says no: its members and no other, a status that fits, nothing given away, nothing cached."""
    assert r.get("Content-Type", "").startswith("application/json"), r
    o = r.json()
    assert r.order() in SHAPES[d], r
    assert "access_token" not in r.text and "no-store" in r.get("Cache-Control", ""), r
    if d == "rageframe":
        assert r.status == 200 and 400 <= o["code"] < 500 and o["message"] and o["data"] == [], r
        return
    assert r.status in status, r
    said = o.get("error") or o.get("errorCode") or o.get("errorMessage")
    assert said and (code is None or said == code), r
    if d == "zlt" and "resp_code" in o:
        assert o["resp_code"] == str(r.status) and o["resp_msg"] == o["error_description"], r


def check_page(d, r):
    """What is shown to a person: an error page; the front end of manual 000 gets its Response object."""
    if d == "taroco":
        assert r.json()["status"] == "FAILED" and r.json()["errorMessage"], r
    else:
        assert 'id="error-page"' in r.text, r


def still_alive(w, d):
    r = ask(w, d, {"grant_type": "client_credentials", **credentials(d)})
    assert r.status == 200 and "access_token" in r.text, r


# --- encodings ---------------------------------------------------------------------------------------------------------------------

@every_dialect
@pytest.mark.parametrize("bad", ["scope=%", "scope=%4", "scope=%zz", "scope=%ff%fe", "scope=%c0%af", "scope=%ed%a0%80", "scope=a%00b", "scope=a%0ab", "scope=a%0db", "%00=1", "a%ff=1",
                                 "scope=a%01b", "a%1b=1", "scope=%7f", "scope=%ff%fer%00", "scope=%ef%bf%be%c1%81"])
def test_malformed_percent_encoding_utf8_and_control_characters(w, d, bad):
    r = ask(w, d, form({"grant_type": "client_credentials", **credentials(d)}) + "&" + bad)
    check_error(w, d, r, (400,))
    still_alive(w, d)


@every_dialect
def test_raw_bytes_that_are_no_utf8(w, d):
    r = ask(w, d, form({"grant_type": "client_credentials", **credentials(d)}).encode() + b"&scope=\xff\xfe")
    check_error(w, d, r, (400,))


@every_dialect
@pytest.mark.parametrize("charset", ["utf-16", "UTF-16LE", "utf-32", "UTF-7"])
def test_a_body_in_another_width(w, d, charset):
    body = form({"grant_type": "client_credentials", **credentials(d)})
    for data in (body.encode(charset), body.encode()):          # as it says, and only said
        r = post(w.at(d, TOKEN[d]), data, {"Content-Type": "application/x-www-form-urlencoded; charset=" + charset})
        check_error(w, d, r, (400,))


@every_dialect
@pytest.mark.parametrize("bad", ["state=%", "state=%ff", "state=a%00", "state=a%0d%0aSet-Cookie:x=1", "scope=%0a"])
def test_malformed_query_at_authorize_is_a_page(w, d, bad):
    fields = {"response_type": "code", "client_id": CLIENT[d][0], "redirect_uri": REDIRECT[d]}
    r = get(w.at(d, AUTHORIZE[d]) + "?" + form(fields) + "&" + bad, {"Accept": "text/html"})
    assert r.status == (404 if d == "rageframe" else 400) and not r.location and "Set-Cookie" not in dict(r.headers), r
    check_page(d, r)


@every_dialect
@pytest.mark.parametrize("value", ["Basic", "Basic ", "Basic !!!!", "Basic YQ", "Basic YWJj", "Basic YTpi=", "Basic " + "A" * 4000, "Basic \xff", "Bearer", "Digest x=y", "Basic YQ== x"])
def test_malformed_authorization(w, d, value):
    r = post(w.at(d, TOKEN[d]), {"grant_type": "client_credentials"}, {"Authorization": value.encode("latin-1")})
    check_error(w, d, r, (400, 401))
    assert d == "rageframe" or r.status == 400 or r.get("WWW-Authenticate"), r
    still_alive(w, d)


@every_dialect
def test_unknown_client_wrong_secret_and_none(w, d):
    grant = {"grant_type": "client_credentials"}
    for fields, head in (({"client_id": "nobody", "client_secret": "x" * 20}, {}), ({"client_id": CLIENT[d][0], "client_secret": "wrong-" + d}, {}), ({"client_id": CLIENT[d][0]}, {}), ({}, {}),
                         ({}, basic("nobody", "x")), ({}, basic(CLIENT[d][0], "wrong-" + d)), ({"client_id": "中文", "client_secret": "密码"}, {}), ({"client_id": "x" * 3000}, {})):
        r = ask(w, d, {**grant, **fields}, head)
        check_error(w, d, r, (400, 401) if d == "connect" else (401,))
    assert ask(w, "connect", grant).text == '{"error":"invalid_request"}'            # client_id: must be there
    still_alive(w, d)


def test_basic_with_percent_that_is_no_encoding(w):
    r = post(w.at("modern", "/token"), {"grant_type": "client_credentials"}, basic("app", "100%"))
    assert r.status == 401 and r.json()["error"] == "invalid_client"


@every_dialect
@pytest.mark.parametrize("body", ["{", "[]", '{"grant_type":{"a":1}}', '{"grant_type":"client_credentials"}'])
def test_a_json_body(w, d, body):
    """Only manual 001 reads one at its token endpoints; elsewhere it is no parameter at all, and a wrong media type at the modern issuer."""
    r = post(w.at(d, TOKEN[d]), body, {"Content-Type": "application/json", **basic(*CLIENT[d])})
    if d == "rageframe" and body.endswith('s"}'):
        assert r.json()["code"] == 200, r
    else:
        check_error(w, d, r, (415,) if d == "modern" else (400,))
    still_alive(w, d)


@pytest.mark.parametrize("body", ["{", "[]", "null", '"x"', '{"grant_type":{"a":1}}', '{"grant_type":"client_credentials"', '{"a":1}x', '{"grant_type":"a\\u0000b"}',
                                  '{"a":"\ud800"}'.encode("utf-8", "surrogatepass"), "[" * 2000, '{"a":' * 500 + "1" + "}" * 500])
def test_malformed_json(w, body):
    r = post(w.at("rageframe", "/oauth2/password"), body, {"Content-Type": "application/json"})
    assert r.status == 200 and r.json()["code"] in (400, 422), r
    r = post(w.at("taroco", "/login"), body, {"Content-Type": "application/json", "Accept": "application/json"})
    assert r.status in (400, 401) and r.json()["status"] == "FAILED", r


@every_dialect
def test_too_many_parameters(w, d):
    r = ask(w, d, "&".join("p%d=1" % i for i in range(500)) + "&" + form({"grant_type": "client_credentials", **credentials(d)}))
    check_error(w, d, r, (400,))


# --- repeated parameters -----------------------------------------------------------------------------------------------------------

def test_repeated_parameters_are_refused_by_the_modern_issuer(w):
    for twice in ("grant_type", "scope", "client_id"):
        body = form([("grant_type", "client_credentials"), ("scope", "read"), *credentials("modern").items(), (twice, "read")])
        r = ask(w, "modern", body)
        assert r.status == 400 and r.json()["error"] == "invalid_request", (twice, r)
    r = get(authorize_url(w) + "&client_id=app", {"Accept": "text/html"})
    assert r.status == 400 and not r.location
    r = get(authorize_url(w) + "&state=2")
    assert r.status == 400 and not r.location


@pytest.mark.parametrize("d", ["modern", "rageframe", "connect"])
@pytest.mark.parametrize("twice", ["grant_type", "scope", "client_id", "client_secret"])
def test_repeated_parameters_are_refused(w, d, twice):
    fields = [("grant_type", "client_credentials"), ("scope", {"modern": "read", "rageframe": "basic_info", "connect": "api1"}[d]), *credentials(d).items()]
    assert ask(w, d, form(fields)).status == 200
    check_error(w, d, ask(w, d, form(fields + [(twice, dict(fields)[twice])])), (400,), "invalid_request")


@pytest.mark.parametrize("d", ["modern", "rageframe", "connect"])
def test_repeated_parameters_at_authorize_are_a_page(w, d):
    b = logged_in(w, d)
    for twice in ("client_id=x", "state=2", "redirect_uri=https://evil.example/", "response_type=token"):
        r = b.get(w.at(d, AUTHORIZE[d]) + "?" + form({"response_type": "code", "client_id": CLIENT[d][0], "redirect_uri": REDIRECT[d], "state": "1"}) + "&" + twice)
        assert r.status == (404 if d == "rageframe" else 400) and not r.location, r
        check_page(d, r)


def test_repeated_parameters_are_refused_where_the_setting_says_so():
    with World("spring", "zlt", "taroco", "connect", settings={"connect": {"duplicate_parameters": "first"}, **{d: {"duplicate_parameters": "refuse"} for d in ("spring", "zlt", "taroco")}}) as v:
        for d in ("spring", "zlt", "taroco"):
            fields = [("grant_type", "client_credentials"), *credentials(d).items()]
            assert ask(v, d, form(fields)).status == 200
            check_error(v, d, ask(v, d, form(fields + [("scope", "x"), ("scope", "x")])), (400,), "invalid_request")
            r = post(v.at(d, TOKEN[d]) + "?grant_type=client_credentials", form(fields), FORM)
            check_error(v, d, r, (400,), "invalid_request")
        fields = [("grant_type", "client_credentials"), ("scope", "api1"), *credentials("connect").items(), ("scope", "nope")]
        assert ask(v, "connect", form(fields)).status == 200


@pytest.mark.parametrize("d", ["spring", "zlt", "taroco"])
def test_the_first_one_and_the_query_win_in_the_old_dialects(w, d):
    body = form([("grant_type", "client_credentials"), *credentials(d).items(), ("scope", "nope")])
    scope = {"spring": "read", "zlt": "all", "taroco": "All"}[d]
    r = post(w.at(d, TOKEN[d]) + "?scope=" + scope, body, FORM)
    assert r.status == 200 and '"scope":"%s"' % scope in r.text, r
    r = post(w.at(d, TOKEN[d]) + "?scope=nope", body.replace("nope", scope), FORM)
    assert r.status == 400 and "invalid_scope" in r.text
    r = ask(w, d, form([("scope", scope), ("grant_type", "client_credentials"), *credentials(d).items(), ("scope", "nope")]))
    assert r.status == 200


def test_parameters_in_the_query_of_the_modern_token_endpoint(w):
    r = post(w.at("modern", "/token?client_secret=x"), {"grant_type": "client_credentials", **credentials("modern")})
    assert r.status == 400 and r.json()["error"] == "invalid_request"
    r = post(w.at("modern", "/token?") + form({"grant_type": "client_credentials", **credentials("modern")}))
    assert r.status in (400, 401) and "access_token" not in r.text


# --- sizes, methods, media types ---------------------------------------------------------------------------------------------------

@every_dialect
def test_body_over_the_limit(w, d):
    r = ask(w, d, "x=" + "y" * 70000)
    check_error(w, d, r, (413,))
    assert r.get("Connection") == "close" and (d != "rageframe" or r.json()["code"] == 413), r
    r = post(w.at(d, "/login"), "username=" + "y" * 70000, {**FORM, "Accept": "text/html", "Sec-Fetch-Dest": "document"})
    assert r.status == 413 and 'id="error-page"' in r.text or d == "zlt", r
    still_alive(w, d)


@every_dialect
def test_a_body_with_a_content_coding(w, d):
    """RFC 9110 section 15.5.16: nobody undoes it here, and the client is told so."""
    body = gzip.compress(b"grant_type=client_credentials")
    r = post(w.at(d, TOKEN[d]), body, {**FORM, "Content-Encoding": "gzip"})
    check_error(w, d, r, (415,))
    assert r.get("Accept-Encoding") == "identity" and r.get("Connection") == "close" and (d != "rageframe" or r.json()["code"] == 415), r
    assert audit_of(w, error_id=r.get("X-Hufu-Error-Id"))["reason"] == "body_coded"
    r = post(w.at(d, "/login"), body, {**FORM, "Content-Encoding": "br", "Accept": "text/html", "Sec-Fetch-Dest": "document"})
    assert r.status == 415 and 'id="error-page"' in r.text or d == "zlt", r
    assert ask(w, d, "grant_type=nonsense", {"Content-Encoding": "identity"}).status != 415
    still_alive(w, d)


@every_dialect
def test_head_has_the_length_of_get(w, d):
    """RFC 9110 section 9.3.2, with and without Accept, for every path of the dialect and for one that is none."""
    for path in sorted({p.replace("*", "x") for _, p, _ in routes(d)} | {"/", "/nothing", "/login?ui_lang=en", "/assets/none.css", "/demo"}):
        for accept in ({}, {"Accept": "text/html", "Sec-Fetch-Dest": "document"}, {"Accept": "application/json"}):
            got, head = (send(m, w.at(d, path), None, accept) for m in ("GET", "HEAD"))
            assert head.text == "" and (head.status, head.get("Content-Length")) == (got.status, got.get("Content-Length")), (path, accept, got, head)
            assert [n.lower() for n, _ in head.headers] == [n.lower() for n, _ in got.headers], (path, accept, got, head)


def test_huge_body_announced_or_chunked(w):
    port = w.port["modern"]
    head = b"POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    assert raw(port, head + b"Content-Length: 10000000000\r\n\r\n", 5).startswith(b"HTTP/1.1 413 ")
    chunks = b"".join(b"1000\r\n" + b"a" * 4096 + b"\r\n" for _ in range(20)) + b"0\r\n\r\n"
    assert raw(port, head + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + chunks, 5).startswith(b"HTTP/1.1 413 ")
    still_alive(w, "modern")


def test_header_over_the_limit(w):
    port = w.port["modern"]
    for head in (b"X-A: " + b"a" * 40000, b"\r\n".join(b"X-%d: %s" % (i, b"a" * 100) for i in range(400)), b"Cookie: " + b"a=b; " * 8000):
        assert raw(port, b"GET /jwks HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\n", 5)[:12] in (b"HTTP/1.1 431", b"HTTP/1.0 431")
    answer = raw(port, b"GET /jwks?" + b"a" * 60000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 5)
    assert answer[:12] in (b"HTTP/1.1 414", b"HTTP/1.1 431", b"HTTP/1.0 414", b"HTTP/1.0 431"), answer[:100]
    still_alive(w, "modern")


@every_dialect
def test_wrong_method(w, d):
    for method in ("PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"):
        r = send(method, w.at(d, TOKEN[d]) + "?" + form(credentials(d)))
        if d == "rageframe":
            check_error(w, d, r)
            assert r.json()["code"] == 401, r                   # before anything else a token is needed there
        else:
            assert r.status == 405 and "POST" in r.get("Allow", ""), (method, r)
            check_error(w, d, r, (405,))
    r = get(w.at(d, TOKEN[d]) + "?" + form(credentials(d)))
    check_error(w, d, r, (400,) if d == "zlt" else (405,))


@every_dialect
def test_wrong_method_at_every_path(w, d):
    """405 with the methods that are right; the old framework sends strangers to login before it says so, and hides its filters."""
    table = {}
    for methods, path, flags in routes(d):
        table.setdefault(path, [set(), ""])
        table[path][0].update(methods)
        table[path][1] += flags
    assert len(table) >= 8
    for path, (methods, flags) in table.items():
        for method in {"GET", "POST", "PUT", "DELETE", "PATCH"} - methods - ({"GET"} if path == "/oauth/check_token" and d == "taroco" else set()):
            r = send(method, w.at(d, path.replace("*", "13812345678")), b"" if method == "POST" else None)
            where = (d, method, path, r)
            assert "access_token" not in r.text, where
            if d == "rageframe":
                check_error(w, d, r)
                assert r.json()["code"] == (401 if "BEARER" in flags else 405), where
            elif r.status in (302, 303):
                assert d in ("spring", "zlt", "taroco") and r.location.startswith(w.url[d]), where
            elif not (d in ("spring", "zlt", "taroco") and r.status in (400, 401)):     # the token endpoint looks at the client first
                assert r.status == 405 and all(m in r.get("Allow", "") for m in methods), where
                if r.get("Content-Type").startswith("text/html"):
                    check_page(d, r)
                else:
                    check_error(w, d, r, (405,))


def test_wrong_media_type(w):
    body = form({"grant_type": "client_credentials", **credentials("modern")})
    for kind in ("application/json", "text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencodedx"):
        r = post(w.at("modern", "/token"), body, {"Content-Type": kind})
        assert r.status == 415 and r.json()["error"] == "invalid_request", (kind, r)
    assert post(w.at("modern", "/token"), body, {"Content-Type": "Application/X-WWW-Form-URLencoded; charset=UTF-8"}).status == 200
    r = post(w.at("spring", "/oauth/token"), json.dumps({"grant_type": "client_credentials"}), {"Content-Type": "application/json", **basic("messaging-client", "secret")})
    assert r.status == 400 and r.json() == {"error": "invalid_request", "error_description": "Missing grant type"}


def test_multipart_where_the_old_servers_read_it(w):
    def part(name, value):
        return '--B\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name, value)
    body = "".join(part(k, v) for k, v in {"grant_type": "client_credentials", **credentials("spring")}.items()) + "--B--\r\n"
    assert post(w.at("spring", "/oauth/token"), body, {"Content-Type": "multipart/form-data; boundary=B"}).status == 200
    for broken in (body[:-9], "--B\r\n", "", body.replace("name=", "nam=")):
        assert post(w.at("spring", "/oauth/token"), broken, {"Content-Type": "multipart/form-data; boundary=B"}).status in (400, 401)


# --- authorize: pages, never redirects ---------------------------------------------------------------------------------------------

def authorize(w, d, browser, **change):
    fields = {"response_type": "code", "client_id": CLIENT[d][0], "redirect_uri": REDIRECT[d], "state": "s1", **change}
    if d == "modern":
        return browser.get(authorize_url(w, **{**fields, "scope": change.get("scope")}))
    return browser.get(w.at(d, AUTHORIZE[d]) + "?" + form({k: v for k, v in fields.items() if v is not None}))


def logged_in(w, d):
    b = w.browser(d)
    login = {"zlt": "/user/login", "rageframe": "/login"}.get(d, "/login")
    if d in ("modern", "connect"):
        b.login(b.get(w.at(d, "/login")), "alice", PASSWORD)
    else:
        b.post(w.at(d, login), {"username": "alice", "password": PASSWORD})
    assert any(name == "hufu-" + d for name in b.cookies), (d, b.cookies)
    return b


@every_dialect
def test_unknown_client_and_bad_redirect_uri_are_pages(w, d):
    b = logged_in(w, d)
    uri = REDIRECT[d]
    host = urllib.parse.urlsplit(uri).netloc
    bad = [{"client_id": "nobody"}, {"client_id": None}, {"client_id": ""}, {"redirect_uri": "https://evil.example/"}, {"redirect_uri": "javascript:alert(1)"},
           {"redirect_uri": uri + "/../x"}, {"redirect_uri": uri.replace("://", ":///")}, {"redirect_uri": "https://%s@evil.example/" % host}, {"redirect_uri": "//evil.example"},
           {"redirect_uri": uri.replace(host, host + ".evil.example")}, {"redirect_uri": "data:text/html,x"}, {"redirect_uri": "http://"}, {"redirect_uri": uri + "\\@evil.example"}]
    for change in bad:
        r = authorize(w, d, b, **change)
        assert 400 <= r.status < 500 and not r.location, (change, r)
        check_page(d, r)
        assert 'href="https://evil' not in r.text and 'content="0;' not in r.text


@every_dialect
def test_unknown_response_type_and_scope_go_to_the_client(w, d):
    b = logged_in(w, d)
    r = authorize(w, d, b, response_type="nonsense")
    if d in ("rageframe",):
        assert r.status == 404 and not r.location
    else:
        assert r.status in (302, 303) and r.location.startswith(REDIRECT[d]) and r.query()["error"] == "unsupported_response_type" and r.query()["state"] == "s1", r
    r = authorize(w, d, b, scope="no-such-scope")
    assert r.status in (302, 303) and r.location.startswith(REDIRECT[d]) and r.query()["error"] == "invalid_scope" and r.query()["state"] == "s1", r


# --- grants, codes, refresh tokens -------------------------------------------------------------------------------------------------

@every_dialect
def test_unknown_grant_and_scope(w, d):
    for grant in ("nonsense", "", "client_credentials ", "CLIENT_CREDENTIALS", "urn:ietf:params:oauth:grant-type:device_code", "x" * 3000):
        check_error(w, d, ask(w, d, {"grant_type": grant, **credentials(d)}), (400,))
    check_error(w, d, ask(w, d, {"grant_type": "client_credentials", "scope": "no-such-scope", **credentials(d)}), (400,), "invalid_scope")


CODE_PATH = {**TOKEN, "rageframe": "/oauth2/authorize"}
REFRESH_PATH = {**TOKEN, "rageframe": "/oauth2/refresh-token"}


def code_of(w, d):
    if d == "modern":
        return get_code(w)
    b = logged_in(w, d)
    r = authorize(w, d, b, scope=None)
    if r.status == 302 and "confirm_access" in r.location:
        r = b.get(r.location)
    if r.status == 200:
        r = b.decide(r)
    assert "code" in r.query(), r
    return r.query()["code"]


def redeem_at(w, d, code, **more):
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT[d], **credentials(d), **more}
    if d == "modern":
        fields["code_verifier"] = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    return post(w.at(d, CODE_PATH[d]), {k: v for k, v in fields.items() if v is not None})


def body_of(r):
    o = r.json()
    return o.get("datas") or o.get("data") or o


@every_dialect
def test_bad_codes(w, d):
    for code in ("nope", "zzzzzz", "中文", "a" * 5000, "'; DROP TABLE code;--", "../../x", "", None):
        check_error(w, d, redeem_at(w, d, code), (400,))
    code = code_of(w, d)
    check_error(w, d, redeem_at(w, d, code, redirect_uri="https://evil.example/"), (400,))
    check_error(w, d, redeem_at(w, d, code), (400,))            # the failure spent it
    code = code_of(w, d)
    assert body_of(redeem_at(w, d, code)).get("access_token")
    check_error(w, d, redeem_at(w, d, code), (400,))            # replayed
    code = code_of(w, d)
    check_error(w, d, redeem_at(w, d, code, client_id="auto", client_secret=APP_SECRET), (400, 401))   # another client's


@every_dialect
def test_bad_refresh_tokens(w, d):
    def ask_with(token, **more):
        return post(w.at(d, REFRESH_PATH[d]), {"grant_type": "refresh_token", "refresh_token": token, **credentials(d), **more})
    for token in ("nope", "a" * 5000, "a.b.c", "中文", "00000000-0000-4000-8000-000000000000", ""):
        check_error(w, d, ask_with(token), (400, 401))
    t = body_of(redeem_at(w, d, code_of(w, d)))
    check_error(w, d, ask_with(t["access_token"]), (400, 401))
    check_error(w, d, ask_with(t["refresh_token"], client_id="auto", client_secret=APP_SECRET), (400, 401))
    check_error(w, d, ask_with(t["refresh_token"], scope="wider"), (400,), "invalid_scope")
    assert body_of(ask_with(t["refresh_token"])).get("access_token")


def test_expired_code_and_refresh_token():
    with World() as w:
        codes = {d: code_of(w, d) for d in TOKEN}
        live = {d: body_of(redeem_at(w, d, code_of(w, d)))["refresh_token"] for d in TOKEN}
        w.turn_clock(601)
        for d in TOKEN:
            check_error(w, d, redeem_at(w, d, codes[d]), (400,))
        w.turn_clock(40 * 86400)
        for d in TOKEN:
            check_error(w, d, post(w.at(d, REFRESH_PATH[d]), {"grant_type": "refresh_token", "refresh_token": live[d], **credentials(d)}), (400, 401))


def test_nothing_of_it_was_logged_as_a_failure_of_the_server(w):
    r = refresh(w, tokens(w)["refresh_token"])
    assert r.status == 200 and redeem(w, "x").status == 400
    assert not [a for a in w.audit() if a["status"] >= 500]
    log = w.log()
    assert "ERROR: AddressSanitizer" not in log and "runtime error" not in log
