/* store/sqlite/write.c - the writer: the lists of many callers in one transaction, one sync, then all of them are told. */
#include <unistd.h>
#include "store/sqlite/sqlite_int.h"

static bool
say(struct conn *c, enum sql which)
{
	struct query q;

	query_begin(&q, c, NULL, which);
	query_row(&q);
	return query_end(&q, true) == FOUND;
}

bool
write_begin(struct conn *c)
{
	return say(c, SQL_BEGIN);
}

void
write_undo(struct conn *c)
{
	/* On a full disk SQLite may have rolled back by itself. */
	if (!sqlite3_get_autocommit(c->db))
		say(c, SQL_ROLLBACK);
}

static void
note_result(struct sqlite_store *s, bool ok)
{
	bool was = atomic_exchange(&s->failing, !ok);
	struct record r;

	if (ok == !was)
		return;
	if (!ok)
		log_error("store: cannot write %s: %s", s->file, sqlite3_errmsg(s->writer.db));
	else
		log_info("store: %s can be written again", s->file);
	record_begin(&r, ok ? EV_store_again : EV_store_failed);
	record_text(&r, "file", str_of(s->file));
	if (!ok)
		record_text(&r, "why", str_of(sqlite3_errmsg(s->writer.db)));
	record_end(&r);
}

bool
write_commit(struct sqlite_store *s)
{
	bool ok = say(&s->writer, SQL_COMMIT);

	note_result(s, ok);
	if (ok) {
		atomic_fetch_add_explicit(&s->commits, 1, memory_order_release);
		atomic_store_explicit(&s->door.clients_epoch, s->writer.client_writes, memory_order_release);
	} else
		write_undo(&s->writer);
	return ok;
}

/* --- one list ------------------------------------------------------------------------------------------------------------- */

/* A list needs a savepoint when something in it may be refused after something else was written. */
static bool
needs_savepoint(const struct store_waiter *w)
{
	bool wrote = false;

	for (size_t i = 0; i < w->n; i++) {
		if (wrote && op_may_lose(&w->ops[i]))
			return true;
		wrote |= op_writes(&w->ops[i]);
	}
	return false;
}

/* The first operation that does not succeed ends the list; *wrote: something before it may have changed a row. */
static enum step
list_steps(struct conn *c, struct store_waiter *w, bool *wrote)
{
	*wrote = false;
	for (size_t i = 0; i < w->n; i++) {
		enum step r = op_run(c, &w->ops[i]);

		w->lost = i;
		if (r != STEP_DONE)
			return r;
		*wrote |= op_writes(&w->ops[i]);
	}
	return STEP_DONE;
}

/* Then SQLite may have rolled back by itself, and the other lists of the batch would fare no better. */
static bool
disk_is_in_trouble(struct conn *c)
{
	int rc = sqlite3_errcode(c->db) & 0xff;

	return sqlite3_get_autocommit(c->db) || rc == SQLITE_FULL || rc == SQLITE_IOERR || rc == SQLITE_READONLY || rc == SQLITE_CORRUPT;
}

/*
 * False: the transaction cannot go on, because the disk is in trouble or because a list that was expected to pass did not and
 * left something behind. With careful set the latter cannot happen.
 */
static bool
list_run(struct conn *c, struct store_waiter *w, bool careful)
{
	bool save = careful || needs_savepoint(w), wrote;
	enum step r;

	if (save && !say(c, SQL_SAVE))
		return false;
	r = list_steps(c, w, &wrote);
	w->result = r == STEP_DONE ? STORE_DONE : r == STEP_LOST ? STORE_LOST : STORE_FAILED;
	if (r != STEP_DONE && !save && wrote)
		return false;
	if (r == STEP_FAILED && (!careful || disk_is_in_trouble(c)))
		return false;
	if (save && r != STEP_DONE && !say(c, SQL_SAVE_UNDO))
		return false;
	return !save || say(c, SQL_SAVE_DONE);
}

/* --- a batch -------------------------------------------------------------------------------------------------------------- */

enum outcome { BATCH_DONE, BATCH_FAILED, BATCH_AGAIN };

static enum outcome
batch_try(struct sqlite_store *s, struct store_waiter *batch, bool careful)
{
	struct conn *c = &s->writer;

	if (!write_begin(c)) {
		note_result(s, false);
		return BATCH_FAILED;
	}
	for (struct store_waiter *w = batch; w != NULL; w = w->next) {
		if (w->n == 0 || list_run(c, w, careful))
			continue;
		if (careful)
			note_result(s, false);
		write_undo(c);
		return careful ? BATCH_FAILED : BATCH_AGAIN;
	}
	return write_commit(s) ? BATCH_DONE : BATCH_FAILED;
}

/* Try at full speed; if one list spoils it, again with every list in a savepoint, so that it spoils itself only. */
static void
batch_commit(struct sqlite_store *s, struct store_waiter *batch)
{
	enum outcome o = batch_try(s, batch, false);

	if (o == BATCH_AGAIN)
		o = batch_try(s, batch, true);
	if (o == BATCH_DONE)
		return;
	for (struct store_waiter *w = batch; w != NULL; w = w->next)
		w->result = STORE_FAILED;
}

void
write_batch(void *store, struct store_waiter *batch)
{
	struct sqlite_store *s = store;
	bool lists = false;

	for (struct store_waiter *w = batch; w != NULL; w = w->next)
		lists |= w->n > 0;
	if (lists)
		batch_commit(s, batch);
	for (struct store_waiter *w = batch; w != NULL; w = w->next)
		if (w->n == 0)
			w->count = w->chore(s, w);
}

/* --- doors ---------------------------------------------------------------------------------------------------------------- */

enum store_result
sqlite_commit(struct store *door, const struct store_op *ops, size_t n, size_t *lost)
{
	struct store_waiter w = { .ops = ops, .n = n };
	struct sqlite_store *s = sqlite_of(door);

	if (s->queue == NULL)
		return STORE_FAILED;
	queue_wait(s->queue, &w);
	if (w.result == STORE_LOST && lost != NULL)
		*lost = w.lost;
	return w.result;
}

bool
sqlite_commit_later(struct store *door, struct arena *mem, const struct store_op *ops, size_t n, void (*done)(void *ctx, enum store_result r), void *ctx)
{
	struct sqlite_store *s = sqlite_of(door);
	struct store_waiter *w = arena_new(mem, struct store_waiter);

	if (s->queue == NULL || w == NULL)
		return false;
	*w = (struct store_waiter){ .ops = ops, .n = n, .done = done, .ctx = ctx };
	queue_post(s->queue, w);
	return true;
}

static int
probe(void *store, const struct store_waiter *w)
{
	struct sqlite_store *s = store;
	struct query q;

	if (!write_begin(&s->writer))
		return 0;
	query_begin(&q, &s->writer, NULL, SQL_PROBE);
	bind_int(&q, w->now_s);
	query_row(&q);
	if (query_end(&q, true) != FOUND) {
		write_undo(&s->writer);
		return 0;
	}
	return write_commit(s);
}

bool
sqlite_ready(struct store *door)
{
	struct sqlite_store *s = sqlite_of(door);
	struct store_waiter w = { .chore = probe, .now_s = clock_now_s() };

	if (s->queue == NULL || !atomic_load(&s->failing))
		return true;
	queue_wait(s->queue, &w);
	return w.count == 1;
}

void
sqlite_stats(struct store *door, struct store_stats *out)
{
	*out = (struct store_stats){ 0 };
	if (sqlite_of(door)->queue != NULL)
		queue_stats(sqlite_of(door)->queue, out);
}
