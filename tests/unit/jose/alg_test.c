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
	static const char *const none[] = { "", "none", "None", "NONE", "HS256", "HS384", "HS512", "RS1", "ES521", "ES256K", "PS1", "rs256", "RS256 ", "RS25", "EdDSA\n", "Ed25519" };
	enum jose_alg alg = ALG_ES256;

	for (size_t i = 0; i < COUNT(none); i++)
		EXPECT(!alg_read(str_of(none[i]), &alg));
	EXPECT(!alg_read(S("RS256\0"), &alg));
	EXPECT(!alg_read(STR_ABSENT, &alg));
	EXPECT_INT(alg, ALG_ES256);
}

TEST(rsa_is_slow)
{
	for (int a = 0; a < ALG_COUNT; a++)
		EXPECT_INT(alg_is_slow((enum jose_alg)a), a <= ALG_PS512);
}

/* at_hash is the left half of the digest that goes with the algorithm: OpenID Connect Core 3.1.3.6. */
TEST(half_hashes)
{
	static const struct { enum jose_alg alg; const char *want; } rows[] = {
		{ ALG_RS256, "ungWv48Bz-pBQUDeXa4iIw" }, { ALG_PS256, "ungWv48Bz-pBQUDeXa4iIw" }, { ALG_ES256, "ungWv48Bz-pBQUDeXa4iIw" },
		{ ALG_RS384, "ywB1P0WjXou1oD1pmsZQBycsMqsO3tFj" }, { ALG_PS384, "ywB1P0WjXou1oD1pmsZQBycsMqsO3tFj" },
		{ ALG_ES384, "ywB1P0WjXou1oD1pmsZQBycsMqsO3tFj" }, { ALG_RS512, "3a81oZNherrMQXNJriBBMRLm-k6JqX6iCp7u5ktV05o" },
		{ ALG_PS512, "3a81oZNherrMQXNJriBBMRLm-k6JqX6iCp7u5ktV05o" }, { ALG_ES512, "3a81oZNherrMQXNJriBBMRLm-k6JqX6iCp7u5ktV05o" },
		{ ALG_EDDSA, "3a81oZNherrMQXNJriBBMRLm-k6JqX6iCp7u5ktV05o" },
	};

	EXPECT_INT(COUNT(rows), ALG_COUNT);
	for (size_t i = 0; i < COUNT(rows); i++)        /* the digests of "abc": FIPS 180-4 */
		EXPECT_STR(alg_half_hash(mem, rows[i].alg, S("abc")), str_of(rows[i].want));
	EXPECT(!str_given(alg_half_hash(mem, ALG_ES384, S(""))));
}
