"""Pages: nothing of a stranger's becomes markup; templates and style sheets can be replaced."""
import json
import re

import pytest

from talker import Browser, World, authorize_url, client, get, post, realm, send

EVIL = "\"><script>alert(1)</script><img src=x onerror='alert(2)'>"
AUTHORIZE = {"modern": "/authorize", "spring": "/oauth/authorize", "zlt": "/oauth/authorize", "taroco": "/oauth/authorize", "rageframe": "/open/authorize/index", "connect": "/connect/authorize"}
LOGIN = {"modern": "/login", "spring": "/login", "zlt": "/login.html", "taroco": "/", "rageframe": "/login", "connect": "/login"}
HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def w():
    people = realm()
    people["clients"].append(client("evil", "secret-of-evil", redirect_uris=["https://evil.example/cb"], grants=["authorization_code"]))
    people["clients"][-1]["name"] = EVIL
    settings = {d: {"brand": "Brand & <Söhne>"} for d in AUTHORIZE}
    for d in ("spring", "taroco", "zlt"):
        settings[d]["echo_values_in_errors"] = True
    with World(realms=[people], settings=settings) as world:
        yield world


def check(r):
    assert "<script" not in r.text.lower() and "onerror='" not in r.text and " style=\"" not in r.text, r.text[:3000]
    assert not re.search(r'\son\w+="', r.text)
    if r.get("Content-Type", "").startswith("text/html"):
        csp = r.get("Content-Security-Policy")
        assert "default-src 'none'" in csp and "frame-ancestors 'none'" in csp and "base-uri 'none'" in csp and "unsafe" not in csp
        assert r.get("X-Content-Type-Options") == "nosniff" and "no-store" in r.get("Cache-Control")
        assert r.get("Referrer-Policy") in ("same-origin", "no-referrer")      # nothing of the address goes to another site


@pytest.mark.parametrize("d", list(AUTHORIZE))
def test_a_strangers_text_is_text(w, d):
    for fields in ({"client_id": EVIL}, {"client_id": "evil", "redirect_uri": EVIL}, {"client_id": "evil", "redirect_uri": "https://evil.example/" + EVIL},
                   {"client_id": "evil", "response_type": EVIL}, {"client_id": "evil", "scope": EVIL, "state": EVIL}):
        b = w.browser(d)
        check(b.follow(b.get(authorize_url(w, d, path=AUTHORIZE[d], **{"redirect_uri": "https://evil.example/cb", **fields}))))
        if d != "taroco":
            page = b.get(w.at(d, LOGIN[d]))
            check(page)
            b.login(page, "alice", "correct horse battery staple")
            check(b.follow(b.get(authorize_url(w, d, path=AUTHORIZE[d], **{"redirect_uri": "https://evil.example/cb", **fields}))))
    for path in ("/" + "%22%3E%3Cscript%3E", LOGIN[d] + "?error=%22%3E%3Cscript%3E&ui_lang=%22%3E%3Cscript%3E&x=%22%3E%3Cscript%3E"):
        check(send("GET", w.at(d, path), None, HTML))


def test_the_name_of_a_client_and_a_brand(w):
    b = w.browser("modern")
    page = b.follow(b.get(authorize_url(w, client="evil", redirect_uri="https://evil.example/cb")))
    page = b.follow(b.login(page, "alice", "correct horse battery staple"))
    assert page.form("consent-form") and "&quot;&gt;&lt;script&gt;" in page.text and "Brand &amp; &lt;Söhne&gt;" in page.text
    check(page)


def test_a_user_name_that_was_typed(w):
    b = w.browser("modern")
    for _ in range(7):
        r = b.follow(b.login(b.get(w.at("modern", "/login")), EVIL, "wrong-pages"))
        check(r)
    assert r.status == 429


@pytest.mark.parametrize("d", list(AUTHORIZE))
def test_both_languages_on_every_login_page(w, d):
    path = LOGIN[d]
    en, zh = (get(w.at(d, path), {**HTML, "Accept-Language": tag}) for tag in ("en", "zh-CN"))
    assert en.status == zh.status == 200
    assert en.get("Content-Language") == "en" and '<html lang="en"' in en.text and "Sign in" in en.text
    assert zh.get("Content-Language") == "zh-CN" and '<html lang="zh-CN"' in zh.text and "登录" in zh.text
    b = Browser(w.url[d])
    link = next(h for h in re.findall(r'href="([^"]*)"[^>]*lang="zh-CN"', en.text))
    assert b.get(link.replace("&amp;", "&")).get("Content-Language") == "zh-CN"
    assert b.get(w.at(d, path)).get("Content-Language") == "zh-CN"     # and is remembered


