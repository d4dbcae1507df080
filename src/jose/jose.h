/*
 * jose/jose.h - keys and what is signed with them: JWK (RFC 7517), JWS compact (RFC 7515), JWT (RFC 7519), RFC 8037.
 * The only room that calls libcrypto for tokens. A `struct key` is immutable after it is made and may be used by many
 * threads at once; a keyring belongs to a snapshot.
 *
 * J1: the algorithm of a signature is the key's, never the token's; a token whose header names another alg is refused.
 * J2: "none" does not exist here, and symmetric algorithms only where the caller asks for them by a secret
 *     (jwt_verify_secret): no key of any other kind ever takes such a token.
 */
#ifndef HUFU_JOSE_H
#define HUFU_JOSE_H

#include "base/base.h"

/* What a key is, apart from what it is used for: RFC 7518 section 6, RFC 8037 section 2. */
enum key_kind { KIND_RSA, KIND_P256, KIND_P384, KIND_P521, KIND_ED25519, KIND_COUNT };

/* jose/algs.def */
enum jose_alg {
#define ALG(id, name, kind, hash, pss) ALG_##id,
#include "jose/algs.def"
#undef ALG
	ALG_COUNT
};
const char *alg_name(enum jose_alg alg);                        /* "RS256" ...; static */
bool alg_read(struct str name, enum jose_alg *out);
/*
 * base64url of the left half of the digest that goes with alg: at_hash, c_hash (OpenID Connect Core
 * 3.1.3.6, 3.3.2.11). Of EdDSA SHA-512, which Ed25519 uses. Absent for a text that is empty, or when
 * mem is full.
 */
struct str alg_half_hash(struct arena *mem, enum jose_alg alg, struct str text);
bool alg_is_slow(enum jose_alg alg);                            /* RSA: sign on a worker, never on an I/O thread */

/* Life cycle: published before it signs, signs, then stays published until its last token has expired. */
enum key_state { KEY_COMING, KEY_ACTIVE, KEY_RETIRED };

struct key {
	char           kid[44];         /* RFC 7638 thumbprint of the public part, base64url, NUL-terminated */
	enum jose_alg  alg;
	enum key_state state;
	int64_t        created_s, active_s, retired_s;  /* Unix time; 0 = not yet */
	void          *pkey;            /* EVP_PKEY; private to this room */
};

/*
 * The secret behind opaque tokens, CSRF tokens and sealed cookies of an issuer. A revoked one is
 * kept to tell its texts from others and to read the ids inside of signed tokens; it vouches for
 * nothing.
 */
struct token_key { uint8_t secret[32]; bool revoked; };

struct jwe_key;                         /* jose/jwe.h */
struct keyring {
	/* what may be encrypted to the issuer: those that are published first, then former ones; owned likewise */
	struct jwe_key **enc_keys;
	size_t       n_enc_keys, n_enc_published;
	struct key **keys;              /* owned by the snapshot that owns the ring; none that was revoked */
	size_t       n;
	/*
	 * owned likewise; at least one: the first makes new texts, then former ones, the revoked
	 * ones last
	 */
	struct token_key *token_keys;
	size_t       n_token_keys;
};

/* A new key: RSA-2048, the curve of the algorithm, or Ed25519. NULL only when libcrypto fails. key_free releases it. */
struct key *key_generate(enum jose_alg alg);
void key_free(struct key *key);
/* Private part as PKCS#8 DER, and back. Import computes kid; NULL when der is no key that alg can use (RSA under 2048 bits
 * is refused). */
