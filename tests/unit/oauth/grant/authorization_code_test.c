/* Redemption of codes: RFC 6749 4.1.3, RFC 7636 4.6. */
#include "../world.h"

#define CB S("https://app.example/cb")

TEST(code_gives_tokens_once_and_a_replay_revokes_them)
{
	struct world *w = world_new();
	struct str code = world_code(w, &w->modern, mem, S("web"), CB, CHALLENGE);
	struct answer a = redeem(w, &w->modern, mem, S("web"), S("secret"), code, CB, VERIFIER), b;

	EXPECT_INT(code.n, 43);
	EXPECT_INT(a.kind, ANS_TOKENS);
	EXPECT_INT(a.tokens.access.n, 43);
	EXPECT_INT(a.tokens.expires_in_s, 3600);
	EXPECT_STR(a.tokens.scope, S("read write"));
	EXPECT(is_active(w, &w->modern, mem, a.tokens.access));
	b = redeem(w, &w->modern, mem, S("web"), S("secret"), code, CB, VERIFIER);
	EXPECT_INT(b.why, R_CODE_REPLAYED);
	EXPECT(!is_active(w, &w->modern, mem, a.tokens.access));
	EXPECT_INT(refresh(w, &w->modern, mem, S("web"), S("secret"), a.tokens.refresh).why, R_REFRESH_REVOKED);
	world_free(w);
}

TEST(code_of_another_client_is_refused_and_not_spent)
{
	struct world *w = world_new();
	struct str code = world_code(w, &w->modern, mem, S("web"), CB, CHALLENGE);

	EXPECT_INT(redeem(w, &w->modern, mem, S("other"), S("secret"), code, CB, VERIFIER).why, R_CODE_OTHER_CLIENT);
	EXPECT_INT(redeem(w, &w->modern, mem, S("web"), S("secret"), code, CB, VERIFIER).kind, ANS_TOKENS);
	EXPECT_INT(redeem(w, &w->modern, mem, S("other"), S("secret"), code, CB, VERIFIER).why, R_CODE_UNKNOWN);
	world_free(w);
}

TEST(pkce_is_enforced_both_ways)
{
	struct world *w = world_new();
	struct str code = world_code(w, &w->modern, mem, S("web"), CB, CHALLENGE);

	EXPECT_INT(redeem(w, &w->modern, mem, S("web"), S("secret"), code, CB, STR_ABSENT).why, R_PKCE_MISSING);
	EXPECT_INT(redeem(w, &w->modern, mem, S("web"), S("secret"), code, CB, S("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")).why, R_PKCE_WRONG);
	EXPECT_INT(redeem(w, &w->modern, mem, S("web"), S("secret"), code, CB, VERIFIER).kind, ANS_TOKENS);
	EXPECT(!str_given(world_code(w, &w->modern, mem, S("web"), CB, STR_ABSENT)));       /* required */
	code = world_code(w, &w->legacy, mem, S("web"), CB, STR_ABSENT);
	EXPECT_INT(code.n, 6);
	EXPECT_INT(redeem(w, &w->legacy, mem, S("web"), S("secret"), code, CB, VERIFIER).why, R_PKCE_UNASKED);
	world_free(w);
}

TEST(a_failed_redemption_burns_the_code_only_where_the_policy_says_so)
{
	struct world *w = world_new();
	struct str old = world_code(w, &w->legacy, mem, S("web"), CB, STR_ABSENT), strict = world_code(w, &w->modern, mem, S("web"), CB, CHALLENGE);

	EXPECT_INT(redeem(w, &w->legacy, mem, S("web"), S("secret"), old, S("https://evil.example/"), STR_ABSENT).why, R_CODE_REDIRECT);
	EXPECT_INT(redeem(w, &w->legacy, mem, S("web"), S("secret"), old, CB, STR_ABSENT).why, R_CODE_REPLAYED);
	EXPECT_INT(redeem(w, &w->modern, mem, S("web"), S("secret"), strict, S("https://evil.example/"), VERIFIER).why, R_CODE_REDIRECT);
	EXPECT_INT(redeem(w, &w->modern, mem, S("web"), S("secret"), strict, CB, VERIFIER).kind, ANS_TOKENS);
	world_free(w);
}

