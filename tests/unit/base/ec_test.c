/* tests/unit/base/ec_test.c - a point becomes the key that libcrypto itself would make of it, or none. */
#include "../test.h"
#include "base/ec.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <pthread.h>

#define POINT_MAX (1 + 2 * 66)

static const char *const curves[] = { "prime256v1", "secp384r1", "secp521r1" };

/* A pair that libcrypto made, and its point. */
static EVP_PKEY *
pair_new(const char *curve, unsigned char point[POINT_MAX], size_t *n)
{
	EVP_PKEY *pair = EVP_PKEY_Q_keygen(NULL, NULL, "EC", curve);

	if (pair == NULL || EVP_PKEY_get_octet_string_param(pair, OSSL_PKEY_PARAM_PUB_KEY, point, POINT_MAX, n) != 1)
		test_fail(__FILE__, __LINE__, "no pair of %s", curve);
	return pair;
}

TEST(a_point_is_its_key)
{
	for (size_t i = 0; i < COUNT(curves); i++) {
		unsigned char point[POINT_MAX], *der = NULL, *other = NULL;
		char group[32] = "";
		size_t n = 0;
		EVP_PKEY *pair = pair_new(curves[i], point, &n), *key = ec_key_of(curves[i], str_span(point, n));
		int size = i2d_PUBKEY(pair, &der);

		NEED(key != NULL && size > 0);
		EXPECT(EVP_PKEY_eq(key, pair) == 1);
		EXPECT(EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, NULL) == 1);
		EXPECT_STR(str_of(group), str_of(curves[i]));
		EXPECT(i2d_PUBKEY(key, &other) == size && memcmp(der, other, (size_t)size) == 0);
		OPENSSL_free(der);
		OPENSSL_free(other);
		EVP_PKEY_free(key);
		EVP_PKEY_free(pair);
	}
}

TEST(what_is_no_point_is_no_key)
{
	unsigned char point[POINT_MAX], other[POINT_MAX];
	size_t n = 0;
	EVP_PKEY *pair = pair_new("prime256v1", point, &n);

	for (size_t cut = 0; cut < n; cut++)
		EXPECT(ec_key_of("prime256v1", str_span(point, cut)) == NULL);
	EXPECT(ec_key_of("prime256v1", STR_ABSENT) == NULL);
	EXPECT(ec_key_of("secp384r1", str_span(point, n)) == NULL);
	for (size_t i = 0; i < n; i++) {                        /* off the curve, or of another form */
		memcpy(other, point, n);
		other[i] ^= 1;
		EXPECT(ec_key_of("prime256v1", str_span(other, n)) == NULL);
	}
	memcpy(other, point, n);
	other[0] = (unsigned char)(POINT_CONVERSION_HYBRID | (point[n - 1] & 1));
	EXPECT(ec_key_of("prime256v1", str_span(other, n)) == NULL);
	other[0] = (unsigned char)(POINT_CONVERSION_COMPRESSED | (point[n - 1] & 1));
	EXPECT(ec_key_of("prime256v1", str_span(other, 33)) == NULL);
	EXPECT(ec_key_of("prime256v1", S("\0")) == NULL);
	ERR_clear_error();
	EVP_PKEY_free(pair);
}

static void *
make_many(void *arg)
{
	unsigned char point[POINT_MAX];
	size_t n = 0, *right = arg;
	EVP_PKEY *pair = pair_new("secp384r1", point, &n);

	for (int i = 0; i < 50; i++) {
		EVP_PKEY *key = ec_key_of("secp384r1", str_span(point, n));

		*right += key != NULL && EVP_PKEY_eq(key, pair) == 1;
		EVP_PKEY_free(key);
	}
	EVP_PKEY_free(pair);
	return NULL;
}

TEST(threads_make_keys_of_their_own)
{
	size_t right[4] = { 0 };
	pthread_t t[COUNT(right)];

	for (size_t i = 0; i < COUNT(t); i++)
		NEED(pthread_create(&t[i], NULL, make_many, &right[i]) == 0);
	for (size_t i = 0; i < COUNT(t); i++) {
		pthread_join(t[i], NULL);
		EXPECT_INT(right[i], 50);
	}
}
