"""Logins of others: each identity provider against a stand-in that answers as documented, its errors, and the attacks on such logins (O9, O10)."""
import concurrent.futures, json, re, time, urllib.parse

import pytest

import talker_jwt, upstreams
from talker import APP_SECRET, PASSWORD, World, audit_of, authorize_url, client, realm, redeem, user

CB = "https://app.example/cb"
PEOPLE = {
    "openid": {"sub": "s-1", "name": "Ann Open", "email": "ann@corp.example", "email_verified": True},
    "google": {"sub": "1077", "name": "Gil", "email": "gil@gmail.example", "email_verified": True},
    "microsoft": {"sub": "ms-1", "name": "Mia", "email": "mia@tenant.example", "preferred_username": "mia@tenant.example"},
    "apple": {"sub": "000123.abc", "first": "Ada", "last": "Apple", "email": "ada@privaterelay.example", "email_verified": "true"},
    "github": {"id": 583231, "login": "octo", "name": "Octo Cat", "email": "octo@cat.example"},
    "wechat": {"openid": "oWx-1", "unionid": "u-1", "nickname": "小明"},
    "wecom": {"userid": "zhangsan"},
    "dingtalk": {"nick": "钉钉", "unionId": "z21HjQli", "openId": "o-1"},
    "feishu": {"name": "王二", "open_id": "ou-caecc734", "email": "er@feishu.example"},
    "qq": {"openid": "A4B5C6", "nickname": "QQ人"},
    "alipay": {"open_id": "074a1CcTG1LelxKe", "nick_name": "支付"},
    "oauth2": {"id": 7, "called": "Seventh", "mail": "seven@seventh.example"},
}
SUBJECTS = {"openid": "s-1", "google": "1077", "microsoft": upstreams.TENANT + ":ms-1", "apple": "000123.abc", "github": "583231", "wechat": "oWx-1", "wecom": "zhangsan",
            "dingtalk": "z21HjQli", "feishu": "ou-caecc734", "qq": "A4B5C6", "alipay": "074a1CcTG1LelxKe", "oauth2": "7"}
NAMES = {"openid": "Ann Open", "google": "Gil", "microsoft": "Mia", "apple": "Ada Apple", "github": "Octo Cat", "wechat": "小明", "wecom": "成员 zhangsan", "dingtalk": "钉钉",
         "feishu": "王二", "qq": "QQ人", "alipay": "支付", "oauth2": "Seventh"}
# how each says that it does not know a code, and that something else is wrong
WRONG = {"openid": ("token", (400, {"error": "unsupported_grant_type"})), "google": ("token", (401, {"error": "invalid_client"})), "microsoft": ("token", (400, {"error": "unauthorized_client"})),
         "apple": ("token", (400, {"error": "invalid_client"})), "github": ("access_token", (200, {"error": "incorrect_client_credentials"})),
         "wechat": ("access_token", (200, {"errcode": 40125, "errmsg": "x"})), "wecom": ("gettoken", (200, {"errcode": 40001, "errmsg": "x"})),
         "dingtalk": ("me", (403, {"code": "Forbidden.AccessDenied.AccessTokenPermissionDenied", "message": "x"})), "feishu": ("user_info", (200, {"code": 20005, "msg": "x"})),
         "qq": ("get_user_info", (200, {"ret": 1002, "msg": "x"})), "alipay": ("gateway.do", (200, {"error_response": {"code": "40002", "sub_code": "isv.invalid-app-id"}})),
         "oauth2": ("people", (200, {"status": "E9"}))}


def people():
    r = realm()
    r["clients"] += [client("shop", APP_SECRET, scopes=["openid", "profile", "email"], redirect_uris=[CB], auto_approve=True)]
    r["users"] += [user("carol", PASSWORD, email="carol@corp.example", claims={"email_verified": True}), user("dora", PASSWORD, email="Dora@Corp.example"),
                   user("erin", PASSWORD, email="erin@corp.example", claims={"email_verified": True})]
    return r


@pytest.fixture(scope="module")
def place():
    with upstreams.providers() as (base, stand):
        rows = {p: upstreams.settings(base, p, stand.keys) for p in upstreams.HOSTS}
        more = lambda **m: upstreams.settings(base, "openid", stand.keys, **m)
        rows.update(
            trusted=more(link_by="verified_email", trust_amr=True, claims=["locale=userinfo.locale", "groups[]=id.groups"], groups="id.groups", group_authorities=["ops=ROLE_OPS"]),
            known=more(create_users=False), shut=more(create_users=False, link_by_password=False, label="Staff", label_zh="员工"),
            corp=more(allowed_domains=["corp.example"], groups="id.groups", allowed_groups=["staff"]),
            keyed=more(client_auth="private_key_jwt", private_key_file=stand.keys.rsa, client_secret=None, user_name="{id.preferred_username}"),
            hmac=more(client_auth="client_secret_jwt"), posted=more(client_auth="client_secret_post", userinfo=False),
            union=upstreams.settings(base, "wechat", stand.keys, subject="{token.unionid}"))
        with World("modern", "modern-b", "spring", realms=[people()], top=upstreams.top(rows),
                   settings={"modern": {"identity_providers": list(rows)}, "modern-b": {"identity_providers": ["openid"]}, "spring": {"identity_providers": ["github"]}}) as w:
            yield w, stand


