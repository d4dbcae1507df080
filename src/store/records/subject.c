/* store/records/subject.c - whose a pairwise subject is, which says nothing of it. */
#include "store/records/records_int.h"

enum step
op_subject_keep(struct conn *c, const struct store_op *op)
{
	struct query q;

	op_begin(&q, c, SQL_SUBJECT_KEEP);
	bind_str(&q, op->subject.issuer);
	bind_dig(&q, &op->subject.subject);
	bind_blob(&q, id_str(&op->subject.user));
	return op_finish(&q);
}

enum store_found
read_subject_user(struct store *s, struct str issuer, const struct dig32 *subject, struct id16 *user)
{
	struct query q;
	bool found;

	read_begin(&q, s, NULL, SQL_SUBJECT_USER);
	bind_str(&q, issuer);
	bind_dig(&q, subject);
	if ((found = query_row(&q)))
		*user = get_id(&q);
	return read_end(&q, s, found);
}
