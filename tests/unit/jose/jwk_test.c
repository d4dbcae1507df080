/* tests/unit/jose/jwk_test.c - thumbprints and JWK as the RFCs print them; nothing private gets out. */
#include "keys.h"

static struct str
jwk_of(struct arena *mem, const struct key *key)
{
	struct buf b;

	buf_init(&b, mem, 8192);
	key_put_jwk(&b, key);
	return buf_str(&b);
}

TEST(thumbprints)
{
	struct key *rsa = key_for_test(mem, ALG_RS256, RFC7638_KEY), *ed = key_for_test(mem, ALG_EDDSA, RFC8037_KEY),
	    *ec = key_for_test(mem, ALG_ES256, RFC7515_A3_KEY);

	NEED(rsa != NULL && ed != NULL && ec != NULL);
	EXPECT_STR(str_of(rsa->kid), S("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"));          /* RFC 7638 3.1 */
	EXPECT_STR(str_of(ed->kid), S("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"));           /* RFC 8037 A.3 */
	EXPECT_STR(str_of(ec->kid), S("oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U"));
}

/* The coordinates of P-384 and P-521, and what the RSA family says it is for. */
TEST(every_algorithm_is_published)
{
	static const struct { enum jose_alg alg; const char *kty, *crv; size_t x; } rows[] = {
		{ ALG_RS384, "RSA", NULL, 0 }, { ALG_RS512, "RSA", NULL, 0 }, { ALG_PS384, "RSA", NULL, 0 }, { ALG_PS512, "RSA", NULL, 0 },
		{ ALG_ES384, "EC", "P-384", 64 }, { ALG_ES512, "EC", "P-521", 88 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct key *key = key_for_test(mem, rows[i].alg, NULL);
		json_t *o;

		NEED(key != NULL);
		o = json_read(mem, jwk_of(mem, key));
		EXPECT_STR(json_member_str(o, "kty"), str_of(rows[i].kty));
		EXPECT_STR(json_member_str(o, "alg"), str_of(alg_name(rows[i].alg)));
		EXPECT_STR(json_member_str(o, "use"), S("sig"));
		EXPECT(str_is(json_member_str(o, "crv"), rows[i].crv) || rows[i].crv == NULL);
		EXPECT_INT(json_member_str(o, "x").n, rows[i].x);
		EXPECT_INT(json_member_str(o, "y").n, rows[i].x);
		EXPECT(json_object_get(o, "d") == NULL);
	}
}

TEST(members_in_order)
{
	struct key *rsa = key_for_test(mem, ALG_PS256, RFC7638_KEY), *ed = key_for_test(mem, ALG_EDDSA, RFC8037_KEY),
	    *ec = key_for_test(mem, ALG_ES256, RFC7515_A3_KEY);

	NEED(rsa != NULL && ed != NULL && ec != NULL);
	EXPECT_STR(jwk_of(mem, ed), S("{\"kty\":\"OKP\",\"use\":\"sig\",\"kid\":\"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k\",\"alg\":\"EdDSA\","
	    "\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}"));
	EXPECT_STR(jwk_of(mem, ec), S("{\"kty\":\"EC\",\"use\":\"sig\",\"kid\":\"oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U\",\"alg\":\"ES256\","
	    "\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}"));
	EXPECT_STR(jwk_of(mem, rsa), S("{\"kty\":\"RSA\",\"use\":\"sig\",\"kid\":\"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs\",\"alg\":\"PS256\","
	    "\"n\":\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknj"
	    "hMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajr"
	    "n1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw\",\"e\":\"AQAB\"}"));
}

/* P-256 coordinates keep their leading zeros (RFC 7518 section 6.2.1.2): one key in 128 has one. */
TEST(coordinates_are_always_32_bytes)
{
	for (int i = 0; i < 300; i++) {
		struct key *key = key_generate(ALG_ES256);
		json_t *o;

		NEED(key != NULL);
		o = json_read(mem, jwk_of(mem, key));
		EXPECT_INT(json_member_str(o, "x").n, 43);
		EXPECT_INT(json_member_str(o, "y").n, 43);
		EXPECT(json_object_get(o, "d") == NULL);
		key_free(key);
	}
}
