/* http/turns.c - fair queueing by shares of work and parts of them. */
#include "http/turns.h"

#include <assert.h>

/* Each turn stands in one rank, so there are never more ranks than turns. */
struct turn_slab { struct turn turn; struct rank rank; struct turn_slab *next; };

static void
turn_init(struct turn *u, struct turn *of, uint64_t key)
{
	*u = (struct turn){ .of = of, .key = key };
	TAILQ_INIT(&u->parts);
	TAILQ_INIT(&u->ranks);
	TAILQ_INIT(&u->queue);
}

void
turns_init(struct turns *t, int max)
{
	*t = (struct turns){ .max = max };
	turn_init(&t->root, NULL, 0);
	TAILQ_INIT(&t->spare);
	TAILQ_INIT(&t->spare_ranks);
}

void
turns_free(struct turns *t)
{
	struct turn_slab *next;

	assert(t->root.n == 0 && TAILQ_EMPTY(&t->root.parts) && TAILQ_EMPTY(&t->root.ranks));
	for (struct turn_slab *s = t->slabs; s != NULL; s = next) {
		next = s->next;
		free(s);
	}
	t->slabs = NULL;
}

/* --- ranks: whose queue is the longest -------------------------------------------------------- */

static void
rank_leave(struct turns *t, struct turn *u)
{
	struct rank *r = u->rank;

	TAILQ_REMOVE(&r->turns, u, ranked);
	if (TAILQ_EMPTY(&r->turns)) {
		TAILQ_REMOVE(&u->of->ranks, r, link);
		TAILQ_INSERT_HEAD(&t->spare_ranks, r, link);
	}
	u->rank = NULL;
}

/* Into the rank of u->n: that is at, or a new one behind `after` (NULL: the first). */
static void
rank_enter(struct turns *t, struct turn *u, struct rank *at, struct rank *after)
{
	if (at == NULL || at->n != u->n) {
		at = TAILQ_FIRST(&t->spare_ranks);
		TAILQ_REMOVE(&t->spare_ranks, at, link);
		at->n = u->n;
		TAILQ_INIT(&at->turns);
		if (after != NULL)
			TAILQ_INSERT_AFTER(&u->of->ranks, after, at, link);
		else
			TAILQ_INSERT_HEAD(&u->of->ranks, at, link);
	}
	TAILQ_INSERT_TAIL(&at->turns, u, ranked);
	u->rank = at;
}

static bool
is_alone_in(const struct rank *r)
{
	return TAILQ_FIRST(&r->turns) == TAILQ_LAST(&r->turns, turn_list);
}

/* One more waits in u, or one less; its neighbours in the order are one step away at most. */
static void
count(struct turns *t, struct turn *u, int by)
{
	struct rank *r = u->rank, *up, *down;

	u->n += by;
	if (u->of == NULL)
		return;
	up = r != NULL ? TAILQ_NEXT(r, link) : TAILQ_FIRST(&u->of->ranks);
	down = r != NULL ? TAILQ_PREV(r, rank_list, link) : NULL;
	if (r != NULL && !is_alone_in(r)) {     /* its rank stays, and is between the two */
		if (by > 0)
			down = r;
		else
			up = r;
	}
	if (r != NULL)
		rank_leave(t, u);
	if (u->n > 0)
		rank_enter(t, u, by > 0 ? up : down, down);
}

static struct turn *
largest(const struct turn *of)
{
	return TAILQ_FIRST(&TAILQ_LAST(&of->ranks, rank_list)->turns);
}

/* --- turns come and go with what waits in them ------------------------------------------------ */

static struct turn_bucket *
bucket_of(struct turns *t, const struct turn *of, uint64_t key)
{
	uint64_t h = (key ^ ((uint64_t)(uintptr_t)of >> 4)) * UINT64_C(0x9e3779b97f4a7c15);

	return &t->buckets[(h >> 32) % TURN_BUCKETS];
}

static struct turn *
turn_find(struct turns *t, const struct turn *of, uint64_t key)
{
	struct turn *u;

	LIST_FOREACH(u, bucket_of(t, of, key), bucket)
		if (u->of == of && u->key == key)
			break;
	return u;
}

