"""A client that proves itself by a JWT of a workload, which somebody else has signed. RFC 7523 section 2.2; the four of docs/trusted-issuers.md."""
import concurrent.futures, json, time, uuid

import pytest

import talker_jwt
from request_object_test import documents
from talker import APP_SECRET, World, audit_of, basic, client, get, post, realm
from trusted_issuer_test import KEY, OTHER_KEY, SET, trusted

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SPIFFE_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-spiffe"
GITHUB, GITLAB, SPIFFE, K8S = "https://token.actions.githubusercontent.com", "https://gitlab.example", "spiffe://prod.example", "https://kubernetes.default.svc.cluster.local"
POD = "system:serviceaccount:shop:orders"
common = dict(grants=["client_credentials"], scopes=["read"])


def workload(id, issuer, *subjects, **more):
    return client(id, None, metadata={"federated_issuer": issuer, "federated_subjects": list(subjects), **more}, **common)


def people():
    r = realm()
    r["clients"] += [workload("orders", K8S, POD), workload("pay", SPIFFE, "spiffe://prod.example/ns/pay/sa/pay"), workload("deploy", GITHUB, "repo:octo-org/octo-repo:ref:refs/heads/main", "repo:octo-org/octo-repo:environment:*"),
                     workload("branches", GITHUB, "repo:octo-org/octo-repo:ref:refs/heads/*"), workload("any-repo", GITHUB, "repo:octo-org/*:ref:refs/heads/main"),
                     workload("lab", GITLAB, "project_path:group/app:ref_type:branch:ref:main", token_endpoint_auth_method="private_key_jwt"),
                     workload("off", K8S, POD), client("secret", APP_SECRET, metadata={"federated_issuer": K8S, "federated_subjects": [POD]}, **common), client("plain", APP_SECRET, **common)]
    r["clients"][-3]["enabled"] = False
    return r


@pytest.fixture(scope="module")
def w():
    with documents() as (base, have, asked):
        have["/openid/v1/jwks"] = SET
        rows = {"k8s": {"url": K8S, "for": ["client_assertion"], "jwks_uri": base + "/openid/v1/jwks", "audiences": ["https://login.example"]},
                "spiffe": {"url": SPIFFE, "for": ["client_assertion"], "jwks": SET}, "github": {"url": GITHUB, "for": ["client_assertion"], "jwks": SET, "once": ["client_assertion"]},
                "gitlab": {"url": GITLAB, "for": ["client_assertion"], "jwks": SET, "life_max": "2h"}, "grants": {"url": "https://grants.example", "for": ["jwt_bearer"], "jwks": SET}}
        with World("modern", realms=[people()], top=trusted(rows), settings={"modern": {"trusts": list(rows)}}) as world:
            yield world


def said(w, **more):
    now = int(time.time())
    c = {"iss": K8S, "sub": POD, "aud": ["https://login.example"], "iat": now, "exp": now + 600, **more}
    return {k: v for k, v in c.items() if v is not None}


def github(w, sub, **more):
    return said(w, **{"iss": GITHUB, "sub": sub, "aud": w.url["modern"], "jti": uuid.uuid4().hex, **more})


def ask(w, claims, id="orders", key=KEY, headers=None, **more):
    form = {"grant_type": "client_credentials", "client_id": id, "client_assertion_type": TYPE, "client_assertion": key.sign(claims, **headers or {}) if isinstance(claims, dict) else claims, **more}
    return post(w.at("modern", "/token"), {k: v for k, v in form.items() if v is not None})


def test_the_four_workloads(w):
    for id, c, more in (("orders", said(w), {}), ("lab", said(w, iss=GITLAB, sub="project_path:group/app:ref_type:branch:ref:main", aud=w.url["modern"], exp=int(time.time()) + 3600), {}),
                        ("pay", said(w, iss=None, iat=None, sub="spiffe://prod.example/ns/pay/sa/pay", aud=w.url["modern"]), {"client_assertion_type": SPIFFE_TYPE}),
                        ("deploy", github(w, "repo:octo-org/octo-repo:ref:refs/heads/main"), {})):
        r = ask(w, c, id, **more)
        assert r.status == 200 and talker_jwt.claims(r.json()["access_token"])["client_id"] == id, r
        t = r.json()["access_token"]
    # a workload's token is read from a file again and again, where its row does not say otherwise; introspection takes it too
    a = KEY.sign(said(w))
    assert ask(w, a).status == ask(w, a).status == 200
    r = post(w.at("modern", "/introspect"), {"client_id": "orders", "client_assertion_type": TYPE, "client_assertion": a, "token": ask(w, a).json()["access_token"]})
    assert r.json()["active"] is True


FITS = [("deploy", "repo:octo-org/octo-repo:environment:prod", True), ("branches", "repo:octo-org/octo-repo:ref:refs/heads/main", True), ("branches", "repo:octo-org/octo-repo:ref:refs/heads/feature/x", True),
        ("branches", "repo:octo-org/octo-repo:ref:refs/heads/", False), ("branches", "repo:octo-org/octo-repo:ref:refs/tags/v1", False), ("branches", "repo:octo-org/octo-repo:ref:refs/heads/x:environment:prod", False),
        ("branches", "repo:octo-org/octo-repo:pull_request", False), ("branches", "repo:octo-org/octo-repo2:ref:refs/heads/main", False), ("branches", "xrepo:octo-org/octo-repo:ref:refs/heads/main", False),
        ("any-repo", "repo:octo-org/one:ref:refs/heads/main", True), ("any-repo", "repo:octo-org/one/two:ref:refs/heads/main", False), ("any-repo", "repo:octo-org/:ref:refs/heads/main", False),
        ("any-repo", "repo:octo-org/x:ref:refs/heads/evil:ref:refs/heads/main", False), ("any-repo", "repo:octo-org/one:ref:refs/heads/main2", False), ("deploy", "repo:octo-org/octo-repo:ref:refs/heads/Main", False),
        ("deploy", "repo:octo-org/octo-repo:environment:*", True), ("deploy", "repo:octo-org/octo-repo:ref:refs/heads/*", False)]


