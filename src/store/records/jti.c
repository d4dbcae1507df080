/* store/records/jti.c - ids of signed tokens: to which family they lead, and which are revoked. */
#include "store/records/records_int.h"

enum step
op_jti_add(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_JTI_ADD);
	bind_dig(&q, &op->jti.digest);
	bind_blob(&q, id_str(&op->jti.family));
	bind_int(&q, op->jti.expires_s);
	return op_finish(&q);
}

enum step
op_jti_revoke(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_JTI_REVOKE);
	bind_dig(&q, &op->jti.digest);
	bind_int(&q, op->jti.expires_s);
	return op_finish(&q);
}

enum step
op_jtis_revoke(struct conn *c, const struct store_op *op)
{
	enum step r = STEP_DONE;

	for (size_t i = 0; r == STEP_DONE && i < op->jtis.n; i++)
		r = op_jti_revoke(c, &(struct store_op){
			.kind = OP_JTI_REVOKE, .jti = { op->jtis.digests[i], op->jtis.expires_s },
		});
	return r;
}

enum store_found
read_jti_revoked(struct store *s, const struct dig32 *jti)
{
	struct query q;

	read_begin(&q, s, NULL, SQL_JTI);
	bind_dig(&q, jti);
	return read_end(&q, s, query_row(&q));
}

enum store_found
read_jti_family(struct store *s, const struct dig32 *jti, struct id16 *family)
{
	struct query q;
	bool found;

	read_begin(&q, s, NULL, SQL_JTI_FAMILY);
	bind_dig(&q, jti);
	if ((found = query_row(&q)))
		*family = get_id(&q);
	return read_end(&q, s, found);
}
