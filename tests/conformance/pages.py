"""tests/conformance/pages.py - what the suite's browser does on hufu's pages, in the suite's own language of commands.

A browser entry belongs to an address that the browser is sent to (`match`); its tasks are done in their order, each on the page whose
address its own `match` fits, and one that is optional is left out when the page is another. Only * is special in a pattern; the callback
stands in the query of the authorization request, so that patterns begin with a host.
"""

PICTURE = "update-image-placeholder"
PICTURE_MAYBE = "update-image-placeholder-optional"
SECOND_LOGIN = "(?i)(sign|log) ?in"

FAPI1, FAPI2 = "fapi1-advanced-final-", "fapi2-security-profile-final-"
REFUSES = (FAPI1 + "user-rejects-authentication", FAPI2 + "user-rejects-authentication")
LOOKS_FIRST = tuple(fapi + "par-ensure-reused-request-uri-prior-to-auth-completion-succeeds" for fapi in (FAPI1, FAPI2))
LOGS_IN_TWICE = ("oidcc-prompt-login", "oidcc-max-age-1")
SHOWS_AN_ERROR = (
    "oidcc-ensure-registered-redirect-uri", "oidcc-ensure-redirect-uri-in-authorization-request",
    "oidcc-redirect-uri-query-added", "oidcc-redirect-uri-query-mismatch", FAPI1 + "ensure-registered-redirect-uri",
    FAPI2 + "ensure-registered-redirect-uri", FAPI2 + "ensure-request-object-without-redirect-uri-fails")
SHOWS_AN_ERROR_OR_ANSWERS = ("oidcc-ensure-request-object-with-redirect-uri", "oidcc-response-type-missing")
SHOWS_WHO_ASKS = ("oidcc-registration-logo-uri", "oidcc-registration-policy-uri", "oidcc-registration-tos-uri")
LOGOUT_ENDS_HERE = tuple("oidcc-rp-initiated-logout-" + name for name in (
    "bad-post-logout-redirect-uri", "modified-id-token-hint", "no-id-token-hint", "no-params", "no-post-logout-redirect-uri",
    "only-state", "query-added-to-post-logout-redirect-uri", "bad-id-token-hint"))


class Pages:
    """The pages of one issuer: paths of the dialect `modern`."""

    def __init__(self, issuer, suite, user, password):
        self.issuer, self.suite, self.user, self.password = issuer, suite, user, password

    def task(self, name, match, *commands, optional=False):
        return {"task": name, "match": match, "optional": optional, "commands": list(commands)}

    def login(self, seen=None):
        """seen: the page becomes the module's screenshot if that is asked for by then, as it is at a second login."""
        first = ["wait", "xpath", "//*", 10, seen, PICTURE_MAYBE] if seen else ["wait", "id", "login-submit", 10]
        return self.task("Log in", self.issuer + "/login*", first, ["text", "name", "username", self.user, "optional"],
                         ["text", "name", "password", self.password, "optional"], ["click", "id", "login-submit"], optional=True)

    def consent(self):
        return self.task("Consent", self.issuer + "/*", ["click", "id", "consent-allow", "optional"], optional=True)

    def arrive(self, optional=False):
        return self.task("Arrive", self.suite + "/test/*/callback*", ["wait", "id", "submission_complete", 10], optional=optional)

    def error(self, optional=False):
        command = ["wait", "id", "error-page", 10, ".*", PICTURE_MAYBE if optional else PICTURE]
        return self.task("Error page", self.issuer + "/*", command, optional=optional)

    def authorize(self, *tasks):
        return {"match": self.issuer + "/authorize*", "tasks": list(tasks)}

    def flow(self, seen=None):
        return self.authorize(self.login(seen), self.consent(), self.arrive())

    def logout(self, *last):
        confirm = self.task("Confirm", self.issuer + "/*", ["click", "id", "logout-confirm", "optional"], optional=True)
        return {"match": self.issuer + "/logout*", "tasks": [confirm, *(last or (
            self.task("Arrive", self.suite + "/test/*/post*"),))]}

    def session_frames(self):
        result = self.task("Session frames", "*", ["wait", "contains", "session_result", 20])
        return {"match": self.suite + "/test/*session_verify*", "tasks": [result]}

    def seen(self, name, match):
        return self.task(name, match, ["wait", "xpath", "//*", 10, ".*", PICTURE])

    def usual(self):
        return [self.flow(), self.logout(), self.session_frames()]

    def error_or_answer(self):
        return self.authorize(self.login(), self.consent(), self.error(optional=True), self.arrive(optional=True))

    def usual_of_banks(self):
        """Their plans do not say which of the two each wrong request deserves."""
        return [self.error_or_answer()]

    def denies(self):
        deny = self.task("Deny", self.issuer + "/*", ["click", "id", "consent-deny"])
        return self.authorize(self.login(), deny, self.arrive())

    def looks_first(self):
        look = self.task("Look", self.issuer + "/login*", ["wait", "id", "login-submit", 10])
        return {**self.authorize(look), "match-limit": 1}

    def overrides(self):
        """{module: its own browser entries}"""
        who_asks = self.authorize(self.seen("The login page", self.issuer + "/login*"))
        stays = self.logout(self.seen("The last page", self.issuer + "/*"))
        rows = ((LOGS_IN_TWICE, [self.flow(SECOND_LOGIN), self.logout()]), (SHOWS_AN_ERROR, [self.authorize(self.error())]),
                (SHOWS_AN_ERROR_OR_ANSWERS, [self.error_or_answer()]), (REFUSES, [self.denies()]),
                (LOOKS_FIRST, [self.looks_first(), self.flow()]), (SHOWS_WHO_ASKS, [who_asks]),
                (LOGOUT_ENDS_HERE, [self.flow(), stays]))
        return {module: {"browser": entries} for modules, entries in rows for module in modules}
