/* tests/unit/http/server_test.c - start, drain, stop; listeners that cannot be had. */
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../test.h"
#include "rig.h"

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
	NEED(say(idle, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
	EXPECT_INT(status_of(hear(mem, idle)), 200);
	NEED(say(begun, "GET / HT"));
	NEED(say(body, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"));
	EXPECT_INT(status_of(hear_head(mem, body)), 100);
	NEED(say(body, "done"));
	NEED(say(slow, "GET /slow HTTP/1.1\r\nHost: h\r\n\r\n"));
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
	NEED(say(stuck, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nx"));
	for (int i = 0; i < 20; i++) {
		fds[i] = dial(g.port);
		NEED(say(fds[i], "GET /slow HTTP/1.1\r\nHost: h\r\n\r\n"));
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

	return http_start(&(struct http_conf){ .listeners = &l, .n_listeners = 1, .handle = say_peer }, mem, why);
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
	EXPECT(http_start(&(struct http_conf){ .listeners = l, .n_listeners = 2, .handle = say_peer }, mem, &why) == NULL);
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
	NEED(say(fd, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
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
		.n_trusted_proxies = 1 }, mem, &why) == NULL);
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
