/*
 * login/webauthn_key.c - the public key of a passkey: from COSE (RFC 9053, RFC 8230) to what libcrypto reads, and the
 * signatures made with it. Web Authentication section 5.8.5, 6.5.5.
 */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include "base/ec.h"
#include "base/edwards.h"
#include "login/webauthn_int.h"

/* Labels and values of the IANA registry of COSE. */
enum { COSE_KTY = 1, COSE_ALG = 3, COSE_CRV = -1, COSE_X = -2, COSE_Y = -3, COSE_N = -1, COSE_E = -2 };
enum { KTY_OKP = 1, KTY_EC2 = 2, KTY_RSA = 3, CRV_P256 = 1, CRV_ED25519 = 6 };

#define FIELD_SIZE  32
#define CURVE       "prime256v1"     /* P-256, as libcrypto names it */
#define RSA_BYTES_MIN 256
#define RSA_BYTES_MAX 512
#define RSA_E_MAX   8

static bool
label_is(cbor_item_t *cose, int64_t label, int64_t value)
{
	int64_t n;

	return cbor_number(cbor_label(cose, label), &n) && n == value;
}

static EVP_PKEY *
key_of(const char *type, OSSL_PARAM_BLD *b)
{
	OSSL_PARAM *p = OSSL_PARAM_BLD_to_param(b);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *key = NULL;

	if (p == NULL || ctx == NULL || EVP_PKEY_fromdata_init(ctx) <= 0
	    || EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, p) <= 0)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(p);
	return key;
}

/* The point is on the curve, or libcrypto refuses it. */
static EVP_PKEY *
es256_key(cbor_item_t *cose)
{
	struct str x = cbor_bytes(cbor_label(cose, COSE_X)), y = cbor_bytes(cbor_label(cose, COSE_Y));
	uint8_t point[1 + 2 * FIELD_SIZE] = { POINT_CONVERSION_UNCOMPRESSED };

	if (!label_is(cose, COSE_KTY, KTY_EC2) || !label_is(cose, COSE_CRV, CRV_P256) || x.n != FIELD_SIZE
	    || y.n != FIELD_SIZE)
		return NULL;
	memcpy(point + 1, x.p, FIELD_SIZE);
	memcpy(point + 1 + FIELD_SIZE, y.p, FIELD_SIZE);
	return ec_key_of(CURVE, str_span(point, sizeof point));
}

static EVP_PKEY *
eddsa_key(cbor_item_t *cose)
{
	struct str x = cbor_bytes(cbor_label(cose, COSE_X));

	if (!label_is(cose, COSE_KTY, KTY_OKP) || !label_is(cose, COSE_CRV, CRV_ED25519) || x.n != FIELD_SIZE
	    || ed25519_is_weak((const uint8_t *)x.p))
		return NULL;
	return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, (const uint8_t *)x.p, x.n);
}

/* 2048 to 4096 bits, an odd exponent of 3 or more. */
static EVP_PKEY *
rs256_key(cbor_item_t *cose)
{
	struct str n = cbor_bytes(cbor_label(cose, COSE_N)), e = cbor_bytes(cbor_label(cose, COSE_E));
	BIGNUM *bn, *be;
	OSSL_PARAM_BLD *b;
	EVP_PKEY *key = NULL;

	if (!label_is(cose, COSE_KTY, KTY_RSA) || n.n < RSA_BYTES_MIN || n.n > RSA_BYTES_MAX || e.n == 0
	    || e.n > RSA_E_MAX)
		return NULL;
	bn = BN_bin2bn((const uint8_t *)n.p, (int)n.n, NULL);
	be = BN_bin2bn((const uint8_t *)e.p, (int)e.n, NULL);
	b = OSSL_PARAM_BLD_new();
	if (bn != NULL && be != NULL && b != NULL && BN_num_bits(bn) >= 8 * RSA_BYTES_MIN && BN_is_odd(bn)
	    && BN_is_odd(be) && BN_num_bits(be) > 1 && OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, bn)
	    && OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, be))
		key = key_of("RSA", b);
	OSSL_PARAM_BLD_free(b);
	BN_free(bn);
	BN_free(be);
	return key;
}

