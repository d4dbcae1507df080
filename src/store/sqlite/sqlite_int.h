/* store/sqlite/sqlite_int.h - the embedded backend from inside: connections, prepared statements, the writer. */
#ifndef HUFU_STORE_SQLITE_INT_H
#define HUFU_STORE_SQLITE_INT_H

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include "store/store_int.h"

/* Every statement of the backend: sql.def. */
enum sql {
#define SQL(name, text) SQL_##name,
#include "store/sqlite/sql.def"
#undef SQL
	SQL_COUNT
};

/* One connection with the statements it has prepared so far. Used by one thread at a time. */
struct conn {
	sqlite3 *db; sqlite3_stmt *st[SQL_COUNT]; struct conn *next;
	bool open;                      /* a reader keeps its transaction open from read to read ... */
	uint64_t seen;                  /* ... while no commit has come since this one */
	uint64_t client_writes;         /* of the writer: changes of clients so far, committed or not; see store_clients_epoch */
};

/* The thread that makes checkpoints beside the writer; due belongs to the writer alone. */
enum checkpoint_state { CHECKPOINT_IDLE, CHECKPOINT_ASKED, CHECKPOINT_MADE, CHECKPOINT_END };
struct checkpointer {
	struct conn conn;
	pthread_t thread;
	bool started;
	pthread_mutex_t lock;           /* of state */
	pthread_cond_t  asked, done;
	bool busy;                      /* inside of a checkpoint; guarded by lock too */
	enum checkpoint_state state;
	int due;                        /* pages in the log from which the next one is worth while */
};

#define READERS_MAX 64
struct sqlite_store {
	struct store door;
	struct str path;                /* of the directory; owned by the store, like file */
	char *file;
	const char *vfs;
	bool read_only;
	struct str only_old;            /* of store_conf; while it opens */
	int lock_fd;                    /* held while this process may write */
	int version;
	bool is_new;

	pthread_mutex_t lock;           /* of idle */
	pthread_cond_t  returned;
	struct conn *idle;              /* readers not in use, the warmest first */
	struct conn reader[READERS_MAX];
	int readers;

	struct conn writer;             /* of the queue's thread alone */
	struct store_queue *queue;      /* NULL when read-only */
	_Atomic uint64_t commits;       /* counted before the callers are woken */
	_Atomic bool failing;           /* the last commit failed */
	int wal_pages;                  /* in the log after the last commit */
	struct checkpointer checkpointer;
};
static inline struct sqlite_store *sqlite_of(struct store *s) { return (struct sqlite_store *)(void *)s; }

/* --- conn.c: one statement at work: bind in order, then fetch in order ------------------------------------------------------- */

struct query { struct conn *conn; sqlite3_stmt *st; struct arena *mem; int at, col, rc; };

bool conn_open(struct conn *c, const struct sqlite_store *s, int flags, const char *settings);
void conn_close(struct conn *c);
bool conn_exec(struct conn *c, const char *sql);
void query_begin(struct query *q, struct conn *c, struct arena *mem, enum sql which);
void bind_str(struct query *q, struct str s);           /* absent: NULL */
void bind_blob(struct query *q, struct str s);
void bind_int(struct query *q, int64_t v);
void bind_id(struct query *q, const struct id16 *id);   /* none: NULL */
void bind_dig(struct query *q, const struct dig32 *d);
void bind_dig_if(struct query *q, bool given, const struct dig32 *d);
void bind_null(struct query *q);
bool query_row(struct query *q);                        /* the next row; false at the end or on trouble (rc tells) */
struct str get_str(struct query *q);                    /* columns in order, copied into mem */
struct str get_blob(struct query *q);
int64_t get_int(struct query *q);
struct id16 get_id(struct query *q);
struct dig32 get_dig(struct query *q, bool *given);     /* given may be NULL */
enum store_found query_end(struct query *q, bool found);
/* authorization.c: its columns, as AUTH_COLS of sql.def. The extra members are at most AUTHORIZATION_EXTRA_MAX: assert. */
void auth_bind(struct query *q, const struct authorization *a);
void auth_fill(struct query *q, struct authorization *a);

