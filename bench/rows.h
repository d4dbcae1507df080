/*
 * bench/rows.h - the rows that a bare program commits: statements with numbered parameters, one row of each for a token.
 *
 *   ?1 a fresh 16-byte id in time order   ?2 issuer   ?3 client   ?4 scope   ?5 now   ?6 ?7 now and an hour   ?8 32 random bytes
 */
#ifndef HUFU_BENCH_ROWS_H
#define HUFU_BENCH_ROWS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#define STATEMENTS_MAX 4

struct rows { sqlite3 *db; sqlite3_stmt *at[STATEMENTS_MAX]; int n; bool random; };

static void
rows_say(const struct rows *r, const char *sql)
{
	char *err = NULL;

	if (sqlite3_exec(r->db, sql, NULL, NULL, &err) != SQLITE_OK)
		fprintf(stderr, "%s: %s\n", sql, err), exit(1);
}

/* file: a store made by hufud; the log and its syncs are as the store has them. */
static void
rows_open(struct rows *r, const char *file, char **sql, int n)
{
	if (n > STATEMENTS_MAX || sqlite3_open(file, &r->db) != SQLITE_OK)
		fprintf(stderr, "cannot open %s\n", file), exit(1);
	rows_say(r, "PRAGMA journal_mode=WAL");
	rows_say(r, "PRAGMA synchronous=FULL");
	for (r->n = 0; r->n < n; r->n++)
		if (sqlite3_prepare_v2(r->db, sql[r->n], -1, &r->at[r->n], NULL) != SQLITE_OK)
			fprintf(stderr, "%s\n", sqlite3_errmsg(r->db)), exit(1);
		else
			r->random |= sqlite3_bind_parameter_count(r->at[r->n]) >= 8;
}

static void
rows_id(unsigned char id[16])
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

/* One token. A statement that does not use a parameter refuses it, which is as well. */
static void
rows_add(const struct rows *r)
{
	unsigned char id[16], random[32];
	sqlite3_int64 now = (sqlite3_int64)time(NULL);

	rows_id(id);
	if (r->random && getrandom(random, sizeof random, 0) != sizeof random)
		abort();
	for (int i = 0; i < r->n; i++) {
		sqlite3_stmt *s = r->at[i];

		sqlite3_bind_blob(s, 1, id, 16, SQLITE_TRANSIENT);
		sqlite3_bind_text(s, 2, "opaque", 6, SQLITE_TRANSIENT);
		sqlite3_bind_text(s, 3, "bench", 5, SQLITE_TRANSIENT);
		sqlite3_bind_text(s, 4, "read write", 10, SQLITE_TRANSIENT);
		sqlite3_bind_int64(s, 5, now);
		sqlite3_bind_int64(s, 6, now + 3600);
		sqlite3_bind_int64(s, 7, now + 3600);
		if (r->random)
			sqlite3_bind_blob(s, 8, random, sizeof random, SQLITE_TRANSIENT);
		if (sqlite3_step(s) != SQLITE_DONE)
			fprintf(stderr, "%s\n", sqlite3_errmsg(r->db)), exit(1);
		sqlite3_reset(s);
	}
}
#endif
