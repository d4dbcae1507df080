/* One-time codes are tried a limited number of times and spent once; quotas stop at their limit, under load too. */
#include "open.h"

static enum store_result
put(struct store *s, const struct one_time *r, int64_t before_s)
{
	return suite_do(s, (struct store_op){ .kind = OP_ONE_TIME_PUT, .one_time = { .row = r, .before_s = before_s } });
}

static enum store_result
try(struct store *s, const struct one_time *r, int64_t now_s)
{
	return suite_do(s, (struct store_op){ .kind = OP_ONE_TIME_TRY, .one_time = { .row = r, .now_s = now_s, .tries = 5 } });
}

static enum store_result
spend(struct store *s, const struct one_time *r)
{
	return suite_do(s, (struct store_op){ .kind = OP_ONE_TIME_SPEND, .one_time = { .row = r } });
}

TEST(a_code_comes_back_as_it_went_in)
{
	struct store *s = suite_open(mem);
	struct one_time r = { .key = suite_dig(1), .code = suite_dig(2), .sent_s = 1000, .expires_s = 1300 }, got;

	NEED(s);
	EXPECT_INT(store_one_time(s, &r.key, &got), NOT_FOUND);
	EXPECT_INT(put(s, &r, 940), STORE_DONE);
	NEED(store_one_time(s, &r.key, &got) == FOUND);
	EXPECT(memcmp(&got.code, &r.code, 32) == 0 && got.tries == 0 && got.sent_s == 1000 && got.expires_s == 1300 && !got.spent);
}

TEST(a_later_code_waits_and_then_takes_the_place)
{
	struct store *s = suite_open(mem);
	struct one_time r = { .key = suite_dig(1), .code = suite_dig(2), .sent_s = 1000, .expires_s = 1300 }, later = r, got;

	NEED(s);
	EXPECT_INT(put(s, &r, 940), STORE_DONE);
	EXPECT_INT(try(s, &r, 1001), STORE_DONE);
	EXPECT_INT(spend(s, &r), STORE_DONE);
	later.code = suite_dig(3);
	later.sent_s = 1060;
	EXPECT_INT(put(s, &later, 999), STORE_LOST);
	EXPECT_INT(put(s, &later, 1000), STORE_DONE);
	later.sent_s = 500;                                     /* the clock was set back: nobody waits for 1060 to come again */
	EXPECT_INT(put(s, &later, 440), STORE_DONE);
	later.sent_s = 1060;
	EXPECT_INT(put(s, &later, 1000), STORE_DONE);
	NEED(store_one_time(s, &r.key, &got) == FOUND);
	EXPECT(memcmp(&got.code, &later.code, 32) == 0 && got.tries == 0 && got.sent_s == 1060 && !got.spent);
}

TEST(tries_end_and_expire)
{
	struct store *s = suite_open(mem);
	struct one_time r = { .key = suite_dig(1), .code = suite_dig(2), .sent_s = 1000, .expires_s = 1300 }, none = { .key = suite_dig(9) };

	NEED(s);
	EXPECT_INT(try(s, &none, 1000), STORE_LOST);
	EXPECT_INT(put(s, &r, 0), STORE_DONE);
	EXPECT_INT(try(s, &r, 1300), STORE_LOST);
	for (int i = 0; i < 5; i++)
		EXPECT_INT(try(s, &r, 1299), STORE_DONE);
	EXPECT_INT(try(s, &r, 1299), STORE_LOST);
}

TEST(a_code_is_spent_by_its_own_digest_only)
{
	struct store *s = suite_open(mem);
	struct one_time r = { .key = suite_dig(1), .code = suite_dig(2), .sent_s = 1000, .expires_s = 1300 }, wrong = r;

	NEED(s);
	wrong.code = suite_dig(3);
	EXPECT_INT(put(s, &r, 0), STORE_DONE);
	EXPECT_INT(spend(s, &wrong), STORE_LOST);
	EXPECT_INT(spend(s, &r), STORE_DONE);
	EXPECT_INT(spend(s, &r), STORE_LOST);
	EXPECT_INT(try(s, &r, 1000), STORE_LOST);
}

struct race { struct store *s; struct store_op op; _Atomic int done, lost; };

static void
run(void *arg, int index)
{
	struct race *r = arg;
	enum store_result result = suite_do(r->s, r->op);

	(void)index;
	r->done += result == STORE_DONE;
	r->lost += result == STORE_LOST;
}

TEST(of_many_tries_at_once_five_pass_and_one_spends)
{
	struct race r = { .s = suite_open(mem) };
	struct one_time row = { .key = suite_dig(1), .code = suite_dig(2), .sent_s = 1000, .expires_s = 1300 };

	NEED(r.s);
	EXPECT_INT(put(r.s, &row, 0), STORE_DONE);
	r.op = (struct store_op){ .kind = OP_ONE_TIME_TRY, .one_time = { .row = &row, .now_s = 1000, .tries = 5 } };
	suite_race(64, run, &r);
	EXPECT_INT(r.done, 5);
	EXPECT_INT(r.lost, 59);
	r.done = r.lost = 0;
	r.op = (struct store_op){ .kind = OP_ONE_TIME_SPEND, .one_time = { .row = &row } };
	suite_race(64, run, &r);
	EXPECT_INT(r.done, 1);
	EXPECT_INT(r.lost, 63);
}

TEST(a_quota_stops_at_its_limit)
{
	struct race r = { .s = suite_open(mem) };
	struct quota q = { .key = suite_dig(1), .limit = 10, .expires_s = 2000 }, none = { .key = suite_dig(2), .expires_s = 2000 };

	NEED(r.s);
	EXPECT_INT(DO(r.s, OP_QUOTA_USE, quota, &none), STORE_LOST);
	r.op = (struct store_op){ .kind = OP_QUOTA_USE, .quota = &q };
	suite_race(64, run, &r);
	EXPECT_INT(r.done, 10);
	EXPECT_INT(r.lost, 54);
}

TEST(expired_codes_and_quotas_are_swept)
{
	struct store *s = suite_open(mem);
	struct one_time r = { .key = suite_dig(1), .code = suite_dig(2), .sent_s = 1000, .expires_s = 1300 }, got;
	struct quota q = { .key = suite_dig(1), .limit = 1, .expires_s = 1300 };

	NEED(s);
	EXPECT_INT(put(s, &r, 0), STORE_DONE);
	EXPECT_INT(DO(s, OP_QUOTA_USE, quota, &q), STORE_DONE);
	EXPECT_INT(store_sweep(s, 1300, 10, NULL), 0);
	EXPECT_INT(store_sweep(s, 1301, 10, NULL), 2);
	EXPECT_INT(store_one_time(s, &r.key, &got), NOT_FOUND);
	EXPECT_INT(DO(s, OP_QUOTA_USE, quota, &q), STORE_DONE);
}
