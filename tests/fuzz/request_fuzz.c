/*
 * tests/fuzz/request_fuzz.c - bytes of a client at a server: request lines, header fields, chunked bodies, in pieces of any size.
 * What reaches the handler is whole and within the limits, and what comes back begins like an answer.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/http_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BODY_MAX 512

static void
need(bool ok)
{
	if (!ok)
		abort();
}

static bool
is_plain(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' && s.p[i] != '\t')
			return false;
	return true;
}

static enum http_when
handle(void *ctx, struct http_req *q, struct http_reply *r)
{
	static const char *const fields[] = { "Host", "Cookie", "Accept", "Accept-Language", "Authorization", "Content-Type", "Content-Length", "Transfer-Encoding" };
	static const char *const offered[] = { "en", "zh-CN" };
	struct str id, secret;

	(void)ctx;
	need(q->path.n > 0 && q->path.p[0] == '/' && is_plain(q->path) && is_plain(q->query) && host_is_sound(q->host));
	need(q->body_fault != BODY_SOUND || q->body.n <= BODY_MAX);
	for (size_t i = 0; i < COUNT(fields); i++)
		need(is_plain(http_header(q, fields[i])));
	accept_prefers_html(http_header(q, "Accept"));
	accept_language(http_header(q, "Accept-Language"), offered, 2, 0);
	cookie_get(http_header(q, "Cookie"), S("a"));
	basic_read(q->mem, http_header(q, "Authorization"), true, &id, &secret);
	r->status = 200;
	r->body = q->body;
	return HTTP_NOW;
}

static int
start(void)
{
	struct http_listener l = { .address = S("127.0.0.1:0"), .fd = -1 };
	struct sockaddr_in a;
	socklen_t n = sizeof a;
	static struct http_server *s;           /* lives as long as the process */
	struct arena mem;
	struct str why;

	arena_init(&mem, 1024 * 1024);
	s = http_start(&(struct http_conf){ .listeners = &l, .n_listeners = 1, .io_threads = 1, .header_max = 2048, .body_max = BODY_MAX, .handle = handle }, &mem, &(size_t){ 0 }, &why);
	need(s != NULL && getsockname(s->sockets.at[0].fd, (struct sockaddr *)&a, &n) == 0);
	arena_free(&mem);
	return ntohs(a.sin_port);
}

static void
speak(int fd, const void *p, size_t n, size_t piece)
{
	for (size_t at = 0; at < n; at += piece)
		if (send(fd, (const char *)p + at, n - at < piece ? n - at : piece, MSG_NOSIGNAL) <= 0)
			return;
}

/* First byte: what stands before the rest; second: how large the pieces are. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const before[] = { "", "GET / HTTP/1.1\r\nHost: h\r\n", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: h\r\n\r\nGET /" };
	static int port;
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timeval a_while = { 0, 10000 };
	struct linger reset = { 1, 0 };
	char heard[4096];
	int fd, on = 1;
	ssize_t got, n = 0;

	if (size < 2)
		return 0;
	if (port == 0)
		port = start();
	a.sin_port = htons((uint16_t)port);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	need(fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &a_while, sizeof a_while);
	speak(fd, before[data[0] % COUNT(before)], strlen(before[data[0] % COUNT(before)]), 4096);
	speak(fd, data + 2, size - 2, data[1] % 64 == 0 ? 65536 : data[1] % 64);
	while ((got = recv(fd, heard + n, sizeof heard - (size_t)n, 0)) > 0 && (n += got) < (ssize_t)sizeof heard)
		;
	need(n < 9 || memcmp(heard, "HTTP/1.", 7) == 0);
	close(fd);
	return 0;
}
