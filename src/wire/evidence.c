/* wire/evidence.c - the client's proof, copied and not judged. RFC 6749 section 2.3.1, RFC 7617, RFC 6750 section 2.1. */
#include "wire/wire_int.h"

/*
 * Clients of one library encode id and secret as RFC 6749 section 2.3.1 says, those of another send them as they are, and nothing
 * says which. So both readings go on, where they differ.
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
	if (!x->t->issuer->law->basic_is_form_decoded)
		return;
	e->other_id = e->basic_id;
	e->other_secret = e->basic_secret;
	e->basic_id = id;
	e->basic_secret = secret;
}

void
exchange_evidence(struct exchange *x)
{
	struct str field = http_header(x->q, "Authorization");
	struct client_evidence *e = &x->c.evidence;

	if (str_empty(field))
		return;
	x->c.bearer = bearer_read(field);
	if (!(x->w->client_auth & CA_BASIC))
		return;
	switch (basic_read(x->q->mem, field, false, &e->basic_id, &e->basic_secret)) {
	case BASIC_OK:
		e->basic_sent = true;
		other_reading(x, field);
		break;
	case BASIC_MALFORMED:
		e->basic_sent = e->basic_malformed = true;
		break;
	case BASIC_NONE:                        /* a value without any scheme is an attempt that deserves an explanation */
		x->bare_authorization = str_index(str_trim(field), ' ') < 0;
		if (x->bare_authorization)
			e->basic_sent = e->basic_malformed = true;
		break;
	}
}
