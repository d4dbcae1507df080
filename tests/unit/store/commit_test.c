/* tests/unit/store/commit_test.c - a list is written whole or not at all, whatever its neighbours in the batch do. */
#include "open.h"

static bool
has_token(struct store *s, struct arena *mem, int n)
{
	struct id16 id = suite_id(n);
	struct token t;

	return store_token(s, mem, &id, &t) == FOUND;
}

static struct token
plain_token(int n)
{
	struct token t = suite_token(n);

	t.has_digest = t.has_reuse = false;
	t.family = t.auth.user = (struct id16){ 0 };
	return t;
}

TEST(redemption)
{
	struct store *s = suite_open(mem);
	struct code c = suite_code(1);
	struct family f = suite_family(1);
	struct token t = suite_token(1), got;
	struct store_op ops[] = { { .kind = OP_CODE_SPEND, .code = &c }, { .kind = OP_FAMILY_ADD, .family = &f }, { .kind = OP_TOKEN_ADD, .token = &t } };
	size_t lost = 99;

	NEED(s);
	c.family = f.id;
	EXPECT_INT(DO(s, OP_CODE_ADD, code, &c), STORE_DONE);
	EXPECT_INT(store_commit(s, ops, COUNT(ops), &lost), STORE_DONE);
	EXPECT_INT(lost, 99);
	EXPECT_INT(store_token(s, mem, &t.id, &got), FOUND);
	EXPECT_INT(store_commit(s, ops, COUNT(ops), &lost), STORE_LOST);
	EXPECT_INT(lost, 0);
}

TEST(a_late_loser_undoes_the_list)
{
	struct store *s = suite_open(mem);
	struct code c = suite_code(1), cgot;
	struct family f = suite_family(1), fgot;
	struct token live = suite_token(5), t = suite_token(1);
	struct store_op ops[] = { { .kind = OP_CODE_SPEND, .code = &c }, { .kind = OP_FAMILY_ADD, .family = &f }, { .kind = OP_TOKEN_ADD, .token = &t } };
	size_t lost = 99;

	NEED(s);
	t.reuse = live.reuse;
	EXPECT_INT(DO(s, OP_CODE_ADD, code, &c), STORE_DONE);
	EXPECT_INT(DO(s, OP_TOKEN_ADD, token, &live), STORE_DONE);
	EXPECT_INT(store_commit(s, ops, COUNT(ops), &lost), STORE_LOST);
	EXPECT_INT(lost, 2);
	NEED(store_code(s, mem, &c.digest, &cgot) == FOUND);
	EXPECT_INT(cgot.state, CODE_FRESH);
	EXPECT_INT(store_family(s, mem, &f.id, &fgot), NOT_FOUND);
}

/* A collision that nobody expects (the same random id) spoils its own list only. */
TEST(an_unexpected_conflict_undoes_the_list)
{
	struct store *s = suite_open(mem);
	struct token fresh = plain_token(1), again = plain_token(2);
	struct store_op ops[] = { { .kind = OP_TOKEN_ADD, .token = &fresh }, { .kind = OP_TOKEN_ADD, .token = &again } };
	size_t lost = 99;

	NEED(s);
	EXPECT_INT(DO(s, OP_TOKEN_ADD, token, &again), STORE_DONE);
	EXPECT_INT(store_commit(s, ops, COUNT(ops), &lost), STORE_LOST);
	EXPECT_INT(lost, 1);
	EXPECT(!has_token(s, mem, 1) && has_token(s, mem, 2));
}

TEST(a_guard_stops_the_list)
{
	struct store *s = suite_open(mem);
	struct family f = suite_family(1);
	struct token t = plain_token(1);
	struct store_op ops[] = { { .kind = OP_FAMILY_ALIVE, .family = &f }, { .kind = OP_TOKEN_ADD, .token = &t } };
	size_t lost = 99;

	NEED(s);
	EXPECT_INT(store_commit(s, ops, 2, &lost), STORE_LOST);
	EXPECT_INT(lost, 0);
	EXPECT_INT(DO(s, OP_FAMILY_ADD, family, &f), STORE_DONE);
	EXPECT_INT(store_commit(s, ops, 2, &lost), STORE_DONE);
	EXPECT(has_token(s, mem, 1));
}

TEST(length_of_a_list)
{
	struct store *s = suite_open(mem);
	struct token t[STORE_OPS_MAX + 1];
	struct store_op ops[STORE_OPS_MAX + 1];

	NEED(s);
	for (int i = 0; i <= STORE_OPS_MAX; i++) {
		t[i] = plain_token(i + 1);
		ops[i] = (struct store_op){ .kind = OP_TOKEN_ADD, .token = &t[i] };
	}
	EXPECT_INT(store_commit(s, ops, STORE_OPS_MAX + 1, NULL), STORE_FAILED);
	EXPECT(!has_token(s, mem, 1));
	EXPECT_INT(store_commit(s, ops, STORE_OPS_MAX, NULL), STORE_DONE);
	EXPECT(has_token(s, mem, 1) && has_token(s, mem, STORE_OPS_MAX));
	EXPECT_INT(store_commit(s, ops, 0, NULL), STORE_DONE);
}

/* --- winners and losers in the same batches --------------------------------------------------------------------------------- */

struct mixed { struct store *s; _Atomic int wrong; };

/* Of three lists one is good, one loses late, one conflicts where nobody expects it. */
static void
mixed_run(void *arg, int index)
{
	struct mixed *m = arg;

	for (int i = 0; i < 30; i++) {
		int n = 1000 + index * 100 + i;
		struct token t = plain_token(n), second = i % 3 == 2 ? plain_token(2) : plain_token(n + 50);
		struct code none = suite_code(n);
		struct store_op ops[] = { { .kind = OP_TOKEN_ADD, .token = &t }, { .kind = OP_TOKEN_ADD, .token = &second } };

		if (i % 3 == 1)
			ops[1] = (struct store_op){ .kind = OP_CODE_SPEND, .code = &none };
		m->wrong += store_commit(m->s, ops, 2, NULL) != (i % 3 == 0 ? STORE_DONE : STORE_LOST);
	}
}

TEST(neighbours)
{
	struct mixed m = { .s = suite_open(mem) };
	struct token taken = plain_token(2);
	struct store_stats stats;
	int wrong = 0;

	NEED(m.s);
	EXPECT_INT(DO(m.s, OP_TOKEN_ADD, token, &taken), STORE_DONE);
	suite_race(16, mixed_run, &m);
	EXPECT_INT(m.wrong, 0);
	for (int index = 0; index < 16; index++)
		for (int i = 0; i < 30; i++)
			wrong += has_token(m.s, mem, 1000 + index * 100 + i) != (i % 3 == 0);
	EXPECT_INT(wrong, 0);
	store_stats(m.s, &stats);
	EXPECT_INT(stats.commits, 1 + 16 * 30);
	EXPECT_INT(stats.records, 1 + 16 * 10 * 2);
	EXPECT_INT(stats.failed, 0);
	EXPECT_INT(stats.queue_depth, 0);
	EXPECT(stats.batches > 0 && stats.batches <= stats.commits);
	EXPECT(store_ready(m.s));
}
