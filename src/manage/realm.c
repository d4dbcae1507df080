/* manage/realm.c - what a realm as a whole is told: whether its user names compare without case. */
#include "manage/manage_int.h"

#define PAIRS_SHOWN 5

bool
realm_folds(struct job *j, struct str realm, bool *folds)
{
	*folds = true;                          /* of one that is about to begin */
	return store_realm_folds(j->store, realm, folds) != FIND_FAILED || job_store_failed(j);
}

bool
realm_show(struct job *j)
{
	struct str realm;
	struct buf b;
	bool folds = true;
	enum store_found found;

	if (!job_realm(j, &realm))
		return false;
	if ((found = store_realm_folds(j->store, realm, &folds)) == FIND_FAILED)
		return job_store_failed(j);
	answer_open(j, &b);
	jm_str(&b, S("realm"), realm);
	jm_str(&b, S("names"), folds ? S("fold") : S("exact"));
	jm_bool(&b, S("begun"), found == FOUND);
	return answer_close(j, &b);
}

/* Who is who would be for the first login to say. */
static bool
no_names_fall_together(struct job *j, struct str realm)
{
	struct str pairs[PAIRS_SHOWN][2];
	int n = store_names_together(j->store, j->mem, realm, PAIRS_SHOWN, pairs);
	struct buf b;

	if (n <= 0)
		return n == 0 || job_store_failed(j);
	buf_init(&b, j->mem, 4096);
	for (int i = 0; i < n; i++)
		buf_printf(&b, "%s\"%.*s\" and \"%.*s\"", i > 0 ? ", " : "", STR_ARG(pairs[i][0]),
		    STR_ARG(pairs[i][1]));
	return job_refuse(j, "exists", "rename or delete one of each first",
	    "realm \"%.*s\" has users whose names differ by case only: %.*s", STR_ARG(realm), STR_ARG(buf_str(&b)));
}

bool
realm_set(struct job *j)
{
	struct str realm, names = job_arg(j, "names");
	struct store_op op = { .kind = OP_REALM_NAMES };

	if (!job_realm(j, &realm))
		return false;
	if (!str_is(names, "fold") && !str_is(names, "exact"))
		return job_refuse(j, "invalid", "fold: upper and lower case are one; exact: they are two",
		    "\"names\" (--names) must be fold or exact");
	op.names.realm = realm;
	op.names.folds = str_is(names, "fold");
	if (op.names.folds && !no_names_fall_together(j, realm))
		return false;
	return job_commit(j, &op, 1) && realm_show(j);
}
