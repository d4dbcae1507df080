/* tests/fuzz/basic_fuzz.c - the Authorization field: Basic with and without decoding, Bearer. */
#include "http/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str field = str_span(data, size), id = STR_ABSENT, secret = STR_ABSENT, token;
	struct arena mem;

	arena_init(&mem, 1 << 20);
	for (int decode = 0; decode < 2; decode++)
		if (basic_read(&mem, field, decode, &id, &secret) == BASIC_OK && (!str_given(id) || !str_given(secret) || str_index(id, '\0') >= 0))
			abort();
	token = bearer_read(field);
	if (str_given(token) && (token.n == 0 || str_index(token, ' ') >= 0))
		abort();
	arena_free(&mem);
	return 0;
}
