/* http/request.c - one request from its first line to the reply sent (RFC 9112): the library's callbacks. */
#include "http/http_int.h"

/* A body over the limit that is at most this long is read and thrown away, so that the client hears the 413 and not a
 * reset connection. */
#define SWALLOW_MAX (1024 * 1024)
#define BODY_FIRST  4096

/* --- life of the record ---------------------------------------------------------------------------------------------- */

static struct request *
request_new(struct io *io)
{
	struct request *rq = io->spare;

	if (rq != NULL) {
		io->spare = rq->next;
		io->n_spare--;
		return rq;
	}
	rq = calloc(1, sizeof *rq);
	if (rq != NULL)
		arena_init(&rq->mem, io->server->conf.arena_max);
	return rq;
}

static void
request_release(struct io *io, struct request *rq)
{
	arena_reset(&rq->mem);
	if (io->n_spare >= REQUESTS_KEPT) {
		arena_free(&rq->mem);
		free(rq);
		return;
	}
	rq->next = io->spare;
	io->spare = rq;
	io->n_spare++;
}

void
requests_free(struct io *io)
{
	struct request *rq;

	while ((rq = io->spare) != NULL) {
		io->spare = rq->next;
		arena_free(&rq->mem);
		free(rq);
	}
	io->n_spare = 0;
}

static void
request_clear(struct request *rq)
{
	rq->q = (struct http_req){ .mem = &rq->mem, .conn = rq };
	rq->r.status = 0;
	rq->r.body = STR_ABSENT;
	rq->r.n_headers = 0;
	rq->r.close = false;
	rq->r.kept = NULL;
	rq->next = NULL;
	rq->state = RQ_HEADER;
	rq->handled = false;
	rq->refusal = NULL;
	rq->body = NULL;
	rq->header_size = rq->body_n = rq->body_cap = rq->swallowed = 0;
	rq->body_length = -2;
	atomic_store_explicit(&rq->ready, false, memory_order_relaxed);
}

/* The request line is complete. Its target is copied now: the library cuts it up next. */
void *
request_begin(void *cls, const char *target, struct MHD_Connection *mhd)
{
	struct io *io = cls;
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct request *rq;

	if (info == NULL || info->socket_context == NULL || (rq = request_new(io)) == NULL)
		return NULL;
	request_clear(rq);
	rq->io = io;
	rq->mhd = mhd;
	rq->conn = info->socket_context;
	rq->target = target ? arena_dup(&rq->mem, str_of(target)) : S("");
	return rq;
}

void
request_end(void *cls, struct MHD_Connection *mhd, void **state, enum MHD_RequestTerminationCode code)
{
	struct io *io = cls;
	struct request *rq = *state;
	const struct http_conf *conf = &io->server->conf;

	(void)code;
	if (rq == NULL)
		return;
	*state = NULL;
	if (rq->handled) {
		if (conf->done != NULL)
			conf->done(conf->ctx, &rq->q, &rq->r);
	} else if (conf->refused != NULL) {
		const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_HTTP_STATUS);

		if (rq->refusal != NULL)
			conf->refused(conf->ctx, rq->refusal, rq->r.status, conn_peer(rq->conn));
		else if (info != NULL)
			conf->refused(conf->ctx, "malformed or oversized request", (int)info->http_status, conn_peer(rq->conn));
	}
	atomic_fetch_add(&rq->conn->requests, 1);
	conn_phase(rq->conn, CONN_IDLE, clock_mono_us());
	request_release(io, rq);
	idle_trim(io);
}

/* --- header, body, handler ------------------------------------------------------------------------------------------- */

static enum MHD_Result
request_refuse(struct request *rq, int status, const char *why)
{
	rq->refusal = why;
	rq->r.status = status;
	rq->r.n_headers = 0;
	rq->r.body = STR_ABSENT;
	rq->r.kept = NULL;
	rq->r.close = true;
	return reply_send(rq);
}

/* Once the header is sound, whoever answers at that address may say it in its own words; the connection closes all the same. */
static enum MHD_Result
request_too_large(struct request *rq)
{
	const struct http_conf *conf = &rq->io->server->conf;

	if (conf->too_large == NULL)
		return request_refuse(rq, 413, "body too large");
	rq->refusal = "body too large";
	rq->q.too_large = true;
	conf->too_large(conf->ctx, &rq->q, &rq->r);
	rq->r.close = true;
	return reply_send(rq);
}

static void
split_target(struct request *rq)
{
	ptrdiff_t mark = str_index(rq->target, '?');

	rq->q.path = mark < 0 ? rq->target : str_sub(rq->target, 0, (size_t)mark);
	rq->q.query = mark < 0 ? STR_ABSENT : str_from(rq->target, (size_t)mark + 1);
}

