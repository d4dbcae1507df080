/* import/spring.c - what the readers of the old tables share: cells, findings, encodings; and the order in which they are read. */
#include <ctype.h>

#include "import/spring.h"
#include "import/when.h"
#include "login/login.h"

const struct finding_row finding_rows[FIND_COUNT] = {
#define FINDING(id, kind, code, en, zh) [FIND_##id] = { kind, code, en, zh },
#include "import/findings.def"
#undef FINDING
};

void
finding_add(struct spring_plan *p, enum finding f, struct str of, struct str value)
{
	json_t *one = json_pack("{s:i, s:s%, s:s%}", "finding", (int)f, "of", of.p ? of.p : "", of.n, "value", value.p ? value.p : "", value.n);

	if (one != NULL)
		json_array_append_new(p->findings, one);
}

struct str
value_what(struct arena *mem, struct str member, struct str value, const char *wrong)
{
	return ARENA_CAT(mem, member, S(" \""), value, S("\": "), str_of(wrong));
}

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

	json_array_foreach(rows, i, row)
		json_object_foreach(row, column, v)
			if (json_string_length(v) > 0 && !str_has_word(known, str_of(column), ' ') && told != NULL && !is_told(told, column))
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

/* Hexadecimal digits, or base64, of as many bytes as a common digest has. */
static bool
looks_like_digest(struct str s)
{
	static const size_t hex[] = { 32, 40, 56, 64, 96, 128 }, base64[] = { 24, 28, 44, 64, 88 };
	size_t digits = 0;
	bool is_hex = false, is_base64 = false;

	for (size_t i = 0; i < s.n; i++)
		digits += isxdigit((unsigned char)s.p[i]) != 0;
	for (size_t i = 0; i < COUNT(hex); i++)
		is_hex = is_hex || (digits == s.n && s.n == hex[i]);
	for (size_t i = 0; i < COUNT(base64); i++)
		is_base64 = is_base64 || (s.n == base64[i] && s.n % 3 != 0 && str_ends(s, S("=")));
	return is_hex || is_base64;
}

struct str
encoded_read(struct spring *x, struct str stored, struct str wanted, const struct salting *with, bool digests_too, bool *clear)
{
	struct str prefix = password_prefix(stored), made;

	*clear = str_is(prefix, "noop") || str_is(prefix, "plain");
	if (*clear)
		return str_from(stored, prefix.n + 2);
	if (str_given(password_encoding(stored)))
		return stored;
	if (str_given(prefix) || !str_given(wanted))
		return STR_ABSENT;
	if (str_is(wanted, "noop")) {
		*clear = digests_too || !looks_like_digest(stored);
		return *clear ? stored : STR_ABSENT;
	}
	if (str_index(wanted, ':') >= 0)
		made = with != NULL ? password_salted(x->mem, wanted, stored, with->name, with->salt) : STR_ABSENT;
	else
		made = ARENA_CAT(x->mem, S("{"), wanted, S("}"), stored);
	return str_given(password_encoding(made)) ? made : STR_ABSENT;
}

enum table_result
table_try(struct spring *x, struct str name, json_t **rows)
{
	return source_table(x->source, name, rows, x->why);
}

bool
spring_plan_begin(struct spring_plan *p, struct arena *mem)
{
	json_t **lists[] = { &p->clients, &p->users, &p->approvals, &p->tokens, &p->findings };
	bool ok;

	*p = (struct spring_plan){ .mem = mem, .names = json_object() };
	ok = p->names != NULL && arena_defer(mem, (void (*)(void *))json_decref, p->names);
	for (size_t i = 0; i < COUNT(lists); i++)
		ok = ok && (*lists[i] = json_array()) != NULL && arena_defer(mem, (void (*)(void *))json_decref, *lists[i]);
	return ok;
}

bool
spring_read(struct row_source *s, const struct spring_options *o, struct spring_plan *out, struct str *why)
{
	struct spring x = { s, o, out, s->mem, NULL, why };

	*why = SAY("memory is exhausted");
	return spring_plan_begin(out, s->mem) && spring_lone(&x) && spring_clients(&x) && spring_users(&x)
	    && spring_approvals(&x) && (!o->tokens || spring_tokens(&x));
}
