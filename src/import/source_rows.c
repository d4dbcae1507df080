/* import/source_rows.c - what the kinds of sources share: which table is meant, and rows of it. */
#include "import/source.h"

/* The name without what stands before its last dot. */
static struct str
base_of(struct str name)
{
	return str_from(name, (size_t)(str_rindex(name, '.') + 1));
}

/* In another case of letters; without a schema that only one of the two has. */
static bool
name_fits(struct str name, struct str wanted)
{
	bool schemas = str_index(name, '.') >= 0 && str_index(wanted, '.') >= 0;

	return schemas ? str_eq_nocase(name, wanted) : str_eq_nocase(base_of(name), base_of(wanted));
}

enum table_result
table_pick(struct arena *mem, const struct str *names, size_t n, struct str wanted, size_t *at, struct str *why)
{
	size_t found = n;

	for (*at = 0; *at < n; (*at)++)
		if (str_eq(names[*at], wanted))
			return TABLE_READ;
	for (size_t i = 0; i < n; i++) {
		if (!name_fits(names[i], wanted))
			continue;
		if (found < n) {
			*why = arena_say(mem,
			    "both %.*s and %.*s could be the table %.*s: name the one that is meant",
			    STR_ARG(names[found]), STR_ARG(names[i]), STR_ARG(wanted));
			return TABLE_FAILED;
		}
		found = i;
	}
	*at = found;
	return found < n ? TABLE_READ : TABLE_MISSING;
}

static char
name_char(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c | 32 : c == ' ' || c == '\t' ? '_' : c);
}

static bool
put(json_t *row, struct str column, json_t *value)
{
	char name[SOURCE_NAME_MAX + 1];

	if (column.n > SOURCE_NAME_MAX) {
		json_decref(value);
		return false;
	}
	for (size_t i = 0; i < column.n; i++)
		name[i] = name_char(column.p[i]);
	name[column.n] = '\0';
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
	return put(row, column, json_str(value));
}

bool
rows_add(json_t *rows, json_t *row, struct str *why)
{
	if (json_array_size(rows) >= SOURCE_ROWS_MAX) {
		json_decref(row);
		*why = SAY("a table has more than a million rows: import it in parts");
		return false;
	}
	return json_array_append_new(rows, row) == 0;
}

bool
table_name_is_plain(struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		if (!((c | 32) >= 'a' && (c | 32) <= 'z') && !(c >= '0' && c <= '9') && c != '_' && c != '$'
		    && c != '.')
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
		return arena_printf(mem, "SELECT * FROM %c%.*s%c.%c%.*s%c", quote, STR_ARG(schema), quote,
		    quote, STR_ARG(name), quote);
	return arena_printf(mem, "SELECT * FROM %c%.*s%c", quote, STR_ARG(name), quote);
}
