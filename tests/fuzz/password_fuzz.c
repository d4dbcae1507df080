/* tests/fuzz/password_fuzz.c - stored password encodings, which come from imports: first line the stored value, the rest what is given. */
#include "login/login.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str given = str_span(data, size), stored = str_cut(&given, '\n');
	struct arena mem;

	arena_init(&mem, 1 << 20);
	password_encoding(stored);
	password_prefix(stored);
	if (password_is_cheap(stored)) {                /* the expensive ones would only make the fuzzer slow */
		password_verify(&mem, stored, given);
		client_secret_verify(&mem, stored, given);
	}
	arena_free(&mem);
	return 0;
}
