#!/usr/bin/env python3
"""tests/packages_talk.py before|after URL FILE - a login with its tokens at an installed hufud; after an upgrade: are they worth what they were?

before: alice logs in at the client app, and FILE keeps the tokens and the session. after: they are used. Ends with status 1 and a word when not."""
import json, sys, urllib.parse

from talker import Browser, authorize_url, introspect, redeem, refresh


class Installed:
    def __init__(self, url):
        self.url = url

    def at(self, issuer, path):
        return self.url + path

    def browser(self, issuer):
        return Browser(self.url)


def code_of(answer):
    fields = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(answer.location or "").query))
    assert "code" in fields, answer
    return fields["code"]


def before(world, path):
    browser = world.browser("modern")
    first = redeem(world, code_of(browser.authorize(authorize_url(world)))).json()
    waiting = code_of(browser.authorize(authorize_url(world, state="s2")))          # a code in hand when the package changes
    assert introspect(world, first["access_token"])["active"]
    json.dump({"tokens": first, "code": waiting, "cookies": browser.cookies}, open(path, "w"))


def after(world, path):
    kept = json.load(open(path))
    assert introspect(world, kept["tokens"]["access_token"])["active"], "the access token has ended"
    second = refresh(world, kept["tokens"]["refresh_token"])
    assert second.status == 200, "the refresh token has ended: %r" % second
    assert redeem(world, kept["code"]).status == 200, "the code cannot be redeemed"
    browser = world.browser("modern")
    browser.cookies.update(kept["cookies"])
    code_of(browser.follow(browser.get(authorize_url(world, prompt="none"))))       # still logged in, consent is remembered
    json.dump({**kept, "tokens": second.json(), "code": code_of(browser.follow(browser.get(authorize_url(world, prompt="none"))))}, open(path, "w"))


if __name__ == "__main__":
    {"before": before, "after": after}[sys.argv[1]](Installed(sys.argv[2]), sys.argv[3])
