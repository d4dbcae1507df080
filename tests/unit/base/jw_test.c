/* tests/unit/base/jw_test.c - JSON as it is written: escapes, commas, member order. */
#include "../test.h"

static struct str
quoted(struct arena *mem, struct str s)
{
	struct buf b;

	buf_init(&b, mem, 8192);
	buf_json(&b, s);
	return buf_str(&b);
}

TEST(escapes)
{
	EXPECT_STR(quoted(mem, S("plain / text")), S("\"plain / text\""));
	EXPECT_STR(quoted(mem, S("\"\\\b\f\n\r\t")), S("\"\\\"\\\\\\b\\f\\n\\r\\t\""));
	EXPECT_STR(quoted(mem, S("\0\x01\x1f\x7f")), S("\"\\u0000\\u0001\\u001F\x7f\""));
	EXPECT_STR(quoted(mem, S("\xE4\xB8\xAD\xE6\x96\x87")), S("\"\xE4\xB8\xAD\xE6\x96\x87\""));
	EXPECT_STR(quoted(mem, S("")), S("\"\""));
}

TEST(bytes_that_are_no_utf8)
{
	EXPECT_STR(quoted(mem, S("a\xFFz")), S("\"a\xEF\xBF\xBDz\""));
	EXPECT_STR(quoted(mem, S("\xE4\xB8")), S("\"\xEF\xBF\xBD\xEF\xBF\xBD\""));
	EXPECT_STR(quoted(mem, S("\xED\xA0\x80\"")), S("\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\\\"\""));
}

TEST(every_byte_reads_back)
{
	char all[128];
	json_t *v;

	for (int i = 0; i < 127; i++)
		all[i] = (char)(i + 1);
	v = json_read(mem, quoted(mem, str_span(all, 127)));
	NEED(v != NULL && json_is_string(v));
	EXPECT_STR(str_span(json_string_value(v), json_string_length(v)), str_span(all, 127));
}

TEST(members_and_commas)
{
	struct buf b;

	buf_init(&b, mem, 4096);
	jw_open(&b, '{');
	jm_str(&b, S("none"), STR_ABSENT);
	jm_str(&b, S("s"), S("v"));
	jm_int(&b, S("i"), -5);
	jm_bool(&b, S("t"), true);
	jm_bool(&b, S("f"), false);
	jm_null(&b, S("n"));
	jm_raw(&b, S("r"), S("[1]"));
	jm_words(&b, S("w"), S("a b"), ' ');
	jm_words(&b, S("e"), S(""), ' ');
	jm_words(&b, S("x"), STR_ABSENT, ',');
	jw_name(&b, S("o"));
	jw_open(&b, '[');
	for (int i = 0; i < 2; i++) {
		jw_open(&b, '{');
		jm_str(&b, S("k"), S(""));
		jw_close(&b, '}');
	}
	ja_str(&b, S("last"));
	jw_close(&b, ']');
	jw_close(&b, '}');
	EXPECT_STR(buf_str(&b), S("{\"s\":\"v\",\"i\":-5,\"t\":true,\"f\":false,\"n\":null,\"r\":[1],\"w\":[\"a\",\"b\"],\"e\":[],\"x\":[],"
	    "\"o\":[{\"k\":\"\"},{\"k\":\"\"},\"last\"]}"));
}

TEST(a_value_that_ends_like_punctuation_gets_its_comma)
{
	struct buf b;

	buf_init(&b, mem, 4096);
	jw_open(&b, '{');
	jm_str(&b, S("a{"), S("[:"));
	jm_str(&b, S("b"), S("{"));
	jw_close(&b, '}');
	EXPECT_STR(buf_str(&b), S("{\"a{\":\"[:\",\"b\":\"{\"}"));
}
