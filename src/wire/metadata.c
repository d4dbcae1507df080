/* wire/metadata.c - what the issuer says about itself. RFC 8414 section 2; OpenID Connect Discovery 1.0 section 3. */
#include "oauth/client_metadata.h"
#include "wire/wire_int.h"

static bool
endpoint_is_off(const struct policy *policy, enum endpoint e)
{
	return (e == EP_STATUS_LISTS && !policy->token.status_list)
	    || (e == EP_REGISTER && policy->registration.rule == REGISTRATION_OFF)
	    || (e == EP_PAR && policy->authorize.par_ttl_s == 0)
	    || (e == EP_CHALLENGE && policy->authorize.first_party_draft == FIRST_PARTY_OFF)
	    || (e == EP_DEVICE_AUTHORIZATION && !(policy->grant.offered & BIT(GI_device_code)))
	    || (e == EP_BC_AUTHORIZE && !(policy->grant.offered & BIT(GI_ciba)));
}

static void
put_endpoints(struct buf *b, struct exchange *x)
{
	for (int e = 0; e < EP_COUNT; e++) {
		const char *member = endpoint_rows[e].member;
		const struct route *r = member != NULL ? route_of_endpoint(x->w, (enum endpoint)e) : NULL;
		bool off = endpoint_is_off(x->mount->issuer->policy, (enum endpoint)e);

		if (r != NULL && !off)
			jm_str(b, str_of(member), issuer_href(x, r->path));
	}
}

/* What signs answers of a kind: "id_token", "userinfo", "introspection". */
static void
put_algs(struct buf *b, const struct policy *policy, const char *kind)
{
	const char *names[ALG_COUNT] = { NULL };
	char member[64];

	for (int a = 0; a < ALG_COUNT; a++)
		if (policy_algs(policy) & BIT(a))
			names[a] = alg_name((enum jose_alg)a);
	snprintf(member, sizeof member, "%s_signing_alg_values_supported", kind);
	put_list(b, member, names, ALG_COUNT);
}

static void
put_locales(struct buf *b, const struct page_set *p)
{
	jw_name(b, S("ui_locales_supported"));
	jw_open(b, '[');
	for (int i = 0; i < page_lang_count(p); i++)
		ja_str(b, page_lang_tag(p, i));
	jw_close(b, ']');
}

/* How: what is encrypted to a key that the client has registered, or to one of ours. */
static void
put_encryption(struct buf *b, const char *kind)
{
	static const char *const algs[] = {
#define JWE_ALG(id, name, kind, hash, wrap_n) name,
#include "jose/jwe.def"
	};
	static const char *const encs[] = {
#define JWE_ENC(id, name, cipher, cek_n, iv_n, tag_n, cbc) name,
#include "jose/jwe.def"
	};
	char member[64];

	snprintf(member, sizeof member, "%s_encryption_alg_values_supported", kind);
	put_list(b, member, algs, COUNT(algs));
	snprintf(member, sizeof member, "%s_encryption_enc_values_supported", kind);
	put_list(b, member, encs, COUNT(encs));
}

/* RFC 9701 section 7. */
static void
put_protected(struct buf *b, const struct policy *policy, const char *kind)
{
	put_algs(b, policy, kind);
	put_encryption(b, kind);
}

static void
put_grants(struct buf *b, struct exchange *x)
{
	const struct policy *policy = x->mount->issuer->policy;

	jw_name(b, S("grant_types_supported"));
	jw_open(b, '[');
	for (const struct grant_row *g = x->w->grants; g->name != NULL; g++)
		if (policy->grant.offered & BIT(g->grant->index))
			ja_str(b, str_of(g->name));
	if (policy->authorize.offers_implicit || policy->authorize.responses != RESPONSES_PLAIN)
		ja_str(b, S("implicit"));
	jw_close(b, ']');
}

static void
put_responses(struct buf *b, const struct policy *policy)
{
	const char *types[RESPONSE_COUNT] = { NULL }, *modes[MODE_COUNT] = { NULL };
	const char *methods[] = { "S256", policy->authorize.pkce_plain_allowed ? "plain" : NULL };

	for (int r = 0; r < RESPONSE_COUNT; r++)
		if (response_is_offered(policy, (enum response)r))
			types[r] = response_rows[r].type;
	for (int m = 0; m < MODE_COUNT; m++)
		if (response_mode_is_offered(policy, (enum response_mode)m))
			modes[m] = response_modes[m];
	put_list(b, "response_types_supported", types, RESPONSE_COUNT);
	put_list(b, "response_modes_supported", modes, MODE_COUNT);
	put_list(b, "code_challenge_methods_supported", methods, 2);
}

