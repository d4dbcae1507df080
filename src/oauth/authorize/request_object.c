/*
 * oauth/authorize/request_object.c - the parameters of an authorization request as the claims of a JWT. OpenID Connect
 * Core 6.1, 6.3; RFC 9101 sections 4 and 6.
 *
 * One without a signature says no more than the parameters beside it, and is believed no more: redirect URI, scope and
 * everything else go through the same checks.
 */
#include <stdlib.h>

#include "oauth/authorize/authorize_int.h"

static bool
refuse(struct call *c, struct str why)
{
	return fail(c, R_REQUEST_OBJECT_BAD, why);
}

/* alg none, an empty signature, nothing critical: RFC 7515 section 4.1.11, RFC 7519 section 6.1. */
static bool
is_plain(struct call *c, json_t **claims)
{
	struct str text = c->arg[P_REQUEST];
	struct jwt t;

	if (text.n == 0 || text.p[text.n - 1] != '.' || !jwt_peek(c->mem, text, &t)
	    || !str_is(json_member_str(t.header, "alg"), "none") || json_object_get(t.header, "crit") != NULL)
		return refuse(c, SAY("no unsigned JWT"));
	*claims = t.claims;
	return true;
}

/* A member that is there is a time, and it lies on the right side of now. */
static bool
time_holds(const struct call *c, const json_t *claims, const char *name, bool ahead)
{
	int64_t s;

	if (json_object_get(claims, name) == NULL)
		return true;
	return json_member_int(claims, name, &s) && (ahead ? s > c->now_s : s <= c->now_s);
}

/* One text, or an array with it among others: RFC 7519 section 4.1.3. */
static bool
names(const json_t *aud, struct str url)
{
	const json_t *one;
	size_t i;

	if (json_is_string(aud))
		return str_eq(str_span(json_string_value(aud), json_string_length(aud)), url);
	json_array_foreach(aud, i, one)
		if (json_is_string(one) && names(one, url))
			return true;
	return false;
}

/* RFC 9101 section 4: iss is the client, aud this issuer. */
static bool
is_for_this_issuer(struct call *c, const json_t *claims)
{
	const json_t *aud = json_object_get(claims, "aud");

	if (json_object_get(claims, "iss") != NULL && !str_eq(json_member_str(claims, "iss"), c->arg[P_CLIENT_ID]))
		return refuse(c, SAY("iss is not the client"));
	if (aud != NULL && !names(aud, c->issuer->url))
		return refuse(c, SAY("aud is not this issuer"));
	if (!time_holds(c, claims, "exp", true) || !time_holds(c, claims, "nbf", false))
		return refuse(c, SAY("exp or nbf does not hold"));
	return true;
}

/* OpenID Connect Core 6.1: what must stand beside the object as well says the same there; none lies inside another. */
static bool
agrees(struct call *c, const json_t *claims)
{
	static const enum param both[] = { P_CLIENT_ID, P_RESPONSE_TYPE };

	for (size_t i = 0; i < COUNT(both); i++) {
		const char *name = param_names[both[i]];

		if (json_object_get(claims, name) != NULL && !str_eq(json_member_str(claims, name), c->arg[both[i]]))
			return refuse(c, SAY("client_id or response_type is another than beside the object"));
	}
	if (json_object_get(claims, "request") != NULL || json_object_get(claims, "request_uri") != NULL)
		return refuse(c, SAY("a request object within a request object"));
	return true;
}

/* As it would stand in a query: a text, the digits of a number, an object's JSON (`claims`). Absent: nothing of these. */
static struct str
value_text(struct call *c, const json_t *v)
{
	struct str text;
	char *json;

	if (json_is_string(v))
		return str_span(json_string_value(v), json_string_length(v));
	if (json_is_integer(v))
		return arena_printf(c->mem, "%lld", (long long)json_integer_value(v));
	json = json_is_object(v) ? json_dumps(v, JSON_COMPACT) : NULL;
	text = json != NULL ? arena_dup(c->mem, str_of(json)) : STR_ABSENT;
	free(json);
	return text;
}

/* The value of each parameter that the object holds; what is a secret or comes of our own forms never comes of an object. */
static bool
read_values(struct call *c, const json_t *claims, struct str text[P_COUNT])
{
	for (int p = 0; p < P_COUNT; p++) {
		const json_t *v = json_object_get(claims, param_names[p]);

		text[p] = STR_ABSENT;
		if (v == NULL || (param_flags[p] & (PF_SECRET | PF_OWN)))
			continue;
		if (!(param_flags[p] & PF_REPEATS))
			text[p] = value_text(c, v);
		if (!str_given(text[p]))
			return refuse(c, SAY("a parameter is no text or number, or cannot stand in an object"));
	}
	return true;
}

/* What the object says takes the place of what stands beside it. */
static bool
take(struct call *c, struct authz *z, const json_t *claims)
{
	struct str text[P_COUNT];

	if (!read_values(c, claims, text))
		return false;
	for (int p = 0; p < P_COUNT; p++)
		if (str_given(text[p]))
			call_put(c, (enum param)p, text[p]);
	z->auth.nonce = c->arg[P_NONCE];
	z->state = call_has(c, P_STATE) ? c->arg[P_STATE] : STR_ABSENT;
	return true;
}

bool
request_object_is_taken(struct call *c, struct authz *z)
{
	json_t *claims = NULL;

	if (!c->issuer->policy->authorize.request_objects || str_empty(c->arg[P_REQUEST]))
		return true;
	return is_plain(c, &claims) && is_for_this_issuer(c, claims) && agrees(c, claims) && take(c, z, claims);
}
