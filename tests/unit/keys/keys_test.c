/* tests/unit/keys/keys_test.c - the life of signing keys: made, published, active, retired, gone; sealed under the right key only. */
#include "../test.h"
#include "keys/keys.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW INT64_C(1800000000)
#define DAY 86400
static const uint8_t kek[32] = { 1, 2, 3 };
static const struct key_rules rules = { ALG_ES256, 90 * DAY, DAY, 30 * DAY, 60 * DAY };

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

static bool
rotate(struct store *s, bool now, int64_t now_s, struct arena *mem, struct str *kid)
{
	struct str why = STR_ABSENT;

	return keys_do(s, kek, &rules, &(struct key_order){ .what = KEY_ROTATE, .issuer = S("one"), .now = now }, now_s, mem, kid, &why);
}

static bool
import(struct store *s, const struct str *der, int64_t now_s, struct arena *mem, struct str *kid, struct str *why)
{
	return keys_do(s, kek, &rules, &(struct key_order){ .what = KEY_IMPORT, .issuer = S("a"), .der = *der }, now_s, mem, kid, why);
}

static bool
withdraw(struct store *s, struct str kid, int64_t now_s, struct arena *mem, struct str *instead)
{
	struct str why = STR_ABSENT;

	return keys_do(s, kek, &rules, &(struct key_order){ .what = KEY_REVOKE, .issuer = S("one"), .kid = kid }, now_s, mem, instead, &why);
}

static bool
rotate_token_key(struct store *s, int64_t now_s, struct arena *mem, struct str *kid)
{
	struct str why = STR_ABSENT;

	return keys_do(s, kek, &rules, &(struct key_order){ .what = KEY_ROTATE_TOKEN_KEY, .issuer = S("one") }, now_s, mem, kid, &why);
}

static bool
has_kid(const struct keyring *r, struct str kid)
{
	for (size_t i = 0; i < r->n; i++)
		if (str_is(kid, r->keys[i]->kid))
			return true;
	return false;
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
	EXPECT(memcmp(&a->token_keys[0], &b->token_keys[0], 32) == 0);
	EXPECT(memcmp(a->token_keys[0].secret, (uint8_t[32]){ 0 }, 32) != 0);
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
	EXPECT(memcmp(&a->token_keys[0], &b->token_keys[0], 32) != 0);
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
	struct str kid = STR_ABSENT, later = STR_ABSENT;
	struct keyring *r;

	NEED(s != NULL);
	keyring_free(load(s, mem, NOW));
	EXPECT(rotate(s, true, NOW + 5, mem, &kid));
	r = load(s, mem, NOW + 5);
	NEED(r != NULL);
	EXPECT_INT(r->n, 2);
	EXPECT(str_is(kid, keyring_signer(r, ALG_ES256)->kid));
	keyring_free(r);
	EXPECT(rotate(s, false, NOW + 10, mem, &later));
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
	EXPECT(!keys_do(s, other, &rules, &(struct key_order){ .what = KEY_ROTATE, .issuer = S("one"), .now = true }, NOW, mem, &kid, &why));
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
		EXPECT(!str_contains(rows[i].sealed, str_span(r->token_keys[0].secret, 32)));
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
	struct str own_key = key_private_der(mem, own), rsa_key = key_private_der(mem, rsa);
	char dir[64];
	struct store *s = fresh_store(mem, dir);
	struct keyring *ring;

	NEED(s != NULL);
	keyring_free(keys_load(s, kek, S("a"), &rules, 1000, mem, &why));
	EXPECT(import(s, &own_key, 1000 + 5, mem, &kid, &why));
	EXPECT(import(s, &own_key, 1000 + 6, mem, &again, &why));
	EXPECT_STR(kid, again);
	ring = keys_load(s, kek, S("a"), &rules, 1000 + 7, mem, &why);
	NEED(ring != NULL);
	EXPECT_INT(ring->n, 2);
	EXPECT_STR(str_of(keyring_signer(ring, ALG_ES256)->kid), kid);
	EXPECT(!import(s, &rsa_key, 1000 + 8, mem, &kid, &why));
	EXPECT(str_contains(why, S("ES256")));
	keyring_free(ring);
	key_free(own);
	key_free(rsa);
	drop_store(s, dir);
}

