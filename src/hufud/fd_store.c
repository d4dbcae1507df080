/*
 * hufud/fd_store.c - listening sockets kept by the service manager while no hufud runs: FDSTORE=1 of
 * sd_notify(3). They come back as sockets of sd_listen_fds(3) do, by the names they have here.
 */
#include "hufud/daemon_int.h"

#include <sys/socket.h>
#include <unistd.h>

bool
fd_store_is_offered(void)
{
	const char *max = getenv("FDSTORE");
	int64_t n;

	return getenv("NOTIFY_SOCKET") != NULL && max != NULL && str_int(str_of(max), &n) && n > 0;
}

static bool
is_tcp(int fd)
{
	int domain = 0;
	socklen_t n = sizeof domain;

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &n) == 0 && domain != AF_UNIX;
}

/* By its address; a name may have no colon. */
static void
name_put(struct stored *s, struct str address)
{
	size_t n = sizeof FD_STORE_PREFIX - 1;

	memcpy(s->name, FD_STORE_PREFIX, n);
	for (size_t i = 0; i < address.n && n + 1 < sizeof s->name; i++)
		s->name[n++] = address.p[i] == ':' ? '_' : address.p[i];
	s->name[n] = '\0';
}

/* Those of hufud's own; what the socket unit has is the manager's already, and the path of a UNIX socket goes. */
static void
list(const struct http_handed *from, size_t n, struct fd_store *out)
{
	struct arena mem;

	arena_init(&mem, 64 * 1024);
	out->n = 0;
	for (size_t i = 0; i < n; i++) {
		if (!from[i].ours || !is_tcp(from[i].fd))
			continue;
		out->at[out->n].fd = from[i].fd;
		name_put(&out->at[out->n++], socket_text(from[i].fd, &mem));
	}
	arena_free(&mem);
}

void
fd_store_expect(struct daemon *d)
{
	if (fd_store_is_offered())
		list(d->activation.at, d->activation.n, &d->fd_store);
}

static bool
has(const struct fd_store *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->at[i].name, name) == 0)
			return true;
	return false;
}

/* The manager passes over what it has. */
static void
tell(const struct fd_store *before, const struct fd_store *now)
{
	char state[sizeof "FDSTOREREMOVE=1\nFDNAME=" + STORED_NAME_MAX];

	for (size_t i = 0; i < before->n; i++)
		if (!has(now, before->at[i].name)) {
			snprintf(state, sizeof state, "FDSTOREREMOVE=1\nFDNAME=%s", before->at[i].name);
			service_notify(state);
		}
	for (size_t i = 0; i < now->n; i++) {
		snprintf(state, sizeof state, "FDSTORE=1\nFDNAME=%s", now->at[i].name);
		service_notify_with(state, now->at[i].fd);
	}
}

void
fd_store_tell(struct daemon *d)
{
	struct http_handed sockets[HANDED_MAX];
	struct fd_store now;

	if (!fd_store_is_offered())
		return;
	pthread_mutex_lock(&d->change);
	if (!atomic_load(&d->stopping)) {
		list(sockets, daemon_sockets(d, sockets), &now);
		tell(&d->fd_store, &now);
		d->fd_store = now;
	}
	pthread_mutex_unlock(&d->change);
}
