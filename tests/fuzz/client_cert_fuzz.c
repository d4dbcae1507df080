/* tests/fuzz/client_cert_fuzz.c - the field in which a proxy names a client's certificate. First byte: the format. */
#include "http/http_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
need(bool ok)
{
	if (!ok)
		abort();
}

static void
check(const struct http_cert *cert)
{
	need(str_given(cert->der) ? cert->der.n > 0 && cert->der.n <= CERT_MAX : cert->n_chain == 0);
	need(cert->n_chain < CERTS_MAX);
	for (size_t i = 0; i < cert->n_chain; i++)
		need(cert->chain[i].n > 0 && cert->chain[i].n <= CERT_MAX);
}

/* Behind the first line break: Client-Cert-Chain. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str field, rest;
	struct http_cert cert;
	struct arena mem;
	bool ok;

	if (size == 0)
		return 0;
	arena_init(&mem, 4 * 1024 * 1024);
	rest = str_span(data + 1, size - 1);
	field = data[0] % 4 == CERT_RFC9440 ? str_cut(&rest, '\n') : rest;
	ok = client_cert_read(&mem, (enum http_cert_format)(data[0] % 4), field, &cert);
	check(&cert);
	need(ok || !str_given(cert.der));
	if (ok && str_given(cert.der) && data[0] % 4 == CERT_RFC9440) {
		(void)client_chain_read(&mem, rest, &cert);
		check(&cert);
	}
	arena_free(&mem);
	return 0;
}
