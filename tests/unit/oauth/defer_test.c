/* Calls that wait for no commit: what they leave to the writer, when they must wait after all, and what a lost commit leads to. O2, O7. */
#include "store/store_int.h"
#include "world.h"

#define CB S("https://app.example/cb")

static struct call
asking(struct world *w, struct arena *mem, struct str client)
{
	struct call c = call_at(w, &w->modern, mem);

	c.session_cookie = world_login(w, &w->modern, mem);
	call_set(&c, P_CLIENT_ID, client);
	call_set(&c, P_RESPONSE_TYPE, S("code"));
	call_set(&c, P_REDIRECT_URI, CB);
	call_set(&c, P_SCOPE, S("read write"));
	call_set(&c, P_CODE_CHALLENGE, CHALLENGE);
	call_set(&c, P_CODE_CHALLENGE_METHOD, S("S256"));
	return c;
}

static struct call
redeeming(struct world *w, const struct issuer *i, struct arena *mem, struct str code)
{
	struct call c = call_at(w, i, mem);

	c.grant = &grant_authorization_code;
	call_basic(&c, S("web"), S("secret"));
	call_set(&c, P_GRANT_TYPE, S("authorization_code"));
	call_set(&c, P_CODE, code);
	call_set(&c, P_REDIRECT_URI, CB);
	call_set(&c, P_CODE_VERIFIER, VERIFIER);
	return c;
}

static struct call
refreshing(struct world *w, struct arena *mem, struct str token)
{
	struct call c = call_at(w, &w->modern, mem);

	c.grant = &grant_refresh_token;
	call_basic(&c, S("web"), S("secret"));
	call_set(&c, P_GRANT_TYPE, S("refresh_token"));
	call_set(&c, P_REFRESH_TOKEN, token);
	return c;
}

TEST(a_code_is_worth_nothing_before_its_commit)
{
	struct world *w = world_new();
	struct call c = asking(w, mem, S("web"));
	const struct store_op *ops;
	struct answer a;
	size_t n;

	EXPECT_INT(call_lane(&c, OE_AUTHORIZE), LANE_WRITER);
	NEED(authorize_begin(&c, &ops, &n, &a) == TOKEN_PREPARED);
	EXPECT_INT(a.redirect.kind, REDIRECT_CODE);
	EXPECT_INT(redeem(w, &w->modern, mem, S("web"), S("secret"), a.redirect.code, CB, VERIFIER).why, R_CODE_UNKNOWN);
	EXPECT_INT(store_commit(w->store, ops, n, NULL), STORE_DONE);
	EXPECT_INT(redeem(w, &w->modern, mem, S("web"), S("secret"), a.redirect.code, CB, VERIFIER).kind, ANS_TOKENS);
	world_free(w);
}

static struct call
pushing(struct world *w, struct arena *mem)
{
	struct call c = asking(w, mem, S("web"));

	w->strict.authorize.par_ttl_s = 60;
	call_basic(&c, S("web"), S("secret"));
	client_prove(&c);
	return c;
}

static struct answer
pushed_is_used(struct world *w, struct arena *mem, struct str uri)
{
	struct call c = call_at(w, &w->modern, mem);

	c.session_cookie = world_login(w, &w->modern, mem);
	call_set(&c, P_CLIENT_ID, S("web"));
	call_set(&c, P_REQUEST_URI, uri);
	return authorize_endpoint(&c);
}

TEST(a_pushed_request_is_worth_nothing_before_its_commit)
{
	struct world *w = world_new();
	struct call c = pushing(w, mem);
	const struct store_op *ops;
	struct answer a;
	size_t n;

	EXPECT_INT(call_lane(&c, OE_PAR), LANE_WRITER);
	NEED(pushed_begin(&c, &ops, &n, &a) == TOKEN_PREPARED);
	NEED(a.kind == ANS_PUSHED);
	EXPECT_INT(pushed_is_used(w, mem, a.pushed.uri).why, R_PUSHED_UNKNOWN);
	EXPECT_INT(store_commit(w->store, ops, n, NULL), STORE_DONE);
	EXPECT_INT(pushed_is_used(w, mem, a.pushed.uri).redirect.kind, REDIRECT_CODE);
	world_free(w);
}

