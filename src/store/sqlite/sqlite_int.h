/*
 * store/sqlite/sqlite_int.h - the embedded engine from inside: connections, readers, checkpoints,
 * the directory.
 */
#ifndef HUFU_STORE_SQLITE_INT_H
#define HUFU_STORE_SQLITE_INT_H

#include <pthread.h>
#include <sqlite3.h>
#include "store/engine.h"

/* One connection with the statements it has prepared so far. Used by one thread at a time. */
struct sqlite_conn {
	struct conn conn;
	sqlite3 *db;
	sqlite3_stmt *st[SQL_COUNT], *said[VERB_COUNT];
	struct sqlite_conn *next;
	bool open;                      /* a reader keeps its transaction open from read to read ... */
	uint64_t seen;                  /* ... while no commit has come since this one */
};
static inline struct sqlite_conn *conn_of(struct conn *c) { return (struct sqlite_conn *)(void *)c; }

/* The thread that makes checkpoints beside the writer; seen, due and last belong to the writer alone. */
enum checkpoint_state { CHECKPOINT_IDLE, CHECKPOINT_ASKED, CHECKPOINT_END };
struct checkpointer {
	struct sqlite_conn conn;
	pthread_t thread;
	bool started;
	pthread_mutex_t lock;           /* of state */
	pthread_cond_t  asked, done;
	bool busy;                      /* inside of a checkpoint; guarded by lock too */
	enum checkpoint_state state;
	int seen;                       /* pages in the log after the batch before */
	int due;                        /* pages in the log from which the next slice is worth while */
	bool last;                      /* the slice asked for is the last one: what comes beside it is the writer's */
};

#define READERS_MAX 64
struct sqlite_store {
	struct store door;
	char *file;                     /* owned by the store */
	const char *vfs;
	bool read_only, unfinished;
	char *at_rest;                  /* the file as a URI, when it is read and nobody writes it */
	struct str only_old;            /* of store_conf; while it opens */
	const struct store_other *other;        /* the same */
	int lock_fd;                    /* held while this process may write */

	pthread_mutex_t lock;           /* of idle */
	pthread_cond_t  returned;
	struct sqlite_conn *idle;       /* readers not in use, the warmest first */
	struct sqlite_conn reader[READERS_MAX];
	int readers;

	struct sqlite_conn writer;
	int wal_pages;                  /* in the log after the last commit */
	struct checkpointer checkpointer;
};
static inline struct sqlite_store *sqlite_of(struct store *s) { return (struct sqlite_store *)(void *)s; }

/* --- conn.c: connections and statements; readers.c -------------------------------------------- */

bool conn_open(struct sqlite_conn *c, struct sqlite_store *s, int flags, const char *settings);
void conn_close(struct sqlite_conn *c);
bool conn_folds(struct sqlite_conn *c);         /* name_fold() is known to it; conn_open has done so */
bool conn_exec(struct sqlite_conn *c, const char *sql);
void sqlite_prepare(struct query *q, enum sql which);
void sqlite_bind_text(struct query *q, int at, struct str v);
void sqlite_bind_blob(struct query *q, int at, struct str v);
void sqlite_bind_int(struct query *q, int at, int64_t v);
void sqlite_step(struct query *q);
struct str sqlite_text(struct query *q, int column);
struct str sqlite_blob(struct query *q, int column);
int64_t sqlite_number(struct query *q, int column);
int  sqlite_changed(struct query *q);
void sqlite_finish(struct query *q);
bool sqlite_say(struct conn *c, enum verb v);
bool sqlite_in_transaction(struct conn *c);
bool sqlite_is_broken(struct conn *c);
const char *sqlite_trouble(struct conn *c);
bool sqlite_probe(struct conn *c, int64_t now_s);

struct conn *reader_take(struct store *s);
void reader_return(struct store *s, struct conn *c);
/*
 * Let idle readers drop the state of the log they hold on to, so that a checkpoint can go through
 * to its end.
 */
void readers_let_go(struct sqlite_store *s);

/* --- open.c, schema.c ------------------------------------------------------------------------- */

#define STORE_FILE    "hufu.db"
#define STORE_DRAFT   "hufu.db.restored"         /* of a restore that is at work, or was killed */
/*
 * The directory, made when it is missing, and its lock, which keeps every other writer out. False
 * with *why.
 */
bool directory_claim(struct sqlite_store *s, const char *path, struct arena *mem, struct str *why);
void sqlite_once_only(void);
/*
 * Bring the tables to the newest version; a sentence in *why when they cannot be, or are newer
 * than this program.
 */
bool schema_migrate(struct sqlite_store *s, struct arena *mem, struct str *why);
int schema_version_of(struct sqlite_conn *c);   /* 0: an empty file; -1: cannot be read (the connection knows why) */
/* The same of a handle alone, whatever version it has, an empty one too; false: its error says why. */
bool schema_is_newest(struct sqlite_conn *c);
/* tables.c: of a handle that the caller keeps. */
struct tables;
struct tables *sqlite_tables_of(sqlite3 *db, struct arena *mem, struct str *why);
/* What SQLite's last error on this connection means to the operator. */
struct str trouble_sentence(const struct sqlite_store *s, struct arena *mem, sqlite3 *db, const char *doing);

/* --- checkpoint.c ----------------------------------------------------------------------------- */

void checkpoint_rest(void *store);
bool checkpoint_start(struct sqlite_store *s);
void checkpoint_stop(struct sqlite_store *s);
#endif
