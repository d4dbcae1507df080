/* Who may ask about which token (O6), and what is told. RFC 7662. */
#include "../world.h"

#define KIND(cid, resources, mark) { .realm = S("r"), .id = S(cid), .name = S(cid), .secret = S("{noop}secret"), \
	.grants = S("client_credentials password refresh_token"), .scopes = S("read"), .redirect_uris = S(""), .auto_approve = S(""), \
	.authorities = S(""), .resource_ids = S(resources), .origins = S(""), .acts_for = S(""), .legacy = S("password refresh_reuse"), \
	.introspects = S(mark), .info = S("{}"), .access_ttl_s = -1, .refresh_ttl_s = -1, .enabled = true, .version = 1 }

/* app gets tokens for orders and stock; plain gets tokens for nothing in particular. */
static const struct client askers[] = {
	KIND("app", "orders stock", ""), KIND("plain", "", ""), KIND("orders", "", ""), KIND("twin", "orders stock", ""), KIND("stranger", "", ""),
	KIND("gateway", "", "stock shop"), KIND("elsewhere", "", "ord orders-2 stoc"), KIND("auditor", "", "all"),
};

static const struct claim_row audience_rows[] = { { "iss", FROM_ISS, CLAIM_STRING }, { "aud", FROM_AUD, CLAIM_ONE_OR_ARRAY }, { "sub", FROM_SUB, CLAIM_STRING },
	{ "client_id", FROM_CLIENT_ID, CLAIM_STRING }, { "scope", FROM_SCOPE, CLAIM_STRING }, { "jti", FROM_JTI, CLAIM_STRING },
	{ "exp", FROM_EXP, CLAIM_NUMBER }, { NULL } };

static struct world *
askers_new(enum token_shape access)
{
	struct world *w = world_new();

	realm_free(w->realm);
	for (size_t i = 0; i < COUNT(askers); i++)
		store_commit(w->store, &(struct store_op){ .kind = OP_CLIENT_PUT, .client = &askers[i] }, 1, NULL);
	w->realm = realm_new(S("r"), askers, COUNT(askers), 0);
	w->modern.realm = w->legacy.realm = w->realm;
	w->strict.token.access_shape = access;
	w->strict.token.access_claims = audience_rows;
	w->strict.grant.offered |= BIT(GI_password);
	w->old.client.introspect_open = w->old.client.introspect_any = false;
	return w;
}

/* alice's tokens, by the password grant of a client. */
static struct tokens
given(struct world *w, const struct issuer *i, struct arena *mem, struct str client)
{
	struct call *c = arena_new(mem, struct call);
	struct answer a;

	*c = call_at(w, i, mem);
	c->grant = &grant_password;
	call_basic(c, client, S("secret"));
	call_set(c, P_GRANT_TYPE, S("password"));
	call_set(c, P_USERNAME, S("alice"));
	call_set(c, P_PASSWORD, S("wonderland"));
	a = token_endpoint(c);
	EXPECT_INT(a.kind, ANS_TOKENS);
	return a.tokens;
}

static struct answer
ask(struct world *w, const struct issuer *i, struct arena *mem, const char *client, struct str token, struct str *detail)
{
	struct call *c = arena_new(mem, struct call);
	struct answer a;

	*c = call_at(w, i, mem);
	call_basic(c, str_of(client), S("secret"));
	call_set(c, P_TOKEN, token);
	a = i == &w->modern ? introspect_endpoint(c) : check_token_endpoint(c);
	*detail = c->detail;
	return a;
}

static bool
hears(struct world *w, const struct issuer *i, struct arena *mem, const char *client, struct str token)
{
	struct str detail;
	struct answer a = ask(w, i, mem, client, token, &detail);

	if (a.kind == ANS_FACTS && a.facts.active)
		return true;
	EXPECT(i == &w->modern ? a.kind == ANS_FACTS : a.why == R_TOKEN_UNKNOWN);
	EXPECT(!str_given(a.facts.client_id) && !str_given(a.facts.scope) && !str_given(a.facts.aud));
	EXPECT(str_given(detail));                              /* the operator's log says why */
	return false;
}

static void
who_hears_what(struct world *w, const struct issuer *i, struct arena *mem)
{
	static const struct { const char *client; bool of_app, of_plain; } rows[] = {
		{ "app", true, false }, { "plain", false, true }, { "orders", true, false }, { "twin", false, false }, { "stranger", false, false },
		{ "gateway", true, false }, { "elsewhere", false, false }, { "auditor", true, true },
	};
	struct tokens app = given(w, i, mem, S("app")), plain = given(w, i, mem, S("plain"));

	for (size_t k = 0; k < COUNT(rows); k++) {
		if (hears(w, i, mem, rows[k].client, app.access) != rows[k].of_app)
			test_fail(__FILE__, __LINE__, "%s of app's token", rows[k].client);
		if (hears(w, i, mem, rows[k].client, plain.access) != rows[k].of_plain)
			test_fail(__FILE__, __LINE__, "%s of plain's token", rows[k].client);
	}
}

