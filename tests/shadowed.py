"""tests/shadowed.py - for hufu shadow: an old server that answers as it was recorded, and a proxy that plants differences in answers."""
import http.client, http.server, json, re, secrets, signal, subprocess, threading, time, urllib.parse, uuid

from server import clean_env, free_ports, remember
from talker import basic


class Standing:
    """An HTTP server in a thread; answer(handler, body) gives (status, [(name, value)], bytes)."""

    def __init__(self):
        here = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, headers, out = here.answer(self, body)
                self.send_response_only(status)
                for name, value in headers:
                    self.send_header(name, value)
                if not any(n.lower() == "content-length" for n, _ in headers):
                    self.send_header("Content-Length", str(len(out)))
                self.end_headers()
                self.wfile.write(b"" if self.command == "HEAD" else out)
            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_OPTIONS = do_PATCH = any

            def log_message(self, *a):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None                               # whoever asked is gone
        self.port = self.server.server_port
        self.url = "http://127.0.0.1:%d" % self.port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def token(n=27):
    return remember("aA1" + secrets.token_urlsafe(40).replace("-", "x")[:n - 3])


def unmasked(text, base, user):
    """A recorded text with values of its own where the recording has none."""
    text = text.replace("{USER}", user).replace("{BASE}", base)
    text = re.sub(r"<b64url27>", lambda m: token(), text)
    text = re.sub(r"<uuid>", lambda m: remember(str(uuid.uuid4())), text)
    text = re.sub(r'("(?:expires_in)"\s*:\s*)"~(\d+)"', r"\1\2", text)
    text = re.sub(r'"<ts>"', '"%s"' % time.strftime("%Y-%m-%dT%H:%M:%S.000+00:00", time.gmtime()), text)
    text = re.sub(r'"<epoch>"', str(int(time.time())), text)
    return re.sub(r"<code6>", lambda m: "c" + secrets.token_hex(3)[:5], text)


class Recorded(Standing):
    """Old servers' recorded answers: cases of tests/corpus/data that need nothing before them."""

    def __init__(self, path, levels=("must",)):
        super().__init__()
        self.cases, self.asked = [], {}
        for line in open(path, encoding="utf-8"):
            case = json.loads(line)
            text = json.dumps(case["request"]) + json.dumps(case["response"])
            if not case["pre"] and case["level"] in levels and "${" not in text and "<jwt>" not in text:
                self.cases.append(case)

    def request(self, case):
        """(method, target, headers, body) as the client sent it"""
        q = case["request"]
        fill = lambda s: s.replace("{USER}", case.get("user") or "user1")
        target = urllib.parse.quote(fill(q["path"]), safe="/%?=&;.-_~") + ("?" + fill(q["query"]) if q.get("query") else "")
        return q["method"], target, {"Accept": "*/*", **(q.get("headers") or {})}, (fill(q["body"]).encode() if q.get("body") is not None else None)

    def key(self, method, target, headers, body):
        return method, target, headers.get("Authorization"), headers.get("Accept"), body or b""

    def answer(self, h, body):
        case = self.asked[self.key(h.command, h.path, h.headers, body)]
        r = case["response"]
        user = case.get("user") or "user1"
        base = "http://" + h.headers["Host"]
        headers = [(k, unmasked(v, base, user)) for k, vs in r["headers"].items() for v in vs if k != "content-length"]
        return r["status"], headers, unmasked(r["body"], base, user).encode()

    def replay(self, send):
        """Every case once, by send(method, target, headers, body)."""
        for case in self.cases:
            ask = self.request(case)
            self.asked[self.key(*ask)] = case
            status = send(*ask)[0]
            assert status == case["response"]["status"], (case["id"], status)


class Planter(Standing):
    """In front of a server, whose answers plant(path, asked, status, headers, body) may change."""

    def __init__(self, url, plant=None):
        super().__init__()
        self.at, self.plant = urllib.parse.urlsplit(url), plant
        self.url += self.at.path

    def answer(self, h, body):
        c = http.client.HTTPConnection(self.at.hostname, self.at.port, timeout=30)
        headers = {k: v for k, v in h.headers.items() if k.lower() not in ("connection", "host", "content-length")}
        c.request(h.command, h.path, body or (b"" if h.command == "POST" else None), {"Host": self.at.netloc, **headers})
        r = c.getresponse()
        own = lambda k, v: v.replace(self.at.netloc, "127.0.0.1:%d" % self.port) if k.lower() == "location" else v
        status, fields, out = r.status, [(k, own(k, v)) for k, v in r.getheaders() if k.lower() not in ("connection", "date", "content-length", "transfer-encoding")], r.read()
        c.close()
        return self.plant(h.path, h.headers, status, fields, out) if self.plant else (status, fields, out)


