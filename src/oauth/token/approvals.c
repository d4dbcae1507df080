/* oauth/token/approvals.c - what a user has allowed a client, so that the same need not be asked again. */
#include "oauth/token/token.h"

bool
approvals_remember(struct call *c, const struct client *k, const struct session *s, struct str allowed, struct ops *o)
{
	struct scope_words w;
	struct approval *rows;
	struct store_op *op;

	if (c->issuer->policy->consent.memory != MEMORY_APPROVALS || !scope_split(c->issuer->policy, allowed, &w))
		return true;
	rows = arena_array(c->mem, struct approval, w.n);
	if (rows == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	for (size_t i = 0; i < w.n; i++)
		rows[i] = (struct approval){ .issuer = c->issuer->name,
			.client = k->id,
			.scope = w.at[i],
			.user = s->user,
			.expires_s = expiry(c->now_s, c->issuer->policy->consent.approval_ttl_s) };
	op = ops_add(o, OP_APPROVALS_PUT);
	op->approvals.rows = rows;
	op->approvals.n = w.n;
	return true;
}
