/* oauth/session/passkey_factor.c - a passkey as a second factor: a row of oauth/factors.def. */
#include "oauth/session/factor_kinds.h"

bool
passkey_check(struct call *c, const struct factor_try *t, struct ops *o)
{
	struct passkey_proof *p = arena_new(c->mem, struct passkey_proof);

	if (p == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	if (!passkey_is_right(c, PASSKEY_FACTOR, t->secret, t->u, p))
		return false;
	ops_spend_passkey(p, o);
	return true;
}

bool
passkey_begin(struct call *c, const struct factor_try *t, struct answer *a)
{
	return passkey_ask(c, PASSKEY_FACTOR, t->secret, t->u, a);
}
