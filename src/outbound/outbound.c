/* outbound/outbound.c - HTTP requests to other servers through libcurl. RFC 9110. */
#define CURL_DISABLE_TYPECHECK
#include <arpa/inet.h>
#include <curl/curl.h>
#include <pthread.h>
#include <unistd.h>

#include "outbound/outbound.h"

static pthread_once_t lib_once = PTHREAD_ONCE_INIT;
static bool lib_ready;

static void
lib_prepare(void)
{
	lib_ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

bool
outbound_library(void)
{
	pthread_once(&lib_once, lib_prepare);
	return lib_ready;
}

/* --- where to --------------------------------------------------------------------------------- */

const char *
outbound_url_trouble(struct str text, const struct outbound_rules *r)
{
	struct url u;
	const char *wrong = url_read(text, &u);

	if (!u.web)
		return say("the URL must begin with https://");
	if (wrong != NULL)
		return wrong;
	if (!u.secure && !r->allow_http && u.kind != ADDRESS_LOOPBACK)
		return say("the URL must begin with https:// (http:// only for this machine)");
	if (u.kind == ADDRESS_PRIVATE || (u.kind == ADDRESS_LOOPBACK && r->stranger))
		return r->allow_private ? NULL : say("the address is private");
	return NULL;
}

/* --- one request ------------------------------------------------------------------------------ */

struct visit { struct arena *mem; const struct outbound_rules *r; struct buf body; bool own_host, refused; };

static bool
address_is_allowed(const struct visit *v, enum address_kind kind)
{
	switch (kind) {
	case ADDRESS_PUBLIC: return true;
	case ADDRESS_PRIVATE: return v->r->allow_private;
	case ADDRESS_LOOPBACK: return v->r->allow_private || (v->own_host && !v->r->stranger);
	case ADDRESS_NONE: return false;
	}
	return false;
}

/* The name may resolve to anything by now: what counts is the address that is connected to. */
static curl_socket_t
open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct visit *v = ctx;
	char text[INET6_ADDRSTRLEN] = "";
	enum address_kind kind;

	(void)purpose;
	if (a->family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)&a->addr)->sin_addr, text, sizeof text);
	else if (a->family == AF_INET6)
		inet_ntop(AF_INET6,
		    &((const struct sockaddr_in6 *)(const void *)&a->addr)->sin6_addr, text, sizeof text);
	kind = address_kind(str_of(text));
	if (!address_is_allowed(v, kind)) {
		v->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

static size_t
take(char *p, size_t one, size_t n, void *ctx)
{
	struct visit *v = ctx;

	buf_put(&v->body, str_span(p, one * n));
	return v->body.full ? 0 : one * n;              /* less than offered ends the transfer */
}

/* NULL, and list is freed, when memory is exhausted; so it was before when list is NULL. */
static struct curl_slist *
header_add(struct arena *mem, struct curl_slist *list, struct str line)
{
	char *z = list != NULL ? arena_z(mem, line) : NULL;
	struct curl_slist *more = z != NULL ? curl_slist_append(list, z) : NULL;

	if (more == NULL && list != NULL)
		curl_slist_free_all(list);
	return more;
}

static struct curl_slist *
trace_add(struct arena *mem, struct curl_slist *list)
{
	const struct trace *t = trace_now();
	char parent[TRACE_PARENT_SIZE + 1];

	if (t == NULL)
		return list;
	trace_write(t, parent);
	list = header_add(mem, list, ARENA_CAT(mem, S("traceparent: "), str_of(parent)));
	return str_given(t->state) ? header_add(mem, list, ARENA_CAT(mem, S("tracestate: "), t->state)) : list;
}

static struct curl_slist *
headers_of(struct arena *mem, const struct outbound_ask *a)
{
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");

	for (size_t i = 0; list != NULL && i < a->n_headers + a->n_more; i++)
		list = header_add(mem, list, i < a->n_headers ? a->headers[i] : a->more[i - a->n_headers]);
	return trace_add(mem, list);
}

static void
options_set(CURL *h, struct visit *v, const struct outbound_ask *a, const char *url,
    const char *method, struct curl_slist *headers)
{
	curl_easy_setopt(h, CURLOPT_URL, url);
	curl_easy_setopt(h, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	curl_easy_setopt(h, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(h, CURLOPT_PROXY, "");
	curl_easy_setopt(h, CURLOPT_NETRC, 0L);
	curl_easy_setopt(h, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, (long)v->r->connect_ms);
	curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)v->r->total_ms);
	curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(h, CURLOPT_WRITEDATA, v);
	curl_easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(h, CURLOPT_OPENSOCKETDATA, v);
	if (str_is(a->method, "HEAD"))
		curl_easy_setopt(h, CURLOPT_NOBODY, 1L);
	else if (!str_is(a->method, "GET")) {
		curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE, (long)a->body.n);
		curl_easy_setopt(h, CURLOPT_POSTFIELDS, a->body.p != NULL ? a->body.p : "");
		curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, method);
	}
}

