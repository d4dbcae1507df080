/* store/records/imports.c - what imports took from old servers, which the next import compares. */
#include "store/records/records_int.h"

static void
key_bind(struct query *q, const struct imported *k)
{
	bind_str(q, k->realm);
	bind_str(q, k->source);
	bind_int(q, k->kind);
	bind_blob(q, id_str(&k->what));
}

enum step
op_imported_put(struct conn *c, const struct store_op *op)
{
	const struct imported *r = op->imported;
	struct query q;

	op_begin(&q, c, SQL_IMPORTED_PUT);
	key_bind(&q, r);
	bind_str(&q, r->base);
	bind_int(&q, r->version);
	bind_int(&q, r->at_s);
	bind_int(&q, r->expires_s);
	return op_finish(&q);
}

enum step
op_imported_drop(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_IMPORTED_DROP);
	key_bind(&q, op->imported);
	return op_finish(&q);
}

enum step
op_imports_forget(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_IMPORTS_FORGET);
	bind_str(&q, op->imported->realm);
	bind_str(&q, op->imported->source);
	return op_finish(&q);
}

static void
imported_get(struct query *q, struct imported *r)
{
	r->realm = get_str(q);
	r->source = get_str(q);
	r->kind = (char)get_int(q);
	r->what = get_id(q);
	r->base = get_str(q);
	r->version = get_int(q);
	r->at_s = get_int(q);
	r->expires_s = get_int(q);
}

enum store_found
read_imported(struct store *s, struct arena *mem, const struct imported *key, struct imported *out)
{
	struct query q;
	bool found;

	read_begin(&q, s, mem, SQL_IMPORTED);
	key_bind(&q, key);
	if ((found = query_row(&q)))
		imported_get(&q, out);
	return read_end(&q, s, found);
}

int
read_imports(struct store *s, struct arena *mem, const struct imported *after, int max, struct imported *out)
{
	struct query q;
	int n = 0;

	read_begin(&q, s, mem, SQL_IMPORTS);
	key_bind(&q, after);
	bind_int(&q, max);
	for (; n < max && query_row(&q); n++)
		imported_get(&q, &out[n]);
	return read_end_list(&q, s, n);
}
