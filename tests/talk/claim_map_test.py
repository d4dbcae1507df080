"""What a directory or a user table says of a person as claims: the setting `claims` of both, against a real slapd and real databases."""
import json

import pytest

import databases
from slapd import Slapd
from talker import APP_SECRET, World, authorize_url, bearer, client, get, realm, redeem, refresh

SCOPES = "openid profile email address phone"
PASSWORD = "right-password"


def people():
    r = realm()
    r["clients"] += [client("shop", APP_SECRET, scopes=SCOPES.split(), redirect_uris=["https://app.example/cb"], auto_approve=True)]
    return r


def top(section, name, **rows):
    return "%s:\n  %s:\n%s" % (section, name, "".join("    %s: %s\n" % (k, json.dumps(v, ensure_ascii=False)) for k, v in rows.items()))


def tokens_of(w, name):
    r = w.browser("modern").authorize(authorize_url(w, client="shop", scope=SCOPES, nonce="n-1", code_challenge=None, code_challenge_method=None), name, PASSWORD)
    t = redeem(w, r.query()["code"], client="shop", code_verifier=None)
    assert t.status == 200, t
    return t.json()


def about(w, t):
    r = get(w.at("modern", "/userinfo"), bearer(t["access_token"]))
    assert r.status == 200, r
    return {k: v for k, v in r.json().items() if k not in ("sub", "updated_at")}


# --- a directory -----------------------------------------------------------------------------------------------------------------------

DN = "cn=Dora,ou=people,dc=corp,dc=example"
ENTRY = dict(objectClass=["inetOrgPerson", "demoAccount"], cn="Dora", sn="Müller", givenName="Dora", displayName="Dora M.", sAMAccountName="dora", mail="dora@corp.example",
             userPassword=PASSWORD, preferredLanguage="de-CH", l="Zürich", street="Seestrasse 1", departmentNumber="42", labeledURI="https://people.example/dora",
             title=["Dr.", "Prof."], memberOf=["cn=staff,ou=groups,dc=corp,dc=example"])
ROWS = ["given_name=givenName", "family_name=sn", "locale=preferredLanguage", "address.locality=l", "address.street_address=street", "department=departmentNumber",
        "profile=labeledURI", "titles[]=title", "teams[]=memberOf", "badges[]=carLicense", "picture=photo", "zoneinfo=roomNumber"]
TOLD = {"name": "Dora M.", "preferred_username": "dora", "given_name": "Dora", "family_name": "Müller", "locale": "de-CH", "profile": "https://people.example/dora",
        "address": {"locality": "Zürich", "street_address": "Seestrasse 1"}, "email": "dora@corp.example", "email_verified": False, "department": "42",
        "titles": ["Dr.", "Prof."], "teams": ["cn=staff,ou=groups,dc=corp,dc=example"], "badges": []}


@pytest.fixture(scope="module")
def slapd():
    s = Slapd()
    try:
        s.start()
        s.add(DN, **ENTRY)
        yield s
    finally:
        s.close()


@pytest.fixture(scope="module")
def w(slapd):
    directory = top("directories", "corp", urls=[slapd.url], starttls=True, ca_file=slapd.ca, bind="search", bind_dn="cn=hufu,dc=corp,dc=example",
                    bind_password="hufu-service", base="dc=corp,dc=example", recheck=60, claims=ROWS)
    own = {k: {} for k in ("department", "titles", "teams", "badges")}
    with World("modern", settings={"modern": {"directory": "corp", "claims": own}}, realms=[people()], top=directory) as v:
        yield v


def test_an_entry_says_claims(w):
    assert about(w, tokens_of(w, "dora")) == TOLD


def test_what_the_entry_says_no_more_is_told_no_more(w, slapd):
    t = tokens_of(w, "dora")
    assert w.hufu("user", "set", "dora", "--claim", "nickname=Do", "--claim", "email_verified=true", "--claim", "given_name=Nobody")[0] == 0
    slapd.set(DN, "preferredLanguage")
    slapd.set(DN, "l", "Genève")
    slapd.set(DN, "title", "Prof.")
    try:
        t = refresh(w, t["refresh_token"], client="shop").json()        # the directory is asked again
        there = {**TOLD, "nickname": "Do", "email_verified": True, "address": {"locality": "Genève", "street_address": "Seestrasse 1"}, "titles": ["Prof."]}
        del there["locale"]
        assert about(w, t) == there
        slapd.set(DN, "mail", "new@corp.example")                       # verified no more
        t = refresh(w, t["refresh_token"], client="shop").json()
        assert about(w, t) == {**there, "email": "new@corp.example", "email_verified": False}
    finally:
        for name in ("preferredLanguage", "l", "mail"):
            slapd.set(DN, name, ENTRY[name])
        slapd.set(DN, "title", *ENTRY["title"])


