"""Settings that cannot be used: the start, `hufu config check` and a reload say the same sentences about each, with file and line."""
import concurrent.futures, json, os, pathlib, re, shutil, signal, socket, subprocess, tempfile, time

import pytest

from server import BUILD, ROOT, clean_env, free_ports
from talker import World

# --- material ----------------------------------------------------------------------------------------------------------------------


def openssl(d, *args):
    subprocess.run(["openssl", *args], cwd=d, check=True, capture_output=True)


def certificate(d, name, start="20250101000000Z", end="20990101000000Z", host="login.example"):
    """name.pem and name.key, signed by itself, with dates of one's own."""
    (d / "ca.cnf").write_text("[ca]\ndefault_ca=x\n[x]\ndatabase=index\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\nunique_subject=no\n"
                              "x509_extensions=e\n[p]\ncommonName=supplied\n[e]\nsubjectAltName=DNS:%s\n" % host)
    (d / "index").write_text("")
    (d / "serial").write_text("%02d\n" % (10 + len(list(d.glob("*.csr")))))
    openssl(d, "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + host, "-keyout", name + ".key", "-out", name + ".csr")
    openssl(d, "ca", "-batch", "-selfsign", "-notext", "-config", "ca.cnf", "-in", name + ".csr", "-keyfile", name + ".key", "-out", name + ".pem", "-startdate", start, "-enddate", end)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    d = tmp_path_factory.mktemp("files")
    certificate(d, "good")
    certificate(d, "other")
    certificate(d, "old", "20200101000000Z", "20210101000000Z")
    certificate(d, "early", "20980101000000Z")
    soon = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + 5 * 86400))
    certificate(d, "soon", end=soon)
    (d / "text.pem").write_text("this is no certificate\n")
    (d / "empty.pem").write_text("")
    (d / "short.kek").write_text("abcd\n")
    (d / "good.kek").write_text("ab" * 32 + "\n")
    (d / "big.css").write_text("a" * 300000)
    (d / "style.css").write_text(":root{}\n")
    (d / "folder").mkdir()
    for name, file, text in (("wrong-name", "lgoin.html", "x"), ("wrong-tag", "login.html", "{{#nothing}}"), ("sound", "notes.txt", "x")):
        (d / name).mkdir()
        (d / name / file).write_text(text)
    return d


LISTENERS = "listeners:\n  main:\n    bind: 127.0.0.1:0\n"
ISSUERS = "issuers:\n  one:\n    url: http://localhost:8080\n"
BASE = LISTENERS + ISSUERS
TLS = "listeners:\n  main:\n    bind: 127.0.0.1:0\n    cert_file: {f}/%s\n    key_file: {f}/%s\nissuers:\n  one:\n    url: https://login.example\n"
ISSUER = "issuers:\n  one:\n    url: http://localhost:8080\n    %s\n"
TABLE = BASE + "user_tables:\n  t:\n    realm: main\n    database: /tmp/none.db\n    by_name: SELECT * FROM users WHERE name = ?\n    %s\n"
DIRECTORY = BASE + "directories:\n  corp:\n    urls: ldaps://ad.example\n    domain: corp.example\n    realm: main\n    %s\n"
GATEWAY = BASE + "sms_gateways:\n  g:\n    kind: webhook\n    url: https://sms.example/send\n    %s\n"
DIALECT = BASE + "dialects:\n  mine:\n    based_on: spring\n    %s\n"

