/* oauth/grant/refresh_token.c - a refresh token for new tokens. RFC 6749 section 6, rotation RFC 9700 section 4.14. */
#include "oauth/grant/grant.h"
#include "oauth/openid/openid.h"
#include "oauth/session/session.h"

static bool
find_opaque(struct call *c, const struct issuer *i, struct family *f, int64_t *generation)
{
	return refresh_find(c, i, c->arg[P_REFRESH_TOKEN], f, generation)
	    || fail_with(c, R_REFRESH_UNKNOWN, c->arg[P_REFRESH_TOKEN]);
}

/* A JWT refresh token names its family as jti and the access token beside it as ati, which makes it no access token. */
static bool
find_by_jwt(struct call *c, const struct issuer *i, struct family *f, int64_t *generation)
{
	struct jwt t;
	struct id16 id;

	if (!jwt_verify(c->mem, i->keys, c->arg[P_REFRESH_TOKEN], &t))
		return fail(c, R_REFRESH_MALFORMED, STR_ABSENT);
	if (!str_given(json_member_str(t.claims, "ati")))
		return fail(c, R_REFRESH_IS_ACCESS, STR_ABSENT);
	if (!uuid_read(json_member_str(t.claims, "jti"), id.b))
		return fail(c, R_REFRESH_MALFORMED, STR_ABSENT);
	if (!store_answered(c, store_family(c->svc->store, c->mem, &id, f)))
		return fail_with(c, R_REFRESH_UNKNOWN, c->arg[P_REFRESH_TOKEN]);
	*generation = ati_generation(i, c->mem, f, json_member_str(t.claims, "ati"));
	return true;
}

static bool
find_at(struct call *c, const struct issuer *i, struct authority *a, int64_t *generation)
{
	bool found;

	a->from = i;
	found = i->policy->refresh.shape == SHAPE_JWT ? find_by_jwt(c, i, &a->family, generation)
						      : find_opaque(c, i, &a->family, generation);
	return found && (str_eq(a->family.auth.issuer, i->name)
	    || fail_with(c, R_REFRESH_UNKNOWN, c->arg[P_REFRESH_TOKEN]));
}

/* Here, or at an issuer whose tokens are honoured during a migration; the failure told is that of this issuer. */
static bool
refresh_evidence(struct call *c, struct authority *a, int64_t *generation)
{
	struct call own;

	if (find_at(c, c->issuer, a, generation))
		return true;
	own = *c;
	for (const struct issuer *const *i = c->issuer->accepted; own.why != R_STORE && i != NULL && *i != NULL; i++) {
		c->why = R_NONE;
		if (find_at(c, *i, a, generation))
			return true;
	}
	*c = own;
	return false;
}

static bool
revoke_and_fail(struct call *c, const struct family *f, enum reason why)
{
	struct ops o = { .n = 0 };

	ops_add(&o, OP_FAMILY_REVOKE)->family = f;
	if (!commit_or_fail(c, &o))
		return false;
	return fail_with(c, why, c->arg[P_REFRESH_TOKEN]);
}

static bool
family_is_usable(struct call *c, const struct family *f)
{
	if (!f->refreshable)
		return fail_with(c, R_REFRESH_UNKNOWN, c->arg[P_REFRESH_TOKEN]);
	if (!str_eq(f->auth.client, c->client->id))
		return fail_with(c, R_REFRESH_OTHER_CLIENT, c->arg[P_REFRESH_TOKEN]);
	if (f->state != FAMILY_LIVE || ancestors_live(c, &f->auth) < 0)
		return fail_with(c, R_REFRESH_REVOKED, c->arg[P_REFRESH_TOKEN]);
	if (expired(f->expires_s, c->now_s))
		return revoke_and_fail(c, f, R_REFRESH_EXPIRED);
	return true;
}

/*
 * In both directions, for two threads that race have not read the clock in the order they commit;
 * and no longer when it is set back.
 */
static bool
rotated_just_now(const struct call *c, const struct authority *a)
{
	int64_t since_ms = c->now_ms - a->family.rotated_ms, grace_ms = a->from->policy->refresh.grace_ms;

	return since_ms < grace_ms && -since_ms < grace_ms;
}

/*
 * The current generation rotates. The one before it, within the window of that first rotation, gets
 * the same successor again: a client whose answer was lost, or whose threads raced. Anything older
 * is theft: the family dies.
 */
