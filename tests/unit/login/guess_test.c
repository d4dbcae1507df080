/* tests/unit/login/guess_test.c - who waits for wrong client secrets, and who does not (G1, G2). */
#include "../test.h"
#include "login/guess.h"

#define NOW    INT64_C(1700000000000)
#define MINUTE INT64_C(60000)

static const struct throttle_rules rules = {
	.account_free = 5, .account_first_ms = 1000, .account_max_ms = 900000, .address_per_minute = 30, .code_per_minute = 30,
	.forget_s = 86400, .client_free = 10, .client_per_minute = 300,
};

static struct guesser
from(struct guess_book *b, const char *client, const char *address)
{
	return guesser_of(b, S("r"), str_of(client), str_of(address));
}

static int64_t
wait_of(struct guess_book *b, const char *client, const char *address, int64_t now)
{
	struct guesser g = from(b, client, address);

	return guess_wait_ms(b, &rules, &g, now);
}

static int64_t
crowd_of(struct guess_book *b, const char *client, const char *address, int64_t now)
{
	struct guesser g = from(b, client, address);

	return guess_crowd_wait_ms(b, &rules, &g, now);
}

static void
wrong(struct guess_book *b, const char *client, const char *address, int n, int64_t now)
{
	struct guesser g = from(b, client, address);

	for (int i = 0; i < n; i++)
		guess_wrong(b, &rules, &g, now);
}

static void
right(struct guess_book *b, const char *client, const char *address)
{
	struct guesser g = from(b, client, address);

	guess_right(b, &g);
}

TEST(the_wait_of_a_pair_doubles_and_ends)
{
	static const int64_t want_s[] = { 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900 };
	struct guess_book *b = guess_book_new(64);
	int64_t now = NOW;

	NEED(b != NULL);
	wrong(b, "web", "192.0.2.1", 10, now);
	EXPECT_INT(wait_of(b, "web", "192.0.2.1", now), 0);
	for (size_t i = 0; i < COUNT(want_s); i++) {
		wrong(b, "web", "192.0.2.1", 1, now);
		EXPECT_INT(wait_of(b, "web", "192.0.2.1", now), want_s[i] * 1000);
		now += want_s[i] * 1000;
		EXPECT_INT(wait_of(b, "web", "192.0.2.1", now - 1), 1);
		EXPECT_INT(wait_of(b, "web", "192.0.2.1", now), 0);     /* L3: it always ends */
	}
	EXPECT_INT(wait_of(b, "web", "192.0.2.2", NOW + 500), 0);       /* G1 */
	EXPECT_INT(wait_of(b, "app", "192.0.2.1", now + MINUTE), 0);
	guess_book_free(b);
}

TEST(a_right_secret_ends_the_wait_but_not_the_count_of_the_minute)
{
	struct guess_book *b = guess_book_new(64);

	NEED(b != NULL);
	for (int i = 0; i < 3; i++) {
		EXPECT_INT(wait_of(b, "web", "192.0.2.1", NOW), 0);
		wrong(b, "web", "192.0.2.1", 10, NOW);
		right(b, "web", "192.0.2.1");
	}
	EXPECT_INT(wait_of(b, "web", "192.0.2.1", NOW), MINUTE);         /* whoever shares the address has had 30 guesses */
	EXPECT_INT(wait_of(b, "web", "192.0.2.1", NOW + MINUTE), 0);
	guess_book_free(b);
}

TEST(an_address_goes_through_clients_slowly_and_hinders_no_proven_one)
{
	struct guess_book *b = guess_book_new(1024);
	char client[16];

	NEED(b != NULL);
	right(b, "ours", "192.0.2.1");
	for (int i = 0; i < 30; i++) {
		snprintf(client, sizeof client, "c%d", i);
		EXPECT_INT(wait_of(b, client, "192.0.2.1", NOW), 0);
		wrong(b, client, "192.0.2.1", 1, NOW);
	}
	EXPECT_INT(wait_of(b, "c99", "192.0.2.1", NOW + 1), MINUTE - 1);
	EXPECT_INT(wait_of(b, "ours", "192.0.2.1", NOW + 1), 0);
	EXPECT_INT(wait_of(b, "c99", "2001:db8::1", NOW + 1), 0);
	guess_book_free(b);
}

