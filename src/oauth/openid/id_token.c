/*
 * oauth/openid/id_token.c - an ID token that comes back as a hint. OpenID Connect Core 3.1.2.1,
 * RP-Initiated Logout 1.0 section 4.
 */
#include "oauth/openid/openid.h"

bool
id_token_read(const struct call *c, struct str text, struct jwt *out)
{
	return jwt_verify(c->mem, c->issuer->keys, text, out) && str_is(out->typ, "JWT")
	    && !jwt_is_access(c->issuer->policy, out)
	    && str_eq(json_member_str(out->claims, "iss"), c->issuer->url);
}

struct str
id_token_client(const struct jwt *t)
{
	const json_t *aud = json_object_get(t->claims, "aud");
	const json_t *one = json_is_array(aud) && json_array_size(aud) == 1 ? json_array_get(aud, 0) : aud;

	return json_is_string(one) ? str_of(json_string_value(one)) : json_member_str(t->claims, "azp");
}
