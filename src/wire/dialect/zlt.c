/*
 * dialect/zlt.c - manual 002: an envelope around the tokens of every grant but one, account types,
 * a login page of its own.
 */
#include "wire/dialect/spring_family.h"

#define ANY_METHOD (BIT(M_GET) | BIT(M_POST) | BIT(M_PUT) | BIT(M_PATCH) | BIT(M_DELETE))

static const struct param_alias removed_names[] = { { "access_token", P_TOKEN }, { NULL } };

static const struct route routes[] = {
	{ BIT(M_POST), "/oauth/token", EP_TOKEN, RF_CLIENT_FIRST, .allow = "GET, POST",
	    .options = "GET,HEAD,POST,OPTIONS" },
	{ BIT(M_GET) | BIT(M_POST), "/oauth/authorize", EP_AUTHORIZE, RF_DECISION,
	    .options = "GET,HEAD,POST,OPTIONS" },
	{ BIT(M_POST), "/oauth/check_token", EP_CHECK_TOKEN },
	{ BIT(M_GET), "/oauth/token_key", EP_TOKEN_KEY },
	{ BIT(M_GET), "/oauth/error", EP_ERROR_PAGE },
	{ BIT(M_GET), "/oauth/confirm_access", EP_CONFIRM_PAGE },
	{ BIT(M_GET) | BIT(M_POST), "/oauth/remove/token", EP_REMOVE_TOKEN, .aliases = removed_names },
	{ BIT(M_GET), "/login.html", EP_LOGIN_PAGE },
	{ BIT(M_POST), "/user/login", EP_LOGIN },
	{ BIT(M_GET) | BIT(M_POST), "/login/factor", EP_FACTOR, .sources = SRC_QUERY | SRC_FORM },
	{ BIT(M_GET) | BIT(M_POST), "/login/password", EP_NEW_PASSWORD, .sources = SRC_QUERY | SRC_FORM },
	{ BIT(M_GET) | BIT(M_POST), "/account/factors", EP_ACCOUNT_FACTORS, .sources = SRC_QUERY | SRC_FORM },
	{ ANY_METHOD, "/logout", EP_LOGOUT },
	{ BIT(M_GET), "/validata/smsCode/*", EP_SMS_CODE, .sources = SRC_QUERY },
	{ BIT(M_GET), "/", EP_HOME },
	{ 0 },
};

static const struct param_alias mobile_names[] = { { "mobile", P_PHONE }, { NULL } };

static const struct grant_row grant_rows[] = {
	{ "password", &grant_password },
	{ "authorization_code", &grant_authorization_code, tokens_bare },
	{ "client_credentials", &grant_client_credentials },
	{ "refresh_token", &grant_refresh_token },
	{ "openId", &grant_open_id },
	{ "mobile_password", &grant_mobile_password, .aliases = mobile_names },
	{ "mobile", &grant_sms, .aliases = mobile_names },
	{ 0 },
};

static const struct token_row tokens[] = {
	{ "access_token", TP_ACCESS }, { "token_type", TP_TYPE, "bearer" }, { "refresh_token", TP_REFRESH },
	{ "expires_in", TP_EXPIRES },
	{ "scope", TP_SCOPE }, { "account_type", TP_ACCOUNT_TYPE }, { "jti", TP_JTI }, { 0 },
};

/* For an issuer with access_shape and refresh_shape jwt. */
#define HEAD_CLAIMS \
	{ "aud", FROM_RESOURCE_IDS, CLAIM_SET }, { "account_type", FROM_ACCOUNT_TYPE, CLAIM_STRING, NULL, true }, \
	{ "user_name", FROM_USER_NAME, CLAIM_STRING, NULL, true }, { "scope", FROM_SCOPE, CLAIM_ARRAY }
