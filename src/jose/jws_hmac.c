/* jose/jws_hmac.c - the signature step by a shared secret. RFC 7518 section 3.2. */
#include "jose/jose_int.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>

static const struct { const char *name; const EVP_MD *(*md)(void); size_t n; } rows[HMAC_COUNT] = {
	[HMAC_HS256] = { "HS256", EVP_sha256, 32 },
	[HMAC_HS384] = { "HS384", EVP_sha384, 48 },
	[HMAC_HS512] = { "HS512", EVP_sha512, 64 },
};

const char *
hmac_name(enum jose_hmac alg)
{
	return rows[alg].name;
}

bool
hmac_read(struct str name, enum jose_hmac *out)
{
	for (int i = 0; i < HMAC_COUNT; i++)
		if (str_is(name, rows[i].name)) {
			*out = (enum jose_hmac)i;
			return true;
		}
	return false;
}

size_t
hmac_make(enum jose_hmac alg, struct str secret, struct str input, uint8_t mac[64])
{
	unsigned n = 0;

	return secret.n >= rows[alg].n && secret.n <= INT_MAX
	    && HMAC(rows[alg].md(), secret.p, (int)secret.n, (const uint8_t *)input.p, input.n, mac, &n) != NULL
	    ? n : 0;
}

bool
hmac_holds(enum jose_hmac alg, struct str secret, struct str input, struct str mac)
{
	uint8_t made[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	return secret.n >= rows[alg].n && secret.n <= INT_MAX && mac.n == rows[alg].n
	    && HMAC(rows[alg].md(), secret.p, (int)secret.n, (const uint8_t *)input.p, input.n, made, &n) != NULL
	    && n == mac.n && CRYPTO_memcmp(made, mac.p, n) == 0;
}
