/* import/source.c - which kind of source a name means, and what the kinds share. */
#include <sys/stat.h>

#include "import/source.h"
#include "sql/sql.h"

/* --- which kind ------------------------------------------------------------------------------- */

#define HEAD_MAX 512

/* The first bytes of a file; empty when it cannot be read. */
static struct str
head_of(const char *path, char head[HEAD_MAX])
{
	FILE *f = fopen(path, "rb");
	size_t n = f != NULL ? fread(head, 1, HEAD_MAX, f) : 0;

	if (f != NULL)
		fclose(f);
	return str_span(head, n);
}

/* The first byte that says something, whatever the character set. */
static char
first_of(struct str head)
{
	static const char passed[] = " \t\r\n\xef\xbb\xbf\xff\xfe";

	for (size_t i = 0; i < head.n; i++)
		if (memchr(passed, head.p[i], sizeof passed) == NULL)   /* its NUL too: every other byte of UTF-16 */
			return head.p[i];
	return '\0';
}

/* What to do with a file that holds the rows, but not as text; NULL: it does not look so. */
static const char *
packed(struct str head)
{
	if (str_starts(head, S("\x1f\x8b")) || str_starts(head, S("PK\x03\x04")) || str_starts(head, S("BZh"))
	    || str_starts(head, S("\xfd" "7zXZ")) || str_starts(head, S("\x28\xb5\x2f\xfd")))
		return say("is packed: unpack it first");
	if (str_starts(head, S("PGDMP")))
		return say("is pg_dump's custom format: make text of it with pg_restore -f FILE.sql, or dump with -Fp");
	return NULL;
}

static enum source_dump
dump_in(struct str head)
{
	char first = first_of(head);

	if (str_starts(head, S("PGDMP")))
		return DUMP_POSTGRES_CUSTOM;
	if (packed(head) != NULL || str_starts(head, S("SQLite format 3\0")))
		return DUMP_NONE;
	if (first != '-' && first != '/' && first != '#' && ((first | 32) < 'a' || (first | 32) > 'z'))
		return DUMP_NONE;
	if (str_contains(head, S("MySQL")) || str_contains(head, S("MariaDB")) || str_contains(head, S("phpMyAdmin")))
		return DUMP_MYSQL;
	if (str_contains(head, S("PostgreSQL")))
		return DUMP_POSTGRES;
	return str_contains(head, S("PRAGMA ")) ? DUMP_SQLITE : DUMP_OTHER;
}

static bool
is_called_csv(struct str from)
{
	return from.n > 4 && str_eq_nocase(str_from(from, from.n - 4), S(".csv"));
}

