/* tests/unit/store/sqlite/open_test.c - opening, migrating, and the sentences for what stands in the way. */
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "store/store_int.h"
#include "../open.h"

static struct store *
open_it(struct arena *mem, struct str directory, bool read_only, struct str *why)
{
	*why = STR_ABSENT;
	return store_open(&(struct store_conf){ .path = directory, .read_only = read_only }, mem, why);
}

static char *
file_of(struct arena *mem, struct str directory)
{
	return arena_z(mem, arena_printf(mem, "%.*s/hufu.db", STR_ARG(directory)));
}

static bool
sql(const char *file, const char *text)
{
	sqlite3 *db = NULL;
	bool ok = sqlite3_open(file, &db) == SQLITE_OK && sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK;

	sqlite3_close(db);
	return ok;
}

static void
expect_refused(struct arena *mem, struct str directory, const char *word)
{
	struct str why;
	struct store *s = open_it(mem, directory, false, &why);

	EXPECT(s == NULL);
	store_close(s);
	if (!str_contains(why, str_of(word)) || !str_contains(why, directory))
		test_fail(__FILE__, __LINE__, "\"%.*s\" does not say \"%s\" and where", STR_ARG(why), word);
}

TEST(created_private)
{
	EMBEDDED_ONLY;
	struct str outer = suite_directory(mem), directory = ARENA_CAT(mem, outer, S("/new")), why;
	struct stat st;
	struct store *s = open_it(mem, directory, false, &why);

	NEED(s);
	EXPECT_INT(store_schema_version(s), store_schema_newest());
	EXPECT(stat(arena_z(mem, directory), &st) == 0 && (st.st_mode & 0777) == 0700);
	EXPECT(stat(file_of(mem, directory), &st) == 0 && (st.st_mode & 0777) == 0600);
	EXPECT(stat(arena_z(mem, ARENA_CAT(mem, directory, S("/hufu.db-wal"))), &st) == 0 && (st.st_mode & 0777) == 0600);
	store_close(s);
}

TEST(rows_survive_reopening)
{
	EMBEDDED_ONLY;
	struct str directory = suite_directory(mem);
	struct store *s = suite_open_at(mem, directory);
	struct user u = suite_user(1), got;

	NEED(s);
	EXPECT_INT(DO(s, OP_USER_PUT, user, &u), STORE_DONE);
	store_close(s);
	NEED(s = suite_open_at(mem, directory));
	EXPECT_INT(store_user_by_name(s, mem, u.realm, u.name, &got), FOUND);
	store_close(s);
}

TEST(no_directory_above)
{
	EMBEDDED_ONLY;
	struct str directory = ARENA_CAT(mem, suite_directory(mem), S("/no/such"));

	expect_refused(mem, directory, "create the directory above it first");
}

TEST(in_use)
{
	EMBEDDED_ONLY;
	struct str directory = suite_directory(mem), why;
	struct store *s = suite_open_at(mem, directory), *reader;
	struct client c = suite_client(1), got;

	NEED(s);
	expect_refused(mem, directory, "in use by another");
	EXPECT_INT(DO(s, OP_CLIENT_PUT, client, &c), STORE_DONE);
	NEED(reader = open_it(mem, directory, true, &why));
	EXPECT_INT(store_client(reader, mem, c.realm, c.id, &got), FOUND);
	EXPECT_INT(suite_do(reader, (struct store_op){ .kind = OP_CLIENT_DELETE, .gone = { .client = &c } }), STORE_FAILED);
	EXPECT(store_ready(reader));
	store_close(reader);
	store_close(s);
	NEED(s = suite_open_at(mem, directory));
	store_close(s);
	NEED(reader = open_it(mem, directory, true, &why));
	EXPECT_INT(store_client(reader, mem, c.realm, c.id, &got), FOUND);
	store_close(reader);
}

TEST(newer_schema)
{
	EMBEDDED_ONLY;
	struct str directory = suite_directory(mem);
	struct store *s = suite_open_at(mem, directory);

	store_close(s);
	NEED(sql(file_of(mem, directory), "INSERT INTO schema_migration VALUES (9999, 1); PRAGMA user_version=9999"));
	expect_refused(mem, directory, "newer version");
	NEED(sql(file_of(mem, directory), "PRAGMA user_version=0"));       /* of a program that did not say */
	expect_refused(mem, directory, "newer version");
}

/* Of a later program whose migrations have only added to what this one knows. */
TEST(newer_schema_that_only_adds)
{
	EMBEDDED_ONLY;
	struct str directory = suite_directory(mem);
	struct store *s = suite_open_at(mem, directory);

	store_close(s);
	NEED(sql(file_of(mem, directory), "INSERT INTO schema_migration VALUES (9999, 1)"));
	NEED(s = suite_open_at(mem, directory));
	EXPECT_INT(store_schema_version(s), 9999);
	store_close(s);
}

