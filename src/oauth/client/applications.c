/*
 * oauth/client/applications.c - which applications a user can begin at the home page: those with an
 * initiate_login_uri (OpenID Connect Core section 4). One that registered itself without anybody's
 * token is not put before all users.
 */
#include "oauth/client/client.h"
#include "oauth/client_metadata.h"

static bool
is_vouched_for(const struct call *c, const struct client *k)
{
	struct registration r;

	return k->lease_s == 0
	    || (store_registration(c->svc->store, c->mem, k->realm, k->id, &r) == FOUND && !str_is(r.by, "open")
		&& !str_is(r.by, "document"));
}

size_t
applications_of(const struct call *c, const struct client **out, size_t most)
{
	const struct client *all;
	size_t n = realm_clients(c->issuer->realm, &all), found = 0;

	for (size_t i = 0; i < n && found < most; i++)
		if (all[i].enabled && !str_empty(client_metadata(&all[i])->initiate_login_uri) && is_vouched_for(c, &all[i]))
			out[found++] = &all[i];
	return found;
}
