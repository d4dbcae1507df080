/* What counts once (L16). */
#include "../test.h"
#include "login/once.h"

static enum once
at(struct once_book *b, int what, int64_t expires_s, int64_t now_s)
{
	struct dig32 d;
	char text[16];

	snprintf(text, sizeof text, "%d", what);
	SHA256(d.b, str_of(text));
	return once_use(b, &d, expires_s, now_s);
}

TEST(what_was_used_is_known_until_its_time_is_over)
{
	struct once_book *b = once_new(64);

	NEED(b != NULL);
	EXPECT_INT(at(b, 1, 100, 10), ONCE_FIRST);
	EXPECT_INT(at(b, 1, 100, 10), ONCE_AGAIN);
	EXPECT_INT(at(b, 2, 100, 10), ONCE_FIRST);
	EXPECT_INT(at(b, 1, 100, 99), ONCE_AGAIN);
	EXPECT_INT(at(b, 1, 200, 100), ONCE_FIRST);
	once_free(b);
	once_free(NULL);
}

/* L16: what cannot be remembered does not count; room comes back with time. */
TEST(a_full_book_lets_nothing_count)
{
	struct once_book *b = once_new(1);
	int first = 0, full = 0;

	NEED(b != NULL);
	for (int i = 0; i < 100; i++) {
		enum once r = at(b, i, 100, 10);

		first += r == ONCE_FIRST;
		full += r == ONCE_FULL;
		EXPECT(r == ONCE_FULL || at(b, i, 100, 10) == ONCE_AGAIN);
	}
	EXPECT(first == 16 && full == 84);
	EXPECT_INT(at(b, 99, 200, 100), ONCE_FIRST);
	once_free(b);
}
