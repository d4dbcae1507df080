/* sql/sqlite.c - an SQLite file, opened for reading only. */
#include "sql/sql_int.h"

#include <sqlite3.h>

#define BUSY_MS     5000
#define STEPS       1000        /* of its machine between two looks at the clock */
#define LEAST_BYTES 4096

static bool
load(struct arena *mem, struct str *why)
{
	(void)mem, (void)why;
	return true;
}

static int
is_late(void *ctx)
{
	const struct sql_link *l = ctx;

	return l->until_ms != 0 && sql_now_ms() >= l->until_ms;
}

static bool
open_file(struct sql_link *l, struct arena *mem, struct str *why)
{
	const char *path = arena_z(mem, l->address->whole);
	int64_t busy_ms = l->limits.answer_ms > 0 ? l->limits.answer_ms : BUSY_MS;
	sqlite3 *db = NULL;
	int rc = path ? sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) : SQLITE_NOMEM;

	l->handle = db;
	if (rc != SQLITE_OK) {
		*why = arena_printf(mem, "%.*s: %s", STR_ARG(l->address->whole), db ? sqlite3_errmsg(db) : say("memory is exhausted"));
		return false;
	}
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_busy_timeout(db, (int)(busy_ms > 60000 ? 60000 : busy_ms));
	sqlite3_progress_handler(db, STEPS, is_late, l);
	if (l->limits.bytes_max > 0)
		sqlite3_limit(db, SQLITE_LIMIT_LENGTH,
		    (int)(l->limits.bytes_max > LEAST_BYTES ? l->limits.bytes_max : LEAST_BYTES));
	return true;
}

static bool
row_give(sqlite3_stmt *st, struct sql_cell *cells, const struct sql_question *q)
{
	int n = sqlite3_column_count(st);

	for (int i = 0; i < n; i++) {
		int type = sqlite3_column_type(st, i);
		const void *p = type == SQLITE_BLOB ? sqlite3_column_blob(st, i)
						    : (const void *)sqlite3_column_text(st, i);

		cells[i] = (struct sql_cell){ str_of(sqlite3_column_name(st, i)),
			str_span(p, (size_t)sqlite3_column_bytes(st, i)),
			type == SQLITE_BLOB ? SQL_BYTES : SQL_TEXT };
		if (type == SQLITE_BLOB && p == NULL)
			cells[i].value = S("");
	}
	return q->row(q->ctx, cells, (size_t)n);
}

static enum sql_result
failed(struct sql_link *l, int rc, struct arena *mem, struct str *why)
{
	const char *said = sqlite3_errmsg(l->handle);

	*why = arena_printf(mem, "%s", rc == SQLITE_INTERRUPT ? say("the answer took too long") : said);
	if (rc == SQLITE_ERROR && str_starts(str_of(said), S("no such table")))
		return SQL_NO_TABLE;
	return rc == SQLITE_ERROR || rc == SQLITE_TOOBIG ? SQL_FAILED : SQL_BROKEN;
}

static enum sql_result
ask(struct sql_link *l, const struct sql_question *q, struct arena *mem, struct str *why)
{
	sqlite3_stmt *st = NULL;
	struct sql_cell *cells = NULL;
	bool stopped = false;
	int rc = sqlite3_prepare_v2(l->handle, q->statement.p, (int)q->statement.n, &st, NULL);

	if (rc == SQLITE_OK && (!sqlite3_stmt_readonly(st) || sqlite3_column_count(st) > SQL_COLUMNS_MAX)) {
		sqlite3_finalize(st);
		*why = SAY("the statement does not only read, or has too many columns");
		return SQL_FAILED;
	}
	if (rc == SQLITE_OK && (cells = arena_array(mem, struct sql_cell, (size_t)sqlite3_column_count(st))) == NULL)
		rc = SQLITE_NOMEM;
	if (rc == SQLITE_OK && str_given(q->parameter))
		rc = sqlite3_bind_text(st, 1, q->parameter.p, (int)q->parameter.n, SQLITE_STATIC);
	while (rc == SQLITE_OK && !stopped && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		stopped = !row_give(st, cells, q);
		rc = SQLITE_OK;
	}
	sqlite3_finalize(st);
	if (stopped)
		return SQL_FAILED;
	return rc == SQLITE_DONE ? SQL_DONE : failed(l, rc, mem, why);
}

static void
close_file(struct sql_link *l)
{
	sqlite3_close_v2(l->handle);
}

const struct sql_driver sql_sqlite = { load, open_file, ask, close_file };
