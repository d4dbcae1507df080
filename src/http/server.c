/* http/server.c - start, reload, stop. */
#include <signal.h>
#include <unistd.h>

#include "http/http_int.h"

#define MS 1000

static bool
wants_tls(const struct http_conf *conf)
{
	for (size_t i = 0; i < conf->n_listeners; i++)
		if (conf->listeners[i].tls)
			return true;
	return false;
}

static bool
all_io_start(struct http_server *s, bool tls)
{
	int total;

	s->n_plain = s->conf.io_threads;
	total = s->n_plain * (tls ? 2 : 1);
	s->io = calloc((size_t)s->n_plain * 2, sizeof *s->io);
	if (s->io == NULL)
		return false;
	for (; s->n_io < total; s->n_io++)
		if (!io_start(s, &s->io[s->n_io], s->n_io >= s->n_plain))
			return false;
	return true;
}

static bool
sites_open(struct http_server *s, const struct http_conf *conf, struct arena *mem, size_t *at, struct str *why)
{
	if (!sites_room(s, conf->n_listeners))
		return false;
	s->sockets.given = conf->handed;
	s->sockets.n_given = conf->n_handed;
	s->sockets.kept = conf->kept;
	for (size_t i = 0; i < conf->n_listeners; i++) {
		const struct http_listener *l = &conf->listeners[i];
		struct site *site = site_new(l, (int)i);
		struct cert *cert = NULL;

		*at = i;
		if (site == NULL)
			return false;
		s->sites[s->n_sites++] = site;
		if (!listen_open(&s->sockets, l, site, mem, why) || (l->tls && (cert = cert_load(l, mem, why)) == NULL))
			return false;
		if (cert != NULL)
			cert_put(s, site, cert);
	}
	*at = conf->n_listeners;
	return true;
}

/* What may change is in the terms and the sites. */
static void
conf_take(struct http_server *s, const struct http_conf *from)
{
	s->conf = *from;
	s->conf.io_threads = s->conf.io_threads > 0 ? s->conf.io_threads : 1;
	s->conf.header_max = s->conf.header_max ? s->conf.header_max : 16 * 1024;
	s->conf.listeners = NULL;
	s->conf.trusted_proxies = NULL;
}

static bool
server_open(struct http_server *s, const struct http_conf *conf, struct arena *mem, size_t *at, struct str *why)
{
	*why = SAY("out of memory");
	if (!conns_init(s) || !tls_profiles(s) || !sites_open(s, conf, mem, at, why))
		return false;
	*why = SAY("the HTTP library or its threads did not start");
	return all_io_start(s, wants_tls(conf)) && acceptor_start(s);
}

static void
sockets_close(struct http_server *s)
{
	for (size_t i = 0; i < s->sockets.n && atomic_load(&s->leaves); i++)
		s->sockets.at[i].unlink_path = STR_ABSENT;
	listen_close(&s->sockets);
}

static void
server_free(struct http_server *s)
{
	acceptor_stop(s);
	sockets_close(s);
	for (int i = 0; i < s->n_io; i++)
		MHD_stop_daemon(s->io[i].daemon);
	for (int i = 0; i < s->n_io; i++)
		requests_free(&s->io[i]);
	lingers_check(s, true);
	conns_free(s);
	certs_free(s);
	tls_profiles_free(s);
	for (size_t i = 0; i < s->n_sites; i++)
		site_free(s->sites[i]);
	free(s->sites);
	terms_free(atomic_load(&s->terms));
	free(s->io);
	free(s);
}

struct http_server *
http_start(const struct http_conf *conf, struct arena *mem, size_t *at, struct str *why)
{
	struct http_server *s = calloc(1, sizeof *s);
	struct terms *terms;
	sigset_t all, old;
	bool ok;

	*at = conf->n_listeners;
	*why = SAY("out of memory");
	if (s == NULL || (terms = terms_new(conf, mem, why)) == NULL) {
		free(s);
		return NULL;
	}
	terms_put(s, terms);
	s->epoll_fd = s->wake_fd = -1;
	s->pool_known = str_is(str_of(MHD_get_version()), "0.9.75");
	s->parser_in_place = str_starts(str_of(MHD_get_version()), S("0.9."));
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);       /* inherited by every thread: signals are for the main thread */
	conf_take(s, conf);
	atomic_store(&s->pause, conf->paused);
	atomic_store(&s->paused, conf->paused);
	ok = server_open(s, conf, mem, at, why);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (ok)
		return s;
	atomic_store(&s->leaves, conf->paused);         /* what it was handed serves elsewhere */
	server_free(s);
	return NULL;
}

bool
http_is_quiet(struct http_server *s)
{
	bool none;

	pthread_mutex_lock(&s->lock);
	none = s->conns == NULL && s->n_lingers == 0;
	pthread_mutex_unlock(&s->lock);
	return none && atomic_load(&s->paused);
}

size_t
http_sockets(const struct http_server *s, struct http_handed *out, size_t max)
{
	size_t n = s->sockets.n < max ? s->sockets.n : max;

	for (size_t i = 0; i < n; i++)
		out[i] = (struct http_handed){ .fd = s->sockets.at[i].fd, .ours = !s->sockets.at[i].handed };
	return n;
}

void
http_leave(struct http_server *s, int drain_s)
{
	atomic_store(&s->leaves, true);
	http_stop(s, drain_s);
}

void
http_stop(struct http_server *s, int drain_s)
{
	int64_t begun = clock_mono_us(), end = begun + (int64_t)drain_s * 1000 * MS;

	acceptor_stop(s);
	sockets_close(s);
	while ((!conns_drained(s, begun) || !lingers_check(s, false)) && clock_mono_us() < end) {
		deadlines_check(s);
		usleep(2 * MS);
	}
	/*
	 * Jobs not yet begun are answered 503; those running are waited for, because a suspended
	 * connection cannot be closed.
	 */
	atomic_store(&s->aborting, true);
	while (atomic_load(&s->deferred) > 0)
		usleep(1 * MS);
	server_free(s);
}

void
http_server_stats(const struct http_server *s, struct http_stats *out)
{
	*out = (struct http_stats){ .connections = atomic_load(&s->connections), .accepted = atomic_load(&s->accepted),
		.refused_limit = atomic_load(&s->refused_limit), .refused_address = atomic_load(&s->refused_address),
		.gave_way = atomic_load(&s->gave_way), .timeouts = atomic_load(&s->timeouts) };
}