/* A public client may be told what becomes of its tokens, but nothing of others': it proves nothing. */
static void
put_methods(struct buf *b, struct exchange *x, const char *name, const char *algs, bool proven)
{
	const struct policy *policy = x->mount->issuer->policy;
	bool public = policy->client.public_at_token && !proven;
	const char *names[METHOD_COUNT] = { NULL }, *signed_by[ALG_COUNT + HMAC_COUNT] = { NULL };

	for (int m = 0; m < METHOD_COUNT; m++)
		if (policy_takes_method(policy, (enum method)m) && method_is_possible(x->mount->issuer, (enum method)m)
		    && (method_rows[m].proves ? (x->w->client_auth & BIT(m)) != 0 : public))
			names[m] = method_rows[m].name;
	put_list(b, name, names, METHOD_COUNT);
	if (names[METHOD_JWT] == NULL)
		return;
	for (int alg = 0; alg < ALG_COUNT; alg++)
		signed_by[alg] = policy_client_algs(policy) & BIT(alg) ? alg_name((enum jose_alg)alg) : NULL;
	for (int alg = 0; alg < HMAC_COUNT && names[METHOD_HMAC] != NULL; alg++)
		signed_by[ALG_COUNT + alg] = hmac_name((enum jose_hmac)alg);
	put_list(b, algs, signed_by, ALG_COUNT + HMAC_COUNT);
}

/* RFC 8705 sections 3.3, 5: endpoints for programs have a second address, where they are asked for certificates. */
static void
put_mutual_tls(struct buf *b, struct exchange *x)
{
	const struct issuer *i = x->mount->issuer;

	if (!mutual_tls_is_taken(x))
		return;
	jm_bool(b, S("tls_client_certificate_bound_access_tokens"), true);
	if (!str_given(i->mtls_url))
		return;
	jw_name(b, S("mtls_endpoint_aliases"));
	jw_open(b, '{');
	for (int e = 0; e < EP_COUNT; e++) {
		const struct endpoint_row *row = &endpoint_rows[e];
		const struct route *r = row->member != NULL ? route_of_endpoint(x->w, (enum endpoint)e) : NULL;

		if (r != NULL && (endpoint_is((enum endpoint)e, EF_BEARER) || endpoint_asks_client((enum endpoint)e)))
			jm_str(b, str_of(row->member), mtls_href(x, r->path));
	}
	jw_close(b, '}');
}

static void
put_client_auth(struct buf *b, struct exchange *x)
{
	put_methods(b, x, "token_endpoint_auth_methods_supported",
	    "token_endpoint_auth_signing_alg_values_supported", false);
	if (route_of_endpoint(x->w, EP_INTROSPECT))
		put_methods(b, x, "introspection_endpoint_auth_methods_supported",
		    "introspection_endpoint_auth_signing_alg_values_supported", true);
	if (route_of_endpoint(x->w, EP_REVOKE))
		put_methods(b, x, "revocation_endpoint_auth_methods_supported",
		    "revocation_endpoint_auth_signing_alg_values_supported", false);
}

/* RP-Initiated Logout 1.0 section 2.1, Back-Channel Logout 1.0 section 2.1, Front-Channel Logout 1.0
 * section 3, Session Management 1.0 section 3.3. */
static void
put_logout(struct buf *b, struct exchange *x)
{
	const struct policy *policy = x->mount->issuer->policy;
	const struct route *end = route_of_endpoint(x->w, EP_LOGOUT);
	const struct route *frame = route_of_endpoint(x->w, EP_CHECK_SESSION);

	if (policy->logout.by_client && end != NULL)
		jm_str(b, S("end_session_endpoint"), issuer_href(x, end->path));
	if (policy->session.management && frame != NULL)
		jm_str(b, S("check_session_iframe"), issuer_href(x, frame->path));
	if (!policy->logout.tells_clients)
		return;
	jm_bool(b, S("backchannel_logout_supported"), true);
	jm_bool(b, S("backchannel_logout_session_supported"), true);
	jm_bool(b, S("frontchannel_logout_supported"), true);
	jm_bool(b, S("frontchannel_logout_session_supported"), true);
}

