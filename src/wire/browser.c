/* wire/browser.c - what a browser brings and takes: cookies, language, the site a form came from, where to go next. RFC 6265. */
#include "wire/wire_int.h"

#define LANGUAGE_COOKIE  S("hufu-lang")
#define REQUEST_IN_QUERY S("saved_request=")

/* The issuer's name is in it because cookies do not tell ports apart; prefixes: RFC 6265bis section 4.1.3. */
struct str
cookie_name(const struct exchange *x, const char *what)
{
	struct str guard = S("");

	if (x->mount->secure)
		guard = str_empty(x->mount->prefix) ? S("__Host-") : S("__Secure-");
	return ARENA_CAT(x->q->mem, guard, S("hufu-"), x->mount->issuer->name, str_of(what));
}

static struct str
cookie_path(const struct exchange *x)
{
	return str_empty(x->mount->prefix) || x->mount->elsewhere ? S("/") : x->mount->prefix;
}

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
tag_is_offered(struct str tag)
{
	for (int i = 0; i < LANG_COUNT; i++)
		if (str_is(tag, page_lang_tags[i]))
			return true;
	return false;
}

/* A link on a page or ui_locales of the application chooses; the choice is remembered for the pages that follow. */
static void
read_language(struct exchange *x, struct str cookies)
{
	struct str chosen = pair_first(&x->pairs, S("ui_lang")), remembered = cookie_get(cookies, LANGUAGE_COOKIE);
	struct str wished = tag_is_offered(chosen) ? chosen : x->c.arg[P_UI_LOCALES];

	x->lang = page_lang_pick(wished, remembered, http_header(x->q, "Accept-Language"));
	if (!str_empty(wished) && !str_is(remembered, page_lang_tags[x->lang]))
		x->lang_set = str_of(page_lang_tags[x->lang]);
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

void
browser_read(struct exchange *x)
{
	struct str cookies = STR_ABSENT;
	struct call *c = &x->c;

	if (endpoint_is_for_programs(x)) {
		read_language(x, cookies);
		return;
	}
	cookies = http_header(x->q, "Cookie");
	c->session_cookie = cookie_get(cookies, cookie_name(x, ""));
	c->saved_cookie = cookie_get(cookies, cookie_name(x, "-saved"));
	c->self = url_of_request(x);
	c->posted = x->q->method == M_POST && exchange_endpoint(x) == EP_AUTHORIZE && !str_empty(x->q->body);
	c->site = request_site(x);
	read_language(x, cookies);
}

static void
put_cookie(struct exchange *x, struct http_reply *r, const char *what, struct str value)
{
	if (str_given(value))
		http_reply_header(r, "Set-Cookie", cookie_set(x->q->mem, cookie_name(x, what), value, cookie_path(x), x->mount->secure, value.n ? -1 : 0));
}

void
browser_cookies(struct exchange *x, struct http_reply *r)
{
	put_cookie(x, r, "", x->c.set_session);
	put_cookie(x, r, "-saved", x->c.set_saved);
	if (str_given(x->lang_set))
		http_reply_header(r, "Set-Cookie", cookie_set(x->q->mem, LANGUAGE_COOKIE, x->lang_set, S("/"), x->mount->secure, 31536000));
}

/* This page once more, in another language: path and query without an older choice, and what the page is about. */
struct str
self_in_language(struct exchange *x, const char *tag)
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
	buf_put(&b, str_of(tag));
	return body_of(&b);
}

/* A page that tells what went wrong needs it in the address, for nothing is stored of a visitor. */
static const char *
failure_word(enum reason why)
{
	switch (why) {
	case R_USER_DISABLED: return "=disabled";
	case R_USER_LOCKED:   return "=locked";
	default:              return "";
	}
}

static struct str
place_url(struct exchange *x, const struct answer *a)
{
	const char *path = x->w->places[a->go.place];

	if (a->go.place == PLACE_SAVED)
		return a->go.url;
	if (a->go.place == PLACE_LOGIN_FAILED && x->w->strict)
		return ARENA_CAT(x->q->mem, x->mount->issuer->url, str_of(path), str_of(failure_word(a->why)));
	return issuer_href(x, path);
}

/* Beside another login page that waits, one says in its address what it is about: so it is still about that when somebody goes back to it. */
static struct str
place_with_request(struct exchange *x, const struct answer *a)
{
	struct str url = place_url(x, a);

	if (!str_given(a->go.saved))
		return url;
	return ARENA_CAT(x->q->mem, url, str_index(url, '?') >= 0 ? S("&") : S("?"), REQUEST_IN_QUERY, a->go.saved);
}

/* Waiting is told on the page itself, with the status that says so. */
static void
speak_wait(struct exchange *x, struct http_reply *r)
{
	struct answer page = login_page_endpoint(&x->c);

	page.login.wait_s = x->c.retry_after_s;
	page.login.username = x->c.arg[P_USERNAME];
	speak_login_page(x, &page, r, 429, "wait");
	if (x->c.retry_after_s > 0)
		http_reply_header(r, "Retry-After", arena_printf(x->q->mem, "%lld", (long long)x->c.retry_after_s));
}

/* To a script: where it leads, or how it went. */
static struct str
go_body(struct exchange *x, const struct answer *a, int *status)
{
	if (x->w->done && a->go.place != PLACE_LOGIN && a->go.place != PLACE_LOGIN_FAILED)
		return body_done(x, a->go.place == PLACE_SAVED ? a->go.url : STR_ABSENT);
	return x->w->go ? x->w->go(x, a, status) : STR_ABSENT;
}

void
speak_go(struct exchange *x, const struct answer *a, struct http_reply *r)
{
	unsigned flags = x->route ? x->route->flags : 0;
	struct onward to = { .set = HS_GENERIC, .to_client = exchange_endpoint(x) == EP_REMOVE_TOKEN };
	int status = 200;

	if (a->go.place == PLACE_LOGIN_FAILED)
		x->why = a->why == R_NONE ? R_USER_CREDENTIALS : a->why;
	if ((flags & RF_JSON) && x->w->failure && a->go.place == PLACE_LOGIN_FAILED && !x->html) {
		speak_fault(x, x->why, r);
		return;
	}
	if ((flags & RF_JSON) && (x->w->go != NULL || x->w->done) && !x->html) {
		struct str body = go_body(x, a, &status);

		if (str_given(body)) {
			reply_json(x, r, status, HS_GENERIC, body);
			reply_retry_after(x, status, r);
			return;
		}
	}
	if (a->go.place == PLACE_LOGIN_FAILED && a->why == R_WAIT) {
		speak_wait(x, r);
		return;
	}
	to.status = (flags & RF_JSON) && x->html ? 303 : x->w->go_status;
	to.location = place_with_request(x, a);
	speak_onward(x, r, &to);
}
