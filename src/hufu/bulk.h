/* hufu/bulk.h - work in many pieces: what hashes their secrets on all cores, and what ends it between two of them. */
#ifndef HUFU_BULK_H
#define HUFU_BULK_H

#include <signal.h>

#include "hufu/hufu_int.h"

/*
 * interrupts.c: between hold and release a signal that would end this program waits; at the release
 * it takes its effect. Threads that begin meanwhile hold it too.
 */
struct interrupts { sigset_t held, before; };
void interrupts_hold(struct interrupts *i);
bool interrupts_wait(const struct interrupts *i);       /* one has come */
void interrupts_release(const struct interrupts *i);
void ending_signals(sigset_t *set);

/*
 * hashing.c: clear passwords and secrets, each the member of a row, hashed on all cores. What takes
 * longer than a second is told on standard error: as it goes on a terminal, and its end everywhere.
 * False: already complained, also when a signal waits.
 */
struct hash_job { json_t *row; const char *member; char hash[256]; };
struct hash_jobs { struct hash_job *all; size_t n, room; };
/* The row is one of them when its member `name` is named in the answer's list. False: already complained. */
bool hash_jobs_add(struct cli *c, struct hash_jobs *jobs, const json_t *named, json_t *row, const char *name,
    const char *member);
bool hash_all(struct cli *c, struct hash_jobs *jobs, const struct interrupts *held);
#endif
