/* import/source_sql.c - rows of a database: an SQLite file, PostgreSQL, MySQL. */
#include "import/source.h"
#include "sql/sql.h"

#define CONNECT_MS 10000

struct database { struct sql_link *link; enum sql_kind kind; };

static bool
database_open(struct row_source *s, struct str from, struct str password, struct str *why)
{
	struct database *d = arena_new(s->mem, struct database);
	struct sql_limits limits = { .connect_ms = CONNECT_MS };
	struct sql_address a;

	if (d == NULL || !sql_address_read(s->mem, from, &a, why))
		return false;
	if (str_given(password))
		a.password = password;
	d->kind = a.kind;
	d->link = sql_open(&a, &limits, s->mem, why);
	s->handle = d;
	return d->link != NULL;
}

struct reading { json_t *rows; struct str *why; };

static bool
row_take(void *ctx, const struct sql_cell *cells, size_t n)
{
	struct reading *r = ctx;
	json_t *row = json_object();
	bool ok = row != NULL;

	for (size_t i = 0; ok && i < n; i++)
		ok = (str_given(cells[i].value) && cells[i].form == SQL_BYTES ? row_put_bytes : row_put)(row, cells[i].column, cells[i].value);
	if (ok)
		return rows_add(r->rows, row, r->why);
	json_decref(row);
	return false;
}

static enum table_result
statement_read(struct row_source *s, struct str statement, json_t *rows, struct str *why)
{
	struct database *d = s->handle;
	struct reading r = { rows, why };
	struct sql_question q = { .statement = statement, .row = row_take, .ctx = &r };

	switch (sql_ask(d->link, &q, s->mem, why)) {
	case SQL_DONE: return TABLE_READ;
	case SQL_NO_TABLE: return TABLE_MISSING;
	default: return TABLE_FAILED;
	}
}

/*
 * PostgreSQL: unquoted names were folded to lower case when the table was made, others kept theirs. A reserved word is a syntax error
 * without quotes, and then there is no such table.
 */
static enum table_result
database_read(struct row_source *s, struct str table, json_t *rows, struct str *why)
{
	const struct database *d = s->handle;
	enum table_result r = statement_read(s, select_all(s->mem, table, d->kind == SQL_MYSQL ? '`' : '"'), rows, why);

	if (r == TABLE_MISSING && d->kind == SQL_POSTGRES)
		r = statement_read(s, ARENA_CAT(s->mem, S("SELECT * FROM "), table), rows, why) == TABLE_READ ? TABLE_READ : TABLE_MISSING;
	if (r == TABLE_FAILED)
		*why = arena_printf(s->mem, "%.*s: %.*s", STR_ARG(table), STR_ARG(*why));
	return r;
}

static void
database_end(struct row_source *s)
{
	struct database *d = s->handle;

	sql_close(d->link);
}

const struct source_kind source_sql = { database_open, database_read, database_end };
