/*
 * dialect/taroco.c - manual 000: JWTs with a constant claim, a Response object around everything
 * but tokens, a script as front end.
 */
#include "wire/dialect/spring_family.h"

#include <time.h>

#define ANY_METHOD (BIT(M_GET) | BIT(M_POST) | BIT(M_PUT) | BIT(M_PATCH) | BIT(M_DELETE))

static const struct param_alias mobile_names[] = { { "mobile", P_PHONE }, { "scope", P_COUNT }, { NULL } };

static const struct route routes[] = {
	{ BIT(M_POST), "/oauth/token", EP_TOKEN, RF_CLIENT_FIRST, .allow = "GET, POST",
	    .options = "GET,HEAD,POST,OPTIONS" },
	{ BIT(M_GET) | BIT(M_POST), "/oauth/authorize", EP_AUTHORIZE, RF_DECISION,
	    .options = "GET,HEAD,POST,OPTIONS" },
	{ BIT(M_POST), "/oauth/custom_authorize", EP_CONSENT, RF_JSON },
	{ BIT(M_POST), "/oauth/check_token", EP_CHECK_TOKEN },
	{ BIT(M_GET), "/oauth/token_key", EP_TOKEN_KEY },
	{ ANY_METHOD, "/oauth/error", EP_ERROR_PAGE },
	{ BIT(M_GET), "/confirm_access", EP_CONFIRM_PAGE },
	{ BIT(M_POST), "/login", EP_LOGIN, RF_JSON, SRC_QUERY | SRC_FORM | SRC_MULTIPART | SRC_JSON },
	{ BIT(M_GET) | BIT(M_POST), "/login/factor", EP_FACTOR, .sources = SRC_QUERY | SRC_FORM },
	{ BIT(M_GET) | BIT(M_POST), "/login/password", EP_NEW_PASSWORD, .sources = SRC_QUERY | SRC_FORM },
	{ BIT(M_GET) | BIT(M_POST), "/account/factors", EP_ACCOUNT_FACTORS, .sources = SRC_QUERY | SRC_FORM },
	{ ANY_METHOD, "/logout", EP_LOGOUT, RF_JSON },
	{ ANY_METHOD, "/oauth/exit", EP_LOGOUT },
	{ BIT(M_GET), "/user", EP_USER, RF_JSON, SRC_QUERY },
	{ BIT(M_GET), "/smsCode/*", EP_SMS_CODE, .sources = SRC_QUERY },
	{ BIT(M_POST), "/oauth/mobile", EP_TOKEN, RF_IMPLIED_GRANT | RF_HIDDEN, .only = &grant_sms,
	    .aliases = mobile_names },
	{ BIT(M_POST), "/login/mobile", EP_SMS_LOGIN, RF_JSON,
	    SRC_QUERY | SRC_FORM | SRC_MULTIPART | SRC_JSON, .aliases = mobile_names },
	{ BIT(M_GET), "/", EP_HOME, RF_LOGIN_PAGE },
	{ 0 },
};

/* The same body; the endpoint of the mobile grant sends it with the headers of everything else. */
static struct str
tokens_mobile(struct exchange *x, const struct tokens *t)
{
	return tokens_bare(x, t);
}

static const struct grant_row grant_rows[] = {
	{ "authorization_code", &grant_authorization_code },
	{ "password", &grant_password },
	{ "client_credentials", &grant_client_credentials },
	{ "refresh_token", &grant_refresh_token },
	{ "mobile", &grant_sms, tokens_mobile, mobile_names },
	{ 0 },
};

static const struct token_row tokens[] = {
	{ "access_token", TP_ACCESS }, { "token_type", TP_TYPE, "bearer" }, { "refresh_token", TP_REFRESH },
	{ "expires_in", TP_EXPIRES },
	{ "scope", TP_SCOPE }, { "jti", TP_JTI }, { "license", TP_CLAIM_TEXT },
	{ "x-user-name", TP_USER_NAME }, { "x-user-id", TP_USER_NUMBER }, { 0 },
};

