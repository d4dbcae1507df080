/* store/sqlite/tables.c - a store of this engine as tables of rows: a connection of its own, reading or writing. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "store/sqlite/sqlite_int.h"
#include "store/tables_int.h"

/* Synced as a whole by settle(): until then the mark in it says that it is not. */
static const char into_settings[] =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16384; PRAGMA temp_store=MEMORY; "
    "PRAGMA wal_autocheckpoint=4000;";
static const char from_settings[] = "PRAGMA cache_size=-4096; PRAGMA temp_store=MEMORY; PRAGMA query_only=1;";

struct sqlite_tables {
	struct tables door;
	struct store *store;                    /* NULL: of a file */
	struct sqlite_conn conn;                /* ... whose handle it borrows */
	int lock_fd;                            /* of a source that nobody writes to */
};
static inline struct sqlite_tables *of_door(struct tables *t) { return (struct sqlite_tables *)(void *)t; }

static bool
failed(struct sqlite_tables *t)
{
	return tables_trouble(&t->door, STR_ABSENT, sqlite3_errmsg(t->conn.db));
}

static void
close_all(struct tables *door)
{
	struct sqlite_tables *t = of_door(door);

	if (t->store != NULL) {
		conn_close(&t->conn);
		store_close(t->store);
	}
	if (t->lock_fd >= 0)
		close(t->lock_fd);
	free(t);
}

static bool
run(struct tables *door, const char *sql)
{
	return conn_exec(&of_door(door)->conn, sql) || failed(of_door(door));
}

static bool
begin(struct tables *door)
{
	return run(door, "BEGIN");
}

static bool
commit(struct tables *door)
{
	return run(door, "COMMIT");
}

/* --- which tables ----------------------------------------------------------------------------- */

static bool
kind_of(struct str type, enum cell_kind *out)
{
	if (str_eq_nocase(type, S("INTEGER")) || str_eq_nocase(type, S("BIGINT")))
		*out = CELL_INT;
	else if (str_eq_nocase(type, S("TEXT")))
		*out = CELL_TEXT;
	else if (str_eq_nocase(type, S("BLOB")))
		*out = CELL_BLOB;
	else
		return false;
	return true;
}

static struct str
text_at(sqlite3_stmt *st, int column, struct arena *mem)
{
	const void *p = sqlite3_column_text(st, column);

	return arena_dup(mem, str_span(p != NULL ? p : "", (size_t)sqlite3_column_bytes(st, column)));
}

/* One row a column; its place in the key from 1, or 0. A table without a primary key is known by its unique column. */
static const char columns_sql[] =
    "SELECT m.name, c.name, c.type, CASE WHEN c.pk > 0 THEN c.pk WHEN EXISTS (SELECT 1 FROM pragma_table_info(m.name) "
    "WHERE pk > 0) THEN 0 ELSE (SELECT x.seqno + 1 FROM pragma_index_list(m.name) i, pragma_index_info(i.name) x "
    "WHERE i.\"unique\" AND i.origin = 'u' AND x.name = c.name) END "
    "FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY m.name, c.cid";

static bool
column_add(struct sqlite_tables *t, struct table *to, sqlite3_stmt *st, struct arena *mem)
{
	struct table_column *c = &to->columns[to->n];
	int at = sqlite3_column_int(st, 3);

	c->name = text_at(st, 1, mem);
	c->value = column_itself(c->name, mem);
	if (!kind_of(text_at(st, 2, mem), &c->kind))
		return tables_trouble(&t->door, SAY("a column of another type"), (const char *)sqlite3_column_text(st, 1));
	if (at > 0) {
		to->key[at - 1] = to->n;
		to->n_key = to->n_key < (size_t)at ? (size_t)at : to->n_key;
	}
	to->n++;
	return true;
}

#define COLUMNS_MAX 100
#define TABLES_MAX 200

