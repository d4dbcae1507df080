/* http/conn.c - the records of live connections. */
#include <sys/resource.h>

#include "http/http_int.h"

#define FD_CEILING (1 << 20)
#define FD_OTHERS  512                   /* files, databases, listeners */

/* Many systems start a process with 1,024 descriptors and let it ask for more. */
static int
raise_fd_limit(int wanted)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		return FD_CEILING;
	if (files.rlim_cur < (rlim_t)wanted && files.rlim_cur < files.rlim_max) {
		files.rlim_cur = files.rlim_max < (rlim_t)wanted ? files.rlim_max : (rlim_t)wanted;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	return files.rlim_max < FD_CEILING ? (int)files.rlim_max : FD_CEILING;
}

bool
conns_init(struct http_server *s)
{
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	s->fd_max = raise_fd_limit(terms_now(s)->connections_max + FD_OTHERS);
	s->by_fd = calloc((size_t)s->fd_max, sizeof *s->by_fd);         /* untouched pages cost nothing */
	return limits_init(s) && s->by_fd != NULL;
}

void
conns_free(struct http_server *s)
{
	while (s->conns != NULL)
		conn_drop(s, s->conns);
	free(s->by_fd);
	limits_free(s);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
}

static void
conn_name(struct http_server *s, struct conn *c, const struct sockaddr *from)
{
	c->unix_peer = from->sa_family == AF_UNIX;
	if (c->unix_peer) {
		memcpy(c->text, "unix", 4);
		c->text_n = 4;
		return;
	}
	address_of(from, &c->addr);
	c->text_n = (uint8_t)address_write(&c->addr, c->text);
	c->proxied = terms_trust(terms_now(s), &c->addr);
}

/* Under the lock. */
static bool
conn_link(struct http_server *s, struct conn *c, const char **why)
{
	if (!limits_enter(s, c, why))
		return false;
	c->next = s->conns;
	c->prev = &s->conns;
	if (c->next != NULL)
		c->next->prev = &c->next;
	s->conns = c;
	atomic_fetch_add(&s->connections, 1);
	atomic_store(&s->by_fd[c->fd], c);
	return true;
}

struct conn *
conn_add(struct http_server *s, int fd, struct site *site, const struct sockaddr *from, const char **why)
{
	struct conn *c, *stale;
	bool ok;

	*why = "no file descriptor or memory left";
	if (fd >= s->fd_max || (c = calloc(1, sizeof *c)) == NULL)
		return NULL;
	/*
	 * The kernel gave the number anew, so an older record of it belongs to a socket the library
	 * closed unannounced.
	 */
	stale = atomic_load(&s->by_fd[fd]);
	if (stale != NULL)
		conn_drop(s, stale);
	c->fd = fd;
	c->site = site;
	conn_name(s, c, from);
	conn_phase(c, CONN_IDLE, clock_mono_us());
	pthread_mutex_lock(&s->lock);
	ok = conn_link(s, c, why);
	pthread_mutex_unlock(&s->lock);
	if (!ok) {
		free(c);
		return NULL;
	}
	return c;
}

void
conn_drop(struct http_server *s, struct conn *c)
{
	pthread_mutex_lock(&s->lock);
	*c->prev = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	if (atomic_load(&s->by_fd[c->fd]) == c)
		atomic_store(&s->by_fd[c->fd], NULL);
	limits_leave(s, c);
	atomic_fetch_sub(&s->connections, 1);
	if (c->io != NULL)
		atomic_fetch_sub(&c->io->connections, 1);
	pthread_mutex_unlock(&s->lock);
	free(c);
}

struct conn *
conn_by_fd(struct http_server *s, int fd)
{
	return fd >= 0 && fd < s->fd_max ? atomic_load(&s->by_fd[fd]) : NULL;
}

bool
http_peer_read(const struct http_req *q, struct http_peer *out)
{
	const struct request *rq = request_of(q);
	struct ucred peer;
	socklen_t n = sizeof peer;

	if (rq == NULL || !rq->conn->unix_peer || getsockopt(rq->conn->fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) != 0)
		return false;
	*out = (struct http_peer){ peer.uid, peer.pid };
	return true;
}

void
conn_phase(struct conn *c, enum conn_phase phase, int64_t now_us)
{
	atomic_store_explicit(&c->since_us, now_us, memory_order_relaxed);
	atomic_store_explicit(&c->phase, (int)phase, memory_order_release);
}
