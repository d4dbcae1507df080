"""The id of a refusal: on the page, in the header and in the log, and hufu explain says the rest from there, in both languages."""
import json, pathlib, re, urllib.parse

import pytest

from talker import APP_SECRET, OTHER_SECRET, SERVICE_SECRET, VERIFIER, World, authorize_url, basic, bearer, get, get_code, post, redeem, refresh, tokens, wait

SECRET = "hunter2-hunter2-hunter2-hunter2-hunter2"


@pytest.fixture(scope="module")
def w():
    with World("modern", "spring") as world:
        yield world


def refused(w, **more):
    r = get(authorize_url(w, **more))
    assert r.status == 400
    return r, r.all("X-Hufu-Error-Id")[0]


def explained(w, error_id, *args):
    assert wait(lambda: error_id in w.log()), error_id                # the line is written once the answer is sent
    status, out, err = w.hufu(*args, "explain", error_id, "--log", str(w.log_path))
    assert status == 0, err
    return out


def test_a_redirect_uri(w):
    r, i = refused(w, redirect_uri="https://app.example:8443/cb?token=" + SECRET)
    assert i in r.text and "error-came" not in r.text
    out = explained(w, i)
    assert "https://app.example:8443/cb?token=…" in out and "https://app.example/cb" in out and "the port" in out and "redirect_unregistered" in out
    zh = explained(w, i, "--lang", "zh")
    assert "端口" in zh and "此客户端没有登记这个 redirect_uri" in zh and "hufu client set" in zh
    line = json.loads(explained(w, i, "--json"))
    assert line["error_id"] == i and line["param"] == "redirect_uri" and line["differs"] == "port" and line["near"].startswith("https://app.example/cb")
    assert SECRET not in w.log()


def test_a_client_id(w):
    _, i = refused(w, client="apq")
    out = explained(w, i)
    assert "apq" in out and "app" in out.split("registered", 1)[1] and "hufu client list" in out
    _, i = refused(w, client=SECRET)
    assert SECRET not in explained(w, i) and "hunt…" in explained(w, i) and SECRET not in w.log()


def test_a_grant(w):
    r = post(w.at("modern", "/token"), {"grant_type": "authorisation_code"}, basic("service", SERVICE_SECRET))
    line = json.loads(explained(w, r.all("X-Hufu-Error-Id")[0], "--json"))
    assert line["param"] == "grant_type" and line["near"] == "authorization_code"


def test_from_a_pipe_with_what_a_journal_adds(w):
    _, i = refused(w, redirect_uri="https://app.example/cb/")
    explained(w, i)
    log = "".join("Nov 29 11:00:00 host hufud[7]: " + line + "\n" for line in w.log().splitlines())
    status, out, _ = w.hufu("explain", i, "--log", "-", input="no line of ours\n{broken\n" + log)
    assert status == 0 and "a slash at the end" in out, out


def test_what_cannot_be_explained(w):
    assert w.hufu("explain", "aaaaaaaa")[0] == 2 and "--log" in w.hufu("explain", "aaaaaaaa")[2]
    assert w.hufu("explain", "../etc", "--log", str(w.log_path))[0] == 2
    status, out, err = w.hufu("explain", "aaaaaaaa", "--log", str(w.log_path))
    assert status == 1 and not out and "aaaaaaaa" in err
    status, _, err = w.hufu("--lang", "zh", "explain", "aaaaaaaa", "--log", "/nowhere/x.log")
    assert status == 1 and "没有那个文件或目录" in err


# --- the classic mistakes: each is made once, and explained with its clause, in both languages -------

ROOT = pathlib.Path(__file__).parents[2]


def token(w, headers=None, **fields):
    return post(w.at("modern", "/token"), {k: v for k, v in fields.items() if v is not None}, headers)


def ask(w, **more):
    """To the authorization endpoint without a browser's session."""
    return get(authorize_url(w, **more))


def service(w, **more):
    return token(w, basic("service", SERVICE_SECRET), grant_type="client_credentials", **more)


def redeemed_twice(w):
    code = get_code(w)
    redeem(w, code)
    return redeem(w, code)