/* Readers: take the warmest idle connection, waiting for one when all are busy. */
struct conn *reader_take(struct sqlite_store *s);
void reader_return(struct sqlite_store *s, struct conn *c);
/* Let idle readers drop the state of the log they hold on to, so that a checkpoint can go through to its end. */
void readers_let_go(struct sqlite_store *s);
/* query_begin on a reader and its return. */
void read_begin(struct query *q, struct store *s, struct arena *mem, enum sql which);
enum store_found read_end(struct query *q, struct store *s, bool found);
int read_end_list(struct query *q, struct store *s, int n);

/* --- open.c, schema.c ---------------------------------------------------------------------------------------------------------- */

#define STORE_FILE    "hufu.db"
#define STORE_DRAFT   "hufu.db.restored"         /* of a restore that is at work, or was killed */
/* The directory, made when it is missing, and its lock, which keeps every other writer out. False with *why. */
bool directory_claim(struct sqlite_store *s, const char *path, struct arena *mem, struct str *why);
void sqlite_once_only(void);
struct store *sqlite_open(const struct store_conf *conf, struct arena *mem, struct str *why, const char *tuning);
void sqlite_close(struct store *s);
int  sqlite_version(struct store *s);
bool sqlite_is_new(struct store *s);
/* Bring the tables to the newest version; a sentence in *why when they cannot be, or are newer than this program. */
bool schema_migrate(struct sqlite_store *s, struct arena *mem, struct str *why);
/* What SQLite's last error on this connection means to the operator. */
struct str trouble_sentence(const struct sqlite_store *s, struct arena *mem, sqlite3 *db, const char *doing);

/* --- ops.c: one operation each, on the writer, inside a transaction -------------------------------------------------------------- */

enum step { STEP_DONE, STEP_LOST, STEP_FAILED };
enum step op_run(struct conn *c, const struct store_op *op);
bool op_may_lose(const struct store_op *op);
bool op_writes(const struct store_op *op);

/* --- write.c, checkpoint.c, sweep.c ------------------------------------------------------------------------------------------ */

void write_undo(struct conn *c);
void write_batch(void *store, struct store_waiter *batch);
void checkpoint_rest(void *store);
bool checkpoint_start(struct sqlite_store *s);
void checkpoint_stop(struct sqlite_store *s);
bool write_begin(struct conn *c);
bool write_commit(struct sqlite_store *s);              /* rolls back when it fails */
enum store_result sqlite_commit(struct store *s, const struct store_op *ops, size_t n, size_t *lost);
bool sqlite_commit_later(struct store *s, struct arena *mem, const struct store_op *ops, size_t n, void (*done)(void *ctx, enum store_result r), void *ctx);
bool sqlite_ready(struct store *s);
void sqlite_stats(struct store *s, struct store_stats *out);
int  sqlite_sweep(struct store *s, int64_t now_s, int rows, int64_t gone[STORE_KINDS]);

/* --- read_*.c: the reads of store_backend under the same names --------------------------------------------------------------------- */

