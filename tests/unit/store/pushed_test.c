/* Requests that clients pushed: as they went in, used once, a bounded number of each source and of all. */
#include "open.h"

static struct id16
nth(int n)
{
	struct id16 id = { { 1 } };

	id.b[13] = (uint8_t)(n >> 8);
	id.b[14] = (uint8_t)n;
	return id;
}

static enum store_result
add(struct store *s, int n, int source, int64_t per_source, int64_t total)
{
	struct pushed r = { .id = nth(n), .issuer = S("main"), .client = S("app"), .source = suite_dig(source),
		.data = S("{\"client_id\":\"app\"}"), .until_s = 1000, .expires_s = 1000 + n };

	return suite_do(s, (struct store_op){ .kind = OP_PUSHED_ADD, .pushed = { &r, per_source, total } });
}

static enum store_result
to(struct store *s, enum store_op_kind kind, int n, int64_t expires_s)
{
	struct pushed r = { .id = nth(n), .expires_s = expires_s };

	return suite_do(s, (struct store_op){ .kind = kind, .pushed = { .row = &r } });
}

static bool
is_there(struct store *s, struct arena *mem, int n, struct pushed *got)
{
	struct id16 id = nth(n);

	return store_pushed(s, mem, &id, got) == FOUND;
}

TEST(a_pushed_request_comes_back_as_it_went_in_and_is_used_once)
{
	struct store *s = suite_open(mem);
	struct pushed got;

	NEED(s);
	EXPECT(!is_there(s, mem, 1, &got));
	EXPECT_INT(add(s, 1, 7, 10, 10), STORE_DONE);
	NEED(is_there(s, mem, 1, &got));
	EXPECT_STR(got.issuer, S("main"));
	EXPECT_STR(got.client, S("app"));
	EXPECT_STR(got.data, S("{\"client_id\":\"app\"}"));
	EXPECT_INT(got.until_s, 1000);
	EXPECT_INT(got.expires_s, 1001);
	EXPECT_INT(to(s, OP_PUSHED_BEGIN, 1, 5000), STORE_DONE);
	EXPECT_INT(to(s, OP_PUSHED_BEGIN, 1, 4000), STORE_DONE);
	EXPECT(is_there(s, mem, 1, &got) && got.expires_s == 5000 && got.until_s == 1000);
	EXPECT_INT(to(s, OP_PUSHED_TAKE, 1, 0), STORE_DONE);
	EXPECT_INT(to(s, OP_PUSHED_TAKE, 1, 0), STORE_LOST);
	EXPECT_INT(to(s, OP_PUSHED_BEGIN, 1, 5000), STORE_LOST);
	EXPECT(!is_there(s, mem, 1, &got));
}

TEST(the_oldest_pushed_request_of_a_source_goes)
{
	struct store *s = suite_open(mem);
	struct pushed got;

	NEED(s);
	EXPECT_INT(add(s, 1, 8, 3, 100), STORE_DONE);
	for (int n = 2; n <= 6; n++)
		EXPECT_INT(add(s, n, 7, 3, 100), STORE_DONE);
	EXPECT(is_there(s, mem, 1, &got) && is_there(s, mem, 4, &got) && is_there(s, mem, 6, &got));
	EXPECT(!is_there(s, mem, 2, &got) && !is_there(s, mem, 3, &got));
	EXPECT_INT(add(s, 7, 9, 3, 2), STORE_DONE);
	EXPECT(is_there(s, mem, 6, &got) && is_there(s, mem, 7, &got) && !is_there(s, mem, 5, &got));
}
