/* tests/unit/conf/check_test.c - settings that belong together. */
#include "../test.h"
#include "conf/conf.h"

static bool
says(struct arena *mem, const char *text, const char *part)
{
	struct str why = STR_ABSENT;
	struct conf *c = conf_parse(S("f.yaml"), str_of(text), NULL, &why, mem);
	bool ok = c == NULL && str_contains(why, str_of(part));

	conf_free(c);
	return ok;
}

TEST(required_settings)
{
	EXPECT(says(mem, "issuers:\n  a:\n    realm: r\n", "`issuers.a` needs `url`; add it"));
	EXPECT(says(mem, "listeners:\n  a:\n    cert_file: c\n    key_file: k\n", "`listeners.a` needs `bind`"));
	EXPECT(says(mem, "issuers:\n  a:\n", "`issuers.a` needs `url`"));
}

TEST(names_must_exist)
{
	EXPECT(says(mem, "issuers:\n  a:\n    url: http://x\n    listener: nowhere\n", "f.yaml:4: `listener` names \"nowhere\""));
	EXPECT(says(mem, "issuers:\n  a:\n    url: http://x\n    accepts_from: b\n", "f.yaml:4: `accepts_from` names \"b\""));
}

TEST(addresses)
{
	EXPECT(says(mem, "listeners:\n  a:\n    bind: localhost\n", "f.yaml:3: `bind` holds \"localhost\""));
	EXPECT(says(mem, "listeners:\n  a:\n    bind: 1.2.3.4:99999\n", "is no address"));
	EXPECT(says(mem, "listeners:\n  a:\n    bind: ::1:80\n", "is no address"));
	EXPECT(says(mem, "admin:\n  listen: 9090\n", "`admin.listen` holds \"9090\""));
	EXPECT(!says(mem, "admin:\n  listen: \"\"\nlisteners:\n  a:\n    bind: [\"*:0\", \"[::1]:80\", \"unix:/run/x\"]\n", "is no address"));
}

TEST(certificate_and_key_go_together)
{
	EXPECT(says(mem, "listeners:\n  a:\n    bind: 127.0.0.1:1\n    cert_file: c.pem\n", "needs cert_file and key_file together"));
}

TEST(an_issuer_url_has_a_scheme)
{
	EXPECT(says(mem, "issuers:\n  a:\n    url: localhost:8080\n", "must begin with https://"));
	EXPECT(says(mem, "issuers:\n  a:\n    url: https://user@a.example\n", "f.yaml:3: `issuers.a.url` cannot be \"https://user@a.example\": the URL needs a host, and no user name"));
	EXPECT(says(mem, "issuers:\n  a:\n    url: https://a.example:65536\n", "port must be a number from 1 to 65535"));
}
