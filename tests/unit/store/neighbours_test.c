/*
 * tests/unit/store/neighbours_test.c - what an operation is about, and nothing else: beside each row stand others that differ in one part of
 * what the operation names, and stay as they were.
 */
#include "open.h"

/* All that belongs to a person or a client, n of everything. */
static void
belongings_add(struct store *s, int n, const struct id16 *user, struct str client)
{
	struct session a = suite_session(n);
	struct code k = suite_code(n);
	struct family f = suite_family(n);
	struct token t = suite_token(n), loose = suite_token(n + 1000);
	struct approval y = { .issuer = S("i"), .client = client, .user = *user, .scope = S("read") };

	a.user = k.auth.user = f.auth.user = t.auth.user = loose.auth.user = *user;
	k.auth.client = f.auth.client = t.auth.client = loose.auth.client = client;
	loose.family = (struct id16){ 0 };
	EXPECT_INT(DO(s, OP_SESSION_ADD, session, &a), STORE_DONE);
	EXPECT_INT(DO(s, OP_CODE_ADD, code, &k), STORE_DONE);
	EXPECT_INT(DO(s, OP_FAMILY_ADD, family, &f), STORE_DONE);
	EXPECT_INT(DO(s, OP_TOKEN_ADD, token, &t), STORE_DONE);
	EXPECT_INT(DO(s, OP_TOKEN_ADD, token, &loose), STORE_DONE);
	EXPECT_INT(DO(s, OP_APPROVAL_PUT, approval, &y), STORE_DONE);
}

/* How many of the six still live. */
static int
belongings(struct store *s, struct arena *mem, int n, const struct id16 *user, struct str client)
{
	struct dig32 digest = suite_dig(n);
	struct id16 id = suite_id(n), loose = suite_id(n + 1000);
	struct session a;
	struct code k;
	struct family f;
	struct token t;
	struct str scopes;

	return (store_session(s, mem, &digest, &a) == FOUND) + (store_code(s, mem, &digest, &k) == FOUND && k.state == CODE_FRESH)
		+ (store_family(s, mem, &id, &f) == FOUND && f.state == FAMILY_LIVE) + (store_token(s, mem, &id, &t) == FOUND)
		+ (store_token(s, mem, &loose, &t) == FOUND) + (store_approvals(s, mem, S("i"), user, client, 1, &scopes) == FOUND);
}

TEST(of_a_deleted_user)
{
	struct store *s = suite_open(mem);
	struct user u = suite_user(1), other = suite_user(2), namesake = suite_user(1), got;

	NEED(s);
	namesake.realm = S("elsewhere");
	EXPECT_INT(DO(s, OP_USER_PUT, user, &u), STORE_DONE);
	EXPECT_INT(DO(s, OP_USER_PUT, user, &other), STORE_DONE);
	EXPECT_INT(DO(s, OP_USER_PUT, user, &namesake), STORE_DONE);
	belongings_add(s, 1, &u.id, S("app"));
	belongings_add(s, 2, &other.id, S("app"));
	EXPECT_INT(DO(s, OP_USER_DELETE, ends.user, &u), STORE_DONE);
	EXPECT_INT(belongings(s, mem, 1, &u.id, S("app")), 0);
	EXPECT_INT(belongings(s, mem, 2, &other.id, S("app")), 6);
	EXPECT_INT(store_user_by_id(s, mem, u.realm, &u.id, &got), NOT_FOUND);
	EXPECT_INT(store_user_by_id(s, mem, other.realm, &other.id, &got), FOUND);
	EXPECT_INT(store_user_by_id(s, mem, namesake.realm, &namesake.id, &got), FOUND);
}

/* The consent stays with the user: only access ends. */
TEST(of_a_revoked_user)
{
	struct store *s = suite_open(mem);
	struct user u = suite_user(1), other = suite_user(2);

	NEED(s);
	EXPECT_INT(DO(s, OP_USER_PUT, user, &u), STORE_DONE);
	EXPECT_INT(DO(s, OP_USER_PUT, user, &other), STORE_DONE);
	belongings_add(s, 1, &u.id, S("app"));
	belongings_add(s, 2, &other.id, S("app"));
	EXPECT_INT(DO(s, OP_USER_REVOKE, ends.user, &u), STORE_DONE);
	EXPECT_INT(belongings(s, mem, 1, &u.id, S("app")), 1);
	EXPECT_INT(belongings(s, mem, 2, &other.id, S("app")), 6);
}

