/* What a token is for: RFC 8707, and the rules of registered resource servers. O6, O7. */
#include "store/store_int.h"
#include "../world.h"

#define API   S("https://api.example")
#define STOCK S("https://stock.example/v1")
#define CB    S("https://app.example/cb")

static struct resource_server
server(struct str id)
{
	return (struct resource_server){ .realm = S("r"), .id = id, .name = S(""), .scopes = S(""), .signing_alg = S(""), .typ = S(""),
		.shape = S(""), .access_ttl_s = -1, .enabled = true };
}

static void
put(struct world *w, enum store_op_kind kind, const struct resource_server *r)
{
	struct store_op op = { .kind = kind, .resource.row = r };

	EXPECT_INT(store_commit(w->store, &op, 1, NULL), STORE_DONE);
}

/* From now on these are registered. */
static void
registered(struct world *w, const struct resource_server *all, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put(w, OP_RESOURCE_ADD, &all[i]);
	realm_free(w->realm);
	world_realm(w);
}

static void
resource_ids(struct world *w, struct arena *mem, const char *client, struct str ids)
{
	struct store_op op = { .kind = OP_CLIENT_SET };
	struct client k;

	EXPECT_INT(store_client(w->store, mem, S("r"), str_of(client), &k), FOUND);
	k.resource_ids = ids;
	op.client = &k;
	EXPECT_INT(store_commit(w->store, &op, 1, NULL), STORE_DONE);
	realm_free(w->realm);
	world_realm(w);
}

static struct world *
signing_world(void)
{
	struct world *w = world_new();

	w->strict.token.access_shape = SHAPE_JWT;
	return w;
}

/* Two indicators, absent: not sent; of the client `web` for itself. */
static struct call
asking(struct world *w, struct arena *mem, struct str a, struct str b)
{
	struct call c = call_at(w, &w->modern, mem);

	c.grant = &grant_client_credentials;
	call_set(&c, P_GRANT_TYPE, S("client_credentials"));
	call_basic(&c, S("web"), S("secret"));
	if (str_given(a))
		call_add(&c, P_RESOURCE, a);
	if (str_given(b))
		call_add(&c, P_RESOURCE, b);
	return c;
}

static struct token_facts
facts_of(struct world *w, struct arena *mem, struct str token)
{
	struct call c = call_at(w, &w->modern, mem);
	struct token_facts f = { .aud = STR_ABSENT };
	struct id16 family;
	struct token row;

	EXPECT(token_inspect(&c, token, INSPECT_ACCESS, &f, &family, &row));
	return f;
}

static enum reason
refused(struct world *w, struct arena *mem, struct str a, struct str b)
{
	struct call c = asking(w, mem, a, b);

	return token_endpoint(&c).why;
}

TEST(a_token_is_for_what_was_asked)
{
	struct resource_server all[] = { server(API), server(STOCK) };
	struct world *w = signing_world();
	struct call c;

	registered(w, all, 2);
	c = asking(w, mem, STR_ABSENT, STR_ABSENT);
	EXPECT_STR(facts_of(w, mem, token_endpoint(&c).tokens.access).aud, S("https://id.example"));
	c = asking(w, mem, API, STR_ABSENT);
	EXPECT_STR(facts_of(w, mem, token_endpoint(&c).tokens.access).aud, API);
	c = asking(w, mem, STOCK, API);
	EXPECT_STR(facts_of(w, mem, token_endpoint(&c).tokens.access).aud, S("https://stock.example/v1 https://api.example"));
	c = asking(w, mem, API, API);
	EXPECT_STR(facts_of(w, mem, token_endpoint(&c).tokens.access).aud, API);
	c = asking(w, mem, S("https://api.example/"), STR_ABSENT);      /* the root is one address */
	EXPECT_STR(facts_of(w, mem, token_endpoint(&c).tokens.access).aud, API);
	c = asking(w, mem, S("https://id.example"), STR_ABSENT);        /* the issuer's own interfaces */
	EXPECT_STR(facts_of(w, mem, token_endpoint(&c).tokens.access).aud, S("https://id.example"));
	EXPECT_INT(refused(w, mem, S("https://stock.example/v1/"), STR_ABSENT), R_RESOURCE_UNKNOWN);
	EXPECT_INT(refused(w, mem, S("https://stock.example"), STR_ABSENT), R_RESOURCE_UNKNOWN);
	EXPECT_INT(refused(w, mem, S("https://API.example"), STR_ABSENT), R_RESOURCE_UNKNOWN);
	world_free(w);
}

