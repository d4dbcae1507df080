/* tests/unit/http/auth_test.c - Authorization fields. */
#include "../test.h"
#include "http/http.h"

static void
expect_basic(struct arena *mem, struct str field, bool decode, enum basic want, const char *id, const char *secret)
{
	struct str i = STR_ABSENT, s = STR_ABSENT;

	EXPECT_INT(basic_read(mem, field, decode, &i, &s), want);
	EXPECT_STR(i, str_of(id));
	EXPECT_STR(s, str_of(secret));
}

TEST(basic)
{
	expect_basic(mem, S("Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3"), false, BASIC_OK, "s6BhdRkqt3", "7Fjfp0ZBr1KtDRbnfVdmIw");
	expect_basic(mem, S("bAsIc   YTpiOmM="), false, BASIC_OK, "a", "b:c");
	expect_basic(mem, S("Basic YTo="), false, BASIC_OK, "a", "");
	expect_basic(mem, S("Basic Og=="), false, BASIC_OK, "", "");
	expect_basic(mem, S("Basic YSUyNTpiK2M="), true, BASIC_OK, "a%", "b c");
	expect_basic(mem, S("Basic YSUyNTpiK2M="), false, BASIC_OK, "a%25", "b+c");
	expect_basic(mem, S("Basic 5LitOuaWhw=="), false, BASIC_OK, "\xe4\xb8\xad", "\xe6\x96\x87");
}

TEST(basic_malformed)
{
	static const char *const bad[] = { "Basic", "Basic ", "Basic !!!!", "Basic YQ==", "Basic YTpi=", "Basic YTpiYg=", "Basic YT pi", "Basic YQA6Yg==", "Basic YTpiCg==" };

	for (size_t i = 0; i < COUNT(bad); i++)
		expect_basic(mem, str_of(bad[i]), false, BASIC_MALFORMED, NULL, NULL);
	expect_basic(mem, S("Basic YSV6ejpi"), true, BASIC_MALFORMED, NULL, NULL);
	expect_basic(mem, S("Basic YSUwMDpi"), true, BASIC_MALFORMED, NULL, NULL);
	expect_basic(mem, S("Basic YSUwYTpi"), true, BASIC_MALFORMED, NULL, NULL);
}

TEST(basic_none)
{
	expect_basic(mem, STR_ABSENT, false, BASIC_NONE, NULL, NULL);
	expect_basic(mem, S(""), false, BASIC_NONE, NULL, NULL);
	expect_basic(mem, S("Bearer YTpi"), false, BASIC_NONE, NULL, NULL);
	expect_basic(mem, S("Basicx YTpi"), false, BASIC_NONE, NULL, NULL);
}

TEST(bearer)
{
	EXPECT_STR(bearer_read(S("Bearer abc.def-_~+/=")), S("abc.def-_~+/="));
	EXPECT_STR(bearer_read(S("bearer  x ")), S("x"));
	EXPECT_STR(bearer_read(S("Bearer")), STR_ABSENT);
	EXPECT_STR(bearer_read(S("Bearer a b")), STR_ABSENT);
	EXPECT_STR(bearer_read(S("Basic abc")), STR_ABSENT);
	EXPECT_STR(bearer_read(STR_ABSENT), STR_ABSENT);
}
