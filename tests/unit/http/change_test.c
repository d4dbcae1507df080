/* tests/unit/http/change_test.c - H8: other listeners, proxies and limits while requests go on. */
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../test.h"
#include "rig.h"

#define GET      "GET /t HTTP/1.1\r\nHost: h\r\n\r\n"
#define GET_SLOW "GET /slow HTTP/1.1\r\nHost: h\r\n\r\n"

/* The rig's own listener and one more at the address. */
struct two { struct http_listener at[2]; struct http_conf conf; };

static void
two_of(struct two *t, const struct rig *g, struct str address)
{
	t->at[0] = g->listener;
	t->at[1] = (struct http_listener){ .address = address, .name = S("two"), .fd = -1 };
	t->conf = g->conf;
	t->conf.listeners = t->at;
	t->conf.n_listeners = 2;
}

static int
free_port(void)
{
	int port = 0, fd = rig_listen(&port);

	close(fd);
	return port;
}

static bool
is_free(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	bool ok;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	ok = bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(fd, 1) == 0;
	close(fd);
	return ok;
}

TEST(a_listener_comes_and_goes)
{
	int port = free_port(), under_way, idle;
	struct two t;
	struct str why = STR_ABSENT, said;
	struct rig g;

	NEED(rig_start(&g, (struct http_conf){ 0 }, NULL, NULL));
	EXPECT(dial(port) < 0);
	two_of(&t, &g, arena_printf(mem, "127.0.0.1:%d", port));
	NEED(rig_change(&g, &t.conf, mem, &why));
	EXPECT_INT(status_of(ask(mem, port, GET)), 200);
	EXPECT_INT(status_of(ask(mem, g.port, GET)), 200);
	atomic_store(&g.job_ms, 700);
	under_way = dial(port);
	idle = dial(port);
	EXPECT(tell(under_way, GET_SLOW) && soon(&g.in_job, 1));
	NEED(rig_change(&g, &g.conf, mem, &why));
	EXPECT(dial(port) < 0 && is_free(port));
	said = hear(mem, under_way);
	EXPECT_INT(status_of(said), 200);
	EXPECT(str_contains(said, S("Connection: close")) && is_closed(under_way, 3000));
	EXPECT(is_closed(idle, 4000));
	EXPECT_INT(status_of(ask(mem, g.port, GET)), 200);
	close(under_way);
	close(idle);
	rig_stop(&g, 1);
}

/* Who has connected and not been accepted yet is served, and so is who asks at once after connecting. */
TEST(who_has_connected_to_one_that_goes_is_served)
{
	int port = free_port(), fd;
	struct two t;
	struct str why = STR_ABSENT;
	struct rig g;

	NEED(rig_start(&g, (struct http_conf){ 0 }, NULL, NULL));
	two_of(&t, &g, arena_printf(mem, "127.0.0.1:%d", port));
	for (int i = 0; i < 5; i++) {
		NEED(rig_change(&g, &t.conf, mem, &why));
		fd = dial(port);
		NEED(rig_change(&g, &g.conf, mem, &why));
		EXPECT(tell(fd, GET));
		EXPECT_INT(status_of(hear(mem, fd)), 200);
		close(fd);
	}
	rig_stop(&g, 1);
}

TEST(an_address_may_widen_and_narrow)
{
	int port = free_port();
	struct two narrow, wide;
	struct str why = STR_ABSENT;
	struct rig g;

	NEED(rig_start(&g, (struct http_conf){ 0 }, NULL, NULL));
	two_of(&narrow, &g, arena_printf(mem, "127.0.0.1:%d", port));
	two_of(&wide, &g, arena_printf(mem, "0.0.0.0:%d", port));
	NEED(rig_change(&g, &narrow.conf, mem, &why));
	for (int i = 0; i < 3; i++) {
		if (!rig_change(&g, i % 2 ? &narrow.conf : &wide.conf, mem, &why))
			test_fail(__FILE__, __LINE__, "%.*s", STR_ARG(why));
		EXPECT_INT(status_of(ask(mem, port, GET)), 200);
		EXPECT(!is_free(port));                         /* nobody else may come in beside us */
	}
	rig_stop(&g, 1);
}

TEST(an_address_that_is_taken_changes_nothing)
{
	int port, other = rig_listen(&port), more = free_port(), kept;
	struct two t;
	struct str why = STR_ABSENT;
	struct http_listener three[3];
	struct http_change *c;
	struct rig g;
	size_t at;

	NEED(rig_start(&g, (struct http_conf){ .body_max = 2000 }, NULL, NULL));
	kept = dial(g.port);
	two_of(&t, &g, arena_printf(mem, "127.0.0.1:%d", more));
	memcpy(three, t.at, sizeof t.at);
	three[2] = (struct http_listener){ .address = arena_printf(mem, "127.0.0.1:%d", port), .fd = -1 };
	t.conf.listeners = three;
	t.conf.n_listeners = 3;
	c = http_prepare(g.server, &t.conf, mem, &at, &why);
	EXPECT(c == NULL && at == 2 && str_contains(why, S("in use")) && str_starts(why, three[2].address));
	EXPECT(is_free(more));                                  /* what was opened before it is closed */
	t.conf.n_listeners = 2;
	c = http_prepare(g.server, &t.conf, mem, &at, &why);
	EXPECT(c != NULL && !is_free(more));
	http_abandon(g.server, c);
	EXPECT(is_free(more));
	EXPECT(tell(kept, GET));
	EXPECT_INT(status_of(hear(mem, kept)), 200);
	close(kept);
	close(other);
	rig_stop(&g, 1);
}

