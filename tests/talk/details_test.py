"""Authorization details (RFC 9396): judged, shown, allowed, narrowed, told in tokens and at introspection."""
import base64, html, json, re, threading, time, uuid

import pytest

import talker_jwt
from talker import APP_SECRET, PASSWORD, World, audit_of, authorize_url, basic, bearer, client, get, introspect, post, realm, redeem, refresh, user

CB = "https://app.example/cb"
DEVICE, CIBA = "urn:ietf:params:oauth:grant-type:device_code", "urn:openid:params:grant-type:ciba"
EXCHANGE, ACCESS_TOKEN = "urn:ietf:params:oauth:grant-type:token-exchange", "urn:ietf:params:oauth:token-type:access_token"
KEY = talker_jwt.Signer("k1")
PAY, FILES = "https://pay.example/", "https://files.example/"
PAYMENT = {"type": "object", "required": ["instructedAmount", "creditorName"], "properties": {
    "instructedAmount": {"type": "object", "required": ["currency", "amount"], "properties": {
        "currency": {"enum": ["EUR", "CNY"]}, "amount": {"type": "string", "minLength": 1, "maxLength": 12}}},
    "creditorName": {"type": "string", "maxLength": 140}, "urgent": {"type": "boolean"}, "count": {"type": "integer", "minimum": 1, "maximum": 9}}}
ACCESS = {"properties": {"actions": {"type": "array", "minItems": 1, "maxItems": 5, "items": {"enum": ["list", "read", "write"]}},
                         "locations": {"type": "array", "items": {"type": "string"}}, "folder": {"type": "string"}}}
TYPES = {
    "payment": {"title": "Payment", "title_zh": "付款", "show": {"instructedAmount.amount": "Amount", "instructedAmount.currency": "Currency", "creditorName": "Payee"},
                "show_zh": {"creditorName": "收款人"}, "resources": [PAY], "remember": False, "schema": json.dumps(PAYMENT)},
    "file_access": {"schema": json.dumps(ACCESS), "clients": "shop own opaque tv bank signs"},
}


def people():
    r = realm()
    grants = ["authorization_code", "refresh_token", "client_credentials"]
    r["clients"] += [client(id, APP_SECRET, scopes=["openid", "read"], redirect_uris=[CB], grants=grants, resource_ids=[PAY, FILES]) for id in ("shop", "second", "opaque")]
    r["clients"] += [client("own", APP_SECRET, scopes=["openid", "read"], redirect_uris=[CB], grants=grants + ["implicit", EXCHANGE], auto_approve=True)]
    r["clients"] += [client("few", APP_SECRET, scopes=["openid", "read"], redirect_uris=[CB], grants=grants, metadata={"authorization_details_types": ["file_access"]})]
    r["clients"] += [client("tv", APP_SECRET, scopes=["openid", "read"], grants=[DEVICE, "refresh_token"], resource_ids=[PAY, FILES]),
                     client("bank", APP_SECRET, scopes=["openid", "read"], grants=[CIBA, "refresh_token"], resource_ids=[PAY, FILES]),
                     client("signs", None, scopes=["openid", "read"], grants=[CIBA], resource_ids=[PAY, FILES], metadata={"token_endpoint_auth_method": "private_key_jwt",
                            "jwks": {"keys": [KEY.jwk]}, "backchannel_authentication_request_signing_alg": "RS256", "backchannel_token_delivery_mode": "poll"})]
    r["clients"] += [client("api", APP_SECRET, scopes=["read"], grants=["client_credentials"], introspects="all")]
    r["users"] += [user("carol", PASSWORD)]
    return r


@pytest.fixture(scope="module")
def w():
    with World("modern", "connect", realms=[people()], settings={"modern": {"authorization_details": TYPES, "request_objects": "any"}}) as world:
        assert world.hufu("resource", "create", PAY, "--name", "Payments")[0] == 0
        assert world.hufu("resource", "create", FILES, "--name", "Files", "--shape", "opaque")[0] == 0
        yield world


