/*
 * oauth/token/mint.c - tokens for an authority: which exist, their text, and the rows that must be
 * committed before they leave. RFC 6749 section 5.1, RFC 9068.
 */
#include "oauth/client_metadata.h"
#include "oauth/confirm.h"
#include "oauth/subject.h"
#include "oauth/token/token.h"

bool
token_sign(struct call *c, struct str typ, struct str jti, enum jose_alg alg, struct str claims, struct str *out)
{
	const struct policy *policy = c->issuer->policy;
	const struct key *key = keyring_signer(c->issuer->keys, alg);
	struct jwt_form form = { .typ = typ,
		.with_kid = policy->token.kid_in_header,
		.jti = policy->token.jti_in_header ? jti : STR_ABSENT };

	if (key == NULL || !str_given(claims) || !sign_bounded(c->mem, key, &form, claims, out))
		return fail(c, R_INTERNAL, key == NULL ? SAY("no signing key") : SAY("signing failed"));
	return true;
}

static bool
sign(struct call *c, struct str typ, struct str jti, const struct claim_row *rows,
    const struct claim_facts *f, struct str *out)
{
	return token_sign(c, typ, jti, f->alg, claims_write(c->mem, rows, f), out);
}

bool
userinfo_is_jwt(const struct client *k)
{
	const struct client_metadata *m = client_metadata(k);

	return !str_empty(m->userinfo_signed_response_alg) || !str_empty(m->userinfo_encrypted_response_alg);
}

struct str
userinfo_jwt(struct call *c, const struct client *k, struct str claims)
{
	const struct client_metadata *m = client_metadata(k);
	bool is_signed = !str_empty(m->userinfo_signed_response_alg);
	struct str out = claims;
	enum jose_alg alg;

	if (is_signed && !id_token_alg(c->issuer->policy, m->userinfo_signed_response_alg, &alg)) {
		fail(c, R_INTERNAL, SAY("the client's userinfo is signed by an algorithm that is not in id_token_algs"));
		return STR_ABSENT;
	}
	if (is_signed && !token_sign(c, S("JWT"), STR_ABSENT, alg, claims, &out))
		return STR_ABSENT;
	if (!token_encrypt(c, k, m->userinfo_encrypted_response_alg, m->userinfo_encrypted_response_enc, is_signed, &out))
		return STR_ABSENT;
	return out;
}

bool
response_jwt_is_slow(const struct policy *policy, const struct client *k)
{
	const struct client_metadata *m = client_metadata(k);
	enum jose_alg alg;

	return !str_empty(m->authorization_encrypted_response_alg)
	    || (id_token_alg(policy, m->authorization_signed_response_alg, &alg) && alg_is_slow(alg));
}

struct str
response_jwt(struct call *c, const struct client *k, struct str claims)
{
	const struct client_metadata *m = client_metadata(k);
	struct str out = STR_ABSENT;
	enum jose_alg alg;

	if (!id_token_alg(c->issuer->policy, m->authorization_signed_response_alg, &alg)) {
		fail(c, R_INTERNAL,
		    SAY("the client's authorization responses are signed by an algorithm that is not in id_token_algs"));
		return STR_ABSENT;
	}
	if (!token_sign(c, S("JWT"), STR_ABSENT, alg, claims, &out)
	    || !token_encrypt(c, k, m->authorization_encrypted_response_alg, m->authorization_encrypted_response_enc,
		true, &out))
		return STR_ABSENT;
	return out;
}

bool
introspection_is_jwt(const struct call *c)
{
	return c->wants_jwt && c->issuer->policy->token.introspect_jwt;
}

/* RFC 9701 section 6: RS256 for whoever has registered nothing, where the issuer has such a key. */
static bool
introspection_alg(const struct policy *policy, struct str registered, enum jose_alg *alg)
{
	return id_token_alg(policy, str_empty(registered) ? S("RS256") : registered, alg)
	    || (str_empty(registered) && id_token_alg(policy, registered, alg));
}