#define LICENSE "made by taroco"
#define HEAD_CLAIMS \
	{ "aud", FROM_RESOURCE_IDS, CLAIM_SET }, \
	{ "license", FROM_TEXT, CLAIM_STRING, LICENSE, true }, \
	{ "user_name", FROM_USER_NAME, CLAIM_STRING, NULL, true }, \
	{ "scope", FROM_SCOPE, CLAIM_ARRAY }
#define TAIL_CLAIMS \
	{ "x-user-id", FROM_USER_NUMBER, CLAIM_NUMBER, NULL, true }, \
	{ "exp", FROM_EXP, CLAIM_NUMBER }, \
	{ "x-user-name", FROM_USER_NAME, CLAIM_STRING, NULL, true }, \
	{ "authorities", FROM_AUTHORITIES, CLAIM_ARRAY }, \
	{ "jti", FROM_JTI, CLAIM_STRING }, \
	{ "client_id", FROM_CLIENT_ID, CLAIM_STRING }, \
	{ NULL }
static const struct claim_row access_claims[] = { HEAD_CLAIMS, TAIL_CLAIMS };
static const struct claim_row refresh_claims[] = { HEAD_CLAIMS, { "ati", FROM_ATI, CLAIM_STRING }, TAIL_CLAIMS };

#define NOT_JSON "Cannot convert access token to JSON"
#define BAD_CREDENTIALS "Bad credentials"
#define BAD_CREDENTIALS_ZH "坏的凭证"
#define WRAPPED(reason, text, zh) { reason, WHEN_WRAPPED, 401, "unauthorized", text, NULL, P_COUNT, ERROR_ENVELOPE, CH_NONE, zh }
#define BY_SMS(reason, when, text) { reason, when, 401, "unauthorized", text, NULL, P_COUNT, ERROR_ENVELOPE }
static const struct phrase phrases[] = {
	{ R_CLIENT_MALFORMED, WHEN_BARE, 401, "Unauthorized",
	    "The Authorization value must be 'Basic ' and the Base64 of clientId:client_secret", NULL,
	    P_COUNT, ERROR_GENERIC, CH_BASIC },
	WRAPPED(R_CLIENT_NONE, "Full authentication is required to access this resource", NULL),
	WRAPPED(R_CLIENT_UNKNOWN, BAD_CREDENTIALS, BAD_CREDENTIALS_ZH),
	WRAPPED(R_CLIENT_SECRET, BAD_CREDENTIALS, BAD_CREDENTIALS_ZH),
	WRAPPED(R_CLIENT_DISABLED, BAD_CREDENTIALS, BAD_CREDENTIALS_ZH),
	WRAPPED(R_CLIENT_METHOD, BAD_CREDENTIALS, BAD_CREDENTIALS_ZH),
	WRAPPED(R_CLIENT_MALFORMED, BAD_CREDENTIALS, BAD_CREDENTIALS_ZH),
	BY_SMS(R_SMS_CODE, WHEN_SMS, "Bad verifyCode"),
	BY_SMS(R_PHONE_UNKNOWN, WHEN_SMS, "用户不存在"),
	BY_SMS(R_PARAM_MISSING, WHEN_SMS, "用户不存在"),
	{ R_GRANT_UNKNOWN, ALWAYS, 400, "unsupported_grant_type", "Unsupported grant type",
	    "Unsupported grant type: {}", P_GRANT_TYPE },
	{ R_REFRESH_MISSING, ALWAYS, 401, "invalid_token", NOT_JSON, NULL, P_COUNT, ERROR_OAUTH, CH_BEARER },
	{ R_REFRESH_MALFORMED, ALWAYS, 401, "invalid_token", NOT_JSON, NULL, P_COUNT, ERROR_OAUTH,
	    CH_BEARER },
	{ R_REFRESH_IS_ACCESS, ALWAYS, 401, "invalid_token", "Encoded token is not a refresh token", NULL,
	    P_COUNT, ERROR_OAUTH, CH_BEARER },
	{ R_USER_UNKNOWN, ALWAYS, 401, "unauthorized", "用户不存在", NULL, P_COUNT, ERROR_OAUTH, CH_BEARER },
	{ R_USER_CREDENTIALS, ALWAYS, 400, "invalid_grant", "Bad credentials", NULL, P_COUNT, ERROR_OAUTH,
	    CH_NONE, BAD_CREDENTIALS_ZH },
	{ R_PARAM_MISSING, ALWAYS, 400, "invalid_grant", "Bad credentials", NULL, P_COUNT, ERROR_OAUTH,
	    CH_NONE, BAD_CREDENTIALS_ZH },
	{ R_AUTHZ_CLIENT, ALWAYS, 400, "invalid_client", "Bad client credentials", NULL, P_COUNT },
	{ R_REDIRECT_UNREGISTERED, WHEN_URIS_LISTED, 400, "invalid_grant",
	    "Invalid redirect uri does not match one of the registered values.",
	    "Invalid redirect: {} does not match one of the registered values: {uris}", P_REDIRECT_URI },
	{ R_TOKEN_MALFORMED, ALWAYS, 400, "invalid_token", NOT_JSON, NULL, P_COUNT },
	{ R_TOKEN_IS_REFRESH, ALWAYS, 400, "invalid_token", "Encoded token is a refresh token", NULL,
	    P_COUNT },
	{ R_NONE },
};

