/* import/live.c - live tokens that cannot be taken over one by one: counted, and said. */
#include "import/live.h"
#include "jose/jose.h"

bool
is_signed(struct arena *mem, struct str text)
{
	struct jwt t;

	return jwt_peek(mem, text, &t);
}

void
live_add(struct spring *x, struct live_counts *c, const struct spring_token *t)
{
	const char *z = str_given(t->user) ? arena_z(x->scratch, t->user) : NULL;

	if (c->users == NULL)
		c->users = json_object();
	if (z != NULL && json_object_get(x->plan->names, z) == NULL && json_object_get(c->users, z) == NULL) {
		json_object_set_new(c->users, z, json_true());
		finding_add(x->plan, FIND_USER, ARENA_CAT(x->scratch, SAY("token of client "), t->client), t->user);
	}
	spring_token_add(x->plan, x->options, t);
}

/* "UTC+08:00" */
static struct str
zone_text(struct arena *mem, int64_t zone_s)
{
	int minutes = (int)(zone_s < 0 ? -zone_s : zone_s) / 60;

	return zone_s == 0 ? S("UTC") : arena_printf(mem, "UTC%c%02d:%02d", zone_s < 0 ? '-' : '+',
	    minutes / 60, minutes % 60);
}

void
live_tell(struct spring *x, struct str table, struct live_counts *c)
{
	static const enum finding of[LIVE_COUNT] = {
		[LIVE_SIGNED] = FIND_LIVE_SIGNED, [LIVE_OPAQUE] = FIND_LIVE_OPAQUE, [LIVE_CODE] = FIND_LIVE_CODE,
		[LIVE_ENDED] = FIND_LIVE_ENDED, [LIVE_ORPHAN] = FIND_LIVE_ORPHAN, [LIVE_SEALED] = FIND_LIVE_SEALED,
	};
	bool any = false;

	for (int i = 0; i < LIVE_COUNT; i++)
		any = any || c->n[i] > 0;
	if (any || json_array_size(x->plan->tokens) > 0)
		finding_add(x->plan, FIND_ZONE, ARENA_CAT(x->mem, S("table "), table),
		    zone_text(x->mem, x->options->zone_s));
	for (int i = 0; i < LIVE_COUNT; i++)
		if (c->n[i] > 0)
			finding_add(x->plan, of[i], ARENA_CAT(x->mem, S("table "), table),
			    arena_printf(x->mem, "%lld", (long long)c->n[i]));
	json_decref(c->users);
	c->users = NULL;
}
