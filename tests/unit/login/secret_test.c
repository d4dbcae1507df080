/* tests/unit/login/secret_test.c - remembered client secrets. */
#include "../test.h"
#include "login/login.h"

#include <pthread.h>

TEST(remembers_exactly_the_pair)
{
	struct secret_memory *m = secret_memory_new(64);

	NEED(m != NULL);
	EXPECT(!secret_is_remembered(m, S("app"), S("{bcrypt}a"), S("secret")));
	secret_remember(m, S("app"), S("{bcrypt}a"), S("secret"));
	EXPECT(secret_is_remembered(m, S("app"), S("{bcrypt}a"), S("secret")));
	EXPECT(!secret_is_remembered(m, S("app"), S("{bcrypt}a"), S("secreT")));
	EXPECT(!secret_is_remembered(m, S("app"), S("{bcrypt}b"), S("secret")));        /* the client changed */
	EXPECT(!secret_is_remembered(m, S("app2"), S("{bcrypt}a"), S("secret")));
	EXPECT(!secret_is_remembered(m, S("app"), S("{bcrypt}as"), S("ecret")));        /* no gluing of parts */
	EXPECT(!secret_is_remembered(m, S(""), S(""), S("")));
	secret_memory_free(m);
}

TEST(processes_have_their_own_key)
{
	struct secret_memory *a = secret_memory_new(64), *b = secret_memory_new(64);

	NEED(a != NULL && b != NULL);
	secret_remember(a, S("app"), S("x"), S("secret"));
	EXPECT(!secret_is_remembered(b, S("app"), S("x"), S("secret")));
	secret_memory_free(a);
	secret_memory_free(b);
	secret_memory_free(NULL);
}

/* More than there is room for: the last one is there, the table never grows. */
TEST(is_bounded)
{
	struct secret_memory *m = secret_memory_new(16);
	int kept = 0;

	NEED(m != NULL);
	for (int i = 0; i < 1000; i++) {
		struct str id = arena_printf(mem, "client%d", i);

		secret_remember(m, id, S("x"), S("secret"));
		EXPECT(secret_is_remembered(m, id, S("x"), S("secret")));
	}
	for (int i = 0; i < 1000; i++)
		kept += secret_is_remembered(m, arena_printf(mem, "client%d", i), S("x"), S("secret"));
	EXPECT(kept > 0 && kept <= 16);
	secret_memory_free(m);
}

TEST(a_table_of_nothing_works)
{
	struct secret_memory *m = secret_memory_new(0);

	NEED(m != NULL);
	secret_remember(m, S("app"), S("x"), S("secret"));
	EXPECT(secret_is_remembered(m, S("app"), S("x"), S("secret")));
	secret_memory_free(m);
}

struct crowd { struct secret_memory *m; int seed, false_hits; };

static void *
crowd_run(void *arg)
{
	struct crowd *c = arg;
	char id[16];

	for (int i = 0; i < 4000; i++) {
		struct str s = { id, (size_t)snprintf(id, sizeof id, "c%d", (i * 7 + c->seed) % 97) };

		secret_remember(c->m, s, S("x"), S("right"));
		secret_is_remembered(c->m, s, S("x"), S("right"));
		c->false_hits += secret_is_remembered(c->m, s, S("x"), S("wrong"));
	}
	return NULL;
}

/* Readers and writers at the same places: never a hit for what was not remembered. Meant for ThreadSanitizer. */
TEST(threads_share_it)
{
	struct crowd c[4];
	struct secret_memory *m = secret_memory_new(32);
	pthread_t t[4];

	NEED(m != NULL);
	for (int i = 0; i < 4; i++) {
		c[i] = (struct crowd){ m, i * 13, 0 };
		NEED(pthread_create(&t[i], NULL, crowd_run, &c[i]) == 0);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], NULL);
		EXPECT_INT(c[i].false_hits, 0);
	}
	secret_memory_free(m);
}
