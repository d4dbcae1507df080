/* store/records/token.c - opaque access tokens. */
#include "store/records/records_int.h"

enum step
op_token_add(struct conn *c, const struct store_op *op)
{
	const struct token *r = op->token;
	struct query q;

	op_begin(&q, c, SQL_TOKEN_ADD);
	bind_blob(&q, id_str(&r->id));
	auth_bind(&q, &r->auth);
	bind_id(&q, &r->family);
	bind_dig_if(&q, r->has_digest, &r->digest);
	bind_dig_if(&q, r->has_reuse, &r->reuse);
	bind_int(&q, r->issued_s);
	bind_int(&q, r->expires_s);
	bind_int(&q, r->keep_s);
	return op_run_cond(&q);
}

enum step
op_token_delete(struct conn *c, const struct store_op *op)
{
	return op_run_id(c, SQL_TOKEN_DELETE, &op->token->id);
}

enum step
op_tokens_delete_family(struct conn *c, const struct store_op *op)
{
	return op_run_id(c, SQL_TOKENS_OF_FAMILY, &op->token->family);
}

enum step
op_token_drop_reuse(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_TOKEN_DROP_REUSE);
	bind_dig(&q, &op->token->reuse);
	bind_blob(&q, id_str(&op->token->id));
	return op_finish(&q);
}


static void
token_fill(struct query *q, struct token *t)
{
	*t = (struct token){ 0 };
	t->id = get_id(q);
	auth_fill(q, &t->auth);
	t->family = get_id(q);
	t->digest = get_dig(q, &t->has_digest);
	t->reuse = get_dig(q, &t->has_reuse);
	t->issued_s = get_int(q);
	t->expires_s = get_int(q);
	t->keep_s = get_int(q);
}

READ_BY(read_token, token, token_fill, SQL_TOKEN, id16, id_str)
READ_BY(read_token_by_digest, token, token_fill, SQL_TOKEN_BY_DIGEST, dig32, dig_str)
READ_BY(read_token_by_reuse, token, token_fill, SQL_TOKEN_BY_REUSE, dig32, dig_str)

int
read_tokens(struct store *s, struct arena *mem, const struct token_walk *w, int max, struct token *out)
{
	enum sql which = w->family != NULL ? SQL_TOKENS_FAMILY : w->user != NULL ? SQL_TOKENS_USER
	    : str_given(w->client) ? SQL_TOKENS_CLIENT : SQL_TOKENS;
	struct query q;
	int n = 0;

	page_begin(&q, s, mem, which, id_str(&w->after), max);
	if (w->family != NULL || w->user != NULL)
		bind_blob(&q, id_str(w->family != NULL ? w->family : w->user));
	else if (str_given(w->client))
		bind_str(&q, w->client);
	for (; n < max && query_row(&q); n++)
		token_fill(&q, &out[n]);
	return read_end_list(&q, s, n);
}

int
read_tokens_of(struct store *s, struct arena *mem, struct str issuer, const struct id16 *user,
    struct str client, int64_t now_s, int max, struct token *out)
{
	struct query q;
	int n = 0;

	read_begin(&q, s, mem, SQL_TOKENS_OF);
	bind_blob(&q, id_str(user));
	bind_str(&q, issuer);
	bind_str(&q, client);
	bind_int(&q, now_s);
	bind_int(&q, max);
	for (; n < max && query_row(&q); n++)
		token_fill(&q, &out[n]);
	return read_end_list(&q, s, n);
}
