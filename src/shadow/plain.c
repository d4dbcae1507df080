/* shadow/plain.c - texts without what differs each time and without secrets (D2): for comparisons and for examples. */
#include "shadow/shadow_int.h"

#define TEXT_ROOM    (1024 * 1024)
#define EXAMPLE_MAX  300        /* bytes of a text in a report */

static struct str
replaced(struct arena *mem, struct str text, struct str what, struct str with)
{
	struct str rest = text;
	const char *at;
	struct buf b;

	if (what.n == 0 || !str_contains(text, what))
		return text;
	buf_init(&b, mem, 2 * text.n + TEXT_ROOM);
	while ((at = memmem(rest.p, rest.n, what.p, what.n)) != NULL) {
		buf_put(&b, str_sub(rest, 0, (size_t)(at - rest.p)));
		buf_put(&b, with);
		rest = str_from(rest, (size_t)(at - rest.p) + what.n);
	}
	buf_put(&b, rest);
	return buf_str(&b);
}

static struct str
hide(void *ctx, struct arena *mem, const struct secret *s)
{
	(void)ctx;
	return ARENA_CAT(mem, S("<"), shape_of(s->value), S(">"));
}

/* "Mon Nov 30 19:32:19 UTC 2026", "2026-11-30T19:32:19Z": the digits of a time of day go. */
static struct str
without_times(struct arena *mem, struct str text)
{
	char *p = arena_alloc(mem, text.n);

	if (p == NULL)
		return text;
	memcpy(p, text.p, text.n);
	for (size_t i = 0; i + 8 <= text.n; i++) {
		bool is_time = p[i + 2] == ':' && p[i + 5] == ':';

		for (size_t k = 0; k < 8 && is_time; k++)
			is_time = k == 2 || k == 5 || (p[i + k] >= '0' && p[i + k] <= '9');
		if (is_time)
			memcpy(p + i, "00:00:00", 8);
	}
	return str_span(p, text.n);
}

struct str
plain_text(struct compared *c, const struct bases *b, struct str text)
{
	struct str out = text;

	for (size_t i = 0; i < b->n; i++) {
		struct buf coded;

		buf_init(&coded, c->mem, TEXT_ROOM);
		pct_encode(&coded, b->at[i], S(""));
		out = replaced(c->mem, out, b->at[i], S("{server}"));
		out = replaced(c->mem, out, buf_str(&coded), S("{server}"));
	}
	return without_times(c->mem, text_swap(c->mem, out, hide, NULL));
}

/* Cut where a character begins. */
static struct str
cut(struct arena *mem, struct str s)
{
	size_t n = EXAMPLE_MAX;

	s = arena_plain(mem, s);
	if (s.n <= EXAMPLE_MAX)
		return s;
	while (n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	return ARENA_CAT(mem, str_sub(s, 0, n), S("\xe2\x80\xa6"));
}

void
differ(struct compared *c, enum shadow_cause cause, struct str what, struct str old, struct str new)
{
	struct shadow_group g = { .cause = cause, .endpoint = c->endpoint, .what = arena_plain(c->mem, what),
		.old = cut(c->mem, str_given(old) ? old : S("-")), .new = cut(c->mem, str_given(new) ? new : S("-")),
		.at = arena_plain(c->mem, c->x->at), .number = c->x->number, .count = 1 };

	if (shadow_causes[cause].minor)
		c->minor = true;
	else
		c->differs = true;
	report_add(c->report, &g);
}

enum shadow_cause
cause_of_name(struct str name)
{
	static const char *const codes[] = { "error", "errorCode", "error_code", "resp_code", "code", "errcode" };
	static const char *const texts[] = { "error_description", "errorMessage", "resp_msg", "message", "msg", "errmsg",
		"error_uri" };

	for (size_t i = 0; i < COUNT(codes); i++)
		if (str_eq_nocase(name, str_of(codes[i])))
			return SHADOW_ERROR_CODE;
	for (size_t i = 0; i < COUNT(texts); i++)
		if (str_eq_nocase(name, str_of(texts[i])))
			return SHADOW_DESCRIPTION;
	return SHADOW_VALUE;
}
