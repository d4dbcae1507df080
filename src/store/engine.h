/*
 * store/engine.h - what an engine must do, and the verbs by which records speak to it. Above this
 * header nothing knows which database it is: records/ has the structs' columns, statements and
 * operations, writer.c the transactions.
 *
 * An engine is a folder with one struct engine and the texts of records/sql.def in its own words
 * (its dialect.h). It gives connections to read with, one to write with, prepared statements on
 * both, and transactions with savepoints; whatever else it needs (checkpoints, a pool, a lock on
 * a directory) stays inside of it.
 */
#ifndef HUFU_STORE_ENGINE_H
#define HUFU_STORE_ENGINE_H

#include "store/store_int.h"

/* Every statement of the store: records/sql.def. */
enum sql {
#define SQL(name, text) SQL_##name,
#include "store/records/sql.def"
#undef SQL
	SQL_COUNT
};

struct query;
/*
 * What is said of a transaction. SAVE begins a savepoint inside of it, which is undone or done;
 * they are not nested.
 */
enum verb {
	VERB_BEGIN,                             /* to write */
	VERB_BEGIN_READ, VERB_COMMIT, VERB_ROLLBACK, VERB_SAVE, VERB_SAVE_UNDO, VERB_SAVE_DONE,
	VERB_COUNT
};

/* What a statement is taken to have done before its answer is there. */
enum expect { EXPECT_NOTHING, EXPECT_CHANGE, EXPECT_ROW };

/* NO: not by itself. NEVER: nobody knows whether it was committed. */
enum retry { RETRY_NO, RETRY_MAY_PASS, RETRY_NEVER };

struct engine {
	const char *name;
	/* Other processes write to the same store: what this one remembers of it is never all there is. */
	bool shared;
	struct store *(*open)(const struct store_conf *conf, struct arena *mem, struct str *why, const char *tuning);
	void (*close)(struct store *s);
	enum store_state (*state)(const struct store_conf *conf, struct arena *mem, struct str *why);

	/* A connection that sees every commit so far, waiting for one when all are busy; and its return. */
	struct conn *(*reader_take)(struct store *s);
	void (*reader_return)(struct store *s, struct conn *c);

	/*
	 * A statement, prepared at its first use on this connection. Each of these leaves the
	 * outcome in q->state.
	 */
	void (*prepare)(struct query *q, enum sql which);
	/* at: from 1; absent: NULL; what is bound is borrowed until the statement has finished. */
	void (*bind_text)(struct query *q, int at, struct str v);
	void (*bind_blob)(struct query *q, int at, struct str v);
	void (*bind_int)(struct query *q, int at, int64_t v);
	void (*step)(struct query *q);          /* the next row */
	struct str (*text)(struct query *q, int column);        /* from 0; NULL: absent; valid until the next step */
	struct str (*blob)(struct query *q, int column);
	int64_t (*number)(struct query *q, int column);
	int  (*changed)(struct query *q);       /* rows that a statement touched */
	void (*finish)(struct query *q);        /* it may be begun again; q->state stays */

	/*
	 * May be NULL. A statement sent on the writer without waiting for its answer, which is taken to be as expected;
	 * where it was not, VERB_COMMIT or the next statement that is waited for fails, and the transaction is begun
	 * anew with every answer waited for.
	 */
	void (*expect)(struct query *q, enum expect what);

