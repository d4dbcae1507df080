/* tests/unit/jose/jwks_test.c - the keys of a client: what is read, what is refused, which key is meant. */
#include "keys.h"

#include "jose/jose_int.h"

/* The public half of a signing key with members of the test's own instead of use, kid and alg. */
static struct str
published(struct arena *mem, const struct key *key, const char *more)
{
	json_t *o;
	struct buf b;
	char *text;

	buf_init(&b, mem, 8192);
	key_put_jwk(&b, key);
	o = json_read(mem, buf_str(&b));
	for (const char *const *m = (const char *const[]){ "use", "kid", "alg", NULL }; *m; m++)
		json_object_del(o, *m);
	text = json_dumps(o, JSON_COMPACT);
	b.n = 0;
	buf_printf(&b, "%.*s%s}", (int)strlen(text) - 1, text, more);
	free(text);
	return arena_dup(mem, buf_str(&b));
}

static bool
set_of(struct arena *mem, struct jwks *set, const char **why, struct str keys)
{
	return jwks_read(mem, NULL, ARENA_CAT(mem, S("{\"keys\":["), keys, S("]}")), set, why);
}

#define RFC7517_A1_EC "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\",\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\",\"use\":\"enc\",\"kid\":\"1\"}"
#define RSA_N "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknj" \
	"hMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajr" \
	"n1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
#define RFC7517_A1_RSA "{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQAB\",\"alg\":\"RS256\",\"kid\":\"2011-04-29\"}"

TEST(the_set_of_rfc_7517_a1)
{
	struct jwks set;
	const char *why = "";

	NEED(set_of(mem, &set, &why, S(RFC7517_A1_EC "," RFC7517_A1_RSA)));
	EXPECT_INT(set.n, 2);
	EXPECT(set.at[0].kind == KIND_P256 && set.at[0].encrypts && !set.at[0].verifies);
	EXPECT_STR(set.at[0].kid, S("1"));
	EXPECT(!str_given(set.at[0].alg));
	EXPECT(set.at[1].kind == KIND_RSA && set.at[1].verifies);
	EXPECT_STR(set.at[1].alg, S("RS256"));
	EXPECT(jwks_recipient(&set, JWE_ECDH_ES) == &set.at[0] && jwks_recipient(&set, JWE_RSA_OAEP) == NULL);
}

/* RFC 7517 section 5: what is not understood is left out. J4: beside the public numbers nothing is looked at. */
TEST(strange_keys_are_left_out)
{
	struct jwks set;
	const char *why = "";

	NEED(set_of(mem, &set, &why, S("{\"kty\":\"new\"},{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"AA\",\"y\":\"AA\"},{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"AA\"},"
	    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\",\"x5c\":[\"evil\"],\"x5u\":\"http://evil\",\"jku\":7}")));
	EXPECT_INT(set.n, 1);
	EXPECT(set.at[0].kind == KIND_ED25519);
	NEED(set_of(mem, &set, &why, S("")));
	EXPECT_INT(set.n, 0);
	EXPECT(jwks_recipient(&set, JWE_ECDH_ES) == NULL);
}

TEST(private_keys_are_refused)
{
	static const char *const members[] = { "d", "p", "q", "dp", "dq", "qi", "oth", "k" };
	struct jwks set = { .n = 7 };
	const char *why = "";

	for (size_t i = 0; i < COUNT(members); i++) {
		EXPECT(!set_of(mem, &set, &why, arena_printf(mem, "{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQAB\",\"%s\":\"AA\"}", members[i])));
		EXPECT(str_contains(str_of(why), S("public keys only")));
	}
	EXPECT(!set_of(mem, &set, &why, S(RFC7517_A1_EC ",{\"kty\":\"oct\",\"k\":\"c2VjcmV0\"}")));
	EXPECT(str_contains(str_of(why), S("public keys only")));
	EXPECT_INT(set.n, 7);
}

