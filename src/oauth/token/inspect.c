/* oauth/token/inspect.c - what a presented token is worth. */
#include "oauth/confirm.h"
#include "oauth/subject.h"
#include "oauth/details.h"
#include "oauth/token/token.h"
#include "oauth/session/session.h"

#define ANCESTORS_MAX 16

/* Of one: its own parent goes into *auth, none makes it empty. */
static bool
ancestor_lives(struct call *c, struct str parent, struct authorization *auth)
{
	struct str kind = str_cut(&parent, ':'), bytes;
	struct dig32 digest;
	struct family f;
	struct token row;
	struct id16 id;

	*auth = (struct authorization){ .extra = STR_ABSENT };
	if (str_is(kind, "family")) {
		if (!uuid_read(parent, id.b) || !store_answered(c, store_family(c->svc->store, c->mem, &id, &f)))
			return false;
		*auth = f.auth;
		return f.state == FAMILY_LIVE;
	}
	if (str_is(kind, "token"))
		return uuid_read(parent, id.b) && store_answered(c, store_token(c->svc->store, c->mem, &id, &row));
	if (!str_is(kind, "jti") || !hex_decode(c->mem, parent, &bytes) || bytes.n != sizeof digest.b)
		return false;
	memcpy(digest.b, bytes.p, sizeof digest.b);
	return !store_answered(c, store_jti_revoked(c->svc->store, &digest)) && c->why == R_NONE;
}

int
ancestors_live(struct call *c, const struct authorization *auth)
{
	struct authorization at = *auth;
	struct authorization_extra x;

	for (int n = 0; n <= ANCESTORS_MAX; n++) {
		if (str_empty(at.extra))
			return n;
		if (!authorization_extra_get(c->mem, &at, &x))
			return fail(c, R_INTERNAL, SAY("the authorization cannot be read")), -1;
		if (!str_given(x.parent))
			return n;
		if (!ancestor_lives(c, x.parent, &at))
			return -1;
	}
	return -1;
}

bool
family_is_alive(struct call *c, const struct id16 *id, struct family *out)
{
	return store_answered(c, store_family(c->svc->store, c->mem, id, out)) && out->state == FAMILY_LIVE
	    && ancestors_live(c, &out->auth) >= 0;
}

/* The user behind the token must still be there and enabled. */
static bool
user_fits(struct call *c, const struct id16 *id, struct token_facts *f)
{
	struct user *u;

	if (id_none(id))
		return true;
	c->about = *id;
	u = arena_new(c->mem, struct user);
	if (u == NULL
	    || !store_answered(c, store_user_by_id(c->svc->store, c->mem, realm_name(c->issuer->realm), id, u))
	    || (!c->by_store && !user_holds(c, u, false)) || !user_may_enter(u))
		return fail(c, R_TOKEN_UNKNOWN, SAY("user is gone"));
	f->user = u;
	f->user_name = u->name;
	f->authorities = u->authorities;
	return true;
}

static bool
client_fits(struct call *c, struct token_facts *f)
{
	f->client = client_find(c, f->client_id);
	if (f->client == NULL || !f->client->enabled)
		return fail(c, R_TOKEN_UNKNOWN, SAY("client is gone"));
	if (f->user == NULL) {
		f->authorities = f->client->authorities;
		f->sub = f->client_id;
	} else
		f->sub = subject_of(c->mem, c->issuer, f->client, &f->user->id);
	return true;
}

static enum store_found
row_find(struct call *c, struct str text, struct token *row)
{
	enum token_shape shape = opaque_shape(c->issuer->policy);
	enum store_found found;
	struct dig32 digest;

	if (shape == SHAPE_ROW_ID)
		return access_text_read(c->issuer, text, &row->id)
		    ? store_token(c->svc->store, c->mem, &row->id, row)
		    : NOT_FOUND;
	digest = digest_of(c->issuer, S("access"), text);
	found = store_token_by_digest(c->svc->store, c->mem, &digest, row);
	if (found == FOUND && text_is_withdrawn(c->issuer, shape, c->mem, S("access"), &row->id, text))
		return NOT_FOUND;
	return found;
}

static void
facts_of_family(struct token_facts *f, const struct family *fam)
{
	f->grant = fam->grant;
	f->begun_s = fam->issued_s;
	f->auth = fam->auth;
}

