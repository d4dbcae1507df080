"""tests/corpus/rules.py - how a recorded exchange and an answer of ours are compared.

A record: {id, group, level, user, notes, pre:[step...], request:{method,path,query,headers,body,session}, response:{...}}
step: {request, capture:{var:selector}} or {"sleep":seconds}. ${var} is replaced by captured values, {USER} by the case's user,
{BASE} by the base URL. Volatile values are normalised on both sides; a value equal to a captured variable becomes ${var}.
Selectors: re:PATTERN json:a.b loc:param locjson:param cookie:NAME html:inputname
"""
import base64, http.client, json, re, time, urllib.parse as up
from html.parser import HTMLParser

HARD = ["content-type", "location", "www-authenticate", "allow"]
SOFT = ["cache-control", "pragma", "expires", "set-cookie", "x-content-type-options", "x-xss-protection", "x-frame-options", "vary", "content-length"]
JWT = re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*")
UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
B27 = re.compile(r"(?<![A-Za-z0-9_-])(?=[A-Za-z0-9_-]*[A-Z])(?=[A-Za-z0-9_-]*[a-z])[A-Za-z0-9_-]{27}(?![A-Za-z0-9_-])")

class Forms(HTMLParser):
    def __init__(self):
        super().__init__(); self.forms = []; self.title = ""; self.text = []; self._t = False; self._s = 0
    def handle_starttag(self, t, a):
        a = dict(a)
        if t == "form": self.forms.append({"action": a.get("action"), "method": (a.get("method") or "get").lower(), "id": a.get("id") or a.get("name"), "inputs": []})
        elif t in ("input", "button") and self.forms: self.forms[-1]["inputs"].append({k: a[k] for k in ("type", "name", "value", "checked") if k in a})
        elif t == "title": self._t = True
        elif t in ("style", "script"): self._s += 1
    def handle_endtag(self, t):
        if t == "title": self._t = False
        elif t in ("style", "script"): self._s -= 1
    def handle_data(self, d):
        if self._t: self.title += d
        elif not self._s and d.strip(): self.text.append(d.strip())

def b64d(s): return base64.urlsafe_b64decode(s + "=" * (-len(s) % 4))

