/* outbound/outbox.c - a few threads that send what is written down, and what becomes of it. */
#include "outbound/outbox_int.h"

#include <time.h>

#define RUN_MAX      (512 * 1024)       /* all that one try needs, the answer included */
#define QUICK_US     1000000            /* who fails in this time is asked once more at once; who hangs is not */
#define ROUND_US     30000000           /* then after half a minute, a minute, two, at most eight */
#define ROUNDS_DEEP  4
#define DELETE_AGAIN_US 5000000         /* what is settled, while the store is in trouble */

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

void
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
wait_again(struct outbox *o, struct errand *e, bool well, int64_t for_us)
{
	int64_t now_us = clock_mono_us();

	pthread_mutex_lock(&o->lock);
	queue_did(e->queue, well, now_us);
	if (for_us == 0)
		queue_ready(e);
	else
		queue_later(e, now_us + for_us);
	pthread_cond_broadcast(&o->work);
	pthread_mutex_unlock(&o->lock);
}

/* How long it waits before the next round. */
static int64_t
pause_us(const struct errand *e)
{
	return (int64_t)ROUND_US << (e->rounds < ROUNDS_DEEP ? e->rounds : ROUNDS_DEEP);
}

static void
put_back(struct outbox *o, struct errand *e, bool quick)
{
	int64_t for_us = quick ? 0 : pause_us(e);

	if (quick)
		e->again = true;
	else
		e->rounds++;
	wait_again(o, e, false, for_us);
}

/* It is settled. As long as its row does not go it is kept in mind, so that nobody takes it for one that waits. */
static void
leave(struct outbox *o, struct errand *e, bool gone)
{
	e->over = true;
	if (gone)
		forget(o, e, e->well);
	else
		wait_again(o, e, e->well, DELETE_AGAIN_US);
}

/* Where a row is marked, before and after each try: what may not come twice (L12), and what others might send too. */
static bool
is_marked(const struct outbox *o)
{
	return o->setup.kind->at_most_once || o->setup.nodes;
}

static enum errand_end
errand_try(struct outbox *o, struct errand *e, struct errand_report *r)
{
	const struct outbox_setup *s = &o->setup;
	struct outbox_issuer i = { 0 };
	enum errand_end end = ERRAND_REFUSED;
	struct arena mem;
	void *held;

	r->wrong = say("its issuer is not configured any more");
	held = s->issuers.hold(s->issuers.ctx, e->row.issuer, &i);
	if (held == NULL)
		return ERRAND_REFUSED;
	arena_init(&mem, RUN_MAX);
	end = s->kind->send(&mem, e->payload, &i, r);
	arena_free(&mem);
	s->issuers.release(held);
	return end;
}

/* False: another node holds it by now, and it is none of ours. Else *end is how it went. */
static bool
errand_go(struct outbox *o, struct errand *e, enum errand_end *end, struct errand_report *r)
{
	int64_t for_s = o->setup.kind->longest_s + OUTBOX_HOLD_S;
	bool held = row_is_held(o, e);
	enum store_result marked = is_marked(o) ? row_mark(o, e, true, for_s) : STORE_DONE;

	*end = ERRAND_LATER;
	r->wrong = say("the store cannot write");
	if (marked == STORE_DONE) {
		*end = errand_try(o, e, r);
	} else if (marked == STORE_LOST) {
		*end = ERRAND_REFUSED;
		r->wrong = say("its user was deleted");
	}
	return marked != STORE_LOST || held;
}

void
errand_settle(struct outbox *o, const struct errand *e, enum errand_end end, const struct errand_report *r)
{
	if (o->setup.kind->settled != NULL)
		o->setup.kind->settled(o->setup.store, &e->row, e->payload, end, r);
}

static void
errand_end(struct outbox *o, struct errand *e, enum errand_end end, const struct errand_report *r, bool quick)
{
	bool gone;

	/* held until it is tried again, for nobody else shall try it sooner */
	if (end == ERRAND_LATER && e->row.begun)
		row_mark(o, e, false, (quick ? 0 : pause_us(e) / 1000000) + OUTBOX_HOLD_S);
	errand_settle(o, e, end, r);
	gone = end != ERRAND_LATER && row_delete(o, &e->row);           /* before it is counted */
	if (end == ERRAND_REFUSED || (end == ERRAND_LATER && !quick))
		note_failure(o, e, r);
	if (end == ERRAND_REFUSED)
		dropped_record(o, 1, e->shown, r->wrong);
	e->well = end == ERRAND_DONE;
	if (end == ERRAND_LATER)
		put_back(o, e, quick);
	else
		leave(o, e, gone);
	if (end == ERRAND_DONE)
		atomic_fetch_add(&o->sent, 1);
}

static void
errand_run(struct outbox *o, struct errand *e)
{
	struct errand_report r = { .wrong = "it waited until its time was over, and is not sent" };
	int64_t begun_us = clock_mono_us();
	enum errand_end end = ERRAND_REFUSED;

	if (e->over)
		leave(o, e, row_delete(o, &e->row));
	else if (clock_now_s() < e->row.not_after_s && !errand_go(o, e, &end, &r))
		forget(o, e, true);
	else
		errand_end(o, e, end, &r, !e->again && clock_mono_us() - begun_us < QUICK_US);
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

	for (struct errand *e; (e = next_errand(o)) != NULL;) {
		const struct trace t = e->trace;        /* its ids outlive the errand */

		trace_here(&t);
		errand_run(o, e);
		trace_here(NULL);
	}
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

void
outbox_put(struct outbox *o, struct errand *e)
{
	struct arena mem;

	arena_init(&mem, 64 * 1024);
	pthread_mutex_lock(&o->lock);
	e->queue = queue_place(o, o->setup.kind->neighbour(&mem, e->payload), true);
	if (e->queue != NULL) {
		queue_hold(o, e);
		post(o, e);                     /* a thread may have sent and freed it once the lock is free */
	} else {
		errand_free(e);                 /* written down still */
	}
	pthread_mutex_unlock(&o->lock);
	arena_free(&mem);
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
	o->holder = (struct id16){ { 1 } };     /* of the one process that there is */
	if (s->nodes)
		rand_id(o->holder.b);
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
	if (o->places > 0 && o->setup.nodes)
		rows_leave(o);
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