enum store_found sqlite_client(struct store *, struct arena *, struct str realm, struct str id, struct client *out);
enum store_found sqlite_user_by_name(struct store *, struct arena *, struct str realm, struct str name, struct user *out);
enum store_found sqlite_realm_folds(struct store *, struct str realm, bool *folds);
int sqlite_names_together(struct store *, struct arena *, struct str realm, int max, struct str (*out)[2]);
enum store_found sqlite_user_by_id(struct store *, struct arena *, struct str realm, const struct id16 *id, struct user *out);
enum store_found sqlite_user_by_phone(struct store *, struct arena *, struct str realm, struct str phone, struct user *out);
enum store_found sqlite_user_by_open_id(struct store *, struct arena *, struct str realm, struct str open_id, struct user *out);
enum store_found sqlite_session(struct store *, struct arena *, const struct dig32 *digest, struct session *out);
enum store_found sqlite_pending(struct store *, struct arena *, const struct id16 *id, struct pending *out);
enum store_found sqlite_pending_of_session(struct store *, struct arena *, const struct dig32 *session, struct pending *out);
enum store_found sqlite_code(struct store *, struct arena *, const struct dig32 *digest, struct code *out);
enum store_found sqlite_family(struct store *, struct arena *, const struct id16 *id, struct family *out);
enum store_found sqlite_family_by_digest(struct store *, struct arena *, const struct dig32 *digest, struct family *out);
enum store_found sqlite_token(struct store *, struct arena *, const struct id16 *id, struct token *out);
enum store_found sqlite_token_by_digest(struct store *, struct arena *, const struct dig32 *digest, struct token *out);
enum store_found sqlite_token_by_reuse(struct store *, struct arena *, const struct dig32 *reuse, struct token *out);
enum store_found sqlite_jti_revoked(struct store *, const struct dig32 *jti);
enum store_found sqlite_jti_family(struct store *, const struct dig32 *jti, struct id16 *family);
enum store_found sqlite_throttle(struct store *, char kind, const struct dig32 *key, struct throttle *out);
enum store_found sqlite_one_time(struct store *, const struct dig32 *key, struct one_time *out);
enum store_found sqlite_approvals(struct store *, struct arena *, struct str issuer, const struct id16 *user, struct str client, int64_t now_s, struct str *scopes);
int sqlite_tokens_of(struct store *, struct arena *, struct str issuer, const struct id16 *user, struct str client, int64_t now_s, int max, struct token *out);
enum store_found sqlite_live_scopes(struct store *, struct arena *, struct str issuer, const struct id16 *user, struct str client, int64_t now_s, struct str *scopes);
int sqlite_clients(struct store *, struct arena *, struct str realm, struct str after, int max, struct client *out);
int sqlite_users(struct store *, struct arena *, struct str realm, struct str after, int max, struct user *out);
int sqlite_sessions(struct store *, struct arena *, const struct id16 *user, const struct dig32 *after, int max,
    struct session *out);
int sqlite_codes(struct store *, struct arena *, const struct id16 *user, const struct dig32 *after, int max, struct code *out);
int sqlite_families(struct store *, struct arena *, const struct family_walk *w, int max, struct family *out);
int sqlite_tokens(struct store *, struct arena *, const struct token_walk *w, int max, struct token *out);
int sqlite_approval_rows(struct store *, struct arena *, const struct approval_walk *w, int max, struct approval *out);
enum store_found sqlite_user_counts(struct store *, const struct id16 *user, struct str elsewhere, int64_t now_s, struct user_counts *out);
int sqlite_keys(struct store *, struct arena *, struct str issuer, int max, struct key_row *out);
enum store_found sqlite_has_keys(struct store *);
int sqlite_realms(struct store *, struct arena *, int max, struct str *out);
int sqlite_habit_uses(struct store *, struct arena *, struct str realm, struct str issuer, const struct habit_use *after, int max, struct habit_use *out);
enum store_found sqlite_habits_of(struct store *, struct arena *, struct str realm, struct str client, struct str issuer, struct str *words);
enum store_found sqlite_approval(struct store *, const struct approval *key, int64_t *expires_s);
enum store_found sqlite_imported(struct store *, struct arena *, const struct imported *key, struct imported *out);
int sqlite_imports(struct store *, struct arena *, const struct imported *after, int max, struct imported *out);
int64_t sqlite_habits_since(struct store *);
int sqlite_records(struct store *, struct arena *, int max, struct kept_record *out);
int sqlite_outgoing(struct store *, struct arena *, char kind, const struct id16 *after, int max, struct outgoing *out);
#endif
