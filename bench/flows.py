"""bench/flows.py - rows of bench/run that need more of the load generator than one request again and again: the code flow with a live
session, refresh with rotation, the tails of durable writes and what becomes of them in a large store. Percentiles are milliseconds."""
import base64, collections, hashlib, http.client, json, os, pathlib, re, sqlite3, subprocess, sys, tempfile, urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))

CALLBACK = "https://app.example/cb"
VERIFIER = "bench-verifier-bench-verifier-bench-verifier"
FORM = "application/x-www-form-urlencoded"

COUNTED = """
local threads = {}
function setup(thread) table.insert(threads, thread); thread:set("number", #threads) end
flows, failed = 0, 0
function done(s, l, r)
    local n, bad = 0, 0
    for _, t in ipairs(threads) do n = n + t:get("flows"); bad = bad + t:get("failed") end
    print(string.format("FLOWS %f FAILED %d P50 %f P99 %f P999 %f", n / (s.duration / 1000000), bad, l:percentile(50), l:percentile(99), l:percentile(99.9)))
end
"""

FLOW = """
local codes = {}
function request()
    local code = table.remove(codes)
    if code == nil then return wrk.format("GET", GIVEN.authorize, { Cookie = GIVEN.cookie }) end
    return wrk.format("POST", GIVEN.token, { Authorization = GIVEN.basic, ["Content-Type"] = GIVEN.form }, GIVEN.body .. code)
end
function response(status, headers, body)
    local code = status < 400 and headers["Location"] and string.match(headers["Location"], "[?&]code=([^&]+)")
    if code then table.insert(codes, code)
    elseif status == 200 then flows = flows + 1
    else failed = failed + 1 end
end
"""

AUTHORIZE = """
function request() return wrk.format("GET", GIVEN.authorize, { Cookie = GIVEN.cookie }) end
function response(status, headers, body)
    if status < 400 and headers["Location"] and string.find(headers["Location"], "[?&]code=") then flows = flows + 1 else failed = failed + 1 end
end
"""

REFRESH = """
local tokens = {}
function init(args)
    local i = 0
    for line in io.lines(GIVEN.tokens) do i = i + 1; if i % 2 == number % 2 then table.insert(tokens, line) end end
end
function request()
    return wrk.format("POST", GIVEN.token, { Authorization = GIVEN.basic, ["Content-Type"] = GIVEN.form }, "grant_type=refresh_token&refresh_token=" .. table.remove(tokens, 1))
end
function response(status, headers, body)
    local token = string.match(body, '"refresh_token":"([^"]+)"')
    if status == 200 and token then flows = flows + 1; table.insert(tokens, token) else failed = failed + 1 end
end
"""

CREDENTIALS = """
function request() return wrk.format("POST", GIVEN.token, { Authorization = GIVEN.basic, ["Content-Type"] = GIVEN.form }, "grant_type=client_credentials") end
function response(status, headers, body) if status == 200 then flows = flows + 1 else failed = failed + 1 end end
"""


USERINFO = """
function request() return wrk.format("GET", GIVEN.path, { Authorization = GIVEN.bearer }) end
function response(status, headers, body) if status == 200 then flows = flows + 1 else failed = failed + 1 end end
"""

REGISTER = """
function request() return wrk.format("POST", GIVEN.path, { ["Content-Type"] = "application/json" }, GIVEN.body) end
function response(status, headers, body) if status == 201 then flows = flows + 1 else failed = failed + 1 end end
"""


def basic(client, secret="bench-secret"):
    return "Basic " + base64.b64encode(("%s:%s" % (client, secret)).encode()).decode()


def post(base, path, body, client, secret="bench-secret"):
    c = http.client.HTTPConnection(base[7:])
    c.request("POST", path, body, {"Content-Type": FORM, "Authorization": basic(client, secret)})
    r = c.getresponse()
    text = r.read()
    assert r.status == 200, (path, r.status, text)
    return json.loads(text)


def lua(values):
    return "GIVEN = {" + ", ".join("%s = %s" % (k, json.dumps(v)) for k, v in values.items()) + "}\n"


Measured = collections.namedtuple("Measured", "rate p50 p99 p999")


def drive(base, script, connections, seconds, **given):
    """What a script counted in a second, and the p99 and p99.9 of its requests."""
    said = measure(base, script, connections, seconds, **given)
    return said.rate, said.p99, said.p999


