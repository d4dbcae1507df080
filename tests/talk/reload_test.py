"""Configuration reload, key rotation, and every way in which a start or a disk can fail."""
import concurrent.futures, json, os, pathlib, shutil, signal, socket, subprocess, tempfile, time

import pytest

import talker_jwt
from server import clean_env
from talker import APP_SECRET, SERVICE_SECRET, World, authorize_url, basic, get, get_code, introspect, post, redeem, refresh, tokens, wait


@pytest.fixture()
def w():
    with World("modern", "spring") as world:
        yield world


def service(w):
    return post(w.at("modern", "/token"), {"grant_type": "client_credentials"}, basic("service", SERVICE_SECRET))


# --- reload ------------------------------------------------------------------------------------------------------------------------

def test_sighup_and_hufu_reload(w):
    assert service(w).json()["expires_in"] == 3600
    w.issuers["modern"]["access_ttl_s"] = "30m"
    w.write_config()
    assert service(w).json()["expires_in"] == 3600
    w.proc.send_signal(signal.SIGHUP)
    assert wait(lambda: service(w).json()["expires_in"] == 1800) and "configuration reloaded" in w.log()
    w.issuers["modern"]["access_ttl_s"] = 120
    w.write_config()
    status, out, err = w.hufu("reload")
    assert status == 0, (out, err)
    assert service(w).json()["expires_in"] == 120


def test_a_reload_names_what_took_effect_and_what_waits(w):
    w.issuers["modern"]["access_ttl_s"] = 60
    w.issuers["late"] = {"url": w.url["modern"] + "/late", "dialect": "modern", "listener": "modern", "realm": "main"}
    w.write_config()
    w.conf.write_text(w.conf.read_text() + "\nstore:\n  sweep_interval: 77s\nlanes:\n  client_threads: 3\nhttp:\n  header_max: 20k\n")
    before = w.log()
    status, out, err = w.hufu("--json", "reload")
    assert status == 0, (out, err)
    said = json.loads(out)
    assert {"issuers.modern.access_ttl_s", "issuers.late"} <= set(said["changed"]) and set(said["restart"]) >= {"store.sweep_interval", "lanes.client_threads", "http.header_max"}, said
    assert not set(said["changed"]) & set(said["restart"])
    assert all(name in w.log()[len(before):] for name in said["changed"] + said["restart"])
    assert json.loads(w.hufu("--json", "reload")[1])["changed"] == []                      # what waits still does, nothing else is new
    assert "sweep_interval" in w.hufu("reload")[1]


def test_a_new_issuer_and_a_removed_one(w):
    w.issuers["extra"] = {"url": w.url["modern"] + "/extra", "dialect": "modern", "listener": "modern", "realm": "main"}
    w.write_config()
    assert w.hufu("reload")[0] == 0
    assert get(w.at("modern", "/extra/jwks")).json()["keys"] and get(w.at("modern", "/jwks")).status == 200
    del w.issuers["extra"]
    w.write_config()
    assert w.hufu("reload")[0] == 0
    assert get(w.at("modern", "/extra/jwks")).status == 404


@pytest.mark.parametrize("bad,place", [
    ("issuers:\n  modern:\n    acces_ttl_s: 5\n", ":3"), ("issuers:\n  modern:\n    access_ttl_s: soon\n", ":3"), ("data: [\n", ""), ("http:\n  body_max: 1\n", ":2"),
    ("nonsense: 1\n", ":1"), ("issuers:\n  modern:\n    url: ftp://x\n", ""), ("issuers:\n  modern:\n    url: http://x\n    dialect: klingon\n", ""),
    ("issuers:\n  modern:\n    url: http://x\n    pkce: when_sent\n", ""), ("data: a\ndata: b\n", ""), ("\tdata: a\n", ""), ("data: \xff\n", ""),
])
def test_a_bad_file_keeps_the_old_settings_and_says_where(w, bad, place):
    w.conf.write_bytes(bad.encode("latin-1"))
    r = subprocess.run([str(w.build / "hufu"), "--config", str(w.conf), "config", "check"], capture_output=True, text=True, env=clean_env())
    assert r.returncode == 1 and (str(w.conf) + place in r.stderr or not place) and r.stderr.strip(), r
    before = w.log()
    w.proc.send_signal(signal.SIGHUP)
    assert wait(lambda: "configuration not reloaded, the old one stays in force" in w.log()[len(before):]), w.log()[-1000:]
    assert service(w).json()["expires_in"] == 3600 and get(w.at("spring", "/login")).status == 200
    w.write_config()
    assert w.hufu("reload")[0] == 0