# (text, line that a finding names or None for any, words of its sentence); {f} the folder of files, {d} that of the case
BAD = [
    # how it is written
    ("data: [\n", 2, "YAML"), ("\tdata: x\n" + BASE, 1, ""), ("data: {d}/data\ndata: {d}/data\n" + BASE, 2, "given twice"), (BASE + "listeners: {{}}\n", 7, "given twice"),
    (BASE + "nonsense: 1\n", 7, "unknown key"), (BASE + "htpp:\n  body_max: 1m\n", 7, "did you mean `http`"), (BASE + "http:\n  body_maxx: 1m\n", 8, "did you mean"),
    (BASE + "http: 5\n", 7, "keys of its own"), (BASE + "http:\n  body_max: [1m]\n", 8, "not a list"), (BASE + "http:\n  body_max: {{a: 1}}\n", 8, "takes a value"),
    (BASE + "http:\n  body_max:\n", 8, "no value"), ("- a\n- b\n", 1, "hold settings"), ("only text\n", 1, "hold settings"), (BASE + "---\n" + BASE, 7, "more than one document"),
    ("a: &x [1, 2]\nb: *x\n" + BASE, 1, "anchors"), (BASE + "login: &l {{rehash: true}}\n", 7, "anchors"), (BASE + "log:\n  level: !!str info\n", 8, "anchors"),
    ("a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n", 1, "anchors"), (BASE + "log:\n  level: \"in\x01fo\"\n", None, ""), ("x: " + "[" * 200 + "\n", None, ""),
    (BASE + "log:\n  level: \xff\n", None, ""), (BASE + "? [a]\n: b\n", 7, "plain word"), ("", 1, "listeners: there is none"), (LISTENERS, 1, "issuers: there is none"), (ISSUERS, 1, "listeners: there is none"),
    ("listeners:\n  Main:\n    bind: 127.0.0.1:0\n" + ISSUERS, 2, "is no name"), ("listeners:\n  main: 5\n" + ISSUERS, 2, "keys of its own"), ("listeners:\n  main:\n" + ISSUERS, 2, "needs `bind`"),
    (BASE + "a: b: c\n", 7, ""), (BASE + "log:\n  level: 'info\n", None, ""), (BASE + "  log:\n   level: info\n", None, ""), (LISTENERS + "issuers:\n  one:\n    url: http://localhost\n  one:\n    url: http://x\n", 7, "given twice"),
    # listeners
    ("listeners:\n  main:\n    bind: localhost\n" + ISSUERS, 3, "is no address"), ("listeners:\n  main:\n    bind: 127.0.0.1:99999\n" + ISSUERS, 3, "is no address"),
    ("listeners:\n  main:\n    bind: 127.0.0.1:x\n" + ISSUERS, 3, "is no address"), ("listeners:\n  main:\n    bind: ::1:80\n" + ISSUERS, 3, "is no address"), ("listeners:\n  main:\n    bind: []\n" + ISSUERS, 3, ""),
    ("listeners:\n  main:\n    bind: 127.0.0.1:8001 127.0.0.1:8001\n  b:\n    bind: 127.0.0.1:8001\n" + ISSUERS, 5, "taken by"), ("listeners:\n  a:\n    bind: 127.0.0.1:8001\n  b:\n    bind: 127.0.0.1:8001\n" + ISSUERS, 5, "taken by"),
    ("listeners:\n  a:\n    bind: 0.0.0.0:8001\n  b:\n    bind: 127.0.0.1:8001\n" + ISSUERS, 5, "taken by"), ("listeners:\n  a:\n    bind: 127.0.0.1:8001\n  b:\n    bind: \"*:8001\"\n" + ISSUERS, 5, "taken by"),
    ("listeners:\n  a:\n    bind: localhost:8001\n  b:\n    bind: 127.0.0.1:8001\n" + ISSUERS, 5, "taken by"), ("admin:\n  listen: 127.0.0.1:8001\nlisteners:\n  a:\n    bind: 0.0.0.0:8001\n" + ISSUERS, 2, "taken by"),
    ("listeners:\n  a:\n    bind: unix:/tmp/x.sock\n  b:\n    bind: unix:/tmp/x.sock\n" + ISSUERS, 5, "taken by"), ("listeners:\n  a:\n    bind: unix:{d}/hufud.sock\n" + ISSUERS, None, "taken by"),
    ("listeners:\n  main:\n    bind: 203.0.113.7:8001\n" + ISSUERS, 3, "address of this machine"), ("listeners:\n  main:\n    bind: no-such-host.invalid:8001\n" + ISSUERS, 3, "address of this machine"),
    ("listeners:\n  main:\n    bind: unix:/no/such/folder/x.sock\n" + ISSUERS, 3, "No such file"), ("listeners:\n  main:\n    bind: unix:{f}/style.css\n" + ISSUERS, 3, "no socket stands there"),
    ("listeners:\n  main:\n    bind: unix:/tmp/" + "x" * 110 + "\n" + ISSUERS, 3, "at most 107 bytes"), ("listeners:\n  main:\n    bind: [" + ", ".join("127.0.0.1:0" for _ in range(17)) + "]\n" + ISSUERS, 3, "words"),
    ("listeners:\n" + "".join("  l%d:\n    bind: [%s]\n" % (i, ", ".join("127.0.0.1:0" for _ in range(16))) for i in range(3)) + ISSUERS, 7, "more than 32 addresses"),
    ("listeners:\n  main:\n    bind: 127.0.0.1:0\n    cert_file: {f}/good.pem\n" + ISSUERS, 4, "together"), ("listeners:\n  main:\n    bind: 127.0.0.1:0\n    key_file: {f}/good.key\n" + ISSUERS, 4, "together"),
    (TLS % ("none.pem", "good.key"), 4, "No such file"), (TLS % ("good.pem", "none.key"), 5, "No such file"), (TLS % ("folder", "good.key"), 4, "directory"), (TLS % ("good.pem", "folder"), 5, "directory"),
    (TLS % ("text.pem", "good.key"), 4, "text.pem"), (TLS % ("empty.pem", "good.key"), 4, "empty.pem"), (TLS % ("good.pem", "text.pem"), 5, "text.pem"), (TLS % ("good.pem", "other.key"), 5, "is not the key of"),
    (TLS % ("good.key", "good.pem"), None, ""), (TLS % ("old.pem", "old.key"), 4, "has expired"), (TLS % ("early.pem", "early.key"), 4, "not valid yet"),
    (BASE + "http:\n  trusted_proxies: 10.0.0.0/33\n", 8, "no CIDR block"), (BASE + "http:\n  trusted_proxies: [10.0.0.1, proxy.example]\n", 8, "no CIDR block"), (BASE + "http:\n  trusted_proxies: fd00::/129\n", 8, "no CIDR block"),
    (BASE + "http:\n  trusted_proxies: 10.0.0/8\n", 8, "no CIDR block"), (BASE + "admin:\n  listen: 0.0.0.0:9090\n", 8, "loopback"),
    (BASE + "admin:\n  allow: 10.0.0.0/33\n", 8, "no CIDR block"), (BASE + "admin:\n  token: 0123456789012345678\n", 8, "fewer than 20"), (BASE + "admin:\n  listen: 9090\n", 8, "is no address"),
    ("demo: true\nlisteners:\n  main:\n    bind: 0.0.0.0:8001\n" + ISSUERS, 4, "demo mode"), (BASE + "admin:\n  socket: /no/such/folder/s\n", 8, "No such file"),
    # paths
    ("data: {f}/style.css\n" + BASE, 1, "Not a directory"), ("data: {d}/no/such\n" + BASE, 1, "No such file"), ("data: {f}/style.css/data\n" + BASE, 1, "Not a directory"), ("data: \"\"\n" + BASE, 1, "must not be empty"),
    (BASE + "keys:\n  kek_file: {f}/none\n", 8, "No such file"), (BASE + "keys:\n  kek_file: {f}/short.kek\n", 8, "32 bytes"), (BASE + "keys:\n  kek_file: {f}/folder\n", 8, "Is a directory"), (BASE + "keys:\n  kek: abcd\n", 8, "32 bytes"),
    (BASE + "pages:\n  css_file: {f}/none.css\n", 8, "No such file"), (BASE + "pages:\n  css_file: {f}/big.css\n", 8, "too big"), (LISTENERS + ISSUER % "css_file: {f}/none.css", 7, "No such file"), (BASE + "pages:\n  css_file: {f}/folder\n", 8, "css_file"),
    (BASE + "pages:\n  templates: {f}/none\n", 8, "cannot be opened"), (BASE + "pages:\n  templates: {f}/style.css\n", 8, "cannot be opened"), (BASE + "pages:\n  templates: {f}/wrong-name\n", 8, "no page has this name"), (BASE + "pages:\n  templates: {f}/wrong-tag\n", 8, "login.html:1"),
    (DIRECTORY % "ca_file: {f}/none.pem", 12, "No such file"),
    # issuers
    (LISTENERS + "issuers:\n  one:\n    realm: main\n", 5, "needs `url`"), (LISTENERS + "issuers:\n  one:\n    url: ftp://x\n", 6, "https://"), (LISTENERS + "issuers:\n  one:\n    url: https://user@x\n", 6, "cannot be"),
    (LISTENERS + "issuers:\n  one:\n    url: https://x/?a=1\n", 6, "no query"), (LISTENERS + "issuers:\n  one:\n    url: https://x/\n", 6, "no slash at the end"), (LISTENERS + "issuers:\n  one:\n    url: https://x:70000\n", 6, "port"),
    (LISTENERS + "issuers:\n  one:\n    url: https://x/a/../b\n", 6, "is no issuer URL"), (LISTENERS + "issuers:\n  one:\n    url: https://x/%61\n", 6, "is no issuer URL"),
    (LISTENERS + ISSUER % "listener: gone", 7, "names \"gone\""), (LISTENERS + ISSUER % "accepts_from: gone", 7, "names \"gone\""), (LISTENERS + ISSUER % "sms_gateway: gone", 7, "names \"gone\""), (LISTENERS + ISSUER % "directory: gone", 7, "names \"gone\""),
    (LISTENERS + ISSUER % "dialect: klingon", 7, "is not known"), (LISTENERS + ISSUER % "also_at: uaa", 7, "also_at"), (LISTENERS + ISSUER % "also_at: [/a, /b/]", 7, "also_at"), (LISTENERS + ISSUER % "offers_implicit: true", 7, "implicit grant"),
    (LISTENERS + ISSUER % "pkce: sometimes", 7, "pkce"), (LISTENERS + ISSUER % "grants: authorization_code telepathy", 7, "telepathy"), (LISTENERS + ISSUER % "grants: [password]", 7, "password grant"), (LISTENERS + ISSUER % "acces_ttl_s: 5", 7, "did you mean"),
    (LISTENERS + ISSUER % "access_ttl_s: soon", 7, "must be a time"), (LISTENERS + ISSUER % "access_ttl_s: 0", 7, "must expire"), (LISTENERS + ISSUER % "code_ttl_s: 1d", 7, ""), (LISTENERS + ISSUER % "session_idle_s: 300d", 7, ""),
    (LISTENERS + "issuers:\n  one:\n    url: http://localhost\n  two:\n    url: http://localhost\n", 8, "both served"), (LISTENERS + "issuers:\n  one:\n    url: http://localhost/a\n  two:\n    url: http://localhost/b\n    also_at: /a\n", 8, "both served"),
    (LISTENERS + "issuers:\n  one:\n    url: http://localhost/a\n    accepts_from: two\n  two:\n    url: http://localhost/b\n    realm: other\n", 7, "another realm"),
    (LISTENERS + "issuers:\n  " + "x" * 41 + ":\n    url: http://localhost\n", 5, "at most 40"), (LISTENERS + ISSUER % "wechat_app_id: wx1", 5, "wechat_secret"), (LISTENERS + ISSUER % "duplicate_parameters: first", 7, ""),
    # rules of a realm
    (BASE + "realms:\n  mian:\n    session_ttl_s: 1h\n", 8, "did you mean `main`"), (BASE + "realms:\n  main:\n    session_ttl_s: soon\n", 9, "must be a time"), (BASE + "realms:\n  main:\n    url: https://x\n", 9, "unknown key"),
    (BASE + "realms:\n  main:\n    access_ttl_s: 0\n", 9, "must expire"),
    # neighbours
    (GATEWAY % "headers: nothing", 11, "no name before a colon"), (BASE + "sms_gateways:\n  g:\n    kind: aliyun\n", 8, "needs it"), (BASE + "sms_gateways:\n  g:\n    kind: webhook\n    url: http://sms.example/\n", 10, "https://"), (BASE + "sms_gateways:\n  g:\n    kind: log\n", 9, "demo mode only"),
    (BASE + "sms_gateways:\n  g:\n    kind: webhook\n    url: https://10.0.0.1/\n", 10, "private"), (BASE + "sms_gateways:\n  g:\n    kind: http\n    url: https://sms.example/\n", 8, "needs it"), (GATEWAY % "success: ok", 11, "for kind http alone"),
    (BASE + "directories:\n  corp:\n    urls: ldap://ad.example\n    domain: x\n", 9, "in the clear"), (BASE + "directories:\n  corp:\n    urls: https://ad.example\n    domain: x\n", 9, "no LDAP URL"), (BASE + "directories:\n  corp:\n    urls: ldaps://ad.example\n", 8, "domain"),
    (BASE + "directories:\n  corp:\n    urls: ldaps://ad.example\n    bind: search\n", 10, "needs bind_dn"), (DIRECTORY % "starttls: perhaps", 12, "true or false"), (DIRECTORY % "" + "  two:\n    urls: ldaps://b.example\n    domain: b\n    realm: main\n", 5, "more than one"),
    (TABLE % "realm: main", 12, "given twice"), (TABLE % "encoding: rot13", 12, "is not known"), (TABLE % "columns: name", 12, "MEMBER=COLUMN"), (TABLE % "roles: DELETE FROM users", 12, ""), (TABLE % "password_file: {f}/none", 12, "No such file"),
    (BASE + "user_tables:\n  t:\n    realm: other\n    database: /tmp/none.db\n    by_name: SELECT 1 FROM u WHERE n = ?\n", 9, "no issuer uses this realm"), (BASE + "user_tables:\n  t:\n    realm: main\n    database: /tmp/none.db\n", 8, "at least one of"),
    (BASE + "user_tables:\n  t:\n    realm: main\n    database: mysql://u:secret@db/x\n    by_name: SELECT 1 FROM u WHERE n = ?\n", 10, "must not hold the password"), (BASE + "user_tables:\n  t:\n    realm: main\n    database: relative.db\n    by_name: SELECT 1 FROM u WHERE n = ?\n", 10, "no URL"),
    (DIALECT % "paths: {{tokn: /x}}", 10, "did you mean"), (DIALECT % "paths: /x", 10, "keys of its own"), (DIALECT % "based_on: zlt", 10, "given twice"), (BASE + "dialects:\n  mine:\n    based_on: klingon\n", 9, "no built-in dialect"),
    (BASE + "dialects:\n  zlt:\n    based_on: spring\n", 9, "has this name"), (DIALECT % "grants: {{passwrd: x}}", 10, "passwrd"), (DIALECT % "errors: {{invalid_grant: 1}}", 10, "errors"), (BASE + "dialects:\n  mine:\n    paths: {{token: /x}}\n", 8, "needs `based_on`"),
]
# More than one thing is wrong with one neighbour: all are told, each at its own line. (text, [(line, words)])
MANY = [
    (BASE + "directories:\n  corp:\n    urls: [ldap://a.example, https://b.example]\n    ca_file: {f}/none.pem\n    bind: search\n",
     [(9, "ldap://a.example would carry passwords in the clear"), (9, "\"https://b.example\" is no LDAP URL"), (10, "No such file"), (11, "needs bind_dn")]),
    (BASE + "user_tables:\n  t:\n    realm: other\n    database: mysql://u:secret@db/x\n    password_file: {f}/none\n    by_name: DELETE FROM u WHERE n = ?\n"
     "    by_id: SELECT 1 FROM u\n    roles: DROP TABLE r\n    columns: [name, colour=x]\n    encoding: rot13\n"
     "  u:\n    realm: other\n    database: relative.db\n    by_name: SELECT 1 FROM u WHERE n = ?\n",
     [(9, "no issuer uses this realm"), (10, "must not hold the password"), (11, "No such file"), (12, "by_name"), (13, "by_id"), (14, "roles"),
      (15, "\"name\" is not written"), (15, "\"colour=x\" is not written"), (16, "\"rot13\" is not known"),
      (18, "no issuer uses this realm"), (18, "another table is read"), (19, "is no URL")]),
    (LISTENERS + ISSUER % "claims:\n      iss: {{in: id_token}}\n      x: {{in: nowhere}}\n      mail: {{attribute: email}}",
     [(8, "claims: iss: the protocol gives this name its meaning"), (9, "claims: x: in must be some of"), (10, "email is a standard claim")]),
    (DIRECTORY % "claims: [given_name, email=mail, sub=x, address=l, address.planet=l, 'given_name[]=x', \"a'b=x\", =x, l=a, l=b]",
     [(12, "\"given_name\" is not written CLAIM=NAME"), (12, "\"email=mail\": this claim has a setting of its own"), (12, "\"sub=x\": this claim has a setting of its own"),
      (12, "\"address=l\": this claim is no member of an address"), (12, "\"address.planet=l\": this claim is no member of an address"),
      (12, "\"given_name[]=x\": this claim is no list"), (12, "\"a'b=x\": this claim is no name for an attribute"), (12, "\"=x\" is not written"),
      (12, "\"l=b\": this claim is named twice")]),
    (TABLE % "claims: [name=x, picture=]", [(12, "\"name=x\": this claim has a setting of its own"), (12, "\"picture=\" is not written")]),
    (LISTENERS + ISSUER % "wechat_app_id: wx1\n    wechat_url: http://wechat.example/", [(5, "wechat_secret"), (8, "wechat_url: the URL must begin")]),
]
BAD += [(text, *wanted[0]) for text, wanted in MANY]
# Doubtful at most: these start. (text, words of a warning or None)
GOOD = [
    (BASE, None), (TLS % ("good.pem", "good.key"), None), (TLS % ("soon.pem", "soon.key"), "expires in"), ((TLS % ("good.pem", "good.key")).replace("login.example", "else.example"), "does not hold the name"),
    ("listeners:\n  main:\n    bind: [127.0.0.1:0, unix:{d}/public.sock]\n" + ISSUERS, None), (BASE + "http:\n  trusted_proxies: [10.0.0.0/8, fd00::/8, \"::1\", 192.0.2.7]\n", None),
    (BASE + "keys:\n  kek_file: {f}/good.kek\npages:\n  css_file: {f}/style.css\n  templates: {f}/sound\n", None), (DIRECTORY % "", "cannot be asked about its users again"), (DIALECT % "paths: {{token: /x}}", None), ("data: {d}/other\n" + BASE, None),
]
ENVIRONMENT = [({"HUFU_NONSENSE": "1"}, "names no setting"), ({"HUFU_HTTP__BODY_MAX": "big"}, "must be a size"), ({"HUFU_KEYS__KEK": "abcd"}, "32 bytes"), ({"HUFU_KEYS__KEK_FILE": "/none"}, "No such file"),
               ({"HUFU_ISSUERS__ONE__URL": "ftp://x"}, "https://"), ({"HUFU_LISTENERS__MAIN__BIND": "nowhere"}, "is no address"), ({"HUFU_ISSUERS__TWO__REALM": "main"}, "needs `url`"), ({"HUFU_DATA": "/dev/null"}, "Not a directory")]


