"""An API that wants a login of another kind, or a more recent one: RFC 9470."""
import re, shutil, subprocess, time

import pytest

import talker_jwt
from server import free_ports
from talker import APP_SECRET, SERVICE_SECRET, VERIFIER, World, audit_of, authorize_url, basic, bearer, client, form, get, get_code, introspect, post, realm, redeem, refresh, send
from talker_jwt import Holder

SIGNED, OPAQUE = {"signing_alg": "ES256"}, {"access_shape": "row_id"}


def world(shape="jwt", **more):
    return World("modern", settings={"modern": {**(OPAQUE if shape == "opaque" else SIGNED), **more}})


def verify(w, token, **query):
    return send("GET", w.at("modern", "/auth/verify") + "?" + form(query), None, bearer(token))


def login(w, b, **more):
    """The tokens after an authorization request, whoever is asked whatever."""
    r = b.authorize(authorize_url(w, scope="openid read", **more))
    return redeem(w, r.query()["code"]).json()


def challenge(r):
    said = r.get("WWW-Authenticate")
    assert r.status == 401 and r.body == b"" and 'error="insufficient_user_authentication"' in said, r
    return said


@pytest.mark.parametrize("shape", ["jwt", "opaque"])
def test_a_token_says_how_and_when_its_user_logged_in(shape):
    with world(shape) as w:
        t = redeem(w, get_code(w, scope="openid read")).json()
        access, own = t["access_token"], talker_jwt.claims(t["id_token"])
        assert ("." in access) == (shape == "jwt")
        facts = introspect(w, access)
        assert (facts["acr"], facts["auth_time"]) == ("1", own["auth_time"]) and facts["auth_time"] > time.time() - 60
        if shape == "jwt":
            assert (talker_jwt.claims(access)["acr"], talker_jwt.claims(access)["auth_time"]) == ("1", own["auth_time"])
        of_refresh = introspect(w, t["refresh_token"])
        assert of_refresh["active"] and "acr" not in of_refresh and "auth_time" not in of_refresh
        # a client alone has not logged in
        alone = post(w.at("modern", "/token"), {"grant_type": "client_credentials"}, basic("service", SERVICE_SECRET)).json()["access_token"]
        facts = introspect(w, alone, client="service", secret=SERVICE_SECRET)
        assert facts["active"] and "acr" not in facts and "auth_time" not in facts
        assert verify(w, alone).status == 200
        assert 'acr_values="1"' in challenge(verify(w, alone, acr_values="1")) and 'max_age="600"' in challenge(verify(w, alone, max_age=600))
        # what a refresh gives is of the same login
        w.turn_clock(100)
        again = refresh(w, t["refresh_token"]).json()
        facts = introspect(w, again["access_token"])
        assert (facts["acr"], facts["auth_time"]) == ("1", own["auth_time"])
        assert verify(w, again["access_token"], max_age=600).status == 200
        assert challenge(verify(w, again["access_token"], max_age=60))
        assert get(w.at("modern", "/userinfo"), bearer(again["access_token"])).status == 200


@pytest.mark.parametrize("shape", ["jwt", "opaque"])
def test_a_challenge_leads_to_a_login_and_a_token_that_suffices(shape):
    with world(shape) as w:
        b = w.browser("modern")
        t = login(w, b)
        for fine in (dict(acr_values="1"), dict(acr_values="2 1", max_age=60), dict(max_age=60, scope="read"), dict(acr_values="", max_age="")):
            assert verify(w, t["access_token"], **fine).status == 200, fine
        w.turn_clock(100)
        r = verify(w, t["access_token"], acr_values="1", max_age=60, scope="read")
        said = challenge(r)
        assert 'acr_values="1"' in said and 'max_age="60"' in said and 'scope="read"' in said and said.startswith("Bearer ")
        assert audit_of(w, error_id=r.get("X-Hufu-Error-Id"))["reason"] == "bearer_step_up"
        # one challenge has all that is lacking: login and scope
        assert 'scope="read write"' in challenge(verify(w, t["access_token"], max_age=60, scope="read write"))
        # the session lives, yet the user is asked
        assert "code" in b.get(authorize_url(w, scope="openid read", acr_values="1")).query()
        wanted = dict(acr_values="1", max_age="60")
        assert b.get(authorize_url(w, scope="openid read", prompt="none", **wanted)).query()["error"] == "login_required"
        assert b.get(authorize_url(w, scope="openid read", **wanted)).location == w.at("modern", "/login")
        newer = login(w, b, **wanted)
        before, now = introspect(w, t["access_token"])["auth_time"], introspect(w, newer["access_token"])["auth_time"]
        assert now >= before + 100
        assert verify(w, newer["access_token"], **wanted).status == 200
        challenge(verify(w, t["access_token"], **wanted))                       # the old one is as old as it was


WRONG = {
    "another way": (dict(acr_values="2 3"), 401), "part of a word": (dict(acr_values="11"), 401), "in other letters": (dict(acr_values="urn:1"), 401),
    "no word": (dict(acr_values=" "), 401), "a quote": (dict(acr_values='2", max_age="0'), 401), "a line": (dict(acr_values="2\r\nX-Evil: 1"), None),
    "below zero": (dict(max_age="-1"), 400), "a text": (dict(max_age="soon"), 400), "a fraction": (dict(max_age="1.5"), 400),
    "without end": (dict(max_age="9" * 30), 400), "hexadecimal": (dict(max_age="0x10"), 400), "a blank": (dict(max_age=" 60"), 400),
}


