"""wechat of manual 004: codes exchanged with a stand-in that answers like WeChat's documented API, bare openids only from marked clients."""
import http.server, json, threading, time, urllib.parse

import pytest

from gateway import untrusted_tls
from talker import World, audit_of, basic, client, post, realm, user

CLIENT = {"client_id": "client1", "client_secret": "secret"}
SECRET = "wechat-app-secret-4711"


class WeChat:
    """jscode2session and oauth2/access_token on loopback. Codes are used once."""

    def __init__(self, tls=False):
        stand = self
        self.codes, self.asked, self.mode = {}, [], "right"

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                stand.answer(self)

            def log_message(self, *args):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = "%s://127.0.0.1:%d" % ("https" if tls else "http", self.server.server_port)
        if tls:
            untrusted_tls(self.server)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, h):
        u = urllib.parse.urlsplit(h.path)
        q = dict(urllib.parse.parse_qsl(u.query))
        self.asked.append((u.path, q))
        body, status, head = self.body(u.path, q), 200, {}
        if self.mode == "redirect":
            status, head = 302, {"Location": self.url + "/elsewhere"}
        if self.mode == "status":
            status = 500
        if self.mode == "slow":
            time.sleep(4)
        h.send_response(status)
        for k, v in {"Content-Type": "text/plain", "Content-Length": str(len(body)), **head}.items():
            h.send_header(k, v)
        h.end_headers()
        try:
            h.wfile.write(body)
        except OSError:
            pass

    def body(self, path, q):
        if self.mode == "huge":
            return b'{"openid":"o1","x":"' + b"x" * 4000000 + b'"}'
        if self.mode == "bad json":
            return b'{"openid":'
        if self.mode == "busy":
            return b'{"errcode":-1,"errmsg":"system error"}'
        if self.mode == "no openid":
            return b'{"session_key":"x"}'
        code = q.get("js_code" if path.endswith("jscode2session") else "code")
        if q.get("appid") != "wx4711":
            return b'{"errcode":40013,"errmsg":"invalid appid"}'
        if q.get("secret") != SECRET:
            return b'{"errcode":40125,"errmsg":"invalid appsecret"}'
        if q.get("grant_type") != "authorization_code" or code is None:
            return b'{"errcode":40002,"errmsg":"invalid grant_type"}'
        if code not in self.codes:
            return b'{"errcode":40029,"errmsg":"invalid code, rid: 6304-1"}'
        return json.dumps({"session_key": "HyVFkGl5F5OQWJZZaNzBBg==", "openid": self.codes.pop(code)}).encode()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def world(wechat, legacy=("bare_openid",), path="/sns/jscode2session", top="login:\n  rehash: false\n  address_per_minute: 1000", **settings):
    r = realm()
    c = next(c for c in r["clients"] if c["id"] == "client1")
    c["grants"], c["legacy"] = c["grants"] + ["wechat"], list(legacy)
    r["clients"].append(client("app-public", None, grants=["wechat", "refresh_token"], legacy=["bare_openid"], redirect_uris=["https://app.example/cb"]))
    r["users"].append(user("weixin", "a-password-of-hers", number=77, open_id="oGZUI0egBJY1zhBYw2KhdUfwVJJE"))
    r["users"].append(user("closed", "a-password-of-his", number=78, open_id="oCLOSED", enabled=False))
    s = {"wechat_app_id": "wx4711", "wechat_secret": SECRET, "wechat_url": wechat.url + path, **settings} if wechat else {}
    return World("connect", settings={"connect": s}, realms=[r], top=top)


@pytest.fixture
def wechat():
    s = WeChat()
    yield s
    s.close()


def ask(w, who=CLIENT, **more):
    return post(w.at("connect", "/connect/token"), {**who, "grant_type": "wechat", **more})


def is_refused(r, status=400, error="invalid_grant"):
    assert r.status == status and r.body == b'{"error":"%s"}' % error.encode(), r
    return True


def is_down(r):
    return is_refused(r, 503, "temporarily_unavailable") and int(r.get("Retry-After")) >= 1


@pytest.mark.parametrize("kind,path", [("mini", "/sns/jscode2session"), ("web", "/sns/oauth2/access_token")])
def test_a_code_becomes_tokens_once(wechat, kind, path):
    wechat.codes["081LXytJ1Xq1Y40sg3uJ1FWntJ1LXyth"] = "oGZUI0egBJY1zhBYw2KhdUfwVJJE"
    with world(wechat, path=path, wechat_kind=kind) as w:
        r = ask(w, code="081LXytJ1Xq1Y40sg3uJ1FWntJ1LXyth")
        assert r.status == 200 and r.order() == ["access_token", "token_type", "refresh_token", "expires_in", "id_token"], r
        assert audit_of(w, grant="wechat", status=200)["user"] == "weixin"
        assert wechat.asked[0][0] == path
        is_refused(ask(w, code="081LXytJ1Xq1Y40sg3uJ1FWntJ1LXyth"))
        assert SECRET not in w.log() and "081LXyt" not in w.log()


def test_wrong_codes_and_missing_ones(wechat):
    with world(wechat) as w:
        is_refused(ask(w, code="wrong"))
        is_refused(ask(w, code=""))
        is_refused(ask(w, code="x" * 300))
        is_refused(ask(w, code="a&openid=oGZUI0egBJY1zhBYw2KhdUfwVJJE"))
        is_refused(ask(w), error="invalid_request")
        is_refused(ask(w, openid="oGZUI0egBJY1zhBYw2KhdUfwVJJE"), error="invalid_request")      # exact case
        is_refused(ask(w, code="wrong", openId="oGZUI0egBJY1zhBYw2KhdUfwVJJE"), error="invalid_request")


