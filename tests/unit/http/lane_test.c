/* tests/unit/http/lane_test.c - deferral to workers: many at once, a full queue, figures. */
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../test.h"
#include "rig.h"

struct client { struct rig *g; int rounds, ok; };

static void *
hammer(void *arg)
{
	struct client *c = arg;
	struct arena mem;
	int fd = dial(c->g->port);

	arena_init(&mem, 1024 * 1024);
	for (int i = 0; i < c->rounds; i++) {
		struct str want = arena_printf(&mem, "POST /later ?n=%d =b%d 127.0.0.1 plain", i, i);

		tell(fd, arena_z(&mem, arena_printf(&mem, "POST /later?n=%d HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\n\r\nb%d", i,
			arena_printf(&mem, "b%d", i).n, i)));
		c->ok += str_eq(body_of(hear(&mem, fd)), want);
		arena_reset(&mem);
	}
	arena_free(&mem);
	close(fd);
	return NULL;
}

TEST(many_at_once)
{
	enum { N = 12 };
	struct http_lane_stats stats;
	struct client c[N];
	pthread_t t[N];
	struct rig g;

	NEED(rig_start(&g, (struct http_conf){ .io_threads = 2 }, NULL, NULL));
	for (int i = 0; i < N; i++) {
		c[i] = (struct client){ &g, 60, 0 };
		pthread_create(&t[i], NULL, hammer, &c[i]);
	}
	for (int i = 0; i < N; i++) {
		pthread_join(t[i], NULL);
		EXPECT_INT(c[i].ok, 60);
	}
	http_lane_stats(g.lane, &stats);
	rig_stop(&g, 2);
	EXPECT_INT(g.handled, N * 60);
	EXPECT_INT(g.done, N * 60);
	EXPECT_INT(stats.refused, 0);
	EXPECT_INT(stats.waiting, 0);
}

TEST(a_job_may_hand_its_request_on)
{
	enum { N = 20 };
	struct http_lane_stats stats;
	struct rig g;
	int fd;

	NEED(rig_start(&g, (struct http_conf){ .io_threads = 2 }, NULL, NULL));
	fd = dial(g.port);
	for (int i = 0; i < N; i++) {
		struct str r;

		NEED(tell(fd, "GET /passed-on HTTP/1.1\r\nHost: h\r\n\r\n"));
		r = hear(mem, fd);
		EXPECT_INT(status_of(r), 200);
		EXPECT(str_starts(body_of(r), S("GET /passed-on")));
	}
	close(fd);
	http_lane_stats(g.lane, &stats);
	rig_stop(&g, 2);                        /* waits for requests that others hold */
	EXPECT_INT(g.done, N);
	EXPECT_INT(stats.done, N);
	EXPECT_INT(stats.running, 0);
}

TEST(full_queue)
{
	enum { N = 100 };
	struct http_lane_stats stats;
	int fds[N], ok = 0, busy = 0;
	struct rig g;

	NEED(rig_start(&g, (struct http_conf){ .io_threads = 1 }, NULL, NULL));
	atomic_store(&g.job_ms, 20);
	for (int i = 0; i < N; i++) {
		fds[i] = dial(g.port);
		NEED(tell(fds[i], "GET /slow HTTP/1.1\r\nHost: h\r\n\r\n"));
	}
	for (int i = 0; i < N; i++) {
		struct str r = hear(mem, fds[i]);

		ok += status_of(r) == 200;
		busy += status_of(r) == 503 && str_contains(r, S("Retry-After: 1"));
		close(fds[i]);
	}
	EXPECT_INT(ok + busy, N);
	EXPECT(busy > 0);
	EXPECT(ok >= 64);
	http_lane_stats(g.lane, &stats);
	EXPECT_INT(stats.refused, busy);
	rig_stop(&g, 2);
}

/* A client that hangs up while its request is at a worker. */
TEST(client_gone)
{
	struct rig g;

	NEED(rig_start(&g, (struct http_conf){ 0 }, NULL, NULL));
	atomic_store(&g.job_ms, 100);
	for (int i = 0; i < 4; i++) {
		int fd = dial(g.port);

		NEED(tell(fd, "GET /slow HTTP/1.1\r\nHost: h\r\n\r\n"));
		EXPECT(soon(&g.in_job, 1));
		close(fd);
		EXPECT(soon(&g.done, i + 1));
	}
	rig_stop(&g, 1);
}

/* While every worker is busy, what needs none is answered at once. */
TEST(io_threads_stay_free)
{
	struct rig g;
	int fds[8];
	int64_t begun;

	NEED(rig_start(&g, (struct http_conf){ .io_threads = 1 }, NULL, NULL));
	atomic_store(&g.job_ms, 500);
	for (int i = 0; i < 8; i++) {
		fds[i] = dial(g.port);
		NEED(tell(fds[i], "GET /slow HTTP/1.1\r\nHost: h\r\n\r\n"));
	}
	EXPECT(soon(&g.in_job, 2));
	begun = now_ms();
	EXPECT_INT(status_of(ask(mem, g.port, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")), 200);
	EXPECT(now_ms() - begun < 400);
	for (int i = 0; i < 8; i++) {
		EXPECT_INT(status_of(hear(mem, fds[i])), 200);
		close(fds[i]);
	}
	rig_stop(&g, 1);
}

TEST(threads_are_niced)
{
	struct rig g;

	NEED(rig_start(&g, (struct http_conf){ 0 }, NULL, NULL));
	EXPECT(str_contains(ask(mem, g.port, "GET /nice HTTP/1.1\r\nHost: h\r\n\r\n"),
		arena_printf(mem, "X-Nice: %d\r\n", getpriority(PRIO_PROCESS, (id_t)gettid()) + 1)));
	rig_stop(&g, 1);
}
