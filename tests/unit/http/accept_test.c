/* tests/unit/http/accept_test.c - language and media type negotiation. */
#include "../test.h"
#include "http/http.h"

TEST(language)
{
	static const char *const offered[] = { "en", "zh-CN" };

	EXPECT_INT(accept_language(STR_ABSENT, offered, 2, 0), 0);
	EXPECT_INT(accept_language(S(""), offered, 2, 1), 1);
	EXPECT_INT(accept_language(S("zh-CN,zh;q=0.9,en;q=0.8"), offered, 2, 0), 1);
	EXPECT_INT(accept_language(S("zh"), offered, 2, 0), 1);
	EXPECT_INT(accept_language(S("ZH-cn"), offered, 2, 0), 1);
	EXPECT_INT(accept_language(S("zh-TW"), offered, 2, 0), 1);
	EXPECT_INT(accept_language(S("en-GB, zh"), offered, 2, 1), 0);
	EXPECT_INT(accept_language(S("en;q=0.5, zh;q=0.7"), offered, 2, 0), 1);
	EXPECT_INT(accept_language(S("de, fr"), offered, 2, 1), 1);
	EXPECT_INT(accept_language(S("de, en;q=0.1"), offered, 2, 1), 0);
	EXPECT_INT(accept_language(S("zh;q=0"), offered, 2, 0), 0);
	EXPECT_INT(accept_language(S("*, zh;q=0.5"), offered, 2, 0), 0);
	EXPECT_INT(accept_language(S("zh;q=2, en;q=0.1"), offered, 2, 1), 0);
	EXPECT_INT(accept_language(S(",,;,zh"), offered, 2, 0), 1);
}

TEST(best_offer_for_a_range)
{
	static const char *const offered[] = { "zh-TW", "zh-CN", "zh" };

	EXPECT_INT(accept_language(S("zh-CN"), offered, 3, 2), 1);
	EXPECT_INT(accept_language(S("zh-TW"), offered, 3, 2), 0);
}

TEST(html)
{
	EXPECT(accept_prefers_html(S("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8")));
	EXPECT(accept_prefers_html(S("Text/HTML")));
	EXPECT(accept_prefers_html(S("text/*")));
	EXPECT(accept_prefers_html(S("application/json;q=0.5, text/html;level=1;q=0.6")));
	EXPECT(!accept_prefers_html(S("*/*")));
	EXPECT(!accept_prefers_html(S("application/json")));
	EXPECT(!accept_prefers_html(S("text/html, application/json")));
	EXPECT(!accept_prefers_html(S("text/html;q=0, */*")));
	EXPECT(!accept_prefers_html(STR_ABSENT));
	EXPECT(!accept_prefers_html(S("")));
}

TEST(type)
{
	EXPECT_STR(media_type(S("application/json; charset=utf-8")), S("application/json"));
	EXPECT_STR(media_type(S(" text/html ")), S("text/html"));
	EXPECT_STR(media_type(STR_ABSENT), STR_ABSENT);
	EXPECT_STR(media_type(S("")), S(""));
}

TEST(a_type_that_the_field_leaves_a_weight)
{
	static const struct { const char *field; bool allows; } rows[] = {
		{ "a/b", true }, { "a/*", true }, { "*/*", true }, { "x/y, a/b;q=0.1", true }, { "A/B", true }, { "a/b;q=0", false },
		{ "*/*, a/b;q=0", false }, { "a/*;q=0, */*", false }, { "x/y", false }, { "a/c, x/*", false },
	};

	EXPECT(accept_allows(STR_ABSENT, S("a/b"), S("a/*")) && accept_allows(S(""), S("a/b"), S("a/*")));
	for (size_t i = 0; i < COUNT(rows); i++)
		if (accept_allows(str_of(rows[i].field), S("a/b"), S("a/*")) != rows[i].allows)
			test_fail(__FILE__, __LINE__, "%s", rows[i].field);
}

TEST(a_coding_that_is_taken)
{
	static const struct { const char *field; bool takes; } rows[] = {
		{ "gzip", true }, { "GZip", true }, { "deflate, gzip;q=0.1", true }, { "*", true }, { "br, *;q=0.5", true }, { "gzip, identity", true },
		{ "identity;q=0.5, gzip", true }, { "identity;q=0, gzip;q=0.2", true }, { "*;q=0, gzip", true }, { "", false }, { "identity", false },
		{ "gzip;q=0", false }, { "*, gzip;q=0", false }, { "*;q=0", false }, { "br", false }, { "gzip;q=0.5, identity", false }, { "gzip;q=x", false },
		{ "gzipped", false }, { "x-gzip", false }, { ",", false },
	};

	EXPECT(!accept_coding(STR_ABSENT, S("gzip")));
	for (size_t i = 0; i < COUNT(rows); i++)
		if (accept_coding(str_of(rows[i].field), S("gzip")) != rows[i].takes)
			test_fail(__FILE__, __LINE__, "%s", rows[i].field);
}

TEST(a_tag_that_is_named)
{
	static const struct { const char *field; bool names; } rows[] = {
		{ "\"a\"", true }, { "W/\"a\"", true }, { "\"b\", \"a\"", true }, { " \"b\" ,W/\"a\" ", true }, { "*", true }, { " * ", true },
		{ "", false }, { "a", false }, { "\"b\"", false }, { "\"a", false }, { "w/\"a\"", false }, { "\"a\"b", false }, { "\"b\", *", false },
	};

	EXPECT(!none_match_names(STR_ABSENT, S("\"a\"")));
	for (size_t i = 0; i < COUNT(rows); i++)
		if (none_match_names(str_of(rows[i].field), S("\"a\"")) != rows[i].names)
			test_fail(__FILE__, __LINE__, "%s", rows[i].field);
}
