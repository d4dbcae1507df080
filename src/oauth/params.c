/*
 * oauth/params.c - the parameters of a call: which were sent, and the values of those that may be
 * sent more than once.
 */
#include <assert.h>

#include "oauth/call.h"

void
call_put(struct call *c, enum param p, struct str value)
{
	c->arg[p] = value;
	bits_put(c->given, p, str_given(value));
}

bool
call_add(struct call *c, enum param p, struct str value)
{
	struct param_value *one = arena_new(c->mem, struct param_value), **end = &c->repeated;

	assert(param_flags[p] & PF_REPEATS);
	if (one == NULL)
		return false;
	if (!call_has(c, p)) {
		c->arg[p] = value;
		bits_put(c->given, p, true);
	}
	*one = (struct param_value){ .is = p, .value = value };
	while (*end != NULL)
		end = &(*end)->next;
	*end = one;
	return true;
}

const struct param_value *
call_next(const struct call *c, enum param p, const struct param_value *after)
{
	const struct param_value *v = after != NULL ? after->next : c->repeated;

	while (v != NULL && v->is != p)
		v = v->next;
	return v;
}
