"""Requests larger than a cookie in Chromium: by POST up to 64 KB, by GET up to the header's limit, in two windows; the state comes back whole."""
import pytest

from .onward_test import WAYS, ask
from .web import arrived, challenge, sending_form, sign_in, somebody

POSTS = [d for d in WAYS if d != "rageframe"]                                           # that one takes GET alone
BODY, HEADER = 64 * 1024, 16 * 1024
LETTERS = "0123456789abcdef"


def of_size(name, size):
    return name + "-" + (LETTERS * (size // len(LETTERS) + 1))[:size - len(name) - 1]


def fields(callback, dialect, state):
    _, asks, auto, scope = WAYS[dialect]
    pkce = [("code_challenge", challenge()), ("code_challenge_method", "S256")] if dialect == "modern" else []
    return [("response_type", "code"), ("client_id", asks or auto), ("redirect_uri", callback.url), ("scope", scope), ("state", state), *pkce]


def by_post(site, b, callback, dialect, name):
    """A form of the application's own page, as large as a request may be."""
    rest = len("&".join("%s=%s" % (k, v) for k, v in fields(callback, dialect, ""))) + 60               # 60: what is escaped
    state = of_size(name, BODY - 1024 - rest)
    b.goto(callback.put("/ask-" + name, sending_form(site.at(dialect, WAYS[dialect][0]), fields(callback, dialect, state))))
    b.click("#go")
    return state


def by_get(site, b, callback, dialect, name):
    """An address that leaves room for what a browser sends beside it, and no more."""
    state = of_size(name, HEADER - 3072)
    b.goto(ask(site, dialect, callback, WAYS[dialect][1] or WAYS[dialect][2], state=state))
    return state


def finish(b, callback, state):
    b.wait(lambda b: b.has("#consent-allow") or b.url().startswith(callback.url))
    if b.has("#consent-allow"):
        for radio in b.all("input[type=radio][value=true]"):
            radio.click()
        b.click("#consent-allow")
    got = arrived(b, callback.url)
    assert got["code"] and got["state"] == state, (got["state"][:40], len(got["state"]), len(state))


@pytest.mark.parametrize("dialect, way", [(d, by_post) for d in POSTS] + [(d, by_get) for d in WAYS])
def test_two_windows(site, b, callback, dialect, way):
    who = somebody()
    first = way(site, b, callback, dialect, "first")
    b.wait(lambda b: b.has("#login-submit"))
    with b.tab("window"):
        second = way(site, b, callback, dialect, "second")
        b.wait(lambda b: b.has("#login-submit"))
        sign_in(b, who, "wrong")
        b.wait(lambda b: b.has("#login-error"))
        sign_in(b, who)
        finish(b, callback, second)
    sign_in(b, who)
    finish(b, callback, first)
