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

/* --- what must never verify, by every algorithm ------------------------------------------------------------------------------------------- */

/* A header with %s for the algorithm; claims; whether the signature is that of a stranger. */
struct forged { const char *what, *header, *claims; bool strange; };

#define DEEP "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"
static const struct forged forgeries[] = {
	{ "no algorithm", "{\"typ\":\"JWT\"}", "{}", false },
	{ "none", "{\"alg\":\"none\"}", "{}", false },
	{ "None", "{\"alg\":\"nOnE\"}", "{}", false },
	{ "a list of algorithms", "{\"alg\":[\"%s\"]}", "{}", false },
	{ "an algorithm in small letters and blanks", "{\"alg\":\" %s\"}", "{}", false },
	{ "HMAC", "{\"alg\":\"HS256\"}", "{}", false },
	{ "the algorithm twice", "{\"alg\":\"none\",\"alg\":\"%s\"}", "{}", false },
	{ "crit that is not known", "{\"alg\":\"%s\",\"crit\":[\"exp\"],\"exp\":1}", "{}", false },
	{ "crit of RFC 7797", "{\"alg\":\"%s\",\"crit\":[\"b64\"],\"b64\":false}", "{}", false },
	{ "crit that is empty", "{\"alg\":\"%s\",\"crit\":[]}", "{}", false },
	{ "kid twice", "{\"alg\":\"%s\",\"kid\":\"a\",\"kid\":\"a\"}", "{}", false },
	{ "kid that is no text", "{\"alg\":\"%s\",\"kid\":{}}", "{}", false },
	{ "kid that is a path", "{\"alg\":\"%s\",\"kid\":\"../../dev/null\"}", "{}", false },
	{ "typ that is no text", "{\"alg\":\"%s\",\"typ\":[\"JWT\"]}", "{}", false },
	{ "a deep header", "{\"alg\":\"%s\",\"x\":" DEEP "}", "{}", false },
	{ "a header that is a list", "[{\"alg\":\"%s\"}]", "{}", false },
	{ "text behind the header", "{\"alg\":\"%s\"}{}", "{}", false },
	{ "claims twice", "{\"alg\":\"%s\"}", "{\"sub\":\"a\",\"sub\":\"b\"}", false },
	{ "claims twice, deeper", "{\"alg\":\"%s\"}", "{\"a\":{\"sub\":\"a\",\"sub\":\"b\"}}", false },
	{ "deep claims", "{\"alg\":\"%s\"}", "{\"x\":" DEEP "}", false },
	{ "claims that are a list", "{\"alg\":\"%s\"}", "[{}]", false },
	{ "claims that are no UTF-8", "{\"alg\":\"%s\"}", "{\"sub\":\"\xc0\xaf\"}", false },
	{ "claims with a NUL", "{\"alg\":\"%s\"}", "{\"sub\":\"a\\u0000b\"}", false },
	{ "a stranger's key", "{\"alg\":\"%s\"}", "{}", true },
	{ "a stranger's key in jwk", "{\"alg\":\"%s\",\"jwk\":@}", "{}", true },
	{ "a stranger's key at jku", "{\"alg\":\"%s\",\"jku\":\"https://evil.example/jwks\"}", "{}", true },
	{ "a stranger's key at x5u", "{\"alg\":\"%s\",\"x5u\":\"https://evil.example/cert.pem\"}", "{}", true },
	{ "a stranger's key in x5c", "{\"alg\":\"%s\",\"x5c\":[\"MIIB\"],\"x5t\":\"AAAA\"}", "{}", true },
};

/* %s: the algorithm; @: the public part of the key that signs. */
static const char *
header_text(struct arena *mem, const char *form, const struct key *key)
{
	struct buf b, jwk;

	buf_init(&b, mem, 8192);
	buf_init(&jwk, mem, 8192);
	key_put_jwk(&jwk, key);
	for (; *form; form++) {
		if (*form == '%') {
			buf_put(&b, str_of(alg_name(key->alg)));
			form++;
		} else if (*form == '@') {
			buf_put(&b, buf_str(&jwk));
		} else {
			buf_putc(&b, *form);
		}
	}
	return arena_z(mem, buf_str(&b));
}

/* As a client's key set has it, without its algorithm. */
static struct jwks
set_with(struct arena *mem, const struct key *key)
{
	struct jwks set = { 0 };
	const char *why;
	struct buf b;

	buf_init(&b, mem, 8192);
	buf_put(&b, S("{\"keys\":["));
	key_put_jwk(&b, key);
	buf_put(&b, S("]}"));
	if (jwks_read(mem, NULL, buf_str(&b), &set, &why))
		set.at[0].alg = STR_ABSENT;
	return set;
}

/* J1 and J2 by each algorithm, of our own keys and of a client's. */
TEST(no_forgery_verifies_by_any_algorithm)
{
	for (int a = 0; a < ALG_COUNT; a++) {
		struct key *key = key_for_test(mem, (enum jose_alg)a, NULL), *evil = key_for_test(mem, (enum jose_alg)a, NULL);
		struct jwks set;
		struct jwt t;

		NEED(key != NULL && evil != NULL);
		set = set_with(mem, key);
		NEED(set.n == 1);
		EXPECT(jwt_verify(mem, RING(key), token_with_header(mem, key, header_text(mem, "{\"alg\":\"%s\"}", key), S("{}")), &t));
		EXPECT(jwks_verify(mem, &set, BIT(a), token_with_header(mem, key, header_text(mem, "{\"alg\":\"%s\"}", key), S("{}")), &t));
		for (size_t i = 0; i < COUNT(forgeries); i++) {
			const struct forged *f = &forgeries[i];
			const struct key *by = f->strange ? evil : key;
			struct str token = token_with_header(mem, by, header_text(mem, f->header, by), str_of(f->claims));

			if (jwt_verify(mem, RING(key), token, &t) || jwks_verify(mem, &set, BIT(ALG_COUNT) - 1, token, &t))
				test_fail(__FILE__, __LINE__, "%s: %s was accepted", alg_name((enum jose_alg)a), f->what);
		}
	}
}

