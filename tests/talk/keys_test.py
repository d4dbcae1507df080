"""Keys withdrawn, replaced, lost; the store lost beside them; the clock set back; the control socket over its queue."""
import concurrent.futures, json, pathlib, shutil, socket, sqlite3, subprocess, tempfile, time

import pytest

import talker_jwt
from server import ELSEWHERE, clean_env
from talker import APP_SECRET, SERVICE_SECRET, World, basic, form, get, get_code, introspect, post, redeem, refresh, tokens, wait


def service(w, issuer="modern"):
    return post(w.at(issuer, "/token"), {"grant_type": "client_credentials"}, basic("service", SERVICE_SECRET))


def known(w, token):
    """What the service hears of a token of its own."""
    return introspect(w, token, client="service", secret=SERVICE_SECRET)


def kids(w, issuer="modern"):
    return [k["kid"] for k in get(w.at(issuer, "/jwks")).json()["keys"]]


def key_rows(w, issuer):
    return [k for k in w.control({"do": "key.list", "issuer": issuer})["keys"]]


def failed_start(w):
    """Exit status and log of a start that is expected to fail."""
    w.stop()
    w.write_config()
    r = subprocess.run([str(w.build / "hufud"), "--config", str(w.conf)], capture_output=True, text=True, timeout=30, env=clean_env())
    assert "Sanitizer" not in r.stderr
    return r.returncode, r.stdout + r.stderr


# --- signing keys ------------------------------------------------------------------------------------------------------------------

def test_a_revoked_key_is_out_at_once():
    with World("modern", "taroco") as w:
        token = service(w).json()["access_token"]
        kid = talker_jwt.header(token)["kid"]
        assert known(w, token)["active"]
        status, out, err = w.hufu("key", "revoke", kid)
        assert status == 0 and kid in out, err
        assert kid not in kids(w) and len(kids(w)) == 1
        assert known(w, token) == {"active": False}
        fresh = service(w).json()["access_token"]
        assert talker_jwt.header(fresh)["kid"] == kids(w)[0] and known(w, fresh)["active"]
        assert "revoked by command" in w.log()
        assert [k["state"] for k in key_rows(w, "modern") if k["kid"] == kid] == ["revoked"]
        w.turn_clock(4000 * 86400)
        assert wait(lambda: len(kids(w)) >= 1 and kid not in kids(w))
        assert w.hufu("key", "revoke", "no-such-key")[0] == 1


def test_a_revoked_key_stays_out_over_a_restart_and_an_import():
    with World("modern") as w, tempfile.TemporaryDirectory() as d:
        pem = pathlib.Path(d) / "key.pem"
        subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", str(pem)], check=True, capture_output=True)
        assert w.hufu("key", "import", "--file", str(pem))[0] == 0
        kid = talker_jwt.header(service(w).json()["access_token"])["kid"]
        w.stop()
        assert w.hufu("key", "revoke", kid)[0] == 0             # at rest
        w.start()
        assert kid not in kids(w)
        status, out, err = w.hufu("key", "import", "--file", str(pem))
        assert status == 1 and "revoked" in err
        assert kid not in kids(w)
        assert w.rows("SELECT length(sealed) FROM signing_keys WHERE kid = '%s'" % kid) == [(0,)]                                      # the private part is gone too


def test_the_63rd_rotation_and_many_more():
    with World("modern", settings={"modern": {"signing_alg": "ES256", "id_token_algs": []}}) as w:
        for i in range(70):
            assert w.control({"do": "key.rotate", "issuer": "modern", "now": True}).get("ok")
        token = service(w).json()["access_token"]
        assert talker_jwt.header(token)["kid"] in kids(w) and len(kids(w)) == 71
        assert len(key_rows(w, "modern")) == 72
        w.stop()
        w.start()
        assert known(w, token)["active"]


# --- the token key -----------------------------------------------------------------------------------------------------------------

