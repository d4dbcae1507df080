/* store/records/session_client.c - which clients took part in a session, and how they were told of its end. */
#include "store/records/records_int.h"

enum step
op_session_client_add(struct conn *c, const struct store_op *op)
{
	const struct session_client *r = op->session_client;
	struct query q;

	op_begin(&q, c, SQL_SESSION_CLIENT_ADD);
	bind_blob(&q, id_str(&r->id));
	bind_dig(&q, &r->session);
	bind_str(&q, r->issuer);
	bind_str(&q, r->client);
	bind_blob(&q, id_str(&r->user));
	bind_str(&q, r->sid);
	bind_int(&q, r->state);
	bind_int(&q, r->status);
	bind_int(&q, r->tries);
	bind_int(&q, r->told_s);
	bind_int(&q, r->expires_s);
	return op_finish(&q);
}

enum step
op_session_clients_move(struct conn *c, const struct store_op *op)
{
	const struct session *to = op->session_move.to;
	struct query q;

	op_begin(&q, c, SQL_SESSION_CLIENTS_MOVE);
	bind_dig(&q, &op->session_move.from->digest);
	bind_dig(&q, &to->digest);
	bind_blob(&q, id_str(&to->user));
	bind_int(&q, to->expires_s);
	return op_finish(&q);
}

enum step
op_session_client_hand(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_SESSION_CLIENT_HAND);
	bind_blob(&q, id_str(&op->session_client->id));
	bind_int(&q, op->session_client->expires_s);
	return op_run_cond(&q);
}

enum step
op_session_client_tell(struct conn *c, const struct store_op *op)
{
	const struct session_client *r = op->session_client;
	struct query q;

	op_begin(&q, c, SQL_SESSION_CLIENT_TELL);
	bind_blob(&q, id_str(&r->id));
	bind_int(&q, r->state);
	bind_int(&q, r->status);
	bind_int(&q, r->told_s);
	bind_int(&q, r->expires_s);
	return op_finish(&q);
}

enum step
op_session_client_drop(struct conn *c, const struct store_op *op)
{
	return op_run_id(c, SQL_SESSION_CLIENT_DROP, &op->session_client->id);
}

static void
session_client_fill(struct query *q, struct session_client *r)
{
	*r = (struct session_client){ 0 };
	r->id = get_id(q);
	r->session = get_dig(q, NULL);
	r->issuer = get_str(q);
	r->client = get_str(q);
	r->user = get_id(q);
	r->sid = get_str(q);
	r->state = (enum session_client_state)get_int(q);
	r->status = get_int(q);
	r->tries = get_int(q);
	r->told_s = get_int(q);
	r->expires_s = get_int(q);
}

int
read_session_clients(struct store *s, struct arena *mem, const struct session_client_walk *w, int max,
    struct session_client *out)
{
	enum sql which = w->session != NULL ? SQL_SESSION_CLIENTS_OF
	    : w->ended ? SQL_SESSION_CLIENTS_ENDED : SQL_SESSION_CLIENTS;
	struct query q;
	int n = 0;

	page_begin(&q, s, mem, which, w->session != NULL ? dig_str(w->session) : id_str(&w->after), max);
	for (; n < max && query_row(&q); n++)
		session_client_fill(&q, &out[n]);
	return read_end_list(&q, s, n);
}
