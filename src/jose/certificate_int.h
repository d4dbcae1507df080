/* jose/certificate_int.h - what the files about certificates share: libcrypto's side. */
#ifndef HUFU_JOSE_CERTIFICATE_INT_H
#define HUFU_JOSE_CERTIFICATE_INT_H

#include "jose/certificate.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#define DN_MAX 2048
/* The name that a text means (RFC 4514); NULL: none. The caller frees it. */
X509_NAME *distinguished_name(struct str text);
#endif