def rows():
    """(section or None, key, type, min, max) of every setting, from the table itself."""
    sections = {"SEC_LISTENER": "listeners", "SEC_ISSUER": "issuers", "SEC_SMS_GATEWAY": "sms_gateways", "SEC_DIRECTORY": "directories", "SEC_USER_TABLE": "user_tables", "SEC_DIALECT": "dialects", "SEC_TRUSTED_ISSUER": "trusted_issuers", "SEC_REALM": "realms", "SEC_PROVIDER": "identity_providers"}
    number = lambda s: 4096 if s == "ANY" else int(s)
    text = (ROOT / "src/conf/settings.def").read_text(encoding="utf-8")
    out = [(None, m[0], m[1], number(m[2]), number(m[3])) for m in re.findall(r'^TOP(?:_\w+)?\("[^"]*", "([^"]+)", (SET_\w+), ([^,]+), ([^,]+),', text, re.M)]
    out += [(sections[m[0]], m[1], m[2], number(m[3]), number(m[4])) for m in re.findall(r'^ITEM(?:_\w+)?\((SEC_\w+), "([^"]+)", (SET_\w+), ([^,]+), ([^,]+),', text, re.M)]
    kinds = {"SECONDS": "SET_SECONDS", "INT": "SET_INT", "BOOL": "SET_BOOL", "CHOICE": "SET_CHOICE", "TEXT": "SET_TEXT", "CSTR": "SET_TEXT", "GRANTS": "SET_WORDS", "ALG": "SET_CHOICE", "ALGS": "SET_WORDS", "METHODS": "SET_WORDS", "PATH": "SET_PATH"}
    rules = "".join((ROOT / p).read_text(encoding="utf-8") for p in ("src/oauth/policy.def", "src/wire/style.def"))
    for kind, key, rest in re.findall(r"^(?:POLICY_(?!FIXED)|STYLE_)([A-Z]+)\((\w+),([^\n]*)", rules, re.M):
        limits = re.search(r" (-?\d+), (-?\d+),", rest) if kind in ("SECONDS", "INT") else None
        out.append(("issuers", key, kinds[kind], int(limits.group(1)) if limits else 0, int(limits.group(2)) if limits else 4096))
    return out


