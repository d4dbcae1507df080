/*
 * oauth/authorize/check.c - the questions of the authorization request. RFC 6749 4.1.1, 4.2.1; RFC
 * 7636 4.3; RFC 9700 2.1.
 */
#include "oauth/authorize/authorize_int.h"
#include "oauth/claims_asked.h"
#include "oauth/client/client.h"
#include "oauth/client_metadata.h"
#include "oauth/dpop.h"
#include "oauth/openid/openid.h"
#include "oauth/session/factor.h"

static bool
client_is_known(struct call *c, struct authz *z)
{
	const struct client *k;

	if (!client_document_look(c))
		return false;
	k = client_find(c, c->arg[P_CLIENT_ID]);
	if (k == NULL || !k->enabled)
		return fail(c, R_AUTHZ_CLIENT, c->arg[P_CLIENT_ID]);
	z->client = c->client = k;
	return true;
}

/* RFC 9126 sections 2.1, 5: what is pushed names no other request, and who has to push does. */
static bool
it_came_as_it_should(struct call *c, struct authz *z)
{
	if (c->pushes)
		return !call_has(c, P_REQUEST_URI) || fail(c, R_PUSHED_URI, STR_ABSENT);
	if (c->pushed.is || c->issuer->policy->authorize.par_ttl_s == 0)
		return true;
	return !(c->issuer->policy->authorize.par_required
		   || client_metadata(z->client)->require_pushed_authorization_requests)
	    || fail(c, R_PUSHED_REQUIRED, STR_ABSENT);
}

static bool
redirect_is_registered(struct call *c, struct authz *z)
{
	z->redirect_sent = call_has(c, P_REDIRECT_URI);
	z->redirect_uri = S("");
	if (c->challenges && !z->redirect_sent)         /* nobody is sent anywhere */
		return true;
	return redirect_resolve(c, z->client, &z->redirect_uri);
}

static struct str
in_brackets(struct call *c, struct str response_type)
{
	struct scope_words w;

	if (!scope_split(c->issuer->policy, response_type, &w))
		w.n = 0;
	scope_sort(&w);
	return ARENA_CAT(c->mem, S("["), scope_join(c->mem, &w, S(", ")), S("]"));
}

static bool
response_type_is_known(struct call *c, struct authz *z)
{
	struct str type = c->arg[P_RESPONSE_TYPE];

	if (!response_read(c->issuer->policy, type, &z->response))
		return fail_with(c, R_RESPONSE_TYPE, in_brackets(c, type));
	z->mode = response_rows[z->response].mode;
	if (c->challenges && z->response != RESPONSE_CODE)
		return fail_with(c, R_RESPONSE_TYPE, in_brackets(c, type));
	return true;
}

/* Implicit and hybrid: only for clients registered for them; counted where an access token passes the browser. */
static bool
response_type_is_allowed(struct call *c, struct authz *z)
{
	const struct policy *policy = c->issuer->policy;
	unsigned gives = authz_gives(z);
	struct str missing;

	if (!response_is_registered(policy, z->client, z->response, &missing))
		return fail_with(c, R_RESPONSE_FORBIDDEN, missing);
	if ((gives & GIVES_CODE) && client_is_public(z->client) && !policy->client.public_at_token)
		/* who could not redeem the code */
		return fail_with(c, R_RESPONSE_FORBIDDEN, S("authorization_code"));
	if ((gives & GIVES_TOKEN) && client_metadata(z->client)->tls_client_certificate_bound_access_tokens)
		/* RFC 8705 section 3: the browser has another certificate, or none */
		return fail_with(c, R_RESPONSE_FORBIDDEN, S("tls_client_certificate_bound_access_tokens"));
	return !(gives & GIVES_TOKEN) || policy->authorize.responses == RESPONSES_ALL
	    || habit_is_allowed(c->issuer, z->client, HABIT_IMPLICIT)
	    || habit_refuse(c, z->client, HABIT_IMPLICIT, R_RESPONSE_FORBIDDEN, S("implicit"));
}

/*
 * Tokens never stand in a query: Multiple Response Types section 5, Form Post Response Mode section 2, JARM section
 * 2.3.1. Before OpenID Connect `query` is the word for whatever comes.
 */
