"""tests/gateway.py - an SMS gateway on loopback: takes what hufud sends, checks signatures by code of its own. Standard library only."""
import hashlib, hmac, http.server, json, pathlib, queue, ssl, subprocess, tempfile, threading, time, urllib.parse

SECRET, KEY_ID = "gateway-secret", "gateway-key"


def hmac256(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def parts_of(value):
    """Credential=..., SignedHeaders=..., Signature=... behind the name of the algorithm."""
    return dict(p.strip().split("=", 1) for p in value.split(" ", 1)[1].split(","))


def canonical(method, path, query, headers, names, body):
    lines = "".join("%s:%s\n" % (n, headers[n].strip()) for n in names.split(";"))
    return "\n".join([method, path, query, lines, names, sha256(body)])


def check_webhook(rq):
    t, mac = (p.split("=", 1)[1] for p in rq.headers["x-hufu-signature"].split(","))
    assert mac == hmac256(SECRET.encode(), t + "." + rq.body.decode()).hexdigest(), "signature"
    o = json.loads(rq.body)
    return o["phone"], o["code"], {}


def check_http(rq):
    q = dict(urllib.parse.parse_qsl(rq.body.decode()))
    assert rq.headers["x-token"] == "t0ken with blanks"
    return q["to"], q["text"].split()[-1], {}


def check_aliyun(rq):
    """Alibaba Cloud signature version 3."""
    p = parts_of(rq.headers["authorization"])
    assert p["Credential"] == KEY_ID and rq.headers["x-acs-action"] == "SendSms" and rq.headers["x-acs-version"] == "2017-05-25"
    assert rq.headers["x-acs-content-sha256"] == sha256(rq.body) and {"host", "x-acs-date", "x-acs-signature-nonce"} <= set(p["SignedHeaders"].split(";"))
    pairs = sorted(urllib.parse.parse_qsl(rq.query, strict_parsing=True))
    query = "&".join("%s=%s" % (urllib.parse.quote(k, safe="-_.~"), urllib.parse.quote(v, safe="-_.~")) for k, v in pairs)
    signed = "ACS3-HMAC-SHA256\n" + sha256(canonical("POST", rq.path, query, rq.headers, p["SignedHeaders"], rq.body).encode())
    assert p["Signature"] == hmac256(SECRET.encode(), signed).hexdigest(), "signature"
    q = dict(pairs)
    assert q["SignName"] == "测试" and q["TemplateCode"] == "SMS_1"
    return q["PhoneNumbers"], json.loads(q["TemplateParam"])["code"], {"Code": "OK", "Message": "OK"}


def check_tencent(rq):
    """Tencent Cloud signature version 3."""
    p = parts_of(rq.headers["authorization"])
    key_id, day, service, kind = p["Credential"].split("/")
    now = rq.headers["x-tc-timestamp"]
    assert (key_id, service, kind) == (KEY_ID, "sms", "tc3_request") and day == time.strftime("%Y-%m-%d", time.gmtime(int(now)))
    assert rq.headers["x-tc-action"] == "SendSms" and rq.headers["x-tc-version"] == "2021-01-11"
    text = "\n".join(["TC3-HMAC-SHA256", now, "%s/sms/tc3_request" % day, sha256(canonical("POST", "/", "", rq.headers, p["SignedHeaders"], rq.body).encode())])
    key = ("TC3" + SECRET).encode()
    for piece in (day, "sms", "tc3_request"):
        key = hmac256(key, piece).digest()
    assert p["Signature"] == hmac256(key, text).hexdigest(), "signature"
    o = json.loads(rq.body)
    assert o["SignName"] == "测试" and o["TemplateId"] == "SMS_1" and o["SmsSdkAppId"] == "1400"
    return o["PhoneNumberSet"][0].removeprefix("+86"), o["TemplateParamSet"][0], {"Response": {"SendStatusSet": [{"Code": "Ok"}], "RequestId": "r"}}


CHECKS = {"webhook": check_webhook, "http": check_http, "aliyun": check_aliyun, "tencent": check_tencent}


def untrusted_tls(httpd):
    """TLS for a server on loopback, with a certificate that nobody vouches for."""
    with tempfile.TemporaryDirectory() as d:
        key, cert = str(pathlib.Path(d) / "k"), str(pathlib.Path(d) / "c")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                        "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", cert], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
    httpd.socket = context.wrap_socket(httpd.socket, server_side=True)


