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
	if (str_empty(field)) {
		bearer_of_form(x);
		return;
	}
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
