"""password_ad of manual 004: a real slapd, liars and dead servers beside it, and token traffic that must not notice."""
import contextlib, socket, subprocess, threading, time

import pytest

from mute import Mute
from server import free_ports
from slapd import Slapd, ber
from talker import World, audit_of, bearer, post, realm

SERVICE = {"bind": "search", "bind_dn": "cn=hufu,dc=corp,dc=example", "bind_password": "hufu-service", "base": "dc=corp,dc=example", "number_attribute": "employeeNumber"}
CLIENT = {"client_id": "client1", "client_secret": "secret"}


@pytest.fixture(scope="module")
def slapd():
    s = Slapd()
    try:
        yield s.start()
    finally:
        s.close()


def yaml(directories):
    lines = ["directories:"]
    for name, d in directories.items():
        lines.append("  %s:" % name)
        for k, v in d.items():
            lines.append("    %s: %s" % (k, "[%s]" % ", ".join('"%s"' % x for x in v) if isinstance(v, list) else '"%s"' % v if isinstance(v, str) else str(v).lower()))
    return "\n".join(lines)


def world(directory, grants=("directory",), legacy=("password",), top="", **more):
    """An issuer of manual 004 that asks this directory."""
    r = realm()
    c = next(c for c in r["clients"] if c["id"] == "client1")
    c["grants"], c["legacy"] = c["grants"] + list(grants), list(legacy)
    return World("connect", settings={"connect": {"directory": "corp"}}, realms=[r], top=yaml({"corp": directory}) + "\n" + top, **more)


def ask(w, name, password, **more):
    return post(w.at("connect", "/connect/token"), {**CLIENT, "grant_type": "password_ad", "username": name, "password": password, **more})


def is_refused(r, status=400, error="invalid_grant"):
    assert r.status == status and r.body == b'{"error":"%s"}' % error.encode(), r
    assert r.get("Content-Type") == "application/json" and r.get("Cache-Control") == "no-store" and r.get("Pragma") == "no-cache"
    return True


def is_down(r):
    return is_refused(r, 503, "temporarily_unavailable") and int(r.get("Retry-After")) >= 1


@pytest.fixture(scope="module")
def w(slapd):
    with world({"urls": [slapd.url], "starttls": True, "ca_file": slapd.ca, **SERVICE}, top="login:\n  rehash: false\n  account_free: 2\n  address_per_minute: 100000") as world_:
        yield world_


# --- right and wrong ---------------------------------------------------------------------------------------------------------------

def test_the_manuals_line_gives_the_manuals_tokens(w):
    r = ask(w, "carol", "carol-password")
    assert r.status == 200 and r.order() == ["access_token", "token_type", "refresh_token", "expires_in", "id_token"] and r.json()["token_type"] == "Bearer", r
    assert r.get("Content-Type") == "application/json" and r.get("Cache-Control") == "no-store" and r.get("Pragma") == "no-cache"
    again = post(w.at("connect", "/connect/token"), {**CLIENT, "grant_type": "refresh_token", "refresh_token": r.json()["refresh_token"]})
    assert again.status == 200, again
    assert audit_of(w, grant="directory", status=200)["user"] == "carol"


def test_the_entry_becomes_a_user(w):
    assert ask(w, " CAROL ", "carol-password").status == 200             # one user, however the name is typed
    code, out, err = w.hufu("--json", "user", "show", "--realm", "main", "carol")
    assert code == 0, err
    import json
    u = json.loads(out)
    u = u.get("user", u)
    assert u["display_name"] == "Carol Jones" and u["email"] == "carol@corp.example" and u["phone"] == "18888888885" and u["number"] == 4711
    assert u["account_type"] == "corp" and u["authorities"] == ["ROLE_USER", "ROLE_DOMAIN_ADMINS", "ROLE_STAFF"], u
    assert json.loads(w.hufu("--json", "user", "show", "--realm", "main", "CAROL")[1]) == json.loads(out)           # and so at the desk


