/* http/http_int.h - what the files of this room share: server, I/O thread, connection, request. */
#ifndef HUFU_HTTP_INT_H
#define HUFU_HTTP_INT_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <microhttpd.h>

#include "http/http.h"
#include "http/turns.h"

struct cert;
struct request;

/* --- http/address.c: addresses as 16 bytes, IPv4 as ::ffff:a.b.c.d ---------------------------- */

struct address { uint8_t b[16]; };
#define ADDRESS_TEXT 46
struct block { struct address net; int bits; };

bool address_read(struct str text, struct address *out);        /* "1.2.3.4", "::1", "[::1]", each also with ":port" */
void address_of(const struct sockaddr *from, struct address *out);
size_t address_write(const struct address *a, char out[ADDRESS_TEXT]);  /* length; v4-mapped as IPv4 */
bool block_read(struct str text, struct block *out);            /* an address, or address/bits */
bool block_has(const struct block *b, const struct address *a);

/* --- http/listen.c ---------------------------------------------------------------------------- */

#define SOCKETS_MAX 32
/*
 * unlink_path: removed at the end. handed: somebody else has the socket too, and goes on with its queue. kept: the same
 * when the server ends, though it was made here.
 */
struct listen_socket { int fd; struct site *site; struct str unlink_path; bool handed, kept; };
/* shares: what is opened now may overlap with a socket of ours that will go, see change.c. */
struct listen_set {
	struct listen_socket at[SOCKETS_MAX];
	size_t n;
	bool shares, kept;                      /* kept: of those opened from now on */
	struct http_handed *given;              /* where an address is looked for before a socket is made */
	size_t n_given;
};
/*
 * http/handed.c: a descriptor of its own for the one that listens at this address; others: somebody else goes on with
 * it. -1: there is none (errno 0), or it failed.
 */
int handed_take(struct listen_set *set, const struct sockaddr *address, bool *others);

/* "host:port" in two, in mem; the host without brackets, NULL for "*". */
bool address_split(struct arena *mem, struct str address, char **host, char **port);
/* Open the sockets of one listener; false with *why in mem. What was opened stays in the set. */
bool listen_open(struct listen_set *set, const struct http_listener *l, struct site *site, struct arena *mem,
    struct str *why);
void listen_socket_close(struct listen_socket *l);
/* Let nobody new in, while those whose handshake has begun still get into the queue. */
void listen_shut(struct listen_set *set);
void listen_close(struct listen_set *set);

/* --- http/site.c ------------------------------------------------------------------------------ */

/* One listener. Its certificate is replaced in place; everything else is constant. */
struct site {
	struct arena mem;
	struct str   address, name;
	bool         tls, asks_cert;
	enum http_tls profile;
	int          index;                     /* the caller's, at its opening */
	_Atomic(struct cert *) cert;            /* NULL: plain */
	_Atomic bool leaving;                   /* nobody new comes by it; from left_us on */
	int64_t      left_us;                   /* acceptor only */
	bool         paused;                    /* the same: it leaves because the server is paused */
};
struct site *site_new(const struct http_listener *l, int index);
void site_free(struct site *site);              /* NULL is fine */
bool site_is(const struct site *site, const struct http_listener *l);

/* --- http/terms.c ----------------------------------------------------------------------------- */

struct terms {
	struct terms *before;
	size_t body_max, arena_max;
	int connections_max, connections_per_address, header_s, body_s, idle_s;
	char cert_header[CERT_HEADER_MAX + 1];  /* "": none */
	enum http_cert_format cert_format;
	size_t n_trusted;
	struct block trusted[];
};
struct terms *terms_new(const struct http_conf *c, struct arena *mem, struct str *why);
void terms_put(struct http_server *s, struct terms *t);
void terms_free(struct terms *t);               /* and those before it */
bool terms_trust(const struct terms *t, const struct address *a);

/* --- http/conn.c: the records of live connections --------------------------------------------- */

enum conn_phase { CONN_IDLE, CONN_BODY, CONN_RUN, CONN_REPLY };

/*
 * One accepted socket. Linked and unlinked under server.lock; phase, since_us, requests are written
 * by its I/O thread.
 */
