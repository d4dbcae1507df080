"""What counts once counts once in the cluster: presented sixteen times at once, scattered over three nodes, one of them wins. S1, S2."""
import concurrent.futures, contextlib, time

import pytest

import assertion_test, device_test, dpop_test, factors_test, par_test, selfservice_test, sms_test
from gateway import Gateway
from mailbox import Mailbox
from nodes import Cluster
from talker import APP_SECRET, PASSWORD, client, get_code, post, realm, redeem, refresh, tokens, user
from talker_jwt import Holder

WIDE = 16
PHONE = "18888888888"
CALLBACK = ["https://app.example/cb"]


def people():
    r = realm()
    r["clients"] += [client("tv", None, grants=device_test.GRANTS, scopes=["openid", "read"]),
                     client("shop", APP_SECRET, scopes=["openid", "read", "write"], redirect_uris=CALLBACK, auto_approve=True),
                     client("signs", None, grants=["client_credentials"], scopes=["read"], metadata=assertion_test.JWT),
                     client("texts", APP_SECRET, grants=["sms"], scopes=["read"])]
    r["users"] += [user("tina", PASSWORD), user("rob", PASSWORD), user("m01", PASSWORD, email="m01@people.test"), user("caller", PASSWORD, phone=PHONE)]
    return r


@pytest.fixture(scope="module")
def w():
    box, gateway = Mailbox().start(), Gateway("webhook")
    settings = {"modern": {"password_reset": "mail", "signing_alg": "ES256", **selfservice_test.ROOMY}, "connect": {"sms_gateway": "g"}}
    with contextlib.closing(box), contextlib.closing(gateway), \
            Cluster(3, "modern", "connect", realms=[people()], settings=settings, top=box.settings() + gateway.settings("g")) as cluster:
        cluster.box, cluster.gateway, cluster.now = box, gateway, 0
        yield cluster


def at_once(what):
    """what(0) to what(15), all begun before the first has ended; each connection goes to a node of its own."""
    with concurrent.futures.ThreadPoolExecutor(WIDE) as pool:
        return list(pool.map(what, range(WIDE)))


def one_wins(answers, refused=(400,), won=lambda r: r.status == 200):
    winners = [r for r in answers if won(r)]
    assert len(winners) == 1, [r.status for r in answers]
    assert {r.status for r in answers if r is not winners[0]} <= set(refused), [r.status for r in answers]
    return winners[0]


def turn(w, seconds):
    for node in w.nodes:
        node.turn_clock(seconds)
    w.now += seconds


def test_a_code(w):
    code = get_code(w)
    one_wins(at_once(lambda i: redeem(w, code)))


def test_a_refresh_generation(w):
    """Who comes a moment later is given the same successor; there is one."""
    old = tokens(w)["refresh_token"]
    answers = at_once(lambda i: refresh(w, old))
    assert {r.status for r in answers} <= {200, 400}
    (new,) = {r.json()["refresh_token"] for r in answers if r.status == 200}
    assert refresh(w, new).status == 200


def test_a_device_code(w):
    d = device_test.begin(w)
    device_test.allowed(w, d)
    one_wins(at_once(lambda i: device_test.poll(w, d["device_code"])))


def test_a_pushed_request(w):
    b = w.browser("modern")
    assert "code" in b.authorize(par_test.where(w, par_test.name(w))).query()
    uri = par_test.name(w)
    one_wins(at_once(lambda i: b.go("GET", par_test.where(w, uri))), won=lambda r: bool(r.location) and "code" in r.query())


def test_a_client_assertion(w):
    signed = assertion_test.KEY.sign(assertion_test.claims(w))
    one_wins(at_once(lambda i: assertion_test.ask(w, signed)), refused=(400, 401))


def test_a_proof_of_possession_at_the_token_endpoint(w):
    proof = Holder().proof("POST", w.at("modern", "/token"), time.time())
    one_wins(at_once(lambda i: dpop_test.token(w, proof=proof)))


def test_a_proof_of_possession_at_a_resource(w):
    key = Holder()
    access = dpop_test.user_tokens(w, key)["access_token"]
    proof = {"DPoP": key.proof("GET", w.at("modern", "/userinfo"), time.time(), access)}
    one_wins(at_once(lambda i: dpop_test.userinfo(w, access, head=proof)), refused=(401,))


def test_a_code_by_text_message(w):
    head = sms_test.basic("texts", APP_SECRET)
    assert post(w.at("connect", "/connect/sms"), {"phone": PHONE}, head).status == 200
    number, code = w.gateway.message()
    assert number == PHONE
    one_wins(at_once(lambda i: post(w.at("connect", "/connect/token"), {"grant_type": "sms", "phone": PHONE, "sms": code}, head)), refused=(400, 429))


def waiting_at_the_second_factor(w, name):
    """Sixteen browsers that have shown the password."""
    tabs = [w.browser("modern") for _ in range(WIDE)]
    return [(b, factors_test.sign_in(w, b, name)) for b in tabs]


def test_a_step_of_a_one_time_password(w):
    secret, _ = factors_test.enrolled(w, "tina")
    turn(w, 30)
    there, code = waiting_at_the_second_factor(w, "tina"), factors_test.totp(w, secret)
    one_wins(at_once(lambda i: factors_test.show(w, *there[i], code)), refused=(400, 429), won=lambda r: r.status == 303)


def test_a_recovery_code(w):
    _, codes = factors_test.enrolled(w, "rob")
    there = []
    for b, page in waiting_at_the_second_factor(w, "rob"):
        there.append((b, b.submit(next(f for f in page.forms() if "factor-use-recovery" in f["buttons"]), "factor-use-recovery")))
    one_wins(at_once(lambda i: factors_test.show(w, *there[i], codes[0])), refused=(400, 429), won=lambda r: r.status == 303)


def test_a_link_of_a_mail(w):
    b, r = selfservice_test.ask(w, "m01")
    selfservice_test.page_of(b, r)
    mail = selfservice_test.sent(w)
    page = b.get(mail.link)
    won = one_wins(at_once(lambda i: selfservice_test.set_password(b, page, mail.code, "another-battery-%d" % i)), refused=(400, 404, 429),
                   won=lambda r: r.status == 200 and 'id="self-login"' in r.text)
    assert won.status == 200
