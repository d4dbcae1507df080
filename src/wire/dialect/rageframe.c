/*
 * dialect/rageframe.c - manual 001: a path for each grant, JSON or form bodies, and HTTP 200 around
 * every answer of the API.
 */
#include "wire/wire_int.h"

#include <time.h>

#define MERCHANT 1
#define ENABLED  1

#define API(path_, grant_) { BIT(M_POST), path_, EP_TOKEN, RF_BEARER_FIRST, SRC_FORM | SRC_JSON | SRC_MULTIPART, &grant_ }

/* The login form of the old pages. */
static const struct param_alias login_names[] = { { "LoginForm[username]", P_USERNAME },
	{ "LoginForm[password]", P_PASSWORD }, { NULL } };

static const struct route routes[] = {
	API("/oauth2/authorize", grant_authorization_code),
	API("/oauth2/password", grant_password),
	API("/oauth2/client-credentials", grant_client_credentials),
	API("/oauth2/refresh-token", grant_refresh_token),
	{ BIT(M_GET), "/oauth2/v1/default", EP_TOKENINFO, RF_BEARER_FIRST, SRC_QUERY },
	{ BIT(M_GET), "/oauth2/member", EP_USERINFO, RF_BEARER_FIRST, SRC_QUERY },
	{ BIT(M_GET), "/oauth2/jwks", EP_JWKS, .sources = SRC_QUERY },
	{ BIT(M_GET), "/.well-known/jwks.json", EP_JWKS, .sources = SRC_QUERY },
	{ BIT(M_GET), "/open/authorize/index", EP_AUTHORIZE, .response_type = "code" },
	{ BIT(M_GET), "/open/implicit", EP_AUTHORIZE, .response_type = "token" },
	{ BIT(M_GET), "/login", EP_LOGIN_PAGE },
	{ BIT(M_POST), "/login", EP_LOGIN, .aliases = login_names },
	{ BIT(M_GET) | BIT(M_POST), "/login/factor", EP_FACTOR, .sources = SRC_QUERY | SRC_FORM },
	{ BIT(M_GET) | BIT(M_POST), "/login/password", EP_NEW_PASSWORD, .sources = SRC_QUERY | SRC_FORM },
	{ BIT(M_GET) | BIT(M_POST), "/account/factors", EP_ACCOUNT_FACTORS, .sources = SRC_QUERY | SRC_FORM },
	{ BIT(M_POST), "/consent", EP_CONSENT },
	{ BIT(M_GET) | BIT(M_POST), "/logout", EP_LOGOUT, RF_CONFIRM_FIRST },
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

/*
 * The body has the type first; the fragment has it second, which redirect_location settles by the
 * place of access_token.
 */
static const struct token_row tokens[] = {
	{ "token_type", TP_TYPE, "Bearer" }, { "expires_in", TP_EXPIRES }, { "access_token", TP_ACCESS },
	{ "refresh_token", TP_REFRESH }, { 0 },
};
static const struct token_row fragment[] = {
	{ "access_token", TP_ACCESS }, { "token_type", TP_TYPE, "Bearer" }, { "expires_in", TP_EXPIRES },
	{ "state", TP_STATE }, { 0 },
};

static const struct claim_row claims[] = {
	{ "aud", FROM_AUD_CLIENT, CLAIM_STRING }, { "jti", FROM_JTI, CLAIM_STRING },
	{ "iat", FROM_IAT, CLAIM_NUMBER }, { "nbf", FROM_NBF, CLAIM_NUMBER },
	{ "exp", FROM_EXP, CLAIM_NUMBER }, { "sub", FROM_SUB_NUMBER, CLAIM_STRING },
	{ "scopes", FROM_SCOPE, CLAIM_ARRAY }, { NULL },
};

#define MALFORMED "The request is missing a required parameter, includes an invalid parameter value, includes a parameter more than once, or is otherwise malformed."
#define DENIED "The resource owner or authorization server denied the request."
#define SAYS(reason, error, text) { reason, ALWAYS, 422, error, text, NULL, P_COUNT }
#define PAGE(reason, error, text) { reason, WHEN_AUTHORIZE, 404, error, text, NULL, P_COUNT }
static const struct phrase phrases[] = {
	PAGE(R_BAD_REQUEST, "invalid_request", MALFORMED),
	PAGE(R_PARAM_REPEATED, "invalid_request", MALFORMED),
	PAGE(R_PARAM_ENCODING, "invalid_request", MALFORMED),
	PAGE(R_PARAM_TOO_MANY, "invalid_request", MALFORMED),
	SAYS(R_CLIENT_UNKNOWN, "invalid_client", "找不到 Client Id"),
	SAYS(R_CLIENT_SECRET, "invalid_client", "Client Secret 错误"),
	SAYS(R_CLIENT_DISABLED, "invalid_client", "找不到 Client Id"),
	SAYS(R_CLIENT_NONE, "invalid_request", MALFORMED),
	SAYS(R_CLIENT_MALFORMED, "invalid_request", MALFORMED),
	SAYS(R_PARAM_MISSING, "invalid_request", MALFORMED),
	SAYS(R_CODE_MISSING, "invalid_request", MALFORMED),
	SAYS(R_REFRESH_MISSING, "invalid_request", MALFORMED),
	SAYS(R_BAD_REQUEST, "invalid_request", MALFORMED),
	SAYS(R_PARAM_REPEATED, "invalid_request", MALFORMED),
	SAYS(R_PARAM_ENCODING, "invalid_request", MALFORMED),
	SAYS(R_PARAM_TOO_MANY, "invalid_request", MALFORMED),
	{ R_BODY_TOO_LARGE, ALWAYS, 413, "invalid_request", "the request body is too large", NULL, P_COUNT,
	    ERROR_GENERIC },
	{ R_BODY_CODED, ALWAYS, 415, "invalid_request",
	    "the request body has a content coding; send it without one", NULL, P_COUNT, ERROR_GENERIC },
	SAYS(R_GRANT_MISSING, "unsupported_grant_type",
	    "The authorization grant type is not supported by the authorization server."),
	SAYS(R_GRANT_UNKNOWN, "unsupported_grant_type",
	    "The authorization grant type is not supported by the authorization server."),
	SAYS(R_GRANT_IMPLICIT, "unsupported_grant_type",
	    "The authorization grant type is not supported by the authorization server."),
	SAYS(R_REFRESH_UNKNOWN, "invalid_request", "The refresh token is invalid."),
	SAYS(R_REFRESH_MALFORMED, "invalid_request", "The refresh token is invalid."),
	SAYS(R_REFRESH_EXPIRED, "invalid_request", "The refresh token is invalid."),
	SAYS(R_REFRESH_REVOKED, "invalid_request", "The refresh token is invalid."),
	SAYS(R_REFRESH_REPLAYED, "invalid_request", "The refresh token is invalid."),
	SAYS(R_REFRESH_IS_ACCESS, "invalid_request", "The refresh token is invalid."),
	SAYS(R_REFRESH_OTHER_CLIENT, "invalid_request", "The refresh token is invalid."),
	SAYS(R_SCOPE_UNKNOWN, "invalid_scope", "The requested scope is invalid, unknown, or malformed"),
	SAYS(R_SCOPE_WIDER, "invalid_scope", "The requested scope is invalid, unknown, or malformed"),
	SAYS(R_USER_UNKNOWN, "invalid_grant", "找不到用户信息"),
	{ R_USER_CREDENTIALS, WHEN_DISTINCT, 422, "invalid_grant", "密码错误", NULL, P_COUNT },
	SAYS(R_USER_CREDENTIALS, "invalid_grant", "账号或密码错误"),
	{ R_BEARER, ALWAYS, 401, "access_denied", DENIED, NULL, P_COUNT, ERROR_GENERIC },
	{ R_BEARER_NO_USER, ALWAYS, 403, "insufficient_scope", "用户不存在", NULL, P_COUNT, ERROR_GENERIC },
	{ R_NO_RIGHT, ALWAYS, 400, "bad_request", "您的权限不足，如需要请联系管理员", NULL, P_COUNT,
	    ERROR_GENERIC },
	{ R_METHOD, ALWAYS, 405, "method_not_allowed", "Method Not Allowed", NULL, P_COUNT, ERROR_GENERIC },
	{ R_NOT_FOUND, ALWAYS, 404, "not_found", "页面未找到。", NULL, P_COUNT, ERROR_GENERIC },
	PAGE(R_AUTHZ_CLIENT, "invalid_client", "找不到 Client Id"),
	PAGE(R_REDIRECT_UNREGISTERED, "invalid_client", "Client authentication failed"),
	PAGE(R_REDIRECT_NONE, "invalid_client", "Client authentication failed"),
	PAGE(R_REDIRECT_MISSING, "invalid_request", MALFORMED),
	PAGE(R_AUTHZ_NO_REDIRECT_GRANT, "unauthorized_client",
	    "The authorization grant type is not supported by the authorization server."),
	PAGE(R_RESPONSE_TYPE, "unsupported_grant_type",
	    "The authorization grant type is not supported by the authorization server."),
	{ R_ACCESS_DENIED, ALWAYS, 401, "access_denied", DENIED, NULL, P_COUNT },
	{ R_NONE },
};

static struct str
envelope(struct exchange *x, int code, struct str message, struct str data)
{
	struct buf b;

	buf_init(&b, x->q->mem, BODY_MAX);
	jw_open(&b, '{');
	jm_int(&b, S("code"), code);
	jm_str(&b, S("message"), message);
	jm_raw(&b, S("data"), data);
	jm_int(&b, S("timestamp"), x->c.now_s);
	jw_close(&b, '}');
	return body_of(&b);
}

static struct str
wrap(struct exchange *x, const struct tokens *t)
{
	return envelope(x, 200, S("OK"), tokens_bare(x, t));
}

/* --- whom a token is of ----------------------------------------------------------------------- */

/* The old server's clock: its times were printed for Shanghai, which is eight hours ahead the whole year. */
static struct str
shanghai(struct exchange *x, int64_t at_s)
{
	time_t t = (time_t)(at_s + 8 * 3600);
	struct tm tm;
	char text[32];

	gmtime_r(&t, &tm);
	return arena_dup(x->q->mem, str_span(text, strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm)));
}

