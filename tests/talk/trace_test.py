"""W3C Trace Context: the traceparent of a request stands in its lines of the log and goes on, with another span, to whoever is asked for it."""
import json, re

import pytest

import talker_jwt, upstreams
from assertion_test import JWT, KEY, ask as assert_by_jwt, claims
from gateway import Gateway
from request_object_test import documents
from sms_test import Phones
from talker import APP_SECRET, SERVICE_SECRET, World, audit_of, basic, client, post, raw, realm, wait
from upstream_test import PEOPLE, begin, come_back, people

ID, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = "00-%s-%s-01" % (ID, SPAN)
CHILD = re.compile("00-%s-([0-9a-f]{16})-01" % ID)


@pytest.fixture(scope="module")
def w(tmp_path_factory):
    path = tmp_path_factory.mktemp("trace") / "audit/trail.jsonl"
    with World("modern", top="\naudit: {file: %s}\n" % path) as world:
        world.trail = path
        yield world


def id_of(n):
    return "%032x" % (0xabc0000 + n)


def ask(w, traceparent, secret=SERVICE_SECRET, **headers):
    return post(w.at("modern", "/token"), {"grant_type": "client_credentials"}, {**basic("service", secret), "traceparent": traceparent, **headers})


def test_the_line_of_a_request_says_its_trace(w):
    assert ask(w, PARENT).status == 200
    line = audit_of(w, trace_id=ID)
    assert line["parent_span"] == SPAN and re.fullmatch("[0-9a-f]{16}", line["span"]) and line["span"] != SPAN
    later = "cc-%s-%s-01-what-comes" % (id_of(1), SPAN)
    assert ask(w, later).status == 200 and audit_of(w, trace_id=id_of(1))


@pytest.mark.parametrize("n, parent", list(enumerate([
    "00-%s-%s-01" % ("0" * 32, SPAN), "00-%s-%s-01" % (ID, "0" * 16), "ff-%s-%s-01" % (ID, SPAN), PARENT.upper(), PARENT + "-more", "nonsense", ""])))
def test_what_is_none_is_none_and_none_is_made(w, n, parent):
    r = ask(w, parent, "wrong-%d" % n)
    line = audit_of(w, error_id=r.get("X-Hufu-Error-Id"))
    assert not {"trace_id", "span", "parent_span"} & set(line)


def test_two_are_none(w):
    host = w.url["modern"].split("//")[1]
    got = raw(int(host.split(":")[1]), ("GET /nowhere HTTP/1.1\r\nHost: %s\r\ntraceparent: %s\r\nTraceParent: %s\r\nConnection: close\r\n\r\n" % (host, PARENT, PARENT)).encode())
    i = re.search(rb"X-Hufu-Error-Id: (\w+)", got)[1].decode()
    assert "trace_id" not in audit_of(w, error_id=i)


def test_the_trace_is_explained_and_found(w):
    t = id_of(3)
    i = post(w.at("modern", "/token"), {"grant_type": "authorization_code"}, {**basic("app", "wrong"), "traceparent": "00-%s-%s-01" % (t, SPAN)}).get("X-Hufu-Error-Id")
    assert post(w.at("modern", "/introspect"), {"token": "x"}, {**basic("app", APP_SECRET), "traceparent": "00-%s-%s-01" % (t, SPAN)}).status == 200
    assert wait(lambda: w.trail.read_text().count(t) >= 2)
    status, out, err = w.hufu("explain", "--trace", t)
    assert status == 0 and "client_secret" in out and "2.3.1" in out and "POST token" in out and "POST introspect" in out, (out, err)
    rows = [json.loads(line) for line in w.hufu("--json", "explain", "--trace", t, "--log", str(w.log_path))[1].splitlines()]
    assert [r.get("error_id") for r in rows][0] == i and len(rows) == 2 and len({r["span"] for r in rows}) == 2
    found = [json.loads(line) for line in w.hufu("audit", "search", "--trace", t, "--json")[1].splitlines()]
    assert len(found) >= 2 and {r["trace_id"] for r in found} == {t}
    assert w.hufu("audit", "search", "--trace", id_of(999))[1] == ""
    assert w.hufu("explain", "--trace", id_of(999))[0] == 1
    for wrong in (["explain"], ["explain", "abcd2345", "--trace", t], ["explain", "--trace", "x"], ["audit", "search", "--trace", t.upper()]):
        assert w.hufu(*wrong)[0] == 2, wrong
    assert "trace_id" in w.hufu("audit", "export", "--csv")[1].splitlines()[0]


