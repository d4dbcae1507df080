/*
 * tests/fuzz/redirect_fuzz.c - registered and asked redirect URI, split at the first NUL: without the loose rule they match only when
 * they are equal, or differ in the port of a loopback address and in nothing else.
 */
#include "oauth/client/client.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The URI without ":digits" behind its loopback host; absent when the host is no loopback literal. */
static struct str
without_port(struct str uri, char *out)
{
	static const char *const hosts[] = { "http://127.0.0.1", "http://[::1]" };

	for (size_t i = 0; i < COUNT(hosts); i++) {
		struct str host = str_of(hosts[i]);
		size_t at = host.n;

		if (!str_starts(uri, host))
			continue;
		if (at < uri.n && uri.p[at] == ':')
			for (at++; at < uri.n && uri.p[at] >= '0' && uri.p[at] <= '9'; at++)
				;
		if (at < uri.n && uri.p[at] != '/' && uri.p[at] != '?')
			return STR_ABSENT;
		memcpy(out, host.p, host.n);
		if (uri.n > at)
			memcpy(out + host.n, uri.p + at, uri.n - at);
		return str_span(out, host.n + uri.n - at);
	}
	return STR_ABSENT;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct policy strict = { .authorize = { .redirect_loopback_any_port = true } };
	struct str all = str_span(data, size), asked;
	ptrdiff_t cut = str_index(all, '\0');
	char a[4096], b[4096];

	if (cut < 0 || size > 4000)
		return 0;
	asked = str_from(all, (size_t)cut + 1);
	all = str_sub(all, 0, (size_t)cut);
	if (redirect_matches(&strict, all, asked, false) && !str_eq(all, asked)) {
		struct str x = without_port(all, a), y = without_port(asked, b);

		if (!str_given(x) || !str_eq(x, y))
			abort();
	}
	if (redirect_matches(&strict, all, asked, true) && redirect_speaks_as_response(asked) && !redirect_speaks_as_response(all)
	    && !redirect_matches(&strict, all, asked, false))
		abort();                        /* nothing of a response was added */
	return 0;
}
