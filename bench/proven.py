"""bench/proven.py - rows of bench/run whose clients prove themselves by keys: every request has a signature that was made for it alone, so they are
made beforehand by bench_proofs and read from files. Each row stands against a bare program that verifies, signs and commits as often."""
import json, os, pathlib, subprocess, tempfile, urllib.parse

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

# The same steps of the bare program: GIVEN.first and GIVEN.second are paths of it.
STEPS = """
local second = false
function request()
    second = not second
    return wrk.format("POST", second and GIVEN.first or GIVEN.second, { ["Content-Type"] = GIVEN.form }, GIVEN.body)
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


def signed(base, keys, path, body, seconds, script=SIGNED, dpop=True, **given):
    """Requests of the client `keyed`, each with an assertion and, with dpop, a proof of its own."""
    issuer = base + "/proven"
    files = {"assertions": keys.file("assertions", "assertion", "keyed", issuer)}
    if dpop:
        files["proofs"] = keys.file("proofs", "dpop", "POST", base + path)
    return flows.drive(base, script, 32, seconds, path=path, body=body, **files, **given)[0]


def bench(base, keys, floor_of, turns, row, seconds):
    """The rows. floor_of(inserts): a bare program, as a context; turns, row: of bench/run."""
    said = urllib.parse.urlencode({"client_assertion_type": BEARER})
    bare = lambda f, path: flows.drive(f.url[:-1], POSTED, 32, seconds, path=path, basic="", accept="*/*", body="a=b")[0]

    par = said + "&" + urllib.parse.urlsplit(flows.Person.address("proven", "keyed")).query
    with floor_of((ONCE, *CODE)) as f:
        ours, floor = turns(lambda: signed(base, keys, "/proven/par", par, seconds, dpop=False), lambda: bare(f, "/1/0/1"))
        row("pushed request, private_key_jwt", ours, floor, "bare program: a signature verified, two rows committed", "≥ 0.85")

    who = flows.Person(base, "proven", "keyed", "", "user", "password")
    with floor_of((ONCE, *FAMILY)) as f:
        steps = lambda: flows.drive(f.url[:-1], STEPS, 32, seconds, first="/0/0/1", second="/2/1/1", body="a=b")[0]
        flow = lambda: signed(base, keys, who.token, said + "&" + who.body, seconds, PROVEN_FLOW, authorize=who.authorize, cookie=who.cookie)
        ours, floor = turns(flow, steps)
        row("code flow, private_key_jwt and DPoP, ES256", ours, floor, "bare program: two verified, one signed, two commits", "≥ 0.85")

    subject = flows.post(base, "/proven/token", "grant_type=client_credentials", "exchanger")["access_token"]
    change = urllib.parse.urlencode({"grant_type": EXCHANGE, "subject_token": subject, "subject_token_type": ACCESS, "scope": "read"})
    given = {"basic": flows.basic("exchanger"), "accept": "application/json"}
    with floor_of(FAMILY) as f:
        ours, floor = turns(lambda: flows.drive(base, POSTED, 32, seconds, path="/proven/token", body=change, **given)[0], lambda: bare(f, "/1/1/1"))
        row("token exchange, ES256", ours, floor, "bare program: one verified, one signed, a row committed", "≥ 0.85")

    given["accept"] = "application/token-introspection+jwt"
    with floor_of(FAMILY) as f:
        ours, floor = turns(lambda: flows.drive(base, POSTED, 32, seconds, path="/proven/introspect", body="token=" + subject, **given)[0], lambda: bare(f, "/1/1/0"))
        row("introspection as a JWT, ES256", ours, floor, "bare program: one verified, one signed", "≥ 0.85")
