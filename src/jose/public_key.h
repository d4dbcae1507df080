/* jose/public_key.h - a public key of somebody else, of a file: it verifies and does nothing else. */
#ifndef HUFU_JOSE_PUBLIC_KEY_H
#define HUFU_JOSE_PUBLIC_KEY_H

#include "base/base.h"

struct public_key;
/* An RSA key as SPKI, PEM or the base64 of its body alone. NULL: it is none, or its size is not fit (RFC 7518 3.3). */
struct public_key *public_key_read(struct arena *mem, struct str text);
void public_key_free(struct public_key *k);
/* Has its owner signed that by RSASSA-PKCS1-v1_5 with SHA-256? Thread-safe. */
bool public_key_verifies(const struct public_key *k, struct str input, struct str signature);
#endif
