/* login/outbound.c - HTTP requests to other servers through libcurl, loaded by dlopen. RFC 9110. */
#define CURL_DISABLE_TYPECHECK
#include <arpa/inet.h>
#include <curl/curl.h>
#include <dlfcn.h>
#include <pthread.h>
#include <unistd.h>

#include "login/outbound.h"

#define URL_MAX 4096

/* --- the library ------------------------------------------------------------------------------------------------------------- */

static struct {
	CURLcode (*global_init)(long);
	CURL *(*easy_init)(void);
	CURLcode (*easy_setopt)(CURL *, CURLoption, ...);
	CURLcode (*easy_perform)(CURL *);
	CURLcode (*easy_getinfo)(CURL *, CURLINFO, ...);
	void (*easy_cleanup)(CURL *);
	struct curl_slist *(*slist_append)(struct curl_slist *, const char *);
	void (*slist_free_all)(struct curl_slist *);
	bool there;
} lib;
static pthread_once_t lib_once = PTHREAD_ONCE_INIT;

static bool
symbol(void *handle, const char *name, void *slot)
{
	void *p = dlsym(handle, name);

	memcpy(slot, &p, sizeof p);
	return p != NULL;
}

static void
lib_load(void)
{
	static const char *const names[] = { "libcurl.so.4", "libcurl-gnutls.so.4" };
	void *h = NULL;

	for (size_t i = 0; h == NULL && i < COUNT(names); i++)
		h = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
	if (h == NULL)
		return;
	lib.there = symbol(h, "curl_global_init", &lib.global_init) && symbol(h, "curl_easy_init", &lib.easy_init)
	    && symbol(h, "curl_easy_setopt", &lib.easy_setopt) && symbol(h, "curl_easy_perform", &lib.easy_perform)
	    && symbol(h, "curl_easy_getinfo", &lib.easy_getinfo) && symbol(h, "curl_easy_cleanup", &lib.easy_cleanup)
	    && symbol(h, "curl_slist_append", &lib.slist_append) && symbol(h, "curl_slist_free_all", &lib.slist_free_all)
	    && lib.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

bool
outbound_ready(const char **why)
{
	pthread_once(&lib_once, lib_load);
	*why = lib.there ? NULL : "libcurl is not installed; install the package libcurl4 (Debian 12) or libcurl4t64";
	return lib.there;
}

/* --- where to ------------------------------------------------------------------------------------------------------------------ */

static bool
four_is_private(const uint8_t a[4], bool *loopback)
{
	*loopback = a[0] == 127;
	return a[0] == 127 || a[0] == 10 || a[0] == 0 || a[0] >= 224 || (a[0] == 172 && (a[1] & 0xf0) == 16) || (a[0] == 192 && a[1] == 168)
	    || (a[0] == 169 && a[1] == 254) || (a[0] == 100 && (a[1] & 0xc0) == 64) || (a[0] == 192 && a[1] == 0 && a[2] == 0);
}

static bool
six_is_private(const uint8_t a[16], bool *loopback)
{
	static const uint8_t zero[15], mapped[12] = { [10] = 0xff, [11] = 0xff }, nat64[12] = { 0, 0x64, 0xff, 0x9b };

	if (memcmp(a, mapped, 12) == 0 || memcmp(a, nat64, 12) == 0)
		return four_is_private(a + 12, loopback);
	*loopback = memcmp(a, zero, 15) == 0 && a[15] == 1;
	return memcmp(a, zero, 15) == 0 || (a[0] & 0xfe) == 0xfc || a[0] == 0xff || (a[0] == 0xfe && (a[1] & 0xc0) == 0x80);
}

bool
outbound_address_is_private(struct str address, bool *loopback)
{
	char z[64] = "";
	uint8_t b[16];

	*loopback = false;
	if (address.n == 0 || address.n >= sizeof z)
		return false;
	memcpy(z, address.p, address.n);
	if (inet_pton(AF_INET, z, b) == 1)
		return four_is_private(b, loopback);
	return inet_pton(AF_INET6, z, b) == 1 && six_is_private(b, loopback);
}

static struct str
host_of(struct str url)
{
	struct str rest = str_from(url, str_starts(url, S("https://")) ? 8 : 7), host;
	ptrdiff_t end;

	if (str_starts(rest, S("["))) {
		end = str_index(rest, ']');
		return end > 0 ? str_sub(rest, 1, (size_t)end - 1) : S("");
	}
	for (host = rest, host.n = 0; host.n < rest.n && !strchr(":/?#", rest.p[host.n]);)
		host.n++;
	return host;
}

static bool
host_is_loopback(struct str host)
{
	bool loopback;

	return str_is(host, "localhost") || (outbound_address_is_private(host, &loopback) && loopback);
}

const char *
outbound_url_trouble(struct str url, const struct outbound_rules *r)
{
	struct str host = host_of(url);
	bool secure = str_starts(url, S("https://")), loopback;

	if (!secure && !str_starts(url, S("http://")))
		return "the URL must begin with https://";
	for (size_t i = 0; i < url.n; i++)
		if (url.p[i] <= ' ' || url.p[i] >= 0x7f)
			return "the URL holds a character that no URL may hold";
	if (host.n == 0 || url.n > URL_MAX || str_index(str_sub(url, 0, (size_t)(host.p + host.n - url.p)), '@') >= 0)
		return "the URL needs a host, and no user name";
	if (!secure && !r->allow_http && !host_is_loopback(host))
		return "the URL must begin with https:// (http:// only for this machine)";
	if (!r->allow_private && !host_is_loopback(host) && outbound_address_is_private(host, &loopback))
		return "the address is private";
	return NULL;
}

/* --- one request ----------------------------------------------------------------------------------------------------------------- */

struct visit { struct arena *mem; const struct outbound_rules *r; struct buf body; bool own_host, refused; };

/* The name may resolve to anything by now: what counts is the address that is connected to. */
static curl_socket_t
open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct visit *v = ctx;
	char text[INET6_ADDRSTRLEN] = "";
	bool loopback = false, private;

	(void)purpose;
	if (a->family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)&a->addr)->sin_addr, text, sizeof text);
	else if (a->family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)&a->addr)->sin6_addr, text, sizeof text);
	private = outbound_address_is_private(str_of(text), &loopback);
	if (text[0] == '\0' || (private && !v->r->allow_private && !(loopback && v->own_host))) {
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

static struct curl_slist *
headers_of(struct arena *mem, const struct outbound_ask *a)
{
	struct curl_slist *list = lib.slist_append(NULL, "Expect:"), *more;

	for (size_t i = 0; list != NULL && i < a->n_headers; i++) {
		char *z = arena_z(mem, a->headers[i]);

		more = z != NULL ? lib.slist_append(list, z) : NULL;
		if (more == NULL) {
			lib.slist_free_all(list);
			return NULL;
		}
		list = more;
	}
	return list;
}

static void
options_set(CURL *h, struct visit *v, const struct outbound_ask *a, const char *url, const char *method, struct curl_slist *headers)
{
	lib.easy_setopt(h, CURLOPT_URL, url);
	lib.easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	lib.easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
	lib.easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
	lib.easy_setopt(h, CURLOPT_PROXY, "");
	lib.easy_setopt(h, CURLOPT_NETRC, 0L);
	lib.easy_setopt(h, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	lib.easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, (long)v->r->connect_ms);
	lib.easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)v->r->total_ms);
	lib.easy_setopt(h, CURLOPT_HTTPHEADER, headers);
	lib.easy_setopt(h, CURLOPT_WRITEFUNCTION, take);
	lib.easy_setopt(h, CURLOPT_WRITEDATA, v);
	lib.easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	lib.easy_setopt(h, CURLOPT_OPENSOCKETDATA, v);
	if (!str_is(a->method, "GET")) {
		lib.easy_setopt(h, CURLOPT_POSTFIELDSIZE, (long)a->body.n);
		lib.easy_setopt(h, CURLOPT_POSTFIELDS, a->body.p != NULL ? a->body.p : "");
		lib.easy_setopt(h, CURLOPT_CUSTOMREQUEST, method);
	}
}