def test_hufu_reload_reports_the_complaint(w):
    w.issuers["modern"]["offers_implicit"] = True
    w.write_config()
    status, out, err = w.hufu("reload")
    assert status == 1 and "offers_implicit" in err and "implicit" in err and not out
    assert service(w).status == 200


def test_no_request_is_dropped_by_reloads(w):
    stop, bad = [], []

    def ask():
        while not stop:
            r = service(w)
            if r.status != 200:
                bad.append(r)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(ask) for _ in range(4)]
        for i in range(15):
            w.issuers["modern"]["access_ttl_s"] = 1000 + i
            w.write_config()
            assert w.hufu("reload")[0] == 0
        stop.append(True)
        for f in asked:
            f.result()
    assert not bad and service(w).json()["expires_in"] == 1014


def test_what_was_given_before_a_reload_works_after_it(w):
    code, t, b = get_code(w), tokens(w), w.browser("modern")
    page = b.follow(b.get(authorize_url(w)))
    w.issuers["modern"]["refresh_grace_ms"] = 0
    w.write_config()
    assert w.hufu("reload")[0] == 0
    assert redeem(w, code).status == 200 and refresh(w, t["refresh_token"]).status == 200
    assert b.login(page, "alice", "correct horse battery staple").location == authorize_url(w)


# --- keys --------------------------------------------------------------------------------------------------------------------------

def kids(w, issuer="modern"):
    return [k["kid"] for k in get(w.at(issuer, "/jwks")).json()["keys"]]


def test_a_rotated_key_is_published_first_and_retired_ones_stay(w):
    old = service(w).json()["access_token"]
    first = talker_jwt.header(old)["kid"]
    assert kids(w) == [first]
    status, out, err = w.hufu("key", "rotate", "--issuer", "modern")
    assert status == 0, err
    assert len(kids(w)) == 2 and first in kids(w)
    assert talker_jwt.header(service(w).json()["access_token"])["kid"] == first         # published before use
    w.turn_clock(86400 + 60)
    assert wait(lambda: talker_jwt.header(service(w).json()["access_token"])["kid"] != first)
    token = service(w).json()["access_token"]
    jwks = get(w.at("modern", "/jwks")).json()
    assert first in kids(w) and talker_jwt.verify(old, jwks) and talker_jwt.verify(token, jwks)
    assert introspect(w, token, "modern", "service", SERVICE_SECRET)["active"]
    w.turn_clock(31 * 86400)
    assert wait(lambda: first not in kids(w))
    assert len(kids(w)) == 1


def test_rotate_now_keeps_older_tokens_valid(w):
    old = service(w).json()["access_token"]
    t = tokens(w)
    assert w.hufu("key", "rotate", "--issuer", "modern", "--now")[0] == 0
    new = service(w).json()["access_token"]
    assert talker_jwt.header(new)["kid"] != talker_jwt.header(old)["kid"]
    assert all(introspect(w, token, "modern", "service", SERVICE_SECRET)["active"] for token in (old, new, t["access_token"]))
    assert refresh(w, t["refresh_token"]).status == 200
    w.stop()
    w.start()
    assert introspect(w, old, "modern", "service", SERVICE_SECRET)["active"] and len(kids(w)) == 2


def test_keys_rotate_on_schedule():
    with World("modern", top="keys:\n  rotate: 10d\n  publish: 1d\n  retire: 2d") as w:
        first = kids(w)
        w.turn_clock(9 * 86400 + 120)
        assert wait(lambda: len(kids(w)) == 2) and first[0] in kids(w)
        w.turn_clock(86400)
        assert wait(lambda: talker_jwt.header(service(w).json()["access_token"])["kid"] != first[0])


def test_a_key_that_its_tokens_do_not_name_changes_on_command_only():
    """Old resource servers ask for it when they start, and never again."""
    with World("taroco", "modern", top="keys:\n  rotate: 10d\n  publish: 1d\n  retire: 2d") as w:
        key = lambda: get(w.at("taroco", "/oauth/token_key"), basic("5d22eb6e8b0c7ba066014398", "webApp")).json()["value"]
        first, modern = key(), talker_jwt.header(service(w).json()["access_token"])["kid"]
        w.turn_clock(9 * 86400 + 120)
        assert wait(lambda: len(kids(w)) == 2)
        w.turn_clock(86400)
        assert wait(lambda: talker_jwt.header(service(w).json()["access_token"])["kid"] != modern)
        assert key() == first
        assert w.hufu("key", "rotate", "--issuer", "taroco", "--now")[0] == 0
        assert wait(lambda: key() != first)


