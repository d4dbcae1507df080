/* base/digest.h - SHA-256 and HMAC-SHA-256, fetched once (OpenSSL 3 fetches are expensive), a context per thread. */
#ifndef HUFU_BASE_DIGEST_H
#define HUFU_BASE_DIGEST_H

#include <openssl/sha.h>                /* declares a function SHA256: read before our macro of that name */
#include "base/str.h"

#define DIGEST_SIZE 32
/* of all parts, joined */
void sha256(const struct str *parts, size_t n, uint8_t out[DIGEST_SIZE]);
void hmac_sha256(struct str key, const struct str *parts, size_t n, uint8_t out[DIGEST_SIZE]);
#define SHA256(out, ...)       sha256((const struct str[]){ __VA_ARGS__ }, sizeof((const struct str[]){ __VA_ARGS__ }) / sizeof(struct str), (out))
#define HMAC256(out, key, ...) hmac_sha256((key), (const struct str[]){ __VA_ARGS__ }, sizeof((const struct str[]){ __VA_ARGS__ }) / sizeof(struct str), (out))

/*
 * Authenticated encryption of small things at rest and in cookies: AES-256-GCM, random 96-bit nonce, sealed = nonce ‖
 * ciphertext ‖ 16-byte tag, `label` bound as additional data (what it is for: "key", "saved-url"). key: 32 bytes.
 * seal: absent when mem is full. unseal: false when anything was altered, cut, or sealed under another key or label.
 */
struct arena;
#define SEAL_OVERHEAD (12 + 16)
struct str seal(struct arena *mem, const uint8_t key[32], struct str label, struct str plain);
bool unseal(struct arena *mem, const uint8_t key[32], struct str label, struct str sealed, struct str *plain);
#endif
