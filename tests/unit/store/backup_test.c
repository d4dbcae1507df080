/* tests/unit/store/backup_test.c - a copy is of one moment and changes nothing; a restore puts all of a store in place or nothing. */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "open.h"

static struct str
path_of(struct arena *mem, struct str dir, const char *name)
{
	return str_of(arena_z(mem, ARENA_CAT(mem, dir, S("/"), str_of(name))));
}

static bool
is_there(struct arena *mem, struct str dir, const char *name)
{
	return access(path_of(mem, dir, name).p, F_OK) == 0;
}

static void
close_file(void *p)
{
	store_file_free(p);
}

static struct store_file *
file_new(struct arena *mem)
{
	struct str why = STR_ABSENT;
	struct store_file *f = store_file_new(suite_directory(mem), mem, &why);

	if (f != NULL)
		arena_defer(mem, close_file, f);
	return f;
}

/* Clients 1 to n in a store of its own; closed again. */
static struct str
store_with(struct arena *mem, int n)
{
	struct str dir = suite_directory(mem);
	struct store *s = suite_open_at(mem, dir);

	for (int i = 1; s != NULL && i <= n; i++) {
		struct client c = suite_client(i);
		EXPECT_INT(DO(s, OP_CLIENT_PUT, client, &c), STORE_DONE);
	}
	store_close(s);
	return dir;
}

static int64_t
clients_in(struct arena *mem, struct str dir)
{
	struct store_file *f = file_new(mem);
	struct store_look look = { 0 };
	struct str why = STR_ABSENT;

	if (f == NULL || !store_file_copy(f, &(struct store_conf){ .path = dir }, mem, &why) || !store_file_look(f, true, mem, &look, &why))
		return -1;
	return look.clients;
}

static bool
fill_from(void *ctx, int fd, struct str *why)
{
	char piece[4096];
	ssize_t n;

	lseek(store_file_fd(ctx), 0, SEEK_SET);
	while ((n = read(store_file_fd(ctx), piece, sizeof piece)) > 0)
		if (!file_write_all(fd, piece, (size_t)n))
			return false;
	(void)why;
	return n == 0;
}

static bool
fill_fails(void *ctx, int fd, struct str *why)
{
	(void)ctx;
	*why = S("no more");
	return !file_write_all(fd, "SQLite format 3", 15) || false;
}

/* Killed with half of it written. */
static bool
fill_dies(void *ctx, int fd, struct str *why)
{
	(void)ctx, (void)why;
	file_write_all(fd, "SQLite format 3", 15);
	_exit(0);
}

TEST(a_copy_while_the_store_is_written)
{
	EMBEDDED_ONLY;
	struct str dir = suite_directory(mem), why = STR_ABSENT;
	struct store *s = suite_open_at(mem, dir);
	struct store_file *f = file_new(mem);
	struct store_look look;

	NEED(s != NULL && f != NULL);
	for (int i = 1; i <= 40; i++) {
		struct client c = suite_client(i);
		EXPECT_INT(DO(s, OP_CLIENT_PUT, client, &c), STORE_DONE);
	}
	EXPECT(store_file_copy(f, &(struct store_conf){ .path = dir }, mem, &why));
	EXPECT(store_file_look(f, true, mem, &look, &why));
	EXPECT_INT(look.clients, 40);
	EXPECT_INT(look.schema, store_schema_version(s));
	EXPECT(is_there(mem, dir, "hufu.db-wal"));      /* the writer's log is not touched */
	store_close(s);
	EXPECT_INT(clients_in(mem, dir), 40);
	EXPECT(!is_there(mem, dir, "hufu.db-wal") && !is_there(mem, dir, "hufu.db-shm"));
}

TEST(no_store_is_no_backup)
{
	EMBEDDED_ONLY;
	struct store_file *f = file_new(mem);
	struct store_look look;
	struct str why = STR_ABSENT;

	NEED(f != NULL);
	EXPECT(!store_file_copy(f, &(struct store_conf){ .path = suite_directory(mem) }, mem, &why) && str_contains(why, S("no store")));
	EXPECT(!store_file_look(f, true, mem, &look, &why));
	EXPECT(file_write_all(store_file_fd(f), "SQLite format 3\0 and then not", 29));
	EXPECT(!store_file_look(f, true, mem, &look, &why));
}

