/* tests/unit/store/sqlite/checkpoint_test.c - the log stays short however much is written, with readers at work all the time. */
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>
#include "store/sqlite/sqlite_int.h"
#include "cutvfs.h"
#include "../open.h"

#define WRITERS 4
#define STEPS   300
/* Pages: the writer's own bound, the step to its next try, and what one batch and one commit may add. */
#define LOG_MAX ((8000 + 1000 + 500) * INT64_C(4120))
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
	EMBEDDED_ONLY;
	struct str directory = suite_directory(mem);
	struct flood f = { .s = suite_open_at(mem, directory), .log = arena_z(mem, ARENA_CAT(mem, directory, S("/hufu.db-wal"))) };

	NEED(f.s);
	suite_race(WRITERS + 1, flood_run, &f);
	EXPECT_INT(f.wrong, 0);
	EXPECT(f.longest > 1000000 && f.longest < LOG_MAX);
	for (int i = 0; i < WRITERS; i++) {
		struct client c = suite_client(i), got;

		NEED(store_client(f.s, mem, c.realm, c.id, &got) == FOUND);
		EXPECT_INT(got.updated_s, STEPS);
	}
	store_close(f.s);
}

/* A thread that is asked and never comes to it: the writer bounds the log by itself. Judged by pages, not by time. */
TEST(the_log_is_bounded_while_the_checkpoint_thread_hangs)
{
	EMBEDDED_ONLY;
	static char filler[400000];
	struct str directory = suite_directory(mem), why = STR_ABSENT;
	struct flood f = { .log = arena_z(mem, ARENA_CAT(mem, directory, S("/hufu.db-wal"))) };
	struct checkpointer *k;

	f.s = store_open_with(&(struct store_conf){ .path = directory }, mem, &why, "PRAGMA synchronous=OFF");
	NEED(f.s);
	k = &sqlite_of(f.s)->checkpointer;
	pthread_mutex_lock(&k->lock);
	k->state = CHECKPOINT_END;
	pthread_mutex_unlock(&k->lock);
	pthread_cond_signal(&k->asked);
	pthread_join(k->thread, NULL);
	k->started = false;
	k->state = CHECKPOINT_ASKED;            /* and there is nobody to do it */
	for (int i = 1; i <= 200; i++) {        /* 20,000 pages */
		struct client c = suite_client(0);

		memset(filler, 'a' + i % 26, sizeof filler);
		c.info = str_span(filler, sizeof filler);
		c.updated_s = i;
		NEED(DO(f.s, OP_CLIENT_PUT, client, &c) == STORE_DONE);
		note_length(&f);
	}
	EXPECT(f.longest > 7000 * INT64_C(4120) && f.longest < LOG_MAX);
	store_close(f.s);
}

static void
wait_for_slice(struct checkpointer *k)
{
	bool asked = true;

	while (asked) {
		pthread_mutex_lock(&k->lock);
		asked = k->state == CHECKPOINT_ASKED;
		pthread_mutex_unlock(&k->lock);
		if (asked)
			usleep(100);
	}
}

/* The sync of a commit waits while the data file is synced: that is never for all that is in the log. 44 MB in other pages each time. */
TEST(one_sync_of_the_data_file_carries_a_slice)
{
	EMBEDDED_ONLY;
	static char filler[40000];
	struct str directory = suite_directory(mem), why = STR_ABSENT;
	struct store *s;
	int64_t most;

	cutvfs_register();
	s = store_open(&(struct store_conf){ .path = directory, .vfs = CUTVFS }, mem, &why);
	NEED(s);
	memset(filler, 'a', sizeof filler);
	cutvfs_most_synced("hufu.db");
	for (int i = 1; i <= 1000; i++) {
		struct client c = suite_client(i);

		c.info = str_span(filler, sizeof filler);
		NEED(DO(s, OP_CLIENT_PUT, client, &c) == STORE_DONE);
		wait_for_slice(&sqlite_of(s)->checkpointer);
	}
	EXPECT(sqlite_of(s)->wal_pages < 5000);
	most = cutvfs_most_synced("hufu.db");
	EXPECT(most > 1000000 && most < 3000000);
	store_close(s);
	cutvfs_power_on(0);
}

/*
 * The disk refuses to sync the data file for a while: the thread ends, commits go on by the log, which begins anew once the writer's own
 * sync is taken again. Nothing that was acknowledged is lost when the power goes.
 */
TEST(a_data_file_that_cannot_be_synced_costs_nothing)
{
	EMBEDDED_ONLY;
	enum { ROWS = 1400, REFUSED = 1000 };
	static char filler[40000];
	struct str directory = suite_directory(mem), why = STR_ABSENT;
	struct store *s;

	cutvfs_register();
	s = store_open(&(struct store_conf){ .path = directory, .vfs = CUTVFS }, mem, &why);
	NEED(s);
	memset(filler, 'a', sizeof filler);
	cutvfs_fail_sync_of("hufu.db");
	for (int i = 1; i <= ROWS; i++) {
		struct client c = suite_client(i);

		if (i == REFUSED) {
			EXPECT(sqlite_of(s)->wal_pages > 8000);
			cutvfs_fail_sync_of(NULL);
		}
		c.info = str_span(filler, sizeof filler);
		NEED(DO(s, OP_CLIENT_PUT, client, &c) == STORE_DONE);
	}
	EXPECT(sqlite_of(s)->wal_pages < 8000);
	cutvfs_power_off();
	store_close(s);
	cutvfs_power_on(7);
	s = store_open(&(struct store_conf){ .path = directory, .vfs = CUTVFS }, mem, &why);
	NEED(s);
	for (int i = 1; i <= ROWS; i++) {
		struct client c = suite_client(i), got;

		EXPECT(store_client(s, mem, c.realm, c.id, &got) == FOUND);
	}
	store_close(s);
	cutvfs_power_on(0);
}

/* Somebody outside reads and reads: the log grows meanwhile, and begins anew once it is let go, without a restart of the program. */
TEST(the_log_begins_anew_when_a_foreign_reader_lets_go)
{
	EMBEDDED_ONLY;
	static char filler[400000];
	struct str directory = suite_directory(mem), why = STR_ABSENT;
	struct store *s = store_open_with(&(struct store_conf){ .path = directory }, mem, &why, "PRAGMA synchronous=OFF; PRAGMA busy_timeout=1");
	struct sqlite_store *own = sqlite_of(s);
	sqlite3 *reader = NULL;
	int most = 0;

	NEED(s);
	suite_hush(mem);
	NEED(sqlite3_open_v2(own->file, &reader, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK);
	NEED(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM clients", NULL, NULL, NULL) == SQLITE_OK);
	for (int i = 1; i <= 160; i++) {
		struct client c = suite_client(0);

		memset(filler, 'a' + i % 26, sizeof filler);
		c.info = str_span(filler, sizeof filler);
		NEED(DO(s, OP_CLIENT_PUT, client, &c) == STORE_DONE);
		if (i == 120)
			NEED(sqlite3_exec(reader, "COMMIT", NULL, NULL, NULL) == SQLITE_OK);
		most = own->wal_pages > most ? own->wal_pages : most;
	}
	EXPECT(most > 10000 && own->wal_pages < 8000);
	sqlite3_close(reader);
	store_close(s);
}
