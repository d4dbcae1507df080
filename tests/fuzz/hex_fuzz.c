/* tests/fuzz/hex_fuzz.c - ids on forms and in settings: what is read is pairs of digits and nothing else, and written back the same. */
#include "base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
is_hex(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (hex_value(s.p[i]) < 0)
			return false;
	return s.n % 2 == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_span(data, size), raw, again;
	struct arena mem;

	arena_init(&mem, 1024 * 1024);
	if (hex_decode(&mem, text, &raw) != is_hex(text))
		abort();
	if (is_hex(text)) {
		again = hex_encode(&mem, raw);
		if (raw.n != text.n / 2 || !str_eq_nocase(again, text))
			abort();
	}
	arena_free(&mem);
	return 0;
}
