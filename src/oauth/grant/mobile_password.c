/*
 * oauth/grant/mobile_password.c - the password grant with a phone number as user name. RFC 6749
 * section 4.3; OAuth 2.1 has no such grant.
 */
#include "oauth/grant/grant.h"

static bool
resolve(struct call *c, struct authority *a)
{
	return password_resolve(c, a, c->arg[P_PHONE], TABLE_BY_PHONE);
}

const struct grant grant_mobile_password = {
	.name = "mobile_password",
	.index = GI_mobile_password,
	.needs = NEEDS(P_PHONE, P_PASSWORD),
	.when_missing = R_PARAM_MISSING,
	.slow = true,
	.weak = true,
	.habit = HABIT_PASSWORD_GRANT,
	.reads_users = true,
	.one_factor = true, .resolve = resolve,
};
