/*
 * http/http.h - transport: listeners, parsed requests in, replies out. Wraps libmicrohttpd; knows no OAuth.
 *
 * Threads: `io_threads` I/O threads run the library's event loop for all listeners. For every
 * complete request the server calls `handle` on an I/O thread. The handler either fills the reply
 * and returns HTTP_NOW, or hands the request to a worker lane (http_defer) and returns HTTP_LATER;
 * the worker fills the reply and the connection is resumed.
 *
 * H1: a handler sees only requests whose header and body arrived whole, within limits and deadlines.
 * H2: request smuggling shapes are refused with 400 and a closed connection before the handler: Content-Length together
 *     with Transfer-Encoding; repeated Content-Length, Transfer-Encoding, Host or Authorization; a control character in a
 *     field value; a malformed target or Host.
 * H3: a slow client costs one connection and no thread.
 * H4: what a request owns ends with the request or with its connection, whichever comes first: the library drops some
 *     requests without a word.
 * H5: at connections_max the newcomer takes the place of an idle connection: of the network that
 * holds most, the one idle
 *     longest. Only when none is idle is the newcomer refused. A request under way is never cut for it.
 * H6: a stop answers every request whose connection was made before the listener closed.
 * H7: who sends much to a lane waits for himself; http/turns.h.
 */
#ifndef HUFU_HTTP_H
#define HUFU_HTTP_H

#include "base/base.h"

enum http_method { M_GET, M_HEAD, M_POST, M_PUT, M_PATCH, M_DELETE, M_OPTIONS, M_OTHER };

/* BODY_CODED: its Content-Encoding is not identity (RFC 9110 section 15.5.16). */
enum http_body_fault { BODY_SOUND, BODY_TOO_LARGE, BODY_CODED };

/*
 * A certificate that the client has shown, and those that it sent to lead to a root: DER, judged by nobody. It holds
 * the private key of it, by the handshake here or by the word of a trusted proxy; der absent: it has shown none, or
 * what came cannot be read.
 */
struct http_cert { struct str der; const struct str *chain; size_t n_chain; };

/* One request. All spans point into the connection's or the arena's memory; valid until the reply is sent. */
struct http_req {
	struct arena    *mem;           /* the request's arena: reset after the reply */
	enum http_method method;
	struct str       method_name;
	/* of a target in absolute form, else the Host field (RFC 9112 3.2.2); may be absent */
	struct str       host;
	struct str       path;          /* as sent, percent-encoded, begins with '/', without the query */
	struct str       query;         /* as sent, without '?'; absent when the target has no '?' */
	struct str       body;          /* whole body, already de-chunked; absent when none was announced */
	struct str       peer;          /* client address in text, by trusted_proxies rules */
	/*
	 * ... but it is a trusted proxy's or a local socket's, which did not say for whom it speaks
	 */
	bool             peer_is_shared;
	bool             proxied;       /* its connection is a trusted proxy's: what it forwards is believed */
	bool             secure;        /* TLS here, or X-Forwarded-Proto: https from a trusted proxy */
	int              listener;      /* its index in http_conf.listeners when it was opened */
	struct str       listener_name; /* http_listener.name */
	struct http_cert cert;          /* the client's own; http/client_cert.c */
	enum http_body_fault body_fault; /* not BODY_SOUND: the body is not here, see http_conf.refuse_body */
	size_t           head_max;      /* bytes that all fields of the reply may take together; 0: no bound is known */
	int64_t          begun_us;      /* clock_mono_us when the header was complete */
	void            *conn;          /* private */
};
/* First value of a header field (name case-insensitive), absent when there is none. Borrowed. */
struct str http_header(const struct http_req *q, const char *name);
int http_header_count(const struct http_req *q, const char *name);     /* how many there are of that name */
/* Every field as sent, in order; name and value are borrowed. false of each ends it. */
typedef bool http_each_field(void *ctx, struct str name, struct str value);
void http_headers(const struct http_req *q, http_each_field *each, void *ctx);