	bool (*say)(struct conn *c, enum verb v);
	bool (*in_transaction)(struct conn *c);
	/* May be NULL. A failed statement has made void what was done since the last savepoint: it must be undone. */
	bool (*is_spoiled)(struct conn *c);
	/*
	 * After a failure: the whole connection is in trouble (a full disk, a lost server), so
	 * other lists fare no better.
	 */
	bool (*is_broken)(struct conn *c);
	/*
	 * May be NULL. After a transaction that failed and was undone: may it go through when it is begun anew, now for
	 * the so-many-th time (from 0)? Pauses before it says so.
	 */
	enum retry (*retry)(struct conn *c, int tries);
	const char *(*trouble)(struct conn *c); /* the last failure, for people */
	bool (*probe)(struct conn *c, int64_t now_s);   /* inside a transaction: write more than any ordinary batch */
	void (*status)(struct store *s, struct arena *mem, struct store_status *out);   /* server, newest, nodes */
	void (*tell)(const struct store *s, struct store_other *out);
	void (*mine)(struct store *s);          /* store_is_mine; may be NULL */
	void (*rest)(void *store);              /* after each batch, when its callers were woken; may be NULL */
};

/* One connection, used by one thread at a time; an engine's begins with this. */
struct conn {
	const struct engine *engine;
	uint64_t client_writes;                 /* of the writer: changes of clients so far, committed or not */
	uint64_t key_writes;                    /* the same of keys */
	bool hurry;                             /* of the writer: answers are expected, not waited for */
};

extern const struct engine engine_sqlite, engine_postgres;

/* --- query.c: one statement at work: bind in order, then fetch in order ----------------------- */

/* CONFLICT: a constraint does not allow it. */
enum query_state { QUERY_READY, QUERY_ROW, QUERY_DONE, QUERY_CONFLICT, QUERY_FAILED };
struct query {
	struct conn *conn;
	void *statement;                        /* the engine's */
	struct arena *mem;
	int at, column;
	enum query_state state;
	int code;                               /* the engine's, of a failure */
};

void query_begin(struct query *q, struct conn *c, struct arena *mem, enum sql which);
void bind_str(struct query *q, struct str s);           /* absent: NULL */
void bind_blob(struct query *q, struct str s);
void bind_int(struct query *q, int64_t v);
void bind_id(struct query *q, const struct id16 *id);   /* none: NULL */
void bind_dig(struct query *q, const struct dig32 *d);
void bind_dig_if(struct query *q, bool given, const struct dig32 *d);
static inline void bind_skip(struct query *q) { q->at++; }      /* a number that this statement does not use */
bool query_row(struct query *q);                        /* the next row; false at the end or on trouble */
struct str get_str(struct query *q);                    /* columns in order, copied into mem */
struct str get_blob(struct query *q);
int64_t get_int(struct query *q);
struct id16 get_id(struct query *q);
struct dig32 get_dig(struct query *q, bool *given);     /* given may be NULL */
enum store_found query_end(struct query *q, bool found);

/* query_begin on a reader, and its return. */
void read_begin(struct query *q, struct store *s, struct arena *mem, enum sql which);
enum store_found read_end(struct query *q, struct store *s, bool found);
int read_end_list(struct query *q, struct store *s, int n);

/* --- ops.c: one operation each, on the writer, inside a transaction --------------------------- */

enum step { STEP_DONE, STEP_LOST, STEP_FAILED };
enum step op_run(struct conn *c, const struct store_op *op);
/*
 * Can this one be refused in the ordinary run of things? Random ids do not collide, so an
 * addition can be lost only by a text that somebody else may have chosen or drawn too.
 */
bool op_may_lose(const struct store_op *op);

/* --- writer.c: the lists of many callers in one transaction ----------------------------------- */

void news_tell(struct store *s);                /* of an engine that is shared: to who watches; news.c */
bool writer_start(struct store *s);             /* s->writer is open */
bool writer_probe(struct store *s);             /* a probe write went through */
void writer_stop(struct store *s);              /* what is queued is committed first */
void writer_epoch_moves(struct store *s);       /* no epoch that was read before is the newest any more */
enum store_result writer_commit(struct store *s, const struct store_op *ops, size_t n, size_t *lost);
bool writer_commit_later(struct store *s, struct arena *mem, const struct store_op *ops, size_t n,
    void (*done)(void *ctx, enum store_result r), void *ctx);
#endif
