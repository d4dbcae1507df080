/* tests/unit/base/hex_test.c - hexadecimal and UUID text. */
#include "../test.h"

static const uint8_t id[16] = { 0xb4, 0xfd, 0xb7, 0x5f, 0xff, 0x1f, 0xff, 0x46, 0xc6, 0x19, 0xf0, 0xdc, 0x3f, 0xd7, 0x12, 0x08 };

TEST(hex)
{
	struct str out = S("untouched");

	EXPECT_STR(hex_encode(mem, S("\x00\x0f\xff")), S("000fff"));
	EXPECT_STR(hex_encode(mem, S("")), S(""));
	EXPECT(!hex_decode(mem, S("0"), &out));
	EXPECT(!hex_decode(mem, S("0g"), &out));
	EXPECT(!hex_decode(mem, S("0x10"), &out));
	EXPECT(!hex_decode(mem, STR_ABSENT, &out));
	EXPECT_STR(out, S("untouched"));
	EXPECT(hex_decode(mem, S("00fFAb"), &out));
	EXPECT_STR(out, S("\x00\xff\xab"));
}

TEST(uuid_text)
{
	EXPECT_STR(uuid_write(mem, id), S("b4fdb75f-ff1f-ff46-c619-f0dc3fd71208"));
	EXPECT_STR(uuid4_write(mem, id), S("b4fdb75f-ff1f-4f46-8619-f0dc3fd71208"));
}

TEST(uuid_reads_strictly)
{
	static const char *const bad[] = { "", "b4fdb75f-ff1f-ff46-c619-f0dc3fd7120", "b4fdb75f-ff1f-ff46-c619-f0dc3fd712080",
		"b4fdb75fff1f-ff46-c619-f0dc3fd712-08", "b4fdb75f_ff1f-ff46-c619-f0dc3fd71208", "g4fdb75f-ff1f-ff46-c619-f0dc3fd71208",
		"{4fdb75f-ff1f-ff46-c619-f0dc3fd7120}", "b4fdb75f-ff1f-ff46-c619-f0dc3fd7120g" };
	uint8_t got[16] = { 9 };

	for (size_t i = 0; i < COUNT(bad); i++)
		EXPECT(!uuid_read(str_of(bad[i]), got));
	EXPECT_INT(got[0], 9);
	EXPECT(uuid_read(S("B4FDB75F-ff1f-ff46-c619-f0dc3fd71208"), got));
	EXPECT(memcmp(got, id, 16) == 0);
}
