/* tests/unit/store/user_claims_test.c - what a user record may hold of a person: each claim's values, bounds, marks. */
#include "open.h"
#include "store/user_claims.h"

/* Good values, then bad ones; JSON. */
struct samples { enum user_claim_kind kind; const char *good[8], *bad[16]; };
static const struct samples samples[] = {
	{ UC_TEXT, { "\"Ada\"", "\"张三\"", "\"O'Neill \\\"x\\\"\"" },
	    { "\"\"", "7", "null", "[]", "{}", "true", "\"a\\u0007b\"", "\"a\\nb\"", "\"\\u007f\"" } },
	{ UC_URL, { "\"https://people.example/carol\"", "\"http://127.0.0.1:8080/p.png?x=1\"" },
	    { "\"carol\"", "\"javascript:alert(1)\"", "\"data:image/png;base64,AA\"", "\"ftp://x.example/\"",
		"\"https://\"", "\"https://a b/\"", "7" } },
	{ UC_DATE, { "\"1990-02-28\"", "\"2000-02-29\"", "\"0000-02-29\"", "\"0000-12-31\"", "\"1990\"" },
	    { "\"1990-02-29\"", "\"1900-02-29\"", "\"1990-13-01\"", "\"1990-00-01\"", "\"1990-01-00\"", "\"0000\"",
		"\"90-01-01\"", "\"1990-1-1\"", "\"1990-01-01T00:00\"", "\"1990/01/01\"", "1990", "\"199\"" } },
	{ UC_ZONE, { "\"Europe/Berlin\"", "\"America/Argentina/Buenos_Aires\"", "\"UTC\"", "\"Etc/GMT+8\"" },
	    { "\"\"", "\"Europe/\"", "\"/Berlin\"", "\"Europe//Berlin\"", "\"Euro pe/Berlin\"", "\"../etc\"", "8" } },
	{ UC_LOCALE, { "\"de\"", "\"zh-CN\"", "\"zh-Hans-CN\"", "\"de-CH-1996\"" },
	    { "\"d\"", "\"1d\"", "\"zh_CN\"", "\"zh-\"", "\"zh--CN\"", "\"germanlanguage\"", "\"en-verylongsubtag\"", "7" } },
	{ UC_FLAG, { "true", "false" }, { "\"true\"", "1", "null", "[]" } },
	{ UC_ADDRESS, { "{\"country\":\"DE\"}", "{\"formatted\":\"a\\nb\\r\\nc\",\"street_address\":\"x\\ny\",\"locality\":\"Ulm\","
		"\"region\":\"BW\",\"postal_code\":\"89073\",\"country\":\"DE\"}" },
	    { "{}", "[]", "\"Ulm\"", "{\"city\":\"Ulm\"}", "{\"locality\":7}", "{\"locality\":\"a\\nb\"}", "{\"locality\":\"\"}",
		"{\"country\":{\"x\":{}}}" } },
	{ UC_COLUMN, { NULL }, { "\"x\"", "7", "true" } },
	{ UC_OWN, { "\"x\"", "\"\\u4e00\"", "7", "-1.5", "true", "[]", "[\"a\",\"b\"]" },
	    { "\"\"", "null", "{}", "{\"a\":{\"b\":1}}", "[1]", "[\"a\",[\"b\"]]", "[\"a\\nb\"]", "\"a\\u0000b\"", "\"\\u001b[2J\"" } },
};

