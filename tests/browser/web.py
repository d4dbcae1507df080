"""tests/browser/web.py - what every browser test needs: the client's own web server, a hufud for browsers, steps, screenshots."""
import base64, functools, hashlib, http.server, itertools, json, pathlib, secrets, socket, tempfile, threading, time, urllib.parse

from server import ROOT, Server, free_ports, remember
from talker import LEGACY, ALL_GRANTS, client, form, post, realm, user

SCREENS = ROOT / "build" / "screens"
PREFIX = {"zlt": "/api-uaa"}
PASSWORD = remember("pw-" + secrets.token_urlsafe(12))
CHINESE_PASSWORD = remember("密码 +%&:" + secrets.token_hex(4))
APP_SECRET = remember("app-" + secrets.token_urlsafe(12))
VERIFIER = remember(secrets.token_urlsafe(40))
LETTERS = "中文 & state+%/?=#"

PEOPLE = 500                                            # one more than there are
_people = itertools.count(1)


def somebody():
    """A user whom no test has used yet."""
    n = next(_people)
    assert n < PEOPLE, "every user has been used: PEOPLE must grow"
    return "person%02d" % n


def people(realm):
    """All of them, in pieces that one order can carry."""
    every = [user("person%02d" % i, PASSWORD, number=1000 + i) for i in range(1, PEOPLE)]
    return [{"realm": realm, "users": every[i:i + 200]} for i in range(0, len(every), 200)]


# --- the client's side ---------------------------------------------------------------------------------------------------------------

class Callback:
    """The client: a web server on loopback that keeps what arrives in a query or a form, shows pages that a test puts there, and redirects as it says in goes."""

    def __init__(self):
        self.seen, self.pages, self.goes = [], {}, {}
        callback = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                callback.answer(self)

            do_POST = do_GET

            def log_message(self, *a):
                pass

        class V6(http.server.ThreadingHTTPServer):
            address_family = socket.AF_INET6

        self.servers = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)]
        self.port = self.servers[0].server_address[1]
        self.servers.append(V6(("::1", self.port), Handler))
        for s in self.servers:
            s.daemon_threads = True
            threading.Thread(target=s.serve_forever, daemon=True).start()
        self.origin = "http://localhost:%d" % self.port
        self.url = self.origin + "/callback"
        self.numeric = "http://127.0.0.1:%d/callback" % self.port

    def answer(self, h):
        path, _, query = h.path.partition("?")
        body = h.rfile.read(int(h.headers.get("Content-Length") or 0)).decode("utf-8", "replace")
        if path == "/favicon.ico":
            h.send_response(204)
            h.end_headers()
            return
        if h.command == "POST":
            query = body
        self.seen.append((h.command, path, dict(urllib.parse.parse_qsl(query, keep_blank_values=True)), dict(h.headers)))
        if path in self.goes:
            h.send_response(302)
            h.send_header("Location", self.goes[path])
            h.send_header("Content-Length", "0")
            h.end_headers()
            return
        body = self.pages.get(path, "<!DOCTYPE html><title>client</title><h1 id=\"client\">The client was called</h1>").encode()
        h.send_response(200)
        h.send_header("Content-Type", "text/html;charset=utf-8")
        h.send_header("Content-Length", str(len(body)))
        h.send_header("Cache-Control", "no-store")
        h.end_headers()
        h.wfile.write(body)

    def forget(self):
        for what in (self.seen, self.pages, self.goes):
            what.clear()

    def put(self, path, markup):
        self.pages[path] = "<!DOCTYPE html><meta charset=utf-8><title>%s</title>%s" % (path, markup)
        return self.origin + path

    def close(self):
        for s in self.servers:
            s.shutdown()
            s.server_close()


def sending_form(action, fields, method="post"):
    inputs = "".join('<input type="hidden" name="%s" value="%s">' % kv for kv in fields)
    return '<form id="f" method="%s" action="%s">%s<button id="go">go</button></form>' % (method, action, inputs)


# --- the server's side ---------------------------------------------------------------------------------------------------------------

