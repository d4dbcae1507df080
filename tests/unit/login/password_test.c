/* tests/unit/login/password_test.c - every encoding against known answers, and what is refused. */
#include "../test.h"
#include "login/password_int.h"
#include "password_vectors.h"

#define ARGON(params) "$argon2id$v=19$" params "$c29tZXNhbHRzb21lc2FsdA$yrdGtGIZk/3JHsUHh5gLQUqQppLwvGjf4Z+cJbPLqew"

static bool
is_right(enum password_result r)
{
	return r == PASSWORD_OK || r == PASSWORD_OK_REHASH;
}

static bool
one_vector(struct arena *mem, const struct password_vector *v)
{
	struct str stored = str_of(v->stored), given = str_of(v->password);
	struct str longer = ARENA_CAT(mem, S("x"), given), shorter = str_sub(given, 0, given.n - 1);

	if (!is_right(password_verify(mem, stored, given)) || password_verify(mem, stored, longer) != PASSWORD_WRONG
	    || !str_is(password_encoding(stored), v->encoding))
		return false;
	return !password_is_cheap(stored)                       /* the expensive ones are not worth the time of more wrong ones */
	    || (password_verify(mem, stored, shorter) == PASSWORD_WRONG && password_verify(mem, stored, S("")) == PASSWORD_WRONG);
}

TEST(known_answers)
{
	for (size_t i = 0; i < COUNT(password_vectors); i++) {
		struct arena local;

		arena_init(&local, 1 << 20);
		if (!one_vector(&local, &password_vectors[i]))
			test_fail(__FILE__, __LINE__, "vector %zu: %s", i, password_vectors[i].stored);
		arena_free(&local);
	}
}

/* Cut anywhere, a stored value never matches and never reads past its end. */
TEST(cut_values_never_match)
{
	for (size_t i = 0; i < COUNT(password_vectors); i++) {
		struct str stored = str_of(password_vectors[i].stored), given = str_of(password_vectors[i].password);

		if (!password_is_cheap(stored))
			continue;
		while (str_ends(stored, S("=")))        /* base64 may go without its padding */
			stored.n--;
		for (size_t n = 1; n < stored.n; n++) {
			struct arena local;
			char *exact = malloc(n);

			arena_init(&local, 1 << 20);
			memcpy(exact, stored.p, n);
			if (is_right(password_verify(&local, str_span(exact, n), given)))
				test_fail(__FILE__, __LINE__, "vector %zu matches when cut to %zu", i, n);
			arena_free(&local);
			free(exact);
		}
	}
}

TEST(expensive_values_cut_are_malformed)
{
	for (size_t i = 0; i < COUNT(password_vectors); i++) {
		struct str stored = str_of(password_vectors[i].stored);

		if (!password_is_cheap(stored) && !str_contains(stored, S("$y$")) && !str_contains(stored, S("$7$"))
		    && !str_contains(stored, S("$5$")) && !str_contains(stored, S("$6$")))
			EXPECT(password_verify(mem, str_sub(stored, 0, stored.n - 25), S("password")) == PASSWORD_WRONG);
	}
}

TEST(new_hash)
{
	struct str hash = password_hash(mem, S("correct horse")), other = password_hash(mem, S("correct horse"));

	NEED(str_given(hash) && str_given(other));
	EXPECT(str_starts(hash, S("{argon2}$argon2id$v=19$m=19456,t=2,p=1$")));
	EXPECT(!str_eq(hash, other));
	EXPECT_INT(password_verify(mem, hash, S("correct horse")), PASSWORD_OK);
	EXPECT_INT(password_verify(mem, hash, S("correct horsf")), PASSWORD_WRONG);
	EXPECT_INT(password_verify(mem, str_from(hash, 8), S("correct horse")), PASSWORD_OK_REHASH);    /* without its prefix */
	EXPECT(!password_is_cheap(hash));
	EXPECT_INT(password_cost_us(hash), COST_DEFAULT_US);
}

TEST(weaker_than_default_is_rehashed)
{
	EXPECT_INT(password_verify(mem, S("{argon2}" ARGON("m=256,t=2,p=1")), S("password")), PASSWORD_OK_REHASH);
	EXPECT_INT(password_verify(mem, S("{noop}password"), S("password")), PASSWORD_OK_REHASH);
}

