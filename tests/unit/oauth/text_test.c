/* The jti of 80 digits: looks random, leads to its family, and nobody else can make one. */
#include "world.h"

static struct issuer
old_with_sealed_jtis(struct world *w)
{
	struct issuer i = w->legacy;

	w->old.jti_shape = JTI_HEX80;
	i.law = &w->old;
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
	struct keyring ring = w->ring;
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
	ring.token_key[0] ^= 1;
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

	w->old.refresh_shape = SHAPE_JWT;
	for (size_t k = 0; k < COUNT(shapes); k++) {
		w->old.jti_shape = shapes[k];
		EXPECT_INT(ati_generation(&i, mem, &f, jti_text(&i, mem, &f, 5, true)), 5);
		EXPECT_INT(ati_generation(&i, mem, &f, jti_text(&i, mem, &f, 4, true)), 4);
		EXPECT(ati_generation(&i, mem, &f, jti_text(&i, mem, &f, 3, true)) < 4);
		EXPECT_INT(ati_generation(&i, mem, &f, jti_text(&i, mem, &stranger, 5, true)), 0);
		EXPECT_INT(ati_generation(&i, mem, &f, S("of-an-old-server")), 0);
		EXPECT(!str_eq(jti_text(&i, mem, &f, 5, false), jti_text(&i, mem, &f, 5, false)));
	}
	world_free(w);
}
