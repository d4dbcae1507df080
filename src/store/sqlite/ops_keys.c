/* store/sqlite/ops_keys.c - writes of keys, each on the condition of the row it stands on, and of many revoked ids at once. */
#include "store/sqlite/ops_int.h"

enum step
op_jtis_revoke(struct conn *c, const struct store_op *op)
{
	enum step r = STEP_DONE;

	for (size_t i = 0; r == STEP_DONE && i < op->jtis.n; i++)
		r = op_jti_revoke(c, &(struct store_op){ .kind = OP_JTI_REVOKE, .jti = { op->jtis.digests[i], op->jtis.expires_s } });
	return r;
}

enum step
op_key_add(struct conn *c, const struct store_op *op)
{
	const struct key_row *r = op->key;
	struct query q;

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
	op_begin(&q, c, SQL_KEYS_FORGET);
	return op_finish(&q);
}
