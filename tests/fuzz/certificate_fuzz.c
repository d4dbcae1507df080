/* tests/fuzz/certificate_fuzz.c - certificates in DER and PEM, and the names that a client registers for one. */
#include "jose/certificate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A line of text, which is a name of each kind, and then a certificate; all of it once as PEM. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = str_span(data, size), name;
	struct certificate cert;
	struct arena mem;
	struct authorities *trust;
	const char *why = NULL;

	arena_init(&mem, 1 << 20);
	trust = authorities_load(rest, &why);
	if (trust == NULL && why == NULL)
		abort();
	name = str_cut(&rest, '\n');
	if (trust != NULL && (data[0] & 1) && !revocation_add(trust, rest, &why) && why == NULL)
		abort();
	for (int kind = 0; kind < SUBJECT_COUNT; kind++)
		(void)subject_trouble((enum subject)kind, name);
	if (str_given(rest) && certificate_read(&mem, rest, &cert)) {
		(void)certificate_is_current(&cert, 1800000000);
		for (int kind = 0; kind < SUBJECT_COUNT; kind++)
			if (certificate_is_for(&cert, (enum subject)kind, name) && str_empty(name))
				abort();
		if (trust != NULL && certificate_is_trusted(trust, &cert, &cert.der, 1, 1800000000, &why) && why != NULL)
			abort();
	}
	authorities_free(trust);
	arena_free(&mem);
	return 0;
}
