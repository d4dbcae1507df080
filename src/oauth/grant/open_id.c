/*
 * oauth/grant/open_id.c - a client asserts who the user is by the id that a social network gave it. RFC 6749 section 4.5 (extension
 * grants). The id proves nothing, so the client must be confidential and, where the issuer asks for marks, marked as trusted to say so.
 */
#include "oauth/oauth_int.h"

/* Wrong ids are counted by address, like wrong passwords. */
static bool
is_wrong(struct call *c, const struct throttle_key *from)
{
	if (!throttle_is_none(from) && !throttle_count(c->svc->store, &c->svc->throttle, from, 1, c->now_ms))
		return fail(c, R_STORE, S("throttle"));
	return fail(c, R_OPEN_ID_UNKNOWN, STR_ABSENT);
}

static bool
resolve(struct call *c, struct authority *a)
{
	struct throttle_key from = throttle_address(c->peer);
	int64_t wait_ms = throttle_is_none(&from) ? 0 : throttle_wait_ms(c->svc->store, &c->svc->throttle, &from, c->now_ms);

	if (client_is_public(c->client))
		return fail_with(c, R_GRANT_FORBIDDEN, S("openId"));
	if (wait_ms > 0) {
		c->retry_after_s = (wait_ms + 999) / 1000;
		return fail(c, R_WAIT, S("open ids"));
	}
	if (str_empty(c->arg[P_OPEN_ID]) || !user_find(c, TABLE_BY_OPEN_ID, c->arg[P_OPEN_ID], &a->user) || !account_type_fits(c, &a->user))
		return c->why == R_NONE && is_wrong(c, &from);
	c->user_name = a->user.name;
	if (!a->user.enabled)
		return fail(c, R_USER_DISABLED, a->user.name);
	if (a->user.locked)
		return fail(c, R_USER_LOCKED, a->user.name);
	a->account_type = account_type_asked(c);
	return a->has_user = true;
}

const struct grant grant_open_id = {
	.name = "open_id", .index = GI_open_id, .needs = BIT(P_OPEN_ID), .when_missing = R_PARAM_MISSING,
	.weak = true, .habit = HABIT_BARE_OPENID, .resolve = resolve,
};
