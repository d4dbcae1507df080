/* http/turns.c - fair queueing by shares of work and parts of them. */
#include "http/turns.h"

#include <assert.h>

/* A share, or a part of one; exists while something of it waits. */
struct turn {
	uint64_t            key[2];             /* a share: key[1] is 0 */
	int                 n;                  /* waiting */
	struct turn        *of;                 /* NULL: a share */
	struct turn_list    parts;              /* of a share; first: whose turn it is */
	struct waiting_list queue;              /* of a part */
	TAILQ_ENTRY(turn)   link, bucket;
};

void
turns_init(struct turns *t, int max)
{
	t->n = 0;
	t->max = max;
	TAILQ_INIT(&t->shares);
	for (size_t i = 0; i < TURN_BUCKETS; i++)
		TAILQ_INIT(&t->buckets[i]);
}

void
turns_free(struct turns *t)
{
	assert(t->n == 0 && TAILQ_EMPTY(&t->shares));
	(void)t;
}

/* --- turns come and go with what waits in them ------------------------------------------------ */

static struct turn_list *
bucket_of(struct turns *t, const uint64_t key[2], bool part)
{
	return &t->buckets[(key[0] ^ (key[1] * 31) ^ part) % TURN_BUCKETS];
}

static struct turn *
turn_find(struct turns *t, const uint64_t key[2], bool part)
{
	struct turn *u;

	TAILQ_FOREACH(u, bucket_of(t, key, part), bucket)
		if (u->key[0] == key[0] && u->key[1] == key[1] && (u->of != NULL) == part)
			break;
	return u;
}

/* of NULL: a share; else a part of it. The one that is there, or a new one behind the others; NULL without memory. */
static struct turn *
turn_need(struct turns *t, const uint64_t key[2], struct turn *of)
{
	struct turn *u = turn_find(t, key, of != NULL);

	if (u != NULL || (u = calloc(1, sizeof *u)) == NULL)
		return u;
	memcpy(u->key, key, sizeof u->key);
	u->of = of;
	TAILQ_INIT(&u->parts);
	TAILQ_INIT(&u->queue);
	TAILQ_INSERT_TAIL(of != NULL ? &of->parts : &t->shares, u, link);
	TAILQ_INSERT_TAIL(bucket_of(t, key, of != NULL), u, bucket);
	return u;
}

static void
turn_drop_empty(struct turns *t, struct turn *u)
{
	if (u->n > 0)
		return;
	TAILQ_REMOVE(u->of != NULL ? &u->of->parts : &t->shares, u, link);
	TAILQ_REMOVE(bucket_of(t, u->key, u->of != NULL), u, bucket);
	free(u);
}

static void
leave(struct turns *t, struct waiting *w)
{
	struct turn *part = w->in, *share = part->of;

	TAILQ_REMOVE(&part->queue, w, link);
	part->n--;
	share->n--;
	t->n--;
	turn_drop_empty(t, part);
	turn_drop_empty(t, share);
}

/* --- making room ------------------------------------------------------------------------------ */

static struct turn *
largest(const struct turn_list *l)
{
	struct turn *u, *most = TAILQ_FIRST(l);

	TAILQ_FOREACH(u, l, link)
		if (u->n > most->n)
			most = u;
	return most;
}

/*
 * Whose newest gives way to one more of share and part (NULL: new ones); NULL: nobody's. Counts are
 * as if that one waited already.
 */
static struct turn *
who_gives_way(const struct turns *t, const struct turn *share, const struct turn *part)
{
	int mine = (share != NULL ? share->n : 0) + 1, my_part = (part != NULL ? part->n : 0) + 1;
	struct turn *most = TAILQ_EMPTY(&t->shares) ? NULL : largest(&t->shares), *most_part;

	if (most != NULL && most != share && most->n > mine)
		return largest(&most->parts);
	most_part = share != NULL ? largest(&share->parts) : NULL;
	return most_part != NULL && most_part != part && most_part->n > my_part ? most_part : NULL;
}

static bool
room_is_made(struct turns *t, const uint64_t key[2], struct waiting **out)
{
	const uint64_t share[2] = { key[0], 0 };
	struct turn *from;

	*out = NULL;
	if (t->n < t->max)
		return true;
	from = who_gives_way(t, turn_find(t, share, false), turn_find(t, key, true));
	if (from == NULL)
		return false;
	*out = TAILQ_LAST(&from->queue, waiting_list);
	leave(t, *out);
	return true;
}

bool
turns_put(struct turns *t, struct waiting *w, const uint64_t key[2], struct waiting **out)
{
	struct turn *share, *part;

	if (!room_is_made(t, key, out))
		return false;
	share = turn_need(t, (const uint64_t[2]){ key[0], 0 }, NULL);
	part = share != NULL ? turn_need(t, key, share) : NULL;
	if (part == NULL) {
		if (share != NULL)
			turn_drop_empty(t, share);
		return false;                   /* *out, if any, has made room for nobody, and is told all the same */
	}
	w->in = part;
	TAILQ_INSERT_TAIL(&part->queue, w, link);
	part->n++;
	share->n++;
	t->n++;
	return true;
}

struct waiting *
turns_take(struct turns *t)
{
	struct turn *share = TAILQ_FIRST(&t->shares), *part;
	struct waiting *w;

	if (share == NULL)
		return NULL;
	part = TAILQ_FIRST(&share->parts);
	w = TAILQ_FIRST(&part->queue);
	TAILQ_REMOVE(&t->shares, share, link);
	TAILQ_INSERT_TAIL(&t->shares, share, link);
	TAILQ_REMOVE(&share->parts, part, link);
	TAILQ_INSERT_TAIL(&share->parts, part, link);
	leave(t, w);
	return w;
}
