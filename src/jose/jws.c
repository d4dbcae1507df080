/*
 * jose/jws.c - the signature step of a JWS. RFC 7515 sections 5.1 and 5.2, RFC 7518 sections 3.3 to
 * 3.5, RFC 8037 section 3.1.
 */
#include "jose/jose_int.h"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

/* a SEQUENCE of two INTEGERs, each a byte longer than a coordinate; with their heads */
#define ECDSA_DER_MAX (3 + 2 * (2 + KIND_SIZE_MAX + 1))

typedef int init_fn(EVP_MD_CTX *, EVP_PKEY_CTX **, const char *, OSSL_LIB_CTX *, const char *, EVP_PKEY *,
    const OSSL_PARAM *);

static EVP_MD_CTX *
template(init_fn *init, const struct alg_row *alg, EVP_PKEY *pkey)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *how;
	const char *digest = kind_rows[alg->kind].hashes ? NULL : alg->hash;

	if (ctx != NULL && init(ctx, &how, digest, NULL, NULL, pkey, NULL) == 1
	    && (!alg->pss || (EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) == 1
	    && EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST) == 1)))
		return ctx;
	EVP_MD_CTX_free(ctx);
	return NULL;
}

static size_t
part_size(enum jose_alg alg)
{
	return kind_of(alg)->group != NULL ? kind_of(alg)->size : 0;
}

static size_t
sig_size(enum jose_alg alg, const EVP_PKEY *pkey)
{
	size_t part_n = part_size(alg);

	return part_n > 0 ? 2 * part_n : (size_t)EVP_PKEY_get_size(pkey);
}

bool
jws_prepare(enum jose_alg alg, struct key_own *own)
{
	own->signing = template(EVP_DigestSignInit_ex, &alg_rows[alg], own->pkey);
	own->verifying = template(EVP_DigestVerifyInit_ex, &alg_rows[alg], own->pkey);
	own->part_n = part_size(alg);
	own->sig_n = sig_size(alg, own->pkey);
	return own->signing != NULL && own->verifying != NULL && own->sig_n <= SIG_MAX;
}

/* The template's copy is used once, so libcrypto need not copy it again before the last step. */
static EVP_MD_CTX *
copy_of(const EVP_MD_CTX *from)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (ctx != NULL && EVP_MD_CTX_copy_ex(ctx, from) == 1) {
		EVP_MD_CTX_set_flags(ctx, EVP_MD_CTX_FLAG_FINALISE);
		return ctx;
	}
	EVP_MD_CTX_free(ctx);
	return NULL;
}

/* RFC 7518 section 3.4: R and S as part_n bytes each; libcrypto speaks the DER of RFC 3279. */
static bool
raw_from_der(const uint8_t *der, size_t n, uint8_t *raw, size_t part_n)
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)n);
	int part = (int)part_n;
	bool ok = sig != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, part) == part
	    && BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + part_n, part) == part;

	ECDSA_SIG_free(sig);
	return ok;
}

static size_t
der_from_raw(const uint8_t *raw, size_t part_n, uint8_t der[ECDSA_DER_MAX])
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(raw, (int)part_n, NULL), *s = BN_bin2bn(raw + part_n, (int)part_n, NULL);
	int n = -1;

	if (sig != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(sig, r, s) == 1) {
		r = s = NULL;                   /* the signature owns them */
		n = i2d_ECDSA_SIG(sig, &der);
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(sig);
	return n > 0 ? (size_t)n : 0;
}

bool
jws_sign(const struct key *key, struct str input, uint8_t *sig)
{
	const struct key_own *own = key_own(key);
	EVP_MD_CTX *ctx = copy_of(own->signing);
	uint8_t der[ECDSA_DER_MAX];
	bool is_ec = own->part_n > 0, ok;
	size_t n = is_ec ? sizeof der : own->sig_n;

	ok = ctx != NULL && EVP_DigestSign(ctx, is_ec ? der : sig, &n, (const uint8_t *)input.p, input.n) == 1
	    && (is_ec ? raw_from_der(der, n, sig, own->part_n) : n == own->sig_n);
	EVP_MD_CTX_free(ctx);
	if (!ok)
		ERR_clear_error();
	return ok;
}

/* Takes ctx over. part_n: of an EC key, else 0. */
static bool
verify(EVP_MD_CTX *ctx, size_t part_n, struct str input, struct str sig)
{
	const uint8_t *p = (const uint8_t *)sig.p;
	uint8_t der[ECDSA_DER_MAX];
	size_t n = sig.n;
	bool ok;

	if (part_n > 0) {
		n = der_from_raw(p, part_n, der);
		p = der;
	}
	ok = n > 0 && ctx != NULL && EVP_DigestVerify(ctx, p, n, (const uint8_t *)input.p, input.n) == 1;
	EVP_MD_CTX_free(ctx);
	if (!ok)
		ERR_clear_error();
	return ok;
}

/* Before anything expensive: RFC 7518 sections 3.3 and 3.4 fix the length of a signature. */
bool
jws_verify(const struct key *key, struct str input, struct str sig)
{
	const struct key_own *own = key_own(key);

	return sig.n == own->sig_n && verify(copy_of(own->verifying), own->part_n, input, sig);
}

bool
jws_verify_by(enum jose_alg alg, EVP_PKEY *pkey, struct str input, struct str sig)
{
	size_t part_n = part_size(alg);

	return sig.n == sig_size(alg, pkey)
	    && verify(template(EVP_DigestVerifyInit_ex, &alg_rows[alg], pkey), part_n, input, sig);
}
