/*
 * bench/store_floor.c - how many rows a bare program commits durably a second into a table of the store's own making: one thread,
 * prepared INSERT, groups of 64, WAL and synchronous=FULL, ids in time order.
 *
 *   store_floor FILE SECONDS 'INSERT ... VALUES (?1, ...)'     FILE is a store made by hufud. ?1 is a fresh 16-byte id; ?2 to ?4 are
 *   texts, ?5 to ?7 times, as the columns of an opaque token need them.
 */
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
id_make(unsigned char id[16])
{
	struct timespec t;
	uint64_t ms;

	clock_gettime(CLOCK_REALTIME, &t);
	ms = (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
	for (int i = 0; i < 6; i++)
		id[i] = (unsigned char)(ms >> (40 - 8 * i));
	if (getrandom(id + 6, 10, 0) != 10)
		abort();
}

static void
run(sqlite3 *db, const char *sql)
{
	char *err = NULL;

	if (sqlite3_exec(db, sql, NULL, NULL, &err) != SQLITE_OK)
		fprintf(stderr, "%s: %s\n", sql, err), exit(1);
}

int
main(int argc, char **argv)
{
	sqlite3 *db;
	sqlite3_stmt *ins;
	double start, seconds;
	long rows = 0;

	if (argc != 4 || sqlite3_open(argv[1], &db) != SQLITE_OK)
		return fprintf(stderr, "usage: store_floor FILE SECONDS INSERT\n"), 2;
	run(db, "PRAGMA journal_mode=WAL");
	run(db, "PRAGMA synchronous=FULL");
	if (sqlite3_prepare_v2(db, argv[3], -1, &ins, NULL) != SQLITE_OK)
		return fprintf(stderr, "%s\n", sqlite3_errmsg(db)), 1;
	seconds = atof(argv[2]);
	for (start = now(); now() - start < seconds; ) {
		run(db, "BEGIN IMMEDIATE");
		for (int i = 0; i < 64; i++, rows++) {
			unsigned char id[16];

			id_make(id);
			sqlite3_bind_blob(ins, 1, id, 16, SQLITE_TRANSIENT);
			sqlite3_bind_text(ins, 2, "opaque", 6, SQLITE_TRANSIENT);
			sqlite3_bind_text(ins, 3, "bench", 5, SQLITE_TRANSIENT);
			sqlite3_bind_text(ins, 4, "read write", 10, SQLITE_TRANSIENT);
			sqlite3_bind_int64(ins, 5, (sqlite3_int64)time(NULL));
			sqlite3_bind_int64(ins, 6, (sqlite3_int64)time(NULL) + 3600);
			sqlite3_bind_int64(ins, 7, (sqlite3_int64)time(NULL) + 3600);
			if (sqlite3_step(ins) != SQLITE_DONE)
				return fprintf(stderr, "%s\n", sqlite3_errmsg(db)), 1;
			sqlite3_reset(ins);
		}
		run(db, "COMMIT");
	}
	printf("%.0f\n", (double)rows / (now() - start));
	sqlite3_finalize(ins);
	sqlite3_close(db);
	return 0;
}
