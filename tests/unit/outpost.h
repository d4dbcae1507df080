/*
 * tests/unit/outpost.h - an outbox whose issuers are what the test says, and a look at its rows.
 */
#ifndef HUFU_TEST_OUTPOST_H
#define HUFU_TEST_OUTPOST_H
#include <unistd.h>

#include "outbound/notice.h"
#include "outbound/sms.h"
#include "test.h"

struct outpost { struct outbox *box; struct store *store; char letter; _Atomic bool silent; struct outbox_issuer issuer; };

/* silent: nobody is at home, and whoever asks waits until the outpost is left. */
static inline void *
outpost_hold(void *ctx, struct str name, struct outbox_issuer *out)
{
	struct outpost *p = ctx;

	(void)name;
	while (p->silent)
		usleep(1000);
	*out = p->issuer;
	return p;
}

static inline void outpost_release(void *held) { (void)held; }

static inline struct outpost *
outpost_new(struct store *s, const struct outbox_kind *kind, int waiting_max)
{
	static const uint8_t key[32] = { 1, 2, 3 };
	struct outpost *p = calloc(1, sizeof *p);

	p->store = s;
	p->letter = kind->letter;
	p->box = outbox_new(&(struct outbox_setup){ .kind = kind, .store = s, .key = key,
	    .threads = 1, .waiting_max = waiting_max,
		.issuers = { outpost_hold, outpost_release, p } });
	return p;
}

static inline void
outpost_free(struct outpost *p)
{
	p->silent = false;
	outbox_free(p->box);
	free(p);
}

static inline int
outpost_rows(const struct outpost *p, struct arena *mem)
{
	struct outgoing rows[200];

	return store_outgoing(p->store, mem, p->letter, &(struct id16){ { 0 } }, 200, rows);
}

static inline struct outbox_counts
outpost_counts(const struct outpost *p)
{
	struct outbox_counts n;

	outbox_counts(p->box, &n);
	return n;
}
#endif
