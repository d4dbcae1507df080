/* The address of a notice. */
#include "../test.h"
#include "outbound/notice.h"

TEST(the_tokens_join_what_the_address_asks_already)
{
	static const struct { const char *url, *whole; } rows[] = {
		{ "https://a.example", "https://a.example?tokens=t1,t2" },
		{ "https://a.example/out", "https://a.example/out?tokens=t1,t2" },
		{ "https://a.example/out?", "https://a.example/out?tokens=t1,t2" },
		{ "https://a.example/out?x=%2F&y", "https://a.example/out?x=%2F&y&tokens=t1,t2" },
		{ "https://a.example/out?x&", "https://a.example/out?x&tokens=t1,t2" },
		{ "https://a.example/out#a?b", "https://a.example/out?tokens=t1,t2" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		EXPECT(str_is(notice_url(mem, str_of(rows[i].url), S("t1,t2")), rows[i].whole));
	EXPECT_STR(notice_url(mem, S("https://a.example"), S("a&b=c d+#")), S("https://a.example?tokens=a%26b%3Dc%20d%2B%23"));
}

TEST(one_that_is_too_long_is_not_made)
{
	char long_token[9000];

	memset(long_token, 'a', sizeof long_token);
	EXPECT(!str_given(notice_url(mem, S("https://a.example"), str_span(long_token, sizeof long_token))));
}