def measure(base, script, connections, seconds, **given):
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as f:
        f.write(lua({"form": FORM, **given}) + COUNTED + script)
        f.flush()
        out = subprocess.run(["wrk", "-t2", "-c%d" % connections, "-d%gs" % seconds, "-s", f.name, "--latency", base], capture_output=True, text=True)
    m = re.search(r"FLOWS ([\d.]+) FAILED (\d+) P50 ([\d.]+) P99 ([\d.]+) P999 ([\d.]+)", out.stdout)
    if not m or int(m.group(2)):
        raise RuntimeError("wrk: %s %s" % (out.stdout, out.stderr))
    return Measured(float(m.group(1)), *(float(m.group(i)) / 1000 for i in (3, 4, 5)))


def asking(client, scope="", redirect_uri=CALLBACK):
    """What an application that wants a code asks for."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    return urllib.parse.urlencode({"response_type": "code", "client_id": client, "redirect_uri": redirect_uri, **({"scope": scope} if scope else {}),
                                   "state": "s", "code_challenge": challenge, "code_challenge_method": "S256"})


def exchange(redirect_uri=CALLBACK):
    """... and sends for its tokens; the code goes behind it."""
    return urllib.parse.urlencode({"grant_type": "authorization_code", "redirect_uri": redirect_uri, "code_verifier": VERIFIER}) + "&code="


class Person:
    """A browser with a live session at an issuer, and what a client of it sends."""

    def __init__(self, base, issuer, client, secret, user, password, scope="read write"):
        self.base, self.issuer = base, "%s/%s" % (base, issuer)
        self.basic = basic(client, secret)
        self.authorize = self.address(issuer, client, scope)
        self.body = exchange()
        from talker import Browser          # which wants a build of hufud: bench/against has none
        browser = Browser(self.issuer)
        r = browser.authorize(base + self.authorize, user, password)
        assert "code=" in (r.location or ""), r
        self.cookie = "; ".join("%s=%s" % kv for kv in browser.cookies.items())
        self.token = "/%s/token" % issuer

    @staticmethod
    def address(issuer, client, scope="read write"):
        return "/%s/authorize?" % issuer + asking(client, scope)

    def given(self):
        return {"authorize": self.authorize, "cookie": self.cookie, "token": self.token, "basic": self.basic, "body": self.body}

    def refresh_token(self):
        return self.tokens()["refresh_token"]

    def tokens(self):
        """Of one code flow."""
        c = http.client.HTTPConnection(self.base[7:])
        c.request("GET", self.authorize, headers={"Cookie": self.cookie})
        r = c.getresponse()
        r.read()
        code = urllib.parse.parse_qs(urllib.parse.urlsplit(r.getheader("Location")).query)["code"][0]
        c.request("POST", self.token, self.body + code, {"Content-Type": FORM, "Authorization": self.basic})
        return json.loads(c.getresponse().read())


def flow(base, person, connections, seconds):
    return drive(base, FLOW, connections, seconds, **person.given())


def authorize(base, person, connections, seconds):
    return drive(base, AUTHORIZE, connections, seconds, **person.given())


def userinfo(base, path, token, connections, seconds):
    return drive(base, USERINFO, connections, seconds, path=path, bearer="Bearer " + token)


def register(base, path, body, connections, seconds):
    return drive(base, REGISTER, connections, seconds, path=path, body=body)


def credentials(base, person, connections, seconds):
    return drive(base, CREDENTIALS, connections, seconds, **person.given())


def refresh(base, person, connections, seconds):
    """Each rotated token is the next one to be sent; there are twice as many as connections, so that none is asked for before it is there."""
    with tempfile.NamedTemporaryFile("w") as f:
        f.write("".join(person.refresh_token() + "\n" for _ in range(connections * 4)))
        f.flush()
        return drive(base, REFRESH, connections, seconds, tokens=f.name, **person.given())


def fill(database, table, values, count, first=1):
    """Puts rows into a table of a store that no daemon has open: values by column, the rest empty, ids in their order and before all that
    a daemon gives. The disk has them before it returns, so that nothing measured later waits for their pages."""
    con = sqlite3.connect(str(database))
    con.execute("PRAGMA synchronous=OFF")
    info = con.execute("PRAGMA table_info(%s)" % table).fetchall()
    empty = lambda name, notnull: (0 if name.endswith(("_s", "_ms")) else "") if notnull else None
    columns = {name: values.get(name, empty(name, notnull)) for _, name, _, notnull, *_ in info}
    given = ["CAST(x'00' || printf('%015d', i) AS BLOB)" if name == "id" else ":" + name for name in columns]
    con.execute("WITH RECURSIVE n(i) AS (SELECT :from UNION ALL SELECT i + 1 FROM n WHERE i < :to) INSERT INTO %s (%s) SELECT %s FROM n"
                % (table, ",".join(columns), ",".join(given)), {**columns, "from": first, "to": first + count - 1})
    con.commit()
    con.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    con.close()
    with open(database, "rb") as f:
        os.fsync(f.fileno())
