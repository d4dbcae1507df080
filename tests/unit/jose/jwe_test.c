/* tests/unit/jose/jwe_test.c - what is encrypted opens, by published and foreign messages too; everything else does not, alike (J3). */
#include "keys.h"

#include "jose/jose_int.h"
#include "jwe_vectors.h"

static void jwe_key_drop(void *key) { jwe_key_free(key); }

static struct jwe_key *
own_key(struct arena *mem, const char *base64)
{
	struct str der;
	struct jwe_key *key = b64_decode(mem, str_of(base64), &der) ? jwe_key_from_der(der) : NULL;

	if (key != NULL)
		arena_defer(mem, jwe_key_drop, key);
	return key;
}

static struct jwe_key *
made_key(struct arena *mem, enum key_kind kind)
{
	struct jwe_key *key = jwe_key_generate(kind);

	if (key != NULL)
		arena_defer(mem, jwe_key_drop, key);
	return key;
}

static bool
opens(struct arena *mem, const struct jwe_key *key, struct str token, struct jwe *out)
{
	return jwe_decrypt(mem, &key, 1, token, out);
}

/* The public part as somebody else would read it. */
static struct jwks
public_of(struct arena *mem, const struct jwe_key *key)
{
	struct jwks set = { 0 };
	const char *why;
	struct buf b;

	buf_init(&b, mem, 8192);
	buf_put(&b, S("{\"keys\":["));
	jwe_key_put_jwk(&b, key);
	buf_put(&b, S("]}"));
	if (!jwks_read(mem, NULL, buf_str(&b), &set, &why))
		test_fail(__FILE__, __LINE__, "%.*s: %s", STR_ARG(buf_str(&b)), why);
	return set;
}

/* --- what others have made ------------------------------------------------------------------------------------------------------------- */

TEST(the_message_of_rfc_7516_a1)
{
	struct jwe_key *key = own_key(mem, RFC7516_A1_KEY);
	struct jwe j;

	NEED(key != NULL && opens(mem, key, S(RFC7516_A1_TOKEN), &j));
	EXPECT_STR(j.plain, S(RFC7516_A1_PLAIN));
	EXPECT(j.alg == JWE_RSA_OAEP && j.enc == ENC_A256GCM && j.key == key && !str_given(j.cty));
}

TEST(the_messages_of_rfc_7520)
{
	static const struct { const char *key, *kid, *token; } rows[] = {
		{ RFC7520_5_2_KEY, RFC7520_5_2_KID, RFC7520_5_2_TOKEN }, { RFC7520_5_4_KEY, RFC7520_5_4_KID, RFC7520_5_4_TOKEN },
		{ RFC7520_5_5_KEY, RFC7520_5_5_KID, RFC7520_5_5_TOKEN },
	};
	struct str plain;
	struct jwe j;

	NEED(b64_decode(mem, S(RFC7520_PLAIN), &plain));
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct jwe_key *key = own_key(mem, rows[i].key);

		NEED(key != NULL);
		EXPECT(!opens(mem, key, str_of(rows[i].token), &j));            /* another kid */
		snprintf(key->kid, sizeof key->kid, "%s", rows[i].kid);
		EXPECT(opens(mem, key, str_of(rows[i].token), &j));
		EXPECT_STR(j.plain, plain);
	}
}

TEST(the_agreement_of_rfc_7518_c)
{
	struct jwe_key *key = own_key(mem, RFC7518_C_KEY);
	struct jwe j;

	NEED(key != NULL && opens(mem, key, S(RFC7518_C_TOKEN), &j));
	EXPECT_STR(j.plain, S("for Bob"));
	EXPECT(j.alg == JWE_ECDH_ES && j.enc == ENC_A128GCM);
}

TEST(the_ciphers_of_rfc_7518_b)
{
	static const struct { enum jwe_enc enc; const char *text, *tag; } rows[] = {
		{ ENC_A128CBC_HS256, RFC7518_B1_TEXT, RFC7518_B1_TAG }, { ENC_A256CBC_HS512, RFC7518_B3_TEXT, RFC7518_B3_TAG },
	};
	struct jwe_content c = { .aad = S("The second principle of Auguste Kerckhoffs") };
	uint8_t cek[CEK_MAX];
	struct str plain;

	for (size_t i = 0; i < sizeof cek; i++)
		cek[i] = (uint8_t)i;
	NEED(hex_decode(mem, S("1af38c2dc2b96ffdd86694092341bc04"), &c.iv));
	for (size_t i = 0; i < COUNT(rows); i++) {
		NEED(hex_decode(mem, str_of(rows[i].text), &c.text) && hex_decode(mem, str_of(rows[i].tag), &c.tag));
		EXPECT(content_open(mem, rows[i].enc, cek, &c, &plain));
		EXPECT_STR(plain, S("A cipher system must not be required to be secret, and it must be able to fall into the hands of the enemy "
		    "without inconvenience"));
	}
}

