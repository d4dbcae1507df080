/* tests/unit/http/conn_test.c - limits in all and per address. */
#include <unistd.h>

#include "../test.h"
#include "http/http_int.h"
#include "rig.h"

static int
count_answers(struct rig *g, struct arena *mem, int *fds, int n, int *refusals)
{
	int ok = 0;

	*refusals = 0;
	for (int i = 0; i < n; i++) {
		int status;

		fds[i] = dial(g->port);
		tell(fds[i], "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
		status = status_of(hear(mem, fds[i]));
		ok += status == 200;
		*refusals += status == 503 || status == 0;
	}
	return ok;
}

TEST(per_address)
{
	struct http_stats stats;
	struct rig g;
	int fds[8], refusals;

	NEED(rig_start(&g, (struct http_conf){ .connections_per_address = 5 }, NULL, NULL));
	EXPECT_INT(count_answers(&g, mem, fds, 8, &refusals), 5);
	EXPECT_INT(refusals, 3);
	http_server_stats(g.server, &stats);
	EXPECT_INT(stats.refused_address, 3);
	EXPECT_INT(stats.connections, 5);
	for (int i = 0; i < 8; i++)
		close(fds[i]);
	for (int i = 0; i < 100 && stats.connections > 0; i++) {
		usleep(10 * 1000);
		http_server_stats(g.server, &stats);
	}
	EXPECT_INT(stats.connections, 0);
	EXPECT_INT(count_answers(&g, mem, fds, 5, &refusals), 5);
	for (int i = 0; i < 5; i++)
		close(fds[i]);
	rig_stop(&g, 1);
}

/* H5: the oldest of those that wait for nothing gives way. */
TEST(in_all)
{
	struct http_stats stats;
	struct rig g;
	int fds[6], refusals;

	NEED(rig_start(&g, (struct http_conf){ .connections_max = 4 }, NULL, NULL));
	EXPECT_INT(count_answers(&g, mem, fds, 6, &refusals), 6);
	http_server_stats(g.server, &stats);
	EXPECT_INT(stats.gave_way, 2);
	EXPECT_INT(stats.refused_limit, 0);
	EXPECT(is_closed(fds[0], 2000));
	EXPECT(is_closed(fds[1], 2000));
	for (int i = 2; i < 6; i++) {
		NEED(tell(fds[i], "GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
		EXPECT_INT(status_of(hear(mem, fds[i])), 200);
	}
	for (int i = 0; i < 6; i++)
		close(fds[i]);
	rig_stop(&g, 1);
	EXPECT_INT(g.refused, 0);
}

/* H5: what is worked on, what is being sent, and what has just begun to arrive stay. */
TEST(busy_ones_stay)
{
	static const char *const busy[] = { "GET /slow HTTP/1.1\r\nHost: h\r\n\r\n", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nx", "GET / HT" };
	static const char *const rest[] = { "", "y", "TP/1.1\r\nHost: h\r\n\r\n" };
	struct http_stats stats;
	struct rig g;
	int fds[3], more;

	NEED(rig_start(&g, (struct http_conf){ .connections_max = 3 }, NULL, NULL));
	atomic_store(&g.job_ms, 500);
	for (int i = 0; i < 3; i++) {
		fds[i] = dial(g.port);
		NEED(tell(fds[i], busy[i]));
	}
	EXPECT(soon(&g.in_job, 1));
	for (int i = 0; i < 200; i++) {         /* until the body of the second is waited for */
		more = 0;
		pthread_mutex_lock(&g.server->lock);
		for (struct conn *c = g.server->conns; c != NULL; c = c->next)
			more += c->phase == CONN_BODY;
		pthread_mutex_unlock(&g.server->lock);
		if (more == 1)
			break;
		usleep(5000);
	}
	more = dial(g.port);
	tell(more, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
	EXPECT_INT(status_of(hear(mem, more)), 503);
	close(more);
	for (int i = 0; i < 3; i++) {
		NEED(tell(fds[i], rest[i]));
		EXPECT_INT(status_of(hear(mem, fds[i])), 200);
		close(fds[i]);
	}
	http_server_stats(g.server, &stats);
	EXPECT_INT(stats.gave_way, 0);
	EXPECT_INT(stats.refused_limit, 1);
	rig_stop(&g, 1);
}

TEST(connections_are_spread_over_the_threads)
{
	struct rig g;
	int fds[16], refusals;

	NEED(rig_start(&g, (struct http_conf){ .io_threads = 4 }, NULL, NULL));
	EXPECT_INT(count_answers(&g, mem, fds, 16, &refusals), 16);
	for (int i = 0; i < 4; i++)
		EXPECT_INT(g.server->io[i].connections, 4);
	for (int i = 0; i < 16; i++)
		close(fds[i]);
	rig_stop(&g, 1);
}
