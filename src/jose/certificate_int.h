/* jose/certificate_int.h - what the files about certificates share: libcrypto's side. */
#ifndef HUFU_JOSE_CERTIFICATE_INT_H
#define HUFU_JOSE_CERTIFICATE_INT_H

#include "jose/certificate.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#define DN_MAX 2048
/* lists: of revoked certificates; NULL: none are asked about. */
struct authorities { X509_STORE *store; STACK_OF(X509_CRL) *lists; };
/* Each certificate of the chain below its anchor needs a current list of who signed it, which does not name it. */
void revocation_ask(const struct authorities *t, X509_STORE_CTX *ctx);

/* The name that a text means (RFC 4514); NULL: none. The caller frees it. */
X509_NAME *distinguished_name(struct str text);
#endif