class Shadow:
    """hufu shadow --mirror, until report() ends it."""

    def __init__(self, build, old, new=None, *args, conf=None, port=None):
        self.port = port or free_ports(1)[0]
        self.url = "http://127.0.0.1:%d" % self.port
        command = [str(build / "hufu"), *(["--config", str(conf)] if conf else []), "shadow", "--old", old, "--mirror", "127.0.0.1:%d" % self.port, "--json"]
        self.p = subprocess.Popen([*command, *(["--new", new] if new else []), *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_env())
        threading.Timer(120, self.p.kill).start()
        self.said = self.p.stderr.readline()
        assert "listening" in self.said, self.said + self.p.stderr.read()

    def send(self, method, target, headers=None, body=None):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        c.putrequest(method, target, skip_accept_encoding=True)
        for k, v in (headers or {}).items():
            c.putheader(k, v.encode("utf-8"))
        if body is not None or method in ("POST", "PUT"):
            c.putheader("Content-Length", str(len(body or b"")))
        c.endheaders(body or None)
        try:
            r = c.getresponse()
        except http.client.HTTPException as e:
            self.p.terminate()
            raise AssertionError((e, self.p.communicate(timeout=60)[1][:8000]))
        out = r.status, r.getheaders(), r.read()
        c.close()
        return out

    def report(self):
        """(exit status, report)"""
        self.p.send_signal(signal.SIGTERM)
        out, err = self.p.communicate(timeout=60)
        assert out.strip(), err
        return self.p.returncode, json.loads(out)


def found(report, minor=False):
    """{(cause, endpoint, what)} of a report"""
    return {(d["cause"], d["endpoint"], d.get("what", "")) for d in report["differences"] if d["minor"] == minor}


# --- one planted difference of each kind ----------------------------------------------------------------------------------------------

TOKEN = "/oauth/token?grant_type=password&username=admin&password=admin&scope=read"
AUTHORIZE = "/oauth/authorize?response_type=code&client_id=messaging-client&redirect_uri=http://localhost&scope=read"
BASIC = basic("messaging-client", "secret")


def changed(out, change):
    v = json.loads(out)
    return json.dumps(change(v) or v).encode()


def field(fields, name, change):
    """Fields with this one changed; None: without it."""
    was = [v for k, v in fields if k.lower() == name]
    now = change(was[0] if was else None)
    return [(k, v) for k, v in fields if k.lower() != name] + ([(name, now)] if now is not None else [])


# kind: the request, and what is done to (status, fields, body)
PLANTS = {
    "status": (TOKEN, lambda s, f, o: (403, f, o)),
    "error_code": (TOKEN.replace("=admin&scope", "=wrong-word&scope"), lambda s, f, o: (s, f, changed(o, lambda v: v.update(error="invalid_request")))),
    "content_type": (TOKEN, lambda s, f, o: (s, field(f, "content-type", lambda v: "text/json"), o)),
    "body_kind": (TOKEN, lambda s, f, o: (s, f, b"no JSON at all")),
    "json_shape": (TOKEN, lambda s, f, o: (s, f, changed(o, lambda v: {"datas": v}))),
    "missing_member": (TOKEN, lambda s, f, o: (s, f, changed(o, lambda v: v.pop("scope") and None))),
    "extra_member": (TOKEN, lambda s, f, o: (s, f, changed(o, lambda v: v.update(tenant="t1")))),
    "type": (TOKEN, lambda s, f, o: (s, f, changed(o, lambda v: v.update(expires_in="3600")))),
    "value": (TOKEN, lambda s, f, o: (s, f, changed(o, lambda v: v.update(scope="read write")))),
    "token_form": (TOKEN, lambda s, f, o: (s, f, changed(o, lambda v: v.update(access_token="5f0d1b4e-41a3-4a41-8b75-9c2c0e3cf001")))),
    "description": (TOKEN.replace("=admin&scope", "=wrong-word&scope"), lambda s, f, o: (s, f, changed(o, lambda v: v.update(error_description="Nein")))),
    "redirect_target": (AUTHORIZE, lambda s, f, o: (s, field(f, "location", lambda v: v.replace("/login", "/signin")), o)),
    "redirect_parameter": (AUTHORIZE, lambda s, f, o: (s, field(f, "location", lambda v: v + "?from=there"), o)),
    "header": (TOKEN, lambda s, f, o: (s, field(f, "www-authenticate", lambda v: 'Basic realm="x"'), o)),
    "form": ("/login", lambda s, f, o: (s, f, o.replace(b'name="password"', b'name="secret"'))),
    "body": ("/plain", None),
    "soft_header": (TOKEN, lambda s, f, o: (s, field(f, "pragma", lambda v: "cache"), o)),
    "member_order": (TOKEN, lambda s, f, o: (s, f, changed(o, lambda v: dict(reversed(v.items()))))),
    "charset": (TOKEN, lambda s, f, o: (s, field(f, "content-type", lambda v: "application/json;charset=GBK"), o)),
}


# What the same change is called when it is the old server's answer that has it.
TURNED = {"missing_member": "extra_member", "extra_member": "missing_member"}


def planting(side, at):
    """Of the answers of one side; those of `at` get the plants."""
    def plant(path, asked, status, fields, out):
        kind = asked.get("Accept-Language", "")
        if kind == "x-body":
            return 200, [("Content-Type", "text/plain;charset=UTF-8")], b"all is " + (b"well" if side == "old" else b"lost")
        return PLANTS[kind[2:]][1](status, fields, out) if side == at and kind.startswith("x-") else (status, fields, out)
    return plant


def planted(build, old, new, at="new"):
    """(exit status, report) of each kind of difference twice, planted on one side: found there, under its cause, and nothing else is."""
    before, after = Planter(old, planting("old", at)), Planter(new, planting("new", at))
    shadow = Shadow(build, before.url, after.url)
    for again in range(2):
        for kind, (target, _) in PLANTS.items():
            program = target.startswith("/oauth/token")
            shadow.send("POST" if program else "GET", target, {**(BASIC if program else {"Accept": "text/html"}), "Accept-Language": "x-" + kind})
    status, report = shadow.report()
    before.close(), after.close()
    assert status == 1 and report["compared"] == 2 * len(PLANTS), report
    seen = {(d["example"]["exchange"], d["cause"], d["count"], d["minor"]) for d in report["differences"]}
    wanted = {(n + 1, TURNED.get(kind, kind) if at == "old" else kind, 2) for n, kind in enumerate(PLANTS)}
    assert wanted <= {s[:3] for s in seen} and {s[:3] for s in seen if not s[3]} <= wanted, json.dumps(report["differences"], indent=1)
    return status, report