/*
 * Who is at the other end of a UNIX socket, by the kernel's word (SO_PEERCRED): of the moment it
 * connected. False for TCP, and for a request that came over no connection.
 */
struct http_peer { int64_t uid, pid; };
bool http_peer_read(const struct http_req *q, struct http_peer *out);

struct http_kept;
struct http_reply {
	int        status;              /* 100..599; 0 is treated as 500 */
	struct str body;                /* may be absent; copied? no: must live until sent, i.e. in q->mem or static */
	struct { const char *name; struct str value; } headers[24];
	size_t     n_headers;
	bool       close;               /* close the connection after this reply */
	struct http_kept *kept;         /* sent in place of status, body and headers; see http_reply_kept */
};
/*
 * Add a field; name is static. A value with a control character (CR, LF, NUL...) makes the reply a
 * 500: never written.
 */
void http_reply_header(struct http_reply *r, const char *name, struct str value);

/*
 * A finished reply that is the same for everyone who asks: made once, sent many times, on any
 * thread. http_keep copies status, body and fields of a filled reply; NULL when it is spoiled or
 * memory is out. http_reply_kept answers with it (HEAD without the body); it must not be freed
 * before the handler or the job has returned. http_kept_free: replies under way stay whole; NULL is
 * fine.
 */
struct http_kept *http_keep(const struct http_reply *r);
void http_reply_kept(struct http_reply *r, struct http_kept *k);
void http_kept_free(struct http_kept *k);

enum http_when { HTTP_NOW, HTTP_LATER };
typedef enum http_when http_handler(void *ctx, struct http_req *q, struct http_reply *r);
/* Called once the reply is sent or the connection is lost, before the arena is reset: audit line, counters. */
typedef void http_done(void *ctx, struct http_req *q, const struct http_reply *r);
/* A refusal made by this room or the library (400, 408, 413, 414, 415, 431, 503), for counters and the log. */
typedef void http_refused(void *ctx, const char *why, int status, struct str peer);

/*
 * Worker lanes: bounded queues with threads of their own. A lane is made once, before http_start.
 * threads: how many; queue_max: waiting jobs beyond which somebody is refused; nice: added niceness of its threads.
 */
struct http_lane;
struct http_lane *http_lane_new(const char *name, int threads, int queue_max, int nice);
struct http_lane_stats { int64_t waiting, running, done, refused, wait_us_total, run_us_total; };
void http_lane_stats(const struct http_lane *l, struct http_lane_stats *out);
/* Finish queued jobs, then stop and free. */
void http_lane_free(struct http_lane *l);
/*
 * Run job(ctx, q, r) on a worker of the lane; the connection is suspended meanwhile and resumed
 * afterwards. A job that returns HTTP_LATER has handed the request on: whoever has it now fills the
 * reply and calls http_release; the job must not touch it any more. Call from the handler and
 * return HTTP_LATER at once. False when the queue is full: nothing happened, the handler answers
 * 503 with Retry-After itself.
 */
typedef enum http_when http_job(void *ctx, struct http_req *q, struct http_reply *r);
bool http_defer(struct http_lane *l, struct http_req *q, struct http_reply *r, http_job *job, void *ctx);
/*
 * A lane is shared out (H7, http/turns.h): requests whose share[0] is the same take turns with the
 * others as one, within them those of the same share[1], and within those the same share[2]. When
 * the queue is full, one of the share that has most waiting gives way to one of a smaller share:
 * busy(ctx, q, r) fills its reply, on any thread (NULL: a bare 503). http_defer: share 0.
 */
#define HTTP_SHARES 3
typedef void http_busy(void *ctx, struct http_req *q, struct http_reply *r);
struct http_work { http_job *job; http_busy *busy; void *ctx; uint64_t share[HTTP_SHARES]; };
bool http_defer_work(struct http_lane *l, struct http_req *q, const struct http_work *work);
/*
 * From a job: on to another lane; then return HTTP_LATER. False: its queue is full, and the request
 * is still the job's to answer.
 */