TEST(a_resource_that_is_none)
{
	static const char *const texts[] = { "orders", "/api", "https://api.example#x", "https://api.example#", "https://a b.example", "https://", "https://api.example/\"x" };
	struct resource_server all[] = { server(API) };
	struct world *w = signing_world();
	struct call c;

	registered(w, all, 1);
	for (size_t i = 0; i < COUNT(texts); i++)
		EXPECT_INT(refused(w, mem, str_of(texts[i]), STR_ABSENT), R_RESOURCE_MALFORMED);
	EXPECT_INT(refused(w, mem, API, S("https://evil.example")), R_RESOURCE_UNKNOWN);
	c = asking(w, mem, S(""), STR_ABSENT);
	EXPECT_STR(facts_of(w, mem, token_endpoint(&c).tokens.access).aud, S("https://id.example"));
	w->strict.token.takes_resource = false;                         /* passed over, as old servers do */
	c = asking(w, mem, S("https://evil.example"), STR_ABSENT);
	EXPECT_STR(facts_of(w, mem, token_endpoint(&c).tokens.access).aud, S("https://id.example"));
	world_free(w);
}

TEST(too_many_resources)
{
	struct world *w = signing_world();
	struct str ids = S("");
	struct call c;

	for (int i = 0; i <= TARGETS_MAX; i++)
		ids = ARENA_CAT(mem, ids, arena_printf(mem, "%shttps://a%d.example", i > 0 ? " " : "", i));
	resource_ids(w, mem, "web", ids);
	c = asking(w, mem, STR_ABSENT, STR_ABSENT);
	EXPECT_STR(facts_of(w, mem, token_endpoint(&c).tokens.access).aud, ids);
	for (int i = 0; i <= TARGETS_MAX; i++)
		call_add(&c, P_RESOURCE, arena_printf(mem, "https://a%d.example", i));
	EXPECT_INT(token_endpoint(&c).why, R_RESOURCE_MANY);
	world_free(w);
}

TEST(a_list_of_the_client_is_what_it_may_ask_for)
{
	struct resource_server all[] = { server(API), server(STOCK) };
	struct world *w = signing_world();
	struct call c;

	registered(w, all, 2);
	resource_ids(w, mem, "web", S("https://api.example https://plain.example"));
	EXPECT_INT(refused(w, mem, STOCK, STR_ABSENT), R_RESOURCE_UNKNOWN);
	c = asking(w, mem, S("https://plain.example"), STR_ABSENT);     /* on the list, though nobody registered it */
	EXPECT_STR(facts_of(w, mem, token_endpoint(&c).tokens.access).aud, S("https://plain.example"));
	c = asking(w, mem, STR_ABSENT, STR_ABSENT);
	EXPECT_STR(facts_of(w, mem, token_endpoint(&c).tokens.access).aud, S("https://api.example https://plain.example"));
	all[0].enabled = false;
	EXPECT_INT(store_resource_server(w->store, mem, S("r"), API, &all[0]), FOUND);
	all[0].enabled = false;
	put(w, OP_RESOURCE_SET, &all[0]);
	realm_free(w->realm);
	world_realm(w);
	EXPECT_INT(refused(w, mem, API, STR_ABSENT), R_RESOURCE_UNKNOWN);
	c = asking(w, mem, STR_ABSENT, STR_ABSENT);
	EXPECT_STR(facts_of(w, mem, token_endpoint(&c).tokens.access).aud, S("https://plain.example"));
	resource_ids(w, mem, "web", API);
	EXPECT_INT(refused(w, mem, STR_ABSENT, STR_ABSENT), R_RESOURCE_UNKNOWN);
	world_free(w);
}

