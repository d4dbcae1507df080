/* tests/unit/http/request_test.c - requests over a real socket: targets, bodies, keep-alive, limits. */
#include <unistd.h>

#include "../test.h"
#include "rig.h"

#define HOST "Host: h\r\n"

#define RIG(name, ...) \
	struct rig name; \
	NEED(rig_start(&name, (struct http_conf){ .io_threads = 2, __VA_ARGS__ }, NULL, NULL))

TEST(target_is_raw)
{
	RIG(g);
	EXPECT_STR(body_of(ask(mem, g.port, "GET /a%2Fb/%zz+c?x=%41&&=+ HTTP/1.1\r\n" HOST "\r\n")),
	           S("GET /a%2Fb/%zz+c ?x=%41&&=+ - 127.0.0.1 plain"));
	EXPECT_STR(body_of(ask(mem, g.port, "GET /a? HTTP/1.1\r\n" HOST "\r\n")), S("GET /a ? - 127.0.0.1 plain"));
	EXPECT_STR(body_of(ask(mem, g.port, "GET /a HTTP/1.1\r\n" HOST "\r\n")), S("GET /a - - 127.0.0.1 plain"));
	EXPECT_STR(body_of(ask(mem, g.port, "GET /a?b?c HTTP/1.1\r\n" HOST "\r\n")), S("GET /a ?b?c - 127.0.0.1 plain"));
	rig_stop(&g, 1);
	EXPECT_INT(g.handled, 4);
	EXPECT_INT(g.done, 4);
}

/* RFC 9112 section 3.2.2: as a client sends it that takes this server for a proxy. The target's host counts, not the field. */
TEST(absolute_form)
{
	struct str r;

	RIG(g);
	r = ask(mem, g.port, "GET HTTP://Named.example:81/a%2Fb?x=/y?z HTTP/1.1\r\nHost: other\r\n\r\n");
	EXPECT_STR(body_of(r), S("GET /a%2Fb ?x=/y?z - 127.0.0.1 plain"));
	EXPECT(str_contains(r, S("X-Host: Named.example:81\r\n")));
	r = ask(mem, g.port, "GET https://h?q HTTP/1.1\r\nHost: h\r\n\r\n");
	EXPECT_STR(body_of(r), S("GET / ?q - 127.0.0.1 plain"));
	r = ask(mem, g.port, "POST http://[::1]:/ HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx");
	EXPECT_STR(body_of(r), S("POST / - =x 127.0.0.1 plain"));
	r = ask(mem, g.port, "GET http://h HTTP/1.0\r\n\r\n");
	EXPECT_STR(body_of(r), S("GET / - - 127.0.0.1 plain"));
	EXPECT(str_contains(ask(mem, g.port, "GET /a HTTP/1.1\r\nhost: f:1\r\n\r\n"), S("X-Host: f:1\r\n")));
	EXPECT(str_contains(ask(mem, g.port, "GET /a HTTP/1.1\r\nHost:\r\n\r\n"), S("X-Host: none\r\n")));
	rig_stop(&g, 1);
	EXPECT_INT(g.handled, 6);
}

