/*
 * oauth/defer.c - a call that waits for no commit. What it gives is left to the store's writer,
 * after everything else is done; what else it would have to write first (a code that was replayed,
 * a guess to be counted) makes it one that waits, elsewhere and from the start.
 */
#include "oauth/oauth_int.h"

void
call_defers(struct call *c, struct call *before)
{
	*before = *c;
	c->defers = true;
}

bool
call_must_wait(struct call *c)
{
	if (!c->defers)
		return false;
	c->waits = true;
	fail(c, R_STORE, S("commit"));          /* ends the way through the endpoint; nobody is told */
	return true;
}

bool
call_leaves(struct call *c, const struct ops *o)
{
	struct ops *left = c->left == NULL ? arena_new(c->mem, struct ops) : NULL;

	if (left == NULL)
		return !call_must_wait(c);
	*left = *o;
	c->left = left;
	return true;
}

/* As it was before, but for that a commit was left. */
static bool
call_kept(struct call *c, const struct call *before)
{
	struct call *kept = arena_new(c->mem, struct call);

	if (kept != NULL)
		*kept = *before;
	c->before = kept;
	return kept != NULL;
}

enum token_next
call_left(struct call *c, const struct call *before, const struct store_op **ops, size_t *n)
{
	c->waits |= c->why != R_NONE && c->evidence.n_once > 0;
	if (call_waits(c, before))
		return TOKEN_RACES;
	if (c->left == NULL || c->why != R_NONE)
		return TOKEN_ANSWERED;
	if (!call_kept(c, before)) {
		*c = *before;
		return TOKEN_RACES;
	}
	*ops = c->left->at;
	*n = c->left->n;
	return TOKEN_PREPARED;
}

void
call_begins_again(struct call *c)
{
	if (c->before != NULL)
		*c = *c->before;
}

bool
call_waits(struct call *c, const struct call *before)
{
	bool waits = c->waits;

	if (waits)
		*c = *before;
	c->defers = false;
	return waits;
}
