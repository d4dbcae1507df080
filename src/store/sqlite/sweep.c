/* store/sqlite/sweep.c - expired rows go in slices, each a transaction of its own between the batches of the writer. */
#include "store/sqlite/sqlite_int.h"

static const enum sql slices[STORE_KINDS] = {
	[STORE_KIND_tokens] = SQL_SWEEP_TOKENS,
	[STORE_KIND_codes] = SQL_SWEEP_CODES,
	[STORE_KIND_families] = SQL_SWEEP_FAMILIES,
	[STORE_KIND_sessions] = SQL_SWEEP_SESSIONS,
	[STORE_KIND_pendings] = SQL_SWEEP_PENDINGS,
	[STORE_KIND_approvals] = SQL_SWEEP_APPROVALS,
	[STORE_KIND_revoked_jtis] = SQL_SWEEP_JTIS,
	[STORE_KIND_jtis] = SQL_SWEEP_JTI_FAMILIES,
	[STORE_KIND_imports] = SQL_SWEEP_IMPORTS,
	[STORE_KIND_throttles] = SQL_SWEEP_THROTTLES,
	[STORE_KIND_one_time_codes] = SQL_SWEEP_ONE_TIME,
	[STORE_KIND_quotas] = SQL_SWEEP_QUOTAS,
	[STORE_KIND_outgoing] = SQL_SWEEP_OUTGOING,
};

static int
slice(void *store, const struct store_waiter *w)
{
	struct sqlite_store *s = store;
	struct query q;
	int gone;
	bool ok;

	if (!write_begin(&s->writer))
		return 0;
	query_begin(&q, &s->writer, NULL, slices[w->kind]);
	bind_int(&q, w->now_s);
	bind_int(&q, w->rows);
	query_row(&q);
	gone = sqlite3_changes(s->writer.db);
	ok = query_end(&q, true) == FOUND;
	if (!ok)
		write_undo(&s->writer);
	return ok && write_commit(s) ? gone : 0;
}

int
sqlite_sweep(struct store *door, int64_t now_s, int rows, int64_t gone[STORE_KINDS])
{
	struct sqlite_store *s = sqlite_of(door);
	int all = 0;

	for (size_t i = 0; s->queue != NULL && i < COUNT(slices); i++) {
		struct store_waiter w = { .chore = slice, .now_s = now_s, .kind = (int)i, .rows = rows };

		queue_wait(s->queue, &w);
		all += w.count;
		if (gone != NULL)
			gone[i] += w.count;
	}
	return all;
}
