/* tests/unit/base/base64_test.c - RFC 4648 section 10 vectors, and what a strict reader refuses. */
#include "../test.h"

TEST(vectors)
{
	static const struct { const char *plain, *padded, *url; } row[] = {
		{ "", "", "" }, { "f", "Zg==", "Zg" }, { "fo", "Zm8=", "Zm8" }, { "foo", "Zm9v", "Zm9v" }, { "foob", "Zm9vYg==", "Zm9vYg" },
		{ "fooba", "Zm9vYmE=", "Zm9vYmE" }, { "foobar", "Zm9vYmFy", "Zm9vYmFy" }, { "\xfb\xff\xfe", "+//+", "-__-" },
	};
	struct str out;

	for (size_t i = 0; i < COUNT(row); i++) {
		EXPECT_STR(b64_encode(mem, str_of(row[i].plain)), str_of(row[i].padded));
		EXPECT_STR(b64url_encode(mem, str_of(row[i].plain)), str_of(row[i].url));
		EXPECT(b64_decode(mem, str_of(row[i].padded), &out));
		EXPECT_STR(out, str_of(row[i].plain));
		EXPECT(b64url_decode(mem, str_of(row[i].url), &out));
		EXPECT_STR(out, str_of(row[i].plain));
	}
	EXPECT(b64_decode(mem, S("Zm8"), &out));                /* unpadded standard is taken */
	EXPECT_STR(out, S("fo"));
}

TEST(every_length_reads_back)
{
	uint8_t bytes[200];
	struct str out;

	rand_bytes(bytes, sizeof bytes);
	for (size_t n = 0; n <= sizeof bytes; n++) {
		struct str in = str_span(bytes, n);

		EXPECT_INT(b64url_encode(mem, in).n, B64URL_SIZE(n));
		EXPECT(b64url_decode(mem, b64url_encode(mem, in), &out) && str_eq(out, in));
		EXPECT(b64_decode(mem, b64_encode(mem, in), &out) && str_eq(out, in));
	}
}

TEST(exactly_so_many_bytes)
{
	char out[8];

	memset(out, 'x', sizeof out);
	EXPECT(b64url_read(S("Zm9vYg"), out, 4));
	EXPECT_STR(str_span(out, 5), S("foobx"));
	EXPECT(!b64url_read(S("Zm9vYg"), out, 3));
	EXPECT(!b64url_read(S("Zm9vYg"), out, 5));
	EXPECT(!b64url_read(S("Zm9vYh"), out, 4));
	EXPECT(!b64url_read(S("Zm9vY"), out, 3));
	EXPECT(!b64url_read(S("Zm9+"), out, 3));
	EXPECT(!b64url_read(STR_ABSENT, out, 0));
	EXPECT_INT(out[4], 'x');
}

TEST(url_reader_is_strict)
{
	static const char *const bad[] = { "Z", "Zm9vY", "Zg==", "Zm8=", "Zm9v=", "Zm+v", "Zm/v", "Zm9\n", "Zm 9", "Zm.9", "Zh", "Zm9", "Zm9vYh", "=", "Zm9v\x80YQQ", "_-8+" };
	struct str out = S("untouched");

	for (size_t i = 0; i < COUNT(bad); i++)
		if (b64url_decode(mem, str_of(bad[i]), &out))
			test_fail(__FILE__, __LINE__, "\"%s\" was decoded", bad[i]);
	EXPECT(!b64url_decode(mem, S("Zm9\0"), &out));
	EXPECT(!b64url_decode(mem, STR_ABSENT, &out));
	EXPECT_STR(out, S("untouched"));
}

TEST(standard_reader_is_strict)
{
	static const char *const bad[] = { "Z", "Zg=", "Zg===", "Z===", "====", "==", "=", "Zm9v=", "Zm9v==", "Zm-v", "Zm_v", "Zg==Zg==", "Zh==", "Zm9=", "Z=g=", "Zm9v\n", " Zm9v" };
	struct str out = S("untouched");

	for (size_t i = 0; i < COUNT(bad); i++)
		if (b64_decode(mem, str_of(bad[i]), &out))
			test_fail(__FILE__, __LINE__, "\"%s\" was decoded", bad[i]);
	EXPECT_STR(out, S("untouched"));
}

TEST(a_full_arena_fails)
{
	struct arena a;
	struct str out = S("untouched");

	arena_init(&a, 4);
	EXPECT(!str_given(b64url_encode(&a, S("12345"))));
	EXPECT(!str_given(b64_encode(&a, S("12345"))));
	EXPECT(!b64url_decode(&a, S("Zm9vYmFy"), &out));
	EXPECT_STR(out, S("untouched"));
	arena_free(&a);
}