/* Neither sub nor exp stand outside: it is no access token and no statement about a user (section 5, 8.1). */
struct str
introspection_jwt(struct call *c, struct str facts)
{
	const struct client_metadata *m = client_metadata(c->client);
	enum jose_alg alg;
	struct str out;
	struct buf b;

	if (!introspection_alg(c->issuer->policy, m->introspection_signed_response_alg, &alg)) {
		fail(c, R_INTERNAL,
		    SAY("the client's introspection answers are signed by an algorithm that is not in id_token_algs"));
		return STR_ABSENT;
	}
	buf_init(&b, c->mem, JWT_CLAIMS_MAX);
	jw_open(&b, '{');
	jm_str(&b, S("iss"), c->issuer->url);
	jm_str(&b, S("aud"), c->client->id);
	jm_int(&b, S("iat"), c->now_s);
	jm_raw(&b, S("token_introspection"), facts);
	jw_close(&b, '}');
	if (!token_sign(c, S("token-introspection+jwt"), STR_ABSENT, alg, b.full ? STR_ABSENT : buf_str(&b), &out)
	    || !token_encrypt(c, c->client, m->introspection_encrypted_response_alg,
		m->introspection_encrypted_response_enc, true, &out))
		return STR_ABSENT;
	return out;
}

struct dig32
reuse_digest(const struct call *c, const struct authority *a)
{
	static const struct id16 nobody;
	struct scope_words w;
	struct dig32 d;

	scope_split(c->issuer->policy, a->auth.scope, &w);
	scope_sort(&w);
	SHA256(d.b, S("live"), c->issuer->name, S("\0"), c->client->id, S("\0"),
	    id_str(a->has_user ? &a->user.id : &nobody), scope_join(c->mem, &w, S(" ")),
	    str_given(a->cnf) ? S("\0") : S(""), str_given(a->cnf) ? a->cnf : S(""));
	return d;
}

/* What began it; a family that moves here from another issuer keeps what began it there. */
static struct str
family_grant(const struct call *c, const struct authority *a)
{
	if (a->is_refresh)
		return a->moved.grant;
	return c->grant != NULL ? str_of(c->grant->name) : S("implicit");
}

/* Of two ends, 0 being none. */
static int64_t
sooner(int64_t a, int64_t b)
{
	return a == 0 ? b : b == 0 || a < b ? a : b;
}

/* A new family for this authority; its row is added by the commit. */
void
family_begin(struct call *c, struct authority *a)
{
	const struct policy *policy = c->issuer->policy;
	int64_t ttl = ttl_of(c->client->refresh_ttl_s, policy->refresh.ttl_s);

	a->family = (struct family){
		.id = id_new(), .auth = a->auth, .grant = family_grant(c, a), .refreshable = a->wants_refresh,
		.issued_s = c->now_s, .expires_s = expiry(c->now_s, ttl), .state = FAMILY_LIVE,
	};
	a->family.auth.extra = a->family_extra;
	if (!a->wants_refresh)          /* kept only so that what it gave can be revoked */
		a->family.expires_s = expiry(c->now_s, a->target.ttl_s);
	a->family.expires_s = sooner(a->family.expires_s, a->ends_s);
	if ((policy->refresh.shape == SHAPE_B64URL27 || policy->refresh.shape == SHAPE_UUID)
	    && refresh_is_reused(c->issuer, c->client)) {
		a->family.has_digest = true;
		a->family.digest = digest_of(c->issuer, S("refresh"), refresh_text(c->issuer, c->mem, &a->family, 0));
	}
	a->has_family = a->family_is_new = true;
}

void
rivals_end(const struct call *c, struct authority *a, struct ops *o)
{
	a->rivals = (struct family){
		.id = a->family.id, .auth = a->auth,
		.grant = c->issuer->policy->token.single_login_per_grant ? family_grant(c, a) : STR_ABSENT,
	};
	/* its living token is returned again, unless another login ends it meanwhile */
	if (a->has_family && !a->family_is_new)
		ops_add(o, OP_FAMILY_ALIVE)->family = &a->family;
	ops_add(o, OP_FAMILIES_REVOKE)->family = &a->rivals;
}

static int64_t
generation_after(const struct authority *a)
{
	return a->family.generation + (a->rotates ? 1 : 0);
}

static void
drop_reuse(struct call *c, struct ops *o, const struct token *row)
{
	struct token *copy = arena_new(c->mem, struct token);

	if (copy == NULL)
		return;
	*copy = *row;
	ops_add(o, OP_TOKEN_DROP_REUSE)->token = copy;
}

/*
 * An imported family is found by the text that its old server gave, which cannot be made again:
 * whoever presents it has it.
 */