TEST(a_token_follows_the_rules_of_its_resource_server)
{
	struct resource_server all[] = { server(API), server(STOCK), server(S("https://c.example")) };
	struct world *w = signing_world();
	struct answer a;
	struct call c;
	struct jwt t;

	all[0].typ = S("JWT");
	all[0].access_ttl_s = 60;
	all[0].scopes = S("read");
	all[1].shape = S("opaque");
	all[1].access_ttl_s = 7200;
	registered(w, all, 3);
	c = asking(w, mem, API, STR_ABSENT);
	a = token_endpoint(&c);
	NEED(jwt_verify(mem, &w->ring, a.tokens.access, &t));
	EXPECT_STR(t.typ, S("JWT"));
	EXPECT_INT(a.tokens.expires_in_s, 60);
	EXPECT_STR(a.tokens.scope, S("read"));                          /* of "read write" */
	EXPECT_STR(facts_of(w, mem, a.tokens.access).scope, S("read"));
	c = asking(w, mem, STOCK, STR_ABSENT);
	a = token_endpoint(&c);
	EXPECT(str_index(a.tokens.access, '.') < 0);
	EXPECT_INT(a.tokens.expires_in_s, 7200);
	EXPECT_STR(a.tokens.scope, S("read write"));
	EXPECT_STR(facts_of(w, mem, a.tokens.access).aud, STOCK);
	EXPECT_INT(refused(w, mem, API, STOCK), R_RESOURCE_RULES);
	EXPECT_INT(refused(w, mem, API, S("https://c.example")), R_RESOURCE_RULES);
	resource_ids(w, mem, "web", S("https://api.example https://stock.example/v1"));
	EXPECT_INT(refused(w, mem, STR_ABSENT, STR_ABSENT), R_RESOURCE_RULES);
	resource_ids(w, mem, "web", API);
	c = asking(w, mem, STR_ABSENT, STR_ABSENT);                     /* nothing is named, and there is one */
	EXPECT_INT(token_endpoint(&c).tokens.expires_in_s, 60);
	c = asking(w, mem, API, STR_ABSENT);
	call_set(&c, P_SCOPE, S("write"));
	EXPECT_INT(token_endpoint(&c).why, R_RESOURCE_SCOPE);
	world_free(w);
}

/* A signed token at an issuer whose own are opaque, and which of the two a text is. */
TEST(a_signed_token_of_an_opaque_issuer)
{
	struct resource_server all[] = { server(API) };
	struct world *w = world_new();
	struct call c;
	struct jwt t;

	all[0].shape = S("jwt");
	registered(w, all, 1);
	c = asking(w, mem, API, STR_ABSENT);
	EXPECT(jwt_verify(mem, &w->ring, token_endpoint(&c).tokens.access, &t));
	EXPECT_STR(json_member_str(t.claims, "aud"), API);
	c = asking(w, mem, API, STR_ABSENT);
	EXPECT_STR(facts_of(w, mem, token_endpoint(&c).tokens.access).aud, API);
	c = asking(w, mem, STR_ABSENT, STR_ABSENT);
	EXPECT_STR(facts_of(w, mem, token_endpoint(&c).tokens.access).aud, S("https://id.example"));
	world_free(w);
}

TEST(the_strictest_life_counts)
{
	struct resource_server all[] = { server(API), server(STOCK) };
	struct world *w = signing_world();
	struct call c;

	all[0].access_ttl_s = 600;
	all[1].access_ttl_s = 90;
	registered(w, all, 2);
	c = asking(w, mem, API, STOCK);
	EXPECT_INT(token_endpoint(&c).tokens.expires_in_s, 90);
	c = asking(w, mem, API, STR_ABSENT);
	EXPECT_INT(token_endpoint(&c).tokens.expires_in_s, 600);
	EXPECT_INT(realm_longest_access(w->realm, 60), 600);
	world_free(w);
}

/* A code for two, a token for one of them, a refresh for the other, nothing wider. */
TEST(a_grant_is_narrowed_each_time)
{
	struct resource_server all[] = { server(API), server(STOCK), server(S("https://c.example")) };
	struct world *w = signing_world();
	struct call c, r;
	struct answer a;
	struct str code, token;

	all[0].scopes = S("read");
	registered(w, all, 3);
	c = call_at(w, &w->modern, mem);
	c.session_cookie = world_login(w, &w->modern, mem);
	call_set(&c, P_CLIENT_ID, S("web"));
	call_set(&c, P_RESPONSE_TYPE, S("code"));
	call_set(&c, P_REDIRECT_URI, CB);
	call_set(&c, P_CODE_CHALLENGE, CHALLENGE);
	call_set(&c, P_CODE_CHALLENGE_METHOD, S("S256"));
	call_add(&c, P_RESOURCE, API);
	call_add(&c, P_RESOURCE, STOCK);
	a = authorize_endpoint(&c);
	NEED(a.kind == ANS_REDIRECT && a.redirect.kind == REDIRECT_CODE);
	code = a.redirect.code;
	r = call_at(w, &w->modern, mem);
	r.grant = &grant_authorization_code;
	call_basic(&r, S("web"), S("secret"));
	call_set(&r, P_GRANT_TYPE, S("authorization_code"));
	call_set(&r, P_CODE, code);
	call_set(&r, P_REDIRECT_URI, CB);
	call_set(&r, P_CODE_VERIFIER, VERIFIER);
	call_add(&r, P_RESOURCE, API);
	a = token_endpoint(&r);
	NEED(a.kind == ANS_TOKENS);
	EXPECT_STR(facts_of(w, mem, a.tokens.access).aud, API);
	EXPECT_STR(a.tokens.scope, S("read"));
	token = a.tokens.refresh;
	a = refresh(w, &w->modern, mem, S("web"), S("secret"), token);
	EXPECT_STR(facts_of(w, mem, a.tokens.access).aud, S("https://api.example https://stock.example/v1"));
	EXPECT_STR(a.tokens.scope, S("read write"));                    /* the family kept all of it */
	token = a.tokens.refresh;
	r = call_at(w, &w->modern, mem);
	r.grant = &grant_refresh_token;
	call_basic(&r, S("web"), S("secret"));
	call_set(&r, P_GRANT_TYPE, S("refresh_token"));
	call_set(&r, P_REFRESH_TOKEN, token);
	call_add(&r, P_RESOURCE, S("https://c.example"));
	EXPECT_INT(token_endpoint(&r).why, R_RESOURCE_WIDER);
	r.why = R_NONE;
	r.repeated = NULL;
	bits_put(r.given, P_RESOURCE, false);
	call_add(&r, P_RESOURCE, STOCK);
	a = token_endpoint(&r);
	NEED(a.kind == ANS_TOKENS);
	EXPECT_STR(facts_of(w, mem, a.tokens.access).aud, STOCK);
	world_free(w);
}