static const char *
trouble_of(const struct visit *v, CURLcode rc)
{
	if (v->body.full)
		return say("the answer is too long");
	if (v->refused)
		return say("the name leads to a private address, which is not allowed");
	switch (rc) {
	case CURLE_OK: return NULL;
	case CURLE_COULDNT_RESOLVE_HOST: return say("the host name is not known");
	case CURLE_COULDNT_CONNECT: return say("no connection");
	case CURLE_OPERATION_TIMEDOUT: return say("no answer in time");
	case CURLE_PEER_FAILED_VERIFICATION: return say("the certificate is not trusted");
	default: return say("the connection failed");
	}
}

static struct str
field_of(CURL *h, struct arena *mem, const char *name)
{
	struct curl_header *field;

	return curl_easy_header(h, name, 0, CURLH_HEADER, -1, &field) == CURLHE_OK ? arena_dup(mem, str_of(field->value))
										   : STR_ABSENT;
}

static void
all_fields(CURL *h, struct arena *mem, struct outbound_answer *out)
{
	struct curl_header *f = NULL;
	size_t n = 0;

	while ((f = curl_easy_nextheader(h, CURLH_HEADER, -1, f)) != NULL)
		n++;
	out->all = arena_array(mem, struct outbound_field, n);
	while (out->all != NULL && (f = curl_easy_nextheader(h, CURLH_HEADER, -1, f)) != NULL && out->n_all < n)
		out->all[out->n_all++] = (struct outbound_field){ arena_dup(mem, str_of(f->name)),
			arena_dup(mem, str_of(f->value)) };
}

bool
outbound_do(struct arena *mem, const struct outbound_rules *r, const struct outbound_ask *a,
    struct outbound_answer *out)
{
	struct visit v = { .mem = mem, .r = r };
	char *url = arena_z(mem, a->url), *method = arena_z(mem, a->method);
	struct curl_slist *headers;
	struct url u;
	CURL *h;
	CURLcode rc;
	long status = 0;

	*out = (struct outbound_answer){ .trouble = outbound_url_trouble(a->url, r) };
	if (out->trouble != NULL)
		return false;
	v.own_host = url_read(a->url, &u) == NULL && u.kind == ADDRESS_LOOPBACK;
	h = outbound_library() ? curl_easy_init() : NULL;
	headers = headers_of(mem, a);
	buf_init(&v.body, mem, r->answer_max);
	if (h == NULL || headers == NULL || url == NULL || method == NULL) {
		out->trouble = say("memory is exhausted");
	} else {
		options_set(h, &v, a, url, method, headers);
		rc = curl_easy_perform(h);
		out->trouble = trouble_of(&v, rc);
		out->unheard = !v.refused && (rc == CURLE_COULDNT_CONNECT || rc == CURLE_COULDNT_RESOLVE_HOST);
		curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
		out->type = field_of(h, mem, "Content-Type");
		out->cache_control = field_of(h, mem, "Cache-Control");
		for (size_t i = 0; i < OUTBOUND_WANTS_MAX && a->wants[i] != NULL; i++)
			out->fields[i] = field_of(h, mem, a->wants[i]);
		if (a->wants_all)
			all_fields(h, mem, out);
	}
	if (headers != NULL)
		curl_slist_free_all(headers);
	if (h != NULL)
		curl_easy_cleanup(h);
	out->status = (int)status;
	out->body = buf_str(&v.body);
	return out->trouble == NULL;
}

bool
outbound_is_passing(const struct outbound_answer *a)
{
	return a->trouble != NULL || a->status >= 500 || a->status == 408 || a->status == 429;
}

bool
outbound_date(struct str text, int64_t *out)
{
	char z[64] = "";
	time_t at;

	if (text.n >= sizeof z || text.n == 0)
		return false;
	memcpy(z, text.p, text.n);
	at = curl_getdate(z, NULL);
	if (at < 0)
		return false;
	*out = at;
	return true;
}

struct str
outbound_neighbour(struct arena *mem, struct str text)
{
	struct url url;

	return url_read(text, &url) == NULL && url.web ? arena_printf(mem, "%s:%d", url.host, url.port) : S("");
}
