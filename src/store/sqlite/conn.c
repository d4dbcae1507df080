/* store/sqlite/conn.c - connections, their prepared statements, and what is said to SQLite by them. */
#include <unistd.h>
#include "store/sqlite/dialect.h"
#include "store/sqlite/sqlite_int.h"

static const char *const sql_text[SQL_COUNT] = {
#define SQL(name, text) [SQL_##name] = text,
#include "store/records/sql.def"
#undef SQL
};
static const char *const verb_text[VERB_COUNT] = {
	[VERB_BEGIN] = "BEGIN IMMEDIATE",
	[VERB_BEGIN_READ] = "BEGIN",
	[VERB_COMMIT] = "COMMIT",
	[VERB_ROLLBACK] = "ROLLBACK",
	[VERB_SAVE] = "SAVEPOINT list",
	[VERB_SAVE_UNDO] = "ROLLBACK TO list",
	[VERB_SAVE_DONE] = "RELEASE list",
};

/* name_fold(TEXT): what names share that differ by case only. */
static void
name_fold(sqlite3_context *x, int n, sqlite3_value **v)
{
	struct arena mem;
	struct str s;

	(void)n;
	arena_init(&mem, 1u << 20);
	s = str_fold(&mem, str_span(sqlite3_value_text(v[0]), (size_t)sqlite3_value_bytes(v[0])));
	if (str_given(s))
		sqlite3_result_text64(x, s.p, s.n, SQLITE_TRANSIENT, SQLITE_UTF8);
	else if (sqlite3_value_type(v[0]) != SQLITE_NULL)
		sqlite3_result_error_nomem(x);
	arena_free(&mem);
}

/*
 * Whoever wants to write, or to bring in the log, waits for the other who does. A process that writes all the time would
 * starve another by luck, so the one beside it (store_beside) asks often, and gets its turn in the pause that each makes
 * after a batch (checkpoint_rest). It waits as long as there are two: tables may be brought up to date meanwhile.
 */
#define BUSY_US        1000
#define BUSY_BESIDE_US 300
#define BUSY_TRIES     5000
#define BUSY_AFTER_US  INT64_C(5000000)

static int
on_busy(void *store, int tries)
{
	struct sqlite_store *s = store;
	int64_t alone_us = atomic_load(&s->door.alone_us);
	bool beside = atomic_load(&s->door.beside);

	if (tries >= BUSY_TRIES && !beside && (alone_us == 0 || clock_mono_us() - alone_us > BUSY_AFTER_US))
		return 0;
	usleep(beside ? BUSY_BESIDE_US : BUSY_US);
	return 1;
}

bool
conn_folds(struct sqlite_conn *c)
{
	return sqlite3_create_function(c->db, "name_fold", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, name_fold, NULL, NULL)
	    == SQLITE_OK;
}

bool
conn_open(struct sqlite_conn *c, struct sqlite_store *s, int flags, const char *settings)
{
	c->conn.engine = s->door.engine;
	/* A connection has one user at a time: no mutex inside. */
	flags |= SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | (s->at_rest != NULL ? SQLITE_OPEN_URI : 0);
	if (sqlite3_open_v2(s->at_rest != NULL ? s->at_rest : s->file, &c->db, flags, s->vfs) != SQLITE_OK)
		return false;
	sqlite3_extended_result_codes(c->db, 1);
	sqlite3_busy_handler(c->db, on_busy, s);
	/*
	 * Plans do not look at the values bound: a comparison with another value would be parsed
	 * and planned anew at each use.
	 */
	sqlite3_db_config(c->db, SQLITE_DBCONFIG_ENABLE_QPSG, 1, (int *)NULL);
	return conn_folds(c) && conn_exec(c, settings);
}

void
conn_close(struct sqlite_conn *c)
{
	for (size_t i = 0; i < COUNT(c->st); i++)
		sqlite3_finalize(c->st[i]);
	for (size_t i = 0; i < COUNT(c->said); i++)
		sqlite3_finalize(c->said[i]);
	sqlite3_close(c->db);
	*c = (struct sqlite_conn){ .db = NULL };
}

