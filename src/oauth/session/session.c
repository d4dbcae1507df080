/*
 * oauth/session/session.c - who is logged in at this issuer; CSRF tokens. A session row exists only
 * for a logged-in user; what there is before is saved.c.
 */
#include "oauth/session/session.h"

#define SEEN_STEP_S  60

static struct str
csrf_under(const struct token_key *key, const struct call *c, struct str secret)
{
	uint8_t mac[DIGEST_SIZE];

	HMAC256(mac, token_key_str(key), S("csrf"), secret);
	return b64url_encode(c->mem, str_span(mac, 18));
}

struct str
csrf_token(const struct call *c, struct str secret)
{
	return csrf_under(token_key_now(c->issuer), c, secret);
}

/* A form may have been given out before the token key was replaced. */
static bool
csrf_is_ours(const struct call *c, struct str secret)
{
	const struct keyring *ring = c->issuer->keys;

	for (size_t k = 0; k < ring->n_token_keys && !ring->token_keys[k].revoked; k++)
		if (str_eq_secret(c->arg[P_CSRF], csrf_under(&ring->token_keys[k], c, secret)))
			return true;
	return false;
}

/*
 * A token that was sent must be right. One that was not is forgiven only where the policy says so
 * and no header shows another site.
 */
bool
csrf_holds(struct call *c, struct str secret)
{
	if (c->site == SITE_CROSS)
		return fail(c, R_CROSS_SITE, STR_ABSENT);
	if (str_empty(c->arg[P_CSRF]))
		return !c->issuer->policy->session.csrf_required || fail(c, R_CSRF, SAY("no token"));
	return csrf_is_ours(c, secret) || fail(c, R_CSRF, SAY("wrong token"));
}

struct str
session_acr(const struct policy *policy, const struct session *s)
{
	return s->factor_s > 0 && !str_empty(policy->token.acr_second_factor) ? policy->token.acr_second_factor
									      : policy->token.acr;
}

bool
acr_suffices(const struct policy *policy, struct str wanted, struct str acr)
{
	if (str_empty(acr))
		return false;
	return str_has_word(wanted, acr, ' ')
	    || (!str_empty(policy->token.acr) && str_eq(acr, policy->token.acr_second_factor)
		&& str_has_word(wanted, policy->token.acr, ' '));
}

struct dig32
session_digest(const struct issuer *i, struct str cookie)
{
	return digest_of(i, S("session"), cookie);
}

bool
session_used(struct call *c, const struct session *s, struct ops *o)
{
	struct session *now = arena_new(c->mem, struct session);

	if (now == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	*now = *s;
	now->seen_s = c->now_s;
	now->client = c->client->id;
	ops_add(o, OP_SESSION_USED)->session = now;
	return true;
}

static bool
idle_too_long(const struct call *c, const struct session *s)
{
	int64_t idle = c->issuer->policy->session.idle_s;

	return idle > 0 && c->now_s - s->seen_s > idle;
}

/*
 * Not so when it was seen in a future that a clock set back has taken away: then it is noted anew,
 * or it would never be idle.
 */
static bool
seen_just_now(const struct call *c, const struct session *s)
{
	return c->now_s - s->seen_s < SEEN_STEP_S && s->seen_s - c->now_s < SEEN_STEP_S;
}

bool
session_touch(struct call *c, struct session *s)
{
	struct store_op op = { .kind = OP_SESSION_TOUCH, .session = s };

	if (c->issuer->policy->session.idle_s == 0 || seen_just_now(c, s))
		return true;
	if (call_must_wait(c))
		return false;
	s->seen_s = c->now_s;
	switch (store_commit(c->svc->store, &op, 1, NULL)) {
	case STORE_DONE: return true;
	case STORE_LOST: return false;          /* it has ended meanwhile, and must not come back by this */
	default: return fail(c, R_STORE, S("commit"));
	}
}

bool
session_lives(const struct call *c, const struct session *s)
{
	return !expired(s->expires_s, c->now_s) && !idle_too_long(c, s);
}

bool
session_is_fresh(const struct call *c, const struct session *s)
{
	int64_t age = c->now_s - s->auth_s;

	return age >= 0 && age <= c->issuer->policy->account.fresh_s;
}

bool
session_by_cookie(struct call *c, struct str cookie, struct session *out)
{
	struct dig32 digest = session_digest(c->issuer, cookie);

	return store_answered(c, store_session(c->svc->store, c->mem, &digest, out))
	    && str_eq(out->issuer, c->issuer->name) && session_lives(c, out);
}

bool
session_find(struct call *c, struct session *out)
{
	if (str_empty(c->session_cookie) || !session_by_cookie(c, c->session_cookie, out))
		return false;
	c->user_name = out->user_name;
	return true;
}

bool
session_is_live(struct call *c, struct session *out)
{
	struct session s;

	return session_find(c, out != NULL ? out : &s);
}

bool
user_of_session(struct call *c, const struct session *s, struct user *out)
{
	return store_answered(c, store_user_by_id(c->svc->store, c->mem, realm_name(c->issuer->realm), &s->user, out))
	    && user_holds(c, out, false) && user_may_enter(out);
}

bool
user_of_session_again(struct call *c, const struct session *s, struct user *out)
{
	return user_again(c, &s->user, false, out) && user_may_enter(out);
}