static bool
mode_fits(const struct policy *policy, enum response r, struct str word, enum response_mode *mode)
{
	enum response_mode asked, usual = response_rows[r].mode;

	bool plain = policy->authorize.responses == RESPONSES_PLAIN;

	if (plain && str_is(word, "query"))
		return true;
	if (!response_mode_read(word, &asked)
	    || (response_mode_is_jwt(asked) ? policy->authorize.jarm == JARM_REFUSED : plain))
		return false;
	if (asked == MODE_JWT)          /* JARM section 2.3.4 */
		asked = usual == MODE_QUERY ? MODE_QUERY_JWT : MODE_FRAGMENT_JWT;
	if (response_mode_way(asked) == MODE_QUERY && usual != MODE_QUERY)
		return false;
	*mode = asked;
	return true;
}

/* FAPI 1.0 part 2, 5.2.2 (2): what comes through the browser is signed, by JARM or by the ID token beside it. */
static bool
answer_is_signed(struct call *c, const struct authz *z)
{
	return c->issuer->policy->authorize.jarm != JARM_REQUIRED || response_mode_is_jwt(z->mode)
	    || (authz_gives(z) & GIVES_ID_TOKEN) || fail(c, R_RESPONSE_UNSIGNED, STR_ABSENT);
}

static bool
extensions_are_known(struct call *c, struct authz *z)
{
	if (!c->issuer->policy->authorize.extensions_are_judged)
		return true;
	if (call_has(c, P_REQUEST) && c->issuer->policy->authorize.request_objects == REQUEST_OBJECTS_REFUSED)
		return fail(c, R_REQUEST_OBJECT, STR_ABSENT);
	if (call_has(c, P_REQUEST_URI))
		return fail(c, R_REQUEST_URI, STR_ABSENT);
	if (c->issuer->policy->authorize.claims_are_read && call_has(c, P_REGISTRATION))
		return fail(c, R_REGISTRATION, STR_ABSENT);
	if (!str_empty(c->arg[P_RESPONSE_MODE])
	    && !mode_fits(c->issuer->policy, z->response, c->arg[P_RESPONSE_MODE], &z->mode))
		return fail(c, R_RESPONSE_MODE, c->arg[P_RESPONSE_MODE]);
	return answer_is_signed(c, z);
}

/* OpenID Connect Core 3.1.2.1; create, which has no page here: Initiating User Registration 1.0 section 4.1. */
static bool
prompt_is_known(struct call *c, struct authz *z)
{
	struct str unknown;

	if (!prompts_read(c, &z->prompts, &unknown))
		return fail_with(c, R_PROMPT, unknown);
	return !(z->prompts & PROMPT_SILENT) || z->prompts == PROMPT_SILENT || fail(c, R_PROMPT_NONE, STR_ABSENT);
}

/*
 * OpenID Connect Core 3.1.2.1. A request that names one may have to ask for a login (prompts.def),
 * and has an ID token that says when that was, as if the claim had been asked for. So has one of a
 * client that has registered either (Dynamic Client Registration 1.0 section 2).
 */
static bool
max_age_is_a_number(struct call *c, struct authz *z)
{
	const struct authorization_extra asked = { .claims = S("{\"id_token\":{\"auth_time\":{\"essential\":true}}}") };
	const struct client_metadata *registered = client_metadata(z->client);
	struct str age = str_empty(c->arg[P_MAX_AGE]) ? registered->default_max_age : c->arg[P_MAX_AGE];

	if (!c->issuer->policy->authorize.extensions_are_judged || (str_empty(age) && !registered->require_auth_time))
		return true;
	if (!str_empty(age) && (!str_int(age, &z->max_age_s) || z->max_age_s < 0))
		return fail(c, R_MAX_AGE, age);
	z->prompts |= str_empty(age) ? 0 : BIT(PROMPT_AGE);
	return authorization_extra_set(c->mem, &z->auth, &asked) || fail(c, R_INTERNAL, S("memory"));
}

/*
 * OpenID Connect Core 3.1.2.1: whom the request is about. An ID token of this issuer, for whichever
 * client; it may have expired.
 */
static bool
hint_is_ours(struct call *c, struct authz *z)
{
	struct str hint = c->arg[P_ID_TOKEN_HINT];
	struct jwt t;

	if (!c->issuer->policy->authorize.extensions_are_judged || str_empty(hint))
		return true;
	if (!id_token_read(c, hint, &t))
		return fail(c, R_ID_TOKEN_HINT, STR_ABSENT);
	z->hinted = json_member_str(t.claims, "sub");
	z->prompts |= BIT(PROMPT_HINT);
	return true;
}

