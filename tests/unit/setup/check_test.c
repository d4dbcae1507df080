/* tests/unit/setup/check_test.c - settings that must be refused before anything is opened. */
#include "../test.h"
#include "setup/setup_int.h"

static char *env[] = { (char[]){ "HUFU_DATA=/tmp/hufu-no-such-store" }, NULL };

#define GOOD_LISTENER "listeners:\n  l:\n    bind: 127.0.0.1:8080\n"
#define GOOD_ISSUER "issuers:\n  one:\n    url: http://localhost:8080\n"

#define GATEWAY GOOD_LISTENER GOOD_ISSUER "sms_gateways:\n  g:\n    kind: webhook\n    url: https://sms.example/send\n    headers: "

static bool
check(struct arena *mem, const char *yaml, struct str *why)
{
	struct conf *c = conf_parse(S("/etc/hufu/test.yaml"), str_of(yaml), env, why, mem);
	struct findings f;
	struct opened o;
	bool ok;

	if (c == NULL)
		return false;
	findings_init(&f, mem);
	ok = setup_open_conf(c, &f, &o);
	setup_close(&o);
	*why = findings_lines(&f, FINDING_ERROR);
	for (size_t i = 0; i < f.n; i++)                /* each has its line */
		EXPECT(str_starts(f.at[i].where, S("/etc/hufu/test.yaml:")));
	return ok;
}

TEST(a_sound_configuration_passes)
{
	struct str why = STR_ABSENT;

	EXPECT(check(mem, GOOD_LISTENER GOOD_ISSUER, &why));
	EXPECT_STR(why, S(""));
	EXPECT(check(mem, GOOD_LISTENER GOOD_ISSUER "    directory: none\ndirectories:\n  a:\n    urls: ldaps://a.example\n    domain: a.example\n    realm: main\n"
	    "  b:\n    urls: ldaps://b.example\n    domain: b.example\n    realm: main\n", &why));
	EXPECT(check(mem, GATEWAY "\"Authorization: Bearer x|X-Two: b:c\"\n", &why));
}

