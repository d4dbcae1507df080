/* bench/clock.h - seconds of a clock that nobody sets, for the bare programs. */
#ifndef HUFU_BENCH_CLOCK_H
#define HUFU_BENCH_CLOCK_H

#include <time.h>

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

#endif