static bool
table_begins(struct sqlite_tables *t, struct table_list *out, struct str name, struct arena *mem)
{
	struct table *next = &out->tables[out->n++];

	next->name = name;
	next->columns = arena_array(mem, struct table_column, COLUMNS_MAX);
	next->key = arena_array(mem, size_t, COLUMNS_MAX);
	return !mem->full || tables_trouble(&t->door, STR_ABSENT, say("memory is exhausted"));
}

static bool
list_row(struct sqlite_tables *t, struct table_list *out, sqlite3_stmt *st, struct arena *mem)
{
	struct str name = text_at(st, 0, mem);
	struct table *last = out->n > 0 ? &out->tables[out->n - 1] : NULL;

	if (table_is_own(name))
		return true;
	if (last == NULL || !str_eq(last->name, name)) {
		if (out->n == TABLES_MAX)
			return tables_trouble(&t->door, STR_ABSENT, say("the schema has too many tables"));
		if (!table_begins(t, out, name, mem))
			return false;
		last = &out->tables[out->n - 1];
	}
	if (last->n == COLUMNS_MAX)
		return tables_trouble(&t->door, STR_ABSENT, say("a table of the schema has too many columns"));
	return column_add(t, last, st, mem);
}

static bool
list(struct tables *door, struct arena *mem, struct table_list *out)
{
	struct sqlite_tables *t = of_door(door);
	sqlite3_stmt *st = NULL;
	bool ok;
	int rc = SQLITE_DONE;

	*out = (struct table_list){ .tables = arena_array(mem, struct table, TABLES_MAX) };
	ok = out->tables != NULL && sqlite3_prepare_v2(t->conn.db, columns_sql, -1, &st, NULL) == SQLITE_OK;
	while (ok && (rc = sqlite3_step(st)) == SQLITE_ROW)
		if (!list_row(t, out, st, mem)) {
			sqlite3_finalize(st);
			return false;
		}
	ok = (ok && rc == SQLITE_DONE) || failed(t);
	sqlite3_finalize(st);
	return ok;
}

/* --- rows ------------------------------------------------------------------------------------- */

static bool
bind(sqlite3_stmt *st, int at, enum cell_kind kind, const struct cell *v)
{
	if (v->null)
		return sqlite3_bind_null(st, at) == SQLITE_OK;
	switch (kind) {
	case CELL_INT: return sqlite3_bind_int64(st, at, v->number) == SQLITE_OK;
	case CELL_TEXT:
		return sqlite3_bind_text64(st, at, v->bytes.p, v->bytes.n, SQLITE_STATIC, SQLITE_UTF8) == SQLITE_OK;
	case CELL_BLOB: return sqlite3_bind_blob64(st, at, v->bytes.p, v->bytes.n, SQLITE_STATIC) == SQLITE_OK;
	}
	return false;
}

static bool
key_bind(sqlite3_stmt *st, const struct table *of, const struct cell *row)
{
	for (size_t i = 0; i < of->n_key; i++)
		if (!bind(st, (int)i + 1, of->columns[of->key[i]].kind, &row[of->key[i]]))
			return false;
	return true;
}

/* Any type fits into any column here; what is not of the column's own would come back as something else. */
static bool
cell_read(sqlite3_stmt *st, int at, enum cell_kind kind, struct arena *mem, struct cell *out)
{
	static const int types[] = { [CELL_INT] = SQLITE_INTEGER, [CELL_TEXT] = SQLITE_TEXT, [CELL_BLOB] = SQLITE_BLOB };
	int type = sqlite3_column_type(st, at);
	const void *p;

	*out = (struct cell){ .null = type == SQLITE_NULL };
	if (out->null || type != types[kind])
		return out->null;
	if (kind == CELL_INT) {
		out->number = sqlite3_column_int64(st, at);
		return true;
	}
	p = kind == CELL_TEXT ? (const void *)sqlite3_column_text(st, at) : sqlite3_column_blob(st, at);
	out->bytes = arena_dup(mem, str_span(p != NULL ? p : "", (size_t)sqlite3_column_bytes(st, at)));
	return str_given(out->bytes);
}

