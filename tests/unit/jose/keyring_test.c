/* tests/unit/jose/keyring_test.c - which key signs, and what is published. RFC 7517 section 5. */
#include "keys.h"

TEST(the_set_holds_every_state)
{
	struct key *a = key_for_test(mem, ALG_ES256, NULL), *b = key_for_test(mem, ALG_EDDSA, NULL), *c = key_for_test(mem, ALG_RS256, NULL);
	json_t *set, *keys;

	NEED(a != NULL && b != NULL && c != NULL);
	a->state = KEY_COMING;
	c->state = KEY_RETIRED;
	set = json_read(mem, keyring_jwks(mem, RING(a, b, c)));
	keys = json_object_get(set, "keys");
	NEED(json_array_size(keys) == 3);
	EXPECT_STR(json_member_str(json_array_get(keys, 0), "kid"), str_of(a->kid));
	EXPECT_STR(json_member_str(json_array_get(keys, 2), "kid"), str_of(c->kid));
	EXPECT_STR(keyring_jwks(mem, &(struct keyring){ 0 }), S("{\"keys\":[]}"));
}

TEST(nothing_private_is_published)
{
	struct key *rsa = key_for_test(mem, ALG_RS256, NULL), *ec = key_for_test(mem, ALG_ES256, NULL), *ed = key_for_test(mem, ALG_EDDSA, NULL);
	static const char *const private[] = { "d", "p", "q", "dp", "dq", "qi", "k", "oth" };
	json_t *keys;

	NEED(rsa != NULL && ec != NULL && ed != NULL);
	keys = json_object_get(json_read(mem, keyring_jwks(mem, RING(rsa, ec, ed))), "keys");
	NEED(json_array_size(keys) == 3);
	for (size_t i = 0; i < 3; i++)
		for (size_t k = 0; k < COUNT(private); k++)
			EXPECT(json_object_get(json_array_get(keys, i), private[k]) == NULL);
}

TEST(the_newest_active_key_signs)
{
	struct key *old = key_for_test(mem, ALG_ES256, NULL), *new = key_for_test(mem, ALG_ES256, NULL), *coming = key_for_test(mem, ALG_ES256, NULL);

	NEED(old != NULL && new != NULL && coming != NULL);
	old->active_s = 100;
	new->active_s = 200;
	coming->active_s = 300;
	coming->state = KEY_COMING;
	EXPECT(keyring_signer(RING(new, old, coming), ALG_ES256) == new);
	EXPECT(keyring_signer(RING(coming, old, new), ALG_ES256) == new);
	EXPECT(keyring_signer(RING(old, new), ALG_RS256) == NULL);
	new->state = old->state = KEY_RETIRED;
	EXPECT(keyring_signer(RING(old, new, coming), ALG_ES256) == NULL);
}

TEST(retired_keys_still_verify)
{
	struct key *old = key_for_test(mem, ALG_ES256, NULL), *new = key_for_test(mem, ALG_ES256, NULL);
	struct str token;
	struct jwt t;

	NEED(old != NULL && new != NULL);
	NEED(jwt_sign(mem, old, &(struct jwt_form){ S("JWT"), true, STR_ABSENT }, S("{}"), &token));
	old->state = KEY_RETIRED;
	EXPECT(jwt_verify(mem, RING(new, old), token, &t) && t.key == old);
}
