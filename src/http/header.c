/*
 * http/header.c - refuses what the library lets through (H2; RFC 9112 sections 2.2, 3, 5 and 6.3).
 *
 * Versions before 1.0 accept a bare LF, folded lines and NUL without showing them. But they parse in place: method, target,
 * version, names and values still lie in the read buffer where the client put them, each line end overwritten by as
 * many NULs as it had bytes. So the spans must lie gapless from the method to the end of the header: "name" ':' blanks
 * "value" CR LF, and so on. A header that does not add up hid something and is refused.
 */
#include "http/http_int.h"

struct scan {
	struct header_facts *f;
	const char *next;                       /* where the next field must begin; NULL: not checked */
	int  n_length, n_encoding, n_host, n_authorization;
	bool chunked;
	struct str length;
};

static void
refuse(struct header_facts *f, int status, const char *why)
{
	if (f->refusal == NULL) {
		f->refusal = why;
		f->status = status;
	}
}

/* What each byte may be part of. RFC 9110 section 5.6.2; RFC 3986: unreserved, sub-delims and the marks of a path or query. */
enum { TOKEN = 1, TARGET = 2 };
static const unsigned char kinds[256] = {
	['0' ... '9'] = TOKEN | TARGET, ['A' ... 'Z'] = TOKEN | TARGET, ['a' ... 'z'] = TOKEN | TARGET,
	['!'] = TOKEN | TARGET, ['$'] = TOKEN | TARGET, ['%'] = TOKEN | TARGET, ['&'] = TOKEN | TARGET, ['\''] = TOKEN | TARGET,
	['*'] = TOKEN | TARGET, ['+'] = TOKEN | TARGET, ['-'] = TOKEN | TARGET, ['.'] = TOKEN | TARGET, ['_'] = TOKEN | TARGET, ['~'] = TOKEN | TARGET,
	['#'] = TOKEN, ['^'] = TOKEN, ['`'] = TOKEN, ['|'] = TOKEN,
	['('] = TARGET, [')'] = TARGET, [','] = TARGET, ['/'] = TARGET, [':'] = TARGET, [';'] = TARGET, ['='] = TARGET, ['?'] = TARGET,
	['@'] = TARGET, ['['] = TARGET, [']'] = TARGET,
};

static bool
is_all(struct str s, unsigned char kind)
{
	for (size_t i = 0; i < s.n; i++)
		if (!(kinds[(unsigned char)s.p[i]] & kind))
			return false;
	return true;
}

static bool
is_token(struct str s)
{
	return s.n > 0 && is_all(s, TOKEN);
}

static bool
has_control(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return true;
	}
	return false;
}

static void
count_field(struct scan *k, struct str name, struct str value)
{
	switch (name.n) {                       /* each name has a length of its own */
	case sizeof "Content-Length" - 1:
		if (!str_eq_nocase(name, S("Content-Length")))
			return;
		k->n_length++;
		k->length = value;
		return;
	case sizeof "Transfer-Encoding" - 1:
		if (!str_eq_nocase(name, S("Transfer-Encoding")))
			return;
		k->n_encoding++;
		k->chunked = str_eq_nocase(value, S("chunked"));        /* as exactly as the library compares it */
		return;
	case sizeof "Host" - 1:
		k->n_host += str_eq_nocase(name, S("Host"));
		return;
	case sizeof "Authorization" - 1:
		k->n_authorization += str_eq_nocase(name, S("Authorization"));
		return;
	case sizeof "Expect" - 1:
		k->f->expects_continue |= str_eq_nocase(name, S("Expect"));
		return;
	}
}

static enum MHD_Result
on_field(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_n, const char *value, size_t value_n)
{
	struct scan *k = cls;
	struct str n = str_span(name, name_n), v = str_span(value ? value : "", value ? value_n : 0);

	(void)kind;
	if (!is_token(n))
		refuse(k->f, 400, "malformed field name");
	if (has_control(v))
		refuse(k->f, 400, "control character in a field value");
	if (k->next != NULL) {
		if (name != k->next || value == NULL || value < name + name_n + 1)
			refuse(k->f, 400, "malformed header line");
		k->next = value ? value + value_n + 2 : NULL;
	}
	count_field(k, n, v);
	return MHD_YES;
}

/* Origin form only (RFC 9112 section 3.2.1): what RFC 3986 does not allow in a path or query is refused. */
static bool
target_is_sound(struct str t)
{
	return t.n > 0 && t.p[0] == '/' && is_all(t, TARGET);
}

static void
check_framing(struct scan *k, bool http11)
{
	struct header_facts *f = k->f;
	int64_t n;

	if (k->n_length > 1 || k->n_encoding > 1 || k->n_host > 1 || k->n_authorization > 1)
		refuse(f, 400, "repeated header field");
	if (k->n_length > 0 && k->n_encoding > 0)
		refuse(f, 400, "Content-Length with Transfer-Encoding");
	if (k->n_encoding > 0 && (!k->chunked || !http11))
		refuse(f, 400, "unknown Transfer-Encoding");
	if (http11 && k->n_host == 0)
		refuse(f, 400, "no Host field");
	f->body_length = k->n_encoding > 0 ? -1 : -2;
	if (k->n_length > 0) {
		if (!str_int(k->length, &n) || n < 0 || k->length.p[0] == '-')
			refuse(f, 400, "malformed Content-Length");
		else
			f->body_length = n;
	}
}

/* The line "method SP target SP version CR LF" must lie in the buffer as it was sent. */
static bool
line_is_gapless(const struct request *rq, const char *method, const char *version)
{
	return version == method + rq->q.method_name.n + 1 + rq->target.n + 1;
}

void
header_check(struct request *rq, const char *method, const char *version, struct header_facts *f)
{
	struct scan k = { .f = f };
	bool http11 = str_is(str_of(version), "HTTP/1.1");
	const union MHD_ConnectionInfo *size = MHD_get_connection_info(rq->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	size_t n = size ? size->header_size : 0;

	rq->header_size = n;
	f->body_length = -2;
	if (!target_is_sound(rq->target))
		refuse(f, 400, "malformed request target");
	if (!is_token(rq->q.method_name) || (!http11 && !str_is(str_of(version), "HTTP/1.0")))
		refuse(f, 400, "malformed request line");
	if (n > rq->io->server->conf.header_max)
		refuse(f, 431, "header too large");
	if (rq->io->server->parser_in_place) {
		if (!line_is_gapless(rq, method, version))
			refuse(f, 400, "malformed request line");
		k.next = version + strlen(version) + 2;
	}
	MHD_get_connection_values_n(rq->mhd, MHD_HEADER_KIND, on_field, &k);
	if (k.next != NULL && k.next + 2 != method + n)
		refuse(f, 400, "malformed header line");
	check_framing(&k, http11);
}
