/* dialect/spring_family.c - wording, headers and JSON shapes that the servers of one old framework share. */
#include "wire/dialect/spring_family.h"

#include <time.h>

const enum question spring_questions[] = {
	Q_CLIENT,
	Q_CLIENT_SAME,
	Q_SCOPE_KNOWN,
	Q_GRANT_NAMED,
	Q_GRANT_ALLOWED,
	Q_PARAMS,
	Q_RESOLVE,
	Q_SCOPE,
	Q_MINT,
	Q_COMMIT,
	Q_END,
};

#define HEAD_CLAIMS \
	{ "aud", FROM_RESOURCE_IDS, CLAIM_SET }, { "user_name", FROM_USER_NAME, CLAIM_STRING, NULL, true }, { "scope", FROM_SCOPE, CLAIM_ARRAY }
#define TAIL_CLAIMS \
	{ "exp", FROM_EXP, CLAIM_NUMBER }, { "authorities", FROM_AUTHORITIES, CLAIM_ARRAY }, { "jti", FROM_JTI, CLAIM_STRING }, \
	{ "client_id", FROM_CLIENT_ID, CLAIM_STRING }, { NULL }
const struct claim_row spring_access_claims[] = { HEAD_CLAIMS, TAIL_CLAIMS };
const struct claim_row spring_refresh_claims[] = { HEAD_CLAIMS, { "ati", FROM_ATI, CLAIM_STRING }, TAIL_CLAIMS };

#define HARDENING \
	{ "X-Content-Type-Options", "nosniff" }, { "X-XSS-Protection", "1; mode=block" }, { "X-Frame-Options", "DENY" }, { NULL, NULL }
const struct header spring_token_headers[] = { { "Cache-Control", "no-store" }, { "Pragma", "no-cache" }, HARDENING };
const struct header spring_authorize_headers[] = { { "Cache-Control", "no-store" }, HARDENING };
const struct header spring_generic_headers[] = {
	{ "Cache-Control", "no-cache, no-store, max-age=0, must-revalidate" }, { "Pragma", "no-cache" },
	{ "Expires", "0" }, HARDENING
};

const struct header spring_not_found_headers[] = {
	{ "Vary", "Origin" }, { "Vary", "Access-Control-Request-Method" },
	{ "Vary", "Access-Control-Request-Headers" },
	{ "Cache-Control", "no-cache, no-store, max-age=0, must-revalidate" }, { "Pragma", "no-cache" },
	{ "Expires", "0" }, HARDENING
};

#define BAD_BASIC(reason) { reason, ALWAYS, 401, "Unauthorized", "Unauthorized", NULL, P_COUNT, ERROR_GENERIC, CH_BASIC }
#define BAD_CLIENT(reason) \
	{ reason, WHEN_FORM, 401, "invalid_client", "Bad client credentials", NULL, P_COUNT, ERROR_RFC6749, CH_FORM }, BAD_BASIC(reason)
#define WITH_VALUE(reason, status, error, text, param) { reason, ALWAYS, status, error, text, text ": {}", param }
#define BAD_CODE(reason)    WITH_VALUE(reason, 400, "invalid_grant", "Invalid authorization code", P_CODE)
#define BAD_REFRESH(reason) WITH_VALUE(reason, 400, "invalid_grant", "Invalid refresh token", P_REFRESH_TOKEN)
#define SAYS(reason, status, error, text) { reason, ALWAYS, status, error, text, NULL, P_COUNT }

