/*
 * oauth/authorize/request_object.c - the parameters of an authorization request as the claims of a JWT, in the request
 * or at an address that its client registered. OpenID Connect Core 6; RFC 9101 sections 4 to 6, 10.
 *
 * One without a signature says no more than the parameters beside it, and is believed no more. Whatever the object says
 * goes through the same checks as a parameter: redirect URI, scope and everything else.
 */
#include <stdlib.h>

#include "jose/jwe.h"
#include "oauth/authorize/authorize_int.h"
#include "oauth/client/client.h"
#include "oauth/client_metadata.h"

#define AHEAD_S 30
#define KEPT_MS (5 * 60 * 1000)         /* a document of an address with a fragment: another one has another fragment */

static bool
refuse(struct call *c, struct str why)
{
	return fail(c, R_REQUEST_OBJECT_BAD, why);
}

/* An empty signature, nothing critical: RFC 7515 section 4.1.11, RFC 7519 section 6.1. */
static bool
is_plain(struct call *c, struct jwt *t)
{
	struct str text = c->arg[P_REQUEST];

	return text.p[text.n - 1] == '.' && jwt_peek(c->mem, text, t)
	    && str_is(json_member_str(t->header, "alg"), "none") && json_object_get(t->header, "crit") == NULL;
}

/* Those by which the client may sign: the one that it registered, or all that there are. */
static uint64_t
algs_of(struct str registered)
{
	enum jose_alg alg;

	if (str_empty(registered))
		return BIT(ALG_COUNT) - 1;
	return alg_read(registered, &alg) ? BIT(alg) : 0;
}

/* RFC 9101 section 10.8: no JWT that the client has signed for something else, such as an assertion of who it is. */
static bool
is_meant_as_one(const struct call *c, const struct jwt *t)
{
	return (!str_given(t->typ) || jwt_type_is(t->typ, "JWT") || jwt_type_is(t->typ, "oauth-authz-req+jwt"))
	    && !str_eq(json_member_str(t->claims, "sub"), c->arg[P_CLIENT_ID]);
}

/* RFC 9101 section 10.5: for this client the parameters must be those of a signed object. */
static bool
signature_is_required(const struct call *c, const struct client *k)
{
	return c->issuer->policy->authorize.signed_requests_required
	    || client_metadata(k)->require_signed_request_object;
}

static bool
is_encrypted(struct str text)
{
	size_t dots = 0;

	for (size_t i = 0; i < text.n; i++)
		dots += text.p[i] == '.';
	return dots == 4;
}

static bool
is_as_registered(const struct client_metadata *m, const struct jwe *e)
{
	return (str_empty(m->request_object_encryption_alg)
		   || str_is(m->request_object_encryption_alg, jwe_alg_name(e->alg)))
	    && (str_empty(m->request_object_encryption_enc)
		|| str_is(m->request_object_encryption_enc, jwe_enc_name(e->enc)));
}

/* RFC 9101 section 6.1: what is inside takes its place, and is signed, or not, as one that never was encrypted. */
static bool
open_object(struct call *c, const struct client *k)
{
	const struct keyring *ring = c->issuer->keys;
	struct jwe e;

	if (!is_encrypted(c->arg[P_REQUEST]))
		return true;
	if (!c->issuer->policy->authorize.encrypted_requests)
		return refuse(c, SAY("encrypted, and nothing is encrypted to this issuer"));
	if (call_must_wait(c))
		return false;                   /* by RSA it takes as long as a signature */
	if (!jwe_decrypt(c->mem, (const struct jwe_key *const *)ring->enc_keys, ring->n_enc_keys, c->arg[P_REQUEST], &e)
	    || !is_as_registered(client_metadata(k), &e))
		return refuse(c, SAY("it does not open, or is encrypted otherwise than the client registered"));
	if (str_given(e.cty) && !str_eq_nocase(e.cty, S("JWT")) && !str_eq_nocase(e.cty, S("oauth-authz-req+jwt")))
		return refuse(c, SAY("no JWT is inside"));
	call_put(c, P_REQUEST, e.plain);
	c->posted = true;
	return true;
}

static bool
read_object(struct call *c, struct authz *z, struct jwt *t)
{
	const struct client *k = z->client;
	struct str registered = client_metadata(k)->request_object_signing_alg, why = STR_ABSENT;
	bool plain = str_is(registered, "none")
	    || (str_empty(registered) && c->issuer->policy->authorize.request_objects == REQUEST_OBJECTS_ANY);

	if (!open_object(c, k))
		return false;
	if (str_empty(c->arg[P_REQUEST]))
		return refuse(c, SAY("no JWT is inside"));
	if (plain && !signature_is_required(c, k) && is_plain(c, t))
		return true;
	if (str_is(registered, "none"))
		return refuse(c, SAY("no unsigned JWT"));
	if (!client_has_signed(c, k, algs_of(registered), c->arg[P_REQUEST], t, &why))
		return refuse(c, why);
	z->object_signed = true;
	return is_meant_as_one(c, t) || refuse(c, SAY("a JWT for something else"));
}

