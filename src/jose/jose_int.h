/* jose/jose_int.h - what the files of this room share: libcrypto's side of a key. */
#ifndef HUFU_JOSE_INT_H
#define HUFU_JOSE_INT_H

#include "jose/jose.h"

#include <openssl/evp.h>

/* RSA: RFC 7518 section 3.3 wants 2048 bits or more; above 8192 a signature costs tens of milliseconds. */
enum { RSA_BITS_MIN = 2048, RSA_BITS_MAX = 8192, SIG_MAX = RSA_BITS_MAX / 8, P256_SIZE = 32, ED25519_SIZE = 32 };

/* Properties of an algorithm: RFC 7518 section 3.1, RFC 8037 section 3.1. */
struct alg_row {
	const char *name, *kty;
	const char *key_type;           /* as libcrypto names it */
	const char *digest;             /* NULL: part of the algorithm */
	bool        slow, pss;
};
extern const struct alg_row alg_rows[ALG_COUNT];

/*
 * What key->pkey points to; immutable once made. The two contexts are templates, copied for each
 * operation: a copy costs a third of the initialisation, which would look up the algorithm again.
 */
struct key_own {
	EVP_PKEY   *pkey;
	EVP_MD_CTX *signing, *verifying;
	size_t      sig_n;              /* bytes of a JWS signature */
	char       *jwk;                /* the public part as JSON */
	size_t      jwk_n;
};
static inline struct key_own *key_own(const struct key *key) { return key->pkey; }

/* Fill the templates and sig_n from pkey. */
bool jws_prepare(enum jose_alg alg, struct key_own *own);
/* RFC 7515 sections 5.1 and 5.2, the signature step alone. sig has room for own->sig_n bytes. */
bool jws_sign(const struct key *key, struct str input, uint8_t *sig);
bool jws_verify(const struct key *key, struct str input, struct str sig);
/* Fill key->kid and the JSON from the public part. */
bool jwk_describe(struct key *key);
#endif
