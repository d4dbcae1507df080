/* base/json.c - JSON read strictly: what is plain by json_plain.c, the rest by jansson. RFC 8259. */
#include <math.h>

#include "base/json_plain.h"

/* Depth is counted before parsing: jansson itself would recurse 2048 levels. Malformed text is left for it to find. */
static bool
levels_are_few(struct str text)
{
	size_t depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '{' || c == '['))
			depth++;
		else if (!quoted && (c == '}' || c == ']') && depth > 0)
			depth--;
		if (depth > JSON_LEVELS_MAX)
			return false;
	}
	return true;
}

static void
release(void *json)
{
	json_decref(json);
}

json_t *
json_read(struct arena *mem, struct str text)
{
	return json_read_upto(mem, text, JSON_READ_MAX);
}

json_t *
json_read_upto(struct arena *mem, struct str text, size_t max)
{
	json_t *json;

	if (text.n == 0 || text.n > max)
		return NULL;
	json = json_read_plain(text);
	if (json == NULL && levels_are_few(text))
		json = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
	return json != NULL && arena_defer(mem, release, json) ? json : NULL;
}

json_t *
json_str(struct str s)
{
	return json_stringn(s.p != NULL ? s.p : "", s.n);
}

bool
json_put_str(json_t *obj, const char *name, struct str value)
{
	return json_object_set_new(obj, name, json_str(value)) == 0;
}

struct str
json_text(const json_t *v)
{
	return json_is_string(v) ? str_span(json_string_value(v), json_string_length(v)) : STR_ABSENT;
}

struct str
json_member_str(const json_t *obj, const char *name)
{
	return json_text(json_object_get(obj, name));
}

bool
json_has_word(const json_t *list, const char *word)
{
	const json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
		if (json_is_string(v) && strcmp(json_string_value(v), word) == 0)
			return true;
	return false;
}

bool
json_member_int(const json_t *obj, const char *name, int64_t *out)
{
	const json_t *v = json_object_get(obj, name);

	if (!json_is_integer(v))
		return false;
	*out = json_integer_value(v);
	return true;
}

/* Within what a double counts exactly, so that a second or a year more is no overflow. */
#define TIME_MAX 9007199254740991

bool
json_member_time(const json_t *obj, const char *name, int64_t *out)
{
	const json_t *v = json_object_get(obj, name);
	double d = json_real_value(v);
	int64_t s;

	if (json_is_real(v) && d >= -TIME_MAX && d <= TIME_MAX) {
		*out = (int64_t)floor(d);
		return true;
	}
	if (!json_member_int(obj, name, &s) || s < -TIME_MAX || s > TIME_MAX)
		return false;
	*out = s;
	return true;
}