@pytest.mark.parametrize("asked", ["zh-TW", "zh-Hant", "zh-HK", "zh-TW,zh;q=0.9,en;q=0.8"])
def test_traditional_chinese(w, asked):
    page = get(w.at("modern", "/login"), {**HTML, "Accept-Language": asked})
    assert page.get("Content-Language") == "zh-TW" and '<html lang="zh-TW"' in page.text
    assert "登入" in page.text and "使用者名稱" in page.text and "登录" not in page.text
    shown = re.findall(r'lang="([^"]+)" hreflang="([^"]+)" (aria-current="true" )?>([^<]+)</a>', page.text)
    assert shown == [("en", "en", "", "English"), ("zh-CN", "zh-CN", "", "简体中文"), ("zh-TW", "zh-TW", 'aria-current="true" ', "繁體中文")]


def test_traditional_chinese_is_asked_for_by_applications_and_kept(w):
    b = w.browser("modern")
    page = b.follow(b.get(w.at("modern", AUTHORIZE["modern"]) + "?response_type=code&client_id=web&scope=openid&ui_locales=fr+zh-Hant"))
    assert page.get("Content-Language") == "zh-TW" and b.get(w.at("modern", "/login")).get("Content-Language") == "zh-TW"
    assert json.loads(get(w.at("modern", "/.well-known/openid-configuration")).text)["ui_locales_supported"] == ["en", "zh-CN", "zh-TW"]
    simplified = w.browser("modern")
    page = simplified.get(w.at("modern", "/login") + "?ui_lang=zh")
    assert page.get("Content-Language") == "en"                         # only what the switch offers


def test_traditional_chinese_on_an_error_page(w):
    page = get(w.at("modern", "/nothing"), {**HTML, "Accept-Language": "zh-TW"})
    assert page.status == 404 and "要求失敗" in page.text and "狀態碼" in page.text
    assert "there is nothing at this address" in page.text              # the reason itself: English, never Simplified Chinese


@pytest.mark.parametrize("d", ["spring", "taroco", "zlt"])
@pytest.mark.parametrize("sent,led", [("", ""), ("?a=1&&b=", "?a=1&&b="), ("?ui_lang=en", ""), ("?a=1&ui_lang=en", "?a=1")])
def test_a_login_leads_to_the_address_that_was_asked_for(w, d, sent, led):
    b = w.browser(d)
    r = b.login(b.follow(b.get(w.at(d, AUTHORIZE[d]) + sent)), "alice", "correct horse battery staple")
    assert r.location == w.at(d, AUTHORIZE[d]) + led


def test_templates_and_style_sheets_can_be_replaced(tmp_path):
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "login.html").write_text('<h1>Ours: {{issuer_name}}</h1><form method="post" action="{{action}}">{{>fields}}<input name="username"><input type="password" name="password"><button id="login-submit">Go</button></form>')
    (tmp_path / "own.css").write_text(":root { --accent: #123456; }")
    top = "pages:\n  templates: %s" % (tmp_path / "templates")
    with World("modern", top=top, settings={"modern": {"css_file": str(tmp_path / "own.css"), "brand": "Ours"}}) as w:
        page = get(w.at("modern", "/login"), HTML)
        assert "<h1>Ours: Ours</h1>" in page.text and "/assets/custom.css" in page.text
        css = get(w.at("modern", "/assets/custom.css"))
        assert css.status == 200 and "#123456" in css.text and css.get("Content-Type").startswith("text/css")
        b = w.browser("modern")
        assert b.login(b.get(w.at("modern", "/login")), "alice", "correct horse battery staple").status == 303
        (tmp_path / "own.css").write_text(":root { --accent: #abcdef; }")
        assert w.hufu("reload")[0] == 0
        assert "#abcdef" in get(w.at("modern", "/assets/custom.css")).text
        (tmp_path / "templates" / "login.html").write_text("<h1>{{nonsense_name}}</h1>{{#unclosed}}")
        status, out, err = w.hufu("reload")
        assert status == 1 and "login.html" in out + err
        assert "<h1>Ours: Ours</h1>" in get(w.at("modern", "/login"), HTML).text


def test_the_demo_page_is_there_only_where_it_is_wanted():
    with World("modern", "spring", settings={"modern": {"demo": True}}) as w:
        page = get(w.at("modern", "/demo"), HTML)
        assert page.status == 200 and "curl" in page.text
        check(page)
        assert get(w.at("spring", "/demo"), HTML).status in (302, 404)
        check(get(w.at("modern", "/demo?code=%22%3E%3Cscript%3E&state=%3Cscript%3E&error=%3Cscript%3E"), HTML))
        assert post(w.at("modern", "/demo"), {}).status == 405


