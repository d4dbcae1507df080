/* http/reply.c - a filled reply becomes the library's response (RFC 9110). */
#include "http/http_int.h"

static bool
is_writable(struct str value)
{
	for (size_t i = 0; i < value.n; i++) {
		unsigned char c = (unsigned char)value.p[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

/* A field that cannot be written, or has no room, spoils the reply: half of the security headers is worse than a 500.
 * The mark is a name of NULL, seen by spoiled() when the reply is sent, whatever status is set later. */
static void
spoil(struct http_reply *r)
{
	r->status = 500;
	if (r->n_headers == COUNT(r->headers))
		r->n_headers--;
	r->headers[r->n_headers].name = NULL;
	r->headers[r->n_headers++].value = STR_ABSENT;
}

void
http_reply_header(struct http_reply *r, const char *name, struct str value)
{
	if (!is_writable(value) || r->n_headers >= COUNT(r->headers)) {
		spoil(r);
		return;
	}
	r->headers[r->n_headers].name = name;
	r->headers[r->n_headers++].value = value;
}

/* Values were looked at when they were added. */
static bool
spoiled(const struct http_reply *r)
{
	if (r->status < 200 || r->status > 599 || r->n_headers > COUNT(r->headers))
		return true;
	for (size_t i = 0; i < r->n_headers; i++)
		if (r->headers[i].name == NULL)
			return true;
	return false;
}

static void
make_bare(struct http_reply *r, int status)
{
	r->status = status;
	r->body = STR_ABSENT;
	r->n_headers = 0;
}

/*
 * What is refused before anybody can word it says at least what it is: a browser shows an empty
 * answer as a broken one.
 */
static void
name_refusal(struct http_reply *r)
{
	static const struct { int status; const char *text;
	} names[] = {
		{ 413, "413 Content Too Large: the body of this request is too large.\n" },
		{ 414, "414 URI Too Long: the address of this request is too long.\n" },
		{ 431,
		    "431 Request Header Fields Too Large: this request, or the answer to it, has no room in "
		    "a header.\n" },
	};

	for (size_t i = 0; i < COUNT(names); i++)
		if (r->status == names[i].status && !str_given(r->body)) {
			r->body = str_of(names[i].text);
			http_reply_header(r, "Content-Type", S("text/plain;charset=UTF-8"));
		}
}

/*
 * The library writes the head of the reply into what the header of the request and its notes have
 * left of the connection's memory. Where that is too little it would close without a word: a
 * redirect that carries most of a long target.
 */
#define LEAST_HEAD 1024                 /* status line, Date, Content-Length, Connection, and alignment */
#define NOTE       64

size_t
head_room(const struct request *rq)
{
	size_t n = LEAST_HEAD + rq->header_size + NOTE * ((size_t)rq->n_fields + 2),
	       all = pool_size(&rq->io->server->conf);

	return n < all ? all - n : 0;
}

static bool
head_fits(const struct request *rq)
{
	const struct http_reply *r = &rq->r;
	size_t n = 0;

	for (size_t i = 0; i < r->n_headers; i++)
		n += strlen(r->headers[i].name) + r->headers[i].value.n + sizeof ": \r\n" - 1;
	return n <= head_room(rq);
}

/* False when a field could not be added. An empty value is left out: the library cannot write one. */
static bool
add_fields(const struct http_reply *r, struct arena *mem, struct MHD_Response *resp)
{
	for (size_t i = 0; i < r->n_headers; i++) {
		char *z;

		if (str_empty(r->headers[i].value))
			continue;
		z = arena_z(mem, r->headers[i].value);
		if (z == NULL || MHD_add_response_header(resp, r->headers[i].name, z) != MHD_YES)
			return false;
	}
	return true;
}

static struct MHD_Response *
make_response(struct request *rq)
{
	struct http_reply *r = &rq->r;
	struct MHD_Response *resp =
	    MHD_create_response_from_buffer(r->body.n, (void *)(uintptr_t)r->body.p, MHD_RESPMEM_PERSISTENT);

	if (resp != NULL && !add_fields(r, &rq->mem, resp)) {
		MHD_destroy_response(resp);
		make_bare(r, 500);
		resp = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	}
	return resp;
}

static bool
is_last(const struct request *rq)
{
	return rq->r.close || atomic_load_explicit(&rq->io->server->draining, memory_order_relaxed)
	    || atomic_load_explicit(&rq->conn->site->leaving, memory_order_relaxed);
}

/* --- replies kept for everyone ---------------------------------------------------------------- */

/* The library counts who still sends a response, so ours to keep is one count of each. */
struct http_kept {
	int status;
	struct MHD_Response *open, *last;       /* last: says that the connection closes */
};

static struct MHD_Response *
copy_response(const struct http_reply *r)
{
	struct MHD_Response *resp =
	    MHD_create_response_from_buffer(r->body.n, (void *)(uintptr_t)r->body.p, MHD_RESPMEM_MUST_COPY);
	struct arena mem;
	bool ok;

	arena_init(&mem, 64 * 1024);
	ok = resp != NULL && add_fields(r, &mem, resp);
	arena_free(&mem);
	if (ok)
		return resp;
	if (resp != NULL)
		MHD_destroy_response(resp);
	return NULL;
}

struct http_kept *
http_keep(const struct http_reply *r)
{
	struct http_kept *k;

	if (spoiled(r) || r->kept != NULL || (k = calloc(1, sizeof *k)) == NULL)
		return NULL;
	k->status = r->status;
	k->open = copy_response(r);
	k->last = copy_response(r);
	if (k->open != NULL && k->last != NULL
	    && MHD_add_response_header(k->last, MHD_HTTP_HEADER_CONNECTION, "close") == MHD_YES)
		return k;
	http_kept_free(k);
	return NULL;
}

void
http_reply_kept(struct http_reply *r, struct http_kept *k)
{
	r->status = k->status;
	r->kept = k;
}

void
http_kept_free(struct http_kept *k)
{
	if (k == NULL)
		return;
	if (k->open != NULL)
		MHD_destroy_response(k->open);
	if (k->last != NULL)
		MHD_destroy_response(k->last);
	free(k);
}

/* --- sending ---------------------------------------------------------------------------------- */

static enum MHD_Result
send_kept(struct request *rq)
{
	struct http_kept *k = rq->r.kept;

	rq->state = RQ_ANSWERED;
	conn_phase(rq->conn, CONN_REPLY, clock_mono_us());
	return MHD_queue_response(rq->mhd, (unsigned)k->status, is_last(rq) ? k->last : k->open);
}

/* MHD_NO closes the connection without an answer. */
enum MHD_Result
reply_send(struct request *rq)
{
	struct MHD_Response *resp;
	enum MHD_Result ok;

	if (rq->r.kept != NULL)
		return send_kept(rq);
	if (spoiled(&rq->r))
		make_bare(&rq->r, 500);
	if (!head_fits(rq)) {
		make_bare(&rq->r, 431);
		rq->r.close = true;
	}
	name_refusal(&rq->r);
	rq->state = RQ_ANSWERED;
	resp = make_response(rq);
	if (resp == NULL)
		return MHD_NO;
	if (is_last(rq))
		MHD_add_response_header(resp, MHD_HTTP_HEADER_CONNECTION, "close");
	conn_phase(rq->conn, CONN_REPLY, clock_mono_us());
	ok = MHD_queue_response(rq->mhd, (unsigned)rq->r.status, resp);
	MHD_destroy_response(resp);
	return ok;
}
