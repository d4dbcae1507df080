/* base/json_schema.c - a JSON value judged by a schema, by the rows of json_schema.def. JSON Schema 2020-12. */
#include "base/base.h"
#include "base/json_schema.h"

/* --- what may stand behind a word ------------------------------------------------------------- */

static bool is_any(const json_t *w) { return w != NULL; }
static bool is_some(const json_t *w) { return json_array_size(w) > 0; }
static bool is_count(const json_t *w) { return json_is_integer(w) && json_integer_value(w) >= 0; }
static bool is_number(const json_t *w) { return json_is_number(w); }
static bool is_schema(const json_t *w) { return json_is_object(w) || json_is_boolean(w); }

static bool
is_schemas(const json_t *w)
{
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)w, name, v)
		if (!is_schema(v))
			return false;
	return json_is_object(w);
}

static bool
is_names(const json_t *w)
{
	const json_t *v;
	size_t i;

	json_array_foreach(w, i, v)
		if (!json_is_string(v))
			return false;
	return json_is_array(w);
}

static const char *const types[] = { "string", "number", "integer", "boolean", "object", "array", "null" };

static bool
is_type_name(const json_t *w)
{
	for (size_t i = 0; i < COUNT(types); i++)
		if (str_is(json_text(w), types[i]))
			return true;
	return false;
}

static bool
is_type_word(const json_t *w)
{
	const json_t *v;
	size_t i;

	json_array_foreach(w, i, v)
		if (!is_type_name(v))
			return false;
	return is_some(w) || is_type_name(w);
}

/* --- what a word asks ------------------------------------------------------------------------- */

static bool
is_whole(const json_t *v)
{
	double d = json_real_value(v);

	return json_is_integer(v) || (json_is_real(v) && d >= -9e15 && d <= 9e15 && d == (double)(int64_t)d);
}

static bool
has_type(struct str type, const json_t *v)
{
	return str_is(type, "integer") ? is_whole(v)
	    : str_is(type, "string")   ? json_is_string(v)
	    : str_is(type, "number")   ? json_is_number(v)
	    : str_is(type, "boolean")  ? json_is_boolean(v)
	    : str_is(type, "object")   ? json_is_object(v)
	    : str_is(type, "array")    ? json_is_array(v)
				       : json_is_null(v);
}

static bool
of_type(const json_t *w, const json_t *v)
{
	const json_t *one;
	size_t i;

	json_array_foreach(w, i, one)
		if (has_type(json_text(one), v))
			return true;
	return json_is_string(w) && has_type(json_text(w), v);
}

/* -1, 0 or 1; whole numbers as they are, since a double has no room for all of them. */
static int
compare(const json_t *a, const json_t *b)
{
	json_int_t i = json_integer_value(a), k = json_integer_value(b);

	if (json_is_integer(a) && json_is_integer(b))
		return (i > k) - (i < k);
	return (json_number_value(a) > json_number_value(b)) - (json_number_value(a) < json_number_value(b));
}

static bool
is_const(const json_t *w, const json_t *v)
{
	return json_is_number(w) && json_is_number(v) ? compare(w, v) == 0 : json_equal(w, v) != 0;
}

static bool
in_enum(const json_t *w, const json_t *v)
{
	const json_t *one;
	size_t i;

	json_array_foreach(w, i, one)
		if (is_const(one, v))
			return true;
	return false;
}

static bool
has_required(const json_t *w, const json_t *v)
{
	const json_t *name;
	size_t i;

	if (!json_is_object(v))
		return true;
	json_array_foreach(w, i, name)
		if (json_object_get(v, json_string_value(name)) == NULL)
			return false;
	return true;
}

/* In characters. */
static json_int_t
length(const json_t *v)
{
	const char *p = json_string_value(v);
	json_int_t n = 0;

	for (size_t i = 0; i < json_string_length(v); i++)
		n += ((unsigned char)p[i] & 0xc0) != 0x80;
	return n;
}

#define AT_LEAST(name, is, size) \
	static bool name(const json_t *w, const json_t *v) \
	{ \
		return !is(v) || (json_int_t)size(v) >= json_integer_value(w); \
	}
#define AT_MOST(name, is, size) \
	static bool name(const json_t *w, const json_t *v) \
	{ \
		return !is(v) || (json_int_t)size(v) <= json_integer_value(w); \
	}
AT_LEAST(members_least, json_is_object, json_object_size)
AT_MOST(members_most, json_is_object, json_object_size)
AT_LEAST(items_least, json_is_array, json_array_size)
AT_MOST(items_most, json_is_array, json_array_size)
AT_LEAST(length_least, json_is_string, length)
AT_MOST(length_most, json_is_string, length)

static bool number_least(const json_t *w, const json_t *v) { return !json_is_number(v) || compare(v, w) >= 0; }
static bool number_most(const json_t *w, const json_t *v) { return !json_is_number(v) || compare(v, w) <= 0; }
static bool number_above(const json_t *w, const json_t *v) { return !json_is_number(v) || compare(v, w) > 0; }
static bool number_below(const json_t *w, const json_t *v) { return !json_is_number(v) || compare(v, w) < 0; }