@pytest.mark.parametrize("id,sub,fits", FITS)
def test_a_subject_and_its_pattern(w, id, sub, fits):
    r = ask(w, github(w, sub), id)
    assert r.status == (200 if fits else 401), r


BAD = [
    ("another pod", lambda w: ask(w, said(w, sub="system:serviceaccount:shop:orders2"))),
    ("about nobody", lambda w: ask(w, said(w, sub=None))),
    ("another client of the same issuer", lambda w: ask(w, said(w), "lab")),
    ("a client of no issuer", lambda w: ask(w, said(w), "plain")),
    ("a client that is off", lambda w: ask(w, said(w), "off")),
    ("an unknown client", lambda w: ask(w, said(w), "nobody")),
    ("no client at all", lambda w: ask(w, said(w), None)),
    ("its own word", lambda w: ask(w, said(w, iss="orders", sub="orders"))),
    ("another's key", lambda w: ask(w, said(w), key=OTHER_KEY)),
    ("another audience", lambda w: ask(w, said(w, aud="https://kubernetes.default.svc"))),
    ("another audience beside", lambda w: ask(w, said(w, aud=["https://login.example", "https://kubernetes.default.svc"]))),
    ("the issuer's URL, where the row names another", lambda w: ask(w, said(w, aud=w.url["modern"]))),
    ("over", lambda w: ask(w, said(w, exp=int(time.time()) - 60))),
    ("without exp", lambda w: ask(w, said(w, exp=None))),
    ("for too long", lambda w: ask(w, said(w, exp=int(time.time()) + 86400))),
    ("of tomorrow", lambda w: ask(w, said(w, nbf=int(time.time()) + 86400))),
    ("once, without jti", lambda w: ask(w, github(w, "repo:octo-org/octo-repo:ref:refs/heads/main", jti=None), "deploy")),
    ("of an issuer for grants", lambda w: ask(w, said(w, iss="https://grants.example"))),
    ("of nobody who is trusted", lambda w: ask(w, said(w, iss="https://evil.example"))),
    ("alg none", lambda w: ask(w, talker_jwt.text(b'{"alg":"none"}') + "." + talker_jwt.text(json.dumps(said(w)).encode()) + ".")),
    ("alg confused", lambda w: ask(w, said(w), headers={"alg": "HS256"})),
    ("critical", lambda w: ask(w, said(w), headers={"crit": ["x"]})),
    ("an access token", lambda w: ask(w, said(w), headers={"typ": "at+jwt"})),
    ("a type of SAML", lambda w: ask(w, said(w), client_assertion_type="urn:ietf:params:oauth:client-assertion-type:saml2-bearer")),
    ("another trust domain", lambda w: ask(w, said(w, iss=None, sub="spiffe://evil.example/ns/pay/sa/pay", aud=w.url["modern"]), "pay")),
    ("a trust domain that begins alike", lambda w: ask(w, said(w, iss=None, sub="spiffe://prod.example.evil/ns/pay/sa/pay", aud=w.url["modern"]), "pay")),
    ("only the id", lambda w: post(w.at("modern", "/token"), {"grant_type": "client_credentials", "client_id": "orders"})),
    ("an empty secret", lambda w: post(w.at("modern", "/token"), {"grant_type": "client_credentials"}, basic("orders", ""))),
]


@pytest.mark.parametrize("what,send", BAD, ids=[what for what, _ in BAD])
def test_what_is_not_the_client(w, what, send):
    r = send(w)
    assert (r.status, r.json()["error"]) == (401, "invalid_client"), r


def test_a_secret_stays_good_beside_it_and_one_method_counts(w):
    assert post(w.at("modern", "/token"), {"grant_type": "client_credentials"}, basic("secret", APP_SECRET)).status == 200
    assert ask(w, said(w), "secret").status == 200
    form = {"grant_type": "client_credentials", "client_assertion_type": TYPE, "client_assertion": KEY.sign(said(w))}
    assert post(w.at("modern", "/token"), {**form, "client_id": "secret"}, basic("secret", APP_SECRET)).json()["error"] == "invalid_request"


def test_64_threads_with_one_that_counts_once(w):
    a = KEY.sign(github(w, "repo:octo-org/octo-repo:ref:refs/heads/main"))
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        got = [r.status for r in pool.map(lambda _: ask(w, a, "deploy"), range(64))]
    assert sorted(got) == [200] + [401] * 63


def test_what_cannot_be_a_subject(w):
    for bad in ("*", "repo:*", "repo:octo-org/*/*:x", "a b"):
        status, out, err = w.hufu("client", "set", "deploy", "--realm", "main", "--federated-subject", bad)
        assert status and ("at most" in out + err or "visible" in out + err), (bad, out, err)
    assert audit_of(w, error_id=ask(w, said(w, sub="x")).get("X-Hufu-Error-Id"))["reason"] == "client_assertion"
