"""The proxies of docs/proxies.md, run as they are written there, each in both languages' page; and the hook of certbot and lego."""
import http.client, pathlib, re, shutil, socket, ssl, subprocess, time

import pytest

from certificates import self_signed
from server import clean_env, free_ports
from talker import World, audit_of

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOST = "id.example.com"
SBIN = "/usr/sbin:/usr/bin"


@pytest.fixture(scope="module")
def w():
    with World("modern", settings={"modern": {"url": "https://" + HOST}}, top="http:\n  trusted_proxies: [127.0.0.1, \"::1\"]") as world:
        yield world


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("certificate"))


def certificate(d):
    return self_signed(d, "id", "/CN=" + HOST, "-addext", "subjectAltName=DNS:" + HOST)


def block(page, language):
    """The only block of a page that is written in this language."""
    found = re.findall(r"^```%s\n(.*?)^```" % language, (ROOT / page).read_text(encoding="utf-8"), re.M | re.S)
    assert len(found) == 1, (page, language)
    return found[0]


def moved(text, w, port, d, pair):
    """The configuration with this machine's ports and files."""
    (d / "both.pem").write_bytes(pair.cert.read_bytes() + pair.key.read_bytes())
    text = text.replace("/etc/letsencrypt/live/id.example.com/fullchain.pem", str(pair.cert)).replace("/etc/letsencrypt/live/id.example.com/privkey.pem", str(pair.key))
    text = text.replace("/etc/haproxy/id.example.com.pem", str(d / "both.pem")).replace("127.0.0.1:8080", "127.0.0.1:%d" % w.port["modern"])
    return re.sub(r"(listen |bind :|\*:)443\b", r"\g<1>%d" % port, text)


