/*
 * oauth/client/spend.c - JWTs that count once in a call. Memory tells races apart without a commit (login/once.h); the
 * row goes with what the JWT gives, so it counts once also where this process is killed between.
 */
#include "oauth/client/client.h"

enum once
call_uses_once(struct call *c, const struct dig32 *what, int64_t expires_s, enum reason why)
{
	struct client_evidence *e = &c->evidence;
	enum once first;

	if (e->n_once == ONCE_DUE_MAX || c->svc->used == NULL)
		return ONCE_FULL;
	switch (store_once_used(c->svc->store, what, c->now_s)) {
	case FOUND: return ONCE_AGAIN;
	case FIND_FAILED: fail(c, R_STORE, S("read")); return ONCE_FULL;
	default: break;
	}
	first = once_use(c->svc->used, what, expires_s, c->now_s);
	if (first == ONCE_AGAIN)
		return first;
	/* where memory has no room for it, the row alone decides, as it does between nodes */
	e->once[e->n_once].row = (struct op_once){ .digest = *what, .expires_s = expires_s, .now_s = c->now_s };
	e->once[e->n_once++].why = why;
	return ONCE_FIRST;
}

void
ops_spend_assertion(const struct call *c, struct ops *o)
{
	for (size_t i = 0; i < c->evidence.n_once; i++)
		ops_add(o, OP_ONCE_USE)->once = c->evidence.once[i].row;
}

bool
assertion_is_spent(struct call *c, const struct op_once *lost)
{
	for (size_t i = 0; i < c->evidence.n_once; i++)
		if (memcmp(&c->evidence.once[i].row.digest, &lost->digest, sizeof lost->digest) == 0)
			return fail(c, c->evidence.once[i].why, USED_BEFORE);
	return fail(c, R_CLIENT_ASSERTION, USED_BEFORE);
}

void
assertion_spend_refused(struct call *c)
{
	struct call spends = *c;

	spends.why = R_NONE;
	(void)assertion_spend(&spends);         /* lost or failed: nothing was given by it */
}

bool
assertion_spend(struct call *c)
{
	struct ops o = { .n = 0 };
	size_t lost = 0;

	if (c->evidence.n_once == 0)
		return true;
	if (call_must_wait(c))
		return false;
	ops_spend_assertion(c, &o);
	switch (store_commit(c->svc->store, o.at, o.n, &lost)) {
	case STORE_DONE: c->evidence.n_once = 0; return true;
	case STORE_LOST: return assertion_is_spent(c, &o.at[lost].once);
	default: return fail(c, R_STORE, S("commit"));
	}
}
