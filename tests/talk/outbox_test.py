"""What was acknowledged is sent: it outlives a stop, a crash and a neighbour that is down."""
import json, signal, time

import pytest

from gateway import Gateway
from server import free_ports
from sms_test import OK, PHONE, Phones
from listener import Listener
from logout_test import count_of, lives, log_says, login, logout, world


BY_OTHERS = pytest.mark.embedded("with a database what a killed process held is sent by another one, a minute later: cluster_test.py")
HOW_OF_A_FILE = pytest.mark.parametrize("how", [signal.SIGTERM, pytest.param(signal.SIGKILL, marks=BY_OTHERS)], ids=["term", "kill"])


def rows(w):
    return w.rows("SELECT kind, issuer, sealed, begun FROM outgoing")


def waiting(server, box):
    for line in server.metrics().split("\n"):
        if line.startswith('hufu_outbox_waiting{outbox="%s"}' % box):
            return int(line.split()[-1])


def until(what, wait=15):
    end = time.time() + wait
    while not what() and time.time() < end:
        time.sleep(0.02)
    return what()


@HOW_OF_A_FILE
def test_notices_outlive_a_stop_while_their_receiver_is_down(how):
    port = free_ports(1)[0]
    with world({"web": "http://127.0.0.1:%d/out, http://127.0.0.1:%d/second" % (port, port)}) as w:
        told = [login(w, "web", who)["access_token"] for who in ("u1", "u2", "u3")]
        for text in told:
            logout(w, text)
        assert w.stop(how) == (0 if how == signal.SIGTERM else -9)
        assert how == signal.SIGKILL or "notices of a logout wait; they are written down and sent after the next start" in w.log()
        kept = rows(w)
        assert len(kept) == 6 and all(text.encode() not in sealed for _, _, sealed, _ in kept for text in told)
        neighbour = Listener(port=port)
        try:
            w.start()
            assert neighbour.paths(6, 20) == sorted("/%s?tokens=%s" % (path, text) for path in ("out", "second") for text in told)
            assert until(lambda: waiting(w, "notices") == 0) and not rows(w)
            assert "6 notices of a logout that were written down before the last stop are sent now" in w.log()
            assert not any(text in w.log() for text in told)
        finally:
            neighbour.close()


def test_a_notice_that_failed_waits_through_every_restart():
    port = free_ports(1)[0]
    with world({"web": "http://127.0.0.1:%d/out" % port}) as w:
        t = login(w, "web")
        logout(w, t["access_token"])
        assert count_of(w, "failed", 1) == 1 and waiting(w, "notices") == 1 and not lives(w, t)
        w.stop()
        w.start()
        assert until(lambda: count_of(w, "failed", 1) == 1) and waiting(w, "notices") == 1
        w.stop()
        neighbour = Listener(port=port)
        try:
            w.start()
            assert neighbour.paths(1) == ["/out?tokens=" + t["access_token"]]
        finally:
            neighbour.close()


def ask_many(w, n, d="zlt"):
    for i in range(n):
        r = w.ask(d, str(int(PHONE) - i))
        assert (r.status, r.text) == (200, OK[d])


@HOW_OF_A_FILE
def test_messages_outlive_a_stop_and_none_comes_twice(how):
    slow = Gateway("webhook", "slow")
    with Phones(slow, sms_address_per_hour=1000) as w:
        ask_many(w, 8)
        assert until(lambda: slow.asked == 2)                   # one gateway holds half of the senders at most
        first = {slow.message()[0] for _ in range(2)}
        assert w.server.stop(how) == (0 if how == signal.SIGTERM else -9)
        kept = rows(w.server)
        assert len(kept) == (6 if how == signal.SIGTERM else 8) and not any(PHONE.encode() in sealed for _, _, sealed, _ in kept)
        assert how == signal.SIGKILL or "6 text messages wait; they are written down and sent after the next start" in w.server.log()
        slow.mood = "ok"
        w.server.start()
        rest = [slow.message() for _ in range(6)]
        assert all(rest) and not first & {phone for phone, _ in rest} and slow.message(0.5) is None
        assert how == signal.SIGTERM or "2 that may have been sent already" in w.server.log()
        phone, code = rest[0]
        assert w.redeem("zlt", code, phone).status == 200
        assert until(lambda: not rows(w.server))
        assert not any(x in w.server.log() for pair in rest for x in pair)


def test_a_gateway_without_a_connection_is_tried_again():
    gateway = Gateway()
    port = int(gateway.url.rsplit(":", 1)[1])
    gateway.close()
    with Phones(gateway) as w:
        assert w.ask("connect").status == 200
        assert until(lambda: 'hufu_sms_messages_total{outcome="failed"} 1\n' in w.server.metrics())
        assert rows(w.server) and not rows(w.server)[0][3] and "no connection" in w.server.log()
        w.server.stop()
        again = Gateway()
        w.server.top = w.server.top.replace(":%d" % port, ":" + again.url.rsplit(":", 1)[1])
        w.server.start()
        assert again.message()[0] == PHONE
        w.gateway = again


def test_a_dead_code_is_never_sent():
    slow = Gateway("webhook", "slow")
    with Phones(slow, sms_address_per_hour=1000) as w:
        ask_many(w, 5)
        assert until(lambda: slow.asked == 2)
        w.server.turn_clock(61)
        assert until(lambda: 'hufu_sms_messages_total{outcome="failed"} 5\n' in w.server.metrics())
        assert slow.asked == 2 and not rows(w.server)
        assert "it waited until its time was over" in w.server.log()
        dropped = [json.loads(line) for line in w.server.log().split("\n") if '"event":"message.dropped"' in line]
        assert dropped and sum(r["n"] for r in dropped) == 5 and PHONE not in json.dumps(dropped), dropped


def test_a_full_queue_is_told_in_the_words_of_the_dialect():
    slow = Gateway("webhook", "slow")
    with Phones(slow, sms_address_per_hour=100000, sms_number_per_hour=100000, sms_number_per_day=100000, sms_pause_s=0) as w:
        seen = []
        for i in range(200):
            seen.append(w.ask("zlt", str(int(PHONE) - i % 10)))
        full = [r for r in seen if r.text != OK["zlt"]]
        assert len(seen) - len(full) <= 192 + 4 and full and all("请求过于频繁" in r.text for r in full)
        r = w.ask("connect", "18888880000")                     # a number of nobody
        assert r.status == 429 and r.json() == {"error": "slow_down"} and int(r.get("Retry-After")) > 0
        assert 'hufu_sms_messages_total{outcome="refused"} %d\n' % (len(full) + 1) in w.server.metrics()


def test_a_silent_receiver_delays_no_other():
    stuck, web = Listener("hang"), Listener()
    try:
        with world({"stuck": stuck.url + "/out", "web": web.url + "/out"}, single_login=False) as w:
            begun = time.time()
            for _ in range(12):
                t = login(w, "web")
                login(w, "stuck")
                logout(w, t["access_token"])
            assert len(web.paths(12, 10)) == 12 and time.time() - begun < 15
            assert len(stuck.asked) <= 8 and log_says(w, "no answer in time")
    finally:
        stuck.close()
        web.close()
