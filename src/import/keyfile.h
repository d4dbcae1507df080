/*
 * import/keyfile.h - a private key out of a file: PEM (encrypted or not), PKCS#12 (RFC 7292), or a
 * Java key store (JKS).
 */
#ifndef HUFU_IMPORT_KEYFILE_H
#define HUFU_IMPORT_KEYFILE_H

#include "base/base.h"

#define KEYFILE_MAX    (1024 * 1024)
#define JKS_ENTRIES_MAX 256

/*
 * alias: which key of a store that has several; absent: the only one. password: of the key; absent:
 * none. *der: PKCS#8, in mem, which the caller resets. False with *why, a sentence for the
 * operator: no key in it, several without an alias, a wrong password.
 */
bool keyfile_read(struct arena *mem, struct str bytes, struct str alias, struct str password, struct str *der,
    struct str *why);

/*
 * keyfile_shape.c: what a file that did not open as a key is, as a sentence that says what to do:
 * PEM on one line, base64 without its lines, a public key, a JWK, a shared secret (HMAC). NULL:
 * none of these.
 */
const char *keyfile_shape(struct str bytes);

/* jks.c: one private key entry as it stands in a key store; spans point into bytes. */
struct jks_entry { struct str alias, sealed /* EncryptedPrivateKeyInfo, DER */; };
/* The entries with a private key; their number, at most max; -1 when the store is malformed. */
int jks_entries(struct str bytes, struct jks_entry *out, int max);
/*
 * PKCS#8 of an entry, by the key stores' own cipher (OID 1.3.6.1.4.1.42.2.17.1.1). False when it
 * does not open with the password.
 */
bool jks_open(struct arena *mem, const struct jks_entry *e, struct str password, struct str *der);
#endif
