/* wire/cors.c - what scripts of other origins may read: keys and metadata all, tokens the origins of the client. Fetch standard 3.2. */
#include "wire/wire_int.h"

static bool
is_public(enum endpoint e)
{
	return e == EP_JWKS || e == EP_METADATA;
}

/* Never the authorize endpoint: it is for navigation only. */
static bool
is_shared(enum endpoint e)
{
	return is_public(e) || e == EP_TOKEN || e == EP_REVOKE || e == EP_USERINFO || e == EP_TOKENINFO;
}

/*
 * A preflight has no client yet. It is answered for the Origin that asks, without credentials; the reply to the request
 * itself can be read only from an origin that the authenticated client lists.
 */
bool
cors_preflight(struct exchange *x, struct http_reply *r)
{
	struct str origin = http_header(x->q, "Origin");
	enum endpoint e = exchange_endpoint(x);

	if (!x->w->cors || x->q->method != M_OPTIONS || e == EP_COUNT || !is_shared(e))
		return false;
	if (str_empty(origin) || str_empty(http_header(x->q, "Access-Control-Request-Method")))
		return false;
	r->status = 204;
	http_reply_header(r, "Access-Control-Allow-Origin", is_public(e) ? S("*") : origin);
	http_reply_header(r, "Access-Control-Allow-Methods", route_allow(x->q->mem, x->w, x->route));
	http_reply_header(r, "Access-Control-Allow-Headers", S("Authorization, Content-Type"));
	http_reply_header(r, "Access-Control-Max-Age", S("600"));
	http_reply_header(r, "Vary", S("Origin"));
	return true;
}

void
cors_headers(struct exchange *x, struct http_reply *r)
{
	struct str origin = http_header(x->q, "Origin");
	enum endpoint e = exchange_endpoint(x);
	const struct client *k = x->c.client;

	if (!x->w->cors || e == EP_COUNT || !is_shared(e))
		return;
	if (is_public(e)) {
		http_reply_header(r, "Access-Control-Allow-Origin", S("*"));
		return;
	}
	http_reply_header(r, "Vary", S("Origin"));
	if (k != NULL && !str_empty(origin) && str_has_word(k->origins, origin, ' '))
		http_reply_header(r, "Access-Control-Allow-Origin", origin);
}
