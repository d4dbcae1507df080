/*
 * oauth/client/trusted.c - JWTs of trusted issuers: whose they are, by which key, for whom and until when. RFC 7523
 * section 3, RFC 8725.
 *
 * A key set that stands elsewhere is asked for by one thread at a time and kept (outbound/document.h). A signature by a
 * key that it does not have asks again, at most every ASK_AGAIN_MS; an issuer that does not answer is left alone for
 * REST_MS, and meanwhile an older set counts for the time of keys_grace.
 */
#include "oauth/client/trusted.h"
#include "jose/jwks.h"
#include "oauth/trusted_asking.h"

#define ASK_AGAIN_MS (10 * 1000)
#define REST_MS      (10 * 1000)
#define JTI_MAX      256
#define DISCOVERY    "/.well-known/openid-configuration"

/* --- whose ------------------------------------------------------------------------------------ */

/* A JWT-SVID need not say iss: the trust domain of its subject has issued it (JWT-SVID section 3). */
static struct str
issuer_claim(const json_t *claims)
{
	struct str iss = json_member_str(claims, "iss"), sub = json_member_str(claims, "sub"), path;

	if (json_object_get(claims, "iss") != NULL || !str_starts(sub, S("spiffe://")))
		return iss;
	path = str_from(sub, 9);
	(void)str_cut(&path, '/');
	return str_given(path) ? str_sub(sub, 0, (size_t)(path.p - sub.p) - 1) : STR_ABSENT;
}

static const struct trusted_issuer *
trusted_named(const struct call *c, struct str iss, enum trust what)
{
	const struct trusted_issuer *const *t = c->issuer->trusted;

	for (; !str_empty(iss) && t != NULL && *t != NULL; t++)
		if (((*t)->trusts & BIT(what)) && str_eq((*t)->url, iss))
			return *t;
	return NULL;
}

const struct trusted_issuer *
trusted_by_claims(const struct call *c, const json_t *claims, enum trust what)
{
	return trusted_named(c, issuer_claim(claims), what);
}

const struct trusted_issuer *
trusted_issuer_of(const struct call *c, struct str token, enum trust what)
{
	struct jwt seen;

	return c->issuer->trusted != NULL && !str_empty(token) && jwt_peek(c->mem, token, &seen)
	    ? trusted_by_claims(c, seen.claims, what) : NULL;
}

/* --- keys ------------------------------------------------------------------------------------- */

static struct str
discovery_url(const struct call *c, const struct trusted_issuer *t)
{
	struct str base = t->url;

	while (str_ends(base, S("/")))
		base.n--;
	return ARENA_CAT(c->mem, base, S(DISCOVERY));
}

/* OpenID Connect Discovery 1.0 section 4.3: it must say that it is the issuer's. */
static struct str
discovered(const struct call *c, const struct trusted_issuer *t, struct str document, struct str *why)
{
	const json_t *said = json_read(c->mem, document);
	struct str uri = json_member_str(said, "jwks_uri");
	const char *trouble;

	if (!str_eq(json_member_str(said, "issuer"), t->url) || str_empty(uri)) {
		*why = SAY("its discovery document is not of this issuer, or names no jwks_uri");
		return STR_ABSENT;
	}
	if ((trouble = outbound_url_trouble(uri, &t->rules)) == NULL)
		return uri;
	*why = arena_say(c->mem, "its jwks_uri: %s", trouble);
	return STR_ABSENT;
}

/* From memory, when all of it came at most keep_ms ago. */
static bool
set_kept(const struct call *c, const struct trusted_issuer *t, int64_t keep_ms, struct str *set)
{
	struct str uri = t->jwks_uri, document, ignored;
	int64_t whole_ms = t->keys_kept_ms + t->keys_grace_ms;

	if (c->svc->documents == NULL)
		return false;
	if (str_empty(uri)) {
		if (!document_kept(c->svc->documents, c->mem, discovery_url(c, t), whole_ms, c->now_ms, &document))
			return false;
		uri = discovered(c, t, document, &ignored);
	}
	return str_given(uri) && document_kept(c->svc->documents, c->mem, uri, keep_ms, c->now_ms, set);
}

static bool
set_ask(const struct call *c, const struct trusted_issuer *t, struct str *set, struct str *why)
{
	struct str uri = t->jwks_uri, document;
	const char *trouble = NULL;

	if (str_empty(uri)) {
		trouble = document_get(c->svc->documents, c->mem, &t->rules, discovery_url(c, t), 0, c->now_ms,
		    &document);
		if (trouble != NULL) {
			*why = arena_say(c->mem, "its discovery document: %s", trouble);
			return false;
		}
		if (!str_given(uri = discovered(c, t, document, why)))
			return false;
	}
	trouble = document_get(c->svc->documents, c->mem, &t->rules, uri, 0, c->now_ms, set);
	if (trouble != NULL)
		*why = arena_say(c->mem, "its key set: %s", trouble);
	return trouble == NULL;
}

