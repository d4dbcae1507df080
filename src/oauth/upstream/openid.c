/*
 * oauth/upstream/openid.c - a provider of OpenID Connect: what its document says, the client's proof, its ID tokens.
 * Discovery 1.0 section 4, Core 1.0 sections 3.1.3.7 and 9, RFC 7523 section 3, RFC 9207.
 */
#include "jose/jwks.h"
#include "oauth/upstream/upstream_int.h"

#define DISCOVERY      "/.well-known/openid-configuration"
#define KEPT_MS        (10 * 60 * 1000)
#define ASK_AGAIN_MS   (10 * 1000)
#define SKEW_S         60
#define PROOF_LIFE_S   300
#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#define ANY_TENANT     "{tenantid}"     /* in the document of a provider of many tenants: whose token it is */

static struct str
known_text(const json_t *known, const char *answer, const char *member)
{
	return json_member_str(json_object_get(known, answer), member);
}

/* --- its document ----------------------------------------------------------------------------- */

/* text with what stands for a tenant in its place. */
static struct str
of_tenant(struct arena *mem, struct str text, struct str tenant)
{
	for (size_t at = 0; at + sizeof ANY_TENANT - 1 <= text.n; at++)
		if (str_starts(str_from(text, at), S(ANY_TENANT)))
			return ARENA_CAT(mem, str_sub(text, 0, at), tenant, str_from(text, at + sizeof ANY_TENANT - 1));
	return text;
}

static bool
document_fits(const struct call *c, const struct upstream *u, const json_t *d, const json_t *known)
{
	static const char *const urls[] = { "authorization_endpoint", "token_endpoint", "jwks_uri" };
	struct str issuer = json_member_str(d, "issuer");

	if (!str_eq(of_tenant(c->mem, issuer, json_member_str(known, "tenant")), u->issuer))
		return false;
	for (size_t i = 0; i < COUNT(urls); i++) {
		struct str url = json_member_str(d, urls[i]);

		if (str_empty(url) || outbound_url_trouble(upstream_address(c->mem, u, url), &u->rules) != NULL)
			return false;
	}
	return true;
}

bool
upstream_document(const struct call *c, const struct upstream *u, struct str text, json_t *known, struct str *why)
{
	json_t *d = json_read(c->mem, text);

	*why = SAY("its discovery document is of another issuer, or lacks an address");
	if (!json_is_object(d) || !document_fits(c, u, d, known) || json_object_set(known, "discovery", d) != 0)
		return false;
	return !u->userinfo || upstream_know(known, "userinfo_url", json_member_str(d, "userinfo_endpoint"));
}

bool
upstream_discover(const struct call *c, const struct upstream *u, json_t *known, struct str *why)
{
	struct str base = upstream_address(c->mem, u, u->issuer), text;
	const char *trouble;

	if (!u->what.openid)
		return true;
	while (str_ends(base, S("/")))
		base.n--;
	*why = SAY("nothing is fetched here");
	if (c->svc->documents == NULL)
		return false;
	trouble = document_get(c->svc->documents, c->mem, &u->rules, ARENA_CAT(c->mem, base, S(DISCOVERY)), KEPT_MS,
	    c->now_ms, &text);
	if (trouble != NULL) {
		*why = arena_say(c->mem, "its discovery document: %s", trouble);
		return false;
	}
	return upstream_document(c, u, text, known, why);
}

bool
upstream_iss_fits(const struct upstream *u, const json_t *known, struct str iss)
{
	const json_t *d = json_object_get(known, "discovery");

	if (!str_given(iss))
		return !json_is_true(json_object_get(d, "authorization_response_iss_parameter_supported"));
	return !u->what.openid || str_eq(iss, json_member_str(d, "issuer"));
}

/* --- the client's proof ----------------------------------------------------------------------- */

static struct str
proof_claims(const struct call *c, const struct upstream *u, struct str iss, struct str aud)
{
	struct buf b;
	uint8_t jti[16];

	rand_bytes(jti, sizeof jti);
	buf_init(&b, c->mem, 4096);
	jw_open(&b, '{');
	jm_str(&b, S("iss"), iss);
	jm_str(&b, S("sub"), u->client_id);
	jm_str(&b, S("aud"), aud);
	jm_str(&b, S("jti"), b64url_encode(c->mem, str_span(jti, sizeof jti)));
	jm_int(&b, S("iat"), c->now_s);
	jm_int(&b, S("exp"), c->now_s + PROOF_LIFE_S);
	jw_close(&b, '}');
	return buf_str(&b);
}

static bool
proof_signed(const struct call *c, const struct upstream *u, struct str claims, struct str *out)
{
	const struct key *key = u->key != NULL ? u->key : keyring_signer(c->issuer->keys, c->issuer->policy->token.signing_alg);
	struct jwt_form form = { .typ = S("JWT"), .with_kid = true };

	return key != NULL && jwt_sign(c->mem, key, &form, claims, out);
}

static bool
know_assertion(const struct call *c, const struct upstream *u, json_t *known)
{
	struct str claims = proof_claims(c, u, u->client_id, known_text(known, "discovery", "token_endpoint")), jwt;
	bool made = u->auth == UPSTREAM_SECRET_JWT
	    ? jwt_sign_secret(c->mem, HMAC_HS256, u->client_secret, claims, &jwt)
	    : proof_signed(c, u, claims, &jwt);

	return made && upstream_know(known, "assertion_type", S(ASSERTION_TYPE)) && upstream_know(known, "assertion", jwt);
}

