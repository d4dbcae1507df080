/*
 * What an authorization request gives, by the rows of responses.def, at an issuer that offers all of them. RFC 6749 3.1.1, OAuth 2.0
 * Multiple Response Types, OpenID Connect Core 3.2, 3.3.
 */
#include "../world.h"

#define CB S("https://app.example/cb")

static const struct claim_row id_claims[] = {
	{ "sub", FROM_SUB_USER_ID, CLAIM_STRING }, { "nonce", FROM_NONCE, CLAIM_STRING }, { "at_hash", FROM_AT_HASH, CLAIM_STRING },
	{ "c_hash", FROM_C_HASH, CLAIM_STRING }, { "s_hash", FROM_S_HASH, CLAIM_STRING }, { NULL },
};

/* "web" may do everything, "other" has no grant implicit, "ask" is asked for consent. */
static struct world *
openid_world(void)
{
	struct world *w = world_new();
	struct client c;
	struct realm *before = w->realm;

	w->strict.authorize.responses = RESPONSES_ALL;
	w->strict.authorize.jarm = JARM_OFFERED;
	w->strict.authorize.pkce = PKCE_NONCE;
	w->strict.token.id_claims = id_claims;
	w->strict.token.id_token_ttl_s = 600;
	for (int i = 0; i < 3; i++) {
		static const char *const ids[] = { "web", "other", "ask" };

		c = *realm_client(before, str_of(ids[i]));
		c.scopes = S("openid read write");
		EXPECT_INT(store_commit(w->store, &(struct store_op){ .kind = OP_CLIENT_PUT, .client = &c }, 1, NULL), STORE_DONE);
	}
	world_realm(w);
	realm_free(before);
	return w;
}

static struct call
asking(struct world *w, struct arena *mem, const char *client, const char *type)
{
	struct call c = call_at(w, &w->modern, mem);

	c.session_cookie = world_login(w, &w->modern, mem);
	call_set(&c, P_CLIENT_ID, str_of(client));
	call_set(&c, P_RESPONSE_TYPE, str_of(type));
	call_set(&c, P_REDIRECT_URI, CB);
	call_set(&c, P_SCOPE, S("openid read"));
	call_set(&c, P_STATE, S("s1"));
	call_set(&c, P_NONCE, S("n1"));
	return c;
}

static json_t *
said(struct arena *mem, struct world *w, struct str token)
{
	struct jwt t;

	return jwt_verify(mem, &w->ring, token, &t) ? (json_t *)(uintptr_t)t.claims : NULL;
}

TEST(each_row_gives_what_it_says)
{
	struct world *w = openid_world();

	for (int r = 0; r < RESPONSE_COUNT; r++) {
		const struct response_row *row = &response_rows[r];
		struct call c = asking(w, mem, "web", row->type);
		struct answer a = authorize_endpoint(&c);

		EXPECT_INT(c.why, R_NONE);
		NEED(a.kind == ANS_REDIRECT);
		EXPECT_INT(a.redirect.mode, row->mode);
		EXPECT_STR(a.redirect.state, S("s1"));
		EXPECT(str_given(a.redirect.code) == ((row->gives & GIVES_CODE) != 0));
		EXPECT(str_given(a.tokens.access) == ((row->gives & GIVES_TOKEN) != 0));
		EXPECT(str_given(a.tokens.id_token) == ((row->gives & GIVES_ID_TOKEN) != 0));
		EXPECT(!str_given(a.tokens.refresh));
		EXPECT(((c.habits & BIT(HABIT_IMPLICIT)) != 0) == ((row->gives & GIVES_TOKEN) != 0));
		if (row->gives & GIVES_TOKEN)
			EXPECT(is_active(w, &w->modern, mem, a.tokens.access));
	}
	world_free(w);
}

/* Each hash is there when what it binds is, and the code of a hybrid flow gives tokens of the same user. */
TEST(an_id_token_binds_what_comes_beside_it)
{
	struct world *w = openid_world();

	for (int r = 0; r < RESPONSE_COUNT; r++) {
		struct call c = asking(w, mem, "web", response_rows[r].type);
		struct answer a, t;
		json_t *front, *back;

		if (!(response_rows[r].gives & GIVES_ID_TOKEN))
			continue;
		a = authorize_endpoint(&c);
		front = said(mem, w, a.tokens.id_token);
		NEED(front != NULL);
		EXPECT_STR(json_member_str(front, "nonce"), S("n1"));
		EXPECT_STR(json_member_str(front, "c_hash"), alg_half_hash(mem, ALG_ES256, a.redirect.code));
		EXPECT_STR(json_member_str(front, "at_hash"), alg_half_hash(mem, ALG_ES256, a.tokens.access));
		EXPECT_STR(json_member_str(front, "s_hash"), alg_half_hash(mem, ALG_ES256, S("s1")));
		if (!(response_rows[r].gives & GIVES_CODE))
			continue;
		t = redeem(w, &w->modern, mem, S("web"), S("secret"), a.redirect.code, CB, STR_ABSENT);
		NEED(t.kind == ANS_TOKENS);
		back = said(mem, w, t.tokens.id_token);
		EXPECT_STR(json_member_str(back, "sub"), json_member_str(front, "sub"));
		EXPECT(!str_given(json_member_str(back, "c_hash")) && !str_given(json_member_str(back, "s_hash")));
		EXPECT(str_given(t.tokens.refresh));
	}
	world_free(w);
}