bool http_pass(struct http_lane *l, struct http_req *q, const struct http_work *work);

/*
 * Without a lane: http_hold suspends the connection (call it from the handler, then return
 * HTTP_LATER); http_release, from any thread, says that the reply is filled. Nothing of the request
 * may be touched after it. False when the server is at the end of its drain: nothing happened, the
 * handler answers 503 itself.
 */
bool http_hold(struct http_req *q);
void http_release(struct http_req *q);

/*
 * TLS_MODERN: RFC 9325. TLS_FAPI: FAPI 1.0 Advanced 8.5, FAPI 2.0 Security Profile 5.2.2: what that leaves over of it,
 * AES-GCM alone.
 */
enum http_tls { TLS_MODERN, TLS_FAPI };
/* How a proxy writes a certificate; http/client_cert.c. The order is that of the setting's words. */
enum http_cert_format { CERT_RFC9440, CERT_PEM, CERT_BASE64, CERT_XFCC };
#define CERT_HEADER_MAX 64
struct http_listener {
	struct str name;                /* the caller's, for its handler; may be absent */
	struct str address;             /* "127.0.0.1:8080", "[::1]:8080", "unix:/run/hufu/admin.sock", "*:8080" */
	bool       tls;
	struct str cert_file, key_file; /* PEM; read when it is opened, and by every http_prepare */
	/* clients are asked for a certificate; any will do, and none */
	bool       asks_cert;
	enum http_tls profile;
	int        fd;                  /* -1, or a socket already listening, whatever its address */
	const struct str *hosts; size_t n_hosts;        /* names its certificate should hold: for http_judge only */
};
/*
 * A socket that listens already and that somebody else holds too: taken by whichever listener has its address. ours: the
 * other is about to let go of it, so this server closes it like one of its own, and removes the path of a UNIX socket.
 */
struct http_handed { int fd; bool taken, ours; };
struct http_conf {
	const struct http_listener *listeners;
	size_t n_listeners;
	struct http_handed *handed;     /* outlive the server; NULL none */
	size_t n_handed;
	bool   paused;                                  /* begins so: http_pause */
	/* somebody keeps the TCP sockets, with whoever connects, when this server has ended (hufud/fd_store.c) */
	bool   kept;
	int    io_threads;
	size_t header_max, body_max, arena_max;         /* bytes: default 16 KiB, 64 KiB, 512 KiB */
	/*
	 * Default 4096, 256. Counted by socket address, an IPv6 address by its /64; a trusted proxy
	 * has no limit of its own.
	 */
	int    connections_max, connections_per_address;
	int    header_s, body_s, idle_s;                /* deadlines: 10, 20, 60; idle_s also for reading a reply */
	const struct str *trusted_proxies;              /* addresses or CIDR blocks */
	size_t n_trusted_proxies;
	/* of at most CERT_HEADER_MAX bytes: the field in which they name the client's certificate; empty: none */
	struct str cert_header;
	enum http_cert_format cert_format;
	http_handler *handle;
	http_done    *done;
	http_refused *refused;
	/* Words for a body_fault: fills the reply at once (HTTP_NOW). NULL: 413 or 415 without a body. */
	http_handler *refuse_body;
	void         *ctx;
};
/*
 * Look at what listeners name without binding or changing anything: addresses (of this machine, and
 * each once, 0.0.0.0 with 127.0.0.1 too), paths of sockets, certificates (readable, key and
 * certificate one pair, dates, names). told hears of each thing that would keep http_start from
 * starting, and of what is doubtful (warning). A port that another program has is not looked for.
 * to_be: a directory that will be there by then.
 */