/* RFC 8693 section 4.1: who acts; and of whom it speaks, where that is neither a user nor the client. */
static bool
facts_of_exchange(struct call *c, struct token_facts *f)
{
	struct authorization_extra x;

	if (str_empty(f->auth.extra))
		return true;
	if (!authorization_extra_get(c->mem, &f->auth, &x))
		return fail(c, R_INTERNAL, SAY("the authorization cannot be read"));
	f->act = x.act;
	if (str_given(x.sub) && f->user == NULL)
		f->sub = x.sub;
	return true;
}

/* Told where the claims of a signed one tell it, and of no client alone. RFC 9470 section 6. */
static void
login_put(const struct call *c, struct token_facts *f, struct str acr, int64_t auth_s)
{
	if (f->user == NULL || !claims_have(c->issuer->policy->token.access_claims, FROM_ACR))
		return;
	f->acr = str_some(acr);
	f->auth_s = auth_s;
}

/* Whom its row names; else whom a signed one of this client would be for. */
static bool
row_audience(struct call *c, const struct token *row, struct token_facts *f)
{
	struct authorization_extra x;

	if (!authorization_extra_get(c->mem, &row->auth, &x))
		return fail(c, R_INTERNAL, SAY("the token's row cannot be read"));
	f->aud = str_empty(x.resource) ? claims_audience(c->issuer, f->client) : x.resource;
	f->details = str_some(x.authorization_details);
	login_put(c, f, x.acr, row->auth.auth_s);
	return true;
}

static void
bound_to(struct call *c, struct token_facts *f, struct str cnf)
{
	f->cnf = str_some(cnf);
	f->is_dpop = confirmation_asks(c->mem, cnf, CONFIRM_DPOP);
}

static bool
bound_by(struct call *c, struct token_facts *f, const struct authorization *auth)
{
	struct str cnf;

	if (!confirmation_of_auth(c, auth, &cnf))
		return false;
	bound_to(c, f, cnf);
	return true;
}

static bool
opaque_access(struct call *c, struct str text, struct token_facts *f, struct id16 *family, struct token *row)
{
	struct family fam = { .issued_s = 0 };

	if (!store_answered(c, row_find(c, text, row)) || !str_eq(row->auth.issuer, c->issuer->name))
		return fail(c, R_TOKEN_UNKNOWN, STR_ABSENT);
	if (expired(row->expires_s, c->now_s))
		return fail(c, R_TOKEN_EXPIRED, STR_ABSENT);
	if (!id_none(&row->family) && !family_is_alive(c, &row->family, &fam))
		return fail(c, R_TOKEN_UNKNOWN, SAY("family is revoked"));
	*family = row->family;
	f->scope = row->auth.scope;
	f->client_id = row->auth.client;
	f->account_type = row->auth.account_type;
	f->exp_s = row->expires_s;
	f->iat_s = row->issued_s;
	facts_of_family(f, &fam);
	f->auth = row->auth;
	if (!user_fits(c, &row->auth.user, f) || !client_fits(c, f))
		return false;
	return row_audience(c, row, f) && bound_by(c, f, &row->auth) && facts_of_exchange(c, f);
}

/* A claim that is one text or an array of them, as words. */
static struct str
words_claim(struct call *c, const json_t *v)
{
	struct buf b;

	if (json_is_string(v))
		return str_span(json_string_value(v), json_string_length(v));
	if (json_array_size(v) == 0)
		return S("");
	buf_init(&b, c->mem, JWT_MAX);
	for (size_t i = 0; i < json_array_size(v); i++) {
		const json_t *word = json_array_get(v, i);

		if (b.n > 0)
			buf_putc(&b, ' ');
		buf_put(&b, str_span(json_string_value(word), json_string_length(word)));
	}
	return buf_str(&b);
}

static struct str
scope_claim(struct call *c, const json_t *claims)
{
	const json_t *v = json_object_get(claims, "scope");

	return words_claim(c, v != NULL ? v : json_object_get(claims, "scopes"));
}

/* A claim that is no text, as it came; absent: there is none. */
static struct str
json_claim(struct call *c, const json_t *claims, const char *name)
{
	const json_t *v = json_object_get(claims, name);
	char *text = v != NULL ? json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
	struct str s = text != NULL ? arena_dup(c->mem, str_of(text)) : STR_ABSENT;

	free(text);
	return s;
}

static struct str
client_claim(const json_t *claims)
{
	struct str id = json_member_str(claims, "client_id");

	return str_given(id) ? id : json_member_str(claims, "aud");
}

