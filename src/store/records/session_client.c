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

static enum step
resource_session_add(struct conn *c, const struct session_client *r)
{
	struct query q;

	op_begin(&q, c, SQL_RESOURCE_SESSION_ADD);
	bind_blob(&q, id_str(&r->id));
	bind_blob(&q, id_str(&r->family));
	bind_str(&q, r->issuer);
	bind_str(&q, r->client);
	bind_blob(&q, id_str(&r->user));
	bind_str(&q, r->sid);
	bind_int(&q, r->state);
	bind_int(&q, r->status);
	bind_int(&q, r->tries);
	bind_int(&q, r->told_s);
	bind_int(&q, r->expires_s);
	bind_str(&q, r->resource);
	return op_finish(&q);
}

enum step
op_resource_sessions_add(struct conn *c, const struct store_op *op)
{
	enum step r = STEP_DONE;

	for (size_t i = 0; r == STEP_DONE && i < op->resource_sessions.n; i++)
		r = resource_session_add(c, &op->resource_sessions.rows[i]);
	return r;
}

/* Of which kind it is. */
static enum sql
by_kind(const struct session_client *r, enum sql client, enum sql resource)
{
	return str_given(r->resource) ? resource : client;
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

	op_begin(&q, c, by_kind(op->session_client, SQL_SESSION_CLIENT_HAND, SQL_RESOURCE_SESSION_HAND));
	bind_blob(&q, id_str(&op->session_client->id));
	bind_int(&q, op->session_client->expires_s);
	return op_run_cond(&q);
}

enum step
op_session_client_tell(struct conn *c, const struct store_op *op)
{
	const struct session_client *r = op->session_client;
	struct query q;

	op_begin(&q, c, by_kind(r, SQL_SESSION_CLIENT_TELL, SQL_RESOURCE_SESSION_TELL));
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
	return op_run_id(c, by_kind(op->session_client, SQL_SESSION_CLIENT_DROP, SQL_RESOURCE_SESSION_DROP),
	    &op->session_client->id);
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
	r->resource = get_str(q);
}

int
read_session_clients(struct store *s, struct arena *mem, const struct session_client_walk *w, int max,
    struct session_client *out)
{
	enum sql which = w->session != NULL ? SQL_SESSION_CLIENTS_OF
	    : w->ended ? (w->resources ? SQL_RESOURCE_SESSIONS_ENDED : SQL_SESSION_CLIENTS_ENDED) : SQL_SESSION_CLIENTS;
	struct query q;
	int n = 0;

	page_begin(&q, s, mem, which, w->session != NULL ? dig_str(w->session) : id_str(&w->after), max);
	for (; n < max && query_row(&q); n++)
		session_client_fill(&q, &out[n]);
	return read_end_list(&q, s, n);
}