TEST(a_revoked_key_is_gone_at_once_and_never_comes_back)
{
	char dir[64];
	struct store *s = fresh_store(mem, dir);
	struct str kid = STR_ABSENT, instead = STR_ABSENT, again = STR_ABSENT, token, why = STR_ABSENT, der;
	struct keyring *r;

	NEED(s != NULL && (r = load(s, mem, NOW)) != NULL);
	kid = arena_dup(mem, str_of(r->keys[0]->kid));
	der = key_private_der(mem, r->keys[0]);
	EXPECT(jwt_sign(mem, r->keys[0], &(struct jwt_form){ .typ = S("JWT"), .with_kid = true }, S("{}"), &token));
	keyring_free(r);
	EXPECT(withdraw(s, kid, NOW + 1, mem, &instead));
	EXPECT(!str_eq(kid, instead));
	r = load(s, mem, NOW + 2);
	NEED(r != NULL);
	EXPECT_INT(r->n, 1);
	EXPECT(str_is(instead, keyring_signer(r, ALG_ES256)->kid));
	EXPECT(!str_contains(keyring_jwks(mem, r), kid));
	EXPECT(!jwt_verify(mem, r, token, &(struct jwt){ 0 }));
	keyring_free(r);
	EXPECT(withdraw(s, kid, NOW + 3, mem, &again));                   /* again changes nothing */
	EXPECT(!keys_do(s, kek, &rules, &(struct key_order){ .what = KEY_IMPORT, .issuer = S("one"), .der = der }, NOW + 4, mem, &again, &why));
	EXPECT(str_contains(why, S("revoked")));
	r = load(s, mem, NOW + 4000 * INT64_C(86400));                  /* the mark outlives everything */
	NEED(r != NULL && !has_kid(r, kid));
	keyring_free(r);
	EXPECT(!keys_do(s, kek, &rules, &(struct key_order){ .what = KEY_IMPORT, .issuer = S("one"), .der = der }, NOW + 4001 * INT64_C(86400), mem, &again, &why));
	EXPECT(!withdraw(s, S("nobody"), NOW, mem, &again));
	drop_store(s, dir);
}

TEST(the_coming_key_takes_the_place_of_a_revoked_one)
{
	char dir[64];
	struct store *s = fresh_store(mem, dir);
	struct str coming = STR_ABSENT, instead = STR_ABSENT;
	struct keyring *r;

	NEED(s != NULL && (r = load(s, mem, NOW)) != NULL);
	EXPECT(rotate(s, false, NOW, mem, &coming));
	EXPECT(withdraw(s, str_of(r->keys[0]->kid), NOW + 1, mem, &instead));
	EXPECT_STR(instead, coming);
	keyring_free(r);
	drop_store(s, dir);
}

/* A tick that read the row before the revocation must not write it back. */
TEST(a_row_that_was_revoked_meanwhile_is_not_written_over)
{
	char dir[64];
	struct store *s = fresh_store(mem, dir);
	struct key_row rows[4];
	struct str instead;
	int n;

	NEED(s != NULL);
	keyring_free(load(s, mem, NOW));
	n = store_keys(s, mem, S("one"), 4, rows);
	for (int i = 0; i < n; i++) {
		if (str_is(rows[i].alg, "HMAC"))
			continue;
		EXPECT(withdraw(s, rows[i].kid, NOW + 1, mem, &instead));
		rows[i].was = rows[i].state;
		rows[i].state = S("retired");
		EXPECT_INT(store_commit(s, &(struct store_op){ .kind = OP_KEY_CHANGE, .key = &rows[i] }, 1, NULL), STORE_LOST);
		EXPECT_INT(store_commit(s, &(struct store_op){ .kind = OP_KEY_ADD, .key = &rows[i] }, 1, NULL), STORE_LOST);
		EXPECT_INT(store_commit(s, &(struct store_op){ .kind = OP_KEY_DELETE, .key = &rows[i] }, 1, NULL), STORE_LOST);
	}
	drop_store(s, dir);
}

