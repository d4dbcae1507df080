"""tests/browser/firefox.py - headless Firefox over Marionette, its own remote protocol: JSON with its length before it, over TCP."""
import base64, contextlib, itertools, json, pathlib, re, shutil, socket, subprocess, tempfile, time

from .driver import ELEMENT, Browser, WebError

# What a new profile must not do: ask the network for anything, show something else than what a test opens, remember.
PREFS = {
    "app.normandy.enabled": False, "app.update.enabled": False, "browser.aboutwelcome.enabled": False, "browser.download.panel.shown": True,
    "browser.newtabpage.enabled": False, "browser.safebrowsing.downloads.enabled": False, "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False, "browser.search.update": False, "browser.sessionstore.resume_from_crash": False,
    "browser.shell.checkDefaultBrowser": False, "browser.startup.homepage": "about:blank", "browser.startup.page": 0, "browser.tabs.warnOnClose": False,
    "browser.urlbar.suggest.searches": False, "captivedetect.canonicalURL": "", "datareporting.policy.dataSubmissionEnabled": False,
    "datareporting.healthreport.uploadEnabled": False, "dom.disable_open_during_load": False, "dom.security.https_first": False,
    "dom.security.https_only_mode": False, "extensions.getAddons.cache.enabled": False, "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False, "network.connectivity-service.enabled": False, "network.dns.disablePrefetch": True,
    "network.prefetch-next": False, "network.proxy.type": 0, "security.insecure_field_warning.contextual.enabled": False, "security.sandbox.content.level": 0,
    "services.settings.server": "data:,", "signon.rememberSignons": False, "startup.homepage_welcome_url": "", "toolkit.telemetry.enabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False, "ui.prefersReducedMotion": 1,
}

# WebDriver's addresses, as driver.py uses them, and the command that does the same here.
COMMANDS = [
    ("POST", r"/url", "WebDriver:Navigate"), ("GET", r"/url", "WebDriver:GetCurrentURL"), ("GET", r"/title", "WebDriver:GetTitle"),
    ("GET", r"/source", "WebDriver:GetPageSource"), ("POST", r"/back", "WebDriver:Back"), ("POST", r"/refresh", "WebDriver:Refresh"),
    ("POST", r"/elements", "WebDriver:FindElements"), ("POST", r"/element/(?P<id>[^/]+)/click", "WebDriver:ElementClick"),
    ("POST", r"/element/(?P<id>[^/]+)/value", "WebDriver:ElementSendKeys"), ("POST", r"/element/(?P<id>[^/]+)/clear", "WebDriver:ElementClear"),
    ("GET", r"/element/(?P<id>[^/]+)/text", "WebDriver:GetElementText"), ("GET", r"/element/(?P<id>[^/]+)/displayed", "WebDriver:IsElementDisplayed"),
    ("GET", r"/element/(?P<id>[^/]+)/selected", "WebDriver:IsElementSelected"),
    ("GET", r"/element/(?P<id>[^/]+)/attribute/(?P<name>.+)", "WebDriver:GetElementAttribute"),
    ("GET", r"/element/(?P<id>[^/]+)/css/(?P<propertyName>.+)", "WebDriver:GetElementCSSValue"), ("POST", r"/execute/sync", "WebDriver:ExecuteScript"),
    ("GET", r"/window", "WebDriver:GetWindowHandle"), ("POST", r"/window", "WebDriver:SwitchToWindow"), ("POST", r"/window/new", "WebDriver:NewWindow"),
    ("DELETE", r"/window", "WebDriver:CloseWindow"),
]


