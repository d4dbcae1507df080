/* http/lane.c - a worker lane: a bounded queue and threads of its own, so that slow work never holds an I/O thread. */
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "http/http_int.h"

_Static_assert(HTTP_SHARES == TURN_LEVELS, "a share for each level");

struct http_lane {
	char            name[16];
	int             n_threads, nice;
	pthread_t      *threads;
	pthread_mutex_t lock;
	pthread_cond_t  work;                                   /* under the lock, all of these: */
	struct turns    turns;
	bool            stop;
	int64_t         running, done, refused, wait_us, run_us;
};

static struct request *
request_that_waits(struct waiting *w)
{
	return w != NULL ? (struct request *)(void *)((char *)w - offsetof(struct request, waits)) : NULL;
}

/* NULL: the lane ends. */
static struct request *
take(struct http_lane *l)
{
	struct waiting *w;

	while ((w = turns_take(&l->turns)) == NULL && !l->stop)
		pthread_cond_wait(&l->work, &l->lock);
	if (w != NULL)
		l->running++;
	return request_that_waits(w);
}

/* The server's word that it will wait for one more suspended connection; false once it waits for no new ones. */
static bool
is_waited_for(struct http_server *s)
{
	atomic_fetch_add(&s->deferred, 1);
	if (!atomic_load(&s->aborting))
		return true;
	atomic_fetch_sub(&s->deferred, 1);
	return false;
}

bool
http_hold(struct http_req *q)
{
	struct request *rq = request_of(q);

	if (!is_waited_for(rq->io->server))
		return false;
	rq->state = RQ_DEFERRED;
	MHD_suspend_connection(rq->mhd);
	return true;
}

/* Hand the request back. It belongs to its I/O thread again once resumed: not touched after. */
void
http_release(struct http_req *q)
{
	struct request *rq = request_of(q);
	struct http_server *s = rq->io->server;

	atomic_store_explicit(&rq->ready, true, memory_order_release);
	MHD_resume_connection(rq->mhd);
	atomic_fetch_sub(&s->deferred, 1);
}

static void
run_job(struct request *rq)
{
	if (atomic_load(&rq->io->server->aborting))
		rq->r.status = 503;
	else if (rq->work.job(rq->work.ctx, &rq->q, &rq->r) == HTTP_LATER)
		return;
	http_release(&rq->q);
}

static void *
run(void *arg)
{
	struct http_lane *l = arg;
	struct request *rq;

	pthread_setname_np(pthread_self(), l->name);
	if (l->nice != 0)
		setpriority(PRIO_PROCESS, (id_t)gettid(), getpriority(PRIO_PROCESS, 0) + l->nice);
	pthread_mutex_lock(&l->lock);
	while ((rq = take(l)) != NULL) {
		int64_t begun = clock_mono_us(), queued = rq->queued_us;

		pthread_mutex_unlock(&l->lock);
		run_job(rq);
		pthread_mutex_lock(&l->lock);
		l->running--;
		l->done++;
		l->wait_us += begun - queued;
		l->run_us += clock_mono_us() - begun;
	}
	pthread_mutex_unlock(&l->lock);
	return NULL;
}

static bool
lane_threads(struct http_lane *l, int n)
{
	pthread_attr_t attr;
	sigset_t all, old;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, LANE_STACK);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);               /* signals are for the main thread */
	while (l->n_threads < n && pthread_create(&l->threads[l->n_threads], &attr, run, l) == 0)
		l->n_threads++;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return l->n_threads == n;
}

struct http_lane *
http_lane_new(const char *name, int threads, int queue_max, int nice)
{
	struct http_lane *l = calloc(1, sizeof *l);

	if (l == NULL || (l->threads = calloc((size_t)threads, sizeof *l->threads)) == NULL) {
		free(l);
		return NULL;
	}
	snprintf(l->name, sizeof l->name, "%s", name);
	l->nice = nice;
	turns_init(&l->turns, queue_max);
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->work, NULL);
	if (!lane_threads(l, threads)) {
		http_lane_free(l);
		return NULL;
	}
	return l;
}

void
http_lane_free(struct http_lane *l)
{
	if (l == NULL)
		return;
	pthread_mutex_lock(&l->lock);
	l->stop = true;
	pthread_cond_broadcast(&l->work);
	pthread_mutex_unlock(&l->lock);
	for (int i = 0; i < l->n_threads; i++)
		pthread_join(l->threads[i], NULL);
	turns_free(&l->turns);
	pthread_cond_destroy(&l->work);
	pthread_mutex_destroy(&l->lock);
	free(l->threads);
	free(l);
}

void
http_lane_stats(const struct http_lane *l, struct http_lane_stats *out)
{
	pthread_mutex_t *lock = (pthread_mutex_t *)(uintptr_t)&l->lock;

	pthread_mutex_lock(lock);
	*out = (struct http_lane_stats){ .waiting = l->turns.root.n, .running = l->running, .done = l->done,
		.refused = l->refused, .wait_us_total = l->wait_us, .run_us_total = l->run_us };
	pthread_mutex_unlock(lock);
}

/* --- queueing --------------------------------------------------------------------------------- */

/* Somebody else got its place. */
static void
send_away(struct request *rq)
{
	if (rq->work.busy != NULL)
		rq->work.busy(rq->work.ctx, &rq->q, &rq->r);
	else
		rq->r.status = 503;
	http_release(&rq->q);
}

/*
 * suspend: the connection is not yet. It is, before the request can be seen by a worker: a resume
 * must never come first. The library's own lock is taken inside ours here; nothing takes them the
 * other way round.
 */
static bool
enqueue(struct http_lane *l, struct request *rq, const struct http_work *work, bool suspend)
{
	struct waiting *out = NULL;
	bool in;

	rq->work = *work;
	rq->queued_us = clock_mono_us();
	pthread_mutex_lock(&l->lock);
	in = turns_put(&l->turns, &rq->waits, work->share, &out);
	l->refused += !in + (out != NULL);
	if (in && suspend) {
		rq->state = RQ_DEFERRED;
		MHD_suspend_connection(rq->mhd);
	}
	if (in)
		pthread_cond_signal(&l->work);
	pthread_mutex_unlock(&l->lock);
	if (out != NULL)
		send_away(request_that_waits(out));
	return in;
}

/* The server's word that it waits for this request comes before anything else. */
bool
http_defer_work(struct http_lane *l, struct http_req *q, const struct http_work *work)
{
	struct request *rq = request_of(q);
	struct http_server *s = rq->io->server;

	if (!is_waited_for(s))
		return false;
	if (enqueue(l, rq, work, true))
		return true;
	atomic_fetch_sub(&s->deferred, 1);
	return false;
}

bool
http_defer(struct http_lane *l, struct http_req *q, struct http_reply *r, http_job *job, void *ctx)
{
	(void)r;
	return http_defer_work(l, q, &(struct http_work){ .job = job, .ctx = ctx });
}

bool
http_pass(struct http_lane *l, struct http_req *q, const struct http_work *work)
{
	return enqueue(l, request_of(q), work, false);
}
