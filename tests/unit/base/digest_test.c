/* tests/unit/base/digest_test.c - FIPS 180-4 and RFC 4231 known answers. */
#include "../test.h"

#include <pthread.h>

static struct str
hex_of(struct arena *mem, const uint8_t d[DIGEST_SIZE])
{
	return hex_encode(mem, str_span(d, DIGEST_SIZE));
}

TEST(sha256_known_answers)
{
	uint8_t d[DIGEST_SIZE];
	struct str million = str_span(arena_alloc(mem, 1000000), 1000000);

	SHA256(d, S(""));
	EXPECT_STR(hex_of(mem, d), S("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
	SHA256(d, S("abc"));
	EXPECT_STR(hex_of(mem, d), S("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
	SHA256(d, S("a"), STR_ABSENT, S("b"), S(""), S("c"));
	EXPECT_STR(hex_of(mem, d), S("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
	memset((char *)(uintptr_t)million.p, 'a', million.n);
	SHA256(d, million);
	EXPECT_STR(hex_of(mem, d), S("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
}

TEST(hmac_known_answers)
{
	uint8_t d[DIGEST_SIZE];
	char key[131];

	memset(key, 0x0b, 20);
	HMAC256(d, str_span(key, 20), S("Hi There"));                                           /* RFC 4231 4.2 */
	EXPECT_STR(hex_of(mem, d), S("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"));
	HMAC256(d, S("Jefe"), S("what do ya want "), S("for nothing?"));                        /* 4.3, in two parts */
	EXPECT_STR(hex_of(mem, d), S("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
	memset(key, 0xaa, 131);
	HMAC256(d, str_span(key, 131), S("Test Using Larger Than Block-Size Key - Hash Key First"));    /* 4.7 */
	EXPECT_STR(hex_of(mem, d), S("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"));
}

static void *
many(void *out)
{
	for (int i = 0; i < 200; i++)
		HMAC256(out, S("Jefe"), S("what do ya want for nothing?"));
	return NULL;
}

TEST(threads_have_their_own_context)
{
	uint8_t d[4][DIGEST_SIZE];
	pthread_t t[4];

	for (int i = 0; i < 4; i++)
		NEED(pthread_create(&t[i], NULL, many, d[i]) == 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], NULL);
		EXPECT_STR(hex_of(mem, d[i]), S("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
	}
}
