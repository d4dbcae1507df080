/* oauth/lane/lane.c - where a call should run: what may wait or compute long leaves the I/O threads. */
#include "oauth/lane/lane_int.h"
#include "oauth/client/client.h"
#include "oauth/client_metadata.h"
#include "oauth/token/token.h"

/* The client's ID tokens are signed by RSA, or encrypted. */
static bool
id_tokens_are_slow(const struct policy *policy, const struct client *k)
{
	const struct client_metadata *m = k != NULL ? client_metadata(k) : NULL;
	enum jose_alg alg;

	if (policy->token.id_claims == NULL)
		return false;
	return (m != NULL && !str_empty(m->id_token_encrypted_response_alg))
	    || (id_token_alg(policy, m != NULL ? m->id_token_signed_response_alg : STR_ABSENT, &alg) && alg_is_slow(alg));
}

/* Any JWT in the answer of this issuer costs an RSA signature, or more; k: the client, NULL when it is not known. */
static bool
alg_is_used_slowly(const struct policy *policy, const struct client *k)
{
	if (id_tokens_are_slow(policy, k))
		return true;
	return alg_is_slow(policy->token.signing_alg)
	    && (policy->token.access_shape == SHAPE_JWT || policy->refresh.shape == SHAPE_JWT);
}

/*
 * May the answer hold a JWT that costs an RSA signature? What a client is given for itself has no ID token,
 * and a refresh token only where the policy gives it one.
 */
static bool
signs_slowly(const struct call *c, const struct client *named)
{
	const struct policy *policy = c->issuer->policy;

	if (c->grant->for_client && !policy->refresh.for_client_credentials)
		return alg_is_slow(policy->token.signing_alg) && policy->token.access_shape == SHAPE_JWT;
	return alg_is_used_slowly(policy, named);
}

/* The client that the request names, known or not, proven or not. */
static const struct client *
client_named(const struct call *c)
{
	return client_find(c, c->evidence.basic_sent ? basic_names(c) : c->arg[P_CLIENT_ID]);
}

/* May the grant have to ask the table of the realm's users? Another server's lane asks it there. */
static bool
asks_table(const struct call *c)
{
	const struct client *k;

	if (c->issuer->table == NULL || c->grant == NULL || !(c->issuer->policy->grant.offered & BIT(c->grant->index)))
		return false;
	if (!c->grant->for_client)
		return c->grant->reads_users;
	k = client_named(c);                    /* ... acts for a user */
	return k != NULL && c->issuer->policy->refresh.for_client_credentials && !str_empty(k->acts_for);
}

/*
 * Does it ask nothing but the store, and is its commit no race that is often lost? The one living
 * token of a client, user and scope is one: two codes of a user make it at the same time.
 */
static bool
waits_for_nothing(const struct call *c)
{
	return c->grant->only_store && (c->grant->for_client || !c->issuer->policy->token.live_is_returned);
}

/* Which of them a token is for is not known yet. */
static struct resource_needs
resource_needs(const struct call *c)
{
	return realm_resource_needs(c->issuer->policy->token.takes_resource ? c->issuer->realm : NULL);
}

