/* tests/unit/base/seal_test.c - AES-256-GCM: a known answer, and every kind of damage is seen. */
#include "../test.h"

TEST(goes_round)
{
	static const size_t size[] = { 0, 1, 15, 16, 17, 1200 };
	uint8_t key[32], bytes[1200];

	rand_bytes(key, sizeof key);
	rand_bytes(bytes, sizeof bytes);
	for (size_t i = 0; i < COUNT(size); i++) {
		struct str plain = str_span(bytes, size[i]), sealed = seal(mem, key, S("key"), plain), out;

		EXPECT_INT(sealed.n, size[i] + SEAL_OVERHEAD);
		EXPECT(unseal(mem, key, S("key"), sealed, &out));
		EXPECT_STR(out, plain);
		EXPECT(!str_eq(sealed, seal(mem, key, S("key"), plain)));      /* a nonce of its own */
	}
}

/* Test case 16 of the GCM specification; its additional data is our label. */
TEST(known_answer)
{
	struct str key, sealed, label, out;

	hex_decode(mem, S("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"), &key);
	hex_decode(mem, S("feedfacedeadbeeffeedfacedeadbeefabaddad2"), &label);
	hex_decode(mem, S("cafebabefacedbaddecaf888"
	    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
	    "76fc6ece0f4e1768cddf8853bb2d551b"), &sealed);
	NEED(unseal(mem, (const uint8_t *)key.p, label, sealed, &out));
	EXPECT_STR(hex_encode(mem, out), S("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"));
}

TEST(damage_is_seen)
{
	uint8_t key[32] = { 1 }, other[32] = { 2 };
	struct str sealed = seal(mem, key, S("saved-url"), S("https://example.org/")), out = S("untouched");
	char *bytes = (char *)(uintptr_t)sealed.p;

	for (size_t i = 0; i < sealed.n; i++) {
		bytes[i] ^= 1;
		EXPECT(!unseal(mem, key, S("saved-url"), sealed, &out));
		bytes[i] ^= 1;
	}
	for (size_t n = 0; n < sealed.n; n++)
		EXPECT(!unseal(mem, key, S("saved-url"), str_sub(sealed, 0, n), &out));
	EXPECT(!unseal(mem, other, S("saved-url"), sealed, &out));
	EXPECT(!unseal(mem, key, S("key"), sealed, &out));
	EXPECT(!unseal(mem, key, STR_ABSENT, sealed, &out));
	EXPECT_STR(out, S("untouched"));
	EXPECT(unseal(mem, key, S("saved-url"), sealed, &out));
}

TEST(a_full_arena_fails)
{
	uint8_t key[32] = { 1 };
	struct arena a;

	arena_init(&a, 16);
	EXPECT(!str_given(seal(&a, key, S("key"), S("plain"))));
	arena_free(&a);
}