/* As in the claim sub: the number, of a user without one the id; empty of a client. */
static struct str
member_id(struct exchange *x, const struct user *u)
{
	if (u == NULL)
		return S("");
	return u->number != 0 ? arena_printf(x->q->mem, "%lld", (long long)u->number) : uuid_write(x->q->mem, u->id.b);
}

/*
 * The old server kept one row for each client, grant and member; its number is made of them, for no
 * rows are numbered here.
 */
static int64_t
row_number(struct exchange *x, const struct token_facts *f, struct str grant)
{
	uint8_t d[DIGEST_SIZE];

	SHA256(d, x->mount->issuer->name, S("\0"), f->client_id, S("\0"), grant, S("\0"), member_id(x, f->user));
	return 1
	    + (int64_t)((uint32_t)(d[0] & 0x7f) << 24 | (uint32_t)d[1] << 16 | (uint32_t)d[2] << 8 | d[3])
	    % 0x7ffffffe;
}

/* The row of the access token, its members in the old order. One merchant is all there is. */
static struct str
tokeninfo(struct exchange *x, const struct token_facts *f)
{
	struct str grant = str_empty(f->grant) ? str_of(grant_client_credentials.name) : f->grant;
	struct buf b;

	buf_init(&b, x->q->mem, BODY_MAX);
	jw_open(&b, '{');
	jm_int(&b, S("id"), row_number(x, f, grant));
	jm_str(&b, S("access_token"), f->jti);
	jm_int(&b, S("merchant_id"), MERCHANT);
	jm_str(&b, S("client_id"), f->client_id);
	jm_str(&b, S("member_id"), member_id(x, f->user));
	jm_str(&b, S("expires"), f->exp_s ? shanghai(x, f->exp_s) : S(""));
	jm_words(&b, S("scope"), f->scope, ' ');
	jm_str(&b, S("grant_type"), grant);
	jm_int(&b, S("status"), ENABLED);
	jm_int(&b, S("created_at"), f->begun_s ? f->begun_s : f->iat_s);
	jm_int(&b, S("updated_at"), f->iat_s);
	jw_close(&b, '}');
	return envelope(x, 200, S("OK"), body_of(&b));
}

