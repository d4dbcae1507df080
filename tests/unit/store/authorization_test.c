/* tests/unit/store/authorization_test.c - the rare members of an authorization: written, read, bounded. */
#include "open.h"

TEST(every_rare_member_comes_back)
{
	const struct authorization_extra all = {
		.sid = S("s\"1"), .acr = S("urn:two"), .amr = S("pwd otp"), .resource = S("https://a.example https://b.example"),
		.claims = S("{\"id_token\":{\"acr\":null}}"), .authorization_details = S("[{\"type\":\"pay\"}]"),
		.cnf = S("{\"jkt\":\"0ZcOCORZNYy\"}"), .offline = S("declined"),
		.act = S("{\"sub\":\"api\"}"), .sub = S("service"), .parent = S("jti:00"),
	};
	struct authorization a = { .scope = S("read") };
	struct authorization_extra got;

	EXPECT(authorization_extra_set(mem, &a, &all));
	EXPECT_STR(a.scope, S("read"));
	EXPECT(str_contains(a.extra, S("\"amr\":[\"pwd\",\"otp\"]")));
	EXPECT(authorization_extra_get(mem, &a, &got));
#define X(kind, member) EXPECT(str_given(all.member)); EXPECT_STR(got.member, all.member);
	AUTHORIZATION_EXTRA(X)
#undef X
}

TEST(none_of_them_costs_nothing)
{
	struct authorization a = { .extra = S("{}") };
	struct authorization_extra x = { .acr = STR_ABSENT };

	EXPECT(authorization_extra_set(mem, &a, &x));
	EXPECT(!str_given(a.extra));
	EXPECT(authorization_extra_get(mem, &a, &x) && !str_given(x.acr));
	a.extra = S("");                        /* of a user who was deleted */
	EXPECT(authorization_extra_get(mem, &a, &x) && !str_given(x.acr));
}

TEST(what_is_no_such_member_is_refused)
{
	static char filler[AUTHORIZATION_EXTRA_MAX];
	const struct authorization_extra long_one = { .acr = str_span(memset(filler, 'x', sizeof filler), sizeof filler) };
	const struct authorization_extra words[] = {
		{ .claims = S("{") }, { .claims = S("7") }, { .cnf = S("{}{}") }, { .authorization_details = S("\"x\"") },
	};
	static const char *const damaged[] = { "{", "[]", "{\"acr\":1}", "{\"amr\":\"pwd\"}", "{\"amr\":[1]}" };
	struct authorization a = { .extra = S("{\"acr\":\"2\"}") };
	struct authorization_extra got;

	EXPECT(!authorization_extra_set(mem, &a, &long_one));
	for (size_t i = 0; i < COUNT(words); i++)
		EXPECT(!authorization_extra_set(mem, &a, &words[i]));
	EXPECT_STR(a.extra, S("{\"acr\":\"2\"}"));
	for (size_t i = 0; i < COUNT(damaged); i++) {
		a.extra = str_of(damaged[i]);
		EXPECT(!authorization_extra_get(mem, &a, &got));
	}
}