def payment(amount="12.50", **more):
    return {"type": "payment", "instructedAmount": {"currency": "EUR", "amount": amount}, "creditorName": "Müller & Söhne", **more}


def files(*actions, **more):
    return {"type": "file_access", "actions": list(actions or ["list", "read"]), **more}


def text(details):
    return details if isinstance(details, str) else json.dumps(details)


def url(w, details, client="shop", issuer="modern", **more):
    return authorize_url(w, issuer, **{"client": client, "scope": "openid read", "nonce": "n-1", "authorization_details": text(details), "code_challenge": None,
                                       "code_challenge_method": None, **more})


@pytest.fixture()
def b(w):
    return w.browser("modern")


def page_of(w, b, details, **more):
    r = b.follow(b.get(url(w, details, **more)))
    if 'id="login-submit"' in r.text:
        r = b.follow(b.login(r, "carol", PASSWORD))
    return r


def granted(w, b, details, client="shop", **more):
    page = page_of(w, b, details, client=client, **more)
    r = b.decide(page) if page.status == 200 else page
    assert "code" in r.query(), r
    return r.query()["code"]


def exchange(w, code, client="shop", details=None, **more):
    return redeem(w, code, client=client, code_verifier=None, authorization_details=None if details is None else text(details), **more)


def said(t):
    return talker_jwt.claims(t["access_token"]).get("authorization_details")


# --- the way of a request ----------------------------------------------------------------------------------------------------------------

def test_what_was_asked_is_in_the_answer_the_token_and_the_introspection(w, b):
    asked = [payment(), payment("7", count=2, urgent=True)]
    t = exchange(w, granted(w, b, asked), resource=PAY).json()
    assert t["authorization_details"] == asked and said(t) == asked
    assert introspect(w, t["access_token"], client="shop")["authorization_details"] == asked
    again = refresh(w, t["refresh_token"], client="shop", resource=PAY).json()
    assert again["authorization_details"] == asked and said(again) == asked
    other = refresh(w, again["refresh_token"], client="shop", resource=PAY, authorization_details=text([payment()])).json()
    assert other["authorization_details"] == [payment()] == said(other)
    assert said(refresh(w, other["refresh_token"], client="shop", resource=PAY).json()) == asked        # narrowed for that token alone


def test_an_opaque_token_says_them_at_introspection(w, b):
    t = exchange(w, granted(w, b, [files()], client="opaque"), client="opaque", resource=FILES).json()
    assert "." not in t["access_token"] and t["authorization_details"] == [files()]
    assert introspect(w, t["access_token"], client="opaque")["authorization_details"] == [files()]
    assert introspect(w, t["access_token"], client="api")["authorization_details"] == [files()]


def test_a_token_says_what_concerns_those_it_is_for(w, b):
    here, there, nowhere = files(locations=[FILES]), files("read", locations=[PAY]), files("write")
    t = exchange(w, granted(w, b, [payment(), here, there, nowhere]), resource=FILES).json()
    assert t["authorization_details"] == [here, nowhere]                       # payment is for PAY alone
    t = refresh(w, t["refresh_token"], client="shop", resource=PAY).json()
    assert t["authorization_details"] == [payment(), there, nowhere] == said(t)


def test_a_token_request_may_name_less_and_never_more(w, b):
    code = lambda: granted(w, b, [files("list", "read"), payment()])
    t = exchange(w, code(), details=[files("read")], resource=PAY).json()
    assert t["authorization_details"] == [files("read")] == said(t)
    for wider in ([files("write")], [files("list", "read", "write")], [files("read", folder="x")], [payment("13")], [payment(), payment("1")], [files("read"), payment("1")],
                  [payment(), payment()], [files("read"), payment(), files("read")]):
        r = exchange(w, code(), details=wider, resource=PAY)
        assert (r.status, r.json()["error"]) == (400, "invalid_authorization_details"), (wider, r)
        assert audit_of(w, reason="details_wider")
    for parts in ([files("list"), files("read")], [payment(), files("list")]):           # of one that was granted two narrower ones
        assert exchange(w, code(), details=parts, resource=PAY).json()["authorization_details"] == parts
    twice = [payment(), payment()]
    assert exchange(w, granted(w, b, twice), details=twice, resource=PAY).json()["authorization_details"] == twice
    r = exchange(w, granted(w, b, "", scope="openid read"), details=[files("read")], resource=PAY)       # nothing was granted
    assert r.json()["error"] == "invalid_authorization_details"