def test_keys_are_sealed_on_disk(w):
    service(w)
    w.stop()
    data = b"".join(p.read_bytes() for p in (w.dir / "data").iterdir())
    assert b"PRIVATE KEY" not in data and APP_SECRET.encode() in data       # {noop} is what was loaded; keys are not
    assert (w.dir / "data" / "kek").stat().st_mode & 0o077 == 0 and (w.dir / "data").stat().st_mode & 0o077 == 0
    w.start()


# --- starts that fail --------------------------------------------------------------------------------------------------------------

def failed_start(w):
    """Exit status and log of a start that is expected to fail."""
    w.stop()
    w.write_config()
    r = subprocess.run([str(w.build / "hufud"), "--config", str(w.conf)], capture_output=True, text=True, timeout=30, env=clean_env())
    assert "Sanitizer" not in r.stderr
    return r.returncode, r.stdout + r.stderr


def test_port_in_use(w):
    w.stop()
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("127.0.0.1", w.port["modern"]))
        s.listen()
        status, text = failed_start(w)
    assert status == 1 and "127.0.0.1:%d" % w.port["modern"] in text and "listens there" in text
    w.start()


def test_a_second_daemon_on_the_same_data(w):
    other = World("modern", keep=tempfile.mkdtemp(prefix="hufu-test-"))
    other.write_config()
    text = other.conf.read_text().replace("data: %s/data" % other.dir, "data: %s/data" % w.dir)
    other.conf.write_text(text)
    r = subprocess.run([str(w.build / "hufud"), "--config", str(other.conf)], capture_output=True, text=True, timeout=30, env=clean_env())
    assert r.returncode == 1 and "in use by another" in r.stdout + r.stderr
    shutil.rmtree(other.dir)
    assert service(w).status == 200


def test_key_files(w):
    kek = w.dir / "data" / "kek"
    good = kek.read_bytes()
    w.stop()
    kek.write_text("too short")
    status, text = failed_start(w)
    assert status == 1 and str(kek) in text and "32 bytes" in text
    kek.write_text("0" * 64)
    status, text = failed_start(w)
    assert status == 1 and "key" in text
    kek.unlink()
    kek.mkdir()
    status, text = failed_start(w)
    assert status == 1 and str(kek) in text
    kek.rmdir()
    kek.write_bytes(good)
    listener = w.listeners["modern"]
    w.listeners["modern"] = {**listener, "cert_file": str(w.dir / "none.pem"), "key_file": str(w.dir / "none.key")}
    status, text = failed_start(w)
    assert status == 1 and "none.pem" in text
    w.listeners["modern"] = listener
    w.start()
    assert service(w).status == 200


def test_a_key_encryption_key_that_got_lost_is_not_silently_replaced(w):
    (w.dir / "data" / "kek").unlink()
    status, text = failed_start(w)
    assert status == 1 and "key" in text, text


@pytest.mark.embedded("the bytes of the file are damaged")
def test_a_corrupt_store(w):
    w.stop()
    for p in (w.dir / "data").glob("hufu.db*"):
        p.unlink()
    (w.dir / "data" / "hufu.db").write_bytes(b"this is no database at all, only text" * 100)
    status, text = failed_start(w)
    assert status == 1 and "hufu.db" in text and "damaged" in text and "backup" in text


@pytest.mark.embedded("the bytes of the file are damaged")
def test_a_torn_store(w):
    tokens(w)
    w.stop()
    db = w.dir / "data" / "hufu.db"
    content = bytearray(db.read_bytes())
    content[100:4000] = b"\x55" * 3900
    db.write_bytes(content)
    for p in (w.dir / "data").glob("hufu.db-*"):
        p.unlink()
    status, text = failed_start(w)
    assert status == 1 and "hufu.db" in text


def test_a_data_path_that_is_a_file(w):
    w.stop()
    shutil.move(w.dir / "data", w.dir / "kept")
    (w.dir / "data").write_text("x")
    status, text = failed_start(w)
    assert status == 1 and str(w.dir / "data") in text
    (w.dir / "data").unlink()
    shutil.move(w.dir / "kept", w.dir / "data")
    w.start()


