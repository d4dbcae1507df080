/*
 * http/accept_queue.c - connections taken from the queues of the listening sockets, and handed to
 * the I/O threads; which sockets are watched.
 */
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/un.h>
#include <unistd.h>

#include "http/http_int.h"

#define BATCH   64
#define LOAD_US   INT64_C(1000000)      /* a connection within this time before a stop: more may be coming */
#define SETTLE_US INT64_C(50000)        /* a round trip between machines of one site, and some */

union any_address {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

/* The least busy thread of the kind; equal ones in turn. */
static struct io *
choose_io(struct http_server *s, bool tls)
{
	int from = tls ? s->n_plain : 0, n = tls ? s->n_io - s->n_plain : s->n_plain, turn = s->next_io++;
	struct io *best = NULL;

	for (int i = 0; i < n; i++) {
		struct io *io = &s->io[from + (i + turn) % n];

		if (best == NULL || atomic_load(&io->connections) < atomic_load(&best->connections))
			best = io;
	}
	return best;
}

static void
turn_away(struct http_server *s, int fd, const struct site *site, const union any_address *from, const char *why)
{
	struct address a;
	char text[ADDRESS_TEXT];
	size_t n = 0;

	if (!site->tls)
		raw_answer(fd, "503 Service Unavailable\r\nRetry-After: 1");
	close(fd);
	if (from->sa.sa_family != AF_UNIX) {
		address_of(&from->sa, &a);
		n = address_write(&a, text);
	}
	if (s->conf.refused != NULL)
		s->conf.refused(s->conf.ctx, why, 503, n ? str_span(text, n) : S("unix"));
}

static void
take(struct http_server *s, int fd, const struct listen_socket *l, const union any_address *from, socklen_t n)
{
	const char *why;
	struct conn *c;
	int on = 1;

	limits_wait(s);
	c = conn_add(s, fd, l->site, &from->sa, &why);
	if (c == NULL) {
		turn_away(s, fd, l->site, from, why);
		return;
	}
	atomic_fetch_add(&s->accepted, 1);
	s->accepted_us = clock_mono_us();
	if (!c->unix_peer)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	c->io = choose_io(s, l->site->tls);
	atomic_fetch_add(&c->io->connections, 1);
	if (MHD_add_connection(c->io->daemon, fd, &from->sa, n) != MHD_YES)
		conn_drop(s, c);                /* the library has closed the socket */
}

enum accepted
accept_batch(struct http_server *s, const struct listen_socket *l)
{
	for (int i = 0; i < BATCH; i++) {
		union any_address from = { 0 };
		socklen_t n = sizeof from;
		int fd = accept4(l->fd, &from.sa, &n, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return ACCEPTED_ALL;
		if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM))
			return ACCEPT_NO_DESCRIPTOR;
		if (fd < 0 && (errno == EBADF || errno == EINVAL))
			return ACCEPTED_ALL;
		if (fd < 0)
			continue;               /* that one client has gone: accept(2), "error handling" */
		take(s, fd, l, &from, n);
	}
	return ACCEPTED_SOME;
}

/* True when every queue was found empty. A queue that somebody else goes on with may have no end. */
static bool
accept_rest(struct http_server *s, const struct listen_set *set)
{
	bool all = true;

	for (size_t i = 0; i < set->n; i++) {
		enum accepted a = ACCEPTED_SOME;

		for (int k = 0; k < SOMAXCONN / BATCH + 1 && a == ACCEPTED_SOME; k++)
			a = accept_batch(s, &set->at[i]);
		all = all && a == ACCEPTED_ALL;
	}
	return all;
}

/*
 * Whoever has connected before the listener closes is served (H6): closing it would reset those in
 * its queue. New ones are kept out first, so that the queue ends; under load a handshake may be
 * half way, and is waited for.
 */
void
last_call(struct http_server *s, struct listen_set *set)
{
	int64_t now = clock_mono_us(), end = now + (now - s->accepted_us < LOAD_US ? SETTLE_US : 0);

	listen_shut(set);
	for (; now < end; now = clock_mono_us()) {
		accept_rest(s, set);
		usleep(1000);
	}
	for (int i = 0; i < 100 && !accept_rest(s, set); i++)
		usleep(1000);
}

bool
epoll_watch(struct http_server *s, int fd, void *what)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = what };

	return epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &e) == 0;
}

void
unwatch_all(struct http_server *s)
{
	for (size_t i = 0; i < s->sockets.n; i++)
		epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, s->sockets.at[i].fd, NULL);
}

void
watch_all(struct http_server *s)
{
	for (size_t i = 0; i < s->sockets.n; i++)
		if (!epoll_watch(s, s->sockets.at[i].fd, &s->sockets.at[i]))
			log_error("a listening socket cannot be watched: %s; restart hufud", say_errno(errno));
}
