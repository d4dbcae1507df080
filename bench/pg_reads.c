/*
 * bench/pg_reads.c - what point reads cost by themselves: libpq in pipeline mode, one prepared statement, 16 answers a sync, binary.
 *
 *   pg_reads CONNINFO SECONDS THREADS ROWS    rows read a second from the table that bench/engines.py makes
 */
#include <libpq-fe.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

#define DEPTH       16
#define THREADS_MAX 64
#define ID          16

static const char *conninfo;
static unsigned long rows;
static double until;

static _Noreturn void
give_up(PGconn *db)
{
	fprintf(stderr, "pg_reads: %s", PQerrorMessage(db));
	exit(1);
}

static void
ask(PGconn *db, unsigned *seed)
{
	unsigned char id[ID] = {0};
	const char *value = (const char *)id;
	unsigned long row = (unsigned long)rand_r(seed) % rows + 1;
	int size = ID, binary = 1;

	for (int i = ID - 1; row; row >>= 8)
		id[i--] = (unsigned char)row;
	if (!PQsendQueryPrepared(db, "read", 1, &value, &size, &binary, 1))
		give_up(db);
}

/* One sync's answers: how many rows came. */
static unsigned long
taken(PGconn *db)
{
	unsigned long n = 0;
	PGresult *r;

	for (int i = 0; i < DEPTH; i++)
		while ((r = PQgetResult(db))) {
			if (PQresultStatus(r) != PGRES_TUPLES_OK || PQntuples(r) != 1)
				give_up(db);
			n++;
			PQclear(r);
		}
	PQclear(PQgetResult(db));	/* of the sync */
	return n;
}

static void *
reads(void *arg)
{
	PGconn *db = PQconnectdb(conninfo);
	unsigned seed = (unsigned)(size_t)arg;
	unsigned long n = 0;

	if (PQstatus(db) != CONNECTION_OK)
		give_up(db);
	PQclear(PQprepare(db, "read", "SELECT client, scope, expires_s FROM bare WHERE id = $1", 0, NULL));
	if (!PQenterPipelineMode(db))
		give_up(db);
	while (now() < until) {
		for (int i = 0; i < DEPTH; i++)
			ask(db, &seed);
		if (!PQpipelineSync(db))
			give_up(db);
		n += taken(db);
	}
	PQfinish(db);
	return (void *)n;
}

int
main(int argc, char **argv)
{
	pthread_t id[THREADS_MAX];
	unsigned long n = 0;
	double from = now();
	void *got;

	if (argc != 5 || atoi(argv[3]) < 1 || atoi(argv[3]) > THREADS_MAX || (rows = strtoul(argv[4], NULL, 10)) == 0)
		return 2;
	conninfo = argv[1];
	until = from + strtod(argv[2], NULL);
	for (int i = 0; i < atoi(argv[3]); i++)
		pthread_create(&id[i], NULL, reads, (void *)(size_t)(i + 1));
	for (int i = 0; i < atoi(argv[3]); i++) {
		pthread_join(id[i], &got);
		n += (unsigned long)got;
	}
	printf("%.0f\n", (double)n / (now() - from));
	return 0;
}
