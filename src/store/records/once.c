/* store/records/once.c - what counts once, until its time is over. */
#include "store/records/records_int.h"

enum step
op_once_use(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_ONCE_USE);
	bind_dig(&q, &op->once.digest);
	bind_int(&q, op->once.expires_s);
	bind_int(&q, op->once.now_s);
	return op_run_cond(&q);
}

enum store_found
read_once_used(struct store *s, const struct dig32 *digest, int64_t now_s)
{
	struct query q;

	read_begin(&q, s, NULL, SQL_ONCE_USED);
	bind_dig(&q, digest);
	bind_int(&q, now_s);
	return read_end(&q, s, query_row(&q));
}
