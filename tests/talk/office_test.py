"""admin.listen beyond this machine: probes and metrics for named addresses, or for whoever has the token."""
import http.client, time

import pytest

from talker import World

TOKEN = "0123456789-office-token-of-this-test"
PLACES = ("/livez", "/readyz", "/metrics", "/nothing")


class Office(World):
    """One whose office has these settings, and listens on every interface."""

    def __init__(self, **settings):
        super().__init__("modern")
        self.settings = settings

    def write_config(self):
        super().write_config()
        text = self.conf.read_text().replace("  listen: 127.0.0.1:", "  listen: 0.0.0.0:")
        self.conf.write_text(text.replace("admin:\n", "admin:\n" + "".join("  %s: %s\n" % s for s in self.settings.items())))

    def wait_ready(self, wait=15):
        """/readyz would ask for the token: the control socket says it too."""
        until = time.time() + wait
        while time.time() < until and self.proc.poll() is None:
            try:
                if self.control({"do": "status"})["ok"]:
                    return
            except OSError:
                time.sleep(0.01)
        raise RuntimeError(self.log())

    def ask(self, path, token=None, source="127.0.0.1", method="GET"):
        c = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=5, source_address=(source, 0))
        c.request(method, path, headers={"Authorization": token} if token else {})
        r = c.getresponse()
        r.body = r.read()
        return r


@pytest.fixture(scope="module")
def named():
    with Office(allow="[127.0.0.2, \"10.0.0.0/8\", \"127.1.0.0/16\"]") as w:
        yield w


@pytest.fixture(scope="module")
def secret():
    with Office(token=TOKEN) as w:
        yield w


@pytest.mark.parametrize("path", PLACES)
def test_named_addresses_are_answered_and_no_others(named, path):
    wanted = 404 if path == "/nothing" else 200
    assert named.ask(path, source="127.0.0.2").status == wanted and named.ask(path, source="127.1.2.3").status == wanted
    for source in ("127.0.0.1", "127.0.0.3", "127.2.0.1"):
        r = named.ask(path, source=source)
        assert r.status == 403 and b"hufu_" not in r.body and b"ready" not in r.body


def test_what_forwards_is_not_believed(named):
    c = http.client.HTTPConnection("127.0.0.1", named.admin_port, timeout=5)
    c.request("GET", "/metrics", headers={"X-Forwarded-For": "127.0.0.2", "Forwarded": "for=127.0.0.2"})
    assert c.getresponse().status == 403


@pytest.mark.parametrize("path", PLACES[1:])
def test_the_token_opens(secret, path):
    wanted = 404 if path == "/nothing" else 200
    assert secret.ask(path, "Bearer " + TOKEN).status == secret.ask(path, "bearer " + TOKEN).status == wanted
    for wrong in (None, TOKEN, "Bearer", "Bearer ", "Bearer x" + TOKEN[1:], "Bearer " + TOKEN[:-1], "Bearer " + TOKEN + "x", "Basic " + TOKEN):
        r = secret.ask(path, wrong)
        assert r.status == 401 and r.headers["WWW-Authenticate"] == 'Bearer realm="hufu"' and b"hufu_" not in r.body, wrong


def test_whether_it_lives_is_no_secret(secret):
    assert secret.ask("/livez").status == secret.ask("/livez", method="HEAD").status == 200
    assert secret.ask("/metrics", method="HEAD").status == 401


def test_orders_are_taken_by_the_control_socket_only(secret):
    assert secret.ask("/control", "Bearer " + TOKEN, method="POST").status == 404
    assert secret.control({"do": "status"})["ok"]                       # whose rights are the file's


def test_both_are_asked_for_where_both_are_set():
    with Office(token=TOKEN, allow="127.0.0.2") as w:
        assert w.ask("/metrics", "Bearer " + TOKEN, source="127.0.0.2").status == 200
        assert w.ask("/metrics", source="127.0.0.2").status == 401 and w.ask("/metrics", "Bearer " + TOKEN).status == 403


def test_the_token_stays_out_of_log_and_settings_shown(secret):
    assert TOKEN not in secret.log() and TOKEN not in secret.hufu("config", "show")[1] and TOKEN not in secret.hufu("--json", "config", "show")[1]


def test_without_either_it_stays_on_this_machine():
    w = Office()
    w.write_config()
    code, out, err = w.hufu("config", "check")
    assert code == 1 and "admin.allow" in err and "admin.token" in err
    w._put_away()


def test_an_order_that_is_too_long_is_told_so():
    with World("modern") as w:
        many = [{"name": "person-%04d" % i, "password_encoded": "{noop}x"} for i in range(2000)]
        said = w.control({"do": "realm.load", "realm": "main", "users": many})
        assert said["error"] == "an order has at most 65536 bytes" and "portions" in said["hint"], said
        assert not w.control({"do": "user.show", "realm": "main", "name": "person-0000"}).get("ok")