/* RFC 6749 section 2.3.1: both are form-encoded first. */
static struct str
basic_of(const struct call *c, const struct upstream *u)
{
	struct buf b;

	buf_init(&b, c->mem, 8192);
	pct_encode(&b, u->client_id, S(""));
	buf_putc(&b, ':');
	pct_encode(&b, u->client_secret, S(""));
	return b.full ? STR_ABSENT : ARENA_CAT(c->mem, S("Basic "), b64_encode(c->mem, buf_str(&b)));
}

/* A secret that is a JWT for a while, of the team whose key signs it. */
static bool
know_made_secret(const struct call *c, const struct upstream *u, json_t *known)
{
	struct str jwt;

	return proof_signed(c, u, proof_claims(c, u, u->team_id, u->issuer), &jwt)
	    && upstream_know(known, "body_client_secret", jwt);
}

bool
upstream_prove(const struct call *c, const struct upstream *u, json_t *known, struct str *why)
{
	bool ok = true;

	*why = SAY("the client cannot prove itself: its key or its secret does not sign");
	if (!u->what.openid)
		return true;
	if (u->auth != UPSTREAM_BASIC || u->what.secret_is_jwt)
		ok = upstream_know(known, "body_client_id", u->client_id);
	if (u->what.secret_is_jwt)
		return ok && know_made_secret(c, u, known);
	switch (u->auth) {
	case UPSTREAM_BASIC: return upstream_know(known, "basic", basic_of(c, u));
	case UPSTREAM_POST: return ok && upstream_know(known, "body_client_secret", u->client_secret);
	case UPSTREAM_PRIVATE_KEY_JWT:
	case UPSTREAM_SECRET_JWT: return ok && know_assertion(c, u, known);
	case UPSTREAM_PUBLIC: break;
	}
	return ok;
}

/* --- its ID token ----------------------------------------------------------------------------- */

static bool
set_get(const struct call *c, const struct upstream *u, const json_t *known, int64_t keep_ms, struct jwks *out,
    struct str *why)
{
	struct str url = upstream_address(c->mem, u, known_text(known, "discovery", "jwks_uri")), text;
	const char *trouble = document_get(c->svc->documents, c->mem, &u->rules, url, keep_ms, c->now_ms, &text);

	if (trouble == NULL && jwks_read(c->mem, c->svc->keys, text, out, &trouble))
		return true;
	*why = arena_say(c->mem, "its key set: %s", trouble);
	return false;
}

/* Keys may have changed since they came; an unknown signature asks for them again, now and then. */
static bool
is_signed(const struct call *c, const struct upstream *u, const json_t *known, struct str token, struct jwt *out,
    struct str *why)
{
	struct jwks keys;

	if (!set_get(c, u, known, KEPT_MS, &keys, why))
		return false;
	*why = SAY("no key of its has signed the ID token by an algorithm that is allowed");
	return jwks_verify(c->mem, &keys, u->algs, token, out)
	    || (set_get(c, u, known, ASK_AGAIN_MS, &keys, why) && jwks_verify(c->mem, &keys, u->algs, token, out));
}

/* For us, and where it is for others too, given to us. */
static bool
audience_fits(const struct upstream *u, const json_t *claims)
{
	const json_t *aud = json_object_get(claims, "aud"), *azp = json_object_get(claims, "azp");
	bool ours = str_eq(json_text(aud), u->client_id);

	for (size_t i = 0; json_is_array(aud) && i < json_array_size(aud); i++)
		ours = ours || str_eq(json_text(json_array_get(aud, i)), u->client_id);
	if (azp == NULL)
		return ours && !(json_is_array(aud) && json_array_size(aud) > 1);
	return ours && str_eq(json_text(azp), u->client_id);
}

static bool
at_hash_fits(const struct call *c, const struct jwt *t, const json_t *known)
{
	enum jose_alg alg;

	if (json_object_get(t->claims, "at_hash") == NULL)
		return true;
	return alg_read(json_member_str(t->header, "alg"), &alg)
	    && str_eq_secret(json_member_str(t->claims, "at_hash"),
		alg_half_hash(c->mem, alg, known_text(known, "token", "access_token")));
}

static bool
times_fit(const struct call *c, const json_t *claims)
{
	int64_t exp = 0, iat = 0;

	return json_member_time(claims, "exp", &exp) && json_member_time(claims, "iat", &iat) && exp + SKEW_S > c->now_s
	    && iat - SKEW_S <= c->now_s;
}

bool
upstream_claims_fit(const struct call *c, const struct upstream *u, const struct way *w, const struct jwt *t,
    const json_t *known, struct str *why)
{
	struct str issuer = of_tenant(c->mem, known_text(known, "discovery", "issuer"), json_member_str(t->claims, "tid"));

	*why = SAY("iss of the ID token is somebody else");
	if (!str_eq(json_member_str(t->claims, "iss"), issuer) || str_contains(issuer, S("{")))
		return false;
	*why = SAY("aud or azp of the ID token is not this client");
	if (!audience_fits(u, t->claims))
		return false;
	*why = SAY("the ID token is over, or of a time to come");
	if (!times_fit(c, t->claims))
		return false;
	*why = SAY("nonce of the ID token is of another login");
	if (!str_eq_secret(json_member_str(t->claims, "nonce"), w->nonce))
		return false;
	*why = SAY("at_hash of the ID token is of another access token");
	return at_hash_fits(c, t, known);
}

bool
upstream_id_token(const struct call *c, const struct upstream *u, const struct way *w, json_t *known, struct str *why)
{
	struct str token = known_text(known, "token", "id_token");
	struct jwt t;

	*why = SAY("its answer has no ID token");
	if (str_empty(token) || !is_signed(c, u, known, token, &t, why)
	    || !upstream_claims_fit(c, u, w, &t, known, why))
		return false;
	*why = SAY("the ID token names nobody");
	return !str_empty(json_member_str(t.claims, "sub")) && json_object_set(known, "id", t.claims) == 0;
}