def test_a_directory_user_has_no_password_here(w):
    assert ask(w, "carol", "carol-password").status == 200
    for word in ("carol-password", ""):
        r = post(w.at("connect", "/connect/token"), {**CLIENT, "grant_type": "password", "username": "carol", "password": word})
        assert r.status == 400 and r.json() == {"error": "invalid_grant"}, r
    w.turn_clock(90)


def test_a_directory_user_is_looked_after_there_and_not_on_the_account_pages(slapd):
    own = {"urls": [slapd.url], "starttls": True, "ca_file": slapd.ca, **SERVICE}
    with World("modern", settings={"modern": {"directory": "corp", "account_deletion": "allowed"}}, top=yaml({"corp": own})) as v:
        b = v.browser("modern")
        at = lambda page: v.at("modern", "/account" + page)
        page = b.follow(b.login(b.follow(b.get(at("/profile"))), "carol", "carol-password"))
        assert page.status == 200 and 'id="account-managed"' in page.text and not page.forms() and "/account/password" not in page.text, page
        page = b.get(at("/password"))
        assert 'id="account-managed"' in page.text and not page.forms()
        token = dict((n, t) for n, t, *_ in b.get(at("/data")).forms()[0]["fields"])["_csrf"]
        for path, fields in (("/profile", {"claim.name": "Somebody"}), ("/password", {"current_password": "carol-password", "new_password": "another word", "new_password_again": "another word"})):
            r = b.post(at(path), {"_csrf": token, **fields})
            assert r.status == 403 and "organisation" in r.text, r
        assert v.control({"do": "user.show", "realm": "main", "name": "carol"})["user"]["display_name"] != "Somebody"
        page = b.get(at("/delete"))
        assert "begins with an empty account" in page.text and "current_password" not in page.text
        v.turn_clock(301)
        r = b.submit(page.form("account-deletion"), account_name_again="carol")
        assert r.status == 303 and "/login" in r.location, "without a password the login has to be a fresh one"
        page = b.follow(b.login(b.follow(r), "carol", "carol-password"))
        assert 'id="account-deleted"' in b.submit(page.form("account-deletion"), account_name_again="carol").text
        assert v.control({"do": "user.show", "realm": "main", "name": "carol"}).get("error")


def test_wrong_unknown_empty_and_injected_are_one_answer(w):
    for name, word in (("carol", "wrong-word"), ("nobody", "wrong-word"), ("carol", ""), ("", "carol-password"), ("*)(uid=*", "carol-password"), ("*", "carol-password"),
                       ("carol)(objectClass=*", "carol-password"), ("c*", "carol-password"), ("cn=hufu,dc=corp,dc=example", "hufu-service"), ("x" * 300, "carol-password")):
        assert is_refused(ask(w, name, word)), (name, word)
        w.turn_clock(90)
    is_refused(ask(w, "carol\x01", "carol-password"), error="invalid_request")     # no text: refused before anybody is asked


def test_missing_parameters(w):
    is_refused(post(w.at("connect", "/connect/token"), {**CLIENT, "grant_type": "password_ad", "username": "carol"}), error="invalid_request")
    is_refused(post(w.at("connect", "/connect/token"), {**CLIENT, "grant_type": "password_ad", "password": "carol-password"}), error="invalid_request")


def test_chinese_names_and_passwords(w, slapd):
    with world({"urls": [slapd.tls_url], "ca_file": slapd.ca, "filter": "(cn={user})", "link_users": True, **SERVICE}) as v:
        assert ask(v, "张三", "密码").status == 200
        assert is_refused(ask(v, "张三", "密"))


def test_wrong_passwords_are_throttled_with_the_same_counters(w):
    for _ in range(3):
        is_refused(ask(w, "zhangsan", "wrong-word"))
    r = ask(w, "zhangsan", "密码")
    assert r.status == 429 and int(r.get("Retry-After")) >= 1, r
    r = post(w.at("connect", "/connect/token"), {**CLIENT, "grant_type": "password", "username": "zhangsan", "password": "wrong-word"})
    assert r.status == 429, r
    w.turn_clock(90)


