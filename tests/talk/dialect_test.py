"""Dialects of one's own: the pages docs/dialects*.md are the input of the first test; then what else such a dialect must do."""
import json, os, pathlib, re, subprocess, urllib.parse

import pytest

import talker_jwt
from server import ROOT, Server, clean_env, free_ports, remember
from talker import PASSWORD, Browser, basic, bearer, form, get, post, send

PAGES = ["docs/dialects.md", "docs/dialects.zh-CN.md"]


# --- the worked example ------------------------------------------------------------------------------------------------------------

def blocks(page):
    """(language, content) of every fenced block."""
    return re.findall(r"^```(\w+)\n(.*?)^```$", (ROOT / page).read_text(encoding="utf-8"), re.M | re.S)


class Example(Server):
    """A server whose settings are the page's, at another port and with another data directory."""

    def __init__(self, yaml):
        super().__init__({}, [])
        self.port = free_ports(1)[0]
        self.sock = str(self.dir / "data" / "hufud.sock")
        self.env = {"HUFU_ADMIN__LISTEN": "127.0.0.1:%d" % self.admin_port}
        self.yaml = self.here(yaml)

    def here(self, text):
        return text.replace("/var/lib/hufu", str(self.dir / "data")).replace(":8070", ":%d" % self.port)

    def write_config(self):
        self.conf.write_text(self.yaml, encoding="utf-8")
        tools = self.dir / "bin"
        tools.mkdir(exist_ok=True)
        (tools / "hufu").write_text('#!/bin/sh\nexec "%s/hufu" --config "%s" "$@"\n' % (self.build.resolve(), self.conf))
        (tools / "hufu").chmod(0o755)

    def shell(self, script):
        env = clean_env(PATH="%s:%s" % (self.dir / "bin", os.environ["PATH"]), LC_ALL="C.UTF-8", no_proxy="*", **self.env)
        r = subprocess.run(["bash", "-e", "-c", script], cwd=self.dir, env=env, capture_output=True, text=True, timeout=120)
        assert r.returncode == 0, (script, r.stdout, r.stderr)
        return r.stdout


RANDOM = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}|(?<=authCode=)[0-9A-Za-z]{6}"
CLOCK = r"(?<![0-9a-f-])\d{10,13}(?![0-9a-f-])"


class Values:
    """What the page printed and what this run got: tokens and codes; times have as many digits."""

    def __init__(self):
        self.real = {}

    def now(self, text):
        for shown, got in self.real.items():
            text = text.replace(shown, got)
        return text

    def compare(self, printed, said):
        pattern, names = "", []
        for piece in re.split("(%s|%s)" % (RANDOM, CLOCK), printed):
            if re.fullmatch(CLOCK, piece):
                pattern += r"\d{%d}" % len(piece)
            elif re.fullmatch(RANDOM.replace("(?<=authCode=)", ""), piece) and piece not in self.real and piece not in names:
                pattern += "(%s)" % RANDOM
                names.append(piece)
            elif piece in names:
                pattern += r"\%d" % (names.index(piece) + 1)
            else:
                pattern += re.escape(self.now(piece))
        m = re.fullmatch(pattern, said)
        assert m, "printed:\n%s\nsaid:\n%s" % (printed, said)
        self.real.update(zip(names, map(remember, m.groups())))
        assert len(set(self.real.values())) == len(self.real)


@pytest.mark.parametrize("page", PAGES)
def test_every_line_of_the_page_is_true(page):
    fenced = blocks(page)
    yaml = [text for kind, text in fenced if kind == "yaml"]
    assert len(yaml) == 1 and sum(kind == "sh" for kind, _ in fenced) >= 8
    with Example(yaml[0]) as server:
        values = Values()
        for i, (kind, text) in enumerate(fenced):
            if kind != "sh":
                continue
            said = server.shell(server.here(values.now(text)))
            if i + 1 < len(fenced) and fenced[i + 1][0] == "text":
                values.compare(server.here(fenced[i + 1][1]).rstrip("\n"), said.rstrip("\n"))


def test_both_pages_hold_the_same_example():
    assert blocks(PAGES[0]) == blocks(PAGES[1])


