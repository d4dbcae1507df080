/* tests/unit/http/rig.c - see rig.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rig.h"

static void
echo(void *ctx, struct http_req *q, struct http_reply *r)
{
	(void)ctx;
	r->status = 200;
	r->body = arena_printf(q->mem, "%.*s %.*s %s%.*s %s%.*s %.*s %s", STR_ARG(q->method_name), STR_ARG(q->path),
		str_given(q->query) ? "?" : "-", STR_ARG(q->query), str_given(q->body) ? "=" : "-", STR_ARG(q->body),
		STR_ARG(q->peer), q->secure ? "secure" : "plain");
	http_reply_header(r, "X-Host", str_empty(q->host) ? S("none") : q->host);
	http_reply_header(r, "X-Test", str_given(http_header(q, "x-test")) ? http_header(q, "x-test") : S("none"));
}

static enum http_when
later(void *ctx, struct http_req *q, struct http_reply *r)
{
	echo(ctx, q, r);
	return HTTP_NOW;
}

struct handed { struct rig *g; struct http_req *q; struct http_reply *r; };

static void *
other_hand(void *p)
{
	struct handed h = *(struct handed *)p;

	free(p);
	usleep(2000);
	echo(h.g, h.q, h.r);
	http_release(h.q);
	return NULL;
}

/* The job gives the request to another thread and is done with it. */
static enum http_when
pass_on(void *ctx, struct http_req *q, struct http_reply *r)
{
	struct handed *h = malloc(sizeof *h);
	pthread_t t;

	*h = (struct handed){ ctx, q, r };
	pthread_create(&t, NULL, other_hand, h);
	pthread_detach(t);
	return HTTP_LATER;
}

static enum http_when
slow(void *ctx, struct http_req *q, struct http_reply *r)
{
	struct rig *g = ctx;

	atomic_fetch_add(&g->in_job, 1);
	usleep((useconds_t)atomic_load(&g->job_ms) * 1000);
	atomic_fetch_sub(&g->in_job, 1);
	echo(ctx, q, r);
	return HTTP_NOW;
}

/* How willingly the worker yields, as a header. */
static enum http_when
nice_of(void *ctx, struct http_req *q, struct http_reply *r)
{
	echo(ctx, q, r);
	http_reply_header(r, "X-Nice", arena_printf(q->mem, "%d", getpriority(PRIO_PROCESS, (id_t)gettid())));
	return HTTP_NOW;
}

static enum http_when
defer(struct rig *g, struct http_req *q, struct http_reply *r, http_job *job)
{
	if (http_defer(g->lane, q, r, job, g))
		return HTTP_LATER;
	r->status = 503;
	http_reply_header(r, "Retry-After", S("1"));
	return HTTP_NOW;
}

/* Without a lane: held, and let go by another thread. */
static enum http_when
hold(struct rig *g, struct http_req *q, struct http_reply *r)
{
	r->status = 503;
	if (!http_hold(q))
		return HTTP_NOW;
	return pass_on(g, q, r);
}

enum http_when
rig_handle(void *ctx, struct http_req *q, struct http_reply *r)
{
	struct rig *g = ctx;

	atomic_fetch_add(&g->handled, 1);
	if (q->body_fault == BODY_TOO_LARGE) {
		r->status = 413;
		r->body = ARENA_CAT(q->mem, S("too large for "), q->path, str_given(q->body) ? S(" with a body") : S(""));
		return HTTP_NOW;
	}
	if (str_is(q->path, "/cert")) {
		r->status = 200;
		r->body = arena_printf(q->mem, "%zu bytes and %zu more, secure", q->cert.der.n, q->cert.n_chain);
		return HTTP_NOW;
	}
	if (str_is(q->path, "/later"))
		return defer(g, q, r, later);
	if (str_is(q->path, "/passed-on"))
		return defer(g, q, r, pass_on);
	if (str_is(q->path, "/slow"))
		return defer(g, q, r, slow);
	if (str_is(q->path, "/held"))
		return hold(g, q, r);
	if (str_is(q->path, "/nice"))
		return defer(g, q, r, nice_of);
	if (str_is(q->path, "/kept") && g->kept != NULL) {
		http_reply_kept(r, g->kept);
		r->close = str_is(q->query, "close");
		return HTTP_NOW;
	}
	echo(ctx, q, r);
	if (str_is(q->path, "/kept"))
		g->kept = http_keep(r);
	if (str_is(q->path, "/close"))
		r->close = true;
	if (str_is(q->path, "/inject"))
		http_reply_header(r, "Location", S("/a\r\nSet-Cookie: x=y"));
	if (str_is(q->path, "/inject"))
		r->status = 302;
	if (str_is(q->path, "/twice")) {
		http_reply_header(r, "Location", q->query);
		http_reply_header(r, "X-Again", q->query);
		r->status = 302;
	}
	if (str_is(q->path, "/no-status"))
		r->status = 0;
	if (str_is(q->path, "/big"))
		r->body = str_span(arena_alloc(q->mem, 400000), 400000);
	if (str_is(q->path, "/many"))
		for (int i = 0; i < 30; i++)
			http_reply_header(r, "X-Many", S("v"));
	return HTTP_NOW;
}

static void
done(void *ctx, struct http_req *q, const struct http_reply *r)
{
	struct rig *g = ctx;

	(void)q;
	atomic_store(&g->last_status, r->status);
	atomic_fetch_add(&g->done, 1);
}

