/* tests/unit/http/tls_test.c - TLS by the library: handshake, versions, certificate reload under open connections. */
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <pthread.h>
#include <unistd.h>

#include "../test.h"
#include "rig.h"

struct files { char dir[32], cert[64], key[64]; };

static void
write_file(const char *path, gnutls_datum_t *d)
{
	FILE *f = fopen(path, "w");

	if (f != NULL) {
		fwrite(d->data, 1, d->size, f);
		fclose(f);
	}
	gnutls_free(d->data);
}

/* A self-signed certificate with this common name, over dir's cert.pem and key.pem. */
static void
make_cert(const struct files *f, const char *name)
{
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt;
	gnutls_datum_t out;
	uint8_t serial = 1;

	gnutls_x509_privkey_init(&key);
	gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	gnutls_x509_crt_init(&crt);
	gnutls_x509_crt_set_version(crt, 3);
	gnutls_x509_crt_set_serial(crt, &serial, 1);
	gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, name, (unsigned)strlen(name));
	gnutls_x509_crt_set_activation_time(crt, time(NULL) - 60);
	gnutls_x509_crt_set_expiration_time(crt, time(NULL) + 86400);
	gnutls_x509_crt_set_key(crt, key);
	gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0);
	gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &out);
	write_file(f->cert, &out);
	gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &out);
	write_file(f->key, &out);
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(key);
}

static bool
make_files(struct files *f)
{
	snprintf(f->dir, sizeof f->dir, "/tmp/hufu-tls-XXXXXX");
	if (mkdtemp(f->dir) == NULL)
		return false;
	snprintf(f->cert, sizeof f->cert, "%s/cert.pem", f->dir);
	snprintf(f->key, sizeof f->key, "%s/key.pem", f->dir);
	return true;
}

static void
remove_files(const struct files *f)
{
	unlink(f->cert);
	unlink(f->key);
	rmdir(f->dir);
}

struct tls { int fd; gnutls_session_t session; gnutls_certificate_credentials_t cred; };

/* own: the client's certificate; NULL: it has none. */
static int
tls_dial_with(struct tls *t, int port, const char *priorities, const struct files *own)
{
	int e;

	gnutls_certificate_allocate_credentials(&t->cred);
	if (own != NULL)
		gnutls_certificate_set_x509_key_file(t->cred, own->cert, own->key, GNUTLS_X509_FMT_PEM);
	gnutls_init(&t->session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL);
	gnutls_priority_set_direct(t->session, priorities, NULL);
	gnutls_credentials_set(t->session, GNUTLS_CRD_CERTIFICATE, t->cred);
	gnutls_handshake_set_timeout(t->session, 5000);
	t->fd = dial(port);
	gnutls_transport_set_int(t->session, t->fd);
	do
		e = gnutls_handshake(t->session);
	while (e < 0 && !gnutls_error_is_fatal(e));
	return e;
}

static int
tls_dial(struct tls *t, int port, const char *priorities)
{
	return tls_dial_with(t, port, priorities, NULL);
}

static void
tls_hang_up(struct tls *t)
{
	gnutls_deinit(t->session);
	gnutls_certificate_free_credentials(t->cred);
	close(t->fd);
}

static struct str
peer_name(struct arena *mem, struct tls *t)
{
	unsigned n = 0;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(t->session, &n);
	gnutls_x509_crt_t crt;
	char name[64] = "";
	size_t size = sizeof name;

	gnutls_x509_crt_init(&crt);
	if (chain != NULL && gnutls_x509_crt_import(crt, chain, GNUTLS_X509_FMT_DER) == 0)
		gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &size);
	gnutls_x509_crt_deinit(crt);
	return arena_dup(mem, str_of(name));
}

/* Every answer of the rig to a TLS request ends with "secure"; head and body come in records of their own. */
static struct str
tls_ask(struct arena *mem, struct tls *t, const char *text)
{
	struct buf b;

	buf_init(&b, mem, 4096);
	if (gnutls_record_send(t->session, text, strlen(text)) < 0)
		return STR_ABSENT;
	while (!str_ends(buf_str(&b), S("secure"))) {
		char piece[2048];
		ssize_t n = gnutls_record_recv(t->session, piece, sizeof piece);

		if (n == 0 || (n < 0 && gnutls_error_is_fatal((int)n)))
			break;
		if (n > 0)
			buf_put(&b, str_span(piece, (size_t)n));
	}
	return buf_str(&b);
}

