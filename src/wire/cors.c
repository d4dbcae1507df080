/*
 * wire/cors.c - what scripts of other origins may read: keys and metadata all, tokens the origins
 * of the client. Fetch standard 3.2.
 */
#include "wire/wire_int.h"

/*
 * Never what is for navigation (authorize and every page) nor what works by the cookie of a
 * session: answers are never for requests with credentials. Nor introspection, which is between
 * servers.
 */
static bool
is_shared(enum endpoint e)
{
	return endpoint_is(e, EF_ORIGINS | EF_ANYBODY);
}

static bool
is_public(enum endpoint e)
{
	return endpoint_is(e, EF_ANYBODY);
}

/*
 * A preflight has no client, and a refusal may have none: then any client of the realm may have
 * registered the origin.
 */
static bool
is_registered(const struct exchange *x, const struct client *k, struct str origin)
{
	if (k != NULL)
		return !str_empty(origin) && str_has_word(k->origins, origin, ' ');
	return realm_has_origin(x->mount->issuer->realm, origin);
}

bool
cors_preflight(struct exchange *x, struct http_reply *r)
{
	struct str origin = http_header(x->q, "Origin");
	enum endpoint e = exchange_endpoint(x);

	if (x->q->method != M_OPTIONS || !is_shared(e))
		return false;
	if (str_empty(origin) || str_empty(http_header(x->q, "Access-Control-Request-Method")))
		return false;
	if (!is_public(e) && !is_registered(x, NULL, origin))
		return false;
	r->status = 204;
	http_reply_header(r, "Access-Control-Allow-Origin", is_public(e) ? S("*") : origin);
	http_reply_header(r, "Access-Control-Allow-Methods", route_allow(x->q->mem, x->w, x->route));
	http_reply_header(r, "Access-Control-Allow-Headers",
	    S("Authorization, Content-Type, X-Requested-With, DPoP, traceparent, tracestate"));
	http_reply_header(r, "Access-Control-Max-Age", S("600"));
	http_reply_header(r, "Vary", S("Origin"));
	return true;
}

/* Where it says who gives tokens for this; what the next proof needs: RFC 9449 section 8.2. */
static void
put_exposed(struct exchange *x, struct http_reply *r)
{
	bool proofs = x->mount->issuer->policy->token.dpop != DPOP_OFF;

	if (proofs)
		http_reply_header(r, "Access-Control-Expose-Headers", S("WWW-Authenticate, DPoP-Nonce"));
	else if (str_given(protected_resource_url(x)))
		http_reply_header(r, "Access-Control-Expose-Headers", S("WWW-Authenticate"));
}

void
cors_headers(struct exchange *x, const struct client *k, struct http_reply *r)
{
	struct str origin = http_header(x->q, "Origin");
	enum endpoint e = exchange_endpoint(x);

	if (!is_shared(e))
		return;
	if (is_public(e)) {
		http_reply_header(r, "Access-Control-Allow-Origin", S("*"));
		return;
	}
	if (str_empty(origin))                  /* nothing of these is kept by caches, so Vary is only for who asks */
		return;
	if (is_registered(x, k, origin)) {
		http_reply_header(r, "Vary", S("Origin"));
		http_reply_header(r, "Access-Control-Allow-Origin", origin);
		put_exposed(x, r);
	}
}
