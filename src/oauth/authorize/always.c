/* oauth/authorize/always.c - scopes that nobody is asked about, and those that are asked about at each request. */
#include "oauth/authorize/authorize_int.h"
#include "oauth/oauth_int.h"

bool
scope_is_auto_approved(const struct client *k, struct str scope)
{
	return str_is(k->auto_approve, "*") || str_has_word(k->auto_approve, scope, ' ');
}

bool
scope_is_asked_always(const struct call *c, const struct client *k, struct str scope)
{
	return c->issuer->policy->consent.offline_asks && c->issuer->policy->authorize.claims_are_read
	    && str_is(scope, OFFLINE_ACCESS) && !scope_is_auto_approved(k, scope);
}
