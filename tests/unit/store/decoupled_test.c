/* tests/unit/store/decoupled_test.c - requests whose user decides elsewhere: decided once, given once, found by both codes. */
#include "open.h"

static struct decoupled
request(int n, bool device)
{
	struct decoupled r = { .id = suite_id(n), .kind = device ? DECOUPLED_DEVICE : DECOUPLED_CIBA, .has_user_code = device,
		.auth = { .issuer = S("http://here"), .client = S("tv"), .scope = S("read"), .nonce = S("n") },
		.interval_s = 5, .issued_s = 1000, .expires_s = 2000, .address = S("192.0.2.1"), .agent = S("TV"),
		.message = S("W4SCT"), .notify = S("sealed") };

	r.digest.b[0] = r.user_code.b[0] = (uint8_t)n;
	return r;
}

static enum store_result
act(struct store *s, enum store_op_kind kind, const struct decoupled *row, int64_t was_ms, int64_t now_s)
{
	return suite_do(s, (struct store_op){ .kind = kind, .decoupled = { row, was_ms, now_s } });
}

TEST(a_request_is_found_by_each_of_its_names)
{
	struct store *s = suite_open(mem);
	struct decoupled a = request(1, true), b = request(2, false), got;

	EXPECT_INT(act(s, OP_DECOUPLED_ADD, &a, 0, 0), STORE_DONE);
	EXPECT_INT(act(s, OP_DECOUPLED_ADD, &b, 0, 0), STORE_DONE);
	NEED(store_decoupled(s, mem, &a.id, &got) == FOUND && store_decoupled_by_digest(s, mem, &a.digest, &got) == FOUND);
	EXPECT(got.kind == DECOUPLED_DEVICE && got.has_user_code && got.state == DECOUPLED_WAITS && got.interval_s == 5);
	EXPECT(got.issued_s == 1000 && got.expires_s == 2000 && got.polled_ms == 0);
	EXPECT_STR(got.auth.nonce, S("n"));
	EXPECT_STR(got.address, S("192.0.2.1"));
	EXPECT_STR(got.message, S("W4SCT"));
	EXPECT_STR(got.notify, S("sealed"));
	EXPECT_INT(store_decoupled_by_user_code(s, mem, &a.user_code, &got), FOUND);
	EXPECT_INT(store_decoupled_by_user_code(s, mem, &b.user_code, &got), NOT_FOUND);         /* it has none */
	a.id = suite_id(3);
	a.digest.b[0] = 9;
	EXPECT_INT(act(s, OP_DECOUPLED_ADD, &a, 0, 0), STORE_LOST);                              /* the user code is taken */
	EXPECT_INT(store_sweep(s, 2000 + 3600, 100, NULL), 0);
	EXPECT_INT(store_sweep(s, 2001 + 3600, 100, NULL), 2);
}

TEST(a_request_is_decided_once_and_given_once)
{
	struct store *s = suite_open(mem);
	struct decoupled a = request(1, true), now = a, got;

	EXPECT_INT(act(s, OP_DECOUPLED_ADD, &a, 0, 0), STORE_DONE);
	EXPECT_INT(act(s, OP_DECOUPLED_SPEND, &a, 0, 0), STORE_LOST);
	now.polled_ms = 1000000;
	now.interval_s = 10;
	EXPECT_INT(act(s, OP_DECOUPLED_POLL, &now, 7, 0), STORE_LOST);
	EXPECT_INT(act(s, OP_DECOUPLED_POLL, &now, 0, 0), STORE_DONE);
	EXPECT_INT(act(s, OP_DECOUPLED_POLL, &now, 0, 0), STORE_LOST);
	now.state = DECOUPLED_ALLOWED;
	now.auth.user = suite_user(1).id;
	now.auth.scope = S("less");
	EXPECT_INT(act(s, OP_DECOUPLED_DECIDE, &now, 0, 2000), STORE_LOST);                      /* too late */
	EXPECT_INT(act(s, OP_DECOUPLED_DECIDE, &now, 0, 1999), STORE_DONE);
	now.state = DECOUPLED_DENIED;
	EXPECT_INT(act(s, OP_DECOUPLED_DECIDE, &now, 0, 1999), STORE_LOST);
	EXPECT_INT(act(s, OP_DECOUPLED_POLL, &now, 1000000, 0), STORE_LOST);                     /* it waits no more */
	NEED(store_decoupled(s, mem, &a.id, &got) == FOUND);
	EXPECT(got.state == DECOUPLED_ALLOWED && got.interval_s == 10 && got.polled_ms == 1000000);
	EXPECT_STR(got.auth.scope, S("less"));
	EXPECT_INT(act(s, OP_DECOUPLED_SPEND, &a, 0, 0), STORE_DONE);
	EXPECT_INT(act(s, OP_DECOUPLED_SPEND, &a, 0, 0), STORE_LOST);
}