/* The user that a request for `sub` names: as id_token_hint does. Both must mean one. OpenID Connect Core 5.5.1. */
static void
sub_is_asked(struct call *c, struct authz *z, const json_t *request)
{
	const json_t *one = json_object_get(request, "value"), *v;
	struct str named = S("");
	size_t i;

	if (!claim_has_value(request))
		return;
	if (json_is_string(one))
		named = str_span(json_string_value(one), json_string_length(one));
	json_array_foreach(json_object_get(request, "values"), i, v)
		if (json_is_string(v))
			named = ARENA_CAT(c->mem, named, S(" "), str_span(json_string_value(v), json_string_length(v)));
	if ((z->prompts & BIT(PROMPT_HINT)) && !str_eq(named, z->hinted))
		named = str_has_word(named, z->hinted, ' ') ? z->hinted : S("");
	z->hinted = named;
	z->prompts |= BIT(PROMPT_HINT);
}

static bool
acr_fits(const json_t *request, struct str acr)
{
	return !str_empty(acr) && claim_value_fits(request, acr);
}

/*
 * 5.5.1.1: what is essential and reached by no login here fails, as if the login had; what is reached by two factors
 * alone asks for the second.
 */
static bool
acr_is_reached(struct call *c, struct authz *z, const json_t *request)
{
	const struct policy *policy = c->issuer->policy;

	if (!claim_is_essential(request) || !claim_has_value(request) || acr_fits(request, policy->token.acr))
		return true;
	if (policy->factor.rule == SECOND_FACTOR_OFF || !acr_fits(request, policy->token.acr_second_factor))
		return fail(c, R_ACR, STR_ABSENT);
	return z->factor = true;
}

/*
 * OpenID Connect Core 5.5. Only what the client's scopes could open is kept: a claim asked for by its name is no way
 * around them.
 */
static bool
claims_are_sound(struct call *c, struct authz *z)
{
	struct authorization_extra x = { 0 };
	const json_t *asked, *of_login;
	bool auth_time = !str_empty(z->auth.extra);     /* by max_age */

	if (!c->issuer->policy->authorize.claims_are_read || str_empty(c->arg[P_CLAIMS]))
		return true;
	asked = claims_asked_read(c->mem, c->arg[P_CLAIMS]);
	if (asked == NULL)
		return fail(c, R_CLAIMS, STR_ABSENT);
	x.claims = claims_asked_within(c->mem, c->issuer->policy, asked, z->client->scopes, auth_time);
	if (!str_given(x.claims))
		return fail(c, R_CLAIMS_LARGE, STR_ABSENT);
	of_login = json_object_get(asked, CLAIMS_ID_TOKEN);
	sub_is_asked(c, z, json_object_get(of_login, "sub"));
	sub_is_asked(c, z, json_object_get(json_object_get(asked, CLAIMS_USERINFO), "sub"));
	return acr_is_reached(c, z, json_object_get(of_login, "acr"))
	    && (authorization_extra_set(c->mem, &z->auth, &x) || fail(c, R_INTERNAL, S("memory")));
}

/* RFC 9470 section 5. An issuer that needs it not takes acr_values for a wish: OpenID Connect Core 3.1.2.1. */
static bool
acr_values_are_reached(struct call *c, struct authz *z)
{
	const struct policy *policy = c->issuer->policy;
	struct str wanted = str_empty(c->arg[P_ACR_VALUES]) ? client_metadata(z->client)->default_acr_values
							     : c->arg[P_ACR_VALUES];

	if (acr_needs_factor(policy, wanted))
		return z->factor = true;
	return !policy->authorize.needs_acr_values || str_empty(wanted)
	    || (!str_empty(policy->token.acr) && str_has_word(wanted, policy->token.acr, ' '))
	    || fail(c, R_ACR, wanted);
}

/* A client's own rule, which is never a weaker one for a public client, nor under a security profile. */
static enum pkce_rule
pkce_rule_of(const struct policy *policy, const struct client *k)
{
	static const char *const words[] = { [PKCE_REQUIRED] = "required", [PKCE_NONCE] = "nonce",
	    [PKCE_WHEN_SENT] = "when_sent" };
	enum pkce_rule issuers = policy->authorize.pkce;
	bool firm = client_is_public(k) || policy->profile.name != PROFILE_OAUTH_2_1;

	for (size_t i = 0; i < COUNT(words); i++)
		if (str_is(client_metadata(k)->pkce, words[i]) && !(firm && i > issuers))
			return (enum pkce_rule)i;
	return issuers;
}

/*
 * RFC 9700 2.1.1: a public client needs PKCE. A nonce protects the code of a confidential one as
 * well, where there is an ID token that says it.
 */
