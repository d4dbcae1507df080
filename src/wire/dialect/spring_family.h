/*
 * dialect/spring_family.h - what the servers of one old framework have in common: wording, header
 * sets, container errors, order of members.
 */
#ifndef HUFU_WIRE_SPRING_FAMILY_H
#define HUFU_WIRE_SPRING_FAMILY_H

#include "wire/wire_int.h"

extern const struct phrase spring_phrases[];
extern const enum question spring_questions[];
extern const struct header spring_token_headers[], spring_generic_headers[], spring_authorize_headers[],
    spring_not_found_headers[];

/*
 * {"error":..,"error_description":..,["scope":..]} and the container's
 * {"timestamp":..,"status":..,"error":..,"path":..}.
 */
fault_fn fault_spring, fault_container;
struct str facts_spring(struct exchange *x, const struct token_facts *f);

/*
 * Claims of the framework's own JWTs, in the order of its map, for issuers with access_shape and
 * refresh_shape jwt. A refresh token has ati.
 */
extern const struct claim_row spring_access_claims[], spring_refresh_claims[];

#define SPRING_GRANTS (BIT(GI_authorization_code) | BIT(GI_refresh_token) | BIT(GI_client_credentials) | BIT(GI_password))
/* The rules that these servers share. */
#define SPRING_POLICY \
	.token.id_token_ttl_s = 3600, .token.signing_alg = ALG_RS256, .token.access_typ = "JWT", \
	.refresh.grace_ms = 10000, .refresh.needs_grant = true, \
	.grant.questions = spring_questions, .grant.code_burns_on_failure = true, \
	.scope.absent_means_all = true, .scope.plus_separates = true, .scope.is_sorted = true, \
	.scope.with_code_is_checked = true, \
	.authorize.code_ttl_s = 600, .authorize.offers_implicit = true, \
	.authorize.offers_code = true, .authorize.pkce = PKCE_WHEN_SENT, \
	.authorize.pkce_plain_allowed = true, .authorize.redirect_query_may_grow = true, \
	.authorize.redirect_may_be_omitted = true, .authorize.login_before_checks = true, \
	.authorize.response_type_before_redirect = true, \
	.consent.approval_ttl_s = 2592000, \
	.client.auth_repeat = true, .client.public_at_token = true, \
	.client.public_client_credentials = true, .client.introspect_any = true, \
	.client.introspect_open = true, .client.habits_need_mark = true, \
	.session.ttl_s = 43200, .session.idle_s = 1800

#define SPRING_HEADERS(fragment_headers) { \
	[HS_TOKENS] = spring_token_headers, [HS_FAULT] = spring_token_headers, [HS_FRAGMENT] = fragment_headers, \
	[HS_WRAPPED] = spring_generic_headers, [HS_GENERIC] = spring_generic_headers, [HS_PUBLIC] = spring_generic_headers, \
	[HS_NOT_FOUND] = spring_not_found_headers, [HS_AUTHORIZE] = spring_authorize_headers }
#endif
