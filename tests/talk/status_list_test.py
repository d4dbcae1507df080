"""Token status lists: what a resource server that verifies by itself hears of. draft-ietf-oauth-status-list-21."""
import base64, concurrent.futures, gzip, json, time, zlib

import pytest

import talker_jwt
from talker import APP_SECRET, VERIFIER, World, authorize_url, basic, client, get, introspect, post, realm, redeem, refresh, send

GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
API = "https://api.example"
TYPE = "application/statuslist+jwt"


def people():
    r = realm()
    r["clients"] += [client("web", APP_SECRET, grants=["authorization_code", "refresh_token", "client_credentials", GRANT], scopes=["read", "openid"], redirect_uris=["https://app.example/cb"], auto_approve=True,
                            resource_ids=[API], introspects="all", metadata={"token_exchange_types": ["access_token"], "post_logout_redirect_uris": ["https://app.example/bye"]}),
                     client("svc", APP_SECRET, grants=["client_credentials"], scopes=["read"], introspects="all")]
    r["resource_servers"] = [{"id": API}]
    return r


@pytest.fixture(scope="module")
def w():
    with World("modern", "zlt", realms=[people()], settings={"modern": {"status_list": True, "status_list_ttl_s": 2}}) as world:
        yield world


def login(w, who="alice"):
    b = w.browser("modern")
    r = b.authorize(authorize_url(w, client="web", scope="read openid"), who)
    return b, redeem(w, r.query()["code"], client="web").json()


def own(w, id="svc"):
    return post(w.at("modern", "/token"), {"grant_type": "client_credentials"}, basic(id, APP_SECRET)).json()["access_token"]


def place(token):
    at = talker_jwt.claims(token)["status"]["status_list"]
    assert set(at) == {"idx", "uri"}
    return at


def fresh(w, uri, **headers):
    """The list as it is now: what was made before is too old."""
    w.turn_clock(1.1)
    return get(uri, {"Accept": TYPE, **headers})


def bits(w, uri):
    r = fresh(w, uri)
    assert r.status == 200 and r.get("Content-Type") == TYPE, r
    said = talker_jwt.verify(r.text, get(w.at("modern", "/jwks")).json())
    assert talker_jwt.header(r.text)["typ"] == "statuslist+jwt" and said["sub"] == uri and said["iss"] == w.url["modern"]
    assert said["ttl"] == 2 and said["exp"] == said["iat"] + 10 and set(said["status_list"]) == {"bits", "lst", "aggregation_uri"}
    lst = said["status_list"]["lst"]
    return zlib.decompress(base64.urlsafe_b64decode(lst + "=" * (-len(lst) % 4)))


