/* tests/unit/http/reply_test.c - what a handler fills in, and what must never reach the wire. */
#include <unistd.h>

#include "../test.h"
#include "rig.h"

TEST(header_injection_is_a_500)
{
	struct rig g;
	struct str r;

	NEED(rig_start(&g, (struct http_conf){ 0 }, NULL, NULL));
	r = ask(mem, g.port, "GET /inject HTTP/1.1\r\nHost: h\r\n\r\n");
	EXPECT_INT(status_of(r), 500);
	EXPECT(!str_contains(r, S("Set-Cookie")));
	EXPECT(!str_contains(r, S("Location")));
	rig_stop(&g, 1);
	EXPECT_INT(g.last_status, 500);
}

TEST(missing_status_is_a_500)
{
	struct rig g;

	NEED(rig_start(&g, (struct http_conf){ 0 }, NULL, NULL));
	EXPECT_INT(status_of(ask(mem, g.port, "GET /no-status HTTP/1.1\r\nHost: h\r\n\r\n")), 500);
	EXPECT_INT(status_of(ask(mem, g.port, "GET /many HTTP/1.1\r\nHost: h\r\n\r\n")), 500);
	rig_stop(&g, 1);
}

TEST(control_characters_are_refused_when_added)
{
	static const char *const bad[] = { "a\rb", "a\nb", "\x7f", "\x01", "a\vb" };
	struct http_reply r = { .status = 200 };

	for (size_t i = 0; i < COUNT(bad); i++) {
		r = (struct http_reply){ .status = 200 };
		http_reply_header(&r, "X", str_of(bad[i]));
		EXPECT_INT(r.status, 500);
	}
	r = (struct http_reply){ .status = 200 };
	http_reply_header(&r, "X", S("a\0b"));
	EXPECT_INT(r.status, 500);
	r = (struct http_reply){ .status = 200 };
	http_reply_header(&r, "X", S("a\tb \xe4\xb8\xad"));
	EXPECT_INT(r.status, 200);
	EXPECT_INT(r.n_headers, 1);
}

TEST(date_and_length_are_there)
{
	struct rig g;
	struct str r;

	NEED(rig_start(&g, (struct http_conf){ 0 }, NULL, NULL));
	r = ask(mem, g.port, "GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
	EXPECT(str_contains(r, S("\r\nDate: ")));
	EXPECT(str_contains(r, S("\r\nContent-Length: ")));
	rig_stop(&g, 1);
}

TEST(a_kept_reply_is_sent_again_as_it_was)
{
	struct rig g;
	struct str first, r;

	NEED(rig_start(&g, (struct http_conf){ .io_threads = 2 }, NULL, NULL));
	first = ask(mem, g.port, "GET /kept HTTP/1.1\r\nHost: h\r\nX-Test: one\r\n\r\n");
	NEED(g.kept != NULL);
	for (int i = 0; i < 4; i++) {
		r = ask(mem, g.port, "GET /kept HTTP/1.1\r\nHost: h\r\nX-Test: two\r\n\r\n");
		EXPECT_INT(status_of(r), 200);
		EXPECT_STR(body_of(r), body_of(first));
		EXPECT(str_contains(r, S("X-Test: one\r\n")));
		EXPECT(str_contains(r, S("\r\nDate: ")));
		EXPECT(!str_contains(r, S("Connection: close")));
	}
	rig_stop(&g, 1);
	EXPECT_INT(g.last_status, 200);
}

TEST(a_kept_reply_to_head_has_no_body_and_the_connection_goes_on)
{
	struct rig g;
	struct str head;
	int fd;

	NEED(rig_start(&g, (struct http_conf){ 0 }, NULL, NULL));
	ask(mem, g.port, "GET /kept HTTP/1.1\r\nHost: h\r\n\r\n");
	fd = dial(g.port);
	NEED(tell(fd, "HEAD /kept HTTP/1.1\r\nHost: h\r\n\r\n"));
	head = hear_head(mem, fd);
	EXPECT(str_contains(head, S("\r\nContent-Length: ")) && !str_contains(head, S("Content-Length: 0\r\n")));
	NEED(tell(fd, "GET /kept HTTP/1.1\r\nHost: h\r\n\r\n"));
	EXPECT(str_starts(body_of(hear(mem, fd)), S("GET /kept ")));
	NEED(tell(fd, "GET /kept?close HTTP/1.1\r\nHost: h\r\n\r\n"));
	EXPECT(str_contains(hear(mem, fd), S("Connection: close\r\n")));
	EXPECT(is_closed(fd, 2000));
	close(fd);
	rig_stop(&g, 1);
}

TEST(a_spoiled_reply_is_not_kept)
{
	struct http_reply r = { .status = 200 };

	http_reply_header(&r, "X", S("a\nb"));
	EXPECT(http_keep(&r) == NULL);
	r = (struct http_reply){ 0 };
	EXPECT(http_keep(&r) == NULL);
	http_kept_free(NULL);
}
