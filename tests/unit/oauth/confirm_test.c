/* tests/unit/oauth/confirm_test.c - tokens that only the holder of a key may use. RFC 7800, RFC 9449, RFC 8705. */
#include "oauth/client_metadata.h"
#include "oauth/confirm.h"
#include "world.h"

#define KEY S("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I")
#define OTHER S("bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2")
#define CNF S("{\"jkt\":\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I\"}")

/* The code flow of a client that shows a key; then a refresh that shows another, or none. */
static struct answer
given_to(struct world *w, struct arena *mem, struct str client, enum confirm is, struct str key)
{
	struct call *c = arena_new(mem, struct call);
	bool public = str_is(client, "spa");
	struct str uri = public ? S("http://127.0.0.1/cb") : S("https://app.example/cb");
	struct str code = world_code(w, &w->modern, mem, client, uri, CHALLENGE);

	*c = call_at(w, &w->modern, mem);
	c->grant = &grant_authorization_code;
	c->proven[is] = key;
	if (public)
		call_set(c, P_CLIENT_ID, client);
	else
		call_basic(c, client, S("secret"));
	call_set(c, P_GRANT_TYPE, S("authorization_code"));
	call_set(c, P_CODE, code);
	call_set(c, P_REDIRECT_URI, uri);
	call_set(c, P_CODE_VERIFIER, VERIFIER);
	return token_endpoint(c);
}

static struct answer
refreshed(struct world *w, struct arena *mem, struct str client, enum confirm is, struct str key, struct str token)
{
	struct call *c = arena_new(mem, struct call);

	*c = call_at(w, &w->modern, mem);
	c->grant = &grant_refresh_token;
	c->proven[is] = key;
	if (str_is(client, "spa"))
		call_set(c, P_CLIENT_ID, client);
	else
		call_basic(c, client, S("secret"));
	call_set(c, P_GRANT_TYPE, S("refresh_token"));
	call_set(c, P_REFRESH_TOKEN, token);
	return token_endpoint(c);
}

static struct answer
used(struct world *w, struct arena *mem, struct str token, enum confirm is, struct str key)
{
	struct call *c = arena_new(mem, struct call);

	*c = call_at(w, &w->modern, mem);
	c->bearer = token;
	c->proven[is] = key;
	return bearer_endpoint(c);
}

TEST(an_access_token_is_used_by_who_holds_the_key)
{
	static const enum token_shape shapes[] = { SHAPE_ROW_ID, SHAPE_JWT };

	for (size_t i = 0; i < COUNT(shapes); i++) {
		struct world *w = world_new();
		struct answer a, u;

		w->strict.token.access_shape = shapes[i];
		a = given_to(w, mem, S("web"), CONFIRM_DPOP, KEY);
		EXPECT_INT(a.kind, ANS_TOKENS);
		EXPECT(a.tokens.is_dpop);
		u = used(w, mem, a.tokens.access, CONFIRM_DPOP, KEY);
		EXPECT_INT(u.kind, ANS_FACTS);
		EXPECT_STR(u.facts.cnf, CNF);
		EXPECT(u.facts.is_dpop);
		EXPECT_INT(used(w, mem, a.tokens.access, CONFIRM_DPOP, OTHER).why, R_BEARER_UNPROVEN);
		EXPECT_INT(used(w, mem, a.tokens.access, CONFIRM_DPOP, STR_ABSENT).why, R_BEARER_UNPROVEN);
		EXPECT_INT(used(w, mem, a.tokens.access, CONFIRM_CERTIFICATE, KEY).why, R_BEARER_UNPROVEN);
		world_free(w);
	}
}

static void
bind_to_certificates(struct world *w, struct str client, const struct client_metadata *m)
{
	((struct client *)(uintptr_t)realm_client(w->modern.realm, client))->registered = m;
}

/* RFC 8705 section 3: a client that has registered for it, and no other, whatever certificate is shown. */
TEST(a_certificate_binds_where_the_client_wants_it)
{
	struct world *w = world_new();
	struct answer a = given_to(w, mem, S("web"), CONFIRM_CERTIFICATE, KEY);

	EXPECT_INT(used(w, mem, a.tokens.access, CONFIRM_CERTIFICATE, STR_ABSENT).kind, ANS_FACTS);
	bind_to_certificates(w, S("web"), &(struct client_metadata){ .tls_client_certificate_bound_access_tokens = true });
	a = given_to(w, mem, S("web"), CONFIRM_CERTIFICATE, STR_ABSENT);
	EXPECT_INT(a.why, R_CERTIFICATE_MISSING);
	a = given_to(w, mem, S("web"), CONFIRM_DPOP, KEY);
	EXPECT_INT(a.why, R_CERTIFICATE_MISSING);
	bind_to_certificates(w, S("web"), NULL);
	world_free(w);
}

TEST(what_is_bound_to_a_certificate_is_no_dpop_token)
{
	struct client_metadata bound = { .tls_client_certificate_bound_access_tokens = true };
	struct world *w = world_new();
	struct answer a, u;

	bind_to_certificates(w, S("web"), &bound);
	a = given_to(w, mem, S("web"), CONFIRM_CERTIFICATE, KEY);
	u = used(w, mem, a.tokens.access, CONFIRM_CERTIFICATE, KEY);
	EXPECT(!a.tokens.is_dpop && !u.facts.is_dpop);
	EXPECT_STR(u.facts.cnf, S("{\"x5t#S256\":\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I\"}"));
	EXPECT_INT(used(w, mem, a.tokens.access, CONFIRM_DPOP, KEY).why, R_BEARER_UNPROVEN);
	bind_to_certificates(w, S("web"), NULL);
	world_free(w);
}