def valid(w, token):
    at = place(token)
    all = bits(w, at["uri"])
    return all[at["idx"] // 8] >> at["idx"] % 8 & 1 == 0


def agree(w, token, expected):
    assert valid(w, token) == introspect(w, token, client="svc")["active"] == expected


def test_what_is_served(w):
    t = own(w)
    at = place(t)
    assert at["uri"] == w.at("modern", "/statuslists/1") and 0 <= at["idx"] < 1 << 17 and valid(w, t)
    r = get(at["uri"])
    assert r.status == 200 and r.get("Cache-Control") in ("public, max-age=0", "public, max-age=1") and r.get("X-Content-Type-Options") == "nosniff"
    assert get(at["uri"], {"Origin": "https://elsewhere.example"}).get("Access-Control-Allow-Origin") == "*"
    head = send("HEAD", at["uri"])
    assert head.status == 200 and head.get("Content-Type") == TYPE and head.body == b""
    assert get(w.at("modern", "/.well-known/oauth-authorization-server")).json()["status_list_aggregation_endpoint"] == w.at("modern", "/statuslists")
    all = get(w.at("modern", "/statuslists"))
    assert all.get("Content-Type") == "application/json" and all.json() == {"status_lists": [at["uri"]]}      # status_lists
    assert "status" not in talker_jwt.claims(login(w)[1]["id_token"])


@pytest.mark.parametrize("accept, status", [(TYPE, 200), ("*/*", 200), ("application/*", 200), ("Application/StatusList+JWT", 200), ("text/html, */*;q=0.1", 200),
                                            ("application/statuslist+cwt", 406), ("application/json", 406), (TYPE + ";q=0", 406), ("text/html", 406), (TYPE + ";q=0, */*", 406)])
def test_accept(w, accept, status):
    own(w)
    r = get(w.at("modern", "/statuslists/1"), {"Accept": accept})
    assert r.status == status, r                                 # R_NOT_ACCEPTABLE


def test_gzip_for_who_takes_it(w):
    uri = place(own(w))["uri"]
    plain, coded = fresh(w, uri), get(uri, {"Accept": TYPE, "Accept-Encoding": "br;q=1, gzip;q=0.8"})
    assert plain.get("Content-Encoding") is None and coded.get("Content-Encoding") == "gzip"
    assert gzip.decompress(coded.body) == plain.body and coded.get("Content-Type") == TYPE
    assert plain.get("Vary") == coded.get("Vary") == "Accept-Encoding" and plain.get("ETag") != coded.get("ETag")
    assert coded.get("ETag") == plain.get("ETag")[:-1] + '-gzip"'
    for field in ("identity", "gzip;q=0", "gzip;q=0.5, identity", "br", ""):
        assert get(uri, {"Accept-Encoding": field}).get("Content-Encoding") is None, field
    head = send("HEAD", uri, headers={"Accept-Encoding": "gzip"})
    assert head.body == b"" and [head.get(n) for n in ("Content-Encoding", "Vary", "Content-Type")] == ["gzip", "Accept-Encoding", TYPE]
    assert head.get("ETag") == coded.get("ETag") and int(head.get("Content-Length")) == len(coded.body)


@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_who_has_the_list_already_gets_none(w, coding):
    uri = place(own(w))["uri"]
    tag = fresh(w, uri, **{"Accept-Encoding": coding}).get("ETag")
    for field in (tag, "W/" + tag, '"x", ' + tag, "*"):
        r = get(uri, {"Accept-Encoding": coding, "If-None-Match": field})
        assert r.status == 304 and r.body == b"" and r.get("ETag") == tag and r.get("Vary") == "Accept-Encoding", r
        assert r.get("Cache-Control").startswith("public, max-age=") and r.get("Content-Encoding") is None
    assert get(uri, {"Accept-Encoding": coding, "If-None-Match": '"x"'}).status == 200
    other = {"gzip": "identity", "identity": "gzip"}[coding]
    assert get(uri, {"Accept-Encoding": other, "If-None-Match": tag}).status == 200     # what is coded otherwise is another document
    r = fresh(w, uri, **{"Accept-Encoding": coding, "If-None-Match": tag})
    assert r.status == 200 and r.get("ETag") != tag                                     # made anew: iat and exp are others
    all = get(w.at("modern", "/statuslists"), {"Accept-Encoding": coding})
    assert all.get("Content-Encoding") is None and all.get("ETag") is None


@pytest.mark.parametrize("path, status", [("/statuslists/1?time=1686925000", 501), ("/statuslists/1?time=", 501), ("/statuslists/1?other=1", 200), ("/statuslists/99", 404), ("/statuslists/0", 404),
                                          ("/statuslists/x", 404), ("/statuslists/", 404), ("/statuslists/1/1", 404), ("/statuslists/-1", 404), ("/statuslists/01", 200)])
def test_addresses(w, path, status):
    own(w)
    r = get(w.at("modern", path), {"Accept": TYPE})
    assert r.status == status, r                                 # R_STATUS_TIME
    if status == 501:
        assert r.json()["error"] == "invalid_request"


def test_an_issuer_that_has_none(w):
    with World("modern", realms=[people()]) as v:
        assert "status" not in talker_jwt.claims(own(v)) and get(v.at("modern", "/statuslists/1")).status == 404 and get(v.at("modern", "/statuslists")).status == 404
        assert "status_list_aggregation_endpoint" not in get(v.at("modern", "/.well-known/oauth-authorization-server")).json()


def test_settings_that_deny_each_other(w, tmp_path):
    for settings, word in (({"zlt": {"status_list": True}}, "no address for status lists"), ({"modern": {"status_list_ttl_s": 1}}, "status_list_ttl_s")):
        at = tmp_path / "hufu.yaml"
        name, body = next(iter(settings.items()))
        at.write_text("store:\n  path: %s\nissuers:\n  x:\n    dialect: %s\n    url: http://localhost:1\n    realm: main\n%s" % (tmp_path, name, "".join("    %s: %s\n" % (k, json.dumps(v)) for k, v in body.items())))
        status, out, err = w.hufu("config", "check", "--config", str(at))
        assert status != 0 and word in out + err


# --- for each way in which a token ends, list and introspection agree ------------------------------------------------------------------

def by_client(w, b, t):
    assert post(w.at("modern", "/revoke"), {"token": t["access_token"]}, basic("web", APP_SECRET)).status == 200


def by_refresh_token(w, b, t):
    assert post(w.at("modern", "/revoke"), {"token": t["refresh_token"]}, basic("web", APP_SECRET)).status == 200


def by_operator(w, b, t):
    status, out, err = w.hufu("token", "revoke", "--issuer", "modern", t["access_token"])
    assert status == 0, (out, err)


def by_replay(w, b, t):
    second = refresh(w, t["refresh_token"], client="web").json()
    w.turn_clock(60)
    refresh(w, second["refresh_token"], client="web").json()
    assert refresh(w, t["refresh_token"], client="web").status == 400


def by_logout(w, b, t):
    r = b.get(w.at("modern", "/logout") + "?id_token_hint=" + t["id_token"])
    assert r.status == 200 or r.location


def by_order(*args):
    def f(w, b, t):
        status, out, err = w.hufu(*args)
        assert status == 0, (out, err)
    f.__name__ = " ".join(args[:2])
    return f


ENDS = [by_client, by_refresh_token, by_operator, by_replay, by_logout, by_order("session", "end", "--user", "bob", "--realm", "main"),
        by_order("user", "disable", "bob", "--realm", "main"), by_order("user", "delete", "bob", "--realm", "main")]


@pytest.mark.parametrize("ends", ENDS, ids=lambda f: f.__name__)
def test_every_way_out_is_in_the_list(w, ends):
    if ends is not ENDS[-2] and ends is not ENDS[-1]:
        w.hufu("user", "enable", "bob", "--realm", "main")
    b, t = login(w, "bob")
    exchanged = post(w.at("modern", "/token"), {"grant_type": GRANT, "subject_token": t["access_token"], "subject_token_type": "urn:ietf:params:oauth:token-type:access_token"}, basic("web", APP_SECRET)).json()["access_token"]
    agree(w, t["access_token"], True)
    agree(w, exchanged, True)
    ends(w, b, t)
    agree(w, t["access_token"], False)
    agree(w, exchanged, introspect(w, exchanged, client="svc")["active"])
    if ends not in (by_client,):
        agree(w, exchanged, False)
    if ends is ENDS[-2]:
        w.hufu("user", "enable", "bob", "--realm", "main")


def test_a_client_that_ends(w):
    t = own(w, "web")
    agree(w, t, True)
    assert w.hufu("client", "set", "web", "--realm", "main", "--disable")[0] == 0
    agree(w, t, False)
    assert w.hufu("client", "set", "web", "--realm", "main", "--enable")[0] == 0
    agree(w, t, False)                                           # what was signed for it before is dead: S8
    w.turn_clock(2)
    agree(w, own(w, "web"), True)


# --- ST2, and nothing is lost --------------------------------------------------------------------------------------------------------

def test_revocations_at_once_are_all_in_the_next_list(w):
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        given = list(pool.map(lambda _: own(w), range(128)))
        assert len({place(t)["idx"] for t in given}) == 128
        uri, ended, reading = place(given[0])["uri"], set(), []

        def end(t):
            assert post(w.at("modern", "/revoke"), {"token": t}, basic("svc", APP_SECRET)).status == 200
            ended.add(place(t)["idx"])

        def look(_):
            before = set(ended)
            seen = bits(w, uri)
            return [i for i in before if not seen[i // 8] >> i % 8 & 1]

        ends, looks = [pool.submit(end, t) for t in given[:64]], [pool.submit(look, n) for n in range(8)]
        for f in ends:
            f.result()
        assert not [f.result() for f in looks if f.result()]
    now = bits(w, uri)
    for n, t in enumerate(given):
        i = place(t)["idx"]
        assert (now[i // 8] >> i % 8 & 1) == (n < 64), n


def test_a_restart_loses_no_place():
    with World("modern", realms=[people()], settings={"modern": {"status_list": True, "status_list_ttl_s": 2}}) as w:
        one, two = own(w), own(w)
        assert post(w.at("modern", "/revoke"), {"token": one}, basic("svc", APP_SECRET)).status == 200
        w.stop()
        w.start()
        agree(w, one, False)
        agree(w, two, True)
        third = own(w)
        assert place(third)["uri"] == place(one)["uri"] and place(third)["idx"] not in (place(one)["idx"], place(two)["idx"])