/* The operator changes it while a request is on its way: a token by the rules of now, and none where it is disabled. */
TEST(a_resource_server_that_changes_meanwhile)
{
	struct resource_server all[] = { server(API) };
	struct world *w = signing_world();
	struct call c;

	registered(w, all, 1);
	EXPECT_INT(store_resource_server(w->store, mem, S("r"), API, &all[0]), FOUND);
	all[0].access_ttl_s = 7;
	put(w, OP_RESOURCE_SET, &all[0]);
	c = asking(w, mem, API, STR_ABSENT);                            /* by the snapshot of before */
	EXPECT_INT(token_endpoint(&c).tokens.expires_in_s, 7);
	EXPECT_INT(store_resource_server(w->store, mem, S("r"), API, &all[0]), FOUND);
	all[0].enabled = false;
	put(w, OP_RESOURCE_SET, &all[0]);
	c = asking(w, mem, API, STR_ABSENT);
	EXPECT_INT(token_endpoint(&c).why, R_RESOURCE_UNKNOWN);
	world_free(w);
}

TEST(what_may_be_signed_or_stored_is_known_to_the_lane)
{
	struct resource_server opaque = server(API), slow = server(STOCK);
	struct world *w = signing_world();
	struct call c = asking(w, mem, API, STR_ABSENT);

	EXPECT_INT(call_lane(&c, OE_TOKEN), LANE_INLINE);
	opaque.shape = S("opaque");
	registered(w, &opaque, 1);
	c = asking(w, mem, API, STR_ABSENT);
	EXPECT_INT(call_lane(&c, OE_TOKEN), LANE_WRITER);
	slow.signing_alg = S("RS256");
	registered(w, &slow, 1);
	EXPECT(realm_resource_needs(w->realm).algs == BIT(ALG_RS256));
	c = asking(w, mem, API, STR_ABSENT);
	EXPECT_INT(call_lane(&c, OE_TOKEN), LANE_SIGN);
	world_free(w);
}

struct meddler { struct store *store; struct resource_server row; int left; };

/* At the k-th use of the store the operator disables it. */
static void
disable_it(void *ctx)
{
	struct meddler *m = ctx;
	struct store_op op = { .kind = OP_RESOURCE_SET, .resource.row = &m->row };

	if (m->left < 0 || m->left-- > 0)
		return;
	m->row.enabled = false;
	EXPECT_INT(store_commit(m->store, &op, 1, NULL), STORE_DONE);
}

TEST(disabled_between_any_two_steps)
{
	static const char *const shapes[] = { "jwt", "opaque" };

	for (size_t i = 0; i < COUNT(shapes); i++)
		for (int k = 0, met = 1; met; k++) {
			struct resource_server all[] = { server(API) };
			struct world *w = signing_world();
			struct meddler m = { .store = w->store, .left = k };
			struct answer a;
			struct call c;

			all[0].shape = str_of(shapes[i]);
			registered(w, all, 1);
			EXPECT_INT(store_resource_server(w->store, mem, S("r"), API, &m.row), FOUND);
			c = asking(w, mem, API, STR_ABSENT);
			store_hook_set(w->store, disable_it, &m);
			a = token_endpoint(&c);
			store_hook_set(w->store, NULL, NULL);
			met = m.left < 0;
			EXPECT(met ? a.why == R_RESOURCE_UNKNOWN : a.kind == ANS_TOKENS);
			NEED(k < 100);
			world_free(w);
		}
}