static void
refused(void *ctx, const char *why, int status, struct str peer)
{
	struct rig *g = ctx;

	(void)why, (void)peer;
	atomic_store(&g->last_status, status);
	atomic_fetch_add(&g->refused, 1);
}

int
rig_listen(int *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 256) != 0
	    || getsockname(fd, (struct sockaddr *)&a, &n) != 0)
		return -1;
	*port = ntohs(a.sin_port);
	return fd;
}

bool
rig_start(struct rig *g, struct http_conf conf, const char *cert, const char *key)
{
	struct str why;

	memset(g, 0, sizeof *g);
	arena_init(&g->mem, 1024 * 1024);
	g->listener = (struct http_listener){ .address = S("test"), .tls = cert != NULL, .cert_file = str_of(cert), .key_file = str_of(key), .fd = rig_listen(&g->port) };
	g->lane = http_lane_new("test", 2, 64, 1);
	conf.listeners = &g->listener;
	conf.n_listeners = 1;
	conf.handle = rig_handle;
	conf.done = done;
	conf.refused = refused;
	conf.ctx = g;
	if (conf.refuse_body != NULL)
		conf.refuse_body = rig_handle;
	g->conf = conf;
	g->server = http_start(&conf, &g->mem, &(size_t){ 0 }, &why);
	if (g->server == NULL)
		printf("http_start: %.*s\n", STR_ARG(why));
	return g->server != NULL;
}

bool
rig_change(struct rig *g, const struct http_conf *conf, struct arena *mem, struct str *why)
{
	struct http_conf whole = *conf;
	struct http_change *c;
	size_t at;

	if (whole.listeners == NULL) {
		whole.listeners = g->conf.listeners;
		whole.n_listeners = g->conf.n_listeners;
	}
	c = http_prepare(g->server, &whole, mem, &at, why);
	if (c != NULL)
		http_commit(g->server, c);
	return c != NULL;
}

void
rig_stop(struct rig *g, int drain_s)
{
	http_kept_free(g->kept);        /* replies under way stay whole */
	g->kept = NULL;
	if (g->server != NULL)
		http_stop(g->server, drain_s);
	http_lane_free(g->lane);
	arena_free(&g->mem);
}

int
dial(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

bool
say_n(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		p += sent;
		n -= (size_t)sent;
	}
	return true;
}

bool
tell(int fd, const char *text)
{
	return say_n(fd, text, strlen(text));
}

int64_t
now_ms(void)
{
	return clock_mono_us() / 1000;
}

/* One byte, or -1 at the end, -2 when ms passed. */
static int
next_byte(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	unsigned char c;

	if (poll(&p, 1, ms) <= 0)
		return -2;
	return recv(fd, &c, 1, 0) == 1 ? c : -1;
}

struct str
hear_head(struct arena *mem, int fd)
{
	struct buf b;

	buf_init(&b, mem, 64 * 1024);
	while (!str_ends(buf_str(&b), S("\r\n\r\n"))) {
		int c = next_byte(fd, 5000);

		if (c < 0)
			return STR_ABSENT;
		buf_putc(&b, (char)c);
	}
	return buf_str(&b);
}

static int64_t
length_of(struct str head)
{
	struct str line;
	int64_t n = 0;

	for (struct str rest = head; str_given(rest) && str_given(line = str_cut(&rest, '\n')); )
		if (str_starts_nocase(line, S("Content-Length:")))
			str_int(str_trim(str_from(line, 15)), &n);
	return n;
}

struct str
hear(struct arena *mem, int fd)
{
	struct str head = hear_head(mem, fd);
	struct buf b;
	int64_t n;

	if (!str_given(head))
		return STR_ABSENT;
	buf_init(&b, mem, 1024 * 1024);
	buf_put(&b, head);
	for (n = length_of(head); n > 0; n--) {
		int c = next_byte(fd, 5000);

		if (c < 0)
			return STR_ABSENT;
		buf_putc(&b, (char)c);
	}
	return buf_str(&b);
}

struct str
hear_all(struct arena *mem, int fd, int ms)
{
	int64_t end = now_ms() + ms;
	struct buf b;
	int c;

	buf_init(&b, mem, 1024 * 1024);
	while (now_ms() < end && (c = next_byte(fd, (int)(end - now_ms()))) >= 0)
		buf_putc(&b, (char)c);
	return buf_str(&b);
}

bool
is_closed(int fd, int ms)
{
	return next_byte(fd, ms) == -1;
}

int
status_of(struct str reply)
{
	int64_t n;

	return str_starts(reply, S("HTTP/1.1 ")) && str_int(str_sub(reply, 9, 3), &n) ? (int)n : 0;
}

struct str
body_of(struct str reply)
{
	for (size_t i = 0; i + 4 <= reply.n; i++)
		if (memcmp(reply.p + i, "\r\n\r\n", 4) == 0)
			return str_from(reply, i + 4);
	return STR_ABSENT;
}

struct str
ask(struct arena *mem, int port, const char *text)
{
	int fd = dial(port);
	struct str reply = STR_ABSENT;

	if (fd >= 0 && tell(fd, text))
		reply = hear(mem, fd);
	close(fd);
	return reply;
}

bool
soon(_Atomic int *value, int want)
{
	for (int i = 0; i < 300 && atomic_load(value) != want; i++)
		usleep(10 * 1000);
	return atomic_load(value) == want;
}
