/*
 * http/deadline.c - a slow client costs one connection, for a bounded time (H3). The library's own
 * timeout starts anew with every byte, so the deadlines are kept here: the acceptor's thread looks
 * at all connections a few times a second.
 */
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>

#include "http/http_int.h"

#define SECOND     INT64_C(1000000)
#define TRIM_AFTER (2 * SECOND)
#define LAST_WORD  (1 * SECOND)         /* at a stop: for the next request on a connection just made or used */
#define LAST_WORD_BESIDE (3 * SECOND)   /* the same where another server serves meanwhile, so nobody waits for it */
#define LAST_WORDS (2 * SECOND)         /* and for one that has begun to arrive */
#define BLANK_LINES 4                   /* CR LF that some clients add to a request; RFC 9112 section 2.2 */

bool
conn_bytes_received(const struct conn *c, uint64_t *out)
{
	struct tcp_info info = { 0 };
	socklen_t n = sizeof info;

	if (c->unix_peer || getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &n) != 0
	    || n < offsetof(struct tcp_info, tcpi_bytes_received) + sizeof info.tcpi_bytes_received)
		return false;
	*out = info.tcpi_bytes_received;
	return true;
}

bool
conn_is_hearing(const struct conn *c)
{
	uint64_t bytes;

	if (c->uncounted || c->site->tls)
		return false;
	return conn_bytes_received(c, &bytes)
	    && bytes > atomic_load_explicit(&c->consumed, memory_order_relaxed) + BLANK_LINES;
}

/*
 * A kept-alive connection begins its next header when the count of received bytes moves on. The count at which it fell
 * idle is read at the first look after that: a header begun before this look has the idle deadline instead.
 */
static void
look_for_begin(struct conn *c, uint32_t requests, int64_t now, int64_t every)
{
	uint64_t bytes;

	if (c->seen != requests) {
		c->begun_us = 0;
		c->seen = requests;
		c->checked_us = now;
		if (!conn_bytes_received(c, &c->bytes))
			c->bytes = UINT64_MAX;
		return;
	}
	if (c->begun_us != 0 || now - c->checked_us < every)
		return;
	c->checked_us = now;
	if (conn_bytes_received(c, &bytes) && bytes > c->bytes)
		c->begun_us = now;
}

void
raw_answer(int fd, const char *status)
{
	char line[160];
	int n = snprintf(line, sizeof line, "HTTP/1.1 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", status);

	if (n > 0 && (size_t)n < sizeof line)
		(void)!send(fd, line, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void
cut(struct http_server *s, struct conn *c, const char *why)
{
	bool answer = why != NULL && !c->site->tls;

	c->cut = true;
	atomic_fetch_add(&s->timeouts, 1);
	if (answer)
		raw_answer(c->fd, "408 Request Timeout");
	shutdown(c->fd, SHUT_RDWR);
	if (why != NULL && s->conf.refused != NULL)
		s->conf.refused(s->conf.ctx, why, 408, conn_peer(c));
}

static void
conn_check(struct http_server *s, struct conn *c, int64_t now)
{
	const struct terms *conf = terms_now(s);
	int phase = atomic_load_explicit(&c->phase, memory_order_acquire);
	int64_t waited = now - atomic_load_explicit(&c->since_us, memory_order_relaxed);
	int64_t every = conf->header_s >= 8 ? SECOND : conf->header_s * SECOND / 8;

	if (c->cut || phase == CONN_RUN)
		return;
	if (phase == CONN_BODY && waited > conf->body_s * SECOND)
		cut(s, c, "body not complete in time");
	if (phase == CONN_REPLY && waited > conf->idle_s * SECOND)
		cut(s, c, NULL);
	if (phase != CONN_IDLE)
		return;
	look_for_begin(c, atomic_load(&c->requests), now, every);
	if (c->begun_us != 0 && now - c->begun_us > conf->header_s * SECOND)
		cut(s, c, "header not complete in time");
	else if (c->begun_us == 0 && waited > conf->idle_s * SECOND)
		cut(s, c, NULL);
}

/* Quiet for a while since the last request: its memory is asked back, once. */
static void
mark_for_trim(struct conn *c, int64_t now)
{
	uint32_t requests = atomic_load(&c->requests);

	if (c->trimmed == requests || atomic_load_explicit(&c->phase, memory_order_acquire) != CONN_IDLE
	    || now - atomic_load_explicit(&c->since_us, memory_order_relaxed) < TRIM_AFTER || c->pool == NULL)
		return;
	c->trimmed = requests;
	c->trim = true;
	atomic_store_explicit(&c->io->trim, true, memory_order_relaxed);
}

/* A client that has just connected, or had an answer, is about to ask (H6). Others have nothing under way. */
static bool
is_done(const struct conn *c, int64_t begun, int64_t now)
{
	int64_t quiet = c->site->paused ? LAST_WORD_BESIDE : LAST_WORD;

	if (now - atomic_load_explicit(&c->since_us, memory_order_relaxed) < quiet)
		return false;
	return now - begun > LAST_WORDS || !conn_is_hearing(c);
}

/* What has arrived whole is still read and answered after a half-close; what has not ends the connection. */
static void
half_close(struct conn *c, int64_t begun, int64_t now)
{
	if (c->half_closed || atomic_load_explicit(&c->phase, memory_order_acquire) != CONN_IDLE
	    || !is_done(c, begun, now))
		return;
	c->half_closed = true;
	shutdown(c->fd, SHUT_RD);
}

void
deadlines_check(struct http_server *s)
{
	int64_t now = clock_mono_us();

	pthread_mutex_lock(&s->lock);
	for (struct conn *c = s->conns; c != NULL; c = c->next) {
		conn_check(s, c, now);
		mark_for_trim(c, now);
		if (atomic_load(&c->site->leaving))
			half_close(c, c->site->left_us, now);
	}
	pthread_mutex_unlock(&s->lock);
	if (!atomic_load(&s->draining))
		idle_wake(s);
}

bool
conns_drained(struct http_server *s, int64_t begun_us)
{
	int64_t now = clock_mono_us();
	bool none;

	pthread_mutex_lock(&s->lock);
	none = s->conns == NULL;
	for (struct conn *c = s->conns; c != NULL; c = c->next)
		half_close(c, begun_us, now);
	pthread_mutex_unlock(&s->lock);
	return none;
}