/* The user that a JWT of this issuer speaks for: its family's, else by sub where that is an id, else by user_name. */
static bool
jwt_user(struct call *c, const json_t *claims, const struct family *fam, struct token_facts *f)
{
	struct str name = json_member_str(claims, "user_name"), sub = json_member_str(claims, "sub");
	struct id16 id;
	struct user *u;

	if (!id_none(&fam->id))
		return user_fits(c, &fam->auth.user, f);
	if (uuid_read(sub, id.b))
		return user_fits(c, &id, f);
	if (!str_given(name))
		return true;
	u = arena_new(c->mem, struct user);
	if (u == NULL
	    || !store_answered(
		c, store_user_by_name(c->svc->store, c->mem, realm_name(c->issuer->realm), name, u)))
		return fail(c, R_TOKEN_UNKNOWN, SAY("user is gone"));
	return user_fits(c, &u->id, f);
}

/* A jti that says nothing by itself was written down with its family (oauth/token/mint.c). */
static bool
jti_leads_by_row(struct call *c, struct str jti, struct id16 *family)
{
	struct dig32 digest = digest_of(c->issuer, S("jti"), jti);

	return c->issuer->policy->token.jti_shape == JTI_UUID
	    && store_answered(c, store_jti_family(c->svc->store, &digest, family));
}

/* fam: left empty when the jti leads to none. */
static bool
jwt_family(struct call *c, struct str jti, struct id16 *family, struct family *fam)
{
	int64_t generation;

	*fam = (struct family){ .id = { { 0 } } };
	switch (jti_read(c->issuer, jti, family, &generation)) {
	case JTI_IS_FOREIGN:
		return fail(c, R_TOKEN_UNKNOWN, SAY("jti is not of this issuer"));
	case JTI_LEADS_NOWHERE:
		if (!jti_leads_by_row(c, jti, family))
			return c->why == R_NONE;
		break;
	case JTI_LEADS_TO_FAMILY:
		break;
	}
	if (!family_is_alive(c, family, fam))
		return fail(c, R_TOKEN_UNKNOWN, SAY("family is revoked"));
	if (c->issuer->policy->refresh.kills_access && generation >= 0 && generation < fam->generation)
		return fail(c, R_TOKEN_UNKNOWN, SAY("ended by a refresh"));
	return true;
}

static bool
jwt_not_revoked(struct call *c, struct str jti)
{
	struct dig32 digest = digest_of(c->issuer, S("jti"), jti);

	if (store_answered(c, store_jti_revoked(c->svc->store, &digest)))
		return fail(c, R_TOKEN_UNKNOWN, S("revoked"));
	return c->why == R_NONE;
}

/* Some resource servers want another type than the issuer's own; an ID token never says client_id, and has no jti. */
static bool
typ_is_of_access(const struct policy *policy, const struct jwt *t)
{
	return str_is(t->typ, policy->token.access_typ)
	    || (policy->token.takes_resource && (str_is(t->typ, "at+jwt") || str_is(t->typ, "JWT"))
		&& str_given(json_member_str(t->claims, "client_id"))
		&& str_given(json_member_str(t->claims, "jti")));
}

bool
jwt_is_access(const struct policy *policy, const struct jwt *t)
{
	if (str_given(json_member_str(t->claims, "nonce")) || !typ_is_of_access(policy, t))
		return false;
	return !claims_have(policy->token.access_claims, FROM_JTI) || str_given(json_member_str(t->claims, "jti"));
}

/*
 * One that leads to no family (a client's own, or of an old server) does not come back to life with
 * its client or user (S8). Where the claims do not say when it was signed, its end and the time
 * tokens live do.
 */
static bool
signed_since_end(struct call *c, const struct token_facts *f)
{
	int64_t ttl_s = ttl_of(f->client->access_ttl_s, c->issuer->policy->token.access_ttl_s), signed_s = f->iat_s;
	int64_t since_s = f->client->not_before_s;

	if (signed_s == 0 && f->exp_s != 0 && ttl_s != 0)
		signed_s = f->exp_s - ttl_s;
	if (f->user != NULL && f->user->not_before_s > since_s)
		since_s = f->user->not_before_s;
	return signed_s >= since_s || fail(c, R_TOKEN_UNKNOWN, SAY("signed before its client or user ended"));
}