struct str key_private_der(struct arena *mem, const struct key *key);
struct key *key_from_der(enum jose_alg alg, struct str der);
struct key *key_from_pem(enum jose_alg alg, struct str pem);    /* PKCS#8 or PKCS#1, unencrypted */
/* Public part: one JWK object with kid, use "sig", alg (RFC 7517 section 4), and SPKI PEM. */
void key_put_jwk(struct buf *b, const struct key *key);
/* one_line: the base64 of the PEM body on a single line, as some old servers print it. */
struct str key_public_pem(struct arena *mem, const struct key *key, bool one_line);
/* {"keys":[...]} of all keys in the ring. */
struct str keyring_jwks(struct arena *mem, const struct keyring *ring);
/* The key that signs alg now: the active one; NULL when the ring has none. */
const struct key *keyring_signer(const struct keyring *ring, enum jose_alg alg);

/*
 * Sign claims as a compact JWS (RFC 7515 section 3.1).
 * form     the header: typ ("at+jwt", "JWT"); with_kid: whether it names the key; jti: a header
 * member, absent for none.
 * claims   UTF-8 JSON object, at most JWT_CLAIMS_MAX bytes; not validated here.
 * out      allocated in mem, no trailing NUL.
 * Header member order: alg, kid (if any), typ, jti (if any). False when mem is exhausted or
 * libcrypto fails; out is then untouched. Time: one private-key operation. Thread-safe for distinct
 * mem.
 */
#define JWT_CLAIMS_MAX (32 * 1024)
struct jwt_form { struct str typ; bool with_kid; struct str jti; };
bool jwt_sign(struct arena *mem, const struct key *key, const struct jwt_form *form, struct str claims,
    struct str *out);

/*
 * Public keys of others that were made of their numbers a moment ago: making one costs libcrypto nearly half of what
 * verifying by it does. Of fixed size, thread-safe; whoever was used longest ago makes room. It holds public numbers
 * alone, and decides nothing: whose key it is, is judged each time. NULL stands for none wherever one is asked for.
 */
struct key_memory;
struct key_memory *key_memory_new(size_t most);                 /* NULL: no memory */
void key_memory_free(struct key_memory *m);

/* The signature step alone, over any bytes: the raw signature in mem, ECDSA as R and S. Absent as false above. */
struct str key_sign(struct arena *mem, const struct key *key, struct str input);

/* A verified token. Spans and JSON live in mem. key: NULL where it is somebody else's. */
struct jwt { const struct key *key; struct str typ; json_t *header, *claims; };

/*
 * Verify a compact JWS against the ring: exactly three base64url parts, at most JWT_MAX bytes,
 * header a JSON object whose alg equals the key's (J1), no "crit"; the key is found by kid, or,
 * when the header has none, every key of that alg is tried. Claims must be a JSON object. exp, nbf,
 * iss and aud are NOT judged here. False for anything else.
 */
#define JWT_MAX (48 * 1024)
bool jwt_verify(struct arena *mem, const struct keyring *ring, struct str token, struct jwt *out);

/*
 * Verify a compact JWS by HMAC with a secret, at least as long as the digest (RFC 7518 section 3.2): HS256, HS384 or
 * HS512, those that hmacs has (BIT(HMAC_x)). Otherwise as jwt_verify; out->key is NULL.
 */
enum jose_hmac { HMAC_HS256, HMAC_HS384, HMAC_HS512, HMAC_COUNT };
const char *hmac_name(enum jose_hmac alg);                      /* "HS256" ...; static */
bool hmac_read(struct str name, enum jose_hmac *out);
/* Sign by it: header {"alg","typ":"JWT"}. False when the secret is too short, claims too long or mem is full. */
bool jwt_sign_secret(struct arena *mem, enum jose_hmac alg, struct str secret, struct str claims, struct str *out);
bool jwt_verify_secret(struct arena *mem, struct str secret, uint64_t hmacs, struct str token, struct jwt *out);

/*
 * Does typ name this type? It is a media type, with "application/" or without, in either case: RFC 7515 section
 * 4.1.9, RFC 2045 section 5.1.
 */
bool jwt_type_is(struct str typ, const char *type);

/* Decode without verifying, for the command line's `token decode`. */
bool jwt_peek(struct arena *mem, struct str token, struct jwt *out);
#endif