TEST(a_client_hears_of_its_own_and_what_is_meant_for_it)
{
	enum token_shape shapes[] = { SHAPE_ROW_ID, SHAPE_JWT };

	for (size_t k = 0; k < COUNT(shapes); k++) {
		struct world *w = askers_new(shapes[k]);

		who_hears_what(w, &w->modern, mem);
		world_free(w);
	}
}

TEST(an_old_issuer_that_is_not_open_keeps_the_same_rule)
{
	struct world *w = askers_new(SHAPE_ROW_ID);

	who_hears_what(w, &w->legacy, mem);
	world_free(w);
}

TEST(the_setting_opens_access_tokens_to_every_client)
{
	struct world *w = askers_new(SHAPE_JWT);
	struct tokens t = given(w, &w->modern, mem, S("app"));

	w->strict.client.introspect_any = true;
	EXPECT(hears(w, &w->modern, mem, "stranger", t.access));
	EXPECT(!hears(w, &w->modern, mem, "stranger", t.refresh));
	world_free(w);
}

TEST(a_refresh_token_is_its_clients_alone)
{
	enum token_shape shapes[] = { SHAPE_ROW_ID, SHAPE_JWT };

	for (size_t k = 0; k < COUNT(shapes); k++) {
		struct world *w = askers_new(shapes[k]);
		struct tokens t = given(w, &w->modern, mem, S("app"));
		const char *others[] = { "orders", "gateway", "auditor", "stranger" };
		struct call c = call_at(w, &w->modern, mem);
		struct str detail;
		struct answer a = ask(w, &w->modern, mem, "app", t.refresh, &detail);

		EXPECT(a.facts.active && a.facts.is_refresh && a.facts.exp_s > 0 && a.facts.iat_s > 0);
		for (size_t n = 0; n < COUNT(others); n++)
			EXPECT(!hears(w, &w->modern, mem, others[n], t.refresh));
		c.bearer = t.refresh;
		EXPECT_INT(userinfo_endpoint(&c).why, R_BEARER);
		world_free(w);
	}
}

TEST(aud_of_an_opaque_token_is_that_of_a_jwt)
{
	enum token_shape shapes[] = { SHAPE_ROW_ID, SHAPE_JWT };
	struct str detail;

	for (size_t k = 0; k < COUNT(shapes); k++) {
		struct world *w = askers_new(shapes[k]);
		struct tokens app = given(w, &w->modern, mem, S("app")), plain = given(w, &w->modern, mem, S("plain"));

		EXPECT_STR(ask(w, &w->modern, mem, "app", app.access, &detail).facts.aud, S("orders stock"));
		EXPECT_STR(ask(w, &w->modern, mem, "plain", plain.access, &detail).facts.aud, S("https://id.example"));
		world_free(w);
	}
}

TEST(a_user_who_is_locked_or_disabled_has_no_live_token)
{
	enum token_shape shapes[] = { SHAPE_ROW_ID, SHAPE_JWT };

	for (size_t k = 0; k < COUNT(shapes); k++) {
		struct world *w = askers_new(shapes[k]);
		struct tokens t = given(w, &w->modern, mem, S("app"));
		struct user u = w->alice;
		struct store_op op = { .kind = OP_USER_PUT, .user = &u };

		EXPECT(hears(w, &w->modern, mem, "app", t.access) && hears(w, &w->modern, mem, "app", t.refresh));
		for (int locked = 0; locked < 2; locked++) {
			u.locked = locked != 0;
			u.enabled = locked != 0;
			EXPECT_INT(store_commit(w->store, &op, 1, NULL), STORE_DONE);
			EXPECT(!hears(w, &w->modern, mem, "app", t.access) && !hears(w, &w->modern, mem, "app", t.refresh));
		}
		world_free(w);
	}
}

TEST(a_public_client_asks_about_nothing)
{
	static const struct client spa = KIND("spa", "", "");
	struct client open = spa;
	struct world *w = askers_new(SHAPE_ROW_ID);
	struct call c = call_at(w, &w->modern, mem);

	open.secret = S("");
	realm_free(w->realm);
	w->realm = realm_new(S("r"), &open, 1, 0);
	w->modern.realm = w->legacy.realm = w->realm;
	call_set(&c, P_CLIENT_ID, S("spa"));
	call_set(&c, P_TOKEN, S("x"));
	EXPECT_INT(introspect_endpoint(&c).why, R_CLIENT_NONE);
	c.why = R_NONE;
	c.issuer = &w->legacy;
	EXPECT_INT(check_token_endpoint(&c).why, R_CLIENT_NONE);
	world_free(w);
}