/* RFC 9396 section 9.2. */
static struct str
details_claim(struct call *c, const json_t *claims)
{
	const json_t *details = json_object_get(claims, "authorization_details");

	return json_is_array(details) ? details_text(c->mem, details) : STR_ABSENT;
}

static bool
jwt_access(struct call *c, struct str text, struct token_facts *f, struct id16 *family)
{
	struct family fam;
	struct jwt t;
	int64_t auth_s = 0;

	if (!jwt_verify(c->mem, c->issuer->keys, text, &t))
		return fail(c, R_TOKEN_MALFORMED, STR_ABSENT);
	if (str_given(json_member_str(t.claims, "ati")))
		return fail(c, R_TOKEN_IS_REFRESH, STR_ABSENT);
	if (!jwt_is_access(c->issuer->policy, &t))
		return fail(c, R_TOKEN_MALFORMED, SAY("not an access token"));
	json_member_time(t.claims, "exp", &f->exp_s);
	json_member_time(t.claims, "iat", &f->iat_s);
	if (expired(f->exp_s, c->now_s))
		return fail(c, R_TOKEN_EXPIRED, STR_ABSENT);
	f->is_jwt = true;
	f->jti = json_member_str(t.claims, "jti");
	f->scope = scope_claim(c, t.claims);
	f->client_id = client_claim(t.claims);
	f->aud = words_claim(c, json_object_get(t.claims, "aud"));
	f->details = details_claim(c, t.claims);
	if (!jwt_not_revoked(c, f->jti) || !jwt_family(c, f->jti, family, &fam)
	    || !jwt_user(c, t.claims, &fam, f) || !client_fits(c, f))
		return false;
	facts_of_family(f, &fam);
	bound_to(c, f, json_claim(c, t.claims, "cnf"));
	(void)json_member_time(t.claims, "auth_time", &auth_s);
	login_put(c, f, json_member_str(t.claims, "acr"), auth_s);
	return facts_of_exchange(c, f) && (!id_none(&fam.id) || signed_since_end(c, f));
}

/* IdentityServer kept of a handle only the SHA-256 of it and its kind, so an import has the digest of that. */
static struct dig32
handle_digest_of(const struct issuer *i, struct str text)
{
	uint8_t key[DIGEST_SIZE];

	SHA256(key, text, S(":refresh_token"));
	return digest_of(i, S("refresh handle"), str_span(key, sizeof key));
}

/*
 * A text that does not say its row: given here, or by an old server and imported. At an issuer
 * whose own texts say their row it is generation 0 of its family, which rotates into one of those.
 * A text given here counts as long as its token key does, whatever shape the issuer has today.
 */
static bool
found_by_text(struct call *c, const struct issuer *i, struct str text, struct family *f)
{
	struct dig32 digest = digest_of(i, S("refresh"), text);

	if (store_answered(c, store_family_by_digest(c->svc->store, c->mem, &digest, f)))
		return !text_is_withdrawn(i, SHAPE_B64URL27, c->mem, S("refresh"), &f->id, text)
		    && !text_is_withdrawn(i, SHAPE_UUID, c->mem, S("refresh"), &f->id, text);
	if (c->why == R_STORE)
		return false;
	digest = handle_digest_of(i, text);
	return store_answered(c, store_family_by_digest(c->svc->store, c->mem, &digest, f));
}

bool
refresh_find(struct call *c, const struct issuer *i, struct str text, struct family *f, int64_t *generation)
{
	struct id16 id;

	if (refresh_text_read(i, text, &id, generation))
		return store_answered(c, store_family(c->svc->store, c->mem, &id, f));
	*generation = 0;
	return found_by_text(c, i, text, f);
}

/* One that was replaced is dead, unless its client's refresh tokens can be used again. */
static bool
generation_is_current(const struct call *c, const struct family *f, int64_t generation)
{
	return generation == f->generation || refresh_is_reused(c->issuer, client_find(c, f->auth.client));
}

static bool
opaque_refresh(struct call *c, struct str text, struct token_facts *f, struct id16 *family)
{
	struct family fam;
	int64_t generation = 0;
	bool found = refresh_find(c, c->issuer, text, &fam, &generation) && generation_is_current(c, &fam, generation);

	if (!found || fam.state != FAMILY_LIVE || !fam.refreshable || !str_eq(fam.auth.issuer, c->issuer->name)
	    || expired(fam.expires_s, c->now_s) || ancestors_live(c, &fam.auth) < 0)
		return fail(c, R_TOKEN_UNKNOWN, STR_ABSENT);
	*family = fam.id;
	f->is_refresh = true;
	f->scope = fam.auth.scope;
	f->client_id = fam.auth.client;
	f->exp_s = fam.expires_s;
	f->iat_s = fam.issued_s;
	return user_fits(c, &fam.auth.user, f) && client_fits(c, f) && bound_by(c, f, &fam.auth);
}