def test_records_and_messages_of_it_say_so_too(w):
    for _ in range(8):
        ask(w, "00-%s-%s-00" % (id_of(2), SPAN), "wrong", **{"X-Forwarded-For": "192.0.2.7"})
    assert wait(lambda: any(json.loads(line).get("trace_id") == id_of(2) for line in w.log().splitlines() if '"event":"client.throttled"' in line))


def test_an_identity_provider_is_asked_with_a_child():
    """Metadata, keys, token and user info: all that the one request asks for has its trace, its own span, and the state untouched."""
    with upstreams.providers() as (base, stand):
        with World("modern", realms=[people()], top=upstreams.top({"openid": upstreams.settings(base, "openid", stand.keys)}), settings={"modern": {"identity_providers": ["openid"]}}) as w:
            b, there = begin(w, "openid")
            back = stand.go("openid", there, PEOPLE["openid"])
            stand.traces.clear()
            state = "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"
            come_back(b, back, traceparent=PARENT, tracestate=state)
            line = audit_of(w, trace_id=ID)
            asked = list(stand.traces)
            assert {p.rsplit("/", 1)[1] for p, _, _ in asked} >= {"token", "userinfo"}
            for path, parent, told in asked:
                assert parent and CHILD.fullmatch(parent)[1] == line["span"] != SPAN and told == state, (path, parent, told)
            stand.traces.clear()
            b, there = begin(w, "openid")
            come_back(b, stand.go("openid", there, PEOPLE["openid"]), traceparent=PARENT, tracestate="a=" + "x" * 600)
            assert [t for _, p, t in stand.traces if p and CHILD.fullmatch(p)] == [None] * len(stand.traces)
            stand.traces.clear()
            b, there = begin(w, "openid")
            come_back(b, stand.go("openid", there, PEOPLE["openid"]), tracestate=state)         # without a traceparent it means nothing
            assert stand.traces and all(p is t is None for _, p, t in stand.traces)


def test_a_key_set_is_asked_for_with_a_child():
    with documents() as (base, have, asked):
        have["/jwks"] = json.dumps({"keys": [KEY.jwk]})
        r = realm()
        r["clients"] += [client("far", None, metadata={**JWT, "jwks": None, "jwks_uri": base + "/jwks"}, grants=["client_credentials"], scopes=["read"])]
        with World("modern", realms=[r], settings={"modern": {"client_documents_private": True}}) as w:
            assert assert_by_jwt(w, KEY.sign(claims(w, "far")), {"traceparent": PARENT}).status == 200
            assert CHILD.fullmatch(asked["traceparent"])[1] == audit_of(w, trace_id=ID)["span"]


def test_an_errand_of_the_request_has_its_trace():
    """A text message is sent by another thread after the answer."""
    g = Gateway()
    with Phones(g) as p:
        r = post(p.base["connect"] + "/connect/sms", {"phone": "18888888888"}, {**basic("app", "app-secret-sms"), "traceparent": PARENT, "tracestate": "a=b"})
        assert r.status == 200 and g.code()
        r = post(p.base["connect"] + "/connect/sms", {"phone": "18888888887"}, basic("app", "app-secret-sms"))
        assert r.status == 200 and g.code()
        assert CHILD.fullmatch(g.traces[0][0]) and g.traces[0][1] == "a=b" and g.traces[1] == (None, None)