TEST(code_expires)
{
	struct world *w = world_new();
	struct str code = world_code(w, &w->modern, mem, S("web"), CB, CHALLENGE);

	clock_turn_ms(61000);
	EXPECT_INT(redeem(w, &w->modern, mem, S("web"), S("secret"), code, CB, VERIFIER).why, R_CODE_EXPIRED);
	clock_turn_ms(-61000);
	world_free(w);
}

TEST(code_of_another_issuer_is_unknown)
{
	struct world *w = world_new();
	struct str code = world_code(w, &w->modern, mem, S("web"), CB, CHALLENGE);

	EXPECT_INT(redeem(w, &w->legacy, mem, S("web"), S("secret"), code, CB, VERIFIER).why, R_CODE_UNKNOWN);
	world_free(w);
}

static enum reason
guess_code(struct world *w, struct arena *mem, struct str client, struct str peer)
{
	struct call c = call_at(w, &w->legacy, mem);

	c.peer = peer;
	c.grant = &grant_authorization_code;
	call_set(&c, P_GRANT_TYPE, S("authorization_code"));
	call_set(&c, P_CLIENT_ID, client);
	call_set(&c, P_CLIENT_SECRET, str_is(client, "spa") ? STR_ABSENT : S("secret"));
	call_set(&c, P_CODE, S("zzzzzz"));
	call_set(&c, P_REDIRECT_URI, CB);
	return token_endpoint(&c).why;
}

/* The id of a public client is known to everybody: what a stranger guesses with it stops the stranger. */
TEST(guesses_of_a_stranger_stop_nobody_else)
{
	struct world *w = world_new();
	int n = 0;

	while (n < 60 && guess_code(w, mem, S("spa"), S("192.0.2.66")) == R_CODE_UNKNOWN)
		n++;
	EXPECT_INT(n, 30);
	EXPECT_INT(guess_code(w, mem, S("spa"), S("192.0.2.66")), R_WAIT);
	EXPECT_INT(guess_code(w, mem, S("web"), S("192.0.2.66")), R_WAIT);      /* nor does another client's name help */
	EXPECT_INT(guess_code(w, mem, S("spa"), S("192.0.2.1")), R_CODE_UNKNOWN);
	world_free(w);
}

TEST(wrong_short_codes_are_throttled)
{
	struct world *w = world_new();
	struct answer a = { 0 };

	for (int i = 0; i < 40 && a.why != R_WAIT; i++)
		a = redeem(w, &w->legacy, mem, S("web"), S("secret"), S("zzzzzz"), CB, STR_ABSENT);
	EXPECT_INT(a.why, R_WAIT);
	clock_turn_ms(61000);
	EXPECT_INT(redeem(w, &w->legacy, mem, S("web"), S("secret"), S("zzzzzz"), CB, STR_ABSENT).why, R_CODE_UNKNOWN);
	clock_turn_ms(-61000);
	world_free(w);
}

/* A code asked for with this verifier's own challenge, redeemed with it. */
static enum reason
redeemed_with(struct world *w, struct arena *mem, struct str verifier)
{
	uint8_t digest[DIGEST_SIZE];
	struct answer a;

	SHA256(digest, verifier);
	a = redeem(w, &w->modern, mem, S("web"), S("secret"),
		world_code(w, &w->modern, mem, S("web"), CB, b64url_encode(mem, str_span(digest, sizeof digest))), CB, verifier);
	return a.kind == ANS_TOKENS ? R_NONE : a.why;
}

