/*
 * dialect/connect.c - manual 004: /connect/token with an ID token beside the access token, errors
 * by their code alone.
 */
#include "wire/wire_int.h"

static const struct route routes[] = {
	{ BIT(M_POST), "/connect/token", EP_TOKEN },
	{ BIT(M_GET) | BIT(M_POST), "/connect/authorize", EP_AUTHORIZE, .sources = SRC_QUERY | SRC_FORM },
	{ BIT(M_GET), "/.well-known/openid-configuration", EP_METADATA, .sources = SRC_QUERY },
	{ BIT(M_GET), "/.well-known/openid-configuration/jwks", EP_JWKS, .sources = SRC_QUERY },
	{ BIT(M_GET) | BIT(M_POST), "/connect/userinfo", EP_USERINFO },
	{ BIT(M_POST), "/connect/sms", EP_SMS_CODE, RF_ASKS_CLIENT },
	{ BIT(M_GET), "/login", EP_LOGIN_PAGE, .sources = SRC_QUERY },
	{ BIT(M_POST), "/login", EP_LOGIN },
	{ BIT(M_GET) | BIT(M_POST), "/login/factor", EP_FACTOR, .sources = SRC_QUERY | SRC_FORM },
	{ BIT(M_GET) | BIT(M_POST), "/login/password", EP_NEW_PASSWORD, .sources = SRC_QUERY | SRC_FORM },
	{ BIT(M_GET) | BIT(M_POST), "/account/factors", EP_ACCOUNT_FACTORS, .sources = SRC_QUERY | SRC_FORM },
	{ BIT(M_POST), "/consent", EP_CONSENT },
	{ BIT(M_GET) | BIT(M_POST), "/logout", EP_LOGOUT, RF_CONFIRM_FIRST, SRC_QUERY | SRC_FORM },
	{ BIT(M_GET), "/", EP_HOME, .sources = SRC_QUERY },
	{ 0 },
};

static const struct param_alias sms_names[] = { { "sms", P_CODE }, { NULL } };

static const struct grant_row grant_rows[] = {
	{ "authorization_code", &grant_authorization_code },
	{ "client_credentials", &grant_client_credentials },
	{ "password", &grant_password },
	{ "password_ad", &grant_directory },
	{ "wechat", &grant_wechat },
	{ "refresh_token", &grant_refresh_token },
	{ "sms", &grant_sms, .aliases = sms_names },
	{ 0 },
};

static const struct token_row tokens[] = {
	{ "access_token", TP_ACCESS }, { "token_type", TP_TYPE, "Bearer" }, { "refresh_token", TP_REFRESH },
	{ "expires_in", TP_EXPIRES },
	{ "id_token", TP_ID_TOKEN }, { 0 },
};

static const struct claim_row access_claims[] = {
	{ "iss", FROM_ISS, CLAIM_STRING }, { "sub", FROM_SUB, CLAIM_STRING },
	{ "aud", FROM_AUD, CLAIM_ONE_OR_ARRAY }, { "client_id", FROM_CLIENT_ID, CLAIM_STRING },
	{ "scope", FROM_SCOPE, CLAIM_STRING }, { "jti", FROM_JTI, CLAIM_STRING },
	{ "iat", FROM_IAT, CLAIM_NUMBER }, { "exp", FROM_EXP, CLAIM_NUMBER }, { NULL },
};
static const struct claim_row id_claims[] = {
	{ "iss", FROM_ISS, CLAIM_STRING }, { "sub", FROM_SUB_USER_ID, CLAIM_STRING },
	{ "aud", FROM_AUD_CLIENT, CLAIM_STRING },
	{ "exp", FROM_EXP, CLAIM_NUMBER }, { "iat", FROM_IAT, CLAIM_NUMBER }, { "nonce", FROM_NONCE, CLAIM_STRING },
	{ "auth_time", FROM_AUTH_TIME, CLAIM_NUMBER, .asked_only = true }, { NULL },
};

/* RFC 6749 5.2: a challenge for a client that tried the Authorization header; otherwise a plain 400. */
#define BAD_CLIENT(reason) \
	{ reason, WHEN_BASIC_SENT, 401, "invalid_client", "client authentication failed", NULL, P_COUNT, ERROR_OAUTH, CH_BASIC }, \
	{ reason, ALWAYS, 400, "invalid_client", "client authentication failed", NULL, P_COUNT }
