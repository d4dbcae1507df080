/* tests/unit/jose/jwt_test.c - tokens as they are made, and everything that is no token. */
#include "keys.h"

#include "jose/jose_int.h"

/* A token with a header of the test's own, signed rightly. */
static struct str
token_with_header(struct arena *mem, const struct key *key, const char *header, struct str claims)
{
	struct str text = ARENA_CAT(mem, b64url_encode(mem, str_of(header)), S("."), b64url_encode(mem, claims));
	uint8_t sig[SIG_MAX];

	if (!jws_sign(key, text, sig))
		return STR_ABSENT;
	return ARENA_CAT(mem, text, S("."), b64url_encode(mem, str_span(sig, key_own(key)->sig_n)));
}

static struct str
header_of(struct arena *mem, struct str token)
{
	struct str header = STR_ABSENT;

	b64url_decode(mem, str_sub(token, 0, (size_t)str_index(token, '.')), &header);
	return header;
}

TEST(header_member_order)
{
	struct key *key = key_for_test(mem, ALG_EDDSA, RFC8037_KEY);
	struct str token;

	NEED(key != NULL);
	EXPECT(jwt_sign(mem, key, &(struct jwt_form){ S("at+jwt"), true, S("j-1") }, S("{}"), &token));
	EXPECT_STR(header_of(mem, token), S("{\"alg\":\"EdDSA\",\"kid\":\"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k\",\"typ\":\"at+jwt\",\"jti\":\"j-1\"}"));
	EXPECT(jwt_sign(mem, key, &(struct jwt_form){ S("JWT"), false, STR_ABSENT }, S("{}"), &token));
	EXPECT_STR(header_of(mem, token), S("{\"alg\":\"EdDSA\",\"typ\":\"JWT\"}"));
}

TEST(every_algorithm_goes_round)
{
	for (int a = 0; a < ALG_COUNT; a++) {
		struct key *other = key_for_test(mem, (enum jose_alg)a, NULL), *key = key_for_test(mem, (enum jose_alg)a, NULL);
		struct str token;
		struct jwt t;

		NEED(key != NULL && other != NULL);
		for (int kid = 0; kid < 2; kid++) {
			NEED(jwt_sign(mem, key, &(struct jwt_form){ S("at+jwt"), kid, STR_ABSENT }, S("{\"sub\":\"joe\"}"), &token));
			EXPECT(jwt_verify(mem, RING(other, key), token, &t));
			EXPECT(t.key == key);
			EXPECT_STR(t.typ, S("at+jwt"));
			EXPECT_STR(json_member_str(t.claims, "sub"), S("joe"));
			EXPECT(!jwt_verify(mem, RING(other), token, &t));
			EXPECT(!jwt_verify(mem, &(struct keyring){ 0 }, token, &t));
		}
	}
}

TEST(tampering_is_seen)
{
	struct key *key = key_for_test(mem, ALG_ES256, RFC7515_A3_KEY);
	struct str token;
	struct jwt t;
	char *bytes;

	NEED(key != NULL && jwt_sign(mem, key, &(struct jwt_form){ S("JWT"), true, STR_ABSENT }, S("{\"admin\":false}"), &token));
	bytes = (char *)(uintptr_t)token.p;
	for (size_t i = 0; i < token.n; i++)
		for (const char *c = "A_.=\n"; *c; c++) {
			char was = bytes[i];

			bytes[i] = *c;
			if (*c != was && jwt_verify(mem, RING(key), token, &t))
				test_fail(__FILE__, __LINE__, "byte %zu as '%c' went unseen", i, *c);
			bytes[i] = was;
		}
	for (size_t n = 0; n < token.n; n++)
		EXPECT(!jwt_verify(mem, RING(key), str_sub(token, 0, n), &t));
	EXPECT(jwt_verify(mem, RING(key), token, &t));
	EXPECT(!jwt_verify(mem, RING(key), ARENA_CAT(mem, token, S("A")), &t));
	EXPECT(!jwt_verify(mem, RING(key), ARENA_CAT(mem, token, S(".")), &t));
	EXPECT(!jwt_verify(mem, RING(key), ARENA_CAT(mem, token, S("\n")), &t));
}

