/* tests/unit/login/throttle_test.c - how long one has to wait after how many failures. */
#include "../test.h"
#include "login/throttle_int.h"
#include "login_store.h"

#include <pthread.h>

#define NOW INT64_C(1700000000000)

static const struct throttle_rules rules = {
	.account_free = 5, .account_total = 5, .account_first_ms = 1000, .account_max_ms = 900000, .address_per_minute = 30, .code_per_minute = 30,
	.forget_s = 86400,
};

static int64_t
fail_at(struct store *s, const struct throttle_key *k, int64_t now_ms)
{
	return throttle_count(s, &rules, k, 1, now_ms) ? throttle_wait_ms(s, &rules, k, now_ms) : -1;
}

TEST(account_waits_double)
{
	static const int64_t want_s[] = { 0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900 };
	struct throttle_key k = throttle_account(S("r"), S("ann"));
	struct store *s = store_new(mem);
	int64_t now = NOW;

	NEED(s != NULL);
	for (size_t i = 0; i < COUNT(want_s); i++) {
		EXPECT_INT(fail_at(s, &k, now), want_s[i] * 1000);
		now += want_s[i] * 1000;
		EXPECT_INT(throttle_wait_ms(s, &rules, &k, now), 0);            /* L3: it always ends */
		if (want_s[i] > 0)
			EXPECT_INT(throttle_wait_ms(s, &rules, &k, now - 1), 1);
	}
	store_gone(s);
}

TEST(account_is_forgotten_after_a_day_without_failures)
{
	struct throttle_key k = throttle_account(S("r"), S("ann"));
	struct store *s = store_new(mem);
	int64_t day = rules.forget_s * 1000;

	NEED(s != NULL);
	for (int i = 0; i < 5; i++)
		EXPECT_INT(fail_at(s, &k, NOW + i * (day - 1)), 0);             /* a failure a day keeps the counter */
	EXPECT_INT(fail_at(s, &k, NOW + 5 * (day - 1)), 1000);
	EXPECT_INT(fail_at(s, &k, NOW + 6 * (day + 2000)), 0);                  /* and a day off ends it */
	store_gone(s);
}

TEST(survives_a_restart)
{
	struct throttle_key k = throttle_account(S("r"), S("ann"));
	struct store *s = store_new(mem);

	NEED(s != NULL);
	for (int i = 0; i < 7; i++)
		fail_at(s, &k, NOW);
	s = store_again(s, mem);
	NEED(s != NULL);
	EXPECT_INT(throttle_wait_ms(s, &rules, &k, NOW), 2000);
	EXPECT_INT(fail_at(s, &k, NOW + 2000), 4000);
	store_gone(s);
}

/* L3: a failure dated into the future, which a clock set right takes back, locks nobody. */
TEST(a_clock_set_back_locks_nobody)
{
	struct throttle_key u = throttle_account(S("r"), S("ann")), a = throttle_address(S("192.0.2.1"));
	struct store *s = store_new(mem);

	NEED(s != NULL);
	for (int i = 0; i < 40; i++) {
		fail_at(s, &u, NOW + INT64_C(86400000) * 365);
		fail_at(s, &a, NOW + INT64_C(86400000) * 365);
	}
	EXPECT_INT(throttle_wait_ms(s, &rules, &u, NOW), 0);
	EXPECT_INT(throttle_wait_ms(s, &rules, &a, NOW), 0);
	store_gone(s);
}

TEST(address_has_thirty_a_minute)
{
	struct throttle_key k = throttle_address(S("192.0.2.1")), other = throttle_address(S("192.0.2.2"));
	struct store *s = store_new(mem);

	NEED(s != NULL);
	for (int i = 0; i < 29; i++)
		EXPECT_INT(fail_at(s, &k, NOW + i * 1000), 0);
	EXPECT_INT(fail_at(s, &k, NOW + 29000), 31000);
	EXPECT_INT(throttle_wait_ms(s, &rules, &k, NOW + 59999), 1);
	EXPECT_INT(throttle_wait_ms(s, &rules, &k, NOW + 60000), 0);
	EXPECT_INT(throttle_wait_ms(s, &rules, &other, NOW + 30000), 0);
	EXPECT_INT(fail_at(s, &k, NOW + 60000), 0);                             /* a new minute */
	store_gone(s);
}

