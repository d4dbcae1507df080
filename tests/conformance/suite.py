"""tests/conformance/suite.py - the conformance suite over its HTTP API: plans, modules, their logs. Standard library only."""
import json, ssl, time, urllib.error, urllib.parse, urllib.request

# What fills the place of a screenshot that no page filled, so that the module ends: one grey point.
EMPTY_PICTURE = ("data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
                 "awAAAABJRU5ErkJggg==")
ENDED = ("FINISHED", "INTERRUPTED")


class SuiteError(Exception):
    """The suite did not do what it was asked; the text says what it answered."""


class Suite:
    """A running suite. ca: a file with the authority that vouches for it; without one it is believed. token: of its API."""

    def __init__(self, url, ca=None, token=None):
        self.url = url.rstrip("/")
        self.token = token
        self.tls = ssl.create_default_context(cafile=ca) if ca else ssl._create_unverified_context()

    def call(self, method, path, query=None, body=None, kind="application/json"):
        url = self.url + "/api/" + path + ("?" + urllib.parse.urlencode(query) if query else "")
        headers = {"Content-Type": kind, "Accept": "application/json"}
        if self.token:
            headers["Authorization"] = "Bearer " + self.token
        request = urllib.request.Request(url, (body or "").encode() if method == "POST" else None, headers, method=method)
        try:
            with urllib.request.urlopen(request, context=self.tls, timeout=60) as answer:
                said = answer.read()
        except urllib.error.HTTPError as e:
            raise SuiteError("%s %s: status %d: %s" % (method, path, e.code, e.read()[:400].decode(errors="replace")))
        except OSError as e:
            raise SuiteError("%s %s: %s" % (method, url, e))
        return json.loads(said) if said else None

    def version(self):
        said = self.call("GET", "server") or {}
        return " ".join(str(said[k]) for k in ("version", "revision", "tag") if said.get(k)) or "unknown"

    def plans(self):
        return {p["planName"]: p for p in self.call("GET", "plan/available")}

    def make_plan(self, name, variant, configuration):
        """{"id", "modules": [{"testModule", "variant"}]}"""
        return self.call("POST", "plan", {"planName": name, "variant": json.dumps(variant)}, json.dumps(configuration))

    def page_of(self, plan):
        return "%s/plan-detail.html?plan=%s" % (self.url, plan["id"])


class Run:
    """One module from its start to its end. before_start: what a person would do before pressing the button. Afterwards: result, seconds, problems, notes, log."""

    def __init__(self, suite, plan, module, seconds_max, picture_after_s, before_start=None):
        self.suite, self.plan, self.before_start = suite, plan, before_start
        self.name, self.variant = module["testModule"], module.get("variant") or {}
        self.seconds_max, self.picture_after_s = seconds_max, picture_after_s
        self.id, self.result, self.notes, self.problems, self.log = None, None, [], [], []
        self.begun, self.seconds, self.waits_since, self.wanted_since, self.unseen = 0, 0, None, None, False

    def go(self):
        self.begun = time.time()
        try:
            query = {"test": self.name, "plan": self.plan["id"], "variant": json.dumps(self.variant)}
            self.id = self.suite.call("POST", "runner", query)["id"]
            self._settle(self._watch())
        except SuiteError as e:
            self.result = "ERROR"
            self.notes.append(str(e))
            self._end()
        self.seconds = time.time() - self.begun
        return self

    def _end(self):
        try:
            if self.id:
                self.suite.call("DELETE", "runner/" + self.id)
        except SuiteError:
            pass            # it had ended by itself

    def _watch(self):
        """Until the module has ended, or its time is over; what the suite says of it then."""
        started = False
        while True:
            info = self.suite.call("GET", "info/" + self.id)
            if info["status"] in ENDED:
                return info
            if info["status"] == "CONFIGURED" and not started:
                if self.before_start:
                    self.before_start()
                self.suite.call("POST", "runner/" + self.id)
                started = True
            self._look_for_pictures(info["status"] == "WAITING")
            if time.time() - self.begun > self.seconds_max:
                self.notes.append("still %s after %d seconds" % (info["status"], self.seconds_max))
                self._end()
                return {**info, "result": "TIMEOUT"}
            time.sleep(0.15 if time.time() - self.begun < 5 else 0.5)

    def _look_for_pictures(self, waits):
        """A screenshot that no page filled keeps a module waiting for ever: it gets an empty one, and counts as unseen."""
        if not waits:
            self.waits_since = None
            return
        self.waits_since = self.waits_since or time.time()
        if self.unseen or time.time() - self.waits_since < self.picture_after_s:
            return
        # a module may have waited for something else before its page was due
        wanted = [p["upload"] for p in self.suite.call("GET", "log/%s/images" % self.id) or [] if p.get("upload")]
        self.wanted_since = (self.wanted_since or time.time()) if wanted else None
        for picture in wanted if wanted and time.time() - self.wanted_since >= self.picture_after_s else []:
            self.suite.call("POST", "log/%s/images/%s" % (self.id, picture), None, EMPTY_PICTURE, "text/plain")
            self.unseen = True

    def _settle(self, info):
        self.result = info.get("result") or "UNKNOWN"
        if info["status"] == "INTERRUPTED" and self.result != "TIMEOUT":
            self.result = "INTERRUPTED"
        if self.unseen and self.result in ("PASSED", "REVIEW", "WARNING"):
            self.result = "UNSEEN"
            self.notes.append("the page that was to be seen did not come")
        self.log = self.suite.call("GET", "log/" + self.id)
        for entry in self.log:
            if entry.get("result") in ("FAILURE", "WARNING", "SKIPPED", "INTERRUPTED"):
                words = (entry["result"], entry.get("src", ""), entry.get("msg", ""), " ".join(entry.get("requirements") or []))
                self.problems.append("%s %s: %s %s" % words)