/* --- bodies ----------------------------------------------------------------------------------- */

static void
put_or_null(struct buf *b, struct str name, struct str value)
{
	if (str_given(value))
		jm_str(b, name, value);
	else
		jm_null(b, name);
}

/* All five members, always. */
static struct str
response(struct exchange *x, struct str code, struct str message, struct str result, const char *status)
{
	struct buf b;

	buf_init(&b, x->q->mem, BODY_MAX);
	jw_open(&b, '{');
	put_or_null(&b, S("errorCode"), code);
	put_or_null(&b, S("errorMessage"), message);
	jm_null(&b, S("extMessage"));
	put_or_null(&b, S("result"), result);
	jm_str(&b, S("status"), str_of(status));
	jw_close(&b, '}');
	return body_of(&b);
}

/* The same with an object as result. */
static struct str
user_response(struct exchange *x, struct str object)
{
	struct buf b;

	buf_init(&b, x->q->mem, BODY_MAX);
	jw_open(&b, '{');
	jm_null(&b, S("errorCode"));
	jm_null(&b, S("errorMessage"));
	jm_null(&b, S("extMessage"));
	jm_raw(&b, S("result"), object);
	jm_str(&b, S("status"), S("SUCCEED"));
	jw_close(&b, '}');
	return body_of(&b);
}

/*
 * Three members. Old resource servers know a refused token by the member "error" alone and take an
 * answer without it for a living token of a nameless client, so they get it too: they are the ones
 * that ask with Basic.
 */
static struct str
fault(struct exchange *x, const struct wording *s)
{
	struct buf b;

	buf_init(&b, x->q->mem, BODY_MAX);
	jw_open(&b, '{');
	jm_str(&b, S("errorCode"), s->error);
	jm_str(&b, S("errorMessage"), s->text);
	jm_str(&b, S("status"), S("FAILED"));
	if (exchange_endpoint(x) == EP_CHECK_TOKEN && x->c.evidence.basic_sent)
		jm_str(&b, S("error"), s->error);
	jw_close(&b, '}');
	return body_of(&b);
}

/*
 * Pages are a front end's: what would be an error page is a Response; the code is told only where
 * the front end posted a decision.
 */
static struct str
page_fault(struct exchange *x, const struct wording *s)
{
	bool decision = exchange_endpoint(x) == EP_CONSENT;

	return response(x, decision ? s->error : STR_ABSENT, s->text, STR_ABSENT, "FAILED");
}

