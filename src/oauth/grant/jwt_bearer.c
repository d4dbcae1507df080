/*
 * oauth/grant/jwt_bearer.c - a JWT of a trusted issuer says who the user is, or that the client is itself. RFC 7523
 * sections 2.1 and 3, RFC 7521 section 4.1, which wants no refresh token: who can show another assertion needs none.
 * An ID-JAG (id_jag.h) is one with rules of its own.
 */
#include "oauth/client/trusted.h"
#include "oauth/grant/grant.h"
#include "oauth/grant/id_jag.h"
#include "oauth/session/session.h"

static bool
refuse(struct call *c, struct str why)
{
	return fail(c, R_ASSERTION, why);
}

static bool
client_is_meant(struct call *c, struct str subject)
{
	return str_eq(subject, c->client->id) || fail(c, R_ASSERTION_SUBJECT, subject);
}

static bool
resolve(struct call *c, struct authority *a)
{
	enum trust what = id_jag_or_bearer(c, c->arg[P_ASSERTION]);
	struct trusted_token k;
	struct str why;

	if (!trusted_verify(c, c->arg[P_ASSERTION], what, &k, &why))
		return refuse(c, why);
	if (str_empty(k.subject))
		return refuse(c, SAY("it does not say of whom it speaks"));
	a->scope_most = k.from->scopes;
	if (what == TRUST_ID_JAG && !id_jag_take(c, &k, a))
		return false;
	if (!trusted_use(c, &k, what, &c->evidence.grant_used, &why))
		return refuse(c, why);
	a->without_refresh = true;
	a->auth.auth_s = 0;             /* nobody has logged in here */
	(void)json_member_time(k.jwt.claims, "auth_time", &a->auth.auth_s);
	if (k.from->speaks_for_client)
		return client_is_meant(c, k.subject);
	c->user_name = k.subject;
	if (!trusted_user(c, &k, &a->user))
		return c->why == R_NONE && fail(c, R_ASSERTION_SUBJECT, k.subject);
	c->user_name = a->user.name;
	return a->has_user = user_is_let_in(c, &a->user, a->user.name);
}

static bool
whose(struct call *c, struct user *u)
{
	return trusted_whose(c, c->arg[P_ASSERTION], id_jag_or_bearer(c, c->arg[P_ASSERTION]), u);
}

static bool
needs_document(const struct call *c)
{
	return trusted_needs_document(c, c->arg[P_ASSERTION], id_jag_or_bearer(c, c->arg[P_ASSERTION]));
}

const struct grant grant_jwt_bearer = {
	.name = "urn:ietf:params:oauth:grant-type:jwt-bearer",
	.index = GI_jwt_bearer,
	.needs = NEEDS(P_ASSERTION),
	.when_missing = R_PARAM_MISSING,
	.reads_users = true,
	.one_factor = true, .resolve = resolve,
	.whose = whose,
	.needs_document = needs_document,
};