# --- pages that the old front ends had -----------------------------------------------------------------------------------------------

BROWSER = {"Accept": "text/html,application/xhtml+xml", "Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"}
SCRIPT = {"Accept": "application/json"}


def ours(w, d, r):
    """Every address on a page or in a Location is below the issuer's own."""
    prefix = "/api-uaa" if d == "zlt" else ""
    if r.location:
        assert r.location.startswith(w.url[d] + "/"), r
    if "html" in r.get("Content-Type", ""):
        for address in re.findall(r'(?:href|src|action)="([^"#][^"]*)"', r.text):
            assert address.startswith((prefix + "/", w.url[d], "?", "data:")), (d, address)
        assert all(f["action"].startswith(prefix + "/") for f in r.forms()), (d, r)


OLD = {  # authorize request, login, consent page
    "taroco": ("/oauth/authorize?response_type=code&client_id=5d22eb6e8b0c7ba066014398&redirect_uri=http://localhost:8081/demo", "/", "/confirm_access"),
    "zlt": ("/oauth/authorize?response_type=code&client_id=messaging-client&redirect_uri=http://localhost", "/login.html", "/oauth/confirm_access"),
    "spring": ("/oauth/authorize?response_type=code&client_id=messaging-client&redirect_uri=http://localhost", "/login", "/oauth/confirm_access"),
}


@pytest.mark.parametrize("d", list(OLD))
def test_the_pages_of_the_old_front_ends(w, d):
    authorize, login, confirm = OLD[d]
    b = w.browser(d)
    for path in (confirm, "/nothing/here", "/"):
        r = b.get(w.at(d, path), BROWSER)
        ours(w, d, r)
        assert (r.status in (302, 303) and r.location.split("?")[0] == w.at(d, login)) or (path == login and r.status == 200), (path, r)
    r = b.get(w.at(d, authorize), BROWSER)
    assert r.status == 302 and r.location == w.at(d, login), r
    page = b.get(r.location, BROWSER)
    ours(w, d, page)
    r = b.login(page, "u05", "password")
    assert r.location == w.at(d, authorize), r
    page = b.follow(b.get(r.location, BROWSER))
    ours(w, d, page)
    assert page.status == 200 and page.form("consent-form"), page
    again = b.get(w.at(d, confirm), BROWSER)                            # the question once more, at its own address
    ours(w, d, again)
    assert again.status == 200 and [n for n, _, _, _ in again.form("consent-form")["fields"]] == [n for n, _, _, _ in page.form("consent-form")["fields"]], again
    r = b.decide(again)
    assert "code" in r.query(), r
    r = b.get(w.at(d, confirm), BROWSER)                                # decided: nothing waits
    assert r.status == 400 and not r.location, r
    home = b.get(w.at(d, "/"), BROWSER)
    ours(w, d, home)
    assert home.status == 200 and "u05" in home.text


def test_a_browser_gets_pages_where_a_script_gets_json(w):
    """000: each endpoint that answers a script with JSON sends a browser on, by a 303 below the issuer."""
    who = {"username": "u06", "password": "password"}
    for fields, place in (({"username": "u06", "password": "wrong-page"}, "/?error"), (who, "/")):
        b = w.browser("taroco")
        r = b.post(w.at("taroco", "/login"), fields, BROWSER)
        assert r.status == 303 and r.location == w.at("taroco", place) and not r.body, r
    assert b.get(w.at("taroco", "/user"), SCRIPT).json()["result"]["username"] == "u06"
    r = b.get(w.at("taroco", "/user"), BROWSER)
    assert r.status == 303 and r.location == w.at("taroco", "/"), r
    assert "u06" in b.get(r.location, BROWSER).text
    b.get(w.at("taroco", OLD["taroco"][0]), BROWSER)
    r = b.post(w.at("taroco", "/oauth/custom_authorize"), {"user_oauth_approval": "true"}, BROWSER)
    assert r.status in (302, 303) and "code" in r.query() and not r.body, r
    r = b.get(w.at("taroco", "/logout"), BROWSER)
    assert r.status == 303 and r.location == w.at("taroco", "/?logout") and not r.body, r
    assert 'role="status"' in b.get(r.location, BROWSER).text or "signed out" in b.get(r.location, BROWSER).text.lower()
    for path in ("/user", "/confirm_access", "/oauth/exit"):
        r = b.get(w.at("taroco", path), BROWSER)
        assert r.status in (302, 303) and r.location.startswith(w.at("taroco", "/")), (path, r)
    for path, body in (("/login", {}), ("/oauth/custom_authorize", {})):
        r = post(w.at("taroco", path), body, SCRIPT)
        assert r.status in (302, 401), (path, r)