def late(w):
    code = get_code(w)
    w.turn_clock(3600)
    return redeem(w, code)


def refreshed_twice(w):
    first = tokens(w)["refresh_token"]
    refresh(w, refresh(w, first).json()["refresh_token"])
    w.turn_clock(600)
    return refresh(w, first)


def user_info(w, access_token):
    return get(w.at("modern", "/userinfo"), bearer(access_token))


def logged_out(w, **query):
    return get(w.at("modern", "/logout") + "?" + urllib.parse.urlencode(query))


AT = "https://app.example"
MISTAKES = [
    ("redirect_uri with a slash at the end", "redirect_unregistered", lambda w: ask(w, redirect_uri=AT + "/cb/")),
    ("redirect_uri with a port", "redirect_unregistered", lambda w: ask(w, redirect_uri=AT + ":8443/cb")),
    ("redirect_uri by http", "redirect_unregistered", lambda w: ask(w, redirect_uri="http://app.example/cb")),
    ("redirect_uri of another host", "redirect_unregistered", lambda w: ask(w, redirect_uri="https://www.app.example/cb")),
    ("redirect_uri in other letters", "redirect_unregistered", lambda w: ask(w, redirect_uri=AT + "/CB")),
    ("redirect_uri with a query", "redirect_unregistered", lambda w: ask(w, redirect_uri=AT + "/cb?next=1")),
    ("redirect_uri of the token request differs", "code_redirect", lambda w: redeem(w, get_code(w), redirect_uri=AT + "/cb/")),
    ("client_id misspelled", "authz_client", lambda w: ask(w, client="apq")),
    ("client of the token request unknown", "client_unknown", lambda w: token(w, basic("servise", SERVICE_SECRET), grant_type="client_credentials")),
    ("secret wrong", "client_secret", lambda w: token(w, basic("service", SERVICE_SECRET + "x"), grant_type="client_credentials")),
    ("secret percent-encoded twice in Basic", "client_secret", lambda w: token(w, basic("service", SERVICE_SECRET + "%20"), grant_type="client_credentials")),
    ("no credentials", "client_none", lambda w: token(w, grant_type="client_credentials")),
    ("Basic is no base64", "client_malformed", lambda w: token(w, {"Authorization": "Basic service:secret"}, grant_type="client_credentials")),
    ("secret in the header and in the body", "client_twice", lambda w: service(w, client_id="service", client_secret=SERVICE_SECRET)),
    ("another client_id in the body", "client_other", lambda w: service(w, client_id="app")),
    ("grant_type missing", "grant_missing", lambda w: token(w, basic("service", SERVICE_SECRET), scope="read")),
    ("grant_type misspelled", "grant_unknown", lambda w: token(w, basic("service", SERVICE_SECRET), grant_type="client_credential")),
    ("grant not registered", "grant_forbidden", lambda w: token(w, basic("service", SERVICE_SECRET), grant_type="refresh_token", refresh_token="x")),
    ("response_type misspelled", "response_type", lambda w: ask(w, response_type="cod")),
    ("implicit grant", "response_forbidden", lambda w: ask(w, response_type="token")),
    ("scope unknown", "scope_unknown", lambda w: service(w, scope="everything")),
    ("scope wider at a refresh", "scope_wider", lambda w: refresh(w, tokens(w, scope="read")["refresh_token"], scope="read write")),
    ("resource with a fragment", "resource_malformed", lambda w: service(w, resource="https://api.example/#x")),
    ("resource unknown", "resource_unknown", lambda w: service(w, resource="https://nobody.example")),
    ("prompt unknown", "prompt", lambda w: ask(w, prompt="always")),
    ("prompt=none with another", "prompt_none", lambda w: ask(w, prompt="none login")),
    ("prompt=none without a session, or in a frame (SameSite)", "login_required", lambda w: ask(w, prompt="none")),
    ("max_age no number", "max_age", lambda w: ask(w, max_age="1h")),
    ("code_challenge missing", "pkce_required", lambda w: ask(w, code_challenge=None, code_challenge_method=None)),
    ("code_challenge_method missing, so plain", "pkce_method", lambda w: ask(w, code_challenge_method=None)),
    ("code_challenge with padding", "pkce_challenge", lambda w: ask(w, code_challenge="A" * 43 + "=")),
    ("code_verifier missing", "pkce_missing", lambda w: redeem(w, get_code(w), code_verifier=None)),
    ("code_verifier of another login", "pkce_wrong", lambda w: redeem(w, get_code(w), code_verifier=VERIFIER[::-1])),
    ("code_verifier too short", "pkce_verifier", lambda w: redeem(w, get_code(w), code_verifier="short")),
    ("code used twice", "code_replayed", redeemed_twice),
    ("code too old", "code_expired", late),
    ("code cut off", "code_unknown", lambda w: redeem(w, get_code(w)[:-4])),
    ("code of another client", "code_other_client", lambda w: redeem(w, get_code(w), client="other", secret=OTHER_SECRET)),
    ("code missing", "code_missing", lambda w: token(w, basic("app", APP_SECRET), grant_type="authorization_code")),
    ("refresh token used again after its rotation", "refresh_replayed", refreshed_twice),
    ("access token sent to refresh", "refresh_unknown", lambda w: refresh(w, tokens(w)["access_token"])),
    ("request_uri used or expired", "pushed_unknown", lambda w: ask(w, request_uri="urn:ietf:params:oauth:request_uri:gone")),
    ("access token missing or expired", "bearer", lambda w: user_info(w, "nonsense")),
    ("userinfo without openid", "bearer_no_openid", lambda w: user_info(w, tokens(w)["access_token"])),
    ("logout to an address that is not registered", "logout_uri", lambda w: logged_out(w, client_id="app", post_logout_redirect_uri="https://evil.example/")),
    ("logout without saying whose", "logout_no_client", lambda w: logged_out(w, post_logout_redirect_uri=AT + "/bye")),
]