/* A member that is there is a time, on the right side of now; of what has begun another clock may be a little ahead. */
static bool
time_holds(const struct call *c, const json_t *claims, const char *name, bool ends)
{
	int64_t s;

	if (json_object_get(claims, name) == NULL)
		return true;
	return json_member_time(claims, name, &s) && (ends ? s > c->now_s : s <= c->now_s + AHEAD_S);
}

/*
 * FAPI 1.0 part 2, 5.2.2 (13, 17); FAPI 2.0 Message Signing 5.3.1: it was made a short while ago, and for a short
 * while.
 */
static bool
is_young(const struct call *c, const json_t *claims)
{
	int64_t most = c->issuer->policy->authorize.request_object_max_age_s, nbf, exp;

	if (most == 0)
		return true;
	return json_member_time(claims, "nbf", &nbf) && json_member_time(claims, "exp", &exp)
	    && nbf >= c->now_s - most && exp - nbf <= most;
}

/* RFC 9101 section 4: iss is the client, aud this issuer. Both must be said where an object is all that counts. */
static bool
is_for_this_issuer(struct call *c, const json_t *claims)
{
	bool said = c->issuer->policy->authorize.request_objects_strict;
	const json_t *aud = json_object_get(claims, "aud");

	if ((said || json_object_get(claims, "iss") != NULL)
	    && !str_eq(json_member_str(claims, "iss"), c->arg[P_CLIENT_ID]))
		return refuse(c, SAY("iss is not the client"));
	if ((said || aud != NULL) && !audience_names(aud, c->issuer->url))
		return refuse(c, SAY("aud is not this issuer"));
	if (str_given(c->arg[P_INTERACTION]))
		return true;                    /* it was judged in time, before the pages */
	if (!time_holds(c, claims, "exp", true) || !time_holds(c, claims, "nbf", false)
	    || !time_holds(c, claims, "iat", false))
		return refuse(c, SAY("exp, nbf or iat does not hold"));
	return is_young(c, claims)
	    || refuse(c, SAY("exp or nbf is missing, or it is older than request_object_max_age_s"));
}

/* Is the object the whole request? RFC 9101 section 6.3; of one that is pushed RFC 9126 section 3. */
static bool
is_all(const struct call *c)
{
	return c->pushes || c->issuer->policy->authorize.request_objects_strict;
}

/* OpenID Connect Core 6.1: what must stand beside the object as well says the same there; none lies inside another. */
static bool
agrees(struct call *c, const json_t *claims)
{
	static const enum param both[] = { P_CLIENT_ID, P_RESPONSE_TYPE };
	size_t compared = is_all(c) ? 1 : COUNT(both);

	for (size_t i = 0; i < compared; i++) {
		const char *name = param_names[both[i]];

		if (json_object_get(claims, name) != NULL && !str_eq(json_member_str(claims, name), c->arg[both[i]]))
			return refuse(c, SAY("client_id or response_type is another than beside the object"));
	}
	if (is_all(c) && json_object_get(claims, "client_id") == NULL)
		return refuse(c, SAY("client_id is missing"));
	if (json_object_get(claims, "request") != NULL || json_object_get(claims, "request_uri") != NULL)
		return refuse(c, SAY("a request object within a request object"));
	return true;
}

/* An array of objects, such as authorization_details; one of texts is no value of a parameter. */
static bool
is_objects(const json_t *v)
{
	const json_t *one;
	size_t i;

	json_array_foreach(v, i, one)
		if (!json_is_object(one))
			return false;
	return json_array_size(v) > 0;
}

/*
 * As it would stand in a query: a text, the digits of a number, JSON of an object (`claims`) or of objects. Absent:
 * nothing of these.
 */
static struct str
value_text(struct call *c, enum param p, const json_t *v)
{
	struct str text;
	char *json;

	if (json_is_string(v))
		return str_span(json_string_value(v), json_string_length(v));
	if (json_is_integer(v))
		return arena_printf(c->mem, "%lld", (long long)json_integer_value(v));
	json = json_is_object(v) || is_objects(v) || (p == P_AUTHORIZATION_DETAILS && json_is_array(v))
	    ? json_dumps(v, JSON_COMPACT) : NULL;
	text = json != NULL ? arena_dup(c->mem, str_of(json)) : STR_ABSENT;
	free(json);
	return text;
}

/* RFC 8707 section 2: one text, or several. */
static bool
is_texts(const json_t *v)
{
	const json_t *one;
	size_t i;

	json_array_foreach(v, i, one)
		if (!json_is_string(one))
			return false;
	return json_is_string(v) || json_array_size(v) > 0;
}

