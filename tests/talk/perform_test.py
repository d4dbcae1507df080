"""hufu perform: whole flows from a terminal, as an application goes through them; hufu token verify; hufu hash."""
import json, subprocess, threading

import pytest

from listener import Listener
from server import clean_env, free_ports, remember
from talker import APP_SECRET, PASSWORD, SERVICE_SECRET, World, send, tokens

SECRET = remember("hashed-by-hand-51d0")


@pytest.fixture(scope="module")
def w():
    with World("modern") as world:
        yield world


def performed(w, *args, secret=None):
    """(status, the answer, the steps)"""
    status, out, err = w.hufu("perform", *args, *(["--secret-stdin"] if secret else []), input=secret)
    return status, json.loads(out) if out.strip() else None, err


class Performing:
    """A flow that waits for a person; line() gives what it says on the way."""

    def __init__(self, w, *args):
        self.p = subprocess.Popen([str(w.build / "hufu"), "--config", str(w.conf), "perform", *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True, env=clean_env())
        threading.Timer(90, self.p.kill).start()
        self.said = []

    def line(self, begins):
        for line in self.p.stderr:                      # until it ends: the flow has an end of its own
            self.said.append(line)
            if line.startswith(begins):
                return line.strip()
        raise AssertionError(self.said)

    def end(self):
        out, err = self.p.communicate(timeout=60)
        return self.p.returncode, out, "".join(self.said) + err


def code_flow(w, *args):
    """Up to the address for the browser; (the flow, the address, where it comes back to)"""
    here = "http://127.0.0.1:%d/back" % free_ports(1)[0]
    f = Performing(w, "code", w.at("modern", ""), "--redirect-uri", here, "--wait", "50", *args)
    return f, f.line("http://127.0.0.1:%d/authorize" % w.port["modern"]), here


def test_a_service(w):
    status, got, steps = performed(w, "client-credentials", w.at("modern", ""), "--client", "service", "--scope", "read", secret=SERVICE_SECRET)
    assert status == 0, steps
    assert got["answer"]["token_type"] == "Bearer" and got["answer"]["scope"] == "read"
    assert got["decoded"]["access_token"]["claims"]["client_id"] == "service"
    assert "-> POST %s" % w.at("modern", "/token") in steps and "grant_type=client_credentials" in steps and "<- 200" in steps
    assert SERVICE_SECRET not in steps and got["answer"]["access_token"] not in steps


def test_a_secret_in_the_form_and_a_wrong_one(w):
    url = w.at("modern", "")
    assert performed(w, "client-credentials", url, "--client", "service", "--post", secret=SERVICE_SECRET)[0] == 0
    status, _, err = performed(w, "client-credentials", url, "--client", "service", secret="wrong-one-entirely")
    assert status == 1 and "invalid_client" in err and "status 401" in err


def test_a_guest_is_gone_afterwards(w):
    before = w.hufu("client", "list", "--json")[1]
    status, got, _ = performed(w, "client-credentials", w.at("modern", ""))
    assert status == 0
    guest = got["decoded"]["access_token"]["claims"]["client_id"]
    assert guest.startswith("guest-")
    assert w.hufu("client", "show", guest)[0] == 1 and w.hufu("client", "list", "--json")[1] == before


def test_a_login(w):
    f, url, here = code_flow(w)
    assert "code_challenge_method=S256" in url and "nonce=" in url
    back = w.browser("modern").authorize(url, "alice", PASSWORD)
    assert back.location.startswith(here + "?")
    assert "go back to the terminal" in send("GET", back.location).text
    status, out, steps = f.end()
    assert status == 0, steps
    got = json.loads(out)
    assert got["decoded"]["id_token"]["claims"]["aud"].startswith("guest-") or got["decoded"]["id_token"]["claims"]["aud"][0].startswith("guest-")
    assert "code=..." in steps and "code_verifier=..." in steps
    assert w.hufu("token", "verify", got["answer"]["id_token"])[0] == 0


@pytest.mark.parametrize("change, wrong", [(lambda q: q.replace("state=", "state=x"), "state is not the one"), (lambda q: q.replace("iss=", "iss=https%3A%2F%2Felsewhere"), "iss of the answer"),
                                           (lambda q: q.replace("code=", "kode="), "no code")])
def test_an_answer_of_somebody_else(w, change, wrong):
    f, url, here = code_flow(w, "--client", "app-here")
    # the client is unknown, so nothing but the listener is needed: the answer is made by hand
    query = dict(p.split("=", 1) for p in url.split("?")[1].split("&"))
    answer = "code=abc&state=%s&iss=%s" % (query["state"], w.at("modern", "").replace(":", "%3A").replace("/", "%2F"))
    assert send("GET", here + "?" + change(answer)).status == 200
    status, _, err = f.end()
    assert status == 1 and wrong in err


def test_a_refusal_and_nobody(w):
    f, url, here = code_flow(w)
    r = w.browser("modern").authorize(url, "alice", PASSWORD, allow=())
    send("GET", r.location)
    status, _, err = f.end()
    assert status == 1 and "access_denied" in err
    status, _, err = performed(w, "code", w.at("modern", ""), "--redirect-uri", "http://127.0.0.1:%d/cb" % free_ports(1)[0], "--wait", "1")
    assert status == 1 and "within 1 seconds" in err
    assert "guest-" not in w.hufu("client", "list")[1]


@pytest.mark.parametrize("where, wrong", [("https://app.example/cb", "of this machine"), ("http://app.example:80/cb", "of this machine"), ("http://192.0.2.1:8400/", "of this machine")])
def test_where_nobody_can_listen(w, where, wrong):
    status, _, err = performed(w, "code", w.at("modern", ""), "--redirect-uri", where, "--client", "app")
    assert status == 1 and wrong in err


def test_a_device(w):
    f = Performing(w, "device", w.at("modern", ""), "--scope", "openid")
    line = f.line("hufu: Open ")
    code = line.split()[-1]
    b = w.browser("modern")
    b.follow(b.login(b.get("/login"), "alice", PASSWORD))
    page = b.follow(b.submit(next(x for x in b.get("/device").forms() if "device-submit" in x["buttons"]), user_code=code))
    b.submit(page.form("approve-form"), "approve-allow")
    status, out, steps = f.end()
    assert status == 0, steps
    assert json.loads(out)["answer"]["access_token"] and "device_code=..." in steps


def test_no_server_and_another_one(w):
    other = Listener(404)
    try:
        status, _, err = performed(w, "client-credentials", other.url, "--client", "x")
        assert status == 1 and "/.well-known/openid-configuration" in err and "404" in err and "/.well-known/oauth-authorization-server" in err
    finally:
        other.close()
    status, _, err = performed(w, "client-credentials", "http://127.0.0.1:%d" % free_ports(1)[0], "--client", "x")
    assert status == 1 and "no connection" in err
    status, _, err = performed(w, "client-credentials", "http://localhost:%d" % w.port["modern"], "--client", "x")
    assert status == 1 and "of the issuer" in err


def test_token_verify(w):
    t = tokens(w, scope="openid read")
    status, out, _ = w.hufu("token", "verify", t["access_token"])
    got = json.loads(out)
    assert status == 0 and got["verified"] is True and got["issuer"] == w.at("modern", "")
    assert w.hufu("token", "verify", t["id_token"], "--audience", "app")[0] == 0
    head, claims, signature = t["access_token"].split(".")
    for token, args, wrong in [(t["access_token"], ["--audience", "elsewhere"], "aud does not name"), (".".join([head, claims, ("A" if signature[0] != "A" else "B") + signature[1:]]), [], "fits none"),
                               (t["access_token"], ["--issuer-url", "http://localhost:%d" % w.port["modern"]], "of the issuer"), ("no.jwt", [], "no JWT")]:
        status, _, err = w.hufu("token", "verify", token, *args)
        assert status == 1 and wrong in err, (token, err)
    status, out, _ = w.hufu("token", "verify", "-", input=t["access_token"])
    assert status == 0


def test_hash(w):
    status, made, _ = w.hufu("hash", "--secret-stdin", input=SECRET)
    assert status == 0 and SECRET not in made
    made = made.strip()
    status, out, _ = w.hufu("hash", "--check", made, "--secret-stdin", input=SECRET)
    assert status == 0 and out.startswith("it fits")
    status, out, _ = w.hufu("hash", "--check", made, "--secret-stdin", "--json", input="another")
    assert status == 1 and json.loads(out)["fits"] is False
    assert w.hufu("hash", "--check", "{MD5}5f4dcc3b5aa765d61d8327deb882cf99", "--secret-stdin", input="password")[0] == 0
    status, _, err = w.hufu("hash", "--check", "what is this", "--secret-stdin", input=SECRET)
    assert status == 1 and "not known" in err


def test_a_request_that_is_too_long_is_not_sent_without_its_rest(w):
    status, _, err = performed(w, "client-credentials", w.at("modern", ""), "--client", "service", "--scope", "x" * 70000, secret=SERVICE_SECRET)
    assert status == 1 and "the request is too long" in err and "-> POST" not in err
