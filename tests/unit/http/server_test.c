/* tests/unit/http/server_test.c - start, drain, stop; listeners that cannot be had. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../test.h"
#include "rig.h"

static void *
stop_it(void *server)
{
	http_stop(server, 1);
	return NULL;
}

TEST(drain_answers_what_is_in_flight)
{
	struct rig g;
	int slow, idle, begun, body;
	int64_t at;

	NEED(rig_start(&g, (struct http_conf){ .io_threads = 2 }, NULL, NULL));
	atomic_store(&g.job_ms, 400);
	slow = dial(g.port);
	idle = dial(g.port);
	begun = dial(g.port);
	body = dial(g.port);
	NEED(tell(idle, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
	EXPECT_INT(status_of(hear(mem, idle)), 200);
	NEED(tell(begun, "GET / HT"));
	NEED(tell(body, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"));
	EXPECT_INT(status_of(hear_head(mem, body)), 100);
	NEED(tell(body, "done"));
	NEED(tell(slow, "GET /slow HTTP/1.1\r\nHost: h\r\n\r\n"));
	EXPECT(soon(&g.in_job, 1));
	at = now_ms();
	http_stop(g.server, 5);
	g.server = NULL;
	EXPECT(now_ms() - at < 3000);
	EXPECT_INT(status_of(hear(mem, slow)), 200);
	EXPECT_INT(status_of(hear(mem, body)), 200);
	EXPECT(is_closed(slow, 1000));
	EXPECT(is_closed(idle, 1000));
	close(slow), close(idle), close(begun), close(body);
	EXPECT_INT(g.done, g.handled);
	rig_stop(&g, 0);
}

TEST(drain_has_an_end)
{
	struct rig g;
	int fds[20], stuck;
	int64_t at;

	NEED(rig_start(&g, (struct http_conf){ .io_threads = 2 }, NULL, NULL));
	atomic_store(&g.job_ms, 200);
	stuck = dial(g.port);
	NEED(tell(stuck, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nx"));
	for (int i = 0; i < 20; i++) {
		fds[i] = dial(g.port);
		NEED(tell(fds[i], "GET /slow HTTP/1.1\r\nHost: h\r\n\r\n"));
	}
	EXPECT(soon(&g.handled, 20));
	at = now_ms();
	http_stop(g.server, 1);
	g.server = NULL;
	EXPECT(now_ms() - at < 2000);
	EXPECT_INT(g.done, g.handled);
	for (int i = 0; i < 20; i++)
		close(fds[i]);
	close(stuck);
	rig_stop(&g, 0);
}

/* --- H6: nobody who has connected goes without an answer ---------------------------------------------------------------------- */

#define ASKED "GET /later HTTP/1.1\r\nHost: h\r\n\r\n"

struct load { int port; _Atomic bool *over; int asked, lost; bool keep; };

/* Connected within 300 ms, or not at all: at the end nobody lets it in, and nobody refuses it. */
static int
dial_for_a_while(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), e = 0;
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t n = sizeof e;

	if (connect(fd, (struct sockaddr *)&a, sizeof a) != 0
	    && (errno != EINPROGRESS || poll(&p, 1, 300) != 1 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &n) != 0 || e != 0)) {
		close(fd);
		return -1;
	}
	fcntl(fd, F_SETFL, 0);
	return fd;
}

static void *
client(void *p)
{
	struct load *l = p;
	bool last = false;
	struct arena mem;
	int fd = -1;

	arena_init(&mem, 1024 * 1024);
	while (!atomic_load(l->over)) {
		struct str r;

		if (fd < 0 && (fd = dial_for_a_while(l->port)) < 0)
			break;
		l->asked++;
		r = tell(fd, ASKED) ? hear(&mem, fd) : STR_ABSENT;
		l->lost += status_of(r) != 200;
		last = !str_given(r) || str_contains(r, S("Connection: close\r\n"));
		if (last || !l->keep) {
			close(fd);
			fd = -1;
		}
		arena_reset(&mem);
	}
	if (fd >= 0)
		close(fd);
	arena_free(&mem);
	return NULL;
}

