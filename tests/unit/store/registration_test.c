/* Clients that registered themselves: how many, until when, and the tokens that let them. */
#include "open.h"

static struct registration
row_of(const char *client, int64_t expires_s)
{
	return (struct registration){ .realm = S("demo"), .client = str_of(client), .issuer = S("one"), .by = S("open"),
		.address = S("192.0.2.1"), .token = suite_dig(7), .created_s = 100, .expires_s = expires_s };
}

static enum store_result
add(struct store *s, const struct registration *r, int64_t most)
{
	return suite_do(s, (struct store_op){ .kind = OP_REGISTRATION_ADD, .registration = { r, most, 0 } });
}

static enum store_result
used(struct store *s, const char *client, int64_t expires_s, int64_t before_s)
{
	struct registration r = row_of(client, expires_s);

	return suite_do(s, (struct store_op){ .kind = OP_REGISTRATION_USED, .registration = { &r, 0, before_s } });
}

TEST(a_registration_is_read_as_it_was_written)
{
	struct store *s = suite_open(mem);
	struct registration r = row_of("a", 500), got;

	NEED(s);
	r.fresh_s = 250;
	EXPECT_INT(store_registration(s, mem, S("demo"), S("a"), &got), NOT_FOUND);
	EXPECT_INT(add(s, &r, 9), STORE_DONE);
	EXPECT_INT(add(s, &r, 9), STORE_LOST);
	NEED(store_registration(s, mem, S("demo"), S("a"), &got) == FOUND);
	EXPECT(got.created_s == 100 && got.expires_s == 500 && got.fresh_s == 250);
	EXPECT_STR(got.issuer, S("one"));
	EXPECT_STR(got.by, S("open"));
	EXPECT_STR(got.address, S("192.0.2.1"));
	EXPECT(memcmp(got.token.b, r.token.b, sizeof got.token.b) == 0);
	r.fresh_s = 900;
	EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_REGISTRATION_FRESH, .registration = { &r, 0, 0 } }), STORE_DONE);
	NEED(store_registration(s, mem, S("demo"), S("a"), &got) == FOUND);
	EXPECT(got.fresh_s == 900 && got.expires_s == 500);
	EXPECT_INT(store_registration(s, mem, S("other"), S("a"), &got), NOT_FOUND);
}

TEST(a_realm_has_no_more_of_them_than_it_may)
{
	struct store *s = suite_open(mem);
	struct registration a = row_of("a", 0), b = row_of("b", 0), c = row_of("c", 0);

	NEED(s);
	EXPECT_INT(add(s, &a, 2), STORE_DONE);
	EXPECT_INT(add(s, &b, 2), STORE_DONE);
	EXPECT_INT(add(s, &c, 2), STORE_LOST);
	c.realm = S("other");
	EXPECT_INT(add(s, &c, 2), STORE_DONE);
}

