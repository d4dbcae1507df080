/* outbound/outbox.c - a few threads that send what is written down, and what becomes of it. */
#include "outbound/outbox_int.h"

#include <time.h>

#define RUN_MAX      (512 * 1024)       /* all that one try needs, the answer included */
#define QUICK_US     1000000            /* who fails in this time is asked once more at once; who hangs is not */
#define ROUND_US     30000000           /* then after half a minute, a minute, two, at most eight */
#define ROUNDS_DEEP  4
#define PAGE         32                 /* rows read at a time */

/* --- one errand ------------------------------------------------------------------------------- */

/* Told once for each message, however often it is tried. */
static void
note_failure(struct outbox *o, struct errand *e, const struct errand_report *r)
{
	bool due;

	if (e->rounds == 0)
		atomic_fetch_add(&o->failed, 1);
	pthread_mutex_lock(&o->lock);
	due = queue_line_is_due(e->queue, r->wrong, clock_mono_us());
	pthread_mutex_unlock(&o->lock);
	if (due)
		log_warn("%s %.*s: %s (status %d)", say(o->setup.kind->line), STR_ARG(e->shown),
		    say(r->wrong), r->status);
}

/* shown: whom it was for, as far as the log may know; absent: several. */
static void
dropped_record(const struct outbox *o, int n, struct str shown, const char *why)
{
	struct record r;

	record_begin(&r, EV_message_dropped);
	record_text(&r, "what", str_of(say(o->setup.kind->plural)));
	record_int(&r, "n", n);
	record_text(&r, "to", shown);
	record_text(&r, "why", str_of(say(why)));
	record_end(&r);
}

static void
forget(struct outbox *o, struct errand *e, bool well)
{
	pthread_mutex_lock(&o->lock);
	queue_did(e->queue, well, clock_mono_us());
	queue_leave(o, e);
	pthread_cond_broadcast(&o->work);
	pthread_mutex_unlock(&o->lock);
	errand_free(e);
}

static void
put_back(struct outbox *o, struct errand *e, bool quick)
{
	int64_t now_us = clock_mono_us();
	int deep = e->rounds < ROUNDS_DEEP ? e->rounds : ROUNDS_DEEP;

	if (quick)
		e->again = true;
	else
		e->rounds++;
	pthread_mutex_lock(&o->lock);
	queue_did(e->queue, false, now_us);
	if (quick)
		queue_ready(e);
	else
		queue_later(e, now_us + ((int64_t)ROUND_US << deep));
	pthread_cond_broadcast(&o->work);
	pthread_mutex_unlock(&o->lock);
}

/* L12: nobody is handed a message that is not marked. */
static enum errand_end
errand_try(struct outbox *o, struct errand *e, struct errand_report *r)
{
	const struct outbox_setup *s = &o->setup;
	struct outbox_issuer i = { 0 };
	enum errand_end end = ERRAND_REFUSED;
	struct arena mem;
	void *held;

	if (s->kind->at_most_once)
		switch (row_mark(o, e, true)) {
		case STORE_DONE: break;
		case STORE_LOST: r->wrong = say("its user was deleted"); return ERRAND_REFUSED;
		case STORE_FAILED: r->wrong = say("the store cannot write"); return ERRAND_LATER;
		}
	r->wrong = say("its issuer is not configured any more");
	held = s->issuers.hold(s->issuers.ctx, e->row.issuer, &i);
	if (held == NULL)
		return ERRAND_REFUSED;
	arena_init(&mem, RUN_MAX);
	end = s->kind->send(&mem, e->payload, &i, r);
	arena_free(&mem);
	s->issuers.release(held);
	if (end == ERRAND_LATER && s->kind->at_most_once)
		row_mark(o, e, false);
	return end;
}

static void
settle(struct outbox *o, const struct errand *e, enum errand_end end, const struct errand_report *r)
{
	if (o->setup.kind->settled != NULL)
		o->setup.kind->settled(o->setup.store, &e->row, e->payload, end, r);
}

