/* oauth/session/half_of.c - what was proven so far, sealed for the page that asks for the rest. */
#include "oauth/session/factor.h"

bool
half_of_proof(struct call *c, const struct user *u, const struct login_proof *p, enum half_lacks lacks,
    struct saved *saved, struct str *half)
{
	struct half_login h = { .lacks = lacks, .user = u->id, .version = u->version, .begun_s = c->now_s,
		.auth_s = proven_s(c, p), .amr = p->amr, .account_type = c->arg[P_ACCOUNT_TYPE],
		.by_password = lacks == HALF_PASSWORD || p->by_password,
		.two_factors = lacks == HALF_PASSWORD && p->two_factors };

	if (p->link != NULL)
		h.link = *p->link;
	if (!proof_is_spent(c, u, p))
		return false;
	if (str_empty(saved->nonce))
		c->set_saved = saved_write(c, saved);
	*half = half_write(c, &h, saved->nonce);
	return str_given(*half) || fail(c, R_INTERNAL, S("memory"));
}