TEST(any_number_of_rotations)
{
	char dir[64];
	struct store *s = fresh_store(mem, dir);
	struct str kid = STR_ABSENT, token_key = STR_ABSENT;
	struct key_row *rows;
	struct keyring *r;
	size_t n;

	NEED(s != NULL);
	keyring_free(load(s, mem, NOW));
	for (int i = 0; i < 140; i++) {
		NEED(rotate(s, true, NOW + i, mem, &kid));
		NEED(rotate_token_key(s, NOW + i, mem, &token_key));
	}
	r = load(s, mem, NOW + 140);
	NEED(r != NULL);
	EXPECT_INT(r->n, 141);
	EXPECT_INT(r->n_token_keys, 141);
	EXPECT(str_is(kid, keyring_signer(r, ALG_ES256)->kid));
	EXPECT(str_contains(keyring_jwks(mem, r), kid) && str_ends(keyring_jwks(mem, r), S("]}")));
	keyring_free(r);
	r = load(s, mem, NOW + 61 * DAY);                               /* all in one go, however many */
	NEED(r != NULL);
	EXPECT_INT(count_state(r, KEY_RETIRED), 0);
	EXPECT_INT(r->n_token_keys, 1);
	EXPECT(keys_all(s, mem, S("one"), &rows, &n));
	EXPECT_INT(n, 2);
	keyring_free(r);
	drop_store(s, dir);
}

TEST(the_token_key_rotates_and_is_revoked)
{
	char dir[64];
	struct store *s = fresh_store(mem, dir);
	struct str second = STR_ABSENT, third = STR_ABSENT;
	struct keyring *a, *b;

	NEED(s != NULL && (a = load(s, mem, NOW)) != NULL);
	EXPECT(rotate_token_key(s, NOW + 1, mem, &second));
	b = load(s, mem, NOW + 2);
	NEED(b != NULL);
	EXPECT_INT(b->n_token_keys, 2);
	EXPECT(memcmp(b->token_keys[0].secret, a->token_keys[0].secret, 32) != 0);
	EXPECT(memcmp(b->token_keys[1].secret, a->token_keys[0].secret, 32) == 0 && !b->token_keys[1].revoked);
	keyring_free(b);
	EXPECT(withdraw(s, S("token-key"), NOW + 3, mem, &third));        /* a former one: the present one stays */
	EXPECT_STR(third, second);
	EXPECT(withdraw(s, second, NOW + 4, mem, &third));
	EXPECT(!str_eq(third, second));
	b = load(s, mem, NOW + 5);
	NEED(b != NULL);
	EXPECT_INT(b->n_token_keys, 3);
	EXPECT(!b->token_keys[0].revoked && b->token_keys[1].revoked && b->token_keys[2].revoked);
	keyring_free(a);
	keyring_free(b);
	drop_store(s, dir);
}

/* What a key is sealed for is part of the seal: issuer, kid, algorithm. */
TEST(a_row_copied_from_elsewhere_is_refused)
{
	char dir[64];
	struct store *s = fresh_store(mem, dir);
	struct str why = STR_ABSENT;
	struct key_row one[4], two[4], *target = NULL, *from = NULL;

	NEED(s != NULL);
	keyring_free(load(s, mem, NOW));
	keyring_free(keys_load(s, kek, S("two"), &rules, NOW, mem, &why));
	NEED(store_keys(s, mem, S("one"), 4, one) == 2 && store_keys(s, mem, S("two"), 4, two) == 2);
	for (int i = 0; i < 2; i++) {
		if (str_is(one[i].alg, "HMAC"))
			target = &one[i];
		if (str_is(two[i].alg, "HMAC"))
			from = &two[i];
	}
	NEED(target != NULL && from != NULL);
	target->sealed = from->sealed;
	target->was = target->state;
	EXPECT_INT(store_commit(s, &(struct store_op){ .kind = OP_KEY_CHANGE, .key = target }, 1, NULL), STORE_DONE);
	EXPECT(keys_load(s, kek, S("one"), &rules, NOW, mem, &why) == NULL);
	EXPECT(str_contains(why, S("token-key")) && str_contains(why, S("another issuer")));
	drop_store(s, dir);
}

