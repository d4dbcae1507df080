"""bench/factor_logins.py - rows of bench/run: logins with a factor. One by password and the code of an authenticator app, against bare verifications of
that hash; one by a passkey, against a bare program that verifies a signature and commits as many rows. Codes and answers are made beforehand."""
import base64, concurrent.futures, hashlib, hmac, http.client, json, os, re, struct, subprocess, tempfile, time, urllib.parse

import flows
from authenticator import Passkey, asked
from server import Server, free_ports
from talker import Browser

PASSWORD = "a password of the bench"
NICE = 10                # as the daemon's threads that hash
SETTINGS = {"dialect": "modern", "realm": "bench", "listener": "main", "passkeys": "login", "access_shape": "row_id"}
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


def totp(secret, step):
    mac = hmac.new(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1).digest()
    at = mac[-1] & 15
    return "%06d" % ((struct.unpack(">I", mac[at:at + 4])[0] & 0x7fffffff) % 1000000)


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
        self.people = ["u%d" % i for i in range(max(60, int(150 * seconds)))]
        users = [{"name": name, "password_encoded": "{argon2}" + self.encoded} for name in [*self.people, "keyed"]]
        self.server = Server({"main": {**SETTINGS, "url": self.base}}, [{"realm": "bench", "users": users}], listeners={"main": {"bind": ["127.0.0.1:%d" % port]}},
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
        step = int(time.time()) // 30 - 1
        r = b.submit(page.form("enrol-form"), "enrol-submit", factor_code=totp(secret, step))
        assert r.status == 200 and "recovery-codes" in r.text, r
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

    def by_passkey(self):
        cookie, bodies = self.answers(int(6000 * self.seconds))
        with tempfile.NamedTemporaryFile("w") as f:
            f.write("".join(line + "\n" for line in bodies))
            f.flush()
            return flows.drive(self.base, BY_PASSKEY, 32, self.seconds, answers=f.name, cookie=cookie, login="/login")[0]


def bench(place, floor_of, bare, turns, row):
    """The rows. floor_of(inserts): a bare program, as a context; bare(program): what it does in a second; turns, row: of bench/run."""
    place.all_enrolled()
    ours, floor = turns(place.by_code, place.bare_hashes)
    row("login by password and TOTP", ours, floor, "bare verifications of the hash", "≥ 0.90")
    place.enrol_passkey()
    with floor_of(SESSION) as f:
        ours, floor = turns(place.by_passkey, lambda: bare(f))
        row("login by a passkey", ours, floor, "bare program: a signature verified, two rows committed", "≥ 0.90")
