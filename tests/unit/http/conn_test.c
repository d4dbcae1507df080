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
		say(fds[i], "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
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

TEST(in_all)
{
	struct http_stats stats;
	struct rig g;
	int fds[6], refusals;

	NEED(rig_start(&g, (struct http_conf){ .connections_max = 4 }, NULL, NULL));
	EXPECT_INT(count_answers(&g, mem, fds, 6, &refusals), 4);
	http_server_stats(g.server, &stats);
	EXPECT_INT(stats.refused_limit, 2);
	for (int i = 0; i < 6; i++)
		close(fds[i]);
	rig_stop(&g, 1);
	EXPECT_INT(g.refused, 2);
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
