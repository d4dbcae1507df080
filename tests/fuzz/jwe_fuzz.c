/*
 * tests/fuzz/jwe_fuzz.c - any bytes as an encrypted message to our keys; and as what is encrypted: it comes back as it was, and no
 * longer once a byte of the message has changed.
 */
#include "jose/jwe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bob's key of RFC 7518 Appendix C, as PKCS#8. */
#define BOB \
	"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgVEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdyhRANCAATB40nLYexwJIzo" \
	"AQNMODThuI6+EWHLJa84dB94X8/ExHvJZwjvgJUrU/jSVV/nK4Qe0EWIYosdN4pZSTlQDsnJ"

static void
try_message(struct arena *mem, const struct jwe_key *key, struct str token)
{
	struct jwe j;

	if (jwe_decrypt(mem, &key, 1, token, &j) && j.key != key)
		abort();
}

static void
try_plain(struct arena *mem, const struct jwe_key *key, const struct jwk *to, struct str plain)
{
	struct jwe_form form = { JWE_ECDH_ES + (int)(plain.n % 3), (enum jwe_enc)(plain.n % JWE_ENC_COUNT), STR_ABSENT, S("JWT") };
	struct str token;
	struct jwe j;
	char *copy;

	if (plain.n > JWE_PLAIN_MAX)
		return;
	if (!jwe_encrypt(mem, to, &form, plain, &token) || !jwe_decrypt(mem, &key, 1, token, &j) || !str_eq(j.plain, plain))
		abort();
	copy = arena_alloc(mem, token.n);
	memcpy(copy, token.p, token.n);
	copy[plain.n % token.n] ^= 1;
	if (jwe_decrypt(mem, &key, 1, str_span(copy, token.n), &j))
		abort();
}

static void
public_part(struct arena *mem, const struct jwe_key *key, struct jwks *set)
{
	const char *why;
	struct buf b;

	buf_init(&b, mem, 4096);
	buf_put(&b, S("{\"keys\":["));
	jwe_key_put_jwk(&b, key);
	buf_put(&b, S("]}"));
	if (!jwks_read(mem, NULL, buf_str(&b), set, &why) || set->n != 1)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct jwe_key *key;
	struct jwks set;
	struct arena mem;
	struct str der;

	arena_init(&mem, 2 * 1024 * 1024);
	if (key == NULL && (!b64_decode(&mem, S(BOB), &der) || (key = jwe_key_from_der(der)) == NULL))
		abort();
	try_message(&mem, key, str_span(data, size));
	public_part(&mem, key, &set);
	try_plain(&mem, key, &set.at[0], str_span(data, size));
	arena_free(&mem);
	return 0;
}
