/*
 * sql/sql.h - somebody else's database, asked and never changed: MySQL and MariaDB, PostgreSQL, SQLite.
 *
 * Q1: what a stranger typed reaches a database only as a bound parameter, never as text of a statement.
 * Q2: nothing is written: sessions are read-only where the database knows that, an SQLite file is opened for reading.
 * Q3: no call takes longer than its limits, whatever the other side does or leaves undone (but for
 * looking up a host's name).
 *
 * libpq and libmariadb are loaded when a database of their kind is wanted; without one this program does not need them.
 */
#ifndef HUFU_SQL_H
#define HUFU_SQL_H

#include "base/base.h"

enum sql_kind { SQL_SQLITE, SQL_POSTGRES, SQL_MYSQL };

/* --- address.c -------------------------------------------------------------------------------- */

/* Where a database is. Spans in mem or of the text that was read; absent: not said. */
struct sql_address {
	enum sql_kind kind;
	/* PostgreSQL: the URL, which its library reads; SQLite: the path */
	struct str whole;
	struct str user, password, host, database, socket, ca;  /* MySQL */
	int64_t port;
};
/*
 * postgresql://user@host:5432/db?sslmode=verify-full (postgres:// too),
 * mysql://user@host:3306/db?socket=/path&ca=/ca.pem (mariadb:// too; ca: TLS, with a certificate of
 * that authority), else the path of an SQLite file. False with *why, a sentence.
 */
bool sql_address_read(struct arena *mem, struct str from, struct sql_address *out, struct str *why);
bool sql_is_url(struct str from);               /* begins with one of the four schemes */
bool sql_has_password(struct str url);          /* "user:secret@": shown by whoever shows the settings */
/* The library that this kind needs; false with *why, which names its package. Thread-safe. */
bool sql_library_load(enum sql_kind kind, struct arena *mem, struct str *why);

/* --- statement.c ------------------------------------------------------------------------------ */

/*
 * Is this one SELECT with exactly one parameter, written ? outside of quotes? No semicolon,
 * comment, backslash or dollar quote, and none of the words that make a SELECT write or lock. What
 * a function of the database does when it is called cannot be seen here; Q2 is about that. NULL, or
 * what is wrong with it.
 */
const char *sql_select_fault(struct str statement);

/* --- link.c: one connection; not for two threads at once -------------------------------------- */

struct sql_limits {
	/* a connection is made, a question wholly answered, within these; 0: no limit */
	int64_t connect_ms, answer_ms;
	size_t  bytes_max;                      /* of an answer, about; 0: no limit */
};
struct sql_link;
/* NULL with *why, a sentence without the password. Freed by sql_close. */
struct sql_link *sql_open(const struct sql_address *a, const struct sql_limits *l, struct arena *mem, struct str *why);
void sql_close(struct sql_link *l);
bool sql_is_usable(const struct sql_link *l);   /* false after BROKEN, or an answer that was not read to its end */

/*
 * One value of a row: absent for NULL. Bytes that the database calls binary are as they are, or hex
 * digits where it speaks so.
 */
enum sql_form { SQL_TEXT, SQL_BYTES, SQL_HEX };
struct sql_cell { struct str column, value; enum sql_form form; };
/* cells live during the call; false: stop */
typedef bool sql_row_fn(void *ctx, const struct sql_cell *cells, size_t n);
struct sql_question {
	struct str statement;                   /* one statement; its parameter written ? */
	struct str parameter;                   /* absent: it has none */
	sql_row_fn *row;
	void *ctx;
};
enum sql_result {
	SQL_DONE,
	/* the parameter cannot be a value of that column: no row can be meant */
	SQL_UNFIT,
	SQL_NO_TABLE,
	SQL_FAILED,                             /* refused by the database, too large, or stopped by row */
	SQL_BROKEN,                             /* the connection is gone, or time is up */
};
/* Rows are given to q->row one by one. *why is set unless DONE or UNFIT; untouched when row stopped. */
enum sql_result sql_ask(struct sql_link *l, const struct sql_question *q, struct arena *mem, struct str *why);

/* --- pool.c: connections kept for questions that come again; for many threads ----------------- */

struct sql_pool;
/* At most `links` connections. The address and what it points to are borrowed. NULL without memory. */
struct sql_pool *sql_pool_new(const struct sql_address *a, const struct sql_limits *l, int links);
void sql_pool_free(struct sql_pool *p);
/*
 * sql_ask on a kept or a new connection. One that turns out to be broken is replaced once, so rows
 * may be given a second time from the first on, after q->again(ctx). BROKEN: there is no answer
 * now. After a connection that could not be made or an answer that did not come, everybody is told
 * BROKEN for SQL_REST_MS; then one caller tries.
 */
#define SQL_REST_MS 5000
enum sql_result sql_pool_ask(struct sql_pool *p, const struct sql_question *q, void (*again)(void *ctx),
    struct arena *mem, struct str *why);
#endif
