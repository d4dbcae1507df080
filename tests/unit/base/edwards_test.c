/* tests/unit/base/edwards_test.c - keys that bind nobody, with either sign; a key of RFC 8032 is none of them. */
#include "base/edwards.h"
#include "base/base.h"
#include "../test.h"

static const char *const weak[] = {
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

static bool
is_weak(struct arena *m, const char *hex, uint8_t turn, size_t at)
{
	struct str raw = STR_ABSENT;
	uint8_t x[32];

	EXPECT(hex_decode(m, str_of(hex), &raw) && raw.n == sizeof x);
	memcpy(x, raw.p, sizeof x);
	x[at] ^= turn;
	return ed25519_is_weak(x);
}

TEST(keys_that_bind_nobody)
{
	for (size_t i = 0; i < COUNT(weak); i++) {
		EXPECT(is_weak(mem, weak[i], 0, 0));
		EXPECT(is_weak(mem, weak[i], 0x80, 31));
		EXPECT(!is_weak(mem, weak[i], 0x40, 31));
		EXPECT(!is_weak(mem, weak[i], 0x20, 0));
	}
	EXPECT(!is_weak(mem, "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", 0, 0));        /* RFC 8032 7.1 */
}
