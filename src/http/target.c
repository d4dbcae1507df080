/* http/target.c - the request target (RFC 9112 section 3.2): what is asked for, and of which host. */
#include "http/http_int.h"

#define PORT_DIGITS 5

static bool
is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool
is_all_of(struct str s, const char *others)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_alnum(s.p[i]) && str_index(str_of(others), s.p[i]) < 0)
			return false;
	return true;
}

static bool
port_is_sound(struct str port)
{
	int64_t n = 0;

	if (port.n == 0)                        /* "host:" means the usual port: RFC 3986 section 3.2.3 */
		return true;
	for (size_t i = 0; i < port.n; i++)
		if (port.p[i] < '0' || port.p[i] > '9')
			return false;
	return port.n <= PORT_DIGITS && str_int(port, &n) && n <= 65535;
}

static bool
literal_is_sound(struct str host)
{
	ptrdiff_t end = str_index(host, ']');
	struct str rest = end < 2 ? STR_ABSENT : str_from(host, (size_t)end + 1);

	if (!str_given(rest) || !is_all_of(str_sub(host, 1, (size_t)end - 1), ":."))
		return false;
	return rest.n == 0 || (rest.p[0] == ':' && port_is_sound(str_from(rest, 1)));
}

bool
host_is_sound(struct str host)
{
	struct str port = host, name;

	if (host.n > 0 && host.p[0] == '[')
		return literal_is_sound(host);
	name = str_cut(&port, ':');
	if (!is_all_of(name, "-._~%!$&'()*+,;="))
		return false;
	return !str_given(port) || (name.n > 0 && port_is_sound(port));
}

/*
 * What follows "http://" or "https://"; absent for anything else. A gateway in front may have ended
 * TLS, so both are taken.
 */
static struct str
after_scheme(struct str text)
{
	static const char *const schemes[] = { "http://", "https://" };

	for (size_t i = 0; i < COUNT(schemes); i++)
		if (str_starts_nocase(text, str_of(schemes[i])))
			return str_from(text, strlen(schemes[i]));
	return STR_ABSENT;
}

static size_t
authority_length(struct str rest)
{
	size_t n = 0;

	while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?')
		n++;
	return n;
}

bool
target_read(struct str text, struct target *out)
{
	struct str rest = text;

	*out = (struct target){ 0 };
	if (text.n == 0 || !text_is_target(text))
		return false;
	if (text.p[0] != '/') {
		rest = after_scheme(text);
		if (!str_given(rest))
			return false;
		out->host = str_sub(rest, 0, authority_length(rest));
		if (out->host.n == 0 || !host_is_sound(out->host))
			return false;
		rest = str_from(rest, out->host.n);
	}
	out->path = str_cut(&rest, '?');
	out->query = rest;
	if (out->path.n == 0)                   /* RFC 9110 section 4.2.3: an empty path is "/" */
		out->path = S("/");
	return true;
}
