/*
 * http/turns.h - who is next in a lane: the waiting requests of one share of work stand in a queue
 * of their own, and the shares take turns, so that who sends much waits for himself. Three levels:
 * shares (a realm), parts of each (a network), and parts of those (a client). What a number means is
 * the caller's matter.
 *
 * H7: a share with fewer waiting requests than another is neither refused nor held up for it: a
 * full queue makes room by sending away the newest of the share that has most, and each turn takes
 * one request of each share. The same holds among the parts of one share.
 *
 * Putting and taking are O(1), with a full queue too. Memory: one struct turn a level for whoever
 * waits with numbers of his own, at most TURN_LEVELS for each that may wait; it is kept for the next
 * one until turns_free, so that nothing is allocated once as many have waited at a time.
 *
 * The caller holds a lock around every call.
 */
#ifndef HUFU_HTTP_TURNS_H
#define HUFU_HTTP_TURNS_H

#include <sys/queue.h>

#include "base/base.h"

#define TURN_LEVELS  3
#define TURN_BUCKETS 512

struct turn;
/* What waits: embedded in the request, untouched by its owner while it waits. */
struct waiting { TAILQ_ENTRY(waiting) link; struct turn *in; };
TAILQ_HEAD(waiting_list, waiting);
TAILQ_HEAD(turn_list, turn);
LIST_HEAD(turn_bucket, turn);

/* The turns of one parent in which equally many wait. */
struct rank { int n; struct turn_list turns; TAILQ_ENTRY(rank) link; };
TAILQ_HEAD(rank_list, rank);

/* A share, or a part of one; exists while something of it waits. */
struct turn {
	struct turn        *of;                 /* NULL: the root, of which the shares are parts */
	uint64_t            key;
	int                 n;                  /* waiting */
	struct turn_list    parts;              /* first: whose turn it is */
	struct rank_list    ranks;              /* of the parts; last: where most wait */
	struct waiting_list queue;              /* on the last level */
	struct rank        *rank;               /* its own, among those of its parent */
	TAILQ_ENTRY(turn)   link, ranked;
	LIST_ENTRY(turn)    bucket;
};

struct turn_slab;
struct turns {
	int                max;                         /* so many may wait */
	struct turn        root;                        /* n: so many do */
	struct turn_bucket buckets[TURN_BUCKETS];       /* all others by parent and key */
	struct turn_list   spare;                       /* at no use now, by link; and ranks, as many or more */
	struct rank_list   spare_ranks;
	struct turn_slab  *slabs;                       /* what was allocated */
};
void turns_init(struct turns *t, int max);
void turns_free(struct turns *t);                       /* nothing waits any more */
/*
 * w waits for the turns of key[0], within that of key[1], and within that of key[2]. False: it may
 * not, because as many as allowed wait and none of them is of a share or part with more than w's
 * would have then, or memory is out. *out: who has to go instead; NULL: nobody.
 */
bool turns_put(struct turns *t, struct waiting *w, const uint64_t key[TURN_LEVELS], struct waiting **out);
struct waiting *turns_take(struct turns *t);            /* NULL: nobody waits */
#endif
