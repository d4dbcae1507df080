/* oauth/grant/exchange_party.c - what a token is worth that somebody wants to exchange. RFC 8693 section 2.1. */
#include "oauth/confirm.h"
#include "oauth/grant/exchange.h"
#include "oauth/openid/openid.h"
#include "oauth/session/session.h"
#include "oauth/subject.h"

#define PREFIX "urn:ietf:params:oauth:token-type:"

const char *const token_types[TT_COUNT] = {
	[TT_ACCESS] = PREFIX "access_token",
	[TT_REFRESH] = PREFIX "refresh_token",
	[TT_ID] = PREFIX "id_token",
	[TT_JWT] = PREFIX "jwt",
	[TT_ID_JAG] = PREFIX "id-jag",
};

bool
token_type_read(struct str uri, enum token_type *out)
{
	for (int t = 0; t < TT_COUNT; t++)
		if (str_is(uri, token_types[t])) {
			*out = (enum token_type)t;
			return true;
		}
	return false;
}

struct str
token_type_word(enum token_type t)
{
	return str_from(str_of(token_types[t]), sizeof PREFIX - 1);
}

/* Whoever it is, he must be let in now. */
static bool
user_put(struct call *c, const struct user *u, struct party *p)
{
	p->user = *u;
	p->sub = subject_of(c->mem, c->issuer, c->client, &u->id);
	return p->has_user = user_is_let_in(c, u, u->name);
}

/* --- our own ---------------------------------------------------------------------------------- */

/* The token's fault is the token's; that nothing could be learnt of it is not. */
static bool
refuse_own(struct call *c, struct str *why)
{
	if (c->why == R_STORE || c->why == R_INTERNAL || c->why == R_DIRECTORY || c->why == R_USER_TABLE
	    || c->why == R_TOO_BUSY)
		return false;
	*why = c->why != R_NONE ? str_of(reason_rows[c->why].name) : SAY("it is none of ours");
	c->why = R_NONE;
	c->offender = c->detail = STR_ABSENT;
	return false;
}

/* What it hangs on: its family, or its own row, or that its jti was not revoked. */
static struct str
parent_of(struct call *c, const struct token_facts *f, const struct id16 *family, const struct token *row)
{
	struct dig32 d;

	if (!id_none(family))
		return ARENA_CAT(c->mem, S("family:"), uuid_write(c->mem, family->b));
	if (!f->is_jwt)
		return ARENA_CAT(c->mem, S("token:"), uuid_write(c->mem, row->id.b));
	d = digest_of(c->issuer, S("jti"), f->jti);
	return ARENA_CAT(c->mem, S("jti:"), hex_encode(c->mem, dig_str(&d)));
}

static bool
facts_put(struct call *c, const struct token_facts *f, const struct id16 *family, const struct token *row,
    struct party *p)
{
	p->client = f->client_id;
	p->aud = f->aud;
	p->scope = str_given(f->scope) ? f->scope : S("");
	p->ends_s = f->exp_s;
	p->auth = f->auth;
	p->parent = parent_of(c, f, family, row);
	p->has_family = !id_none(family);
	if (p->has_family && !family_is_alive(c, family, &p->family))
		return fail(c, R_TOKEN_UNKNOWN, SAY("family is revoked"));
	if (p->has_family && f->is_refresh)
		p->auth = p->family.auth;
	if (!authorization_extra_get(c->mem, &p->auth, &p->extra))
		return fail(c, R_INTERNAL, SAY("the authorization cannot be read"));
	if (f->user != NULL)
		return user_put(c, f->user, p);
	p->sub = str_given(p->extra.sub) ? p->extra.sub : f->client_id;
	return true;
}

static bool
read_own(struct call *c, struct str token, unsigned modes, struct party *p, struct str *why)
{
	struct token_facts f;
	struct id16 family;
	struct token row;
	struct jwt seen;

	if (!token_inspect(c, token, modes, &f, &family, &row) || !facts_put(c, &f, &family, &row, p))
		return refuse_own(c, why);
	p->cnf = f.cnf;
	if (f.is_jwt && jwt_peek(c->mem, token, &seen))
		p->may_act = json_object_get(seen.claims, "may_act");
	return true;
}

/* Not before what has ended since for the user or the client (S8). */
static bool
is_signed_since(const struct party *p, const struct client *k, int64_t iat_s)
{
	return iat_s >= p->user.not_before_s && iat_s >= k->not_before_s;
}

