/*
 * wire/redirect.c - an authorization response: its parameters, and the way they travel: query, fragment, or a form that
 * the browser posts. RFC 6749 sections 4.1.2, 4.2.2; RFC 9207; OAuth 2.0 Form Post Response Mode.
 */
#include "wire/wire_int.h"

#include <assert.h>

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

void
redirect_put(struct redirect_params *p, const char *name, struct str value)
{
	if (!str_given(value))
		return;
	assert(p->n < REDIRECT_PARAMS_MAX);
	p->at[p->n].name = name;
	p->at[p->n++].value = value;
}

/* Of the rows those that the answer has; without an access token what only describes one is left out. */
static bool
row_is_shown(const struct answer *a, const struct token_row *row)
{
	switch (row->part) {
	case TP_REFRESH: return false;
	case TP_SCOPE: return a->tokens.scope_is_news && str_given(a->tokens.access);
	case TP_TYPE:
	case TP_EXPIRES: return str_given(a->tokens.access);
	default: return true;
	}
}

static void
put_tokens(struct exchange *x, struct redirect_params *p, const struct answer *a)
{
	const struct token_row *rows = x->w->fragment ? x->w->fragment : x->w->tokens;
	bool told = false;

	redirect_put(p, word(x, RW_CODE), a->redirect.code);
	for (const struct token_row *row = rows; row->name != NULL; row++) {
		struct str text;
		bool number;

		if (!row_is_shown(a, row))
			continue;
		if (token_part_value(x, row, &a->tokens, &text, &number))
			redirect_put(p, row->name, text);
		if (row->part == TP_STATE || (row->part == TP_TYPE && x->w->fragment == NULL)) {
			redirect_put(p, word(x, RW_STATE), a->redirect.state);
			told = true;
		}
	}
	if (!told)
		redirect_put(p, word(x, RW_STATE), a->redirect.state);
}

static void
put_fault(struct exchange *x, struct redirect_params *p, const struct answer *a)
{
	struct wording s = phrase_of(x, a->why);

	redirect_put(p, word(x, RW_ERROR), s.error);
	redirect_put(p, word(x, RW_DESCRIPTION), s.text);
	redirect_put(p, word(x, RW_STATE), a->redirect.state);
	if (x->w->redirect_more)
		x->w->redirect_more(x, &s, p);
}

static void
redirect_params(struct exchange *x, const struct answer *a, struct redirect_params *p)
{
	p->n = 0;
	switch (a->redirect.kind) {
	case REDIRECT_CODE:
		redirect_put(p, word(x, RW_CODE), a->redirect.code);
		redirect_put(p, word(x, RW_STATE), a->redirect.state);
		break;
	case REDIRECT_TOKENS:
		put_tokens(x, p, a);
		break;
	case REDIRECT_FAULT:
		put_fault(x, p, a);
		break;
	}
	if (a->redirect.iss && !response_mode_is_jwt(a->redirect.mode))
		redirect_put(p, word(x, RW_ISS), x->mount->issuer->url);
	redirect_put(p, "session_state", a->redirect.session_state);
}

/* JARM section 2.1: who says it, to whom, until when, and every parameter as a text. */
static struct str
response_claims(struct exchange *x, const struct redirect_params *p)
{
	struct buf b;

	buf_init(&b, x->q->mem, JWT_CLAIMS_MAX);
	jw_open(&b, '{');
	jm_str(&b, S("iss"), x->mount->issuer->url);
	jm_str(&b, S("aud"), x->c.client->id);
	jm_int(&b, S("exp"), x->c.now_s + RESPONSE_JWT_TTL_S);
	for (size_t i = 0; i < p->n; i++)
		jm_str(&b, str_of(p->at[i].name), p->at[i].value);
	jw_close(&b, '}');
	return body_of(&b);
}

/* What travels: the parameters, or the one that holds them all. False: it cannot be made. */
static bool
answer_params(struct exchange *x, const struct answer *a, struct redirect_params *p)
{
	struct str jwt;

	redirect_params(x, a, p);
	if (!response_mode_is_jwt(a->redirect.mode))
		return true;
	jwt = x->c.client != NULL ? response_jwt(&x->c, x->c.client, response_claims(x, p)) : STR_ABSENT;
	p->n = 0;
	redirect_put(p, "response", jwt);
	return str_given(jwt);
}

/* The URI without a fragment. */
static struct str
redirect_base(const struct answer *a)
{
	struct str uri = a->redirect.uri;
	ptrdiff_t hash = str_index(uri, '#');

	return hash >= 0 ? str_sub(uri, 0, (size_t)hash) : uri;
}

struct str
redirect_location(struct exchange *x, const struct answer *a)
{
	struct str base = redirect_base(a);
	struct redirect_params p;
	struct buf b;

	if (!answer_params(x, a, &p))
		return STR_ABSENT;
	buf_init(&b, x->q->mem, LOCATION_MAX);
	buf_put(&b, base);
	if (response_mode_way(a->redirect.mode) == MODE_FRAGMENT)
		buf_putc(&b, '#');
	else
		buf_putc(&b, str_index(base, '?') >= 0 ? '&' : '?');
	for (size_t i = 0; i < p.n; i++)
		query_put(&b, p.at[i].name, p.at[i].value);
	return body_of(&b);
}

/* A page whose form the browser posts to the client by itself. */
static void
speak_form_post(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	struct page_var fields[REDIRECT_PARAMS_MAX][2];
	struct page_vars rows[REDIRECT_PARAMS_MAX];
	struct page_rows params = { .at = rows };
	struct redirect_params p;

	if (!answer_params(x, a, &p)) {
		speak_fault(x, R_INTERNAL, r);
		return;
	}
	for (size_t i = 0; i < p.n; i++) {
		fields[i][0] = (struct page_var){ .name = "name", .value = str_of(p.at[i].name) };
		fields[i][1] = (struct page_var){ .name = "value", .value = p.at[i].value };
		rows[i] = (struct page_vars){ fields[i], 2 };
	}
	params.n = p.n;
	const struct page_var vars[] = {
		{ .name = "action", .value = redirect_base(a), .application = true },
		{ .name = "redirect_host", .value = host_shown(a->redirect.uri) },
		{ .name = "params", .rows = &params },
	};
	speak_page(x, r, PAGE_FORM_POST, vars, COUNT(vars));
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
	struct str location;

	if (response_mode_way(a->redirect.mode) == MODE_FORM_POST) {
		speak_form_post(x, a, r);
		return;
	}
	location = redirect_location(x, a);
	if (str_given(location) && (x->route->flags & RF_JSON) && (x->w->done || x->w->redirected) && !x->html) {
		reply_json(x, r, 200, HS_GENERIC, x->w->done ? body_done(x, location) : x->w->redirected(x, location));
		return;
	}
	speak_onward(x, r,
	    &(struct onward){ location, x->mount->style.redirect_status, headers_of(a), .to_client = true });
}
