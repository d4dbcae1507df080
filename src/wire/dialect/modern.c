/* dialect/modern.c - OAuth 2.1 as written: PKCE, form bodies, RFC 6749 shapes, RFC 9068 tokens, nothing weak. */
#include "wire/wire_int.h"

static const struct route routes[] = {
	{ BIT(M_POST), "/token", EP_TOKEN },
	{ BIT(M_GET) | BIT(M_POST), "/authorize", EP_AUTHORIZE, .sources = SRC_QUERY | SRC_FORM },
	{ BIT(M_POST), "/par", EP_PAR },
	{ BIT(M_POST), "/authorize-challenge", EP_CHALLENGE },
	{ BIT(M_POST), "/device_authorization", EP_DEVICE_AUTHORIZATION },
	{ BIT(M_GET) | BIT(M_POST), "/device", EP_DEVICE, .sources = SRC_QUERY | SRC_FORM },
	{ BIT(M_POST), "/bc-authorize", EP_BC_AUTHORIZE },
	{ BIT(M_GET) | BIT(M_POST), "/approvals", EP_APPROVALS, .sources = SRC_QUERY | SRC_FORM },
	{ BIT(M_GET), "/device/qr.svg", EP_DEVICE_QR, .sources = SRC_QUERY },
	{ BIT(M_POST), "/introspect", EP_INTROSPECT },
	{ BIT(M_POST), "/revoke", EP_REVOKE },
	{ BIT(M_GET), "/jwks", EP_JWKS, .sources = SRC_QUERY },
	{ BIT(M_GET), "/statuslists", EP_STATUS_LISTS, .sources = SRC_QUERY },
	{ BIT(M_GET), "/statuslists/*", EP_STATUS_LIST, .sources = SRC_QUERY },
	{ BIT(M_GET), "/.well-known/oauth-authorization-server", EP_METADATA, .sources = SRC_QUERY },
	{ BIT(M_GET), "/.well-known/openid-configuration", EP_METADATA, .sources = SRC_QUERY },
	{ BIT(M_GET), "/.well-known/oauth-protected-resource", EP_PROTECTED, .sources = SRC_QUERY },
	{ BIT(M_GET), "/.well-known/oauth-protected-resource/userinfo", EP_PROTECTED, .sources = SRC_QUERY },
	{ BIT(M_GET), "/auth/verify", EP_VERIFY, .sources = SRC_QUERY },
	{ BIT(M_GET) | BIT(M_POST), "/userinfo", EP_USERINFO },
	{ BIT(M_POST), "/register", EP_REGISTER },
	{ BIT(M_GET) | BIT(M_PUT) | BIT(M_DELETE), "/register/*", EP_REGISTERED },
	{ BIT(M_GET), "/logo", EP_LOGO, .sources = SRC_QUERY },
	{ BIT(M_GET), "/login", EP_LOGIN_PAGE, .sources = SRC_QUERY },
	{ BIT(M_POST), "/login", EP_LOGIN },
	{ BIT(M_GET) | BIT(M_POST), "/forgot", EP_FORGOT, .sources = SRC_QUERY | SRC_FORM },
	{ BIT(M_GET) | BIT(M_POST), "/signup", EP_SIGNUP, .sources = SRC_QUERY | SRC_FORM },
	{ BIT(M_GET) | BIT(M_POST), "/account/email", EP_EMAIL, .sources = SRC_QUERY | SRC_FORM },
	{ BIT(M_GET) | BIT(M_POST), "/account/phone", EP_PHONE, .sources = SRC_QUERY | SRC_FORM },
	{ BIT(M_GET) | BIT(M_POST), "/login/factor", EP_FACTOR, .sources = SRC_QUERY | SRC_FORM },
	{ BIT(M_GET) | BIT(M_POST), "/login/password", EP_NEW_PASSWORD, .sources = SRC_QUERY | SRC_FORM },
	{ BIT(M_GET) | BIT(M_POST), "/account/factors", EP_ACCOUNT_FACTORS, .sources = SRC_QUERY | SRC_FORM },
	{ BIT(M_GET) | BIT(M_POST), "/accounts", EP_ACCOUNTS, .sources = SRC_QUERY | SRC_FORM },
	{ BIT(M_GET), "/account", EP_ACCOUNT, .sources = SRC_QUERY },
	{ BIT(M_GET) | BIT(M_POST), "/account/profile", EP_ACCOUNT_PROFILE, .sources = SRC_QUERY | SRC_FORM },
	{ BIT(M_GET) | BIT(M_POST), "/account/password", EP_ACCOUNT_PASSWORD, .sources = SRC_QUERY | SRC_FORM },
	{ BIT(M_GET) | BIT(M_POST), "/account/identities", EP_ACCOUNT_IDENTITIES, .sources = SRC_QUERY | SRC_FORM },
	{ BIT(M_GET) | BIT(M_POST), "/account/sessions", EP_ACCOUNT_SESSIONS, .sources = SRC_QUERY | SRC_FORM },
	{ BIT(M_GET) | BIT(M_POST), "/account/applications", EP_ACCOUNT_APPLICATIONS, .sources = SRC_QUERY | SRC_FORM },
	{ BIT(M_GET) | BIT(M_POST), "/account/data", EP_ACCOUNT_DATA, .sources = SRC_QUERY | SRC_FORM },
	{ BIT(M_GET) | BIT(M_POST), "/account/delete", EP_ACCOUNT_DELETION, .sources = SRC_QUERY | SRC_FORM },
	{ BIT(M_POST), "/consent", EP_CONSENT },
	{ BIT(M_GET) | BIT(M_POST), "/logout", EP_LOGOUT, RF_CONFIRM_FIRST, SRC_QUERY | SRC_FORM },
	{ BIT(M_GET), "/check_session", EP_CHECK_SESSION, .sources = SRC_QUERY },
	{ BIT(M_GET), "/", EP_HOME, .sources = SRC_QUERY },
	{ 0 },
};

