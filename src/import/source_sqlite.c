/* import/source_sqlite.c - rows of an SQLite file, opened for reading only. */
#include <sqlite3.h>

#include "import/source.h"

static bool
sqlite_open(struct row_source *s, struct str from, struct str password, struct str *why)
{
	sqlite3 *db = NULL;
	int rc = sqlite3_open_v2(arena_z(s->mem, from), &db, SQLITE_OPEN_READONLY, NULL);

	(void)password;
	s->handle = db;
	if (rc == SQLITE_OK) {
		sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
		sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
		sqlite3_busy_timeout(db, 5000);
		return true;
	}
	*why = arena_printf(s->mem, "%.*s: %s", STR_ARG(from), sqlite3_errmsg(db));
	return false;
}

static bool
exists(sqlite3 *db, struct str table)
{
	sqlite3_stmt *st = NULL;
	bool yes = sqlite3_prepare_v2(db, "SELECT 1 FROM sqlite_master WHERE type IN ('table','view') AND lower(name) = lower(?1)", -1, &st, NULL) == SQLITE_OK
	    && sqlite3_bind_text(st, 1, table.p, (int)table.n, SQLITE_STATIC) == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW;

	sqlite3_finalize(st);
	return yes;
}

static bool
row_fill(sqlite3_stmt *st, json_t *row)
{
	for (int i = 0; i < sqlite3_column_count(st); i++) {
		struct str name = str_of(sqlite3_column_name(st, i));
		const void *p = sqlite3_column_type(st, i) == SQLITE_BLOB ? sqlite3_column_blob(st, i) : (const void *)sqlite3_column_text(st, i);
		struct str value = str_span(p, (size_t)sqlite3_column_bytes(st, i));
		if (!(sqlite3_column_type(st, i) == SQLITE_BLOB ? row_put_bytes(row, name, value) : row_put(row, name, value)))
			return false;
	}
	return true;
}

static enum table_result
sqlite_read(struct row_source *s, struct str table, json_t *rows, struct str *why)
{
	struct str sql = select_all(s->mem, table, '"');
	sqlite3_stmt *st = NULL;
	int rc;

	if (!exists(s->handle, table))
		return TABLE_MISSING;
	rc = sqlite3_prepare_v2(s->handle, sql.p, (int)sql.n, &st, NULL);
	while (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		json_t *row = json_object();
		rc = row != NULL && row_fill(st, row) && rows_add(rows, row, why) ? SQLITE_OK : SQLITE_ABORT;
	}
	if (rc != SQLITE_DONE && rc != SQLITE_ABORT)
		*why = arena_printf(s->mem, "%.*s: %s", STR_ARG(table), sqlite3_errmsg(s->handle));
	sqlite3_finalize(st);
	return rc == SQLITE_DONE ? TABLE_READ : TABLE_FAILED;
}

static void
sqlite_end(struct row_source *s)
{
	sqlite3_close_v2(s->handle);
}

const struct source_kind source_sqlite = { sqlite_open, sqlite_read, sqlite_end };