class Site(Server):
    """One hufud with an issuer of each dialect at http://HOST:PORT, on 127.0.0.1 and ::1."""

    def __init__(self, callback, *dialects, settings=None, host="localhost", **more):
        self.callback = callback
        self.port = dict(zip(dialects, free_ports(len(dialects))))
        self.base = {d: "http://%s:%d%s" % (host, p, PREFIX.get(d, "")) for d, p in self.port.items()}
        listeners = {d: {"bind": ["127.0.0.1:%d" % p, "[::1]:%d" % p]} for d, p in self.port.items()}
        issuers = {d: {"url": self.base[d], "dialect": d, "listener": d, "realm": "main", **((settings or {}).get(d, {}))} for d in dialects}
        more.setdefault("top", "")
        more["top"] += "\nlogin:\n  rehash: false\n  address_per_minute: 100000\n  account_free: 1000"
        super().__init__(issuers, [self.people_and_clients(), *people("main")], listeners=listeners, **more)

    def people_and_clients(self):
        here = [self.callback.url, self.callback.numeric]
        all_of = dict(grants=ALL_GRANTS, legacy=LEGACY)
        r = realm()
        names = {"messaging-client", "app", "auto", "zlt", "spa"}
        r["clients"] = [c for c in r["clients"] if c["id"] not in names] + [
            client("messaging-client", "secret", name="Messaging", redirect_uris=["http://localhost"], **all_of),
            client("messaging-auto", "secret", redirect_uris=["http://localhost"], auto_approve=True, **all_of),
            client("app", APP_SECRET, name="Photo Album", scopes=["openid", "profile", "read", "write"], redirect_uris=here,
                   metadata={"response_types": ["code", "token", "id_token", "id_token token", "code id_token", "code token", "code id_token token", "none"]}, **all_of),
            client("auto", APP_SECRET, name="Own Application", redirect_uris=here, auto_approve=True, **all_of),
            client("spa", None, name="Page", redirect_uris=here, origins=[self.callback.origin], auto_approve=True),
            client("phone", None, name="Phone", redirect_uris=["com.example.phone:/cb"], auto_approve=True),
            client("taroco", APP_SECRET, name="Taroco 应用", scopes=["All"], redirect_uris=here, **all_of),
            client("zlt", APP_SECRET, name="zlt", scopes=["all"], redirect_uris=here, auto_approve=True, **all_of),
            client("zlt-asks", APP_SECRET, name="zlt asks", scopes=["all"], redirect_uris=here, **all_of),
            client("rage", APP_SECRET, name="Rage", scopes=["basic_info"], redirect_uris=[self.callback.url], **all_of),
            client("tv", None, name="Living Room", grants=["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"], scopes=["openid", "read"]),
            client("bank", APP_SECRET, name="The Bank", grants=["urn:openid:params:grant-type:ciba"], scopes=["openid"]),
            client("connect", APP_SECRET, name="Connect", scopes=["openid", "profile", "api1"], redirect_uris=here, **all_of),
        ]
        r["users"] = [u for u in r["users"] if u["name"] != "zhangsan"]
        r["users"].append(user("张三", CHINESE_PASSWORD, number=900, display_name="张三"))
        return r

    def at(self, dialect, path, **query):
        return self.base[dialect] + path + ("?" + form(query) if query else "")

    def restart(self):
        self.stop()
        self.start()


# --- steps of a person ---------------------------------------------------------------------------------------------------------------

def sign_in(b, name, password=PASSWORD):
    b.type("#username", name)
    b.type("#password", password)
    b.click("#login-submit")


def tick(b, scope, on=True):
    """Allow one scope of the consent page, whichever style it has."""
    radio = b.all("input[type=radio][name='scope.%s'][value='%s']" % (scope, "true" if on else "false"))
    if radio:
        radio[0].click()
        return
    box = b.one("input[type=checkbox][name='scope.%s']" % scope)
    if box.checked() != on:
        box.click()


def arrived(b, where):
    """Wait for the client's address; the parameters that came along, of the query or of the fragment."""
    url = urllib.parse.urlsplit(b.wait_url(where))
    got = dict(urllib.parse.parse_qsl(url.query or url.fragment, keep_blank_values=True))
    for name in ("code", "access_token"):
        remember(got.get(name))
    return got


def token(site, dialect, path, fields, auth=None):
    r = post(site.base[dialect] + path, {k: v for k, v in fields.items() if v is not None}, auth)
    for name in ("access_token", "refresh_token", "id_token"):
        remember(r.json().get(name)) if r.body[:1] == b"{" else None
    return r


def challenge():
    return base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def contrasts(b):
    """Texts on the card whose colour is too near to what is behind them (WCAG 2 contrast under 4.5)."""
    return b.script("""
        const rgb = s => (s.match(/[\\d.]+/g) || []).map(Number);
        const light = c => { const f = c.slice(0, 3).map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * f[0] + 0.7152 * f[1] + 0.0722 * f[2] };
        const behind = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] > 0.9) return c } return [255, 255, 255] };
        const weak = [], walk = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
        for (let n; n = walk.nextNode();) {
            const e = n.parentElement;
            if (!n.data.trim() || !e.checkVisibility()) continue;
            const a = light(rgb(getComputedStyle(e).color)), z = light(behind(e)), ratio = (Math.max(a, z) + 0.05) / (Math.min(a, z) + 0.05);
            if (ratio < 4.5) weak.push(n.data.trim() + ' ' + ratio.toFixed(2));
        }
        return weak""")


def fits(b):
    """The page is no wider than the window, and what is to be pressed is large enough for a thumb (24 CSS pixels, WCAG 2.5.8)."""
    wide, small = b.script("""
        const wide = document.documentElement.scrollWidth - window.innerWidth;
        const small = [...document.querySelectorAll('button, a.button, input:not([type=hidden]):not([type=radio]):not([type=checkbox]), label')]
            .filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 18).map(e => e.outerHTML);
        return [wide, small]""")
    assert wide <= 0, "%d pixels too wide" % wide
    assert not small, small


def quiet(b, status=None):
    """The console says nothing; of an error page only the status."""
    lines = [l for l in b.console() if not (status and "status of %d" % status in l)]
    assert not lines, lines


# --- screenshots ---------------------------------------------------------------------------------------------------------------------

taken = set()


@functools.cache
def wanted():
    """screens.txt: name | what must be visible | ...: a text, #id of a displayed element, or !text that must not be there."""
    table = {}
    for line in (pathlib.Path(__file__).parent / "screens.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("# "):
            name, *rows = [w.strip() for w in line.split("|")]
            assert name not in table and rows, line
            table[name] = rows
    return table


def shot(b, name):
    """Save build/screens/NAME.png and assert that it shows what the list says."""
    b.screenshot(SCREENS / (name + ".png"))
    taken.add(name)
    text = b.text()
    for row in wanted()[name]:
        if row.startswith("#"):
            assert b.has(row) and b.one(row).displayed(), "%s: %s is not visible in\n%s" % (name, row, text)
        elif row.startswith("!"):
            assert row[1:] not in text, "%s: %r is visible in\n%s" % (name, row[1:], text)
        else:
            assert row in text, "%s: %r is not visible in\n%s" % (name, row, text)
