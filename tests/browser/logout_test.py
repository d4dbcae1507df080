"""The end of a session in Chromium and in Firefox: the frames that tell of it, the way on without script, and the frame that asks whether it has ended."""
import json

import pytest

from talker import basic

from .web import APP_SECRET, Callback, Site, arrived, sign_in, somebody, token


@pytest.fixture(scope="module")
def parties():
    """The application that asks, and one that only hears of it, at another origin."""
    asks, hears = Callback(), Callback()
    yield asks, hears
    asks.close()
    hears.close()


@pytest.fixture(scope="module")
def op(parties):
    asks, hears = parties
    with Site(asks, "modern", settings={"modern": {"pkce": "when_sent"}}) as site:
        for id, at, more in (("asks", asks, {"post_logout_redirect_uris": [asks.origin + "/bye"]}),
                             ("hears", hears, {"frontchannel_logout_uri": hears.origin + "/front", "frontchannel_logout_session_required": True})):
            answer = site.control({"do": "client.create", "realm": "main", "id": id, "secret": APP_SECRET, "scopes": ["openid"], "redirect_uris": [at.url],
                                   "grants": ["authorization_code"], "auto_approve": True, "metadata": more})
            assert answer.get("ok"), answer
        yield site


def log_in(op, b, at, client, who=None):
    """What came back to the application: the ID token, and session_state."""
    b.goto(op.at("modern", "/authorize", response_type="code", client_id=client, redirect_uri=at.url, scope="openid", state="s", nonce="n-0S6_WzA2Mj"))
    if who:
        sign_in(b, who)
    got = arrived(b, at.url)
    t = token(op, "modern", "/token", {"grant_type": "authorization_code", "code": got["code"], "redirect_uri": at.url}, basic(client, APP_SECRET))
    return t.json()["id_token"], got["session_state"]


def test_the_other_applications_hear_of_it_in_frames_and_the_user_goes_on(op, each, parties):
    asks, hears = parties
    hint, _ = log_in(op, each, asks, "asks", somebody())
    log_in(op, each, hears, "hears")
    asks.forget()
    hears.forget()
    each.goto(op.at("modern", "/logout", id_token_hint=hint, post_logout_redirect_uri=asks.origin + "/bye", state="away"))
    each.wait_url(asks.origin + "/bye?state=away", 15)
    front = [(path, query) for _, path, query, _ in hears.seen]
    assert [path for path, _ in front] == ["/front"] and front[0][1]["iss"] == op.base["modern"] and len(front[0][1]["sid"]) == 32
    each.goto(op.at("modern", "/authorize", response_type="code", client_id="asks", redirect_uri=asks.url, scope="openid", prompt="none", nonce="n-0S6_WzA2Mj"))
    assert arrived(each, asks.url)["error"] == "login_required"


def watch(b, at, op, client, state):
    """An application's page that asks the frame of the issuer, and writes down what it answers."""
    at.put("/watch", """<!DOCTYPE html><title>watch</title><p id="said">nothing</p><iframe id="op" src="%s"></iframe><script>
        var said = document.getElementById("said"), op = document.getElementById("op");
        window.addEventListener("message", function (e) { if (e.origin === %s) said.textContent = e.data; });
        op.addEventListener("load", function () { op.contentWindow.postMessage(%s, %s); });
        </script>""" % (op.at("modern", "/check_session"), json.dumps(op.base["modern"]), json.dumps(client + " " + state), json.dumps(op.base["modern"])))
    b.goto(at.origin + "/watch")
    b.wait(lambda b: b.one("#said").text() != "nothing")
    return b.one("#said").text()


def test_a_frame_tells_whether_the_session_has_changed(op, b, parties):
    asks, _ = parties
    hint, state = log_in(op, b, asks, "asks", somebody())
    assert watch(b, asks, op, "asks", state) == "unchanged"
    assert watch(b, asks, op, "other", state) == "changed"
    assert watch(b, asks, op, "asks", "x") == "error"
    b.goto(op.at("modern", "/logout", id_token_hint=hint, post_logout_redirect_uri=asks.origin + "/bye"))
    b.wait_url(asks.origin + "/bye")
    assert watch(b, asks, op, "asks", state) == "changed"
