/* store/records/pending.c - authorization requests that wait for consent. */
#include "store/records/records_int.h"

/* What was done to the row, and then, where that is asked for, the end of the others of its session. */
static enum step
others_ended(struct conn *c, const struct op_pending *p, enum step step)
{
	struct query q;

	if (step != STEP_DONE || !p->replace_others)
		return step;
	op_begin(&q, c, SQL_PENDING_OTHERS);
	bind_dig(&q, &p->row->session);
	bind_blob(&q, id_str(&p->row->id));
	return op_finish(&q);
}

enum step
op_pending_add(struct conn *c, const struct store_op *op)
{
	const struct pending *r = op->pending.row;
	struct query q;

	op_begin(&q, c, SQL_PENDING_ADD);
	bind_blob(&q, id_str(&r->id));
	bind_dig(&q, &r->session);
	auth_bind(&q, &r->auth);
	bind_str(&q, r->data);
	bind_int(&q, r->expires_s);
	return op_finish(&q);
}

enum step
op_pending_decide(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_PENDING_DECIDE);
	bind_blob(&q, id_str(&op->pending.row->id));
	bind_str(&q, op->pending.row->data);
	bind_int(&q, op->pending.row->expires_s);
	bind_str(&q, op->pending.was);
	return others_ended(c, &op->pending, op_run_cond(&q));
}

enum step
op_pending_take(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_PENDING_TAKE);
	bind_blob(&q, id_str(&op->pending.row->id));
	return others_ended(c, &op->pending, op_run_cond(&q));
}

static void
pending_fill(struct query *q, struct pending *p)
{
	*p = (struct pending){ 0 };
	p->id = get_id(q);
	p->session = get_dig(q, NULL);
	auth_fill(q, &p->auth);
	p->data = get_str(q);
	p->expires_s = get_int(q);
}

READ_BY(read_pending, pending, pending_fill, SQL_PENDING, id16, id_str)
READ_BY(read_pending_of_session, pending, pending_fill, SQL_PENDING_NEWEST, dig32, dig_str)
