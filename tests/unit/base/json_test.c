/* tests/unit/base/json_test.c - what the strict reader takes and refuses. */
#include "../test.h"

TEST(members)
{
	json_t *o = json_read(mem, S(" {\"s\":\"v\\u4e2d\",\"n\":-7,\"big\":9007199254740993,\"r\":1.5,\"e\":\"\"} \n"));
	int64_t v = 77;

	NEED(o != NULL);
	EXPECT_STR(json_member_str(o, "s"), S("v\xE4\xB8\xAD"));
	EXPECT_STR(json_member_str(o, "e"), S(""));
	EXPECT(!str_given(json_member_str(o, "n")));
	EXPECT(!str_given(json_member_str(o, "missing")));
	EXPECT(!json_member_int(o, "r", &v) && !json_member_int(o, "s", &v) && v == 77);
	EXPECT(json_member_int(o, "n", &v) && v == -7);
	EXPECT(json_member_int(o, "big", &v) && v == 9007199254740993);
}

/* RFC 7519 section 2: seconds, "non-integer values can be represented"; what cannot be reckoned with is none. */
TEST(times)
{
	json_t *o = json_read(mem, S("{\"n\":1796026800,\"r\":1796026800.999,\"e\":1.7960268e9,\"minus\":-0.5,"
	    "\"text\":\"1796026800\","
	    "\"far\":9223372036854775807,\"before\":-9223372036854775808,\"beyond\":1e300,\"last\":9007199254740991}"));
	static const char *const none[] = { "text", "far", "before", "beyond", "missing" };
	int64_t v = 77;

	NEED(o != NULL);
	for (size_t i = 0; i < COUNT(none); i++)
		EXPECT(!json_member_time(o, none[i], &v) && v == 77);
	EXPECT(json_member_time(o, "n", &v) && v == 1796026800);
	EXPECT(json_member_time(o, "r", &v) && v == 1796026800);
	EXPECT(json_member_time(o, "e", &v) && v == 1796026800);
	EXPECT(json_member_time(o, "minus", &v) && v == -1);
	EXPECT(json_member_time(o, "last", &v) && v == 9007199254740991);
}

TEST(malformed)
{
	static const char *const bad[] = { "", " ", "{", "{}x", "{} {}", "{\"a\":1,}", "{'a':1}", "{a:1}", "[1,]", "{\"a\":1,\"a\":2}",
		"{\"a\":1,\"\\u0061\":2}", "\"\\u0000\"", "{\"\\u0000\":1}", "\"\xff\"", "\"\\ud800\"", "\"a\nb\"", "01", "+1", "NaN", "nul", "\xEF\xBB\xBF{}",
		"// c\n{}", "{\"a\":99999999999999999999999}", "{\"a\":{\"b\":1,\"b\":1}}", "1e999", "\"" };

	for (size_t i = 0; i < COUNT(bad); i++)
		if (json_read(mem, str_of(bad[i])) != NULL)
			test_fail(__FILE__, __LINE__, "'%s' was read", bad[i]);
	EXPECT(json_read(mem, S("\"a\0b\"")) == NULL);
	EXPECT(json_read(mem, S("{}\0")) == NULL);
	EXPECT(json_read(mem, STR_ABSENT) == NULL);
}

/* Plain or not, jansson would have made the same of it. */
TEST(the_same_as_jansson)
{
	static const char *const texts[] = { "{}", "[]", "{\"a\":{\"b\":[1,2,{\"c\":null}]},\"d\":true,\"e\":false}",
		" [ 1 , \"x\" ,\t[ ] ] \r\n", "\"\"", "0", "7", "123456789012345678", "1234567890123456789", "9223372036854775807", "-1", "-0", "0.5",
		"1e3", "{\"\":\"\"}", "{\"a\":\"\xE4\xB8\xAD\"}", "{\"\xE4\xB8\xAD\":1}", "\"a\\nb\\u4e2d\"", "\"\x7f\"", "true", "null",
		"{\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\":1}",
		"{\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\":1}",
		"truex", "nul", "[1 2]", "[,1]", "{\"a\" 1}", "{\"a\":}", "{\"a\":1 \"b\":2}", "{1:1}", "[1]]", "00", "-01", "1.", "1x", "\"\xC3\"",
		"\"\xED\xA0\x80\"", "{\"a\":1,\"b\":2,\"a\":3}", "[\"a\",]" };

	for (size_t i = 0; i < COUNT(texts); i++) {
		struct str s = str_of(texts[i]);
		json_t *theirs = json_loadb(s.p, s.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL), *ours = json_read(mem, s);

		if ((theirs == NULL) != (ours == NULL) || (ours != NULL && !json_equal(ours, theirs)))
			test_fail(__FILE__, __LINE__, "'%s' is read otherwise", texts[i]);
		json_decref(theirs);
	}
}

static struct str
nested(struct arena *mem, int levels)
{
	struct buf b;

	buf_init(&b, mem, 4096);
	for (int i = 0; i < levels; i++)
		buf_put(&b, S("["));
	for (int i = 0; i < levels; i++)
		buf_put(&b, S("]"));
	return buf_str(&b);
}

TEST(levels)
{
	EXPECT(json_read(mem, nested(mem, 32)) != NULL);
	EXPECT(json_read(mem, nested(mem, 33)) == NULL);
	EXPECT(json_read(mem, S("\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[\"")) != NULL);
}

TEST(size)
{
	struct buf b;

	buf_init(&b, mem, JSON_READ_MAX + 10);
	buf_putc(&b, '"');
	while (b.n < JSON_READ_MAX - 1)
		buf_putc(&b, 'x');
	buf_putc(&b, '"');
	EXPECT_INT(b.n, JSON_READ_MAX);
	EXPECT(json_read(mem, buf_str(&b)) != NULL);
	buf_putc(&b, ' ');
	EXPECT(json_read(mem, buf_str(&b)) == NULL);
}