struct conn {
	struct conn *next, **prev;
	struct io   *io;
	int          fd;
	struct site *site;
	bool         unix_peer, proxied;        /* proxied: came from a trusted proxy, and has no limit of its own */
	_Atomic bool cut;                       /* shut down by us: a deadline, or for a newcomer; acceptor only */
	bool         half_closed;               /* by conns_drained, or because its listener goes; acceptor only */
	/* for a newcomer, and still counted in server.leaving; under the lock */
	bool         gave_way;
	bool         refused;                   /* its last request was; more of it may come; I/O thread */
	bool         last;                      /* its last reply said that the connection closes; I/O thread */
	_Atomic bool uncounted;                 /* a chunked body hides how many bytes its requests had; I/O thread */
	struct request *request;                /* under way, from the request line on (H4); I/O thread */
	struct address_count *network;          /* under the lock */
	bool         trim;                      /* its I/O thread shall give its memory back; under the lock */
	uint32_t     trimmed;                   /* requests when that was asked last; acceptor only */
	char        *pool;                      /* where the library's memory for it begins, when known; I/O thread */
	struct address addr;
	uint8_t      text_n;
	char         text[ADDRESS_TEXT];
	_Atomic int      phase;
	_Atomic int64_t  since_us;              /* when the phase began */
	_Atomic uint32_t requests;              /* answered so far */
	_Atomic uint64_t consumed;              /* bytes of its whole requests so far; see uncounted */
	/* The deadline thread's own notes. */
	uint32_t seen;                          /* requests when bytes was read */
	uint64_t bytes;                         /* received when the connection fell idle */
	int64_t  begun_us, checked_us;          /* first byte of the next header seen; last look */
};

struct address_count { struct address_count *next; struct address key; int n; };

/* --- one I/O thread: a libmicrohttpd daemon without a listening socket ------------------------ */

#define REQUESTS_KEPT 64
struct io {
	struct http_server *server;
	struct MHD_Daemon  *daemon;
	struct request     *spare;              /* finished requests kept for reuse; this thread only */
	int                 n_spare;
	_Atomic int         connections;
	_Atomic bool        trim;               /* some of its connections are marked */
};

#define LINGERS_MAX 64
struct lingering { int fd, reads; int64_t until; };        /* reads: left; until: clock_mono_us */

struct http_server {
	/* header_max, io_threads, the handlers; the rest is in terms and sites */
	struct http_conf  conf;
	_Atomic(struct terms *) terms;
	struct listen_set sockets;              /* acceptor only, once it runs */
	/* all there have been; acceptor, and whoever prepares a change */
	struct site     **sites; size_t n_sites;
	_Atomic(struct http_change *) change;   /* for the acceptor to put in place */
	pthread_cond_t    changed;              /* with the lock: it has done so */
	/* conf.io_threads plain ones, then as many for TLS once a listener wants it */
	struct io        *io;
	int               n_io, n_plain, next_io;
	int               wake_fd, epoll_fd;
	pthread_t         acceptor;
	bool              acceptor_runs;
	int64_t           accepted_us;          /* the last one; acceptor only */
	struct cert      *retired;              /* acceptor only: see tls.c */
	struct gnutls_priority_st *fapi;        /* for the sessions of TLS_FAPI; NULL until one is needed */
	int64_t           keep_us;              /* the longest a handshake can last */
	bool              parser_in_place;      /* the library parses in place: see header.c */
	/* and a connection's memory begins with its first request: see idle.c */
	bool              pool_known;

	pthread_mutex_t   lock;                 /* conns, buckets, counts */
	struct conn      *conns;
	_Atomic(struct conn *) *by_fd;
	int               fd_max;
	struct address_count **buckets, **networks;
	size_t            n_buckets;            /* of either; a power of two */
	struct lingering  lingers[LINGERS_MAX];
	int               n_lingers;
	int               leaving;              /* told to give way, not yet gone; under the lock */

	_Atomic int64_t   connections, accepted, refused_limit, refused_address, gave_way, timeouts;
	_Atomic int       deferred;             /* requests at worker lanes */
	_Atomic bool      draining, aborting;   /* replies close; queued jobs are answered 503 unrun */
	_Atomic bool      pause, paused;        /* wanted; so (acceptor) */
	_Atomic bool      leaves;               /* the sockets are another's */
};

/* --- http/limits.c: under server.lock --------------------------------------------------------- */

bool limits_init(struct http_server *s);
void limits_free(struct http_server *s);
/* Count a new connection; false, with nothing counted, when a limit is reached (*why says which) or memory is out. */
bool limits_enter(struct http_server *s, struct conn *c, const char **why);
void limits_leave(struct http_server *s, struct conn *c);
/*
 * Without the lock, before the next connection is taken: those told to give way are gone in a
 * moment, and a burst of newcomers waits for that in the queue of the kernel. For half a second at
 * most.
 */
void limits_wait(struct http_server *s);

/* --- http/conn.c, the rest -------------------------------------------------------------------- */

