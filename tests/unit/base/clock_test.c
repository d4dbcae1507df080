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
