/* wire/browser.c - what a browser brings and takes: cookies, language, the site a form came from. RFC 6265. */
#include "wire/wire_int.h"

#define LANGUAGE_COOKIE  S("hufu-lang")

/* "null" and what cannot be read are nobody's site but another one. */
static enum site
site_of(const struct exchange *x, struct str url)
{
	struct url from, home;

	if (url_read(url, &from) != NULL || url_read(x->mount->issuer->url, &home) != NULL)
		return SITE_CROSS;
	return url_same_origin(&from, &home) ? SITE_SAME : SITE_CROSS;
}

/* Fetch metadata first, then Origin, then Referer: the first one that says anything decides. */
enum site
request_site(const struct exchange *x)
{
	struct str fetch = http_header(x->q, "Sec-Fetch-Site"), origin = http_header(x->q, "Origin");
	struct str referer = http_header(x->q, "Referer");

	if (str_is(fetch, "same-origin") || str_is(fetch, "none"))
		return SITE_SAME;
	if (!str_empty(fetch))
		return SITE_CROSS;
	if (!str_empty(origin))
		return site_of(x, origin);
	return str_empty(referer) ? SITE_UNKNOWN : site_of(x, referer);
}

static bool
tag_is_offered(const struct page_set *p, struct str tag)
{
	for (int i = 0; i < page_lang_count(p); i++)
		if (str_eq(tag, page_lang_tag(p, i)))
			return true;
	return false;
}

/* A link on a page or ui_locales of the application chooses; the choice is remembered for the pages that follow. */
static void
read_language(struct exchange *x, struct str cookies)
{
	struct str chosen = pair_first(&x->pairs, S("ui_lang")), remembered = cookie_get(cookies, LANGUAGE_COOKIE);
	const struct page_set *p = x->mount->pages;
	struct str wished = tag_is_offered(p, chosen) ? chosen : x->c.arg[P_UI_LOCALES];

	x->lang = page_lang_pick(p, wished, remembered, http_header(x->q, "Accept-Language"));
	x->c.lang = page_lang_tag(p, x->lang);
	if (!str_empty(wished) && !str_eq(remembered, x->c.lang))
		x->lang_set = x->c.lang;
}

/* No browser session is asked about there, and nothing leads back. */
static bool
endpoint_is_for_programs(const struct exchange *x)
{
	return !x->wrong_method && endpoint_is(exchange_endpoint(x), EF_PROGRAM);
}

static bool
is_language(struct str piece)
{
	return str_starts(piece, S("ui_lang="));
}

/* The query as sent, but for a choice of language: that makes no other request of it. */
static struct str
query_of_request(const struct exchange *x)
{
	struct str rest = x->q->query, piece;
	bool first = true;
	struct buf b;

	if (str_empty(rest))
		return rest;
	buf_init(&b, x->q->mem, rest.n + 1);
	while (str_given(rest) && (piece = str_cut(&rest, '&')).p) {
		if (is_language(piece))
			continue;
		if (!first)
			buf_putc(&b, '&');
		buf_put(&b, piece);
		first = false;
	}
	return first ? STR_ABSENT : body_of(&b);
}

static struct str
url_of_request(const struct exchange *x)
{
	struct str query = query_of_request(x);

	return ARENA_CAT(x->q->mem, x->mount->issuer->url, x->path, str_given(query) ? S("?") : S(""), query);
}

/* Of one registration; where one begins, the stem to which its id is added. */
static struct str
path_of_registrations(const struct exchange *x)
{
	const struct route *r = route_of_endpoint(x->w, EP_REGISTERED);

	return exchange_endpoint(x) == EP_REGISTER && r != NULL ? str_sub(str_of(r->path), 0, strlen(r->path) - 2) : x->path;
}

/* Where a browser may hold several sessions: each has a cookie whose name says which value belongs to it. */
static void
read_accounts(struct exchange *x, struct str cookies)
{
	struct str stem = cookie_name(x, "-account-"), name, value;
	struct account_cookies *a;

	if (x->mount->issuer->policy->session.accounts <= 1
	    || (a = arena_new(x->q->mem, struct account_cookies)) == NULL)
		return;
	x->c.accounts = a;
	a->active = x->c.session_cookie;
	while (cookie_next(&cookies, &name, &value))
		if (!str_empty(value) && str_starts(name, stem)
		    && str_eq(str_from(name, stem.n), account_suffix(x->mount->issuer, x->q->mem, value)))
			account_cookie_read(a, value);
}

