/* What is given stands on rows: a list that gives something holds their guards. O7, S6. */
#include "store/store_int.h"
#include "world.h"

static const struct id16 somebody = { { 1 } };

/* One operation that gives something, behind these guards. */
static bool
guarded(struct store_op op, bool client, bool user, bool session)
{
	struct ops o = { .n = 0 };

	if (client)
		ops_add(&o, OP_CLIENT_STANDS);
	if (user)
		ops_add(&o, OP_USER_STANDS);
	if (session)
		ops_add(&o, OP_SESSION_ALIVE);
	*ops_add(&o, op.kind) = op;
	return ops_are_guarded(&o);
}

TEST(what_is_given_without_its_guards_is_refused)
{
	struct family of_user = { .auth.user = somebody }, of_client = { .generation = 0 };
	struct token token_of_user = { .auth.user = somebody }, token_of_client = { .issued_s = 0 };
	struct decoupled allowed = { .state = DECOUPLED_ALLOWED }, denied = { .state = DECOUPLED_DENIED };
	const struct { struct store_op op; bool client, user, session; } needs[] = {
		{ { .kind = OP_DECOUPLED_ADD, .decoupled.row = &denied }, true, false, false },
		{ { .kind = OP_DECOUPLED_DECIDE, .decoupled.row = &allowed }, true, true, true },
		{ { .kind = OP_DECOUPLED_DECIDE, .decoupled.row = &denied }, false, false, false },
		{ { .kind = OP_CODE_ADD }, true, true, true }, { { .kind = OP_CODE_GIVE }, true, true, false }, { { .kind = OP_PENDING_ADD }, true, true, true },
		{ { .kind = OP_APPROVAL_PUT }, true, true, true }, { { .kind = OP_APPROVALS_PUT }, true, true, true },
		{ { .kind = OP_FAMILY_ADD, .family = &of_user }, true, true, false }, { { .kind = OP_FAMILY_ADD, .family = &of_client }, true, false, false },
		{ { .kind = OP_FAMILY_ROTATE, .family = &of_user }, true, true, false },
		{ { .kind = OP_TOKEN_ADD, .token = &token_of_user }, true, true, false }, { { .kind = OP_TOKEN_ADD, .token = &token_of_client }, true, false, false },
		{ { .kind = OP_SESSION_ADD }, false, true, false }, { { .kind = OP_JTI_ADD }, true, false, false },
	};

	for (size_t i = 0; i < COUNT(needs); i++)
		for (int g = 0; g < 8; g++) {
			bool client = g & 1, user = g & 2, session = g & 4;
			bool enough = client >= needs[i].client && user >= needs[i].user && session >= needs[i].session;

			EXPECT_INT(guarded(needs[i].op, client, user, session), enough);
		}
	EXPECT(guarded((struct store_op){ .kind = OP_FAMILY_REVOKE }, false, false, false));    /* what ends something needs none */
}

/* --- a living token is made by another call meanwhile -------------------------------------------------------------------------------- */

struct other { struct world *w; struct arena *mem; struct call call; struct answer got; int left; bool busy; };

static struct call
implicit_call(struct world *w, struct arena *mem, struct str session)
{
	struct call c = call_at(w, &w->legacy, mem);

	c.session_cookie = session;
	call_set(&c, P_CLIENT_ID, S("web"));
	call_set(&c, P_RESPONSE_TYPE, S("token"));
	call_set(&c, P_REDIRECT_URI, S("https://app.example/cb"));
	return c;
}

static void
other_comes_first(void *ctx)
{
	struct other *o = ctx;

	if (o->busy || o->left-- != 0)
		return;
	o->busy = true;
	o->got = authorize_endpoint(&o->call);
}

TEST(two_implicit_requests_get_the_one_living_token)
{
	for (int k = 0; k < 12; k++) {
		struct world *w = world_new();
		struct str session = world_login(w, &w->legacy, mem);
		struct call c = implicit_call(w, mem, session);
		struct other o = { .w = w, .mem = mem, .call = implicit_call(w, mem, session), .left = k };
		struct answer a;

		store_hook_set(w->store, other_comes_first, &o);
		a = authorize_endpoint(&c);
		store_hook_set(w->store, NULL, NULL);
		EXPECT(a.kind == ANS_REDIRECT && a.redirect.kind == REDIRECT_TOKENS);
		EXPECT(is_active(w, &w->legacy, mem, a.tokens.access));
		if (o.busy)
			EXPECT_STR(o.got.tokens.access, a.tokens.access);
		world_free(w);
	}
}

/* --- a client that has changed -------------------------------------------------------------------------------------------------------- */

TEST(a_prepared_commit_that_loses_its_client_looks_again)
{
	static const struct { const char *secret; bool enabled, gone; enum reason why; } cases[] = {
		{ "{noop}secret", true, false, R_NONE }, { "{noop}another", true, false, R_CLIENT_SECRET }, { "{noop}secret", false, false, R_CLIENT_DISABLED },
		{ "", true, true, R_CLIENT_UNKNOWN },
	};

	/* once more with a proof that was kept, as the daemon does it */
	for (size_t j = 0; j < 2 * COUNT(cases); j++) {
		struct world *w = world_new();
		struct call c = call_at(w, &w->modern, mem);
		size_t i = j / 2;
		struct client k;
		struct store_op op = { .kind = OP_CLIENT_SET, .client = &k };
		const struct store_op *ops;
		struct token_work *x;
		struct answer a;
		size_t n, lost = 9;

		c.grant = &grant_client_credentials;
		call_basic(&c, S("web"), S("secret"));
		if (j % 2 == 1)
			client_prove(&c);
		EXPECT_INT(token_begin(&c, &x, &ops, &n, &a), TOKEN_PREPARED);
		NEED(store_client(w->store, mem, S("r"), S("web"), &k) == FOUND);
		k.secret = str_of(cases[i].secret);
		k.enabled = cases[i].enabled;
		if (cases[i].gone)
			op = (struct store_op){ .kind = OP_CLIENT_DELETE, .gone = { &k, S("") } };
		EXPECT_INT(store_commit(w->store, &op, 1, NULL), STORE_DONE);
		EXPECT_INT(store_commit(w->store, ops, n, &lost), STORE_LOST);
		EXPECT_INT(ops[lost].kind, OP_CLIENT_STANDS);
		a = token_commit(&c, x);
		EXPECT_INT(a.kind, cases[i].why == R_NONE ? ANS_TOKENS : ANS_FAULT);
		EXPECT_INT(c.why, cases[i].why);
		world_free(w);
	}
}