def wrong_values(kind, least, most):
    """Values that no setting of the type takes."""
    always = {"SET_WORDS": ["{a: 1}", "[a, [b]]", "~"], "SET_MAP": ["word", "[a]", "5"]}.get(kind, ["[a, b]", "{a: 1}", "~"])
    if kind in ("SET_TEXT", "SET_PATH", "SET_SECRET"):
        return always + ['"a\\nb"', '"\\x01"', "x" * (most + 1), '"\\x7f"']
    return always + {"SET_INT": ["many", "1.5", str(least - 1), str(most + 1)], "SET_SECONDS": ["soon", "-1", "%d" % (most + 1), "5x"],
                     "SET_SIZE": ["big", "-1", "99999g", "1kk"], "SET_BOOL": ["maybe", "2", '""', "truee"],
                     "SET_CHOICE": ["none-of-these", '""', "a b", "0x1"], "SET_WORDS": ['["a b"]', '[""]', '["a\\nb"]', '"\\x01"'],
                     "SET_MAP": ["{a: {b: {c: {d: {e: 1}}}}}", '{"": 1}', '{a: "x\\ny"}', "~"]}[kind]


PARTS = 6       # so that each finds fewer than are told (FINDINGS_MAX)


def by_rule(n, part, parts=PARTS):
    """Settings of every section with their n-th wrong value, some of them at a time; and the lines that must be named."""
    lines, wanted, groups = [], [], {}
    for i, (section, key, kind, least, most) in enumerate(rows()):
        if i % parts == part:
            values = wrong_values(kind, least, most)
            group, leaf = key.split(".", 1) if section is None and "." in key else ("", key)
            groups.setdefault((section, group), []).append("%s: %s" % (leaf, values[n % len(values)]))
    for (section, group), pairs in groups.items():
        if section is None and not group:
            heads, indent = [], ""
        else:
            heads, indent = ([section + ":", "  item:"], "    ") if section else ([group + ":"], "  ")
        lines += heads
        for pair in pairs:
            lines.append(indent + pair)
            wanted.append(len(lines))
    return "\n".join(lines).replace("{", "{{").replace("}", "}}") + "\n", wanted


