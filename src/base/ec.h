/* base/ec.h - public keys of elliptic curves, made of their points. SEC 1 section 2.3.4. */
#ifndef HUFU_EC_H
#define HUFU_EC_H

#include "base/str.h"

struct evp_pkey_st;

/*
 * curve   as libcrypto names it: prime256v1, secp384r1 or secp521r1; another one is a programmer's mistake.
 * point   0x04, x and y, each as long as the curve's field.
 * NULL: not of this form, not on the curve, or no memory. The caller's to free (EVP_PKEY_free).
 * Time: about 6 us for prime256v1; libcrypto takes another 17 to find a curve by its name, which is done once in the
 * life of the process. Thread-safe.
 */
struct evp_pkey_st *ec_key_of(const char *curve, struct str point);
#endif
