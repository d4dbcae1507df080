/* tests/unit/metrics/habits_test.c - the book of weak habits: many threads, one commit, nothing lost to a store in trouble, no room for a flood. */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "../test.h"
#include "metrics/metrics.h"

struct desk { char dir[40]; struct store *store; struct habit_book *book; };

static bool
desk_open(struct desk *d, struct arena *mem)
{
	struct client c = { .realm = S("r"), .id = S("app"), .enabled = true };
	struct store_op op = { .kind = OP_CLIENT_PUT, .client = &c };
	struct str why = STR_ABSENT;

	*d = (struct desk){ .dir = "/tmp/hufu-habits-XXXXXX", .book = habit_book_new(OP_HABITS_USED) };
	if (mkdtemp(d->dir) == NULL || (d->store = store_open(&(struct store_conf){ .path = str_of(d->dir) }, mem, &why)) == NULL)
		return false;
	return store_commit(d->store, &op, 1, NULL) == STORE_DONE;
}

static void
desk_close(struct desk *d)
{
	DIR *dir = opendir(d->dir);

	habit_book_free(d->book);
	store_close(d->store);
	for (struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL; )
		unlinkat(dirfd(dir), e->d_name, 0);
	if (dir != NULL)
		closedir(dir);
	rmdir(d->dir);
}

static struct habit_use
use(struct str client, int64_t at_s)
{
	return (struct habit_use){ .realm = S("r"), .issuer = S("one"), .client = client, .endpoint = S("token"), .habit = S("password"), .first_s = at_s, .last_s = at_s, .count = 1 };
}

static void *
hammer(void *book)
{
	for (int i = 0; i < 5000; i++) {
		struct habit_use u = use(S("app"), 1000 + i);

		u.habit = i & 1 ? S("password") : S("query_secret");
		habit_book_note(book, &u);
	}
	return NULL;
}

TEST(threads_add_up_while_the_book_is_written)
{
	struct desk d;
	struct habit_use got[4];
	pthread_t t[4];

	NEED(desk_open(&d, mem));
	for (size_t i = 0; i < COUNT(t); i++)
		NEED(pthread_create(&t[i], NULL, hammer, d.book) == 0);
	for (int i = 0; i < 10; i++)
		EXPECT(habit_book_write(d.book, d.store));
	for (size_t i = 0; i < COUNT(t); i++)
		pthread_join(t[i], NULL);
	EXPECT(habit_book_write(d.book, d.store));
	EXPECT_INT(habit_book_rows(d.book), 0);
	NEED(store_habit_uses(d.store, mem, STR_ABSENT, STR_ABSENT, NULL, 4, got) == 2);
	EXPECT_STR(got[0].habit, S("password"));
	EXPECT(got[0].count == 10000 && got[1].count == 10000 && got[0].last_s == 5999 && got[1].first_s == 1000);
	desk_close(&d);
}

TEST(many_uses_are_one_commit)
{
	struct desk d;
	struct store_stats before, after;
	struct client c = { .realm = S("r"), .enabled = true };
	struct store_op op = { .kind = OP_CLIENT_PUT, .client = &c };

	NEED(desk_open(&d, mem));
	for (int i = 0; i < 300; i++) {
		struct habit_use u;

		c.id = arena_printf(mem, "client%d", i);
		EXPECT_INT(store_commit(d.store, &op, 1, NULL), STORE_DONE);
		u = use(c.id, i);
		EXPECT(habit_book_note(d.book, &u));
	}
	store_stats(d.store, &before);
	EXPECT(habit_book_write(d.book, d.store));
	store_stats(d.store, &after);
	EXPECT_INT(after.batches - before.batches, 1);
	EXPECT(habit_book_write(d.book, d.store));      /* nothing to write: no commit */
	store_stats(d.store, &before);
	EXPECT_INT(before.batches, after.batches);
	desk_close(&d);
}

TEST(a_store_that_cannot_write_loses_nothing)
{
	struct desk d;
	struct store *reader;
	struct str why = STR_ABSENT;
	struct habit_use u = use(S("app"), 5), got[2];

	NEED(desk_open(&d, mem));
	reader = store_open(&(struct store_conf){ .path = str_of(d.dir), .read_only = true }, mem, &why);
	NEED(reader);
	EXPECT(habit_book_note(d.book, &u));
	EXPECT(!habit_book_write(d.book, reader));
	EXPECT_INT(habit_book_rows(d.book), 1);
	EXPECT(habit_book_note(d.book, &u));
	EXPECT(habit_book_write(d.book, d.store));
	NEED(store_habit_uses(d.store, mem, STR_ABSENT, STR_ABSENT, NULL, 2, got) == 1);
	EXPECT_INT(got[0].count, 2);
	store_close(reader);
	desk_close(&d);
}

TEST(a_flood_finds_no_room)
{
	struct desk d;
	int taken = 0;

	NEED(desk_open(&d, mem));
	for (int i = 0; i < HABIT_BOOK_MAX + 100; i++) {
		char name[32];
		struct habit_use u;

		snprintf(name, sizeof name, "c%d", i);
		u = use(str_of(name), 1);
		taken += habit_book_note(d.book, &u);
	}
	EXPECT_INT(taken, HABIT_BOOK_MAX);
	EXPECT_INT(habit_book_rows(d.book), HABIT_BOOK_MAX);
	EXPECT(habit_book_write(d.book, d.store));
	EXPECT_INT(habit_book_rows(d.book), 0);
	desk_close(&d);
}
