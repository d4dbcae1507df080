/*
 * login/outbox.h - a bounded queue of errands to other servers, and a few threads that run them: who hands one over goes on at once,
 * and a neighbour that hangs keeps nobody waiting but other errands of the same outbox.
 */
#ifndef HUFU_LOGIN_OUTBOX_H
#define HUFU_LOGIN_OUTBOX_H

#include "base/base.h"
#include "login/outbound.h"

/* How one went. AGAIN: put behind those that wait, and run a second time; from then on it counts as FAILED. */
enum errand_end { ERRAND_DONE, ERRAND_FAILED, ERRAND_AGAIN };
/* First member of what its maker allocates. Everything it needs lies in its own arena, for the configuration may be replaced meanwhile. */
struct errand { struct arena mem; struct errand *next; enum errand_end (*run)(struct errand *); bool again; };

/* size bytes, zeroed, that begin with the errand; its arena holds at most mem_max. NULL without memory. */
struct errand *errand_new(size_t size, size_t mem_max, enum errand_end (*run)(struct errand *));
void errand_free(struct errand *e);                                     /* wipes the arena */
void errand_keep_ask(struct errand *e, struct outbound_ask *a);         /* the spans of *a are copied into the errand's arena */

struct outbox;
struct outbox *outbox_new(int threads, int waiting_max);                /* NULL without memory; threads start with the first errand */
void outbox_free(struct outbox *o);                                     /* what waits is dropped, what is under way ends */
/* Hand one over, whole; returns at once. False: the queue is full or there is no thread; the errand is freed and never runs. */
bool outbox_put(struct outbox *o, struct errand *e);
struct outbox_counts { int64_t sent, failed, dropped; };
void outbox_counts(struct outbox *o, struct outbox_counts *out);
#endif
