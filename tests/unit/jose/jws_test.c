/* tests/unit/jose/jws_test.c - published signatures, made and verified; shared between threads. */
#include "keys.h"

#include <pthread.h>

#define JOE S("{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}")

TEST(a_type_is_a_media_type)
{
	static const char *const same[] = { "at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt" },
	    *const others[] = { "", "jwt", "application/", "application/application/at+jwt", "text/at+jwt", "at+jwt " };

	(void)mem;
	for (size_t i = 0; i < COUNT(same); i++)
		EXPECT(jwt_type_is(str_of(same[i]), "at+jwt"));
	for (size_t i = 0; i < COUNT(others); i++)
		EXPECT(!jwt_type_is(str_of(others[i]), "at+jwt"));
	EXPECT(!jwt_type_is(STR_ABSENT, "at+jwt"));
}

TEST(rs256_is_the_token_of_rfc_7515_a2)
{
	struct key *key = key_for_test(mem, ALG_RS256, RFC7515_A2_KEY);
	struct jwt_form bare = { 0 };
	struct str token;
	struct jwt t;

	NEED(key != NULL);
	EXPECT(jwt_sign(mem, key, &bare, JOE, &token));
	EXPECT_STR(token, S(RFC7515_A2_TOKEN));
	EXPECT(jwt_verify(mem, RING(key), S(RFC7515_A2_TOKEN), &t));
}

TEST(es256_verifies_the_token_of_rfc_7515_a3)
{
	struct key *key = key_for_test(mem, ALG_ES256, RFC7515_A3_KEY);
	int64_t exp = 0;
	struct jwt t;

	NEED(key != NULL && jwt_verify(mem, RING(key), S(RFC7515_A3_TOKEN), &t));
	EXPECT(t.key == key);
	EXPECT_STR(json_member_str(t.claims, "iss"), S("joe"));
	EXPECT(json_member_int(t.claims, "exp", &exp) && exp == 1300819380);
	EXPECT(!str_given(t.typ));
}

TEST(eddsa_is_the_token_of_rfc_8037_a4)
{
	struct key *key = key_for_test(mem, ALG_EDDSA, RFC8037_KEY);
	struct jwt_form bare = { 0 };
	struct str token;
	struct jwt t;

	NEED(key != NULL);
	EXPECT(jwt_sign(mem, key, &bare, S("Example of Ed25519 signing"), &token));
	EXPECT_STR(token, S(RFC8037_TOKEN));
	EXPECT(!jwt_verify(mem, RING(key), token, &t));         /* its payload is no JSON object */
}

TEST(ps256_wants_a_salt_as_long_as_the_digest)
{
	struct key *key = key_for_test(mem, ALG_PS256, RFC7515_A2_KEY);
	struct jwt t;

	NEED(key != NULL);
	EXPECT(jwt_verify(mem, RING(key), S(PS256_TOKEN), &t));
	EXPECT(!jwt_verify(mem, RING(key), S(PS256_SHORT_SALT), &t));
}

/*
 * R or S begins with a zero byte in one signature of 128, of P-521 in every second one: the raw form must
 * keep it (RFC 7518 section 3.4).
 */
TEST(signatures_of_curves_have_one_length)
{
	static const struct { enum jose_alg alg; int rounds; size_t characters; } rows[] = { { ALG_ES256, 600, 86 }, { ALG_ES384, 60, 128 }, { ALG_ES512, 60, 176 } };
	struct jwt_form form = { S("JWT"), false, STR_ABSENT };
	struct str token;
	struct jwt t;

	for (size_t r = 0; r < COUNT(rows); r++) {
		struct key *key = key_for_test(mem, rows[r].alg, NULL);

		NEED(key != NULL);
		for (int i = 0; i < rows[r].rounds; i++) {
			NEED(jwt_sign(mem, key, &form, S("{}"), &token));
			EXPECT_INT(token.n - (size_t)str_rindex(token, '.') - 1, rows[r].characters);
			EXPECT(jwt_verify(mem, RING(key), token, &t));
		}
	}
}

struct work { struct key *key; int good; };

static void *
sign_and_verify(void *arg)
{
	struct work *w = arg;
	struct jwt_form form = { S("at+jwt"), true, STR_ABSENT };
	struct str token;
	struct arena mem;
	struct jwt t;

	arena_init(&mem, 1 << 20);
	for (int i = 0; i < 50; i++) {
		w->good += jwt_sign(&mem, w->key, &form, S("{\"sub\":\"a\"}"), &token) && jwt_verify(&mem, RING(w->key), token, &t);
		arena_reset(&mem);
	}
	arena_free(&mem);
	return NULL;
}

TEST(a_key_serves_many_threads)
{
	for (int a = 0; a < ALG_COUNT; a++) {
		struct key *key = key_for_test(mem, (enum jose_alg)a, NULL);
		struct work w[4];
		pthread_t t[4];

		NEED(key != NULL);
		for (int i = 0; i < 4; i++) {
			w[i] = (struct work){ key, 0 };
			NEED(pthread_create(&t[i], NULL, sign_and_verify, &w[i]) == 0);
		}
		for (int i = 0; i < 4; i++) {
			pthread_join(t[i], NULL);
			EXPECT_INT(w[i].good, 50);
		}
	}
}

/* RFC 7515 appendix A.1: its key, 64 bytes, and its token. */
#define A1_KEY "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
#define A1_TOKEN "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

TEST(hs256_verifies_the_token_of_rfc_7515_a1)
{
	struct key *rsa = key_for_test(mem, ALG_RS256, RFC7515_A2_KEY);
	struct str secret, token = S(A1_TOKEN);
	enum jose_hmac alg;
	struct jwt t;

	NEED(rsa != NULL && b64url_decode(mem, S(A1_KEY), &secret));
	EXPECT(jwt_verify_secret(mem, secret, BIT(HMAC_HS256), token, &t) && t.key == NULL);
	EXPECT_STR(json_member_str(t.claims, "iss"), S("joe"));
	EXPECT(!jwt_verify_secret(mem, secret, BIT(HMAC_HS384) | BIT(HMAC_HS512), token, &t));
	EXPECT(!jwt_verify_secret(mem, str_sub(secret, 0, 63), BIT(HMAC_HS256), token, &t));
	EXPECT(!jwt_verify_secret(mem, str_sub(secret, 0, 31), BIT(HMAC_HS256), token, &t));    /* too short for it: RFC 7518 3.2 */
	EXPECT(!jwt_verify_secret(mem, S(""), BIT(HMAC_HS256), token, &t));
	EXPECT(!jwt_verify_secret(mem, secret, BIT(HMAC_HS256), str_sub(token, 0, token.n - 1), &t));
	EXPECT(!jwt_verify_secret(mem, secret, BIT(HMAC_COUNT) - 1, S(RFC7515_A2_TOKEN), &t));
	EXPECT(!jwt_verify(mem, RING(rsa), token, &t));                                         /* J2 */
	EXPECT(hmac_read(S("HS512"), &alg) && alg == HMAC_HS512 && !hmac_read(S("hs256"), &alg) && !hmac_read(S("RS256"), &alg));
	EXPECT_STR(str_of(hmac_name(HMAC_HS384)), S("HS384"));
}