static bool
refresh_can_be_told(struct call *c, const struct family *f)
{
	return str_given(refresh_text_again(c->issuer, c->mem, f, f->generation));
}

/*
 * A live token comes with its refresh token, and one that rotates has one holder: the second to
 * refresh would look like a thief. So a client whose refresh tokens rotate gets tokens of their own
 * with every grant.
 */
static bool
live_is_shared(const struct call *c, const struct authority *a)
{
	return c->issuer->policy->token.live_is_returned && !a->derived
	    && (!a->wants_refresh || refresh_is_reused(c->issuer, c->client));
}

/*
 * The live access token of the same client, user and scope, if the policy returns it again. A
 * refresh replaces it, and so does a grant that could not tell a refresh token that works beside
 * it.
 */
static bool
live_token(struct call *c, struct authority *a, struct ops *o, struct str *text)
{
	struct dig32 reuse = reuse_digest(c, a);
	struct token row;
	struct family f;
	bool fresh, family, live, alive;

	if (!store_answered(c, store_token_by_reuse(c->svc->store, c->mem, &reuse, &row)))
		return false;
	family = !id_none(&row.family);
	live = family && family_is_alive(c, &row.family, &f);
	alive = live && !expired(f.expires_s, c->now_s);
	if (a->is_refresh || (family && !live) || (a->wants_refresh && !(alive && refresh_can_be_told(c, &f)))) {
		drop_reuse(c, o, &row);
		return false;
	}
	*text = access_text_again(c->issuer, c->mem, &row);
	fresh = !expired(row.expires_s, c->now_s) && str_given(*text);
	if (alive || (live && fresh)) {
		a->family = f;
		a->has_family = true;
		a->family_is_new = false;
		a->wants_refresh = a->wants_refresh && f.refreshable;
	}
	if (fresh)
		a->access_row = row;
	else
		drop_reuse(c, o, &row);
	return fresh;
}

static void
access_row_new(struct call *c, struct authority *a, struct str *text)
{
	const struct policy *policy = c->issuer->policy;
	bool shared = live_is_shared(c, a);
	struct token *t = &a->access_row;

	*t = (struct token){
		.id = id_new(), .auth = a->auth, .issued_s = c->now_s, .expires_s = a->access_expires_s,
		.keep_s = a->access_expires_s,
	};
	t->auth.nonce = STR_ABSENT;             /* an ID token's */
	t->auth.scope = a->target.scope;
	if (!a->has_user)
		t->auth.auth_s = 0;
	if (a->has_family) {
		t->family = a->family.id;
		if (shared && t->keep_s != 0 && (a->family.expires_s == 0 || a->family.expires_s > t->keep_s))
			t->keep_s = a->family.expires_s;
	}
	*text = access_text(c->issuer, c->mem, &t->id);
	if (opaque_shape(policy) != SHAPE_ROW_ID) {
		t->has_digest = true;
		t->digest = digest_of(c->issuer, S("access"), *text);
	}
	if (shared) {
		t->has_reuse = true;
		t->reuse = reuse_digest(c, a);
	}
	a->access_row_is_new = true;
}

/* The row of an opaque token says whom it is for and what exactly it allows, as the claims of a signed one. */
static bool
target_keep(struct call *c, const struct target *t, struct authorization *auth)
{
	struct authorization_extra x;

	if (!t->named && c->issuer->policy->token.detail_types == NULL)
		return true;
	if (!authorization_extra_get(c->mem, auth, &x))
		return fail(c, R_INTERNAL, S("memory"));
	if (t->named)
		x.resource = t->aud;
	x.authorization_details = t->details;
	return authorization_extra_set(c->mem, auth, &x) || fail(c, R_RESOURCE_MANY, STR_ABSENT);
}

static bool
mint_opaque(struct call *c, struct authority *a, struct tokens *t, struct ops *o)
{
	bool again = live_is_shared(c, a) && live_token(c, a, o, &t->access);

	if (c->why != R_NONE)
		return false;
	if (again) {
		a->access_expires_s = a->access_row.expires_s;
	} else {
		if ((a->has_user || a->derived) && !a->has_family)
			family_begin(c, a);
		if (a->wants_refresh && !a->has_family)
			family_begin(c, a);
		access_row_new(c, a, &t->access);
		if (!target_keep(c, &a->target, &a->access_row.auth))
			return false;
	}
	return str_given(t->access) || fail(c, R_INTERNAL, S("memory"));
}