enum http_about { ABOUT_ADDRESS, ABOUT_CERTIFICATE, ABOUT_KEY };
struct http_finding { enum http_about about; size_t at; bool warning; struct str said; };       /* at: which listener */
typedef void http_say(void *ctx, const struct http_finding *f);
void http_judge(const struct http_listener *listeners, size_t n, struct str to_be, http_say *told, void *ctx,
    struct arena *mem);
bool http_field_is_sound(struct str name);      /* a token, and no field that has another meaning */
bool http_proxy_is_sound(struct str text);      /* an address, or a CIDR block */
bool http_address_is_in(struct str peer, const struct str *blocks, size_t n);   /* http_req.peer, among those */

struct http_server;
/*
 * Bind every listener and start serving. NULL with *why (static or in mem) naming address and
 * cause, e.g. "127.0.0.1:8080: Address already in use", and *at, which listener it is about
 * (n_listeners: none); nothing is then left open.
 */
struct http_server *http_start(const struct http_conf *conf, struct arena *mem, size_t *at, struct str *why);
/*
 * Other listeners, certificates, proxies and limits, while requests go on, in two steps.
 * http_prepare does what can fail: it opens new sockets and loads all certificates; NULL with *why
 * and *at (which listener it is about; n_listeners: none), and nothing has changed. http_commit
 * puts it in force at once; http_abandon gives it up. conf is as for http_start, but header_max,
 * io_threads, the handlers and ctx stay as they were then. One change at a time, and none beside
 * http_stop.
 *
 * H8: a listener of the same address keeps its socket and who waits at it. Connections of one that
 * goes, or whose name or TLS changes, end after the request under way; those that had connected are
 * served. A request keeps the limits and proxies that were in force when it began.
 */
struct http_change;
struct http_change *http_prepare(
    struct http_server *s, const struct http_conf *conf, struct arena *mem, size_t *at, struct str *why);
void http_commit(struct http_server *s, struct http_change *c);
void http_abandon(struct http_server *s, struct http_change *c);        /* NULL is fine */
/*
 * Take what has connected, stop accepting, finish requests in flight (at most drain_s seconds),
 * close, free. A connection that has just been made or used has a moment for its next request,
 * which is answered with "Connection: close".
 */
void http_stop(struct http_server *s, int drain_s);
/*
 * H9: two servers at the same sockets, in two processes: nobody is turned away, and nothing is reset, while one leaves.
 *
 * http_pause: take nobody new from the sockets, which go on listening for whoever else has them; connections end with
 * their next answer, or when they have been quiet for a few seconds. false: go on as before; what was told that it
 * closes, does. At once: it is done on the server's own thread.
 */
void http_pause(struct http_server *s, bool on);
bool http_is_quiet(struct http_server *s);      /* it is paused, and its last connection has gone */
/*
 * Its sockets, for another process: fd stays this server's; ours: nobody else has it so far (no service manager). How
 * many; at most max. Not beside http_prepare.
 */
size_t http_sockets(const struct http_server *s, struct http_handed *out, size_t max);
/* As http_stop, but the sockets and their paths are another's from now on; nobody who waits at them is taken. */
void http_leave(struct http_server *s, int drain_s);
/* gave_way: idle connections closed for a newcomer (H5). */
struct http_stats { int64_t connections, accepted, refused_limit, refused_address, gave_way, timeouts; };
void http_server_stats(const struct http_server *s, struct http_stats *out);

/* --- http/form.c: pairs from a query or a form body ------------------------------------------- */

struct pair { struct str name, value; bool from_query; };
#define PAIRS_MAX 64
struct pairs { struct pair at[PAIRS_MAX]; size_t n; };
enum form_error { FORM_OK, FORM_TOO_MANY, FORM_BAD_PERCENT, FORM_BAD_UTF8, FORM_BAD_BYTE, FORM_NO_MEMORY };
/*
 * Append the decoded pairs of application/x-www-form-urlencoded text (a query or a body; WHATWG URL
 * section 5.1). Decoded once, in mem; a piece with nothing to decode is borrowed from text. "name"
 * without '=' is a pair with an empty value; an empty piece is skipped. FORM_BAD_BYTE: a control
 * character other than a tab in a decoded name or value (RFC 6749 appendix A). On an error p holds
 * what came before it.
 */
