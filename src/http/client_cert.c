/*
 * http/client_cert.c - the certificate that a client has shown: to this server, or to a trusted proxy that names it in
 * a field. RFC 8705, RFC 9440.
 */
#include <gnutls/gnutls.h>

#include "http/http_int.h"

/* --- what a proxy writes ---------------------------------------------------------------------- */

struct certs { struct str at[CERTS_MAX]; size_t n; };

static bool
cert_add(struct arena *mem, struct certs *all, struct str base64)
{
	struct str der;

	if (all->n == CERTS_MAX || !b64_decode(mem, base64, &der) || der.n == 0 || der.n > CERT_MAX)
		return false;
	all->at[all->n++] = der;
	return true;
}

/* Base64 over several lines, or with the blanks that a proxy made of their ends. */
static bool
cert_add_lines(struct arena *mem, struct certs *all, struct str lines)
{
	struct buf b;

	buf_init(&b, mem, 2 * CERT_MAX);
	for (size_t i = 0; i < lines.n; i++)
		if (lines.p[i] != ' ' && lines.p[i] != '\t' && lines.p[i] != '\r' && lines.p[i] != '\n')
			buf_putc(&b, lines.p[i]);
	return !b.full && cert_add(mem, all, buf_str(&b));
}

/* RFC 8941 section 3.3.5: a byte sequence between colons; a list of them with commas. */
static bool
bytes_add(struct arena *mem, struct certs *all, struct str list)
{
	while (str_given(list)) {
		struct str one = str_trim(str_cut(&list, ','));

		if (one.n < 2 || one.p[0] != ':' || one.p[one.n - 1] != ':'
		    || !cert_add(mem, all, str_sub(one, 1, one.n - 2)))
			return false;
	}
	return true;
}

static bool
base64_add(struct arena *mem, struct certs *all, struct str list)
{
	while (str_given(list))
		if (!cert_add(mem, all, str_trim(str_cut(&list, ','))))
			return false;
	return true;
}

static ptrdiff_t
find(struct str text, struct str what)
{
	for (size_t i = 0; i + what.n <= text.n; i++)
		if (memcmp(text.p + i, what.p, what.n) == 0)
			return (ptrdiff_t)i;
	return -1;
}

/* RFC 7468 section 5.1; nothing but blanks around the certificates. */
static bool
pem_add(struct arena *mem, struct certs *all, struct str text)
{
	struct str head = S("-----BEGIN CERTIFICATE-----"), tail = S("-----END CERTIFICATE-----");

	for (text = str_trim(text); text.n > 0; text = str_trim(text)) {
		ptrdiff_t end = find(text, tail);

		if (!str_starts(text, head) || end < (ptrdiff_t)head.n
		    || !cert_add_lines(mem, all, str_sub(text, head.n, (size_t)end - head.n)))
			return false;
		text = str_from(text, (size_t)end + tail.n);
	}
	return true;
}

static bool
unescape(struct arena *mem, struct str *text)
{
	return str_index(*text, '%') < 0 || pct_decode(mem, *text, false, text);
}

static bool
escaped_pem_add(struct arena *mem, struct certs *all, struct str text)
{
	return unescape(mem, &text) && pem_add(mem, all, text);
}

/* One value of Envoy's field, quoted or not, off the front of *rest; *end: what stood behind it, 0 at the end. */
static bool
xfcc_value(struct arena *mem, struct str *rest, struct str *out, char *end)
{
	bool quoted = rest->n > 0 && rest->p[0] == '"', closed = !quoted;
	size_t i = quoted ? 1 : 0;
	struct buf b;

	buf_init(&b, mem, rest->n + 1);
	for (; i < rest->n; i++) {
		char c = rest->p[i];

		if (quoted ? c == '"' : c == ';' || c == ',')
			break;
		if (quoted && c == '\\' && i + 1 < rest->n)
			c = rest->p[++i];
		buf_putc(&b, c);
	}
	if (quoted && i < rest->n) {
		closed = true;
		i++;
	}
	*end = i < rest->n ? rest->p[i] : 0;
	*rest = str_from(*rest, i < rest->n ? i + 1 : i);
	*out = buf_str(&b);
	return closed && !b.full && (*end == 0 || *end == ';' || *end == ',');
}

/*
 * Envoy's x-forwarded-client-cert: Key=value;Key="value". Two elements are of two hops, and which of them is the
 * client cannot be told: it has to be set to SANITIZE_SET.
 */
static bool
xfcc_add(struct arena *mem, struct certs *all, struct str text)
{
	struct str cert = STR_ABSENT, chain = STR_ABSENT, value;
	struct certs both = { .n = 0 };
	char end = ';';

	while (end == ';' && text.n > 0) {
		ptrdiff_t eq = str_index(text, '=');
		struct str key = eq < 0 ? STR_ABSENT : str_trim(str_sub(text, 0, (size_t)eq));

		text = eq < 0 ? text : str_from(text, (size_t)eq + 1);
		if (eq < 0 || !xfcc_value(mem, &text, &value, &end))
			return false;
		if (str_eq_nocase(key, S("Cert")) || str_eq_nocase(key, S("Chain"))) {
			struct str *to = key.n == 4 ? &cert : &chain;

			if (str_given(*to))
				return false;
			*to = value;
		}
	}
	if (end == ',' || (str_given(chain) && !escaped_pem_add(mem, &both, chain)))
		return false;
	if (str_given(cert) && (!escaped_pem_add(mem, all, cert) || all->n != 1))
		return false;
	if (all->n > 0 && both.n > 0 && !str_eq(all->at[0], both.at[0]))
		return false;
	if (both.n > 0)                         /* the whole chain, with the certificate at its head */
		*all = both;
	return true;
}