bool conns_init(struct http_server *s);
void conns_free(struct http_server *s);
/* Count a new connection; NULL when a limit is reached (*why says which) or memory is out. */
struct conn *conn_add(struct http_server *s, int fd, struct site *site, const struct sockaddr *from, const char **why);
void conn_drop(struct http_server *s, struct conn *c);          /* unlink and free; the socket is the caller's */
struct conn *conn_by_fd(struct http_server *s, int fd);
static inline struct str conn_peer(const struct conn *c) { return (struct str){ c->text, c->text_n }; }
void conn_phase(struct conn *c, enum conn_phase phase, int64_t now_us);

/* --- http/deadline.c -------------------------------------------------------------------------- */

void deadlines_check(struct http_server *s);
/*
 * Half-close what has waited for a request long enough; true when no connection is left. For
 * http_stop, begun at begun_us.
 */
bool conns_drained(struct http_server *s, int64_t begun_us);
/* More bytes have come than its whole requests had: the next one is arriving. False where that cannot be told. */
bool conn_is_hearing(const struct conn *c);
/* Bytes the peer has sent so far; false where the kernel does not tell (UNIX sockets). */
bool conn_bytes_received(const struct conn *c, uint64_t *out);
/* An answer without the library, on a plain socket: best effort. */
void raw_answer(int fd, const char *status);

/* --- http/idle.c ------------------------------------------------------------------------------ */

size_t pool_size(const struct http_conf *conf);
size_t head_room(const struct request *rq);     /* what the fields of the reply may take of it, reply.c */
void idle_learn_pool(struct request *rq);       /* once the first request is whole; I/O thread */
void idle_trim(struct io *io);                  /* on the I/O thread itself */
void idle_wake(struct http_server *s);          /* have idle_trim called on the threads that have something to give */

/* --- http/linger.c ---------------------------------------------------------------------------- */

/* Before the socket of a connection is closed; I/O thread. */
void linger_begin(struct http_server *s, const struct conn *c);
/* Read what has come, close what is over (or all of them); true when none is left. */
bool lingers_check(struct http_server *s, bool end_all);

/* --- http/acceptor.c, http/accept_queue.c ----------------------------------------------------- */

bool acceptor_start(struct http_server *s);
void acceptor_stop(struct http_server *s);
/* On its own thread: */
enum accepted { ACCEPTED_ALL, ACCEPTED_SOME, ACCEPT_NO_DESCRIPTOR };
/* at most 64 connections of its queue */
enum accepted accept_batch(struct http_server *s, const struct listen_socket *l);
bool epoll_watch(struct http_server *s, int fd, void *what);
void unwatch_all(struct http_server *s);
void watch_all(struct http_server *s);
/* Take who has connected to these sockets, and let nobody new in. */
void last_call(struct http_server *s, struct listen_set *set);

/* --- http/change.c, http/site.c, http/io.c ---------------------------------------------------- */

void change_apply(struct http_server *s);       /* on the acceptor's thread; nothing when none waits */
bool sites_room(struct http_server *s, size_t more);    /* for so many more in s->sites */
bool io_start(struct http_server *s, struct io *io, bool tls);

/* --- http/request.c --------------------------------------------------------------------------- */

enum request_state { RQ_HEADER, RQ_BODY, RQ_SWALLOW, RQ_DEFERRED, RQ_ANSWERED };

#define FIELDS_KEPT 24          /* a browser sends fewer; what comes behind them the library looks up */

struct request {
	struct http_req    q;
	struct http_reply  r;
	const struct terms *terms;              /* those in force when it began */
	struct arena       mem;
	struct io         *io;
	struct conn       *conn;
	struct MHD_Connection *mhd;
	struct request    *next;                /* spare list */
	struct waiting     waits;               /* in the queue of a lane */
	struct str         target;              /* as sent */
	enum request_state state;
	bool               handled;             /* the handler saw it: `done` is owed */
	bool               no_room;             /* not even its target fits beside the parser's own notes */
	bool               expects_continue;
	const char        *refusal;             /* this room refused it, and why */
	char              *body;
	size_t             header_size;
	int                n_fields;
	struct field { struct str name, value; } fields[FIELDS_KEPT];   /* the first of them; in the read buffer */
	size_t             body_n, body_cap;
	int64_t            body_length;         /* Content-Length; -1: chunked; -2: no body */
	size_t             swallowed;
	struct http_work   work;                /* what a lane does with it */
	int64_t            queued_us;
	_Atomic bool       ready;               /* the worker has filled the reply */
};

void *request_begin(void *io, const char *target, struct MHD_Connection *mhd);
enum MHD_Result request_step(void *io, struct MHD_Connection *mhd, const char *url, const char *method,
    const char *version, const char *data, size_t *n, void **state);
