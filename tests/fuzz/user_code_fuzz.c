/* tests/fuzz/user_code_fuzz.c - a code as somebody types it: what is read is eight letters of the alphabet, and reads again as itself. */
#include "oauth/endpoints.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str code, again;
	struct arena mem;

	arena_init(&mem, 64 * 1024);
	if (user_code_read(&mem, str_span(data, size), &code)) {
		if (code.n != 9 || code.p[4] != '-' || !user_code_read(&mem, code, &again) || !str_eq(code, again))
			abort();
		for (size_t i = 0; i < code.n; i++)
			if (i != 4 && str_index(S("BCDFGHJKLMNPQRSTVWXZ"), code.p[i]) < 0)
				abort();
	}
	arena_free(&mem);
	return 0;
}