# --- asking ------------------------------------------------------------------------------------------------------------------------


def written(text, files, d, **more):
    text = text.replace("{f}", str(files)).replace("{d}", str(d)).replace("{{", "{").replace("}}", "}")
    head = "" if re.match(r"admin:|.*\nadmin:", text, re.S) else "admin: {socket: %s/hufud.sock, listen: \"\"}\n" % d
    tail = "" if re.search(r"^data:", text, re.M) else "data: %s/data\n" % d
    broken = not text.startswith(("listeners", "issuers", "data: {", "data: /", "admin", "demo"))
    (d / "hufu.yaml").write_bytes((text if broken else text.rstrip("\n") + "\n" + head + tail).encode("latin-1" if "\xff" in text else "utf-8"))


def checked(d, env):
    r = subprocess.run([str(BUILD / "hufu"), "--config", str(d / "hufu.yaml"), "config", "check"], capture_output=True, text=True, errors="replace", timeout=60, env=env)
    assert "Sanitizer" not in r.stderr, r.stderr[-2000:]
    lines = [line for line in r.stderr.split("\n") if line]
    return r.returncode, {line for line in lines if ": warning: " not in line}, {line.replace(": warning: ", ": ") for line in lines if ": warning: " in line}


def started(d, env):
    """Exit status (None: it is ready, and has been stopped then), complaints, warnings."""
    with open(d / "log", "wb") as log:
        proc = subprocess.Popen([str(BUILD / "hufud"), "--config", str(d / "hufu.yaml")], stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=env)
    until, status = time.time() + 60, None
    while time.time() < until and proc.poll() is None and b'"daemon.ready"' not in (d / "log").read_bytes():
        time.sleep(0.02)
    if proc.poll() is None:
        proc.send_signal(signal.SIGTERM)
        assert proc.wait(60) == 0
    else:
        status = proc.returncode
    text = (d / "log").read_text(errors="replace")
    assert "Sanitizer" not in text, text[-2000:]
    said = [json.loads(line) for line in text.split("\n") if line.startswith("{")]
    errors = {o["msg"].removeprefix("cannot start: ") for o in said if o.get("level") == "error"}
    return status, errors, {o["msg"] for o in said if o.get("level") == "warn"}