void request_end(void *io, struct MHD_Connection *mhd, void **state, enum MHD_RequestTerminationCode code);
/* The connection ends: what the library never completed ends with it (H4), and is told as refused. */
void request_abandon(struct io *io, struct conn *c);
void requests_free(struct io *io);
/* Room for the parser's notes, whatever a client sends: see request_begin. */
extern const char parser_cookie[sizeof "Cookie"];
static inline const struct terms *
terms_now(struct http_server *s)
{
	return atomic_load_explicit(&s->terms, memory_order_acquire);
}
static inline struct request *request_of(const struct http_req *q) { return q->conn; }

/* --- http/header.c: what the library lets through --------------------------------------------- */

struct header_facts {
	const char *refusal;                    /* NULL: sound */
	int         status;
	int64_t     body_length;                /* as in struct request */
	bool        expects_continue;
	bool        coded;                      /* Content-Encoding names something to undo */
};
void header_check(struct request *rq, const char *method, const char *version, struct header_facts *f);
bool text_is_token(struct str s);               /* RFC 9110 section 5.6.2; not empty */
bool text_is_target(struct str s);              /* bytes that RFC 3986 allows somewhere in a path or query */

/* --- http/target.c ---------------------------------------------------------------------------- */

struct target { struct str host, path, query; };        /* host: absent in origin form; query: absent without '?' */
/* Origin form or absolute form (RFC 9112 sections 3.2.1, 3.2.2); false for every other shape. Spans point into text. */
bool target_read(struct str text, struct target *out);
/* uri-host [":" port] as in a Host field or an authority without a user (RFC 9110 sections 4.2.1 and 7.2). */
bool host_is_sound(struct str host);

/* --- http/forwarded.c: the client behind trusted proxies -------------------------------------- */

void forwarded_read(struct request *rq);
bool conn_is_proxied(const struct request *rq);         /* its peer is a trusted proxy, by the terms of the request */
/* The rule itself, on the joined X-Forwarded-For value: absent when every hop is unusable. In mem. */
struct str forwarded_client(struct arena *mem, struct str list, struct str peer, const struct block *trusted, size_t n);

/* --- http/reply.c ----------------------------------------------------------------------------- */

enum MHD_Result reply_send(struct request *rq);

/* --- http/tls.c: certificates ----------------------------------------------------------------- */

/* NULL with *why, which begins with the file. */
struct cert *cert_load(const struct http_listener *l, struct arena *mem, struct str *why);
void cert_free(struct cert *c);                 /* NULL is fine */
/* The site's from now on; the old one is kept until no handshake can be using it. Acceptor only. */
void cert_put(struct http_server *s, struct site *site, struct cert *c);
void certs_free(struct http_server *s);         /* those that were replaced */
/* Can its certificate and key be loaded, and are they a pair? False with *why, which begins with the file. */
bool cert_is_usable(const struct http_listener *l, struct arena *mem, struct str *why);
void *tls_callback(void);                       /* for MHD_OPTION_HTTPS_CERT_CALLBACK2 */
/* Before the handshake of a connection: what its listener wants of it. False: it cannot be had. */
bool tls_begin(struct http_server *s, const struct site *site, void *session);
bool tls_profiles(struct http_server *s);       /* once, before the first connection; false: out of memory */
void tls_profiles_free(struct http_server *s);

/* --- http/client_cert.c ----------------------------------------------------------------------- */

#define CERT_MAX   (16 * 1024)                  /* bytes of DER */
#define CERTS_MAX  8                            /* one and what leads from it to a root */
/* rq->q.cert: the session's, or what the proxy says, never one for the other. */
void client_cert_find(struct request *rq);
/*
 * A field of a trusted proxy; certificates are cut out of it and not looked into. out->der absent: it says that there
 * is none. False, with nothing in out: it cannot be read, or there is more than CERT_MAX or CERTS_MAX allow.
 */
bool client_cert_read(struct arena *mem, enum http_cert_format format, struct str field, struct http_cert *out);
/* Client-Cert-Chain of RFC 9440 section 2.3, behind what out holds. */
bool client_chain_read(struct arena *mem, struct str field, struct http_cert *out);

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STACK_FACTOR 8
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define STACK_FACTOR 8
#else
#define STACK_FACTOR 1
#endif
#else
#define STACK_FACTOR 1
#endif
#define IO_STACK   (512 * 1024 * STACK_FACTOR)
#define LANE_STACK (256 * 1024 * STACK_FACTOR)
#endif