TEST(every_pair_that_another_implementation_makes)
{
	const struct jwe_key *keys[KIND_COUNT] = { [KIND_RSA] = own_key(mem, RFC7516_A1_KEY), [KIND_P256] = own_key(mem, FOREIGN_P256_KEY),
		[KIND_P384] = own_key(mem, FOREIGN_P384_KEY), [KIND_P521] = own_key(mem, FOREIGN_P521_KEY) };

	EXPECT_INT(COUNT(foreign_jwe), JWE_ALG_COUNT * JWE_ENC_COUNT);
	for (size_t i = 0; i < COUNT(foreign_jwe); i++) {
		struct jwe j = { 0 };

		NEED(keys[foreign_jwe[i].kind] != NULL);
		/* all four are tried: the header has no kid */
		if (!jwe_decrypt(mem, keys, 4, str_of(foreign_jwe[i].token), &j))
			test_fail(__FILE__, __LINE__, "%s, %s", foreign_jwe[i].alg, foreign_jwe[i].enc);
		EXPECT_STR(j.plain, S("to one who may read it"));
		EXPECT_STR(j.cty, S("text"));
		EXPECT(j.key == keys[foreign_jwe[i].kind]);
		EXPECT(str_is(str_of(foreign_jwe[i].alg), jwe_alg_name(j.alg)) && str_is(str_of(foreign_jwe[i].enc), jwe_enc_name(j.enc)));
	}
}

/* --- what we make --------------------------------------------------------------------------------------------------------------------- */

TEST(every_pair_goes_round)
{
	static const enum key_kind kinds[] = { KIND_RSA, KIND_P256, KIND_P384, KIND_P521 };
	struct str sizes[] = { S(""), S("{}"), S("0123456789abcdef"), S("a.b.c and some more of it") };

	for (size_t k = 0; k < COUNT(kinds); k++) {
		struct jwe_key *key = made_key(mem, kinds[k]), *other = made_key(mem, kinds[k]);
		struct jwks set;

		NEED(key != NULL && other != NULL);
		set = public_of(mem, key);
		NEED(set.n == 1);
		for (int a = 0; a < JWE_ALG_COUNT; a++)
			for (int e = 0; e < JWE_ENC_COUNT; e++) {
				struct jwe_form form = { (enum jwe_alg)a, (enum jwe_enc)e, S("JWT"), S("JWT") };
				bool fits = (a <= JWE_RSA_OAEP_256) == (kinds[k] == KIND_RSA);
				struct str plain = sizes[(a + e) % 4], token = STR_ABSENT;
				struct jwe j;

				EXPECT(jwe_encrypt(mem, &set.at[0], &form, plain, &token) == fits);
				EXPECT((jwks_recipient(&set, form.alg) != NULL) == fits);
				if (!fits)
					continue;
				EXPECT(opens(mem, key, token, &j) && str_eq(j.plain, plain) && j.alg == form.alg && j.enc == form.enc);
				EXPECT_STR(j.typ, S("JWT"));
				EXPECT(!opens(mem, other, token, &j));
				memcpy(other->kid, key->kid, sizeof key->kid);          /* also when it bears the name */
				EXPECT(!opens(mem, other, token, &j));
			}
	}
}

TEST(the_largest_message)
{
	struct jwe_key *key = own_key(mem, RFC7516_A1_KEY);
	char *p = arena_alloc(mem, JWE_PLAIN_MAX + 1);
	struct jwe_form form = { JWE_RSA_OAEP_256, ENC_A256CBC_HS512, S("JWT"), S("JWT") };
	struct str token = S("untouched");
	struct jwks set;
	struct jwe j;

	NEED(key != NULL && p != NULL);
	set = public_of(mem, key);
	EXPECT(!jwe_encrypt(mem, &set.at[0], &form, str_span(p, JWE_PLAIN_MAX + 1), &token));
	EXPECT_STR(token, S("untouched"));
	EXPECT(jwe_encrypt(mem, &set.at[0], &form, str_span(p, JWE_PLAIN_MAX), &token));
	EXPECT(token.n <= JWE_MAX && opens(mem, key, token, &j) && j.plain.n == JWE_PLAIN_MAX);
}

