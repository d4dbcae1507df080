/* tests/unit/http/deadline_test.c - H3: slow clients are cut, and cost nobody else anything. */
#include <sys/socket.h>
#include <unistd.h>

#include "../test.h"
#include "rig.h"

#define CONF (struct http_conf){ .header_s = 1, .body_s = 1, .idle_s = 2 }

static int64_t
closed_after(struct arena *mem, int fd, int *status)
{
	int64_t begun = now_ms();
	struct str all = hear_all(mem, fd, 6000);

	*status = status_of(all);
	return now_ms() - begun;
}

/* A byte each 100 ms keeps the connection busy, which must not help. */
static int64_t
dribble(struct arena *mem, int fd, const char *text, int *status)
{
	int64_t begun = now_ms();

	for (size_t i = 0; i < strlen(text) && now_ms() - begun < 6000; i++) {
		if (!say_n(fd, text + i, 1) || is_closed(fd, 0))
			break;
		usleep(100 * 1000);
		if (recv(fd, &(char){ 0 }, 1, MSG_PEEK | MSG_DONTWAIT) >= 0)
			break;
	}
	*status = status_of(hear_all(mem, fd, 1000));
	return now_ms() - begun;
}

TEST(slow_header)
{
	struct rig g;
	int fd, status;
	int64_t ms;

	NEED(rig_start(&g, CONF, NULL, NULL));
	fd = dial(g.port);
	ms = dribble(mem, fd, "GET / HTTP/1.1\r\nHost: hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh", &status);
	EXPECT(ms >= 900 && ms < 3000);
	EXPECT_INT(status, 408);
	close(fd);
	rig_stop(&g, 1);
	EXPECT_INT(g.handled, 0);
	EXPECT(g.refused >= 1);
}

TEST(slow_second_header)
{
	struct rig g;
	int fd, status;
	int64_t ms;

	NEED(rig_start(&g, (struct http_conf){ .header_s = 1, .body_s = 1, .idle_s = 5 }, NULL, NULL));
	fd = dial(g.port);
	NEED(tell(fd, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
	EXPECT_INT(status_of(hear(mem, fd)), 200);
	usleep(600 * 1000);
	ms = dribble(mem, fd, "GET / HTTP/1.1\r\nHost: hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh", &status);
	EXPECT(ms >= 900 && ms < 3000);
	EXPECT_INT(status, 408);
	close(fd);
	rig_stop(&g, 1);
}

/* H1: a body that never arrives whole is no request. */
TEST(slow_body)
{
	struct rig g;
	int fd, status;
	int64_t ms;

	NEED(rig_start(&g, CONF, NULL, NULL));
	fd = dial(g.port);
	NEED(tell(fd, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n"));
	ms = dribble(mem, fd, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", &status);
	EXPECT(ms >= 900 && ms < 3000);
	EXPECT_INT(status, 408);
	close(fd);
	rig_stop(&g, 1);
	EXPECT_INT(g.handled, 0);
}

TEST(idle)
{
	struct http_stats stats;
	struct rig g;
	int fd, fresh, status;
	int64_t ms;

	NEED(rig_start(&g, CONF, NULL, NULL));
	fd = dial(g.port);
	fresh = dial(g.port);
	NEED(tell(fd, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
	EXPECT_INT(status_of(hear(mem, fd)), 200);
	ms = closed_after(mem, fd, &status);
	EXPECT(ms >= 1700 && ms < 3500);
	EXPECT_INT(status, 0);
	EXPECT(is_closed(fresh, 2000));
	http_server_stats(g.server, &stats);
	EXPECT_INT(stats.timeouts, 2);
	EXPECT_INT(stats.accepted, 2);
	close(fd);
	close(fresh);
	rig_stop(&g, 1);
}

/* The client never reads: the reply fills both socket buffers and stays. */
TEST(slow_reader)
{
	struct http_stats stats = { 0 };
	struct rig g;
	int fd, small = 4096;

	NEED(rig_start(&g, (struct http_conf){ .idle_s = 1 }, NULL, NULL));
	fd = dial(g.port);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	for (int i = 0; i < 40; i++)
		tell(fd, "GET /big HTTP/1.1\r\nHost: h\r\n\r\n");
	for (int i = 0; i < 40 && stats.timeouts == 0; i++) {
		usleep(100 * 1000);
		http_server_stats(g.server, &stats);
	}
	EXPECT_INT(stats.timeouts, 1);
	for (int i = 0; i < 40 && stats.connections != 0; i++) {
		usleep(20 * 1000);
		http_server_stats(g.server, &stats);
	}
	EXPECT_INT(stats.connections, 0);
	close(fd);
	rig_stop(&g, 1);
}

/* A request that is being worked on is not the client's delay. */
TEST(slow_work_is_not_cut)
{
	struct rig g;
	int fd;

	NEED(rig_start(&g, (struct http_conf){ .header_s = 1, .body_s = 1, .idle_s = 1 }, NULL, NULL));
	atomic_store(&g.job_ms, 1800);
	fd = dial(g.port);
	NEED(tell(fd, "GET /slow HTTP/1.1\r\nHost: h\r\n\r\n"));
	EXPECT_INT(status_of(hear(mem, fd)), 200);
	close(fd);
	rig_stop(&g, 1);
}
