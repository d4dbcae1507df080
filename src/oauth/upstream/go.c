/* oauth/upstream/go.c - a user goes in by an identity that has just been shown to be theirs. */
#include "oauth/upstream/upstream_int.h"

struct identity
upstream_identity(const struct call *c, const struct somebody *p, const struct id16 *user)
{
	return (struct identity){ .realm = realm_name(c->issuer->realm), .provider = p->provider, .subject = p->subject,
		.user = *user, .shown = p->shown, .linked_s = c->now_s, .last_s = c->now_s };
}

void
upstream_spends(struct call *c, struct ops *o, const struct somebody *p)
{
	ops_add(o, OP_ONCE_USE)->once =
	    (struct op_once){ .digest = p->once, .expires_s = c->now_s + 2 * LOGIN_WAY_TTL_S, .now_s = c->now_s };
}

bool
upstream_go(struct call *c, const struct user *u, const struct somebody *p, bool add, struct answer *a)
{
	struct identity row = upstream_identity(c, p, &u->id);
	struct ops o = { .n = 0 };
	struct login_proof by = { .first = &o, .lost = R_UPSTREAM_STATE, .amr = p->amr, .auth_s = p->auth_s,
		.by_password = p->by_password };

	upstream_spends(c, &o, p);
	if (add)
		by.link = &row;
	else
		ops_add(&o, OP_IDENTITY_USED)->identity = &row;
	return login_go(c, u, &by, a);
}
