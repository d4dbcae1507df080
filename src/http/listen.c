/* http/listen.c - listening sockets: TCP over IPv4 and IPv6, UNIX, or one that was handed over. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "http/http_int.h"

static bool
refuse(struct str *why, struct arena *mem, struct str address, const char *cause)
{
	*why = arena_printf(mem, "%.*s: %s", STR_ARG(address), say(cause));
	return false;
}

static bool
keep(struct listen_set *set, int fd, struct site *site, struct str unlink_path, bool handed)
{
	if (set->n == SOCKETS_MAX) {
		close(fd);
		errno = EMFILE;
		return false;
	}
	set->at[set->n++] = (struct listen_socket){ fd, site, unlink_path, handed,
		set->kept && !handed && !str_given(unlink_path) };
	return true;
}

/* A stale socket file is removed only when nobody answers on it. */
static bool
path_is_free(const struct sockaddr_un *un)
{
	struct stat st;
	int fd, answered;

	if (lstat(un->sun_path, &st) != 0)
		return errno == ENOENT;
	if (!S_ISSOCK(st.st_mode)) {
		errno = EADDRINUSE;
		return false;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	answered = connect(fd, (const struct sockaddr *)(const void *)un, sizeof *un) == 0 || errno != ECONNREFUSED;
	close(fd);
	if (answered) {
		errno = EADDRINUSE;
		return false;
	}
	return unlink(un->sun_path) == 0;
}

static bool
open_unix(struct listen_set *set, struct str path, struct site *site)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	bool others = true;
	int fd;

	if (path.n == 0 || path.n >= sizeof un.sun_path) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(un.sun_path, path.p, path.n);
	fd = handed_take(set, (const struct sockaddr *)(const void *)&un, &others);
	if (fd >= 0 || errno != 0)
		return fd >= 0 && keep(set, fd, site, others ? STR_ABSENT : path, others);
	if (!path_is_free(&un) || (fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0)
		return false;
	/* The mode set on the socket before bind(2) is the mode the file is born with: no moment of a wider one. */
	if (fchmod(fd, 0600) != 0 || bind(fd, (const struct sockaddr *)(const void *)&un, sizeof un) != 0
	    || listen(fd, SOMAXCONN) != 0) {
		close(fd);
		return false;
	}
	return keep(set, fd, site, path, false);
}

static int
socket_for(const struct addrinfo *ai, bool both, bool shares)
{
	int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1, only = !both, e;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (shares)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
	if (ai->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0)
		return fd;
	e = errno;
	close(fd);
	errno = e;
	return -1;
}

bool
address_split(struct arena *mem, struct str address, char **host, char **port)
{
	ptrdiff_t colon = str_rindex(address, ':');
	struct str h;

	if (colon < 0)
		return false;
	h = str_sub(address, 0, (size_t)colon);
	if (h.n >= 2 && h.p[0] == '[' && h.p[h.n - 1] == ']')
		h = str_sub(h, 1, h.n - 2);
	*host = str_is(h, "*") ? NULL : arena_z(mem, h);
	*port = arena_z(mem, str_from(address, (size_t)colon + 1));
	return *port != NULL && **port != '\0' && (str_is(h, "*") || (*host != NULL && **host != '\0'));
}

/* "*" is one IPv6 socket that also takes IPv4, or an IPv4 one where the machine has no IPv6. A name gives a socket for
 * each of its addresses; one that this machine does not have (::1 without IPv6) is passed over while another opens. */
static bool
open_all(struct listen_set *set, const struct addrinfo *list, bool any, struct site *site)
{
	size_t before = set->n;

	for (int round = 0; round < 2; round++)
		for (const struct addrinfo *ai = list; ai != NULL; ai = ai->ai_next) {
			bool handed = false;
			int fd;

			if ((ai->ai_family == AF_INET6) != (round == 0) || (any && set->n > before))
				continue;
			fd = handed_take(set, ai->ai_addr, &handed);
			if (fd < 0 && errno == 0)
				fd = socket_for(ai, any, set->shares);
			if (fd >= 0 ? !keep(set, fd, site, STR_ABSENT, handed)
				    : errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL)
				return false;
		}
	return set->n > before;
}

static bool
open_tcp(struct listen_set *set, const struct http_listener *l, struct site *site, struct arena *mem, struct str *why)
{
	struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM }, *list = NULL;
	char *host, *port;
	int bad;
	bool ok;

	if (!address_split(mem, l->address, &host, &port))
		return refuse(why, mem, l->address, "is not of the form host:port");
	bad = getaddrinfo(host, port, &hints, &list);
	if (bad != 0)
		return refuse(why, mem, l->address, gai_strerror(bad));
	errno = 0;
	ok = open_all(set, list, host == NULL, site);
	if (!ok)
		refuse(why, mem, l->address, strerror(errno));
	freeaddrinfo(list);
	return ok;
}

bool
listen_open(struct listen_set *set, const struct http_listener *l, struct site *site, struct arena *mem,
    struct str *why)
{
	if (l->fd >= 0) {
		int flags = fcntl(l->fd, F_GETFL);

		if (flags < 0 || fcntl(l->fd, F_SETFL, flags | O_NONBLOCK) != 0
		    || !keep(set, l->fd, site, STR_ABSENT, true))
			return refuse(why, mem, l->address, strerror(errno));
		return true;
	}
	if (str_starts(l->address, S("unix:"))) {
		if (!open_unix(set, str_from(site->address, 5), site))
			return refuse(why, mem, l->address, strerror(errno));
		return true;
	}
	return open_tcp(set, l, site, mem, why);
}

static void
path_remove(struct listen_socket *l)
{
	char z[sizeof(((struct sockaddr_un *)0)->sun_path)];

	if (!str_given(l->unlink_path) || l->unlink_path.n >= sizeof z)
		return;
	memcpy(z, l->unlink_path.p, l->unlink_path.n);
	z[l->unlink_path.n] = '\0';
	unlink(z);
	l->unlink_path = STR_ABSENT;
}

/*
 * The kernel has no call for it, but a filter on the listening socket sees each segment, beginning
 * with the TCP header. What has SYN without ACK is dropped there: that client tries again in a
 * second, and finds the successor or a closed port.
 */
static void
syn_drop(int fd)
{
	static struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),                 /* the flags */
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x12),              /* ACK and SYN */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x02, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
	};
	struct sock_fprog program = { COUNT(code), code };

	/* without it the stop is as others do it */
	(void)setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

void
listen_shut(struct listen_set *set)
{
	for (size_t i = 0; i < set->n; i++) {
		struct listen_socket *l = &set->at[i];

		if (str_given(l->unlink_path))
			path_remove(l);
		else if (!l->handed && !l->kept)
			syn_drop(l->fd);
	}
}

void
listen_socket_close(struct listen_socket *l)
{
	close(l->fd);
	path_remove(l);
}

void
listen_close(struct listen_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		listen_socket_close(&set->at[i]);
	set->n = 0;
}
