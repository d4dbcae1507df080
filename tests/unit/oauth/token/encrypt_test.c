/* A token goes out encrypted to the client that has registered for it, or not at all. OpenID Connect Core 2 and 10.2. */
#include "../world.h"
#include "jose/jwe.h"
#include "oauth/client_metadata.h"

static void key_drop(void *key) { jwe_key_free(key); }

/* Its public part as a client registers it. */
static struct str
jwks_of(struct arena *mem, const struct jwe_key *key)
{
	struct buf b;

	buf_init(&b, mem, 8192);
	buf_put(&b, S("{\"keys\":["));
	jwe_key_put_jwk(&b, key);
	buf_put(&b, S("]}"));
	return buf_str(&b);
}

static const struct client *
client_with(struct world *w, struct arena *mem, const struct client_metadata *m)
{
	struct client *k = arena_new(mem, struct client);

	*k = *realm_client(w->realm, S("api"));
	k->registered = m;
	return k;
}

TEST(an_encrypted_token_opens_by_the_clients_key_alone)
{
	static const enum key_kind kinds[] = { KIND_RSA, KIND_P256, KIND_P521 };
	static const char *const encs[] = { "", "A256CBC-HS512", "A128GCM", "A256GCM" };
	struct world *w = world_new();
	struct call c = call_at(w, &w->modern, mem);

	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct jwe_key *key = jwe_key_generate(kinds[i]), *other = jwe_key_generate(kinds[i]);
		struct client_metadata m = { 0 };

		NEED(key != NULL && other != NULL && arena_defer(mem, key_drop, key) && arena_defer(mem, key_drop, other));
		m.jwks = jwks_of(mem, key);
		c.client = client_with(w, mem, &m);
		for (int a = 0; a < JWE_ALG_COUNT; a++)
			for (size_t e = 0; e < COUNT(encs); e++) {
				struct str token = S("e30.e30.AA");
				bool fits = (a <= JWE_RSA_OAEP_256) == (kinds[i] == KIND_RSA);
				struct jwe j;

				EXPECT(token_encrypt(&c, c.client, str_of(jwe_alg_name((enum jwe_alg)a)), str_of(encs[e]), true, &token) == fits);
				if (!fits)
					continue;
				EXPECT(jwe_decrypt(mem, (const struct jwe_key *const *)&key, 1, token, &j));
				EXPECT_STR(j.plain, S("e30.e30.AA"));
				EXPECT_STR(j.cty, S("JWT"));
				EXPECT(str_is(str_of(*encs[e] ? encs[e] : "A128CBC-HS256"), jwe_enc_name(j.enc)));
				EXPECT(!jwe_decrypt(mem, (const struct jwe_key *const *)&other, 1, token, &j));
			}
	}
	world_free(w);
}

TEST(nothing_goes_out_in_the_clear_that_was_to_be_encrypted)
{
	static const char *const sets[] = { "", "{\"keys\":[]}", "{\"keys\":7}",
		"{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}" };
	struct world *w = world_new();

	for (size_t i = 0; i < COUNT(sets); i++) {
		struct client_metadata m = { .jwks = str_of(sets[i]) };
		struct call c = call_at(w, &w->modern, mem);
		struct str token = S("e30.e30.AA");

		c.client = client_with(w, mem, &m);
		EXPECT(token_encrypt(&c, c.client, STR_ABSENT, S("A128GCM"), true, &token) && str_is(token, "e30.e30.AA"));
		EXPECT(!token_encrypt(&c, c.client, S("ECDH-ES"), S("A128GCM"), true, &token));
		EXPECT_INT(c.why, R_INTERNAL);
		EXPECT(!token_encrypt(&c, c.client, S("RSA1_5"), S(""), true, &token) && !token_encrypt(&c, c.client, S("ECDH-ES"), S("A192GCM"), true, &token));
	}
	world_free(w);
}
