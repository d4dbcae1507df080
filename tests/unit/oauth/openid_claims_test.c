/* tests/unit/oauth/openid_claims_test.c - claims about a user, by name, by scope and by an issuer's own rows. */
#include "world.h"
#include "oauth/openid_claims.h"

static const char kept[] =
    "{\"address\":{\"country\":\"DE\"},\"birthdate\":\"1990\",\"department\":\"mills\",\"email_verified\":true,\"family_name\":\"L\",\"gender\":\"f\","
    "\"given_name\":\"A\",\"groups\":[\"a\",\"b\"],\"level\":3,\"locale\":\"de\",\"middle_name\":\"M\",\"nickname\":\"n\",\"phone_number_verified\":true,"
    "\"picture\":\"https://x.example/\",\"profile\":\"https://x.example/\",\"staff\":false,\"website\":\"https://x.example/\",\"zoneinfo\":\"UTC\"}";
static const struct user full = { .name = S("u"), .display_name = S("U"), .email = S("u@x.example"), .phone = S("1"), .updated_s = 7,
	.claims = { kept, sizeof kept - 1 } };

/* What one claim writes, in braces; absent: it has none. */
static struct str
one(struct arena *mem, const struct policy *p, const struct user *u, const char *claim)
{
	struct openid_user o = openid_user(mem, p, u);
	struct buf b;
	bool put;

	buf_init(&b, mem, 4096);
	jw_open(&b, '{');
	put = openid_claim_put(&b, &o, str_of(claim));
	jw_close(&b, '}');
	EXPECT(put == (b.n > 2));
	return put ? buf_str(&b) : STR_ABSENT;
}

TEST(every_claim_is_written_by_its_name)
{
	struct policy p = { .token.unverified_is_said = true };
	struct user bare = { .name = S("u") };

#define OPENID_CLAIM(scope, name, kind, value) \
	EXPECT(str_starts(one(mem, &p, &full, name), S("{\"" name "\":"))); \
	EXPECT(!str_given(one(mem, &p, &bare, name)) || str_is(S(name), "name") || str_is(S(name), "preferred_username"));
#include "oauth/openid_claims.def"
#undef OPENID_CLAIM
	EXPECT_STR(one(mem, &p, &full, "address"), S("{\"address\":{\"country\":\"DE\"}}"));
	EXPECT_STR(one(mem, &p, &full, "email_verified"), S("{\"email_verified\":true}"));
	EXPECT_STR(one(mem, &p, &bare, "name"), S("{\"name\":\"u\"}"));
	EXPECT(!str_given(one(mem, &p, &full, "sub")) && !str_given(one(mem, &p, &full, "department")) && !str_given(one(mem, &p, &full, "")));
	bare.claims = S("{\"share\":0.1}");
	p.token.own_claims = (const struct own_claim[]){ { S("share"), S("share"), S(""), OWN_IN_USERINFO }, { .claim = STR_ABSENT } };
	EXPECT_STR(one(mem, &p, &bare, "share"), S("{\"share\":0.1}"));
	bare.claims = S("[1]");                 /* a row that was damaged says nothing */
	EXPECT(!str_given(one(mem, &p, &bare, "given_name")));
}

TEST(nobody_has_called_it_verified)
{
	struct policy p = { .token.unverified_is_said = true };
	struct user u = { .name = S("u"), .email = S("u@x.example") };

	EXPECT_STR(one(mem, &p, &u, "email_verified"), S("{\"email_verified\":false}"));
	EXPECT(!str_given(one(mem, &p, &u, "phone_number_verified")));
	p.token.unverified_is_said = false;
	EXPECT(!str_given(one(mem, &p, &u, "email_verified")));
	u.claims = S("{\"email_verified\":false}");
	EXPECT_STR(one(mem, &p, &u, "email_verified"), S("{\"email_verified\":false}"));
	u.email = S("");
	EXPECT(!str_given(one(mem, &p, &u, "email_verified")));
}