def test_a_local_user_of_the_same_name_is_somebody_else(w, slapd):
    assert is_refused(ask(w, "admin", "admin"))                          # right in the directory, but that admin is not ours
    with world({"urls": [slapd.url], "starttls": True, "ca_file": slapd.ca, "link_users": True, **SERVICE}) as v:
        assert ask(v, "admin", "admin").status == 200                    # unless the operator says so
        assert is_refused(ask(v, "admin", "wrong-word"))


def test_disabled_is_said_only_after_the_right_password(slapd):
    with world({"urls": [slapd.url], "starttls": True, "ca_file": slapd.ca, **SERVICE}) as v:
        assert ask(v, "carol", "carol-password").status == 200
        assert v.hufu("user", "disable", "--realm", "main", "carol")[0] == 0
        is_refused(ask(v, "carol", "wrong-word"))
        assert audit_of(v, grant="directory", reason="user_credentials")
        is_refused(ask(v, "carol", "carol-password"))
        assert audit_of(v, grant="directory", reason="user_disabled")


def test_users_are_not_made_when_the_setting_is_off(slapd):
    with world({"urls": [slapd.url], "starttls": True, "ca_file": slapd.ca, "create_users": False, **SERVICE}) as v:
        is_refused(ask(v, "carol", "carol-password"))
        assert v.hufu("user", "show", "--realm", "main", "carol")[0] != 0


def test_groups_are_mapped(slapd):
    groups = ["Domain_Admins=ROLE_ROOT", "cn=staff,ou=groups,dc=corp,dc=example=OP_READ"]
    with world({"urls": [slapd.url], "starttls": True, "ca_file": slapd.ca, "groups": groups, **SERVICE}) as v:
        assert ask(v, "carol", "carol-password").status == 200
        assert "ROLE_USER ROLE_ROOT OP_READ" in v.hufu("user", "show", "--realm", "main", "carol")[1]


def test_the_client_must_be_marked_and_allowed(slapd):
    d = {"urls": [slapd.url], "starttls": True, "ca_file": slapd.ca, **SERVICE}
    with world(d, grants=()) as v:
        is_refused(ask(v, "carol", "carol-password"), error="unauthorized_client")


def test_without_a_directory_there_is_no_such_grant():
    with World("connect") as v:
        is_refused(ask(v, "carol", "carol-password"), error="unsupported_grant_type")
        metadata = v.browser("connect").get("/.well-known/openid-configuration").json()
        assert "password_ad" not in metadata["grant_types_supported"]


# --- servers that are not what they should be -----------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def other_ca(tmp_path_factory):
    d = tmp_path_factory.mktemp("ca")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=somebody else", "-keyout", str(d / "k"), "-out", str(d / "c")], check=True, capture_output=True)
    return str(d / "c")


@pytest.mark.parametrize("kind", ["starttls, other authority", "ldaps, other authority", "starttls, other name", "ldaps, other name"])
def test_a_wrong_certificate_is_refused(slapd, other_ca, kind):
    tls, name = kind.startswith("ldaps"), kind.endswith("name")
    url = (slapd.tls_url if tls else slapd.url).replace("127.0.0.1", "localhost" if name else "127.0.0.1")
    with world({"urls": [url], "starttls": not tls, "ca_file": slapd.ca if name else other_ca, **SERVICE}) as v:
        assert is_down(ask(v, "carol", "carol-password"))
        assert "TLS" in v.log()


def test_failover_and_recovery(slapd):
    dead = free_ports(1)[0]
    with world({"urls": ["ldaps://127.0.0.1:%d" % dead, slapd.tls_url], "ca_file": slapd.ca, **SERVICE}) as v:
        assert ask(v, "carol", "carol-password").status == 200
        assert is_refused(ask(v, "carol", "wrong-word"))                 # an answer, not a reason to ask the next
        assert v.log().count("ldaps://127.0.0.1:%d" % dead) == 1         # remembered for a moment
        v.turn_clock(6)
        assert ask(v, "carol", "carol-password").status == 200
        assert v.log().count("ldaps://127.0.0.1:%d" % dead) == 2


