/* upstream/answer.c - answers of an identity provider: JSON, JSON in a call of JavaScript, pairs of a form. */
#include "upstream/upstream.h"

#define REST_MS   3000          /* one that gave no answer is left alone for so long */
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
		return str_has_word(str_of(s->expired), error, ' ') ? UPSTREAM_EXPIRED : UPSTREAM_DOWN;
	}
	if (a->status < 200 || a->status > 299)
		return UPSTREAM_DOWN;
	*why = arena_say(mem, "%s: the answer cannot be read", s->name);
	*out = v;
	return v != NULL ? UPSTREAM_OK : UPSTREAM_DOWN;
}

static bool
is_heard(const struct upstream *u, const struct outbound_answer *a, bool heard)
{
	atomic_store(u->rests_until_ms, heard && a->status < 500 ? 0 : clock_now_ms() + REST_MS);
	return heard;
}

static enum upstream_result
ask(struct arena *mem, const struct upstream *u, const struct upstream_step *s, const struct outbound_ask *q,
    json_t *known, struct str *why)
{
	struct outbound_answer a;
	json_t *v = NULL;
	enum upstream_result r;

	if (clock_rests(u->rests_until_ms, REST_MS, u->rules.total_ms)) {
		*why = SAY("it did not answer a moment ago");
		return UPSTREAM_DOWN;
	}
	if (!is_heard(u, &a, outbound_do(mem, &u->rules, q, &a))) {
		*why = arena_say(mem, "%s: %s", s->name, a.trouble);
		return UPSTREAM_DOWN;
	}
	r = upstream_answer(mem, s, &a, &v, why);
	if (r == UPSTREAM_OK && json_object_set(known, s->name, v) != 0) {
		*why = SAY("memory is exhausted");
		return UPSTREAM_DOWN;
	}
	return r;
}

enum upstream_result
upstream_ask(struct arena *mem, const struct upstream *u, const struct upstream_step *s, json_t *known, struct str *why)
{
	struct outbound_ask q;
	enum upstream_result r;

	*why = arena_say(mem, "%s: the request cannot be made", s->name);
	if (!upstream_request(mem, u, s, known, &q))
		return UPSTREAM_DOWN;
	if (str_empty(q.url))
		return UPSTREAM_OK;
	r = ask(mem, u, s, &q, known, why);
	return r == UPSTREAM_DOWN && s->optional ? UPSTREAM_OK : r;
}