const struct phrase spring_phrases[] = {
	BAD_CLIENT(R_CLIENT_UNKNOWN),
	BAD_CLIENT(R_CLIENT_SECRET),
	BAD_CLIENT(R_CLIENT_DISABLED),
	BAD_CLIENT(R_CLIENT_METHOD),
	BAD_BASIC(R_CLIENT_NONE),
	BAD_BASIC(R_CLIENT_MALFORMED),
	{ R_CLIENT_OTHER, ALWAYS, 401, "invalid_client",
	    "Given client ID does not match authenticated client", NULL, P_COUNT, ERROR_OAUTH, CH_BEARER },
	{ R_METHOD, WHEN_TOKEN_GET, 405, "method_not_allowed", "Request method '{}' not supported", NULL,
	    P_COUNT, ERROR_OAUTH, CH_NONE, NULL, true },
	{ R_METHOD, ALWAYS, 405, "Method Not Allowed", "Request method '{}' not supported", NULL, P_COUNT,
	    ERROR_GENERIC },
	{ R_NOT_FOUND, ALWAYS, 404, "Not Found", "No message available", NULL, P_COUNT, ERROR_GENERIC },
	SAYS(R_INTERNAL, 500, "server_error", "Internal Server Error"),
	/* the token endpoint */
	SAYS(R_GRANT_MISSING, 400, "invalid_request", "Missing grant type"),
	SAYS(R_GRANT_UNKNOWN, 400, "unsupported_grant_type", "Unsupported grant type"),
	SAYS(R_GRANT_IMPLICIT, 400, "invalid_grant", "Implicit grant type not supported from token endpoint"),
	{ R_GRANT_FORBIDDEN, ALWAYS, 401, "invalid_client", "Unauthorized grant type",
	    "Unauthorized grant type: {}", P_GRANT_TYPE, ERROR_OAUTH, CH_BEARER },
	{ R_SCOPE_UNKNOWN, ALWAYS, 400, "invalid_scope", "Invalid scope", "Invalid scope: {}", P_COUNT },
	SAYS(R_SCOPE_EMPTY, 400, "invalid_scope",
	    "Empty scope (either the client or the user is not allowed the requested scopes)"),
	{ R_SCOPE_WIDER, ALWAYS, 400, "invalid_scope",
	    "Unable to narrow the scope of the client authentication",
	    "Unable to narrow the scope of the client authentication to {set}.", P_SCOPE },
	SAYS(R_CODE_MISSING, 400, "invalid_request", "An authorization code must be supplied."),
	BAD_CODE(R_CODE_UNKNOWN),
	BAD_CODE(R_CODE_EXPIRED),
	BAD_CODE(R_CODE_REPLAYED),
	{ R_CODE_OTHER_CLIENT, ALWAYS, 401, "invalid_client", "Client ID mismatch", NULL, P_COUNT,
	    ERROR_OAUTH, CH_BEARER },
	SAYS(R_CODE_REDIRECT, 400, "invalid_grant", "Redirect URI mismatch."),
	SAYS(R_REFRESH_MISSING, 400, "invalid_request", "refresh_token parameter not provided"),
	BAD_REFRESH(R_REFRESH_UNKNOWN),
	BAD_REFRESH(R_REFRESH_MALFORMED),
	BAD_REFRESH(R_REFRESH_IS_ACCESS),
	BAD_REFRESH(R_REFRESH_REVOKED),
	BAD_REFRESH(R_REFRESH_REPLAYED),
	{ R_REFRESH_EXPIRED, ALWAYS, 401, "invalid_token", "Invalid refresh token (expired)",
	    "Invalid refresh token (expired): {}", P_REFRESH_TOKEN, ERROR_OAUTH, CH_BEARER },
	WITH_VALUE(R_REFRESH_OTHER_CLIENT, 400, "invalid_grant", "Wrong client for this refresh token",
	    P_REFRESH_TOKEN),
	{ R_USER_CREDENTIALS, ALWAYS, 400, "invalid_grant", "Bad credentials", NULL, P_COUNT, ERROR_OAUTH,
	    CH_NONE, "用户名或密码错误" },
	{ R_PARAM_MISSING, ALWAYS, 400, "invalid_grant", "Bad credentials", NULL, P_COUNT, ERROR_OAUTH,
	    CH_NONE, "用户名或密码错误" },
	{ R_USER_DISABLED, ALWAYS, 400, "invalid_grant", "User is disabled", NULL, P_COUNT, ERROR_OAUTH,
	    CH_NONE, "用户已失效" },
	{ R_USER_LOCKED, ALWAYS, 400, "invalid_grant", "User account is locked", NULL, P_COUNT, ERROR_OAUTH,
	    CH_NONE, "用户帐号已被锁定" },
	{ R_PASSWORD_EXPIRED, ALWAYS, 400, "invalid_grant", "User credentials have expired", NULL, P_COUNT, ERROR_OAUTH,
	    CH_NONE, "用户凭证已过期" },
	/* the authorize endpoint */
	SAYS(R_AUTHZ_CLIENT, 401, "invalid_client", "Bad client credentials"),
	SAYS(R_AUTHZ_NO_REDIRECT_GRANT, 400, "invalid_grant",
	    "A redirect_uri can only be used by implicit or authorization_code grant types."),
	SAYS(R_REDIRECT_NONE, 400, "invalid_request",
	    "At least one redirect_uri must be registered with the client."),
	{ R_REDIRECT_UNREGISTERED, ALWAYS, 400, "invalid_grant",
	    "Invalid redirect uri does not match one of the registered values.",
	    "Invalid redirect: {} does not match one of the registered values.", P_REDIRECT_URI },
	{ R_REDIRECT_MISSING, ALWAYS, 400, "invalid_grant",
	    "Invalid redirect uri does not match one of the registered values.",
	    "Invalid redirect: {} does not match one of the registered values.", P_REDIRECT_URI },
	{ R_RESPONSE_TYPE, ALWAYS, 400, "unsupported_response_type", "Unsupported response types",
	    "Unsupported response types: {set}", P_RESPONSE_TYPE },
	{ R_RESPONSE_FORBIDDEN, ALWAYS, 401, "invalid_client", "Unauthorized grant type",
	    "Unauthorized grant type: implicit", P_COUNT },
	SAYS(R_ACCESS_DENIED, 400, "access_denied", "User denied access"),
	SAYS(
	    R_NOTHING_PENDING, 400, "invalid_request", "Cannot approve uninitialized authorization request."),
	/* check_token */
	{ R_TOKEN_MISSING, ALWAYS, 400, "Bad Request", "Required String parameter 'token' is not present",
	    NULL, P_COUNT, ERROR_GENERIC },
	SAYS(R_TOKEN_UNKNOWN, 400, "invalid_token", "Token was not recognised"),
	SAYS(R_TOKEN_MALFORMED, 400, "invalid_token", "Token was not recognised"),
	SAYS(R_TOKEN_IS_REFRESH, 400, "invalid_token", "Token was not recognised"),
	SAYS(R_TOKEN_EXPIRED, 400, "invalid_token", "Token has expired"),
	{ R_NONE },
};

