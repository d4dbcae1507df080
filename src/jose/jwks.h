/*
 * jose/jwks.h - the public keys of somebody else, a client: a JWK set (RFC 7517 section 5) that was registered or
 * fetched.
 *
 * J4: nothing is trusted that a set holds beside public numbers: addresses of more keys and thumbprints are not looked
 * at, a certificate only to be compared with one that a client has shown (jose/certificate.h), and a set with a private
 * or a symmetric key in it is refused as a whole: it is no secret any more.
 */
#ifndef HUFU_JOSE_JWKS_H
#define HUFU_JOSE_JWKS_H

#include "jose/jose.h"

#define JWKS_KEYS_MAX 32
struct jwk {
	struct str    kid, alg;         /* absent: not said */
	enum key_kind kind;
	struct str    x5c;              /* the first text of it; absent: none */
	bool          verifies, encrypts;       /* by use and key_ops, where it has them */
	void         *pkey;             /* EVP_PKEY; private to this room */
};
struct jwks { struct jwk *at; size_t n; };

/*
 * Read a set: at most JSON_READ_MAX bytes and JWKS_KEYS_MAX keys, no member twice. RSA keys of 2048 to 8192 bits with
 * an odd exponent of 3 to 64 bits' length; P-256, P-384, P-521 with a point of the curve; Ed25519, none of small order. Keys of other types
 * and curves are left out (RFC 7517 section 5). Everything lives in mem, which releases it at arena_reset. False with
 * *why, "must ...".
 */
bool jwks_read(struct arena *mem, struct key_memory *known, struct str text, struct jwks *out, const char **why);

/*
 * Verify a compact JWS by a key of the set; the rules of jwt_verify. algs: BIT(ALG_x) of those that the caller takes
 * (J1: what the client was registered for, never what the token says). A header with a kid means the keys of that name
 * and those without a name. out->key is NULL.
 */
bool jwks_verify(struct arena *mem, const struct jwks *set, uint64_t algs, struct str token, struct jwt *out);

/*
 * Verify a compact JWS by the public key that its own header brings along (jwk, RFC 7515 section 4.1.3), which shows
 * that the sender holds its private part, and nothing else: the rules of jwks_verify, the key as jwks_read takes one.
 * thumbprint: of the key (RFC 7638), NUL-terminated. False with *why, for the log.
 */
bool jwt_verify_by_own(struct arena *mem, struct key_memory *known, uint64_t algs, struct str token, struct jwt *out,
    char thumbprint[44], const char **why);
#endif