void
browser_read(struct exchange *x)
{
	struct str cookies = STR_ABSENT;
	struct call *c = &x->c;

	if (endpoint_is_for_programs(x)) {
		if (endpoint_is(exchange_endpoint(x), EF_JSON))
			c->self = ARENA_CAT(x->q->mem, x->mount->issuer->url, path_of_registrations(x));
		read_language(x, cookies);
		return;
	}
	cookies = http_header(x->q, "Cookie");
	c->session_cookie = cookie_get(cookies, cookie_name(x, ""));
	c->saved_cookie = cookie_get(cookies, cookie_name(x, "-saved"));
	c->device_cookie = cookie_get(cookies, cookie_name(x, "-device"));
	read_accounts(x, cookies);
	c->self = url_of_request(x);
	c->posted = x->q->method == M_POST && exchange_endpoint(x) == EP_AUTHORIZE && !str_empty(x->q->body);
	c->site = request_site(x);
	read_language(x, cookies);
}

static void
put_cookie(struct exchange *x, struct http_reply *r, const char *what, struct str value)
{
	if (str_given(value))
		http_reply_header(r, "Set-Cookie",
		    cookie_set(x->q->mem, cookie_name(x, what), value, cookie_path(x), x->mount->secure,
			value.n ? -1 : 0));
}

static void
put_account(struct exchange *x, struct http_reply *r, struct str cookie, bool kept)
{
	struct str suffix = account_suffix(x->mount->issuer, x->q->mem, cookie);
	struct str name = ARENA_CAT(x->q->mem, cookie_name(x, "-account-"), suffix);

	if (str_given(name))
		http_reply_header(r, "Set-Cookie",
		    cookie_set(x->q->mem, name, kept ? cookie : S(""), cookie_path(x), x->mount->secure,
			kept ? -1 : 0));
}

static void
put_accounts(struct exchange *x, struct http_reply *r)
{
	const struct account_cookies *a = x->c.accounts;

	for (size_t i = 0; a != NULL && i < a->n_kept; i++)
		put_account(x, r, a->kept[i], true);
	for (size_t i = 0; a != NULL && i < a->n_gone; i++)
		put_account(x, r, a->gone[i], false);
}

static bool
sessions_change(const struct call *c)
{
	return str_given(c->set_session) || (c->accounts != NULL && c->accounts->n_kept + c->accounts->n_gone > 0);
}

/* With each session another state; where it was lost, once more beside what was told of it. */
static void
put_state(struct exchange *x, struct http_reply *r)
{
	struct str state = x->c.browser_state;
	struct str sent = cookie_get(http_header(x->q, "Cookie"), cookie_name(x, "-state"));

	if (!x->mount->issuer->policy->session.management)
		return;
	if (sessions_change(&x->c))
		state = browser_state(&x->c);
	if (str_given(state) && !str_eq(state, sent))
		http_reply_header(r, "Set-Cookie",
		    cookie_set_open(x->q->mem, cookie_name(x, "-state"), state, cookie_path(x), x->mount->secure));
}

/* It outlives the browser's session, for as long as it may stand for a second factor. */
static void
put_device(struct exchange *x, struct http_reply *r)
{
	if (str_given(x->c.set_device))
		http_reply_header(r, "Set-Cookie",
		    cookie_set(x->q->mem, cookie_name(x, "-device"), x->c.set_device, cookie_path(x), x->mount->secure,
			x->mount->issuer->policy->factor.remembered_s));
}

void
browser_cookies(struct exchange *x, struct http_reply *r)
{
	put_cookie(x, r, "", x->c.set_session);
	put_cookie(x, r, "-saved", x->c.set_saved);
	put_accounts(x, r);
	put_device(x, r);
	upstream_put_way(x, r);
	put_state(x, r);
	if (str_given(x->lang_set))
		http_reply_header(r, "Set-Cookie",
		    cookie_set(x->q->mem, LANGUAGE_COOKIE, x->lang_set, S("/"), x->mount->secure, 31536000));
}

/* This page once more, in another language: path and query without an older choice, and what the page is about. */
struct str
self_in_language(struct exchange *x, struct str tag)
{
	struct str rest = x->q->query, piece;
	struct buf b;

	buf_init(&b, x->q->mem, 32 * 1024);
	buf_put(&b, x->mount->prefix);
	buf_put(&b, x->path);
	buf_putc(&b, '?');
	while (str_given(rest) && (piece = str_cut(&rest, '&')).p) {
		if (piece.n == 0 || is_language(piece) || str_starts(piece, REQUEST_IN_QUERY))
			continue;
		buf_put(&b, piece);
		buf_putc(&b, '&');
	}
	if (str_given(x->page_request)) {
		buf_put(&b, REQUEST_IN_QUERY);
		buf_put(&b, x->page_request);
		buf_putc(&b, '&');
	}
	buf_put(&b, S("ui_lang="));
	buf_put(&b, tag);
	return body_of(&b);
}
