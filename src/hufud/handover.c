/* hufud/handover.c - messages between the daemon that leaves and the one that comes: unix(7), SOCK_SEQPACKET. */
#include "hufud/upgrade_int.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

bool
handover_say(int fd, enum handover_word word, struct str why)
{
	char text[1 + HANDOVER_WHY_MAX] = { (char)word };
	size_t n = why.n < HANDOVER_WHY_MAX ? why.n : HANDOVER_WHY_MAX;

	if (n > 0)
		memcpy(text + 1, why.p, n);
	return send(fd, text, 1 + n, MSG_NOSIGNAL) == (ssize_t)(1 + n);
}

enum handover_word
handover_hear(int fd, int wait_ms, struct arena *mem, struct str *why)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char text[1 + HANDOVER_WHY_MAX];
	ssize_t n;

	if (poll(&p, 1, wait_ms) <= 0)
		return HANDOVER_NOTHING;
	n = recv(fd, text, sizeof text, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return HANDOVER_NOTHING;
	if (n <= 0)
		return HANDOVER_END;
	*why = arena_dup(mem, str_span(text + 1, (size_t)n - 1));
	return (enum handover_word)text[0];
}

union descriptors {
	struct cmsghdr head;
	char room[CMSG_SPACE(HANDED_MAX * sizeof(int) + 2 * sizeof(int))];
};

bool
handover_send_hello(int fd, const struct handover_hello *h, const int *fds, size_t n)
{
	union descriptors d = { .head = { .cmsg_len = CMSG_LEN(n * sizeof *fds), .cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS } };
	struct iovec v = { (void *)(uintptr_t)h, sizeof *h };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };

	if (n > 0) {
		memcpy(CMSG_DATA(&d.head), fds, n * sizeof *fds);
		m.msg_control = &d;
		m.msg_controllen = CMSG_SPACE(n * sizeof *fds);
	}
	return sendmsg(fd, &m, MSG_NOSIGNAL) == (ssize_t)sizeof *h;
}

/* Descriptors that are more than fit are nobody's: the message is refused as a whole. */
bool
handover_take_hello(int fd, struct handover_hello *h, int *fds, size_t max, size_t *n)
{
	union descriptors d;
	struct iovec v = { h, sizeof *h };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = &d, .msg_controllen = sizeof d };
	ssize_t got = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
	struct cmsghdr *c = got == (ssize_t)sizeof *h ? CMSG_FIRSTHDR(&m) : NULL;

	*n = 0;
	if (c != NULL && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
		*n = (c->cmsg_len - CMSG_LEN(0)) / sizeof *fds;
		if (*n <= max)
			memcpy(fds, CMSG_DATA(c), *n * sizeof *fds);
	}
	return got == (ssize_t)sizeof *h && memcmp(h->magic, HANDOVER_MAGIC, sizeof h->magic) == 0
	    && (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0 && *n <= max
	    && *n == (size_t)h->has_lock + h->has_memory + h->n_sockets;
}
