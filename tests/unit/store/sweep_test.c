/* tests/unit/store/sweep_test.c - what has expired goes, in slices; what has not, or never does, stays. */
#include "open.h"

static void
add_all(struct store *s, int n, int64_t expires_s)
{
	struct session a = suite_session(n);
	struct pending p = suite_pending(n);
	struct code c = suite_code(n);
	struct family f = suite_family(n);
	struct token t = suite_token(n);
	struct approval y = { .issuer = S("i"), .client = S("app"), .scope = S("read"), .user = suite_id(n), .expires_s = expires_s };
	struct store_op ops[] = {
		{ .kind = OP_SESSION_ADD, .session = &a }, { .kind = OP_PENDING_ADD, .pending = { &p, false } }, { .kind = OP_CODE_ADD, .code = &c },
		{ .kind = OP_FAMILY_ADD, .family = &f }, { .kind = OP_TOKEN_ADD, .token = &t }, { .kind = OP_APPROVAL_PUT, .approval = &y },
		{ .kind = OP_JTI_REVOKE, .jti = { suite_dig(n), expires_s } },
	};

	a.expires_s = p.expires_s = c.expires_s = f.expires_s = t.keep_s = expires_s;
	t.expires_s = 1;
	EXPECT_INT(store_commit(s, ops, COUNT(ops), NULL), STORE_DONE);
}

/* How many of the seven kinds are still there. */
static int
left(struct store *s, struct arena *mem, int n)
{
	struct session a; struct pending p; struct code c; struct family f; struct token t; struct str scopes;
	struct dig32 d = suite_dig(n);
	struct id16 id = suite_id(n);

	return (store_session(s, mem, &d, &a) == FOUND) + (store_pending(s, mem, &id, &p) == FOUND) + (store_code(s, mem, &d, &c) == FOUND)
		+ (store_family(s, mem, &id, &f) == FOUND) + (store_token(s, mem, &id, &t) == FOUND) + (store_jti_revoked(s, &d) == FOUND)
		+ (store_approvals(s, mem, S("i"), &id, S("app"), 1, &scopes) == FOUND);
}

TEST(expired_rows_go)
{
	struct store *s = suite_open(mem);

	NEED(s);
	add_all(s, 1, 100);
	add_all(s, 2, 300);
	add_all(s, 3, 0);
	EXPECT_INT(store_sweep(s, 100, 10, NULL), 0);
	EXPECT_INT(store_sweep(s, 200, 10, NULL), 7);
	EXPECT_INT(left(s, mem, 1), 0);
	EXPECT_INT(left(s, mem, 2), 7);
	EXPECT_INT(left(s, mem, 3), 7);
	EXPECT_INT(store_sweep(s, 200, 10, NULL), 0);
	EXPECT_INT(store_sweep(s, 1000000, 10, NULL), 7);
	EXPECT_INT(left(s, mem, 3), 7);
}

TEST(slices_are_bounded)
{
	struct store *s = suite_open(mem);
	int gone, slices = 0, all = 0;

	NEED(s);
	for (int n = 1; n <= 25; n++)
		add_all(s, n, n);
	for (; (gone = store_sweep(s, 1000, 10, NULL)) > 0; slices++, all += gone)
		EXPECT(gone <= 7 * 10);
	EXPECT_INT(slices, 3);
	EXPECT_INT(all, 25 * 7);
}

/* A failure counter outlives the wait it imposes by a day, then it is forgotten. */
TEST(throttles)
{
	struct store *s = suite_open(mem);
	struct throttle t = { 'u', suite_dig(1), 6, 1000, 2000 * 1000 }, got;

	NEED(s);
	EXPECT_INT(DO(s, OP_THROTTLE_FAIL, throttle, &t), STORE_DONE);
	EXPECT_INT(store_sweep(s, 2000 + 86400, 10, NULL), 0);
	EXPECT_INT(store_throttle(s, 'u', &t.key, &got), FOUND);
	EXPECT_INT(store_sweep(s, 2000 + 86401, 10, NULL), 1);
	EXPECT_INT(store_throttle(s, 'u', &t.key, &got), NOT_FOUND);
}
