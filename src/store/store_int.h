/*
 * store/store_int.h - the store from inside: the part that every engine has (engine.h), and the
 * queue of its writer. The doors of store.h are made from reads.def and pass to the functions of
 * records/.
 */
#ifndef HUFU_STORE_INT_H
#define HUFU_STORE_INT_H

#include <stdatomic.h>
#include "store/store.h"

struct engine;
struct conn;
typedef void store_hook(void *ctx);
/* An engine's store begins with this. */
struct store {
	const struct engine *engine;
	const char *place;                      /* file or address, for people; the engine's */
	int version;                            /* of the schema */
	bool is_new;
	struct conn *writer;                    /* of the queue's thread alone */
	struct store_queue *queue;              /* NULL: read only */
	_Atomic uint64_t commits;               /* counted before the callers are woken */
	_Atomic uint64_t clients_epoch;         /* writer->client_writes as of the last commit */
	_Atomic uint64_t keys_epoch;            /* of an engine that is shared: changes with every write of a key */
	_Atomic int64_t seen_us;                /* ... and when it answered last, by clock_mono_us */
	_Atomic bool away;                      /* ... it gave no answer: nobody else asks until it does */
	void (*news)(void *ctx); void *news_ctx;        /* of store_watch, under its lock */
	_Atomic bool failing;                   /* the last commit failed */
	_Atomic bool beside;                    /* store_beside */
	_Atomic int64_t alone_us;               /* clock_mono_us when it ended; 0: it never was */
	_Atomic uint64_t unknown;               /* epochs that nothing equals, given out meanwhile */
	store_hook *hook; void *hook_ctx;
};
/*
 * Tests only: hook is called before each read and each commit, on the caller's thread, and may
 * use the store itself (it is called for that too). So an act of the operator can be put between
 * any two steps of a request. Set it while nobody else uses the store.
 */
void store_hook_set(struct store *s, store_hook *hook, void *ctx);

/*
 * store_open with an engine's own settings said after the product's, for tests and measurements
 * only: SQL for SQLite, e.g. "PRAGMA synchronous=OFF", by which the power-cut test shows that it
 * can fail. NULL: as store_open.
 */
struct store *store_open_with(const struct store_conf *conf, struct arena *mem, struct str *why, const char *tuning);

/* The statements of migration `version` (from 1), as given to SQLite; NULL past the newest. So that a measuring program can make
 * the very same tables. */
const char *store_schema_sql(int version);
int store_schema_newest(void);

/* A list that waits for its commit; lives on the stack of its caller. */
struct store_waiter {
	const struct store_op *ops; size_t n;   /* n == 0: a chore, see below */
	int (*chore)(void *ctx, const struct store_waiter *w);  /* run alone, outside the batch's transaction */
	int64_t now_s; int kind, rows;          /* of the chore */
	enum store_result result;
	size_t lost;
	int count;                              /* what the chore returned */
	int64_t queued_us;
	/* nobody waits: called on the writer's thread; NULL: somebody does */
	void (*done)(void *ctx, enum store_result r);
	void *ctx;
	struct store_waiter *next;
};

/*
 * Group commit: callers queue their lists, one thread takes all that came in during the previous
 * sync and commits them together. No timer: an idle store commits a single list at once.
 *
 * run     commit these lists (singly linked, in order) and fill in result and lost of each.
 * rest    called after the callers were woken: work that may take its time (checkpoints). May be NULL.
 */
struct store_queue;
struct store_queue *queue_start(void (*run)(void *ctx, struct store_waiter *batch), void (*rest)(void *ctx), void *ctx);
void queue_stop(struct store_queue *q);         /* what is queued is committed first; ends the thread and releases q */
void queue_wait(struct store_queue *q, struct store_waiter *w);         /* returns when w is committed, or failed */
void queue_post(struct store_queue *q, struct store_waiter *w);         /* returns at once; w->done is called later */
void queue_stats(struct store_queue *q, struct store_stats *out);
#endif
