/* outbound/outbox_int.h - an outbox from inside: queues by neighbour, and rows in the store. */
#ifndef HUFU_OUTBOX_INT_H
#define HUFU_OUTBOX_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "outbound/outbox.h"

#define OUTBOX_THREADS_MAX 16

struct queue;
struct errand {
	struct arena     mem;           /* all of its own; wiped with it */
	struct errand   *next;
	struct errand   *held, **holds; /* all that have a place: o->held */
	struct queue    *queue;
	struct outgoing  row;
	struct str       payload, shown;
	struct trace     trace;         /* of the request that it belongs to; not written down */
	int64_t          due_us;        /* monotonic, like all times that end in _us */
	int              rounds;        /* of tries that failed and were told */
	bool             again;         /* the quick second try was had */
	bool             over, well;    /* it is settled, and sent; its row is still to go */
};

/* Errands of one neighbour. Under the outbox's lock. */
struct queue {
	struct queue  *next;
	struct str     name;            /* behind the struct */
	struct errand *first, **last;   /* ready, in order */
	struct errand *later;           /* in no order; the earliest is due at later_us */
	int64_t        later_us, rest_until_us;
	int            places;          /* prepared, waiting or under way: while there are any, the queue stays */
	int            running, failures;       /* failures: in a row */
	/* the causes of the last lines, and when: one line in ten seconds for each cause */
	struct { const char *cause; int64_t us; } told[8];
};

struct outbox {
	struct outbox_setup setup;
	uint8_t key[32];
	struct id16 holder;             /* of what this process sends */
	struct clock_due look_due;
	pthread_mutex_t lock;
	pthread_cond_t  work;
	struct queue *queues;           /* taken in turn */
	struct errand *held;            /* prepared, waiting or under way */
	int n_queues, places, n_threads;
	bool ending;
	pthread_t threads[OUTBOX_THREADS_MAX];
	_Atomic int64_t sent, failed, dropped;
};

/* --- outbox_queue.c: under the lock ----------------------------------------------------------- */
/* A place with the neighbour; NULL when too many wait (unless forced) or memory is exhausted. */
struct queue *queue_place(struct outbox *o, struct str neighbour, bool forced);
void queue_leave(struct outbox *o, struct errand *e);           /* the place is free again */
void queue_hold(struct outbox *o, struct errand *e);            /* it has one */
bool queue_holds(const struct outbox *o, const struct id16 *id);
void queue_ready(struct errand *e);                             /* behind those that wait */
void queue_later(struct errand *e, int64_t due_us);
/* The next errand that may be sent, marked as under way; NULL: none before *wake_us (INT64_MAX: none at all). */
struct errand *queue_take(struct outbox *o, int64_t now_us, int64_t *wake_us);
/* It was under way: how its neighbour did. Repeated failures make it rest. */
void queue_did(struct queue *q, bool well, int64_t now_us);
bool queue_line_is_due(struct queue *q, const char *cause, int64_t now_us);
void queues_free(struct outbox *o);                             /* with what waits */

/* --- outbox_row.c ----------------------------------------------------------------------------- */
struct errand *errand_new(const struct outbox *o, struct str issuer, struct str payload, int64_t not_after_s);
/* One from the store; NULL: it cannot be read. */
struct errand *errand_read(const struct outbox *o, const struct outgoing *row);
void errand_free(struct errand *e);
/* STORE_LOST: it is there no longer, because its user was deleted; or another holds it (row_is_held). */
enum store_result row_mark(const struct outbox *o, struct errand *e, bool begun, int64_t for_s);
/* From what this process knows of it: nobody else may have taken it. */
bool row_is_held(const struct outbox *o, const struct errand *e);
/* It is held here from now on. STORE_LOST: it changed since it was read. */
enum store_result row_take(const struct outbox *o, struct outgoing *row);
bool row_delete(const struct outbox *o, const struct outgoing *row);
/* Where others send too: what waits may be taken by any of them. */
void rows_leave(const struct outbox *o);

/* --- outbox_left.c: what no process holds any more ------------------------------------------------ */
/* Ready, with a place that nobody asks whether it is one too many; under no lock. */
void outbox_put(struct outbox *o, struct errand *e);
/* shown: whom it was for, as far as the log may know; absent: several. */
void dropped_record(const struct outbox *o, int n, struct str shown, const char *why);
void errand_settle(struct outbox *o, const struct errand *e, enum errand_end end, const struct errand_report *r);
#endif