/* A session is of the user, not of the client. */
TEST(of_a_deleted_client)
{
	struct store *s = suite_open(mem);
	struct client c = suite_client(1), other = suite_client(2), namesake = suite_client(1), got;
	struct id16 user = suite_id(9);

	NEED(s);
	namesake.realm = S("elsewhere");
	EXPECT_INT(DO(s, OP_CLIENT_PUT, client, &c), STORE_DONE);
	EXPECT_INT(DO(s, OP_CLIENT_PUT, client, &other), STORE_DONE);
	EXPECT_INT(DO(s, OP_CLIENT_PUT, client, &namesake), STORE_DONE);
	belongings_add(s, 1, &user, c.id);
	belongings_add(s, 2, &user, other.id);
	EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_CLIENT_DELETE, .gone = { .client = &c } }), STORE_DONE);
	EXPECT_INT(belongings(s, mem, 1, &user, c.id), 1);
	EXPECT_INT(belongings(s, mem, 2, &user, other.id), 6);
	EXPECT_INT(store_client(s, mem, c.realm, c.id, &got), NOT_FOUND);
	EXPECT_INT(store_client(s, mem, other.realm, other.id, &got), FOUND);
	EXPECT_INT(store_client(s, mem, namesake.realm, namesake.id, &got), FOUND);
}

TEST(of_a_session)
{
	struct store *s = suite_open(mem);
	struct session a = suite_session(1), b = suite_session(2), got;

	NEED(s);
	EXPECT_INT(DO(s, OP_SESSION_ADD, session, &a), STORE_DONE);
	EXPECT_INT(DO(s, OP_SESSION_ADD, session, &b), STORE_DONE);
	a.seen_s = 500;
	EXPECT_INT(DO(s, OP_SESSION_TOUCH, session, &a), STORE_DONE);
	NEED(store_session(s, mem, &b.digest, &got) == FOUND);
	EXPECT_INT(got.seen_s, b.seen_s);
	NEED(store_session(s, mem, &a.digest, &got) == FOUND);
	EXPECT_INT(got.seen_s, 500);
	EXPECT_INT(DO(s, OP_SESSION_END, session, &a), STORE_DONE);
	EXPECT_INT(DO(s, OP_SESSION_TOUCH, session, &a), STORE_LOST);
	EXPECT_INT(store_session(s, mem, &b.digest, &got), FOUND);
	EXPECT_INT(DO(s, OP_SESSION_ADD, session, &a), STORE_DONE);
	EXPECT_INT(DO(s, OP_SESSIONS_END_USER, ends.user, &((const struct user){ .id = a.user })), STORE_DONE);
	EXPECT_INT(store_session(s, mem, &b.digest, &got), FOUND);
}

TEST(of_a_pending_request)
{
	struct store *s = suite_open(mem);
	struct pending a = suite_pending(1), same_session = suite_pending(2), other = suite_pending(3), got;

	NEED(s);
	same_session.session = a.session;
	EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_PENDING_ADD, .pending = { &a, false } }), STORE_DONE);
	EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_PENDING_ADD, .pending = { &same_session, false } }), STORE_DONE);
	EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_PENDING_ADD, .pending = { &other, false } }), STORE_DONE);
	EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_PENDING_TAKE, .pending = { &a, false } }), STORE_DONE);
	EXPECT_INT(store_pending(s, mem, &a.id, &got), NOT_FOUND);
	EXPECT_INT(store_pending(s, mem, &same_session.id, &got), FOUND);
	EXPECT_INT(store_pending(s, mem, &other.id, &got), FOUND);
}

TEST(of_a_code)
{
	struct store *s = suite_open(mem);
	struct code a = suite_code(1), b = suite_code(2), c = suite_code(3), got;

	NEED(s);
	EXPECT_INT(DO(s, OP_CODE_ADD, code, &a), STORE_DONE);
	EXPECT_INT(DO(s, OP_CODE_ADD, code, &b), STORE_DONE);
	EXPECT_INT(DO(s, OP_CODE_ADD, code, &c), STORE_DONE);
	a.family = suite_id(77);
	EXPECT_INT(DO(s, OP_CODE_SPEND, code, &a), STORE_DONE);
	EXPECT_INT(DO(s, OP_CODE_BURN, code, &b), STORE_DONE);
	NEED(store_code(s, mem, &a.digest, &got) == FOUND);
	EXPECT(got.state == CODE_SPENT && memcmp(&got.family, &a.family, 16) == 0);
	NEED(store_code(s, mem, &b.digest, &got) == FOUND);
	EXPECT_INT(got.state, CODE_BURNT);
	NEED(store_code(s, mem, &c.digest, &got) == FOUND);
	EXPECT_INT(got.state, CODE_FRESH);
}

