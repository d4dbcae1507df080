/* sql/pool.c - connections kept for questions that come again, and a rest for a database that does not answer. */
#include "sql/sql_int.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#define IDLE_MS 60000           /* longer than this a connection may be cut by something between */

struct kept { struct sql_link *link; int64_t since_ms; };
struct sql_pool {
	struct sql_address address;
	struct sql_limits limits;
	pthread_mutex_t lock;
	pthread_cond_t freed;
	int links, open, idle;          /* at most; there are; of them in kept */
	struct kept *kept;
	_Atomic int64_t rests_until_ms; /* by clock_now_ms; 0: it answered */
};

struct sql_pool *
sql_pool_new(const struct sql_address *a, const struct sql_limits *l, int links)
{
	struct sql_pool *p = calloc(1, sizeof *p);
	pthread_condattr_t monotonic;

	if (p == NULL || (p->kept = calloc((size_t)links, sizeof *p->kept)) == NULL) {
		free(p);
		return NULL;
	}
	p->address = *a;
	p->limits = *l;
	p->links = links;
	atomic_init(&p->rests_until_ms, 0);
	pthread_mutex_init(&p->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&p->freed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return p;
}

void
sql_pool_free(struct sql_pool *p)
{
	if (p == NULL)
		return;
	while (p->idle > 0)
		sql_close(p->kept[--p->idle].link);
	pthread_cond_destroy(&p->freed);
	pthread_mutex_destroy(&p->lock);
	free(p->kept);
	free(p);
}

/* --- taking and giving back ------------------------------------------------------------------- */

/* The right to one connection, and perhaps a kept one. False: all are busy for as long as an answer may take. */
static bool
place_take(struct sql_pool *p, struct kept *out)
{
	struct timespec until;
	bool ok;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (p->limits.connect_ms + p->limits.answer_ms) / 1000 + 1;
	*out = (struct kept){ 0 };
	pthread_mutex_lock(&p->lock);
	while (p->idle == 0 && p->open >= p->links && pthread_cond_timedwait(&p->freed, &p->lock, &until) == 0)
		;
	ok = p->idle > 0 || p->open < p->links;
	if (ok && p->idle > 0)
		*out = p->kept[--p->idle];
	else if (ok)
		p->open++;
	pthread_mutex_unlock(&p->lock);
	return ok;
}

/* link NULL: only the right to one. A file is opened anew each time, for it may have been replaced. */
static void
place_give(struct sql_pool *p, struct sql_link *link)
{
	bool keep = link != NULL && sql_is_usable(link) && p->address.kind != SQL_SQLITE;

	if (!keep)
		sql_close(link);
	pthread_mutex_lock(&p->lock);
	if (keep)
		p->kept[p->idle++] = (struct kept){ link, sql_now_ms() };
	else
		p->open--;
	pthread_cond_signal(&p->freed);
	pthread_mutex_unlock(&p->lock);
}

/* --- a rest ----------------------------------------------------------------------------------- */

static void
rest_note(struct sql_pool *p, enum sql_result r)
{
	atomic_store(&p->rests_until_ms, r == SQL_BROKEN ? clock_now_ms() + SQL_REST_MS : 0);
}

/* --- asking ----------------------------------------------------------------------------------- */

static enum sql_result
ask_new(struct sql_pool *p, struct sql_link **link, const struct sql_question *q, struct arena *mem, struct str *why)
{
	*link = sql_open(&p->address, &p->limits, mem, why);
	return *link != NULL ? sql_ask(*link, q, mem, why) : SQL_BROKEN;
}

static enum sql_result
ask_kept(struct sql_pool *p, struct kept *k, const struct sql_question *q, void (*again)(void *ctx),
    struct arena *mem, struct str *why)
{
	int64_t begun_ms = sql_now_ms();
	enum sql_result r;

	if (begun_ms - k->since_ms < IDLE_MS) {
		r = sql_ask(k->link, q, mem, why);
		if (r != SQL_BROKEN || sql_now_ms() - begun_ms >= p->limits.answer_ms)
			return r;
		again(q->ctx);
	}
	sql_close(k->link);
	return ask_new(p, &k->link, q, mem, why);
}

enum sql_result
sql_pool_ask(struct sql_pool *p, const struct sql_question *q, void (*again)(void *ctx), struct arena *mem,
    struct str *why)
{
	enum sql_result r;
	struct kept k;

	*why = SAY("it did not answer a moment ago");
	if (clock_rests(&p->rests_until_ms, SQL_REST_MS, SQL_REST_MS))
		return SQL_BROKEN;
	if (!place_take(p, &k)) {
		*why = SAY("all connections are busy");
		return SQL_BROKEN;
	}
	r = k.link != NULL ? ask_kept(p, &k, q, again, mem, why) : ask_new(p, &k.link, q, mem, why);
	rest_note(p, r);
	place_give(p, k.link);
	return r;
}
