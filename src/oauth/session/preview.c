/* oauth/session/preview.c - a login that is taken to have succeeded, in a store that is nobody's. See oauth/preview.h. */
#include "oauth/preview.h"

#include "oauth/session/factor.h"

static enum reason
refusal(const struct user *u)
{
	if (!u->enabled)
		return R_USER_DISABLED;
	return user_may_enter(u) ? R_NONE : R_USER_LOCKED;
}

/* Words of RFC 8176, as the pages would note them. */
static struct str
amr_of(struct call *c, const struct factor_set *has, bool factor)
{
	struct str pwd = S("pwd");

	for (size_t i = 0; factor && i < has->n; i++) {
		enum factor_kind kind = factor_named(has->at[i].kind);

		if (kind < FACTOR_COUNT && (factor_rows[kind].flags & FACTOR_STANDS))
			return amr_joined(c, pwd, str_of(factor_rows[kind].amr));
	}
	return pwd;
}

bool
preview_login(struct call *c, const struct user *u, struct preview_login *out)
{
	struct factor_set *has = arena_new(c->mem, struct factor_set);
	struct user *here = arena_new(c->mem, struct user);
	struct saved nothing = { .url = STR_ABSENT };
	struct beginning b = { .u = here, .account_type = c->arg[P_ACCOUNT_TYPE], .auth_s = c->now_s, .lost = R_INTERNAL };

	*out = (struct preview_login){ .why = refusal(u) };
	if (out->why != R_NONE)
		return false;
	if (has == NULL || here == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	if (store_user_by_id(c->svc->store, c->mem, u->realm, &u->id, here) != FOUND)
		return fail(c, R_STORE, S("user"));
	if (c->issuer->policy->factor.rule != SECOND_FACTOR_OFF && !factors_of(c, here, has))
		return false;
	out->factor = login_needs_factor(c, here, has);
	out->new_password = password_is_stale(c, u, true);
	b.amr = amr_of(c, has, out->factor);
	b.factor_s = out->factor ? c->now_s : 0;
	return session_begin(c, &b, &nothing) == STORE_DONE;
}
