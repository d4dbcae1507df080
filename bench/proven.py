"""bench/proven.py - rows of bench/run whose clients prove themselves by keys: every request has a signature that was made for it alone, so they are
made beforehand by bench_proofs and read from files. Each row stands against a bare program that verifies, signs and commits as often."""
import http.client, json, os, pathlib, subprocess, urllib.parse

import flows

ES256 = {"signing_alg": "ES256", "access_shape": "jwt", "dpop": "allowed", "introspection_jwt": True}
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS = "urn:ietf:params:oauth:token-type:access_token"
BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

# What a request leaves behind: a row that counts once, a family; that of a pushed request is like a code's.
ONCE = "INSERT INTO used_once (what, expires_s) VALUES (?8, ?6)"
CODE = ("INSERT INTO codes (digest, issuer, client, scope, redirect_sent, auth_s, issued_s, expires_s, state) VALUES (?8, ?2, ?3, ?4, 1, ?5, ?5, ?6, 0)",)
FAMILY = ("INSERT INTO families (id, issuer, client, scope, digest, refreshable, generation, rotated_ms, auth_s, issued_s, expires_s, state) "
          "VALUES (?1, ?2, ?3, ?4, ?8, 1, 0, 0, ?5, ?5, ?6, 0)",)

# A file holds what each thread sends; both read it, one the odd lines, one the even ones.
READ = """
local function lines(path)
    local all, i = {}, 0
    for line in io.lines(path) do i = i + 1; if i % 2 == number % 2 then table.insert(all, line) end end
    return all
end
"""

SIGNED = READ + """
local assertions, proofs
function init(args) assertions = lines(GIVEN.assertions); proofs = GIVEN.proofs and lines(GIVEN.proofs) end
function request()
    local head = { ["Content-Type"] = GIVEN.form, DPoP = proofs and table.remove(proofs) }
    return wrk.format("POST", GIVEN.path, head, GIVEN.body .. "&client_assertion=" .. table.remove(assertions))
end
function response(status, headers, body) if status < 300 then flows = flows + 1 else failed = failed + 1 end end
"""

PROVEN_FLOW = READ + """
local assertions, proofs, codes = nil, nil, {}
function init(args) assertions = lines(GIVEN.assertions); proofs = lines(GIVEN.proofs) end
function request()
    local code = table.remove(codes)
    if code == nil then return wrk.format("GET", GIVEN.authorize, { Cookie = GIVEN.cookie }) end
    return wrk.format("POST", GIVEN.path, { ["Content-Type"] = GIVEN.form, DPoP = table.remove(proofs) },
        GIVEN.body .. code .. "&client_assertion=" .. table.remove(assertions))
end
function response(status, headers, body)
    local code = status < 400 and headers["Location"] and string.match(headers["Location"], "[?&]code=([^&]+)")
    if code then table.insert(codes, code)
    elseif status == 200 then flows = flows + 1
    else failed = failed + 1 end
end
"""

# The same requests to the bare program, which does not look into them: GIVEN.authorize and GIVEN.path say what it does.
BARE_FLOW = READ + """
local assertions, proofs, second = nil, nil, false
function init(args) assertions = lines(GIVEN.assertions); proofs = lines(GIVEN.proofs) end
function request()
    second = not second
    if second then return wrk.format("GET", GIVEN.authorize, { Cookie = GIVEN.cookie }) end
    return wrk.format("POST", GIVEN.path, { ["Content-Type"] = GIVEN.form, DPoP = table.remove(proofs) },
        GIVEN.body .. GIVEN.code .. "&client_assertion=" .. table.remove(assertions))
end
function response(status, headers, body) if status == 200 then flows = flows + 0.5 else failed = failed + 1 end end
"""

POSTED = """
function request() return wrk.format("POST", GIVEN.path, { ["Content-Type"] = GIVEN.form, Authorization = GIVEN.basic, Accept = GIVEN.accept }, GIVEN.body) end
function response(status, headers, body) if status == 200 then flows = flows + 1 else failed = failed + 1 end end
"""


class Keys:
    """A client's key, and what it signs: files of as many lines as a measurement may need."""

    def __init__(self, out, folder, most):
        self.out, self.folder, self.most = out, folder, most
        self.pem = os.path.join(folder, "key.pem")
        subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self.pem], check=True)

    def run(self, *args):
        return subprocess.run([str(self.out / "bench_proofs"), *map(str, args)], env={**os.environ, "HUFU_BENCH_KEY": self.pem}, capture_output=True, text=True, check=True).stdout

    def jwk(self):
        return json.loads(self.run("jwk"))

    def file(self, name, *args):
        path = os.path.join(self.folder, name)
        pathlib.Path(path).write_text(self.run(args[0], self.most, *args[1:]))
        return path