TEST(names_of_encryption_go_round)
{
	static const char *const none[] = { "", "RSA1_5", "RSA-OAEP-384", "dir", "A128KW", "ECDH-ES+A192KW", "PBES2-HS256+A128KW", "rsa-oaep", "A192GCM", "none" };
	enum jwe_alg a;
	enum jwe_enc e;

	for (int i = 0; i < JWE_ALG_COUNT; i++)
		EXPECT(jwe_alg_read(str_of(jwe_alg_name((enum jwe_alg)i)), &a) && a == (enum jwe_alg)i);
	for (int i = 0; i < JWE_ENC_COUNT; i++)
		EXPECT(jwe_enc_read(str_of(jwe_enc_name((enum jwe_enc)i)), &e) && e == (enum jwe_enc)i);
	for (size_t i = 0; i < COUNT(none); i++)
		EXPECT(!jwe_alg_read(str_of(none[i]), &a) && !jwe_enc_read(str_of(none[i]), &e));
}

TEST(own_keys_are_stored_and_read_again)
{
	for (int k = 0; k < KIND_COUNT; k++) {
		struct jwe_key *key = made_key(mem, (enum key_kind)k), *again;
		struct buf b;

		EXPECT((key != NULL) == (k != KIND_ED25519));
		if (key == NULL)
			continue;
		again = jwe_key_from_der(jwe_key_private_der(mem, key));
		NEED(again != NULL);
		EXPECT(strcmp(again->kid, key->kid) == 0 && again->kind == key->kind);
		buf_init(&b, mem, 4096);
		jwe_key_put_jwk(&b, again);
		EXPECT_STR(json_member_str(json_read(mem, buf_str(&b)), "use"), S("enc"));
		EXPECT(json_object_get(json_read(mem, buf_str(&b)), "d") == NULL);
		jwe_key_free(again);
	}
	EXPECT(own_key(mem, RSA_1024_KEY) == NULL);
	EXPECT(own_key(mem, RFC8037_KEY) == NULL);
	EXPECT(jwe_key_from_der(S("x")) == NULL);
	jwe_key_free(NULL);
}

/* --- what does not open -------------------------------------------------------------------------------------------------------------------- */

TEST(a_message_that_was_changed_does_not_open)
{
	static const enum jwe_enc encs[] = { ENC_A128CBC_HS256, ENC_A256GCM };
	struct jwe_key *key = own_key(mem, FOREIGN_P256_KEY);
	struct jwks set;
	struct jwe j;

	NEED(key != NULL);
	set = public_of(mem, key);
	for (size_t e = 0; e < COUNT(encs); e++) {
		struct jwe_form form = { JWE_ECDH_ES_A128KW, encs[e], STR_ABSENT, STR_ABSENT };
		struct str token;
		char *bytes;

		NEED(jwe_encrypt(mem, &set.at[0], &form, S("{\"admin\":false}"), &token));
		bytes = (char *)(uintptr_t)token.p;
		for (size_t i = 0; i < token.n; i++)
			for (const char *c = "A_.="; *c; c++) {
				char was = bytes[i];

				bytes[i] = *c;
				if (*c != was && opens(mem, key, token, &j))
					test_fail(__FILE__, __LINE__, "byte %zu as '%c' went unseen", i, *c);
				bytes[i] = was;
			}
		for (size_t n = 0; n < token.n; n += 7)
			EXPECT(!opens(mem, key, str_sub(token, 0, n), &j));
		EXPECT(opens(mem, key, token, &j));
		for (const char *const *more = (const char *const[]){ "A", ".", ".A", "\n", "=", NULL }; *more; more++)
			EXPECT(!opens(mem, key, ARENA_CAT(mem, token, str_of(*more)), &j));
	}
}

/* One of its five parts instead of the own one. */
static struct str
with_part(struct arena *mem, struct str token, int part, struct str text)
{
	struct str out = S("");

	for (int i = 0; i < 5; i++) {
		struct str own = str_cut(&token, '.');

		out = ARENA_CAT(mem, out, i == part ? text : own, i < 4 ? S(".") : S(""));
	}
	return out;
}

/*
 * J3: an encrypted key that does not open ends like a tag that does not fit, after the cipher has run under a random key. What
 * jwe_keys_open says of it is that it goes on.
 */