/* RFC 7636 section 4.1. */
TEST(a_verifier_has_43_to_128_unreserved_characters)
{
	static const char all[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
	static const char *const bad[] = { "!", " ", "+", "/", "=", "%", "\x7f", "\xc3\xa9", "\"" };
	struct world *w = world_new();

	EXPECT_INT(redeemed_with(w, mem, str_span(all, 43)), R_NONE);
	EXPECT_INT(redeemed_with(w, mem, str_span(all + 4, 128)), R_NONE);
	EXPECT_INT(redeemed_with(w, mem, str_span(all, 42)), R_PKCE_VERIFIER);
	EXPECT_INT(redeemed_with(w, mem, str_span(all, 129)), R_PKCE_VERIFIER);
	for (size_t i = 0; i < COUNT(bad); i++)
		EXPECT_INT(redeemed_with(w, mem, ARENA_CAT(mem, str_span(all, 50), str_of(bad[i]))), R_PKCE_VERIFIER);
	EXPECT_INT(redeemed_with(w, mem, str_span("\0aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 50)), R_PKCE_VERIFIER);
	world_free(w);
}

/* RFC 7636 section 4.2: what no verifier could give is refused where it is sent. */
TEST(a_challenge_of_S256_has_43_characters)
{
	static const char text[] = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cMx";
	struct world *w = world_new();

	EXPECT(str_given(world_code(w, &w->modern, mem, S("web"), CB, str_span(text, 43))));
	EXPECT(!str_given(world_code(w, &w->modern, mem, S("web"), CB, str_span(text, 42))));
	EXPECT(!str_given(world_code(w, &w->modern, mem, S("web"), CB, str_span(text, 44))));
	EXPECT(!str_given(world_code(w, &w->modern, mem, S("web"), CB, ARENA_CAT(mem, str_span(text, 42), S("=")))));
	world_free(w);
}

/* A code that says more than today's requests ask for: as the next check or prompt would have written it. */
static void
code_with_extra(struct world *w, struct arena *mem, struct str text, struct str extra)
{
	struct store_op op = { .kind = OP_CODE_ADD };
	struct code code;

	world_code(w, &w->modern, mem, S("web"), S("https://app.example/cb"), CHALLENGE);
	NEED(store_codes(w->store, mem, &w->alice.id, NULL, 1, &code) == 1);
	code.digest = digest_of(&w->modern, S("code"), text);
	code.auth.extra = extra;
	op.code = &code;
	EXPECT_INT(store_commit(w->store, &op, 1, NULL), STORE_DONE);
}

/* Whoever asks for it, it goes the whole way without another line: code, family, token, and what a refresh gives. */
TEST(the_authorization_goes_from_code_to_family_to_token)
{
	const struct str extra = S("{\"acr\":\"2\",\"resource\":[\"https://api.example\"]}");
	struct world *w = world_new();
	struct answer a;
	struct family f;
	struct token t[2];
	int n;

	w->strict.token.access_shape = SHAPE_ROW_ID;
	w->strict.token.takes_resource = false;         /* whether it may be asked for is resource_test.c's */
	code_with_extra(w, mem, S("with-more"), extra);
	a = redeem(w, &w->modern, mem, S("web"), S("secret"), S("with-more"), S("https://app.example/cb"), VERIFIER);
	NEED(a.kind == ANS_TOKENS);
	NEED(store_families(w->store, mem, &(struct family_walk){ .user = &w->alice.id }, 1, &f) == 1);
	EXPECT_STR(f.auth.extra, extra);
	EXPECT(f.auth.auth_s != 0);
	EXPECT_INT(refresh(w, &w->modern, mem, S("web"), S("secret"), a.tokens.refresh).kind, ANS_TOKENS);
	n = store_tokens(w->store, mem, &(struct token_walk){ .family = &f.id }, 2, t);
	EXPECT(n >= 1);
	for (int i = 0; i < n; i++) {
		EXPECT_STR(t[i].auth.extra, extra);
		EXPECT_STR(t[i].auth.client, S("web"));
		EXPECT_STR(t[i].auth.issuer, w->modern.name);
		EXPECT_STR(t[i].auth.user_name, w->alice.name);
		EXPECT_INT(t[i].auth.auth_s, f.auth.auth_s);
		EXPECT(!str_given(t[i].auth.nonce));
	}
	world_free(w);
}
