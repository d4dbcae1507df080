/* jose/jose_int.h - what the files of this room share: libcrypto's side of a key. */
#ifndef HUFU_JOSE_INT_H
#define HUFU_JOSE_INT_H

#include "jose/jose.h"

#include <openssl/evp.h>

/* RSA: RFC 7518 section 3.3 wants 2048 bits or more; above 8192 a signature costs tens of milliseconds. */
enum { RSA_BITS_MIN = 2048, RSA_BITS_MAX = 8192, SIG_MAX = RSA_BITS_MAX / 8 };

/* What a key is, apart from what it is used for: RFC 7518 section 6, RFC 8037 section 2. */
enum key_kind { KIND_RSA, KIND_P256, KIND_P384, KIND_P521, KIND_ED25519, KIND_COUNT };
struct kind_row {
	const char *kty, *crv;          /* as a JWK says it; crv NULL: has none */
	const char *type, *group;       /* as libcrypto names it; group: of an EC key */
	size_t      size;               /* bytes of a coordinate, and of R and S */
	bool        slow;
	bool        hashes;             /* by itself: libcrypto is told no digest */
};
#define KIND_SIZE_MAX 66                /* P-521 */
extern const struct kind_row kind_rows[KIND_COUNT];

struct alg_row {
	const char    *name;
	enum key_kind  kind;
	const char    *hash;            /* as libcrypto names it */
	size_t         hash_n;
	const EVP_MD *(*md)(void);
	bool           pss;
};
extern const struct alg_row alg_rows[ALG_COUNT];
static inline const struct kind_row *kind_of(enum jose_alg alg) { return &kind_rows[alg_rows[alg].kind]; }

/*
 * What key->pkey points to; immutable once made. The two contexts are templates, copied for each
 * operation: a copy costs a third of the initialisation, which would look up the algorithm again.
 */
struct key_own {
	EVP_PKEY   *pkey;
	EVP_MD_CTX *signing, *verifying;
	size_t      sig_n;              /* bytes of a JWS signature */
	size_t      part_n;             /* of an EC key: bytes of R, and of S; else 0 */
	char       *jwk;                /* the public part as JSON */
	size_t      jwk_n;
};
static inline struct key_own *key_own(const struct key *key) { return key->pkey; }

/* Is it a key of that kind, not too short and not too long? */
bool kind_fits(enum key_kind kind, const EVP_PKEY *pkey);
EVP_PKEY *kind_generate(enum key_kind kind);    /* NULL when libcrypto fails */
/* Fill the templates, sig_n and part_n from pkey. */
bool jws_prepare(enum jose_alg alg, struct key_own *own);
/* RFC 7515 sections 5.1 and 5.2, the signature step alone. sig has room for own->sig_n bytes. */
bool jws_sign(const struct key *key, struct str input, uint8_t *sig);
bool jws_verify(const struct key *key, struct str input, struct str sig);
/* Fill key->kid and the JSON from the public part. */
bool jwk_describe(struct key *key);
#endif
