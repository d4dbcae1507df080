/* base/json_plain.c - a reader of plain JSON. RFC 8259. */
#include "base/json_plain.h"

#define MEMBER_MAX 64            /* bytes of a member's name */
#define DIGITS_MAX 18           /* whatever they are, an int64_t holds them */

struct plain { const char *p, *end; int levels; };

static json_t *value(struct plain *r);

static void
skip_blanks(struct plain *r)
{
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\n' || *r->p == '\r' || *r->p == '\t'))
		r->p++;
}

/* The next character of the grammar, blanks before it skipped; '\0': there is none. */
static char
next(struct plain *r)
{
	skip_blanks(r);
	return r->p < r->end ? *r->p : '\0';
}

static bool
takes(struct plain *r, char c)
{
	if (next(r) != c)
		return false;
	r->p++;
	return true;
}

/* What stands between two quotes: no escape, no control character. ascii is told whether there is anything else. */
static bool
quoted(struct plain *r, struct str *out, bool *ascii)
{
	const char *from;
	unsigned char all = 0;

	if (!takes(r, '"'))
		return false;
	for (from = r->p; r->p < r->end && *r->p != '"'; r->p++) {
		if ((unsigned char)*r->p < ' ' || *r->p == '\\')
			return false;
		all |= (unsigned char)*r->p;
	}
	*out = str_span(from, (size_t)(r->p - from));
	*ascii = all < 0x80;
	return takes(r, '"');
}

/* jansson looks at the UTF-8 of what is not ASCII. */
static json_t *
text(struct plain *r)
{
	struct str s;
	bool ascii;

	if (!quoted(r, &s, &ascii))
		return NULL;
	return ascii ? json_stringn_nocheck(s.p, s.n) : json_stringn(s.p, s.n);
}

static json_t *
number(struct plain *r)
{
	const char *from = r->p;
	json_int_t n = 0;

	for (; r->p < r->end && *r->p >= '0' && *r->p <= '9' && r->p - from < DIGITS_MAX; r->p++)
		n = n * 10 + (*r->p - '0');
	if (r->p == from || (*from == '0' && r->p - from > 1))
		return NULL;
	if (r->p < r->end && ((*r->p >= '0' && *r->p <= '9') || *r->p == '.' || *r->p == 'e' || *r->p == 'E'))
		return NULL;
	return json_integer(n);
}

static json_t *
word(struct plain *r, const char *name, json_t *is)
{
	size_t n = strlen(name);

	if ((size_t)(r->end - r->p) < n || memcmp(r->p, name, n) != 0)
		return NULL;
	r->p += n;
	return is;
}

/* A member that was there does not make the object longer. */
static bool
member(struct plain *r, json_t *object)
{
	size_t before = json_object_size(object);
	char name[MEMBER_MAX];
	struct str s;
	bool ascii;

	if (!quoted(r, &s, &ascii) || !ascii || s.n >= sizeof name || !takes(r, ':'))
		return false;
	memcpy(name, s.p, s.n);
	name[s.n] = '\0';
	return json_object_set_new_nocheck(object, name, value(r)) == 0 && json_object_size(object) == before + 1;
}

static bool
element(struct plain *r, json_t *array)
{
	return json_array_append_new(array, value(r)) == 0;
}

/* From its bracket to the other one. */
static json_t *
many(struct plain *r, json_t *all, bool (*one)(struct plain *r, json_t *all), char close)
{
	bool ok;

	r->p++;
	if (all == NULL || ++r->levels > JSON_LEVELS_MAX) {
		json_decref(all);
		return NULL;
	}
	ok = takes(r, close);
	if (!ok) {
		do
			ok = one(r, all);
		while (ok && takes(r, ','));
		ok = ok && takes(r, close);
	}
	r->levels--;
	if (ok)
		return all;
	json_decref(all);
	return NULL;
}

static json_t *
value(struct plain *r)
{
	switch (next(r)) {
	case '{': return many(r, json_object(), member, '}');
	case '[': return many(r, json_array(), element, ']');
	case '"': return text(r);
	case 't': return word(r, "true", json_true());
	case 'f': return word(r, "false", json_false());
	case 'n': return word(r, "null", json_null());
	default: return number(r);
	}
}

json_t *
json_read_plain(struct str s)
{
	struct plain r = { .p = s.p, .end = s.p + s.n };
	json_t *json = value(&r);

	skip_blanks(&r);
	if (json != NULL && r.p == r.end)
		return json;
	json_decref(json);
	return NULL;
}
