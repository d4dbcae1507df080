/* base/edwards.h - public keys of Ed25519 that bind nobody. */
#ifndef HUFU_BASE_EDWARDS_H
#define HUFU_BASE_EDWARDS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Is it one of the points of order 1, 2, 4 or 8, by whichever of its encodings (RFC 8032 section 5.1.3)? Signatures can
 * be written down for them that hold for any text, so that they show nothing; libcrypto takes them for keys.
 */
bool ed25519_is_weak(const uint8_t x[32]);
#endif
