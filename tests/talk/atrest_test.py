"""What lies on the disk holds no secret that anybody could use (S4): digests, hashes, and rows sealed under a key that lies elsewhere."""
import json, pathlib

import pytest

from server import remember
from talker import VERIFIER, World, authorize_url, basic, client, form, post, realm, redeem, refresh, user

PASSWORD = "a-password-that-lies-nowhere"


@pytest.fixture
def w():
    with World("modern", "spring", settings={"modern": {"access_shape": "row_id"}}, realms=[{"realm": "main", "clients": [], "users": []}]) as world:
        yield world


def made(w):
    """A client with a secret of the server's, a user with a password of his own, and one whose clear secrets came in a load."""
    secret = json.loads(w.hufu("--json", "client", "create", "app", "--redirect-uri", "https://app.example/cb", "--scope", "read write", "--grant", "authorization_code refresh_token password",
                               "--legacy", "password refresh_reuse")[1])["secret"]
    assert w.hufu("user", "create", "ann", "--password-stdin", input=remember(PASSWORD) + "\n")[0] == 0
    loaded = {"realm": "main", "clients": [{**client("loaded"), "secret": "a-loaded-client-secret", "public": False}], "users": [{"name": "bob", "password": "a-loaded-user-password"}]}
    assert w.control({"do": "realm.load", **loaded})["ok"]
    return secret


def on_disk(w):
    data = pathlib.Path(w.dir) / "data"
    return {p: p.read_bytes() for p in sorted(data.rglob("*")) if p.is_file()}


def test_no_secret_lies_on_the_disk(w):
    secret = made(w)
    b = w.browser("modern")
    code = b.authorize(authorize_url(w), "ann", PASSWORD).query()["code"]
    unused = b.authorize(authorize_url(w), "ann", PASSWORD).query()["code"]
    pair = redeem(w, code, secret=secret).json()
    again = refresh(w, pair["refresh_token"], secret=secret).json()
    old = post(w.at("spring", "/oauth/token"), {"grant_type": "password", "username": "ann", "password": PASSWORD}, basic("app", secret)).json()
    secrets = [PASSWORD, secret, code, unused, VERIFIER, "a-loaded-client-secret", "a-loaded-user-password", *b.cookies.values()]
    secrets += [t[name] for t in (pair, again, old) for name in ("access_token", "refresh_token")]
    assert len(set(secrets)) >= 12
    for when in ("running", "stopped"):
        files = on_disk(w)
        assert sum(len(content) for content in files.values()) > 10000
        found = [(p.name, s) for p, content in files.items() for s in secrets if s.encode() in content]
        assert not found, (when, found)
        if when == "running":
            w.stop()
    w.start()
