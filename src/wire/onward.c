/*
 * wire/onward.c - where an answer sends the client next: a redirect, or, to a browser that comes
 * from a form of ours, a page that goes on.
 *
 * Every redirect that follows a form is held against the form-action of the page with the form (CSP
 * Level 3 section 6.4.2; Chromium and WebKit do), those of the application behind its redirect URI
 * too. Our pages say form-action 'self', so the way of the form must end here: the page is no
 * redirect, and what its Refresh field (HTML 4.2.5.3, shared declarative refresh steps) begins is
 * no form's. Whoever is no browser gets the redirect as ever.
 *
 * An address that finds no room in the head of an answer, with a state of many kilobytes, goes in a
 * page too: there the page itself says where it leads (HTML 4.2.5.3, the element instead of the
 * field).
 */
#include "wire/wire_int.h"

/*
 * A document is loaded: Fetch metadata say so, and over plain http, where browsers send none, the
 * field that each of them adds then.
 */
bool
browser_navigates(const struct http_req *q)
{
	struct str dest = http_header(q, "Sec-Fetch-Dest");

	return str_empty(dest) ? str_is(http_header(q, "Upgrade-Insecure-Requests"), "1") : str_is(dest, "document");
}

/* Both of the web, and of one origin. */
static bool
same_origin(struct str one, struct str other)
{
	struct url a, b;

	return url_read(one, &a) == NULL && url_read(other, &b) == NULL && a.web && b.web && url_same_origin(&a, &b);
}

/* A URL of the origin where the page with the form stands, as the browser sees it; our own when it does not say. */
static struct str
page_url(const struct exchange *x)
{
	struct str origin = http_header(x->q, "Origin"), referer = http_header(x->q, "Referer");

	if (!str_empty(origin) && !str_is(origin, "null"))
		return origin;
	return str_empty(referer) ? x->mount->issuer->url : referer;
}

/* The address is one of this issuer's pages, below the prefix by which this request came. */
static bool
is_own_page(const struct exchange *x, struct str address)
{
	struct str whole = x->q->path;
	struct str prefix = str_ends(whole, x->path) ? str_sub(whole, 0, whole.n - x->path.n) : x->mount->prefix;
	const struct route *r;
	struct url u;

	if (url_read(address, &u) != NULL || !same_origin(address, x->mount->issuer->url)
	    || !str_starts(u.path, prefix))
		return false;
	r = route_find(x->w, str_from(u.path, prefix.n), M_GET);
	return r != NULL && endpoint_is(r->endpoint, EF_PAGE);
}

/*
 * The form itself, or what it was redirected to: such a request keeps the site, or the Referer, of
 * the page with the form.
 */
static bool
comes_from_form(const struct exchange *x)
{
	struct str fetch = http_header(x->q, "Sec-Fetch-Site");

	if (x->q->method == M_POST)
		return request_site(x) == SITE_SAME;
	return str_empty(fetch) ? is_own_page(x, http_header(x->q, "Referer")) : str_is(fetch, "same-origin");
}

/* The request after this one would not show that a form led to it. */
static bool
trail_ends(const struct exchange *x)
{
	return x->q->method == M_POST && str_empty(http_header(x->q, "Sec-Fetch-Site"))
	    && str_empty(http_header(x->q, "Referer"));
}

static bool
needs_page(const struct exchange *x, struct str location, bool to_client)
{
	if (!x->c.navigates || !comes_from_form(x))
		return false;
	return to_client || trail_ends(x) || !same_origin(location, page_url(x));
}

#define HEAD_OTHERS 6144                /* what else stands in the head: cookies, policies */

bool
onward_is_long(const struct exchange *x, struct str location)
{
	return x->q->head_max != 0 && location.n + HEAD_OTHERS > x->q->head_max;
}

/*
 * A quote at the end of the address would be taken for one around it (old readers of a Refresh do so), and in a query
 * browsers write it as this anyway (URL Standard, special-query percent-encode set).
 */
struct str
refresh_address(const struct exchange *x, struct str location)
{
	struct buf b;

	if (str_index(location, '\'') < 0)
		return location;
	buf_init(&b, x->q->mem, 3 * location.n + 1);
	for (size_t i = 0; i < location.n; i++)
		if (location.p[i] == '\'')
			buf_put(&b, S("%27"));
		else
			buf_putc(&b, location.p[i]);
	return buf_str(&b);
}

static void
speak_onward_page(struct exchange *x, struct http_reply *r, struct str location, bool to_client)
{
	bool inside = onward_is_long(x, location);
	const struct page_var vars[] = {
		{ .name = "href", .value = location, .application = to_client },
		{ .name = "redirect_host", .value = host_shown(location) },
		{ .name = "refresh_href", .value = inside ? refresh_address(x, location) : STR_ABSENT },
	};

	speak_page(x, r, PAGE_ONWARD, vars, COUNT(vars));
	if (!inside)
		http_reply_header(r, "Refresh", ARENA_CAT(x->q->mem, S("0;url="), refresh_address(x, location)));
}

void
speak_onward(struct exchange *x, struct http_reply *r, const struct onward *to)
{
	if (!str_given(to->location)) {                 /* it did not fit */
		r->status = 500;
		x->why = R_INTERNAL;
		return;
	}
	if (needs_page(x, to->location, to->to_client) || onward_is_long(x, to->location)) {
		speak_onward_page(x, r, to->location, to->to_client);
		return;
	}
	r->status = to->status;
	reply_headers(x, r, to->set);
	http_reply_header(r, "Location", to->location);
}