static bool
certs_put(struct arena *mem, const struct certs *all, struct http_cert *out)
{
	struct str *own = arena_array(mem, struct str, all->n + 1);

	if (own == NULL)
		return false;
	memcpy(own, all->at, all->n * sizeof *own);
	*out = (struct http_cert){ .der = own[0], .chain = own + 1, .n_chain = all->n - 1 };
	return true;
}

bool
client_cert_read(struct arena *mem, enum http_cert_format format, struct str field, struct http_cert *out)
{
	static bool (*const add[])(struct arena *, struct certs *, struct str) = {
		[CERT_RFC9440] = bytes_add, [CERT_PEM] = escaped_pem_add, [CERT_BASE64] = base64_add,
		[CERT_XFCC] = xfcc_add,
	};
	struct certs all = { .n = 0 };

	*out = (struct http_cert){ 0 };
	field = str_trim(field);
	if (field.n == 0 || (format == CERT_PEM && str_is(field, "(null)")))    /* Apache's word for none */
		return true;
	if (format == CERT_BASE64 && !unescape(mem, &field))
		return false;
	if (!add[format](mem, &all, field) || (format == CERT_RFC9440 && all.n != 1))
		return false;
	return all.n == 0 || certs_put(mem, &all, out);
}

bool
client_chain_read(struct arena *mem, struct str field, struct http_cert *out)
{
	struct certs all = { .at = { out->der }, .n = 1 };

	field = str_trim(field);
	return field.n == 0 || (bytes_add(mem, &all, field) && certs_put(mem, &all, out));
}

/* --- found ------------------------------------------------------------------------------------ */

struct named { struct str name, value; int n; };

static enum MHD_Result
on_field(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_n, const char *value, size_t value_n)
{
	struct named *w = cls;

	(void)kind;
	if (str_eq_nocase(str_span(name, name_n), w->name)) {
		w->value = str_span(value ? value : "", value ? value_n : 0);
		w->n++;
	}
	return MHD_YES;
}

/* A second one is perhaps the client's own, which the proxy has let through. */
static bool
field_named(struct request *rq, struct str name, struct str *out)
{
	struct named w = { .name = name };

	MHD_get_connection_values_n(rq->mhd, MHD_HEADER_KIND, on_field, &w);
	*out = w.value;
	return w.n <= 1;
}

static void
from_proxy(struct request *rq)
{
	struct str name = str_of(rq->terms->cert_header), field, more;
	struct http_cert *out = &rq->q.cert;
	static _Atomic int64_t told;

	if (name.n == 0)
		return;
	if (field_named(rq, name, &field) && client_cert_read(&rq->mem, rq->terms->cert_format, field, out)
	    && (!str_given(out->der) || rq->terms->cert_format != CERT_RFC9440
		|| (field_named(rq, ARENA_CAT(&rq->mem, name, S("-Chain")), &more)
		    && client_chain_read(&rq->mem, more, out))))
		return;
	*out = (struct http_cert){ 0 };
	if (log_is_due(&told, 60))
		log_warn("the client certificate in %s, from the proxy %.*s, cannot be read: not once, in another "
			 "format than http.client_cert_format, or too large; it counts as none",
		    rq->terms->cert_header, STR_ARG(conn_peer(rq->conn)));
}

static bool
session_certs_fit(const gnutls_datum_t *list, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (list[i].size == 0 || list[i].size > CERT_MAX)
			return false;
	return n <= CERTS_MAX;
}

static void
from_session(struct request *rq)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(rq->mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	static _Atomic int64_t told;
	const gnutls_datum_t *list;
	struct certs all = { .n = 0 };
	unsigned n = 0;

	if (info == NULL || info->tls_session == NULL
	    || gnutls_certificate_type_get2(info->tls_session, GNUTLS_CTYPE_CLIENT) != GNUTLS_CRT_X509)
		return;
	list = gnutls_certificate_get_peers(info->tls_session, &n);
	if (list == NULL || n == 0)
		return;
	if (!session_certs_fit(list, n)) {
		if (log_is_due(&told, 60))
			log_info("the TLS certificates of %.*s are too many or too large; they count as none",
			    STR_ARG(conn_peer(rq->conn)));
		return;
	}
	for (; all.n < n; all.n++)
		all.at[all.n] = arena_dup(&rq->mem, str_span(list[all.n].data, list[all.n].size));
	if (!rq->mem.full)
		certs_put(&rq->mem, &all, &rq->q.cert);
}

/*
 * Behind a proxy the session is the proxy's, and a certificate in it too: nobody's but its. A field from anybody else
 * says nothing.
 */
void
client_cert_find(struct request *rq)
{
	if (conn_is_proxied(rq))
		from_proxy(rq);
	else if (rq->conn->site->asks_cert)
		from_session(rq);
}
