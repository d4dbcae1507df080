/* oauth/grant/device_code.c - a device comes back for its tokens. RFC 8628 section 3.4. */
#include "oauth/grant/grant.h"

static struct dig32
digest(const struct call *c)
{
	return digest_of(c->issuer, S("device_code"), c->arg[P_DEVICE_CODE]);
}

static bool
resolve(struct call *c, struct authority *a)
{
	return decoupled_resolve(c, a, DECOUPLED_DEVICE, digest(c));
}

static bool
whose(struct call *c, struct user *u)
{
	return decoupled_whose(c, digest(c), u);
}

const struct grant grant_device_code = {
	.name = "urn:ietf:params:oauth:grant-type:device_code",
	.index = GI_device_code,
	.needs = NEEDS(P_DEVICE_CODE),
	.when_missing = R_DEVICE_CODE_MISSING,
	.scope = SCOPE_SETTLED,
	.user_stands = true,
	.resolve = resolve,
	.whose = whose,
};