static bool
rests(const struct call *c, const struct trusted_issuer *t)
{
	return c->now_ms < atomic_load_explicit(&t->asking->rests_until_ms, memory_order_relaxed);
}

/* The set of which every part came at most keep_ms ago, asked for when there is none. False: *why. */
static bool
set_young(const struct call *c, const struct trusted_issuer *t, int64_t keep_ms, struct str *set, struct str *why)
{
	bool ok;

	if (set_kept(c, t, keep_ms, set))
		return true;
	*why = SAY("its key set cannot be asked for now");
	if (c->must_not_wait || c->svc->documents == NULL || rests(c, t))
		return false;
	pthread_mutex_lock(&t->asking->asking);
	ok = set_kept(c, t, keep_ms, set) || (!rests(c, t) && set_ask(c, t, set, why));
	if (!ok)
		atomic_store_explicit(&t->asking->rests_until_ms, c->now_ms + REST_MS, memory_order_relaxed);
	pthread_mutex_unlock(&t->asking->asking);
	return ok;
}

/* Does the header name a key that the set does not have? One without a name may be of any key. */
static bool
key_is_missing(const struct jwks *keys, const struct jwt *seen)
{
	struct str kid = json_member_str(seen->header, "kid");

	for (size_t i = 0; i < keys->n; i++)
		if (str_given(kid) && str_eq(keys->at[i].kid, kid))
			return false;
	return true;
}

enum signature { SIGNED, UNSIGNED, KEY_MISSING };

static enum signature
judge(const struct call *c, const struct trusted_issuer *t, struct str set, struct str token, struct jwt *out,
    struct str *why)
{
	struct jwks keys;
	struct jwt seen;
	const char *wrong;

	if (!jwks_read(c->mem, c->svc->keys, set, &keys, &wrong)) {
		*why = arena_say(c->mem, "its key set: %s", wrong);
		return UNSIGNED;
	}
	if (jwks_verify(c->mem, &keys, t->algs, token, out))
		return SIGNED;
	*why = SAY("no key of its issuer has signed it by an algorithm that is allowed");
	return jwt_peek(c->mem, token, &seen) && key_is_missing(&keys, &seen) ? KEY_MISSING : UNSIGNED;
}

static bool
is_signed(const struct call *c, const struct trusted_issuer *t, struct str token, struct jwt *out, struct str *why)
{
	enum signature found;
	struct str set, later;

	if (!str_empty(t->jwks))
		return judge(c, t, t->jwks, token, out, why) == SIGNED;
	if (!set_young(c, t, t->keys_kept_ms, &set, why)
	    && !set_kept(c, t, t->keys_kept_ms + t->keys_grace_ms, &set))
		return false;
	found = judge(c, t, set, token, out, why);
	if (found != KEY_MISSING || !set_young(c, t, ASK_AGAIN_MS, &set, &later))
		return found == SIGNED;
	return judge(c, t, set, token, out, why) == SIGNED;
}

bool
trusted_needs_document(const struct call *c, struct str token, enum trust what)
{
	const struct trusted_issuer *t = trusted_issuer_of(c, token, what);
	struct str set, why;
	struct jwt ignored;

	if (t == NULL || !str_empty(t->jwks) || rests(c, t) || set_kept(c, t, ASK_AGAIN_MS, &set))
		return false;
	return !set_kept(c, t, t->keys_kept_ms, &set) || judge(c, t, set, token, &ignored, &why) == KEY_MISSING;
}

/* --- for whom, and until when ----------------------------------------------------------------- */

static bool
is_accepted(const struct call *c, const struct trusted_issuer *t, struct str aud)
{
	if (!str_empty(t->audiences))
		return str_has_word(t->audiences, aud, ' ');
	return str_eq(aud, c->issuer->url) || (!str_empty(aud) && str_eq(aud, c->evidence.token_url));
}

/* An ID-JAG names the issuer, alone: draft-ietf-oauth-identity-assertion-authz-grant-04 section 4.4.1. */
static bool
is_this_issuer(const struct call *c, const json_t *aud)
{
	const json_t *one = json_is_array(aud) && json_array_size(aud) == 1 ? json_array_get(aud, 0) : aud;

	return json_is_string(one) && str_eq(json_text(one), c->issuer->url);
}

/*
 * A token that somebody else could present as well, since it is for him too, proves nothing: every audience must be
 * ours. What is exchanged was made for other servers besides.
 */
static bool
audience_fits(const struct call *c, const struct trusted_issuer *t, const json_t *aud, enum trust what)
{
	size_t ours = 0, n;

	if (what == TRUST_ID_JAG)
		return is_this_issuer(c, aud);
	n = json_is_array(aud) ? json_array_size(aud) : 1;

	for (size_t i = 0; i < n; i++) {
		const json_t *one = json_is_array(aud) ? json_array_get(aud, i) : aud;

		ours += json_is_string(one) && is_accepted(c, t, json_text(one));
	}
	return ours > 0 && (ours == n || what == TRUST_TOKEN_EXCHANGE);
}

