/* http/acceptor.c - one thread accepts for all listeners, applies the limits, hands sockets to the I/O threads, keeps deadlines. */
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/un.h>
#include <unistd.h>

#include "http/http_int.h"

#define LOOK_MS 250
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

enum accepted { ALL, SOME, NO_DESCRIPTOR };

static enum accepted
accept_batch(struct http_server *s, const struct listen_socket *l)
{
	for (int i = 0; i < BATCH; i++) {
		union any_address from = { 0 };
		socklen_t n = sizeof from;
		int fd = accept4(l->fd, &from.sa, &n, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return ALL;
		if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM))
			return NO_DESCRIPTOR;
		if (fd < 0 && (errno == EBADF || errno == EINVAL))
			return ALL;
		if (fd < 0)
			continue;               /* that one client has gone: accept(2), "error handling" */
		take(s, fd, l, &from, n);
	}
	return SOME;
}

/* True when every queue was found empty. A queue that somebody else goes on with may have no end. */
static bool
accept_rest(struct http_server *s, const struct listen_set *set)
{
	bool all = true;

	for (size_t i = 0; i < set->n; i++) {
		enum accepted a = SOME;

		for (int k = 0; k < SOMAXCONN / BATCH + 1 && a == SOME; k++)
			a = accept_batch(s, &set->at[i]);
		all = all && a == ALL;
	}
	return all;
}

/*
 * Whoever has connected before the listener closes is served (H6): closing it would reset those in its queue. New ones are kept
 * out first, so that the queue ends; under load a handshake may be half way, and is waited for.
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

static void
wake_empty(const struct http_server *s)
{
	uint64_t n;

	(void)!read(s->wake_fd, &n, sizeof n);
}

static void *
run(void *arg)
{
	struct http_server *s = arg;
	int64_t looked = clock_mono_us();

	pthread_setname_np(pthread_self(), "http-accept");
	while (!atomic_load(&s->draining)) {
		struct epoll_event ready[SOCKETS_MAX + 1];
		int n = epoll_wait(s->epoll_fd, ready, COUNT(ready), LOOK_MS);
		bool room = true;

		for (int i = 0; i < n; i++) {
			if (ready[i].data.ptr == &s->lingers)
				lingers_check(s, false);
			else if (ready[i].data.ptr != NULL)
				room = accept_batch(s, ready[i].data.ptr) != NO_DESCRIPTOR && room;
		}
		if (!room)
			usleep(20 * 1000);
		wake_empty(s);
		change_apply(s);
		if (clock_mono_us() - looked >= LOOK_MS * 1000) {
			deadlines_check(s);
			lingers_check(s, false);
			looked = clock_mono_us();
		}
	}
	last_call(s, &s->sockets);
	return NULL;
}

static bool
watch(struct http_server *s, int fd, void *what)
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
		if (!watch(s, s->sockets.at[i].fd, &s->sockets.at[i]))
			log_error("a listening socket cannot be watched: %s; restart hufud", say_errno(errno));
}

bool
acceptor_start(struct http_server *s)
{
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->epoll_fd < 0 || s->wake_fd < 0 || !watch(s, s->wake_fd, NULL))
		return false;
	for (size_t i = 0; i < s->sockets.n; i++)
		if (!watch(s, s->sockets.at[i].fd, &s->sockets.at[i]))
			return false;
	s->acceptor_runs = pthread_create(&s->acceptor, NULL, run, s) == 0;
	return s->acceptor_runs;
}

void
acceptor_stop(struct http_server *s)
{
	uint64_t one = 1;

	atomic_store(&s->draining, true);
	if (s->acceptor_runs) {
		(void)!write(s->wake_fd, &one, sizeof one);
		pthread_join(s->acceptor, NULL);
		s->acceptor_runs = false;
	}
	pthread_mutex_lock(&s->lock);           /* an I/O thread may be adding to it: linger.c */
	if (s->epoll_fd >= 0)
		close(s->epoll_fd);
	s->epoll_fd = -1;
	pthread_mutex_unlock(&s->lock);
	if (s->wake_fd >= 0)
		close(s->wake_fd);
	s->wake_fd = -1;
}