def test_the_pages_name_everything_that_can_be_said():
    def words(path, pattern):
        return re.findall(pattern, (ROOT / path).read_text(encoding="utf-8"), re.M)

    settings = words("src/conf/settings.def", r'^ITEM\(SEC_DIALECT, "(\w+)"')
    endpoints = [e for e in words("src/wire/endpoints.def", r'^ENDPOINT\(\w+,\s*"(\w+)"') if e not in ("css", "custom_css", "demo", "login_with", "login_back", "login_link_page", "login_link")]
    parameters = words("src/oauth/params.def", r'^PARAM\(\w+,\s*"(\w+)"')
    grants = [n for g in words("src/oauth/grants.def", r"^GRANT\((\w+)\)") for n in words("src/oauth/grant/%s.c" % g, r'\.name = "([^"]+)"')]
    placeholders = {"{tokens}"} | {"{%s}" % n for n in words("src/wire/placeholders.def", r'^[A-Z]+_PART\((?:\w+,\s*)?"(\w+)"')}
    placeholders |= {"{%s}" % n for n in words("src/wire/custom/claims.c", r'\{ "(\w+)", FROM_')}
    assert len(settings) > 15 and len(endpoints) > 15 and len(parameters) > 20 and len(grants) == len(words("src/oauth/grants.def", r"^GRANT\((\w+)\)")) > 8 and len(placeholders) > 30
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        missing = [w for w in [*settings, *endpoints, *parameters, *grants, *placeholders] if "`%s`" % w not in text]
        assert not missing, (page, missing)


# --- more of the same kind ---------------------------------------------------------------------------------------------------------

SECRET = remember("dialect-app-secret")
CLIENT = {"realm": "r", "id": "app", "secret_encoded": "{noop}" + SECRET, "grants": "password authorization_code client_credentials refresh_token implicit sms",
          "scopes": "read write", "redirect_uris": "https://app.example/cb", "auto_approve": "*", "legacy": "password implicit refresh_reuse query_secret", "enabled": True}
ASKS = {**CLIENT, "id": "asks", "auto_approve": ""}
USER = {"realm": "r", "name": "alice", "password_encoded": "{noop}" + PASSWORD, "number": 7, "authorities": "ROLE_USER", "phone": "13800138000", "email": "a@x.example", "enabled": True}


class Own(Server):
    """One issuer that speaks a dialect `mine` of these settings."""

    def __init__(self, base, dialect, **issuer):
        self.port = free_ports(1)[0]
        self.url = "http://127.0.0.1:%d" % self.port
        self.base, self.dialect = base, dialect
        settings = {"url": self.url, "dialect": "mine", "realm": "r", **issuer}
        super().__init__({"own": settings}, [{"realm": "r", "clients": [CLIENT, ASKS], "users": [USER]}], listeners={"l": {"bind": ["127.0.0.1:%d" % self.port]}})
        self.set(dialect)

    def set(self, dialect):
        self.top = "dialects: %s" % json.dumps({"mine": {"based_on": self.base, **dialect}})

    def browser(self):
        return Browser(self.url)


@pytest.fixture(scope="module")
def comma():
    with Own("spring", {"scope_separator": ",", "paths": {"token": "/t", "authorize": "/a", "login_page": "/in", "login": "/in", "logout": "/out", "home": "/h"},
                        "parameters": {"username": "who", "client_id": "cid", "redirect_uri": "back"}, "redirect": {"state": "st", "error": "err"}}) as s:
        yield s


def logged_in(s, target, **login):
    b = s.browser()
    r = b.get(s.url + target)
    assert r.status == 302 and r.location == s.url + "/in", r
    r = b.post(s.url + "/in", login or {"who": "alice", "password": PASSWORD})
    assert r.status == 302 and r.location == s.url + target, r
    return b, b.get(r.location)


def test_a_comma_separates_scopes_everywhere(comma):
    auth = basic("app", SECRET)
    first = post(comma.url + "/t", {"grant_type": "password", "who": "alice", "password": PASSWORD, "scope": "write,read"}, auth).json()
    assert first["scope"] == "read,write"
    again = post(comma.url + "/t", {"grant_type": "refresh_token", "refresh_token": first["refresh_token"], "scope": "read,write"}, auth).json()
    assert again["scope"] == "read,write"
    assert post(comma.url + "/t", {"grant_type": "client_credentials", "scope": "read write"}, auth).json()["scope"] == "read,write"
    r = post(comma.url + "/t", {"grant_type": "client_credentials", "scope": "read,admin"}, auth)
    assert r.status == 400 and r.json()["error"] == "invalid_scope" and r.json()["scope"] == "read,write"
    assert post(comma.url + "/oauth/check_token", {"token": again["access_token"]}, auth).json()["scope"] == ["read", "write"]