/* A number of seconds that is there, or none at all. */
static bool
time_read(const json_t *claims, const char *name, int64_t *out)
{
	*out = 0;
	return json_object_get(claims, name) == NULL || (json_member_time(claims, name, out) && *out > 0);
}

/* RFC 7591 section 2.3: a software statement is the application's for as long as it says; the others have an end. */
static bool
holds_now(const struct call *c, const struct trusted_issuer *t, enum trust what, struct trusted_token *k,
    struct str *why)
{
	const json_t *claims = k->jwt.claims;
	bool statement = what == TRUST_SOFTWARE_STATEMENT;
	int64_t nbf, iat;

	*why = SAY("exp, nbf or iat is no time");
	if (!time_read(claims, "exp", &k->exp_s) || !time_read(claims, "nbf", &nbf) || !time_read(claims, "iat", &iat))
		return false;
	*why = SAY("exp is missing or over");
	if (k->exp_s == 0 ? !statement : k->exp_s + t->skew_s <= c->now_s)
		return false;
	*why = SAY("nbf or iat is still to come");
	if (nbf - c->now_s > t->skew_s || iat - c->now_s > t->skew_s)
		return false;
	*why = SAY("it is good for longer than life_max of its issuer");
	return statement || k->exp_s - (iat > 0 && iat < c->now_s ? iat : c->now_s) <= t->life_max_s + t->skew_s;
}

/* RFC 8725 section 3.11: tokens of another kind are no assertions, however well they are signed. */
static bool
type_fits(enum trust what, struct str typ)
{
	if (what == TRUST_ID_JAG)
		return jwt_type_is(typ, "oauth-id-jag+jwt");
	return str_empty(typ) || jwt_type_is(typ, "JWT") || jwt_type_is(typ, "JOSE")
	    || (what == TRUST_CLIENT_ASSERTION && jwt_type_is(typ, "client-authentication+jwt"))
	    || (what == TRUST_TOKEN_EXCHANGE && jwt_type_is(typ, "at+jwt"));
}

bool
trusted_verify(const struct call *c, struct str token, enum trust what, struct trusted_token *out, struct str *why)
{
	const struct trusted_issuer *t = trusted_issuer_of(c, token, what);
	const json_t *aud;

	*why = SAY("no JWT of an issuer that is trusted for this");
	if (t == NULL || !is_signed(c, t, token, &out->jwt, why))
		return false;
	out->from = t;
	*why = SAY("its iss is that of somebody else");
	if (!str_eq(issuer_claim(out->jwt.claims), t->url))
		return false;
	*why = SAY("its typ says that it is something else");
	if (!type_fits(what, out->jwt.typ))
		return false;
	aud = json_object_get(out->jwt.claims, "aud");
	*why = SAY("aud is not this issuer, or not it alone");
	if (!(aud == NULL && what == TRUST_SOFTWARE_STATEMENT) && !audience_fits(c, t, aud, what))
		return false;
	out->subject = json_member_str(out->jwt.claims,
	    what == TRUST_CLIENT_ASSERTION ? "sub" : arena_z(c->mem, t->subject_claim));
	return holds_now(c, t, what, out, why);
}

/* --- once ------------------------------------------------------------------------------------- */

/* How a call fails that another was ahead of; a software statement may be used again. */
static const enum reason spent_reasons[TRUST_COUNT] = {
	[TRUST_JWT_BEARER] = R_ASSERTION,
	[TRUST_ID_JAG] = R_ASSERTION,
	[TRUST_CLIENT_ASSERTION] = R_CLIENT_ASSERTION,
	[TRUST_SOFTWARE_STATEMENT] = R_SOFTWARE_STATEMENT,
	[TRUST_TOKEN_EXCHANGE] = R_EXCHANGE_SUBJECT,
};

bool
trusted_use(struct call *c, const struct trusted_token *k, enum trust what, bool *used, struct str *why)
{
	struct str jti = json_member_str(k->jwt.claims, "jti");
	struct dig32 d;

	if (!(k->from->once & BIT(what)) || *used)
		return true;
	*why = SAY("jti is missing or too long");
	if (jti.n == 0 || jti.n > JTI_MAX)
		return false;
	SHA256(d.b, c->issuer->name, S("\0"), S("trusted"), S("\0"), k->from->url, S("\0"), jti);
	switch (call_uses_once(c, &d, k->exp_s + k->from->skew_s, spent_reasons[what])) {
	case ONCE_FIRST: return *used = true;
	case ONCE_AGAIN: *why = USED_BEFORE; return false;
	default: *why = SAY("too many assertions at once"); return false;
	}
}
