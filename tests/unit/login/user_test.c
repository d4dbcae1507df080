/* tests/unit/login/user_test.c - name and password to user: L1, L2, L3, and what is written for it. */
#include "../test.h"
#include "login/guess.h"
#include "login/password_int.h"
#include "login_store.h"
#include "store/store_int.h"

/* The first wait is a minute here, so that a slow machine does not sit it out between two lines of a test. */
static const struct throttle_rules rules = {
	.account_free = 5, .account_first_ms = 60000, .account_max_ms = 900000, .address_per_minute = 30, .code_per_minute = 30,
	.forget_s = 86400,
};

static bool
user_put(struct store *s, struct str name, struct str password, bool enabled, bool locked)
{
	struct user u = { .realm = S("r"), .name = name, .password = password, .authorities = S("ROLE_USER"), .enabled = enabled,
		.locked = locked };

	rand_id(u.id.b);
	return store_commit(s, &(struct store_op){ .kind = OP_USER_PUT, .user = &u }, 1, NULL) == STORE_DONE;
}

static struct store *
store_of_people(struct arena *mem)
{
	struct store *s = store_new(mem);
	bool ok = s != NULL && user_put(s, S("ann"), password_hash(mem, S("right")), true, false)
	    && user_put(s, S("bob"), S("{noop}right"), true, false)
	    && user_put(s, S("disabled"), S("{noop}right"), false, false)
	    && user_put(s, S("locked"), S("{noop}right"), true, true)
	    && user_put(s, S("nopass"), S(""), true, false)
	    && user_put(s, S("empty"), S("{noop}"), true, false)
	    && user_put(s, S("alien"), S("{rot13}evtug"), true, false)
	    && user_put(s, S("bcrypt10"), S("{bcrypt}$2a$10$n4YJ4.LSW74EpLDU9QRSfO/7Od9kLK74AvGHgrcld4/EH400BFPWi"), true, false);

	if (!ok)
		store_gone(s);
	return ok ? s : NULL;
}

static struct login_try
a_try(struct str name, struct str password)
{
	return (struct login_try){ .realm = S("r"), .name = name, .password = password, .address = S("192.0.2.1") };
}

static enum login_result
try_it(struct arena *mem, struct store *s, struct str name, struct str password)
{
	struct login_try t = a_try(name, password);

	return login_password(mem, s, &rules, &t);
}

static int64_t
commits(struct store *s)
{
	struct store_stats stats;

	store_stats(s, &stats);
	return stats.commits;
}

TEST(right_and_wrong)
{
	struct store *s = store_of_people(mem);
	struct login_try t = a_try(S("ann"), S("right"));

	NEED(s != NULL);
	EXPECT_INT(login_password(mem, s, &rules, &t), LOGIN_OK);
	EXPECT_STR(t.user.name, S("ann"));
	EXPECT_STR(t.user.authorities, S("ROLE_USER"));
	EXPECT_INT(try_it(mem, s, S("ann"), S("wrong")), LOGIN_WRONG);
	EXPECT_INT(try_it(mem, s, S("nobody"), S("right")), LOGIN_WRONG);
	EXPECT_INT(try_it(mem, s, S("alien"), S("right")), LOGIN_WRONG);
	store_gone(s);
}

/* An empty secret makes a client public; it does not make a user one. */
TEST(an_empty_password_opens_nothing)
{
	struct store *s = store_of_people(mem);

	NEED(s != NULL);
	EXPECT_INT(try_it(mem, s, S("nopass"), S("")), LOGIN_WRONG);
	EXPECT_INT(try_it(mem, s, S("nopass"), STR_ABSENT), LOGIN_WRONG);
	EXPECT_INT(try_it(mem, s, S("nopass"), S("x")), LOGIN_WRONG);
	EXPECT_INT(try_it(mem, s, S("empty"), S("")), LOGIN_WRONG);
	store_gone(s);
}