static struct str
go(struct exchange *x, const struct answer *a, int *status)
{
	struct wording s;

	switch (a->go.place) {
	case PLACE_SAVED:
		return response(x, STR_ABSENT, STR_ABSENT, a->go.url, "SUCCEED");
	case PLACE_HOME:
		return response(x, STR_ABSENT, STR_ABSENT, STR_ABSENT, "SUCCEED");
	case PLACE_SIGNED_OUT:
		return response(x, STR_ABSENT, STR_ABSENT, S("登出成功"), "SUCCEED");
	case PLACE_LOGIN_FAILED:
		s = phrase_of(x, a->why);
		*status = a->why == R_WAIT ? 429 : 401;
		return response(x, STR_ABSENT, s.text, STR_ABSENT, "FAILED");
	case PLACE_LOGIN:
	case PLACE_ACCOUNTS:
	case PLACE_FACTOR:
	case PLACE_IDENTITIES:
		break;
	}
	return STR_ABSENT;
}

static struct str
utc(struct exchange *x, int64_t at_s)
{
	time_t t = (time_t)at_s;
	struct tm tm;
	char text[32];

	gmtime_r(&t, &tm);
	return arena_dup(x->q->mem, str_span(text, strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm)));
}

/* {"authority":..} for each authority with that prefix; named: with the rest of it under that name as well. */
static void
put_authorities(struct buf *b, struct str words, struct str prefix, struct str named)
{
	struct str word;

	jw_open(b, '[');
	while (str_given(words) && (word = str_cut(&words, ' ')).p) {
		if (word.n == 0 || !str_starts(word, prefix))
			continue;
		jw_open(b, '{');
		if (str_given(named))
			jm_str(b, named, str_from(word, prefix.n));
		jm_str(b, S("authority"), word);
		jw_close(b, '}');
	}
	jw_close(b, ']');
}

/* Roles with the operations they open. Here operations are the user's own: they stand with the first role. */
static void
put_roles(struct buf *b, struct str words)
{
	struct str rest = words, word;
	bool first = true;

	jw_open(b, '[');
	while (str_given(rest) && (word = str_cut(&rest, ' ')).p) {
		if (!str_starts(word, S("ROLE_")))
			continue;
		jw_open(b, '{');
		jm_str(b, S("role"), str_from(word, 5));
		jw_name(b, S("operations"));
		put_authorities(b, first ? words : S(""), S("OP_"), S("op"));
		jm_str(b, S("authority"), word);
		jw_close(b, '}');
		first = false;
	}
	jw_close(b, ']');
}

/* Who is logged in. The original printed the password's hash too. */
static struct str
userinfo(struct exchange *x, const struct token_facts *f)
{
	const struct user *u = f->user;
	struct buf b;

	buf_init(&b, x->q->mem, BODY_MAX);
	jw_open(&b, '{');
	jm_int(&b, S("userId"), u->number);
	put_or_null(&b, S("phone"), str_empty(u->phone) ? STR_ABSENT : u->phone);
	jm_str(&b, S("username"), u->name);
	jm_null(&b, S("deptId"));
	jm_null(&b, S("deptName"));
	jm_bool(&b, S("expired"), false);
	jm_bool(&b, S("locked"), u->locked);
	jm_bool(&b, S("enabled"), u->enabled);
	jm_bool(&b, S("passwordExpired"), false);
	jm_str(&b, S("createTime"), utc(x, u->created_s));
	jm_str(&b, S("updateTime"), utc(x, u->updated_s));
	jw_name(&b, S("roles"));
	put_roles(&b, u->authorities);
	jw_name(&b, S("authorities"));
	put_authorities(&b, u->authorities, S(""), STR_ABSENT);
	jm_bool(&b, S("accountNonExpired"), true);
	jm_bool(&b, S("accountNonLocked"), !u->locked);
	jm_bool(&b, S("credentialsNonExpired"), true);
	jw_close(&b, '}');
	return b.full ? STR_ABSENT : user_response(x, buf_str(&b));
}