static const struct phrase phrases[] = {
	{ R_CLIENT_NONE, WHEN_NOT_NAMED, 400, "invalid_request", "client_id is missing", NULL, P_COUNT },
	BAD_CLIENT(R_CLIENT_NONE),
	BAD_CLIENT(R_CLIENT_MALFORMED),
	BAD_CLIENT(R_CLIENT_UNKNOWN),
	BAD_CLIENT(R_CLIENT_SECRET),
	BAD_CLIENT(R_CLIENT_DISABLED),
	BAD_CLIENT(R_CLIENT_OTHER),
	BAD_CLIENT(R_CLIENT_METHOD),
	{ R_BEARER, ALWAYS, 401, "invalid_token", "the access token is missing, expired or revoked", NULL,
	    P_COUNT, ERROR_OAUTH, CH_BEARER },
	{ R_NONE },
};

static struct str
sms(struct exchange *x, enum reason why, int *status)
{
	(void)status;
	return why == R_NONE ? arena_printf(
		   x->q->mem, "{\"expires_in\":%lld}", (long long)x->mount->issuer->policy->sms.code_ttl_s)
			     : STR_ABSENT;
}

static const enum question questions[] = { Q_CLIENT, Q_CLIENT_SAME, Q_GRANT_NAMED, Q_GRANT_ALLOWED, Q_PARAMS,
	Q_RESOLVE, Q_SCOPE, Q_MINT, Q_COMMIT, Q_END };

static const struct header token_headers[] = {
	{ "Cache-Control", "no-store" }, { "Pragma", "no-cache" }, { "X-Content-Type-Options", "nosniff" }, { NULL },
};
static const struct header page_headers[] = {
	{ "Cache-Control", "no-store" }, { "X-Content-Type-Options", "nosniff" },
	{ "X-Frame-Options", "DENY" }, { NULL },
};
static const struct header public_headers[] = { { "Cache-Control", "public, max-age=300" },
	{ "X-Content-Type-Options", "nosniff" }, { NULL } };

static const struct demo_facts demo = { .client = "client1", .secret = "secret", .style = DEMO_FORM };

const struct wire wire_connect = {
	.name = "connect", .routes = routes, .grants = grant_rows, .tokens = tokens, .sources = SRC_FORM, .client_auth = BIT(METHOD_BASIC) | BIT(METHOD_POST),
	.phrases = { phrases }, .fault = fault_error_only, .sms = sms, .userinfo = openid_userinfo,
	.headers = { [HS_TOKENS] = token_headers, [HS_WRAPPED] = token_headers, [HS_FAULT] = token_headers, [HS_FRAGMENT] = page_headers,
		[HS_GENERIC] = page_headers, [HS_AUTHORIZE] = page_headers, [HS_NOT_FOUND] = page_headers, [HS_PUBLIC] = public_headers },
	.json_type = "application/json", .tokens_type = "application/json", .basic_realm = "connect",
	.places = { [PLACE_LOGIN] = "/login", [PLACE_LOGIN_FAILED] = "/login?error", [PLACE_HOME] = "/", [PLACE_SIGNED_OUT] = "/login?logout" },
	.go_status = 302, .demo = &demo,
	.policy = {
		.account = ACCOUNT_POLICY,
		.token = {
			.access_ttl_s = 3600, .id_token_ttl_s = 3600, .access_shape = SHAPE_JWT,
			.jti_shape = JTI_FAMILY, .signing_alg = ALG_RS256, .access_typ = "at+jwt",
			.kid_in_header = true, .access_claims = access_claims,
			.id_claims = id_claims, .id_token_always = true
		},
		.refresh = {
			.ttl_s = 2592000, .shape = SHAPE_ROW_ID, .rule = REFRESH_ROTATES,
			.grace_ms = 10000, .needs_grant = true
		},
		.grant = {
			.questions = questions,
			.offered = BIT(GI_authorization_code) | BIT(GI_refresh_token) | BIT(GI_client_credentials) |
			    BIT(GI_password) | BIT(GI_directory) | BIT(GI_sms) | BIT(GI_wechat),
			.code_burns_on_failure = true, .redirect_uri_needed = true
		},
		.scope = { .absent_means_all = true },
		.authorize = {
			.code_ttl_s = 300, .code_shape = CODE_LONG, .offers_code = true,
			.pkce = PKCE_WHEN_SENT, .redirect_loopback_any_port = true,
			.extensions_are_judged = true, .response_type_is_exact = true
		},
		.consent = {
			.rule = CONSENT_BY_SCOPE, .memory = MEMORY_APPROVALS,
			.approval_ttl_s = 2592000
		},
		.client = { .public_at_token = true, .habits_need_mark = true },
		.logout = { .by_client = true },
		.session = { .ttl_s = 43200, .idle_s = 3600, .csrf_required = true },
		.sms = SMS_POLICY(300),
		.mail = MAIL_POLICY,
		.factor = FACTOR_POLICY,
	},
	.style = {
		.duplicate_parameters = DUPLICATES_REFUSED, .redirect_status = 302,
		.check_token_active = true, .envelope_ok_code = 200
	},
};
