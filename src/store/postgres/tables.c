/*
 * store/postgres/tables.c - a store of this engine as tables of rows: by a connection of its own that waits for each
 * answer, with rows added by COPY.
 */
#include "store/postgres/postgres_int.h"
#include "store/tables_int.h"

#define ALIVE_S "300"                           /* a process that writes moves its mark with each sweep */

struct pg_tables { struct tables door; struct store *store; PGconn *link; bool target; };
static inline struct pg_tables *of_door(struct tables *t) { return (struct pg_tables *)(void *)t; }

static bool
failed(struct pg_tables *t, struct str what)
{
	return tables_trouble(&t->door, what, pq.PQerrorMessage(t->link));
}

static void
close_all(struct tables *door)
{
	struct pg_tables *t = of_door(door);

	pq.PQfinish(t->link);
	store_close(t->store);
	free(t);
}

/* NULL: it failed. rows NULL: there are none to look at. */
static bool
asked(struct pg_tables *t, PGresult *r, struct str what, PGresult **rows)
{
	ExecStatusType status = pq.PQresultStatus(r);
	bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;

	if (!ok)
		failed(t, what);
	if (ok && rows != NULL)
		*rows = r;
	else
		pq.PQclear(r);
	return ok;
}

static bool
run(struct tables *door, const char *sql)
{
	struct pg_tables *t = of_door(door);

	return asked(t, pq.PQexec(t->link, sql), STR_ABSENT, NULL);
}

/* --- transactions ----------------------------------------------------------------------------- */

/* A source is seen at one moment. Nobody's limits of time hold for what takes as long as it takes. */
static bool
begin(struct tables *door)
{
	return run(door, of_door(door)->target ? "BEGIN" : "BEGIN ISOLATION LEVEL REPEATABLE READ")
	    && run(door, "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; "
		"SET LOCAL lock_timeout = '10s'");
}

static bool
commit(struct tables *door)
{
	return run(door, "COMMIT");
}

/* --- which tables ----------------------------------------------------------------------------- */

/* One row a column; its place in the primary key from 0, or -1. */
static const char columns_sql[] =
    "SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), "
    "coalesce(array_position(i.indkey::int2[], a.attnum), -1)::bigint "
    "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND n.nspname = current_schema() "
    "JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
    "LEFT JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND i.indisprimary "
    "WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY c.relname, a.attnum";

static bool
kind_of(struct str type, enum cell_kind *out)
{
	if (str_is(type, "bigint"))
		*out = CELL_INT;
	else if (str_is(type, "text"))
		*out = CELL_TEXT;
	else if (str_is(type, "bytea"))
		*out = CELL_BLOB;
	else
		return false;
	return true;
}

static struct str
text_at(const PGresult *r, int row, int column)
{
	return str_span(pq.PQgetvalue(r, row, column), (size_t)pq.PQgetlength(r, row, column));
}

static size_t
rows_alike(const PGresult *r, int row)
{
	int n = row;

	while (n < pq.PQntuples(r) && str_eq(text_at(r, n, 0), text_at(r, row, 0)))
		n++;
	return (size_t)(n - row);
}

static bool
table_read(struct pg_tables *t, const PGresult *r, int row, size_t n, struct arena *mem, struct table *out)
{
	*out = (struct table){ .name = arena_dup(mem, text_at(r, row, 0)),
		.columns = arena_array(mem, struct table_column, n),
		.n = n,
		.key = arena_array(mem, size_t, n) };
	if (mem->full)
		return tables_trouble(&t->door, STR_ABSENT, say("memory is exhausted"));
	for (size_t i = 0; i < n; i++) {
		struct table_column *c = &out->columns[i];
		int64_t at = row_number(r, row + (int)i, 3);

		c->name = arena_dup(mem, text_at(r, row + (int)i, 1));
		c->value = column_itself(c->name, mem);
		if (!kind_of(text_at(r, row + (int)i, 2), &c->kind))
			return tables_trouble(&t->door, SAY("a column of another type"), pq.PQgetvalue(r, row + (int)i, 1));
		if (at >= 0) {
			out->key[at] = i;
			out->n_key++;
		}
	}
	return true;
}