/* --- rows ------------------------------------------------------------------------------------- */

static const struct word {
	const char *word;
	bool (*form)(const json_t *word);
	bool (*rule)(const json_t *word, const json_t *value);
	const char *broken;
} words[] = {
#define SCHEMA_WORD(word, form, rule, broken) { word, form, rule, broken },
#include "base/json_schema.def"
};

static const char *const notes[] = {
#define SCHEMA_NOTE(word) word,
#include "base/json_schema.def"
};

static const struct word *
word_of(const char *name)
{
	for (size_t i = 0; i < COUNT(words); i++)
		if (strcmp(words[i].word, name) == 0)
			return &words[i];
	return NULL;
}

static bool
is_note(const char *name)
{
	for (size_t i = 0; i < COUNT(notes); i++)
		if (strcmp(notes[i], name) == 0)
			return true;
	return false;
}

/* The members above are in front of it. */
static const char *
within(struct arena *mem, const char *wrong, const char *name, struct str *at)
{
	if (wrong != NULL)
		*at = at->n == 0 ? arena_dup(mem, str_of(name)) : ARENA_CAT(mem, str_of(name), S("."), *at);
	return wrong;
}

/* --- the schema ------------------------------------------------------------------------------- */

/* The depth is that of the text, which json_read has bounded. */
static const char *
schemas_wrong(struct arena *mem, const json_t *v, struct str *at)
{
	const char *name, *wrong = NULL;
	json_t *one;

	json_object_foreach((json_t *)(uintptr_t)v, name, one)
		if ((wrong = within(mem, json_schema_wrong(mem, one, at), name, at)) != NULL)
			return wrong;
	return NULL;
}

static const char *
word_wrong(struct arena *mem, const char *name, const json_t *v, struct str *at)
{
	const struct word *w = word_of(name);

	if (w == NULL)
		return is_note(name) ? NULL : say("is no word of JSON Schema that is understood here");
	if (!w->form(v))
		return say("is not what JSON Schema 2020-12 wants there");
	if (w->form == is_schemas)
		return schemas_wrong(mem, v, at);
	return w->form == is_schema ? json_schema_wrong(mem, v, at) : NULL;
}

const char *
json_schema_wrong(struct arena *mem, const json_t *schema, struct str *at)
{
	const char *name, *wrong;
	json_t *v;

	*at = S("");
	if (!is_schema(schema))
		return say("must be a JSON object");
	json_object_foreach((json_t *)(uintptr_t)schema, name, v)
		if ((wrong = within(mem, word_wrong(mem, name, v, at), name, at)) != NULL)
			return wrong;
	return NULL;
}

/* --- the value -------------------------------------------------------------------------------- */

static const char *judge(struct arena *mem, const json_t *schema, const json_t *value, const char *beside,
    struct str *at);

static const char *
member_judge(struct arena *mem, const json_t *schema, const char *name, const json_t *v, struct str *at)
{
	const json_t *named = json_object_get(schema, "properties"), *own = json_object_get(named, name);
	const json_t *others = json_object_get(schema, "additionalProperties");

	if (own == NULL && others == NULL)
		return named == NULL ? NULL : say("is no member that may stand there");
	return judge(mem, own != NULL ? own : others, v, NULL, at);
}

static const char *
members_judge(struct arena *mem, const json_t *schema, const json_t *value, const char *beside, struct str *at)
{
	const char *name, *wrong;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)value, name, v) {
		bool known = json_object_get(json_object_get(schema, "properties"), name) != NULL;

		if (!known && beside != NULL && strcmp(beside, name) == 0)
			continue;
		if ((wrong = within(mem, member_judge(mem, schema, name, v, at), name, at)) != NULL)
			return wrong;
	}
	return NULL;
}

static const char *
items_judge(struct arena *mem, const json_t *schema, const json_t *value, struct str *at)
{
	const json_t *each = json_object_get(schema, "items"), *v;
	char number[24];
	const char *wrong;
	size_t i;

	if (each != NULL)
		json_array_foreach(value, i, v)
			if ((wrong = judge(mem, each, v, NULL, at)) != NULL) {
				snprintf(number, sizeof number, "%zu", i);
				return within(mem, wrong, number, at);
			}
	return NULL;
}

static const char *
judge(struct arena *mem, const json_t *schema, const json_t *value, const char *beside, struct str *at)
{
	const char *wrong;

	if (json_is_boolean(schema))
		return json_is_true(schema) ? NULL : say("is no member that may stand there");
	for (size_t i = 0; i < COUNT(words); i++) {
		const json_t *w = json_object_get(schema, words[i].word);

		if (w != NULL && words[i].rule != NULL && !words[i].rule(w, value))
			return say(words[i].broken);
	}
	wrong = members_judge(mem, schema, value, beside, at);
	return wrong != NULL ? wrong : items_judge(mem, schema, value, at);
}

const char *
json_schema_judge(struct arena *mem, const json_t *schema, const json_t *value, const char *beside,
    struct str *at)
{
	*at = S("");
	return judge(mem, schema, value, beside, at);
}