TEST(a_damaged_page_is_seen)
{
	EMBEDDED_ONLY;
	struct str dir = store_with(mem, 200), why = STR_ABSENT;
	struct store_file *f = file_new(mem);
	struct store_look look;
	off_t size;

	NEED(f != NULL && store_file_copy(f, &(struct store_conf){ .path = dir }, mem, &why));
	size = lseek(store_file_fd(f), 0, SEEK_END);
	for (off_t at = 4096; at < size; at += 4096)
		NEED(pwrite(store_file_fd(f), "\377\377\377\377\377\377\377\377", 8, at) == 8);
	EXPECT(!store_file_look(f, true, mem, &look, &why) && str_contains(why, S("damaged")));
}

TEST(s3_a_restore_is_whole_or_nothing)
{
	EMBEDDED_ONLY;
	struct str from = store_with(mem, 7), to = store_with(mem, 3), fresh = ARENA_CAT(mem, suite_directory(mem), S("/data")), aside, first, why = STR_ABSENT;
	struct store_conf over = { .path = to }, anew = { .path = fresh };
	struct store_file *f = file_new(mem);
	int status;
	pid_t child;

	NEED(f != NULL && store_file_copy(f, &(struct store_conf){ .path = from }, mem, &why));
	EXPECT(store_restore(&anew, false, fill_from, f, mem, &aside, &why) && !str_given(aside));
	EXPECT_INT(clients_in(mem, fresh), 7);
	EXPECT(!store_restore(&over, false, fill_from, f, mem, &aside, &why) && str_contains(why, S("already")));
	EXPECT(!store_restore(&over, true, fill_fails, f, mem, &aside, &why) && str_is(why, "no more"));
	EXPECT(!is_there(mem, to, "hufu.db.restored"));
	EXPECT_INT(clients_in(mem, to), 3);
	child = fork();
	if (child == 0) {
		store_restore(&over, true, fill_dies, f, mem, &aside, &why);
		_exit(1);
	}
	EXPECT(waitpid(child, &status, 0) == child && status == 0);
	EXPECT_INT(clients_in(mem, to), 3);
	EXPECT(is_there(mem, to, "hufu.db.restored"));
	store_close(suite_open_at(mem, to));
	EXPECT(!is_there(mem, to, "hufu.db.restored"));  /* the next one who may write cleans up */
	EXPECT(store_restore(&over, true, fill_from, f, mem, &aside, &why));
	EXPECT_INT(clients_in(mem, to), 7);
	EXPECT(str_given(aside) && access(aside.p, F_OK) == 0);
	first = aside;
	EXPECT(store_restore(&over, true, fill_from, f, mem, &aside, &why));    /* the same second: each is kept */
	EXPECT(!str_eq(first, aside) && access(aside.p, F_OK) == 0 && access(first.p, F_OK) == 0);
}

TEST(a_restore_waits_for_no_daemon)
{
	EMBEDDED_ONLY;
	struct str dir = store_with(mem, 1), aside, why = STR_ABSENT;
	struct store *s = suite_open_at(mem, dir);
	struct store_file *f = file_new(mem);

	NEED(s != NULL && f != NULL && store_file_copy(f, &(struct store_conf){ .path = dir }, mem, &why));
	EXPECT(!store_restore(&(struct store_conf){ .path = dir }, true, fill_from, f, mem, &aside, &why) && str_contains(why, S("in use")));
	store_close(s);
}

/* The log of the store before must never lie beside the new one. */
TEST(a_log_that_a_crash_left_goes_aside)
{
	EMBEDDED_ONLY;
	struct str from = store_with(mem, 7), to = store_with(mem, 3), aside, why = STR_ABSENT;
	struct store_file *f = file_new(mem);
	int fd = open(path_of(mem, to, "hufu.db").p, O_RDWR | O_CLOEXEC), log = open(path_of(mem, to, "hufu.db-wal").p, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	NEED(f != NULL && store_file_copy(f, &(struct store_conf){ .path = from }, mem, &why) && fd >= 0 && log >= 0);
	EXPECT(file_write_all(log, "not a log", 9) && pwrite(fd, "damaged", 7, 0) == 7);
	close(fd);
	close(log);
	EXPECT(store_restore(&(struct store_conf){ .path = to }, true, fill_from, f, mem, &aside, &why));
	EXPECT(!is_there(mem, to, "hufu.db-wal"));
	EXPECT_INT(clients_in(mem, to), 7);
}
