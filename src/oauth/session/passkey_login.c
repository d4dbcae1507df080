/* oauth/session/passkey_login.c - a login without a password: a passkey that names its user, and asked who it was. */
#include "oauth/session/passkey.h"

static bool
once(struct call *c, struct answer *a)
{
	struct passkey_proof *p = arena_new(c->mem, struct passkey_proof);
	struct ops spend = { .n = 0 };
	struct login_proof proof = { .amr = S(PASSKEY_AMR), .two_factors = true, .with = &spend, .lost = R_PASSKEY };
	struct saved saved;

	saved_of_form(c, &saved);
	if (p == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	if (passkey_holds(c, PASSKEY_LOGIN, saved.nonce, NULL, p)) {
		ops_spend_passkey(p, &spend);
		if (login_go(c, &p->user, &proof, a))
			return true;
	}
	return false;
}

/* What the visitor is told on the login page; everything else is a fault. */
static bool
is_told(enum reason why)
{
	return why == R_PASSKEY || why == R_WAIT || why == R_USER_DISABLED || why == R_USER_LOCKED;
}

struct answer
passkey_login(struct call *c)
{
	struct answer a;

	for (int i = 0; i < RACES_MAX; i++) {
		if (once(c, &a))
			return a;
		if (c->why != R_NONE)
			return is_told(c->why) ? login_go_failed(c, c->why) : answer_fault(c);
	}
	return login_too_busy(c);
}