def test_the_fragment_has_it_too_and_the_redirect_its_own_names(comma):
    target = "/a?" + form({"response_type": "token", "cid": "app", "back": "https://app.example/cb", "state": "x y"})
    _, r = logged_in(comma, target)
    assert r.status == 303 and r.location.startswith("https://app.example/cb#access_token="), r
    assert r.query()["scope"] == "read,write" and r.query()["st"] == "x y" and "state" not in r.query()
    _, r = logged_in(comma, "/a?" + form({"response_type": "code", "cid": "app", "back": "https://app.example/cb", "scope": "read,admin", "state": "1"}))
    assert r.query()["err"] == "invalid_scope" and r.query()["st"] == "1" and r.query()["scope"] == "read,write", r


def test_consent_is_asked_word_by_word_and_posted_to_the_moved_path(comma):
    b, r = logged_in(comma, "/a?" + form({"response_type": "code", "cid": "asks", "back": "https://app.example/cb", "scope": "write,read"}))
    assert r.status == 200, r
    f = r.form("user_oauth_approval")
    assert f["action"] == "/a" and {"scope.read", "scope.write"} <= {name for name, _, _, _ in f["fields"]}
    r = b.post(comma.url + "/a", {"user_oauth_approval": "true", "scope.read": "true", "scope.write": "false"})
    code = r.query()["code"]
    t = post(comma.url + "/t", {"grant_type": "authorization_code", "code": code, "back": "https://app.example/cb"}, basic("asks", SECRET)).json()
    assert t["scope"] == "read"


def test_pages_follow_the_paths_and_names(comma):
    r = get(comma.url + "/in")
    f = r.form("password")
    assert f["action"] == "/in" and "who" in {name for name, _, _, _ in f["fields"]}
    b = comma.browser()
    b.get(comma.url + "/in")
    assert b.post(comma.url + "/in", {"who": "alice", "password": "wrong"}).location == comma.url + "/in?error"
    assert b.post(comma.url + "/in", {"who": "alice", "password": PASSWORD}).location == comma.url + "/h"
    assert "/out" in b.get(comma.url + "/h").text
    assert b.post(comma.url + "/out", {}).location == comma.url + "/in?logout"
    for path in ("/oauth/token", "/oauth/authorize", "/login", "/logout"):          # the base's are gone
        assert get(comma.url + path).location == comma.url + "/in", path


def test_the_login_page_names_the_client(comma):
    b = comma.browser()
    b.get(comma.url + "/a?" + form({"response_type": "code", "cid": "app", "back": "https://app.example/cb"}))
    assert "to continue to " in b.get(comma.url + "/in").text                           # the client, found by the renamed parameter
    assert "to continue to " not in comma.browser().get(comma.url + "/in").text.replace("to continue to comma", "")


def test_old_names_are_not_read(comma):
    r = post(comma.url + "/t", {"grant_type": "password", "username": "alice", "password": PASSWORD}, basic("app", SECRET))
    assert r.status == 400 and r.json()["error"] == "invalid_grant"


