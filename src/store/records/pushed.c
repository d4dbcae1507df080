/* store/records/pushed.c - authorization requests that clients pushed, a bounded number of them. RFC 9126. */
#include "store/records/records_int.h"

#define EXACT_MAX 1024          /* beyond, counting costs: every 64th row makes room for all */

static bool
room_is_due(const struct pushed *r, int64_t limit)
{
	return limit <= EXACT_MAX || r->id.b[sizeof r->id.b - 1] % 64 == 0;
}

static enum step
make_room(struct conn *c, const struct op_pushed *o)
{
	struct query q;
	enum step step = STEP_DONE;

	if (room_is_due(o->row, o->per_source)) {
		op_begin(&q, c, SQL_PUSHED_ROOM_OF);
		bind_dig(&q, &o->row->source);
		bind_int(&q, o->per_source);
		step = op_finish(&q);
	}
	if (step != STEP_DONE || !room_is_due(o->row, o->total))
		return step;
	op_begin(&q, c, SQL_PUSHED_ROOM);
	bind_int(&q, o->total);
	return op_finish(&q);
}

enum step
op_pushed_add(struct conn *c, const struct store_op *op)
{
	const struct pushed *r = op->pushed.row;
	struct query q;
	enum step step;

	op_begin(&q, c, SQL_PUSHED_ADD);
	bind_blob(&q, id_str(&r->id));
	bind_str(&q, r->issuer);
	bind_str(&q, r->client);
	bind_dig(&q, &r->source);
	bind_str(&q, r->data);
	bind_int(&q, r->until_s);
	bind_int(&q, r->expires_s);
	step = op_finish(&q);
	return step == STEP_DONE ? make_room(c, &op->pushed) : step;
}

enum step
op_pushed_begin(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_PUSHED_BEGIN);
	bind_blob(&q, id_str(&op->pushed.row->id));
	bind_int(&q, op->pushed.row->expires_s);
	return op_run_cond(&q);
}

enum step
op_pushed_take(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_PUSHED_TAKE);
	bind_blob(&q, id_str(&op->pushed.row->id));
	return op_run_cond(&q);
}

static void
pushed_fill(struct query *q, struct pushed *r)
{
	*r = (struct pushed){ 0 };
	r->id = get_id(q);
	r->issuer = get_str(q);
	r->client = get_str(q);
	r->source = get_dig(q, NULL);
	r->data = get_str(q);
	r->until_s = get_int(q);
	r->expires_s = get_int(q);
}

READ_BY(read_pushed, pushed, pushed_fill, SQL_PUSHED, id16, id_str)
