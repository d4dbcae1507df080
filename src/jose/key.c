/* jose/key.c - private keys: made, imported, exported. RFC 5208 (PKCS#8), RFC 8017, RFC 8410. */
#include "jose/jose_int.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>

/* A key that signs but does not verify its own signature has parts that do not belong together. */
static bool
parts_fit(const struct key *key)
{
	uint8_t sig[SIG_MAX];
	struct str text = S("hufu");

	return jws_sign(key, text, sig) && jws_verify(key, text, str_span(sig, key_own(key)->sig_n));
}

bool
kind_fits(enum key_kind kind, const EVP_PKEY *pkey)
{
	const struct kind_row *row = &kind_rows[kind];
	int bits = EVP_PKEY_get_bits(pkey);
	char group[32] = "";

	if (!EVP_PKEY_is_a(pkey, row->type))
		return false;
	if (kind == KIND_RSA)
		return bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX;
	return row->group == NULL
	    || (EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, NULL) == 1
	    && strcmp(group, row->group) == 0);
}

/* Takes pkey over, also when it fails. */
static struct key *
key_from(enum jose_alg alg, EVP_PKEY *pkey)
{
	struct key *key = calloc(1, sizeof *key);
	struct key_own *own = calloc(1, sizeof *own);

	if (key == NULL || own == NULL || pkey == NULL) {
		EVP_PKEY_free(pkey);
		free(own);
		free(key);
		ERR_clear_error();
		return NULL;
	}
	own->pkey = pkey;
	key->pkey = own;
	key->alg = alg;
	key->created_s = clock_now_s();
	if (kind_fits(alg_rows[alg].kind, pkey) && jws_prepare(alg, own) && jwk_describe(key)
	    && parts_fit(key))
		return key;
	ERR_clear_error();
	key_free(key);
	return NULL;
}

EVP_PKEY *
kind_generate(enum key_kind kind)
{
	const struct kind_row *row = &kind_rows[kind];

	if (kind == KIND_RSA)
		return EVP_PKEY_Q_keygen(NULL, NULL, row->type, (size_t)RSA_BITS_MIN);
	if (row->group != NULL)
		return EVP_PKEY_Q_keygen(NULL, NULL, row->type, row->group);
	return EVP_PKEY_Q_keygen(NULL, NULL, row->type);
}

struct key *
key_generate(enum jose_alg alg)
{
	return key_from(alg, kind_generate(alg_rows[alg].kind));
}

void
key_free(struct key *key)
{
	struct key_own *own;

	if (key == NULL)
		return;
	own = key_own(key);
	EVP_MD_CTX_free(own->signing);
	EVP_MD_CTX_free(own->verifying);
	EVP_PKEY_free(own->pkey);
	free(own->jwk);
	free(own);
	free(key);
}

struct str
pkey_private_der(struct arena *mem, const EVP_PKEY *pkey)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pkey);
	int n = info ? i2d_PKCS8_PRIV_KEY_INFO(info, NULL) : -1;
	unsigned char *der = n > 0 ? arena_alloc(mem, (size_t)n) : NULL, *end = der;
	bool ok = der != NULL && i2d_PKCS8_PRIV_KEY_INFO(info, &end) == n;

	PKCS8_PRIV_KEY_INFO_free(info);         /* wipes the key bytes it holds */
	return ok ? str_span(der, (size_t)n) : STR_ABSENT;
}

struct str
key_private_der(struct arena *mem, const struct key *key)
{
	return pkey_private_der(mem, key_own(key)->pkey);
}

EVP_PKEY *
pkey_from_der(struct str der)
{
	const unsigned char *p = (const unsigned char *)der.p;
	PKCS8_PRIV_KEY_INFO *info =
	    der.n > 0 && der.n <= INT_MAX ? d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)der.n) : NULL;
	bool whole = info != NULL && p == (const unsigned char *)der.p + der.n;
	EVP_PKEY *pkey = whole ? EVP_PKCS82PKEY(info) : NULL;

	PKCS8_PRIV_KEY_INFO_free(info);
	return pkey;
}

struct key *
key_from_der(enum jose_alg alg, struct str der)
{
	return key_from(alg, pkey_from_der(der));
}

/* libcrypto would ask the terminal; an encrypted key is refused instead. */
static int
no_passphrase(char *buf, int size, int rwflag, void *arg)
{
	(void)buf, (void)size, (void)rwflag, (void)arg;
	return -1;
}

struct key *
key_from_pem(enum jose_alg alg, struct str pem)
{
	BIO *bio = pem.n > 0 && pem.n <= INT_MAX ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
	EVP_PKEY *pkey = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;

	BIO_free(bio);
	return key_from(alg, pkey);
}
