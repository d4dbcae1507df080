/* jose/public_key.c - public keys of files. RFC 7468 section 13, RFC 8017 section 8.2.2. */
#include "jose/public_key.h"

#include "jose/jose_int.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

struct public_key { EVP_PKEY *pkey; };

static EVP_PKEY *
from_pem(struct str pem)
{
	BIO *bio = pem.n <= INT_MAX ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
	EVP_PKEY *pkey = bio != NULL ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;

	BIO_free(bio);
	return pkey;
}

static EVP_PKEY *
from_base64(struct arena *mem, struct str text)
{
	const unsigned char *p;
	struct str der;

	if (!b64_decode(mem, text, &der) || der.n == 0 || der.n > INT_MAX)
		return NULL;
	p = (const unsigned char *)der.p;
	return d2i_PUBKEY(NULL, &p, (long)der.n);
}

struct public_key *
public_key_read(struct arena *mem, struct str text)
{
	struct str body = str_trim(text);
	EVP_PKEY *pkey = body.n == 0 ? NULL : body.p[0] == '-' ? from_pem(body) : from_base64(mem, body);
	struct public_key *k = pkey != NULL && kind_fits(KIND_RSA, pkey) ? calloc(1, sizeof *k) : NULL;

	ERR_clear_error();
	if (k == NULL)
		EVP_PKEY_free(pkey);
	else
		k->pkey = pkey;
	return k;
}

void
public_key_free(struct public_key *k)
{
	if (k == NULL)
		return;
	EVP_PKEY_free(k->pkey);
	free(k);
}

bool
public_key_verifies(const struct public_key *k, struct str input, struct str signature)
{
	return jws_verify_by(ALG_RS256, k->pkey, input, signature);
}