#define GET "GET /t HTTP/1.1\r\nHost: h\r\n\r\n"
#define LATER "GET /later HTTP/1.1\r\nHost: h\r\n\r\n"

TEST(handshake_and_requests)
{
	struct files f;
	struct rig g;
	struct tls t;

	NEED(make_files(&f));
	make_cert(&f, "one");
	NEED(rig_start(&g, (struct http_conf){ .io_threads = 2 }, f.cert, f.key));
	NEED(tls_dial(&t, g.port, "NORMAL") == 0);
	EXPECT_INT(gnutls_protocol_get_version(t.session), GNUTLS_TLS1_3);
	EXPECT_STR(peer_name(mem, &t), S("one"));
	EXPECT(str_ends(tls_ask(mem, &t, GET), S("GET /t - - 127.0.0.1 secure")));
	EXPECT(str_ends(tls_ask(mem, &t, LATER), S("GET /later - - 127.0.0.1 secure")));
	tls_hang_up(&t);
	EXPECT_INT(tls_dial(&t, g.port, "NORMAL:-VERS-ALL:+VERS-TLS1.2"), 0);
	EXPECT(str_ends(tls_ask(mem, &t, GET), S("secure")));
	tls_hang_up(&t);
	EXPECT(tls_dial(&t, g.port, "LEGACY:-VERS-ALL:+VERS-TLS1.1:+VERS-TLS1.0:%VERIFY_ALLOW_BROKEN") < 0);
	tls_hang_up(&t);
	rig_stop(&g, 1);
	remove_files(&f);
}

TEST(reload)
{
	struct files f;
	struct rig g;
	struct tls t, u;
	struct str why;

	NEED(make_files(&f));
	make_cert(&f, "one");
	NEED(rig_start(&g, (struct http_conf){ 0 }, f.cert, f.key));
	NEED(tls_dial(&t, g.port, "NORMAL") == 0);
	make_cert(&f, "two");
	EXPECT(rig_change(&g, &g.conf, mem, &why));
	NEED(tls_dial(&u, g.port, "NORMAL") == 0);
	EXPECT_STR(peer_name(mem, &u), S("two"));
	EXPECT(str_ends(tls_ask(mem, &u, GET), S("secure")));
	EXPECT(str_ends(tls_ask(mem, &t, GET), S("secure")));
	tls_hang_up(&t);
	tls_hang_up(&u);
	EXPECT_INT(truncate(f.cert, 10), 0);
	EXPECT(!rig_change(&g, &g.conf, mem, &why));
	EXPECT(str_contains(why, S("cert.pem")));
	NEED(tls_dial(&u, g.port, "NORMAL") == 0);
	EXPECT_STR(peer_name(mem, &u), S("two"));
	tls_hang_up(&u);
	rig_stop(&g, 1);
	remove_files(&f);
}

static void *
reload_often(void *arg)
{
	struct rig *g = arg;
	struct arena mem;
	struct str why;

	arena_init(&mem, 1024 * 1024);
	for (int i = 0; i < 50; i++) {
		if (!rig_change(g, &g->conf, &mem, &why))
			test_fail(__FILE__, __LINE__, "reload: %.*s", STR_ARG(why));
		arena_reset(&mem);
		usleep(1000);
	}
	arena_free(&mem);
	return NULL;
}

TEST(reload_during_handshakes)
{
	struct files f;
	struct rig g;
	pthread_t thread;

	NEED(make_files(&f));
	make_cert(&f, "one");
	NEED(rig_start(&g, (struct http_conf){ .io_threads = 2 }, f.cert, f.key));
	pthread_create(&thread, NULL, reload_often, &g);
	for (int i = 0; i < 15; i++) {
		struct tls t;

		EXPECT_INT(tls_dial(&t, g.port, "NORMAL"), 0);
		EXPECT(str_ends(tls_ask(mem, &t, GET), S("secure")));
		tls_hang_up(&t);
	}
	pthread_join(thread, NULL);
	rig_stop(&g, 1);
	remove_files(&f);
}