static void
errand_run(struct outbox *o, struct errand *e)
{
	struct errand_report r = { .wrong = "it waited until its time was over, and is not sent" };
	int64_t begun_us = clock_mono_us();
	enum errand_end end = clock_now_s() < e->row.not_after_s ? errand_try(o, e, &r) : ERRAND_REFUSED;
	bool quick = !e->again && clock_mono_us() - begun_us < QUICK_US;

	settle(o, e, end, &r);
	if (end != ERRAND_LATER)
		row_delete(o, &e->row);         /* before it is counted */
	if (end == ERRAND_REFUSED || (end == ERRAND_LATER && !quick))
		note_failure(o, e, &r);
	if (end == ERRAND_REFUSED)
		dropped_record(o, 1, e->shown, r.wrong);
	if (end == ERRAND_LATER)
		put_back(o, e, quick);
	else
		forget(o, e, end == ERRAND_DONE);
	if (end == ERRAND_DONE)
		atomic_fetch_add(&o->sent, 1);
}

/* --- the threads ------------------------------------------------------------------------------ */

static void
wait_until(struct outbox *o, int64_t wake_us)
{
	struct timespec until = { .tv_sec = (time_t)(wake_us / 1000000), .tv_nsec = (long)(wake_us % 1000000 * 1000) };

	if (wake_us == INT64_MAX)
		pthread_cond_wait(&o->work, &o->lock);
	else
		pthread_cond_timedwait(&o->work, &o->lock, &until);
}

/* Waits; NULL at the end. */
static struct errand *
next_errand(struct outbox *o)
{
	struct errand *e = NULL;
	int64_t wake_us;

	pthread_mutex_lock(&o->lock);
	while (!o->ending && (e = queue_take(o, clock_mono_us(), &wake_us)) == NULL)
		wait_until(o, wake_us);
	pthread_mutex_unlock(&o->lock);
	return e;
}

static void *
work(void *p)
{
	struct outbox *o = p;

	for (struct errand *e; (e = next_errand(o)) != NULL;)
		errand_run(o, e);
	return NULL;
}

/* With the first errand: most servers have none. Under the lock. */
static void
threads_start(struct outbox *o)
{
	while (o->n_threads < o->setup.threads && pthread_create(&o->threads[o->n_threads], NULL, work, o) == 0)
		o->n_threads++;
	if (o->n_threads == 0)
		log_error("no thread can be started for %s: they wait; raise the limit of processes (ulimit -u)",
		    say(o->setup.kind->plural));
}

static void
post(struct outbox *o, struct errand *e)
{
	queue_ready(e);
	threads_start(o);
	pthread_cond_signal(&o->work);
}

/* --- what the last run left ------------------------------------------------------------------- */

struct leftovers { int sent, old, unknown, unreadable; };

static void
leftover_is_old(struct outbox *o, const struct outgoing *row)
{
	struct errand *e = errand_read(o, row);

	if (e == NULL)
		return;
	settle(o, e, ERRAND_REFUSED, &(struct errand_report){ .wrong = say("their time was over before this start") });
	errand_free(e);
}

static bool
is_held(struct outbox *o, const struct outgoing *row)
{
	bool yes;

	pthread_mutex_lock(&o->lock);
	yes = queue_holds(o, &row->id);
	pthread_mutex_unlock(&o->lock);
	return yes;
}

static void
leftover_take(struct outbox *o, const struct outgoing *row, struct leftovers *n)
{
	bool old = clock_now_s() >= row->not_after_s, unknown = row->begun && o->setup.kind->at_most_once;
	struct errand *e = old || unknown ? NULL : errand_read(o, row);
	struct queue *queue;
	struct arena mem;

	if (is_held(o, row) || (unknown && !old && store_is_shared(o->setup.store)))
		return;                         /* another node may be sending it now; what it leaves goes when its time is over */
	if (old)
		leftover_is_old(o, row);
	if (e == NULL) {
		*(old ? &n->old : unknown ? &n->unknown : &n->unreadable) += 1;
		row_delete(o, row);
		return;
	}
	arena_init(&mem, 64 * 1024);
	pthread_mutex_lock(&o->lock);
	e->queue = queue = queue_place(o, o->setup.kind->neighbour(&mem, e->payload), true);
	if (queue != NULL)
		queue_hold(o, e);
	if (queue != NULL)
		post(o, e);                     /* a thread may have sent and freed it once the lock is free */
	pthread_mutex_unlock(&o->lock);
	arena_free(&mem);
	if (queue == NULL)
		errand_free(e);                 /* written down still: the next start */
	n->sent++;
}

