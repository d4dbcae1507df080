/* tests/unit/http/turns_test.c - who is next, and who gives way (H7). */
#include "../test.h"
#include "http/turns.h"

struct item { struct waiting w; uint64_t share[TURN_LEVELS]; int nth; };

static struct item *
put3(struct turns *t, struct arena *mem, const uint64_t key[TURN_LEVELS], int nth, bool *in, struct item **out)
{
	struct item *i = arena_new(mem, struct item);
	struct waiting *gone = NULL;

	*i = (struct item){ .share = { key[0], key[1], key[2] }, .nth = nth };
	*in = turns_put(t, &i->w, i->share, &gone);
	*out = (struct item *)(void *)gone;
	return i;
}

static struct item *
put(struct turns *t, struct arena *mem, uint64_t share, uint64_t part, int nth, bool *in, struct item **out)
{
	return put3(t, mem, (const uint64_t[TURN_LEVELS]){ share, part, 1 }, nth, in, out);
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
	EXPECT_INT(t.root.n, 64);
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
		EXPECT(t.root.n <= 50 && t.root.n == in_n - out_n);
	}
	while (take(&t) != NULL)
		out_n++;
	EXPECT_INT(in_n, out_n);
	turns_free(&t);
}

/* A realm's storm comes from many networks and clients; a realm with one of each waits for one request of it. */
TEST(many_parts_are_one_share)
{
	struct turns t;
	struct item *out, *i;
	bool in;

	turns_init(&t, 100);
	for (uint64_t n = 0; n < 90; n++)
		put3(&t, mem, (const uint64_t[TURN_LEVELS]){ 1, n % 30, n }, (int)n, &in, &out);
	for (int n = 0; n < 3; n++)
		put(&t, mem, 2, 5, n, &in, &out);
	for (int n = 0; n < 6; n++) {
		NEED((i = take(&t)) != NULL);
		EXPECT_INT(i->share[0], n % 2 + 1);
		EXPECT_INT(i->nth, n / 2);
	}
	while (take(&t) != NULL)
		;
	turns_free(&t);
}

/* Full: whoever has most gives way, on each level by itself, and nobody of a realm with less. */
TEST(each_level_gives_way_by_itself)
{
	struct turns t;
	struct item *out;
	bool in;

	turns_init(&t, 12);
	for (int n = 0; n < 4; n++)
		put3(&t, mem, (const uint64_t[TURN_LEVELS]){ 1, 1, 1 }, n, &in, &out);
	for (int n = 0; n < 6; n++)             /* the largest part of all, but of the smaller share */
		put3(&t, mem, (const uint64_t[TURN_LEVELS]){ 2, 1, 1 }, n, &in, &out);
	for (uint64_t n = 2; n < 4; n++)
		put3(&t, mem, (const uint64_t[TURN_LEVELS]){ 1, n, 1 }, 10 + (int)n, &in, &out);
	put3(&t, mem, (const uint64_t[TURN_LEVELS]){ 1, 4, 1 }, 20, &in, &out);
	NEED(in && out != NULL);                /* equal shares: the newcomer's own makes room */
	EXPECT(out->share[0] == 1 && out->share[1] == 1 && out->nth == 3);
	put3(&t, mem, (const uint64_t[TURN_LEVELS]){ 1, 1, 2 }, 21, &in, &out);
	NEED(in && out != NULL);                /* its own part is the largest: the larger of that */
	EXPECT(out->share[1] == 1 && out->share[2] == 1 && out->nth == 2);
	put3(&t, mem, (const uint64_t[TURN_LEVELS]){ 3, 1, 1 }, 22, &in, &out);
	NEED(in && out != NULL);
	EXPECT_INT(t.root.n, 12);
	while (take(&t) != NULL)
		;
	turns_free(&t);
}

static int
length_of(const struct turn_list *l)
{
	struct turn *u;
	int n = 0;

	TAILQ_FOREACH(u, l, link)
		n++;
	return n;
}

/* As many turns as waited at a time are kept, and nothing more is allocated for the next ones. */
TEST(memory_is_bounded_and_used_again)
{
	struct turns t;
	struct item *out;
	struct turn_slab *slabs;
	bool in;

	turns_init(&t, 20);
	for (uint64_t n = 0; n < 200; n++)
		put3(&t, mem, (const uint64_t[TURN_LEVELS]){ n, n, n }, 0, &in, &out);
	EXPECT_INT(t.root.n, 20);
	while (take(&t) != NULL)
		;
	EXPECT_INT(length_of(&t.spare), 20 * TURN_LEVELS);
	slabs = t.slabs;
	for (uint64_t n = 0; n < 1000; n++) {
		put3(&t, mem, (const uint64_t[TURN_LEVELS]){ n % 7, n % 3, n }, 0, &in, &out);
		if (n % 3 == 0)
			take(&t);
	}
	EXPECT(t.slabs == slabs);
	while (take(&t) != NULL)
		;
	EXPECT_INT(length_of(&t.spare), 20 * TURN_LEVELS);
	turns_free(&t);
}

/* The order of the ranks against a count by hand, after each of many steps. */
static bool
ranks_are_right(const struct turn *of)
{
	const struct turn *u;
	int most = 0, last = 0, n = 0, sum = 0;
	const struct rank *r;

	TAILQ_FOREACH(u, &of->parts, link) {
		most = u->n > most ? u->n : most;
		sum += u->n;
		n++;
		if (u->rank == NULL || u->rank->n != u->n || !ranks_are_right(u))
			return false;
	}
	TAILQ_FOREACH(r, &of->ranks, link) {
		if (r->n <= last || TAILQ_EMPTY(&r->turns))
			return false;
		last = r->n;
		TAILQ_FOREACH(u, &r->turns, ranked)
			n--;
	}
	return n == 0 && most == last && (TAILQ_EMPTY(&of->parts) || sum == of->n);
}

TEST(the_longest_is_known_at_each_moment)
{
	struct turns t;
	struct item *out;
	uint32_t seed = 11;
	bool in;

	turns_init(&t, 40);
	for (int i = 0; i < 3000; i++) {
		seed = seed * 1664525 + 1013904223;
		if ((seed >> 16) % 5 < 2)
			take(&t);
		else
			put3(&t, mem, (const uint64_t[TURN_LEVELS]){ (seed >> 20) % 5, (seed >> 23) % 4, (seed >> 26) % 3 },
			    i, &in, &out);
		NEED(ranks_are_right(&t.root));
	}
	while (take(&t) != NULL)
		;
	turns_free(&t);
}
