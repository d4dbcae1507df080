/* tests/unit/store/sqlite/checkpoint_test.c - the log stays short however much is written, with readers at work all the time. */
#include <stdatomic.h>
#include <sys/stat.h>
#include "../open.h"

#define WRITERS 4
#define STEPS   300
struct flood { struct store *s; const char *log; _Atomic int done, wrong; _Atomic int64_t longest; };

static void
note_length(struct flood *f)
{
	struct stat st;

	if (stat(f->log, &st) == 0 && st.st_size > f->longest)
		f->longest = st.st_size;
}

/* 40 kB a commit, 48 MB in all; the last one of the threads only reads. */
static void
flood_run(void *arg, int index)
{
	static _Thread_local char filler[40000];
	struct flood *f = arg;

	for (int i = 1; index < WRITERS && i <= STEPS; i++) {
		struct client c = suite_client(index);

		memset(filler, i, sizeof filler);       /* unchanged pages would not be written */
		c.info = str_span(filler, sizeof filler);
		c.updated_s = i;
		f->wrong += DO(f->s, OP_CLIENT_PUT, client, &c) != STORE_DONE;
		note_length(f);
	}
	f->done += index < WRITERS;
	while (index == WRITERS && f->done < WRITERS) {
		struct client c = suite_client(0), got;
		struct arena mem;

		arena_init(&mem, 1 << 20);
		f->wrong += store_client(f->s, &mem, c.realm, c.id, &got) == FIND_FAILED;
		arena_free(&mem);
	}
}

TEST(log_stays_short)
{
	struct str directory = suite_directory(mem);
	struct flood f = { .s = suite_open_at(mem, directory), .log = arena_z(mem, ARENA_CAT(mem, directory, S("/hufu.db-wal"))) };

	NEED(f.s);
	suite_race(WRITERS + 1, flood_run, &f);
	EXPECT_INT(f.wrong, 0);
	EXPECT(f.longest > 1000000 && f.longest < 40000000);
	for (int i = 0; i < WRITERS; i++) {
		struct client c = suite_client(i), got;

		NEED(store_client(f.s, mem, c.realm, c.id, &got) == FOUND);
		EXPECT_INT(got.updated_s, STEPS);
	}
	store_close(f.s);
}
