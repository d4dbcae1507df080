/*
 * store/queue.c - group commit: many callers, one thread that writes, one sync for all that
 * queued meanwhile.
 */
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "store/store_int.h"

struct store_queue {
	void (*run)(void *ctx, struct store_waiter *batch);
	void (*rest)(void *ctx);
	void *ctx;
	pthread_t thread;

	pthread_mutex_t lock;           /* guards what follows, up to the blank line */
	pthread_cond_t  work;
	struct store_waiter *head, **tail;
	uint32_t open;                  /* number of the batch that is being collected */
	bool closing;

	/* At most two batches are under way, one collected and one committed: a word for the even ones, one for the odd ones. Holds
	 * the newest finished number, so that one wake-up reaches all callers of a batch and no others. */
	_Atomic uint32_t finished[2];
	_Atomic int inside;             /* callers in queue_wait: queue_stop lets them out before the memory goes */
	_Atomic int64_t commits, batches, records, failed, commit_us, queue_us, depth;
};

static long
futex(_Atomic uint32_t *word, int op, uint32_t value)
{
	return syscall(SYS_futex, word, op | FUTEX_PRIVATE_FLAG, value, NULL, NULL, 0);
}

static void
wait_for_batch(struct store_queue *q, uint32_t batch)
{
	_Atomic uint32_t *word = &q->finished[batch & 1];
	uint32_t seen;

	/* A later batch of the same parity may have finished too; the difference survives wrapping round. */
	while ((int32_t)((seen = atomic_load_explicit(word, memory_order_acquire)) - batch) < 0)
		futex(word, FUTEX_WAIT, seen);
}

/* The number of the batch that will hold it. */
static uint32_t
enqueue(struct store_queue *q, struct store_waiter *w)
{
	uint32_t batch;
	bool first;

	w->next = NULL;
	w->queued_us = clock_mono_us();
	w->result = STORE_FAILED;
	atomic_fetch_add_explicit(&q->depth, 1, memory_order_relaxed);
	pthread_mutex_lock(&q->lock);
	first = q->head == NULL;
	*q->tail = w;
	q->tail = &w->next;
	batch = q->open;
	pthread_mutex_unlock(&q->lock);
	if (first)
		pthread_cond_signal(&q->work);
	return batch;
}

void
queue_wait(struct store_queue *q, struct store_waiter *w)
{
	atomic_fetch_add(&q->inside, 1);
	wait_for_batch(q, enqueue(q, w));
	atomic_fetch_sub(&q->inside, 1);
}

void
queue_post(struct store_queue *q, struct store_waiter *w)
{
	enqueue(q, w);
}

/* All that has queued, and the number of that batch; NULL when the queue is closed and empty. */
static struct store_waiter *
batch_take(struct store_queue *q, uint32_t *number)
{
	struct store_waiter *batch;

	pthread_mutex_lock(&q->lock);
	while (q->head == NULL && !q->closing)
		pthread_cond_wait(&q->work, &q->lock);
	batch = q->head;
	q->head = NULL;
	q->tail = &q->head;
	*number = q->open++;
	pthread_mutex_unlock(&q->lock);
	return batch;
}

static void
add(_Atomic int64_t *counter, int64_t n)
{
	atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

/* Before the callers are woken: their waiters are gone afterwards. */
static void
batch_count(struct store_queue *q, const struct store_waiter *batch, int64_t began_us)
{
	int64_t lists = 0, records = 0, failed = 0, queued = 0, all = 0;

	for (const struct store_waiter *w = batch; w != NULL; w = w->next) {
		all++;
		lists += w->n > 0;
		records += w->result == STORE_DONE ? (int64_t)w->n : 0;
		failed += w->n > 0 && w->result == STORE_FAILED;
		queued += began_us - w->queued_us;
	}
	add(&q->commits, lists);
	add(&q->records, records);
	add(&q->failed, failed);
	add(&q->queue_us, queued);
	add(&q->depth, -all);
	add(&q->batches, 1);
	add(&q->commit_us, clock_mono_us() - began_us);
}

/* Take out of the batch those for whom nobody waits: the others are gone once they are woken. */
static struct store_waiter *
posted_of(struct store_waiter *batch)
{
	struct store_waiter *posted = NULL, **tail = &posted;

	for (struct store_waiter *w = batch, *next; w != NULL; w = next) {
		next = w->next;
		if (w->done == NULL)
			continue;
		*tail = w;
		tail = &w->next;
	}
	*tail = NULL;
	return posted;
}

/* done may free the waiter. */
static void
posted_finish(struct store_waiter *posted)
{
	for (struct store_waiter *w = posted, *next; w != NULL; w = next) {
		next = w->next;
		w->done(w->ctx, w->result);
	}
}

static void *
writer(void *p)
{
	struct store_queue *q = p;
	struct store_waiter *batch, *posted;
	uint32_t number;

	while ((batch = batch_take(q, &number)) != NULL) {
		int64_t began_us = clock_mono_us();

		q->run(q->ctx, batch);
		batch_count(q, batch, began_us);
		posted = posted_of(batch);
		atomic_store_explicit(&q->finished[number & 1], number, memory_order_release);
		futex(&q->finished[number & 1], FUTEX_WAKE, INT32_MAX);
		posted_finish(posted);
		if (q->rest != NULL)
			q->rest(q->ctx);
	}
	return NULL;
}

/* Signals are the main thread's business: the writer blocks them all. */
static bool
writer_start(struct store_queue *q)
{
	sigset_t all, before;
	bool ok;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ok = pthread_create(&q->thread, NULL, writer, q) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return ok;
}

struct store_queue *
queue_start(void (*run)(void *ctx, struct store_waiter *batch), void (*rest)(void *ctx), void *ctx)
{
	struct store_queue *q = calloc(1, sizeof *q);

	if (q == NULL)
		return NULL;
	q->run = run;
	q->rest = rest;
	q->ctx = ctx;
	q->tail = &q->head;
	q->open = 1;
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->work, NULL);
	if (writer_start(q))
		return q;
	free(q);
	return NULL;
}

void
queue_stop(struct store_queue *q)
{
	if (q == NULL)
		return;
	pthread_mutex_lock(&q->lock);
	q->closing = true;
	pthread_mutex_unlock(&q->lock);
	pthread_cond_signal(&q->work);
	pthread_join(q->thread, NULL);
	while (atomic_load(&q->inside) > 0)
		sched_yield();
	pthread_mutex_destroy(&q->lock);
	pthread_cond_destroy(&q->work);
	free(q);
}

void
queue_stats(struct store_queue *q, struct store_stats *out)
{
	out->commits = atomic_load(&q->commits);
	out->batches = atomic_load(&q->batches);
	out->records = atomic_load(&q->records);
	out->failed = atomic_load(&q->failed);
	out->commit_us_total = atomic_load(&q->commit_us);
	out->queue_us_total = atomic_load(&q->queue_us);
	out->queue_depth = atomic_load(&q->depth);
}
