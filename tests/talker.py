"""tests/talker.py - bytes out, bytes back: requests, a small browser without JavaScript, and a server with everybody in it."""
import base64, hashlib, html.parser, http.client, json, re, secrets, socket, time, urllib.parse

from server import Server, free_ports, remember

DIALECTS = {"modern": "", "spring": "", "zlt": "/api-uaa", "taroco": "", "rageframe": "", "connect": ""}
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
PASSWORD = "correct horse battery staple"
APP_SECRET, OTHER_SECRET, SERVICE_SECRET = "app-secret-3f9a1c", "other-secret-77b0d2", "service-secret-51e8aa"


# --- one request -------------------------------------------------------------------------------------------------------------------

class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        self._remember()

    def all(self, name):
        return [v for k, v in self.headers if k.lower() == name.lower()]

    def get(self, name, default=None):
        return next(iter(self.all(name)), default)

    @property
    def text(self):
        return self.body.decode("utf-8")

    def json(self):
        return json.loads(self.body)

    def order(self):
        """Names of the members of the JSON object, in the order sent."""
        return [k for k, _ in json.loads(self.body, object_pairs_hook=lambda pairs: pairs)]

    @property
    def location(self):
        return self.get("Location", "")

    def query(self):
        """Parameters of the redirect: of its query, or of its fragment when it has one."""
        u = urllib.parse.urlsplit(self.location)
        return dict(urllib.parse.parse_qsl(u.fragment or u.query, keep_blank_values=True))

    def forms(self):
        p = Forms()
        p.feed(self.text)
        return p.forms

    def form(self, has):
        """The form with a field or an id of that name."""
        for f in self.forms():
            if f["id"] == has or any(name == has for name, _, _, _ in f["fields"]):
                return f
        raise AssertionError("no form with %s in %s" % (has, self.text[:2000]))

    def _remember(self):
        for v in self.all("Set-Cookie"):
            value = v.split(";")[0].partition("=")[2]
            if len(value) >= 20:
                remember(value)
        for name, value in self.query().items() if self.location else ():
            if name in ("code", "access_token", "id_token") and len(value) >= 20:
                remember(value)
        for m in re.finditer(rb'"(?:access_token|refresh_token|id_token|secret)":"([^"\\]{20,})"', self.body):
            remember(m.group(1).decode())

    def __repr__(self):
        return "%s %s %s" % (self.status, self.headers, self.body[:1500])


def basic(client, secret, quote=False):
    if quote:
        client, secret = urllib.parse.quote_plus(client), urllib.parse.quote_plus(secret)
    return {"Authorization": "Basic " + base64.b64encode(("%s:%s" % (client, secret)).encode()).decode()}


def bearer(token):
    return {"Authorization": "Bearer " + token}


def form(fields):
    return urllib.parse.urlencode(fields, quote_via=urllib.parse.quote_plus)


def split(url):
    u = urllib.parse.urlsplit(url)
    return u.hostname, u.port or (443 if u.scheme == "https" else 80), (u.path or "/") + ("?" + u.query if u.query else "")


def send(method, url, body=None, headers=None, conn=None, timeout=60):
    """One request. body: bytes, text, or fields for a form."""
    host, port, target = split(url)
    head = dict(headers or {})
    if isinstance(body, (dict, list)):
        body = form(body)
        head.setdefault("Content-Type", "application/x-www-form-urlencoded")
    if isinstance(body, str):
        body = body.encode()
    own = conn is None
    conn = conn or http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        conn.request(method, target, body, head)
        r = conn.getresponse()
        return Reply(r.status, r.getheaders(), r.read())
    finally:
        if own:
            conn.close()


def get(url, headers=None, **more):
    return send("GET", url, None, headers, **more)


def post(url, fields=None, headers=None, **more):
    return send("POST", url, fields, headers, **more)


