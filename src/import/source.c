/* import/source.c - which kind of source a name means, and what the kinds share. */
#include <sys/stat.h>

#include "import/source.h"
#include "sql/sql.h"

static bool
is_sqlite(const char *path)
{
	char head[16] = "";
	FILE *f = fopen(path, "rb");
	bool yes = f != NULL && fread(head, 1, sizeof head, f) == sizeof head && memcmp(head, "SQLite format 3", 16) == 0;

	if (f != NULL)
		fclose(f);
	return yes;
}

static const struct source_kind *
kind_of(struct arena *mem, struct str from, struct str *why)
{
	char *path = arena_z(mem, from);
	struct stat st;

	if (sql_is_url(from))
		return &source_sql;
	if (path == NULL || stat(path, &st) != 0) {
		*why = arena_printf(mem, "%.*s: there is no such file, and it is no URL that is known (postgresql://, mysql://, mariadb://, redis://)", STR_ARG(from));
		return NULL;
	}
	return S_ISDIR(st.st_mode) ? &source_csv : is_sqlite(path) ? &source_sql : &source_json;
}

bool
source_open(struct arena *mem, struct str from, struct str password, struct row_source *out, struct str *why)
{
	*out = (struct row_source){ .mem = mem, .kind = kind_of(mem, from, why) };
	if (out->kind == NULL || out->kind->open(out, from, password, why))
		return out->kind != NULL;
	source_close(out);
	return false;
}

enum table_result
source_table(struct row_source *s, struct str table, json_t **rows, struct str *why)
{
	*rows = json_array();
	if (*rows == NULL || !arena_defer(s->mem, (void (*)(void *))json_decref, *rows)) {
		*why = S("memory is exhausted");
		return TABLE_FAILED;
	}
	if (!table_name_is_plain(table)) {
		*why = arena_printf(s->mem, "\"%.*s\" cannot be the name of a table", STR_ARG(table));
		return TABLE_FAILED;
	}
	return s->kind->read(s, table, *rows, why);
}

void
source_close(struct row_source *s)
{
	if (s->kind != NULL && s->handle != NULL)
		s->kind->close(s);
	*s = (struct row_source){ 0 };
}

static struct str
lower(struct str s, char out[SOURCE_NAME_MAX])
{
	if (s.n > SOURCE_NAME_MAX)
		s.n = SOURCE_NAME_MAX;
	for (size_t i = 0; i < s.n; i++)
		out[i] = (char)(s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] | 32 : s.p[i]);
	return str_span(out, s.n);
}

static bool
put(json_t *row, struct str column, json_t *value)
{
	char name[SOURCE_NAME_MAX + 1];
	struct str l = lower(column, name);

	name[l.n] = '\0';
	return json_object_set_new(row, name, value) == 0;
}

bool
row_put_bytes(json_t *row, struct str column, struct str bytes)
{
	char *hex = malloc(2 * bytes.n + 1);
	bool ok;

	if (hex == NULL)
		return false;
	hex_write(hex, (const uint8_t *)bytes.p, bytes.n);
	ok = put(row, column, json_stringn(hex, 2 * bytes.n));
	free(hex);
	return ok;
}

/* A BIT(1) arrives as the byte 0 or 1. */
bool
row_put(json_t *row, struct str column, struct str value)
{
	if (!str_given(value))
		return put(row, column, json_null());
	if (value.n == 1 && (value.p[0] == 0 || value.p[0] == 1))
		return put(row, column, json_string(value.p[0] ? "1" : "0"));
	if (!str_utf8(value) || str_index(value, '\0') >= 0)
		return row_put_bytes(row, column, value);
	return put(row, column, json_stringn(value.p, value.n));
}

bool
rows_add(json_t *rows, json_t *row, struct str *why)
{
	if (json_array_size(rows) >= SOURCE_ROWS_MAX) {
		json_decref(row);
		*why = S("a table has more than a million rows: import it in parts");
		return false;
	}
	return json_array_append_new(rows, row) == 0;
}

bool
table_name_is_plain(struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		if (!((c | 32) >= 'a' && (c | 32) <= 'z') && !(c >= '0' && c <= '9') && c != '_' && c != '$' && c != '.')
			return false;
	}
	return name.n > 0 && name.n <= SOURCE_NAME_MAX && name.p[0] != '.' && name.p[name.n - 1] != '.';
}

struct str
select_all(struct arena *mem, struct str table, char quote)
{
	struct str schema = STR_ABSENT, name = table;
	ptrdiff_t dot = str_index(table, '.');

	if (dot > 0) {
		schema = str_sub(table, 0, (size_t)dot);
		name = str_from(table, (size_t)dot + 1);
	}
	if (str_given(schema))
		return arena_printf(mem, "SELECT * FROM %c%.*s%c.%c%.*s%c", quote, STR_ARG(schema), quote, quote, STR_ARG(name), quote);
	return arena_printf(mem, "SELECT * FROM %c%.*s%c", quote, STR_ARG(name), quote);
}
