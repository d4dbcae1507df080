/* tests/fuzz/dpop_fuzz.c - any bytes as a proof of possession, and as the addresses it is compared with. */
#include "oauth/dpop.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_span(data, size), why = STR_ABSENT, rest = text, first = str_cut(&rest, '\n');
	struct dpop_proof p;
	struct arena mem;

	arena_init(&mem, 4 * 1024 * 1024);
	if (dpop_read(&mem, NULL, text, BIT(ALG_COUNT) - 1, &p, &why)) {
		if (!dpop_is_thumbprint(p.jkt) || p.jti.n == 0 || str_empty(p.htm) || str_empty(p.htu))
			abort();
	} else if (!str_given(why)) {
		abort();
	}
	if (dpop_same_url(&mem, first, rest) != dpop_same_url(&mem, rest, first))
		abort();
	arena_free(&mem);
	return 0;
}