TEST(a_refresh_token_of_a_public_client_alone_is_bound)
{
	struct world *w = world_new();
	struct answer a = given_to(w, mem, S("spa"), CONFIRM_DPOP, KEY);

	EXPECT_INT(a.kind, ANS_TOKENS);
	EXPECT_INT(refreshed(w, mem, S("spa"), CONFIRM_DPOP, OTHER, a.tokens.refresh).why, R_EVIDENCE_UNPROVEN);
	EXPECT_INT(refreshed(w, mem, S("spa"), CONFIRM_DPOP, STR_ABSENT, a.tokens.refresh).why, R_EVIDENCE_UNPROVEN);
	a = refreshed(w, mem, S("spa"), CONFIRM_DPOP, KEY, a.tokens.refresh);
	EXPECT_INT(a.kind, ANS_TOKENS);
	a = refreshed(w, mem, S("spa"), CONFIRM_DPOP, KEY, a.tokens.refresh);   /* the family knows it still */
	EXPECT_INT(a.kind, ANS_TOKENS);

	a = given_to(w, mem, S("web"), CONFIRM_DPOP, KEY);
	a = refreshed(w, mem, S("web"), CONFIRM_DPOP, OTHER, a.tokens.refresh); /* it has proven itself, and turns its key */
	EXPECT_INT(a.kind, ANS_TOKENS);
	EXPECT_INT(used(w, mem, a.tokens.access, CONFIRM_DPOP, KEY).why, R_BEARER_UNPROVEN);
	EXPECT_INT(used(w, mem, a.tokens.access, CONFIRM_DPOP, OTHER).kind, ANS_FACTS);
	a = refreshed(w, mem, S("web"), CONFIRM_DPOP, STR_ABSENT, a.tokens.refresh);
	EXPECT(a.kind == ANS_TOKENS && !a.tokens.is_dpop);
	EXPECT_INT(used(w, mem, a.tokens.access, CONFIRM_DPOP, STR_ABSENT).kind, ANS_FACTS);
	world_free(w);
}

TEST(a_living_token_is_not_returned_to_another_key)
{
	struct world *w = world_new();
	struct answer a, b, c;

	w->strict.token.live_is_returned = true;
	w->strict.refresh.rule = REFRESH_KEPT;
	a = given_to(w, mem, S("web"), CONFIRM_DPOP, KEY);
	b = given_to(w, mem, S("web"), CONFIRM_DPOP, OTHER);
	c = given_to(w, mem, S("web"), CONFIRM_DPOP, KEY);
	EXPECT(!str_eq(a.tokens.access, b.tokens.access));
	EXPECT_STR(a.tokens.access, c.tokens.access);
	EXPECT(c.tokens.is_dpop);
	world_free(w);
}

TEST(a_confirmation_that_is_not_understood_is_shown_by_nobody)
{
	static const char *const odd[] = { "{}", "[]", "{", "7", "{\"jkt\":1}", "{\"jwk\":{}}",
		"{\"jkt\":\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I\",\"kid\":\"a\"}" };
	struct world *w = world_new();
	struct call c = call_at(w, &w->modern, mem);

	c.proven[CONFIRM_DPOP] = KEY;
	EXPECT(confirmation_is_shown(&c, STR_ABSENT) && confirmation_is_shown(&c, S("")));
	EXPECT(confirmation_is_shown(&c, CNF) && confirmation_asks(mem, CNF, CONFIRM_DPOP));
	EXPECT(!confirmation_asks(mem, CNF, CONFIRM_CERTIFICATE));
	for (size_t i = 0; i < COUNT(odd); i++)
		EXPECT(!confirmation_is_shown(&c, str_of(odd[i])));
	EXPECT_STR(confirmation_of(&c, STR_ABSENT), CNF);
	world_free(w);
}

TEST(what_comes_of_bound_evidence_is_bound_to_no_less)
{
	const struct str by_certificate = S("{\"x5t#S256\":\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I\"}");
	struct world *w = world_new();
	struct call c = call_at(w, &w->modern, mem);

	c.proven[CONFIRM_CERTIFICATE] = KEY;
	EXPECT(!str_given(confirmation_of(&c, STR_ABSENT)));           /* nobody wants tokens bound by it */
	EXPECT_STR(confirmation_of(&c, by_certificate), by_certificate);
	c.proven[CONFIRM_DPOP] = KEY;
	EXPECT_STR(confirmation_of(&c, STR_ABSENT), CNF);
	EXPECT(confirmation_is_shown(&c, confirmation_of(&c, by_certificate)));
	EXPECT_STR(confirmation_of(&c, by_certificate), confirmation_joined(&c, CNF, by_certificate));
	EXPECT_STR(confirmation_joined(&c, STR_ABSENT, CNF), CNF);
	EXPECT_STR(confirmation_joined(&c, by_certificate, STR_ABSENT), by_certificate);
	EXPECT(!str_given(confirmation_joined(&c, STR_ABSENT, S(""))));
	world_free(w);
}
