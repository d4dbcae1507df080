"""tests/mailbox.py - a real mail server on loopback (python3-aiosmtpd) that a test starts and stops; what it took is read back as messages.
Started by itself (under the system's python3, which has the package) it is that server."""
import email, email.policy, json, os, pathlib, queue, re, shutil, subprocess, sys, tempfile, threading, time

USER, PASSWORD = "mailer", "mail-server-password"


def serve(argv):
    """argv: JSON with port, cert, key, tls (starttls, implicit, none), auth, refuse {address: answer}."""
    import asyncio, ssl
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
    o = json.loads(argv)
    context = None
    if o["tls"] != "none":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(o["cert"], o["key"])

    def authenticate(server, session, envelope, mechanism, data):
        good = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=good, handled=False)

    class Handler:
        async def handle_RCPT(self, server, session, envelope, address, options):
            if address in o["refuse"]:
                return o["refuse"][address]
            envelope.rcpt_tos.append(address)
            return "250 OK"

        async def handle_DATA(self, server, session, envelope):
            print(json.dumps({"from": envelope.mail_from, "to": envelope.rcpt_tos, "tls": server.transport.get_extra_info("sslcontext") is not None, "helo": session.host_name,
                              "login": session.authenticated, "data": envelope.content.decode("latin-1")}), flush=True)
            return "250 taken"

    kwargs = dict(hostname="mail.test", ident="test", authenticator=authenticate, auth_required=o["auth"], auth_require_tls=o["tls"] == "starttls")
    if o["tls"] == "starttls":
        kwargs.update(tls_context=context, require_starttls=True)

    async def main():
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(Handler(), loop=loop, **kwargs), "127.0.0.1", o["port"], ssl=context if o["tls"] == "implicit" else None)
        print(json.dumps({"ready": server.sockets[0].getsockname()[1]}), flush=True)
        await server.serve_forever()

    asyncio.run(main())


class Mail:
    """One message: headers decoded, text and html as a reader has them."""

    def __init__(self, taken):
        self.envelope, self.raw = taken, taken["data"]
        self.message = email.message_from_bytes(self.raw.encode("latin-1"), policy=email.policy.default)
        self.to, self.subject = taken["to"][0], self.message["Subject"]
        self.text = self.message.get_body(("plain",)).get_content()
        self.html = self.message.get_body(("html",)).get_content()

    @property
    def link(self):
        found = re.search(r"^https?://\S+$", self.text.replace("\r", ""), re.M)
        return found and found.group()

    @property
    def code(self):
        found = re.search(r"^    (\d+)$", self.text.replace("\r", ""), re.M)
        return found and found.group(1)


class Mailbox:
    def __init__(self, tls="none", auth=False, pair=None, refuse=None, port=0):
        from server import free_ports
        self.tls, self.auth, self.pair, self.refuse = tls, auth, pair, refuse or {}
        self.port = port or free_ports(1)[0]
        self.proc, self.mails = None, queue.Queue()

    def start(self):
        o = {"port": self.port, "tls": self.tls, "auth": self.auth, "refuse": self.refuse,
             "cert": str(self.pair.cert) if self.pair else "", "key": str(self.pair.key) if self.pair else ""}
        python = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable
        self.proc = subprocess.Popen([python, __file__, json.dumps(o)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert "ready" in json.loads(self.proc.stdout.readline() or "{}"), "the mail server does not start: is python3-aiosmtpd installed?"
        threading.Thread(target=self.read, args=(self.proc,), daemon=True).start()
        return self

    def read(self, proc):
        for line in proc.stdout:
            self.mails.put(Mail(json.loads(line)))

    def settings(self, user=None, password=PASSWORD, ca=None, host="127.0.0.1", **more):
        rows = {"server": host, "port": self.port, "tls": self.tls, "from": "no-reply@hufu.test", "timeout": 5, **more}
        if user or self.auth:
            rows.update(user=user or USER, password=password)
        if ca:
            rows["ca_file"] = str(ca)
        return "mail:\n" + "".join("  %s: %s\n" % (k, json.dumps(v, ensure_ascii=False)) for k, v in rows.items())

    def mail(self, wait=10):
        """The next message; None when none comes in time."""
        try:
            return self.mails.get(timeout=wait)
        except queue.Empty:
            return None

    def close(self):
        if self.proc:
            self.proc.kill()
            self.proc.wait()
            self.proc = None


if __name__ == "__main__":
    serve(sys.argv[1])
