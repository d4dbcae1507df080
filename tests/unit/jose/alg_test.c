/* tests/unit/jose/alg_test.c - names of algorithms, and those that do not exist (J2). */
#include "../test.h"
#include "jose/jose.h"

TEST(names_go_round)
{
	for (int i = 0; i < ALG_COUNT; i++) {
		enum jose_alg alg = ALG_COUNT;

		EXPECT(alg_read(str_of(alg_name((enum jose_alg)i)), &alg));
		EXPECT_INT(alg, i);
	}
}

TEST(others_do_not_exist)
{
	static const char *const none[] = { "", "none", "None", "NONE", "HS256", "HS512", "RS512", "ES384", "ES256K", "rs256", "RS256 ", "RS25", "EdDSA\n", "Ed25519" };
	enum jose_alg alg = ALG_ES256;

	for (size_t i = 0; i < COUNT(none); i++)
		EXPECT(!alg_read(str_of(none[i]), &alg));
	EXPECT(!alg_read(S("RS256\0"), &alg));
	EXPECT(!alg_read(STR_ABSENT, &alg));
	EXPECT_INT(alg, ALG_ES256);
}

TEST(rsa_is_slow)
{
	EXPECT(alg_is_slow(ALG_RS256) && alg_is_slow(ALG_PS256));
	EXPECT(!alg_is_slow(ALG_ES256) && !alg_is_slow(ALG_EDDSA));
}