TEST(secret_hash_is_cheap)
{
	struct str hash = secret_hash(mem, S("s3cr3t")), other = secret_hash(mem, S("s3cr3t"));

	NEED(str_given(hash));
	EXPECT(str_starts(hash, S("{sha256}")) && hash.n == 8 + 80);
	EXPECT(!str_eq(hash, other));
	EXPECT(password_is_cheap(hash));
	EXPECT(is_right(password_verify(mem, hash, S("s3cr3t"))));
	EXPECT_INT(password_verify(mem, hash, S("s3cr3T")), PASSWORD_WRONG);
}

TEST(empty_means_public)
{
	EXPECT_INT(password_verify(mem, S(""), S("")), PASSWORD_OK);
	EXPECT_INT(password_verify(mem, S(""), STR_ABSENT), PASSWORD_OK);
	EXPECT_INT(password_verify(mem, STR_ABSENT, S("")), PASSWORD_OK);
	EXPECT(is_right(password_verify(mem, S("{noop}"), S(""))));
	EXPECT_INT(password_verify(mem, S(""), S("x")), PASSWORD_WRONG);
	EXPECT_INT(password_verify(mem, S("{noop}"), S("x")), PASSWORD_WRONG);
	EXPECT(password_is_cheap(S("")) && password_is_cheap(S("{noop}")));
	EXPECT_STR(password_encoding(S("")), S("noop"));
}

TEST(unknown_encodings)
{
	static const char *const unknown[] = { "secret", "{rot13}secret", "{", "}", "{}", "{noop", "{BCRYPT}x", "$2x$05$x", "$3$x",
		"$argon2d$v=19$m=256,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$yrdGtGIZk/3JHsUHh5gLQUqQppLwvGjf4Z+cJbPLqew" };

	for (size_t i = 0; i < COUNT(unknown); i++) {
		EXPECT_INT(password_verify(mem, str_of(unknown[i]), str_of(unknown[i])), PASSWORD_UNKNOWN_ENCODING);
		EXPECT_STR(password_encoding(str_of(unknown[i])), STR_ABSENT);
	}
	EXPECT_STR(password_prefix(S("{rot13}secret")), S("rot13"));
	EXPECT_STR(password_prefix(S("secret")), STR_ABSENT);
}

/* Stored encodings are imported data: nobody may make the server compute for minutes or swallow its memory. */
TEST(absurd_costs_are_refused)
{
	static const char *const absurd[] = {
		"{argon2}" ARGON("m=4194304,t=2,p=1"), "{argon2}" ARGON("m=262144,t=4000000,p=1"), "{argon2}" ARGON("m=65536,t=1000,p=1"),
		ARGON("m=4096,t=2,p=64"), ARGON("m=9223372036854775807,t=9223372036854775807,p=1"),
		"{bcrypt}$2a$31$n4YJ4.LSW74EpLDU9QRSfO/7Od9kLK74AvGHgrcld4/EH400BFPWi",
		"{bcrypt}$2a$17$n4YJ4.LSW74EpLDU9QRSfO/7Od9kLK74AvGHgrcld4/EH400BFPWi",
		"{scrypt}$1e0801$AAAAAAAAAAAAAAAAAAAAAA==$yaE5SvMXxKfbHsDfxfmTjVsSv+US8cKyBfff+Cjv3K0=",
		"{scrypt}$ffffffff$AAAAAAAAAAAAAAAAAAAAAA==$yaE5SvMXxKfbHsDfxfmTjVsSv+US8cKyBfff+Cjv3K0=",
		"{scrypt}$1008ff$AAAAAAAAAAAAAAAAAAAAAA==$yaE5SvMXxKfbHsDfxfmTjVsSv+US8cKyBfff+Cjv3K0=",
		/* quick enough, but half a gibibyte and more */
		ARGON("m=1048576,t=1,p=1"), "$y$jET$SALT$vhcDkgCQ.RFDwgqUjBjbtzJV8EkRg1fNr9pMMzIcAM1",
		"{scrypt}$121001$AAAAAAAAAAAAAAAAAAAAAA==$yaE5SvMXxKfbHsDfxfmTjVsSv+US8cKyBfff+Cjv3K0=",
		"$7$E./.../....SodiumChloride$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKvEqHJLV8D",
		"$6$rounds=999999999$saltsalt$x", "$5$rounds=99999999999$saltsalt$x",
		"$7$Z6..../....SodiumChloride$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKvEqHJLV8D",
		"$7$CzzzzzzzzzzSodiumChloride$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKvEqHJLV8D",
		"$y$jzT$SALT$HIA0o5.HmkE9HhZ4H8X1r0aRYrqdcv0IJEZ2PLpqpz6", "$y$jUT$SALT$HIA0o5.HmkE9HhZ4H8X1r0aRYrqdcv0IJEZ2PLpqpz6",
		"{ldap}{CRYPT}$6$rounds=999999999$saltsalt$x", "{keycloak}pbkdf2-sha512$2000000000$c2FsdHNhbHQ=$a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2traw==",
	};

	for (size_t i = 0; i < COUNT(absurd); i++) {
		int64_t before = slot_spent_us();

		if (password_verify(mem, str_of(absurd[i]), S("password")) != PASSWORD_UNKNOWN_ENCODING || slot_spent_us() != before)
			test_fail(__FILE__, __LINE__, "%s is computed", absurd[i]);
		EXPECT_STR(password_encoding(str_of(absurd[i])), STR_ABSENT);
		EXPECT(password_is_cheap(str_of(absurd[i])));
	}
}

