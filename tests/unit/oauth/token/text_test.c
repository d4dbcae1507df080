/* The jti of 80 digits: looks random, leads to its family, and nobody else can make one. */
#include "../world.h"

static struct issuer
old_with_sealed_jtis(struct world *w)
{
	struct issuer i = w->legacy;

	w->old.token.jti_shape = JTI_HEX80;
	i.policy = &w->old;
	return i;
}

TEST(a_sealed_jti_leads_to_family_and_generation)
{
	static const int64_t generations[] = { 0, 1, 255, 65536, 0x7fffffff };
	struct world *w = world_new();
	struct issuer i = old_with_sealed_jtis(w);
	struct family f = { .id = id_new() };

	for (size_t k = 0; k < COUNT(generations); k++) {
		struct str one = jti_text(&i, mem, &f, generations[k], true), two = jti_text(&i, mem, &f, generations[k], true);
		struct id16 id = { { 0 } };
		int64_t generation = -2;

		EXPECT_INT(one.n, 80);
		EXPECT(!str_eq(one, two));
		EXPECT(!str_contains(one, hex_encode(mem, id_str(&f.id))));
		EXPECT_INT(jti_read(&i, one, &id, &generation), JTI_LEADS_TO_FAMILY);
		EXPECT_STR(id_str(&id), id_str(&f.id));
		EXPECT_INT(generation, generations[k]);
	}
	world_free(w);
}

TEST(a_sealed_jti_without_family_leads_nowhere)
{
	struct world *w = world_new();
	struct issuer i = old_with_sealed_jtis(w);
	struct id16 id;
	int64_t generation;

	for (int k = 0; k < 200; k++)
		EXPECT_INT(jti_read(&i, jti_text(&i, mem, NULL, 0, true), &id, &generation), JTI_LEADS_NOWHERE);
	world_free(w);
}

TEST(a_jti_that_was_not_sealed_here_is_foreign)
{
	struct world *w = world_new();
	struct issuer i = old_with_sealed_jtis(w), other = i;
	struct token_key stranger = w->token_keys[0];
	struct keyring ring = { .token_keys = &stranger, .n_token_keys = 1 };
	struct family f = { .id = id_new() };
	struct str good = jti_text(&i, mem, &f, 3, true);
	struct id16 id;
	int64_t generation;

	for (size_t k = 0; k < good.n; k++) {
		char *bad = arena_z(mem, good);

		bad[k] = bad[k] == '0' ? '1' : '0';
		EXPECT_INT(jti_read(&i, str_of(bad), &id, &generation), JTI_IS_FOREIGN);
		bad[k] = 'g';
		EXPECT_INT(jti_read(&i, str_of(bad), &id, &generation), JTI_IS_FOREIGN);
	}
	EXPECT_INT(jti_read(&i, str_sub(good, 0, 78), &id, &generation), JTI_IS_FOREIGN);
	EXPECT_INT(jti_read(&i, ARENA_CAT(mem, good, S("00")), &id, &generation), JTI_IS_FOREIGN);
	EXPECT_INT(jti_read(&i, STR_ABSENT, &id, &generation), JTI_IS_FOREIGN);
	stranger.secret[0] ^= 1;
	other.keys = &ring;
	EXPECT_INT(jti_read(&other, good, &id, &generation), JTI_IS_FOREIGN);
	world_free(w);
}

/* A refresh JWT names the access token beside it; by that the generation is known, in every shape of a jti. */
TEST(the_generation_of_a_refresh_jwt_is_told_by_its_ati)
{
	static const enum jti_shape shapes[] = { JTI_FAMILY, JTI_UUID, JTI_HEX80 };
	struct world *w = world_new();
	struct issuer i = w->legacy;
	struct family f = { .id = id_new(), .generation = 5 }, stranger = { .id = id_new(), .generation = 5 };

	w->old.refresh.shape = SHAPE_JWT;
	for (size_t k = 0; k < COUNT(shapes); k++) {
		w->old.token.jti_shape = shapes[k];
		EXPECT_INT(ati_generation(&i, mem, &f, jti_text(&i, mem, &f, 5, true)), 5);
		EXPECT_INT(ati_generation(&i, mem, &f, jti_text(&i, mem, &f, 4, true)), 4);
		EXPECT(ati_generation(&i, mem, &f, jti_text(&i, mem, &f, 3, true)) < 4);
		EXPECT_INT(ati_generation(&i, mem, &f, jti_text(&i, mem, &stranger, 5, true)), 0);
		EXPECT_INT(ati_generation(&i, mem, &f, S("of-an-old-server")), 0);
		EXPECT(!str_eq(jti_text(&i, mem, &f, 5, false), jti_text(&i, mem, &f, 5, false)));
	}
	world_free(w);
}