UNFIT = [("preferredLanguage", "locale", "not a language"), ("labeledURI", "profile", "javascript:alert(1)"), ("givenName", "given_name", "x" * 1025),
         ("roomNumber", "zoneinfo", "a b")]


@pytest.mark.parametrize("attribute, claim, value", UNFIT)
def test_what_cannot_stand_there_is_left_out_and_logged(w, slapd, attribute, claim, value):
    slapd.set(DN, attribute, value)
    try:
        assert claim not in about(w, tokens_of(w, "dora"))
        assert "directory corp: what it says for the claim %s" % claim in w.log()
    finally:
        slapd.set(DN, attribute, *([ENTRY[attribute]] if attribute in ENTRY else []))
    assert about(w, tokens_of(w, "dora")) == {**TOLD, "nickname": "Do"} or about(w, tokens_of(w, "dora")) == TOLD


# --- a user table ------------------------------------------------------------------------------------------------------------------------

TABLE = """
CREATE TABLE person (id INTEGER PRIMARY KEY, username VARCHAR(64), password VARCHAR(100), first_name VARCHAR(64), email VARCHAR(64), born TIMESTAMP NULL, checked SMALLINT,
    avatar VARCHAR(200), city VARCHAR(64), labels VARCHAR(200), grade VARCHAR(10));
INSERT INTO person VALUES (7, 'eva', '{noop}%s', 'Eva', 'eva@old.example', '1999-12-31 00:00:00', 1, 'https://img.example/eva.png', 'Wien', 'a, b,,c d', '3');
""" % PASSWORD
COLUMNS = ["given_name=first_name", "birthdate=born", "email_verified=checked", "picture=avatar", "address.locality=city", "tags[]=labels", "grade=grade"]
OF_EVA = {"name": "eva", "preferred_username": "eva", "given_name": "Eva", "birthdate": "1999-12-31", "picture": "https://img.example/eva.png", "email": "eva@old.example",
          "email_verified": True, "address": {"locality": "Wien"}, "tags": ["a", "b", "c d"], "grade": "3"}


def table(database, **more):
    rows = dict(database=database, realm="main", by_name="SELECT * FROM person WHERE username = ?", by_id="SELECT * FROM person WHERE id = ?", recheck=0,
                ignored_columns=["checked"], claims=COLUMNS, **more)
    return top("user_tables", "old", **rows, **({"password": databases.PASSWORD} if "://" in database else {}))


@pytest.fixture(scope="module", params=["mariadb", "postgres", "sqlite"])
def t(request):
    with {"mariadb": databases.MariaDB, "postgres": databases.PostgreSQL, "sqlite": databases.SQLiteFile}[request.param]() as db:
        db.sql(TABLE)
        url = db.viewer() if request.param == "postgres" else db.url
        with World("modern", settings={"modern": {"claims": {"tags": {}, "grade": {}}}}, realms=[people()], top=table(url)) as v:
            v.db = db
            yield v


def test_a_row_says_claims(t):
    assert about(t, tokens_of(t, "eva")) == OF_EVA


def test_claims_follow_the_row(t):
    had = tokens_of(t, "eva")
    t.db.sql("UPDATE person SET first_name = 'Ewa', born = NULL, checked = 0, labels = NULL, city = '' WHERE id = 7;")
    had = refresh(t, had["refresh_token"], client="shop").json()
    there = {k: v for k, v in OF_EVA.items() if k not in ("birthdate", "address")}
    assert about(t, had) == {**there, "given_name": "Ewa", "email_verified": False, "tags": []}
    t.db.sql("UPDATE person SET first_name = 'Eva', born = '1999-12-31 00:00:00', checked = 1, labels = 'a, b,,c d', city = 'Wien', avatar = 'ftp://x' WHERE id = 7;")
    assert about(t, tokens_of(t, "eva")) == {k: v for k, v in OF_EVA.items() if k != "picture"}
    assert "user table old: what it says for the claim picture must be a web address" in t.log()
    t.db.sql("UPDATE person SET avatar = 'https://img.example/eva.png' WHERE id = 7;")
    assert about(t, tokens_of(t, "eva")) == OF_EVA


def test_a_column_that_is_not_there_is_named(t):
    t.db.sql("ALTER TABLE person RENAME COLUMN grade TO grades;" if not isinstance(t.db, databases.MariaDB) else "ALTER TABLE person CHANGE grade grades VARCHAR(10);")
    try:
        b = t.browser("modern")
        asked = b.get(authorize_url(t, client="shop", scope=SCOPES, nonce="n-1", code_challenge=None, code_challenge_method=None))
        page = b.login(b.follow(asked), "eva", PASSWORD)
        assert page.status in (303, 403, 503)
        assert "the answer has no column grade, which the settings name for grade" in t.log()
    finally:
        t.db.sql("ALTER TABLE person RENAME COLUMN grades TO grade;" if not isinstance(t.db, databases.MariaDB) else "ALTER TABLE person CHANGE grades grade VARCHAR(10);")