static struct str
post(struct arena *mem, int n)
{
	struct buf b;

	buf_init(&b, mem, 64 * 1024);
	buf_printf(&b, "POST /t HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n", n);
	for (int i = 0; i < n; i++)
		buf_putc(&b, 'x');
	return buf_str(&b);
}

TEST(limits_hold_for_the_next_request)
{
	struct str small, big, why = STR_ABSENT;
	struct rig g;
	int fd;

	NEED(rig_start(&g, (struct http_conf){ .body_max = 1000, .connections_per_address = 1 }, NULL, NULL));
	small = post(mem, 900);
	big = post(mem, 3000);
	fd = dial(g.port);
	EXPECT(say_n(fd, small.p, small.n));
	EXPECT_INT(status_of(hear(mem, fd)), 200);
	EXPECT_INT(status_of(ask(mem, g.port, GET)), 503);      /* one connection an address */
	EXPECT(say_n(fd, big.p, 500));                          /* begun under the old ones */
	usleep(100 * 1000);
	NEED(rig_change(&g, &(struct http_conf){ .body_max = 4000, .connections_per_address = 3 }, mem, &why));
	EXPECT(say_n(fd, big.p + 500, big.n - 500));
	EXPECT_INT(status_of(hear(mem, fd)), 413);
	close(fd);
	fd = dial(g.port);
	EXPECT(say_n(fd, big.p, big.n));
	EXPECT_INT(status_of(hear(mem, fd)), 200);
	EXPECT_INT(status_of(ask(mem, g.port, GET)), 200);
	NEED(rig_change(&g, &(struct http_conf){ .body_max = 1000, .connections_per_address = 3, .header_s = 1 }, mem, &why));
	EXPECT(say_n(fd, small.p, small.n));
	EXPECT_INT(status_of(hear(mem, fd)), 200);
	usleep(600 * 1000);                                     /* the acceptor has seen it idle */
	EXPECT(tell(fd, "GET /t HT"));
	EXPECT_INT(status_of(hear_all(mem, fd, 5000)), 408);    /* the shorter deadline */
	close(fd);
	rig_stop(&g, 1);
}

#define FORWARDED "GET /t HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 192.0.2.9\r\n\r\n"

TEST(proxies_are_believed_from_the_next_request_on)
{
	struct str us = S("127.0.0.0/8"), why = STR_ABSENT;
	struct rig g;
	int fd;

	NEED(rig_start(&g, (struct http_conf){ 0 }, NULL, NULL));
	fd = dial(g.port);
	EXPECT(tell(fd, FORWARDED));
	EXPECT(str_contains(hear(mem, fd), S(" 127.0.0.1 ")));
	NEED(rig_change(&g, &(struct http_conf){ .trusted_proxies = &us, .n_trusted_proxies = 1 }, mem, &why));
	EXPECT(tell(fd, FORWARDED));
	EXPECT(str_contains(hear(mem, fd), S(" 192.0.2.9 ")));
	NEED(rig_change(&g, &(struct http_conf){ 0 }, mem, &why));
	EXPECT(tell(fd, FORWARDED));
	EXPECT(str_contains(hear(mem, fd), S(" 127.0.0.1 ")));
	close(fd);
	rig_stop(&g, 1);
}

struct asker { struct rig *g; _Atomic bool stop; _Atomic int bad, good; };

static void *
ask_on(void *arg)
{
	struct asker *a = arg;
	struct arena mem;

	arena_init(&mem, 1024 * 1024);
	while (!atomic_load(&a->stop)) {
		int fd = dial(a->g->port);
		bool ok = fd >= 0;

		for (int i = 0; ok && i < 3; i++) {
			ok = tell(fd, i == 1 ? "GET /later HTTP/1.1\r\nHost: h\r\n\r\n" : GET) && status_of(hear(&mem, fd)) == 200;
			arena_reset(&mem);
		}
		atomic_fetch_add(ok ? &a->good : &a->bad, 1);
		close(fd);
	}
	arena_free(&mem);
	return NULL;
}

TEST(changes_under_load_lose_nothing)
{
	int port = free_port();
	struct two t;
	struct str why = STR_ABSENT;
	struct rig g;
	struct asker a = { .g = &g };
	pthread_t threads[3];

	NEED(rig_start(&g, (struct http_conf){ .io_threads = 2 }, NULL, NULL));
	two_of(&t, &g, arena_printf(mem, "127.0.0.1:%d", port));
	for (size_t i = 0; i < COUNT(threads); i++)
		pthread_create(&threads[i], NULL, ask_on, &a);
	for (int i = 0; i < 20; i++) {
		t.conf.body_max = 1000 + (size_t)i;
		EXPECT(rig_change(&g, i % 2 ? &g.conf : &t.conf, mem, &why));
		usleep(10 * 1000);
	}
	atomic_store(&a.stop, true);
	for (size_t i = 0; i < COUNT(threads); i++)
		pthread_join(threads[i], NULL);
	EXPECT_INT(atomic_load(&a.bad), 0);
	EXPECT(atomic_load(&a.good) > 0);
	rig_stop(&g, 1);
}