static const char *
trouble_of(const struct visit *v, CURLcode rc)
{
	if (v->body.full)
		return "the answer is too long";
	if (v->refused)
		return "the name leads to a private address, which is not allowed";
	switch (rc) {
	case CURLE_OK: return NULL;
	case CURLE_COULDNT_RESOLVE_HOST: return "the host name is not known";
	case CURLE_COULDNT_CONNECT: return "no connection";
	case CURLE_OPERATION_TIMEDOUT: return "no answer in time";
	case CURLE_PEER_FAILED_VERIFICATION: return "the certificate is not trusted";
	default: return "the connection failed";
	}
}

bool
outbound_do(struct arena *mem, const struct outbound_rules *r, const struct outbound_ask *a, struct outbound_answer *out)
{
	struct visit v = { .mem = mem, .r = r, .own_host = host_is_loopback(host_of(a->url)) };
	char *url = arena_z(mem, a->url), *method = arena_z(mem, a->method);
	struct curl_slist *headers;
	CURL *h;
	long status = 0;

	*out = (struct outbound_answer){ .trouble = outbound_url_trouble(a->url, r) };
	if (out->trouble != NULL || !outbound_ready(&out->trouble))
		return false;
	h = lib.easy_init();
	headers = headers_of(mem, a);
	buf_init(&v.body, mem, r->answer_max);
	if (h == NULL || headers == NULL || url == NULL || method == NULL) {
		out->trouble = "memory is exhausted";
	} else {
		options_set(h, &v, a, url, method, headers);
		out->trouble = trouble_of(&v, lib.easy_perform(h));
		lib.easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
	}
	if (headers != NULL)
		lib.slist_free_all(headers);
	if (h != NULL)
		lib.easy_cleanup(h);
	out->status = (int)status;
	out->body = buf_str(&v.body);
	return out->trouble == NULL;
}
