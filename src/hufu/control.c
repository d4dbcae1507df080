/*
 * hufu/control.c - one order over the daemon's UNIX socket: POST /control, HTTP/1.1 (RFC 9112), one
 * request a connection.
 */
#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "hufu/hufu_int.h"

#define ANSWER_MAX (4u * 1024 * 1024)
#define PATIENCE_S 120                  /* a batch of passwords takes seconds to hash */

static int
socket_open(struct str path, int patience_s, int *error)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct timeval patience = { .tv_sec = patience_s };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*error = ENAMETOOLONG;
	if (fd < 0 || path.n >= sizeof to.sun_path) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	memcpy(to.sun_path, path.p, path.n);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
		return fd;
	*error = errno;
	close(fd);
	return -1;
}

static bool
send_all(int fd, struct str s)
{
	while (s.n > 0) {
		ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		s = str_from(s, (size_t)n);
	}
	return true;
}

static bool
receive_all(int fd, struct buf *b)
{
	char piece[16 * 1024];
	ssize_t n;

	while ((n = recv(fd, piece, sizeof piece, 0)) != 0) {
		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			buf_put(b, str_span(piece, (size_t)n));
	}
	return !b->full;
}

/* The body of a whole answer with status 200 or 400 and a Content-Length, or none. */
static bool
body_of(struct str answer, struct str *body)
{
	for (size_t i = 0; i + 4 <= answer.n; i++) {
		if (memcmp(answer.p + i, "\r\n\r\n", 4) == 0) {
			*body = str_from(answer, i + 4);
			return str_starts(answer, S("HTTP/1.1 ")) && body->n > 0 && body->p[0] == '{';
		}
	}
	return false;
}

enum control
control_ask(struct cli *c, struct str socket_path, struct str request, struct str *body, struct str *why)
{
	int error, fd = socket_open(socket_path, c->patience_s > 0 ? c->patience_s : PATIENCE_S, &error);
	struct buf b;
	bool ok;

	if (fd < 0 && (error == ENOENT || error == ECONNREFUSED || error == ENOTDIR))
		return CONTROL_DOWN;
	if (fd < 0) {
		*why = FILL(c, T_socket_failed, socket_path, str_of(say_errno(error)));
		return CONTROL_FAILED;
	}
	buf_init(&b, &c->mem, ANSWER_MAX);
	ok = send_all(fd,
		 arena_printf(&c->mem,
		     "POST /control HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
		     "Accept-Language: %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
		     c->lang == LANGUAGE_CHINESE ? "zh-CN" : "en", request.n))
	    && send_all(fd, request) && receive_all(fd, &b);
	if (!ok)
		*why = FILL(c, T_socket_failed, socket_path, str_of(say_errno(errno)));
	else if (!body_of(buf_str(&b), body)) {
		ok = false;
		*why = str_of(text(c, T_bad_answer));
	}
	close(fd);
	return ok ? CONTROL_DONE : CONTROL_FAILED;
}