/* As earlier versions sealed them: bound at the first load. */
TEST(rows_of_earlier_versions_are_bound)
{
	char dir[64];
	struct store *s = fresh_store(mem, dir);
	struct key *own = key_generate(ALG_ES256);
	uint8_t secret[32] = { 5 };
	struct key_row signing = { .issuer = S("one"), .kid = str_of(own->kid), .alg = S("ES256"), .state = S("active"), .created_s = NOW, .active_s = NOW };
	struct key_row token = { .issuer = S("one"), .kid = S("token-key"), .alg = S("HMAC"), .state = S("active"), .created_s = NOW, .active_s = NOW };
	struct key_row rows[4];
	struct str plain;
	struct keyring *r;

	NEED(s != NULL);
	signing.sealed = seal(mem, kek, S("key"), key_private_der(mem, own));
	token.sealed = seal(mem, kek, S("key"), str_span(secret, 32));
	EXPECT_INT(store_commit(s, (struct store_op[]){ { .kind = OP_KEY_ADD, .key = &signing }, { .kind = OP_KEY_ADD, .key = &token } }, 2, NULL), STORE_DONE);
	r = load(s, mem, NOW + 1);
	NEED(r != NULL);
	EXPECT(has_kid(r, str_of(own->kid)) && r->n == 1 && memcmp(r->token_keys[0].secret, secret, 32) == 0);
	keyring_free(r);
	EXPECT_INT(store_keys(s, mem, S("one"), 4, rows), 2);
	for (int i = 0; i < 2; i++)
		EXPECT(!unseal(mem, kek, S("key"), rows[i].sealed, &plain));
	r = load(s, mem, NOW + 2);
	NEED(r != NULL && r->n == 1);
	keyring_free(r);
	key_free(own);
	drop_store(s, dir);
}

/* The clock ran a year ahead for a while: nothing waits for that year. */
TEST(a_clock_set_back_holds_no_rotation_up)
{
	char dir[64];
	struct store *s = fresh_store(mem, dir);
	struct str kid = STR_ABSENT, coming = STR_ABSENT;
	struct keyring *r;

	NEED(s != NULL);
	keyring_free(load(s, mem, NOW));
	EXPECT(rotate(s, true, NOW + 365 * DAY, mem, &kid));
	EXPECT(rotate(s, false, NOW + 365 * DAY, mem, &coming));
	r = load(s, mem, NOW + 1);                                      /* back again */
	NEED(r != NULL && str_is(kid, keyring_signer(r, ALG_ES256)->kid));
	EXPECT_INT(count_state(r, KEY_RETIRED), 1);
	keyring_free(r);
	r = load(s, mem, NOW + 2 + DAY);
	NEED(r != NULL && str_is(coming, keyring_signer(r, ALG_ES256)->kid));
	keyring_free(r);
	r = load(s, mem, NOW + 2 + 32 * DAY);
	NEED(r != NULL);
	EXPECT_INT(count_state(r, KEY_RETIRED), 0);
	keyring_free(r);
	drop_store(s, dir);
}