class Mounted:
    """A small file system of its own at dir/data; skips where mounting is not allowed."""

    def __init__(self, options):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="hufu-test-"))
        (self.dir / "data").mkdir(mode=0o700)
        if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", self.dir / "data"], capture_output=True).returncode != 0:
            shutil.rmtree(self.dir)
            pytest.skip("needs the right to mount a file system")

    def remount(self, options):
        subprocess.run(["mount", "-o", "remount," + options, self.dir / "data"], check=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", "-l", self.dir / "data"])
        shutil.rmtree(self.dir, ignore_errors=True)


def test_a_read_only_data_directory():
    with Mounted("size=8m") as m, World("modern", keep=m.dir) as w:
        assert service(w).status == 200
        w.stop()
        m.remount("ro")
        status, text = failed_start(w)
        assert status == 1 and str(w.dir / "data") in text and "read-only" in text, text
        m.remount("rw")
        w.start()
        assert service(w).status == 200


def test_a_full_data_directory_at_the_start():
    with Mounted("size=32k") as m:
        w = World("modern", keep=m.dir)
        w.write_config()
        r = subprocess.run([str(w.build / "hufud"), "--config", str(w.conf)], capture_output=True, text=True, timeout=30, env=clean_env())
        text = r.stdout + r.stderr
        assert r.returncode == 1 and str(m.dir / "data") in text and "full" in text and "space" in text, text


def fill(directory):
    with open(directory / "ballast", "ab", buffering=0) as f:
        for size in (65536, 4096, 512, 1):
            try:
                while True:
                    f.write(b"x" * size)
            except OSError:
                pass


def test_a_disk_that_gets_full_answers_503_and_recovers():
    with Mounted("size=6m") as m, World("modern", "spring", keep=m.dir) as w:
        t, code = tokens(w), get_code(w)
        fill(m.dir / "data")
        answers = []
        for i in range(300):
            answers.append(post(w.at("spring", "/oauth/token"), {"grant_type": "password", "username": "u%02d" % (i % 60), "password": "password", "client_id": "messaging-client", "client_secret": "secret"}))
            if answers[-1].status != 200:
                break
        r = answers[-1]
        assert r.status == 503 and r.get("Retry-After") and r.json()["error"] == "temporarily_unavailable", r
        r = refresh(w, t["refresh_token"])
        assert r.status == 503 and r.get("Retry-After"), r
        assert redeem(w, code).status == 503
        assert service(w).status == 200                                     # nothing to store: goes on
        assert get("http://127.0.0.1:%d/livez" % w.admin_port).status == 200
        assert wait(lambda: get("http://127.0.0.1:%d/readyz" % w.admin_port).status == 503)
        page = w.browser("modern").get(w.at("modern", "/login"))
        assert page.status == 200
        (m.dir / "data" / "ballast").unlink()
        assert wait(lambda: refresh(w, t["refresh_token"]).status == 200, 20)
        r = post(w.at("modern", "/token"), {"grant_type": "client_credentials"}, basic("service", SERVICE_SECRET))
        assert r.status == 200 and get_code(w)
        assert wait(lambda: get("http://127.0.0.1:%d/readyz" % w.admin_port).status == 200)
        assert redeem(w, code).status == 200                                # the code was not spent by the failure


PASSWORD_GRANTS = {                                                         # path, client, members of the refusal
    "spring": ("/oauth/token", "messaging-client", "secret", ["error", "error_description"]), "zlt": ("/oauth/token", "zlt", "zlt", ["error", "error_description", "resp_code", "resp_msg"]),
    "taroco": ("/oauth/token", "5d22eb6e8b0c7ba066014398", "webApp", ["errorCode", "errorMessage", "status"]),
    "rageframe": ("/oauth2/password", "rageframe", "rageframe-secret", ["code", "message", "data", "timestamp"]), "connect": ("/connect/token", "client1", "secret", ["error"])}


def test_a_full_disk_is_told_in_every_dialect():
    def ask(w, d, i):
        path, client, secret, _ = PASSWORD_GRANTS[d]
        return post(w.at(d, path), {"grant_type": "password", "username": "u%02d" % (i % 60), "password": "password", "client_id": client, "client_secret": secret})

    with Mounted("size=6m") as m, World(*PASSWORD_GRANTS, keep=m.dir) as w:
        fill(m.dir / "data")
        assert any(ask(w, "spring", i).status != 200 for i in range(300))
        for d, (_, _, _, members) in PASSWORD_GRANTS.items():
            r = ask(w, d, 1)
            assert r.order() == members and r.get("Retry-After") and "access_token" not in r.text, (d, r)
            if d == "rageframe":
                assert r.status == 200 and r.json()["code"] == 503 and r.json()["data"] == "服务器打瞌睡了~", r
            else:
                assert r.status == 503 and "temporarily_unavailable" in r.text, (d, r)
        (m.dir / "data" / "ballast").unlink()
        for d in PASSWORD_GRANTS:
            assert wait(lambda: "access_token" in ask(w, d, 2).text, 20), d
