"""bench/factor_logins.py - rows of bench/run: logins with a factor. One by password and the code of an authenticator app, against bare verifications of
that hash; one by a passkey, against a bare program that is sent the same forms, verifies a signature and commits as many rows. Codes and answers are made
beforehand. Each comparison is told twice: by what came of a second, and by what came of a second of processor time, which other programs on the same
machine do not change."""
import base64, concurrent.futures, hashlib, hmac, http.client, json, os, re, resource, sqlite3, statistics, struct, subprocess, tempfile, time, urllib.parse

import flows
from authenticator import Passkey, asked
from server import Server, free_ports
from talker import Browser

PASSWORD = "a password of the bench"
NICE = 10                # as the daemon's threads that hash
SETTINGS = {"dialect": "modern", "realm": "bench", "listener": "main", "passkeys": "login", "access_shape": "row_id"}
USED = ("UPDATE factors SET counter = 0, last_s = ?5, data = data WHERE id = x'%s'",)       # when, and its count of signatures
SESSION = ("INSERT INTO used_once (what, expires_s) VALUES (?8, ?6)",
           "INSERT INTO sessions (digest, issuer, user_id, user_name, auth_s, seen_s, expires_s, address, agent, client) VALUES (?8, ?2, ?1, ?3, ?5, ?5, ?6, '', '', '')")

LINES = """
local function lines(path)
    local all, i = {}, 0
    for line in io.lines(path) do i = i + 1; if i % 2 == number % 2 then table.insert(all, line) end end
    return all
end
local function went_in(headers) local to = headers["Location"] or ""; return headers["Set-Cookie"] and not string.find(to, "login") end
"""

# The page of the factor says whose it is: its code is posted next.
BY_CODE = LINES + """
local people, codes, ready = {}, {}, {}
function init()
    for _, line in ipairs(lines(GIVEN.people)) do
        local name, code = string.match(line, "(%S+) (%S+)")
        codes[name] = code
        table.insert(people, name)
    end
end
function request()
    local head = { Cookie = GIVEN.cookie, ["Content-Type"] = GIVEN.form }
    local body = table.remove(ready)
    if body then return wrk.format("POST", GIVEN.factor, head, body) end
    return wrk.format("POST", GIVEN.login, head, GIVEN.body .. table.remove(people))
end
local function field(page, name) return string.match(page, 'name="' .. name .. '" value="([^"]+)"') end
function response(status, headers, body)
    if status == 200 then
        local name = string.match(body, 'who%-name">([^<]+)<')
        table.insert(ready, "chosen_factor=totp&_csrf=" .. field(body, "_csrf") .. "&half_login=" .. field(body, "half_login") .. "&factor_code=" .. codes[name])
    elseif status == 303 and went_in(headers) then flows = flows + 1
    else failed = failed + 1 end
end
"""

BY_PASSKEY = LINES + """
local answers
function init() answers = lines(GIVEN.answers) end
function request() return wrk.format("POST", GIVEN.login, { Cookie = GIVEN.cookie, ["Content-Type"] = GIVEN.form }, table.remove(answers)) end
function response(status, headers, body) if status == 303 and went_in(headers) then flows = flows + 1 else failed = failed + 1 end end
"""

# The same bytes to a bare program, which looks at none of them: the same form is read twice where there are not enough.
BARE_PASSKEY = LINES + """
local answers, at = nil, 0
function init() answers = lines(GIVEN.answers) end
function request()
    at = at % #answers + 1
    return wrk.format("POST", GIVEN.path, { Cookie = GIVEN.cookie, ["Content-Type"] = GIVEN.form }, answers[at])
end
function response(status, headers, body) if status == 200 then flows = flows + 1 else failed = failed + 1 end end
"""


def totp(secret, step):
    mac = hmac.new(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1).digest()
    at = mac[-1] & 15
    return "%06d" % ((struct.unpack(">I", mac[at:at + 4])[0] & 0x7fffffff) % 1000000)