TEST(an_active_key_from_the_future_is_replaced)
{
	char dir[64];
	struct store *s = fresh_store(mem, dir);
	struct keyring *r;

	NEED(s != NULL);
	keyring_free(load(s, mem, NOW + 365 * DAY));
	r = load(s, mem, NOW);
	NEED(r != NULL);
	EXPECT_INT(count_state(r, KEY_COMING), 1);
	keyring_free(r);
	r = load(s, mem, NOW + DAY);
	NEED(r != NULL);
	EXPECT_INT(count_state(r, KEY_COMING), 0);
	EXPECT_INT(count_state(r, KEY_RETIRED), 1);
	keyring_free(r);
	r = load(s, mem, NOW + DAY - 60);                               /* a small correction replaces nothing */
	NEED(r != NULL);
	EXPECT_INT(count_state(r, KEY_COMING), 0);
	keyring_free(r);
	drop_store(s, dir);
}

/* What a crash of an earlier version left. */
TEST(an_empty_kek_file_is_made_anew)
{
	char dir[] = "/tmp/hufu-kek-XXXXXX";
	struct str file, why = STR_ABSENT;
	uint8_t a[32];
	FILE *f;

	NEED(mkdtemp(dir) != NULL);
	file = arena_printf(mem, "%s/kek", dir);
	EXPECT_INT(kek_look(file, mem), KEK_MISSING);
	NEED((f = fopen(arena_z(mem, file), "w")) != NULL);
	fclose(f);
	EXPECT_INT(kek_look(file, mem), KEK_EMPTY);
	EXPECT(kek_make(file, mem, &why));
	EXPECT_INT(kek_look(file, mem), KEK_THERE);
	EXPECT(kek_read(mem, file, STR_ABSENT, a, &why));
	EXPECT(access(arena_z(mem, ARENA_CAT(mem, file, S(".new"))), F_OK) != 0);
	unlink(arena_z(mem, file));
	rmdir(dir);
}

/* --- a key for each algorithm --------------------------------------------------------------------------------------------------------- */

static struct keyring *
load_by(struct store *s, struct arena *mem, const struct key_rules *r, int64_t now)
{
	struct str why = STR_ABSENT;

	return keys_load(s, kek, S("one"), r, now, mem, &why);
}

TEST(an_issuer_has_a_key_for_each_of_its_algorithms)
{
	char dir[64];
	struct store *s = fresh_store(mem, dir);
	struct key_rules all = rules, fewer = rules;
	struct keyring *r, *again;

	NEED(s != NULL);
	all.algs = BIT(ALG_COUNT) - 1;
	fewer.algs = BIT(ALG_RS256);
	r = load_by(s, mem, &all, NOW);
	NEED(r != NULL);
	EXPECT_INT(r->n, ALG_COUNT);
	for (int a = 0; a < ALG_COUNT; a++)
		EXPECT(keyring_signer(r, (enum jose_alg)a) != NULL);
	for (size_t i = 0; i < r->n; i++)
		for (size_t k = 0; k < i; k++)
			EXPECT(strcmp(r->keys[i]->kid, r->keys[k]->kid) != 0);
	again = load_by(s, mem, &all, NOW + 1);
	NEED(again != NULL);
	EXPECT_INT(again->n, ALG_COUNT);
	EXPECT(strcmp(keyring_signer(again, ALG_RS512)->kid, keyring_signer(r, ALG_RS512)->kid) == 0);
	keyring_free(again);
	again = load_by(s, mem, &fewer, NOW + 2);               /* what the issuer does not have any more retires */
	NEED(again != NULL);
	EXPECT(keyring_signer(again, ALG_RS256) != NULL && keyring_signer(again, ALG_ES256) != NULL);
	EXPECT_INT(count_state(again, KEY_ACTIVE), 2);
	EXPECT_INT(count_state(again, KEY_RETIRED), ALG_COUNT - 2);
	keyring_free(again);
	keyring_free(r);
	drop_store(s, dir);
}

