/* tests/unit/jose/key_test.c - keys made, exported, imported; keys that are refused. */
#include "keys.h"
#include "rsa_8192.h"

TEST(made_keys_survive_export)
{
	for (int i = 0; i < ALG_COUNT; i++) {
		struct key *key = key_for_test(mem, (enum jose_alg)i, NULL), *again;
		struct str der;

		NEED(key != NULL);
		EXPECT_INT(strlen(key->kid), 43);
		der = key_private_der(mem, key);
		again = key_from_der((enum jose_alg)i, der);
		NEED(again != NULL);
		EXPECT_STR(str_of(again->kid), str_of(key->kid));
		EXPECT_STR(key_private_der(mem, again), der);
		key_free(again);
	}
}

TEST(a_key_is_for_its_algorithm)
{
	for (int k = 0; k < ALG_COUNT; k++) {
		struct key *made = key_for_test(mem, (enum jose_alg)k, NULL);

		NEED(made != NULL);
		for (int a = 0; a < ALG_COUNT; a++) {
			struct key *key = key_from_der((enum jose_alg)a, key_private_der(mem, made));
			bool both_rsa = a <= ALG_PS512 && k <= ALG_PS512;

			EXPECT_INT(key != NULL, a == k || both_rsa);
			key_free(key);
		}
	}
}

TEST(the_largest_key)
{
	struct key *key = key_of(mem, ALG_RS256, RSA_8192_KEY);

	EXPECT(key != NULL);
	key_free(key);
}

TEST(weak_and_foreign_keys_are_refused)
{
	EXPECT(key_of(mem, ALG_RS256, RSA_1024_KEY) == NULL);
	EXPECT(key_of(mem, ALG_PS256, RSA_1024_KEY) == NULL);
	EXPECT(key_of(mem, ALG_ES256, P384_KEY) == NULL);
	EXPECT(key_of(mem, ALG_EDDSA, ED448_KEY) == NULL);
	EXPECT(key_of(mem, ALG_ES256, P256_MISMATCHED_KEY) == NULL);
}

TEST(damaged_der_is_refused)
{
	struct str der;
	struct key *key;

	NEED(b64_decode(mem, S(RFC8037_KEY), &der));
	for (size_t n = 0; n < der.n; n++)
		EXPECT(key_from_der(ALG_EDDSA, str_sub(der, 0, n)) == NULL);
	EXPECT(key_from_der(ALG_EDDSA, ARENA_CAT(mem, der, S("x"))) == NULL);
	EXPECT(key_from_der(ALG_EDDSA, STR_ABSENT) == NULL);
	key = key_from_der(ALG_EDDSA, der);
	EXPECT(key != NULL);
	key_free(key);
	key_free(NULL);
}

TEST(pem)
{
	struct key *rsa = key_for_test(mem, ALG_RS256, RFC7515_A2_KEY), *ec = key_for_test(mem, ALG_ES256, RFC7515_A3_KEY), *key;

	NEED(rsa != NULL && ec != NULL);
	key = key_from_pem(ALG_RS256, S(A2_PKCS1_PEM));
	NEED(key != NULL);
	EXPECT_STR(str_of(key->kid), str_of(rsa->kid));
	key_free(key);
	key = key_from_pem(ALG_ES256, S(A3_PKCS8_PEM));
	NEED(key != NULL);
	EXPECT_STR(str_of(key->kid), str_of(ec->kid));
	key_free(key);
	EXPECT(key_from_pem(ALG_ES256, S(A3_ENCRYPTED_PEM)) == NULL);
	EXPECT(key_from_pem(ALG_ES256, S(A3_PUBLIC_PEM)) == NULL);
	EXPECT(key_from_pem(ALG_ES256, S("-----BEGIN PRIVATE KEY-----\n")) == NULL);
	EXPECT(key_from_pem(ALG_ES256, S("")) == NULL);
}

TEST(public_pem)
{
	struct key *rsa = key_for_test(mem, ALG_RS256, RFC7515_A2_KEY), *ec = key_for_test(mem, ALG_ES256, RFC7515_A3_KEY);
	struct str one;

	NEED(rsa != NULL && ec != NULL);
	EXPECT_STR(key_public_pem(mem, rsa, false), S(A2_PUBLIC_PEM));
	EXPECT_STR(key_public_pem(mem, ec, false), S(A3_PUBLIC_PEM));
	one = key_public_pem(mem, ec, true);
	EXPECT_STR(one, S("-----BEGIN PUBLIC KEY-----\n"
	    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ=="
	    "\n-----END PUBLIC KEY-----"));
	one = key_public_pem(mem, rsa, true);
	EXPECT_INT(str_index(one, '\n'), 26);
	EXPECT_INT(str_rindex(one, '\n'), one.n - 25);
	EXPECT_INT(str_index(str_from(one, 27), '\n'), 392);
}
