/*
 * jose/jwks.c - somebody else's public keys, read from JSON. RFC 7517 sections 4 and 5, RFC 7518 section 6, RFC 8037
 * section 2.
 */
#include "base/ec.h"
#include "base/edwards.h"
#include "jose/jose_int.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#define EXPONENT_MAX 8                  /* bytes: a longer one makes verifying as expensive as signing */

/* RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1. */
static const char *const private_members[] = { "d", "p", "q", "dp", "dq", "qi", "oth", "k" };

static bool
kind_read(const json_t *jwk, enum key_kind *out)
{
	struct str kty = json_member_str(jwk, "kty"), crv = json_member_str(jwk, "crv");

	for (int i = 0; i < KIND_COUNT; i++)
		if (str_is(kty, kind_rows[i].kty) && (kind_rows[i].crv == NULL || str_is(crv, kind_rows[i].crv))) {
			*out = (enum key_kind)i;
			return true;
		}
	return false;
}

/* A number as it must be written: no byte more than it needs (6.3.1.1), or exactly n of them (6.2.1.2). */
static bool
bytes_read(struct arena *mem, const json_t *jwk, const char *name, size_t n, struct str *out)
{
	return b64url_decode(mem, json_member_str(jwk, name), out) && out->n > 0
	    && (n > 0 ? out->n == n : out->p[0] != 0);
}

static EVP_PKEY *
key_of_numbers(const char *type, OSSL_PARAM_BLD *build)
{
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pkey = NULL;

	if (params == NULL || ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1
	    || EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	return pkey;
}

static EVP_PKEY *
rsa_read(struct arena *mem, const json_t *jwk)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY *pkey = NULL;
	BIGNUM *n = NULL, *e = NULL;
	struct str nt, et;

	/* libcrypto leaves even numbers and an exponent of 1 to us */
	if (bytes_read(mem, jwk, "n", 0, &nt) && bytes_read(mem, jwk, "e", 0, &et)
	    && nt.n <= RSA_BITS_MAX / 8 && et.n <= EXPONENT_MAX
	    && (nt.p[nt.n - 1] & 1) && (et.p[et.n - 1] & 1) && (et.n > 1 || et.p[0] != 1)) {
		n = BN_bin2bn((const unsigned char *)nt.p, (int)nt.n, NULL);
		e = BN_bin2bn((const unsigned char *)et.p, (int)et.n, NULL);
	}
	if (build != NULL && n != NULL && e != NULL && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1
	    && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) == 1)
		pkey = key_of_numbers("RSA", build);
	OSSL_PARAM_BLD_free(build);
	BN_free(n);
	BN_free(e);
	return pkey;
}

/*
 * A point that is not on the curve does not become a key; the check is asked for once more, since all hangs on it. The
 * curves have a prime order and no cofactor, so a point of the curve is one of the group: the quick check is the whole
 * one.
 */