static const struct kind { enum webauthn_alg alg; EVP_PKEY *(*key)(cbor_item_t *); } kinds[] = {
	{ WEBAUTHN_EDDSA, eddsa_key },
	{ WEBAUTHN_ES256, es256_key },
	{ WEBAUTHN_RS256, rs256_key },
};

static struct str
spki_of(struct arena *mem, EVP_PKEY *key)
{
	int n = i2d_PUBKEY(key, NULL);
	uint8_t *p, *at;

	if (n <= 0 || n > WEBAUTHN_KEY_MAX || (p = arena_alloc(mem, (size_t)n)) == NULL)
		return STR_ABSENT;
	at = p;
	return i2d_PUBKEY(key, &at) == n ? str_span(p, (size_t)n) : STR_ABSENT;
}

bool
cose_key_read(struct arena *mem, cbor_item_t *cose, enum webauthn_alg *alg, struct str *spki)
{
	EVP_PKEY *key = NULL;

	for (size_t i = 0; i < COUNT(kinds) && key == NULL; i++)
		if (label_is(cose, COSE_ALG, kinds[i].alg)) {
			key = kinds[i].key(cose);
			*alg = kinds[i].alg;
		}
	*spki = key != NULL ? spki_of(mem, key) : STR_ABSENT;
	EVP_PKEY_free(key);
	ERR_clear_error();
	return str_given(*spki);
}

/* --- signatures ------------------------------------------------------------------------------- */

/*
 * The row that says it is a key of alg was ours; a key of another kind verifies nothing. What stands in front of a
 * point of P-256 (RFC 5480) and of a key of Ed25519 (RFC 8410) is always the same: the reader that knows all kinds of
 * keys takes twice as long for either as their signature.
 */
#define POINT_AFTER   "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00"
#define ED25519_AFTER "\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"

static EVP_PKEY *
es256_spki(struct str spki)
{
	return str_starts(spki, S(POINT_AFTER)) ? ec_key_of(CURVE, str_from(spki, S(POINT_AFTER).n)) : NULL;
}

static EVP_PKEY *
eddsa_spki(struct str spki)
{
	struct str raw = str_from(spki, S(ED25519_AFTER).n);

	return str_starts(spki, S(ED25519_AFTER))
	    ? EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, (const uint8_t *)raw.p, raw.n)
	    : NULL;
}

static EVP_PKEY *
rs256_spki(struct str spki)
{
	const uint8_t *p = (const uint8_t *)spki.p;
	EVP_PKEY *key = spki.n > 0 && spki.n <= WEBAUTHN_KEY_MAX ? d2i_PUBKEY(NULL, &p, (long)spki.n) : NULL;

	if (key != NULL && EVP_PKEY_is_a(key, "RSA"))
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

static EVP_PKEY *
spki_read(enum webauthn_alg alg, struct str spki)
{
	switch (alg) {
	case WEBAUTHN_ES256: return es256_spki(spki);
	case WEBAUTHN_EDDSA: return eddsa_spki(spki);
	default: return alg == WEBAUTHN_RS256 ? rs256_spki(spki) : NULL;
	}
}

bool
cose_verify(enum webauthn_alg alg, struct str spki, const struct str *parts, size_t n, struct str sig)
{
	EVP_PKEY *key = spki_read(alg, spki);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t joined[WEBAUTHN_AUTH_DATA_MAX + DIGEST_SIZE];
	size_t size = 0;
	bool ok = key != NULL && ctx != NULL;

	for (size_t i = 0; i < n && ok; i++) {
		ok = parts[i].n <= sizeof joined - size;
		if (ok && parts[i].n > 0)
			memcpy(joined + size, parts[i].p, parts[i].n);
		size += parts[i].n;
	}
	ok = ok && EVP_DigestVerifyInit(ctx, NULL, alg == WEBAUTHN_EDDSA ? NULL : EVP_sha256(), NULL, key) == 1
	    && EVP_DigestVerify(ctx, (const uint8_t *)sig.p, sig.n, joined, size) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return ok;
}
