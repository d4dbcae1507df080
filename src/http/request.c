/* http/request.c - one request from its first line to the reply sent (RFC 9112): the library's callbacks. */
#include "http/http_int.h"

/* A body over the limit that is at most this long is read and thrown away, so that the client hears the 413 and not a
 * reset connection. */
#define SWALLOW_MAX (1024 * 1024)
#define BODY_FIRST  4096

/* --- life of the record ----------------------------------------------------------------------- */

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
		arena_init(&rq->mem, terms_now(io->server)->arena_max);
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
	rq->handled = rq->no_room = rq->expects_continue = false;
	rq->refusal = NULL;
	rq->body = NULL;
	rq->n_fields = 0;
	rq->header_size = rq->body_n = rq->body_cap = rq->swallowed = 0;
	rq->body_length = -2;
	atomic_store_explicit(&rq->ready, false, memory_order_relaxed);
}

/*
 * The library makes notes of every parameter of the query and of every cookie, in the memory of the
 * connection, and nobody reads them. When that memory ends it drops the request, often without
 * completing it. So it is given nothing to note: it sees an empty query, and an empty Cookie field
 * of ours before the client's (it looks at the first one only).
 */
static void
leave_nothing_to_note(struct request *rq, const char *target)
{
	/* its own buffer, cut up next anyway */
	char *mark = (char *)(uintptr_t)memchr(target, '?', strlen(target));

	if (mark != NULL)
		mark[1] = '\0';
	rq->no_room = MHD_set_connection_value_n(
			  rq->mhd, MHD_HEADER_KIND, parser_cookie, sizeof parser_cookie - 1, "", 0)
	    != MHD_YES;
}

/* The request line is complete. Its target is copied now: the library cuts it up next. */
void *
request_begin(void *cls, const char *target, struct MHD_Connection *mhd)
{
	struct io *io = cls;
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct request *rq;
	struct conn *c;

	if (info == NULL || info->socket_context == NULL || (rq = request_new(io)) == NULL)
		return NULL;
	c = info->socket_context;
	if (c->request != NULL)
		request_release(io, c->request);
	request_clear(rq);
	rq->terms = terms_now(io->server);
	rq->mem.max = rq->terms->arena_max;
	rq->io = io;
	rq->mhd = mhd;
	rq->conn = c;
	rq->target = target ? arena_dup(&rq->mem, str_of(target)) : S("");
	if (target != NULL)
		leave_nothing_to_note(rq, target);
	c->request = rq;
	return rq;
}

static void
refused(const struct conn *c, const char *why, int status)
{
	const struct http_conf *conf = &c->io->server->conf;

	if (conf->refused != NULL)
		conf->refused(conf->ctx, why, status, conn_peer(c));
}

/* How it ended, told once: to `done` when the handler saw it, else to `refused`. */
static void
request_tell(struct request *rq, struct MHD_Connection *mhd)
{
	const struct http_conf *conf = &rq->io->server->conf;
	const union MHD_ConnectionInfo *info;

	if (rq->handled) {
		if (conf->done != NULL)
			conf->done(conf->ctx, &rq->q, &rq->r);
		return;
	}
	if (rq->refusal != NULL) {
		refused(rq->conn, rq->refusal, rq->r.status);
		return;
	}
	info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_HTTP_STATUS);
	if (info != NULL)
		refused(rq->conn, "malformed or oversized request", (int)info->http_status);
}

void
request_end(void *cls, struct MHD_Connection *mhd, void **state, enum MHD_RequestTerminationCode code)
{
	struct io *io = cls;
	struct request *rq = *state;
	struct conn *c;

	(void)code;
	if (rq == NULL)
		return;
	*state = NULL;
	c = rq->conn;
	request_tell(rq, mhd);
	c->request = NULL;
	if (rq->body_length == -1)
		c->uncounted = true;
	c->refused = !rq->handled;
	c->last = rq->r.close || rq->refusal != NULL || rq->state != RQ_ANSWERED;
	atomic_fetch_add_explicit(&c->consumed, rq->header_size + rq->body_n + rq->swallowed, memory_order_relaxed);
	atomic_fetch_add(&c->requests, 1);
	conn_phase(c, CONN_IDLE, clock_mono_us());
	request_release(io, rq);
	idle_trim(io);
}

