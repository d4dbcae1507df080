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

/* The client that the request names, known or not, proven or not. */
static const struct client *
client_named(const struct call *c)
{
	return realm_client(c->issuer->realm, c->evidence.basic_sent ? c->evidence.basic_id : c->arg[P_CLIENT_ID]);
}

/* May the grant have to ask the table of the realm's users? Another server's lane asks it there. */
static bool
asks_table(const struct call *c)
{
	const struct client *k;

	if (c->issuer->table == NULL || c->grant == NULL || !(c->issuer->law->grants & BIT(c->grant->index)))
		return false;
	switch (c->grant->index) {
	case GI_password: case GI_mobile_password: case GI_open_id: case GI_sms: case GI_refresh_token:
		return true;
	case GI_client_credentials:
		k = client_named(c);
		return k != NULL && c->issuer->law->client_credentials_refresh && !str_empty(k->acts_for);
	default:
		return false;
	}
}

static enum lane
token_lane(const struct call *c)
{
	const struct policy *law = c->issuer->law;
	bool rows = law->access_shape != SHAPE_JWT || law->client_credentials_refresh;

	if (c->grant != NULL && c->grant->remote != LANE_INLINE && (law->grants & BIT(c->grant->index)))
		return c->grant->remote;
	if (asks_table(c))
		return LANE_TABLE;
	if (client_is_slow(c) || (c->grant != NULL && c->grant->slow))
		return LANE_PASSWORD;
	if (c->grant == NULL)
		return LANE_INLINE;
	if (c->grant->index != GI_client_credentials)
		return LANE_COMMIT;
	if (alg_is_used_slowly(law))
		return LANE_SIGN;
	return rows ? LANE_WRITER : LANE_INLINE;
}

enum lane
call_lane(const struct call *c, enum oauth_endpoint e)
{
	bool table = c->issuer->table != NULL;

	switch (e) {
	case OE_TOKEN: return token_lane(c);
	case OE_LOGIN: return table ? LANE_TABLE : LANE_PASSWORD;
	case OE_SMS: return table ? LANE_TABLE : client_is_slow(c) ? LANE_PASSWORD : LANE_COMMIT;
	case OE_AUTHORIZE:
	case OE_CONSENT:
		if (table && !str_empty(c->session_cookie))
			return LANE_TABLE;
		return client_is_slow(c) ? LANE_PASSWORD : LANE_COMMIT;
	case OE_LOGOUT:
	case OE_REVOKE:
	case OE_REMOVE_TOKEN: return client_is_slow(c) ? LANE_PASSWORD : LANE_COMMIT;
	case OE_INTROSPECT:
	case OE_CHECK_TOKEN:
	case OE_TOKEN_KEY: return client_is_slow(c) ? LANE_PASSWORD : LANE_INLINE;
	default: return LANE_INLINE;
	}
}