def test_the_introspected_scope_and_the_metadata_of_a_modern_base():
    with Own("modern", {"scope_separator": ";", "paths": {"token": "/oauth/token", "introspect": "/oauth/introspect", "authorize": "/go"},
                        "grants": {"client_credentials": "machine"}, "success": {"ok": True, "result": "{tokens}"}}) as s:
        r = post(s.url + "/oauth/token", {"grant_type": "machine", "scope": "read;write"}, basic("app", SECRET))
        assert r.order() == ["ok", "result"] and r.json()["result"]["scope"] == "read;write" and r.get("Cache-Control") == "no-store"
        token = remember(r.json()["result"]["access_token"])
        assert talker_jwt.claims(token)["scope"] == "read write"            # RFC 9068
        assert post(s.url + "/oauth/introspect", {"token": token}, basic("app", SECRET)).json()["scope"] == "read;write"
        meta = get(s.url + "/.well-known/oauth-authorization-server").json()
        assert meta["token_endpoint"] == s.url + "/oauth/token" and meta["authorization_endpoint"] == s.url + "/go"
        assert meta["grant_types_supported"] == ["authorization_code", "refresh_token", "machine", "urn:ietf:params:oauth:grant-type:token-exchange",
                                                 "urn:ietf:params:oauth:grant-type:device_code", "urn:openid:params:grant-type:ciba", "implicit"]       # by response_types
        assert post(s.url + "/oauth/token?grant_type=machine", {"scope": "read"}, basic("app", SECRET)).status == 400      # as strict as its base
        assert post(s.url + "/token", {"grant_type": "machine"}, basic("app", SECRET)).status == 404


def test_a_reload_swaps_the_dialect_and_a_bad_one_is_refused():
    with Own("spring", {"paths": {"token": "/one"}}) as s:
        ask = lambda path: post(s.url + path, {"grant_type": "client_credentials"}, basic("app", SECRET))
        assert ask("/one").status == 200 and "/login" in ask("/two").location
        s.set({"paths": {"token": "/two"}, "success": {"d": "{tokens}"}})
        s.write_config()
        assert s.hufu("reload")[0] == 0
        assert ask("/two").order() == ["d"] and "/login" in ask("/one").location
        s.set({"paths": {"token": "/three", "check_token": "/three"}})
        s.write_config()
        status, _, err = s.hufu("reload")
        assert status != 0 and "both at /three" in err
        assert ask("/two").status == 200


def test_json_bodies_get_and_values_that_would_break_a_weaker_writer():
    evil = 'a"b\\</script>\u2028{text}信'
    with Own("connect", {"read_from": ["query", "form", "json"], "methods": {"token": ["GET", "POST"]}, "parameters": {"grant_type": "type", "password": ["pass", "pw"]},
                         "failure": {"m": "x {text} y", evil: "{error}", "list": [1, "{status}", {"p": "{path}"}]}, "errors": {"invalid_grant": {"text": evil}}}) as s:
        r = send("POST", s.url + "/connect/token", json.dumps({"type": "client_credentials", "client_id": "app", "client_secret": SECRET}), {"Content-Type": "application/json"})
        assert r.status == 200 and r.json()["token_type"] == "Bearer", r
        r = get(s.url + "/connect/token?" + form({"type": "password", "username": "alice", "pw": PASSWORD, "client_id": "app", "client_secret": SECRET}))
        assert r.status == 200 and "id_token" in r.json(), r
        assert send("PUT", s.url + "/connect/token", "").status == 405
        r = get(s.url + "/connect/token?" + form({"type": "password", "username": "alice", "pass": "no", "client_id": "app", "client_secret": SECRET}))
        assert r.status == 400 and r.json() == {"m": "x %s y" % evil, evil: "invalid_grant", "list": [1, 400, {"p": "/connect/token"}]}, r


def test_failures_of_every_kind_have_the_one_shape():
    with Own("taroco", {"failure": {"c": "{code}", "e": "{error}", "t": "{text}", "id": "{error_id}"}, "failure_status": 200, "errors": {"not_found": {"code": "N", "text": "没有"}}}) as s:
        shapes = [post(s.url + "/oauth/token", {"grant_type": "x"}, basic("app", SECRET)), post(s.url + "/oauth/token", {}), get(s.url + "/oauth/check_token"),
                  post(s.url + "/oauth/token", {"grant_type": "password", "username": "alice", "password": "no"}, basic("app", SECRET)),
                  send("POST", s.url + "/login", json.dumps({"username": "alice", "password": "no"}), {"Content-Type": "application/json", "Accept": "application/json"})]
        for r in shapes:
            assert r.status == 200 and r.order() == ["c", "e", "t", "id"] and r.json()["id"] == r.get("X-Hufu-Error-Id"), r
            assert not r.all("WWW-Authenticate")
        assert [r.json()["c"] for r in shapes[:2]] == [400, 401]