static bool
generation_is_due(struct call *c, struct authority *a, int64_t presented)
{
	if (refresh_is_reused(a->from, c->client))
		return true;
	if (presented == a->family.generation && a->from != c->issuer)
		return true;                    /* it moves to this issuer: see family_moves */
	if (presented == a->family.generation)
		return a->rotates = true;
	if (presented == a->family.generation - 1 && rotated_just_now(c, a))
		return a->repeats = true;
	if (presented > a->family.generation)
		return fail_with(c, R_REFRESH_UNKNOWN, c->arg[P_REFRESH_TOKEN]);
	return revoke_and_fail(c, &a->family, R_REFRESH_REPLAYED);
}

static bool
user_is_there(struct call *c, struct authority *a)
{
	if (id_none(&a->family.auth.user))
		return true;
	if (!user_again(c, &a->family.auth.user, true, &a->user))
		return fail(c, R_USER_DISABLED, a->family.auth.user_name);
	return a->has_user = user_is_let_in(c, &a->user, a->family.auth.user_name);
}

/* Its time may be over without anybody having ended it: then what was given in it is over too. */
static bool
session_goes_on(struct call *c, struct authority *a)
{
	struct authorization_extra x;
	struct session s;

	if (!c->issuer->policy->session.ends_refresh || a->from != c->issuer || id_none(&a->family.auth.user))
		return true;
	if (!authorization_extra_get(c->mem, &a->family.auth, &x))
		return fail(c, R_INTERNAL, S("extra"));
	if (str_empty(x.sid) || session_by_name(c, &a->family.auth.user, a->family.auth.client, x.sid, &s))
		return true;
	return c->why == R_NONE && revoke_and_fail(c, &a->family, R_REFRESH_REVOKED);
}

/* RFC 6749 section 6: narrower, never wider; for this access token only. */
static bool
scope_is_narrower(struct call *c, struct authority *a)
{
	struct scope_words w;
	struct str foreign;

	a->auth = a->family.auth;
	if (!scope_split(c->issuer->policy, c->arg[P_SCOPE], &w))
		return fail_with(c, R_SCOPE_UNKNOWN, S("..."));
	if (w.n == 0)
		return true;
	if (c->issuer->policy->scope.is_sorted)
		scope_sort(&w);
	c->allowed = a->family.auth.scope;
	if (!scope_within(&w, a->family.auth.scope, &foreign))
		return fail_with(c, R_SCOPE_WIDER, scope_join(c->mem, &w, S(", ")));
	a->auth.scope = scope_join(c->mem, &w, S(" "));
	return true;
}

/*
 * A token of another issuer begins a family here; the old one ends unless its issuer lets refresh
 * tokens be used again.
 */
static void
family_moves(struct call *c, struct authority *a)
{
	if (a->from == c->issuer)
		return;
	a->moved = a->family;
	a->has_family = false;
}

static bool
resolve(struct call *c, struct authority *a)
{
	int64_t presented = 0;

	if (str_empty(c->arg[P_REFRESH_TOKEN]) && c->issuer->policy->refresh.shape != SHAPE_JWT)
		return fail(c, R_REFRESH_MISSING, STR_ABSENT);
	if (!refresh_evidence(c, a, &presented) || !family_is_usable(c, &a->family)
	    || !session_goes_on(c, a)
	    || !generation_is_due(c, a, presented) || !user_is_there(c, a) || !scope_is_narrower(c, a))
		return false;
	a->has_family = a->is_refresh = a->wants_refresh = true;
	family_moves(c, a);
	if (a->from == c->issuer && refresh_is_reused(c->issuer, c->client)
	    && habit_is_allowed(c->issuer, c->client, HABIT_REFRESH_REUSE))
		habit_note(c, HABIT_REFRESH_REUSE);
	return true;
}

static bool
whose(struct call *c, struct user *u)
{
	struct authority a = { .has_user = false };
	int64_t generation;

	return refresh_evidence(c, &a, &generation) && !id_none(&a.family.auth.user)
	    && store_user_by_id(c->svc->store, c->mem, realm_name(c->issuer->realm), &a.family.auth.user, u) == FOUND;
}

const struct grant grant_refresh_token = {
	.name = "refresh_token", .index = GI_refresh_token, .when_missing = R_REFRESH_MISSING,
	.scope = SCOPE_NARROWED, .refreshes = true, .only_store = true, .resolve = resolve, .whose = whose,
};