def test_the_token_key_rotates_and_is_revoked():
    with World("modern") as w:
        t = redeem(w, get_code(w)).json()
        status, out, err = w.hufu("key", "rotate", "--token-key")
        assert status == 0 and "token-key-" in out, err
        r = refresh(w, t["refresh_token"])                      # made under the key before
        assert r.status == 200
        second = r.json()
        w.stop()
        w.start()
        third = refresh(w, second["refresh_token"])
        assert third.status == 200
        other = redeem(w, get_code(w)).json()
        status, out, err = w.hufu("key", "revoke", out.split("token-key-")[1].split()[0].join(["token-key-", ""]), "--issuer", "modern")
        assert status == 0, err
        for text in (third.json()["refresh_token"], other["refresh_token"]):
            assert refresh(w, text).status == 400
            assert introspect(w, text) == {"active": False}
        assert redeem(w, get_code(w)).status == 200


def test_opaque_tokens_told_again_over_a_rotation():
    """003 returns the living token: the same text before and after the token key was replaced, another one when it was revoked."""
    with World("spring") as w:
        ask = lambda: post(w.at("spring", "/oauth/token"), {"grant_type": "client_credentials"}, basic("service", SERVICE_SECRET))
        check = lambda token: post(w.at("spring", "/oauth/check_token"), {"token": token}, basic("service", SERVICE_SECRET)).status
        first = ask()
        assert first.status == 200
        first = first.json()["access_token"]
        assert ask().json()["access_token"] == first
        assert w.hufu("key", "rotate", "--issuer", "spring", "--token-key")[0] == 0
        assert ask().json()["access_token"] == first and check(first) == 200
        assert w.hufu("key", "revoke", "token-key", "--issuer", "spring")[0] == 0
        assert check(first) == 400
        again = ask().json()["access_token"]
        assert again != first and check(again) == 200 and check(first) == 400
        assert ask().json()["access_token"] == again


# --- sealed rows ---------------------------------------------------------------------------------------------------------------------

def test_a_sealed_row_copied_from_another_issuer_is_refused():
    with World("modern", "spring") as w:
        w.stop()
        w.change("UPDATE signing_keys SET sealed = (SELECT sealed FROM signing_keys WHERE issuer = 'spring' AND kid = 'token-key') WHERE issuer = 'modern' AND kid = 'token-key'")
        status, text = failed_start(w)
        assert status == 1 and "token-key" in text and "another issuer" in text, text


# --- what got lost -------------------------------------------------------------------------------------------------------------------

@pytest.mark.embedded("it takes the file away and empties it")
@pytest.mark.parametrize("how", ["missing", "empty"])
def test_a_store_that_got_lost_is_not_begun_anew_in_silence(how):
    with World("modern") as w:
        w.stop()
        data = w.dir / "data"
        for name in ("hufu.db", "hufu.db-wal", "hufu.db-shm"):
            (data / name).unlink(missing_ok=True)
        if how == "empty":
            (data / "hufu.db").write_bytes(b"")
        status, text = failed_start(w)
        assert status == 1 and "hufu store new" in text and how in text, text
        status, out, err = w.hufu("client", "list")
        assert status == 1 and "hufu store new" in err
        if how == "missing":
            assert not (data / "hufu.db").exists()
        assert w.hufu("store", "new")[0] == 0
        status, out, err = w.hufu("store", "new")
        assert status == 1 and "already" in err
        w.start()
        assert len(kids(w)) == 1


def test_servers_that_meet_in_a_test_have_keys_of_their_own():
    """Though their stores may be copies (tests/first_starts.py): else a signature of the one would pass for the other's."""
    with World("modern") as a:
        first = kids(a)
        with World("modern") as b:
            second = kids(b)
        with World("modern") as c:
            assert len({*first, *second, *kids(c)}) == 3


def test_a_first_start_says_that_a_store_begins():
    with World("modern", first=True) as w:
        assert w.log().count("a new store begins in %s" % (w.dir / "data" if not ELSEWHERE else "postgresql://")) == 1
        w.stop()
        w.start()
        assert w.log().count("a new store begins") == 1
        assert ELSEWHERE == any('"event":"store.begun"' in line and "postgresql://" in line for line in w.log().splitlines())
        w.stop()
        if ELSEWHERE:
            return                                              # a directory named by hand is not where the tables are
        with tempfile.TemporaryDirectory() as d:
            r = subprocess.run([str(w.build / "hufu"), "--config", str(w.conf), "--data", d + "/typo", "client", "list", "--realm", "main"], capture_output=True, text=True, env=clean_env(), timeout=60)
            assert r.returncode == 1 and "a new store begins in %s/typo" % d in r.stderr, r.stderr
            assert not pathlib.Path(d, "typo").exists()         # a slip of the hand makes nothing


