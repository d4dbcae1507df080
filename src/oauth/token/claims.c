/* oauth/token/claims.c - the claims of a JWT, written by a policy's rows. RFC 7519 section 4, RFC 9068 section 2.2. */
#include "oauth/claims_asked.h"
#include "oauth/token/token.h"
#include "oauth/openid_claims.h"
#include "oauth/subject.h"

static struct str
sub_number(const struct claim_facts *f)
{
	const struct user *u = &f->a->user;

	return u->number != 0 ? arena_printf(f->c->mem, "%lld", (long long)u->number) : uuid_write(f->c->mem, u->id.b);
}

static struct str
subject(const struct claim_facts *f)
{
	if (f->a->has_user)
		return subject_of(f->c->mem, f->c->issuer, f->c->client, &f->a->user.id);
	return str_given(f->exchanged.sub) ? f->exchanged.sub : f->c->client->id;
}

/* RFC 9068 section 3: a token for no resource in particular is for the issuer's default one. */
static struct str
resources_or_issuer(const struct issuer *i, const struct client *k)
{
	return str_empty(k->resource_ids) ? i->url : k->resource_ids;
}

bool
claims_have(const struct claim_row *rows, enum claim_from from)
{
	for (; rows != NULL && rows->claim != NULL; rows++)
		if (rows->from == from)
			return true;
	return false;
}

struct str
claims_audience(const struct issuer *i, const struct client *k)
{
	const struct claim_row *rows = i->policy->token.access_claims;

	if (claims_have(rows, FROM_AUD))
		return resources_or_issuer(i, k);
	return claims_have(rows, FROM_AUD_CLIENT) ? k->id : k->resource_ids;
}

static struct str
half_hash(const struct claim_facts *f, struct str text)
{
	return alg_half_hash(f->c->mem, f->alg, text);
}

/* Sources whose value is text; absent leaves the claim out. */
static struct str
text_from(const struct claim_row *r, const struct claim_facts *f)
{
	const struct client *k = f->c->client;
	const struct user *u = f->a->has_user ? &f->a->user : NULL;

	switch (r->from) {
	case FROM_TEXT: return str_of(r->text);
	case FROM_ISS: return f->c->issuer->url;
	case FROM_SUB: return subject(f);
	case FROM_SUB_USER_ID: return u ? subject_of(f->c->mem, f->c->issuer, k, &u->id) : STR_ABSENT;
	case FROM_SUB_NUMBER: return u ? sub_number(f) : STR_ABSENT;
	case FROM_AUD: return str_given(f->a->target.aud) ? f->a->target.aud : resources_or_issuer(f->c->issuer, k);
	case FROM_AUD_CLIENT:
	case FROM_CLIENT_ID: return k->id;
	case FROM_RESOURCE_IDS: return str_some(k->resource_ids);
	case FROM_JTI: return f->jti;
	case FROM_ATI: return f->ati;
	case FROM_SCOPE: return f->a->auth.scope;
	case FROM_USER_NAME: return u ? u->name : STR_ABSENT;
	case FROM_AUTHORITIES: return u ? u->authorities : str_some(k->authorities);
	case FROM_ACCOUNT_TYPE: return str_some(f->a->auth.account_type);
	case FROM_ACR: return str_some(f->x.acr);
	case FROM_AMR: return str_some(f->x.amr);
	case FROM_AT_HASH: return half_hash(f, f->access);
	case FROM_C_HASH: return half_hash(f, f->a->front.code);
	case FROM_S_HASH: return half_hash(f, f->a->front.state);
	case FROM_SID: return str_some(f->x.sid);
	case FROM_ACT: return str_some(f->exchanged.act);
	case FROM_NONCE: return str_some(f->a->auth.nonce);
	default: return STR_ABSENT;
	}
}

static int64_t
number_from(const struct claim_row *r, const struct claim_facts *f)
{
	switch (r->from) {
	case FROM_EXP: return f->exp_s;
	case FROM_IAT: return f->a->signed_s;
	case FROM_NBF: return f->c->now_s;
	case FROM_AUTH_TIME: return f->a->auth.auth_s;
	case FROM_USER_NUMBER: return f->a->has_user ? f->a->user.number : 0;
	default: return 0;
	}
}

