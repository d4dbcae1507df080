/*
 * http/turns.h - who is next in a lane: the waiting requests of one share of work stand in a queue
 * of their own, and the shares take turns, so that who sends much waits for himself. Two levels:
 * shares (a network, a client), and parts within each.
 *
 * H7: a share with fewer waiting requests than another is neither refused nor held up for it: a
 * full queue makes room by
 *     sending away the newest of the share that has most, and each turn takes one request of each share.
 *
 * The caller holds a lock around every call.
 */
#ifndef HUFU_HTTP_TURNS_H
#define HUFU_HTTP_TURNS_H

#include <sys/queue.h>

#include "base/base.h"

struct turn;
/* What waits: embedded in the request, untouched by its owner while it waits. */
struct waiting { TAILQ_ENTRY(waiting) link; struct turn *in; };
TAILQ_HEAD(waiting_list, waiting);
TAILQ_HEAD(turn_list, turn);

#define TURN_BUCKETS 256
struct turns {
	int              n, max;                        /* waiting; how many may */
	struct turn_list shares;                        /* first: whose turn it is */
	struct turn_list buckets[TURN_BUCKETS];         /* shares and parts by their keys */
};
void turns_init(struct turns *t, int max);
void turns_free(struct turns *t);                       /* nothing waits any more */
/*
 * w waits for the turns of share[0] and, within that, of share[1]. False: it may not, because as
 * many as allowed wait and none of them is of a share or part with more than w's would have then,
 * or memory is out. *out: who has to go instead; NULL: nobody.
 */
bool turns_put(struct turns *t, struct waiting *w, const uint64_t share[2], struct waiting **out);
struct waiting *turns_take(struct turns *t);            /* NULL: nobody waits */
#endif
