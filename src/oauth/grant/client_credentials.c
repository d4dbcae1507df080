/*
 * oauth/grant/client_credentials.c - the client speaks for itself, or for the user it is registered
 * to act for. RFC 6749 4.4.
 */
#include "oauth/grant/grant.h"
#include "oauth/session/session.h"

static bool
resolve(struct call *c, struct authority *a)
{
	const struct client *k = c->client;

	if (client_is_public(k) && !c->issuer->policy->client.public_client_credentials)
		return fail_with(c, R_GRANT_FORBIDDEN, S("client_credentials"));
	if (str_empty(k->acts_for) || !c->issuer->policy->refresh.for_client_credentials)
		return true;
	if (!user_find(c, TABLE_BY_NAME, k->acts_for, &a->user))
		return fail(c, R_USER_DISABLED, k->acts_for);
	return a->has_user = user_is_let_in(c, &a->user, k->acts_for);
}

static bool
whose(struct call *c, struct user *u)
{
	const struct client *k = c->proof.client;

	return k != NULL && !str_empty(k->acts_for)
	    && store_user_by_name(c->svc->store, c->mem, realm_name(c->issuer->realm), k->acts_for, u) == FOUND;
}

const struct grant grant_client_credentials = {
	.name = "client_credentials",
	.index = GI_client_credentials,
	.when_missing = R_PARAM_MISSING,
	.for_client = true,
	.only_store = true,
	.reads_users = true,
	.user_stands = true,
	.resolve = resolve,
	.whose = whose,
};