/* OpenID Connect Core 5.5: a member of "id_token" in the claims that were asked for. */
static bool
is_asked(const struct claim_facts *f, const char *claim)
{
	json_t *asked = str_empty(f->x.claims) ? NULL : json_read(f->c->mem, f->x.claims);

	return json_object_get(json_object_get(asked, CLAIMS_ID_TOKEN), claim) != NULL;
}

static void
claim_put(struct buf *b, const struct claim_row *r, const struct claim_facts *f)
{
	struct str name = str_of(r->claim), value;
	int64_t number;

	if ((r->user_only && !f->a->has_user) || (r->asked_only && !is_asked(f, r->claim)))
		return;
	if (r->type == CLAIM_NUMBER) {
		number = number_from(r, f);
		if (number != 0)
			jm_int(b, name, number);
		return;
	}
	value = text_from(r, f);
	if (!str_given(value))
		return;
	if (r->type == CLAIM_JSON)
		jm_raw(b, name, value);
	else if (r->type == CLAIM_SET)
		jm_words(b, name,
		    hash_order_words(f->c->mem, value, hash_capacity_copy(str_words(value, ' ', NULL))), ' ');
	else if (r->type == CLAIM_ARRAY || (r->type == CLAIM_ONE_OR_ARRAY && str_index(value, ' ') >= 0))
		jm_words(b, name, value, ' ');
	else
		jm_str(b, name, value);
}

/*
 * Of the user: what was asked for by name, what the scopes open where no access token could ask userinfo for it, and
 * the issuer's own. OpenID Connect Core 5.4, 5.5.
 */
static void
person_put(struct buf *b, const struct claim_facts *f)
{
	const struct policy *policy = f->c->issuer->policy;
	struct openid_user o = openid_user(f->c->mem, policy, &f->a->user);
	struct str scope = f->a->auth.scope, opened = f->person && f->a->front.gives == GIVES_ID_TOKEN ? scope : S("");

	openid_scope_put(b, &o, opened);
	if (f->person && !str_empty(f->x.claims) && policy->authorize.claims_are_read)
		claims_asked_put(b, &o, &f->a->auth, CLAIMS_ID_TOKEN, opened);
	if (f->place != 0)
		openid_own_put(b, &o, scope, opened, f->place);
}

struct str
claims_write(struct arena *mem, const struct claim_row *rows, const struct claim_facts *f)
{
	struct claim_facts read = *f;
	struct buf b;

	if (!authorization_extra_get(mem, &f->a->auth, &read.x)) {
		if (!f->person)                 /* what it is bound to cannot be told */
			return STR_ABSENT;
		read.x = (struct authorization_extra){ .sid = STR_ABSENT };
	}
	if (claims_have(rows, FROM_ACT))
		read.exchanged = read.x;
	f = &read;
	buf_init(&b, mem, JWT_CLAIMS_MAX);
	jw_open(&b, '{');
	for (const struct claim_row *r = rows; r->claim != NULL; r++)
		claim_put(&b, r, f);
	if (f->place == OWN_IN_ACCESS_TOKEN && str_given(f->x.cnf))     /* whichever rows there are: RFC 7800 section 3.1 */
		jm_raw(&b, S("cnf"), f->x.cnf);
	if (f->place == OWN_IN_ACCESS_TOKEN && str_given(f->a->target.details))        /* RFC 9396 section 9.1 */
		jm_raw(&b, S("authorization_details"), f->a->target.details);
	if (str_given(f->status))               /* draft-ietf-oauth-status-list-21 section 6.2 */
		jm_raw(&b, S("status"), f->status);
	if (f->a->has_user && (f->person || (f->place != 0 && f->c->issuer->policy->token.own_claims != NULL)))
		person_put(&b, f);
	jw_close(&b, '}');
	return b.full ? STR_ABSENT : buf_str(&b);
}