static bool
list(struct tables *door, struct arena *mem, struct table_list *out)
{
	struct pg_tables *t = of_door(door);
	PGresult *r = NULL;
	bool ok = asked(t, pq.PQexecParams(t->link, columns_sql, 0, NULL, NULL, NULL, NULL, 1), STR_ABSENT, &r);
	size_t n;

	if (!ok)
		return false;
	*out = (struct table_list){ .tables = arena_array(mem, struct table, (size_t)pq.PQntuples(r)) };
	for (int row = 0; ok && row < pq.PQntuples(r); row += (int)n) {
		n = rows_alike(r, row);
		if (!table_is_own(text_at(r, row, 0)))
			ok = table_read(t, r, row, n, mem, &out->tables[out->n++]);
	}
	pq.PQclear(r);
	return ok;
}

/* --- rows: values in binary, whole numbers of 8 bytes ------------------------------------------- */

#define KEY_MAX 16
struct bound {
	Oid types[KEY_MAX];
	const char *values[KEY_MAX];
	int lengths[KEY_MAX], formats[KEY_MAX];
	char numbers[KEY_MAX][8];
};

static void
number_write(char out[8], int64_t v)
{
	for (int i = 0; i < 8; i++)
		out[i] = (char)((uint64_t)v >> (56 - 8 * i));
}

static bool
key_bind(struct bound *b, const struct table *of, const struct cell *row)
{
	static const Oid types[] = { [CELL_INT] = PG_TYPE_INT, [CELL_TEXT] = PG_TYPE_TEXT, [CELL_BLOB] = PG_TYPE_BLOB };

	for (size_t i = 0; i < of->n_key && i < KEY_MAX; i++) {
		const struct cell *v = &row[of->key[i]];
		enum cell_kind kind = of->columns[of->key[i]].kind;

		number_write(b->numbers[i], v->number);
		b->types[i] = types[kind];
		b->values[i] = kind == CELL_INT ? b->numbers[i] : v->bytes.p;
		b->lengths[i] = kind == CELL_INT ? 8 : (int)v->bytes.n;
		b->formats[i] = 1;
	}
	return of->n_key <= KEY_MAX;
}

static bool
asked_with_key(struct pg_tables *t, const char *sql, const struct table *of, const struct cell *row, PGresult **out)
{
	struct bound b = { 0 };
	size_t n = row != NULL ? of->n_key : 0;

	if (sql == NULL || (row != NULL && !key_bind(&b, of, row)))
		return tables_trouble(&t->door, STR_ABSENT, say("memory is exhausted"));
	return asked(t,
	    pq.PQexecParams(t->link, sql, (int)n, b.types, b.values, b.lengths, b.formats, 1), of->name, out);
}

static void
cells_read(const PGresult *r, int row, const struct table *of, struct arena *mem, struct cell *out)
{
	for (size_t i = 0; i < of->n; i++) {
		out[i] = (struct cell){ .null = pq.PQgetisnull(r, row, (int)i) };
		if (out[i].null)
			continue;
		if (of->columns[i].kind == CELL_INT)
			out[i].number = row_number(r, row, (int)i);
		else
			out[i].bytes = arena_dup(mem, text_at(r, row, (int)i));
	}
}

static bool
page(struct tables *door, const struct table *of, const struct cell *after, size_t max, struct arena *mem,
    struct cell **rows, size_t *n)
{
	struct pg_tables *t = of_door(door);
	PGresult *r = NULL;

	*n = 0;
	*rows = arena_array(mem, struct cell, max * of->n);
	if (*rows == NULL)
		return tables_trouble(door, STR_ABSENT, say("memory is exhausted"));
	if (!asked_with_key(t, table_select(of, after != NULL, max, mem), of, after, &r))
		return false;
	for (int i = 0; i < pq.PQntuples(r); i++)
		cells_read(r, i, of, mem, *rows + (*n)++ * of->n);
	pq.PQclear(r);
	return !mem->full || tables_trouble(door, STR_ABSENT, say("memory is exhausted"));
}

static bool
remove_row(struct tables *door, const struct table *of, const struct cell *row)
{
	struct arena mem;
	bool ok;

	arena_init(&mem, 256 * 1024);
	ok = asked_with_key(of_door(door), table_delete(of, &mem), of, row, NULL);
	arena_free(&mem);
	return ok;
}

