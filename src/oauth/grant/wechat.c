/*
 * oauth/grant/wechat.c - a user whom WeChat knows: by a code that WeChat exchanges for the openid,
 * or by the bare openid from a confidential client that is marked as trusted to assert it. RFC 6749
 * section 4.5 (extension grants).
 */
#include "oauth/grant/grant.h"
#include "oauth/session/session.h"
#include "login/wechat.h"

static bool
resolve_code(struct call *c, struct authority *a)
{
	struct str open_id = STR_ABSENT;

	if (c->issuer->wechat == NULL)
		return fail_with(c, R_GRANT_UNKNOWN, c->arg[P_GRANT_TYPE]);
	if (!wechat_open_id(c, c->arg[P_CODE], &open_id) || !wechat_user(c, open_id, &a->user))
		return false;
	c->user_name = a->user.name;
	a->auth.account_type = a->user.account_type;
	return a->has_user = user_is_let_in(c, &a->user, a->user.name);
}

/* Marked, whatever the issuer says of marks: an openid is seen by every server that the user's app talks to. */
static bool
resolve_bare(struct call *c, struct authority *a)
{
	if (!client_is_marked(c->client, HABIT_BARE_OPENID))
		return habit_refuse(c, c->client, HABIT_BARE_OPENID, R_GRANT_FORBIDDEN, S("openId"));
	habit_note(c, HABIT_BARE_OPENID);
	return grant_open_id.resolve(c, a);
}

static bool
resolve(struct call *c, struct authority *a)
{
	bool code = call_has(c, P_CODE), bare = call_has(c, P_OPEN_ID);

	if (code == bare)
		return fail(c, R_PARAM_MISSING, SAY("wechat wants openId or code"));
	return code ? resolve_code(c, a) : resolve_bare(c, a);
}

const struct grant grant_wechat = {
	.name = "wechat", .index = GI_wechat, .when_missing = R_PARAM_MISSING, .remote = LANE_WECHAT,
	.reads_users = true, .one_factor = true, .resolve = resolve, .whose = open_id_whose,
};
