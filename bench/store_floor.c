/*
 * bench/store_floor.c - how many tokens a bare program commits durably a second into tables of the store's own making: one thread,
 * prepared INSERTs, groups of 64, WAL and synchronous=FULL, ids in time order.
 *
 *   store_floor FILE SECONDS INSERT...      FILE is a store made by hufud; parameters of the statements: see rows.h
 */
#include <time.h>

#include "rows.h"

#define GROUP 64

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int
main(int argc, char **argv)
{
	struct rows r = { 0 };
	double start, seconds;
	long tokens = 0;

	if (argc < 4)
		return fprintf(stderr, "usage: store_floor FILE SECONDS INSERT...\n"), 2;
	rows_open(&r, argv[1], argv + 3, argc - 3);
	seconds = atof(argv[2]);
	for (start = now(); now() - start < seconds; ) {
		rows_say(&r, "BEGIN IMMEDIATE");
		for (int i = 0; i < GROUP; i++, tokens++)
			rows_add(&r);
		rows_say(&r, "COMMIT");
	}
	printf("%.0f\n", (double)tokens / (now() - start));
	return 0;
}
