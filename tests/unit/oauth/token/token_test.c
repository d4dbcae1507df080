/* Client authentication and the order of questions at the token endpoint. */
#include "../world.h"
#include "oauth/client_metadata.h"

static struct call
cc(struct world *w, const struct issuer *i, struct arena *mem)
{
	struct call c = call_at(w, i, mem);

	c.grant = &grant_client_credentials;
	call_set(&c, P_GRANT_TYPE, S("client_credentials"));
	return c;
}

TEST(one_method_only_at_a_strict_issuer)
{
	struct world *w = world_new();
	struct call c = cc(w, &w->modern, mem);

	EXPECT_INT(token_endpoint(&c).why, R_CLIENT_NONE);
	c = cc(w, &w->modern, mem);
	call_basic(&c, S("api"), S("secret"));
	EXPECT_INT(token_endpoint(&c).kind, ANS_TOKENS);
	call_set(&c, P_CLIENT_SECRET, S("secret"));
	EXPECT_INT(token_endpoint(&c).why, R_CLIENT_TWICE);
	c = cc(w, &w->modern, mem);
	call_basic(&c, S("api"), S("secret"));
	call_set(&c, P_CLIENT_ID, S("web"));
	EXPECT_INT(token_endpoint(&c).why, R_CLIENT_OTHER);
	c = cc(w, &w->modern, mem);
	call_set(&c, P_CLIENT_ID, S("spa"));
	EXPECT_INT(token_endpoint(&c).why, R_GRANT_FORBIDDEN);  /* a public client speaks for nobody */
	c = cc(w, &w->modern, mem);
	call_set(&c, P_CLIENT_ID, S("api"));
	EXPECT_INT(token_endpoint(&c).why, R_CLIENT_NONE);
	world_free(w);
}

TEST(form_and_basic_must_agree_at_an_old_issuer)
{
	struct world *w = world_new();
	struct call c = cc(w, &w->legacy, mem);

	call_basic(&c, S("web"), S("secret"));
	call_set(&c, P_CLIENT_ID, S("web"));
	call_set(&c, P_CLIENT_SECRET, S("secret"));
	EXPECT_INT(token_endpoint(&c).kind, ANS_TOKENS);
	call_set(&c, P_CLIENT_SECRET, S("wrong"));
	EXPECT_INT(token_endpoint(&c).why, R_CLIENT_SECRET);
	c.why = R_NONE;
	call_set(&c, P_CLIENT_ID, S("other"));
	call_set(&c, P_CLIENT_SECRET, S("secret"));
	EXPECT_INT(token_endpoint(&c).why, R_CLIENT_OTHER);
	world_free(w);
}

TEST(scope_is_judged_before_the_grant_only_where_the_order_says_so)
{
	struct world *w = world_new();
	struct call c = cc(w, &w->legacy, mem);

	c.grant = NULL;
	call_set(&c, P_GRANT_TYPE, S("foo"));
	call_set(&c, P_SCOPE, S("nope"));
	call_basic(&c, S("web"), S("secret"));
	EXPECT_INT(token_endpoint(&c).why, R_SCOPE_UNKNOWN);
	EXPECT_STR(c.offender, S("nope"));
	EXPECT_STR(c.allowed, S("read write"));
	c.why = R_NONE;
	c.issuer = &w->modern;
	EXPECT_INT(token_endpoint(&c).why, R_GRANT_UNKNOWN);
	world_free(w);
}

TEST(signed_access_tokens_verify_and_can_be_revoked)
{
	struct world *w = world_new();
	struct call c, r;
	struct answer a;
	struct jwt t;

	w->strict.token.access_shape = SHAPE_JWT;
	c = cc(w, &w->modern, mem);
	call_basic(&c, S("api"), S("secret"));
	a = token_endpoint(&c);
	NEED(a.kind == ANS_TOKENS && jwt_verify(mem, &w->ring, a.tokens.access, &t));
	EXPECT_STR(t.typ, S("at+jwt"));
	EXPECT_STR(json_member_str(t.claims, "iss"), S("https://id.example"));
	EXPECT_STR(json_member_str(t.claims, "sub"), S("api"));
	EXPECT(is_active(w, &w->modern, mem, a.tokens.access));
	r = call_at(w, &w->modern, mem);
	call_basic(&r, S("web"), S("secret"));
	call_set(&r, P_TOKEN, a.tokens.access);
	EXPECT_INT(revoke_endpoint(&r).why, R_TOKEN_OTHER_CLIENT);
	r = call_at(w, &w->modern, mem);
	call_basic(&r, S("api"), S("secret"));
	call_set(&r, P_TOKEN, a.tokens.access);
	EXPECT_INT(revoke_endpoint(&r).kind, ANS_EMPTY);
	EXPECT(!is_active(w, &w->modern, mem, a.tokens.access));
	world_free(w);
}

