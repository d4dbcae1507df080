/*
 * http/tls.c - the certificate of each TLS listener, replaced while connections go on. A handshake
 * in flight holds no count on what it was given, so a replaced certificate is kept until no
 * handshake can be using it any more.
 */
#include <gnutls/abstract.h>
#include <gnutls/x509.h>

#include "http/http_int.h"

#define CHAIN_MAX 16

/*
 * FAPI 1.0 Advanced 8.5, FAPI 2.0 Security Profile 5.2.2: TLS 1.3, or 1.2 with ECDHE and AES-GCM. The library has no
 * list of ciphers by version, so 1.3 goes without ChaCha20 too.
 */
#define FAPI_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA" \
	":-CIPHER-ALL:+AES-256-GCM:+AES-128-GCM:-MAC-ALL:+AEAD" \
	":-SIGN-RSA-SHA1:-SIGN-ECDSA-SHA1:-SIGN-DSA-SHA1:-GROUP-FFDHE2048:-GROUP-FFDHE3072:-GROUP-FFDHE4096" \
	":-GROUP-FFDHE6144:-GROUP-FFDHE8192:%SERVER_PRECEDENCE"

struct cert {
	struct cert     *next;          /* older ones */
	gnutls_pcert_st  chain[CHAIN_MAX];
	unsigned         n;
	gnutls_privkey_t key;
	int64_t          retired_us;
};
void
cert_free(struct cert *c)
{
	if (c == NULL)
		return;
	for (unsigned i = 0; i < c->n; i++)
		gnutls_pcert_deinit(&c->chain[i]);
	if (c->key != NULL)
		gnutls_privkey_deinit(c->key);
	free(c);
}

static int
key_read(struct cert *c, const char *file)
{
	gnutls_datum_t data;
	int e = gnutls_load_file(file, &data);

	if (e != 0)
		return e;
	e = gnutls_privkey_init(&c->key);
	if (e == 0)
		e = gnutls_privkey_import_x509_raw(c->key, &data, GNUTLS_X509_FMT_PEM, NULL, 0);
	explicit_bzero(data.data, data.size);
	gnutls_free(data.data);
	return e;
}

/* The key is the one the certificate names. */
static bool
pair_matches(struct cert *c)
{
	uint8_t a[64], b[64];
	size_t an = sizeof a, bn = sizeof b;
	gnutls_pubkey_t own;
	bool same;

	if (gnutls_pubkey_init(&own) != 0)
		return false;
	same = gnutls_pubkey_import_privkey(own, c->key, 0, 0) == 0
	    && gnutls_pubkey_get_key_id(own, GNUTLS_KEYID_USE_SHA256, a, &an) == 0
	    && gnutls_pubkey_get_key_id(c->chain[0].pubkey, GNUTLS_KEYID_USE_SHA256, b, &bn) == 0
	    && an == bn && memcmp(a, b, an) == 0;
	gnutls_pubkey_deinit(own);
	return same;
}

struct cert *
cert_load(const struct http_listener *l, struct arena *mem, struct str *why)
{
	struct cert *c = calloc(1, sizeof *c);
	char *cert_file = arena_z(mem, l->cert_file), *key_file = arena_z(mem, l->key_file);
	unsigned n = CHAIN_MAX;
	int e;

	*why = SAY("out of memory");
	if (c == NULL)
		return NULL;
	*why = arena_say(mem, "%.*s: a TLS listener needs a certificate file and a key file", STR_ARG(l->address));
	if (cert_file == NULL || key_file == NULL || *cert_file == '\0' || *key_file == '\0')
		goto bad;
	e = gnutls_pcert_list_import_x509_file(c->chain, &n, cert_file, GNUTLS_X509_FMT_PEM, NULL, NULL, 0);
	*why = arena_printf(mem, "%s: %s", cert_file, gnutls_strerror(e));
	if (e < 0)
		goto bad;
	c->n = n;
	e = key_read(c, key_file);
	*why = arena_printf(mem, "%s: %s", key_file, gnutls_strerror(e));
	if (e < 0)
		goto bad;
	if (pair_matches(c))
		return c;
	*why = arena_say(mem, "%s: is not the key of %s", key_file, cert_file);
bad:
	cert_free(c);
	return NULL;
}

bool
cert_is_usable(const struct http_listener *l, struct arena *mem, struct str *why)
{
	struct cert *c = cert_load(l, mem, why);

	if (c != NULL)
		cert_free(c);
	return c != NULL;
}

static void
free_retired(struct http_server *s, int64_t before_us)
{
	for (struct cert **at = &s->retired, *c; (c = *at) != NULL; ) {
		if (c->retired_us > before_us) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		cert_free(c);
	}
}

void
cert_put(struct http_server *s, struct site *site, struct cert *c)
{
	const struct terms *t = terms_now(s);
	int64_t keep_us = ((int64_t)t->idle_s + t->header_s + 60) * 1000000, now = clock_mono_us();
	struct cert *old = atomic_exchange(&site->cert, c);

	if (keep_us > s->keep_us)
		s->keep_us = keep_us;
	free_retired(s, now - s->keep_us);
	if (old == NULL)
		return;
	old->retired_us = now;
	old->next = s->retired;
	s->retired = old;
}

void
certs_free(struct http_server *s)
{
	free_retired(s, INT64_MAX);
}

/* The library keeps the connection as the session's pointer; our record hangs on the connection. */
static int
give(gnutls_session_t session, const struct gnutls_cert_retr_st *info, gnutls_pcert_st **chain, unsigned *n,
     gnutls_ocsp_data_st **ocsp, unsigned *n_ocsp, gnutls_privkey_t *key, unsigned *flags)
{
	const union MHD_ConnectionInfo *at =
	    MHD_get_connection_info(gnutls_session_get_ptr(session), MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	const struct conn *conn = at ? at->socket_context : NULL;
	struct cert *c = conn ? atomic_load(&conn->site->cert) : NULL;

	(void)info, (void)flags;
	if (c == NULL)
		return -1;
	*chain = c->chain;
	*n = c->n;
	*key = c->key;
	*ocsp = NULL;
	*n_ocsp = 0;
	return 0;
}

void *
tls_callback(void)
{
	gnutls_certificate_retrieve_function3 *f = give;
	void *p;

	memcpy(&p, &f, sizeof p);               /* the option wants a data pointer */
	return p;
}

bool
tls_profiles(struct http_server *s)
{
	return gnutls_priority_init(&s->fapi, FAPI_PRIORITIES, NULL) == 0;
}

void
tls_profiles_free(struct http_server *s)
{
	if (s->fapi != NULL)
		gnutls_priority_deinit(s->fapi);
}

/*
 * RFC 8705 section 2: a certificate is asked for and not required, and nobody's authorities are named, so that a client
 * sends the one it has. Who it is, the protocol decides. Sessions are never resumed (no tickets, no cache), so that
 * each connection has shown its own.
 */
bool
tls_begin(struct http_server *s, const struct site *site, void *session)
{
	if (site->profile == TLS_FAPI && gnutls_priority_set(session, s->fapi) != 0)
		return false;
	if (site->asks_cert) {
		gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
		gnutls_certificate_send_x509_rdn_sequence(session, 1);
	}
	return true;
}