def test_down_and_up_again():
    s = Slapd().start()
    try:
        with world({"urls": [s.url], "starttls": True, "ca_file": s.ca, **SERVICE}) as v:
            assert ask(v, "carol", "carol-password").status == 200
            s.stop()
            assert is_down(ask(v, "carol", "carol-password"))
            assert audit_of(v, grant="directory", status=503)["reason"] == "directory"
            s.start()
            v.turn_clock(6)
            assert ask(v, "carol", "carol-password").status == 200
    finally:
        s.close()


def test_a_wrong_service_password_is_the_servers_trouble(slapd):
    with world({"urls": [slapd.url], "starttls": True, "ca_file": slapd.ca, **SERVICE, "bind_password": "not-the-service-password"}) as v:
        assert is_down(ask(v, "carol", "carol-password"))
        assert "check bind_dn and bind_password" in v.log() and "not-the-service-password" not in v.log()


@pytest.mark.parametrize("tls", [True, False])
def test_a_mute_server_costs_its_time_limit_and_nobody_else(slapd, tls):
    mute = Mute()
    url = "%s://127.0.0.1:%d" % ("ldaps" if tls else "ldap", mute.port)
    limits = {"connect_timeout": 2, "operation_timeout": 2}
    with world({"urls": [url], "starttls": True, "ca_file": slapd.ca, **SERVICE, **limits}, top="lanes:\n  directory_threads: 2\n  queue_max: 4") as v:
        answers = []

        def login():
            answers.append(ask(v, "carol", "carol-password"))
        threads = [threading.Thread(target=login) for _ in range(12)]
        begun = time.time()
        for t in threads:
            t.start()
        time.sleep(0.3)
        served = 0
        while time.time() < begun + 1.5:
            one = time.time()
            r = post(v.at("connect", "/connect/token"), {**CLIENT, "grant_type": "client_credentials"})
            assert r.status == 200 and time.time() - one < 1, r
            served += 1
        for t in threads:
            t.join()
        assert served >= 20
        assert all(is_down(r) for r in answers) and len(answers) == 12
        assert {a["reason"] for a in v.audit() if a.get("grant") == "directory"} == {"directory", "too_busy"}
        assert time.time() - begun < 15
    mute.close()


# --- a stand-in for Active Directory: what slapd cannot say -----------------------------------------------------------------------------

def ber_read(data):
    """Tag, content and the rest of one element."""
    n, at = data[1], 2
    if n & 0x80:
        at += n & 0x7f
        n = int.from_bytes(data[2:at], "big")
    return data[0], data[at:at + n], data[at + n:]


def result(tag, code, text="", referral=None):
    more = [ber(0xa3, ber(4, referral.encode()))] if referral else []
    return ber(tag, ber(10, bytes([code])), ber(4, b""), ber(4, text.encode()), *more)


class Stand:
    """Speaks just enough LDAP over TLS: `bind(name, password)` and `search()` give answers; names bound are kept."""

    def __init__(self, slapd, bind, search=None, cert="cert"):
        import ssl
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(slapd.dir / (cert + ".pem"), slapd.dir / "cert.key")
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.url = "ldaps://127.0.0.1:%d" % self.sock.getsockname()[1]
        self.bind, self.search, self.bound, self.filters = bind, search, [], []
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self.serve, args=(self.sock.accept()[0],), daemon=True).start()

    def serve(self, raw):
        with contextlib.suppress(OSError, ConnectionError, IndexError), self.tls.wrap_socket(raw, server_side=True) as s:
            while True:
                data = s.recv(65536)
                if not data:
                    return
                _, message, _ = ber_read(data)
                _, number, rest = ber_read(message)
                tag, body, _ = ber_read(rest)
                for answer in self.answers(tag, body):
                    s.sendall(answer if isinstance(answer, bytearray) else ber(0x30, ber(2, number), answer))

    def answers(self, tag, body):
        if tag == 0x60:
            _, _, rest = ber_read(body)
            _, name, rest = ber_read(rest)
            _, password, _ = ber_read(rest)
            self.bound.append(name.decode())
            return [self.bind(name.decode(), password.decode())]
        if tag == 0x63:
            self.filters.append(body)
            return self.search()
        return []

    def close(self):
        self.sock.close()


