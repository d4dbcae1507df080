/*
 * store/store_int.h - what a backend is: one struct of functions, one folder. The doors in store.c only pass calls through, so
 * a second backend adds its folder and a row in backend_of (store.c).
 */
#ifndef HUFU_STORE_INT_H
#define HUFU_STORE_INT_H

#include <stdatomic.h>
#include "store/store.h"

/* One function for each door of store.h; the comments there are the contract. */
struct store_backend {
	const char *name;
	struct store *(*open)(const struct store_conf *conf, struct arena *mem, struct str *why, const char *tuning);
	void (*close)(struct store *s);
	int  (*schema_version)(struct store *s);
	bool (*is_new)(struct store *s);
	bool (*ready)(struct store *s);

	enum store_found (*client)(struct store *, struct arena *, struct str realm, struct str id, struct client *out);
	enum store_found (*user_by_name)(struct store *, struct arena *, struct str realm, struct str name, struct user *out);
	enum store_found (*realm_folds)(struct store *, struct str realm, bool *folds);
	int (*names_together)(struct store *, struct arena *, struct str realm, int max, struct str (*out)[2]);
	enum store_found (*user_by_id)(struct store *, struct arena *, struct str realm, const struct id16 *id, struct user *out);
	enum store_found (*user_by_phone)(struct store *, struct arena *, struct str realm, struct str phone, struct user *out);
	enum store_found (*user_by_open_id)(struct store *, struct arena *, struct str realm, struct str open_id, struct user *out);
	enum store_found (*session)(struct store *, struct arena *, const struct dig32 *digest, struct session *out);
	enum store_found (*pending)(struct store *, struct arena *, const struct id16 *id, struct pending *out);
	enum store_found (*pending_of_session)(struct store *, struct arena *, const struct dig32 *session, struct pending *out);
	enum store_found (*code)(struct store *, struct arena *, const struct dig32 *digest, struct code *out);
	enum store_found (*family)(struct store *, struct arena *, const struct id16 *id, struct family *out);
	enum store_found (*family_by_digest)(struct store *, struct arena *, const struct dig32 *digest, struct family *out);
	enum store_found (*token)(struct store *, struct arena *, const struct id16 *id, struct token *out);
	enum store_found (*token_by_digest)(struct store *, struct arena *, const struct dig32 *digest, struct token *out);
	enum store_found (*token_by_reuse)(struct store *, struct arena *, const struct dig32 *reuse, struct token *out);
	enum store_found (*jti_revoked)(struct store *, const struct dig32 *jti);
	enum store_found (*jti_family)(struct store *, const struct dig32 *jti, struct id16 *family);
	enum store_found (*throttle)(struct store *, char kind, const struct dig32 *key, struct throttle *out);
	enum store_found (*one_time)(struct store *, const struct dig32 *key, struct one_time *out);
	enum store_found (*approvals)(struct store *, struct arena *, struct str issuer, const struct id16 *user, struct str client, int64_t now_s, struct str *scopes);
	int (*tokens_of)(struct store *, struct arena *, struct str issuer, const struct id16 *user, struct str client, int64_t now_s, int max, struct token *out);
	enum store_found (*live_scopes)(struct store *, struct arena *, struct str issuer, const struct id16 *user, struct str client, int64_t now_s, struct str *scopes);

	int (*clients)(struct store *, struct arena *, struct str realm, struct str after, int max, struct client *out);
	int (*users)(struct store *, struct arena *, struct str realm, struct str after, int max, struct user *out);
	int (*sessions)(struct store *, struct arena *, const struct id16 *user, const struct dig32 *after, int max,
	    struct session *out);
	int (*codes)(struct store *, struct arena *, const struct id16 *user, const struct dig32 *after, int max,
	    struct code *out);
	int (*families)(struct store *, struct arena *, const struct family_walk *w, int max, struct family *out);
	int (*tokens)(struct store *, struct arena *, const struct token_walk *w, int max, struct token *out);
	int (*approval_rows)(struct store *, struct arena *, const struct approval_walk *w, int max, struct approval *out);
	enum store_found (*user_counts)(struct store *, const struct id16 *user, struct str elsewhere, int64_t now_s, struct user_counts *out);
	int (*keys)(struct store *, struct arena *, struct str issuer, int max, struct key_row *out);
	enum store_found (*has_keys)(struct store *);
	int (*realms)(struct store *, struct arena *, int max, struct str *out);
	int (*habit_uses)(struct store *, struct arena *, struct str realm, struct str issuer, const struct habit_use *after, int max, struct habit_use *out);
	enum store_found (*habits_of)(struct store *, struct arena *, struct str realm, struct str client, struct str issuer, struct str *words);
	enum store_found (*approval)(struct store *, const struct approval *key, int64_t *expires_s);
	enum store_found (*imported)(struct store *, struct arena *, const struct imported *key, struct imported *out);
	int (*imports)(struct store *, struct arena *, const struct imported *after, int max, struct imported *out);
	int64_t (*habits_since)(struct store *);
	int (*records)(struct store *, struct arena *, int max, struct kept_record *out);
	int (*outgoing)(struct store *, struct arena *, char kind, const struct id16 *after, int max, struct outgoing *out);

	enum store_result (*commit)(struct store *, const struct store_op *ops, size_t n, size_t *lost);
	bool (*commit_later)(struct store *, struct arena *mem, const struct store_op *ops, size_t n, void (*done)(void *ctx, enum store_result r), void *ctx);
	int  (*sweep)(struct store *, int64_t now_s, int rows, int64_t gone[STORE_KINDS]);
	void (*stats)(struct store *, struct store_stats *out);
};
typedef void store_hook(void *ctx);
/* Every backend's store begins with this. */
struct store {
	const struct store_backend *backend;
	_Atomic uint64_t clients_epoch;         /* of what is committed; the backend's to set after each commit */
	store_hook *hook; void *hook_ctx;
};
/*
 * Tests only: hook is called before each read and each commit, on the caller's thread, and may use the store itself (it is called for
 * that too). So an act of the operator can be put between any two steps of a request. Set it while nobody else uses the store.
 */
void store_hook_set(struct store *s, store_hook *hook, void *ctx);

extern const struct store_backend store_sqlite;

/*
 * store_open with a backend's own settings said after the product's, for tests and measurements only: SQL for SQLite, e.g.
 * "PRAGMA synchronous=OFF", by which the power-cut test shows that it can fail. NULL: as store_open.
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
	void (*done)(void *ctx, enum store_result r);           /* nobody waits: called on the writer's thread; NULL: somebody does */
	void *ctx;
	struct store_waiter *next;
};

/*
 * Group commit: callers queue their lists, one thread takes all that came in during the previous sync and commits them
 * together. No timer: an idle store commits a single list at once.
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
