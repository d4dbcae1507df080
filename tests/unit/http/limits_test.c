/*
 * tests/unit/http/limits_test.c - who is counted together, and who gives way (H5), with addresses that a test machine does not
 * have. The sockets are numbers only: nothing is read from them and nothing closed.
 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "../test.h"
#include "http/http_int.h"

#define FD 5000                         /* a number that nobody uses */

struct house { struct http_server s; struct io io; struct site site; int next; };

static void
open_house(struct house *h, struct http_conf conf)
{
	struct arena none = { 0 };
	struct str why;

	*h = (struct house){ .s = { .conf = conf }, .next = FD };
	h->io.server = &h->s;
	terms_put(&h->s, terms_new(&conf, &none, &why));
	conns_init(&h->s);
}

static void
close_house(struct house *h)
{
	conns_free(&h->s);
	terms_free(h->s.terms);
}

/* One more connection from that address; NULL when it is refused. */
static struct conn *
come(struct house *h, const char *from)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	struct sockaddr_in four = { .sin_family = AF_INET };
	bool is_six = strchr(from, ':') != NULL;
	const char *why;

	inet_pton(is_six ? AF_INET6 : AF_INET, from, is_six ? (void *)&six.sin6_addr : (void *)&four.sin_addr);
	return conn_add(&h->s, h->next++, &h->site, is_six ? (struct sockaddr *)&six : (struct sockaddr *)&four, &why);
}

static struct conn *
come_at(struct house *h, const char *from, int64_t since)
{
	struct conn *c = come(h, from);

	if (c != NULL)
		conn_phase(c, CONN_IDLE, since);
	return c;
}

static int
left(struct house *h, const char *prefix)
{
	int n = 0;

	for (struct conn *c = h->s.conns; c != NULL; c = c->next)
		n += !c->gave_way && str_starts(conn_peer(c), str_of(prefix));
	return n;
}

/* Those told to give way have gone. */
static void
sweep(struct house *h)
{
	for (struct conn *c = h->s.conns, *next; c != NULL; c = next) {
		next = c->next;
		if (c->gave_way)
			conn_drop(&h->s, c);
	}
}

TEST(an_ipv6_client_is_its_64)
{
	struct house h;
	char text[64];

	open_house(&h, (struct http_conf){ .connections_max = 100, .connections_per_address = 3 });
	for (int i = 0; i < 3; i++) {
		snprintf(text, sizeof text, "2001:db8:1:2:%x::%x", 0x8000 + i, i);
		EXPECT(come(&h, text) != NULL);
	}
	EXPECT(come(&h, "2001:db8:1:2:ffff:ffff:ffff:ffff") == NULL);
	EXPECT(come(&h, "2001:db8:1:2::") == NULL);
	EXPECT_INT(h.s.refused_address, 2);
	EXPECT(come(&h, "2001:db8:1:3::") != NULL);
	EXPECT(come(&h, "2001:db8:1:1:ffff::1") != NULL);
	for (int i = 0; i < 3; i++)
		EXPECT(come(&h, "192.0.2.1") != NULL && come(&h, "192.0.2.2") != NULL && come(&h, "::1") != NULL);
	EXPECT(come(&h, "192.0.2.1") == NULL);
	EXPECT(come(&h, "::1") == NULL);
	conn_drop(&h.s, h.s.conns);             /* the last ::1 */
	EXPECT(come(&h, "::1") != NULL);
	close_house(&h);
	(void)mem;
}

/* 4,096 from 17 addresses shut nobody out, and only ever displace their own. */
TEST(the_crowd_gives_way)
{
	struct house h;
	char text[64];
	int n = 0;

	open_house(&h, (struct http_conf){ .connections_max = 4096, .connections_per_address = 256 });
	NEED(come_at(&h, "203.0.113.7", 1) != NULL);            /* the oldest of all, and alone */
	for (int i = 0; h.s.connections < 4096; i++) {
		snprintf(text, sizeof text, "198.51.%d.%d", i % 17, i % 17);
		NEED(come_at(&h, text, 1000 + i) != NULL);
	}
	for (int i = 0; i < 1000; i++) {
		snprintf(text, sizeof text, "192.0.%d.%d", i % 250, i / 250);
		n += come_at(&h, text, 100000 + i) != NULL;
		sweep(&h);
	}
	EXPECT_INT(n, 1000);
	EXPECT_INT(left(&h, "203.0.113.7"), 1);
	EXPECT_INT(left(&h, "192.0."), 1000);
	EXPECT_INT(left(&h, "198.51."), 4096 - 1001);
	for (int i = 0; i < 1000; i++) {        /* the crowd comes back: it displaces itself */
		snprintf(text, sizeof text, "198.51.%d.%d", i % 17, 100);
		n += come_at(&h, text, 200000 + i) != NULL;
		sweep(&h);
	}
	EXPECT_INT(n, 2000);
	EXPECT_INT(left(&h, "192.0."), 1000);
	EXPECT_INT(left(&h, "203.0.113.7"), 1);
	EXPECT_INT(h.s.refused_limit, 0);
	EXPECT_INT(h.s.leaving, 0);
	close_house(&h);
	(void)mem;
}

TEST(the_oldest_of_the_largest_network)
{
	struct house h;
	struct conn *young, *old, *busy, *alone;

	open_house(&h, (struct http_conf){ .connections_max = 4, .connections_per_address = 4 });
	alone = come_at(&h, "2001:db8:0:100::1", 1);
	young = come_at(&h, "2001:db8:0:201::1", 30);           /* one /56 with the next two */
	old = come_at(&h, "2001:db8:0:2ff::1", 20);
	busy = come_at(&h, "2001:db8:0:202::1", 10);
	NEED(alone && young && old && busy);
	conn_phase(busy, CONN_RUN, 10);
	EXPECT(come_at(&h, "192.0.2.1", 40) != NULL);
	EXPECT(old->gave_way && !young->gave_way && !busy->gave_way && !alone->gave_way);
	EXPECT(come_at(&h, "192.0.2.77", 50) != NULL);
	EXPECT(young->gave_way && !busy->gave_way && !alone->gave_way);
	conn_phase(alone, CONN_BODY, 1);
	sweep(&h);
	EXPECT(come_at(&h, "192.0.3.1", 60) != NULL);           /* for it goes one of 192.0.2.0/24 */
	EXPECT_INT(left(&h, "192.0.2.77"), 1);
	EXPECT_INT(left(&h, "192.0.2."), 1);
	for (struct conn *c = h.s.conns; c != NULL; c = c->next)
		conn_phase(c, CONN_REPLY, 1);
	EXPECT(come(&h, "192.0.4.1") == NULL);                  /* nobody is idle */
	EXPECT_INT(h.s.refused_limit, 1);
	EXPECT_INT(left(&h, "192.0.4."), 0);
	close_house(&h);
	(void)mem;
}

TEST(a_proxy_speaks_for_many)
{
	struct str trusted = S("10.0.0.0/8");
	struct house h;

	open_house(&h, (struct http_conf){ .connections_max = 6, .connections_per_address = 2, .trusted_proxies = &trusted, .n_trusted_proxies = 1 });
	for (int i = 0; i < 5; i++)
		EXPECT(come_at(&h, "10.1.1.1", i + 1) != NULL);
	EXPECT(come_at(&h, "192.0.2.1", 10) != NULL);
	EXPECT(come_at(&h, "192.0.3.1", 20) != NULL);           /* the clients give way before the proxy does */
	EXPECT_INT(left(&h, "192.0.2.1"), 0);
	EXPECT_INT(left(&h, "10.1.1.1"), 5);
	close_house(&h);
	(void)mem;
}