static enum lane
token_lane(const struct call *c)
{
	const struct inspection *none;
	enum lane neighbour;
	const struct policy *policy = c->issuer->policy;
	const struct client *named = client_named(c);
	struct resource_needs needs = resource_needs(c);
	bool rows = policy->token.access_shape != SHAPE_JWT || str_given(c->issuer->status_lists) || policy->refresh.for_client_credentials || needs.opaque
	    || (named != NULL && (jwt_needs_family(policy, named) || named->lease_s > 0));

	if (c->grant != NULL && c->grant->needs_document != NULL && (policy->grant.offered & BIT(c->grant->index))
	    && c->grant->needs_document(c))
		return LANE_DOCUMENT;
	if (c->grant != NULL && c->grant->remote != LANE_INLINE && (policy->grant.offered & BIT(c->grant->index)))
		return c->grant->remote;
	neighbour = c->grant != NULL && (policy->grant.offered & BIT(c->grant->index))
	    ? neighbour_lane(c, OE_TOKEN, &none)
	    : LANE_INLINE;
	if (neighbour != LANE_INLINE)
		return neighbour;
	if (asks_table(c))
		return LANE_TABLE;
	if (c->grant == NULL)
		return LANE_INLINE;
	if (c->grant->slow)
		return LANE_PASSWORD;
	if (!waits_for_nothing(c))
		return LANE_COMMIT;
	if (signs_slowly(c, named) || needs.slow_alg)
		return LANE_SIGN;
	return rows || !c->grant->for_client ? LANE_WRITER : LANE_INLINE;
}

/*
 * A token of any kind from the authorization endpoint, or an answer that is one. RFC 6749 section 4.2; OpenID Connect
 * Core 3.2, 3.3; JARM. What stands in an object or a pushed request is not seen here: authorize_begin sees it later.
 */
static bool
signs_at_authorize(const struct call *c)
{
	enum response_mode mode;
	enum response r;

	if (c->issuer->policy->authorize.jarm != JARM_REFUSED && response_mode_read(c->arg[P_RESPONSE_MODE], &mode)
	    && response_mode_is_jwt(mode))
		return true;
	return response_read(c->issuer->policy, c->arg[P_RESPONSE_TYPE], &r)
	    && (response_rows[r].gives & (GIVES_TOKEN | GIVES_ID_TOKEN));
}

/* A request object elsewhere, or one signed by a key elsewhere: both are asked for. */
static bool
needs_document(const struct call *c)
{
	const struct client *k = client_find(c, c->arg[P_CLIENT_ID]);

	if (c->issuer->policy->authorize.request_objects == REQUEST_OBJECTS_REFUSED || k == NULL)
		return false;
	if (!str_empty(c->arg[P_REQUEST_URI]))
		return client_has_request_uri(k, c->arg[P_REQUEST_URI]);
	return !str_empty(c->arg[P_REQUEST]) && client_keys_are_elsewhere(k);
}

/* A code is a commit, a token in the fragment a signature beside it. */
static enum lane
authorize_lane(const struct call *c)
{
	if (needs_document(c) || client_document_is_due(c))
		return LANE_DOCUMENT;
	return signs_at_authorize(c) ? LANE_COMMIT : LANE_WRITER;
}

/* The keys of a signed request may stand elsewhere, and so may the user that it names. */
static enum lane
ciba_lane(const struct call *c)
{
	const struct client *k = c->proof.client != NULL ? c->proof.client : client_named(c);

	if (!str_empty(c->arg[P_REQUEST]) && k != NULL && client_keys_are_elsewhere(k))
		return LANE_DOCUMENT;
	return c->issuer->table != NULL ? LANE_TABLE : LANE_COMMIT;
}

/* What a pushed request is made of may stand elsewhere. */
static bool
pushed_is_elsewhere(const struct call *c)
{
	const struct client *k = c->proof.client;

	return (k != NULL && !str_empty(c->arg[P_REQUEST]) && client_keys_are_elsewhere(k)) || client_document_is_due(c);
}

/* It is one row, and the assertion of its client another. */
static enum lane
pushed_lane(const struct call *c)
{
	return pushed_is_elsewhere(c) ? LANE_DOCUMENT : LANE_WRITER;
}

/* A list of redirect URIs may stand elsewhere, and the keys of whoever signs software statements. */
static enum lane
register_lane(const struct call *c)
{
	bool statement = c->issuer->trusted != NULL && str_contains(c->body, S("software_statement"));

	return statement || str_contains(c->body, S("sector_identifier_uri")) ? LANE_DOCUMENT : LANE_COMMIT;
}