static bool
fits(struct arena *mem, const char *name, const char *value)
{
	json_t *v = json_loads(value, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	struct str at = STR_ABSENT;
	bool ok = user_claim_wrong(mem, str_of(name), v, &at) == NULL;

	EXPECT(v != NULL && str_starts(at, str_of(name)));
	json_decref(v);
	return ok;
}

static void
expect_values(struct arena *mem, const char *name, enum user_claim_kind kind)
{
	const struct samples *s = samples;

	while (s->kind != kind)
		s++;
	for (size_t i = 0; i < COUNT(s->good) && s->good[i] != NULL; i++)
		if (!fits(mem, name, s->good[i]))
			test_fail(__FILE__, __LINE__, "%s: %s is refused", name, s->good[i]);
	for (size_t i = 0; i < COUNT(s->bad) && s->bad[i] != NULL; i++)
		if (fits(mem, name, s->bad[i]))
			test_fail(__FILE__, __LINE__, "%s: %s is taken", name, s->bad[i]);
}

TEST(every_standard_claim_takes_its_values_and_no_others)
{
#define USER_CLAIM(name, kind) \
	EXPECT_INT(user_claim_kind(S(#name)), UC_##kind); \
	expect_values(mem, #name, UC_##kind);
#include "store/user_claims.def"
#undef USER_CLAIM
	expect_values(mem, "department", UC_OWN);
	expect_values(mem, "https://x.example/groups", UC_OWN);
}

TEST(names_and_texts_have_bounds)
{
	char x[USER_CLAIM_TEXT_MAX + 1];
	json_t *list = json_array(), *fitting, *longer;
	struct str at;

	memset(x, 'x', sizeof x);
	EXPECT(!fits(mem, "a b", "1") && !fits(mem, "a\"", "1") && !fits(mem, "ä", "1") && fits(mem, "a", "1"));
	EXPECT(!user_claim_wrong(mem, str_span(x, USER_CLAIM_NAME_MAX), json_true(), &at));
	EXPECT(user_claim_wrong(mem, str_span(x, USER_CLAIM_NAME_MAX + 1), json_true(), &at));
	EXPECT(user_claim_wrong(mem, S(""), json_true(), &at));
	fitting = json_stringn(x, USER_CLAIM_TEXT_MAX);
	longer = json_stringn(x, USER_CLAIM_TEXT_MAX + 1);
	EXPECT(!user_claim_wrong(mem, S("nickname"), fitting, &at) && user_claim_wrong(mem, S("nickname"), longer, &at));
	EXPECT(!user_claim_wrong(mem, S("own"), fitting, &at) && user_claim_wrong(mem, S("own"), longer, &at));
	for (int i = 0; i < USER_CLAIM_ITEMS_MAX; i++)
		json_array_append(list, fitting);
	EXPECT(!user_claim_wrong(mem, S("groups"), list, &at));
	json_array_append(list, fitting);
	EXPECT(user_claim_wrong(mem, S("groups"), list, &at));
	json_decref(list);
	json_decref(fitting);
	json_decref(longer);
}

TEST(an_address_says_which_member_is_wrong)
{
	json_t *v = json_pack("{s:s,s:i}", "country", "DE", "locality", 7);
	struct str at;

	EXPECT(user_claim_wrong(mem, S("address"), v, &at));
	EXPECT_STR(at, S("address.locality"));
	json_decref(v);
}

TEST(equal_claims_are_equal_texts)
{
	json_t *v = json_pack("{s:s,s:{s:s}}", "nickname", "a", "address", "country", "DE"), *none = json_object();
	struct str text = S("x");

	EXPECT(user_claims_write(mem, v, &text));
	EXPECT_STR(text, S("{\"address\":{\"country\":\"DE\"},\"nickname\":\"a\"}"));
	EXPECT(json_equal(user_claims_read(mem, text), v));
	json_object_set_new(none, "n", json_real(0.1));
	EXPECT(user_claims_write(mem, none, &text));
	EXPECT_STR(text, S("{\"n\":0.1}"));
	json_object_clear(none);
	EXPECT(user_claims_write(mem, none, &text) && !str_given(text));
	EXPECT(!user_claims_read(mem, S("")) && !user_claims_read(mem, S("[]")) && !user_claims_read(mem, S("{")));
	text = S("kept");
	for (int i = 0; i < 9; i++)
		json_object_set_new(v, (char[]){ 'a', (char)('0' + i), '\0' }, json_stringn(memset(arena_alloc(mem, 1024), 'x', 1024), 1024));
	EXPECT(!user_claims_write(mem, v, &text));
	EXPECT_STR(text, S("kept"));
	json_decref(v);
	json_decref(none);
}

TEST(a_changed_address_is_verified_no_longer)
{
	struct str c = S("{\"email_verified\":true,\"nickname\":\"a\",\"phone_number_verified\":true}"), none = STR_ABSENT;

	EXPECT(user_claims_unmark(mem, &c, (struct user_marks){ false, false }));
	EXPECT(str_contains(c, S("email_verified")));
	EXPECT(user_claims_unmark(mem, &c, (struct user_marks){ .email = true }));
	EXPECT_STR(c, S("{\"nickname\":\"a\",\"phone_number_verified\":true}"));
	EXPECT(user_claims_unmark(mem, &c, (struct user_marks){ .phone = true }));
	EXPECT_STR(c, S("{\"nickname\":\"a\"}"));
	EXPECT(user_claims_unmark(mem, &none, (struct user_marks){ true, true }) && !str_given(none));
}
