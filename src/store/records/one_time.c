/* store/records/one_time.c - one-time codes and the quotas of sending them. */
#include "store/records/records_int.h"

enum step
op_one_time_put(struct conn *c, const struct store_op *op)
{
	const struct one_time *r = op->one_time.row;
	struct query q;

	op_begin(&q, c, SQL_ONE_TIME_PUT);
	bind_dig(&q, &r->key);
	bind_dig(&q, &r->code);
	bind_int(&q, r->sent_s);
	bind_int(&q, r->expires_s);
	bind_int(&q, op->one_time.before_s);
	return op_run_cond(&q);
}

enum step
op_one_time_try(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_ONE_TIME_TRY);
	bind_dig(&q, &op->one_time.row->key);
	bind_int(&q, op->one_time.now_s);
	bind_int(&q, op->one_time.tries);
	return op_run_cond(&q);
}

enum step
op_one_time_spend(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_ONE_TIME_SPEND);
	bind_dig(&q, &op->one_time.row->key);
	bind_dig(&q, &op->one_time.row->code);
	return op_run_cond(&q);
}

/* A limit of nothing allows nothing, not even the first. */
enum step
op_quota_use(struct conn *c, const struct store_op *op)
{
	const struct quota *r = op->quota;
	struct query q;

	if (r->limit <= 0)
		return STEP_LOST;
	op_begin(&q, c, SQL_QUOTA_USE);
	bind_dig(&q, &r->key);
	bind_int(&q, r->expires_s);
	bind_int(&q, r->limit);
	return op_run_cond(&q);
}


enum store_found
read_one_time(struct store *s, const struct dig32 *key, struct one_time *out)
{
	struct query q;
	bool found;

	read_begin(&q, s, NULL, SQL_ONE_TIME);
	bind_dig(&q, key);
	if ((found = query_row(&q))) {
		out->key = *key;
		out->code = get_dig(&q, NULL);
		out->tries = get_int(&q);
		out->sent_s = get_int(&q);
		out->expires_s = get_int(&q);
		out->spent = get_int(&q) != 0;
	}
	return read_end(&q, s, found);
}
