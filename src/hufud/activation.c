/* hufud/activation.c - sockets that the service manager made and listens on: the protocol of sd_listen_fds(3). */
#include "hufud/daemon_int.h"

#include <fcntl.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST_FD 3

/* How many were passed to this very process; -1: the environment makes no sense. */
static int64_t
passed(void)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	int64_t who = 0, n = 0;

	if (pid == NULL || count == NULL || (str_int(str_of(pid), &who) && who != getpid()))
		return 0;
	return who > 0 && str_int(str_of(count), &n) && n >= 0 ? n : -1;
}

/* The next of LISTEN_FDNAMES. */
static struct str
name_next(struct str *names)
{
	return str_given(*names) ? str_cut(names, ':') : S("");
}

static bool
listens(int fd)
{
	int type = 0, on = 0;
	socklen_t n = sizeof type, m = sizeof on;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == 0 && type == SOCK_STREAM
	    && getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &m) == 0 && on != 0;
}

bool
activation_read(struct activation *a, struct arena *mem, struct str *why)
{
	const char *z = getenv("LISTEN_FDNAMES");
	struct str names = z != NULL ? str_of(z) : STR_ABSENT;
	int64_t n = passed();

	if (n < 0 || n > (int64_t)(ACTIVATED_MAX - a->n)) {
		*why = arena_say(mem,
		    "LISTEN_PID and LISTEN_FDS make no sense, or name more than %d sockets; see the socket unit",
		    ACTIVATED_MAX);
		return false;
	}
	for (int fd = FIRST_FD; fd < FIRST_FD + (int)n; fd++) {
		if (!listens(fd) || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
			*why = arena_say(mem,
			    "the socket unit passed descriptor %d, which is no listening stream socket; use "
			    "ListenStream= and Accept=no",
			    fd);
			return false;
		}
		a->at[a->n++] = (struct http_handed){ .fd = fd,
			.ours = str_starts(name_next(&names), S(FD_STORE_PREFIX)) };
	}
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return true;
}

size_t
daemon_sockets(struct daemon *d, struct http_handed out[HANDED_MAX])
{
	size_t n = http_sockets(d->server, out, HANDED_MAX);

	if (d->office_server != NULL)
		n += http_sockets(d->office_server, out + n, HANDED_MAX - n);
	return n;
}

struct str
socket_text(int fd, struct arena *mem)
{
	struct sockaddr_storage a = { 0 };
	socklen_t n = sizeof a;
	char host[NI_MAXHOST] = "?", port[NI_MAXSERV] = "?";

	(void)getsockname(fd, (struct sockaddr *)&a, &n);
	if (a.ss_family == AF_UNIX)
		return arena_printf(mem, "unix:%s", ((struct sockaddr_un *)&a)->sun_path);
	(void)getnameinfo((struct sockaddr *)&a, n, host, sizeof host, port, sizeof port,
	    NI_NUMERICHOST | NI_NUMERICSERV);
	return arena_printf(mem, a.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

/* Whoever connects to a socket that nobody serves would wait without an end. */
bool
activation_is_used(const struct activation *a, struct arena *mem, struct str *why)
{
	for (size_t i = 0; i < a->n; i++)
		if (!a->at[i].taken && !a->at[i].ours) {
			*why = arena_say(mem,
			    "the socket unit listens on %.*s, which no listener of the settings names; put it into "
			    "a listener's bind, or take it out of the unit",
			    STR_ARG(socket_text(a->at[i].fd, mem)));
			return false;
		}
	return true;
}

/* A number that the system gives anew must not be taken for a socket. */
void
activation_let_go(struct activation *a, struct arena *mem)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->at[i].ours) {
			if (!a->at[i].taken)
				log_info("%.*s is closed: no listener of the settings names it any more",
				    STR_ARG(socket_text(a->at[i].fd, mem)));
			close(a->at[i].fd);
			a->at[i].fd = -1;
		}
}

/* Orders are believed by the file's rights alone (admin.h). */
bool
activation_is_private(struct str path, struct arena *mem, struct str *why)
{
	struct stat st;
	char *z = arena_z(mem, path);

	if (z == NULL || stat(z, &st) != 0 || (st.st_mode & 077) == 0)
		return true;
	*why = arena_say(mem, "others may use %.*s, by which hufu gives orders; the socket unit needs SocketMode=0600",
	    STR_ARG(path));
	return false;
}
