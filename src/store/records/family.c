/* store/records/family.c - refresh families. */
#include "store/records/records_int.h"

enum step
op_family_add(struct conn *c, const struct store_op *op)
{
	const struct family *r = op->family;
	struct query q;

	op_begin(&q, c, SQL_FAMILY_ADD);
	bind_blob(&q, id_str(&r->id));
	auth_bind(&q, &r->auth);
	bind_str(&q, r->grant);
	bind_dig_if(&q, r->has_digest, &r->digest);
	bind_int(&q, r->refreshable);
	bind_int(&q, r->generation);
	bind_int(&q, r->rotated_ms);
	bind_int(&q, r->issued_s);
	bind_int(&q, r->expires_s);
	bind_int(&q, r->state);
	return op_run_cond(&q);
}

enum step
op_family_rotate(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_FAMILY_ROTATE);
	bind_blob(&q, id_str(&op->family->id));
	bind_int(&q, op->family->generation);
	bind_int(&q, op->family->rotated_ms);
	return op_run_cond(&q);
}

enum step
op_family_alive(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_FAMILY_ALIVE);
	bind_blob(&q, id_str(&op->family->id));
	return op_run_guard(&q);
}

enum step
op_family_revoke(struct conn *c, const struct store_op *op)
{
	enum step r = op_run_id(c, SQL_RESOURCE_SESSIONS_END, &op->family->id);

	if (r == STEP_DONE)
		r = op_run_id(c, SQL_FAMILY_REVOKE, &op->family->id);
	return r == STEP_DONE ? op_run_id(c, SQL_TOKENS_OF_FAMILY, &op->family->id) : r;
}

static enum step
families_step(struct conn *c, enum sql which, const struct family *f)
{
	bool by_grant = which == SQL_FAMILIES_TOKENS || which == SQL_FAMILIES_RESOURCE_SESSIONS || which == SQL_FAMILIES_REVOKE;
	struct query q;

	op_begin(&q, c, which);
	bind_id(&q, &f->auth.user);
	bind_str(&q, f->auth.issuer);
	bind_str(&q, f->auth.client);
	bind_id(&q, &f->id);
	if (by_grant)
		bind_str(&q, f->grant);
	return op_finish(&q);
}

/*
 * Tokens first, as what resource servers hear: they are found through the families. Those without
 * a family are found through their user, or, when the client speaks for itself, through the
 * client; no grant is known of these.
 */
static enum step
families_tokens(struct conn *c, const struct family *f)
{
	enum step r = families_step(c, SQL_FAMILIES_TOKENS, f);

	if (r != STEP_DONE || str_given(f->grant))
		return r;
	if (!id_none(&f->auth.user))
		return families_step(c, SQL_FAMILIES_USER_TOKENS, f);
	if (str_given(f->auth.client))
		return families_step(c, SQL_FAMILIES_CLIENT_TOKENS, f);
	return r;
}

enum step
op_families_revoke(struct conn *c, const struct store_op *op)
{
	enum step r = families_tokens(c, op->family);

	if (r == STEP_DONE)
		r = families_step(c, SQL_FAMILIES_RESOURCE_SESSIONS, op->family);
	return r == STEP_DONE ? families_step(c, SQL_FAMILIES_REVOKE, op->family) : r;
}

static void
family_fill(struct query *q, struct family *f)
{
	*f = (struct family){ 0 };
	f->id = get_id(q);
	auth_fill(q, &f->auth);
	f->grant = get_str(q);
	f->digest = get_dig(q, &f->has_digest);
	f->refreshable = get_int(q) != 0;
	f->generation = get_int(q);
	f->rotated_ms = get_int(q);
	f->issued_s = get_int(q);
	f->expires_s = get_int(q);
	f->state = (enum family_state)get_int(q);
}

READ_BY(read_family, family, family_fill, SQL_FAMILY, id16, id_str)
READ_BY(read_family_by_digest, family, family_fill, SQL_FAMILY_BY_DIGEST, dig32, dig_str)

/* Of a user they are in the order of client and id, so the client of the row before counts too. */
int
read_families(struct store *s, struct arena *mem, const struct family_walk *w, int max, struct family *out)
{
	bool of_client = w->user == NULL && str_given(w->client);
	struct query q;
	int n = 0;

	page_begin(&q, s, mem, w->user != NULL ? SQL_FAMILIES_USER
	    : of_client ? SQL_FAMILIES_CLIENT : SQL_FAMILIES, id_str(&w->after.id), max);
	if (w->user != NULL) {
		bind_blob(&q, id_str(w->user));
		bind_str(&q, str_given(w->after.auth.client) ? w->after.auth.client : S(""));
	} else if (of_client)
		bind_str(&q, w->client);
	for (; n < max && query_row(&q); n++)
		family_fill(&q, &out[n]);
	return read_end_list(&q, s, n);
}