/* A word in whichever order, none twice, none more. */
TEST(types_are_sets_of_words)
{
	static const char *const good[] = { "id_token code", "token code", "token id_token code", "token id_token" };
	static const char *const bad[] = { "", " ", "code code", "code none", "none none", "id_token id_token", "code id_token token token", "code token x", "CODE", "codetoken" };
	struct world *w = openid_world();

	for (size_t i = 0; i < COUNT(good); i++) {
		struct call c = asking(w, mem, "web", good[i]);

		EXPECT_INT(authorize_endpoint(&c).kind, ANS_REDIRECT);
		EXPECT_INT(c.why, R_NONE);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct call c = asking(w, mem, "web", bad[i]);

		EXPECT_INT(authorize_endpoint(&c).why, R_RESPONSE_TYPE);
	}
	world_free(w);
}

/* What the issuer offers by response_types, and what the client is registered for. */
TEST(only_where_offered_and_registered)
{
	struct world *w = openid_world();

	for (int r = 0; r < RESPONSE_COUNT; r++) {
		bool implicit = str_has_word(str_of(response_rows[r].grants), S("implicit"), ' ');
		struct call c = asking(w, mem, "other", response_rows[r].type);

		EXPECT_INT(authorize_endpoint(&c).why, implicit ? R_RESPONSE_FORBIDDEN : R_NONE);
		w->strict.authorize.responses = RESPONSES_ID_TOKEN;
		c = asking(w, mem, "web", response_rows[r].type);
		EXPECT_INT(authorize_endpoint(&c).why, response_rows[r].gives & GIVES_TOKEN ? R_RESPONSE_TYPE : R_NONE);
		w->strict.authorize.responses = RESPONSES_PLAIN;
		c = asking(w, mem, "web", response_rows[r].type);
		EXPECT_INT(authorize_endpoint(&c).why, r != RESPONSE_CODE ? R_RESPONSE_TYPE : R_NONE);
		w->strict.authorize.responses = RESPONSES_ALL;
	}
	world_free(w);
}

TEST(an_id_token_needs_a_nonce_and_openid)
{
	struct world *w = openid_world();

	for (int r = 0; r < RESPONSE_COUNT; r++) {
		bool id = (response_rows[r].gives & GIVES_ID_TOKEN) != 0;
		struct call c = asking(w, mem, "web", response_rows[r].type);

		call_set(&c, P_NONCE, S(""));
		call_set(&c, P_CODE_CHALLENGE, CHALLENGE);
		call_set(&c, P_CODE_CHALLENGE_METHOD, S("S256"));
		EXPECT_INT(authorize_endpoint(&c).why, id ? R_NONCE_MISSING : R_NONE);
		c = asking(w, mem, "web", response_rows[r].type);
		call_set(&c, P_CODE_CHALLENGE, CHALLENGE);
		call_set(&c, P_CODE_CHALLENGE_METHOD, S("S256"));
		call_set(&c, P_SCOPE, S("read"));
		EXPECT_INT(authorize_endpoint(&c).why, id ? R_OPENID_MISSING : R_NONE);
	}
	world_free(w);
}

/* Each mode with each type: tokens never stand in a query, and an error travels as the answer would have. */
TEST(modes)
{
	struct world *w = openid_world();

	for (int r = 0; r < RESPONSE_COUNT; r++)
		for (int m = 0; m < MODE_COUNT; m++) {
			bool query = response_rows[r].mode == MODE_QUERY, fits = m == MODE_JWT || response_mode_way((enum response_mode)m) != MODE_QUERY || query;
			enum response_mode taken = m != MODE_JWT ? (enum response_mode)m : query ? MODE_QUERY_JWT : MODE_FRAGMENT_JWT;
			struct call c = asking(w, mem, "web", response_rows[r].type);
			struct answer a;

			call_set(&c, P_RESPONSE_MODE, str_of(response_modes[m]));
			a = authorize_endpoint(&c);
			EXPECT_INT(c.why, fits ? R_NONE : R_RESPONSE_MODE);
			EXPECT_INT(a.redirect.mode, fits ? taken : response_rows[r].mode);
			c = asking(w, mem, "web", response_rows[r].type);
			call_set(&c, P_RESPONSE_MODE, str_of(response_modes[m]));
			call_set(&c, P_SCOPE, S("nope"));
			EXPECT_INT(authorize_endpoint(&c).redirect.mode, fits ? taken : response_rows[r].mode);
		}
	world_free(w);
}

