/* import/source_json.c - rows of a JSON file, in the shapes that dumps and the tools people export with give it. */
#include "import/source.h"

/* --- which tables a file holds ---------------------------------------------------------------- */

static bool
table_put(json_t *tables, struct arena *mem, struct str name, json_t *list, struct str *why)
{
	char *z = name.n > 0 ? arena_z(mem, name) : NULL;

	if (z == NULL || !json_is_array(list)) {
		*why = arena_say(mem, "%.*s must be a list of objects", STR_ARG(name));
		return false;
	}
	if (json_object_get(tables, z) != NULL) {
		*why = arena_say(mem, "table %s stands there twice: export one database at a time", z);
		return false;
	}
	return json_object_set(tables, z, list) == 0;
}

/* phpMyAdmin: [{"type":"header",...},{"type":"database",...},{"type":"table","name":"users","data":[...]}] */
static bool
is_phpmyadmin(const json_t *list)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
		if (str_is(json_member_str(one, "type"), "table") && json_is_array(json_object_get(one, "data")))
			return true;
	return str_is(json_member_str(json_array_get(list, 0), "type"), "header");
}

static bool
phpmyadmin_take(json_t *tables, struct arena *mem, const json_t *list, struct str *why)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
		if (str_is(json_member_str(one, "type"), "table")
		    && !table_put(tables, mem, json_member_str(one, "name"), json_object_get(one, "data"), why))
			return false;
	return true;
}

/* {"table":"users","rows":[...]}, as HeidiSQL writes it, or Navicat's {"RECORDS":[...]} */
static json_t *
only_list(const json_t *all, struct str *name)
{
	json_t *list = json_object_get(all, "rows");

	*name = json_member_str(all, "table");
	if (str_given(*name) && json_is_array(list))
		return list;
	*name = STR_ABSENT;
	return json_object_size(all) == 1 ? json_object_get(all, "RECORDS") : NULL;
}

static bool
object_take(json_t *tables, struct arena *mem, const json_t *all, struct str *why)
{
	const json_t *inside = json_object_get(all, "tables");
	const char *name;
	json_t *list;

	json_object_foreach((json_t *)(uintptr_t)(json_is_object(inside) ? inside : all), name, list)
		if (json_is_array(list) && !table_put(tables, mem, str_of(name), list, why))
			return false;
	return true;
}

static bool
tables_take(json_t *tables, struct arena *mem, json_t *all, struct str stem, bool *lone, struct str *why)
{
	struct str name = STR_ABSENT;
	json_t *list = json_is_array(all) ? all : only_list(all, &name);

	if (json_is_array(all) && is_phpmyadmin(all))
		return phpmyadmin_take(tables, mem, all, why);
	if (list == NULL)
		return object_take(tables, mem, all, why);
	*lone = !str_given(name);
	return table_put(tables, mem, *lone ? stem : name, list, why);
}

json_t *
json_tables(struct arena *mem, struct str text, struct str stem, bool *lone, struct str *why)
{
	json_error_t e;
	json_t *all = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &e), *tables = json_object();
	bool ok = all != NULL && tables != NULL;

	*lone = false;
	*why = arena_say(mem, "line %d: no JSON object or list: %s", all ? 1 : e.line, all ? "memory" : e.text);
	ok = ok && tables_take(tables, mem, all, stem, lone, why);
	json_decref(all);
	if (ok)
		return tables;
	json_decref(tables);
	return NULL;
}

/* --- a source --------------------------------------------------------------------------------- */

static bool
json_open(struct row_source *s, struct str from, struct str password, struct str *why)
{
	struct str text, name = str_from(from, (size_t)(str_rindex(from, '/') + 1));
	ptrdiff_t dot = str_rindex(name, '.');
	bool lone;

	(void)password;
	if (dot > 0)
		name = str_sub(name, 0, (size_t)dot);
	if (!source_text(s, from, &text, why))
		return false;
	s->handle = json_tables(s->mem, text, name, &lone, why);
	if (s->handle == NULL)
		*why = ARENA_CAT(s->mem, from, S(": "), *why);
	if (s->handle != NULL && lone)
		s->lone = name;
	return s->handle != NULL;
}

/* One value of any type as text; numbers as they were written, lists and objects as JSON. */
static bool
value_put(json_t *row, const char *name, const json_t *v)
{
	char *text;
	bool ok;

	if (json_is_string(v))
		return row_put(row, str_of(name), str_span(json_string_value(v), json_string_length(v)));
	if (json_is_boolean(v))
		return row_put(row, str_of(name), json_is_true(v) ? S("true") : S("false"));
	if (json_is_null(v))
		return row_put(row, str_of(name), STR_ABSENT);
	text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
	ok = text != NULL && row_put(row, str_of(name), str_of(text));
	free(text);
	return ok;
}

static bool
json_row(const json_t *from, json_t *row)
{
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)from, name, v)
		if (!value_put(row, name, v))
			return false;
	return true;
}

static bool
list_read(struct row_source *s, const json_t *list, json_t *rows, struct str *why)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one) {
		json_t *row = json_is_object(one) ? json_object() : NULL;

		if (row == NULL || !json_row(one, row)) {
			json_decref(row);
			*why = arena_say(s->mem,
			    "row %zu is no object, has a column of more than %d bytes, or memory is exhausted",
			    i + 1, SOURCE_NAME_MAX);
			return false;
		}
		if (!rows_add(rows, row, why))
			return false;
	}
	return true;
}

static enum table_result
json_read_table(struct row_source *s, struct str table, json_t *rows, struct str *why)
{
	size_t n = json_object_size(s->handle), at = 0;
	struct str *names = arena_array(s->mem, struct str, n + 1), detail = SAY("memory is exhausted");
	enum table_result r = TABLE_FAILED;
	const char *name;
	json_t *list;

	if (names != NULL) {
		json_object_foreach((json_t *)s->handle, name, list)
			names[at++] = str_of(name);
		r = table_pick(s->mem, names, n, table, &at, &detail);
	}
	if (r == TABLE_READ) {
		list = json_object_get(s->handle, arena_z(s->mem, names[at]));
		r = list_read(s, list, rows, &detail) ? TABLE_READ : TABLE_FAILED;
	}
	if (r == TABLE_FAILED)
		*why = ARENA_CAT(s->mem, s->from, S(": "), table, S(": "), detail);
	return r;
}

static void
json_end(struct row_source *s)
{
	json_decref(s->handle);
}

const struct source_kind source_json = { json_open, json_read_table, json_end };