def test_a_client_of_its_own(w):
    ask = lambda id, details, **more: post(w.at("modern", "/token"), {"grant_type": "client_credentials", "authorization_details": text(details), "resource": PAY, **more}, basic(id, APP_SECRET))
    t = ask("own", [files("write")]).json()
    assert t["authorization_details"] == [files("write")] == said(t)
    assert introspect(w, t["access_token"], client="own")["authorization_details"] == [files("write")]
    assert "authorization_details" not in post(w.at("modern", "/token"), {"grant_type": "client_credentials"}, basic("own", APP_SECRET)).json()
    r = ask("second", [files("write")])
    assert (r.status, r.json()["error"]) == (400, "invalid_authorization_details")
    r = ask("own", [{**files(), "actions": ["erase"]}])
    assert r.json()["error"] == "invalid_authorization_details" and audit_of(w, reason="details_field")["detail"].startswith("0.actions.0: ")


def test_an_exchange_takes_none_along(w, b):
    t = exchange(w, granted(w, b, [files()], client="own"), client="own").json()
    ask = lambda **more: post(w.at("modern", "/token"), {"grant_type": EXCHANGE, "subject_token": t["access_token"], "subject_token_type": ACCESS_TOKEN, **more}, basic("own", APP_SECRET))
    other = ask().json()
    assert t["authorization_details"] == [files()] and other["access_token"] and "authorization_details" not in other
    assert "authorization_details" not in introspect(w, other["access_token"], client="own")
    r = ask(authorization_details=text([files()]))
    assert (r.status, r.json()["error"]) == (400, "invalid_authorization_details"), r


def test_by_post_and_in_a_request_object(w, b):
    fields = dict(response_type="code", client_id="own", redirect_uri=CB, scope="openid", nonce="n-1", state="s", authorization_details=text([files()]))
    r = b.follow(b.login(b.follow(b.post(w.at("modern", "/authorize"), fields)), "carol", PASSWORD))
    assert exchange(w, r.query()["code"], client="own").json()["authorization_details"] == [files()]
    part = lambda o: base64.urlsafe_b64encode(json.dumps(o).encode()).rstrip(b"=").decode()
    for inner in ([files("read")], text([files("read")])):
        obj = part({"alg": "none"}) + "." + part({"authorization_details": inner}) + "."
        r = b.get(authorize_url(w, client="own", scope="openid", nonce="n-1", request=obj, code_challenge=None, code_challenge_method=None))
        assert exchange(w, r.query()["code"], client="own").json()["authorization_details"] == [files("read")], r
    obj = part({"alg": "none"}) + "." + part({"scope": ["openid"]}) + "."
    r = b.get(authorize_url(w, client="own", scope="openid", nonce="n-1", request=obj, code_challenge=None, code_challenge_method=None))
    assert r.query()["error"] == "invalid_request_object"


# --- the consent -------------------------------------------------------------------------------------------------------------------------

def lines(page):
    """[(title, [(label, value)])] of the page."""
    out = []
    for part in page.text.split('<div class="detail">')[1:]:
        title = html.unescape(re.search(r'detail-title"><bdi>(.*?)</bdi>', part, re.S).group(1))
        out.append((title, [(html.unescape(a), html.unescape(v)) for a, v in re.findall(r"<dt><bdi>(.*?)</bdi></dt><dd><bdi>(.*?)</bdi></dd>", part, re.S)]))
    return out


