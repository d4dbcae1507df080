/* tests/unit/base/arena_test.c - memory of a request: ceiling, alignment, wiping, deferred calls. */
#include "../test.h"

TEST(allocations_are_zeroed_and_aligned)
{
	for (size_t n = 1; n < 3000; n += 7) {
		char *p = arena_alloc(mem, n);

		NEED(p != NULL);
		EXPECT_INT((uintptr_t)p % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < n; i++)
			if (p[i] != 0) {
				test_fail(__FILE__, __LINE__, "byte %zu of %zu is not zero", i, n);
				return;
			}
		memset(p, 0xA5, n);
	}
}

TEST(ceiling_is_exact)
{
	struct arena a;

	arena_init(&a, 100);
	EXPECT(arena_alloc(&a, 60) != NULL);
	EXPECT(!a.full);
	EXPECT(arena_alloc(&a, 41) == NULL);
	EXPECT(a.full);
	EXPECT(arena_alloc(&a, 40) != NULL);
	EXPECT(arena_alloc(&a, 0) != NULL);
	EXPECT(arena_alloc(&a, 1) == NULL);
	arena_reset(&a);
	EXPECT(!a.full && a.used == 0);
	EXPECT(arena_alloc(&a, 100) != NULL);
	arena_free(&a);
}

TEST(overflow_is_refused)
{
	struct arena a;

	arena_init(&a, SIZE_MAX);
	EXPECT(arena_calloc(&a, SIZE_MAX / 2, 3) == NULL);
	EXPECT(arena_alloc(&a, SIZE_MAX) == NULL);
	EXPECT(arena_alloc(&a, SIZE_MAX - 64) == NULL);
	EXPECT(a.full);
	arena_free(&a);
}

TEST(reset_wipes_and_keeps_the_first_block)
{
	struct arena a;
	char *p, *q;

	arena_init(&a, 1024 * 1024);
	p = arena_alloc(&a, 64);
	NEED(p != NULL);
	memset(p, 's', 64);
	memset(arena_alloc(&a, 100000), 's', 100000);
	memset(arena_alloc(&a, 7000), 's', 7000);
	arena_reset(&a);
	q = arena_alloc(&a, 64);
	EXPECT(q == p);
	for (int i = 0; i < 64; i++)
		EXPECT_INT(q[i], 0);
	arena_free(&a);
	EXPECT(a.head == NULL);
	EXPECT(arena_alloc(&a, 8) != NULL);
	arena_free(&a);
}

struct notes { char text[4]; size_t n; };
static void note_a(void *p) { struct notes *o = p; o->text[o->n++] = 'a'; }
static void note_b(void *p) { struct notes *o = p; o->text[o->n++] = 'b'; }

TEST(defers_run_newest_first_and_once)
{
	struct notes notes = { "", 0 };
	struct arena a;

	arena_init(&a, 4096);
	EXPECT(arena_defer(&a, note_a, &notes));
	EXPECT(arena_defer(&a, note_b, &notes));
	EXPECT_INT(notes.n, 0);
	arena_reset(&a);
	arena_reset(&a);
	arena_free(&a);
	EXPECT_STR(str_span(notes.text, notes.n), S("ba"));
}

TEST(defer_in_a_full_arena_runs_at_once)
{
	struct notes notes = { "", 0 };
	struct arena a;

	arena_init(&a, 8);
	EXPECT(!arena_defer(&a, note_a, &notes));
	EXPECT_INT(notes.n, 1);
	arena_free(&a);
	EXPECT_INT(notes.n, 1);
}

TEST(copies)
{
	struct arena a;

	EXPECT_STR(arena_dup(mem, S("x\0y")), S("x\0y"));
	EXPECT_STR(arena_dup(mem, S("")), S(""));
	EXPECT(!str_given(arena_dup(mem, STR_ABSENT)));
	EXPECT(strcmp(arena_z(mem, S("path")), "path") == 0);
	EXPECT(arena_z(mem, S("pa\0th")) == NULL);
	EXPECT(arena_z(mem, STR_ABSENT) == NULL);
	EXPECT_STR(ARENA_CAT(mem, S("a"), STR_ABSENT, S(""), S("bc")), S("abc"));
	EXPECT_STR(arena_printf(mem, "%s-%d", "n", 7), S("n-7"));
	EXPECT_INT(arena_printf(mem, "%1000d", 1).n, 1000);
	EXPECT_INT(arena_printf(mem, "%255d%s", 1, "x").n, 256);
	arena_init(&a, 3);
	EXPECT(!str_given(arena_dup(&a, S("abcd"))));
	EXPECT(!str_given(arena_printf(&a, "%s", "abcd")));
	EXPECT(!str_given(ARENA_CAT(&a, S("ab"), S("cd"))));
	EXPECT(arena_z(&a, S("abc")) == NULL);
	arena_free(&a);
}

TEST(grow_keeps_bytes_and_zeroes_the_rest)
{
	char *p = arena_alloc(mem, 10), *q, *r;

	memcpy(p, "0123456789", 10);
	q = arena_grow(mem, p, 10, 200);
	EXPECT(q == p);
	EXPECT(arena_alloc(mem, 1) != NULL);
	r = arena_grow(mem, q, 200, 5000);
	NEED(r != NULL && r != q);
	EXPECT_STR(str_span(r, 10), S("0123456789"));
	for (int i = 10; i < 5000; i++)
		if (r[i] != 0) {
			test_fail(__FILE__, __LINE__, "byte %d is not zero", i);
			return;
		}
	memset(r, 'x', 5000);
	EXPECT(arena_grow(mem, NULL, 0, 16) != NULL);
}