def test_the_first_time_is_a_setting(wechat):
    wechat.codes.update(a="oNEW-1", b="oNEW-1", c="oNEW-1", d="oCLOSED")
    with world(wechat) as w:
        is_refused(ask(w, code="a"))
    with world(wechat, wechat_first_time="create") as w:
        assert ask(w, code="b").status == 200
        assert ask(w, code="c").status == 200
        code, out, _ = w.hufu("user", "show", "--realm", "main", "wechat-oNEW-1")
        assert code == 0 and "oNEW-1" in out
        is_refused(ask(w, code="d"))
        assert audit_of(w, grant="wechat", reason="user_disabled")


def test_a_bare_openid_only_from_a_marked_confidential_client(wechat):
    with world(None) as w:
        r = ask(w, openId="oGZUI0egBJY1zhBYw2KhdUfwVJJE")
        assert r.status == 200 and r.json()["token_type"] == "Bearer", r
        assert "bare_openid" in audit_of(w, grant="wechat", status=200)["habits"]
        is_refused(ask(w, openId="oNOBODY"))
        is_refused(ask(w, openId=""))
        is_refused(ask(w, who={"client_id": "app-public"}, openId="oGZUI0egBJY1zhBYw2KhdUfwVJJE"), error="unauthorized_client")
        is_refused(ask(w, code="a"), error="unsupported_grant_type")
    with world(None, legacy=("password",)) as w:
        is_refused(ask(w, openId="oGZUI0egBJY1zhBYw2KhdUfwVJJE"), error="unauthorized_client")


@pytest.mark.parametrize("mode", ["redirect", "status", "huge", "bad json", "busy", "no openid"])
def test_a_lying_wechat_is_no_login(wechat, mode):
    wechat.codes["a"], wechat.mode = "oGZUI0egBJY1zhBYw2KhdUfwVJJE", mode
    with world(wechat) as w:
        assert is_down(ask(w, code="a"))
        assert len(wechat.asked) == 1


def test_a_wrong_certificate_is_no_wechat():
    stand = WeChat(tls=True)
    try:
        with world(stand) as w:
            stand.codes["c1"] = "oGZUI0egBJY1zhBYw2KhdUfwVJJE"
            assert is_down(ask(w, code="c1"))
            assert not stand.asked and "certificate is not trusted" in w.log()
    finally:
        stand.close()


def test_a_wrong_app_secret_is_the_operators_trouble(wechat):
    wechat.codes["a"] = "oGZUI0egBJY1zhBYw2KhdUfwVJJE"
    with world(wechat, wechat_secret="not-that-secret-0815") as w:
        assert is_down(ask(w, code="a"))
        assert "check wechat_app_id" in w.log() and "not-that-secret-0815" not in w.log()


def test_a_slow_wechat_costs_its_time_limit_and_nobody_else(wechat):
    wechat.codes["a"], wechat.mode = "oGZUI0egBJY1zhBYw2KhdUfwVJJE", "slow"
    with world(wechat, wechat_timeout=2, top="lanes:\n  wechat_threads: 2\n  queue_max: 4") as w:
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(ask(w, code="a"))) for _ in range(6)]
        begun = time.time()
        for t in threads:
            t.start()
        served = 0
        while time.time() < begun + 1.5:
            one = time.time()
            assert post(w.at("connect", "/connect/token"), {**CLIENT, "grant_type": "client_credentials"}).status == 200
            assert time.time() - one < 1
            served += 1
        for t in threads:
            t.join()
        assert served >= 20 and all(is_down(r) for r in answers) and time.time() - begun < 12


def test_many_logins_do_not_queue_for_a_silent_wechat(wechat):
    """Who comes while it is known to be silent waits for nothing; afterwards one tries."""
    wechat.mode = "slow"
    try:
        with world(wechat, wechat_timeout=1) as v:
            answers, begun = [], time.time()
            threads = [threading.Thread(target=lambda n=n: answers.append(ask(v, code="c%d" % n))) for n in range(30)]
            for t in threads:
                t.start()
            for t in threads:
                t.join()
            assert time.time() - begun < 4 and {r.status for r in answers} == {503}, [r.status for r in answers]
            asked, one = len(wechat.asked), time.time()
            assert is_down(ask(v, code="later")) and time.time() - one < 0.8 and len(wechat.asked) == asked
            assert v.log().count("no answer in time") == 1               # one line, not thirty
            wechat.mode = "right"
            v.turn_clock(6)
            wechat.codes["again"] = "oGZUI0egBJY1zhBYw2KhdUfwVJJE"
            assert ask(v, code="again").status == 200 and len(wechat.asked) == asked + 1
    finally:
        wechat.mode = "right"


def test_wechat_that_is_not_there(wechat):
    with world(wechat, wechat_url="http://127.0.0.1:1/sns/jscode2session") as w:
        assert is_down(ask(w, code="a"))


@pytest.mark.parametrize("settings,sentence", [
    ({"wechat_secret": ""}, "wechat_secret"), ({"wechat_url": "http://api.example/x"}, "https"), ({"wechat_url": "https://10.0.0.1/x"}, "private"), ({"wechat_url": "https://api.example/x?y=z"}, "query"),
])
def test_settings_that_cannot_work(wechat, settings, sentence):
    with pytest.raises(RuntimeError, match=sentence):
        with world(wechat, **settings):
            pass