static enum lane
logo_lane(const struct call *c)
{
	return client_logo_is_due(c) ? LANE_DOCUMENT : LANE_INLINE;
}

static enum lane
password_lane(const struct call *c)
{
	if (c->issuer->at_login != NULL)
		return LANE_DIRECTORY;
	return c->issuer->table != NULL ? LANE_TABLE : LANE_PASSWORD;
}

/* A passkey is asked no password: one signature is verified, and what comes of it committed. */
static enum lane
login_lane(const struct call *c)
{
	enum lane lane = password_lane(c);
	bool by_passkey = c->issuer->policy->passkey.rule == PASSKEYS_LOGIN && !str_empty(c->arg[P_PASSKEY]);

	return lane == LANE_PASSWORD && by_passkey ? LANE_WRITER : lane;
}

/* A password that is asked for once more costs a hash. */
static enum lane
account_lane(const struct call *c)
{
	return call_has(c, P_CURRENT_PASSWORD) ? LANE_PASSWORD : LANE_COMMIT;
}

/* An identity provider is asked, and then perhaps whoever knows the user: all of it waits there. */
static enum lane
upstream_lane(const struct call *c)
{
	return c->issuer->upstreams != NULL ? LANE_UPSTREAM : LANE_INLINE;
}

/* The same where one is to be connected; the rest is rows of the store. */
static enum lane
identities_lane(const struct call *c)
{
	return str_empty(c->arg[P_PROVIDER]) ? LANE_COMMIT : upstream_lane(c);
}

static enum lane
sms_lane(const struct call *c)
{
	return c->issuer->table != NULL ? LANE_TABLE : LANE_COMMIT;
}

/* One that has to be made is a walk through many rows, and a signature. */
static enum lane
status_list_lane(const struct call *c)
{
	(void)c;
	return LANE_STATUS_LIST;
}

/*
 * A first-party application asks its user itself: by what it sends. Where a signed request needs keys that stand
 * elsewhere, that lane may wait for everybody else too.
 */
static enum lane
challenge_lane(const struct call *c)
{
	if (!str_empty(c->arg[P_WECHAT_CODE]) && c->issuer->wechat != NULL)
		return LANE_WECHAT;
	if (pushed_is_elsewhere(c))
		return LANE_DOCUMENT;
	return str_empty(c->arg[P_PASSWORD]) ? sms_lane(c) : password_lane(c);
}

static enum lane
commit_lane(const struct call *c)
{
	(void)c;
	return LANE_COMMIT;
}

/* A password that is chosen is hashed, and one that is asked for is verified. */
static enum lane
self_lane(const struct call *c)
{
	return str_empty(c->arg[P_NEW_PASSWORD]) && str_empty(c->arg[P_PASSWORD]) ? LANE_COMMIT : LANE_PASSWORD;
}

static enum lane
no_lane(const struct call *c)
{
	(void)c;
	return LANE_INLINE;
}

/*
 * An answer that is signed, which takes long by RSA: as far as the token says whose it is. It is not verified here;
 * who lies about it has chosen a thread.
 */
static enum lane
bearer_lane(const struct call *c)
{
	const struct client *k = NULL;
	struct jwt t;

	if (c->issuer->policy->token.id_claims != NULL && !str_empty(c->bearer) && jwt_peek(c->mem, c->bearer, &t))
		k = client_find(c, json_member_str(t.claims, "client_id"));
	return k != NULL && userinfo_is_jwt(k) ? LANE_COMMIT : LANE_INLINE;
}

/*
 * A signed answer takes long by RSA, which is what a client gets that has registered nothing, and so does the
 * encryption around it.
 */
static enum lane
introspect_lane(const struct call *c)
{
	const struct client *k = c->proof.client != NULL ? c->proof.client : client_named(c);
	const struct client_metadata *m = k != NULL ? client_metadata(k) : NULL;
	enum jose_alg alg;
	bool quick = m != NULL && str_empty(m->introspection_encrypted_response_alg)
	    && alg_read(m->introspection_signed_response_alg, &alg) && !alg_is_slow(alg);

	return introspection_is_jwt(c) && !quick ? LANE_COMMIT : LANE_INLINE;
}

