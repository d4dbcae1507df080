/*
 * http/header.c - refuses what the library lets through (H2; RFC 9112 sections 2.2, 3, 5 and 6.3).
 *
 * Versions before 1.0 accept a bare LF, folded lines and NUL without showing them. But they parse
 * in place: method, target, version, names and values still lie in the read buffer where the client
 * put them, each line end overwritten by as many NULs as it had bytes. So the spans must lie
 * gapless from the method to the end of the header: "name" ':' blanks "value" CR LF, and so on. A
 * header that does not add up hid something and is refused.
 */
#include "http/http_int.h"

const char parser_cookie[sizeof "Cookie"] = "Cookie";

#define FIELDS_MAX 100          /* the parser's notes on each take room that the head of the reply needs */

struct scan {
	struct request *rq;
	struct header_facts *f;
	const char *next;                       /* where the next field must begin; NULL: not checked */
	int  n_fields, n_length, n_encoding, n_host, n_authorization;
	bool chunked, host_is_bad;
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

/* Any coding but identity; the list may have empty elements (RFC 9110 sections 5.6.1 and 8.4). */
static bool
is_coded(struct str list)
{
	for (struct str one; str_given(list) && (one = str_cut(&list, ',')).p; ) {
		one = str_trim(one);
		if (one.n > 0 && !str_eq_nocase(one, S("identity")))
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
		if (!str_eq_nocase(name, S("Host")))
			return;
		k->n_host++;
		k->host_is_bad |= !host_is_sound(value);
		return;
	case sizeof "Authorization" - 1:
		k->n_authorization += str_eq_nocase(name, S("Authorization"));
		return;
	case sizeof "Expect" - 1:
		k->f->expects_continue |= str_eq_nocase(name, S("Expect"));
		return;
	case sizeof "Content-Encoding" - 1:
		k->f->coded |= str_eq_nocase(name, S("Content-Encoding")) && is_coded(value);
		return;
	}
}

static enum MHD_Result
on_field(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_n, const char *value, size_t value_n)
{
	struct scan *k = cls;
	struct str n = str_span(name, name_n), v = str_span(value ? value : "", value ? value_n : 0);

	(void)kind;
	if (name == parser_cookie)              /* ours: no client sent it */
		return MHD_YES;
	if (++k->n_fields > FIELDS_MAX)
		refuse(k->f, 431, "too many header fields");
	if (!text_is_token(n))
		refuse(k->f, 400, "malformed field name");
	if (has_control(v))
		refuse(k->f, 400, "control character in a field value");
	if (k->next != NULL) {
		if (name != k->next || value == NULL || value < name + name_n + 1)
			refuse(k->f, 400, "malformed header line");
		k->next = value ? value + value_n + 2 : NULL;
	}
	if (k->n_fields <= FIELDS_KEPT)
		k->rq->fields[k->n_fields - 1] = (struct field){ n, v };
	count_field(k, n, v);
	return MHD_YES;
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
	if (k->host_is_bad)                     /* RFC 9112 section 3.2 */
		refuse(f, 400, "malformed Host field");
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
	struct scan k = { .rq = rq, .f = f };
	struct target t;
	bool http11 = str_is(str_of(version), "HTTP/1.1");
	const union MHD_ConnectionInfo *size =
	    MHD_get_connection_info(rq->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	size_t n = size ? size->header_size : 0;

	rq->header_size = n;
	f->body_length = -2;
	if (!target_read(rq->target, &t))
		refuse(f, 400, "malformed request target");
	rq->q.host = t.host;
	rq->q.path = t.path;
	rq->q.query = t.query;
	if (!text_is_token(rq->q.method_name) || (!http11 && !str_is(str_of(version), "HTTP/1.0")))
		refuse(f, 400, "malformed request line");
	if (n > rq->io->server->conf.header_max)
		refuse(f, 431, "header too large");
	if (rq->io->server->parser_in_place) {
		if (!line_is_gapless(rq, method, version))
			refuse(f, 400, "malformed request line");
		k.next = version + strlen(version) + 2;
	}
	MHD_get_connection_values_n(rq->mhd, MHD_HEADER_KIND, on_field, &k);
	rq->n_fields = k.n_fields;
	rq->q.head_max = head_room(rq);
	if (k.next != NULL && k.next + 2 != method + n)
		refuse(f, 400, "malformed header line");
	check_framing(&k, http11);
}