TEST(lanes)
{
	static const struct claim_row none[] = { { 0 } };
	static const struct claim_row id_rows[] = { { "sub", FROM_SUB, CLAIM_STRING, NULL, false, false }, { .claim = NULL } };
	struct world *w = world_new();
	struct call c = cc(w, &w->modern, mem);

	call_basic(&c, S("api"), S("secret"));
	EXPECT_INT(call_lane(&c, OE_TOKEN), LANE_WRITER);
	w->strict.token.signing_alg = ALG_RS256;
	w->strict.token.id_claims = none;
	EXPECT_INT(call_lane(&c, OE_TOKEN), LANE_WRITER);       /* the signed ones are no client's of its own */
	w->strict.refresh.for_client_credentials = true;
	EXPECT_INT(call_lane(&c, OE_TOKEN), LANE_SIGN);
	w->strict.refresh.for_client_credentials = false;
	w->strict.token.signing_alg = ALG_ES256;
	w->strict.token.access_shape = SHAPE_JWT;
	EXPECT_INT(call_lane(&c, OE_TOKEN), LANE_INLINE);
	w->strict.token.signing_alg = ALG_RS256;
	EXPECT_INT(call_lane(&c, OE_TOKEN), LANE_SIGN);
	w->strict.refresh.for_client_credentials = true;
	EXPECT_INT(call_lane(&c, OE_TOKEN), LANE_SIGN);
	w->strict.token.signing_alg = ALG_ES512;
	EXPECT_INT(call_lane(&c, OE_TOKEN), LANE_WRITER);
	w->strict.token.id_claims = id_rows;
	w->strict.token.id_token_algs = BIT(ALG_RS384);         /* the client's own is slow: only for this client */
	EXPECT_INT(call_lane(&c, OE_TOKEN), LANE_WRITER);
	((struct client *)(uintptr_t)realm_client(w->modern.realm, S("api")))->registered =
	    &(struct client_metadata){ .id_token_signed_response_alg = S("RS384") };
	EXPECT_INT(call_lane(&c, OE_TOKEN), LANE_SIGN);
	((struct client *)(uintptr_t)realm_client(w->modern.realm, S("api")))->registered =
	    &(struct client_metadata){ .id_token_encrypted_response_alg = S("ECDH-ES") };
	EXPECT_INT(call_lane(&c, OE_TOKEN), LANE_SIGN);
	((struct client *)(uintptr_t)realm_client(w->modern.realm, S("api")))->registered = NULL;
	c.grant = &grant_password;
	EXPECT_INT(call_lane(&c, OE_TOKEN), LANE_PASSWORD);
	EXPECT_INT(call_lane(&c, OE_INTROSPECT), LANE_INLINE);
	EXPECT_INT(call_lane(&c, OE_LOGIN), LANE_PASSWORD);
	world_free(w);
}

TEST(what_signs_the_id_tokens_of_a_client)
{
	struct policy p = { .token = { .signing_alg = ALG_ES256, .id_token_algs = BIT(ALG_RS256) | BIT(ALG_PS512) } };
	enum jose_alg alg;

	EXPECT(id_token_alg(&p, STR_ABSENT, &alg) && alg == ALG_ES256);
	EXPECT(id_token_alg(&p, S(""), &alg) && alg == ALG_ES256);
	EXPECT(id_token_alg(&p, S("ES256"), &alg) && alg == ALG_ES256);
	EXPECT(id_token_alg(&p, S("RS256"), &alg) && alg == ALG_RS256);
	EXPECT(id_token_alg(&p, S("PS512"), &alg) && alg == ALG_PS512);
	for (const char *const *no = (const char *const[]){ "RS384", "none", "HS256", "rs256", NULL }; *no; no++)
		EXPECT(!id_token_alg(&p, str_of(*no), &alg));
}