@pytest.fixture(scope="module")
def one():
    with world() as w:
        yield w, redeem(w, get_code(w, scope="openid read")).json()["access_token"]


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_suffice_or_is_no_question(one, name):
    w, t = one
    query, status = WRONG[name]
    r = verify(w, t, **query)
    assert r.status in (400, 401) and (status is None or r.status == status), r
    assert r.get("X-Auth-Request-User") is None and r.get("X-Evil") is None and r.body == b""
    if name == "a quote":
        assert 'acr_values="2\\", max_age=\\"0"' in challenge(r)
    if status == 400:
        assert audit_of(w, error_id=r.get("X-Hufu-Error-Id"))["reason"] == "max_age"


def test_a_question_is_asked_once_and_of_a_good_token(one):
    w, t = one
    url = w.at("modern", "/auth/verify")
    for twice in ("max_age=60&max_age=6000", "acr_values=2&acr_values=1"):
        assert get(url + "?" + twice, bearer(t)).status == 400
    for token in ("nonsense", t[:-4] + "AAAA"):
        r = verify(w, token, max_age=60)
        assert r.status == 401 and 'error="invalid_token"' in r.get("WWW-Authenticate") and "max_age" not in r.get("WWW-Authenticate")
    r = verify(w, t, audience="https://api.example", acr_values="2")
    assert 'error="invalid_token"' in r.get("WWW-Authenticate")                  # for somebody else: nothing more is said


@pytest.mark.parametrize("shape", ["jwt", "opaque"])
def test_the_challenge_is_of_the_scheme_that_the_token_came_with(shape):
    with world(shape) as w:
        key, url = Holder(), w.at("modern", "/token")
        fields = {"grant_type": "authorization_code", "code": get_code(w, scope="openid read"), "redirect_uri": "https://app.example/cb", "code_verifier": VERIFIER}
        t = post(url, fields, {**basic("app", APP_SECRET), "DPoP": key.proof("POST", url, time.time())}).json()["access_token"]
        at = w.at("modern", "/auth/verify")

        def ask(**query):
            return get(at + "?" + form(query), {"Authorization": "DPoP " + t, "DPoP": key.proof("GET", at, time.time(), t)})
        assert ask(acr_values="1", max_age=600).status == 200
        said = challenge(ask(acr_values="2"))
        assert said.startswith("DPoP ") and 'acr_values="2"' in said and "algs=" in said
        assert 'error="invalid_token"' in verify(w, t, acr_values="2").get("WWW-Authenticate")      # without its key it is worth nothing


def test_an_issuer_may_need_acr_values():
    gold = client("gold", APP_SECRET, redirect_uris=["https://app.example/cb"], metadata={"default_acr_values": ["gold"]})
    people = realm()
    people["clients"].append(gold)
    with World("modern", realms=[people], settings={"modern": {**SIGNED, "acr_values_required": True}}) as w:
        b = w.browser("modern")
        assert login(w, b, acr_values="3 1")["access_token"] and login(w, b)["access_token"]
        q = b.get(authorize_url(w, scope="openid read", acr_values="3 4")).query()
        assert q["error"] == "unmet_authentication_requirements" and audit_of(w, reason="acr")
        assert b.get(authorize_url(w, client="gold")).query()["error"] == "unmet_authentication_requirements"
        assert "error" not in b.get(authorize_url(w, client="gold", acr_values="1")).query()


NGINX = """daemon off; master_process off; worker_processes 1; pid %(dir)s/pid; error_log %(dir)s/error.log;
events { worker_connections 64; }
http {
  access_log off; client_body_temp_path %(dir)s/body; proxy_temp_path %(dir)s/proxy; fastcgi_temp_path %(dir)s/fcgi; uwsgi_temp_path %(dir)s/uwsgi; scgi_temp_path %(dir)s/scgi;
  server {
    listen 127.0.0.1:%(front)d;
    location /api/ {
      auth_request /_verify;
      proxy_pass http://127.0.0.1:%(back)d/;
    }
    location /api/payments {
      auth_request /_verify_payments;
      proxy_pass http://127.0.0.1:%(back)d/;
    }
    location = /_verify {
      internal;
      proxy_pass %(issuer)s/auth/verify?scope=read;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
    }
    location = /_verify_payments {
      internal;
      proxy_pass %(issuer)s/auth/verify?scope=read&acr_values=1&max_age=60;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
    }
  }
  server {
    listen 127.0.0.1:%(back)d;
    location / { return 200 "paid\\n"; }
  }
}
"""


@pytest.mark.skipif(shutil.which("nginx", path="/usr/sbin:/usr/bin") is None, reason="no nginx here: tools/install test")
def test_nginx_passes_the_challenge_on(tmp_path):
    front, back = free_ports(2)
    at = "http://127.0.0.1:%d" % front
    with world() as w:
        (tmp_path / "nginx.conf").write_text(NGINX % {"dir": tmp_path, "front": front, "back": back, "issuer": w.url["modern"]})
        p = subprocess.Popen([shutil.which("nginx", path="/usr/sbin:/usr/bin"), "-p", str(tmp_path), "-e", str(tmp_path / "error.log"), "-c", str(tmp_path / "nginx.conf")],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(100):
                try:
                    get(at + "/none")
                    break
                except OSError:
                    time.sleep(0.1)
            b = w.browser("modern")
            t = login(w, b)["access_token"]
            assert get(at + "/api/payments", bearer(t)).text == "paid\n"
            w.turn_clock(100)
            assert get(at + "/api/orders", bearer(t)).status == 200
            r = get(at + "/api/payments", bearer(t))
            said = r.get("WWW-Authenticate")
            assert r.status == 401 and 'error="insufficient_user_authentication"' in said and 'max_age="60"' in said, r
            wanted = dict(re.findall(r'(acr_values|max_age)="([^"]*)"', said))
            assert get(at + "/api/payments", bearer(login(w, b, **wanted)["access_token"])).text == "paid\n"
        finally:
            p.terminate()
            p.wait()
