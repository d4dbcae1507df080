/* store/authorization.c - the rare members of an authorization, as one JSON object. */
#include "store/authorization.h"

/* The object that is written, or read: one function of each kind for each direction. */
struct writer { struct buf b; bool bad; size_t members; };
struct reader { const json_t *object; struct arena *mem; bool bad; };

static void
put_TEXT(struct writer *w, const char *name, struct str value)
{
	jm_str(&w->b, str_of(name), value);
}

static void
put_WORDS(struct writer *w, const char *name, struct str value)
{
	jm_words(&w->b, str_of(name), value, ' ');
}

static void
put_JSON(struct writer *w, const char *name, struct str value)
{
	struct arena scratch;
	json_t *j;

	arena_init(&scratch, 1u << 20);
	j = json_read(&scratch, value);
	w->bad |= !json_is_object(j) && !json_is_array(j);
	jm_raw(&w->b, str_of(name), value);
	arena_free(&scratch);
}

static bool
any_member(const struct authorization_extra *x)
{
#define X(kind, member) || str_given(x->member)
	return false AUTHORIZATION_EXTRA(X);
#undef X
}

bool
authorization_extra_set(struct arena *mem, struct authorization *a, const struct authorization_extra *x)
{
	struct writer w = { .bad = false };

	if (!any_member(x)) {
		a->extra = STR_ABSENT;
		return true;
	}
	buf_init(&w.b, mem, AUTHORIZATION_EXTRA_MAX);
	jw_open(&w.b, '{');
#define X(kind, member) if (str_given(x->member)) put_##kind(&w, #member, x->member);
	AUTHORIZATION_EXTRA(X)
#undef X
	jw_close(&w.b, '}');
	if (w.bad || w.b.full)
		return false;
	a->extra = buf_str(&w.b);
	return true;
}

/* --- and back --------------------------------------------------------------------------------- */

static struct str
get_TEXT(struct reader *r, const char *name)
{
	const json_t *v = json_object_get(r->object, name);

	r->bad |= v != NULL && !json_is_string(v);
	return json_member_str(r->object, name);
}

static struct str
get_WORDS(struct reader *r, const char *name)
{
	const json_t *v = json_object_get(r->object, name), *word;
	struct buf b;
	size_t i;

	if (v == NULL)
		return STR_ABSENT;
	buf_init(&b, r->mem, AUTHORIZATION_EXTRA_MAX);
	json_array_foreach(v, i, word) {
		if (i > 0)
			buf_putc(&b, ' ');
		buf_put(&b, str_span(json_string_value(word), json_string_length(word)));
		r->bad |= !json_is_string(word);
	}
	r->bad |= !json_is_array(v) || b.full;
	return i > 0 ? buf_str(&b) : S("");
}

static struct str
get_JSON(struct reader *r, const char *name)
{
	const json_t *v = json_object_get(r->object, name);
	char *text;
	struct str s;

	if (v == NULL)
		return STR_ABSENT;
	text = json_dumps(v, JSON_COMPACT);
	s = text != NULL ? arena_dup(r->mem, str_of(text)) : STR_ABSENT;
	free(text);
	r->bad |= !str_given(s);
	return s;
}

bool
authorization_extra_get(struct arena *mem, const struct authorization *a, struct authorization_extra *x)
{
	struct reader r = { .mem = mem };

	*x = (struct authorization_extra){ .sid = STR_ABSENT };
	if (str_empty(a->extra))
		return true;
	r.object = json_read(mem, a->extra);
	if (!json_is_object(r.object))
		return false;
#define X(kind, member) x->member = get_##kind(&r, #member);
	AUTHORIZATION_EXTRA(X)
#undef X
	return !r.bad;
}