@pytest.mark.parametrize("how", ["missing", "empty"])
def test_a_key_file_that_got_lost(how):
    with World("modern") as w:
        token = service(w).json()["access_token"]
        w.stop()
        kek = w.dir / "data" / "kek"
        good = kek.read_bytes()
        kek.unlink() if how == "missing" else kek.write_bytes(b"")
        status, text = failed_start(w)
        assert status == 1 and str(kek) in text and how in text and "hufu key forget" in text, text
        assert not kek.exists() or kek.read_bytes() == b""      # no other key was put in its place
        kek.write_bytes(good)
        status, out, err = w.hufu("key", "forget")
        assert status == 1 and "nothing is lost" in err         # it opens them
        w.start()
        assert known(w, token)["active"]
        w.stop()
        kek.unlink() if how == "missing" else kek.write_bytes(b"")
        assert w.hufu("key", "forget")[0] == 0
        w.start()
        assert len(kids(w)) == 1 and known(w, token) == {"active": False}


def test_an_empty_key_file_of_a_first_start_that_crashed():
    with World("modern") as w:
        w.stop()
        shutil.rmtree(w.dir / "data")
        (w.dir / "data").mkdir(mode=0o700)
        (w.dir / "data" / "kek").write_bytes(b"")
        w.start()
        assert len((w.dir / "data" / "kek").read_bytes()) == 65


# --- the clock set back ----------------------------------------------------------------------------------------------------------------

def test_sweeping_rotation_and_the_report_go_on_when_the_clock_is_set_back():
    with World("modern", "spring", top="keys:\n  rotate: 10d\n  publish: 1d\n  retire: 2d") as w:
        w.turn_clock(1000 * 86400)
        assert wait(lambda: len(kids(w)) >= 2)
        w.turn_clock(-1000 * 86400)
        near = lambda: time.time() + 86400 + 60
        assert wait(lambda: all(k["active"] < near() for k in key_rows(w, "modern") if k["state"] == "coming"))
        signer = lambda: talker_jwt.header(service(w).json()["access_token"])["kid"]
        before = signer()
        rows = lambda: w.rows("SELECT count(*) FROM codes")[0][0]
        get_code(w)
        assert rows() >= 1
        w.turn_clock(12 * 86400)                                # far from the day that was reached before
        assert wait(lambda: rows() == 0)
        assert wait(lambda: signer() != before)
        second = set(kids(w))
        w.turn_clock(10 * 86400)
        assert wait(lambda: set(kids(w)) - second)


# --- the control socket over its queue ---------------------------------------------------------------------------------------------------

def test_the_control_socket_over_its_queue_says_503():
    with World("modern") as w:
        body = json.dumps({"do": "user.create", "realm": "main", "name": "%s", "password": "correct horse battery %s"})

        def ask(n):
            s = socket.socket(socket.AF_UNIX)
            s.settimeout(60)
            s.connect(w.sock)
            text = (body % (("u%d" % n), n)).encode()
            s.sendall(b"POST /control HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(text) + text)
            answer = b""
            while piece := s.recv(65536):
                answer += piece
            s.close()
            return answer

        with concurrent.futures.ThreadPoolExecutor(60) as pool:
            answers = list(pool.map(ask, range(60)))
        states = {a.split(b" ", 2)[1] for a in answers}
        assert b"503" in states and states <= {b"200", b"400", b"503"}, states
        for a in answers:
            if a.split(b" ", 2)[1] == b"503":
                head, text = a.split(b"\r\n\r\n", 1)
                assert b"retry-after: 1" in head.lower() and json.loads(text)["hint"]
        assert w.hufu("status")[0] == 0


# --- a store that another program holds ------------------------------------------------------------------------------------------------

@pytest.mark.embedded("another program holds the lock of the file")
def test_a_store_locked_by_another_program_is_said_and_forgotten():
    with World("modern") as w:
        code = get_code(w)
        other = sqlite3.connect(str(w.dir / "data" / "hufu.db"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        r = redeem(w, code)
        assert r.status == 503 and r.json()["error"] in ("temporarily_unavailable", "server_error"), r
        assert "cannot write" in w.log()
        other.execute("ROLLBACK")
        other.close()
        assert redeem(w, code).status == 200                    # nothing was half done
