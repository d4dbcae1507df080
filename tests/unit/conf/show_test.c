/* tests/unit/conf/show_test.c - what is shown can be loaded again; secrets are masked. */
#include "../test.h"
#include "conf/conf.h"

TEST(shown_configuration_loads_again_as_the_same)
{
	struct str why = STR_ABSENT, shown, again;
	struct str text = S("data: \"/a b/\\\"c\"\nadmin:\n  listen: \"\"\nlisteners:\n  m: {bind: [127.0.0.1:1, \"[::1]:1\"]}\nissuers:\n  a:\n    url: https://x/p\n"
	    "    listener: m\n    grants: [password]\n    claim_text: \"# 中文\"\n    redirect_status: 303\n    access_ttl_s: 12h\n    pkce: when_sent\n");
	struct conf *c = conf_parse(S("f.yaml"), text, NULL, &why, mem), *d;

	EXPECT_STR(why, STR_ABSENT);
	NEED(c != NULL);
	shown = conf_show(c, mem);
	d = conf_parse(S("g.yaml"), shown, NULL, &why, mem);
	EXPECT_STR(why, STR_ABSENT);
	NEED(d != NULL);
	EXPECT_STR(conf_text(d, SEC_TOP, STR_ABSENT, "data"), S("/a b/\"c"));
	EXPECT_STR(conf_text(d, SEC_ISSUER, S("a"), "claim_text"), S("# 中文"));
	EXPECT_INT(conf_int(d, SEC_ISSUER, S("a"), "pkce"), 2);
	EXPECT(!conf_get(d, SEC_ISSUER, S("a"), "consent")->set);
	EXPECT(str_contains(shown, S("# f.yaml:1")));
	EXPECT(str_contains(shown, S("# default")));
	again = conf_show(d, mem);
	EXPECT(str_contains(again, S("bind: [\"127.0.0.1:1\", \"[::1]:1\"]")));
	conf_free(c);
	conf_free(d);
}

TEST(secrets_are_masked)
{
	char *env[] = { (char[]){ "HUFU_KEYS__KEK=0123456789abcdef" }, NULL };
	struct str why = STR_ABSENT, shown;
	struct conf *c = conf_parse(S("f.yaml"), S(""), env, &why, mem);

	NEED(c != NULL);
	shown = conf_show(c, mem);
	EXPECT(str_contains(shown, S("kek: \"***\"\t# HUFU_KEYS__KEK")));
	EXPECT(!str_contains(shown, S("0123456789abcdef")));
	conf_free(c);
}
