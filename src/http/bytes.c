/* http/bytes.c - which bytes a token and a target are made of. RFC 9110 section 5.6.2, RFC 3986. */
#include "http/http_int.h"

/*
 * What each byte may be part of. RFC 9110 section 5.6.2; RFC 3986: unreserved, sub-delims and the
 * marks of a path or query.
 */
enum { TOKEN = 1, TARGET = 2 };
static const unsigned char kinds[256] = {
	['0' ... '9'] = TOKEN | TARGET,
	['A' ... 'Z'] = TOKEN | TARGET,
	['a' ... 'z'] = TOKEN | TARGET,
	['!'] = TOKEN | TARGET,
	['$'] = TOKEN | TARGET,
	['%'] = TOKEN | TARGET,
	['&'] = TOKEN | TARGET,
	['\''] = TOKEN | TARGET,
	['*'] = TOKEN | TARGET,
	['+'] = TOKEN | TARGET,
	['-'] = TOKEN | TARGET,
	['.'] = TOKEN | TARGET,
	['_'] = TOKEN | TARGET,
	['~'] = TOKEN | TARGET,
	['#'] = TOKEN,
	['^'] = TOKEN,
	['`'] = TOKEN,
	['|'] = TOKEN,
	['('] = TARGET,
	[')'] = TARGET,
	[','] = TARGET,
	['/'] = TARGET,
	[':'] = TARGET,
	[';'] = TARGET,
	['='] = TARGET,
	['?'] = TARGET,
	['@'] = TARGET,
	['['] = TARGET,
	[']'] = TARGET,
};

static bool
is_all(struct str s, unsigned char kind)
{
	for (size_t i = 0; i < s.n; i++)
		if (!(kinds[(unsigned char)s.p[i]] & kind))
			return false;
	return true;
}

bool
text_is_token(struct str s)
{
	return s.n > 0 && is_all(s, TOKEN);
}

bool
text_is_target(struct str s)
{
	return is_all(s, TARGET);
}