bool
conn_exec(struct sqlite_conn *c, const char *sql)
{
	return sqlite3_exec(c->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* --- one statement: prepared at first use and kept, so that a connection pays for what it does only -- */

static void
outcome(struct query *q, int rc)
{
	q->code = rc;
	switch (rc & 0xff) {
	case SQLITE_OK:
		return;
	case SQLITE_ROW:
		q->state = QUERY_ROW;
		return;
	case SQLITE_DONE:
		q->state = QUERY_DONE;
		return;
	case SQLITE_CONSTRAINT:
		q->state = QUERY_CONFLICT;
		return;
	default:
		q->state = QUERY_FAILED;
	}
}

void
sqlite_prepare(struct query *q, enum sql which)
{
	struct sqlite_conn *c = conn_of(q->conn);

	if (c->st[which] == NULL)
		outcome(q, sqlite3_prepare_v3(c->db, sql_text[which], -1, SQLITE_PREPARE_PERSISTENT,
		    &c->st[which], NULL));
	q->statement = c->st[which];
}

void
sqlite_bind_text(struct query *q, int at, struct str v)
{
	outcome(q, sqlite3_bind_text64(q->statement, at, v.p, v.n, SQLITE_STATIC, SQLITE_UTF8));
}

void
sqlite_bind_blob(struct query *q, int at, struct str v)
{
	outcome(q, sqlite3_bind_blob64(q->statement, at, v.p, v.n, SQLITE_STATIC));
}

void
sqlite_bind_int(struct query *q, int at, int64_t v)
{
	outcome(q, sqlite3_bind_int64(q->statement, at, v));
}

void
sqlite_step(struct query *q)
{
	outcome(q, sqlite3_step(q->statement));
}

struct str
sqlite_text(struct query *q, int column)
{
	const void *p = sqlite3_column_text(q->statement, column);
	int n = sqlite3_column_bytes(q->statement, column);

	return str_span(p, p != NULL ? (size_t)n : 0);
}

/* An empty blob is a null pointer to SQLite, but not to us. */
struct str
sqlite_blob(struct query *q, int column)
{
	const void *p = sqlite3_column_blob(q->statement, column);
	int n = sqlite3_column_bytes(q->statement, column);

	if (p == NULL && sqlite3_column_type(q->statement, column) == SQLITE_NULL)
		return STR_ABSENT;
	return str_span(p != NULL ? p : "", (size_t)n);
}

int64_t
sqlite_number(struct query *q, int column)
{
	return sqlite3_column_int64(q->statement, column);
}

int
sqlite_changed(struct query *q)
{
	return sqlite3_changes(conn_of(q->conn)->db);
}

void
sqlite_finish(struct query *q)
{
	if (q->statement != NULL)
		sqlite3_reset(q->statement);
}

/* --- transactions ----------------------------------------------------------------------------- */

bool
sqlite_say(struct conn *conn, enum verb v)
{
	struct sqlite_conn *c = conn_of(conn);
	int rc = SQLITE_OK;

	if (c->said[v] == NULL)
		rc = sqlite3_prepare_v3(c->db, verb_text[v], -1, SQLITE_PREPARE_PERSISTENT, &c->said[v], NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(c->said[v]);
	sqlite3_reset(c->said[v]);
	return rc == SQLITE_DONE;
}

bool
sqlite_in_transaction(struct conn *c)
{
	return sqlite3_get_autocommit(conn_of(c)->db) == 0;
}

bool
sqlite_is_broken(struct conn *c)
{
	int rc = sqlite3_errcode(conn_of(c)->db) & 0xff;

	return rc == SQLITE_FULL || rc == SQLITE_IOERR || rc == SQLITE_READONLY || rc == SQLITE_CORRUPT;
}

const char *
sqlite_trouble(struct conn *c)
{
	return sqlite3_errmsg(conn_of(c)->db);
}

/* Larger than any ordinary batch, so that a store which takes this takes the next commits too. */
bool
sqlite_probe(struct conn *conn, int64_t now_s)
{
	char text[256];

	snprintf(text, sizeof text,
	    "INSERT INTO probes (id, at_s, ballast) VALUES (1, %lld, zeroblob(65536)) ON CONFLICT (id) DO UPDATE "
	    "SET at_s = excluded.at_s, ballast = excluded.ballast", (long long)now_s);
	return conn_exec(conn_of(conn), text);
}
