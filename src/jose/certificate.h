/*
 * jose/certificate.h - X.509 certificates by which clients authenticate: RFC 5280, RFC 8705. What they say is read by
 * libcrypto alone. A struct authorities is immutable and may be used by many threads at once.
 */
#ifndef HUFU_JOSE_CERTIFICATE_H
#define HUFU_JOSE_CERTIFICATE_H

#include "base/findings.h"
#include "jose/jwks.h"

#define CERTIFICATE_MAX (16 * 1024)     /* bytes of DER */
struct certificate { struct str der; void *x509; };     /* x509: private to this room */

/* One certificate in DER and nothing behind it; it lives in mem, der is borrowed. False: it is none. */
bool certificate_read(struct arena *mem, struct str der, struct certificate *out);
bool certificate_is_current(const struct certificate *c, int64_t now_s);

/*
 * Who it is for, RFC 8705 section 2.1.2. SUBJECT_DN: a distinguished name as RFC 4514 writes it, compared as RFC 5280
 * section 7.1 has it: the order counts, case and blanks do not. SAN_DNS without case, SAN_URI byte for byte, SAN_IP as
 * an address, SAN_EMAIL with case before the @. subject_trouble: NULL, or what a text of the kind must be.
 */
enum subject { SUBJECT_DN, SAN_DNS, SAN_URI, SAN_IP, SAN_EMAIL, SUBJECT_COUNT };
const char *subject_trouble(enum subject kind, struct str text);
bool certificate_is_for(const struct certificate *c, enum subject kind, struct str text);

/*
 * Authorities from PEM: each certificate in it is an anchor, also one that another has signed. NULL with *why. The
 * caller frees it.
 */
struct authorities;
struct authorities *authorities_load(struct str pem, const char **why);
void authorities_free(void *t);               /* NULL is fine */
/*
 * Certificate revocation lists (RFC 5280 section 5), PEM, any number, or one in DER; added before the first use by
 * another thread. From the first call on each certificate below its authority must have one, current, that does not
 * name it. Deltas are refused. False with *why; t is then good for authorities_free alone.
 */
bool revocation_add(struct authorities *t, struct str bytes, const char **why);
/* Warnings: lists that do not hold now, authorities that have none. */
void revocation_judge(const struct authorities *t, int64_t now_s, struct str where, struct findings *f);
/*
 * Does a chain lead from it by those that came beside it to an authority, valid now, for a TLS client, with keys of 112
 * bits and more, and has no authority of it revoked anything in it, where there are lists? False with *why, libcrypto's
 * word.
 */
bool certificate_is_trusted(const struct authorities *t, const struct certificate *c, const struct str *chain, size_t n,
    int64_t now_s, const char **why);

/*
 * Is it of a key of the set: the first certificate of its x5c where it has one, else one with its public key? RFC 8705
 * section 2.2.2.
 */
bool jwks_has_certificate(struct arena *mem, const struct jwks *set, const struct certificate *c);
#endif