static int
stop_under_load(struct arena *mem, int *asked)
{
	struct http_listener l = { .address = S("127.0.0.1:0"), .fd = -1 };
	struct load loads[6];
	struct sockaddr_in a;
	socklen_t n = sizeof a;
	_Atomic bool over = false;
	pthread_t t[COUNT(loads)];
	struct rig g = { 0 };
	struct str why;
	int lost = 0;

	g.lane = http_lane_new("test", 2, 1024, 0);
	g.server = http_start(&(struct http_conf){ .listeners = &l, .n_listeners = 1, .io_threads = 2, .handle = rig_handle, .ctx = &g }, mem, &(size_t){ 0 }, &why);
	getsockname(g.server->sockets.at[0].fd, (struct sockaddr *)&a, &n);
	for (size_t i = 0; i < COUNT(loads); i++) {
		loads[i] = (struct load){ ntohs(a.sin_port), &over, 0, 0, i % 2 == 1 };
		pthread_create(&t[i], NULL, client, &loads[i]);
	}
	usleep(60 * 1000);
	http_stop(g.server, 10);
	atomic_store(&over, true);
	for (size_t i = 0; i < COUNT(loads); i++) {
		pthread_join(t[i], NULL);
		*asked += loads[i].asked;
		lost += loads[i].lost;
	}
	http_lane_free(g.lane);
	return lost;
}

TEST(a_stop_under_load_loses_nobody)
{
	int lost = 0, asked = 0;

	for (int i = 0; i < 15; i++)
		lost += stop_under_load(mem, &asked);
	EXPECT_INT(lost, 0);
	EXPECT(asked > 15 * 6);
}