/* J1: the header cannot choose the algorithm of a key. */
TEST(algorithms_are_not_confused)
{
	struct key *rs = key_for_test(mem, ALG_RS256, RFC7515_A2_KEY), *ps = key_for_test(mem, ALG_PS256, RFC7515_A2_KEY),
	    *es = key_for_test(mem, ALG_ES256, RFC7515_A3_KEY);
	struct jwt t;

	NEED(rs != NULL && ps != NULL && es != NULL);
	EXPECT(!jwt_verify(mem, RING(rs), token_with_header(mem, ps, "{\"alg\":\"PS256\"}", S("{}")), &t));
	EXPECT(!jwt_verify(mem, RING(rs), token_with_header(mem, ps, "{\"alg\":\"RS256\"}", S("{}")), &t));
	EXPECT(!jwt_verify(mem, RING(rs, es), token_with_header(mem, rs, "{\"alg\":\"ES256\"}", S("{}")), &t));
	EXPECT(!jwt_verify(mem, RING(es), token_with_header(mem, es, "{\"alg\":\"EdDSA\"}", S("{}")), &t));
	/* One RSA key published for both: same kid, each token by its own algorithm. */
	EXPECT_STR(str_of(rs->kid), str_of(ps->kid));
	EXPECT(jwt_verify(mem, RING(rs, ps), token_with_header(mem, ps, "{\"alg\":\"PS256\"}", S("{}")), &t) && t.key == ps);
	EXPECT(jwt_verify(mem, RING(rs, ps), token_with_header(mem, rs, "{\"alg\":\"RS256\"}", S("{}")), &t) && t.key == rs);
}

/* J2: the classic forgery signs with the public key as an HMAC secret; and "none" needs no signature at all. */
TEST(none_and_hmac_do_not_exist)
{
	struct key *key = key_for_test(mem, ALG_RS256, RFC7515_A2_KEY);
	struct str text, pem;
	uint8_t mac[DIGEST_SIZE];
	struct jwt t;

	NEED(key != NULL);
	pem = key_public_pem(mem, key, false);
	text = ARENA_CAT(mem, b64url_encode(mem, S("{\"alg\":\"HS256\"}")), S("."), b64url_encode(mem, S("{}")));
	HMAC256(mac, pem, text);
	EXPECT(!jwt_verify(mem, RING(key), ARENA_CAT(mem, text, S("."), b64url_encode(mem, str_span(mac, sizeof mac))), &t));
	for (const char *const *h = (const char *const[]){ "{\"alg\":\"none\"}", "{\"alg\":\"None\"}", "{\"alg\":\"\"}", "{}", NULL }; *h; h++) {
		text = ARENA_CAT(mem, b64url_encode(mem, str_of(*h)), S("."), b64url_encode(mem, S("{}")), S("."));
		EXPECT(!jwt_verify(mem, RING(key), text, &t));
		EXPECT(!jwt_verify(mem, RING(key), token_with_header(mem, key, *h, S("{}")), &t));
	}
}

TEST(headers_are_read_strictly)
{
	static const char *const bad[] = {
		"{\"alg\":\"ES256\",\"crit\":[\"b64\"],\"b64\":false}", "{\"alg\":\"ES256\",\"crit\":[]}", "{\"alg\":\"ES256\",\"crit\":null}",
		"{\"alg\":\"ES256\",\"alg\":\"ES256\"}", "{\"alg\":[\"ES256\"]}", "{\"alg\":\"ES256\",\"kid\":7}", "{\"alg\":\"ES256\",\"typ\":null}",
		"{\"alg\":\"ES256\",\"kid\":\"\"}", "{\"alg\":\"ES256\",\"kid\":\"other\"}", "[\"ES256\"]", "\"ES256\"", "{\"alg\":\"ES256\"} x", "",
		"{\"alg\":\"ES256\",\"kid\":\"oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U=\"}",
	};
	static const char *const good[] = {
		"{\"alg\":\"ES256\"}", " {\"typ\":\"JWT\",\r\n \"alg\":\"ES256\"}", "{\"alg\":\"ES256\",\"jwk\":{\"kty\":\"oct\"},\"jku\":\"http://evil\"}",
		"{\"alg\":\"ES256\",\"kid\":\"oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U\"}",
	};
	struct key *key = key_for_test(mem, ALG_ES256, RFC7515_A3_KEY);
	struct jwt t = { .typ = S("untouched") };

	NEED(key != NULL);
	for (size_t i = 0; i < COUNT(bad); i++)
		if (jwt_verify(mem, RING(key), token_with_header(mem, key, bad[i], S("{}")), &t))
			test_fail(__FILE__, __LINE__, "'%s' was accepted", bad[i]);
	EXPECT_STR(t.typ, S("untouched"));
	for (size_t i = 0; i < COUNT(good); i++)
		if (!jwt_verify(mem, RING(key), token_with_header(mem, key, good[i], S("{}")), &t) || t.key != key)
			test_fail(__FILE__, __LINE__, "'%s' was refused", good[i]);
}

