"""oidc-agent, Debian's: an account made by the device flow, tokens on the command line, a new one by its refresh token."""
import http.server, json, os, pathlib, re, shutil, signal, subprocess, sys, tempfile, time, urllib.request

ISSUER, CLIENT_ID, PORT = os.environ["ISSUER"], os.environ["CLIENT_ID"], int(os.environ["PORT"])
HOME = pathlib.Path(tempfile.mkdtemp())
(HOME / ".config").mkdir()
ENV = {**os.environ, "HOME": str(HOME), "OIDC_SOCK": str(HOME / "agent"), "OIDC_ENCRYPTION_PW": "a password of the agent's own"}
ENV.pop("DISPLAY", None)
said = HOME / "said"
agent = subprocess.Popen(["oidc-agent", "--console", "--socket-path=" + ENV["OIDC_SOCK"]], env=ENV, stdout=subprocess.DEVNULL)
gen = None
while agent.poll() is None and not os.path.exists(ENV["OIDC_SOCK"]):
    time.sleep(0.02)


def start():
    """The command prints a code and waits; where a person would type it, the browser is sent with it."""
    global gen
    gen = subprocess.Popen(["oidc-gen", "here", "--issuer=" + ISSUER, "--client-id=" + CLIENT_ID, "--client-secret=", "--scope=openid profile offline_access", "--flow=device",
                            "--redirect-uri=", "--no-url-call", "--pw-env", "--confirm-default"], env=ENV, stdin=subprocess.DEVNULL, stdout=open(said, "wb"), stderr=subprocess.STDOUT)
    until = time.time() + 60
    while time.time() < until and gen.poll() is None:
        shown = re.search(r"(http\S*/device)\s.*?code: (\S+)", said.read_text(), re.S)
        if shown:
            return "%s?user_code=%s" % shown.groups()
        time.sleep(0.05)
    raise RuntimeError("no code: " + said.read_text())


def token(*how):
    return subprocess.run(["oidc-token", *how, "here"], env=ENV, capture_output=True, text=True, timeout=20, check=True).stdout.strip()


def callback():
    if gen.wait(20):
        raise RuntimeError(said.read_text())
    first, second = token(), token("--force-new")
    user = json.load(urllib.request.urlopen(urllib.request.Request(ISSUER + "/userinfo", headers={"Authorization": "Bearer " + second})))
    return json.dumps({"sub": user["sub"], "name": user["preferred_username"], "refreshed": first != second})


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status, text = 200, ""
        try:
            if self.path == "/start":
                status, to = 302, start()
            elif self.path == "/callback":
                text = callback()
        except Exception as e:
            status, text = 500, repr(e)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", to)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())


signal.signal(signal.SIGTERM, lambda *_: sys.exit())
try:
    http.server.HTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
finally:
    for p in filter(None, (gen, agent)):
        p.terminate()
    agent.wait(5)
    shutil.rmtree(HOME, ignore_errors=True)
