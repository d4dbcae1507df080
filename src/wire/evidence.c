/*
 * wire/evidence.c - the client's proof, copied and not judged. RFC 6749 section 2.3.1, RFC 7617,
 * RFC 6750 section 2.1.
 */
#include "wire/wire_int.h"

/*
 * Clients of one library encode id and secret as RFC 6749 section 2.3.1 says, those of another send
 * them as they are, and nothing says which. So both readings go on, where they differ.
 */
static void
other_reading(struct exchange *x, struct str field)
{
	struct client_evidence *e = &x->c.evidence;
	struct str id, secret;

	if (basic_read(x->q->mem, field, true, &id, &secret) != BASIC_OK
	    || (str_eq(id, e->basic_id) && str_eq_secret(secret, e->basic_secret)))
		return;
	e->other_id = id;
	e->other_secret = secret;
	if (!x->mount->issuer->policy->client.basic_is_form_decoded)
		return;
	e->other_id = e->basic_id;
	e->other_secret = e->basic_secret;
	e->basic_id = id;
	e->basic_secret = secret;
}

/*
 * RFC 6750 section 2.2: a Bearer token in the form of a POST, never in the query. Where there is a
 * field, it is the field's.
 */
static void
bearer_of_form(struct exchange *x)
{
	if (!endpoint_is(exchange_endpoint(x), EF_BEARER) || x->q->method != M_POST)
		return;
	for (size_t i = 0; i < x->pairs.n && !str_given(x->c.bearer); i++) {
		const struct pair *p = &x->pairs.at[i];

		if (!p->from_query && str_is(p->name, "access_token") && p->value.n > 0)
			x->c.bearer = p->value;
	}
}

static struct str
first_given(struct str a, struct str b)
{
	return str_empty(a) ? b : a;
}

/*
 * The request that a proxy asks about (auth_request of nginx, forwardAuth of Traefik, forward_auth of Caddy), as far as
 * it says so. Believed of a trusted one alone: who could name another address could use a proof of another place.
 */
static void
forwarded_request(struct exchange *x, struct dpop_sent *d)
{
	struct str method = first_given(http_header(x->q, "X-Original-Method"),
	    http_header(x->q, "X-Forwarded-Method"));
	struct str url = first_given(http_header(x->q, "X-Original-URL"),
	    first_given(http_header(x->q, "X-Original-URI"), http_header(x->q, "X-Forwarded-Uri")));
	struct str host = first_given(http_header(x->q, "X-Forwarded-Host"), x->q->host);

	if (!x->q->proxied)
		return;
	if (!str_empty(method))
		d->method = method;
	if (str_starts(url, S("/")))
		url = ARENA_CAT(x->q->mem, x->q->secure ? S("https://") : S("http://"), host, url);
	if (!str_empty(url))
		d->url = url;
}

/* RFC 9449 section 4.1. Where the issuer takes no proofs, the field and the scheme say nothing. */
static void
proof_read(struct exchange *x, struct str authorization)
{
	struct dpop_sent *d = &x->c.dpop;

	if (x->mount->issuer->policy->token.dpop == DPOP_OFF || endpoint_is(exchange_endpoint(x), EF_JSON))
		return;
	x->c.bearer = dpop_token_read(authorization);
	x->c.bearer_is_dpop = str_given(x->c.bearer);
	d->proof = http_header(x->q, "DPoP");
	if (!str_given(d->proof))
		return;
	d->beside_client = endpoint_is(exchange_endpoint(x), EF_PROOF);
	d->repeated = http_header_count(x->q, "DPoP") > 1;
	d->method = x->q->method_name;
	d->url = ARENA_CAT(x->q->mem, x->mount->issuer->url, x->path);
	if (str_given(x->mount->issuer->mtls_url))
		d->alias = ARENA_CAT(x->q->mem, x->mount->issuer->mtls_url, x->path);
	if (exchange_endpoint(x) == EP_VERIFY)
		forwarded_request(x, d);
}

void
exchange_evidence(struct exchange *x)
{
	struct str field = http_header(x->q, "Authorization");
	struct client_evidence *e = &x->c.evidence;
	const struct http_cert *cert = &x->q->cert;

	if (str_given(cert->der) && (x->w->client_auth & (BIT(METHOD_TLS) | BIT(METHOD_SELF_SIGNED)))) {
		uint8_t d[32];

		e->cert = (struct client_cert){ cert->der, cert->chain, cert->n_chain };
		SHA256(d, cert->der);           /* RFC 8705 section 3.1 */
		x->c.proven[CONFIRM_CERTIFICATE] = b64url_encode(x->q->mem, str_span(d, sizeof d));
	}
	proof_read(x, field);
	if (str_empty(field)) {
		bearer_of_form(x);
		return;
	}
	if (!x->c.bearer_is_dpop)
		x->c.bearer = bearer_read(field);
	if (!(x->w->client_auth & BIT(METHOD_BASIC)))
		return;
	switch (basic_read(x->q->mem, field, false, &e->basic_id, &e->basic_secret)) {
	case BASIC_OK:
		e->basic_sent = true;
		other_reading(x, field);
		break;
	case BASIC_MALFORMED:
		e->basic_sent = e->basic_malformed = true;
		break;
	case BASIC_NONE: /* a value without any scheme is an attempt that deserves an explanation */
		x->bare_authorization = str_index(str_trim(field), ' ') < 0;
		if (x->bare_authorization)
			e->basic_sent = e->basic_malformed = true;
		break;
	}
}