TEST(claims_are_an_object)
{
	static const char *const bad[] = { "", "[]", "1", "\"x\"", "null", "{", "{\"a\":1,\"a\":2}", "{}{}", "{\"s\":\"\\u0000\"}", "{\"s\":\"\xff\"}" };
	struct key *key = key_for_test(mem, ALG_EDDSA, RFC8037_KEY);
	struct jwt t;

	NEED(key != NULL);
	for (size_t i = 0; i < COUNT(bad); i++)
		EXPECT(!jwt_verify(mem, RING(key), token_with_header(mem, key, "{\"alg\":\"EdDSA\"}", str_of(bad[i])), &t));
}

TEST(shapes_that_are_no_token)
{
	static const char *const bad[] = { "", ".", "..", "...", "a.b", "a.b.c", "e30.e30", "e30.e30.", ".e30.e30", "e30..e30", "e30.e30.e30.e30", "e30=.e30=.e30=" };
	struct key *key = key_for_test(mem, ALG_EDDSA, RFC8037_KEY);
	struct jwt t;

	NEED(key != NULL);
	for (size_t i = 0; i < COUNT(bad); i++)
		EXPECT(!jwt_verify(mem, RING(key), str_of(bad[i]), &t));
	EXPECT(!jwt_verify(mem, RING(key), STR_ABSENT, &t));
	EXPECT(!jwt_peek(mem, S("a.b.c"), &t));
}

static struct str
claims_of_size(struct arena *mem, size_t n)
{
	char *p = arena_alloc(mem, n);

	memset(p, 'x', n);
	memcpy(p, "{\"s\":\"", 6);
	memcpy(p + n - 2, "\"}", 2);
	return str_span(p, n);
}

TEST(sizes)
{
	struct key *key = key_for_test(mem, ALG_RS256, RFC7515_A2_KEY);
	struct jwt_form form = { S("at+jwt"), true, STR_ABSENT };
	struct str token = S("untouched"), big;
	struct arena small;
	struct jwt t;

	NEED(key != NULL);
	EXPECT(!jwt_sign(mem, key, &form, claims_of_size(mem, JWT_CLAIMS_MAX + 1), &token));
	EXPECT_STR(token, S("untouched"));
	EXPECT(jwt_sign(mem, key, &form, claims_of_size(mem, JWT_CLAIMS_MAX), &token));
	EXPECT(token.n <= JWT_MAX);
	EXPECT(jwt_verify(mem, RING(key), token, &t));
	big = token_with_header(mem, key, "{\"alg\":\"RS256\"}", claims_of_size(mem, JWT_MAX));
	EXPECT(big.n > JWT_MAX);
	EXPECT(!jwt_verify(mem, RING(key), big, &t));
	form.jti = claims_of_size(mem, 2000);
	token = S("untouched");
	EXPECT(!jwt_sign(mem, key, &form, S("{}"), &token));
	arena_init(&small, 300);
	form.jti = STR_ABSENT;
	EXPECT(!jwt_sign(&small, key, &form, S("{}"), &token));
	EXPECT_STR(token, S("untouched"));
	arena_free(&small);
}

TEST(peek_reads_without_judging)
{
	struct jwt t;

	NEED(jwt_peek(mem, S("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJqb2UifQ."), &t));
	EXPECT(t.key == NULL);
	EXPECT_STR(t.typ, S("JWT"));
	EXPECT_STR(json_member_str(t.header, "alg"), S("none"));
	EXPECT_STR(json_member_str(t.claims, "sub"), S("joe"));
}