class Gateway:
    """kind: how hufud is to talk to it. mood: how it answers: ok, down (500), slow, huge, redirect, lying (no JSON), certificate (untrusted)."""

    def __init__(self, kind="webhook", mood="ok"):
        self.kind, self.mood, self.messages, self.wrong, self.asked = kind, mood, queue.Queue(), [], 0
        self.traces = []                    # (traceparent, tracestate) of each request
        gateway = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                gateway.answer(self)

            do_GET = do_POST

            def log_message(self, *a):
                pass

        self.httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.httpd.daemon_threads = True
        self.url = "%s://127.0.0.1:%d" % ("https" if mood == "certificate" else "http", self.httpd.server_address[1])
        if mood == "certificate":
            untrusted_tls(self.httpd)
        self.thread = threading.Thread(target=self.httpd.serve_forever, daemon=True)
        self.thread.start()

    def settings(self, name, timeout="3s"):
        """The section sms_gateways as YAML, without the key itself when name is None."""
        rows = {"kind": self.kind, "url": self.url, "timeout": timeout}
        if self.kind in ("webhook", "aliyun", "tencent"):
            rows["secret"] = SECRET
        if self.kind in ("aliyun", "tencent"):
            rows.update(access_key=KEY_ID, sign_name="测试", template="SMS_1")
        if self.kind == "tencent":
            rows["app_id"] = "1400"
        if self.kind == "http":
            rows.update(url=self.url + "/send", headers="Content-Type: application/x-www-form-urlencoded | X-Token: t0ken with blanks",
                        body="to={phone}&text=valid+{minutes}+min:+{code}")
        return "sms_gateways:\n  %s:\n" % name + "".join("    %s: %s\n" % (k, json.dumps(v, ensure_ascii=False)) for k, v in rows.items())

    def answer(self, rq):
        self.asked += 1
        self.traces.append((rq.headers.get("traceparent"), rq.headers.get("tracestate")))
        url = urllib.parse.urlsplit(rq.path)
        body = rq.rfile.read(int(rq.headers.get("Content-Length") or 0))
        seen = type("Seen", (), {"path": url.path, "query": url.query, "body": body, "headers": {k.lower(): v for k, v in rq.headers.items()}})
        reply = {}
        try:
            phone, code, reply = CHECKS[self.kind](seen)
            self.messages.put((phone, code))
        except Exception as e:
            self.wrong.append(repr(e))
        if self.mood == "slow":
            time.sleep(30)
        status = {"down": 500, "redirect": 302}.get(self.mood, 200)
        data = b"x" * 3000000 if self.mood == "huge" else b"<html>" if self.mood == "lying" else json.dumps(reply).encode()
        rq.send_response(status)
        rq.send_header("Content-Length", str(len(data)))
        if status == 302:
            rq.send_header("Location", self.url + "/elsewhere")
        rq.end_headers()
        try:
            rq.wfile.write(data)
        except OSError:
            pass

    def message(self, wait=5):
        """The next (phone, code); None when none comes in time."""
        try:
            return self.messages.get(timeout=wait)
        except queue.Empty:
            return None

    def code(self, wait=5):
        """The newest code."""
        got = self.message(wait)
        while got and not self.messages.empty():
            got = self.messages.get()
        return got and got[1]

    def close(self):
        self.httpd.shutdown()
        self.httpd.server_close()
