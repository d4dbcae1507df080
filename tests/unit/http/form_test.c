/* tests/unit/http/form_test.c - pairs of form text and of JSON. */
#include "../test.h"
#include "http/http.h"

#define FORM_ROW(text, error, count) { struct pairs p = { .n = 0 }; EXPECT_INT(form_read(mem, text, false, &p), error); EXPECT_INT(p.n, count); }

TEST(pairs)
{
	struct pairs p = { .n = 0 };

	EXPECT_INT(form_read(mem, S("a=1&b=%E4%B8%AD+%2B&c&=d&&e=f=g&"), true, &p), FORM_OK);
	EXPECT_INT(p.n, 5);
	EXPECT_STR(p.at[0].name, S("a"));
	EXPECT_STR(p.at[0].value, S("1"));
	EXPECT(p.at[0].from_query);
	EXPECT_STR(p.at[1].value, S("\xe4\xb8\xad +"));
	EXPECT_STR(p.at[2].name, S("c"));
	EXPECT_STR(p.at[2].value, S(""));
	EXPECT_STR(p.at[3].name, S(""));
	EXPECT_STR(p.at[4].value, S("f=g"));
	EXPECT_INT(form_read(mem, S("a=2"), false, &p), FORM_OK);
	EXPECT_STR(pair_first(&p, S("a")), S("1"));
	EXPECT_STR(p.at[5].value, S("2"));
	EXPECT(!p.at[5].from_query);
	EXPECT_STR(pair_first(&p, S("x")), STR_ABSENT);
}

TEST(decoded_once)
{
	struct pairs p = { .n = 0 };

	EXPECT_INT(form_read(mem, S("a=%2541"), false, &p), FORM_OK);
	EXPECT_STR(p.at[0].value, S("%41"));
}

TEST(errors)
{
	FORM_ROW(S("a=%zz"), FORM_BAD_PERCENT, 0);
	FORM_ROW(S("a=%4"), FORM_BAD_PERCENT, 0);
	FORM_ROW(S("a=%"), FORM_BAD_PERCENT, 0);
	FORM_ROW(S("%=a"), FORM_BAD_PERCENT, 0);
	FORM_ROW(S("x=1&a=%ff"), FORM_BAD_UTF8, 1);
	FORM_ROW(S("a=%ed%a0%80"), FORM_BAD_UTF8, 0);
	FORM_ROW(S("a=\xc3"), FORM_BAD_UTF8, 0);
	FORM_ROW(S("a=%00"), FORM_BAD_BYTE, 0);
	FORM_ROW(S("a=%0d"), FORM_BAD_BYTE, 0);
	FORM_ROW(S("a=%01"), FORM_BAD_BYTE, 0);
	FORM_ROW(S("a%1f=b"), FORM_BAD_BYTE, 0);
	FORM_ROW(S("a=%7F"), FORM_BAD_BYTE, 0);
	FORM_ROW(S("a=%ff%fea%00"), FORM_BAD_BYTE, 0);          /* UTF-16, with a mark and without */
	FORM_ROW(S("a\0=\0b\0"), FORM_BAD_BYTE, 0);
	FORM_ROW(S("a=-N%87e"), FORM_BAD_UTF8, 0);
	FORM_ROW(S("a=b%09c"), FORM_OK, 1);
	FORM_ROW(S("a%0A=b"), FORM_BAD_BYTE, 0);
	FORM_ROW(S("a=b\0c"), FORM_BAD_BYTE, 0);
	FORM_ROW(S("a=b\n"), FORM_BAD_BYTE, 0);
	FORM_ROW(S(""), FORM_OK, 0);
	FORM_ROW(STR_ABSENT, FORM_OK, 0);
	FORM_ROW(S("&&&"), FORM_OK, 0);
	FORM_ROW(S("="), FORM_OK, 1);
}

TEST(too_many)
{
	struct pairs p = { .n = 0 };
	struct buf b;

	buf_init(&b, mem, 4096);
	for (int i = 0; i < PAIRS_MAX; i++)
		buf_put(&b, S("a=b&"));
	EXPECT_INT(form_read(mem, buf_str(&b), false, &p), FORM_OK);
	EXPECT_INT(p.n, PAIRS_MAX);
	EXPECT_INT(form_read(mem, S("c=d"), false, &p), FORM_TOO_MANY);
	EXPECT_INT(p.n, PAIRS_MAX);
}

TEST(no_memory)
{
	struct pairs p = { .n = 0 };
	struct arena tiny;

	arena_init(&tiny, 4);
	EXPECT_INT(form_read(&tiny, S("a=%41%41%41%41%41%41%41%41%41%41"), false, &p), FORM_NO_MEMORY);
	arena_free(&tiny);
}

TEST(json_object)
{
	struct pairs p = { .n = 0 };

	EXPECT_INT(form_read_json(mem, S("{\"a\":\"x\",\"n\":12,\"t\":true,\"f\":false,\"z\":null,\"e\":\"\"}"), &p), FORM_OK);
	EXPECT_INT(p.n, 5);
	EXPECT_STR(pair_first(&p, S("a")), S("x"));
	EXPECT_STR(pair_first(&p, S("n")), S("12"));
	EXPECT_STR(pair_first(&p, S("t")), S("true"));
	EXPECT_STR(pair_first(&p, S("f")), S("false"));
	EXPECT_STR(pair_first(&p, S("e")), S(""));
	EXPECT_STR(pair_first(&p, S("z")), STR_ABSENT);
}

TEST(json_errors)
{
	static const char *const bad[] = { "", "[]", "\"a\"", "{\"a\":[]}", "{\"a\":{}}", "{\"a\":1,\"a\":2}", "{\"a\":\"x\\ny\"}", "{\"a\":\"\\u0000\"}",
		"{\"a\":1}x", "{", "{\"a\":\"\xff\"}" };

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct pairs p = { .n = 0 };

		if (form_read_json(mem, str_of(bad[i]), &p) == FORM_OK)
			test_fail(__FILE__, __LINE__, "accepted: %s", bad[i]);
	}
}