/* Its assertion is in the same list, and is committed by itself where the request is refused. O7: a client that changed is proven again. */
TEST(a_pushed_request_and_its_assertion_are_one_commit)
{
	struct op_once once = { .digest = { { 7 } }, .expires_s = 0 };
	struct world *w = world_new();
	struct call c = pushing(w, mem), late = pushing(w, mem), bad = pushing(w, mem);
	const struct store_op *ops;
	struct answer a;
	size_t n, lost;

	once.now_s = c.now_s;
	once.expires_s = c.now_s + 60;
	c.evidence.once[c.evidence.n_once++].row = once;
	late.evidence = c.evidence;
	late.evidence.once[0].why = R_CLIENT_ASSERTION;
	NEED(pushed_begin(&c, &ops, &n, &a) == TOKEN_PREPARED);
	EXPECT_INT(store_once_used(w->store, &once.digest, c.now_s), NOT_FOUND);
	EXPECT_INT(store_commit(w->store, ops, n, NULL), STORE_DONE);
	EXPECT_INT(store_once_used(w->store, &once.digest, c.now_s), FOUND);
	NEED(pushed_begin(&late, &ops, &n, &a) == TOKEN_PREPARED);
	EXPECT_INT(store_commit(w->store, ops, n, &lost), STORE_LOST);
	EXPECT_INT(ops[lost].kind, OP_ONCE_USE);
	EXPECT_INT(pushed_endpoint(&late).why, R_CLIENT_ASSERTION);
	bad.evidence = c.evidence;
	bad.evidence.once[0].row.digest.b[0] = 8;
	call_set(&bad, P_SCOPE, S("nope"));
	EXPECT_INT(pushed_begin(&bad, &ops, &n, &a), TOKEN_RACES);
	EXPECT_INT(pushed_endpoint(&bad).why, R_SCOPE_UNKNOWN);
	EXPECT_INT(store_once_used(w->store, &bad.evidence.once[0].row.digest, c.now_s), FOUND);
	world_free(w);
}

TEST(a_push_of_a_client_whose_secret_has_changed_is_refused)
{
	struct world *w = world_new();
	struct call c = pushing(w, mem);
	struct client k;
	struct store_op op = { .kind = OP_CLIENT_SET, .client = &k };
	const struct store_op *ops;
	struct answer a;
	size_t n;

	NEED(pushed_begin(&c, &ops, &n, &a) == TOKEN_PREPARED);
	NEED(store_client(w->store, mem, S("r"), S("web"), &k) == FOUND);
	k.secret = S("{noop}another");
	EXPECT_INT(store_commit(w->store, &op, 1, NULL), STORE_DONE);
	EXPECT_INT(store_commit(w->store, ops, n, NULL), STORE_LOST);
	EXPECT_INT(pushed_endpoint(&c).why, R_CLIENT_SECRET);
	world_free(w);
}

TEST(a_question_of_consent_waits_for_its_row)
{
	struct world *w = world_new();
	struct call c = asking(w, mem, S("ask"));
	struct str session = c.session_cookie;
	const struct store_op *ops;
	struct answer a;
	struct pending p;
	struct dig32 digest;
	size_t n;

	NEED(authorize_begin(&c, &ops, &n, &a) == TOKEN_PREPARED);
	EXPECT_INT(a.kind, ANS_PAGE_CONSENT);
	digest = session_digest(&w->modern, session);
	EXPECT_INT(store_pending_of_session(w->store, mem, &digest, &p), NOT_FOUND);
	EXPECT_INT(store_commit(w->store, ops, n, NULL), STORE_DONE);
	EXPECT_INT(store_pending_of_session(w->store, mem, &digest, &p), FOUND);
	world_free(w);
}