#define TAIL_CLAIMS \
	{ "id", FROM_USER_NUMBER, CLAIM_NUMBER, NULL, true }, { "exp", FROM_EXP, CLAIM_NUMBER }, { "authorities", FROM_AUTHORITIES, CLAIM_ARRAY }, \
	{ "jti", FROM_JTI, CLAIM_STRING }, { "client_id", FROM_CLIENT_ID, CLAIM_STRING }, { NULL }
static const struct claim_row access_claims[] = { HEAD_CLAIMS, TAIL_CLAIMS };
static const struct claim_row refresh_claims[] = { HEAD_CLAIMS, { "ati", FROM_ATI, CLAIM_STRING }, TAIL_CLAIMS };

#define TROUBLE "服务内部错误"
static const struct phrase phrases[] = {
	{ R_USER_CREDENTIALS, ALWAYS, 400, "invalid_grant", "用户名或密码错误", NULL, P_COUNT },
	{ R_PARAM_MISSING, WHEN_SMS, 400, "invalid_grant", "验证码不正确", NULL, P_COUNT },
	{ R_PARAM_MISSING, ALWAYS, 400, "invalid_grant", "用户名或密码错误", NULL, P_COUNT },
	{ R_SMS_CODE, ALWAYS, 400, "invalid_grant", "验证码不正确", NULL, P_COUNT },
	{ R_PHONE_UNKNOWN, ALWAYS, 400, "invalid_grant", "手机号不存在", NULL, P_COUNT },
	{ R_OPEN_ID_UNKNOWN, ALWAYS, 400, "invalid_grant", "openId错误", NULL, P_COUNT },
	{ R_METHOD, WHEN_TOKEN_GET, 400, "unsupported_response_type", TROUBLE, NULL, P_COUNT },
	{ R_REFRESH_MISSING, ALWAYS, 400, "unsupported_response_type", TROUBLE, NULL, P_COUNT },
	{ R_INTERNAL, ALWAYS, 400, "unsupported_response_type", TROUBLE, NULL, P_COUNT },
	{ R_NONE },
};

/* The manual's 200 "ok" stands first; the recorded servers' 0 "" was printed by name. */
static struct str
wrap(struct exchange *x, const struct tokens *t)
{
	const struct style *style = &x->mount->style;
	bool manual = style->envelope_ok_code != 0;
	struct buf b;

	buf_init(&b, x->q->mem, BODY_MAX);
	jw_open(&b, '{');
	if (manual) {
		jm_int(&b, S("resp_code"), style->envelope_ok_code);
		jm_str(&b, S("resp_msg"), style->envelope_ok_msg);
	}
	jm_raw(&b, S("datas"), tokens_bare(x, t));
	if (!manual) {
		jm_int(&b, S("resp_code"), style->envelope_ok_code);
		jm_str(&b, S("resp_msg"), str_given(style->envelope_ok_msg) ? style->envelope_ok_msg : S(""));
	}
	jw_close(&b, '}');
	return body_of(&b);
}

static struct str
code_text(struct exchange *x, const struct wording *s)
{
	return arena_printf(x->q->mem, "%d", s->status);
}

static struct str
fault(struct exchange *x, const struct wording *s)
{
	struct buf b;

	buf_init(&b, x->q->mem, BODY_MAX);
	jw_open(&b, '{');
	jm_str(&b, S("error"), s->error);
	jm_str(&b, S("error_description"), s->text);
	jm_str(&b, S("resp_code"), code_text(x, s));
	jm_str(&b, S("resp_msg"), s->text);
	if (str_is(s->error, "invalid_scope") && !str_empty(s->allowed))
		jm_str(&b, S("scope"), s->allowed);
	jw_close(&b, '}');
	return body_of(&b);
}

/* A denial is made by the framework itself, before the extra members are added. */
static void
redirect_more(struct exchange *x, const struct wording *s, struct redirect_params *p)
{
	if (s->why != R_ACCESS_DENIED) {
		redirect_put(p, "resp_code", code_text(x, s));
		redirect_put(p, "resp_msg", s->text);
	}
	if (str_is(s->error, "invalid_scope") && !str_empty(s->allowed))
		redirect_put(p, "scope", s->allowed);
}