static bool
add_texts(struct call *c, enum param p, const json_t *v)
{
	const json_t *one;
	size_t i;

	if (json_is_string(v))
		return call_add(c, p, str_span(json_string_value(v), json_string_length(v)));
	json_array_foreach(v, i, one)
		if (!call_add(c, p, str_span(json_string_value(one), json_string_length(one))))
			return fail(c, R_INTERNAL, S("memory"));
	return true;
}

/* A secret, and what comes of our own forms, never comes of an object. */
static bool
may_stand_in_one(enum param p)
{
	return !(param_flags[p] & (PF_SECRET | PF_OWN));
}

/* The value of each parameter that the object holds, but for those that repeat. */
static bool
read_values(struct call *c, const json_t *claims, struct str text[P_COUNT])
{
	for (int p = 0; p < P_COUNT; p++) {
		const json_t *v = json_object_get(claims, param_names[p]);
		bool repeats = (param_flags[p] & PF_REPEATS) != 0;

		text[p] = STR_ABSENT;
		if (v == NULL || !may_stand_in_one((enum param)p))
			continue;
		if (!repeats)
			text[p] = value_text(c, (enum param)p, v);
		if (!(repeats ? is_texts(v) : str_given(text[p])))
			return refuse(c, SAY("a parameter is no text or number, or cannot stand in an object"));
	}
	return true;
}

/* What stands beside the object; who asks stays, and the object itself. */
static void
forget_the_rest(struct call *c)
{
	for (int p = 0; p < P_COUNT; p++)
		if (may_stand_in_one((enum param)p) && p != P_CLIENT_ID && p != P_REQUEST)
			call_put(c, (enum param)p, STR_ABSENT);
	c->repeated = NULL;
}

static void
forget_values(struct call *c, enum param p)
{
	struct param_value **at = &c->repeated;

	while (*at != NULL)
		if ((*at)->is == p)
			*at = (*at)->next;
		else
			at = &(*at)->next;
	call_put(c, p, STR_ABSENT);
}

/* What the object says takes the place of what stands beside it. */
static bool
put_values(struct call *c, const json_t *claims, const struct str text[P_COUNT])
{
	for (int p = 0; p < P_COUNT; p++) {
		const json_t *v = json_object_get(claims, param_names[p]);

		if (str_given(text[p])) {
			call_put(c, (enum param)p, text[p]);
		} else if (v != NULL && may_stand_in_one((enum param)p)) {
			forget_values(c, (enum param)p);
			if (!add_texts(c, (enum param)p, v))
				return false;
		}
	}
	return true;
}

/* From here on the request is what the object says; its pages stand at an address that outlives the object's exp. */
static bool
take(struct call *c, struct authz *z, const json_t *claims)
{
	struct str text[P_COUNT];

	if (!read_values(c, claims, text))
		return false;
	if (is_all(c))
		forget_the_rest(c);
	if (!put_values(c, claims, text))
		return false;
	c->posted = true;
	z->auth.nonce = c->arg[P_NONCE];
	z->state = call_has(c, P_STATE) ? c->arg[P_STATE] : STR_ABSENT;
	return true;
}

/*
 * What stands at request_uri is the request from now on, and is kept with it over the pages: the browser's address
 * leads to no second fetch, which may bring something else.
 */
static bool
fetch(struct call *c, const struct client *k)
{
	struct str uri = c->arg[P_REQUEST_URI], body;
	const char *trouble;

	if (!client_has_request_uri(k, uri))
		return fail(c, R_REQUEST_URI_BAD, SAY("not registered"));
	if (!client_fetch(c, uri, str_index(uri, '#') < 0 ? FETCH_ONCE : KEPT_MS, FETCH_ANY_TIME, &body, &trouble))
		return fail(c, R_REQUEST_URI_BAD, str_of(trouble));
	call_put(c, P_REQUEST, str_trim(body));
	call_put(c, P_REQUEST_URI, STR_ABSENT);
	c->posted = true;
	return true;
}

bool
request_object_is_taken(struct call *c, struct authz *z)
{
	bool here = !str_empty(c->arg[P_REQUEST]), there = !str_empty(c->arg[P_REQUEST_URI]);
	struct jwt t;

	if (c->issuer->policy->authorize.request_objects == REQUEST_OBJECTS_REFUSED || (!here && !there))
		return true;
	if (here && there)
		return refuse(c, SAY("request and request_uri"));
	if (there && !fetch(c, z->client))
		return false;
	if (str_empty(c->arg[P_REQUEST]))
		return refuse(c, SAY("nothing stands at request_uri"));
	return read_object(c, z, &t) && is_for_this_issuer(c, t.claims) && agrees(c, t.claims) && take(c, z, t.claims);
}

bool
signed_object_is_there(struct call *c, struct authz *z)
{
	return z->object_signed || !signature_is_required(c, z->client)
	    || fail(c, R_REQUEST_OBJECT_REQUIRED, STR_ABSENT);
}
