/*
 * store/postgres/postgres_int.h - the engine over PostgreSQL from inside: connections, what is in flight on them,
 * the mark by which a lost commit is known, and the thread that watches what other nodes write.
 *
 * Every wait has an end: a connection that does not answer in time is given up. A transaction whose COMMIT was sent
 * and not answered is settled by its mark: the row of this process in commit_marks moves on with each transaction, and
 * fails the transaction when it is not where it was left. So a look at the row from the next connection, which moves
 * it on itself, tells whether the commit is there, and keeps it away for good when it is not.
 */
#ifndef HUFU_STORE_POSTGRES_INT_H
#define HUFU_STORE_POSTGRES_INT_H

#include <postgresql/libpq-fe.h>
#include <pthread.h>
#include "store/engine.h"

/* --- libpq.c ---------------------------------------------------------------------------------- */

#define LIBPQ(X) \
	X(PQconninfoParse) X(PQconninfoFree) X(PQfreemem) X(PQconnectdbParams) X(PQfinish) X(PQstatus) X(PQsocket) \
	X(PQerrorMessage) X(PQserverVersion) X(PQparameterStatus) X(PQtransactionStatus) X(PQsetnonblocking) \
	X(PQenterPipelineMode) X(PQpipelineSync) X(PQflush) X(PQconsumeInput) X(PQisBusy) X(PQgetResult) \
	X(PQsendPrepare) X(PQsendQueryPrepared) X(PQsendQueryParams) X(PQresultStatus) X(PQresultErrorField) \
	X(PQcmdTuples) X(PQcmdStatus) X(PQclear) X(PQntuples) X(PQgetvalue) X(PQgetlength) X(PQgetisnull) \
	X(PQhost) X(PQport) X(PQsetNoticeProcessor) X(PQexec) X(PQexecParams) X(PQputCopyData) X(PQputCopyEnd)
struct libpq {
#define X(name) __typeof__(name) *name;
	LIBPQ(X)
#undef X
};
extern struct libpq pq;
bool libpq_load(struct arena *mem, struct str *why);    /* false with *why, which names the package; thread-safe */

/* --- address.c -------------------------------------------------------------------------------- */

/* How to connect: what libpq is told, with our defaults where the URL says nothing. */
#define ADDRESS_KEYS_MAX 96
struct pg_address {
	PQconninfoOption *read;                 /* of the URL; the texts below point into it, or are constant */
	const char *keys[ADDRESS_KEYS_MAX], *values[ADDRESS_KEYS_MAX];
	char *password, *schema, *place;        /* owned; place: for people, without a password */
	bool prepare;                           /* false: a pooler may hand each transaction another server session */
};
bool pg_address_read(const struct store_conf *conf, struct pg_address *a, struct arena *mem, struct str *why);
void pg_address_free(struct pg_address *a);

/* --- link.c: one connection ------------------------------------------------------------------- */

#define PG_TYPE_BLOB 17
#define PG_TYPE_INT  20
#define PG_TYPE_TEXT 25
#define PARAMS_MAX 32
#define STATE_SIZE 6
#define TROUBLE_SIZE 256
/* What was sent and is not answered yet. */
enum flight_kind { FLIGHT_VERB, FLIGHT_PREPARE, FLIGHT_STATEMENT };
struct flight { enum flight_kind kind; enum sql which; bool kept; enum expect expect; };
enum prepared { PREPARED_NOT, PREPARED_SENT, PREPARED_DONE };
struct pg_store;
struct pg_conn {
	struct conn conn;
	struct pg_store *store;
	PGconn *link;                           /* NULL: none */
	int64_t wait_us;                        /* the longest that an answer may take */
	uint8_t prepared[SQL_COUNT];            /* enum prepared */

	/* the statement at work: bound, then run, then walked through */
	enum sql which;
	int n;
	Oid types[PARAMS_MAX];
	const char *values[PARAMS_MAX];
	int lengths[PARAMS_MAX];
	uint8_t numbers[PARAMS_MAX][8];
	PGresult *rows;                         /* NULL: not run yet */
	int row, touched;

	struct flight *flights;
	size_t n_flights, room;
	bool begun;                             /* BEGIN is sent, and no end of it was answered */
	bool guesses;                           /* something was sent whose answer is only expected */
	bool missed;                            /* something expected was not so */
	bool unknown;                           /* whether the last transaction is there: nothing could be learned */
	bool lost;                              /* the connection went while something was under way */
	char state[STATE_SIZE];                 /* SQLSTATE of the last failure; "": none, or not from the server */
	char trouble[TROUBLE_SIZE];
	struct pg_conn *next;
};
static inline struct pg_conn *conn_of(struct conn *c) { return (struct pg_conn *)(void *)c; }