class Ctx:
    def __init__(self, base, user="user1"):
        self.user = user; u = up.urlsplit(base); self.host, self.port, self.prefix = u.hostname, u.port or 80, u.path.rstrip("/"); self.base = base.rstrip("/")
        self.vars, self.jars = {}, {}
        self.inbox = None
    def sub(self, s, enc=False):
        if not isinstance(s, str): return s
        s = s.replace("{USER}", self.user)
        f = (lambda v: up.quote(v, safe="")) if enc else (lambda v: v)
        s = s.replace("{BASE}", self.base)
        return re.sub(r"\$\{(\w+)\}", lambda m: f(self.vars.get(m.group(1), m.group(0))), s)
    def send(self, rq):
        path = self.prefix + self.sub(rq["path"], True)
        if rq.get("query"): path += "?" + self.sub(rq["query"], True)
        h = {}
        for k, v in (rq.get("headers") or {}).items(): h[k] = self.sub(v)
        body = rq.get("body")
        if body is not None: body = self.sub(body, "urlencoded" in h.get("Content-Type", "")).encode()
        jar = self.jars.setdefault(rq["session"], {}) if rq.get("session") else None
        if jar: h["Cookie"] = "; ".join(f"{k}={v}" for k, v in jar.items())
        h.setdefault("Accept", "*/*")
        c = http.client.HTTPConnection(self.host, self.port, timeout=20)
        c.putrequest(rq["method"], path, skip_accept_encoding=True)
        for k, v in h.items(): c.putheader(k, v.encode("utf-8"))
        if body is not None or rq["method"] in ("POST", "PUT"): c.putheader("Content-Length", str(len(body or b"")))
        c.endheaders(body or None)
        r = c.getresponse(); data = r.read(); hs = {}
        for k, v in r.getheaders(): hs.setdefault(k.lower(), []).append(v)
        c.close()
        if jar is not None:
            for sc in hs.get("set-cookie", []):
                k, _, v = sc.split(";")[0].partition("=")
                if v == "" or "max-age=0" in sc.lower(): jar.pop(k.strip(), None)
                else: jar[k.strip()] = v
        return r.status, hs, data
    def capture(self, caps, resp):
        st, hs, data = resp
        for var, sel in (caps or {}).items():
            if var == "sms" and self.inbox:
                code = self.inbox()
                if code: self.vars[var] = code
                continue
            kind, _, arg = sel.partition(":"); val = None
            try:
                if kind == "json":
                    val = json.loads(data)
                    for p in arg.split("."): val = val[p]
                elif kind == "loc":
                    l = hs.get("location", [""])[0]; u = up.urlsplit(l); q = dict(up.parse_qsl(u.query)); q.update(up.parse_qsl(u.fragment)); val = q.get(arg)
                elif kind == "locjson":
                    l = json.loads(data)["result"]; u = up.urlsplit(l); val = dict(up.parse_qsl(u.query)).get(arg)
                elif kind == "re":
                    m = re.search(arg, data.decode("utf-8", "replace")); val = m.group(1) if m else None
                elif kind == "cookie":
                    for sc in hs.get("set-cookie", []):
                        if sc.startswith(arg + "="): val = sc.split(";")[0].partition("=")[2]
                elif kind == "html":
                    f = Forms(); f.feed(data.decode("utf-8", "replace"))
                    for fm in f.forms:
                        for i in fm["inputs"]:
                            if i.get("name") == arg: val = i.get("value")
            except Exception: val = None
            if val is not None: self.vars[var] = str(val)
    def norm(self, s):
        s = s.replace(self.base, "{BASE}").replace(up.quote(self.base, safe=""), "{BASE%}")
        if self.user: s = re.sub(r"(?<![A-Za-z0-9_-])" + re.escape(self.user) + r"(?![A-Za-z0-9_])", "{USER}", s)
        for k, v in sorted(self.vars.items(), key=lambda kv: -len(kv[1])):
            if len(v) >= 6: s = s.replace(v, "${%s}" % k)
        s = JWT.sub("<jwt>", s); s = UUID.sub("<uuid>", s); s = B27.sub("<b64url27>", s)
        s = re.sub(r'("timestamp"\s*:\s*)("[^"]*"|\d+)', r'\1"<ts>"', s)
        s = re.sub(r'("(?:exp|iat|nbf|auth_time)"\s*:\s*)\d{9,13}', r'\1"<epoch>"', s)
        s = re.sub(r'("expires_in"\s*:\s*)(\d+)', lambda m: m.group(1) + ('"~%d"' % (round(int(m.group(2)) / 600) * 600) if int(m.group(2)) > 600 else '"<short>"'), s)
        s = re.sub(r'(expires_in=)(\d+)', lambda m: m.group(1) + (("~%d" % (round(int(m.group(2)) / 600) * 600)) if int(m.group(2)) > 600 else "<short>"), s)
        s = re.sub(r'(<expires_in>)(\d+)', lambda m: m.group(1) + (("~%d" % (round(int(m.group(2)) / 600) * 600)) if int(m.group(2)) > 600 else "<short>"), s)
        s = re.sub(r'([?&]code=)[A-Za-z0-9_-]{6}(?![A-Za-z0-9_-])', r'\1<code6>', s)
        s = re.sub(r'((?:JSESSIONID|OAUTH2SESSION|SESSION)=)[A-Za-z0-9._-]+', r'\1<session>', s)
        s = re.sub(r'(;jsessionid=)[A-Za-z0-9]+', r'\1<session>', s)
        s = re.sub(r'\b\d{2}:\d{2}:\d{2} [A-Z]{3,4} \d{4}', '<time>', s); s = re.sub(r'(Sun|Mon|Tue|Wed|Thu|Fri|Sat) [A-Z][a-z]{2} \d{2} <time>', '<date>', s)
        return s
    def describe(self, resp):
        st, hs, data = resp; raw = data.decode("utf-8", "replace"); out = {"status": st, "headers": {}}
        for h in HARD + SOFT:
            if h in hs and h != "content-length": out["headers"][h] = [self.norm(v) for v in hs[h]]
        jw = []
        for m in JWT.finditer(raw + " " + " ".join(hs.get("location", []))):
            try:
                a = m.group(0).split("."); hd = json.loads(b64d(a[0])); cl = json.loads(b64d(a[1]))
                jw.append({"header": hd, "claim_order": list(cl), "claims": json.loads(self.norm(json.dumps(cl, ensure_ascii=False)))})
            except Exception: pass
        if jw: out["jwts"] = jw
        body = self.norm(raw); out["body"] = body
        ct = hs.get("content-type", [""])[0]
        if "html" in ct:
            f = Forms(); f.feed(body); out["html"] = {"title": f.title, "forms": f.forms, "text": f.text}
        lens = sorted({len(x) for x in (re.findall(r'"(?:access_token|refresh_token)":"([^"]+)"', raw))})
        if lens and not jw: out["token_lengths"] = lens
        return out

