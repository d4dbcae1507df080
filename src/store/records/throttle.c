/* store/records/throttle.c - failure counters. */
#include "store/records/records_int.h"

/* A counter is of no use to anyone a day after it last made somebody wait. */
#define THROTTLE_KEEP_S 86400
enum step
op_throttle_fail(struct conn *c, const struct store_op *op)
{
	const struct throttle *r = op->throttle;
	int64_t until_s = r->until_ms / 1000;
	struct query q;

	op_begin(&q, c, SQL_THROTTLE_FAIL);
	bind_int(&q, r->kind);
	bind_dig(&q, &r->key);
	bind_int(&q, r->failures);
	bind_int(&q, r->first_s);
	bind_int(&q, r->until_ms);
	bind_int(&q, (until_s > r->first_s ? until_s : r->first_s) + THROTTLE_KEEP_S);
	bind_int(&q, r->was_failures);
	bind_int(&q, r->was_until_ms);
	return op_finish(&q);
}

enum step
op_throttle_clear(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_THROTTLE_CLEAR);
	bind_int(&q, op->throttle->kind);
	bind_dig(&q, &op->throttle->key);
	return op_finish(&q);
}

static enum step
throttles_between(struct conn *c, char kind, const struct dig32 *from, const struct dig32 *to)
{
	struct query q;

	op_begin(&q, c, SQL_THROTTLE_FORGET);
	bind_int(&q, kind);
	bind_dig(&q, from);
	bind_dig(&q, to);
	return op_finish(&q);
}

/* The keys of an account from somewhere begin with half of the account's own. */
enum step
op_throttle_forget(struct conn *c, const struct store_op *op)
{
	struct dig32 from = op->throttle->key, to = from;
	enum step r = throttles_between(c, 'u', &op->throttle->key, &op->throttle->key);

	memset(from.b + sizeof from.b / 2, 0, sizeof from.b / 2);
	memset(to.b + sizeof to.b / 2, 0xff, sizeof to.b / 2);
	return r == STEP_DONE ? throttles_between(c, 'p', &from, &to) : r;
}


enum store_found
read_throttle(struct store *s, char kind, const struct dig32 *key, struct throttle *out)
{
	struct query q;
	bool found;

	read_begin(&q, s, NULL, SQL_THROTTLE);
	bind_int(&q, kind);
	bind_dig(&q, key);
	if ((found = query_row(&q))) {
		out->kind = kind;
		out->key = *key;
		out->failures = get_int(&q);
		out->first_s = get_int(&q);
		out->until_ms = get_int(&q);
	}
	return read_end(&q, s, found);
}