static struct str
start_with(struct arena *mem, const char *cert, const char *key)
{
	struct http_listener l = { .address = S("127.0.0.1:0"), .tls = true, .cert_file = str_of(cert), .key_file = str_of(key), .fd = -1 };
	struct str why = STR_ABSENT;
	struct http_server *s = http_start(&(struct http_conf){ .listeners = &l, .n_listeners = 1 }, mem, &(size_t){ 0 }, &why);

	if (s != NULL)
		http_stop(s, 0);
	return s ? STR_ABSENT : why;
}

TEST(bad_files_are_named)
{
	struct files f, other;

	NEED(make_files(&f) && make_files(&other));
	make_cert(&f, "one");
	make_cert(&other, "two");
	EXPECT_STR(start_with(mem, f.cert, f.key), STR_ABSENT);
	EXPECT(str_contains(start_with(mem, "/nonexistent/c.pem", f.key), S("/nonexistent/c.pem")));
	EXPECT(str_contains(start_with(mem, f.cert, "/nonexistent/k.pem"), S("/nonexistent/k.pem")));
	EXPECT(str_contains(start_with(mem, f.cert, other.key), S("is not the key of")));
	EXPECT(str_contains(start_with(mem, NULL, NULL), S("certificate file")));
	remove_files(&f);
	remove_files(&other);
}

/* Half a handshake, then nothing. */
TEST(slow_handshake_is_cut)
{
	struct files f;
	struct rig g;
	int fd;

	NEED(make_files(&f));
	make_cert(&f, "one");
	NEED(rig_start(&g, (struct http_conf){ .header_s = 1, .idle_s = 30 }, f.cert, f.key));
	fd = dial(g.port);
	NEED(say_n(fd, "\x16\x03\x01\x02", 4));
	EXPECT(is_closed(fd, 4000));
	close(fd);
	rig_stop(&g, 1);
	EXPECT_INT(g.refused, 1);
	remove_files(&f);
}

/* --- client certificates ---------------------------------------------------------------------- */

#define CERT "GET /cert HTTP/1.1\r\nHost: h\r\nClient-Cert: :b25l:\r\n\r\n"
#define TLS12 "NORMAL:-VERS-ALL:+VERS-TLS1.2"
static const struct str nobody = { "0 bytes and 0 more, secure", 26 };

static struct str
size_of(struct arena *mem, const struct files *f)
{
	gnutls_datum_t pem = { 0 }, der = { 0 };
	struct str out;

	gnutls_load_file(f->cert, &pem);
	gnutls_pem_base64_decode2("CERTIFICATE", &pem, &der);
	out = arena_printf(mem, "%u bytes and 0 more, secure", der.size);
	gnutls_free(pem.data);
	gnutls_free(der.data);
	return out;
}

static struct str
seen(struct arena *mem, int port, const char *priorities, const struct files *own)
{
	struct tls t;
	struct str out = STR_ABSENT;

	if (tls_dial_with(&t, port, priorities, own) == 0)
		out = body_of(tls_ask(mem, &t, CERT));
	tls_hang_up(&t);
	return out;
}

/* H8: who came while nobody was asked is asked by the next connection; the setting comes and goes with a reload. */
TEST(certificates_of_clients)
{
	struct files f, own, other;
	struct http_listener l;
	struct http_conf asks;
	struct str why;
	struct rig g;

	NEED(make_files(&f) && make_files(&own) && make_files(&other));
	make_cert(&f, "server");
	make_cert(&own, "client");
	make_cert(&other, "another client");
	NEED(rig_start(&g, (struct http_conf){ .cert_header = S("Client-Cert") }, f.cert, f.key));
	EXPECT_STR(seen(mem, g.port, "NORMAL", &own), nobody);
	l = g.conf.listeners[0];
	l.asks_cert = true;
	asks = g.conf;
	asks.listeners = &l;
	NEED(rig_change(&g, &asks, mem, &why));
	for (int i = 0; i < 2; i++) {
		const char *p = i ? TLS12 : "NORMAL";

		EXPECT_STR(seen(mem, g.port, p, &own), size_of(mem, &own));
		EXPECT_STR(seen(mem, g.port, p, NULL), nobody);
		EXPECT_STR(seen(mem, g.port, p, &other), size_of(mem, &other));
	}
	NEED(rig_change(&g, &g.conf, mem, &why));
	EXPECT_STR(seen(mem, g.port, "NORMAL", &own), nobody);
	rig_stop(&g, 1);
	remove_files(&f);
	remove_files(&own);
	remove_files(&other);
}