static const struct grant_row grant_rows[] = {
	{ "authorization_code", &grant_authorization_code },
	{ "refresh_token", &grant_refresh_token },
	{ "client_credentials", &grant_client_credentials },
	{ "urn:ietf:params:oauth:grant-type:jwt-bearer", &grant_jwt_bearer },
	{ "urn:ietf:params:oauth:grant-type:token-exchange", &grant_token_exchange },
	{ "urn:ietf:params:oauth:grant-type:device_code", &grant_device_code },
	{ "urn:openid:params:grant-type:ciba", &grant_ciba },
	{ 0 },
};

static const struct token_row tokens[] = {
	{ "access_token", TP_ACCESS }, { "token_type", TP_TYPE, "Bearer" }, { "expires_in", TP_EXPIRES },
	{ "refresh_token", TP_REFRESH },
	{ "scope", TP_SCOPE }, { "id_token", TP_ID_TOKEN }, { "issued_token_type", TP_ISSUED_TYPE },
	{ "authorization_details", TP_DETAILS }, { 0 },
};

static const struct phrase phrases[] = {
	{ R_BAD_REQUEST, WHEN_IN_QUERY, 400, "invalid_request",
	    "parameters belong in the request body, not in the URL", NULL, P_COUNT },
	{ R_CIBA_REQUEST, ALWAYS, 400, "invalid_request", "{}", NULL, P_COUNT },
	{ R_REGISTRATION_REDIRECT, ALWAYS, 400, "invalid_redirect_uri", "{}", NULL, P_COUNT },
	{ R_REGISTRATION_METADATA, ALWAYS, 400, "invalid_client_metadata", "{}", NULL, P_COUNT },
	{ R_SOFTWARE_STATEMENT, ALWAYS, 400, "invalid_software_statement", "software_statement {}", NULL, P_COUNT },
	{ R_NONE },
};