TEST(a_use_moves_the_end_of_a_lease_and_an_end_asks_again)
{
	struct store *s = suite_open(mem);
	struct registration a = row_of("a", 500), b = row_of("b", 0), got;
	struct store_op end_a = { .kind = OP_REGISTRATION_END, .registration = { &a, 0, 600 } };
	struct store_op end_b = { .kind = OP_REGISTRATION_END, .registration = { &b, 0, 600 } };
	const struct registration_walk over = { .over_s = 600 }, all = { .realm = STR_ABSENT }, here = { .realm = S("demo"), .client = S("a") };
	struct registration list[4];

	NEED(s);
	add(s, &a, 9), add(s, &b, 9);
	EXPECT_INT(store_registrations(s, mem, &over, 4, list), 1);
	EXPECT_STR(list[0].client, S("a"));
	EXPECT_INT(store_registrations(s, mem, &all, 4, list), 2);
	EXPECT_INT(store_registrations(s, mem, &here, 4, list), 1);
	EXPECT_STR(list[0].client, S("b"));
	EXPECT_INT(used(s, "a", 900, 400), STORE_DONE);                 /* it ends late enough */
	NEED(store_registration(s, mem, S("demo"), S("a"), &got) == FOUND && got.expires_s == 500);
	EXPECT_INT(used(s, "a", 900, 501), STORE_DONE);
	EXPECT_INT(used(s, "b", 900, 901), STORE_DONE);                 /* it has no lease */
	EXPECT_INT(used(s, "nobody", 900, 901), STORE_DONE);
	NEED(store_registration(s, mem, S("demo"), S("a"), &got) == FOUND && got.expires_s == 900);
	NEED(store_registration(s, mem, S("demo"), S("b"), &got) == FOUND && got.expires_s == 0);
	EXPECT_INT(suite_do(s, end_a), STORE_LOST);
	EXPECT_INT(suite_do(s, end_b), STORE_LOST);
	end_a.registration.before_s = 901;
	EXPECT_INT(suite_do(s, end_a), STORE_DONE);
	EXPECT_INT(store_registration(s, mem, S("demo"), S("a"), &got), NOT_FOUND);
}

static enum store_result
token_do(struct store *s, enum store_op_kind kind, const struct initial_token *t)
{
	return suite_do(s, (struct store_op){ .kind = kind, .initial_token = t });
}

TEST(an_initial_token_lets_in_as_many_as_it_says)
{
	struct store *s = suite_open(mem);
	struct initial_token t = { .id = suite_id(1), .realm = S("demo"), .name = S("ci"), .digest = suite_dig(1), .uses = 2, .created_s = 10, .expires_s = 100 },
			     many = { .id = suite_id(2), .realm = S("demo"), .name = S("many"), .digest = suite_dig(2), .uses = -1, .created_s = 10 }, got, list[4];

	NEED(s);
	EXPECT_INT(token_do(s, OP_INITIAL_TOKEN_ADD, &t), STORE_DONE);
	EXPECT_INT(token_do(s, OP_INITIAL_TOKEN_ADD, &t), STORE_LOST);
	EXPECT_INT(token_do(s, OP_INITIAL_TOKEN_ADD, &many), STORE_DONE);
	EXPECT_INT(store_initial_tokens(s, mem, S("demo"), STR_ABSENT, 4, list), 2);
	EXPECT_STR(list[1].name, S("many"));
	t.created_s = 100;                                              /* when it is used */
	EXPECT_INT(token_do(s, OP_INITIAL_TOKEN_USE, &t), STORE_LOST);
	t.created_s = 99;
	EXPECT_INT(token_do(s, OP_INITIAL_TOKEN_USE, &t), STORE_DONE);
	EXPECT_INT(token_do(s, OP_INITIAL_TOKEN_USE, &t), STORE_DONE);
	EXPECT_INT(token_do(s, OP_INITIAL_TOKEN_USE, &t), STORE_LOST);
	for (int i = 0; i < 5; i++)
		EXPECT_INT(token_do(s, OP_INITIAL_TOKEN_USE, &many), STORE_DONE);
	NEED(store_initial_token(s, mem, S("demo"), &t.digest, &got) == FOUND);
	EXPECT_INT(got.uses, 0);
	NEED(store_initial_token(s, mem, S("demo"), &many.digest, &got) == FOUND);
	EXPECT_INT(got.uses, -1);
	EXPECT_INT(store_initial_token(s, mem, S("other"), &many.digest, &got), NOT_FOUND);
	EXPECT_INT(token_do(s, OP_INITIAL_TOKEN_END, &many), STORE_DONE);
	EXPECT_INT(token_do(s, OP_INITIAL_TOKEN_END, &many), STORE_LOST);
	store_sweep(s, 101, 10, NULL);
	EXPECT_INT(store_initial_tokens(s, mem, S("demo"), STR_ABSENT, 4, list), 0);
}