static void
line_more(struct exchange *x, const struct wording *s, struct buf *b)
{
	buf_put(b, S(", resp_code=\""));
	buf_put(b, code_text(x, s));
	buf_put(b, S("\", resp_msg=\""));
	buf_put(b, s->shown);
	buf_putc(b, '"');
}

/* Always 200; the envelope says how it went. */
static struct str
sms(struct exchange *x, enum reason why, int *status)
{
	(void)x;
	(void)status;
	switch (why) {
	case R_NONE:       return S("{\"datas\":null,\"resp_code\":0,\"resp_msg\":\"true\"}");
	case R_SMS_NUMBER: return S("{\"datas\":null,\"resp_code\":1,\"resp_msg\":\"请输入正确的手机号\"}");
	case R_SMS_SOON:   return S("{\"datas\":null,\"resp_code\":1,\"resp_msg\":\"验证码未失效，请失效后再次申请\"}");
	case R_SMS_LIMIT:  return S("{\"datas\":null,\"resp_code\":1,\"resp_msg\":\"请求过于频繁，请稍后再试\"}");
	default:           return STR_ABSENT;
	}
}

static struct str
removed(struct exchange *x)
{
	(void)x;
	return S("{\"resp_code\":0,\"resp_msg\":\"登出成功\"}");
}

static const struct demo_facts demo = { .client = "zlt", .secret = "zlt", .scope = "all", .style = DEMO_QUERY_BASIC };

const struct wire wire_zlt = {
	.name = "zlt", .anonymous_go_to_login = true, .consent_radios = true, .routes = routes, .grants = grant_rows, .tokens = tokens, .expires_less = 1, .wrap = wrap,
	.sources = SRC_QUERY | SRC_FORM | SRC_MULTIPART, .client_auth = BIT(METHOD_BASIC) | BIT(METHOD_POST) | BIT(METHOD_NONE), .phrases = { phrases, spring_phrases },
	.fault = fault, .generic = fault_container, .headers = SPRING_HEADERS(spring_token_headers), .facts = facts_spring, .removed = removed, .sms = sms,
	.redirect_more = redirect_more, .line_more = line_more,
	.json_type = "application/json", .tokens_type = "application/json;charset=UTF-8", .basic_realm = "oauth2/client",
	.places = { [PLACE_LOGIN] = "/login.html", [PLACE_LOGIN_FAILED] = "/login.html?error", [PLACE_HOME] = "/", [PLACE_SIGNED_OUT] = "/login.html?logout" },
	.go_status = 302, .demo = &demo,
	.policy = {
		.account = ACCOUNT_POLICY,
		SPRING_POLICY,
		.token.access_ttl_s = 43200, .token.access_shape = SHAPE_UUID,
		.token.access_claims = access_claims, .token.jti_shape = JTI_UUID,
		.token.single_login = true,
		.refresh.ttl_s = 2592000, .refresh.shape = SHAPE_UUID,
		.refresh.claims = refresh_claims, .refresh.rule = REFRESH_KEPT,
		.refresh.kills_access = true, .refresh.for_client_credentials = true,
		.grant.offered = SPRING_GRANTS | BIT(GI_open_id) | BIT(GI_mobile_password) | BIT(GI_sms),
		.grant.default_account_type = S("admin"),
		.authorize.code_shape = CODE_6_ALNUM,
		.consent.rule = CONSENT_BY_SCOPE, .consent.memory = MEMORY_LIVE_TOKENS,
		.logout.notices = true,
		.sms = SMS_POLICY(60),
		.mail = MAIL_POLICY,
		.factor = FACTOR_POLICY,
	},
	.style = {
		.echo_values_in_errors = true, .redirect_status = 303, .check_token_active = true,
		.envelope_ok_code = 200, .envelope_ok_msg = { "ok", 2 }, .error_descriptions = true
	},
};