static const struct own_claim own[] = {
	{ S("department"), S("department"), S("profile"), OWN_IN_ID_TOKEN | OWN_IN_USERINFO },
	{ S("teams"), S("groups"), S(""), OWN_IN_ACCESS_TOKEN },
	{ S("email"), S("email"), S("email"), OWN_IN_ID_TOKEN },
	{ S("none"), S("none"), S(""), OWN_IN_ID_TOKEN | OWN_IN_USERINFO | OWN_IN_ACCESS_TOKEN },
	{ .claim = STR_ABSENT },
};

static struct str
placed(struct arena *mem, const struct policy *p, struct str scope, struct str told, enum own_place place)
{
	struct openid_user o = openid_user(mem, p, &full);
	struct buf b;

	buf_init(&b, mem, 4096);
	jw_open(&b, '{');
	openid_own_put(&b, &o, scope, told, place);
	jw_close(&b, '}');
	return buf_str(&b);
}

TEST(own_claims_stand_by_scope_and_place)
{
	struct policy p = { .token.own_claims = own };

	EXPECT_STR(placed(mem, &p, S("openid profile email"), S(""), OWN_IN_ID_TOKEN), S("{\"department\":\"mills\",\"email\":\"u@x.example\"}"));
	EXPECT_STR(placed(mem, &p, S("openid email"), S(""), OWN_IN_ID_TOKEN), S("{\"email\":\"u@x.example\"}"));
	EXPECT_STR(placed(mem, &p, S("openid profile email"), S(""), OWN_IN_USERINFO), S("{\"department\":\"mills\"}"));
	EXPECT_STR(placed(mem, &p, S("openid profile email"), S("profile email"), OWN_IN_ID_TOKEN), S("{\"department\":\"mills\"}"));
	EXPECT_STR(placed(mem, &p, S(""), S(""), OWN_IN_ACCESS_TOKEN), S("{\"teams\":[\"a\",\"b\"]}"));
	EXPECT_STR(one(mem, &p, &full, "teams"), S("{\"teams\":[\"a\",\"b\"]}"));
	EXPECT(!str_given(one(mem, &p, &full, "groups")) && !str_given(one(mem, &p, &full, "none")));
	EXPECT(openid_own_says(&p, S("openid email"), OWN_IN_ID_TOKEN, S("email")) && !openid_own_says(&p, S("openid"), OWN_IN_ID_TOKEN, S("email")));
	EXPECT(!openid_own_says(&p, S("openid email"), OWN_IN_USERINFO, S("email")));
	EXPECT_STR(openid_own_scope(&p, S("department")), S("profile"));
	EXPECT(str_given(openid_own_scope(&p, S("none"))) && openid_own_scope(&p, S("none")).n == 0);
	EXPECT(!str_given(openid_own_scope(&p, S("teams"))) && !str_given(openid_own_scope(&p, S("groups"))));
	p.token.own_claims = NULL;
	EXPECT_STR(placed(mem, &p, S("openid profile"), S(""), OWN_IN_ID_TOKEN), S("{}"));
}

TEST(names_of_the_protocol)
{
	static const char *const words[] = { "iss", "sub", "aud", "exp", "iat", "nbf", "jti", "nonce", "at_hash", "c_hash", "s_hash", "acr", "amr", "azp", "sid",
		"scope", "client_id", "cnf", "act", "auth_time", "user_name", "authorities", "_claim_sources" };

	for (size_t i = 0; i < COUNT(words); i++)
		EXPECT(openid_name_is_reserved(str_of(words[i])));
	EXPECT(!openid_name_is_reserved(S("department")) && !openid_name_is_reserved(S("")) && !openid_name_is_reserved(S("iss sub")));
	EXPECT(openid_name_is_standard(S("given_name")) && openid_name_is_standard(S("email")) && !openid_name_is_standard(S("department")));
}
