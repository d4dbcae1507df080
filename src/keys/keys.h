/*
 * keys/keys.h - the life of an issuer's keys: signing keys and token keys in the store, sealed under
 * the key-encryption key, made, published, in use, retired, revoked.
 */
#ifndef HUFU_KEYS_H
#define HUFU_KEYS_H

#include "base/base.h"
#include "jose/jose.h"
#include "store/store.h"

/* --- keys.c: signing keys of an issuer in the store, sealed under the key-encryption key ------ */
/*
 * The algorithm the issuer signs by. Seconds: period; lead time; how long a retired signing key and a
 * retired token key stay. algs: BIT(ALG_x) of those it has keys for beside alg: a key for each, since
 * a key is for one algorithm (J1). encrypted: it has keys too that others encrypt to, one by RSA and one of a curve.
 */
#define KEYS_FOR_EVER INT64_MAX
struct key_rules {
	enum jose_alg alg;
	int64_t rotate_s, publish_s, retire_s, token_retire_s;
	uint64_t algs;
	bool encrypted;
};
/* Read the key-encryption key: 32 bytes as 64 hex digits or base64url in a file, or in text. False with *why. */
bool kek_read(struct arena *mem, struct str file, struct str text, uint8_t kek[32], struct str *why);
/* An empty file is what a crash of an earlier version left; whatever else stands there is for kek_read to judge. */
enum kek_file { KEK_THERE, KEK_EMPTY, KEK_MISSING };
enum kek_file kek_look(struct str file, struct arena *mem);
/*
 * Make the file with a fresh key, mode 0600, whole or not at all, unless something is there. Ask
 * first whether keys are sealed under the one that is gone.
 */
bool kek_make(struct str file, struct arena *mem, struct str *why);
/* The file made of this key; false with *why, also where one with content stands already. */
bool kek_put(struct str file, const uint8_t kek[32], struct arena *mem, struct str *why);
/*
 * Bring the issuer's keys up to date at now_s and load them: makes the first key of each algorithm
 * (active at once) and the token key, publishes a successor publish_s before it is due, activates it, retires the
 * old one, drops retired ones after retire_s. A time that lies ahead of now_s, because the clock
 * was set back, holds nothing up. Idempotent. Every row is sealed for its issuer, kid and
 * algorithm. NULL with *why when a row cannot be unsealed (wrong key-encryption key, a row copied
 * from elsewhere) or the store fails. keyring_free releases.
 */
struct keyring *keys_load(struct store *s, const uint8_t kek[32], struct str issuer,
    const struct key_rules *r, int64_t now_s, struct arena *mem, struct str *why);
void keyring_free(struct keyring *ring);
/* All keys of the issuer, however many, in mem. False: the store or mem is in trouble. */
bool keys_all(struct store *s, struct arena *mem, struct str issuer, struct key_row **rows, size_t *n);

/*
 * What an operator wants done to the keys of one issuer:
 * KEY_ROTATE            a new signing key: published at once, signs after publish_s (at once when now is true).
 *                       alg: of this algorithm; absent: of the issuer's signing_alg. Alike of an import
 * KEY_ROTATE_TOKEN_KEY  a new token key, for every text from now on; the old one vouches for its texts while they live
 * KEY_IMPORT            a key of the operator's own (der: PKCS#8) signs from now on; the same key again changes nothing
 * KEY_REVOKE            kid is out at once and for good: not published, and what it signed or
 * vouched for is refused. Of the key that
 *                       signed, the coming one or a new one takes the place. Revoking it again changes nothing
 */
enum key_deed { KEY_ROTATE, KEY_ROTATE_TOKEN_KEY, KEY_IMPORT, KEY_REVOKE };
struct key_order { enum key_deed what; struct str issuer, kid, der; bool now; struct str alg; };
/* *kid, in mem: the new key; of a revocation the key that is used from now on. False with *why: nothing has changed. */
bool keys_do(struct store *s, const uint8_t kek[32], const struct key_rules *r, const struct key_order *o,
    int64_t now_s, struct arena *mem, struct str *kid, struct str *why);
/* Do the keys of the issuer open under this key-encryption key? Nothing is written. False with *why. */
bool keys_judge(struct store *s, const uint8_t kek[32], struct str issuer, struct arena *mem, struct str *why);
/* Whether this key-encryption key opens a key of the issuer. */
bool keys_open(struct store *s, const uint8_t kek[32], struct str issuer, struct arena *mem);
/* the same of one row that is sealed */
bool key_row_opens(const struct key_row *row, const uint8_t kek[32], struct arena *mem);
/* Drop every sealed key of every issuer, which nobody can open any more. The marks of revoked ones stay. */
bool keys_forget(struct store *s);
/* A key for one purpose alone, which follows from the key-encryption key: "import", by which rows are compared;
 * SECRET_PURPOSE (login/sealed.h). */
void kek_derive(const uint8_t kek[32], struct str purpose, uint8_t key[DIGEST_SIZE]);
/* The public part of a signing key of the ring, as its JWK (RFC 7517) and as PEM; false: it has none, or is revoked. */
bool ring_public_key(const struct keyring *ring, struct arena *mem, struct str kid, struct str *jwk, struct str *pem);
#endif
