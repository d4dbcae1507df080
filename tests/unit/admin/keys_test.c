/* tests/unit/admin/keys_test.c - the life of signing keys: made, published, active, retired, gone; sealed under the right key only. */
#include "../test.h"
#include "admin/admin.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW INT64_C(1800000000)
#define DAY 86400
static const uint8_t kek[32] = { 1, 2, 3 };
static const struct key_rules rules = { ALG_ES256, 90 * DAY, DAY, 30 * DAY };

static struct store *
fresh_store(struct arena *mem, char dir[64])
{
	struct str why = STR_ABSENT;
	struct store_conf sc = { .readers = 1 };

	snprintf(dir, 64, "/tmp/hufu-keys-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return NULL;
	sc.path = str_of(dir);
	return store_open(&sc, mem, &why);
}

static void
drop_store(struct store *s, const char *dir)
{
	char command[128];

	store_close(s);
	snprintf(command, sizeof command, "rm -rf '%s'", dir);
	EXPECT_INT(system(command), 0);
}

static struct keyring *
load(struct store *s, struct arena *mem, int64_t now)
{
	struct str why = STR_ABSENT;
	struct keyring *r = keys_load(s, kek, S("one"), &rules, now, mem, &why);

	if (r == NULL)
		printf("keys_load: %.*s\n", STR_ARG(why));
	return r;
}

static int
count_state(const struct keyring *r, enum key_state state)
{
	int n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += r->keys[i]->state == state;
	return n;
}

TEST(first_key_signs_at_once_and_stays)
{
	char dir[64];
	struct store *s = fresh_store(mem, dir);
	struct keyring *a, *b;
	struct str token;

	NEED(s != NULL);
	a = load(s, mem, NOW);
	NEED(a != NULL);
	EXPECT_INT(a->n, 1);
	NEED(keyring_signer(a, ALG_ES256) != NULL);
	EXPECT(jwt_sign(mem, keyring_signer(a, ALG_ES256), &(struct jwt_form){ .typ = S("JWT"), .with_kid = true }, S("{}"), &token));
	b = load(s, mem, NOW + 10);
	NEED(b != NULL);
	EXPECT_INT(b->n, 1);
	EXPECT(strcmp(a->keys[0]->kid, b->keys[0]->kid) == 0);
	EXPECT(memcmp(a->token_key, b->token_key, 32) == 0);
	EXPECT(memcmp(a->token_key, (uint8_t[32]){ 0 }, 32) != 0);
	EXPECT(jwt_verify(mem, b, token, &(struct jwt){ 0 }));
	keyring_free(a);
	keyring_free(b);
	drop_store(s, dir);
}

TEST(issuers_have_their_own)
{
	char dir[64];
	struct store *s = fresh_store(mem, dir);
	struct str why;
	struct keyring *a, *b;

	NEED(s != NULL);
	a = keys_load(s, kek, S("one"), &rules, NOW, mem, &why);
	b = keys_load(s, kek, S("two"), &rules, NOW, mem, &why);
	NEED(a != NULL && b != NULL);
	EXPECT(strcmp(a->keys[0]->kid, b->keys[0]->kid) != 0);
	EXPECT(memcmp(a->token_key, b->token_key, 32) != 0);
	keyring_free(a);
	keyring_free(b);
	drop_store(s, dir);
}

TEST(rotation_on_schedule)
{
	static const struct step { int64_t day; int coming, active, retired; } steps[] = {
		{ 0, 0, 1, 0 }, { 88, 0, 1, 0 }, { 89, 1, 1, 0 }, { 90, 0, 1, 1 }, { 119, 0, 1, 1 }, { 120, 0, 1, 0 },
	};
	char dir[64], first[44] = "", second[44] = "";
	struct store *s = fresh_store(mem, dir);

	NEED(s != NULL);
	for (size_t i = 0; i < COUNT(steps); i++) {
		struct keyring *r = load(s, mem, NOW + steps[i].day * DAY);

		NEED(r != NULL);
		if (count_state(r, KEY_COMING) != steps[i].coming || count_state(r, KEY_ACTIVE) != steps[i].active || count_state(r, KEY_RETIRED) != steps[i].retired)
			test_fail(__FILE__, __LINE__, "day %d: %d coming, %d active, %d retired", (int)steps[i].day, count_state(r, KEY_COMING), count_state(r, KEY_ACTIVE), count_state(r, KEY_RETIRED));
		if (i == 0)
			memcpy(first, keyring_signer(r, ALG_ES256)->kid, 44);
		if (steps[i].day == 89)
			EXPECT(strcmp(first, keyring_signer(r, ALG_ES256)->kid) == 0);
		if (steps[i].day == 90)
			memcpy(second, keyring_signer(r, ALG_ES256)->kid, 44);
		keyring_free(r);
	}
	EXPECT(strcmp(first, second) != 0);
	drop_store(s, dir);
}

TEST(rotation_on_command)
{
	char dir[64];
	struct store *s = fresh_store(mem, dir);
	struct str kid = STR_ABSENT, later = STR_ABSENT, why = STR_ABSENT;
	struct keyring *r;

	NEED(s != NULL);
	keyring_free(load(s, mem, NOW));
	EXPECT(keys_rotate(s, kek, S("one"), &rules, true, NOW + 5, mem, &kid, &why));
	r = load(s, mem, NOW + 5);
	NEED(r != NULL);
	EXPECT_INT(r->n, 2);
	EXPECT(str_is(kid, keyring_signer(r, ALG_ES256)->kid));
	keyring_free(r);
	EXPECT(keys_rotate(s, kek, S("one"), &rules, false, NOW + 10, mem, &later, &why));
	r = load(s, mem, NOW + 10);
	NEED(r != NULL);
	EXPECT(str_is(kid, keyring_signer(r, ALG_ES256)->kid));         /* published, but not signing yet */
	EXPECT_INT(count_state(r, KEY_COMING), 1);
	keyring_free(r);
	r = load(s, mem, NOW + 10 + DAY);
	NEED(r != NULL);
	EXPECT(str_is(later, keyring_signer(r, ALG_ES256)->kid));
	EXPECT_INT(count_state(r, KEY_RETIRED), 2);
	keyring_free(r);
	drop_store(s, dir);
}

TEST(another_algorithm_takes_over)
{
	char dir[64];
	struct store *s = fresh_store(mem, dir);
	struct key_rules eddsa = rules;
	struct str why;
	struct keyring *r;

	NEED(s != NULL);
	keyring_free(load(s, mem, NOW));
	eddsa.alg = ALG_EDDSA;
	r = keys_load(s, kek, S("one"), &eddsa, NOW + 1, mem, &why);
	NEED(r != NULL);
	EXPECT(keyring_signer(r, ALG_EDDSA) != NULL);
	EXPECT(keyring_signer(r, ALG_ES256) == NULL);
	EXPECT_INT(count_state(r, KEY_RETIRED), 1);                     /* what it signed can still be verified */
	keyring_free(r);
	drop_store(s, dir);
}

TEST(wrong_kek_changes_nothing)
{
	static const uint8_t other[32] = { 9 };
	char dir[64];
	struct store *s = fresh_store(mem, dir);
	struct key_row rows[8];
	struct str why = STR_ABSENT, kid;

	NEED(s != NULL);
	keyring_free(load(s, mem, NOW));
	EXPECT(keys_load(s, other, S("one"), &rules, NOW + 200 * DAY, mem, &why) == NULL);
	EXPECT(str_contains(why, S("key-encryption key")));
	EXPECT(!keys_rotate(s, other, S("one"), &rules, true, NOW, mem, &kid, &why));
	EXPECT_INT(store_keys(s, mem, S("one"), 8, rows), 2);
	drop_store(s, dir);
}

TEST(private_parts_are_sealed)
{
	char dir[64];
	struct store *s = fresh_store(mem, dir);
	struct key_row rows[8];
	struct keyring *r;
	int n;

	NEED(s != NULL);
	r = load(s, mem, NOW);
	NEED(r != NULL);
	n = store_keys(s, mem, S("one"), 8, rows);
	EXPECT_INT(n, 2);
	for (int i = 0; i < n; i++) {
		EXPECT(!str_contains(rows[i].sealed, str_span(r->token_key, 32)));
		EXPECT(!str_contains(rows[i].sealed, key_private_der(mem, r->keys[0])));
	}
	keyring_free(r);
	drop_store(s, dir);
}

TEST(kek_file_is_made_once)
{
	char dir[] = "/tmp/hufu-kek-XXXXXX";
	struct str file, why = STR_ABSENT;
	uint8_t a[32], b[32];
	struct stat st;

	NEED(mkdtemp(dir) != NULL);
	file = arena_printf(mem, "%s/kek", dir);
	EXPECT(!kek_read(mem, file, STR_ABSENT, a, &why));
	EXPECT(str_contains(why, S("No such file")));
	EXPECT(kek_make(file, mem, &why));
	EXPECT(kek_read(mem, file, STR_ABSENT, a, &why));
	EXPECT(kek_make(file, mem, &why));
	EXPECT(kek_read(mem, file, STR_ABSENT, b, &why));
	EXPECT(memcmp(a, b, 32) == 0);
	EXPECT(stat(arena_z(mem, file), &st) == 0 && (st.st_mode & 0777) == 0600);
	unlink(arena_z(mem, file));
	rmdir(dir);
}

TEST(kek_text_forms)
{
	uint8_t k[32];
	struct str why = STR_ABSENT;

	EXPECT(kek_read(mem, STR_ABSENT, S("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"), k, &why));
	EXPECT_INT(k[31], 31);
	EXPECT(kek_read(mem, STR_ABSENT, S("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"), k, &why));
	EXPECT_INT(k[31], 31);
	EXPECT(!kek_read(mem, STR_ABSENT, S("too short"), k, &why));
	EXPECT(str_contains(why, S("64 hex digits")));
	EXPECT(!str_contains(why, S("too short")));                     /* a mistyped key is a secret still */
}

TEST(a_key_of_ones_own_signs_at_once_and_only_once)
{
	struct str why = STR_ABSENT, kid = STR_ABSENT, again = STR_ABSENT;
	struct key *own = key_generate(ALG_ES256), *rsa = key_generate(ALG_RS256);
	struct str der = key_private_der(mem, own);
	char dir[64];
	struct store *s = fresh_store(mem, dir);
	struct keyring *ring;

	NEED(s != NULL);
	keyring_free(keys_load(s, kek, S("a"), &rules, 1000, mem, &why));
	EXPECT(keys_import(s, kek, S("a"), &rules, der, 1000 + 5, mem, &kid, &why));
	EXPECT(keys_import(s, kek, S("a"), &rules, der, 1000 + 6, mem, &again, &why));
	EXPECT_STR(kid, again);
	ring = keys_load(s, kek, S("a"), &rules, 1000 + 7, mem, &why);
	NEED(ring != NULL);
	EXPECT_INT(ring->n, 2);
	EXPECT_STR(str_of(keyring_signer(ring, ALG_ES256)->kid), kid);
	EXPECT(!keys_import(s, kek, S("a"), &rules, key_private_der(mem, rsa), 1000 + 8, mem, &kid, &why));
	EXPECT(str_contains(why, S("ES256")));
	keyring_free(ring);
	key_free(own);
	key_free(rsa);
	drop_store(s, dir);
}