def nginx(d, text, port):
    temp = "".join("%s_temp_path %s;\n" % (n, d / n) for n in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (d / "conf").write_text("daemon off;\nmaster_process off;\npid %s/pid;\nevents {}\nhttp {\naccess_log off;\n%s%s}\n" % (d, temp, text))
    return ["nginx", "-p", d, "-e", d / "error.log", "-c", d / "conf"]


def haproxy(d, text, port):
    (d / "conf").write_text(text)
    return ["haproxy", "-db", "-f", d / "conf"]


def apache(d, text, port):
    load = "".join("LoadModule %s_module /usr/lib/apache2/modules/mod_%s.so\n" % (m, m) for m in ("mpm_event", "authz_core", "ssl", "socache_shmcb", "proxy", "proxy_http", "headers"))
    (d / "conf").write_text("ServerRoot %s\nDefaultRuntimeDir %s\nPidFile %s/pid\nErrorLog %s/error.log\nServerName localhost\nMutex posixsem\n%sListen %d https\n%s" % (d, d, d, d, load, port, text))
    return ["apache2", "-f", d / "conf", "-D", "FOREGROUND"]


def caddy(d, text, port):
    """Its certificate comes from a file here, since nobody would vouch for this name."""
    (d / "conf").write_text("{\n\tadmin off\n\tauto_https disable_redirects\n\thttps_port %d\n}\n%s" % (port, text.replace("{\n", "{\n\ttls %s %s\n" % (d / "cert.pem", d / "key.pem"), 1)))
    return ["caddy", "run", "--config", d / "conf", "--adapter", "caddyfile"]


PROXIES = [nginx, haproxy, apache, caddy]
PAGES = ["docs/proxies.md", "docs/proxies.zh-CN.md"]


class Proxy:
    """One that runs. ask: a request by TLS to the issuer's name, from an address of this machine that is no proxy's."""

    def __init__(self, make, w, d, pair):
        name = make.__name__
        self.port = free_ports(1)[0]
        shutil.copy(pair.cert, d / "cert.pem")
        shutil.copy(pair.key, d / "key.pem")
        command = [str(c) for c in make(d, moved(block(PAGES[0], name), w, self.port, d, pair), self.port)]
        program = shutil.which(command[0], path=SBIN)
        if program is None:
            pytest.skip("no %s here: tools/install test" % command[0])
        self.log = open(d / "out", "wb")
        self.process = subprocess.Popen([program, *command[1:]], stdout=self.log, stderr=self.log, env=clean_env(HOME=str(d), XDG_DATA_HOME=str(d)))
        for _ in range(400):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert self.process.poll() is None, (d / "out").read_text()
            time.sleep(0.05)
        raise AssertionError((d / "out").read_text())

    def ask(self, path, method="GET", headers=None, body=None):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        tls = context.wrap_socket(socket.create_connection(("127.0.0.1", self.port), timeout=20, source_address=("127.0.0.2", 0)), server_hostname=HOST)
        c = http.client.HTTPConnection(HOST)
        c.sock = tls
        c.request(method, path, body, {"Host": HOST, "Accept": "text/html", **(headers or {})})
        r = c.getresponse()
        r.body = r.read().decode()
        c.close()
        return r

    def close(self):
        self.process.terminate()
        self.process.wait(20)
        self.log.close()


@pytest.fixture(scope="module", params=PROXIES, ids=lambda make: make.__name__)
def proxy(request, w, pair, tmp_path_factory):
    p = Proxy(request.param, w, tmp_path_factory.mktemp(request.param.__name__), pair)
    yield p
    p.close()


@pytest.mark.parametrize("make", PROXIES, ids=lambda make: make.__name__)
def test_both_pages_have_the_same_lines(make):
    one, other = (re.sub(r" *#.*", "", block(page, make.__name__)) for page in PAGES)
    assert one == other


def test_the_issuer_is_found_by_its_name(proxy, w):
    r = proxy.ask("/.well-known/openid-configuration")
    assert r.status == 200 and '"issuer":"https://%s"' % HOST in r.body


@pytest.mark.parametrize("headers", [{}, {"X-Forwarded-For": "192.0.2.66"}, {"X-Forwarded-For": "127.0.0.1"}], ids=["plain", "other", "proxys"])
def test_the_client_is_who_connected_whatever_it_says(proxy, w, headers):
    r = proxy.ask("/token", "POST", {"Content-Type": "application/x-www-form-urlencoded", **headers}, "grant_type=client_credentials&client_id=nobody&client_secret=x")
    assert audit_of(w, error_id=r.headers["X-Hufu-Error-Id"])["peer"] == "127.0.0.2"


def test_cookies_are_secure(proxy, w):
    query = "response_type=code&client_id=app&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&scope=read&state=s&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
    r = proxy.ask("/authorize?" + query)
    while r.status in (302, 303):
        r = proxy.ask(r.headers["Location"].replace("https://" + HOST, ""))
    cookies = r.headers.get_all("Set-Cookie")
    assert r.status == 200 and cookies and all(c.startswith("__Host-") and "secure" in c.lower() for c in cookies)


def test_who_says_http_is_not_believed(proxy, w):
    """A client's own X-Forwarded-Proto is replaced."""
    r = proxy.ask("/login", headers={"X-Forwarded-Proto": "http"})
    assert all("secure" in c.lower() for c in r.headers.get_all("Set-Cookie") or [])


def test_escapes_of_a_path_arrive_as_they_were_sent(proxy, w):
    """A proxy that decoded them would make another path of it."""
    assert proxy.ask("/%2e%2e/token").status in (400, 404) and proxy.ask("/.well-known%2Fopenid-configuration").status in (400, 404)


def test_a_long_answer_passes(proxy, w):
    r = proxy.ask("/authorize?response_type=code&client_id=app&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&scope=read&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256&state=" + "s" * 2500)
    assert r.status in (200, 302, 303)


# --- the hook of certbot and lego ---------------------------------------------------------------------------------------------------

HOOK = ROOT / "packaging/acme/acme-deploy"


@pytest.fixture
def site(tmp_path):
    """A hufud with TLS of its own, whose certificate lies where the hook puts it."""
    tls = tmp_path / "tls"
    tls.mkdir()
    (tmp_path / "old").mkdir()
    old = certificate(tmp_path / "old")
    shutil.copy(old.cert, tls / "fullchain.pem")
    shutil.copy(old.key, tls / "privkey.pem")
    world = World("modern", settings={"modern": {"url": "https://" + HOST}}, listener={"cert_file": str(tls / "fullchain.pem"), "key_file": str(tls / "privkey.pem")})
    world.tls = tls
    with world:
        yield world


def run_hook(site, **env):
    reload = "%s --config %s reload" % (site.build / "hufu", site.conf)
    return subprocess.run([str(HOOK)], capture_output=True, text=True, env=clean_env(DEPLOY_TO=str(site.tls), DEPLOY_RELOAD=reload, **env))


def served(site):
    return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", site.port["modern"])))


@pytest.mark.parametrize("program", ["certbot", "lego"])
def test_a_new_certificate_is_served_without_a_restart(site, tmp_path, program):
    (tmp_path / "new").mkdir()
    new = certificate(tmp_path / "new")
    shutil.copy(new.cert, tmp_path / "new/fullchain.pem")
    shutil.copy(new.key, tmp_path / "new/privkey.pem")
    env = {"RENEWED_LINEAGE": str(tmp_path / "new"), "RENEWED_DOMAINS": HOST} if program == "certbot" else {"LEGO_CERT_PATH": str(new.cert), "LEGO_CERT_KEY_PATH": str(new.key)}
    pid = site.proc.pid
    assert served(site) != new.der
    r = run_hook(site, **env)
    assert r.returncode == 0, r
    assert served(site) == new.der and site.proc.pid == pid and site.proc.poll() is None
    assert (site.tls / "privkey.pem").stat().st_mode & 0o007 == 0 and not list(site.tls.glob("*.new"))


def test_a_key_of_another_certificate_is_refused_and_the_old_one_served(site, tmp_path):
    (tmp_path / "new").mkdir()
    new, before = certificate(tmp_path / "new"), served(site)
    r = run_hook(site, LEGO_CERT_PATH=str(new.cert), LEGO_CERT_KEY_PATH=str(tmp_path / "old/id.key"))
    assert r.returncode != 0 and "is not the key of" in r.stdout + r.stderr
    assert served(site) == before


def test_the_hook_by_hand_says_who_runs_it(site):
    r = run_hook(site)
    assert r.returncode == 2 and "certbot" in r.stderr and "lego" in r.stderr