enum form_error form_read(struct arena *mem, struct str text, bool from_query, struct pairs *p);
/*
 * multipart/form-data (RFC 7578) with text fields only; a part with a file name is skipped.
 * content_type: the whole field.
 */
enum form_error form_read_multipart(struct arena *mem, struct str content_type, struct str body, struct pairs *p);
/*
 * A flat JSON object: strings as they are, numbers and booleans as their JSON text, null skipped;
 * anything nested: FORM_BAD_BYTE.
 */
enum form_error form_read_json(struct arena *mem, struct str body, struct pairs *p);
struct str pair_first(const struct pairs *p, struct str name);  /* absent when there is none */

/* --- http/cookie.c, http/auth.c, http/accept.c ------------------------------------------------ */

/* Value of the named cookie (RFC 6265 section 4.2); first one wins; absent when there is none. Borrowed. */
struct str cookie_get(struct str header, struct str name);
/* The next cookie of a Cookie field; false: there is none. value is absent where there is no "=". */
bool cookie_next(struct str *rest, struct str *name, struct str *value);
/* A Set-Cookie value: Path, HttpOnly, SameSite=Lax; Secure when secure; max_age_s < 0 none, 0 deletes. name and value
 * must be cookie octets (the caller's own, base64url). */
struct str cookie_set(
    struct arena *mem, struct str name, struct str value, struct str path, bool secure, int64_t max_age_s);
/*
 * The same for one that scripts may read, also in a frame of another site: no HttpOnly, SameSite=None where secure.
 * An empty value deletes.
 */
struct str cookie_set_open(struct arena *mem, struct str name, struct str value, struct str path, bool secure);

/*
 * Authorization: Basic (RFC 7617): scheme case-insensitive, strict base64, split at the first ':'.
 * decode: RFC 6749 section 2.3.1 says both halves are form-encoded; legacy dialects do not decode.
 * BASIC_NONE: no field or another scheme.
 */
enum basic { BASIC_NONE, BASIC_OK, BASIC_MALFORMED };
enum basic basic_read(struct arena *mem, struct str field, bool decode, struct str *id, struct str *secret);
/* Bearer token of an Authorization field (RFC 6750 section 2.1), absent otherwise. Borrowed. */
struct str bearer_read(struct str field);
struct str dpop_token_read(struct str field);   /* the same of the scheme DPoP: RFC 9449 section 7.1 */

/* Best of the offered tags for an Accept-Language field (RFC 9110 section 12.5.4): index, or fallback. Prefix match. */
int accept_language(struct str field, const char *const *offered, int n, int fallback);
/* True when the Accept field prefers text/html over application/json (a browser). */
bool accept_prefers_html(struct str field);
/* Does the Accept field leave this type (any_subtype: its "application/" and a star) a weight? Absent: any. */
bool accept_allows(struct str field, struct str type, struct str any_subtype);
/* Accept names this type, and the usual one no sooner. */
bool accept_asks_for(struct str field, struct str type, struct str usual);
/*
 * Accept-Encoding (RFC 9110 section 12.5.3) takes this content coding, and not sooner none. Absent: no.
 */
bool accept_coding(struct str field, struct str coding);
/* If-None-Match (section 13.1.2) names this entity tag, with its quotes, or any. Absent: no. */
bool none_match_names(struct str field, struct str tag);
/* Media type without parameters, trimmed; compared with str_eq_nocase. */
struct str media_type(struct str content_type);
/* The value of a parameter of a structured field ("form-data; name=\"x\""), unquoted, in mem; absent when there is none or it
 * is malformed. The first one of that name. */
struct str field_param(struct arena *mem, struct str field, struct str name);
bool http_method_read(struct str name, enum http_method *out);
#endif
