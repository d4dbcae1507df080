/* tests/fuzz/jwks_fuzz.c - any bytes as a client's JWK set: what is read can be encrypted to, or verified by; nothing private is read. */
#include "jose/jwe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A token that no key of the set has made, once for each algorithm. */
static void
try_verify(struct arena *mem, const struct jwks *set)
{
	struct jwt t;

	for (int a = 0; a < ALG_COUNT; a++) {
		struct str header = arena_printf(mem, "{\"alg\":\"%s\"}", alg_name((enum jose_alg)a));
		struct str token = ARENA_CAT(mem, b64url_encode(mem, header), S(".e30."), b64url_encode(mem, header));

		if (jwks_verify(mem, set, BIT(a), token, &t))
			abort();
	}
}

static void
try_encrypt(struct arena *mem, const struct jwks *set)
{
	for (int a = 0; a < JWE_ALG_COUNT; a++) {
		struct jwe_form form = { (enum jwe_alg)a, ENC_A128GCM, STR_ABSENT, STR_ABSENT };
		const struct jwk *to = jwks_recipient(set, form.alg);
		struct str token;

		/* a kid may be too long for the header */
		if (to != NULL && !jwe_encrypt(mem, to, &form, S("x"), &token) && to->kid.n < 1000)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena mem;
	struct jwks set;
	const char *why = NULL;

	arena_init(&mem, 4 * 1024 * 1024);
	if (jwks_read(&mem, NULL, str_span(data, size), &set, &why)) {
		if (set.n > JWKS_KEYS_MAX)
			abort();
		try_verify(&mem, &set);
		try_encrypt(&mem, &set);
	} else if (why == NULL) {
		abort();
	}
	arena_free(&mem);
	return 0;
}