void
request_abandon(struct io *io, struct conn *c)
{
	struct request *rq = c->request;

	if (rq == NULL) {
		c->refused = !c->cut && !c->last && conn_is_hearing(c);
		if (c->refused)
			refused(c, "no request line, or a malformed or oversized one", 400);
		return;
	}
	c->request = NULL;
	c->refused = !rq->handled;
	if (!rq->handled && !c->cut) {
		if (!c->site->tls)
			raw_answer(c->fd, "431 Request Header Fields Too Large");
		refused(c, "given up by the parser", 431);
	} else if (rq->handled && io->server->conf.done != NULL) {
		io->server->conf.done(io->server->conf.ctx, &rq->q, &rq->r);
	}
	request_release(io, rq);
}

/* --- header, body, handler -------------------------------------------------------------------- */

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

/*
 * Once the header is sound, whoever answers at that address may say it in its own words; the
 * connection closes all the same.
 */
static enum MHD_Result
request_refuse_body(struct request *rq)
{
	const struct http_conf *conf = &rq->io->server->conf;
	bool coded = rq->q.body_fault == BODY_CODED;

	rq->refusal = coded ? "body with a content coding" : "body too large";
	rq->r.status = coded ? 415 : 413;
	if (conf->refuse_body != NULL)
		conf->refuse_body(conf->ctx, &rq->q, &rq->r);
	if (coded)                              /* RFC 9110 section 12.5.3: what would have been taken */
		http_reply_header(&rq->r, "Accept-Encoding", S("identity"));
	rq->r.close = true;
	return reply_send(rq);
}

/* What cannot be used is read and thrown away, when it is short enough, so that the client hears why. */
static enum MHD_Result
body_begin(struct request *rq)
{
	int64_t n = rq->body_length;

	if (n > (int64_t)rq->terms->body_max)
		rq->q.body_fault = BODY_TOO_LARGE;
	rq->state = rq->q.body_fault == BODY_SOUND ? RQ_BODY : RQ_SWALLOW;
	if (rq->state == RQ_SWALLOW && (rq->expects_continue || n > SWALLOW_MAX))
		return request_refuse_body(rq);
	conn_phase(rq->conn, CONN_BODY, rq->q.begun_us);
	return MHD_YES;
}

static enum MHD_Result
request_header(struct request *rq, const char *method, const char *version)
{
	struct header_facts f = { 0 };

	rq->q.begun_us = clock_mono_us();
	rq->q.listener = rq->conn->site->index;
	rq->q.listener_name = rq->conn->site->name;
	rq->q.method_name = str_of(method);
	if (!http_method_read(rq->q.method_name, &rq->q.method))
		rq->q.method = M_OTHER;
	if (rq->no_room)
		return request_refuse(rq, 414, "target too long");
	header_check(rq, method, version, &f);
	if (f.refusal != NULL)
		return request_refuse(rq, f.status, f.refusal);
	if (!str_given(rq->target))
		return request_refuse(rq, 431, "header too large");
	if (!str_given(rq->q.host))
		rq->q.host = http_header(&rq->q, "Host");
	forwarded_read(rq);
	client_cert_find(rq);
	rq->body_length = f.body_length;
	rq->expects_continue = f.expects_continue;
	if (f.coded && (f.body_length > 0 || f.body_length == -1))
		rq->q.body_fault = BODY_CODED;
	return body_begin(rq);
}

/* Room for n more bytes: exactly the announced length when it has arrived in one piece, else doubled, so that a client
 * that announces much and sends little holds little memory. */
