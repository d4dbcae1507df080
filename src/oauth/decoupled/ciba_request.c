/*
 * oauth/decoupled/ciba_request.c - an authentication request as a JWT that its client has signed. CIBA Core 1.0 section
 * 7.1.1, FAPI-CIBA section 5.2.2: who, for whom, when, and once; nothing of the request stands beside it.
 */
#include <stdlib.h>

#include "oauth/client/client.h"
#include "oauth/client_metadata.h"
#include "oauth/decoupled/ciba_int.h"

#define AHEAD_S   60                    /* clocks differ */
#define LIFE_S    3600                  /* FAPI-CIBA 5.2.2: exp at most 60 minutes after nbf, nbf no older */
#define JTI_MAX   256

/* What may stand in it. */
static const enum param inside[] = { P_SCOPE, P_CLIENT_NOTIFICATION_TOKEN, P_ACR_VALUES,
	P_LOGIN_HINT_TOKEN, P_ID_TOKEN_HINT, P_LOGIN_HINT, P_BINDING_MESSAGE, P_USER_CODE, P_REQUESTED_EXPIRY,
	P_AUTHORIZATION_DETAILS };

bool
ciba_wrong(struct call *c, struct str what)
{
	return fail_with(c, R_CIBA_REQUEST, what);
}

static bool
stands_alone(struct call *c)
{
	for (size_t i = 0; i < COUNT(inside); i++)
		if (call_has(c, inside[i]))
			return ciba_wrong(c, S("parameters stand beside the signed request"));
	return !call_has(c, P_RESOURCE) || ciba_wrong(c, S("parameters stand beside the signed request"));
}

static bool
times_hold(struct call *c, const json_t *claims, int64_t *exp)
{
	int64_t nbf, iat;

	if (!json_member_time(claims, "exp", exp) || !json_member_time(claims, "nbf", &nbf)
	    || !json_member_time(claims, "iat", &iat))
		return ciba_wrong(c, S("exp, nbf or iat is missing in the signed request"));
	if (*exp <= c->now_s)
		return ciba_wrong(c, S("the signed request has expired"));
	if (nbf > c->now_s + AHEAD_S || nbf < c->now_s - LIFE_S || *exp - nbf > LIFE_S || iat > c->now_s + AHEAD_S)
		return ciba_wrong(c, S("nbf, exp or iat of the signed request does not hold"));
	return true;
}

static bool
is_the_first(struct call *c, const json_t *claims, int64_t exp)
{
	struct str jti = json_member_str(claims, "jti");
	struct dig32 d;

	if (c->evidence.request_used)           /* by this very request, which looks again */
		return true;
	if (str_empty(jti) || jti.n > JTI_MAX)
		return ciba_wrong(c, S("jti is missing in the signed request, or too long"));
	SHA256(d.b, S("ciba"), S("\0"), c->issuer->name, S("\0"), c->client->id, S("\0"), jti);
	switch (call_uses_once(c, &d, exp, R_CIBA_REQUEST)) {
	case ONCE_FIRST: return c->evidence.request_used = true;
	case ONCE_AGAIN: return ciba_wrong(c, S("the signed request has been used before"));
	default: c->retry_after_s = 1; return fail(c, R_TOO_BUSY, SAY("too many assertions at once"));
	}
}

/* RFC 9396 section 6.1: in a JWT they are an array; the parameter is its text. */
static bool
put_details(struct call *c, const json_t *v)
{
	char *json = json_dumps(v, JSON_COMPACT | JSON_REAL_PRECISION(15));
	struct str text = json != NULL ? arena_dup(c->mem, str_of(json)) : STR_ABSENT;

	free(json);
	call_put(c, P_AUTHORIZATION_DETAILS, text);
	return str_given(text) || fail(c, R_INTERNAL, S("memory"));
}

/* A text, or a number where the parameter is one. */
static bool
put_claim(struct call *c, enum param p, const json_t *v)
{
	if (json_is_array(v) && p == P_AUTHORIZATION_DETAILS)
		return put_details(c, v);
	if (json_is_string(v))
		call_put(c, p, str_span(json_string_value(v), json_string_length(v)));
	else if (json_is_integer(v) && p == P_REQUESTED_EXPIRY)
		call_put(c, p, arena_printf(c->mem, "%lld", (long long)json_integer_value(v)));
	else
		return ciba_wrong(c, S("a claim of the signed request is no text"));
	return true;
}

static bool
take(struct call *c, const json_t *claims)
{
	const json_t *resource = json_object_get(claims, "resource"), *one;
	size_t i;

	for (size_t n = 0; n < COUNT(inside); n++) {
		const json_t *v = json_object_get(claims, param_names[inside[n]]);

		if (v != NULL && !put_claim(c, inside[n], v))
			return false;
	}
	if (json_is_string(resource))
		return call_add(c, P_RESOURCE, str_of(json_string_value(resource))) || fail(c, R_INTERNAL, S("memory"));
	json_array_foreach(resource, i, one)
		if (!json_is_string(one) || !call_add(c, P_RESOURCE, str_of(json_string_value(one))))
			return ciba_wrong(c, S("a claim of the signed request is no text"));
	return true;
}

/* FAPI-CIBA section 5.2.2: of every client, where the issuer takes nothing else in the browser either. */
static bool
may_come_unsigned(struct call *c, struct str registered)
{
	if (!str_empty(registered))
		return ciba_wrong(c, S("this client has registered signed requests, and this one is not"));
	return !c->issuer->policy->authorize.signed_requests_required
	    || ciba_wrong(c, S("this issuer takes signed requests alone, and this one is not"));
}

bool
ciba_request_is_read(struct call *c)
{
	struct str registered = client_metadata(c->client)->backchannel_authentication_request_signing_alg;
	struct str why = STR_ABSENT;
	uint64_t algs = BIT(ALG_COUNT) - 1;
	enum jose_alg alg;
	struct jwt t;
	int64_t exp;

	if (str_empty(c->arg[P_REQUEST]))
		return may_come_unsigned(c, registered);
	if (!str_empty(registered))
		algs = alg_read(registered, &alg) ? BIT(alg) : 0;
	if (!stands_alone(c))
		return false;
	if (!client_has_signed(c, c->client, algs, c->arg[P_REQUEST], &t, &why)) {
		ciba_wrong(c, S("the client has not signed this request"));
		c->detail = why;
		return false;
	}
	if (!str_eq(json_member_str(t.claims, "iss"), c->client->id))
		return ciba_wrong(c, S("iss of the signed request is not the client"));
	if (!audience_names(json_object_get(t.claims, "aud"), c->issuer->url))
		return ciba_wrong(c, S("aud of the signed request is not this issuer"));
	return times_hold(c, t.claims, &exp) && is_the_first(c, t.claims, exp) && take(c, t.claims);
}
