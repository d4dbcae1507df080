"""tests/browser/driver.py - headless Chromium over the W3C WebDriver protocol, spoken to chromedriver with http.client."""
import base64, contextlib, http.client, json, pathlib, re, shutil, subprocess, tempfile, time

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--disable-default-apps", "--disable-extensions",
         "--disable-features=Translate,OptimizationHints,MediaRouter,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable", "--no-default-browser-check",
         "--no-proxy-server", "--password-store=basic", "--hide-scrollbars", "--window-size=1100,900"]


class WebError(RuntimeError):
    def __init__(self, kind, message):
        super().__init__("%s: %s" % (kind, message))
        self.kind = kind


class Driver:
    """One chromedriver process; browsers are sessions of it."""

    def __init__(self):
        program = shutil.which("chromedriver") or "/usr/bin/chromedriver"
        self.proc = subprocess.Popen([program, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True)
        self.port = None
        for line in self.proc.stdout:
            m = re.search(r"started successfully on port (\d+)", line)
            if m:
                self.port = int(m.group(1))
                break
        if self.port is None:
            raise RuntimeError("chromedriver does not start")

    def call(self, method, path, body=None, timeout=60):
        conn = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            conn.request(method, path, json.dumps(body if body is not None else {}) if method == "POST" else None, {"Content-Type": "application/json"})
            value = json.loads(conn.getresponse().read())["value"]
        finally:
            conn.close()
        if isinstance(value, dict) and "error" in value and "message" in value:
            raise WebError(value["error"], value["message"].split("\n")[0])
        return value

    def close(self):
        self.proc.terminate()
        try:
            self.proc.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.proc.kill()
            self.proc.wait()
        self.proc.stdout.close()


class Element:
    def __init__(self, browser, reference):
        self.browser, self.at = browser, "/element/" + reference

    def click(self):
        self.browser.post(self.at + "/click")

    def type(self, text):
        self.browser.post(self.at + "/value", {"text": text})

    def clear(self):
        self.browser.post(self.at + "/clear")

    def text(self):
        return self.browser.get(self.at + "/text")

    def displayed(self):
        return self.browser.get(self.at + "/displayed")

    def checked(self):
        return self.browser.get(self.at + "/selected")

    def attr(self, name):
        return self.browser.get(self.at + "/attribute/" + name)

    def style(self, name):
        return self.browser.get(self.at + "/css/" + name)


class Browser:
    """A Chromium with a new empty profile."""

    NOBODY = "net::ERR_CONNECTION_REFUSED"

    def __init__(self, driver, language="en-US,en", script=True, cookies=True, flags=()):
        self.runs_scripts = script
        self.driver, self.profile = driver, tempfile.mkdtemp(prefix="hufu-chromium-")
        prefs = {"intl.accept_languages": language, "credentials_enable_service": False, "profile.password_manager_enabled": False,
                 "profile.password_manager_leak_detection": False, "safebrowsing.enabled": False, "search.suggest_enabled": False}
        if not script:
            prefs["profile.managed_default_content_settings.javascript"] = 2
            prefs["profile.default_content_setting_values.javascript"] = 2
        if not cookies:
            prefs["profile.default_content_setting_values.cookies"] = 2
        options = {"binary": shutil.which("chromium") or shutil.which("chromium-browser") or "/usr/bin/chromium", "prefs": prefs,
                   "args": FLAGS + ["--user-data-dir=" + self.profile, "--lang=" + language.split(",")[0], "--accept-lang=" + language, *flags]}
        want = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}, "timeouts": {"pageLoad": 20000, "implicit": 0}}
        session = driver.call("POST", "/session", {"capabilities": {"alwaysMatch": want}}, timeout=120)
        self.base = "/session/" + session["sessionId"]

    def get(self, path):
        return self.driver.call("GET", self.base + path)

    def post(self, path, body=None):
        return self.driver.call("POST", self.base + path, body)

    def close(self):
        with contextlib.suppress(WebError, OSError):
            self.driver.call("DELETE", self.base)
        shutil.rmtree(self.profile, ignore_errors=True)

    # --- going places

    def goto(self, url):
        """Open a URL; that nobody answers at the end of the redirects is no failure here."""
        try:
            self.post("/url", {"url": url})
        except WebError as e:
            if self.NOBODY not in str(e):
                raise

    def url(self):
        return self.get("/url")

    def title(self):
        return self.get("/title")

    def source(self):
        return self.get("/source")

    def wait(self, what, seconds=6):
        """Wait until what(self) is true; returns it."""
        until, last = time.monotonic() + seconds, None
        while time.monotonic() < until:
            try:
                last = what(self)
                if last:
                    return last
            except WebError:
                pass
            time.sleep(0.02)
        raise AssertionError("waited in vain at %s; console: %s; page:\n%s" % (self.url(), self.console(), self.text()[:1500]))

    def wait_url(self, beginning, seconds=6):
        return self.wait(lambda b: b.url().startswith(beginning) and b.url(), seconds)

    @contextlib.contextmanager
    def tab(self, kind="tab"):
        """Another tab, or window, for a while."""
        first = self.get("/window")
        self.post("/window", {"handle": self.post("/window/new", {"type": kind})["handle"]})
        try:
            yield self
        finally:
            self.driver.call("DELETE", self.base + "/window")
            self.post("/window", {"handle": first})

    # --- elements

    def all(self, css):
        return [Element(self, e[ELEMENT]) for e in self.post("/elements", {"using": "css selector", "value": css})]

    def one(self, css):
        found = self.all(css)
        if not found:
            raise AssertionError("no %s at %s:\n%s" % (css, self.url(), self.text()[:1500]))
        return found[0]

    def id(self, name):
        return self.one("[id='%s']" % name)

    def has(self, css):
        return bool(self.all(css))

    def click(self, css):
        self.one(css).click()

    def double_click(self, css):
        """Two clicks as quickly as a hand does them, whatever the first has begun."""
        click = [{"type": kind, "button": 0} for _ in range(2) for kind in ("pointerDown", "pointerUp")]
        move = {"type": "pointerMove", "duration": 0, "x": 0, "y": 0, "origin": {ELEMENT: self.one(css).at.split("/")[-1]}}
        self.post("/actions", {"actions": [{"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": [move, *click]}]})

    def type(self, css, text):
        field = self.one(css)
        field.clear()
        field.type(text)

    def text(self):
        return self.one("body").text()

    def script(self, code, *args):
        return self.post("/execute/sync", {"script": code, "args": list(args)})

    # --- state

    def cookies(self):
        return self.cdp("Network.getAllCookies")["cookies"]

    def forget(self):
        """As a new profile: no cookies, no cache, no emulation, an empty console."""
        self.cdp("Network.clearBrowserCookies")
        self.cdp("Network.clearBrowserCache")
        self.cdp("Emulation.setEmulatedMedia", features=[])
        self.cdp("Emulation.clearDeviceMetricsOverride")
        self.cdp("Emulation.setFocusEmulationEnabled", enabled=True)        # a page without the focus makes no passkey
        self.post("/url", {"url": "about:blank"})
        self.console()

    def cdp(self, command, **params):
        return self.post("/goog/cdp/execute", {"cmd": command, "params": params})

    def dark(self, on=True):
        self.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if on else "light"}])

    def phone(self, width=390, height=844):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2, mobile=True)

    def authenticator(self, **more):
        """A virtual authenticator that is built in and verifies whoever asks (WebDriver extension of Web Authentication); its id."""
        return self.post("/webauthn/authenticator", {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
                                                     "isUserConsenting": True, "isUserVerified": True, **more})

    def credentials(self, authenticator):
        return self.get("/webauthn/authenticator/%s/credentials" % authenticator)

    def console(self):
        """Lines of the console since the last call."""
        return ["%s %s" % (e["level"], e["message"]) for e in self.post("/se/log", {"type": "browser"})]

    def screenshot(self, path):
        """The whole page, not only the window."""
        picture = self.cdp("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"]
        path = pathlib.Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(picture))
