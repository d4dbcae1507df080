/* dialect/spring_family.h - what the servers of one old framework have in common: wording, header sets, container errors, order of members. */
#ifndef HUFU_WIRE_SPRING_FAMILY_H
#define HUFU_WIRE_SPRING_FAMILY_H

#include "wire/wire_int.h"

extern const struct phrase spring_phrases[];
extern const enum question spring_questions[];
extern const struct header spring_token_headers[], spring_generic_headers[], spring_authorize_headers[], spring_not_found_headers[];

/* {"error":..,"error_description":..,["scope":..]} and the container's {"timestamp":..,"status":..,"error":..,"path":..}. */
fault_fn fault_spring, fault_container;
struct str facts_spring(struct exchange *x, const struct token_facts *f);

/* Claims of the framework's own JWTs, in the order of its map, for issuers with access_shape and refresh_shape jwt. A refresh token has ati. */
extern const struct claim_row spring_access_claims[], spring_refresh_claims[];

#define SPRING_GRANTS (BIT(GI_authorization_code) | BIT(GI_refresh_token) | BIT(GI_client_credentials) | BIT(GI_password))
/* The rules that these servers share. */
#define SPRING_LAW \
	.code_ttl_s = 600, .id_token_ttl_s = 3600, .session_ttl_s = 43200, .session_idle_s = 1800, .approval_ttl_s = 2592000, \
	.signing_alg = ALG_RS256, .access_typ = "JWT", .questions = spring_questions, \
	.offers_implicit = true, .offers_code = true, \
	.scope_absent_means_all = true, .scope_plus_separates = true, .scope_requested_is_sorted = true, .code_scope_is_checked = true, \
	.refresh_grace_ms = 10000, .refresh_needs_grant = true, .code_burns_on_failure = true, .pkce = PKCE_WHEN_SENT, .pkce_plain_allowed = true, \
	.redirect_query_may_grow = true, .redirect_may_be_omitted = true, .login_before_checks = true, \
	.client_auth_repeat = true, .public_clients_at_token = true, .public_client_credentials = true, .response_type_before_redirect = true, .introspect_any_client = true, .introspect_open = true, \
	.habits_need_mark = true

#define SPRING_HEADERS(fragment_headers) { \
	[HS_TOKENS] = spring_token_headers, [HS_FAULT] = spring_token_headers, [HS_FRAGMENT] = fragment_headers, \
	[HS_WRAPPED] = spring_generic_headers, [HS_GENERIC] = spring_generic_headers, [HS_PUBLIC] = spring_generic_headers, \
	[HS_NOT_FOUND] = spring_not_found_headers, [HS_AUTHORIZE] = spring_authorize_headers }
#endif
