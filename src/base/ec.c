/* base/ec.c - public keys of elliptic curves, made of their points. SEC 1 section 2.3.4. */
#include "base/ec.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <string.h>

#include "base/base.h"

static pthread_once_t made = PTHREAD_ONCE_INIT;
static struct curve { const char *name; size_t field; EVP_PKEY *bare; } curves[] = {
	{ "prime256v1", 32, NULL },
	{ "secp384r1", 48, NULL },
	{ "secp521r1", 66, NULL },
};

/* A key without a point: what all keys of the curve have alike. */
static EVP_PKEY *
bare_key(const char *curve)
{
	OSSL_PARAM group[] = { OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)(uintptr_t)curve, 0),
		OSSL_PARAM_construct_end() };
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *bare = NULL;

	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1
	    || EVP_PKEY_fromdata(ctx, &bare, EVP_PKEY_KEY_PARAMETERS, group) != 1)
		fatal("libcrypto offers no curve %s", curve);
	EVP_PKEY_CTX_free(ctx);
	return bare;
}

static void
make(void)
{
	for (size_t i = 0; i < COUNT(curves); i++)
		curves[i].bare = bare_key(curves[i].name);
}

static const struct curve *
curve_of(const char *name)
{
	size_t i = 0;

	while (i < COUNT(curves) && strcmp(curves[i].name, name) != 0)
		i++;
	assert(i < COUNT(curves));
	return &curves[i];
}

/* Only this form: libcrypto would take a compressed and a hybrid one too. */
static bool
is_uncompressed(const struct curve *c, struct str point)
{
	return point.n == 1 + 2 * c->field && point.p[0] == POINT_CONVERSION_UNCOMPRESSED;
}

EVP_PKEY *
ec_key_of(const char *curve, struct str point)
{
	const struct curve *c = curve_of(curve);
	EVP_PKEY *key;

	pthread_once(&made, make);
	if (!is_uncompressed(c, point) || (key = EVP_PKEY_dup(c->bare)) == NULL)
		return NULL;
	if (EVP_PKEY_set1_encoded_public_key(key, (const unsigned char *)point.p, point.n) == 1)
		return key;
	EVP_PKEY_free(key);
	return NULL;
}