static bool
row_read(struct sqlite_tables *t, const struct table *of, sqlite3_stmt *st, struct arena *mem, struct cell *row)
{
	for (size_t i = 0; i < of->n; i++)
		if (!cell_read(st, (int)i, of->columns[i].kind, mem, &row[i])) {
			struct str where = arena_printf(mem, "%.*s.%.*s", STR_ARG(of->name), STR_ARG(of->columns[i].name));

			return tables_trouble(&t->door, where,
			    mem->full ? say("memory is exhausted") : say("a value is not of its column's type"));
		}
	return true;
}

static bool
page(struct tables *door, const struct table *of, const struct cell *after, size_t max, struct arena *mem,
    struct cell **rows, size_t *n)
{
	struct sqlite_tables *t = of_door(door);
	char *sql = table_select(of, after != NULL, max, mem);
	sqlite3_stmt *st = NULL;
	bool ok, read = true;
	int rc = SQLITE_DONE;

	*n = 0;
	*rows = arena_array(mem, struct cell, max * of->n);
	if (sql == NULL || *rows == NULL)
		return tables_trouble(door, STR_ABSENT, say("memory is exhausted"));
	ok = sqlite3_prepare_v2(t->conn.db, sql, -1, &st, NULL) == SQLITE_OK
	    && (after == NULL || key_bind(st, of, after));
	while (ok && read && *n < max && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		read = row_read(t, of, st, mem, *rows + *n * of->n);
		*n += read;
	}
	if (!ok || (rc != SQLITE_DONE && rc != SQLITE_ROW))
		read = failed(t);
	sqlite3_finalize(st);
	return read;
}

typedef char *sql_maker(const struct table *of, struct arena *mem);
typedef bool stepper(sqlite3_stmt *st, const struct table *of, const struct cell *rows, size_t n);

/* One statement made and done with. */
static bool
change(struct tables *door, const struct table *of, sql_maker *make, stepper *go, const struct cell *rows, size_t n)
{
	struct sqlite_tables *t = of_door(door);
	struct arena mem;
	char *sql;
	sqlite3_stmt *st = NULL;
	bool ok;

	arena_init(&mem, 256 * 1024);
	sql = make(of, &mem);
	ok = sql != NULL && sqlite3_prepare_v2(t->conn.db, sql, -1, &st, NULL) == SQLITE_OK && go(st, of, rows, n);
	if (!ok)
		failed(t);
	sqlite3_finalize(st);
	arena_free(&mem);
	return ok;
}

static bool
rows_put(sqlite3_stmt *st, const struct table *of, const struct cell *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < of->n; k++)
			if (!bind(st, (int)k + 1, of->columns[k].kind, &rows[i * of->n + k]))
				return false;
		if (sqlite3_step(st) != SQLITE_DONE || sqlite3_reset(st) != SQLITE_OK)
			return false;
	}
	return true;
}

static bool
row_take_out(sqlite3_stmt *st, const struct table *of, const struct cell *row, size_t n)
{
	(void)n;
	return key_bind(st, of, row) && sqlite3_step(st) == SQLITE_DONE;
}

static bool
add(struct tables *door, const struct table *of, const struct cell *rows, size_t n)
{
	return change(door, of, table_insert, rows_put, rows, n);
}

static bool
remove_row(struct tables *door, const struct table *of, const struct cell *row)
{
	return change(door, of, table_delete, row_take_out, row, 1);
}

/* The log goes into the file, which is synced, before the next commit may drop the mark. */
static bool
settle(struct tables *door)
{
	struct sqlite_tables *t = of_door(door);

	return t->store == NULL || run(door, "PRAGMA synchronous=FULL; PRAGMA wal_checkpoint(TRUNCATE)");
}

/* Its lock is held from the opening on. */
static bool
alone(struct tables *door)
{
	(void)door;
	return true;
}

static const struct tables_way way = {
	.close = close_all, .begin = begin, .commit = commit, .list = list, .page = page, .add = add, .remove = remove_row,
	.run = run, .alone = alone, .settle = settle,
};