/* An empty or short hash must not match everything. */
TEST(malformed_values_match_nothing)
{
	static const char *const bad[] = {
		"{bcrypt}", "{bcrypt}$2a$10$", "{bcrypt}$2a$aa$n4YJ4.LSW74EpLDU9QRSfO/7Od9kLK74AvGHgrcld4/EH400BFPWi", "{bcrypt}password",
		"{bcrypt}$2x$10$n4YJ4.LSW74EpLDU9QRSfO/7Od9kLK74AvGHgrcld4/EH400BFPWi", "{bcrypt}$6$saltsalt$x",
		"{argon2}", "{argon2}$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$", "{argon2}" ARGON("m=256,t=2"),
		"{argon2}" ARGON("m=256,t=2,p=1,x=1"), "{argon2}" ARGON("m=-256,t=2,p=1"), "{argon2}" ARGON("m=7,t=2,p=1"),
		"{argon2}$argon2id$v=16$m=256,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$yrdGtGIZk/3JHsUHh5gLQUqQppLwvGjf4Z+cJbPLqew",
		"{pbkdf2}", "{pbkdf2}zz794ab288a8250f485f604c5d44da25c3fbd51066969157d49f1b7269131b1e88370a24b6e81dab", "{pbkdf2}00",
		"{scrypt}", "{scrypt}$$$", "{scrypt}$e0801$$", "{scrypt}$e0001$AAAAAAAAAAAAAAAAAAAAAA==$yaE5SvMXxKfbHsDfxfmTjVsSv+US8cI=",
		"{sha256}", "{SHA-256}", "{SHA-256}{salt}", "{SHA-1}{salt", "{MD5}{}", "{MD4}d41d8", "{ldap}", "{ldap}password", "{ldap}{SSHA}",
		"{keycloak}", "{keycloak}pbkdf2-sha256$1$$", "{keycloak}pbkdf2-sha256$0$c2FsdHNhbHQ=$a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2traw==", "{keycloak}pbkdf2-md5$1$c2FsdHNhbHQ=$a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2traw==",
		"{keycloak}pbkdf2-sha256$1$c2FsdHNhbHQ=$c2FsdHNhbHQ=", "{ldap}{SSHA}AAAA", "{ldap}{CRYPT}", "{ldap}{CRYPT}x", "$1$", "$6$", "$y$", "$7$", "$y$j9T", "$7$C6....", "$6$rounds=x$s$y",
	};

	for (size_t i = 0; i < COUNT(bad); i++) {
		EXPECT_INT(password_verify(mem, str_of(bad[i]), S("password")), PASSWORD_WRONG);
		EXPECT_INT(password_verify(mem, str_of(bad[i]), S("")), PASSWORD_WRONG);
		if (str_given(password_encoding(str_of(bad[i]))) && !str_starts(str_of(bad[i]), S("$")))
			test_fail(__FILE__, __LINE__, "%s has an encoding", bad[i]);
	}
}

TEST(given_is_bounded_and_exact)
{
	char *big = arena_alloc(mem, PASSWORD_MAX + 1);
	struct str nul = { "pass\0word", 9 };

	NEED(big != NULL);
	memset(big, 'a', PASSWORD_MAX + 1);
	EXPECT(is_right(password_verify(mem, ARENA_CAT(mem, S("{noop}"), str_span(big, PASSWORD_MAX)), str_span(big, PASSWORD_MAX))));
	EXPECT_INT(password_verify(mem, ARENA_CAT(mem, S("{noop}"), str_span(big, PASSWORD_MAX), S("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")),
	    S("a")), PASSWORD_UNKNOWN_ENCODING);            /* the stored value is longer than any encoding may be */
	EXPECT_INT(password_verify(mem, S("{noop}a"), str_span(big, PASSWORD_MAX + 1)), PASSWORD_WRONG);
	EXPECT_STR(password_hash(mem, str_span(big, PASSWORD_MAX + 1)), STR_ABSENT);
	EXPECT_INT(password_verify(mem, S("$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/"), nul), PASSWORD_WRONG);
	EXPECT(is_right(password_verify(mem, password_hash(mem, nul), nul)));
	EXPECT_INT(password_verify(mem, password_hash(mem, nul), S("pass")), PASSWORD_WRONG);
}