TEST(malformed_keys_are_refused)
{
	static const struct { const char *key, *why; } rows[] = {
		{ "{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}", "2048 to 8192" }, { "{\"kty\":\"RSA\",\"e\":\"AQAB\"}", "2048 to 8192" },
		{ "{\"kty\":\"RSA\",\"n\":\"" RSA_N "\"}", "2048 to 8192" }, { "{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQ\"}", "RFC 7518" },
		{ "{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"Ag\"}", "RFC 7518" }, { "{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AAEAAQ\"}", "RFC 7518" },
		{ "{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQAAAAAAAAAB\"}", "RFC 7518" }, { "{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":65537}", "RFC 7518" },
		{ "{\"kty\":\"RSA\",\"n\":\"" RSA_N "=\",\"e\":\"AQAB\"}", "RFC 7518" }, { "{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"\"}", "RFC 7518" },
		{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\",\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyI\"}", "on their curve" },
		{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\"}", "RFC 7518" },
		{ "{\"kty\":\"EC\",\"crv\":\"P-521\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\",\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\"}", "RFC 7518" },
		{ "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUQ\"}", "RFC 7518" },
		{ "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}", "on their curve" },
		{ "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA\"}", "on their curve" },
		{ "\"key\"", "with a kty" }, { "[]", "with a kty" }, { "null", "with a kty" }, { "{}", "with a kty" }, { "{\"kty\":7}", "with a kty" },
		{ "{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQAB\",\"kid\":7}", "texts as kid" }, { "{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQAB\",\"alg\":[]}", "texts as kid" },
		{ "{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQAB\",\"use\":null}", "texts as kid" }, { "{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQAB\",\"key_ops\":\"verify\"}", "texts as kid" },
	};
	struct jwks set;
	const char *why = "";

	for (size_t i = 0; i < COUNT(rows); i++) {
		if (set_of(mem, &set, &why, str_of(rows[i].key)))
			test_fail(__FILE__, __LINE__, "%s was taken", rows[i].key);
		else if (!str_contains(str_of(why), str_of(rows[i].why)))
			test_fail(__FILE__, __LINE__, "%s: %s", rows[i].key, why);
	}
}

TEST(texts_that_are_no_set)
{
	static const char *const bad[] = { "", "{}", "[]", "null", "{\"keys\":{}}", "{\"keys\":\"x\"}", "{\"keys\":[]", "{\"keys\":[],\"keys\":[]}", "{\"keys\":[]}x",
		"{\"keys\":[{\"kty\":\"EC\",\"kty\":\"EC\"}]}" };
	struct buf b;
	struct jwks set;
	const char *why = "";

	for (size_t i = 0; i < COUNT(bad); i++) {
		EXPECT(!jwks_read(mem, NULL, str_of(bad[i]), &set, &why));
		EXPECT(str_contains(str_of(why), S("an object with an array keys")));
	}
	for (int n = JWKS_KEYS_MAX; n <= JWKS_KEYS_MAX + 1; n++) {
		buf_init(&b, mem, JSON_READ_MAX);
		for (int i = 0; i < n; i++)
			buf_put(&b, i > 0 ? S("," RFC7517_A1_EC) : S(RFC7517_A1_EC));
		EXPECT(set_of(mem, &set, &why, buf_str(&b)) == (n == JWKS_KEYS_MAX));
	}
	EXPECT(str_contains(str_of(why), S("at most 32 keys")));
	buf_init(&b, mem, 2 * JSON_READ_MAX);
	buf_printf(&b, "{\"keys\":[],\"x\":\"%*s\"}", JSON_READ_MAX, "");
	EXPECT(!jwks_read(mem, NULL, buf_str(&b), &set, &why));
	b.n = 0;
	buf_put(&b, S("{\"keys\":"));
	for (int i = 0; i < 40; i++)
		buf_putc(&b, '[');
	for (int i = 0; i < 40; i++)
		buf_putc(&b, ']');
	buf_putc(&b, '}');
	EXPECT(!jwks_read(mem, NULL, buf_str(&b), &set, &why));
}

/* --- which key is meant ----------------------------------------------------------------------------------------------------------------- */

static struct str
signed_by(struct arena *mem, const struct key *key, const char *header)
{
	struct str text = ARENA_CAT(mem, b64url_encode(mem, str_of(header)), S("."), b64url_encode(mem, S("{\"sub\":\"joe\"}")));
	uint8_t sig[SIG_MAX];

	return jws_sign(key, text, sig) ? ARENA_CAT(mem, text, S("."), b64url_encode(mem, str_span(sig, key_own(key)->sig_n))) : STR_ABSENT;
}

TEST(every_algorithm_is_verified_by_a_clients_key)
{
	for (int a = 0; a < ALG_COUNT; a++) {
		struct key *key = key_for_test(mem, (enum jose_alg)a, NULL), *other = key_for_test(mem, (enum jose_alg)a, NULL);
		struct jwks set, wrong;
		const char *why = "";
		struct str token;
		struct jwt t;

		NEED(key != NULL && other != NULL && set_of(mem, &set, &why, ARENA_CAT(mem, published(mem, other, ""), S(","), published(mem, key, ""))));
		NEED(set_of(mem, &wrong, &why, published(mem, other, "")));
		NEED(jwt_sign(mem, key, &(struct jwt_form){ .typ = S("JWT"), .with_kid = true }, S("{\"sub\":\"joe\"}"), &token));
		EXPECT(jwks_verify(mem, &set, BIT(a), token, &t));
		EXPECT_STR(json_member_str(t.claims, "sub"), S("joe"));
		EXPECT(t.key == NULL && str_is(t.typ, "JWT"));
		EXPECT(!jwks_verify(mem, &set, (BIT(ALG_COUNT) - 1) & ~BIT(a), token, &t));       /* J1: what the caller does not take */
		EXPECT(!jwks_verify(mem, &wrong, BIT(a), token, &t));
		EXPECT(!jwks_verify(mem, &set, BIT(a), str_sub(token, 0, token.n - 1), &t));
	}
}

