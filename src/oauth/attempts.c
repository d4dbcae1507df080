/*
 * oauth/attempts.c - guesses that are counted outside of login_password: codes, numbers and ids.
 * RFC 6749 section 10.10.
 */
#include "oauth/oauth_int.h"

bool
may_try(struct call *c, const struct throttle_key *k, struct str what)
{
	int64_t wait_ms = throttle_is_none(k) ? 0 : throttle_wait_ms(c->svc->store, &c->svc->throttle, k, c->now_ms);

	if (wait_ms <= 0)
		return true;
	c->retry_after_s = (wait_ms + 999) / 1000;
	return fail(c, R_WAIT, what);
}

bool
try_counted(struct call *c, const struct throttle_key *k)
{
	return tries_counted(c, k, 1);
}

bool
tries_counted(struct call *c, const struct throttle_key *k, size_t n)
{
	if (call_must_wait(c))
		return false;
	return throttle_count(c->svc->store, &c->svc->throttle, k, n, c->now_ms) || fail(c, R_STORE, S("throttle"));
}
