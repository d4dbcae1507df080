/* store/writer.c - the lists of many callers in one transaction, one sync, then all of them are told. */
#include "store/engine.h"

static bool
verb_run(struct conn *c, enum verb v)
{
	return c->engine->say(c, v);
}

static void
undo(struct conn *c)
{
	/* On a full disk an engine may have rolled back by itself. */
	if (c->engine->in_transaction(c))
		verb_run(c, VERB_ROLLBACK);
}

static void
note_result(struct store *s, bool ok)
{
	bool was = atomic_exchange(&s->failing, !ok);
	struct record r;

	if (ok == !was)
		return;
	if (!ok)
		log_error("store: cannot write %s: %s", s->place, s->engine->trouble(s->writer));
	else
		log_info("store: %s can be written again", s->place);
	record_begin(&r, ok ? EV_store_again : EV_store_failed);
	record_text(&r, "file", str_of(s->place));
	if (!ok)
		record_text(&r, "why", str_of(s->engine->trouble(s->writer)));
	record_end(&r);
}

/* Another thread may know of a later one, by what other processes have written. */
static void
epoch_raise(_Atomic uint64_t *epoch, uint64_t to)
{
	uint64_t now = atomic_load_explicit(epoch, memory_order_relaxed);

	while (now < to
	    && !atomic_compare_exchange_weak_explicit(epoch, &now, to, memory_order_release, memory_order_relaxed))
		;
}

static bool
commit_try(struct store *s)
{
	if (!verb_run(s->writer, VERB_COMMIT)) {
		undo(s->writer);
		return false;
	}
	atomic_fetch_add_explicit(&s->commits, 1, memory_order_release);
	epoch_raise(&s->clients_epoch, s->writer->client_writes);
	return true;
}

/* Of one that is not tried again. */
static bool
write_commit(struct store *s)
{
	bool ok = commit_try(s);

	note_result(s, ok);
	return ok;
}

/* --- one list --------------------------------------------------------------------------------- */

/* A list needs a savepoint when something in it may be refused after something else was written. */
static bool
needs_savepoint(const struct store_waiter *w)
{
	bool wrote = false;

	for (size_t i = 0; i < w->n; i++) {
		if (wrote && op_may_lose(&w->ops[i]))
			return true;
		wrote |= !store_op_only_looks(w->ops[i].kind);
	}
	return false;
}

/*
 * The first operation that does not succeed ends the list; *wrote: something before it may have
 * changed a row.
 */
static enum step
list_steps(struct conn *c, struct store_waiter *w, bool *wrote)
{
	*wrote = false;
	for (size_t i = 0; i < w->n; i++) {
		enum step r = op_run(c, &w->ops[i]);

		w->lost = i;
		if (r != STEP_DONE)
			return r;
		*wrote |= !store_op_only_looks(w->ops[i].kind);
	}
	return STEP_DONE;
}

static bool
is_spoiled(struct conn *c)
{
	return c->engine->is_spoiled != NULL && c->engine->is_spoiled(c);
}

/*
 * False: the transaction cannot go on, because the disk is in trouble or because a list that was
 * expected to pass did not and left something behind. With careful set the latter cannot happen.
 */
static bool
list_run(struct conn *c, struct store_waiter *w, bool careful)
{
	bool save = careful || (!c->hurry && needs_savepoint(w)), wrote;
	enum step r;

	if (save && !verb_run(c, VERB_SAVE))
		return false;
	r = list_steps(c, w, &wrote);
	w->result = r == STEP_DONE ? STORE_DONE : r == STEP_LOST ? STORE_LOST : STORE_FAILED;
	if (r != STEP_DONE && !save && (wrote || is_spoiled(c)))
		return false;
	if (r == STEP_FAILED && (!careful || !c->engine->in_transaction(c) || c->engine->is_broken(c)))
		return false;
	if (save && r != STEP_DONE && !verb_run(c, VERB_SAVE_UNDO))
		return false;
	return !save || verb_run(c, VERB_SAVE_DONE);
}

/* --- a batch ---------------------------------------------------------------------------------- */

enum outcome { BATCH_DONE, BATCH_FAILED, BATCH_AGAIN };

static enum outcome
batch_try(struct store *s, struct store_waiter *batch, bool careful)
{
	struct conn *c = s->writer;

	c->hurry = !careful && c->engine->expect != NULL;
	if (!verb_run(c, VERB_BEGIN))
		return BATCH_FAILED;
	for (struct store_waiter *w = batch; w != NULL; w = w->next) {
		if (w->n == 0 || list_run(c, w, careful))
			continue;
		undo(c);
		return careful ? BATCH_FAILED : BATCH_AGAIN;
	}
	if (commit_try(s))
		return BATCH_DONE;
	return c->hurry ? BATCH_AGAIN : BATCH_FAILED;
}

