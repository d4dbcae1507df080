/* store/records/factor.c - second factors of users: added, used once by their counter, spent, dropped. */
#include "store/records/records_int.h"

static enum step
add_one(struct conn *c, const struct factor *r)
{
	struct query q;

	op_begin(&q, c, SQL_FACTOR_ADD);
	bind_blob(&q, id_str(&r->id));
	bind_str(&q, r->realm);
	bind_blob(&q, id_str(&r->user));
	bind_str(&q, r->kind);
	bind_str(&q, str_given(r->name) ? r->name : S(""));
	bind_str(&q, r->data);
	bind_int(&q, r->counter);
	bind_int(&q, r->created_s);
	bind_int(&q, r->last_s);
	return op_run_cond(&q);
}

/* The version moves, so that a login which has read that there is none begins anew (S6). */
enum step
op_factors_add(struct conn *c, const struct store_op *op)
{
	enum step r = user_ended(c, op->factors.user, 0);

	for (size_t i = 0; r == STEP_DONE && i < op->factors.n; i++)
		r = add_one(c, &op->factors.rows[i]);
	return r;
}

enum step
op_factors_drop(struct conn *c, const struct store_op *op)
{
	const struct op_factors *f = &op->factors;
	enum step r = user_ended(c, f->user, 0);
	struct query q;

	if (r != STEP_DONE)
		return r;
	op_begin(&q, c, SQL_FACTORS_DROP);
	bind_str(&q, f->user->realm);
	bind_blob(&q, id_str(&f->user->id));
	bind_str(&q, f->kind);
	bind_id(&q, &f->one);
	return op_finish(&q);
}

enum step
op_factor_use(struct conn *c, const struct store_op *op)
{
	const struct factor *r = op->factor.row;
	struct query q;

	op_begin(&q, c, SQL_FACTOR_USE);
	bind_blob(&q, id_str(&r->id));
	bind_int(&q, r->counter);
	bind_str(&q, r->data);
	bind_int(&q, r->last_s);
	bind_int(&q, op->factor.was);
	return op_run_cond(&q);
}

enum step
op_factor_spend(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_FACTOR_SPEND);
	bind_blob(&q, id_str(&op->factor.row->id));
	return op_run_cond(&q);
}

enum step
op_factor_rename(struct conn *c, const struct store_op *op)
{
	const struct factor *r = op->factor.row;
	struct query q;

	op_begin(&q, c, SQL_FACTOR_RENAME);
	bind_blob(&q, id_str(&r->id));
	bind_blob(&q, id_str(&r->user));
	bind_str(&q, str_given(r->name) ? r->name : S(""));
	return op_run_cond(&q);
}

static void
factor_fill(struct query *q, struct factor *f)
{
	*f = (struct factor){ .id = get_id(q) };
	f->realm = get_str(q);
	f->user = get_id(q);
	f->kind = get_str(q);
	f->name = get_str(q);
	f->data = get_str(q);
	f->counter = get_int(q);
	f->created_s = get_int(q);
	f->last_s = get_int(q);
}

int
read_factors(struct store *s, struct arena *mem, struct str realm, const struct id16 *user, int max, struct factor *out)
{
	struct query q;
	int n = 0;

	read_begin(&q, s, mem, SQL_FACTORS);
	bind_str(&q, realm);
	bind_blob(&q, id_str(user));
	bind_int(&q, max);
	for (; n < max && query_row(&q); n++)
		factor_fill(&q, &out[n]);
	return read_end_list(&q, s, n);
}
