/*
 * store/postgres/watch.c - a thread that asks several times a second what other nodes have changed, and so
 * knows whether the database is there: while it is not, nobody else waits for it.
 */
#include <signal.h>
#include <time.h>
#include "store/postgres/postgres_int.h"

#define LOOK_MS 250
#define QUICK_US 1000000                        /* a failure that takes longer was silence */
#define WAIT_US 4000000                         /* an answer that takes longer is none, however busy the machine */

static void
seen(struct pg_store *s, uint64_t clients, uint64_t keys)
{
	uint64_t known = atomic_load(&s->door.clients_epoch);
	bool news = clients + 1 > known || keys != atomic_load(&s->door.keys_epoch);

	while (clients + 1 > known && !atomic_compare_exchange_weak(&s->door.clients_epoch, &known, clients + 1))
		;
	atomic_store(&s->door.keys_epoch, keys);
	if (news)
		news_tell(&s->door);
}

static void
away_note(struct pg_store *s, bool away)
{
	if (atomic_exchange(&s->door.away, away) == away)
		return;
	if (away)
		log_error("store: %s cannot be reached: %s", s->door.place, pg_trouble(&s->watcher.conn));
	else
		log_info("store: %s is there again", s->door.place);
}

static bool
look(struct pg_store *s)
{
	struct pg_conn *c = &s->watcher;

	c->lost = false;
	if ((!link_is_open(c) && !link_open(c)) || !run_text(c, EPOCHS_SQL) || pq.PQntuples(c->rows) != 1) {
		link_close(c);
		return false;
	}
	atomic_store(&s->door.seen_us, clock_mono_us());
	seen(s, (uint64_t)row_number(c->rows, 0, 0), (uint64_t)row_number(c->rows, 0, 1));
	return true;
}

/* One that was cut off at this moment is no sign yet; who cannot be reached twice is away, or who was silent once. */
static void
look_twice(struct pg_store *s)
{
	int64_t begun_us = clock_mono_us();
	bool there = look(s) || (clock_mono_us() - begun_us < QUICK_US && look(s));

	away_note(s, !there);
}

static void *
watch(void *p)
{
	struct pg_store *s = p;

	pthread_mutex_lock(&s->lock);
	while (!s->watch_ends) {
		struct timespec until;

		pthread_mutex_unlock(&s->lock);
		look_twice(s);
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += LOOK_MS * 1000000L;
		until.tv_sec += until.tv_nsec / 1000000000L;
		until.tv_nsec %= 1000000000L;
		pthread_mutex_lock(&s->lock);
		if (!s->watch_ends)
			pthread_cond_timedwait(&s->woken, &s->lock, &until);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

bool
watch_start(struct pg_store *s)
{
	sigset_t all, before;

	s->watcher.wait_us = WAIT_US;
	atomic_store(&s->door.seen_us, clock_mono_us());
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	s->watches = pthread_create(&s->watching, NULL, watch, s) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return s->watches;
}

void
watch_stop(struct pg_store *s)
{
	if (!s->watches)
		return;
	pthread_mutex_lock(&s->lock);
	s->watch_ends = true;
	pthread_cond_signal(&s->woken);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->watching, NULL);
	s->watches = false;
}