def processor_s(pid):
    times = open("/proc/%d/stat" % pid).read().rsplit(")", 1)[1].split()
    return (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")


def children_s():
    r = resource.getrusage(resource.RUSAGE_CHILDREN)
    return r.ru_utime + r.ru_stime


class Paid:
    """A measurement, and what came of each second of processor time that it took. clock: the processor time used so far; prepare: what comes
    before and is not measured, and what measure is given."""

    def __init__(self, measure, clock, seconds, prepare=lambda: ()):
        self.measure, self.clock, self.seconds, self.prepare, self.each = measure, clock, seconds, prepare, []

    def __call__(self):
        given = self.prepare()
        before = self.clock()
        rate = self.measure(*given)
        self.each.append(rate * self.seconds / (self.clock() - before))
        return rate

    def median(self):
        return statistics.median(self.each)


def cookies(b):
    return "; ".join("%s=%s" % kv for kv in b.cookies.items())


def fields(form):
    return {n: v for n, v, *_ in form["fields"]}


class Place:
    """A server at localhost, where browsers would make passkeys, and people whose hash is the daemon's own."""

    def __init__(self, out, seconds):
        self.out, self.seconds, port = out, seconds, free_ports(1)[0]
        self.base = "http://localhost:%d" % port
        self.encoded = self.hashes("make", PASSWORD).strip()
        self.people = ["u%d" % i for i in range(max(60, int(100 * seconds)))]
        users = [{"name": name, "password_encoded": "{argon2}" + self.encoded} for name in [*self.people, "keyed"]]
        portions = [{"realm": "bench", "users": users[i:i + 200]} for i in range(0, len(users), 200)]
        self.server = Server({"main": {**SETTINGS, "url": self.base}}, portions, listeners={"main": {"bind": ["127.0.0.1:%d" % port]}},
                             top="http:\n  connections_per_address: 4096\nlogin:\n  address_per_minute: 1000000\n  rehash: false\n", build=out)
        self.server.start(wait=60)
        self.used = 0

    def hashes(self, *args):
        return subprocess.run(["nice", "-n", str(NICE), str(self.out / "bench_hashes"), *map(str, args)], capture_output=True, text=True, check=True).stdout

    def bare_hashes(self):
        return float(self.hashes("verify", self.seconds, PASSWORD, self.encoded))

    def enrol(self, name):
        """(name, secret): the factor is set up on the account page, by the code of the step before."""
        b = Browser(self.base)
        b.login(b.get("/login"), name, PASSWORD)
        page = b.get("/account/factors")
        page = b.submit(next(f for f in page.forms() if "factors-add" in f["buttons"]), "factors-add")
        secret = re.search(r'id="enrol-secret">([A-Z2-7 ]+)<', page.text).group(1).replace(" ", "")
        for _ in range(3):      # a step may end on the way
            step = int(time.time()) // 30 - 1
            page = b.submit(page.form("enrol-form"), "enrol-submit", factor_code=totp(secret, step))
            if page.status == 200:
                break
        assert page.status == 200 and "recovery-codes" in page.text, page
        self.used = max(self.used, step)
        return name, secret

    def all_enrolled(self):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            self.secrets = list(pool.map(self.enrol, self.people))

    def by_code(self):
        """Logins a second. Each code counts once, and one of the step ahead counts too: each measurement has a step of its own."""
        while self.used + 1 > int(time.time()) // 30 + 1:
            time.sleep(1)
        self.used = max(self.used + 1, int(time.time()) // 30 - 1)
        b = Browser(self.base)
        login = fields(b.get("/login").form("password"))
        body = urllib.parse.urlencode({"_csrf": login["_csrf"], "password": PASSWORD}) + "&username="
        with tempfile.NamedTemporaryFile("w") as f:
            f.write("".join("%s %s\n" % (name, totp(secret, self.used)) for name, secret in self.secrets))
            f.flush()
            return flows.drive(self.base, BY_CODE, 8, self.seconds, people=f.name, cookie=cookies(b), login="/login", factor="/login/factor", body=body)[0]

    # --- passkeys ---------------------------------------------------------------------------------------------------------------

    def enrol_passkey(self):
        self.key, b = Passkey(), Browser(self.base)
        b.login(b.get("/login"), "keyed", PASSWORD)
        page = b.get("/account/factors")
        page = b.submit(next(f for f in page.forms() if "factors-add-passkey" in f["buttons"]), "factors-add-passkey")
        said = asked(page.text)
        r = b.post(said["action"], self.key.create(said, self.base))
        assert r.status == 200 and "recovery-codes" in r.text, r
        self.pem = os.path.join(str(self.server.dir), "passkey.pem")
        with open(self.pem, "wb") as f:
            f.write(self.key.pem)

    def signed(self, texts):
        """Their signatures, DER in base64url."""
        out = subprocess.run([str(self.out / "bench_proofs"), "lines"], input="".join(t.hex() + "\n" for t in texts), env={**os.environ, "HUFU_BENCH_KEY": self.pem},
                             capture_output=True, text=True, check=True).stdout
        return out.split()

    def passkey_used(self):
        """A statement for the bare program: the row that a login by this passkey changes."""
        db = sqlite3.connect(str(next((self.server.dir / "data").glob("*.db"))))
        (row,) = db.execute("SELECT hex(id) FROM factors WHERE kind = 'passkey'").fetchone()
        db.close()
        return tuple(statement % row for statement in USED)

    def answers(self, count):
        """(cookie, bodies of the login's form): each challenge is of a page of its own, all of one browser."""
        b = Browser(self.base)
        b.get("/login")
        cookie, pages, c = cookies(b), [], http.client.HTTPConnection(self.base[7:])
        for _ in range(count):
            c.request("GET", "/login", headers={"Cookie": cookie})
            pages.append(asked(c.getresponse().read().decode()))
        data = [self.key._client_data("webauthn.get", said, self.base, {}) for said in pages]
        auth = self.key._auth_data(5, pages[0]["rp"], 0)
        text = lambda raw: base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
        signatures = self.signed([auth + hashlib.sha256(d).digest() for d in data])
        return cookie, [urllib.parse.urlencode({**said["fields"], "passkey": json.dumps({"id": text(self.key.id), "clientDataJSON": text(d), "authenticatorData": text(auth),
                        "signature": s, "userHandle": text(self.key.handle)})}) for said, d, s in zip(pages, data, signatures)]

    def passkey_used(self):
        """A statement for the bare program: the row that a login by this passkey changes."""
        db = sqlite3.connect(str(next((self.server.dir / "data").glob("*.db"))))
        (row,) = db.execute("SELECT hex(id) FROM factors WHERE kind = 'passkey'").fetchone()
        db.close()
        return tuple(statement % row for statement in USED)

    def by_passkey(self, cookie, forms):
        return self.sent(self.base, BY_PASSKEY, cookie, forms, login="/login")

    def to_bare(self, url, cookie, forms):
        return self.sent(url, BARE_PASSKEY, cookie, forms, path="/1/0/1")

    def sent(self, base, script, cookie, forms, **given):
        with tempfile.NamedTemporaryFile("w") as f:
            f.write("".join(line + "\n" for line in forms))
            f.flush()
            return flows.drive(base, script, 32, self.seconds, answers=f.name, cookie=cookie, **given)[0]


def told(what, ours, floor, limit, turns, row):
    """Two rows of one comparison."""
    rate, most = turns(ours, floor)
    row(what, rate, most, limit, "≥ 0.90")
    row(what + ", of a second of processor time", ours.median(), floor.median(), "the same", "≥ 0.90")


def bench(place, floor_of, turns, row):
    """The rows. floor_of(inserts): a bare program, as a context; turns, row: of bench/run."""
    daemon = lambda: processor_s(place.server.proc.pid)
    place.all_enrolled()
    told("login by password and TOTP", Paid(place.by_code, daemon, place.seconds), Paid(place.bare_hashes, children_s, place.seconds),
         "bare verifications of the hash", turns, row)
    place.enrol_passkey()
    with floor_of(SESSION + place.passkey_used()) as f:
        few = place.answers(200)
        told("login by a passkey", Paid(place.by_passkey, daemon, place.seconds, lambda: place.answers(int(5000 * place.seconds))),
             Paid(lambda: place.to_bare(f.url[:-1], *few), lambda: processor_s(f.proc.pid), place.seconds),
             "bare program: the same forms, a signature verified, three rows committed", turns, row)
