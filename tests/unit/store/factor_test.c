/* tests/unit/store/factor_test.c - second factors and remembered devices: once by their counter, by one of all that ask. */
#include "open.h"

static struct factor
factor_of(int n, const char *kind)
{
	return (struct factor){ .id = suite_id(n), .realm = S("demo"), .user = suite_id(1), .kind = str_of(kind),
		.name = S("电话"), .data = S("sealed"), .counter = 7, .created_s = 5, .last_s = 6 };
}

static enum store_result
add(struct store *s, const struct user *u, const struct factor *rows, size_t n)
{
	return suite_do(s, (struct store_op){ .kind = OP_FACTORS_ADD, .factors = { .user = u, .rows = rows, .n = n } });
}

static int64_t
version_now(struct store *s, struct arena *mem, const struct user *u)
{
	struct user now = { .version = -1 };

	EXPECT_INT(store_user_by_id(s, mem, u->realm, &u->id, &now), FOUND);
	return now.version;
}

/* The version moves, so that a login which read before begins anew; and so it does when they go. */
TEST(factors_come_back_as_they_went_in)
{
	struct store *s = suite_open(mem);
	struct user u = suite_user(1);
	struct factor rows[] = { factor_of(1, "totp"), factor_of(2, "recovery") }, got[4];
	int64_t version;

	NEED(s);
	EXPECT_INT(DO(s, OP_USER_PUT, user, &u), STORE_DONE);
	version = version_now(s, mem, &u);
	EXPECT_INT(add(s, &u, rows, 2), STORE_DONE);
	EXPECT(version_now(s, mem, &u) != version);
	NEED(store_factors(s, mem, S("demo"), &u.id, 4, got) == 2);
	EXPECT(memcmp(&got[0].id, &rows[0].id, 16) == 0 && memcmp(&got[0].user, &u.id, 16) == 0);
	EXPECT_STR(got[0].kind, S("totp"));
	EXPECT_STR(got[0].name, S("电话"));
	EXPECT_STR(got[0].data, S("sealed"));
	EXPECT(got[0].counter == 7 && got[0].created_s == 5 && got[0].last_s == 6);
	EXPECT_STR(got[1].kind, S("recovery"));
	EXPECT_INT(store_factors(s, mem, S("demo"), &u.id, 1, got), 1);
	EXPECT_INT(store_factors(s, mem, S("other"), &u.id, 4, got), 0);
	EXPECT_INT(add(s, &u, rows, 1), STORE_LOST);
	version = version_now(s, mem, &u);
	EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_FACTORS_DROP, .factors = { .user = &u, .kind = S("totp") } }), STORE_DONE);
	EXPECT(version_now(s, mem, &u) != version);
	NEED(store_factors(s, mem, S("demo"), &u.id, 4, got) == 1);
	EXPECT_STR(got[0].kind, S("recovery"));
	EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_FACTORS_DROP, .factors = { .user = &u, .one = suite_id(9) } }), STORE_DONE);
	EXPECT_INT(store_factors(s, mem, S("demo"), &u.id, 4, got), 1);
	EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_FACTORS_DROP, .factors = { .user = &u, .one = suite_id(2) } }), STORE_DONE);
	EXPECT_INT(store_factors(s, mem, S("demo"), &u.id, 4, got), 0);
}

/* By its own user alone; nothing else of it changes, nor the user's version. */
TEST(a_factor_gets_another_name)
{
	struct store *s = suite_open(mem);
	struct user u = suite_user(1);
	struct factor row = factor_of(1, "passkey"), other = row, got[2];
	int64_t version;

	NEED(s);
	EXPECT_INT(DO(s, OP_USER_PUT, user, &u), STORE_DONE);
	EXPECT_INT(add(s, &u, &row, 1), STORE_DONE);
	version = version_now(s, mem, &u);
	other.name = S("key");
	other.data = S("other");
	EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_FACTOR_RENAME, .factor = { .row = &other } }), STORE_DONE);
	NEED(store_factors(s, mem, S("demo"), &u.id, 2, got) == 1);
	EXPECT_STR(got[0].name, S("key"));
	EXPECT_STR(got[0].data, S("sealed"));
	EXPECT_INT(version_now(s, mem, &u), version);
	other.user = suite_id(2);
	EXPECT_INT(suite_do(s, (struct store_op){ .kind = OP_FACTOR_RENAME, .factor = { .row = &other } }), STORE_LOST);
}

