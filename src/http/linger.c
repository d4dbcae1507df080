/*
 * http/linger.c - a connection that we close is read from for a moment longer (RFC 9112 section
 * 9.6): the kernel answers bytes that nobody reads with a reset, and a reset takes our last answer
 * out of the client's hands.
 *
 * The library closes the socket at once; a second descriptor of it keeps it open, and the acceptor's thread reads.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/http_int.h"

#define LINGER_US INT64_C(1000000)
#define READS_MAX 256                   /* of PIECE bytes, in all */
#define PIECE     4096

static bool
has_unread(const struct conn *c)
{
	int n = 0;

	return ioctl(c->fd, FIONREAD, &n) == 0 && n > 0;
}

void
linger_begin(struct http_server *s, const struct conn *c)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLRDHUP, .data.ptr = &s->lingers };
	int fd;

	/* a request may be on its way to a connection that closes because its server leaves */
	if (c->cut || atomic_load(&s->aborting)
	    || !(c->refused || atomic_load(&c->site->leaving) || has_unread(c)))
		return;
	pthread_mutex_lock(&s->lock);
	if (s->n_lingers < LINGERS_MAX && (fd = fcntl(c->fd, F_DUPFD_CLOEXEC, 0)) >= 0) {
		s->lingers[s->n_lingers++] = (struct lingering){ fd, READS_MAX, clock_mono_us() + LINGER_US };
		if (s->epoll_fd >= 0)
			epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &e);
		shutdown(fd, SHUT_WR);
	}
	pthread_mutex_unlock(&s->lock);
}

/* Nothing more will come, or too much. */
static bool
is_over(struct lingering *l, int64_t now)
{
	char piece[PIECE];
	ssize_t n = 1;

	for (; l->reads > 0 && n > 0; l->reads--)
		n = recv(l->fd, piece, sizeof piece, MSG_DONTWAIT);
	return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR) || l->reads == 0 || now > l->until;
}

bool
lingers_check(struct http_server *s, bool end_all)
{
	int64_t now = clock_mono_us();
	bool none;

	pthread_mutex_lock(&s->lock);
	for (int i = s->n_lingers - 1; i >= 0; i--) {
		if (!is_over(&s->lingers[i], now) && !end_all)
			continue;
		close(s->lingers[i].fd);
		s->lingers[i] = s->lingers[--s->n_lingers];
	}
	none = s->n_lingers == 0;
	pthread_mutex_unlock(&s->lock);
	return none;
}