static struct turn *
spare_take(struct turns *t)
{
	struct turn *u = TAILQ_FIRST(&t->spare);
	struct turn_slab *s;

	if (u != NULL) {
		TAILQ_REMOVE(&t->spare, u, link);
		return u;
	}
	if ((s = calloc(1, sizeof *s)) == NULL)
		return NULL;
	s->next = t->slabs;
	t->slabs = s;
	TAILQ_INSERT_HEAD(&t->spare_ranks, &s->rank, link);
	return &s->turn;
}

/* The part that is there, or a new one behind the others; NULL without memory. */
static struct turn *
turn_need(struct turns *t, struct turn *of, uint64_t key)
{
	struct turn *u = turn_find(t, of, key);

	if (u != NULL || (u = spare_take(t)) == NULL)
		return u;
	turn_init(u, of, key);
	TAILQ_INSERT_TAIL(&of->parts, u, link);
	LIST_INSERT_HEAD(bucket_of(t, of, key), u, bucket);
	return u;
}

/* Where nothing waits any more, and what it is part of. */
static void
turns_drop_empty(struct turns *t, struct turn *u)
{
	for (struct turn *of; u->of != NULL && u->n == 0; u = of) {
		of = u->of;
		TAILQ_REMOVE(&of->parts, u, link);
		LIST_REMOVE(u, bucket);
		TAILQ_INSERT_HEAD(&t->spare, u, link);
	}
}

static void
leave(struct turns *t, struct waiting *w)
{
	TAILQ_REMOVE(&w->in->queue, w, link);
	for (struct turn *u = w->in; u != NULL; u = u->of)
		count(t, u, -1);
	turns_drop_empty(t, w->in);
}

/* --- making room ------------------------------------------------------------------------------ */

static struct waiting *
newest_of_the_largest(const struct turn *u)
{
	while (!TAILQ_EMPTY(&u->parts))
		u = largest(u);
	return TAILQ_LAST(&u->queue, waiting_list);
}

/*
 * Who gives way to one more with this key; NULL: nobody. On each level the largest, when it has more
 * than the newcomer's own would have; where that is the newcomer's own, its parts are asked.
 */
static struct waiting *
who_gives_way(struct turns *t, const uint64_t key[TURN_LEVELS])
{
	struct turn *of = &t->root, *own, *most;

	for (int level = 0; level < TURN_LEVELS && !TAILQ_EMPTY(&of->parts); level++, of = own) {
		own = turn_find(t, of, key[level]);
		most = largest(of);
		if (most != own && most->n > (own != NULL ? own->n : 0) + 1)
			return newest_of_the_largest(most);
		if (own == NULL)
			break;
	}
	return NULL;
}

static bool
room_is_made(struct turns *t, const uint64_t key[TURN_LEVELS], struct waiting **out)
{
	*out = NULL;
	if (t->root.n < t->max)
		return true;
	*out = who_gives_way(t, key);
	if (*out == NULL)
		return false;
	leave(t, *out);
	return true;
}

bool
turns_put(struct turns *t, struct waiting *w, const uint64_t key[TURN_LEVELS], struct waiting **out)
{
	struct turn *u = &t->root, *part;

	if (!room_is_made(t, key, out))
		return false;
	for (int level = 0; level < TURN_LEVELS; level++, u = part)
		if ((part = turn_need(t, u, key[level])) == NULL) {
			turns_drop_empty(t, u);
			return false;           /* *out, if any, has made room for nobody, and is told all the same */
		}
	w->in = u;
	TAILQ_INSERT_TAIL(&u->queue, w, link);
	for (; u != NULL; u = u->of)
		count(t, u, 1);
	return true;
}

struct waiting *
turns_take(struct turns *t)
{
	struct turn *u = &t->root, *part;
	struct waiting *w;

	if (u->n == 0)
		return NULL;
	for (; (part = TAILQ_FIRST(&u->parts)) != NULL; u = part) {
		TAILQ_REMOVE(&u->parts, part, link);
		TAILQ_INSERT_TAIL(&u->parts, part, link);
	}
	w = TAILQ_FIRST(&u->queue);
	leave(t, w);
	return w;
}
