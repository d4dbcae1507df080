/*
 * oauth/client/assertion.c - a client that proves itself by a JWT which it has signed. RFC 7523 sections 2.2, 3;
 * OpenID Connect Core 9 (private_key_jwt, client_secret_jwt). Keys: keys.c. Or by one that somebody else has signed
 * about it: federated.c.
 */
#include "login/sealed.h"
#include "oauth/client/client.h"
#include "oauth/client/trusted.h"
#include "oauth/client_metadata.h"

#define LIFE_MAX_S 3600         /* one that is good for longer has been made for more than one use */
#define AHEAD_S    60           /* how far another clock may be ahead */
#define JTI_MAX    256
#define KID_SHOWN  128

bool
assertion_is_sent(const struct call *c)
{
	return !str_empty(c->arg[P_CLIENT_ASSERTION]) || !str_empty(c->arg[P_CLIENT_ASSERTION_TYPE]);
}

/* Read once in a call, however often it is asked about. False: it is no JWT. */
static bool
assertion_read(const struct call *c, struct jwt *out)
{
	struct assertion_seen *seen = c->evidence.seen;

	if (seen == NULL)
		return jwt_peek(c->mem, c->arg[P_CLIENT_ASSERTION], out);
	if (!seen->read)
		seen->is_jwt = jwt_peek(c->mem, c->arg[P_CLIENT_ASSERTION], &seen->jwt);
	seen->read = true;
	*out = seen->jwt;
	return seen->is_jwt;
}

/* What its header says decides which method it is, and nothing else: the key of that method has to verify it. */
static bool
says_hmac(const struct call *c)
{
	enum jose_hmac alg;
	struct jwt t;

	return assertion_read(c, &t) && hmac_read(json_member_str(t.header, "alg"), &alg);
}

bool
signed_by_key_is_sent(const struct call *c)
{
	return assertion_is_sent(c) && !says_hmac(c);
}

bool
signed_by_secret_is_sent(const struct call *c)
{
	return assertion_is_sent(c) && says_hmac(c);
}

static bool
is_federated(const struct call *c)
{
	struct jwt t;

	return c->issuer->trusted != NULL && assertion_read(c, &t)
	    && trusted_by_claims(c, t.claims, TRUST_CLIENT_ASSERTION) != NULL;
}

/*
 * Who it says that it is, which is nothing yet: sub, and iss the same; of one that somebody else has signed client_id,
 * and sub where there is none. Absent: it says nothing that can be read.
 */
static struct str
claimed_id(const struct call *c)
{
	struct jwt t;
	struct str id;

	if (str_empty(c->arg[P_CLIENT_ASSERTION]) || !assertion_read(c, &t))
		return STR_ABSENT;
	id = json_member_str(t.claims, "sub");
	if (is_federated(c))
		return str_empty(c->arg[P_CLIENT_ID]) ? str_some(id) : c->arg[P_CLIENT_ID];
	return !str_empty(id) && str_eq(id, json_member_str(t.claims, "iss")) ? id : STR_ABSENT;
}

bool
assertion_needs_document(const struct call *c)
{
	const struct client *k;

	if (!signed_by_key_is_sent(c))
		return false;
	k = client_find(c, claimed_id(c));
	if (k != NULL && is_federated(c))
		return trusted_needs_document(c, c->arg[P_CLIENT_ASSERTION], TRUST_CLIENT_ASSERTION);
	return k != NULL && client_keys_are_elsewhere(k);
}

static bool
refuse(struct call *c, struct str why)
{
	return fail(c, R_CLIENT_ASSERTION, why);
}

/* FAPI 2.0 Security Profile 5.3.2.1: an array, or the address of an endpoint, could be meant for another server too. */
static bool
is_ours(const struct call *c, const json_t *aud)
{
	bool issuer_alone = c->issuer->policy->client.assertion_audience == ASSERTION_FOR_ISSUER;
	struct str text;
	const json_t *one;
	size_t i;

	if (json_is_string(aud)) {
		text = str_span(json_string_value(aud), json_string_length(aud));
		return str_eq(text, c->issuer->url)
		    || (!issuer_alone && !str_empty(text) && (str_eq(text, c->evidence.token_url)
		    || str_eq(text, c->evidence.token_alias)
		    || str_eq(text, c->evidence.here_url)
		    || str_eq(text, c->evidence.here_alias)));    /* RFC 9126 section 2 */
	}
	if (issuer_alone)
		return false;
	json_array_foreach(aud, i, one)
		if (json_is_string(one) && is_ours(c, one))
			return true;
	return false;
}

/* RFC 7523 section 3: aud, exp, nbf, iat. */
static bool
holds_now(struct call *c, const json_t *claims, int64_t *exp)
{
	int64_t s;

	if (!is_ours(c, json_object_get(claims, "aud")))
		return refuse(c, SAY("aud is not this issuer"));
	if (!json_member_time(claims, "exp", exp) || *exp <= c->now_s || *exp - c->now_s > LIFE_MAX_S + AHEAD_S)
		return refuse(c, SAY("exp is missing, over, or more than an hour away"));
	if (json_object_get(claims, "nbf") != NULL && (!json_member_time(claims, "nbf", &s) || s - c->now_s > AHEAD_S))
		return refuse(c, SAY("nbf does not hold"));
	if (json_object_get(claims, "iat") != NULL && (!json_member_time(claims, "iat", &s) || s - c->now_s > AHEAD_S))
		return refuse(c, SAY("iat does not hold"));
	return true;
}