/* --- COPY, in its binary form: PostgreSQL's manual, "COPY" ----------------------------------------- */

static void
put_number(struct buf *b, uint64_t v, int bytes)
{
	for (int i = bytes - 1; i >= 0; i--)
		buf_putc(b, (char)(v >> (8 * i)));
}

static void
put_cell(struct buf *b, enum cell_kind kind, const struct cell *v)
{
	if (v->null) {
		put_number(b, UINT32_MAX, 4);
	} else if (kind == CELL_INT) {
		put_number(b, 8, 4);
		put_number(b, (uint64_t)v->number, 8);
	} else {
		put_number(b, v->bytes.n, 4);
		buf_put(b, v->bytes);
	}
}

#define COPY_MAX (512u * 1024 * 1024)

static struct str
copy_stream(struct arena *mem, const struct table *of, const struct cell *rows, size_t n)
{
	static const char head[] = "PGCOPY\n\377\r\n";  /* its NUL is one of the eleven bytes */
	struct buf b;

	buf_init(&b, mem, COPY_MAX);
	buf_put(&b, str_span(head, sizeof head));
	put_number(&b, 0, 8);                   /* flags, no more of a head */
	for (size_t i = 0; i < n; i++) {
		put_number(&b, of->n, 2);
		for (size_t k = 0; k < of->n; k++)
			put_cell(&b, of->columns[k].kind, &rows[i * of->n + k]);
	}
	put_number(&b, UINT16_MAX, 2);
	return b.full ? STR_ABSENT : buf_str(&b);
}

/* Every result up to the end; the first that is none of success tells. */
static bool
copy_ends(struct pg_tables *t, const struct table *of)
{
	bool ok = true;
	PGresult *r;

	while ((r = pq.PQgetResult(t->link)) != NULL)
		ok = asked(t, r, of->name, NULL) && ok;
	return ok;
}

static bool
copy_in(struct pg_tables *t, const struct table *of, const char *sql, struct str stream)
{
	PGresult *r = pq.PQexec(t->link, sql);
	bool in = pq.PQresultStatus(r) == PGRES_COPY_IN;

	pq.PQclear(r);
	if (!in)
		return failed(t, of->name);
	if (pq.PQputCopyData(t->link, stream.p, (int)stream.n) != 1 || pq.PQputCopyEnd(t->link, NULL) != 1)
		return failed(t, of->name);
	return copy_ends(t, of);
}

static bool
add(struct tables *door, const struct table *of, const struct cell *rows, size_t n)
{
	struct pg_tables *t = of_door(door);
	struct arena mem;
	struct str stream;
	char *sql;
	bool ok;

	arena_init(&mem, 2 * (size_t)COPY_MAX);
	sql = table_copy_in(of, &mem);
	stream = copy_stream(&mem, of, rows, n);
	ok = sql != NULL && str_given(stream) ? copy_in(t, of, sql, stream)
					      : tables_trouble(door, of->name, say("memory is exhausted"));
	arena_free(&mem);
	return ok;
}

/* Whoever watches reads anew. */
static bool
settle(struct tables *door)
{
	return run(door, "UPDATE epochs SET value = value + 1");
}

/* --- opened ----------------------------------------------------------------------------------- */

static bool
schema_is_chosen(struct pg_tables *t, struct arena *mem)
{
	const struct pg_address *a = &store_of(t->store)->address;

	return a->schema == NULL
	    || run(&t->door, arena_z(mem, arena_printf(mem, "SET search_path = \"%s\"", a->schema)));
}

static void
be_quiet(void *ctx, const char *message)
{
	(void)ctx, (void)message;
}

static bool
link_is_made(struct pg_tables *t, struct arena *mem, struct str *why)
{
	const struct pg_address *a = &store_of(t->store)->address;

	t->door.place = arena_dup(mem, str_of(t->store->place));
	t->link = pq.PQconnectdbParams(a->keys, a->values, 0);
	if (t->link != NULL && pq.PQstatus(t->link) == CONNECTION_OK) {
		pq.PQsetNoticeProcessor(t->link, be_quiet, NULL);
		if (schema_is_chosen(t, mem))
			return true;
	}
	failed(t, STR_ABSENT);
	*why = arena_say(mem, "the database of the store, %.*s, cannot be reached: %s", STR_ARG(t->door.place),
	    t->door.trouble);
	return false;
}

