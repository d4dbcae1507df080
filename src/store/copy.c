/*
 * store/copy.c - all of a store into another: opened, marked, each table made the same and compared, the mark taken off.
 */
#include "store/copy.h"
#include "store/copy_int.h"

/* --- the two ends ----------------------------------------------------------------------------- */

static bool
is_url(const struct copy_end *e)
{
	return e->conf != NULL && !str_empty(e->conf->url);
}

static struct tables *
source_open(const struct store_copy *c, struct arena *mem, struct str *why)
{
	if (c->from.file != NULL)
		return tables_of_file(c->from.file, mem, why);
	return is_url(&c->from) ? pg_tables_source(c->from.conf, mem, why)
				: sqlite_tables_source(c->from.conf, mem, why);
}

/* A target that is there already must not be brought up to date before it is known to be ours: it is looked at first. */
static bool
target_may_be_opened(const struct copy_end *to, struct arena *mem, struct str *why)
{
	struct store_conf look = *to->conf;
	struct store *s;

	look.read_only = look.unfinished = true;
	look.readers = 1;
	switch (store_state(&look, mem, why)) {
	case STORE_NONE: return true;
	case STORE_UNKNOWN: return false;
	case STORE_OLD:
	case STORE_READY: break;
	}
	s = store_open(&look, mem, why);
	store_close(s);
	return s != NULL;
}

static struct tables *
target_open(const struct store_copy *c, struct arena *mem, struct str *why)
{
	if (c->to.file != NULL)
		return tables_of_file(c->to.file, mem, why);
	if (!target_may_be_opened(&c->to, mem, why))
		return NULL;
	return is_url(&c->to) ? pg_tables_target(c->to.conf, mem, why) : sqlite_tables_target(c->to.conf, mem, why);
}

static void
end_close(struct tables *t)
{
	if (t != NULL)
		t->way->close(t);
}

/* --- which tables there are on both sides ------------------------------------------------------- */

/* A column that one engine keeps and the other reckons. */
static const struct {
	const char *table, *column, *value;
} reckoned[] = { { "users", "folded", "name_fold(\"name\")" } };

static const char *
value_reckoned(struct str table, struct str column)
{
	for (size_t i = 0; i < COUNT(reckoned); i++)
		if (str_is(table, reckoned[i].table) && str_is(column, reckoned[i].column))
			return reckoned[i].value;
	return NULL;
}

static const struct table *
table_find(const struct table_list *l, struct str name)
{
	for (size_t i = 0; i < l->n; i++)
		if (str_eq(l->tables[i].name, name))
			return &l->tables[i];
	return NULL;
}

static const struct table_column *
column_find(const struct table *t, struct str name)
{
	for (size_t i = 0; i < t->n; i++)
		if (str_eq(t->columns[i].name, name))
			return &t->columns[i];
	return NULL;
}

static bool
no_match(struct copy *k, const struct table *t, struct str column)
{
	*k->why = arena_say(k->mem, "the two stores have different tables: %.*s%s%.*s is not the same in both",
	    STR_ARG(t->name), str_empty(column) ? "" : ".", STR_ARG(column));
	return false;
}

/* The source's columns in the target's order; the key is the target's. */
static bool
table_is_paired(struct copy *k, const struct table *from, const struct table *to, struct table *out)
{
	*out = *to;
	out->columns = arena_array(k->mem, struct table_column, to->n);
	if (out->columns == NULL)
		return no_match(k, to, STR_ABSENT);
	for (size_t i = 0; i < to->n; i++) {
		const struct table_column *c = column_find(from, to->columns[i].name);
		const char *value = value_reckoned(to->name, to->columns[i].name);

		out->columns[i] = to->columns[i];
		if (c == NULL && value != NULL)
			out->columns[i].value = str_of(value);
		else if (c == NULL || c->kind != to->columns[i].kind)
			return no_match(k, to, to->columns[i].name);
	}
	for (size_t i = 0; i < from->n; i++)
		if (column_find(to, from->columns[i].name) == NULL
		    && value_reckoned(from->name, from->columns[i].name) == NULL)
			return no_match(k, from, from->columns[i].name);
	return to->n_key > 0 || no_match(k, to, STR_ABSENT);
}

static bool
tables_are_paired(struct copy *k)
{
	struct table_list from, to;

	if (!k->from->way->list(k->from, k->mem, &from))
		return copy_told(k, k->from);
	if (!k->to->way->list(k->to, k->mem, &to))
		return copy_told(k, k->to);
	for (size_t i = 0; i < from.n; i++)
		if (table_find(&to, from.tables[i].name) == NULL)
			return no_match(k, &from.tables[i], STR_ABSENT);
	k->pairs = arena_array(k->mem, struct pair, to.n);
	k->n = to.n;
	for (size_t i = 0; i < to.n; i++) {
		const struct table *t = table_find(&from, to.tables[i].name);

		if (k->pairs == NULL || t == NULL)
			return no_match(k, &to.tables[i], STR_ABSENT);
		k->pairs[i].to = to.tables[i];
		if (!table_is_paired(k, t, &to.tables[i], &k->pairs[i].from))
			return false;
	}
	return true;
}