def entry(dn, **attrs):
    return ber(0x64, ber(4, dn.encode()), ber(0x30, *(ber(0x30, ber(4, k.encode()), ber(0x31, *(ber(4, x.encode()) for x in v))) for k, v in attrs.items())))


def says(code, text="", referral=None):
    return lambda name, password: result(0x61, code if password != "right-word" or code else 0, text, referral)


@contextlib.contextmanager
def standing(slapd, at_bind, at_search=None, **settings):
    s = Stand(slapd, at_bind, at_search)
    d = {"urls": [s.url], "ca_file": slapd.ca, "domain": "corp.example", "connect_timeout": 2, "operation_timeout": 2, **settings}
    try:
        with world(d) as v:
            yield s, v
    finally:
        s.close()


def by_password(name, password):
    return result(0x61, 0 if password == "right-word" else 49, "" if password == "right-word" else "80090308: LdapErr: DSID-0C090439, comment: AcceptSecurityContext error, data 52e, v4563")


def test_upn_is_what_is_bound(slapd):
    with standing(slapd, by_password) as (s, v):
        assert ask(v, "Carol", "right-word").status == 200
        assert ask(v, "carol@CORP.example", "right-word").status == 200
        is_refused(ask(v, "carol@evil.example", "right-word"))
        is_refused(ask(v, "EVIL\\carol", "right-word"))
        is_refused(ask(v, "carol", "wrong-word"))
        assert s.bound == ["Carol@corp.example", "carol@corp.example", "carol@corp.example"]
        assert v.hufu("user", "show", "--realm", "main", "carol")[0] == 0


def test_domain_and_name_is_what_is_bound(slapd):
    found = lambda: [entry("CN=Carol,DC=corp", sAMAccountName=["carol"], memberOf=["CN=Ops,DC=corp"]), result(0x65, 0)]
    with standing(slapd, by_password, found, bind="domain", domain="CORP", base="dc=corp") as (s, v):
        assert ask(v, "corp\\carol", "right-word").status == 200
        assert s.bound == ["CORP\\carol"] and b"sAMAccountName" in s.filters[0]
        assert "ROLE_USER ROLE_OPS" in v.hufu("user", "show", "--realm", "main", "carol")[1]


def test_an_empty_password_reaches_no_directory(slapd):
    with standing(slapd, lambda name, password: result(0x61, 0)) as (s, v):
        is_refused(ask(v, "carol", ""))
        assert s.bound == []                                             # L4


@pytest.mark.parametrize("data,reason", [("533", "user_disabled"), ("701", "user_disabled"), ("532", "password_expired"), ("775", "user_credentials"), ("52e", "user_credentials"), ("525", "user_credentials")])
def test_what_active_directory_says_of_an_account(slapd, data, reason):
    with standing(slapd, lambda name, password: result(0x61, 49, "80090308: LdapErr: DSID-0C090439, comment: AcceptSecurityContext error, data %s, v4563" % data)) as (s, v):
        is_refused(ask(v, "carol", "some-word"))
        assert audit_of(v, grant="directory")["reason"] == reason


def test_a_referral_is_not_followed(slapd):
    caught = Mute()
    there = "ldap://127.0.0.1:%d/dc=corp" % caught.port
    with standing(slapd, lambda name, password: result(0x61, 10, "", there)) as (s, v):
        assert is_down(ask(v, "carol", "right-word"))
        assert "not followed" in v.log()
    with standing(slapd, by_password, lambda: [ber(0x73, ber(4, there.encode())), result(0x65, 10, "", there)], base="dc=corp") as (s, v):
        assert is_down(ask(v, "carol", "right-word"))
    assert caught.kept == []
    caught.close()


