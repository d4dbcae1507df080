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

struct reading { struct row_source *source; json_t *rows; struct str *why; enum sql_kind kind; };

/* MySQL and PostgreSQL were asked to speak UTF-8; SQLite hands over what somebody put into the file. */
static bool
text_put(struct reading *r, json_t *row, const struct sql_cell *cell)
{
	struct str value = cell->value;

	if (r->kind != SQL_SQLITE || !str_given(value) || str_utf8(value))
		return row_put(row, cell->column, value);
	if (!str_empty(r->source->charset) && source_value_text(r->source, cell->value, &value))
		return row_put(row, cell->column, value);
	*r->why = arena_say(r->source->mem,
	    "row %zu, column %.*s: text that is not UTF-8: say what it is in (--charset "
	    "GB18030, latin1 ...)",
	    json_array_size(r->rows) + 1, STR_ARG(cell->column));
	return false;
}

static bool
row_take(void *ctx, const struct sql_cell *cells, size_t n)
{
	struct reading *r = ctx;
	json_t *row = json_object();
	bool ok = row != NULL;

	for (size_t i = 0; ok && i < n; i++)
		ok = str_given(cells[i].value) && cells[i].form == SQL_BYTES
		    ? row_put_bytes(row, cells[i].column, cells[i].value)
		    : text_put(r, row, &cells[i]);
	if (ok)
		return rows_add(r->rows, row, r->why);
	json_decref(row);
	return false;
}

static enum table_result
statement_read(struct row_source *s, struct str statement, json_t *rows, struct str *why)
{
	struct database *d = s->handle;
	struct reading r = { s, rows, why, d->kind };
	struct sql_question q = { .statement = statement, .row = row_take, .ctx = &r };

	switch (sql_ask(d->link, &q, s->mem, why)) {
	case SQL_DONE: return TABLE_READ;
	case SQL_NO_TABLE: return TABLE_MISSING;
	default: return TABLE_FAILED;
	}
}

/* --- a table in another case of letters ------------------------------------------------------- */

#define ALIKE_MAX 8             /* as many are enough to say that there is more than one */
struct alike { struct arena *mem; struct str names[ALIKE_MAX]; size_t n; };

static bool
name_take(void *ctx, const struct sql_cell *cells, size_t n)
{
	struct alike *a = ctx;

	if (n == 1 && a->n < ALIKE_MAX && str_given(cells[0].value))
		a->names[a->n++] = arena_dup(a->mem, cells[0].value);
	return true;
}

/* The names in the catalogue; table is a plain name, so it may stand between quotes. */
static struct str
names_asked(struct arena *mem, enum sql_kind kind, struct str schema, struct str name)
{
	if (kind == SQL_MYSQL)
		return ARENA_CAT(mem,
		    S("SELECT table_name FROM information_schema.tables WHERE LOWER(table_name) = LOWER('"), name,
		    S("') AND table_schema = "),
		    str_given(schema) ? ARENA_CAT(mem, S("'"), schema, S("'")) : S("DATABASE()"));
	return ARENA_CAT(mem,
	    S("SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = "
	      "c.relnamespace WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND lower(c.relname) = lower('"),
	    name, S("') AND "),
	    str_given(schema) ? ARENA_CAT(mem, S("n.nspname = '"), schema, S("'"))
			      : S("pg_catalog.pg_table_is_visible(c.oid)"));
}

static enum table_result
other_case_read(struct row_source *s, struct str table, json_t *rows, struct str *why)
{
	const struct database *d = s->handle;
	ptrdiff_t dot = str_index(table, '.');
	struct str schema = dot > 0 ? str_sub(table, 0, (size_t)dot) : STR_ABSENT,
		   name = str_from(table, (size_t)(dot + 1));
	struct alike *a = arena_new(s->mem, struct alike);
	struct sql_question q = { .statement = names_asked(s->mem, d->kind, schema, name), .row = name_take, .ctx = a };
	enum table_result r;
	size_t at;

	if (a == NULL)
		return TABLE_FAILED;
	a->mem = s->mem;
	if (sql_ask(d->link, &q, s->mem, why) != SQL_DONE)
		return TABLE_FAILED;
	r = table_pick(s->mem, a->names, a->n, name, &at, why);
	if (r != TABLE_READ)
		return r;
	name = str_given(schema) ? ARENA_CAT(s->mem, schema, S("."), a->names[at]) : a->names[at];
	return statement_read(s, select_all(s->mem, name, d->kind == SQL_MYSQL ? '`' : '"'), rows, why);
}

/* As it was spelled when the table was made; SQLite looks at no case. */
static enum table_result
database_read(struct row_source *s, struct str table, json_t *rows, struct str *why)
{
	const struct database *d = s->handle;
	enum table_result r = statement_read(s, select_all(s->mem, table, d->kind == SQL_MYSQL ? '`' : '"'), rows, why);

	if (r == TABLE_MISSING && d->kind != SQL_SQLITE)
		r = other_case_read(s, table, rows, why);
	if (r == TABLE_FAILED)
		*why = arena_printf(s->mem, "%.*s: %.*s", STR_ARG(table), STR_ARG(*why));
	return r;
}

/*
 * The last part of a name, as a text of SQL; names are plain (table_name_is_plain), columns too
 * where they came from one.
 */
static struct str
quoted(struct row_source *s, struct str name)
{
	return ARENA_CAT(s->mem, S("lower('"), str_from(name, (size_t)(str_rindex(name, '.') + 1)), S("')"));
}

/*
 * MySQL and MariaDB tell by the collation (utf8mb4_general_ci), PostgreSQL by the type citext.
 * SQLite's NOCASE stands in the table's text.
 */
static enum source_compare
database_compare(struct row_source *s, struct str table, struct str column)
{
	const struct database *d = s->handle;
	struct str where = ARENA_CAT(s->mem, S(" FROM information_schema.columns WHERE lower(table_name) = "),
		       quoted(s, table), S(" AND lower(column_name) = "), quoted(s, column)),
		   why = STR_ABSENT, said;
	json_t *rows = json_array();
	enum source_compare c = SOURCE_UNKNOWN;

	if (rows == NULL || !arena_defer(s->mem, (void (*)(void *))json_decref, rows) || !table_name_is_plain(table)
	    || !table_name_is_plain(column))
		return c;
	if (d->kind == SQL_MYSQL)
		where = ARENA_CAT(
		    s->mem, S("SELECT collation_name AS said"), where, S(" AND table_schema = database()"));
	else if (d->kind == SQL_POSTGRES)
		where = ARENA_CAT(s->mem, S("SELECT udt_name AS said"), where,
		    S(" AND table_schema = ANY (current_schemas(false))"));
	else
		return c;
	if (statement_read(s, where, rows, &why) != TABLE_READ)
		return c;
	said = json_member_str(json_array_get(rows, 0), "said");
	if (str_given(said))
		c = str_ends(said, S("_ci")) || str_contains(said, S("_ci_")) || str_is(said, "citext")
		    ? SOURCE_FOLDS
		    : SOURCE_EXACT;
	return c;
}

static void
database_end(struct row_source *s)
{
	struct database *d = s->handle;

	sql_close(d->link);
}

const struct source_kind source_sql = { database_open, database_read, database_end, database_compare };