/* A connection that was made and has not spoken yet, and one that has begun to: both have a moment for it. */
TEST(a_stop_waits_for_what_is_about_to_be_asked)
{
	struct rig g;
	pthread_t t;
	int silent, begun, used;

	NEED(rig_start(&g, (struct http_conf){ .io_threads = 2 }, NULL, NULL));
	silent = dial(g.port);
	begun = dial(g.port);
	used = dial(g.port);
	NEED(tell(begun, "GET / HT"));
	NEED(tell(used, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
	EXPECT_INT(status_of(hear(mem, used)), 200);
	NEED(pthread_create(&t, NULL, stop_it, g.server) == 0);
	while (!atomic_load(&g.server->draining))
		usleep(1000);
	NEED(tell(silent, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
	NEED(tell(used, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
	NEED(tell(begun, "TP/1.1\r\nHost: h\r\n\r\n"));
	EXPECT(str_contains(hear(mem, silent), S("Connection: close\r\n")));
	EXPECT(str_contains(hear(mem, used), S("Connection: close\r\n")));
	EXPECT(str_contains(hear(mem, begun), S("Connection: close\r\n")));
	pthread_join(t, NULL);
	g.server = NULL;
	close(silent), close(begun), close(used);
	EXPECT_INT(g.handled, 4);
	rig_stop(&g, 0);
}

/* --- a stop whose time is over ---------------------------------------------------------------------------------------------------- */

/* What asks to be held when the server waits for nobody any more is told so; a suspended connection would be its end. */
TEST(nothing_is_held_at_the_end)
{
	for (int round = 0; round < 3; round++) {
		struct rig g;
		pthread_t t;
		int fds[12], answered = 0;

		NEED(rig_start(&g, (struct http_conf){ .io_threads = 2 }, NULL, NULL));
		for (size_t i = 0; i < COUNT(fds); i++) {
			fds[i] = dial(g.port);
			NEED(tell(fds[i], "POST /held HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n"));
		}
		atomic_store(&g.server->aborting, round > 0);   /* as after the drain; in the first round before it */
		NEED(round == 0 || tell(fds[0], "x"));
		NEED(round == 0 || status_of(hear(mem, fds[0])) == 503);
		NEED(pthread_create(&t, NULL, stop_it, g.server) == 0);
		for (size_t i = round > 0; i < COUNT(fds); i++) {
			usleep(90 * 1000);                      /* bodies end before, at and after the end of the drain */
			tell(fds[i], "x");
		}
		pthread_join(t, NULL);
		for (size_t i = 0; i < COUNT(fds); i++) {
			answered += i > 0 && status_of(hear(mem, fds[i])) == (round > 0 ? 503 : 200);
			close(fds[i]);
		}
		EXPECT(answered > 0);
		g.server = NULL;
		EXPECT_INT(g.done, g.handled);
		rig_stop(&g, 0);
	}
}

static enum http_when
say_peer(void *ctx, struct http_req *q, struct http_reply *r)
{
	(void)ctx;
	r->status = 200;
	r->body = q->peer;
	return HTTP_NOW;
}

static struct http_server *
start_at(struct arena *mem, struct str address, struct str *why)
{
	struct http_listener l = { .address = address, .fd = -1 };

	return http_start(&(struct http_conf){ .listeners = &l, .n_listeners = 1, .handle = say_peer }, mem, &(size_t){ 0 }, why);
}

TEST(port_in_use_is_named)
{
	int port, fd = rig_listen(&port);
	struct str why = STR_ABSENT, address = arena_printf(mem, "127.0.0.1:%d", port);

	EXPECT(start_at(mem, address, &why) == NULL);
	EXPECT_STR(why, arena_printf(mem, "127.0.0.1:%d: Address already in use", port));
	close(fd);
}

TEST(bad_addresses)
{
	static const char *const bad[] = { "8080", "127.0.0.1:", ":80", "127.0.0.1:http!", "[::1:80", "unix:", "300.1.1.1:80" };

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct str why = STR_ABSENT;
		struct http_server *s = start_at(mem, str_of(bad[i]), &why);

		if (s != NULL)
			test_fail(__FILE__, __LINE__, "started at %s", bad[i]);
		EXPECT(str_starts(why, str_of(bad[i])));
	}
}

TEST(nothing_stays_open_after_a_failure)
{
	int port, port2, fd = rig_listen(&port), fd2 = rig_listen(&port2);
	struct str why, free_address = arena_printf(mem, "127.0.0.1:%d", port2);
	struct http_listener l[2] = { { .address = free_address, .fd = -1 }, { .address = arena_printf(mem, "127.0.0.1:%d", port), .fd = -1 } };
	struct http_server *s;

	close(fd2);
	EXPECT(http_start(&(struct http_conf){ .listeners = l, .n_listeners = 2, .handle = say_peer }, mem, &(size_t){ 0 }, &why) == NULL);
	s = start_at(mem, free_address, &why);
	EXPECT(s != NULL);
	if (s != NULL)
		http_stop(s, 0);
	close(fd);
}

static int
dial_unix(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(un.sun_path, path, strlen(path) + 1);
	if (connect(fd, (struct sockaddr *)&un, sizeof un) == 0)
		return fd;
	close(fd);
	return -1;
}

TEST(unix_socket)
{
	char dir[] = "/tmp/hufu-http-XXXXXX";
	struct http_server *s, *second;
	struct str why = STR_ABSENT, address;
	struct stat st;
	char *path;
	int fd;

	NEED(mkdtemp(dir) != NULL);
	address = arena_printf(mem, "unix:%s/s", dir);
	path = arena_z(mem, str_from(address, 5));
	s = start_at(mem, address, &why);
	NEED(s != NULL);
	EXPECT_INT(stat(path, &st), 0);
	EXPECT_INT(st.st_mode & 0777, 0600);
	fd = dial_unix(path);
	NEED(tell(fd, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
	EXPECT_STR(body_of(hear(mem, fd)), S("unix"));
	close(fd);
	second = start_at(mem, address, &why);
	EXPECT(second == NULL);
	EXPECT(str_ends(why, S("Address already in use")));
	http_stop(s, 1);
	EXPECT(stat(path, &st) != 0);
	rmdir(dir);
}

TEST(stale_unix_socket_is_replaced)
{
	char dir[] = "/tmp/hufu-http-XXXXXX";
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct http_server *s;
	struct str why;
	int fd;

	NEED(mkdtemp(dir) != NULL);
	snprintf(un.sun_path, sizeof un.sun_path, "%s/s", dir);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	NEED(bind(fd, (struct sockaddr *)&un, sizeof un) == 0);
	close(fd);
	s = start_at(mem, arena_printf(mem, "unix:%s", un.sun_path), &why);
	EXPECT(s != NULL);
	if (s != NULL)
		http_stop(s, 0);
	fd = open(un.sun_path, O_CREAT | O_WRONLY, 0600);
	close(fd);
	EXPECT(start_at(mem, arena_printf(mem, "unix:%s", un.sun_path), &why) == NULL);
	EXPECT_INT(unlink(un.sun_path), 0);
	rmdir(dir);
}

TEST(bad_trusted_proxy)
{
	struct str bad = S("10.0.0.0/40"), why = STR_ABSENT;
	struct http_listener l = { .address = S("127.0.0.1:0"), .fd = -1 };

	EXPECT(http_start(&(struct http_conf){ .listeners = &l, .n_listeners = 1, .handle = say_peer, .trusted_proxies = &bad,
		.n_trusted_proxies = 1 }, mem, &(size_t){ 0 }, &why) == NULL);
	EXPECT(str_contains(why, bad));
}

TEST(any_address)
{
	struct str why = STR_ABSENT;
	struct http_server *s = start_at(mem, S("*:0"), &why);

	EXPECT(s != NULL);
	if (s != NULL)
		http_stop(s, 0);
	s = start_at(mem, S("localhost:0"), &why);
	EXPECT(s != NULL);
	if (s != NULL)
		http_stop(s, 0);
}
