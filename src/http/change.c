/*
 * http/change.c - other listeners, certificates and terms while requests go on. What can fail is
 * done before anything changes: sockets opened, certificates loaded, threads for TLS started. Then
 * the acceptor's own thread, between two looks at its sockets, puts everything in place at once.
 */
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/http_int.h"

struct http_change {
	struct terms *terms;
	struct listen_set sockets;              /* all that there will be */
	bool opened[SOCKETS_MAX];               /* for this change, so closed when it is given up */
	struct site *sites[SOCKETS_MAX];        /* by listener */
	struct cert *certs[SOCKETS_MAX];        /* the same; NULL: plain */
	bool fresh[SOCKETS_MAX];                /* the site was made for this change */
	size_t n_sites;
	int n_io;
	bool done;                              /* under server.lock */
};

static struct site *
site_find(const struct http_server *s, const struct http_listener *l)
{
	for (size_t i = 0; i < s->n_sites; i++)
		if (!atomic_load(&s->sites[i]->leaving) && site_is(s->sites[i], l))
			return s->sites[i];
	return NULL;
}

static bool
sites_prepare(struct http_server *s, struct http_change *c, const struct http_conf *conf, size_t *at,
    struct arena *mem, struct str *why)
{
	for (size_t i = 0; i < conf->n_listeners; i++) {
		const struct http_listener *l = &conf->listeners[i];

		*at = i;
		*why = SAY("out of memory");
		c->sites[i] = site_find(s, l);
		c->fresh[i] = c->sites[i] == NULL;
		if (c->fresh[i])
			c->sites[i] = site_new(l, (int)i);
		c->n_sites = i + 1;
		if (c->sites[i] == NULL || (l->tls && (c->certs[i] = cert_load(l, mem, why)) == NULL))
			return false;
	}
	return true;
}

/* A socket that listens there already goes on, with whoever waits in its queue. */
static bool
sockets_keep(const struct http_server *s, struct http_change *c, const struct http_listener *l, struct site *site)
{
	size_t before = c->sockets.n;

	for (size_t i = 0; i < s->sockets.n; i++) {
		const struct listen_socket *old = &s->sockets.at[i];

		if (!str_eq(old->site->address, l->address) || c->sockets.n == SOCKETS_MAX)
			continue;
		c->sockets.at[c->sockets.n] = *old;
		c->sockets.at[c->sockets.n++].site = site;
	}
	return c->sockets.n > before;
}

static bool
is_kept(const struct http_change *c, int fd)
{
	for (size_t i = 0; i < c->sockets.n; i++)
		if (c->sockets.at[i].fd == fd)
			return true;
	return false;
}

static bool
goes(const struct http_change *c, const struct listen_socket *l)
{
	return !is_kept(c, l->fd) && !str_given(l->unlink_path);
}

static bool
some_go(const struct http_server *s, const struct http_change *c)
{
	for (size_t i = 0; i < s->sockets.n; i++)
		if (goes(c, &s->sockets.at[i]))
			return true;
	return false;
}