/* --- the mark --------------------------------------------------------------------------------- */

static struct table_column mark_columns[] = {
	{ { "source", 6 }, { "source", 6 }, CELL_TEXT },
	{ { "begun_s", 7 }, { "begun_s", 7 }, CELL_INT },
};
static size_t mark_key[] = { 0 };
static const struct table mark_table = { { COPY_MARK, sizeof COPY_MARK - 1 }, mark_columns, 2, mark_key, 1 };

/* A table of rows that nobody marked is somebody's store. */
static bool
target_is_empty(struct copy *k)
{
	struct cell *rows;
	size_t n;

	for (size_t i = 0; i < k->n; i++) {
		if (!k->to->way->page(k->to, &k->pairs[i].to, NULL, 1, k->mem, &rows, &n))
			return copy_told(k, k->to);
		if (n == 0)
			continue;
		*k->why = arena_say(k->mem,
		    "%.*s is a store already (there are rows in %.*s); copy into an empty directory, database or schema",
		    STR_ARG(k->to->place), STR_ARG(k->pairs[i].to.name));
		return false;
	}
	return true;
}

static bool
mark_is_of_this_copy(struct copy *k, const struct cell *row)
{
	if (str_eq(row[0].bytes, k->source))
		return true;
	*k->why = arena_say(k->mem,
	    "%.*s holds a copy of %.*s that is not finished; go on with that one, or copy into an empty directory, "
	    "database or schema",
	    STR_ARG(k->to->place), STR_ARG(row[0].bytes));
	return false;
}

static bool
mark_is_made(struct copy *k)
{
	const struct cell row[] = { { .bytes = k->source }, { .number = clock_now_s() } };
	const struct tables_way *way = k->to->way;
	struct cell *rows;
	size_t n;

	if (!way->begin(k->to)
	    || !way->run(k->to,
		"CREATE TABLE IF NOT EXISTS " COPY_MARK " (source TEXT PRIMARY KEY, begun_s BIGINT NOT NULL)")
	    || !way->page(k->to, &mark_table, NULL, 1, k->mem, &rows, &n))
		return copy_told(k, k->to);
	if (n > 0)                              /* nobody has opened it since, but to copy */
		return mark_is_of_this_copy(k, rows) && (way->commit(k->to) || copy_told(k, k->to));
	if (!way->alone(k->to))
		return copy_told(k, k->to);
	return target_is_empty(k)
	    && ((way->add(k->to, &mark_table, row, 1) && way->commit(k->to)) || copy_told(k, k->to));
}

static bool
mark_is_off(struct copy *k)
{
	const struct tables_way *way = k->to->way;

	return (way->settle(k->to) && way->begin(k->to) && way->run(k->to, "DROP TABLE " COPY_MARK) && way->commit(k->to))
	    || copy_told(k, k->to);
}

/* --- all of it -------------------------------------------------------------------------------- */

static bool
into_itself(struct copy *k, struct str place)
{
	*k->why = arena_say(k->mem, "%.*s cannot be copied into itself", STR_ARG(place));
	return false;
}

/* By the same name, before either is opened. */
static bool
names_differ(struct copy *k)
{
	const struct store_conf *from = k->what->from.conf, *to = k->what->to.conf;

	if (from == NULL || to == NULL || !str_eq(from->url, to->url))
		return true;
	if (str_empty(from->url))
		return !str_eq(from->path, to->path) || into_itself(k, from->path);
	return into_itself(k, S("postgresql://..."));
}

static bool
are_two(struct copy *k)
{
	return !str_given(k->from->place) || !str_eq(k->from->place, k->to->place) || into_itself(k, k->to->place);
}

static bool
tables_are_copied(struct copy *k)
{
	k->what->tables = arena_array(k->mem, struct copied_table, k->n);
	k->what->n = k->n;
	for (size_t i = 0; i < k->n; i++)
		if (k->what->tables == NULL || !table_is_copied(k, &k->pairs[i], &k->what->tables[i]))
			return false;
	for (size_t i = 0; i < k->n; i++)
		if (!table_is_the_same(k, &k->pairs[i], &k->what->tables[i]))
			return false;
	return true;
}

static bool
copied(struct copy *k)
{
	if (!are_two(k) || !tables_are_paired(k) || !mark_is_made(k) || !tables_are_copied(k))
		return false;
	k->what->finished = k->what->snapshot || !k->what->in_use;
	return !k->what->finished || mark_is_off(k);
}

bool
store_copy(struct store_copy *c, struct arena *mem, struct str *why)
{
	struct copy k = { .what = c, .mem = mem, .why = why };
	bool ok = false;

	if (!names_differ(&k))
		return false;
	k.from = source_open(c, mem, why);
	c->moment_s = clock_now_s();
	c->in_use = k.from != NULL && !k.from->quiet;
	if (k.from != NULL)
		k.to = target_open(c, mem, why);
	k.source = str_given(c->source) || k.from == NULL ? c->source : k.from->place;
	if (k.to != NULL)
		ok = copied(&k);
	end_close(k.to);
	end_close(k.from);
	return ok;
}