static bool
body_room(struct request *rq, size_t n)
{
	size_t need = rq->body_n + n, cap = rq->body_cap ? rq->body_cap * 2 : BODY_FIRST, max = rq->terms->body_max;
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
		/* no reply can be queued amid a body: say it ourselves, and close */
		rq->refusal = "body too large";
		rq->r.status = 413;
		if (!rq->conn->site->tls)
			raw_answer(rq->conn->fd, "413 Content Too Large");
		return MHD_NO;
	}
	if (rq->body_n + got > rq->terms->body_max || !body_room(rq, got)) {
		rq->state = RQ_SWALLOW;
		rq->q.body_fault = BODY_TOO_LARGE;
		rq->swallowed = got;
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
		return request_refuse_body(rq);
	if (rq->body_length != -2)
		rq->q.body = str_span(rq->body ? rq->body : "", rq->body_n);
	idle_learn_pool(rq);
	conn_phase(rq->conn, CONN_RUN, rq->q.begun_us);
	rq->handled = true;
	if (conf->handle(conf->ctx, &rq->q, &rq->r) == HTTP_LATER)
		return MHD_YES;                         /* http_defer has suspended the connection; hands off */
	return reply_send(rq);
}

static enum MHD_Result
request_without_memory(struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct conn *c = info ? info->socket_context : NULL;

	if (c == NULL)
		return MHD_NO;
	if (!c->site->tls)
		raw_answer(c->fd, "503 Service Unavailable\r\nRetry-After: 1");
	c->last = true;
	refused(c, "no memory left", 503);
	return MHD_NO;
}

/* Called for the header, for each piece of the body (*n > 0), at the end of the request, and after a resume. */
enum MHD_Result
request_step(void *cls, struct MHD_Connection *mhd, const char *url, const char *method, const char *version,
             const char *data, size_t *n, void **state)
{
	struct request *rq = *state;

	(void)cls, (void)url;
	if (rq == NULL)
		return request_without_memory(mhd);
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

struct wanted { struct str name, value; };

static enum MHD_Result
on_field(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_n, const char *value, size_t value_n)
{
	struct wanted *w = cls;

	(void)kind;
	if (name == parser_cookie || !str_eq_nocase(str_span(name, name_n), w->name))
		return MHD_YES;
	w->value = str_span(value ? value : "", value ? value_n : 0);
	return MHD_NO;                          /* the first one is enough */
}

struct str
http_header(const struct http_req *q, const char *name)
{
	const struct request *rq = request_of(q);
	struct wanted w = { .name = str_of(name) };

	if (rq == NULL)
		return STR_ABSENT;
	for (int i = 0; i < rq->n_fields && i < FIELDS_KEPT; i++)
		if (str_eq_nocase(rq->fields[i].name, w.name))
			return str_trim(rq->fields[i].value);
	if (rq->n_fields <= FIELDS_KEPT)
		return STR_ABSENT;
	MHD_get_connection_values_n(rq->mhd, MHD_HEADER_KIND, on_field, &w);
	return str_trim(w.value);
}

struct counted { struct str name; int n; };

static enum MHD_Result
count_field(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_n, const char *value, size_t value_n)
{
	struct counted *w = cls;

	(void)kind;
	(void)value;
	(void)value_n;
	w->n += name != parser_cookie && str_eq_nocase(str_span(name, name_n), w->name);
	return MHD_YES;
}

int
http_header_count(const struct http_req *q, const char *name)
{
	const struct request *rq = request_of(q);
	struct counted w = { .name = str_of(name) };

	if (rq != NULL)
		MHD_get_connection_values_n(rq->mhd, MHD_HEADER_KIND, count_field, &w);
	return w.n;
}

struct walked { http_each_field *each; void *ctx; };

static enum MHD_Result
give_field(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_n, const char *value, size_t value_n)
{
	struct walked *w = cls;
	struct str v = str_span(value != NULL ? value : "", value != NULL ? value_n : 0);

	(void)kind;
	return name == parser_cookie || w->each(w->ctx, str_span(name, name_n), str_trim(v)) ? MHD_YES : MHD_NO;
}

void
http_headers(const struct http_req *q, http_each_field *each, void *ctx)
{
	const struct request *rq = request_of(q);
	struct walked w = { each, ctx };

	if (rq != NULL)
		MHD_get_connection_values_n(rq->mhd, MHD_HEADER_KIND, give_field, &w);
}
