/* jose/jose_int.h - what the files of this room share: libcrypto's side of a key. */
#ifndef HUFU_JOSE_INT_H
#define HUFU_JOSE_INT_H

#include "jose/jose.h"
#include "jose/jwe.h"
#include "jose/jwks.h"

#include <openssl/evp.h>

/* RSA: RFC 7518 section 3.3 wants 2048 bits or more; above 8192 a signature costs tens of milliseconds. */
enum { RSA_BITS_MIN = 2048, RSA_BITS_MAX = 8192, SIG_MAX = RSA_BITS_MAX / 8 };

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
/* A private key as PKCS#8 DER, and back: absent and NULL when that fails. */
struct str pkey_private_der(struct arena *mem, const EVP_PKEY *pkey);
EVP_PKEY *pkey_from_der(struct str der);
/* Fill the templates, sig_n and part_n from pkey. */
bool jws_prepare(enum jose_alg alg, struct key_own *own);
/* RFC 7515 sections 5.1 and 5.2, the signature step alone. sig has room for own->sig_n bytes. */
bool jws_sign(const struct key *key, struct str input, uint8_t *sig);
bool jws_verify(const struct key *key, struct str input, struct str sig);
/* The same by a key that is not ours and was not prepared for it. */
bool jws_verify_by(enum jose_alg alg, EVP_PKEY *pkey, struct str input, struct str sig);

/* jws_hmac.c: RFC 7518 section 3.2, compared in constant time. */
size_t hmac_make(enum jose_hmac alg, struct str secret, struct str input, uint8_t mac[64]);       /* bytes; 0: it cannot */
bool hmac_holds(enum jose_hmac alg, struct str secret, struct str input, struct str mac);

/* Fill key->kid and the JSON from the public part. */
bool jwk_describe(struct key *key);
/* ... of any key: kid, and *json as a new block that the caller frees. alg NULL: not said. */
bool jwk_of(enum key_kind kind, const EVP_PKEY *pkey, const char *use, const char *alg, char kid[44],
    char **json, size_t *json_n);
/* RFC 7638, of a JWK that jwk_read has taken: there is one way to write its numbers. */
bool jwk_thumbprint(struct arena *mem, const json_t *jwk, enum key_kind kind, char kid[44]);
/* The members kty, crv, x and y of a key that lives for one message: RFC 7518 section 4.6.1.1. */
bool jwk_put_ephemeral(struct buf *b, enum key_kind kind, const EVP_PKEY *pkey);
/*
 * The key of one JWK object. *kind is told first. NULL with *why: not public, or not what its kind
 * must be. *why NULL: of a kind that is not known here. The caller frees it.
 */
EVP_PKEY *jwk_read(struct arena *mem, struct key_memory *known, const json_t *jwk, enum key_kind *kind, const char **why);

/*
 * key_memory.c. A name is the digest of a key's kind and numbers as they were written. key_recall: the caller's to free;
 * NULL: it is not known. key_remember takes a reference of its own.
 */
struct key_name { uint8_t b[DIGEST_SIZE]; };
EVP_PKEY *key_recall(struct key_memory *m, const struct key_name *numbers);
void key_remember(struct key_memory *m, const struct key_name *numbers, EVP_PKEY *pkey);

/* jwe_key.c, the keys of one message: RFC 7518 sections 4.3, 4.6 and 5. sealed: "JWE Encrypted Key". */
struct alg_of_jwe { const char *name; bool rsa; const char *hash; size_t wrap_n; };
extern const struct alg_of_jwe jwe_alg_rows[JWE_ALG_COUNT];
#define CEK_MAX 64
struct jwe_keys {
	enum jwe_alg alg;
	enum jwe_enc enc;
	struct str apu, apv;            /* RFC 7518 section 4.6.1: as decoded; absent: not given */
	uint8_t cek[CEK_MAX];
	size_t cek_n;
	struct str sealed;
};
/* Make cek and seal it to the key; ephemeral: of an agreement, made here, the caller's. */
bool jwe_keys_make(struct arena *mem, struct jwe_keys *k, EVP_PKEY *to, enum key_kind kind, EVP_PKEY **ephemeral);
/*
 * Open sealed by our key. What does not open gives a random cek (J3), so that only the content is
 * found wrong; false for what a sender can see himself: a key of another kind, no peer key.
 */
bool jwe_keys_open(struct jwe_keys *k, EVP_PKEY *own, enum key_kind kind, EVP_PKEY *peer);

/* jwe_content.c: RFC 7518 sections 5.2 and 5.3. */
struct jwe_content { struct str aad, iv, text, tag; };
struct enc_of_jwe { const char *name, *cipher; size_t cek_n, iv_n, tag_n; bool cbc; };
extern const struct enc_of_jwe jwe_enc_rows[JWE_ENC_COUNT];
bool content_seal(struct arena *mem, enum jwe_enc enc, const uint8_t *cek, struct str plain, struct jwe_content *c);
bool content_open(struct arena *mem, enum jwe_enc enc, const uint8_t *cek, const struct jwe_content *c,
    struct str *plain);
#endif