def raw(port, data, timeout=10, close=False):
    """Bytes over a socket; everything that comes back until the server closes, or is silent for a while."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as s:
        s.sendall(data)
        if close:
            s.shutdown(socket.SHUT_WR)
        return receive(s, timeout)


def receive(s, timeout=10):
    got = b""
    s.settimeout(timeout)
    try:
        while True:
            piece = s.recv(65536)
            if not piece:
                break
            got += piece
    except (socket.timeout, ConnectionResetError):
        pass
    return got


# --- a browser ---------------------------------------------------------------------------------------------------------------------

class Forms(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.forms, self.at = [], None

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        if tag == "form":
            self.at = {"action": a.get("action", ""), "method": a.get("method", "get").upper(), "id": a.get("id"), "fields": [], "buttons": {}}
            self.forms.append(self.at)
        elif self.at is None:
            return
        elif tag == "button" or (tag == "input" and a.get("type") == "submit"):
            self.at["buttons"][a.get("id") or a.get("name")] = (a.get("name"), a.get("value", ""))
        elif tag == "input" and a.get("name"):
            kind = a.get("type", "text")
            self.at["fields"].append((a["name"], a.get("value", "on" if kind == "checkbox" else ""), kind, "checked" in a))

    def handle_endtag(self, tag):
        if tag == "form":
            self.at = None


def filled(f, **values):
    """The fields a browser sends of a form, with these values; None leaves a field out."""
    out = []
    for name, value, kind, checked in f["fields"]:
        if kind in ("checkbox", "radio") and name not in values:
            if checked:
                out.append((name, value))
        elif kind in ("checkbox", "radio"):
            if values[name] is not None and (value == values[name] or values[name] is True):
                out.append((name, value))
        elif name not in values:
            out.append((name, value))
        elif values[name] is not None:
            out.append((name, values[name]))
    return out


class Browser:
    """Cookies, redirects to the issuer itself, forms. One issuer's base URL."""

    def __init__(self, base, language="en"):
        self.base, self.cookies, self.language = base, {}, language

    def origin(self):
        u = urllib.parse.urlsplit(self.base)
        return "%s://%s" % (u.scheme, u.netloc)

    def full(self, target):
        if target.startswith("http"):
            return target
        return self.origin() + target

    def go(self, method, target, body=None, headers=None):
        head = {"Accept": "text/html,application/xhtml+xml", "Accept-Language": self.language, **(headers or {})}
        if self.cookies:
            head["Cookie"] = "; ".join("%s=%s" % kv for kv in self.cookies.items())
        r = send(method, self.full(target), body, head)
        for line in r.all("Set-Cookie"):
            name, _, value = line.split(";")[0].partition("=")
            if value and "max-age=0" not in line.lower().replace(" ", ""):
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        return r

    def get(self, target, headers=None):
        return self.go("GET", target, None, headers)

    def post(self, target, body, headers=None):
        return self.go("POST", target, body, headers)

    def follow(self, r):
        """Redirects as long as they stay at this issuer."""
        for _ in range(10):
            if r.status not in (302, 303) or not self.full(r.location).startswith(self.base):
                return r
            r = self.get(r.location)
        raise AssertionError("redirected in circles: %r" % r)

    def submit(self, f, button=None, **values):
        fields = filled(f, **values)
        if button is not None:
            name, value = f["buttons"][button]
            if name:
                fields.append((name, value))
        return self.post(f["action"], fields)

    def login(self, page, user, password):
        f = next(f for f in page.forms() if any(kind == "password" for _, _, kind, _ in f["fields"]))
        name = next(n for n, _, kind, _ in f["fields"] if kind == "text")
        secret = next(n for n, _, kind, _ in f["fields"] if kind == "password")
        return self.submit(f, **{name: user, secret: password})

    def authorize(self, target, user="alice", password=PASSWORD, allow=None):
        """The whole way from the authorize URL to the redirect to the client. allow: scopes to tick; None: all; (): deny."""
        r = self.follow(self.get(target))
        if r.status == 200 and any(kind == "password" for f in r.forms() for _, _, kind, _ in f["fields"]):
            r = self.follow(self.login(r, user, password))
        if r.status == 200:
            r = self.decide(r, allow)
        return r

    def decide(self, page, allow=None):
        f = page.form("consent-form")
        if allow == ():
            deny = "consent-deny"
            other = next((g for g in page.forms() if deny in g["buttons"]), f)
            return self.submit(other, deny)
        values = {}
        for name in {n for n, _, kind, _ in f["fields"] if kind in ("checkbox", "radio")}:
            values[name] = "true" if allow is None or name[6:] in allow else None if any(n == name and k == "checkbox" for n, _, k, _ in f["fields"]) else "false"
        return self.submit(f, "consent-allow", **values)


# --- everybody ---------------------------------------------------------------------------------------------------------------------

def challenge(verifier=VERIFIER):
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


LEGACY = ["password", "implicit", "query_secret", "refresh_reuse"]
ALL_GRANTS = ["authorization_code", "refresh_token", "client_credentials", "password", "implicit"]


def client(id, secret=None, **more):
    c = {"id": id, "name": id, "grants": ["authorization_code", "refresh_token"], "scopes": ["read", "write"], **more}
    if secret is None:
        c["public"] = True
    else:
        c["secret_encoded"] = "{noop}" + secret
    return c


def user(name, password, **more):
    return {"name": name, "password_encoded": "{noop}" + password, "authorities": ["ROLE_USER"], **more}