TEST(a_decision_is_told_once)
{
	struct store *s = suite_open(mem);
	struct decoupled a = request(1, false), b = request(2, false), rows[4];
	const struct decoupled_walk decided = { .decided = true };

	b.notify = STR_ABSENT;
	EXPECT_INT(act(s, OP_DECOUPLED_ADD, &a, 0, 0), STORE_DONE);
	EXPECT_INT(act(s, OP_DECOUPLED_ADD, &b, 0, 0), STORE_DONE);
	EXPECT_INT(act(s, OP_DECOUPLED_TELL, &a, 0, 0), STORE_LOST);
	EXPECT_INT(store_decoupled_waiting(s, mem, &decided, 4, rows), 0);
	a.state = b.state = DECOUPLED_DENIED;
	EXPECT_INT(act(s, OP_DECOUPLED_DECIDE, &a, 0, 1500), STORE_DONE);
	EXPECT_INT(act(s, OP_DECOUPLED_DECIDE, &b, 0, 1500), STORE_DONE);
	EXPECT_INT(store_decoupled_waiting(s, mem, &decided, 4, rows), 1);
	EXPECT_INT(act(s, OP_DECOUPLED_TELL, &a, 0, 0), STORE_DONE);
	EXPECT_INT(act(s, OP_DECOUPLED_TELL, &a, 0, 0), STORE_LOST);
	EXPECT_INT(store_decoupled_waiting(s, mem, &decided, 4, rows), 0);
}

TEST(what_waits_for_a_user_is_listed)
{
	struct store *s = suite_open(mem);
	struct decoupled a = request(1, false), b = request(2, false), c = request(3, true), rows[4], now;
	struct id16 alice = suite_user(1).id;

	a.auth.user = b.auth.user = alice;
	EXPECT_INT(act(s, OP_DECOUPLED_ADD, &a, 0, 0), STORE_DONE);
	EXPECT_INT(act(s, OP_DECOUPLED_ADD, &b, 0, 0), STORE_DONE);
	EXPECT_INT(act(s, OP_DECOUPLED_ADD, &c, 0, 0), STORE_DONE);
	EXPECT_INT(store_decoupled_waiting(s, mem, &(struct decoupled_walk){ .user = &alice }, 4, rows), 2);
	EXPECT_INT(store_decoupled_waiting(s, mem, &(struct decoupled_walk){ .user = &alice, .after = rows[0].id }, 4, rows), 1);
	EXPECT_INT(store_decoupled_waiting(s, mem, &(struct decoupled_walk){ .user = NULL }, 4, rows), 3);
	now = a;
	now.state = DECOUPLED_DENIED;
	EXPECT_INT(act(s, OP_DECOUPLED_DECIDE, &now, 0, 1500), STORE_DONE);
	EXPECT_INT(store_decoupled_waiting(s, mem, &(struct decoupled_walk){ .user = &alice }, 4, rows), 1);
}
