/* oauth/lane.c - where a call should run: what may wait or compute long leaves the I/O threads. */
#include "oauth/oauth_int.h"

/* A secret that was verified before costs a digest; another may cost a slow hash. */
static bool
secret_is_slow(const struct call *c, struct str id, struct str secret)
{
	const struct client *k = realm_client(c->issuer->realm, id);

	return k != NULL && !client_is_public(k) && !password_is_cheap(k->secret) && !secret_is_remembered(c->svc->secrets, k->id, k->secret, secret);
}

static bool
client_is_slow(const struct call *c)
{
	if (c->evidence.basic_sent && !c->evidence.basic_malformed && secret_is_slow(c, c->evidence.basic_id, c->evidence.basic_secret))
		return true;
	return (c->given & BIT(P_CLIENT_ID)) && secret_is_slow(c, c->arg[P_CLIENT_ID], c->arg[P_CLIENT_SECRET]);
}

/* Any JWT in the answer of this issuer costs an RSA signature. */
static bool
alg_is_used_slowly(const struct policy *law)
{
	return alg_is_slow(law->signing_alg) && (law->access_shape == SHAPE_JWT || law->refresh_shape == SHAPE_JWT || law->id_claims != NULL);
}

static enum lane
token_lane(const struct call *c)
{
	const struct policy *law = c->issuer->law;
	bool rows = law->access_shape != SHAPE_JWT || law->client_credentials_refresh;

	if (c->grant != NULL && c->grant->remote != LANE_INLINE && (law->grants & BIT(c->grant->index)))
		return c->grant->remote;
	if (client_is_slow(c) || (c->grant != NULL && c->grant->slow))
		return LANE_PASSWORD;
	if (c->grant == NULL)
		return LANE_INLINE;
	if (c->grant->index == GI_client_credentials && rows && !law->live_token_is_returned && !alg_is_used_slowly(law))
		return LANE_WRITER;
	if (c->grant->index != GI_client_credentials || rows)
		return LANE_COMMIT;
	return alg_is_slow(law->signing_alg) ? LANE_SIGN : LANE_INLINE;
}

enum lane
call_lane(const struct call *c, enum oauth_endpoint e)
{
	switch (e) {
	case OE_TOKEN: return token_lane(c);
	case OE_LOGIN: return LANE_PASSWORD;
	case OE_AUTHORIZE:
	case OE_CONSENT:
	case OE_LOGOUT:
	case OE_SMS:
	case OE_REVOKE:
	case OE_REMOVE_TOKEN: return client_is_slow(c) ? LANE_PASSWORD : LANE_COMMIT;
	case OE_INTROSPECT:
	case OE_CHECK_TOKEN:
	case OE_TOKEN_KEY: return client_is_slow(c) ? LANE_PASSWORD : LANE_INLINE;
	default: return LANE_INLINE;
	}
}
