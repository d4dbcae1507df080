/*
 * oauth/token/status.c - the place of a signed access token in a status list of its issuer.
 * draft-ietf-oauth-status-list-21 section 6.2, 13.3.
 */
#include "oauth/status_lists.h"
#include "oauth/token/token.h"

#define DRAWS_MAX 32            /* of a list that is not full: seven in eight are taken at most */

/* A free place of this list, at random: neighbours in time are none in the list. False: none was drawn, or c->why. */
static bool
place_draw(struct call *c, struct status_entry *e)
{
	uint32_t random;

	for (int i = 0; i < DRAWS_MAX; i++) {
		rand_bytes(&random, sizeof random);
		e->idx = random % STATUS_PLACES;
		if (!store_answered(c, store_status_taken(c->svc->store, e)))
			return c->why == R_NONE;
	}
	return false;
}

static bool
place_find(struct call *c, struct status_entry *e)
{
	struct status_list newest;

	e->list = 1;
	if (store_answered(c, store_status_newest(c->svc->store, c->issuer->name, &newest)))
		e->list = newest.list + (newest.used >= STATUS_FULL);
	if (c->why != R_NONE)
		return false;
	if (place_draw(c, e))
		return true;
	e->list++;
	return c->why == R_NONE && (place_draw(c, e) || (c->why == R_NONE && fail(c, R_INTERNAL, S("status list"))));
}

/* To which family and generation introspection would find this jti to lead. */
static void
entry_about(struct call *c, const struct authority *a, struct status_entry *e)
{
	struct id16 family;

	if (a->has_family)
		e->family = a->family.id;
	if (jti_read(c->issuer, a->jti, &family, &e->generation) != JTI_LEADS_TO_FAMILY)
		e->generation = -1;
}

bool
status_place(struct call *c, const struct authority *a, struct str *claim, struct ops *o)
{
	struct status_entry *e;

	*claim = STR_ABSENT;
	if (!str_given(c->issuer->status_lists))
		return true;
	e = arena_new(c->mem, struct status_entry);
	if (e == NULL)
		return fail(c, R_INTERNAL, S("memory"));
	*e = (struct status_entry){ .issuer = c->issuer->name, .jti = digest_of(c->issuer, S("jti"), a->jti),
		.client = c->client->id, .signed_s = a->signed_s, .expires_s = a->access_expires_s };
	entry_about(c, a, e);
	if (!place_find(c, e))
		return false;
	*claim = arena_printf(c->mem, "{\"status_list\":{\"idx\":%lld,\"uri\":\"%.*s/%lld\"}}", (long long)e->idx,
	    STR_ARG(c->issuer->status_lists), (long long)e->list);
	ops_add(o, OP_STATUS_ADD)->status_entry = e;
	return str_given(*claim) || fail(c, R_INTERNAL, S("memory"));
}
