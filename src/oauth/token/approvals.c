/* oauth/token/approvals.c - what a user has allowed a client, so that the same need not be asked again. */
#include "oauth/token/token.h"

bool
approvals_remember(struct call *c, const struct client *k, const struct session *s, struct str allowed,
    const struct str *more, size_t n_more, struct ops *o)
{
	struct scope_words w;
	struct approval *rows;
	struct store_op *op;

	if (c->issuer->policy->consent.memory != MEMORY_APPROVALS || !scope_split(c->issuer->policy, allowed, &w))
		return true;
	rows = arena_array(c->mem, struct approval, w.n + n_more);
	if (rows == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	for (size_t i = 0; i < w.n + n_more; i++)
		rows[i] = (struct approval){ .issuer = c->issuer->name,
			.client = k->id,
			.scope = i < w.n ? w.at[i] : more[i - w.n],
			.user = s->user,
			.expires_s = expiry(c->now_s, c->issuer->policy->consent.approval_ttl_s) };
	op = ops_add(o, OP_APPROVALS_PUT);
	op->approvals.rows = rows;
	op->approvals.n = w.n + n_more;
	return true;
}
