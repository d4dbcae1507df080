/*
 * http/idle.c - an idle connection gives its memory back.
 *
 * After each request the library fills the connection's whole pool with zeros, which keeps every
 * page of it resident for as long as the client stays. A page of zeros can be returned to the
 * kernel, which gives a page of zeros again when it is touched: nobody can tell, provided that
 * nobody writes meanwhile. Only the connection's own I/O thread writes, so it is done there.
 *
 * Where the pool lies: its first byte is the first byte of the first request. The byte count of the socket proves that
 * nothing (not even the empty lines a server ignores) came before the method we were shown.
 */
#include <sys/mman.h>
#include <sys/un.h>
#include <unistd.h>

#include "http/http_int.h"

#define PAGE  4096
#define BATCH 64                        /* connections in one go, so that the thread is not held up */

size_t
pool_size(const struct http_conf *conf)
{
	return conf->header_max * 2;    /* a header, and the head of the reply, which may repeat most of it */
}

void
idle_learn_pool(struct request *rq)
{
	struct conn *c = rq->conn;
	uint64_t bytes;

	if (c->pool != NULL || atomic_load_explicit(&c->requests, memory_order_relaxed) != 0 || rq->body_length == -1
	    || !rq->io->server->pool_known || c->site->tls)
		return;
	if (conn_bytes_received(c, &bytes) && bytes == rq->header_size + rq->body_n)
		c->pool = (char *)(uintptr_t)rq->q.method_name.p;
}

static void
give_back(char *from, char *end)
{
	static const char zeros[PAGE];
	char *run = from + (PAGE - (uintptr_t)from % PAGE) % PAGE, *p = run;

	for (; p + PAGE <= end; p += PAGE)
		if (memcmp(p, zeros, PAGE) != 0) {
			if (p > run)
				madvise(run, (size_t)(p - run), MADV_DONTNEED);
			run = p + PAGE;
		}
	if (p > run)
		madvise(run, (size_t)(p - run), MADV_DONTNEED);
}

void
idle_trim(struct io *io)
{
	struct http_server *s = io->server;
	int done = 0;

	if (!atomic_load_explicit(&io->trim, memory_order_relaxed))
		return;
	pthread_mutex_lock(&s->lock);
	for (struct conn *c = s->conns; c != NULL && done < BATCH; c = c->next)
		if (c->trim && c->io == io) {
			give_back(c->pool, c->pool + pool_size(&s->conf));
			c->trim = false;
			done++;
		}
	atomic_store_explicit(&io->trim, done == BATCH, memory_order_relaxed);
	pthread_mutex_unlock(&s->lock);
}

/* A thread that waits in the library can be reached by one thing only: a new connection. This one is closed already. */
void
idle_wake(struct http_server *s)
{
	struct sockaddr_un none = { .sun_family = AF_UNIX };

	for (int i = 0; i < s->n_io; i++) {
		struct conn *stale;
		int pair[2];

		if (!atomic_load_explicit(&s->io[i].trim, memory_order_relaxed)
		    || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
			continue;
		stale = conn_by_fd(s, pair[0]);
		if (stale != NULL)
			conn_drop(s, stale);
		close(pair[1]);
		MHD_add_connection(s->io[i].daemon, pair[0], (const struct sockaddr *)(const void *)&none, sizeof none);
	}
}
