/* tests/unit/http/idle_test.c - idle connections give their memory back, and nobody can tell. */
#include <unistd.h>

#include "../test.h"
#include "http/http_int.h"
#include "rig.h"

#define REQUEST "POST /later HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab"

static long
resident_kb(void)
{
	char line[128];
	long kb = 0;
	FILE *f = fopen("/proc/self/status", "r");

	while (f != NULL && fgets(line, sizeof line, f) != NULL)
		if (strncmp(line, "RssAnon:", 8) == 0)
			kb = strtol(line + 8, NULL, 10);
	if (f != NULL)
		fclose(f);
	return kb;
}

static int
marked(struct rig *g)
{
	int n = 0;

	pthread_mutex_lock(&g->server->lock);
	for (struct conn *c = g->server->conns; c != NULL; c = c->next)
		n += c->trimmed == 0 || c->trim;
	pthread_mutex_unlock(&g->server->lock);
	return n;
}

static bool
newest_is_known(struct rig *g)
{
	bool known;

	pthread_mutex_lock(&g->server->lock);
	known = g->server->conns != NULL && g->server->conns->pool != NULL;
	pthread_mutex_unlock(&g->server->lock);
	return known;
}

/* One of them has begun its next header, which must not be lost. */
TEST(memory_comes_back)
{
	enum { N = 150 };
	static int fds[N];
	struct rig g;
	long full, trimmed;

	NEED(rig_start(&g, (struct http_conf){ .io_threads = 2 }, NULL, NULL));
	if (!g.server->pool_known) {            /* another version of the library: its memory is left alone */
		rig_stop(&g, 1);
		return;
	}
	for (int i = 0; i < N; i++) {
		fds[i] = dial(g.port);
		NEED(tell(fds[i], REQUEST));
		NEED(status_of(hear(mem, fds[i])) == 200);
	}
	NEED(say_n(fds[0], REQUEST, 20));
	full = resident_kb();
	for (int i = 0; i < 100 && marked(&g) > 0; i++)
		usleep(50 * 1000);
	usleep(50 * 1000);
	trimmed = resident_kb();
	EXPECT_INT(marked(&g), 0);
	EXPECT(full - trimmed > N * 20);
	NEED(tell(fds[0], &REQUEST[20]));
	EXPECT_STR(body_of(hear(mem, fds[0])), S("POST /later - =ab 127.0.0.1 plain"));
	for (int i = 0; i < N; i++) {
		NEED(tell(fds[i], REQUEST));
		EXPECT_STR(body_of(hear(mem, fds[i])), S("POST /later - =ab 127.0.0.1 plain"));
		close(fds[i]);
	}
	rig_stop(&g, 1);
}

/* An empty line before the first request hides where the memory begins: then it is left alone. */
TEST(unknown_beginning)
{
	struct rig g;
	int fd;

	NEED(rig_start(&g, (struct http_conf){ 0 }, NULL, NULL));
	fd = dial(g.port);
	NEED(tell(fd, "\r\n" REQUEST));
	EXPECT_INT(status_of(hear(mem, fd)), 200);
	EXPECT(!newest_is_known(&g));
	close(fd);
	fd = dial(g.port);
	NEED(tell(fd, REQUEST));
	EXPECT_INT(status_of(hear(mem, fd)), 200);
	EXPECT(newest_is_known(&g) == g.server->pool_known);
	close(fd);
	rig_stop(&g, 1);
}