def clients(jwk):
    common = {"scopes": "read write openid", "auto_approve": "read write openid", "redirect_uris": [flows.CALLBACK], "enabled": True}
    return [{**common, "id": "keyed", "name": "keyed", "grants": "authorization_code client_credentials refresh_token",
             "metadata": {"token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "ES256", "jwks": {"keys": [jwk]}}},
            {**common, "id": "exchanger", "name": "exchanger", "secret_encoded": "{noop}bench-secret", "grants": "client_credentials " + EXCHANGE,
             "metadata": {"introspection_signed_response_alg": "ES256"}}]


def made(keys, base, path, dpop):
    """Files of an assertion and, with dpop, a proof for each request of the client `keyed`."""
    files = {"assertions": keys.file("assertions", "assertion", "keyed", base + "/proven")}
    if dpop:
        files["proofs"] = keys.file("proofs", "dpop", "POST", base + path)
    return files


def answer_size(base, method, path, body=None, **fields):
    """Of one request, and where it leads."""
    c = http.client.HTTPConnection(base[7:])
    c.request(method, path, body, fields)
    r = c.getresponse()
    n = len(r.read())
    assert r.status < 400, (path, r.status)
    return n, r.getheader("Location")


def bench_par(base, keys, floor_of, turns, row, seconds):
    """A request that is pushed again and again, each time by an assertion of its own."""
    path, said = "/proven/par", urllib.parse.urlencode({"client_assertion_type": BEARER})
    body = said + "&" + urllib.parse.urlsplit(flows.Person.address("proven", "keyed")).query
    files = made(keys, base, path, False)
    size, _ = answer_size(base, "POST", path, body + "&client_assertion=" + first_line(files["assertions"]), **{"Content-Type": flows.FORM})

    def ours():
        return flows.drive(base, SIGNED, 32, seconds, path=path, body=body, **made(keys, base, path, False))[0]

    with floor_of((ONCE, *CODE)) as f:
        bare = lambda: flows.drive(f.url[:-1], SIGNED, 32, seconds, path="/1/0/1/%d" % size, body=body, **files)[0]
        row("pushed request, private_key_jwt", *turns(ours, bare), "bare program: a signature verified, two rows committed", "≥ 0.85")


def bench_flow(base, keys, floor_of, turns, row, seconds):
    who = flows.Person(base, "proven", "keyed", "", "user", "password")
    body = urllib.parse.urlencode({"client_assertion_type": BEARER}) + "&" + who.body
    files = made(keys, base, who.token, True)
    first, location = answer_size(base, "GET", who.authorize, Cookie=who.cookie)
    code = urllib.parse.parse_qs(urllib.parse.urlsplit(location).query)["code"][0]
    second, _ = answer_size(base, "POST", who.token, body + code + "&client_assertion=" + first_line(files["assertions"]),
                            **{"Content-Type": flows.FORM, "DPoP": first_line(files["proofs"])})

    def ours():
        return flows.drive(base, PROVEN_FLOW, 32, seconds, path=who.token, body=body, authorize=who.authorize, cookie=who.cookie,
                           **made(keys, base, who.token, True))[0]

    with floor_of((ONCE, *FAMILY)) as f:
        bare = lambda: flows.drive(f.url[:-1], BARE_FLOW, 32, seconds, path="/2/1/1/%d" % second, body=body, code=code, cookie=who.cookie,
                                   authorize="/0/0/1/%d?%s" % (first, who.authorize.split("?", 1)[1]), **files)[0]
        row("code flow, private_key_jwt and DPoP, ES256", *turns(ours, bare), "bare program: two verified, one signed, two commits", "≥ 0.85")


def bench_posted(base, floor_of, turns, row, seconds, what, path, body, accept, cost, limit):
    """The client `exchanger`, by its secret."""
    size, _ = answer_size(base, "POST", path, body, **{"Content-Type": flows.FORM, "Authorization": flows.basic("exchanger"), "Accept": accept})
    ask = lambda to, at: flows.drive(to, POSTED, 32, seconds, path=at, body=body, basic=flows.basic("exchanger"), accept=accept)[0]
    with floor_of(FAMILY) as f:
        row(what, *turns(lambda: ask(base, path), lambda: ask(f.url[:-1], "%s/%d" % (cost, size))), limit, "≥ 0.85")


def first_line(path):
    return pathlib.Path(path).read_text().split("\n", 1)[0]


def bench(base, keys, floor_of, turns, row, seconds):
    """The rows. floor_of(inserts): a bare program, as a context; turns, row: of bench/run. The bare program gets the same requests and
    answers with as many bytes, so that the load generator, which has the same processors, costs both the same."""
    bench_par(base, keys, floor_of, turns, row, seconds)
    bench_flow(base, keys, floor_of, turns, row, seconds)
    subject = flows.post(base, "/proven/token", "grant_type=client_credentials", "exchanger")["access_token"]
    change = urllib.parse.urlencode({"grant_type": EXCHANGE, "subject_token": subject, "subject_token_type": ACCESS, "scope": "read"})
    bench_posted(base, floor_of, turns, row, seconds, "token exchange, ES256", "/proven/token", change, "application/json", "/1/1/1",
                 "bare program: one verified, one signed, a row committed")
    bench_posted(base, floor_of, turns, row, seconds, "introspection as a JWT, ES256", "/proven/introspect", "token=" + subject,
                 "application/token-introspection+jwt", "/1/1/0", "bare program: one verified, one signed")