def run_record(rec, base, run_id="", sleep=time.sleep, inbox=None):
    """inbox: gives the newest code that came by text message, for captures named sms; the product's answers hold none."""
    c = Ctx(base, (rec.get("user") or "user1") + (("-" + run_id) if run_id and rec.get("user", "").startswith("u") and rec.get("user") != "user1" else ""))
    c.inbox = inbox
    for s in rec.get("pre", []):
        if "sleep" in s: sleep(s["sleep"]); continue
        r = c.send(s["request"]); c.capture(s.get("capture"), r)
    missing = sorted(set(re.findall(r"\$\{(\w+)\}", json.dumps(rec["request"]))) - set(c.vars))
    r = c.send(rec["request"]); d = c.describe(r)
    if missing: d["uncaptured"] = missing
    return d

def jload(b):
    try: return json.loads(b)
    except Exception: return None

def fuzz(s, anytok):
    if anytok and isinstance(s, str):
        s = re.sub(r"<(jwt|uuid|b64url27|opaque)>|<code6>", "<tok>", s)
        s = re.sub(r'("(?:access_token|refresh_token|jti|ati)"\s*:\s*")(?!\$\{)[^"]+', r'\1<tok>', s)
        s = re.sub(r'((?:access_token|[?&]code|jti)=)(?!\$\{)[^&"]+', r'\1<tok>', s)
    return s

def prose(d):
    """--prose any: human texts (error_description, errorMessage, resp_msg, message) may differ; codes, status, members may not."""
    d = json.loads(json.dumps(d))
    d["body"] = re.sub(r'("(?:error_description|errorMessage|resp_msg)"\s*:\s*)"(?:[^"\\\\]|\\\\.)*"', r'\1"<text>"', d["body"])
    d["body"] = re.sub(r',"message":"(?:[^"\\\\]|\\\\.)*"(?=,"path")', '', d["body"])
    d["body"] = re.sub(r'<error_description>[^<]*', '<error_description><text>', d["body"])
    for h in ("www-authenticate", "location"):
        if h in d["headers"]: d["headers"][h] = [re.sub(r'error_description=[^&]*', 'error_description=<text>', re.sub(r'(error_description|resp_msg)="[^"]*"', r'\1="<text>"', x)) if h == "www-authenticate" else re.sub(r'((?:error_description|resp_msg)=)[^&]*', r'\1<text>', x) for x in d["headers"][h]]
    return d