/* Many addresses: what is verified is bounded; remembered secrets and addresses that have proven the client pass. */
TEST(a_crowd_is_bounded_and_stops_neither_remembered_secrets_nor_known_addresses)
{
	struct guess_book *b = guess_book_new(4096);
	char address[32];

	NEED(b != NULL);
	right(b, "web", "192.0.2.1");
	for (int i = 0; i < 300; i++) {
		snprintf(address, sizeof address, "2001:db8:0:%x::1", i);
		EXPECT_INT(crowd_of(b, "web", address, NOW), 0);
		wrong(b, "web", address, 1, NOW);
	}
	EXPECT_INT(crowd_of(b, "web", "198.51.100.7", NOW), MINUTE);
	EXPECT_INT(wait_of(b, "web", "198.51.100.7", NOW), 0);          /* G2: what a remembered secret is asked */
	EXPECT_INT(crowd_of(b, "web", "192.0.2.1", NOW), 0);
	EXPECT_INT(crowd_of(b, "app", "198.51.100.7", NOW), 0);
	EXPECT_INT(crowd_of(b, "web", "198.51.100.7", NOW + MINUTE), 0);
	guess_book_free(b);
}

TEST(failures_of_a_proven_address_do_not_count_for_the_crowd)
{
	struct throttle_rules two = rules;
	struct guess_book *b = guess_book_new(64);
	struct guesser ours, other;

	NEED(b != NULL);
	two.client_per_minute = 2;
	ours = from(b, "web", "192.0.2.1");
	other = from(b, "web", "192.0.2.9");
	guess_right(b, &ours);
	for (int i = 0; i < 5; i++)
		guess_wrong(b, &two, &ours, NOW);
	EXPECT_INT(guess_crowd_wait_ms(b, &two, &other, NOW), 0);
	guess_book_free(b);
}

TEST(a_clock_set_back_makes_no_client_wait)
{
	struct guess_book *b = guess_book_new(64);

	NEED(b != NULL);
	wrong(b, "web", "192.0.2.1", 40, NOW + INT64_C(86400000) * 365);
	EXPECT_INT(crowd_of(b, "web", "192.0.2.1", NOW), 0);
	guess_book_free(b);
}

TEST(an_unknown_address_counts_for_the_client_only)
{
	struct guess_book *b = guess_book_new(64);

	NEED(b != NULL);
	wrong(b, "web", "", 300, NOW);
	EXPECT_INT(wait_of(b, "web", "", NOW), 0);
	EXPECT_INT(crowd_of(b, "web", "", NOW), MINUTE);
	guess_book_free(b);
}

TEST(more_than_fit_never_break_it)
{
	struct guess_book *b = guess_book_new(1);
	char address[32];

	NEED(b != NULL);
	for (int i = 0; i < 5000; i++) {
		snprintf(address, sizeof address, "10.%d.%d.1", i / 250, i % 250);
		wrong(b, "web", address, 1, NOW + i);
		right(b, "web", address);
	}
	wrong(b, "web", "192.0.2.1", 11, NOW + 5000);
	EXPECT_INT(wait_of(b, "web", "192.0.2.1", NOW + 5000), 1000);
	guess_book_free(b);
}

TEST(texts_do_not_run_into_each_other)
{
	struct guess_book *b = guess_book_new(64);
	struct guesser x, y;
	char *text = arena_alloc(mem, 1000);

	NEED(b != NULL && text != NULL);
	memset(text, 'a', 1000);
	x = guesser_of(b, S("ra"), S("b"), S("192.0.2.1"));
	y = guesser_of(b, S("r"), S("ab"), S("192.0.2.1"));
	EXPECT(x.client != y.client && x.pair != y.pair && x.address == y.address);
	x = guesser_of(b, S("r"), str_span(text, 1000), S("192.0.2.1"));
	y = guesser_of(b, S("r"), str_span(text, 999), S("192.0.2.1"));
	EXPECT(x.client != y.client);
	x = guesser_of(b, S("r"), str_span(text, 112), S("192.0.2.1"));
	y = guesser_of(b, S("r"), str_span(text, 224), S("192.0.2.1"));
	EXPECT(x.client != y.client);
	guess_book_free(b);
}
