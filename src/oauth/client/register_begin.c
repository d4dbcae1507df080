/* oauth/client/register_begin.c - a client that no operator made, before it says anything; how many may come. */
#include "oauth/client/register_int.h"

#define HOUR_S 3600

struct client
registration_begin(const struct call *c, struct str id)
{
	int64_t lease_s = c->issuer->policy->registration.lease_s;
	struct client k = store_client_new(realm_name(c->issuer->realm), id, c->now_s);

	k.version = store_version_new();
	k.lease_s = lease_s > 0 ? lease_s : LEASE_NONE;
	return k;
}

struct quota
registration_quota(const struct call *c)
{
	struct throttle_key from = throttle_address(c->peer);
	struct str hour = arena_printf(c->mem, "registration %lld", (long long)(c->now_s / HOUR_S));

	return (struct quota){ .key = digest_of(c->issuer, hour, dig_str(&from.digest)),
		.limit = throttle_is_none(&from) ? INT64_MAX : c->issuer->policy->registration.per_hour,
		.expires_s = (c->now_s / HOUR_S + 1) * HOUR_S };
}
