/* tests/unit/http/turns_test.c - who is next, and who gives way (H7). */
#include "../test.h"
#include "http/turns.h"

struct item { struct waiting w; uint64_t share[2]; int nth; };

static struct item *
put(struct turns *t, struct arena *mem, uint64_t share, uint64_t part, int nth, bool *in, struct item **out)
{
	struct item *i = arena_new(mem, struct item);
	struct waiting *gone = NULL;

	*i = (struct item){ .share = { share, part }, .nth = nth };
	*in = turns_put(t, &i->w, i->share, &gone);
	*out = (struct item *)(void *)gone;
	return i;
}

static struct item *
take(struct turns *t)
{
	return (struct item *)(void *)turns_take(t);
}

/* n of one share: how many got in; nobody had to go. */
static int
flood(struct turns *t, struct arena *mem, uint64_t share, uint64_t part, int n)
{
	struct item *out;
	int got = 0;
	bool in;

	for (int i = 0; i < n; i++) {
		put(t, mem, share, part, i, &in, &out);
		got += in;
		EXPECT(out == NULL);
	}
	return got;
}

TEST(shares_take_turns_and_each_keeps_its_order)
{
	static const int shares[] = { 1, 2, 3, 1, 2 }, nths[] = { 0, 0, 0, 1, 1 };
	struct turns t;
	struct item *i;
	int a = 0;

	turns_init(&t, 100);
	flood(&t, mem, 1, 1, 50);
	flood(&t, mem, 2, 1, 2);
	flood(&t, mem, 3, 1, 1);
	for (int n = 0; n < 5; n++) {
		i = take(&t);
		EXPECT_INT(i->share[0], shares[n]);
		EXPECT_INT(i->nth, nths[n]);
	}
	for (a = 2; (i = take(&t)) != NULL; a++)
		EXPECT_INT(i->nth, a);
	EXPECT_INT(a, 50);
	turns_free(&t);
}

TEST(parts_of_a_share_take_turns_too)
{
	struct turns t;

	turns_init(&t, 100);
	flood(&t, mem, 1, 7, 10);
	flood(&t, mem, 1, 8, 1);
	flood(&t, mem, 2, 7, 1);
	EXPECT_INT(take(&t)->share[1], 7);
	EXPECT_INT(take(&t)->share[0], 2);
	EXPECT_INT(take(&t)->share[1], 8);
	while (take(&t) != NULL)
		;
	turns_free(&t);
}

TEST(a_full_queue_makes_room_for_whoever_has_less)
{
	struct turns t;
	struct item *out;
	bool in;

	turns_init(&t, 64);
	EXPECT_INT(flood(&t, mem, 1, 1, 80), 64);               /* alone it may have everything, and no more */
	for (int i = 0; i < 32; i++) {
		put(&t, mem, 2, 2, i, &in, &out);
		if (i < 31) {
			NEED(in && out != NULL);
			EXPECT_INT(out->share[0], 1);
			EXPECT_INT(out->nth, 63 - i);           /* the newest goes */
		}
	}
	put(&t, mem, 2, 2, 99, &in, &out);
	EXPECT(!in && out == NULL);                             /* an equal share has no claim */
	put(&t, mem, 3, 3, 0, &in, &out);
	EXPECT(in && out != NULL);
	EXPECT_INT(t.n, 64);
	while (take(&t) != NULL)
		;
	turns_free(&t);
}

TEST(within_a_share_the_larger_part_gives_way)
{
	struct turns t;
	struct item *out;
	bool in;

	turns_init(&t, 10);
	EXPECT_INT(flood(&t, mem, 1, 1, 20), 10);
	put(&t, mem, 1, 2, 0, &in, &out);
	NEED(in && out != NULL);
	EXPECT_INT(out->share[1], 1);
	EXPECT_INT(out->nth, 9);
	EXPECT_INT(take(&t)->share[1], 1);
	EXPECT_INT(take(&t)->share[1], 2);
	while (take(&t) != NULL)
		;
	turns_free(&t);
}

TEST(nothing_may_wait)
{
	struct turns t;
	struct item *out;
	bool in;

	turns_init(&t, 0);
	put(&t, mem, 1, 1, 0, &in, &out);
	EXPECT(!in && out == NULL && take(&t) == NULL);
	turns_free(&t);
}

/* Many shares come and go: every item leaves once, by turn or by giving way. */
TEST(nobody_is_lost)
{
	struct turns t;
	struct item *out;
	int in_n = 0, out_n = 0;
	uint32_t seed = 7;
	bool in;

	turns_init(&t, 50);
	for (int i = 0; i < 20000; i++) {
		seed = seed * 1664525 + 1013904223;
		if ((seed >> 16) % 3 == 0) {
			out_n += take(&t) != NULL;
			continue;
		}
		put(&t, mem, (seed >> 20) % 40, (seed >> 26) % 5, i, &in, &out);
		in_n += in;
		out_n += out != NULL;
		EXPECT(t.n <= 50 && t.n == in_n - out_n);
	}
	while (take(&t) != NULL)
		out_n++;
	EXPECT_INT(in_n, out_n);
	turns_free(&t);
}
