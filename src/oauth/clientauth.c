/* oauth/clientauth.c - who is the client? RFC 6749 section 2.3, RFC 9700 section 2.5. */
#include "oauth/oauth_int.h"

static bool
secret_holds(struct call *c, const struct client *k, struct str given)
{
	enum password_result r;

	if (client_is_public(k))
		return str_empty(given);
	if (secret_is_remembered(c->svc->secrets, k->id, k->secret, given))
		return true;
	r = password_verify(c->mem, k->secret, given);
	if (r == PASSWORD_UNKNOWN_ENCODING)
		log_warn("client %.*s: its stored secret has an encoding that is not known", STR_ARG(k->id));
	if (r != PASSWORD_OK && r != PASSWORD_OK_REHASH)
		return false;
	secret_remember(c->svc->secrets, k->id, k->secret, given);
	return true;
}

/* One pair of id and secret. */
static bool
pair_holds(struct call *c, struct str id, struct str secret)
{
	const struct client *k = realm_client(c->issuer->realm, id);

	if (k == NULL)
		return fail(c, R_CLIENT_UNKNOWN, id);
	if (client_is_public(k) && !c->issuer->law->public_clients_at_token)
		return fail(c, R_CLIENT_NONE, id);
	if (!secret_holds(c, k, secret))
		return fail(c, R_CLIENT_SECRET, id);
	if (!k->enabled)
		return fail(c, R_CLIENT_DISABLED, id);
	c->client = k;
	return true;
}

/*
 * Old servers look at the form first, then at Basic, and let both succeed. A client_id alone is a form attempt with an empty
 * secret, which only a public client passes.
 */
static bool
authenticate_by_all(struct call *c)
{
	const struct client_evidence *e = &c->evidence;
	bool form = (c->given & BIT(P_CLIENT_ID)) != 0;

	if (form) {
		if (!pair_holds(c, c->arg[P_CLIENT_ID], c->arg[P_CLIENT_SECRET]))
			return false;
		if (e->secret_in_query && !habit_use(c, HABIT_SECRET_IN_QUERY, R_CLIENT_METHOD, STR_ABSENT))
			return false;
	}
	if (!e->basic_sent)
		return form || fail(c, R_CLIENT_NONE, STR_ABSENT);
	if (e->basic_malformed)
		return fail_with(c, R_CLIENT_MALFORMED, S("basic"));
	if (pair_holds(c, e->basic_id, e->basic_secret))
		return true;
	c->offender = S("basic");               /* tells the wire which of the two to challenge */
	return false;
}

static bool
authenticate_public(struct call *c)
{
	const struct client *k = realm_client(c->issuer->realm, c->arg[P_CLIENT_ID]);

	if (k == NULL)
		return fail(c, R_CLIENT_UNKNOWN, c->arg[P_CLIENT_ID]);
	if (!client_is_public(k))
		return fail(c, R_CLIENT_NONE, k->id);
	return pair_holds(c, k->id, S(""));
}

/* RFC 6749 section 2.3: a client must not use more than one method in a request. */
static bool
authenticate_by_one(struct call *c)
{
	const struct client_evidence *e = &c->evidence;
	bool id = (c->given & BIT(P_CLIENT_ID)) != 0, secret = (c->given & BIT(P_CLIENT_SECRET)) != 0;

	if (e->basic_malformed)
		return fail(c, R_CLIENT_MALFORMED, STR_ABSENT);
	if (e->basic_sent && secret)
		return fail(c, R_CLIENT_TWICE, STR_ABSENT);
	if (e->basic_sent) {
		if (id && !str_eq(e->basic_id, c->arg[P_CLIENT_ID]))
			return fail(c, R_CLIENT_OTHER, e->basic_id);
		return pair_holds(c, e->basic_id, e->basic_secret);
	}
	if (!id)
		return fail(c, R_CLIENT_NONE, STR_ABSENT);
	if (!secret)
		return authenticate_public(c);
	return pair_holds(c, c->arg[P_CLIENT_ID], c->arg[P_CLIENT_SECRET])
	    && (!e->secret_in_query || habit_use(c, HABIT_SECRET_IN_QUERY, R_CLIENT_METHOD, STR_ABSENT));
}

bool
client_authenticate(struct call *c)
{
	bool ok = c->issuer->law->client_auth_repeat ? authenticate_by_all(c) : authenticate_by_one(c);

	if (!ok)
		c->client = NULL;
	return ok;
}