/* What the old record had and a user here has not. */
static void
put_unknown(struct buf *b, const char *const *texts, const char *const *numbers)
{
	for (; *texts != NULL; texts++)
		jm_str(b, str_of(*texts), S(""));
	for (; *numbers != NULL; numbers++)
		jm_int(b, str_of(*numbers), 0);
}

/* The member. The original printed the password's hash and two more secrets too. */
static struct str
userinfo(struct exchange *x, const struct token_facts *f)
{
	static const char *const texts[] = { "realname", "head_portrait", "promo_code", "qq", "home_phone",
		"last_ip", "tree", NULL };
	static const char *const numbers[] = { "current_level", "gender", "visit_count", "role",
		"province_id", "city_id", "area_id", "pid", "level", NULL };
	const struct user *u = f->user;
	struct buf b;

	buf_init(&b, x->q->mem, BODY_MAX);
	jw_open(&b, '{');
	if (u->number != 0)
		jm_int(&b, S("id"), u->number);
	else
		jm_str(&b, S("id"), member_id(x, u));
	jm_int(&b, S("merchant_id"), MERCHANT);
	jm_str(&b, S("username"), u->name);
	jm_int(&b, S("type"), 1);
	jm_str(&b, S("nickname"), str_empty(u->display_name) ? u->name : u->display_name);
	jm_str(&b, S("email"), str_empty(u->email) ? S("") : u->email);
	jm_str(&b, S("mobile"), str_empty(u->phone) ? S("") : u->phone);
	jm_null(&b, S("birthday"));
	put_unknown(&b, texts, numbers);
	jm_int(&b, S("status"), ENABLED);
	jm_int(&b, S("created_at"), u->created_s);
	jm_int(&b, S("updated_at"), u->updated_s);
	jw_close(&b, '}');
	return envelope(x, 200, S("OK"), body_of(&b));
}

