/*
 * oauth/grant/directory.c - the user's name and password as the organisation's directory knows
 * them. RFC 6749 section 4.3.
 */
#include "oauth/grant/grant.h"
#include "login/ldap.h"

static bool
resolve(struct call *c, struct authority *a)
{
	const struct directory *d = c->issuer->directory;
	struct login_try t = { .realm = realm_name(c->issuer->realm),
		.name = c->arg[P_USERNAME],
		.password = c->arg[P_PASSWORD],
		.address = c->peer,
		.book = c->svc->guesses,
		.known = true };

	c->user_name = t.name;
	if (d == NULL)
		return fail_with(c, R_GRANT_UNKNOWN, c->arg[P_GRANT_TYPE]);
	a->auth.account_type = d->name;
	return login_settles(c, a, login_directory(c->mem, c->svc->store, &c->svc->throttle, d, &t), &t);
}

const struct grant grant_directory = {
	.name = "directory",
	.index = GI_directory,
	.needs = NEEDS(P_USERNAME, P_PASSWORD),
	.when_missing = R_PARAM_MISSING,
	.remote = LANE_DIRECTORY,
	.weak = true,
	.habit = HABIT_PASSWORD_GRANT,
	.one_factor = true, .resolve = resolve,
};