TEST(kid_alg_and_use_say_which_key)
{
	struct key *key = key_for_test(mem, ALG_RS256, RFC7515_A2_KEY);
	static const struct { const char *members, *header; bool good; } rows[] = {
		{ "", "{\"alg\":\"RS256\"}", true }, { "", "{\"alg\":\"RS256\",\"kid\":\"a\"}", true },
		{ ",\"kid\":\"a\"", "{\"alg\":\"RS256\"}", true }, { ",\"kid\":\"a\"", "{\"alg\":\"RS256\",\"kid\":\"a\"}", true },
		{ ",\"kid\":\"b\"", "{\"alg\":\"RS256\",\"kid\":\"a\"}", false },
		{ ",\"alg\":\"RS256\"", "{\"alg\":\"RS256\"}", true }, { ",\"alg\":\"RS384\"", "{\"alg\":\"RS256\"}", false },
		{ ",\"alg\":\"RSA-OAEP\"", "{\"alg\":\"RS256\"}", false }, { ",\"use\":\"sig\"", "{\"alg\":\"RS256\"}", true }, { ",\"use\":\"enc\"", "{\"alg\":\"RS256\"}", false },
		{ ",\"key_ops\":[\"verify\"]", "{\"alg\":\"RS256\"}", true }, { ",\"key_ops\":[\"encrypt\"]", "{\"alg\":\"RS256\"}", false }, { ",\"key_ops\":[]", "{\"alg\":\"RS256\"}", false },
		{ "", "{\"alg\":\"RS512\"}", false }, { "", "{\"alg\":\"PS256\"}", false }, { "", "{\"alg\":\"ES256\"}", false }, { "", "{\"alg\":\"HS256\"}", false },
	};
	struct jwks set;
	const char *why = "";
	struct jwt t;

	NEED(key != NULL);
	for (size_t i = 0; i < COUNT(rows); i++) {
		NEED(set_of(mem, &set, &why, published(mem, key, rows[i].members)));
		if (jwks_verify(mem, &set, BIT(ALG_COUNT) - 1, signed_by(mem, key, rows[i].header), &t) != rows[i].good)
			test_fail(__FILE__, __LINE__, "%s, %s", rows[i].members, rows[i].header);
	}
}

TEST(the_key_to_encrypt_to)
{
	struct key *rsa = key_for_test(mem, ALG_RS256, RFC7515_A2_KEY), *ec = key_for_test(mem, ALG_ES384, NULL), *ed = key_for_test(mem, ALG_EDDSA, RFC8037_KEY);
	static const struct { const char *members; bool oaep, oaep_256; } rows[] = {
		{ "", true, true }, { ",\"use\":\"enc\"", true, true }, { ",\"use\":\"sig\"", false, false }, { ",\"alg\":\"RSA-OAEP\"", true, false },
		{ ",\"alg\":\"RS256\"", false, false }, { ",\"key_ops\":[\"wrapKey\"]", true, true }, { ",\"key_ops\":[\"encrypt\"]", true, true }, { ",\"key_ops\":[\"verify\"]", false, false },
	};
	struct jwks set;
	const char *why = "";

	NEED(rsa != NULL && ec != NULL && ed != NULL);
	for (size_t i = 0; i < COUNT(rows); i++) {
		NEED(set_of(mem, &set, &why, published(mem, rsa, rows[i].members)));
		EXPECT((jwks_recipient(&set, JWE_RSA_OAEP) != NULL) == rows[i].oaep);
		EXPECT((jwks_recipient(&set, JWE_RSA_OAEP_256) != NULL) == rows[i].oaep_256);
		EXPECT(jwks_recipient(&set, JWE_ECDH_ES) == NULL);
	}
	/* one made for the algorithm comes before one that only fits */
	NEED(set_of(mem, &set, &why, ARENA_CAT(mem, published(mem, ed, ""), S(","), published(mem, ec, ",\"kid\":\"any\""), S(","),
	    published(mem, ec, ",\"kid\":\"made\",\"alg\":\"ECDH-ES+A256KW\""))));
	EXPECT_STR(jwks_recipient(&set, JWE_ECDH_ES)->kid, S("any"));
	EXPECT_STR(jwks_recipient(&set, JWE_ECDH_ES_A256KW)->kid, S("made"));
}
