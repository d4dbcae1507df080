/* tests/unit/base/pct_test.c - percent-encoding both ways. */
#include "../test.h"

TEST(decodes)
{
	struct str out;

	EXPECT(pct_decode(mem, S("a%20b+c%2B%e4%B8%ad"), true, &out));
	EXPECT_STR(out, S("a b c+\xE4\xB8\xAD"));
	EXPECT(pct_decode(mem, S("a+b"), false, &out));
	EXPECT_STR(out, S("a+b"));
	EXPECT(pct_decode(mem, S("%00%0d%0A"), true, &out));
	EXPECT_STR(out, S("\0\r\n"));
	EXPECT(pct_decode(mem, S(""), true, &out));
	EXPECT_STR(out, S(""));
	EXPECT(pct_decode(mem, STR_ABSENT, true, &out));
	EXPECT(!str_given(out));
	EXPECT(pct_decode(mem, S("%2525"), true, &out));        /* once, not twice */
	EXPECT_STR(out, S("%25"));
}

TEST(broken_sequences)
{
	static const char *const bad[] = { "%", "%2", "abc%", "abc%2", "%zz", "%2g", "%g2", "%%20", "% 20", "%+1", "%-1", "%u4e2d" };
	struct str out = S("untouched");

	for (size_t i = 0; i < COUNT(bad); i++)
		if (pct_decode(mem, str_of(bad[i]), true, &out))
			test_fail(__FILE__, __LINE__, "\"%s\" was decoded", bad[i]);
	EXPECT_STR(out, S("untouched"));
}

TEST(encodes)
{
	struct buf b;

	buf_init(&b, mem, 4096);
	pct_encode(&b, S("aZ09-._~ /+%&:\xE4\0"), S("/:"));
	EXPECT_STR(buf_str(&b), S("aZ09-._~%20/%2B%25%26:%E4%00"));
}

TEST(every_byte_goes_round)
{
	char all[256];
	struct str out;
	struct buf b;

	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	buf_init(&b, mem, 4096);
	pct_encode(&b, str_span(all, 256), STR_ABSENT);
	EXPECT(pct_decode(mem, buf_str(&b), true, &out));
	EXPECT_STR(out, str_span(all, 256));
}
