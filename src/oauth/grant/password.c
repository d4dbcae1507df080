/* oauth/grant/password.c - the user's own name and password. RFC 6749 section 4.3; OAuth 2.1 has no such grant. */
#include "oauth/grant/grant.h"
#include "oauth/session/session.h"

static bool
resolve(struct call *c, struct authority *a)
{
	return password_resolve(c, a, c->arg[P_USERNAME], TABLE_BY_NAME);
}

bool
password_resolve(struct call *c, struct authority *a, struct str name, enum table_by by)
{
	struct login_try t = { .realm = realm_name(c->issuer->realm),
		.name = name,
		.table = c->issuer->table,
		.by = by,
		.password = c->arg[P_PASSWORD],
		.address = c->peer,
		.book = c->svc->guesses,
		.rehash = c->svc->rehash };

	c->user_name = t.name;
	login_of_type(c, &t);
	a->auth.account_type = account_type_asked(c);
	return login_settles(c, a, login_password(c->mem, c->svc->store, &c->svc->throttle, &t), &t);
}

const struct grant grant_password = {
	.name = "password",
	.index = GI_password,
	.needs = NEEDS(P_USERNAME, P_PASSWORD),
	.when_missing = R_PARAM_MISSING,
	.slow = true,
	.weak = true,
	.habit = HABIT_PASSWORD_GRANT,
	.reads_users = true,
	.one_factor = true, .resolve = resolve,
};