/* RFC 9068 section 2.2. */
static const struct claim_row access_claims[] = {
	{ "iss", FROM_ISS, CLAIM_STRING }, { "sub", FROM_SUB, CLAIM_STRING },
	{ "aud", FROM_AUD, CLAIM_ONE_OR_ARRAY }, { "client_id", FROM_CLIENT_ID, CLAIM_STRING },
	{ "scope", FROM_SCOPE, CLAIM_STRING }, { "jti", FROM_JTI, CLAIM_STRING },
	{ "iat", FROM_IAT, CLAIM_NUMBER }, { "exp", FROM_EXP, CLAIM_NUMBER },
	{ "auth_time", FROM_AUTH_TIME, CLAIM_NUMBER, NULL, true },
	{ "acr", FROM_ACR, CLAIM_STRING, NULL, true }, { "act", FROM_ACT, CLAIM_JSON }, { NULL },
};

/* OpenID Connect Core 2, 3.1.3.6, 3.3.2.11. */
static const struct claim_row id_claims[] = {
	{ "iss", FROM_ISS, CLAIM_STRING }, { "sub", FROM_SUB_USER_ID, CLAIM_STRING },
	{ "aud", FROM_AUD_CLIENT, CLAIM_STRING },
	{ "exp", FROM_EXP, CLAIM_NUMBER }, { "iat", FROM_IAT, CLAIM_NUMBER },
	{ "auth_time", FROM_AUTH_TIME, CLAIM_NUMBER },
	{ "sid", FROM_SID, CLAIM_STRING },
	{ "acr", FROM_ACR, CLAIM_STRING }, { "amr", FROM_AMR, CLAIM_ARRAY },
	{ "nonce", FROM_NONCE, CLAIM_STRING }, { "at_hash", FROM_AT_HASH, CLAIM_STRING },
	{ "c_hash", FROM_C_HASH, CLAIM_STRING }, { "s_hash", FROM_S_HASH, CLAIM_STRING },
	{ "act", FROM_ACT, CLAIM_JSON }, { NULL },
};

static const enum question questions[] = { Q_CLIENT, Q_GRANT_NAMED, Q_GRANT_ALLOWED, Q_PROOF, Q_PARAMS, Q_RESOLVE,
	Q_SCOPE, Q_MINT, Q_COMMIT, Q_END };

static const struct header token_headers[] = {
	{ "Cache-Control", "no-store" }, { "Pragma", "no-cache" }, { "X-Content-Type-Options", "nosniff" }, { NULL },
};
static const struct header page_headers[] = {
	{ "Cache-Control", "no-store" }, { "X-Content-Type-Options", "nosniff" },
	{ "X-Frame-Options", "DENY" }, { NULL },
};
static const struct header public_headers[] = { { "Cache-Control", "public, max-age=300" },
	{ "X-Content-Type-Options", "nosniff" }, { NULL } };

/* What a client may ask of its users without an operator having said so. */
#define REGISTERED_SCOPES "openid profile email address phone offline_access"

static const struct demo_facts demo = {
	.client = "demo-web",
	.secret = "demo-web-secret",
	.service = "demo-service",
	.service_secret = "demo-service-secret",
	.scope = "read",
	.pkce = true,
	.style = DEMO_BASIC,
};