/* RFC 9110 section 15.5.16. The body is read, so that the answer arrives; what has none has nothing to decode. */
TEST(coded_bodies)
{
	static const char *const coded[] = { "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
		"content-encoding: identity, br\r\nContent-Length: 3\r\n\r\nabc", "Content-Encoding: identity\r\nContent-Encoding: x-gzip\r\nContent-Length: 3\r\n\r\nabc",
		"Content-Encoding: deflate\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
		"Content-Encoding: gzip\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n", "Content-Encoding: gzip\r\nContent-Length: 2000000000\r\n\r\n" };
	static const char *const plain[] = { "Content-Encoding: identity\r\nContent-Length: 3\r\n\r\nabc", "Content-Encoding: ,\r\nContent-Length: 3\r\n\r\nabc",
		"Content-Encoding: gzip\r\n\r\n", "Content-Encoding: gzip\r\nContent-Length: 0\r\n\r\n" };

	RIG(g);
	for (size_t i = 0; i < COUNT(coded); i++) {
		struct str r = ask(mem, g.port, arena_z(mem, ARENA_CAT(mem, S("POST /p HTTP/1.1\r\n" HOST), str_of(coded[i]))));

		EXPECT_INT(status_of(r), i == COUNT(coded) - 1 ? 413 : 415);
		EXPECT(str_contains(r, S("Accept-Encoding: identity\r\n")) == (status_of(r) == 415));
		EXPECT(str_contains(r, S("Connection: close\r\n")));
	}
	for (size_t i = 0; i < COUNT(plain); i++)
		EXPECT_INT(status_of(ask(mem, g.port, arena_z(mem, ARENA_CAT(mem, S("POST /p HTTP/1.1\r\n" HOST), str_of(plain[i]))))), 200);
	rig_stop(&g, 1);
	EXPECT_INT(g.refused, (int)COUNT(coded));
	EXPECT_INT(g.handled, (int)COUNT(plain));
}