_complaints = {}        # of a text, by its check alone


def judged(case, files, **env):
    """What a check and a start say of one configuration, in a directory of its own. The check comes first: it must leave nothing behind."""
    with tempfile.TemporaryDirectory(prefix="hufu-test-") as d:
        d = pathlib.Path(d)
        written(case, files, d)
        before = sorted(d.rglob("*"))
        check = checked(d, clean_env(**env))
        assert sorted(d.rglob("*")) == before, (case, "the check made something")
        start = started(d, clean_env(**env))
        strip = lambda lines: {line.replace(str(d), "") for line in lines}
        if not env:
            _complaints[case] = strip(check[1])
        return (check[0], strip(check[1]), strip(check[2])), (start[0], strip(start[1]), strip(start[2]))


def all_judged(cases, files):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda c: judged(c[0], files, **(c[1] if isinstance(c[1], dict) else {})), cases))


def agree(case, check, start):
    """Complaints about one case; none when both refuse it with the same words and places."""
    out = []
    if check[0] != 1 or start[0] != 1:
        out.append("check ends with %s, start with %s" % (check[0], start[0]))
    if check[1] != start[1] or not check[1]:
        out.append("only check: %s; only start: %s" % (check[1] - start[1], start[1] - check[1]))
    if not all(re.match(r"/hufu\.yaml:\d+: .|HUFU_\w+: .", line) for line in check[1]):
        out.append("no place: %s" % check[1])
    return ["%r: %s" % (case, o) for o in out]