static bool
jwt_refresh(struct call *c, struct str text, struct token_facts *f, struct id16 *family)
{
	struct jwt t;
	struct family fam;

	if (!jwt_verify(c->mem, c->issuer->keys, text, &t) || !str_given(json_member_str(t.claims, "ati"))
	    || !uuid_read(json_member_str(t.claims, "jti"), family->b) || !family_is_alive(c, family, &fam)
	    || expired(fam.expires_s, c->now_s)
	    || !generation_is_current(
		c, &fam, ati_generation(c->issuer, c->mem, &fam, json_member_str(t.claims, "ati"))))
		return fail(c, R_TOKEN_UNKNOWN, STR_ABSENT);
	f->is_refresh = f->is_jwt = true;
	f->scope = fam.auth.scope;
	f->client_id = fam.auth.client;
	f->exp_s = fam.expires_s;
	f->iat_s = fam.issued_s;
	return user_fits(c, &fam.auth.user, f) && client_fits(c, f) && bound_by(c, f, &fam.auth);
}

/* Try again with another reading only when the first did not know the token at all. */
static bool
unknown_so_far(struct call *c)
{
	if (c->why != R_TOKEN_UNKNOWN && c->why != R_TOKEN_MALFORMED && c->why != R_TOKEN_IS_REFRESH)
		return false;
	c->why = R_NONE;
	return true;
}

static bool
inspect_once(struct call *c, struct str text, unsigned modes, struct token_facts *f, struct id16 *family,
    struct token *row)
{
	bool jwt = text_is_jwt(c->issuer, text);

	c->by_store = (modes & INSPECT_STORED) != 0;
	*f = (struct token_facts){ .active = true };
	memset(family, 0, sizeof *family);
	memset(row, 0, sizeof *row);
	if (modes & INSPECT_ACCESS) {
		if (jwt ? jwt_access(c, text, f, family) : opaque_access(c, text, f, family, row))
			return true;
		if (!(modes & INSPECT_REFRESH) || !unknown_so_far(c))
			return false;
	}
	*f = (struct token_facts){ .active = true };
	return c->issuer->policy->refresh.shape == SHAPE_JWT ? jwt_refresh(c, text, f, family)
							     : opaque_refresh(c, text, f, family);
}

const struct inspection *
token_inspection(struct call *c, struct str text, unsigned modes)
{
	struct inspection *i = arena_new(c->mem, struct inspection);

	if (i == NULL)
		return NULL;
	*i = (struct inspection){ .text = text, .modes = modes };
	i->sound = token_inspect(c, text, modes, &i->facts, &i->family, &i->row);
	i->why = c->why;
	i->offender = c->offender;
	i->detail = c->detail;
	i->retry_after_s = c->retry_after_s;
	return i;
}

/* Good for one answer. */
static const struct inspection *
inspection_take(struct call *c, struct str text, unsigned modes)
{
	const struct inspection *i = c->inspected;

	c->inspected = NULL;
	return i != NULL && i->modes == modes && i->text.p == text.p && i->text.n == text.n ? i : NULL;
}

static bool
inspection_tell(
    struct call *c, const struct inspection *i, struct token_facts *f, struct id16 *family, struct token *row)
{
	*f = i->facts;
	*family = i->family;
	*row = i->row;
	if (i->sound)
		return true;
	c->offender = i->offender;
	c->retry_after_s = i->retry_after_s;
	return fail(c, i->why, i->detail);
}

/* Once more after somebody was asked about the user: that may have ended the token which was found before. */
bool
token_inspect(struct call *c, struct str text, unsigned modes, struct token_facts *f, struct id16 *family,
    struct token *row)
{
	const struct inspection *found = inspection_take(c, text, modes);

	if (found != NULL)
		return inspection_tell(c, found, f, family, row);
	c->asked = false;
	return inspect_once(c, text, modes, f, family, row)
	    && (!c->asked || inspect_once(c, text, modes, f, family, row));
}