def test_references_beside_an_entry_are_passed_over(slapd):
    found = lambda: [ber(0x73, ber(4, b"ldap://other.example/dc=x")), entry("CN=Carol,DC=corp", sAMAccountName=["carol"]), result(0x65, 0)]
    with standing(slapd, by_password, found, base="dc=corp") as (s, v):
        assert ask(v, "carol", "right-word").status == 200


LIES = {
    "two entries": lambda: [entry("CN=A,DC=x", sAMAccountName=["carol"]), entry("CN=B,DC=x", sAMAccountName=["carol"]), result(0x65, 4)],
    "no entry": lambda: [result(0x65, 0)],
    "no name": lambda: [entry("CN=A,DC=x", mail=["a@x"]), result(0x65, 0)],
    "a name with a line break": lambda: [entry("CN=A,DC=x", sAMAccountName=["carol\nroot"]), result(0x65, 0)],
}


@pytest.mark.parametrize("lie", list(LIES))
def test_an_entry_that_is_not_one_user_is_refused(slapd, lie):
    with standing(slapd, by_password, LIES[lie], base="dc=corp") as (s, v):
        is_refused(ask(v, "carol", "right-word"))


TROUBLE = {
    "garbage": lambda: [bytearray(b"\xff" * 400)],
    "half a message": lambda: [bytearray(b"\x30\x84\x00\x00\x10\x00\x02")],
    "a huge message": lambda: [bytearray(b"\x30\x84\x7f\xff\xff\xff" + b"x" * 100000)],
    "very many entries": lambda: [entry("CN=%d,DC=x" % i, sAMAccountName=["carol"]) for i in range(2000)],
    "silence": lambda: [],
}


@pytest.mark.parametrize("trouble", list(TROUBLE))
def test_an_answer_that_is_none_is_no_login(slapd, trouble):
    with standing(slapd, by_password, TROUBLE[trouble], base="dc=corp") as (s, v):
        begun = time.time()
        assert is_down(ask(v, "carol", "right-word"))
        assert time.time() - begun < 8


@pytest.mark.parametrize("san,works", [("DNS:other.example", False), ("IP:127.0.0.2", False), ("URI:ldap://127.0.0.1", False), ("DNS:other.example,IP:127.0.0.1", True)])
def test_the_names_of_a_certificate_count_before_its_subject(slapd, san, works):
    """One that the right authority signed for another host, though its subject is this one."""
    d = slapd.dir
    (d / "san.ext").write_text("subjectAltName=%s\nextendedKeyUsage=serverAuth\n" % san)
    openssl = lambda *args: subprocess.run(["openssl", *args], check=True, capture_output=True, cwd=d)
    openssl("req", "-new", "-key", "cert.key", "-subj", "/CN=127.0.0.1", "-out", "san.csr")
    openssl("x509", "-req", "-in", "san.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", "7", "-days", "30", "-extfile", "san.ext", "-out", "san.pem")
    s = Stand(slapd, by_password, cert="san")
    try:
        with world({"urls": [s.url], "ca_file": slapd.ca, "domain": "corp.example", "connect_timeout": 2, "operation_timeout": 2}) as v:
            r = ask(v, "carol", "right-word")
            assert r.status == 200 if works else is_down(r) and s.bound == [], r
    finally:
        s.close()


# --- settings ---------------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("settings,sentence", [
    ({"urls": ["ldap://127.0.0.1"], "domain": "x"}, "in the clear"), ({"urls": ["http://x"], "domain": "x"}, "no LDAP URL"), ({"urls": ["ldaps://x"], "bind": "search"}, "bind_dn"), ({"domain": "x"}, "urls"),
])
def test_settings_that_cannot_work(settings, sentence):
    with pytest.raises(RuntimeError, match=sentence):
        with world(settings):
            pass


def test_the_service_password_is_not_shown(slapd):
    with world({"urls": [slapd.tls_url], "ca_file": slapd.ca, **SERVICE}) as v:
        shown = v.hufu("config", "show")[1]
        assert "directories:" in shown and "hufu-service" not in shown and 'bind_password: "***"' in shown
