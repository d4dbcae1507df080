/* tests/unit/store/sqlite/power_test.c - S3 under a power cut: what was acknowledged is there after everything unsynced is gone. */
#include "cutvfs.h"
#include "store/store_int.h"
#include "../open.h"

#define WRITERS 4
#define STEPS   150
struct written { struct store *s; int steps, tokens[WRITERS], rotations[WRITERS], clients[WRITERS]; };

/* Rows of 40 kB, so that checkpoints come by while the test is short; other bytes each time, or no page would be written. */
static struct client
bulky(int index, int i)
{
	static _Thread_local char filler[40000];
	struct client c = suite_client(index);

	memset(filler, i, sizeof filler);
	c.info = str_span(filler, sizeof filler);
	c.updated_s = i;
	return c;
}

static struct token
token_of(int index, int i)
{
	struct token t = suite_token(1000 * (index + 1) + i);

	t.has_reuse = false;
	return t;
}

/* Until the power goes. What is counted was acknowledged. */
static void
write_on(void *arg, int index)
{
	struct written *w = arg;

	for (int i = 0; i < w->steps; i++) {
		struct token t = token_of(index, i);
		struct family f = suite_family(index);
		struct client c = bulky(index, i + 1);

		f.generation = i;
		if (DO(w->s, OP_TOKEN_ADD, token, &t) != STORE_DONE)
			return;
		w->tokens[index] = i + 1;
		if (i == 0 && DO(w->s, OP_FAMILY_ADD, family, &f) != STORE_DONE)
			return;
		if (DO(w->s, OP_FAMILY_ROTATE, family, &f) != STORE_DONE)
			return;
		w->rotations[index] = i + 1;
		if (DO(w->s, OP_CLIENT_PUT, client, &c) != STORE_DONE)
			return;
		w->clients[index] = i + 1;
	}
}

static int
missing_of(struct store *s, const struct written *w, int index)
{
	struct client c = suite_client(index), cgot = { 0 };
	struct family f = suite_family(index), fgot = { 0 };
	struct token tgot;
	struct arena mem;
	int missing = 0;

	arena_init(&mem, 32 << 20);
	for (int i = 0; i < w->tokens[index]; i++) {
		struct token t = token_of(index, i);

		missing += store_token_by_digest(s, &mem, &t.digest, &tgot) != FOUND;
	}
	if (w->rotations[index] > 0)
		missing += store_family(s, &mem, &f.id, &fgot) != FOUND || fgot.generation < w->rotations[index];
	if (w->clients[index] > 0)
		missing += store_client(s, &mem, c.realm, c.id, &cgot) != FOUND || cgot.updated_s < w->clients[index];
	arena_free(&mem);
	return missing;
}

struct life { long cut_after; unsigned seed; const char *tuning; int steps, acknowledged; };

/* Live, lose power, live again: how much of what was acknowledged is missing; -1: the store does not even open. */
static int
missing_after_cut(struct arena *mem, struct life *l)
{
	struct store_conf conf = { .path = suite_directory(mem), .vfs = CUTVFS };
	struct written w = { .steps = l->steps };
	struct str why = STR_ABSENT;
	int missing = 0;

	cutvfs_register();
	cutvfs_power_off_after(l->cut_after);
	w.s = store_open_with(&conf, mem, &why, l->tuning);
	if (w.s != NULL)
		suite_race(WRITERS, write_on, &w);
	if (l->cut_after == 0)
		cutvfs_power_off();
	store_close(w.s);
	cutvfs_power_on(l->seed);
	w.s = store_open(&conf, mem, &why);
	if (w.s == NULL)
		return -1;
	for (int i = 0; i < WRITERS; i++) {
		missing += missing_of(w.s, &w, i);
		l->acknowledged += w.tokens[i];
	}
	store_close(w.s);
	cutvfs_power_on(0);
	return missing;
}

/* The product's settings: nothing is missing, wherever the cut falls, whatever the disk keeps of the rest. */
TEST(nothing_acknowledged_is_lost)
{
	EMBEDDED_ONLY;
	int acknowledged = 0;

	suite_hush(mem);
	for (unsigned i = 0; i < 40; i++) {
		struct life l = { .cut_after = i == 0 ? 0 : 1 + (long)rand_below(i % 4 == 1 ? 120 : 20000), .seed = i % 2 * i, .steps = STEPS };
		int missing = missing_after_cut(mem, &l);

		if (missing != 0)
			test_fail(__FILE__, __LINE__, "cut after %ld, seed %u: %d missing", l.cut_after, l.seed, missing);
		acknowledged += l.acknowledged;
	}
	EXPECT(acknowledged > 1000);
}

/* The test can fail: without syncs, or with syncs at checkpoints only, acknowledged rows are gone. So few that no checkpoint comes by. */
TEST(without_sync_it_is_lost)
{
	EMBEDDED_ONLY;
	static const char *const loose[] = { "PRAGMA synchronous=OFF", "PRAGMA synchronous=NORMAL" };

	suite_hush(mem);
	for (size_t i = 0; i < COUNT(loose); i++) {
		struct life l = { .cut_after = 0, .seed = 0, .tuning = loose[i], .steps = 20 };

		EXPECT(missing_after_cut(mem, &l) != 0);
		cutvfs_power_on(0);
	}
}
