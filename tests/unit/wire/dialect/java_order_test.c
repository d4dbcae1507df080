/* Order of hashed members against recorded check_token answers. */
#include "../desk.h"
#include "wire/dialect/spring_family.h"

static const struct user admin = { .name = { "admin", 5 }, .number = 909620761, .enabled = true };
static const struct client plain = { .id = { "c", 1 }, .enabled = true };
static const struct client rich = { .id = { "multi", 5 }, .resource_ids = { "res1 res2", 9 }, .enabled = true };

static struct str
checked(const struct wire *w, struct arena *mem, const struct token_facts *f)
{
	struct desk *d = desk_new(w, "http://localhost");
	struct exchange *x = desk_begin(d, mem, M_POST, "/oauth/check_token");
	struct str out = arena_dup(mem, facts_spring(x, f));

	desk_free(d);
	return out;
}

TEST(hash_codes_of_the_platform)
{
	EXPECT_INT(hash_spread(S("")), 0);
	EXPECT_INT(hash_spread(S("a")), 97);
	EXPECT_INT(hash_spread(S("Aa")), hash_spread(S("BB")));             /* the classic collision */
	EXPECT_INT(hash_spread(S("scope")), 109264468u ^ 109264468u >> 16);
	EXPECT_INT(hash_spread(S("中")), 0x4e2d);
	EXPECT_INT(hash_spread(S("😀")), (31u * 0xd83d + 0xde00) ^ (31u * 0xd83d + 0xde00) >> 16);
}

TEST(a_users_token_003)
{
	struct token_facts f = { .active = true, .user_name = S("u001"), .user = &admin, .authorities = S("ROLE_USER"), .scope = S("read write"), .client_id = S("c"),
		.client = &plain, .exp_s = 99 };

	EXPECT_STR(checked(&wire_spring, mem, &f),
		S("{\"active\":true,\"exp\":99,\"user_name\":\"u001\",\"authorities\":[\"ROLE_USER\"],\"client_id\":\"c\",\"scope\":[\"read\",\"write\"]}"));
	f.exp_s = 0;
	EXPECT_STR(checked(&wire_spring, mem, &f),
		S("{\"active\":true,\"user_name\":\"u001\",\"authorities\":[\"ROLE_USER\"],\"client_id\":\"c\",\"scope\":[\"read\",\"write\"]}"));
	f.authorities = S("ROLE_USER ROLE_ADMIN");
	f.user_name = S("张三");
	EXPECT(has(checked(&wire_spring, mem, &f), "\"user_name\":\"张三\",\"authorities\":[\"ROLE_ADMIN\",\"ROLE_USER\"]"));
}

TEST(a_clients_token_003)
{
	struct token_facts f = { .active = true, .scope = S("read write"), .client_id = S("c"), .client = &plain, .exp_s = 99 };

	EXPECT_STR(checked(&wire_spring, mem, &f), S("{\"scope\":[\"read\",\"write\"],\"active\":true,\"exp\":99,\"client_id\":\"c\"}"));
}

TEST(a_users_token_002)
{
	struct token_facts f = { .active = true, .user_name = S("admin"), .user = &admin, .account_type = S("admin"), .authorities = S("ROLE_ADMIN"), .scope = S("app"),
		.client_id = S("webApp"), .client = &plain, .exp_s = 99 };

	EXPECT_STR(checked(&wire_zlt, mem, &f),
		S("{\"account_type\":\"admin\",\"user_name\":\"admin\",\"scope\":[\"app\"],\"active\":true,\"exp\":99,\"authorities\":[\"ROLE_ADMIN\"],\"client_id\":\"webApp\"}"));
}

TEST(a_clients_token_with_everything_002)
{
	struct token_facts f = { .active = true, .authorities = S("ROLE_APP ROLE_X"), .scope = S("read write all"), .client_id = S("multi"), .client = &rich, .exp_s = 99 };

	EXPECT_STR(checked(&wire_zlt, mem, &f),
		S("{\"aud\":[\"res1\",\"res2\"],\"scope\":[\"read\",\"write\",\"all\"],\"active\":true,\"exp\":99,\"authorities\":[\"ROLE_X\",\"ROLE_APP\"],\"client_id\":\"multi\"}"));
}

TEST(a_clients_token_000)
{
	struct token_facts f = { .active = true, .scope = S("All"), .client_id = S("c"), .client = &plain, .exp_s = 99, .jti = S("j"), .is_jwt = true };

	EXPECT_STR(checked(&wire_taroco, mem, &f), S("{\"scope\":[\"All\"],\"active\":true,\"exp\":99,\"jti\":\"j\",\"client_id\":\"c\"}"));
}

TEST(the_member_active_is_a_setting)
{
	struct desk *d = desk_new(&wire_taroco, "http://localhost");
	struct exchange *x = desk_begin(d, mem, M_POST, "/oauth/check_token");
	struct token_facts f = { .active = true, .scope = S("All"), .client_id = S("c"), .client = &plain, .exp_s = 99, .jti = S("j"), .is_jwt = true };

	d->mount.style.check_token_active = false;
	EXPECT_STR(facts_spring(x, &f), S("{\"scope\":[\"All\"],\"exp\":99,\"jti\":\"j\",\"client_id\":\"c\"}"));
	desk_free(d);
}

/* Every authority is said, however many there are; and in the order of a table that has grown with them. */
TEST(three_hundred_authorities)
{
	char *text = arena_alloc(mem, 300 * 8);
	struct str words = str_span(text, 300 * 8 - 1), out;
	struct token_facts f = { .active = true, .user_name = S("u001"), .user = &admin, .authorities = words, .scope = S("read"), .client_id = S("c"), .client = &plain, .exp_s = 99 };

	for (int i = 0; i < 300; i++) {
		char one[16];

		snprintf(one, sizeof one, "OP_%04d ", i);
		memcpy(text + 8 * i, one, 8);
	}
	out = checked(&wire_spring, mem, &f);
	for (int i = 0; i < 300; i++)
		EXPECT(has(out, arena_z(mem, ARENA_CAT(mem, S("\""), str_span(text + 8 * i, 7), S("\"")))));
}

TEST(sets_of_words)
{
	EXPECT_STR(hash_order_words(mem, S("OP_USER ROLE_USER"), hash_capacity_for(2)), S("ROLE_USER OP_USER"));
	EXPECT_STR(hash_order_words(mem, S(""), hash_capacity_for(0)), S(""));
	EXPECT_STR(java_set(mem, S("write  read write")), S("[read, write]"));
}

/* The client's resources are a set that was copied from a list: 16 buckets at least. */
TEST(resources_in_the_order_of_their_set)
{
	EXPECT_STR(hash_order_words(mem, S("users billing orders"), hash_capacity_copy(3)), S("orders users billing"));
}