/* --- opened ----------------------------------------------------------------------------------- */

static struct sqlite_tables *
tables_new(struct arena *mem, struct str *why)
{
	struct sqlite_tables *t = calloc(1, sizeof *t);

	if (t == NULL) {
		*why = arena_say(mem, "memory is exhausted");
		return NULL;
	}
	t->door.way = &way;
	t->lock_fd = -1;
	return t;
}

/* The lock of the directory; false with *why. Held by somebody else: the source is not quiet. */
static bool
lock_is_tried(struct sqlite_tables *t, const struct store_conf *conf, struct arena *mem, struct str *why)
{
	struct str name = arena_printf(mem, "%.*s/hufu.lock", STR_ARG(conf->path));
	int fd = str_given(name) ? open(name.p, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;

	if (fd < 0) {
		*why = arena_say(mem, "cannot open %.*s: %s", STR_ARG(name), say_errno(errno));
		return false;
	}
	file_owner_follow(fd, mem, name);
	t->door.quiet = flock(fd, LOCK_EX | LOCK_NB) == 0;
	t->lock_fd = fd;
	return true;
}

static bool
store_is_looked_at(struct sqlite_tables *t, const struct store_conf *conf, int flags, const char *settings,
    struct arena *mem, struct str *why)
{
	struct sqlite_store *s;

	t->store = store_open(conf, mem, why);
	if (t->store == NULL)
		return false;
	s = sqlite_of(t->store);
	t->door.place = arena_dup(mem, str_of(s->file));
	if (conn_open(&t->conn, s, flags, settings))
		return true;
	*why = trouble_sentence(s, mem, t->conn.db, "open");
	return false;
}

/* The first look fixes the moment. */
static bool
moment_is_fixed(struct sqlite_tables *t, struct arena *mem, struct str *why)
{
	if (begin(&t->door) && run(&t->door, "SELECT count(*) FROM sqlite_master"))
		return true;
	*why = arena_say(mem, "%.*s cannot be read: %s", STR_ARG(t->door.place), t->door.trouble);
	return false;
}

struct tables *
sqlite_tables_source(const struct store_conf *conf, struct arena *mem, struct str *why)
{
	struct sqlite_tables *t = tables_new(mem, why);
	struct store_conf reads = *conf;
	char *file = arena_z(mem, ARENA_CAT(mem, conf->path, S("/" STORE_FILE)));

	if (t == NULL)
		return NULL;
	reads.read_only = true;
	reads.readers = 1;
	if (file == NULL || access(file, F_OK) != 0)
		*why = arena_say(mem, "there is no store in %.*s", STR_ARG(conf->path));
	else if (lock_is_tried(t, conf, mem, why)
	    && store_is_looked_at(t, &reads, SQLITE_OPEN_READONLY, from_settings, mem, why)
	    && moment_is_fixed(t, mem, why))
		return &t->door;
	close_all(&t->door);
	return NULL;
}

struct tables *
sqlite_tables_target(const struct store_conf *conf, struct arena *mem, struct str *why)
{
	struct sqlite_tables *t = tables_new(mem, why);
	struct store_conf writes = *conf;

	if (t == NULL)
		return NULL;
	writes.unfinished = true;
	writes.readers = 1;
	if (store_is_looked_at(t, &writes, SQLITE_OPEN_READWRITE, into_settings, mem, why))
		return &t->door;
	close_all(&t->door);
	return NULL;
}

struct tables *
sqlite_tables_of(sqlite3 *db, struct arena *mem, struct str *why)
{
	struct sqlite_tables *t = tables_new(mem, why);

	if (t == NULL)
		return NULL;
	t->door.quiet = true;
	t->conn.db = db;
	if (conn_folds(&t->conn) && schema_is_newest(&t->conn))
		return &t->door;
	*why = arena_say(mem, "cannot make a store in a file: %s", sqlite3_errmsg(db));
	free(t);
	return NULL;
}