enum source_dump
source_dump_of(struct arena *mem, struct str from)
{
	char bytes[HEAD_MAX], *path = sql_is_url(from) || is_called_csv(from) ? NULL : arena_z(mem, from);
	struct stat st;

	if (path == NULL || stat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return DUMP_NONE;
	return dump_in(head_of(path, bytes));
}

static const struct source_kind *
file_kind(struct arena *mem, struct str from, const char *path, struct str *why)
{
	char bytes[HEAD_MAX], first;
	struct str head = head_of(path, bytes);
	const char *wrong = packed(head);

	if (str_starts(head, S("SQLite format 3\0")))
		return &source_sql;
	first = first_of(head);
	if (wrong == NULL && first != '{' && first != '[' && is_called_csv(from))
		return &source_csv;
	if (wrong == NULL && dump_in(head) != DUMP_NONE)
		wrong = say("looks like a dump in SQL, which is not read as it is: load it into a database "
			    "(sqlite3, MySQL, PostgreSQL) "
			    "and name that, or export JSON, or CSV with one file a table");
	if (wrong != NULL)
		*why = arena_printf(mem, "%.*s %s", STR_ARG(from), wrong);
	return wrong == NULL ? &source_json : NULL;
}

static const struct source_kind *
kind_of(struct arena *mem, struct str from, struct str *why)
{
	char *path = arena_z(mem, from);
	struct stat st;

	if (sql_is_url(from))
		return &source_sql;
	if (path == NULL || stat(path, &st) != 0) {
		*why = arena_say(mem,
		    "%.*s: there is no such file, and it is no URL that is known (postgresql://, mysql://, "
		    "mariadb://, redis://)",
		    STR_ARG(from));
		return NULL;
	}
	return S_ISDIR(st.st_mode) ? &source_csv : file_kind(mem, from, path, why);
}

bool
source_open_as(struct arena *mem, struct str from, struct str password, struct str charset, struct row_source *out,
    struct str *why)
{
	*out = (struct row_source){ .mem = mem, .kind = kind_of(mem, from, why), .from = from, .charset = charset,
		.lone = STR_ABSENT, .alias = STR_ABSENT };
	if (out->kind == NULL || out->kind->open(out, from, password, why))
		return out->kind != NULL;
	source_close(out);
	return false;
}

bool
source_open(struct arena *mem, struct str from, struct str password, struct row_source *out, struct str *why)
{
	return source_open_as(mem, from, password, STR_ABSENT, out, why);
}

/* --- CHAR(n) ---------------------------------------------------------------------------------- */

static size_t
characters(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

/* Columns whose values are all of one length, with a blank at the end of one: no user ever typed that. */
static json_t *
padded_columns(const json_t *rows)
{
	json_t *padded = json_object(), *widths = json_object(), *row, *v, *width;
	const char *column;
	size_t i;

	json_array_foreach(rows, i, row) json_object_foreach(row, column,
	    v) if (json_is_string(v) && str_ends(str_span(json_string_value(v), json_string_length(v)), S(" ")))
	    json_object_set_new(padded, column, json_true());
	json_array_foreach(rows, i, row) {
		json_object_foreach(row, column, v) {
			if (!json_is_string(v) || json_object_get(padded, column) == NULL)
				continue;
			size_t n = characters(str_span(json_string_value(v), json_string_length(v)));
			if ((width = json_object_get(widths, column)) == NULL)
				json_object_set_new(widths, column, json_integer((json_int_t)n));
			else if (json_integer_value(width) != (json_int_t)n)
				json_object_del(padded, column);
		}
	}
	json_decref(widths);
	return padded;
}

static void
rows_unpad(json_t *rows)
{
	json_t *padded = padded_columns(rows), *row, *mark, *v;
	const char *column;
	size_t i;

	if (json_object_size(padded) > 0)
		json_array_foreach(rows, i, row)
			json_object_foreach(padded, column, mark) {
				if (!json_is_string(v = json_object_get(row, column)))
					continue;
				size_t n = json_string_length(v);
				while (n > 0 && json_string_value(v)[n - 1] == ' ')
					n--;
				json_object_set_new(row, column, json_stringn(json_string_value(v), n));
			}
	json_decref(padded);
}

enum table_result
source_table(struct row_source *s, struct str table, json_t **rows, struct str *why)
{
	enum table_result r;

	*rows = json_array();
	if (*rows == NULL || !arena_defer(s->mem, (void (*)(void *))json_decref, *rows)) {
		*why = SAY("memory is exhausted");
		return TABLE_FAILED;
	}
	if (str_given(s->alias) && str_eq_nocase(table, s->alias))
		table = s->lone;
	else if (!table_name_is_plain(table)) {
		*why = arena_say(s->mem, "\"%.*s\" cannot be the name of a table", STR_ARG(table));
		return TABLE_FAILED;
	}
	r = s->kind->read(s, table, *rows, why);
	if (r == TABLE_READ)
		rows_unpad(*rows);
	return r;
}

void
source_close(struct row_source *s)
{
	if (s->kind != NULL && s->handle != NULL)
		s->kind->close(s);
	*s = (struct row_source){ 0 };
}

enum source_compare
source_compares(struct row_source *s, struct str table, struct str column)
{
	return s->kind->compare != NULL ? s->kind->compare(s, table, column) : SOURCE_UNKNOWN;
}
