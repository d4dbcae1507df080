/* tests/fuzz/jwt_fuzz.c - any bytes as a token; and as claims: what was signed is read back exactly when it is a JSON object. */
#include "jose/jose.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The Ed25519 key of RFC 8037 A.1 as PKCS#8. */
static struct key *
fixed_key(struct arena *mem)
{
	struct str der;

	return b64_decode(mem, S("MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g"), &der) ? key_from_der(ALG_EDDSA, der) : NULL;
}

static void
try_token(struct arena *mem, const struct keyring *ring, struct str token)
{
	struct jwt verified, seen;
	bool good = jwt_verify(mem, ring, token, &verified), shown = jwt_peek(mem, token, &seen);

	if (good && (!shown || verified.key != ring->keys[0] || !json_equal(verified.claims, seen.claims)))
		abort();
}

static void
try_claims(struct arena *mem, const struct keyring *ring, struct str claims)
{
	struct jwt_form form = { S("JWT"), true, STR_ABSENT };
	struct str token;
	struct jwt t;

	if (claims.n > JWT_CLAIMS_MAX)
		return;
	if (!jwt_sign(mem, ring->keys[0], &form, claims, &token))
		abort();
	if (jwt_verify(mem, ring, token, &t) != json_is_object(json_read(mem, claims)))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct key *key;
	struct arena mem;

	arena_init(&mem, 1024 * 1024);
	if (key == NULL && (key = fixed_key(&mem)) == NULL)
		abort();
	try_token(&mem, &(struct keyring){ .keys = &key, .n = 1 }, str_span(data, size));
	try_claims(&mem, &(struct keyring){ .keys = &key, .n = 1 }, str_span(data, size));
	arena_free(&mem);
	return 0;
}
