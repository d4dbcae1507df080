/* tests/unit/store/sqlite/full_test.c - a full disk and failing syncs: STORE_FAILED, nothing half-written, and recovery. */
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cutvfs.h"
#include "store/store_int.h"
#include "../open.h"

static struct store *
open_on_cutvfs(struct arena *mem)
{
	struct str why = STR_ABSENT;

	suite_hush(mem);
	cutvfs_register();
	return store_open(&(struct store_conf){ .path = suite_directory(mem), .vfs = CUTVFS }, mem, &why);
}

static struct client
bulky(int n)
{
	static const char filler[30000] = { ' ' };
	struct client c = suite_client(n);

	c.info = str_span(filler, sizeof filler);
	return c;
}

/* Write until it fails; how many were written. */
static int
fill(struct store *s, int most)
{
	for (int n = 0; n < most; n++) {
		struct client c = bulky(n);

		if (DO(s, OP_CLIENT_PUT, client, &c) != STORE_DONE)
			return n;
	}
	return most;
}

static int
present(struct store *s, int most)
{
	int n = 0;

	for (int i = 0; i < most; i++) {
		struct client c = suite_client(i), got;
		struct arena mem;

		arena_init(&mem, 1 << 20);
		n += store_client(s, &mem, c.realm, c.id, &got) == FOUND;
		arena_free(&mem);
	}
	return n;
}

struct told { int failed, again; };

static bool
count_told(void *ctx, enum event what, struct str line)
{
	struct told *t = ctx;

	(void)line;
	t->failed += what == EV_store_failed;
	t->again += what == EV_store_again;
	return true;
}

TEST(disk_full)
{
	EMBEDDED_ONLY;
	struct told told = { 0 };
	struct store *s = open_on_cutvfs(mem);
	struct store_stats stats;
	int written;

	NEED(s);
	EXPECT(store_ready(s));
	record_to(count_told, &told);
	cutvfs_space(cutvfs_used() + 400 * 1000);
	written = fill(s, 100);
	EXPECT(written > 3 && written < 50);
	EXPECT(!store_ready(s));
	EXPECT_INT(present(s, 100), written);
	store_stats(s, &stats);
	EXPECT(stats.failed >= 1);
	EXPECT_INT(stats.records, written);
	EXPECT(told.failed == 1 && told.again == 0);
	cutvfs_space(0);
	EXPECT(store_ready(s));
	EXPECT_INT(fill(s, 100), 100);
	EXPECT_INT(present(s, 100), 100);
	store_close(s);
	EXPECT(told.failed == 1 && told.again == 1);
	record_to(NULL, NULL);
	cutvfs_power_on(0);
}

struct crowd { struct store *s; _Atomic int done, failed, other; };

static void
crowd_run(void *arg, int index)
{
	struct crowd *c = arg;
	struct token t = suite_token(index + 1);
	enum store_result r;

	t.has_reuse = false;
	r = DO(c->s, OP_TOKEN_ADD, token, &t);
	c->done += r == STORE_DONE;
	c->failed += r == STORE_FAILED;
	c->other += r == STORE_LOST;
}

/* Every caller of the batch hears of it; none is told a lie. */
TEST(sync_fails)
{
	EMBEDDED_ONLY;
	struct crowd c = { .s = open_on_cutvfs(mem) };
	struct token got;
	int left = 0;

	NEED(c.s);
	cutvfs_fail_sync(true);
	suite_race(32, crowd_run, &c);
	EXPECT_INT(c.failed, 32);
	for (int i = 0; i < 32; i++) {
		struct id16 id = suite_id(i + 1);

		left += store_token(c.s, mem, &id, &got) == FOUND;
	}
	EXPECT_INT(left, 0);
	EXPECT(!store_ready(c.s));
	cutvfs_fail_sync(false);
	EXPECT(store_ready(c.s));
	c.failed = 0;
	suite_race(32, crowd_run, &c);
	EXPECT_INT(c.done, 32);
	store_close(c.s);
	cutvfs_power_on(0);
}

/* A full disk at start: a sentence, no crash. */
TEST(disk_full_at_start)
{
	EMBEDDED_ONLY;
	struct str why = STR_ABSENT, directory = suite_directory(mem);

	cutvfs_register();
	cutvfs_space(8192);
	EXPECT(store_open(&(struct store_conf){ .path = directory, .vfs = CUTVFS }, mem, &why) == NULL);
	EXPECT(str_contains(why, S("full")) && str_contains(why, directory));
	cutvfs_power_on(0);
}

/* The kernel's own refusal: files may not grow beyond a limit. In a child, for the limit cannot be raised again. */
static int
under_a_limit(struct str directory)
{
	struct rlimit limit = { 0, RLIM_INFINITY };
	struct stat log;
	struct arena mem;
	struct store *s;
	int written;

	signal(SIGXFSZ, SIG_IGN);
	arena_init(&mem, 1 << 20);
	suite_hush(&mem);
	s = suite_open_at(&mem, directory);
	if (s == NULL || stat(arena_z(&mem, ARENA_CAT(&mem, directory, S("/hufu.db-wal"))), &log) != 0)
		return 9;
	limit.rlim_cur = (rlim_t)log.st_size + 150 * 1000;      /* whatever the tables took */
	if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
		return 10;
	written = fill(s, 100);
	if (written < 1 || written > 20 || store_ready(s) || present(s, 100) != written)
		return 11;
	limit.rlim_cur = RLIM_INFINITY;
	if (setrlimit(RLIMIT_FSIZE, &limit) != 0 || !store_ready(s) || fill(s, 100) != 100)
		return 12;
	store_close(s);
	return 0;
}

TEST(file_size_limit)
{
	EMBEDDED_ONLY;
	struct str directory = suite_directory(mem);
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(under_a_limit(directory));
	EXPECT(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	EXPECT_INT(WEXITSTATUS(status), 0);
}