TEST(each_contradiction_is_named)
{
	static const struct { const char *yaml, *says; } rows[] = {
		{ GATEWAY "\"A: 1|B\"\n", "headers: number 2" },
		{ GOOD_LISTENER GOOD_ISSUER "directories:\n  a:\n    urls: ldaps://a.example\n    domain: a.example\n    realm: main\n"
		    "  b:\n    urls: ldaps://b.example\n    domain: b.example\n    realm: main\n", "more than one, a and b" },
		{ GOOD_LISTENER GOOD_ISSUER "directories:\n  none:\n    urls: ldaps://a.example\n    domain: a.example\n", "needs another name" },
		{ GATEWAY "\": 1\"\n", "headers: number 1" },
		{ GATEWAY "\"a:1|b:1|c:1|d:1|e:1|f:1|g:1|h:1|i:1|j:1|k:1\"\n", "headers: there are 11" },
		{ GOOD_ISSUER, "listeners:" },
		{ GOOD_LISTENER, "issuers:" },
		{ GOOD_LISTENER "issuers:\n  one:\n    url: http://localhost:8080/?x=1\n", "url" },
		{ GOOD_LISTENER "issuers:\n  one:\n    url: ftp://localhost\n", "url" },
		{ GOOD_LISTENER "issuers:\n  one:\n    url: http://localhost/a/../b\n", "url" },
		{ GOOD_LISTENER "issuers:\n  one:\n    url: http://localhost\n    listener: gone\n", "gone" },
		{ GOOD_LISTENER "issuers:\n  one:\n    url: http://localhost\n    dialect: klingon\n", "klingon" },
		{ GOOD_LISTENER "issuers:\n  one:\n    url: http://localhost\n    accepts_from: nobody\n", "nobody" },
		{ GOOD_LISTENER "issuers:\n  one:\n    url: http://localhost\n  two:\n    url: http://127.0.0.1\n", "same listener" },
		{ GOOD_LISTENER "issuers:\n  one:\n    url: http://localhost\n  two:\n    url: http://127.0.0.1/uaa\n    also_at: /x /\n", "same listener" },
		{ GOOD_LISTENER "issuers:\n  one:\n    url: http://localhost\n    also_at: /a/../b\n", "also_at" },
		{ GOOD_LISTENER "issuers:\n  one:\n    url: http://localhost\n    also_at: uaa\n", "also_at" },
		{ GOOD_LISTENER "issuers:\n  one:\n    url: http://localhost\n    offers_implicit: true\n", "offers_implicit" },
		{ GOOD_LISTENER "issuers:\n  one:\n    url: http://localhost\n    grants: authorization_code telepathy\n", "telepathy" },
		{ "demo: true\nlisteners:\n  l:\n    bind: 0.0.0.0:8080\n" GOOD_ISSUER, "demo" },
		{ "demo: true\nlisteners:\n  l:\n    bind: \"*:8080\"\n" GOOD_ISSUER, "demo" },
		{ "admin:\n  listen: 0.0.0.0:9090\n" GOOD_LISTENER GOOD_ISSUER, "admin.listen" },
		{ "admin:\n  allow: 10.0.0\n" GOOD_LISTENER GOOD_ISSUER, "admin.allow" },
		{ "admin:\n  token: short\n" GOOD_LISTENER GOOD_ISSUER, "admin.token" },
		{ "listeners:\n  l:\n    bind: 127.0.0.1:8443\n    cert_file: /x.pem\n" GOOD_ISSUER, "key_file" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str why = STR_ABSENT;

		if (check(mem, rows[i].yaml, &why) || !str_contains(why, str_of(rows[i].says)))
			test_fail(__FILE__, __LINE__, "row %zu: \"%.*s\" does not say %s", i, STR_ARG(why), rows[i].says);
	}
}

TEST(issuers_share_a_listener_by_host_or_path)
{
	struct str why = STR_ABSENT;

	EXPECT(check(mem, GOOD_LISTENER "issuers:\n  one:\n    url: http://a.example\n    host: a.example\n  two:\n    url: http://b.example\n    host: b.example\n", &why));
	EXPECT(check(mem, GOOD_LISTENER "issuers:\n  one:\n    url: http://localhost/a\n  two:\n    url: http://localhost/b\n", &why));
	EXPECT(!check(mem, GOOD_LISTENER "issuers:\n  one:\n    url: http://a.example\n    host: A.example\n  two:\n    url: http://b.example\n    host: a.example\n", &why));
}

TEST(issuer_urls)
{
	struct issuer_url u;

	EXPECT(issuer_url_read(S("http://localhost:9900/api-uaa"), &u));
	EXPECT(!u.secure);
	EXPECT_STR(u.host, S("localhost:9900"));
	EXPECT_STR(u.prefix, S("/api-uaa"));
	EXPECT(issuer_url_read(S("https://[::1]:1"), &u));
	EXPECT(u.secure);
	EXPECT_STR(u.prefix, S(""));
	EXPECT(!issuer_url_read(S("http://localhost/"), &u));
	EXPECT(!issuer_url_read(S("http://"), &u));
	EXPECT(!issuer_url_read(S("http://user@host"), &u));
	EXPECT(!issuer_url_read(S("http://host/a//b"), &u));
	EXPECT(!issuer_url_read(S("http://host/%61"), &u));
	EXPECT(!issuer_url_read(S("http://host#x"), &u));
}

TEST(loopback_addresses)
{
	static const char *const yes[] = { "127.0.0.1:80", "127.9.9.9:80", "[::1]:80", "localhost:80", "unix:/run/x" };
	static const char *const no[] = { "0.0.0.0:80", "*:80", "[::]:80", "10.0.0.1:80", "127.example.com:80", "192.168.127.1:80", "[::2]:80" };

	for (size_t i = 0; i < COUNT(yes); i++)
		EXPECT(address_is_loopback(str_of(yes[i])));
	for (size_t i = 0; i < COUNT(no); i++)
		EXPECT(!address_is_loopback(str_of(no[i])));
}

#define PROVIDER(rows) GOOD_LISTENER GOOD_ISSUER "    identity_providers: [p]\nidentity_providers:\n  p:\n    client_id: c\n" rows
#define SECRET "    client_secret: s\n"

TEST(an_identity_provider_says_all_that_its_kind_needs)
{
	static const struct { const char *rows, *wrong; } cases[] = {
		{ "    kind: github\n", "client_secret: is needed" },
		{ SECRET, "issuer: is needed" },
		{ SECRET "    issuer: http://10.0.0.1/x\n", "issuer: the URL must begin with https" },
		{ SECRET "    issuer: https://10.0.0.1/x\n", "issuer: the address is private" },
		{ SECRET "    kind: microsoft\n", "parameters: microsoft needs tenant=VALUE" },
		{ SECRET "    kind: wecom\n", "parameters: wecom needs agentid=VALUE" },
		{ "    kind: alipay\n", "private_key_file: alipay needs one" },
		{ "    kind: alipay\n", "answer_key_file: alipay needs one" },
		{ "    answer_key_file: /etc/hostname\n", "holds no public key of RSA" },
		{ "    kind: apple\n    private_key_file: /dev/null\n", "holds no private key" },
		{ SECRET "    kind: github\n    private_key_file: /none\n", "private_key_file: " },
		{ SECRET "    issuer: https://x.example\n    client_auth: client_secret_jwt\n", "32 bytes at least" },
		{ SECRET "    issuer: https://x.example\n    algs: [HS256]\n", "algs: \"HS256\" is no algorithm" },
		{ SECRET "    kind: github\n    addresses: [https://github.com]\n", "is not written A=B" },
		{ SECRET "    kind: github\n    subject: \"{user.id\"\n", "a brace without its other one" },
		{ SECRET "    kind: github\n    groups: \"{x}\"\n", "a path without braces" },
		{ SECRET "    kind: github\n    allowed_groups: [x]\n", "allowed_groups: set groups too" },
		{ SECRET "    kind: github\n    claims: [email=x]\n", "has a setting of its own" },
		{ SECRET "    kind: oauth2\n    subject: x\n    requests: {t: {url: \"https://x.example/t\"}}\n", "authorize_url: is needed" },
		{ SECRET "    kind: oauth2\n    authorize_url: https://x.example\n    requests: {t: {url: \"https://x.example/t\"}}\n", "subject: is needed" },
		{ SECRET "    kind: oauth2\n    authorize_url: https://x.example\n    subject: x\n", "the one that redeems the code" },
		{ SECRET "    kind: oauth2\n    authorize_url: https://x.example\n    subject: x\n    requests: {t: {form: {a: b}}}\n", "its url is missing" },
		{ SECRET "    kind: oauth2\n    authorize_url: https://x.example\n    subject: x\n    requests: {t: {url: \"https://x.example/t\", form: {a: b}, json: {a: b}}}\n", "one body" },
		{ SECRET "    kind: oauth2\n    authorize_url: https://x.example\n    subject: x\n    requests: {t: {url: \"https://x.example/t\", bodi: x}}\n", "bodi is no member" },
		{ SECRET "    kind: oauth2\n    authorize_url: https://x.example\n    subject: x\n    requests: {t: {url: \"https://x.example/t\", form: {a: \"b&c\"}}}\n", "must be a text without &" },
	};
	struct str why = STR_ABSENT;

	EXPECT(check(mem, PROVIDER(SECRET "    kind: github\n"), &why));
	EXPECT(check(mem, PROVIDER(SECRET "    issuer: https://idp.example\n"), &why));
	EXPECT(check(mem, PROVIDER("    issuer: https://idp.example\n    client_auth: private_key_jwt\n"), &why));
	EXPECT_STR(why, S(""));
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str yaml = ARENA_CAT(mem, S(PROVIDER("")), str_of(cases[i].rows));

		EXPECT(!check(mem, arena_z(mem, yaml), &why));
		if (!str_contains(why, str_of(cases[i].wrong)))
			test_fail(__FILE__, __LINE__, "%s: not told \"%s\" but %.*s", cases[i].rows, cases[i].wrong, STR_ARG(why));
	}
}
