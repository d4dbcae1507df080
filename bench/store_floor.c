/*
 * bench/store_floor.c - how many tokens a bare program commits durably a second into tables of the store's own making: one thread,
 * prepared INSERTs, groups of 64, WAL and synchronous=FULL, ids in time order.
 *
 *   store_floor FILE SECONDS INSERT...      FILE is a store made by hufud; parameters of the statements: see rows.h
 *
 * Prints tokens a second, and p99 and p99.9 of the time of one group in milliseconds.
 */
#include "clock.h"
#include "rows.h"

#define GROUP      64
#define GROUPS_MAX (4 * 1000 * 1000)

static int
by_length(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* One group in one transaction; how long it took. */
static double
group(const struct rows *r)
{
	double start = now();

	rows_say(r, "BEGIN IMMEDIATE");
	for (int i = 0; i < GROUP; i++)
		rows_add(r);
	rows_say(r, "COMMIT");
	return now() - start;
}

int
main(int argc, char **argv)
{
	struct rows r = { 0 };
	double start, seconds, *took = calloc(GROUPS_MAX, sizeof *took);
	size_t n = 0;

	if (argc < 4 || took == NULL)
		return fprintf(stderr, "usage: store_floor FILE SECONDS INSERT...\n"), 2;
	rows_open(&r, argv[1], argv + 3, argc - 3);
	seconds = atof(argv[2]);
	for (start = now(); now() - start < seconds && n < GROUPS_MAX; n++)
		took[n] = group(&r);
	printf("%.0f ", (double)n * GROUP / (now() - start));
	qsort(took, n, sizeof *took, by_length);
	printf("%.3f %.3f\n", took[n * 99 / 100] * 1e3, took[n * 999 / 1000] * 1e3);
	free(took);
	return 0;
}
