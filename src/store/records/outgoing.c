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
	return op_finish(&q);
}

enum step
op_outgoing_begin(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_OUTGOING_BEGIN);
	bind_blob(&q, id_str(&op->outgoing->id));
	bind_int(&q, op->outgoing->begun);
	return op_run_cond(&q);
}

enum step
op_outgoing_delete(struct conn *c, const struct store_op *op)
{
	return op_run_id(c, SQL_OUTGOING_DELETE, &op->outgoing->id);
}

int
read_outgoing(struct store *s, struct arena *mem, char kind, const struct id16 *after, int max, struct outgoing *out)
{
	struct query q;
	int n = 0;

	read_begin(&q, s, mem, SQL_OUTGOING);
	bind_int(&q, kind);
	bind_blob(&q, id_str(after));
	bind_int(&q, max);
	for (; n < max && query_row(&q); n++) {
		out[n].id = get_id(&q);
		out[n].kind = (char)get_int(&q);
		out[n].issuer = get_str(&q);
		out[n].sealed = get_blob(&q);
		out[n].begun = get_int(&q) != 0;
		out[n].created_s = get_int(&q);
		out[n].not_after_s = get_int(&q);
		out[n].user = get_id(&q);
	}
	return read_end_list(&q, s, n);
}