def test_a_script_logs_in_and_a_code_by_text_message_is_asked_for_in_the_dialects_words():
    with Own("taroco", {"done": {"done": True, "to": "{location?}"}, "failure": {"error": "{error}"}}) as s:
        r = send("POST", s.url + "/login", json.dumps({"username": "alice", "password": PASSWORD}), {"Content-Type": "application/json", "Accept": "application/json"})
        assert r.json() == {"done": True, "to": None}, r
        assert get(s.url + "/smsCode/123").json() == {"error": "invalid_request"}


def test_show_prints_what_an_issuer_can_speak(tmp_path):
    with Own("zlt", {"paths": {"token": "/x"}}) as s:
        status, out, _ = s.hufu("dialect", "list")
        assert status == 0 and "modern\n" in out and "mine\tbased on zlt\n" in out
        assert json.loads(s.hufu("--json", "dialect", "list")[1])["mine"] == "zlt"
        status, out, _ = s.hufu("dialect", "show", "mine")
        assert status == 0 and "      token: /x\n" in out and "    based_on: zlt\n" in out
        assert "      token: /oauth/token\n" in s.hufu("dialect", "show", "zlt")[1]
        status, _, err = s.hufu("dialect", "show", "nobody")
        assert status == 1 and "choose one of modern, spring" in err
        shown = json.loads(s.hufu("--json", "config", "show")[1])
        assert shown["dialects"]["mine"]["paths"] == {"token": "/x"}


def test_the_demo_page_prints_lines_that_work():
    with Own("spring", {"paths": {"token": "/t"}, "parameters": {"client_id": "cid", "client_secret": "key", "grant_type": "type"}, "grants": {"password": "pwd"}}, demo=True) as s:
        page = get(s.url + "/demo").text.replace("&amp;", "&").replace("&#39;", "'")
        assert s.url + "/t?type=pwd&cid=messaging-client&key=secret&username=user&password=password" in page, page


CLAIMS = {"iss": "{iss}", "uid": "{user_number}", "user_name": "{user_name}", "tenant": "acme", "scope": "{scopes}", "roles": "{authorities}", "client_id": "{client_id}", "exp": "{exp}", "jti": "{jti}"}


def test_tokens_with_claims_of_ones_own_are_known_here():
    with Own("spring", {"access_claims": CLAIMS, "paths": {"userinfo": "/me"}, "userinfo": {"who": "{user_name}"}, "expires_less": 0}, access_shape="jwt", signing_alg="RS256") as s:
        auth = basic("app", SECRET)
        t = post(s.url + "/oauth/token", {"grant_type": "password", "username": "alice", "password": PASSWORD}, auth).json()
        claims = talker_jwt.claims(remember(t["access_token"]))
        assert list(claims) == list(CLAIMS) and claims["tenant"] == "acme" and claims["uid"] == 7 and claims["scope"] == ["read", "write"] and claims["roles"] == ["ROLE_USER"], claims
        assert t["expires_in"] == 43200
        check = lambda token: post(s.url + "/oauth/check_token", {"token": token}, auth)
        r = check(t["access_token"])
        assert r.status == 200 and r.json()["user_name"] == "alice" and r.json()["client_id"] == "app" and r.json()["jti"] == claims["jti"]
        assert get(s.url + "/me", bearer(t["access_token"])).json() == {"who": "alice"}
        again = post(s.url + "/oauth/token", {"grant_type": "refresh_token", "refresh_token": t["refresh_token"]}, auth).json()
        assert check(remember(again["access_token"])).status == 200
        machine = talker_jwt.claims(remember(post(s.url + "/oauth/token", {"grant_type": "client_credentials"}, auth).json()["access_token"]))
        assert "uid" not in machine and "user_name" not in machine and machine["client_id"] == "app"


def test_an_unknown_address_is_told_where_the_dialect_says_so():
    with Own("spring", {"unknown_paths": "not_found", "failure": {"e": "{error}", "s": "{status}", "t": "{text}"},
                        "errors": {"invalid_request": {"status": 422, "text": "bad"}, "not_found": {"text": "gone"}}}) as s:
        r = get(s.url + "/nothing")
        assert r.status == 404 and r.json() == {"e": "Not Found", "s": 404, "t": "gone"}
        assert post(s.url + "/oauth/token", {}, basic("app", SECRET)).json() == {"e": "invalid_request", "s": 422, "t": "bad"}