/* The connection of a trusted proxy, also with a certificate of the proxy: its field alone says who the client is. */
TEST(certificates_by_a_proxy)
{
	struct str us = S("127.0.0.1");
	struct files f, own;
	struct http_listener l;
	struct http_conf conf;
	struct str why;
	struct rig g;

	NEED(make_files(&f) && make_files(&own));
	make_cert(&f, "server");
	make_cert(&own, "proxy");
	NEED(rig_start(&g, (struct http_conf){ .cert_header = S("Client-Cert") }, f.cert, f.key));
	l = g.conf.listeners[0];
	l.asks_cert = true;
	conf = g.conf;
	conf.listeners = &l;
	conf.trusted_proxies = &us;
	conf.n_trusted_proxies = 1;
	NEED(rig_change(&g, &conf, mem, &why));
	EXPECT_STR(seen(mem, g.port, "NORMAL", &own), S("3 bytes and 0 more, secure"));
	conf.cert_header = S("X-Another");
	NEED(rig_change(&g, &conf, mem, &why));
	EXPECT_STR(seen(mem, g.port, "NORMAL", &own), nobody);
	conf.cert_header = STR_ABSENT;
	NEED(rig_change(&g, &conf, mem, &why));
	EXPECT_STR(seen(mem, g.port, "NORMAL", &own), nobody);
	rig_stop(&g, 1);
	remove_files(&f);
	remove_files(&own);
}

/* One that was given before is asked about again, or shown again: it is never of another connection. */
TEST(sessions_are_not_resumed)
{
	static const char *const priorities[] = { "NORMAL", TLS12 };
	struct files f, own;
	struct http_listener l;
	struct http_conf conf;
	struct str why;
	struct rig g;

	NEED(make_files(&f) && make_files(&own));
	make_cert(&f, "server");
	make_cert(&own, "client");
	NEED(rig_start(&g, (struct http_conf){ 0 }, f.cert, f.key));
	l = g.conf.listeners[0];
	l.asks_cert = true;
	conf = g.conf;
	conf.listeners = &l;
	NEED(rig_change(&g, &conf, mem, &why));
	for (size_t i = 0; i < COUNT(priorities); i++) {
		gnutls_datum_t data = { 0 };
		struct tls t;

		NEED(tls_dial_with(&t, g.port, priorities[i], &own) == 0);
		EXPECT_STR(body_of(tls_ask(mem, &t, CERT)), size_of(mem, &own));
		EXPECT(!(gnutls_session_get_flags(t.session) & GNUTLS_SFLAGS_SESSION_TICKET));
		gnutls_session_get_data2(t.session, &data);
		tls_hang_up(&t);
		gnutls_certificate_allocate_credentials(&t.cred);
		gnutls_init(&t.session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL);
		gnutls_priority_set_direct(t.session, priorities[i], NULL);
		gnutls_credentials_set(t.session, GNUTLS_CRD_CERTIFICATE, t.cred);
		gnutls_session_set_data(t.session, data.data, data.size);
		t.fd = dial(g.port);
		gnutls_transport_set_int(t.session, t.fd);
		gnutls_handshake_set_timeout(t.session, 5000);
		EXPECT_INT(gnutls_handshake(t.session), 0);
		EXPECT_INT(gnutls_session_is_resumed(t.session), 0);
		EXPECT_STR(body_of(tls_ask(mem, &t, CERT)), nobody);
		tls_hang_up(&t);
		gnutls_free(data.data);
	}
	rig_stop(&g, 1);
	remove_files(&f);
	remove_files(&own);
}
