"""Mail handed to a real SMTP server: what it says, TLS, who is refused, and what a stop in between loses: nothing."""
import email.utils, json, re, sqlite3, time

import pytest

from certificates import Authority
from mailbox import PASSWORD, Mailbox
from outbox_test import until, waiting
from server import Server, free_ports, remember


@pytest.fixture(scope="module")
def ca(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"), "root")


@pytest.fixture(scope="module")
def pair(ca):
    return ca.issue("mail", "/CN=mail", "subjectAltName=DNS:localhost,IP:127.0.0.1")


def idle(top, **settings):
    """A configuration that `hufu mail test` can read; nothing is started."""
    port = free_ports(1)[0]
    issuer = {"url": "http://127.0.0.1:%d" % port, "dialect": "modern", "listener": "l", "realm": "r", "brand": "公司 & Co", **settings}
    w = Server({"web": issuer}, [], listeners={"l": {"bind": ["127.0.0.1:%d" % port]}}, top=top)
    w.write_config()
    return w


class Tried:
    def __init__(self, w, *args):
        self.returncode, self.stdout, self.stderr = w.hufu(*args)


def tried(w, to="someone@example.org", *more):
    return Tried(w, "mail", "test", to, *more)


@pytest.mark.parametrize("tls", ["starttls", "implicit", "none"])
def test_a_mail_arrives(tls, ca, pair):
    box = Mailbox(tls, auth=tls != "none", pair=pair).start()
    try:
        w = idle(box.settings(ca=ca.cert, reply_to="help@hufu.test"), mail_sender="登录中心 <x@y>")
        r = tried(w)
        assert r.returncode == 0, r.stderr
        m = box.mail()
        assert m.envelope["to"] == ["someone@example.org"] and m.envelope["from"] == "no-reply@hufu.test" and m.envelope["helo"] == "hufu.test"
        assert m.envelope["tls"] == (tls != "none") and bool(m.envelope["login"]) == (tls != "none")
        assert m.message["To"] == "someone@example.org" and m.message["Reply-To"] == "help@hufu.test"
        assert email.utils.parseaddr(m.message["From"])[1] == "no-reply@hufu.test" and m.message["From"].addresses[0].display_name == "登录中心 <x@y>"
        assert m.subject == "Test mail of 公司 & Co" and m.message["Auto-Submitted"] == "auto-generated"
        assert abs(email.utils.parsedate_to_datetime(m.message["Date"]).timestamp() - time.time()) < 30
        assert re.fullmatch(r"<[0-9a-f]{32}@hufu\.test>", m.message["Message-ID"])
        assert [p.get_content_type() for p in m.message.walk()] == ["multipart/alternative", "text/plain", "text/html"]
        assert "sent automatically by 公司 & Co." in m.text and "公司 &amp; Co" in m.html
        assert all(len(line) < 998 and line.isascii() for line in m.raw.split("\r\n"))
    finally:
        box.close()


def test_in_chinese_and_as_json(pair):
    box = Mailbox().start()
    try:
        w = idle(box.settings())
        assert tried(w, "a@b.example", "--lang", "zh").returncode == 0 and box.mail().subject == "公司 & Co 的测试邮件"
        assert json.loads(tried(w, "a@b.example", "--json").stdout) == {"ok": True}
    finally:
        box.close()


def test_what_a_server_refuses_is_said(ca, pair):
    box = Mailbox("starttls", auth=True, pair=pair, refuse={"gone@example.org": "550 5.1.1 nobody here", "later@example.org": "451 4.3.2 later"}).start()
    plain = Mailbox().start()
    other = ca.issue("other", "/CN=other", "subjectAltName=DNS:mail.elsewhere.test")
    wrong_name = Mailbox("starttls", pair=other).start()
    nobody = free_ports(1)[0]
    try:
        for top, to, said in [
                (box.settings(ca=ca.cert), "gone@example.org", "the mail server refuses the message: 550 5.1.1 nobody here"),
                (box.settings(ca=ca.cert), "later@example.org", "the mail server cannot take the message now: 451 4.3.2 later"),
                (box.settings(ca=ca.cert, user="mailer", password="wrong-password"), "a@b.example", "the mail server does not accept user and password"),
                (box.settings(), "a@b.example", "the certificate is not trusted"),
                (wrong_name.settings(ca=ca.cert), "a@b.example", "the certificate is not trusted"),
                (plain.settings(tls="starttls"), "a@b.example", "the mail server offers no STARTTLS"),
                (plain.settings(tls="implicit"), "a@b.example", "TLS cannot be begun with the mail server"),
                (plain.settings(port=nobody), "a@b.example", "no connection")]:
            r = tried(idle(top), to)
            assert r.returncode == 1 and said in r.stderr, (said, r.stderr)
            assert PASSWORD not in r.stderr
        assert wrong_name.mail(0.1) is None and plain.mail(0.1) is None
    finally:
        box.close(), plain.close(), wrong_name.close()


@pytest.mark.parametrize("to", ["nobody", "a@b\r\nBcc: c@d", "a b@c", "张@example.org", "a@b,c@d"])
def test_no_address(to):
    r = tried(idle("mail: {server: localhost, from: a@b}\n"), to)
    assert r.returncode == 2 and "is no address that mail can be sent to" in r.stderr


def test_no_server():
    r = tried(idle(""))
    assert r.returncode == 1 and "no mail server is set" in r.stderr


@pytest.mark.parametrize("rows, said", [
    ("server: smtp.example.org, from: a@b, tls: none", "mail.tls: none is for a mail server on this machine only"),
    ("server: smtp.example.org", "mail.from: \"\" is no address that mail can come from"),
    ("server: 'smtp.example.org:25', from: a@b", "mail.server: \"smtp.example.org:25\" is neither the name of a host nor an address"),
    ("server: 'x/y@z', from: a@b", "is neither the name of a host nor an address"),
    ("server: smtp.example.org, from: a@b, reply_to: 'x y'", "mail.reply_to: \"x y\" is no address"),
    ("server: smtp.example.org, from: a@b, user: u", "mail.user: user and password belong together"),
    ("server: smtp.example.org, from: a@b, user: u, password_file: /nowhere/at/all", "mail.password_file: "),
])
def test_settings_that_cannot_be(rows, said):
    r = Tried(idle("mail: {%s}\n" % rows), "config", "check")
    assert r.returncode == 1 and said in r.stderr, r.stderr
