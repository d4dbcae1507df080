/*
 * oauth/session/password_age.c - is a password to be another one? By an operator's word, a directory's, or its age
 * (passwords.max_age).
 */
#include "login/password_rule.h"
#include "oauth/session/factor.h"

/* Where a directory or user table knows the password, its age is theirs to count. */
static bool
is_old(const struct call *c, const struct user *u)
{
	const struct password_rule *rule = c->svc->passwords;

	return rule != NULL && rule->max_age_s > 0 && user_is_own(u) && !str_empty(u->password)
	    && c->now_s - u->password_s > rule->max_age_s;
}

bool
password_is_stale(const struct call *c, const struct user *u, bool by_password)
{
	return u->must_change || (by_password && is_old(c, u));
}

bool
password_at_grant(struct call *c, const struct user *u, bool by_password)
{
	return c->issuer->policy->session.stale_at_grants == STALE_SKIPPED
	    || !password_is_stale(c, u, by_password) || fail(c, R_PASSWORD_EXPIRED, u->name);
}