/* L2 */
TEST(state_is_told_after_the_right_password_only)
{
	struct store *s = store_of_people(mem);

	NEED(s != NULL);
	EXPECT_INT(try_it(mem, s, S("disabled"), S("wrong")), LOGIN_WRONG);
	EXPECT_INT(try_it(mem, s, S("locked"), S("wrong")), LOGIN_WRONG);
	EXPECT_INT(try_it(mem, s, S("disabled"), S("right")), LOGIN_DISABLED);
	EXPECT_INT(try_it(mem, s, S("locked"), S("right")), LOGIN_LOCKED);
	store_gone(s);
}

/* L1, counted in hashes rather than in time; the second round after a dearer encoding than the default was met. */
TEST(everybody_wrong_costs_the_same)
{
	static const char *const names[] = { "nobody", "ann", "bob", "disabled", "locked", "nopass", "alien", "bcrypt10" };
	struct store *s = store_of_people(mem);

	NEED(s != NULL);
	try_it(mem, s, S("bcrypt10"), S("wrong"));
	for (size_t i = 0; i < COUNT(names); i++) {
		int64_t before = slot_spent_us(), spent, want = 52 << 10;

		EXPECT_INT(try_it(mem, s, str_of(names[i]), S("wrong")), LOGIN_WRONG);
		spent = slot_spent_us() - before;
		if (spent < want * 98 / 100 || spent > want * 102 / 100)
			test_fail(__FILE__, __LINE__, "%s costs %lld", names[i], (long long)spent);
	}
	store_gone(s);
}

/* L3, and that a name that does not exist waits like one that does (L1). */
static void
wait_and_see(struct arena *mem, struct str name, bool exists)
{
	struct store *s = store_of_people(mem);
	struct login_try t = a_try(name, S("right"));

	NEED(s != NULL);
	for (int i = 0; i < 6; i++)
		EXPECT_INT(try_it(mem, s, name, S("wrong")), LOGIN_WRONG);
	EXPECT_INT(login_password(mem, s, &rules, &t), LOGIN_WAIT);             /* the right one waits too */
	EXPECT(t.wait_ms > 0 && t.wait_ms <= 60000);
	EXPECT(!str_given(t.user.name));
	s = store_again(s, mem);                                                /* a restart forgives nothing */
	NEED(s != NULL);
	EXPECT_INT(login_password(mem, s, &rules, &t), LOGIN_WAIT);
	clock_turn_ms(60001);
	EXPECT_INT(try_it(mem, s, name, S("wrong")), LOGIN_WRONG);
	EXPECT_INT(login_password(mem, s, &rules, &t), LOGIN_WAIT);
	EXPECT(t.wait_ms > 60000 && t.wait_ms <= 120000);
	clock_turn_ms(120001);
	EXPECT_INT(login_password(mem, s, &rules, &t), exists ? LOGIN_OK : LOGIN_WRONG);
	for (int i = 0; i < 5; i++)                                             /* a right one starts the count anew */
		EXPECT_INT(try_it(mem, s, name, S("wrong")), exists ? LOGIN_WRONG : LOGIN_WAIT);
	store_gone(s);
}

TEST(known_user_waits) { wait_and_see(mem, S("bob"), true); }
TEST(unknown_user_waits) { wait_and_see(mem, S("nobody"), false); }

TEST(case_of_the_name_is_no_way_around)
{
	struct store *s = store_of_people(mem);

	NEED(s != NULL);
	for (int i = 0; i < 6; i++)
		EXPECT_INT(try_it(mem, s, i % 2 ? S("Bob") : S("bOB"), S("wrong")), LOGIN_WRONG);
	EXPECT_INT(try_it(mem, s, S("bob"), S("right")), LOGIN_WAIT);
	store_gone(s);
}