/* The same signature under the name of every other algorithm, with the one key published for both. */
TEST(no_algorithm_passes_for_another)
{
	for (int a = 0; a < ALG_COUNT; a++) {
		struct key *key = key_for_test(mem, (enum jose_alg)a, NULL);
		struct jwks set;
		struct jwt t;

		NEED(key != NULL);
		set = set_with(mem, key);
		NEED(set.n == 1);
		for (int b = 0; b < ALG_COUNT; b++) {
			const char *header = arena_z(mem, arena_printf(mem, "{\"alg\":\"%s\"}", alg_name((enum jose_alg)b)));
			struct str token = token_with_header(mem, key, header, S("{}"));

			EXPECT(jwt_verify(mem, RING(key), token, &t) == (a == b));
			EXPECT(jwks_verify(mem, &set, BIT(ALG_COUNT) - 1, token, &t) == (a == b));
		}
	}
}

/* J2: each public key, in both spellings, as an HMAC secret. */
TEST(no_public_key_is_a_secret)
{
	for (int a = 0; a < ALG_COUNT; a++) {
		struct key *key = key_for_test(mem, (enum jose_alg)a, NULL);
		struct str secrets[3], text = ARENA_CAT(mem, b64url_encode(mem, S("{\"alg\":\"HS256\"}")), S("."), b64url_encode(mem, S("{}")));
		struct buf jwk;
		struct jwks set;
		struct jwt t;

		NEED(key != NULL);
		set = set_with(mem, key);
		buf_init(&jwk, mem, 8192);
		key_put_jwk(&jwk, key);
		secrets[0] = key_public_pem(mem, key, false);
		secrets[1] = key_public_pem(mem, key, true);
		secrets[2] = buf_str(&jwk);
		for (size_t i = 0; i < COUNT(secrets); i++) {
			uint8_t mac[DIGEST_SIZE];
			struct str token;

			HMAC256(mac, secrets[i], text);
			token = ARENA_CAT(mem, text, S("."), b64url_encode(mem, str_span(mac, sizeof mac)));
			EXPECT(!jwt_verify(mem, RING(key), token, &t));
			EXPECT(!jwks_verify(mem, &set, BIT(ALG_COUNT) - 1, token, &t));
		}
	}
}

/* The last character of a part has spare bits: one token must have one text. Standard base64 and padding are others. */
TEST(base64url_is_canonical_by_every_algorithm)
{
	for (int a = 0; a < ALG_COUNT; a++) {
		struct key *key = key_for_test(mem, (enum jose_alg)a, NULL);
		struct str token;
		struct jwks set;
		struct jwt t;

		NEED(key != NULL && jwt_sign(mem, key, &(struct jwt_form){ .typ = S("JWT") }, S("{\"a\":\"?>?>\"}"), &token));
		set = set_with(mem, key);
		for (int c = 0; c < 128; c++) {
			char *copy = arena_alloc(mem, token.n);
			struct str other = str_span(copy, token.n);

			memcpy(copy, token.p, token.n);
			copy[token.n - 1] = (char)c;
			EXPECT((jwt_verify(mem, RING(key), other, &t) && jwks_verify(mem, &set, BIT(a), other, &t)) == str_eq(other, token));
		}
		for (const char *const *more = (const char *const[]){ "=", "==", " ", "\r\n", "\t", NULL }; *more; more++) {
			EXPECT(!jwt_verify(mem, RING(key), ARENA_CAT(mem, token, str_of(*more)), &t));
			EXPECT(!jwks_verify(mem, &set, BIT(a), ARENA_CAT(mem, str_of(*more), token), &t));
		}
	}
}

/* typ is judged by whoever knows what is wanted; it is told exactly. */
TEST(typ_is_told_as_it_is)
{
	static const char *const types[] = { "JWT", "at+jwt", "application/at+jwt", "jwt", "logout+jwt", "" };
	struct key *key = key_for_test(mem, ALG_ES384, NULL);
	struct jwks set;
	struct jwt t;

	NEED(key != NULL);
	set = set_with(mem, key);
	for (size_t i = 0; i < COUNT(types); i++) {
		const char *header = arena_z(mem, arena_printf(mem, "{\"alg\":\"ES384\",\"typ\":\"%s\"}", types[i]));

		EXPECT(jwt_verify(mem, RING(key), token_with_header(mem, key, header, S("{}")), &t));
		EXPECT_STR(t.typ, str_of(types[i]));
		EXPECT(jwks_verify(mem, &set, BIT(ALG_ES384), token_with_header(mem, key, header, S("{}")), &t));
		EXPECT_STR(t.typ, str_of(types[i]));
	}
	EXPECT(jwt_verify(mem, RING(key), token_with_header(mem, key, "{\"alg\":\"ES384\"}", S("{}")), &t) && !str_given(t.typ));
}