def realm(name="main"):
    """The manuals' own clients and users, and modern ones."""
    return {"realm": name, "clients": [
        client("app", APP_SECRET, scopes=["openid", "profile", "read", "write"], grants=["authorization_code", "refresh_token", "client_credentials"],
               redirect_uris=["https://app.example/cb", "http://127.0.0.1/cb"]),
        client("other", OTHER_SECRET, grants=["authorization_code", "refresh_token", "client_credentials"], redirect_uris=["https://other.example/cb"]),
        client("spa", None, redirect_uris=["https://spa.example/cb"], origins=["https://spa.example"]),
        client("service", SERVICE_SECRET, grants=["client_credentials"], introspects="all"),
        client("auto", APP_SECRET, auto_approve=True, grants=ALL_GRANTS, legacy=LEGACY, redirect_uris=["https://app.example/cb"]),
        client("messaging-client", "secret", grants=ALL_GRANTS, legacy=LEGACY, redirect_uris=["http://localhost"]),
        client("5d22eb6e8b0c7ba066014398", "webApp", grants=ALL_GRANTS, legacy=LEGACY, scopes=["All"], acts_for="admin", redirect_uris=["http://localhost:8081/demo"]),
        client("rageframe", "rageframe-secret", grants=ALL_GRANTS, legacy=LEGACY, scopes=["basic_info"], redirect_uris=["http://localhost:8082/demo"]),
        client("zlt", "zlt", grants=ALL_GRANTS, legacy=LEGACY, scopes=["all"], access_ttl_s=3600, auto_approve=True, redirect_uris=["http://127.0.0.1:8080/singleLogin"]),
        client("client1", "secret", grants=ALL_GRANTS, legacy=LEGACY, scopes=["openid", "profile", "api1"], redirect_uris=["https://myapp.com/callback"]),
    ], "users": [
        user("alice", PASSWORD, number=7, display_name="Alice"),
        user("bob", PASSWORD, number=8),
        user("admin", "admin", number=909620761, authorities=["ROLE_USER", "OP_USER"], display_name="Admin"),
        user("user", "password", number=2),
        user("disabled", PASSWORD, enabled=False, number=9),
        user("locked", PASSWORD, locked=True, number=10),
        *(user("u%02d" % i, "password", number=100 + i) for i in range(60)),
    ]}


class World(Server):
    """One server with an issuer for each dialect named, all in one realm; `url[dialect]` is where it stands."""

    def __init__(self, *dialects, settings=None, realms=None, top="", listener=None, **more):
        dialects = dialects or tuple(DIALECTS)
        ports = free_ports(len(dialects))
        self.port = dict(zip(dialects, ports))
        self.url = {d: "http://127.0.0.1:%d%s" % (self.port[d], DIALECTS.get(d.split("-")[0], "")) for d in dialects}
        listeners = {d: {"bind": ["127.0.0.1:%d" % p], **(listener or {})} for d, p in self.port.items()}
        issuers = {}
        for d in dialects:
            issuers[d] = {"url": self.url[d], "dialect": d.split("-")[0], "listener": d, "realm": "main", **((settings or {}).get(d, {}))}
        if "login:" not in top:
            top += "\nlogin:\n  rehash: false\n  address_per_minute: 100000\n  code_per_minute: 100000"
        super().__init__(issuers, realms or [realm()], top=top, listeners=listeners, **more)

    def at(self, dialect, path):
        return self.url[dialect] + path

    def browser(self, dialect, **more):
        return Browser(self.url[dialect], **more)


def new_state():
    return secrets.token_urlsafe(12)


def authorize_url(world, issuer="modern", client="app", redirect_uri="https://app.example/cb", path="/authorize", **more):
    fields = {"response_type": "code", "client_id": client, "redirect_uri": redirect_uri, "scope": "read write", "state": "s1"}
    if issuer.startswith("modern"):
        fields.update(code_challenge=challenge(), code_challenge_method="S256")
    fields.update(more)
    return world.at(issuer, path) + "?" + form({k: v for k, v in fields.items() if v is not None})


def get_code(world, issuer="modern", browser=None, user="alice", password=PASSWORD, allow=None, **more):
    r = (browser or world.browser(issuer)).authorize(authorize_url(world, issuer, **more), user, password, allow)
    assert "code" in r.query(), r
    return r.query()["code"]


def redeem(world, code, issuer="modern", client="app", secret=APP_SECRET, redirect_uri="https://app.example/cb", path="/token", **more):
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, "code_verifier": VERIFIER, **more}
    return post(world.at(issuer, path), {k: v for k, v in fields.items() if v is not None}, basic(client, secret) if secret else None)


def refresh(world, token, issuer="modern", client="app", secret=APP_SECRET, path="/token", **more):
    return post(world.at(issuer, path), {"grant_type": "refresh_token", "refresh_token": token, **more}, basic(client, secret))


def tokens(world, issuer="modern", **more):
    """The JSON of a fresh code's tokens."""
    r = redeem(world, get_code(world, issuer, **more), issuer)
    assert r.status == 200, r
    return r.json()


def introspect(world, token, issuer="modern", client="app", secret=APP_SECRET):
    r = post(world.at(issuer, "/introspect"), {"token": token}, basic(client, secret))
    assert r.status == 200, r
    return r.json()


def wait(what, seconds=10):
    """Until what() is true; False when it does not become so."""
    until = time.time() + seconds
    while time.time() < until:
        if what():
            return True
        time.sleep(0.05)
    return False


def audit_of(world, **match):
    """The newest audit line with these members; waits a moment, for the log is written in batches."""
    until = time.time() + 60
    while time.time() < until:
        found = [a for a in world.audit() if all(a.get(k) == v for k, v in match.items())]
        if found:
            return found[-1]
        time.sleep(0.02)
    raise AssertionError("no audit line with %s; the last ones: %s" % (match, world.audit()[-5:]))