TEST(what_needs_no_commit_is_answered)
{
	struct world *w = world_new();
	struct call c = asking(w, mem, S("web")), nobody = asking(w, mem, S("web"));
	const struct store_op *ops;
	struct answer a;
	size_t n;

	call_set(&c, P_SCOPE, S("nope"));
	EXPECT_INT(authorize_begin(&c, &ops, &n, &a), TOKEN_ANSWERED);
	EXPECT_INT(a.why, R_SCOPE_UNKNOWN);
	nobody.session_cookie = STR_ABSENT;
	EXPECT_INT(authorize_begin(&nobody, &ops, &n, &a), TOKEN_ANSWERED);
	EXPECT_INT(a.go.place, PLACE_LOGIN);
	world_free(w);
}

/* The session ends between the look and the commit: that is lost, and the second look asks for a login. */
TEST(a_session_that_ended_meanwhile_gives_no_code)
{
	struct world *w = world_new();
	struct call c = asking(w, mem, S("web"));
	struct session s = { .digest = session_digest(&w->modern, c.session_cookie) };
	const struct store_op *ops, end = { .kind = OP_SESSION_END, .session = &s };
	struct answer a;
	size_t n;

	NEED(authorize_begin(&c, &ops, &n, &a) == TOKEN_PREPARED);
	EXPECT_INT(store_commit(w->store, &end, 1, NULL), STORE_DONE);
	EXPECT_INT(store_commit(w->store, ops, n, NULL), STORE_LOST);
	a = authorize_endpoint(&c);
	EXPECT_INT(a.kind, ANS_GO);
	EXPECT_INT(a.go.place, PLACE_LOGIN);
	world_free(w);
}

/* The note that a session is in use is a commit that has to come first. */
TEST(a_session_to_be_noted_makes_the_call_wait)
{
	struct world *w = world_new();
	struct call c;
	const struct store_op *ops;
	struct answer a;
	size_t n;

	w->strict.session.idle_s = 600;
	c = asking(w, mem, S("web"));
	c.now_s += 120;
	c.now_ms += 120000;
	EXPECT_INT(authorize_begin(&c, &ops, &n, &a), TOKEN_RACES);
	EXPECT_INT(c.why, R_NONE);
	a = authorize_endpoint(&c);
	EXPECT_INT(a.redirect.kind, REDIRECT_CODE);
	world_free(w);
}

/* RFC 6749 4.1.2: a code used twice ends what it gave. That must be written before the answer leaves. */
TEST(a_replayed_code_makes_the_call_wait_and_ends_its_tokens)
{
	struct world *w = world_new();
	struct str code = world_code(w, &w->modern, mem, S("web"), CB, CHALLENGE);
	struct call first = redeeming(w, &w->modern, mem, code), second = redeeming(w, &w->modern, mem, code);
	const struct store_op *ops;
	struct token_work *x;
	struct answer a, b;
	size_t n;

	EXPECT_INT(call_lane(&first, OE_TOKEN), LANE_WRITER);
	NEED(token_begin(&first, &x, &ops, &n, &a) == TOKEN_PREPARED);
	a = token_end(&first, x, STORE_DONE);
	EXPECT_INT(store_commit(w->store, ops, n, NULL), STORE_DONE);
	EXPECT(is_active(w, &w->modern, mem, a.tokens.access));
	EXPECT_INT(token_begin(&second, &x, &ops, &n, &b), TOKEN_RACES);
	EXPECT(x == NULL);
	EXPECT_INT(second.why, R_NONE);
	EXPECT(is_active(w, &w->modern, mem, a.tokens.access));
	EXPECT_INT(token_endpoint(&second).why, R_CODE_REPLAYED);
	EXPECT(!is_active(w, &w->modern, mem, a.tokens.access));
	world_free(w);
}

