"""hufu shadow: an old server's requests sent to this one too, what differs grouped by cause, and no secret written anywhere."""
import http.client, importlib.machinery, importlib.util, json, pathlib, re, shutil, socket, subprocess, threading, urllib.parse

import pytest

from gateway import Gateway
from server import BUILD, clean_env, free_ports, remember
from shadowed import AUTHORIZE, BASIC, PLANTS, TOKEN, Planter, Recorded, Shadow, found, planted
from talker import PASSWORD, Browser, World, new_state, post, wait

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT / "tests/corpus/data"
FRONT = free_ports(1)[0]
WRONG = remember("not-bobs-password-77")


def corpus():
    loader = importlib.machinery.SourceFileLoader("corpus_replay", str(ROOT / "tests/corpus/replay"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("corpus_replay", loader))
    loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def new():
    """A hufud with the clients, users and settings of the recorded old server of manual 003; (server, url)"""
    fix = json.loads((DATA / "fixtures.json").read_text(encoding="utf-8"))["003"]
    gateway = Gateway()
    server, url = corpus().start("003", fix, fix["files"]["003.jsonl"], gateway)
    yield server, url
    server.close()
    gateway.close()


@pytest.fixture(scope="module")
def old():
    server = Recorded(DATA / "003.jsonl")
    yield server
    server.close()


def test_the_recorded_old_server_and_this_one_do_not_differ(old, new):
    shadow = Shadow(BUILD, old.url, new[1])
    old.replay(shadow.send)
    status, report = shadow.report()
    assert len(old.cases) > 50 and report["compared"] == report["exchanges"] == len(old.cases), report
    assert not found(report) and report["different"] == 0 and status == 0, json.dumps(report["differences"], indent=1, ensure_ascii=False)


# --- one planted difference of each kind --------------------------------------------------------------------------------------------

CAUSES = re.findall(r'^CAUSE\((\w+), "(\w+)", (\w+),', (ROOT / "src/shadow/causes.def").read_text(encoding="utf-8"), re.M)
SKIPS = re.findall(r'^SKIP\((\w+), "(\w+)",', (ROOT / "src/shadow/skips.def").read_text(encoding="utf-8"), re.M)
@pytest.fixture(scope="module")
def w():
    with World("spring", *("spring-" + n for n in "abcd"), settings={"spring": {"url": "http://127.0.0.1:%d" % FRONT}}) as world:      # clients know it by the mirror's address
        yield world


@pytest.mark.parametrize("at", ["new", "old"])
def test_each_kind_of_difference_is_found_and_grouped(w, at):
    assert set(PLANTS) == {word for _, word, _ in CAUSES}
    status, report = planted(BUILD, w.url["spring"], w.url["spring"], at)
    assert {d["cause"]: d["minor"] for d in report["differences"]} == {word: minor == "true" for _, word, minor in CAUSES}
    assert report["minor"] == 2 * 3 and report["different"] == 2 * (len(PLANTS) - 3)


# --- tokens, codes and sessions of the old server are those of the new one ------------------------------------------------------------

def through(shadow, user):
    """A login in the browser, consent, code, tokens, refresh, check_token, all of them by the old server's answers."""
    browser = Browser(shadow.url)
    back = browser.authorize(AUTHORIZE + "&state=" + new_state(), user, PASSWORD)
    code = back.query()["code"]
    got = post(shadow.url + "/oauth/token", {"grant_type": "authorization_code", "code": code, "redirect_uri": "http://localhost"}, BASIC).json()
    new = post(shadow.url + "/oauth/token", {"grant_type": "refresh_token", "refresh_token": got["refresh_token"]}, BASIC).json()
    assert post(shadow.url + "/oauth/check_token", {"token": new["access_token"]}, BASIC).status == 200
    assert post(shadow.url + "/oauth/token", {"grant_type": "authorization_code", "code": code, "redirect_uri": "http://localhost"}, BASIC).status == 400
    assert post(shadow.url + "/oauth/token", {"grant_type": "password", "username": user, "password": WRONG}, BASIC).status == 400
    return [PASSWORD, WRONG, code, got["access_token"], got["refresh_token"], new["access_token"], *browser.cookies.values()]


def test_what_the_old_server_gave_is_replaced_by_what_the_new_one_gave(w):
    """D3"""
    shadow = Shadow(BUILD, w.url["spring"], w.url["spring-a"], port=FRONT)
    through(shadow, "alice")
    status, report = shadow.report()
    assert status == 0 and report["compared"] == report["exchanges"] > 8, json.dumps(report, indent=1)


@pytest.fixture(scope="module")
def recording(w, tmp_path_factory):
    path = tmp_path_factory.mktemp("shadow") / "old.jsonl"
    shadow = Shadow(BUILD, w.url["spring"], None, "--record", str(path), port=FRONT)
    secrets = through(shadow, "bob")
    status, report = shadow.report()
    assert status == 0 and report["recorded"] > 8 and report["left_out"] == 0
    return path, secrets


def test_a_recording_holds_no_secret(recording):
    """D1"""
    path, secrets = recording
    text = path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert all(s not in text for s in secrets) and "bWVzc2FnaW5nLWNsaWVudDpzZWNyZXQ" not in text
    assert len(secrets) > 6 and "shadow.opaque." in text and "messaging-client" in text


NAMES = re.findall(r'^NAME\("([^"]+)", (\w+)\)', (ROOT / "src/shadow/names.def").read_text(encoding="utf-8"), re.M)


def test_no_secret_is_written_whatever_it_is_called(tmp_path):
    """D1: in query, form, JSON, cookies, fields and bodies of both sides; D2: nor is it in an example."""
    value = lambda name: "zz%s-5d" % re.sub(r"\W|_", "", name.lower())
    secret, public = [n for n, kind in NAMES if kind != "PUBLIC"], [n for n, kind in NAMES if kind == "PUBLIC"]
    assert len(secret) > 50 and len(public) > 10
    answer = {n: value(n) + "a" for n in secret} | {n: value(n) + "p" for n in public} | {"list": [{"token": value("list")}], "else": "x7Qp2LmN8rTs4VwY6zAb1CdE3"}
    old = Planter("http://127.0.0.1:1", None)
    old.answer = lambda h, body: (200, [("Content-Type", "application/json"), ("Set-Cookie", "JSESSIONID=zzcookie-5d; Path=/"), ("X-Own", "zzown-5d")], json.dumps(answer).encode())
    new = Planter("http://127.0.0.1:1", None)
    new.answer = lambda h, body: (200, [("Content-Type", "application/json")], json.dumps({k: [v] for k, v in answer.items()}).encode())
    path = tmp_path / "kept.jsonl"
    shadow = Shadow(BUILD, old.url, new.url, "--record", str(path))
    pairs = "&".join("%s=%s" % (n, value(n) + "q") for n in secret)
    shadow.send("GET", "/x?" + pairs, {"Authorization": "Bearer zzbearer-5d", "Cookie": "A=zzcookie-5d", "X-Api-Key": "zzkey-5d", "Referer": "https://h/?code=zzreferer-5d"})
    shadow.send("POST", "/x", {"Content-Type": "application/x-www-form-urlencoded", "Authorization": "zzbare-5d"}, pairs.encode())
    shadow.send("POST", "/x", {"Content-Type": "application/json"}, json.dumps({"in": {n: value(n) for n in secret}}).encode())
    status, report = shadow.report()
    text = path.read_text()
    assert report["recorded"] == 3 and len(text.splitlines()) == 4 and status == 1
    assert not re.findall(r"zz\w+-5d[aq]?\b", text) and "x7Qp2LmN8rTs4VwY6zAb1CdE3" not in text, re.findall(r"zz\w+-5d[aq]?\b", text)
    assert all(value(n) + "p" in text for n in public)
    assert not re.findall(r"zz\w+-5d[aq]?\b", json.dumps(report)), report
    old.close(), new.close()


def replay(w, path, *args):
    status, out, err = w.hufu("shadow", "--replay", str(path), "--json", *args)
    return status, json.loads(out), err


def given(tmp_path, users=None, clients=None):
    path = tmp_path / "secrets.json"
    path.write_text(json.dumps({"users": users or {}, "clients": clients or {}}))
    path.chmod(0o600)
    return str(path)


def test_a_recording_is_replayed_with_secrets_given_again(w, recording, tmp_path):
    path, _ = recording
    secrets = given(tmp_path, {"bob": PASSWORD}, {"messaging-client": "secret"})
    status, report, _ = replay(w, path, "--new", w.url["spring-b"], "--secrets", secrets)
    assert status == 0 and report["compared"] == report["exchanges"] > 8, json.dumps(report, indent=1)
    status, report, _ = replay(w, path, "--new", w.url["spring"])
    assert {s["why"] for s in report["not_compared"]} == {"secret_unknown", "chain_broken"} and not report["different"]
    status, report, _ = replay(w, path, "--new", w.url["spring-c"], "--secrets", secrets, "--old", w.url["spring-d"])    # both asked
    assert status == 0 and report["compared"] > 8, json.dumps(report, indent=1)


# --- logs and HAR files ---------------------------------------------------------------------------------------------------------------

def log_line(**more):
    return json.dumps({"time": "2026-11-30T10:00:00+00:00", "method": "POST", "uri": "/oauth/token", "host": "sso.example", "content_type": "application/x-www-form-urlencoded",
                       "authorization": BASIC["Authorization"], "cookie": "", "accept": "*/*", "body": "grant_type=password&username=user&password=password", "status": 200,
                       "sent_content_type": "application/json;charset=UTF-8", "sent_location": "", "sent_www_authenticate": "", **more})


def entry(status=200, url="https://sso.example/oauth/token", text="grant_type=client_credentials", answer='{"error":"unauthorized"}'):
    return {"startedDateTime": "2026-11-30T10:00:00Z", "request": {"method": "POST", "url": url, "headers": [{"name": "Authorization", "value": BASIC["Authorization"]}],
            "postData": {"mimeType": "application/x-www-form-urlencoded", "text": text}},
            "response": {"status": status, "headers": [{"name": "Content-Type", "value": "application/json;charset=UTF-8"}], "content": {"text": answer}}}


def test_a_log_of_nginx(w, tmp_path):
    path = tmp_path / "shadow.log"
    path.write_text("\n".join([log_line(), "not a line", log_line(status=400), log_line(body="--x\r\nContent", content_type="multipart/form-data; boundary=x"),
                               log_line(body="grant_type=refresh_token&refresh_token=0123456789abcdefABCD01234567")]) + "\n")
    status, report, err = replay(w, path, "--new", w.url["spring"])
    assert "1 lines or entries" in err and "may be read by others" in err
    assert status == 1 and found(report) == {("status", "POST /oauth/token password", "")} and report["compared"] == 2
    assert {s["why"]: s["count"] for s in report["not_compared"]} == {"body_unread": 1, "token_unknown": 1}
    path.chmod(0o600)
    status, report, err = replay(w, path, "--new", w.url["spring"], "--imported")      # the new server is asked about the old token itself
    assert ("status", "POST /oauth/token refresh_token", "") in found(report) and "may be read" not in err
    status, report, _ = replay(w, path, "--record", str(tmp_path / "kept.jsonl"))
    assert status == 0 and report == {"recorded": 3, "left_out": 1} and "password=password" not in (tmp_path / "kept.jsonl").read_text()


def test_a_har_file(w, tmp_path):
    path = tmp_path / "browser.har"
    path.write_text(json.dumps({"log": {"version": "1.2", "entries": [entry(), entry(url="https://shop.example/cart"), {"request": 1}]}}, indent=2))
    path.chmod(0o600)
    status, out, err = w.hufu("shadow", "--replay", str(path), "--new", w.url["spring"])
    assert status == 2 and "sso.example shop.example" in err
    status, report, _ = replay(w, path, "--new", w.url["spring"], "--host", "sso.example")
    assert report["compared"] == 1 and status == 1 and found(report) == {("error_code", "POST /oauth/token client_credentials", "error")}


# --- why something is not compared ------------------------------------------------------------------------------------------------------

def test_each_reason_not_to_compare(w, tmp_path):
    assert {word for _, word in SKIPS} == {"no_answer", "secret_unknown", "token_unknown", "chain_broken", "not_twice", "body_unread", "old_silent", "new_silent", "queue_full"}
    path = tmp_path / "some.log"
    path.write_text(log_line(status=200).replace('"status": 200, ', "") + "\n")
    path.chmod(0o600)
    nobody = "http://127.0.0.1:%d" % free_ports(1)[0]
    for args, why in ((("--new", w.url["spring"]), "no_answer"), (("--new", w.url["spring"], "--old", nobody), "old_silent")):
        status, report, _ = replay(w, path, *args)
        assert status == 1 and report["not_compared"] == [{"why": why, "count": 1}]
    path.write_text(log_line())
    status, report, _ = replay(w, path, "--new", nobody)
    assert status == 1 and report["not_compared"] == [{"why": "new_silent", "count": 1}]


def test_what_the_new_server_did_not_give_is_not_asked_for(w):
    """D3: one difference, and not another one for each request that follows from it."""
    after = Planter(w.url["spring-d"], lambda path, asked, s, f, o: (s, f, o.replace(b'"refresh_token"', b'"renewal"')))
    shadow = Shadow(BUILD, w.url["spring"], after.url)
    got = json.loads(shadow.send("POST", TOKEN, BASIC)[2])
    shadow.send("POST", "/oauth/token?grant_type=refresh_token&refresh_token=" + got["refresh_token"], BASIC)
    status, report = shadow.report()
    assert status == 1 and report["not_compared"] == [{"why": "chain_broken", "count": 1}] and report["different"] == 1
    after.close()


def test_copies_of_nginx(w):
    shadow = Shadow(BUILD, w.url["spring"], w.url["spring"], "--copies")
    assert shadow.send("POST", TOKEN, BASIC)[0] == 204
    assert shadow.send("POST", "/oauth/token?grant_type=authorization_code&code=abcdef", BASIC)[0] == 204
    status, report = shadow.report()
    assert status == 0 and report["same"] == 1 and report["not_compared"] == [{"why": "not_twice", "count": 1}]


# --- nginx as docs/shadow.md has it, and more than a shadow can keep up with ------------------------------------------------------------

PAGE = (ROOT / "docs/shadow.md").read_text(encoding="utf-8")


class Nginx:
    """Debian's, with the servers of this text."""

    def __init__(self, d, text):
        program = shutil.which("nginx", path="/usr/sbin:/usr/bin")
        if program is None:
            pytest.skip("no nginx here: tools/install test")
        self.port = free_ports(1)[0]
        temp = "".join("%s_temp_path %s;\n" % (n, d / n) for n in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (d / "conf").write_text("daemon off;\nmaster_process off;\npid %s/pid;\nevents {}\nhttp {\naccess_log off;\n%s%s}\n" % (d, temp, text.replace("PORT", str(self.port))))
        self.p = subprocess.Popen([program, "-p", str(d), "-e", str(d / "error.log"), "-c", str(d / "conf")], env=clean_env(HOME=str(d)))
        assert wait(self.listens) and self.p.poll() is None, (d / "error.log").read_text()

    def listens(self):
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def close(self):
        self.p.terminate()
        self.p.wait(20)


def of_old(w):
    return urllib.parse.urlsplit(w.url["spring"]).netloc


def test_nginx_asks_the_shadow_first(w, tmp_path):
    """The block of step 2: the shadow stands between, and without it the old server is asked."""
    block = re.search(r"```nginx\n(   upstream old .*?)```", PAGE, re.S).group(1)
    shadow = Shadow(BUILD, w.url["spring"], w.url["spring"])
    text = block.replace("127.0.0.1:9700", "127.0.0.1:%d" % shadow.port).replace("10.0.0.5:8080", of_old(w)).replace("server {", "server { listen 127.0.0.1:PORT;")
    assert text.count("127.0.0.1:%d" % shadow.port) == 1 and of_old(w) in text
    front = Nginx(tmp_path, text)
    try:
        ask = lambda: post("http://127.0.0.1:%d%s" % (front.port, TOKEN), {}, BASIC).status
        assert ask() == 200
        status, report = shadow.report()
        assert status == 0 and report["compared"] == report["same"] == 1, report
        assert ask() == 200                                                       # the shadow is gone
    finally:
        front.close()


def test_copies_by_nginx_itself(w, tmp_path):
    """`mirror`, as the page writes it: the client's answer is the old server's, the copy is asked of both."""
    directive = re.search(r"`(mirror /shadow;)`", PAGE).group(1)
    location = re.search(r"`(location = /shadow \{[^`]*\})`", PAGE).group(1)
    shadow = Shadow(BUILD, w.url["spring"], w.url["spring"], "--copies")
    assert "127.0.0.1:9700" in location
    front = Nginx(tmp_path, "server { listen 127.0.0.1:PORT;\n%s\nlocation / { %s proxy_pass %s; proxy_set_header Host $http_host; }\n}\n" % (
        location.replace("127.0.0.1:9700", "127.0.0.1:%d" % shadow.port), directive, w.url["spring"]))
    try:
        r = post("http://127.0.0.1:%d/oauth/token" % front.port, {"grant_type": "password", "username": "admin", "password": "admin", "scope": "read"}, BASIC)
        assert r.status == 200 and r.json()["access_token"]
        assert post("http://127.0.0.1:%d/oauth/token" % front.port, {"grant_type": "authorization_code", "code": "abcdef"}, BASIC).status == 400
    finally:
        front.close()                                                             # it ends once its copies are sent
    status, report = shadow.report()
    assert status == 0 and report["compared"] == report["same"] == 1 and report["not_compared"] == [{"why": "not_twice", "count": 1}], report


QUEUE = int(re.search(r"#define SHADOW_QUEUE_MAX (\d+)", (ROOT / "src/shadow/shadow.h").read_text()).group(1))


@pytest.mark.parametrize("mode", ["compared", "recorded"])
def test_what_finds_no_room_in_the_queue_is_counted_and_said(tmp_path, mode):
    """Nothing is lost unsaid: each exchange is compared (or written) or counted as left out, though nothing is taken from the queue until all have come."""
    goes, more, answer = threading.Event(), 20, (200, [("Content-Type", "text/plain")], b"as before")
    old, new = Planter("http://127.0.0.1:1"), Planter("http://127.0.0.1:1")
    old.answer, new.answer = lambda h, body: answer, lambda h, body: (goes.wait(100), answer)[1]
    path = tmp_path / "kept.jsonl"
    shadow = Shadow(BUILD, old.url, new.url, *(["--record", str(path)] if mode == "recorded" else []))
    c = http.client.HTTPConnection("127.0.0.1", shadow.port, timeout=60)
    for _ in range(QUEUE + 1 + more):                                             # one of them is with the new server
        c.request("GET", "/plain")
        assert c.getresponse().read() == b"as before"
    c.close()
    goes.set()
    status, report = shadow.report()
    (left,) = [n["count"] for n in report["not_compared"] if n["why"] == "queue_full"]
    assert left >= more - 1 and report["compared"] + left == report["exchanges"] == QUEUE + 1 + more, report
    if mode == "recorded":
        assert report["left_out"] == left and report["recorded"] + left == QUEUE + 1 + more == len(path.read_text().splitlines()) - 1 + left
    old.close(), new.close()


# --- the command line and the report ----------------------------------------------------------------------------------------------------

def test_what_does_not_go_together(w, tmp_path):
    secrets = tmp_path / "open.json"
    secrets.write_text("{}")
    secrets.chmod(0o644)
    taken = tmp_path / "taken.jsonl"
    taken.write_text("")
    log = tmp_path / "a.log"
    log.write_text(log_line())
    for args, code in (((), 2), (("--replay", "x"), 2), (("--mirror", "127.0.0.1:1", "--new", "http://h"), 2), (("--replay", "x", "--new", "ftp://h"), 2),
                       (("--replay", "x", "--mirror", "y", "--new", "http://h"), 2), (("--replay", "x", "--new", "http://h", "--copies"), 2),
                       (("--replay", str(tmp_path / "no"), "--new", "http://h"), 1), (("--replay", str(secrets), "--new", "http://h"), 1),
                       (("--replay", str(log), "--new", "http://h", "--secrets", str(secrets)), 1), (("--replay", str(log), "--record", str(taken)), 1)):
        status, out, err = w.hufu("shadow", *args)
        assert status == code and err.startswith("hufu: error: "), (args, status, out, err)


def test_the_report_is_shown_with_the_legacy_report(w, tmp_path):
    path = tmp_path / "some.log"
    path.write_text(log_line() + "\n" + log_line(status=400))
    path.chmod(0o600)
    status, out, _ = w.hufu("shadow", "--replay", str(path), "--new", w.url["spring"], "--issuer", "spring")
    assert status == 1 and "another status (1)" in out and "1x  POST /oauth/token password" in out and "old: 400   new: 200   (exchange 2)" in out
    assert "2 exchanges, 2 compared: 1 the same, 0 the same but for what seldom matters, 1 different" in out
    status, out, _ = w.hufu("legacy", "report")
    assert status == 0 and "Shadow run of issuer spring" in out and "2 compared, 1 different. another status 1" in out
    status, out, _ = w.hufu("legacy", "report", "--json")
    assert json.loads(out)["shadow"][0]["issuer"] == "spring" and json.loads(out)["shadow"][0]["different"] == 1
    status, out, _ = w.hufu("--lang", "zh", "shadow", "--replay", str(path), "--new", w.url["spring"], "--issuer", "spring")
    assert "状态码不同（" in out or "状态码不同 (1)" in out
