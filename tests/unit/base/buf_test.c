/* tests/unit/base/buf_test.c - output buffers: growth and the ceiling. */
#include "../test.h"

TEST(grows_to_its_ceiling_and_no_further)
{
	struct buf b;

	buf_init(&b, mem, 1000);
	for (int i = 0; i < 100; i++)
		buf_put(&b, S("0123456789"));
	EXPECT_INT(b.n, 1000);
	EXPECT(!b.full);
	buf_putc(&b, 'x');
	EXPECT(b.full);
	EXPECT_INT(b.n, 1000);
	EXPECT_STR(str_sub(buf_str(&b), 990, 10), S("0123456789"));
}

TEST(full_is_sticky)
{
	struct buf b;

	buf_init(&b, mem, 4);
	buf_put(&b, S("abcde"));
	buf_put(&b, S("a"));
	buf_putc(&b, 'a');
	buf_int(&b, 1);
	buf_printf(&b, "%d", 1);
	EXPECT(b.full);
	EXPECT_STR(buf_str(&b), S(""));
}

TEST(a_full_arena_makes_it_full)
{
	struct arena a;
	struct buf b;

	arena_init(&a, 300);
	buf_init(&b, &a, 100000);
	for (int i = 0; i < 50; i++)
		buf_put(&b, S("0123456789"));
	EXPECT(b.full);
	EXPECT(b.n <= 300);
	arena_free(&a);
}

TEST(numbers_and_formats)
{
	struct buf b;

	buf_init(&b, mem, 4096);
	buf_int(&b, 0);
	buf_putc(&b, ' ');
	buf_int(&b, INT64_MIN);
	buf_putc(&b, ' ');
	buf_int(&b, INT64_MAX);
	EXPECT_STR(buf_str(&b), S("0 -9223372036854775808 9223372036854775807"));
	buf_init(&b, mem, 4096);
	buf_printf(&b, "%.*s|%d|", STR_ARG(S("span")), 5);
	buf_printf(&b, "%600d", 1);
	EXPECT_INT(b.n, 607);
	EXPECT_STR(str_sub(buf_str(&b), 0, 7), S("span|5|"));
	EXPECT_INT(b.p[606], '1');
}

TEST(empty_buffer_is_empty_not_absent)
{
	struct buf b;

	buf_init(&b, mem, 0);
	EXPECT_STR(buf_str(&b), S(""));
	buf_put(&b, STR_ABSENT);
	EXPECT(!b.full);
	buf_putc(&b, 'x');
	EXPECT(b.full);
}
