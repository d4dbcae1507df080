/* tests/unit/store/sqlite/beside_test.c - two that have the embedded store while one hands over to the other: S9. */
#include "store/store_int.h"
#include "../open.h"

static struct store *
open_beside(struct arena *mem, struct str directory, const struct store_other *other)
{
	struct str why = STR_ABSENT;

	return store_open(&(struct store_conf){ .path = directory, .other = other }, mem, &why);
}

static enum store_result
put(struct store *s, struct client *c, const char *name)
{
	c->name = str_of(name);
	c->version = store_version_new();
	return suite_do(s, (struct store_op){ .kind = OP_CLIENT_PUT, .client = c });
}

static bool
reads(struct store *s, struct arena *mem, const struct client *c, const char *name)
{
	struct client got;

	return store_client(s, mem, c->realm, c->id, &got) == FOUND && str_is(got.name, name);
}

TEST(what_one_commits_the_other_finds_at_once)
{
	EMBEDDED_ONLY;
	struct str directory = suite_directory(mem);
	struct store *old = suite_open_at(mem, directory), *next;
	struct client c = suite_client(1);
	struct store_other other;

	NEED(old);
	EXPECT_INT(put(old, &c, "first"), STORE_DONE);
	EXPECT(reads(old, mem, &c, "first"));           /* a reader has its transaction open from here on */
	EXPECT(open_beside(mem, directory, NULL) == NULL);
	store_beside(old, true);
	store_tell(old, &other);
	NEED(next = open_beside(mem, directory, &other));
	EXPECT_INT(put(next, &c, "second"), STORE_DONE);
	EXPECT(reads(old, mem, &c, "second") && reads(next, mem, &c, "second"));
	EXPECT_INT(put(old, &c, "third"), STORE_DONE);
	EXPECT(reads(next, mem, &c, "third"));
	EXPECT(store_has_others(old) && store_has_others(next));
	store_close(old);                               /* the lock is held still, and the log goes on */
	EXPECT(open_beside(mem, directory, NULL) == NULL);
	store_beside(next, false);
	EXPECT(store_has_others(next));                 /* what counts once may have counted there a moment ago */
	EXPECT_INT(put(next, &c, "fourth"), STORE_DONE);
	EXPECT(reads(next, mem, &c, "fourth"));
	store_close(next);
	NEED(next = suite_open_at(mem, directory));
	EXPECT(reads(next, mem, &c, "fourth"));
	store_close(next);
}

/* The guard costs nothing while no client has changed, which only one process can know. */
TEST(a_guard_looks_at_its_row_while_there_are_two)
{
	EMBEDDED_ONLY;
	struct str directory = suite_directory(mem);
	struct store *old = suite_open_at(mem, directory), *next;
	struct client c = suite_client(1), was;
	struct store_other other;
	uint64_t epoch;

	NEED(old);
	EXPECT_INT(put(old, &c, "first"), STORE_DONE);
	was = c;
	epoch = store_clients_epoch(old);
	store_beside(old, true);
	store_tell(old, &other);
	NEED(next = open_beside(mem, directory, &other));
	EXPECT_INT(put(next, &c, "second"), STORE_DONE);
	EXPECT_INT(suite_do(old, (struct store_op){ .kind = OP_CLIENT_STANDS, .stands = { &was, epoch } }), STORE_LOST);
	EXPECT(store_clients_epoch(old) != store_clients_epoch(old));
	store_close(next);
	store_beside(old, false);
	EXPECT(store_clients_epoch(old) == store_clients_epoch(old) && store_clients_epoch(old) != epoch);
	store_close(old);
}

TEST(a_lock_of_another_directory_is_none)
{
	EMBEDDED_ONLY;
	struct str directory = suite_directory(mem);
	struct store *one = suite_open_at(mem, directory), *two = suite_open_at(mem, suite_directory(mem));
	struct store_other other;

	NEED(one && two);
	store_tell(two, &other);
	EXPECT(open_beside(mem, directory, &other) == NULL);
	store_close(one);
	store_close(two);
}
