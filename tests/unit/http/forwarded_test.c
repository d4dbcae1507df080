/* tests/unit/http/forwarded_test.c - whose address is believed. */
#include <unistd.h>

#include "../test.h"
#include "http/http_int.h"
#include "rig.h"

static struct str
client(struct arena *mem, const char *list)
{
	struct block trusted[2];

	block_read(S("10.0.0.0/8"), &trusted[0]);
	block_read(S("::1"), &trusted[1]);
	return forwarded_client(mem, str_of(list), S("10.0.0.1"), trusted, 2);
}

TEST(rightmost_untrusted)
{
	EXPECT_STR(client(mem, ""), S("10.0.0.1"));
	EXPECT_STR(client(mem, "203.0.113.7"), S("203.0.113.7"));
	EXPECT_STR(client(mem, "6.6.6.6, 203.0.113.7"), S("203.0.113.7"));
	EXPECT_STR(client(mem, "6.6.6.6, 203.0.113.7, 10.1.1.1"), S("203.0.113.7"));
	EXPECT_STR(client(mem, "10.3.3.3,10.2.2.2"), S("10.3.3.3"));
	EXPECT_STR(client(mem, "6.6.6.6, garbage, 10.2.2.2"), S("10.2.2.2"));
	EXPECT_STR(client(mem, "6.6.6.6, "), S("10.0.0.1"));
	EXPECT_STR(client(mem, "[2001:db8::5]:1234"), S("2001:db8::5"));
}

#define ASK(fields) body_of(ask(mem, g.port, "GET / HTTP/1.1\r\nHost: h\r\n" fields "\r\n"))

TEST(over_a_socket)
{
	struct str proxies[] = { S("127.0.0.0/8") };
	struct rig g;

	NEED(rig_start(&g, (struct http_conf){ .trusted_proxies = proxies, .n_trusted_proxies = 1 }, NULL, NULL));
	EXPECT_STR(ASK("X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: https\r\n"), S("GET / - - 203.0.113.7 secure"));
	EXPECT_STR(ASK("X-Forwarded-Proto: https, http\r\n"), S("GET / - - 127.0.0.1 plain"));
	rig_stop(&g, 1);
	NEED(rig_start(&g, (struct http_conf){ 0 }, NULL, NULL));
	EXPECT_STR(ASK("X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: https\r\n"), S("GET / - - 127.0.0.1 plain"));
	rig_stop(&g, 1);
}
