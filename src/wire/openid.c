/* wire/openid.c - what an OpenID Provider says of a user, by rows. OpenID Connect Core 5.3.2, 5.4. */
#include "oauth/claims_asked.h"
#include "wire/wire_int.h"
#include "oauth/openid_claims.h"

struct str
openid_userinfo(struct exchange *x, const struct token_facts *f)
{
	const struct policy *policy = x->mount->issuer->policy;
	struct openid_user o = openid_user(x->q->mem, policy, f->user);
	struct buf b;

	buf_init(&b, x->q->mem, BODY_MAX);
	jw_open(&b, '{');
	if (userinfo_is_jwt(f->client)) {
		jm_str(&b, S("iss"), x->mount->issuer->url);
		jm_str(&b, S("aud"), f->client->id);
	}
	jm_str(&b, S("sub"), f->sub);
	openid_scope_put(&b, &o, f->scope);
	openid_own_put(&b, &o, f->scope, f->scope, OWN_IN_USERINFO);
	if (policy->authorize.claims_are_read)
		claims_asked_put(&b, &o, &f->auth, CLAIMS_USERINFO, f->scope);
	jw_close(&b, '}');
	return body_of(&b);
}

static const struct { const char *scope, *claim; } rows[] = {
#define OPENID_CLAIM(word, name, kind, value) { word, name },
#include "oauth/openid_claims.def"
#undef OPENID_CLAIM
};

bool
wire_userinfo_is_openid(const struct wire *w)
{
	return w->userinfo == openid_userinfo && w->about_user == NULL;
}

/* none only where it needs no registration: who reads this would send it. */
static void
put_request_objects(struct buf *b, const struct policy *policy)
{
	enum request_object_rule rule = policy->authorize.request_objects;

	jm_bool(b, S("request_parameter_supported"), rule != REQUEST_OBJECTS_REFUSED);
	jm_bool(b, S("request_uri_parameter_supported"), rule != REQUEST_OBJECTS_REFUSED);
	if (rule == REQUEST_OBJECTS_REFUSED)
		return;
	jm_bool(b, S("require_request_uri_registration"), true);
	jm_bool(b, S("require_signed_request_object"), policy->authorize.signed_requests_required);
	jw_name(b, S("request_object_signing_alg_values_supported"));
	jw_open(b, '[');
	if (rule == REQUEST_OBJECTS_ANY)
		ja_str(b, S("none"));
	for (int alg = 0; alg < ALG_COUNT; alg++)
		if (policy_client_algs(policy) & BIT(alg))
			ja_str(b, str_of(alg_name((enum jose_alg)alg)));
	jw_close(b, ']');
}

void
openid_scopes(struct buf *b, const struct policy *policy)
{
	jw_name(b, S("scopes_supported"));
	jw_open(b, '[');
	ja_str(b, S("openid"));
	for (size_t i = 0; i < COUNT(rows); i++)
		if (i == 0 || strcmp(rows[i].scope, rows[i - 1].scope) != 0)
			ja_str(b, str_of(rows[i].scope));
	if (policy->authorize.claims_are_read && (policy->grant.offered & BIT(GI_refresh_token)))
		ja_str(b, S("offline_access"));
	jw_close(b, ']');
}

/* OpenID Connect Discovery 3: what a login here may be worth. */
static void
acr_values(struct buf *b, const struct policy *policy)
{
	bool two = policy->factor.rule != SECOND_FACTOR_OFF && !str_empty(policy->token.acr_second_factor);

	if (str_empty(policy->token.acr) && !two)
		return;
	jw_name(b, S("acr_values_supported"));
	jw_open(b, '[');
	if (!str_empty(policy->token.acr))
		ja_str(b, policy->token.acr);
	if (two)
		ja_str(b, policy->token.acr_second_factor);
	jw_close(b, ']');
}

/* OpenID Connect Discovery 1.0 section 3. What is not supported is said where silence would mean that it is. */
void
openid_metadata(struct buf *b, const struct policy *policy)
{
	openid_scopes(b, policy);
	jw_name(b, S("claims_supported"));
	jw_open(b, '[');
	for (const struct claim_row *r = policy->token.id_claims; r->claim != NULL; r++)
		ja_str(b, str_of(r->claim));
	for (size_t i = 0; i < COUNT(rows); i++)
		ja_str(b, str_of(rows[i].claim));
	for (const struct own_claim *own = policy->token.own_claims; own != NULL && str_given(own->claim); own++)
		if (!openid_name_is_standard(own->claim) && (own->places & (OWN_IN_ID_TOKEN | OWN_IN_USERINFO)))
			ja_str(b, own->claim);
	jw_close(b, ']');
	acr_values(b, policy);
	jm_bool(b, S("claims_parameter_supported"), policy->authorize.claims_are_read);
	put_request_objects(b, policy);
}