def test_the_page_tells_each_in_words(w, b):
    page = page_of(w, b, [payment(), files("list", "write", folder="<script>alert(1)</script>", locations=["a", "b"])])
    assert lines(page) == [("Payment", [("Amount", "12.50"), ("Currency", "EUR"), ("Payee", "Müller & Söhne")]),
                           ("file_access", [("actions", "list, write"), ("folder", "<script>alert(1)</script>"), ("locations", "a, b")])]
    assert "<script>alert" not in page.text and "exactly this" in page.text
    page = b.get(url(w, [payment()], ui_locales="zh-CN"))
    page = b.follow(page) if page.status != 200 else page
    assert lines(page) == [("付款", [("Amount", "12.50"), ("Currency", "EUR"), ("收款人", "Müller & Söhne")])]


def test_no_page_tells_of_what_was_not_asked(w, b):
    assert 'class="detail' not in page_of(w, b, "").text


def test_another_detail_is_asked_again(w, b):
    granted(w, b, [files("list")])
    assert "code" in b.get(url(w, [files("list")], prompt="none")).query()                              # remembered
    assert "code" in b.get(url(w, '[ {"actions" : ["list"], "type":"file_access"} ]', prompt="none")).query()
    for more in ([files("read")], [files("list"), files("read")], [files("list", folder="x")]):
        assert b.get(url(w, more, prompt="none")).query()["error"] == "consent_required", more
    assert "code" in b.get(url(w, "", prompt="none")).query()
    granted(w, b, [payment("99")])
    assert b.get(url(w, [payment("99")], prompt="none")).query()["error"] == "consent_required"         # remember: false


def test_what_is_remembered_of_them_is_no_scope(w, b):
    """A digest says nothing to people: they are told how many there are."""
    granted(w, b, [files("write"), files("list", folder="two")])
    rows = json.loads(w.hufu("--json", "consent", "list", "--user", "carol", "--client", "shop", "--realm", "main")[1])["approvals"]
    (row,) = [a for a in rows if a["issuer"] == "modern"]
    assert sorted(row["scopes"]) == ["openid", "read"] and row["details"] >= 2, row
    seen = w.hufu("consent", "list", "--realm", "main")[1] + b.get("/account/applications").text + w.hufu("user", "export", "carol", "--realm", "main")[1]
    assert "shop" in seen and "authorization_details:" not in seen


def test_a_denial_gives_nothing(w, b):
    page = page_of(w, b, [files("write", folder="never")])
    assert b.decide(page, ()).query()["error"] == "access_denied"
    assert b.get(url(w, [files("write", folder="never")], prompt="none")).query()["error"] == "consent_required"


# --- where the user decides elsewhere --------------------------------------------------------------------------------------------------------