void
outbox_resume(struct outbox *o)
{
	const char *plural = say(o->setup.kind->plural);
	struct outgoing rows[PAGE];
	struct leftovers n = { 0 };
	struct id16 after = { { 0 } };
	struct arena mem;
	int got;

	arena_init(&mem, PAGE * 128 * 1024);
	while ((got = store_outgoing(o->setup.store, &mem, o->setup.kind->letter, &after, PAGE, rows)) > 0) {
		for (int i = 0; i < got; i++)
			leftover_take(o, &rows[i], &n);
		after = rows[got - 1].id;
		arena_reset(&mem);
	}
	arena_free(&mem);
	if (got < 0)
		log_error("%s that were written down before the last stop cannot be read; they wait for the next start",
		    plural);
	if (n.sent > 0)
		log_info("%d %s that were written down before the last stop are sent now", n.sent, plural);
	if (n.old + n.unknown + n.unreadable > 0)
		log_warn("%d %s from before the last stop are not sent: "
		    "%d past their time, %d that may have been sent already, %d unreadable",
		    n.old + n.unknown + n.unreadable, plural, n.old, n.unknown, n.unreadable);
	if (n.old > 0)
		dropped_record(o, n.old, STR_ABSENT, "their time was over before this start");
	if (n.unknown > 0)
		dropped_record(o, n.unknown, STR_ABSENT, "they may have been sent before the last stop");
	if (n.unreadable > 0)
		dropped_record(o, n.unreadable, STR_ABSENT, "they cannot be read");
}

/* --- from outside ----------------------------------------------------------------------------- */

struct outbox *
outbox_new(const struct outbox_setup *s)
{
	struct outbox *o = calloc(1, sizeof *o);
	pthread_condattr_t attr;

	if (o == NULL)
		return NULL;
	o->setup = *s;
	if (o->setup.threads > OUTBOX_THREADS_MAX)
		o->setup.threads = OUTBOX_THREADS_MAX;
	memcpy(o->key, s->key, sizeof o->key);
	pthread_mutex_init(&o->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&o->work, &attr);
	pthread_condattr_destroy(&attr);
	return o;
}

void
outbox_free(struct outbox *o)
{
	if (o == NULL)
		return;
	pthread_mutex_lock(&o->lock);
	o->ending = true;
	pthread_cond_broadcast(&o->work);
	pthread_mutex_unlock(&o->lock);
	for (int i = 0; i < o->n_threads; i++)
		pthread_join(o->threads[i], NULL);
	if (o->places > 0)
		log_info("%d %s wait; they are written down and sent after the next start",
		    o->places, say(o->setup.kind->plural));
	queues_free(o);
	pthread_cond_destroy(&o->work);
	pthread_mutex_destroy(&o->lock);
	explicit_bzero(o->key, sizeof o->key);
	free(o);
}

struct errand *
outbox_prepare(struct outbox *o, struct str issuer, struct str payload, int64_t not_after_s)
{
	struct errand *e = errand_new(o, issuer, payload, not_after_s);
	struct str neighbour;

	if (e != NULL) {
		neighbour = o->setup.kind->neighbour(&e->mem, payload);
		pthread_mutex_lock(&o->lock);
		e->queue = str_given(neighbour) ? queue_place(o, neighbour, false) : NULL;
		if (e->queue != NULL)
			queue_hold(o, e);
		pthread_mutex_unlock(&o->lock);
	}
	if (e != NULL && e->queue != NULL)
		return e;
	if (e != NULL)
		errand_free(e);
	atomic_fetch_add(&o->dropped, 1);
	dropped_record(o, 1, STR_ABSENT, "too many wait already");
	return NULL;
}

const struct outgoing *
errand_row(const struct errand *e)
{
	return &e->row;
}

void
outbox_post(struct outbox *o, struct errand *e)
{
	pthread_mutex_lock(&o->lock);
	post(o, e);
	pthread_mutex_unlock(&o->lock);
}

void
outbox_cancel(struct outbox *o, struct errand *e)
{
	pthread_mutex_lock(&o->lock);
	queue_leave(o, e);
	pthread_mutex_unlock(&o->lock);
	errand_free(e);
}

void
outbox_counts(struct outbox *o, struct outbox_counts *out)
{
	*out = (struct outbox_counts){ atomic_load(&o->sent), atomic_load(&o->failed), atomic_load(&o->dropped), 0 };
	pthread_mutex_lock(&o->lock);
	out->waiting = o->places;
	pthread_mutex_unlock(&o->lock);
}
