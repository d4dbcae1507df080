/*
 * store/sqlite/names.c - whether names of a realm compare without case: the rule, and what a change
 * of it finds and does.
 */
#include "store/sqlite/ops_int.h"

/* Rare ones, each with a function of this connection that no other program has. Not prepared for good. */
static const char fold_all[] =
    "UPDATE users SET fold = CASE WHEN ?2 AND coalesce(origin, '') = '' THEN name_fold(name) END WHERE realm = ?1";
static const char names_together[] =
    "SELECT min(name), max(name) FROM users WHERE realm = ?1 AND coalesce(origin, '') = ''"
    " GROUP BY name_fold(name) HAVING count(*) > 1 ORDER BY 1 LIMIT ?2";

static sqlite3_stmt *
rare(struct conn *c, const char *sql, struct str realm, int64_t number)
{
	sqlite3_stmt *st = NULL;

	if (sqlite3_prepare_v2(c->db, sql, -1, &st, NULL) == SQLITE_OK
	    && sqlite3_bind_text64(st, 1, realm.p, realm.n, SQLITE_STATIC, SQLITE_UTF8) == SQLITE_OK
	    && sqlite3_bind_int64(st, 2, number) == SQLITE_OK)
		return st;
	sqlite3_finalize(st);
	return NULL;
}

enum step
op_realm_names(struct conn *c, const struct store_op *op)
{
	struct query q;
	sqlite3_stmt *st;
	enum step r;
	int rc;

	op_begin(&q, c, SQL_REALM_NAMES);
	bind_str(&q, op->names.realm);
	bind_int(&q, op->names.folds);
	r = op_finish(&q);
	if (r != STEP_DONE)
		return r;
	st = rare(c, fold_all, op->names.realm, op->names.folds);
	rc = st != NULL ? sqlite3_step(st) : SQLITE_ERROR;
	sqlite3_finalize(st);
	return rc == SQLITE_DONE ? STEP_DONE : (rc & 0xff) == SQLITE_CONSTRAINT ? STEP_LOST : STEP_FAILED;
}

enum store_found
sqlite_realm_folds(struct store *s, struct str realm, bool *folds)
{
	struct query q;
	bool found;

	read_begin(&q, s, NULL, SQL_REALM_FOLDS);
	bind_str(&q, realm);
	if ((found = query_row(&q)))
		*folds = get_int(&q) != 0;
	return read_end(&q, s, found);
}

int
sqlite_names_together(struct store *s, struct arena *mem, struct str realm, int max, struct str (*out)[2])
{
	sqlite3_stmt *st;
	struct query q;
	int n = 0, rc;

	read_begin(&q, s, NULL, SQL_REALM_FOLDS);       /* on a reader that sees the newest commit */
	bind_str(&q, realm);
	st = rare(q.conn, names_together, realm, max);
	rc = st != NULL ? SQLITE_ROW : SQLITE_ERROR;
	while (n < max && (rc == SQLITE_ROW) && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		for (int i = 0; i < 2; i++)
			out[n][i] = arena_dup(mem, str_span(sqlite3_column_text(st, i), (size_t)sqlite3_column_bytes(st, i)));
		n++;
	}
	sqlite3_finalize(st);
	read_end(&q, s, query_row(&q));
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? n : -1;
}
