/*
 * jose/alg.c - the signature algorithms there are, and the kinds of keys they want. RFC 7518 sections 3.1 and 6.2, RFC
 * 8037.
 */
#include "jose/jose_int.h"

#include <openssl/evp.h>

const struct kind_row kind_rows[KIND_COUNT] = {
	[KIND_RSA]     = { .kty = "RSA", .type = "RSA", .slow = true },
	[KIND_P256]    = { .kty = "EC",  .type = "EC", .crv = "P-256", .group = "prime256v1", .size = 32 },
	[KIND_P384]    = { .kty = "EC",  .type = "EC", .crv = "P-384", .group = "secp384r1",  .size = 48 },
	[KIND_P521]    = { .kty = "EC",  .type = "EC", .crv = "P-521", .group = "secp521r1",  .size = 66 },
	[KIND_ED25519] = { .kty = "OKP", .type = "ED25519", .crv = "Ed25519", .size = 32, .hashes = true },
};

#define SHA256_FUNCTION EVP_sha256
#define SHA384_FUNCTION EVP_sha384
#define SHA512_FUNCTION EVP_sha512
const struct alg_row alg_rows[ALG_COUNT] = {
#define ALG(id, text, key_kind, sha, with_pss) \
	[ALG_##id] = { .name = text, .kind = KIND_##key_kind, .hash = #sha, .hash_n = sha##_DIGEST_LENGTH, \
	    .md = sha##_FUNCTION, .pss = with_pss },
#include "jose/algs.def"
#undef ALG
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
	return kind_of(alg)->slow;
}

struct str
alg_half_hash(struct arena *mem, enum jose_alg alg, struct str text)
{
	const struct alg_row *row = &alg_rows[alg];
	uint8_t digest[EVP_MAX_MD_SIZE];

	if (str_empty(text))
		return STR_ABSENT;
	if (row->hash_n == DIGEST_SIZE)
		SHA256(digest, text);           /* base/digest.h: its context is at hand */
	else if (EVP_Digest(text.p, text.n, digest, NULL, row->md(), NULL) != 1)
		return STR_ABSENT;
	return b64url_encode(mem, str_span(digest, row->hash_n / 2));
}
