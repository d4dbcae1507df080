/*
 * oauth/openid/id_token.c - an ID token that comes back as a hint. OpenID Connect Core 3.1.2.1,
 * RP-Initiated Logout 1.0 section 4.
 */
#include "oauth/openid/openid.h"
#include "oauth/session/session.h"
#include "oauth/subject.h"

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

/* Whose the name is: its own, or kept. It must be what that client is told of that user now. */
static bool
id_of_subject(struct call *c, const struct client *k, struct str sub, struct id16 *id)
{
	struct dig32 subject;

	if (!subject_is_pairwise(c->issuer, k))
		return uuid_read(sub, id->b);
	return subject_read(c->mem, sub, &subject)
	    && store_answered(c, store_subject_user(c->svc->store, c->issuer->name, &subject, id))
	    && str_eq(subject_of(c->mem, c->issuer, k, id), sub);
}

bool
id_token_user(struct call *c, const struct jwt *t, struct user *u)
{
	const struct client *k = client_find(c, id_token_client(t));
	struct id16 id;

	return k != NULL && id_of_subject(c, k, json_member_str(t->claims, "sub"), &id) && user_again(c, &id, false, u);
}
