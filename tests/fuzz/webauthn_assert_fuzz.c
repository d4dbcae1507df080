/*
 * tests/fuzz/webauthn_assert_fuzz.c - any bytes as what get() gave, for a key whose private part nobody has: lengths of two bytes before
 * client data and authenticator data, then the signature. None of it counts.
 */
#include "login/webauthn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Up to n bytes behind their length. */
static struct str
part(struct str *rest)
{
	size_t n;
	struct str out;

	if (rest->n < 2)
		return STR_ABSENT;
	n = (size_t)(unsigned char)rest->p[0] << 8 | (unsigned char)rest->p[1];
	n = n < rest->n - 2 ? n : rest->n - 2;
	out = str_sub(*rest, 2, n);
	*rest = str_from(*rest, 2 + n);
	return out;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char challenge[] = "\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20\21\22\23\24\25\26\27\30\31\32\33\34\35\36\37";
	/* The Ed25519 key of RFC 8032 section 7.1, test 1. */
	static const char spki[] = "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
	struct webauthn_asked asked = { .challenge = str_span(challenge, 32), .origin = S("https://id.example.com"),
		.rp_id = S("id.example.com") };
	struct webauthn_credential known = { .id = S("id"), .alg = WEBAUTHN_EDDSA, .handle = S("user") };
	struct webauthn_answer answer = { .id = S("id"), .handle = S("user") };
	struct str rest = str_span(data, size);
	struct webauthn_seen seen;
	struct arena mem;

	arena_init(&mem, 1024 * 1024);
	if (!b64_decode(&mem, str_of(spki), &known.key))
		abort();
	answer.client_data = part(&rest);
	answer.auth_data = part(&rest);
	answer.signature = rest;
	if (webauthn_assert(&mem, &asked, &known, &answer, false, &seen) == WEBAUTHN_OK)
		abort();
	arena_free(&mem);
	return 0;
}