/* --- the two halves around a commit ------------------------------------------------------------------------------------------------ */

static struct call
cc_of(struct world *w, const struct issuer *i, struct arena *mem)
{
	struct call c = cc(w, i, mem);

	call_basic(&c, S("api"), S("secret"));
	return c;
}

TEST(a_prepared_answer_is_worth_nothing_before_its_commit)
{
	struct world *w = world_new();
	struct call c = cc_of(w, &w->modern, mem), failed = cc_of(w, &w->modern, mem);
	const struct store_op *ops;
	struct token_work *x;
	struct answer a;
	size_t n;

	EXPECT_INT(token_begin(&c, &x, &ops, &n, &a), TOKEN_PREPARED);
	a = token_end(&c, x, STORE_DONE);
	EXPECT(!is_active(w, &w->modern, mem, a.tokens.access));
	EXPECT_INT(store_commit(w->store, ops, n, NULL), STORE_DONE);
	EXPECT(is_active(w, &w->modern, mem, a.tokens.access));
	EXPECT_INT(token_begin(&failed, &x, &ops, &n, &a), TOKEN_PREPARED);
	EXPECT_INT(token_end(&failed, x, STORE_DONE).kind, ANS_TOKENS);
	EXPECT_INT(token_end(&failed, x, STORE_FAILED).why, R_STORE);
	world_free(w);
}

/* A thread that waits for a commit is for what needs one, or signs by RSA. */
TEST(what_is_signed_quickly_waits_in_no_queue)
{
	const struct { struct str alg, encrypted; enum lane lane; } rows[] = {
		{ S("ES256"), STR_ABSENT, LANE_INLINE }, { S("EdDSA"), STR_ABSENT, LANE_INLINE }, { S("RS256"), STR_ABSENT, LANE_COMMIT },
		{ STR_ABSENT, STR_ABSENT, LANE_COMMIT }, { S("ES256"), S("ECDH-ES"), LANE_COMMIT },
	};
	struct world *w = world_new();
	struct client *api = (struct client *)(uintptr_t)realm_client(w->modern.realm, S("api"));
	const struct client_metadata *before = api->registered;
	struct call exchange = cc(w, &w->modern, mem);

	w->strict.token.introspect_jwt = true;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct client_metadata m = { .introspection_signed_response_alg = rows[i].alg, .introspection_encrypted_response_alg = rows[i].encrypted };
		struct call c = call_at(w, &w->modern, mem);

		api->registered = &m;
		call_basic(&c, S("api"), S("secret"));
		c.wants_jwt = true;
		EXPECT_INT(call_lane(&c, OE_INTROSPECT), rows[i].lane);
		c.wants_jwt = false;
		EXPECT_INT(call_lane(&c, OE_INTROSPECT), LANE_INLINE);
	}
	api->registered = before;
	w->strict.grant.offered |= BIT(GI_token_exchange);
	exchange.grant = &grant_token_exchange;
	call_basic(&exchange, S("api"), S("secret"));
	call_set(&exchange, P_SUBJECT_TOKEN, S("x"));
	EXPECT_INT(call_lane(&exchange, OE_TOKEN), LANE_WRITER);
	world_free(w);
}

TEST(a_living_token_is_told_again_without_waiting)
{
	struct world *w = world_new();
	struct call first = cc_of(w, &w->legacy, mem), late = cc_of(w, &w->legacy, mem), again = cc_of(w, &w->legacy, mem);
	const struct store_op *ops;
	struct token_work *x, *y;
	struct answer a, b, c;
	size_t n;

	EXPECT_INT(call_lane(&first, OE_TOKEN), LANE_WRITER);
	EXPECT_INT(token_begin(&first, &x, &ops, &n, &a), TOKEN_RACES);
	EXPECT_INT(token_begin(&late, &y, &ops, &n, &b), TOKEN_RACES);  /* both found none */
	a = token_commit(&first, x);
	b = token_commit(&late, y);
	EXPECT(str_given(a.tokens.access));
	EXPECT_STR(b.tokens.access, a.tokens.access);
	EXPECT_INT(token_begin(&again, &x, &ops, &n, &c), TOKEN_ANSWERED);
	EXPECT_INT(c.kind, ANS_TOKENS);
	EXPECT_STR(c.tokens.access, a.tokens.access);
	world_free(w);
}