/* A jti that does not say to which family it leads: a row does. */
static void
jti_remember(struct call *c, const struct authority *a, struct ops *o)
{
	struct store_op *op;

	if (c->issuer->policy->token.jti_shape != JTI_UUID || !a->has_family)
		return;
	op = ops_add(o, OP_JTI_ADD);
	op->jti.digest = digest_of(c->issuer, S("jti"), a->jti);
	op->jti.family = a->family.id;
	op->jti.expires_s = a->access_expires_s;
}

bool
jwt_needs_family(const struct policy *policy, const struct client *k)
{
	return policy->token.access_shape == SHAPE_JWT && !claims_have(policy->token.access_claims, FROM_IAT)
	    && ttl_of(k->access_ttl_s, policy->token.access_ttl_s) == 0;
}

static bool
mint_jwt(struct call *c, struct authority *a, struct tokens *t, struct ops *o)
{
	const struct policy *policy = c->issuer->policy;
	struct claim_facts f = { .c = c, .a = a, .alg = a->target.alg, .exp_s = a->access_expires_s,
		.place = OWN_IN_ACCESS_TOKEN };
	struct str granted = a->auth.scope;
	bool ok;

	if (!a->has_family && (a->has_user || a->wants_refresh || a->derived || jwt_needs_family(policy, c->client)))
		family_begin(c, a);
	a->jti = t->jti = f.jti = jti_text(c->issuer, c->mem, a->has_family ? &a->family : NULL,
	    generation_after(a), !refresh_is_reused(c->issuer, c->client));
	jti_remember(c, a, o);
	if (!status_place(c, a, &f.status, o))
		return false;
	a->auth.scope = a->target.scope;        /* a narrowed access token narrows nothing else */
	ok = sign(c, a->target.typ, f.jti, policy->token.access_claims, &f, &t->access);
	a->auth.scope = granted;
	return ok;
}

static bool
mint_refresh(struct call *c, struct authority *a, struct tokens *t)
{
	const struct policy *policy = c->issuer->policy;
	struct claim_facts f = { .c = c, .a = a, .alg = policy->token.signing_alg, .exp_s = a->family.expires_s };
	struct str settled = a->auth.scope;
	bool ok;

	if (!a->wants_refresh)
		return true;
	if (a->is_refresh && !a->family_is_new && policy->refresh.rule == REFRESH_KEPT
	    && policy->refresh.shape != SHAPE_JWT && refresh_is_reused(c->issuer, c->client)) {
		/* found by it: perhaps a text of the server this one came after */
		t->refresh = c->arg[P_REFRESH_TOKEN];
		return true;
	}
	if (policy->refresh.shape != SHAPE_JWT) {
		t->refresh = refresh_text_again(c->issuer, c->mem, &a->family, generation_after(a));
		if (!str_given(t->refresh) && a->is_refresh && !a->family_is_new)
			/* not ours to tell, so it stays the one that was sent */
			t->refresh = c->arg[P_REFRESH_TOKEN];
		return str_given(t->refresh) || fail(c, R_INTERNAL, S("memory"));
	}
	f.jti = uuid_write(c->mem, a->family.id.b);
	/* an opaque one has none */
	f.ati = str_given(a->jti) ? a->jti : jti_text(c->issuer, c->mem, &a->family, generation_after(a), true);
	a->auth.scope = a->family.auth.scope;             /* a narrowed access token does not narrow the family */
	ok = sign(c, S("JWT"), f.jti, policy->refresh.claims, &f, &t->refresh);
	a->auth.scope = settled;
	return ok;
}

bool
id_token_is_asked(const struct policy *policy, struct str scope)
{
	return policy->token.id_claims != NULL
	    && (policy->token.id_token_always || str_has_word(scope, S("openid"), ' '));
}

/* At the token endpoint everything that there is; at the other what was asked for. */
static bool
is_given(const struct authority *a, unsigned what)
{
	return a->front.gives == 0 || (a->front.gives & what) != 0;
}