/* An unknown type tells by its words how the client listens. */
TEST(an_error_of_an_unknown_type)
{
	static const struct { const char *type; enum response_mode mode; } at[] = {
		{ "token x", MODE_FRAGMENT }, { "x id_token", MODE_FRAGMENT }, { "x", MODE_QUERY }, { "code x", MODE_QUERY },
	};
	struct world *w = openid_world();

	for (size_t i = 0; i < COUNT(at); i++) {
		struct call c = asking(w, mem, "web", at[i].type);
		struct answer a = authorize_endpoint(&c);

		EXPECT_INT(a.why, R_RESPONSE_TYPE);
		EXPECT_INT(a.redirect.mode, at[i].mode);
		call_set(&c, P_RESPONSE_MODE, S("form_post"));
		c.why = R_NONE;
		EXPECT_INT(authorize_endpoint(&c).redirect.mode, MODE_FORM_POST);
	}
	world_free(w);
}

static struct answer
decided(struct world *w, struct arena *mem, struct call *c, struct str approved)
{
	struct answer a = authorize_endpoint(c);
	struct call d = call_at(w, &w->modern, mem);

	EXPECT_INT(a.kind, ANS_PAGE_CONSENT);
	d.session_cookie = c->session_cookie;
	call_set(&d, P_PENDING_REQUEST, a.consent.request_id);
	call_set(&d, P_CSRF, a.consent.csrf);
	d.approved = approved;
	return consent_endpoint(&d);
}

/* Type, mode and nonce wait with a request; who takes openid away has denied an ID token. */
TEST(a_request_that_waits_keeps_its_type)
{
	struct world *w = openid_world();
	struct call c = asking(w, mem, "ask", "code id_token");
	struct answer a;

	call_set(&c, P_RESPONSE_MODE, S("form_post"));
	a = decided(w, mem, &c, S("read"));
	EXPECT_INT(a.redirect.kind, REDIRECT_FAULT);
	EXPECT_INT(a.why, R_ACCESS_DENIED);
	EXPECT_INT(a.redirect.mode, MODE_FORM_POST);
	c = asking(w, mem, "ask", "code id_token");
	call_set(&c, P_RESPONSE_MODE, S("form_post"));
	a = decided(w, mem, &c, S("read openid"));
	EXPECT_INT(a.redirect.kind, REDIRECT_TOKENS);
	EXPECT_INT(a.redirect.mode, MODE_FORM_POST);
	EXPECT(str_given(a.redirect.code) && str_given(a.tokens.id_token) && !str_given(a.tokens.access));
	world_free(w);
}

/* A row that was written when there were code and token alone. */
TEST(a_row_of_before_is_read)
{
	static const struct { const char *before; bool tokens; } at[] = { { "\"token\":false", false }, { "\"token\":true", true } };
	struct world *w = openid_world();

	for (size_t i = 0; i < COUNT(at); i++) {
		struct call c = asking(w, mem, "ask", "code"), d = call_at(w, &w->modern, mem);
		struct answer a;
		struct pending p;
		struct id16 id;
		struct str raw;
		struct store_op op = { .kind = OP_PENDING_ADD };

		call_set(&c, P_PROMPT, S("consent"));
		a = authorize_endpoint(&c);
		NEED(a.kind == ANS_PAGE_CONSENT && hex_decode(mem, a.consent.request_id, &raw));
		memcpy(id.b, raw.p, 16);
		NEED(store_pending(w->store, mem, &id, &p) == FOUND);
		p.data = arena_printf(mem, "{\"uri\":\"https://app.example/cb\",\"sent\":true,%s,\"requested\":\"openid read\",\"state\":\"s1\",\"challenge\":\"\"}", at[i].before);
		p.id.b[0] ^= 1;
		op.pending.row = &p;
		NEED(store_commit(w->store, &op, 1, NULL) == STORE_DONE);
		d.session_cookie = c.session_cookie;
		call_set(&d, P_PENDING_REQUEST, hex_encode(mem, id_str(&p.id)));
		call_set(&d, P_CSRF, a.consent.csrf);
		d.approved = S("openid read");
		a = consent_endpoint(&d);
		EXPECT_INT(a.redirect.kind, at[i].tokens ? REDIRECT_TOKENS : REDIRECT_CODE);
		EXPECT_INT(a.redirect.mode, at[i].tokens ? MODE_FRAGMENT : MODE_QUERY);
	}
	world_free(w);
}