/* Texts of an array, as words; absent: it has none. */
static struct str
words_of(struct call *c, const json_t *list)
{
	const json_t *one;
	struct buf b;
	size_t i;

	buf_init(&b, c->mem, 1024);
	json_array_foreach(list, i, one) {
		if (i > 0)
			buf_putc(&b, ' ');
		buf_put(&b, json_text(one));
	}
	return b.n > 0 && !b.full ? buf_str(&b) : STR_ABSENT;
}

/* OpenID Connect Core 2. It has no row of its own: the user must be there, and its session must not be over. */
static bool
read_id_token(struct call *c, struct str token, struct party *p, struct str *why)
{
	const struct client *k;
	struct user u;
	struct jwt t;
	int64_t iat_s = 0;

	*why = SAY("it is no ID token of this issuer");
	if (!id_token_read(c, token, &t) || (k = client_find(c, id_token_client(&t))) == NULL || !k->enabled)
		return false;
	*why = SAY("exp is missing or over");
	if (!json_member_time(t.claims, "exp", &p->ends_s) || expired(p->ends_s, c->now_s))
		return false;
	*why = SAY("its user is gone, or not known by this name");
	if (!id_token_user(c, &t, &u) || !user_put(c, &u, p))
		return refuse_own(c, why);
	(void)json_member_time(t.claims, "iat", &iat_s);
	*why = SAY("signed before its client or user ended");
	if (!is_signed_since(p, k, iat_s))
		return false;
	p->client = p->aud = k->id;
	p->scope = k->scopes;
	(void)json_member_time(t.claims, "auth_time", &p->auth.auth_s);
	p->extra.sid = json_member_str(t.claims, "sid");
	p->has_session = !str_empty(p->extra.sid);
	*why = SAY("its session is over");
	if (p->has_session && !session_by_name(c, &p->user.id, k->id, p->extra.sid, &p->session))
		return c->why == R_NONE ? false : refuse_own(c, why);
	p->extra.acr = json_member_str(t.claims, "acr");
	p->extra.amr = words_of(c, json_object_get(t.claims, "amr"));
	p->cnf = claim_json(c, json_object_get(t.claims, "cnf"));
	p->may_act = json_object_get(t.claims, "may_act");
	return true;
}

/* --- somebody else's -------------------------------------------------------------------------- */

static bool
read_trusted(struct call *c, struct str token, bool *used, struct party *p, struct str *why)
{
	struct trusted_token k;
	const struct client *about;

	if (!trusted_verify(c, token, TRUST_TOKEN_EXCHANGE, &k, why)
	    || !trusted_use(c, &k, TRUST_TOKEN_EXCHANGE, used, why))
		return false;
	p->from = k.from;
	p->ends_s = k.exp_s;
	p->scope = k.from->scopes;
	p->may_act = json_object_get(k.jwt.claims, "may_act");
	p->extra.act = trusted_act(c, &k);
	p->cnf = claim_json(c, json_object_get(k.jwt.claims, "cnf"));
	*why = SAY("its subject is nobody here");
	if (!k.from->speaks_for_client) {
		struct user u;

		return (trusted_user(c, &k, &u) && user_put(c, &u, p)) || refuse_own(c, why);
	}
	about = client_find(c, k.subject);
	if (about == NULL || !about->enabled)
		return false;
	p->sub = about->id;
	return true;
}

static bool
party_found(struct call *c, struct str token, enum token_type said, bool *used, struct party *out, struct str *why)
{
	*out = (struct party){ .type = said };
	if (trusted_issuer_of(c, token, TRUST_TOKEN_EXCHANGE) != NULL) {
		*why = SAY("a refresh token counts at its own issuer alone");
		return said != TT_REFRESH && read_trusted(c, token, used, out, why);
	}
	switch (said) {
	case TT_ACCESS: return read_own(c, token, INSPECT_ACCESS, out, why);
	case TT_JWT:
		*why = SAY("it is no JWT of this issuer");
		return text_is_jwt(c->issuer, token) && read_own(c, token, INSPECT_ACCESS, out, why);
	case TT_REFRESH: return read_own(c, token, INSPECT_REFRESH, out, why);
	case TT_ID: return read_id_token(c, token, out, why);
	case TT_ID_JAG:                         /* another server's to take */
	case TT_COUNT: break;
	}
	return false;
}

/* Whoever has a bound token and not its key has nothing: RFC 9449 section 7, RFC 8705 section 3. */
bool
party_read(struct call *c, struct str token, enum token_type said, bool *used, struct party *out, struct str *why)
{
	if (!party_found(c, token, said, used, out, why))
		return false;
	*why = SAY("the token is bound to a key that this request does not show");
	return confirmation_is_shown(c, out->cnf);
}
