/* store/records/key.c - keys, each write on the condition of the row it stands on. */
#include "store/records/records_int.h"

enum step
op_key_add(struct conn *c, const struct store_op *op)
{
	const struct key_row *r = op->key;
	struct query q;

	c->key_writes++;
	op_begin(&q, c, SQL_KEY_ADD);
	bind_str(&q, r->issuer);
	bind_str(&q, r->kid);
	bind_str(&q, r->alg);
	bind_str(&q, r->state);
	bind_blob(&q, r->sealed);
	bind_int(&q, r->created_s);
	bind_int(&q, r->active_s);
	bind_int(&q, r->retired_s);
	return op_run_cond(&q);
}

enum step
op_key_change(struct conn *c, const struct store_op *op)
{
	const struct key_row *r = op->key;
	struct query q;

	c->key_writes++;
	op_begin(&q, c, SQL_KEY_CHANGE);
	bind_str(&q, r->issuer);
	bind_str(&q, r->kid);
	bind_str(&q, r->was);
	bind_str(&q, r->state);
	bind_blob(&q, r->sealed);
	bind_int(&q, r->active_s);
	bind_int(&q, r->retired_s);
	return op_run_cond(&q);
}

enum step
op_key_delete(struct conn *c, const struct store_op *op)
{
	const struct key_row *r = op->key;
	struct query q;

	c->key_writes++;
	op_begin(&q, c, SQL_KEY_DELETE);
	bind_str(&q, r->issuer);
	bind_str(&q, r->kid);
	bind_str(&q, r->was);
	return op_run_cond(&q);
}

enum step
op_keys_forget(struct conn *c, const struct store_op *op)
{
	struct query q;

	(void)op;
	c->key_writes++;
	op_begin(&q, c, SQL_KEYS_FORGET);
	return op_finish(&q);
}


int
read_keys(struct store *s, struct arena *mem, struct str issuer, int max, struct key_row *out)
{
	struct query q;
	int n = 0;

	read_begin(&q, s, mem, SQL_KEYS);
	bind_str(&q, issuer);
	bind_int(&q, max);
	for (; n < max && query_row(&q); n++) {
		struct key_row *k = &out[n];

		k->issuer = get_str(&q);
		k->kid = get_str(&q);
		k->alg = get_str(&q);
		k->state = get_str(&q);
		k->sealed = get_blob(&q);
		k->created_s = get_int(&q);
		k->active_s = get_int(&q);
		k->retired_s = get_int(&q);
	}
	return read_end_list(&q, s, n);
}

enum store_found
read_has_keys(struct store *s)
{
	struct query q;

	read_begin(&q, s, NULL, SQL_KEYS_ANY);
	return read_end(&q, s, query_row(&q));
}