TEST(codes_have_their_own_limit)
{
	struct throttle_rules two = rules, none = rules;
	struct throttle_key k = throttle_client_codes(S("r"), S("app"), S("192.0.2.1")),
		other = throttle_client_codes(S("r2"), S("app"), S("192.0.2.1"));
	struct store *s = store_new(mem);

	NEED(s != NULL);
	two.code_per_minute = 2;
	none.code_per_minute = 0;
	EXPECT(throttle_count(s, &two, &k, 1, NOW) && throttle_count(s, &two, &k, 1, NOW));
	EXPECT_INT(throttle_wait_ms(s, &two, &k, NOW), 60000);
	EXPECT_INT(throttle_wait_ms(s, &two, &other, NOW), 0);
	EXPECT_INT(throttle_wait_ms(s, &none, &k, NOW), 0);                     /* 0: no limit */
	EXPECT(throttle_count(s, &none, &other, 1, NOW));
	EXPECT_INT(throttle_wait_ms(s, &two, &other, NOW), 0);
	store_gone(s);
}

TEST(codes_count_where_they_come_from)
{
	struct throttle_key a = throttle_client_codes(S("r"), S("app"), S("192.0.2.1")), b = throttle_client_codes(S("r"), S("app"), S("192.0.2.2"));
	struct throttle_key all = throttle_address_codes(S("192.0.2.1")), logins = throttle_address(S("192.0.2.1"));
	struct store *s = store_new(mem);

	NEED(s != NULL);
	for (int i = 0; i < 30; i++)
		fail_at(s, &a, NOW);
	EXPECT_INT(throttle_wait_ms(s, &rules, &a, NOW), 60000);
	EXPECT_INT(throttle_wait_ms(s, &rules, &b, NOW), 0);
	for (int i = 0; i < 30; i++)
		fail_at(s, &all, NOW);
	s = store_again(s, mem);                                                /* in the store, so a restart forgets nothing */
	NEED(s != NULL);
	EXPECT_INT(throttle_wait_ms(s, &rules, &a, NOW), 60000);
	EXPECT_INT(throttle_wait_ms(s, &rules, &all, NOW), 60000);
	EXPECT_INT(throttle_wait_ms(s, &rules, &logins, NOW), 0);               /* logins from there are counted apart */
	EXPECT(throttle_is_none(&(struct throttle_key[]){ throttle_address_codes(S("")) }[0]));
	store_gone(s);
}

static bool
same(struct throttle_key a, struct throttle_key b)
{
	return a.kind == b.kind && str_eq(dig_str(&a.digest), dig_str(&b.digest));
}

TEST(addresses_that_are_one)
{
	EXPECT(same(throttle_address(S("2001:db8:1:2:3:4:5:6")), throttle_address(S("2001:DB8:1:2::9"))));
	EXPECT(!same(throttle_address(S("2001:db8:1:2::1")), throttle_address(S("2001:db8:1:3::1"))));
	EXPECT(same(throttle_address(S("::ffff:192.0.2.1")), throttle_address(S("192.0.2.1"))));
	EXPECT(!same(throttle_address(S("::ffff:192.0.2.1")), throttle_address(S("::ffff:192.0.2.2"))));
	EXPECT(same(throttle_address(S("fe80::1%eth0")), throttle_address(S("fe80::2%eth1"))));
	EXPECT(!same(throttle_address(S("192.0.2.1")), throttle_address(S("192.0.2.2"))));
	EXPECT(!same(throttle_address(S("pipe")), throttle_address(S("other"))));
	EXPECT(throttle_is_none(&(struct throttle_key[]){ throttle_address(STR_ABSENT) }[0]));
	EXPECT(throttle_is_none(&(struct throttle_key[]){ throttle_address(S("")) }[0]));
}

TEST(names_that_are_one)
{
	char *a = arena_alloc(mem, 1000), *b = arena_alloc(mem, 1000);

	NEED(a != NULL && b != NULL);
	EXPECT(same(throttle_account(S("r"), S("Ann")), throttle_account(S("r"), S("aNN"))));
	EXPECT(!same(throttle_account(S("r"), S("ann")), throttle_account(S("r"), S("ann "))));
	EXPECT(!same(throttle_account(S("r"), S("ann")), throttle_account(S("R"), S("ann"))));
	EXPECT(!same(throttle_account(S("ra"), S("nn")), throttle_account(S("r"), S("ann"))));
	memset(a, 'a', 1000);
	memset(b, 'A', 1000);
	EXPECT(same(throttle_account(S("r"), str_span(a, 1000)), throttle_account(S("r"), str_span(b, 1000))));
	EXPECT(!same(throttle_account(S("r"), str_span(a, 1000)), throttle_account(S("r"), str_span(a, 999))));
}

