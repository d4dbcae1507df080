/*
 * tests/unit/http/giveup_test.c - H4: no shape of a request leaves memory behind, and each has its answer at once.
 *
 * Each shape is sent 10,000 times. What is allocated then must be what was allocated after the first thousand, and
 * LeakSanitizer looks over the whole of it at the end of the program.
 */
#include <malloc.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../test.h"
#include "rig.h"

#ifdef __SANITIZE_THREAD__       /* there it is about the threads; what stays allocated is measured by the other builds */
#define ROUNDS 1500
#else
#define ROUNDS 10000
#endif
#define WARM   1000
#define SLACK  (1024 * 1024)            /* finished requests are kept for reuse, up to some; a leak is 100 bytes a round or more */
#define LINE   "GET /x HTTP/1.1\r\nHost: h\r\n"

extern size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static size_t
allocated(void)
{
	return __sanitizer_get_current_allocated_bytes ? __sanitizer_get_current_allocated_bytes() : mallinfo2().uordblks;
}

/* before, then n times piece, then after. status: of the last reply; 0: none is needed. leave: the client goes without listening. */
struct shape { const char *name, *before, *piece; int n; const char *after; int replies, status; bool leave; };

static const struct shape shapes[] = {
	{ "500 cookies", LINE "Cookie: a=b", "; c=1234", 500, "\r\n\r\n", 1, 200, false },
	{ "500 cookies without values", LINE "Cookie: a", "; c", 500, "\r\n\r\n", 1, 200, false },
	{ "cookies and a quote", LINE "Cookie: a=\"b", "; c,d", 500, "\r\n\r\n", 1, 200, false },
	{ "cookies without Host", "GET /x HTTP/1.1\r\nCookie: a=b", "; c=1234", 500, "\r\n\r\n", 1, 400, false },
	{ "cookies and a bad length", LINE "Content-Length: x\r\nCookie: a=b", "; c=1234", 500, "\r\n\r\n", 1, 400, false },
	{ "cookies, HTTP/1.0", "GET /x HTTP/1.0\r\nCookie: a=b", "; c=1234", 500, "\r\n\r\n", 1, 200, false },
	{ "470 parameters", "GET /x?a=1", "&b=1234", 470, " HTTP/1.1\r\nHost: h\r\n\r\n", 1, 200, false },
	{ "parameters without values", "GET /x?a", "&b", 4000, " HTTP/1.1\r\nHost: h\r\n\r\n", 1, 200, false },
	{ "parameters of a POST", "POST /x?a=1", "&b=1234", 470, " HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx", 1, 200, false },
	{ "parameters, bad header", "GET /x?a=1", "&b=1234", 470, " HTTP/1.1\r\nno colon\r\n\r\n", 1, 400, false },
	{ "the second request", LINE "\r\nGET /x?a=1", "&b=1234", 470, " HTTP/1.1\r\nHost: h\r\nCookie: a; b; c\r\n\r\n", 2, 200, false },
	{ "150 fields", LINE, "X-A: b\r\n", 150, "\r\n", 1, 431, false },
	{ "bad chunk", "POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n", 5, "zz\r\n", 1, 400, false },
	{ "huge chunk", "POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", "f", 17, "\r\n", 1, 413, false },
	{ "bad trailer", "POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "a", 1, "\r\n\r\n", 1, 400, false },
	{ "bad version", "GET /x HTTP/9.9\r\n", "", 1, "\r\n", 1, 505, false },
	{ "no version", "GET /x\r\n", "", 1, "\r\n", 1, 400, false },
	{ "no target", "GET\r\n", "", 1, "\r\n", 1, 0, false },
	{ "half a line", "GET /x?a=b", "&c", 10, "", 0, 0, true },
	{ "a line only", "GET /x?a=b", "&c", 10, " HTTP/1.1\r\n", 0, 0, true },
	{ "half a header", LINE "Cookie: a", "; b", 500, "\r\nX-", 0, 0, true },
	{ "half a body", "POST /x?a HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n", "x", 50, "", 0, 0, true },
	{ "half a chunk", "POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", "3\r\nabc\r\n", 3, "3\r\na", 0, 0, true },
	{ "gone while suspended", "GET /later?a HTTP/1.1\r\nHost: h\r\n", "A: b\r\n", 2, "\r\n", 0, 0, true },
	{ "nothing", "", "", 0, "", 0, 0, true },
};

/* More than the memory of a connection holds, which is small here so that the library does not look through much of it again and again. */
static const struct shape oversized[] = {
	{ "cookies over every limit", LINE "Cookie: a=b", "; c=1234", 800, "\r\n\r\n", 1, 431, false },
	{ "parameters over every limit", "GET /x?a=1", "&b=1234", 800, " HTTP/1.1\r\nHost: h\r\n\r\n", 1, 414, false },
	{ "many fields", LINE, "a:\r\n", 800, "\r\n", 1, 431, false },
	{ "endless line", "GET /", "aaaaaaaa", 1000, "", 1, 414, false },
	{ "long trailer", "POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "a:b\r\n", 1200, "\r\n", 1, 431, false },
};

static struct str
spell(struct arena *mem, const struct shape *sh)
{
	struct buf b;

	buf_init(&b, mem, 256 * 1024);
	buf_put(&b, str_of(sh->before));
	for (int i = 0; i < sh->n; i++)
		buf_put(&b, str_of(sh->piece));
	buf_put(&b, str_of(sh->after));
	return buf_str(&b);
}

/* A reset at the end leaves no trace in the kernel, so that the port numbers last. */
static void
hang_up(int fd)
{
	struct linger none = { 1, 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
	close(fd);
}

/* Replies in what was heard, and the status of the last one. */
static int
replies_in(struct str heard, int *last)
{
	int n = 0;

	*last = 0;
	for (size_t i = 0; i + 12 < heard.n; i++)
		if (memcmp(heard.p + i, "HTTP/1.1 ", 9) == 0) {
			n++;
			*last = status_of(str_from(heard, i));
		}
	return n;
}

static bool
once(const struct rig *g, const struct shape *sh, struct str text, struct arena *mem)
{
	int fd = dial(g->port), last = 0, n = 0;
	char room[4096];
	size_t have = 0;
	ssize_t got;

	(void)mem;
	if (fd < 0)
		return false;
	say_n(fd, text.p, text.n);              /* may end early: the answer comes before the end of a long one */
	while (!sh->leave && n < sh->replies && have < sizeof room && (got = recv(fd, room + have, sizeof room - have, 0)) > 0) {
		have += (size_t)got;
		n = replies_in(str_span(room, have), &last);
	}
	hang_up(fd);
	return sh->leave || sh->status == 0 || last == sh->status;
}

/*
 * What was dropped is closed by the server a moment later. Connections are accepted in turn: once a last one is answered, those before
 * it are counted.
 */
static void
settle(const struct rig *g, struct arena *mem)
{
	EXPECT(str_starts(ask(mem, g->port, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"), S("HTTP/1.1 ")));
	for (int i = 0; i < 3000; i++) {
		struct http_stats st;

		http_server_stats(g->server, &st);
		if (st.connections == 0)
			break;
		usleep(10 * 1000);
	}
}

static void
many(const struct rig *g, const struct shape *sh, struct arena *mem)
{
	struct str text = spell(mem, sh);
	size_t before = 0, after;
	int bad = 0;

	for (int i = 0; i < ROUNDS; i++) {
		if (i == WARM) {
			settle(g, mem);
			before = allocated();
		}
		bad += !once(g, sh, text, mem);
	}
	settle(g, mem);
	after = allocated();
	for (int i = 0; after > before + SLACK && i < 3000; i++) {      /* a slow machine gives back late; what leaked stays */
		usleep(10 * 1000);
		after = allocated();
	}
	if (bad > 0)
		test_fail(__FILE__, __LINE__, "%s: %d of %d without the status %d", sh->name, bad, ROUNDS, sh->status);
	if (after > before + SLACK)
		test_fail(__FILE__, __LINE__, "%s: %zu bytes more", sh->name, after - before);
}

static void
all(const struct shape *sh, size_t n, size_t header_max)
{
	struct rig g;

	NEED(rig_start(&g, (struct http_conf){ .io_threads = 2, .connections_per_address = 4000, .header_max = header_max }, NULL, NULL));
	for (size_t i = 0; i < n; i++) {
		struct arena own;

		arena_init(&own, 1024 * 1024);
		many(&g, &sh[i], &own);
		arena_free(&own);
	}
	rig_stop(&g, 1);
}

TEST(no_shape_leaves_memory_behind)
{
	(void)mem;
	all(shapes, COUNT(shapes), 0);
}

TEST(nor_does_an_oversized_one)
{
	(void)mem;
	all(oversized, COUNT(oversized), 1024);
}