TEST(a_wrapped_key_that_does_not_open_goes_on_with_a_random_one)
{
	struct jwe_key *rsa = own_key(mem, RFC7516_A1_KEY), *ec = own_key(mem, FOREIGN_P256_KEY), *sender = made_key(mem, KIND_P256);
	struct jwe_keys k = { .alg = JWE_RSA_OAEP, .enc = ENC_A128GCM }, again;
	uint8_t zeros[CEK_MAX] = { 0 };

	NEED(rsa != NULL && ec != NULL && sender != NULL);
	for (size_t n = 0; n < 300; n += 51) {
		k.sealed = str_span(arena_alloc(mem, n + 1), n);
		again = k;
		EXPECT(jwe_keys_open(&k, rsa->pkey, KIND_RSA, NULL) && jwe_keys_open(&again, rsa->pkey, KIND_RSA, NULL));
		EXPECT(k.cek_n == 16 && memcmp(k.cek, zeros, 16) != 0 && memcmp(k.cek, again.cek, 16) != 0);
	}
	k = (struct jwe_keys){ .alg = JWE_ECDH_ES_A256KW, .enc = ENC_A256CBC_HS512, .sealed = str_span(zeros, 64) };
	EXPECT(!jwe_keys_open(&k, ec->pkey, KIND_P256, sender->pkey));          /* of another length */
	k.sealed = str_span(arena_alloc(mem, 72), 72);
	EXPECT(jwe_keys_open(&k, ec->pkey, KIND_P256, sender->pkey));
	EXPECT(k.cek_n == 64 && memcmp(k.cek, zeros, 64) != 0);
}

TEST(an_encrypted_key_of_another_length_does_not_open)
{
	struct jwe_key *key = own_key(mem, RFC7516_A1_KEY);
	struct jwe_keys k = { .alg = JWE_RSA_OAEP, .enc = ENC_A128GCM };
	struct str token = S(RFC7516_A1_TOKEN);
	EVP_PKEY *none;
	struct jwe j;

	NEED(key != NULL && jwe_keys_make(mem, &k, key->pkey, KIND_RSA, &none));
	EXPECT(!opens(mem, key, with_part(mem, token, 1, b64url_encode(mem, k.sealed)), &j));           /* 16 bytes for A256GCM */
	for (int part = 1; part < 5; part++)
		EXPECT(!opens(mem, key, with_part(mem, token, part, S("")), &j));
	EXPECT(!opens(mem, key, with_part(mem, S(RFC7518_C_TOKEN), 1, S("AAAA")), &j));
	EXPECT(!opens(mem, key, with_part(mem, token, 2, b64url_encode(mem, S("0123456789abcdef"))), &j));     /* an IV of 16 */
	EXPECT(!opens(mem, key, with_part(mem, token, 4, S("XFBoMYUZodetZdvTiFvSkQAA")), &j));                /* a longer tag */
	EXPECT(!opens(mem, key, with_part(mem, token, 4, S("XFBoMYUZodetZdvTiFv")), &j));                    /* a shorter one */
}

/* The whole message under a header of the test's own: what is wrong is the header, not the seal. */
static struct str
agreed(struct arena *mem, const struct jwe_key *to, const char *before, const char *epk, const char *after)
{
	struct str header = arena_printf(mem, "{%s\"epk\":%s%s}", before, epk, after);
	struct jwe_content c = { .aad = b64url_encode(mem, header) };
	struct jwe_keys k = { .alg = JWE_ECDH_ES, .enc = ENC_A128GCM };
	enum key_kind kind;
	const char *why;
	EVP_PKEY *peer = jwk_read(mem, NULL, json_read(mem, str_of(epk)), &kind, &why);

	if (peer != NULL)
		jwe_keys_open(&k, to->pkey, to->kind, peer);
	EVP_PKEY_free(peer);
	content_seal(mem, k.enc, k.cek, S("x"), &c);
	return ARENA_CAT(mem, c.aad, S(".."), b64url_encode(mem, c.iv), S("."), b64url_encode(mem, c.text), S("."), b64url_encode(mem, c.tag));
}

#define EPK "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0\",\"y\":\"SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps\"}"
#define ALGS "\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\","

