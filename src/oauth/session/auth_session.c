/*
 * oauth/session/auth_session.c - what a first-party application goes on with at the authorization challenge endpoint.
 * draft-ietf-oauth-first-party-apps-03, -04 section 5.3.1.
 *
 * The request is a row, as one that was pushed is, and the code takes it in its own transaction: it gives one code. The
 * text is the row's id, the key that the application showed and the number that a code was sent to, sealed: nobody reads
 * it, and a newer one leads to the same request.
 */
#include "oauth/session/session.h"

#define KIND "auth session 1"

struct str
auth_session_write(const struct call *c, const struct auth_session *s)
{
	return browser_seal(c, KIND, ARENA_CAT(c->mem, id_str(&s->id), s->jkt, S("\n"), s->phone));
}

bool
auth_session_read(const struct call *c, struct auth_session *out)
{
	struct str rest;

	*out = (struct auth_session){ .jkt = S(""), .phone = S("") };
	if (!browser_unseal(c, KIND, c->arg[P_AUTH_SESSION], &rest) || rest.n < sizeof out->id.b)
		return false;
	memcpy(out->id.b, rest.p, sizeof out->id.b);
	rest = str_from(rest, sizeof out->id.b);
	out->jkt = str_cut(&rest, '\n');
	out->phone = rest;
	return true;
}

json_t *
auth_session_request(struct call *c, const struct auth_session *s)
{
	struct pushed row;
	json_t *request;

	if (!store_answered(c, store_pushed(c->svc->store, c->mem, &s->id, &row))
	    || !str_eq(row.issuer, c->issuer->name) || expired(row.until_s, c->now_s)) {
		fail(c, R_CHALLENGE_SESSION, SAY("used or over"));
		return NULL;
	}
	if (!str_eq(row.client, c->client->id)) {
		fail(c, R_CHALLENGE_SESSION, SAY("begun by another client"));
		return NULL;
	}
	request = json_read_upto(c->mem, row.data, INTERACTION_MAX);
	if (request == NULL)
		fail(c, R_INTERNAL, S("memory"));
	return request;
}
