/* http/lane.c - a worker lane: a bounded queue and threads of its own, so that slow work never holds an I/O thread. */
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "http/http_int.h"

struct http_lane {
	char            name[16];
	int             n_threads, queue_max, nice;
	pthread_t      *threads;
	pthread_mutex_t lock;
	pthread_cond_t  work;
	struct request *head, **tail;
	bool            stop;
	int64_t         running, done, wait_us, run_us;         /* under the lock */
	_Atomic int     waiting;                                /* also counts a request about to be queued */
	_Atomic int64_t refused;
};

static struct request *
take(struct http_lane *l)
{
	struct request *rq;

	while (l->head == NULL && !l->stop)
		pthread_cond_wait(&l->work, &l->lock);
	rq = l->head;
	if (rq != NULL) {
		l->head = rq->next;
		if (l->head == NULL)
			l->tail = &l->head;
		rq->next = NULL;
		l->running++;
	}
	return rq;
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
	else if (rq->job(rq->job_ctx, &rq->q, &rq->r) == HTTP_LATER)
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
		atomic_fetch_sub(&l->waiting, 1);
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
	l->queue_max = queue_max;
	l->nice = nice;
	l->tail = &l->head;
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
	*out = (struct http_lane_stats){ .waiting = atomic_load(&l->waiting), .running = l->running, .done = l->done,
		.refused = atomic_load(&l->refused), .wait_us_total = l->wait_us, .run_us_total = l->run_us };
	pthread_mutex_unlock(lock);
}

/* A place in the queue, and the server's word that it will wait for this request; false when either is not to be had. */
static bool
admit(struct http_lane *l, struct http_server *s)
{
	if (atomic_fetch_add(&l->waiting, 1) < l->queue_max && is_waited_for(s))
		return true;
	atomic_fetch_sub(&l->waiting, 1);
	atomic_fetch_add(&l->refused, 1);
	return false;
}

/* The connection is suspended before the request can be seen by a worker: a resume must never come first. */
bool
http_defer(struct http_lane *l, struct http_req *q, struct http_reply *r, http_job *job, void *ctx)
{
	struct request *rq = request_of(q);

	(void)r;
	if (!admit(l, rq->io->server))
		return false;
	rq->job = job;
	rq->job_ctx = ctx;
	rq->queued_us = clock_mono_us();
	rq->state = RQ_DEFERRED;
	MHD_suspend_connection(rq->mhd);
	pthread_mutex_lock(&l->lock);
	*l->tail = rq;
	l->tail = &rq->next;
	pthread_cond_signal(&l->work);
	pthread_mutex_unlock(&l->lock);
	return true;
}
