/* What is still to be sent: kept in order by kind, marked only while it is there, gone when deleted
 * or long past its time. */
#include "open.h"

static struct outgoing
outgoing(int n, char kind)
{
	return (struct outgoing){ .id = suite_id(n), .kind = kind, .issuer = S("i"),
	    .sealed = S("\x00\x01sealed"), .created_s = 1000 + n, .not_after_s = 2000 + n,
	    .holder = suite_id(90), .held_until_s = 1060 };
}

static int
count(struct store *s, struct arena *mem, char kind, const struct id16 *after, struct outgoing out[8])
{
	return store_outgoing(s, mem, kind, after, 8, out);
}

TEST(rows_come_back_in_order_by_kind)
{
	const struct id16 start = { { 0 } };
	struct store *s = suite_open(mem);
	struct outgoing out[8];

	NEED(s);
	for (int i = 1; i <= 5; i++) {
		struct outgoing row = outgoing(6 - i, i % 2 ? 's' : 'n');

		EXPECT_INT(DO(s, OP_OUTGOING_ADD, outgoing, &row), STORE_DONE);
	}
	EXPECT_INT(count(s, mem, 'n', &start, out), 2);
	NEED(count(s, mem, 's', &start, out) == 3);
	for (int i = 0; i + 1 < 3; i++)
		EXPECT(memcmp(&out[i].id, &out[i + 1].id, 16) < 0);
	EXPECT(out[0].kind == 's' && str_eq(out[0].issuer, S("i")) && str_eq(out[0].sealed,
	    S("\x00\x01sealed")) && !out[0].begun);
	EXPECT(out[0].not_after_s - out[0].created_s == 1000);
	EXPECT_INT(count(s, mem, 's', &(struct id16[]){ out[0].id }[0], out), 2);
}

TEST(only_what_is_there_is_marked)
{
	const struct id16 start = { { 0 } };
	struct store *s = suite_open(mem);
	struct outgoing row = outgoing(1, 's'), out[8];

	NEED(s);
	row.begun = true;
	EXPECT_INT(DO(s, OP_OUTGOING_BEGIN, outgoing, &row), STORE_LOST);
	row.begun = false;
	EXPECT_INT(DO(s, OP_OUTGOING_ADD, outgoing, &row), STORE_DONE);
	row.begun = true;
	EXPECT_INT(DO(s, OP_OUTGOING_BEGIN, outgoing, &row), STORE_DONE);
	EXPECT(count(s, mem, 's', &start, out) == 1 && out[0].begun);
	EXPECT_INT(DO(s, OP_OUTGOING_DELETE, outgoing, &row), STORE_DONE);
	EXPECT_INT(count(s, mem, 's', &start, out), 0);
	EXPECT_INT(DO(s, OP_OUTGOING_DELETE, outgoing, &row), STORE_DONE);
}

static int
count_free(struct store *s, struct arena *mem, int64_t now_s, struct outgoing out[8])
{
	return store_outgoing_free(s, mem, &(struct outgoing_walk){ 's', now_s, 60 }, 8, out);
}

/* L12, S10: whoever read it first and takes it second, has lost; and who held it marks it no more. */
TEST(one_that_nobody_holds_is_taken_once)
{
	struct store *s = suite_open(mem);
	struct outgoing row = outgoing(1, 's'), bare = outgoing(2, 's'), out[8], mine, theirs;

	NEED(s);
	bare.holder = (struct id16){ { 0 } };           /* of a program that knew of no holders */
	bare.held_until_s = 0;
	NEED(DO(s, OP_OUTGOING_ADD, outgoing, &row) == STORE_DONE && DO(s, OP_OUTGOING_ADD, outgoing, &bare) == STORE_DONE);
	EXPECT(count_free(s, mem, 1060, out) == 0);
	EXPECT(count_free(s, mem, 1061, out) == 1 && memcmp(&out[0].id, &row.id, 16) == 0);
	EXPECT(count_free(s, mem, 1063, out) == 2 && out[0].held_until_s == 0);
	mine = theirs = row;
	mine.holder = suite_id(91);
	theirs.holder = suite_id(92);
	mine.held_until_s = theirs.held_until_s = 1121;
	EXPECT_INT(DO(s, OP_OUTGOING_TAKE, outgoing_take, ((struct op_outgoing_take){ &mine, 1060 })), STORE_DONE);
	EXPECT_INT(DO(s, OP_OUTGOING_TAKE, outgoing_take, ((struct op_outgoing_take){ &theirs, 1060 })), STORE_LOST);
	EXPECT_INT(DO(s, OP_OUTGOING_BEGIN, outgoing, &row), STORE_LOST);
	EXPECT_INT(DO(s, OP_OUTGOING_BEGIN, outgoing, &theirs), STORE_LOST);
	mine.begun = true;
	mine.held_until_s = 1200;
	EXPECT_INT(DO(s, OP_OUTGOING_BEGIN, outgoing, &mine), STORE_DONE);
	EXPECT(count_free(s, mem, 1199, out) == 1);     /* the bare one */
	EXPECT_INT(DO(s, OP_OUTGOING_LEAVE, outgoing, &row), STORE_DONE);
	EXPECT(count_free(s, mem, 1199, out) == 1);
	EXPECT_INT(DO(s, OP_OUTGOING_LEAVE, outgoing, &mine), STORE_DONE);
	EXPECT(count_free(s, mem, 1199, out) == 2 && (out[0].begun || out[1].begun));
}

TEST(what_its_sender_left_lying_is_swept_a_day_later)
{
	const struct id16 start = { { 0 } };
	struct store *s = suite_open(mem);
	struct outgoing row = outgoing(0, 's'), out[8];

	NEED(s);
	EXPECT_INT(DO(s, OP_OUTGOING_ADD, outgoing, &row), STORE_DONE);
	store_sweep(s, 2000 + 86400, 10, NULL);
	EXPECT_INT(count(s, mem, 's', &start, out), 1);
	EXPECT_INT(store_sweep(s, 2001 + 86400, 10, NULL), 1);
	EXPECT_INT(count(s, mem, 's', &start, out), 0);
}
