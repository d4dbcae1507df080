/* tests/unit/store/race_test.c - S1 and S2: of 64 threads that want the same thing, one has it. */
#include "open.h"

#define RACERS 64
struct race { struct store *s; struct store_op op; _Atomic int done, lost, other; };

static void
count(struct race *r, enum store_result result)
{
	if (result == STORE_DONE)
		r->done++;
	else if (result == STORE_LOST)
		r->lost++;
	else
		r->other++;
}

static void
same_op(void *arg, int index)
{
	struct race *r = arg;

	(void)index;
	count(r, suite_do(r->s, r->op));
}

/* S5: the condition is the statement's own, so that of many who have read the same row one wins. */
static void
expect_one_winner(struct race *r, void (*fn)(void *arg, int index))
{
	r->done = r->lost = r->other = 0;
	suite_race(RACERS, fn, r);
	EXPECT_INT(r->done, 1);
	EXPECT_INT(r->lost, RACERS - 1);
	EXPECT_INT(r->other, 0);
}

/* S1 */
TEST(code_is_spent_once)
{
	struct race r = { .s = suite_open(mem) };

	NEED(r.s);
	for (int n = 1; n <= 10; n++) {
		struct code c = suite_code(n);

		EXPECT_INT(DO(r.s, OP_CODE_ADD, code, &c), STORE_DONE);
		r.op = (struct store_op){ .kind = OP_CODE_SPEND, .code = &c };
		expect_one_winner(&r, same_op);
	}
}

/* S2: the generation goes up by one for each round, however many ask. */
TEST(generation_is_rotated_once)
{
	struct race r = { .s = suite_open(mem) };
	struct family f = suite_family(1), got;

	NEED(r.s);
	EXPECT_INT(DO(r.s, OP_FAMILY_ADD, family, &f), STORE_DONE);
	r.op = (struct store_op){ .kind = OP_FAMILY_ROTATE, .family = &f };
	for (f.generation = 0; f.generation < 10; f.generation++)
		expect_one_winner(&r, same_op);
	NEED(store_family(r.s, mem, &f.id, &got) == FOUND);
	EXPECT_INT(got.generation, 10);
}

TEST(pending_is_taken_once)
{
	struct race r = { .s = suite_open(mem) };
	struct pending p = suite_pending(1);

	NEED(r.s);
	EXPECT_INT(suite_do(r.s, (struct store_op){ .kind = OP_PENDING_ADD, .pending = { &p, false } }), STORE_DONE);
	r.op = (struct store_op){ .kind = OP_PENDING_TAKE, .pending = { &p, false } };
	expect_one_winner(&r, same_op);
}

/* Each racer brings a row of its own that claims the same reuse digest. */
static void
add_own_token(void *arg, int index)
{
	struct race *r = arg;
	struct token t = suite_token(100 + index);

	t.reuse = suite_dig(7);
	count(r, DO(r->s, OP_TOKEN_ADD, token, &t));
}

TEST(one_live_token_per_reuse)
{
	struct race r = { .s = suite_open(mem) };
	struct dig32 reuse = suite_dig(7);
	struct token got;

	NEED(r.s);
	expect_one_winner(&r, add_own_token);
	EXPECT_INT(store_token_by_reuse(r.s, mem, &reuse, &got), FOUND);
}

/* Redeeming as a whole: the loser's family and token must not be left behind. */
static void
redeem(void *arg, int index)
{
	struct race *r = arg;
	struct code c = suite_code(1);
	struct family f = suite_family(200 + index);
	struct token t = suite_token(200 + index);
	struct store_op ops[] = { { .kind = OP_FAMILY_ADD, .family = &f }, { .kind = OP_CODE_SPEND, .code = &c }, { .kind = OP_TOKEN_ADD, .token = &t } };

	c.family = f.id;
	count(r, store_commit(r->s, ops, COUNT(ops), NULL));
}

TEST(redemption_leaves_one_family)
{
	struct race r = { .s = suite_open(mem) };
	struct code c = suite_code(1), cgot;
	int families = 0, tokens = 0;

	NEED(r.s);
	EXPECT_INT(DO(r.s, OP_CODE_ADD, code, &c), STORE_DONE);
	expect_one_winner(&r, redeem);
	NEED(store_code(r.s, mem, &c.digest, &cgot) == FOUND);
	for (int i = 0; i < RACERS; i++) {
		struct id16 id = suite_id(200 + i);
		struct family f;
		struct token t;

		families += store_family(r.s, mem, &id, &f) == FOUND;
		tokens += store_token(r.s, mem, &id, &t) == FOUND;
		if (store_family(r.s, mem, &id, &f) == FOUND)
			EXPECT(memcmp(&id, &cgot.family, 16) == 0);
	}
	EXPECT_INT(families, 1);
	EXPECT_INT(tokens, 1);
}

/* Revoking against adding under the guard: whoever comes first, no token of a revoked family is left. */
static void
guard_or_revoke(void *arg, int index)
{
	struct race *r = arg;
	struct family f = suite_family(1);
	struct token t = suite_token(300 + index);
	struct store_op add[] = { { .kind = OP_FAMILY_ALIVE, .family = &f }, { .kind = OP_TOKEN_ADD, .token = &t } };

	t.family = f.id;
	if (index == RACERS / 2)
		count(r, DO(r->s, OP_FAMILY_REVOKE, family, &f));
	else
		count(r, store_commit(r->s, add, 2, NULL));
}

TEST(no_token_survives_its_family)
{
	struct race r = { .s = suite_open(mem) };
	struct family f = suite_family(1);
	int left = 0;

	NEED(r.s);
	EXPECT_INT(DO(r.s, OP_FAMILY_ADD, family, &f), STORE_DONE);
	suite_race(RACERS, guard_or_revoke, &r);
	EXPECT_INT(r.other, 0);
	for (int i = 0; i < RACERS; i++) {
		struct id16 id = suite_id(300 + i);
		struct token t;

		left += store_token(r.s, mem, &id, &t) == FOUND;
	}
	EXPECT_INT(left, 0);
}

/* Whoever was told STORE_DONE finds the row at once, on whatever connection. */
static void
write_then_read(void *arg, int index)
{
	struct race *r = arg;
	struct arena mem;

	arena_init(&mem, 1 << 20);
	for (int i = 0; i < 20; i++) {
		struct token t = suite_token(1000 + index * 100 + i), got;

		t.has_digest = t.has_reuse = false;
		count(r, DO(r->s, OP_TOKEN_ADD, token, &t));
		r->other += store_token(r->s, &mem, &t.id, &got) != FOUND;
		arena_reset(&mem);
	}
	arena_free(&mem);
}

TEST(own_writes_are_seen)
{
	struct race r = { .s = suite_open(mem) };

	NEED(r.s);
	suite_race(32, write_then_read, &r);
	EXPECT_INT(r.done, 32 * 20);
	EXPECT_INT(r.other, 0);
}
