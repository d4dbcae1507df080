/* tests/unit/base/bits_test.c - sets beyond one word: each number is by itself. */
#include "base/bits.h"
#include "../test.h"

#define SIZE 131

TEST(each_number_is_by_itself)
{
	uint64_t set[BITS_WORDS(SIZE)] = { 0 };

	EXPECT_INT(COUNT(set), 3);
	for (size_t i = 0; i < SIZE; i++) {
		bits_put(set, i, true);
		for (size_t k = 0; k < SIZE; k++)
			EXPECT(bits_have(set, k) == (k == i));
		bits_put(set, i, false);
	}
	EXPECT(set[0] == 0 && set[1] == 0 && set[2] == 0);
}

TEST(a_number_is_put_in_and_taken_out_as_often_as_one_likes)
{
	uint64_t set[BITS_WORDS(64)] = { 0 };

	EXPECT_INT(COUNT(set), 1);
	bits_put(set, 63, true);
	bits_put(set, 63, true);
	bits_put(set, 0, true);
	EXPECT(bits_have(set, 63) && bits_have(set, 0) && !bits_have(set, 62));
	bits_put(set, 63, false);
	bits_put(set, 63, false);
	EXPECT(!bits_have(set, 63) && bits_have(set, 0));
}
