/* oauth/grant/sms.c - a one-time code that was sent to a user's phone. RFC 6749 section 4.5 (extension grants). */
#include "oauth/grant/grant.h"
#include "oauth/session/session.h"

static bool
resolve(struct call *c, struct authority *a)
{
	if (!sms_code_holds(c, &a->user, &a->sms))
		return false;
	c->user_name = a->user.name;
	a->auth.account_type = account_type_asked(c);
	return a->has_user = a->spends_sms = true;
}

static bool
whose(struct call *c, struct user *u)
{
	return store_user_by_phone(c->svc->store, c->mem, realm_name(c->issuer->realm), c->arg[P_PHONE], u) == FOUND;
}

const struct grant grant_sms = {
	.name = "sms", .index = GI_sms, .needs = NEEDS(P_PHONE, P_CODE), .when_missing = R_PARAM_MISSING,
	.reads_users = true, .one_factor = true, .resolve = resolve, .whose = whose,
};
