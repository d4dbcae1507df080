/*
 * metrics/metrics.h - what is counted: requests, refusals and weak habits, their Prometheus text, and
 * the book in which uses of weak habits wait for the store.
 */
#ifndef HUFU_METRICS_H
#define HUFU_METRICS_H

#include "base/base.h"
#include "http/http.h"
#include "oauth/issuer.h"
#include "oauth/lists.h"
#include "store/store.h"

/* --- metrics.c: per-thread counters, summed when read ----------------------------------------- */
struct metrics;
struct metrics *metrics_new(void);
void metrics_free(struct metrics *m);
/* One finished request. endpoint, grant: static names; lock-free. */
void metrics_request(struct metrics *m, const char *issuer, const char *endpoint, const char *grant,
    int status, enum reason why, int64_t dur_us);
void metrics_refused(struct metrics *m, const char *why, int status);
void metrics_habit(struct metrics *m, struct str issuer, struct str client_id,
    enum habit h); /* bounded number of pairs; beyond: "other" */
/*
 * Prometheus text exposition 0.0.4: hufu_* metrics with HELP and TYPE; store, lanes and server
 * figures beside the counters.
 */
struct metrics_sources {
	struct store *store;
	struct http_server *server;
	struct outbox *sms, *mail, *notices, *logouts, *ciba, *events;
	struct http_lane *const *lanes;
	const char *const *lane_names;
	size_t n_lanes;
	const _Atomic int64_t *audit_lost;      /* one for each of audit_targets */
	const char *const *audit_targets;
	size_t n_audit_targets;
};
/* A reason's name as logs and metrics write it: "code_replayed". */
void reason_put(struct buf *b, enum reason why);
struct str metrics_text(struct metrics *m, const struct metrics_sources *src, struct arena *mem);

/* --- habits.c: uses of weak habits between two writes to the store ---------------------------- */
#define HABIT_BOOK_MAX 8192             /* combinations of issuer, client, endpoint and habit; write the book when it is half full */
struct habit_book;
/* writes: OP_HABITS_USED, or OP_CREDENTIALS_USED for what clients prove themselves by. NULL without memory. */
struct habit_book *habit_book_new(enum store_op_kind writes);
void habit_book_free(struct habit_book *b);
/* adds it up; copies the texts; false: no room. Thread-safe */
bool habit_book_note(struct habit_book *b, const struct habit_use *u);
size_t habit_book_rows(struct habit_book *b);
/* all of it in one commit; false: the store cannot, and nothing is lost */
bool habit_book_write(struct habit_book *b, struct store *s);
#endif