@pytest.fixture(autouse=True)
def calm(place):
    yield
    stand = place[1]
    broken = [a for a in stand.asked if a[1] == "broken"]
    stand.asked.clear()
    stand.faults.clear()
    stand.twist = stand.sign = stand.userinfo_sub = None
    stand.iss_told = False
    assert not broken, broken


def begin(w, provider, issuer="modern", browser=None, **more):
    """(browser, address there): the button of the login page, in the middle of an application's request."""
    b = browser or w.browser(issuer)
    page = b.follow(b.get(authorize_url(w, issuer, **{"client": "shop", "scope": "openid", **more})))
    href = re.search(r'href="([^"]*/login/with/%s[^"]*)"' % provider, page.text)
    assert href, page.text
    r = b.get(href[1].replace("&amp;", "&"))
    assert r.status in (302, 303), r
    return b, r.location


def come_back(b, back, **headers):
    if isinstance(back, tuple):                                     # by POST of another site: without cookies that are Lax
        kept, b.cookies = b.cookies, {}
        r = b.post(back[0], list(back[1].items()), {"Origin": "https://appleid.apple.com", "Sec-Fetch-Site": "cross-site", **headers})
        b.cookies = {**kept, **b.cookies}
        return b.follow(r)
    return b.follow(b.get(back, headers))


def log_in(w, stand, provider, person=None, issuer="modern", kind=None, browser=None, **more):
    b, there = begin(w, provider, issuer, browser, **more)
    return b, come_back(b, stand.go(kind or provider, there, person or PEOPLE[kind or provider]))


def claims(w, r, issuer="modern"):
    assert r.status in (302, 303) and "code" in r.query(), (r, r.text[:2000])
    t = redeem(w, r.query()["code"], issuer, client="shop")
    assert t.status == 200, t
    return talker_jwt.claims(t.json()["id_token"])


def shown(w, name):
    return json.loads(w.hufu("user", "show", name, "--realm", "main", "--json").stdout)


def error_of(r):
    assert r.status == 200, r
    found = re.search(r'id="login-error"[^>]*>([^<]*)<', r.text)
    return found[1] if found else None


# --- each of them ---------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("provider", list(PEOPLE))
def test_a_user_is_made_at_the_first_login_and_found_at_the_next(place, provider):
    w, stand = place
    first = claims(w, log_in(w, stand, provider)[1])
    assert first["amr"] == ["fed"], first
    again = claims(w, log_in(w, stand, provider)[1])
    assert again["sub"] == first["sub"]
    rows = w.control({"do": "user.list", "realm": "main", "search": provider + "-"})["users"]
    mine = [u for u in rows if re.fullmatch(provider + "-[0-9a-f]{16}", u["name"])]
    assert len(mine) == 1 and mine[0]["display_name"] == NAMES[provider], rows
    listed = w.control({"do": "identity.list", "realm": "main", "user": mine[0]["name"]})["identities"]
    assert [(i["provider"], i["subject"]) for i in listed] == [(provider, SUBJECTS[provider])] and listed[0]["last_s"] > 0, listed
    verified = provider in ("openid", "google", "apple", "github", "oauth2")
    assert mine[0].get("email", "") == (PEOPLE[provider].get("email") or PEOPLE[provider].get("mail") if verified else ""), mine


@pytest.mark.parametrize("provider", list(PEOPLE))
def test_a_code_that_the_provider_does_not_know_leads_back_with_words(place, provider):
    w, stand = place
    b, there = begin(w, provider)
    back = stand.go(provider, there, PEOPLE[provider])
    for c in stand.codes.values():
        c["used"] = True
    assert "is over or was used before" in error_of(come_back(b, back))
    assert audit_of(w, reason="upstream_code")


@pytest.mark.parametrize("provider", list(PEOPLE))
def test_another_error_of_the_provider_is_told_as_one(place, provider):
    w, stand = place
    step, fault = WRONG[provider]
    stand.faults[(provider, step)] = fault
    b, r = log_in(w, stand, provider)
    assert "does not answer as it should" in error_of(r)
    stand.faults.clear()
    assert upstreams.SECRET not in w.log() and "access_token" not in "".join(re.findall(r"identity provider.*", w.log()))


@pytest.mark.parametrize("provider", list(PEOPLE))
def test_who_stops_there_comes_back_to_the_login_page(place, provider):
    w, stand = place
    b, there = begin(w, provider)
    r = come_back(b, stand.go(provider, there, PEOPLE[provider], deny=True))
    assert "You have stopped" in error_of(r)
    assert claims(w, b.follow(b.login(r, "alice", PASSWORD)))["amr"] == ["pwd"]        # the request still waits
