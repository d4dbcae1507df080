/* upstream/template.c - values of answers by their path, and templates filled in with them. */
#include "upstream/upstream.h"

#define VALUE_MAX (8 * 1024)

/* --- values ----------------------------------------------------------------------------------- */

/* Of a list "[primary]" is the first that says so of itself, "[]" the first. */
static const json_t *
item_of(const json_t *list, struct str name)
{
	struct str flag = str_sub(name, 1, name.n - 2);
	size_t i;
	json_t *one;

	if (name.n < 2 || name.p[0] != '[' || name.p[name.n - 1] != ']')
		return NULL;
	json_array_foreach(list, i, one)
		if (flag.n == 0 || json_is_true(json_object_getn(one, flag.p, flag.n)))
			return one;
	return NULL;
}

static const json_t *
walk(const json_t *at, struct str path)
{
	while (at != NULL && str_given(path)) {
		struct str name = str_cut(&path, '.');

		at = json_is_array(at) ? item_of(at, name) : json_object_getn(at, name.p, name.n);
	}
	return at;
}

/* From the beginning, else in each answer in the order in which they came. */
static const json_t *
find(const json_t *known, struct str path)
{
	const json_t *found = walk(known, path);
	const char *name;
	json_t *answer;

	if (found != NULL || path.n == 0)
		return found;
	json_object_foreach((json_t *)(uintptr_t)known, name, answer)
		if (json_is_object(answer) && (found = walk(answer, path)) != NULL)
			return found;
	return NULL;
}

static struct str
text_of(struct arena *mem, const json_t *v)
{
	if (json_is_string(v))
		return json_text(v);
	if (json_is_integer(v))
		return arena_printf(mem, "%lld", (long long)json_integer_value(v));
	return json_is_true(v) ? S("true") : json_is_false(v) ? S("false") : STR_ABSENT;
}

struct str
upstream_value(struct arena *mem, const json_t *known, struct str path)
{
	while (str_given(path)) {
		struct str one = text_of(mem, find(known, str_cut(&path, '|')));

		if (!str_empty(one))
			return one;
	}
	return STR_ABSENT;
}

size_t
upstream_values(struct arena *mem, const json_t *known, struct str path, struct str *out, size_t max)
{
	const json_t *v = NULL;
	size_t n = 0;

	while (v == NULL && str_given(path))
		v = find(known, str_cut(&path, '|'));
	if (!json_is_array(v)) {
		struct str one = text_of(mem, v);

		if (!str_empty(one) && max > 0)
			out[n++] = one;
		return n;
	}
	for (size_t i = 0; i < json_array_size(v) && n < max; i++)
		if (!str_empty(out[n] = text_of(mem, json_array_get(v, i))))
			n++;
	return n;
}

/* --- templates -------------------------------------------------------------------------------- */

/* False: one of its values is empty. */
static bool
fill(struct buf *b, struct arena *mem, const json_t *known, struct str t)
{
	ptrdiff_t open, shut;
	bool whole = true;
	struct str v;

	while ((open = str_index(t, '{')) >= 0 && (shut = str_index(t, '}')) > open) {
		buf_put(b, str_sub(t, 0, (size_t)open));
		v = upstream_value(mem, known, str_sub(t, (size_t)open + 1, (size_t)(shut - open) - 1));
		whole = whole && v.n > 0;
		buf_put(b, v);
		t = str_from(t, (size_t)shut + 1);
	}
	buf_put(b, t);
	return whole;
}

static struct str
filled(struct arena *mem, const json_t *known, struct str t)
{
	struct buf b;

	buf_init(&b, mem, VALUE_MAX);
	fill(&b, mem, known, t);
	return b.full ? STR_ABSENT : str_trim(buf_str(&b));
}

struct str
upstream_fill(struct arena *mem, const json_t *known, const char *t)
{
	return t != NULL ? filled(mem, known, str_of(t)) : STR_ABSENT;
}

struct str
upstream_fill_whole(struct arena *mem, const json_t *known, const char *t)
{
	struct buf b;

	buf_init(&b, mem, VALUE_MAX);
	return t != NULL && fill(&b, mem, known, str_of(t)) && !b.full ? str_trim(buf_str(&b)) : STR_ABSENT;
}

const char *
upstream_template_wrong(struct str t)
{
	while (t.n > 0) {
		ptrdiff_t open = str_index(t, '{'), shut = str_index(t, '}');

		if (open < 0 && shut < 0)
			return NULL;
		if (open < 0 || shut < open || str_contains(str_sub(t, (size_t)open + 1, (size_t)(shut - open) - 1), S("{")))
			return say("has a brace without its other one");
		if (shut == open + 1)
			return say("has braces with nothing in between");
		t = str_from(t, (size_t)shut + 1);
	}
	return NULL;
}

bool
upstream_pairs_put(struct buf *b, struct arena *mem, const json_t *known, const char *pairs)
{
	struct str rest = str_of(pairs);
	bool ok = true;

	while (str_given(rest)) {
		struct str value = str_cut(&rest, '&'), name = str_cut(&value, '='), v = filled(mem, known, value);

		ok = ok && str_given(v);
		if (str_empty(v))
			continue;
		if (b->n > 0)
			buf_putc(b, '&');
		pct_encode(b, name, S(""));
		buf_putc(b, '=');
		pct_encode(b, v, S(""));
	}
	return ok && !b->full;
}
