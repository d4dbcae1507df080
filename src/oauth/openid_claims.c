/* oauth/openid_claims.c - what is told of a person, by rows. OpenID Connect Core 5.1, 5.4, 5.5. */
#include "oauth/openid_claims.h"
#include "store/user_claims.h"

struct openid_user
openid_user(struct arena *mem, const struct policy *policy, const struct user *u)
{
	return (struct openid_user){ mem, policy, u, user_claims_read(mem, u->claims) };
}

/* --- values ----------------------------------------------------------------------------------- */

static bool
put_json(struct buf *b, struct str claim, const json_t *v)
{
	char *text;

	if (json_is_string(v)) {
		jm_str(b, claim, str_span(json_string_value(v), json_string_length(v)));
		return true;
	}
	text = v != NULL ? json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(USER_CLAIM_DIGITS)) : NULL;
	if (text != NULL)
		jm_raw(b, claim, str_of(text));
	free(text);
	return text != NULL;
}

static bool
put_TEXT(struct buf *b, const struct openid_user *o, const char *claim, struct str value)
{
	(void)o;
	if (!str_empty(value))
		jm_str(b, str_of(claim), value);
	return !str_empty(value);
}

static bool
put_INT(struct buf *b, const struct openid_user *o, const char *claim, int64_t value)
{
	(void)o;
	if (value != 0)
		jm_int(b, str_of(claim), value);
	return value != 0;
}

static bool
put_KEPT(struct buf *b, const struct openid_user *o, const char *claim, struct str value)
{
	(void)value;
	return put_json(b, str_of(claim), json_object_get(o->claims, claim));
}

static bool
put_MARK(struct buf *b, const struct openid_user *o, const char *claim, struct str address)
{
	const json_t *mark = json_object_get(o->claims, claim);

	if (str_empty(address) || (mark == NULL && !o->policy->token.unverified_is_said))
		return false;
	jm_bool(b, str_of(claim), json_is_true(mark));
	return true;
}

/* --- standard claims -------------------------------------------------------------------------- */

static bool
standard_put(struct buf *b, const struct openid_user *o, struct str claim)
{
	const struct user *u = o->user;

#define OPENID_CLAIM(word, name, kind, value) if (str_is(claim, name)) return put_##kind(b, o, name, value);
#include "oauth/openid_claims.def"
#undef OPENID_CLAIM
	return false;
}

void
openid_scope_put(struct buf *b, const struct openid_user *o, struct str scope)
{
	const struct user *u = o->user;

#define OPENID_CLAIM(word, name, kind, value) if (str_has_word(scope, S(word), ' ')) put_##kind(b, o, name, value);
#include "oauth/openid_claims.def"
#undef OPENID_CLAIM
}

static bool
standard_is_open(struct str claim, struct str scope)
{
#define OPENID_CLAIM(word, name, kind, value) if (str_is(claim, name)) return str_has_word(scope, S(word), ' ');
#include "oauth/openid_claims.def"
#undef OPENID_CLAIM
	return false;
}

/* --- an issuer's own -------------------------------------------------------------------------- */

static bool
own_is_open(const struct own_claim *own, struct str scope, enum own_place place)
{
	return (own->places & place) != 0 && (str_empty(own->scope) || str_has_word(scope, own->scope, ' '));
}

/* Of a standard claim the attribute is the claim itself. */
static bool
own_put(struct buf *b, const struct openid_user *o, const struct own_claim *own)
{
	const char *attribute = arena_z(o->mem, own->attribute);

	return standard_put(b, o, own->claim)
	    || (attribute != NULL && put_json(b, own->claim, json_object_get(o->claims, attribute)));
}

void
openid_own_put(struct buf *b, const struct openid_user *o, struct str scope, struct str told, enum own_place place)
{
	const struct own_claim *own = o->policy->token.own_claims;

	for (; own != NULL && str_given(own->claim); own++)
		if (own_is_open(own, scope, place) && !standard_is_open(own->claim, told))
			own_put(b, o, own);
}

bool
openid_own_says(const struct policy *policy, struct str scope, enum own_place place, struct str claim)
{
	const struct own_claim *own = policy->token.own_claims;

	for (; own != NULL && str_given(own->claim); own++)
		if (str_eq(own->claim, claim) && own_is_open(own, scope, place))
			return true;
	return false;
}

struct str
openid_own_scope(const struct policy *policy, struct str claim)
{
	const struct own_claim *own = policy->token.own_claims;

	for (; own != NULL && str_given(own->claim); own++)
		if (str_eq(own->claim, claim))
			return !(own->places & (OWN_IN_ID_TOKEN | OWN_IN_USERINFO)) ? STR_ABSENT
			    : str_empty(own->scope) ? S("") : own->scope;
	return STR_ABSENT;
}

bool
openid_claim_put(struct buf *b, const struct openid_user *o, struct str claim)
{
	const struct own_claim *own = o->policy->token.own_claims;

	if (user_claim_kind(claim) != UC_OWN)
		return standard_put(b, o, claim);
	for (; own != NULL && str_given(own->claim); own++)
		if (str_eq(own->claim, claim))
			return own_put(b, o, own);
	return false;
}

bool
openid_name_is_standard(struct str claim)
{
	return user_claim_kind(claim) != UC_OWN;
}

/*
 * RFC 7519 section 4.1, RFC 7800, RFC 8693, RFC 9068, RFC 7662, status lists, OpenID Connect Core 2, 3.3.2.11
 * and 5.6, its logout and session specifications; and what older dialects here say of a token.
 */
bool
openid_name_is_reserved(struct str claim)
{
	static const char names[] =
	    "iss sub aud exp nbf iat jti ati typ alg kid cnf act may_act client_id scope scopes active token_type "
	    "token_use nonce azp acr amr auth_time at_hash c_hash s_hash sid events toe sub_jwk sub_id updated_at "
	    "username user_name user_id user_number authorities account_type resource_ids authorization_details "
	    "status _claim_names _claim_sources verified_claims";

	return str_has_word(str_of(names), claim, ' ');
}
