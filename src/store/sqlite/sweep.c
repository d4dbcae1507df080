/* store/sqlite/sweep.c - expired rows go in slices, each a transaction of its own between the batches of the writer. */
#include "store/sqlite/sqlite_int.h"

static const enum sql slices[] = {
	SQL_SWEEP_TOKENS, SQL_SWEEP_CODES, SQL_SWEEP_FAMILIES, SQL_SWEEP_SESSIONS, SQL_SWEEP_PENDINGS, SQL_SWEEP_APPROVALS,
	SQL_SWEEP_JTIS, SQL_SWEEP_JTI_FAMILIES, SQL_SWEEP_IMPORTS,
	 SQL_SWEEP_THROTTLES, SQL_SWEEP_ONE_TIME, SQL_SWEEP_QUOTAS, SQL_SWEEP_OUTGOING,
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
sqlite_sweep(struct store *door, int64_t now_s, int rows)
{
	struct sqlite_store *s = sqlite_of(door);
	int gone = 0;

	for (size_t i = 0; s->queue != NULL && i < COUNT(slices); i++) {
		struct store_waiter w = { .chore = slice, .now_s = now_s, .kind = (int)i, .rows = rows };

		queue_wait(s->queue, &w);
		gone += w.count;
	}
	return gone;
}
