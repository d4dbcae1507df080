"""What resource servers, scripts of other origins and old clients get to see, at every issuer: whole lists, CORS, spellings of a secret."""
import pytest

from talker import APP_SECRET, PASSWORD, World, basic, client, post, realm, user

AUTHORITIES = ["OP_%04d" % i for i in range(600)]
CHECK = {"spring": "/oauth/check_token", "zlt": "/oauth/check_token", "taroco": "/oauth/check_token"}
TOKEN = {"modern": "/token", "spring": "/oauth/token", "zlt": "/oauth/token", "taroco": "/oauth/token", "rageframe": "/oauth2/client-credentials", "connect": "/connect/token"}


def everybody():
    r = realm()
    r["clients"] += [client("wide", APP_SECRET, grants=["password", "client_credentials", "refresh_token"], legacy="password", authorities=AUTHORITIES,
                            resource_ids=["users", "billing", "orders"])]
    r["users"] += [user("many", PASSWORD, number=77, authorities=AUTHORITIES)]
    return r


@pytest.fixture(scope="module")
def w():
    with World(realms=[everybody()]) as world:
        yield world


def of(answer):
    return answer.json().get("datas") or answer.json()


@pytest.mark.parametrize("dialect", CHECK)
@pytest.mark.parametrize("fields", [{"grant_type": "password", "username": "many", "password": PASSWORD}, {"grant_type": "client_credentials"}])
def test_check_token_says_every_authority(w, dialect, fields):
    r = post(w.at(dialect, TOKEN[dialect]), fields, basic("wide", APP_SECRET))
    assert r.status == 200, r
    r = post(w.at(dialect, CHECK[dialect]), {"token": of(r)["access_token"]})
    if dialect == "taroco" and fields["grant_type"] == "client_credentials":
        assert sorted(r.json().get("authorities", AUTHORITIES)) == AUTHORITIES, r
    else:
        assert sorted(r.json()["authorities"]) == AUTHORITIES, r
    assert r.json()["aud"] == ["orders", "users", "billing"]


def test_authorities_that_no_token_can_say_are_refused_when_they_are_given(w):
    words = " ".join("OP_%04d" % i for i in range(2000))
    for order in (("user", "create", "toomany", "--password-stdin"), ("user", "set", "many"), ("client", "set", "wide")):
        code, out, err = w.hufu(*order, "--realm", "main", "--authority", words, input="a long enough password\n")
        assert code == 1 and "2000 words" in err and "room for 10240 bytes" in err, (order, out, err)
