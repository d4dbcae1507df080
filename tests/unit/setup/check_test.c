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
