/*
 * store/table_list.c - which tables belong to an engine and not to what a store knows; statements of both engines about
 * one table.
 */
#include "store/tables_int.h"

bool
table_is_own(struct str name)
{
	static const char *const own[] = { "schema_migration", "probes", "commit_marks", "epochs", COPY_MARK };

	for (size_t i = 0; i < COUNT(own); i++)
		if (str_is(name, own[i]))
			return true;
	return str_starts(name, S("sqlite_"));
}

struct str
unfinished_sentence(struct arena *mem, struct str place)
{
	return arena_say(mem,
	    "%.*s holds a copy of another store that is not finished: run hufu store copy again with the same two names, "
	    "or begin elsewhere",
	    STR_ARG(place));
}

/* --- statements ------------------------------------------------------------------------------- */

#define TEXT_MAX (64u * 1024)

static void
key_names(struct buf *b, const struct table *of)
{
	for (size_t i = 0; i < of->n_key; i++)
		buf_printf(b, "%s\"%.*s\"", i > 0 ? ", " : "", STR_ARG(of->columns[of->key[i]].name));
}

static void
numbers(struct buf *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_printf(b, "%s$%zu", i > 0 ? ", " : "", i + 1);
}

static char *
ended(struct buf *b)
{
	return b->full ? NULL : arena_z(b->mem, buf_str(b));
}

char *
table_select(const struct table *of, bool behind, size_t max, struct arena *mem)
{
	struct buf b;

	buf_init(&b, mem, TEXT_MAX);
	for (size_t i = 0; i < of->n; i++)
		buf_printf(&b, "%s%.*s", i > 0 ? ", " : "SELECT ", STR_ARG(of->columns[i].value));
	buf_printf(&b, " FROM \"%.*s\"", STR_ARG(of->name));
	if (behind) {
		buf_put(&b, S(" WHERE ("));
		key_names(&b, of);
		buf_put(&b, S(") > ("));
		numbers(&b, of->n_key);
		buf_putc(&b, ')');
	}
	buf_put(&b, S(" ORDER BY "));
	key_names(&b, of);
	buf_printf(&b, " LIMIT %zu", max);
	return ended(&b);
}

static void
column_names(struct buf *b, const struct table *of)
{
	for (size_t i = 0; i < of->n; i++)
		buf_printf(b, "%s\"%.*s\"", i > 0 ? ", " : "", STR_ARG(of->columns[i].name));
}

char *
table_insert(const struct table *of, struct arena *mem)
{
	struct buf b;

	buf_init(&b, mem, TEXT_MAX);
	buf_printf(&b, "INSERT INTO \"%.*s\" (", STR_ARG(of->name));
	column_names(&b, of);
	buf_put(&b, S(") VALUES ("));
	numbers(&b, of->n);
	buf_putc(&b, ')');
	return ended(&b);
}

char *
table_copy_in(const struct table *of, struct arena *mem)
{
	struct buf b;

	buf_init(&b, mem, TEXT_MAX);
	buf_printf(&b, "COPY \"%.*s\" (", STR_ARG(of->name));
	column_names(&b, of);
	buf_put(&b, S(") FROM STDIN (FORMAT binary)"));
	return ended(&b);
}

char *
table_delete(const struct table *of, struct arena *mem)
{
	struct buf b;

	buf_init(&b, mem, TEXT_MAX);
	buf_printf(&b, "DELETE FROM \"%.*s\" WHERE (", STR_ARG(of->name));
	key_names(&b, of);
	buf_put(&b, S(") = ("));
	numbers(&b, of->n_key);
	buf_putc(&b, ')');
	return ended(&b);
}

struct str
column_itself(struct str name, struct arena *mem)
{
	return ARENA_CAT(mem, S("\""), name, S("\""));
}

bool
tables_trouble(struct tables *t, struct str what, const char *said)
{
	struct str s = str_trim(str_of(said));

	snprintf(t->trouble, sizeof t->trouble, "%.*s%s%.*s", STR_ARG(what), str_empty(what) ? "" : ": ", STR_ARG(s));
	for (char *p = t->trouble; *p != '\0'; p++)
		if (*p == '\n')
			*p = ' ';
	return false;
}