TEST(of_a_family)
{
	struct store *s = suite_open(mem);
	struct family a = suite_family(1), b = suite_family(2), got;
	struct token t = suite_token(2), loose = suite_token(3), tgot;

	NEED(s);
	loose.family = (struct id16){ 0 };
	EXPECT_INT(DO(s, OP_FAMILY_ADD, family, &a), STORE_DONE);
	EXPECT_INT(DO(s, OP_FAMILY_ADD, family, &b), STORE_DONE);
	EXPECT_INT(DO(s, OP_TOKEN_ADD, token, &t), STORE_DONE);
	EXPECT_INT(DO(s, OP_TOKEN_ADD, token, &loose), STORE_DONE);
	a.rotated_ms = 12345;
	EXPECT_INT(DO(s, OP_FAMILY_ROTATE, family, &a), STORE_DONE);
	NEED(store_family(s, mem, &b.id, &got) == FOUND);
	EXPECT(got.generation == 0 && got.rotated_ms == 0);
	EXPECT_INT(DO(s, OP_FAMILY_REVOKE, family, &a), STORE_DONE);
	NEED(store_family(s, mem, &b.id, &got) == FOUND);
	EXPECT_INT(got.state, FAMILY_LIVE);
	EXPECT_INT(DO(s, OP_FAMILY_ALIVE, family, &a), STORE_LOST);
	EXPECT_INT(store_token(s, mem, &t.id, &tgot), FOUND);
	EXPECT_INT(store_token(s, mem, &loose.id, &tgot), FOUND);
	EXPECT_INT(DO(s, OP_TOKENS_DELETE_FAMILY, token, &(struct token){ .family = a.id }), STORE_DONE);
	EXPECT_INT(store_token(s, mem, &t.id, &tgot), FOUND);
}

/* Issuer, user, client: each alone makes another approval. */
TEST(of_an_approval)
{
	struct store *s = suite_open(mem);
	struct approval a = { .issuer = S("i"), .client = S("app"), .user = suite_id(1), .scope = S("read") }, one;
	struct str scopes;

	NEED(s);
	for (int n = 0; n < 4; n++) {
		one = a;
		one.issuer = n == 1 ? S("j") : a.issuer;
		one.client = n == 2 ? S("other") : a.client;
		one.user = n == 3 ? suite_id(2) : a.user;
		EXPECT_INT(DO(s, OP_APPROVAL_PUT, approval, &one), STORE_DONE);
	}
	EXPECT_INT(DO(s, OP_APPROVALS_DELETE, withdrawn, ((const struct withdrawn){ &a.user, a.issuer, a.client, STR_ABSENT })), STORE_DONE);
	EXPECT_INT(store_approvals(s, mem, a.issuer, &a.user, a.client, 1, &scopes), NOT_FOUND);
	EXPECT_INT(store_approvals(s, mem, S("j"), &a.user, a.client, 1, &scopes), FOUND);
	EXPECT_INT(store_approvals(s, mem, a.issuer, &a.user, S("other"), 1, &scopes), FOUND);
	EXPECT_INT(store_approvals(s, mem, a.issuer, &one.user, a.client, 1, &scopes), FOUND);
}

TEST(of_a_counter_of_failures)
{
	struct store *s = suite_open(mem);
	struct throttle t = { 'u', suite_dig(1), 6, 1000, 1001500 }, kind = t, key = t, got;

	NEED(s);
	kind.kind = 'a';
	kind.failures = 7;
	key.key = suite_dig(2);
	key.failures = 8;
	EXPECT_INT(DO(s, OP_THROTTLE_FAIL, throttle, &t), STORE_DONE);
	EXPECT_INT(store_throttle(s, key.kind, &key.key, &got), NOT_FOUND);
	EXPECT_INT(DO(s, OP_THROTTLE_FAIL, throttle, &kind), STORE_DONE);
	EXPECT_INT(DO(s, OP_THROTTLE_FAIL, throttle, &key), STORE_DONE);
	EXPECT_INT(DO(s, OP_THROTTLE_CLEAR, throttle, &t), STORE_DONE);
	EXPECT_INT(store_throttle(s, t.kind, &t.key, &got), NOT_FOUND);
	EXPECT(store_throttle(s, kind.kind, &kind.key, &got) == FOUND && got.failures == 7);
	EXPECT(store_throttle(s, key.kind, &key.key, &got) == FOUND && got.failures == 8);
}

/* What lives at one issuer for one user: not that of others, nor what is over to the second. */
TEST(of_the_scopes_that_live)
{
	struct store *s = suite_open(mem);
	struct id16 user = suite_id(1);
	struct str scopes;

	NEED(s);
	for (int n = 1; n <= 5; n++) {
		struct token t = suite_token(n);

		t.auth.issuer = n == 2 ? S("j") : S("i");
		t.auth.user = n == 3 ? suite_id(2) : user;
		t.auth.client = n == 4 ? S("other") : S("app");
		t.expires_s = n == 5 ? 50 : 100;
		t.auth.scope = n == 1 ? S("mine") : S("foreign");
		EXPECT_INT(DO(s, OP_TOKEN_ADD, token, &t), STORE_DONE);
	}
	NEED(store_live_scopes(s, mem, S("i"), &user, S("app"), 50, &scopes) == FOUND);
	EXPECT_STR(scopes, S("mine"));
}