/* --- failures --------------------------------------------------------------------------------- */

/* Every OAuth failure is a 422 inside; trouble of the server itself keeps its number. */
static struct str
fault(struct exchange *x, const struct wording *s)
{
	bool oauth = s->shape == ERROR_OAUTH && s->status >= 400 && s->status < 429 && s->status != 404
	    && s->status != 405;

	return envelope(x, oauth ? 422 : s->status, s->text, s->status >= 500 ? S("\"服务器打瞌睡了~\"") : S("[]"));
}

static const enum question questions[] = { Q_GRANT_NAMED, Q_CLIENT, Q_GRANT_ALLOWED, Q_PARAMS, Q_RESOLVE,
	Q_SCOPE, Q_MINT, Q_COMMIT, Q_END };

static const struct header api_headers[] = {
	{ "Cache-Control", "no-store" }, { "Pragma", "no-cache" }, { "X-Content-Type-Options", "nosniff" }, { NULL },
};
static const struct header page_headers[] = {
	{ "Cache-Control", "no-store" }, { "X-Content-Type-Options", "nosniff" },
	{ "X-Frame-Options", "DENY" }, { NULL },
};

static const struct demo_facts demo = { .client = "rageframe", .secret = "rageframe-secret", .style = DEMO_FORM };

const struct wire wire_rageframe = {
	.name = "rageframe", .envelope_always_200 = true, .routes = routes, .grants = grant_rows, .tokens = tokens, .fragment = fragment,
	.wrap = wrap, .tokeninfo = tokeninfo, .userinfo = userinfo,
	.sources = SRC_QUERY | SRC_FORM | SRC_MULTIPART, .client_auth = BIT(METHOD_BASIC) | BIT(METHOD_POST), .phrases = { phrases }, .fault = fault,
	.headers = { [HS_TOKENS] = api_headers, [HS_WRAPPED] = api_headers, [HS_FAULT] = api_headers, [HS_FRAGMENT] = page_headers,
		[HS_GENERIC] = page_headers, [HS_AUTHORIZE] = page_headers, [HS_NOT_FOUND] = page_headers, [HS_PUBLIC] = api_headers },
	.json_type = "application/json; charset=UTF-8", .tokens_type = "application/json; charset=UTF-8",
	.places = { [PLACE_LOGIN] = "/login", [PLACE_LOGIN_FAILED] = "/login?error", [PLACE_HOME] = "/", [PLACE_SIGNED_OUT] = "/login?logout" },
	.go_status = 302, .demo = &demo,
	.policy = {
		.mail = MAIL_POLICY,
		.factor = FACTOR_POLICY,
		.account = ACCOUNT_POLICY,
		.token = {
			.access_ttl_s = 172800, .id_token_ttl_s = 3600, .access_shape = SHAPE_JWT,
			.jti_shape = JTI_HEX80, .signing_alg = ALG_RS256, .access_typ = "JWT",
			.jti_in_header = true, .access_claims = claims, .single_login = true,
			.single_login_per_grant = true
		},
		.refresh = {
			.ttl_s = 2592000, .shape = SHAPE_ROW_ID, .rule = REFRESH_ROTATES,
			.grace_ms = 10000, .kills_access = true, .needs_grant = true
		},
		.grant = {
			.questions = questions,
			.offered = BIT(GI_authorization_code) | BIT(GI_refresh_token) | BIT(GI_client_credentials) | BIT(GI_password),
			.code_burns_on_failure = true, .redirect_uri_needed = true
		},
		.scope = { .when_absent = { "basic_info", 10 } },
		.authorize = {
			.code_ttl_s = 600, .code_shape = CODE_LONG, .offers_implicit = true,
			.unknown_response_type_is_page = true, .offers_code = true,
			.pkce = PKCE_WHEN_SENT, .redirect_may_be_omitted = true
		},
		.consent = {
			.rule = CONSENT_NEVER, .memory = MEMORY_NONE, .approval_ttl_s = 2592000
		},
		.client = { .habits_need_mark = true },
		.session = { .ttl_s = 43200, .idle_s = 3600 },
	},
	.style = {
		.duplicate_parameters = DUPLICATES_REFUSED, .redirect_status = 302,
		.check_token_active = true, .envelope_ok_code = 200, .envelope_ok_msg = { "OK", 2 },
		.error_descriptions = true
	},
};