/* A store left behind at any older version is brought up, and keeps its rows. */
TEST(migrations)
{
	EMBEDDED_ONLY;
	for (int version = 0; version <= store_schema_newest(); version++) {
		struct str directory = suite_directory(mem);
		struct store *s;
		struct dig32 jti = suite_dig(1);

		NEED(suite_earlier(mem, directory, version, version == 0 ? "" : "INSERT INTO revoked_jtis VALUES"
		    " (x'0000000109000800000000000000000000000000000000000000000000000000', 0);"));
		NEED(s = suite_open_at(mem, directory));
		EXPECT_INT(store_schema_version(s), store_schema_newest());
		EXPECT_INT(store_jti_revoked(s, &jti) == FOUND, version >= 1);
		store_close(s);
	}
	EXPECT(store_schema_sql(0) == NULL && store_schema_sql(store_schema_newest() + 1) == NULL);
}

TEST(read_only_does_not_migrate)
{
	EMBEDDED_ONLY;
	struct str directory = suite_directory(mem), why;

	NEED(sql(file_of(mem, directory), "CREATE TABLE schema_migration (version INTEGER NOT NULL PRIMARY KEY, applied_s INTEGER NOT NULL)"));
	EXPECT(open_it(mem, directory, true, &why) == NULL);
	EXPECT(str_contains(why, S("open it once for writing")));
}

TEST(damaged)
{
	EMBEDDED_ONLY;
	struct str directory = suite_directory(mem);
	int fd = open(file_of(mem, directory), O_CREAT | O_WRONLY, 0600);

	for (int i = 0; i < 1000; i++)
		NEED(write(fd, "this is not a data base. ", 25) == 25);
	close(fd);
	expect_refused(mem, directory, "damaged");
}

/* Pages overwritten in the middle: reads fail, they do not lie, and nothing crashes. */
TEST(damaged_inside)
{
	EMBEDDED_ONLY;
	struct str directory = suite_directory(mem), why;
	struct store *s = suite_open_at(mem, directory);
	struct client c, got;
	int fd, lies = 0;

	suite_hush(mem);
	NEED(s);
	for (int n = 0; n < 300; n++) {
		c = suite_client(n);
		EXPECT_INT(DO(s, OP_CLIENT_PUT, client, &c), STORE_DONE);
	}
	store_close(s);
	fd = open(file_of(mem, directory), O_WRONLY);
	for (off_t at = 4096; at < lseek(fd, 0, SEEK_END); at += 4096)
		NEED(pwrite(fd, "\xde\xad\xbe\xef\xde\xad\xbe\xef", 8, at) == 8);
	close(fd);
	s = open_it(mem, directory, false, &why);
	for (int n = 0; s != NULL && n < 300; n++) {
		c = suite_client(n);
		lies += store_client(s, mem, c.realm, c.id, &got) != FIND_FAILED;
	}
	EXPECT_INT(lies, 0);
	EXPECT(s != NULL || str_contains(why, S("damaged")));
	store_close(s);
}

/* As a user without rights; root has them all, so a child gives them away. */
static int
without_rights(struct str directory, bool read_only)
{
	struct arena mem;
	struct str why;

	arena_init(&mem, 1 << 20);
	if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
		return 20;
	if (open_it(&mem, directory, read_only, &why) != NULL)
		return 21;
	if (!str_contains(why, directory) || !str_contains(why, S("rights")))
		return 22;
	return 0;
}

static void
expect_no_rights(struct str directory, bool read_only)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(without_rights(directory, read_only));
	EXPECT(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	EXPECT_INT(WEXITSTATUS(status), 0);
}

TEST(missing_rights)
{
	EMBEDDED_ONLY;
	struct str directory = suite_directory(mem);
	struct store *s = suite_open_at(mem, directory);

	NEED(s);
	store_close(s);
	chmod(arena_z(mem, directory), 0500);
	expect_no_rights(directory, false);
	expect_no_rights(directory, true);
	chmod(arena_z(mem, directory), 0700);
}

/* A directory that can be read but not written. */
TEST(read_only_directory)
{
	EMBEDDED_ONLY;
	struct str directory = suite_directory(mem);

	NEED(geteuid() != 0 || chmod(arena_z(mem, directory), 0755) == 0);
	if (geteuid() != 0)
		chmod(arena_z(mem, directory), 0500);
	expect_no_rights(directory, false);
	chmod(arena_z(mem, directory), 0700);
}

/* A link in the place of the file is not followed: whoever planted it must not choose what we write to. */
TEST(no_symbolic_link)
{
	EMBEDDED_ONLY;
	struct str directory = suite_directory(mem), why;

	NEED(symlink("/dev/null", file_of(mem, directory)) == 0);
	EXPECT(open_it(mem, directory, false, &why) == NULL);
	EXPECT(str_contains(why, directory));
}