static EVP_PKEY *
ec_read(struct arena *mem, const json_t *jwk, const struct kind_row *kind)
{
	EVP_PKEY_CTX *check = NULL;
	EVP_PKEY *pkey = NULL;
	struct str x, y, point;

	if (bytes_read(mem, jwk, "x", kind->size, &x) && bytes_read(mem, jwk, "y", kind->size, &y)
	    && str_given(point = ARENA_CAT(mem, S("\x04"), x, y)))
		pkey = ec_key_of(kind->group, point);
	if (pkey == NULL)
		return NULL;
	check = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	if (check == NULL || EVP_PKEY_public_check_quick(check) != 1) {
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
	EVP_PKEY_CTX_free(check);
	return pkey;
}

static EVP_PKEY *
okp_read(struct arena *mem, const json_t *jwk, const struct kind_row *kind)
{
	struct str x;

	return bytes_read(mem, jwk, "x", kind->size, &x) && !ed25519_is_weak((const uint8_t *)x.p)
	    ? EVP_PKEY_new_raw_public_key_ex(NULL, kind->type, NULL, (const uint8_t *)x.p, x.n) : NULL;
}

/* Two that are written alike are the same key. */
static struct key_name
name_of(const json_t *jwk, enum key_kind kind)
{
	static const char *const numbers[] = { "x", "y", "n", "e" };
	struct key_name name;
	struct str at[1 + 2 * COUNT(numbers)];

	at[0] = str_span((const char *)&kind, sizeof kind);
	for (size_t i = 0; i < COUNT(numbers); i++) {
		struct str text = json_member_str(jwk, numbers[i]);

		at[1 + 2 * i] = S("\0");
		at[2 + 2 * i] = str_given(text) ? text : S("");
	}
	sha256(at, COUNT(at), name.b);
	return name;
}

EVP_PKEY *
jwk_read(struct arena *mem, struct key_memory *known, const json_t *jwk, enum key_kind *kind, const char **why)
{
	const struct kind_row *row;
	struct key_name name;
	EVP_PKEY *pkey;

	*why = say("must hold keys with a kty");
	if (!str_given(json_member_str(jwk, "kty")))
		return NULL;
	*why = say("must hold public keys only");
	for (size_t i = 0; i < COUNT(private_members); i++)
		if (json_object_get(jwk, private_members[i]) != NULL)
			return NULL;
	*why = NULL;
	if (!kind_read(jwk, kind))
		return NULL;
	name = name_of(jwk, *kind);
	if ((pkey = key_recall(known, &name)) != NULL)
		return pkey;
	row = &kind_rows[*kind];
	pkey = *kind == KIND_RSA ? rsa_read(mem, jwk) : row->group != NULL ? ec_read(mem, jwk, row) : okp_read(mem, jwk, row);
	if (pkey != NULL && kind_fits(*kind, pkey)) {
		key_remember(known, &name, pkey);
		return pkey;
	}
	*why = *kind == KIND_RSA ? say("must hold RSA keys of 2048 to 8192 bits, written as RFC 7518 has them")
	    : say("must hold keys that are on their curve, written as RFC 7518 has them");
	ERR_clear_error();
	EVP_PKEY_free(pkey);
	return NULL;
}

/* --- a set ------------------------------------------------------------------------------------- */

/* A member that is there must be a text. */
static bool
text_or_nothing(const json_t *jwk, const char *name, struct str *out)
{
	*out = json_member_str(jwk, name);
	return str_given(*out) || json_object_get(jwk, name) == NULL;
}

/* RFC 7517 sections 4.2 and 4.3. */
static bool
purposes_read(const json_t *jwk, struct jwk *out)
{
	const json_t *ops = json_object_get(jwk, "key_ops");
	struct str use;

	if (!text_or_nothing(jwk, "use", &use) || (ops != NULL && !json_is_array(ops)))
		return false;
	out->verifies = (!str_given(use) || str_is(use, "sig")) && (ops == NULL || json_has_word(ops, "verify"));
	out->encrypts = (!str_given(use) || str_is(use, "enc"))
	    && (ops == NULL || json_has_word(ops, "encrypt") || json_has_word(ops, "wrapKey")
	    || json_has_word(ops, "deriveKey") || json_has_word(ops, "deriveBits"));
	return true;
}

static void
pkey_release(void *pkey)
{
	EVP_PKEY_free(pkey);
}

/* False with *why. A key that is not known here is not added. */
static bool
set_add(struct arena *mem, struct key_memory *known, const json_t *jwk, struct jwks *set, const char **why)
{
	struct jwk *k = &set->at[set->n];

	k->pkey = jwk_read(mem, known, jwk, &k->kind, why);
	if (k->pkey == NULL)
		return *why == NULL;
	*why = say("must be smaller: memory is exhausted");
	if (!arena_defer(mem, pkey_release, k->pkey))
		return false;
	*why = say("must have texts as kid, alg and use of a key");
	if (!text_or_nothing(jwk, "kid", &k->kid) || !text_or_nothing(jwk, "alg", &k->alg) || !purposes_read(jwk, k))
		return false;
	k->x5c = json_text(json_array_get(json_object_get(jwk, "x5c"), 0));
	set->n++;
	return true;
}

bool
jwks_read(struct arena *mem, struct key_memory *known, struct str text, struct jwks *out, const char **why)
{
	const json_t *json = json_read(mem, text), *keys = json_object_get(json, "keys"), *jwk;
	struct jwks set = { 0 };
	size_t i;

	*why = say("must be an object with an array keys, of at most 64 KiB, with no member twice");
	if (!json_is_array(keys))
		return false;
	*why = say("must have at most 32 keys");
	if (json_array_size(keys) > JWKS_KEYS_MAX)
		return false;
	*why = say("must be smaller: memory is exhausted");
	if ((set.at = arena_array(mem, struct jwk, JWKS_KEYS_MAX)) == NULL)
		return false;
	json_array_foreach(keys, i, jwk)
		if (!set_add(mem, known, jwk, &set, why))
			return false;
	*why = NULL;
	*out = set;
	return true;
}
