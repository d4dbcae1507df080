/* oauth/session/wechat.c - a user whom WeChat knows, by a code that it exchanges for the openid. */
#include "oauth/session/session.h"
#include "login/wechat.h"

bool
wechat_open_id(struct call *c, struct str code, struct str *open_id)
{
	struct throttle_key from = throttle_address(c->peer);

	if (!may_try(c, &from, S("wechat")))
		return false;
	switch (wechat_exchange(c->mem, c->issuer->wechat, code, open_id)) {
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

bool
wechat_user(struct call *c, struct str open_id, struct user *u)
{
	if (user_find(c, TABLE_BY_OPEN_ID, open_id, u))
		return true;
	if (c->why != R_NONE)
		return false;
	return c->issuer->wechat->create ? user_create(c, open_id, u) : fail(c, R_OPEN_ID_UNKNOWN, open_id);
}