TEST(no_memory_is_not_right)
{
	struct arena tiny;

	arena_init(&tiny, 16);
	EXPECT_STR(password_hash(&tiny, S("password")), STR_ABSENT);
	EXPECT_STR(secret_hash(&tiny, S("password")), STR_ABSENT);
	for (size_t i = 0; i < COUNT(password_vectors); i++)
		if (!str_is(str_of(password_vectors[i].encoding), "noop") && password_is_cheap(str_of(password_vectors[i].stored)))
			EXPECT_INT(password_verify(&tiny, str_of(password_vectors[i].stored), S("wrong")), PASSWORD_WRONG);
	arena_free(&tiny);
}

/* L1, counted: whatever is stored, a wrong answer spends what was asked for. */
TEST(check_spends_the_rest)
{
	static const char *const stored[] = { NULL, "{noop}secret", "{rot13}x", "{bcrypt}junk",
		"{sha256}bde73c6c25bf60c94fd77b5a3ffecf2ddfe13c1425a9a8b5b574c0d8a109222a414f26d376ed3fef",
		"$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", ARGON("m=4096,t=3,p=1"), ARGON("m=19456,t=2,p=1") };

	for (size_t i = 0; i < COUNT(stored); i++) {
		int64_t before = slot_spent_us(), spent;

		EXPECT(!is_right(password_check(mem, str_of(stored[i]), S("wrong"), COST_DEFAULT_US)));
		spent = slot_spent_us() - before;
		if (spent < COST_DEFAULT_US * 95 / 100 || spent > COST_DEFAULT_US * 105 / 100)
			test_fail(__FILE__, __LINE__, "%s spends %lld", stored[i] ? stored[i] : "nobody", (long long)spent);
	}
}

TEST(pay_is_one_default_hash)
{
	int64_t before = slot_spent_us();

	password_pay(mem, S("whatever"));
	EXPECT_INT(slot_spent_us() - before, COST_DEFAULT_US);
}

/* The digest of "pw" with salt "s" and name "n" in each order, made with hashlib. */
TEST(a_salt_in_a_column_of_its_own)
{
	static const struct { const char *recipe, *stored; } rows[] = {
		{ "MD5:password+salt", "f9ba7d6af07eecbbccd33510304aba1b" },
		{ "MD5:salt+password", "B8EB3759FDBC886370A1B550E39D1190" },
		{ "MD5:MD5(password)+salt", "831b46bf15b1378aa62839ab47753b71" },
		{ "MD5:name+password+salt", "bfde75765530f765fbc1f42426971340" },
		{ "SHA-256:salt+password:1024", "33b6570ddc86c6d5a241138da175ff7fa6553947444c1bff5e4847b42c34143a" },
		{ "sha-256:salt+password:1024", "M7ZXDdyGxtWiQRONoXX/f6ZVOUdETBv/XkhHtCw0FDo=" },
		{ "SM3:password+salt", "172a2f47ac0e44b53006bc3866c5fb5d286473020cc003fa7a789fb6b9dfc149" },
		{ "SHA-1:salt+password+salt", "a1a8d25e254477ddc74027371e1c5cb448ae7b1d" },
	};
	struct str stored;

	for (size_t i = 0; i < COUNT(rows); i++) {
		stored = password_salted(mem, str_of(rows[i].recipe), str_of(rows[i].stored), S("n"), S("s"));
		EXPECT(str_given(stored) && is_right(password_verify(mem, stored, S("pw"))) && password_verify(mem, stored, S("pv")) == PASSWORD_WRONG);
		EXPECT_STR(password_encoding(stored), S("salted digest"));
		EXPECT(!str_given(password_salted(mem, str_of(rows[i].recipe), str_from(str_of(rows[i].stored), 2), S("n"), S("s"))));
	}
	EXPECT(!password_recipe_is_known(mem, S("MD5")) && !password_recipe_is_known(mem, S("MD5:salt")) && !password_recipe_is_known(mem, S("MD5:password+pepper")));
	EXPECT(!password_recipe_is_known(mem, S("ROT13:password+salt")) && !password_recipe_is_known(mem, S("MD5:password+salt:0")) && !password_recipe_is_known(mem, S("MD5:password+password")));
}
