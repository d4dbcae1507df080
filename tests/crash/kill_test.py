"""20 times kill -9 under load: nothing acknowledged is lost, nothing is honoured twice."""
import http.client, random, signal, threading, time

import pytest

from talker import APP_SECRET, PASSWORD, SERVICE_SECRET, VERIFIER, World, authorize_url, basic, post, send

ROUNDS, THREADS = 20, 6
APP, SERVICE = basic("app", APP_SECRET), basic("service", SERVICE_SECRET)


class Ledger:
    """What the server has acknowledged, and what was under way when it died."""

    def __init__(self):
        self.lock = threading.Lock()
        self.alive, self.revoked = set(), set()                 # opaque access tokens
        self.codes, self.code_families = {}, {}                 # code -> number of 200s; code -> its family and what it gave
        self.spent_families = set()                             # families ended on purpose: by revocation
        self.chains = {}                                        # family number -> list of acknowledged refresh tokens, newest last
        self.doubtful = set()                                   # families with a revocation whose answer was lost
        self.unanswered = set()                                 # ... with a refresh
        self.count = {"tokens": 0, "redemptions": 0, "refreshes": 0, "revocations": 0}

    @staticmethod
    def sample(items, rng):
        items = sorted(items)
        return items if rng is None else rng.sample(items, min(len(items), 15))


@pytest.fixture(scope="module")
def w():
    settings = {"modern-opaque": {"access_shape": "row_id", "code_ttl_s": 600, "access_ttl_s": "1d"}}
    with World("modern-opaque", settings=settings) as world:
        yield world


class Client(threading.Thread):
    """Asks without pause until the server is gone."""

    def __init__(self, w, ledger, n, codes, families):
        super().__init__(daemon=True)
        self.w, self.l, self.rng, self.codes, self.families = w, ledger, random.Random(n), codes, families
        self.base, self.error = w.url["modern-opaque"], None
        self.conn = http.client.HTTPConnection("127.0.0.1", w.port["modern-opaque"], timeout=20)

    def ask(self, path, fields, who):
        r = send("POST", self.base + path, fields, who, conn=self.conn)
        assert r.status in (200, 400), r
        return r

    def run(self):
        try:
            while True:
                self.rng.choice([self.token, self.redeem, self.redeem, self.refresh, self.refresh, self.refresh, self.revoke, self.revoke_family])()
        except (OSError, http.client.HTTPException):
            pass
        except Exception as e:
            self.error = e
        finally:
            self.conn.close()

    def token(self):
        r = self.ask("/token", {"grant_type": "client_credentials"}, SERVICE)
        with self.l.lock:
            self.l.alive.add(r.json()["access_token"])
            self.l.count["tokens"] += 1

    def redeem(self):
        if not self.codes:
            return self.token()
        code = self.codes.pop()
        with self.l.lock:
            self.l.codes.setdefault(code, 0)
        r = self.ask("/token", {"grant_type": "authorization_code", "code": code, "redirect_uri": "https://app.example/cb", "code_verifier": VERIFIER}, APP)
        assert r.status == 200, r
        with self.l.lock:
            self.l.codes[code] += 1
            n = len(self.l.chains)
            self.l.code_families[code] = (n, r.json())
            self.l.chains[n] = [r.json()["refresh_token"]]
            self.l.count["redemptions"] += 1
        self.families.append(n)

    def refresh(self):
        if not self.families:
            return self.token()
        n = self.rng.choice(self.families)
        chain = self.l.chains[n]
        self.l.unanswered.add(n)                                # until the answer is there
        r = self.ask("/token", {"grant_type": "refresh_token", "refresh_token": chain[-1]}, APP)
        assert r.status == 200, r
        chain.append(r.json()["refresh_token"])
        self.l.unanswered.discard(n)
        with self.l.lock:
            self.l.count["refreshes"] += 1

    def revoke(self):
        with self.l.lock:
            token = self.l.alive.pop() if len(self.l.alive) > 20 else None
        if token:
            r = self.ask("/revoke", {"token": token}, SERVICE)
            assert r.status == 200
            with self.l.lock:
                self.l.revoked.add(token)
                self.l.count["revocations"] += 1

    def revoke_family(self):
        if len(self.families) < 4:
            return
        n = self.families.pop(self.rng.randrange(len(self.families)))
        self.l.doubtful.add(n)
        assert self.ask("/revoke", {"token": self.l.chains[n][-1]}, APP).status == 200
        self.l.doubtful.discard(n)
        with self.l.lock:
            self.l.spent_families.add(n)
            self.l.count["revocations"] += 1