static enum MHD_Result
request_header(struct request *rq, const char *method, const char *version)
{
	struct http_server *s = rq->io->server;
	struct header_facts f = { 0 };

	rq->q.begun_us = clock_mono_us();
	rq->q.listener = rq->conn->listener;
	rq->q.method_name = str_of(method);
	if (!http_method_read(rq->q.method_name, &rq->q.method))
		rq->q.method = M_OTHER;
	header_check(rq, method, version, &f);
	if (f.refusal != NULL)
		return request_refuse(rq, f.status, f.refusal);
	if (!str_given(rq->target))
		return request_refuse(rq, 431, "header too large");
	split_target(rq);
	forwarded_read(rq);
	rq->body_length = f.body_length;
	rq->state = RQ_BODY;
	if (f.body_length > (int64_t)s->conf.body_max) {
		if (f.expects_continue || f.body_length > SWALLOW_MAX)
			return request_too_large(rq);
		rq->state = RQ_SWALLOW;
	}
	conn_phase(rq->conn, CONN_BODY, rq->q.begun_us);
	return MHD_YES;
}

/* Room for n more bytes: exactly the announced length when it has arrived in one piece, else doubled, so that a client
 * that announces much and sends little holds little memory. */
static bool
body_room(struct request *rq, size_t n)
{
	size_t need = rq->body_n + n, cap = rq->body_cap ? rq->body_cap * 2 : BODY_FIRST, max = rq->io->server->conf.body_max;
	char *p;

	if (need <= rq->body_cap)
		return true;
	if (rq->body_length >= 0)
		max = (size_t)rq->body_length;
	if (cap > max || (int64_t)need == rq->body_length)
		cap = max;
	if (cap < need)
		cap = need;
	p = arena_alloc(&rq->mem, cap);
	if (p == NULL)
		return false;
	if (rq->body_n > 0)
		memcpy(p, rq->body, rq->body_n);
	rq->body = p;
	rq->body_cap = cap;
	return true;
}

static enum MHD_Result
request_body(struct request *rq, const char *data, size_t *n)
{
	size_t got = *n;

	*n = 0;
	if (rq->state == RQ_SWALLOW) {
		rq->swallowed += got;
		if (rq->swallowed <= SWALLOW_MAX)
			return MHD_YES;
		rq->refusal = "body too large";         /* no reply can be queued amid a body: say it ourselves, and close */
		rq->r.status = 413;
		if (!rq->io->server->conf.listeners[rq->conn->listener].tls)
			raw_answer(rq->conn->fd, "413 Content Too Large");
		return MHD_NO;
	}
	if (rq->body_n + got > rq->io->server->conf.body_max || !body_room(rq, got)) {
		rq->state = RQ_SWALLOW;
		rq->swallowed = rq->body_n + got;
		return MHD_YES;
	}
	memcpy(rq->body + rq->body_n, data, got);
	rq->body_n += got;
	return MHD_YES;
}

static enum MHD_Result
request_run(struct request *rq)
{
	const struct http_conf *conf = &rq->io->server->conf;

	if (rq->state == RQ_SWALLOW)
		return request_too_large(rq);
	if (rq->body_length != -2)
		rq->q.body = str_span(rq->body ? rq->body : "", rq->body_n);
	idle_learn_pool(rq);
	conn_phase(rq->conn, CONN_RUN, rq->q.begun_us);
	rq->handled = true;
	if (conf->handle(conf->ctx, &rq->q, &rq->r) == HTTP_LATER)
		return MHD_YES;                         /* http_defer has suspended the connection; hands off */
	return reply_send(rq);
}

/* Called for the header, for each piece of the body (*n > 0), at the end of the request, and after a resume. */
enum MHD_Result
request_step(void *cls, struct MHD_Connection *mhd, const char *url, const char *method, const char *version,
             const char *data, size_t *n, void **state)
{
	struct request *rq = *state;

	(void)cls, (void)mhd, (void)url;
	if (rq == NULL)
		return MHD_NO;
	switch (rq->state) {
	case RQ_HEADER:
		return request_header(rq, method, version);
	case RQ_BODY:
	case RQ_SWALLOW:
		return *n > 0 ? request_body(rq, data, n) : request_run(rq);
	case RQ_DEFERRED:
		return atomic_load_explicit(&rq->ready, memory_order_acquire) ? reply_send(rq) : MHD_YES;
	case RQ_ANSWERED:
		break;
	}
	return MHD_YES;
}

struct str
http_header(const struct http_req *q, const char *name)
{
	const struct request *rq = request_of(q);
	const char *value = NULL;
	size_t n = 0;

	if (rq == NULL || MHD_lookup_connection_value_n(rq->mhd, MHD_HEADER_KIND, name, strlen(name), &value, &n) != MHD_YES)
		return STR_ABSENT;
	return str_trim(str_span(value ? value : "", value ? n : 0));
}
