/* store/records/approval.c - scopes that a user has approved, and those of living tokens. */
#include "store/records/records_int.h"

static enum step
approval_put(struct conn *c, const struct approval *r)
{
	struct query q;

	op_begin(&q, c, SQL_APPROVAL_PUT);
	bind_blob(&q, id_str(&r->user));
	bind_str(&q, r->issuer);
	bind_str(&q, r->client);
	bind_str(&q, r->scope);
	bind_int(&q, r->expires_s);
	return op_finish(&q);
}

enum step
op_approval_put(struct conn *c, const struct store_op *op)
{
	return approval_put(c, op->approval);
}

enum step
op_approvals_put(struct conn *c, const struct store_op *op)
{
	enum step r = STEP_DONE;

	for (size_t i = 0; r == STEP_DONE && i < op->approvals.n; i++)
		r = approval_put(c, &op->approvals.rows[i]);
	return r;
}

enum step
op_approvals_delete(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_END_APPROVALS);
	bind_blob(&q, id_str(op->withdrawn.user));
	bind_str(&q, op->withdrawn.issuer);
	bind_str(&q, op->withdrawn.client);
	bind_str(&q, op->withdrawn.elsewhere);
	return op_finish(&q);
}

static void
approval_bind(struct query *q, const struct approval *a)
{
	bind_blob(q, id_str(&a->user));
	bind_str(q, a->issuer);
	bind_str(q, a->client);
	bind_str(q, a->scope);
}

enum step
op_approval_end(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_APPROVAL_END);
	approval_bind(&q, op->approval);
	bind_int(&q, op->approval->expires_s);
	return op_run_cond(&q);
}

enum store_found
read_approval(struct store *s, const struct approval *key, int64_t *expires_s)
{
	struct query q;
	bool found;

	read_begin(&q, s, NULL, SQL_APPROVAL);
	approval_bind(&q, key);
	if ((found = query_row(&q)))
		*expires_s = get_int(&q);
	return read_end(&q, s, found);
}


static void
words_add(struct buf *b, struct str words)
{
	struct str w;

	while (str_given(words) && str_given(w = str_cut(&words, ' '))) {
		if (str_empty(w) || str_has_word(buf_str(b), w, ' '))
			continue;
		if (b->n > 0)
			buf_putc(b, ' ');
		buf_put(b, w);
	}
}

#define SCOPES_MAX 65536
struct scope_key { struct str issuer; const struct id16 *user; struct str client; int64_t now_s; };
static enum store_found
scopes_of(struct store *s, struct arena *mem, enum sql which, const struct scope_key *k, struct str *scopes)
{
	struct query q;
	struct buf b;
	bool found = false;

	buf_init(&b, mem, SCOPES_MAX);
	read_begin(&q, s, mem, which);
	bind_blob(&q, id_str(k->user));
	bind_str(&q, k->issuer);
	bind_str(&q, k->client);
	bind_int(&q, k->now_s);
	for (; query_row(&q); found = true)
		words_add(&b, get_str(&q));
	*scopes = buf_str(&b);
	return read_end(&q, s, found) == FIND_FAILED || b.full ? FIND_FAILED : found ? FOUND : NOT_FOUND;
}

enum store_found
read_approvals(struct store *s, struct arena *mem, struct str issuer, const struct id16 *user,
    struct str client, int64_t now_s, struct str *scopes)
{
	return scopes_of(s, mem, SQL_APPROVALS, &(struct scope_key){ issuer, user, client, now_s }, scopes);
}

enum store_found
read_live_scopes(struct store *s, struct arena *mem, struct str issuer, const struct id16 *user,
    struct str client, int64_t now_s, struct str *scopes)
{
	return scopes_of(s, mem, SQL_LIVE_SCOPES, &(struct scope_key){ issuer, user, client, now_s }, scopes);
}

int
read_approval_rows(struct store *s, struct arena *mem, const struct approval_walk *w, int max, struct approval *out)
{
	bool of_client = w->user == NULL && str_given(w->client);
	const struct approval *after = &w->after;
	struct query q;
	int n = 0;

	read_begin(&q, s, mem, w->user != NULL ? SQL_APPROVAL_ROWS_USER
	    : of_client ? SQL_APPROVAL_ROWS_CLIENT : SQL_APPROVAL_ROWS);
	bind_int(&q, w->now_s);
	bind_int(&q, max);
	bind_blob(&q, id_str(&after->user));
	bind_str(&q, str_given(after->issuer) ? after->issuer : S(""));
	bind_str(&q, str_given(after->client) ? after->client : S(""));
	if (w->user != NULL)
		bind_blob(&q, id_str(w->user));
	else if (of_client)
		bind_str(&q, w->client);
	for (; n < max && query_row(&q); n++) {
		out[n].user = get_id(&q);
		out[n].issuer = get_str(&q);
		out[n].client = get_str(&q);
		out[n].scope = get_str(&q);
		out[n].expires_s = get_int(&q);
	}
	return read_end_list(&q, s, n);
}