TEST(a_factor_is_used_once_by_its_counter_and_spent_once)
{
	struct store *s = suite_open(mem);
	struct user u = suite_user(1);
	struct factor row = factor_of(1, "totp"), got[2];
	struct store_op use = { .kind = OP_FACTOR_USE, .factor = { .row = &row, .was = 7 } };
	struct store_op spend = { .kind = OP_FACTOR_SPEND, .factor = { .row = &row } };

	NEED(s);
	EXPECT_INT(add(s, &u, &row, 1), STORE_DONE);
	row.counter = 9;
	row.last_s = 60;
	row.data = S("newer");
	EXPECT_INT(suite_do(s, use), STORE_DONE);
	EXPECT_INT(suite_do(s, use), STORE_LOST);
	NEED(store_factors(s, mem, S("demo"), &u.id, 2, got) == 1);
	EXPECT(got[0].counter == 9 && got[0].last_s == 60);
	EXPECT_STR(got[0].data, S("newer"));
	EXPECT_INT(suite_do(s, spend), STORE_DONE);
	EXPECT_INT(suite_do(s, spend), STORE_LOST);
	use.factor.was = 9;
	EXPECT_INT(suite_do(s, use), STORE_LOST);
}

static struct trusted_device
device_of(int digest, int user)
{
	return (struct trusted_device){ .digest = suite_dig(digest), .user = suite_id(user), .issuer = S("http://a"),
		.address = S("10.0.0.1"), .agent = S("Firefox"), .created_s = 5, .last_s = 6, .expires_s = 100 };
}

static enum store_result
device_do(struct store *s, enum store_op_kind kind, const struct trusted_device *row, struct dig32 was, int64_t now_s)
{
	return suite_do(s, (struct store_op){ .kind = kind, .device = { .row = row, .was = was, .now_s = now_s } });
}

TEST(a_device_stands_for_one_user_at_one_issuer_until_it_ends)
{
	struct store *s = suite_open(mem);
	struct trusted_device row = device_of(1, 1), other = device_of(1, 2), elsewhere, got, list[4];
	struct dig32 none = { { 0 } }, digest = suite_dig(1);

	NEED(s);
	EXPECT_INT(device_do(s, OP_DEVICE_ADD, &row, none, 0), STORE_DONE);
	EXPECT_INT(device_do(s, OP_DEVICE_ADD, &other, none, 0), STORE_DONE);
	NEED(store_device(s, mem, &digest, &row.user, &got) == FOUND);
	EXPECT_STR(got.issuer, S("http://a"));
	EXPECT_STR(got.address, S("10.0.0.1"));
	EXPECT_STR(got.agent, S("Firefox"));
	EXPECT(got.created_s == 5 && got.last_s == 6 && got.expires_s == 100);
	row.last_s = 50;
	row.agent = S("Chrome");
	EXPECT_INT(device_do(s, OP_DEVICE_USE, &row, none, 99), STORE_DONE);
	EXPECT_INT(device_do(s, OP_DEVICE_USE, &row, none, 100), STORE_LOST);
	elsewhere = row;
	elsewhere.issuer = S("http://b");
	EXPECT_INT(device_do(s, OP_DEVICE_USE, &elsewhere, none, 99), STORE_LOST);
	NEED(store_devices(s, mem, &row.user, 4, list) == 1);
	EXPECT(list[0].last_s == 50);
	EXPECT_STR(list[0].agent, S("Chrome"));
	/* the cookie gets another value: those of other users go with it */
	row = device_of(7, 1);
	EXPECT_INT(device_do(s, OP_DEVICES_MOVE, &row, suite_dig(1), 0), STORE_DONE);
	EXPECT_INT(store_device(s, mem, &digest, &other.user, &got), NOT_FOUND);
	EXPECT_INT(store_device(s, mem, &row.digest, &other.user, &got), FOUND);
	EXPECT_INT(store_device(s, mem, &digest, &row.user, &got), FOUND);
	row.digest = digest;
	EXPECT_INT(device_do(s, OP_DEVICE_END, &row, none, 0), STORE_DONE);
	EXPECT_INT(device_do(s, OP_DEVICE_END, &row, none, 0), STORE_LOST);
	other.issuer = S("http://b");
	EXPECT_INT(device_do(s, OP_DEVICES_END, &other, none, 0), STORE_DONE);
	EXPECT_INT(store_devices(s, mem, &other.user, 4, list), 1);
	other.issuer = STR_ABSENT;
	EXPECT_INT(device_do(s, OP_DEVICES_END, &other, none, 0), STORE_DONE);
	EXPECT_INT(store_devices(s, mem, &other.user, 4, list), 0);
}

TEST(devices_that_have_expired_go)
{
	struct store *s = suite_open(mem);
	struct trusted_device row = device_of(1, 1), got;
	struct dig32 none = { { 0 } };

	NEED(s);
	EXPECT_INT(device_do(s, OP_DEVICE_ADD, &row, none, 0), STORE_DONE);
	EXPECT_INT(store_sweep(s, 100, 10, NULL), 0);
	EXPECT_INT(store_sweep(s, 101, 10, NULL), 1);
	EXPECT_INT(store_device(s, mem, &row.digest, &row.user, &got), NOT_FOUND);
}
