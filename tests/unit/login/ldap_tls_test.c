/* tests/unit/login/ldap_tls_test.c - whom a directory's certificate must convince: its own ca_file and nobody else's; L6. */
#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../test.h"
#include "login/ldap_int.h"

/* A server that shakes hands and then says nothing, until its listener is shut. */
struct host { char path[64]; gnutls_certificate_credentials_t cred; int listener, port; pthread_t thread; };

static gnutls_x509_crt_t
certificate(gnutls_x509_privkey_t key)
{
	static const unsigned char loopback[] = { 127, 0, 0, 1 };
	uint8_t serial = 1;
	gnutls_x509_crt_t crt;

	gnutls_x509_crt_init(&crt);
	gnutls_x509_crt_set_version(crt, 3);
	gnutls_x509_crt_set_serial(crt, &serial, 1);
	gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, "127.0.0.1", 9);
	gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, loopback, sizeof loopback, GNUTLS_FSAN_SET);
	gnutls_x509_crt_set_basic_constraints(crt, 1, -1);
	gnutls_x509_crt_set_activation_time(crt, time(NULL) - 60);
	gnutls_x509_crt_set_expiration_time(crt, time(NULL) + 86400);
	gnutls_x509_crt_set_key(crt, key);
	gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0);
	return crt;
}

/* Its certificate, signed by itself, is also the file by which a client may know it. */
static bool
identity_made(struct host *h, const char *path)
{
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt;
	gnutls_datum_t pem;
	FILE *f = fopen(path, "w");

	snprintf(h->path, sizeof h->path, "%s", path);
	gnutls_x509_privkey_init(&key);
	gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	crt = certificate(key);
	gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem);
	if (f != NULL) {
		fwrite(pem.data, 1, pem.size, f);
		fclose(f);
	}
	gnutls_free(pem.data);
	gnutls_certificate_allocate_credentials(&h->cred);
	gnutls_certificate_set_x509_key(h->cred, &crt, 1, key);
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(key);
	return f != NULL;
}

static void *
serve(void *arg)
{
	struct host *h = arg;
	char byte;
	int fd;

	while ((fd = accept(h->listener, NULL, NULL)) >= 0) {
		gnutls_session_t s;

		gnutls_init(&s, GNUTLS_SERVER);
		gnutls_set_default_priority(s);
		gnutls_credentials_set(s, GNUTLS_CRD_CERTIFICATE, h->cred);
		gnutls_transport_set_int(s, fd);
		gnutls_handshake_set_timeout(s, 5000);
		if (gnutls_handshake(s) == GNUTLS_E_SUCCESS)
			while (gnutls_record_recv(s, &byte, 1) > 0)
				continue;
		gnutls_deinit(s);
		close(fd);
	}
	return NULL;
}

static bool
host_started(struct host *h, const char *path)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof a;

	h->listener = socket(AF_INET, SOCK_STREAM, 0);
	if (!identity_made(h, path) || bind(h->listener, (struct sockaddr *)&a, n) != 0 || listen(h->listener, 4) != 0
	    || getsockname(h->listener, (struct sockaddr *)&a, &n) != 0)
		return false;
	h->port = ntohs(a.sin_port);
	return pthread_create(&h->thread, NULL, serve, h) == 0;
}

static void
host_ended(struct host *h)
{
	shutdown(h->listener, SHUT_RDWR);
	close(h->listener);
	pthread_join(h->thread, NULL);
	gnutls_certificate_free_credentials(h->cred);
	unlink(h->path);
}

/* One conversation with the host by a directory whose ca_file is this. */
static enum outcome
opened(struct arena *mem, const struct host *h, const char *ca_file)
{
	struct directory d = { .name = S("d"), .ca_file = ca_file, .connect_ms = 3000, .operation_ms = 3000 };
	struct talk t = { .l = ldap_library(), .d = &d, .mem = mem, .url = arena_z(mem, arena_printf(mem, "ldaps://127.0.0.1:%d", h->port)) };
	enum outcome o = talk_open(&t);

	if (t.ld != NULL)
		t.l->ldap_unbind_ext(t.ld, NULL, NULL);
	return o;
}

/*
 * The library makes its TLS context from what it was given up to then, and one for the whole process from its own defaults: that each
 * directory has its own, made after all is set, shows when two that trust different authorities stand side by side.
 */
TEST(each_directory_trusts_its_own_authority)
{
	struct host one, two;

	NEED(ldap_library() != NULL);
	NEED(host_started(&one, arena_z(mem, arena_printf(mem, "/tmp/hufu-ldap-tls-%d-one.pem", (int)getpid()))));
	NEED(host_started(&two, arena_z(mem, arena_printf(mem, "/tmp/hufu-ldap-tls-%d-two.pem", (int)getpid()))));
	EXPECT_INT(opened(mem, &one, one.path), STEP_OK);
	EXPECT_INT(opened(mem, &one, two.path), STEP_DOWN);
	EXPECT_INT(opened(mem, &two, one.path), STEP_DOWN);
	EXPECT_INT(opened(mem, &two, two.path), STEP_OK);
	EXPECT_INT(opened(mem, &one, "/dev/null"), STEP_DOWN);
	EXPECT_INT(opened(mem, &one, one.path), STEP_OK);
	host_ended(&one);
	host_ended(&two);
}