def test_start_and_check_refuse_alike(files):
    wrong = []
    for (text, line, words), (check, start) in zip(BAD, all_judged([(b[0], None) for b in BAD], files)):
        wrong += agree(text[-120:], check, start)
        if not any(words in s and (line is None or s.startswith("/hufu.yaml:%d: " % line)) for s in check[1]):
            wrong.append("%r: line %s and %r are not in %s" % (text[-120:], line, words, sorted(check[1])))
    assert len(BAD) > 130 and not wrong, "\n".join(wrong)


def test_all_that_is_wrong_with_a_neighbour_is_told(files):
    for (text, wanted), (check, start) in zip(MANY, all_judged([(m[0], None) for m in MANY], files)):
        assert check[1] == start[1]
        missing = [w for w in wanted if not any(s.startswith("/hufu.yaml:%d: " % w[0]) and w[1] in s for s in check[1])]
        assert not missing, (missing, sorted(check[1]))


def test_every_setting_refuses_what_its_type_refuses(files):
    cases = [by_rule(n, part) for n in range(7) for part in range(PARTS)]
    wrong = []
    for (text, wanted), (check, start) in zip(cases, all_judged([(c[0], None) for c in cases], files)):
        wrong += agree(text[:60], check, start)
        said = {int(m.group(1)) for m in (re.match(r"/hufu\.yaml:(\d+): ", s) for s in check[1]) if m}
        wrong += ["nothing is said of %r" % text.split("\n")[n - 1][:100] for n in wanted if n not in said]
    assert not wrong, "\n".join(wrong)


def test_the_environment_is_judged_alike(files):
    cases = [(BASE, env) for env, _ in ENVIRONMENT]
    wrong = []
    for (env, words), (check, start) in zip(ENVIRONMENT, all_judged(cases, files)):
        wrong += agree(env, check, start)
        wrong += [] if any(words in s and (s.startswith(tuple(env)) or "HUFU" in s) for s in check[1]) else ["%s: %s" % (env, check[1])]
    assert not wrong, "\n".join(wrong)


def test_what_check_calls_ok_starts(files):
    wrong = []
    for (text, words), (check, start) in zip(GOOD, all_judged([(g[0], None) for g in GOOD], files)):
        if check[0] != 0 or start[0] is not None or check[1] or start[1]:
            wrong.append("%r: %s %s" % (text[-120:], check, start))
        if words is None and check[2] or words is not None and not any(words in s for s in check[2]) or not check[2] <= start[2]:
            wrong.append("%r: warnings %s %s" % (text[-120:], check[2], start[2]))
    assert not wrong, "\n".join(wrong)


def test_a_reload_says_what_the_check_says(files):
    with World("modern") as w:
        sound = w.conf.read_text()
        said = []
        for text, _, _ in BAD:
            written(text, files, w.dir)
            answer = w.control({"do": "reload"})
            said.append((text, set(answer.get("error", "").split("\n")) if not answer.get("ok") else None))
        w.conf.write_text(sound)
        assert w.control({"do": "reload"}).get("ok")
        checks = all_checked([t for t, _ in said], files)
    wrong = ["%r: %s, not %s" % (t[-120:], s, c) for (t, s), c in zip(said, checks) if s is None or {x.replace(str(w.dir), "") for x in s} != c]
    assert not wrong, "\n".join(wrong)


