/* login/outbox.c - a few threads that run errands to other servers; a bounded queue before them. */
#include "login/outbox.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define THREADS_MAX 16

struct outbox {
	pthread_mutex_t lock;
	pthread_cond_t  work;
	struct errand *first, **last;
	int waiting, waiting_max, n_threads, threads_max;
	bool ending;
	pthread_t threads[THREADS_MAX];
	_Atomic int64_t sent, failed, dropped;
};

/* --- an errand ------------------------------------------------------------------------------------------------------------------- */

struct errand *
errand_new(size_t size, size_t mem_max, enum errand_end (*run)(struct errand *))
{
	struct errand *e = calloc(1, size);

	if (e == NULL)
		return NULL;
	arena_init(&e->mem, mem_max);
	e->run = run;
	return e;
}

void
errand_free(struct errand *e)
{
	arena_free(&e->mem);
	free(e);
}

void
errand_keep_ask(struct errand *e, struct outbound_ask *a)
{
	a->method = arena_dup(&e->mem, a->method);
	a->url = arena_dup(&e->mem, a->url);
	a->body = arena_dup(&e->mem, a->body);
	for (size_t i = 0; i < a->n_headers; i++)
		a->headers[i] = arena_dup(&e->mem, a->headers[i]);
}

/* --- the queue: under the lock ------------------------------------------------------------------------------------------------------ */

static void
append(struct outbox *o, struct errand *e)
{
	e->next = NULL;
	*o->last = e;
	o->last = &e->next;
	o->waiting++;
	pthread_cond_signal(&o->work);
}

static struct errand *
take_first(struct outbox *o)
{
	struct errand *e = o->first;

	o->first = e->next;
	o->waiting--;
	if (o->first == NULL)
		o->last = &o->first;
	return e;
}

/* With the first errand: most servers have none. False when there is no thread at all. */
static bool
threads_start(struct outbox *o, void *(*work)(void *))
{
	while (o->n_threads < o->threads_max && pthread_create(&o->threads[o->n_threads], NULL, work, o) == 0)
		o->n_threads++;
	return o->n_threads > 0;
}

/* --- the threads --------------------------------------------------------------------------------------------------------------------- */

/* Waits; NULL at the end. */
static struct errand *
next_errand(struct outbox *o)
{
	struct errand *e;

	pthread_mutex_lock(&o->lock);
	while (o->first == NULL && !o->ending)
		pthread_cond_wait(&o->work, &o->lock);
	e = o->ending ? NULL : take_first(o);
	pthread_mutex_unlock(&o->lock);
	return e;
}

/* It had its place in the queue already, so that a full one does not lose it. */
static void
put_back(struct outbox *o, struct errand *e)
{
	e->again = true;
	pthread_mutex_lock(&o->lock);
	append(o, e);
	pthread_mutex_unlock(&o->lock);
}

static void *
work(void *p)
{
	struct outbox *o = p;

	for (struct errand *e; (e = next_errand(o)) != NULL;) {
		enum errand_end end = e->run(e);

		if (end == ERRAND_AGAIN && !e->again) {
			put_back(o, e);
			continue;
		}
		atomic_fetch_add(end == ERRAND_DONE ? &o->sent : &o->failed, 1);
		errand_free(e);
	}
	return NULL;
}

/* --- from outside ---------------------------------------------------------------------------------------------------------------------- */

struct outbox *
outbox_new(int threads, int waiting_max)
{
	struct outbox *o = calloc(1, sizeof *o);

	if (o == NULL)
		return NULL;
	pthread_mutex_init(&o->lock, NULL);
	pthread_cond_init(&o->work, NULL);
	o->last = &o->first;
	o->waiting_max = waiting_max;
	o->threads_max = threads < THREADS_MAX ? threads : THREADS_MAX;
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
	while (o->first != NULL)
		errand_free(take_first(o));
	pthread_cond_destroy(&o->work);
	pthread_mutex_destroy(&o->lock);
	free(o);
}

bool
outbox_put(struct outbox *o, struct errand *e)
{
	bool room;

	pthread_mutex_lock(&o->lock);
	room = o->waiting < o->waiting_max && !o->ending && threads_start(o, work);
	if (room)
		append(o, e);
	pthread_mutex_unlock(&o->lock);
	if (!room) {
		atomic_fetch_add(&o->dropped, 1);
		errand_free(e);
	}
	return room;
}

void
outbox_counts(struct outbox *o, struct outbox_counts *out)
{
	*out = (struct outbox_counts){ atomic_load(&o->sent), atomic_load(&o->failed), atomic_load(&o->dropped) };
}