/* CIBA Core 1.0 section 4. */
static void
put_ciba(struct buf *b, struct exchange *x)
{
	const struct policy *policy = x->mount->issuer->policy;
	const char *modes[] = { "poll", "ping" }, *signed_by[ALG_COUNT];
	size_t n = 0;

	if (!(policy->grant.offered & BIT(GI_ciba)) || route_of_endpoint(x->w, EP_BC_AUTHORIZE) == NULL)
		return;
	for (int alg = 0; alg < ALG_COUNT; alg++)
		if (policy_client_algs(policy) & BIT(alg))
			signed_by[n++] = alg_name((enum jose_alg)alg);
	put_list(b, "backchannel_token_delivery_modes_supported", modes, COUNT(modes));
	put_list(b, "backchannel_authentication_request_signing_alg_values_supported", signed_by, n);
	jm_bool(b, S("backchannel_user_code_parameter_supported"), false);
}

/*
 * draft-ietf-oauth-identity-assertion-authz-grant-04 section 7: assertions are given, or taken. Whose is nobody's to hear
 * (section 9.4).
 */
static void
put_id_jag(struct buf *b, struct exchange *x)
{
	const struct issuer *i = x->mount->issuer;
	const char *types[] = { "urn:ietf:params:oauth:token-type:id-jag" };
	const char *profiles[] = { "urn:ietf:params:oauth:grant-profile:id-jag" };

	if (i->policy->token.id_jag && (i->policy->grant.offered & BIT(GI_token_exchange)))
		put_list(b, "identity_chaining_requested_token_types_supported", types, 1);
	if (id_jag_is_taken(i) && (i->policy->grant.offered & BIT(GI_jwt_bearer)))
		put_list(b, "authorization_grant_profiles_supported", profiles, 1);
}

struct str
metadata_json(struct exchange *x)
{
	const struct policy *policy = x->mount->issuer->policy;
	const char *subjects[] = { "public", "pairwise" };
	const char *prompts[] = {
		"none",
#define PROMPT(id, word, wanted, ask, refusal) word,
#include "oauth/prompts.def"
#undef PROMPT
	};
	struct buf b;

	buf_init(&b, x->q->mem, BODY_MAX);
	jw_open(&b, '{');
	jm_str(&b, S("issuer"), x->mount->issuer->url);
	put_endpoints(&b, x);
	put_responses(&b, policy);
	put_grants(&b, x);
	put_client_auth(&b, x);
	put_proofs(&b, policy);
	put_id_jag(&b, x);
	if (policy->token.id_claims != NULL) {
		put_list(&b, "subject_types_supported", subjects, policy->token.pairwise ? 2 : 1);
		put_protected(&b, policy, "id_token");
		put_protected(&b, policy, "userinfo");
		openid_metadata(&b, policy);
		put_logout(&b, x);
		put_ciba(&b, x);
	}
	if (policy->authorize.encrypted_requests)
		put_encryption(&b, "request_object");
	if (policy->authorize.jarm != JARM_REFUSED)     /* JARM section 4 */
		put_protected(&b, policy, "authorization");
	if (policy->authorize.par_ttl_s > 0 && route_of_endpoint(x->w, EP_PAR))
		jm_bool(&b, S("require_pushed_authorization_requests"), policy->authorize.par_required);
	if (policy->token.introspect_jwt && route_of_endpoint(x->w, EP_INTROSPECT) != NULL)
		put_protected(&b, policy, "introspection");
	put_mutual_tls(&b, x);
	if (policy->authorize.extensions_are_judged)
		put_list(&b, "prompt_values_supported", prompts, COUNT(prompts));
	put_detail_types(&b, policy, STR_ABSENT);
	put_protected_resources(&b, x);
	put_locales(&b, x->mount->pages);
	if (policy->registration.documents)
		jm_bool(&b, S("client_id_metadata_document_supported"), true);
	jm_bool(&b, S("authorization_response_iss_parameter_supported"), policy->authorize.iss_in_response);
	jw_close(&b, '}');
	return body_of(&b);
}