/* A pairwise subject leads to nobody by itself; the ID token may come back as a hint (CIBA Core 7.1). */
static void
subject_keep(struct call *c, const struct authority *a, struct ops *o)
{
	struct op_subject is = { .issuer = c->issuer->name, .user = a->user.id };

	if (subject_is_pairwise(c->issuer, c->client)
	    && subject_read(c->mem, subject_of(c->mem, c->issuer, c->client, &a->user.id), &is.subject))
		ops_add(o, OP_SUBJECT_KEEP)->subject = is;
}

static bool
mint_id_token(struct call *c, const struct authority *a, struct tokens *t, struct ops *o)
{
	const struct policy *policy = c->issuer->policy;
	const struct client_metadata *m = client_metadata(c->client);
	struct claim_facts f = {
		.c = c, .a = a, .exp_s = c->now_s + policy->token.id_token_ttl_s, .access = t->access,
		.place = OWN_IN_ID_TOKEN, .person = true
	};

	if (!a->has_user || !id_token_is_asked(policy, a->auth.scope) || !is_given(a, GIVES_ID_TOKEN))
		return true;
	if (!id_token_alg(policy, m->id_token_signed_response_alg, &f.alg))
		return fail(c, R_INTERNAL, SAY("the client's ID tokens are signed by an algorithm that is not in id_token_algs"));
	subject_keep(c, a, o);
	return sign(c, S("JWT"), STR_ABSENT, policy->token.id_claims, &f, &t->id_token)
	    && token_encrypt(c, c->client, m->id_token_encrypted_response_alg, m->id_token_encrypted_response_enc, true,
		&t->id_token);
}

/* What is signed at once after an end must not look older than it (S8): at most a second ahead. */
static int64_t
signed_now(const struct call *c, const struct authority *a)
{
	int64_t s = c->now_s;

	if (c->issuer->policy->token.access_shape != SHAPE_JWT && !a->target.jwt)
		return s;
	s = c->client->not_before_s > s ? c->client->not_before_s : s;
	return a->has_user && a->user.not_before_s > s ? a->user.not_before_s : s;
}

/* Whoever gives it, by the row as it is now; at this issuer, also what came from another; to the client that asks. */
static void
authority_settles(const struct call *c, struct authority *a)
{
	a->auth.issuer = c->issuer->name;
	a->auth.client = c->client->id;
	a->auth.user = a->has_user ? a->user.id : (struct id16){ { 0 } };
	a->auth.user_name = a->has_user ? a->user.name : STR_ABSENT;
}

/*
 * The access token is bound to what this request has shown, and the family to it where nothing else says whose it is:
 * of a public client (RFC 9449 section 5, RFC 8705 section 4), or where a bound token was exchanged for it.
 */
static bool
authority_binds(struct call *c, struct authority *a)
{
	struct authorization family = a->auth;
	struct str evidence;

	if (!confirmation_of_auth(c, &a->auth, &evidence)
	    || !confirmation_into_auth(c, &family,
		client_is_public(c->client) || (a->derived && str_given(evidence)) ? a->cnf : STR_ABSENT)
	    || !confirmation_into_auth(c, &a->auth, a->cnf))
		return false;
	a->family_extra = family.extra;
	return true;
}

bool
tokens_mint(struct call *c, struct authority *a, struct tokens *t, struct ops *o)
{
	authority_settles(c, a);
	if (!authority_binds(c, a) || !target_settle(c, a, &a->target))
		return false;
	*t = (struct tokens){
		.scope = a->target.scope, .details = a->target.details, .client = c->client, .grant = c->grant,
		.account_type = a->auth.account_type,
		.user = a->has_user ? &a->user : NULL, .is_dpop = confirmation_asks(c->mem, a->cnf, CONFIRM_DPOP),
	};
	a->signed_s = signed_now(c, a);
	a->access_expires_s = sooner(expiry(a->signed_s, a->target.ttl_s), a->ends_s);
	a->access_row_is_new = false;
	if (!is_given(a, GIVES_TOKEN))
		return mint_id_token(c, a, t, o);
	if (a->target.jwt ? !mint_jwt(c, a, t, o) : !mint_opaque(c, a, t, o))
		return false;
	if (!resources_hear(c, a, o))
		return false;
	if (!mint_refresh(c, a, t) || !mint_id_token(c, a, t, o))
		return false;
	t->expires_in_s = a->access_expires_s == 0 ? 0 : a->access_expires_s - c->now_s;
	return true;
}
