/* store/records/realm.c - which realms there are, and whether names in them compare without case. */
#include "store/records/records_int.h"

enum step
op_realm_names(struct conn *c, const struct store_op *op)
{
	struct query q;
	enum step r;

	op_begin(&q, c, SQL_REALM_NAMES);
	bind_str(&q, op->names.realm);
	bind_int(&q, op->names.folds);
	r = op_finish(&q);
	if (r != STEP_DONE)
		return r;
	op_begin(&q, c, SQL_REALM_FOLD);
	bind_str(&q, op->names.realm);
	bind_int(&q, op->names.folds);
	return op_finish(&q);
}

enum store_found
read_realm_folds(struct store *s, struct str realm, bool *folds)
{
	struct query q;
	bool found;

	read_begin(&q, s, NULL, SQL_REALM_FOLDS);
	bind_str(&q, realm);
	if ((found = query_row(&q)))
		*folds = get_int(&q) != 0;
	return read_end(&q, s, found);
}

enum store_found
read_realm_salt(struct store *s, struct str realm, struct dig32 *out)
{
	struct query q;
	bool found, given = false;

	read_begin(&q, s, NULL, SQL_REALM_SALT);
	bind_str(&q, realm);
	if ((found = query_row(&q)))
		*out = get_dig(&q, &given);
	return read_end(&q, s, found && given);
}

int
read_names_together(struct store *s, struct arena *mem, struct str realm, int max, struct str (*out)[2])
{
	struct query q;
	int n = 0;

	read_begin(&q, s, mem, SQL_NAMES_TOGETHER);
	bind_str(&q, realm);
	bind_int(&q, max);
	for (; n < max && query_row(&q); n++) {
		out[n][0] = get_str(&q);
		out[n][1] = get_str(&q);
	}
	return read_end_list(&q, s, n);
}

int
read_realms(struct store *s, struct arena *mem, int max, struct str *out)
{
	struct query q;
	int n = 0;

	read_begin(&q, s, mem, SQL_REALMS);
	bind_int(&q, max);
	for (; n < max && query_row(&q); n++)
		out[n] = get_str(&q);
	return read_end_list(&q, s, n);
}
