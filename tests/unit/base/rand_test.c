/* tests/unit/base/rand_test.c - random bytes: no repeats across blocks, threads or fork; no bias. */
#include "../test.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

TEST(sizes)
{
	static const size_t size[] = { 0, 1, 16, 32, 127, 128, 129, 255, 256, 257, 1000 };
	uint8_t a[1000], b[1000];

	for (size_t i = 0; i < COUNT(size); i++) {
		memset(a, 0, sizeof a);
		rand_bytes(a, size[i]);
		rand_bytes(b, size[i]);
		if (size[i] >= 16)
			EXPECT(memcmp(a, b, size[i]) != 0);
		for (size_t k = size[i]; k < sizeof a; k++)
			EXPECT_INT(a[k], 0);
	}
}

TEST(no_value_twice)
{
	uint64_t v[2000];

	for (size_t i = 0; i < COUNT(v); i++)
		rand_bytes(&v[i], sizeof v[i]);
	for (size_t i = 0; i < COUNT(v); i++)
		for (size_t k = 0; k < i; k++)
			if (v[i] == v[k]) {
				test_fail(__FILE__, __LINE__, "value %zu came again as %zu", k, i);
				return;
			}
}

static void *
take(void *out)
{
	rand_bytes(out, 16);
	return NULL;
}

TEST(threads_differ)
{
	uint8_t mine[16], theirs[16] = { 0 };
	pthread_t t;

	NEED(pthread_create(&t, NULL, take, theirs) == 0);
	rand_bytes(mine, 16);
	pthread_join(t, NULL);
	EXPECT(memcmp(mine, theirs, 16) != 0);
}

TEST(a_fork_differs)
{
	uint8_t mine[16], theirs[16] = { 0 };
	int fd[2];
	pid_t pid;

	rand_bytes(mine, 1);                    /* so that there is a stock to share */
	NEED(pipe(fd) == 0);
	if ((pid = fork()) == 0) {
		rand_bytes(theirs, 16);
		_exit(write(fd[1], theirs, 16) == 16 ? 0 : 1);
	}
	rand_bytes(mine, 16);
	EXPECT_INT(read(fd[0], theirs, 16), 16);
	waitpid(pid, NULL, 0);
	close(fd[0]);
	close(fd[1]);
	EXPECT(memcmp(mine, theirs, 16) != 0);
}

TEST(below_stays_below_and_reaches_all)
{
	int seen[10] = { 0 };

	EXPECT_INT(rand_below(1), 0);
	for (int i = 0; i < 10000; i++) {
		uint32_t v = rand_below(10);

		NEED(v < 10);
		seen[v]++;
	}
	for (int i = 0; i < 10; i++)
		EXPECT(seen[i] > 800 && seen[i] < 1200);        /* 1000 is expected, 30 the deviation */
	for (int i = 0; i < 100; i++)
		EXPECT(rand_below(0x80000001u) <= 0x80000000u);
}

TEST(ids_sort_by_time)
{
	uint8_t first[16], second[16];

	rand_id(first);
	clock_turn_ms(1000);
	rand_id(second);
	clock_turn_ms(-1000);
	EXPECT(memcmp(first, second, 16) < 0);
	EXPECT(memcmp(first + 6, second + 6, 10) != 0);
	EXPECT_INT((int64_t)first[0] << 40 | (int64_t)first[1] << 32 | (int64_t)first[2] << 24 | first[3] << 16 | first[4] << 8 | first[5],
	    (clock_now_ms() & ~1023) | (((int64_t)first[4] & 3) << 8 | first[5]));
}