static void
share_ports(const struct http_server *s, const struct http_change *c, size_t from, int on)
{
	for (size_t i = 0; i < s->sockets.n; i++)
		if (goes(c, &s->sockets.at[i]))
			setsockopt(s->sockets.at[i].fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
	for (size_t i = from; i < c->sockets.n; i++)
		setsockopt(c->sockets.at[i].fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
}

static void
opened_from(struct http_change *c, size_t from, bool ok)
{
	for (size_t i = from; i < c->sockets.n; i++) {
		c->opened[i] = ok;
		if (!ok)
			listen_socket_close(&c->sockets.at[i]);
	}
	if (!ok)
		c->sockets.n = from;
}

/*
 * An address may overlap with one that will go, such as 0.0.0.0:8080 after 127.0.0.1:8080. Then
 * both say for a moment that they share the port; a socket that never said so cannot be joined by
 * anybody.
 */
static bool
socket_open(const struct http_server *s, struct http_change *c, const struct http_listener *l,
    struct site *site, struct arena *mem, struct str *why)
{
	size_t from = c->sockets.n;
	bool ok = listen_open(&c->sockets, l, site, mem, why);

	opened_from(c, from, ok);
	if (ok || !str_contains(*why, str_of(say_errno(EADDRINUSE))) || !some_go(s, c))
		return ok;
	share_ports(s, c, from, 1);
	c->sockets.shares = true;
	ok = listen_open(&c->sockets, l, site, mem, why);
	c->sockets.shares = false;
	share_ports(s, c, from, 0);
	opened_from(c, from, ok);
	return ok;
}

/* Those that stay come first, so that they are not taken for such as will go. */
static bool
sockets_prepare(const struct http_server *s, struct http_change *c, const struct http_conf *conf, size_t *at,
    struct arena *mem, struct str *why)
{
	bool kept[SOCKETS_MAX] = { 0 };

	for (size_t i = 0; i < conf->n_listeners; i++)
		kept[i] = sockets_keep(s, c, &conf->listeners[i], c->sites[i]);
	for (size_t i = 0; i < conf->n_listeners; i++) {
		*at = i;
		if (!kept[i] && !socket_open(s, c, &conf->listeners[i], c->sites[i], mem, why))
			return false;
	}
	*at = conf->n_listeners;
	return true;
}

/* The first listener with TLS needs threads that speak it. */
static bool
threads_prepare(struct http_server *s, struct http_change *c, const struct http_conf *conf, struct str *why)
{
	sigset_t all, old;
	bool tls = false;

	c->n_io = s->n_io;
	for (size_t i = 0; i < conf->n_listeners; i++)
		tls = tls || conf->listeners[i].tls;
	if (!tls || s->n_io > s->n_plain)
		return true;
	*why = SAY("the threads for TLS did not start; raise the limit of processes (ulimit -u)");
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (c->n_io < 2 * s->n_plain && io_start(s, &s->io[c->n_io], true))
		c->n_io++;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return c->n_io == 2 * s->n_plain;
}

void
http_abandon(struct http_server *s, struct http_change *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->sockets.n; i++)
		if (c->opened[i])
			listen_socket_close(&c->sockets.at[i]);
	for (int i = s->n_io; i < c->n_io; i++)
		MHD_stop_daemon(s->io[i].daemon);
	for (size_t i = 0; i < c->n_sites; i++) {
		cert_free(c->certs[i]);
		if (c->fresh[i])
			site_free(c->sites[i]);
	}
	terms_free(c->terms);
	free(c);
}

struct http_change *
http_prepare(struct http_server *s, const struct http_conf *conf, struct arena *mem, size_t *at, struct str *why)
{
	struct http_change *c = calloc(1, sizeof *c);

	*at = conf->n_listeners;
	*why = SAY("out of memory");
	if (c == NULL)
		return NULL;
	c->n_io = s->n_io;
	c->sockets.given = s->sockets.given;
	c->sockets.n_given = s->sockets.n_given;
	c->sockets.kept = s->sockets.kept;
	if (conf->n_listeners > SOCKETS_MAX)
		*why = SAY("there are too many addresses to listen on");
	else if ((c->terms = terms_new(conf, mem, why)) != NULL && sites_prepare(s, c, conf, at, mem, why)
	    && sockets_prepare(s, c, conf, at, mem, why) && threads_prepare(s, c, conf, why)
	    && sites_room(s, c->n_sites))
		return c;
	http_abandon(s, c);
	return NULL;
}

/* --- in place: on the acceptor's thread ------------------------------------------------------- */

static bool
is_used(const struct http_change *c, const struct site *site)
{
	for (size_t i = 0; i < c->n_sites; i++)
		if (c->sites[i] == site)
			return true;
	return false;
}

/* Who has connected to one that goes is served; what comes by it closes after the request under way. */
static void
sites_leave(struct http_server *s, const struct http_change *c)
{
	struct listen_set gone = { .n = 0 };

	for (size_t i = 0; i < s->sockets.n; i++)
		if (!is_kept(c, s->sockets.at[i].fd))
			gone.at[gone.n++] = s->sockets.at[i];
	for (size_t i = 0; i < gone.n; i++)     /* nobody is to wait there any more */
		gone.at[i].kept = false;
	if (gone.n > 0)
		last_call(s, &gone);
	listen_close(&gone);
	for (size_t i = 0; i < s->n_sites; i++)
		if (!is_used(c, s->sites[i]) && !atomic_load(&s->sites[i]->leaving)) {
			s->sites[i]->left_us = clock_mono_us();
			atomic_store(&s->sites[i]->leaving, true);
		}
}

void
change_apply(struct http_server *s)
{
	struct http_change *c = atomic_load_explicit(&s->change, memory_order_acquire);

	if (c == NULL)
		return;
	unwatch_all(s);
	sites_leave(s, c);
	s->sockets = c->sockets;
	for (size_t i = 0; i < c->n_sites; i++) {
		if (c->fresh[i])
			s->sites[s->n_sites++] = c->sites[i];
		if (c->certs[i] != NULL)
			cert_put(s, c->sites[i], c->certs[i]);
	}
	s->n_io = c->n_io;
	terms_put(s, c->terms);
	watch_all(s);
	pthread_mutex_lock(&s->lock);
	atomic_store(&s->change, NULL);
	c->done = true;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

void
http_commit(struct http_server *s, struct http_change *c)
{
	uint64_t one = 1;

	atomic_store_explicit(&s->change, c, memory_order_release);
	(void)!write(s->wake_fd, &one, sizeof one);
	pthread_mutex_lock(&s->lock);
	while (!c->done)
		pthread_cond_wait(&s->changed, &s->lock);
	pthread_mutex_unlock(&s->lock);
	free(c);
}