/* The former token key stands behind the new one. */
static void
token_key_replaced(struct world *w)
{
	w->token_keys[1] = w->token_keys[0];
	memset(w->token_keys[0].secret, 9, 32);
	w->ring.n_token_keys = 2;
}

TEST(texts_outlive_the_rotation_of_their_key_and_end_with_its_revocation)
{
	struct world *w = world_new();
	struct issuer *i = &w->modern;
	struct family f = { .id = id_new() };
	struct id16 row = id_new(), got;
	struct str access = access_text(i, mem, &row), refresh = refresh_text(i, mem, &f, 3);
	int64_t generation = 0;

	token_key_replaced(w);
	EXPECT(!str_eq(access, access_text(i, mem, &row)));
	EXPECT(access_text_read(i, access, &got) && str_eq(id_str(&got), id_str(&row)));
	EXPECT(access_text_read(i, access_text(i, mem, &row), &got));
	EXPECT(refresh_text_read(i, refresh, &got, &generation) && generation == 3);
	w->token_keys[1].revoked = true;
	EXPECT(!access_text_read(i, access, &got));
	EXPECT(!refresh_text_read(i, refresh, &got, &generation));
	EXPECT(access_text_read(i, access_text(i, mem, &row), &got));
	world_free(w);
}

/* Texts that are found by their digest: told again as they were, and withdrawn with their key; imported ones are neither. */
TEST(texts_found_by_digest_know_their_key)
{
	struct world *w = world_new();
	struct issuer *i = &w->legacy;
	struct token row = { .id = id_new(), .has_digest = true }, old = { .id = id_new(), .has_digest = true, .digest = { { 1 } } };
	struct family f = { .id = id_new(), .has_digest = true };
	struct str access, refresh;

	w->old.token.access_shape = w->old.refresh.shape = SHAPE_UUID;
	access = access_text(i, mem, &row.id);
	refresh = refresh_text(i, mem, &f, 0);
	row.digest = digest_of(i, S("access"), access);
	f.digest = digest_of(i, S("refresh"), refresh);
	token_key_replaced(w);
	EXPECT_STR(access_text_again(i, mem, &row), access);
	EXPECT_STR(refresh_text_again(i, mem, &f, 0), refresh);
	EXPECT(!str_given(access_text_again(i, mem, &old)));
	EXPECT(!text_is_withdrawn(i, SHAPE_UUID, mem, S("access"), &row.id, access));
	w->token_keys[1].revoked = true;
	EXPECT(!str_given(access_text_again(i, mem, &row)) && !str_given(refresh_text_again(i, mem, &f, 0)));
	EXPECT(text_is_withdrawn(i, SHAPE_UUID, mem, S("access"), &row.id, access));
	EXPECT(text_is_withdrawn(i, SHAPE_UUID, mem, S("refresh"), &f.id, refresh));
	EXPECT(!text_is_withdrawn(i, SHAPE_UUID, mem, S("access"), &old.id, S("of-an-old-server")));
	world_free(w);
}

/* A signature vouches for these; the token key only made them. */
TEST(ids_inside_of_signed_tokens_are_read_by_every_token_key)
{
	static const enum jti_shape shapes[] = { JTI_FAMILY, JTI_UUID, JTI_HEX80 };
	struct world *w = world_new();
	struct issuer *i = &w->legacy;
	struct family f = { .id = id_new(), .generation = 5 };
	struct str jti[COUNT(shapes)];

	w->old.refresh.shape = SHAPE_JWT;
	for (size_t k = 0; k < COUNT(shapes); k++) {
		w->old.token.jti_shape = shapes[k];
		jti[k] = jti_text(i, mem, &f, 4, true);
	}
	token_key_replaced(w);
	w->token_keys[1].revoked = true;
	for (size_t k = 0; k < COUNT(shapes); k++) {
		w->old.token.jti_shape = shapes[k];
		EXPECT_INT(ati_generation(i, mem, &f, jti[k]), 4);
	}
	world_free(w);
}