def checked_alone(text, files):
    """What the check complains of, wherever the file stands; asked once for each text."""
    if text not in _complaints:
        with tempfile.TemporaryDirectory(prefix="hufu-test-") as d:
            d = pathlib.Path(d)
            written(text, files, d)
            _complaints[text] = {line.replace(str(d), "") for line in checked(d, clean_env())[1]}
    return _complaints[text]


def all_checked(texts, files):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda text: checked_alone(text, files), texts))


# --- what the store says -----------------------------------------------------------------------------------------------------------


def test_check_reads_the_store_and_changes_nothing():
    with World("modern") as w:
        def check():
            before = there()
            answer = w.hufu("config", "check")
            assert there() == before
            return answer

        def there():
            return {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in w.dir.rglob("*") if not p.name.endswith("-shm")} if w.proc is None else None
        assert check()[0] == 0                                              # beside a daemon at work
        w.stop()
        kek = w.dir / "data" / "kek"
        good = kek.read_bytes()
        assert check()[0] == 0
        kek.write_text("cd" * 32)
        status, out, err = check()
        assert status == 1 and "not the key-encryption key they were stored under" in err and str(w.conf) + ":" in err, err
        assert err.strip().split("\n") == sorted(started(w.dir, clean_env())[1])
        assert check()[0] == 1
        kek.unlink()
        status, out, err = check()
        assert status == 1 and "holds keys that were sealed under it" in err and not kek.exists(), err
        kek.write_bytes(good)
        assert check()[0] == 0
        shutil.rmtree(w.dir / "data")
        w.realms = []
        w.start()


@pytest.mark.embedded("it takes the file away and damages it")
def test_check_finds_a_store_that_is_missing_or_damaged():
    with World("modern") as w:
        w.stop()
        (w.dir / "data" / "hufu.db").rename(w.dir / "away")
        check = lambda: w.hufu("config", "check")
        status, out, err = check()
        assert status == 1 and "look whether its disk is mounted" in err and not (w.dir / "data" / "hufu.db").exists(), err
        (w.dir / "away").rename(w.dir / "data" / "hufu.db")
        assert check()[0] == 0
        (w.dir / "data" / "hufu.db").write_bytes(b"no database" * 1000)
        status, out, err = check()
        assert status == 1 and "damaged" in err, err
        assert json.loads(w.hufu("--json", "config", "check")[1])["ok"] is False
        shutil.rmtree(w.dir / "data")
        w.realms = []
        w.start()


@pytest.mark.embedded("no write-ahead log is left beside the file")
def test_a_start_that_fails_closes_the_store():
    """Whatever fails once it is open, and whoever works on it by then: no write-ahead log stays beside it."""
    with World("modern") as w:
        w.stop()
        sound, data, kek = w.conf.read_text(), w.dir / "data", w.dir / "data" / "kek"
        good = kek.read_bytes()

        def left():
            return sorted(p.name for p in data.iterdir() if p.name.startswith("hufu.db"))
        assert left() == ["hufu.db"]
        kek.write_text("cd" * 32)                                           # its keys do not open
        status, errors, _ = started(w.dir, clean_env())
        assert status == 1 and left() == ["hufu.db"], (errors, left())
        kek.write_bytes(good)
        with socket.create_server(("127.0.0.1", w.port["modern"])) as taken:      # the lanes run
            status, errors, _ = started(w.dir, clean_env())
            assert status == 1 and any("another program listens there" in e for e in errors) and left() == ["hufu.db"], (errors, left())
        with socket.create_server(("127.0.0.1", 0)) as taken:               # ... and the public listeners
            status, errors, _ = started(w.dir, clean_env(HUFU_ADMIN__LISTEN="127.0.0.1:%d" % taken.getsockname()[1]))
            assert status == 1 and any("another program listens there" in e for e in errors) and left() == ["hufu.db"], (errors, left())
        assert w.conf.read_text() == sound
        w.start()
        w.proc.kill()                                                       # a crash leaves them, and the check reads what is in them
        w.proc.wait()
        w.proc = None
        assert "hufu.db-wal" in left() and w.hufu("config", "check")[0] == 0
        kek.write_text("cd" * 32)
        assert w.hufu("config", "check")[0] == 1
        kek.write_bytes(good)
        w.start()


def test_a_realm_that_nobody_has_heard_of_and_a_notice_that_nobody_will_hear():
    with World("modern", "zlt") as w:
        assert w.control({"do": "client.set", "realm": "main", "id": "app", "info": {"LOGOUT_NOTIFY_URL_LIST": "http://10.0.0.1/x"}}).get("ok")
        w.issuers["modern"]["realm"] = "mian"
        w.issuers["zlt"]["logout_notices"] = True
        w.write_config()
        status, out, err = w.hufu("config", "check")
        assert status == 0 and "no client and no user of mian yet; did you mean main?" in err and ": warning: " in err, (out, err)
        assert "app will hear of no logout at http://10.0.0.1/x" in err, err
