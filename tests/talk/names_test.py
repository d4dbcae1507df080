"""User names without case: a login by any spelling, one person behind it, and the stored spelling in what is given out."""
import json, sqlite3

import pytest

from talker import PASSWORD, World, authorize_url, introspect, post, redeem, get_code


@pytest.fixture(scope="module")
def w():
    with World("modern", "spring", top="login:\n  rehash: false\n  account_free: 3\n  address_per_minute: 100000\n  code_per_minute: 100000") as world:
        yield world


def password(w, name, word=PASSWORD):
    return post(w.at("spring", "/oauth/token"), {"grant_type": "password", "username": name, "password": word, "scope": "read", "client_id": "messaging-client", "client_secret": "secret"})


def test_any_spelling_logs_in_and_the_stored_one_is_told(w):
    token = password(w, "alice").json()["access_token"]
    again = password(w, "ALICE")
    assert again.status == 200 and again.json()["access_token"] == token           # the same person: the living token comes back
    assert post(w.at("spring", "/oauth/check_token"), {"token": token}).json()["user_name"] == "alice"
    t = redeem(w, get_code(w, user="aLiCe")).json()
    assert introspect(w, t["access_token"])["username"] == "alice"
    assert w.control({"do": "user.create", "realm": "main", "name": "Élodie", "password": PASSWORD})["ok"]
    assert password(w, "e\u0301LODIE").status == 200


def test_no_second_user_by_case_alone(w):
    for order in ({"do": "user.create", "password": PASSWORD}, ):
        r = w.control({**order, "realm": "main", "name": "Alice"})
        assert not r.get("ok") and "alice" in r["error"], r
    r = w.control({"do": "realm.load", "realm": "main", "users": [{"name": "Zoe"}, {"name": "zoe"}]})
    assert not r.get("ok") and "twice" in r["error"]
    assert w.control({"do": "realm.load", "realm": "main", "users": [{"name": "BOB", "display_name": "Robert"}]})["ok"]
    u = w.control({"do": "user.show", "realm": "main", "name": "bob"})["user"]
    assert u["name"] == "bob" and u["display_name"] == "Robert"


def test_guesses_count_for_the_person(w):
    for name in ("u07", "U07", "u07", "U07"):
        assert password(w, name, "wrong").status == 400
    assert password(w, "U07", "password").status != 200                            # it waits, whatever the spelling
    assert password(w, "u08", "password").status == 200


def test_set_and_show(w):
    assert json.loads(w.hufu("--json", "realm", "show")[1])["names"] == "fold"
    assert json.loads(w.hufu("--json", "realm", "set", "--names", "exact")[1])["names"] == "exact"
    assert password(w, "ALICE").status == 400 and password(w, "alice").status == 200
    assert w.control({"do": "user.create", "realm": "main", "name": "Alice", "password": PASSWORD})["ok"]
    status, out, err = w.hufu("realm", "set", "--names", "fold")
    assert status == 1 and '"Alice" and "alice"' in err
    assert w.control({"do": "user.delete", "realm": "main", "name": "Alice"})["ok"]
    assert w.hufu("realm", "set", "--names", "fold")[0] == 0
    assert w.hufu("realm", "set", "--names", "maybe")[0] == 1


def dump(path, *names):
    path.write_text(json.dumps({"oauth_client_details": [{"client_id": "old", "client_secret": "{noop}x", "authorized_grant_types": "client_credentials", "scope": "a"}],
                                "users": [{"username": n, "password": "{noop}pw-" + n, "enabled": 1} for n in names]}))
    return str(path)


def test_import_of_names_that_fall_together(w, tmp_path):
    both = dump(tmp_path / "both.json", "Kim", "kim", "Lee")
    args = ["import", "spring", "--from", both, "--realm", "imported", "--json"]
    status, out, err = w.hufu(*args)
    found = [f for f in json.loads(out)["findings"] if f["code"] == "names_together"]
    assert status == 1 and [(f["of"], f["kind"]) for f in found] == [("user kim", "stop")] and "Kim" in found[0]["text"], out
    status, out, err = w.hufu(*args, "--names", "exact")
    assert status == 0 and json.loads(out)["users"]["added"] == 3, (out, err)
    assert "names_exact" in {f["code"] for f in json.loads(out)["findings"]}
    assert json.loads(w.hufu("--json", "realm", "show", "--realm", "imported")[1])["names"] == "exact"
    status, out, err = w.hufu(*args, "--names", "fold", "--dry-run")
    assert {"names_fold", "names_together"} <= {f["code"] for f in json.loads(out)["findings"]}, (out, err)