TEST(address_is_counted_over_all_accounts)
{
	struct store *s = store_of_people(mem);
	struct login_try other = a_try(S("bob"), S("right"));

	NEED(s != NULL);
	for (int i = 0; i < 30; i++)
		EXPECT_INT(try_it(mem, s, arena_printf(mem, "user%d", i), S("wrong")), LOGIN_WRONG);
	EXPECT_INT(try_it(mem, s, S("bob"), S("right")), LOGIN_WAIT);
	other.address = S("192.0.2.2");
	EXPECT_INT(login_password(mem, s, &rules, &other), LOGIN_OK);
	other.address = STR_ABSENT;
	EXPECT_INT(login_password(mem, s, &rules, &other), LOGIN_OK);
	clock_turn_ms(60000);
	EXPECT_INT(try_it(mem, s, S("bob"), S("right")), LOGIN_OK);
	store_gone(s);
}

/* One commit for a wrong password, none for a right one, one that clears after failures, none while waiting. */
TEST(what_is_written)
{
	struct store *s = store_of_people(mem);
	int64_t before;

	NEED(s != NULL);
	before = commits(s);
	EXPECT_INT(try_it(mem, s, S("bob"), S("right")), LOGIN_OK);
	EXPECT_INT(commits(s) - before, 0);
	EXPECT_INT(try_it(mem, s, S("bob"), S("wrong")), LOGIN_WRONG);
	EXPECT_INT(commits(s) - before, 1);
	EXPECT_INT(try_it(mem, s, S("bob"), S("right")), LOGIN_OK);
	EXPECT_INT(commits(s) - before, 2);
	EXPECT_INT(try_it(mem, s, S("bob"), S("right")), LOGIN_OK);
	EXPECT_INT(commits(s) - before, 2);
	for (int i = 0; i < 6; i++)
		EXPECT_INT(try_it(mem, s, S("nobody"), S("wrong")), LOGIN_WRONG);
	EXPECT_INT(try_it(mem, s, S("nobody"), S("wrong")), LOGIN_WAIT);
	EXPECT_INT(commits(s) - before, 8);
	store_gone(s);
}

TEST(rehash_when_asked)
{
	struct store *s = store_of_people(mem);
	struct login_try t = a_try(S("bob"), S("right"));
	struct user u;

	NEED(s != NULL);
	EXPECT_INT(login_password(mem, s, &rules, &t), LOGIN_OK);
	NEED(store_user_by_name(s, mem, S("r"), S("bob"), &u) == FOUND);
	EXPECT_STR(u.password, S("{noop}right"));                               /* not asked */
	t.rehash = true;
	EXPECT_INT(login_password(mem, s, &rules, &t), LOGIN_OK);
	NEED(store_user_by_name(s, mem, S("r"), S("bob"), &u) == FOUND);
	EXPECT(str_starts(u.password, S("{argon2}$argon2id$v=19$m=19456,t=2,p=1$")));
	EXPECT_STR(t.user.password, u.password);
	EXPECT_INT(login_password(mem, s, &rules, &t), LOGIN_OK);
	EXPECT_INT(try_it(mem, s, S("bob"), S("wrong")), LOGIN_WRONG);
	t = a_try(S("disabled"), S("right"));
	t.rehash = true;
	EXPECT_INT(login_password(mem, s, &rules, &t), LOGIN_DISABLED);
	NEED(store_user_by_name(s, mem, S("r"), S("disabled"), &u) == FOUND);
	EXPECT_STR(u.password, S("{noop}right"));
	store_gone(s);
}

/* The operator sets a password while a login has verified the old one: at its k-th step. */
struct reset { struct store *s; struct user bob; int left; };

static void
reset_once(void *ctx)
{
	struct reset *r = ctx;

	if (r->left-- != 0)
		return;
	r->bob.password = S("{noop}new");
	store_commit(r->s, &(struct store_op){ .kind = OP_USER_PUT, .user = &r->bob }, 1, NULL);
}

