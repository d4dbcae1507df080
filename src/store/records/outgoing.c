/* store/records/outgoing.c - what is still to be sent to other servers: text messages, notices. */
#include "store/records/records_int.h"

enum step
op_outgoing_add(struct conn *c, const struct store_op *op)
{
	const struct outgoing *r = op->outgoing;
	struct query q;

	op_begin(&q, c, SQL_OUTGOING_ADD);
	bind_blob(&q, id_str(&r->id));
	bind_int(&q, r->kind);
	bind_str(&q, r->issuer);
	bind_blob(&q, r->sealed);
	bind_int(&q, r->begun);
	bind_int(&q, r->created_s);
	bind_int(&q, r->not_after_s);
	bind_id(&q, &r->user);
	bind_id(&q, &r->holder);
	bind_int(&q, r->held_until_s);
	return op_finish(&q);
}

enum step
op_outgoing_begin(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_OUTGOING_BEGIN);
	bind_blob(&q, id_str(&op->outgoing->id));
	bind_int(&q, op->outgoing->begun);
	bind_int(&q, op->outgoing->held_until_s);
	bind_blob(&q, id_str(&op->outgoing->holder));
	return op_run_cond(&q);
}

enum step
op_outgoing_take(struct conn *c, const struct store_op *op)
{
	const struct outgoing *r = op->outgoing_take.row;
	struct query q;

	op_begin(&q, c, SQL_OUTGOING_TAKE);
	bind_blob(&q, id_str(&r->id));
	bind_int(&q, r->begun);
	bind_blob(&q, id_str(&r->holder));
	bind_int(&q, r->held_until_s);
	bind_int(&q, op->outgoing_take.was_s);
	return op_run_cond(&q);
}

enum step
op_outgoing_leave(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_OUTGOING_LEAVE);
	bind_int(&q, op->outgoing->kind);
	bind_blob(&q, id_str(&op->outgoing->holder));
	return op_finish(&q);
}

enum step
op_outgoing_delete(struct conn *c, const struct store_op *op)
{
	return op_run_id(c, SQL_OUTGOING_DELETE, &op->outgoing->id);
}

static int
rows_read(struct query *q, struct store *s, int max, struct outgoing *out)
{
	int n = 0;

	for (; n < max && query_row(q); n++) {
		out[n].id = get_id(q);
		out[n].kind = (char)get_int(q);
		out[n].issuer = get_str(q);
		out[n].sealed = get_blob(q);
		out[n].begun = get_int(q) != 0;
		out[n].created_s = get_int(q);
		out[n].not_after_s = get_int(q);
		out[n].user = get_id(q);
		out[n].holder = get_id(q);
		out[n].held_until_s = get_int(q);
	}
	return read_end_list(q, s, n);
}

int
read_outgoing(struct store *s, struct arena *mem, char kind, const struct id16 *after, int max, struct outgoing *out)
{
	struct query q;

	read_begin(&q, s, mem, SQL_OUTGOING);
	bind_int(&q, kind);
	bind_blob(&q, id_str(after));
	bind_int(&q, max);
	return rows_read(&q, s, max, out);
}

int
read_outgoing_free(struct store *s, struct arena *mem, const struct outgoing_walk *w, int max, struct outgoing *out)
{
	struct query q;

	read_begin(&q, s, mem, SQL_OUTGOING_FREE);
	bind_int(&q, w->kind);
	bind_int(&q, w->now_s);
	bind_int(&q, w->wait_s);
	bind_int(&q, max);
	return rows_read(&q, s, max, out);
}