/* --- errors ----------------------------------------------------------------------------------- */

struct str
fault_spring(struct exchange *x, const struct wording *s)
{
	struct buf b;

	buf_init(&b, x->q->mem, BODY_MAX);
	jw_open(&b, '{');
	jm_str(&b, S("error"), s->error);
	jm_str(&b, S("error_description"), s->text);
	if (str_is(s->error, "invalid_scope"))
		jm_str(&b, S("scope"), str_empty(s->allowed) ? STR_ABSENT : s->allowed);
	jw_close(&b, '}');
	return body_of(&b);
}

/* "2026-01-02T03:04:05.678+00:00" */
static struct str
container_time(struct exchange *x)
{
	int64_t ms = clock_now_ms();
	time_t s = (time_t)(ms / 1000);
	struct tm t;
	char text[32];

	gmtime_r(&s, &t);
	return arena_printf(x->q->mem, "%.*s.%03d+00:00",
	    (int)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &t), text, (int)(ms % 1000));
}

struct str
fault_container(struct exchange *x, const struct wording *s)
{
	struct buf b;

	buf_init(&b, x->q->mem, BODY_MAX);
	jw_open(&b, '{');
	jm_str(&b, S("timestamp"), container_time(x));
	jm_int(&b, S("status"), s->status);
	jm_str(&b, S("error"), s->error);
	if (x->mount->style.generic_error_message != MESSAGE_NONE)
		jm_str(&b, S("message"), x->mount->style.generic_error_message == MESSAGE_TEXT ? s->text : S(""));
	jm_str(&b, S("path"), x->path);
	jw_close(&b, '}');
	return body_of(&b);
}
