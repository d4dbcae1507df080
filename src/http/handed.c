/* http/handed.c - listening sockets that the service manager made: found by their address. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "http/http_int.h"

static bool
is_same(const struct sockaddr *a, const struct sockaddr *b)
{
	const struct sockaddr_in *a4 = (const void *)a, *b4 = (const void *)b;
	const struct sockaddr_in6 *a6 = (const void *)a, *b6 = (const void *)b;
	const struct sockaddr_un *au = (const void *)a, *bu = (const void *)b;

	if (a->sa_family != b->sa_family)
		return false;
	switch (a->sa_family) {
	case AF_INET: return a4->sin_port == b4->sin_port && a4->sin_addr.s_addr == b4->sin_addr.s_addr;
	case AF_INET6:
		return a6->sin6_port == b6->sin6_port && a6->sin6_scope_id == b6->sin6_scope_id
		    && memcmp(&a6->sin6_addr, &b6->sin6_addr, sizeof a6->sin6_addr) == 0;
	case AF_UNIX: return strncmp(au->sun_path, bu->sun_path, sizeof au->sun_path) == 0;
	default: return false;
	}
}

int
handed_take(struct listen_set *set, const struct sockaddr *address, bool *others)
{
	for (size_t i = 0; i < set->n_given; i++) {
		struct sockaddr_storage own = { 0 };
		socklen_t n = sizeof own;
		int fd = set->given[i].fd, copy, flags;

		if (getsockname(fd, (struct sockaddr *)&own, &n) != 0 || !is_same((struct sockaddr *)&own, address))
			continue;
		flags = fcntl(fd, F_GETFL);
		if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0
		    || (copy = fcntl(fd, F_DUPFD_CLOEXEC, 0)) < 0)
			return -1;
		set->given[i].taken = true;
		*others = !set->given[i].ours;
		return copy;
	}
	errno = 0;
	return -1;
}
