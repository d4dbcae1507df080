"""One realm's storm beside another realm's logins: python3 bench/realms.py [--alone] HUFUD [HUFUD ...], in turns.

ALONE: password logins of one realm alone, 32 connections at a time, a second.
BESIDE: how long a login of a quiet realm takes while 120 connections from as many networks, each its own guess, flood
another realm; and how many of the storm's were answered meanwhile.
"""
import concurrent.futures, http.client, pathlib, statistics, sys, threading, time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / "tests"), str(pathlib.Path(__file__).resolve().parents[1] / "tests/talk")]
from talker import World, form, realm

SECONDS = 4
TOP = ("http:\n  trusted_proxies: 127.0.0.1\nlogin:\n  rehash: false\n  account_free: 1000\n  client_free: 1000\n"
       "  address_per_minute: 1000000\n  client_per_minute: 1000000")
WHO = {"grant_type": "password", "client_id": "messaging-client", "client_secret": "secret"}


def login(w, issuer, name, password, address):
    c = http.client.HTTPConnection("127.0.0.1", w.port[issuer], timeout=60)
    c.request("POST", "/oauth/token", form({**WHO, "username": name, "password": password}),
              {"Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-For": address})
    r = c.getresponse()
    r.read()
    c.close()
    return r.status


def alone(w):
    end, done = time.time() + SECONDS, []

    def go(i):
        n = 0
        while time.time() < end:
            n += 1
            done.append(login(w, "spring", "guess-%d-%d" % (i, n), "wrong", "203.0.%d.1" % i))
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        list(pool.map(go, range(32)))
    return done.count(400) / SECONDS


def beside(w):
    over, storm = threading.Event(), []

    def go(i):
        n = 0
        while not over.is_set():
            n += 1
            storm.append(login(w, "spring", "storm-%d-%d" % (i, n), "wrong", "198.51.%d.1" % i))
    who = [threading.Thread(target=go, args=(i,)) for i in range(120)]
    for t in who:
        t.start()
    time.sleep(2)
    took, passed, told = [], [], []
    for i in range(5):
        before, begun = storm.count(400), time.time()
        told.append(login(w, "spring-two", "u%02d" % i, "password", "192.0.2.1"))
        took.append((time.time() - begun) * 1000)
        passed.append(storm.count(400) - before)
    over.set()
    for t in who:
        t.join()
    return statistics.median(took), statistics.median(passed), told


for binary in [a for a in sys.argv[1:] if a != "--alone"]:
    class Measured(World):
        def launch(self, command, **more):
            return super().launch([binary, *command[1:]], **more)
    with Measured("spring", "spring-two", settings={"spring-two": {"realm": "second"}}, realms=[realm(), realm("second")], top=TOP) as w:
        rate = alone(w)
        if "--alone" in sys.argv:
            print("%s: alone %.1f a second" % (binary, rate), flush=True)
            continue
        ms, n, told = beside(w)
        print("%s: alone %.1f a second; beside a storm %.0f ms, %d of the storm's answered meanwhile, statuses %s" % (binary, rate, ms, n, told), flush=True)
