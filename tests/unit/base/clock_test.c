/* tests/unit/base/clock_test.c - the wall clock and its turning. */
#include "../test.h"

#include <time.h>

TEST(agrees_with_the_system)
{
	int64_t s = (int64_t)time(NULL);

	EXPECT(clock_now_s() >= s && clock_now_s() <= s + 2);
	EXPECT(clock_now_ms() / 1000 >= s && clock_now_ms() / 1000 <= s + 2);
}

TEST(turns_and_turns_back)
{
	int64_t before = clock_now_ms(), mono = clock_mono_us(), later;

	clock_turn_ms(3600 * 1000);
	later = clock_now_ms();
	EXPECT(later >= before + 3600 * 1000 && later < before + 3610 * 1000);
	clock_turn_ms(-3600 * 1000);
	EXPECT(clock_now_ms() < before + 10 * 1000);
	EXPECT(clock_mono_us() >= mono && clock_mono_us() < mono + 10 * 1000000);
}

TEST(a_period_ends_by_the_clock_that_is_turned_and_when_it_is_set_back)
{
	struct clock_due d = { 0 };

	EXPECT(clock_is_due(&d, 60000));
	EXPECT(!clock_is_due(&d, 60000));
	clock_turn_ms(59000);
	EXPECT(!clock_is_due(&d, 60000));
	clock_turn_ms(2000);
	EXPECT(clock_is_due(&d, 60000));
	clock_turn_ms(-365 * INT64_C(86400000));                /* nothing waits for a year */
	EXPECT(clock_is_due(&d, 60000));
	EXPECT(!clock_is_due(&d, 60000));
	d.mono_us -= 60 * 1000000;                              /* nor does a wall clock that stands still */
	EXPECT(clock_is_due(&d, 60000));
	clock_turn_ms(365 * INT64_C(86400000) - 61000);
}