TEST(a_rehash_never_undoes_a_new_password)
{
	for (int k = 0; k < 12; k++) {
		struct store *s = store_of_people(mem);
		struct login_try t = a_try(S("bob"), S("right"));
		struct reset r = { .s = s, .left = k };

		NEED(s != NULL && store_user_by_name(s, mem, S("r"), S("bob"), &r.bob) == FOUND);
		t.rehash = true;
		store_hook_set(s, reset_once, &r);
		login_password(mem, s, &rules, &t);
		store_hook_set(s, NULL, NULL);
		if (r.left < 0) {
			EXPECT_INT(try_it(mem, s, S("bob"), S("new")), LOGIN_OK);
			EXPECT_INT(try_it(mem, s, S("bob"), S("right")), LOGIN_WRONG);
		}
		store_gone(s);
	}
}

TEST(other_realms_are_other_people)
{
	struct store *s = store_of_people(mem);
	struct login_try t = a_try(S("bob"), S("right"));

	NEED(s != NULL);
	t.realm = S("elsewhere");
	EXPECT_INT(login_password(mem, s, &rules, &t), LOGIN_WRONG);
	store_gone(s);
}

/* A failure that cannot be counted must not be a free guess. */
TEST(a_store_that_cannot_write)
{
	struct store *s = store_of_people(mem), *reader;
	struct store_conf conf = { .read_only = true };
	struct str why;

	NEED(s != NULL);
	conf.path = login_store_path();
	store_close(s);
	reader = store_open(&conf, mem, &why);
	NEED(reader != NULL);
	EXPECT_INT(try_it(mem, reader, S("bob"), S("right")), LOGIN_OK);
	EXPECT_INT(try_it(mem, reader, S("bob"), S("wrong")), LOGIN_TROUBLE);
	EXPECT_INT(try_it(mem, reader, S("nobody"), S("wrong")), LOGIN_TROUBLE);
	store_gone(reader);
}

/* --- L19 ----------------------------------------------------------------------------------------------------------------------- */

static const struct throttle_rules crowd = {
	.account_free = 5, .account_total = 50, .account_first_ms = 60000, .account_max_ms = 900000, .address_per_minute = 30, .code_per_minute = 30,
	.forget_s = 86400,
};

static enum login_result
try_from(struct arena *mem, struct store *s, struct guess_book *b, struct str name, struct str password, struct str address)
{
	struct login_try t = { .realm = S("r"), .name = name, .password = password, .address = address, .book = b };

	return login_password(mem, s, &crowd, &t);
}

TEST(a_stranger_waits_and_not_the_owner)
{
	struct guess_book *b = guess_book_new(64);
	struct store *s = store_of_people(mem);

	NEED(s != NULL && b != NULL);
	for (int i = 0; i < 6; i++)
		EXPECT_INT(try_from(mem, s, b, S("bob"), S("wrong"), S("192.0.2.66")), LOGIN_WRONG);
	EXPECT_INT(try_from(mem, s, b, S("bob"), S("right"), S("192.0.2.66")), LOGIN_WAIT);
	EXPECT_INT(try_from(mem, s, b, S("bob"), S("right"), S("192.0.2.1")), LOGIN_OK);
	EXPECT_INT(try_from(mem, s, b, S("bob"), S("right"), S("192.0.2.66")), LOGIN_WAIT);     /* another's login frees nobody */
	clock_turn_ms(60001);
	EXPECT_INT(try_from(mem, s, b, S("bob"), S("right"), S("192.0.2.66")), LOGIN_OK);
	store_gone(s);
	guess_book_free(b);
}