static bool
pkce_may_be_absent(const struct call *c, const struct authz *z)
{
	const struct policy *policy = c->issuer->policy;

	if (policy->authorize.pkce_of_public && client_is_public(z->client))
		return false;
	if (policy->authorize.par_pkce_required && (c->pushes || c->pushed.is))      /* FAPI 1.0 Advanced 5.2.2 (18) */
		return false;
	switch (pkce_rule_of(policy, z->client)) {
	case PKCE_REQUIRED: return false;
	case PKCE_NONCE: return !str_empty(z->auth.nonce) && id_token_is_asked(policy, z->auth.scope);
	case PKCE_WHEN_SENT: return true;
	}
	return false;
}

/*
 * RFC 7636 4.3: a challenge without a method is plain. One that was sent is always enforced; S256
 * unless the policy allows plain.
 */
static bool
pkce_is_sound(struct call *c, struct authz *z)
{
	struct str challenge = c->arg[P_CODE_CHALLENGE], method = c->arg[P_CODE_CHALLENGE_METHOD];
	bool s256 = str_is(method, "S256"), plain = str_empty(method) || str_is(method, "plain");

	if (!(authz_gives(z) & GIVES_CODE))
		return true;
	if (str_empty(challenge))
		return pkce_may_be_absent(c, z) || fail(c, R_PKCE_REQUIRED, STR_ABSENT);
	if (!s256 && !(plain && c->issuer->policy->authorize.pkce_plain_allowed))
		return fail(c, R_PKCE_METHOD, method);
	if (!pkce_is_text(challenge) || (s256 && challenge.n != 43))
		return fail(c, R_PKCE_CHALLENGE, STR_ABSENT);
	z->challenge = ARENA_CAT(c->mem, s256 ? S("S256:") : S("plain:"), challenge);
	return true;
}

static bool
offline_has_meaning(const struct call *c, const struct authz *z)
{
	return (c->issuer->policy->grant.offered & BIT(GI_refresh_token)) && (authz_gives(z) & GIVES_CODE)
	    && client_may(z->client, S("refresh_token"));
}

static bool
scope_is_allowed(struct call *c, struct authz *z)
{
	const struct policy *policy = c->issuer->policy;

	if (policy->profile.name != PROFILE_OAUTH_2_1 && !policy->scope.absent_means_all && str_empty(c->arg[P_SCOPE])
	    && str_empty(policy->scope.when_absent))
		return fail(c, R_PARAM_MISSING, S("scope"));
	z->requested = c->arg[P_SCOPE];
	return scope_settle_offline(c, z->client, offline_has_meaning(c, z), &z->auth.scope);
}

/*
 * OpenID Connect Core 3.1.2.1: the request itself names openid, no scope that is filled in does. 3.2.2.1, 3.3.2.11: an
 * ID token that comes through the browser answers one request alone.
 */
static bool
id_token_can_come(struct call *c, struct authz *z)
{
	const struct policy *policy = c->issuer->policy;
	bool named = !str_empty(c->arg[P_SCOPE]) || policy->token.id_token_always;

	if (!(authz_gives(z) & GIVES_ID_TOKEN))
		return true;
	if (!named || !id_token_is_asked(policy, z->auth.scope))
		return fail(c, R_OPENID_MISSING, STR_ABSENT);
	return !str_empty(z->auth.nonce) || fail(c, R_NONCE_MISSING, STR_ABSENT);
}

/* RFC 8707 section 2.1. */
static bool
resources_are_known(struct call *c, struct authz *z)
{
	return resources_ask(c, z->client, &z->auth);
}

/* RFC 9396 section 5. */
static bool
details_are_sound(struct call *c, struct authz *z)
{
	return details_ask(c, z->client, &z->auth);
}

/*
 * RFC 9449 section 10: the key to which the code is bound, by dpop_jkt or by the proof of a pushed request. No access
 * token of a client that needs bound ones comes through the browser, where nobody shows a key.
 */
static bool
key_is_named(struct call *c, struct authz *z)
{
	struct str jkt = c->arg[P_DPOP_JKT], shown = c->proven[CONFIRM_DPOP];

	if (!dpop_is_taken(c->issuer))
		return true;
	if ((authz_gives(z) & GIVES_TOKEN) && dpop_is_needed(c->issuer, z->client))
		return fail_with(c, R_RESPONSE_FORBIDDEN, S("token"));
	if (str_empty(jkt) && !str_given(shown))
		return true;
	if (!str_empty(jkt) && (!dpop_is_thumbprint(jkt) || (str_given(shown) && !str_eq(jkt, shown))))
		return fail(c, R_DPOP_JKT, STR_ABSENT);
	jkt = str_empty(jkt) ? shown : jkt;
	return confirmation_into_auth(c, &z->auth, ARENA_CAT(c->mem, S("{\"jkt\":\""), jkt, S("\"}")));
}

