/* import/source_file.c - rows of a JSON dump, and of a folder with one CSV file a table. */
#include <errno.h>

#include "import/source.h"

#define FILE_BYTES_MAX (512l * 1024 * 1024)

/* --- JSON: {"tables":{"name":[{...}]}} or {"name":[{...}]} ---------------------------------------------------------------------- */

static bool
json_open(struct row_source *s, struct str from, struct str password, struct str *why)
{
	json_error_t e;
	json_t *all = json_load_file(arena_z(s->mem, from), JSON_REJECT_DUPLICATES, &e);

	(void)password;
	s->handle = all;
	if (!json_is_object(all))
		*why = arena_printf(s->mem, "%.*s:%d: no JSON object: %s", STR_ARG(from), all ? 1 : e.line, all ? "something else" : e.text);
	return json_is_object(all);
}

static bool
json_row(const json_t *from, json_t *row)
{
	const char *name;
	char number[32];
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)from, name, v) {
		struct str value = json_is_string(v) ? str_span(json_string_value(v), json_string_length(v)) : STR_ABSENT;
		if (json_is_boolean(v))
			value = json_is_true(v) ? S("true") : S("false");
		if (json_is_integer(v))
			value = str_span(number, (size_t)snprintf(number, sizeof number, "%lld", (long long)json_integer_value(v)));
		if (json_is_object(v) || json_is_array(v)) {
			char *text = json_dumps(v, JSON_COMPACT);
			bool ok = text != NULL && row_put(row, str_of(name), str_of(text));
			free(text);
			if (!ok)
				return false;
		} else if (!row_put(row, str_of(name), value))
			return false;
	}
	return true;
}

static enum table_result
json_read_table(struct row_source *s, struct str table, json_t *rows, struct str *why)
{
	const json_t *tables = json_object_get(s->handle, "tables"), *list, *one;
	size_t i;

	list = json_object_get(json_is_object(tables) ? tables : s->handle, arena_z(s->mem, table));
	if (list == NULL)
		return TABLE_MISSING;
	*why = arena_printf(s->mem, "%.*s must be a list of objects", STR_ARG(table));
	if (!json_is_array(list))
		return TABLE_FAILED;
	json_array_foreach(list, i, one) {
		json_t *row = json_is_object(one) ? json_object() : NULL;
		if (row == NULL || !json_row(one, row) || !rows_add(rows, row, why))
			return TABLE_FAILED;
	}
	return TABLE_READ;
}

static void
json_end(struct row_source *s)
{
	json_decref(s->handle);
}

const struct source_kind source_json = { json_open, json_read_table, json_end };

/* --- CSV ------------------------------------------------------------------------------------------------------------------------- */

static bool
csv_open(struct row_source *s, struct str from, struct str password, struct str *why)
{
	(void)password, (void)why;
	s->handle = arena_z(s->mem, from);
	return s->handle != NULL;
}

static void
csv_end(struct row_source *s)
{
	(void)s;
}

struct sheet { struct arena *mem; json_t *rows; struct str *why; struct str heads[CSV_CELLS_MAX]; size_t n; };

/* The first record names the columns. \N is NULL. */
static bool
sheet_row(void *ctx, const struct str *cells, size_t n)
{
	struct sheet *h = ctx;
	json_t *row;

	if (h->n == 0) {
		for (h->n = 0; h->n < n; h->n++)
			h->heads[h->n] = str_trim(cells[h->n]);
		return n > 0;
	}
	if (n != h->n || (row = json_object()) == NULL) {
		*h->why = arena_printf(h->mem, "record %zu has %zu fields, the heading has %zu", json_array_size(h->rows) + 2, n, h->n);
		return false;
	}
	for (size_t i = 0; i < n; i++)
		if (!row_put(row, h->heads[i], str_is(cells[i], "\\N") ? STR_ABSENT : cells[i]))
			return false;
	return rows_add(h->rows, row, h->why);
}

static char *
file_read(FILE *f, size_t *n)
{
	char *text = NULL;
	long size;

	if (fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) >= 0 && size <= FILE_BYTES_MAX && fseek(f, 0, SEEK_SET) == 0 && (text = malloc((size_t)size + 1)) != NULL)
		*n = fread(text, 1, (size_t)size, f);
	return text;
}

static enum table_result
csv_read_table(struct row_source *s, struct str table, json_t *rows, struct str *why)
{
	struct str path = ARENA_CAT(s->mem, str_of(s->handle), S("/"), table, S(".csv")), detail = S("the quotes do not match");
	FILE *f = fopen(arena_z(s->mem, path), "rb");
	struct sheet *h = arena_new(s->mem, struct sheet);
	size_t n = 0;
	char *text;
	bool ok;

	if (f == NULL && errno == ENOENT)
		return TABLE_MISSING;
	text = f != NULL ? file_read(f, &n) : NULL;
	if (f != NULL)
		fclose(f);
	if (h != NULL)
		*h = (struct sheet){ .mem = s->mem, .rows = rows, .why = &detail };
	ok = text != NULL && h != NULL && csv_read(s->mem, str_span(text, n), sheet_row, h);
	if (!ok)
		*why = arena_printf(s->mem, "%.*s: %.*s", STR_ARG(path), STR_ARG(text ? detail : S("it cannot be read")));
	free(text);
	return ok ? TABLE_READ : TABLE_FAILED;
}

const struct source_kind source_csv = { csv_open, csv_read_table, csv_end };