def elsewhere(w, kind, details, **more):
    """The answer to a request of a device, or of an application that asks through the issuer."""
    fields = {"scope": "openid read", "authorization_details": text(details), **more}
    if kind == "device":
        return post(w.at("modern", "/device_authorization"), fields, basic("tv", APP_SECRET))
    if kind == "ciba":
        return post(w.at("modern", "/bc-authorize"), {"login_hint": "carol", **fields}, basic("bank", APP_SECRET))
    now = int(time.time())
    signs = lambda **c: KEY.sign({"iss": "signs", "aud": w.url["modern"], "iat": now, "nbf": now, "exp": now + 60, "jti": uuid.uuid4().hex, **c})
    request = signs(login_hint="carol", scope="openid read", authorization_details=details if isinstance(details, list) else text(details), **more)
    return post(w.at("modern", "/bc-authorize"), {"request": request, "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                                                  "client_assertion": signs(sub="signs")})


def page_elsewhere(w, b, kind, d, message):
    if 'id="login-submit"' in (r := b.follow(b.get("/login"))).text:
        b.follow(b.login(r, "carol", PASSWORD))
    if kind == "device":
        return b.follow(b.submit(next(f for f in b.get("/device").forms() if "device-submit" in f["buttons"]), user_code=d["user_code"]))
    links = re.findall(r'<a href="([^"]*decoupled_request=[^"]*)">([^<]*)</a>', b.get("/approvals").text)
    return b.get(html.unescape(next(href for href, line in links if message in line)))


def come_back(w, kind, d, **more):
    grant = {"grant_type": DEVICE, "device_code": d["device_code"]} if kind == "device" else {"grant_type": CIBA, "auth_req_id": d["auth_req_id"]}
    return post(w.at("modern", "/token"), {**grant, **more}, basic("tv" if kind == "device" else "bank", APP_SECRET))


@pytest.mark.parametrize("kind", ["device", "ciba"])
def test_they_are_shown_where_the_user_decides_and_stand_in_the_tokens(w, b, kind):
    message = "M-" + uuid.uuid4().hex[:8]
    asked = [payment(), files("list", folder="<b>x</b>")]
    d = elsewhere(w, kind, asked, **({} if kind == "device" else {"binding_message": message})).json()
    page = page_elsewhere(w, b, kind, d, message)
    assert lines(page) == [("Payment", [("Amount", "12.50"), ("Currency", "EUR"), ("Payee", "Müller & Söhne")]), ("file_access", [("actions", "list"), ("folder", "<b>x</b>")])]
    if kind == "ciba":
        shown = next(r for r in json.loads(w.hufu("ciba", "list", "--json")[1])["requests"] if r["message"] == message)
        assert shown["authorization_details"] == asked and "instructedAmount" in w.hufu("ciba", "list")[1]
    assert 'id="decided"' in b.submit(page.form("approve-form"), "approve-allow").text
    client_id = "tv" if kind == "device" else "bank"
    r = come_back(w, kind, d, resource=PAY, authorization_details=text([payment("99")]))
    assert (r.status, r.json()["error"]) == (400, "invalid_authorization_details")                    # more than was allowed; nothing is spent
    t = come_back(w, kind, d, resource=PAY).json()
    assert t["authorization_details"] == asked == said(t) == introspect(w, t["access_token"], client=client_id)["authorization_details"]
    assert refresh(w, t["refresh_token"], client=client_id, resource=PAY).json()["authorization_details"] == asked


def test_they_may_stand_in_a_signed_request(w, b):
    for inner in ([files("write")], text([files("write")])):
        assert elsewhere(w, "signed", inner, binding_message="signed one").status == 200
    page = page_elsewhere(w, b, "ciba", {}, "signed one")
    assert lines(page) == [("file_access", [("actions", "write")])]
    r = elsewhere(w, "signed", {"type": "file_access"})
    assert (r.status, r.json()["error"]) == (400, "invalid_authorization_details")


def test_a_refusal_elsewhere_gives_none(w, b):
    d = elsewhere(w, "device", [files("list")]).json()
    b.submit(page_elsewhere(w, b, "device", d, "").form("approve-form"), "approve-deny")
    assert come_back(w, "device", d).json()["error"] == "access_denied"


# --- what is refused -----------------------------------------------------------------------------------------------------------------------

BAD = {
    "no JSON": ("{", "details"), "an object": (payment(), "details"), "an empty array": ([], "details"), "texts": (["payment"], "details"), "null": ("[null]", "details"),
    "without type": ([{"actions": ["list"]}], "details"), "type of a number": ([{"type": 1}], "details"), "empty type": ([{"type": ""}], "details"),
    "twice": ('[{"type":"file_access","type":"payment"}]', "details"), "too deep": ("[" * 40 + "]" * 40, "details"), "trailing": ('[{"type":"file_access"}]x', "details"),
    "deep inside": ('[{"type":"file_access","folder":' + '{"a":' * 40 + "1" + "}" * 40 + "}]", "details"), "too many": ([files()] * 33, "details"),
    "too large": ([files(folder="x" * 6200)], "details_large"),
    "unknown type": ([{"type": "nothing"}], "details_type"), "one unknown among others": ([payment(), {"type": "nothing"}], "details_type"),
    "another case": ([{"type": "Payment"}], "details_type"),
    "a field too many": ([payment(bonus=1)], "details_field"), "a field within": ([{**payment(), "instructedAmount": {"currency": "EUR", "amount": "1", "x": 1}}], "details_field"),
    "a field missing": ([{"type": "payment", "creditorName": "x"}], "details_field"), "a value that is none": ([{**payment(), "instructedAmount": {"currency": "USD", "amount": "1"}}], "details_field"),
    "another JSON type": ([payment(count="1")], "details_field"), "too small": ([payment(count=0)], "details_field"), "too long": ([payment("1" * 13)], "details_field"),
    "an item": ([files("erase")], "details_field"), "too many items": ([files(*["read"] * 6)], "details_field"), "no list": ([{"type": "file_access", "actions": "read"}], "details_field"),
}


@pytest.mark.parametrize("what", list(BAD))
def test_bad_details_are_refused_at_authorize_and_at_the_token_endpoint(w, b, what):
    details, reason = BAD[what]
    r = b.get(url(w, details))
    assert r.query()["error"] == "invalid_authorization_details" and r.query()["state"], r
    assert audit_of(w, reason=reason, endpoint="authorize")
    r = post(w.at("modern", "/token"), {"grant_type": "client_credentials", "authorization_details": text(details), "resource": PAY}, basic("shop", APP_SECRET))
    assert (r.status, r.json()["error"]) == (400, "invalid_authorization_details"), r
    for kind in ("device", "ciba"):
        r = elsewhere(w, kind, details)
        assert (r.status, r.json()["error"]) == (400, "invalid_authorization_details"), (kind, r)


def test_a_type_belongs_to_some_clients(w, b):
    assert b.get(url(w, [files()], client="second")).query()["error"] == "invalid_authorization_details"
    assert b.get(url(w, [payment()], client="few")).query()["error"] == "invalid_authorization_details"      # it has registered another
    assert audit_of(w, reason="details_type", client="few")
    assert page_of(w, b, [payment()], client="second").form("consent-form")


def test_an_issuer_without_types_passes_it_over(w):
    b = w.browser("connect")
    r = b.follow(b.get(authorize_url(w, "connect", client="shop", path="/connect/authorize", scope="openid", authorization_details="[broken", code_challenge=None, code_challenge_method=None)))
    assert r.status == 200 and r.form("password")


def test_claims_and_details_share_their_room(w, b):
    claims = json.dumps({"id_token": {"auth_time": {"values": ["x" * 100] * 50}}})
    r = b.get(url(w, [files(folder="y" * 3500)], claims=claims))
    assert r.query()["error"] == "invalid_authorization_details" and audit_of(w, reason="details_large")


# --- what is said of it ------------------------------------------------------------------------------------------------------------------------

def test_metadata(w):
    m = get(w.at("modern", "/.well-known/openid-configuration")).json()
    assert m["authorization_details_types_supported"] == ["payment", "file_access"]
    assert "authorization_details_types_supported" not in get(w.at("connect", "/.well-known/openid-configuration")).json()
    doc = lambda id: get(w.at("modern", "/.well-known/oauth-protected-resource?resource=" + id)).json()["authorization_details_types_supported"]
    assert doc(PAY) == ["payment", "file_access"] and doc(FILES) == ["file_access"]


def test_the_command_line_shows_them(w):
    assert "payment" in w.hufu("config", "show")[1] and "Payee" in w.hufu("config", "show")[1]
    status, out, err = w.hufu("--json", "client", "set", "few", "--details-type", "file_access", "--details-type", "payment")
    assert status == 0 and json.loads(out)["client"]["metadata"]["authorization_details_types"] == ["file_access", "payment"], out + err
    assert w.hufu("client", "set", "few", "--details-type", "file_access")[0] == 0


def test_one_code_gives_its_details_once(w, b):
    code = granted(w, b, [files("list")])
    got = []
    go = [threading.Thread(target=lambda: got.append(exchange(w, code, details=[files("list")], resource=FILES))) for _ in range(64)]
    [t.start() for t in go], [t.join() for t in go]
    assert [r.status for r in got].count(200) <= 1 and all(r.status in (200, 400) for r in got)