TEST(many_addresses_together_are_bounded_and_the_owner_goes_on)
{
	struct guess_book *b = guess_book_new(64);
	struct store *s = store_of_people(mem);
	int wrong = 0;

	NEED(s != NULL && b != NULL);
	EXPECT_INT(try_from(mem, s, b, S("bob"), S("right"), S("192.0.2.1")), LOGIN_OK);
	for (int i = 0; i < 200; i++) {
		struct str address = arena_printf(mem, "198.51.100.%d", i);

		wrong += try_from(mem, s, b, S("bob"), S("wrong"), address) == LOGIN_WRONG;
	}
	EXPECT_INT(wrong, 51);
	EXPECT_INT(try_from(mem, s, b, S("bob"), S("right"), S("203.0.113.9")), LOGIN_WAIT);
	EXPECT_INT(try_from(mem, s, b, S("bob"), S("right"), S("192.0.2.1")), LOGIN_OK);        /* and with it the count begins anew */
	EXPECT_INT(try_from(mem, s, b, S("bob"), S("right"), S("203.0.113.9")), LOGIN_OK);
	store_gone(s);
	guess_book_free(b);
}

/* One address adds ten and no more, however long it goes on. */
TEST(one_address_alone_never_makes_the_account_wait)
{
	struct store *s = store_of_people(mem);

	NEED(s != NULL);
	for (int i = 0; i < 80; i++) {
		EXPECT_INT(try_from(mem, s, NULL, S("bob"), S("wrong"), S("192.0.2.66")), LOGIN_WRONG);
		clock_turn_ms(900001);
	}
	EXPECT_INT(try_from(mem, s, NULL, S("bob"), S("right"), S("203.0.113.9")), LOGIN_OK);
	store_gone(s);
}

TEST(an_address_that_mostly_succeeds_goes_on)
{
	struct guess_book *b = guess_book_new(64);
	struct store *s = store_of_people(mem);

	NEED(s != NULL && b != NULL);
	for (int i = 0; i < 60; i++) {
		struct str name = arena_printf(mem, "person%d", i);

		NEED(user_put(s, name, S("{noop}right"), true, false));
		EXPECT_INT(try_from(mem, s, b, name, S("right"), S("192.0.2.7")), LOGIN_OK);
	}
	for (int i = 0; i < 40; i++)
		EXPECT_INT(try_from(mem, s, b, arena_printf(mem, "person%d", i), S("wrong"), S("192.0.2.7")), LOGIN_WRONG);
	EXPECT_INT(try_from(mem, s, b, S("person50"), S("right"), S("192.0.2.7")), LOGIN_OK);
	store_gone(s);
	guess_book_free(b);
}

/* Who has one account does not buy guesses at others with it. */
TEST(logging_in_again_and_again_buys_no_guesses)
{
	struct guess_book *b = guess_book_new(64);
	struct store *s = store_of_people(mem);
	int wrong = 0;

	NEED(s != NULL && b != NULL);
	for (int i = 0; i < 80; i++) {
		try_from(mem, s, b, S("bob"), S("right"), S("192.0.2.66"));
		wrong += try_from(mem, s, b, arena_printf(mem, "victim%d", i), S("wrong"), S("192.0.2.66")) == LOGIN_WRONG;
	}
	EXPECT_INT(wrong, 30);
	store_gone(s);
	guess_book_free(b);
}

/* A proxy that does not say for whom it speaks: accounts are counted, the proxy is not. */
TEST(an_address_that_is_not_known_stops_nobody)
{
	struct store *s = store_of_people(mem);

	NEED(s != NULL);
	for (int i = 0; i < 40; i++)
		EXPECT_INT(try_from(mem, s, NULL, arena_printf(mem, "person%d", i), S("wrong"), S("")), LOGIN_WRONG);
	EXPECT_INT(try_from(mem, s, NULL, S("bob"), S("right"), S("")), LOGIN_OK);
	for (int i = 0; i < 6; i++)
		EXPECT_INT(try_from(mem, s, NULL, S("bob"), S("wrong"), S("")), LOGIN_WRONG);
	EXPECT_INT(try_from(mem, s, NULL, S("bob"), S("right"), S("")), LOGIN_WAIT);
	store_gone(s);
}