/* Two calls hold the same code between look and commit: one gets tokens, the other ends them. */
TEST(two_calls_with_one_code_have_one_winner)
{
	struct world *w = world_new();
	struct str code = world_code(w, &w->modern, mem, S("web"), CB, CHALLENGE);
	struct call one = redeeming(w, &w->modern, mem, code), two = redeeming(w, &w->modern, mem, code);
	const struct store_op *ops, *others;
	struct token_work *x, *y;
	struct answer a, b;
	size_t n, m;

	NEED(token_begin(&one, &x, &ops, &n, &a) == TOKEN_PREPARED);
	NEED(token_begin(&two, &y, &others, &m, &b) == TOKEN_PREPARED);
	EXPECT_INT(store_commit(w->store, ops, n, NULL), STORE_DONE);
	EXPECT_INT(store_commit(w->store, others, m, NULL), STORE_LOST);
	EXPECT_INT(token_commit(&two, y).why, R_CODE_REPLAYED);
	a = token_end(&one, x, STORE_DONE);
	EXPECT(!is_active(w, &w->modern, mem, a.tokens.access));
	world_free(w);
}

TEST(a_replayed_refresh_token_makes_the_call_wait)
{
	struct world *w = world_new();
	struct str code = world_code(w, &w->modern, mem, S("web"), CB, CHALLENGE);
	struct answer a = redeem(w, &w->modern, mem, S("web"), S("secret"), code, CB, VERIFIER);
	struct call good = refreshing(w, mem, a.tokens.refresh), bad = refreshing(w, mem, a.tokens.refresh);
	const struct store_op *ops;
	struct token_work *x;
	struct answer b;
	size_t n;

	EXPECT_INT(call_lane(&good, OE_TOKEN), LANE_WRITER);
	NEED(token_begin(&good, &x, &ops, &n, &b) == TOKEN_PREPARED);
	EXPECT_INT(store_commit(w->store, ops, n, NULL), STORE_DONE);
	b = token_end(&good, x, STORE_DONE);
	EXPECT(is_active(w, &w->modern, mem, b.tokens.access));
	bad.now_ms += 3600 * 1000;
	EXPECT_INT(token_begin(&bad, &x, &ops, &n, &a), TOKEN_RACES);
	EXPECT(x == NULL);
	EXPECT_INT(token_endpoint(&bad).why, R_REFRESH_REPLAYED);
	EXPECT(!is_active(w, &w->modern, mem, b.tokens.access));
	world_free(w);
}

/* Where a failure burns the code, the burning is a commit too. */
TEST(a_code_that_burns_makes_the_call_wait)
{
	struct world *w = world_new();
	struct str code = world_code(w, &w->modern, mem, S("web"), CB, CHALLENGE);
	struct call c = redeeming(w, &w->modern, mem, code);
	const struct store_op *ops;
	struct token_work *x;
	struct answer a;
	size_t n;

	w->strict.grant.code_burns_on_failure = true;
	call_set(&c, P_CODE_VERIFIER, S("another-verifier-another-verifier-another-verifier"));
	EXPECT_INT(token_begin(&c, &x, &ops, &n, &a), TOKEN_RACES);
	EXPECT_INT(token_endpoint(&c).why, R_PKCE_WRONG);
	EXPECT_INT(redeem(w, &w->modern, mem, S("web"), S("secret"), code, CB, VERIFIER).kind, ANS_FAULT);
	world_free(w);
}

/* Two codes of a user at an issuer with one living token: that race is lost often, so it is not left to the writer. */
TEST(the_one_living_token_is_made_where_one_may_wait)
{
	struct world *w = world_new();
	struct call c = redeeming(w, &w->legacy, mem, S("whatever"));

	w->old.token.live_is_returned = true;
	EXPECT_INT(call_lane(&c, OE_TOKEN), LANE_COMMIT);
	w->old.token.live_is_returned = false;
	EXPECT_INT(call_lane(&c, OE_TOKEN), LANE_WRITER);
	world_free(w);
}
