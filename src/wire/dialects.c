/* wire/dialects.c - the built-in dialects by name. */
#include "wire/wire_int.h"

const struct wire *const wires[] = { &wire_modern, &wire_spring, &wire_taroco, &wire_zlt, &wire_rageframe,
	&wire_connect, NULL };

const struct wire *
wire_named(struct str name)
{
	for (size_t i = 0; wires[i] != NULL; i++)
		if (str_is(name, wires[i]->name))
			return wires[i];
	return NULL;
}

struct str
wire_name(const struct wire *w)
{
	return str_of(w->name);
}

bool
wire_keeps_profiles(const struct wire *w)
{
	return w->strict;
}

void
wire_defaults(const struct wire *w, struct policy *policy, struct style *style)
{
	*policy = w->policy;
	*style = w->style;
}