/* What was beside it becomes the issuer's own: no other goes on signing. */
TEST(the_issuers_algorithm_changes_to_one_it_has)
{
	char dir[64];
	struct store *s = fresh_store(mem, dir);
	struct key_rules before = rules, after = rules;
	struct keyring *r, *then;

	NEED(s != NULL);
	before.algs = BIT(ALG_EDDSA);
	after.alg = ALG_EDDSA;
	r = load_by(s, mem, &before, NOW);
	then = load_by(s, mem, &after, NOW + 1);
	NEED(r != NULL && then != NULL);
	EXPECT(strcmp(keyring_signer(r, ALG_EDDSA)->kid, keyring_signer(then, ALG_EDDSA)->kid) == 0);
	EXPECT(keyring_signer(then, ALG_ES256) == NULL);
	EXPECT_INT(count_state(then, KEY_RETIRED), 1);
	keyring_free(r);
	keyring_free(then);
	drop_store(s, dir);
}

TEST(each_algorithm_rotates_by_itself)
{
	char dir[64];
	struct store *s = fresh_store(mem, dir);
	struct key_rules two = rules;
	struct key_order o = { .what = KEY_ROTATE, .issuer = S("one"), .now = true, .alg = S("ES512") };
	struct str kid, why = STR_ABSENT, instead;
	struct keyring *r, *then;

	NEED(s != NULL);
	two.algs = BIT(ALG_ES512);
	r = load_by(s, mem, &two, NOW);
	NEED(r != NULL && keys_do(s, kek, &two, &o, NOW + 1, mem, &kid, &why));
	then = load_by(s, mem, &two, NOW + 2);
	NEED(then != NULL);
	EXPECT_STR(str_of(keyring_signer(then, ALG_ES512)->kid), kid);
	EXPECT(strcmp(keyring_signer(then, ALG_ES256)->kid, keyring_signer(r, ALG_ES256)->kid) == 0);
	EXPECT_INT(count_state(then, KEY_RETIRED), 1);
	keyring_free(then);
	EXPECT(keys_do(s, kek, &two, &(struct key_order){ .what = KEY_REVOKE, .issuer = S("one"), .kid = kid }, NOW + 3, mem, &instead, &why));
	then = load_by(s, mem, &two, NOW + 91 * DAY);           /* all of them are due */
	NEED(then != NULL);
	EXPECT_INT(count_state(then, KEY_COMING), 2);
	EXPECT_STR(str_of(keyring_signer(then, ALG_ES512)->kid), instead);
	o.alg = S("RS256");
	EXPECT(!keys_do(s, kek, &two, &o, NOW + 4, mem, &kid, &why));
	EXPECT(str_contains(why, S("has no keys for RS256")));
	keyring_free(r);
	keyring_free(then);
	drop_store(s, dir);
}

/* A thumbprint does not tell the algorithm, so one key cannot stand for two. */
TEST(a_key_is_imported_for_one_algorithm)
{
	char dir[64];
	struct store *s = fresh_store(mem, dir);
	struct key_rules two = rules;
	struct key *own = key_generate(ALG_RS256);
	struct key_order o = { .what = KEY_IMPORT, .issuer = S("one"), .alg = S("RS256") };
	struct str kid, why = STR_ABSENT;
	struct keyring *r;

	NEED(s != NULL && own != NULL);
	two.algs = BIT(ALG_RS256) | BIT(ALG_PS512);
	o.der = key_private_der(mem, own);
	keyring_free(load_by(s, mem, &two, NOW));
	EXPECT(keys_do(s, kek, &two, &o, NOW + 1, mem, &kid, &why));
	o.alg = S("PS512");
	EXPECT(!keys_do(s, kek, &two, &o, NOW + 2, mem, &kid, &why));
	EXPECT(str_contains(why, S("is one for RS256 already")));
	o.alg = STR_ABSENT;
	EXPECT(!keys_do(s, kek, &two, &o, NOW + 2, mem, &kid, &why));     /* the issuer's own is ES256 */
	r = load_by(s, mem, &two, NOW + 3);
	NEED(r != NULL);
	EXPECT_STR(str_of(keyring_signer(r, ALG_RS256)->kid), str_of(own->kid));
	keyring_free(r);
	key_free(own);
	drop_store(s, dir);
}
