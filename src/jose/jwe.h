/*
 * jose/jwe.h - encryption: JWE in its compact form (RFC 7516), to somebody else's public key and by our own private
 * one.
 *
 * J3: whoever sends something that does not open learns nothing of why: a padding, a wrapped key and a tag that are
 * wrong end alike, after the same work (RFC 7516 section 11.5, RFC 3218).
 */
#ifndef HUFU_JOSE_JWE_H
#define HUFU_JOSE_JWE_H

#include "jose/jwks.h"

/* jose/jwe.def */
enum jwe_alg {
#define JWE_ALG(id, name, kind, hash, wrap_n) JWE_##id,
#include "jose/jwe.def"
	JWE_ALG_COUNT
};
enum jwe_enc {
#define JWE_ENC(id, name, cipher, cek_n, iv_n, tag_n, cbc) ENC_##id,
#include "jose/jwe.def"
	JWE_ENC_COUNT
};
const char *jwe_alg_name(enum jwe_alg alg);     /* "RSA-OAEP" ...; static */
const char *jwe_enc_name(enum jwe_enc enc);     /* "A128GCM" ... */
bool jwe_alg_read(struct str name, enum jwe_alg *out);
bool jwe_enc_read(struct str name, enum jwe_enc *out);

/* The key of the set that something can be encrypted to by alg: made for alg, else fit for it; NULL: none. */
const struct jwk *jwks_recipient(const struct jwks *set, enum jwe_alg alg);

/*
 * Encrypt plain to a key as a compact JWE (RFC 7516 section 5.1).
 * typ, cty, iss  header members, each absent for none; what holds a JWT says cty "JWT" (RFC 7519 section 5.2).
 * plain     at most JWE_PLAIN_MAX bytes.
 * Header member order: alg, enc, kid (if the key has one), typ, cty, iss, epk. False when the key is not fit for
 * alg, plain is too long, mem is exhausted or libcrypto fails; out is then untouched. Thread-safe for distinct mem.
 */
#define JWE_PLAIN_MAX (36 * 1024)
struct jwe_form { enum jwe_alg alg; enum jwe_enc enc; struct str typ, cty, iss; };
bool jwe_encrypt(struct arena *mem, const struct jwk *to, const struct jwe_form *form, struct str plain,
    struct str *out);

/* A private key of our own to be encrypted to; immutable once made, for many threads. */
struct jwe_key {
	char          kid[44];          /* RFC 7638 thumbprint, base64url, NUL-terminated */
	enum key_kind kind;             /* RSA, or a curve of NIST's */
	void         *pkey;             /* EVP_PKEY; private to this room */
	char         *jwk;
	size_t        jwk_n;
};
/* NULL when libcrypto fails, or der (PKCS#8) is no key that something can be encrypted to. */
struct jwe_key *jwe_key_generate(enum key_kind kind);
struct jwe_key *jwe_key_from_der(struct str der);
struct str jwe_key_private_der(struct arena *mem, const struct jwe_key *key);
void jwe_key_free(struct jwe_key *key);
/* The public part, with kid and use "enc". */
void jwe_key_put_jwk(struct buf *b, const struct jwe_key *key);

/*
 * Open a compact JWE with one of our keys: exactly five base64url parts, at most JWE_MAX bytes; the header a JSON
 * object of at most JWE_HEADER_MAX bytes without "crit" and "zip", its alg and enc known. The key is found by kid, or,
 * when the header names none, every key that is fit is tried. plain is not looked at. False for anything else (J3).
 */
#define JWE_MAX (56 * 1024)
#define JWE_HEADER_MAX 4096
struct jwe { const struct jwe_key *key; enum jwe_alg alg; enum jwe_enc enc; struct str typ, cty, plain; };
bool jwe_decrypt(struct arena *mem, const struct jwe_key *const *keys, size_t n, struct str token, struct jwe *out);
#endif
