/*
 * metrics/metrics_int.h - counters as they lie in memory. A block belongs to one thread, which
 * alone writes it; readers sum the blocks. Labels are interned, so a label is compared by its
 * pointer and lives as long as the metrics.
 */
#ifndef HUFU_METRICS_INT_H
#define HUFU_METRICS_INT_H

#include "metrics/metrics.h"

#include <pthread.h>
#include <stdatomic.h>

#define METRICS_NAMES 256                       /* issuers, endpoints, grants, reasons of refusals: beyond, "other" */
#define METRICS_SERIES 512                      /* combinations one thread tells apart */
#define METRICS_ENDPOINTS 48
#define METRICS_BUCKETS 14                      /* the last is +Inf */
#define METRICS_CLIENTS 256                     /* pairs of issuer and client with weak habits */
#define METRICS_REFUSALS 48

extern const int64_t metrics_bounds_us[METRICS_BUCKETS - 1];

struct series_key { const char *issuer, *endpoint, *grant; int status; enum reason why; };
struct series { struct series_key key; _Atomic uint64_t count; };               /* count 0: free */
struct histogram { _Atomic(const char *) endpoint; _Atomic uint64_t bucket[METRICS_BUCKETS], sum_us; };
struct metrics_block {
	struct metrics_block *next;
	pthread_t owner;
	struct series series[METRICS_SERIES];
	struct histogram duration[METRICS_ENDPOINTS];
	_Atomic uint64_t spilled;               /* requests for which no series was left */
};
/* name: issuer and client, each with its NUL. */
struct habit_count { _Atomic(char *) name; _Atomic uint64_t used[HABIT_COUNT]; };
struct refusal { _Atomic(const char *) why; _Atomic int status; _Atomic uint64_t count; };
struct metrics {
	uint64_t id;                            /* never reused: a thread's cached block is found by it */
	/* taken to add a name, a block, a client or a refusal; never to count */
	pthread_mutex_t lock;
	_Atomic(char *) names[2 * METRICS_NAMES];
	int n_names;
	_Atomic(struct metrics_block *) blocks;
	int n_clients;
	struct habit_count clients[2 * METRICS_CLIENTS + 1];    /* by hash; the last is "other" */
	struct refusal refusals[METRICS_REFUSALS + 1];          /* likewise */
};
#endif
