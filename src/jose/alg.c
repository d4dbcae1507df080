/* jose/alg.c - the signature algorithms there are. RFC 7518 section 3.1, RFC 8037 section 3.1. */
#include "jose/jose_int.h"

const struct alg_row alg_rows[ALG_COUNT] = {
	[ALG_RS256] = { "RS256", "RSA", "RSA",     "SHA256", .slow = true },
	[ALG_PS256] = { "PS256", "RSA", "RSA",     "SHA256", .slow = true, .pss = true },
	[ALG_ES256] = { "ES256", "EC",  "EC",      "SHA256" },
	[ALG_EDDSA] = { "EdDSA", "OKP", "ED25519", NULL },
};

const char *
alg_name(enum jose_alg alg)
{
	return alg_rows[alg].name;
}

bool
alg_read(struct str name, enum jose_alg *out)
{
	for (int i = 0; i < ALG_COUNT; i++)
		if (str_given(name) && str_is(name, alg_rows[i].name)) {
			*out = (enum jose_alg)i;
			return true;
		}
	return false;
}

bool
alg_is_slow(enum jose_alg alg)
{
	return alg_rows[alg].slow;
}

struct str
alg_half_hash(struct arena *mem, enum jose_alg alg, struct str text)
{
	uint8_t digest[SHA512_DIGEST_LENGTH];
	size_t half = SHA256_DIGEST_LENGTH / 2;

	if (str_empty(text))
		return STR_ABSENT;
	if (alg == ALG_EDDSA) {
		half = SHA512_DIGEST_LENGTH / 2;
		SHA512((const unsigned char *)text.p, text.n, digest);
	} else
		SHA256(digest, text);
	return b64url_encode(mem, str_span(digest, half));
}
