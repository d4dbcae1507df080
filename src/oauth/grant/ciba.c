/* oauth/grant/ciba.c - an application comes back for what its user was asked. CIBA Core 1.0 section 10.1. */
#include "oauth/ciba.h"
#include "oauth/grant/grant.h"

static struct dig32
digest(const struct call *c)
{
	return auth_req_id_digest(c->issuer->name, c->arg[P_AUTH_REQ_ID]);
}

static bool
resolve(struct call *c, struct authority *a)
{
	return decoupled_resolve(c, a, DECOUPLED_CIBA, digest(c));
}

static bool
whose(struct call *c, struct user *u)
{
	return decoupled_whose(c, digest(c), u);
}

const struct grant grant_ciba = {
	.name = "urn:openid:params:grant-type:ciba",
	.index = GI_ciba,
	.needs = NEEDS(P_AUTH_REQ_ID),
	.when_missing = R_AUTH_REQ_ID_MISSING,
	.scope = SCOPE_SETTLED,
	.user_stands = true,
	.resolve = resolve,
	.whose = whose,
};