const struct wire wire_modern = {
	.name = "modern", .strict = true, .routes = routes, .grants = grant_rows, .tokens = tokens, .sources = SRC_FORM,
	.client_auth = BIT(METHOD_BASIC) | BIT(METHOD_POST) | BIT(METHOD_JWT) | BIT(METHOD_HMAC) | BIT(METHOD_TLS)
	    | BIT(METHOD_SELF_SIGNED) | BIT(METHOD_NONE),
	    .phrases = { phrases }, .userinfo = openid_userinfo,
	.headers = { [HS_TOKENS] = token_headers, [HS_WRAPPED] = token_headers, [HS_FAULT] = token_headers, [HS_FRAGMENT] = page_headers,
		[HS_GENERIC] = page_headers, [HS_AUTHORIZE] = page_headers, [HS_NOT_FOUND] = page_headers, [HS_PUBLIC] = public_headers },
	.json_type = "application/json", .tokens_type = "application/json", .basic_realm = "hufu",
	.places = { [PLACE_LOGIN] = "/login", [PLACE_LOGIN_FAILED] = "/login?error", [PLACE_HOME] = "/",
		[PLACE_SIGNED_OUT] = "/login?logout", [PLACE_ACCOUNTS] = "/accounts" },
	.go_status = 303, .demo = &demo,
	.policy = {
		.account = ACCOUNT_POLICY,
		.token = {
			.access_ttl_s = 3600, .id_token_ttl_s = 3600, .access_shape = SHAPE_JWT,
			.jti_shape = JTI_FAMILY, .signing_alg = ALG_RS256,
			.id_token_algs = BIT(ALG_RS256), .access_typ = "at+jwt",
			.kid_in_header = true, .access_claims = access_claims, .id_claims = id_claims,
			.userinfo_needs_openid = true, .unverified_is_said = true, .takes_resource = true,
			.introspect_jwt = true, .id_jag_ttl_s = 300, .resources_are_listed = true, .pairwise = true,
			.status_list_ttl_s = 60, .acr = { "1", 1 }, .acr_second_factor = { "2", 1 }, .dpop = DPOP_ALLOWED, .dpop_algs = BIT(ALG_COUNT) - 1
		},
		.refresh = {
			.ttl_s = 2592000, .shape = SHAPE_ROW_ID, .rule = REFRESH_ROTATES,
			.grace_ms = 10000, .needs_grant = true
		},
		.grant = {
			.questions = questions,
			.offered = BIT(GI_authorization_code) | BIT(GI_refresh_token) | BIT(GI_client_credentials)
			    | BIT(GI_jwt_bearer) | BIT(GI_token_exchange) | BIT(GI_device_code) | BIT(GI_ciba),
			.code_burns_on_failure = true
		},
		.scope = { .absent_means_all = true },
		.authorize = {
			.code_ttl_s = 60, .code_shape = CODE_LONG, .offers_code = true,
			.pkce = PKCE_NONCE, .pkce_of_public = true, .redirect_loopback_any_port = true,
			.redirect_localhost_any_port = true,
			.redirect_scheme_needs_dot = true, .redirect_may_be_omitted = false,
			.extensions_are_judged = true, .response_type_is_exact = true,
			.responses = RESPONSES_ALL, .claims_are_read = true,
			.iss_in_response = true, .request_objects = REQUEST_OBJECTS_SIGNED,
			.par_ttl_s = 90, .auth_session_ttl_s = 600, .jarm = JARM_OFFERED
		},
		.consent = {
			.rule = CONSENT_BY_SCOPE, .memory = MEMORY_APPROVALS,
			.approval_ttl_s = 2592000, .offline_asks = true
		},
		.client = {
			.basic_is_form_decoded = true, .public_at_token = true,
			.habits_need_mark = true
		},
		.logout = { .by_client = true, .tells_clients = true },
		.session = { .ttl_s = 43200, .idle_s = 3600, .accounts = 8, .csrf_required = true, .management = true },
		.mail = MAIL_POLICY,
		.factor = FACTOR_POLICY,
		.sms = SMS_POLICY_ANYWHERE,
		.selfservice = { .ttl_s = 900, .tries = 5, .undo_s = 604800 },
		.decoupled = {
			.device_ttl_s = 600, .device_interval_s = 5, .per_hour = 200, .tries_per_hour = 20000,
			.ciba_ttl_s = 600, .ciba_interval_s = 5, .user_per_hour = 1000
		},
		.registration = {
			.lease_s = 7776000, .per_hour = 20, .most = 10000,
			.grants = BIT(GI_authorization_code) | BIT(GI_refresh_token),
			.scopes = { REGISTERED_SCOPES, sizeof(REGISTERED_SCOPES) - 1 },
		},
	},
	.style = {
		.duplicate_parameters = DUPLICATES_REFUSED, .redirect_status = 303,
		.check_token_active = true, .envelope_ok_code = 200, .error_descriptions = true
	},
};
