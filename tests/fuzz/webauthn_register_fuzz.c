/* tests/fuzz/webauthn_register_fuzz.c - any bytes as what create() gave: two bytes of length, the client data, the attestation object. */
#include "login/webauthn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char challenge[] = "\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20\21\22\23\24\25\26\27\30\31\32\33\34\35\36\37";
	struct webauthn_asked asked = { .challenge = str_span(challenge, 32), .origin = S("https://id.example.com"),
		.rp_id = S("id.example.com") };
	struct webauthn_credential new = { .count = 0 };
	struct str all = str_span(data, size), said, found;
	struct arena mem;
	size_t n;

	if (size < 2)
		return 0;
	n = (size_t)data[0] << 8 | data[1];
	n = n < size - 2 ? n : size - 2;
	said = str_sub(all, 2, n);
	arena_init(&mem, 1024 * 1024);
	if (webauthn_register(&mem, &asked, said, str_from(all, 2 + n), &new) == WEBAUTHN_OK
	    && (new.id.n == 0 || new.id.n > WEBAUTHN_ID_MAX || new.key.n == 0 || new.key.n > WEBAUTHN_KEY_MAX
		|| !webauthn_challenge_read(&mem, said, &found) || !str_eq(found, asked.challenge)))
		abort();
	arena_free(&mem);
	return 0;
}
