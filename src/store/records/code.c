/* store/records/code.c - authorization codes. */
#include "store/records/records_int.h"

enum step
op_code_add(struct conn *c, const struct store_op *op)
{
	const struct code *r = op->code;
	struct query q;

	op_begin(&q, c, SQL_CODE_ADD);
	bind_dig(&q, &r->digest);
	auth_bind(&q, &r->auth);
	bind_str(&q, r->redirect_uri);
	bind_int(&q, r->redirect_sent);
	bind_str(&q, r->challenge);
	bind_int(&q, r->issued_s);
	bind_int(&q, r->expires_s);
	bind_int(&q, r->state);
	bind_id(&q, &r->family);
	return op_run_cond(&q);
}

enum step
op_code_spend(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_CODE_SPEND);
	bind_dig(&q, &op->code->digest);
	bind_id(&q, &op->code->family);
	return op_run_cond(&q);
}

enum step
op_code_burn(struct conn *c, const struct store_op *op)
{
	return op_run_dig(c, SQL_CODE_BURN, &op->code->digest);
}

static void
code_fill(struct query *q, struct code *c)
{
	*c = (struct code){ 0 };
	c->digest = get_dig(q, NULL);
	auth_fill(q, &c->auth);
	c->redirect_uri = get_str(q);
	c->redirect_sent = get_int(q) != 0;
	c->challenge = get_str(q);
	c->issued_s = get_int(q);
	c->expires_s = get_int(q);
	c->state = (enum code_state)get_int(q);
	c->family = get_id(q);
}

READ_BY(read_code, code, code_fill, SQL_CODE, dig32, dig_str)

int
read_codes(struct store *s, struct arena *mem, const struct id16 *user, const struct dig32 *after, int max,
    struct code *out)
{
	struct query q;
	int n = 0;

	page_begin(&q, s, mem, SQL_CODES_USER, after != NULL ? dig_str(after) : STR_ABSENT, max);
	bind_blob(&q, id_str(user));
	for (; n < max && query_row(&q); n++)
		code_fill(&q, &out[n]);
	return read_end_list(&q, s, n);
}
