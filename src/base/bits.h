/*
 * base/bits.h - sets of small numbers in an array of words, of any size: uint64_t
 * set[BITS_WORDS(N)], zero at first, holds 0 to N - 1.
 */
#ifndef HUFU_BITS_H
#define HUFU_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BITS_WORDS(n) (((n) + 63) / 64)

static inline bool
bits_have(const uint64_t *set, size_t i)
{
	return (set[i / 64] >> i % 64 & 1) != 0;
}

static inline void
bits_put(uint64_t *set, size_t i, bool in)
{
	uint64_t bit = UINT64_C(1) << i % 64;

	set[i / 64] = in ? set[i / 64] | bit : set[i / 64] & ~bit;
}
#endif
