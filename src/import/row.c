/* import/row.c - rows of the old tables: their cells, when they changed, columns that nobody reads. */
#include "import/spring.h"
#include "import/when.h"

struct str
cell(const json_t *row, const char *column)
{
	return json_member_str(row, column);
}

/* Bytes of tokens, JSON and names; other bytes were no text. */
static bool
is_printable(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	return s.n > 0 && str_utf8(s);
}

struct str
old_text(struct arena *mem, struct str value)
{
	struct str digits = value, raw;

	if (str_starts(value, S("\\x")) || str_starts_nocase(value, S("0x")))
		digits = str_from(value, 2);
	return !str_empty(digits) && hex_decode(mem, digits, &raw) && is_printable(raw) ? raw : value;
}

static bool
is_told(json_t *told, const char *column)
{
	return json_object_get(told, column) != NULL || json_object_set_new(told, column, json_true()) != 0;
}

void
columns_judge(struct spring *x, struct str table, const json_t *rows, struct str known)
{
	json_t *told = json_object(), *row, *v;
	const char *column;
	size_t i;

	json_array_foreach(rows, i, row) json_object_foreach(row, column, v) if (json_string_length(v) > 0
	    && !str_has_word(known, str_of(column), ' ') && told != NULL && !is_told(told, column))
	    finding_add(x->plan, FIND_COLUMN, ARENA_CAT(x->mem, S("table "), table), str_of(column));
	json_decref(told);
}

void
row_changed(struct spring *x, const json_t *row, json_t *out)
{
	static const char *const columns[] = {
		"update_time",
		"updated_at",
		"updated_time",
		"update_date",
		"updatetime",
		"updatedat",
		"gmt_modified",
		"modify_time",
		"modified_at",
		"modified_time",
		"last_modified",
		"last_modified_date",
		"last_modified_time",
		"lastmodifiedat",
	};
	int64_t at_s;

	for (size_t i = 0; i < COUNT(columns); i++)
		if (when_read(cell(row, columns[i]), x->options->zone_s, &at_s) && at_s > 0) {
			json_object_set_new(out, "changed_s", json_integer(at_s));
			return;
		}
}

enum table_result
table_try(struct spring *x, struct str name, json_t **rows)
{
	return source_table(x->source, name, rows, x->why);
}
