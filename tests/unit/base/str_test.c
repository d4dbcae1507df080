/* tests/unit/base/str_test.c - spans: comparison, search, cutting, numbers, UTF-8. */
#include "../test.h"

TEST(absent_is_not_empty)
{
	EXPECT(!str_given(STR_ABSENT) && str_empty(STR_ABSENT));
	EXPECT(str_given(S("")) && str_empty(S("")));
	EXPECT(str_eq(STR_ABSENT, S("")));
	EXPECT(!str_given(str_sub(STR_ABSENT, 3, 4)));
	EXPECT(!str_given(str_trim(STR_ABSENT)));
	EXPECT(!str_given(str_of(NULL)));
}

TEST(compares)
{
	EXPECT(str_eq_secret(S("abc"), S("abc")));
	EXPECT(!str_eq_secret(S("abc"), S("abd")));
	EXPECT(!str_eq_secret(S("abc"), S("ab")));
	EXPECT(str_eq_nocase(S("BaSiC"), S("basic")));
	EXPECT(!str_eq_nocase(S("a["), S("a{")));               /* not letters, 32 apart */
	EXPECT(!str_eq_nocase(S("@"), S("`")));
	EXPECT(str_cmp(S("a"), S("b")) < 0);
	EXPECT(str_cmp(S("ab"), S("a")) > 0);
	EXPECT(str_cmp(S("\xff"), S("a")) > 0);
	EXPECT_INT(str_cmp(S("x"), S("x")), 0);
	EXPECT_INT(str_cmp(STR_ABSENT, S("")), 0);
}

TEST(finds)
{
	EXPECT(str_starts(S("Basic x"), S("Basic ")));
	EXPECT(!str_starts(S("Bas"), S("Basic")));
	EXPECT(str_starts_nocase(S("bEARER t"), S("Bearer ")));
	EXPECT(str_ends(S("a.html"), S(".html")));
	EXPECT(!str_ends(S("l"), S("ml")));
	EXPECT(str_starts(STR_ABSENT, STR_ABSENT));
	EXPECT(str_contains(S("hay needle"), S("need")));
	EXPECT(str_contains(S("x"), S("")));
	EXPECT(!str_contains(STR_ABSENT, S("x")));
	EXPECT_INT(str_index(S("a:b:c"), ':'), 1);
	EXPECT_INT(str_rindex(S("a:b:c"), ':'), 3);
	EXPECT_INT(str_index(S("abc"), ':'), -1);
	EXPECT_INT(str_rindex(STR_ABSENT, ':'), -1);
}

TEST(sub_is_clamped)
{
	EXPECT_STR(str_sub(S("hello"), 1, 3), S("ell"));
	EXPECT_STR(str_sub(S("hello"), 3, 99), S("lo"));
	EXPECT_STR(str_sub(S("hello"), 99, 1), S(""));
	EXPECT_STR(str_sub(S("hello"), 2, SIZE_MAX), S("llo"));
	EXPECT_STR(str_from(S("hello"), 4), S("o"));
	EXPECT_STR(str_trim(S(" \t\r\nx y\n ")), S("x y"));
	EXPECT_STR(str_trim(S(" \n")), S(""));
}

TEST(cut_gives_every_piece)
{
	struct str rest = S("a,,b,");

	EXPECT_STR(str_cut(&rest, ','), S("a"));
	EXPECT_STR(str_cut(&rest, ','), S(""));
	EXPECT_STR(str_cut(&rest, ','), S("b"));
	EXPECT(str_given(rest));
	EXPECT_STR(str_cut(&rest, ','), S(""));
	EXPECT(!str_given(rest));
	EXPECT(!str_given(str_cut(&rest, ',')));
}

TEST(int_is_strict)
{
	static const char *const bad[] = { "", "-", "+1", " 1", "1 ", "1a", "--1", "9223372036854775808", "-9223372036854775809",
		"99999999999999999999", "0x10", "1.0" };
	int64_t v = 77;

	for (size_t i = 0; i < COUNT(bad); i++)
		if (str_int(str_of(bad[i]), &v))
			test_fail(__FILE__, __LINE__, "\"%s\" was read as a number", bad[i]);
	EXPECT(!str_int(STR_ABSENT, &v));
	EXPECT(!str_int(S("1\0"), &v));
	EXPECT_INT(v, 77);
	EXPECT(str_int(S("0"), &v) && v == 0);
	EXPECT(str_int(S("-43199"), &v) && v == -43199);
	EXPECT(str_int(S("9223372036854775807"), &v) && v == INT64_MAX);
	EXPECT(str_int(S("-9223372036854775808"), &v) && v == INT64_MIN);
}

TEST(utf8_well_formed)
{
	static const char *const good[] = { "", "plain", "\xC2\x80", "\xE4\xB8\xAD\xE6\x96\x87 12345678", "\xF0\x9F\x98\x80", "\xF4\x8F\xBF\xBF",
		"\xED\x9F\xBF", "\xEE\x80\x80", "12345678\xC3\xA9" };

	for (size_t i = 0; i < COUNT(good); i++)
		if (!str_utf8(str_of(good[i])))
			test_fail(__FILE__, __LINE__, "good[%zu] was refused", i);
	EXPECT(str_utf8(S("nul \0 is a character")));
	EXPECT(str_utf8(STR_ABSENT));
}

TEST(utf8_ill_formed)
{
	static const char *const bad[] = { "\x80", "\xC0\xAF", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF",
		"\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xC3", "\xE4\xB8", "\xF0\x9F\x98", "\xE4\x28\xA1", "12345678\xE9", "\xC3\xC3" };

	for (size_t i = 0; i < COUNT(bad); i++)
		if (str_utf8(str_of(bad[i])))
			test_fail(__FILE__, __LINE__, "bad[%zu] was accepted", i);
}

TEST(words)
{
	EXPECT(str_has_word(S("read write"), S("write"), ' '));
	EXPECT(str_has_word(S("read,write"), S("read"), ','));
	EXPECT(!str_has_word(S("read write"), S("rit"), ' '));
	EXPECT(!str_has_word(S("read write"), S("Read"), ' '));
	EXPECT(!str_has_word(S("read  write"), S(""), ' '));
	EXPECT(!str_has_word(STR_ABSENT, S("read"), ' '));
}

TEST(visible_is_ascii_without_blanks)
{
	EXPECT(str_is_visible(S("!az~")) && str_is_visible(S("https://a.example/x?y=\"z\"")));
	for (const char *const *bad = (const char *const[]){ "", " ", "a b", "a\t", "a\x7f", "\xc3\xa9", "a\n", NULL }; *bad; bad++)
		EXPECT(!str_is_visible(str_of(*bad)));
	EXPECT(!str_is_visible(str_span("a\0b", 3)) && !str_is_visible(STR_ABSENT));
}
