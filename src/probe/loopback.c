/* probe/loopback.c - the redirect URI of a program at a terminal: one path of this machine. RFC 8252 section 7.3. */
#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "http/http.h"
#include "probe/probe.h"

#define QUERY_MAX 8192

struct probe_listener {
	struct http_server *http;
	pthread_mutex_t lock;
	pthread_cond_t came;
	struct str path;                        /* the caller's */
	char query[QUERY_MAX];
	size_t n;
	bool here;
};

static struct str
path_of(struct str redirect_uri, struct url *u)
{
	return url_read(redirect_uri, u) == NULL && u->path.n > 0 ? u->path : S("/");
}

static enum http_when
answer(void *ctx, struct http_req *q, struct http_reply *r)
{
	struct probe_listener *l = ctx;
	bool takes = q->method == M_GET && str_eq(q->path, l->path) && str_given(q->query) && q->query.n <= QUERY_MAX;

	r->status = takes ? 200 : 404;
	r->body =
	    str_of(takes ? say("The answer is here. You may close this page and go back to the terminal.\n") : "");
	http_reply_header(r, "Content-Type", S("text/plain; charset=utf-8"));
	http_reply_header(r, "Cache-Control", S("no-store"));
	http_reply_header(r, "Referrer-Policy", S("no-referrer"));
	r->close = true;
	if (!takes)
		return HTTP_NOW;
	pthread_mutex_lock(&l->lock);
	if (!l->here) {
		memcpy(l->query, q->query.p, q->query.n);
		l->n = q->query.n;
		l->here = true;
		pthread_cond_signal(&l->came);
	}
	pthread_mutex_unlock(&l->lock);
	return HTTP_NOW;
}

/* Which address the browser reaches by that name: this machine's own, and no other. */
static struct str
address_of(struct probe *p, const struct url *u)
{
	if (u->secure || u->kind != ADDRESS_LOOPBACK || u->port == 0)
		return probe_fail(p, SAY("the redirect URI must be http:// and of this machine, with a port")),
		       STR_ABSENT;
	return arena_printf(p->mem, strchr(u->host, ':') != NULL ? "[%s]:%d" : "%s:%d",
	    strcmp(u->host, "localhost") == 0 ? "127.0.0.1" : u->host, u->port);
}

struct probe_listener *
probe_listen(struct probe *p, struct str redirect_uri)
{
	struct http_listener at = { .fd = -1 };
	struct http_conf conf = { .listeners = &at, .n_listeners = 1, .io_threads = 1, .handle = answer };
	struct probe_listener *l = calloc(1, sizeof *l);
	struct str why = STR_ABSENT;
	struct url u = { .path = STR_ABSENT };
	size_t which = 0;

	if (l == NULL)
		return probe_fail(p, SAY("memory is exhausted")), NULL;
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->came, NULL);
	l->path = path_of(redirect_uri, &u);
	at.address = address_of(p, &u);
	conf.ctx = l;
	l->http = str_given(at.address) ? http_start(&conf, p->mem, &which, &why) : NULL;
	if (l->http != NULL)
		return l;
	if (str_given(why))
		probe_fail(p, why);
	probe_listener_free(l);
	return NULL;
}

struct str
probe_wait(struct probe *p, struct probe_listener *l, int wait_s)
{
	struct timespec end;
	int late = 0;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += wait_s;
	pthread_mutex_lock(&l->lock);
	while (!l->here && late != ETIMEDOUT)
		late = pthread_cond_timedwait(&l->came, &l->lock, &end);
	pthread_mutex_unlock(&l->lock);
	if (l->here)
		return arena_dup(p->mem, str_span(l->query, l->n));
	probe_fail(p, arena_say(p->mem, "nobody came to the redirect URI within %d seconds", wait_s));
	return STR_ABSENT;
}

void
probe_listener_free(struct probe_listener *l)
{
	if (l == NULL)
		return;
	if (l->http != NULL)
		http_stop(l->http, 2);
	pthread_cond_destroy(&l->came);
	pthread_mutex_destroy(&l->lock);
	explicit_bzero(l->query, sizeof l->query);
	free(l);
}
