/* store/records/decoupled.c - requests whose user decides elsewhere: on another device, or when asked by the issuer. */
#include "store/records/records_int.h"

enum step
op_decoupled_add(struct conn *c, const struct store_op *op)
{
	const struct decoupled *r = op->decoupled.row;
	struct query q;

	op_begin(&q, c, SQL_DECOUPLED_ADD);
	bind_blob(&q, id_str(&r->id));
	bind_int(&q, r->kind);
	bind_dig(&q, &r->digest);
	bind_dig_if(&q, r->has_user_code, &r->user_code);
	auth_bind(&q, &r->auth);
	bind_int(&q, r->state);
	bind_int(&q, r->interval_s);
	bind_int(&q, r->polled_ms);
	bind_int(&q, r->issued_s);
	bind_int(&q, r->expires_s);
	bind_str(&q, r->address);
	bind_str(&q, r->agent);
	bind_str(&q, r->message);
	bind_str(&q, r->notify);
	return op_run_cond(&q);
}

enum step
op_decoupled_poll(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_DECOUPLED_POLL);
	bind_blob(&q, id_str(&op->decoupled.row->id));
	bind_int(&q, op->decoupled.row->polled_ms);
	bind_int(&q, op->decoupled.row->interval_s);
	bind_int(&q, op->decoupled.was_ms);
	return op_run_cond(&q);
}

enum step
op_decoupled_decide(struct conn *c, const struct store_op *op)
{
	const struct decoupled *r = op->decoupled.row;
	struct query q;

	op_begin(&q, c, SQL_DECOUPLED_DECIDE);
	bind_blob(&q, id_str(&r->id));
	bind_int(&q, r->state);
	bind_id(&q, &r->auth.user);
	bind_str(&q, r->auth.user_name);
	bind_str(&q, r->auth.account_type);
	bind_str(&q, r->auth.scope);
	bind_int(&q, r->auth.auth_s);
	bind_str(&q, r->auth.extra);
	bind_int(&q, op->decoupled.now_s);
	return op_run_cond(&q);
}

enum step
op_decoupled_tell(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_DECOUPLED_TELL);
	bind_blob(&q, id_str(&op->decoupled.row->id));
	return op_run_cond(&q);
}

enum step
op_decoupled_spend(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_DECOUPLED_SPEND);
	bind_blob(&q, id_str(&op->decoupled.row->id));
	return op_run_cond(&q);
}

static void
decoupled_fill(struct query *q, struct decoupled *r)
{
	*r = (struct decoupled){ 0 };
	r->id = get_id(q);
	r->kind = (enum decoupled_kind)get_int(q);
	r->digest = get_dig(q, NULL);
	r->user_code = get_dig(q, &r->has_user_code);
	auth_fill(q, &r->auth);
	r->state = (enum decoupled_state)get_int(q);
	r->interval_s = get_int(q);
	r->polled_ms = get_int(q);
	r->issued_s = get_int(q);
	r->expires_s = get_int(q);
	r->address = get_str(q);
	r->agent = get_str(q);
	r->message = get_str(q);
	r->notify = get_str(q);
}

READ_BY(read_decoupled, decoupled, decoupled_fill, SQL_DECOUPLED, id16, id_str)
READ_BY(read_decoupled_by_digest, decoupled, decoupled_fill, SQL_DECOUPLED_DIGEST, dig32, dig_str)
READ_BY(read_decoupled_by_user_code, decoupled, decoupled_fill, SQL_DECOUPLED_USER_CODE, dig32, dig_str)

int
read_decoupled_waiting(struct store *s, struct arena *mem, const struct decoupled_walk *w, int max,
    struct decoupled *out)
{
	enum sql which = w->user != NULL ? SQL_DECOUPLED_USER
	    : w->decided ? SQL_DECOUPLED_DECIDED : SQL_DECOUPLED_WAITING;
	struct query q;
	int n = 0;

	page_begin(&q, s, mem, which, id_str(&w->after), max);
	if (w->user != NULL)
		bind_blob(&q, id_str(w->user));
	for (; n < max && query_row(&q); n++)
		decoupled_fill(&q, &out[n]);
	return read_end_list(&q, s, n);
}
