"""Several accounts in one Chromium: chosen on a page that works without script, kept by its own cookies, signed out one by one."""
from .onward_test import ask
from .web import arrived, quiet, sign_in, somebody


def add(site, b, who):
    b.goto(site.at("modern", "/login"))
    sign_in(b, who)
    b.wait(lambda b: not b.has("#login-submit"))


def select(site, b, callback, state):
    b.goto(ask(site, "modern", callback, "auto", state=state, prompt="select_account"))
    b.wait(lambda b: b.has("#accounts-form"))


def listed(b):
    return [one.text() for one in b.all("#accounts-form button")]


def test_one_is_chosen_and_the_application_goes_on_with_it(site, b, callback):
    one, two = somebody(), somebody()
    add(site, b, one)
    add(site, b, two)
    select(site, b, callback, "pick")
    assert listed(b) == [two, one]
    b.click("#account-2")
    got = arrived(b, callback.url)
    assert got["code"] and got["state"] == "pick", got
    b.goto(site.at("modern", "/accounts"))
    assert listed(b)[0] == one, "who was chosen is the active one"
    b.goto(site.at("modern", "/"))
    assert one in b.one("body").text()
    quiet(b)


def test_another_account_and_then_each_window_its_own(site, b, callback):
    one, two, three = somebody(), somebody(), somebody()
    add(site, b, one)
    add(site, b, two)
    select(site, b, callback, "first")
    with b.tab("window"):
        select(site, b, callback, "second")
        b.click("#account-other")
        b.wait(lambda b: b.has("#login-submit"))
        sign_in(b, three)
        assert arrived(b, callback.url)["state"] == "second"
    b.click("#account-2")
    assert arrived(b, callback.url)["state"] == "first"
    b.goto(site.at("modern", "/accounts"))
    assert sorted(listed(b)) == sorted([one, two, three])
    quiet(b)


def test_signing_out_of_one_and_of_all(site, b, callback):
    one, two, three = somebody(), somebody(), somebody()
    for who in (one, two, three):
        add(site, b, who)
    b.goto(site.at("modern", "/logout"))
    assert three in b.one(".who-name").text() and b.has("#logout-all")
    b.click("#logout-confirm")
    b.wait(lambda b: b.has("#logged-out"))
    select(site, b, callback, "left")
    assert sorted(listed(b)) == sorted([one, two])
    b.goto(site.at("modern", "/logout"))
    b.click("#logout-all")
    b.wait(lambda b: "You have been signed out" in b.text())        # on the login page of the request that still waits
    b.goto(site.at("modern", "/accounts"))
    b.wait(lambda b: b.has("#login-submit"))
    quiet(b)