enum client_asked { NEVER, ALWAYS, UNLESS_OPEN };
static const struct { enum client_asked client; enum lane (*lane)(const struct call *c); } calls[OE_COUNT] = {
#define CALL(id, client, lane) [OE_##id] = { client, lane },
#include "oauth/calls.def"
#undef CALL
};

static enum lane
endpoint_lane(struct call *c, enum oauth_endpoint e)
{
	const struct inspection *seen = NULL;
	enum lane neighbour = e == OE_TOKEN ? LANE_INLINE : neighbour_lane(c, e, &seen), own = calls[e].lane(c);

	if (own == LANE_STATUS_LIST && status_list_is_kept(c))
		own = LANE_INLINE;
	if (c->evidence.n_once > 0 && own == LANE_INLINE)         /* its assertion is a commit */
		own = e == OE_TOKEN ? LANE_WRITER : LANE_COMMIT;
	c->inspected = neighbour == LANE_INLINE && own == LANE_INLINE ? seen : NULL;
	c->asks_besides = neighbour != LANE_INLINE && own == LANE_INLINE;
	return neighbour != LANE_INLINE ? neighbour : own;
}

/* Where the issuer asks for no client, credentials that are sent are judged all the same. */
static bool
client_is_asked(const struct call *c, enum oauth_endpoint e)
{
	if (calls[e].client == UNLESS_OPEN && c->issuer->policy->client.introspect_open)
		return c->evidence.basic_sent || call_has(c, P_CLIENT_ID);
	return calls[e].client != NEVER;
}

bool
call_asks_client(enum oauth_endpoint e)
{
	return calls[e].client == ALWAYS;
}

/* Where the client is proven before anything else: a slow hash, or a key set that has to be asked for. */
static enum lane
proving_lane(struct call *c)
{
	c->proves = true;
	c->must_not_wait = !keys_need_document(c);
	return c->must_not_wait ? LANE_CLIENT : LANE_DOCUMENT;
}

enum lane
call_lane(struct call *c, enum oauth_endpoint e)
{
	enum lane lane;

	c->must_not_wait = true;
	c->proves = false;
	c->inspected = NULL;
	if (client_is_asked(c, e)) {
		if (!client_is_settled(c))
			return proving_lane(c);
		if (!c->proof.ok)
			return LANE_INLINE;             /* nothing will be done for it */
	}
	lane = endpoint_lane(c, e);
	c->must_not_wait = lane < LANE_DIRECTORY;
	return lane;
}

/* Only equality matters, and who meets another's number by chance shares a turn with it. */
static uint64_t
share_of(const uint8_t digest[DIGEST_SIZE])
{
	uint64_t n;

	memcpy(&n, digest, sizeof n);
	return n | 1;
}

static uint64_t
share_of_text(struct str s)
{
	struct dig32 d;

	SHA256(d.b, s);
	return share_of(d.b);
}

void
call_shares_unread(const struct call *c, uint64_t out[CALL_SHARES])
{
	struct throttle_key from = throttle_address(c->peer);

	out[0] = share_of_text(realm_name(c->issuer->realm));
	out[1] = throttle_is_none(&from) ? 0 : share_of(from.digest.b);
	out[2] = 0;
}

void
call_shares(const struct call *c, enum lane lane, uint64_t out[CALL_SHARES])
{
	const struct client *k = c->proof.client != NULL ? c->proof.client : client_named(c);
	uint64_t client = k != NULL ? share_of_text(k->id) : 0, address;

	call_shares_unread(c, out);
	address = out[1];
	out[1] = lane == LANE_CLIENT ? client : address;
	out[2] = lane == LANE_CLIENT ? address : client;
}