/* Core 9: jti is there, and used once. The same request may ask again, when the client's row has changed under it. */
static bool
is_the_first(struct call *c, const struct client *k, const json_t *claims, int64_t exp)
{
	struct str jti = json_member_str(claims, "jti");
	struct dig32 d;

	if (jti.n == 0 || jti.n > JTI_MAX)
		return refuse(c, SAY("jti is missing or too long"));
	if (c->evidence.assertion_used)
		return true;
	SHA256(d.b, c->issuer->name, S("\0"), k->id, S("\0"), jti);
	switch (call_uses_once(c, &d, exp, R_CLIENT_ASSERTION)) {
	case ONCE_FIRST: return c->evidence.assertion_used = true;
	case ONCE_AGAIN: return refuse(c, USED_BEFORE);
	default: return refuse(c, SAY("too many assertions at once"));
	}
}

/* By the algorithm that the client registered, or any that there is. */
static bool
by_key(struct call *c, const struct client *k, struct jwt *t)
{
	struct str registered = client_metadata(k)->token_endpoint_auth_signing_alg, why = STR_ABSENT, kid;
	uint64_t algs = BIT(ALG_COUNT) - 1;
	enum jose_alg alg;

	if (!str_empty(registered))
		algs = alg_read(registered, &alg) ? BIT(alg) : 0;
	if (!client_has_signed(c, k, algs, c->arg[P_CLIENT_ASSERTION], t, &why))
		return refuse(c, why);
	kid = json_member_str(t->header, "kid");
	c->credential = str_empty(kid) ? S(CREDENTIAL_KEY)
	    : arena_printf(c->mem, CREDENTIAL_KEY " %.*s", STR_ARG(str_sub(kid, 0, KID_SHOWN)));
	return true;
}

/* Core 9, 10.1: only where the client registered client_secret_jwt is the text of its secret kept. */
static bool
by_secret(struct call *c, const struct client *k, struct jwt *t)
{
	struct str registered = client_metadata(k)->token_endpoint_auth_signing_alg, stored[SECRETS_MAX], secret;
	size_t n = client_secrets(c, k, stored);
	uint64_t algs = BIT(HMAC_COUNT) - 1;
	enum jose_hmac alg;
	bool kept = false;

	if (!str_empty(registered))
		algs = hmac_read(registered, &alg) ? BIT(alg) : 0;
	for (size_t i = 0; i < n; i++) {
		if (!secret_unseal(c->mem, c->svc->secret_key, k->realm, k->id, stored[i], &secret))
			continue;
		kept = true;
		c->credential = i == 0 ? CREDENTIAL_SECRET : CREDENTIAL_FORMER;
		if (jwt_verify_secret(c->mem, secret, algs, c->arg[P_CLIENT_ASSERTION], t))
			return true;
	}
	return refuse(c, kept ? SAY("its secret has not signed it, or not by the algorithm that it registered")
	    : SAY("its secret cannot be read again: it is kept for client_secret_jwt alone, under the key-encryption key"));
}

typedef bool signed_by_fn(struct call *c, const struct client *k, struct jwt *t);

static bool
own_holds(struct call *c, const struct client *k, signed_by_fn *by)
{
	struct jwt t;
	int64_t exp;

	return by(c, k, &t) && holds_now(c, t.claims, &exp) && is_the_first(c, k, t.claims, exp);
}

/* RFC 7523 section 2.2; a JWT-SVID may come under a type of its own (draft-ietf-oauth-spiffe-client-auth). */
static bool
type_is_known(const struct call *c, bool federated)
{
	struct str type = c->arg[P_CLIENT_ASSERTION_TYPE];

	return str_is(type, "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
	    || (federated && str_is(type, "urn:ietf:params:oauth:client-assertion-type:jwt-spiffe"));
}

static bool
holds(struct call *c, signed_by_fn *by)
{
	bool federated = is_federated(c);
	struct str id = claimed_id(c);
	const struct client *k;

	if (!type_is_known(c, federated))
		return refuse(c, SAY("client_assertion_type is not jwt-bearer"));
	if (!str_given(id))
		return refuse(c, SAY("no JWT whose iss and sub are the client"));
	if (!str_empty(c->arg[P_CLIENT_ID]) && !str_eq(id, c->arg[P_CLIENT_ID]))
		return fail(c, R_CLIENT_OTHER, id);
	k = client_find(c, id);
	if (k == NULL)
		return fail(c, R_CLIENT_UNKNOWN, id);
	if (!(federated ? federated_holds(c, k) : own_holds(c, k, by)))
		return false;
	if (!k->enabled)
		return fail(c, R_CLIENT_DISABLED, id);
	c->client = k;
	return true;
}

bool
signed_by_key_holds(struct call *c)
{
	return holds(c, by_key);
}

bool
signed_by_secret_holds(struct call *c)
{
	return holds(c, by_secret);
}
