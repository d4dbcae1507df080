/* store/records/identity.c - whom users are at identity providers. */
#include "store/records/records_int.h"

static void
key_bind(struct query *q, const struct identity *r)
{
	bind_str(q, r->realm);
	bind_str(q, r->provider);
	bind_str(q, r->subject);
}

enum step
op_identity_add(struct conn *c, const struct store_op *op)
{
	const struct identity *r = op->identity;
	struct query q;

	op_begin(&q, c, SQL_IDENTITY_ADD);
	key_bind(&q, r);
	bind_blob(&q, id_str(&r->user));
	bind_str(&q, r->shown);
	bind_int(&q, r->linked_s);
	bind_int(&q, r->last_s);
	return op_run_cond(&q);
}

enum step
op_identity_used(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_IDENTITY_USED);
	key_bind(&q, op->identity);
	bind_blob(&q, id_str(&op->identity->user));
	bind_int(&q, op->identity->last_s);
	return op_run_cond(&q);
}

enum step
op_identity_end(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_IDENTITY_END);
	key_bind(&q, op->identity);
	bind_blob(&q, id_str(&op->identity->user));
	return op_run_cond(&q);
}

enum step
op_identity_left(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_IDENTITY_LEFT);
	bind_str(&q, op->enters.user->realm);
	bind_blob(&q, id_str(&op->enters.user->id));
	bind_str(&q, op->enters.providers);
	return op_run_guard(&q);
}

static void
identity_fill(struct query *q, struct identity *r)
{
	r->realm = get_str(q);
	r->provider = get_str(q);
	r->subject = get_str(q);
	r->user = get_id(q);
	r->shown = get_str(q);
	r->linked_s = get_int(q);
	r->last_s = get_int(q);
}

enum store_found
read_identity(struct store *s, struct arena *mem, const struct identity *key, struct identity *out)
{
	struct query q;
	bool found;

	read_begin(&q, s, mem, SQL_IDENTITY);
	key_bind(&q, key);
	if ((found = query_row(&q)))
		identity_fill(&q, out);
	return read_end(&q, s, found);
}

int
read_identities(struct store *s, struct arena *mem, const struct identity_walk *w, int max, struct identity *out)
{
	struct query q;
	int n = 0;

	read_begin(&q, s, mem, SQL_IDENTITIES);
	bind_str(&q, w->realm);
	bind_blob(&q, id_str(w->user));
	bind_str(&q, str_given(w->after.provider) ? w->after.provider : S(""));
	bind_str(&q, str_given(w->after.subject) ? w->after.subject : S(""));
	bind_int(&q, max);
	for (; n < max && query_row(&q); n++)
		identity_fill(&q, &out[n]);
	return read_end_list(&q, s, n);
}