bool link_open(struct pg_conn *c);              /* false with c->trouble; the one before is closed */
void link_close(struct pg_conn *c);
bool link_is_open(const struct pg_conn *c);
/* Sent at once, or with what comes next; false: the connection is gone. */
bool send_text(struct pg_conn *c, const char *text);
bool send_statement(struct pg_conn *c, enum expect expect, bool kept);
/* All answers of what is in flight. False: an error (c->state, c->trouble), a miss, or the connection lost. */
bool trip(struct pg_conn *c);
/* A text of our own with what was bound last; kept: its rows will be in c->rows. run_xxx: sent, and its answer. */
void bound_begin(struct pg_conn *c);
void bound_blob(struct pg_conn *c, struct str v);
void bound_int(struct pg_conn *c, int64_t v);
bool send_bound(struct pg_conn *c, const char *text, bool kept);
bool run_bound(struct pg_conn *c, const char *text);
bool run_text(struct pg_conn *c, const char *text);     /* nothing is bound */
int64_t row_number(const PGresult *r, int row, int column);
const char *pg_text(enum sql which);            /* with $1 */
void pg_texts_make(void);

/* --- conn.c: statements of records/sql.def; commit.c: transactions ---------------------------- */

void pg_prepare(struct query *q, enum sql which);
void pg_bind_text(struct query *q, int at, struct str v);
void pg_bind_blob(struct query *q, int at, struct str v);
void pg_bind_int(struct query *q, int at, int64_t v);
void pg_step(struct query *q);
void pg_expect(struct query *q, enum expect what);
struct str pg_blob(struct query *q, int column);
int64_t pg_number(struct query *q, int column);
int  pg_changed(struct query *q);
void pg_finish(struct query *q);
bool pg_say(struct conn *c, enum verb v);
bool pg_in_transaction(struct conn *c);
bool pg_is_broken(struct conn *c);
bool pg_is_spoiled(struct conn *c);
enum retry pg_retry(struct conn *c, int tries);
const char *pg_trouble(struct conn *c);
bool pg_probe(struct conn *c, int64_t now_s);
#define NODE_ALIVE_S 300                        /* its mark moves with each sweep at the latest */
/* The row of this process in commit_marks; and its end. */
bool mark_begin(struct pg_conn *c);
void mark_end(struct pg_conn *c);

/* --- readers.c -------------------------------------------------------------------------------- */

struct conn *pg_reader_take(struct store *s);
void pg_reader_return(struct store *s, struct conn *c);

/* --- schema.c --------------------------------------------------------------------------------- */

int schema_newest(void);
enum store_state schema_state(struct pg_conn *c);
bool schema_is_ready(struct pg_store *s, struct pg_conn *c, struct arena *mem, struct str *why);

/* --- watch.c: what other nodes change --------------------------------------------------------- */

/* How often clients, and keys, were changed. */
#define EPOCHS_SQL "SELECT (SELECT value FROM epochs WHERE what = 'clients'), " \
	"(SELECT value FROM epochs WHERE what = 'keys')"
bool watch_start(struct pg_store *s);
void watch_stop(struct pg_store *s);

#define READERS_MAX 64
struct pg_store {
	struct store door;
	struct pg_address address;
	struct str only_old;                    /* of store_conf; while it opens */
	const struct store_other *other;        /* the same */
	bool read_only;

	pthread_mutex_t lock;                   /* of idle */
	pthread_cond_t returned;
	struct pg_conn *idle, reader[READERS_MAX];
	int readers;

	struct pg_conn writer;
	struct id16 node;                       /* of this process, until it ends */
	int64_t mark;                           /* where our row of commit_marks is */
	bool mark_is_open;                      /* a COMMIT of it was never answered */
	uint64_t client_writes, key_writes;     /* of the writer, as of its last commit */

	struct pg_conn watcher;
	pthread_t watching;
	bool watches, watch_ends;               /* the latter under lock, as `woken` */
	pthread_cond_t woken;
};
static inline bool is_away(const struct pg_store *s) { return s->watches && atomic_load(&s->door.away); }
static inline struct pg_store *store_of(struct store *s) { return (struct pg_store *)(void *)s; }
#endif
