/*
 * oauth/grant/open_id.c - a client asserts who the user is by the id that a social network gave it.
 * RFC 6749 section 4.5 (extension grants). The id proves nothing, so the client must be
 * confidential and, where the issuer asks for marks, marked as trusted to say so.
 */
#include "oauth/grant/grant.h"
#include "oauth/session/session.h"

static bool
resolve(struct call *c, struct authority *a)
{
	struct throttle_key from = throttle_address(c->peer);

	if (client_is_public(c->client))
		return fail_with(c, R_GRANT_FORBIDDEN, S("openId"));
	if (!may_try(c, &from, S("open ids")))
		return false;
	if (str_empty(c->arg[P_OPEN_ID]) || !user_find(c, TABLE_BY_OPEN_ID, c->arg[P_OPEN_ID], &a->user)
	    || !account_type_fits(c, &a->user))
		/* by address, like wrong passwords */
		return c->why == R_NONE && try_counted(c, &from) && fail(c, R_OPEN_ID_UNKNOWN, STR_ABSENT);
	c->user_name = a->user.name;
	a->auth.account_type = account_type_asked(c);
	return a->has_user = user_is_let_in(c, &a->user, a->user.name);
}

bool
open_id_whose(struct call *c, struct user *u)
{
	return store_user_by_open_id(
		   c->svc->store, c->mem, realm_name(c->issuer->realm), c->arg[P_OPEN_ID], u)
	    == FOUND;
}

const struct grant grant_open_id = {
	.name = "open_id", .index = GI_open_id, .needs = NEEDS(P_OPEN_ID), .when_missing = R_PARAM_MISSING,
	.weak = true, .habit = HABIT_BARE_OPENID, .reads_users = true, .one_factor = true, .resolve = resolve, .whose = open_id_whose,
};