/* web's code at an issuer, redeemed with a scope beside it; R_NONE: tokens came. */
static enum reason
redeemed_with_scope(struct world *w, const struct issuer *i, struct arena *mem, const char *scope)
{
	bool strict = i == &w->modern;
	struct str code = world_code(w, i, mem, S("web"), S("https://app.example/cb"), strict ? CHALLENGE : STR_ABSENT);
	struct call c = call_at(w, i, mem);
	struct answer a;

	c.grant = &grant_authorization_code;
	call_basic(&c, S("web"), S("secret"));
	call_set(&c, P_GRANT_TYPE, S("authorization_code"));
	call_set(&c, P_CODE, code);
	call_set(&c, P_REDIRECT_URI, S("https://app.example/cb"));
	if (strict)
		call_set(&c, P_CODE_VERIFIER, VERIFIER);
	if (scope != NULL)
		call_set(&c, P_SCOPE, str_of(scope));
	a = token_endpoint(&c);
	return a.kind == ANS_TOKENS ? R_NONE : a.why;
}

TEST(a_scope_beside_a_code_is_checked_where_the_setting_says_so)
{
	struct world *w = world_new();

	for (int strict = 0; strict < 2; strict++) {
		const struct issuer *i = strict ? &w->modern : &w->legacy;
		struct policy *policy = strict ? &w->strict : &w->old;

		policy->scope.with_code_is_checked = true;
		EXPECT_INT(redeemed_with_scope(w, i, mem, "nope"), R_SCOPE_UNKNOWN);
		EXPECT_INT(redeemed_with_scope(w, i, mem, "read"), R_NONE);
		EXPECT_INT(redeemed_with_scope(w, i, mem, NULL), R_NONE);
		policy->scope.with_code_is_checked = false;
		EXPECT_INT(redeemed_with_scope(w, i, mem, "nope"), R_NONE);
	}
	world_free(w);
}

TEST(a_code_brings_its_scope_where_none_is_implied)
{
	struct world *w = world_new();
	struct call c = cc(w, &w->legacy, mem);
	struct call z = call_at(w, &w->legacy, mem);
	struct answer a;

	w->old.scope.absent_means_all = false;
	w->old.scope.with_code_is_checked = true;
	call_basic(&c, S("web"), S("secret"));
	EXPECT_INT(token_endpoint(&c).why, R_SCOPE_EMPTY);
	z.session_cookie = world_login(w, &w->legacy, mem);
	call_set(&z, P_CLIENT_ID, S("web"));
	call_set(&z, P_RESPONSE_TYPE, S("code"));
	call_set(&z, P_REDIRECT_URI, S("https://app.example/cb"));
	call_set(&z, P_SCOPE, S("read"));
	a = authorize_endpoint(&z);
	NEED(a.kind == ANS_REDIRECT);
	a = redeem(w, &w->legacy, mem, S("web"), S("secret"), a.redirect.code, S("https://app.example/cb"), STR_ABSENT);
	EXPECT_INT(a.kind, ANS_TOKENS);
	EXPECT_STR(a.tokens.scope, S("read"));
	EXPECT_INT(refresh(w, &w->legacy, mem, S("web"), S("secret"), a.tokens.refresh).kind, ANS_TOKENS);
	world_free(w);
}

/* An answer is whole or none: without a key for the ID token there is no access token either. */
TEST(no_tokens_where_one_of_them_cannot_be_made)
{
	struct world *w = world_new();
	struct str first = world_code(w, &w->modern, mem, S("web"), S("https://app.example/cb"), CHALLENGE);
	struct str second = world_code(w, &w->modern, mem, S("web"), S("https://app.example/cb"), CHALLENGE);
	struct answer a;

	w->strict.token.id_claims = w->strict.token.access_claims;
	w->strict.token.id_token_always = true;
	w->strict.token.id_token_ttl_s = 60;
	a = redeem(w, &w->modern, mem, S("web"), S("secret"), first, S("https://app.example/cb"), VERIFIER);
	EXPECT(a.kind == ANS_TOKENS && str_given(a.tokens.id_token));
	w->ring.n = 0;
	a = redeem(w, &w->modern, mem, S("web"), S("secret"), second, S("https://app.example/cb"), VERIFIER);
	EXPECT_INT(a.kind, ANS_FAULT);
	w->ring.n = 1;
	world_free(w);
}
