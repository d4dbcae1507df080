/* Requests that wait for a login: as they went in, a bounded number of them, and the oldest of the same network go first. */
#include "open.h"

/* The n-th id in the order of time. */
static struct id16
nth(int n)
{
	struct id16 id = { { 1 } };

	id.b[14] = (uint8_t)(n >> 8);
	id.b[15] = (uint8_t)n;
	return id;
}

static enum store_result
add(struct store *s, int n, int network, int64_t per_network, int64_t total)
{
	struct interaction r = { .id = nth(n), .issuer = S("main"), .network = suite_dig(network),
		.data = S("{\"client_id\":\"app\"}"), .expires_s = 1000 + n };

	return suite_do(s, (struct store_op){ .kind = OP_INTERACTION_ADD, .interaction = { &r, per_network, total } });
}

static bool
is_there(struct store *s, struct arena *mem, int n)
{
	struct id16 id = nth(n);
	struct interaction got;

	return store_interaction(s, mem, &id, &got) == FOUND;
}

TEST(a_request_that_waits_comes_back_as_it_went_in)
{
	struct store *s = suite_open(mem);
	struct id16 id = nth(1);
	struct interaction got;

	NEED(s);
	EXPECT_INT(store_interaction(s, mem, &id, &got), NOT_FOUND);
	EXPECT_INT(add(s, 1, 7, 9, 9), STORE_DONE);
	NEED(store_interaction(s, mem, &id, &got) == FOUND);
	EXPECT_STR(got.issuer, S("main"));
	EXPECT_STR(got.data, S("{\"client_id\":\"app\"}"));
	EXPECT_INT(got.expires_s, 1001);
	EXPECT(memcmp(&got.id, &id, sizeof id) == 0);
}

TEST(who_sends_many_requests_loses_his_own_oldest)
{
	struct store *s = suite_open(mem);

	NEED(s);
	add(s, 1, 7, 3, 100);
	for (int n = 2; n <= 6; n++)
		EXPECT_INT(add(s, n, 8, 3, 100), STORE_DONE);
	EXPECT(is_there(s, mem, 1) && !is_there(s, mem, 2) && !is_there(s, mem, 3));
	EXPECT(is_there(s, mem, 4) && is_there(s, mem, 5) && is_there(s, mem, 6));
}

TEST(all_requests_together_are_bounded_too)
{
	struct store *s = suite_open(mem);

	NEED(s);
	for (int n = 1; n <= 6; n++)
		EXPECT_INT(add(s, n, n, 3, 4), STORE_DONE);
	EXPECT(!is_there(s, mem, 1) && !is_there(s, mem, 2));
	for (int n = 3; n <= 6; n++)
		EXPECT(is_there(s, mem, n));
}
