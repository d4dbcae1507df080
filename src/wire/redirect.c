/*
 * wire/redirect.c - the Location of an authorization response, query or fragment. RFC 6749 sections
 * 4.1.2, 4.2.2; RFC 9207.
 */
#include "wire/wire_int.h"

/*
 * Left as they are besides unreserved characters: what RFC 3986 allows in a query, without the
 * separators and without '+', which half of all readers take for a blank.
 */
#define LOCATION_MAX (256 * 1024)      /* a state of the largest body, written anew */
#define QUERY_KEEP S("!$'()*,;:@/?")

void
query_put(struct buf *b, const char *name, struct str value)
{
	if (!str_given(value))
		return;
	if (b->n && b->p[b->n - 1] != '?' && b->p[b->n - 1] != '#' && b->p[b->n - 1] != '&')
		buf_putc(b, '&');
	buf_put(b, str_of(name));
	buf_putc(b, '=');
	pct_encode(b, value, QUERY_KEEP);
}

const char *const redirect_words[RW_COUNT] = {
	[RW_CODE] = "code",
	[RW_STATE] = "state",
	[RW_ERROR] = "error",
	[RW_DESCRIPTION] = "error_description",
	[RW_ISS] = "iss",
};

const char *
wire_redirect_word(const struct wire *w, enum redirect_word which)
{
	return w->redirect ? w->redirect[which] : redirect_words[which];
}

static const char *
word(const struct exchange *x, enum redirect_word which)
{
	return wire_redirect_word(x->w, which);
}

/* The URI without a fragment, and the character after which parameters follow. */
static void
put_base(struct buf *b, const struct answer *a)
{
	struct str uri = a->redirect.uri;
	ptrdiff_t hash = str_index(uri, '#');

	if (hash >= 0)
		uri = str_sub(uri, 0, (size_t)hash);
	buf_put(b, uri);
	if (a->redirect.fragment)
		buf_putc(b, '#');
	else
		buf_putc(b, str_index(uri, '?') >= 0 ? '&' : '?');
}

static void
put_tokens(struct exchange *x, struct buf *b, const struct answer *a)
{
	const struct token_row *rows = x->w->fragment ? x->w->fragment : x->w->tokens;

	for (const struct token_row *row = rows; row->name != NULL; row++) {
		struct str text;
		bool number;

		if (row->part == TP_REFRESH || (row->part == TP_SCOPE && !a->tokens.scope_is_news))
			continue;
		if (token_part_value(x, row, &a->tokens, &text, &number))
			query_put(b, row->name, text);
		if (row->part == TP_STATE || (row->part == TP_TYPE && x->w->fragment == NULL))
			query_put(b, word(x, RW_STATE), a->redirect.state);
	}
}

static void
put_fault(struct exchange *x, struct buf *b, const struct answer *a)
{
	struct wording s = phrase_of(x, a->why);

	query_put(b, word(x, RW_ERROR), s.error);
	query_put(b, word(x, RW_DESCRIPTION), s.text);
	query_put(b, word(x, RW_STATE), a->redirect.state);
	if (x->w->redirect_more)
		x->w->redirect_more(x, &s, b);
}

struct str
redirect_location(struct exchange *x, const struct answer *a)
{
	struct buf b;

	buf_init(&b, x->q->mem, LOCATION_MAX);
	put_base(&b, a);
	switch (a->redirect.kind) {
	case REDIRECT_CODE:
		query_put(&b, word(x, RW_CODE), a->redirect.code);
		query_put(&b, word(x, RW_STATE), a->redirect.state);
		break;
	case REDIRECT_TOKENS:
		put_tokens(x, &b, a);
		break;
	case REDIRECT_FAULT:
		put_fault(x, &b, a);
		break;
	}
	if (a->redirect.iss)
		query_put(&b, word(x, RW_ISS), x->mount->issuer->url);
	return body_of(&b);
}

/* The endpoint's own answers and its exceptions carry different cache headers on the recorded servers. */
static enum header_set
headers_of(const struct answer *a)
{
	if (a->redirect.kind == REDIRECT_TOKENS)
		return HS_FRAGMENT;
	if (a->redirect.kind == REDIRECT_FAULT && a->why != R_ACCESS_DENIED && a->why != R_RESPONSE_FORBIDDEN)
		return HS_GENERIC;
	return HS_AUTHORIZE;
}

void
speak_redirect(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	struct str location = redirect_location(x, a);

	if (str_given(location) && (x->route->flags & RF_JSON) && (x->w->done || x->w->redirected) && !x->html) {
		reply_json(x, r, 200, HS_GENERIC, x->w->done ? body_done(x, location) : x->w->redirected(x, location));
		return;
	}
	speak_onward(x, r,
	    &(struct onward){ location, x->mount->style.redirect_status, headers_of(a), .to_client = true });
}