/* In some policies this mistake is reported before one of the redirect URI. */
static bool
response_type_comes_first(struct call *c, struct authz *z)
{
	return !c->issuer->policy->authorize.response_type_before_redirect || response_type_is_known(c, z);
}

static const struct { bool (*holds)(struct call *c, struct authz *z); unsigned stages; } checks[] = {
#define CHECK(function, stages) { function, stages },
#include "oauth/authorize/checks.def"
#undef CHECK
};

bool
authz_checks(struct call *c, struct authz *z, enum authz_stage stage)
{
	for (size_t i = 0; i < COUNT(checks); i++)
		if ((checks[i].stages & stage) && !checks[i].holds(c, z))
			return false;
	return true;
}

bool
authz_check(struct call *c, struct authz *z)
{
	*z = (struct authz){
		.auth.nonce = c->arg[P_NONCE],
		.self = c->self,
		.state = call_has(c, P_STATE) ? c->arg[P_STATE] : STR_ABSENT,
		.object_signed = c->pushed.signed_object,
	};
	if (c->pushed.is)
		z->pushed = c->pushed.id;
	return authz_checks(c, z, c->challenges ? CHALLENGE : AUTHORIZE);
}

bool
authz_check_again(struct call *c, struct authz *z)
{
	call_put(c, P_CLIENT_ID, z->client->id);
	call_put(c, P_REDIRECT_URI, z->redirect_sent ? z->redirect_uri : STR_ABSENT);
	call_put(c, P_RESPONSE_TYPE, str_of(response_rows[z->response].type));
	call_put(c, P_SCOPE, z->requested);
	call_put(c, P_STATE, z->state);
	return authz_checks(c, z, RESUME);
}

/* Look at client and URI again, apart from the failure that is already recorded. */
static bool
redirect_is_safe(struct call *c, struct str *uri)
{
	const struct client *k = client_find(c, c->arg[P_CLIENT_ID]);
	struct call probe = *c;

	probe.why = R_NONE;
	return k != NULL && k->enabled && redirect_resolve(&probe, k, uri);
}

/*
 * Where nothing is sent unsigned, nor is what went wrong: the mode of a request that cannot be read is not known. Of
 * one that was read it is: who has asked for an answer that is not signed hears in that way that there is none.
 */
static bool
takes_signed_answers(const struct call *c)
{
	return c->issuer->policy->authorize.jarm == JARM_REQUIRED && c->why != R_RESPONSE_UNSIGNED && c->client != NULL
	    && !str_empty(client_metadata(c->client)->authorization_signed_response_alg);
}

/* By the way that the answer would have taken, as far as it can be told of a request that may not have been read. */
static enum response_mode
mode_of_failure(const struct call *c)
{
	const struct policy *policy = c->issuer->policy;
	struct str type = c->arg[P_RESPONSE_TYPE];
	bool plain = policy->authorize.responses == RESPONSES_PLAIN;
	enum response_mode mode = MODE_QUERY;
	enum response r;

	if (!response_read(policy, type, &r))
		r = !plain && (str_has_word(type, S("token"), ' ') || str_has_word(type, S("id_token"), ' '))
		    ? RESPONSE_TOKEN : RESPONSE_CODE;
	mode = response_rows[r].mode;
	if (policy->authorize.extensions_are_judged)
		(void)mode_fits(policy, r, c->arg[P_RESPONSE_MODE], &mode);
	if (takes_signed_answers(c) && !(response_rows[r].gives & GIVES_ID_TOKEN) && !response_mode_is_jwt(mode))
		mode = mode == MODE_QUERY ? MODE_QUERY_JWT : MODE_FRAGMENT_JWT;
	return mode;
}

struct answer
authz_failed(struct call *c)
{
	struct answer a = { .kind = ANS_REDIRECT, .why = c->why };

	if (c->why == R_STORE || c->why == R_INTERNAL || c->why == R_CLIENT_DOCUMENT
	    || (c->why == R_RESPONSE_TYPE && c->issuer->policy->authorize.unknown_response_type_is_page)
	    || !redirect_is_safe(c, &a.redirect.uri))
		return answer_fault(c);
	a.redirect.kind = REDIRECT_FAULT;
	a.redirect.mode = mode_of_failure(c);
	a.redirect.state = call_has(c, P_STATE) ? c->arg[P_STATE] : STR_ABSENT;
	a.redirect.iss = c->issuer->policy->authorize.iss_in_response;
	return a;
}
