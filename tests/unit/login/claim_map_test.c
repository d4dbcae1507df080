/* tests/unit/login/claim_map_test.c - rows of the setting `claims`, and what comes of another server's values by them. */
#include "../test.h"
#include "login/claim_map.h"
#include "store/user_claims.h"

static const struct str words[] = { { "given_name=gn", 13 }, { "birthdate=born", 14 }, { "email_verified=ok", 17 }, { "address.locality=l", 18 },
	{ "address.country=c", 17 }, { "groups[]=g", 10 }, { "x.y=z", 5 } };

static struct str
said_of(struct arena *mem, const struct claim_map *m, const char *claim, const struct str *values, size_t n)
{
	json_t *said = claim_map_begin(mem);

	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->rows[i].part != NULL ? m->rows[i].part : m->rows[i].claim, claim) == 0)
			claim_map_put(mem, said, &m->rows[i], values, n, S("directory x: "));
	return claim_map_end(mem, said, S("directory x: "));
}

static struct claim_map
map(struct arena *mem)
{
	struct findings f;

	findings_init(&f, mem);
	return claim_map_read(mem, words, COUNT(words), &f);
}

#define SAYS(claim, value, text) EXPECT_STR(said_of(mem, &m, claim, &(const struct str){ value, sizeof(value) - 1 }, 1), S(text))

TEST(values_become_claims)
{
	const struct claim_map m = map(mem);

	EXPECT_INT(m.n, COUNT(words));
	SAYS("given_name", " Ada ", "{\"given_name\":\"Ada\"}");
	SAYS("given_name", "", "{}");
	SAYS("given_name", "a\nb", "{}");
	SAYS("given_name", "\xff", "{}");
	SAYS("birthdate", "1815-12-10T00:00:00Z", "{\"birthdate\":\"1815-12-10\"}");
	SAYS("birthdate", "18151210000000Z", "{\"birthdate\":\"1815-12-10\"}");
	SAYS("birthdate", "1815-13-10", "{}");
	SAYS("birthdate", "1815121000000xZ", "{}");
	SAYS("email_verified", "1", "{\"email_verified\":true}");
	SAYS("email_verified", "F", "{\"email_verified\":false}");
	SAYS("email_verified", "maybe", "{}");
	SAYS("locality", "Ulm", "{\"address\":{\"locality\":\"Ulm\"}}");
	SAYS("x.y", "1", "{\"x.y\":\"1\"}");
	SAYS("groups", "a", "{\"groups\":[\"a\"]}");
	EXPECT_STR(said_of(mem, &m, "groups", NULL, 0), S("{\"groups\":[]}"));
	EXPECT_STR(said_of(mem, &m, "x.y", NULL, 0), S("{}"));
}

TEST(several_values)
{
	const struct claim_map m = map(mem);
	const struct str two[] = { S("a"), S("b") }, bad[] = { S("a"), S("\xff") };
	struct str many[USER_CLAIM_ITEMS_MAX + 1];

	for (size_t i = 0; i < COUNT(many); i++)
		many[i] = S("v");
	EXPECT_STR(said_of(mem, &m, "given_name", two, 2), S("{\"given_name\":\"a\"}"));     /* a standard claim has one */
	EXPECT_STR(said_of(mem, &m, "x.y", two, 2), S("{\"x.y\":[\"a\",\"b\"]}"));
	EXPECT_STR(said_of(mem, &m, "groups", bad, 2), S("{}"));
	EXPECT_STR(said_of(mem, &m, "groups", many, COUNT(many)), S("{}"));
	EXPECT(said_of(mem, &m, "groups", many, COUNT(many) - 1).n > 64);
}

TEST(what_the_map_names_follows_and_the_rest_stays)
{
	const struct claim_map m = map(mem), none = { .n = 0 };
	struct str claims = S("{\"given_name\":\"Old\",\"nickname\":\"n\",\"address\":{\"locality\":\"x\"}}"), was = claims;

	EXPECT(claim_map_apply(mem, &m, STR_ABSENT, &claims));
	EXPECT_STR(claims, was);
	EXPECT(claim_map_apply(mem, &none, S("{\"given_name\":\"New\"}"), &claims));
	EXPECT_STR(claims, was);
	EXPECT(claim_map_apply(mem, &m, S("{\"given_name\":\"New\"}"), &claims));
	EXPECT_STR(claims, S("{\"given_name\":\"New\",\"nickname\":\"n\"}"));
	EXPECT(claim_map_apply(mem, &m, S("{}"), &claims));
	EXPECT_STR(claims, S("{\"nickname\":\"n\"}"));
	claims = STR_ABSENT;
	EXPECT(claim_map_apply(mem, &m, S("{\"x.y\":\"1\"}"), &claims));
	EXPECT_STR(claims, S("{\"x.y\":\"1\"}"));
}

TEST(together_they_are_bounded)
{
	const struct claim_map m = map(mem);
	char *big = arena_alloc(mem, USER_CLAIMS_MAX);
	struct str claims, was;

	NEED(big != NULL);
	memset(big, 'x', USER_CLAIMS_MAX);
	claims = was = ARENA_CAT(mem, S("{\"a\":\""), str_span(big, USER_CLAIMS_MAX - 20), S("\"}"));
	EXPECT(!claim_map_apply(mem, &m, S("{\"given_name\":\"New New New\"}"), &claims));
	EXPECT_STR(claims, was);
}

TEST(rows_of_the_settings_that_cannot_be)
{
	static const char *const bad[] = { "given_name", "=x", "a=", "email=m", "name=x", "sub=x", "updated_at=x", "address=x", "address.planet=x", "given_name[]=x",
		"address.locality[]=x", "a b=x", "[]=x" };

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct str one = str_of(bad[i]);
		struct findings f;

		findings_init(&f, mem);
		EXPECT_INT(claim_map_read(mem, &one, 1, &f).n, 0);
		EXPECT_INT(f.n, 1);
	}
}