class Firefox(Browser):
    """A Firefox with a new empty profile, and the connection to it."""

    NOBODY = "about:neterror"

    def __init__(self, language="en-US,en", script=True):
        self.runs_scripts = script
        self.profile = tempfile.mkdtemp(prefix="hufu-firefox-")
        prefs = {**PREFS, "marionette.port": 0, "intl.accept_languages": language, "javascript.enabled": script}
        lines = ["user_pref(%s, %s);" % (json.dumps(k), json.dumps(v)) for k, v in prefs.items()]
        (pathlib.Path(self.profile) / "user.js").write_text("\n".join(lines))
        program = shutil.which("firefox-esr") or shutil.which("firefox") or "/usr/bin/firefox-esr"
        self.proc = subprocess.Popen([program, "--headless", "--marionette", "--remote-allow-system-access", "--no-remote", "--profile", self.profile, "--width", "1100", "--height", "900"],
                                     stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                     env={"HOME": self.profile, "PATH": "/usr/bin:/bin", "MOZ_CRASHREPORTER_DISABLE": "1", "LANG": "C.UTF-8"})
        self.numbers, self.waiting = itertools.count(1), b""
        self.conn = socket.create_connection(("127.0.0.1", self.port()), timeout=60)
        self.read()                                                                     # who is there
        self.command("WebDriver:NewSession", {"capabilities": {"alwaysMatch": {"timeouts": {"pageLoad": 20000, "implicit": 0, "script": 20000}}}})

    def port(self):
        """Firefox chooses a free one and writes it into its profile."""
        at = pathlib.Path(self.profile) / "MarionetteActivePort"
        until = time.monotonic() + 60
        while time.monotonic() < until and self.proc.poll() is None:
            with contextlib.suppress(OSError, ValueError):
                return int(at.read_text())
            time.sleep(0.02)
        raise RuntimeError("firefox does not start")

    # --- the protocol: "LENGTH:[0, number, command, parameters]", answered by "LENGTH:[1, number, error, result]"

    def read(self):
        while True:
            m = re.match(rb"(\d+):", self.waiting)
            if m and len(self.waiting) >= m.end() + int(m.group(1)):
                end = m.end() + int(m.group(1))
                message, self.waiting = self.waiting[m.end():end], self.waiting[end:]
                return json.loads(message)
            more = self.conn.recv(65536)
            if not more:
                raise OSError("firefox has gone")
            self.waiting += more

    def command(self, name, params=None):
        number = next(self.numbers)
        text = json.dumps([0, number, name, params or {}]).encode()
        self.conn.sendall(b"%d:%s" % (len(text), text))
        while True:
            kind, answered, error, result = self.read()
            if (kind, answered) == (1, number):
                break
        if error:
            raise WebError(error["error"], error["message"].split("\n")[0])
        return result["value"] if isinstance(result, dict) and set(result) == {"value"} else result

    def chrome(self, code, *args):
        """A script with the browser's own rights."""
        self.command("Marionette:SetContext", {"value": "chrome"})
        try:
            return self.command("WebDriver:ExecuteScript", {"script": code, "args": list(args)})
        finally:
            self.command("Marionette:SetContext", {"value": "content"})

    def call(self, method, path, body=None):
        for verb, pattern, name in COMMANDS:
            m = re.fullmatch(pattern, path)
            if verb == method and m:
                return self.command(name, {**(body or {}), **m.groupdict()})
        raise AssertionError("%s %s is not known here" % (method, path))

    def get(self, path):
        return self.call("GET", path)

    def post(self, path, body=None):
        return self.call("POST", path, body)

    def delete(self, path):
        return self.call("DELETE", path)

    def close(self):
        with contextlib.suppress(WebError, OSError):
            self.command("Marionette:Quit", {"flags": ["eForceQuit"]})
        self.conn.close()
        try:
            self.proc.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.proc.kill()
            self.proc.wait()
        shutil.rmtree(self.profile, ignore_errors=True)

    # --- what WebDriver has no word for

    def forget(self):
        self.post("/url", {"url": "about:blank"})
        self.chrome("""Services.cookies.removeAll(); Services.cache2.clear();
            Services.prefs.clearUserPref("ui.systemUsesDarkTheme"); Services.prefs.clearUserPref("layout.css.prefers-color-scheme.content-override")""")
        self.phone(1100, 900)
        self.console()

    def cookies(self):
        return self.chrome("return Services.cookies.cookies.map(c => ({name: c.name, value: c.value, domain: c.host, path: c.path, httpOnly: c.isHttpOnly}))")

    def console(self):
        """Errors and warnings about pages since the last call: refusals of the Content-Security-Policy are among them."""
        return self.chrome("""
            const lines = Services.console.getMessageArray()
                .filter(m => m instanceof Ci.nsIScriptError && (m.category.startsWith("CSP_") || /^https?:/.test(m.sourceName)))
                .map(m => m.category + " " + m.errorMessage);
            Services.console.reset();
            return lines""")

    def dark(self, on=True):
        self.chrome("""Services.prefs.setIntPref("layout.css.prefers-color-scheme.content-override", arguments[0])""", 0 if on else 1)

    def phone(self, width=390, height=844):
        self.chrome("window.resizeTo(arguments[0], arguments[1])", width, height)

    def screenshot(self, path):
        path = pathlib.Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(self.command("WebDriver:TakeScreenshot", {"full": True})))
