/*
 * outbound/outbound.h - the one way in which this program asks other servers over HTTP: bounded in
 * time and size, without redirects, and not to addresses that an operator did not mean: the host of
 * the URL is judged (base/url.h), and again the address that is connected to. What is asked on behalf of a request that
 * came with a trace (trace_now) says so: W3C Trace Context, traceparent with our span, tracestate untouched.
 */
#ifndef HUFU_OUTBOUND_H
#define HUFU_OUTBOUND_H

#include "base/base.h"

struct outbound_rules {
	bool    allow_private;          /* may connect to private and link-local addresses */
	bool    stranger;               /* whoever wrote the URL is no operator: loopback is as private as the rest */
	bool    allow_http;             /* http:// to hosts that are not this machine */
	int64_t connect_ms, total_ms;
	size_t  answer_max;             /* a longer answer is trouble */
};
#define OUTBOUND_HEADERS_MAX 16
#define OUTBOUND_WANTS_MAX   8
struct outbound_ask {
	struct str method, url, body;
	struct str headers[OUTBOUND_HEADERS_MAX]; size_t n_headers;     /* "Name: value" */
	const char *wants[OUTBOUND_WANTS_MAX];  /* more fields of the answer, by name; NULL: no more */
	const struct str *more; size_t n_more;  /* "Name: value" beyond headers; NULL: none */
	bool wants_all;                         /* every field of the answer: outbound_answer.all */
};
struct outbound_field { struct str name, value; };
/*
 * trouble: a sentence without anything secret, or NULL; unheard: there was no connection, so that
 * nobody has heard a word of it
 */
struct outbound_answer {
	int status; struct str body; const char *trouble; bool unheard;
	struct str type, cache_control;         /* fields of the answer, in mem; absent: it has none */
	struct str fields[OUTBOUND_WANTS_MAX];  /* alike, those of wants */
	struct outbound_field *all; size_t n_all;       /* in order; as many as mem has room for */
};

/* libcurl, begun once for the process. False: it cannot be. */
bool outbound_library(void);
/* May the URL be asked under these rules? A sentence when not, else NULL. */
const char *outbound_url_trouble(struct str url, const struct outbound_rules *r);
/* Ask; blocks for at most total_ms. False: out->trouble says why. The body lies in mem. */
bool outbound_do(struct arena *mem, const struct outbound_rules *r, const struct outbound_ask *a,
    struct outbound_answer *out);
/* Of one that is no success: somebody who is overloaded or restarting may answer well another time. */
bool outbound_is_passing(const struct outbound_answer *a);
/* A date of an answer (RFC 9110 section 5.6.7) as Unix time. False: it is none. */
bool outbound_date(struct str text, int64_t *out);
/* "host:port" of a URL, for what is queued by server; empty: it is no URL of the web. */
struct str outbound_neighbour(struct arena *mem, struct str url);
#endif