def near(want, got):
    """expires_in / expires: a reused token may have aged; accept up to 30 minutes less."""
    w = re.search(r'(expires_in(?:":"|=|>))~(\d+)', want); g = re.search(r'(expires_in(?:":"|=|>))~(\d+)', got)
    if w and g and 0 <= int(w.group(2)) - int(g.group(2)) <= 1800: got = got[:g.start()] + w.group(0) + got[g.end():]
    return got

def compare(want, got, o):
    hard, soft = [], []
    if o.prose == "any": want, got = prose(want), prose(got)
    got["body"] = near(want["body"], got["body"])
    if want["headers"].get("location") and got["headers"].get("location"): got["headers"]["location"] = [near(want["headers"]["location"][0], got["headers"]["location"][0])]
    anyt = o.token_format == "any"
    if want["status"] != got["status"]: hard.append(f"status {want['status']} -> {got['status']}")
    for h in HARD + SOFT:
        w, g = want["headers"].get(h), got["headers"].get(h)
        w = [fuzz(x, anyt) for x in w] if w else w; g = [fuzz(x, anyt) for x in g] if g else g
        if h == "content-type" and w and g:
            a, b = w[0].lower().replace(" ", ""), g[0].lower().replace(" ", "")
            if a.split(";")[0] != b.split(";")[0]: hard.append(f"content-type {w[0]} -> {g[0]}")
            elif a != b: soft.append(f"content-type {w[0]} -> {g[0]}")
        elif h == "set-cookie":
            if bool(w) != bool(g): soft.append(f"set-cookie {w} -> {g}")
        elif w != g: (hard if h in HARD or o.strict_headers else soft).append(f"{h}: {w} -> {g}")
    wj, gj = jload(fuzz(want["body"], anyt)), jload(fuzz(got["body"], anyt))
    if wj is not None or gj is not None:
        if wj != gj: hard.append(f"body {fuzz(want['body'], anyt)[:600]} -> {fuzz(got['body'], anyt)[:600]}")
        elif o.order and json.dumps(wj) != json.dumps(gj): hard.append(f"json member order differs: {list(wj)} -> {list(gj)}" if isinstance(wj, dict) else "json order differs")
    elif "html" in want:
        # a page may look different; it must offer the same forms (method, action, field names; extra hidden fields such as a CSRF token are allowed) and carry the same error line
        fields = lambda f: {i.get("name") for i in f["inputs"] if i.get("name") and i.get("type") != "submit"}
        gf = got.get("html", {}).get("forms", [])
        for f in want["html"]["forms"]:
            if not any(g["method"] == f["method"] and (g["action"] or "") == (f["action"] or "") and fields(f) - {"_csrf"} <= fields(g) for g in gf):
                hard.append(f"no form {f['method']} {f['action']} with {sorted(fields(f))} in {[(g['method'], g['action'], sorted(fields(g))) for g in gf]}")
        m = re.search(r'error=(?:&quot;|")([a-z_]+)', want["body"])
        if m and m.group(1) not in got["body"]: hard.append(f"page does not carry the error {m.group(1)}")
    elif fuzz(want["body"], anyt) != fuzz(got["body"], anyt): hard.append(f"body {want['body'][:300]!r} -> {got['body'][:300]!r}")
    wjw, gjw = want.get("jwts", []), got.get("jwts", [])
    if len(wjw) != len(gjw): (soft if anyt else hard).append(f"jwt count {len(wjw)} -> {len(gjw)}")
    for a, b in zip(wjw, gjw):
        if a["claims"] != b["claims"]: hard.append(f"jwt claims {json.dumps(a['claims'], ensure_ascii=False)} -> {json.dumps(b['claims'], ensure_ascii=False)}")
        if {k: v for k, v in a["header"].items() if k != "kid"} != {k: v for k, v in b["header"].items() if k != "kid"}: soft.append(f"jwt header {a['header']} -> {b['header']}")
    return hard, soft