TEST(headers_of_messages_are_read_strictly)
{
	static const struct { const char *before, *epk, *after; } bad[] = {
		{ ALGS "\"crit\":[\"exp\"],\"exp\":1,", EPK, "" }, { ALGS "\"crit\":[],", EPK, "" }, { ALGS "\"crit\":null,", EPK, "" },
		{ ALGS "\"zip\":\"DEF\",", EPK, "" }, { ALGS "\"zip\":null,", EPK, "" },
		{ ALGS "\"alg\":\"ECDH-ES\",", EPK, "" }, { ALGS, EPK, ",\"enc\":\"A128GCM\"" }, { ALGS, EPK, ",\"epk\":" EPK },
		{ "\"alg\":[\"ECDH-ES\"],\"enc\":\"A128GCM\",", EPK, "" }, { "\"alg\":\"ECDH-ES\",", EPK, "" }, { "\"enc\":\"A128GCM\",", EPK, "" },
		{ "\"alg\":\"dir\",\"enc\":\"A128GCM\",", EPK, "" }, { "\"alg\":\"RSA1_5\",\"enc\":\"A128GCM\",", EPK, "" },
		{ "\"alg\":\"ECDH-ES\",\"enc\":\"A192GCM\",", EPK, "" }, { "\"alg\":\"ecdh-es\",\"enc\":\"A128GCM\",", EPK, "" },
		{ "\"alg\":\"PBES2-HS256+A128KW\",\"p2c\":2147483647,\"enc\":\"A128GCM\",", EPK, "" },
		{ ALGS "\"kid\":7,", EPK, "" }, { ALGS "\"kid\":\"other\",", EPK, "" }, { ALGS "\"typ\":[],", EPK, "" }, { ALGS "\"cty\":null,", EPK, "" },
		{ ALGS "\"apu\":\"a+b\",", EPK, "" }, { ALGS "\"apu\":7,", EPK, "" }, { ALGS "\"apv\":\"Qm9i=\",", EPK, "" },
		{ ALGS, "null", "" }, { ALGS, "\"x\"", "" }, { ALGS, "{}", "" },
		{ ALGS, "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0\",\"y\":\"SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps\","
		    "\"d\":\"0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo\"}", "" },
		{ ALGS, "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}", "" },
	};
	struct jwe_key *key = own_key(mem, RFC7518_C_KEY);
	struct jwe j;

	NEED(key != NULL);
	EXPECT(opens(mem, key, agreed(mem, key, ALGS, EPK, ""), &j));
	EXPECT(opens(mem, key, agreed(mem, key, ALGS "\"cty\":\"JWT\",\"jwk\":{\"kty\":\"oct\"},\"jku\":\"http://evil\",\"p2c\":1,", EPK, ""), &j));
	for (size_t i = 0; i < COUNT(bad); i++)
		if (opens(mem, key, agreed(mem, key, bad[i].before, bad[i].epk, bad[i].after), &j))
			test_fail(__FILE__, __LINE__, "{%s\"epk\":%s%s} was accepted", bad[i].before, bad[i].epk, bad[i].after);
}

/* The points by which a private key is found out bit by bit: off the curve, of another curve, no point at all. */
TEST(points_off_the_curve_are_refused)
{
	static const char *const bad[] = {
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0\",\"y\":\"SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps0\"}",
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0\",\"y\":\"SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFppw\"}",
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\",\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"}",
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"_____________________________________________\",\"y\":\"_____________________________________________\"}",
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0\"}", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"\",\"y\":\"\"}",
		"{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0\",\"y\":\"SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps\"}",
	};
	struct jwe_key *key = own_key(mem, RFC7518_C_KEY), *larger = made_key(mem, KIND_P384);
	struct jwe j;

	NEED(key != NULL && larger != NULL);
	for (size_t i = 0; i < COUNT(bad); i++)
		EXPECT(!opens(mem, key, agreed(mem, key, ALGS, bad[i], ""), &j));
	EXPECT(!opens(mem, larger, S(RFC7518_C_TOKEN), &j));                    /* a point of another curve than ours */
}

TEST(messages_that_are_none)
{
	static const char *const bad[] = { "", ".", "....", "a.b.c.d.e", "e30....", "e30.e30.e30.e30.e30", "e30.e30.e30", "e30.e30.e30.e30.e30.e30", "bnVsbA....", "W10...." };
	struct jwe_key *key = own_key(mem, RFC7518_C_KEY);
	char *large = arena_alloc(mem, JWE_MAX + 1);
	struct jwe j;

	NEED(key != NULL && large != NULL);
	for (size_t i = 0; i < COUNT(bad); i++)
		EXPECT(!opens(mem, key, str_of(bad[i]), &j));
	EXPECT(!opens(mem, key, STR_ABSENT, &j));
	EXPECT(!jwe_decrypt(mem, NULL, 0, S(RFC7518_C_TOKEN), &j));
	memset(large, 'A', JWE_MAX + 1);
	EXPECT(!opens(mem, key, str_span(large, JWE_MAX + 1), &j));
	EXPECT(!opens(mem, key, with_part(mem, S(RFC7518_C_TOKEN), 3, str_span(large, JWE_MAX)), &j));
	memset(large, ' ', JWE_HEADER_MAX + 1);                                 /* a header that is right, and long */
	large[JWE_HEADER_MAX] = '\0';
	EXPECT(opens(mem, key, agreed(mem, key, ALGS, EPK, arena_z(mem, str_span(large, 1000))), &j));
	EXPECT(!opens(mem, key, agreed(mem, key, ALGS, EPK, large), &j));
}
