/* tests/unit/jose/key_memory_test.c - a key that is known is the one that its numbers make, and nobody else's. */
#include "../test.h"
#include "jose/jose_int.h"

/* A public key, and its JWK. */
static json_t *
jwk_by(struct arena *mem, struct key *key)
{
	json_t *jwk = NULL;
	struct buf b;

	buf_init(&b, mem, 4096);
	if (key != NULL) {
		key_put_jwk(&b, key);
		jwk = json_read(mem, buf_str(&b));
	}
	key_free(key);
	return jwk;
}

static json_t *
jwk_new(struct arena *mem)
{
	return jwk_by(mem, key_generate(ALG_ES256));
}

static EVP_PKEY *
read_by(struct arena *mem, struct key_memory *m, const json_t *jwk)
{
	enum key_kind kind;
	const char *why;

	return jwk_read(mem, m, jwk, &kind, &why);
}

TEST(a_key_is_made_once)
{
	struct key_memory *m = key_memory_new(64);
	json_t *one = jwk_new(mem), *other = jwk_new(mem);
	EVP_PKEY *a, *b, *c;

	NEED(m != NULL && one != NULL && other != NULL);
	a = read_by(mem, m, one);
	b = read_by(mem, m, one);
	c = read_by(mem, m, other);
	EXPECT(a != NULL && a == b);
	EXPECT(c != NULL && c != a && EVP_PKEY_eq(a, c) != 1);
	EVP_PKEY_free(a);
	EVP_PKEY_free(b);
	EVP_PKEY_free(c);
	key_memory_free(m);
}

TEST(what_is_no_key_is_not_remembered)
{
	struct key_memory *m = key_memory_new(64);
	json_t *jwk = jwk_new(mem);

	NEED(m != NULL && jwk != NULL);
	json_object_set(jwk, "y", json_object_get(jwk, "x"));           /* not on the curve */
	for (int i = 0; i < 2; i++)
		EXPECT(read_by(mem, m, jwk) == NULL);
	key_memory_free(m);
}

TEST(a_private_key_is_refused_though_its_public_part_is_known)
{
	struct key_memory *m = key_memory_new(64);
	json_t *jwk = jwk_new(mem);
	EVP_PKEY *known;

	NEED(m != NULL && jwk != NULL);
	known = read_by(mem, m, jwk);
	EXPECT(known != NULL);
	json_object_set_new(jwk, "d", json_string("AQAB"));
	EXPECT(read_by(mem, m, jwk) == NULL);
	EVP_PKEY_free(known);
	key_memory_free(m);
}

TEST(more_keys_than_there_is_room_for)
{
	struct key_memory *m = key_memory_new(1);
	json_t *jwk[16];

	NEED(m != NULL);
	for (size_t i = 0; i < COUNT(jwk); i++)
		NEED((jwk[i] = jwk_new(mem)) != NULL);
	for (int round = 0; round < 3; round++)
		for (size_t i = 0; i < COUNT(jwk); i++) {
			EVP_PKEY *with = read_by(mem, m, jwk[i]), *without = read_by(mem, NULL, jwk[i]);

			EXPECT(with != NULL && without != NULL && EVP_PKEY_eq(with, without) == 1);
			EVP_PKEY_free(with);
			EVP_PKEY_free(without);
		}
	key_memory_free(m);
}

/* RFC 7638 of a JWK as it is written is that of its key, which its kid says. */
TEST(a_thumbprint_of_each_kind_by_its_jwk)
{
	static const enum jose_alg algs[] = { ALG_RS256, ALG_ES256, ALG_ES384, ALG_ES512, ALG_EDDSA };

	for (size_t i = 0; i < COUNT(algs); i++) {
		json_t *jwk = jwk_by(mem, key_generate(algs[i]));
		enum key_kind kind = KIND_COUNT;
		char kid[44] = "";
		EVP_PKEY *pkey;
		const char *why;

		NEED(jwk != NULL);
		pkey = jwk_read(mem, NULL, jwk, &kind, &why);
		EXPECT(pkey != NULL && jwk_thumbprint(mem, jwk, kind, kid));
		EXPECT_STR(str_of(kid), json_member_str(jwk, "kid"));
		EVP_PKEY_free(pkey);
	}
}
