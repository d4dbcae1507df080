/*
 * metrics/habits.c - the book of weak habits: uses are gathered in memory, a few instructions under
 * a lock for each, and written to the store in one commit now and then. What was not yet written is
 * lost with the process.
 */
#include "metrics/metrics.h"

#include <pthread.h>
#include <stdlib.h>

#define BUCKETS 1024

struct entry { struct entry *next; uint64_t hash; struct habit_use use; char text[]; };
struct habit_book {
	enum store_op_kind writes;            /* by which operation */
	pthread_mutex_t lock;           /* of everything below */
	struct entry *bucket[BUCKETS];
	size_t n;
};

/* Eight bytes at a time: this is on the way of a request. */
static uint64_t
hash_more(uint64_t h, struct str s)
{
	uint64_t word;

	for (; s.n > 0; s = str_from(s, 8)) {
		word = s.n;
		memcpy(&word, s.p, s.n < 8 ? s.n : 8);
		h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 32;
	}
	return h;
}

/* A client has few combinations of the rest: they may share a bucket. */
static uint64_t
hash_of(const struct habit_use *u)
{
	return hash_more(hash_more(1, u->client), u->habit);
}

static bool
same(const struct habit_use *a, const struct habit_use *b)
{
	return str_eq(a->client, b->client) && str_eq(a->issuer, b->issuer)
	    && str_eq(a->endpoint, b->endpoint) && str_eq(a->habit, b->habit);
}

static struct str
keep(char **at, struct str s)
{
	struct str kept = { *at, s.n };

	if (s.n > 0)
		memcpy(*at, s.p, s.n);
	*at += s.n;
	return kept;
}

static struct entry *
entry_new(const struct habit_use *u, uint64_t hash)
{
	struct entry *e = malloc(sizeof *e + u->realm.n + u->issuer.n + u->client.n + u->endpoint.n + u->habit.n);
	char *at = e != NULL ? e->text : NULL;

	if (e == NULL)
		return NULL;
	*e = (struct entry){ .hash = hash, .use = *u };
	e->use.realm = keep(&at, u->realm);
	e->use.issuer = keep(&at, u->issuer);
	e->use.client = keep(&at, u->client);
	e->use.endpoint = keep(&at, u->endpoint);
	e->use.habit = keep(&at, u->habit);
	return e;
}

static void
entry_add(struct habit_use *into, const struct habit_use *u)
{
	into->count += u->count;
	if (u->last_s > into->last_s)
		into->last_s = u->last_s;
	if (u->first_s < into->first_s)
		into->first_s = u->first_s;
}

struct habit_book *
habit_book_new(enum store_op_kind writes)
{
	struct habit_book *b = calloc(1, sizeof *b);

	if (b != NULL) {
		b->writes = writes;
		pthread_mutex_init(&b->lock, NULL);
	}
	return b;
}

static void
entries_free(struct entry **bucket)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		for (struct entry *e = bucket[i], *next; e != NULL; e = next) {
			next = e->next;
			free(e);
		}
		bucket[i] = NULL;
	}
}

void
habit_book_free(struct habit_book *b)
{
	if (b == NULL)
		return;
	entries_free(b->bucket);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

/*
 * Only clients that are known get here, and the book is written before it is full: what finds no
 * room is a flood of names.
 */
bool
habit_book_note(struct habit_book *b, const struct habit_use *u)
{
	uint64_t hash = hash_of(u);
	struct entry *e;
	bool ok = true;

	pthread_mutex_lock(&b->lock);
	for (e = b->bucket[hash % BUCKETS]; e != NULL && (e->hash != hash || !same(&e->use, u)); e = e->next)
		;
	if (e != NULL)
		entry_add(&e->use, u);
	else if (b->n < HABIT_BOOK_MAX && (e = entry_new(u, hash)) != NULL) {
		e->next = b->bucket[hash % BUCKETS];
		b->bucket[hash % BUCKETS] = e;
		b->n++;
	} else
		ok = false;
	pthread_mutex_unlock(&b->lock);
	return ok;
}

size_t
habit_book_rows(struct habit_book *b)
{
	size_t n;

	pthread_mutex_lock(&b->lock);
	n = b->n;
	pthread_mutex_unlock(&b->lock);
	return n;
}

static struct habit_use *
rows_of(struct entry **bucket, size_t n)
{
	struct habit_use *rows = calloc(n, sizeof *rows);
	size_t at = 0;

	for (size_t i = 0; rows != NULL && i < BUCKETS; i++)
		for (const struct entry *e = bucket[i]; e != NULL; e = e->next)
			rows[at++] = e->use;
	return rows;
}

bool
habit_book_write(struct habit_book *b, struct store *s)
{
	struct entry *taken[BUCKETS];
	struct store_op op = { .kind = b->writes };
	struct habit_use *rows;
	bool ok;

	pthread_mutex_lock(&b->lock);
	op.habits.n = b->n;
	memcpy(taken, b->bucket, sizeof taken);
	memset(b->bucket, 0, sizeof b->bucket);
	b->n = 0;
	pthread_mutex_unlock(&b->lock);
	if (op.habits.n == 0)
		return true;
	op.habits.rows = rows = rows_of(taken, op.habits.n);
	ok = rows != NULL && store_commit(s, &op, 1, NULL) == STORE_DONE;
	for (size_t i = 0; !ok && i < BUCKETS; i++)
		for (const struct entry *e = taken[i]; e != NULL; e = e->next)
			habit_book_note(b, &e->use);
	free(rows);
	entries_free(taken);
	return ok;
}