/* Another transaction was in the way, or the connection was lost: the engine knows. Or the first try was in a hurry. */
static bool
is_tried_again(struct store *s, enum outcome o, bool careful, int tries)
{
	enum retry r = s->engine->retry != NULL ? s->engine->retry(s->writer, tries) : RETRY_NO;

	return r == RETRY_MAY_PASS || (r == RETRY_NO && o == BATCH_AGAIN && !careful);
}

/*
 * Try at full speed; if one list spoils it, again with every list in a savepoint, so that it
 * spoils itself only.
 */
static void
batch_commit(struct store *s, struct store_waiter *batch)
{
	bool careful = false, again = true;
	enum outcome o = BATCH_FAILED;

	for (int tries = 0; again && (o = batch_try(s, batch, careful)) != BATCH_DONE; tries++) {
		again = is_tried_again(s, o, careful, tries);
		careful |= o == BATCH_AGAIN;
	}
	s->writer->hurry = false;
	note_result(s, o == BATCH_DONE);
	if (o == BATCH_DONE)
		return;
	for (struct store_waiter *w = batch; w != NULL; w = w->next)
		w->result = STORE_FAILED;
}

static void
write_batch(void *store, struct store_waiter *batch)
{
	struct store *s = store;
	bool lists = false;

	for (struct store_waiter *w = batch; w != NULL; w = w->next)
		lists |= w->n > 0;
	if (lists)
		batch_commit(s, batch);
	for (struct store_waiter *w = batch; w != NULL; w = w->next)
		if (w->n == 0)
			w->count = w->chore(s, w);
}

/* --- doors ------------------------------------------------------------------------------------ */

enum store_result
writer_commit(struct store *s, const struct store_op *ops, size_t n, size_t *lost)
{
	struct store_waiter w = { .ops = ops, .n = n };

	if (s->queue == NULL)
		return STORE_FAILED;
	queue_wait(s->queue, &w);
	if (w.result == STORE_LOST && lost != NULL)
		*lost = w.lost;
	return w.result;
}

bool
writer_commit_later(struct store *s, struct arena *mem, const struct store_op *ops, size_t n,
    void (*done)(void *ctx, enum store_result r), void *ctx)
{
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
	struct store *s = store;

	if (!verb_run(s->writer, VERB_BEGIN))
		return 0;
	if (!s->engine->probe(s->writer, w->now_s)) {
		undo(s->writer);
		return 0;
	}
	return write_commit(s);
}

bool
writer_probe(struct store *s)
{
	struct store_waiter w = { .chore = probe, .now_s = clock_now_s() };

	queue_wait(s->queue, &w);
	return w.count == 1;
}

bool
store_ready(struct store *s)
{
	if (s->queue == NULL || atomic_load(&s->away))
		return s->queue == NULL;
	return !atomic_load(&s->failing) || writer_probe(s);
}

bool
writer_start(struct store *s)
{
	s->queue = queue_start(write_batch, s->engine->rest, s);
	return s->queue != NULL;
}

void
writer_stop(struct store *s)
{
	queue_stop(s->queue);
}

static int
epoch_moves(void *store, const struct store_waiter *w)
{
	struct store *s = store;

	(void)w;
	s->writer->client_writes++;
	epoch_raise(&s->clients_epoch, s->writer->client_writes);
	return 0;
}

/* On the writer's thread, which alone counts. */
void
writer_epoch_moves(struct store *s)
{
	struct store_waiter w = { .chore = epoch_moves };

	queue_wait(s->queue, &w);
}

/* --- expired rows go in slices, each a transaction of its own between the batches ------------- */

static const enum sql slices[STORE_KINDS] = {
#define X(kind) [STORE_KIND_##kind] = SQL_SWEEP_##kind,
	STORE_EXPIRING(X)
#undef X
};

static int
slice(void *store, const struct store_waiter *w)
{
	struct store *s = store;
	struct query q;
	int gone;
	bool ok;

	if (!verb_run(s->writer, VERB_BEGIN))
		return 0;
	query_begin(&q, s->writer, NULL, slices[w->kind]);
	bind_int(&q, w->now_s);
	bind_int(&q, w->rows);
	query_row(&q);
	gone = q.state == QUERY_FAILED ? 0 : s->engine->changed(&q);
	ok = query_end(&q, true) == FOUND;
	if (!ok)
		undo(s->writer);
	return ok && write_commit(s) ? gone : 0;
}

int
store_sweep(struct store *s, int64_t now_s, int rows, int64_t gone[STORE_KINDS])
{
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