/* Processes that write to it, but for the one whose mark is given; -1: trouble. */
static int64_t
others(struct pg_tables *t, const struct id16 *but)
{
	static const char sql[] = "SELECT count(*) FROM commit_marks WHERE writer <> $1 "
				  "AND at_s > extract(epoch FROM clock_timestamp())::bigint - " ALIVE_S;
	const Oid type = PG_TYPE_BLOB;
	const char *value = (const char *)but->b;
	const int length = 16, format = 1;
	PGresult *r = NULL;
	int64_t n;

	if (!asked(t, pq.PQexecParams(t->link, sql, 1, &type, &value, &length, &format, 1), STR_ABSENT, &r))
		return -1;
	n = row_number(r, 0, 0);
	pq.PQclear(r);
	return n;
}

/* Who has begun to write is found here; who begins from now on waits, and finds what this transaction leaves. */
static bool
alone(struct tables *door)
{
	struct pg_tables *t = of_door(door);
	int64_t n;

	if (!run(door, "LOCK TABLE commit_marks IN SHARE ROW EXCLUSIVE MODE"))
		return false;
	n = others(t, &store_of(t->store)->node);
	if (n > 0)
		tables_trouble(door, STR_ABSENT,
		    say("in use: other processes have written to it in the last five minutes; stop every hufud of it first"));
	return n == 0;
}

/*
 * Every commit moves a mark, so with these locked none can come; the moment that is seen begins behind the lock. Where
 * somebody is at work, or the database is a standby, it is seen as it is.
 */
static bool
source_begins(struct pg_tables *t, struct arena *mem, struct str *why)
{
	bool locked = begin(&t->door) && run(&t->door, "SET LOCAL lock_timeout = '3s'")
	    && run(&t->door, "LOCK TABLE commit_marks IN SHARE MODE");

	t->door.quiet = locked && others(t, &(struct id16){ .b = { 0 } }) == 0;
	if (t->door.quiet || (run(&t->door, "ROLLBACK") && begin(&t->door)))
		return true;
	*why = arena_say(mem, "%.*s cannot be read: %s", STR_ARG(t->door.place), t->door.trouble);
	return false;
}

static const struct tables_way way = {
	.close = close_all, .begin = begin, .commit = commit, .list = list, .page = page, .add = add, .remove = remove_row,
	.run = run, .alone = alone, .settle = settle,
};

static struct pg_tables *
tables_new(bool target, struct arena *mem, struct str *why)
{
	struct pg_tables *t = calloc(1, sizeof *t);

	if (t == NULL) {
		*why = arena_say(mem, "memory is exhausted");
		return NULL;
	}
	t->door.way = &way;
	t->target = target;
	return t;
}

static void
drop(struct pg_tables *t)
{
	if (t->link != NULL)
		pq.PQfinish(t->link);
	store_close(t->store);
	free(t);
}

struct tables *
pg_tables_source(const struct store_conf *conf, struct arena *mem, struct str *why)
{
	struct pg_tables *t = tables_new(false, mem, why);
	struct store_conf reads = *conf;

	if (t == NULL)
		return NULL;
	reads.read_only = true;
	reads.readers = 1;
	if ((t->store = store_open(&reads, mem, why)) != NULL && link_is_made(t, mem, why) && source_begins(t, mem, why))
		return &t->door;
	drop(t);
	return NULL;
}

struct tables *
pg_tables_target(const struct store_conf *conf, struct arena *mem, struct str *why)
{
	struct pg_tables *t = tables_new(true, mem, why);
	struct store_conf writes = *conf;

	if (t == NULL)
		return NULL;
	writes.unfinished = true;
	writes.readers = 1;
	t->store = store_open(&writes, mem, why);
	if (t->store != NULL)
		mark_end(&store_of(t->store)->writer);  /* that one writes nothing: when this is killed, nobody seems to be at work */
	if (t->store != NULL && link_is_made(t, mem, why))
		return &t->door;
	drop(t);
	return NULL;
}