/* The original's result was the code itself; here it is null. */
static struct str
sms(struct exchange *x, enum reason why, int *status)
{
	switch (why) {
	case R_NONE:       return response(x, STR_ABSENT, STR_ABSENT, STR_ABSENT, "SUCCEED");
	case R_SMS_NUMBER: return response(x, STR_ABSENT, S("请输入正确的手机号"), STR_ABSENT, "FAILED");
	case R_SMS_SOON:   return response(x, STR_ABSENT, S("验证码未失效，请失效后再次申请"), STR_ABSENT, "FAILED");
	case R_SMS_LIMIT:  *status = 429; return response(x, STR_ABSENT, S("请求过于频繁，请稍后再试"), STR_ABSENT, "FAILED");
	default:           return STR_ABSENT;
	}
}

static struct str
redirected(struct exchange *x, struct str location)
{
	return response(x, STR_ABSENT, STR_ABSENT, location, "SUCCEED");
}

/* Where the front end asks for consent. The original wrote the values unencoded. */
static struct str
consent_url(struct exchange *x, const struct answer *a)
{
	const struct client *k = a->consent.client;
	struct buf b, scopes;

	buf_init(&b, x->q->mem, BODY_MAX);
	buf_init(&scopes, x->q->mem, BODY_MAX);
	for (size_t i = 0; i < a->consent.n_scopes; i++) {
		if (i)
			buf_putc(&scopes, ',');
		buf_put(&scopes, a->consent.scopes[i].name);
	}
	buf_put(&b, issuer_href(x, route_of_endpoint(x->w, EP_CONFIRM_PAGE)->path));
	buf_putc(&b, '?');
	query_put(&b, "clientId", k->id);
	query_put(&b, "scope", buf_str(&scopes));
	query_put(&b, "redirectUri", a->consent.redirect_uri);
	query_put(&b, "appName", str_empty(k->name) ? k->id : k->name);
	return scopes.full ? STR_ABSENT : body_of(&b);
}

static const struct demo_facts demo = { .client = "5d22eb6e8b0c7ba066014398", .secret = "webApp", .style = DEMO_QUERY };

const struct wire wire_taroco = {
	.name = "taroco", .anonymous_go_to_login = true, .routes = routes, .grants = grant_rows, .tokens = tokens, .expires_less = 1,
	.sources = SRC_QUERY | SRC_FORM | SRC_MULTIPART, .client_auth = BIT(METHOD_BASIC) | BIT(METHOD_POST) | BIT(METHOD_NONE), .phrases = { phrases, spring_phrases },
	.fault = fault, .generic = fault_container, .page_fault = page_fault, .headers = SPRING_HEADERS(spring_authorize_headers), .facts = facts_spring, .go = go,
	.redirected = redirected, .sms = sms, .userinfo = userinfo, .consent_url = consent_url,
	.json_type = "application/json", .tokens_type = "application/json;charset=UTF-8", .basic_realm = "oauth2/client",
	.places = { [PLACE_LOGIN] = "/", [PLACE_LOGIN_FAILED] = "/?error", [PLACE_HOME] = "/", [PLACE_SIGNED_OUT] = "/?logout" },
	.go_status = 302, .demo = &demo,
	.policy = {
		.account = ACCOUNT_POLICY,
		SPRING_POLICY,
		.token.access_ttl_s = 86400, .token.access_shape = SHAPE_JWT,
		.token.jti_shape = JTI_UUID, .token.access_claims = access_claims,
		.refresh.ttl_s = 86400, .refresh.shape = SHAPE_JWT,
		.refresh.claims = refresh_claims, .refresh.rule = REFRESH_RESIGNED,
		.refresh.for_client_credentials = true,
		.grant.offered = SPRING_GRANTS | BIT(GI_sms),
		.authorize.code_shape = CODE_6_ALNUM,
		.consent.rule = CONSENT_YES_NO, .consent.memory = MEMORY_NONE,
		.sms = SMS_POLICY(60),
		.mail = MAIL_POLICY,
		.factor = FACTOR_POLICY,
	},
	.style = {
		.echo_values_in_errors = true, .redirect_status = 302, .check_token_get = true,
		.check_token_active = true, .envelope_ok_code = 200,
		.registered_uris_in_errors = true, .generic_error_message = MESSAGE_TEXT,
		.error_charset = true, .error_descriptions = true,
		.claim_text = { LICENSE, sizeof(LICENSE) - 1 }
	},
};
