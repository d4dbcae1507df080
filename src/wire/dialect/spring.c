/* dialect/spring.c - manual 003: the framework as it comes, opaque tokens of 27 characters, form login. */
#include "wire/dialect/spring_family.h"

#define ANY_METHOD (BIT(M_GET) | BIT(M_POST) | BIT(M_PUT) | BIT(M_PATCH) | BIT(M_DELETE))

static const struct route routes[] = {
	{ BIT(M_POST), "/oauth/token", EP_TOKEN, RF_CLIENT_FIRST, .allow = "GET, POST",
	    .options = "GET,HEAD,POST,OPTIONS" },
	{ BIT(M_GET) | BIT(M_POST), "/oauth/authorize", EP_AUTHORIZE, RF_DECISION,
	    .options = "GET,HEAD,POST,OPTIONS" },
	{ BIT(M_POST), "/oauth/check_token", EP_CHECK_TOKEN },
	{ BIT(M_GET), "/oauth/token_key", EP_TOKEN_KEY },
	{ BIT(M_GET), "/oauth/error", EP_ERROR_PAGE },
	{ BIT(M_GET), "/oauth/confirm_access", EP_CONFIRM_PAGE },
	{ BIT(M_GET), "/login", EP_LOGIN_PAGE },
	{ BIT(M_POST), "/login", EP_LOGIN },
	{ BIT(M_GET) | BIT(M_POST), "/login/factor", EP_FACTOR, .sources = SRC_QUERY | SRC_FORM },
	{ BIT(M_GET) | BIT(M_POST), "/login/password", EP_NEW_PASSWORD, .sources = SRC_QUERY | SRC_FORM },
	{ BIT(M_GET) | BIT(M_POST), "/account/factors", EP_ACCOUNT_FACTORS, .sources = SRC_QUERY | SRC_FORM },
	{ ANY_METHOD, "/logout", EP_LOGOUT },
	{ BIT(M_GET), "/", EP_HOME },
	{ 0 },
};

static const struct grant_row grant_rows[] = {
	{ "authorization_code", &grant_authorization_code },
	{ "password", &grant_password },
	{ "client_credentials", &grant_client_credentials },
	{ "refresh_token", &grant_refresh_token },
	{ 0 },
};

static const struct token_row tokens[] = {
	{ "access_token", TP_ACCESS }, { "token_type", TP_TYPE, "bearer" }, { "refresh_token", TP_REFRESH },
	{ "expires_in", TP_EXPIRES },
	{ "scope", TP_SCOPE }, { "jti", TP_JTI }, { 0 },
};

static void
redirect_more(struct exchange *x, const struct wording *s, struct redirect_params *p)
{
	(void)x;
	if (str_is(s->error, "invalid_scope") && !str_empty(s->allowed))
		redirect_put(p, "scope", s->allowed);
}

static const struct demo_facts demo = { .client = "messaging-client",
	.secret = "secret",
	.redirect_uri = "http://localhost",
	.style = DEMO_QUERY };

const struct wire wire_spring = {
	.name = "spring", .anonymous_go_to_login = true, .consent_radios = true, .routes = routes, .grants = grant_rows, .tokens = tokens, .expires_less = 1,
	.sources = SRC_QUERY | SRC_FORM | SRC_MULTIPART, .client_auth = BIT(METHOD_BASIC) | BIT(METHOD_POST) | BIT(METHOD_NONE), .phrases = { spring_phrases },
	.fault = fault_spring, .generic = fault_container, .headers = SPRING_HEADERS(spring_token_headers), .facts = facts_spring, .redirect_more = redirect_more,
	.json_type = "application/json", .tokens_type = "application/json;charset=UTF-8", .basic_realm = "oauth2/client",
	.places = { [PLACE_LOGIN] = "/login", [PLACE_LOGIN_FAILED] = "/login?error", [PLACE_HOME] = "/", [PLACE_SIGNED_OUT] = "/login?logout" },
	.go_status = 302, .demo = &demo,
	.policy = {
		.account = ACCOUNT_POLICY,
		SPRING_POLICY,
		.mail = MAIL_POLICY,
		.factor = FACTOR_POLICY,
		.token.access_ttl_s = 43200, .token.access_shape = SHAPE_B64URL27,
		.token.access_claims = spring_access_claims, .token.jti_shape = JTI_UUID,
		.token.live_is_returned = true,
		.refresh.ttl_s = 2592000, .refresh.shape = SHAPE_B64URL27,
		.refresh.claims = spring_refresh_claims, .refresh.rule = REFRESH_KEPT,
		.refresh.kills_access = true,
		.grant.offered = SPRING_GRANTS,
		.authorize.code_shape = CODE_6_ALNUM_DASH,
		.consent.rule = CONSENT_BY_SCOPE, .consent.memory = MEMORY_LIVE_TOKENS,
	},
	.style = {
		.redirect_status = 303, .check_token_active = true, .envelope_ok_code = 200,
		.token_key_open = true, .error_descriptions = true
	},
};
