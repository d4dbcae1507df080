/* tests/fuzz/password_filter_fuzz.c - a filter of breached passwords, and a line of the lists that one is made of. */
#include "login/password_filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_span(data, size);
	struct password_filter f;
	uint8_t sha1[PASSWORD_HASH];

	password_hash_line_read(text, sha1);
	if (password_filter_read(text, &f) == NULL) {
		if (f.bits.n * 8 != f.n_bits || f.bits.p + f.bits.n != text.p + text.n)
			abort();
		password_filter_has(&f, text);
	}
	return 0;
}