TEST(an_unknown_address_is_not_counted)
{
	struct throttle_key k = throttle_address(STR_ABSENT);
	struct store *s = store_new(mem);

	NEED(s != NULL);
	for (int i = 0; i < 40; i++)
		EXPECT_INT(fail_at(s, &k, NOW), 0);
	store_gone(s);
}

TEST(failed_row_is_what_count_would_store)
{
	struct throttle_key k = throttle_account(S("r"), S("ann"));
	struct store *s = store_new(mem);
	struct throttle row;

	NEED(s != NULL);
	for (int i = 0; i < 6; i++) {
		throttle_failed(s, &rules, &k, NOW, &row);
		NEED(store_commit(s, &(struct store_op){ .kind = OP_THROTTLE_FAIL, .throttle = &row }, 1, NULL) == STORE_DONE);
	}
	EXPECT_INT(row.failures, 6);
	EXPECT_INT(throttle_wait_ms(s, &rules, &k, NOW), 1000);
	store_gone(s);
}

struct storm { struct store *s; struct throttle_key keys[2]; bool ok; };

static void *
storm_run(void *arg)
{
	struct storm *w = arg;

	w->ok = true;
	for (int i = 0; i < 20; i++)
		w->ok &= throttle_count(w->s, &rules, w->keys, 2, NOW);
	return NULL;
}

/* Failures that arrive together are all counted. */
TEST(a_storm_is_counted_in_full)
{
	struct throttle_key address = throttle_address(S("192.0.2.1"));
	struct store *s = store_new(mem);
	struct storm w[4];
	pthread_t t[4];
	struct throttle row;

	NEED(s != NULL);
	for (int i = 0; i < 4; i++) {
		w[i] = (struct storm){ s, { throttle_account(S("r"), arena_printf(mem, "user%d", i)), address }, false };
		NEED(pthread_create(&t[i], NULL, storm_run, &w[i]) == 0);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], NULL);
		EXPECT(w[i].ok);
	}
	EXPECT(store_throttle(s, 'a', &address.digest, &row) == FOUND);
	EXPECT_INT(row.failures, 80);
	store_gone(s);
}

/* --- tries that are counted before they are looked at ----------------------------------------- */

struct taker { struct store *s; const struct throttle_key *k; int taken; };

static void *
take_some(void *arg)
{
	struct taker *t = arg;
	int64_t wait_ms;

	for (int i = 0; i < 8; i++)
		t->taken += throttle_take(t->s, &rules, t->k, NOW, &wait_ms);
	return NULL;
}

/* Of many at once no more pass than one after the other: five, and the sixth, after which one has to wait. */
TEST(of_many_tries_at_once_few_are_looked_at)
{
	struct id16 id = { { 3 } };
	struct throttle_key k = throttle_factor(S("r"), &id, S("ann"), S("totp")), other = throttle_factor(S("r"), &id, S("ann"), S("recovery"));
	struct store *s = store_new(mem);
	struct taker takers[8];
	pthread_t threads[8];
	int64_t wait_ms;
	int taken = 0;

	NEED(s != NULL);
	for (size_t i = 0; i < COUNT(takers); i++) {
		takers[i] = (struct taker){ s, &k, 0 };
		pthread_create(&threads[i], NULL, take_some, &takers[i]);
	}
	for (size_t i = 0; i < COUNT(takers); i++) {
		pthread_join(threads[i], NULL);
		taken += takers[i].taken;
	}
	EXPECT_INT(taken, 6);
	EXPECT(!throttle_take(s, &rules, &k, NOW, &wait_ms) && wait_ms == 1000);
	EXPECT(throttle_take(s, &rules, &k, NOW + 1000, &wait_ms) && wait_ms == 0);
	EXPECT(!throttle_take(s, &rules, &k, NOW + 1000, &wait_ms) && wait_ms == 2000);
	EXPECT(throttle_take(s, &rules, &other, NOW, &wait_ms));
	store_gone(s);
}
