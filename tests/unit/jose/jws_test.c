/* tests/unit/jose/jws_test.c - published signatures, made and verified; shared between threads. */
#include "keys.h"

#include <pthread.h>

#define JOE S("{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}")

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
