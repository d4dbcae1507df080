/* upstream/answer.c - answers of an identity provider: JSON, JSON in a call of JavaScript, pairs of a form. */
#include "upstream/upstream.h"

#define PAIRS_MAX 32
#define WORD_MAX  64            /* of an error, as the log repeats it */

static void
release(void *json)
{
	json_decref(json);
}

/* "callback( {...} );": what stands in between. */
static struct str
in_call(struct str body)
{
	ptrdiff_t open = str_index(body, '('), shut = str_rindex(body, ')');

	return open > 0 && shut > open && str_starts(body, S("callback")) ? str_trim(str_sub(body, (size_t)open + 1,
	    (size_t)(shut - open) - 1)) : STR_ABSENT;
}

/* "access_token=x&expires_in=7776000": names of letters, so that no page of HTML counts as one. */
static bool
pair_read(struct arena *mem, struct str piece, json_t *out)
{
	struct str value = piece, name = str_cut(&value, '='), text;
	char *z = arena_z(mem, name);

	for (size_t i = 0; i < name.n; i++)
		if (!((name.p[i] >= 'a' && name.p[i] <= 'z') || name.p[i] == '_'))
			return false;
	return z != NULL && name.n > 0 && str_given(value) && pct_decode(mem, value, true, &text) && str_utf8(text)
	    && json_object_get(out, z) == NULL && json_put_str(out, z, text);
}

static json_t *
form_answer(struct arena *mem, struct str body)
{
	json_t *out = json_object();
	size_t n = 0;

	if (out == NULL || !arena_defer(mem, release, out))
		return NULL;
	while (str_given(body))
		if (++n > PAIRS_MAX || !pair_read(mem, str_cut(&body, '&'), out))
			return NULL;
	return out;
}

json_t *
upstream_read(struct arena *mem, struct str body)
{
	struct str text = str_trim(body), inner = in_call(text);
	json_t *v;

	if (text.n == 0 || text.n > UPSTREAM_ANSWER_MAX)
		return NULL;
	if (str_given(inner))
		text = inner;
	if (text.p[0] != '{' && text.p[0] != '[')
		return str_given(inner) ? NULL : form_answer(mem, text);
	v = json_read(mem, text);
	return json_is_object(v) || json_is_array(v) ? v : NULL;
}

/* An error is told in the log: only as far as it is a word. */
static struct str
word_of(struct str s)
{
	return s.n <= WORD_MAX && str_is_visible(s) ? s : S("(no word)");
}

/* What the answer says went wrong; absent: nothing. Looked for in this answer alone. */
static struct str
error_of(struct arena *mem, const struct upstream_step *s, const json_t *answer)
{
	struct str path = str_of(s->error);

	while (str_given(path)) {
		struct str word = upstream_value(mem, answer, str_cut(&path, '|'));

		if (!str_empty(word) && !str_has_word(str_of(s->fine), word, ' '))
			return word;
	}
	return STR_ABSENT;
}

enum upstream_result
upstream_answer(struct arena *mem, const struct upstream_step *s, const struct outbound_answer *a, json_t **out,
    struct str *why)
{
	json_t *v = upstream_read(mem, a->body);
	struct str error = v != NULL ? error_of(mem, s, v) : STR_ABSENT;

	*why = arena_say(mem, "%s: status %d", s->name, a->status);
	if (str_given(error)) {
		*why = arena_say(mem, "%s: status %d, error %.*s", s->name, a->status, STR_ARG(word_of(error)));
		return str_has_word(str_of(s->expired), error, ' ') ? UPSTREAM_EXPIRED
		    : str_has_word(str_of(s->stale), error, ' ')    ? UPSTREAM_STALE : UPSTREAM_DOWN;
	}
	if (a->status < 200 || a->status > 299)
		return UPSTREAM_DOWN;
	*why = arena_say(mem, "%s: the answer cannot be read", s->name);
	*out = v;
	return v != NULL ? UPSTREAM_OK : UPSTREAM_DOWN;
}

/* --- a part of it as it stands there ------------------------------------------------------------ */

/* Behind the text in quotes that begins at i; it is whole. */
static size_t
text_ends(struct str s, size_t i)
{
	for (i++; i < s.n && s.p[i] != '"'; i++)
		if (s.p[i] == '\\')
			i++;
	return i + 1;
}

/* Where the value that begins at i is over: at the comma or brace of the object around it. */
static size_t
value_ends(struct str s, size_t i)
{
	int depth = 0;

	while (i < s.n && (depth > 0 || (s.p[i] != ',' && s.p[i] != '}' && s.p[i] != ']'))) {
		depth += (s.p[i] == '{' || s.p[i] == '[') - (s.p[i] == '}' || s.p[i] == ']');
		i = s.p[i] == '"' ? text_ends(s, i) : i + 1;
	}
	return i < s.n ? i : s.n;
}

struct str
upstream_part(struct str body, struct str name)
{
	struct str s = str_trim(body);
	size_t i = 1;

	while (s.n > 0 && s.p[0] == '{' && i < s.n) {
		size_t from = i, colon, end;
		struct str key;

		while (from < s.n && s.p[from] != '"')
			from++;
		colon = from < s.n ? text_ends(s, from) : s.n;
		key = colon < s.n ? str_sub(s, from + 1, colon - from - 2) : STR_ABSENT;
		while (colon < s.n && s.p[colon] != ':')
			colon++;
		end = value_ends(s, colon < s.n ? colon + 1 : s.n);
		if (colon < s.n && str_eq(key, name))
			return str_trim(str_sub(s, colon + 1, end - colon - 1));
		i = end + 1;
	}
	return STR_ABSENT;
}
