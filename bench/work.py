"""bench/work.py - the work that an authorization server is there for, asked of any of them by its URL: bench/against does it to one that is there,
bench/engines.py to hufud on each engine. Where it is asked stands in the server's own metadata (RFC 8414, OpenID Connect Discovery)."""
import base64, http.client, json, os, re, subprocess, tempfile, threading, urllib.parse, urllib.request

import flows

PLAIN = """
function request() return wrk.format(GIVEN.body and "POST" or "GET", GIVEN.path, { Authorization = GIVEN.basic, ["Content-Type"] = GIVEN.body and GIVEN.form }, GIVEN.body) end
function response(status, headers, body) if status == 200 then flows = flows + 1 else failed = failed + 1 end end
"""


def discovered(issuer):
    parts = urllib.parse.urlsplit(issuer)
    places = ["%s/.well-known/openid-configuration" % issuer.rstrip("/"),
              "%s://%s/.well-known/oauth-authorization-server%s" % (parts.scheme, parts.netloc, parts.path.rstrip("/"))]
    for url in places:
        try:
            return json.load(urllib.request.urlopen(url, timeout=10))
        except OSError:
            pass
    raise SystemExit("no metadata at %s" % " or ".join(places))


class Seat:
    """Where a client of an issuer sits. cookie: of a browser that has signed in there and needs not be asked again, for what begins at /authorize."""

    def __init__(self, issuer, client, secret, scope="", redirect_uri=flows.CALLBACK, cookie=None, user=None, password=None):
        said = discovered(issuer)
        self.base = "{0.scheme}://{0.netloc}".format(urllib.parse.urlsplit(said["token_endpoint"]))
        path = lambda name: said[name][len(self.base):] if said.get(name, "").startswith(self.base) else None
        self.token, self.introspection, self.keys = path("token_endpoint"), path("introspection_endpoint"), path("jwks_uri")
        self.at_authorize = path("authorization_endpoint")
        self.client, self.scope, self.redirect_uri, self.cookie, self.user, self.password = client, scope, redirect_uri, cookie, user, password
        self.basic = flows.basic(client, secret)

    def connection(self):
        place = urllib.parse.urlsplit(self.base)
        return (http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection)(place.netloc, timeout=20)

    def ask(self, method, path, body=None, **headers):
        c = self.connection()
        c.request(method, path, body, {"Content-Type": flows.FORM, **headers} if body else headers)
        r = c.getresponse()
        return r, r.read()

    def asked(self, body):
        r, text = self.ask("POST", self.token, body, Authorization=self.basic)
        if r.status != 200:
            raise SystemExit("%s: %d %s" % (self.token, r.status, text[:300].decode(errors="replace")))
        return json.loads(text)

    @property
    def authorize(self):
        return self.at_authorize + "?" + flows.asking(self.client, self.scope, self.redirect_uri)

    def given(self):
        return {"authorize": self.authorize, "cookie": self.cookie, "token": self.token, "basic": self.basic,
                "body": flows.exchange(self.redirect_uri)}

    def tokens(self):
        r, _ = self.ask("GET", self.authorize, Cookie=self.cookie)
        code = urllib.parse.parse_qs(urllib.parse.urlsplit(r.getheader("Location") or "").query).get("code")
        if not code:
            raise SystemExit("no code with this cookie: %d %s" % (r.status, r.getheader("Location") or ""))
        return self.asked(flows.exchange(self.redirect_uri) + code[0])

    def credentials(self):
        return urllib.parse.urlencode({"grant_type": "client_credentials", **({"scope": self.scope} if self.scope else {})})


def plain(seat, connections, seconds, path, body=None):
    return flows.measure(seat.base, PLAIN, connections, seconds, path=path, basic=seat.basic, **({"body": body} if body else {}))


def client_credentials(seat, connections, seconds):
    return plain(seat, connections, seconds, seat.token, seat.credentials())


def password(seat, connections, seconds):
    return plain(seat, connections, seconds, seat.token, urllib.parse.urlencode({"grant_type": "password", "username": seat.user, "password": seat.password}))


def introspection(seat, connections, seconds):
    return plain(seat, connections, seconds, seat.introspection, urllib.parse.urlencode({"token": seat.asked(seat.credentials())["access_token"]}))


def keys(seat, connections, seconds):
    return plain(seat, connections, seconds, seat.keys)


def code_flow(seat, connections, seconds):
    return flows.measure(seat.base, flows.FLOW, connections, seconds, **seat.given())


def refresh(seat, connections, seconds):
    with tempfile.NamedTemporaryFile("w") as f:         # twice as many as connections, for each thread of the generator: none is sent before it is there
        f.write("".join(seat.tokens()["refresh_token"] + "\n" for _ in range(connections * 4)))
        f.flush()
        return flows.measure(seat.base, flows.REFRESH, connections, seconds, tokens=f.name, **seat.given())


WORK = {"client_credentials": client_credentials, "password": password, "code_flow": code_flow, "refresh": refresh, "introspection": introspection, "jwks": keys}
WORDS = {"client_credentials": "client credentials", "password": "password grant", "code_flow": "code flow with a live session", "refresh": "refresh with rotation",
         "introspection": "introspection", "jwks": "key set"}


def possible(seat):
    """The work that can be asked with what is known."""
    there = {"client_credentials": seat.token, "password": seat.token and seat.user, "code_flow": seat.at_authorize and seat.cookie,
             "refresh": seat.at_authorize and seat.cookie, "introspection": seat.introspection, "jwks": seat.keys}
    return [name for name in WORK if there[name]]


def at_all(seats, name, connections, seconds):
    """The same work at several seats at once, which share the connections: rates add up, of the times the worst is told."""
    said = [None] * len(seats)

    def one(i):
        try:
            said[i] = WORK[name](seats[i], max(2, connections // len(seats) // 2 * 2), seconds)
        except BaseException as e:
            said[i] = e
    threads = [threading.Thread(target=one, args=(i,)) for i in range(len(seats))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for s in said:
        if isinstance(s, BaseException):
            raise s
    return flows.Measured(sum(s.rate for s in said), *(max(getattr(s, p) for s in said) for p in ("p50", "p99", "p999")))


def resident_mb(pids):
    return sum(int(re.search(r"VmRSS:\s+(\d+)", open("/proc/%d/status" % p).read()).group(1)) for p in pids) / 1024


def signatures(alg):
    """What this machine signs in a second, on all cores (openssl speed)."""
    name, line = {"RS256": ("rsa2048", r"rsa 2048 bits\s+\S+\s+\S+\s+([\d.]+)"), "ES256": ("ecdsap256", r"256 bits ecdsa \(nistp256\)\s+\S+\s+\S+\s+([\d.]+)")}[alg]
    out = subprocess.run(["openssl", "speed", "-multi", str(os.cpu_count()), "-seconds", "2", name], capture_output=True, text=True).stdout
    return float(re.search(line, out).group(1))


def algorithm(token):
    """Of a token that is a JWT, else nothing."""
    try:
        head = token.split(".")[0]
        return json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["alg"] if token.count(".") == 2 else None
    except (ValueError, KeyError):
        return None
