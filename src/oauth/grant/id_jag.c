/*
 * oauth/grant/id_jag.c - an ID-JAG of a trusted issuer as a grant: who, for which client, and how much at most.
 * draft-ietf-oauth-identity-assertion-authz-grant-04 section 4.4.
 */
#include "oauth/details.h"
#include "oauth/grant/id_jag.h"

static bool
refuse(struct call *c, struct str why)
{
	return fail(c, R_ASSERTION, why);
}

enum trust
id_jag_or_bearer(const struct call *c, struct str assertion)
{
	struct jwt seen;

	return !str_empty(assertion) && jwt_peek(c->mem, assertion, &seen) && jwt_type_is(seen.typ, ID_JAG_TYP)
	    ? TRUST_ID_JAG : TRUST_JWT_BEARER;
}

bool
id_jag_is_taken(const struct issuer *i)
{
	const struct trusted_issuer *const *t = i->trusted;

	for (; t != NULL && *t != NULL; t++)
		if ((*t)->trusts & BIT(TRUST_ID_JAG))
			return true;
	return false;
}

/* Section 4.4.1; section 9.3: who issued it gives no tokens for it itself. */
static bool
is_for_us(struct call *c, const struct trusted_token *k)
{
	const json_t *said = k->jwt.claims;
	int64_t iat;

	if (client_is_public(c->client))
		return fail_with(c, R_GRANT_FORBIDDEN, c->arg[P_GRANT_TYPE]);
	if (str_eq(k->from->url, c->issuer->url))
		return refuse(c, SAY("an issuer takes no assertion of its own"));
	if (str_empty(json_member_str(said, "jti")) || !json_member_time(said, "iat", &iat))
		return refuse(c, SAY("jti or iat is missing"));
	return str_eq(json_member_str(said, "client_id"), c->client->id)
	    || refuse(c, SAY("client_id is another client than the one that has authenticated"));
}

/* What it says, within what its issuer's word can give; absent: neither bounds anything. */
static bool
scope_most(struct call *c, const struct trusted_token *k, struct str *out)
{
	const json_t *said = json_object_get(k->jwt.claims, "scope");
	struct scope_words w, kept = { .n = 0 };

	*out = k->from->scopes;
	if (said == NULL)
		return true;
	if (!json_is_string(said) || !scope_split(c->issuer->policy, json_text(said), &w))
		return refuse(c, SAY("scope is no list of words"));
	for (size_t i = 0; i < w.n; i++)
		if (!str_given(k->from->scopes) || str_has_word(k->from->scopes, w.at[i], ' '))
			kept.at[kept.n++] = w.at[i];
	*out = scope_join(c->mem, &kept, S(" "));
	return true;
}

static bool
resource_put(struct buf *b, const json_t *one)
{
	struct str uri = json_text(one);

	if (str_empty(uri) || !str_is_visible(uri))
		return false;
	if (b->n > 0)
		buf_putc(b, ' ');
	buf_put(b, uri);
	return true;
}

/* RFC 8707: for which servers, one or several; as what was granted, of which the token request may name some. */
static bool
resources_of(struct call *c, const json_t *claims, struct str *out)
{
	const json_t *said = json_object_get(claims, "resource"), *one;
	size_t i, n = json_is_array(said) ? json_array_size(said) : 1;
	bool ok = n > 0 && n <= TARGETS_MAX;
	struct buf b;

	*out = STR_ABSENT;
	if (said == NULL || !c->issuer->policy->token.takes_resource)
		return true;
	buf_init(&b, c->mem, RESOURCES_MAX);
	if (!json_is_array(said))
		ok = resource_put(&b, said);
	json_array_foreach(said, i, one)
		ok = ok && resource_put(&b, one);
	*out = buf_str(&b);
	return (ok && !b.full) || refuse(c, SAY("resource is neither an address nor a list of some"));
}

/* Who has logged in, when, and how, is its issuer's to say; what a login is worth here is not. */
bool
id_jag_take(struct call *c, const struct trusted_token *k, struct authority *a)
{
	const json_t *claims = k->jwt.claims;
	struct authorization_extra x = { .act = trusted_act(c, k),
		.cnf = claim_json(c, json_object_get(claims, "cnf")) };

	if (!is_for_us(c, k) || !scope_most(c, k, &a->scope_most) || !resources_of(c, claims, &x.resource)
	    || !details_take(c, c->client, json_object_get(claims, "authorization_details"), &x.authorization_details))
		return false;
	return authorization_extra_set(c->mem, &a->auth, &x) || refuse(c, SAY("it says more than can be kept"));
}