def advice():
    """reason: clause, text, Chinese."""
    rows = re.findall(r'^ADVICE\((\w+), "([^"]*)", "((?:[^"\\]|\\.)*)", "((?:[^"\\]|\\.)*)"\)', (ROOT / "src/hufu/advice.def").read_text(), re.M)
    return {reason.lower(): [json.loads('"%s"' % part) for part in more] for reason, *more in rows}


@pytest.mark.parametrize("what,reason,make", MISTAKES, ids=[m[0].replace(" ", "-") for m in MISTAKES])
def test_a_classic_mistake(w, what, reason, make):
    i = make(w).all("X-Hufu-Error-Id")[0]
    clause, english, chinese = advice()[reason]
    out = explained(w, i)
    assert re.search(r"reason +%s:" % reason, out), out
    assert clause in out and out.rstrip().endswith(english), out
    assert explained(w, i, "--lang", "zh").rstrip().endswith(chinese)


def test_forty_mistakes_stand_in_the_manual():
    assert len(MISTAKES) >= 40
    for page in ("docs/explain.md", "docs/explain.zh-CN.md"):
        told = dict(re.findall(r"^\| `(\w+)` \| ([^|]*) \| [^|]* \|$", (ROOT / page).read_text(), re.M))
        assert {m[1] for m in MISTAKES} <= set(told) and told == {reason: row[0] for reason, row in advice().items()}


def test_an_advice_names_commands_that_there_are():
    """Each row of src/hufu/advice.def, in both languages."""
    sources = "\n".join(p.read_text() for p in (ROOT / "src").rglob("*") if p.suffix in (".c", ".def") and p.name != "advice.def")
    for reason, (clause, english, chinese) in advice().items():
        assert clause and chinese != english
        for said in (english, chinese):
            for noun, verb in re.findall(r"hufu ([a-z]+) ([a-z-]+)", said):
                assert re.search(r'\{ "%s", "%s"' % (noun, verb), sources), reason
            for option in re.findall(r"--[a-z-]+", said):
                assert '"%s"' % option in sources, reason
        assert set(re.findall(r"hufu [a-z]+ [a-z-]+|--[a-z-]+", english)) == set(re.findall(r"hufu [a-z]+ [a-z-]+|--[a-z-]+", chinese))
