/* page/csp.c - the Content-Security-Policy of a page. CSP Level 3; no code, no style but our own sheets. */
#include "page/page.h"

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool
all_of(struct str s, const char *others)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_alnum(s.p[i]) && (s.p[i] == '\0' || strchr(others, s.p[i]) == NULL))
			return false;
	return s.n > 0;
}

static bool
port_is_sound(struct str port)
{
	int64_t n;

	return port.n <= 5 && str_int(port, &n) && n > 0 && n < 65536;
}

/* "host" or "host:port"; an address in brackets too, which sets *literal. */
static bool
authority_is_sound(struct str s, bool *literal)
{
	ptrdiff_t end = s.n > 0 && s.p[0] == '[' ? str_index(s, ']') : -1, colon;
	struct str host, rest;

	*literal = end > 0;
	colon = *literal ? end + 1 : str_index(s, ':');
	host = str_sub(s, 0, colon < 0 ? s.n : (size_t)colon);
	rest = str_from(s, host.n);
	if (*literal ? !all_of(str_sub(host, 1, host.n - 2), ":.") : !all_of(host, "-._"))
		return false;
	return rest.n == 0 || (rest.p[0] == ':' && port_is_sound(str_from(rest, 1)));
}

/* The source expression for an origin; absent when it is not one. */
static struct str
form_source(struct str origin)
{
	ptrdiff_t colon = str_index(origin, ':');
	struct str scheme = str_sub(origin, 0, colon < 0 ? 0 : (size_t)colon), rest = str_from(origin, scheme.n + 1);
	bool literal;

	if (origin.n > 300 || !all_of(scheme, "+-.") || !is_alnum(scheme.p[0]) || (scheme.p[0] >= '0' && scheme.p[0] <= '9'))
		return STR_ABSENT;
	if (rest.n == 0)                /* RFC 8252 7.1: a private-use scheme has a dot, so this is never "http:" or "javascript:" */
		return str_index(scheme, '.') > 0 ? origin : STR_ABSENT;
	if (!str_starts(rest, S("//")) || !authority_is_sound(str_from(rest, 2), &literal))
		return STR_ABSENT;
	return literal ? str_sub(origin, 0, scheme.n + 1) : origin;
}

struct str
page_csp(struct arena *mem, struct str form_origin)
{
	struct str source = str_given(form_origin) ? form_source(form_origin) : STR_ABSENT;

	return ARENA_CAT(mem, S("default-src 'none'; style-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"),
	    str_given(source) ? S(" ") : S(""), source);
}
