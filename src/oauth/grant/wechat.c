/*
 * oauth/grant/wechat.c - a user whom WeChat knows: by a code that WeChat exchanges for the openid,
 * or by the bare openid from a confidential client that is marked as trusted to assert it. RFC 6749
 * section 4.5 (extension grants).
 */
#include "oauth/grant/grant.h"
#include "oauth/session/session.h"
#include "login/wechat.h"

static bool
open_id_by_code(struct call *c, struct str *open_id)
{
	struct throttle_key from = throttle_address(c->peer);

	if (!may_try(c, &from, S("wechat")))
		return false;
	switch (wechat_exchange(c->mem, c->issuer->wechat, c->arg[P_CODE], open_id)) {
	case WECHAT_OK:
		return true;
	case WECHAT_WRONG:
		return try_counted(c, &from) && fail(c, R_CODE_UNKNOWN, S("wechat"));
	default:
		c->retry_after_s = DOWN_RETRY_S;
		return fail(c, R_WECHAT, STR_ABSENT);
	}
}

static bool
user_create(struct call *c, struct str open_id, struct user *u)
{
	struct store_op op = { .kind = OP_USER_ADD, .user = u };
	enum store_result r;

	*u = (struct user){ .realm = realm_name(c->issuer->realm),
		.name = ARENA_CAT(c->mem, S("wechat-"), open_id),
		.display_name = S(""),
		.phone = S(""),
		.email = S(""),
		.open_id = open_id,
		.account_type = S("wechat"),
		.password = S(""),
		.authorities = S("ROLE_USER"),
		.enabled = true,
		.created_s = c->now_s,
		.updated_s = c->now_s,
		.version = store_version_new() };
	rand_id(u->id.b);
	r = store_commit(c->svc->store, &op, 1, NULL);
	if (r == STORE_DONE)
		return true;
	if (r == STORE_LOST && store_user_by_open_id(c->svc->store, c->mem, u->realm, open_id, u) == FOUND)
		return true;                    /* two first logins at once */
	return fail(c, R_STORE, S("wechat"));
}

static bool
user_of(struct call *c, struct str open_id, struct user *u)
{
	if (user_find(c, TABLE_BY_OPEN_ID, open_id, u))
		return true;
	if (c->why != R_NONE)
		return false;
	return c->issuer->wechat->create ? user_create(c, open_id, u) : fail(c, R_OPEN_ID_UNKNOWN, open_id);
}

static bool
resolve_code(struct call *c, struct authority *a)
{
	struct str open_id = STR_ABSENT;

	if (c->issuer->wechat == NULL)
		return fail_with(c, R_GRANT_UNKNOWN, c->arg[P_GRANT_TYPE]);
	if (!open_id_by_code(c, &open_id) || !user_of(c, open_id, &a->user))
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
	.reads_users = true, .resolve = resolve, .whose = open_id_whose,
};