/* A chunked body has no length that tells beforehand: it is counted as it comes, in pieces of any size. */
TEST(chunked_body_over_the_limit)
{
	RIG(g, .body_max = 1000);
	static const char head[] = "POST /p HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n";
	static const struct { const char *chunk; int n, status; } rows[] = {
		{ "1\r\nx\r\n", 1000, 200 }, { "1\r\nx\r\n", 1001, 413 }, { "a;x=y\r\n0123456789\r\n", 100, 200 },
		{ "a\r\n0123456789\r\n", 101, 413 }, { "a\r\n0123456789\r\n", 5000, 413 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		int fd = dial(g.port);

		tell(fd, head);
		for (int k = 0; k < rows[i].n; k++)
			tell(fd, rows[i].chunk);
		tell(fd, "0\r\n\r\n");
		EXPECT_INT(status_of(hear(mem, fd)), rows[i].status);
		if (rows[i].status == 413)
			EXPECT(is_closed(fd, 2000));
		close(fd);
	}
	rig_stop(&g, 1);
	EXPECT_INT(g.handled, 2);
	EXPECT_INT(g.refused, 3);
}

/* One chunk without an end: after a megabyte nobody listens any more, and the client is told while it still sends. */
TEST(endless_chunk)
{
	RIG(g, .body_max = 1000);
	char piece[4096];
	int fd = dial(g.port), sent = 0;

	memset(piece, 'x', sizeof piece);
	tell(fd, "POST /p HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nfffffff\r\n");
	while (sent < 64 * 1024 * 1024 && say_n(fd, piece, sizeof piece))
		sent += (int)sizeof piece;
	EXPECT(sent >= 1024 * 1024 - 4096 && sent < 64 * 1024 * 1024);
	close(fd);
	rig_stop(&g, 1);
	EXPECT_INT(g.handled, 0);
	EXPECT_INT(g.refused, 1);
	EXPECT_INT(g.last_status, 413);
}

TEST(bodies)
{
	RIG(g);
	EXPECT_STR(body_of(ask(mem, g.port, "POST /p HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nab=%4")), S("POST /p - =ab=%4 127.0.0.1 plain"));
	EXPECT_STR(body_of(ask(mem, g.port, "POST /p HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n")), S("POST /p - = 127.0.0.1 plain"));
	EXPECT_STR(body_of(ask(mem, g.port, "POST /p HTTP/1.1\r\n" HOST "\r\n")), S("POST /p - - 127.0.0.1 plain"));
	EXPECT_STR(body_of(ask(mem, g.port, "POST /p HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")),
	           S("POST /p - =abcde 127.0.0.1 plain"));
	EXPECT_STR(body_of(ask(mem, g.port, "POST /p HTTP/1.0\r\nContent-Length: 1\r\n\r\nz")), S("POST /p - =z 127.0.0.1 plain"));
	EXPECT_STR(body_of(ask(mem, g.port, "PROPFIND /p HTTP/1.1\r\n" HOST "\r\n")), S("PROPFIND /p - - 127.0.0.1 plain"));
	rig_stop(&g, 1);
}

/* RFC 9112 section 7.1.1: an unknown chunk extension is passed over. libmicrohttpd 1.0 refuses it where it is strict; no second body comes of it. */
TEST(chunk_extension)
{
	struct str all;

	RIG(g);
	all = ask(mem, g.port, "POST /p HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n");
	EXPECT_INT(status_of(all), g.server->parser_in_place ? 200 : 400);
	EXPECT(str_contains(all, S("POST /p - =abcde 127.0.0.1 plain")) == g.server->parser_in_place);
	rig_stop(&g, 1);
}

TEST(body_in_pieces)
{
	RIG(g);
	int fd = dial(g.port);
	struct str b;

	NEED(tell(fd, "POST /p HTTP/1.1\r\n" HOST "Content-Length: 30000\r\n\r\n"));
	for (int i = 0; i < 30; i++) {
		char piece[1000];

		memset(piece, 'a' + i % 26, sizeof piece);
		NEED(say_n(fd, piece, sizeof piece));
		usleep(1000);
	}
	b = body_of(hear(mem, fd));
	EXPECT_INT(b.n, strlen("POST /p - =") + 30000 + strlen(" 127.0.0.1 plain"));
	for (size_t i = 0; i < 30 && b.n > 30000; i++)
		EXPECT_INT(b.p[11 + i * 1000 + 999], 'a' + (int)i % 26);
	close(fd);
	rig_stop(&g, 1);
}

TEST(expect_continue)
{
	RIG(g, .body_max = 100);
	int fd = dial(g.port);

	NEED(tell(fd, "POST /p HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"));
	EXPECT_INT(status_of(hear_head(mem, fd)), 100);
	NEED(tell(fd, "ok"));
	EXPECT_STR(body_of(hear(mem, fd)), S("POST /p - =ok 127.0.0.1 plain"));
	close(fd);
	fd = dial(g.port);
	NEED(tell(fd, "POST /p HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 101\r\n\r\n"));
	EXPECT_INT(status_of(hear(mem, fd)), 413);
	EXPECT(is_closed(fd, 2000));
	close(fd);
	rig_stop(&g, 1);
	EXPECT_INT(g.handled, 1);
	EXPECT_INT(g.refused, 1);
}

TEST(keep_alive_and_pipelining)
{
	RIG(g);
	int fd = dial(g.port);

	for (int i = 0; i < 3; i++) {
		NEED(tell(fd, "GET /k HTTP/1.1\r\n" HOST "\r\n"));
		EXPECT_STR(body_of(hear(mem, fd)), S("GET /k - - 127.0.0.1 plain"));
	}
	NEED(tell(fd, "GET /1 HTTP/1.1\r\n" HOST "\r\nPOST /later HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\nxGET /3 HTTP/1.1\r\n" HOST "\r\n"));
	EXPECT_STR(body_of(hear(mem, fd)), S("GET /1 - - 127.0.0.1 plain"));
	EXPECT_STR(body_of(hear(mem, fd)), S("POST /later - =x 127.0.0.1 plain"));
	EXPECT_STR(body_of(hear(mem, fd)), S("GET /3 - - 127.0.0.1 plain"));
	NEED(tell(fd, "GET /close HTTP/1.1\r\n" HOST "\r\n"));
	EXPECT_INT(status_of(hear(mem, fd)), 200);
	EXPECT(is_closed(fd, 2000));
	close(fd);
	rig_stop(&g, 1);
}

TEST(head_has_no_body)
{
	RIG(g);
	int fd = dial(g.port);
	struct str all;

	NEED(tell(fd, "HEAD /h HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"));
	all = hear_all(mem, fd, 3000);
	EXPECT_INT(status_of(all), 200);
	EXPECT_STR(body_of(all), S(""));
	EXPECT(str_contains(all, S("Content-Length: 27\r\n")));
	close(fd);
	rig_stop(&g, 1);
}

TEST(http10_closes)
{
	RIG(g);
	int fd = dial(g.port);

	NEED(tell(fd, "GET /old HTTP/1.0\r\n\r\n"));
	EXPECT_STR(body_of(hear_all(mem, fd, 3000)), S("GET /old - - 127.0.0.1 plain"));
	close(fd);
	rig_stop(&g, 1);
}

/* The whole answer is read, so that a reset that swallows it would show. */
static int
upload(struct rig *g, struct arena *mem, const char *head, size_t n)
{
	char piece[1024];
	int fd = dial(g->port), status;

	memset(piece, 'x', sizeof piece);
	tell(fd, head);
	for (size_t i = 0; i < n; i += sizeof piece)
		say_n(fd, piece, sizeof piece);
	status = status_of(hear(mem, fd));
	close(fd);
	return status;
}

TEST(body_over_the_limit)
{
	RIG(g, .body_max = 1000);
	EXPECT_INT(upload(&g, mem, "POST /p HTTP/1.1\r\n" HOST "Content-Length: 204800\r\n\r\n", 204800), 413);
	EXPECT_INT(status_of(ask(mem, g.port, "POST /p HTTP/1.1\r\n" HOST "Content-Length: 2000000000\r\n\r\n")), 413);
	EXPECT_INT(status_of(ask(mem, g.port, "POST /p HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\n")), 413);
	EXPECT_INT(status_of(ask(mem, g.port, "POST /p HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3e8\r\n"
		"1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"
		"1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"
		"1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"
		"1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"
		"1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"
		"1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"
		"1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"
		"1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"
		"1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"
		"1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"
		"\r\n1\r\nx\r\n0\r\n\r\n")), 413);
	rig_stop(&g, 1);
	EXPECT_INT(g.handled, 0);
	EXPECT_INT(g.refused, 4);
}

static enum http_when
words(void *ctx, struct http_req *q, struct http_reply *r)
{
	(void)ctx, (void)q, (void)r;
	return HTTP_NOW;
}

TEST(body_over_the_limit_in_words)
{
	RIG(g, .body_max = 10, .refuse_body = words);
	static const char *const fields[] = { "Content-Length: 11\r\n\r\n12345678901", "Content-Length: 2000000000\r\n\r\n",
		"Expect: 100-continue\r\nContent-Length: 11\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\nb\r\n12345678901\r\n0\r\n\r\n" };

	for (size_t i = 0; i < COUNT(fields); i++) {
		int fd = dial(g.port);
		struct str r;

		NEED(tell(fd, arena_z(mem, ARENA_CAT(mem, S("POST /p HTTP/1.1\r\n" HOST), str_of(fields[i])))));
		r = hear(mem, fd);
		EXPECT_INT(status_of(r), 413);
		EXPECT_STR(body_of(r), S("too large for /p"));
		EXPECT(is_closed(fd, 2000));
		close(fd);
	}
	EXPECT_INT(status_of(ask(mem, g.port, "POST /p HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\n1234567890")), 200);
	rig_stop(&g, 1);
	EXPECT_INT(g.refused, (int)COUNT(fields));
}

/* H1: nothing of it reaches the handler. */
TEST(header_over_the_limit)
{
	RIG(g, .header_max = 4096);
	struct buf b;

	buf_init(&b, mem, 64 * 1024);
	buf_put(&b, S("GET /x HTTP/1.1\r\n" HOST "X-Long: "));
	for (int i = 0; i < 4200; i++)
		buf_putc(&b, 'y');
	buf_put(&b, S("\r\n\r\n"));
	EXPECT_INT(status_of(ask(mem, g.port, arena_z(mem, buf_str(&b)))), 431);
	b.n = 0;
	buf_put(&b, S("GET /"));
	for (int i = 0; i < 9000; i++)
		buf_putc(&b, 'y');
	EXPECT_INT(status_of(ask(mem, g.port, arena_z(mem, buf_str(&b)))), 414);
	rig_stop(&g, 1);
	EXPECT_INT(g.handled, 0);
}

/* Up to the limit a header works, with room for a long head of the reply. */
TEST(header_near_the_limit)
{
	RIG(g);
	struct buf b;
	int fd = dial(g.port);

	buf_init(&b, mem, 64 * 1024);
	buf_put(&b, S("GET /later?a=1&b=2&c=3&d=4 HTTP/1.1\r\n" HOST "X-Test: "));
	for (int i = 0; i < 8000; i++)
		buf_putc(&b, 't');
	for (int k = 0; k < 7; k++) {
		buf_printf(&b, "\r\nX-Long-%d: ", k);
		for (int i = 0; i < 1000; i++)
			buf_putc(&b, 'y');
	}
	buf_put(&b, S("\r\n\r\n"));
	for (int i = 0; i < 2; i++) {
		struct str r;

		NEED(say_n(fd, b.p, b.n));
		r = hear(mem, fd);
		EXPECT_INT(status_of(r), 200);
		EXPECT(r.n > 8000);
	}
	close(fd);
	rig_stop(&g, 1);
}

/* A reply that repeats the target twice has no room behind a long one: 431, not silence. Around the edge each has an answer. */
TEST(head_of_the_reply_without_room)
{
	static const size_t lengths[] = { 100, 9500, 10000, 10250, 10350, 10400, 10450, 10500, 10550, 10600, 10700, 11000, 15000 };
	int n431 = 0;

	RIG(g);
	for (size_t i = 0; i < COUNT(lengths); i++) {
		struct buf b;
		struct str r;

		buf_init(&b, mem, 64 * 1024);
		buf_put(&b, S("GET /twice?"));
		for (size_t k = 0; k < lengths[i]; k++)
			buf_putc(&b, 'y');
		buf_put(&b, S(" HTTP/1.1\r\n" HOST "\r\n"));
		r = ask(mem, g.port, arena_z(mem, buf_str(&b)));
		n431 += status_of(r) == 431;
		EXPECT(status_of(r) == (i > 10 ? 431 : 302) || (i >= 3 && status_of(r) == 431));
		EXPECT(status_of(r) == 431 || r.n > 2 * lengths[i]);
	}
	EXPECT(n431 >= 2);
	rig_stop(&g, 1);
	EXPECT_INT(g.done, (int)COUNT(lengths));
}

TEST(field_lookup)
{
	RIG(g);
	struct buf b;
	struct str r = ask(mem, g.port, "GET /x HTTP/1.1\r\n" HOST "X-TEST:   one \r\nx-test: two\r\n\r\n");

	EXPECT(str_contains(r, S("\r\nX-Test: one\r\n")));
	r = ask(mem, g.port, "GET /x HTTP/1.1\r\n" HOST "X-TEST:\r\n\r\n");
	EXPECT_INT(status_of(r), 200);
	EXPECT(!str_contains(r, S("X-Test")));
	buf_init(&b, mem, 16 * 1024);
	buf_put(&b, S("GET /x HTTP/1.1\r\n" HOST));
	for (int i = 0; i < 60; i++)            /* more than are kept */
		buf_printf(&b, "X-Test-%d: no\r\n", i);
	buf_put(&b, S("X-Test: behind\r\nX-Test: second\r\n\r\n"));
	EXPECT(str_contains(ask(mem, g.port, arena_z(mem, buf_str(&b))), S("\r\nX-Test: behind\r\n")));
	rig_stop(&g, 1);
}