def fresh_codes(w, browser, n):
    return [browser.get(authorize_url(w, "modern-opaque")).query()["code"] for _ in range(n)]


def active(w, token, who):
    r = post(w.at("modern-opaque", "/introspect"), {"token": token}, who)
    assert r.status == 200, r
    return r.json()["active"]


def ask_again(w, ledger):
    """A client whose answer was lost presents the same refresh token: it gets a successor, whether the first was stored or not."""
    for n in sorted(ledger.unanswered):
        r = refresh_with(w, ledger.chains[n][-1])
        assert r.status == 200, "a refresh whose answer was lost cannot be repeated: %s" % r
        ledger.chains[n].append(r.json()["refresh_token"])
    ledger.unanswered.clear()


def check_after(w, ledger, rng):
    """A sample each round, everything at the end."""
    for token in ledger.sample(ledger.alive, rng):
        assert active(w, token, SERVICE), "an acknowledged token is lost"
    for token in ledger.sample(ledger.revoked, rng):
        assert not active(w, token, SERVICE), "an acknowledged revocation is lost"
    for n in ledger.sample(ledger.spent_families, rng):
        assert not active(w, ledger.chains[n][-1], APP), "an acknowledged revocation of a family is lost"
    for n in ledger.sample(set(ledger.chains) - ledger.spent_families - ledger.doubtful, rng):
        assert active(w, ledger.chains[n][-1], APP), "an acknowledged refresh token is lost"


def redeem_again(w, code):
    return post(w.at("modern-opaque", "/token"), {"grant_type": "authorization_code", "code": code, "redirect_uri": "https://app.example/cb", "code_verifier": VERIFIER}, APP)


def refresh_with(w, token):
    return post(w.at("modern-opaque", "/token"), {"grant_type": "refresh_token", "refresh_token": token}, APP)


def test_twenty_kills_under_load(w):
    ledger, rng = Ledger(), random.Random(7)
    browser = w.browser("modern-opaque")
    browser.authorize(authorize_url(w, "modern-opaque"), "alice", PASSWORD)
    families = [[] for _ in range(THREADS)]
    for round in range(ROUNDS):
        pools = [fresh_codes(w, browser, 8) for _ in range(THREADS)]
        clients = [Client(w, ledger, round * 100 + i, pools[i], families[i]) for i in range(THREADS)]
        for c in clients:
            c.start()
        time.sleep(0.1 + rng.random() * 0.4)
        w.proc.send_signal(signal.SIGKILL)
        assert w.proc.wait(timeout=20) == -signal.SIGKILL
        w.proc = None
        for c in clients:
            c.join(timeout=30)
            assert not c.is_alive() and c.error is None, c.error
        w.start()
        ask_again(w, ledger)
        check_after(w, ledger, rng)
    check_after(w, ledger, None)
    check_codes(w, ledger)
    check_refreshes(w, ledger)
    assert all(n >= 40 for n in ledger.count.values()), ledger.count


def check_codes(w, ledger):
    """A code whose redemption was acknowledged gives nothing again; one whose answer was lost gives at most once more."""
    redeemed = [c for c, n in ledger.codes.items() if n]
    assert redeemed and all(ledger.codes[c] == 1 for c in redeemed)
    given = {t["refresh_token"] for _, t in ledger.code_families.values()}
    for code in redeemed:
        n, t = ledger.code_families[code]
        if n % 3 == 1:                                          # the others are left for check_refreshes
            assert redeem_again(w, code).status == 400, "a code was honoured twice"
            assert not active(w, t["access_token"], APP), "a replay must end what the code gave"
    for code in [c for c, n in ledger.codes.items() if not n]:
        first, second = redeem_again(w, code), redeem_again(w, code)
        assert first.status in (200, 400) and second.status == 400, "a code was honoured twice"
        assert first.status == 400 or first.json()["refresh_token"] not in given


def check_refreshes(w, ledger):
    """Outside the window every refresh token but the newest of its family is dead, and presenting one ends the family."""
    rng = random.Random(11)
    w.turn_clock(15)
    for n, chain in sorted(ledger.chains.items()):
        if n in ledger.spent_families:
            assert refresh_with(w, chain[-1]).status == 400, "a revoked family gave a token"
        elif len(chain) >= 2 and n not in ledger.doubtful and n % 3 == 0:
            assert refresh_with(w, rng.choice(chain[:-1])).status == 400, "a refresh token was honoured twice"
            assert refresh_with(w, chain[-1]).status == 400


def test_the_store_is_sound_afterwards(w):
    w.stop()
    status, out, err = w.hufu("--json", "key", "list")
    assert status == 0, (out, err)
    w.start()
    assert "damaged" not in w.log()
